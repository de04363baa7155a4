#include "schema/report_spoken.h"

#include <criterion/criterion.h>
#include <string.h>

#include "schema/date.h"
#include "schema/vocabulary.h"

enum { JUNE_21 = 17703 };

static const struct report_reading reading = {.today = JUNE_21};
static struct report report;
static struct error err;

static void start(void)
{
	report_init(&report);
}

TestSuite(report_spoken, .init = start);

static void expect_counts(const char *text, const char *households, const char *individuals)
{
	char found[REPORT_TEXT_BYTES];
	cr_assert_eq(report_set_how_many(&report, text, FIGURE_UNIT_NONE, &err), STATUS_OK, "%s: %s", text, err.message);
	report_format(&report, report_field_find("households"), found);
	cr_expect_str_eq(found, households, "%s", text);
	report_format(&report, report_field_find("individuals"), found);
	cr_expect_str_eq(found, individuals, "%s", text);
}

Test(report_spoken, hears_how_many)
{
	expect_counts("300 families", "300", "");
	expect_counts("~300 f, 1500 people", "300", "1500");
	expect_counts("1,500 people; 300 f", "300", "1500");
	expect_counts("250-400 families and up to 2000 people", "250-400", "<=2000");
	expect_counts("٣٠٠ عائلة", "300", "");
	expect_counts("unknown", "unknown", "");
	expect_counts("", "", "");
}

Test(report_spoken, asks_what_a_bare_number_counts)
{
	expect_counts("7 p", "", "7");
	cr_assert_eq(report_set_how_many(&report, "300", FIGURE_UNIT_NONE, &err), STATUS_NOT_FOUND);
	cr_expect_eq(report.individuals.best, 7);
	cr_assert_eq(report_set_how_many(&report, "1,500", FIGURE_UNIT_INDIVIDUALS, &err), STATUS_OK);
	cr_expect_eq(report.individuals.best, 1500);
	cr_expect_not(figure_is_given(&report.households));
}

Test(report_spoken, refuses_counts_that_are_none)
{
	const char *const bad[] = {"many", "300 f, 400 f", "300 goats", "300 f, many people", "5 5 f"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_eq(report_set_how_many(&report, bad[i], FIGURE_UNIT_NONE, &err), STATUS_BAD_INPUT, "%s", bad[i]);
	cr_expect_not(figure_is_given(&report.households));
}

static void expect_days(uint8_t kind, const char *text, int32_t from, int32_t to, int32_t observed)
{
	report.kind = kind;
	cr_assert_eq(report_set_when(&report, text, &reading, &err), STATUS_OK, "%s: %s", text, err.message);
	cr_expect_eq(report.from, from, "%s", text);
	cr_expect_eq(report.to, to, "%s", text);
	cr_expect_eq(report.observed_on, observed, "%s", text);
}

Test(report_spoken, hears_when)
{
	enum { ARRIVAL = 2, NONE = REPORT_DAY_ABSENT };
	expect_days(ARRIVAL, "yesterday", JUNE_21 - 1, JUNE_21 - 1, JUNE_21);
	expect_days(ARRIVAL, "since Tuesday", JUNE_21 - 2, NONE, JUNE_21);
	expect_days(ARRIVAL, "18-20/6", JUNE_21 - 3, JUNE_21 - 1, JUNE_21);
	expect_days(VOCABULARY_KIND_STOCK, "yesterday", NONE, NONE, JUNE_21 - 1);
	expect_days(VOCABULARY_KIND_STOCK, "since Tuesday", JUNE_21 - 2, NONE, JUNE_21);
	expect_days(ARRIVAL, "", NONE, NONE, NONE);
}

Test(report_spoken, claims_no_day_without_a_clock)
{
	const struct report_reading dead = {.today = INT32_MIN};
	report.kind = 2;
	cr_assert_eq(report_set_when(&report, "2018-06-20", &dead, &err), STATUS_OK);
	cr_expect_eq(report.from, JUNE_21 - 1);
	cr_expect_eq(report.observed_on, REPORT_DAY_ABSENT);
	cr_expect_eq(report_set_when(&report, "yesterday", &dead, &err), STATUS_BAD_INPUT);
	cr_expect_eq(report.from, JUNE_21 - 1);
}
