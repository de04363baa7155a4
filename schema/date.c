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

/* --- days by their names --- */

struct day_word {
	const char *word;
	int number;
};

static const struct day_word near_days[] = {
	{"today", 0},
	{"اليوم", 0},
	{"yesterday", 1},
	{"أمس", 1},
	{"امس", 1},
	{"امبارح", 1},
	{"the day before yesterday", 2},
	{"day before yesterday", 2},
	{"أول أمس", 2},
	{"اول امس", 2},
};

/* Numbered from Thursday, which 1970-01-01 was. */
static const char *const weekdays[] = {"thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday"};
static const struct day_word arabic_weekdays[] = {
	{"الخميس", 0},   {"الجمعة", 1},  {"السبت", 2},    {"الأحد", 3},    {"الاحد", 3},
	{"الاثنين", 4}, {"الإثنين", 4}, {"الثلاثاء", 5}, {"الأربعاء", 6}, {"الاربعاء", 6},
};

static const char *const months[] = {"january", "february", "march",     "april",   "may",      "june",
                                     "july",    "august",   "september", "october", "november", "december"};

enum { DAYS_A_WEEK = 7, ABBREVIATED = 3 };

static bool find_word(const struct day_word *words, size_t len, const char *typed, int *number)
{
	for (size_t i = 0; i < len; i++) {
		if (strcasecmp(words[i].word, typed) != 0)
			continue;
		*number = words[i].number;
		return true;
	}
	return false;
}

/* Whether it is the word, or three letters of it or more. */
static bool abbreviates(const char *typed, size_t len, const char *word)
{
	return len >= ABBREVIATED && len <= strlen(word) && strncasecmp(typed, word, len) == 0;
}

static bool find_weekday(const char *typed, int *number)
{
	for (int i = 0; i < DAYS_A_WEEK; i++) {
		if (!abbreviates(typed, strlen(typed), weekdays[i]))
			continue;
		*number = i;
		return true;
	}
	return find_word(arabic_weekdays, sizeof arabic_weekdays / sizeof *arabic_weekdays, typed, number);
}

/* 0 for Thursday, for any day. */
static int weekday_of(int32_t day)
{
	return (int)(((int64_t)day % DAYS_A_WEEK + DAYS_A_WEEK) % DAYS_A_WEEK);
}

const char *date_weekday(int32_t day)
{
	static const char *const names[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
	return names[weekday_of(day)];
}

/* "Tuesday", "on Tuesday", "last Tuesday". */
static bool parse_weekday(int32_t *day, const char *typed, int32_t today)
{
	int number = 0;
	const bool past = strncasecmp(typed, "last ", 5) == 0;
	const char *p = past ? typed + 5 : strncasecmp(typed, "on ", 3) == 0 ? typed + 3 : typed;
	if (!find_weekday(p, &number))
		return false;
	int32_t back = weekday_of(today) - number;
	if (back < 0 || (past && back == 0))
		back += DAYS_A_WEEK;
	*day = today - back;
	return true;
}

/* "3 days ago", "a week ago" is 7 of them. */
static bool parse_ago(int32_t *day, const char *p, int32_t today)
{
	uint32_t count = 0;
	if (!text_read_number(&p, 366, &count))
		return false;
	p += strspn(p, " ");
	if (strcasecmp(p, "days ago") != 0 && strcasecmp(p, "day ago") != 0)
		return false;
	*day = today - (int32_t)count;
	return true;
}

/* "21 June 2018", "21 Jun". */
static bool parse_month_name(int32_t *day, const char *p, int32_t today)
{
	uint32_t day_of_month = 0;
	uint32_t year = 0;
	if (!text_read_number(&p, 31, &day_of_month))
		return false;
	p += strspn(p, " ");
	const size_t len = strcspn(p, " ");
	for (uint32_t month = 1; month <= 12; month++) {
		if (!abbreviates(p, len, months[month - 1]))
			continue;
		p += len + strspn(p + len, " ");
		if (*p == '\0')
			return latest_such_day(day, month, day_of_month, today);
		return text_read_number(&p, YEAR_MAX, &year) && *p == '\0' && day_of(day, year, month, day_of_month);
	}
	return false;
}

static bool parse_typed(int32_t *day, const char *typed, int32_t today)
{
	const char *p = typed;
	int back = 0;
	/* Without a clock there is no today to count from. */
	const bool relative = today >= DATE_DAY_MIN && today <= DATE_DAY_MAX;
	if (relative && find_word(near_days, sizeof near_days / sizeof *near_days, typed, &back))
		*day = today - back;
	else if (!(relative && (parse_weekday(day, typed, today) || parse_ago(day, typed, today))))
		return (parse_iso(day, &p) && *p == '\0') || parse_day_first(day, typed, today) ||
		       parse_month_name(day, typed, today);
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
		                 "\"%.40s\" is not a date; write 2018-06-21, 21/6, today, yesterday, Tuesday or 3 days ago", text);
	*day = found;
	return STATUS_OK;
}

/* --- spans --- */

/* What stands before and behind the first of these words. */
struct halves {
	char left[TYPED_BYTES], right[TYPED_BYTES];
};

static bool cut(struct halves *halves, const char *typed, const char *at, size_t len)
{
	size_t left = (size_t)(at - typed);
	while (left > 0 && typed[left - 1] == ' ')
		left--;
	memcpy(halves->left, typed, left);
	halves->left[left] = '\0';
	at += len + strspn(at + len, " ");
	memcpy(halves->right, at, strlen(at) + 1);
	return left > 0 && *at != '\0';
}

/* "18" of "18-20/6" and "18 - 20 June" is of the month that follows. */
static void complete(struct halves *halves)
{
	const size_t digits = strspn(halves->left, "0123456789");
	const size_t head = strspn(halves->right, "0123456789");
	if (halves->left[digits] != '\0' || digits == 0 || digits > 2 || head == 0 || head > 2 ||
	    digits + strlen(halves->right + head) >= TYPED_BYTES)
		return;
	memcpy(halves->left + digits, halves->right + head, strlen(halves->right + head) + 1);
}

static bool parse_halves(struct date_span *span, struct halves *halves, int32_t today)
{
	complete(halves);
	return parse_typed(&span->from, halves->left, today) && parse_typed(&span->to, halves->right, today);
}

/* Behind one of the words at the start of the text; NULL if none stands there. */
static const char *behind(const char *typed, const char *const *words, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strncasecmp(typed, words[i], strlen(words[i])) == 0)
			return typed + strlen(words[i]) + strspn(typed + strlen(words[i]), " ");
	return NULL;
}

static bool parse_between(struct date_span *span, const char *typed, int32_t today)
{
	static const char *const marks[] = {" to ", " until ", " till ", " and ", " إلى ", " الى ", " حتى ", "..", " - "};
	struct halves halves;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		const char *at = strcasestr(typed, marks[i]);
		if (at != NULL)
			return cut(&halves, typed, at, strlen(marks[i])) && parse_halves(span, &halves, today);
	}
	for (const char *at = strchr(typed, '-'); at != NULL; at = strchr(at + 1, '-'))
		if (cut(&halves, typed, at, 1) && parse_halves(span, &halves, today))
			return true;
	return false;
}

static bool parse_span(struct date_span *span, const char *typed, int32_t today)
{
	static const char *const since[] = {"since ", "from ", "منذ ", "من "};
	static const char *const until[] = {"until ", "till ", "to ", "حتى "};
	static const char *const openers[] = {"from ", "between ", "من ", "بين "};
	const char *rest = behind(typed, openers, sizeof openers / sizeof *openers);
	*span = (struct date_span){DATE_OPEN, DATE_OPEN};
	if (parse_typed(&span->from, typed, today)) {
		span->to = span->from;
		return true;
	}
	if (parse_between(span, rest != NULL ? rest : typed, today))
		return true;
	*span = (struct date_span){DATE_OPEN, DATE_OPEN};
	rest = behind(typed, since, sizeof since / sizeof *since);
	if (rest != NULL)
		return parse_typed(&span->from, rest, today);
	rest = behind(typed, until, sizeof until / sizeof *until);
	return rest != NULL && parse_typed(&span->to, rest, today);
}

enum status date_span_parse(struct date_span *span, const char *text, int32_t today, struct error *err)
{
	char typed[TYPED_BYTES] = "";
	struct date_span found;
	if (!tidy(typed, text) || !parse_span(&found, typed, today))
		return error_set(err, STATUS_BAD_INPUT,
		                 "\"%.40s\" is not understood; write today, since Tuesday, 20/6 or 18/6 - 20/6", text);
	if (found.from != DATE_OPEN && found.to != DATE_OPEN && found.from > found.to)
		return error_set(err, STATUS_BAD_INPUT, "\"%.40s\" ends before it begins", text);
	*span = found;
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
