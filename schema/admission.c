#include "schema/admission.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "schema/descriptor.h"
#include "schema/enrolment.h"
#include "schema/event.h"
#include "schema/statement.h"
#include "schema/withholding.h"

static_assert(DESCRIPTOR_RELAYS <= sizeof((struct admission *)0)->signers / sizeof(struct signer),
              "an admission has room for every relay of a descriptor");

/* What the checks of one object share. */
struct gate {
	const struct object *object;
	const struct key_public *root;
	const struct signer_source *source;
	struct key_id project;
	struct signer signer; /* not of enrolments */
};

/* --- who may sign --- */

struct signer_range {
	unsigned first, last;
	enum signer_kind kind;
};

static const struct signer_range ranges[] = {
	{OBJECT_REPORT, 31, SIGNER_DEVICE}, /* enrolments are signed by what they bring themselves */
	{OBJECT_DESCRIPTOR, 47, SIGNER_ROOT},
	{OBJECT_RECEIPT, 63, SIGNER_LOG},
	{OBJECT_ACKNOWLEDGEMENT, 79, SIGNER_APPOINTED},
};

static enum status find_kind(enum signer_kind *kind, enum object_type type, struct error *err)
{
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if ((unsigned)type >= ranges[i].first && (unsigned)type <= ranges[i].last) {
			*kind = ranges[i].kind;
			return STATUS_OK;
		}
	(void)error_set(err, STATUS_BAD_INPUT, "objects of type %u are of a range that this sijil does not know (unknown_range)",
	                (unsigned)type);
	error_hint(err, "nothing was lost; install a newer sijil and try again");
	return STATUS_BAD_INPUT;
}

static enum status refuse_signer(const struct object *object, const char *why, const char *rule, struct error *err)
{
	char signer[KEY_PROQUINT_BYTES], name[12];
	key_id_format(&object->signer, signer);
	return error_set(err, STATUS_UNTRUSTED, "%s: %s signed by \"%s\" (%s)", why, object_type_name(object->type, name),
	                 signer, rule);
}

static enum status find_signer(struct signer *signer, enum signer_kind kind, const struct object *object,
                               const struct key_public *root, const struct signer_source *source, struct error *err)
{
	if (kind == SIGNER_ROOT) {
		*signer = (struct signer){.kind = SIGNER_ROOT, .id = key_id_of_project(root), .key = *root};
		if (key_id_equals(&signer->id, &object->signer))
			return STATUS_OK;
		return refuse_signer(object, "this is of another project", "unknown_signer", err);
	}
	const enum status status = source->find(source->context, &object->signer, signer, err);
	if (status == STATUS_NOT_FOUND)
		return refuse_signer(object, "nobody we know signed this", "unknown_signer", err);
	if (status == STATUS_OK && signer->kind != kind)
		return refuse_signer(object, "its signer may not sign such a thing", "signer_kind", err);
	return status;
}

enum status admission_check_signer(struct signer *signer, const struct object *object, const struct key_public *root,
                                   const struct signer_source *source, struct error *err)
{
	if (object->type == OBJECT_ENROLMENT)
		return error_set(err, STATUS_BUG, "an enrolment was asked for a signer that stands inside it");
	enum signer_kind kind;
	struct signer found = {0};
	enum status status = find_kind(&kind, object->type, err);
	if (status == STATUS_OK)
		status = find_signer(&found, kind, object, root, source, err);
	if (status != STATUS_OK)
		return status;
	const struct key_id project = key_id_of_project(root);
	status = object_verify(object, &found.key, &project, err);
	if (status == STATUS_OK)
		*signer = found;
	return status;
}

static enum status demand_role(const struct gate *gate, unsigned role, struct error *err)
{
	if ((gate->signer.roles & role) == role)
		return STATUS_OK;
	return refuse_signer(gate->object, "its signer was not appointed for that", "role", err);
}

/* --- new signers --- */

static enum status introduce(struct admission *admission, const struct signer *signer, struct error *err)
{
	const enum status status = signing_public_check(&signer->key, err);
	if (status != STATUS_OK)
		return status;
	admission->signers[admission->signers_len++] = *signer;
	admission->introduces = true;
	return STATUS_OK;
}

/* A device's key joins once, whoever brings it. */
static enum status introduce_device(struct admission *admission, const struct gate *gate, const struct key_public *key,
                                    const struct key_id *parent, struct error *err)
{
	bool taken = true;
	const enum status status = gate->source->key_is_taken(gate->source->context, key, &gate->object->id, &taken, err);
	if (status != STATUS_OK)
		return status;
	if (taken)
		return error_set(err, STATUS_UNTRUSTED, "this key was enrolled already: one key joins once (key_twice)");
	const struct signer device = {
		.kind = SIGNER_DEVICE,
		.id = key_id_of_object(&gate->object->id),
		.key = *key,
		.parent = *parent,
	};
	admission->device = device.id;
	return introduce(admission, &device, err);
}

/* --- what each type demands once its signature holds --- */

static enum status admit_event(struct admission *admission, const struct gate *gate, struct error *err)
{
	struct event event;
	enum status status = event_decode(&event, gate->object->payload, err);
	if (status == STATUS_OK)
		status = object_check_attachment(gate->object, &event.sealed, err);
	if (status != STATUS_OK)
		return status;
	admission->device = gate->signer.id;
	admission->number = event.number;
	admission->previous = event.previous;
	return STATUS_OK;
}

static enum status admit_enrolment(struct admission *admission, const struct gate *gate, struct error *err)
{
	struct enrolment enrolment;
	struct invite invite;
	const enum status status = enrolment_check(&enrolment, &invite, gate->object, gate->root, err);
	if (status != STATUS_OK)
		return status;
	return introduce_device(admission, gate, &enrolment.key, &gate->object->signer, err);
}

static enum status admit_succession(struct admission *admission, const struct gate *gate, struct error *err)
{
	struct succession succession;
	const enum status status = succession_check(&succession, gate->object, &gate->project, err);
	if (status != STATUS_OK)
		return status;
	admission->previous = succession.last;
	return introduce_device(admission, gate, &succession.key, &gate->signer.id, err);
}

static enum status admit_head(struct admission *admission, const struct gate *gate, struct error *err)
{
	struct head head;
	const enum status status = head_decode(&head, gate->object->payload, err);
	if (status != STATUS_OK)
		return status;
	admission->device = gate->signer.id;
	admission->number = head.number;
	return STATUS_OK;
}

static enum status admit_withholding(struct admission *admission, const struct gate *gate, struct error *err)
{
	struct withheld withheld;
	const enum status status = withholding_check(&withheld, gate->object, &gate->signer.key, &gate->project, err);
	if (status != STATUS_OK)
		return status;
	admission->device = gate->signer.id;
	admission->number = withheld.event.number;
	admission->previous = withheld.event.previous;
	admission->link = withheld.id;
	return STATUS_OK;
}

static enum status introduce_relays(struct admission *admission, const struct gate *gate,
                                    const struct descriptor *descriptor, struct error *err)
{
	for (size_t i = 0; i < descriptor->relays_len; i++) {
		const struct key_public *const key = &descriptor->relays[i].receipt_key;
		const struct signer log = {.kind = SIGNER_LOG, .id = key_id_of_log(&gate->project, key), .key = *key};
		const enum status status = introduce(admission, &log, err);
		if (status != STATUS_OK)
			return status;
	}
	admission->number = descriptor->number;
	return STATUS_OK;
}

static enum status admit_descriptor(struct admission *admission, const struct gate *gate, struct error *err)
{
	struct descriptor *descriptor = malloc(sizeof *descriptor);
	if (descriptor == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = descriptor_decode(descriptor, gate->object->payload, err);
	if (status == STATUS_OK && !span_equals(key_public_span(&descriptor->root), key_public_span(gate->root)))
		status = error_set(err, STATUS_UNTRUSTED, "the descriptor names another root than the one that signed it (root)");
	if (status == STATUS_OK)
		status = introduce_relays(admission, gate, descriptor, err);
	free(descriptor);
	return status;
}

static enum status admit_invite(struct admission *admission, const struct gate *gate, struct error *err)
{
	(void)admission;
	struct invite invite;
	const enum status status = invite_decode(&invite, gate->object->payload, err);
	return status != STATUS_OK ? status : signing_public_check(&invite.key, err);
}

static enum status admit_confirmation(struct admission *admission, const struct gate *gate, struct error *err)
{
	struct confirmation confirmation;
	const enum status status = confirmation_decode(&confirmation, gate->object->payload, err);
	if (status == STATUS_OK)
		admission->device = key_id_of_object(&confirmation.enrolment);
	return status;
}

static enum status admit_appointment(struct admission *admission, const struct gate *gate, struct error *err)
{
	struct appointment appointment;
	const enum status status = appointment_decode(&appointment, gate->object->payload, err);
	if (status != STATUS_OK)
		return status;
	const struct signer appointed = {
		.kind = SIGNER_APPOINTED,
		.id = key_id_of_object(&gate->object->id),
		.key = appointment.key,
		.roles = appointment.roles,
		.until_s = appointment.until_s,
	};
	return introduce(admission, &appointed, err);
}

static enum status admit_revocation(struct admission *admission, const struct gate *gate, struct error *err)
{
	struct revocation revocation;
	const enum status status = revocation_decode(&revocation, gate->object->payload, err);
	if (status != STATUS_OK || revocation.kind != REVOKE_DEVICE)
		return status;
	admission->device = revocation.who;
	admission->number = revocation.has_good ? revocation.good.number : 0;
	return STATUS_OK;
}

static enum status admit_message(struct admission *admission, const struct gate *gate, struct error *err)
{
	(void)admission;
	struct message message;
	return message_decode(&message, gate->object->payload, err);
}

static enum status admit_package(struct admission *admission, const struct gate *gate, struct error *err)
{
	struct package package;
	const enum status status = package_decode(&package, gate->object->payload, err);
	if (status != STATUS_OK)
		return status;
	admission->number = package.part;
	return object_check_attachment(gate->object, &package.part_hash, err);
}

static enum status admit_receipt(struct admission *admission, const struct gate *gate, struct error *err)
{
	struct receipt receipt;
	const enum status status = receipt_decode(&receipt, gate->object->payload, err);
	if (status != STATUS_OK)
		return status;
	admission->device = receipt.device;
	admission->number = receipt.number;
	return STATUS_OK;
}

static enum status admit_acknowledgement(struct admission *admission, const struct gate *gate, struct error *err)
{
	struct acknowledgement acknowledgement;
	enum status status = demand_role(gate, ROLE_ACKNOWLEDGE, err);
	if (status == STATUS_OK)
		status = acknowledgement_decode(&acknowledgement, gate->object->payload, err);
	if (status != STATUS_OK)
		return status;
	admission->device = acknowledgement.device;
	admission->number = acknowledgement.number;
	return STATUS_OK;
}

static enum status admit_review(struct admission *admission, const struct gate *gate, struct error *err)
{
	struct review review;
	enum status status = demand_role(gate, ROLE_REVIEW, err);
	if (status == STATUS_OK)
		status = review_decode(&review, gate->object->payload, err);
	if (status == STATUS_OK)
		status = object_check_attachment(gate->object, &review.sealed, err);
	if (status == STATUS_OK)
		admission->number = (uint64_t)review.time_s;
	return status;
}

static enum status refuse_to_keep(struct admission *admission, const struct gate *gate, struct error *err)
{
	(void)admission;
	char name[12];
	return error_set(err, STATUS_REFUSED, "a %s is an answer to the moment and never kept (never_kept)",
	                 object_type_name(gate->object->type, name));
}

/* --- the gate --- */

struct admission_rule {
	enum status (*admit)(struct admission *admission, const struct gate *gate, struct error *err);
	bool attaches; /* the rule looks at the attachment itself; otherwise there must be none */
};

static const struct admission_rule rules[] = {
	[OBJECT_REPORT] = {admit_event, true},
	[OBJECT_AMEND] = {admit_event, true},
	[OBJECT_RETRACT] = {admit_event, true},
	[OBJECT_CORROBORATE] = {admit_event, true},
	[OBJECT_RECOVERY] = {admit_event, true},
	[OBJECT_INTAKE] = {admit_event, true},
	[OBJECT_ENROLMENT] = {admit_enrolment, true},
	[OBJECT_SUCCESSION] = {admit_succession, false},
	[OBJECT_HEAD] = {admit_head, false},
	[OBJECT_WITHHOLDING] = {admit_withholding, false},
	[OBJECT_DESCRIPTOR] = {admit_descriptor, false},
	[OBJECT_INVITE] = {admit_invite, false},
	[OBJECT_CONFIRMATION] = {admit_confirmation, false},
	[OBJECT_APPOINTMENT] = {admit_appointment, false},
	[OBJECT_REVOCATION] = {admit_revocation, false},
	[OBJECT_MESSAGE] = {admit_message, false},
	[OBJECT_PACKAGE] = {admit_package, true},
	[OBJECT_RECEIPT] = {admit_receipt, false},
	[OBJECT_CLOCK] = {refuse_to_keep, true},
	[OBJECT_ACKNOWLEDGEMENT] = {admit_acknowledgement, false},
	[OBJECT_REVIEW] = {admit_review, true},
	[OBJECT_PULL_REQUEST] = {refuse_to_keep, true},
};

static const struct admission_rule *find_rule(enum object_type type)
{
	const unsigned number = (unsigned)type;
	if (number >= sizeof rules / sizeof *rules || rules[number].admit == NULL)
		return NULL;
	return &rules[number];
}

/* Of a type to come: who it is by is known, and of an event its place in the chain. */
static enum status admit_unknown(struct admission *admission, const struct gate *gate, struct error *err)
{
	if (object_type_is_event(gate->object->type))
		return admit_event(admission, gate, err);
	if (gate->signer.kind == SIGNER_DEVICE)
		admission->device = gate->signer.id;
	return STATUS_OK;
}

enum status admission_check(struct admission *admission, const struct object *object, const struct key_public *root,
                            const struct signer_source *source, struct error *err)
{
	const struct admission_rule *const rule = find_rule(object->type);
	struct admission fresh = {.type = object->type, .known_type = rule != NULL};
	struct gate gate = {.object = object, .root = root, .source = source, .project = key_id_of_project(root)};
	enum status status = STATUS_OK;
	if (object->type != OBJECT_ENROLMENT)
		status = admission_check_signer(&gate.signer, object, root, source, err);
	if (status == STATUS_OK && rule != NULL && !rule->attaches)
		status = object_check_attachment(object, NULL, err);
	if (status == STATUS_OK)
		status = rule != NULL ? rule->admit(&fresh, &gate, err) : admit_unknown(&fresh, &gate, err);
	if (status == STATUS_OK)
		*admission = fresh;
	return status;
}
