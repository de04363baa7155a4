/* What an altered, mixed up or failing disk does to a database in a vault. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "crypto/vault.h"
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

TestSuite(vault_damage, .init = begin, .fini = end);

static sqlite3 *open_in(const struct vault *vault)
{
	return vault_fixture_open("test.db", vault_vfs_name(vault));
}

static void fill(sqlite3 *db, int rows)
{
	char sql[300];
	(void)snprintf(sql, sizeof sql,
	               "PRAGMA page_size=4096; CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, body TEXT); BEGIN;"
	               "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k+1 FROM n WHERE k<%d) "
	               "INSERT INTO t(body) SELECT printf('%%0*d', 500, k) FROM n; COMMIT",
	               rows);
	vault_fixture_run(db, sql);
}

static struct bytes copy_of(const char *name)
{
	struct bytes copy = {0};
	cr_assert_eq(bytes_append(&copy, bytes_span(vault_disk_file(name)), NULL), STATUS_OK);
	return copy;
}

static void put_back(const char *name, const struct bytes *content)
{
	struct bytes *const file = vault_disk_file(name);
	cr_assert_not_null(file);
	bytes_clear(file);
	cr_assert_eq(bytes_append(file, bytes_span(content), NULL), STATUS_OK);
}

/* The sum over all rows through a connection of its own, or -1. */
static sqlite3_int64 sum_all(const struct vault *vault)
{
	sqlite3 *const db = open_in(vault);
	const sqlite3_int64 sum = vault_fixture_number(db, "SELECT sum(id*CAST(body AS INTEGER)) FROM t");
	(void)sqlite3_close(db);
	return sum;
}

/* ---- the database file ---- */

Test(vault_damage, one_flipped_bit_anywhere_in_a_slot_is_refused)
{
	static const size_t regions[] = {0, 1, 3, 4, 27, 28, 43, 44, VAULT_SLOT_BYTES / 2, VAULT_SLOT_BYTES - 1};
	sqlite3 *const db = open_in(fixture.vault);
	fill(db, 200);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	const sqlite3_int64 sum = sum_all(fixture.vault);
	cr_assert_gt(sum, 0);

	struct bytes *const file = vault_disk_file("test.db");
	const size_t slots = file->len / VAULT_SLOT_BYTES;
	cr_assert_geq(slots, 20);
	for (size_t slot = 0; slot < slots; slot++)
		for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
			uint8_t *const byte = file->data + slot * VAULT_SLOT_BYTES + regions[i];
			*byte ^= (uint8_t)(1u << (slot + i) % 8);
			cr_assert_eq(sum_all(fixture.vault), -1, "slot %zu byte %zu", slot, regions[i]);
			*byte ^= (uint8_t)(1u << (slot + i) % 8);
		}
	cr_assert_eq(sum_all(fixture.vault), sum);
}

Test(vault_damage, swapped_and_foreign_blocks_are_refused)
{
	enum { FIRST = 3 * VAULT_SLOT_BYTES, SECOND = 7 * VAULT_SLOT_BYTES };
	sqlite3 *const db = open_in(fixture.vault);
	fill(db, 200);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	struct bytes original = copy_of("test.db");
	uint8_t *const data = vault_disk_file("test.db")->data;

	memcpy(data + FIRST, original.data + SECOND, VAULT_SLOT_BYTES);
	cr_assert_eq(sum_all(fixture.vault), -1, "a block of another place");
	memcpy(data + SECOND, original.data + FIRST, VAULT_SLOT_BYTES);
	cr_assert_eq(sum_all(fixture.vault), -1, "two swapped blocks");
	put_back("test.db", &original);

	/* A block of the same place and content out of a journal. */
	sqlite3_file *const database =
		vault_fixture_raw_open(vault_vfs_name(fixture.vault), "test.db", SQLITE_OPEN_MAIN_DB);
	sqlite3_file *const journal =
		vault_fixture_raw_open(vault_vfs_name(fixture.vault), "other", SQLITE_OPEN_SUPER_JOURNAL);
	uint8_t block[VAULT_BLOCK_BYTES];
	for (sqlite3_int64 i = 0; i < 4; i++) {
		cr_assert_eq(database->pMethods->xRead(database, block, VAULT_BLOCK_BYTES, i * VAULT_BLOCK_BYTES), SQLITE_OK);
		cr_assert_eq(journal->pMethods->xWrite(journal, block, VAULT_BLOCK_BYTES, i * VAULT_BLOCK_BYTES), SQLITE_OK);
	}
	memcpy(vault_disk_file("test.db")->data + FIRST, vault_disk_file("other")->data + FIRST, VAULT_SLOT_BYTES);
	vault_fixture_raw_close(database);
	vault_fixture_raw_close(journal);
	cr_assert_eq(sum_all(fixture.vault), -1, "a block of another kind of file");
	put_back("test.db", &original);
	cr_assert_gt(sum_all(fixture.vault), 0);
	bytes_wipe(&original);
}

Test(vault_damage, a_shortened_database_is_refused)
{
	static const size_t cut[] = {1, 4096, VAULT_SLOT_BYTES - 44, VAULT_SLOT_BYTES - 1, VAULT_SLOT_BYTES,
	                             VAULT_SLOT_BYTES + 1, 5 * VAULT_SLOT_BYTES};
	sqlite3 *const db = open_in(fixture.vault);
	fill(db, 200);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	struct bytes original = copy_of("test.db");

	for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
		put_back("test.db", &original);
		vault_disk_file("test.db")->len -= cut[i];
		cr_assert_eq(sum_all(fixture.vault), -1, "%zu bytes cut off", cut[i]);
	}
	put_back("test.db", &original);
	cr_assert_gt(sum_all(fixture.vault), 0);
	bytes_wipe(&original);
}

Test(vault_damage, a_large_page_without_its_last_block_is_refused)
{
	sqlite3 *const db = open_in(fixture.vault);
	vault_fixture_run(db, "PRAGMA page_size=65536; CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT);"
	                      "INSERT INTO t(body) VALUES('5'), (hex(zeroblob(20000)))");
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	cr_assert_gt(sum_all(fixture.vault), 0);
	vault_disk_file("test.db")->len -= VAULT_SLOT_BYTES;
	cr_assert_eq(sum_all(fixture.vault), -1);
}

/* ---- journals and logs that a crash left ---- */

static const char *const left_behind[] = {"test.db-journal", "test.db-wal"};

/* A database whose last transaction stands only in the file beside it: half of
 * one, to be rolled back, or a whole one in a WAL. */
static sqlite3_int64 crash_with(bool is_wal)
{
	sqlite3 *const db = open_in(fixture.vault);
	fill(db, 100);
	if (is_wal)
		vault_fixture_run(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
	else
		vault_fixture_run(db, "PRAGMA journal_mode=TRUNCATE");
	vault_fixture_run(db, "PRAGMA cache_size=5; INSERT INTO t(body) VALUES('77')");
	const sqlite3_int64 sum = vault_fixture_number(db, "SELECT sum(id*CAST(body AS INTEGER)) FROM t");
	if (!is_wal)
		vault_fixture_run(db, "BEGIN; CREATE TABLE u(a); UPDATE t SET body=printf('%0*d', 400, id*7)");
	struct bytes database = copy_of("test.db"), beside = copy_of(left_behind[is_wal]);
	cr_assert_gt(beside.len, VAULT_SLOT_BYTES);
	(void)sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	(void)sqlite3_close(db);
	put_back("test.db", &database);
	sqlite3_file *const file = vault_fixture_raw_open(VAULT_DISK_NAME, left_behind[is_wal], SQLITE_OPEN_SUPER_JOURNAL);
	put_back(left_behind[is_wal], &beside);
	vault_fixture_raw_close(file);
	bytes_wipe(&database);
	bytes_wipe(&beside);
	return sum;
}

Test(vault_damage, what_a_crash_left_is_replayed_and_reported)
{
	for (int is_wal = 0; is_wal < 2; is_wal++) {
		vault_disk_erase();
		const sqlite3_int64 sum = crash_with(is_wal != 0);
		vault_unregister(fixture.vault);
		struct secret *const key = vault_fixture_key(0);
		cr_assert_eq(vault_register(&fixture.vault, key, VAULT_DISK_NAME, NULL), STATUS_OK);
		secret_free(key);
		cr_assert_not(vault_saw_recovery(fixture.vault));
		sqlite3 *const db = open_in(fixture.vault);
		vault_fixture_run(db, "PRAGMA locking_mode=EXCLUSIVE");
		cr_assert_eq(vault_fixture_number(db, "SELECT sum(id*CAST(body AS INTEGER)) FROM t"), sum);
		cr_assert_eq(sqlite3_close(db), SQLITE_OK);
		cr_assert(vault_saw_recovery(fixture.vault), "%s", left_behind[is_wal]);
	}
}

/* The journal of another process's crash, met by a connection that has written and
 * rolled back itself before. */
Test(vault_damage, a_crash_beside_an_open_connection_is_reported_too)
{
	struct vault *other = NULL;
	struct secret *const key = vault_fixture_key(0);
	cr_assert_eq(vault_register(&other, key, VAULT_DISK_NAME, NULL), STATUS_OK);
	secret_free(key);
	sqlite3 *const survivor = open_in(fixture.vault);
	fill(survivor, 100);
	vault_fixture_run(survivor, "PRAGMA journal_mode=TRUNCATE; PRAGMA cache_size=5; BEGIN; UPDATE t SET body='1';"
	                            "ROLLBACK; INSERT INTO t(body) VALUES('77')");
	const sqlite3_int64 sum = vault_fixture_number(survivor, "SELECT sum(id*CAST(body AS INTEGER)) FROM t");
	cr_assert_not(vault_saw_recovery(fixture.vault), "its own rollback is no recovery");

	sqlite3 *const victim = open_in(other);
	vault_fixture_run(victim, "PRAGMA journal_mode=TRUNCATE; PRAGMA cache_size=5;"
	                          "BEGIN; UPDATE t SET body=printf('%0*d', 400, id*7)");
	struct bytes database = copy_of("test.db"), journal = copy_of("test.db-journal");
	vault_fixture_run(victim, "ROLLBACK");
	cr_assert_eq(sqlite3_close(victim), SQLITE_OK);
	put_back("test.db", &database);
	put_back("test.db-journal", &journal);

	cr_assert_eq(vault_fixture_number(survivor, "SELECT sum(id*CAST(body AS INTEGER)) FROM t"), sum);
	cr_assert(vault_saw_recovery(fixture.vault));
	cr_assert_eq(sqlite3_close(survivor), SQLITE_OK);
	bytes_wipe(&database);
	bytes_wipe(&journal);
	vault_unregister(other);
}

Test(vault_damage, a_torn_first_page_is_mended_by_the_journal)
{
	const sqlite3_int64 sum = crash_with(false);
	vault_disk_file("test.db")->data[100] ^= 1;
	cr_assert_eq(sum_all(fixture.vault), sum);
}

/* The checksum of a journal's record is that of zeros where every 200th byte of the
 * page is zero: whatever block of it is torn, zeros must not be played back. */
Test(vault_damage, a_torn_record_is_not_taken_for_a_page_of_zeros)
{
	enum { ROWS = 8 };
	sqlite3 *db = open_in(fixture.vault);
	vault_fixture_run(db, "PRAGMA page_size=65536; PRAGMA journal_mode=TRUNCATE; PRAGMA cache_size=5;"
	                      "CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB)");
	for (int i = 0; i < ROWS; i++) {
		uint8_t body[60000] = {0};
		sqlite3_stmt *statement = NULL;
		memcpy(body + 7777 * i, "Nasib", 5);
		cr_assert_eq(sqlite3_prepare_v2(db, "INSERT INTO t(body) VALUES(?)", -1, &statement, NULL), SQLITE_OK);
		cr_assert_eq(sqlite3_bind_blob(statement, 1, body, sizeof body, SQLITE_TRANSIENT), SQLITE_OK);
		cr_assert_eq(sqlite3_step(statement), SQLITE_DONE);
		cr_assert_eq(sqlite3_finalize(statement), SQLITE_OK);
	}
	struct bytes database = copy_of("test.db");
	vault_fixture_run(db, "BEGIN; UPDATE t SET body=zeroblob(60000)");
	struct bytes journal = copy_of("test.db-journal");
	vault_fixture_run(db, "ROLLBACK");
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	const size_t blocks = journal.len / VAULT_SLOT_BYTES;
	cr_assert_gt(blocks, 3 * 16, "the cache was not spilled");

	for (size_t block = 1; block < blocks; block++) {
		put_back("test.db", &database);
		vault_fixture_raw_close(vault_fixture_raw_open(VAULT_DISK_NAME, "test.db-journal", SQLITE_OPEN_SUPER_JOURNAL));
		put_back("test.db-journal", &journal);
		vault_disk_file("test.db-journal")->data[block * VAULT_SLOT_BYTES + 100] ^= 1;
		db = open_in(fixture.vault);
		cr_assert_eq(vault_fixture_number(db, "SELECT sum(instr(body, 'Nasib') > 0) FROM t"), ROWS, "block %zu", block);
		cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	}
	bytes_wipe(&database);
	bytes_wipe(&journal);
}

/* A bit flipped in the journal of a crash: either it is rolled back all the same,
 * or the damage is seen, or it equals a journal that was cut short. Then the
 * database must have been declared to need its check. */
Test(vault_damage, flipped_bits_beside_the_database_are_never_silent)
{
	unsigned silent = 0, seen = 0;
	for (int is_wal = 0; is_wal < 2; is_wal++) {
		vault_disk_erase();
		const sqlite3_int64 sum = crash_with(is_wal != 0);
		struct bytes database = copy_of("test.db"), beside = copy_of(left_behind[is_wal]);
		for (size_t at = 2; at < beside.len; at += 411) {
			struct vault *fresh = NULL;
			struct secret *const key = vault_fixture_key(0);
			cr_assert_eq(vault_register(&fresh, key, VAULT_DISK_NAME, NULL), STATUS_OK);
			secret_free(key);
			vault_disk_erase();
			for (int i = 0; i < 2; i++)
				vault_fixture_raw_close(vault_fixture_raw_open(
					VAULT_DISK_NAME, i == 0 ? "test.db" : left_behind[is_wal], SQLITE_OPEN_SUPER_JOURNAL));
			put_back("test.db", &database);
			put_back(left_behind[is_wal], &beside);
			vault_disk_file(left_behind[is_wal])->data[at] ^= 0x10;
			sqlite3 *const db = open_in(fresh);
			(void)sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL);
			const sqlite3_int64 got = vault_fixture_number(db, "SELECT sum(id*CAST(body AS INTEGER)) FROM t");
			(void)sqlite3_close(db);
			if (got != sum && got != -1 && !vault_saw_recovery(fresh))
				silent++;
			seen += got != sum ? 1 : 0;
			vault_unregister(fresh);
		}
		bytes_wipe(&database);
		bytes_wipe(&beside);
	}
	cr_assert_eq(silent, 0);
	cr_assert_gt(seen, 10, "no flip had any effect");
}

Test(vault_damage, a_wrong_key_reads_nothing_and_destroys_nothing)
{
	struct vault *wrong = NULL;
	struct secret *const key = vault_fixture_key(1);
	cr_assert_eq(vault_register(&wrong, key, VAULT_DISK_NAME, NULL), STATUS_OK);
	secret_free(key);

	for (int is_wal = 0; is_wal < 2; is_wal++) {
		vault_disk_erase();
		const sqlite3_int64 sum = crash_with(is_wal != 0);
		struct bytes database = copy_of("test.db"), beside = copy_of(left_behind[is_wal]);
		sqlite3 *db = open_in(wrong);
		(void)sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL);
		cr_assert_eq(vault_fixture_number(db, "SELECT count(*) FROM t"), -1);
		cr_assert_eq(vault_fixture_number(db, "SELECT count(*) FROM sqlite_schema"), -1);
		cr_assert_neq(sqlite3_exec(db, "CREATE TABLE u(a)", NULL, NULL, NULL), SQLITE_OK);
		(void)sqlite3_close(db);
		cr_assert_not_null(vault_disk_file(left_behind[is_wal]), "%s is gone", left_behind[is_wal]);
		cr_assert(span_equals(bytes_span(&beside), bytes_span(vault_disk_file(left_behind[is_wal]))));
		cr_assert(span_equals(bytes_span(&database), bytes_span(vault_disk_file("test.db"))));
		db = open_in(fixture.vault);
		vault_fixture_run(db, "PRAGMA locking_mode=EXCLUSIVE");
		cr_assert_eq(vault_fixture_number(db, "SELECT sum(id*CAST(body AS INTEGER)) FROM t"), sum);
		(void)sqlite3_close(db);
		bytes_wipe(&database);
		bytes_wipe(&beside);
	}
	vault_unregister(wrong);
}

/* ---- a disk that fails ---- */

/* One transaction on the database `start` while the n-th call to the disk fails. */
static int transact_with_failure(const struct bytes *start, unsigned n, bool is_lasting)
{
	put_back("test.db", start);
	sqlite3 *const db = open_in(fixture.vault);
	vault_disk_fail_at(n, is_lasting);
	int rc = sqlite3_exec(db, "PRAGMA journal_mode=TRUNCATE; PRAGMA cache_size=5", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db,
		                  "BEGIN; UPDATE t SET body=CAST(body AS INTEGER)+1; DELETE FROM t WHERE id%7=3;"
		                  "INSERT INTO t(body) SELECT printf('%0*d', 300, 5) FROM t WHERE id%3=0; COMMIT",
		                  NULL, NULL, NULL);
	(void)sqlite3_close(db);
	vault_disk_fail_at(0, false);
	return rc;
}

/* What was acknowledged is there; what was not is there whole or not at all. */
Test(vault_damage, any_failing_call_leaves_a_whole_database)
{
	sqlite3 *const db = open_in(fixture.vault);
	fill(db, 60);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	struct bytes start = copy_of("test.db");
	const sqlite3_int64 before = sum_all(fixture.vault);
	cr_assert_eq(transact_with_failure(&start, 0, false), SQLITE_OK);
	const sqlite3_int64 after = sum_all(fixture.vault);
	unsigned refused = 0;

	for (int is_lasting = 0; is_lasting < 2; is_lasting++) {
		bool has_failed = true;
		for (unsigned n = 1; has_failed; n++) {
			const unsigned faults = vault_disk_counts().failures;
			const int rc = transact_with_failure(&start, n, is_lasting != 0);
			has_failed = vault_disk_counts().failures > faults;
			refused += rc != SQLITE_OK ? 1 : 0;
			const sqlite3_int64 sum = sum_all(fixture.vault);
			cr_assert(sum == after || (sum == before && rc != SQLITE_OK), "call %u: %lld, result %d", n, (long long)sum,
			          rc);
		}
	}
	printf("%u faults fired, %u transactions refused\n", vault_disk_counts().failures, refused);
	cr_assert_gt(refused, 50);
	bytes_wipe(&start);
}

/* ---- journals one after another ---- */

static void write_journal(sqlite3_file *file, uint8_t filling)
{
	uint8_t block[VAULT_BLOCK_BYTES];
	memset(block, filling, sizeof block);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(file->pMethods->xWrite(file, block, sizeof block, i * (sqlite3_int64)sizeof block), SQLITE_OK);
}

static bool holds(sqlite3_file *file, int block, uint8_t filling)
{
	uint8_t data[VAULT_BLOCK_BYTES];
	cr_assert_eq(file->pMethods->xRead(file, data, sizeof data, block * (sqlite3_int64)sizeof data), SQLITE_OK);
	return data[0] == filling && memcmp(data, data + 1, sizeof data - 1) == 0;
}

/* A file system may show what a freed block held; it must not pass for a part of the journal that took its place. */
Test(vault_damage, blocks_of_an_earlier_journal_do_not_pass_behind_a_new_beginning)
{
	uint8_t old[VAULT_SLOT_BYTES];
	const char *const vfs = vault_vfs_name(fixture.vault);
	sqlite3_file *file = vault_fixture_raw_open(vfs, "j", SQLITE_OPEN_SUPER_JOURNAL);

	write_journal(file, 'a');
	cr_assert(holds(file, 1, 'a'));
	memcpy(old, vault_disk_file("j")->data + VAULT_SLOT_BYTES, sizeof old);
	cr_assert_eq(file->pMethods->xTruncate(file, 0), SQLITE_OK);
	write_journal(file, 'b');
	vault_fixture_raw_close(file);

	file = vault_fixture_raw_open(vfs, "j", SQLITE_OPEN_SUPER_JOURNAL);
	cr_assert(holds(file, 2, 'b'), "the end is read before the beginning, too");
	cr_assert(holds(file, 1, 'b'));
	memcpy(vault_disk_file("j")->data + VAULT_SLOT_BYTES, old, sizeof old);
	cr_assert(holds(file, 1, 0));
	cr_assert(holds(file, 2, 'b'));
	vault_fixture_raw_close(file);
}

/* ---- temporary files ---- */

static bool temporary_files_show_words(const char *vfs)
{
	vault_disk_erase();
	vault_disk_watch_for("Busra al-Harir");
	sqlite3 *const db = vault_fixture_open("test.db", vfs);
	vault_fixture_run(db, "PRAGMA temp_store=FILE; PRAGMA cache_size=5; PRAGMA temp.cache_size=5;"
	                      "CREATE TEMP TABLE w AS WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k+1 FROM n "
	                      "WHERE k<2000) SELECT k, 'Busra al-Harir '||hex(zeroblob(50)) AS word FROM n;"
	                      "UPDATE w SET word=word||k; CREATE INDEX temp.i ON w(word);");
	cr_assert_eq(vault_fixture_number(db, "SELECT count(*) FROM w WHERE word LIKE 'Busra%'"), 2000);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	return vault_disk_saw_word();
}

Test(vault_damage, temporary_files_show_no_plaintext)
{
	cr_assert_not(temporary_files_show_words(vault_vfs_name(fixture.vault)));
	cr_assert(temporary_files_show_words(VAULT_DISK_NAME), "the watch sees nothing at all");
}

/* Whatever is that short was never a database of ours; taken for an empty one it would be written over. */
Test(vault_damage, a_file_too_short_for_a_block_is_no_empty_database)
{
	static const char text[] = "a note to self: the well is behind the school";
	sqlite3 *db = open_in(fixture.vault);
	vault_fixture_run(db, "CREATE TABLE t(id)");
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	for (size_t len = 1; len <= VAULT_SLOT_HEAD_BYTES + 1; len++) {
		struct bytes *const file = vault_disk_file("test.db");
		bytes_clear(file);
		cr_assert_eq(bytes_append(file, (struct span){(const uint8_t *)text, len}, NULL), STATUS_OK);
		db = open_in(fixture.vault);
		cr_assert_neq(sqlite3_exec(db, "CREATE TABLE u(id)", NULL, NULL, NULL), SQLITE_OK, "%zu bytes", len);
		cr_assert_eq(vault_fixture_number(db, "SELECT count(*) FROM sqlite_schema"), -1);
		(void)sqlite3_close(db);
		cr_assert_eq(file->len, len);
		cr_assert_arr_eq(file->data, text, len);
	}
}

/* What a power cut may leave of the first write to a new database: its journal says that there was none. */
Test(vault_damage, the_torn_beginning_of_a_new_database_is_rolled_back)
{
	sqlite3 *const first = open_in(fixture.vault);
	vault_fixture_run(first, "PRAGMA page_size=4096; PRAGMA journal_mode=TRUNCATE; PRAGMA cache_size=5; BEGIN; CREATE TABLE t(body);"
	                         "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k+1 FROM n WHERE k<100) "
	                         "INSERT INTO t SELECT printf('%0*d', 500, k) FROM n");
	struct bytes database = copy_of("test.db"), journal = copy_of("test.db-journal");
	cr_assert_gt(database.len, VAULT_SLOT_BYTES, "the work has begun to reach the file");
	(void)sqlite3_close(first);
	for (size_t len = 1; len <= VAULT_SLOT_HEAD_BYTES + 1; len++) {
		struct bytes torn = {0};
		cr_assert_eq(bytes_append(&torn, (struct span){database.data, len}, NULL), STATUS_OK);
		put_back("test.db", &torn);
		vault_fixture_raw_close(vault_fixture_raw_open(VAULT_DISK_NAME, "test.db-journal", SQLITE_OPEN_SUPER_JOURNAL));
		put_back("test.db-journal", &journal);
		sqlite3 *const db = open_in(fixture.vault);
		cr_assert_eq(vault_fixture_number(db, "SELECT count(*) FROM sqlite_schema"), 0, "%zu bytes: %s", len, sqlite3_errmsg(db));
		vault_fixture_run(db, "CREATE TABLE u(id)");
		cr_assert_eq(sqlite3_close(db), SQLITE_OK);
		bytes_wipe(&torn);
	}
	bytes_wipe(&database);
	bytes_wipe(&journal);
}
