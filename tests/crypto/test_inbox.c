#include "crypto/inbox.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/file.h"
#include "tests/crypto/vector_file.h"
#include "tests/support/failing_malloc.h"

static char folder[] = "/tmp/sijil-test-inbox-XXXXXX";
static char inbox[64], elsewhere[64];
static struct sealing_key *recipient;
static struct key_public recipient_public;

static void start(void)
{
	uint8_t seed[KEY_SEED_BYTES];
	cr_assert_geq(sodium_init(), 0);
	memset(seed, 0x1b, sizeof seed);
	cr_assert_eq(sealing_key_from_seed(&recipient, (struct span){seed, sizeof seed}, NULL), STATUS_OK);
	recipient_public = sealing_key_public(recipient);
	cr_assert_not_null(mkdtemp(folder));
	(void)snprintf(inbox, sizeof inbox, "%s/inbox", folder);
	(void)snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", folder);
}

static void stop(void)
{
	(void)unlink(inbox);
	(void)unlink(elsewhere);
	(void)rmdir(inbox);
	(void)rmdir(folder);
	sealing_key_free(recipient);
}

TestSuite(inbox, .init = start, .fini = stop);

static enum status append(const char *text, struct error *err)
{
	struct inbox_state state;
	return inbox_append(inbox, span_from_text(text), &recipient_public, &state, err);
}

static struct inbox_state look(void)
{
	struct inbox_state state;
	cr_assert_eq(inbox_look(&state, inbox, NULL), STATUS_OK);
	return state;
}

static struct span record_of(const struct bytes *records, size_t i)
{
	return (struct span){records->data + i * INBOX_RECORD_BYTES, INBOX_RECORD_BYTES};
}

static void expect_records(const char *const *texts, size_t len)
{
	struct bytes records = {0};
	cr_assert_eq(inbox_read(&records, inbox, NULL), STATUS_OK);
	cr_assert_eq(records.len, len * INBOX_RECORD_BYTES, "%zu bytes of records", records.len);
	for (size_t i = 0; i < len; i++) {
		struct secret *content = NULL;
		struct hash name;
		cr_assert_eq(inbox_open(&content, &name, record_of(&records, i), recipient, NULL), STATUS_OK);
		cr_assert(span_equals(secret_span(content), span_from_text(texts[i])), "record %zu", i);
		secret_free(content);
	}
	bytes_wipe(&records);
}

Test(inbox, gives_back_what_was_appended_in_its_order)
{
	static const char *const texts[] = {"first", "second", "", "fourth"};
	cr_assert_eq(look().records, 0);
	expect_records(NULL, 0);
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(append(texts[i], NULL), STATUS_OK);
	expect_records(texts, 4);
	cr_assert_eq(look().records, 4);
	struct stat found;
	cr_assert_eq(stat(inbox, &found), 0);
	cr_assert_eq(found.st_mode & 0777, 0600);
	cr_assert_eq(found.st_size, 4 * INBOX_RECORD_BYTES);
}

Test(inbox, takes_the_longest_content_and_no_longer)
{
	static const uint8_t zeros[INBOX_CONTENT_MAX_BYTES + 1];
	struct inbox_state state;
	struct error err = {0};
	struct bytes records = {0};
	struct secret *content = NULL;
	struct hash name;
	cr_assert_eq(inbox_append(inbox, (struct span){zeros, INBOX_CONTENT_MAX_BYTES + 1}, &recipient_public, &state, &err),
	             STATUS_BAD_INPUT);
	cr_assert_not(file_exists(inbox), "what is too long makes no file");
	cr_assert_eq(inbox_append(inbox, (struct span){zeros, INBOX_CONTENT_MAX_BYTES}, &recipient_public, &state, &err), STATUS_OK);
	cr_assert_eq(inbox_read(&records, inbox, NULL), STATUS_OK);
	cr_assert_eq(inbox_open(&content, &name, bytes_span(&records), recipient, NULL), STATUS_OK);
	cr_assert_eq(content->len, INBOX_CONTENT_MAX_BYTES);
	secret_free(content);
	bytes_wipe(&records);
}

Test(inbox, one_content_twice_is_two_records_with_two_names)
{
	struct bytes records = {0};
	struct secret *content[2];
	struct hash names[2];
	cr_assert_eq(append("twice", NULL), STATUS_OK);
	cr_assert_eq(append("twice", NULL), STATUS_OK);
	cr_assert_eq(inbox_read(&records, inbox, NULL), STATUS_OK);
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(inbox_open(&content[i], &names[i], record_of(&records, i), recipient, NULL), STATUS_OK);
		secret_free(content[i]);
	}
	cr_assert_not(hash_equals(&names[0], &names[1]));
	bytes_wipe(&records);
}

Test(inbox, full_refuses_the_next_and_keeps_all)
{
	static const char *texts[INBOX_RECORDS_MAX];
	struct error err = {0};
	for (size_t i = 0; i < INBOX_RECORDS_MAX; i++) {
		texts[i] = i % 2 == 0 ? "even" : "odd";
		cr_assert_eq(append(texts[i], NULL), STATUS_OK);
	}
	cr_assert_eq(append("one more", &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "64 notes wait"), "%s", err.message);
	expect_records(texts, INBOX_RECORDS_MAX);
}

/* A power cut or a kill leaves any beginning of the new record. */
Test(inbox, a_torn_tail_loses_nothing_earlier_and_is_told)
{
	static const char *const texts[] = {"first", "second", "third"};
	static const size_t cuts[] = {1, 47, INBOX_RECORD_BYTES / 2, INBOX_RECORD_BYTES - 1};
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		struct inbox_state state;
		cr_assert_eq(append("first", NULL), STATUS_OK);
		cr_assert_eq(append("second", NULL), STATUS_OK);
		cr_assert_eq(append("cut short", NULL), STATUS_OK);
		cr_assert_eq(truncate(inbox, (off_t)(2 * INBOX_RECORD_BYTES + cuts[i])), 0);
		cr_assert_eq(look().records, 2);
		cr_assert_eq(look().torn_bytes, cuts[i]);
		expect_records(texts, 2);
		cr_assert_eq(inbox_append(inbox, span_from_text("third"), &recipient_public, &state, NULL), STATUS_OK);
		cr_assert_eq(state.records, 3);
		cr_assert_eq(state.torn_bytes, cuts[i], "it says what it found");
		expect_records(texts, 3);
		cr_assert_eq(truncate(inbox, (off_t)(3 * INBOX_RECORD_BYTES + cuts[i])), 0);
		cr_assert_eq(inbox_remove(inbox, NULL, 0, NULL), STATUS_OK);
		cr_assert_eq(look().torn_bytes, 0);
		expect_records(texts, 3);
		cr_assert_eq(unlink(inbox), 0);
	}
}

/* The disk takes part of the record: what was there before stays, and the file ends where it did. */
Test(inbox, a_write_that_fails_adds_nothing)
{
	static const char *const texts[] = {"first"};
	const struct rlimit little = {INBOX_RECORD_BYTES + 100, RLIM_INFINITY};
	const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};
	struct error err = {0};
	cr_assert_eq(append("first", NULL), STATUS_OK);
	(void)signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
	cr_assert_eq(append("second", &err), STATUS_IO);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &any), 0);
	cr_assert_eq(look().torn_bytes, 0);
	expect_records(texts, 1);
}

Test(inbox, killed_at_any_moment_keeps_what_was_told_to_be_kept)
{
	size_t told = 0;
	for (int i = 0; i < 25; i++) {
		int ready[2];
		cr_assert_eq(pipe(ready), 0);
		const pid_t child = fork();
		if (child == 0) {
			for (int n = 0; n < INBOX_RECORDS_MAX; n++)
				if (append("kept", NULL) != STATUS_OK || write(ready[1], "x", 1) != 1)
					_exit(1);
			_exit(0);
		}
		(void)close(ready[1]);
		char byte;
		for (int n = 0; n <= i % 4 && read(ready[0], &byte, 1) == 1; n++)
			told++;
		cr_assert_eq(kill(child, SIGKILL), 0);
		cr_assert_eq(waitpid(child, NULL, 0), child);
		while (read(ready[0], &byte, 1) == 1)
			told++;
		(void)close(ready[0]);
		cr_assert_geq(look().records, told, "killed %d times", i + 1);
		struct bytes records = {0};
		cr_assert_eq(inbox_read(&records, inbox, NULL), STATUS_OK);
		for (size_t n = 0; n < told; n++) {
			struct secret *content = NULL;
			struct hash name;
			cr_assert_eq(inbox_open(&content, &name, record_of(&records, n), recipient, NULL), STATUS_OK);
			secret_free(content);
		}
		bytes_wipe(&records);
		cr_assert_eq(unlink(inbox), 0);
		told = 0;
	}
}

/* --- one record --- */

static void expect_refused(struct span record, const char *rule)
{
	struct secret *content = NULL;
	struct hash name = {{7}};
	struct error err = {0};
	cr_assert_eq(inbox_open(&content, &name, record, recipient, &err), STATUS_TAMPERED, "%s", rule);
	cr_assert_not_null(strstr(err.message, rule), "%s", err.message);
	cr_assert_null(content);
	cr_assert_eq(name.bytes[0], 7);
}

Test(inbox, refuses_any_flipped_bit_and_another_length)
{
	struct bytes records = {0};
	cr_assert_eq(append("whole", NULL), STATUS_OK);
	cr_assert_eq(inbox_read(&records, inbox, NULL), STATUS_OK);
	for (size_t bit = 0; bit < 8 * INBOX_RECORD_BYTES; bit += bit < 1024 ? 1 : 97) {
		records.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		expect_refused(bytes_span(&records), "inbox_box");
		records.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	expect_refused((struct span){records.data, INBOX_RECORD_BYTES - 1}, "inbox_length");
	expect_refused((struct span){0}, "inbox_length");
	bytes_wipe(&records);
}

Test(inbox, opens_for_no_other_key)
{
	struct bytes records = {0};
	struct sealing_key *other = NULL;
	struct secret *content = NULL;
	struct hash name;
	cr_assert_eq(append("not yours", NULL), STATUS_OK);
	cr_assert_eq(inbox_read(&records, inbox, NULL), STATUS_OK);
	cr_assert_eq(sealing_key_new(&other, NULL), STATUS_OK);
	cr_assert_eq(inbox_open(&content, &name, bytes_span(&records), other, NULL), STATUS_TAMPERED);
	sealing_key_free(other);
	bytes_wipe(&records);
}

Test(inbox, seals_to_no_key_that_is_none)
{
	const struct key_public zero = {{0}};
	struct inbox_state state;
	cr_assert_eq(inbox_append(inbox, span_from_text("lost"), &zero, &state, NULL), STATUS_TAMPERED);
	cr_assert_not(file_exists(inbox));
}

/* Records as another program makes them; the plain ones are sealed here, for a sealed box is never twice the same. */
static void see(const struct vector *vector)
{
	struct bytes sealed = {0};
	struct secret *content = NULL;
	struct hash name;
	struct error err = {0};
	const struct span in = bytes_span(&vector->bytes);
	const char *const rule = vector_rule(vector);
	if (in.len == INBOX_RECORD_BYTES - crypto_box_SEALBYTES) {
		cr_assert_eq(bytes_reserve(&sealed, INBOX_RECORD_BYTES, NULL), STATUS_OK);
		cr_assert_eq(crypto_box_seal(sealed.data, in.data, in.len, recipient_public.bytes), 0);
		sealed.len = INBOX_RECORD_BYTES;
	} else {
		cr_assert_eq(bytes_append(&sealed, in, NULL), STATUS_OK);
	}
	const enum status status = inbox_open(&content, &name, bytes_span(&sealed), recipient, &err);
	if (strcmp(rule, "good") == 0) {
		cr_assert_eq(status, STATUS_OK, "%s: %s", vector->label, err.message);
		cr_assert_geq(content->len, 4);
		cr_assert_eq(memcmp(content->data, "note", 4), 0, "%s", vector->label);
	} else {
		cr_assert_eq(status, STATUS_TAMPERED, "%s", vector->label);
		cr_assert_not_null(strstr(err.message, rule), "%s: %s", vector->label, err.message);
	}
	secret_free(content);
	bytes_wipe(&sealed);
}

Test(inbox, agrees_with_the_vectors)
{
	cr_assert_geq(vector_file_each("inbox.txt", see), 8);
}

/* --- the file --- */

Test(inbox, takes_the_named_records_out_and_the_file_with_the_last)
{
	static const char *const left[] = {"first", "third"};
	struct bytes records = {0};
	struct hash names[3];
	for (size_t i = 0; i < 3; i++)
		cr_assert_eq(append(i == 0 ? "first" : i == 1 ? "second" : "third", NULL), STATUS_OK);
	cr_assert_eq(inbox_read(&records, inbox, NULL), STATUS_OK);
	for (size_t i = 0; i < 3; i++)
		names[i] = hash_of(record_of(&records, i));
	cr_assert_eq(inbox_remove(inbox, &names[1], 1, NULL), STATUS_OK);
	expect_records(left, 2);
	cr_assert_eq(inbox_remove(inbox, &names[1], 1, NULL), STATUS_OK, "what is gone does no harm");
	expect_records(left, 2);
	cr_assert_eq(inbox_remove(inbox, names, 3, NULL), STATUS_OK);
	cr_assert_not(file_exists(inbox));
	cr_assert_eq(inbox_remove(inbox, names, 3, NULL), STATUS_OK, "nor where there is no file");
	bytes_wipe(&records);
}

Test(inbox, follows_no_link_and_takes_no_folder)
{
	struct inbox_state state;
	struct bytes records = {0};
	cr_assert_eq(symlink(elsewhere, inbox), 0);
	cr_assert_eq(append("through a link", NULL), STATUS_REFUSED);
	cr_assert_eq(inbox_look(&state, inbox, NULL), STATUS_REFUSED);
	cr_assert_eq(inbox_read(&records, inbox, NULL), STATUS_REFUSED);
	cr_assert_not(file_exists(elsewhere));
	cr_assert_eq(unlink(inbox), 0);
	cr_assert_eq(mkdir(inbox, 0700), 0);
	cr_assert_eq(append("into a folder", NULL), STATUS_REFUSED);
}

Test(inbox, many_writers_and_a_remover_lose_nothing)
{
	enum { WRITERS = 6, EACH = 5 };
	struct bytes records = {0};
	cr_assert_eq(append("goes", NULL), STATUS_OK);
	cr_assert_eq(inbox_read(&records, inbox, NULL), STATUS_OK);
	const struct hash gone = hash_of(bytes_span(&records));
	for (int i = 0; i < WRITERS; i++) {
		if (fork() != 0)
			continue;
		for (int n = 0; n < EACH; n++)
			if (append("stays", NULL) != STATUS_OK)
				_exit(1);
		_exit(0);
	}
	cr_assert_eq(inbox_remove(inbox, &gone, 1, NULL), STATUS_OK);
	for (int i = 0, status; i < WRITERS; i++) {
		cr_assert_gt(wait(&status), 0);
		cr_assert_eq(status, 0);
	}
	static const char *texts[WRITERS * EACH];
	for (size_t i = 0; i < WRITERS * EACH; i++)
		texts[i] = "stays";
	expect_records(texts, WRITERS * EACH);
	bytes_wipe(&records);
}

Test(inbox, survives_each_failing_allocation)
{
	static const char *const texts[] = {"first"};
	cr_assert_eq(append("first", NULL), STATUS_OK);
	for (size_t n = 1;; n++) {
		failing_malloc_at(n);
		const enum status status = append("second", NULL);
		if (!failing_malloc_ended()) {
			cr_assert_eq(status, STATUS_OK);
			return;
		}
		cr_assert_eq(status, STATUS_NO_MEMORY);
		expect_records(texts, 1);
	}
}
