/* SQLite, opened our way: the vault (device and HQ) or the relay's plain WAL file.
 *
 * With its db*.c the only place of sqlite3.h outside crypto/vault. SQL is
 * declared up front: DDL as numbered migrations from schema/sql/, DML as one
 * table of named statements a store, prepared when first used; only bound parameters.
 * A connection belongs to one thread at a time.
 */
#ifndef SIJIL_SCHEMA_DB_H
#define SIJIL_SCHEMA_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/status.h"
#include "crypto/vault.h"

struct db;    /* one connection */
struct query; /* one prepared statement, between db_query and query_end */

/* What a database of one program is made of. All static. */
struct db_schema {
	uint32_t application_id;
	const char *const *migrations; /* SQL scripts; user_version = how many were applied */
	size_t migrations_len;
	const char *const *statements; /* DML, by index */
	size_t statements_len;
	const char *what; /* "the register", for messages */
};

enum db_mode {
	DB_OPEN,   /* must exist */
	DB_CREATE, /* must not exist, or be empty (its creation was cut short) */
	DB_OPEN_OR_CREATE,
};

/* Opens over `vault` (page 4096, journal TRUNCATE, synchronous FULL, temp_store
 * MEMORY, secure_delete, cache 64 MiB, auto_vacuum FULL) or, with NULL, a plain file in WAL mode with
 * synchronous FULL. Both: mode 0600, foreign keys on, defensive, trusted_schema off, no URI names, no
 * extensions, an authorizer that denies ATTACH, DETACH, VACUUM and PRAGMA (but data_version, which the
 * full-text index asks); a second process waits 5 s, then BUSY.
 * Applies migrations in one transaction each. After a hot journal or WAL was replayed, integrity_check
 * must pass first (a WAL left by a process still alive counts as replayed). A DB_CREATE that fails leaves no file.
 * NOT_FOUND, CORRUPT, REFUSED (exists, made by a newer sijil, or not ours), BUSY, IO. */
MUST_CHECK enum status db_open(struct db **db, const char *path, const struct vault *vault, enum db_mode mode,
                               const struct db_schema *schema, struct error *err);
void db_close(struct db *db);

/* Removes a closed database with its journal and log: one whose making failed. Others are erased by their keys. */
void db_remove(const char *path);

/* A recovery ran when it was opened: the caller walks its chains before the first read. */
bool db_was_recovered(const struct db *db);

/* Write transactions (BEGIN IMMEDIATE). One store function, one transaction. */
MUST_CHECK enum status db_begin(struct db *db, struct error *err);
MUST_CHECK enum status db_commit(struct db *db, struct error *err);
void db_rollback(struct db *db); /* safe when none is open */
/* A read transaction: many reads of one state. Ended by db_rollback or db_commit. */
MUST_CHECK enum status db_begin_read(struct db *db, struct error *err);

/* The prepared statement `index` of the schema's table, reset, its bindings cleared. Errors while preparing or
 * binding stick and come out of query_step. Ended by query_end (reset, kept prepared). The same index may be
 * in use several times at once: each gets a statement of its own. */
struct query *db_query(struct db *db, size_t index);
void query_bind_int(struct query *query, int at, int64_t value); /* at: 1.. */
void query_bind_bytes(struct query *query, int at, struct span value); /* borrowed until query_end; empty: empty blob */
void query_bind_text(struct query *query, int at, const char *text);
void query_bind_null(struct query *query, int at);
/* Runs to the next row: *row tells whether there is one. */
MUST_CHECK enum status query_step(struct query *query, bool *row, struct error *err);
/* Runs a statement that gives no rows, and ends it. */
MUST_CHECK enum status query_run(struct query *query, struct error *err);
/* Columns are read after a row was given. */
int64_t query_int(const struct query *query, int column); /* column: 0.. */
struct span query_bytes(const struct query *query, int column); /* until the next step or end */
const char *query_text(const struct query *query, int column);  /* "" for NULL */
bool query_is_null(const struct query *query, int column);
/* CORRUPT unless the column is a blob of exactly `len` bytes, copied to `out`. */
MUST_CHECK enum status query_exact(const struct query *query, int column, uint8_t *out, size_t len, struct error *err);
void query_end(struct query *query);

int64_t db_changes(struct db *db); /* rows changed by the last statement */
int64_t db_last_row(struct db *db);

/* PRAGMA integrity_check and foreign_key_check; CORRUPT says the first finding. */
MUST_CHECK enum status db_check(struct db *db, struct error *err);

/* A consistent copy of the whole while in use (backup API) into a new file over `vault`
 * (NULL: plain). REFUSED if it exists. */
MUST_CHECK enum status db_copy(struct db *db, const char *path, const struct vault *vault, struct error *err);

#endif
