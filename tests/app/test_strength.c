#include "app/strength.h"

#include <criterion/criterion.h>
#include <string.h>

static void start(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
}

TestSuite(strength, .init = start);

static struct secret *secret_of(const char *text)
{
	struct secret *secret = NULL;
	cr_assert_eq(secret_new_copy(&secret, span_from_text(text), NULL), STATUS_OK);
	return secret;
}

static unsigned bits_of(const char *text)
{
	struct secret *const secret = secret_of(text);
	const unsigned bits = strength_bits(secret);
	secret_free(secret);
	return bits;
}

static enum status check_of(const char *text, struct error *err)
{
	struct secret *const secret = secret_of(text);
	const enum status status = strength_check(secret, err);
	secret_free(secret);
	return status;
}

Test(strength, takes_words_that_do_not_belong_together)
{
	static const char *const good[] = {
		"correct horse battery staple", "korin-dasip-momuz-tefar-nobil", "kq7#xv!p2mZd", "kqxvpmzdtrwb",
		"مطر خشب سفينة نحاس برتقال مفتاح", "Vierzig alte Fahrraeder am Brunnen",
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct error err = {0};
		cr_assert_eq(check_of(good[i], &err), STATUS_OK, "%s: %s (%u bits)", good[i], err.message, bits_of(good[i]));
	}
}

struct refusal {
	const char *text, *says;
};

Test(strength, refuses_what_a_copied_disk_gives_up_and_says_why)
{
	static const struct refusal refusals[] = {
		{"77", "digits alone"},
		{"1234567890123456", "digits alone"},
		{"short", "at least 12"},
		{"برتقال", "at least 12"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "too easy"},
		{"abcdefghijklmnopqrstuvwxyz", "too easy"},
		{"passwordpassword", "too easy"},
		{"Password12345678", "too easy"},
		{"qwertyuiop123456", "too easy"},
		{"damascus damascus damascus", "too easy"},
		{"orange orange orange orange", "too easy"},
		{"1234-5678-9012", "too easy"},
		{"Homs 24.06.2018", "too easy"},
	};
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		struct error err = {0};
		cr_assert_eq(check_of(refusals[i].text, &err), STATUS_REFUSED, "%s has %u bits", refusals[i].text,
		             bits_of(refusals[i].text));
		cr_assert_not_null(strstr(err.message, refusals[i].says), "%s: %s", refusals[i].text, err.message);
		cr_assert_null(strstr(err.message, refusals[i].text), "a message repeats the passphrase");
	}
}

Test(strength, refuses_keys_that_are_no_characters)
{
	struct error err = {0};
	cr_assert_eq(check_of("correct horse battery\033[D staple", &err), STATUS_BAD_INPUT);
	cr_assert_not_null(strstr(err.message, "arrow"));
	cr_assert_eq(check_of("correct horse battery staple\x7f", &err), STATUS_BAD_INPUT);
}

Test(strength, no_byte_is_worth_more_than_a_letter_and_what_it_makes_of_those_before)
{
	static const char text[] = "aBc passw0rd 12x-korin korin مطر!zyx";
	char part[sizeof text];
	unsigned before = 0;
	for (size_t len = 1; len < sizeof text; len++) {
		memcpy(part, text, len);
		part[len] = '\0';
		const unsigned bits = bits_of(part);
		cr_assert_lt(bits, before + 12, "a byte added %u bits at %zu", bits - before, len);
		before = bits;
	}
	cr_assert_gt(before, 40);
}

Test(strength, is_told_in_time)
{
	static const struct {
		unsigned bits;
		const char *says;
	} cases[] = {
		{0, "less than two minutes"}, {20, "less than two minutes"}, {22, "about 3 minutes"}, {30, "about 14 hours"},
		{40, "days"}, {45, "about 55 years"}, {53, "about 14,000 years"}, {64, "years"}, {65, "longer than anybody"},
		{4000, "longer than anybody"},
	};
	char sentence[STRENGTH_SENTENCE_BYTES];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		strength_sentence(sentence, cases[i].bits);
		cr_assert_not_null(strstr(sentence, cases[i].says), "%u: %s", cases[i].bits, sentence);
	}
}
