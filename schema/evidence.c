#include "schema/evidence.h"

#include <stdlib.h>
#include <string.h>

struct evidence {
	struct hash id;
	struct key_id device;
	struct event event;
	struct seal_salt salt;
	struct bytes encoded; /* the body's bytes */
	struct body body;
};

/* Encode, commit, seal, sign. */
enum status evidence_make(struct bytes *wire, struct hash *id, const struct body *body,
                          const struct evidence_author *author, const struct evidence_link *link, struct error *err)
{
	struct bytes encoded = {0}, sealed = {0}, payload = {0};
	struct seal_salt salt = {{0}};
	const struct seal_place place = {author->project, author->device, link->number};
	struct event event = {.number = link->number, .previous = link->previous, .descriptor = author->descriptor};

	enum status status = body_encode(&encoded, body, err);
	if (status == STATUS_OK)
		status = seal_close(&sealed, &salt, bytes_span(&encoded), &author->recipient, err);
	if (status != STATUS_OK)
		goto out;
	event.commitment = seal_commitment(&place, &salt, bytes_span(&encoded));
	event.sealed = hash_of(bytes_span(&sealed));
	event.has_seen = link->seen != NULL;
	if (event.has_seen)
		event.seen = *link->seen;
	status = event_encode(&payload, &event, err);
	if (status != STATUS_OK)
		goto out;
	const struct object_draft draft = {body->type, author->device, bytes_span(&payload), bytes_span(&sealed)};
	status = object_make(wire, id, &draft, author->key, &author->project, err);
out:
	explicit_bzero(&salt, sizeof salt);
	bytes_wipe(&encoded);
	bytes_wipe(&sealed);
	bytes_wipe(&payload);
	return status;
}

/* Check: who signed it, then what the signed header says. */
static enum status check_header(struct evidence *evidence, const struct object *object, const struct key_public *signer,
                                const struct key_id *project, struct error *err)
{
	if (!object_type_is_event(object->type))
		return error_set(err, STATUS_BAD_INPUT, "this object is no event of a device's chain");
	const enum status status = object_verify(object, signer, project, err);
	if (status != STATUS_OK)
		return status;
	evidence->id = object->id;
	evidence->device = object->signer;
	return event_decode(&evidence->event, object->payload, err);
}

/* The body is the very one that was signed for this place; only then is it read. */
static enum status settle_body(struct evidence *evidence, enum object_type type, const struct key_id *project,
                               struct error *err)
{
	const struct seal_place place = {*project, evidence->device, evidence->event.number};
	const struct span encoded = bytes_span(&evidence->encoded);
	const struct hash commitment = seal_commitment(&place, &evidence->salt, encoded);
	if (!hash_equals(&commitment, &evidence->event.commitment))
		return error_set(err, STATUS_TAMPERED,
		                 "what is sealed is not what was signed here: copied from elsewhere, or altered (commitment)");
	return body_decode(&evidence->body, type, encoded, err);
}

static enum status finish(struct evidence **evidence, struct evidence *fresh, enum status status)
{
	if (status == STATUS_OK)
		*evidence = fresh;
	else
		evidence_free(fresh);
	return status;
}

/* Check, open, decode. */
enum status evidence_open(struct evidence **evidence, const struct object *object, const struct key_public *signer,
                          const struct key_id *project, const struct sealing_key *sealing, struct error *err)
{
	struct evidence *fresh = calloc(1, sizeof *fresh);
	if (fresh == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = check_header(fresh, object, signer, project, err);
	if (status == STATUS_OK)
		status = object_check_attachment(object, &fresh->event.sealed, err);
	if (status == STATUS_OK)
		status = seal_open(&fresh->encoded, &fresh->salt, object->attachment, sealing, err);
	if (status == STATUS_OK)
		status = settle_body(fresh, object->type, project, err);
	return finish(evidence, fresh, status);
}

enum status evidence_confirm(struct evidence **evidence, const struct object *object, const struct key_public *signer,
                             const struct key_id *project, const struct seal_salt *salt, struct span body,
                             struct error *err)
{
	struct evidence *fresh = calloc(1, sizeof *fresh);
	if (fresh == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = check_header(fresh, object, signer, project, err);
	if (status == STATUS_OK && object->attachment.len > 0)
		status = object_check_attachment(object, &fresh->event.sealed, err);
	if (status == STATUS_OK)
		status = bytes_append(&fresh->encoded, body, err);
	if (status == STATUS_OK) {
		fresh->salt = *salt;
		status = settle_body(fresh, object->type, project, err);
	}
	return finish(evidence, fresh, status);
}

void evidence_free(struct evidence *evidence)
{
	if (evidence == NULL)
		return;
	bytes_wipe(&evidence->encoded);
	explicit_bzero(evidence, sizeof *evidence);
	free(evidence);
}

const struct hash *evidence_id(const struct evidence *evidence)
{
	return &evidence->id;
}

const struct key_id *evidence_device(const struct evidence *evidence)
{
	return &evidence->device;
}

const struct event *evidence_event(const struct evidence *evidence)
{
	return &evidence->event;
}

const struct body *evidence_body(const struct evidence *evidence)
{
	return &evidence->body;
}

const struct seal_salt *evidence_salt(const struct evidence *evidence)
{
	return &evidence->salt;
}

struct span evidence_body_bytes(const struct evidence *evidence)
{
	return bytes_span(&evidence->encoded);
}
