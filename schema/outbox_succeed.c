#include "schema/outbox_tables.h"

static enum status end_identity(struct outbox *outbox, struct error *err)
{
	const struct outbox_identity *const self = outbox_self(outbox);
	struct query *const query = db_query(outbox->db, OUTBOX_IDENTITY_END);
	query_bind_int(query, 1, self->generation);
	query_bind_int(query, 2, (int64_t)self->tip.number);
	return query_run(query, err);
}

/* The old key's last words: where its chain ends, and which key goes on. */
static enum status hand_over(struct outbox *outbox, struct succession *succession, const struct signing_key *key,
                             struct error *err)
{
	const struct outbox_identity *const self = outbox_self(outbox);
	const struct key_id project = outbox_project(outbox);
	struct bytes head = {0}, wire = {0};
	struct hash id;
	struct admission admission;
	enum set_outcome outcome;

	succession->number = self->tip.number;
	succession->last = self->tip.last;
	enum status status = outbox_sign_head(outbox, &head, err);
	if (status == STATUS_OK)
		status = succession_make(&wire, &id, succession, &self->device, outbox->key, key, &project, err);
	if (status == STATUS_OK)
		status = set_put(outbox->set, bytes_span(&wire), &admission, &outcome, err);
	if (status == STATUS_OK)
		status = end_identity(outbox, err);
	if (status == STATUS_OK)
		status = outbox_identity_put(outbox, &admission.device, &id, key, err);
	bytes_wipe(&head);
	bytes_wipe(&wire);
	return status;
}

enum status outbox_succeed(struct outbox *outbox, enum succession_reason reason, struct error *err)
{
	struct succession succession = {.reason = reason};
	struct signing_key *key = NULL;

	enum status status = signing_key_new(&key, err);
	if (status == STATUS_OK)
		status = outbox_begin(outbox, err);
	if (status != STATUS_OK) {
		signing_key_free(key);
		return status;
	}
	status = outbox_end(outbox, hand_over(outbox, &succession, key, err), err);
	struct signing_key *const unused = status == STATUS_OK ? outbox->key : key;
	if (status == STATUS_OK)
		outbox->key = key;
	signing_key_free(unused);
	return status;
}
