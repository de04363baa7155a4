#include "schema/statement.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/schema/payload_edits.h"
#include "tests/schema/small_project.h"

/* Decoding and encoding again, and the case of one sample. */
#define CASE(type)                                                                                        \
	static enum status type##_again(struct bytes *out, struct span in, struct error *err)             \
	{                                                                                                 \
		struct type back;                                                                         \
		const enum status status = type##_decode(&back, in, err);                                 \
		return status != STATUS_OK ? status : type##_encode(out, &back, err);                     \
	}                                                                                                 \
	static struct payload_case type##_case(const struct type *sample, uint64_t optional)              \
	{                                                                                                 \
		struct payload_case one = {.name = #type, .optional = optional, .again = type##_again};   \
		struct error err = {0};                                                                   \
		cr_assert_eq(type##_encode(&one.good, sample, &err), STATUS_OK, "%s", err.message);       \
		return one;                                                                               \
	}
CASE(head)
CASE(receipt)
CASE(acknowledgement)
CASE(relay_clock)
CASE(pull_request)
CASE(confirmation)
CASE(appointment)
CASE(revocation)
CASE(review)
CASE(message)
CASE(package)

static const struct checkpoint seen = {{{9}}, 1234, {{8}}};

static struct receipt sample_receipt(void)
{
	return (struct receipt){
		.device = {{1}},
		.number = 41,
		.last = {{2}},
		.missing_len = 2,
		.missing = {{42, 42}, {50, 70000}},
		.seen = seen,
		.time_s = 1529571600,
		.hub = true,
	};
}

Test(statement, head_keeps_the_laws)
{
	const struct head sample = {4294967295, {{1}}};
	struct payload_case one = head_case(&sample, 0);
	payload_edits_check(&one);
}

Test(statement, receipt_keeps_the_laws)
{
	const struct receipt sample = sample_receipt();
	struct payload_case one = receipt_case(&sample, 1 << 7);
	payload_edits_check(&one);
}

Test(statement, acknowledgement_keeps_the_laws)
{
	const struct acknowledgement sample = {{{1}}, 3, {{2}}, 1529571600};
	struct payload_case one = acknowledgement_case(&sample, 0);
	payload_edits_check(&one);
}

Test(statement, clock_keeps_the_laws)
{
	const struct relay_clock sample = {1529571600, true, seen};
	struct payload_case one = relay_clock_case(&sample, 1 << 2);
	payload_edits_check(&one);
}

Test(statement, pull_request_keeps_the_laws)
{
	const struct pull_request sample = {{{1}}, 17, 1529571600};
	struct payload_case one = pull_request_case(&sample, 0);
	payload_edits_check(&one);
}

Test(statement, confirmation_keeps_the_laws)
{
	const struct confirmation sample = {{{1}}, 1529571600};
	struct payload_case one = confirmation_case(&sample, 0);
	payload_edits_check(&one);
}

Test(statement, appointment_keeps_the_laws)
{
	const struct appointment sample = {{{1}}, ROLE_PULL | ROLE_REVIEW, 1900000000, "محلّل"};
	struct payload_case one = appointment_case(&sample, 1 << 4);
	payload_edits_check(&one);
}

Test(statement, revocation_keeps_the_laws)
{
	const struct revocation sample = {
		.kind = REVOKE_DEVICE,
		.who = {{1}},
		.time_s = 1529571600,
		.has_good = true,
		.good = {7, {{2}}},
		.has_seen = true,
		.seen = seen,
		.reason = REVOKE_SEIZED,
	};
	struct payload_case one = revocation_case(&sample, 1 << 4 | 1 << 5 | 1 << 6);
	payload_edits_check(&one);
}

Test(statement, review_keeps_the_laws)
{
	const struct review sample = {3, {{1}}, {{2}}, 1529571600};
	struct payload_case one = review_case(&sample, 0);
	payload_edits_check(&one);
}

Test(statement, message_keeps_the_laws)
{
	const struct message sample = {1529571600, "Sync before Friday.", 2, {{{1}}, {{2}}}};
	struct payload_case one = message_case(&sample, 1 << 3);
	payload_edits_check(&one);
}

Test(statement, package_keeps_the_laws)
{
	const struct package sample = {"syria-cod", "2018-06", PACKAGE_GAZETTEER, 2, 3, {{1}}, {{2}}, 100000};
	struct payload_case one = package_case(&sample, 0);
	payload_edits_check(&one);
}

/* --- ranges --- */

static void expect_out_of_range(struct payload_case *one, uint64_t key, const char *value, size_t value_len)
{
	struct error err = {0};
	struct bytes out = {0};
	struct bytes edited = payload_with(bytes_span(&one->good), key, value, value_len);
	cr_expect_eq(one->again(&out, bytes_span(&edited), &err), STATUS_BAD_INPUT, "%s, key %u", one->name, (unsigned)key);
	cr_expect(names_rule(&err, "out_of_range") || names_rule(&err, "gaps_not_ascending"), "%s", err.message);
	bytes_wipe(&edited);
	bytes_wipe(&out);
}
#define EXPECT_OUT_OF_RANGE(one, key, literal) expect_out_of_range((one), (key), (literal), sizeof(literal) - 1)

Test(statement, refuses_roles_codes_and_times_beyond_their_ranges)
{
	const struct appointment appointment = {{{1}}, 1, 1900000000, ""};
	struct payload_case one = appointment_case(&appointment, 0);
	EXPECT_OUT_OF_RANGE(&one, 2, "\x00");
	EXPECT_OUT_OF_RANGE(&one, 2, "\x10");
	EXPECT_OUT_OF_RANGE(&one, 3, "\x1b\x00\x00\x00\x3a\xff\xf4\x41\x80");
	EXPECT_OUT_OF_RANGE(&one, 4, "\x60");
	bytes_wipe(&one.good);
	const struct revocation revocation = {.kind = REVOKE_INVITE};
	struct payload_case two = revocation_case(&revocation, 0);
	EXPECT_OUT_OF_RANGE(&two, 1, "\x00");
	EXPECT_OUT_OF_RANGE(&two, 1, "\x04");
	EXPECT_OUT_OF_RANGE(&two, 6, "\x00");
	EXPECT_OUT_OF_RANGE(&two, 6, "\x05");
	bytes_wipe(&two.good);
	const struct package package = {"a", "b", PACKAGE_CODE_LIST, 2, 3, {{1}}, {{2}}, 1};
	struct payload_case three = package_case(&package, 0);
	EXPECT_OUT_OF_RANGE(&three, 4, "\x00");
	EXPECT_OUT_OF_RANGE(&three, 5, "\x01");
	EXPECT_OUT_OF_RANGE(&three, 8, "\x00");
	bytes_wipe(&three.good);
}

Test(statement, refuses_flags_that_are_not_one)
{
	const struct receipt sample = sample_receipt();
	struct payload_case one = receipt_case(&sample, 0);
	EXPECT_OUT_OF_RANGE(&one, 7, "\x00");
	EXPECT_OUT_OF_RANGE(&one, 7, "\x02");
	bytes_wipe(&one.good);
}

Test(statement, refuses_gaps_that_are_odd_too_many_or_out_of_order)
{
	const struct receipt sample = sample_receipt();
	struct payload_case one = receipt_case(&sample, 0);
	EXPECT_OUT_OF_RANGE(&one, 4, "\x81\x18\x2b");                 /* half a gap */
	EXPECT_OUT_OF_RANGE(&one, 4, "\x82\x18\x29\x18\x2b");         /* begins at a number that is held */
	EXPECT_OUT_OF_RANGE(&one, 4, "\x82\x18\x2c\x18\x2b");         /* ends before it begins */
	EXPECT_OUT_OF_RANGE(&one, 4, "\x84\x18\x2b\x18\x2d\x18\x2d\x18\x2f"); /* overlap */
	char many[1 + 1 + 34 * 3] = "\x98\x22";
	for (size_t i = 0; i < 34; i++)
		(void)memcpy(many + 2 + 3 * i, (const char[]){0x19, 1, (char)i}, 3);
	expect_out_of_range(&one, 4, many, sizeof many);
	bytes_wipe(&one.good);
}

Test(statement, refuses_to_write_what_it_would_not_read)
{
	struct bytes out = {0};
	struct receipt receipt = sample_receipt();
	receipt.missing[1].first = 42;
	cr_expect_eq(receipt_encode(&out, &receipt, NULL), STATUS_BAD_INPUT);
	receipt = sample_receipt();
	receipt.missing_len = STATEMENT_GAPS + 1;
	cr_expect_eq(receipt_encode(&out, &receipt, NULL), STATUS_BAD_INPUT);
	receipt = sample_receipt();
	receipt.time_s = -1;
	cr_expect_eq(receipt_encode(&out, &receipt, NULL), STATUS_BAD_INPUT);
	receipt = sample_receipt();
	receipt.number = UINT32_MAX + UINT64_C(1);
	cr_expect_eq(receipt_encode(&out, &receipt, NULL), STATUS_BAD_INPUT);
	const struct appointment none = {{{1}}, 0, 1900000000, ""};
	cr_expect_eq(appointment_encode(&out, &none, NULL), STATUS_BAD_INPUT);
	const struct appointment control = {{{1}}, 1, 1900000000, "a\nb"};
	cr_expect_eq(appointment_encode(&out, &control, NULL), STATUS_BAD_INPUT);
	const struct revocation kindless = {.kind = 0};
	cr_expect_eq(revocation_encode(&out, &kindless, NULL), STATUS_BAD_INPUT);
	const struct message silent = {.time_s = 1};
	cr_expect_eq(message_encode(&out, &silent, NULL), STATUS_BAD_INPUT);
	const struct message crowded = {.time_s = 1, .text = "a", .devices_len = STATEMENT_MESSAGE_DEVICES + 1};
	cr_expect_eq(message_encode(&out, &crowded, NULL), STATUS_BAD_INPUT);
	cr_expect_eq(out.len, 0);
	bytes_wipe(&out);
}

Test(statement, labels_are_counted_in_characters)
{
	struct appointment appointment = {{{1}}, 1, 1900000000, ""};
	struct bytes out = {0};
	struct error err = {0};
	for (size_t i = 0; i < 80; i++)
		(void)memcpy(appointment.label + 2 * i, "د", 3);
	cr_assert_eq(appointment_encode(&out, &appointment, &err), STATUS_OK, "%s", err.message);
	(void)memcpy(appointment.label + 160, "د", 3);
	cr_assert_eq(appointment_encode(&out, &appointment, NULL), STATUS_BAD_INPUT);
	bytes_wipe(&out);
}

Test(statement, a_newer_field_asks_for_a_newer_sijil)
{
	const struct head sample = {1, {{1}}};
	struct payload_case one = head_case(&sample, 0);
	struct bytes newer = PAYLOAD_WITH(bytes_span(&one.good), 3, "\x01"), out = {0};
	struct error err = {0};
	cr_assert_eq(head_again(&out, bytes_span(&newer), &err), STATUS_BAD_INPUT);
	cr_assert_not_null(strstr(err.message, "newer sijil"), "%s", err.message);
	cr_assert_not_null(strstr(err.hint, "newer sijil"), "%s", err.hint);
	bytes_wipe(&newer);
	bytes_wipe(&one.good);
}
