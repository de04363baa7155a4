#include "schema/evidence_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/cbor.h"
#include "crypto/file.h"
#include "tests/schema/samples.h"
#include "tests/schema/small_project.h"
#include "tests/support/failing_malloc.h"

#define PYTHON "/usr/bin/python3"

/* A device that was enrolled, lost its key and went on under another; its second
 * report there, amended once; and everything that anybody said of it.
 */
static struct small_project project;
static struct body body;
static struct bytes succession_wire, report_wire, amend_wire;
static struct evidence *report, *amend;
static struct span authority[2];
static struct evidence_file_event later[1];
static struct bytes statements[8], links;
static struct hash previous = {{1}};
static size_t statements_len, links_len = 1;

static const struct span none;

static struct evidence *make_event(struct bytes *wire, uint32_t number)
{
	struct error err = {0};
	struct hash id;
	struct object object;
	struct evidence *evidence = NULL;
	const struct key_public signer = signing_key_public(project.device_key);
	const struct evidence_author by = {project.device_key, project.device, project.id, 1, project.descriptor.sealing};
	const struct evidence_link link = {number, previous, NULL};
	cr_assert_eq(evidence_make(wire, &id, &body, &by, &link, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(object_parse(&object, bytes_span(wire), &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(evidence_open(&evidence, &object, &signer, &project.id, project.sealing_key, &err), STATUS_OK, "%s",
	             err.message);
	return evidence;
}

static void succeed(void)
{
	struct error err = {0};
	struct hash id;
	struct signing_key *new_key = NULL;
	struct succession succession = {.number = 9, .last = {{4}}, .reason = SUCCESSION_RESTORE};
	cr_assert_eq(signing_key_new(&new_key, &err), STATUS_OK);
	cr_assert_eq(succession_make(&succession_wire, &id, &succession, &project.device, project.device_key, new_key,
	                             &project.id, &err),
	             STATUS_OK, "%s", err.message);
	signing_key_free(project.device_key);
	project.device_key = new_key;
	project.device = key_id_of_object(&id);
}

/* Takes the payload. */
static void state(unsigned type, struct bytes payload)
{
	statements[statements_len++] = small_project_sign(&project, type, bytes_span(&payload), none, NULL);
	bytes_wipe(&payload);
}

static void copy_statement(const struct bytes *wire)
{
	cr_assert_eq(bytes_append(&statements[statements_len++], bytes_span(wire), NULL), STATUS_OK);
}

static void say_everything(void)
{
	const struct confirmation confirmation = {project.enrolment_id, 1529600000};
	const struct acknowledgement said = {project.device, 2, *evidence_id(report), 1529700000};
	const struct receipt receipt = {
		.device = project.device,
		.number = 3,
		.last = *evidence_id(amend),
		.seen = {project.log, 7, {{1}}},
		.time_s = 1529650000,
	};
	struct bytes encoded = {0};
	cr_assert_eq(confirmation_encode(&encoded, &confirmation, NULL), STATUS_OK);
	state(OBJECT_CONFIRMATION, encoded);
	copy_statement(&project.appointment_wire);
	encoded = (struct bytes){0};
	cr_assert_eq(acknowledgement_encode(&encoded, &said, NULL), STATUS_OK);
	state(OBJECT_ACKNOWLEDGEMENT, encoded);
	copy_statement(&project.descriptor_wire);
	encoded = (struct bytes){0};
	cr_assert_eq(receipt_encode(&encoded, &receipt, NULL), STATUS_OK);
	state(OBJECT_RECEIPT, encoded);
}

static struct span cose_of(const struct bytes *wire)
{
	struct object object;
	cr_assert_eq(object_parse(&object, bytes_span(wire), NULL), STATUS_OK);
	return object.cose;
}

static void start(void)
{
	small_project_init(&project);
	samples_reference(&body);
	succeed();
	report = make_event(&report_wire, 2);
	body_init(&body, OBJECT_AMEND);
	body.created_s = SAMPLES_CREATED_S;
	body.clock = BODY_CLOCK_MANUAL;
	body.parent = *evidence_id(report);
	body.cleared = UINT64_C(1) << (report_field_find("needs") - report_fields);
	previous = *evidence_id(report);
	amend = make_event(&amend_wire, 3);
	previous = *evidence_id(amend);
	cr_assert_eq(evidence_file_link(&links, bytes_span(&amend_wire), NULL), STATUS_OK);
	authority[0] = bytes_span(&project.enrolment_wire);
	authority[1] = bytes_span(&succession_wire);
	later[0] = (struct evidence_file_event){amend, cose_of(&amend_wire)};
	say_everything();
}

static void stop(void)
{
	evidence_free(report);
	evidence_free(amend);
	bytes_wipe(&succession_wire);
	bytes_wipe(&report_wire);
	bytes_wipe(&amend_wire);
	bytes_wipe(&links);
	for (size_t i = 0; i < statements_len; i++)
		bytes_wipe(&statements[i]);
	small_project_wipe(&project);
}

TestSuite(evidence_file, .init = start, .fini = stop);

static struct bytes encode(void)
{
	struct bytes out = {0};
	struct error err = {0};
	struct span said[8];
	for (size_t i = 0; i < statements_len; i++)
		said[i] = bytes_span(&statements[i]);
	const struct evidence_file_parts parts = {
		.root = project.root,
		.report = {report, cose_of(&report_wire)},
		.authority = authority,
		.authority_len = 2,
		.later = later,
		.later_len = 1,
		.statements = said,
		.statements_len = statements_len,
		.links = bytes_span(&links),
		.links_len = links_len,
	};
	cr_assert_eq(evidence_file_encode(&out, &parts, &err), STATUS_OK, "%s", err.message);
	return out;
}

/* Wipes the file. */
static void expect_refused(struct bytes file, enum status expected, const char *rule)
{
	struct evidence_file_result result = {.path_len = 77};
	struct error err = {0};
	const enum status status = evidence_file_check(&result, bytes_span(&file), &project.id, &err);
	cr_expect_eq(status, expected, "%s instead of %s: %s", status_word(status), status_word(expected), err.message);
	cr_expect(names_rule(&err, rule), "'%s' is not %s", err.message, rule);
	cr_expect_eq(result.path_len, 77);
	bytes_wipe(&file);
}

static struct evidence_file_result check(void)
{
	struct evidence_file_result result;
	struct error err = {0};
	struct bytes file = encode();
	cr_assert_eq(evidence_file_check(&result, bytes_span(&file), &project.id, &err), STATUS_OK, "%s", err.message);
	bytes_wipe(&file);
	return result;
}

Test(evidence_file, shows_report_path_and_all_that_was_said)
{
	struct evidence_file_result result = check();
	cr_assert(key_id_equals(&result.project, &project.id));
	cr_assert(hash_equals(evidence_id(result.report), evidence_id(report)));
	cr_assert(span_equals(evidence_body_bytes(result.report), evidence_body_bytes(report)));
	cr_assert(hash_equals(&result.enrolment, &project.enrolment_id));
	cr_assert(key_id_equals(&result.invite, &project.invite));
	cr_assert_eq(result.path_len, 2);
	cr_assert(key_id_equals(&result.path[1], &project.device));
	cr_assert_eq(result.later_len, 1);
	cr_assert_eq(evidence_body(result.later[0])->type, OBJECT_AMEND);
	cr_assert(result.is_confirmed);
	cr_assert_eq(result.confirmation.time_s, 1529600000);
	cr_assert(result.is_received);
	cr_assert_eq(result.receipt.time_s, 1529650000);
	cr_assert(result.is_acknowledged);
	cr_assert_eq(result.acknowledgement.time_s, 1529700000);
	cr_assert_eq(result.revocations_len, 0);
	cr_assert_not(result.is_contested);
	cr_assert_eq(result.unproven, EVIDENCE_FILE_NOTHING_ELSE | EVIDENCE_FILE_CLOCK);
	evidence_file_result_wipe(&result);
}

Test(evidence_file, says_what_it_does_not_prove)
{
	for (size_t i = 0; i < statements_len; i++)
		bytes_wipe(&statements[i]);
	statements_len = 0;
	struct evidence_file_result result = check();
	cr_assert_eq(result.unproven, EVIDENCE_FILE_NOTHING_ELSE | EVIDENCE_FILE_CLOCK | EVIDENCE_FILE_PERSON |
	                                  EVIDENCE_FILE_RECEIVED | EVIDENCE_FILE_OPENED);
	evidence_file_result_wipe(&result);
}

Test(evidence_file, refuses_another_project)
{
	struct bytes file = encode();
	struct evidence_file_result result;
	struct error err = {0};
	cr_assert_eq(evidence_file_check(&result, bytes_span(&file), &project.log, &err), STATUS_UNTRUSTED);
	cr_assert(names_rule(&err, "project"), "%s", err.message);
	bytes_wipe(&file);
}

Test(evidence_file, refuses_one_flipped_bit)
{
	struct bytes file = encode();
	for (size_t i = 0; i < file.len; i++) {
		struct evidence_file_result result;
		const uint8_t bit = (uint8_t)(1 << i % 8);
		file.data[i] ^= bit;
		cr_expect_neq(evidence_file_check(&result, bytes_span(&file), &project.id, NULL), STATUS_OK, "byte %zu", i);
		file.data[i] ^= bit;
	}
	bytes_wipe(&file);
}

Test(evidence_file, refuses_a_cut)
{
	struct bytes file = encode();
	for (size_t len = 0; len < file.len; len++) {
		struct evidence_file_result result;
		cr_expect_eq(evidence_file_check(&result, (struct span){file.data, len}, &project.id, NULL), STATUS_BAD_INPUT);
	}
	bytes_wipe(&file);
}

Test(evidence_file, refuses_a_path_that_does_not_lead_to_the_signer)
{
	const struct span enrolment = authority[0];
	authority[0] = authority[1];
	authority[1] = enrolment;
	expect_refused(encode(), STATUS_UNTRUSTED, "unknown_signer");
	authority[0] = enrolment;
	authority[1] = bytes_span(&project.descriptor_wire);
	expect_refused(encode(), STATUS_BAD_INPUT, "authority");
	authority[1] = enrolment;
	expect_refused(encode(), STATUS_BAD_INPUT, "authority");
}

Test(evidence_file, refuses_a_report_of_another_body)
{
	struct evidence *const own = report;
	report = amend;
	expect_refused(encode(), STATUS_TAMPERED, "signature");
	report = own;
}

Test(evidence_file, refuses_later_events_that_speak_of_something_else)
{
	struct bytes wire = {0};
	body.parent = (struct hash){{9}};
	struct evidence *stray = make_event(&wire, 4);
	later[0] = (struct evidence_file_event){stray, cose_of(&wire)};
	expect_refused(encode(), STATUS_BAD_INPUT, "parent");
	evidence_free(stray);
	bytes_wipe(&wire);
}

Test(evidence_file, refuses_statements_of_signers_not_introduced)
{
	/* The acknowledgement before the appointment. */
	const struct bytes appointment = statements[1];
	statements[1] = statements[2];
	statements[2] = appointment;
	expect_refused(encode(), STATUS_UNTRUSTED, "unknown_signer");
}

static void state_revocation(const struct revocation *revocation)
{
	struct bytes payload = {0};
	cr_assert_eq(revocation_encode(&payload, revocation, NULL), STATUS_OK);
	state(OBJECT_REVOCATION, payload);
}

Test(evidence_file, of_a_revoked_device_is_contested_unless_still_good)
{
	state_revocation(&(struct revocation){.kind = REVOKE_DEVICE, .who = project.device, .has_good = true, .good = {2, *evidence_id(report)}});
	struct evidence_file_result good = check();
	cr_expect_eq(good.revocations_len, 1);
	cr_expect_not(good.is_contested);
	evidence_file_result_wipe(&good);
	state_revocation(&(struct revocation){.kind = REVOKE_DEVICE, .who = project.device, .has_good = true, .good = {1, {{1}}}});
	struct evidence_file_result contested = check();
	cr_expect_eq(contested.revocations_len, 2);
	cr_expect(contested.is_contested);
	evidence_file_result_wipe(&contested);
}

Test(evidence_file, of_a_successor_falls_with_the_device_it_succeeds)
{
	const struct key_id first = key_id_of_object(&project.enrolment_id);
	state_revocation(&(struct revocation){.kind = REVOKE_DEVICE, .who = first, .has_good = true, .good = {100, {{1}}}});
	struct evidence_file_result result = check();
	cr_expect(result.is_contested);
	evidence_file_result_wipe(&result);
}

Test(evidence_file, counts_no_word_of_an_appointee_after_his_term)
{
	state_revocation(&(struct revocation){.kind = REVOKE_APPOINTMENT, .who = project.appointed, .time_s = 1529700000});
	struct evidence_file_result result = check();
	cr_expect_not(result.is_acknowledged);
	cr_expect(result.is_received);
	evidence_file_result_wipe(&result);
}

Test(evidence_file, counts_no_receipt_for_another_branch)
{
	const struct receipt receipt = {
		.device = project.device,
		.number = 2,
		.last = {{1}},
		.seen = {project.log, 7, {{1}}},
		.time_s = 1529650000,
	};
	bytes_wipe(&statements[--statements_len]);
	struct bytes payload = {0};
	cr_assert_eq(receipt_encode(&payload, &receipt, NULL), STATUS_OK);
	state(OBJECT_RECEIPT, payload);
	struct evidence_file_result result = check();
	cr_expect_not(result.is_received);
	cr_expect_eq(result.unproven & EVIDENCE_FILE_RECEIVED, EVIDENCE_FILE_RECEIVED);
	evidence_file_result_wipe(&result);
}

/* Whoever holds the key can still sign a second report number 2 when all of this is said and done. */
Test(evidence_file, counts_nothing_said_of_a_branch_that_the_report_is_not_on)
{
	struct bytes payload = {0};
	const struct receipt receipt = {.device = project.device, .number = 9, .last = {{9}}, .seen = {project.log, 7, {{1}}},
	                                .time_s = 1529650000};
	const struct acknowledgement said = {project.device, 9, {{9}}, 1529700000};
	bytes_wipe(&statements[--statements_len]);
	bytes_wipe(&statements[2]);
	cr_assert_eq(acknowledgement_encode(&payload, &said, NULL), STATUS_OK);
	statements[2] = small_project_sign(&project, OBJECT_ACKNOWLEDGEMENT, bytes_span(&payload), none, NULL);
	bytes_clear(&payload);
	cr_assert_eq(receipt_encode(&payload, &receipt, NULL), STATUS_OK);
	state(OBJECT_RECEIPT, payload);
	state_revocation(&(struct revocation){.kind = REVOKE_DEVICE, .who = project.device, .has_good = true, .good = {9, {{9}}}});
	struct evidence_file_result result = check();
	cr_expect_not(result.is_received);
	cr_expect_not(result.is_acknowledged);
	cr_expect(result.is_contested);
	evidence_file_result_wipe(&result);
}

Test(evidence_file, counts_what_its_links_lead_to)
{
	state_revocation(&(struct revocation){.kind = REVOKE_DEVICE, .who = project.device, .has_good = true, .good = {3, *evidence_id(amend)}});
	struct evidence_file_result result = check();
	cr_expect(result.is_received);
	cr_expect_not(result.is_contested);
	cr_expect_not(result.later_is_contested[0]);
	evidence_file_result_wipe(&result);
	bytes_clear(&links);
	links_len = 0;
	result = check();
	cr_expect_not(result.is_received);
	cr_expect(result.is_contested);
	evidence_file_result_wipe(&result);
}

/* The key that was seized signs a retraction: the report stands. */
Test(evidence_file, tells_what_was_signed_beyond_what_is_still_good)
{
	state_revocation(&(struct revocation){.kind = REVOKE_DEVICE, .who = project.device, .has_good = true, .good = {2, *evidence_id(report)}});
	struct evidence_file_result result = check();
	cr_expect_not(result.is_contested);
	cr_expect(result.later_is_own[0]);
	cr_expect(result.later_is_contested[0]);
	evidence_file_result_wipe(&result);
}

static void link_again(struct span wire)
{
	bytes_clear(&links);
	cr_assert_eq(evidence_file_link(&links, wire, NULL), STATUS_OK);
}

Test(evidence_file, refuses_links_that_do_not_follow)
{
	struct bytes wire = {0};
	link_again(bytes_span(&report_wire));
	expect_refused(encode(), STATUS_BAD_INPUT, "chain");
	link_again(bytes_span(&project.enrolment_wire));
	expect_refused(encode(), STATUS_BAD_INPUT, "chain");
	evidence_free(make_event(&wire, 5));
	link_again(bytes_span(&wire));
	expect_refused(encode(), STATUS_BAD_INPUT, "chain");
	bytes_clear(&wire);
	previous = (struct hash){{1}};
	evidence_free(make_event(&wire, 3));
	link_again(bytes_span(&wire));
	expect_refused(encode(), STATUS_BAD_INPUT, "chain");
	link_again(bytes_span(&amend_wire));
	links.data[links.len - 1] ^= 1;
	expect_refused(encode(), STATUS_TAMPERED, "signature");
	bytes_wipe(&wire);
}

Test(evidence_file, refuses_what_is_no_evidence_file)
{
	expect_refused((struct bytes){0}, STATUS_BAD_INPUT, "truncated");
	struct bytes file = encode();
	/* 01 6e "sijil-evidence" 02 01: another word, another version */
	cr_assert_eq(file.data[18], 1);
	file.data[18] = 2;
	expect_refused(file, STATUS_BAD_INPUT, "unknown_field");
	file = encode();
	file.data[3] = 'S';
	expect_refused(file, STATUS_BAD_INPUT, "wrong_type");
	file = encode();
	file.data[1] = 0;
	expect_refused(file, STATUS_BAD_INPUT, "unknown_field");
}

Test(evidence_file, holds_what_it_may_and_no_more)
{
	struct bytes out = {0};
	struct evidence_file_parts parts = {.root = project.root, .report = {report, cose_of(&report_wire)}};
	cr_expect_eq(evidence_file_encode(&out, &parts, NULL), STATUS_BAD_INPUT);
	parts.authority = authority;
	parts.authority_len = EVIDENCE_FILE_AUTHORITY + 1;
	cr_expect_eq(evidence_file_encode(&out, &parts, NULL), STATUS_BAD_INPUT);
	parts.authority_len = 2;
	parts.statements_len = EVIDENCE_FILE_STATEMENTS + 1;
	cr_expect_eq(evidence_file_encode(&out, &parts, NULL), STATUS_BAD_INPUT);
	parts.statements_len = 0;
	parts.links_len = EVIDENCE_FILE_LINKS + 1;
	cr_expect_eq(evidence_file_encode(&out, &parts, NULL), STATUS_BAD_INPUT);
	cr_expect_eq(out.len, 0);
}

/* --- the same by others' code --- */

static int run_python(const char *path, const struct key_id *fingerprint)
{
	char command[512], text[KEY_PROQUINT_BYTES];
	key_id_format(fingerprint, text);
	(void)snprintf(command, sizeof command, PYTHON " tests/interop/verify_evidence.py %s %s > %s.out 2>&1", path, text, path);
	return system(command);
}

Test(evidence_file, is_verified_by_other_peoples_code)
{
	if (system(PYTHON " -c 'import cbor2, nacl' > /dev/null 2>&1") != 0)
		cr_skip_test("python3-cbor2 or python3-nacl is missing");
	char folder[] = "/tmp/sijil-evidence-XXXXXX", path[64], out[72];
	cr_assert_not_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/evidence", folder);
	(void)snprintf(out, sizeof out, "%s.out", path);
	struct bytes file = encode(), words = {0};
	cr_assert_eq(file_write(path, bytes_span(&file), false, NULL), STATUS_OK);
	const int verdict = run_python(path, &project.id);
	cr_assert_eq(file_read(&words, out, 65536, NULL), STATUS_OK);
	cr_expect_eq(verdict, 0, "%.*s", (int)words.len, (const char *)words.data);
	cr_expect_not_null(memmem(words.data, words.len, "headquarters opened the report", 30));
	cr_expect_not_null(memmem(words.data, words.len, "held the report", 15));
	cr_expect_not_null(memmem(words.data, words.len, "headquarters confirmed", 22));
	cr_expect_neq(run_python(path, &project.log), 0);
	for (size_t i = 0; i < file.len; i += file.len / 12) {
		file.data[i] ^= 1;
		cr_assert_eq(file_write(path, bytes_span(&file), true, NULL), STATUS_OK);
		cr_expect_neq(run_python(path, &project.id), 0, "byte %zu", i);
		file.data[i] ^= 1;
	}
	cr_expect_eq(unlink(path), 0);
	cr_expect_eq(unlink(out), 0);
	cr_expect_eq(rmdir(folder), 0);
	bytes_wipe(&file);
	bytes_wipe(&words);
}

Test(evidence_file, any_failing_allocation_leaves_nothing_behind)
{
	struct bytes file = encode();
	bool failed = true;
	for (size_t n = 1; failed; n++) {
		struct evidence_file_result result = {.path_len = 77};
		failing_malloc_at(n);
		const enum status status = evidence_file_check(&result, bytes_span(&file), &project.id, NULL);
		failed = failing_malloc_ended();
		cr_expect_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK, "allocation %zu", n);
		cr_expect_eq(result.path_len, failed ? 77 : 2);
		if (!failed)
			evidence_file_result_wipe(&result);
	}
	bytes_wipe(&file);
}
