#include "crypto/object.h"

#include <stdio.h>
#include <string.h>

#include "crypto/cbor.h"

/* COSE (RFC 9052, RFC 9053, RFC 9864) */
enum {
	HEADER_ALGORITHM = 1,
	HEADER_SIGNER = 4,
	ALGORITHM_EDDSA = -8,
	ALGORITHM_ED25519 = -19,
};

enum {
	/* types beyond belong to nobody yet */
	RANGES_END = 79,
	/* a wire object beside payload and attachment */
	WIRE_OVERHEAD_BYTES = 128,
	/* Sig_structure beside header and payload */
	SIGNED_OVERHEAD_BYTES = 80,
};

static const char AAD_DOMAIN[] = "sijil/1 object";
#define AAD_BYTES (sizeof AAD_DOMAIN + 1 + KEY_ID_BYTES)

/* --- taking apart --- */

static enum status refuse(const char *rule, struct error *err)
{
	return error_set(err, STATUS_BAD_INPUT, "the object is damaged or hostile (%s)", rule);
}

/* {1: -8 / -19, 4: signer (16)}; NULL or the rule it breaks. */
static const char *read_header(struct object *object)
{
	struct cbor_reader reader;
	if (cbor_read_begin(&reader, object->header, NULL) != STATUS_OK)
		return reader.fault;
	if (cbor_read_map(&reader).left != 2 || cbor_read_uint(&reader) != HEADER_ALGORITHM)
		return "header_shape";
	const enum cbor_type type = cbor_peek(&reader);
	const int64_t algorithm = type == CBOR_NEGATIVE ? cbor_read_int(&reader) : 0;
	if (algorithm != ALGORITHM_EDDSA && algorithm != ALGORITHM_ED25519)
		return "header_algorithm";
	if (cbor_read_uint(&reader) != HEADER_SIGNER)
		return "header_shape";
	cbor_read_bytes_exact(&reader, object->signer.bytes, sizeof object->signer.bytes);
	return cbor_read_ok(&reader) ? NULL : "header_signer";
}

static const char *check_payload(struct span payload)
{
	struct cbor_reader reader;
	return cbor_read_begin(&reader, payload, NULL) == STATUS_OK ? NULL : reader.fault;
}

/* 18([protected, {}, payload, signature]) at the cursor. */
static const char *read_cose(struct object *object, struct cbor_reader *reader)
{
	const size_t start = reader->at;
	if (!cbor_read_more(reader))
		return "object_shape";
	if (cbor_peek(reader) != CBOR_TAG)
		return "cose_tag";
	(void)cbor_read_tag(reader);
	cbor_read_array_exact(reader, 4);
	object->header = cbor_read_bytes(reader);
	const size_t unprotected = cbor_read_map(reader).left;
	if (cbor_read_ok(reader) && unprotected != 0)
		return "unprotected_not_empty";
	object->payload = cbor_read_bytes(reader);
	const struct span signature = cbor_read_bytes(reader);
	if (!cbor_read_ok(reader))
		return "object_shape";
	if (signature.len != KEY_SIGNATURE_BYTES)
		return "signature_length";
	memcpy(object->signature.bytes, signature.data, KEY_SIGNATURE_BYTES);
	object->cose = (struct span){reader->in.data + start, reader->at - start};
	const char *fault = read_header(object);
	return fault != NULL ? fault : check_payload(object->payload);
}

static const char *check_type(uint64_t type)
{
	if (type < 1 || type > OBJECT_TYPE_MAX)
		return "type_out_of_range";
	return type > RANGES_END ? "unknown_range" : NULL;
}

/* The attachment, the last of the array, where the array has three items. */
static const char *read_attachment(struct object *object, struct cbor_reader *reader)
{
	object->attachment = cbor_read_bytes(reader);
	if (!cbor_read_ok(reader))
		return "object_shape";
	if (object->attachment.len == 0)
		return "attachment_empty";
	return object->attachment.len > OBJECT_ATTACHMENT_MAX_BYTES ? "object_too_long" : NULL;
}

static size_t size_limit(enum object_type type)
{
	return object_type_is_event(type) ? OBJECT_EVENT_MAX_BYTES : OBJECT_MAX_BYTES;
}

static const char *read_wire(struct object *object, struct span wire)
{
	if (wire.len > OBJECT_MAX_BYTES)
		return "object_too_long";
	struct cbor_reader reader;
	if (cbor_read_begin(&reader, wire, NULL) != STATUS_OK)
		return reader.fault;
	const size_t items = cbor_read_array(&reader);
	const uint64_t type = cbor_read_uint(&reader);
	if (!cbor_read_ok(&reader) || items < 2 || items > 3)
		return "object_shape";
	const char *fault = check_type(type);
	if (fault != NULL)
		return fault;
	object->type = (enum object_type)type;
	if (wire.len > size_limit(object->type))
		return "object_too_long";
	fault = read_cose(object, &reader);
	if (fault == NULL && items == 3)
		fault = read_attachment(object, &reader);
	object->wire = wire;
	return fault;
}

static const char *read_bare_cose(struct object *object, struct span cose)
{
	const char *fault = check_type((uint64_t)object->type);
	if (fault != NULL)
		return fault;
	if (cose.len > size_limit(object->type))
		return "object_too_long";
	struct cbor_reader reader;
	if (cbor_read_begin(&reader, cose, NULL) != STATUS_OK)
		return reader.fault;
	return read_cose(object, &reader);
}

enum status object_parse(struct object *object, struct span wire, struct error *err)
{
	struct object parsed = {0};
	const char *fault = read_wire(&parsed, wire);
	if (fault != NULL)
		return refuse(fault, err);
	parsed.id = hash_of(parsed.cose);
	*object = parsed;
	return STATUS_OK;
}

enum status object_parse_cose(struct object *object, enum object_type type, struct span cose, struct error *err)
{
	struct object parsed = {.type = type};
	const char *fault = read_bare_cose(&parsed, cose);
	if (fault != NULL)
		return refuse(fault, err);
	parsed.id = hash_of(parsed.cose);
	*object = parsed;
	return STATUS_OK;
}

/* --- what is signed --- */

/* Sig_structure of RFC 9052, 4.4:
 *   ["Signature1", protected, "sijil/1 object" 0x00 type project, payload] */
static enum status append_signed_bytes(struct bytes *out, const struct object_draft *draft, struct span header,
                                       const struct key_id *project, struct error *err)
{
	enum status status = bytes_reserve(out, header.len + draft->payload.len + SIGNED_OVERHEAD_BYTES, err);
	if (status != STATUS_OK)
		return status;
	uint8_t aad[AAD_BYTES];
	memcpy(aad, AAD_DOMAIN, sizeof AAD_DOMAIN);
	aad[sizeof AAD_DOMAIN] = (uint8_t)draft->type;
	memcpy(aad + sizeof AAD_DOMAIN + 1, project->bytes, KEY_ID_BYTES);
	struct cbor_writer writer;
	cbor_write_begin(&writer, out);
	cbor_write_array(&writer, 4);
	cbor_write_text(&writer, span_from_text("Signature1"));
	cbor_write_bytes(&writer, header);
	cbor_write_bytes(&writer, (struct span){aad, sizeof aad});
	cbor_write_bytes(&writer, draft->payload);
	return cbor_write_end(&writer, err);
}

enum status object_verify(const struct object *object, const struct key_public *key, const struct key_id *project,
                          struct error *err)
{
	const struct object_draft draft = {.type = object->type, .payload = object->payload};
	struct bytes message = {0};
	enum status status = append_signed_bytes(&message, &draft, object->header, project, err);
	if (status == STATUS_OK && !signing_public_verifies(key, bytes_span(&message), &object->signature))
		status = error_set(err, STATUS_TAMPERED,
		                   "the signature does not fit: altered, or of another signer, kind or project (signature)");
	bytes_wipe(&message);
	return status;
}

enum status object_check_attachment(const struct object *object, const struct hash *named, struct error *err)
{
	static const char altered[] = "what is attached is not what was signed (attachment_hash)";
	if (named == NULL)
		return object->attachment.len == 0 ? STATUS_OK : error_set(err, STATUS_TAMPERED, "%s", altered);
	if (object->attachment.len == 0)
		return error_set(err, STATUS_TAMPERED, "what should be attached is missing (attachment_hash)");
	const struct hash found = hash_of(object->attachment);
	return hash_equals(&found, named) ? STATUS_OK : error_set(err, STATUS_TAMPERED, "%s", altered);
}

/* --- making --- */

static enum status append_header(struct bytes *out, const struct key_id *signer, struct error *err)
{
	struct cbor_writer writer;
	cbor_write_begin(&writer, out);
	cbor_write_map(&writer, 2);
	cbor_write_uint(&writer, HEADER_ALGORITHM);
	cbor_write_int(&writer, ALGORITHM_EDDSA);
	cbor_write_uint(&writer, HEADER_SIGNER);
	cbor_write_bytes(&writer, key_id_span(signer));
	return cbor_write_end(&writer, err);
}

static enum status append_wire(struct bytes *wire, const struct object_draft *draft, struct span header,
                               const struct key_signature *signature, struct error *err)
{
	const bool attached = draft->attachment.len > 0;
	struct cbor_writer writer;
	cbor_write_begin(&writer, wire);
	cbor_write_array(&writer, attached ? 3 : 2);
	cbor_write_uint(&writer, (uint64_t)draft->type);
	cbor_write_tag(&writer, CBOR_TAG_COSE_SIGN1);
	cbor_write_array(&writer, 4);
	cbor_write_bytes(&writer, header);
	cbor_write_map(&writer, 0);
	cbor_write_bytes(&writer, draft->payload);
	cbor_write_bytes(&writer, (struct span){signature->bytes, sizeof signature->bytes});
	if (attached)
		cbor_write_bytes(&writer, draft->attachment);
	return cbor_write_end(&writer, err);
}

enum status object_make(struct bytes *wire, struct hash *id, const struct object_draft *draft,
                        const struct signing_key *key, const struct key_id *project, struct error *err)
{
	const size_t start = wire->len;
	struct bytes header = {0};
	struct bytes message = {0};
	struct object made;
	enum status status = append_header(&header, &draft->signer, err);
	if (status == STATUS_OK)
		status = append_signed_bytes(&message, draft, bytes_span(&header), project, err);
	if (status == STATUS_OK)
		status = bytes_reserve(wire, draft->payload.len + draft->attachment.len + WIRE_OVERHEAD_BYTES, err);
	if (status != STATUS_OK)
		goto out;
	const struct key_signature signature = signing_key_sign(key, bytes_span(&message));
	status = append_wire(wire, draft, bytes_span(&header), &signature, err);
	/* Nothing leaves that our own reader would refuse. */
	if (status == STATUS_OK)
		status = object_parse(&made, (struct span){wire->data + start, wire->len - start}, err);
	if (status == STATUS_OK)
		*id = made.id;
	else
		wire->len = start;
out:
	bytes_wipe(&message);
	bytes_wipe(&header);
	return status;
}

/* --- types --- */

bool object_type_is_event(enum object_type type)
{
	return type >= OBJECT_REPORT && type <= OBJECT_EVENT_LAST;
}

bool object_type_is_logged(enum object_type type)
{
	if (check_type((uint64_t)type) != NULL)
		return false;
	const bool of_relay = type >= OBJECT_RECEIPT && type < OBJECT_ACKNOWLEDGEMENT;
	return !of_relay && type != OBJECT_HEAD && type != OBJECT_ACKNOWLEDGEMENT && type != OBJECT_PULL_REQUEST;
}

const char *object_type_name(enum object_type type, char buffer[12])
{
	static const char *const names[] = {
		[OBJECT_REPORT] = "report",
		[OBJECT_AMEND] = "amend",
		[OBJECT_RETRACT] = "retract",
		[OBJECT_CORROBORATE] = "corroborate",
		[OBJECT_RECOVERY] = "recovery",
		[OBJECT_INTAKE] = "intake",
		[OBJECT_ENROLMENT] = "enrolment",
		[OBJECT_SUCCESSION] = "succession",
		[OBJECT_HEAD] = "head",
		[OBJECT_WITHHOLDING] = "withholding",
		[OBJECT_DESCRIPTOR] = "descriptor",
		[OBJECT_INVITE] = "invite",
		[OBJECT_CONFIRMATION] = "confirmation",
		[OBJECT_APPOINTMENT] = "appointment",
		[OBJECT_REVOCATION] = "revocation",
		[OBJECT_MESSAGE] = "message",
		[OBJECT_PACKAGE] = "package",
		[OBJECT_RECEIPT] = "receipt",
		[OBJECT_CLOCK] = "clock",
		[OBJECT_ACKNOWLEDGEMENT] = "acknowledgement",
		[OBJECT_REVIEW] = "review",
		[OBJECT_PULL_REQUEST] = "pull request",
	};
	const unsigned number = (unsigned)type;
	if (number < sizeof names / sizeof *names && names[number] != NULL)
		return names[number];
	(void)snprintf(buffer, 12, "type %u", number & 0xff);
	return buffer;
}
