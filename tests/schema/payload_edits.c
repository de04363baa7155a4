#include "tests/schema/payload_edits.h"

#include <criterion/criterion.h>

#include "crypto/cbor.h"
#include "tests/schema/small_project.h"

struct pair {
	uint64_t key;
	enum cbor_type type;
	struct span value;
};

#define PAIRS_MAX 16

static size_t split(struct pair pairs[PAIRS_MAX], struct span payload)
{
	struct cbor_reader reader;
	cr_assert_eq(cbor_read_begin(&reader, payload, NULL), STATUS_OK);
	struct cbor_map map = cbor_read_map(&reader);
	size_t len = 0;
	uint64_t key = 0;
	while (cbor_map_next(&reader, &map, &key)) {
		cr_assert_lt(len, PAIRS_MAX);
		pairs[len].key = key;
		pairs[len].type = cbor_peek(&reader);
		pairs[len++].value = cbor_read_encoded(&reader);
	}
	cr_assert_eq(cbor_read_end(&reader, "a payload", NULL), STATUS_OK);
	return len;
}

/* All pairs but the one at `without`. */
static struct bytes join(const struct pair *pairs, size_t len, size_t without)
{
	struct bytes out = {0};
	struct cbor_writer writer;
	cbor_write_begin(&writer, &out);
	cbor_write_map(&writer, without < len ? len - 1 : len);
	for (size_t i = 0; i < len; i++) {
		if (i == without)
			continue;
		cbor_write_uint(&writer, pairs[i].key);
		cbor_write_encoded(&writer, pairs[i].value);
	}
	cr_assert_eq(cbor_write_end(&writer, NULL), STATUS_OK);
	return out;
}

struct bytes payload_with(struct span payload, uint64_t key, const char *value, size_t value_len)
{
	struct pair pairs[PAIRS_MAX + 1];
	size_t len = split(pairs, payload), at = 0;
	while (at < len && pairs[at].key < key)
		at++;
	if (at == len || pairs[at].key != key) {
		for (size_t i = len++; i > at; i--)
			pairs[i] = pairs[i - 1];
	}
	pairs[at] = (struct pair){.key = key, .value = {(const uint8_t *)value, value_len}};
	return join(pairs, len, len);
}

static void expect_refused(const struct payload_case *one, struct bytes *edited, const char *rule, uint64_t key)
{
	struct error err = {0};
	struct bytes out = {0};
	cr_expect_eq(one->again(&out, bytes_span(edited), &err), STATUS_BAD_INPUT, "%s, key %u: %s", one->name, (unsigned)key,
	             rule);
	cr_expect(names_rule(&err, rule), "%s, key %u: '%s' is not %s", one->name, (unsigned)key, err.message, rule);
	cr_expect_eq(out.len, 0);
	bytes_wipe(&out);
	bytes_wipe(edited);
}

static void check_round_trip(const struct payload_case *one, struct span payload)
{
	struct error err = {0};
	struct bytes out = {0};
	cr_expect_eq(one->again(&out, payload, &err), STATUS_OK, "%s: %s", one->name, err.message);
	cr_expect(span_equals(bytes_span(&out), payload), "%s came back otherwise", one->name);
	bytes_wipe(&out);
}

static void check_absence(const struct payload_case *one, const struct pair *pairs, size_t len, size_t at)
{
	struct bytes without = join(pairs, len, at);
	if ((one->optional >> pairs[at].key & 1) == 0) {
		expect_refused(one, &without, "missing_field", pairs[at].key);
		return;
	}
	check_round_trip(one, bytes_span(&without));
	bytes_wipe(&without);
}

static void check_value(const struct payload_case *one, const struct pair *pair)
{
	const struct span good = bytes_span(&one->good);
	struct bytes tag = PAYLOAD_WITH(good, pair->key, "\x20");
	expect_refused(one, &tag, "wrong_type", pair->key);
	if (pair->type == CBOR_UINT) {
		struct bytes huge = PAYLOAD_WITH(good, pair->key, "\x1b\xff\xff\xff\xff\xff\xff\xff\xff");
		expect_refused(one, &huge, "out_of_range", pair->key);
	} else if (pair->type == CBOR_BYTES) {
		struct bytes empty = PAYLOAD_WITH(good, pair->key, "\x40");
		expect_refused(one, &empty, "out_of_range", pair->key);
	} else if (pair->type == CBOR_TEXT) {
		struct bytes control = PAYLOAD_WITH(good, pair->key, "\x63\x61\x07\x62");
		expect_refused(one, &control, "text_not_normal", pair->key);
		struct bytes decomposed = PAYLOAD_WITH(good, pair->key, "\x63\x65\xcc\x81");
		expect_refused(one, &decomposed, "text_not_normal", pair->key);
		struct bytes nul = PAYLOAD_WITH(good, pair->key, "\x63\x61\x00\x62");
		expect_refused(one, &nul, "text_not_normal", pair->key);
	}
}

void payload_edits_check(struct payload_case *one)
{
	struct pair pairs[PAIRS_MAX];
	const struct span good = bytes_span(&one->good);
	const size_t len = split(pairs, good);
	check_round_trip(one, good);
	for (size_t i = 0; i < len; i++) {
		check_absence(one, pairs, len, i);
		check_value(one, &pairs[i]);
	}
	struct bytes unknown = PAYLOAD_WITH(good, 63, "\x01");
	expect_refused(one, &unknown, "unknown_field", 63);
	struct bytes zero = PAYLOAD_WITH(good, 0, "\x01");
	expect_refused(one, &zero, "unknown_field", 0);
	struct bytes longer = {0};
	cr_assert_eq(bytes_append(&longer, good, NULL), STATUS_OK);
	cr_assert_eq(bytes_append(&longer, (struct span){(const uint8_t *)"\x01", 1}, NULL), STATUS_OK);
	expect_refused(one, &longer, "trailing_bytes", 0);
	bytes_wipe(&one->good);
}
