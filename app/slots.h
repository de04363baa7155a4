/* passphrase, slots: what opens the register, changed without touching the data.
 *
 * Each asks for a passphrase that opens the register now, whatever `unlock` left, and after a change what `unlock` left is
 * forgotten.
 */
#ifndef SIJIL_APP_SLOTS_H
#define SIJIL_APP_SLOTS_H

#include "app/cli.h"
#include "app/wipe.h"
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

/* The rows of a command table from passphrase to wipe, the same in each program that has a register; behind `rekey` come the
 * options of slots remove. */
#define SLOTS_COMMANDS(rekey, ...) \
	{"passphrase", slots_passphrase, "", "change the passphrase; the data stays as it is", {{0}}, 0, 0}, \
	{"slots list", slots_list, "", "what opens the register", {{0}}, 0, 0}, \
	{"slots add", slots_add, "[--key-file FILE]", "another passphrase that opens it too", \
	 {{"key-file", 0, "FILE", "the new passphrase opens only together with this file; made if there is none"}}, 0, 0}, \
	{"slots remove", slots_remove, "SLOT", "what it holds shall open the register no more", __VA_ARGS__, 1, 1}, \
	{"rekey", rekey, "", "all again under a new key, if somebody may have had the old", \
	 {{"unlock-cost", 0, "minimum", "cheaper passphrase check, for slow devices"}}, 0, 0}, \
	{"wipe", wipe, "[--yes]", "destroy the keys at once; needs no passphrase", {{"yes", 0, NULL, "do not ask"}}, 0, 0}

#endif
