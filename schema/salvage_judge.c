#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/salvage_rows.h"

/* One own chain: which numbers are there, and how far it went. */
struct extent {
	const struct salvage_kept *identity;
	struct span device;
	uint64_t known;   /* the greatest number that anything speaks of */
	uint64_t covered; /* by a relay's receipt */
	bool is_covered;
	bool has_chain_row;
	bool log_is_whole; /* no object is lost */
	bool *there;      /* [0..known] */
	bool is_current;
};

static const struct salvage_rows *rows_of(const struct salvage *salvage, enum salvage_table table)
{
	return &salvage->tables[table];
}

static bool is_event(const struct salvage_kept *object)
{
	return object->values[2].number <= OBJECT_EVENT_LAST;
}

static bool is_of(const struct salvage_kept *row, size_t column, const struct extent *extent)
{
	return row->values[column].bytes.len > 0 && span_equals(row->values[column].bytes, extent->device);
}

/* No device makes more events; a number above is a forger's who has its key. */
enum { NUMBER_MAX = 1 << 24 };

static void stretch_to(struct extent *extent, int64_t number)
{
	if (number > 0 && number <= NUMBER_MAX && (uint64_t)number > extent->known)
		extent->known = (uint64_t)number;
}

/* Where all is there that ever was, an event or head that was not made here is another's who has this key. */
static void measure_objects(const struct salvage *salvage, struct extent *extent)
{
	const struct salvage_rows *const objects = rows_of(salvage, SALVAGE_OBJECT), *const newest = rows_of(salvage, SALVAGE_NEWEST);
	const struct salvage_rows *const links = rows_of(salvage, SALVAGE_LINK);

	for (size_t i = 0; i < objects->len; i++) {
		const struct salvage_kept *const object = &objects->rows[i];
		const bool is_own = !extent->log_is_whole || salvage_row_of(salvage, SALVAGE_OWN, object->rowid) != NULL;
		if (is_own && is_event(object) && is_of(object, 3, extent))
			stretch_to(extent, object->values[4].number);
	}
	for (size_t i = 0; i < newest->len && !extent->log_is_whole; i++)
		if (newest->rows[i].values[0].number == OBJECT_HEAD && is_of(&newest->rows[i], 1, extent))
			stretch_to(extent, newest->rows[i].values[3].number);
	for (size_t i = 0; i < links->len && !extent->log_is_whole; i++)
		if (is_of(&links->rows[i], 0, extent))
			stretch_to(extent, links->rows[i].values[1].number);
}

/* The cursor, receipts and earlier repairs speak of numbers too. */
static void measure_rest(const struct salvage *salvage, struct extent *extent)
{
	const struct salvage_rows *const chains = rows_of(salvage, SALVAGE_CHAIN), *const covered = rows_of(salvage, SALVAGE_COVERED);
	const struct salvage_rows *const lost = rows_of(salvage, SALVAGE_LOST);

	if (extent->identity->values[4].type == SALVAGE_INTEGER)
		stretch_to(extent, extent->identity->values[4].number);
	for (size_t i = 0; i < chains->len; i++) {
		if (!is_of(&chains->rows[i], 0, extent))
			continue;
		extent->has_chain_row = true;
		if (!extent->log_is_whole)
			stretch_to(extent, chains->rows[i].values[4].number);
	}
	for (size_t i = 0; i < lost->len; i++)
		if (is_of(&lost->rows[i], 0, extent))
			stretch_to(extent, lost->rows[i].values[2].number);
	for (size_t i = 0; i < covered->len; i++) {
		if (!is_of(&covered->rows[i], 0, extent))
			continue;
		stretch_to(extent, covered->rows[i].values[2].number);
		if (covered->rows[i].values[1].number != 1)
			continue;
		extent->is_covered = true;
		extent->covered = (uint64_t)covered->rows[i].values[2].number;
	}
}

/* The floor was set for the key in use then. An event that is there says nothing new; of one that is not an index may still
 * say whose it was. */
static void measure_floor(const struct salvage *salvage, struct extent *extent, const struct head *floor)
{
	const struct span id = hash_span(&floor->last);
	const struct salvage_kept *const link = salvage_link_at(salvage, salvage_position_of_id(salvage, id));

	if (floor->number == 0 || salvage_object_of(salvage, id) != NULL)
		return;
	if (link != NULL ? !is_of(link, 0, extent) : rows_of(salvage, SALVAGE_IDENTITY)->len > 1)
		return;
	extent->is_covered = true;
	stretch_to(extent, floor->number > NUMBER_MAX ? 0 : (int64_t)floor->number);
	if (floor->number > extent->covered)
		extent->covered = floor->number;
}

static enum status mark(const struct salvage *salvage, struct extent *extent, struct error *err)
{
	const struct salvage_rows *const objects = rows_of(salvage, SALVAGE_OBJECT);

	extent->there = calloc((size_t)extent->known + 1, sizeof *extent->there);
	if (extent->there == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	extent->there[0] = salvage_object_of(salvage, extent->identity->values[2].bytes) != NULL;
	for (size_t i = 0; i < objects->len; i++) {
		const struct salvage_kept *const object = &objects->rows[i];
		if (is_event(object) && is_of(object, 3, extent) && object->values[4].number > 0 &&
		    (uint64_t)object->values[4].number <= extent->known && salvage_is_link(salvage, object))
			extent->there[object->values[4].number] = true;
	}
	return STATUS_OK;
}

static void name_chain(const struct salvage *salvage, const struct extent *extent, char name[ENROLMENT_NAME_BYTES])
{
	const struct salvage_kept *const self = salvage_first(salvage, SALVAGE_REGISTER);
	char label[ENROLMENT_LABEL_BYTES];
	const struct key_id device = salvage_key_id(extent->device);

	(void)snprintf(label, sizeof label, "%s", self != NULL ? (const char *)self->values[2].bytes.data : "this device");
	if (extent->identity->rowid == 1)
		(void)snprintf(name, ENROLMENT_NAME_BYTES, "%s", label);
	else
		succession_name(name, label, &device);
}

static enum status add_loss(const struct salvage *salvage, const struct extent *extent, struct salvage_findings *findings,
                            const struct salvage_loss *loss, struct error *err)
{
	struct salvage_loss *const grown = realloc(findings->losses, (findings->losses_len + 1) * sizeof *grown);
	if (grown == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	findings->losses = grown;
	grown[findings->losses_len] = *loss;
	name_chain(salvage, extent, grown[findings->losses_len].name);
	findings->losses_len++;
	return STATUS_OK;
}

/* Whether an earlier repair knows of it already, and then what it made of it. */
static bool was_lost(const struct salvage *salvage, const struct extent *extent, uint64_t number, enum outbox_fate *fate)
{
	const struct salvage_rows *const lost = rows_of(salvage, SALVAGE_LOST);
	for (size_t i = 0; i < lost->len; i++) {
		const struct salvage_kept *const row = &lost->rows[i];
		if (!is_of(row, 0, extent) || number < (uint64_t)row->values[1].number || number > (uint64_t)row->values[2].number)
			continue;
		*fate = (enum outbox_fate)row->values[3].number;
		return true;
	}
	return false;
}

static void judge_number(const struct salvage *salvage, const struct extent *extent, uint64_t number,
                         struct salvage_loss *loss)
{
	loss->first = loss->last = number;
	loss->fate = OUTBOX_FATE_LOST;
	loss->is_known = was_lost(salvage, extent, number, &loss->fate);
	if (loss->is_known)
		return;
	if (extent->is_covered && number <= extent->covered)
		loss->fate = OUTBOX_FATE_RECEIPTED;
	else if (number > 0 && salvage_copy_of(salvage, extent->device, number, extent->covered) != NULL)
		loss->fate = OUTBOX_FATE_AGAIN;
}

/* Runs of numbers that are not there, each of one fate. */
static enum status find_losses(const struct salvage *salvage, const struct extent *extent,
                               struct salvage_findings *findings, struct error *err)
{
	struct salvage_loss run = {.device = salvage_key_id(extent->device)}, next = run;
	bool running = false;
	enum status status = STATUS_OK;

	for (uint64_t number = 0; number <= extent->known && status == STATUS_OK; number++) {
		const bool there = extent->there[number];
		if (!there)
			judge_number(salvage, extent, number, &next);
		if (!there && extent->is_current && !next.is_known && number > 0)
			findings->must_succeed = true;
		if (running && (there || next.fate != run.fate || next.is_known != run.is_known)) {
			status = add_loss(salvage, extent, findings, &run, err);
			running = false;
		}
		if (there)
			continue;
		if (!running)
			run = next;
		run.last = number;
		running = true;
	}
	return status == STATUS_OK && running ? add_loss(salvage, extent, findings, &run, err) : status;
}

static enum status judge_chain(const struct salvage *salvage, const struct salvage_kept *identity, const struct head *floor,
                               struct salvage_findings *findings, struct error *err)
{
	const struct salvage_rows *const identities = rows_of(salvage, SALVAGE_IDENTITY);
	struct extent extent = {
		.identity = identity,
		.device = identity->values[1].bytes,
		.is_current = identity == &identities->rows[identities->len - 1],
		.log_is_whole = salvage_first(salvage, SALVAGE_LOG) != NULL && findings->objects_lost == 0,
	};

	measure_objects(salvage, &extent);
	measure_rest(salvage, &extent);
	measure_floor(salvage, &extent, floor);
	enum status status = mark(salvage, &extent, err);
	if (status == STATUS_OK)
		status = find_losses(salvage, &extent, findings, err);
	/* Without its cursor only a log that lacks nothing shows that the last event held is the last made. */
	if (extent.is_current) {
		findings->tip_is_certain = extent.has_chain_row || extent.log_is_whole;
		if (!findings->tip_is_certain)
			findings->must_succeed = true;
	}
	free(extent.there);
	return status;
}

/* ---- the whole ---- */

static uint64_t count_lost_objects(const struct salvage *salvage)
{
	const struct salvage_rows *const objects = rows_of(salvage, SALVAGE_OBJECT);
	const struct salvage_kept *const log = salvage_first(salvage, SALVAGE_LOG);
	const size_t found = objects->len - salvage->added_len;
	int64_t expected = found == 0 ? 0 : objects->rows[found - 1].rowid;

	if (log != NULL && log->values[1].number > expected)
		expected = log->values[1].number;
	return expected > (int64_t)found ? (uint64_t)expected - found : 0;
}

static void count_own(const struct salvage *salvage, struct salvage_findings *findings)
{
	const struct salvage_rows *const objects = rows_of(salvage, SALVAGE_OBJECT);

	for (size_t i = 0; i < objects->len - salvage->added_len; i++) {
		const struct salvage_kept *const object = &objects->rows[i];
		const struct salvage_kept *const copy = salvage_row_of(salvage, SALVAGE_OWN, object->rowid);
		findings->withheld += salvage_is_header(object);
		if (!is_event(object) || (copy == NULL && salvage_identity_of(salvage, object->values[3].bytes) == NULL))
			continue;
		findings->own++;
		findings->own_readable += copy != NULL && copy->values[3].type == SALVAGE_BLOB;
	}
}

static bool has_type(const struct salvage *salvage, enum object_type type)
{
	const struct salvage_rows *const objects = rows_of(salvage, SALVAGE_OBJECT);
	for (size_t i = 0; i < objects->len; i++)
		if (objects->rows[i].values[2].number == (int64_t)type)
			return true;
	return false;
}

enum status salvage_judge(const struct salvage *salvage, const struct head *floor, struct salvage_findings *out,
                          struct error *err)
{
	const struct salvage_rows *const identities = rows_of(salvage, SALVAGE_IDENTITY);
	struct salvage_findings findings = {
		.objects = rows_of(salvage, SALVAGE_OBJECT)->len - salvage->added_len + rows_of(salvage, SALVAGE_NEWEST)->len,
		.objects_lost = count_lost_objects(salvage),
		.has_register = salvage_first(salvage, SALVAGE_REGISTER) != NULL,
		.has_seed = identities->len > 0 && identities->rows[identities->len - 1].values[3].type == SALVAGE_BLOB,
		.has_descriptor = has_type(salvage, OBJECT_DESCRIPTOR),
	};
	enum status status = STATUS_OK;

	count_own(salvage, &findings);
	for (size_t i = 0; i < identities->len && status == STATUS_OK; i++)
		status = judge_chain(salvage, &identities->rows[i], floor, &findings, err);
	if (status != STATUS_OK) {
		salvage_findings_wipe(&findings);
		return status;
	}
	*out = findings;
	return STATUS_OK;
}

void salvage_findings_wipe(struct salvage_findings *findings)
{
	free(findings->losses);
	*findings = (struct salvage_findings){0};
}
