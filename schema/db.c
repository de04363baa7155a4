#include "schema/db.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "schema/db_handle.h"

enum status db_execute(struct db *db, const char *sql, struct error *err)
{
	const int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	return db_status_of(db->handle, code, db->schema->what, err);
}

enum status db_ask(struct db *db, const char *sql, char *text, size_t size, struct error *err)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	text[0] = '\0';
	if (code == SQLITE_ROW) {
		const unsigned char *const value = sqlite3_column_text(statement, 0);
		const size_t len = value == NULL ? 0 : strnlen((const char *)value, size - 1);
		if (len > 0)
			memcpy(text, value, len);
		text[len] = '\0';
	}
	const enum status status = db_status_of(db->handle, code, db->schema->what, err);
	(void)sqlite3_finalize(statement);
	return status;
}

void db_close(struct db *db)
{
	if (db == NULL)
		return;
	for (size_t i = 0; db->queries != NULL && i < db->schema->statements_len; i++) {
		while (db->queries[i] != NULL) {
			struct query *const query = db->queries[i];
			db->queries[i] = query->next;
			(void)sqlite3_finalize(query->statement);
			free(query);
		}
	}
	free(db->queries);
	(void)sqlite3_finalize(db->rollback);
	(void)sqlite3_close(db->handle);
	free(db);
}

void db_remove(const char *path)
{
	static const char suffixes[][9] = {"", "-journal", "-wal", "-shm"};
	char name[DB_PATH_MAX_BYTES + sizeof suffixes[0]];

	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		const int len = snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		if (len > 0 && (size_t)len < sizeof name)
			(void)unlink(name);
	}
}

bool db_was_recovered(const struct db *db)
{
	return db->recovered;
}

enum status db_begin(struct db *db, struct error *err)
{
	return db_execute(db, "BEGIN IMMEDIATE", err);
}

enum status db_begin_read(struct db *db, struct error *err)
{
	return db_execute(db, "BEGIN DEFERRED", err);
}

enum status db_commit(struct db *db, struct error *err)
{
	const enum status status = db_execute(db, "COMMIT", err);
	if (status != STATUS_OK)
		db_rollback(db);
	return status;
}

void db_rollback(struct db *db)
{
	if (sqlite3_get_autocommit(db->handle))
		return;
	(void)sqlite3_step(db->rollback);
	(void)sqlite3_reset(db->rollback);
}

static struct query *query_new(struct db *db, size_t index)
{
	struct query *const query = calloc(1, sizeof *query);
	if (query == NULL) {
		db->broken = (struct query){.db = db, .fault = SQLITE_NOMEM};
		return &db->broken;
	}
	query->db = db;
	query->next = db->queries[index];
	db->queries[index] = query;
	return query;
}

struct query *db_query(struct db *db, size_t index)
{
	assert(index < db->schema->statements_len);
	struct query *query = db->queries[index];
	while (query != NULL && query->in_use)
		query = query->next;
	if (query == NULL)
		query = query_new(db, index);
	if (query == &db->broken)
		return query;
	query->in_use = true;
	query->fault = SQLITE_OK;
	if (query->statement == NULL)
		query->fault = sqlite3_prepare_v3(db->handle, db->schema->statements[index], -1, SQLITE_PREPARE_PERSISTENT,
		                                  &query->statement, NULL);
	return query;
}

static void keep_fault(struct query *query, int code)
{
	if (query->fault == SQLITE_OK)
		query->fault = code;
}

void query_bind_int(struct query *query, int at, int64_t value)
{
	if (query->fault == SQLITE_OK)
		keep_fault(query, sqlite3_bind_int64(query->statement, at, value));
}

void query_bind_bytes(struct query *query, int at, struct span value)
{
	if (query->fault != SQLITE_OK)
		return;
	/* A NULL pointer would bind NULL; an empty span means an empty blob. */
	if (value.len == 0)
		keep_fault(query, sqlite3_bind_zeroblob(query->statement, at, 0));
	else
		keep_fault(query, sqlite3_bind_blob64(query->statement, at, value.data, value.len, SQLITE_STATIC));
}

void query_bind_text(struct query *query, int at, const char *text)
{
	if (query->fault == SQLITE_OK)
		keep_fault(query, sqlite3_bind_text(query->statement, at, text, -1, SQLITE_STATIC));
}

void query_bind_null(struct query *query, int at)
{
	if (query->fault == SQLITE_OK)
		keep_fault(query, sqlite3_bind_null(query->statement, at));
}

enum status query_step(struct query *query, bool *row, struct error *err)
{
	const int code = query->fault != SQLITE_OK ? query->fault : sqlite3_step(query->statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return db_status_of(query->db->handle, code, query->db->schema->what, err);
	*row = code == SQLITE_ROW;
	return STATUS_OK;
}

enum status query_run(struct query *query, struct error *err)
{
	bool row = false;
	const enum status status = query_step(query, &row, err);
	query_end(query);
	return status;
}

int64_t query_int(const struct query *query, int column)
{
	return sqlite3_column_int64(query->statement, column);
}

struct span query_bytes(const struct query *query, int column)
{
	const uint8_t *const data = sqlite3_column_blob(query->statement, column);
	const int len = data == NULL ? 0 : sqlite3_column_bytes(query->statement, column);
	return (struct span){data, (size_t)len};
}

const char *query_text(const struct query *query, int column)
{
	const char *const text = (const char *)sqlite3_column_text(query->statement, column);
	return text == NULL ? "" : text;
}

bool query_is_null(const struct query *query, int column)
{
	return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

enum status query_exact(const struct query *query, int column, uint8_t *out, size_t len, struct error *err)
{
	const struct span value = query_bytes(query, column);
	if (value.len != len)
		return error_set(err, STATUS_CORRUPT, "%s holds a value of %zu bytes where %zu belong", query->db->schema->what,
		                 value.len, len);
	if (len > 0)
		memcpy(out, value.data, len);
	return STATUS_OK;
}

void query_end(struct query *query)
{
	if (query->statement != NULL) {
		(void)sqlite3_reset(query->statement);
		(void)sqlite3_clear_bindings(query->statement);
	}
	query->in_use = false;
}

int64_t db_changes(struct db *db)
{
	return sqlite3_changes64(db->handle);
}

int64_t db_last_row(struct db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}
