#include "schema/db.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PUT, GET, COUNT, ATTACH, DETACH, VACUUM, VACUUM_INTO, PRAGMA, DATA_VERSION, DATA_VERSION_SET, EXTENSION, SCHEMA, WRONG,
       STATEMENTS };

static const char *const statements[STATEMENTS] = {
	[PUT] = "INSERT INTO thing (name, body) VALUES (?1, ?2)",
	[GET] = "SELECT name, body FROM thing ORDER BY name",
	[COUNT] = "SELECT count(*) FROM thing",
	[ATTACH] = "ATTACH ?1 AS other",
	[DETACH] = "DETACH main",
	[VACUUM] = "VACUUM",
	[VACUUM_INTO] = "VACUUM INTO ?1",
	[PRAGMA] = "PRAGMA journal_mode = OFF",
	[DATA_VERSION] = "PRAGMA data_version",
	[DATA_VERSION_SET] = "PRAGMA data_version = 1",
	[EXTENSION] = "SELECT load_extension('x')",
	[SCHEMA] = "UPDATE sqlite_schema SET sql = ''",
	[WRONG] = "SELECT nothing FROM nowhere",
};

static const char *const migrations[] = {
	"CREATE TABLE thing (name TEXT UNIQUE, body BLOB NOT NULL) STRICT;",
	"CREATE TABLE other (id INTEGER PRIMARY KEY, thing TEXT NOT NULL REFERENCES thing (name)) STRICT;",
	"this is no SQL",
};

static struct db_schema schema_of(size_t migrations_len)
{
	return (struct db_schema){
		.application_id = 0xf0001234,
		.migrations = migrations,
		.migrations_len = migrations_len,
		.statements = statements,
		.statements_len = STATEMENTS,
		.what = "the test file",
	};
}

static struct db_schema schema;
static char folder[] = "/tmp/sijil-db-XXXXXX";
static char path[64];
static struct error err;

/* The handle of the connection opened last, for what only SQLite itself can do to us. */
static sqlite3 *raw;

static int remember(sqlite3 *handle, const char **message, const void *routines)
{
	(void)message;
	(void)routines;
	raw = handle;
	return SQLITE_OK;
}

static void start(void)
{
	cr_assert_not_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/x.db", folder);
	schema = schema_of(2);
	cr_assert_eq(sqlite3_auto_extension((void (*)(void))remember), SQLITE_OK);
}

static void end(void)
{
	char command[128];
	(void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(db, .init = start, .fini = end);

static struct db *opened(enum db_mode mode)
{
	struct db *db = NULL;
	const enum status status = db_open(&db, path, NULL, mode, &schema, &err);
	cr_assert_eq(status, STATUS_OK, "%s", err.message);
	return db;
}

static enum status put(struct db *db, const char *name)
{
	struct query *const query = db_query(db, PUT);
	query_bind_text(query, 1, name);
	query_bind_bytes(query, 2, span_from_text(name));
	return query_run(query, &err);
}

static int64_t count(struct db *db)
{
	bool row = false;
	struct query *const query = db_query(db, COUNT);
	cr_assert_eq(query_step(query, &row, &err), STATUS_OK, "%s", err.message);
	cr_assert(row);
	const int64_t n = query_int(query, 0);
	query_end(query);
	return n;
}

static bool exists(const char *name)
{
	struct stat found;
	return lstat(name, &found) == 0;
}

static void write_file(const char *name, const char *content, size_t len, off_t at)
{
	const int file = open(name, O_WRONLY | O_CREAT, 0600);
	cr_assert_geq(file, 0);
	cr_assert_eq(pwrite(file, content, len, at), (ssize_t)len);
	(void)close(file);
}

Test(db, keeps_what_was_committed_and_only_that)
{
	struct db *db = opened(DB_CREATE);
	cr_assert_eq(db_begin(db, &err), STATUS_OK);
	cr_assert_eq(put(db, "kept"), STATUS_OK);
	cr_assert_eq(db_commit(db, &err), STATUS_OK);
	cr_assert_eq(db_begin(db, &err), STATUS_OK);
	cr_assert_eq(put(db, "dropped"), STATUS_OK);
	db_rollback(db);
	db_rollback(db);
	db_close(db);
	db = opened(DB_OPEN);
	cr_assert_eq(count(db), 1);
	db_close(db);
}

Test(db, file_is_for_its_owner_only)
{
	struct stat found;
	db_close(opened(DB_CREATE));
	cr_assert_eq(stat(path, &found), 0);
	cr_assert_eq(found.st_mode & 0777, 0600);
}

Test(db, create_refuses_a_name_that_is_taken_and_leaves_it)
{
	struct db *db = NULL;
	write_file(path, "precious", 8, 0);
	cr_assert_eq(db_open(&db, path, NULL, DB_CREATE, &schema, &err), STATUS_REFUSED);
	cr_assert_null(db);
	cr_assert(exists(path));
	cr_assert_not_null(strstr(err.message, path));
}

Test(db, create_takes_up_a_file_that_was_left_empty)
{
	write_file(path, "", 0, 0);
	db_close(opened(DB_CREATE));
}

Test(db, create_that_fails_leaves_no_file)
{
	struct db *db = NULL;
	schema = schema_of(3);
	cr_assert_eq(db_open(&db, path, NULL, DB_CREATE, &schema, &err), STATUS_BUG);
	cr_assert_not(exists(path));
}

Test(db, open_says_what_is_not_there)
{
	struct db *db = NULL;
	cr_assert_eq(db_open(&db, path, NULL, DB_OPEN, &schema, &err), STATUS_NOT_FOUND);
	cr_assert_not_null(strstr(err.message, path));
	cr_assert_not(exists(path));
}

Test(db, open_of_an_empty_file_is_corrupt)
{
	struct db *db = NULL;
	write_file(path, "", 0, 0);
	cr_assert_eq(db_open(&db, path, NULL, DB_OPEN, &schema, &err), STATUS_CORRUPT);
}

Test(db, open_of_another_programs_database_is_refused)
{
	struct db *db = NULL;
	db_close(opened(DB_CREATE));
	schema.application_id ^= 1;
	cr_assert_eq(db_open(&db, path, NULL, DB_OPEN, &schema, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "not the test file"));
}

Test(db, open_of_a_newer_format_is_refused)
{
	struct db *db = NULL;
	db_close(opened(DB_CREATE));
	schema.migrations_len = 1;
	cr_assert_eq(db_open(&db, path, NULL, DB_OPEN, &schema, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "newer"));
	cr_assert_str_not_empty(err.hint);
}

Test(db, older_format_is_brought_up_to_date)
{
	schema.migrations_len = 1;
	struct db *db = opened(DB_CREATE);
	cr_assert_eq(put(db, "old"), STATUS_OK);
	db_close(db);
	schema.migrations_len = 2;
	db = opened(DB_OPEN);
	cr_assert_eq(count(db), 1);
	db_close(db);
	db_close(opened(DB_OPEN_OR_CREATE));
}

Test(db, migration_that_fails_changes_nothing)
{
	struct db *db = opened(DB_CREATE);
	cr_assert_eq(put(db, "old"), STATUS_OK);
	db_close(db);
	schema.migrations_len = 3;
	db = NULL;
	cr_assert_eq(db_open(&db, path, NULL, DB_OPEN, &schema, &err), STATUS_BUG);
	schema.migrations_len = 2;
	db = opened(DB_OPEN);
	cr_assert_eq(count(db), 1);
	db_close(db);
}

Test(db, garbage_is_corrupt)
{
	struct db *db = NULL;
	char garbage[8192];
	memset(garbage, 'x', sizeof garbage);
	write_file(path, garbage, sizeof garbage, 0);
	cr_assert_eq(db_open(&db, path, NULL, DB_OPEN, &schema, &err), STATUS_CORRUPT);
	cr_assert_str_not_empty(err.hint);
}

Test(db, damaged_table_is_found_by_the_check)
{
	struct db *db = opened(DB_CREATE);
	for (int i = 0; i < 500; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "a longer name %d", i);
		cr_assert_eq(put(db, name), STATUS_OK);
	}
	cr_assert_eq(db_check(db, &err), STATUS_OK, "%s", err.message);
	db_close(db);
	write_file(path, "\377\377\377\377\377\377\377\377", 8, 3 * 4096);
	db = opened(DB_OPEN);
	cr_assert_eq(db_check(db, &err), STATUS_CORRUPT);
	db_close(db);
}

Test(db, reference_to_nothing_is_found_by_the_check)
{
	struct db *db = opened(DB_CREATE);
	cr_assert_eq(sqlite3_exec(raw, "INSERT INTO other (thing) VALUES ('absent')", NULL, NULL, NULL),
	             SQLITE_CONSTRAINT_FOREIGNKEY);
	cr_assert_eq(sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_FKEY, 0, (int *)NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(raw, "INSERT INTO other (thing) VALUES ('absent')", NULL, NULL, NULL), SQLITE_OK);
	cr_assert_eq(db_check(db, &err), STATUS_CORRUPT);
	cr_assert_not_null(strstr(err.message, "other"));
	db_close(db);
}

/* There must be no statement with which plaintext could leave the file. */
Test(db, attach_vacuum_pragma_and_extensions_are_refused)
{
	static const int refused[] = {ATTACH, DETACH, VACUUM, VACUUM_INTO, PRAGMA, DATA_VERSION_SET, EXTENSION};
	char outside[80], uri[120];
	(void)snprintf(outside, sizeof outside, "%s/outside.db", folder);
	(void)snprintf(uri, sizeof uri, "file:%s?vfs=unix", outside);
	struct db *db = opened(DB_CREATE);
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		for (int form = 0; form < 2; form++) {
			struct query *const query = db_query(db, (size_t)refused[i]);
			if (refused[i] == ATTACH || refused[i] == VACUUM_INTO)
				query_bind_text(query, 1, form == 0 ? outside : uri);
			const enum status status = query_run(query, &err);
			cr_assert(status == STATUS_REFUSED || status == STATUS_BUG, "%s", statements[refused[i]]);
			cr_assert_not(exists(outside), "%s", statements[refused[i]]);
		}
	}
	cr_assert_eq(put(db, "still well"), STATUS_OK);
	db_close(db);
}

/* The one that SQLite's full-text index asks with. */
Test(db, data_version_alone_may_be_asked)
{
	bool row = false;
	struct db *db = opened(DB_CREATE);
	struct query *const query = db_query(db, DATA_VERSION);
	cr_expect_eq(query_step(query, &row, &err), STATUS_OK, "%s", err.message);
	cr_expect(row);
	query_end(query);
	db_close(db);
}

Test(db, schema_cannot_be_written)
{
	struct db *db = opened(DB_CREATE);
	cr_assert_neq(query_run(db_query(db, SCHEMA), &err), STATUS_OK);
	db_close(db);
}

Test(db, uri_and_memory_names_are_refused)
{
	static const char names[][40] = {"file:x.db?vfs=unix", "file:/tmp/x.db", ":memory:", ""};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct db *db = NULL;
		cr_assert_eq(db_open(&db, names[i], NULL, DB_OPEN_OR_CREATE, &schema, &err), STATUS_BAD_INPUT, "%s", names[i]);
		cr_assert_null(db);
	}
	struct db *db = opened(DB_CREATE);
	cr_assert_eq(db_copy(db, "file:/tmp/x?vfs=unix", NULL, &err), STATUS_BAD_INPUT);
	db_close(db);
}

Test(db, one_statement_may_be_in_use_twice)
{
	struct db *db = opened(DB_CREATE);
	cr_assert_eq(put(db, "a"), STATUS_OK);
	cr_assert_eq(put(db, "b"), STATUS_OK);
	bool row = false;
	struct query *const outer = db_query(db, GET);
	cr_assert_eq(query_step(outer, &row, &err), STATUS_OK);
	struct query *const inner = db_query(db, GET);
	cr_assert_neq(inner, outer);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(query_step(inner, &row, &err), STATUS_OK);
	cr_assert_str_eq(query_text(inner, 0), "b");
	query_end(inner);
	cr_assert_str_eq(query_text(outer, 0), "a");
	query_end(outer);
	cr_assert_eq(db_query(db, GET), outer == db_query(db, GET) ? inner : outer);
	db_close(db);
}

Test(db, columns_are_read_as_what_they_are)
{
	uint8_t exact[3] = {9, 9, 9};
	bool row = false;
	struct db *db = opened(DB_CREATE);
	struct query *query = db_query(db, PUT);
	query_bind_null(query, 1);
	query_bind_bytes(query, 2, (struct span){NULL, 0});
	cr_assert_eq(query_run(query, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(db_changes(db), 1);
	query = db_query(db, GET);
	cr_assert_eq(query_step(query, &row, &err), STATUS_OK);
	cr_assert(row);
	cr_assert(query_is_null(query, 0));
	cr_assert_str_eq(query_text(query, 0), "");
	cr_assert_not(query_is_null(query, 1));
	cr_assert_eq(query_bytes(query, 1).len, 0);
	cr_assert_eq(query_exact(query, 1, exact, sizeof exact, &err), STATUS_CORRUPT);
	cr_assert_eq(exact[0], 9);
	cr_assert_eq(query_step(query, &row, &err), STATUS_OK);
	cr_assert_not(row);
	query_end(query);
	db_close(db);
}

Test(db, faults_of_preparing_and_binding_come_out_of_the_step)
{
	bool row = true;
	struct db *db = opened(DB_CREATE);
	struct query *query = db_query(db, WRONG);
	query_bind_int(query, 1, 1);
	cr_assert_eq(query_step(query, &row, &err), STATUS_BUG);
	cr_assert(row);
	query_end(query);
	query = db_query(db, COUNT);
	query_bind_text(query, 7, "no such place");
	cr_assert_neq(query_run(query, &err), STATUS_OK);
	cr_assert_eq(count(db), 0);
	db_close(db);
}

Test(db, second_writer_is_told_that_it_is_busy)
{
	struct db *const first = opened(DB_CREATE);
	struct db *const second = opened(DB_OPEN);
	cr_assert_eq(sqlite3_busy_timeout(raw, 10), SQLITE_OK);
	cr_assert_eq(db_begin(first, &err), STATUS_OK);
	cr_assert_eq(db_begin(second, &err), STATUS_BUSY);
	cr_assert_str_not_empty(err.hint);
	db_rollback(first);
	cr_assert_eq(db_begin(second, &err), STATUS_OK);
	db_close(second);
	db_close(first);
}

Test(db, full_disk_is_said_and_nothing_is_saved)
{
	struct db *const db = opened(DB_CREATE);
	cr_assert_eq(put(db, "before"), STATUS_OK);
	cr_assert_eq(sqlite3_set_authorizer(raw, NULL, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(raw, "PRAGMA max_page_count = 1", NULL, NULL, NULL), SQLITE_OK);
	static const uint8_t large[100000];
	cr_assert_eq(db_begin(db, &err), STATUS_OK);
	struct query *const query = db_query(db, PUT);
	query_bind_text(query, 1, "large");
	query_bind_bytes(query, 2, (struct span){large, sizeof large});
	cr_assert_eq(query_run(query, &err), STATUS_IO);
	cr_assert_not_null(strstr(err.message, "disk is full"));
	db_rollback(db);
	cr_assert_eq(count(db), 1);
	db_close(db);
}

static int refuse_commit(void *context)
{
	(void)context;
	return 1;
}

Test(db, commit_that_fails_leaves_no_transaction_open)
{
	struct db *const db = opened(DB_CREATE);
	cr_assert_eq(db_begin(db, &err), STATUS_OK);
	cr_assert_eq(put(db, "never"), STATUS_OK);
	(void)sqlite3_commit_hook(raw, refuse_commit, NULL);
	cr_assert_neq(db_commit(db, &err), STATUS_OK);
	(void)sqlite3_commit_hook(raw, NULL, NULL);
	cr_assert(sqlite3_get_autocommit(raw));
	cr_assert_eq(count(db), 0);
	db_close(db);
}

Test(db, copy_is_whole_and_never_overwrites)
{
	char copy[80];
	(void)snprintf(copy, sizeof copy, "%s/copy.db", folder);
	struct db *db = opened(DB_CREATE);
	cr_assert_eq(put(db, "one"), STATUS_OK);
	cr_assert_eq(db_copy(db, copy, NULL, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(put(db, "two"), STATUS_OK);
	cr_assert_eq(db_copy(db, copy, NULL, &err), STATUS_REFUSED);
	db_close(db);
	(void)memcpy(path, copy, sizeof path);
	db = opened(DB_OPEN);
	cr_assert_eq(count(db), 1);
	db_close(db);
}

Test(db, log_left_behind_counts_as_recovery_and_is_checked)
{
	char copy[80], command[400];
	(void)snprintf(copy, sizeof copy, "%s/y.db", folder);
	struct db *db = opened(DB_CREATE);
	cr_assert_not(db_was_recovered(db));
	cr_assert_eq(put(db, "in the log"), STATUS_OK);
	(void)snprintf(command, sizeof command, "cp '%s' '%s' && cp '%s-wal' '%s-wal'", path, copy, path, copy);
	cr_assert_eq(system(command), 0);
	db_close(db);
	(void)memcpy(path, copy, sizeof path);
	db = opened(DB_OPEN);
	cr_assert(db_was_recovered(db));
	cr_assert_eq(count(db), 1);
	db_close(db);
}
