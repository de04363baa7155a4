#include "tests/schema/cast.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/withholding.h"
#include "schema/event.h"

#define MUST(expression)                                                                \
	do {                                                                            \
		struct error must_err = {0};                                            \
		struct error *const err = &must_err;                                    \
		cr_assert_eq((expression), STATUS_OK, #expression ": %s", must_err.message); \
	} while (0)

static struct key_id signer_of(const struct cast *cast, enum object_type type)
{
	return type >= OBJECT_ACKNOWLEDGEMENT ? cast->appointment : type >= OBJECT_RECEIPT ? cast->log : cast->project;
}

struct hash cast_sign(const struct cast *cast, const struct object_draft *draft, const struct signing_key *key,
                      struct bytes *wire)
{
	struct hash id;
	MUST(object_make(wire, &id, draft, key, &cast->project, err));
	return id;
}

static struct hash sign_payload(const struct cast *cast, enum object_type type, struct bytes *payload,
                                const struct signing_key *key, struct bytes *wire)
{
	const struct object_draft draft = {
		.type = type, .signer = signer_of(cast, type), .payload = bytes_span(payload)};
	const struct hash id = cast_sign(cast, &draft, key, wire);
	bytes_wipe(payload);
	return id;
}

void cast_describe(struct cast *cast)
{
	struct bytes payload = {0};
	cast->descriptor.number++;
	cast->descriptor.previous = cast->descriptor_id;
	MUST(descriptor_encode(&payload, &cast->descriptor, err));
	bytes_clear(&cast->descriptor_wire);
	cast->descriptor_id = sign_payload(cast, OBJECT_DESCRIPTOR, &payload, cast->root, &cast->descriptor_wire);
}

static void add_relay(struct cast *cast, const struct signing_key *key)
{
	struct relay_card *const card = &cast->descriptor.relays[cast->descriptor.relays_len++];
	card->addresses_len = 1;
	(void)snprintf(card->addresses[0], sizeof card->addresses[0], "https://127.0.0.1:8443");
	card->receipt_key = signing_key_public(key);
	card->certificate_len = 3;
	memcpy(card->certificate, "DER", 3);
	card->pin = hash_of(span_from_text("pin"));
}

static void appoint(struct cast *cast)
{
	struct bytes payload = {0};
	const struct appointment appointment = {
		.key = signing_key_public(cast->hq), .roles = ROLE_ALL, .until_s = 4000000000, .label = "HQ"};
	MUST(appointment_encode(&payload, &appointment, err));
	const struct hash id = sign_payload(cast, OBJECT_APPOINTMENT, &payload, cast->root, &cast->appointment_wire);
	cast->appointment = key_id_of_object(&id);
}

void cast_begin(struct cast *cast, enum descriptor_retention retention)
{
	*cast = (struct cast){0};
	MUST(secret_process_init(err));
	MUST(signing_key_new(&cast->root, err));
	MUST(signing_key_new(&cast->relay, err));
	MUST(signing_key_new(&cast->hub, err));
	MUST(signing_key_new(&cast->hq, err));
	MUST(sealing_key_new(&cast->sealing, err));
	cast->root_public = signing_key_public(cast->root);
	cast->project = key_id_of_project(&cast->root_public);
	const struct key_public relay = signing_key_public(cast->relay), hub = signing_key_public(cast->hub);
	cast->log = key_id_of_log(&cast->project, &relay);
	cast->hub_log = key_id_of_log(&cast->project, &hub);
	cast->descriptor = (struct descriptor){
		.root = cast->root_public,
		.sealing = sealing_key_public(cast->sealing),
		.issued_s = 1530000000,
		.name = "Dar'a",
		.retention = retention,
		.point_metres = 1000,
		.code_lists = 1,
	};
	add_relay(cast, cast->relay);
	add_relay(cast, cast->hub);
	cast_describe(cast);
	appoint(cast);
	(void)snprintf(cast->folder, sizeof cast->folder, "/tmp/sijil-cast-XXXXXX");
	cr_assert_not_null(mkdtemp(cast->folder));
	MUST(secret_new_random(&cast->data_key, VAULT_KEY_BYTES, err));
	MUST(vault_register(&cast->vault, cast->data_key, NULL, err));
}

void cast_end(struct cast *cast)
{
	char command[128];
	(void)snprintf(command, sizeof command, "rm -rf '%s'", cast->folder);
	cr_assert_eq(system(command), 0);
	vault_unregister(cast->vault);
	secret_free(cast->data_key);
	signing_key_free(cast->root);
	signing_key_free(cast->relay);
	signing_key_free(cast->hub);
	signing_key_free(cast->hq);
	sealing_key_free(cast->sealing);
	bytes_wipe(&cast->descriptor_wire);
	bytes_wipe(&cast->appointment_wire);
}

const char *cast_path(const struct cast *cast, const char *name)
{
	static char path[160];
	(void)snprintf(path, sizeof path, "%s/%s", cast->folder, name);
	return path;
}

void cast_invite(const struct cast *cast, const char *label, struct invite_file *file)
{
	struct signing_key *key = NULL;
	struct bytes payload = {0}, wire = {0};
	struct object object;

	*file = (struct invite_file){0};
	MUST(signing_key_new(&key, err));
	const struct invite invite = {.key = signing_key_public(key), .expires_s = 1900000000};
	MUST(invite_encode(&payload, &invite, err));
	(void)sign_payload(cast, OBJECT_INVITE, &payload, cast->root, &wire);
	MUST(object_parse(&object, bytes_span(&wire), err));
	MUST(bytes_append(&file->invite, object.cose, err));
	MUST(object_parse(&object, bytes_span(&cast->descriptor_wire), err));
	MUST(bytes_append(&file->descriptor, object.cose, err));
	MUST(secret_new_copy(&file->seed, signing_key_seed(key), err));
	(void)snprintf(file->label, sizeof file->label, "%s", label);
	bytes_wipe(&wire);
	signing_key_free(key);
}

void cast_enrol_by(struct cast_device *device, const struct invite_file *file)
{
	*device = (struct cast_device){0};
	MUST(signing_key_new(&device->key, err));
	MUST(enrolment_make(&device->wire, &device->introduced, file, device->key, "test", err));
	device->id = key_id_of_object(&device->introduced);
}

void cast_enrol(const struct cast *cast, struct cast_device *device)
{
	struct invite_file file;

	cast_invite(cast, "Team Nasib", &file);
	cast_enrol_by(device, &file);
	invite_file_wipe(&file);
}

void cast_device_free(struct cast_device *device)
{
	signing_key_free(device->key);
	bytes_wipe(&device->wire);
}

struct hash cast_event(const struct cast *cast, const struct cast_device *device, struct head after, const char *words,
                       struct bytes *wire)
{
	struct bytes payload = {0};
	const struct event event = {
		.number = (uint32_t)after.number + 1,
		.previous = after.last,
		.descriptor = cast->descriptor.number,
		.commitment = hash_of(span_from_text("commitment")),
		.sealed = hash_of(span_from_text(words)),
	};
	MUST(event_encode(&payload, &event, err));
	const struct object_draft draft = {
		.type = OBJECT_REPORT,
		.signer = device->id,
		.payload = bytes_span(&payload),
		.attachment = span_from_text(words),
	};
	const struct hash id = cast_sign(cast, &draft, device->key, wire);
	bytes_wipe(&payload);
	return id;
}

struct hash cast_withhold(const struct cast *cast, const struct cast_device *device, struct span event, struct bytes *wire)
{
	struct bytes payload = {0};
	struct object object;
	MUST(object_parse(&object, event, err));
	const struct withholding withholding = {object.type, object.cose};
	MUST(withholding_encode(&payload, &withholding, err));
	const struct object_draft draft = {.type = OBJECT_WITHHOLDING, .signer = device->id, .payload = bytes_span(&payload)};
	const struct hash id = cast_sign(cast, &draft, device->key, wire);
	bytes_wipe(&payload);
	return id;
}

struct hash cast_head(const struct cast *cast, const struct cast_device *device, struct head head, struct bytes *wire)
{
	struct bytes payload = {0};
	MUST(head_encode(&payload, &head, err));
	const struct object_draft draft = {.type = OBJECT_HEAD, .signer = device->id, .payload = bytes_span(&payload)};
	const struct hash id = cast_sign(cast, &draft, device->key, wire);
	bytes_wipe(&payload);
	return id;
}

struct receipt cast_receipt_for(const struct cast *cast, const struct key_id *device, struct head head)
{
	return (struct receipt){
		.device = *device,
		.number = head.number,
		.last = head.last,
		.seen = {.log = cast->log, .size = head.number + 3, .root = hash_of(span_from_text("root"))},
		.time_s = 1530000000 + (int64_t)head.number,
	};
}

struct hash cast_receipt(const struct cast *cast, const struct receipt *receipt, struct bytes *wire)
{
	struct bytes payload = {0};
	MUST(receipt_encode(&payload, receipt, err));
	const struct object_draft draft = {
		.type = OBJECT_RECEIPT,
		.signer = receipt->hub ? cast->hub_log : cast->log,
		.payload = bytes_span(&payload),
	};
	const struct hash id = cast_sign(cast, &draft, receipt->hub ? cast->hub : cast->relay, wire);
	bytes_wipe(&payload);
	return id;
}

struct hash cast_acknowledge(const struct cast *cast, const struct key_id *device, struct head head, struct bytes *wire)
{
	struct bytes payload = {0};
	const struct acknowledgement acknowledgement = {
		.device = *device, .number = head.number, .last = head.last, .time_s = 1530000100};
	MUST(acknowledgement_encode(&payload, &acknowledgement, err));
	return sign_payload(cast, OBJECT_ACKNOWLEDGEMENT, &payload, cast->hq, wire);
}

struct hash cast_revoke(const struct cast *cast, const struct key_id *device, struct bytes *wire)
{
	struct bytes payload = {0};
	const struct revocation revocation = {.kind = REVOKE_DEVICE, .who = *device, .time_s = 1530000200, .reason = REVOKE_LOST};
	MUST(revocation_encode(&payload, &revocation, err));
	return sign_payload(cast, OBJECT_REVOCATION, &payload, cast->root, wire);
}
