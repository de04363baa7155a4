#include "schema/report_codec.h"

#include <string.h>

#include "schema/date.h"
#include "schema/vocabulary.h"

static void *value_of(struct report *report, const struct report_field *field)
{
	return (uint8_t *)report + field->offset;
}

/* A code; 0 is in no list. */
static uint8_t decode_code(struct cbor_reader *reader)
{
	const uint8_t code = (uint8_t)cbor_read_uint_max(reader, UINT8_MAX);
	if (code == 0)
		cbor_read_fail(reader, "unknown_code");
	return code;
}

/* A number from 1 that fits a byte. */
static uint8_t decode_number(struct cbor_reader *reader)
{
	const uint8_t number = (uint8_t)cbor_read_uint_max(reader, UINT8_MAX);
	if (number == 0)
		cbor_read_fail(reader, "number_range");
	return number;
}

/* The length of a list: at least one entry, at most `max`. 0 after a fault. */
static size_t decode_list(struct cbor_reader *reader, size_t max)
{
	const size_t len = cbor_read_array(reader);
	if (len == 0)
		cbor_read_fail(reader, "empty_value");
	if (len > max)
		cbor_read_fail(reader, "list_length");
	return cbor_read_ok(reader) ? len : 0;
}

static void decode_codes(struct cbor_reader *reader, struct codes *list)
{
	const size_t len = decode_list(reader, REPORT_CODES);
	for (size_t i = 0; i < len; i++)
		list->code[i] = decode_code(reader);
	list->len = (uint8_t)len;
}

/* `rule` is what a text that does not fit breaks. */
static void decode_text(struct cbor_reader *reader, char *out, size_t size, const char *rule)
{
	const struct span text = cbor_read_text(reader);
	if (!cbor_read_ok(reader))
		return;
	if (text.len == 0) {
		cbor_read_fail(reader, "empty_value");
		return;
	}
	if (text.len >= size || memchr(text.data, '\0', text.len) != NULL) {
		cbor_read_fail(reader, rule);
		return;
	}
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
}

static void decode_origin(struct cbor_reader *reader, struct origin *origin)
{
	struct place *place = &origin->place;
	struct cbor_map map = cbor_read_map(reader);
	uint64_t key = 0;
	while (cbor_map_next(reader, &map, &key)) {
		if (key == 1) {
			decode_text(reader, place->pcode, sizeof place->pcode, "place_shape");
		} else if (key == 2) {
			place->gazetteer = (uint8_t)cbor_read_uint_max(reader, UINT8_MAX);
			if (place->gazetteer == 0)
				cbor_read_fail(reader, "default_present");
		} else if (key == 3) {
			decode_text(reader, place->name, sizeof place->name, "text_not_normal");
		} else if (key == 4) {
			decode_text(reader, place->near, sizeof place->near, "place_shape");
		} else if (key == 5) {
			origin->share = decode_number(reader);
		} else {
			cbor_read_fail(reader, "unknown_field");
		}
	}
}

/* A place is an origin without a share. */
static void decode_place(struct cbor_reader *reader, struct place *place)
{
	struct origin origin;
	memset(&origin, 0, sizeof origin);
	decode_origin(reader, &origin);
	if (origin.share != 0)
		cbor_read_fail(reader, "unknown_field");
	*place = origin.place;
}

static void decode_origins(struct cbor_reader *reader, struct report *report)
{
	const size_t len = decode_list(reader, REPORT_ORIGINS);
	for (size_t i = 0; i < len; i++)
		decode_origin(reader, &report->origins[i]);
	report->origins_len = (uint8_t)len;
}

static int32_t decode_degrees(struct cbor_reader *reader)
{
	const int64_t units = cbor_read_int(reader);
	if (units < INT32_MIN || units > INT32_MAX)
		cbor_read_fail(reader, "point_range");
	return cbor_read_ok(reader) ? (int32_t)units : 0;
}

static void decode_point(struct cbor_reader *reader, struct point *point)
{
	cbor_read_array_exact(reader, 3);
	point->latitude = decode_degrees(reader);
	point->longitude = decode_degrees(reader);
	point->precision_m = (uint32_t)cbor_read_uint_max(reader, UINT32_MAX);
	point->given = cbor_read_ok(reader);
}

static int32_t decode_count(struct cbor_reader *reader)
{
	return (int32_t)cbor_read_uint_max(reader, FIGURE_MAX);
}

static void decode_figure(struct cbor_reader *reader, struct figure *figure)
{
	struct cbor_map map = cbor_read_map(reader);
	uint64_t key = 0;
	while (cbor_map_next(reader, &map, &key)) {
		if (key == 1)
			figure->best = decode_count(reader);
		else if (key == 2)
			figure->min = decode_count(reader);
		else if (key == 3)
			figure->max = decode_count(reader);
		else
			cbor_read_fail(reader, "unknown_field");
	}
}

static void decode_household_link(struct cbor_reader *reader, struct report *report)
{
	struct cbor_map map = cbor_read_map(reader);
	uint64_t key = 0;
	while (cbor_map_next(reader, &map, &key)) {
		if (key == 1) {
			report->household_link = decode_code(reader);
		} else if (key == 2) {
			report->household_factor = (uint16_t)cbor_read_uint_max(reader, UINT16_MAX);
			if (report->household_factor == 0)
				cbor_read_fail(reader, "household_factor");
		} else {
			cbor_read_fail(reader, "unknown_field");
		}
	}
}

static void decode_sadd(struct cbor_reader *reader, struct report *report)
{
	struct cbor_map map = cbor_read_map(reader);
	uint64_t key = 0;
	while (cbor_map_next(reader, &map, &key)) {
		if (key >= 1 && key <= REPORT_SADD_CELLS)
			report->sadd[key - 1] = decode_count(reader);
		else if (key == REPORT_SADD_CELLS + 1)
			report->sadd_scope = decode_code(reader);
		else
			cbor_read_fail(reader, "unknown_field");
	}
}

static void decode_vulnerable(struct cbor_reader *reader, struct report *report)
{
	struct cbor_map map = cbor_read_map(reader);
	uint64_t key = 0;
	while (cbor_map_next(reader, &map, &key)) {
		if (report->vulnerable_len == REPORT_CODES) {
			cbor_read_fail(reader, "list_length");
			return;
		}
		if (key == 0 || key > UINT8_MAX)
			cbor_read_fail(reader, "unknown_code");
		struct coded_count *entry = &report->vulnerable[report->vulnerable_len++];
		entry->code = (uint8_t)key;
		entry->count = (uint32_t)decode_count(reader);
	}
}

static void decode_access(struct cbor_reader *reader, struct report *report)
{
	struct cbor_map map = cbor_read_map(reader);
	uint64_t key = 0;
	while (cbor_map_next(reader, &map, &key)) {
		if (key == 1)
			report->access = decode_code(reader);
		else if (key == 2)
			decode_codes(reader, &report->access_reasons);
		else
			cbor_read_fail(reader, "unknown_field");
	}
}

static void decode_source(struct cbor_reader *reader, struct source *source)
{
	struct cbor_map map = cbor_read_map(reader);
	uint64_t key = 0;
	while (cbor_map_next(reader, &map, &key)) {
		if (key == 1) {
			source->kind = decode_code(reader);
		} else if (key == 2) {
			source->reliability = decode_number(reader);
		} else if (key == 3) {
			cbor_read_bytes_exact(reader, source->tag, sizeof source->tag);
			source->tagged = true;
		} else {
			cbor_read_fail(reader, "unknown_field");
		}
	}
}

static void decode_sources(struct cbor_reader *reader, struct report *report)
{
	const size_t len = decode_list(reader, REPORT_SOURCES);
	for (size_t i = 0; i < len; i++)
		decode_source(reader, &report->sources[i]);
	report->sources_len = (uint8_t)len;
}

static void decode_links(struct cbor_reader *reader, struct links *links)
{
	const size_t len = decode_list(reader, REPORT_LINKS);
	for (size_t i = 0; i < len; i++)
		cbor_read_bytes_exact(reader, links->id[i].bytes, sizeof links->id[i].bytes);
	links->len = (uint8_t)len;
}

static void decode_value(struct cbor_reader *reader, struct report *report, const struct report_field *field)
{
	void *value = value_of(report, field);
	switch (field->type) {
	case REPORT_CODE: *(uint8_t *)value = decode_code(reader); break;
	case REPORT_NUMBER: *(uint8_t *)value = decode_number(reader); break;
	case REPORT_TEXT: decode_text(reader, value, field->size, "text_not_normal"); break;
	case REPORT_CODES_LIST: decode_codes(reader, value); break;
	case REPORT_LINK_LIST: decode_links(reader, value); break;
	case REPORT_PLACE: decode_place(reader, value); break;
	case REPORT_POINT: decode_point(reader, value); break;
	case REPORT_DAY: *(int32_t *)value = (int32_t)cbor_read_uint_max(reader, DATE_DAY_MAX); break;
	case REPORT_FIGURE: decode_figure(reader, value); break;
	case REPORT_ORIGIN_LIST: decode_origins(reader, report); break;
	case REPORT_HOUSEHOLD_LINK: decode_household_link(reader, report); break;
	case REPORT_SADD: decode_sadd(reader, report); break;
	case REPORT_COUNTS_LIST: decode_vulnerable(reader, report); break;
	case REPORT_ACCESS: decode_access(reader, report); break;
	case REPORT_SOURCE_LIST: decode_sources(reader, report); break;
	}
}

void report_decode_field(struct cbor_reader *reader, struct report *report, const struct report_field *field)
{
	decode_value(reader, report, field);
	/* What would not be written again has no place here, or one report had two encodings. */
	if (field->type == REPORT_CODE && field->usual != 0 && *(uint8_t *)value_of(report, field) == field->usual)
		cbor_read_fail(reader, "default_present");
	if (!report_has(report, field))
		cbor_read_fail(reader, "empty_value");
}

void report_decode_absent(struct cbor_reader *reader, struct report *report, uint64_t *rows)
{
	struct cbor_map map = cbor_read_map(reader);
	uint64_t key = 0;
	*rows = 0;
	if (map.left == 0)
		cbor_read_fail(reader, "empty_value");
	while (cbor_map_next(reader, &map, &key)) {
		const struct report_field *field = report_field_numbered(key);
		const uint64_t reason = cbor_read_uint_max(reader, UINT8_MAX);
		if (field == NULL)
			cbor_read_fail(reader, "unknown_field");
		else if (vocabulary_word(&vocabulary_absent, (uint8_t)reason) == NULL || report_is_written(report, field))
			cbor_read_fail(reader, "absent_reason");
		else
			report_set_absent(report, field, (uint8_t)reason);
		*rows |= field == NULL ? 0 : UINT64_C(1) << (field - report_fields);
	}
}
