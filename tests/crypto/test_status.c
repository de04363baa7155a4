#include "crypto/status.h"

#include <criterion/criterion.h>
#include <string.h>

Test(status, set_formats_the_message_clears_the_hint_and_returns_the_status)
{
	struct error err = {0};
	error_hint(&err, "an old hint");
	cr_assert_eq(error_set(&err, STATUS_IO, "cannot read \"%s\": %d", "a", 5), STATUS_IO);
	cr_assert_eq(err.status, STATUS_IO);
	cr_assert_str_eq(err.message, "cannot read \"a\": 5");
	cr_assert_str_empty(err.hint);
}

Test(status, hint_leaves_message_and_status)
{
	struct error err = {0};
	(void)error_set(&err, STATUS_LOCKED, "locked");
	error_hint(&err, "Try %s.", "again");
	cr_assert_str_eq(err.message, "locked");
	cr_assert_str_eq(err.hint, "Try again.");
	cr_assert_eq(err.status, STATUS_LOCKED);
}

Test(status, wrap_puts_its_words_first_and_keeps_the_hint)
{
	struct error err = {0};
	(void)error_set(&err, STATUS_IO, "disk full");
	error_hint(&err, "Make room.");
	cr_assert_eq(error_wrap(&err, STATUS_CORRUPT, "\"%s\"", "key"), STATUS_CORRUPT);
	cr_assert_str_eq(err.message, "\"key\": disk full");
	cr_assert_str_eq(err.hint, "Make room.");
	cr_assert_eq(err.status, STATUS_CORRUPT);
}

Test(status, nobody_to_tell_is_fine)
{
	error_hint(NULL, "x");
	cr_assert_eq(error_set(NULL, STATUS_BUSY, "x"), STATUS_BUSY);
	cr_assert_eq(error_wrap(NULL, STATUS_OFFLINE, "x"), STATUS_OFFLINE);
}

Test(status, messages_too_long_are_cut_and_end)
{
	static char endless[4 * ERROR_MESSAGE_BYTES];
	struct error err = {0};
	memset(endless, 'x', sizeof endless - 1);
	(void)error_set(&err, STATUS_IO, "%s", endless);
	cr_assert_eq(strlen(err.message), ERROR_MESSAGE_BYTES - 1);
	error_hint(&err, "%s", endless);
	cr_assert_eq(strlen(err.hint), ERROR_MESSAGE_BYTES - 1);
	(void)error_wrap(&err, STATUS_IO, "before");
	cr_assert_eq(strlen(err.message), ERROR_MESSAGE_BYTES - 1);
	cr_assert_eq(strncmp(err.message, "before: xxx", 11), 0);
	(void)error_wrap(&err, STATUS_IO, "%s", endless);
	cr_assert_eq(strlen(err.message), ERROR_MESSAGE_BYTES - 1);
}

Test(status, a_cut_never_splits_a_character)
{
	static const char characters[][5] = {"x", "\xd8\xb3", "\xe2\x82\xac", "\xf0\x9f\x8c\xbe"};
	for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++) {
		const size_t width = strlen(characters[i]);
		char endless[4 * ERROR_MESSAGE_BYTES] = "";
		for (size_t at = 0; at + width < sizeof endless; at += width)
			memcpy(endless + at, characters[i], width);
		for (size_t shift = 0; shift < width; shift++) {
			struct error err = {0};
			(void)error_set(&err, STATUS_IO, "%.*s%s", (int)shift, "abc", endless);
			const size_t len = strlen(err.message);
			cr_assert_eq((len - shift) % width, 0, "the last of %zu bytes is cut", width);
			cr_assert_gt(len + width, ERROR_MESSAGE_BYTES - 1);
			error_hint(&err, "%.*s%s", (int)shift, "abc", endless);
			cr_assert_str_eq(err.hint, err.message);
			(void)error_wrap(&err, STATUS_IO, "ab");
			cr_assert_eq((strlen(err.message) - shift - 4) % width, 0);
		}
	}
}

Test(status, each_has_a_word_of_its_own)
{
	for (int a = STATUS_OK; a <= STATUS_BUG; a++) {
		cr_assert_str_not_empty(status_word((enum status)a));
		for (int b = STATUS_OK; b < a; b++)
			cr_assert_str_neq(status_word((enum status)a), status_word((enum status)b));
	}
	cr_assert_str_eq(status_word(STATUS_BAD_INPUT), "bad_input");
}
