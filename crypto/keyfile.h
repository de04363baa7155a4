/* The key file beside a vault: 4096 bytes that hold the data key, wrapped once a
 * slot, and nothing else of worth.
 *
 *   passphrase -> Argon2id -> slot key -> data key
 *
 * One Argon2id an unlock, then every slot is tried: salt and costs belong to the
 * file and stay as it was made with. Costs read are bounded before use. The whole
 * is authenticated under the data key at unlock, and replaced as a whole: write,
 * fsync, rename, fsync of the folder. FORMAT.md, The key file, draws the bytes.
 */
#ifndef SIJIL_CRYPTO_KEYFILE_H
#define SIJIL_CRYPTO_KEYFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/hash.h"
#include "crypto/secret.h"
#include "crypto/status.h"
#include "crypto/stretch.h"

#define KEYFILE_BYTES 4096
#define KEYFILE_SLOTS 8
#define KEYFILE_DATA_KEY_BYTES 32
#define KEYFILE_PASSPHRASE_MAX_BYTES STRETCH_TEXT_MAX_BYTES

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

/* Tries the passphrase on every slot, then checks the MAC. LOCKED if no slot
 * opens; TAMPERED if one does and the MAC does not fit; REFUSED if the slot is of
 * a kind that a newer sijil made. */
MUST_CHECK enum status keyfile_unlock(struct keyfile *file, const struct secret *passphrase, struct error *err);

/* Unlocks with a data key kept elsewhere (the kernel keyring): no Argon2id.
 * LOCKED if it is not this file's; TAMPERED as above. */
MUST_CHECK enum status keyfile_unlock_with_key(struct keyfile *file, const struct secret *data_key, struct error *err);

/* The data key, borrowed, once new or unlocked; NULL before. */
const struct secret *keyfile_data_key(const struct keyfile *file);

/* The file's public name: random 16 bytes, so that a keyring entry finds it. */
struct span keyfile_name(const struct keyfile *file);

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

/* Puts a passphrase into `slot` (0..7), in place of what it held, or empties it.
 * Both need an unlocked file, and change nothing on disk before keyfile_save.
 * Clearing is NOT_FOUND if the slot is empty, REFUSED if it is the last in use. */
MUST_CHECK enum status keyfile_slot_set(struct keyfile *file, unsigned slot, const struct secret *passphrase,
                                        struct error *err);
MUST_CHECK enum status keyfile_slot_clear(struct keyfile *file, unsigned slot, struct error *err);
/* False while locked: nothing tells a slot in use from an empty one. */
bool keyfile_slot_in_use(const struct keyfile *file, unsigned slot);

/* Writes the file, mode 0600, atomically and durably. `create`: REFUSED if there
 * is one already. Needs an unlocked or new file. */
MUST_CHECK enum status keyfile_save(const struct keyfile *file, const char *path, bool create, struct error *err);

/* Wipes and frees; NULL is fine. */
void keyfile_free(struct keyfile *file);

#endif
