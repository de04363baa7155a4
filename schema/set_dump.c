#include "schema/set_tables.h"

enum status set_dump(struct set *set, struct bytes *out, struct error *err)
{
	bool row = false;
	const size_t before = out->len;

	struct query *const query = db_query(set->db, SET_EACH_BY_ID);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = bytes_append(out, query_bytes(query, 1), err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	if (status != STATUS_OK)
		out->len = before;
	return status;
}
