/* What comes in: verified, opened, or set aside. The only place that writes `opened`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "schema/casebook_inside.h"

/* --- quarantine --- */

static enum status trim_quarantine(struct casebook *casebook, struct error *err)
{
	struct query *const query = db_query(casebook->db, CASEBOOK_QUARANTINE_TRIM);
	query_bind_int(query, 1, CASEBOOK_QUARANTINE_MAX);
	return query_run(query, err);
}

static enum status set_aside(struct casebook *casebook, struct span wire, const struct error *fault, struct error *err)
{
	struct object object = {0};
	char reason[CASEBOOK_REASON_BYTES];
	const struct hash wire_hash = hash_of(wire);
	/* What cannot be taken apart is of type 0, of nobody. */
	(void)!object_parse(&object, wire, NULL);
	(void)snprintf(reason, sizeof reason, "%.*s", (int)sizeof reason - 1, fault->message);
	struct query *const query = db_query(casebook->db, CASEBOOK_QUARANTINE_PUT);
	query_bind_bytes(query, 1, hash_span(&wire_hash));
	query_bind_int(query, 2, object.type);
	query_bind_bytes(query, 3, key_id_span(&object.signer));
	query_bind_int(query, 4, fault->status);
	query_bind_text(query, 5, reason);
	query_bind_int(query, 6, (int64_t)time(NULL));
	query_bind_bytes(query, 7, (struct span){wire.data, wire.len < OBJECT_MAX_BYTES ? wire.len : OBJECT_MAX_BYTES});
	const enum status status = query_run(query, err);
	return status == STATUS_OK ? trim_quarantine(casebook, err) : status;
}

static enum status drop_from_quarantine(struct casebook *casebook, const struct hash *wire_hash, struct error *err)
{
	struct query *const query = db_query(casebook->db, CASEBOOK_QUARANTINE_DROP);
	query_bind_bytes(query, 1, hash_span(wire_hash));
	return query_run(query, err);
}

/* --- opening --- */

static enum status is_opened(struct casebook *casebook, const struct hash *id, bool *opened, struct error *err)
{
	struct query *const query = db_query(casebook->db, CASEBOOK_OPENED_HAS);
	query_bind_bytes(query, 1, hash_span(id));
	const enum status status = query_step(query, opened, err);
	query_end(query);
	return status;
}

static enum status put_opened(struct casebook *casebook, const struct evidence *evidence, struct error *err)
{
	const struct body *const body = evidence_body(evidence);
	const struct seal_salt *const salt = evidence_salt(evidence);
	struct query *const query = db_query(casebook->db, CASEBOOK_OPENED_PUT);
	query_bind_bytes(query, 1, hash_span(evidence_id(evidence)));
	query_bind_bytes(query, 2, key_id_span(evidence_device(evidence)));
	query_bind_int(query, 3, evidence_event(evidence)->number);
	query_bind_int(query, 4, body->type);
	if (!hash_is_zero(&body->parent))
		query_bind_bytes(query, 5, hash_span(&body->parent));
	query_bind_bytes(query, 6, (struct span){salt->bytes, sizeof salt->bytes});
	query_bind_bytes(query, 7, evidence_body_bytes(evidence));
	return query_run(query, err);
}

static enum status find_sealing(struct casebook *casebook, const struct object *object, const struct sealing_key **sealing,
                                struct error *err)
{
	struct event event;
	enum status status = event_decode(&event, object->payload, err);
	if (status == STATUS_OK)
		status = project_sealing_key(casebook->project, event.descriptor, sealing, err);
	if (status == STATUS_NOT_FOUND)
		return error_set(err, STATUS_UNTRUSTED, "it is sealed as descriptor %llu says, and there is none (descriptor)",
		                 (unsigned long long)event.descriptor);
	return status;
}

/* An event that the set holds. */
static enum status open_event(struct casebook *casebook, const struct object *object, struct error *err)
{
	const struct signer_source signers = set_signers(casebook->set);
	const struct sealing_key *sealing = NULL;
	struct evidence *evidence = NULL;
	struct signer signer;
	bool opened = false;
	enum status status = is_opened(casebook, &object->id, &opened, err);
	if (status != STATUS_OK || opened)
		return status;
	status = find_sealing(casebook, object, &sealing, err);
	if (status == STATUS_OK)
		status = signers.find(signers.context, &object->signer, &signer, err);
	if (status == STATUS_OK)
		status = evidence_open(&evidence, object, &signer.key, &casebook->project->id, sealing, err);
	if (status == STATUS_OK)
		status = put_opened(casebook, evidence, err);
	evidence_free(evidence);
	return status;
}

/* --- taking --- */

static enum status put_arrival(struct casebook *casebook, const struct hash *id, uint64_t position, struct error *err)
{
	struct query *const query = db_query(casebook->db, CASEBOOK_ARRIVAL_PUT);
	query_bind_bytes(query, 1, hash_span(id));
	query_bind_int(query, 2, (int64_t)position);
	query_bind_int(query, 3, (int64_t)time(NULL));
	return query_run(query, err);
}

/* Looked at, believed or not, and never kept in the set. */
static enum status take_clock(struct casebook *casebook, const struct object *object, struct error *err)
{
	const struct signer_source signers = set_signers(casebook->set);
	struct signer signer;
	struct relay_clock clock = {0};
	enum status status = admission_check_signer(&signer, object, set_root(casebook->set), &signers, err);
	if (status == STATUS_OK)
		status = object_check_attachment(object, NULL, err);
	if (status == STATUS_OK)
		status = relay_clock_decode(&clock, object->payload, err);
	if (status != STATUS_OK || !clock.has_seen)
		return status;
	if (!key_id_equals(&clock.seen.log, &object->signer))
		return error_set(err, STATUS_BAD_INPUT, "the relay speaks of another's log (log)");
	return casebook_log_note_clock(casebook, &clock, err);
}

static enum status note_receipt(struct casebook *casebook, const struct object *object, struct error *err)
{
	struct receipt receipt = {0};
	const enum status status = receipt_decode(&receipt, object->payload, err);
	return status == STATUS_OK ? casebook_log_note(casebook, &receipt.seen, receipt.time_s, err) : status;
}

/* What follows from an object that the set holds now. */
static enum status follow(struct casebook *casebook, const struct object *object, const struct admission *admission,
                          struct error *err)
{
	const int type = (int)object->type;
	casebook->introduced = casebook->introduced || admission->introduces || type == OBJECT_DESCRIPTOR;
	if (type == OBJECT_DESCRIPTOR)
		return project_reload(casebook->project, err);
	if (type == OBJECT_RECEIPT)
		return note_receipt(casebook, object, err);
	return type <= OBJECT_INTAKE ? open_event(casebook, object, err) : STATUS_OK;
}

static enum status settle(struct casebook *casebook, struct span wire, uint64_t position, enum set_outcome *outcome,
                          struct error *err)
{
	struct object object;
	struct admission admission = {0};
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK && object.type == OBJECT_CLOCK) {
		*outcome = SET_NEW;
		return take_clock(casebook, &object, err);
	}
	if (status == STATUS_OK && position > casebook->pulled.size) {
		status = casebook_log_extend(casebook, position, &object.id, err);
		if (status == STATUS_OK)
			status = put_arrival(casebook, &object.id, position, err);
	}
	if (status == STATUS_OK)
		status = set_put(casebook->set, wire, &admission, outcome, err);
	if (status == STATUS_OK && object_type_is_logged(object.type))
		status = put_arrival(casebook, &object.id, 0, err);
	return status == STATUS_OK ? follow(casebook, &object, &admission, err) : status;
}

enum status casebook_take(struct casebook *casebook, struct span wire, uint64_t position, enum set_outcome *outcome,
                          struct error *err)
{
	struct error fault = {0};
	enum set_outcome result = SET_NEW;
	enum status status = casebook_write(casebook, err);
	if (status != STATUS_OK)
		return status;
	status = settle(casebook, wire, position, &result, &fault);
	if (status == STATUS_OK) {
		*outcome = result;
		return STATUS_OK;
	}
	if (status_blames_input(status)) {
		const enum status kept = set_aside(casebook, wire, &fault, err);
		if (kept != STATUS_OK)
			return kept;
	}
	if (err != NULL)
		*err = fault;
	return status;
}

/* --- once more --- */

/* The next of those that somebody new may vouch for, after `at`; *wire is empty when there is none. */
static enum status next_waiting(struct casebook *casebook, const struct bytes *at, struct hash *wire_hash,
                                struct bytes *wire, struct error *err)
{
	bool row = false;
	bytes_clear(wire);
	struct query *const query = db_query(casebook->db, CASEBOOK_QUARANTINE_WAITING);
	query_bind_int(query, 1, STATUS_UNTRUSTED);
	query_bind_int(query, 2, STATUS_REFUSED);
	query_bind_bytes(query, 3, bytes_span(at));
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row)
		status = query_exact(query, 0, wire_hash->bytes, sizeof wire_hash->bytes, err);
	if (status == STATUS_OK && row)
		status = bytes_append(wire, query_bytes(query, 1), err);
	query_end(query);
	return status;
}

static enum status try_again(struct casebook *casebook, const struct hash *wire_hash, const struct bytes *wire,
                             struct error *err)
{
	struct error fault = {0};
	enum set_outcome outcome;
	const enum status status = settle(casebook, bytes_span(wire), 0, &outcome, &fault);
	if (status == STATUS_OK)
		return drop_from_quarantine(casebook, wire_hash, err);
	if (status_blames_input(status))
		return set_aside(casebook, bytes_span(wire), &fault, err);
	if (err != NULL)
		*err = fault;
	return status;
}

static enum status try_all_again(struct casebook *casebook, struct error *err)
{
	struct bytes at = {0}, wire = {0};
	struct hash wire_hash;
	enum status status = next_waiting(casebook, &at, &wire_hash, &wire, err);
	while (status == STATUS_OK && wire.len > 0) {
		bytes_clear(&at);
		status = bytes_append(&at, hash_span(&wire_hash), err);
		if (status == STATUS_OK)
			status = try_again(casebook, &wire_hash, &wire, err);
		if (status == STATUS_OK)
			status = next_waiting(casebook, &at, &wire_hash, &wire, err);
	}
	bytes_wipe(&at);
	bytes_wipe(&wire);
	return status;
}

/* Each time round somebody left the quarantine who vouches for others: it ends. */
static enum status try_until_settled(struct casebook *casebook, struct error *err)
{
	enum status status = STATUS_OK;
	while (status == STATUS_OK && casebook->introduced) {
		casebook->introduced = false;
		status = try_all_again(casebook, err);
	}
	return status;
}

enum status casebook_commit(struct casebook *casebook, const uint64_t *cursor, struct error *err)
{
	if (!casebook->in_batch)
		return error_set(err, STATUS_BUG, "a batch was committed that was not begun");
	enum status status = try_until_settled(casebook, err);
	/* Another process may have come further meanwhile, never less far. */
	if (status == STATUS_OK && cursor != NULL && *cursor > casebook->pulled.size)
		status = error_set(err, STATUS_BUG, "the relay's log was pulled up to %llu, and only %llu objects came",
		                   (unsigned long long)*cursor, (unsigned long long)casebook->pulled.size);
	if (status == STATUS_OK && casebook->writing)
		status = casebook_log_save(casebook, err);
	if (status == STATUS_OK && casebook->writing)
		status = db_commit(casebook->db, err);
	if (status == STATUS_OK)
		casebook->writing = casebook->in_batch = false;
	else
		casebook_rollback(casebook);
	return status;
}

/* --- showing what was set aside --- */

static enum status read_quarantined(struct quarantined *quarantined, const struct query *query, struct error *err)
{
	*quarantined = (struct quarantined){
		.type = (enum object_type)query_int(query, 1),
		.status = (enum status)query_int(query, 3),
		.first_s = query_int(query, 5),
	};
	(void)snprintf(quarantined->reason, sizeof quarantined->reason, "%s", query_text(query, 4));
	enum status status = query_exact(query, 0, quarantined->wire_hash.bytes, sizeof quarantined->wire_hash.bytes, err);
	if (status == STATUS_OK)
		status = query_exact(query, 2, quarantined->signer.bytes, sizeof quarantined->signer.bytes, err);
	return status;
}

enum status casebook_each_quarantined(struct casebook *casebook,
                                      enum status (*each)(void *, const struct quarantined *, struct error *),
                                      void *context, struct error *err)
{
	struct quarantined quarantined;
	bool row = false;
	struct query *const query = db_query(casebook->db, CASEBOOK_QUARANTINE_EACH);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = read_quarantined(&quarantined, query, err);
		if (status == STATUS_OK)
			status = each(context, &quarantined, err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}
