#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "schema/date.h"
#include "schema/report_place.h"
#include "schema/report_typed.h"
#include "schema/vocabulary.h"

enum { UNITS_A_DEGREE = 100000 };

/* Text being written, cut where it would not fit. */
struct line {
	char *text;
	size_t len;
};

static void put(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct line *line, const char *format, ...)
{
	const size_t room = REPORT_TEXT_BYTES - line->len;
	va_list args;
	va_start(args, format);
	const int len = vsnprintf(line->text + line->len, room, format, args);
	va_end(args);
	if (len > 0)
		line->len += (size_t)len < room ? (size_t)len : room - 1;
}

/* The word of a code; a number for one that is in no list. */
static void put_code(struct line *line, const struct vocabulary *codes, uint8_t code)
{
	const char *word = vocabulary_word(codes, code);
	if (word != NULL)
		put(line, "%s", word);
	else
		put(line, "%u", code);
}

static void put_codes(struct line *line, const struct vocabulary *codes, const struct codes *list, const char *between)
{
	for (size_t i = 0; i < list->len && i < REPORT_CODES; i++) {
		put(line, "%s", i == 0 ? "" : between);
		put_code(line, codes, list->code[i]);
	}
}

static void put_place(struct line *line, const struct place *place)
{
	char text[REPORT_PLACE_TEXT_BYTES];
	report_place_format(place, text);
	put(line, "%s", text);
}

static void put_origins(struct line *line, const struct report *report)
{
	for (size_t i = 0; i < report->origins_len && i < REPORT_ORIGINS; i++) {
		put(line, "%s", i == 0 ? "" : "; ");
		put_place(line, &report->origins[i].place);
		if (report->origins[i].share != 0)
			put(line, ":%u", report->origins[i].share);
	}
}

static void put_degrees(struct line *line, int32_t units)
{
	const uint32_t size = units < 0 ? (uint32_t)-(int64_t)units : (uint32_t)units;
	put(line, "%s%u.%05u", units < 0 ? "-" : "", size / UNITS_A_DEGREE, size % UNITS_A_DEGREE);
}

static void put_point(struct line *line, const struct point *point)
{
	put_degrees(line, point->latitude);
	put(line, ", ");
	put_degrees(line, point->longitude);
	put(line, " %um", point->precision_m);
}

static void put_day(struct line *line, int32_t day)
{
	char text[DATE_TEXT_BYTES];
	date_format(day, text);
	put(line, "%s", text);
}

static void put_figure(struct line *line, const struct figure *figure)
{
	char text[FIGURE_TEXT_BYTES];
	figure_format(figure, text);
	put(line, "%s", text);
}

static void put_household_link(struct line *line, const struct report *report)
{
	put_code(line, &vocabulary_household_link, report->household_link);
	if (report->household_factor != 0)
		put(line, " %u.%u", report->household_factor / 10, report->household_factor % 10);
}

static void put_sadd(struct line *line, const struct report *report)
{
	static const char *const cells[REPORT_SADD_CELLS] = {"f0-4", "f5-11", "f12-17", "f18-59", "f60+",
	                                                     "m0-4", "m5-11", "m12-17", "m18-59", "m60+"};
	for (size_t i = 0; i < REPORT_SADD_CELLS; i++)
		if (report->sadd[i] != FIGURE_ABSENT)
			put(line, "%s%s=%d", line->len == 0 ? "" : "; ", cells[i], report->sadd[i]);
	if (report->sadd_scope == 0)
		return;
	put(line, "%sscope=", line->len == 0 ? "" : "; ");
	put_code(line, &vocabulary_sadd_scope, report->sadd_scope);
}

static void put_counts(struct line *line, const struct report *report)
{
	for (size_t i = 0; i < report->vulnerable_len && i < REPORT_CODES; i++) {
		put(line, "%s", i == 0 ? "" : "; ");
		put_code(line, &vocabulary_vulnerable, report->vulnerable[i].code);
		put(line, "=%u", report->vulnerable[i].count);
	}
}

static void put_access(struct line *line, const struct report *report)
{
	put_code(line, &vocabulary_access, report->access);
	if (report->access_reasons.len > 0)
		put(line, ": ");
	put_codes(line, &vocabulary_access_reason, &report->access_reasons, ", ");
}

static void put_hex(struct line *line, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(line, "%02x", bytes[i]);
}

static void put_sources(struct line *line, const struct report *report)
{
	for (size_t i = 0; i < report->sources_len && i < REPORT_SOURCES; i++) {
		const struct source *source = &report->sources[i];
		const char *between = i == 0 ? "" : "; ";
		if (source->kind != 0) {
			put(line, "%s", between);
			put_code(line, &vocabulary_source, source->kind);
			between = " ";
		}
		if (source->reliability != 0) {
			put(line, "%s%c", between, 'A' + source->reliability - 1);
			between = " ";
		}
		if (source->tagged) {
			put(line, "%s#=", between);
			put_hex(line, source->tag, sizeof source->tag);
		}
	}
}

static void put_links(struct line *line, const struct links *links)
{
	for (size_t i = 0; i < links->len && i < REPORT_LINKS; i++) {
		put(line, "%s", i == 0 ? "" : "; ");
		put_hex(line, links->id[i].bytes, sizeof links->id[i].bytes);
	}
}

/* A note in quotes where it would else be read as a reason for absence, or as quoted. */
static void put_text(struct line *line, const char *text)
{
	char quoted[2 * REPORT_NOTE_BYTES + 3];
	if (text[0] == '"' || text[0] == '\'' || report_typed_absent(text) != 0)
		report_typed_quote(quoted, text);
	else
		memcpy(quoted, text, strlen(text) + 1);
	put(line, "%s", quoted);
}

static void put_value(struct line *line, const struct report *report, const struct report_field *field)
{
	const void *value = (const uint8_t *)report + field->offset;
	switch (field->type) {
	case REPORT_CODE: put_code(line, field->codes, *(const uint8_t *)value); break;
	case REPORT_NUMBER: put(line, "%u", *(const uint8_t *)value); break;
	case REPORT_TEXT: put_text(line, value); break;
	case REPORT_CODES_LIST: put_codes(line, field->codes, value, "; "); break;
	case REPORT_LINK_LIST: put_links(line, value); break;
	case REPORT_PLACE: put_place(line, value); break;
	case REPORT_POINT: put_point(line, value); break;
	case REPORT_DAY: put_day(line, *(const int32_t *)value); break;
	case REPORT_FIGURE: put_figure(line, value); break;
	case REPORT_ORIGIN_LIST: put_origins(line, report); break;
	case REPORT_HOUSEHOLD_LINK: put_household_link(line, report); break;
	case REPORT_SADD: put_sadd(line, report); break;
	case REPORT_COUNTS_LIST: put_counts(line, report); break;
	case REPORT_ACCESS: put_access(line, report); break;
	case REPORT_SOURCE_LIST: put_sources(line, report); break;
	}
}

void report_format(const struct report *report, const struct report_field *field, char text[REPORT_TEXT_BYTES])
{
	struct line line = {text, 0};
	text[0] = '\0';
	const uint8_t reason = report_absent(report, field);
	if (report_has(report, field))
		put_value(&line, report, field);
	else if (reason != 0)
		put_code(&line, &vocabulary_absent, reason);
}

bool report_field_is_same(const struct report *one, const struct report *other, const struct report_field *field)
{
	char text[2][REPORT_TEXT_BYTES];
	report_format(one, field, text[0]);
	report_format(other, field, text[1]);
	const bool same = strcmp(text[0], text[1]) == 0;
	explicit_bzero(text, sizeof text);
	return same;
}
