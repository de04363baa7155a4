#include "schema/statement.h"

#include <assert.h>
#include <string.h>

#include "schema/payload.h"

#define LENGTH_OF(rows) (sizeof(rows) / sizeof(rows)[0])

/* --- head, acknowledgement --- */

static const struct payload_field head_fields[] = {
	{1, PAYLOAD_UINT, PAYLOAD_MEMBER(head, number), .max = UINT32_MAX},
	{2, PAYLOAD_FIXED, PAYLOAD_MEMBER(head, last)},
};

static const struct payload_field acknowledgement_fields[] = {
	{1, PAYLOAD_FIXED, PAYLOAD_MEMBER(acknowledgement, device)},
	{2, PAYLOAD_UINT, PAYLOAD_MEMBER(acknowledgement, number), .max = UINT32_MAX},
	{3, PAYLOAD_FIXED, PAYLOAD_MEMBER(acknowledgement, last)},
	{4, PAYLOAD_SECONDS, PAYLOAD_MEMBER(acknowledgement, time_s)},
};

/* --- receipt --- */

static bool gaps_are_ordered(const struct receipt *receipt)
{
	uint64_t held = receipt->number;
	for (size_t i = 0; i < receipt->missing_len; i++) {
		const struct gap *const gap = &receipt->missing[i];
		if (gap->first <= held || gap->last < gap->first || gap->last > UINT32_MAX)
			return false;
		held = gap->last;
	}
	return true;
}

static void write_gaps(struct cbor_writer *writer, const void *record)
{
	const struct receipt *const receipt = record;
	if (receipt->missing_len > STATEMENT_GAPS || !gaps_are_ordered(receipt)) {
		writer->status = STATUS_BAD_INPUT;
		return;
	}
	cbor_write_array(writer, 2 * receipt->missing_len);
	for (size_t i = 0; i < receipt->missing_len; i++) {
		cbor_write_uint(writer, receipt->missing[i].first);
		cbor_write_uint(writer, receipt->missing[i].last);
	}
}

static void read_gaps(struct cbor_reader *reader, void *record)
{
	struct receipt *const receipt = record;
	const size_t numbers = cbor_read_array(reader);
	if (numbers > (size_t)2 * STATEMENT_GAPS || numbers % 2 != 0) {
		cbor_read_fail(reader, "out_of_range");
		return;
	}
	for (size_t i = 0; i < numbers / 2; i++) {
		receipt->missing[i].first = cbor_read_uint_max(reader, UINT32_MAX);
		receipt->missing[i].last = cbor_read_uint_max(reader, UINT32_MAX);
	}
	receipt->missing_len = numbers / 2;
	/* The number below the gaps has the smaller key: it was read before. */
	if (cbor_read_ok(reader) && !gaps_are_ordered(receipt))
		cbor_read_fail(reader, "gaps_not_ascending");
}

static const struct payload_field receipt_fields[] = {
	{1, PAYLOAD_FIXED, PAYLOAD_MEMBER(receipt, device)},
	{2, PAYLOAD_UINT, PAYLOAD_MEMBER(receipt, number), .max = UINT32_MAX},
	{3, PAYLOAD_FIXED, PAYLOAD_MEMBER(receipt, last)},
	{4, PAYLOAD_OWN, PAYLOAD_MEMBER(receipt, missing), .write = write_gaps, .read = read_gaps},
	{5, PAYLOAD_CHECKPOINT, PAYLOAD_MEMBER(receipt, seen)},
	{6, PAYLOAD_SECONDS, PAYLOAD_MEMBER(receipt, time_s)},
	{7, PAYLOAD_FLAG, PAYLOAD_MEMBER(receipt, hub)},
};

/* --- clock, pull request --- */

static const struct payload_field relay_clock_fields[] = {
	{1, PAYLOAD_SECONDS, PAYLOAD_MEMBER(relay_clock, time_s)},
	{2, PAYLOAD_CHECKPOINT, PAYLOAD_MEMBER(relay_clock, seen), .optional = true,
	 .has = offsetof(struct relay_clock, has_seen)},
};

static const struct payload_field pull_request_fields[] = {
	{1, PAYLOAD_FIXED, PAYLOAD_MEMBER(pull_request, log)},
	{2, PAYLOAD_UINT, PAYLOAD_MEMBER(pull_request, cursor), .max = PAYLOAD_UINT_MAX},
	{3, PAYLOAD_SECONDS, PAYLOAD_MEMBER(pull_request, time_s)},
};

/* --- what the root says of keys --- */

static const struct payload_field confirmation_fields[] = {
	{1, PAYLOAD_FIXED, PAYLOAD_MEMBER(confirmation, enrolment)},
	{2, PAYLOAD_SECONDS, PAYLOAD_MEMBER(confirmation, time_s)},
};

static const struct payload_field appointment_fields[] = {
	{1, PAYLOAD_FIXED, PAYLOAD_MEMBER(appointment, key)},
	{2, PAYLOAD_CODE, PAYLOAD_MEMBER(appointment, roles), .min = 1, .max = ROLE_ALL},
	{3, PAYLOAD_SECONDS, PAYLOAD_MEMBER(appointment, until_s)},
	{4, PAYLOAD_TEXT, PAYLOAD_MEMBER(appointment, label), .optional = true, .min = 1, .max = 80},
};

static const struct payload_field revocation_fields[] = {
	{1, PAYLOAD_CODE, PAYLOAD_MEMBER(revocation, kind), .min = REVOKE_DEVICE, .max = REVOKE_INVITE},
	{2, PAYLOAD_FIXED, PAYLOAD_MEMBER(revocation, who)},
	{3, PAYLOAD_SECONDS, PAYLOAD_MEMBER(revocation, time_s)},
	{4, PAYLOAD_LINK, PAYLOAD_MEMBER(revocation, good), .optional = true, .has = offsetof(struct revocation, has_good),
	 .max = UINT32_MAX},
	{5, PAYLOAD_CHECKPOINT, PAYLOAD_MEMBER(revocation, seen), .optional = true,
	 .has = offsetof(struct revocation, has_seen)},
	{6, PAYLOAD_CODE, PAYLOAD_MEMBER(revocation, reason), .optional = true, .min = REVOKE_LOST, .max = REVOKE_OTHER},
};

/* --- review, message, package --- */

static const struct payload_field review_fields[] = {
	{1, PAYLOAD_UINT, PAYLOAD_MEMBER(review, descriptor), .max = PAYLOAD_UINT_MAX},
	{2, PAYLOAD_FIXED, PAYLOAD_MEMBER(review, commitment)},
	{3, PAYLOAD_FIXED, PAYLOAD_MEMBER(review, sealed)},
	{4, PAYLOAD_SECONDS, PAYLOAD_MEMBER(review, time_s)},
};

static void write_devices(struct cbor_writer *writer, const void *record)
{
	const struct message *const message = record;
	if (message->devices_len > STATEMENT_MESSAGE_DEVICES) {
		writer->status = STATUS_BAD_INPUT;
		return;
	}
	cbor_write_array(writer, message->devices_len);
	for (size_t i = 0; i < message->devices_len; i++)
		cbor_write_bytes(writer, key_id_span(&message->devices[i]));
}

static void read_devices(struct cbor_reader *reader, void *record)
{
	struct message *const message = record;
	const size_t devices = cbor_read_array(reader);
	if (devices > STATEMENT_MESSAGE_DEVICES) {
		cbor_read_fail(reader, "out_of_range");
		return;
	}
	for (size_t i = 0; i < devices; i++)
		cbor_read_bytes_exact(reader, message->devices[i].bytes, KEY_ID_BYTES);
	message->devices_len = devices;
}

static const struct payload_field message_fields[] = {
	{1, PAYLOAD_SECONDS, PAYLOAD_MEMBER(message, time_s)},
	{2, PAYLOAD_TEXT, PAYLOAD_MEMBER(message, text), .min = 1, .max = STATEMENT_MESSAGE_BYTES - 1},
	{3, PAYLOAD_OWN, PAYLOAD_MEMBER(message, devices_len), .optional = true, .write = write_devices,
	 .read = read_devices},
};

static void write_parts(struct cbor_writer *writer, const void *record)
{
	const struct package *const package = record;
	if (package->parts < package->part || package->parts > UINT32_MAX)
		writer->status = STATUS_BAD_INPUT;
	cbor_write_uint(writer, package->parts);
}

static void read_parts(struct cbor_reader *reader, void *record)
{
	struct package *const package = record;
	package->parts = cbor_read_uint_max(reader, UINT32_MAX);
	if (cbor_read_ok(reader) && package->parts < package->part)
		cbor_read_fail(reader, "out_of_range");
}

static const struct payload_field package_fields[] = {
	{1, PAYLOAD_TEXT, PAYLOAD_MEMBER(package, name), .min = 1, .max = STATEMENT_NAME_BYTES - 1},
	{2, PAYLOAD_TEXT, PAYLOAD_MEMBER(package, version), .min = 1, .max = STATEMENT_NAME_BYTES - 1},
	{3, PAYLOAD_CODE, PAYLOAD_MEMBER(package, kind), .min = PACKAGE_GAZETTEER, .max = PACKAGE_CODE_LIST},
	{4, PAYLOAD_UINT, PAYLOAD_MEMBER(package, part), .min = 1, .max = UINT32_MAX},
	{5, PAYLOAD_OWN, PAYLOAD_MEMBER(package, parts), .write = write_parts, .read = read_parts},
	{6, PAYLOAD_FIXED, PAYLOAD_MEMBER(package, part_hash)},
	{7, PAYLOAD_FIXED, PAYLOAD_MEMBER(package, whole_hash)},
	{8, PAYLOAD_UINT, PAYLOAD_MEMBER(package, whole_size), .min = 1, .max = PAYLOAD_UINT_MAX},
};

/* --- the codecs --- */

#define CODEC(name, words)                                                                                               \
	static const struct payload_shape name##_shape = {words, name##_fields, LENGTH_OF(name##_fields)};              \
	enum status name##_encode(struct bytes *out, const struct name *name, struct error *err)                        \
	{                                                                                                                \
		return payload_encode(out, &name##_shape, name, err);                                                    \
	}                                                                                                                \
	enum status name##_decode(struct name *name, struct span payload, struct error *err)                            \
	{                                                                                                                \
		struct name fresh = {0};                                                                                 \
		const enum status status = payload_decode(&fresh, &name##_shape, payload, err);                          \
		if (status == STATUS_OK)                                                                                 \
			*name = fresh;                                                                                   \
		return status;                                                                                           \
	}                                                                                                                \
	static_assert(sizeof(name##_fields) > 0, "ends with a semicolon")

CODEC(head, "a chain's head");
CODEC(receipt, "a receipt");
CODEC(acknowledgement, "an acknowledgement");
CODEC(relay_clock, "a relay's clock");
CODEC(pull_request, "a pull request");
CODEC(confirmation, "a confirmation");
CODEC(appointment, "an appointment");
CODEC(revocation, "a revocation");
CODEC(review, "a review");
CODEC(message, "a message");
CODEC(package, "a package");
