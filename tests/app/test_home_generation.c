#include "app/home_generation.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "crypto/file.h"

static char folder[] = "/tmp/sijil-generation-XXXXXX";
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

TestSuite(home_generation, .init = start, .fini = end);

static void put(const char *name)
{
	cr_assert_eq(file_write(name, span_from_text(name), false, &err), STATUS_OK, "%s", err.message);
}

static enum status open_it(void)
{
	give("correct horse battery staple\n");
	return home_open(&home, &cli, &err);
}

/* The key file of the next generation in place of this one. */
static void take_next_generation(void)
{
	struct keyfile *file = NULL, *next = NULL;
	struct secret *passphrase = NULL;
	cr_assert_eq(secret_new_copy(&passphrase, span_from_text("correct horse battery staple"), NULL), STATUS_OK);
	cr_assert_eq(keyfile_load(&file, "register.key", NULL), STATUS_OK);
	cr_assert_eq(keyfile_unlock(file, passphrase, NULL), STATUS_OK);
	cr_assert_eq(keyfile_new_generation(&next, file, stretch_costs_minimum(), NULL), STATUS_OK);
	cr_assert_eq(keyfile_slot_set(next, 0, KEYFILE_SLOT_PASSPHRASE, passphrase, NULL), STATUS_OK);
	cr_assert_eq(keyfile_save(next, "register.key", false, NULL), STATUS_OK);
	secret_free(passphrase);
	keyfile_free(file);
	keyfile_free(next);
}

Test(home_generation, the_key_file_names_the_database)
{
	put("register.db");
	cr_assert_eq(open_it(), STATUS_OK, "%s", err.message);
	cr_assert_str_eq(strrchr(home.database_path, '/'), "/register.db");
	home_close(&home);
	take_next_generation();
	cr_assert_eq(open_it(), STATUS_NOT_FOUND, "generation 2 has no database");
	cr_assert(file_exists("register.db"), "and what is there of another stays");
	home_close(&home);
	put("register-2.db");
	cr_assert_eq(open_it(), STATUS_OK, "%s", err.message);
	cr_assert_str_eq(strrchr(home.database_path, '/'), "/register-2.db");
}

Test(home_generation, what_was_decided_is_finished)
{
	put("register.db");
	put("register.db-journal");
	put("register-2.db.unfinished");
	take_next_generation();
	cr_assert(home_exists(&home));
	cr_assert_eq(open_it(), STATUS_OK, "%s", err.message);
	cr_assert(file_exists("register-2.db"));
	cr_assert_not(file_exists("register-2.db.unfinished"));
	cr_assert_not(file_exists("register.db"));
	cr_assert_not(file_exists("register.db-journal"));
}

Test(home_generation, what_was_not_decided_is_removed)
{
	static const char *const rubbish[] = {"register-2.db.unfinished", "register-2.db.unfinished-journal",
	                                      "register-3.db.unfinished"};
	static const char *const others[] = {"register-2.db", "register.db-journal", "register.db.copy", "register-x.db",
	                                     "register-0.db", "register-1.db", "register.dbx", "register-02.db",
	                                     "register-99999999999999999999.db", "register.inbox", "other.db", "register"};
	put("register.db");
	for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++)
		put(rubbish[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		put(others[i]);
	cr_assert_eq(open_it(), STATUS_OK, "%s", err.message);
	for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++)
		cr_assert_not(file_exists(rubbish[i]), "%s", rubbish[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		cr_assert(file_exists(others[i]), "%s", others[i]);
	cr_assert(file_exists("register.db"));
}

Test(home_generation, a_wrong_passphrase_or_an_altered_generation_removes_nothing)
{
	struct bytes content = {0};
	put("register.db");
	put("register-2.db.unfinished");
	give("correct horse battery stable\n");
	cr_assert_eq(home_open(&home, &cli, &err), STATUS_LOCKED);
	home_close(&home);
	cr_assert_eq(file_read(&content, "register.key", KEYFILE_BYTES, NULL), STATUS_OK);
	content.data[24] = 3;
	cr_assert_eq(file_write("register.key", bytes_span(&content), true, NULL), STATUS_OK);
	put("register-3.db");
	cr_assert_eq(open_it(), STATUS_TAMPERED);
	cr_assert(file_exists("register.db"));
	cr_assert(file_exists("register-2.db.unfinished"));
	bytes_wipe(&content);
}

Test(home_generation, a_database_of_any_makes_a_home)
{
	cr_assert(home_exists(&home));
	cr_assert_eq(unlink("register.key"), 0);
	cr_assert_not(home_exists(&home));
	put("register-7.db");
	cr_assert(home_exists(&home));
	home_generation_remove_all(&home);
	cr_assert_not(home_exists(&home));
}

Test(home_generation, an_erased_file_is_zeros_to_whoever_still_has_it_open)
{
	char content[32] = "?";
	put("register.db");
	const int still = open("register.db", O_RDONLY | O_CLOEXEC);
	home_generation_erase("register.db");
	cr_assert_not(file_exists("register.db"));
	cr_assert_eq(read(still, content, sizeof content), (ssize_t)strlen("register.db"));
	cr_assert_eq(memcmp(content, (char[32]){0}, strlen("register.db")), 0);
	(void)close(still);
	put("precious");
	cr_assert_eq(symlink("precious", "link"), 0);
	home_generation_erase("link");
	cr_assert_not(file_exists("link"));
	struct bytes kept = {0};
	cr_assert_eq(file_read(&kept, "precious", 64, NULL), STATUS_OK);
	cr_assert(span_equals(bytes_span(&kept), span_from_text("precious")), "a link leads nowhere");
	bytes_wipe(&kept);
}

/* A lock of another open file is as another program's. */
static int locked(int how)
{
	const int file = open(".lock", O_RDWR | O_CLOEXEC);
	cr_assert_geq(file, 0);
	cr_assert_eq(flock(file, how | LOCK_NB), 0);
	return file;
}

Test(home_generation, it_is_used_by_many_or_changed_by_one)
{
	put("register.db");
	cr_assert_eq(open_it(), STATUS_OK);
	home_close(&home);
	int other = locked(LOCK_SH);
	cr_assert_eq(open_it(), STATUS_OK, "%s", err.message);
	home_close(&home);
	home.alone = true;
	cr_assert_eq(open_it(), STATUS_BUSY);
	cr_assert_not_null(strstr(err.message, folder));
	cr_assert_null(home.keyfile, "it was not even read");
	(void)close(other);
	home_close(&home);
	home.alone = true;
	cr_assert_eq(open_it(), STATUS_OK, "%s", err.message);
	home_close(&home);
	other = locked(LOCK_EX);
	cr_assert_eq(open_it(), STATUS_BUSY);
	(void)close(other);
	home_close(&home);
	cr_assert_eq(open_it(), STATUS_OK);
}

Test(home_generation, a_change_of_the_key_file_takes_nothing_back)
{
	struct home late = {0};
	struct secret *second = NULL;
	struct keyfile *file = NULL;
	put("register.db");
	cr_assert_eq(secret_new_copy(&second, span_from_text("another passphrase"), NULL), STATUS_OK);
	cr_assert_eq(open_it(), STATUS_OK);
	give("correct horse battery staple\n");
	cr_assert_eq(home_open(&late, &cli, &err), STATUS_OK);
	cr_assert_eq(home_change_begin(&home, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(home_change_end(&home, keyfile_slot_set(home.keyfile, 0, KEYFILE_SLOT_PASSPHRASE, second, &err), &err),
	             STATUS_OK);
	cr_assert_eq(home_change_begin(&late, &err), STATUS_OK, "%s", err.message);
	keyfile_floor_set(late.keyfile, &(struct keyfile_floor){.number = 5});
	cr_assert_eq(home_change_end(&late, STATUS_OK, &err), STATUS_OK);
	cr_assert_eq(keyfile_load(&file, "register.key", NULL), STATUS_OK);
	cr_assert_eq(keyfile_unlock(file, second, NULL), STATUS_OK, "the new passphrase was taken back");
	cr_assert_eq(keyfile_floor_get(file).number, 5);
	cr_assert_eq(home_change_begin(&home, &err), STATUS_OK);
	cr_assert_eq(home_change_end(&home, STATUS_REFUSED, &err), STATUS_REFUSED);
	cr_assert_eq(unlink("register.key"), 0);
	cr_assert_eq(home_change_begin(&home, &err), STATUS_NOT_FOUND, "a key file that was wiped does not come back");
	cr_assert_not(file_exists("register.key"));
	keyfile_free(file);
	secret_free(second);
	home_close(&late);
}

/* A command that was ended while it wrote the key file leaves one under a name of no use. */
Test(home_generation, a_change_erases_key_files_that_were_left_half_way)
{
	struct bytes keys = {0};
	put("register.db");
	put(".0123456789abcde0.tmp");
	cr_assert_eq(file_read(&keys, "register.key", KEYFILE_BYTES, &err), STATUS_OK);
	cr_assert_eq(file_write(".0123456789abcdef.tmp", bytes_span(&keys), false, &err), STATUS_OK);
	cr_assert_eq(open_it(), STATUS_OK, "%s", err.message);
	cr_assert_eq(home_change_begin(&home, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(home_change_end(&home, STATUS_OK, &err), STATUS_OK);
	cr_assert_not(file_exists(".0123456789abcdef.tmp"));
	cr_assert(file_exists(".0123456789abcde0.tmp"), "what holds no key is not ours");
	bytes_wipe(&keys);
}

/* The change was begun before the wipe and ends after it. */
Test(home_generation, a_change_under_way_brings_no_wiped_key_file_back)
{
	put("register.db");
	cr_assert_eq(open_it(), STATUS_OK, "%s", err.message);
	cr_assert_eq(home_change_begin(&home, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(unlink("register.key"), 0);
	cr_assert_eq(home_change_end(&home, STATUS_OK, &err), STATUS_NOT_FOUND);
	cr_assert_not(file_exists("register.key"));
}

Test(home_generation, a_damaged_database_that_was_set_aside_is_found)
{
	char path[HOME_PATH_BYTES];
	put("register.db");
	put("register.db.copy");
	cr_assert_not(home_generation_set_aside(path, &home));
	put("register-2.db.damaged-1");
	cr_assert(home_generation_set_aside(path, &home));
	cr_assert_str_eq(strrchr(path, '/'), "/register-2.db.damaged-1");
}
