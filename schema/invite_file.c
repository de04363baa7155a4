#include "schema/enrolment.h"

#include <string.h>

#include "crypto/armor.h"
#include "schema/payload.h"

#define FILE_WORD "sijil-invite"
enum { FILE_ITEMS = 6, FILE_VERSION = 1 };

/* Into `out`, which has room for it all: writing into guarded memory must never move it. */
static enum status write_file(struct bytes *out, const struct invite_file *file, struct error *err)
{
	struct cbor_writer writer;
	cbor_write_begin(&writer, out);
	cbor_write_array(&writer, FILE_ITEMS);
	cbor_write_text(&writer, span_from_text(FILE_WORD));
	cbor_write_uint(&writer, FILE_VERSION);
	cbor_write_bytes(&writer, secret_span(file->seed));
	cbor_write_bytes(&writer, bytes_span(&file->invite));
	cbor_write_bytes(&writer, bytes_span(&file->descriptor));
	cbor_write_text(&writer, span_from_text(file->label));
	return cbor_write_end(&writer, err);
}

enum status invite_file_format(struct secret **text, const struct invite_file *file, struct error *err)
{
	if (file->seed->len != KEY_SEED_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "an invite's key has %d bytes", KEY_SEED_BYTES);
	if (!payload_text_fits(file->label, sizeof file->label, 0, ENROLMENT_LABEL_CHARACTERS))
		return error_set(err, STATUS_BAD_INPUT, "a label has at most %d characters and no control characters",
		                 ENROLMENT_LABEL_CHARACTERS);
	const size_t room = (size_t)CBOR_HEAD_BYTES * (FILE_ITEMS + 1) + strlen(FILE_WORD) + file->seed->len +
	                    file->invite.len + file->descriptor.len + strlen(file->label);
	struct secret *content = NULL;
	enum status status = secret_new(&content, room, err);
	if (status != STATUS_OK)
		return status;
	struct bytes view = {.data = content->data, .capacity = content->capacity};
	status = write_file(&view, file, err);
	content->len = view.len;
	if (status == STATUS_OK)
		status = armor_encode_secret(text, ENROLMENT_INVITE_PREFIX, secret_span(content), err);
	secret_free(content);
	return status;
}

/* The parts of the file, borrowed from guarded memory. */
struct file_parts {
	struct span seed, invite, descriptor;
};

static enum status read_parts(struct file_parts *parts, char label[ENROLMENT_LABEL_BYTES], struct span content,
                              struct error *err)
{
	struct cbor_reader reader;
	const enum status status = cbor_read_begin(&reader, content, err);
	if (status != STATUS_OK)
		return error_wrap(err, status, "the invite");
	cbor_read_array_exact(&reader, FILE_ITEMS);
	const struct span word = cbor_read_text(&reader);
	if (cbor_read_ok(&reader) && !span_equals(word, span_from_text(FILE_WORD)))
		cbor_read_fail(&reader, "wrong_type");
	const uint64_t version = cbor_read_uint(&reader);
	if (cbor_read_ok(&reader) && version != FILE_VERSION)
		cbor_read_fail(&reader, "unknown_field");
	parts->seed = cbor_read_bytes(&reader);
	if (cbor_read_ok(&reader) && parts->seed.len != KEY_SEED_BYTES)
		cbor_read_fail(&reader, "out_of_range");
	parts->invite = cbor_read_bytes(&reader);
	parts->descriptor = cbor_read_bytes(&reader);
	payload_read_text(&reader, label, ENROLMENT_LABEL_BYTES, 0, ENROLMENT_LABEL_CHARACTERS);
	return payload_end(&reader, "the invite", err);
}

enum status invite_file_parse(struct invite_file *file, struct span text, struct error *err)
{
	struct invite_file fresh = {0};
	struct file_parts parts = {0};
	struct secret *content = NULL;
	enum status status = armor_decode_secret(&content, ENROLMENT_INVITE_PREFIX, text, err);
	if (status == STATUS_OK)
		status = read_parts(&parts, fresh.label, secret_span(content), err);
	if (status == STATUS_OK)
		status = secret_new_copy(&fresh.seed, parts.seed, err);
	if (status == STATUS_OK)
		status = bytes_append(&fresh.invite, parts.invite, err);
	if (status == STATUS_OK)
		status = bytes_append(&fresh.descriptor, parts.descriptor, err);
	if (status == STATUS_OK)
		*file = fresh;
	else
		invite_file_wipe(&fresh);
	secret_free(content);
	return status;
}

void invite_file_wipe(struct invite_file *file)
{
	secret_free(file->seed);
	bytes_wipe(&file->invite);
	bytes_wipe(&file->descriptor);
	*file = (struct invite_file){0};
}
