#include "crypto/vault_survey.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <string.h>

#include "tests/crypto/vault_fixture.h"

static struct vault_fixture fixture;
static struct secret *key;
static struct error err;

static void start(void)
{
	vault_fixture_begin(&fixture, NULL);
	key = vault_fixture_key(0);
}

static void end(void)
{
	secret_free(key);
	vault_fixture_end(&fixture);
}

TestSuite(vault_survey, .init = start, .fini = end);

static sqlite3 *opened(void)
{
	return vault_fixture_open(fixture.path, vault_vfs_name(fixture.vault));
}

/* `free_pages`: many rows come and go, and leave free pages. */
static void make_database(bool free_pages)
{
	sqlite3 *const db = opened();
	vault_fixture_run(db, "PRAGMA journal_mode = TRUNCATE; CREATE TABLE t (n INTEGER PRIMARY KEY, x BLOB);"
	                      "INSERT INTO t (x) WITH RECURSIVE c (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c WHERE i < 100) "
	                      "SELECT randomblob(500) FROM c;");
	if (free_pages)
		vault_fixture_run(db, "DELETE FROM t WHERE n BETWEEN 20 AND 80");
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

static struct vault_survey *surveyed(void)
{
	struct vault_survey *survey = NULL;
	cr_assert_eq(vault_survey_open(&survey, fixture.path, key, &err), STATUS_OK, "%s", err.message);
	return survey;
}

static size_t damaged_in(const struct vault_survey *survey)
{
	const uint64_t *blocks = NULL;
	return vault_survey_damaged(survey, &blocks);
}

Test(vault_survey, a_sound_file_reads_as_sqlite_reads_it)
{
	uint8_t plain[VAULT_BLOCK_BYTES];
	make_database(false);
	struct vault_survey *const survey = surveyed();
	sqlite3 *const db = opened();
	cr_assert_eq(damaged_in(survey), 0);
	cr_assert_eq((sqlite3_int64)vault_survey_blocks(survey), vault_fixture_number(db, "PRAGMA page_count"));
	cr_assert_eq(vault_survey_read(survey, 0, plain, &err), STATUS_OK);
	cr_assert_eq(memcmp(plain, "SQLite format 3", 16), 0);
	cr_assert_eq(vault_survey_journal_bytes(survey), 0);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	vault_survey_close(survey);
}

Test(vault_survey, names_the_one_block_that_was_changed_wherever_that_is)
{
	static const size_t places[] = {0, 3, 5, 30, 44, VAULT_SLOT_BYTES - 1};
	uint8_t plain[VAULT_BLOCK_BYTES];
	const uint64_t *blocks = NULL;
	make_database(false);
	struct bytes content = vault_fixture_load(&fixture, "");
	for (uint64_t block = 0; block < content.len / VAULT_SLOT_BYTES; block++) {
		uint8_t *const byte = content.data + block * VAULT_SLOT_BYTES + places[block % 6];
		*byte ^= 0x10;
		vault_fixture_save(&fixture, "", bytes_span(&content));
		*byte ^= 0x10;
		struct vault_survey *const survey = surveyed();
		cr_assert_eq(vault_survey_damaged(survey, &blocks), 1);
		cr_assert_eq(blocks[0], block);
		cr_assert(vault_survey_is_damaged(survey, block));
		cr_assert_eq(vault_survey_read(survey, block, plain, &err), STATUS_CORRUPT);
		for (size_t i = 0; i < sizeof plain; i++)
			cr_assert_eq(plain[i], 0);
		vault_survey_close(survey);
	}
	bytes_wipe(&content);
}

Test(vault_survey, a_file_cut_short_ends_in_a_damaged_block)
{
	const uint64_t *blocks = NULL;
	make_database(false);
	struct bytes content = vault_fixture_load(&fixture, "");
	const uint64_t last = content.len / VAULT_SLOT_BYTES - 1;
	static const size_t cuts[] = {1, 4000, VAULT_SLOT_BYTES - 10, VAULT_SLOT_BYTES - 1};
	for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
		vault_fixture_save(&fixture, "", (struct span){content.data, content.len - cuts[i]});
		struct vault_survey *const survey = surveyed();
		cr_assert_eq(vault_survey_damaged(survey, &blocks), 1);
		cr_assert_eq(blocks[0], last);
		cr_assert_eq(vault_survey_blocks(survey), last + 1);
		cr_assert(vault_survey_is_damaged(survey, last + 1), "what is not there cannot be read");
		vault_survey_close(survey);
	}
	bytes_wipe(&content);
}

Test(vault_survey, another_key_opens_no_block)
{
	struct vault_survey *survey = NULL;
	make_database(false);
	struct secret *const other = vault_fixture_key(9);
	cr_assert_eq(vault_survey_open(&survey, fixture.path, other, &err), STATUS_OK);
	cr_assert_eq(damaged_in(survey), vault_survey_blocks(survey));
	vault_survey_close(survey);
	secret_free(other);
	struct secret *const longer = vault_fixture_key(1);
	longer->len = VAULT_KEY_BYTES - 1;
	cr_assert_eq(vault_survey_open(&survey, fixture.path, longer, &err), STATUS_BAD_INPUT);
	longer->len = VAULT_KEY_BYTES;
	secret_free(longer);
}

Test(vault_survey, needs_a_file)
{
	struct vault_survey *survey = NULL;
	cr_assert_eq(vault_survey_open(&survey, fixture.path, key, &err), STATUS_NOT_FOUND);
}

Test(vault_survey, nobody_writes_while_it_is_open)
{
	make_database(false);
	struct vault_survey *const survey = surveyed();
	sqlite3 *const db = opened();
	cr_assert_eq(vault_fixture_number(db, "SELECT count(*) FROM t"), 100, "readers may");
	cr_assert_eq(sqlite3_exec(db, "INSERT INTO t (x) VALUES ('a')", NULL, NULL, NULL), SQLITE_BUSY);
	vault_survey_close(survey);
	vault_fixture_run(db, "INSERT INTO t (x) VALUES ('a')");
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

Test(vault_survey, a_journal_that_nobody_writes_is_a_crashs)
{
	make_database(false);
	vault_fixture_save(&fixture, "-journal", span_from_text("what a command had begun"));
	struct vault_survey *const survey = surveyed();
	cr_assert_eq(vault_survey_journal_bytes(survey), 24);
	vault_survey_close(survey);
}

/* Damages the first block that a delete has freed; a free page of no list's is zeros but for secure_delete's sake. */
static uint64_t damage_free_page(void)
{
	uint8_t plain[VAULT_BLOCK_BYTES];
	struct vault_survey *const survey = surveyed();
	/* Page 1 names the first of the list, and that names the others. */
	cr_assert_eq(vault_survey_read(survey, 0, plain, &err), STATUS_OK);
	const uint64_t trunk = (uint64_t)plain[34] << 8 | plain[35];
	cr_assert_gt(trunk, 1);
	cr_assert_eq(vault_survey_read(survey, trunk - 1, plain, &err), STATUS_OK);
	const uint64_t leaf = (uint64_t)plain[10] << 8 | plain[11];
	cr_assert_gt(leaf, 1);
	vault_survey_close(survey);
	struct bytes content = vault_fixture_load(&fixture, "");
	content.data[(leaf - 1) * VAULT_SLOT_BYTES + 500] ^= 1;
	vault_fixture_save(&fixture, "", bytes_span(&content));
	bytes_wipe(&content);
	return leaf - 1;
}

Test(vault_survey, clears_a_damaged_block_that_holds_nothing)
{
	char verdict[100];
	make_database(true);
	const uint64_t block = damage_free_page();
	struct vault_survey *const survey = surveyed();
	cr_assert_eq(damaged_in(survey), 1);
	cr_assert_eq(vault_survey_clear(survey, &block, 1, vault_survey_blocks(survey), &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(damaged_in(survey), 0);
	vault_survey_close(survey);
	sqlite3 *const db = opened();
	vault_fixture_text(db, "PRAGMA integrity_check", verdict, sizeof verdict);
	cr_assert_str_eq(verdict, "ok");
	cr_assert_eq(vault_fixture_number(db, "SELECT count(*) FROM t"), 39);
	vault_fixture_run(db, "INSERT INTO t (x) SELECT randomblob(500) FROM t");
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

Test(vault_survey, cuts_off_what_stands_behind_the_end)
{
	make_database(false);
	struct bytes content = vault_fixture_load(&fixture, "");
	const struct bytes before = vault_fixture_load(&fixture, "");
	const uint64_t pages = content.len / VAULT_SLOT_BYTES;
	cr_assert_eq(bytes_append(&content, (struct span){before.data, 5000}, &err), STATUS_OK);
	vault_fixture_save(&fixture, "", bytes_span(&content));
	struct vault_survey *const survey = surveyed();
	const uint64_t blocks[] = {pages, pages + 1};
	cr_assert_eq(damaged_in(survey), 2);
	cr_assert_eq(vault_survey_clear(survey, blocks, 2, pages, &err), STATUS_OK);
	vault_survey_close(survey);
	struct bytes after = vault_fixture_load(&fixture, "");
	cr_assert(span_equals(bytes_span(&after), bytes_span(&before)));
	bytes_wipe(&after);
	bytes_wipe(&content);
	struct bytes kept = before;
	bytes_wipe(&kept);
}

Test(vault_survey, clears_nothing_that_is_sound)
{
	const uint64_t block = 1;
	make_database(false);
	const struct bytes before = vault_fixture_load(&fixture, "");
	struct vault_survey *const survey = surveyed();
	cr_assert_eq(vault_survey_clear(survey, &block, 1, vault_survey_blocks(survey), &err), STATUS_REFUSED);
	vault_survey_close(survey);
	struct bytes after = vault_fixture_load(&fixture, "");
	cr_assert(span_equals(bytes_span(&after), bytes_span(&before)));
	bytes_wipe(&after);
	struct bytes kept = before;
	bytes_wipe(&kept);
}
