#include "schema/report.h"

#include <assert.h>
#include <string.h>

#include "schema/date.h"
#include "schema/report_rules.h"
#include "schema/vocabulary.h"

enum { ABSENT_BITS = 4, ABSENT_A_WORD = 64 / ABSENT_BITS, ABSENT_MASK = (1 << ABSENT_BITS) - 1 };

#define MEMBER(member) offsetof(struct report, member), sizeof((struct report *)NULL)->member
#define MEMBERS(first, last)                 \
	offsetof(struct report, first),      \
	    offsetof(struct report, last) + sizeof((struct report *)NULL)->last - offsetof(struct report, first)

const struct report_field report_fields[] = {
	{8, "kind", REPORT_CODE, MEMBER(kind), true, 0, 0, &vocabulary_kind, 0, "#event+type",
	 "what happened: people are here, came, left, returned, pass through, or mean to leave"},
	{9, "place", REPORT_PLACE, MEMBER(place), true, 0, 80, NULL, 0, "#loc+code",
	 "where people are, or left, as the kind says: P-code, or the name as spoken"},
	{10, "origin", REPORT_ORIGIN_LIST, MEMBERS(origins_len, origins), false, 1, REPORT_ORIGINS, NULL, 0,
	 "#loc+code+origin", "where they come from, each with a share in percent"},
	{11, "from", REPORT_DAY, MEMBER(from), false, DATE_DAY_MIN, DATE_DAY_MAX, NULL, 0, "#date+start",
	 "when the movement began"},
	{12, "to", REPORT_DAY, MEMBER(to), false, DATE_DAY_MIN, DATE_DAY_MAX, NULL, 0, "#date+end",
	 "when the movement ended"},
	{13, "observed_on", REPORT_DAY, MEMBER(observed_on), true, DATE_DAY_MIN, DATE_DAY_MAX, NULL, 0, "#date+observed",
	 "when it was seen or told"},
	{14, "households", REPORT_FIGURE, MEMBER(households), false, 0, FIGURE_MAX, NULL, 0, "#affected+hh",
	 "how many families"},
	{15, "individuals", REPORT_FIGURE, MEMBER(individuals), false, 0, FIGURE_MAX, NULL, 0, "#affected+ind",
	 "how many people"},
	{16, "household_link", REPORT_HOUSEHOLD_LINK, MEMBERS(household_link, household_factor), false, 10, 200,
	 &vocabulary_household_link, 0, "#meta+household_link", "which count was worked out from the other, by what factor"},
	{17, "count_method", REPORT_CODE, MEMBER(count_method), false, 0, 0, &vocabulary_method, 0, "#meta+method",
	 "how people were counted"},
	{18, "reason", REPORT_CODES_LIST, MEMBER(reason), false, 1, 3, &vocabulary_reason, 0, "#cause+type",
	 "why people moved"},
	{19, "sources", REPORT_SOURCE_LIST, MEMBERS(sources_len, sources), false, 1, REPORT_SOURCES, &vocabulary_source, 0,
	 "#meta+source", "who told it, how reliable (A to F), never a name"},
	{20, "credibility", REPORT_NUMBER, MEMBER(credibility), false, 1, 6, NULL, 0, "#meta+credibility",
	 "how credible it is: 1 confirmed, 6 cannot be judged"},
	{21, "needs", REPORT_CODES_LIST, MEMBER(needs), false, 1, 3, &vocabulary_need, 0, "#sector+need",
	 "what is needed most, the most urgent first"},
	{22, "group", REPORT_CODE, MEMBER(group), false, 0, 0, &vocabulary_group, 1, "#population+type", "who they are"},
	{23, "note", REPORT_TEXT, MEMBER(note), false, 1, 500, NULL, 0, "#description",
	 "what else matters; no names, no phone numbers"},
	{24, "destination", REPORT_PLACE, MEMBER(destination), false, 0, 80, NULL, 0, "#loc+code+dest",
	 "where people go"},
	{25, "point", REPORT_POINT, MEMBER(point), false, 1, 100000, NULL, 0, "#geo+coord",
	 "a position, only where it endangers nobody"},
	{26, "date_precision", REPORT_CODE, MEMBER(date_precision), false, 0, 0, &vocabulary_precision, 1,
	 "#meta+date_precision", "how exact the dates are"},
	{27, "sadd", REPORT_SADD, MEMBERS(sadd, sadd_scope), false, 0, FIGURE_MAX, &vocabulary_sadd_scope, 0,
	 "#affected+sadd", "people by sex and age"},
	{28, "vulnerable", REPORT_COUNTS_LIST, MEMBERS(vulnerable_len, vulnerable), false, 1, REPORT_CODES,
	 &vocabulary_vulnerable, 0, "#affected+vulnerable", "people who need particular care"},
	{29, "times_displaced", REPORT_CODE, MEMBER(times_displaced), false, 0, 0, &vocabulary_times, 0,
	 "#affected+times_displaced", "how often they had to move"},
	{30, "site_type", REPORT_CODE, MEMBER(site_type), false, 0, 0, &vocabulary_site, 0, "#loc+type",
	 "what they live in"},
	{31, "access", REPORT_ACCESS, MEMBERS(access, access_reasons), false, 1, 6, &vocabulary_access, 0,
	 "#access+type", "whether aid can reach them, and what stops it"},
	{32, "mode", REPORT_CODE, MEMBER(mode), false, 0, 0, &vocabulary_mode, 0, "#meta+mode", "how the reporter learned it"},
	{33, "same_people_as", REPORT_LINK_LIST, MEMBER(same_people_as), false, 1, REPORT_LINKS, NULL, 0,
	 "#meta+id+same", "reports that count the same people"},
	{34, "moved_from", REPORT_LINK_LIST, MEMBER(moved_from), false, 1, REPORT_LINKS, NULL, 0, "#meta+id+before",
	 "reports of the same people at the place before"},
	{35, "sensitivity", REPORT_CODE, MEMBER(sensitivity), false, 0, 0, &vocabulary_sensitivity, 3,
	 "#meta+sensitivity", "what harm it does in wrong hands"},
};

const size_t report_fields_len = sizeof report_fields / sizeof *report_fields;

static_assert(sizeof report_fields / sizeof *report_fields <= 64, "struct body keeps a bit a field");
static_assert(offsetof(struct report, origins) == offsetof(struct report, origins_len) + 1, "fields are contiguous");
static_assert(offsetof(struct report, sources) == offsetof(struct report, sources_len) + 1, "fields are contiguous");

const struct report_field *report_field_find(const char *name)
{
	for (size_t i = 0; i < report_fields_len; i++)
		if (strcmp(report_fields[i].name, name) == 0)
			return &report_fields[i];
	return NULL;
}

const struct report_field *report_field_numbered(uint64_t number)
{
	const uint64_t first = report_fields[0].number;
	if (number < first || number - first >= report_fields_len)
		return NULL;
	return &report_fields[number - first];
}

static void *member(struct report *report, const struct report_field *field)
{
	return (uint8_t *)report + field->offset;
}

static const void *member_const(const struct report *report, const struct report_field *field)
{
	return (const uint8_t *)report + field->offset;
}

static void put_absent(struct report *report, const struct report_field *field, uint8_t reason)
{
	const size_t row = (size_t)(field - report_fields);
	const unsigned shift = row % ABSENT_A_WORD * ABSENT_BITS;
	uint64_t *word = &report->absent[row / ABSENT_A_WORD];
	*word = (*word & ~((uint64_t)ABSENT_MASK << shift)) | (uint64_t)(reason & ABSENT_MASK) << shift;
}

uint8_t report_absent(const struct report *report, const struct report_field *field)
{
	const size_t row = (size_t)(field - report_fields);
	return report->absent[row / ABSENT_A_WORD] >> (row % ABSENT_A_WORD * ABSENT_BITS) & ABSENT_MASK;
}

static void empty(struct report *report, const struct report_field *field)
{
	memset(member(report, field), 0, field->size);
	if (field->type == REPORT_FIGURE)
		*(struct figure *)member(report, field) = figure_none();
	else if (field->type == REPORT_DAY)
		*(int32_t *)member(report, field) = REPORT_DAY_ABSENT;
	else if (field->type == REPORT_SADD)
		for (size_t i = 0; i < REPORT_SADD_CELLS; i++)
			report->sadd[i] = FIGURE_ABSENT;
}

void report_clear(struct report *report, const struct report_field *field)
{
	empty(report, field);
	put_absent(report, field, 0);
	if (field->type == REPORT_CODE)
		*(uint8_t *)member(report, field) = field->usual;
}

void report_set_absent(struct report *report, const struct report_field *field, uint8_t reason)
{
	empty(report, field);
	put_absent(report, field, reason);
}

void report_init(struct report *report)
{
	memset(report, 0, sizeof *report);
	for (size_t i = 0; i < report_fields_len; i++)
		report_clear(report, &report_fields[i]);
}

static bool place_is_given(const struct place *place)
{
	return place->pcode[0] != '\0' || place->name[0] != '\0' || place->near[0] != '\0';
}

static bool sadd_is_given(const struct report *report)
{
	bool given = report->sadd_scope != 0;
	for (size_t i = 0; i < REPORT_SADD_CELLS; i++)
		given = given || report->sadd[i] != FIGURE_ABSENT;
	return given;
}

bool report_has(const struct report *report, const struct report_field *field)
{
	const void *value = member_const(report, field);
	switch (field->type) {
	case REPORT_CODE:
	case REPORT_NUMBER: return *(const uint8_t *)value != 0;
	case REPORT_TEXT: return *(const char *)value != '\0';
	case REPORT_CODES_LIST: return ((const struct codes *)value)->len > 0;
	case REPORT_LINK_LIST: return ((const struct links *)value)->len > 0;
	case REPORT_PLACE: return place_is_given(value);
	case REPORT_POINT: return ((const struct point *)value)->given;
	case REPORT_DAY: return *(const int32_t *)value != REPORT_DAY_ABSENT;
	case REPORT_FIGURE: return figure_is_given(value);
	case REPORT_ORIGIN_LIST: return report->origins_len > 0;
	case REPORT_HOUSEHOLD_LINK: return report->household_link != 0 || report->household_factor != 0;
	case REPORT_SADD: return sadd_is_given(report);
	case REPORT_COUNTS_LIST: return report->vulnerable_len > 0;
	case REPORT_ACCESS: return report->access != 0 || report->access_reasons.len > 0;
	case REPORT_SOURCE_LIST: return report->sources_len > 0;
	}
	return false;
}

void report_copy_field(struct report *to, const struct report *from, const struct report_field *field)
{
	memcpy(member(to, field), member_const(from, field), field->size);
	put_absent(to, field, report_absent(from, field));
}

enum status report_validate(const struct report *report, const struct report_clock *clock, struct error *err)
{
	const char *rule = NULL;
	return report_rules_check(report, clock, true, &rule, err);
}

enum status report_validate_part(const struct report *report, const struct report_clock *clock, struct error *err)
{
	const char *rule = NULL;
	return report_rules_check(report, clock, false, &rule, err);
}

/* cos(x) in thousandths, x in 1e-5 degree, by Bhaskara's formula: integers, within 0.2 percent. */
static int64_t cosine_permille(int32_t latitude)
{
	const int64_t degrees = (latitude < 0 ? -(int64_t)latitude : latitude) / 100000;
	const int64_t square = degrees * degrees;
	const int64_t cosine = 1000 * (32400 - 4 * square) / (32400 + square);
	return cosine < 20 ? 20 : cosine;
}

static int32_t round_to(int32_t value, int64_t step, int32_t limit)
{
	const int64_t half = value < 0 ? -step / 2 : step / 2;
	const int64_t rounded = (value + half) / step * step;
	return rounded > limit ? limit : rounded < -limit ? -limit : (int32_t)rounded;
}

void report_round_point(struct point *point, uint32_t metres)
{
	enum { METRES_A_DEGREE = 111320, UNITS_A_DEGREE = 100000 };
	const int64_t step = (int64_t)metres * UNITS_A_DEGREE / METRES_A_DEGREE;
	if (!point->given || step == 0)
		return;
	point->latitude = round_to(point->latitude, step, 90 * UNITS_A_DEGREE);
	point->longitude = round_to(point->longitude, step * 1000 / cosine_permille(point->latitude), 180 * UNITS_A_DEGREE);
	if (point->precision_m < metres)
		point->precision_m = metres;
}
