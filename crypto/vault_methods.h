/* The method table that SQLite calls on an open encrypted file: reads and writes
 * go to crypto/vault_file.h, locks and shared memory to the file below, and
 * controls through a list of those that cannot reach around the encryption.
 */
#ifndef SIJIL_CRYPTO_VAULT_METHODS_H
#define SIJIL_CRYPTO_VAULT_METHODS_H

#include <sqlite3.h>

/* The table for a file whose methods below have `below_version`: version 2 with
 * shared memory (WAL), or 1 without. Never 3: xFetch would hand out ciphertext. */
const sqlite3_io_methods *vault_methods_over(int below_version);

#endif
