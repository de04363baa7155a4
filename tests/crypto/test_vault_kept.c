#include "crypto/vault_kept.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/crypto/vault_fixture.h"

static struct vault_fixture fixture;
static char journal[200];
static sqlite3 *db;

static void begin(void)
{
	vault_fixture_begin(&fixture, NULL);
	(void)snprintf(journal, sizeof journal, "%s-journal", fixture.path);
	db = vault_fixture_open(fixture.path, vault_vfs_name(fixture.vault));
}

static void end(void)
{
	(void)sqlite3_close(db);
	vault_fixture_end(&fixture);
}

TestSuite(vault_kept, .init = begin, .fini = end);

/* How many of this process' open files were opened as the journal; of those, how many stand there no more. */
static int open_journals(int *gone)
{
	char name[300], target[300];
	int n = 0;
	*gone = 0;
	DIR *const folder = opendir("/proc/self/fd");
	cr_assert_not_null(folder);
	for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
		(void)snprintf(name, sizeof name, "/proc/self/fd/%s", entry->d_name);
		const ssize_t len = readlink(name, target, sizeof target - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		const bool is_journal = strncmp(target, journal, strlen(journal)) == 0;
		n += is_journal;
		*gone += is_journal && target[strlen(journal)] != '\0';
	}
	(void)closedir(folder);
	return n;
}

static void expect_open(int wanted)
{
	int gone = 0;
	cr_assert_eq(open_journals(&gone), wanted);
	cr_assert_eq(gone, 0);
}

static void expect_rows(const char *vfs, int rows)
{
	char text[100];
	sqlite3 *const reader = vault_fixture_open(fixture.path, vfs);
	vault_fixture_text(reader, "PRAGMA integrity_check", text, sizeof text);
	cr_assert_str_eq(text, "ok");
	cr_assert_eq(vault_fixture_number(reader, "SELECT count(*) FROM t"), rows);
	(void)sqlite3_close(reader);
}

Test(vault_kept, a_journal_that_is_cut_stays_open_with_its_database)
{
	struct stat first, again;

	vault_fixture_run(db, "PRAGMA journal_mode=TRUNCATE; CREATE TABLE t(x)");
	expect_open(1);
	cr_assert_eq(stat(journal, &first), 0);
	vault_fixture_run(db, "INSERT INTO t VALUES(1); BEGIN; INSERT INTO t VALUES(2); ROLLBACK; INSERT INTO t VALUES(3)");
	expect_open(1);
	cr_assert_eq(stat(journal, &again), 0);
	cr_assert_eq(first.st_ino, again.st_ino);
	cr_assert_eq(again.st_size, 0);
	expect_rows(vault_vfs_name(fixture.vault), 2);
	(void)sqlite3_close(db);
	expect_open(0);
	db = NULL;
}

static const char *const other_modes[] = {"PRAGMA journal_mode=DELETE", "PRAGMA journal_mode=PERSIST",
                                          "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=OFF"};

Test(vault_kept, no_other_stays)
{
	vault_fixture_run(db, "CREATE TABLE t(x)");
	for (size_t i = 0; i < sizeof other_modes / sizeof other_modes[0]; i++) {
		vault_fixture_run(db, other_modes[i]);
		vault_fixture_run(db, "INSERT INTO t VALUES(1)");
		expect_open(0);
	}
	expect_rows(vault_vfs_name(fixture.vault), 3);
}

/* What was kept is nobody's journal any more: a transaction written there could not be rolled back after a crash. */
Test(vault_kept, one_that_stands_no_more_under_its_name_is_not_used)
{
	vault_fixture_run(db, "PRAGMA journal_mode=TRUNCATE; CREATE TABLE t(x)");
	cr_assert_eq(unlink(journal), 0);
	vault_fixture_run(db, "BEGIN; INSERT INTO t VALUES(1)");
	expect_open(1);
	cr_assert_eq(access(journal, F_OK), 0);
	vault_fixture_run(db, "COMMIT");

	/* Another connection that deletes its journals puts another file in its place, and takes that away. */
	sqlite3 *const other = vault_fixture_open(fixture.path, vault_vfs_name(fixture.vault));
	vault_fixture_run(other, "PRAGMA journal_mode=DELETE; INSERT INTO t VALUES(2)");
	cr_assert_neq(access(journal, F_OK), 0);
	vault_fixture_run(other, "BEGIN IMMEDIATE; ROLLBACK");
	FILE *const empty = fopen(journal, "wb");
	cr_assert_not_null(empty);
	(void)fclose(empty);
	vault_fixture_run(db, "BEGIN; INSERT INTO t VALUES(3)");
	expect_open(1);
	vault_fixture_run(db, "COMMIT");
	(void)sqlite3_close(other);
	expect_rows(vault_vfs_name(fixture.vault), 3);
}

/* What a crash left is there when the next transaction needs it, whoever keeps the file open. */
Test(vault_kept, a_hot_journal_under_it_is_played_back)
{
	struct bytes hot, before;

	vault_fixture_run(db, "PRAGMA journal_mode=TRUNCATE; PRAGMA cache_size=2; CREATE TABLE t(x)");
	vault_fixture_run(db, "INSERT INTO t VALUES(1)");
	sqlite3 *const other = vault_fixture_open(fixture.path, vault_vfs_name(fixture.vault));
	vault_fixture_run(other, "PRAGMA journal_mode=TRUNCATE; PRAGMA cache_size=2; BEGIN; "
	                         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
	                         "INSERT INTO t SELECT randomblob(700) FROM n");
	hot = vault_fixture_load(&fixture, "-journal");
	before = vault_fixture_load(&fixture, "");
	cr_assert_gt(hot.len, 0, "a small cache spills");
	vault_fixture_run(other, "ROLLBACK");
	(void)sqlite3_close(other);
	vault_fixture_save(&fixture, "-journal", bytes_span(&hot));
	vault_fixture_save(&fixture, "", bytes_span(&before));

	vault_fixture_run(db, "INSERT INTO t VALUES(2)");
	expect_rows(vault_vfs_name(fixture.vault), 2);
	bytes_wipe(&hot);
	bytes_wipe(&before);
}
