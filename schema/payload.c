#include "schema/payload.h"

#include <assert.h>
#include <string.h>

#include "schema/event.h"
#include "schema/statement.h"
#include "schema/text.h"

static_assert(sizeof(unsigned) == sizeof(uint32_t) && sizeof(enum revocation_kind) == sizeof(unsigned),
              "codes of all kinds are copied as unsigned");

/* Bit of a row's key among those met. */
static uint64_t key_bit(uint64_t key)
{
	return UINT64_C(1) << key;
}

/* --- the pieces --- */

static bool is_normal(struct span text)
{
	return text.len == 0 || text_is_normal(text);
}

bool payload_text_fits(const char *text, size_t size, uint64_t min, uint64_t max)
{
	const size_t len = strnlen(text, size);
	if (len == size)
		return false;
	uint64_t characters = 0;
	for (size_t i = 0; i < len; i++)
		characters += ((uint8_t)text[i] & 0xc0) != 0x80;
	return characters >= min && characters <= max && is_normal((struct span){(const uint8_t *)text, len});
}

void payload_read_text(struct cbor_reader *reader, char *out, size_t size, uint64_t min, uint64_t max)
{
	const struct span text = cbor_read_text(reader);
	if (!cbor_read_ok(reader))
		return;
	if (text.len >= size) {
		cbor_read_fail(reader, "out_of_range");
		return;
	}
	if (text.len > 0)
		memcpy(out, text.data, text.len);
	out[text.len] = '\0';
	if (strlen(out) != text.len || !is_normal(text))
		cbor_read_fail(reader, "text_not_normal");
	else if (!payload_text_fits(out, size, min, max))
		cbor_read_fail(reader, "out_of_range");
}

void payload_write_checkpoint(struct cbor_writer *writer, const struct checkpoint *checkpoint)
{
	if (writer->status == STATUS_OK && checkpoint->size > PAYLOAD_UINT_MAX)
		writer->status = STATUS_BAD_INPUT;
	cbor_write_array(writer, 3);
	cbor_write_bytes(writer, key_id_span(&checkpoint->log));
	cbor_write_uint(writer, checkpoint->size);
	cbor_write_bytes(writer, hash_span(&checkpoint->root));
}

void payload_read_checkpoint(struct cbor_reader *reader, struct checkpoint *checkpoint)
{
	cbor_read_array_exact(reader, 3);
	cbor_read_bytes_exact(reader, checkpoint->log.bytes, KEY_ID_BYTES);
	checkpoint->size = cbor_read_uint_max(reader, PAYLOAD_UINT_MAX);
	cbor_read_bytes_exact(reader, checkpoint->root.bytes, HASH_BYTES);
}

/* --- one row --- */

static bool all_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

static bool is_present(const struct payload_field *field, const void *record)
{
	const uint8_t *const base = record;
	if (field->has != 0)
		return *(const bool *)(base + field->has);
	if (!field->optional && field->kind != PAYLOAD_FLAG)
		return true;
	if (field->kind == PAYLOAD_TEXT)
		return base[field->offset] != '\0';
	return !all_zero(base + field->offset, field->size);
}

/* What the reader checks too, of a value that is present. */
static bool is_in_range(const struct payload_field *field, const void *record)
{
	const uint8_t *const at = (const uint8_t *)record + field->offset;
	uint64_t number;
	int64_t seconds;
	unsigned code;
	struct span item;
	switch (field->kind) {
	case PAYLOAD_UINT:
		memcpy(&number, at, sizeof number);
		return number >= field->min && number <= field->max;
	case PAYLOAD_SECONDS:
		memcpy(&seconds, at, sizeof seconds);
		return seconds >= 0 && seconds <= PAYLOAD_SECONDS_MAX;
	case PAYLOAD_CODE:
		memcpy(&code, at, sizeof code);
		return code >= field->min && code <= field->max;
	case PAYLOAD_ITEM:
		memcpy(&item, at, sizeof item);
		return item.len >= field->min && item.len <= field->max;
	case PAYLOAD_TEXT:
		return payload_text_fits((const char *)at, field->size, field->min, field->max);
	case PAYLOAD_LINK:
		memcpy(&number, at + offsetof(struct head, number), sizeof number);
		return number <= field->max;
	case PAYLOAD_FLAG:
	case PAYLOAD_FIXED:
	case PAYLOAD_CHECKPOINT:
	case PAYLOAD_OWN:
		return true;
	}
	return false;
}

static void write_number(struct cbor_writer *writer, const struct payload_field *field, const uint8_t *at)
{
	uint64_t number = 0;
	unsigned code = 0;
	if (field->kind == PAYLOAD_CODE)
		memcpy(&code, at, sizeof code);
	else
		memcpy(&number, at, sizeof number);
	cbor_write_uint(writer, field->kind == PAYLOAD_CODE ? code : number);
}

static void write_value(struct cbor_writer *writer, const struct payload_field *field, const void *record)
{
	const uint8_t *const at = (const uint8_t *)record + field->offset;
	struct span item;
	struct head link;
	switch (field->kind) {
	case PAYLOAD_UINT:
	case PAYLOAD_SECONDS:
	case PAYLOAD_CODE:
		write_number(writer, field, at);
		return;
	case PAYLOAD_FLAG:
		cbor_write_uint(writer, 1);
		return;
	case PAYLOAD_FIXED:
		cbor_write_bytes(writer, (struct span){at, field->size});
		return;
	case PAYLOAD_ITEM:
		memcpy(&item, at, sizeof item);
		cbor_write_bytes(writer, item);
		return;
	case PAYLOAD_TEXT:
		cbor_write_text(writer, span_from_text((const char *)at));
		return;
	case PAYLOAD_CHECKPOINT:
		payload_write_checkpoint(writer, (const struct checkpoint *)(const void *)at);
		return;
	case PAYLOAD_LINK:
		memcpy(&link, at, sizeof link);
		cbor_write_array(writer, 2);
		cbor_write_uint(writer, link.number);
		cbor_write_bytes(writer, hash_span(&link.last));
		return;
	case PAYLOAD_OWN:
		field->write(writer, record);
		return;
	}
}

static void read_number(struct cbor_reader *reader, const struct payload_field *field, uint8_t *at)
{
	const uint64_t most = field->kind == PAYLOAD_CODE ? UINT32_MAX : PAYLOAD_UINT_MAX;
	const uint64_t number = cbor_read_uint_max(reader, most);
	const unsigned code = (unsigned)number;
	if (field->kind == PAYLOAD_CODE)
		memcpy(at, &code, sizeof code);
	else
		memcpy(at, &number, sizeof number);
}

static void read_link(struct cbor_reader *reader, uint8_t *at)
{
	struct head link = {0};
	cbor_read_array_exact(reader, 2);
	link.number = cbor_read_uint_max(reader, PAYLOAD_UINT_MAX);
	cbor_read_bytes_exact(reader, link.last.bytes, HASH_BYTES);
	memcpy(at, &link, sizeof link);
}

static void read_value(struct cbor_reader *reader, const struct payload_field *field, void *record)
{
	uint8_t *const at = (uint8_t *)record + field->offset;
	switch (field->kind) {
	case PAYLOAD_UINT:
	case PAYLOAD_SECONDS:
	case PAYLOAD_CODE:
		read_number(reader, field, at);
		return;
	case PAYLOAD_FLAG:
		*(bool *)at = cbor_read_uint_max(reader, 1) == 1;
		return;
	case PAYLOAD_FIXED:
		cbor_read_bytes_exact(reader, at, field->size);
		return;
	case PAYLOAD_ITEM:
		*(struct span *)(void *)at = cbor_read_bytes(reader);
		return;
	case PAYLOAD_TEXT:
		payload_read_text(reader, (char *)at, field->size, field->min, field->max);
		return;
	case PAYLOAD_CHECKPOINT:
		payload_read_checkpoint(reader, (struct checkpoint *)(void *)at);
		return;
	case PAYLOAD_LINK:
		read_link(reader, at);
		return;
	case PAYLOAD_OWN:
		field->read(reader, record);
		return;
	}
}

/* --- the map --- */

void payload_write(struct cbor_writer *writer, const struct payload_shape *shape, const void *record)
{
	size_t present = 0;
	for (size_t i = 0; i < shape->fields_len; i++)
		present += is_present(&shape->fields[i], record);
	cbor_write_map(writer, present);
	for (size_t i = 0; i < shape->fields_len; i++) {
		const struct payload_field *const field = &shape->fields[i];
		if (!is_present(field, record))
			continue;
		if (!is_in_range(field, record) && writer->status == STATUS_OK)
			writer->status = STATUS_BAD_INPUT;
		cbor_write_uint(writer, field->key);
		write_value(writer, field, record);
	}
}

static const struct payload_field *find_field(const struct payload_shape *shape, uint64_t key)
{
	for (size_t i = 0; i < shape->fields_len; i++)
		if (shape->fields[i].key == key)
			return &shape->fields[i];
	return NULL;
}

static void read_field(struct cbor_reader *reader, const struct payload_field *field, void *record)
{
	read_value(reader, field, record);
	if (field->has != 0)
		*(bool *)((uint8_t *)record + field->has) = true;
	if (!cbor_read_ok(reader))
		return;
	/* Absence has one encoding: being left out. */
	if (!is_present(field, record) || !is_in_range(field, record))
		cbor_read_fail(reader, "out_of_range");
}

void payload_read(struct cbor_reader *reader, const struct payload_shape *shape, void *record)
{
	struct cbor_map map = cbor_read_map(reader);
	uint64_t key = 0, met = 0;
	while (cbor_map_next(reader, &map, &key)) {
		const struct payload_field *const field = find_field(shape, key);
		if (field == NULL) {
			cbor_read_fail(reader, "unknown_field");
			return;
		}
		read_field(reader, field, record);
		met |= key_bit(key);
	}
	for (size_t i = 0; i < shape->fields_len; i++) {
		const struct payload_field *const field = &shape->fields[i];
		if (!field->optional && field->kind != PAYLOAD_FLAG && (met & key_bit(field->key)) == 0)
			cbor_read_fail(reader, "missing_field");
	}
}

enum status payload_encode(struct bytes *out, const struct payload_shape *shape, const void *record, struct error *err)
{
	const size_t before = out->len;
	struct cbor_writer writer;
	cbor_write_begin(&writer, out);
	payload_write(&writer, shape, record);
	if (writer.status == STATUS_OK)
		return STATUS_OK;
	out->len = before;
	if (writer.status == STATUS_BAD_INPUT)
		return error_set(err, STATUS_BAD_INPUT, "%s cannot say that (out_of_range)", shape->what);
	return cbor_write_end(&writer, err);
}

enum status payload_decode(void *record, const struct payload_shape *shape, struct span in, struct error *err)
{
	struct cbor_reader reader;
	const enum status status = cbor_read_begin(&reader, in, err);
	if (status != STATUS_OK)
		return error_wrap(err, status, "%s", shape->what);
	payload_read(&reader, shape, record);
	return payload_end(&reader, shape->what, err);
}

enum status payload_end(const struct cbor_reader *reader, const char *what, struct error *err)
{
	const enum status status = cbor_read_end(reader, what, err);
	if (reader->fault == NULL || strcmp(reader->fault, "unknown_field") != 0)
		return status;
	(void)error_set(err, status, "%s has a field that this sijil does not know: it needs a newer sijil (unknown_field)",
	                what);
	error_hint(err, "nothing was lost; install a newer sijil and try again");
	return status;
}
