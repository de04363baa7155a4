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
