/* One block of an encrypted file, and the slot that holds it.
 *
 *   length (4, LE) | nonce (24) | tag (16) | ciphertext (1 to VAULT_BLOCK_BYTES)
 *
 * Only bytes in, bytes out: what a damaged slot means depends on the file and
 * is decided in crypto/vault_file.c. FORMAT.md, The vault.
 */
#ifndef SIJIL_CRYPTO_VAULT_SLOT_H
#define SIJIL_CRYPTO_VAULT_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/secret.h"
#include "crypto/vault.h"

/* The file kinds of FORMAT.md; also the subkey numbers of the data key. */
enum vault_kind {
	VAULT_KIND_DATABASE = 1,
	VAULT_KIND_JOURNAL = 2, /* rollback journal and super-journal: SQLite opens a child journal as either */
	VAULT_KIND_WAL = 3,
	VAULT_KIND_TEMPORARY = 4, /* its key is random and dies with the file */
};

/* A new journal begins with other bytes here, SQLite's random ones, so that what an earlier one left does not pass for its. */
#define VAULT_EPOCH_AT 12
#define VAULT_EPOCH_BYTES 4

/* Where a block stands; all of it is authenticated. */
struct vault_place {
	const uint8_t *key; /* VAULT_KEY_BYTES, in guarded memory, borrowed */
	enum vault_kind kind;
	uint64_t block;
	uint8_t epoch[VAULT_EPOCH_BYTES]; /* of a journal's blocks behind the first; zeros elsewhere */
};

/* The subkeys of `data_key` for kinds 1 to 3, one behind the other. The caller
 * frees them. BAD_INPUT unless `data_key` has VAULT_KEY_BYTES. */
MUST_CHECK enum status vault_slot_subkeys(struct secret **subkeys, const struct secret *data_key, struct error *err);

/* Encrypts `len` bytes (1 to VAULT_BLOCK_BYTES) under a fresh nonce. The first
 * VAULT_SLOT_HEAD_BYTES + len bytes of `slot` are set. Cannot fail. */
void vault_slot_seal(uint8_t *slot, const struct vault_place *place, const uint8_t *plain, size_t len);

/* The length that a slot claims; may be any number. */
uint32_t vault_slot_length(const uint8_t *slot);

/* Decrypts a slot of which `available` bytes of ciphertext could be read, into
 * `plain` (VAULT_BLOCK_BYTES), the rest of it zeroed. False when the slot is
 * damaged; then `plain` is all zeros. */
MUST_CHECK bool vault_slot_open(uint8_t *plain, const struct vault_place *place, const uint8_t *slot, size_t available);

#endif
