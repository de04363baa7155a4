#include "tests/crypto/vault_power.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/vault.h"
#include "tests/crypto/vault_fixture.h"

enum { ROWS = 30, TRANSACTIONS = 6, REOPEN_AFTER = 3, DIGEST_BYTES = 32, SQL_BYTES = 4000, LARGE_CACHE = 2000, GO_ON_EACH = 4, NEAR = 6, JOURNAL_LIMIT = 5000, LONGER = 20 };

/* One setting at work. */
struct run {
	const struct vault_power_setting *setting;
	const char *(*layer)(const char *vault);
	struct vault *vault;
	const char *vfs;
	uint8_t expected[TRANSACTIONS + 2][DIGEST_BYTES]; /* after so many transactions */
	struct vault_disk_tape tape;
	size_t acknowledged_at[TRANSACTIONS + 1]; /* changes that were on the tape by then */
};

static bool is(const struct run *run, enum vault_power_how how)
{
	return (run->setting->how & (unsigned)how) != 0;
}

static void register_vault(struct run *run)
{
	struct secret *const key = vault_fixture_key(0);
	vault_unregister(run->vault);
	run->vault = NULL;
	cr_assert_eq(vault_register(&run->vault, key, VAULT_DISK_NAME, NULL), STATUS_OK);
	secret_free(key);
	run->vfs = vault_vfs_name(run->vault);
	if (run->layer != NULL)
		run->vfs = run->layer(run->vfs);
}

/* ---- the work ---- */

static void digest_rows(sqlite3 *db, const char *sql, crypto_generichash_state *state)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(statement);
		if (rc != SQLITE_ROW)
			break;
		const sqlite3_int64 numbers[] = {sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1)};
		(void)crypto_generichash_update(state, (const uint8_t *)numbers, sizeof numbers);
		(void)crypto_generichash_update(state, sqlite3_column_blob(statement, 2),
		                                (unsigned)sqlite3_column_bytes(statement, 2));
	}
	(void)crypto_generichash_update(state, (const uint8_t *)&rc, sizeof rc);
	(void)sqlite3_finalize(statement);
}

static void digest_all(const struct run *run, sqlite3 *db, uint8_t digest[DIGEST_BYTES])
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, NULL, 0, DIGEST_BYTES);
	digest_rows(db, "SELECT id, tag, body FROM main.t ORDER BY id", &state);
	digest_rows(db, "SELECT id, tag, body FROM main.still ORDER BY id", &state);
	if (is(run, VAULT_POWER_PAIR)) {
		digest_rows(db, "SELECT id, tag, body FROM other.t ORDER BY id", &state);
		digest_rows(db, "SELECT id, tag, body FROM other.still ORDER BY id", &state);
		digest_rows(db, "SELECT n, n, '' FROM other.done", &state);
	}
	(void)crypto_generichash_final(&state, digest, DIGEST_BYTES);
}

/* A row's body, about half a page long, some a page and more, some all zeros. */
static void body_of(const struct run *run, char *sql, size_t len, int n)
{
	const int unit = run->setting->page_size / 8;
	(void)snprintf(sql, len, "iif(id%%4=%d, zeroblob(%d+id*%d%%9*%d), printf('%%0*d', %d+id*%d%%9*%d, id*%d))", n % 4, unit,
	               7 + n, unit, unit, 3 + n, unit, n + 11);
}

/* Rows that change and, among their pages, some that never do. */
static int create_tables(const struct run *run, sqlite3 *db, const char *schema)
{
	char sql[SQL_BYTES], body[300];
	body_of(run, body, sizeof body, 0);
	(void)snprintf(sql, sizeof sql,
	               "CREATE TABLE %s.t(id INTEGER PRIMARY KEY, tag INTEGER, body); CREATE INDEX %s.i ON t(tag, id);"
	               "CREATE TABLE %s.still(id INTEGER PRIMARY KEY, tag, body);"
	               "CREATE TABLE %s.done(n); INSERT INTO %s.done VALUES(0)",
	               schema, schema, schema, schema, schema);
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	for (int first = 1; first <= ROWS && rc == SQLITE_OK; first += ROWS / 5) {
		(void)snprintf(sql, sizeof sql,
		               "WITH RECURSIVE n(id) AS (SELECT %d UNION ALL SELECT id+1 FROM n WHERE id<%d) "
		               "INSERT INTO %s.t SELECT id, id*7%%31, %s FROM n;"
		               "INSERT INTO %s.still SELECT id, tag, body FROM %s.t WHERE id BETWEEN %d AND %d",
		               first, first + ROWS / 5 - 1, schema, body, schema, schema, first, first + 1);
		rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	}
	return rc;
}

/* Transaction number n in one database: pages change, the file grows and shrinks. */
static int change_rows(const struct run *run, sqlite3 *db, const char *schema, int n)
{
	char sql[SQL_BYTES], body[300];
	body_of(run, body, sizeof body, n);
	(void)snprintf(sql, sizeof sql,
	               "UPDATE %s.t SET tag=id*%d%%31, body=%s WHERE id%%3=%d;"
	               "INSERT INTO %s.t(tag, body) SELECT id+%d, %s FROM %s.t WHERE id%%4=%d;"
	               "SAVEPOINT s; UPDATE %s.t SET tag=tag+1, body=body||'x' WHERE id%%2=%d; DELETE FROM %s.t WHERE id%%7=1;"
	               "ROLLBACK TO s; RELEASE s;"
	               "DELETE FROM %s.t WHERE id%%5 IN (%d, %d);"
	               "CREATE TABLE %s.x%d(a, b UNIQUE); INSERT INTO %s.x%d VALUES(%d, 'Nasib');"
	               "DROP TABLE IF EXISTS %s.x%d; UPDATE %s.done SET n=%d",
	               schema, n + 3, body, n % 3, schema, n, body, schema, n % 4, schema, n % 2, schema, schema, n % 5,
	               (n + 2) % 5, schema, n + 2, schema, n + 2, n, schema, n, schema, n);
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static int transact(const struct run *run, sqlite3 *db, int n)
{
	int rc = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = change_rows(run, db, "main", n);
	if (rc == SQLITE_OK && is(run, VAULT_POWER_PAIR))
		rc = change_rows(run, db, "other", n);
	return rc == SQLITE_OK ? sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) : rc;
}

static bool is_wal(const struct run *run)
{
	return strcmp(run->setting->mode, "WAL") == 0;
}

/* What fails here fails again in the first query: a cut may have left anything. */
static sqlite3 *open_database(const struct run *run, int cache_pages)
{
	const struct vault_power_setting *const setting = run->setting;
	static const char *const schemas[] = {"main", "other"};
	char sql[500];
	sqlite3 *db = NULL;

	(void)sqlite3_open_v2("test.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, run->vfs);
	/* Only EXTRA syncs the folder when the deletion of a journal is the commit. */
	const char *const synced = strcmp(setting->mode, "DELETE") == 0 ? "EXTRA" : "FULL";
	if (is(run, VAULT_POWER_PAIR))
		(void)sqlite3_exec(db, "ATTACH 'other.db' AS other", NULL, NULL, NULL);
	for (size_t i = 0; i < (is(run, VAULT_POWER_PAIR) ? 2 : 1); i++) {
		(void)snprintf(sql, sizeof sql,
		               "PRAGMA %s.locking_mode=%s; PRAGMA %s.cache_size=%d; PRAGMA %s.synchronous=%s;"
		               "PRAGMA %s.secure_delete=ON; PRAGMA wal_autocheckpoint=0; PRAGMA %s.journal_size_limit=%d;"
		               "PRAGMA %s.journal_mode=%s",
		               schemas[i], is_wal(run) || is(run, VAULT_POWER_EXCLUSIVE) ? "EXCLUSIVE" : "NORMAL", schemas[i],
		               cache_pages, schemas[i], is(run, VAULT_POWER_UNSYNCED) ? "OFF" : synced, schemas[i], schemas[i],
		               is(run, VAULT_POWER_LIMITED) ? JOURNAL_LIMIT : -1, schemas[i], setting->mode);
		(void)sqlite3_exec(db, sql, NULL, NULL, NULL);
	}
	return db;
}

/* All of it long since on the disk: SQLite does not sync the folder after deleting
 * the journal of a change of journal modes. */
static void make_database(struct run *run)
{
	static const char *const names[] = {"test.db", "other.db"};
	struct vault_disk_tape tape;
	char sql[100];

	vault_disk_erase();
	register_vault(run);
	for (size_t i = 0; i < (is(run, VAULT_POWER_PAIR) ? 2 : 1); i++) {
		sqlite3 *const db = vault_fixture_open(names[i], run->vfs);
		(void)snprintf(sql, sizeof sql, "PRAGMA page_size=%d; PRAGMA auto_vacuum=FULL", run->setting->page_size);
		vault_fixture_run(db, sql);
		cr_assert_eq(create_tables(run, db, "main"), SQLITE_OK, "%s", sqlite3_errmsg(db));
		cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	}
	sqlite3 *const db = open_database(run, run->setting->cache_pages);
	cr_assert_eq(vault_fixture_number(db, "SELECT n FROM done"), 0, "%s", sqlite3_errmsg(db));
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	vault_disk_take_tape(&tape);
	vault_disk_tape_wipe(&tape);
}

static void tape_work(struct run *run)
{
	static const char *const checkpoints[] = {"PRAGMA wal_checkpoint(PASSIVE)", "", "PRAGMA wal_checkpoint(TRUNCATE)"};

	make_database(run);
	sqlite3 *db = open_database(run, run->setting->cache_pages);
	for (int n = 1; n <= TRANSACTIONS; n++) {
		cr_assert_eq(transact(run, db, n), SQLITE_OK, "%s %d, transaction %d: %s", run->setting->mode,
		             run->setting->page_size, n, sqlite3_errmsg(db));
		run->acknowledged_at[n] = vault_disk_tape_len();
		if (is_wal(run))
			vault_fixture_run(db, checkpoints[n % 3]);
		if (n == REOPEN_AFTER) {
			cr_assert_eq(sqlite3_close(db), SQLITE_OK);
			db = open_database(run, run->setting->cache_pages);
		}
	}
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	vault_disk_take_tape(&run->tape);
}

/* What must be found, by a database that no vault and no disk has touched. */
static void expect(struct run *run)
{
	sqlite3 *const db = vault_fixture_open(":memory:", NULL);

	cr_assert_eq(create_tables(run, db, "main"), SQLITE_OK, "%s", sqlite3_errmsg(db));
	if (is(run, VAULT_POWER_PAIR)) {
		vault_fixture_run(db, "ATTACH ':memory:' AS other");
		cr_assert_eq(create_tables(run, db, "other"), SQLITE_OK);
	}
	digest_all(run, db, run->expected[0]);
	for (int n = 1; n <= TRANSACTIONS + 1; n++) {
		cr_assert_eq(transact(run, db, n), SQLITE_OK, "%s", sqlite3_errmsg(db));
		digest_all(run, db, run->expected[n]);
	}
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

/* ---- one cut ---- */

static int acknowledged_before(const struct run *run, size_t change)
{
	int n = 0;
	while (n < TRANSACTIONS && run->acknowledged_at[n + 1] < change)
		n++;
	return n;
}

static bool are_rows_of(const struct run *run, sqlite3 *db, int n)
{
	uint8_t digest[DIGEST_BYTES];
	digest_all(run, db, digest);
	return memcmp(digest, run->expected[n], DIGEST_BYTES) == 0;
}

static bool is_whole(const struct run *run, sqlite3 *db)
{
	char text[200];
	vault_fixture_text(db, "PRAGMA main.integrity_check", text, sizeof text);
	if (strcmp(text, "ok") == 0 && is(run, VAULT_POWER_PAIR))
		vault_fixture_text(db, "PRAGMA other.integrity_check", text, sizeof text);
	return strcmp(text, "ok") == 0;
}

/* Whether what lies beside the database is replayed. */
static bool wal_has_frames(void)
{
	const struct bytes *const wal = vault_disk_file("test.db-wal");
	return wal != NULL && wal->len > VAULT_SLOT_HEAD_BYTES + 32;
}

/* A file as it was before it was opened. */
struct before {
	struct bytes database;
	bool has_frames;
};

static enum vault_power_verdict look(const struct run *run, sqlite3 *db, int acknowledged, const struct before *before)
{
	const int n = (int)vault_fixture_number(db, "SELECT n FROM done");
	if (n < 0)
		return VAULT_POWER_UNREADABLE;
	if (n != acknowledged && n != acknowledged + 1)
		return VAULT_POWER_LOST;
	const bool is_changed = !span_equals(bytes_span(&before->database), bytes_span(vault_disk_file("test.db")));
	if (!vault_saw_recovery(run->vault) && (is_changed || before->has_frames))
		return VAULT_POWER_UNSEEN;
	if (!are_rows_of(run, db, n))
		return VAULT_POWER_MIXED;
	if (!is_whole(run, db))
		return VAULT_POWER_CORRUPT;
	return VAULT_POWER_WHOLE;
}

static bool goes_on(const struct run *run, sqlite3 *db)
{
	const int n = (int)vault_fixture_number(db, "SELECT n FROM done");
	return transact(run, db, n + 1) == SQLITE_OK && are_rows_of(run, db, n + 1);
}

static enum vault_power_verdict check_survivor(struct run *run, int acknowledged, bool must_go_on)
{
	struct before before = {.has_frames = wal_has_frames()};

	register_vault(run);
	if (vault_disk_file("test.db") != NULL)
		cr_assert_eq(bytes_append(&before.database, bytes_span(vault_disk_file("test.db")), NULL), STATUS_OK);
	sqlite3 *const db = open_database(run, must_go_on ? run->setting->cache_pages : LARGE_CACHE);
	enum vault_power_verdict verdict = look(run, db, acknowledged, &before);
	if (verdict == VAULT_POWER_WHOLE && must_go_on && !goes_on(run, db))
		verdict = VAULT_POWER_STUCK;
	(void)sqlite3_close(db);
	bytes_wipe(&before.database);
	return verdict;
}

/* The power goes once more while the first cut is being mended. */
static void cut_while_mending(struct run *run, struct vault_disk_fate fate)
{
	struct vault_disk_tape tape;

	register_vault(run);
	sqlite3 *const db = open_database(run, LARGE_CACHE);
	(void)vault_fixture_number(db, "SELECT n FROM done");
	if (is(run, VAULT_POWER_PAIR))
		(void)vault_fixture_number(db, "SELECT n FROM other.done");
	(void)sqlite3_close(db);
	vault_disk_take_tape(&tape);
	vault_disk_cut(&tape, 1 + fate.seed % (tape.len + 1), fate);
	vault_disk_tape_wipe(&tape);
}

/* Half the cuts fall near a change that is no write: just before a sync the most is
 * at stake, and what is short, like a checkpoint, would seldom be met. */
static size_t choose_change(const struct vault_disk_tape *tape, uint32_t *random)
{
	size_t others = 0, at = 0;

	if (vault_disk_random(random) % 2 == 0)
		return 1 + vault_disk_random(random) % (tape->len + 1);
	for (size_t i = 0; i < tape->len; i++)
		others += tape->ops[i].change != VAULT_DISK_WRITE ? 1 : 0;
	for (size_t left = 1 + vault_disk_random(random) % others; left > 0; at++)
		left -= tape->ops[at].change != VAULT_DISK_WRITE ? 1 : 0;
	const size_t back = vault_disk_random(random) % NEAR;
	return at > back ? at - back : 1;
}

static void cut_once(struct vault_power_tally *tally, struct run *run, unsigned i)
{
	static const unsigned fates[] = {
		VAULT_DISK_MAY_DROP | VAULT_DISK_MAY_UNDO,  VAULT_DISK_MAY_TEAR | VAULT_DISK_MAY_UNDO,
		VAULT_DISK_MAY_DROP | VAULT_DISK_MAY_REORDER, VAULT_DISK_MAY_TEAR | VAULT_DISK_MAY_SPOIL,
		VAULT_DISK_MAY_ALL, VAULT_DISK_MAY_ALL,     0,
	};
	uint32_t random = (i + 1) * 2246822519u | 1;
	for (int k = 0; k < 8; k++)
		(void)vault_disk_random(&random);
	const struct vault_disk_fate fate = {
		.may = is(run, VAULT_POWER_UNSYNCED) ? 0 : fates[i % (sizeof fates / sizeof fates[0])],
		.seed = vault_disk_random(&random),
	};
	const size_t at = choose_change(&run->tape, &random);

	vault_disk_cut(&run->tape, at, fate);
	unsigned again = vault_disk_random(&random) % 20;
	for (; again < 3; again++) { /* no second cut mostly, else one to three */
		cut_while_mending(run, (struct vault_disk_fate){fate.may, fate.seed + again + 1});
		tally->cuts_while_mending++;
	}
	const enum vault_power_verdict verdict = check_survivor(run, acknowledged_before(run, at), i % GO_ON_EACH == 0);
	tally->cuts++;
	tally->verdicts[verdict]++;
	if (verdict != VAULT_POWER_WHOLE && tally->first_loss[0] == '\0')
		(void)snprintf(tally->first_loss, sizeof tally->first_loss,
		               "%s, pages of %d, cache %d%s%s: cut %u of the setting, at change %zu of %zu, fate %u, verdict %d",
		               run->setting->mode, run->setting->page_size, run->setting->cache_pages,
		               is(run, VAULT_POWER_EXCLUSIVE) ? ", exclusive" : "", is(run, VAULT_POWER_PAIR) ? ", pair" : "", i, at,
		               run->tape.len, fate.may, (int)verdict);
}

/* ---- for the tests ---- */

int vault_power_block_bytes(void)
{
	return VAULT_BLOCK_BYTES;
}

void vault_power_begin(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	vault_disk_begin();
}

void vault_power_end(void)
{
	vault_disk_end();
}

void vault_power_run(struct vault_power_tally *tally, const struct vault_power_setting *setting, unsigned cuts,
                     const char *(*layer)(const char *vault))
{
	struct run run = {.setting = setting, .layer = layer};

	expect(&run);
	tape_work(&run);
	for (unsigned i = 0; i < cuts; i++)
		cut_once(tally, &run, i);
	vault_disk_tape_wipe(&run.tape);
	vault_disk_erase();
	vault_unregister(run.vault);
}

unsigned vault_power_losses(const struct vault_power_tally *tally)
{
	return tally->cuts - tally->verdicts[VAULT_POWER_WHOLE];
}

static void demand_faults(const struct vault_disk_faults *faults, unsigned kinds)
{
	cr_assert((kinds & VAULT_DISK_MAY_DROP) == 0 || faults->dropped > 0);
	cr_assert((kinds & VAULT_DISK_MAY_TEAR) == 0 || faults->torn > 0);
	cr_assert((kinds & VAULT_DISK_MAY_REORDER) == 0 || faults->reordered > 0);
	cr_assert((kinds & VAULT_DISK_MAY_SPOIL) == 0 || (faults->garbage > 0 && faults->zeros > 0));
	cr_assert((kinds & VAULT_DISK_MAY_UNDO) == 0 || (faults->truncations_undone > 0 && faults->creations_undone > 0));
}

void vault_power_demand_no_loss(const struct vault_power_setting *settings, size_t len, unsigned cuts, unsigned kinds)
{
	struct vault_power_tally tally = {0};
	const unsigned all = getenv("SIJIL_LONG") != NULL ? LONGER * cuts : cuts;

	for (size_t i = 0; i < len; i++)
		vault_power_run(&tally, &settings[i], (unsigned)(all * (i + 1) / len - all * i / len), NULL);
	const struct vault_disk_faults faults = vault_disk_faults();
	printf("%s: %u cuts and %u while mending, blocks of %d; %u writes dropped, %u torn, %u moved, %u sectors of garbage and %u of "
	       "zeros, %u truncations, %u deletions, %u new names undone\n",
	       settings[0].mode, tally.cuts, tally.cuts_while_mending, VAULT_BLOCK_BYTES, faults.dropped, faults.torn,
	       faults.reordered, faults.garbage, faults.zeros, faults.truncations_undone, faults.deletions_undone,
	       faults.creations_undone);
	cr_assert_eq(tally.cuts, all);
	cr_assert_eq(vault_power_losses(&tally), 0, "%u lost, first %s", vault_power_losses(&tally), tally.first_loss);
	demand_faults(&faults, kinds);
}
