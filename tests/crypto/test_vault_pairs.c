#include "crypto/vault_pairs.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "crypto/vault_file.h"
#include "tests/crypto/vault_above.h"
#include "tests/crypto/vault_fixture.h"

static struct vault_fixture fixture;

static void begin(void)
{
	vault_fixture_begin(&fixture, NULL);
}

static void end(void)
{
	vault_fixture_end(&fixture);
}

TestSuite(vault_pairs, .init = begin, .fini = end);

static struct vault_file *file_of(sqlite3 *db, int which)
{
	sqlite3_file *file = NULL;
	cr_assert_eq(sqlite3_file_control(db, "main", which, &file), SQLITE_OK);
	return (struct vault_file *)file;
}

Test(vault_pairs, two_connections_keep_their_journals_apart)
{
	sqlite3 *const a = vault_fixture_open(fixture.path, vault_vfs_name(fixture.vault));
	sqlite3 *const b = vault_fixture_open(fixture.path, vault_vfs_name(fixture.vault));

	vault_fixture_run(a, "PRAGMA journal_mode=PERSIST; CREATE TABLE t(x)");
	vault_fixture_run(b, "PRAGMA journal_mode=PERSIST; SELECT * FROM t");
	sqlite3 *const turns[] = {a, b, a};
	for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
		struct vault_file *const database = file_of(turns[i], SQLITE_FCNTL_FILE_POINTER);
		vault_fixture_run(turns[i], "BEGIN; INSERT INTO t VALUES(randomblob(100))");
		cr_assert_eq(database->journal, file_of(turns[i], SQLITE_FCNTL_JOURNAL_POINTER));
		cr_assert_eq(database->journal->database, database);
		vault_fixture_run(turns[i], "COMMIT");
		cr_assert_null(database->journal, "it is closed");
	}
	cr_assert_eq(vault_fixture_number(a, "SELECT count(*) FROM t"), 3);
	(void)sqlite3_close(a);
	(void)sqlite3_close(b);
}

Test(vault_pairs, a_log_knows_its_database)
{
	sqlite3 *const db = vault_fixture_open(fixture.path, vault_vfs_name(fixture.vault));

	vault_fixture_run(db, "PRAGMA journal_mode=WAL; CREATE TABLE t(x)");
	cr_assert_eq(file_of(db, SQLITE_FCNTL_JOURNAL_POINTER)->kind, VAULT_KIND_WAL);
	cr_assert_eq(file_of(db, SQLITE_FCNTL_JOURNAL_POINTER)->database, file_of(db, SQLITE_FCNTL_FILE_POINTER));
	(void)sqlite3_close(db);
}

Test(vault_pairs, a_journal_without_an_open_database_stands_alone)
{
	sqlite3_file *const file =
		vault_fixture_raw_open(vault_vfs_name(fixture.vault), fixture.path, SQLITE_OPEN_MAIN_JOURNAL);
	const uint8_t data[3] = {1, 2, 3};
	uint8_t back[3] = {0};

	cr_assert_null(((struct vault_file *)file)->database);
	cr_assert_eq(file->pMethods->xWrite(file, data, 3, 0), SQLITE_OK);
	cr_assert_eq(file->pMethods->xRead(file, back, 3, 0), SQLITE_OK);
	cr_assert_arr_eq(back, data, 3);
	vault_fixture_raw_close(file);
}

/* ---- another VFS above ---- */

static const char *const journal_modes[] = {"DELETE", "TRUNCATE", "PERSIST", "WAL"};

static void fill(sqlite3 *db)
{
	vault_fixture_run(db, "CREATE TABLE t(x); BEGIN; "
	                      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
	                      "INSERT INTO t SELECT randomblob(700) FROM n; COMMIT; "
	                      "BEGIN; UPDATE t SET x=randomblob(700); DELETE FROM t WHERE rowid > 100; ROLLBACK; "
	                      "BEGIN; DELETE FROM t WHERE rowid > 200; COMMIT");
}

Test(vault_pairs, another_vfs_may_stand_above)
{
	vault_above_begin(vault_vfs_name(fixture.vault));
	for (size_t i = 0; i < sizeof journal_modes / sizeof journal_modes[0]; i++) {
		char sql[80], path[200];
		(void)snprintf(sql, sizeof sql, "PRAGMA journal_mode=%s; PRAGMA cache_size=5", journal_modes[i]);
		(void)snprintf(path, sizeof path, "%s%zu", fixture.path, i);
		sqlite3 *db = vault_fixture_open(path, VAULT_ABOVE_NAME);
		vault_fixture_run(db, sql);
		fill(db);
		(void)sqlite3_close(db);

		char text[100];
		db = vault_fixture_open(path, vault_vfs_name(fixture.vault));
		vault_fixture_text(db, "PRAGMA integrity_check", text, sizeof text);
		cr_assert_str_eq(text, "ok", "%s", journal_modes[i]);
		cr_assert_eq(vault_fixture_number(db, "SELECT count(*) FROM t"), 200, "%s", journal_modes[i]);
		(void)sqlite3_close(db);
	}
	cr_assert_gt(vault_above_end(), 8, "files that were opened and closed untouched");
}
