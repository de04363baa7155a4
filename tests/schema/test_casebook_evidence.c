#include "schema/evidence_file.h"
#include "schema/project_sql.h"
#include "tests/schema/casebook_stage.h"
#include "tests/support/failing_malloc.h"

TestSuite(casebook, .init = stage_begin, .fini = stage_end);

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
	MUST(object_parse(&object, bytes_span(&plain), &failure));
	const struct object_draft draft = {(enum object_type)9, nasib.device.id, object.payload, object.attachment};
	nasib.head = (struct head){2, cast_sign(&hq.cast, &draft, nasib.device.key, &wire)};
	hq_takes(&hq, &wire, 0);
	(void)takes_report(&nasib, 1301);
	cr_assert_eq(all_set_aside()->len, 0);
	cr_assert_eq(all_shown()->len, 2);
	MUST(casebook_acknowledge(hq.casebook, SEEN_S, &made, &failure));
	said = acknowledged();
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
	MUST(casebook_acknowledge(hq.casebook, SEEN_S, &made, &failure));
	cr_assert_eq(made, 0);
	(void)takes_report(&nasib, 1300);
	const struct head whole = nasib.head;
	(void)writer_report(&hq, &nasib, 1301, &skipped);
	(void)takes_report(&nasib, 1302);
	MUST(casebook_acknowledge(hq.casebook, SEEN_S, &made, &failure));
	cr_assert_eq(made, 1);
	said = acknowledged();
	cr_assert_eq(said.number, 1);
	cr_assert(hash_equals(&said.last, &whole.last));
	MUST(casebook_acknowledge(hq.casebook, SEEN_S + 1, &made, &failure));
	cr_assert_eq(made, 0);
	hq_takes(&hq, &skipped, 0);
	(void)cast_event(&hq.cast, &nasib.device, nasib.head, "no sealed body", &sealed);
	cr_assert_eq(hq_take(&hq, &sealed, 0, &failure), STATUS_TAMPERED);
	MUST(casebook_acknowledge(hq.casebook, SEEN_S + 2, &made, &failure));
	cr_assert_eq(made, 1);
	said = acknowledged();
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
	MUST(casebook_acknowledge(hq.casebook, SEEN_S, &made, &failure));
	MUST(project_confirm_device(hq.project, &nasib.device.id, SEEN_S, &failure));
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
	MUST(casebook_evidence(hq.casebook, &id, &file, &failure));
	MUST(evidence_file_check(&result, bytes_span(&file), &project, &failure));
	cr_assert_eq(evidence_body(result.report)->report.individuals.best, 1300);
	cr_assert_eq(result.later_len, 3);
	/* The retraction and the amendment are of a key that goes on from the author's. */
	for (size_t i = 0; i < result.later_len; i++)
		cr_assert_eq(result.later_is_own[i], evidence_body(result.later[i])->type != OBJECT_CORROBORATE);
	cr_assert(result.is_confirmed && result.is_acknowledged && result.is_received);
	cr_assert_not(result.is_contested);
	evidence_file_result_wipe(&result);
	bytes_clear(&file);
	MUST(casebook_evidence(hq.casebook, &amended, &file, &failure));
	MUST(evidence_file_check(&result, bytes_span(&file), &project, &failure));
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
	MUST(project_revoke_device(hq.project, &nasib.device.id, &good, REVOKE_SEIZED, SEEN_S, &failure));
	MUST(casebook_evidence(hq.casebook, &one, &file, &failure));
	MUST(evidence_file_check(&result, bytes_span(&file), &project, &failure));
	cr_assert_not(result.is_contested);
	cr_assert_eq(result.revocations_len, 1);
	evidence_file_result_wipe(&result);
	bytes_clear(&file);
	MUST(casebook_evidence(hq.casebook, &two, &file, &failure));
	MUST(evidence_file_check(&result, bytes_span(&file), &project, &failure));
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
	MUST(casebook_audit(hq.casebook, &audit, &failure));
	cr_assert_eq(audit.bad, 0);
	/* two descriptors, an appointment, an enrolment, three reports */
	cr_assert_eq(audit.objects, 7);
	MUST(db_open(&db, cast_path(&hq.cast, "hq.db"), hq.cast.vault, DB_OPEN, &schema, &failure));
	MUST(query_run(db_query(db, 0), &failure));
	db_close(db);
	MUST(casebook_audit(hq.casebook, &audit, &failure));
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
	MUST(casebook_evidence(hq.casebook, &id, &file, &failure));
	MUST(evidence_file_check(&result, bytes_span(&file), &project, &failure));
	cr_assert_eq(result.later_len, EVIDENCE_FILE_LATER);
	cr_assert(hash_equals(evidence_id(result.later[0]), &retracted));
	evidence_file_result_wipe(&result);
	bytes_wipe(&file);
	writer_end(&crowd);
}

Test(casebook, tells_a_strangers_retraction_from_the_authors)
{
	struct writer other;
	struct bytes file = {0};
	struct evidence_file_result result = {0};
	const struct key_id project = project_id(hq.project);
	writer_begin(&hq, &other, "Team Tafas", FAR_S);
	takes_device(&nasib);
	takes_device(&other);
	const struct hash id = takes_report(&nasib, 1300);
	(void)takes_retraction(&other, &id);
	(void)takes_amendment(&other, &id, 9);
	MUST(casebook_evidence(hq.casebook, &id, &file, &failure));
	MUST(evidence_file_check(&result, bytes_span(&file), &project, &failure));
	cr_assert_eq(result.later_len, 2);
	cr_assert_not(result.later_is_own[0]);
	cr_assert_not(result.later_is_own[1]);
	evidence_file_result_wipe(&result);
	bytes_wipe(&file);
	writer_end(&other);
}

/* A seized device signs another event of a number that was received, opened and left good long ago. */
Test(casebook, lends_no_receipt_to_what_was_slipped_in_later)
{
	struct bytes wire = {0}, file = {0};
	struct evidence_file_result result = {0};
	const struct key_id project = project_id(hq.project);
	const uint64_t good = 3;
	uint64_t made;
	takes_device(&nasib);
	const struct head before = nasib.head;
	const struct hash real = takes_report(&nasib, 1300);
	(void)takes_report(&nasib, 1301);
	(void)takes_report(&nasib, 1302);
	const struct head last = nasib.head;
	const struct receipt receipt = cast_receipt_for(&hq.cast, &nasib.device.id, last);
	(void)cast_receipt(&hq.cast, &receipt, &wire);
	hq_takes(&hq, &wire, 0);
	MUST(casebook_acknowledge(hq.casebook, SEEN_S, &made, &failure));
	MUST(project_revoke_device(hq.project, &nasib.device.id, &good, REVOKE_SEIZED, SEEN_S, &failure));
	nasib.head = before;
	const struct hash slipped_in = takes_report(&nasib, 9);
	MUST(casebook_evidence(hq.casebook, &real, &file, &failure));
	MUST(evidence_file_check(&result, bytes_span(&file), &project, &failure));
	cr_expect(result.is_received && result.is_acknowledged && !result.is_contested);
	evidence_file_result_wipe(&result);
	bytes_clear(&file);
	MUST(casebook_evidence(hq.casebook, &slipped_in, &file, &failure));
	MUST(evidence_file_check(&result, bytes_span(&file), &project, &failure));
	cr_expect(result.is_contested);
	cr_expect_not(result.is_received || result.is_acknowledged);
	evidence_file_result_wipe(&result);
	bytes_wipe(&file);
	bytes_wipe(&wire);
}

Test(casebook, lets_no_seized_key_take_back_or_crowd_out_what_stands)
{
	struct bytes file = {0};
	struct evidence_file_result result = {0};
	const struct key_id project = project_id(hq.project);
	const uint64_t good = 1;
	takes_device(&nasib);
	const struct hash id = takes_report(&nasib, 1300);
	MUST(project_revoke_device(hq.project, &nasib.device.id, &good, REVOKE_SEIZED, SEEN_S, &failure));
	for (size_t i = 0; i < EVIDENCE_FILE_LATER + 5; i++)
		(void)takes_retraction(&nasib, &id);
	cr_assert(hash_is_zero(&shown_one(&id)->retracted_by));
	MUST(casebook_evidence(hq.casebook, &id, &file, &failure));
	MUST(evidence_file_check(&result, bytes_span(&file), &project, &failure));
	cr_assert_not(result.is_contested);
	cr_assert_eq(result.later_len, EVIDENCE_FILE_LATER);
	for (size_t i = 0; i < result.later_len; i++)
		cr_assert(result.later_is_contested[i]);
	evidence_file_result_wipe(&result);
	bytes_wipe(&file);
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
	MUST(bytes_append(&wires[1], bytes_span(&nasib.device.wire), &failure));
	(void)writer_report(&hq, &nasib, 1301, &wires[2]);
	for (size_t i = 0; i < 3; i++)
		(void)relay_keeps(&hq, &wires[i]);
	relay_says(&hq, SEEN_S, &clock);
	MUST(set_dump(project_set(hq.project), &before, &failure));
	enum status status;
	size_t n = 1;
	for (bool failed = true; failed; n++) {
		enum set_outcome outcome;
		failing_malloc_at(n);
		status = casebook_begin(hq.casebook, &failure);
		for (size_t i = 0; i < 3 && (status == STATUS_OK || status == STATUS_UNTRUSTED); i++)
			status = casebook_take(hq.casebook, bytes_span(&wires[i]), i + 1, &outcome, &failure);
		if (status == STATUS_OK)
			status = casebook_take(hq.casebook, bytes_span(&clock), 0, &outcome, &failure);
		if (status == STATUS_OK)
			status = casebook_commit(hq.casebook, NULL, &failure);
		failed = failing_malloc_ended();
		if (!failed)
			break;
		cr_assert_eq(status, STATUS_NO_MEMORY, "allocation %zu: %s", n, failure.message);
		casebook_rollback(hq.casebook);
		bytes_clear(&after);
		MUST(set_dump(project_set(hq.project), &after, &failure));
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
	MUST(project_revoke_device(hq.project, &nasib.device.id, NULL, REVOKE_LOST, SEEN_S, &failure));
	MUST(project_invite(hq.project, "Another", FAR_S, &invite, &failure));
	MUST(enrolment_make(&file, &id, &invite, nasib.device.key, "test", &failure));
	cr_assert_eq(hq_take(&hq, &file, 0, &failure), STATUS_UNTRUSTED);
	invite_file_wipe(&invite);
	bytes_wipe(&file);
	hq_pulls(&hq, SEEN_S);
	for (size_t deed = 0; deed < 4; deed++) {
		enum status status = STATUS_NO_MEMORY;
		for (size_t n = 1; status == STATUS_NO_MEMORY; n++) {
			struct casebook_audit audit;
			uint64_t made;
			failing_malloc_at(n);
			status = deed == 0   ? casebook_each(hq.casebook, NULL, nothing, NULL, &failure)
			         : deed == 1 ? casebook_evidence(hq.casebook, &report, &file, &failure)
			         : deed == 2 ? casebook_audit(hq.casebook, &audit, &failure)
			                     : casebook_acknowledge(hq.casebook, SEEN_S, &made, &failure);
			const bool failed = failing_malloc_ended();
			cr_assert_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK, "deed %zu, allocation %zu: %s", deed, n, failure.message);
			if (failed && deed == 1)
				cr_assert_eq(file.len, 0);
		}
	}
	cr_assert_gt(file.len, 1000);
	bytes_wipe(&file);
}
