#include "schema/event.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/schema/small_project.h"

static struct event sample(bool has_seen)
{
	struct event event = {
		.number = 41,
		.previous = {{1}},
		.descriptor = 3,
		.commitment = {{2}},
		.sealed = {{3}},
		.has_seen = has_seen,
	};
	if (has_seen)
		event.seen = (struct checkpoint){{{4}}, 70000, {{5}}};
	return event;
}

Test(event, comes_back_as_it_went)
{
	for (int has_seen = 0; has_seen <= 1; has_seen++) {
		struct event event = sample(has_seen == 1), back;
		struct bytes out = {0};
		memset(&back, 0xff, sizeof back);
		cr_assert_eq(event_encode(&out, &event, NULL), STATUS_OK);
		cr_assert_eq(event_decode(&back, bytes_span(&out), NULL), STATUS_OK);
		cr_assert_eq(back.number, event.number);
		cr_assert(hash_equals(&back.previous, &event.previous));
		cr_assert_eq(back.descriptor, event.descriptor);
		cr_assert(hash_equals(&back.commitment, &event.commitment));
		cr_assert(hash_equals(&back.sealed, &event.sealed));
		cr_assert_eq(back.has_seen, event.has_seen);
		cr_assert_eq(back.seen.size, event.seen.size);
		cr_assert(key_id_equals(&back.seen.log, &event.seen.log));
		cr_assert(hash_equals(&back.seen.root, &event.seen.root));
		bytes_wipe(&out);
	}
}

Test(event, refuses_to_write_what_it_would_not_read)
{
	struct event event = sample(true);
	struct bytes out = {0};
	event.number = 0;
	cr_assert_eq(event_encode(&out, &event, NULL), STATUS_BAD_INPUT);
	event = sample(true);
	event.descriptor = UINT64_MAX;
	cr_assert_eq(event_encode(&out, &event, NULL), STATUS_BAD_INPUT);
	event = sample(true);
	event.seen.size = UINT64_MAX;
	cr_assert_eq(event_encode(&out, &event, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(out.len, 0);
	bytes_wipe(&out);
}

/* The payload with `replaced` instead of the number 41 (18 29), or cut or grown. */
static enum status decode_edited(const char *what, struct error *err)
{
	const struct event event = sample(true);
	struct event back = {.number = 77};
	struct bytes out = {0};
	cr_assert_eq(event_encode(&out, &event, NULL), STATUS_OK);
	cr_assert_eq(out.data[0], 0x86);
	cr_assert_eq(out.data[1], 0x18);
	if (strcmp(what, "zero") == 0) {
		out.data[2] = 0;
		memmove(out.data + 1, out.data + 2, out.len - 2);
		out.len--;
	} else if (strcmp(what, "text") == 0) {
		out.data[1] = 0x61;
	} else if (strcmp(what, "short") == 0) {
		out.data[0] = 0x84;
	} else if (strcmp(what, "long") == 0) {
		out.data[0] = 0x87;
		cr_assert_eq(bytes_append(&out, (struct span){(const uint8_t *)"\x01", 1}, NULL), STATUS_OK);
	} else if (strcmp(what, "map") == 0) {
		out.data[0] = 0xa3;
	} else {
		out.len -= (size_t)(what[0] - '0');
	}
	const enum status status = event_decode(&back, bytes_span(&out), err);
	cr_assert_eq(back.number, 77);
	bytes_wipe(&out);
	return status;
}

Test(event, refuses_what_the_format_does_not_say)
{
	struct error err = {0};
	cr_expect_eq(decode_edited("zero", &err), STATUS_BAD_INPUT);
	cr_expect(names_rule(&err, "out_of_range"), "%s", err.message);
	cr_expect_eq(decode_edited("text", &err), STATUS_BAD_INPUT);
	cr_expect(names_rule(&err, "wrong_type"), "%s", err.message);
	cr_expect_eq(decode_edited("short", &err), STATUS_BAD_INPUT);
	cr_expect(names_rule(&err, "trailing_bytes"), "%s", err.message);
	cr_expect_eq(decode_edited("long", &err), STATUS_BAD_INPUT);
	cr_expect(names_rule(&err, "unknown_field"), "%s", err.message);
	cr_expect_eq(decode_edited("map", &err), STATUS_BAD_INPUT);
	cr_expect_eq(decode_edited("1", &err), STATUS_BAD_INPUT);
	cr_expect(names_rule(&err, "truncated"), "%s", err.message);
}

Test(event, refuses_a_number_beyond_32_bits)
{
	struct event event = sample(false), back;
	struct bytes out = {0}, wide = {0};
	struct error err = {0};
	cr_assert_eq(event_encode(&out, &event, NULL), STATUS_OK);
	static const uint8_t head[] = {0x85, 0x1b, 0, 0, 0, 1, 0, 0, 0, 0};
	cr_assert_eq(bytes_append(&wide, (struct span){head, sizeof head}, NULL), STATUS_OK);
	cr_assert_eq(bytes_append(&wide, (struct span){out.data + 3, out.len - 3}, NULL), STATUS_OK);
	cr_assert_eq(event_decode(&back, bytes_span(&wide), &err), STATUS_BAD_INPUT);
	cr_assert(names_rule(&err, "out_of_range"), "%s", err.message);
	bytes_wipe(&out);
	bytes_wipe(&wide);
}
