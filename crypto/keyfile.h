/* The key file beside a vault: 4096 bytes that hold the data key, wrapped once a
 * slot, and nothing else of worth.
 *
 *   passphrase -> Argon2id -> slot key -> data key
 *
 * One Argon2id an unlock, then every slot is tried. Costs read from the file are
 * bounded before use. The whole is MACed under the data key and checked at
 * unlock. It is replaced as a whole: write, fsync, rename, fsync of the folder.
 * FORMAT.md, The key file, draws the bytes.
 */
#ifndef SIJIL_CRYPTO_KEYFILE_H
#define SIJIL_CRYPTO_KEYFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/hash.h"
#include "crypto/secret.h"
#include "crypto/status.h"

#define KEYFILE_BYTES 4096
#define KEYFILE_SLOTS 8
#define KEYFILE_DATA_KEY_BYTES 32
/* Argon2id bounds (RFC 9106), as made and as accepted. */
#define KEYFILE_MEMORY_MIN_BYTES (64ull << 20)
#define KEYFILE_MEMORY_MAX_BYTES (256ull << 20)
#define KEYFILE_PASSES_MIN 3
#define KEYFILE_PASSES_MAX 16
#define KEYFILE_PASSPHRASE_MAX_BYTES 1024

struct keyfile; /* one key file, read or new */

struct keyfile_costs {
	uint64_t memory_bytes;
	uint32_t passes;
};

/* Costs of about one second on this machine, within the bounds and at most a
 * quarter of its memory. Runs Argon2id a few times. */
MUST_CHECK enum status keyfile_measure_costs(struct keyfile_costs *costs, struct error *err);
/* The floor: 64 MiB and 3 passes. */
struct keyfile_costs keyfile_costs_minimum(void);

/* A new key file in memory: random data key, generation 1, slot 0 under the
 * passphrase (already normalised by app/). */
MUST_CHECK enum status keyfile_new(struct keyfile **file, const struct secret *passphrase, struct keyfile_costs costs,
                                   struct error *err);

/* Reads and checks size, magic, version and cost bounds; proves nothing yet.
 * NOT_FOUND if there is none; CORRUPT if damaged; REFUSED if of a newer format. */
MUST_CHECK enum status keyfile_load(struct keyfile **file, const char *path, struct error *err);

/* Tries the passphrase on every slot, then checks the MAC. LOCKED if no slot
 * opens; TAMPERED if one does and the MAC does not fit. */
MUST_CHECK enum status keyfile_unlock(struct keyfile *file, const struct secret *passphrase, struct error *err);

/* Unlocks with a data key kept elsewhere (the kernel keyring): no Argon2id.
 * LOCKED if it is not this file's. */
MUST_CHECK enum status keyfile_unlock_with_key(struct keyfile *file, const struct secret *data_key, struct error *err);

/* The data key, borrowed, once new or unlocked; NULL before. */
const struct secret *keyfile_data_key(const struct keyfile *file);

/* The file's public name: random 16 bytes, so that a keyring entry finds it. */
struct span keyfile_name(const struct keyfile *file);

/* Which generation of the database file the data key belongs to. */
uint64_t keyfile_generation(const struct keyfile *file);

/* A lower bound on the own chain: number and id of the newest event known
 * receipted. A database behind it is a restored one. Zero until set. */
struct keyfile_floor {
	uint64_t number;
	struct hash id;
};
struct keyfile_floor keyfile_floor_get(const struct keyfile *file);
void keyfile_floor_set(struct keyfile *file, const struct keyfile_floor *floor);

/* Puts another passphrase into `slot` (0..7), or empties it. Needs an unlocked
 * file. REFUSED to empty the last slot in use. */
MUST_CHECK enum status keyfile_slot_set(struct keyfile *file, unsigned slot, const struct secret *passphrase,
                                        struct keyfile_costs costs, struct error *err);
MUST_CHECK enum status keyfile_slot_clear(struct keyfile *file, unsigned slot, struct error *err);
bool keyfile_slot_in_use(const struct keyfile *file, unsigned slot);

/* Writes the file, mode 0600, atomically and durably. `create`: REFUSED if there
 * is one already. Needs an unlocked (or new) file, for the MAC. */
MUST_CHECK enum status keyfile_save(struct keyfile *file, const char *path, bool create, struct error *err);

/* Wipes and frees; NULL is fine. */
void keyfile_free(struct keyfile *file);

#endif
