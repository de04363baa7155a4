/* Slots, generations and the inbox of a key file. */
#include "crypto/keyfile.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/file.h"
#include "tests/support/failing_malloc.h"

static char folder[] = "/tmp/sijil-test-slots-XXXXXX";
static struct secret *passphrase;
static struct secret *wrong;
static struct keyfile *made; /* new, passphrase in slot 0 */

static struct secret *secret_of(const char *text)
{
	struct secret *secret = NULL;
	cr_assert_eq(secret_new_copy(&secret, span_from_text(text), NULL), STATUS_OK);
	return secret;
}

static void start(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
	passphrase = secret_of("lusab-babad-gutih-tugad");
	wrong = secret_of("lusab-babad-gutih-tugas");
	cr_assert_eq(keyfile_new(&made, passphrase, stretch_costs_minimum(), NULL), STATUS_OK);
}

static void stop(void)
{
	secret_free(passphrase);
	secret_free(wrong);
	keyfile_free(made);
	(void)unlink("key");
	cr_assert_eq(chdir("/"), 0);
	(void)rmdir(folder);
}

TestSuite(keyfile_slot, .init = start, .fini = stop);

static void image_of(const struct keyfile *file, uint8_t image[KEYFILE_BYTES])
{
	struct bytes content = {0};
	cr_assert_eq(keyfile_save(file, "key", false, NULL), STATUS_OK);
	cr_assert_eq(file_read(&content, "key", KEYFILE_BYTES, NULL), STATUS_OK);
	cr_assert_eq(content.len, KEYFILE_BYTES);
	memcpy(image, content.data, KEYFILE_BYTES);
	bytes_wipe(&content);
}

static struct keyfile *parsed(const uint8_t image[KEYFILE_BYTES])
{
	struct keyfile *file = NULL;
	cr_assert_eq(keyfile_parse(&file, (struct span){image, KEYFILE_BYTES}, NULL), STATUS_OK);
	return file;
}

static struct keyfile *reopened(const struct keyfile *file)
{
	uint8_t image[KEYFILE_BYTES];
	image_of(file, image);
	return parsed(image);
}

Test(keyfile_slot, says_which_slot_opened_it_and_of_what_kind)
{
	cr_assert_eq(keyfile_opened_slot(made), 0);
	cr_assert_eq(keyfile_opened_kind(made), KEYFILE_SLOT_PASSPHRASE);
	cr_assert_eq(keyfile_slot_set(made, 6, KEYFILE_SLOT_RECOVERY, wrong, NULL), STATUS_OK);
	cr_assert_eq(keyfile_slot_kind(made, 6), KEYFILE_SLOT_RECOVERY);
	struct keyfile *const file = reopened(made);
	cr_assert_eq(keyfile_opened_slot(file), KEYFILE_SLOTS);
	cr_assert_eq(keyfile_slot_kind(file, 6), KEYFILE_SLOT_EMPTY, "a locked file shows its slots");
	cr_assert_eq(keyfile_unlock(file, wrong, NULL), STATUS_OK);
	cr_assert_eq(keyfile_opened_slot(file), 6);
	cr_assert_eq(keyfile_opened_kind(file), KEYFILE_SLOT_RECOVERY);
	cr_assert_eq(keyfile_slot_kind(file, 0), KEYFILE_SLOT_PASSPHRASE);
	cr_assert_eq(keyfile_slot_kind(file, KEYFILE_SLOTS), KEYFILE_SLOT_EMPTY);
	cr_assert_eq(keyfile_unlock_with_key(file, keyfile_data_key(made), NULL), STATUS_OK);
	cr_assert_eq(keyfile_opened_slot(file), KEYFILE_SLOTS, "no slot opened it");
	cr_assert_eq(keyfile_opened_kind(file), KEYFILE_SLOT_EMPTY);
	keyfile_free(file);
}

Test(keyfile_slot, a_slot_of_passphrase_and_file_opens_with_both_and_with_neither_alone)
{
	struct secret *const content = secret_of("a picture of a harbour"), *const other = secret_of("a picture of a harbor");
	cr_assert_eq(keyfile_slot_set_with_file(made, 0, passphrase, content, NULL), STATUS_OK);
	cr_assert_eq(keyfile_slot_kind(made, 0), KEYFILE_SLOT_PASSPHRASE_AND_FILE);
	struct keyfile *const file = reopened(made);
	cr_assert_eq(keyfile_unlock(file, passphrase, NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_unlock(file, content, NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_unlock_with_file(file, passphrase, other, NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_unlock_with_file(file, wrong, content, NULL), STATUS_LOCKED);
	cr_assert_null(keyfile_data_key(file));
	cr_assert_eq(keyfile_unlock_with_file(file, passphrase, content, NULL), STATUS_OK);
	cr_assert(span_equals(secret_span(keyfile_data_key(file)), secret_span(keyfile_data_key(made))));
	cr_assert_eq(keyfile_opened_kind(file), KEYFILE_SLOT_PASSPHRASE_AND_FILE);
	keyfile_free(file);
	secret_free(content);
	secret_free(other);
}

Test(keyfile_slot, a_file_given_in_vain_does_not_keep_a_passphrase_out)
{
	struct secret *const content = secret_of("a picture of a harbour");
	struct keyfile *const file = reopened(made);
	cr_assert_eq(keyfile_unlock_with_file(file, passphrase, content, NULL), STATUS_OK);
	cr_assert_eq(keyfile_opened_kind(file), KEYFILE_SLOT_PASSPHRASE);
	keyfile_free(file);
	secret_free(content);
}

Test(keyfile_slot, a_key_file_without_content_or_without_end_is_bad_input)
{
	struct secret *empty = NULL, *endless = NULL;
	cr_assert_eq(secret_new(&empty, 1, NULL), STATUS_OK);
	cr_assert_eq(secret_new_random(&endless, KEYFILE_CONTENT_MAX_BYTES + 1, NULL), STATUS_OK);
	cr_assert_eq(keyfile_slot_set_with_file(made, 1, passphrase, empty, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(keyfile_slot_set_with_file(made, 1, passphrase, endless, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(keyfile_unlock_with_file(made, passphrase, endless, NULL), STATUS_BAD_INPUT);
	endless->len--;
	cr_assert_eq(keyfile_slot_set_with_file(made, 1, passphrase, endless, NULL), STATUS_OK);
	cr_assert_eq(keyfile_slot_set(made, 2, KEYFILE_SLOT_PASSPHRASE_AND_FILE, passphrase, NULL), STATUS_BUG);
	cr_assert_eq(keyfile_slot_set(made, 2, KEYFILE_SLOT_EMPTY, passphrase, NULL), STATUS_BUG);
	secret_free(empty);
	secret_free(endless);
}

Test(keyfile_slot, the_next_generation_shares_the_floor_and_nothing_else)
{
	struct keyfile *next = NULL;
	const struct keyfile_floor floor = {41, {{1, 2, 3}}};
	keyfile_floor_set(made, &floor);
	cr_assert_eq(keyfile_inbox_make(made, NULL), STATUS_OK);
	cr_assert_eq(keyfile_slot_set(made, 1, KEYFILE_SLOT_RECOVERY, wrong, NULL), STATUS_OK);
	cr_assert_eq(keyfile_new_generation(&next, made, stretch_costs_minimum(), NULL), STATUS_OK);
	cr_assert_eq(keyfile_generation(next), 2);
	cr_assert_eq(keyfile_floor_get(next).number, 41);
	const struct keyfile_floor kept = keyfile_floor_get(next);
	cr_assert(hash_equals(&kept.id, &floor.id));
	cr_assert_not(span_equals(secret_span(keyfile_data_key(next)), secret_span(keyfile_data_key(made))));
	cr_assert_not(span_equals(keyfile_name(next), keyfile_name(made)));
	for (unsigned i = 0; i < KEYFILE_SLOTS; i++)
		cr_assert_not(keyfile_slot_in_use(next, i));
	const struct key_public inbox = keyfile_inbox_public(next);
	cr_assert(sodium_is_zero(inbox.bytes, sizeof inbox.bytes));
	cr_assert_eq(keyfile_save(next, "key", false, NULL), STATUS_BUG, "a file that nothing opens is not saved");
	cr_assert_eq(keyfile_slot_set(next, 0, KEYFILE_SLOT_PASSPHRASE, wrong, NULL), STATUS_OK);
	struct keyfile *const file = reopened(next);
	cr_assert_eq(keyfile_unlock(file, passphrase, NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_unlock_with_key(file, keyfile_data_key(made), NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_new_generation(&next, file, stretch_costs_minimum(), NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_unlock(file, wrong, NULL), STATUS_OK);
	cr_assert_eq(keyfile_generation(file), 2);
	cr_assert_eq(keyfile_floor_get(file).number, 41);
	keyfile_free(file);
	keyfile_free(next);
}

Test(keyfile_slot, reloaded_it_holds_what_another_program_saved)
{
	struct keyfile *other = NULL;
	const struct keyfile_floor floor = {7, {{7}}};
	const struct secret *const data_key = keyfile_data_key(made);
	struct keyfile *const file = reopened(made);
	cr_assert_eq(keyfile_reload(file, "key", NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_unlock(file, passphrase, NULL), STATUS_OK);
	keyfile_floor_set(file, &floor);
	cr_assert_eq(keyfile_slot_set(file, 0, KEYFILE_SLOT_PASSPHRASE, wrong, NULL), STATUS_OK);
	cr_assert_eq(keyfile_save(file, "key", false, NULL), STATUS_OK);
	cr_assert_eq(keyfile_reload(made, "key", NULL), STATUS_OK);
	cr_assert_eq(keyfile_data_key(made), data_key, "whoever borrowed the data key still has it");
	cr_assert_eq(keyfile_floor_get(made).number, 7);
	cr_assert_eq(keyfile_unlock(made, passphrase, NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_unlock(made, wrong, NULL), STATUS_OK);
	cr_assert_eq(keyfile_new(&other, passphrase, stretch_costs_minimum(), NULL), STATUS_OK);
	cr_assert_eq(keyfile_save(other, "key", false, NULL), STATUS_OK);
	cr_assert_eq(keyfile_reload(made, "key", NULL), STATUS_LOCKED, "it is another's");
	cr_assert_eq(keyfile_floor_get(made).number, 7);
	cr_assert_eq(unlink("key"), 0);
	cr_assert_eq(keyfile_reload(made, "key", NULL), STATUS_NOT_FOUND);
	keyfile_free(other);
	keyfile_free(file);
}

Test(keyfile_slot, an_inbox_is_made_once_and_opens_only_what_is_unlocked)
{
	struct sealing_key *key = NULL;
	cr_assert_eq(keyfile_inbox_secret(made, &key, NULL), STATUS_NOT_FOUND);
	cr_assert_eq(keyfile_inbox_make(made, NULL), STATUS_OK);
	const struct key_public inbox = keyfile_inbox_public(made);
	cr_assert_not(sodium_is_zero(inbox.bytes, sizeof inbox.bytes));
	cr_assert_eq(keyfile_inbox_make(made, NULL), STATUS_OK);
	struct keyfile *const file = reopened(made);
	const struct key_public while_locked = keyfile_inbox_public(file);
	cr_assert_eq(memcmp(inbox.bytes, while_locked.bytes, sizeof inbox.bytes), 0, "it stays the same");
	cr_assert_eq(keyfile_inbox_secret(file, &key, NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_inbox_make(file, NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_unlock(file, passphrase, NULL), STATUS_OK);
	cr_assert_eq(keyfile_inbox_secret(file, &key, NULL), STATUS_OK);
	const struct key_public of_secret = sealing_key_public(key);
	cr_assert_eq(memcmp(inbox.bytes, of_secret.bytes, sizeof inbox.bytes), 0);
	sealing_key_free(key);
	keyfile_free(file);
}

Test(keyfile_slot, an_inbox_key_put_in_while_locked_is_found_at_the_next_unlock)
{
	uint8_t image[KEYFILE_BYTES];
	cr_assert_eq(keyfile_inbox_make(made, NULL), STATUS_OK);
	image_of(made, image);
	memset(image + 80, 9, 32);
	struct keyfile *const file = parsed(image);
	cr_assert_eq(keyfile_unlock(file, passphrase, NULL), STATUS_TAMPERED);
	keyfile_free(file);
}

static enum status use_all(struct keyfile **next, struct sealing_key **key, const struct secret *content)
{
	enum status status = keyfile_inbox_make(made, NULL);
	if (status == STATUS_OK)
		status = keyfile_inbox_secret(made, key, NULL);
	if (status == STATUS_OK)
		status = keyfile_reload(made, "key", NULL);
	if (status == STATUS_OK)
		status = keyfile_new_generation(next, made, stretch_costs_minimum(), NULL);
	if (status == STATUS_OK)
		status = keyfile_slot_set_with_file(*next, 3, passphrase, content, NULL);
	return status;
}

Test(keyfile_slot, without_memory_it_fails_and_stays_as_it_was)
{
	struct secret *const content = secret_of("a picture of a harbour");
	uint8_t image[KEYFILE_BYTES];
	image_of(made, image);
	for (size_t n = 1;; n++) {
		struct keyfile *next = NULL;
		struct sealing_key *key = NULL;
		failing_malloc_at(n);
		const enum status status = use_all(&next, &key, content);
		const bool failed = failing_malloc_ended();
		cr_assert_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK, "allocation %zu: %s", n, status_word(status));
		cr_assert(!failed || next == NULL || !keyfile_slot_in_use(next, 3), "allocation %zu", n);
		cr_assert_not_null(keyfile_data_key(made));
		cr_assert_eq(keyfile_slot_kind(made, 0), KEYFILE_SLOT_PASSPHRASE);
		keyfile_free(next);
		sealing_key_free(key);
		if (!failed)
			break;
		cr_assert_lt(n, 200);
	}
	secret_free(content);
}
