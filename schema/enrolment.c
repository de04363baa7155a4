#include "schema/enrolment.h"

#include <assert.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "crypto/seal.h"
#include "schema/descriptor.h"
#include "schema/payload.h"

#define LENGTH_OF(rows) (sizeof(rows) / sizeof(rows)[0])

static_assert(sizeof(enum succession_reason) == sizeof(unsigned), "payloads copy codes as unsigned");

/* --- payloads --- */

static const struct payload_field invite_fields[] = {
	{1, PAYLOAD_FIXED, PAYLOAD_MEMBER(invite, key)},
	{2, PAYLOAD_SECONDS, PAYLOAD_MEMBER(invite, expires_s)},
};

static const struct payload_field enrolment_fields[] = {
	{1, PAYLOAD_ITEM, PAYLOAD_MEMBER(enrolment, invite), .min = 1, .max = OBJECT_MAX_BYTES},
	{2, PAYLOAD_FIXED, PAYLOAD_MEMBER(enrolment, key)},
	{3, PAYLOAD_FIXED, PAYLOAD_MEMBER(enrolment, proof)},
	{4, PAYLOAD_UINT, PAYLOAD_MEMBER(enrolment, descriptor), .max = PAYLOAD_UINT_MAX},
	{5, PAYLOAD_FIXED, PAYLOAD_MEMBER(enrolment, commitment)},
	{6, PAYLOAD_FIXED, PAYLOAD_MEMBER(enrolment, sealed)},
};

static const struct payload_field succession_fields[] = {
	{1, PAYLOAD_FIXED, PAYLOAD_MEMBER(succession, key)},
	{2, PAYLOAD_FIXED, PAYLOAD_MEMBER(succession, proof)},
	{3, PAYLOAD_UINT, PAYLOAD_MEMBER(succession, number), .max = UINT32_MAX},
	{4, PAYLOAD_FIXED, PAYLOAD_MEMBER(succession, last)},
	{5, PAYLOAD_CODE, PAYLOAD_MEMBER(succession, reason), .min = SUCCESSION_RESTORE, .max = SUCCESSION_ROTATION},
};

/* What is sealed in an enrolment. */
struct device_words {
	char label[ENROLMENT_LABEL_BYTES];
	char platform[ENROLMENT_PLATFORM_BYTES];
};

static const struct payload_field device_words_fields[] = {
	{1, PAYLOAD_TEXT, PAYLOAD_MEMBER(device_words, label), .max = ENROLMENT_LABEL_CHARACTERS},
	{2, PAYLOAD_TEXT, PAYLOAD_MEMBER(device_words, platform), .max = ENROLMENT_LABEL_CHARACTERS},
};

#define SHAPE(name, words) \
	static const struct payload_shape name##_shape = {words, name##_fields, LENGTH_OF(name##_fields)}
SHAPE(invite, "an invite");
SHAPE(enrolment, "an enrolment");
SHAPE(succession, "a succession");
SHAPE(device_words, "a device's label and platform");

enum status invite_encode(struct bytes *out, const struct invite *invite, struct error *err)
{
	return payload_encode(out, &invite_shape, invite, err);
}

enum status invite_decode(struct invite *invite, struct span payload, struct error *err)
{
	struct invite fresh = {0};
	const enum status status = payload_decode(&fresh, &invite_shape, payload, err);
	if (status == STATUS_OK)
		*invite = fresh;
	return status;
}

enum status enrolment_decode(struct enrolment *enrolment, struct span payload, struct error *err)
{
	struct enrolment fresh = {0};
	const enum status status = payload_decode(&fresh, &enrolment_shape, payload, err);
	if (status == STATUS_OK)
		*enrolment = fresh;
	return status;
}

enum status succession_decode(struct succession *succession, struct span payload, struct error *err)
{
	struct succession fresh = {0};
	const enum status status = payload_decode(&fresh, &succession_shape, payload, err);
	if (status == STATUS_OK)
		*succession = fresh;
	return status;
}

/* --- the invite inside --- */

/* The root's word for an invite: parsed, of this project, verified, decoded. */
static enum status open_invite(struct invite *invite, struct hash *id, struct span cose, const struct key_public *root,
                               struct error *err)
{
	const struct key_id project = key_id_of_project(root);
	struct object object;
	enum status status = object_parse_cose(&object, OBJECT_INVITE, cose, err);
	if (status == STATUS_OK && !key_id_equals(&object.signer, &project))
		status = error_set(err, STATUS_UNTRUSTED, "the invite is of another project (unknown_signer)");
	if (status == STATUS_OK)
		status = object_verify(&object, root, &project, err);
	if (status == STATUS_OK)
		status = invite_decode(invite, object.payload, err);
	if (status == STATUS_OK)
		status = signing_public_check(&invite->key, err);
	if (status != STATUS_OK)
		return error_wrap(err, status, "the invite");
	*id = object.id;
	return STATUS_OK;
}

/* --- making --- */

/* What an invite file says, verified under the root that it names. */
struct opened_file {
	struct descriptor descriptor;
	struct key_id project;
	struct invite invite;
	struct hash invite_id;
	struct signing_key *key;
};

static enum status open_file(struct opened_file *opened, const struct invite_file *file, struct error *err)
{
	struct hash descriptor_id;
	enum status status = descriptor_open(&opened->descriptor, &opened->project, &descriptor_id,
	                                     bytes_span(&file->descriptor), err);
	if (status != STATUS_OK)
		return status;
	status = open_invite(&opened->invite, &opened->invite_id, bytes_span(&file->invite), &opened->descriptor.root, err);
	if (status != STATUS_OK)
		return status;
	status = signing_key_from_seed(&opened->key, secret_span(file->seed), err);
	if (status != STATUS_OK)
		return status;
	const struct key_public public = signing_key_public(opened->key);
	if (!span_equals(key_public_span(&public), key_public_span(&opened->invite.key)))
		return error_set(err, STATUS_BAD_INPUT, "the invite's key does not belong to the invite: ask for a new one");
	return STATUS_OK;
}

/* Label and platform, committed to and sealed. */
static enum status seal_words(struct enrolment *enrolment, struct bytes *sealed, const struct device_words *words,
                              const struct opened_file *opened, struct error *err)
{
	struct bytes body = {0};
	struct seal_salt salt;
	enum status status = payload_encode(&body, &device_words_shape, words, err);
	if (status == STATUS_OK)
		status = seal_close(sealed, &salt, bytes_span(&body), &opened->descriptor.sealing, err);
	if (status == STATUS_OK) {
		const struct seal_place place = {opened->project, key_id_of_object(&opened->invite_id), 0};
		enrolment->commitment = seal_commitment(&place, &salt, bytes_span(&body));
		enrolment->sealed = hash_of(bytes_span(sealed));
	}
	bytes_wipe(&body);
	return status;
}

static enum status copy_words(struct device_words *words, const char *label, const char *platform, struct error *err)
{
	const size_t label_len = strnlen(label, sizeof words->label);
	const size_t platform_len = strnlen(platform, sizeof words->platform);
	if (label_len == sizeof words->label || platform_len == sizeof words->platform)
		return error_set(err, STATUS_BAD_INPUT, "a device's label has at most %d characters", ENROLMENT_LABEL_CHARACTERS);
	memcpy(words->label, label, label_len + 1);
	memcpy(words->platform, platform, platform_len + 1);
	return STATUS_OK;
}

static enum status sign_enrolment(struct bytes *wire, struct hash *id, struct enrolment *enrolment,
                                  const struct device_words *words, const struct opened_file *opened, struct error *err)
{
	struct bytes payload = {0}, sealed = {0};
	enum status status = seal_words(enrolment, &sealed, words, opened, err);
	if (status == STATUS_OK)
		status = payload_encode(&payload, &enrolment_shape, enrolment, err);
	if (status == STATUS_OK) {
		const struct object_draft draft = {
			.type = OBJECT_ENROLMENT,
			.signer = key_id_of_object(&opened->invite_id),
			.payload = bytes_span(&payload),
			.attachment = bytes_span(&sealed),
		};
		status = object_make(wire, id, &draft, opened->key, &opened->project, err);
	}
	bytes_wipe(&payload);
	bytes_wipe(&sealed);
	return status;
}

enum status enrolment_make(struct bytes *wire, struct hash *id, const struct invite_file *file,
                           const struct signing_key *device_key, const char *platform, struct error *err)
{
	struct device_words words = {0};
	struct opened_file *opened = calloc(1, sizeof *opened);
	if (opened == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = copy_words(&words, file->label, platform, err);
	if (status == STATUS_OK)
		status = open_file(opened, file, err);
	if (status == STATUS_OK) {
		struct enrolment enrolment = {
			.invite = bytes_span(&file->invite),
			.key = signing_key_public(device_key),
			.proof = key_prove_possession(device_key, &opened->project, &opened->invite_id),
			.descriptor = opened->descriptor.number,
		};
		status = sign_enrolment(wire, id, &enrolment, &words, opened, err);
	}
	signing_key_free(opened->key);
	free(opened);
	return status;
}

/* --- checking --- */

enum status enrolment_check(struct enrolment *enrolment, struct invite *invite, const struct object *object,
                            const struct key_public *root, struct error *err)
{
	const struct key_id project = key_id_of_project(root);
	struct enrolment brought;
	struct invite used = {0};
	struct hash invite_id;
	/* Who signed stands inside: the invite, whose own signature is checked first. */
	enum status status = enrolment_decode(&brought, object->payload, err);
	if (status == STATUS_OK)
		status = open_invite(&used, &invite_id, brought.invite, root, err);
	if (status != STATUS_OK)
		return status;
	const struct key_id invite_name = key_id_of_object(&invite_id);
	if (!key_id_equals(&object->signer, &invite_name))
		return error_set(err, STATUS_UNTRUSTED, "the enrolment is signed for another invite than its own (unknown_signer)");
	status = object_verify(object, &used.key, &project, err);
	if (status == STATUS_OK)
		status = object_check_attachment(object, &brought.sealed, err);
	if (status == STATUS_OK)
		status = signing_public_check(&brought.key, err);
	if (status != STATUS_OK)
		return status;
	if (!key_proof_holds(&brought.key, &project, &invite_id, &brought.proof))
		return error_set(err, STATUS_TAMPERED, "whoever enrolled this key does not hold it (proof)");
	*enrolment = brought;
	*invite = used;
	return STATUS_OK;
}

static enum status read_words(struct device_words *words, struct span body, const struct seal_salt *salt,
                              const struct seal_place *place, const struct hash *commitment, struct error *err)
{
	const struct hash found = seal_commitment(place, salt, body);
	if (!hash_equals(&found, commitment))
		return error_set(err, STATUS_TAMPERED, "what is sealed belongs to another enrolment (commitment)");
	return payload_decode(words, &device_words_shape, body, err);
}

enum status enrolment_open(char label[ENROLMENT_LABEL_BYTES], char platform[ENROLMENT_PLATFORM_BYTES],
                           const struct object *object, const struct key_id *project,
                           const struct sealing_key *sealing, struct error *err)
{
	struct enrolment enrolment;
	struct bytes body = {0};
	struct seal_salt salt;
	struct device_words words = {0};
	const struct seal_place place = {*project, object->signer, 0};
	enum status status = enrolment_decode(&enrolment, object->payload, err);
	if (status == STATUS_OK)
		status = object_check_attachment(object, &enrolment.sealed, err);
	if (status == STATUS_OK)
		status = seal_open(&body, &salt, object->attachment, sealing, err);
	if (status == STATUS_OK)
		status = read_words(&words, bytes_span(&body), &salt, &place, &enrolment.commitment, err);
	if (status == STATUS_OK) {
		memcpy(label, words.label, sizeof words.label);
		memcpy(platform, words.platform, sizeof words.platform);
	}
	bytes_wipe(&body);
	return status;
}

/* --- succession --- */

enum status succession_make(struct bytes *wire, struct hash *id, struct succession *succession,
                            const struct key_id *old_device, const struct signing_key *old_key,
                            const struct signing_key *new_key, const struct key_id *project, struct error *err)
{
	struct bytes payload = {0};
	succession->key = signing_key_public(new_key);
	succession->proof = key_prove_possession(new_key, project, &succession->last);
	enum status status = payload_encode(&payload, &succession_shape, succession, err);
	if (status == STATUS_OK) {
		const struct object_draft draft = {
			.type = OBJECT_SUCCESSION,
			.signer = *old_device,
			.payload = bytes_span(&payload),
		};
		status = object_make(wire, id, &draft, old_key, project, err);
	}
	bytes_wipe(&payload);
	return status;
}

enum status succession_check(struct succession *succession, const struct object *object, const struct key_id *project,
                             struct error *err)
{
	struct succession brought;
	enum status status = succession_decode(&brought, object->payload, err);
	if (status == STATUS_OK)
		status = signing_public_check(&brought.key, err);
	if (status != STATUS_OK)
		return status;
	if (!key_proof_holds(&brought.key, project, &brought.last, &brought.proof))
		return error_set(err, STATUS_TAMPERED, "whoever passed this chain on does not hold the new key (proof)");
	*succession = brought;
	return STATUS_OK;
}

void succession_name(char name[ENROLMENT_NAME_BYTES], const char *label, const struct key_id *device)
{
	(void)snprintf(name, ENROLMENT_NAME_BYTES, "%.*s+%02x%02x", ENROLMENT_LABEL_BYTES - 1, label, device->bytes[0],
	               device->bytes[1]);
}
