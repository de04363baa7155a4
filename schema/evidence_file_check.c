#include "schema/evidence_file.h"

#include <stdlib.h>
#include <string.h>

#include "schema/admission.h"
#include "schema/enrolment.h"

/* Signers of a path and of all statements; a statement introduces at most four. */
#define KNOWN_MAX (EVIDENCE_FILE_AUTHORITY + 4 * EVIDENCE_FILE_STATEMENTS)

struct checker {
	struct evidence_file file;
	struct key_id project;
	struct signer known[KNOWN_MAX];
	size_t known_len;
	struct object statements[EVIDENCE_FILE_STATEMENTS];
	struct evidence_file_result result;
};

/* --- signers, as the file introduces them one after the other --- */

/* KNOWN_MAX where there is none. */
static size_t find_place(const struct checker *checker, const struct key_id *id)
{
	for (size_t i = 0; i < checker->known_len; i++)
		if (key_id_equals(&checker->known[i].id, id))
			return i;
	return KNOWN_MAX;
}

static const struct signer *find_known(const struct checker *checker, const struct key_id *id)
{
	const size_t place = find_place(checker, id);
	return place < KNOWN_MAX ? &checker->known[place] : NULL;
}

static enum status find_signer(void *context, const struct key_id *id, struct signer *signer, struct error *err)
{
	const struct signer *const found = find_known(context, id);
	if (found == NULL)
		return error_set(err, STATUS_NOT_FOUND, "the file does not say whose signature this is");
	*signer = *found;
	return STATUS_OK;
}

static enum status key_is_taken(void *context, const struct key_public *key, const struct hash *but, bool *taken,
                                struct error *err)
{
	(void)err;
	const struct checker *const checker = context;
	const struct key_id own = key_id_of_object(but);
	*taken = false;
	for (size_t i = 0; i < checker->known_len; i++) {
		const struct signer *const other = &checker->known[i];
		if (other->kind == SIGNER_DEVICE && !key_id_equals(&other->id, &own) &&
		    span_equals(key_public_span(&other->key), key_public_span(key)))
			*taken = true;
	}
	return STATUS_OK;
}

/* One wire object through the gate that every object passes. */
static enum status admit(struct checker *checker, struct object *object, struct span wire, struct error *err)
{
	const struct signer_source source = {checker, find_signer, key_is_taken};
	struct admission admission;
	enum status status = object_parse(object, wire, err);
	if (status == STATUS_OK)
		status = admission_check(&admission, object, &checker->file.root, &source, err);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < admission.signers_len; i++)
		if (find_known(checker, &admission.signers[i].id) == NULL)
			checker->known[checker->known_len++] = admission.signers[i];
	return STATUS_OK;
}

/* --- root to signer --- */

static enum status check_root(struct checker *checker, const struct key_id *fingerprint, struct error *err)
{
	const enum status status = signing_public_check(&checker->file.root, err);
	if (status != STATUS_OK)
		return status;
	checker->project = key_id_of_project(&checker->file.root);
	checker->result.project = checker->project;
	if (key_id_equals(&checker->project, fingerprint))
		return STATUS_OK;
	char found[KEY_PROQUINT_BYTES], wanted[KEY_PROQUINT_BYTES];
	key_id_format(&checker->project, found);
	key_id_format(fingerprint, wanted);
	(void)error_set(err, STATUS_UNTRUSTED, "this is evidence of the project \"%s\", not of \"%s\" (project)", found, wanted);
	error_hint(err, "compare the fingerprint with the one that headquarters publishes");
	return STATUS_UNTRUSTED;
}

static enum status check_path(struct checker *checker, struct error *err)
{
	struct evidence_file_result *const result = &checker->result;
	for (size_t i = 0; i < checker->file.authority_len; i++) {
		struct object object;
		const enum status status = admit(checker, &object, checker->file.authority[i], err);
		if (status != STATUS_OK)
			return error_wrap(err, status, "link %zu from the root to the signer", i + 1);
		const bool is_expected = i == 0 ? object.type == OBJECT_ENROLMENT
		                                : object.type == OBJECT_SUCCESSION &&
		                                          key_id_equals(&object.signer, &result->path[i - 1]);
		if (!is_expected)
			return error_set(err, STATUS_BAD_INPUT,
			                 "link %zu from the root to the signer does not follow from the one before (authority)", i + 1);
		if (i == 0) {
			result->enrolment = object.id;
			result->invite = object.signer;
		}
		result->path[result->path_len++] = key_id_of_object(&object.id);
	}
	return STATUS_OK;
}

/* --- opened events --- */

static enum status confirm_event(struct evidence **evidence, const struct checker *checker,
                                 const struct evidence_file_opened *opened, struct error *err)
{
	struct object object;
	const enum status status = object_parse_cose(&object, opened->type, opened->cose, err);
	if (status != STATUS_OK)
		return status;
	const struct signer *const signer = find_known(checker, &object.signer);
	if (signer == NULL || signer->kind != SIGNER_DEVICE)
		return error_set(err, STATUS_UNTRUSTED, "the file does not show that its signer is a device (unknown_signer)");
	return evidence_confirm(evidence, &object, &signer->key, &checker->project, &opened->salt, opened->body, err);
}

static enum status check_report(struct checker *checker, struct error *err)
{
	struct evidence_file_result *const result = &checker->result;
	const enum status status = confirm_event(&result->report, checker, &checker->file.report, err);
	if (status != STATUS_OK)
		return error_wrap(err, status, "the report");
	if (!key_id_equals(evidence_device(result->report), &result->path[result->path_len - 1]))
		return error_set(err, STATUS_BAD_INPUT, "the path does not lead to the report's signer (authority)");
	return STATUS_OK;
}

static bool speaks_of(const struct evidence *later, const struct evidence_file_result *result)
{
	const struct hash *const parent = &evidence_body(later)->parent;
	bool found = hash_equals(parent, evidence_id(result->report));
	for (size_t i = 0; i < result->later_len; i++)
		found = found || hash_equals(parent, evidence_id(result->later[i]));
	return found;
}

/* Whether `device` is the report's signer or goes on from it. A parent is known before its successor: it ends. */
static bool is_own(const struct checker *checker, const struct key_id *device)
{
	const struct key_id *const author = evidence_device(checker->result.report);
	const struct signer *at = find_known(checker, device);
	while (at != NULL && at->kind == SIGNER_DEVICE && !key_id_equals(&at->id, author))
		at = find_known(checker, &at->parent);
	return at != NULL && key_id_equals(&at->id, author);
}

static enum status check_later(struct checker *checker, struct error *err)
{
	struct evidence_file_result *const result = &checker->result;
	for (size_t i = 0; i < checker->file.later_len; i++) {
		struct evidence *later = NULL;
		const enum status status = confirm_event(&later, checker, &checker->file.later[i], err);
		if (status != STATUS_OK)
			return error_wrap(err, status, "later event %zu", i + 1);
		if (!speaks_of(later, result)) {
			evidence_free(later);
			return error_set(err, STATUS_BAD_INPUT, "later event %zu does not speak of this report (parent)", i + 1);
		}
		result->later_is_own[result->later_len] = is_own(checker, evidence_device(later));
		result->later[result->later_len++] = later;
	}
	return STATUS_OK;
}

/* --- what else is known --- */

static bool is_on_path(const struct evidence_file_result *result, const struct key_id *device)
{
	for (size_t i = 0; i < result->path_len; i++)
		if (key_id_equals(&result->path[i], device))
			return true;
	return false;
}

/* Whether "held, or good, up to `number`, which is `last`" takes in the report, as far as its own number tells. */
static bool takes_in_report(const struct evidence *report, const struct key_id *device, uint64_t number,
                            const struct hash *last)
{
	const uint64_t own = evidence_event(report)->number;
	if (!key_id_equals(device, evidence_device(report)) || number < own)
		return false;
	return number > own || hash_equals(last, evidence_id(report));
}

static enum status note_receipt(struct checker *checker, const struct object *object, struct error *err)
{
	struct evidence_file_result *const result = &checker->result;
	struct receipt receipt;
	const enum status status = receipt_decode(&receipt, object->payload, err);
	if (status != STATUS_OK || !takes_in_report(result->report, &receipt.device, receipt.number, &receipt.last))
		return status;
	/* The earliest is worth most: it says since when. */
	if (!result->is_received || receipt.time_s < result->receipt.time_s)
		result->receipt = receipt;
	result->is_received = true;
	return STATUS_OK;
}

static enum status note_acknowledgement(struct checker *checker, const struct object *object, struct error *err)
{
	struct evidence_file_result *const result = &checker->result;
	const struct signer *const appointee = find_known(checker, &object->signer);
	struct acknowledgement said;
	const enum status status = acknowledgement_decode(&said, object->payload, err);
	if (status != STATUS_OK || appointee == NULL || said.time_s > appointee->until_s ||
	    !takes_in_report(result->report, &said.device, said.number, &said.last))
		return status;
	if (!result->is_acknowledged || said.time_s < result->acknowledgement.time_s)
		result->acknowledgement = said;
	result->is_acknowledged = true;
	return STATUS_OK;
}

static enum status note_confirmation(struct checker *checker, const struct object *object, struct error *err)
{
	struct evidence_file_result *const result = &checker->result;
	struct confirmation confirmation;
	const enum status status = confirmation_decode(&confirmation, object->payload, err);
	if (status == STATUS_OK && hash_equals(&confirmation.enrolment, &result->enrolment)) {
		result->confirmation = confirmation;
		result->is_confirmed = true;
	}
	return status;
}

/* An appointee's term ends with his revocation. */
static void shorten_term(struct checker *checker, const struct revocation *revocation)
{
	const size_t place = find_place(checker, &revocation->who);
	if (place < KNOWN_MAX && checker->known[place].kind == SIGNER_APPOINTED &&
	    revocation->time_s <= checker->known[place].until_s)
		checker->known[place].until_s = revocation->time_s - 1;
}

static enum status note_revocation(struct checker *checker, const struct object *object, struct error *err)
{
	struct evidence_file_result *const result = &checker->result;
	struct revocation revocation;
	const enum status status = revocation_decode(&revocation, object->payload, err);
	if (status != STATUS_OK)
		return status;
	if (revocation.kind == REVOKE_APPOINTMENT)
		shorten_term(checker, &revocation);
	const bool of_device = revocation.kind == REVOKE_DEVICE && is_on_path(result, &revocation.who);
	const bool of_invite = revocation.kind == REVOKE_INVITE && key_id_equals(&revocation.who, &result->invite);
	if (!of_device && !of_invite)
		return STATUS_OK;
	if (result->revocations_len == EVIDENCE_FILE_REVOCATIONS)
		return error_set(err, STATUS_BAD_INPUT, "the file holds more than %d revocations of one path (too_long)",
		                 EVIDENCE_FILE_REVOCATIONS);
	result->revocations[result->revocations_len++] = revocation;
	/* A revoked device takes its successors along: only its own chain can still be good. */
	const bool is_good = revocation.has_good && takes_in_report(result->report, &revocation.who, revocation.good.number,
	                                                            &revocation.good.last);
	if (of_device && !is_good)
		result->is_contested = true;
	return STATUS_OK;
}

/* What the root says of keys comes first: it decides what the others' words are worth. */
static enum status note_of_root(struct checker *checker, const struct object *object, struct error *err)
{
	const int type = (int)object->type;
	if (type == OBJECT_CONFIRMATION)
		return note_confirmation(checker, object, err);
	return type == OBJECT_REVOCATION ? note_revocation(checker, object, err) : STATUS_OK;
}

static enum status note_of_others(struct checker *checker, const struct object *object, struct error *err)
{
	const int type = (int)object->type;
	if (type == OBJECT_RECEIPT)
		return note_receipt(checker, object, err);
	return type == OBJECT_ACKNOWLEDGEMENT ? note_acknowledgement(checker, object, err) : STATUS_OK;
}

static enum status check_statements(struct checker *checker, struct error *err)
{
	const size_t len = checker->file.statements_len;
	enum status status = STATUS_OK;
	for (size_t i = 0; i < len; i++) {
		status = admit(checker, &checker->statements[i], checker->file.statements[i], err);
		if (status != STATUS_OK)
			return error_wrap(err, status, "statement %zu", i + 1);
	}
	for (size_t i = 0; i < len && status == STATUS_OK; i++)
		status = note_of_root(checker, &checker->statements[i], err);
	for (size_t i = 0; i < len && status == STATUS_OK; i++)
		status = note_of_others(checker, &checker->statements[i], err);
	return status;
}

/* --- the whole --- */

static void sum_up(struct evidence_file_result *result)
{
	result->unproven = EVIDENCE_FILE_NOTHING_ELSE | EVIDENCE_FILE_CLOCK;
	if (!result->is_confirmed)
		result->unproven |= EVIDENCE_FILE_PERSON;
	if (!result->is_received)
		result->unproven |= EVIDENCE_FILE_RECEIVED;
	if (!result->is_acknowledged)
		result->unproven |= EVIDENCE_FILE_OPENED;
}

enum status evidence_file_check(struct evidence_file_result *result, struct span file, const struct key_id *fingerprint,
                                struct error *err)
{
	struct checker *checker = calloc(1, sizeof *checker);
	if (checker == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = evidence_file_parse(&checker->file, file, err);
	if (status == STATUS_OK)
		status = check_root(checker, fingerprint, err);
	if (status == STATUS_OK)
		status = check_path(checker, err);
	if (status == STATUS_OK)
		status = check_report(checker, err);
	if (status == STATUS_OK)
		status = check_statements(checker, err);
	if (status == STATUS_OK)
		status = check_later(checker, err);
	if (status == STATUS_OK) {
		sum_up(&checker->result);
		*result = checker->result;
	} else {
		evidence_file_result_wipe(&checker->result);
	}
	free(checker);
	return status;
}
