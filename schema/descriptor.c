#include "schema/descriptor.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/object.h"
#include "schema/descriptor_shape.h"

#define LENGTH_OF(rows) (sizeof(rows) / sizeof(rows)[0])

enum { POINT_METRES_MAX = 100000 };

static void refuse_to_write(struct cbor_writer *writer)
{
	if (writer->status == STATUS_OK)
		writer->status = STATUS_BAD_INPUT;
}

/* --- a relay --- */

/* What stands in a URL: visible ASCII. */
static bool address_fits(struct span address)
{
	if (address.len == 0 || address.len >= DESCRIPTOR_ADDRESS_BYTES)
		return false;
	for (size_t i = 0; i < address.len; i++)
		if (address.data[i] <= ' ' || address.data[i] > '~')
			return false;
	return true;
}

static void write_addresses(struct cbor_writer *writer, const void *record)
{
	const struct relay_card *const relay = record;
	if (relay->addresses_len == 0 || relay->addresses_len > DESCRIPTOR_ADDRESSES) {
		refuse_to_write(writer);
		return;
	}
	cbor_write_array(writer, relay->addresses_len);
	for (size_t i = 0; i < relay->addresses_len; i++) {
		const char *const address = relay->addresses[i];
		const struct span text = {(const uint8_t *)address, strnlen(address, DESCRIPTOR_ADDRESS_BYTES)};
		if (!address_fits(text))
			refuse_to_write(writer);
		cbor_write_text(writer, text);
	}
}

static void read_addresses(struct cbor_reader *reader, void *record)
{
	struct relay_card *const relay = record;
	const size_t addresses = cbor_read_array(reader);
	if (addresses == 0 || addresses > DESCRIPTOR_ADDRESSES) {
		cbor_read_fail(reader, "out_of_range");
		return;
	}
	for (size_t i = 0; i < addresses; i++) {
		const struct span address = cbor_read_text(reader);
		if (!cbor_read_ok(reader))
			return;
		if (!address_fits(address)) {
			cbor_read_fail(reader, "out_of_range");
			return;
		}
		memcpy(relay->addresses[i], address.data, address.len);
		relay->addresses[i][address.len] = '\0';
	}
	relay->addresses_len = addresses;
}

static void write_certificate(struct cbor_writer *writer, const void *record)
{
	const struct relay_card *const relay = record;
	if (relay->certificate_len == 0 || relay->certificate_len > DESCRIPTOR_CERTIFICATE_BYTES) {
		refuse_to_write(writer);
		return;
	}
	cbor_write_bytes(writer, (struct span){relay->certificate, relay->certificate_len});
}

static void read_certificate(struct cbor_reader *reader, void *record)
{
	struct relay_card *const relay = record;
	const struct span certificate = cbor_read_bytes(reader);
	if (!cbor_read_ok(reader))
		return;
	if (certificate.len == 0 || certificate.len > DESCRIPTOR_CERTIFICATE_BYTES) {
		cbor_read_fail(reader, "out_of_range");
		return;
	}
	memcpy(relay->certificate, certificate.data, certificate.len);
	relay->certificate_len = certificate.len;
}

static const struct payload_field relay_fields[] = {
	{1, PAYLOAD_OWN, PAYLOAD_MEMBER(relay_card, addresses), .write = write_addresses, .read = read_addresses},
	{2, PAYLOAD_FIXED, PAYLOAD_MEMBER(relay_card, receipt_key)},
	{3, PAYLOAD_OWN, PAYLOAD_MEMBER(relay_card, certificate), .write = write_certificate, .read = read_certificate},
	{4, PAYLOAD_FIXED, PAYLOAD_MEMBER(relay_card, pin)},
};

const struct payload_shape descriptor_relay_shape = {"a relay's card", relay_fields, LENGTH_OF(relay_fields)};

static void write_relays(struct cbor_writer *writer, const void *record)
{
	const struct descriptor *const descriptor = record;
	if (descriptor->relays_len > DESCRIPTOR_RELAYS) {
		refuse_to_write(writer);
		return;
	}
	cbor_write_array(writer, descriptor->relays_len);
	for (size_t i = 0; i < descriptor->relays_len; i++)
		payload_write(writer, &descriptor_relay_shape, &descriptor->relays[i]);
}

static void read_relays(struct cbor_reader *reader, void *record)
{
	struct descriptor *const descriptor = record;
	const size_t relays = cbor_read_array(reader);
	if (relays > DESCRIPTOR_RELAYS) {
		cbor_read_fail(reader, "out_of_range");
		return;
	}
	for (size_t i = 0; i < relays; i++)
		payload_read(reader, &descriptor_relay_shape, &descriptor->relays[i]);
	descriptor->relays_len = relays;
}

/* --- policies: what is usual is left out --- */

struct policies {
	unsigned retention;
	uint32_t point_metres;
	bool training;
	bool duress;
};

static const struct payload_field policy_fields[] = {
	{1, PAYLOAD_CODE, PAYLOAD_MEMBER(policies, retention), .optional = true, .min = DESCRIPTOR_UNTIL_ACKNOWLEDGED,
	 .max = DESCRIPTOR_NEVER},
	{2, PAYLOAD_CODE, PAYLOAD_MEMBER(policies, point_metres), .optional = true, .min = 1, .max = POINT_METRES_MAX},
	{3, PAYLOAD_FLAG, PAYLOAD_MEMBER(policies, training)},
	{4, PAYLOAD_FLAG, PAYLOAD_MEMBER(policies, duress)},
};

static const struct payload_shape policy_shape = {"policies", policy_fields, LENGTH_OF(policy_fields)};

static void write_policies(struct cbor_writer *writer, const void *record)
{
	const struct descriptor *const descriptor = record;
	const bool usual = descriptor->retention == DESCRIPTOR_KEEP;
	const bool usual_metres = descriptor->point_metres == DESCRIPTOR_POINT_METRES;
	if (descriptor->retention == 0 || descriptor->point_metres == 0)
		refuse_to_write(writer);
	const struct policies policies = {
		.retention = usual ? 0 : (unsigned)descriptor->retention,
		.point_metres = usual_metres ? 0 : descriptor->point_metres,
		.training = descriptor->training,
		.duress = descriptor->duress,
	};
	payload_write(writer, &policy_shape, &policies);
}

static void read_policies(struct cbor_reader *reader, void *record)
{
	struct descriptor *const descriptor = record;
	struct policies policies = {0};
	payload_read(reader, &policy_shape, &policies);
	if (cbor_read_ok(reader) && policies.point_metres == DESCRIPTOR_POINT_METRES)
		cbor_read_fail(reader, "out_of_range");
	descriptor->retention = policies.retention == 0 ? DESCRIPTOR_KEEP : (enum descriptor_retention)policies.retention;
	descriptor->point_metres = policies.point_metres == 0 ? DESCRIPTOR_POINT_METRES : policies.point_metres;
	descriptor->training = policies.training;
	descriptor->duress = policies.duress;
}

/* --- gazetteers --- */

static void write_gazetteers(struct cbor_writer *writer, const void *record)
{
	const struct descriptor *const descriptor = record;
	if (descriptor->gazetteers_len > DESCRIPTOR_GAZETTEERS) {
		refuse_to_write(writer);
		return;
	}
	cbor_write_array(writer, descriptor->gazetteers_len);
	for (size_t i = 0; i < descriptor->gazetteers_len; i++) {
		const struct gazetteer_version *const one = &descriptor->gazetteers[i];
		if (!payload_text_fits(one->name, sizeof one->name, 1, DESCRIPTOR_NAME_BYTES - 1) ||
		    !payload_text_fits(one->version, sizeof one->version, 1, DESCRIPTOR_NAME_BYTES - 1)) {
			refuse_to_write(writer);
			return;
		}
		cbor_write_array(writer, 2);
		cbor_write_text(writer, span_from_text(one->name));
		cbor_write_text(writer, span_from_text(one->version));
	}
}

static void read_gazetteers(struct cbor_reader *reader, void *record)
{
	struct descriptor *const descriptor = record;
	const size_t gazetteers = cbor_read_array(reader);
	if (gazetteers > DESCRIPTOR_GAZETTEERS) {
		cbor_read_fail(reader, "out_of_range");
		return;
	}
	for (size_t i = 0; i < gazetteers; i++) {
		struct gazetteer_version *const one = &descriptor->gazetteers[i];
		cbor_read_array_exact(reader, 2);
		payload_read_text(reader, one->name, sizeof one->name, 1, DESCRIPTOR_NAME_BYTES - 1);
		payload_read_text(reader, one->version, sizeof one->version, 1, DESCRIPTOR_NAME_BYTES - 1);
	}
	descriptor->gazetteers_len = gazetteers;
}

/* --- the whole --- */

static const struct payload_field descriptor_fields[] = {
	{1, PAYLOAD_UINT, PAYLOAD_MEMBER(descriptor, number), .min = 1, .max = PAYLOAD_UINT_MAX},
	{2, PAYLOAD_FIXED, PAYLOAD_MEMBER(descriptor, previous), .optional = true},
	{3, PAYLOAD_FIXED, PAYLOAD_MEMBER(descriptor, root)},
	{4, PAYLOAD_FIXED, PAYLOAD_MEMBER(descriptor, sealing)},
	{5, PAYLOAD_SECONDS, PAYLOAD_MEMBER(descriptor, issued_s)},
	{6, PAYLOAD_TEXT, PAYLOAD_MEMBER(descriptor, name), .min = 1, .max = DESCRIPTOR_NAME_BYTES - 1},
	{7, PAYLOAD_OWN, PAYLOAD_MEMBER(descriptor, relays), .write = write_relays, .read = read_relays},
	{8, PAYLOAD_OWN, PAYLOAD_MEMBER(descriptor, retention), .write = write_policies, .read = read_policies},
	{9, PAYLOAD_OWN, PAYLOAD_MEMBER(descriptor, gazetteers), .write = write_gazetteers, .read = read_gazetteers},
	{10, PAYLOAD_UINT, PAYLOAD_MEMBER(descriptor, code_lists), .max = PAYLOAD_UINT_MAX},
};

static const struct payload_shape descriptor_shape = {"a descriptor", descriptor_fields, LENGTH_OF(descriptor_fields)};

/* The first has none before it, every other one has. */
static enum status check_previous(const struct descriptor *descriptor, struct error *err)
{
	if ((descriptor->number == 1) == hash_is_zero(&descriptor->previous))
		return STATUS_OK;
	return error_set(err, STATUS_BAD_INPUT, "a descriptor must name the one before it, the first none (previous)");
}

enum status descriptor_encode(struct bytes *out, const struct descriptor *descriptor, struct error *err)
{
	const enum status status = check_previous(descriptor, err);
	if (status != STATUS_OK)
		return status;
	return payload_encode(out, &descriptor_shape, descriptor, err);
}

enum status descriptor_decode(struct descriptor *descriptor, struct span payload, struct error *err)
{
	struct descriptor *fresh = calloc(1, sizeof *fresh);
	if (fresh == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = payload_decode(fresh, &descriptor_shape, payload, err);
	if (status == STATUS_OK)
		status = check_previous(fresh, err);
	if (status == STATUS_OK)
		*descriptor = *fresh;
	free(fresh);
	return status;
}

enum status descriptor_open(struct descriptor *descriptor, struct key_id *project, struct hash *id, struct span cose,
                            struct error *err)
{
	struct object object;
	enum status status = object_parse_cose(&object, OBJECT_DESCRIPTOR, cose, err);
	if (status != STATUS_OK)
		return status;
	struct descriptor *fresh = calloc(1, sizeof *fresh);
	if (fresh == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	/* The root's key stands inside what it signed: there is no other way than to decode first. */
	status = descriptor_decode(fresh, object.payload, err);
	if (status != STATUS_OK)
		goto out;
	status = signing_public_check(&fresh->root, err);
	if (status != STATUS_OK)
		goto out;
	const struct key_id named = key_id_of_project(&fresh->root);
	if (!key_id_equals(&named, &object.signer)) {
		status = error_set(err, STATUS_UNTRUSTED, "the descriptor is signed for another project than its own (unknown_signer)");
		goto out;
	}
	status = object_verify(&object, &fresh->root, &named, err);
	if (status != STATUS_OK)
		goto out;
	*descriptor = *fresh;
	*project = named;
	*id = object.id;
out:
	free(fresh);
	return status;
}
