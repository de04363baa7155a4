/* The blocks of one open encrypted file: where they stand, how large the file is, one read, one written.
 *
 * Between crypto/vault_slot.h, which knows bytes, and crypto/vault_file.h, which knows what damage means.
 * Results are SQLite's own codes.
 */
#ifndef SIJIL_CRYPTO_VAULT_BLOCK_H
#define SIJIL_CRYPTO_VAULT_BLOCK_H

#include "crypto/vault_file.h"

/* A block as it was found on disk. */
struct vault_block_found {
	size_t size;     /* plain bytes that the file's size says are there; 0: no such block */
	bool is_damaged; /* they do not authenticate; they were set to zeros */
};

/* Where a block's slot begins in the file below. */
sqlite3_int64 vault_block_at(uint64_t block);

/* The code to tell SQLite of a call on the file below that gave `rc`; why it failed is remembered. */
int vault_block_told(struct vault_file *file, int rc);

/* Plain bytes in the file below, without the held block. */
int vault_block_file_size(struct vault_file *file, uint64_t *size);

/* A lock was given up: others may write the file and its journal from now on. */
void vault_block_forget(struct vault_file *file);

/* Of a file of `file_size` plain bytes, those in this block; 0: it is behind the end. */
size_t vault_block_size(uint64_t file_size, uint64_t block);

/* Decrypts a block into `plain` (VAULT_BLOCK_BYTES), zeros behind its end. */
int vault_block_get(struct vault_file *file, uint64_t block, uint8_t *plain, struct vault_block_found *found);

/* Encrypts `len` bytes as the block and writes them. */
int vault_block_put(struct vault_file *file, uint64_t block, const uint8_t *plain, size_t len);

/* Bytes of a database's header, where its first slot is, byte for byte, the one that was read or written last through
 * this handle: SQLite looks at its change counter in every transaction. SQLITE_NOTFOUND: the block must be read. Other
 * errors are the file's below. */
int vault_block_recall(struct vault_file *file, void *data, int len, sqlite3_int64 at);

#endif
