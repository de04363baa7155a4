#include "schema/withholding.h"

#include "schema/payload.h"

static const struct payload_field fields[] = {
	{1, PAYLOAD_CODE, PAYLOAD_MEMBER(withholding, type), .min = OBJECT_REPORT, .max = OBJECT_EVENT_LAST},
	{2, PAYLOAD_ITEM, PAYLOAD_MEMBER(withholding, event), .min = 1, .max = OBJECT_EVENT_MAX_BYTES},
};

static const struct payload_shape shape = {"a withholding", fields, sizeof fields / sizeof *fields};

enum status withholding_encode(struct bytes *out, const struct withholding *withholding, struct error *err)
{
	return payload_encode(out, &shape, withholding, err);
}

enum status withholding_decode(struct withholding *withholding, struct span payload, struct error *err)
{
	struct withholding fresh = {0};
	const enum status status = payload_decode(&fresh, &shape, payload, err);
	if (status == STATUS_OK)
		*withholding = fresh;
	return status;
}

enum status withholding_make(struct bytes *wire, const struct object *event, const struct signing_key *key,
                             const struct key_id *project, struct error *err)
{
	const struct withholding withholding = {event->type, event->cose};
	struct bytes payload = {0};
	struct hash id;
	enum status status = withholding_encode(&payload, &withholding, err);
	const struct object_draft draft = {
		.type = OBJECT_WITHHOLDING, .signer = event->signer, .payload = bytes_span(&payload)};
	if (status == STATUS_OK)
		status = object_make(wire, &id, &draft, key, project, err);
	bytes_wipe(&payload);
	return status;
}

static enum status read_event(struct object *event, struct withheld *withheld, const struct object *object,
                              struct error *err)
{
	struct withholding withholding;
	enum status status = withholding_decode(&withholding, object->payload, err);
	if (status == STATUS_OK)
		status = object_parse_cose(event, withholding.type, withholding.event, err);
	if (status == STATUS_OK)
		status = event_decode(&withheld->event, event->payload, err);
	if (status != STATUS_OK)
		return status;
	withheld->type = withholding.type;
	withheld->id = event->id;
	if (key_id_equals(&event->signer, &object->signer))
		return STATUS_OK;
	return error_set(err, STATUS_UNTRUSTED, "a device withholds what another one signed (withheld_signer)");
}

enum status withholding_read(struct withheld *withheld, const struct object *object, struct error *err)
{
	struct object event;
	struct withheld fresh = {0};
	const enum status status = read_event(&event, &fresh, object, err);
	if (status == STATUS_OK)
		*withheld = fresh;
	return status;
}

enum status withholding_check(struct withheld *withheld, const struct object *object, const struct key_public *key,
                              const struct key_id *project, struct error *err)
{
	struct object event;
	struct withheld fresh = {0};
	enum status status = read_event(&event, &fresh, object, err);
	if (status == STATUS_OK)
		status = object_verify(&event, key, project, err);
	if (status == STATUS_OK)
		*withheld = fresh;
	return status;
}
