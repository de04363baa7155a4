/* The encrypted file below SQLite: a VFS over another VFS.
 *
 * Every file SQLite opens through it (database, rollback journal, WAL,
 * super-journal, temporary file) is stored as blocks of 4096 bytes, each in a
 * slot of its own of 4140 bytes:
 *
 *   length (4, LE) | nonce (24) | tag (16) | ciphertext (1 to 4096)
 *
 * XChaCha20-Poly1305-IETF with a fresh random nonce a write; SQLite sees plain
 * bytes. FORMAT.md, The vault, has the rules and why each is there. This header
 * and its .c are the only part of crypto/ that includes sqlite3.h.
 */
#ifndef SIJIL_CRYPTO_VAULT_H
#define SIJIL_CRYPTO_VAULT_H

#include <stdint.h>

#include "crypto/secret.h"
#include "crypto/status.h"

/* A build constant for the test harnesses (512 to 4096); 4096 in production. */
#ifndef VAULT_BLOCK_BYTES
#define VAULT_BLOCK_BYTES 4096
#endif
#define VAULT_SLOT_HEAD_BYTES 44
#define VAULT_SLOT_BYTES (VAULT_BLOCK_BYTES + VAULT_SLOT_HEAD_BYTES)
#define VAULT_KEY_BYTES 32
/* The SQLite VFS name of vault_register's product starts so. */
#define VAULT_VFS_NAME "sijil-vault"

struct vault; /* one registered VFS with its data key */

/* Registers a VFS that encrypts with subkeys of `data_key` (VAULT_KEY_BYTES; not
 * kept, the subkeys are in guarded memory) above the VFS named `below` (NULL: the
 * system's default). Several may live at once. Unregister only when no file is
 * open. BAD_INPUT on another length of key, NOT_FOUND without such a VFS. */
MUST_CHECK enum status vault_register(struct vault **vault, const struct secret *data_key, const char *below,
                                      struct error *err);

/* The data key of a second database beside the first, made from the first one's: neither file, nor a block of it, passes for
 * the other's. BAD_INPUT on another length of key. */
MUST_CHECK enum status vault_key_beside(struct secret **key, const struct secret *data_key, struct error *err);

/* The name to hand to sqlite3_open_v2; borrowed. */
const char *vault_vfs_name(const struct vault *vault);

/* Whether since registering a crash's rollback journal or WAL was replayed through
 * this VFS, or a damaged block of one was read as zeros: then integrity must be
 * checked before the first read (design: fail closed). Ask after the first query,
 * for only then does SQLite look at them. */
int vault_saw_recovery(const struct vault *vault);

/* Unregisters, wipes the keys; NULL is fine. */
void vault_unregister(struct vault *vault);

#endif
