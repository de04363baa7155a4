#include "schema/outbox_tables.h"

/* Events in the set: those that the key in use has signed, and those of other devices. */
static enum status count_held(struct outbox *outbox, uint64_t *ours, uint64_t *others, struct error *err)
{
	struct key_id device;
	bool row = false;

	*ours = *others = 0;
	struct query *const query = db_query(outbox->db, OUTBOX_HELD);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = query_exact(query, 0, device.bytes, KEY_ID_BYTES, err);
		if (status != STATUS_OK)
			break;
		const struct outbox_identity *const identity = outbox_identity_of(outbox, &device);
		if (identity == NULL)
			*others += (uint64_t)query_int(query, 1);
		else if (identity == outbox_self(outbox))
			*ours += (uint64_t)query_int(query, 1);
		status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

static enum status has_heirs(struct outbox *outbox, bool *heirs, struct error *err)
{
	struct query *const query = db_query(outbox->db, OUTBOX_HEIRS);
	query_bind_bytes(query, 1, key_id_span(&outbox_self(outbox)->device));
	const enum status status = query_step(query, heirs, err);
	query_end(query);
	return status;
}

/* What statements of others say about this device. */
struct standing {
	struct outbox *outbox;
	struct outbox_status *status;
};

static enum status look_at_revocation(void *context, uint64_t position, const struct hash *id, struct span wire,
                                      struct error *err)
{
	const struct standing *const standing = context;
	struct object object;
	struct revocation revocation = {0};
	(void)position;
	(void)id;

	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = revocation_decode(&revocation, object.payload, err);
	if (status == STATUS_OK && revocation.kind == REVOKE_DEVICE &&
	    outbox_identity_of(standing->outbox, &revocation.who) != NULL)
		standing->status->revoked = true;
	return status;
}

static enum status look_at_receipt(void *context, uint64_t position, const struct hash *id, struct span wire,
                                   struct error *err)
{
	const struct standing *const standing = context;
	struct object object;
	struct receipt receipt = {0};
	bool own = false;
	(void)position;
	(void)id;

	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = receipt_decode(&receipt, object.payload, err);
	if (status != STATUS_OK)
		return status;
	const struct head head = {receipt.number, receipt.last};
	status = outbox_is_own(standing->outbox, outbox_self(standing->outbox), &head, &own, err);
	if (status == STATUS_OK && !own)
		standing->status->surpassed = true;
	return status;
}

/* What damage took is counted apart. */
static enum status sum_losses(struct outbox *outbox, const struct outbox_identity *identity, struct outbox_status *found,
                              struct error *err)
{
	uint64_t all = 0, saved = 0, relay = 0, hq = 0;

	enum status status = outbox_lost_count(outbox, &identity->device, UINT64_MAX, &all, err);
	if (status == STATUS_OK)
		status = outbox_lost_count(outbox, &identity->device, identity->tip.number, &saved, err);
	if (status == STATUS_OK)
		status = outbox_lost_count(outbox, &identity->device, identity->covered[OUTBOX_BY_RELAY], &relay, err);
	if (status == STATUS_OK)
		status = outbox_lost_count(outbox, &identity->device, identity->covered[OUTBOX_BY_HQ], &hq, err);
	found->lost += all;
	found->saved += identity->tip.number - saved;
	found->relay += identity->covered[OUTBOX_BY_RELAY] - relay;
	found->hq += identity->covered[OUTBOX_BY_HQ] - hq;
	return status;
}

static enum status sum_chains(struct outbox *outbox, struct outbox_status *status, struct error *err)
{
	enum status summed = STATUS_OK;
	for (size_t i = 0; i < outbox->identities_len && summed == STATUS_OK; i++) {
		const struct outbox_identity *const identity = &outbox->identities[i];
		summed = sum_losses(outbox, identity, status, err);
		if (identity->time_s[OUTBOX_BY_RELAY] > status->receipt_s)
			status->receipt_s = identity->time_s[OUTBOX_BY_RELAY];
		if (identity->time_s[OUTBOX_BY_HQ] > status->acknowledgement_s)
			status->acknowledgement_s = identity->time_s[OUTBOX_BY_HQ];
	}
	return summed;
}

/* Recovery codes are links like all others, and no reports. */
static enum status set_recoveries_apart(struct outbox *outbox, struct outbox_status *found, struct error *err)
{
	struct key_id device;
	bool row = false;

	struct query *const query = db_query(outbox->db, OUTBOX_RECOVERIES);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		const uint64_t number = (uint64_t)query_int(query, 1);
		status = query_exact(query, 0, device.bytes, KEY_ID_BYTES, err);
		const struct outbox_identity *const identity = status == STATUS_OK ? outbox_identity_of(outbox, &device) : NULL;
		if (identity != NULL) {
			const bool relay = identity->covered[OUTBOX_BY_RELAY] >= number, hq = identity->covered[OUTBOX_BY_HQ] >= number;
			found->saved--;
			found->relay -= relay;
			found->hq -= hq;
			found->recovery_made = true;
			found->recovery_held = relay || hq;
		}
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

static enum status ask_all(struct outbox *outbox, struct outbox_status *found, struct error *err)
{
	struct standing standing = {outbox, found};
	uint64_t ours = 0;

	enum status status = outbox_refresh(outbox, err);
	if (status == STATUS_OK)
		status = count_held(outbox, &ours, &found->carried, err);
	if (status == STATUS_OK)
		status = has_heirs(outbox, &found->succeeded, err);
	if (status == STATUS_OK)
		status = set_each_of_type(outbox->set, OBJECT_REVOCATION, look_at_revocation, &standing, err);
	if (status == STATUS_OK)
		status = set_each_newest(outbox->set, OBJECT_RECEIPT, &outbox_self(outbox)->device, look_at_receipt, &standing,
		                         err);
	if (status == STATUS_OK)
		status = sum_chains(outbox, found, err);
	if (status == STATUS_OK)
		status = set_recoveries_apart(outbox, found, err);
	if (ours > outbox_self(outbox)->tip.number)
		found->surpassed = true;
	return status;
}

enum status outbox_status(struct outbox *outbox, struct outbox_status *out, struct error *err)
{
	struct outbox_status found = {0};

	enum status status = db_begin_read(outbox->db, err);
	if (status != STATUS_OK)
		return status;
	status = ask_all(outbox, &found, err);
	db_rollback(outbox->db);
	if (status == STATUS_OK)
		*out = found;
	return status;
}
