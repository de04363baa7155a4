/* Withholding: what was saved and not yet sent never leaves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cbor.h"
#include "schema/event.h"
#include "schema/outbox_tables.h"
#include "schema/withholding.h"

enum { WITHHELD_MAX = 4096 };

enum status outbox_is_withheld(struct outbox *outbox, const struct hash *id, bool *withheld, struct error *err)
{
	struct query *const query = db_query(outbox->db, SET_WITHHELD_HAS);
	query_bind_bytes(query, 1, hash_span(id));
	const enum status status = query_step(query, withheld, err);
	query_end(query);
	return status;
}

/* --- what may have left --- */

static enum status get_handed(struct outbox *outbox, struct outbox_handing *handed, struct error *err)
{
	bool row = false;
	*handed = (struct outbox_handing){0};
	struct query *const query = db_query(outbox->db, OUTBOX_HANDED_GET);
	query_bind_bytes(query, 1, key_id_span(&outbox_self(outbox)->device));
	const enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row)
		*handed = (struct outbox_handing){(uint64_t)query_int(query, 0), (uint64_t)query_int(query, 1)};
	query_end(query);
	return status;
}

enum status outbox_note_handed(struct outbox *outbox, uint64_t number, struct error *err)
{
	struct query *const query = db_query(outbox->db, OUTBOX_HANDED_PUT);
	query_bind_bytes(query, 1, key_id_span(&outbox_self(outbox)->device));
	query_bind_int(query, 2, number > INT64_MAX ? INT64_MAX : (int64_t)number);
	return query_run(query, err);
}

enum status outbox_hand_over(struct outbox *outbox, uint64_t number, struct outbox_handing *handing, struct error *err)
{
	struct outbox_handing before = {0};
	enum status status = outbox_begin(outbox, err);
	if (status != STATUS_OK)
		return status;
	status = get_handed(outbox, &before, err);
	if (status == STATUS_OK)
		status = outbox_note_handed(outbox, number, err);
	status = outbox_end(outbox, status, err);
	if (status == STATUS_OK)
		*handing = (struct outbox_handing){before.before, before.times + 1};
	return status;
}

enum status outbox_take_back(struct outbox *outbox, const struct outbox_handing *handing, struct error *err)
{
	const enum status status = outbox_begin(outbox, err);
	if (status != STATUS_OK)
		return status;
	struct query *const query = db_query(outbox->db, OUTBOX_HANDED_BACK);
	query_bind_bytes(query, 1, key_id_span(&outbox_self(outbox)->device));
	query_bind_int(query, 2, (int64_t)handing->before);
	query_bind_int(query, 3, (int64_t)handing->times);
	return outbox_end(outbox, query_run(query, err), err);
}

/* --- dropping a body --- */

static enum status refuse(struct error *err, const char *why)
{
	(void)error_set(err, STATUS_REFUSED, "%s: it cannot be withheld any more", why);
	error_hint(err, "it can be retracted, for all to see: sijil retract ID --reason R");
	return STATUS_REFUSED;
}

/* Nothing of it, and so nothing that was made after it, may have left. */
static enum status check_here(struct outbox *outbox, const struct outbox_entry *entry, struct error *err)
{
	const struct outbox_identity *const self = outbox_self(outbox);
	struct outbox_handing handed;
	if (entry->type != OBJECT_REPORT) {
		(void)error_set(err, STATUS_REFUSED, "only a report is withheld; its amendments go with it");
		error_hint(err, "name the report itself: sijil list shows the reports and their numbers");
		return STATUS_REFUSED;
	}
	if (!key_id_equals(&entry->device, &self->device))
		return refuse(err, "this report was made under an earlier key of this device, of which there may be another copy");
	const enum status status = get_handed(outbox, &handed, err);
	if (status != STATUS_OK)
		return status;
	for (int by = OUTBOX_BY_RELAY; by <= OUTBOX_BY_HQ; by++)
		if (self->covered[by] >= entry->number)
			return refuse(err, "this report was sent");
	return handed.before >= entry->number ? refuse(err, "this report may have left this device, by a sync or in a carried file")
	                                      : STATUS_OK;
}

static enum status put_withholding(struct outbox *outbox, const struct object *event, struct error *err)
{
	const struct key_id project = outbox_project(outbox);
	struct bytes wire = {0};
	struct object object;
	struct withheld withheld;
	enum status status = withholding_make(&wire, event, outbox->key, &project, err);
	if (status == STATUS_OK)
		status = object_parse(&object, bytes_span(&wire), err);
	if (status == STATUS_OK)
		status = withholding_read(&withheld, &object, err);
	if (status == STATUS_OK) {
		const struct admission admission = {
			.type = OBJECT_WITHHOLDING,
			.device = outbox_self(outbox)->device,
			.number = withheld.event.number,
			.previous = withheld.event.previous,
			.link = withheld.id,
			.known_type = true,
		};
		status = set_put_own(outbox->set, &object, &admission, err);
	}
	bytes_wipe(&wire);
	return status;
}

/* The header stays where it was, so that the register's own order and tree hold; what was sealed is gone. */
static enum status cut(struct outbox *outbox, const struct object *event, int64_t position, struct error *err)
{
	struct bytes rest = {0};
	struct cbor_writer writer;
	cbor_write_begin(&writer, &rest);
	cbor_write_array(&writer, 2);
	cbor_write_uint(&writer, event->type);
	cbor_write_encoded(&writer, event->cose);
	enum status status = cbor_write_end(&writer, err);
	if (status == STATUS_OK) {
		struct query *const query = db_query(outbox->db, OUTBOX_WIRE_CUT);
		query_bind_int(query, 1, position);
		query_bind_bytes(query, 2, bytes_span(&rest));
		status = query_run(query, err);
	}
	if (status == STATUS_OK) {
		struct query *const query = db_query(outbox->db, OUTBOX_BODY_DROP);
		query_bind_int(query, 1, position);
		status = query_run(query, err);
	}
	bytes_wipe(&rest);
	return status;
}

static enum status get_wire(struct outbox *outbox, const struct hash *id, struct bytes *wire, int64_t *position,
                            struct error *err)
{
	bool row = false;
	struct query *const query = db_query(outbox->db, OUTBOX_WIRE_GET);
	query_bind_bytes(query, 1, hash_span(id));
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && !row) {
		status = error_set(err, STATUS_NOT_FOUND, "there is no such report on this device");
		error_hint(err, "sijil list shows the reports and their numbers");
	}
	if (status == STATUS_OK) {
		*position = query_int(query, 0);
		status = bytes_append(wire, query_bytes(query, 1), err);
	}
	query_end(query);
	return status;
}

static enum status drop(struct outbox *outbox, const struct hash *id, struct error *err)
{
	struct bytes wire = {0};
	struct object event;
	int64_t position = 0;
	enum status status = get_wire(outbox, id, &wire, &position, err);
	if (status == STATUS_OK)
		status = object_parse(&event, bytes_span(&wire), err);
	/* An amendment may have been withheld with another branch of its report. */
	if (status == STATUS_OK && event.attachment.len > 0) {
		status = put_withholding(outbox, &event, err);
		if (status == STATUS_OK)
			status = cut(outbox, &event, position, err);
	}
	bytes_wipe(&wire);
	return status;
}

/* --- a report and what amends it --- */

static enum status append_amendments(struct outbox *outbox, const struct hash *parent, struct bytes *ids, struct error *err)
{
	bool row = false;
	struct query *const query = db_query(outbox->db, OUTBOX_AMENDMENTS);
	query_bind_bytes(query, 1, hash_span(parent));
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = bytes_append(ids, query_bytes(query, 0), err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

/* Each amendment was saved after its parent, so this ends. */
static enum status drop_all(struct outbox *outbox, const struct hash *report, struct error *err)
{
	struct bytes ids = {0};
	enum status status = bytes_append(&ids, hash_span(report), err);
	for (size_t at = 0; status == STATUS_OK && at < ids.len; at += HASH_BYTES) {
		struct hash id;
		memcpy(id.bytes, ids.data + at, HASH_BYTES);
		if (at >= (size_t)WITHHELD_MAX * HASH_BYTES)
			status = error_set(err, STATUS_CORRUPT, "a report has more than %d amendments", WITHHELD_MAX);
		if (status == STATUS_OK)
			status = append_amendments(outbox, &id, &ids, err);
		if (status == STATUS_OK)
			status = drop(outbox, &id, err);
	}
	bytes_wipe(&ids);
	return status;
}

static enum status withhold(struct outbox *outbox, const struct outbox_entry *entry, const struct body *retraction,
                            struct error *err)
{
	struct hash id;
	enum status status = check_here(outbox, entry, err);
	if (status == STATUS_OK && entry->withheld) {
		status = error_set(err, STATUS_REFUSED, "this report was withheld already");
		error_hint(err, "nothing is left to do: sijil show ID shows what is kept of it");
	}
	if (status == STATUS_OK && retraction != NULL)
		status = outbox_put(outbox, retraction, 1, &id, err);
	return status == STATUS_OK ? drop_all(outbox, &entry->id, err) : status;
}

/* As a group ends, but with the failure's own words. */
static enum status end_group(struct outbox *outbox, enum status status, struct error *err)
{
	outbox->grouping = false;
	outbox->spoiled = STATUS_OK;
	return outbox_end(outbox, status, err);
}

enum status outbox_withhold(struct outbox *outbox, const struct hash *id, const struct body *retraction, struct error *err)
{
	char name[2 * HASH_BYTES + 1];
	struct outbox_entry *const entry = malloc(sizeof *entry);
	if (entry == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < HASH_BYTES; i++)
		(void)snprintf(name + 2 * i, 3, "%02x", id->bytes[i]);
	enum status status = outbox_group_begin(outbox, err);
	if (status == STATUS_OK) {
		status = outbox_find(outbox, name, entry, err);
		if (status == STATUS_OK)
			status = withhold(outbox, entry, retraction, err);
		status = end_group(outbox, status, err);
	}
	body_init(&entry->body, OBJECT_REPORT);
	free(entry);
	return status;
}
