/* What a handle remembers of its file (its size, a journal's first block) ends where
 * others may write it: several connections, changing journal modes, failing calls. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "crypto/vault_file.h"
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

TestSuite(vault_caches, .init = begin, .fini = end);

static const char *const modes[] = {"TRUNCATE", "DELETE", "PERSIST"};
enum { MODES = sizeof modes / sizeof modes[0] };

static sqlite3 *open_as(const char *mode)
{
	char sql[200];
	sqlite3 *const db = vault_fixture_open("test.db", vault_vfs_name(fixture.vault));
	(void)snprintf(sql, sizeof sql,
	               "PRAGMA page_size=4096; PRAGMA auto_vacuum=FULL; PRAGMA cache_size=5; PRAGMA journal_mode=%s", mode);
	vault_fixture_run(db, sql);
	return db;
}

static void create(sqlite3 *db)
{
	vault_fixture_run(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT); INSERT INTO t VALUES(1, 'Nasib')");
}

/* Inserts rows of half a page. */
static int grow(sqlite3 *db, int rows)
{
	char sql[300];
	(void)snprintf(sql, sizeof sql,
	               "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k+1 FROM n WHERE k<%d) "
	               "INSERT INTO t(body) SELECT printf('%%0*d', 2000, k) FROM n",
	               rows);
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* Keeps the oldest rows: the file shrinks. */
static int shrink(sqlite3 *db, int rows)
{
	char sql[100];
	(void)snprintf(sql, sizeof sql, "DELETE FROM t WHERE id NOT IN (SELECT id FROM t ORDER BY id LIMIT %d)", rows);
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* As a connection sees it that has never seen it before. */
static void must_be_whole(sqlite3_int64 rows)
{
	char text[200];
	sqlite3 *const db = vault_fixture_open("test.db", vault_vfs_name(fixture.vault));
	vault_fixture_text(db, "PRAGMA integrity_check", text, sizeof text);
	cr_assert_str_eq(text, "ok");
	cr_assert_eq(vault_fixture_number(db, "SELECT count(body) FROM t"), rows);
	const sqlite3_int64 pages = vault_fixture_number(db, "PRAGMA page_count");
	cr_assert_eq(vault_disk_file("test.db")->len, (size_t)pages * 4096 / VAULT_BLOCK_BYTES * VAULT_SLOT_BYTES);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

static sqlite3_file *pointer(sqlite3 *db, int control)
{
	sqlite3_file *file = NULL;
	cr_assert_eq(sqlite3_file_control(db, "main", control, &file), SQLITE_OK);
	return file;
}

static sqlite3_int64 size_of(sqlite3_file *file)
{
	sqlite3_int64 size = -1;
	cr_assert_eq(file->pMethods->xFileSize(file, &size), SQLITE_OK);
	return size;
}

/* ---- the size ---- */

Test(vault_caches, a_file_that_another_connection_grew_or_cut_has_its_new_size)
{
	for (size_t i = 0; i < MODES; i++) {
		vault_disk_erase();
		sqlite3 *const a = open_as(modes[i]);
		sqlite3 *const b = open_as(modes[i]);
		create(a);
		cr_assert_eq(grow(a, 20), SQLITE_OK);
		cr_assert_eq(grow(b, 60), SQLITE_OK);
		must_be_whole(81);
		cr_assert_eq(grow(a, 20), SQLITE_OK, "%s: %s", modes[i], sqlite3_errmsg(a));
		must_be_whole(101);
		cr_assert_eq(shrink(b, 10), SQLITE_OK);
		must_be_whole(10);
		cr_assert_eq(grow(a, 90), SQLITE_OK);
		must_be_whole(100);
		cr_assert_eq(shrink(a, 1), SQLITE_OK);
		cr_assert_eq(grow(b, 2), SQLITE_OK);
		must_be_whole(3);
		cr_assert_eq(sqlite3_close(a), SQLITE_OK);
		cr_assert_eq(sqlite3_close(b), SQLITE_OK);
	}
}

/* A long read keeps the first connection's lock, and its journal open. */
Test(vault_caches, a_connection_that_still_reads_knows_no_more_than_others)
{
	for (size_t i = 0; i < MODES; i++) {
		vault_disk_erase();
		sqlite3 *const a = open_as(modes[i]);
		sqlite3 *const b = open_as(modes[i]);
		sqlite3_stmt *reading = NULL;
		create(a);
		for (int round = 0; round < 3; round++) {
			cr_assert_eq(sqlite3_prepare_v2(a, "SELECT 1 FROM t", -1, &reading, NULL), SQLITE_OK);
			cr_assert_eq(sqlite3_step(reading), SQLITE_ROW);
			cr_assert_eq(grow(a, 20), SQLITE_OK, "%s", sqlite3_errmsg(a));
			vault_fixture_run(b, "BEGIN IMMEDIATE; UPDATE t SET body='x' WHERE id=1");
			cr_assert_eq(sqlite3_exec(b, "COMMIT", NULL, NULL, NULL), SQLITE_BUSY);
			vault_fixture_run(b, "ROLLBACK");
			cr_assert_eq(sqlite3_finalize(reading), SQLITE_OK);
			cr_assert_eq(grow(b, 10), SQLITE_OK, "%s", sqlite3_errmsg(b));
			cr_assert_eq(shrink(a, 5), SQLITE_OK, "%s", sqlite3_errmsg(a));
			cr_assert_eq(grow(b, 30), SQLITE_OK, "%s", sqlite3_errmsg(b));
			cr_assert_eq(shrink(a, 1), SQLITE_OK, "%s", sqlite3_errmsg(a));
			must_be_whole(1);
		}
		cr_assert_eq(sqlite3_close(a), SQLITE_OK);
		cr_assert_eq(sqlite3_close(b), SQLITE_OK);
	}
}

/* What SQLite does to a persistent journal that is longer than its limit. */
Test(vault_caches, a_journal_that_is_cut_in_its_short_last_block_has_its_new_size)
{
	sqlite3 *const db = open_as("TRUNCATE");
	create(db);
	vault_fixture_run(db, "BEGIN; UPDATE t SET body='x'");
	sqlite3_file *const journal = pointer(db, SQLITE_FCNTL_JOURNAL_POINTER);
	cr_assert_eq(journal->pMethods->xWrite(journal, "Tafas", 5, size_of(journal)), SQLITE_OK);
	const sqlite3_int64 size = size_of(journal);
	cr_assert_gt(size % VAULT_BLOCK_BYTES, 5, "its last block is full");
	cr_assert_eq(journal->pMethods->xTruncate(journal, size - 5), SQLITE_OK);
	cr_assert_eq(size_of(journal), size - 5);
	cr_assert_eq(journal->pMethods->xTruncate(journal, 0), SQLITE_OK);
	cr_assert_eq(journal->pMethods->xWrite(journal, "Tafas", 5, 0), SQLITE_OK);
	cr_assert_eq(size_of(journal), 5, "its first block is the one of before");
	cr_assert_eq(journal->pMethods->xTruncate(journal, 0), SQLITE_OK);
	vault_fixture_run(db, "ROLLBACK");
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	must_be_whole(1);
}

/* Never given up, so never asked for again: it must follow each change. */
Test(vault_caches, a_lock_that_is_kept_for_good_keeps_a_size_that_is_right)
{
	for (size_t i = 0; i < MODES; i++) {
		vault_disk_erase();
		sqlite3 *const db = open_as(modes[i]);
		vault_fixture_run(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_size_limit=5000");
		create(db);
		for (int round = 1; round <= 12; round++) {
			cr_assert_eq(grow(db, round * 7 % 40), SQLITE_OK, "%s: %s", modes[i], sqlite3_errmsg(db));
			vault_fixture_run(db, "BEGIN");
			cr_assert_eq(grow(db, 30), SQLITE_OK);
			vault_fixture_run(db, round % 2 == 0 ? "COMMIT" : "ROLLBACK");
			cr_assert_eq(shrink(db, round * 5 % 30 + 1), SQLITE_OK);
			cr_assert_eq(size_of(pointer(db, SQLITE_FCNTL_FILE_POINTER)), vault_fixture_number(db, "PRAGMA page_count") * 4096);
			const struct bytes *const journal = vault_disk_file("test.db-journal");
			cr_assert(strcmp(modes[i], "PERSIST") != 0 || journal->len <= VAULT_SLOT_BYTES + VAULT_SLOT_HEAD_BYTES + 904);
		}
		cr_assert_eq(shrink(db, 1), SQLITE_OK);
		cr_assert_eq(sqlite3_close(db), SQLITE_OK);
		must_be_whole(1);
	}
}

/* ---- a journal's first block ---- */

Test(vault_caches, a_journal_that_another_connection_began_has_its_size_and_first_block)
{
	sqlite3 *const a = open_as("PERSIST");
	sqlite3 *const b = open_as("PERSIST");
	sqlite3_stmt *reading = NULL;
	uint8_t before[16], after[16];

	create(a);
	cr_assert_eq(grow(a, 40), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(a, "SELECT 1 FROM t", -1, &reading, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_step(reading), SQLITE_ROW);
	cr_assert_eq(grow(a, 1), SQLITE_OK);
	sqlite3_file *const journal = pointer(a, SQLITE_FCNTL_JOURNAL_POINTER);
	cr_assert_not_null(journal->pMethods, "it was closed");
	const sqlite3_int64 size_before = size_of(journal);
	vault_fixture_run(b, "BEGIN IMMEDIATE; UPDATE t SET body='x'");
	sqlite3_file *const others = pointer(b, SQLITE_FCNTL_JOURNAL_POINTER);
	cr_assert_eq(others->pMethods->xRead(others, before, 16, 0), SQLITE_OK, "nothing is held any more");
	cr_assert_gt(size_of(others), size_before);
	cr_assert_eq(size_of(journal), size_of(others));
	/* From its 12th byte on stand the nonce and the sizes. */
	cr_assert_eq(journal->pMethods->xRead(journal, before, 16, 12), SQLITE_OK);
	cr_assert_eq(journal->pMethods->xWrite(journal, "", 1, 600), SQLITE_OK);
	cr_assert_eq(journal->pMethods->xRead(journal, after, 16, 12), SQLITE_OK);
	cr_assert_arr_eq(after, before, 16, "what the first connection remembered was written over it");
	vault_fixture_run(b, "ROLLBACK");
	cr_assert_eq(sqlite3_finalize(reading), SQLITE_OK);
	cr_assert_eq(sqlite3_close(a), SQLITE_OK);
	cr_assert_eq(sqlite3_close(b), SQLITE_OK);
	must_be_whole(42);
}

/* ---- crashes of others ---- */

/* A third connection dies in mid-transaction, when the database has grown already;
 * the first one, long open, rolls it back. */
Test(vault_caches, a_rolled_back_file_has_the_size_that_its_journal_says)
{
	for (size_t i = 0; i < MODES; i++) {
		vault_disk_erase();
		sqlite3 *const a = open_as(modes[i]);
		create(a);
		cr_assert_eq(grow(a, 20), SQLITE_OK);
		sqlite3 *const victim = open_as(modes[i]);
		vault_fixture_run(victim, "BEGIN");
		cr_assert_eq(grow(victim, 80), SQLITE_OK);
		struct bytes left[2] = {{0}, {0}};
		static const char *const names[] = {"test.db", "test.db-journal"};
		for (size_t k = 0; k < 2; k++)
			cr_assert_eq(bytes_append(&left[k], bytes_span(vault_disk_file(names[k])), NULL), STATUS_OK);
		vault_fixture_run(victim, "ROLLBACK");
		cr_assert_eq(sqlite3_close(victim), SQLITE_OK);
		vault_fixture_raw_close(vault_fixture_raw_open(VAULT_DISK_NAME, names[1], SQLITE_OPEN_SUPER_JOURNAL));
		for (size_t k = 0; k < 2; k++) {
			bytes_clear(vault_disk_file(names[k]));
			cr_assert_eq(bytes_append(vault_disk_file(names[k]), bytes_span(&left[k]), NULL), STATUS_OK);
			bytes_wipe(&left[k]);
		}
		cr_assert_eq(vault_fixture_number(a, "SELECT count(*) FROM t"), 21, "%s: %s", modes[i], sqlite3_errmsg(a));
		cr_assert_eq(grow(a, 50), SQLITE_OK);
		must_be_whole(71);
		cr_assert_eq(sqlite3_close(a), SQLITE_OK);
	}
}

/* ---- failing calls ---- */

/* A connection goes on after any call of a transaction failed: then everything is
 * there that was acknowledged, through it and through others. */
static unsigned fail_each_call(const char *mode, const char *locking)
{
	unsigned refused = 0;
	bool has_failed = true;

	vault_disk_erase();
	vault_disk_fail_short(true);
	sqlite3 *const db = open_as(mode);
	create(db);
	vault_fixture_run(db, locking);
	cr_assert_eq(grow(db, 11), SQLITE_OK);
	for (unsigned n = 1; has_failed; n++) {
		const unsigned failures = vault_disk_counts().failures;
		vault_disk_fail_at(n, false);
		int rc = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
		rc = rc == SQLITE_OK ? grow(db, 14) : rc;
		rc = rc == SQLITE_OK ? sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) : rc;
		has_failed = vault_disk_counts().failures > failures;
		vault_disk_fail_at(0, false);
		if (sqlite3_get_autocommit(db) == 0)
			(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
		refused += rc != SQLITE_OK ? 1 : 0;
		const sqlite3_int64 rows = vault_fixture_number(db, "SELECT count(body) FROM t");
		cr_assert(rows == 26 || (rc != SQLITE_OK && rows == 12), "%s %s, call %u: result %d, %lld rows, %s", mode, locking, n,
		          rc, (long long)rows, sqlite3_errmsg(db));
		const size_t blocks = (size_t)vault_fixture_number(db, "PRAGMA page_count") * 4096 / VAULT_BLOCK_BYTES;
		cr_assert_eq(vault_disk_file("test.db")->len, blocks * VAULT_SLOT_BYTES,
		             "%s %s, call %u: what the connection sees is not on disk", mode, locking, n);
		cr_assert_eq(shrink(db, 12), SQLITE_OK, "%s %s, call %u: %s", mode, locking, n, sqlite3_errmsg(db));
		char text[200];
		vault_fixture_text(db, "PRAGMA integrity_check", text, sizeof text);
		cr_assert_str_eq(text, "ok", "%s %s, call %u: %s", mode, locking, n, text);
	}
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	must_be_whole(12);
	return refused;
}

Test(vault_caches, a_connection_goes_on_after_any_call_has_failed)
{
	for (size_t i = 0; i < MODES; i++) {
		const unsigned shared = fail_each_call(modes[i], "PRAGMA locking_mode=NORMAL");
		const unsigned kept = fail_each_call(modes[i], "PRAGMA locking_mode=EXCLUSIVE") +
		                      fail_each_call(modes[i], "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=2000");
		printf("%s: %u and, with its lock kept, %u transactions refused\n", modes[i], shared, kept);
		cr_assert_gt(shared, 10);
		cr_assert_gt(kept, 10);
	}
}

/* Each database of a transaction sees from the others' journals whether they still have to be rolled back. Counted through
 * the connection that failed, and through one that was not there. */
static void must_agree(sqlite3 *db, bool may_be_refused, const char *mode, unsigned n)
{
	sqlite3 *const other = vault_fixture_open("test.db", vault_vfs_name(fixture.vault));
	vault_fixture_run(other, "ATTACH 'other.db' AS other");
	for (size_t i = 0; i < 2; i++) {
		sqlite3 *const seen_by = i == 0 ? db : other;
		char text[200];
		const sqlite3_int64 rows = vault_fixture_number(seen_by, "SELECT count(body) FROM main.t");
		cr_assert(rows == 26 || (may_be_refused && rows == 12), "%s, call %u: %lld rows", mode, n, (long long)rows);
		cr_assert_eq(vault_fixture_number(seen_by, "SELECT count(body) FROM other.t"), rows, "%s, call %u: not %lld rows: %s",
		             mode, n, (long long)rows, sqlite3_errmsg(seen_by));
		vault_fixture_text(seen_by, "PRAGMA integrity_check", text, sizeof text);
		cr_assert_str_eq(text, "ok", "%s, call %u: %s", mode, n, text);
	}
	cr_assert_eq(sqlite3_close(other), SQLITE_OK);
}

static unsigned fail_each_call_of_two(const char *mode, const char *cache, bool is_lasting)
{
	static const char grow_both[] = "BEGIN; INSERT INTO main.t(body) SELECT printf('%0*d', 2000, id) FROM seed;"
	                                "INSERT INTO other.t(body) SELECT printf('%0*d', 2000, id) FROM seed; COMMIT";
	char sql[200];
	unsigned refused = 0;
	bool has_failed = true;

	vault_disk_erase();
	vault_disk_fail_short(true);
	sqlite3 *const db = open_as(mode);
	create(db);
	cr_assert_eq(grow(db, 11), SQLITE_OK);
	(void)snprintf(sql, sizeof sql, "ATTACH 'other.db' AS other; PRAGMA other.journal_mode=%s; PRAGMA other.auto_vacuum=FULL", mode);
	vault_fixture_run(db, sql);
	vault_fixture_run(db, "CREATE TABLE other.t(id INTEGER PRIMARY KEY, body TEXT); INSERT INTO other.t SELECT * FROM main.t;"
	                      "CREATE TEMP TABLE seed AS SELECT id FROM main.t UNION SELECT id+100 FROM main.t WHERE id < 3");
	vault_fixture_run(db, cache);
	for (unsigned n = 1; has_failed; n++) {
		const unsigned failures = vault_disk_counts().failures;
		vault_disk_fail_at(n, is_lasting);
		const int rc = sqlite3_exec(db, grow_both, NULL, NULL, NULL);
		has_failed = vault_disk_counts().failures > failures;
		vault_disk_fail_at(0, false);
		if (sqlite3_get_autocommit(db) == 0)
			(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
		refused += rc != SQLITE_OK ? 1 : 0;
		must_agree(db, rc != SQLITE_OK, mode, n);
		vault_fixture_run(db, "DELETE FROM main.t WHERE id > 12; DELETE FROM other.t WHERE id > 12");
	}
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	return refused;
}

Test(vault_caches, two_databases_agree_after_any_call_has_failed)
{
	static const char *const settings[] = {"PRAGMA other.cache_size=5",
	                                       "PRAGMA main.cache_size=2000; PRAGMA other.cache_size=2000",
	                                       "PRAGMA synchronous=NORMAL; PRAGMA other.cache_size=5"};
	for (size_t i = 0; i < MODES; i++) {
		unsigned refused = 0;
		for (int is_lasting = 0; is_lasting < 2; is_lasting++)
			for (size_t k = 0; k < sizeof settings / sizeof settings[0]; k++)
				refused += fail_each_call_of_two(modes[i], settings[k], is_lasting != 0);
		printf("%s: %u transactions of two databases refused\n", modes[i], refused);
		cr_assert_gt(refused, 60);
	}
}

/* ---- changing modes ---- */

/* On the system's files, where logs have their shared memory. */
Test(vault_caches, connections_agree_while_the_journal_mode_changes)
{
	static const char *const all[] = {"TRUNCATE", "WAL", "PERSIST", "DELETE", "WAL", "TRUNCATE", "DELETE", "PERSIST"};
	struct vault_fixture real;
	char sql[100], text[200];
	vault_fixture_begin(&real, NULL);
	sqlite3 *db[2];
	for (size_t i = 0; i < 2; i++)
		db[i] = vault_fixture_open(real.path, vault_vfs_name(real.vault));
	vault_fixture_run(db[0], "PRAGMA auto_vacuum=FULL");
	create(db[0]);
	for (size_t i = 0; i < 24; i++) {
		const size_t changes = i / 2 % 2;
		/* A log is left by one that is alone. */
		cr_assert_eq(sqlite3_close(db[1 - changes]), SQLITE_OK);
		(void)snprintf(sql, sizeof sql, "PRAGMA journal_mode=%s; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=1", all[i * 3 % 8]);
		vault_fixture_run(db[changes], sql);
		db[1 - changes] = vault_fixture_open(real.path, vault_vfs_name(real.vault));
		vault_fixture_run(db[1 - changes], sql);
		for (int turn = 0; turn < 4; turn++) {
			sqlite3 *const writer = db[(i + (size_t)turn) % 2];
			const int rc = turn % 2 == 0 ? grow(writer, (int)(i * 11 % 40 + 1)) : shrink(writer, (int)(i * 7 % 30 + 1));
			cr_assert_eq(rc, SQLITE_OK, "step %zu: %s", i, sqlite3_errmsg(writer));
		}
		const sqlite3_int64 rows = vault_fixture_number(db[0], "SELECT count(body) FROM t");
		cr_assert_gt(rows, 0);
		cr_assert_eq(vault_fixture_number(db[1], "SELECT count(body) FROM t"), rows);
		vault_fixture_text(db[i % 2], "PRAGMA integrity_check", text, sizeof text);
		cr_assert_str_eq(text, "ok", "step %zu: %s", i, text);
	}
	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(sqlite3_close(db[i]), SQLITE_OK);
	vault_fixture_end(&real);
}
