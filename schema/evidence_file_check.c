#include "schema/evidence_file.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/cbor.h"
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
	/* The ids of the report and of what the file shows to follow it in its chain. */
	size_t chain_len;
	struct hash chain[1 + EVIDENCE_FILE_LINKS];
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

/* --- the chain --- */

/* The number does not tell: whoever holds the key can sign another event of any number, at any time. Only what hangs
 * together by its links does. */
static bool is_linked(const struct checker *checker, uint64_t number, const struct hash *id)
{
	const uint64_t first = evidence_event(checker->result.report)->number;
	return number >= first && number - first < checker->chain_len && hash_equals(&checker->chain[number - first], id);
}

/* Whether "held, or opened, or good, up to `head`" of that device takes in the event. */
static bool takes_in(const struct checker *checker, const struct evidence *event, const struct key_id *device,
                     const struct head *head)
{
	const uint64_t number = evidence_event(event)->number;
	if (!key_id_equals(device, evidence_device(event)) || head->number < number)
		return false;
	if (head->number == number)
		return hash_equals(&head->last, evidence_id(event));
	return key_id_equals(device, evidence_device(checker->result.report)) &&
	       is_linked(checker, number, evidence_id(event)) && is_linked(checker, head->number, &head->last);
}

static enum status check_link(const struct checker *checker, struct span wire, struct head *at, struct error *err)
{
	const struct signer *const author = find_known(checker, evidence_device(checker->result.report));
	struct object object;
	struct event event = {0};
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK && (!object_type_is_event(object.type) || !key_id_equals(&object.signer, &author->id)))
		return error_set(err, STATUS_BAD_INPUT, "it is no event of the report's device (chain)");
	if (status == STATUS_OK)
		status = object_verify(&object, &author->key, &checker->project, err);
	if (status == STATUS_OK)
		status = object_check_attachment(&object, NULL, err);
	if (status == STATUS_OK)
		status = event_decode(&event, object.payload, err);
	if (status == STATUS_OK && (event.number != at->number + 1 || !hash_equals(&event.previous, &at->last)))
		return error_set(err, STATUS_BAD_INPUT, "it does not follow from the one before (chain)");
	if (status == STATUS_OK)
		*at = (struct head){event.number, object.id};
	return status;
}

static enum status check_chain(struct checker *checker, struct error *err)
{
	struct cbor_reader reader;
	struct head at = {evidence_event(checker->result.report)->number, *evidence_id(checker->result.report)};
	checker->chain[checker->chain_len++] = at.last;
	enum status status = cbor_read_begin(&reader, checker->file.chain, err);
	if (status != STATUS_OK)
		return status;
	const size_t links = cbor_read_array(&reader);
	if (links > EVIDENCE_FILE_LINKS)
		cbor_read_fail(&reader, "out_of_range");
	for (size_t i = 0; cbor_read_ok(&reader) && i < links; i++) {
		status = check_link(checker, cbor_read_encoded(&reader), &at, err);
		if (status != STATUS_OK)
			return error_wrap(err, status, "link %zu after the report", i + 1);
		checker->chain[checker->chain_len++] = at.last;
	}
	return cbor_read_end(&reader, "the chain after the report", err);
}

/* --- later events --- */

static bool speaks_of(const struct evidence *later, const struct evidence_file_result *result)
{
	const struct hash *const parent = &evidence_body(later)->parent;
	bool found = hash_equals(parent, evidence_id(result->report));
	for (size_t i = 0; i < result->later_len; i++)
		found = found || hash_equals(parent, evidence_id(result->later[i]));
	return found;
}

/* Whether `device` is `first` or goes on from it. A parent is known before its successor: it ends. */
static bool goes_on(const struct checker *checker, const struct key_id *device, const struct key_id *first)
{
	const struct signer *at = find_known(checker, device);
	while (at != NULL && at->kind == SIGNER_DEVICE && !key_id_equals(&at->id, first))
		at = find_known(checker, &at->parent);
	return at != NULL && at->kind == SIGNER_DEVICE;
}

/* Whether a revocation of its signer, or of whom that one goes on from, leaves the event out. */
static bool is_revoked(const struct checker *checker, const struct evidence *event)
{
	for (size_t i = 0; i < checker->file.statements_len; i++) {
		struct revocation revocation;
		if (checker->statements[i].type != OBJECT_REVOCATION ||
		    revocation_decode(&revocation, checker->statements[i].payload, NULL) != STATUS_OK ||
		    revocation.kind != REVOKE_DEVICE || !goes_on(checker, evidence_device(event), &revocation.who))
			continue;
		if (!revocation.has_good || !takes_in(checker, event, &revocation.who, &revocation.good))
			return true;
	}
	return false;
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
		const bool is_own = goes_on(checker, evidence_device(later), evidence_device(result->report));
		result->later_is_own[result->later_len] = is_own;
		result->later_is_contested[result->later_len] = is_own && is_revoked(checker, later);
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

static enum status note_receipt(struct checker *checker, const struct object *object, struct error *err)
{
	struct evidence_file_result *const result = &checker->result;
	struct receipt receipt;
	const enum status status = receipt_decode(&receipt, object->payload, err);
	const struct head held = {receipt.number, receipt.last};
	if (status != STATUS_OK || !takes_in(checker, result->report, &receipt.device, &held))
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
	const struct head opened = {said.number, said.last};
	if (status != STATUS_OK || appointee == NULL || said.time_s > appointee->until_s ||
	    !takes_in(checker, result->report, &said.device, &opened))
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
	const bool is_good = revocation.has_good && takes_in(checker, result->report, &revocation.who, &revocation.good);
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
		status = check_chain(checker, err);
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
