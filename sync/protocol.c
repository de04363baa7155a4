#include "sync/protocol.h"

#include <string.h>

#include "crypto/cbor.h"

enum { NOTE_MARK = 0, REASON_MAX = 255 };

static void begin_note(struct cbor_writer *writer, struct bytes *out, enum protocol_note note, size_t fields)
{
	cbor_write_begin(writer, out);
	cbor_write_array(writer, 2 + fields);
	cbor_write_uint(writer, NOTE_MARK);
	cbor_write_uint(writer, note);
}

enum status protocol_write_preface(struct bytes *out, const struct preface *preface, struct error *err)
{
	if (preface->devices_len > PROTOCOL_DEVICES_MAX)
		return error_set(err, STATUS_BUG, "a preface names %zu devices", preface->devices_len);
	struct cbor_writer writer;
	begin_note(&writer, out, PROTOCOL_PREFACE, 3);
	cbor_write_bytes(&writer, key_id_span(&preface->project));
	cbor_write_uint(&writer, preface->descriptor);
	cbor_write_array(&writer, preface->devices_len);
	for (size_t i = 0; i < preface->devices_len; i++)
		cbor_write_bytes(&writer, key_id_span(&preface->devices[i]));
	return cbor_write_end(&writer, err);
}

enum status protocol_write_refusal(struct bytes *out, const struct refusal *refusal, struct error *err)
{
	struct cbor_writer writer;
	begin_note(&writer, out, PROTOCOL_REFUSAL, 3);
	cbor_write_bytes(&writer, hash_span(&refusal->wire));
	cbor_write_uint(&writer, refusal->reason);
	cbor_write_text(&writer, span_from_text(refusal->text));
	return cbor_write_end(&writer, err);
}

enum status protocol_write_push_end(struct bytes *out, const struct push_end *end, struct error *err)
{
	struct cbor_writer writer;
	begin_note(&writer, out, PROTOCOL_PUSH_END, 3);
	cbor_write_uint(&writer, end->accepted);
	cbor_write_uint(&writer, end->had);
	cbor_write_uint(&writer, end->refused);
	return cbor_write_end(&writer, err);
}

enum status protocol_write_pull_end(struct bytes *out, const struct pull_end *end, struct error *err)
{
	struct cbor_writer writer;
	begin_note(&writer, out, PROTOCOL_PULL_END, 2);
	cbor_write_uint(&writer, end->cursor);
	cbor_write_uint(&writer, end->more ? 1 : 0);
	return cbor_write_end(&writer, err);
}

void protocol_refusal_text(struct refusal *refusal, const char *text)
{
	size_t len = strlen(text);
	if (len >= sizeof refusal->text) {
		len = sizeof refusal->text - 1;
		while (len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80)
			len--;
	}
	memset(refusal->text, 0, sizeof refusal->text);
	memcpy(refusal->text, text, len);
}

static void read_preface(struct cbor_reader *reader, struct preface *preface)
{
	cbor_read_bytes_exact(reader, preface->project.bytes, KEY_ID_BYTES);
	preface->descriptor = cbor_read_uint(reader);
	const size_t devices = cbor_read_array(reader);
	if (devices > PROTOCOL_DEVICES_MAX) {
		cbor_read_fail(reader, "out_of_range");
		return;
	}
	for (size_t i = 0; i < devices; i++)
		cbor_read_bytes_exact(reader, preface->devices[i].bytes, KEY_ID_BYTES);
	preface->devices_len = devices;
}

static void read_refusal(struct cbor_reader *reader, struct refusal *refusal)
{
	cbor_read_bytes_exact(reader, refusal->wire.bytes, HASH_BYTES);
	const uint64_t reason = cbor_read_uint_max(reader, REASON_MAX);
	if (reason == 0)
		cbor_read_fail(reader, "out_of_range");
	refusal->reason = (enum protocol_reason)reason;
	const struct span text = cbor_read_text(reader);
	if (text.len >= sizeof refusal->text || (text.len > 0 && memchr(text.data, 0, text.len) != NULL)) {
		cbor_read_fail(reader, "out_of_range");
		return;
	}
	if (text.len > 0)
		memcpy(refusal->text, text.data, text.len);
}

static void read_push_end(struct cbor_reader *reader, struct push_end *end)
{
	end->accepted = cbor_read_uint(reader);
	end->had = cbor_read_uint(reader);
	end->refused = cbor_read_uint(reader);
}

static void read_pull_end(struct cbor_reader *reader, struct pull_end *end)
{
	end->cursor = cbor_read_uint(reader);
	end->more = cbor_read_uint_max(reader, 1) == 1;
}

static void expect_fields(struct cbor_reader *reader, size_t items, size_t fields)
{
	if (items != 2 + fields)
		cbor_read_fail(reader, items < 2 + fields ? "missing_field" : "unknown_field");
}

static void read_note(struct cbor_reader *reader, size_t items, struct protocol_item *item)
{
	switch (item->note) {
	case PROTOCOL_PREFACE:
		expect_fields(reader, items, 3);
		read_preface(reader, &item->preface);
		return;
	case PROTOCOL_REFUSAL:
		expect_fields(reader, items, 3);
		read_refusal(reader, &item->refusal);
		return;
	case PROTOCOL_PUSH_END:
		expect_fields(reader, items, 3);
		read_push_end(reader, &item->push_end);
		return;
	case PROTOCOL_PULL_END:
		expect_fields(reader, items, 2);
		read_pull_end(reader, &item->pull_end);
		return;
	}
	/* Of a newer relay: not understood, not an error. */
	for (size_t i = 2; i < items && cbor_read_ok(reader); i++)
		(void)cbor_read_encoded(reader);
}

enum status protocol_read_item(struct protocol_item *item, struct span encoded, struct error *err)
{
	struct protocol_item read = {0};
	/* An object is checked by object_parse, whole: its first two bytes tell it from a note. */
	if (encoded.len >= 2 && encoded.data[0] >> 5 == CBOR_ARRAY && encoded.data[0] != 0x80 &&
	    encoded.data[1] != NOTE_MARK) {
		*item = (struct protocol_item){.is_object = true};
		return STATUS_OK;
	}
	struct cbor_reader reader;
	enum status status = cbor_read_begin(&reader, encoded, err);
	if (status != STATUS_OK)
		return status;
	const size_t items = cbor_read_array(&reader);
	if (cbor_read_uint(&reader) != NOTE_MARK)
		cbor_read_fail(&reader, "wrong_type");
	const uint64_t note = items < 2 ? 0 : cbor_read_uint_max(&reader, UINT16_MAX);
	if (note == 0)
		cbor_read_fail(&reader, "out_of_range");
	read.note = (enum protocol_note)note;
	if (cbor_read_ok(&reader))
		read_note(&reader, items, &read);
	status = cbor_read_end(&reader, "an item of the exchange", err);
	if (status == STATUS_OK)
		*item = read;
	return status;
}
