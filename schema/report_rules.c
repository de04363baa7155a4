#include "schema/report_rules.h"

#include <string.h>

#include "schema/date.h"
#include "schema/report_place.h"
#include "schema/text.h"
#include "schema/vocabulary.h"

/* Dead batteries and other lands' time zones: a date may be one day ahead of the clock. */
enum { AHEAD_DAYS = 1, INTENTION_DAYS = 366 };

static const void *value_of(const struct report *report, const struct report_field *field)
{
	return (const uint8_t *)report + field->offset;
}

static enum status check_required(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	for (size_t i = 0; i < report_fields_len; i++) {
		const struct report_field *field = &report_fields[i];
		const bool told_otherwise = field->offset == offsetof(struct report, observed_on) &&
		                            report->from != REPORT_DAY_ABSENT;
		if (!field->required || told_otherwise || report_has(report, field))
			continue;
		(void)error_set(err, STATUS_BAD_INPUT, "the report does not say %s: %s is missing", field->help, field->name);
		error_hint(err, "give %s=", field->name);
		return STATUS_BAD_INPUT;
	}
	return STATUS_OK;
}

static enum status check_count(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	if (figure_is_given(&report->households) || figure_is_given(&report->individuals))
		return STATUS_OK;
	(void)error_set(err, STATUS_BAD_INPUT, "the report counts nobody: households or individuals must be given");
	error_hint(err, "give households=300, individuals=250-400, individuals=\"up to 400\" or the like");
	return STATUS_BAD_INPUT;
}

static enum status check_usual(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	for (size_t i = 0; i < report_fields_len; i++) {
		const struct report_field *field = &report_fields[i];
		if (field->usual != 0 && !report_has(report, field) && report_absent(report, field) == 0)
			return error_set(err, STATUS_BAD_INPUT, "%s holds neither a code nor a reason why not", field->name);
	}
	if (report->sensitivity == 0)
		return error_set(err, STATUS_BAD_INPUT, "sensitivity cannot be left open: low, moderate, high or severe");
	return STATUS_OK;
}

static bool codes_are_known(const struct vocabulary *vocabulary, const uint8_t *codes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (vocabulary_word(vocabulary, codes[i]) == NULL)
			return false;
	return true;
}

/* Whether the field's main codes are in its list; 0 stands for nothing said. */
static bool field_codes_are_known(const struct report *report, const struct report_field *field)
{
	const uint8_t *first = value_of(report, field);
	if (field->type == REPORT_CODES_LIST) {
		const struct codes *list = value_of(report, field);
		return list->len <= REPORT_CODES && codes_are_known(field->codes, list->code, list->len);
	}
	if (field->type == REPORT_CODE || field->type == REPORT_HOUSEHOLD_LINK || field->type == REPORT_ACCESS)
		return *first == 0 || codes_are_known(field->codes, first, 1);
	if (field->type == REPORT_SADD)
		return report->sadd_scope == 0 || codes_are_known(field->codes, &report->sadd_scope, 1);
	return true;
}

static enum status check_codes(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	const struct codes *reasons = &report->access_reasons;
	for (size_t i = 0; i < report_fields_len; i++)
		if (!field_codes_are_known(report, &report_fields[i]))
			return error_set(err, STATUS_BAD_INPUT, "%s holds a code that is in no list", report_fields[i].name);
	if (reasons->len > REPORT_CODES || !codes_are_known(&vocabulary_access_reason, reasons->code, reasons->len))
		return error_set(err, STATUS_BAD_INPUT, "access holds a reason that is in no list");
	for (size_t i = 0; i < report->sources_len && i < REPORT_SOURCES; i++)
		if (report->sources[i].kind != 0 && !codes_are_known(&vocabulary_source, &report->sources[i].kind, 1))
			return error_set(err, STATUS_BAD_INPUT, "sources holds a kind that is in no list");
	for (size_t i = 0; i < report->vulnerable_len && i < REPORT_CODES; i++)
		if (!codes_are_known(&vocabulary_vulnerable, &report->vulnerable[i].code, 1))
			return error_set(err, STATUS_BAD_INPUT, "vulnerable holds a code that is in no list");
	return STATUS_OK;
}

/* How many entries a list field has; 0 for others. */
static size_t entries_of(const struct report *report, const struct report_field *field)
{
	if (field->type == REPORT_CODES_LIST)
		return ((const struct codes *)value_of(report, field))->len;
	if (field->type == REPORT_LINK_LIST)
		return ((const struct links *)value_of(report, field))->len;
	if (field->type == REPORT_ACCESS)
		return report->access_reasons.len;
	const bool counted = field->type == REPORT_ORIGIN_LIST || field->type == REPORT_SOURCE_LIST ||
	                     field->type == REPORT_COUNTS_LIST;
	return counted ? *(const uint8_t *)value_of(report, field) : 0;
}

static enum status check_lengths(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	for (size_t i = 0; i < report_fields_len; i++)
		if (entries_of(report, &report_fields[i]) > (size_t)report_fields[i].max && entries_of(report, &report_fields[i]) > 0)
			return error_set(err, STATUS_BAD_INPUT, "%s has %zu entries, at most %d fit", report_fields[i].name,
			                 entries_of(report, &report_fields[i]), report_fields[i].max);
	return STATUS_OK;
}

static bool has_twice(const struct codes *list)
{
	for (size_t i = 1; i < list->len; i++)
		if (memchr(list->code, list->code[i], i) != NULL)
			return true;
	return false;
}

static bool links_twice(const struct links *links)
{
	for (size_t i = 1; i < links->len; i++)
		for (size_t j = 0; j < i; j++)
			if (hash_equals(&links->id[i], &links->id[j]))
				return true;
	return false;
}

/* Their codes ascend, so that a set of counts has one form. */
static bool counts_ascend(const struct report *report)
{
	for (size_t i = 1; i < report->vulnerable_len; i++)
		if (report->vulnerable[i].code <= report->vulnerable[i - 1].code)
			return false;
	return true;
}

static enum status check_twice(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	for (size_t i = 0; i < report_fields_len; i++) {
		const struct report_field *field = &report_fields[i];
		if ((field->type == REPORT_CODES_LIST && has_twice(value_of(report, field))) ||
		    (field->type == REPORT_LINK_LIST && links_twice(value_of(report, field))) ||
		    (field->type == REPORT_ACCESS && has_twice(&report->access_reasons)))
			return error_set(err, STATUS_BAD_INPUT, "%s names one thing twice", field->name);
	}
	if (!counts_ascend(report))
		return error_set(err, STATUS_BAD_INPUT, "vulnerable names one thing twice, or not in ascending order");
	return STATUS_OK;
}

static bool text_fits(const char *text, size_t size, size_t max_chars)
{
	size_t chars = 0;
	const size_t len = strnlen(text, size);
	for (size_t i = 0; i < len; i++)
		chars += ((unsigned char)text[i] & 0xC0) != 0x80;
	return len < size && chars <= max_chars && text_is_normal((struct span){(const uint8_t *)text, len});
}

static enum status check_text(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	const char *broken = NULL;
	if (!text_fits(report->note, sizeof report->note, 500))
		broken = "note";
	if (!text_fits(report->place.name, REPORT_NAME_BYTES, REPORT_NAME_CHARS))
		broken = "place";
	if (!text_fits(report->destination.name, REPORT_NAME_BYTES, REPORT_NAME_CHARS))
		broken = "destination";
	for (size_t i = 0; i < report->origins_len; i++)
		if (!text_fits(report->origins[i].place.name, REPORT_NAME_BYTES, REPORT_NAME_CHARS))
			broken = "origin";
	if (broken == NULL)
		return STATUS_OK;
	return error_set(err, STATUS_BAD_INPUT, "the text of %s is too long or holds what is no plain text", broken);
}

/* Whether what is there of a P-code is one. */
static bool pcode_holds(const char *pcode)
{
	return memchr(pcode, '\0', REPORT_PCODE_BYTES) != NULL && (pcode[0] == '\0' || report_place_code_is_valid(pcode));
}

static enum status check_place(const char *name, const struct place *place, struct error *err)
{
	if (!pcode_holds(place->pcode) || !pcode_holds(place->near))
		return error_set(err, STATUS_BAD_INPUT, "the P-code of %s is not 1 to 16 capital letters and digits", name);
	if (place->pcode[0] == '\0' && place->name[0] == '\0')
		return error_set(err, STATUS_BAD_INPUT, "%s has neither a P-code nor a name", name);
	if (place->gazetteer != 0 && place->pcode[0] == '\0' && place->near[0] == '\0')
		return error_set(err, STATUS_BAD_INPUT, "%s names a gazetteer and no P-code", name);
	return STATUS_OK;
}

static enum status check_places(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	for (size_t i = 0; i < report_fields_len; i++) {
		const struct report_field *field = &report_fields[i];
		if (field->type != REPORT_PLACE)
			continue;
		const struct place *place = value_of(report, field);
		const bool empty = !report_has(report, field) && place->gazetteer == 0;
		const enum status status = empty ? STATUS_OK : check_place(field->name, place, err);
		if (status != STATUS_OK)
			return status;
	}
	for (size_t i = 0; i < report->origins_len; i++) {
		const enum status status = check_place("origin", &report->origins[i].place, err);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static enum status check_shares(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	unsigned sum = 0;
	for (size_t i = 0; i < report->origins_len; i++)
		sum += report->origins[i].share;
	if (sum <= 100)
		return STATUS_OK;
	return error_set(err, STATUS_BAD_INPUT, "the shares of the origins add up to %u percent, at most 100 can be", sum);
}

static enum status check_figures(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	for (size_t i = 0; i < report_fields_len; i++) {
		const struct report_field *field = &report_fields[i];
		if (field->type == REPORT_FIGURE && !figure_is_ordered(value_of(report, field)))
			return error_set(err, STATUS_BAD_INPUT, "%s is out of order: least, best, most must not go down, up to 2,000,000",
			                 field->name);
	}
	return STATUS_OK;
}

static enum status check_days(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	for (size_t i = 0; i < report_fields_len; i++) {
		const struct report_field *field = &report_fields[i];
		if (field->type != REPORT_DAY || !report_has(report, field))
			continue;
		const int32_t day = *(const int32_t *)value_of(report, field);
		if (day < field->min || day > field->max)
			return error_set(err, STATUS_BAD_INPUT, "%s lies outside the years 2000 to 2199", field->name);
	}
	return STATUS_OK;
}

static enum status check_day_order(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	char from[DATE_TEXT_BYTES];
	char to[DATE_TEXT_BYTES];
	if (report->from == REPORT_DAY_ABSENT || report->to == REPORT_DAY_ABSENT || report->from <= report->to)
		return STATUS_OK;
	date_format(report->from, from);
	date_format(report->to, to);
	return error_set(err, STATUS_BAD_INPUT, "the movement ends on \"%s\" before it begins on \"%s\"", to, from);
}

static enum status check_future(const struct report *report, const struct report_clock *clock, struct error *err)
{
	if (clock->unset)
		return STATUS_OK;
	const int32_t today = date_of_time(clock->created_s);
	/* A part of a report may not say its kind; the whole is judged again when it is put together. */
	const bool intended = report->kind == 0 || report->kind == VOCABULARY_KIND_INTENTION;
	const int32_t ahead = intended ? INTENTION_DAYS : AHEAD_DAYS;
	for (size_t i = 0; i < report_fields_len; i++) {
		const struct report_field *field = &report_fields[i];
		if (field->type != REPORT_DAY || !report_has(report, field))
			continue;
		const int32_t day = *(const int32_t *)value_of(report, field);
		const bool seen = field->offset == offsetof(struct report, observed_on);
		if ((int64_t)day <= (int64_t)today + (seen ? AHEAD_DAYS : ahead))
			continue;
		char text[DATE_TEXT_BYTES];
		date_format(day, text);
		(void)error_set(err, STATUS_BAD_INPUT, "%s \"%s\" has not come yet", field->name, text);
		error_hint(err, "check the date, and the device's clock");
		return STATUS_BAD_INPUT;
	}
	return STATUS_OK;
}

static enum status check_household_link(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	const uint8_t code = report->household_link;
	const uint16_t factor = report->household_factor;
	if (factor != 0 && (factor < 10 || factor > 200))
		return error_set(err, STATUS_BAD_INPUT, "\"%u.%u\" persons a household: it must be from 1.0 to 20.0", factor / 10,
		                 factor % 10);
	if (code == 0 && factor != 0)
		return error_set(err, STATUS_BAD_INPUT, "household_link has a factor and does not say what it was used for");
	if (code != 0 && factor == 0 && code != VOCABULARY_LINK_COUNTED_BOTH)
		return error_set(err, STATUS_BAD_INPUT, "household_link does not keep the factor that was used");
	return STATUS_OK;
}

static enum status check_sadd(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	int64_t sum = 0;
	size_t cells = 0;
	for (size_t i = 0; i < REPORT_SADD_CELLS; i++) {
		const int32_t count = report->sadd[i];
		if (count == FIGURE_ABSENT)
			continue;
		if (count < 0 || count > FIGURE_MAX)
			return error_set(err, STATUS_BAD_INPUT, "a cell of sadd is not from 0 to 2,000,000");
		sum += count;
		cells++;
	}
	if (cells == 0 && report->sadd_scope != 0)
		return error_set(err, STATUS_BAD_INPUT, "sadd has a scope and no counts");
	if (report->individuals.max != FIGURE_ABSENT && sum > report->individuals.max)
		return error_set(err, STATUS_BAD_INPUT, "the cells of sadd add up to %lld, more than the most individuals (%d)",
		                 (long long)sum, report->individuals.max);
	return STATUS_OK;
}

static enum status check_access(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	if (report->access_reasons.len == 0 || (report->access != 0 && report->access != VOCABULARY_ACCESS_FULL))
		return STATUS_OK;
	return error_set(err, STATUS_BAD_INPUT, "access names what stops it and is not partial or none");
}

static enum status check_sources(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	for (size_t i = 0; i < report->sources_len; i++) {
		const struct source *source = &report->sources[i];
		if (source->reliability > 6)
			return error_set(err, STATUS_BAD_INPUT, "the reliability of a source is not A to F");
		if (source->kind == 0 && source->reliability == 0 && !source->tagged)
			return error_set(err, STATUS_BAD_INPUT, "a source says nothing: neither kind nor reliability nor tag");
	}
	return STATUS_OK;
}

static enum status check_numbers(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	if (report->credibility > 6)
		return error_set(err, STATUS_BAD_INPUT, "credibility \"%u\" is not from 1 to 6", report->credibility);
	for (size_t i = 0; i < report->origins_len; i++)
		if (report->origins[i].share > 100)
			return error_set(err, STATUS_BAD_INPUT, "the share of an origin is above 100 percent");
	for (size_t i = 0; i < report->vulnerable_len; i++)
		if (report->vulnerable[i].count > FIGURE_MAX)
			return error_set(err, STATUS_BAD_INPUT, "a count of vulnerable is above 2,000,000");
	return STATUS_OK;
}

static enum status check_point(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	const struct point *point = &report->point;
	if (!point->given)
		return STATUS_OK;
	if (point->latitude < -9000000 || point->latitude > 9000000 || point->longitude < -18000000 ||
	    point->longitude > 18000000)
		return error_set(err, STATUS_BAD_INPUT, "the point lies off the globe");
	if (point->precision_m < 1 || point->precision_m > 100000)
		return error_set(err, STATUS_BAD_INPUT, "the precision of the point is not from 1 to 100,000 metres");
	return STATUS_OK;
}

static enum status check_absent(const struct report *report, const struct report_clock *clock, struct error *err)
{
	(void)clock;
	for (size_t i = 0; i < report_fields_len; i++) {
		const struct report_field *field = &report_fields[i];
		const uint8_t reason = report_absent(report, field);
		const char *word = vocabulary_word(&vocabulary_absent, reason);
		if (reason == 0)
			continue;
		if (word == NULL)
			return error_set(err, STATUS_BAD_INPUT, "the reason why %s is empty is in no list", field->name);
		if (report_has(report, field))
			return error_set(err, STATUS_BAD_INPUT, "%s is given, and so is a reason why it is not", field->name);
		/* One meaning, one form: a code list's own "unknown" stands for it. */
		if (field->type == REPORT_CODE && vocabulary_code(field->codes, word) != 0)
			return error_set(err, STATUS_BAD_INPUT, "%s has a code of its own for \"%s\"", field->name, word);
	}
	return STATUS_OK;
}

/* Lengths come first: the rules behind them walk the lists. */
const struct report_rule report_rules[] = {
	{"list_length", false, check_lengths},
	{"unknown_code", false, check_codes},
	{"named_twice", false, check_twice},
	{"text_not_normal", false, check_text},
	{"place_shape", false, check_places},
	{"figure_order", false, check_figures},
	{"number_range", false, check_numbers},
	{"share_sum", false, check_shares},
	{"point_range", false, check_point},
	{"day_range", false, check_days},
	{"day_order", false, check_day_order},
	{"day_in_future", false, check_future},
	{"household_factor", false, check_household_link},
	{"sadd_sum", false, check_sadd},
	{"access_reasons", false, check_access},
	{"source_empty", false, check_sources},
	{"absent_reason", false, check_absent},
	{"usual_missing", false, check_usual},
	{"required_field", true, check_required},
	{"count_missing", true, check_count},
};

const size_t report_rules_len = sizeof report_rules / sizeof *report_rules;

enum status report_rules_check(const struct report *report, const struct report_clock *clock, bool whole, const char **rule,
                               struct error *err)
{
	for (size_t i = 0; i < report_rules_len; i++) {
		if (report_rules[i].whole && !whole)
			continue;
		*rule = report_rules[i].name;
		const enum status status = report_rules[i].check(report, clock, err);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}
