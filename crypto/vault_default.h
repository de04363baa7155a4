/* The vault under a whole program: for others who use SQLite and want its files
 * encrypted without naming a VFS anywhere. sijil itself names its vault.
 *
 * Either link any SQLite and call vault_default_use once, or build SQLite with
 * SQLITE_EXTRA_INIT=vault_default_init as well: then SQLite does not start before
 * vault_default_use, so that nothing can open a plain file by mistake.
 * FORMAT.md, The vault, has an example.
 */
#ifndef SIJIL_CRYPTO_VAULT_DEFAULT_H
#define SIJIL_CRYPTO_VAULT_DEFAULT_H

#include "crypto/secret.h"
#include "crypto/status.h"

/* Starts SQLite and makes a vault with `data_key` (VAULT_KEY_BYTES; not kept) its
 * default VFS for the rest of the process. Call it after secret_process_init,
 * before anything else of SQLite, while there is one thread. REFUSED the second
 * time; BAD_INPUT on another length of key; what vault_register returns. */
MUST_CHECK enum status vault_default_use(const struct secret *data_key, struct error *err);

/* What SQLite calls at each of its starts; takes nothing from its argument. Before
 * vault_default_use it shuts SQLite down again and returns SQLITE_AUTH, and so it
 * does however often it is called. Afterwards it makes the vault the default once
 * more: a program whose SQLite lacks SQLITE_EXTRA_INIT and is shut down and
 * started again must call it itself. */
int vault_default_init(const char *unused);

#endif
