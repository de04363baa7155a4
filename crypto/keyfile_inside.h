/* What the sources of the key file share: its bytes, and what an unlocked one holds. FORMAT.md draws them.
 */
#ifndef SIJIL_CRYPTO_KEYFILE_INSIDE_H
#define SIJIL_CRYPTO_KEYFILE_INSIDE_H

#include <assert.h>
#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/key.h"
#include "crypto/keyfile.h"

#define KEYFILE_NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define KEYFILE_TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define KEYFILE_CHECK_BYTES 16

/* What a slot and the private part hold when open; only ever in guarded memory. */
struct slot_content {
	uint8_t data_key[KEYFILE_DATA_KEY_BYTES];
	uint8_t kind;
	uint8_t later[55];
};

struct private_part {
	uint8_t floor_number[8];
	uint8_t floor_id[HASH_BYTES];
	uint8_t kinds[KEYFILE_SLOTS];
	uint8_t inbox_seed[KEY_SEED_BYTES];
	uint8_t other_key[KEYFILE_DATA_KEY_BYTES];
	uint8_t taking_over;
	uint8_t later[103];
};

struct slot {
	uint8_t nonce[KEYFILE_NONCE_BYTES];
	uint8_t sealed[sizeof(struct slot_content) + KEYFILE_TAG_BYTES];
};

struct image {
	uint8_t magic[8];
	uint8_t version[4];
	uint8_t passes[4];
	uint8_t memory[8];
	uint8_t generation[8];
	uint8_t name[KEYFILE_NAME_BYTES];
	uint8_t salt[STRETCH_SALT_BYTES];
	uint8_t check[KEYFILE_CHECK_BYTES];
	uint8_t inbox[KEY_PUBLIC_BYTES];
	uint8_t later[16];
	struct slot slots[KEYFILE_SLOTS];
	uint8_t fill[2688];
	uint8_t private_nonce[KEYFILE_NONCE_BYTES];
	uint8_t private_sealed[sizeof(struct private_part) + KEYFILE_TAG_BYTES];
};

static_assert(sizeof(struct slot) == 128, "FORMAT.md draws slots of 128 bytes");
static_assert(offsetof(struct image, slots) == 128, "FORMAT.md draws slots from 128");
static_assert(offsetof(struct image, private_nonce) == 3840, "FORMAT.md draws the private part from 3840");
static_assert(sizeof(struct image) == KEYFILE_BYTES, "the whole is one block");

struct keyfile {
	struct image image;
	struct secret *data_key;    /* these three NULL while locked */
	struct secret *private_key; /* seals the private part and authenticates the rest */
	struct secret *private_part;
	unsigned opened; /* the slot that opened it; KEYFILE_SLOTS: none did */
	enum keyfile_slot_kind opened_kind;
	bool replaces; /* it became the other database's, and is not on disk yet */
};

/* Borrowed; the file is unlocked. */
struct private_part *keyfile_private(const struct keyfile *file);

struct stretch_costs keyfile_costs(const struct image *image);

/* After each change, so that the image can be saved or unlocked again any time. */
void keyfile_seal_private(struct keyfile *file);

/* The first slot that opens: which it is, what it holds, and the slot key that opened it. */
struct slot_opened {
	unsigned slot;
	struct secret *content, *slot_key;
};

/* Opens the first slot that opens with the passphrase and a key file's content, or with the passphrase alone. The caller
 * frees both secrets. LOCKED: none opens; REFUSED: it is of a kind that this program does not know, or not of one that
 * opens so. */
MUST_CHECK enum status keyfile_slot_open(struct slot_opened *opened, const struct image *image,
                                         const struct secret *passphrase, const struct secret *key_file,
                                         struct error *err);

/* The slot key of a passphrase under the file's own salt and costs. */
MUST_CHECK enum status keyfile_slot_key(struct secret **slot_key, const struct image *image,
                                        const struct secret *passphrase, struct error *err);

/* Seals a data key into a slot: the file's own, of which the private part then notes the kind, or another's, of which it does
 * not. */
MUST_CHECK enum status keyfile_slot_close(struct keyfile *file, unsigned slot, enum keyfile_slot_kind kind,
                                          const struct secret *slot_key, struct error *err);
MUST_CHECK enum status keyfile_slot_close_other(struct keyfile *file, const struct secret *slot_key, struct error *err);

/* The first slot that opens with the key; what it holds goes to `content`. False: none does. */
bool keyfile_slot_find(struct secret *content, unsigned *slot, const struct image *image, const struct secret *slot_key);

/* A file without a slot, unlocked, of generation 1. */
MUST_CHECK enum status keyfile_make(struct keyfile **file, struct stretch_costs costs, struct span data_key,
                                    struct error *err);

/* A file of which the slot apart was opened becomes the other database's: crypto/keyfile.h, keyfile_unlock. */
MUST_CHECK enum status keyfile_become_other(struct keyfile *file, const struct slot_opened *opened, struct error *err);

/* Damage, in a field worker's words, and FORMAT.md's name for the rule. */
MUST_CHECK enum status keyfile_refuse_newer(struct error *err, const char *rule);

#endif
