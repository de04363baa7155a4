/* What the parts of schema/db share: the connection, and SQLite's codes as ours.
 */
#ifndef SIJIL_SCHEMA_DB_HANDLE_H
#define SIJIL_SCHEMA_DB_HANDLE_H

#include <sqlite3.h>

#include "schema/db.h"

#define DB_PATH_MAX_BYTES 4096

/* One prepared statement. Of the statements of one index the idle ones are used again. */
struct query {
	struct db *db;
	sqlite3_stmt *statement;
	int fault; /* first failure of preparing or binding */
	bool in_use;
	struct query *next;
};

struct db {
	sqlite3 *handle;
	const struct db_schema *schema;
	struct query **queries; /* a list for each index */
	sqlite3_stmt *rollback; /* ready, so that undoing needs no memory */
	struct query broken;    /* given where memory for another query is missing */
	bool recovered;
	bool maintenance; /* the authorizer lets PRAGMA pass */
};

/* A result code of SQLite as status, with a sentence about `what`. `handle` may be NULL. */
enum status db_status_of(sqlite3 *handle, int code, const char *what, struct error *err);

/* Runs one SQL text that is a constant of the program. */
MUST_CHECK enum status db_execute(struct db *db, const char *sql, struct error *err);
/* The single text value of a constant query, copied to `text` (size bytes, cut to fit); "" if there is no row. */
MUST_CHECK enum status db_ask(struct db *db, const char *sql, char *text, size_t size, struct error *err);

#endif
