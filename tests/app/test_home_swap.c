#include "app/home_swap.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "app/home_generation.h"
#include "crypto/file.h"

static char folder[] = "/tmp/sijil-swap-XXXXXX";
static struct home home;
static struct error err;

static const struct cli_command command = {
	.name = "init", .options = {{"unlock-cost", 0, "minimum", "cheap"}}, .words_max = CLI_WORDS_MAX};
static const struct cli_program program = {.name = "prog", .home_environment = "PROG_HOME", .home_default = "prog"};
static struct cli cli = {.program = &program, .command = &command, .passphrase_fd = -1, .exit_code = -1};

static void give(const char *passphrase)
{
	int ends[2];
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], passphrase, strlen(passphrase)), (ssize_t)strlen(passphrase));
	(void)close(ends[1]);
	cli.passphrase_fd = ends[0];
}

static void start(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
	cli.home = folder;
	cli.values[0] = "minimum";
	give("correct horse battery staple\n");
	cr_assert_eq(home_create(&home, &cli, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(home_finish(&home, &err), STATUS_OK);
	home_close(&home);
	cr_assert_eq(home_locate(&home, &cli, &err), STATUS_OK);
}

static void end(void)
{
	char line[64];
	home_close(&home);
	(void)snprintf(line, sizeof line, "rm -rf %s", folder);
	cr_assert_eq(chdir("/"), 0);
	cr_assert_eq(system(line), 0);
}

TestSuite(home_swap, .init = start, .fini = end);

static void put(const char *name, const char *content)
{
	cr_assert_eq(file_write(name, span_from_text(content), true, &err), STATUS_OK, "%s", err.message);
}

static void check(const char *name, const char *content)
{
	struct bytes found = {0};
	cr_assert_eq(file_read(&found, name, 100, &err), STATUS_OK, "%s: %s", name, err.message);
	cr_assert(span_equals(bytes_span(&found), span_from_text(content)), "%s", name);
	bytes_wipe(&found);
}

static void open_home(void)
{
	give("correct horse battery staple\n");
	cr_assert_eq(home_open(&home, &cli, &err), STATUS_OK, "%s", err.message);
}

static void reopen(void)
{
	home_close(&home);
	cr_assert_eq(home_locate(&home, &cli, &err), STATUS_OK);
	open_home();
}

Test(home_swap, keeps_the_old_database_with_its_journal)
{
	char made[HOME_PATH_BYTES], aside[HOME_PATH_BYTES];
	put("register.db", "old");
	put("register.db-journal", "half a command");
	open_home();
	cr_assert_eq(home_swap_building(made, &home, &err), STATUS_OK);
	put(made, "new");
	cr_assert_eq(home_swap(&home, made, aside, &err), STATUS_OK, "%s", err.message);
	check("register.db", "new");
	check("register.db.damaged-1", "old");
	check("register.db.damaged-1-journal", "half a command");
	cr_assert_not(file_exists("register.db-journal"));
	cr_assert_not(file_exists(made));
	cr_assert_str_eq(strrchr(aside, '/'), "/register.db.damaged-1");
	put(made, "newer");
	cr_assert_eq(home_swap(&home, made, aside, &err), STATUS_OK, "%s", err.message);
	check("register.db.damaged-1", "old");
	check("register.db.damaged-2", "new");
	cr_assert_not(file_exists("register.db.damaged-2-journal"));
}

/* As a cut leaves it, behind each step of the swap. */
Test(home_swap, cut_short_leaves_the_old_one_or_the_new_one)
{
	put("register.db", "old");
	put("register.db-journal", "half a command");
	put("register.db.damaged-1-journal", "half a command");
	put("register.db.unfinished", "new");
	open_home();
	check("register.db", "old");
	check("register.db-journal", "half a command");
	cr_assert_not(file_exists("register.db.unfinished"));
	home_swap_clean(&home);
	cr_assert_not(file_exists("register.db.damaged-1-journal"), "it belongs to nothing");

	put("register.db.damaged-1-journal", "half a command");
	put("register.db.unfinished", "new");
	cr_assert_eq(rename("register.db", "register.db.damaged-1"), 0);
	reopen();
	check("register.db", "new");
	cr_assert_not(file_exists("register.db-journal"), "the old journal would be played into the new database");
	home_swap_clean(&home);
	check("register.db.damaged-1", "old");
	check("register.db.damaged-1-journal", "half a command");
}

Test(home_swap, clears_what_a_repair_cut_short_left_and_nothing_else)
{
	static const char *const scraps[] = {"register.db.copy", "register.db.copy-journal", "register.db.repaired",
	                                     "register.db.repaired-journal"};
	put("register.db", "old");
	put("register.db.damaged-1", "older");
	put("letter.txt", "mine");
	for (size_t i = 0; i < sizeof scraps / sizeof *scraps; i++)
		put(scraps[i], "scrap");
	open_home();
	home_swap_clean(&home);
	for (size_t i = 0; i < sizeof scraps / sizeof *scraps; i++)
		cr_assert_not(file_exists(scraps[i]), "%s", scraps[i]);
	check("register.db", "old");
	check("register.db.damaged-1", "older");
	check("letter.txt", "mine");
}

Test(home_swap, copies_to_a_name_and_never_through_a_link)
{
	put("register.db", "content");
	put("letter.txt", "mine");
	cr_assert_eq(symlink("letter.txt", "register.db.copy"), 0);
	cr_assert_eq(home_swap_copy("register.db.copy", "register.db", &err), STATUS_OK, "%s", err.message);
	check("register.db.copy", "content");
	check("letter.txt", "mine");
	cr_assert_eq(home_swap_copy("register.db.copy", "nowhere", &err), STATUS_NOT_FOUND);
}
