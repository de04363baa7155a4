#include "schema/note.h"

#include <string.h>

#include "crypto/cbor.h"
#include "crypto/secret.h"
#include "schema/text.h"

enum { NOTE_VERSION = 1, NOTE_ITEMS = 3 };

void note_init(struct note *note, int64_t created_s, enum body_clock clock)
{
	memset(note, 0, sizeof *note);
	body_init(&note->body, OBJECT_REPORT);
	note->body.created_s = created_s;
	note->body.clock = clock;
	note->body.captured_locked = true;
}

void note_wipe(struct note *note)
{
	explicit_bzero(note, sizeof *note);
}

/* --- nicknames --- */

enum status note_tag(void *context, const char *nickname, uint8_t tag[REPORT_TAG_BYTES], struct error *err)
{
	struct note *const note = context;
	struct note_nickname fresh;
	struct secret *random = NULL;
	enum status status = text_normalise(fresh.name, sizeof fresh.name, span_from_text(nickname),
	                                    REPORT_NICKNAME_CHARACTERS, err);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < note->nicknames_len; i++) {
		if (strcmp(note->nicknames[i].name, fresh.name) == 0) {
			memcpy(tag, note->nicknames[i].tag, REPORT_TAG_BYTES);
			return STATUS_OK;
		}
	}
	if (note->nicknames_len == NOTE_NICKNAMES_MAX)
		return error_set(err, STATUS_BAD_INPUT, "too many nicknames in one note; begin it again");
	status = secret_new_random(&random, REPORT_TAG_BYTES, err);
	if (status != STATUS_OK)
		return status;
	memcpy(fresh.tag, random->data, REPORT_TAG_BYTES);
	secret_free(random);
	note->nicknames[note->nicknames_len++] = fresh;
	memcpy(tag, fresh.tag, REPORT_TAG_BYTES);
	return STATUS_OK;
}

static bool is_used(const struct note *note, const struct note_nickname *nickname)
{
	const struct report *const report = &note->body.report;
	for (size_t i = 0; i < report->sources_len; i++)
		if (report->sources[i].tagged && memcmp(report->sources[i].tag, nickname->tag, REPORT_TAG_BYTES) == 0)
			return true;
	return false;
}

enum status note_settle(struct note *note, const struct report_reading *reading, struct error *err)
{
	struct report *const report = &note->body.report;
	uint8_t tags[REPORT_SOURCES][REPORT_TAG_BYTES];
	for (size_t i = 0; i < report->sources_len; i++) {
		struct source *const source = &report->sources[i];
		memcpy(tags[i], source->tag, REPORT_TAG_BYTES);
		for (size_t j = 0; source->tagged && j < note->nicknames_len; j++) {
			const struct note_nickname *const nickname = &note->nicknames[j];
			if (memcmp(nickname->tag, source->tag, REPORT_TAG_BYTES) != 0)
				continue;
			const enum status status = reading->tag(reading->tag_context, nickname->name, tags[i], err);
			if (status != STATUS_OK)
				return status;
			break;
		}
	}
	for (size_t i = 0; i < report->sources_len; i++)
		memcpy(report->sources[i].tag, tags[i], REPORT_TAG_BYTES);
	note->nicknames_len = 0;
	return STATUS_OK;
}

/* --- encoding --- */

static void encode_nicknames(struct cbor_writer *writer, const struct note *note)
{
	size_t used = 0;
	for (size_t i = 0; i < note->nicknames_len; i++)
		used += is_used(note, &note->nicknames[i]);
	cbor_write_array(writer, used);
	for (size_t i = 0; i < note->nicknames_len; i++) {
		if (!is_used(note, &note->nicknames[i]))
			continue;
		cbor_write_array(writer, 2);
		cbor_write_bytes(writer, (struct span){note->nicknames[i].tag, REPORT_TAG_BYTES});
		cbor_write_text(writer, span_from_text(note->nicknames[i].name));
	}
}

enum status note_encode(struct bytes *out, const struct note *note, struct error *err)
{
	struct bytes body = {0};
	struct cbor_writer writer;
	enum status status = body_encode(&body, &note->body, err);
	if (status != STATUS_OK)
		return status;
	cbor_write_begin(&writer, out);
	cbor_write_array(&writer, NOTE_ITEMS);
	cbor_write_uint(&writer, NOTE_VERSION);
	cbor_write_bytes(&writer, bytes_span(&body));
	encode_nicknames(&writer, note);
	status = cbor_write_end(&writer, err);
	bytes_wipe(&body);
	return status;
}

static void decode_nickname(struct cbor_reader *reader, struct note *note)
{
	struct note_nickname *const nickname = &note->nicknames[note->nicknames_len];
	cbor_read_array_exact(reader, 2);
	cbor_read_bytes_exact(reader, nickname->tag, REPORT_TAG_BYTES);
	const struct span name = cbor_read_text(reader);
	if (!cbor_read_ok(reader))
		return;
	if (name.len == 0 || name.len >= sizeof nickname->name || !text_is_normal(name) ||
	    text_normalise(nickname->name, sizeof nickname->name, name, REPORT_NICKNAME_CHARACTERS, NULL) != STATUS_OK)
		cbor_read_fail(reader, name.len == 0 ? "empty_value" : "text_not_normal");
	else if (!is_used(note, nickname))
		cbor_read_fail(reader, "nickname_unused");
	for (size_t i = 0; i < note->nicknames_len && cbor_read_ok(reader); i++)
		if (memcmp(note->nicknames[i].tag, nickname->tag, REPORT_TAG_BYTES) == 0 ||
		    strcmp(note->nicknames[i].name, nickname->name) == 0)
			cbor_read_fail(reader, "named_twice");
	note->nicknames_len++;
}

static void decode_nicknames(struct cbor_reader *reader, struct note *note)
{
	const size_t len = cbor_read_array(reader);
	if (len > REPORT_SOURCES)
		cbor_read_fail(reader, "list_length");
	for (size_t i = 0; i < len && cbor_read_ok(reader); i++)
		decode_nickname(reader, note);
}

/* Whether it begins as a higher version does; what follows the number is then not ours to judge. */
static bool is_newer(struct cbor_reader reader)
{
	return cbor_read_array(&reader) > 0 && cbor_peek(&reader) == CBOR_UINT && cbor_read_uint(&reader) > NOTE_VERSION &&
	       cbor_read_ok(&reader);
}

enum status note_decode(struct note *note, struct span in, struct error *err)
{
	struct cbor_reader reader;
	struct note found = {0};
	enum status status = cbor_read_begin(&reader, in, err);
	if (status != STATUS_OK)
		return status;
	if (is_newer(reader))
		return error_set(err, STATUS_REFUSED, "the note was written by a newer sijil; this one cannot read it");
	cbor_read_array_exact(&reader, NOTE_ITEMS);
	if (cbor_read_uint(&reader) != NOTE_VERSION)
		cbor_read_fail(&reader, "out_of_range");
	const struct span body = cbor_read_bytes(&reader);
	if (cbor_read_ok(&reader)) {
		status = body_decode(&found.body, OBJECT_REPORT, body, err);
		if (status != STATUS_OK)
			goto out;
		if (!found.body.captured_locked)
			cbor_read_fail(&reader, "note_unmarked");
	}
	decode_nicknames(&reader, &found);
	status = cbor_read_end(&reader, "the note", err);
	if (status == STATUS_OK)
		*note = found;
out:
	note_wipe(&found);
	return status;
}
