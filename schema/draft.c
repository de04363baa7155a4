#include "schema/draft.h"

#include <string.h>

#include "crypto/cbor.h"

enum { DRAFT_VERSION = 1, DRAFT_ITEMS = 6 };

static void encode_fields(struct cbor_writer *writer, const struct draft *draft, const struct report *base)
{
	char text[REPORT_TEXT_BYTES];
	size_t differ = 0;
	for (size_t i = 0; i < report_fields_len; i++)
		differ += !report_field_is_same(&draft->report, base, &report_fields[i]);
	cbor_write_map(writer, differ);
	for (size_t i = 0; i < report_fields_len; i++) {
		if (report_field_is_same(&draft->report, base, &report_fields[i]))
			continue;
		report_format(&draft->report, &report_fields[i], text);
		cbor_write_uint(writer, report_fields[i].number);
		cbor_write_text(writer, span_from_text(text));
	}
	explicit_bzero(text, sizeof text);
}

enum status draft_encode(struct bytes *out, const struct draft *draft, const struct report *base, struct error *err)
{
	struct cbor_writer writer;
	cbor_write_begin(&writer, out);
	cbor_write_array(&writer, DRAFT_ITEMS);
	cbor_write_uint(&writer, DRAFT_VERSION);
	cbor_write_uint(&writer, draft->type);
	if (draft->type == OBJECT_REPORT)
		cbor_write_bytes(&writer, (struct span){NULL, 0});
	else
		cbor_write_bytes(&writer, hash_span(&draft->parent));
	cbor_write_uint(&writer, draft->begun_s < 0 ? 0 : (uint64_t)draft->begun_s);
	cbor_write_uint(&writer, draft->at);
	encode_fields(&writer, draft, base);
	return cbor_write_end(&writer, err);
}

/* Whether it begins as a higher version does; what follows the number is then not ours to judge. */
static bool is_newer(struct cbor_reader reader)
{
	return cbor_read_array(&reader) > 0 && cbor_peek(&reader) == CBOR_UINT && cbor_read_uint(&reader) > DRAFT_VERSION &&
	       cbor_read_ok(&reader);
}

static void decode_type(struct cbor_reader *reader, struct draft *draft)
{
	const uint64_t type = cbor_read_uint(reader);
	const struct span parent = cbor_read_bytes(reader);
	if (!cbor_read_ok(reader))
		return;
	const bool is_known = type == OBJECT_REPORT || type == OBJECT_AMEND || type == OBJECT_CORROBORATE;
	if (!is_known || parent.len != (type == OBJECT_REPORT ? 0 : HASH_BYTES))
		cbor_read_fail(reader, "out_of_range");
	else if (parent.len > 0)
		memcpy(draft->parent.bytes, parent.data, HASH_BYTES);
	draft->type = (enum object_type)type;
}

static void decode_head(struct cbor_reader *reader, struct draft *draft)
{
	cbor_read_array_exact(reader, DRAFT_ITEMS);
	if (cbor_read_uint(reader) != DRAFT_VERSION)
		cbor_read_fail(reader, "out_of_range");
	decode_type(reader, draft);
	const uint64_t begun_s = cbor_read_uint(reader);
	const uint64_t at = cbor_read_uint(reader);
	if (cbor_read_ok(reader) && (begun_s > INT64_MAX || at > UINT8_MAX))
		cbor_read_fail(reader, "out_of_range");
	draft->begun_s = (int64_t)begun_s;
	draft->at = (uint8_t)at;
}

static void decode_field(struct cbor_reader *reader, struct draft *draft, uint64_t number)
{
	char text[REPORT_TEXT_BYTES];
	const struct report_field *field = report_field_numbered(number);
	const struct span typed = cbor_read_text(reader);
	if (!cbor_read_ok(reader))
		return;
	if (field == NULL || typed.len >= sizeof text) {
		cbor_read_fail(reader, field == NULL ? "unknown_field" : "text_not_normal");
		return;
	}
	if (typed.len > 0)
		memcpy(text, typed.data, typed.len);
	text[typed.len] = '\0';
	if (report_set(&draft->report, field, text, NULL, NULL) != STATUS_OK)
		cbor_read_fail(reader, "text_not_normal");
	explicit_bzero(text, sizeof text);
}

static enum status begin(struct cbor_reader *reader, struct span in, struct error *err)
{
	const enum status status = cbor_read_begin(reader, in, err);
	if (status == STATUS_OK && is_newer(*reader))
		return error_set(err, STATUS_REFUSED, "the draft was written by a newer sijil; this one cannot read it");
	return status;
}

enum status draft_decode_head(struct draft *draft, struct span in, struct error *err)
{
	struct draft found = {0};
	const enum status status = draft_decode(&found, in, NULL, err);
	if (status == STATUS_OK)
		*draft = found;
	explicit_bzero(&found, sizeof found);
	return status;
}

enum status draft_decode(struct draft *draft, struct span in, const struct report *base, struct error *err)
{
	struct draft found = {0};
	struct cbor_reader reader;
	uint64_t number;
	enum status status = begin(&reader, in, err);
	if (status != STATUS_OK)
		return status;
	if (base != NULL)
		found.report = *base;
	else
		report_init(&found.report);
	decode_head(&reader, &found);
	struct cbor_map map = cbor_read_map(&reader);
	while (cbor_map_next(&reader, &map, &number))
		decode_field(&reader, &found, number);
	status = cbor_read_end(&reader, "the draft", err);
	if (status == STATUS_OK)
		*draft = found;
	explicit_bzero(&found, sizeof found);
	return status;
}
