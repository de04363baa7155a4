#include "tests/schema/samples.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "schema/date.h"
#include "schema/vocabulary.h"

void samples_set(struct report *report, const char *name, const char *text)
{
	const struct report_field *field = report_field_find(name);
	const struct report_reading reading = {.today = date_of_time(SAMPLES_CREATED_S)};
	struct error err = {0};
	cr_assert_not_null(field, "%s", name);
	cr_assert_eq(report_set(report, field, text, &reading, &err), STATUS_OK, "%s", err.message);
}

void samples_reference(struct body *body)
{
	static const char *const values[][2] = {
		{"kind", "arrival"},
		{"place", "C5999"},
		{"origin", "C6116:60; C6105:40"},
		{"from", "2018-06-21"},
		{"to", "2018-06-23"},
		{"observed_on", "2018-06-24"},
		{"households", "300 (250-400)"},
		{"individuals", "1650 (1300-2200)"},
		{"count_method", "key_informant_estimate"},
		{"reason", "airstrike_shelling; ground_fighting"},
		{"sources", "community_leader B #=1f2e3d4c5b6a7988; driver C #=8091a2b3c4d5e6f7"},
		{"credibility", "2"},
		{"needs", "shelter; water; health"},
	};
	body_init(body, OBJECT_REPORT);
	body->created_s = SAMPLES_CREATED_S;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		samples_set(&body->report, values[i][0], values[i][1]);
}

uint32_t samples_random(uint64_t *state, uint32_t n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 32) % n;
}

static uint8_t random_code(const struct vocabulary *codes, uint64_t *state)
{
	return codes->entries[samples_random(state, (uint32_t)codes->len)].code;
}

static void random_codes(struct codes *list, const struct vocabulary *codes, uint64_t *state, uint32_t max)
{
	const uint32_t wanted = 1 + samples_random(state, max);
	for (uint32_t i = 0; i < wanted; i++) {
		const uint8_t code = random_code(codes, state);
		if (memchr(list->code, code, list->len) == NULL)
			list->code[list->len++] = code;
	}
}

static void random_bytes(uint8_t *out, size_t len, uint64_t *state)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)samples_random(state, 256);
}

/* Text that tries the grammar: marks, quotes, codes, reasons for absence, other scripts. */
static void random_text(char *out, size_t size, uint32_t max_parts, uint64_t *state)
{
	static const char *const parts[] = {
		"Nasib", "Dar'a", "'Atman", "C5999", "near", "(near SY1200)", "near SY1200", "\"x\"", "'x'", "\"", "''", "a;b",
		"a, b", "60%", ":60", "unknown", "=1+1", "@", "#", "\xD9\x86\xD8\xB5\xD9\x8A\xD8\xA8", "\xD9\xA3", "\xD8\x8C",
		"\xD8\x9B", "7", "-", "x@2", "=LSA", "scope=full", "3501000", "\xF0\x9F\x8F\x95", "UNSAFE", "sy12"};
	const uint32_t wanted = 1 + samples_random(state, max_parts);
	size_t len = 0;
	for (uint32_t i = 0; i < wanted && len + 16 < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s", i == 0 ? "" : " ",
		                        parts[samples_random(state, sizeof parts / sizeof *parts)]);
}

static void random_pcode(char pcode[REPORT_PCODE_BYTES], uint64_t *state)
{
	static const char pcodes[][REPORT_PCODE_BYTES] = {"C5999",    "C6116", "SY120302", "SY", "LSA", "3501000",
	                                                  "IQG01Q01", "7",     "ABCDEFGHIJKLMNOP"};
	memcpy(pcode, pcodes[samples_random(state, sizeof pcodes / sizeof *pcodes)], REPORT_PCODE_BYTES);
}

static void random_place(struct place *place, uint64_t *state)
{
	const uint32_t what = samples_random(state, 8);
	if ((what & 1) != 0)
		random_pcode(place->pcode, state);
	if ((what & 1) == 0 || (what & 2) != 0)
		random_text(place->name, 78, 6, state);
	if ((what & 4) != 0)
		random_pcode(place->near, state);
	if ((what & 5) != 0 && samples_random(state, 2) == 0)
		place->gazetteer = (uint8_t)samples_random(state, 256);
}

static void random_figure(struct figure *figure, uint64_t *state)
{
	const uint32_t given = 1 + samples_random(state, 7);
	const int32_t least = (int32_t)samples_random(state, 3000);
	const int32_t best = least + (int32_t)samples_random(state, 500000);
	figure->min = (given & 1) != 0 ? least : FIGURE_ABSENT;
	figure->best = (given & 2) != 0 ? best : FIGURE_ABSENT;
	figure->max = (given & 4) != 0 ? best + (int32_t)samples_random(state, 1000000) : FIGURE_ABSENT;
}

static void random_origins(struct report *report, uint64_t *state)
{
	report->origins_len = (uint8_t)(1 + samples_random(state, REPORT_ORIGINS));
	for (size_t i = 0; i < report->origins_len; i++) {
		random_place(&report->origins[i].place, state);
		report->origins[i].share = (uint8_t)samples_random(state, 100 / REPORT_ORIGINS + 1);
	}
}

static void random_sources(struct report *report, uint64_t *state)
{
	report->sources_len = (uint8_t)(1 + samples_random(state, REPORT_SOURCES));
	for (size_t i = 0; i < report->sources_len; i++) {
		struct source *source = &report->sources[i];
		const uint32_t what = 1 + samples_random(state, 7);
		source->kind = (what & 1) != 0 ? random_code(&vocabulary_source, state) : 0;
		source->reliability = (what & 2) != 0 ? (uint8_t)(1 + samples_random(state, 6)) : 0;
		source->tagged = (what & 4) != 0;
		if (source->tagged)
			random_bytes(source->tag, sizeof source->tag, state);
	}
}

static void random_vulnerable(struct report *report, uint64_t *state)
{
	for (size_t i = 0; i < vocabulary_vulnerable.len; i++) {
		if (samples_random(state, 2) == 0)
			continue;
		struct coded_count *entry = &report->vulnerable[report->vulnerable_len++];
		entry->code = vocabulary_vulnerable.entries[i].code;
		entry->count = samples_random(state, 3000);
	}
}

static void random_sadd(struct report *report, uint64_t *state)
{
	for (size_t i = 0; i < REPORT_SADD_CELLS; i++)
		if (i == 4 || samples_random(state, 2) == 0)
			report->sadd[i] = (int32_t)samples_random(state, 300);
	report->sadd_scope = samples_random(state, 2) == 0 ? 0 : random_code(&vocabulary_sadd_scope, state);
}

static void random_links(struct links *links, uint64_t *state)
{
	links->len = (uint8_t)(1 + samples_random(state, 3));
	for (size_t i = 0; i < links->len; i++)
		random_bytes(links->id[i].bytes, sizeof links->id[i].bytes, state);
}

static void random_point(struct point *point, uint64_t *state)
{
	point->given = true;
	point->latitude = (int32_t)samples_random(state, 18000001) - 9000000;
	point->longitude = (int32_t)samples_random(state, 36000001) - 18000000;
	point->precision_m = 1 + samples_random(state, 100000);
}

static void random_access(struct report *report, uint64_t *state)
{
	report->access = random_code(&vocabulary_access, state);
	if (report->access != VOCABULARY_ACCESS_FULL && samples_random(state, 2) == 0)
		random_codes(&report->access_reasons, &vocabulary_access_reason, state, 6);
}

static void random_household_link(struct report *report, uint64_t *state)
{
	report->household_link = random_code(&vocabulary_household_link, state);
	if (report->household_link != VOCABULARY_LINK_COUNTED_BOTH || samples_random(state, 2) == 0)
		report->household_factor = (uint16_t)(10 + samples_random(state, 191));
}

void samples_field(struct report *report, const struct report_field *field, uint64_t *state)
{
	void *value = (uint8_t *)report + field->offset;
	report_clear(report, field);
	switch (field->type) {
	case REPORT_CODE: *(uint8_t *)value = random_code(field->codes, state); break;
	case REPORT_NUMBER: *(uint8_t *)value = (uint8_t)(1 + samples_random(state, 6)); break;
	case REPORT_TEXT: random_text(value, 480, 30, state); break;
	case REPORT_CODES_LIST: random_codes(value, field->codes, state, (uint32_t)field->max); break;
	case REPORT_LINK_LIST: random_links(value, state); break;
	case REPORT_PLACE: random_place(value, state); break;
	case REPORT_POINT: random_point(value, state); break;
	case REPORT_DAY: *(int32_t *)value = date_of_time(SAMPLES_CREATED_S) - (int32_t)samples_random(state, 3000); break;
	case REPORT_FIGURE: random_figure(value, state); break;
	case REPORT_ORIGIN_LIST: random_origins(report, state); break;
	case REPORT_HOUSEHOLD_LINK: random_household_link(report, state); break;
	case REPORT_SADD: random_sadd(report, state); break;
	case REPORT_COUNTS_LIST: random_vulnerable(report, state); break;
	case REPORT_ACCESS: random_access(report, state); break;
	case REPORT_SOURCE_LIST: random_sources(report, state); break;
	}
}

/* A reason for absence, where the field has no code of its own for it. */
static void random_absence(struct report *report, const struct report_field *field, uint64_t *state)
{
	const uint8_t reason = random_code(&vocabulary_absent, state);
	const char *word = vocabulary_word(&vocabulary_absent, reason);
	const bool open = strcmp(field->name, "sensitivity") != 0;
	if (open && (field->type != REPORT_CODE || vocabulary_code(field->codes, word) == 0))
		report_set_absent(report, field, reason);
}

void samples_report(struct report *report, uint64_t *state, uint32_t percent)
{
	report_init(report);
	for (size_t i = 0; i < report_fields_len; i++) {
		const struct report_field *field = &report_fields[i];
		if (field->required || field->type == REPORT_FIGURE || samples_random(state, 100) < percent)
			samples_field(report, field, state);
		else if (samples_random(state, 4) == 0)
			random_absence(report, field, state);
	}
	if (report->from != REPORT_DAY_ABSENT && report->to != REPORT_DAY_ABSENT && report->to < report->from)
		report->to = report->from;
	if (report->individuals.max != FIGURE_ABSENT && report->individuals.max < 3000)
		report->individuals.max = 3000;
}

static bool places_differ(const struct place *a, const struct place *b)
{
	return strcmp(a->pcode, b->pcode) != 0 || a->gazetteer != b->gazetteer || strcmp(a->name, b->name) != 0 ||
	       strcmp(a->near, b->near) != 0;
}

static bool origins_differ(const struct report *a, const struct report *b)
{
	bool differ = a->origins_len != b->origins_len;
	for (size_t i = 0; i < a->origins_len && !differ; i++)
		differ = places_differ(&a->origins[i].place, &b->origins[i].place) || a->origins[i].share != b->origins[i].share;
	return differ;
}

static bool counts_differ(const struct report *a, const struct report *b)
{
	bool differ = a->vulnerable_len != b->vulnerable_len;
	for (size_t i = 0; i < a->vulnerable_len && !differ; i++)
		differ = a->vulnerable[i].code != b->vulnerable[i].code || a->vulnerable[i].count != b->vulnerable[i].count;
	return differ;
}

static bool point_differs(const struct point *a, const struct point *b)
{
	return a->given != b->given || a->latitude != b->latitude || a->longitude != b->longitude ||
	       a->precision_m != b->precision_m;
}

/* Members with padding or text are compared one by one, the others as bytes. */
static bool differs(const struct report *a, const struct report *b, const struct report_field *field)
{
	const void *left = (const uint8_t *)a + field->offset;
	const void *right = (const uint8_t *)b + field->offset;
	if (field->type == REPORT_PLACE)
		return places_differ(left, right);
	if (field->type == REPORT_ORIGIN_LIST)
		return origins_differ(a, b);
	if (field->type == REPORT_COUNTS_LIST)
		return counts_differ(a, b);
	if (field->type == REPORT_POINT)
		return point_differs(left, right);
	if (field->type == REPORT_HOUSEHOLD_LINK)
		return a->household_link != b->household_link || a->household_factor != b->household_factor;
	if (field->type == REPORT_TEXT)
		return strcmp(left, right) != 0;
	return memcmp(left, right, field->size) != 0;
}

const struct report_field *samples_difference(const struct report *a, const struct report *b)
{
	for (size_t i = 0; i < report_fields_len; i++)
		if (differs(a, b, &report_fields[i]) ||
		    report_absent(a, &report_fields[i]) != report_absent(b, &report_fields[i]))
			return &report_fields[i];
	return NULL;
}
