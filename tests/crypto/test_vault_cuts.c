/* The power goes at every kind of moment, and nothing committed may be lost. */
#include <criterion/criterion.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/vault.h"
#include "tests/crypto/vault_disk.h"
#include "tests/crypto/vault_fixture.h"

enum { TRANSACTIONS = 5, CUTS_EACH = 24, DIGEST_BYTES = 32 };

struct setting {
	char mode[12];
	int page_size;
	bool is_unsynced; /* synchronous=OFF: only the process dies, never the machine */
};

static uint8_t expected[TRANSACTIONS + 2][DIGEST_BYTES]; /* after so many transactions */
static struct vault *vault;

static void register_vault(void)
{
	struct secret *const key = vault_fixture_key(0);
	vault_unregister(vault);
	cr_assert_eq(vault_register(&vault, key, VAULT_DISK_NAME, NULL), STATUS_OK);
	secret_free(key);
}

/* ---- the work that is interrupted ---- */

static void digest_all(sqlite3 *db, uint8_t digest[DIGEST_BYTES])
{
	sqlite3_stmt *statement = NULL;
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, NULL, 0, DIGEST_BYTES);
	if (sqlite3_prepare_v2(db, "SELECT id, body FROM t ORDER BY id", -1, &statement, NULL) == SQLITE_OK)
		while (sqlite3_step(statement) == SQLITE_ROW) {
			const sqlite3_int64 id = sqlite3_column_int64(statement, 0);
			(void)crypto_generichash_update(&state, (const uint8_t *)&id, sizeof id);
			(void)crypto_generichash_update(&state, sqlite3_column_blob(statement, 1),
			                                (unsigned)sqlite3_column_bytes(statement, 1));
		}
	(void)sqlite3_finalize(statement);
	(void)crypto_generichash_final(&state, digest, DIGEST_BYTES);
}

static void create_tables(sqlite3 *db)
{
	vault_fixture_run(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB); CREATE INDEX i ON t(body);"
	                      "CREATE TABLE done(n); INSERT INTO done VALUES(0);"
	                      "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k+1 FROM n WHERE k<60) "
	                      "INSERT INTO t SELECT k, printf('%0*d', 20+k*37%700, k) FROM n");
}

/* Transaction number n: pages change, the file grows and shrinks. */
static int transact(sqlite3 *db, int n)
{
	char sql[600];
	(void)snprintf(sql, sizeof sql,
	               "BEGIN; UPDATE t SET body=printf('%%0*d', 10+(id*%d)%%900, id*%d) WHERE id%%3=%d;"
	               "INSERT INTO t(body) SELECT printf('%%0*d', 300+id, id+%d) FROM t WHERE id%%4=%d;"
	               "DELETE FROM t WHERE id%%5 IN (%d, %d); UPDATE done SET n=%d; COMMIT",
	               13 + n, n, n % 3, n, n % 4, n % 5, (n + 2) % 5, n);
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static sqlite3 *open_database(const struct setting *setting)
{
	char sql[300];
	sqlite3 *const db = vault_fixture_open("test.db", vault_vfs_name(vault));
	/* The disk has no shared memory: a WAL needs the exclusive mode. The cache
	 * is small so that pages reach the disk in mid-transaction. */
	(void)snprintf(sql, sizeof sql,
	               "PRAGMA locking_mode=%s; PRAGMA cache_size=8; PRAGMA synchronous=%s; PRAGMA secure_delete=ON;"
	               "PRAGMA journal_mode=%s",
	               strcmp(setting->mode, "WAL") == 0 ? "EXCLUSIVE" : "NORMAL", setting->is_unsynced ? "OFF" : "FULL",
	               setting->mode);
	(void)sqlite3_exec(db, sql, NULL, NULL, NULL);
	return db;
}

static sqlite3 *fresh_database(const struct setting *setting)
{
	char sql[100];

	vault_disk_erase();
	register_vault();
	sqlite3 *db = vault_fixture_open("test.db", vault_vfs_name(vault));
	(void)snprintf(sql, sizeof sql, "PRAGMA page_size=%d; PRAGMA auto_vacuum=FULL", setting->page_size);
	vault_fixture_run(db, sql);
	create_tables(db);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	/* Into the journal mode, and all of that long since on disk: SQLite does not
	 * sync the folder after deleting the journal of such a change. */
	cr_assert_eq(sqlite3_close(open_database(setting)), SQLITE_OK);
	vault_disk_power_on(VAULT_DISK_KEEPS, 0);
	db = open_database(setting);
	cr_assert_eq(vault_fixture_number(db, "SELECT n FROM done"), 0);
	return db;
}

static void begin(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	vault_disk_begin();
	sqlite3 *const db = vault_fixture_open(":memory:", NULL);
	create_tables(db);
	digest_all(db, expected[0]);
	for (int n = 1; n <= TRANSACTIONS + 1; n++) {
		cr_assert_eq(transact(db, n), SQLITE_OK, "%s", sqlite3_errmsg(db));
		digest_all(db, expected[n]);
	}
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

static void end(void)
{
	vault_unregister(vault);
	vault_disk_end();
}

TestSuite(vault_cuts, .init = begin, .fini = end);

/* ---- one cut ---- */

struct cut {
	unsigned at;
	enum vault_disk_fate fate;
	uint32_t seed;
};

/* Runs until the power goes; how many transactions were acknowledged. */
static int work_until_cut(sqlite3 *db, unsigned at)
{
	int acknowledged = 0;
	vault_disk_cut_at(at);
	while (acknowledged < TRANSACTIONS && transact(db, acknowledged + 1) == SQLITE_OK)
		acknowledged++;
	(void)sqlite3_close(db);
	return acknowledged;
}

/* Whether what lies on the disk beside the database would be replayed. */
static bool wal_has_frames(void)
{
	const struct bytes *const wal = vault_disk_file("test.db-wal");
	return wal != NULL && wal->len > VAULT_SLOT_HEAD_BYTES + 32;
}

static void check_survivor(const struct setting *setting, const struct cut *cut, int acknowledged)
{
	uint8_t digest[DIGEST_BYTES];
	char text[200];
	struct bytes before = {0};

	register_vault();
	cr_assert_eq(bytes_append(&before, bytes_span(vault_disk_file("test.db")), NULL), STATUS_OK);
	const bool had_frames = wal_has_frames();
	sqlite3 *const db = open_database(setting);
	const int n = (int)vault_fixture_number(db, "SELECT n FROM done");
	cr_assert(n == acknowledged || n == acknowledged + 1, "%s %d, cut %u, fate %d: %d acknowledged, %d found (%s)",
	          setting->mode, setting->page_size, cut->at, (int)cut->fate, acknowledged, n, sqlite3_errmsg(db));
	digest_all(db, digest);
	cr_assert_arr_eq(digest, expected[n], DIGEST_BYTES, "%s %d, cut %u: other rows", setting->mode,
	                 setting->page_size, cut->at);
	const bool is_changed = !span_equals(bytes_span(&before), bytes_span(vault_disk_file("test.db")));
	cr_assert(vault_saw_recovery(vault) || !(is_changed || had_frames), "%s %d, cut %u: recovery unseen",
	          setting->mode, setting->page_size, cut->at);
	vault_fixture_text(db, "PRAGMA integrity_check", text, sizeof text);
	cr_assert_str_eq(text, "ok", "%s %d, cut %u: %s", setting->mode, setting->page_size, cut->at, text);
	cr_assert_eq(transact(db, n + 1), SQLITE_OK, "%s", sqlite3_errmsg(db));
	digest_all(db, digest);
	cr_assert_arr_eq(digest, expected[n + 1], DIGEST_BYTES);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	bytes_wipe(&before);
}

/* The power goes once more while the first cut is being mended. */
static void cut_recovery(const struct setting *setting, const struct cut *cut)
{
	register_vault();
	vault_disk_cut_at(1 + cut->seed % 7);
	sqlite3 *const db = open_database(setting);
	(void)vault_fixture_number(db, "SELECT n FROM done");
	(void)sqlite3_close(db);
	vault_disk_power_on(cut->fate, cut->seed + 1);
}

static unsigned changes_of_whole_run(const struct setting *setting)
{
	sqlite3 *const db = fresh_database(setting);
	const unsigned before = vault_disk_counts().changes;
	cr_assert_eq(work_until_cut(db, 0), TRANSACTIONS);
	return vault_disk_counts().changes - before;
}

static unsigned cut_often(const struct setting *setting)
{
	const unsigned changes = changes_of_whole_run(setting);
	const unsigned cuts = getenv("SIJIL_LONG") != NULL ? 20 * CUTS_EACH : CUTS_EACH;

	for (unsigned i = 0; i < cuts; i++) {
		const struct cut cut = {
			.at = 1 + (i * changes / cuts + i * 7) % changes,
			.fate = setting->is_unsynced ? VAULT_DISK_KEEPS : (enum vault_disk_fate)(i % VAULT_DISK_FATES),
			.seed = i * 31 + (unsigned)setting->page_size,
		};
		sqlite3 *const db = fresh_database(setting);
		const int acknowledged = work_until_cut(db, cut.at);
		vault_disk_power_on(cut.fate, cut.seed);
		if (i % 3 == 0)
			cut_recovery(setting, &cut);
		check_survivor(setting, &cut, acknowledged);
	}
	return cuts;
}

static void cut_mode(const struct setting *setting, const int *page_sizes, size_t n)
{
	const struct vault_disk_counts before = vault_disk_counts();
	unsigned cuts = 0;
	for (size_t i = 0; i < n; i++) {
		struct setting one = *setting;
		one.page_size = page_sizes[i];
		cuts += cut_often(&one);
	}
	const struct vault_disk_counts after = vault_disk_counts();
	printf("%s: %u cuts, %u faults fired, %u unsynced changes lost or torn\n", setting->mode, cuts,
	       after.faults - before.faults, after.torn - before.torn);
	cr_assert_geq(after.faults - before.faults, cuts);
	cr_assert(setting->is_unsynced || after.torn - before.torn > cuts);
}

static const int all_sizes[] = {512, 1024, 4096, 16384, 65536};
/* A checkpoint rewrites pages without a journal: smaller than a block they would
 * drag their neighbours along (FORMAT.md, The vault). */
static const int whole_block_sizes[] = {4096, 8192, 65536};

Test(vault_cuts, truncated_journal_loses_nothing)
{
	cut_mode(&(struct setting){.mode = "TRUNCATE"}, all_sizes, 5);
}

Test(vault_cuts, deleted_journal_loses_nothing)
{
	cut_mode(&(struct setting){.mode = "DELETE"}, all_sizes, 5);
}

Test(vault_cuts, persistent_journal_loses_nothing)
{
	cut_mode(&(struct setting){.mode = "PERSIST"}, all_sizes, 5);
}

Test(vault_cuts, write_ahead_log_loses_nothing)
{
	cut_mode(&(struct setting){.mode = "WAL"}, whole_block_sizes, 3);
}

/* Without syncs the order of writes is what saves a database from the death of
 * its process: a journal must be on its way before the pages it saves. */
Test(vault_cuts, death_of_the_process_alone_loses_nothing_without_syncs)
{
	static const char modes[][12] = {"TRUNCATE", "DELETE", "PERSIST"};
	for (size_t i = 0; i < 3; i++) {
		struct setting setting = {.is_unsynced = true};
		memcpy(setting.mode, modes[i], sizeof modes[i]);
		cut_mode(&setting, whole_block_sizes, 3);
	}
}
