#include "tests/schema/small_project.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define MUST(call) cr_assert_eq((call), STATUS_OK, "%s: %s", #call, err.message)

static enum status find_signer(void *context, const struct key_id *id, struct signer *signer, struct error *err)
{
	const struct small_project *const project = context;
	for (size_t i = 0; i < project->signers_len; i++)
		if (key_id_equals(&project->signers[i].id, id)) {
			*signer = project->signers[i];
			return STATUS_OK;
		}
	return error_set(err, STATUS_NOT_FOUND, "no such signer");
}

static enum status key_is_taken(void *context, const struct key_public *key, const struct hash *but, bool *taken,
                                struct error *err)
{
	(void)err;
	const struct small_project *const project = context;
	const struct key_id own = key_id_of_object(but);
	*taken = false;
	for (size_t i = 0; i < project->signers_len; i++)
		if (project->signers[i].kind == SIGNER_DEVICE && !key_id_equals(&project->signers[i].id, &own) &&
		    span_equals(key_public_span(&project->signers[i].key), key_public_span(key)))
			*taken = true;
	return STATUS_OK;
}

struct signer_source small_project_source(struct small_project *project)
{
	return (struct signer_source){project, find_signer, key_is_taken};
}

bool names_rule(const struct error *err, const char *rule)
{
	char end[64];
	(void)snprintf(end, sizeof end, "(%s)", rule);
	const size_t len = strlen(err->message), end_len = strlen(end);
	return len >= end_len && strcmp(err->message + len - end_len, end) == 0;
}

struct bytes small_project_sign(const struct small_project *project, unsigned type, struct span payload,
                                struct span attachment, struct hash *id)
{
	struct error err = {0};
	struct bytes wire = {0};
	struct hash ignored;
	const struct signing_key *const key = type < 32   ? project->device_key
	                                      : type < 48 ? project->root_key
	                                      : type < 64 ? project->receipt_key
	                                                  : project->appointed_key;
	const struct object_draft draft = {
		.type = (enum object_type)type,
		.signer = type < 32   ? project->device
		          : type < 48 ? project->id
		          : type < 64 ? project->log
		                      : project->appointed,
		.payload = payload,
		.attachment = attachment,
	};
	MUST(object_make(&wire, id != NULL ? id : &ignored, &draft, key, &project->id, &err));
	return wire;
}

enum status small_project_admit(struct small_project *project, struct admission *admission, struct span wire,
                                struct error *err)
{
	const struct signer_source source = small_project_source(project);
	struct object object;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = admission_check(admission, &object, &project->root, &source, err);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < admission->signers_len; i++)
		if (project->signers_len < SMALL_PROJECT_SIGNERS)
			project->signers[project->signers_len++] = admission->signers[i];
	return STATUS_OK;
}

struct relay_card small_project_card(const struct small_project *project)
{
	struct relay_card card = {
		.addresses_len = 1,
		.receipt_key = signing_key_public(project->receipt_key),
		.certificate_len = 3,
		.certificate = {0x30, 0x01, 0x00},
		.pin = {{7, 7, 7}},
	};
	(void)snprintf(card.addresses[0], sizeof card.addresses[0], "https://relay.example:8443");
	return card;
}

static struct bytes cose_of(const struct bytes *wire)
{
	struct error err = {0};
	struct bytes cose = {0};
	struct object object;
	MUST(object_parse(&object, bytes_span(wire), &err));
	MUST(bytes_append(&cose, object.cose, &err));
	return cose;
}

static void admit(struct small_project *project, const struct bytes *wire)
{
	struct error err = {0};
	struct admission admission;
	MUST(small_project_admit(project, &admission, bytes_span(wire), &err));
}

static void make_descriptor(struct small_project *project)
{
	struct error err = {0};
	struct bytes payload = {0};
	project->descriptor = (struct descriptor){
		.number = 1,
		.root = project->root,
		.sealing = sealing_key_public(project->sealing_key),
		.issued_s = 1529571600,
		.name = "Dar'a 2018",
		.relays_len = 1,
		.retention = DESCRIPTOR_KEEP,
		.point_metres = 1000,
		.code_lists = 1,
	};
	project->descriptor.relays[0] = small_project_card(project);
	MUST(descriptor_encode(&payload, &project->descriptor, &err));
	project->descriptor_wire = small_project_sign(project, OBJECT_DESCRIPTOR, bytes_span(&payload), (struct span){0}, NULL);
	bytes_wipe(&payload);
	admit(project, &project->descriptor_wire);
}

static void make_appointment(struct small_project *project)
{
	struct error err = {0};
	struct bytes payload = {0};
	struct hash id;
	const struct appointment appointment = {
		.key = signing_key_public(project->appointed_key),
		.roles = ROLE_ALL,
		.until_s = 1900000000,
		.label = "HQ",
	};
	MUST(appointment_encode(&payload, &appointment, &err));
	project->appointment_wire =
		small_project_sign(project, OBJECT_APPOINTMENT, bytes_span(&payload), (struct span){0}, &id);
	project->appointed = key_id_of_object(&id);
	bytes_wipe(&payload);
	admit(project, &project->appointment_wire);
}

static void make_invite(struct small_project *project)
{
	struct error err = {0};
	struct bytes payload = {0};
	struct hash id;
	struct signing_key *key = NULL;
	MUST(secret_new_random(&project->file.seed, KEY_SEED_BYTES, &err));
	MUST(signing_key_from_seed(&key, secret_span(project->file.seed), &err));
	const struct invite invite = {signing_key_public(key), 1560000000};
	MUST(invite_encode(&payload, &invite, &err));
	project->invite_wire = small_project_sign(project, OBJECT_INVITE, bytes_span(&payload), (struct span){0}, &id);
	project->invite = key_id_of_object(&id);
	project->file.invite = cose_of(&project->invite_wire);
	project->file.descriptor = cose_of(&project->descriptor_wire);
	(void)snprintf(project->file.label, sizeof project->file.label, "Team Nasib");
	signing_key_free(key);
	bytes_wipe(&payload);
}

void small_project_init(struct small_project *project)
{
	struct error err = {0};
	*project = (struct small_project){0};
	MUST(secret_process_init(&err));
	MUST(signing_key_new(&project->root_key, &err));
	MUST(signing_key_new(&project->receipt_key, &err));
	MUST(signing_key_new(&project->appointed_key, &err));
	MUST(signing_key_new(&project->device_key, &err));
	MUST(sealing_key_new(&project->sealing_key, &err));
	project->root = signing_key_public(project->root_key);
	project->id = key_id_of_project(&project->root);
	const struct key_public receipt_key = signing_key_public(project->receipt_key);
	project->log = key_id_of_log(&project->id, &receipt_key);
	make_descriptor(project);
	make_appointment(project);
	make_invite(project);
	MUST(enrolment_make(&project->enrolment_wire, &project->enrolment_id, &project->file, project->device_key,
	                    "linux aarch64", &err));
	project->device = key_id_of_object(&project->enrolment_id);
	admit(project, &project->enrolment_wire);
}

void small_project_wipe(struct small_project *project)
{
	signing_key_free(project->root_key);
	signing_key_free(project->receipt_key);
	signing_key_free(project->appointed_key);
	signing_key_free(project->device_key);
	sealing_key_free(project->sealing_key);
	invite_file_wipe(&project->file);
	bytes_wipe(&project->descriptor_wire);
	bytes_wipe(&project->invite_wire);
	bytes_wipe(&project->enrolment_wire);
	bytes_wipe(&project->appointment_wire);
}
