#include "schema/outbox_tables.h"

/* What a relay said last counts, though it be less than before: it may have lost what it held. */
static enum status cover(struct outbox *outbox, const struct key_id *device, enum outbox_by by, uint64_t number,
                         int64_t time_s, struct error *err)
{
	struct query *const query = db_query(outbox->db, OUTBOX_COVER);
	query_bind_bytes(query, 1, key_id_span(device));
	query_bind_int(query, 2, by);
	query_bind_int(query, 3, (int64_t)number);
	query_bind_int(query, 4, time_s);
	return query_run(query, err);
}

static enum status learn(struct outbox *outbox, const struct checkpoint *seen, struct error *err)
{
	struct query *const query = db_query(outbox->db, OUTBOX_CHECKPOINT_PUT);
	query_bind_bytes(query, 1, key_id_span(&seen->log));
	query_bind_int(query, 2, (int64_t)seen->size);
	query_bind_bytes(query, 3, hash_span(&seen->root));
	return query_run(query, err);
}

/* Numbers that damage took are missing for ever: a relay that misses no others of an ended chain has all there is. But only
 * one that has the successor's key knows how far the chain went: that is sent behind the chain's last event. */
static enum status count_past_losses(struct outbox *outbox, const struct outbox_identity *identity,
                                     struct receipt *receipt, struct error *err)
{
	enum status status = STATUS_OK;
	const struct outbox_identity *const next = identity->ended ? identity + 1 : identity;
	bool lost = identity->ended && receipt->missing_len < STATEMENT_GAPS && next->known[OUTBOX_BY_RELAY] &&
	            next->time_s[OUTBOX_BY_RELAY] <= receipt->time_s;

	for (size_t i = 0; i < receipt->missing_len && status == STATUS_OK && lost; i++) {
		const struct gap *const gap = &receipt->missing[i];
		for (uint64_t number = gap->first; number <= gap->last && status == STATUS_OK && lost; number++)
			status = outbox_lost_has(outbox, &identity->device, number, &lost, err);
	}
	if (status == STATUS_OK && lost && receipt->missing_len > 0 && receipt->number < identity->tip.number)
		receipt->number = identity->tip.number;
	return status;
}

static enum status take_receipt(struct outbox *outbox, const struct object *object, struct error *err)
{
	struct receipt receipt;
	bool own = false;

	enum status status = receipt_decode(&receipt, object->payload, err);
	if (status != STATUS_OK)
		return status;
	const struct outbox_identity *const identity = outbox_identity_of(outbox, &receipt.device);
	if (identity == NULL)
		return STATUS_OK;
	const struct head head = {receipt.number, receipt.last};
	status = outbox_is_own(outbox, identity, &head, &own, err);
	if (status == STATUS_OK && own)
		status = count_past_losses(outbox, identity, &receipt, err);
	if (status != STATUS_OK || !own)
		return status;
	status = cover(outbox, &receipt.device, receipt.hub ? OUTBOX_BY_HUB : OUTBOX_BY_RELAY, receipt.number,
	               receipt.time_s, err);
	return status == STATUS_OK && !receipt.hub ? learn(outbox, &receipt.seen, err) : status;
}

static enum status take_acknowledgement(struct outbox *outbox, const struct object *object, struct error *err)
{
	struct acknowledgement acknowledgement;
	bool own = false;

	enum status status = acknowledgement_decode(&acknowledgement, object->payload, err);
	if (status != STATUS_OK)
		return status;
	const struct outbox_identity *const identity = outbox_identity_of(outbox, &acknowledgement.device);
	if (identity == NULL)
		return STATUS_OK;
	const struct head head = {acknowledgement.number, acknowledgement.last};
	status = outbox_is_own(outbox, identity, &head, &own, err);
	if (status != STATUS_OK || !own)
		return status;
	status = cover(outbox, &acknowledgement.device, OUTBOX_BY_HQ, acknowledgement.number, acknowledgement.time_s, err);
	if (status != STATUS_OK)
		return status;
	return outbox_purge(outbox, identity, (struct gap){identity->covered[OUTBOX_BY_HQ] + 1, acknowledgement.number}, err);
}

/* What the object means for this device, beside its place in the set. */
static enum status apply(struct outbox *outbox, struct span wire, struct error *err)
{
	struct object object;

	const enum status status = object_parse(&object, wire, err);
	if (status != STATUS_OK)
		return status;
	if (object.type == OBJECT_RECEIPT)
		return take_receipt(outbox, &object, err);
	if (object.type == OBJECT_ACKNOWLEDGEMENT)
		return take_acknowledgement(outbox, &object, err);
	return object.type == OBJECT_DESCRIPTOR ? outbox_follow_descriptors(outbox, err) : STATUS_OK;
}

/* The object was looked at and turned away: nothing of it was stored. */
static bool is_refusal(enum status status)
{
	return status == STATUS_BAD_INPUT || status == STATUS_TAMPERED || status == STATUS_UNTRUSTED ||
	       status == STATUS_REFUSED;
}

enum status outbox_take(struct outbox *outbox, struct span wire, struct admission *admission, enum set_outcome *outcome,
                        struct error *err)
{
	struct admission found;
	enum set_outcome result = SET_HAD;

	enum status status = outbox_begin(outbox, err);
	if (status != STATUS_OK)
		return status;
	const enum status answer = set_put(outbox->set, wire, &found, &result, err);
	if (answer == STATUS_OK && result != SET_HAD)
		status = apply(outbox, wire, err);
	else if (!is_refusal(answer))
		status = answer;
	status = outbox_end(outbox, status, err);
	if (status == STATUS_OK)
		status = answer;
	if (status != STATUS_OK)
		return status;
	*admission = found;
	*outcome = result;
	return STATUS_OK;
}

enum status outbox_forget_receipts(struct outbox *outbox, const struct key_id *device, bool *forgot, struct error *err)
{
	const struct outbox_identity *const identity = outbox_identity_of(outbox, device);
	const bool known = identity != NULL && identity->known[OUTBOX_BY_RELAY];
	enum status status = STATUS_OK;
	if (known) {
		status = outbox_begin(outbox, err);
		if (status == STATUS_OK)
			status = outbox_end(outbox, query_run(db_query(outbox->db, OUTBOX_UNCOVER), err), err);
	}
	if (status == STATUS_OK)
		*forgot = known;
	return status;
}
