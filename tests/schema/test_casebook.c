#include "schema/casebook.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/evidence_file.h"
#include "schema/project_inside.h"
#include "schema/project_sql.h"
#include "tests/schema/headquarters.h"
#include "tests/schema/samples.h"
#include "tests/support/failing_malloc.h"

enum { DAY_S = 86400, WIRES = 40 };
#define FAR_S INT64_C(4000000000)
#define SEEN_S (SAMPLES_CREATED_S + 3600)

static struct headquarters hq;
static struct writer nasib;
static struct error err;

static void start(void)
{
	headquarters_begin(&hq);
	writer_begin(&hq, &nasib, "Team Nasib", FAR_S);
}

static void end(void)
{
	writer_end(&nasib);
	headquarters_end(&hq);
}

TestSuite(casebook, .init = start, .fini = end);

#define MUST(expression) cr_assert_eq((expression), STATUS_OK, #expression ": %s", err.message)

/* --- what is shown --- */

struct shown {
	size_t len;
	struct casebook_entry entry[WIRES]; /* evidence is not kept */
	int32_t best[WIRES];                /* as the report itself says */
	bool has_evidence[WIRES];
};

static enum status show(void *context, const struct casebook_entry *entry, struct error *unused)
{
	struct shown *const shown = context;
	(void)unused;
	cr_assert_lt(shown->len, WIRES);
	shown->entry[shown->len] = *entry;
	shown->has_evidence[shown->len] = entry->evidence != NULL;
	shown->best[shown->len] = entry->evidence == NULL ? 0 : evidence_body(entry->evidence)->report.individuals.best;
	shown->len++;
	return STATUS_OK;
}

static struct shown *shown_with(const struct casebook_filter *filter)
{
	static struct shown shown;
	shown.len = 0;
	MUST(casebook_each(hq.casebook, filter, show, &shown, &err));
	return &shown;
}

static struct shown *all_shown(void)
{
	static const struct casebook_filter all = {.all_events = true};
	return shown_with(&all);
}

static const struct casebook_entry *shown_one(const struct hash *id)
{
	static struct shown shown;
	shown.len = 0;
	MUST(casebook_get(hq.casebook, id, show, &shown, &err));
	cr_assert_eq(shown.len, 1);
	return &shown.entry[0];
}

struct set_aside {
	size_t len;
	struct quarantined quarantined[WIRES];
};

static enum status note_set_aside(void *context, const struct quarantined *quarantined, struct error *unused)
{
	struct set_aside *const aside = context;
	(void)unused;
	cr_assert_lt(aside->len, WIRES);
	aside->quarantined[aside->len++] = *quarantined;
	return STATUS_OK;
}

static struct set_aside *all_set_aside(void)
{
	static struct set_aside aside;
	aside.len = 0;
	MUST(casebook_each_quarantined(hq.casebook, note_set_aside, &aside, &err));
	return &aside;
}

struct listed {
	size_t len;
	struct casebook_device device[8];
};

static enum status list(void *context, const struct casebook_device *device, struct error *unused)
{
	struct listed *const listed = context;
	(void)unused;
	cr_assert_lt(listed->len, 8);
	listed->device[listed->len++] = *device;
	return STATUS_OK;
}

static struct listed *all_listed(void)
{
	static struct listed listed;
	listed.len = 0;
	MUST(casebook_each_device(hq.casebook, list, &listed, &err));
	return &listed;
}

static enum status read_acknowledgement(void *context, uint64_t position, const struct hash *id, struct span wire,
                                        struct error *unused)
{
	struct object object;
	(void)position;
	(void)id;
	(void)unused;
	MUST(object_parse(&object, wire, &err));
	return acknowledgement_decode(context, object.payload, &err);
}

static void takes_device(const struct writer *writer)
{
	hq_takes(&hq, &writer->device.wire, 0);
}

/* Writes a report and takes it. */
static struct hash takes_report(struct writer *writer, uint32_t individuals)
{
	struct bytes wire = {0};
	const struct hash id = writer_report(&hq, writer, individuals, &wire);
	hq_takes(&hq, &wire, 0);
	bytes_wipe(&wire);
	return id;
}

/* The same through the relay's log, without pulling it. */
static struct hash logs_report(struct writer *writer, uint32_t individuals)
{
	struct bytes wire = {0};
	const struct hash id = writer_report(&hq, writer, individuals, &wire);
	(void)relay_keeps(&hq, &wire);
	bytes_wipe(&wire);
	return id;
}

static void amendment_of(struct body *body, const struct hash *parent, uint32_t individuals)
{
	body_init(body, OBJECT_AMEND);
	const struct report_field *const field = report_field_find("individuals");
	body->created_s = SAMPLES_CREATED_S + 60;
	body->parent = *parent;
	body->set = UINT64_C(1) << (field - report_fields);
	body->report.individuals = (struct figure){(int32_t)individuals, FIGURE_ABSENT, FIGURE_ABSENT};
}

static struct hash takes_amendment(struct writer *writer, const struct hash *parent, uint32_t individuals)
{
	struct body body;
	struct bytes wire = {0};
	amendment_of(&body, parent, individuals);
	const struct hash id = writer_write(&hq, writer, &body, &wire);
	hq_takes(&hq, &wire, 0);
	bytes_wipe(&wire);
	return id;
}

static struct hash takes_retraction(struct writer *writer, const struct hash *parent)
{
	struct body body;
	struct bytes wire = {0};
	body_init(&body, OBJECT_RETRACT);
	body.created_s = SAMPLES_CREATED_S + 120;
	body.parent = *parent;
	body.reason = 1;
	const struct hash id = writer_write(&hq, writer, &body, &wire);
	hq_takes(&hq, &wire, 0);
	bytes_wipe(&wire);
	return id;
}

/* --- taking --- */

Test(casebook, shows_a_report_with_its_verdict)
{
	struct bytes wire = {0};
	const struct hash id = writer_report(&hq, &nasib, 1650, &wire);
	(void)relay_keeps(&hq, &nasib.device.wire);
	(void)relay_keeps(&hq, &wire);
	hq_pulls(&hq, SEEN_S);
	const struct shown *const shown = all_shown();
	cr_assert_eq(shown->len, 1);
	const struct casebook_entry *const entry = &shown->entry[0];
	cr_assert(hash_equals(&entry->id, &id));
	cr_assert_eq(shown->best[0], 1650);
	cr_assert_str_eq(entry->label, "Team Nasib");
	cr_assert(entry->verdict.signature && entry->verdict.opened && entry->verdict.linked && entry->verdict.time_plausible);
	cr_assert_not(entry->verdict.forked || entry->verdict.revoked || entry->verdict.duplicate_key);
	cr_assert_eq(entry->verdict.enrolment, ENROLMENT_VALID);
	cr_assert_eq(entry->verdict.standing, STANDING_GOOD);
	cr_assert_eq(entry->verdict.chain_whole, 1);
	cr_assert_eq(entry->verdict.log_position, 2);
	cr_assert_eq(entry->verdict.seen_by_s, SEEN_S);
	cr_assert(hash_is_zero(&entry->amended_by) && hash_is_zero(&entry->retracted_by));
	bytes_wipe(&wire);
}

/* What a shuffle delivers: two devices, one of them goes on with a new key; reports, amendments, a gap, and an event
 * whose body is another's. */
static size_t a_story(struct bytes *wires)
{
	struct writer herak, herak_again;
	struct bytes skipped = {0};
	struct body body;
	size_t len = 0;
	writer_begin(&hq, &herak, "Team Herak", FAR_S);
	MUST(bytes_append(&wires[len++], bytes_span(&nasib.device.wire), &err));
	MUST(bytes_append(&wires[len++], bytes_span(&herak.device.wire), &err));
	for (uint32_t i = 0; i < 4; i++)
		(void)writer_report(&hq, &nasib, 1300 + i, &wires[len++]);
	const struct hash first = writer_report(&hq, &herak, 1500, &wires[len++]);
	amendment_of(&body, &first, 1501);
	(void)writer_write(&hq, &herak, &body, &wires[len++]);
	(void)writer_report(&hq, &herak, 1502, &skipped);
	(void)writer_report(&hq, &herak, 1503, &wires[len++]);
	writer_succeed(&hq, &herak_again, &herak);
	MUST(bytes_append(&wires[len++], bytes_span(&herak_again.device.wire), &err));
	amendment_of(&body, &first, 1504);
	(void)writer_write(&hq, &herak_again, &body, &wires[len++]);
	(void)cast_event(&hq.cast, &nasib.device, nasib.head, "no sealed body at all", &wires[len++]);
	bytes_wipe(&skipped);
	writer_end(&herak);
	writer_end(&herak_again);
	return len;
}

static void shuffle(size_t *order, size_t len, uint64_t *state)
{
	for (size_t i = 0; i < len; i++)
		order[i] = i;
	for (size_t i = len; i-- > 1;) {
		const size_t j = samples_random(state, (uint32_t)i + 1), kept = order[i];
		order[i] = order[j];
		order[j] = kept;
	}
}

/* In batches, each object as often as the dice say. */
static void take_in_order(const struct bytes *wires, const size_t *order, size_t len, uint64_t *state)
{
	enum set_outcome outcome;
	MUST(casebook_begin(hq.casebook, &err));
	for (size_t i = 0; i < len; i++) {
		for (uint32_t times = 1 + samples_random(state, 2); times-- > 0;)
			(void)!casebook_take(hq.casebook, bytes_span(&wires[order[i]]), 0, &outcome, &err);
		if (samples_random(state, 3) == 0) {
			MUST(casebook_commit(hq.casebook, NULL, &err));
			MUST(casebook_begin(hq.casebook, &err));
		}
	}
	MUST(casebook_commit(hq.casebook, NULL, &err));
}

Test(casebook, is_the_same_whatever_the_order_of_arrival)
{
	struct bytes wires[WIRES] = {{0}}, expected = {0}, found = {0};
	uint64_t state = 7;
	const size_t len = a_story(wires);
	for (uint32_t round = 0; round < 12; round++) {
		size_t order[WIRES];
		char name[16];
		(void)snprintf(name, sizeof name, "round%u.db", round);
		headquarters_afresh(&hq, name);
		shuffle(order, len, &state);
		take_in_order(wires, order, len, &state);
		bytes_clear(&found);
		MUST(casebook_dump(hq.casebook, &found, &err));
		MUST(set_dump(project_set(hq.project), &found, &err));
		if (round == 0)
			MUST(bytes_append(&expected, bytes_span(&found), &err));
		cr_assert_gt(found.len, 3000);
		cr_assert(span_equals(bytes_span(&found), bytes_span(&expected)), "round %u", round);
		cr_assert_eq(all_set_aside()->len, 1);
		cr_assert_eq(all_shown()->len, 8);
	}
	for (size_t i = 0; i < len; i++)
		bytes_wipe(&wires[i]);
	bytes_wipe(&expected);
	bytes_wipe(&found);
}

static enum status put_again(void *context, uint64_t position, const struct hash *id, struct span wire, struct error *unused)
{
	struct bytes *const wires = context;
	(void)position;
	(void)id;
	(void)unused;
	for (size_t i = 0; i < WIRES; i++)
		if (wires[i].len == 0)
			return bytes_append(&wires[i], wire, &err);
	return STATUS_NOT_FOUND;
}

Test(casebook, can_be_built_again_from_the_set_and_by_another_road)
{
	struct bytes wires[WIRES] = {{0}}, again[WIRES] = {{0}}, expected = {0}, found = {0};
	enum set_outcome outcome;
	uint64_t state = 11;
	size_t order[WIRES];
	const size_t len = a_story(wires);
	headquarters_afresh(&hq, "first.db");
	for (size_t i = 0; i < len; i++)
		(void)relay_keeps(&hq, &wires[i]);
	MUST(casebook_begin(hq.casebook, &err));
	for (size_t i = 0; i < len; i++)
		(void)!casebook_take(hq.casebook, bytes_span(&wires[i]), i + 1, &outcome, &err);
	MUST(casebook_commit(hq.casebook, NULL, &err));
	MUST(casebook_dump(hq.casebook, &expected, &err));
	MUST(set_each_after(project_set(hq.project), 0, put_again, again, &err));
	size_t held = 0;
	while (again[held].len > 0)
		held++;
	cr_assert_geq(held, len);
	headquarters_afresh(&hq, "second.db");
	shuffle(order, held, &state);
	take_in_order(again, order, held, &state);
	MUST(casebook_dump(hq.casebook, &found, &err));
	cr_assert(span_equals(bytes_span(&found), bytes_span(&expected)));
	for (size_t i = 0; i < WIRES; i++) {
		bytes_wipe(&wires[i]);
		bytes_wipe(&again[i]);
	}
	bytes_wipe(&expected);
	bytes_wipe(&found);
}

Test(casebook, names_a_sealed_body_copied_from_another_and_keeps_its_event)
{
	struct writer thief;
	struct object object;
	struct event event;
	struct bytes theirs = {0}, payload = {0}, copied = {0};
	bool has = false;
	writer_begin(&hq, &thief, "Team Tafas", FAR_S);
	takes_device(&nasib);
	takes_device(&thief);
	(void)writer_report(&hq, &nasib, 1650, &theirs);
	MUST(object_parse(&object, bytes_span(&theirs), &err));
	MUST(event_decode(&event, object.payload, &err));
	event.number = 1;
	event.previous = thief.head.last;
	MUST(event_encode(&payload, &event, &err));
	const struct object_draft draft = {OBJECT_REPORT, thief.device.id, bytes_span(&payload), object.attachment};
	const struct hash id = cast_sign(&hq.cast, &draft, thief.device.key, &copied);
	cr_assert_eq(hq_take(&hq, &copied, 0, &err), STATUS_TAMPERED);
	cr_assert_not_null(strstr(err.message, "(commitment)"));
	const struct set_aside *const aside = all_set_aside();
	cr_assert_eq(aside->len, 1);
	cr_assert(key_id_equals(&aside->quarantined[0].signer, &thief.device.id));
	cr_assert_eq(aside->quarantined[0].status, STATUS_TAMPERED);
	cr_assert_not_null(strstr(aside->quarantined[0].reason, "(commitment)"));
	MUST(set_has(project_set(hq.project), &id, &has, &err));
	cr_assert(has);
	cr_assert_eq(all_shown()->len, 0);
	bytes_wipe(&theirs);
	bytes_wipe(&payload);
	bytes_wipe(&copied);
	writer_end(&thief);
}

Test(casebook, sets_aside_what_was_altered_and_takes_the_true_one_after_it)
{
	struct bytes wire = {0};
	takes_device(&nasib);
	(void)writer_report(&hq, &nasib, 1650, &wire);
	wire.data[wire.len - 1] ^= 1;
	cr_assert_eq(hq_take(&hq, &wire, 0, &err), STATUS_TAMPERED);
	cr_assert_not_null(strstr(err.message, "(attachment_hash)"));
	cr_assert_eq(all_shown()->len, 0);
	wire.data[wire.len - 1] ^= 1;
	hq_takes(&hq, &wire, 0);
	cr_assert_eq(all_shown()->len, 1);
	cr_assert_eq(all_set_aside()->len, 1);
	bytes_wipe(&wire);
}

Test(casebook, keeps_an_event_of_a_stranger_until_its_device_arrives)
{
	struct writer again;
	struct bytes wire = {0};
	writer_succeed(&hq, &again, &nasib);
	(void)writer_report(&hq, &again, 1650, &wire);
	cr_assert_eq(hq_take(&hq, &wire, 0, &err), STATUS_UNTRUSTED);
	cr_assert_eq(hq_take(&hq, &again.device.wire, 0, &err), STATUS_UNTRUSTED);
	cr_assert_eq(all_set_aside()->len, 2);
	takes_device(&nasib);
	cr_assert_eq(all_set_aside()->len, 0);
	cr_assert_eq(all_shown()->len, 1);
	bytes_wipe(&wire);
	writer_end(&again);
}

Test(casebook, bounds_its_quarantine_and_lets_the_oldest_go)
{
	uint8_t junk[] = {0x82, 0x01, 0x19, 0x00, 0x00};
	enum set_outcome outcome;
	MUST(casebook_begin(hq.casebook, &err));
	for (unsigned i = 0; i < CASEBOOK_QUARANTINE_MAX + 20; i++) {
		junk[3] = (uint8_t)(i >> 8);
		junk[4] = (uint8_t)i;
		cr_assert_eq(casebook_take(hq.casebook, (struct span){junk, sizeof junk}, 0, &outcome, &err), STATUS_BAD_INPUT);
	}
	MUST(casebook_commit(hq.casebook, NULL, &err));
	size_t count = 0;
	struct query *const query = db_query(project_db(hq.project), CASEBOOK_QUARANTINE_EACH);
	for (bool row = true; row && query_step(query, &row, &err) == STATUS_OK;)
		count += row;
	query_end(query);
	cr_assert_eq(count, CASEBOOK_QUARANTINE_MAX);
}

Test(casebook, undoes_a_batch_whole)
{
	enum set_outcome outcome;
	uint64_t cursor = 1;
	struct bytes before = {0}, after = {0};
	MUST(set_dump(project_set(hq.project), &before, &err));
	MUST(casebook_begin(hq.casebook, &err));
	MUST(casebook_take(hq.casebook, bytes_span(&nasib.device.wire), 1, &outcome, &err));
	casebook_rollback(hq.casebook);
	MUST(set_dump(project_set(hq.project), &after, &err));
	cr_assert(span_equals(bytes_span(&before), bytes_span(&after)));
	MUST(casebook_cursor(hq.casebook, &cursor, &err));
	cr_assert_eq(cursor, 0);
	takes_device(&nasib);
	bytes_wipe(&before);
	bytes_wipe(&after);
}

/* --- chains --- */

Test(casebook, tells_what_hangs_together_and_what_does_not)
{
	struct bytes skipped = {0};
	takes_device(&nasib);
	const struct hash first = takes_report(&nasib, 1300);
	(void)writer_report(&hq, &nasib, 1301, &skipped);
	const struct hash third = takes_report(&nasib, 1302);
	cr_assert(shown_one(&first)->verdict.linked);
	cr_assert_not(shown_one(&third)->verdict.linked);
	cr_assert_eq(shown_one(&third)->verdict.chain_whole, 1);
	hq_takes(&hq, &skipped, 0);
	cr_assert(shown_one(&third)->verdict.linked);
	bytes_wipe(&skipped);
}

Test(casebook, shows_both_ends_of_a_fork)
{
	struct writer copy;
	takes_device(&nasib);
	copy = nasib;
	const struct hash one = takes_report(&nasib, 1300), other = takes_report(&copy, 1301);
	const struct hash next = takes_report(&nasib, 1302);
	cr_assert(shown_one(&one)->verdict.forked && shown_one(&other)->verdict.forked);
	cr_assert(shown_one(&one)->verdict.linked);
	cr_assert_not(shown_one(&other)->verdict.linked);
	cr_assert_not(shown_one(&next)->verdict.forked);
	cr_assert_eq(all_shown()->len, 3);
	cr_assert(all_listed()->device[0].chain.forked);
}

Test(casebook, gives_a_successor_the_name_and_standing_of_whom_it_goes_on_from)
{
	struct writer again;
	takes_device(&nasib);
	(void)takes_report(&nasib, 1300);
	writer_succeed(&hq, &again, &nasib);
	takes_device(&again);
	const struct hash id = takes_report(&again, 1301);
	const struct casebook_entry *const entry = shown_one(&id);
	cr_assert_str_eq(entry->label, "Team Nasib");
	cr_assert_eq(entry->verdict.enrolment, ENROLMENT_VALID);
	const struct listed *const listed = all_listed();
	cr_assert_eq(listed->len, 2);
	cr_assert(listed->device[0].succeeded);
	cr_assert(key_id_equals(&listed->device[1].predecessor, &nasib.device.id));
	cr_assert_eq(listed->device[1].opened, 1);
	writer_end(&again);
}

/* The device that writes on decides, not which branch came first. */
Test(casebook, takes_for_whole_the_branch_that_the_newest_head_names)
{
	struct writer copy;
	struct bytes wire = {0};
	struct acknowledgement said = {0};
	uint64_t made = 0;
	takes_device(&nasib);
	copy = nasib;
	const struct hash other = takes_report(&copy, 1300), one = takes_report(&nasib, 1301);
	(void)takes_report(&nasib, 1302);
	(void)cast_head(&hq.cast, &nasib.device, nasib.head, &wire);
	hq_takes(&hq, &wire, 0);
	cr_assert(shown_one(&one)->verdict.linked);
	cr_assert_not(shown_one(&other)->verdict.linked);
	MUST(casebook_acknowledge(hq.casebook, SEEN_S, &made, &err));
	MUST(set_each_newest(project_set(hq.project), OBJECT_ACKNOWLEDGEMENT, &nasib.device.id, read_acknowledgement, &said, &err));
	cr_assert_eq(said.number, 2);
	cr_assert(hash_equals(&said.last, &nasib.head.last));
	bytes_wipe(&wire);
}

/* --- amendments --- */

Test(casebook, shows_a_report_as_its_author_amended_it)
{
	struct writer again, other;
	writer_begin(&hq, &other, "Team Tafas", FAR_S);
	takes_device(&nasib);
	takes_device(&other);
	const struct hash id = takes_report(&nasib, 1300);
	(void)takes_amendment(&other, &id, 9999);
	cr_assert(hash_is_zero(&shown_one(&id)->amended_by));
	const struct hash amended = takes_amendment(&nasib, &id, 1400);
	writer_succeed(&hq, &again, &nasib);
	takes_device(&again);
	const struct hash twice = takes_amendment(&again, &amended, 1500);
	const struct shown *const shown = shown_with(NULL);
	cr_assert_eq(shown->len, 1);
	cr_assert_eq(shown->best[0], 1300);
	cr_assert_eq(shown->entry[0].current.individuals.best, 1500);
	cr_assert(hash_equals(&shown->entry[0].amended_by, &twice));
	cr_assert(hash_is_zero(&shown->entry[0].retracted_by));
	const struct hash retracted = takes_retraction(&again, &amended);
	cr_assert(hash_equals(&shown_one(&id)->retracted_by, &retracted));
	cr_assert_eq(all_shown()->len, 5);
	writer_end(&again);
	writer_end(&other);
}

Test(casebook, follows_the_smaller_number_where_amendments_fork)
{
	takes_device(&nasib);
	const struct hash id = takes_report(&nasib, 1300);
	const struct hash one = takes_amendment(&nasib, &id, 1400);
	(void)takes_amendment(&nasib, &id, 1500);
	const struct casebook_entry *const entry = shown_one(&id);
	cr_assert(hash_equals(&entry->amended_by, &one));
	cr_assert_eq(entry->current.individuals.best, 1400);
}

Test(casebook, does_not_follow_an_amendment_that_breaks_the_reports_rules)
{
	struct body body;
	struct bytes wire = {0};
	takes_device(&nasib);
	const struct hash id = takes_report(&nasib, 1300);
	body_init(&body, OBJECT_AMEND);
	body.created_s = SAMPLES_CREATED_S;
	body.parent = id;
	body.cleared = (UINT64_C(1) << (report_field_find("individuals") - report_fields)) |
	               (UINT64_C(1) << (report_field_find("households") - report_fields));
	(void)writer_write(&hq, &nasib, &body, &wire);
	hq_takes(&hq, &wire, 0);
	const struct casebook_entry *const entry = shown_one(&id);
	cr_assert(hash_is_zero(&entry->amended_by));
	cr_assert_eq(entry->current.individuals.best, 1300);
	cr_assert_eq(all_shown()->len, 2);
	bytes_wipe(&wire);
}

/* --- revocations --- */

Test(casebook, contests_what_a_revoked_device_signed_after_its_last_good_link)
{
	struct writer copy, again;
	const uint64_t good = 2;
	takes_device(&nasib);
	const struct hash one = takes_report(&nasib, 1300), two = takes_report(&nasib, 1301);
	copy = nasib;
	const struct hash three = takes_report(&nasib, 1302), twin = takes_report(&copy, 1303);
	writer_succeed(&hq, &again, &nasib);
	takes_device(&again);
	const struct hash after = takes_report(&again, 1304);
	const struct hash amended = takes_amendment(&nasib, &one, 9999);
	MUST(project_revoke_device(hq.project, &nasib.device.id, &good, REVOKE_SEIZED, SEEN_S, &err));
	cr_assert_eq(shown_one(&one)->verdict.standing, STANDING_GOOD);
	cr_assert(shown_one(&one)->verdict.revoked);
	cr_assert(hash_is_zero(&shown_one(&one)->amended_by));
	cr_assert_eq(shown_one(&two)->verdict.standing, STANDING_GOOD);
	cr_assert_eq(shown_one(&three)->verdict.standing, STANDING_CONTESTED);
	cr_assert_eq(shown_one(&twin)->verdict.standing, STANDING_CONTESTED);
	cr_assert_eq(shown_one(&amended)->verdict.standing, STANDING_CONTESTED);
	cr_assert_eq(shown_one(&after)->verdict.standing, STANDING_CONTESTED);
	cr_assert(shown_one(&after)->verdict.revoked);
	cr_assert_eq(all_shown()->len, 6);
	writer_end(&again);
}

Test(casebook, holds_good_what_the_log_held_at_a_revocation)
{
	(void)relay_keeps(&hq, &nasib.device.wire);
	struct bytes skipped = {0};
	(void)writer_report(&hq, &nasib, 1300, &skipped);
	const struct hash seen = logs_report(&nasib, 1301);
	hq_pulls(&hq, SEEN_S);
	MUST(project_revoke_device(hq.project, &nasib.device.id, NULL, REVOKE_LOST, SEEN_S, &err));
	const struct hash later = logs_report(&nasib, 1302);
	hq_pulls(&hq, SEEN_S + 60);
	cr_assert_eq(shown_one(&seen)->verdict.standing, STANDING_GOOD);
	cr_assert_eq(shown_one(&later)->verdict.standing, STANDING_CONTESTED);
	bytes_wipe(&skipped);
}

Test(casebook, contests_all_devices_of_a_revoked_invite)
{
	struct bytes payload = {0}, wire = {0};
	takes_device(&nasib);
	const struct hash id = takes_report(&nasib, 1300);
	const struct key_id invite = all_listed()->device[0].invite;
	const struct revocation revocation = {.kind = REVOKE_INVITE, .who = invite, .time_s = SEEN_S};
	MUST(revocation_encode(&payload, &revocation, &err));
	const struct object_draft draft = {.type = OBJECT_REVOCATION, .signer = hq.cast.project, .payload = bytes_span(&payload)};
	(void)cast_sign(&hq.cast, &draft, hq.cast.root, &wire);
	hq_takes(&hq, &wire, 0);
	cr_assert(shown_one(&id)->verdict.revoked);
	cr_assert_eq(shown_one(&id)->verdict.standing, STANDING_CONTESTED);
	bytes_wipe(&payload);
	bytes_wipe(&wire);
}

/* --- enrolments --- */

/* Two devices of one invite. */
static void twins_begin(struct writer *one, struct writer *other, int64_t expires_s)
{
	struct invite_file file = {0};
	struct writer *const both[] = {one, other};
	MUST(project_invite(hq.project, "Team Tafas", expires_s, &file, &err));
	for (size_t i = 0; i < 2; i++) {
		*both[i] = (struct writer){0};
		MUST(signing_key_new(&both[i]->device.key, &err));
		MUST(enrolment_make(&both[i]->device.wire, &both[i]->device.introduced, &file, both[i]->device.key, "test", &err));
		both[i]->device.id = key_id_of_object(&both[i]->device.introduced);
		both[i]->head.last = both[i]->device.introduced;
	}
	invite_file_wipe(&file);
}

Test(casebook, contests_the_second_device_of_an_invite_until_it_is_confirmed)
{
	struct writer one, other;
	twins_begin(&one, &other, FAR_S);
	takes_device(&other);
	const struct hash second = takes_report(&other, 1301);
	cr_assert_eq(shown_one(&second)->verdict.enrolment, ENROLMENT_VALID);
	(void)relay_keeps(&hq, &one.device.wire);
	(void)relay_keeps(&hq, &other.device.wire);
	hq_pulls(&hq, SEEN_S);
	const struct hash first = takes_report(&one, 1300);
	cr_assert_eq(shown_one(&first)->verdict.enrolment, ENROLMENT_VALID);
	cr_assert_eq(shown_one(&second)->verdict.enrolment, ENROLMENT_DOUBLE);
	cr_assert_eq(shown_one(&second)->verdict.standing, STANDING_CONTESTED);
	MUST(project_confirm_device(hq.project, &other.device.id, SEEN_S, &err));
	cr_assert_eq(shown_one(&second)->verdict.enrolment, ENROLMENT_CONFIRMED);
	cr_assert_eq(shown_one(&second)->verdict.standing, STANDING_GOOD);
	writer_end(&one);
	writer_end(&other);
}

Test(casebook, contests_a_device_that_is_proven_late)
{
	struct writer intime, late, carried;
	writer_begin(&hq, &intime, "In time", SEEN_S);
	writer_begin(&hq, &late, "Late", SEEN_S);
	writer_begin(&hq, &carried, "Carried", SEEN_S);
	(void)relay_keeps(&hq, &intime.device.wire);
	hq_pulls(&hq, SEEN_S);
	(void)relay_keeps(&hq, &late.device.wire);
	hq_pulls(&hq, SEEN_S + DAY_S);
	takes_device(&carried);
	const struct listed *const listed = all_listed();
	cr_assert_eq(listed->len, 3);
	cr_assert_eq(listed->device[0].enrolment, ENROLMENT_VALID);
	cr_assert_eq(listed->device[1].enrolment, ENROLMENT_LATE);
	cr_assert_eq(listed->device[2].enrolment, ENROLMENT_LATE);
	writer_end(&intime);
	writer_end(&late);
	writer_end(&carried);
}

Test(casebook, marks_a_device_whose_key_another_enrolment_brings)
{
	struct invite_file file = {0};
	struct bytes wire = {0};
	struct hash id;
	takes_device(&nasib);
	(void)takes_report(&nasib, 1300);
	cr_assert_not(all_shown()->entry[0].verdict.duplicate_key);
	MUST(project_invite(hq.project, "Another", FAR_S, &file, &err));
	MUST(enrolment_make(&wire, &id, &file, nasib.device.key, "test", &err));
	cr_assert_eq(hq_take(&hq, &wire, 0, &err), STATUS_UNTRUSTED);
	cr_assert_not_null(strstr(err.message, "(key_twice)"));
	cr_assert(all_shown()->entry[0].verdict.duplicate_key);
	cr_assert_eq(all_listed()->len, 1);
	invite_file_wipe(&file);
	bytes_wipe(&wire);
}

/* --- times --- */

static struct hash takes_report_of(int64_t created_s, enum body_clock clock, const struct checkpoint *seen)
{
	struct body body;
	struct bytes wire = {0};
	struct hash id;
	report_of(&body, 1300);
	samples_set(&body.report, "from", "2018-06-01");
	samples_set(&body.report, "to", "2018-06-01");
	samples_set(&body.report, "observed_on", "2018-06-02");
	body.created_s = created_s;
	body.clock = clock;
	const struct evidence_author author = {
		.key = nasib.device.key,
		.device = nasib.device.id,
		.project = hq.cast.project,
		.descriptor = 1,
		.recipient = sealing_key_public(hq.cast.sealing),
	};
	const struct evidence_link link = {(uint32_t)nasib.head.number + 1, nasib.head.last, seen};
	MUST(evidence_make(&wire, &id, &body, &author, &link, &err));
	nasib.head = (struct head){link.number, id};
	(void)relay_keeps(&hq, &wire);
	bytes_wipe(&wire);
	return id;
}

Test(casebook, judges_a_devices_clock_by_what_the_relay_signed)
{
	(void)relay_keeps(&hq, &nasib.device.wire);
	hq_pulls(&hq, SEEN_S);
	const struct checkpoint seen = {.log = hq.cast.log, .size = 1, .root = merkle_root(&hq.tree)};
	struct checkpoint elsewhere = seen;
	elsewhere.log = hq.cast.hub_log;
	const struct hash right = takes_report_of(SEEN_S + 60, BODY_CLOCK_NETWORK, &seen);
	const struct hash ahead = takes_report_of(SEEN_S + 10 * DAY_S, BODY_CLOCK_MANUAL, NULL);
	const struct hash behind = takes_report_of(SEEN_S - 2 * DAY_S + 7200, BODY_CLOCK_MANUAL, &seen);
	const struct hash other = takes_report_of(SEEN_S - 2 * DAY_S + 7200, BODY_CLOCK_MANUAL, &elsewhere);
	const struct hash unset = takes_report_of(SEEN_S + 10 * DAY_S, BODY_CLOCK_UNSET, &seen);
	hq_pulls(&hq, SEEN_S + DAY_S);
	cr_assert(shown_one(&right)->verdict.time_plausible);
	cr_assert_not(shown_one(&ahead)->verdict.time_plausible);
	cr_assert_not(shown_one(&behind)->verdict.time_plausible);
	cr_assert(shown_one(&other)->verdict.time_plausible);
	cr_assert(shown_one(&unset)->verdict.time_plausible);
	cr_assert_eq(shown_one(&right)->verdict.seen_by_s, SEEN_S + DAY_S);
}

/* --- the relay's log --- */

Test(casebook, believes_a_relay_whose_log_is_what_it_sent)
{
	struct relay_clock clock;
	cr_assert_eq(casebook_log_check(hq.casebook, &clock, &err), STATUS_NOT_FOUND);
	(void)relay_keeps(&hq, &nasib.device.wire);
	(void)logs_report(&nasib, 1300);
	hq_pulls(&hq, SEEN_S);
	MUST(casebook_log_check(hq.casebook, &clock, &err));
	cr_assert_eq(clock.seen.size, 2);
	cr_assert_eq(clock.time_s, SEEN_S);
	headquarters_reopen(&hq, "hq.db");
	(void)logs_report(&nasib, 1301);
	hq_pulls(&hq, SEEN_S + 1);
	MUST(casebook_log_check(hq.casebook, &clock, &err));
	cr_assert_eq(clock.seen.size, 3);
}

/* What a relay does to the five objects of its log. */
static const size_t sent[][5] = {
	{0, 1, 2, 3, 4}, /* nothing */
	{0, 1, 3, 4, 4}, /* drops one */
	{0, 2, 1, 3, 4}, /* changes the order */
	{0, 1, 2, 3, 3}, /* gives one twice for another */
};

static enum status log_after(size_t deed, bool clock_first)
{
	struct relay_clock newest;
	struct bytes clock = {0};
	enum set_outcome outcome;
	(void)relay_keeps(&hq, &nasib.device.wire);
	for (uint32_t i = 0; i < 4; i++)
		(void)logs_report(&nasib, 1300 + i);
	relay_says(&hq, SEEN_S, &clock);
	MUST(casebook_begin(hq.casebook, &err));
	if (clock_first)
		MUST(casebook_take(hq.casebook, bytes_span(&clock), 0, &outcome, &err));
	for (size_t i = 0; i < 5; i++)
		(void)!casebook_take(hq.casebook, bytes_span(&hq.log[sent[deed][i]]), i + 1, &outcome, &err);
	if (!clock_first)
		MUST(casebook_take(hq.casebook, bytes_span(&clock), 0, &outcome, &err));
	MUST(casebook_commit(hq.casebook, NULL, &err));
	bytes_wipe(&clock);
	headquarters_reopen(&hq, "hq.db");
	return casebook_log_check(hq.casebook, &newest, &err);
}

Test(casebook, catches_a_relay_that_drops_an_object)
{
	cr_assert_eq(log_after(1, false), STATUS_TAMPERED);
	cr_assert_not_null(strstr(err.message, "does not match what it sent"));
}

Test(casebook, catches_a_relay_that_changes_the_order)
{
	cr_assert_eq(log_after(2, false), STATUS_TAMPERED);
}

Test(casebook, catches_a_relay_that_sends_one_object_for_another)
{
	cr_assert_eq(log_after(3, true), STATUS_TAMPERED);
}

Test(casebook, has_no_fault_to_find_in_an_honest_log_signed_before_it_was_sent)
{
	cr_assert_eq(log_after(0, true), STATUS_OK, "%s", err.message);
}

Test(casebook, catches_a_relay_that_tells_another_story_of_the_past)
{
	struct relay_clock newest;
	(void)relay_keeps(&hq, &nasib.device.wire);
	(void)logs_report(&nasib, 1300);
	(void)logs_report(&nasib, 1301);
	hq_pulls(&hq, SEEN_S);
	MUST(casebook_log_check(hq.casebook, &newest, &err));
	struct receipt receipt = cast_receipt_for(&hq.cast, &nasib.device.id, (struct head){1, nasib.head.last});
	receipt.seen.size = 2;
	struct bytes wire = {0};
	(void)cast_receipt(&hq.cast, &receipt, &wire);
	hq_takes(&hq, &wire, 0);
	cr_assert_eq(casebook_log_check(hq.casebook, &newest, &err), STATUS_TAMPERED);
	bytes_wipe(&wire);
}

Test(casebook, notices_a_log_that_shrank)
{
	struct relay_clock newest;
	struct bytes wire = {0};
	struct merkle tree = {0};
	struct object object;
	(void)relay_keeps(&hq, &nasib.device.wire);
	(void)logs_report(&nasib, 1300);
	hq_pulls(&hq, SEEN_S);
	MUST(object_parse(&object, bytes_span(&nasib.device.wire), &err));
	merkle_append(&tree, &object.id);
	const struct checkpoint seen = {.log = hq.cast.log, .size = 1, .root = merkle_root(&tree)};
	relay_says_of(&hq, &seen, SEEN_S - 60, &wire);
	hq_takes(&hq, &wire, 0);
	MUST(casebook_log_check(hq.casebook, &newest, &err));
	bytes_clear(&wire);
	relay_says_of(&hq, &seen, SEEN_S + 60, &wire);
	hq_takes(&hq, &wire, 0);
	cr_assert_eq(casebook_log_check(hq.casebook, &newest, &err), STATUS_TAMPERED);
	cr_assert_not_null(strstr(err.message, "shrank"));
	bytes_wipe(&wire);
}

Test(casebook, takes_in_its_own_objects_as_part_of_the_relays_log)
{
	struct relay_clock newest;
	struct bytes own = {0};
	const struct hash descriptor = hq.cast.descriptor_id;
	MUST(set_get(project_set(hq.project), &descriptor, &own, &err));
	(void)relay_keeps(&hq, &own);
	(void)relay_keeps(&hq, &nasib.device.wire);
	hq_pulls(&hq, SEEN_S);
	MUST(casebook_log_check(hq.casebook, &newest, &err));
	cr_assert_eq(newest.seen.size, 2);
	bytes_wipe(&own);
}

Test(casebook, believes_no_clock_that_the_relay_did_not_sign)
{
	struct relay_clock newest;
	struct bytes wire = {0};
	const struct checkpoint seen = {.log = hq.cast.log, .size = 9, .root = hq.cast.descriptor_id};
	const struct checkpoint others = {.log = hq.cast.hub_log, .size = 9, .root = hq.cast.descriptor_id};
	relay_says_of(&hq, &seen, SEEN_S, &wire);
	wire.data[wire.len - 1] ^= 1;
	cr_assert_eq(hq_take(&hq, &wire, 0, &err), STATUS_TAMPERED);
	bytes_clear(&wire);
	relay_says_of(&hq, &others, SEEN_S, &wire);
	cr_assert_eq(hq_take(&hq, &wire, 0, &err), STATUS_BAD_INPUT);
	cr_assert_eq(casebook_log_check(hq.casebook, &newest, &err), STATUS_NOT_FOUND);
	cr_assert_eq(all_set_aside()->len, 2);
	bytes_wipe(&wire);
}

Test(casebook, holds_the_relay_to_its_receipts_too)
{
	struct relay_clock newest;
	struct bytes wire = {0};
	(void)relay_keeps(&hq, &nasib.device.wire);
	(void)logs_report(&nasib, 1300);
	struct receipt receipt = cast_receipt_for(&hq.cast, &nasib.device.id, nasib.head);
	receipt.seen = (struct checkpoint){.log = hq.cast.log, .size = 2, .root = merkle_root(&hq.tree)};
	receipt.time_s = SEEN_S - 3600;
	(void)cast_receipt(&hq.cast, &receipt, &wire);
	hq_pulls(&hq, SEEN_S);
	hq_takes(&hq, &wire, 0);
	MUST(casebook_log_check(hq.casebook, &newest, &err));
	cr_assert_eq(all_shown()->entry[0].verdict.seen_by_s, SEEN_S - 3600);
	bytes_wipe(&wire);
}

Test(casebook, refuses_a_cursor_that_its_objects_do_not_reach)
{
	enum set_outcome outcome;
	const uint64_t cursor = 2;
	uint64_t reached = 9;
	MUST(casebook_begin(hq.casebook, &err));
	MUST(casebook_take(hq.casebook, bytes_span(&nasib.device.wire), 1, &outcome, &err));
	cr_assert_eq(casebook_commit(hq.casebook, &cursor, &err), STATUS_BUG);
	MUST(casebook_cursor(hq.casebook, &reached, &err));
	cr_assert_eq(reached, 0);
	cr_assert_eq(all_listed()->len, 0);
	cr_assert_eq(casebook_take(hq.casebook, bytes_span(&nasib.device.wire), 0, &outcome, &err), STATUS_BUG);
	cr_assert_eq(casebook_commit(hq.casebook, NULL, &err), STATUS_BUG);
}

Test(casebook, locks_nobody_out_before_it_has_taken_something)
{
	struct project *other = NULL;
	MUST(project_open(&other, cast_path(&hq.cast, "hq.db"), hq.cast.vault, hq.cast.data_key, &err));
	MUST(casebook_begin(hq.casebook, &err));
	MUST(project_policy_set(other, DESCRIPTOR_NEVER, 100, SEEN_S, &err));
	MUST(casebook_commit(hq.casebook, NULL, &err));
	project_close(other);
}

/* --- rows --- */

Test(casebook, shows_that_a_row_was_altered_in_the_database)
{
	static const char *const statements[] = {"UPDATE opened SET body = ?1 WHERE number = 2"};
	struct db_schema schema = project_sql_schema;
	struct body body;
	struct bytes encoded = {0};
	struct db *db = NULL;
	schema.statements = statements;
	schema.statements_len = 1;
	takes_device(&nasib);
	(void)takes_report(&nasib, 1300);
	const struct hash altered = takes_report(&nasib, 1301);
	report_of(&body, 9999);
	MUST(body_encode(&encoded, &body, &err));
	MUST(db_open(&db, cast_path(&hq.cast, "hq.db"), hq.cast.vault, DB_OPEN, &schema, &err));
	MUST(db_begin(db, &err));
	struct query *const query = db_query(db, 0);
	query_bind_bytes(query, 1, bytes_span(&encoded));
	MUST(query_run(query, &err));
	MUST(db_commit(db, &err));
	db_close(db);
	const struct shown *const shown = shown_with(NULL);
	cr_assert_eq(shown->len, 2);
	cr_assert(shown->entry[0].verdict.signature && shown->has_evidence[0]);
	cr_assert_not(shown->entry[1].verdict.signature || shown->has_evidence[1]);
	cr_assert(hash_equals(&shown->entry[1].id, &altered));
	struct bytes file = {0};
	cr_assert_eq(casebook_evidence(hq.casebook, &altered, &file, &err), STATUS_TAMPERED);
	cr_assert_eq(file.len, 0);
	bytes_wipe(&encoded);
}

Test(casebook, shows_only_what_was_asked_for)
{
	struct writer other;
	struct body body;
	struct bytes wire = {0};
	writer_begin(&hq, &other, "Team Tafas", FAR_S);
	takes_device(&nasib);
	takes_device(&other);
	(void)takes_report(&nasib, 1300);
	report_of(&body, 1400);
	samples_set(&body.report, "place", "SY120302");
	samples_set(&body.report, "observed_on", "2018-06-22");
	(void)writer_write(&hq, &other, &body, &wire);
	hq_takes(&hq, &wire, 0);
	const int32_t observed = body.report.observed_on;
	struct casebook_filter filter = {.area = "SY12"};
	cr_assert_eq(shown_with(&filter)->len, 1);
	cr_assert_eq(shown_with(&filter)->best[0], 1400);
	filter = (struct casebook_filter){.area = "C5999"};
	cr_assert_eq(shown_with(&filter)->best[0], 1300);
	filter = (struct casebook_filter){.area = "C5"};
	cr_assert_eq(shown_with(&filter)->len, 0);
	filter = (struct casebook_filter){.device = &other.device.id};
	cr_assert_eq(shown_with(&filter)->best[0], 1400);
	filter = (struct casebook_filter){.since = observed + 1};
	cr_assert_eq(shown_with(&filter)->best[0], 1300);
	filter = (struct casebook_filter){.until = observed};
	cr_assert_eq(shown_with(&filter)->best[0], 1400);
	filter = (struct casebook_filter){.kind = body.report.kind};
	cr_assert_eq(shown_with(&filter)->len, 2);
	filter = (struct casebook_filter){.group = (uint8_t)(body.report.group + 1)};
	cr_assert_eq(shown_with(&filter)->len, 0);
	bytes_wipe(&wire);
	writer_end(&other);
}

/* --- names --- */

static void hex(const uint8_t *bytes, size_t digits, char *text)
{
	for (size_t i = 0; i < digits; i++)
		(void)snprintf(text + i, 2, "%x", i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15);
}

Test(casebook, finds_a_report_by_what_a_person_says)
{
	char text[65];
	struct hash found;
	takes_device(&nasib);
	(void)takes_report(&nasib, 1300);
	const struct hash id = takes_report(&nasib, 1301);
	MUST(casebook_find(hq.casebook, "Team Nasib/2", &found, &err));
	cr_assert(hash_equals(&found, &id));
	for (size_t digits = 13; digits <= 64; digits += 17) {
		hex(id.bytes, digits, text);
		MUST(casebook_find(hq.casebook, text, &found, &err));
		cr_assert(hash_equals(&found, &id));
	}
	static const char *const unknown[] = {"", "123", "Team Nasib/3", "Team Nasib/", "/2", "Team Nasib", "00000000",
	                                      "Team Nasib/99999999999999999999"};
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
		cr_assert_eq(casebook_find(hq.casebook, unknown[i], &found, &err), STATUS_NOT_FOUND, "%s", unknown[i]);
}

Test(casebook, does_not_choose_between_two_of_one_name)
{
	struct writer other;
	struct hash found;
	struct key_id device;
	char text[KEY_PROQUINT_BYTES];
	writer_begin(&hq, &other, "Team Nasib", FAR_S);
	takes_device(&nasib);
	takes_device(&other);
	(void)takes_report(&nasib, 1300);
	(void)takes_report(&other, 1301);
	cr_assert_eq(casebook_find(hq.casebook, "Team Nasib/1", &found, &err), STATUS_BAD_INPUT);
	cr_assert_eq(casebook_find_device(hq.casebook, "Team Nasib", &device, &err), STATUS_BAD_INPUT);
	key_id_format(&other.device.id, text);
	MUST(casebook_find_device(hq.casebook, text, &device, &err));
	cr_assert(key_id_equals(&device, &other.device.id));
	char digits[33];
	hex(other.device.id.bytes, 12, digits);
	MUST(casebook_find_device(hq.casebook, digits, &device, &err));
	cr_assert(key_id_equals(&device, &other.device.id));
	cr_assert_eq(casebook_find_device(hq.casebook, "Team Tafas", &device, &err), STATUS_NOT_FOUND);
	cr_assert_eq(casebook_find_device(hq.casebook, "", &device, &err), STATUS_NOT_FOUND);
	writer_end(&other);
}

Test(casebook, asks_for_more_digits_where_a_prefix_names_two)
{
	struct bytes wire = {0};
	struct hash ids[600], found;
	enum set_outcome outcome;
	char text[9];
	size_t one = 0, other = 0;
	takes_device(&nasib);
	MUST(casebook_begin(hq.casebook, &err));
	/* Until two of them begin with the same 16 bits, which is soon. */
	for (size_t i = 0; i < 600 && one == other; i++) {
		bytes_clear(&wire);
		ids[i] = writer_report(&hq, &nasib, 1300, &wire);
		MUST(casebook_take(hq.casebook, bytes_span(&wire), 0, &outcome, &err));
		for (size_t j = 0; j < i; j++)
			if (memcmp(ids[i].bytes, ids[j].bytes, 2) == 0) {
				one = i;
				other = j;
			}
	}
	MUST(casebook_commit(hq.casebook, NULL, &err));
	cr_assert_neq(one, other, "no two of 600 ids begin alike");
	hex(ids[one].bytes, 4, text);
	cr_assert_eq(casebook_find(hq.casebook, text, &found, &err), STATUS_BAD_INPUT);
	bytes_wipe(&wire);
}

/* --- what goes out --- */

Test(casebook, passes_over_events_of_types_to_come)
{
	struct object object;
	struct bytes plain = {0}, wire = {0};
	struct acknowledgement said = {0};
	uint64_t made = 0;
	takes_device(&nasib);
	(void)takes_report(&nasib, 1300);
	(void)cast_event(&hq.cast, &nasib.device, nasib.head, "what only a newer sijil understands", &plain);
	MUST(object_parse(&object, bytes_span(&plain), &err));
	const struct object_draft draft = {(enum object_type)9, nasib.device.id, object.payload, object.attachment};
	nasib.head = (struct head){2, cast_sign(&hq.cast, &draft, nasib.device.key, &wire)};
	hq_takes(&hq, &wire, 0);
	(void)takes_report(&nasib, 1301);
	cr_assert_eq(all_set_aside()->len, 0);
	cr_assert_eq(all_shown()->len, 2);
	MUST(casebook_acknowledge(hq.casebook, SEEN_S, &made, &err));
	MUST(set_each_newest(project_set(hq.project), OBJECT_ACKNOWLEDGEMENT, &nasib.device.id, read_acknowledgement, &said, &err));
	cr_assert_eq(said.number, 3);
	bytes_wipe(&plain);
	bytes_wipe(&wire);
}

Test(casebook, acknowledges_what_is_whole_and_opened_and_no_more)
{
	struct acknowledgement said = {0};
	struct bytes skipped = {0}, sealed = {0};
	uint64_t made = 9;
	takes_device(&nasib);
	MUST(casebook_acknowledge(hq.casebook, SEEN_S, &made, &err));
	cr_assert_eq(made, 0);
	(void)takes_report(&nasib, 1300);
	const struct head whole = nasib.head;
	(void)writer_report(&hq, &nasib, 1301, &skipped);
	(void)takes_report(&nasib, 1302);
	MUST(casebook_acknowledge(hq.casebook, SEEN_S, &made, &err));
	cr_assert_eq(made, 1);
	MUST(set_each_newest(project_set(hq.project), OBJECT_ACKNOWLEDGEMENT, &nasib.device.id, read_acknowledgement, &said, &err));
	cr_assert_eq(said.number, 1);
	cr_assert(hash_equals(&said.last, &whole.last));
	MUST(casebook_acknowledge(hq.casebook, SEEN_S + 1, &made, &err));
	cr_assert_eq(made, 0);
	hq_takes(&hq, &skipped, 0);
	(void)cast_event(&hq.cast, &nasib.device, nasib.head, "no sealed body", &sealed);
	cr_assert_eq(hq_take(&hq, &sealed, 0, &err), STATUS_TAMPERED);
	MUST(casebook_acknowledge(hq.casebook, SEEN_S + 2, &made, &err));
	cr_assert_eq(made, 1);
	MUST(set_each_newest(project_set(hq.project), OBJECT_ACKNOWLEDGEMENT, &nasib.device.id, read_acknowledgement, &said, &err));
	cr_assert_eq(said.number, 3);
	bytes_wipe(&skipped);
	bytes_wipe(&sealed);
}

Test(casebook, hands_out_evidence_that_a_stranger_can_check)
{
	struct writer again, other;
	struct body body;
	struct bytes wire = {0}, file = {0};
	struct evidence_file_result result = {0};
	const struct key_id project = project_id(hq.project);
	uint64_t made;
	writer_begin(&hq, &other, "Team Tafas", FAR_S);
	takes_device(&nasib);
	takes_device(&other);
	const struct hash id = takes_report(&nasib, 1300);
	const struct receipt receipt = cast_receipt_for(&hq.cast, &nasib.device.id, nasib.head);
	(void)cast_receipt(&hq.cast, &receipt, &wire);
	hq_takes(&hq, &wire, 0);
	MUST(casebook_acknowledge(hq.casebook, SEEN_S, &made, &err));
	MUST(project_confirm_device(hq.project, &nasib.device.id, SEEN_S, &err));
	writer_succeed(&hq, &again, &nasib);
	takes_device(&again);
	const struct hash amended = takes_amendment(&again, &id, 1400);
	body_init(&body, OBJECT_CORROBORATE);
	body.created_s = SAMPLES_CREATED_S;
	body.parent = id;
	bytes_clear(&wire);
	(void)writer_write(&hq, &other, &body, &wire);
	hq_takes(&hq, &wire, 0);
	(void)takes_retraction(&again, &amended);
	MUST(casebook_evidence(hq.casebook, &id, &file, &err));
	MUST(evidence_file_check(&result, bytes_span(&file), &project, &err));
	cr_assert_eq(evidence_body(result.report)->report.individuals.best, 1300);
	cr_assert_eq(result.later_len, 3);
	cr_assert(result.is_confirmed && result.is_acknowledged && result.is_received);
	cr_assert_not(result.is_contested);
	evidence_file_result_wipe(&result);
	bytes_clear(&file);
	MUST(casebook_evidence(hq.casebook, &amended, &file, &err));
	MUST(evidence_file_check(&result, bytes_span(&file), &project, &err));
	cr_assert_eq(result.path_len, 2);
	evidence_file_result_wipe(&result);
	bytes_wipe(&wire);
	bytes_wipe(&file);
	writer_end(&again);
	writer_end(&other);
}

Test(casebook, says_in_its_evidence_that_the_device_was_revoked)
{
	struct bytes file = {0};
	struct evidence_file_result result = {0};
	const struct key_id project = project_id(hq.project);
	const uint64_t good = 1;
	takes_device(&nasib);
	const struct hash one = takes_report(&nasib, 1300), two = takes_report(&nasib, 1301);
	MUST(project_revoke_device(hq.project, &nasib.device.id, &good, REVOKE_SEIZED, SEEN_S, &err));
	MUST(casebook_evidence(hq.casebook, &one, &file, &err));
	MUST(evidence_file_check(&result, bytes_span(&file), &project, &err));
	cr_assert_not(result.is_contested);
	cr_assert_eq(result.revocations_len, 1);
	evidence_file_result_wipe(&result);
	bytes_clear(&file);
	MUST(casebook_evidence(hq.casebook, &two, &file, &err));
	MUST(evidence_file_check(&result, bytes_span(&file), &project, &err));
	cr_assert(result.is_contested);
	evidence_file_result_wipe(&result);
	bytes_wipe(&file);
}

Test(casebook, verifies_all_that_is_stored_and_counts_what_no_longer_holds)
{
	static const char *const statements[] = {"UPDATE object SET wire = CAST(substr(wire, 1, length(wire) - 2) || x'0000' AS BLOB) "
	                                         "WHERE type < 16 AND number = 2"};
	struct db_schema schema = project_sql_schema;
	struct casebook_audit audit = {0};
	struct db *db = NULL;
	schema.statements = statements;
	schema.statements_len = 1;
	takes_device(&nasib);
	for (uint32_t i = 0; i < 3; i++)
		(void)takes_report(&nasib, 1300 + i);
	MUST(casebook_audit(hq.casebook, &audit, &err));
	cr_assert_eq(audit.bad, 0);
	/* two descriptors, an appointment, an enrolment, three reports */
	cr_assert_eq(audit.objects, 7);
	MUST(db_open(&db, cast_path(&hq.cast, "hq.db"), hq.cast.vault, DB_OPEN, &schema, &err));
	MUST(query_run(db_query(db, 0), &err));
	db_close(db);
	MUST(casebook_audit(hq.casebook, &audit, &err));
	cr_assert_eq(audit.bad, 1);
	cr_assert_eq(audit.objects, 7);
}

Test(casebook, leaves_out_of_its_evidence_the_crowd_and_never_the_author)
{
	struct writer crowd;
	struct body body;
	struct bytes file = {0};
	struct evidence_file_result result = {0};
	const struct key_id project = project_id(hq.project);
	writer_begin(&hq, &crowd, "A crowd", FAR_S);
	takes_device(&nasib);
	takes_device(&crowd);
	const struct hash id = takes_report(&nasib, 1300);
	for (size_t i = 0; i < EVIDENCE_FILE_LATER + 5; i++) {
		struct bytes wire = {0};
		body_init(&body, OBJECT_CORROBORATE);
		body.created_s = SAMPLES_CREATED_S;
		body.parent = id;
		(void)writer_write(&hq, &crowd, &body, &wire);
		hq_takes(&hq, &wire, 0);
		bytes_wipe(&wire);
	}
	const struct hash retracted = takes_retraction(&nasib, &id);
	MUST(casebook_evidence(hq.casebook, &id, &file, &err));
	MUST(evidence_file_check(&result, bytes_span(&file), &project, &err));
	cr_assert_eq(result.later_len, EVIDENCE_FILE_LATER);
	cr_assert(hash_equals(evidence_id(result.later[0]), &retracted));
	evidence_file_result_wipe(&result);
	bytes_wipe(&file);
	writer_end(&crowd);
}

/* --- failing calls --- */

static enum status nothing(void *context, const struct casebook_entry *entry, struct error *unused)
{
	(void)context;
	(void)entry;
	(void)unused;
	return STATUS_OK;
}

Test(casebook, survives_each_allocation_that_fails_while_it_takes)
{
	struct bytes wires[3] = {{0}}, before = {0}, after = {0}, clock = {0};
	(void)writer_report(&hq, &nasib, 1300, &wires[0]);
	MUST(bytes_append(&wires[1], bytes_span(&nasib.device.wire), &err));
	(void)writer_report(&hq, &nasib, 1301, &wires[2]);
	for (size_t i = 0; i < 3; i++)
		(void)relay_keeps(&hq, &wires[i]);
	relay_says(&hq, SEEN_S, &clock);
	MUST(set_dump(project_set(hq.project), &before, &err));
	enum status status;
	size_t n = 1;
	for (bool failed = true; failed; n++) {
		enum set_outcome outcome;
		failing_malloc_at(n);
		status = casebook_begin(hq.casebook, &err);
		for (size_t i = 0; i < 3 && (status == STATUS_OK || status == STATUS_UNTRUSTED); i++)
			status = casebook_take(hq.casebook, bytes_span(&wires[i]), i + 1, &outcome, &err);
		if (status == STATUS_OK)
			status = casebook_take(hq.casebook, bytes_span(&clock), 0, &outcome, &err);
		if (status == STATUS_OK)
			status = casebook_commit(hq.casebook, NULL, &err);
		failed = failing_malloc_ended();
		if (!failed)
			break;
		cr_assert_eq(status, STATUS_NO_MEMORY, "allocation %zu: %s", n, err.message);
		casebook_rollback(hq.casebook);
		bytes_clear(&after);
		MUST(set_dump(project_set(hq.project), &after, &err));
		cr_assert(span_equals(bytes_span(&before), bytes_span(&after)), "allocation %zu", n);
		cr_assert_eq(all_set_aside()->len, 0);
	}
	MUST(status);
	cr_assert_gt(n, 10);
	cr_assert_eq(all_shown()->len, 2);
	for (size_t i = 0; i < 3; i++)
		bytes_wipe(&wires[i]);
	bytes_wipe(&before);
	bytes_wipe(&after);
	bytes_wipe(&clock);
}

Test(casebook, survives_each_allocation_that_fails_while_it_reads)
{
	struct bytes file = {0};
	struct invite_file invite = {0};
	struct hash id;
	takes_device(&nasib);
	const struct hash report = takes_report(&nasib, 1300);
	(void)takes_amendment(&nasib, &report, 1400);
	MUST(project_revoke_device(hq.project, &nasib.device.id, NULL, REVOKE_LOST, SEEN_S, &err));
	MUST(project_invite(hq.project, "Another", FAR_S, &invite, &err));
	MUST(enrolment_make(&file, &id, &invite, nasib.device.key, "test", &err));
	cr_assert_eq(hq_take(&hq, &file, 0, &err), STATUS_UNTRUSTED);
	invite_file_wipe(&invite);
	bytes_wipe(&file);
	hq_pulls(&hq, SEEN_S);
	for (size_t deed = 0; deed < 4; deed++) {
		enum status status = STATUS_NO_MEMORY;
		for (size_t n = 1; status == STATUS_NO_MEMORY; n++) {
			struct casebook_audit audit;
			uint64_t made;
			failing_malloc_at(n);
			status = deed == 0   ? casebook_each(hq.casebook, NULL, nothing, NULL, &err)
			         : deed == 1 ? casebook_evidence(hq.casebook, &report, &file, &err)
			         : deed == 2 ? casebook_audit(hq.casebook, &audit, &err)
			                     : casebook_acknowledge(hq.casebook, SEEN_S, &made, &err);
			const bool failed = failing_malloc_ended();
			cr_assert_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK, "deed %zu, allocation %zu: %s", deed, n, err.message);
			if (failed && deed == 1)
				cr_assert_eq(file.len, 0);
		}
	}
	cr_assert_gt(file.len, 1000);
	bytes_wipe(&file);
}
