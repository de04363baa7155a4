#include "schema/report_filter.h"

#include <criterion/criterion.h>

static struct report report;

static void start(void)
{
	const struct report_reading reading = {.today = 17703};
	static const char *const fields[][2] = {
		{"kind", "arrival"}, {"place", "C5999 Nasib (near SY1200)"}, {"observed_on", "2018-06-21"}, {"group", "refugee"}};
	report_init(&report);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		cr_assert_eq(report_set(&report, report_field_find(fields[i][0]), fields[i][1], &reading, NULL), STATUS_OK);
}

TestSuite(report_filter, .init = start);

static bool passes(struct report_filter filter)
{
	cr_expect(report_filter_is_set(&filter));
	return report_filter_passes(&filter, &report);
}

Test(report_filter, lets_through_what_is_asked_for)
{
	cr_expect(report_filter_passes(&(struct report_filter){0}, &report));
	cr_expect_not(report_filter_is_set(&(struct report_filter){0}));
	cr_expect(passes((struct report_filter){.kind = 2}));
	cr_expect_not(passes((struct report_filter){.kind = 1}));
	cr_expect(passes((struct report_filter){.group = 4}));
	cr_expect_not(passes((struct report_filter){.group = 1}));
	cr_expect(passes((struct report_filter){.area = "C5999"}));
	cr_expect(passes((struct report_filter){.area = "SY12"}));
	cr_expect_not(passes((struct report_filter){.area = "SY13"}));
	cr_expect_not(passes((struct report_filter){.area = "C59"}), "communities do not nest");
	cr_expect(passes((struct report_filter){.since = 17703, .until = 17703}));
	cr_expect_not(passes((struct report_filter){.since = 17704}));
	cr_expect_not(passes((struct report_filter){.until = 17702}));
}

Test(report_filter, takes_the_first_day_where_nobody_said_when_it_was_seen)
{
	report.observed_on = REPORT_DAY_ABSENT;
	cr_expect_not(passes((struct report_filter){.since = 1}));
	report.from = 17700;
	cr_expect(passes((struct report_filter){.since = 17700}));
}
