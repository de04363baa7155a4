#include "schema/outbox_tables.h"

#include <string.h>

bool outbox_keeps_drafts(const struct outbox *outbox)
{
	return outbox->descriptor.retention != DESCRIPTOR_NEVER;
}

enum status outbox_draft_put(struct outbox *outbox, const struct outbox_draft *draft, struct error *err)
{
	if (!outbox_keeps_drafts(outbox)) {
		(void)error_set(err, STATUS_REFUSED, "this project lets the device keep nothing readable, drafts neither");
		error_hint(err, "finish the report in one go; nothing was kept of it");
		return STATUS_REFUSED;
	}
	enum status status = outbox_begin(outbox, err);
	if (status != STATUS_OK)
		return status;
	struct query *const query = db_query(outbox->db, OUTBOX_DRAFT_PUT);
	query_bind_bytes(query, 1, (struct span){draft->mark, sizeof draft->mark});
	query_bind_int(query, 2, draft->saved_s < 0 ? 0 : draft->saved_s);
	query_bind_bytes(query, 3, bytes_span(&draft->content));
	status = query_run(query, err);
	return outbox_end(outbox, status, err);
}

enum status outbox_draft_get(struct outbox *outbox, struct outbox_draft *draft, struct error *err)
{
	struct outbox_draft found = {0};
	bool row = false;
	struct query *const query = db_query(outbox->db, OUTBOX_DRAFT_GET);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && !row)
		status = error_set(err, STATUS_NOT_FOUND, "no draft waits");
	if (status == STATUS_OK)
		status = query_exact(query, 0, found.mark, sizeof found.mark, err);
	if (status == STATUS_OK) {
		found.saved_s = query_int(query, 1);
		status = bytes_append(&found.content, query_bytes(query, 2), err);
	}
	query_end(query);
	if (status == STATUS_OK)
		*draft = found;
	else
		bytes_wipe(&found.content);
	return status;
}

enum status outbox_draft_drop(struct outbox *outbox, const uint8_t mark[OUTBOX_MARK_BYTES], struct error *err)
{
	enum status status = outbox_begin(outbox, err);
	if (status != STATUS_OK)
		return status;
	struct query *const query = db_query(outbox->db, OUTBOX_DRAFT_DROP);
	query_bind_bytes(query, 1, (struct span){mark, OUTBOX_MARK_BYTES});
	status = query_run(query, err);
	return outbox_end(outbox, status, err);
}

enum status outbox_put_drafted(struct outbox *outbox, const struct body *body, const uint8_t mark[OUTBOX_MARK_BYTES],
                               struct hash *id, struct error *err)
{
	struct hash made;
	enum status status = outbox_group_begin(outbox, err);
	if (status != STATUS_OK)
		return status;
	status = outbox_put(outbox, body, 1, &made, err);
	if (status == STATUS_OK)
		status = outbox_draft_drop(outbox, mark, err);
	if (status != STATUS_OK) {
		outbox->spoiled = status;
		return outbox_group_end(outbox, NULL) == STATUS_OK ? STATUS_BUG : status;
	}
	status = outbox_group_end(outbox, err);
	if (status == STATUS_OK)
		*id = made;
	return status;
}
