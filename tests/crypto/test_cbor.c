#include "crypto/cbor.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

#include "tests/support/failing_malloc.h"

static struct span from_hex(uint8_t buffer[256], const char *hex)
{
	size_t len = 0;
	cr_assert_eq(sodium_hex2bin(buffer, 256, hex, strlen(hex), " ", &len, NULL), 0, "%s", hex);
	return (struct span){buffer, len};
}

static void begin(struct cbor_reader *reader, uint8_t buffer[256], const char *hex)
{
	struct error err = {0};
	cr_assert_eq(cbor_read_begin(reader, from_hex(buffer, hex), &err), STATUS_OK, "%s: %s", hex, err.message);
}

static void expect_written(const struct bytes *out, const char *hex)
{
	uint8_t buffer[256];
	cr_assert(span_equals(bytes_span(out), from_hex(buffer, hex)), "expected %s", hex);
}

static void write_everything(struct bytes *out)
{
	struct cbor_writer writer;
	cbor_write_begin(&writer, out);
	cbor_write_array(&writer, 3);
	cbor_write_map(&writer, 2);
	cbor_write_uint(&writer, 1);
	cbor_write_int(&writer, -500);
	cbor_write_uint(&writer, 24);
	cbor_write_text(&writer, span_from_text("\xd8\xaf\xd8\xb1\xd8\xb9\xd8\xa7"));
	cbor_write_tag(&writer, CBOR_TAG_COSE_SIGN1);
	cbor_write_array(&writer, 0);
	cbor_write_bytes(&writer, span_from_text("abc"));
	cr_assert_eq(cbor_write_end(&writer, NULL), STATUS_OK);
}

Test(cbor, writes_each_type_in_its_one_form)
{
	struct bytes out = {0};
	write_everything(&out);
	expect_written(&out, "83 a2 01 3901f3 1818 68d8afd8b1d8b9d8a7 d280 43616263");
	bytes_wipe(&out);
}

Test(cbor, writes_the_shortest_head_at_each_border)
{
	static const struct {
		uint64_t value;
		char hex[20];
	} rows[] = {
		{0, "00"},           {23, "17"},          {24, "1818"},
		{255, "18ff"},       {256, "190100"},     {65535, "19ffff"},
		{65536, "1a00010000"}, {UINT32_MAX, "1affffffff"}, {UINT64_C(1) << 32, "1b0000000100000000"},
		{UINT64_MAX, "1bffffffffffffffff"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bytes out = {0};
		struct cbor_writer writer;
		cbor_write_begin(&writer, &out);
		cbor_write_uint(&writer, rows[i].value);
		cr_assert_eq(cbor_write_end(&writer, NULL), STATUS_OK);
		expect_written(&out, rows[i].hex);
		struct cbor_reader reader;
		cr_assert_eq(cbor_read_begin(&reader, bytes_span(&out), NULL), STATUS_OK);
		cr_assert_eq(cbor_read_uint(&reader), rows[i].value);
		cr_assert_eq(cbor_read_end(&reader, "it", NULL), STATUS_OK);
		bytes_wipe(&out);
	}
}

Test(cbor, reads_back_every_integer_it_writes)
{
	static const int64_t values[] = {0, 1, -1, 23, -24, -25, 24, -256, -257, 65536, -65537, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		struct bytes out = {0};
		struct cbor_writer writer;
		cbor_write_begin(&writer, &out);
		cbor_write_int(&writer, values[i]);
		cr_assert_eq(cbor_write_end(&writer, NULL), STATUS_OK);
		struct cbor_reader reader;
		cr_assert_eq(cbor_read_begin(&reader, bytes_span(&out), NULL), STATUS_OK);
		cr_assert_eq(cbor_read_int(&reader), values[i]);
		cr_assert_eq(cbor_read_end(&reader, "it", NULL), STATUS_OK);
		bytes_wipe(&out);
	}
}

Test(cbor, reads_back_what_it_wrote)
{
	struct bytes out = {0};
	write_everything(&out);
	struct cbor_reader reader;
	cr_assert_eq(cbor_read_begin(&reader, bytes_span(&out), NULL), STATUS_OK);
	cbor_read_array_exact(&reader, 3);
	struct cbor_map map = cbor_read_map(&reader);
	uint64_t key = 0;
	cr_assert(cbor_map_next(&reader, &map, &key) && key == 1);
	cr_assert_eq(cbor_read_int(&reader), -500);
	cr_assert(cbor_map_next(&reader, &map, &key) && key == 24);
	cr_assert_eq(cbor_peek(&reader), CBOR_TEXT);
	cr_assert_eq(cbor_read_text(&reader).len, 8);
	cr_assert_not(cbor_map_next(&reader, &map, &key));
	cr_assert_eq(cbor_read_tag(&reader), CBOR_TAG_COSE_SIGN1);
	cr_assert_eq(cbor_read_array(&reader), 0);
	cr_assert(cbor_read_more(&reader));
	uint8_t abc[3];
	cbor_read_bytes_exact(&reader, abc, sizeof abc);
	cr_assert_arr_eq(abc, "abc", 3);
	cr_assert_not(cbor_read_more(&reader));
	cr_assert_eq(cbor_read_end(&reader, "it", NULL), STATUS_OK);
	bytes_wipe(&out);
}

Test(cbor, a_writer_without_memory_says_so_at_its_end)
{
	struct bytes out = {0};
	struct cbor_writer writer;
	cbor_write_begin(&writer, &out);
	failing_malloc_at(1);
	cbor_write_uint(&writer, 1);
	cbor_write_uint(&writer, 2);
	cr_assert(failing_malloc_ended());
	cr_assert_eq(cbor_write_end(&writer, NULL), STATUS_NO_MEMORY);
	cr_assert_eq(out.len, 0);
	bytes_wipe(&out);
}

Test(cbor, skips_a_nested_item_whole)
{
	uint8_t buffer[256];
	struct cbor_reader reader;
	begin(&reader, buffer, "82 a2 01 8202 43616263 02 d28100 05");
	cbor_read_array_exact(&reader, 2);
	cr_assert_eq(cbor_read_encoded(&reader).len, 12);
	cr_assert_eq(cbor_read_uint(&reader), 5);
	cr_assert_eq(cbor_read_encoded(&reader).len, 0);
	cr_assert_str_eq(reader.fault, "missing_field");
}

Test(cbor, a_fault_sticks_and_reads_nothing_more)
{
	uint8_t buffer[256];
	struct cbor_reader reader;
	begin(&reader, buffer, "82 01 02");
	cbor_read_array_exact(&reader, 2);
	cr_assert_eq(cbor_read_text(&reader).len, 0);
	cr_assert_not(cbor_read_ok(&reader));
	cr_assert_eq(cbor_read_uint(&reader), 0);
	cbor_read_fail(&reader, "unknown_field");
	struct error err = {0};
	cr_assert_eq(cbor_read_end(&reader, "the card", &err), STATUS_BAD_INPUT);
	cr_assert_str_eq(err.message, "the card is damaged or hostile (wrong_type)");
}

Test(cbor, what_is_left_unread_is_trailing)
{
	uint8_t buffer[256];
	struct cbor_reader reader;
	begin(&reader, buffer, "82 01 02");
	(void)cbor_read_array(&reader);
	(void)cbor_read_uint(&reader);
	struct error err = {0};
	cr_assert_eq(cbor_read_end(&reader, "it", &err), STATUS_BAD_INPUT);
	cr_assert_str_eq(err.message, "it is damaged or hostile (trailing_bytes)");
}

Test(cbor, refuses_numbers_and_lengths_out_of_range)
{
	uint8_t buffer[256];
	struct cbor_reader reader;
	begin(&reader, buffer, "05");
	cr_assert_eq(cbor_read_uint_max(&reader, 4), 0);
	cr_assert_str_eq(reader.fault, "out_of_range");
	begin(&reader, buffer, "05");
	cr_assert_eq(cbor_read_uint_max(&reader, 5), 5);
	begin(&reader, buffer, "1b8000000000000000");
	cr_assert_eq(cbor_read_int(&reader), 0);
	cr_assert_str_eq(reader.fault, "out_of_range");
	begin(&reader, buffer, "3b8000000000000000");
	cr_assert_eq(cbor_read_int(&reader), 0);
	cr_assert_str_eq(reader.fault, "out_of_range");
	uint8_t out[4] = {9, 9, 9, 9};
	begin(&reader, buffer, "43616263");
	cbor_read_bytes_exact(&reader, out, sizeof out);
	cr_assert_str_eq(reader.fault, "out_of_range");
	cr_assert_eq(out[0], 9);
}

Test(cbor, an_array_of_another_length_is_named)
{
	uint8_t buffer[256];
	struct cbor_reader reader;
	begin(&reader, buffer, "820102");
	cbor_read_array_exact(&reader, 3);
	cr_assert_str_eq(reader.fault, "missing_field");
	begin(&reader, buffer, "820102");
	cbor_read_array_exact(&reader, 1);
	cr_assert_str_eq(reader.fault, "unknown_field");
}

Test(cbor, a_map_with_a_text_key_is_of_the_wrong_type)
{
	uint8_t buffer[256];
	struct cbor_reader reader;
	begin(&reader, buffer, "a1616101");
	struct cbor_map map = cbor_read_map(&reader);
	uint64_t key = 77;
	cr_assert_not(cbor_map_next(&reader, &map, &key));
	cr_assert_eq(key, 77);
	cr_assert_str_eq(reader.fault, "wrong_type");
}

Test(cbor, peeking_at_the_end_is_a_fault)
{
	uint8_t buffer[256];
	struct cbor_reader reader;
	begin(&reader, buffer, "00");
	(void)cbor_read_uint(&reader);
	(void)cbor_peek(&reader);
	cr_assert_str_eq(reader.fault, "missing_field");
}

/* Every prefix asks for more, and never for more than the whole. */
Test(cbor, item_length_of_every_prefix_needs_no_more_than_the_whole)
{
	struct bytes out = {0};
	write_everything(&out);
	for (size_t cut = 0; cut < out.len; cut++) {
		size_t len = 0;
		size_t need = 0;
		cr_assert_eq(cbor_item_length((struct span){out.data, cut}, &len, &need, NULL), STATUS_NOT_FOUND);
		cr_assert(need > cut && need <= out.len, "cut %zu need %zu of %zu", cut, need, out.len);
		cr_assert_eq(len, 0);
	}
	bytes_wipe(&out);
}

Test(cbor, item_length_finds_the_first_item_of_a_sequence)
{
	uint8_t buffer[256];
	size_t len = 0;
	size_t need = 0;
	cr_assert_eq(cbor_item_length(from_hex(buffer, "8201 0203ff"), &len, &need, NULL), STATUS_OK);
	cr_assert_eq(len, 3);
}

Test(cbor, item_length_knows_a_long_string_from_its_head)
{
	uint8_t buffer[256];
	size_t len = 0;
	size_t need = 0;
	cr_assert_eq(cbor_item_length(from_hex(buffer, "82 5a00010000 00"), &len, &need, NULL), STATUS_NOT_FOUND);
	cr_assert_eq(need, 1 + 5 + 65536 + 1);
	cr_assert_eq(cbor_item_length(from_hex(buffer, "9a00010000"), &len, &need, NULL), STATUS_NOT_FOUND);
	cr_assert_eq(need, 5 + 65536);
}

Test(cbor, item_length_refuses_what_can_never_be_valid)
{
	static const char rows[][24] = {"ff", "9f", "1c", "1817", "f4", "c0", "5b0000000100000000", "81818181818181"};
	uint8_t buffer[256];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t len = 0;
		size_t need = 0;
		cr_assert_eq(cbor_item_length(from_hex(buffer, rows[i]), &len, &need, NULL), STATUS_BAD_INPUT, "%s", rows[i]);
	}
}

/* A reader that waits for `need` bytes each time asks seldom, whatever it is sent. */
Test(cbor, item_length_asks_seldom_of_a_reader_that_waits)
{
	struct bytes out = {0};
	struct cbor_writer writer;
	cbor_write_begin(&writer, &out);
	cbor_write_array(&writer, 20000);
	for (size_t i = 0; i < 20000; i++)
		cbor_write_uint(&writer, 500);
	cr_assert_eq(cbor_write_end(&writer, NULL), STATUS_OK);
	size_t len = 0;
	size_t need = 0;
	size_t asked = 0;
	size_t have = 0;
	while (cbor_item_length((struct span){out.data, have}, &len, &need, NULL) == STATUS_NOT_FOUND) {
		cr_assert_gt(need, have);
		have = need;
		cr_assert_lt(asked++, 100);
	}
	cr_assert_eq(len, out.len);
	bytes_wipe(&out);
}

static bool is_accepted(struct span in)
{
	struct cbor_reader reader;
	return cbor_read_begin(&reader, in, NULL) == STATUS_OK;
}

/* The oracle: decode the sequence by its definition and demand the shortest form. */
static bool utf8_oracle(const uint8_t *text, size_t len)
{
	size_t at = 0;
	while (at < len) {
		uint32_t point = text[at];
		size_t more = 0;
		if (point >= 0x80) {
			more = (point & 0xe0) == 0xc0 ? 1 : (point & 0xf0) == 0xe0 ? 2 : (point & 0xf8) == 0xf0 ? 3 : 9;
			if (more == 9 || len - at <= more)
				return false;
			point &= 0x3fu >> more;
		}
		for (size_t i = 1; i <= more; i++) {
			if ((text[at + i] & 0xc0) != 0x80)
				return false;
			point = point << 6 | (text[at + i] & 0x3f);
		}
		static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
		if (point < least[more] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
			return false;
		at += more + 1;
	}
	return true;
}

Test(cbor, agrees_with_the_definition_of_utf8_on_every_short_text)
{
	for (uint32_t n = 0; n < 1u << 16; n++) {
		const uint8_t in[] = {0x62, (uint8_t)(n >> 8), (uint8_t)n};
		cr_assert_eq(is_accepted((struct span){in, sizeof in}), utf8_oracle(in + 1, 2), "%04x", n);
	}
	for (uint32_t n = 0; n < 1u << 21; n++) {
		const uint8_t lead = (uint8_t)(0xe0 | n >> 16);
		const size_t len = lead < 0xf0 ? 3 : 4;
		const uint8_t in[] = {(uint8_t)(0x60 + len), lead, (uint8_t)(n >> 8), (uint8_t)n, 0x80};
		cr_assert_eq(is_accepted((struct span){in, 1 + len}), utf8_oracle(in + 1, len), "%06x", n);
	}
}

/* Whatever is accepted has one encoding: reading it and writing it gives it back. */
static void rewrite(struct cbor_writer *writer, struct cbor_reader *reader)
{
	while (cbor_read_more(reader)) {
		switch (cbor_peek(reader)) {
		case CBOR_UINT: cbor_write_uint(writer, cbor_read_uint(reader)); break;
		case CBOR_NEGATIVE: cbor_write_encoded(writer, cbor_read_encoded(reader)); break;
		case CBOR_BYTES: cbor_write_bytes(writer, cbor_read_bytes(reader)); break;
		case CBOR_TEXT: cbor_write_text(writer, cbor_read_text(reader)); break;
		case CBOR_ARRAY: cbor_write_array(writer, cbor_read_array(reader)); break;
		case CBOR_MAP: cbor_write_map(writer, cbor_read_map(reader).left); break;
		case CBOR_TAG: cbor_write_tag(writer, cbor_read_tag(reader)); break;
		}
	}
}

Test(cbor, any_accepted_three_bytes_are_written_back_the_same)
{
	size_t accepted = 0;
	for (uint32_t n = 0; n < 1u << 24; n++) {
		const uint8_t in[] = {(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
		struct cbor_reader reader;
		if (cbor_read_begin(&reader, (struct span){in, sizeof in}, NULL) != STATUS_OK)
			continue;
		accepted++;
		if (n % 64 != 0)
			continue;
		struct bytes out = {0};
		struct cbor_writer writer;
		cbor_write_begin(&writer, &out);
		rewrite(&writer, &reader);
		cr_assert_eq(cbor_write_end(&writer, NULL), STATUS_OK);
		cr_assert(span_equals(bytes_span(&out), (struct span){in, sizeof in}), "%06x", n);
		bytes_wipe(&out);
	}
	cr_assert_gt(accepted, 100000);
}
