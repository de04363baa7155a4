#include "app/backup.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/file.h"

#define WORDS "C5999 households 300"

enum statement { PUT, GET };

static const char *const migrations[] = {"CREATE TABLE words(text TEXT NOT NULL) STRICT;"};
static const char *const statements[] = {
	[PUT] = "INSERT INTO words(text) VALUES(?1)",
	[GET] = "SELECT text FROM words",
};
static const struct db_schema schema = {
	.application_id = 0x1234,
	.migrations = migrations,
	.migrations_len = 1,
	.statements = statements,
	.statements_len = 2,
	.what = "the register",
};

static const struct cli_command command = {
	.name = "init", .options = {{"unlock-cost", 0, "minimum", "cheap"}}, .words_max = CLI_WORDS_MAX};
static const struct cli_program program = {.name = "prog", .home_environment = "PROG_HOME", .home_default = "prog"};
static struct cli cli = {.program = &program, .command = &command, .exit_code = -1};

static char folder[] = "/tmp/sijil-backup-XXXXXX";
static char first[64], second[64], file[64];
static struct home home;
static struct db *db;
static struct error err;

static void give(const char *passphrase)
{
	int ends[2];
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], passphrase, strlen(passphrase)), (ssize_t)strlen(passphrase));
	(void)close(ends[1]);
	cli.passphrase_fd = ends[0];
}

/* A register with a table of one row. */
static void start(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	cr_assert_not_null(mkdtemp(folder));
	(void)snprintf(first, sizeof first, "%s/first", folder);
	(void)snprintf(second, sizeof second, "%s/second", folder);
	(void)snprintf(file, sizeof file, "%s/register.backup", folder);
	cli.home = first;
	cli.values[0] = "minimum";
	give("correct horse battery staple\n");
	cr_assert_eq(home_create(&home, &cli, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(db_open(&db, home.database_path, home.vault, DB_CREATE, &schema, &err), STATUS_OK, "%s", err.message);
	struct query *query = db_query(db, PUT);
	query_bind_text(query, 1, WORDS);
	cr_assert_eq(query_run(query, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(home_finish(&home, &err), STATUS_OK);
}

static void end(void)
{
	char line[64];
	db_close(db);
	home_close(&home);
	(void)snprintf(line, sizeof line, "rm -rf %s", folder);
	cr_assert_eq(system(line), 0);
}

TestSuite(backup, .init = start, .fini = end);

static void back_up(void)
{
	cr_assert_eq(backup_write(&home, db, file, &err), STATUS_OK, "%s", err.message);
}

static bool holds_the_words(const char *path, const struct vault *vault)
{
	struct db *copy = NULL;
	bool found = false, row = false;
	cr_assert_eq(db_open(&copy, path, vault, DB_OPEN, &schema, &err), STATUS_OK, "%s", err.message);
	struct query *query = db_query(copy, GET);
	const enum status status = query_step(query, &row, &err);
	if (status == STATUS_OK && row)
		found = strcmp(query_text(query, 0), WORDS) == 0;
	query_end(query);
	db_close(copy);
	return found;
}

Test(backup, comes_back_as_the_register_it_was_taken_from)
{
	struct home restored = {0};
	back_up();
	cli.home = second;
	cr_assert_eq(backup_lay_out(&restored, &cli, file, &err), STATUS_OK, "%s", err.message);
	give("correct horse battery staple\n");
	cr_assert_eq(home_unlock(&restored, &cli, &err), STATUS_OK, "%s", err.message);
	cr_assert(holds_the_words(restored.database_path, restored.vault));
	cr_assert_eq(home_finish(&restored, &err), STATUS_OK);
	cr_assert(home_exists(&restored));
	home_close(&restored);
}

Test(backup, shows_nothing_and_is_its_owners_alone)
{
	struct bytes content = {0};
	struct stat status;
	back_up();
	cr_assert_eq(file_read(&content, file, 1 << 24, &err), STATUS_OK);
	cr_assert_null(memmem(content.data, content.len, WORDS, strlen(WORDS)));
	cr_assert_null(memmem(content.data, content.len, "CREATE TABLE", 12));
	cr_assert_eq(stat(file, &status), 0);
	cr_assert_eq(status.st_mode & 0777, 0600);
	bytes_wipe(&content);
}

Test(backup, leaves_no_copy_beside_the_register)
{
	char line[160];
	back_up();
	(void)snprintf(line, sizeof line, "test -z \"$(ls -A %s | grep -v -x -e register.key -e 'register.db\\(-journal\\)\\?')\"", first);
	cr_assert_eq(system(line), 0);
}

Test(backup, is_never_written_over_a_file)
{
	cr_assert_eq(file_write(file, span_from_text("precious"), false, &err), STATUS_OK);
	cr_assert_eq(backup_write(&home, db, file, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, file));
	struct bytes content = {0};
	cr_assert_eq(file_read(&content, file, 64, &err), STATUS_OK);
	cr_assert(span_equals(bytes_span(&content), span_from_text("precious")));
	bytes_wipe(&content);
}

Test(backup, is_not_laid_out_over_a_register)
{
	struct home restored = {0};
	back_up();
	cr_assert_eq(backup_lay_out(&restored, &cli, file, &err), STATUS_REFUSED);
	home_close(&restored);
	cr_assert(holds_the_words(home.database_path, home.vault));
}

Test(backup, leaves_nothing_when_its_passphrase_is_wrong)
{
	struct home restored = {0};
	back_up();
	cli.home = second;
	cr_assert_eq(backup_lay_out(&restored, &cli, file, &err), STATUS_OK);
	give("correct horse battery stable\n");
	cr_assert_eq(home_unlock(&restored, &cli, &err), STATUS_LOCKED);
	home_close(&restored);
	cr_assert_eq(rmdir(second), 0, "the folder is empty");
}

Test(backup, is_refused_by_name_when_it_is_none)
{
	static const char *const contents[] = {"", "sijil-backup 1\n", "sijil-backup 2\nof a newer format", "noise"};
	cli.home = second;
	for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
		struct home restored = {0};
		cr_assert_eq(file_write(file, span_from_text(contents[i]), true, &err), STATUS_OK);
		cr_assert_eq(backup_lay_out(&restored, &cli, file, &err), STATUS_BAD_INPUT, "%s", contents[i]);
		cr_assert_not_null(strstr(err.message, file), "%s", err.message);
		home_close(&restored);
		cr_assert_neq(access(second, F_OK), 0, "nothing was made");
	}
}
