/* The evidence file of one report: gathered, written, and checked as a stranger would. */
#include <stdlib.h>

#include "schema/casebook_inside.h"
#include "schema/evidence_file.h"

enum { EVENTS = 1 + EVIDENCE_FILE_LATER };

/* The report is events[0]. */
struct gathering {
	struct casebook_reading reading;
	const struct casebook_member *author;
	struct key_id acknowledger; /* zero: nobody */
	/* The branch of the author's chain that is shown: the ids of 0..branch_number, or NULL. */
	const struct hash *branch;
	uint64_t branch_number;
	uint64_t shown; /* up to here the statements speak of it; at least the report's own number */
	struct bytes links;
	size_t links_len;
	size_t events_len, authority_len, statements_len;
	struct evidence *events[EVENTS];
	struct bytes event_wires[EVENTS];
	struct bytes authority[EVIDENCE_FILE_AUTHORITY];
	struct bytes statements[EVIDENCE_FILE_STATEMENTS];
	struct hash introduced[EVIDENCE_FILE_STATEMENTS]; /* the ids of the statements */
};

static void free_gathering(struct gathering *gathering)
{
	for (size_t i = 0; i < gathering->events_len; i++) {
		evidence_free(gathering->events[i]);
		bytes_wipe(&gathering->event_wires[i]);
	}
	for (size_t i = 0; i < gathering->authority_len; i++)
		bytes_wipe(&gathering->authority[i]);
	for (size_t i = 0; i < gathering->statements_len; i++)
		bytes_wipe(&gathering->statements[i]);
	bytes_wipe(&gathering->links);
	casebook_reading_end(&gathering->reading);
	free(gathering);
}

/* --- events --- */

static enum status add_event(struct gathering *gathering, const struct casebook_row *row, struct error *err)
{
	struct evidence *evidence = NULL;
	enum status status = casebook_row_confirm(&gathering->reading, row, &evidence, err);
	if (status == STATUS_OK && evidence == NULL)
		status = error_set(err, STATUS_TAMPERED, "headquarters' register was altered: its copy of this report no longer "
		                                         "verifies (signature)");
	if (status != STATUS_OK)
		return status;
	const size_t place = gathering->events_len++;
	gathering->events[place] = evidence;
	return bytes_append(&gathering->event_wires[place], row->wire, err);
}

/* --- the chain --- */

static bool is_on(const struct hash *branch, uint64_t branch_number, uint64_t number, const struct hash *id)
{
	return branch != NULL && number <= branch_number && hash_equals(&branch[number], id);
}

/* The one that the device writes on; but where that is no longer good and another one is, that which is. */
static void choose_branch(struct gathering *gathering)
{
	const struct casebook_member *const author = gathering->author;
	const struct evidence *const report = gathering->events[0];
	const uint64_t own = gathering->shown = evidence_event(report)->number;
	gathering->branch = author->branch;
	gathering->branch_number = author->chain.whole.number;
	for (size_t i = 0; i < author->limits_len; i++) {
		const struct casebook_limit *const limit = &author->limits[i];
		if (!is_on(limit->branch, limit->good.number, own, evidence_id(report)) ||
		    is_on(gathering->branch, gathering->branch_number, limit->good.number, &limit->good.last))
			continue;
		gathering->branch = limit->branch;
		gathering->branch_number = limit->good.number;
	}
}

/* Whether the report stands on the branch that ends there; if so, the file has to show it as far. */
static bool takes_in_report(struct gathering *gathering, const struct key_id *device, uint64_t number,
                            const struct hash *last)
{
	const struct evidence *const report = gathering->events[0];
	const uint64_t own = evidence_event(report)->number;
	if (!key_id_equals(device, evidence_device(report)) || number < own ||
	    !is_on(gathering->branch, gathering->branch_number, own, evidence_id(report)) ||
	    !is_on(gathering->branch, gathering->branch_number, number, last))
		return false;
	if (number > gathering->shown)
		gathering->shown = number;
	return true;
}

static enum status add_link(struct gathering *gathering, uint64_t number, struct error *err)
{
	struct bytes wire = {0};
	enum status status = set_get_link(gathering->reading.casebook->set, &gathering->branch[number], &wire, err);
	if (status == STATUS_OK)
		status = evidence_file_link(&gathering->links, bytes_span(&wire), err);
	if (status == STATUS_OK)
		gathering->links_len++;
	bytes_wipe(&wire);
	return status;
}

/* Without its links no statement counts, and the file says so: honest, unless one decides whether the report stands. */
static enum status gather_links(struct gathering *gathering, struct error *err)
{
	const uint64_t own = evidence_event(gathering->events[0])->number;
	enum status status = STATUS_OK;
	if (gathering->shown - own > EVIDENCE_FILE_LINKS)
		return gathering->author->limits_len == 0
		               ? STATUS_OK
		               : error_set(err, STATUS_BAD_INPUT, "%llu events follow the report up to the last that still counts, and %d "
		                           "fit into one file", (unsigned long long)(gathering->shown - own), EVIDENCE_FILE_LINKS);
	for (uint64_t number = own + 1; status == STATUS_OK && number <= gathering->shown; number++)
		status = add_link(gathering, number, err);
	return status;
}

static enum status add_report(struct gathering *gathering, const struct hash *id, struct error *err)
{
	struct casebook *const casebook = gathering->reading.casebook;
	struct casebook_row report;
	bool row = false;
	struct query *const query = db_query(casebook->db, CASEBOOK_OPENED_GET);
	query_bind_bytes(query, 1, hash_span(id));
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && !row)
		status = error_set(err, STATUS_NOT_FOUND, "headquarters has no such report");
	if (status == STATUS_OK)
		status = casebook_row_read(&report, query, err);
	if (status == STATUS_OK && report.type == OBJECT_RECOVERY)
		status = error_set(err, STATUS_REFUSED, "this is a device's recovery code and no report; nobody else is to have it");
	if (status == STATUS_OK)
		status = add_event(gathering, &report, err);
	query_end(query);
	if (status != STATUS_OK)
		return status;
	struct casebook_member *const author = casebook_roster_find(&gathering->reading.roster, &report.device);
	gathering->author = author;
	status = casebook_member_load(casebook, author, err);
	if (status == STATUS_OK)
		choose_branch(gathering);
	return status;
}

/* --- statements --- */
static enum status add_statement(struct gathering *gathering, const struct hash *id, struct span wire, struct error *err)
{
	for (size_t i = 0; i < gathering->statements_len; i++)
		if (hash_equals(&gathering->introduced[i], id))
			return STATUS_OK;
	if (gathering->statements_len == EVIDENCE_FILE_STATEMENTS)
		return error_set(err, STATUS_BAD_INPUT, "more than %d statements bear on this report: they do not fit into one file",
		                 EVIDENCE_FILE_STATEMENTS);
	const size_t place = gathering->statements_len++;
	gathering->introduced[place] = *id;
	return bytes_append(&gathering->statements[place], wire, err);
}

static enum status add_held(struct gathering *gathering, const struct hash *id, struct error *err)
{
	struct bytes wire = {0};
	enum status status = set_get(gathering->reading.casebook->set, id, &wire, err);
	if (status == STATUS_OK)
		status = add_statement(gathering, id, bytes_span(&wire), err);
	bytes_wipe(&wire);
	return status;
}

/* The author's device, one it goes on from, or one that goes on from it: the last says what its amends are worth. */
static bool is_of_line(const struct gathering *gathering, const struct key_id *device)
{
	const struct casebook_roster *const roster = &gathering->reading.roster;
	const struct casebook_member *const member = casebook_roster_find(roster, device);
	return member != NULL && (casebook_roster_goes_on(roster, gathering->author, member) ||
	                          casebook_roster_goes_on(roster, member, gathering->author));
}

static enum status gather_descriptor(void *context, uint64_t position, const struct hash *id, struct span wire,
                                     struct error *err)
{
	struct gathering *const gathering = context;
	struct object object;
	struct descriptor descriptor = {0};
	(void)position;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = descriptor_decode(&descriptor, object.payload, err);
	if (status != STATUS_OK)
		return status;
	const bool is_newest = hash_equals(id, &gathering->reading.casebook->project->descriptor_id);
	const bool is_events = descriptor.number == evidence_event(gathering->events[0])->descriptor;
	return is_newest || is_events ? add_statement(gathering, id, wire, err) : STATUS_OK;
}

static enum status gather_receipt(void *context, uint64_t position, const struct hash *id, struct span wire,
                                  struct error *err)
{
	struct gathering *const gathering = context;
	struct object object;
	struct receipt receipt = {0};
	struct key_id log;
	(void)position;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = receipt_decode(&receipt, object.payload, err);
	if (status != STATUS_OK || !casebook_log_id(gathering->reading.casebook, &log) || !key_id_equals(&log, &object.signer) ||
	    !takes_in_report(gathering, &receipt.device, receipt.number, &receipt.last))
		return status;
	return add_statement(gathering, id, wire, err);
}

static enum status find_acknowledger(void *context, uint64_t position, const struct hash *id, struct span wire,
                                     struct error *err)
{
	struct gathering *const gathering = context;
	struct object object;
	struct acknowledgement said = {0};
	(void)position;
	(void)id;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = acknowledgement_decode(&said, object.payload, err);
	if (status == STATUS_OK && takes_in_report(gathering, &said.device, said.number, &said.last))
		gathering->acknowledger = object.signer;
	return status;
}

static enum status gather_appointment(void *context, uint64_t position, const struct hash *id, struct span wire,
                                      struct error *err)
{
	struct gathering *const gathering = context;
	const struct key_id appointment = key_id_of_object(id);
	(void)position;
	return key_id_equals(&appointment, &gathering->acknowledger) ? add_statement(gathering, id, wire, err) : STATUS_OK;
}

static enum status gather_confirmation(void *context, uint64_t position, const struct hash *id, struct span wire,
                                       struct error *err)
{
	struct gathering *const gathering = context;
	struct object object;
	struct confirmation confirmation = {0};
	(void)position;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = confirmation_decode(&confirmation, object.payload, err);
	if (status != STATUS_OK)
		return status;
	const struct key_id device = key_id_of_object(&confirmation.enrolment);
	return is_of_line(gathering, &device) ? add_statement(gathering, id, wire, err) : STATUS_OK;
}

static enum status gather_revocation(void *context, uint64_t position, const struct hash *id, struct span wire,
                                     struct error *err)
{
	struct gathering *const gathering = context;
	struct object object;
	struct revocation revocation = {0};
	(void)position;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = revocation_decode(&revocation, object.payload, err);
	if (status != STATUS_OK)
		return status;
	if (revocation.kind == REVOKE_DEVICE && revocation.has_good)
		(void)takes_in_report(gathering, &revocation.who, revocation.good.number, &revocation.good.last);
	const bool bears = (revocation.kind == REVOKE_DEVICE && is_of_line(gathering, &revocation.who)) ||
	                   (revocation.kind == REVOKE_INVITE && key_id_equals(&revocation.who, &gathering->author->invite)) ||
	                   (revocation.kind == REVOKE_APPOINTMENT && key_id_equals(&revocation.who, &gathering->acknowledger));
	return bears ? add_statement(gathering, id, wire, err) : STATUS_OK;
}

static enum status gather_acknowledgement(void *context, uint64_t position, const struct hash *id, struct span wire,
                                          struct error *err)
{
	struct gathering *const gathering = context;
	static const struct key_id nobody;
	(void)position;
	return key_id_equals(&gathering->acknowledger, &nobody) ? STATUS_OK : add_statement(gathering, id, wire, err);
}

/* Each after the one that introduces its signer. */
static enum status gather_statements(struct gathering *gathering, struct error *err)
{
	struct set *const set = gathering->reading.casebook->set;
	const struct key_id *const device = &gathering->author->id;
	enum status status = set_each_newest(set, OBJECT_ACKNOWLEDGEMENT, device, find_acknowledger, gathering, err);
	if (status == STATUS_OK)
		status = set_each_of_type(set, OBJECT_DESCRIPTOR, gather_descriptor, gathering, err);
	if (status == STATUS_OK)
		status = set_each_of_type(set, OBJECT_APPOINTMENT, gather_appointment, gathering, err);
	if (status == STATUS_OK)
		status = set_each_of_type(set, OBJECT_CONFIRMATION, gather_confirmation, gathering, err);
	if (status == STATUS_OK)
		status = set_each_of_type(set, OBJECT_REVOCATION, gather_revocation, gathering, err);
	if (status == STATUS_OK)
		status = set_each_newest(set, OBJECT_RECEIPT, device, gather_receipt, gathering, err);
	if (status == STATUS_OK)
		status = set_each_newest(set, OBJECT_ACKNOWLEDGEMENT, device, gather_acknowledgement, gathering, err);
	return status;
}

/* --- authority --- */
/* From the enrolment to `member`, places in the roster; *len is how many there are, at most `max` are written. */
static void trace(const struct casebook_roster *roster, const struct casebook_member *member, size_t *path, size_t *len)
{
	size_t count = 0;
	for (const struct casebook_member *at = member;; at = &roster->members[at->parent]) {
		count++;
		if (at->parent == CASEBOOK_NOBODY)
			break;
	}
	*len = count;
	for (const struct casebook_member *at = member; count-- > 0; at = &roster->members[at->parent]) {
		if (count < EVIDENCE_FILE_AUTHORITY)
			path[count] = (size_t)(at - roster->members);
		if (at->parent == CASEBOOK_NOBODY)
			break;
	}
}

static enum status gather_authority(struct gathering *gathering, struct error *err)
{
	const struct casebook_roster *const roster = &gathering->reading.roster;
	size_t path[EVIDENCE_FILE_AUTHORITY], len = 0;
	trace(roster, gathering->author, path, &len);
	if (len > EVIDENCE_FILE_AUTHORITY)
		return error_set(err, STATUS_BAD_INPUT, "its device has had %zu keys, and %d fit into one file", len,
		                 EVIDENCE_FILE_AUTHORITY);
	enum status status = STATUS_OK;
	for (size_t i = 0; status == STATUS_OK && i < len; i++)
		status = set_get(gathering->reading.casebook->set, &roster->members[path[i]].introduced,
		                 &gathering->authority[gathering->authority_len++], err);
	return status;
}

/* Whoever signed a later event is introduced by statements, unless the path does it. *fits: there was room. */
static enum status introduce(struct gathering *gathering, const struct casebook_member *member, bool *fits,
                             struct error *err)
{
	const struct casebook_roster *const roster = &gathering->reading.roster;
	size_t path[EVIDENCE_FILE_AUTHORITY], len = 0;
	trace(roster, member, path, &len);
	*fits = len <= EVIDENCE_FILE_AUTHORITY && gathering->statements_len + len <= EVIDENCE_FILE_STATEMENTS;
	enum status status = STATUS_OK;
	for (size_t i = 0; *fits && status == STATUS_OK && i < len; i++)
		if (!casebook_roster_goes_on(roster, gathering->author, &roster->members[path[i]]))
			status = add_held(gathering, &roster->members[path[i]].introduced, err);
	return status;
}

/* --- what became of it --- */

static bool is_gathered(const struct gathering *gathering, const struct hash *id)
{
	for (size_t i = 0; i < gathering->events_len; i++)
		if (hash_equals(evidence_id(gathering->events[i]), id))
			return true;
	return false;
}

/* The author's own word, while it stands: who took the device cannot fill the file with more of it. */
static enum status is_own_word(struct gathering *gathering, struct casebook_member *member,
                               const struct casebook_row *row, bool *own, struct error *err)
{
	*own = false;
	if (!casebook_roster_goes_on(&gathering->reading.roster, member, gathering->author))
		return STATUS_OK;
	const enum status status = casebook_member_load(gathering->reading.casebook, member, err);
	if (status == STATUS_OK)
		*own = casebook_member_standing(member, row->number, &row->id, row->position) == STANDING_GOOD;
	return status;
}

static enum status add_child(struct gathering *gathering, const struct casebook_row *row, bool own, struct error *err)
{
	struct casebook_member *const member = casebook_roster_find(&gathering->reading.roster, &row->device);
	bool fits = false, is_own = false;
	if (member == NULL || is_gathered(gathering, &row->id))
		return STATUS_OK;
	enum status status = is_own_word(gathering, member, row, &is_own, err);
	if (status == STATUS_OK && is_own == own && gathering->events_len < EVENTS)
		status = introduce(gathering, member, &fits, err);
	if (status != STATUS_OK || is_own != own)
		return status;
	if (fits)
		return add_event(gathering, row, err);
	/* Strangers may say more than fits; the author's own word is never left out. */
	return own ? error_set(err, STATUS_BAD_INPUT, "its author changed this report more often than fits into one file")
	           : STATUS_OK;
}

static enum status add_children(struct gathering *gathering, const struct hash *parent, bool own, struct error *err)
{
	struct casebook_row child;
	bool row = false;
	struct query *const query = db_query(gathering->reading.casebook->db, CASEBOOK_OPENED_CHILDREN);
	query_bind_bytes(query, 1, hash_span(parent));
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = casebook_row_read(&child, query, err);
		if (status == STATUS_OK)
			status = add_child(gathering, &child, own, err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

/* The author's own events first, so that no crowd of others can push them out. */
static enum status gather_later(struct gathering *gathering, struct error *err)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; status == STATUS_OK && i < gathering->events_len; i++)
		status = add_children(gathering, evidence_id(gathering->events[i]), true, err);
	for (size_t i = 0; status == STATUS_OK && i < gathering->events_len; i++)
		status = add_children(gathering, evidence_id(gathering->events[i]), false, err);
	return status;
}

/* --- the file --- */

static enum status encode(const struct gathering *gathering, struct bytes *file, struct error *err)
{
	struct evidence_file_event events[EVENTS] = {0};
	struct span authority[EVIDENCE_FILE_AUTHORITY], statements[EVIDENCE_FILE_STATEMENTS];
	for (size_t i = 0; i < gathering->events_len; i++) {
		struct object object;
		const enum status status = object_parse(&object, bytes_span(&gathering->event_wires[i]), err);
		if (status != STATUS_OK)
			return status;
		events[i] = (struct evidence_file_event){gathering->events[i], object.cose};
	}
	for (size_t i = 0; i < gathering->authority_len; i++)
		authority[i] = bytes_span(&gathering->authority[i]);
	for (size_t i = 0; i < gathering->statements_len; i++)
		statements[i] = bytes_span(&gathering->statements[i]);
	const struct evidence_file_parts parts = {
		.root = *set_root(gathering->reading.casebook->set),
		.report = events[0],
		.authority = authority,
		.authority_len = gathering->authority_len,
		.later = events + 1,
		.later_len = gathering->events_len - 1,
		.statements = statements,
		.statements_len = gathering->statements_len,
		.links = bytes_span(&gathering->links),
		.links_len = gathering->links_len,
	};
	return evidence_file_encode(file, &parts, err);
}

/* Nothing is handed out that a stranger could not check. */
static enum status check_file(const struct casebook *casebook, struct span file, struct error *err)
{
	struct evidence_file_result *const result = calloc(1, sizeof *result);
	if (result == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	const enum status status = evidence_file_check(result, file, &casebook->project->id, err);
	if (status == STATUS_OK)
		evidence_file_result_wipe(result);
	free(result);
	return status == STATUS_OK ? STATUS_OK : error_wrap(err, status, "the evidence just written does not verify");
}

enum status casebook_evidence(struct casebook *casebook, const struct hash *id, struct bytes *file, struct error *err)
{
	const size_t before = file->len;
	struct gathering *const gathering = calloc(1, sizeof *gathering);
	if (gathering == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = casebook_reading_begin(&gathering->reading, casebook, err);
	if (status == STATUS_OK)
		status = add_report(gathering, id, err);
	if (status == STATUS_OK)
		status = gather_authority(gathering, err);
	if (status == STATUS_OK)
		status = gather_statements(gathering, err);
	if (status == STATUS_OK)
		status = gather_links(gathering, err);
	if (status == STATUS_OK)
		status = gather_later(gathering, err);
	if (status == STATUS_OK)
		status = encode(gathering, file, err);
	if (status == STATUS_OK)
		status = check_file(casebook, (struct span){file->data + before, file->len - before}, err);
	if (status != STATUS_OK)
		file->len = before;
	free_gathering(gathering);
	return status;
}
