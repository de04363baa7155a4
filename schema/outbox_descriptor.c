#include <stdlib.h>

#include "schema/outbox_tables.h"

enum status outbox_load_descriptor(struct outbox *outbox, struct error *err)
{
	struct bytes wire = {0};
	struct object object;

	enum status status = set_get(outbox->set, &outbox->descriptor_id, &wire, err);
	if (status == STATUS_NOT_FOUND)
		status = error_set(err, STATUS_CORRUPT, "the register lacks its project's descriptor");
	if (status == STATUS_OK)
		status = object_parse(&object, bytes_span(&wire), err);
	if (status == STATUS_OK)
		status = descriptor_decode(&outbox->descriptor, object.payload, err);
	status = outbox_stored(status, err);
	bytes_wipe(&wire);
	return status;
}

/* The search for the descriptor after the current one. */
struct succession_of_descriptors {
	const struct outbox *outbox;
	struct descriptor *next; /* room for a candidate */
	struct hash next_id;
	bool found;
};

static enum status look(void *context, uint64_t position, const struct hash *id, struct span wire, struct error *err)
{
	struct succession_of_descriptors *const search = context;
	const struct outbox *const outbox = search->outbox;
	struct object object;
	(void)position;

	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = descriptor_decode(search->next, object.payload, err);
	if (status != STATUS_OK)
		return status;
	if (search->next->number != outbox->descriptor.number + 1 ||
	    !hash_equals(&search->next->previous, &outbox->descriptor_id))
		return STATUS_OK;
	search->next_id = *id;
	search->found = true;
	return STATUS_NOT_FOUND;
}

static enum status keep(struct outbox *outbox, const struct succession_of_descriptors *search, struct error *err)
{
	struct query *const query = db_query(outbox->db, OUTBOX_DESCRIPTOR_MOVE);
	query_bind_bytes(query, 1, hash_span(&search->next_id));
	const enum status status = query_run(query, err);
	if (status == STATUS_OK) {
		outbox->descriptor = *search->next;
		outbox->descriptor_id = search->next_id;
	}
	return status;
}

/* A stricter policy holds for what was saved under an older one too. */
static enum status apply_retention(struct outbox *outbox, struct error *err)
{
	enum status status = STATUS_OK;
	if (!outbox_keeps_drafts(outbox))
		status = query_run(db_query(outbox->db, OUTBOX_DRAFT_CLEAR), err);
	for (size_t i = 0; i < outbox->identities_len && status == STATUS_OK; i++) {
		const struct outbox_identity *const identity = &outbox->identities[i];
		const bool never = outbox->descriptor.retention == DESCRIPTOR_NEVER;
		const uint64_t last = never ? UINT64_MAX : identity->covered[OUTBOX_BY_HQ];
		status = outbox_purge(outbox, identity, (struct gap){1, last}, err);
	}
	return status;
}

enum status outbox_follow_descriptors(struct outbox *outbox, struct error *err)
{
	struct succession_of_descriptors search = {.outbox = outbox, .found = true};
	const enum descriptor_retention before = outbox->descriptor.retention;
	enum status status = STATUS_OK;

	search.next = malloc(sizeof *search.next);
	if (search.next == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	while (status == STATUS_OK && search.found) {
		search.found = false;
		status = set_each_of_type(outbox->set, OBJECT_DESCRIPTOR, look, &search, err);
		if (status == STATUS_OK && search.found)
			status = keep(outbox, &search, err);
	}
	free(search.next);
	if (status == STATUS_OK && outbox->descriptor.retention != before)
		status = apply_retention(outbox, err);
	return status;
}
