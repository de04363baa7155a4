#include "schema/evidence.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/schema/samples.h"
#include "tests/schema/small_project.h"
#include "tests/support/failing_malloc.h"

static struct small_project project;
static struct body body;

static void start(void)
{
	small_project_init(&project);
	samples_reference(&body);
}

static void stop(void)
{
	small_project_wipe(&project);
}

TestSuite(evidence, .init = start, .fini = stop);

static struct evidence_author author(void)
{
	return (struct evidence_author){
		.key = project.device_key,
		.device = project.device,
		.project = project.id,
		.descriptor = 1,
		.recipient = project.descriptor.sealing,
	};
}

static struct bytes make(const struct evidence_author *by, uint32_t number, struct hash *id)
{
	struct bytes wire = {0};
	struct error err = {0};
	struct hash name;
	const struct evidence_link link = {number, project.enrolment_id, NULL};
	cr_assert_eq(evidence_make(&wire, &name, &body, by, &link, &err), STATUS_OK, "%s", err.message);
	if (id != NULL)
		*id = name;
	return wire;
}

static enum status open_wire(struct evidence **evidence, struct span wire, const struct key_public *signer,
                             struct error *err)
{
	struct object object;
	const enum status status = object_parse(&object, wire, err);
	if (status != STATUS_OK)
		return status;
	return evidence_open(evidence, &object, signer, &project.id, project.sealing_key, err);
}

static struct key_public device_public(void)
{
	return signing_key_public(project.device_key);
}

Test(evidence, opens_what_was_made)
{
	const struct evidence_author by = author();
	const struct key_public signer = device_public();
	struct hash id;
	struct bytes wire = make(&by, 41, &id), encoded = {0};
	struct evidence *evidence = NULL;
	struct error err = {0};
	cr_assert_eq(open_wire(&evidence, bytes_span(&wire), &signer, &err), STATUS_OK, "%s", err.message);
	cr_assert(hash_equals(evidence_id(evidence), &id));
	cr_assert(key_id_equals(evidence_device(evidence), &project.device));
	cr_assert_eq(evidence_event(evidence)->number, 41);
	cr_assert_eq(evidence_event(evidence)->descriptor, 1);
	cr_assert(hash_equals(&evidence_event(evidence)->previous, &project.enrolment_id));
	cr_assert_not(evidence_event(evidence)->has_seen);
	cr_assert_eq(body_encode(&encoded, &body, NULL), STATUS_OK);
	cr_assert(span_equals(evidence_body_bytes(evidence), bytes_span(&encoded)));
	cr_assert_eq(evidence_body(evidence)->type, OBJECT_REPORT);
	cr_assert_str_eq(evidence_body(evidence)->report.place.pcode, body.report.place.pcode);
	evidence_free(evidence);
	bytes_wipe(&encoded);
	bytes_wipe(&wire);
}

Test(evidence, carries_the_checkpoint_that_was_newly_learned)
{
	const struct evidence_author by = author();
	const struct key_public signer = device_public();
	const struct checkpoint seen = {project.log, 12, {{3}}};
	const struct evidence_link link = {1, project.enrolment_id, &seen};
	struct bytes wire = {0};
	struct hash id;
	struct evidence *evidence = NULL;
	cr_assert_eq(evidence_make(&wire, &id, &body, &by, &link, NULL), STATUS_OK);
	cr_assert_eq(open_wire(&evidence, bytes_span(&wire), &signer, NULL), STATUS_OK);
	cr_assert(evidence_event(evidence)->has_seen);
	cr_assert_eq(evidence_event(evidence)->seen.size, 12);
	evidence_free(evidence);
	bytes_wipe(&wire);
}

Test(evidence, reference_report_takes_at_most_512_bytes_on_the_wire)
{
	const struct evidence_author by = author();
	struct bytes wire = make(&by, 1000, NULL);
	cr_log_info("the reference report takes %zu bytes", wire.len);
	cr_assert_leq(wire.len, 512, "the reference report takes %zu bytes", wire.len);
	bytes_wipe(&wire);
}

Test(evidence, shows_nothing_of_the_report_on_the_wire)
{
	const struct evidence_author by = author();
	struct bytes wire = make(&by, 1, NULL);
	cr_assert_neq(body.report.place.pcode[0], '\0');
	cr_assert_null(memmem(wire.data, wire.len, body.report.place.pcode, strlen(body.report.place.pcode)));
	bytes_wipe(&wire);
}

Test(evidence, two_of_the_same_report_have_nothing_in_common)
{
	const struct evidence_author by = author();
	struct object a, b;
	struct bytes one = make(&by, 1, NULL), two = make(&by, 1, NULL);
	cr_assert_eq(object_parse(&a, bytes_span(&one), NULL), STATUS_OK);
	cr_assert_eq(object_parse(&b, bytes_span(&two), NULL), STATUS_OK);
	cr_assert_not(span_equals(a.attachment, b.attachment));
	cr_assert_not(hash_equals(&a.id, &b.id));
	bytes_wipe(&one);
	bytes_wipe(&two);
}

Test(evidence, is_refused_with_any_bit_flipped)
{
	const struct evidence_author by = author();
	const struct key_public signer = device_public();
	struct bytes wire = make(&by, 1, NULL);
	for (size_t i = 0; i < wire.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			struct evidence *evidence = NULL;
			wire.data[i] ^= (uint8_t)(1 << bit);
			cr_expect_neq(open_wire(&evidence, bytes_span(&wire), &signer, NULL), STATUS_OK, "byte %zu, bit %d", i, bit);
			cr_expect_null(evidence);
			wire.data[i] ^= (uint8_t)(1 << bit);
		}
	bytes_wipe(&wire);
}

static void expect_refused(struct bytes *wire, enum status expected, const char *rule)
{
	const struct key_public signer = device_public();
	struct evidence *evidence = NULL;
	struct error err = {0};
	cr_expect_eq(open_wire(&evidence, bytes_span(wire), &signer, &err), expected, "%s", err.message);
	cr_expect(names_rule(&err, rule), "'%s' is not %s", err.message, rule);
	cr_expect_null(evidence);
	bytes_wipe(wire);
}

/* A signed event around somebody else's sealed body and whatever the forger puts into the header. */
static struct bytes around(const struct bytes *stolen, uint32_t number, struct event *header)
{
	struct object object;
	struct error err = {0};
	struct bytes payload = {0};
	cr_assert_eq(object_parse(&object, bytes_span(stolen), &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(event_decode(header, object.payload, &err), STATUS_OK, "%s", err.message);
	header->number = number;
	cr_assert_eq(event_encode(&payload, header, &err), STATUS_OK, "%s", err.message);
	struct bytes wire =
		small_project_sign(&project, OBJECT_REPORT, bytes_span(&payload), object.attachment, NULL);
	bytes_wipe(&payload);
	return wire;
}

Test(evidence, of_a_body_copied_from_another_device_fails_at_the_commitment)
{
	/* The victim's event, commitment and all, signed again by the device of the fixture. */
	struct evidence_author victim = author();
	struct signing_key *victim_key = NULL;
	struct event header;
	cr_assert_eq(signing_key_new(&victim_key, NULL), STATUS_OK);
	victim.key = victim_key;
	victim.device.bytes[0] ^= 1;
	struct bytes stolen = make(&victim, 7, NULL);
	struct bytes wire = around(&stolen, 7, &header);
	expect_refused(&wire, STATUS_TAMPERED, "commitment");
	bytes_wipe(&stolen);
	signing_key_free(victim_key);
}

Test(evidence, of_a_body_copied_to_another_number_fails_at_the_commitment)
{
	const struct evidence_author by = author();
	struct event header;
	struct bytes own = make(&by, 7, NULL);
	struct bytes same = around(&own, 7, &header), moved = around(&own, 8, &header);
	const struct key_public signer = device_public();
	struct evidence *evidence = NULL;
	cr_assert_eq(open_wire(&evidence, bytes_span(&same), &signer, NULL), STATUS_OK);
	evidence_free(evidence);
	expect_refused(&moved, STATUS_TAMPERED, "commitment");
	bytes_wipe(&own);
	bytes_wipe(&same);
}

Test(evidence, refuses_another_signer_another_project_and_another_sealing_key)
{
	const struct evidence_author by = author();
	const struct key_public signer = device_public(), other = signing_key_public(project.root_key);
	struct bytes wire = make(&by, 1, NULL);
	struct evidence *evidence = NULL;
	struct sealing_key *sealing = NULL;
	struct object object;
	struct error err = {0};
	cr_assert_eq(object_parse(&object, bytes_span(&wire), NULL), STATUS_OK);
	cr_assert_eq(sealing_key_new(&sealing, NULL), STATUS_OK);
	cr_expect_eq(evidence_open(&evidence, &object, &other, &project.id, project.sealing_key, &err), STATUS_TAMPERED);
	cr_expect(names_rule(&err, "signature"), "%s", err.message);
	cr_expect_eq(evidence_open(&evidence, &object, &signer, &project.log, project.sealing_key, &err), STATUS_TAMPERED);
	cr_expect(names_rule(&err, "signature"), "%s", err.message);
	cr_expect_eq(evidence_open(&evidence, &object, &signer, &project.id, sealing, &err), STATUS_TAMPERED);
	cr_expect(names_rule(&err, "box"), "%s", err.message);
	cr_expect_null(evidence);
	sealing_key_free(sealing);
	bytes_wipe(&wire);
}

Test(evidence, refuses_what_is_no_event)
{
	const struct head head = {7, {{1}}};
	struct bytes payload = {0};
	struct object object;
	struct evidence *evidence = NULL;
	const struct key_public signer = device_public();
	cr_assert_eq(head_encode(&payload, &head, NULL), STATUS_OK);
	struct bytes wire = small_project_sign(&project, OBJECT_HEAD, bytes_span(&payload), (struct span){0}, NULL);
	cr_assert_eq(object_parse(&object, bytes_span(&wire), NULL), STATUS_OK);
	cr_assert_eq(evidence_open(&evidence, &object, &signer, &project.id, project.sealing_key, NULL), STATUS_BAD_INPUT);
	bytes_wipe(&payload);
	bytes_wipe(&wire);
}

/* An event whose body is any bytes at all, sealed and signed as it should be. */
static struct bytes make_of_bytes(unsigned type, struct span content)
{
	struct error err = {0};
	struct bytes sealed = {0}, payload = {0};
	struct seal_salt salt;
	const struct seal_place place = {project.id, project.device, 1};
	cr_assert_eq(seal_close(&sealed, &salt, content, &project.descriptor.sealing, &err), STATUS_OK);
	const struct event event = {
		.number = 1,
		.descriptor = 1,
		.commitment = seal_commitment(&place, &salt, content),
		.sealed = hash_of(bytes_span(&sealed)),
	};
	cr_assert_eq(event_encode(&payload, &event, &err), STATUS_OK, "%s", err.message);
	struct bytes wire = small_project_sign(&project, type, bytes_span(&payload), bytes_span(&sealed), NULL);
	bytes_wipe(&sealed);
	bytes_wipe(&payload);
	return wire;
}

Test(evidence, nonsense_by_the_signer_himself_is_bad_input)
{
	const struct key_public signer = device_public();
	struct evidence *evidence = NULL;
	struct bytes wire = make_of_bytes(OBJECT_REPORT, span_from_text("not a report"));
	cr_assert_eq(open_wire(&evidence, bytes_span(&wire), &signer, NULL), STATUS_BAD_INPUT);
	bytes_wipe(&wire);
	wire = make_of_bytes(9, span_from_text("\xa0"));
	cr_assert_eq(open_wire(&evidence, bytes_span(&wire), &signer, NULL), STATUS_REFUSED);
	bytes_wipe(&wire);
	cr_assert_null(evidence);
}

/* --- for one who is handed salt and body --- */

Test(evidence, is_confirmed_without_any_key_of_headquarters)
{
	const struct evidence_author by = author();
	const struct key_public signer = device_public();
	struct bytes wire = make(&by, 3, NULL);
	struct evidence *evidence = NULL, *confirmed = NULL;
	struct object object, bare;
	struct error err = {0};
	cr_assert_eq(object_parse(&object, bytes_span(&wire), NULL), STATUS_OK);
	cr_assert_eq(evidence_open(&evidence, &object, &signer, &project.id, project.sealing_key, NULL), STATUS_OK);
	cr_assert_eq(object_parse_cose(&bare, OBJECT_REPORT, object.cose, NULL), STATUS_OK);
	const struct object *const shapes[] = {&object, &bare};
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(evidence_confirm(&confirmed, shapes[i], &signer, &project.id, evidence_salt(evidence),
		                              evidence_body_bytes(evidence), &err),
		             STATUS_OK, "%s", err.message);
		cr_assert(hash_equals(evidence_id(confirmed), evidence_id(evidence)));
		cr_assert(span_equals(evidence_body_bytes(confirmed), evidence_body_bytes(evidence)));
		evidence_free(confirmed);
	}
	evidence_free(evidence);
	bytes_wipe(&wire);
}

Test(evidence, is_not_confirmed_by_another_salt_or_body)
{
	const struct evidence_author by = author();
	const struct key_public signer = device_public();
	struct bytes wire = make(&by, 3, NULL), other = {0};
	struct evidence *evidence = NULL, *confirmed = NULL;
	struct object object;
	struct error err = {0};
	cr_assert_eq(object_parse(&object, bytes_span(&wire), NULL), STATUS_OK);
	cr_assert_eq(evidence_open(&evidence, &object, &signer, &project.id, project.sealing_key, NULL), STATUS_OK);
	struct seal_salt salt = *evidence_salt(evidence);
	salt.bytes[31] ^= 1;
	cr_expect_eq(evidence_confirm(&confirmed, &object, &signer, &project.id, &salt, evidence_body_bytes(evidence), &err),
	             STATUS_TAMPERED);
	cr_expect(names_rule(&err, "commitment"), "%s", err.message);
	cr_assert_eq(bytes_append(&other, evidence_body_bytes(evidence), NULL), STATUS_OK);
	for (size_t i = 0; i < other.len; i++) {
		other.data[i] ^= 1;
		cr_expect_eq(evidence_confirm(&confirmed, &object, &signer, &project.id, evidence_salt(evidence),
		                              bytes_span(&other), NULL),
		             STATUS_TAMPERED);
		other.data[i] ^= 1;
	}
	cr_expect_null(confirmed);
	evidence_free(evidence);
	bytes_wipe(&other);
	bytes_wipe(&wire);
}

Test(evidence, any_failing_allocation_leaves_nothing_behind)
{
	const struct evidence_author by = author();
	const struct evidence_link link = {1, project.enrolment_id, NULL};
	const struct key_public signer = device_public();
	bool failed = true;
	for (size_t n = 1; failed; n++) {
		struct bytes wire = {0};
		struct hash id;
		failing_malloc_at(n);
		const enum status status = evidence_make(&wire, &id, &body, &by, &link, NULL);
		failed = failing_malloc_ended();
		cr_expect_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK, "allocation %zu", n);
		cr_expect_eq(wire.len == 0, failed);
		bytes_wipe(&wire);
	}
	struct bytes wire = make(&by, 1, NULL);
	failed = true;
	for (size_t n = 1; failed; n++) {
		struct evidence *evidence = NULL;
		failing_malloc_at(n);
		const enum status status = open_wire(&evidence, bytes_span(&wire), &signer, NULL);
		failed = failing_malloc_ended();
		cr_expect_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK, "allocation %zu", n);
		cr_expect_eq(evidence == NULL, failed);
		evidence_free(evidence);
	}
	bytes_wipe(&wire);
}
