#include "crypto/bytes.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/resource.h>

static struct span text(const char *from)
{
	return span_from_text(from);
}

Test(bytes, appends_in_order_and_lends_the_whole)
{
	struct bytes bytes = {0};
	cr_assert_eq(bytes_append(&bytes, text("ab"), NULL), STATUS_OK);
	cr_assert_eq(bytes_append(&bytes, text(""), NULL), STATUS_OK);
	cr_assert_eq(bytes_append(&bytes, (struct span){NULL, 0}, NULL), STATUS_OK);
	cr_assert_eq(bytes_append(&bytes, text("cde"), NULL), STATUS_OK);
	cr_assert(span_equals(bytes_span(&bytes), text("abcde")));
	bytes_wipe(&bytes);
}

Test(bytes, keeps_its_content_while_it_grows)
{
	struct bytes bytes = {0};
	for (unsigned i = 0; i < 100000; i++) {
		const uint8_t byte = (uint8_t)(i % 251);
		cr_assert_eq(bytes_append(&bytes, (struct span){&byte, 1}, NULL), STATUS_OK);
	}
	cr_assert_eq(bytes.len, 100000);
	for (unsigned i = 0; i < 100000; i++)
		cr_assert_eq(bytes.data[i], i % 251);
	bytes_wipe(&bytes);
}

Test(bytes, reserved_room_is_there_and_does_not_move)
{
	struct bytes bytes = {0};
	cr_assert_eq(bytes_reserve(&bytes, 1000, NULL), STATUS_OK);
	cr_assert_geq(bytes.capacity, 1000);
	cr_assert_eq(bytes.len, 0);
	const uint8_t *const before = bytes.data;
	for (unsigned i = 0; i < 1000; i++)
		cr_assert_eq(bytes_append(&bytes, text("x"), NULL), STATUS_OK);
	cr_assert_eq(bytes.data, before);
	bytes_wipe(&bytes);
}

Test(bytes, impossible_sizes_are_no_memory_and_leave_it_as_it_was)
{
	static const size_t sizes[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 4, SIZE_MAX / 4 - 4, SIZE_MAX / 8};
	struct bytes bytes = {0};
	struct error err = {0};
	cr_assert_eq(bytes_append(&bytes, text("kept"), NULL), STATUS_OK);
	const struct rlimit little = {1u << 30, 1u << 30};
#ifndef __SANITIZE_ADDRESS__
	cr_assert_eq(setrlimit(RLIMIT_AS, &little), 0);
#else
	(void)little;
#endif
	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(bytes_reserve(&bytes, sizes[i], &err), STATUS_NO_MEMORY);
		cr_assert_eq(err.status, STATUS_NO_MEMORY);
	}
#ifndef __SANITIZE_ADDRESS__
	for (size_t i = 3; i < sizeof sizes / sizeof sizes[0]; i++)
		cr_assert_eq(bytes_reserve(&bytes, sizes[i], NULL), STATUS_NO_MEMORY);
#endif
	cr_assert(span_equals(bytes_span(&bytes), text("kept")));
	bytes_wipe(&bytes);
}

Test(bytes, cleared_is_empty_zeroed_and_keeps_its_memory)
{
	struct bytes bytes = {0};
	cr_assert_eq(bytes_append(&bytes, text("a report"), NULL), STATUS_OK);
	uint8_t *const before = bytes.data;
	const size_t capacity = bytes.capacity;
	bytes_clear(&bytes);
	cr_assert_eq(bytes.len, 0);
	cr_assert_eq(bytes.data, before);
	cr_assert_eq(bytes.capacity, capacity);
	for (size_t i = 0; i < sizeof "a report" - 1; i++)
		cr_assert_eq(before[i], 0);
	bytes_wipe(&bytes);
}

Test(bytes, wiped_is_as_new_and_can_be_wiped_and_used_again)
{
	struct bytes bytes = {0};
	bytes_wipe(&bytes);
	cr_assert_eq(bytes_append(&bytes, text("x"), NULL), STATUS_OK);
	bytes_wipe(&bytes);
	cr_assert_null(bytes.data);
	cr_assert_eq(bytes.len, 0);
	cr_assert_eq(bytes.capacity, 0);
	bytes_wipe(&bytes);
	cr_assert_eq(bytes_append(&bytes, text("y"), NULL), STATUS_OK);
	cr_assert(span_equals(bytes_span(&bytes), text("y")));
	bytes_wipe(&bytes);
}

Test(bytes, spans_are_equal_by_length_and_content)
{
	cr_assert(span_equals(text("ab"), text("ab")));
	cr_assert(span_equals((struct span){NULL, 0}, text("")));
	cr_assert_not(span_equals(text("ab"), text("ac")));
	cr_assert_not(span_equals(text("ab"), text("abc")));
	cr_assert_not(span_equals(text("ab"), (struct span){NULL, 0}));
}
