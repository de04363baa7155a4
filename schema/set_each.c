#include "schema/set_tables.h"

static enum status run(struct query *query, set_each_function *each, void *context, struct error *err)
{
	bool row = false;
	struct hash id;

	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = query_exact(query, 1, id.bytes, HASH_BYTES, err);
		if (status == STATUS_OK)
			status = each(context, (uint64_t)query_int(query, 0), &id, query_bytes(query, 2), err);
		if (status == STATUS_NOT_FOUND) {
			status = STATUS_OK;
			break;
		}
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

enum status set_each_after(struct set *set, uint64_t after, set_each_function *each, void *context, struct error *err)
{
	if (after > INT64_MAX)
		return STATUS_OK;
	struct query *const query = db_query(set->db, SET_EACH_AFTER);
	query_bind_int(query, 1, (int64_t)after);
	return run(query, each, context, err);
}

enum status set_each_newest(struct set *set, enum object_type type, const struct key_id *device,
                            set_each_function *each, void *context, struct error *err)
{
	struct query *const query = db_query(set->db, device == NULL ? SET_EACH_NEWEST : SET_EACH_NEWEST_OF);
	query_bind_int(query, 1, type);
	if (device != NULL)
		query_bind_bytes(query, 2, key_id_span(device));
	return run(query, each, context, err);
}

enum status set_each_of_type(struct set *set, enum object_type type, set_each_function *each, void *context,
                             struct error *err)
{
	struct query *const query = db_query(set->db, object_type_is_event(type) ? SET_EACH_EVENT_OF_TYPE : SET_EACH_OF_TYPE);
	query_bind_int(query, 1, type);
	return run(query, each, context, err);
}

enum status set_each_link(struct set *set, const struct key_id *device, struct gap numbers, set_each_function *each,
                          void *context, struct error *err)
{
	if (numbers.first > INT64_MAX)
		return STATUS_OK;
	struct query *const query = db_query(set->db, SET_EACH_LINK);
	query_bind_bytes(query, 1, key_id_span(device));
	query_bind_int(query, 2, (int64_t)numbers.first);
	query_bind_int(query, 3, numbers.last > INT64_MAX ? INT64_MAX : (int64_t)numbers.last);
	return run(query, each, context, err);
}

enum status set_each_device(struct set *set, set_each_function *each, void *context, struct error *err)
{
	return run(db_query(set->db, SET_EACH_DEVICE), each, context, err);
}
