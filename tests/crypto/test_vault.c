#include "crypto/vault.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/vault_slot.h"
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

TestSuite(vault, .init = begin, .fini = end);

static const char *const journal_modes[] = {"TRUNCATE", "DELETE", "PERSIST", "WAL"};
enum { JOURNAL_MODES = sizeof journal_modes / sizeof journal_modes[0] };

static void set_pragmas(sqlite3 *db, const char *mode, int page_size)
{
	char sql[200];
	(void)snprintf(sql, sizeof sql,
	               "PRAGMA page_size=%d; PRAGMA auto_vacuum=FULL; PRAGMA journal_mode=%s; PRAGMA cache_size=10; "
	               "PRAGMA synchronous=FULL; PRAGMA secure_delete=ON",
	               page_size, mode);
	vault_fixture_run(db, sql);
}

/* ---- the format ---- */

/* Made with python3-nacl and hashlib.blake2b: data key 00 01 .. 1f, nonce
 * 40 41 .. 57, block 0, plaintext "SQLite format 3" and a zero byte. */
static const char known_slots[3][2 * (VAULT_SLOT_HEAD_BYTES + 16) + 1] = {
	"10000000404142434445464748494a4b4c4d4e4f5051525354555657"
	"bfd9040d472e5f8003834e72eefa4bdda3cca3bf1c5ac47aee3dd24433f20381",
	"10000000404142434445464748494a4b4c4d4e4f5051525354555657"
	"d19c19f1c25f8803f23681a7f6bd174ca155c9d6bcd056a4ed2ec509bdc8e50d",
	"10000000404142434445464748494a4b4c4d4e4f5051525354555657"
	"e733b743eb1db4ff00fa2b1cfd761cf37e9a0e916c2acfd1fff00c57cc3c858e",
};

Test(vault, reads_the_known_answer_of_each_file_kind)
{
	static const int flags[3] = {SQLITE_OPEN_MAIN_DB, SQLITE_OPEN_SUPER_JOURNAL, SQLITE_OPEN_SUPER_JOURNAL};
	struct secret *const key = vault_fixture_key(0);
	struct secret *subkeys = NULL;
	cr_assert_eq(vault_slot_subkeys(&subkeys, key, NULL), STATUS_OK);

	for (size_t i = 0; i < 3; i++) {
		uint8_t slot[VAULT_SLOT_BYTES] = {0}, plain[VAULT_BLOCK_BYTES];
		char text[16];
		size_t len = 0;
		cr_assert_eq(sodium_hex2bin(slot, sizeof slot, known_slots[i], strlen(known_slots[i]), NULL, &len, NULL), 0);
		const struct vault_place place = {.key = subkeys->data + i * VAULT_KEY_BYTES, .kind = (enum vault_kind)(i + 1), .block = 0};
		cr_assert(vault_slot_open(plain, &place, slot, 16), "kind %zu", i + 1);
		cr_assert_arr_eq(plain, "SQLite format 3", 16);
		cr_assert(sodium_is_zero(plain + 16, sizeof plain - 16));
		if (place.kind == VAULT_KIND_WAL)
			continue;
		vault_fixture_save(&fixture, "", (struct span){slot, len});
		sqlite3_file *const file = vault_fixture_raw_open(vault_vfs_name(fixture.vault), fixture.path, flags[i]);
		cr_assert_eq(file->pMethods->xRead(file, text, 16, 0), SQLITE_OK);
		cr_assert_str_eq(text, "SQLite format 3");
		vault_fixture_raw_close(file);
	}
	secret_free(subkeys);
	secret_free(key);
}

/* One for each MUST-reject line: the known slot with one thing wrong. */
struct reject {
	char rule[16];
	size_t at;      /* byte of the slot that becomes */
	uint8_t value;  /* this */
	size_t stored;  /* bytes of ciphertext in the file */
	enum vault_kind kind;
	uint64_t block;
	bool is_other_key;
};

static bool known_slot_opens(const struct reject *with)
{
	struct secret *const key = vault_fixture_key(with->is_other_key ? 1 : 0);
	struct secret *subkeys = NULL;
	uint8_t slot[VAULT_SLOT_BYTES] = {0}, plain[VAULT_BLOCK_BYTES];

	cr_assert_eq(vault_slot_subkeys(&subkeys, key, NULL), STATUS_OK);
	cr_assert_eq(sodium_hex2bin(slot, sizeof slot, known_slots[0], strlen(known_slots[0]), NULL, NULL, NULL), 0);
	slot[with->at] = with->value;
	const struct vault_place place = {.key = subkeys->data, .kind = with->kind, .block = with->block};
	const bool opens = vault_slot_open(plain, &place, slot, with->stored);
	cr_assert(opens || sodium_is_zero(plain, sizeof plain), "plain bytes of a refused slot");
	secret_free(subkeys);
	secret_free(key);
	return opens;
}

Test(vault, refuses_what_each_rule_rejects)
{
	static const struct reject good = {"", 0, 16, 16, VAULT_KIND_DATABASE, 0, false};
	static const struct reject cases[] = {
		{"vault_hole", 0, 0, 16, VAULT_KIND_DATABASE, 0, false},
		{"vault_length", 1, 0x10, 4096, VAULT_KIND_DATABASE, 0, false},
		{"vault_length", 3, 0x80, 4096, VAULT_KIND_DATABASE, 0, false},
		{"vault_cut", 0, 16, 15, VAULT_KIND_DATABASE, 0, false},
		{"vault_cut", 0, 16, 0, VAULT_KIND_DATABASE, 0, false},
		{"vault_tag", 0, 15, 16, VAULT_KIND_DATABASE, 0, false},
		{"vault_tag", 0, 17, 17, VAULT_KIND_DATABASE, 0, false},
		{"vault_tag", 4, 0x41, 16, VAULT_KIND_DATABASE, 0, false},
		{"vault_tag", 28, 0xbe, 16, VAULT_KIND_DATABASE, 0, false},
		{"vault_tag", 44, 0xa2, 16, VAULT_KIND_DATABASE, 0, false},
		{"vault_tag", 0, 16, 16, VAULT_KIND_WAL, 0, false},
		{"vault_tag", 0, 16, 16, VAULT_KIND_DATABASE, 1, false},
		{"vault_tag", 0, 16, 16, VAULT_KIND_DATABASE, (uint64_t)1 << 40, false},
		{"vault_tag", 0, 16, 16, VAULT_KIND_DATABASE, 0, true},
	};
	cr_assert(known_slot_opens(&good));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		cr_assert_not(known_slot_opens(&cases[i]), "case %zu: %s", i, cases[i].rule);
}

/* FORMAT.md, The vault, done by hand and without our code. */
Test(vault, a_slot_opens_with_bare_libsodium)
{
	uint8_t key[32], subkey[32], bound[14 + 1 + 4 + 8] = "sijil/1 vault", plain[VAULT_BLOCK_BYTES];
	unsigned long long len = 0;
	for (size_t i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)i;

	sqlite3 *const db = vault_fixture_open(fixture.path, vault_vfs_name(fixture.vault));
	vault_fixture_run(db, "PRAGMA page_size=4096; CREATE TABLE t(a); INSERT INTO t VALUES('Um Elmayathen')");
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	struct bytes stored = vault_fixture_load(&fixture, "");
	cr_assert_eq(stored.len, 2 * 4096 / VAULT_BLOCK_BYTES * VAULT_SLOT_BYTES);

	const size_t block = 8192 / VAULT_BLOCK_BYTES - 1;
	const uint8_t *const slot = stored.data + block * VAULT_SLOT_BYTES;
	cr_assert_eq(crypto_kdf_derive_from_key(subkey, 32, 1, "sijilvlt", key), 0);
	bound[14] = 1;
	memcpy(bound + 15, slot, 4);
	bound[19] = (uint8_t)block;
	cr_assert_eq(slot[0] | slot[1] << 8, VAULT_BLOCK_BYTES);
	uint8_t joined[VAULT_BLOCK_BYTES + 16];
	memcpy(joined, slot + 44, VAULT_BLOCK_BYTES);
	memcpy(joined + VAULT_BLOCK_BYTES, slot + 28, 16);
	cr_assert_eq(crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &len, NULL, joined, sizeof joined, bound,
	                                                        sizeof bound, slot + 4, subkey),
	             0);
	cr_assert_eq(len, VAULT_BLOCK_BYTES);
	/* SQLite fills a page from its end. */
	cr_assert_arr_eq(plain + VAULT_BLOCK_BYTES - 13, "Um Elmayathen", 13);
	bytes_wipe(&stored);
}

Test(vault, no_nonce_comes_twice)
{
	sqlite3 *const db = vault_fixture_open(fixture.path, vault_vfs_name(fixture.vault));
	vault_fixture_run(db, "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
	struct bytes before = vault_fixture_load(&fixture, "");
	vault_fixture_run(db, "UPDATE t SET a=2; UPDATE t SET a=1");
	struct bytes after = vault_fixture_load(&fixture, "");
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	cr_assert_eq(before.len, after.len);
	cr_assert(memcmp(before.data + 4, after.data + 4, 24) != 0);
	bytes_wipe(&before);
	bytes_wipe(&after);
}

Test(vault, waits_at_no_pipe)
{
	cr_assert_eq(mkfifo(fixture.path, 0600), 0);
	(void)alarm(20);
	sqlite3 *db = NULL;
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	cr_assert_eq(sqlite3_open_v2(fixture.path, &db, flags, vault_vfs_name(fixture.vault)), SQLITE_CANTOPEN);
	(void)sqlite3_close(db);
}

Test(vault, takes_keys_of_32_bytes_only_and_known_layers_only)
{
	struct vault *vault = NULL;
	struct error err = {0};
	struct secret *const key = vault_fixture_key(9);

	cr_assert_eq(vault_register(&vault, key, "no such layer", &err), STATUS_NOT_FOUND);
	cr_assert_not_null(strstr(err.message, "\"no such layer\""));
	key->len = 31;
	cr_assert_eq(vault_register(&vault, key, NULL, &err), STATUS_BAD_INPUT);
	cr_assert_null(vault);
	vault_unregister(NULL);
	secret_free(key);
}

/* ---- round trips ---- */

static void digest_table(sqlite3 *db, uint8_t digest[32])
{
	sqlite3_stmt *statement = NULL;
	crypto_generichash_state state;

	cr_assert_eq(sqlite3_prepare_v2(db, "SELECT id, body FROM t ORDER BY id", -1, &statement, NULL), SQLITE_OK);
	(void)crypto_generichash_init(&state, NULL, 0, 32);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const sqlite3_int64 id = sqlite3_column_int64(statement, 0);
		(void)crypto_generichash_update(&state, (const uint8_t *)&id, sizeof id);
		(void)crypto_generichash_update(&state, sqlite3_column_blob(statement, 1),
		                                (unsigned)sqlite3_column_bytes(statement, 1));
	}
	cr_assert_eq(sqlite3_finalize(statement), SQLITE_OK);
	(void)crypto_generichash_final(&state, digest, 32);
}

static void work(sqlite3 *db)
{
	vault_fixture_run(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB); CREATE INDEX i ON t(body);"
	                      "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k+1 FROM n WHERE k<200) "
	                      "INSERT INTO t SELECT k, CAST(printf('%0*d', 40+k%500, k*7919%1009) AS BLOB) FROM n");
	vault_fixture_run(db, "BEGIN; UPDATE t SET body=CAST(printf('%0*d', id%300, id*31) AS BLOB) WHERE id%3=0;"
	                      "DELETE FROM t WHERE id%5=0; COMMIT");
	vault_fixture_run(db, "BEGIN; DELETE FROM t WHERE id<150; SAVEPOINT s; UPDATE t SET body='x'; ROLLBACK TO s; "
	                      "ROLLBACK");
	vault_fixture_run(db, "DELETE FROM t WHERE id>120");
}

Test(vault, round_trip_in_each_journal_mode_and_page_size)
{
	uint8_t expected[32], read[32];
	sqlite3 *db = vault_fixture_open(":memory:", NULL);
	work(db);
	digest_table(db, expected);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);

	for (size_t mode = 0; mode < JOURNAL_MODES; mode++) {
		for (int page_size = 512; page_size <= 65536; page_size *= 2) {
			char path[256], text[32];
			(void)snprintf(path, sizeof path, "%s/%zu-%d.db", fixture.folder, mode, page_size);
			db = vault_fixture_open(path, vault_vfs_name(fixture.vault));
			set_pragmas(db, journal_modes[mode], page_size);
			work(db);
			cr_assert_eq(sqlite3_close(db), SQLITE_OK);
			db = vault_fixture_open(path, vault_vfs_name(fixture.vault));
			digest_table(db, read);
			cr_assert_arr_eq(read, expected, 32, "%s %d", journal_modes[mode], page_size);
			vault_fixture_text(db, "PRAGMA integrity_check", text, sizeof text);
			cr_assert_str_eq(text, "ok");
			cr_assert_eq(vault_fixture_number(db, "PRAGMA page_size"), page_size);
			cr_assert_eq(sqlite3_close(db), SQLITE_OK);
		}
	}
	cr_assert_not(vault_saw_recovery(fixture.vault), "nothing crashed here");
}

Test(vault, switches_between_journal_modes)
{
	sqlite3 *const db = vault_fixture_open(fixture.path, vault_vfs_name(fixture.vault));
	vault_fixture_run(db, "CREATE TABLE t(a)");
	for (size_t i = 0; i < 3 * JOURNAL_MODES; i++) {
		char sql[100];
		(void)snprintf(sql, sizeof sql, "PRAGMA journal_mode=%s; INSERT INTO t VALUES(%zu)",
		               journal_modes[i * 7 % JOURNAL_MODES], i);
		vault_fixture_run(db, sql);
	}
	cr_assert_eq(vault_fixture_number(db, "SELECT sum(a) FROM t"), 66);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	cr_assert_not(vault_saw_recovery(fixture.vault));
}

/* ---- what the disk shows ---- */

static bool folder_shows(const char *word, bool is_shm_skipped)
{
	DIR *const folder = opendir(fixture.folder);
	bool is_shown = false;

	cr_assert_not_null(folder);
	for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
		const char *const suffix = strstr(entry->d_name, "test.db");
		if (suffix == NULL || (is_shm_skipped && strstr(suffix, "-shm") != NULL))
			continue;
		struct bytes content = vault_fixture_load(&fixture, suffix + strlen("test.db"));
		is_shown |= content.len > 0 && memmem(content.data, content.len, word, strlen(word)) != NULL;
		bytes_wipe(&content);
	}
	(void)closedir(folder);
	return is_shown;
}

static bool plaintext_shows_in_mid_transaction(const char *mode, const char *vfs)
{
	sqlite3 *const db = vault_fixture_open(fixture.path, vfs);
	set_pragmas(db, mode, 4096);
	vault_fixture_run(db, "CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, body TEXT); DELETE FROM t;"
	                      "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k+1 FROM n WHERE k<400) "
	                      "INSERT INTO t SELECT k, 'Busra al-Harir '||hex(zeroblob(200)) FROM n");
	vault_fixture_run(db, "BEGIN; UPDATE t SET body='from Al-Herak '||body");
	const bool is_shown = folder_shows("Busra al-Harir", false) || folder_shows("Al-Herak", false) ||
	                      folder_shows("SQLite format 3", false) || folder_shows("CREATE TABLE", false) ||
	                      folder_shows("00000000000000000000000000000000", false);
	struct bytes journal = vault_fixture_load(&fixture, strcmp(mode, "WAL") == 0 ? "-wal" : "-journal");
	cr_assert_gt(journal.len, 10 * 4096, "the cache was not spilled: nothing was looked at");
	bytes_wipe(&journal);
	vault_fixture_run(db, "COMMIT");
	const bool is_shown_after = folder_shows("Busra al-Harir", false) || folder_shows("SQLite format 3", false);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	return is_shown || is_shown_after;
}

Test(vault, no_file_shows_plaintext_also_in_mid_transaction)
{
	for (size_t mode = 0; mode < JOURNAL_MODES; mode++) {
		cr_assert_not(plaintext_shows_in_mid_transaction(journal_modes[mode], vault_vfs_name(fixture.vault)), "%s",
		              journal_modes[mode]);
		(void)remove(fixture.path);
	}
	for (size_t mode = 0; mode < JOURNAL_MODES; mode++) {
		cr_assert(plaintext_shows_in_mid_transaction(journal_modes[mode], NULL), "the search finds nothing at all");
		(void)remove(fixture.path);
	}
}

/* ---- several connections ---- */

Test(vault, two_connections_wait_for_each_other)
{
	for (size_t mode = 0; mode < JOURNAL_MODES; mode++) {
		char path[256];
		(void)snprintf(path, sizeof path, "%s/two-%zu.db", fixture.folder, mode);
		sqlite3 *const a = vault_fixture_open(path, vault_vfs_name(fixture.vault));
		sqlite3 *const b = vault_fixture_open(path, vault_vfs_name(fixture.vault));
		set_pragmas(a, journal_modes[mode], 4096);
		vault_fixture_run(a, "CREATE TABLE t(a); BEGIN IMMEDIATE; INSERT INTO t VALUES(1)");
		cr_assert_eq(sqlite3_exec(b, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_BUSY);
		cr_assert_eq(vault_fixture_number(b, "SELECT count(*) FROM t"), 0);
		vault_fixture_run(a, "COMMIT");
		vault_fixture_run(b, "BEGIN IMMEDIATE; INSERT INTO t VALUES(2); COMMIT");
		cr_assert_eq(vault_fixture_number(a, "SELECT sum(a) FROM t"), 3, "%s", journal_modes[mode]);
		cr_assert_eq(sqlite3_close(a), SQLITE_OK);
		cr_assert_eq(vault_fixture_number(b, "SELECT sum(a) FROM t"), 3);
		cr_assert_eq(sqlite3_close(b), SQLITE_OK);
	}
	cr_assert_not(vault_saw_recovery(fixture.vault));
}

Test(vault, two_vaults_with_two_keys_live_side_by_side)
{
	struct vault *other = NULL;
	struct secret *const key = vault_fixture_key(100);
	cr_assert_eq(vault_register(&other, key, NULL, NULL), STATUS_OK);
	secret_free(key);
	cr_assert_str_neq(vault_vfs_name(other), vault_vfs_name(fixture.vault));

	sqlite3 *db = vault_fixture_open(fixture.path, vault_vfs_name(fixture.vault));
	vault_fixture_run(db, "CREATE TABLE t(a); INSERT INTO t VALUES(7)");
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	db = vault_fixture_open(fixture.path, vault_vfs_name(other));
	cr_assert_neq(sqlite3_exec(db, "SELECT a FROM t", NULL, NULL, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	vault_unregister(other);
	db = vault_fixture_open(fixture.path, vault_vfs_name(fixture.vault));
	cr_assert_eq(vault_fixture_number(db, "SELECT a FROM t"), 7);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

/* ---- page sizes ---- */

Test(vault, a_database_made_meanwhile_is_read_whatever_its_page_size_was_thought_to_be)
{
	static const int sizes[] = {512, 4096, 8192, 65536};
	enum { SIZES = sizeof sizes / sizeof sizes[0] };

	for (size_t i = 0; i < SIZES * SIZES; i++) {
		const int thought = sizes[i / SIZES], real = sizes[i % SIZES];
		char path[200], sql[100];
		(void)snprintf(path, sizeof path, "%s%zu", fixture.path, i);
		sqlite3 *const early = vault_fixture_open(path, vault_vfs_name(fixture.vault));
		(void)snprintf(sql, sizeof sql, "PRAGMA page_size=%d", thought);
		vault_fixture_run(early, sql);

		sqlite3 *const maker = vault_fixture_open(path, vault_vfs_name(fixture.vault));
		(void)snprintf(sql, sizeof sql, "PRAGMA page_size=%d; CREATE TABLE t(x); INSERT INTO t VALUES(7)", real);
		vault_fixture_run(maker, sql);
		cr_assert_eq(vault_fixture_number(early, "SELECT x FROM t"), 7, "%d thought, %d real: %s", thought, real,
		             sqlite3_errmsg(early));
		cr_assert_eq(vault_fixture_number(early, "PRAGMA page_size"), real);
		(void)sqlite3_close(maker);
		(void)sqlite3_close(early);
	}
}
