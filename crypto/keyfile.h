/* The key file beside a vault: 4096 bytes that hold the data key, wrapped once a
 * slot, and nothing else of worth.
 *
 *   passphrase -> Argon2id (-> with a file's content) -> slot key -> data key
 *
 * One Argon2id an unlock, then every slot is tried: salt and costs belong to the
 * file and stay as it was made with. A recovery code is a passphrase as well. Costs read are bounded before use. The whole
 * is authenticated under the data key at unlock, and replaced as a whole: write,
 * fsync, rename, fsync of the folder. FORMAT.md, The key file, draws the bytes.
 */
#ifndef SIJIL_CRYPTO_KEYFILE_H
#define SIJIL_CRYPTO_KEYFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/secret.h"
#include "crypto/status.h"
#include "crypto/stretch.h"

#define KEYFILE_NAME_BYTES 16
#define KEYFILE_BYTES 4096
#define KEYFILE_SLOTS 8
#define KEYFILE_SLOT_APART 7 /* for the passphrase of the other database, in every file; nothing tells whether there is one */
#define KEYFILE_DATA_KEY_BYTES 32
#define KEYFILE_PASSPHRASE_MAX_BYTES STRETCH_TEXT_MAX_BYTES
#define KEYFILE_CONTENT_MAX_BYTES (1 << 20) /* of a file that opens a slot together with a passphrase */

/* What opens a slot. FORMAT.md has the numbers. */
enum keyfile_slot_kind {
	KEYFILE_SLOT_EMPTY = 0,
	KEYFILE_SLOT_PASSPHRASE = 1,
	KEYFILE_SLOT_RECOVERY = 2, /* a code that headquarters holds */
	KEYFILE_SLOT_PASSPHRASE_AND_FILE = 3,
	KEYFILE_SLOT_OTHER_DATABASE = 4, /* holds the other database's data key; in the slot apart alone */
};

struct keyfile; /* one key file, read or new */

/* A new key file in memory: random data key, generation 1, slot 0 under the
 * passphrase (already normalised by app/). BAD_INPUT if the passphrase is empty or
 * longer than KEYFILE_PASSPHRASE_MAX_BYTES, or the costs are out of bounds. */
MUST_CHECK enum status keyfile_new(struct keyfile **file, const struct secret *passphrase, struct stretch_costs costs,
                                   struct error *err);

/* Reads and checks size, magic, version and cost bounds; proves nothing yet.
 * NOT_FOUND if there is none; CORRUPT if damaged; REFUSED if of a newer format. */
MUST_CHECK enum status keyfile_load(struct keyfile **file, const char *path, struct error *err);

/* As keyfile_load, from bytes. */
MUST_CHECK enum status keyfile_parse(struct keyfile **file, struct span content, struct error *err);

/* The key file of the next generation: new data key, name, salt and costs; the floor goes with it, the slots, the inbox
 * key and the other database's do not. keyfile_save wants a slot set first. LOCKED; BAD_INPUT if the costs are out of bounds. */
MUST_CHECK enum status keyfile_new_generation(struct keyfile **next, const struct keyfile *file,
                                              struct stretch_costs costs, struct error *err);

/* Tries the passphrase or code on every slot, then checks the MAC. LOCKED if no slot
 * opens; TAMPERED if one does and the MAC does not fit; REFUSED if the slot is of
 * a kind that a newer sijil made.
 * If it opens the slot apart, the file in memory becomes the other database's: its data key, a new name, the passphrase in
 * slot 0, nothing else. keyfile_replaces tells it; the caller puts it in the old one's place, or forgets it. */
MUST_CHECK enum status keyfile_unlock(struct keyfile *file, const struct secret *passphrase, struct error *err);

/* The same with a key file's content (1 to KEYFILE_CONTENT_MAX_BYTES, else BAD_INPUT) for the slots that want both. */
MUST_CHECK enum status keyfile_unlock_with_file(struct keyfile *file, const struct secret *passphrase,
                                                const struct secret *key_file, struct error *err);

/* Unlocks with a data key kept elsewhere (the kernel keyring): no Argon2id.
 * LOCKED if it is not this file's; TAMPERED as above. */
MUST_CHECK enum status keyfile_unlock_with_key(struct keyfile *file, const struct secret *data_key, struct error *err);

/* Takes what stands on disk now in place of what an unlocked file holds: whoever changes it begins so, or takes back what
 * another program has changed since. The data key stays where it is. LOCKED if it has another by now. */
MUST_CHECK enum status keyfile_reload(struct keyfile *file, const char *path, struct error *err);

/* The data key, borrowed, once new or unlocked; NULL before. */
const struct secret *keyfile_data_key(const struct keyfile *file);

/* The file's public name: random 16 bytes, so that a keyring entry finds it. */
struct span keyfile_name(const struct keyfile *file);

/* The same of a file that may be damaged: what stands where the name does. False: nothing does. */
bool keyfile_name_read(uint8_t name[KEYFILE_NAME_BYTES], const char *path);

/* Which generation of the database file the data key belongs to. */
uint64_t keyfile_generation(const struct keyfile *file);

/* A lower bound on the own chain: number and id of the newest event known
 * receipted. A database behind it is a restored one. Zero until set, and while
 * locked; set only an unlocked file's. */
struct keyfile_floor {
	uint64_t number;
	struct hash id;
};
struct keyfile_floor keyfile_floor_get(const struct keyfile *file);
void keyfile_floor_set(struct keyfile *file, const struct keyfile_floor *floor);

/* The slot that opened it and that slot's kind; KEYFILE_SLOTS and EMPTY while locked and where a data key kept elsewhere
 * did. Slot 0 of a new file. */
unsigned keyfile_opened_slot(const struct keyfile *file);
enum keyfile_slot_kind keyfile_opened_kind(const struct keyfile *file);

/* Puts a passphrase (kind PASSPHRASE) or a code (RECOVERY) into `slot` (0..7), in place of what it held. Slot changes need an
 * unlocked file, and change nothing on disk before keyfile_save. BAD_INPUT if it is empty or longer than
 * KEYFILE_PASSPHRASE_MAX_BYTES. */
MUST_CHECK enum status keyfile_slot_set(struct keyfile *file, unsigned slot, enum keyfile_slot_kind kind,
                                        const struct secret *passphrase, struct error *err);

/* As keyfile_slot_set, kind PASSPHRASE_AND_FILE. */
MUST_CHECK enum status keyfile_slot_set_with_file(struct keyfile *file, unsigned slot, const struct secret *passphrase,
                                                  const struct secret *key_file, struct error *err);

/* Empties it. NOT_FOUND if it is empty, REFUSED if it is the last in use. */
MUST_CHECK enum status keyfile_slot_clear(struct keyfile *file, unsigned slot, struct error *err);

/* False and EMPTY while locked: nothing tells a slot in use from an empty one. */
bool keyfile_slot_in_use(const struct keyfile *file, unsigned slot);
enum keyfile_slot_kind keyfile_slot_kind(const struct keyfile *file, unsigned slot);

/* The inbox: a key pair to seal to while locked. Makes one unless there is one. LOCKED. Saved by keyfile_save. */
MUST_CHECK enum status keyfile_inbox_make(struct keyfile *file, struct error *err);
/* Known while locked too, but only an unlocked file is known to be unaltered. Zero: there is none. */
struct key_public keyfile_inbox_public(const struct keyfile *file);
/* The caller frees it. LOCKED; NOT_FOUND if there is none. */
MUST_CHECK enum status keyfile_inbox_secret(const struct keyfile *file, struct sealing_key **key, struct error *err);

/* The other database, which stands beside each and is opened in its place by a passphrase of its own (duress). Every key file
 * holds that database's data key, and nothing in it tells, locked or not, whether a passphrase for it was set. Makes a key
 * unless there is one. LOCKED. */
MUST_CHECK enum status keyfile_other_make(struct keyfile *file, struct error *err);
/* Its data key; the caller frees it. LOCKED; NOT_FOUND if there is none. */
MUST_CHECK enum status keyfile_other_key(const struct keyfile *file, struct secret **key, struct error *err);
/* Sets its passphrase, in place of one that was set before; or makes sure that there is none. REFUSED: the passphrase opens
 * another slot (of passphrase and file: not seen), or the slot apart is in use otherwise. LOCKED. */
MUST_CHECK enum status keyfile_other_set(struct keyfile *file, const struct secret *passphrase, struct error *err);
MUST_CHECK enum status keyfile_other_clear(struct keyfile *file, struct error *err);
/* Whether unlocking made it the other database's, and it is still to be saved in the old one's place. */
bool keyfile_replaces(const struct keyfile *file);
/* Whether its database is still to be put into place; keyfile_took_over: it is done. False while locked. */
bool keyfile_is_taking_over(const struct keyfile *file);
void keyfile_took_over(struct keyfile *file);

/* Writes the file, mode 0600, atomically and durably, and overwrites the one that it replaces, unless that has another name
 * yet. `create`: REFUSED if there is one already. Needs an unlocked or new file with a slot in use. */
MUST_CHECK enum status keyfile_save(const struct keyfile *file, const char *path, bool create, struct error *err);

/* Writes it over the bytes of the file that is there, for where no new one can be put in its place: cut short, neither opens.
 * IO, LOCKED. */
MUST_CHECK enum status keyfile_write_over(const struct keyfile *file, const char *path, struct error *err);

/* Wipes and frees; NULL is fine. */
void keyfile_free(struct keyfile *file);

#endif
