#include <stdlib.h>
#include <string.h>

#include "schema/salvage_rows.h"

enum { PARENTS_MAX = 1000 };

/* ---- readable copies of events whose sealed form is lost ---- */

/* The indexes over withholdings have the same shapes: a withheld event stands at two positions, first at its own. */
static void take_lower(int64_t *position, int64_t other)
{
	if (*position == 0 || other < *position)
		*position = other;
}

static int64_t position_of(const struct salvage *salvage, struct span device, uint64_t number)
{
	const struct salvage_rows *const links = &salvage->tables[SALVAGE_LINK];
	int64_t position = 0;
	for (size_t i = 0; i < links->len; i++)
		if (links->rows[i].values[1].number == (int64_t)number && span_equals(links->rows[i].values[0].bytes, device))
			take_lower(&position, links->rows[i].values[2].number);
	return position;
}

const struct salvage_kept *salvage_link_at(const struct salvage *salvage, int64_t position)
{
	const struct salvage_rows *const links = &salvage->tables[SALVAGE_LINK];
	for (size_t i = 0; i < links->len; i++)
		if (links->rows[i].values[2].number == position)
			return &links->rows[i];
	return NULL;
}

static uint64_t number_at(const struct salvage *salvage, int64_t position)
{
	const struct salvage_kept *const link = salvage_link_at(salvage, position);
	return link != NULL ? (uint64_t)link->values[1].number : 0;
}

/* Of the two indexes of this shape one names a row's own id, the other its parent's. */
static bool is_parent_of(const struct salvage *salvage, const struct salvage_kept *id)
{
	const struct salvage_kept *const own = salvage_row_of(salvage, SALVAGE_OWN, id->values[1].number);
	return own != NULL && own->values[2].type == SALVAGE_BLOB &&
	       span_equals(own->values[2].bytes, id->values[0].bytes);
}

bool salvage_id_at(const struct salvage *salvage, int64_t position, struct hash *id)
{
	const struct salvage_rows *const ids = &salvage->tables[SALVAGE_ID];
	for (size_t i = 0; i < ids->len; i++) {
		if (ids->rows[i].values[1].number != position || is_parent_of(salvage, &ids->rows[i]))
			continue;
		*id = salvage_hash(ids->rows[i].values[0].bytes);
		return true;
	}
	return false;
}

int64_t salvage_position_of_id(const struct salvage *salvage, struct span id)
{
	const struct salvage_rows *const ids = &salvage->tables[SALVAGE_ID];
	int64_t position = 0;
	for (size_t i = 0; i < ids->len; i++)
		if (span_equals(ids->rows[i].values[0].bytes, id) && !is_parent_of(salvage, &ids->rows[i]))
			take_lower(&position, ids->rows[i].values[1].number);
	return position;
}

static const struct salvage_kept *readable_at(const struct salvage *salvage, int64_t position)
{
	const struct salvage_kept *const own = salvage_row_of(salvage, SALVAGE_OWN, position);
	return own != NULL && own->values[3].type == SALVAGE_BLOB ? own : NULL;
}

const struct salvage_kept *salvage_copy_of(const struct salvage *salvage, struct span device, uint64_t number,
                                           uint64_t receipted)
{
	const struct salvage_kept *const copy = readable_at(salvage, position_of(salvage, device, number));
	const struct salvage_kept *at = copy;

	for (int i = 0; i < PARENTS_MAX && at != NULL; i++) {
		const struct span parent = at->values[2].bytes;
		if (at->values[2].type != SALVAGE_BLOB)
			return copy;
		const struct salvage_kept *const spoken_of = salvage_object_of(salvage, parent);
		if (spoken_of != NULL)
			return salvage_is_link(salvage, spoken_of) ? copy : NULL;
		const int64_t position = salvage_position_of_id(salvage, parent);
		at = number_at(salvage, position) > receipted ? readable_at(salvage, position) : NULL;
	}
	return NULL;
}

enum status salvage_copy_decode(struct body *body, const struct salvage_kept *own, struct error *err)
{
	static const enum object_type alone[] = {OBJECT_REPORT, OBJECT_CORROBORATE, OBJECT_RECOVERY};
	static const enum object_type with_parent[] = {OBJECT_AMEND, OBJECT_RETRACT};
	const bool has_parent = own->values[2].type == SALVAGE_BLOB;
	const enum object_type *const types = has_parent ? with_parent : alone;
	const size_t len = has_parent ? sizeof with_parent / sizeof *with_parent : sizeof alone / sizeof *alone;
	enum status status = STATUS_BAD_INPUT;

	for (size_t i = 0; i < len && status != STATUS_OK; i++)
		status = body_decode(body, types[i], own->values[3].bytes, err);
	return status;
}

/* ---- recording again ---- */

/* What was recorded again: under which id before, and under which now. */
struct renamed {
	struct hash before, now;
};

struct again {
	const struct salvage *salvage;
	struct outbox *outbox;
	struct body *body;
	struct renamed *renamed;
	size_t len;
};

static void follow_parent(const struct again *again, struct body *body)
{
	for (size_t i = 0; i < again->len; i++)
		if (hash_equals(&again->renamed[i].before, &body->parent))
			body->parent = again->renamed[i].now;
}

/* Somebody may have carried the lost one to headquarters after all: then people must not be counted twice. */
static void name_former(struct body *body, const struct hash *before)
{
	struct links *const links = &body->report.same_people_as;
	struct bytes encoded = {0};
	if (body->type != OBJECT_REPORT || links->len >= REPORT_LINKS)
		return;
	links->id[links->len++] = *before;
	if (body_encode(&encoded, body, NULL) != STATUS_OK)
		links->len--;
	bytes_wipe(&encoded);
}

static enum status put_again(struct again *again, const struct salvage_kept *own, struct error *err)
{
	struct renamed renamed = {0};
	const bool is_named = salvage_id_at(again->salvage, own->rowid, &renamed.before);

	struct renamed *const grown = realloc(again->renamed, (again->len + 1) * sizeof *grown);
	if (grown == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	again->renamed = grown;
	enum status status = salvage_copy_decode(again->body, own, err);
	if (status != STATUS_OK)
		return status;
	follow_parent(again, again->body);
	if (is_named)
		name_former(again->body, &renamed.before);
	status = outbox_put(again->outbox, again->body, 1, &renamed.now, err);
	if (status == STATUS_OK)
		grown[again->len++] = renamed;
	return status;
}

static enum status put_run(struct again *again, const struct salvage_loss *loss, struct error *err)
{
	enum status status = STATUS_OK;
	for (uint64_t number = loss->first; number <= loss->last && status == STATUS_OK; number++) {
		const int64_t position = position_of(again->salvage, key_id_span(&loss->device), number);
		const struct salvage_kept *const own = readable_at(again->salvage, position);
		if (own == NULL)
			return error_set(err, STATUS_BUG, "a readable copy is there and not there");
		status = put_again(again, own, err);
	}
	return status;
}

enum status salvage_again(const struct salvage *salvage, const struct salvage_findings *findings, struct outbox *outbox,
                          struct error *err)
{
	struct again again = {.salvage = salvage, .outbox = outbox};

	again.body = calloc(1, sizeof *again.body);
	if (again.body == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = outbox_group_begin(outbox, err);
	for (size_t i = 0; i < findings->losses_len && status == STATUS_OK; i++)
		if (findings->losses[i].fate == OUTBOX_FATE_AGAIN && !findings->losses[i].is_known)
			status = put_run(&again, &findings->losses[i], err);
	const enum status ended = outbox_group_end(outbox, status == STATUS_OK ? err : NULL);
	body_init(again.body, OBJECT_REPORT);
	free(again.body);
	free(again.renamed);
	return status == STATUS_OK ? ended : status;
}
