#include "crypto/armor.h"

#include <criterion/criterion.h>
#include <string.h>

static void start(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
}

TestSuite(armor, .init = start);

static const uint8_t counted[] = {0, 1, 2, 3, 250, 251, 252, 253, 254, 255, 7};

Test(armor, gives_back_what_went_in_at_every_length)
{
	for (size_t len = 0; len <= sizeof counted; len++) {
		const struct span content = {counted, len};
		struct bytes text = {0}, back = {0};
		cr_assert_eq(armor_encode(&text, "sijil-test:", content, NULL), STATUS_OK);
		cr_assert_eq(armor_decode(&back, "sijil-test:", bytes_span(&text), NULL), STATUS_OK);
		cr_assert(span_equals(bytes_span(&back), content));
		bytes_wipe(&text);
		bytes_wipe(&back);
	}
}

Test(armor, gives_back_a_secret_in_guarded_memory)
{
	const struct span content = {counted, sizeof counted};
	struct secret *text = NULL, *back = NULL;
	cr_assert_eq(armor_encode_secret(&text, "p:", content, NULL), STATUS_OK);
	cr_assert_eq(armor_decode_secret(&back, "p:", secret_span(text), NULL), STATUS_OK);
	cr_assert(span_equals(secret_span(back), content));
	secret_free(text);
	secret_free(back);
}

Test(armor, writes_the_alphabet_of_rfc_4648_section_5_without_padding)
{
	struct bytes text = {0};
	cr_assert_eq(armor_encode(&text, "p:", (struct span){(const uint8_t[]){0xfb, 0xff, 0xfe, 0x00}, 4}, NULL), STATUS_OK);
	cr_assert(span_equals(bytes_span(&text), span_from_text("p:-__-AA")));
	bytes_wipe(&text);
}

Test(armor, passes_over_white_space_around_the_line)
{
	struct bytes back = {0};
	cr_assert_eq(armor_decode(&back, "p:", span_from_text(" \t\r\np:-__-AA\r\n\n"), NULL), STATUS_OK);
	cr_assert_eq(back.len, 4);
	bytes_wipe(&back);
}

Test(armor, refuses_what_is_not_such_a_line)
{
	static const char *const wrong[] = {
		"", "p", "q:AAAA", "p:A", "p:AAA=", "p:AA\nAA", "p:AA AA", "p:AA+A", "p:AA/A", "p:AB", "p:AAB", "P:AAAA", "p:AAAA p:",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct bytes back = {0};
		struct secret *secret = NULL;
		cr_expect_eq(armor_decode(&back, "p:", span_from_text(wrong[i]), NULL), STATUS_BAD_INPUT, "\"%s\"", wrong[i]);
		cr_expect_eq(back.len, 0);
		cr_expect_eq(armor_decode_secret(&secret, "p:", span_from_text(wrong[i]), NULL), STATUS_BAD_INPUT);
		cr_expect_null(secret);
		bytes_wipe(&back);
	}
}

Test(armor, refuses_text_beyond_its_bound)
{
	struct bytes text = {0}, back = {0};
	cr_assert_eq(bytes_append(&text, span_from_text("p:"), NULL), STATUS_OK);
	for (size_t i = 0; i < ARMOR_MAX_BYTES; i += 4)
		cr_assert_eq(bytes_append(&text, span_from_text("AAAA"), NULL), STATUS_OK);
	cr_assert_eq(armor_decode(&back, "p:", bytes_span(&text), NULL), STATUS_BAD_INPUT);
	bytes_wipe(&text);
	bytes_wipe(&back);
}
