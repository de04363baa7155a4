#include "schema/salvage_page.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
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

TestSuite(salvage_page, .init = start, .fini = end);

static sqlite3 *opened(void)
{
	return vault_fixture_open(fixture.path, vault_vfs_name(fixture.vault));
}

static struct vault_survey *surveyed(void)
{
	struct vault_survey *survey = NULL;
	cr_assert_eq(vault_survey_open(&survey, fixture.path, key, &err), STATUS_OK, "%s", err.message);
	return survey;
}

/* Rows of a table that SQLite gives and the pages must too: marked by a first column of their own. */
struct tally {
	int64_t mark;
	bool has_rowid;
	size_t rows;
	int64_t sum, bytes, nulls;
};

static enum status add(void *context, const struct salvage_row *row, struct error *error)
{
	struct tally *const tally = context;
	(void)error;
	if (row->len != 5 || row->has_rowid != tally->has_rowid || row->values[0].type != SALVAGE_INTEGER ||
	    row->values[0].number != tally->mark)
		return STATUS_OK;
	tally->rows++;
	tally->sum += row->values[1].number;
	for (size_t i = 2; i < 5; i++) {
		tally->bytes += (int64_t)row->values[i].bytes.len;
		for (size_t at = 0; at < row->values[i].bytes.len; at++)
			tally->sum += row->values[i].bytes.data[at];
		tally->nulls += row->values[i].type == SALVAGE_NULL;
	}
	if (row->has_rowid)
		tally->sum += row->rowid;
	return STATUS_OK;
}

static const char numbers[] =
	"WITH RECURSIVE c (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c WHERE i < 200) ";

/* Integers of each width and sign, 0 and 1, NULL, text and blobs of 0 to 40,000 bytes, all 'a'. */
static void fill(sqlite3 *db, const char *columns, int mark)
{
	char sql[1000];
	(void)snprintf(sql, sizeof sql,
	               "%sINSERT INTO %s SELECT %d, CASE i %% 3 WHEN 0 THEN (1 << (i %% 60)) WHEN 1 THEN -(1 << (i %% 60)) - i "
	               "ELSE i %% 2 END, CASE WHEN i %% 5 = 0 THEN NULL ELSE printf('%%.*c', 1 + i * i %% 40000, 'a') END, "
	               "CAST(printf('%%.*c', 1 + i %% 7 * i, 'a') AS BLOB), i FROM c",
	               numbers, columns, mark);
	vault_fixture_run(db, sql);
}

Test(salvage_page, reads_every_row_that_sqlite_reads)
{
	sqlite3 *const db = opened();
	vault_fixture_run(db, "PRAGMA auto_vacuum = FULL; CREATE TABLE rows (a, b, c, d, e);"
	                      "CREATE TABLE keys (a, b, c, d, e, PRIMARY KEY (a, e)) WITHOUT ROWID;");
	fill(db, "rows (a, b, c, d, e)", 1001);
	fill(db, "keys (a, b, c, d, e)", 1002);
	struct vault_survey *const survey = surveyed();
	cr_assert_gt(vault_survey_blocks(survey), 300);
	struct tally rows = {.mark = 1001, .has_rowid = true};
	cr_assert_eq(salvage_page_each(survey, add, &rows, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(rows.rows, 200);
	cr_assert_eq(rows.nulls, 40);
	cr_assert_eq(rows.bytes, vault_fixture_number(db, "SELECT sum(coalesce(length(c), 0) + length(d)) FROM rows"));
	cr_assert_eq(rows.sum, vault_fixture_number(db, "SELECT sum(b) + sum(rowid) FROM rows") + 97 * rows.bytes);
	/* Its columns stand in the order a, e, b, c, d. */
	struct tally keys = {.mark = 1002};
	cr_assert_eq(salvage_page_each(survey, add, &keys, &err), STATUS_OK);
	cr_assert_eq(keys.rows, 200);
	cr_assert_eq(keys.bytes, vault_fixture_number(db, "SELECT sum(coalesce(length(c), 0) + length(d)) FROM keys"));
	vault_survey_close(survey);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

static const char *name_of(sqlite3 *db, uint64_t root, char name[64])
{
	char sql[100];
	(void)snprintf(sql, sizeof sql, "SELECT name FROM sqlite_schema WHERE rootpage = %u", (unsigned)root);
	vault_fixture_text(db, sql, name, 64);
	return name;
}

Test(salvage_page, knows_whose_each_page_is)
{
	char name[64];
	struct salvage_page_use use;
	size_t rows = 0, maps = 0;
	uint64_t pages = 0;
	sqlite3 *const db = opened();
	vault_fixture_run(db, "PRAGMA auto_vacuum = FULL; CREATE TABLE rows (a, b, c, d, e); CREATE TABLE other (x);");
	fill(db, "rows (a, b, c, d, e)", 1001);
	struct vault_survey *const survey = surveyed();
	cr_assert_eq(salvage_page_count(survey, &pages, &err), STATUS_OK);
	cr_assert_eq((int64_t)pages, vault_fixture_number(db, "PRAGMA page_count"));
	for (uint64_t page = 1; page <= pages; page++) {
		cr_assert_eq(salvage_page_use(survey, page, &use, &err), STATUS_OK);
		cr_assert_not(use.is_behind || use.is_free, "%u", (unsigned)page);
		maps += use.is_map;
		rows += use.root > 1 && strcmp(name_of(db, use.root, name), "rows") == 0;
		if (!use.is_map && page > 1)
			cr_assert_gt(use.root, 1, "page %u", (unsigned)page);
	}
	cr_assert_eq(maps, (pages - 2) / (VAULT_BLOCK_BYTES / 5 + 1) + 1);
	cr_assert_eq(rows, pages - maps - 2, "all but page 1 and the other table's root");
	cr_assert_eq(salvage_page_use(survey, pages + 1, &use, &err), STATUS_OK);
	cr_assert(use.is_behind);
	vault_survey_close(survey);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

Test(salvage_page, knows_free_pages)
{
	struct salvage_page_use use;
	size_t is_free = 0;
	sqlite3 *const db = opened();
	vault_fixture_run(db, "PRAGMA auto_vacuum = INCREMENTAL; CREATE TABLE rows (a, b, c, d, e);");
	fill(db, "rows (a, b, c, d, e)", 1001);
	vault_fixture_run(db, "PRAGMA secure_delete = ON; DELETE FROM rows WHERE e > 20");
	struct vault_survey *const survey = surveyed();
	for (uint64_t page = 1; page <= vault_survey_blocks(survey); page++) {
		cr_assert_eq(salvage_page_use(survey, page, &use, &err), STATUS_OK);
		is_free += use.is_free;
	}
	cr_assert_eq((int64_t)is_free, vault_fixture_number(db, "PRAGMA freelist_count"));
	cr_assert_gt(is_free, 100);
	struct tally tally = {.mark = 1001, .has_rowid = true};
	cr_assert_eq(salvage_page_each(survey, add, &tally, &err), STATUS_OK);
	cr_assert_eq(tally.rows, 20, "none comes back from the dead");
	vault_survey_close(survey);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

static enum status refuse(void *context, const struct salvage_row *row, struct error *error)
{
	(void)context;
	(void)row;
	return error_set(error, STATUS_REFUSED, "enough");
}

Test(salvage_page, ends_with_the_callers_first_failure)
{
	sqlite3 *const db = opened();
	vault_fixture_run(db, "CREATE TABLE t (x)");
	struct vault_survey *const survey = surveyed();
	cr_assert_eq(salvage_page_each(survey, refuse, NULL, &err), STATUS_REFUSED);
	vault_survey_close(survey);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

/* --- pages that authenticate and are nonsense: the reader stays within them --- */

static enum status swallow(void *context, const struct salvage_row *row, struct error *error)
{
	size_t *const rows = context;
	(void)error;
	for (size_t i = 0; i < row->len; i++)
		for (size_t at = 0; at < row->values[i].bytes.len; at++)
			*rows += row->values[i].bytes.data[at];
	return STATUS_OK;
}

Test(salvage_page, nonsense_on_a_page_is_passed_over)
{
	size_t rows = 0;
	uint8_t page[VAULT_BLOCK_BYTES];
	sqlite3 *const db = opened();
	vault_fixture_run(db, "CREATE TABLE rows (a, b, c, d, e)");
	fill(db, "rows (a, b, c, d, e)", 1001);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	uint32_t random = 12345;
	for (int round = 0; round < 300; round++) {
		struct sqlite3_file *const file = vault_fixture_raw_open(vault_vfs_name(fixture.vault), fixture.path, SQLITE_OPEN_MAIN_DB);
		for (sqlite3_int64 at = 0; at < 8; at++) {
			cr_assert_eq(file->pMethods->xRead(file, page, sizeof page, at * VAULT_BLOCK_BYTES), SQLITE_OK);
			for (int i = 0; i < 6; i++) {
				random = random * 1664525 + 1013904223;
				page[(random >> 8) % (round % 2 == 0 ? 64 : VAULT_BLOCK_BYTES)] = (uint8_t)(random >> 24);
			}
			page[0] = (uint8_t)(at % 3 == 0 ? 13 : at % 3 == 1 ? 10 : 2);
			cr_assert_eq(file->pMethods->xWrite(file, page, sizeof page, at * VAULT_BLOCK_BYTES), SQLITE_OK);
		}
		vault_fixture_raw_close(file);
		struct vault_survey *const survey = surveyed();
		struct salvage_page_use use;
		cr_assert_eq(salvage_page_each(survey, swallow, &rows, &err), STATUS_OK);
		cr_assert_eq(salvage_page_use(survey, 5, &use, &err), STATUS_OK);
		vault_survey_close(survey);
	}
	cr_assert_gt(rows, 0);
}
