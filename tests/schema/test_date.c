#include "schema/date.h"

#include <criterion/criterion.h>
#include <time.h>

enum { JUNE_21 = 17703 }; /* 2018-06-21 */

static int32_t day_of(const char *text)
{
	int32_t day = 0;
	struct error err = {0};
	cr_assert_eq(date_parse(&day, text, JUNE_21, &err), STATUS_OK, "%s: %s", text, err.message);
	return day;
}

Test(date, reads_what_people_write)
{
	const char *const same[] = {"2018-06-21", "21/6/2018", "21.6.2018", "21/06", "21.6.", "21.6", "today", " Today ",
	                            "\xD9\xA2\xD9\xA1/\xD9\xA6/\xD9\xA2\xD9\xA0\xD9\xA1\xD9\xA8"};
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		cr_expect_eq(day_of(same[i]), JUNE_21, "%s", same[i]);
	cr_expect_eq(day_of("yesterday"), JUNE_21 - 1);
	cr_expect_eq(day_of("22/6"), JUNE_21 - 364);
	cr_expect_eq(day_of("29/2"), 16860); /* 2016-02-29 */
	cr_expect_eq(day_of("2000-01-01"), DATE_DAY_MIN);
	cr_expect_eq(day_of("2199-12-31"), DATE_DAY_MAX);
}

/* 2018-06-21 was a Thursday. */
Test(date, reads_days_by_their_names)
{
	cr_expect_eq(day_of("Thursday"), JUNE_21);
	cr_expect_eq(day_of("last thu"), JUNE_21 - 7);
	cr_expect_eq(day_of("on Wednesday"), JUNE_21 - 1);
	cr_expect_eq(day_of("fri"), JUNE_21 - 6);
	cr_expect_eq(day_of("Tuesday"), JUNE_21 - 2);
	cr_expect_eq(day_of("الثلاثاء"), JUNE_21 - 2);
	cr_expect_eq(day_of("أمس"), JUNE_21 - 1);
	cr_expect_eq(day_of("day before yesterday"), JUNE_21 - 2);
	cr_expect_eq(day_of("3 days ago"), JUNE_21 - 3);
	cr_expect_eq(day_of("1 day ago"), JUNE_21 - 1);
	cr_expect_eq(day_of("21 June"), JUNE_21);
	cr_expect_eq(day_of("21 jun 2018"), JUNE_21);
	cr_expect_eq(day_of("22 June"), JUNE_21 - 364);
	cr_expect_str_eq(date_weekday(JUNE_21), "Thu");
	cr_expect_str_eq(date_weekday(-1), "Wed");
}

Test(date, names_no_day_without_a_clock)
{
	const char *const relative[] = {"today", "yesterday", "Tuesday", "3 days ago", "21/6", "21 June"};
	for (size_t i = 0; i < sizeof relative / sizeof *relative; i++) {
		int32_t day = 7;
		cr_expect_eq(date_parse(&day, relative[i], INT32_MIN, NULL), STATUS_BAD_INPUT, "%s", relative[i]);
		cr_expect_eq(date_parse(&day, relative[i], INT32_MAX, NULL), STATUS_BAD_INPUT, "%s", relative[i]);
	}
}

struct span_case {
	char text[64];
	int32_t from, to; /* from June 21 */
};

static const struct span_case spans[] = {
	{"today", 0, 0},
	{"since Tuesday", -2, DATE_OPEN},
	{"from 18/6", -3, DATE_OPEN},
	{"منذ الثلاثاء", -2, DATE_OPEN},
	{"until yesterday", DATE_OPEN, -1},
	{"18/6 - 20/6", -3, -1},
	{"18/6-20/6", -3, -1},
	{"18-20/6", -3, -1},
	{"18 - 20 June", -3, -1},
	{"from 18/6 to 20/6", -3, -1},
	{"between monday and wednesday", -3, -1},
	{"2018-06-18-2018-06-20", -3, -1},
	{"2018-06-18..2018-06-20", -3, -1},
	{"من ١٨/٦ إلى ٢٠/٦", -3, -1},
	{"20/6", -1, -1},
};

Test(date, reads_spans)
{
	for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
		const struct span_case *want = &spans[i];
		struct date_span span = {7, 7};
		struct error err = {0};
		cr_expect_eq(date_span_parse(&span, want->text, JUNE_21, &err), STATUS_OK, "%s: %s", want->text, err.message);
		cr_expect_eq(span.from, want->from == DATE_OPEN ? DATE_OPEN : JUNE_21 + want->from, "%s", want->text);
		cr_expect_eq(span.to, want->to == DATE_OPEN ? DATE_OPEN : JUNE_21 + want->to, "%s", want->text);
	}
}

Test(date, refuses_what_is_no_span)
{
	const char *const bad[] = {"", "since", "until ", "20/6 - 18/6", "since 20/6 - 21/6 x", "-", "18-", "99-20/6", "to to to",
	                           "from yesterday to since Tuesday", "21-6-2018"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct date_span span = {7, 7};
		cr_expect_eq(date_span_parse(&span, bad[i], JUNE_21, NULL), STATUS_BAD_INPUT, "%s", bad[i]);
		cr_expect(span.from == 7 && span.to == 7);
	}
}

Test(date, refuses_what_is_no_day)
{
	const char *const bad[] = {"",           "2018-02-29", "2018-13-01", "2018-00-10", "2018-06-00", "31/4/2018",
	                           "1999-12-31", "2200-01-01", "18-06-21",   "2018-06-21x", "21/6/",     "21/6/18",
	                           "21.6/2018",  "32/1",       "tomorrow",   "2018-06",    "21-6-2018", "+1/2/2018"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int32_t day = 7;
		struct error err = {0};
		cr_expect_eq(date_parse(&day, bad[i], JUNE_21, &err), STATUS_BAD_INPUT, "%s", bad[i]);
		cr_expect_eq(day, 7);
	}
}

Test(date, every_day_agrees_with_the_c_library_and_reads_back)
{
	for (int32_t day = DATE_DAY_MIN; day <= DATE_DAY_MAX; day++) {
		const time_t at = (time_t)day * DATE_SECONDS_A_DAY;
		struct tm tm;
		char expected[32];
		char text[DATE_TEXT_BYTES];
		cr_assert_not_null(gmtime_r(&at, &tm));
		cr_assert_neq(strftime(expected, sizeof expected, "%Y-%m-%d", &tm), 0);
		date_format(day, text);
		cr_assert_str_eq(text, expected);
		cr_assert_eq(day_of(text), day);
	}
}

Test(date, any_number_of_days_prints)
{
	char text[DATE_TEXT_BYTES];
	date_format(INT32_MIN, text);
	cr_expect_str_eq(text, "0001-01-01");
	date_format(INT32_MAX, text);
	cr_expect_str_eq(text, "9999-12-31");
	date_format(-1, text);
	cr_expect_str_eq(text, "1969-12-31");
}

Test(date, times_read_back)
{
	int64_t seconds = 0;
	char text[DATE_TIME_TEXT_BYTES];
	cr_assert_eq(date_time_parse(&seconds, "2018-06-21T14:03:05Z", NULL), STATUS_OK);
	cr_expect_eq(seconds, (int64_t)JUNE_21 * 86400 + 14 * 3600 + 3 * 60 + 5);
	date_time_format(seconds, text);
	cr_expect_str_eq(text, "2018-06-21T14:03:05Z");
	cr_assert_eq(date_time_parse(&seconds, "2018-06-21", NULL), STATUS_OK);
	cr_expect_eq(seconds, (int64_t)JUNE_21 * 86400);
	cr_expect_eq(date_of_time(-1), -1);
	cr_expect_eq(date_of_time(-86400), -1);
	cr_expect_eq(date_of_time(86399), 0);
	date_time_format(-1, text);
	cr_expect_str_eq(text, "1969-12-31T23:59:59Z");
	date_time_format(INT64_MAX, text);
	cr_expect_str_eq(text, "9999-12-31T00:00:00Z");
	date_time_format(INT64_MIN + 86400, text);
	cr_expect_str_eq(text, "0001-01-01T00:00:00Z");
}

Test(date, refuses_what_is_no_time)
{
	const char *const bad[] = {"2018-06-21T24:00:00Z", "2018-06-21T14:03:05", "2018-06-21 14:03:05Z", "21/6/2018",
	                           "2018-06-21T14:60:05Z", "2018-06-21T1:03:05Z"};
	int64_t seconds = 7;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_eq(date_time_parse(&seconds, bad[i], NULL), STATUS_BAD_INPUT, "%s", bad[i]);
	cr_expect_eq(seconds, 7);
}
