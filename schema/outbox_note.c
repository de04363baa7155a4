/* Notes captured while the register was locked, on their way in: each becomes one signed report or none, and is
 * known from then on. */
#include "schema/outbox_tables.h"

enum status outbox_note_find(struct outbox *outbox, const struct hash *name, struct outbox_note *note, struct error *err)
{
	bool row = false;
	struct outbox_note found = {0};
	struct query *const query = db_query(outbox->db, OUTBOX_NOTE_GET);
	query_bind_bytes(query, 1, hash_span(name));
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row) {
		found.fate = query_is_null(query, 0) ? OUTBOX_NOTE_DROPPED : OUTBOX_NOTE_ACCEPTED;
		if (found.fate == OUTBOX_NOTE_ACCEPTED)
			status = query_exact(query, 0, found.event.bytes, HASH_BYTES, err);
	}
	query_end(query);
	if (status == STATUS_OK)
		*note = found;
	return status;
}

static enum status put_note(struct outbox *outbox, const struct hash *name, const struct hash *event, struct error *err)
{
	struct query *const query = db_query(outbox->db, OUTBOX_NOTE_PUT);
	query_bind_bytes(query, 1, hash_span(name));
	if (event != NULL)
		query_bind_bytes(query, 2, hash_span(event));
	return query_run(query, err);
}

/* Within the group: two programs that take the same note in at once save it once. */
static enum status settle(struct outbox *outbox, const struct hash *name, const struct body *body,
                          struct outbox_note *note, struct error *err)
{
	struct hash id;
	enum status status = outbox_note_find(outbox, name, note, err);
	if (status != STATUS_OK || note->fate != OUTBOX_NOTE_UNKNOWN)
		return status;
	if (body == NULL)
		return put_note(outbox, name, NULL, err);
	status = outbox_put(outbox, body, 1, &id, err);
	return status == STATUS_OK ? put_note(outbox, name, &id, err) : status;
}

static enum status settle_once(struct outbox *outbox, const struct hash *name, const struct body *body,
                               struct outbox_note *before, struct error *err)
{
	struct outbox_note found = {0};
	enum status status = outbox_group_begin(outbox, err);
	if (status != STATUS_OK)
		return status;
	status = settle(outbox, name, body, &found, err);
	if (status != STATUS_OK) {
		outbox->spoiled = status;
		return outbox_group_end(outbox, NULL) == STATUS_OK ? STATUS_BUG : status;
	}
	status = outbox_group_end(outbox, err);
	if (status == STATUS_OK)
		*before = found;
	return status;
}

enum status outbox_note_accept(struct outbox *outbox, const struct hash *name, const struct body *body,
                               struct outbox_note *before, struct error *err)
{
	return settle_once(outbox, name, body, before, err);
}

enum status outbox_note_drop(struct outbox *outbox, const struct hash *name, struct outbox_note *before,
                             struct error *err)
{
	return settle_once(outbox, name, NULL, before, err);
}
