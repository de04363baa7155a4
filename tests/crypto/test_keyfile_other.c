/* The slot apart, and what a key file becomes when it is opened. */
#include "crypto/keyfile.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/file.h"
#include "tests/support/failing_malloc.h"

static char folder[] = "/tmp/sijil-test-other-XXXXXX";
static struct secret *passphrase, *code, *duress;
static struct keyfile *made; /* passphrase in slot 0, a code in slot 1, an inbox, a floor; saved as "key" */

static struct secret *secret_of(const char *text)
{
	struct secret *secret = NULL;
	cr_assert_eq(secret_new_copy(&secret, span_from_text(text), NULL), STATUS_OK);
	return secret;
}

static void save(void)
{
	cr_assert_eq(keyfile_save(made, "key", false, NULL), STATUS_OK);
}

static void start(void)
{
	const struct keyfile_floor floor = {41, {{1, 2, 3}}};
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
	passphrase = secret_of("lusab-babad-gutih-tugad");
	code = secret_of("babab-dabab-fabab-gabab");
	duress = secret_of("zipat-lomud-fahir-kobul");
	cr_assert_eq(keyfile_new(&made, passphrase, stretch_costs_minimum(), NULL), STATUS_OK);
	cr_assert_eq(keyfile_slot_set(made, 1, KEYFILE_SLOT_RECOVERY, code, NULL), STATUS_OK);
	cr_assert_eq(keyfile_inbox_make(made, NULL), STATUS_OK);
	cr_assert_eq(keyfile_other_make(made, NULL), STATUS_OK);
	keyfile_floor_set(made, &floor);
	save();
}

static void stop(void)
{
	secret_free(passphrase);
	secret_free(code);
	secret_free(duress);
	keyfile_free(made);
	(void)unlink("key");
	cr_assert_eq(chdir("/"), 0);
	(void)rmdir(folder);
}

TestSuite(keyfile_other, .init = start, .fini = stop);

static struct keyfile *loaded(void)
{
	struct keyfile *file = NULL;
	cr_assert_eq(keyfile_load(&file, "key", NULL), STATUS_OK);
	return file;
}

static void opens(const struct secret *with, enum status expected)
{
	struct keyfile *const file = loaded();
	cr_expect_eq(keyfile_unlock(file, with, NULL), expected);
	keyfile_free(file);
}

/* Every byte of a file that lies in the slot of this number, or none. */
static bool differs_only_in(unsigned slot, const struct bytes *a, const struct bytes *b)
{
	const size_t start_at = 128 + (size_t)slot * 128, private_at = 3840;
	for (size_t i = 0; i < private_at; i++)
		if (a->data[i] != b->data[i] && (i < start_at || i >= start_at + 128))
			return false;
	return true;
}

Test(keyfile_other, a_key_is_made_once_and_told_to_who_unlocked)
{
	struct secret *key = NULL, *again = NULL;
	struct keyfile *const file = loaded();
	cr_assert_eq(keyfile_other_key(file, &key, NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_other_make(file, NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_other_set(file, duress, NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_other_clear(file, NULL), STATUS_LOCKED);
	cr_assert_not(keyfile_is_taking_over(file));
	cr_assert_eq(keyfile_unlock(file, passphrase, NULL), STATUS_OK);
	cr_assert_eq(keyfile_other_key(file, &key, NULL), STATUS_OK);
	cr_assert_eq(keyfile_other_make(made, NULL), STATUS_OK);
	cr_assert_eq(keyfile_other_key(made, &again, NULL), STATUS_OK);
	cr_assert(span_equals(secret_span(key), secret_span(again)));
	cr_assert_not(span_equals(secret_span(key), secret_span(keyfile_data_key(made))));
	secret_free(key);
	secret_free(again);
	keyfile_free(file);
}

Test(keyfile_other, nothing_but_bytes_that_look_random_tells_that_a_passphrase_was_set)
{
	struct bytes before = {0}, after = {0};
	cr_assert_eq(file_read(&before, "key", KEYFILE_BYTES, NULL), STATUS_OK);
	cr_assert_eq(keyfile_other_set(made, duress, NULL), STATUS_OK);
	cr_assert_not(keyfile_slot_in_use(made, KEYFILE_SLOT_APART), "not even the real passphrase tells");
	save();
	cr_assert_eq(file_read(&after, "key", KEYFILE_BYTES, NULL), STATUS_OK);
	cr_assert(differs_only_in(KEYFILE_SLOT_APART, &before, &after));
	struct keyfile *const file = loaded();
	cr_assert_eq(keyfile_unlock(file, passphrase, NULL), STATUS_OK);
	cr_assert_not(keyfile_slot_in_use(file, KEYFILE_SLOT_APART));
	cr_assert_eq(keyfile_slot_clear(file, KEYFILE_SLOT_APART, NULL), STATUS_NOT_FOUND, "as of any empty slot");
	keyfile_free(file);
	bytes_wipe(&before);
	bytes_wipe(&after);
}

Test(keyfile_other, opened_the_file_becomes_another_that_holds_nothing_of_it)
{
	struct secret *key = NULL;
	cr_assert_eq(keyfile_other_set(made, duress, NULL), STATUS_OK);
	cr_assert_eq(keyfile_other_key(made, &key, NULL), STATUS_OK);
	save();
	struct keyfile *file = loaded();
	cr_assert_eq(keyfile_unlock(file, duress, NULL), STATUS_OK);
	cr_assert(keyfile_replaces(file));
	cr_assert(keyfile_is_taking_over(file));
	cr_assert(span_equals(secret_span(keyfile_data_key(file)), secret_span(key)));
	cr_assert_eq(keyfile_opened_slot(file), 0);
	cr_assert_eq(keyfile_opened_kind(file), KEYFILE_SLOT_PASSPHRASE);
	for (unsigned i = 1; i < KEYFILE_SLOTS; i++)
		cr_assert_not(keyfile_slot_in_use(file, i));
	cr_assert_eq(keyfile_floor_get(file).number, 0);
	cr_assert_not(span_equals(keyfile_name(file), keyfile_name(made)), "what unlock left is not found by it");
	const struct key_public inbox = keyfile_inbox_public(file), none = {{0}};
	cr_assert_eq(memcmp(&inbox, &none, sizeof none), 0);
	opens(passphrase, STATUS_OK);

	cr_assert_eq(keyfile_save(file, "key", false, NULL), STATUS_OK);
	keyfile_free(file);
	opens(passphrase, STATUS_LOCKED);
	opens(code, STATUS_LOCKED);
	file = loaded();
	cr_assert_eq(keyfile_unlock_with_key(file, keyfile_data_key(made), NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_unlock(file, duress, NULL), STATUS_OK, "from now on it is the passphrase");
	cr_assert_not(keyfile_replaces(file));
	cr_assert(keyfile_is_taking_over(file));
	keyfile_took_over(file);
	cr_assert_not(keyfile_is_taking_over(file));
	cr_assert_eq(keyfile_reload(made, "key", NULL), STATUS_LOCKED, "who had the old one open saves nothing of it");
	secret_free(key);
	keyfile_free(file);
}

Test(keyfile_other, no_block_of_what_was_there_is_in_what_it_becomes)
{
	struct bytes before = {0}, after = {0};
	cr_assert_eq(keyfile_other_set(made, duress, NULL), STATUS_OK);
	save();
	cr_assert_eq(file_read(&before, "key", KEYFILE_BYTES, NULL), STATUS_OK);
	struct keyfile *const file = loaded();
	cr_assert_eq(keyfile_unlock(file, duress, NULL), STATUS_OK);
	cr_assert_eq(keyfile_save(file, "key", false, NULL), STATUS_OK);
	cr_assert_eq(file_read(&after, "key", KEYFILE_BYTES, NULL), STATUS_OK);
	cr_assert_eq(memcmp(before.data, after.data, 32), 0, "version, costs and generation stay");
	cr_assert_eq(memcmp(before.data + 48, after.data + 48, 16), 0, "so does the salt");
	for (size_t at = 128; at + 16 <= KEYFILE_BYTES; at += 16)
		cr_expect_neq(memcmp(before.data + at, after.data + at, 16), 0, "bytes %zu and on", at);
	keyfile_free(file);
	bytes_wipe(&before);
	bytes_wipe(&after);
}

Test(keyfile_other, one_passphrase_never_opens_both)
{
	struct error err = {0};
	struct secret *const content = secret_of("a picture of a harbour");
	cr_assert_eq(keyfile_other_set(made, passphrase, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "opens the register already"));
	cr_assert_eq(keyfile_other_set(made, code, NULL), STATUS_REFUSED);
	save();
	opens(passphrase, STATUS_OK);
	cr_assert_eq(keyfile_other_set(made, duress, NULL), STATUS_OK);
	cr_assert_eq(keyfile_other_set(made, duress, NULL), STATUS_OK, "again");
	cr_assert_eq(keyfile_slot_set(made, 0, KEYFILE_SLOT_PASSPHRASE, duress, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "something else"));
	cr_assert_eq(keyfile_slot_set(made, 2, KEYFILE_SLOT_PASSPHRASE, duress, NULL), STATUS_REFUSED);
	cr_assert_eq(keyfile_slot_set_with_file(made, 2, duress, content, NULL), STATUS_REFUSED);
	save();
	opens(passphrase, STATUS_OK);
	struct keyfile *const file = loaded();
	cr_assert_eq(keyfile_unlock(file, duress, NULL), STATUS_OK);
	cr_assert(keyfile_replaces(file));
	keyfile_free(file);
	secret_free(content);
}

/* Whoever set it cannot have known what other files hold. */
Test(keyfile_other, a_passphrase_that_is_given_with_its_file_opens_what_that_opens)
{
	struct secret *const content = secret_of("a picture of a harbour");
	cr_assert_eq(keyfile_slot_set_with_file(made, 2, duress, content, NULL), STATUS_OK);
	cr_assert_eq(keyfile_other_set(made, duress, NULL), STATUS_OK);
	save();
	struct keyfile *const file = loaded();
	cr_assert_eq(keyfile_unlock_with_file(file, duress, content, NULL), STATUS_OK);
	cr_assert_not(keyfile_replaces(file));
	cr_assert_eq(keyfile_opened_kind(file), KEYFILE_SLOT_PASSPHRASE_AND_FILE);
	content->data[0] ^= 1;
	cr_assert_eq(keyfile_unlock_with_file(file, duress, content, NULL), STATUS_OK);
	cr_assert(keyfile_replaces(file), "with another file it is what it is without one");
	keyfile_free(file);
	secret_free(content);
}

Test(keyfile_other, taken_away_it_opens_nothing)
{
	cr_assert_eq(keyfile_other_clear(made, NULL), STATUS_OK, "whether there was one or not");
	cr_assert_eq(keyfile_other_set(made, duress, NULL), STATUS_OK);
	cr_assert_eq(keyfile_other_clear(made, NULL), STATUS_OK);
	save();
	opens(duress, STATUS_LOCKED);
	opens(passphrase, STATUS_OK);
}

Test(keyfile_other, a_slot_apart_that_an_older_register_uses_stays)
{
	struct error err = {0};
	cr_assert_eq(keyfile_slot_set(made, KEYFILE_SLOT_APART, KEYFILE_SLOT_PASSPHRASE, duress, NULL), STATUS_OK);
	cr_assert_eq(keyfile_other_set(made, code, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "in use"));
	cr_assert_eq(keyfile_other_clear(made, NULL), STATUS_REFUSED);
	save();
	struct keyfile *const file = loaded();
	cr_assert_eq(keyfile_unlock(file, duress, NULL), STATUS_OK);
	cr_assert_not(keyfile_replaces(file));
	keyfile_free(file);
}

Test(keyfile_other, the_next_generation_has_another_and_no_passphrase_for_it)
{
	struct keyfile *next = NULL;
	struct secret *key = NULL;
	cr_assert_eq(keyfile_other_set(made, duress, NULL), STATUS_OK);
	cr_assert_eq(keyfile_new_generation(&next, made, stretch_costs_minimum(), NULL), STATUS_OK);
	cr_assert_eq(keyfile_other_key(next, &key, NULL), STATUS_NOT_FOUND);
	cr_assert_eq(keyfile_slot_set(next, 0, KEYFILE_SLOT_PASSPHRASE, passphrase, NULL), STATUS_OK);
	cr_assert_eq(keyfile_save(next, "key", false, NULL), STATUS_OK);
	opens(duress, STATUS_LOCKED);
	keyfile_free(next);
}

static enum status load_and_open(struct keyfile **file)
{
	const enum status status = keyfile_load(file, "key", NULL);
	return status == STATUS_OK ? keyfile_unlock(*file, duress, NULL) : status;
}

Test(keyfile_other, without_memory_it_fails_and_opens_nothing)
{
	cr_assert_eq(keyfile_other_set(made, duress, NULL), STATUS_OK);
	save();
	for (size_t n = 1;; n++) {
		struct keyfile *file = NULL;
		failing_malloc_at(n);
		const enum status status = load_and_open(&file);
		const bool failed = failing_malloc_ended();
		cr_assert_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK, "allocation %zu: %s", n, status_word(status));
		cr_assert(!failed || file == NULL || (keyfile_data_key(file) == NULL && !keyfile_replaces(file)), "allocation %zu", n);
		keyfile_free(file);
		if (!failed)
			break;
		cr_assert_lt(n, 200);
	}
}
