/* Dates as days since 1970-01-01 (proleptic Gregorian), times as UTC seconds.
 */
#ifndef SIJIL_SCHEMA_DATE_H
#define SIJIL_SCHEMA_DATE_H

#include <stdint.h>

#include "crypto/status.h"

#define DATE_TEXT_BYTES 11 /* "2018-06-21" */
#define DATE_TIME_TEXT_BYTES 21 /* "2018-06-21T14:03:05Z" */
#define DATE_SECONDS_A_DAY 86400
/* 2000-01-01 and 2199-12-31: what a report may say. */
#define DATE_DAY_MIN 10957
#define DATE_DAY_MAX 84005

#define DATE_OPEN INT32_MIN /* an end that was not said */

/* Reads "2018-06-21", also "21/6/2018", "21.6.2018", "21 June 2018" and the same without the year (the latest
 * such day not after `today`), "today", "yesterday", "3 days ago", "Tuesday" (the latest one, today included), "last
 * Tuesday" (before today); these words in Arabic too, and digits of any script. BAD_INPUT else. */
MUST_CHECK enum status date_parse(int32_t *day, const char *text, int32_t today, struct error *err);

/* From a day to a day; either may be DATE_OPEN, not both. */
struct date_span {
	int32_t from, to;
};
/* Reads a day, which is both ends, "since Tuesday", "until 20/6", "18/6 - 20/6", "18-20/6", "from 18/6 to 20/6".
 * BAD_INPUT: not understood, or it ends before it begins. */
MUST_CHECK enum status date_span_parse(struct date_span *span, const char *text, int32_t today, struct error *err);
/* "Sat": the day of the week. */
const char *date_weekday(int32_t day);
void date_format(int32_t day, char text[DATE_TEXT_BYTES]);
/* Reads "2018-06-21T14:03:05Z" or a bare date (its midnight, UTC). */
MUST_CHECK enum status date_time_parse(int64_t *seconds, const char *text, struct error *err);
void date_time_format(int64_t seconds, char text[DATE_TIME_TEXT_BYTES]);
/* The day a moment falls on (UTC); beyond int32_t it stops at the ends. */
int32_t date_of_time(int64_t seconds);

#endif
