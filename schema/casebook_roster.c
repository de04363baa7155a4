/* Who the devices are, what their enrolments are worth, and what was revoked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/casebook_inside.h"

struct roll_call {
	struct casebook *casebook;
	const struct casebook_times *times;
	struct casebook_roster *roster;
};

struct casebook_member *casebook_roster_find(const struct casebook_roster *roster, const struct key_id *device)
{
	for (size_t i = 0; i < roster->len; i++)
		if (key_id_equals(&roster->members[i].id, device))
			return &roster->members[i];
	return NULL;
}

bool casebook_roster_goes_on(const struct casebook_roster *roster, const struct casebook_member *later,
                             const struct casebook_member *member)
{
	while (later != member && later->parent != CASEBOOK_NOBODY)
		later = &roster->members[later->parent];
	return later == member;
}

static enum status add_member(struct casebook_roster *roster, struct casebook_member **member, struct error *err)
{
	if (roster->len == roster->capacity) {
		const size_t more = roster->capacity == 0 ? 16 : roster->capacity * 2;
		struct casebook_member *const moved = realloc(roster->members, more * sizeof *moved);
		if (moved == NULL)
			return error_set(err, STATUS_NO_MEMORY, "out of memory");
		roster->members = moved;
		roster->capacity = more;
	}
	*member = &roster->members[roster->len++];
	**member = (struct casebook_member){.parent = CASEBOOK_NOBODY};
	return STATUS_OK;
}

/* --- who they are --- */

static enum status find_arrival(struct casebook *casebook, struct casebook_member *member, struct error *err)
{
	bool row = false;
	struct query *const query = db_query(casebook->db, CASEBOOK_ARRIVAL_GET);
	query_bind_bytes(query, 1, hash_span(&member->introduced));
	const enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row) {
		member->position = (uint64_t)query_int(query, 0);
		member->taken_s = query_int(query, 1);
	}
	query_end(query);
	return status;
}

/* A label that does not open leaves the device without one: its reports are not worth less for it. */
static enum status open_label(struct casebook *casebook, struct casebook_member *member, const struct object *object,
                              uint64_t descriptor, struct error *err)
{
	const struct sealing_key *sealing = NULL;
	enum status status = project_sealing_key(casebook->project, descriptor, &sealing, err);
	if (status == STATUS_OK)
		status = enrolment_open(member->label, member->platform, object, &casebook->project->id, sealing, err);
	return status == STATUS_NOT_FOUND || status_blames_input(status) ? STATUS_OK : status;
}

/* Both were verified when the set took them. */
static enum status read_enrolment(struct casebook *casebook, struct casebook_member *member, const struct object *object,
                                  struct error *err)
{
	struct enrolment enrolment;
	struct invite invite;
	struct object inner;
	enum status status = enrolment_decode(&enrolment, object->payload, err);
	if (status == STATUS_OK)
		status = object_parse_cose(&inner, OBJECT_INVITE, enrolment.invite, err);
	if (status == STATUS_OK)
		status = invite_decode(&invite, inner.payload, err);
	if (status != STATUS_OK)
		return status;
	member->key = enrolment.key;
	member->invite = object->signer;
	member->expires_s = invite.expires_s;
	status = find_arrival(casebook, member, err);
	return status == STATUS_OK ? open_label(casebook, member, object, enrolment.descriptor, err) : status;
}

/* The enrolled device's label, and what tells this key of it from the others. */
static void label_successor(const struct casebook_roster *roster, struct casebook_member *member)
{
	const struct casebook_member *first = &roster->members[member->parent];
	while (first->parent != CASEBOOK_NOBODY)
		first = &roster->members[first->parent];
	succession_name(member->label, first->label, &member->id);
}

/* A successor is whoever it goes on from. */
static enum status read_succession(struct casebook_roster *roster, struct casebook_member *member,
                                   const struct object *object, struct error *err)
{
	struct succession succession;
	const enum status status = succession_decode(&succession, object->payload, err);
	if (status != STATUS_OK)
		return status;
	struct casebook_member *const before = casebook_roster_find(roster, &object->signer);
	if (before == NULL)
		return error_set(err, STATUS_CORRUPT, "a device goes on from one that is not held");
	member->key = succession.key;
	member->parent = (size_t)(before - roster->members);
	member->predecessor = before->id;
	member->invite = before->invite;
	label_successor(roster, member);
	memcpy(member->platform, before->platform, sizeof member->platform);
	before->succeeded = true;
	return STATUS_OK;
}

static enum status call_member(void *context, uint64_t position, const struct hash *id, struct span wire,
                               struct error *err)
{
	struct roll_call *const call = context;
	struct casebook_member *member = NULL;
	struct object object;
	(void)position;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = add_member(call->roster, &member, err);
	if (status != STATUS_OK)
		return status;
	member->introduced = *id;
	member->id = key_id_of_object(id);
	return object.type == OBJECT_ENROLMENT ? read_enrolment(call->casebook, member, &object, err)
	                                       : read_succession(call->roster, member, &object, err);
}

/* --- what their enrolments are worth --- */

static enum status call_confirmation(void *context, uint64_t position, const struct hash *id, struct span wire,
                                     struct error *err)
{
	const struct roll_call *const call = context;
	struct object object;
	struct confirmation confirmation = {0};
	(void)position;
	(void)id;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = confirmation_decode(&confirmation, object.payload, err);
	if (status != STATUS_OK)
		return status;
	const struct key_id device = key_id_of_object(&confirmation.enrolment);
	struct casebook_member *const member = casebook_roster_find(call->roster, &device);
	if (member != NULL && hash_equals(&member->introduced, &confirmation.enrolment))
		member->confirmed = true;
	return STATUS_OK;
}

/* Whether the relay's log has `a` before `b`; what it does not have comes last, as it came here, which is the roster's
 * order. Not by id: who steals an invite can try keys until his is the least. */
static bool is_earlier(const struct casebook_member *a, const struct casebook_member *b)
{
	/* Position 0 wraps round to the greatest. */
	if (a->position != b->position)
		return a->position - 1 < b->position - 1;
	return a < b;
}

static bool is_double(const struct casebook_roster *roster, const struct casebook_member *member)
{
	for (size_t i = 0; i < roster->len; i++) {
		const struct casebook_member *const other = &roster->members[i];
		if (other->parent == CASEBOOK_NOBODY && key_id_equals(&other->invite, &member->invite) && is_earlier(other, member))
			return true;
	}
	return false;
}

/* Proven late: the log was signed without it when the invite had expired, or it came without the log after that. */
static bool is_late(const struct casebook_times *times, const struct casebook_member *member)
{
	if (member->position == 0)
		return member->taken_s > member->expires_s;
	const int64_t before_s = casebook_times_until_s(times, member->position - 1);
	return before_s != 0 && before_s >= member->expires_s;
}

static void judge(const struct roll_call *call, struct casebook_member *member)
{
	if (member->confirmed)
		member->enrolment = ENROLMENT_CONFIRMED;
	else if (member->parent != CASEBOOK_NOBODY)
		member->enrolment = call->roster->members[member->parent].enrolment;
	else if (is_double(call->roster, member))
		member->enrolment = ENROLMENT_DOUBLE;
	else if (is_late(call->times, member))
		member->enrolment = ENROLMENT_LATE;
	else
		member->enrolment = ENROLMENT_VALID;
}

/* --- what was revoked --- */

static enum status add_limit(struct casebook_member *member, const struct revocation *revocation, uint64_t seen,
                             struct error *err)
{
	struct casebook_limit *const moved = realloc(member->limits, (member->limits_len + 1) * sizeof *moved);
	if (moved == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	member->limits = moved;
	struct casebook_limit *const limit = &moved[member->limits_len++];
	*limit = (struct casebook_limit){.seen = seen};
	/* What is still good of a chain is said of that chain alone, not of those that go on from it. */
	if (revocation->has_good && revocation->kind == REVOKE_DEVICE && key_id_equals(&revocation->who, &member->id))
		limit->good = revocation->good;
	return STATUS_OK;
}

static bool concerns(const struct casebook_roster *roster, const struct revocation *revocation,
                     const struct casebook_member *member)
{
	if (revocation->kind == REVOKE_INVITE)
		return key_id_equals(&revocation->who, &member->invite);
	const struct casebook_member *const revoked =
		revocation->kind == REVOKE_DEVICE ? casebook_roster_find(roster, &revocation->who) : NULL;
	return revoked != NULL && casebook_roster_goes_on(roster, member, revoked);
}

static enum status call_revocation(void *context, uint64_t position, const struct hash *id, struct span wire,
                                   struct error *err)
{
	const struct roll_call *const call = context;
	struct object object;
	struct revocation revocation = {0};
	bool holds = false;
	(void)position;
	(void)id;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = revocation_decode(&revocation, object.payload, err);
	/* A place in the log says something only where the log is the one that the root saw. */
	if (status == STATUS_OK && revocation.has_seen)
		status = casebook_log_holds(call->casebook, &revocation.seen, &holds, err);
	const uint64_t seen = holds ? revocation.seen.size : 0;
	for (size_t i = 0; status == STATUS_OK && i < call->roster->len; i++)
		if (concerns(call->roster, &revocation, &call->roster->members[i]))
			status = add_limit(&call->roster->members[i], &revocation, seen, err);
	return status;
}

/* --- keys brought twice --- */

/* The key in what was set aside though all else about it holds; *found is false where it does not. */
static enum status find_key(const struct casebook *casebook, const struct object *object, struct key_public *key,
                            bool *found, struct error *err)
{
	struct enrolment enrolment = {0};
	struct succession succession = {0};
	struct invite invite;
	const bool is_enrolment = object->type == OBJECT_ENROLMENT;
	const enum status status = is_enrolment ? enrolment_check(&enrolment, &invite, object, set_root(casebook->set), err)
	                                        : succession_check(&succession, object, &casebook->project->id, err);
	*found = status == STATUS_OK;
	*key = is_enrolment ? enrolment.key : succession.key;
	return status_blames_input(status) ? STATUS_OK : status;
}

static enum status mark_twice(const struct roll_call *call, struct span wire, struct error *err)
{
	struct object object;
	struct key_public key;
	bool found = false;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = find_key(call->casebook, &object, &key, &found, err);
	for (size_t i = 0; found && i < call->roster->len; i++) {
		struct casebook_member *const member = &call->roster->members[i];
		if (!hash_equals(&member->introduced, &object.id) &&
		    span_equals(key_public_span(&member->key), key_public_span(&key)))
			member->duplicate_key = true;
	}
	return status;
}

static enum status call_twice(const struct roll_call *call, struct error *err)
{
	bool row = false;
	struct query *const query = db_query(call->casebook->db, CASEBOOK_QUARANTINE_TWICE);
	query_bind_int(query, 1, OBJECT_ENROLMENT);
	query_bind_int(query, 2, OBJECT_SUCCESSION);
	query_bind_int(query, 3, STATUS_UNTRUSTED);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = mark_twice(call, query_bytes(query, 0), err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

enum status casebook_roster_load(struct casebook *casebook, const struct casebook_times *times,
                                 struct casebook_roster *roster, struct error *err)
{
	struct roll_call call = {casebook, times, roster};
	enum status status = set_each_device(casebook->set, call_member, &call, err);
	if (status == STATUS_OK)
		status = set_each_of_type(casebook->set, OBJECT_CONFIRMATION, call_confirmation, &call, err);
	if (status == STATUS_OK)
		status = set_each_of_type(casebook->set, OBJECT_REVOCATION, call_revocation, &call, err);
	if (status == STATUS_OK)
		status = call_twice(&call, err);
	for (size_t i = 0; status == STATUS_OK && i < roster->len; i++)
		judge(&call, &roster->members[i]);
	return status;
}

void casebook_roster_wipe(struct casebook_roster *roster)
{
	for (size_t i = 0; i < roster->len; i++)
		casebook_member_wipe(&roster->members[i]);
	free(roster->members);
	*roster = (struct casebook_roster){0};
}
