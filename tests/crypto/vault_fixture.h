/* A folder of its own with a vault over the system's files, for the vault's tests. */
#ifndef SIJIL_TESTS_CRYPTO_VAULT_FIXTURE_H
#define SIJIL_TESTS_CRYPTO_VAULT_FIXTURE_H

#include <sqlite3.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/vault.h"

struct vault_fixture {
	char folder[128];
	char path[160]; /* of the database, in the folder */
	struct vault *vault;
};

/* The data key of all these tests: bytes first, first + 1, ... */
struct secret *vault_fixture_key(uint8_t first);

/* A new folder, and a vault over the VFS `below` (NULL: the system's). */
void vault_fixture_begin(struct vault_fixture *fixture, const char *below);
void vault_fixture_end(struct vault_fixture *fixture);

/* Opens `path` through `vfs` (NULL: plain). */
sqlite3 *vault_fixture_open(const char *path, const char *vfs);

/* Runs SQL that must succeed; the failing statement's message otherwise. */
void vault_fixture_run(sqlite3 *db, const char *sql);

/* The first column of the first row, as a number, or -1 when the query fails. */
sqlite3_int64 vault_fixture_number(sqlite3 *db, const char *sql);

/* The first column of the first row as text, "" when there is none. */
void vault_fixture_text(sqlite3 *db, const char *sql, char *text, size_t text_len);

/* A whole file of the folder; `suffix` stands behind the database's path. The
 * caller wipes it. Empty when there is no such file. */
struct bytes vault_fixture_load(const struct vault_fixture *fixture, const char *suffix);
void vault_fixture_save(const struct vault_fixture *fixture, const char *suffix, struct span content);

/* Opens a file through the VFS `vfs` as SQLite's core would, SQLITE_OPEN_CREATE
 * added, for calls to its methods one by one; and closes it. Rollback journals
 * are opened as super-journals, which need no pager. */
struct sqlite3_file *vault_fixture_raw_open(const char *vfs, const char *path, int flags);
void vault_fixture_raw_close(struct sqlite3_file *file);

#endif
