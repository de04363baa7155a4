#include "app/home_other.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/file.h"
#include "schema/outbox.h"

#define PASSPHRASE "correct horse battery staple"
#define DURESS "zipat-lomud-fahir-kobul"

static char folder[] = "/tmp/sijil-other-XXXXXX";
static struct home home;
static struct error err;

static const struct cli_command command = {
	.name = "init", .options = {{"unlock-cost", 0, "minimum", "cheap"}}, .words_max = CLI_WORDS_MAX};
static const struct cli_program program = {.name = "prog", .home_environment = "PROG_HOME", .home_default = "prog"};
static struct cli cli = {.program = &program, .command = &command, .passphrase_fd = -1, .exit_code = -1};

#define MUST(expression) cr_assert_eq((expression), STATUS_OK, #expression ": %s", err.message)

static void give(const char *passphrase)
{
	int ends[2];
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(dprintf(ends[1], "%s\n", passphrase), (int)strlen(passphrase) + 1);
	(void)close(ends[1]);
	cli.passphrase_fd = ends[0];
}

static enum status open_with(struct home *which, const char *passphrase)
{
	give(passphrase);
	const enum status status = home_open(which, &cli, &err);
	(void)close(cli.passphrase_fd);
	return status;
}

static void set_duress(void)
{
	struct secret *duress = NULL;
	MUST(secret_new_copy(&duress, span_from_text(DURESS), &err));
	MUST(keyfile_other_set(home.keyfile, duress, &err));
	MUST(keyfile_save(home.keyfile, home.key_path, false, &err));
	secret_free(duress);
}

/* A register whose first database is some bytes that no key opens, and a duress passphrase. */
static void start(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
	cli.home = folder;
	cli.values[0] = "minimum";
	give(PASSPHRASE);
	MUST(home_create(&home, &cli, &err));
	MUST(file_write(home.database_path, span_from_text("the first database"), false, &err));
	MUST(home_other_make(&home, &err));
	MUST(home_finish(&home, &err));
	set_duress();
	home_close(&home);
}

static void end(void)
{
	char line[64];
	home_close(&home);
	(void)snprintf(line, sizeof line, "rm -rf %s", folder);
	cr_assert_eq(chdir("/"), 0);
	cr_assert_eq(system(line), 0);
}

TestSuite(home_other, .init = start, .fini = end);

static void put(const char *name)
{
	MUST(file_write(name, span_from_text(name), true, &err));
}

static bool is_first_database(void)
{
	struct bytes content = {0};
	MUST(file_read(&content, "register.db", 1 << 24, &err));
	const bool is_first = span_equals(bytes_span(&content), span_from_text("the first database"));
	bytes_wipe(&content);
	return is_first;
}

static uint64_t device_at(const char *path, const struct home *of)
{
	struct outbox *outbox = NULL;
	uint64_t id = 0;
	MUST(outbox_open(&outbox, path, of->vault, home_data_key(of), &err));
	cr_assert(outbox_is_practice(outbox));
	const struct key_id device = outbox_device(outbox);
	memcpy(&id, device.bytes, sizeof id);
	outbox_close(outbox);
	return id;
}

/* Nothing of the first is left, and what is there is whole. */
static void expect_taken_over(void)
{
	struct home with_first = {0};
	cr_assert_not(keyfile_is_taking_over(home.keyfile));
	cr_assert_neq(device_at(home.database_path, &home), 0);
	cr_assert_eq(open_with(&with_first, PASSPHRASE), STATUS_LOCKED);
	home_close(&with_first);
	home_close(&home);
	MUST(open_with(&home, DURESS));
	cr_assert_neq(device_at(home.database_path, &home), 0);
}

Test(home_other, stands_beside_each_register_and_is_made_once)
{
	struct stat before, after;
	cr_assert_eq(stat("register.db.other", &before), 0);
	cr_assert_eq(before.st_mode & 0777, 0600);
	MUST(open_with(&home, PASSPHRASE));
	cr_assert(is_first_database());
	MUST(home_other_make(&home, &err));
	cr_assert_eq(stat("register.db.other", &after), 0);
	cr_assert_eq(before.st_ino, after.st_ino);
	cr_assert_not(file_exists("register.db.other.making"));
	cr_assert_not(file_exists("register.db.other.making-journal"));
	cr_assert_eq(unlink("register.db.other"), 0);
	put("register.db.other.making");
	MUST(home_other_make(&home, &err));
	cr_assert(file_exists("register.db.other"));
	cr_assert_not(file_exists("register.db.other.making"), "what was cut short goes");
}

Test(home_other, is_made_beside_a_register_that_was_made_before_there_were_any)
{
	struct home old = {0};
	struct secret *key = NULL;
	cli.home = "old";
	give(PASSPHRASE);
	MUST(home_create(&old, &cli, &err));
	MUST(file_write(old.database_path, span_from_text("the first database"), false, &err));
	MUST(home_finish(&old, &err));
	(void)close(cli.passphrase_fd);
	home_close(&old);
	MUST(open_with(&old, PASSPHRASE));
	cr_assert_eq(keyfile_other_key(old.keyfile, &key, NULL), STATUS_NOT_FOUND);
	MUST(home_other_make(&old, &err));
	home_close(&old);
	cr_assert(file_exists("old/register.db.other"));
	MUST(open_with(&old, PASSPHRASE));
	MUST(keyfile_other_key(old.keyfile, &key, &err));
	secret_free(key);
	home_close(&old);
}

Test(home_other, takes_the_place_of_the_first_when_its_passphrase_is_typed)
{
	struct stat other, now;
	cr_assert_eq(stat("register.db.other", &other), 0);
	put("register.inbox");
	put("register.db-journal");
	put("register.db.damaged-1");
	put("register-7.db");
	put("register.csv");
	MUST(open_with(&home, DURESS));
	cr_assert_eq(stat("register.db", &now), 0);
	cr_assert_eq(other.st_ino, now.st_ino, "it is the one that stood there, as old as the register");
	cr_assert_not(file_exists("register.inbox"));
	struct stat journal;
	cr_assert_eq(stat("register.db-journal", &journal), 0);
	cr_assert_eq(journal.st_size, 0, "as of a register that was closed");
	cr_assert_not(file_exists("register.db.damaged-1"));
	cr_assert_not(file_exists("register-7.db"));
	cr_assert(file_exists("register.csv"));
	expect_taken_over();
	MUST(home_other_make(&home, &err));
	cr_assert(file_exists("register.db.other"), "and has another beside it");
}

Test(home_other, that_is_missing_is_made_anew)
{
	cr_assert_eq(unlink("register.db.other"), 0);
	MUST(open_with(&home, DURESS));
	expect_taken_over();
}

Test(home_other, that_does_not_open_is_made_anew)
{
	put("register.db.other");
	MUST(open_with(&home, DURESS));
	expect_taken_over();
}

Test(home_other, that_is_no_file_at_all_holds_nothing_up)
{
	cr_assert_eq(unlink("register.db.other"), 0);
	cr_assert_eq(mkdir("register.db.other", 0700), 0);
	put("register.db.other/full");
	MUST(open_with(&home, DURESS));
	expect_taken_over();
}

Test(home_other, that_is_a_pipe_holds_nothing_up)
{
	cr_assert_eq(unlink("register.db.other"), 0);
	cr_assert_eq(mkfifo("register.db.other", 0600), 0);
	MUST(open_with(&home, DURESS));
	expect_taken_over();
	cr_assert_not(file_exists("register.db.other"));
}

/* The key file is replaced, and the power fails. */
static void cut_short(void)
{
	struct keyfile *file = NULL;
	struct secret *duress = NULL;
	MUST(secret_new_copy(&duress, span_from_text(DURESS), &err));
	MUST(keyfile_load(&file, "register.key", &err));
	MUST(keyfile_unlock(file, duress, &err));
	MUST(keyfile_inbox_make(file, &err));
	MUST(keyfile_save(file, "register.key", false, &err));
	keyfile_free(file);
	secret_free(duress);
}

Test(home_other, cut_short_after_the_key_file_is_finished_by_the_next)
{
	put("register.inbox");
	cut_short();
	cr_assert(is_first_database());
	cr_assert_eq(open_with(&home, PASSPHRASE), STATUS_LOCKED);
	home_close(&home);
	MUST(open_with(&home, DURESS));
	cr_assert_not(file_exists("register.inbox"));
	expect_taken_over();
}

Test(home_other, cut_short_after_the_database_is_finished_by_the_next)
{
	cut_short();
	cr_assert_eq(rename("register.db.other", "register.db"), 0);
	MUST(open_with(&home, DURESS));
	expect_taken_over();
}

Test(home_other, cut_short_it_is_finished_by_what_unlock_left_too)
{
	struct keyfile *file = NULL;
	struct secret *duress = NULL, *key = NULL;
	cut_short();
	MUST(secret_new_copy(&duress, span_from_text(DURESS), &err));
	MUST(keyfile_load(&file, "register.key", &err));
	MUST(keyfile_unlock(file, duress, &err));
	MUST(secret_new_copy(&key, secret_span(keyfile_data_key(file)), &err));
	MUST(home_locate(&home, &cli, &err));
	MUST(keyfile_load(&home.keyfile, "register.key", &err));
	MUST(keyfile_unlock_with_key(home.keyfile, key, &err));
	cr_assert(keyfile_is_taking_over(home.keyfile));
	MUST(vault_register(&home.vault, key, NULL, &err));
	MUST(home_other_settle(&home, &err));
	MUST(home_other_settle(&home, &err));
	expect_taken_over();
	keyfile_free(file);
	secret_free(duress);
	secret_free(key);
}

Test(home_other, whoever_is_changing_the_key_file_saves_nothing_over_it)
{
	struct home other = {0};
	const struct keyfile_floor floor = {41, {{1}}};
	MUST(open_with(&other, PASSPHRASE));
	MUST(home_change_begin(&other, &err));
	keyfile_floor_set(other.keyfile, &floor);
	/* Nothing holds it up for long: what needs the folder's lock waits, the key file does not. */
	MUST(home_locate(&home, &cli, &err));
	MUST(keyfile_load(&home.keyfile, "register.key", &err));
	struct secret *duress = NULL;
	MUST(secret_new_copy(&duress, span_from_text(DURESS), &err));
	MUST(keyfile_unlock(home.keyfile, duress, &err));
	MUST(home_other_replace(&home, &err));
	cr_assert_eq(home_change_end(&other, STATUS_OK, &err), STATUS_BUSY);
	cr_assert_not_null(strstr(err.message, "replaced"));
	home_close(&other);
	home_close(&home);
	secret_free(duress);
	cr_assert_eq(open_with(&home, PASSPHRASE), STATUS_LOCKED);
	home_close(&home);
	MUST(open_with(&home, DURESS));
	expect_taken_over();
}

Test(home_other, the_old_key_file_is_overwritten_where_another_name_keeps_it)
{
	struct bytes content = {0};
	cr_assert_eq(link("register.key", "elsewhere"), 0);
	MUST(open_with(&home, DURESS));
	MUST(file_read(&content, "elsewhere", KEYFILE_BYTES, &err));
	for (size_t i = 0; i < content.len; i++)
		cr_assert_eq(content.data[i], 0, "byte %zu", i);
	cr_assert_eq(content.len, KEYFILE_BYTES);
	bytes_wipe(&content);
	expect_taken_over();
}

Test(home_other, a_key_file_that_cannot_be_replaced_is_written_over_or_nothing_opens)
{
	struct secret *duress = NULL;
	struct keyfile *file = NULL;
	MUST(secret_new_copy(&duress, span_from_text(DURESS), &err));
	MUST(keyfile_load(&file, "register.key", &err));
	cr_assert_eq(keyfile_write_over(file, "register.key", &err), STATUS_LOCKED);
	MUST(keyfile_unlock(file, duress, &err));
	cr_assert_eq(keyfile_write_over(file, "no/such/folder", &err), STATUS_IO);
	MUST(keyfile_write_over(file, "register.key", &err));
	keyfile_free(file);
	secret_free(duress);
	cr_assert_eq(open_with(&home, PASSPHRASE), STATUS_LOCKED);
	home_close(&home);
	MUST(open_with(&home, DURESS));
	expect_taken_over();
}
