#include "schema/date.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "schema/text.h"

enum { TYPED_BYTES = 64, YEAR_MIN = 2000, YEAR_MAX = 2199, LEAP_CYCLE_YEARS = 8 };

static bool is_leap(uint32_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint32_t days_in_month(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to January 1st of `year`, which is at least 1. */
static int32_t first_day_of_year(uint32_t year)
{
	enum { DAYS_BEFORE_1970 = 719162 };
	const uint32_t past = year - 1;
	return (int32_t)(past * 365 + past / 4 - past / 100 + past / 400) - DAYS_BEFORE_1970;
}

static bool day_of(int32_t *day, uint32_t year, uint32_t month, uint32_t day_of_month)
{
	if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day_of_month < 1 ||
	    day_of_month > days_in_month(year, month))
		return false;
	int32_t sum = first_day_of_year(year) + (int32_t)day_of_month - 1;
	for (uint32_t m = 1; m < month; m++)
		sum += (int32_t)days_in_month(year, m);
	*day = sum;
	return true;
}

static bool parse_iso(int32_t *day, const char **at)
{
	uint32_t year = 0;
	uint32_t month = 0;
	uint32_t day_of_month = 0;
	const char *p = *at;
	if (strspn(p, "0123456789") != 4 || !text_read_number(&p, YEAR_MAX, &year) || *p++ != '-' ||
	    !text_read_number(&p, 12, &month) || *p++ != '-' || !text_read_number(&p, 31, &day_of_month) ||
	    !day_of(day, year, month, day_of_month))
		return false;
	*at = p;
	return true;
}

/* The latest day of that name that is not after `today`. */
static bool latest_such_day(int32_t *day, uint32_t month, uint32_t day_of_month, int32_t today)
{
	char text[DATE_TEXT_BYTES];
	date_format(today, text);
	const char *p = text;
	uint32_t year = 0;
	if (!text_read_number(&p, YEAR_MAX, &year))
		return false;
	for (uint32_t back = 0; back <= LEAP_CYCLE_YEARS; back++)
		if (day_of(day, year - back, month, day_of_month) && *day <= today)
			return true;
	return false;
}

/* "21/6/2018", "21.6.2018", "21/6", "21.6." */
static bool parse_day_first(int32_t *day, const char *p, int32_t today)
{
	uint32_t day_of_month = 0;
	uint32_t month = 0;
	uint32_t year = 0;
	if (!text_read_number(&p, 31, &day_of_month))
		return false;
	const char mark = *p++;
	if ((mark != '/' && mark != '.') || !text_read_number(&p, 12, &month))
		return false;
	if (*p == '\0' || (mark == '.' && strcmp(p, ".") == 0))
		return latest_such_day(day, month, day_of_month, today);
	return *p++ == mark && text_read_number(&p, YEAR_MAX, &year) && *p == '\0' &&
	       day_of(day, year, month, day_of_month);
}

static bool parse_typed(int32_t *day, const char *typed, int32_t today)
{
	const char *p = typed;
	if (strcasecmp(typed, "today") == 0)
		*day = today;
	else if (strcasecmp(typed, "yesterday") == 0)
		*day = today - 1;
	else
		return (parse_iso(day, &p) && *p == '\0') || parse_day_first(day, typed, today);
	return *day >= DATE_DAY_MIN && *day <= DATE_DAY_MAX;
}

/* Without the blanks around it, digits ASCII. */
static bool tidy(char out[TYPED_BYTES], const char *text)
{
	char folded[TYPED_BYTES];
	const size_t start = strspn(text, " ");
	size_t len = strlen(text + start);
	while (len > 0 && text[start + len - 1] == ' ')
		len--;
	if (text_fold_digits(folded, sizeof folded, (struct span){(const uint8_t *)text + start, len}, NULL) != STATUS_OK)
		return false;
	memcpy(out, folded, sizeof folded);
	return true;
}

enum status date_parse(int32_t *day, const char *text, int32_t today, struct error *err)
{
	char typed[TYPED_BYTES] = "";
	int32_t found = 0;
	if (!tidy(typed, text) || !parse_typed(&found, typed, today))
		return error_set(err, STATUS_BAD_INPUT,
		                 "\"%.40s\" is not a date; write 2018-06-21, 21/6/2018, 21/6, today or yesterday", text);
	*day = found;
	return STATUS_OK;
}

void date_format(int32_t day, char text[DATE_TEXT_BYTES])
{
	const int32_t lowest = first_day_of_year(1);
	const int32_t highest = first_day_of_year(10000) - 1;
	const int32_t shown = day < lowest ? lowest : day > highest ? highest : day;
	/* 366 days a year never overshoot; the rest is at most a few steps. */
	uint32_t year = 1 + (uint32_t)(shown - lowest) / 366;
	while (first_day_of_year(year + 1) <= shown)
		year++;
	uint32_t rest = (uint32_t)(shown - first_day_of_year(year));
	uint32_t month = 1;
	while (rest >= days_in_month(year, month))
		rest -= days_in_month(year, month++);
	(void)snprintf(text, DATE_TEXT_BYTES, "%04u-%02u-%02u", (year % 10000), month % 100, (rest + 1) % 100);
}

/* "T14:03:05Z" to the end, or nothing. */
static bool parse_time_of_day(uint32_t *seconds, const char *p)
{
	uint32_t hour = 0;
	uint32_t minute = 0;
	uint32_t second = 0;
	if (*p == '\0')
		return true;
	if (strlen(p) != strlen("T14:03:05Z") || *p++ != 'T' || !text_read_number(&p, 23, &hour) || *p++ != ':' ||
	    !text_read_number(&p, 59, &minute) || *p++ != ':' || !text_read_number(&p, 59, &second) || strcmp(p, "Z") != 0)
		return false;
	*seconds = (hour * 60 + minute) * 60 + second;
	return true;
}

enum status date_time_parse(int64_t *seconds, const char *text, struct error *err)
{
	char typed[TYPED_BYTES] = "";
	int32_t day = 0;
	uint32_t time_of_day = 0;
	const char *p = typed;
	if (!tidy(typed, text) || !parse_iso(&day, &p) || !parse_time_of_day(&time_of_day, p))
		return error_set(err, STATUS_BAD_INPUT, "\"%.40s\" is not a time; write 2018-06-21T14:03:05Z or 2018-06-21", text);
	*seconds = (int64_t)day * DATE_SECONDS_A_DAY + time_of_day;
	return STATUS_OK;
}

void date_time_format(int64_t seconds, char text[DATE_TIME_TEXT_BYTES])
{
	char day[DATE_TEXT_BYTES];
	const int32_t whole = date_of_time(seconds);
	const int64_t rest = seconds - (int64_t)whole * DATE_SECONDS_A_DAY;
	const uint32_t of_day = rest < 0 || rest >= DATE_SECONDS_A_DAY ? 0 : (uint32_t)rest;
	date_format(whole, day);
	(void)snprintf(text, DATE_TIME_TEXT_BYTES, "%sT%02u:%02u:%02uZ", day, of_day / 3600 % 24, of_day / 60 % 60,
	               of_day % 60);
}

int32_t date_of_time(int64_t seconds)
{
	const int64_t shift = seconds < 0 ? DATE_SECONDS_A_DAY - 1 : 0;
	const int64_t day = (seconds - shift) / DATE_SECONDS_A_DAY;
	return day > INT32_MAX ? INT32_MAX : day < INT32_MIN + 1 ? INT32_MIN + 1 : (int32_t)day;
}
