#include "schema/project_sql.h"
#include "tests/schema/casebook_stage.h"

TestSuite(casebook, .init = stage_begin, .fini = stage_end);

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
	char name[ENROLMENT_NAME_BYTES];
	(void)snprintf(name, sizeof name, "Team Nasib+%02x%02x", again.device.id.bytes[0], again.device.id.bytes[1]);
	cr_assert_str_eq(entry->label, name);
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
	MUST(casebook_acknowledge(hq.casebook, SEEN_S, &made, &failure));
	said = acknowledged();
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
	MUST(project_revoke_device(hq.project, &nasib.device.id, &good, REVOKE_SEIZED, SEEN_S, &failure));
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
	MUST(project_revoke_device(hq.project, &nasib.device.id, NULL, REVOKE_LOST, SEEN_S, &failure));
	const struct hash later = logs_report(&nasib, 1302);
	hq_pulls(&hq, SEEN_S + 60);
	cr_assert_eq(shown_one(&seen)->verdict.standing, STANDING_GOOD);
	cr_assert_eq(shown_one(&later)->verdict.standing, STANDING_CONTESTED);
	bytes_wipe(&skipped);
}

Test(casebook, takes_no_place_in_a_log_for_good_that_is_not_the_log_the_root_saw)
{
	static const uint8_t other[HASH_BYTES] = {1};
	(void)relay_keeps(&hq, &nasib.device.wire);
	const struct hash id = logs_report(&nasib, 1300);
	hq_pulls(&hq, SEEN_S);
	for (size_t i = 0; i < 3; i++) {
		struct bytes payload = {0}, wire = {0};
		struct revocation revocation = {.kind = REVOKE_DEVICE, .who = nasib.device.id, .time_s = SEEN_S + (int64_t)i};
		revocation.has_seen = true;
		revocation.seen = (struct checkpoint){.log = hq.cast.log, .size = 2, .root = merkle_root(&hq.tree)};
		if (i == 1)
			memcpy(revocation.seen.root.bytes, other, sizeof other);
		if (i == 2)
			revocation.seen.size = 3;
		headquarters_afresh(&hq, (const char *const[]){"0.db", "1.db", "2.db"}[i]);
		hq_pulls(&hq, SEEN_S);
		MUST(revocation_encode(&payload, &revocation, &failure));
		const struct object_draft draft = {
			.type = OBJECT_REVOCATION, .signer = hq.cast.project, .payload = bytes_span(&payload)};
		(void)cast_sign(&hq.cast, &draft, hq.cast.root, &wire);
		hq_takes(&hq, &wire, 0);
		cr_assert_eq(shown_one(&id)->verdict.standing, i == 0 ? STANDING_GOOD : STANDING_CONTESTED, "%zu", i);
		bytes_wipe(&payload);
		bytes_wipe(&wire);
	}
}

/* The relay's log was longer when the device was revoked, as a carried receipt says: what headquarters did not hold then
 * is not made good by it. */
Test(casebook, contests_what_the_relay_held_and_headquarters_had_not_pulled)
{
	struct bytes wire = {0};
	takes_device(&nasib);
	(void)relay_keeps(&hq, &nasib.device.wire);
	const struct hash held = logs_report(&nasib, 1300);
	hq_pulls(&hq, SEEN_S);
	const struct hash unseen = logs_report(&nasib, 1301);
	struct receipt receipt = cast_receipt_for(&hq.cast, &nasib.device.id, nasib.head);
	receipt.seen.size = hq.tree.size;
	receipt.seen.root = merkle_root(&hq.tree);
	(void)cast_receipt(&hq.cast, &receipt, &wire);
	hq_takes(&hq, &wire, 0);
	MUST(project_revoke_device(hq.project, &nasib.device.id, NULL, REVOKE_SEIZED, SEEN_S, &failure));
	hq_pulls(&hq, SEEN_S + 60);
	cr_assert_eq(shown_one(&held)->verdict.standing, STANDING_GOOD);
	cr_assert_eq(shown_one(&unseen)->verdict.standing, STANDING_CONTESTED);
	bytes_wipe(&wire);
}

Test(casebook, contests_all_devices_of_a_revoked_invite)
{
	struct bytes payload = {0}, wire = {0};
	takes_device(&nasib);
	const struct hash id = takes_report(&nasib, 1300);
	const struct key_id invite = all_listed()->device[0].invite;
	const struct revocation revocation = {.kind = REVOKE_INVITE, .who = invite, .time_s = SEEN_S};
	MUST(revocation_encode(&payload, &revocation, &failure));
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
	MUST(project_invite(hq.project, "Team Tafas", expires_s, &file, &failure));
	for (size_t i = 0; i < 2; i++) {
		*both[i] = (struct writer){0};
		MUST(signing_key_new(&both[i]->device.key, &failure));
		MUST(enrolment_make(&both[i]->device.wire, &both[i]->device.introduced, &file, both[i]->device.key, "test", &failure));
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
	MUST(project_confirm_device(hq.project, &other.device.id, SEEN_S, &failure));
	cr_assert_eq(shown_one(&second)->verdict.enrolment, ENROLMENT_CONFIRMED);
	cr_assert_eq(shown_one(&second)->verdict.standing, STANDING_GOOD);
	writer_end(&one);
	writer_end(&other);
}

Test(casebook, takes_the_first_that_came_of_two_devices_that_no_log_has)
{
	struct writer one, other;
	twins_begin(&one, &other, FAR_S);
	const bool is_less = memcmp(one.device.id.bytes, other.device.id.bytes, KEY_ID_BYTES) < 0;
	const struct writer *const first = is_less ? &other : &one, *const second = is_less ? &one : &other;
	takes_device(first);
	takes_device(second);
	const struct listed *const listed = all_listed();
	cr_assert_eq(listed->len, 2);
	cr_assert(key_id_equals(&listed->device[0].id, &first->device.id));
	cr_assert_eq(listed->device[0].enrolment, ENROLMENT_VALID);
	cr_assert_eq(listed->device[1].enrolment, ENROLMENT_DOUBLE);
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
	MUST(project_invite(hq.project, "Another", FAR_S, &file, &failure));
	MUST(enrolment_make(&wire, &id, &file, nasib.device.key, "test", &failure));
	cr_assert_eq(hq_take(&hq, &wire, 0, &failure), STATUS_UNTRUSTED);
	cr_assert_not_null(strstr(failure.message, "(key_twice)"));
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
	MUST(evidence_make(&wire, &id, &body, &author, &link, &failure));
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
	MUST(body_encode(&encoded, &body, &failure));
	MUST(db_open(&db, cast_path(&hq.cast, "hq.db"), hq.cast.vault, DB_OPEN, &schema, &failure));
	MUST(db_begin(db, &failure));
	struct query *const query = db_query(db, 0);
	query_bind_bytes(query, 1, bytes_span(&encoded));
	MUST(query_run(query, &failure));
	MUST(db_commit(db, &failure));
	db_close(db);
	const struct shown *const shown = shown_with(NULL);
	cr_assert_eq(shown->len, 2);
	cr_assert(shown->entry[0].verdict.signature && shown->has_evidence[0]);
	cr_assert_not(shown->entry[1].verdict.signature || shown->has_evidence[1]);
	cr_assert(hash_equals(&shown->entry[1].id, &altered));
	struct bytes file = {0};
	cr_assert_eq(casebook_evidence(hq.casebook, &altered, &file, &failure), STATUS_TAMPERED);
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
	struct casebook_filter filter = {.report.area = "SY12"};
	cr_assert_eq(shown_with(&filter)->len, 1);
	cr_assert_eq(shown_with(&filter)->best[0], 1400);
	filter = (struct casebook_filter){.report.area = "C5999"};
	cr_assert_eq(shown_with(&filter)->best[0], 1300);
	filter = (struct casebook_filter){.report.area = "C5"};
	cr_assert_eq(shown_with(&filter)->len, 0);
	filter = (struct casebook_filter){.device = &other.device.id};
	cr_assert_eq(shown_with(&filter)->best[0], 1400);
	filter = (struct casebook_filter){.report.since = observed + 1};
	cr_assert_eq(shown_with(&filter)->best[0], 1300);
	filter = (struct casebook_filter){.report.until = observed};
	cr_assert_eq(shown_with(&filter)->best[0], 1400);
	filter = (struct casebook_filter){.report.kind = body.report.kind};
	cr_assert_eq(shown_with(&filter)->len, 2);
	filter = (struct casebook_filter){.report.group = (uint8_t)(body.report.group + 1)};
	cr_assert_eq(shown_with(&filter)->len, 0);
	bytes_wipe(&wire);
	writer_end(&other);
}
