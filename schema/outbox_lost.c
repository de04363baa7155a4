#include "schema/outbox_tables.h"

enum status outbox_lost_each(struct outbox *outbox, outbox_loss_function *each, void *context, struct error *err)
{
	struct outbox_loss loss;
	bool row = false;

	struct query *const query = db_query(outbox->db, OUTBOX_LOST);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		loss.first = (uint64_t)query_int(query, 1);
		loss.last = (uint64_t)query_int(query, 2);
		loss.fate = (enum outbox_fate)query_int(query, 3);
		status = query_exact(query, 0, loss.device.bytes, KEY_ID_BYTES, err);
		if (status == STATUS_OK)
			status = each(context, &loss, err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

enum status outbox_lost_has(struct outbox *outbox, const struct key_id *device, uint64_t number, bool *lost,
                            struct error *err)
{
	struct query *const query = db_query(outbox->db, OUTBOX_LOST_HAS);
	query_bind_bytes(query, 1, key_id_span(device));
	query_bind_int(query, 2, number > INT64_MAX ? INT64_MAX : (int64_t)number);
	const enum status status = query_step(query, lost, err);
	query_end(query);
	return status;
}

struct counting {
	const struct key_id *device;
	uint64_t upto, lost;
};

static enum status count(void *context, const struct outbox_loss *loss, struct error *err)
{
	struct counting *const counting = context;
	const uint64_t first = loss->first == 0 ? 1 : loss->first;
	const uint64_t last = loss->last < counting->upto ? loss->last : counting->upto;
	(void)err;
	if (key_id_equals(&loss->device, counting->device) && first <= last)
		counting->lost += last - first + 1;
	return STATUS_OK;
}

enum status outbox_lost_count(struct outbox *outbox, const struct key_id *device, uint64_t upto, uint64_t *lost,
                              struct error *err)
{
	struct counting counting = {.device = device, .upto = upto};
	const enum status status = outbox_lost_each(outbox, count, &counting, err);
	if (status == STATUS_OK)
		*lost = counting.lost;
	return status;
}
