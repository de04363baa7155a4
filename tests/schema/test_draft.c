#include "schema/draft.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct report_reading reading = {.today = 17703};
static struct draft draft;
static struct report empty;
static struct bytes encoded;
static struct error err;

static void set(struct report *report, const char *name, const char *text)
{
	cr_assert_eq(report_set(report, report_field_find(name), text, &reading, &err), STATUS_OK, "%s", err.message);
}

static void start(void)
{
	report_init(&empty);
	draft = (struct draft){.type = OBJECT_REPORT, .begun_s = 1760000000, .at = 4, .report = empty};
	set(&draft.report, "kind", "arrival");
	set(&draft.report, "place", "مزرعة شرق طفس (near SY1200)");
	set(&draft.report, "households", "~300");
	set(&draft.report, "sources", "driver C #=1f2e3d4c5b6a7988");
	set(&draft.report, "needs", "not_asked");
	set(&draft.report, "note", "\"unknown\"");
}

static void end(void)
{
	bytes_wipe(&encoded);
}

TestSuite(draft, .init = start, .fini = end);

static void expect_same(const struct report *one, const struct report *other)
{
	for (size_t i = 0; i < report_fields_len; i++)
		cr_expect(report_field_is_same(one, other, &report_fields[i]), "%s", report_fields[i].name);
}

static void encode(const struct report *base)
{
	cr_assert_eq(draft_encode(&encoded, &draft, base, &err), STATUS_OK, "%s", err.message);
}

Test(draft, comes_back_as_it_was)
{
	struct draft back = {0};
	encode(&empty);
	cr_assert_eq(draft_decode(&back, bytes_span(&encoded), &empty, &err), STATUS_OK, "%s", err.message);
	expect_same(&back.report, &draft.report);
	cr_expect(back.type == OBJECT_REPORT && back.begun_s == 1760000000 && back.at == 4 && hash_is_zero(&back.parent));
}

Test(draft, keeps_what_no_report_could_say)
{
	struct draft back = {0};
	set(&draft.report, "from", "2018-06-20");
	set(&draft.report, "to", "2018-06-01");
	encode(&empty);
	cr_assert_eq(draft_decode(&back, bytes_span(&encoded), &empty, &err), STATUS_OK, "%s", err.message);
	expect_same(&back.report, &draft.report);
}

Test(draft, of_an_amendment_keeps_only_what_changed)
{
	struct draft back = {0};
	const struct report base = draft.report;
	struct report newer = base;
	draft.type = OBJECT_AMEND;
	draft.parent.bytes[0] = 7;
	set(&draft.report, "households", "250-400");
	set(&draft.report, "needs", "");
	encode(&base);
	cr_expect_lt(encoded.len, 80);
	set(&newer, "place", "C5999");
	cr_assert_eq(draft_decode_head(&back, bytes_span(&encoded), &err), STATUS_OK, "%s", err.message);
	cr_expect(back.type == OBJECT_AMEND && back.parent.bytes[0] == 7);
	cr_assert_eq(draft_decode(&back, bytes_span(&encoded), &newer, &err), STATUS_OK, "%s", err.message);
	cr_expect_str_eq(back.report.place.pcode, "C5999");
	cr_expect_eq(back.report.households.max, 400);
	cr_expect_eq(report_absent(&back.report, report_field_find("needs")), 0);
}

Test(draft, cut_or_changed_never_decodes_to_something_else)
{
	encode(&empty);
	for (size_t len = 0; len < encoded.len; len++) {
		struct draft back = {.at = 77};
		cr_expect_neq(draft_decode(&back, (struct span){encoded.data, len}, &empty, NULL), STATUS_OK);
		cr_expect_eq(back.at, 77);
	}
	encoded.data[1] = 2;
	struct draft back;
	cr_expect_eq(draft_decode(&back, bytes_span(&encoded), &empty, &err), STATUS_REFUSED, "a newer version");
	encoded.data[1] = 1;
	encoded.data[2] = OBJECT_RETRACT;
	cr_expect_eq(draft_decode(&back, bytes_span(&encoded), &empty, &err), STATUS_BAD_INPUT);
}
