/* Showing: each row is verified again from its bytes, and given its verdict. */
#include <stdlib.h>
#include <string.h>

#include "schema/casebook_inside.h"
#include "schema/date.h"

enum status casebook_reading_begin(struct casebook_reading *reading, struct casebook *casebook, struct error *err)
{
	*reading = (struct casebook_reading){.casebook = casebook};
	enum status status = casebook->writing ? STATUS_OK : casebook_log_load(casebook, err);
	if (status == STATUS_OK)
		status = casebook_times_load(casebook, &reading->times, err);
	if (status == STATUS_OK)
		status = casebook_roster_load(casebook, &reading->times, &reading->roster, err);
	return status;
}

void casebook_reading_end(struct casebook_reading *reading)
{
	casebook_times_wipe(&reading->times);
	casebook_roster_wipe(&reading->roster);
}

/* --- rows --- */

enum status casebook_row_read(struct casebook_row *row, const struct query *query, struct error *err)
{
	row->number = (uint64_t)query_int(query, 2);
	row->type = (enum object_type)query_int(query, 3);
	row->body = query_bytes(query, 5);
	row->wire = query_bytes(query, 6);
	row->position = (uint64_t)query_int(query, 7);
	enum status status = query_exact(query, 0, row->id.bytes, sizeof row->id.bytes, err);
	if (status == STATUS_OK)
		status = query_exact(query, 1, row->device.bytes, sizeof row->device.bytes, err);
	if (status == STATUS_OK)
		status = query_exact(query, 4, row->salt.bytes, sizeof row->salt.bytes, err);
	return status;
}

static bool row_fits(const struct casebook_row *row, const struct evidence *evidence)
{
	return hash_equals(&row->id, evidence_id(evidence)) && key_id_equals(&row->device, evidence_device(evidence)) &&
	       row->number == evidence_event(evidence)->number && row->type == evidence_body(evidence)->type;
}

enum status casebook_row_confirm(const struct casebook_reading *reading, const struct casebook_row *row,
                                 struct evidence **evidence, struct error *err)
{
	const struct casebook_member *const member = casebook_roster_find(&reading->roster, &row->device);
	struct evidence *found = NULL;
	struct object object;
	*evidence = NULL;
	if (member == NULL)
		return STATUS_OK;
	enum status status = object_parse(&object, row->wire, err);
	if (status == STATUS_OK)
		status = evidence_confirm(&found, &object, &member->key, &reading->casebook->project->id, &row->salt, row->body, err);
	if (status_blames_input(status))
		return STATUS_OK;
	if (status == STATUS_OK && row_fits(row, found))
		*evidence = found;
	else
		evidence_free(found);
	return status;
}

/* --- verdicts --- */

static bool is_plausible(const struct casebook_reading *reading, const struct evidence *evidence, int64_t seen_by_s)
{
	const struct body *const body = evidence_body(evidence);
	const struct event *const event = evidence_event(evidence);
	struct key_id log;
	if (body->clock == BODY_CLOCK_UNSET)
		return true;
	if (seen_by_s != 0 && body->created_s > seen_by_s + DATE_SECONDS_A_DAY)
		return false;
	if (!event->has_seen || !casebook_log_id(reading->casebook, &log) || !key_id_equals(&log, &event->seen.log))
		return true;
	/* A note is older than the event it became, and so may be older than the log which that event carries. */
	if (body->captured_locked)
		return true;
	const int64_t since_s = casebook_times_until_s(&reading->times, event->seen.size);
	return since_s == 0 || body->created_s >= since_s - DATE_SECONDS_A_DAY;
}

struct verdict casebook_row_judge(const struct casebook_reading *reading, const struct casebook_member *member,
                                  const struct casebook_row *row, const struct evidence *evidence)
{
	const int64_t seen_by_s = casebook_times_held_s(&reading->times, row->position);
	return (struct verdict){
		.signature = evidence != NULL,
		.opened = evidence != NULL,
		.enrolment = member->enrolment,
		.invite = member->invite,
		.chain_whole = member->chain.whole.number,
		.linked = casebook_member_has_linked(member, row->number, &row->id),
		.forked = casebook_member_has_forked(member, row->number),
		.log_position = row->position,
		.seen_by_s = seen_by_s,
		.revoked = member->limits_len > 0,
		.standing = casebook_member_standing(member, row->number, &row->id, row->position),
		.time_plausible = evidence != NULL && is_plausible(reading, evidence, seen_by_s),
		.duplicate_key = member->duplicate_key,
	};
}

/* --- what became of a report --- */

struct lineage {
	const struct casebook_reading *reading;
	const struct casebook_member *author;
	struct casebook_entry *entry;
	struct hash tip;
	struct report *amended; /* room for the next state */
	bool grown;
};

/* An amendment that would break the report's rules is not followed. */
static void apply(struct lineage *lineage, const struct evidence *evidence)
{
	const struct body *const body = evidence_body(evidence);
	const struct report_clock clock = {.created_s = body->created_s, .unset = body->clock == BODY_CLOCK_UNSET};
	*lineage->amended = lineage->entry->current;
	body_apply(lineage->amended, body);
	if (report_validate(lineage->amended, &clock, NULL) != STATUS_OK)
		return;
	lineage->entry->current = *lineage->amended;
	lineage->entry->amended_by = lineage->tip = *evidence_id(evidence);
	lineage->grown = true;
}

/* One event that names the tip as its parent. Only the author's own word counts, and only while it stands. */
static enum status follow_child(struct lineage *lineage, const struct casebook_row *row, struct error *err)
{
	const struct casebook_reading *const reading = lineage->reading;
	struct casebook_member *const member = casebook_roster_find(&reading->roster, &row->device);
	const bool is_wanted = row->type == OBJECT_RETRACT || (row->type == OBJECT_AMEND && !lineage->grown);
	struct evidence *evidence = NULL;
	if (!is_wanted || member == NULL || !casebook_roster_goes_on(&reading->roster, member, lineage->author))
		return STATUS_OK;
	enum status status = casebook_member_load(reading->casebook, member, err);
	if (status != STATUS_OK ||
	    casebook_member_standing(member, row->number, &row->id, row->position) != STANDING_GOOD)
		return status;
	status = casebook_row_confirm(reading, row, &evidence, err);
	if (status == STATUS_OK && evidence != NULL && row->type == OBJECT_AMEND)
		apply(lineage, evidence);
	else if (status == STATUS_OK && evidence != NULL)
		lineage->entry->retracted_by = row->id;
	evidence_free(evidence);
	return status;
}

static enum status follow_children(struct lineage *lineage, struct error *err)
{
	struct casebook_row child;
	bool row = false;
	const struct hash parent = lineage->tip;
	lineage->grown = false;
	struct query *const query = db_query(lineage->reading->casebook->db, CASEBOOK_OPENED_CHILDREN);
	query_bind_bytes(query, 1, hash_span(&parent));
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = casebook_row_read(&child, query, err);
		if (status == STATUS_OK)
			status = follow_child(lineage, &child, err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

static enum status follow_lineage(const struct casebook_reading *reading, const struct casebook_member *author,
                                  struct casebook_entry *entry, struct error *err)
{
	struct lineage lineage = {.reading = reading, .author = author, .entry = entry, .tip = entry->id, .grown = true};
	lineage.amended = malloc(sizeof *lineage.amended);
	if (lineage.amended == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = STATUS_OK;
	while (status == STATUS_OK && lineage.grown)
		status = follow_children(&lineage, err);
	free(lineage.amended);
	return status;
}

/* --- filters --- */

/* What no longer verifies is never filtered out: what it says cannot be told. */
static bool is_wanted(const struct casebook_entry *entry, const struct casebook_filter *filter)
{
	return entry->evidence == NULL || report_filter_passes(&filter->report, &entry->current);
}

/* --- each --- */

struct showing {
	struct casebook_reading reading;
	const struct casebook_filter *filter;
	casebook_each_function *each;
	void *context;
	struct casebook_entry *entry;
};

static enum status fill_entry(struct showing *showing, const struct casebook_row *row, struct evidence *evidence,
                              struct error *err)
{
	struct casebook_entry *const entry = showing->entry;
	struct casebook_member *const member = casebook_roster_find(&showing->reading.roster, &row->device);
	*entry = (struct casebook_entry){.id = row->id, .device = row->device, .number = row->number, .type = row->type};
	report_init(&entry->current);
	entry->verdict.standing = STANDING_CONTESTED;
	entry->verdict.enrolment = ENROLMENT_VALID;
	if (member == NULL)
		return STATUS_OK;
	const enum status status = casebook_member_load(showing->reading.casebook, member, err);
	if (status != STATUS_OK)
		return status;
	entry->verdict = casebook_row_judge(&showing->reading, member, row, evidence);
	memcpy(entry->label, member->label, sizeof entry->label);
	entry->evidence = evidence;
	if (evidence == NULL)
		return STATUS_OK;
	entry->current = evidence_body(evidence)->report;
	return row->type == OBJECT_REPORT ? follow_lineage(&showing->reading, member, entry, err) : STATUS_OK;
}

static enum status show_row(struct showing *showing, const struct query *query, struct error *err)
{
	struct casebook_row row;
	struct evidence *evidence = NULL;
	enum status status = casebook_row_read(&row, query, err);
	if (status != STATUS_OK || (row.type != OBJECT_REPORT && !showing->filter->all_events))
		return status;
	status = casebook_row_confirm(&showing->reading, &row, &evidence, err);
	if (status == STATUS_OK)
		status = fill_entry(showing, &row, evidence, err);
	if (status == STATUS_OK && is_wanted(showing->entry, showing->filter))
		status = showing->each(showing->context, showing->entry, err);
	evidence_free(evidence);
	return status;
}

static enum status show_rows(struct showing *showing, struct query *query, uint64_t *rows, struct error *err)
{
	bool row = false;
	enum status status = query_step(query, &row, err);
	for (*rows = 0; status == STATUS_OK && row; ++*rows) {
		status = show_row(showing, query, err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

static enum status show_device(struct showing *showing, const struct key_id *device, struct error *err)
{
	uint64_t rows;
	struct query *const query = db_query(showing->reading.casebook->db, CASEBOOK_OPENED_EACH);
	query_bind_bytes(query, 1, key_id_span(device));
	return show_rows(showing, query, &rows, err);
}

static enum status begin_showing(struct showing *showing, struct casebook *casebook, struct error *err)
{
	showing->entry = calloc(1, sizeof *showing->entry);
	if (showing->entry == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	return casebook_reading_begin(&showing->reading, casebook, err);
}

static void end_showing(struct showing *showing)
{
	if (showing->entry != NULL)
		explicit_bzero(showing->entry, sizeof *showing->entry);
	free(showing->entry);
	casebook_reading_end(&showing->reading);
}

enum status casebook_each(struct casebook *casebook, const struct casebook_filter *filter, casebook_each_function *each,
                          void *context, struct error *err)
{
	static const struct casebook_filter everything;
	struct showing showing = {.filter = filter != NULL ? filter : &everything, .each = each, .context = context};
	enum status status = begin_showing(&showing, casebook, err);
	const struct casebook_roster *const roster = &showing.reading.roster;
	for (size_t i = 0; status == STATUS_OK && i < roster->len; i++)
		if (showing.filter->device == NULL || key_id_equals(showing.filter->device, &roster->members[i].id))
			status = show_device(&showing, &roster->members[i].id, err);
	end_showing(&showing);
	return status;
}

enum status casebook_get(struct casebook *casebook, const struct hash *id, casebook_each_function *each, void *context,
                         struct error *err)
{
	static const struct casebook_filter any = {.all_events = true};
	struct showing showing = {.filter = &any, .each = each, .context = context};
	enum status status = begin_showing(&showing, casebook, err);
	if (status == STATUS_OK) {
		uint64_t rows = 0;
		struct query *const query = db_query(casebook->db, CASEBOOK_OPENED_GET);
		query_bind_bytes(query, 1, hash_span(id));
		status = show_rows(&showing, query, &rows, err);
		if (status == STATUS_OK && rows == 0) {
			status = error_set(err, STATUS_NOT_FOUND, "headquarters has no such report");
			error_hint(err, "sijil-hq list shows those that it has; pull, or import what was carried, if it is new");
		}
	}
	end_showing(&showing);
	return status;
}

/* --- devices --- */

static enum status count_opened(struct casebook *casebook, const struct key_id *device, uint64_t *opened, struct error *err)
{
	bool row = false;
	struct query *const query = db_query(casebook->db, CASEBOOK_OPENED_COUNT);
	query_bind_bytes(query, 1, key_id_span(device));
	const enum status status = query_step(query, &row, err);
	*opened = status == STATUS_OK && row ? (uint64_t)query_int(query, 0) : 0;
	query_end(query);
	return status;
}

enum status casebook_each_device(struct casebook *casebook,
                                 enum status (*each)(void *, const struct casebook_device *, struct error *),
                                 void *context, struct error *err)
{
	struct casebook_reading reading;
	enum status status = casebook_reading_begin(&reading, casebook, err);
	for (size_t i = 0; status == STATUS_OK && i < reading.roster.len; i++) {
		const struct casebook_member *const member = &reading.roster.members[i];
		struct casebook_device device = {
			.id = member->id,
			.invite = member->invite,
			.predecessor = member->predecessor,
			.enrolment = member->enrolment,
			.revoked = member->limits_len > 0,
			.succeeded = member->succeeded,
		};
		memcpy(device.label, member->label, sizeof device.label);
		memcpy(device.platform, member->platform, sizeof device.platform);
		status = casebook_chain(casebook, &member->id, &device.chain, err);
		if (status == STATUS_OK)
			status = count_opened(casebook, &member->id, &device.opened, err);
		if (status == STATUS_OK)
			status = each(context, &device, err);
	}
	casebook_reading_end(&reading);
	return status;
}
