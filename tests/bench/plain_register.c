#include "tests/bench/plain_register.h"

#include <sqlite3.h>

#include "schema/set_sql.h"
#include "schema/sql.h"

enum statement { PUT, LOG_PUT, CHAIN_MOVE, OWN_PUT, FIND, SCAN, STATEMENTS };

static const char *const set_statements[] = {SET_STATEMENT_TABLE};

struct plain_register {
	sqlite3 *handle;
	sqlite3_stmt *statements[STATEMENTS];
	struct merkle tree;
	int64_t position;
};

static void check(const struct plain_register *plain, int code, int wanted)
{
	if (code == wanted)
		return;
	(void)fprintf(stderr, "SQLite: %s\n", sqlite3_errmsg(plain->handle));
	exit(1);
}

static void execute(const struct plain_register *plain, const char *sql)
{
	check(plain, sqlite3_exec(plain->handle, sql, NULL, NULL, NULL), SQLITE_OK);
}

static const char *sql_of(enum statement which)
{
	switch (which) {
	case PUT:
		return set_statements[SET_PUT];
	case LOG_PUT:
		return set_statements[SET_LOG_PUT];
	case CHAIN_MOVE:
		return set_statements[SET_CHAIN_MOVE];
	case OWN_PUT:
		return "INSERT INTO own (position, floor, parent, body) VALUES (?1, ?2, NULL, ?3)";
	case FIND:
		return "SELECT wire FROM object WHERE id = ?1";
	case SCAN:
		return "SELECT id, wire FROM object ORDER BY position";
	case STATEMENTS:
		break;
	}
	abort();
}

/* schema/db_open.c's settings. */
static struct plain_register *connect(const char *path, const struct vault *vault)
{
	struct plain_register *const plain = calloc(1, sizeof *plain);
	if (plain == NULL)
		abort();
	const char *const below = vault == NULL ? NULL : vault_vfs_name(vault);
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	check(plain, sqlite3_open_v2(path, &plain->handle, flags, below), SQLITE_OK);
	execute(plain, "PRAGMA page_size = 4096; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;"
	               "PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON; PRAGMA cache_size = -65536;"
	               "PRAGMA auto_vacuum = FULL; PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL;"
	               "PRAGMA foreign_keys = ON");
	return plain;
}

static void prepare(struct plain_register *plain)
{
	for (int i = 0; i < STATEMENTS; i++)
		check(plain, sqlite3_prepare_v3(plain->handle, sql_of((enum statement)i), -1, SQLITE_PREPARE_PERSISTENT,
		                                &plain->statements[i], NULL),
		      SQLITE_OK);
}

struct plain_register *plain_register_create(const char *path, const struct vault *vault)
{
	struct plain_register *const plain = connect(path, vault);
	execute(plain, "BEGIN");
	execute(plain, sql_set);
	execute(plain, sql_outbox);
	execute(plain, "INSERT INTO chain VALUES (zeroblob(16), 0, zeroblob(32), 0, 0, 0)");
	execute(plain, "COMMIT");
	prepare(plain);
	return plain;
}

struct plain_register *plain_register_open(const char *path, const struct vault *vault)
{
	struct plain_register *const plain = connect(path, vault);
	sqlite3_stmt *log = NULL;
	prepare(plain);
	check(plain, sqlite3_prepare_v2(plain->handle, set_statements[SET_LOG_GET], -1, &log, NULL), SQLITE_OK);
	check(plain, sqlite3_step(log), SQLITE_ROW);
	plain->position = sqlite3_column_int64(log, 0);
	const uint8_t *const frontier = sqlite3_column_blob(log, 1);
	const struct span encoded = {frontier, (size_t)sqlite3_column_bytes(log, 1)};
	MUST(merkle_decode(&plain->tree, encoded, err));
	check(plain, sqlite3_finalize(log), SQLITE_OK);
	return plain;
}

void plain_register_close(struct plain_register *plain)
{
	for (int i = 0; i < STATEMENTS; i++)
		(void)sqlite3_finalize(plain->statements[i]);
	check(plain, sqlite3_close(plain->handle), SQLITE_OK);
	free(plain);
}

static void bind_int(const struct plain_register *plain, enum statement which, int at, int64_t value)
{
	check(plain, sqlite3_bind_int64(plain->statements[which], at, value), SQLITE_OK);
}

static void bind(const struct plain_register *plain, enum statement which, int at, struct span value)
{
	check(plain, sqlite3_bind_blob64(plain->statements[which], at, value.data, value.len, SQLITE_STATIC), SQLITE_OK);
}

static void run(const struct plain_register *plain, enum statement which)
{
	check(plain, sqlite3_step(plain->statements[which]), SQLITE_DONE);
	check(plain, sqlite3_reset(plain->statements[which]), SQLITE_OK);
}

static void put_one(struct plain_register *plain, const struct plain_row *row)
{
	static const struct key_id device;
	uint8_t frontier[MERKLE_FRONTIER_MAX_BYTES];

	merkle_append(&plain->tree, &row->id);
	bind_int(plain, LOG_PUT, 1, (int64_t)plain->tree.size);
	bind(plain, LOG_PUT, 2, (struct span){frontier, merkle_encode(&plain->tree, frontier)});
	run(plain, LOG_PUT);

	bind_int(plain, PUT, 1, ++plain->position);
	bind(plain, PUT, 2, hash_span(&row->id));
	bind_int(plain, PUT, 3, OBJECT_REPORT);
	bind(plain, PUT, 4, key_id_span(&device));
	bind_int(plain, PUT, 5, (int64_t)row->number);
	bind(plain, PUT, 6, hash_span(&row->previous));
	bind(plain, PUT, 7, bytes_span(&row->wire));
	run(plain, PUT);

	bind(plain, CHAIN_MOVE, 1, key_id_span(&device));
	bind_int(plain, CHAIN_MOVE, 2, (int64_t)row->number);
	bind(plain, CHAIN_MOVE, 3, hash_span(&row->id));
	bind_int(plain, CHAIN_MOVE, 4, (int64_t)row->number);
	bind_int(plain, CHAIN_MOVE, 5, (int64_t)row->number);
	bind_int(plain, CHAIN_MOVE, 6, 0);
	run(plain, CHAIN_MOVE);

	bind_int(plain, OWN_PUT, 1, plain->position);
	bind_int(plain, OWN_PUT, 2, SCENE_CREATED_S);
	bind(plain, OWN_PUT, 3, bytes_span(&row->body));
	run(plain, OWN_PUT);
}

void plain_register_begin(struct plain_register *plain)
{
	execute(plain, "BEGIN");
}

void plain_register_end(struct plain_register *plain)
{
	execute(plain, "COMMIT");
}

void plain_register_put(struct plain_register *plain, const struct plain_row *rows, size_t n)
{
	execute(plain, "BEGIN IMMEDIATE");
	for (size_t i = 0; i < n; i++)
		put_one(plain, &rows[i]);
	execute(plain, "COMMIT");
}

size_t plain_register_find(struct plain_register *plain, const struct hash *id)
{
	sqlite3_stmt *const find = plain->statements[FIND];
	bind(plain, FIND, 1, hash_span(id));
	check(plain, sqlite3_step(find), SQLITE_ROW);
	const uint8_t *const wire = sqlite3_column_blob(find, 0);
	const int len = sqlite3_column_bytes(find, 0);
	const size_t read = wire == NULL ? 0 : (size_t)len;
	check(plain, sqlite3_reset(find), SQLITE_OK);
	return read;
}

uint64_t plain_register_scan(struct plain_register *plain)
{
	sqlite3_stmt *const scan = plain->statements[SCAN];
	uint64_t rows = 0;
	int code = sqlite3_step(scan);
	for (; code == SQLITE_ROW; code = sqlite3_step(scan))
		rows += sqlite3_column_blob(scan, 1) != NULL;
	check(plain, code, SQLITE_DONE);
	check(plain, sqlite3_reset(scan), SQLITE_OK);
	return rows;
}
