/* The journal below, kept open between the transactions of one connection.
 *
 * SQLite opens its rollback journal with each transaction, and the system's VFS then syncs the folder with it, since the
 * file may be new. A journal that was cut to nothing and synced stays open with its database instead, and is used again
 * if it still stands under its name: then the folder knows it already. Who opens one to create it holds RESERVED, so
 * nobody deletes it meanwhile.
 */
#ifndef SIJIL_CRYPTO_VAULT_KEPT_H
#define SIJIL_CRYPTO_VAULT_KEPT_H

#include <sqlite3.h>

struct vault_file;

/* A handle of the VFS below. A journal in use has one, between two the database. */
struct vault_kept;

/* Opens the file below `file`, a journal known to its database if it has one, as `below`'s xOpen. */
int vault_kept_open(struct vault_file *file, sqlite3_vfs *below, const char *name, int flags, int *flags_out);

/* Closes the file below `file`, or keeps it with its database; of a database, also the journal that it keeps. */
int vault_kept_close(struct vault_file *file);

#endif
