#include "schema/report_spoken.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "schema/date.h"
#include "schema/report_typed.h"
#include "schema/text.h"
#include "schema/vocabulary.h"

static_assert(DATE_OPEN == REPORT_DAY_ABSENT, "an open end is an absent field");

static bool knows_today(const struct report_reading *reading)
{
	return reading->today >= DATE_DAY_MIN && reading->today <= DATE_DAY_MAX;
}

static void clear(struct report *report, const char *const *fields, size_t len)
{
	for (size_t i = 0; i < len; i++)
		report_clear(report, report_field_find(fields[i]));
}

/* --- how many --- */

static const char *const counts[] = {"households", "individuals"};

/* Whether the comma at `at` stands between two counts and not before three digits: "300 families, 1500 people". */
static bool parts(const char *text, const char *at)
{
	const char *before = at;
	while (before > text && before[-1] == ' ')
		before--;
	const bool behind_digit = before > text && before[-1] >= '0' && before[-1] <= '9';
	return !behind_digit || at[1] == ' ';
}

/* The next count at *at, and *at behind its separator: ';', "and", a comma that parts. */
static bool next_count(const char **at, char entry[REPORT_TEXT_BYTES])
{
	const char *p = *at + strspn(*at, " ;,");
	if (*p == '\0')
		return false;
	const char *end = p;
	while (*end != '\0' && *end != ';' && strncasecmp(end, " and ", 5) != 0 && !(*end == ',' && parts(p, end)))
		end++;
	size_t len = (size_t)(end - p);
	*at = strncasecmp(end, " and ", 5) == 0 ? end + 5 : end;
	while (len > 0 && p[len - 1] == ' ')
		len--;
	memcpy(entry, p, len);
	entry[len] = '\0';
	return len > 0;
}

/* Takes one count into the figure that its word names. */
static enum status take_count(struct figure found[2], const char *entry, enum figure_unit usual, struct error *err)
{
	struct figure figure;
	enum figure_unit unit;
	const enum status status = figure_parse_counted(&figure, &unit, entry, err);
	if (status != STATUS_OK)
		return status;
	if (unit == FIGURE_UNIT_NONE)
		unit = usual;
	if (unit == FIGURE_UNIT_NONE)
		return error_set(err, STATUS_NOT_FOUND, "\"%.60s\": families or people?", entry);
	struct figure *const place = &found[unit == FIGURE_UNIT_INDIVIDUALS];
	if (figure_is_given(place))
		return error_set(err, STATUS_BAD_INPUT, "\"%.60s\": that was counted before it", entry);
	*place = figure;
	return STATUS_OK;
}

enum status report_set_how_many(struct report *report, const char *text, enum figure_unit unit, struct error *err)
{
	char folded[REPORT_TEXT_BYTES], entry[REPORT_TEXT_BYTES];
	struct figure found[2] = {figure_none(), figure_none()};
	const uint8_t reason = report_typed_absent(text);
	enum status status = text_fold_digits(folded, sizeof folded, span_from_text(text), err);
	const char *at = folded;
	while (status == STATUS_OK && reason == 0 && next_count(&at, entry))
		status = take_count(found, entry, unit, err);
	if (status != STATUS_OK)
		return status;
	clear(report, counts, sizeof counts / sizeof *counts);
	if (reason != 0)
		report_set_absent(report, report_field_find("households"), reason);
	report->households = found[0];
	report->individuals = found[1];
	return STATUS_OK;
}

/* --- when --- */

static const char *const days[] = {"from", "to", "observed_on"};

enum status report_set_when(struct report *report, const char *text, const struct report_reading *reading,
                            struct error *err)
{
	struct date_span span = {DATE_OPEN, DATE_OPEN};
	const bool given = text[strspn(text, " ")] != '\0';
	const enum status status = given ? date_span_parse(&span, text, reading->today, err) : STATUS_OK;
	if (status != STATUS_OK)
		return status;
	clear(report, days, sizeof days / sizeof *days);
	if (!given)
		return STATUS_OK;
	if (report->kind == VOCABULARY_KIND_STOCK && span.from == span.to) {
		report->observed_on = span.from;
		return STATUS_OK;
	}
	report->from = span.from;
	report->to = span.to;
	if (knows_today(reading))
		report->observed_on = reading->today;
	return STATUS_OK;
}
