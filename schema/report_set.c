#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "schema/date.h"
#include "schema/report_place.h"
#include "schema/report_setting.h"
#include "schema/report_typed.h"
#include "schema/text.h"
#include "schema/vocabulary.h"

enum { DEFAULT_FACTOR10 = 50, DEFAULT_PRECISION_M = 1000, UNITS_A_DEGREE = 100000, WORDS_BYTES = 400 };

void *report_setting_value(const struct report_setting *set)
{
	return (uint8_t *)set->report + set->field->offset;
}

enum status report_setting_refuse(const struct report_setting *set, const char *what, const char *expected)
{
	return error_set(set->err, STATUS_BAD_INPUT, "\"%.60s\" is not understood; %s", what, expected);
}

enum status report_setting_too_many(const struct report_setting *set, int32_t max)
{
	return error_set(set->err, STATUS_BAD_INPUT, "\"%.60s\" has more than %d entries", set->text, max);
}

enum status report_setting_code(const struct report_setting *set, const struct vocabulary *codes, const char *word,
                                uint8_t *code)
{
	char words[WORDS_BYTES] = "";
	size_t len = 0;
	*code = vocabulary_code(codes, word);
	if (*code != 0)
		return STATUS_OK;
	for (size_t i = 0; i < codes->len && len < sizeof words; i++) {
		const int more = snprintf(words + len, sizeof words - len, "%s%s", i == 0 ? "" : ", ", codes->entries[i].word);
		len += more > 0 ? (size_t)more : 0;
	}
	return error_set(set->err, STATUS_BAD_INPUT, "\"%.40s\" is none of: %s", word, words);
}

static enum status set_code(const struct report_setting *set)
{
	return report_setting_code(set, set->field->codes, set->folded, report_setting_value(set));
}

enum status report_setting_codes(const struct report_setting *set, const struct vocabulary *codes, const char *list,
                                 struct codes *out)
{
	const int32_t max = set->field->max;
	char entry[REPORT_TEXT_BYTES];
	while (report_typed_next(&list, entry)) {
		uint8_t code = 0;
		const enum status status = report_setting_code(set, codes, entry, &code);
		if (status != STATUS_OK)
			return status;
		if (memchr(out->code, code, out->len) != NULL)
			return error_set(set->err, STATUS_BAD_INPUT, "\"%.40s\" stands there twice", entry);
		if (out->len >= max)
			return report_setting_too_many(set, max);
		out->code[out->len++] = code;
	}
	return STATUS_OK;
}

static enum status set_codes(const struct report_setting *set)
{
	return report_setting_codes(set, set->field->codes, set->folded, report_setting_value(set));
}

enum status report_setting_place(const struct report_setting *set, struct place *place, const char *text)
{
	char bare[REPORT_TEXT_BYTES];
	const enum status status = report_place_parse(place, text, set->err);
	if (status != STATUS_OK || set->reading->place == NULL || report_typed_unquote(bare, text))
		return status;
	return set->reading->place(set->reading->place_context, place, set->err);
}

static enum status set_place(const struct report_setting *set)
{
	return report_setting_place(set, report_setting_value(set), set->text);
}

/* "32.55133" in units of 1e-5, rounded; at most `limit` degrees either way. */
static bool read_degrees(const char **at, int32_t limit, int32_t *units)
{
	const char *p = *at;
	const bool negative = *p == '-';
	uint32_t whole = 0;
	uint32_t part = 0;
	p += negative || *p == '+';
	if (!text_read_number(&p, (uint32_t)limit, &whole))
		return false;
	if (*p == '.') {
		const size_t digits = strspn(++p, "0123456789");
		for (size_t i = 0; i < 5; i++)
			part = part * 10 + (i < digits ? (uint32_t)(p[i] - '0') : 0);
		part += digits > 5 && p[5] >= '5' ? 1 : 0;
		if (digits == 0)
			return false;
		p += digits;
	}
	const uint32_t sum = whole * UNITS_A_DEGREE + part;
	if (sum > (uint32_t)limit * UNITS_A_DEGREE)
		return false;
	*units = negative ? -(int32_t)sum : (int32_t)sum;
	*at = p;
	return true;
}

/* "1000", "1000m", "+-1000 m" to the end. */
static bool read_metres(const char *p, uint32_t max, uint32_t *metres)
{
	if (strncmp(p, "+-", 2) == 0 || strncmp(p, "\xC2\xB1", 2) == 0)
		p += 2;
	if (!text_read_number(&p, max, metres) || *metres == 0)
		return false;
	p += strspn(p, " ");
	p += *p == 'm' || *p == 'M';
	return *p == '\0';
}

static enum status set_point(const struct report_setting *set)
{
	struct point *point = report_setting_value(set);
	const char *p = set->folded;
	point->precision_m = DEFAULT_PRECISION_M;
	bool good = read_degrees(&p, 90, &point->latitude);
	good = good && strspn(p, " ,") > 0;
	p += good ? strspn(p, " ,") : 0;
	good = good && read_degrees(&p, 180, &point->longitude);
	if (good && *p != '\0')
		good = *p == ' ' && read_metres(p + 1, (uint32_t)set->field->max, &point->precision_m);
	if (!good)
		return report_setting_refuse(set, set->text, "write latitude, longitude and precision: 32.55133, 36.18689 1000m");
	point->given = true;
	return STATUS_OK;
}

static enum status set_day(const struct report_setting *set)
{
	return date_parse(report_setting_value(set), set->folded, set->reading->today, set->err);
}

/* "300 families" is no count of individuals. */
static enum status set_figure(const struct report_setting *set)
{
	const bool individuals = set->field->offset == offsetof(struct report, individuals);
	const enum figure_unit wanted = individuals ? FIGURE_UNIT_INDIVIDUALS : FIGURE_UNIT_HOUSEHOLDS;
	enum figure_unit unit = FIGURE_UNIT_NONE;
	const enum status status = figure_parse_counted(report_setting_value(set), &unit, set->folded, set->err);
	if (status != STATUS_OK || unit == FIGURE_UNIT_NONE || unit == wanted)
		return status;
	return report_setting_refuse(set, set->text, individuals ? "that counts households" : "that counts individuals");
}

/* "5.5" or "5" in tenths. */
static bool read_tenths(const char *p, uint32_t *tenths)
{
	uint32_t whole = 0;
	uint32_t part = 0;
	if (!text_read_number(&p, 100, &whole))
		return false;
	if (*p == '.' || *p == ',') {
		p++;
		if (strspn(p, "0123456789") != 1 || !text_read_number(&p, 9, &part))
			return false;
	}
	*tenths = whole * 10 + part;
	return *p == '\0';
}

static enum status set_household_link(const struct report_setting *set)
{
	struct report *report = set->report;
	char word[REPORT_TEXT_BYTES];
	uint32_t factor = 0;
	memcpy(word, set->folded, strlen(set->folded) + 1);
	char *last = strrchr(word, ' ');
	if (last != NULL && read_tenths(last + 1, &factor)) {
		if (factor < (uint32_t)set->field->min || factor > (uint32_t)set->field->max)
			return error_set(set->err, STATUS_BAD_INPUT, "\"%.20s\" persons a household: it must be from 1.0 to 20.0",
			                 last + 1);
		*last = '\0';
	}
	const enum status status = report_setting_code(set, set->field->codes, word, &report->household_link);
	if (status != STATUS_OK)
		return status;
	/* A factor that was used is kept, or sums cannot be done again. */
	if (factor == 0 && report->household_link != VOCABULARY_LINK_COUNTED_BOTH)
		factor = DEFAULT_FACTOR10;
	report->household_factor = (uint16_t)factor;
	return STATUS_OK;
}

static enum status set_number(const struct report_setting *set)
{
	uint32_t number = 0;
	const char *p = set->folded;
	if (!text_read_number(&p, UINT8_MAX, &number) || *p != '\0' || (int32_t)number < set->field->min ||
	    (int32_t)number > set->field->max)
		return error_set(set->err, STATUS_BAD_INPUT, "\"%.40s\" is not a number from %d to %d", set->text, set->field->min,
		                 set->field->max);
	*(uint8_t *)report_setting_value(set) = (uint8_t)number;
	return STATUS_OK;
}

static enum status set_text(const struct report_setting *set)
{
	char bare[REPORT_TEXT_BYTES];
	const char *said = report_typed_unquote(bare, set->text) ? bare : set->text;
	return text_normalise(report_setting_value(set), REPORT_NOTE_BYTES, span_from_text(said), (size_t)set->field->max, set->err);
}

static enum status (*const setters[])(const struct report_setting *) = {
	[REPORT_CODE] = set_code,
	[REPORT_CODES_LIST] = set_codes,
	[REPORT_PLACE] = set_place,
	[REPORT_ORIGIN_LIST] = report_set_origins,
	[REPORT_POINT] = set_point,
	[REPORT_DAY] = set_day,
	[REPORT_FIGURE] = set_figure,
	[REPORT_HOUSEHOLD_LINK] = set_household_link,
	[REPORT_SADD] = report_set_sadd,
	[REPORT_COUNTS_LIST] = report_set_counts,
	[REPORT_ACCESS] = report_set_access,
	[REPORT_SOURCE_LIST] = report_set_sources,
	[REPORT_NUMBER] = set_number,
	[REPORT_LINK_LIST] = report_set_links,
	[REPORT_TEXT] = set_text,
};

/* The reason a text gives for an empty field; a code list's own word goes first. */
static uint8_t absence_of(const struct report_field *field, const char *text)
{
	const uint8_t reason = report_typed_absent(text);
	if (reason == 0 || field->type != REPORT_CODE)
		return reason;
	return vocabulary_code(field->codes, text) != 0 ? 0 : reason;
}

enum status report_set(struct report *report, const struct report_field *field, const char *text,
                       const struct report_reading *reading, struct error *err)
{
	static const struct report_reading no_reading = {0};
	char normal[REPORT_TEXT_BYTES];
	char folded[REPORT_TEXT_BYTES];
	/* Only the field's own members are read or written, so the rest of the copy is left as it is. */
	struct report copy;
	memset(copy.absent, 0, sizeof copy.absent);
	report_clear(&copy, field);
	enum status status = text_normalise(normal, sizeof normal, span_from_text(text), REPORT_TEXT_BYTES - 1, err);
	if (status == STATUS_OK)
		status = text_fold_digits(folded, sizeof folded, span_from_text(normal), err);
	if (status != STATUS_OK)
		return error_wrap(err, status, "%s", field->name);
	const uint8_t reason = absence_of(field, normal);
	if (reason != 0) {
		report_set_absent(&copy, field, reason);
	} else if (normal[0] != '\0') {
		const struct report_setting set = {&copy, field, normal, folded, reading != NULL ? reading : &no_reading, err};
		status = setters[field->type](&set);
		if (status != STATUS_OK)
			return error_wrap(err, status, "%s", field->name);
	}
	report_copy_field(report, &copy, field);
	return STATUS_OK;
}
