#include "schema/report_codec.h"

static const void *value_of(const struct report *report, const struct report_field *field)
{
	return (const uint8_t *)report + field->offset;
}

bool report_is_written(const struct report *report, const struct report_field *field)
{
	if (!report_has(report, field))
		return false;
	return field->type != REPORT_CODE || field->usual == 0 || *(const uint8_t *)value_of(report, field) != field->usual;
}

static void encode_pair(struct cbor_writer *writer, uint64_t key, uint64_t value)
{
	cbor_write_uint(writer, key);
	cbor_write_uint(writer, value);
}

static void encode_codes(struct cbor_writer *writer, const struct codes *list)
{
	cbor_write_array(writer, list->len);
	for (size_t i = 0; i < list->len; i++)
		cbor_write_uint(writer, list->code[i]);
}

static void encode_text_pair(struct cbor_writer *writer, uint64_t key, const char *text)
{
	if (text[0] == '\0')
		return;
	cbor_write_uint(writer, key);
	cbor_write_text(writer, span_from_text(text));
}

/* A place, or an origin: a place with a share in the same map. */
static void encode_place(struct cbor_writer *writer, const struct place *place, uint8_t share)
{
	cbor_write_map(writer, (size_t)(place->pcode[0] != '\0') + (place->gazetteer != 0) + (place->name[0] != '\0') +
	                           (place->near[0] != '\0') + (share != 0));
	encode_text_pair(writer, 1, place->pcode);
	if (place->gazetteer != 0)
		encode_pair(writer, 2, place->gazetteer);
	encode_text_pair(writer, 3, place->name);
	encode_text_pair(writer, 4, place->near);
	if (share != 0)
		encode_pair(writer, 5, share);
}

static void encode_origins(struct cbor_writer *writer, const struct report *report)
{
	cbor_write_array(writer, report->origins_len);
	for (size_t i = 0; i < report->origins_len; i++)
		encode_place(writer, &report->origins[i].place, report->origins[i].share);
}

static void encode_point(struct cbor_writer *writer, const struct point *point)
{
	cbor_write_array(writer, 3);
	cbor_write_int(writer, point->latitude);
	cbor_write_int(writer, point->longitude);
	cbor_write_uint(writer, point->precision_m);
}

/* Pairs of ascending keys from `first`, of those numbers that are given. */
static void encode_counts(struct cbor_writer *writer, uint64_t first, const int32_t *counts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (counts[i] != FIGURE_ABSENT)
			encode_pair(writer, first + i, (uint64_t)counts[i]);
}

static size_t given_of(const int32_t *counts, size_t n)
{
	size_t given = 0;
	for (size_t i = 0; i < n; i++)
		given += counts[i] != FIGURE_ABSENT;
	return given;
}

static void encode_figure(struct cbor_writer *writer, const struct figure *figure)
{
	const int32_t counts[] = {figure->best, figure->min, figure->max};
	cbor_write_map(writer, given_of(counts, 3));
	encode_counts(writer, 1, counts, 3);
}

static void encode_sadd(struct cbor_writer *writer, const struct report *report)
{
	cbor_write_map(writer, given_of(report->sadd, REPORT_SADD_CELLS) + (report->sadd_scope != 0));
	encode_counts(writer, 1, report->sadd, REPORT_SADD_CELLS);
	if (report->sadd_scope != 0)
		encode_pair(writer, REPORT_SADD_CELLS + 1, report->sadd_scope);
}

static void encode_household_link(struct cbor_writer *writer, const struct report *report)
{
	cbor_write_map(writer, report->household_factor != 0 ? 2 : 1);
	encode_pair(writer, 1, report->household_link);
	if (report->household_factor != 0)
		encode_pair(writer, 2, report->household_factor);
}

static void encode_vulnerable(struct cbor_writer *writer, const struct report *report)
{
	cbor_write_map(writer, report->vulnerable_len);
	for (size_t i = 0; i < report->vulnerable_len; i++)
		encode_pair(writer, report->vulnerable[i].code, report->vulnerable[i].count);
}

static void encode_access(struct cbor_writer *writer, const struct report *report)
{
	cbor_write_map(writer, report->access_reasons.len > 0 ? 2 : 1);
	encode_pair(writer, 1, report->access);
	if (report->access_reasons.len == 0)
		return;
	cbor_write_uint(writer, 2);
	encode_codes(writer, &report->access_reasons);
}

static void encode_sources(struct cbor_writer *writer, const struct report *report)
{
	cbor_write_array(writer, report->sources_len);
	for (size_t i = 0; i < report->sources_len; i++) {
		const struct source *source = &report->sources[i];
		cbor_write_map(writer, (size_t)(source->kind != 0) + (source->reliability != 0) + source->tagged);
		if (source->kind != 0)
			encode_pair(writer, 1, source->kind);
		if (source->reliability != 0)
			encode_pair(writer, 2, source->reliability);
		if (source->tagged) {
			cbor_write_uint(writer, 3);
			cbor_write_bytes(writer, (struct span){source->tag, sizeof source->tag});
		}
	}
}

static void encode_links(struct cbor_writer *writer, const struct links *links)
{
	cbor_write_array(writer, links->len);
	for (size_t i = 0; i < links->len; i++)
		cbor_write_bytes(writer, hash_span(&links->id[i]));
}

void report_encode_field(struct cbor_writer *writer, const struct report *report, const struct report_field *field)
{
	const void *value = value_of(report, field);
	switch (field->type) {
	case REPORT_CODE:
	case REPORT_NUMBER: cbor_write_uint(writer, *(const uint8_t *)value); break;
	case REPORT_TEXT: cbor_write_text(writer, span_from_text(value)); break;
	case REPORT_CODES_LIST: encode_codes(writer, value); break;
	case REPORT_LINK_LIST: encode_links(writer, value); break;
	case REPORT_PLACE: encode_place(writer, value, 0); break;
	case REPORT_POINT: encode_point(writer, value); break;
	case REPORT_DAY: cbor_write_int(writer, *(const int32_t *)value); break;
	case REPORT_FIGURE: encode_figure(writer, value); break;
	case REPORT_ORIGIN_LIST: encode_origins(writer, report); break;
	case REPORT_HOUSEHOLD_LINK: encode_household_link(writer, report); break;
	case REPORT_SADD: encode_sadd(writer, report); break;
	case REPORT_COUNTS_LIST: encode_vulnerable(writer, report); break;
	case REPORT_ACCESS: encode_access(writer, report); break;
	case REPORT_SOURCE_LIST: encode_sources(writer, report); break;
	}
}

/* Whether the map of reasons has an entry for the row. */
static bool is_absent(const struct report *report, size_t row, uint64_t rows)
{
	return (rows >> row & 1) != 0 && report_absent(report, &report_fields[row]) != 0;
}

size_t report_absent_count(const struct report *report, uint64_t rows)
{
	size_t count = 0;
	for (size_t i = 0; i < report_fields_len; i++)
		count += is_absent(report, i, rows);
	return count;
}

void report_encode_absent(struct cbor_writer *writer, const struct report *report, uint64_t rows)
{
	cbor_write_map(writer, report_absent_count(report, rows));
	for (size_t i = 0; i < report_fields_len; i++)
		if (is_absent(report, i, rows))
			encode_pair(writer, report_fields[i].number, report_absent(report, &report_fields[i]));
}
