#include "schema/enrolment.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "crypto/cbor.h"
#include "tests/schema/payload_edits.h"
#include "tests/schema/small_project.h"
#include "tests/support/failing_malloc.h"

static struct small_project project;

static void start(void)
{
	small_project_init(&project);
}

static void stop(void)
{
	small_project_wipe(&project);
}

TestSuite(enrolment, .init = start, .fini = stop);

static struct object parsed(const struct bytes *wire)
{
	struct object object;
	struct error err = {0};
	cr_assert_eq(object_parse(&object, bytes_span(wire), &err), STATUS_OK, "%s", err.message);
	return object;
}

/* --- payloads --- */

static enum status invite_again(struct bytes *out, struct span in, struct error *err)
{
	struct invite back;
	const enum status status = invite_decode(&back, in, err);
	return status != STATUS_OK ? status : invite_encode(out, &back, err);
}

static enum status enrolment_again(struct bytes *out, struct span in, struct error *err)
{
	struct enrolment back;
	const enum status status = enrolment_decode(&back, in, err);
	return status != STATUS_OK ? status : bytes_append(out, in, err);
}

static enum status succession_again(struct bytes *out, struct span in, struct error *err)
{
	struct succession back;
	const enum status status = succession_decode(&back, in, err);
	return status != STATUS_OK ? status : bytes_append(out, in, err);
}

static struct payload_case case_of(const char *name, struct span payload,
                                   enum status (*again)(struct bytes *out, struct span in, struct error *err))
{
	struct payload_case one = {.name = name, .again = again};
	cr_assert_eq(bytes_append(&one.good, payload, NULL), STATUS_OK);
	return one;
}

static struct bytes make_succession(struct hash *id, const struct signing_key *new_key)
{
	struct bytes wire = {0};
	struct error err = {0};
	struct succession succession = {.number = 3, .last = {{4}}, .reason = SUCCESSION_RESTORE};
	cr_assert_eq(succession_make(&wire, id, &succession, &project.device, project.device_key, new_key, &project.id, &err),
	             STATUS_OK, "%s", err.message);
	return wire;
}

Test(enrolment, payloads_keep_the_laws)
{
	const struct object invite = parsed(&project.invite_wire);
	struct payload_case one = case_of("invite", invite.payload, invite_again);
	payload_edits_check(&one);
	const struct object enrolment = parsed(&project.enrolment_wire);
	struct payload_case two = case_of("enrolment", enrolment.payload, enrolment_again);
	payload_edits_check(&two);
	struct hash id;
	struct bytes wire = make_succession(&id, project.appointed_key);
	const struct object succession = parsed(&wire);
	struct payload_case three = case_of("succession", succession.payload, succession_again);
	payload_edits_check(&three);
	struct bytes reason = PAYLOAD_WITH(succession.payload, 5, "\x04"), out = {0};
	cr_expect_eq(succession_again(&out, bytes_span(&reason), NULL), STATUS_BAD_INPUT);
	bytes_wipe(&reason);
	bytes_wipe(&wire);
}

/* --- the invite file --- */

Test(enrolment, invite_file_comes_back_as_it_went)
{
	struct secret *text = NULL;
	struct invite_file back = {0};
	struct error err = {0};
	cr_assert_eq(invite_file_format(&text, &project.file, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(memcmp(text->data, ENROLMENT_INVITE_PREFIX, strlen(ENROLMENT_INVITE_PREFIX)), 0);
	cr_assert_null(memchr(text->data, '\n', text->len));
	cr_assert_eq(invite_file_parse(&back, secret_span(text), &err), STATUS_OK, "%s", err.message);
	cr_assert(span_equals(secret_span(back.seed), secret_span(project.file.seed)));
	cr_assert(span_equals(bytes_span(&back.invite), bytes_span(&project.file.invite)));
	cr_assert(span_equals(bytes_span(&back.descriptor), bytes_span(&project.file.descriptor)));
	cr_assert_str_eq(back.label, "Team Nasib");
	secret_free(text);
	invite_file_wipe(&back);
}

Test(enrolment, invite_file_refuses_a_cut)
{
	struct secret *text = NULL;
	cr_assert_eq(invite_file_format(&text, &project.file, NULL), STATUS_OK);
	for (size_t len = 0; len < text->len; len++) {
		struct invite_file back = {.label = "untouched"};
		cr_expect_eq(invite_file_parse(&back, (struct span){text->data, len}, NULL), STATUS_BAD_INPUT, "cut at %zu", len);
		cr_expect_str_eq(back.label, "untouched");
	}
	secret_free(text);
}

Test(enrolment, refuses_a_damaged_invite_file)
{
	struct bytes wire = {0};
	struct hash id;
	struct bytes *const parts[] = {&project.file.invite, &project.file.descriptor};
	for (size_t p = 0; p < 2; p++)
		for (size_t i = 0; i < parts[p]->len; i++) {
			parts[p]->data[i] ^= 1;
			cr_expect_neq(enrolment_make(&wire, &id, &project.file, project.device_key, "", NULL), STATUS_OK);
			parts[p]->data[i] ^= 1;
		}
	project.file.seed->data[0] ^= 1;
	cr_expect_eq(enrolment_make(&wire, &id, &project.file, project.device_key, "", NULL), STATUS_BAD_INPUT);
	cr_expect_eq(wire.len, 0);
}

Test(enrolment, refuses_a_label_that_is_too_long_or_hostile)
{
	struct secret *text = NULL;
	(void)snprintf(project.file.label, sizeof project.file.label, "%041d", 1);
	cr_expect_eq(invite_file_format(&text, &project.file, NULL), STATUS_BAD_INPUT);
	(void)snprintf(project.file.label, sizeof project.file.label, "a\x1b[2Jb");
	cr_expect_eq(invite_file_format(&text, &project.file, NULL), STATUS_BAD_INPUT);
	struct bytes wire = {0};
	struct hash id;
	cr_expect_eq(enrolment_make(&wire, &id, &project.file, project.device_key, "", NULL), STATUS_BAD_INPUT);
	cr_expect_null(text);
}

/* --- enrolling --- */

Test(enrolment, brings_the_device_and_its_sealed_words)
{
	const struct object object = parsed(&project.enrolment_wire);
	struct enrolment enrolment;
	struct invite invite;
	struct error err = {0};
	cr_assert_eq(enrolment_check(&enrolment, &invite, &object, &project.root, &err), STATUS_OK, "%s", err.message);
	const struct key_public key = signing_key_public(project.device_key);
	cr_assert(span_equals(key_public_span(&enrolment.key), key_public_span(&key)));
	cr_assert_eq(invite.expires_s, 1560000000);
	cr_assert_eq(enrolment.descriptor, 1);
	cr_assert(hash_equals(&object.id, &project.enrolment_id));
	char label[ENROLMENT_LABEL_BYTES], platform[ENROLMENT_PLATFORM_BYTES];
	cr_assert_eq(enrolment_open(label, platform, &object, &project.id, project.sealing_key, &err), STATUS_OK, "%s",
	             err.message);
	cr_assert_str_eq(label, "Team Nasib");
	cr_assert_str_eq(platform, "linux aarch64");
}

Test(enrolment, says_nothing_in_the_clear)
{
	const struct bytes *const wire = &project.enrolment_wire;
	cr_assert_null(memmem(wire->data, wire->len, "Nasib", 5));
	cr_assert_null(memmem(wire->data, wire->len, "aarch64", 7));
}

Test(enrolment, refuses_another_projects_root)
{
	const struct object object = parsed(&project.enrolment_wire);
	const struct key_public other = signing_key_public(project.receipt_key);
	struct enrolment enrolment;
	struct invite invite;
	struct error err = {0};
	cr_assert_eq(enrolment_check(&enrolment, &invite, &object, &other, &err), STATUS_UNTRUSTED);
	cr_assert(names_rule(&err, "unknown_signer"), "%s", err.message);
}

/* The enrolment with one field of its payload replaced, signed again by the invite's key. */
static struct bytes forge(uint64_t key, struct span value)
{
	const struct object object = parsed(&project.enrolment_wire);
	struct signing_key *invite_key = NULL;
	struct bytes wire = {0}, payload = {0}, encoded = {0};
	struct cbor_writer writer;
	struct hash id;
	cbor_write_begin(&writer, &encoded);
	cbor_write_bytes(&writer, value);
	cr_assert_eq(cbor_write_end(&writer, NULL), STATUS_OK);
	payload = payload_with(object.payload, key, (const char *)encoded.data, encoded.len);
	cr_assert_eq(signing_key_from_seed(&invite_key, secret_span(project.file.seed), NULL), STATUS_OK);
	const struct object_draft draft = {OBJECT_ENROLMENT, object.signer, bytes_span(&payload), object.attachment};
	cr_assert_eq(object_make(&wire, &id, &draft, invite_key, &project.id, NULL), STATUS_OK);
	signing_key_free(invite_key);
	bytes_wipe(&payload);
	bytes_wipe(&encoded);
	return wire;
}

static enum status check_forged(struct bytes wire, struct error *err)
{
	const struct object object = parsed(&wire);
	struct enrolment enrolment;
	struct invite invite;
	const enum status status = enrolment_check(&enrolment, &invite, &object, &project.root, err);
	bytes_wipe(&wire);
	return status;
}

Test(enrolment, of_somebody_elses_key_fails_at_the_proof)
{
	struct error err = {0};
	const struct key_public other = signing_key_public(project.appointed_key);
	cr_assert_eq(check_forged(forge(2, key_public_span(&other)), &err), STATUS_TAMPERED);
	cr_assert(names_rule(&err, "proof"), "%s", err.message);
}

Test(enrolment, refuses_a_key_that_is_no_sound_point)
{
	static const struct key_public small_order = {{1}};
	struct error err = {0};
	cr_assert_eq(check_forged(forge(2, key_public_span(&small_order)), &err), STATUS_UNTRUSTED);
}

Test(enrolment, refuses_another_attachment)
{
	struct error err = {0};
	const struct hash other = {{1}};
	cr_assert_eq(check_forged(forge(6, hash_span(&other)), &err), STATUS_TAMPERED);
	cr_assert(names_rule(&err, "attachment_hash"), "%s", err.message);
}

Test(enrolment, words_of_another_place_do_not_open)
{
	const struct hash other = {{1}};
	struct bytes wire = forge(5, hash_span(&other));
	const struct object object = parsed(&wire);
	char label[ENROLMENT_LABEL_BYTES] = "untouched", platform[ENROLMENT_PLATFORM_BYTES];
	struct error err = {0};
	cr_assert_eq(enrolment_open(label, platform, &object, &project.id, project.sealing_key, &err), STATUS_TAMPERED);
	cr_assert(names_rule(&err, "commitment"), "%s", err.message);
	cr_assert_str_eq(label, "untouched");
	bytes_wipe(&wire);
}

Test(enrolment, refuses_an_invite_of_another_invite)
{
	/* Signed under another name than the invite's that it holds. */
	const struct object object = parsed(&project.enrolment_wire);
	struct signing_key *invite_key = NULL;
	struct bytes wire = {0};
	struct hash id;
	struct error err = {0};
	cr_assert_eq(signing_key_from_seed(&invite_key, secret_span(project.file.seed), NULL), STATUS_OK);
	const struct object_draft draft = {OBJECT_ENROLMENT, project.device, object.payload, object.attachment};
	cr_assert_eq(object_make(&wire, &id, &draft, invite_key, &project.id, NULL), STATUS_OK);
	cr_assert_eq(check_forged(wire, &err), STATUS_UNTRUSTED);
	cr_assert(names_rule(&err, "unknown_signer"), "%s", err.message);
	signing_key_free(invite_key);
}

Test(enrolment, refuses_an_invite_that_the_root_did_not_sign)
{
	struct bytes invite = {0}, payload = {0};
	struct hash id;
	struct error err = {0};
	struct object object;
	const struct invite own = {signing_key_public(project.device_key), 1900000000};
	cr_assert_eq(invite_encode(&payload, &own, NULL), STATUS_OK);
	const struct object_draft draft = {OBJECT_INVITE, project.id, bytes_span(&payload), {0}};
	cr_assert_eq(object_make(&invite, &id, &draft, project.device_key, &project.id, NULL), STATUS_OK);
	cr_assert_eq(object_parse(&object, bytes_span(&invite), NULL), STATUS_OK);
	cr_assert_eq(check_forged(forge(1, object.cose), &err), STATUS_TAMPERED);
	cr_assert(names_rule(&err, "signature"), "%s", err.message);
	bytes_wipe(&invite);
	bytes_wipe(&payload);
}

/* --- succession --- */

Test(enrolment, succession_is_proven_by_the_new_key)
{
	struct hash id;
	struct error err = {0};
	struct succession succession;
	struct bytes wire = make_succession(&id, project.appointed_key);
	const struct object object = parsed(&wire);
	cr_assert_eq(succession_check(&succession, &object, &project.id, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(succession.number, 3);
	cr_assert_eq(succession.reason, SUCCESSION_RESTORE);
	const struct key_public own = signing_key_public(project.appointed_key);
	cr_assert(span_equals(key_public_span(&succession.key), key_public_span(&own)));
	cr_assert_eq(succession_check(&succession, &object, &project.log, &err), STATUS_TAMPERED);
	cr_assert(names_rule(&err, "proof"), "%s", err.message);
	bytes_wipe(&wire);
}

/* --- failing memory --- */

Test(enrolment, any_failing_allocation_leaves_nothing_behind)
{
	bool failed = true;
	for (size_t n = 1; failed; n++) {
		struct bytes wire = {0};
		struct hash id;
		failing_malloc_at(n);
		const enum status status = enrolment_make(&wire, &id, &project.file, project.device_key, "linux", NULL);
		failed = failing_malloc_ended();
		cr_expect_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK, "allocation %zu", n);
		cr_expect_eq(wire.len == 0, failed);
		bytes_wipe(&wire);
	}
	failed = true;
	for (size_t n = 1; failed; n++) {
		struct secret *text = NULL;
		struct invite_file back = {0};
		failing_malloc_at(n);
		enum status status = invite_file_format(&text, &project.file, NULL);
		if (status == STATUS_OK)
			status = invite_file_parse(&back, secret_span(text), NULL);
		failed = failing_malloc_ended();
		cr_expect_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK, "allocation %zu", n);
		cr_expect_eq(back.seed == NULL, failed);
		secret_free(text);
		invite_file_wipe(&back);
	}
}
