#include "app/home.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/file.h"

static char folder[] = "/tmp/sijil-home-XXXXXX";

static const struct cli_command command = {
	.name = "init", .options = {{"unlock-cost", 0, "minimum", "cheap"}}, .words_max = CLI_WORDS_MAX};
static const struct cli_program program = {.name = "prog", .home_environment = "PROG_HOME", .home_default = "prog"};
static struct cli cli;

static void start(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(setenv("HOME", "/home/worker", 1), 0);
	cr_assert_eq(unsetenv("XDG_DATA_HOME"), 0);
	cr_assert_eq(unsetenv("PROG_HOME"), 0);
	cli = (struct cli){.program = &program, .command = &command, .passphrase_fd = -1, .exit_code = -1};
}

static void end(void)
{
	char line[64];
	(void)snprintf(line, sizeof line, "rm -rf %s", folder);
	cr_assert_eq(system(line), 0);
}

TestSuite(home, .init = start, .fini = end);

static void locates(const char *expected)
{
	struct home home = {0};
	struct error err = {0};
	char path[HOME_PATH_BYTES];
	cr_assert_eq(home_locate(&home, &cli, &err), STATUS_OK, "%s", err.message);
	cr_assert_str_eq(home.folder, expected);
	(void)snprintf(path, sizeof path, "%s/register.key", expected);
	cr_assert_str_eq(home.key_path, path);
	(void)snprintf(path, sizeof path, "%s/register.db", expected);
	cr_assert_str_eq(home.database_path, path);
}

Test(home, is_looked_for_in_the_option_then_the_environment_then_the_data_folder)
{
	locates("/home/worker/.local/share/prog");
	cr_assert_eq(setenv("XDG_DATA_HOME", "relative", 1), 0);
	locates("/home/worker/.local/share/prog");
	cr_assert_eq(setenv("XDG_DATA_HOME", "/data", 1), 0);
	locates("/data/prog");
	cr_assert_eq(setenv("PROG_HOME", "", 1), 0);
	locates("/data/prog");
	cr_assert_eq(setenv("PROG_HOME", "/own", 1), 0);
	locates("/own");
	cli.home = "here";
	locates("here");
	cli.project = "dara";
	locates("here/dara");
}

Test(home, refuses_a_project_that_leads_elsewhere_and_names_it)
{
	static const char *const wrong[] = {"..", ".", "", ".hidden", "../x", "a/b", "/etc"};
	cli.home = "/own";
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct home home = {0};
		struct error err = {0};
		cli.project = wrong[i];
		cr_assert_eq(home_locate(&home, &cli, &err), STATUS_BAD_INPUT, "'%s'", wrong[i]);
		cr_assert_not_null(strstr(err.message, wrong[i]));
	}
}

Test(home, refuses_a_path_that_is_too_long_and_one_that_is_nowhere)
{
	static char longest[HOME_PATH_BYTES + 8];
	struct home home = {0};
	struct error err = {0};
	memset(longest, 'a', sizeof longest - 1);
	longest[0] = '/';
	cli.home = longest;
	cr_assert_eq(home_locate(&home, &cli, &err), STATUS_BAD_INPUT);
	longest[HOME_PATH_BYTES - 4] = '\0';
	cr_assert_eq(home_locate(&home, &cli, &err), STATUS_BAD_INPUT, "the folder fits, what is in it does not");
	cli.home = NULL;
	cr_assert_eq(unsetenv("HOME"), 0);
	cr_assert_eq(home_locate(&home, &cli, &err), STATUS_BAD_INPUT);
	cr_assert_not_null(strstr(err.hint, "--home"));
}

Test(home, makes_each_missing_folder_for_its_owner_alone)
{
	char path[64];
	struct stat status;
	(void)snprintf(path, sizeof path, "%s/a/b/c", folder);
	cr_assert_eq(home_make_path(path, NULL), STATUS_OK);
	cr_assert_eq(stat(path, &status), 0);
	cr_assert_eq(status.st_mode & 0777, 0700);
	cr_assert_eq(home_make_path(path, NULL), STATUS_OK, "what is there is left alone");
	cr_assert_eq(home_make_path("/proc/nothing/of/this", NULL), STATUS_IO);
}

Test(home, says_where_there_is_no_register)
{
	struct home home = {0};
	struct error err = {0};
	cli.home = folder;
	cr_assert_not(home_exists(&home));
	cr_assert_eq(home_open(&home, &cli, &err), STATUS_NOT_FOUND);
	cr_assert_not_null(strstr(err.message, folder));
	cr_assert_not_null(strstr(err.hint, "prog init"));
	home_close(&home);
}

/* --passphrase-fd with a line on it. */
static void give(const char *passphrase)
{
	int ends[2];
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], passphrase, strlen(passphrase)), (ssize_t)strlen(passphrase));
	(void)close(ends[1]);
	cli.passphrase_fd = ends[0];
}

static void create(struct home *home)
{
	struct error err = {0};
	cli.home = folder;
	cli.values[0] = "minimum";
	give("correct horse battery staple\n");
	cr_assert_eq(home_create(home, &cli, &err), STATUS_OK, "%s", err.message);
}

/* As another program sees it. */
static bool there_is_one(void)
{
	struct home home = {0};
	cr_assert_eq(home_locate(&home, &cli, NULL), STATUS_OK);
	return home_exists(&home);
}

Test(home, exists_when_it_is_finished_and_opens_with_its_passphrase)
{
	struct home home = {0};
	struct stat status;
	create(&home);
	cr_assert_not(there_is_one(), "a database is still to be made");
	cr_assert_eq(file_write(home.database_path, span_from_text("the database"), false, NULL), STATUS_OK);
	cr_assert_not(there_is_one(), "not before it is finished");
	cr_assert_eq(home_finish(&home, NULL), STATUS_OK);
	cr_assert(there_is_one());
	cr_assert_eq(stat(home.key_path, &status), 0);
	cr_assert_eq(status.st_mode & 0777, 0600);
	home_close(&home);
	give("correct horse battery staple\n");
	cr_assert_eq(home_open(&home, &cli, NULL), STATUS_OK);
	cr_assert_eq(home_data_key(&home)->len, 32);
	home_close(&home);
	give("correct horse battery stable\n");
	cr_assert_eq(home_open(&home, &cli, NULL), STATUS_LOCKED);
	home_close(&home);
	cr_assert_eq(home_begin(&home, &cli, NULL), STATUS_REFUSED, "never over another one");
	home_close(&home);
}

Test(home, leaves_nothing_of_what_was_not_finished)
{
	struct home home = {0};
	char key[HOME_PATH_BYTES];
	create(&home);
	memcpy(key, home.key_path, sizeof key);
	cr_assert(file_exists(key));
	home_close(&home);
	cr_assert_not(file_exists(key));
	cr_assert_eq(rmdir(folder), 0, "the folder is empty");
	create(&home);
	home_close(&home);
}

Test(home, is_made_by_one_program_at_a_time)
{
	struct home first = {0}, second = {0};
	create(&first);
	cr_assert_eq(home_begin(&second, &cli, NULL), STATUS_BUSY);
	home_close(&second);
	cr_assert_eq(home_finish(&first, NULL), STATUS_OK, "the other one took nothing away");
	home_close(&first);
}

struct weak {
	const char *passphrase, *says;
};

Test(home, refuses_a_weak_passphrase_before_anything_is_made)
{
	static const struct weak weak[] = {{"1234567890123456\n", "digits alone"}, {"short\n", "at least 12"}, {"\n", ""}};
	for (size_t i = 0; i < sizeof weak / sizeof *weak; i++) {
		struct home home = {0};
		struct error err = {0};
		cli.home = folder;
		cli.values[0] = "minimum";
		give(weak[i].passphrase);
		cr_assert_neq(home_create(&home, &cli, &err), STATUS_OK);
		cr_assert_not_null(strstr(err.message, weak[i].says), "%s", err.message);
		home_close(&home);
		cr_assert_not(there_is_one());
	}
}

Test(home, knows_one_cheaper_unlock_cost_and_names_another)
{
	struct home home = {0};
	struct error err = {0};
	cli.home = folder;
	cli.values[0] = "none";
	cr_assert_eq(home_create(&home, &cli, &err), STATUS_BAD_INPUT);
	cr_assert_eq(cli.exit_code, EXIT_USAGE);
	cr_assert_not_null(strstr(err.message, "'none'"));
	home_close(&home);
}
