/* passphrase, slots: what opens the register, changed without touching the data.
 *
 * Each asks for a passphrase that opens the register now, whatever `unlock` left, and after a change what `unlock` left is
 * forgotten.
 */
#ifndef SIJIL_APP_SLOTS_H
#define SIJIL_APP_SLOTS_H

#include "app/cli.h"
#include "crypto/keyfile.h"

/* A new passphrase in place of the one that was typed. */
enum status slots_passphrase(struct cli *cli, struct error *err);

enum status slots_list(struct cli *cli, struct error *err);

/* Another passphrase or, with --key-file FILE, one that opens together with that file (made if there is none). REFUSED
 * when it would take the last free slot, which a new recovery code needs. */
enum status slots_add(struct cli *cli, struct error *err);

/* REFUSED: the last one that a person can open; a recovery code without --even-recovery. */
enum status slots_remove(struct cli *cli, struct error *err);

/* What a slot holds, in words. */
const char *slots_kind_word(enum keyfile_slot_kind kind);

#endif
