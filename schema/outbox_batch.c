#include "schema/event.h"
#include "schema/outbox_tables.h"
#include "schema/withholding.h"

/* A bundle being filled. What does not fit ends it: nothing later may overtake it. */
struct batch {
	struct outbox *outbox;
	struct bytes *out;
	size_t budget; /* length of `out` not to be passed */
	bool weighed;  /* something that counts against the budget is in */
	bool full;
	uint64_t objects;
	uint64_t sent_to; /* number of the own event reached */
};

/* NOT_FOUND, which is "enough" for set_each_*, when it does not fit. */
static enum status add(struct batch *batch, struct span wire, struct error *err)
{
	if (batch->weighed && batch->out->len + wire.len > batch->budget) {
		batch->full = true;
		return STATUS_NOT_FOUND;
	}
	const enum status status = bytes_append(batch->out, wire, err);
	if (status != STATUS_OK)
		return status;
	batch->weighed = true;
	batch->objects++;
	return STATUS_OK;
}

/* Of a withheld event the cut-off rest stays here: its withholding goes in its place. */
static bool is_rest(const struct object *object)
{
	return object_type_is_event(object->type) && object->attachment.len == 0;
}

static enum status add_each(void *context, uint64_t position, const struct hash *id, struct span wire, struct error *err)
{
	struct object object;
	(void)position;
	(void)id;
	const enum status status = object_parse(&object, wire, err);
	return status != STATUS_OK || is_rest(&object) ? status : add(context, wire, err);
}

/* Heads weigh nothing: a round without them would not show a dropped tail. */
static enum status add_head(void *context, uint64_t position, const struct hash *id, struct span wire, struct error *err)
{
	struct batch *const batch = context;
	(void)position;
	(void)id;

	const enum status status = bytes_append(batch->out, wire, err);
	if (status != STATUS_OK)
		return status;
	batch->budget += wire.len;
	batch->objects++;
	return STATUS_OK;
}

static enum status add_own_event(void *context, uint64_t position, const struct hash *id, struct span wire,
                                 struct error *err)
{
	struct batch *const batch = context;
	struct object object;
	struct withheld link = {0};
	(void)position;
	(void)id;

	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK && is_rest(&object))
		return STATUS_OK;
	if (status == STATUS_OK)
		status = object.type == OBJECT_WITHHOLDING ? withholding_read(&link, &object, err)
		                                           : event_decode(&link.event, object.payload, err);
	status = outbox_stored(status, err);
	if (status == STATUS_OK)
		status = add(batch, wire, err);
	if (status == STATUS_OK)
		batch->sent_to = link.event.number;
	return status;
}

/* What introduced a key may be lost to damage: then the relay has it, or nobody. */
static enum status add_introduction(struct batch *batch, const struct outbox_identity *identity, struct error *err)
{
	struct bytes wire = {0};
	bool lost = false;

	enum status status = outbox_lost_has(batch->outbox, &identity->device, 0, &lost, err);
	if (status != STATUS_OK || lost)
		return status;
	status = set_get(batch->outbox->set, &identity->introduced, &wire, err);
	if (status == STATUS_OK) {
		status = add(batch, bytes_span(&wire), err);
		if (status == STATUS_NOT_FOUND)
			status = STATUS_OK;
	}
	bytes_wipe(&wire);
	return status;
}

/* --- what is ours --- */

static enum status add_own_head(struct batch *batch, struct error *err)
{
	struct bytes head = {0};

	enum status status = outbox_sign_head(batch->outbox, &head, err);
	if (status == STATUS_OK)
		status = add_head(batch, 0, NULL, bytes_span(&head), err);
	bytes_wipe(&head);
	return status;
}

static enum status add_own(struct batch *batch, const struct outbox_identity *identity, struct error *err)
{
	const bool current = identity == outbox_self(batch->outbox);
	const uint64_t covered = identity->covered[OUTBOX_BY_RELAY];
	const bool known = identity->known[OUTBOX_BY_RELAY];
	struct set *const set = batch->outbox->set;
	enum status status = STATUS_OK;

	if (current)
		batch->sent_to = covered;
	if (known && covered >= identity->tip.number)
		return STATUS_OK;
	if (!known)
		status = add_introduction(batch, identity, err);
	if (status == STATUS_OK && !batch->full)
		status = current ? add_own_head(batch, err)
		                 : set_each_newest(set, OBJECT_HEAD, &identity->device, add_head, batch, err);
	if (status == STATUS_OK && !batch->full)
		status = set_each_link(set, &identity->device, (struct gap){covered + 1, identity->tip.number},
		                       current ? add_own_event : add_each, batch, err);
	return status;
}

/* --- what is carried for others --- */

/* How far a relay's receipt covers a device that is not ours. */
struct coverage {
	struct set *set;
	struct key_id device;
	bool known;
	uint64_t number;
};

static enum status notice(void *context, uint64_t position, const struct hash *id, struct span wire, struct error *err)
{
	bool *const found = context;
	(void)position;
	(void)id;
	(void)wire;
	(void)err;
	*found = true;
	return STATUS_NOT_FOUND;
}

/* The link that the receipt names is here, or nothing of that number is: else the relay holds another branch. */
static enum status receipt_fits(const struct coverage *coverage, const struct receipt *receipt, bool *fits,
                                struct error *err)
{
	bool other = false;

	enum status status = set_has(coverage->set, &receipt->last, fits, err);
	if (status != STATUS_OK || *fits)
		return status;
	status = set_each_link(coverage->set, &coverage->device, (struct gap){receipt->number, receipt->number}, notice,
	                       &other, err);
	*fits = !other;
	return status;
}

static enum status look_at_receipt(void *context, uint64_t position, const struct hash *id, struct span wire,
                                   struct error *err)
{
	struct coverage *const coverage = context;
	struct object object;
	struct receipt receipt = {0};
	bool fits = false;
	(void)position;
	(void)id;

	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = receipt_decode(&receipt, object.payload, err);
	if (status != STATUS_OK || receipt.hub)
		return status;
	coverage->known = true;
	status = receipt_fits(coverage, &receipt, &fits, err);
	if (status == STATUS_OK && fits && receipt.number > coverage->number)
		coverage->number = receipt.number;
	return status;
}

static enum status add_other(struct batch *batch, const struct key_id *device, struct span introduction,
                             struct error *err)
{
	struct set *const set = batch->outbox->set;
	struct coverage coverage = {.set = set, .device = *device};
	bool more = false;

	enum status status = set_each_newest(set, OBJECT_RECEIPT, device, look_at_receipt, &coverage, err);
	const struct gap rest = {coverage.number + 1, UINT64_MAX};
	if (status == STATUS_OK)
		status = set_each_link(set, device, rest, notice, &more, err);
	if (status == STATUS_OK && !coverage.known)
		status = add(batch, introduction, err);
	if (status == STATUS_OK && more)
		status = set_each_newest(set, OBJECT_HEAD, device, add_head, batch, err);
	if (status == STATUS_OK && more)
		status = set_each_link(set, device, rest, add_each, batch, err);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status add_others(struct batch *batch, struct error *err)
{
	struct key_id device;
	bool row = false;

	struct query *const query = db_query(batch->outbox->db, OUTBOX_OTHERS);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row && !batch->full) {
		status = query_exact(query, 0, device.bytes, KEY_ID_BYTES, err);
		if (status == STATUS_OK)
			status = add_other(batch, &device, query_bytes(query, 1), err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

/* --- the two ways out --- */

static enum status fill(struct batch *batch, struct error *err)
{
	struct outbox *const outbox = batch->outbox;
	enum status status = STATUS_OK;

	for (size_t i = 0; i < outbox->identities_len && status == STATUS_OK && !batch->full; i++)
		status = add_own(batch, &outbox->identities[i], err);
	if (status == STATUS_OK && !batch->full)
		status = add_others(batch, err);
	return status;
}

/* The own head is put into the set as it is signed, so even a batch is a write. */
static enum status build(struct batch *batch, enum status (*filling)(struct batch *batch, struct error *err),
                         struct error *err)
{
	const size_t before = batch->out->len;
	enum status status = outbox_begin(batch->outbox, err);
	if (status != STATUS_OK)
		return status;
	status = outbox_end(batch->outbox, filling(batch, err), err);
	if (status != STATUS_OK)
		batch->out->len = before;
	return status;
}

enum status outbox_batch(struct outbox *outbox, size_t budget_bytes, struct bytes *bundle, uint64_t *sent_to, bool *left,
                         struct error *err)
{
	struct batch batch = {.outbox = outbox, .out = bundle, .budget = bundle->len + budget_bytes};
	if (batch.budget < budget_bytes)
		batch.budget = SIZE_MAX / 2;
	const enum status status = build(&batch, fill, err);
	if (status != STATUS_OK)
		return status;
	*sent_to = batch.sent_to;
	*left = batch.full;
	return STATUS_OK;
}

static enum status fill_all(struct batch *batch, struct error *err)
{
	static const enum object_type newest[] = {OBJECT_HEAD, OBJECT_RECEIPT, OBJECT_ACKNOWLEDGEMENT};
	struct bytes head = {0};

	enum status status = outbox_sign_head(batch->outbox, &head, err);
	bytes_wipe(&head);
	/* In order of arrival, so each signer stands before what he signed. */
	if (status == STATUS_OK)
		status = set_each_after(batch->outbox->set, 0, add_each, batch, err);
	for (size_t i = 0; i < sizeof newest / sizeof newest[0] && status == STATUS_OK; i++)
		status = set_each_newest(batch->outbox->set, newest[i], NULL, add_each, batch, err);
	return status;
}

static enum status hand_over_all(struct batch *batch, enum status status, struct error *err)
{
	return status == STATUS_OK ? outbox_note_handed(batch->outbox, outbox_self(batch->outbox)->tip.number, err) : status;
}

static enum status fill_file(struct batch *batch, struct error *err)
{
	return hand_over_all(batch, fill(batch, err), err);
}

static enum status fill_whole_file(struct batch *batch, struct error *err)
{
	return hand_over_all(batch, fill_all(batch, err), err);
}

enum status outbox_export(struct outbox *outbox, bool all, struct bytes *bundle, uint64_t *objects, struct error *err)
{
	struct batch batch = {.outbox = outbox, .out = bundle, .budget = SIZE_MAX / 2};
	const enum status status = build(&batch, all ? fill_whole_file : fill_file, err);
	if (status == STATUS_OK)
		*objects = batch.objects;
	return status;
}
