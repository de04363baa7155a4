#include <stdlib.h>

#include "schema/event.h"
#include "schema/outbox_tables.h"

/* A walk along one own chain. */
struct walk {
	struct outbox *outbox;
	const struct outbox_identity *identity;
	struct head at;
	struct body *body; /* room to decode into */
	bool has_losses;   /* then no link stands for those before a gap: each signature is verified */
	uint64_t rows;     /* over all chains */
};

static enum status broken(const struct walk *walk, const char *how, struct error *err)
{
	(void)error_set(err, STATUS_CORRUPT, "the register is damaged: report %llu %s",
	                (unsigned long long)walk->at.number + 1, how);
	error_hint(err, "Keep the files as they are: doctor tells what can be saved of a register; or restore a backup beside them.");
	return STATUS_CORRUPT;
}

static enum status verify(const struct walk *walk, const struct object *object, struct error *err)
{
	const struct signer_source signers = set_signers(walk->outbox->set);
	const struct key_id project = outbox_project(walk->outbox);
	struct signer signer;

	enum status status = signers.find(signers.context, &walk->identity->device, &signer, err);
	if (status == STATUS_OK)
		status = object_verify(object, &signer.key, &project, err);
	return status == STATUS_TAMPERED || status == STATUS_NOT_FOUND ? broken(walk, "does not verify", err) : status;
}

/* Goes over numbers that a repair knows to be lost; what comes behind them follows none that is here. */
static enum status pass_losses(struct walk *walk, uint64_t number, bool *passed, struct error *err)
{
	enum status status = STATUS_OK;
	bool lost = walk->has_losses;

	*passed = false;
	while (status == STATUS_OK && lost && walk->at.number + 1 < number) {
		status = outbox_lost_has(walk->outbox, &walk->identity->device, walk->at.number + 1, &lost, err);
		if (status != STATUS_OK || !lost)
			return status;
		walk->at.number++;
		*passed = true;
	}
	return status;
}

/* The sealed body that was signed; or none, where a withholding stands for the link. */
static enum status check_attached(const struct walk *walk, const struct object *object, const struct event *event,
                                  struct error *err)
{
	bool withheld = false;
	const enum status status = outbox_is_withheld(walk->outbox, &object->id, &withheld, err);
	if (status != STATUS_OK || (withheld && object->attachment.len == 0))
		return status;
	if (object_check_attachment(object, &event->sealed, err) != STATUS_OK)
		return broken(walk, "has another sealed body than it was signed with", err);
	return STATUS_OK;
}

/* Columns: number, id, previous, wire, body, type. Each link commits to all before it, so that the last signature
 * stands for the whole chain. */
static enum status check_link(struct walk *walk, const struct query *query, struct error *err)
{
	struct object object;
	struct event event;
	bool passed = false;

	enum status status = pass_losses(walk, (uint64_t)query_int(query, 0), &passed, err);
	if (status != STATUS_OK)
		return status;
	if (object_parse(&object, query_bytes(query, 3), err) != STATUS_OK ||
	    event_decode(&event, object.payload, err) != STATUS_OK)
		return broken(walk, "cannot be read", err);
	if (query_int(query, 0) != (int64_t)walk->at.number + 1 || event.number != walk->at.number + 1)
		return broken(walk, "is missing or has another number", err);
	if (!span_equals(query_bytes(query, 1), hash_span(&object.id)) || query_int(query, 5) != (int64_t)object.type)
		return broken(walk, "does not have its id", err);
	if ((!passed && !hash_equals(&event.previous, &walk->at.last)) ||
	    !span_equals(query_bytes(query, 2), hash_span(&event.previous)))
		return broken(walk, "does not follow the one before it", err);
	const enum status attached = check_attached(walk, &object, &event, err);
	if (attached != STATUS_OK)
		return attached;
	if (!query_is_null(query, 4) && body_decode(walk->body, object.type, query_bytes(query, 4), err) != STATUS_OK)
		return broken(walk, "has a readable copy that cannot be read", err);
	if (walk->has_losses || event.number == walk->identity->tip.number)
		status = verify(walk, &object, err);
	if (status != STATUS_OK)
		return status;
	walk->at = (struct head){event.number, object.id};
	walk->rows++;
	return STATUS_OK;
}

static enum status check_introduction(struct walk *walk, struct error *err)
{
	struct bytes wire = {0};
	struct object object;
	bool lost = false;

	enum status status = outbox_lost_has(walk->outbox, &walk->identity->device, 0, &lost, err);
	if (status != STATUS_OK || lost)
		return status;
	status = set_get(walk->outbox->set, &walk->identity->introduced, &wire, err);
	if (status == STATUS_OK)
		status = object_parse(&object, bytes_span(&wire), err);
	if (status == STATUS_OK) {
		const struct key_id device = key_id_of_object(&object.id);
		if (!key_id_equals(&device, &walk->identity->device) || !hash_equals(&object.id, &walk->identity->introduced))
			status = STATUS_CORRUPT;
	}
	bytes_wipe(&wire);
	if (status == STATUS_OK || status == STATUS_NO_MEMORY || status == STATUS_IO)
		return status;
	return error_set(err, STATUS_CORRUPT, "the register is damaged: what introduced this device is not there");
}

static enum status walk_chain(struct walk *walk, struct error *err)
{
	bool row = false;
	uint64_t lost = 0;

	walk->at = (struct head){0, walk->identity->introduced};
	enum status status = outbox_lost_count(walk->outbox, &walk->identity->device, UINT64_MAX, &lost, err);
	walk->has_losses = lost > 0;
	if (status == STATUS_OK)
		status = check_introduction(walk, err);
	if (status != STATUS_OK)
		return status;
	struct query *const query = db_query(walk->outbox->db, OUTBOX_WALK);
	query_bind_bytes(query, 1, key_id_span(&walk->identity->device));
	status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = check_link(walk, query, err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	bool passed = false;
	if (status == STATUS_OK)
		status = pass_losses(walk, walk->identity->tip.number + 1, &passed, err);
	if (status == STATUS_OK && walk->at.number != walk->identity->tip.number)
		return broken(walk, "is missing", err);
	return status;
}

static enum status check_count(const struct walk *walk, struct error *err)
{
	bool row = false;

	struct query *const query = db_query(walk->outbox->db, OUTBOX_OWN_COUNT);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && (!row || (uint64_t)query_int(query, 0) != walk->rows))
		status = error_set(err, STATUS_CORRUPT, "the register is damaged: it holds reports of no chain of its own");
	query_end(query);
	return status;
}

static enum status check_all(struct outbox *outbox, struct walk *walk, struct error *err)
{
	enum status status = outbox_refresh(outbox, err);
	if (status == STATUS_OK)
		status = set_reload(outbox->set, err);
	if (status == STATUS_OK)
		status = set_check(outbox->set, err);
	for (size_t i = 0; i < outbox->identities_len && status == STATUS_OK; i++) {
		walk->identity = &outbox->identities[i];
		status = walk_chain(walk, err);
	}
	return status == STATUS_OK ? check_count(walk, err) : status;
}

enum status outbox_check(struct outbox *outbox, struct error *err)
{
	struct walk walk = {.outbox = outbox};

	walk.body = malloc(sizeof *walk.body);
	if (walk.body == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = db_begin_read(outbox->db, err);
	if (status == STATUS_OK) {
		status = check_all(outbox, &walk, err);
		db_rollback(outbox->db);
	}
	body_init(walk.body, OBJECT_REPORT);
	free(walk.body);
	return status;
}

enum status outbox_check_whole(struct outbox *outbox, struct error *err)
{
	const enum status status = db_check(outbox->db, err);
	return status == STATUS_OK ? outbox_check(outbox, err) : status;
}
