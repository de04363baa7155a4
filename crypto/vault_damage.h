/* What a damaged block means, file kind by file kind, and what a crash left (FORMAT.md, The vault, rules 2 and 3). */
#ifndef SIJIL_CRYPTO_VAULT_DAMAGE_H
#define SIJIL_CRYPTO_VAULT_DAMAGE_H

#include <sqlite3.h>
#include <stdint.h>

#include "crypto/vault_file.h"

/* What reading `len` bytes at `at` means where a block of them is damaged. SQLITE_OK: the whole read gives zeros. Were
 * it only the block, a frame that is zero there anyway would pass its checksum. Else SQLite's code of the error. */
int vault_damage_judge(struct vault_file *file, int len, sqlite3_int64 at);

/* Remembers that SQLite looks at what a crash left, where the bytes that it has read say so. */
void vault_damage_note_recovery(struct vault_file *file, const uint8_t *data, int len, sqlite3_int64 at);

#endif
