#include <stdlib.h>
#include <string.h>

#include "schema/evidence.h"
#include "schema/outbox_tables.h"

/* One saving: the author is the same for all, the link moves on. Buffers are used again. */
struct saving {
	struct outbox *outbox;
	struct evidence_author author;
	struct head tip;
	bool tells; /* the next event carries `seen` */
	struct checkpoint seen;
	struct bytes wire, encoded;
	struct body again; /* what was read back, decoded */
	int64_t floor_s;
};

static bool has_parent(const struct body *body)
{
	return body->type == OBJECT_AMEND || body->type == OBJECT_RETRACT;
}

static enum status check_parent(struct outbox *outbox, const struct body *body, struct error *err)
{
	bool row = false, fits = false;

	if (!has_parent(body))
		return STATUS_OK;
	struct query *const query = db_query(outbox->db, OUTBOX_OWN_TYPE);
	query_bind_bytes(query, 1, hash_span(&body->parent));
	const enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row)
		fits = query_int(query, 0) == OBJECT_REPORT || query_int(query, 0) == OBJECT_AMEND;
	query_end(query);
	if (status != STATUS_OK || fits)
		return status;
	(void)error_set(err, STATUS_REFUSED, "only a report or an amendment made on this device can be amended or retracted");
	error_hint(err, "To agree with or add to another's report, corroborate it.");
	return STATUS_REFUSED;
}

static enum status learn_checkpoint(struct saving *saving, struct error *err)
{
	struct query *const query = db_query(saving->outbox->db, OUTBOX_CHECKPOINT_GET);
	enum status status = query_step(query, &saving->tells, err);
	if (status == STATUS_OK && saving->tells) {
		saving->seen.size = (uint64_t)query_int(query, 1);
		status = query_exact(query, 0, saving->seen.log.bytes, KEY_ID_BYTES, err);
		if (status == STATUS_OK)
			status = query_exact(query, 2, saving->seen.root.bytes, HASH_BYTES, err);
	}
	query_end(query);
	return status;
}

/* A recovery code is headquarters' alone: this device keeps no copy, whatever the policy. */
static bool is_kept(const struct saving *saving, const struct body *body)
{
	return saving->outbox->descriptor.retention != DESCRIPTOR_NEVER && body->type != OBJECT_RECOVERY;
}

static enum status put_own(struct saving *saving, const struct body *body, uint64_t position, struct error *err)
{
	struct query *const query = db_query(saving->outbox->db, OUTBOX_OWN_PUT);
	query_bind_int(query, 1, (int64_t)position);
	query_bind_int(query, 2, saving->floor_s);
	if (has_parent(body))
		query_bind_bytes(query, 3, hash_span(&body->parent));
	if (is_kept(saving, body))
		query_bind_bytes(query, 4, bytes_span(&saving->encoded));
	return query_run(query, err);
}

/* Signs, seals and stores one event as the link after the tip. */
static enum status make(struct saving *saving, const struct body *body, struct hash *id, uint64_t *position,
                        struct error *err)
{
	struct outbox *const outbox = saving->outbox;
	struct object object;

	if (saving->tip.number >= UINT32_MAX) {
		(void)error_set(err, STATUS_REFUSED, "this device's chain is full");
		error_hint(err, "go on under a new key: sijil device rotate");
		return STATUS_REFUSED;
	}
	const struct evidence_link link = {
		.number = (uint32_t)(saving->tip.number + 1),
		.previous = saving->tip.last,
		.seen = saving->tells ? &saving->seen : NULL,
	};
	bytes_clear(&saving->wire);
	bytes_clear(&saving->encoded);
	enum status status = evidence_make(&saving->wire, id, body, &saving->author, &link, err);
	if (status == STATUS_OK)
		status = body_encode(&saving->encoded, body, err);
	if (status == STATUS_OK)
		status = object_parse(&object, bytes_span(&saving->wire), err);
	if (status != STATUS_OK)
		return status;
	const struct admission admission = {
		.type = body->type,
		.device = saving->author.device,
		.number = link.number,
		.previous = link.previous,
		.known_type = true,
	};
	status = set_put_own(outbox->set, &object, &admission, err);
	if (status != STATUS_OK)
		return status;
	set_log(outbox->set, position, NULL);
	if (body->created_s > saving->floor_s)
		saving->floor_s = body->created_s;
	return put_own(saving, body, *position, err);
}

static enum status not_as_written(struct error *err)
{
	(void)error_set(err, STATUS_CORRUPT, "what was read back is not what was saved; nothing was kept of it");
	error_hint(err, "Memory or disk of this device may be failing: make a backup and use another device.");
	return STATUS_CORRUPT;
}

/* `object` came back from the database: everything that can be recomputed without HQ's key is. */
static enum status recheck_object(struct saving *saving, const struct object *object, const struct hash *id,
                                  bool verify, struct error *err)
{
	const struct key_public key = signing_key_public(saving->outbox->key);
	struct event event;

	enum status status = event_decode(&event, object->payload, err);
	if (status == STATUS_OK)
		status = object_check_attachment(object, &event.sealed, err);
	if (status == STATUS_OK && verify)
		status = object_verify(object, &key, &saving->author.project, err);
	if (status != STATUS_OK)
		return status;
	const bool linked = event.number == saving->tip.number + 1 && hash_equals(&event.previous, &saving->tip.last);
	return linked && hash_equals(&object->id, id) ? STATUS_OK : not_as_written(err);
}

static enum status recheck_body(struct saving *saving, const struct body *body, struct span stored, struct error *err)
{
	if (is_kept(saving, body) ? !span_equals(stored, bytes_span(&saving->encoded)) : stored.len > 0)
		return not_as_written(err);
	const enum status status = body_decode(&saving->again, body->type, bytes_span(&saving->encoded), err);
	explicit_bzero(saving->again.recovery, sizeof saving->again.recovery);
	return status;
}

static enum status recheck(struct saving *saving, const struct body *body, const struct hash *id, uint64_t position,
                           bool verify, struct error *err)
{
	struct object object;
	bool row = false;

	struct query *const query = db_query(saving->outbox->db, OUTBOX_READ_BACK);
	query_bind_int(query, 1, (int64_t)position);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && (!row || !span_equals(query_bytes(query, 0), hash_span(id)) ||
	                            !span_equals(query_bytes(query, 1), bytes_span(&saving->wire))))
		status = not_as_written(err);
	if (status == STATUS_OK)
		status = object_parse(&object, query_bytes(query, 1), err);
	if (status == STATUS_OK)
		status = recheck_object(saving, &object, id, verify, err);
	if (status == STATUS_OK)
		status = recheck_body(saving, body, query_bytes(query, 2), err);
	query_end(query);
	return status;
}

static enum status save_one(struct saving *saving, const struct body *body, bool verify, struct hash *id,
                            struct error *err)
{
	uint64_t position = 0;

	enum status status = check_parent(saving->outbox, body, err);
	if (status == STATUS_OK)
		status = make(saving, body, id, &position, err);
	if (status == STATUS_OK)
		status = recheck(saving, body, id, position, verify, err);
	if (status != STATUS_OK)
		return status;
	saving->tip = (struct head){saving->tip.number + 1, *id};
	if (!saving->tells)
		return STATUS_OK;
	saving->tells = false;
	return query_run(db_query(saving->outbox->db, OUTBOX_CHECKPOINT_TOLD), err);
}

static enum status save_all(struct saving *saving, const struct body *bodies, size_t n, struct hash *ids,
                            struct error *err)
{
	enum status status = learn_checkpoint(saving, err);
	for (size_t i = 0; i < n && status == STATUS_OK; i++) {
		status = save_one(saving, &bodies[i], i + 1 == n, &ids[i], err);
		if (status != STATUS_OK && n > 1)
			status = error_wrap(err, status, "report %zu of %zu", i + 1, n);
	}
	return status;
}

static void begin_at_tip(struct saving *saving, struct outbox *outbox)
{
	saving->outbox = outbox;
	saving->tip = outbox_self(outbox)->tip;
	saving->floor_s = outbox->floor_s;
	saving->author = (struct evidence_author){
		.key = outbox->key,
		.device = outbox_self(outbox)->device,
		.project = outbox_project(outbox),
		.descriptor = outbox->descriptor.number,
		.recipient = outbox->descriptor.sealing,
	};
}

enum status outbox_put(struct outbox *outbox, const struct body *bodies, size_t n, struct hash *ids, struct error *err)
{
	struct saving saving = {0};

	if (n == 0)
		return STATUS_OK;
	struct hash *const made = calloc(n, sizeof *made);
	if (made == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = outbox_begin(outbox, err);
	if (status != STATUS_OK)
		goto out;
	begin_at_tip(&saving, outbox);
	status = save_all(&saving, bodies, n, made, err);
	status = outbox_end(outbox, status, err);
	if (status == STATUS_OK)
		memcpy(ids, made, n * sizeof *made);
out:
	bytes_wipe(&saving.wire);
	bytes_wipe(&saving.encoded);
	body_init(&saving.again, OBJECT_REPORT);
	free(made);
	return status;
}
