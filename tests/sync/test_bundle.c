#include "sync/bundle.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cbor.h"

enum { OBJECTS = 5 };

/* What came out, end to end, and how often. */
struct taken {
	struct bytes all;
	size_t objects;
	size_t fail_at; /* which object `take` refuses; 0: none */
};

static enum status take(void *context, struct span wire, struct error *err)
{
	struct taken *const taken = context;
	if (taken->objects + 1 == taken->fail_at)
		return error_set(err, STATUS_IO, "the disk is full");
	taken->objects++;
	return bytes_append(&taken->all, wire, err);
}

static void taken_wipe(struct taken *taken)
{
	bytes_wipe(&taken->all);
	*taken = (struct taken){0};
}

/* An array of a number, a map and a byte string: shaped as objects are, of any length. */
static void write_object(struct bytes *out, uint64_t type, size_t content)
{
	uint8_t *const data = calloc(1, content + 1);
	cr_assert_not_null(data);
	struct cbor_writer writer;
	cbor_write_begin(&writer, out);
	cbor_write_array(&writer, 3);
	cbor_write_uint(&writer, type);
	cbor_write_map(&writer, 0);
	cbor_write_bytes(&writer, (struct span){data, content});
	cr_assert_eq(cbor_write_end(&writer, NULL), STATUS_OK);
	free(data);
}

static const size_t contents[OBJECTS] = {0, 23, 300, 70, 4000};

/* ends[i]: where object i ends. */
static struct bytes sample(size_t ends[OBJECTS])
{
	struct bytes bundle = {0};
	for (size_t i = 0; i < OBJECTS; i++) {
		write_object(&bundle, i + 1, contents[i]);
		ends[i] = bundle.len;
	}
	return bundle;
}

static enum status feed(struct bundle_reader *reader, struct span bundle, size_t step, struct taken *taken)
{
	for (size_t at = 0; at < bundle.len; at += step) {
		const size_t left = bundle.len - at;
		const struct span piece = {bundle.data + at, left < step ? left : step};
		const enum status status = bundle_feed(reader, piece, take, taken, NULL);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

Test(bundle, gives_the_same_objects_whatever_the_pieces)
{
	size_t ends[OBJECTS];
	struct bytes bundle = sample(ends);
	for (size_t step = 1; step <= bundle.len; step = step < 100 ? step + 1 : step + 97) {
		struct bundle_reader reader = {0};
		struct taken taken = {0};
		cr_assert_eq(feed(&reader, bytes_span(&bundle), step, &taken), STATUS_OK, "pieces of %zu", step);
		cr_assert_eq(bundle_end(&reader, NULL), STATUS_OK);
		cr_assert_eq(taken.objects, OBJECTS);
		cr_assert(span_equals(bytes_span(&taken.all), bytes_span(&bundle)));
		taken_wipe(&taken);
		bundle_wipe(&reader);
	}
	bytes_wipe(&bundle);
}

Test(bundle, a_cut_at_any_byte_keeps_exactly_what_was_complete)
{
	size_t ends[OBJECTS];
	struct bytes bundle = sample(ends);
	for (size_t cut = 0; cut <= bundle.len; cut++) {
		size_t whole = 0;
		while (whole < OBJECTS && ends[whole] <= cut)
			whole++;
		const bool clean = cut == 0 || (whole > 0 && ends[whole - 1] == cut);
		struct bundle_reader reader = {0};
		struct taken taken = {0};
		cr_assert_eq(feed(&reader, (struct span){bundle.data, cut}, 61, &taken), STATUS_OK);
		cr_assert_eq(bundle_end(&reader, NULL), clean ? STATUS_OK : STATUS_BAD_INPUT, "cut at %zu", cut);
		cr_assert_eq(taken.objects, whole, "cut at %zu", cut);
		cr_assert_eq(taken.all.len, whole > 0 ? ends[whole - 1] : 0);
		taken_wipe(&taken);
		bundle_wipe(&reader);
	}
	bytes_wipe(&bundle);
}

Test(bundle, hands_out_an_object_with_its_last_byte_and_not_later)
{
	size_t ends[OBJECTS];
	struct bytes bundle = sample(ends);
	struct bundle_reader reader = {0};
	struct taken taken = {0};
	for (size_t at = 0; at < ends[1]; at++)
		cr_assert_eq(bundle_feed(&reader, (struct span){bundle.data + at, 1}, take, &taken, NULL), STATUS_OK);
	cr_assert_eq(taken.objects, 2);
	taken_wipe(&taken);
	bundle_wipe(&reader);
	bytes_wipe(&bundle);
}

Test(bundle, refuses_what_is_not_cbor_and_keeps_what_came_before)
{
	size_t ends[OBJECTS];
	struct bytes bundle = sample(ends);
	bundle.data[ends[1]] = 0xff;
	for (size_t step = 1; step < 5; step++) {
		struct bundle_reader reader = {0};
		struct taken taken = {0};
		cr_assert_eq(feed(&reader, bytes_span(&bundle), step, &taken), STATUS_BAD_INPUT);
		cr_assert_eq(taken.objects, 2);
		cr_assert_eq(bundle_feed(&reader, (struct span){bundle.data, ends[0]}, take, &taken, NULL), STATUS_BAD_INPUT);
		cr_assert_eq(taken.objects, 2, "nothing is read once step was lost");
		taken_wipe(&taken);
		bundle_wipe(&reader);
	}
	bytes_wipe(&bundle);
}

Test(bundle, refuses_an_object_too_long_before_its_bytes_have_come)
{
	struct bytes bundle = {0};
	write_object(&bundle, 1, OBJECT_MAX_BYTES);
	struct bundle_reader reader = {0};
	struct taken taken = {0};
	cr_assert_eq(feed(&reader, (struct span){bundle.data, 12}, 1, &taken), STATUS_BAD_INPUT);
	bundle_wipe(&reader);
	cr_assert_eq(feed(&reader, bytes_span(&bundle), bundle.len, &taken), STATUS_BAD_INPUT);
	cr_assert_eq(taken.objects, 0);
	bundle_wipe(&reader);
	taken_wipe(&taken);
	bytes_wipe(&bundle);
}

Test(bundle, takes_an_object_of_exactly_the_limit)
{
	struct bytes bundle = {0};
	write_object(&bundle, 1, OBJECT_MAX_BYTES - 6);
	cr_assert_eq(bundle.len, OBJECT_MAX_BYTES);
	struct bundle_reader reader = {0};
	struct taken taken = {0};
	cr_assert_eq(feed(&reader, bytes_span(&bundle), 1000, &taken), STATUS_OK);
	cr_assert_eq(taken.objects, 1);
	cr_assert_leq(reader.pending.capacity, 2 * OBJECT_MAX_BYTES);
	bundle_wipe(&reader);
	taken_wipe(&taken);
	bytes_wipe(&bundle);
}

Test(bundle, a_failure_of_the_taker_comes_out_and_ends_it)
{
	size_t ends[OBJECTS];
	struct bytes bundle = sample(ends);
	for (size_t step = 1; step <= bundle.len; step += 800) {
		struct bundle_reader reader = {0};
		struct taken taken = {.fail_at = 3};
		cr_assert_eq(feed(&reader, bytes_span(&bundle), step, &taken), STATUS_IO);
		cr_assert_eq(taken.objects, 2);
		cr_assert(reader.broken);
		taken_wipe(&taken);
		bundle_wipe(&reader);
	}
	bytes_wipe(&bundle);
}

/* A piece's worth of open arrays, each telling little: were the buffer walked again at every byte, this would
 * take minutes. */
Test(bundle, reads_a_hostile_shape_in_bounded_work)
{
	struct bytes bundle = {0};
	struct cbor_writer writer;
	cbor_write_begin(&writer, &bundle);
	cbor_write_array(&writer, 16000);
	for (size_t i = 0; i < 16000; i++) {
		cbor_write_array(&writer, 1);
		cbor_write_bytes(&writer, (struct span){(const uint8_t *)"x", 1});
	}
	cr_assert_eq(cbor_write_end(&writer, NULL), STATUS_OK);
	for (size_t round = 0; round < 60; round++) {
		struct bundle_reader reader = {0};
		struct taken taken = {0};
		cr_assert_eq(feed(&reader, bytes_span(&bundle), 1, &taken), STATUS_OK);
		cr_assert_eq(taken.objects, 1);
		taken_wipe(&taken);
		bundle_wipe(&reader);
	}
	bytes_wipe(&bundle);
}
