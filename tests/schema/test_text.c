#include "schema/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/failing_malloc.h"

static const char *normal(const char *in)
{
	static char out[256];
	struct error err = {0};
	cr_assert_eq(text_normalise(out, sizeof out, span_from_text(in), 80, &err), STATUS_OK, "%s: %s", in, err.message);
	return out;
}

static void refused(const char *in, size_t len)
{
	char out[64] = "untouched";
	struct error err = {0};
	cr_expect_eq(text_normalise(out, sizeof out, (struct span){(const uint8_t *)in, len}, 20, &err), STATUS_BAD_INPUT);
	cr_expect_str_eq(out, "untouched");
	cr_expect(err.message[0] != '\0');
}

Test(text, trims_and_folds_white_space)
{
	cr_expect_str_eq(normal("  Um \t\r\n Elmayathen\xC2\xA0 "), "Um Elmayathen");
	cr_expect_str_eq(normal(""), "");
	cr_expect_str_eq(normal(" \n "), "");
}

Test(text, composes_to_nfc)
{
	cr_expect_str_eq(normal("e\xCC\x81"), "\xC3\xA9");
	/* alef and madda above become one letter */
	cr_expect_str_eq(normal("\xD8\xA7\xD9\x93"), "\xD8\xA2");
}

Test(text, keeps_arabic_and_the_joiners_of_persian)
{
	const char *const names[] = {"\xD9\x86\xD8\xB5\xD9\x8A\xD8\xA8", "\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xB1"};
	for (size_t i = 0; i < 2; i++)
		cr_expect_str_eq(normal(names[i]), names[i]);
}

Test(text, refuses_what_is_no_plain_text)
{
	refused("a\0b", 3);
	refused("a\x1b[31m", 6);
	refused("a\xE2\x80\xAE" "b", 5); /* right-to-left override */
	refused("a\xE2\x81\xA6" "b", 5); /* isolate */
	refused("\xD8\x9C" "b", 3);
	refused("\xEF\xBB\xBF" "b", 4);
	refused("\xC3", 1);
	refused("\xED\xA0\x80", 3); /* a surrogate */
	refused("\xC0\xAF", 2);     /* not shortest */
	refused("abcdefghijklmnopqrstu", 21);
}

Test(text, normal_means_unchanged_by_normalising)
{
	cr_expect(text_is_normal(span_from_text("")));
	cr_expect(text_is_normal(span_from_text("Dar'a \xD8\xAF\xD8\xB1\xD8\xB9\xD8\xA7")));
	cr_expect_not(text_is_normal(span_from_text(" Dar'a")));
	cr_expect_not(text_is_normal(span_from_text("Dar'a ")));
	cr_expect_not(text_is_normal(span_from_text("Dar'a  city")));
	cr_expect_not(text_is_normal(span_from_text("e\xCC\x81")));
	cr_expect_not(text_is_normal(span_from_text("\xE2\x80\xAE")));
	cr_expect_not(text_is_normal(span_from_text("\xFF")));
}

Test(text, folds_digits_of_other_scripts)
{
	char out[64];
	cr_assert_eq(text_fold_digits(out, sizeof out, span_from_text("\xD9\xA2\xD9\xA5\xD9\xA0\xE2\x80\x93\xDB\xB4\xDB\xB0\xDB\xB0"), NULL),
	             STATUS_OK);
	cr_expect_str_eq(out, "250-400");
	cr_assert_eq(text_fold_digits(out, sizeof out, span_from_text("\xD9\xA5\xD9\xAB\xD9\xA5 \xD9\xAA"), NULL), STATUS_OK);
	cr_expect_str_eq(out, "5.5 %");
	cr_expect_eq(text_fold_digits(out, 4, span_from_text("12345"), NULL), STATUS_BAD_INPUT);
	cr_expect_eq(text_fold_digits(out, sizeof out, span_from_text("1\xFF"), NULL), STATUS_BAD_INPUT);
}

Test(text, a_terminal_obeys_nothing_of_it)
{
	struct bytes out = {0};
	cr_assert_eq(text_for_terminal(&out, span_from_text("a\x1b[2J\nb\xE2\x80\xAE\xFF\xC3"), true, NULL), STATUS_OK);
	cr_expect(span_equals(bytes_span(&out),
	                      span_from_text("a\xEF\xBF\xBD[2J\nb\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD")));
	bytes_clear(&out);
	cr_assert_eq(text_for_terminal(&out, span_from_text("a\nb"), false, NULL), STATUS_OK);
	cr_expect(span_equals(bytes_span(&out), span_from_text("a\xEF\xBF\xBD" "b")));
	bytes_wipe(&out);
}

Test(text, width_counts_columns)
{
	cr_expect_eq(text_width(span_from_text("Nasib")), 5);
	cr_expect_eq(text_width(span_from_text("\xD9\x86\xD8\xB5\xD9\x8A\xD8\xA8")), 4);
	cr_expect_eq(text_width(span_from_text("e\xCC\x81")), 1);
	cr_expect_eq(text_width(span_from_text("\xE4\xB8\xAD")), 2);
}

Test(text, a_passphrase_is_one_however_it_was_typed)
{
	struct secret *in = NULL;
	struct secret *out = NULL;
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	cr_assert_eq(secret_new_copy(&in, span_from_text("e\xCC\x81\xEF\xBC\x91\xEF\xAC\x81"), NULL), STATUS_OK);
	cr_assert_eq(text_normalise_secret(&out, in, NULL), STATUS_OK);
	cr_expect(span_equals(secret_span(out), span_from_text("\xC3\xA9" "1fi")));
	secret_free(in);
	secret_free(out);
	cr_assert_eq(secret_new_copy(&in, span_from_text("\xFF"), NULL), STATUS_OK);
	cr_expect_eq(text_normalise_secret(&out, in, NULL), STATUS_BAD_INPUT);
	secret_free(in);
}

Test(text, numbers_are_bounded)
{
	const char *const text = "4294967295x";
	const char *at = text;
	uint32_t value = 7;
	cr_expect(text_read_number(&at, UINT32_MAX, &value));
	cr_expect_eq(value, UINT32_MAX);
	cr_expect_str_eq(at, "x");
	at = "4294967296";
	cr_expect_not(text_read_number(&at, UINT32_MAX, &value));
	at = "13";
	cr_expect_not(text_read_number(&at, 12, &value));
	at = "-1";
	cr_expect_not(text_read_number(&at, 12, &value));
	cr_expect_eq(value, UINT32_MAX);
}

/* `chars` times the letter e and an accent, decomposed. */
static char *accents(size_t chars)
{
	char *text = calloc(chars + 1, 3);
	cr_assert_not_null(text);
	for (size_t i = 0; i < chars; i++)
		memcpy(text + 3 * i, "e\xCC\x81", 3);
	return text;
}

Test(text, long_texts_are_normalised_too)
{
	char *in = accents(3000);
	char *out = calloc(9001, 1);
	cr_assert_not_null(out);
	cr_assert_eq(text_normalise(out, 9001, span_from_text(in), 3000, NULL), STATUS_OK);
	cr_expect_eq(strlen(out), 6000);
	cr_expect_eq(text_normalise(out, 9001, span_from_text(in), 2999, NULL), STATUS_BAD_INPUT);
	cr_expect_eq(text_normalise(out, 6000, span_from_text(in), 3000, NULL), STATUS_BAD_INPUT);
	for (size_t n = 1; n <= 2; n++) {
		failing_malloc_at(n);
		cr_expect_eq(text_normalise(out, 9001, span_from_text(in), 3000, NULL), STATUS_NO_MEMORY);
		cr_expect(failing_malloc_ended());
	}
	free(in);
	free(out);
}

static void expect_letters(const char *text, const int32_t *expected, size_t expected_len)
{
	int32_t letters[16];
	size_t len = 0;
	cr_assert_eq(text_letters(letters, 16, &len, span_from_text(text), NULL), STATUS_OK, "%s", text);
	cr_assert_eq(len, expected_len, "%s", text);
	cr_expect_eq(memcmp(letters, expected, len * sizeof *letters), 0, "%s", text);
}

Test(text, letters_are_bare_of_marks_case_and_form)
{
	expect_letters("ÉŞ", (const int32_t[]){'e', 's'}, 2);
	expect_letters("أئؤ", (const int32_t[]){0x0627, 0x064A, 0x0648}, 3);
	expect_letters("دَ", (const int32_t[]){0x062F}, 1);
	expect_letters("\xEF\xBB\xBB", (const int32_t[]){0x0644, 0x0627}, 2); /* the ligature LAM WITH ALEF */
	expect_letters("", (const int32_t[]){0}, 0);
}

Test(text, letters_that_are_too_many_or_no_text_are_refused)
{
	int32_t letters[4];
	size_t len = 7;
	cr_expect_eq(text_letters(letters, 4, &len, span_from_text("abcde"), NULL), STATUS_BAD_INPUT);
	cr_expect_eq(text_letters(letters, 4, &len, span_from_text("\xFF"), NULL), STATUS_BAD_INPUT);
	cr_expect_eq(len, 7);
}
