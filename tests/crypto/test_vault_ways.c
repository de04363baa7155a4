/* SQLite's other ways to files through a vault: sorter, temporary files, savepoints,
 * backup, blobs in pieces, VACUUM, several databases; in pages of each size. The
 * disk watches for plain words, and sees them where there is no vault. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "tests/crypto/vault_disk.h"
#include "tests/crypto/vault_fixture.h"

static struct vault_fixture fixture;

static void begin(void)
{
	vault_disk_begin();
	vault_fixture_begin(&fixture, VAULT_DISK_NAME);
}

static void end(void)
{
	vault_fixture_end(&fixture);
	vault_disk_end();
}

TestSuite(vault_ways, .init = begin, .fini = end);

static const int page_sizes[] = {512, 1024, 2048, 4096, 8192, 16384, 32768, 65536};
enum { PAGE_SIZES = sizeof page_sizes / sizeof page_sizes[0] };
#define WORD "Busra al-Harir"

/* A new database; the disk watches for the word. */
static sqlite3 *open_with(const char *vfs, int page_size)
{
	char sql[200];
	vault_disk_erase();
	vault_disk_watch_for(WORD);
	sqlite3 *const db = vault_fixture_open("test.db", vfs);
	(void)snprintf(sql, sizeof sql,
	               "PRAGMA page_size=%d; PRAGMA temp_store=FILE; PRAGMA cache_size=5; PRAGMA journal_mode=TRUNCATE", page_size);
	vault_fixture_run(db, sql);
	return db;
}

static void fill(sqlite3 *db, int rows)
{
	char sql[300];
	(void)snprintf(sql, sizeof sql,
	               "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT);"
	               "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k+1 FROM n WHERE k<%d) "
	               "INSERT INTO t SELECT k, printf('%%05d %s %%0*d', k*7919%%10007, k%%90, k) FROM n",
	               rows, WORD);
	vault_fixture_run(db, sql);
}

static sqlite3_int64 sum_of(sqlite3 *db, const char *table)
{
	char sql[200];
	(void)snprintf(sql, sizeof sql, "SELECT sum(id*unicode(substr(body, id%%length(body)+1)))+count(*) FROM %s", table);
	return vault_fixture_number(db, sql);
}

static void must_be_whole(sqlite3 *db)
{
	char text[200];
	vault_fixture_text(db, "PRAGMA integrity_check", text, sizeof text);
	cr_assert_str_eq(text, "ok");
}

/* ---- temporary files ---- */

/* Rows out of order, of a sort that does not fit into memory. */
static int misplaced_rows(sqlite3 *db, int rows)
{
	sqlite3_stmt *statement = NULL;
	char last[200] = "";
	int misplaced = 0, n = 0;

	cr_assert_eq(sqlite3_prepare_v2(db, "SELECT body FROM t ORDER BY body", -1, &statement, NULL), SQLITE_OK);
	for (; sqlite3_step(statement) == SQLITE_ROW; n++) {
		const char *const body = (const char *)sqlite3_column_text(statement, 0);
		misplaced += strcmp(body, last) < 0 ? 1 : 0;
		(void)snprintf(last, sizeof last, "%s", body);
	}
	cr_assert_eq(sqlite3_finalize(statement), SQLITE_OK);
	return misplaced + (n != rows ? 1 : 0);
}

static bool sorting_shows_words(const char *vfs, int page_size)
{
	enum { ROWS = 6000 };
	sqlite3 *const db = open_with(vfs, page_size);
	fill(db, ROWS);
	vault_disk_watch_for(WORD); /* anew: only what the sort writes */
	const unsigned before = vault_disk_counts().temporaries;
	cr_assert_eq(misplaced_rows(db, ROWS), 0);
	cr_assert_gt(vault_disk_counts().temporaries, before, "the sort stayed in memory");
	const bool is_shown = vault_disk_saw_word();
	vault_fixture_run(db, "CREATE INDEX i ON t(body)");
	must_be_whole(db);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	return is_shown;
}

/* The sorter keeps 250 pages in memory: small ones overflow with little. */
Test(vault_ways, the_sorter_writes_no_plaintext)
{
	cr_assert_not(sorting_shows_words(vault_vfs_name(fixture.vault), 512));
	cr_assert_not(sorting_shows_words(vault_vfs_name(fixture.vault), 1024));
	cr_assert(sorting_shows_words(VAULT_DISK_NAME, 512), "the watch sees nothing at all");
}

static const char savepoints[] =
	"BEGIN; UPDATE t SET body='a'||body WHERE id%3=0; SAVEPOINT one; UPDATE t SET body=body||'b';"
	"SAVEPOINT two; DELETE FROM t WHERE id%2=0; INSERT INTO t(body) SELECT 'c'||body FROM t; ROLLBACK TO two;"
	"UPDATE t SET body=substr(body, 2) WHERE id%5=0; RELEASE two; UPDATE OR IGNORE t SET id=id+1 WHERE id%7=0;"
	"ROLLBACK TO one; INSERT INTO t(body) SELECT 'd'||body FROM t WHERE id%4=0; COMMIT";

static sqlite3_int64 sum_after_savepoints(sqlite3 *db)
{
	fill(db, 400);
	vault_fixture_run(db, savepoints);
	must_be_whole(db);
	const sqlite3_int64 sum = sum_of(db, "t");
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	return sum;
}

Test(vault_ways, savepoints_go_back_through_files_in_pages_of_each_size)
{
	const sqlite3_int64 expected = sum_after_savepoints(vault_fixture_open(":memory:", NULL));
	unsigned files = 0;
	cr_assert_gt(expected, 0);
	for (size_t i = 0; i < PAGE_SIZES; i++) {
		const unsigned before = vault_disk_counts().temporaries;
		cr_assert_eq(sum_after_savepoints(open_with(vault_vfs_name(fixture.vault), page_sizes[i])), expected, "%d",
		             page_sizes[i]);
		files += vault_disk_counts().temporaries - before;
		cr_assert_not(vault_disk_saw_word());
	}
	cr_assert_gt(files, 0, "no savepoint needed a file");
	cr_assert_eq(sum_after_savepoints(open_with(VAULT_DISK_NAME, 512)), expected);
	cr_assert(vault_disk_saw_word());
}

/* ---- backup ---- */

/* Page by page, while another connection changes the source: SQLite begins anew. */
Test(vault_ways, a_backup_into_a_vault_of_another_key_is_the_database)
{
	struct vault *other = NULL;
	struct secret *const key = vault_fixture_key(77);
	cr_assert_eq(vault_register(&other, key, VAULT_DISK_NAME, NULL), STATUS_OK);
	secret_free(key);
	for (size_t i = 0; i < PAGE_SIZES; i++) {
		sqlite3 *const source = open_with(vault_vfs_name(fixture.vault), page_sizes[i]);
		sqlite3 *const writer = vault_fixture_open("test.db", vault_vfs_name(fixture.vault));
		sqlite3 *const target = vault_fixture_open("copy.db", vault_vfs_name(other));
		fill(source, 300);
		sqlite3_backup *const backup = sqlite3_backup_init(target, "main", source, "main");
		cr_assert_not_null(backup);
		int rc = sqlite3_backup_step(backup, 1);
		for (int n = 0; rc == SQLITE_OK; n++) {
			if (n % 20 == 3 && n < 60)
				vault_fixture_run(writer, "UPDATE t SET body='e'||body WHERE id=150");
			rc = sqlite3_backup_step(backup, 1 + n / 60);
		}
		cr_assert_eq(rc, SQLITE_DONE);
		cr_assert_eq(sqlite3_backup_finish(backup), SQLITE_OK);
		must_be_whole(target);
		cr_assert_eq(sum_of(target, "t"), sum_of(source, "t"), "%d", page_sizes[i]);
		cr_assert_eq(vault_fixture_number(target, "PRAGMA page_size"), page_sizes[i]);
		cr_assert_not(vault_disk_saw_word());
		cr_assert_eq(sqlite3_close(source), SQLITE_OK);
		cr_assert_eq(sqlite3_close(writer), SQLITE_OK);
		cr_assert_eq(sqlite3_close(target), SQLITE_OK);
		sqlite3 *const wrong = vault_fixture_open("copy.db", vault_vfs_name(fixture.vault));
		cr_assert_eq(vault_fixture_number(wrong, "SELECT count(*) FROM t"), -1);
		cr_assert_eq(sqlite3_close(wrong), SQLITE_OK);
	}
	vault_unregister(other);
}

/* ---- blobs ---- */

Test(vault_ways, blobs_are_read_and_written_in_pieces_in_pages_of_each_size)
{
	enum { BLOB_BYTES = 150000, PIECES = 60, PIECE_BYTES = 9000 };
	static uint8_t expected[BLOB_BYTES], piece[PIECE_BYTES];
	uint32_t random = 1;

	for (size_t i = 0; i < PAGE_SIZES; i++) {
		sqlite3 *const db = open_with(vault_vfs_name(fixture.vault), page_sizes[i]);
		sqlite3_blob *blob = NULL;
		vault_fixture_run(db, "CREATE TABLE b(id INTEGER PRIMARY KEY, body BLOB);"
		                      "INSERT INTO b VALUES(1, zeroblob(150000)), (2, zeroblob(10)); BEGIN");
		memset(expected, 0, sizeof expected);
		cr_assert_eq(sqlite3_blob_open(db, "main", "b", "body", 2, 1, &blob), SQLITE_OK);
		cr_assert_eq(sqlite3_blob_reopen(blob, 1), SQLITE_OK);
		for (int n = 0; n < PIECES; n++) {
			const int len = 1 + (int)(vault_disk_random(&random) % PIECE_BYTES);
			const int at = (int)(vault_disk_random(&random) % (uint32_t)(BLOB_BYTES - len));
			memset(expected + at, 1 + n, (size_t)len);
			memset(piece, 1 + n, sizeof piece);
			cr_assert_eq(sqlite3_blob_write(blob, piece, len, at), SQLITE_OK);
			cr_assert_eq(sqlite3_blob_read(blob, piece, len, at / 2), SQLITE_OK);
			cr_assert_arr_eq(piece, expected + at / 2, (size_t)len);
		}
		cr_assert_neq(sqlite3_blob_write(blob, piece, 2, BLOB_BYTES - 1), SQLITE_OK);
		cr_assert_eq(sqlite3_blob_close(blob), SQLITE_OK);
		vault_fixture_run(db, "COMMIT");
		cr_assert_eq(sqlite3_close(db), SQLITE_OK);
		sqlite3 *const again = vault_fixture_open("test.db", vault_vfs_name(fixture.vault));
		must_be_whole(again);
		cr_assert_eq(sqlite3_blob_open(again, "main", "b", "body", 1, 0, &blob), SQLITE_OK);
		for (int at = 0; at < BLOB_BYTES; at += 5000) {
			cr_assert_eq(sqlite3_blob_read(blob, piece, 5000, at), SQLITE_OK);
			cr_assert_arr_eq(piece, expected + at, 5000, "pages of %d", page_sizes[i]);
		}
		cr_assert_eq(sqlite3_blob_close(blob), SQLITE_OK);
		cr_assert_eq(sqlite3_close(again), SQLITE_OK);
	}
}

/* ---- VACUUM ---- */

/* The register's own connections deny it; maintenance at this level may. */
Test(vault_ways, vacuum_makes_the_database_anew_in_pages_of_another_size)
{
	for (size_t i = 0; i < PAGE_SIZES; i++) {
		char sql[100];
		const int size_after = page_sizes[(i + 3) % PAGE_SIZES];
		sqlite3 *const db = open_with(vault_vfs_name(fixture.vault), page_sizes[i]);
		fill(db, 300);
		vault_fixture_run(db, "DELETE FROM t WHERE id%3=0");
		const sqlite3_int64 sum = sum_of(db, "t");
		vault_fixture_run(db, "VACUUM INTO 'copy.db'");
		(void)snprintf(sql, sizeof sql, "PRAGMA page_size=%d; VACUUM", size_after);
		vault_fixture_run(db, sql);
		cr_assert_eq(vault_fixture_number(db, "PRAGMA page_size"), size_after);
		cr_assert_eq(sum_of(db, "t"), sum);
		cr_assert_eq(sqlite3_close(db), SQLITE_OK);
		for (int k = 0; k < 2; k++) {
			sqlite3 *const again = vault_fixture_open(k == 0 ? "test.db" : "copy.db", vault_vfs_name(fixture.vault));
			must_be_whole(again);
			cr_assert_eq(sum_of(again, "t"), sum);
			cr_assert_eq(sqlite3_close(again), SQLITE_OK);
		}
		cr_assert_not(vault_disk_saw_word());
	}
}

/* ---- several databases ---- */

/* A super-journal holds the names of the journals. */
static bool names_show(const char *vfs)
{
	sqlite3 *const db = open_with(vfs, 4096);
	vault_disk_watch_for("other.db-journal");
	vault_fixture_run(db, "ATTACH 'other.db' AS other; CREATE TABLE main.t(a); CREATE TABLE other.t(a);"
	                      "BEGIN; INSERT INTO main.t VALUES(1); INSERT INTO other.t VALUES(2); COMMIT");
	cr_assert_eq(vault_fixture_number(db, "SELECT sum(a) FROM (SELECT a FROM main.t UNION SELECT a FROM other.t)"), 3);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	return vault_disk_saw_word();
}

Test(vault_ways, a_transaction_of_two_databases_writes_no_names)
{
	cr_assert_not(names_show(vault_vfs_name(fixture.vault)));
	cr_assert(names_show(VAULT_DISK_NAME), "there was no super-journal");
}
