#include "schema/evidence_file.h"

#include <stdlib.h>

#include "crypto/cbor.h"
#include "schema/payload.h"
#include "schema/withholding.h"

#define FILE_WORD "sijil-evidence"
enum { FILE_VERSION = 1, OPENED_ITEMS = 4, LINK_ITEMS = 2 };

enum file_key {
	KEY_WORD = 1,
	KEY_VERSION,
	KEY_ROOT,
	KEY_REPORT,
	KEY_AUTHORITY,
	KEY_LATER,
	KEY_STATEMENTS,
	KEY_CHAIN,
	KEYS = KEY_CHAIN,
};

/* --- writing --- */

static void write_opened(struct cbor_writer *writer, const struct evidence_file_event *event)
{
	const struct seal_salt *const salt = evidence_salt(event->evidence);
	cbor_write_array(writer, OPENED_ITEMS);
	cbor_write_uint(writer, (uint64_t)evidence_body(event->evidence)->type);
	cbor_write_encoded(writer, event->cose);
	cbor_write_bytes(writer, (struct span){salt->bytes, sizeof salt->bytes});
	cbor_write_bytes(writer, evidence_body_bytes(event->evidence));
}

static void write_wires(struct cbor_writer *writer, const struct span *wires, size_t wires_len)
{
	cbor_write_array(writer, wires_len);
	for (size_t i = 0; i < wires_len; i++)
		cbor_write_encoded(writer, wires[i]);
}

static void write_file(struct cbor_writer *writer, const struct evidence_file_parts *parts)
{
	cbor_write_map(writer, KEYS);
	cbor_write_uint(writer, KEY_WORD);
	cbor_write_text(writer, span_from_text(FILE_WORD));
	cbor_write_uint(writer, KEY_VERSION);
	cbor_write_uint(writer, FILE_VERSION);
	cbor_write_uint(writer, KEY_ROOT);
	cbor_write_bytes(writer, key_public_span(&parts->root));
	cbor_write_uint(writer, KEY_REPORT);
	write_opened(writer, &parts->report);
	cbor_write_uint(writer, KEY_AUTHORITY);
	write_wires(writer, parts->authority, parts->authority_len);
	cbor_write_uint(writer, KEY_LATER);
	cbor_write_array(writer, parts->later_len);
	for (size_t i = 0; i < parts->later_len; i++)
		write_opened(writer, &parts->later[i]);
	cbor_write_uint(writer, KEY_STATEMENTS);
	write_wires(writer, parts->statements, parts->statements_len);
	cbor_write_uint(writer, KEY_CHAIN);
	cbor_write_array(writer, parts->links_len);
	cbor_write_encoded(writer, parts->links);
}

enum status evidence_file_link(struct bytes *out, struct span wire, struct error *err)
{
	struct object object;
	struct withholding link = {0};
	struct cbor_writer writer;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK && object.type == OBJECT_WITHHOLDING)
		status = withholding_decode(&link, object.payload, err);
	else if (status == STATUS_OK)
		link = (struct withholding){object.type, object.cose};
	if (status != STATUS_OK)
		return status;
	cbor_write_begin(&writer, out);
	cbor_write_array(&writer, LINK_ITEMS);
	cbor_write_uint(&writer, (uint64_t)link.type);
	cbor_write_encoded(&writer, link.event);
	return cbor_write_end(&writer, err);
}

enum status evidence_file_encode(struct bytes *out, const struct evidence_file_parts *parts, struct error *err)
{
	if (parts->authority_len == 0 || parts->authority_len > EVIDENCE_FILE_AUTHORITY ||
	    parts->later_len > EVIDENCE_FILE_LATER || parts->statements_len > EVIDENCE_FILE_STATEMENTS ||
	    parts->links_len > EVIDENCE_FILE_LINKS)
		return error_set(err, STATUS_BAD_INPUT,
		                 "%zu links of authority, %zu later events, %zu statements and %zu links of its chain do not fit into "
		                 "one evidence file",
		                 parts->authority_len, parts->later_len, parts->statements_len, parts->links_len);
	const size_t before = out->len;
	struct cbor_writer writer;
	cbor_write_begin(&writer, out);
	write_file(&writer, parts);
	enum status status = cbor_write_end(&writer, err);
	if (status == STATUS_OK && out->len - before > EVIDENCE_FILE_MAX_BYTES)
		status = error_set(err, STATUS_BAD_INPUT, "the evidence takes more than %u bytes", EVIDENCE_FILE_MAX_BYTES);
	if (status != STATUS_OK)
		out->len = before;
	return status;
}

/* --- taking apart --- */

static void read_opened(struct cbor_reader *reader, struct evidence_file_opened *opened)
{
	cbor_read_array_exact(reader, OPENED_ITEMS);
	opened->type = (enum object_type)cbor_read_uint_max(reader, OBJECT_EVENT_LAST);
	opened->cose = cbor_read_encoded(reader);
	cbor_read_bytes_exact(reader, opened->salt.bytes, sizeof opened->salt.bytes);
	opened->body = cbor_read_bytes(reader);
	if (cbor_read_ok(reader) && opened->type == 0)
		cbor_read_fail(reader, "out_of_range");
}

static size_t read_count(struct cbor_reader *reader, size_t min, size_t max)
{
	const size_t count = cbor_read_array(reader);
	if (!cbor_read_ok(reader))
		return 0;
	if (count >= min && count <= max)
		return count;
	cbor_read_fail(reader, "out_of_range");
	return 0;
}

static void read_wires(struct cbor_reader *reader, struct span *wires, size_t wires_len)
{
	for (size_t i = 0; i < wires_len; i++)
		wires[i] = cbor_read_encoded(reader);
}

static void read_head(struct cbor_reader *reader, uint64_t key)
{
	if (key == KEY_WORD) {
		const struct span word = cbor_read_text(reader);
		if (cbor_read_ok(reader) && !span_equals(word, span_from_text(FILE_WORD)))
			cbor_read_fail(reader, "wrong_type");
		return;
	}
	const uint64_t version = cbor_read_uint(reader);
	if (cbor_read_ok(reader) && version != FILE_VERSION)
		cbor_read_fail(reader, "unknown_field");
}

static void read_part(struct cbor_reader *reader, struct evidence_file *file, uint64_t key)
{
	switch (key) {
	case KEY_WORD:
	case KEY_VERSION:
		read_head(reader, key);
		return;
	case KEY_ROOT:
		cbor_read_bytes_exact(reader, file->root.bytes, sizeof file->root.bytes);
		return;
	case KEY_REPORT:
		read_opened(reader, &file->report);
		return;
	case KEY_AUTHORITY:
		file->authority_len = read_count(reader, 1, EVIDENCE_FILE_AUTHORITY);
		read_wires(reader, file->authority, file->authority_len);
		return;
	case KEY_LATER:
		file->later_len = read_count(reader, 0, EVIDENCE_FILE_LATER);
		for (size_t i = 0; i < file->later_len; i++)
			read_opened(reader, &file->later[i]);
		return;
	case KEY_STATEMENTS:
		file->statements_len = read_count(reader, 0, EVIDENCE_FILE_STATEMENTS);
		read_wires(reader, file->statements, file->statements_len);
		return;
	case KEY_CHAIN:
		file->chain = cbor_read_encoded(reader);
		return;
	default:
		cbor_read_fail(reader, "unknown_field");
	}
}

/* Keys ascend by the subset's rule, so the n-th must be n. */
static void read_file(struct cbor_reader *reader, struct evidence_file *file)
{
	struct cbor_map map = cbor_read_map(reader);
	uint64_t key = 0, expected = KEY_WORD;
	while (cbor_map_next(reader, &map, &key)) {
		if (key != expected && key >= KEY_WORD && key <= KEYS)
			cbor_read_fail(reader, "missing_field");
		read_part(reader, file, key);
		expected++;
	}
	if (expected <= KEYS)
		cbor_read_fail(reader, "missing_field");
}

enum status evidence_file_parse(struct evidence_file *file, struct span in, struct error *err)
{
	if (in.len > EVIDENCE_FILE_MAX_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "an evidence file has at most %u bytes, this one %zu (too_long)",
		                 EVIDENCE_FILE_MAX_BYTES, in.len);
	struct cbor_reader reader;
	enum status status = cbor_read_begin(&reader, in, err);
	if (status != STATUS_OK)
		return error_wrap(err, status, "the evidence file");
	struct evidence_file *fresh = calloc(1, sizeof *fresh);
	if (fresh == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	read_file(&reader, fresh);
	status = payload_end(&reader, "the evidence file", err);
	if (status == STATUS_OK)
		*file = *fresh;
	free(fresh);
	return status;
}

void evidence_file_result_wipe(struct evidence_file_result *result)
{
	evidence_free(result->report);
	for (size_t i = 0; i < result->later_len; i++)
		evidence_free(result->later[i]);
	*result = (struct evidence_file_result){0};
}
