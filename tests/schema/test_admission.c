#include "schema/admission.h"

#include <criterion/criterion.h>
#include <string.h>

#include "crypto/seal.h"
#include "tests/schema/payload_edits.h"
#include "tests/schema/small_project.h"

static struct small_project project;

static void start(void)
{
	small_project_init(&project);
}

static void stop(void)
{
	small_project_wipe(&project);
}

TestSuite(admission, .init = start, .fini = stop);

static const struct span none;

static struct span attachment(void)
{
	return span_from_text("sealed, as far as anybody without the key can see");
}

/* A payload encoded by any codec, or the test fails. */
#define ENCODED(type)                                                                                          \
	static struct bytes encoded_##type(const struct type *value)                                                \
	{                                                                                                           \
		struct bytes out = {0};                                                                             \
		struct error err = {0};                                                                             \
		cr_assert_eq(type##_encode(&out, value, &err), STATUS_OK, "%s", err.message);                       \
		return out;                                                                                         \
	}
ENCODED(event)
ENCODED(head)
ENCODED(receipt)
ENCODED(acknowledgement)
ENCODED(relay_clock)
ENCODED(pull_request)
ENCODED(confirmation)
ENCODED(appointment)
ENCODED(revocation)
ENCODED(review)
ENCODED(message)
ENCODED(package)
ENCODED(descriptor)

/* Signs and wipes the payload. */
static struct bytes sign(unsigned type, struct bytes payload, struct span attached)
{
	struct bytes wire = small_project_sign(&project, type, bytes_span(&payload), attached, NULL);
	bytes_wipe(&payload);
	return wire;
}

static struct bytes make_event(unsigned type)
{
	const struct event event = {
		.number = 41,
		.previous = {{5}},
		.descriptor = 1,
		.commitment = {{6}},
		.sealed = hash_of(attachment()),
	};
	return sign(type, encoded_event(&event), attachment());
}

/* Wipes the wire object. */
static struct admission expect_admitted(struct bytes wire)
{
	struct admission admission = {0};
	struct error err = {0};
	cr_assert_eq(small_project_admit(&project, &admission, bytes_span(&wire), &err), STATUS_OK, "%s", err.message);
	bytes_wipe(&wire);
	return admission;
}

static void expect_refused(struct bytes wire, enum status expected, const char *rule)
{
	struct admission admission = {.number = 77};
	struct error err = {0};
	const enum status status = small_project_admit(&project, &admission, bytes_span(&wire), &err);
	cr_expect_eq(status, expected, "%s instead of %s: %s", status_word(status), status_word(expected), err.message);
	cr_expect(names_rule(&err, rule), "'%s' is not %s", err.message, rule);
	cr_expect_eq(admission.number, 77);
	bytes_wipe(&wire);
}

/* --- what each type tells its keeper --- */

Test(admission, takes_events_of_all_known_types)
{
	for (unsigned type = OBJECT_REPORT; type <= OBJECT_INTAKE; type++) {
		const struct admission admission = expect_admitted(make_event(type));
		cr_assert(admission.known_type);
		cr_assert_eq((unsigned)admission.type, type);
		cr_assert(key_id_equals(&admission.device, &project.device));
		cr_assert_eq(admission.number, 41);
		cr_assert_eq(admission.previous.bytes[0], 5);
		cr_assert_not(admission.introduces);
	}
}

Test(admission, takes_types_to_come_and_does_not_understand_them)
{
	const struct admission event = expect_admitted(make_event(9));
	cr_assert_not(event.known_type);
	cr_assert_eq(event.number, 41);
	static const unsigned types[] = {25, 45, 55, 70};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		for (int attached = 0; attached <= 1; attached++) {
			const struct span payload = span_from_text("\x63new");
			const struct admission admission = expect_admitted(
				small_project_sign(&project, types[i], payload, attached ? attachment() : none, NULL));
			cr_assert_not(admission.known_type);
			cr_assert_not(admission.introduces);
			cr_assert_eq(key_id_equals(&admission.device, &project.device), types[i] == 25);
		}
}

Test(admission, an_event_to_come_still_has_an_events_header)
{
	expect_refused(small_project_sign(&project, 9, span_from_text("\x63new"), attachment(), NULL), STATUS_BAD_INPUT,
	               "wrong_type");
	struct bytes bare = make_event(9);
	struct object object;
	cr_assert_eq(object_parse(&object, bytes_span(&bare), NULL), STATUS_OK);
	expect_refused(small_project_sign(&project, 9, object.payload, none, NULL), STATUS_TAMPERED, "attachment_hash");
	bytes_wipe(&bare);
}

Test(admission, refuses_the_range_that_belongs_to_nobody)
{
	static const unsigned types[] = {80, 127};
	for (size_t i = 0; i < 2; i++) {
		struct bytes wire = small_project_sign(&project, 70, span_from_text("\x01"), none, NULL);
		cr_assert_eq(wire.data[1], 0x18);
		wire.data[2] = (uint8_t)types[i];
		expect_refused(wire, STATUS_BAD_INPUT, "unknown_range");
	}
	/* The gate itself, whoever parsed the object. */
	const struct signer_source source = small_project_source(&project);
	const struct object object = {.type = (enum object_type)80};
	struct admission admission;
	struct error err = {0};
	cr_assert_eq(admission_check(&admission, &object, &project.root, &source, &err), STATUS_BAD_INPUT);
	cr_assert(names_rule(&err, "unknown_range"), "%s", err.message);
}

Test(admission, takes_what_speaks_of_a_device)
{
	const struct head head = {7, {{1}}};
	const struct admission of_head = expect_admitted(sign(OBJECT_HEAD, encoded_head(&head), none));
	cr_assert(key_id_equals(&of_head.device, &project.device));
	cr_assert_eq(of_head.number, 7);
	const struct receipt receipt = {.device = {{1}}, .number = 8, .seen = {project.log, 1, {{1}}}, .time_s = 1};
	const struct admission of_receipt = expect_admitted(sign(OBJECT_RECEIPT, encoded_receipt(&receipt), none));
	cr_assert(key_id_equals(&of_receipt.device, &receipt.device));
	cr_assert_eq(of_receipt.number, 8);
	const struct acknowledgement said = {{{2}}, 9, {{1}}, 1};
	const struct admission of_said = expect_admitted(sign(OBJECT_ACKNOWLEDGEMENT, encoded_acknowledgement(&said), none));
	cr_assert(key_id_equals(&of_said.device, &said.device));
	cr_assert_eq(of_said.number, 9);
	const struct confirmation confirmation = {project.enrolment_id, 1};
	const struct admission of_confirmation =
		expect_admitted(sign(OBJECT_CONFIRMATION, encoded_confirmation(&confirmation), none));
	cr_assert(key_id_equals(&of_confirmation.device, &project.device));
	const struct revocation revocation = {.kind = REVOKE_DEVICE, .who = project.device, .has_good = true, .good = {5, {{1}}}};
	const struct admission of_revocation = expect_admitted(sign(OBJECT_REVOCATION, encoded_revocation(&revocation), none));
	cr_assert(key_id_equals(&of_revocation.device, &project.device));
	cr_assert_eq(of_revocation.number, 5);
}

Test(admission, takes_what_speaks_of_no_device)
{
	static const struct key_id nobody;
	const struct message message = {1, "Sync before Friday.", 0, {{{0}}}};
	const struct admission of_message = expect_admitted(sign(OBJECT_MESSAGE, encoded_message(&message), none));
	cr_assert(key_id_equals(&of_message.device, &nobody));
	const struct revocation revocation = {.kind = REVOKE_INVITE, .who = project.invite};
	const struct admission of_revocation = expect_admitted(sign(OBJECT_REVOCATION, encoded_revocation(&revocation), none));
	cr_assert(key_id_equals(&of_revocation.device, &nobody));
	const struct package package = {"syria", "1", PACKAGE_GAZETTEER, 2, 3, hash_of(attachment()), {{1}}, 100};
	cr_assert_eq(expect_admitted(sign(OBJECT_PACKAGE, encoded_package(&package), attachment())).number, 2);
	const struct review review = {1, {{1}}, hash_of(attachment()), 1529571600};
	cr_assert_eq(expect_admitted(sign(OBJECT_REVIEW, encoded_review(&review), attachment())).number, 1529571600);
}

Test(admission, never_keeps_an_answer_to_the_moment)
{
	const struct pull_request request = {project.log, 3, 1};
	const struct relay_clock clock = {.time_s = 1};
	const struct signer_source source = small_project_source(&project);
	struct bytes wires[] = {
		sign(OBJECT_PULL_REQUEST, encoded_pull_request(&request), none),
		sign(OBJECT_CLOCK, encoded_relay_clock(&clock), none),
	};
	for (size_t i = 0; i < 2; i++) {
		struct object object;
		struct signer signer;
		cr_assert_eq(object_parse(&object, bytes_span(&wires[i]), NULL), STATUS_OK);
		cr_assert_eq(admission_check_signer(&signer, &object, &project.root, &source, NULL), STATUS_OK);
		cr_assert(key_id_equals(&signer.id, i == 0 ? &project.appointed : &project.log));
		expect_refused(wires[i], STATUS_REFUSED, "never_kept");
	}
}

/* --- who is introduced --- */

Test(admission, an_enrolment_introduces_a_device)
{
	const struct admission admission = expect_admitted(project.enrolment_wire);
	project.enrolment_wire = (struct bytes){0};
	cr_assert(admission.introduces);
	cr_assert_eq(admission.signers_len, 1);
	cr_assert_eq(admission.signers[0].kind, SIGNER_DEVICE);
	cr_assert(key_id_equals(&admission.signers[0].id, &project.device));
	cr_assert(key_id_equals(&admission.signers[0].parent, &project.invite));
	cr_assert(key_id_equals(&admission.device, &project.device));
	cr_assert_eq(admission.number, 0);
}

Test(admission, an_appointment_introduces_an_appointee)
{
	const struct admission admission = expect_admitted(project.appointment_wire);
	project.appointment_wire = (struct bytes){0};
	cr_assert_eq(admission.signers_len, 1);
	cr_assert_eq(admission.signers[0].kind, SIGNER_APPOINTED);
	cr_assert(key_id_equals(&admission.signers[0].id, &project.appointed));
	cr_assert_eq(admission.signers[0].roles, ROLE_ALL);
	cr_assert_eq(admission.signers[0].until_s, 1900000000);
}

Test(admission, a_descriptor_introduces_each_relays_log)
{
	project.descriptor.relays_len = 2;
	project.descriptor.relays[1] = project.descriptor.relays[0];
	project.descriptor.relays[1].receipt_key = signing_key_public(project.appointed_key);
	const struct admission admission = expect_admitted(sign(OBJECT_DESCRIPTOR, encoded_descriptor(&project.descriptor), none));
	cr_assert_eq(admission.number, 1);
	cr_assert_eq(admission.signers_len, 2);
	cr_assert_eq(admission.signers[0].kind, SIGNER_LOG);
	cr_assert(key_id_equals(&admission.signers[0].id, &project.log));
	const struct key_id second = key_id_of_log(&project.id, &project.descriptor.relays[1].receipt_key);
	cr_assert(key_id_equals(&admission.signers[1].id, &second));
}

Test(admission, an_invite_alone_introduces_nobody)
{
	const struct admission admission = expect_admitted(project.invite_wire);
	project.invite_wire = (struct bytes){0};
	cr_assert(admission.known_type);
	cr_assert_not(admission.introduces);
	cr_assert_eq(admission.signers_len, 0);
}

static struct bytes make_succession(const struct signing_key *new_key, struct hash *id)
{
	struct bytes wire = {0};
	struct error err = {0};
	struct succession succession = {.number = 3, .last = {{4}}, .reason = SUCCESSION_FORK};
	cr_assert_eq(succession_make(&wire, id, &succession, &project.device, project.device_key, new_key, &project.id, &err),
	             STATUS_OK, "%s", err.message);
	return wire;
}

Test(admission, a_succession_introduces_a_device_that_may_go_on)
{
	struct signing_key *new_key = NULL;
	struct hash id;
	cr_assert_eq(signing_key_new(&new_key, NULL), STATUS_OK);
	const struct admission admission = expect_admitted(make_succession(new_key, &id));
	cr_assert_eq(admission.signers_len, 1);
	cr_assert_eq(admission.signers[0].kind, SIGNER_DEVICE);
	cr_assert(key_id_equals(&admission.signers[0].parent, &project.device));
	const struct key_id successor = key_id_of_object(&id);
	cr_assert(key_id_equals(&admission.device, &successor));
	cr_assert_eq(admission.previous.bytes[0], 4);
	signing_key_free(project.device_key);
	project.device_key = new_key;
	project.device = successor;
	(void)expect_admitted(make_event(OBJECT_REPORT));
}

/* --- refusals --- */

Test(admission, one_key_joins_once)
{
	struct hash id;
	expect_refused(make_succession(project.device_key, &id), STATUS_UNTRUSTED, "key_twice");
	struct bytes again = {0};
	cr_assert_eq(enrolment_make(&again, &id, &project.file, project.device_key, "", NULL), STATUS_OK);
	expect_refused(again, STATUS_UNTRUSTED, "key_twice");
}

Test(admission, nobodys_clock_decides)
{
	/* The invite of the fixture expired in 2019. */
	struct signing_key *late = NULL;
	struct bytes wire = {0};
	struct hash id;
	cr_assert_eq(signing_key_new(&late, NULL), STATUS_OK);
	cr_assert_eq(enrolment_make(&wire, &id, &project.file, late, "", NULL), STATUS_OK);
	cr_assert(expect_admitted(wire).introduces);
	signing_key_free(late);
	const struct revocation revocation = {.kind = REVOKE_DEVICE, .who = project.device};
	(void)expect_admitted(sign(OBJECT_REVOCATION, encoded_revocation(&revocation), none));
	(void)expect_admitted(make_event(OBJECT_REPORT));
}

Test(admission, refuses_strangers)
{
	project.device.bytes[0] ^= 1;
	expect_refused(make_event(OBJECT_REPORT), STATUS_UNTRUSTED, "unknown_signer");
	project.log.bytes[0] ^= 1;
	const struct receipt receipt = {.device = {{1}}, .time_s = 1};
	expect_refused(sign(OBJECT_RECEIPT, encoded_receipt(&receipt), none), STATUS_UNTRUSTED, "unknown_signer");
	project.id.bytes[0] ^= 1;
	const struct message message = {1, "from elsewhere", 0, {{{0}}}};
	expect_refused(sign(OBJECT_MESSAGE, encoded_message(&message), none), STATUS_UNTRUSTED, "unknown_signer");
}

Test(admission, refuses_a_signer_of_another_kind)
{
	const struct key_id device = project.device;
	const struct head head = {7, {{1}}};
	project.device = project.log;
	expect_refused(sign(OBJECT_HEAD, encoded_head(&head), none), STATUS_UNTRUSTED, "signer_kind");
	project.log = device;
	const struct receipt receipt = {.device = {{1}}, .time_s = 1};
	expect_refused(sign(OBJECT_RECEIPT, encoded_receipt(&receipt), none), STATUS_UNTRUSTED, "signer_kind");
	project.appointed = device;
	const struct acknowledgement said = {{{2}}, 9, {{1}}, 1};
	expect_refused(sign(OBJECT_ACKNOWLEDGEMENT, encoded_acknowledgement(&said), none), STATUS_UNTRUSTED, "signer_kind");
}

Test(admission, refuses_an_appointee_without_the_role)
{
	struct bytes payload;
	const struct appointment weak = {signing_key_public(project.receipt_key), ROLE_PULL, 1900000000, ""};
	struct hash id;
	payload = encoded_appointment(&weak);
	struct bytes wire = small_project_sign(&project, OBJECT_APPOINTMENT, bytes_span(&payload), none, &id);
	bytes_wipe(&payload);
	(void)expect_admitted(wire);
	project.appointed = key_id_of_object(&id);
	signing_key_free(project.appointed_key);
	cr_assert_eq(signing_key_from_seed(&project.appointed_key, signing_key_seed(project.receipt_key), NULL), STATUS_OK);
	const struct acknowledgement said = {{{2}}, 9, {{1}}, 1};
	expect_refused(sign(OBJECT_ACKNOWLEDGEMENT, encoded_acknowledgement(&said), none), STATUS_UNTRUSTED, "role");
	const struct review review = {1, {{1}}, hash_of(attachment()), 1529571600};
	expect_refused(sign(OBJECT_REVIEW, encoded_review(&review), attachment()), STATUS_UNTRUSTED, "role");
}

Test(admission, refuses_an_object_of_another_project)
{
	struct bytes wire = make_event(OBJECT_REPORT);
	struct object object;
	cr_assert_eq(object_parse(&object, bytes_span(&wire), NULL), STATUS_OK);
	struct key_id other = project.id;
	other.bytes[0] ^= 1;
	struct bytes forged = {0};
	struct hash id;
	const struct object_draft draft = {OBJECT_REPORT, project.device, object.payload, object.attachment};
	cr_assert_eq(object_make(&forged, &id, &draft, project.device_key, &other, NULL), STATUS_OK);
	expect_refused(forged, STATUS_TAMPERED, "signature");
	bytes_wipe(&wire);
}

Test(admission, refuses_an_object_passed_off_as_another_type)
{
	struct bytes wire = make_event(OBJECT_REPORT);
	wire.data[1] = OBJECT_RETRACT;
	expect_refused(wire, STATUS_TAMPERED, "signature");
}

Test(admission, refuses_attachments_that_are_not_what_was_signed)
{
	const struct event event = {.number = 1, .descriptor = 1, .sealed = hash_of(attachment())};
	expect_refused(sign(OBJECT_REPORT, encoded_event(&event), span_from_text("something else")), STATUS_TAMPERED,
	               "attachment_hash");
	expect_refused(sign(OBJECT_REPORT, encoded_event(&event), none), STATUS_TAMPERED, "attachment_hash");
	const struct head head = {7, {{1}}};
	expect_refused(sign(OBJECT_HEAD, encoded_head(&head), attachment()), STATUS_TAMPERED, "attachment_hash");
	const struct package package = {"syria", "1", PACKAGE_GAZETTEER, 2, 3, {{1}}, {{1}}, 100};
	expect_refused(sign(OBJECT_PACKAGE, encoded_package(&package), attachment()), STATUS_TAMPERED, "attachment_hash");
	const struct review review = {1, {{1}}, {{1}}, 1529571600};
	expect_refused(sign(OBJECT_REVIEW, encoded_review(&review), none), STATUS_TAMPERED, "attachment_hash");
}

Test(admission, refuses_a_descriptor_of_another_root)
{
	project.descriptor.root = signing_key_public(project.appointed_key);
	expect_refused(sign(OBJECT_DESCRIPTOR, encoded_descriptor(&project.descriptor), none), STATUS_UNTRUSTED, "root");
}

Test(admission, refuses_new_signers_whose_key_is_no_sound_point)
{
	static const struct key_public small_order = {{1}};
	struct error err = {0};
	struct admission admission;
	const struct appointment appointment = {small_order, ROLE_PULL, 1900000000, ""};
	struct bytes wire = sign(OBJECT_APPOINTMENT, encoded_appointment(&appointment), none);
	cr_expect_eq(small_project_admit(&project, &admission, bytes_span(&wire), &err), STATUS_UNTRUSTED);
	bytes_wipe(&wire);
	project.descriptor.relays[0].receipt_key = small_order;
	wire = sign(OBJECT_DESCRIPTOR, encoded_descriptor(&project.descriptor), none);
	cr_expect_eq(small_project_admit(&project, &admission, bytes_span(&wire), &err), STATUS_UNTRUSTED);
	bytes_wipe(&wire);
	const struct invite invite = {small_order, 1};
	struct bytes payload = {0};
	cr_assert_eq(invite_encode(&payload, &invite, NULL), STATUS_OK);
	wire = sign(OBJECT_INVITE, payload, none);
	cr_expect_eq(small_project_admit(&project, &admission, bytes_span(&wire), &err), STATUS_UNTRUSTED);
	bytes_wipe(&wire);
}

Test(admission, verifies_before_it_decodes)
{
	/* Nonsense under a signature that does not hold is a forgery, not a mistake. */
	struct bytes wire = small_project_sign(&project, OBJECT_HEAD, span_from_text("\x63new"), none, NULL);
	expect_refused(wire, STATUS_BAD_INPUT, "wrong_type");
	wire = small_project_sign(&project, OBJECT_HEAD, span_from_text("\x63new"), none, NULL);
	wire.data[wire.len - 1] ^= 1;
	expect_refused(wire, STATUS_TAMPERED, "signature");
}

Test(admission, an_enrolments_signer_is_not_looked_up)
{
	const struct signer_source source = small_project_source(&project);
	struct object object;
	struct signer signer;
	cr_assert_eq(object_parse(&object, bytes_span(&project.enrolment_wire), NULL), STATUS_OK);
	cr_assert_eq(admission_check_signer(&signer, &object, &project.root, &source, NULL), STATUS_BUG);
}

/* --- any flipped bit --- */

static void expect_each_bit_matters(struct bytes wire)
{
	for (size_t i = 0; i < wire.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			struct admission admission;
			wire.data[i] ^= (uint8_t)(1 << bit);
			cr_expect_neq(small_project_admit(&project, &admission, bytes_span(&wire), NULL), STATUS_OK,
			              "type %u, byte %zu, bit %d", wire.data[1], i, bit);
			wire.data[i] ^= (uint8_t)(1 << bit);
		}
	(void)expect_admitted(wire);
}

static struct bytes taken(struct bytes *wire)
{
	const struct bytes own = *wire;
	*wire = (struct bytes){0};
	return own;
}

Test(admission, refuses_one_flipped_bit_of_the_roots_objects)
{
	const struct confirmation confirmation = {project.enrolment_id, 1};
	const struct revocation revocation = {.kind = REVOKE_INVITE, .who = project.invite};
	const struct message message = {1, "Sync before Friday.", 0, {{{0}}}};
	const struct package package = {"syria", "1", PACKAGE_GAZETTEER, 2, 3, hash_of(attachment()), {{1}}, 100};
	expect_each_bit_matters(taken(&project.descriptor_wire));
	expect_each_bit_matters(taken(&project.appointment_wire));
	expect_each_bit_matters(taken(&project.invite_wire));
	expect_each_bit_matters(sign(OBJECT_CONFIRMATION, encoded_confirmation(&confirmation), none));
	expect_each_bit_matters(sign(OBJECT_REVOCATION, encoded_revocation(&revocation), none));
	expect_each_bit_matters(sign(OBJECT_MESSAGE, encoded_message(&message), none));
	expect_each_bit_matters(sign(OBJECT_PACKAGE, encoded_package(&package), attachment()));
}

Test(admission, refuses_one_flipped_bit_of_a_devices_objects)
{
	const struct head head = {7, {{1}}};
	struct signing_key *new_key = NULL;
	struct hash id;
	cr_assert_eq(signing_key_new(&new_key, NULL), STATUS_OK);
	for (unsigned type = OBJECT_REPORT; type <= OBJECT_INTAKE; type++)
		expect_each_bit_matters(make_event(type));
	expect_each_bit_matters(sign(OBJECT_HEAD, encoded_head(&head), none));
	expect_each_bit_matters(make_succession(new_key, &id));
	/* As to somebody who has not met the device yet. */
	project.signers_len = 0;
	expect_each_bit_matters(taken(&project.enrolment_wire));
	signing_key_free(new_key);
}

Test(admission, refuses_one_flipped_bit_of_the_relays_and_appointees_objects)
{
	const struct receipt receipt = {.device = {{1}}, .number = 8, .seen = {project.log, 1, {{1}}}, .time_s = 1};
	const struct acknowledgement said = {{{2}}, 9, {{1}}, 1};
	const struct review review = {1, {{1}}, hash_of(attachment()), 1529571600};
	expect_each_bit_matters(sign(OBJECT_RECEIPT, encoded_receipt(&receipt), none));
	expect_each_bit_matters(sign(OBJECT_ACKNOWLEDGEMENT, encoded_acknowledgement(&said), none));
	expect_each_bit_matters(sign(OBJECT_REVIEW, encoded_review(&review), attachment()));
}
