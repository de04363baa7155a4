#include "crypto/object.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

#include "tests/support/failing_malloc.h"

static struct signing_key *signer;
static struct key_public signer_public;
static const struct key_id project = {{'p', 'r', 'o', 'j', 'e', 'c', 't'}};
static const struct key_id signer_id = {{'d', 'e', 'v', 'i', 'c', 'e'}};
static const uint8_t payload[] = {0x83, 0x01, 0x02, 0x03};

static void start(void)
{
	cr_assert_geq(sodium_init(), 0);
	uint8_t seed[KEY_SEED_BYTES];
	memset(seed, 5, sizeof seed);
	cr_assert_eq(signing_key_from_seed(&signer, (struct span){seed, sizeof seed}, NULL), STATUS_OK);
	signer_public = signing_key_public(signer);
}

static void stop(void)
{
	signing_key_free(signer);
}

TestSuite(object, .init = start, .fini = stop);

static struct object_draft draft_of(enum object_type type, struct span attachment)
{
	return (struct object_draft){
		.type = type, .signer = signer_id, .payload = {payload, sizeof payload}, .attachment = attachment};
}

static void make(struct bytes *wire, struct hash *id, const struct object_draft *draft)
{
	struct error err = {0};
	cr_assert_eq(object_make(wire, id, draft, signer, &project, &err), STATUS_OK, "%s", err.message);
}

Test(object, is_taken_apart_into_what_it_was_made_of)
{
	const struct object_draft draft = draft_of(OBJECT_REPORT, span_from_text("sealed"));
	struct bytes wire = {0};
	struct hash id;
	struct object object;
	make(&wire, &id, &draft);
	cr_assert_eq(object_parse(&object, bytes_span(&wire), NULL), STATUS_OK);
	cr_assert_eq(object.type, OBJECT_REPORT);
	cr_assert(key_id_equals(&object.signer, &signer_id));
	cr_assert(span_equals(object.payload, draft.payload));
	cr_assert(span_equals(object.attachment, draft.attachment));
	cr_assert(span_equals(object.wire, bytes_span(&wire)));
	cr_assert(hash_equals(&object.id, &id));
	const struct hash of_cose = hash_of(object.cose);
	cr_assert(hash_equals(&id, &of_cose));
	cr_assert_eq(object_verify(&object, &signer_public, &project, NULL), STATUS_OK);
	bytes_wipe(&wire);
}

Test(object, stands_alone_as_a_bare_cose_sign1)
{
	const struct object_draft draft = draft_of(OBJECT_INVITE, (struct span){0});
	struct bytes wire = {0};
	struct hash id;
	struct object whole;
	struct object bare;
	make(&wire, &id, &draft);
	cr_assert_eq(object_parse(&whole, bytes_span(&wire), NULL), STATUS_OK);
	cr_assert_eq(object_parse_cose(&bare, OBJECT_INVITE, whole.cose, NULL), STATUS_OK);
	cr_assert(hash_equals(&bare.id, &id));
	cr_assert_eq(bare.wire.len, 0);
	cr_assert_eq(object_verify(&bare, &signer_public, &project, NULL), STATUS_OK);
	cr_assert_eq(object_parse_cose(&bare, OBJECT_INVITE, whole.wire, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(object_parse_cose(&bare, (enum object_type)0, whole.cose, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(object_parse_cose(&bare, (enum object_type)80, whole.cose, NULL), STATUS_BAD_INPUT);
	bytes_wipe(&wire);
}

/* Byte by byte: the array, type 18, tag, four items, header, map, payload, signature. */
Test(object, has_the_bytes_that_format_md_draws)
{
	static const uint8_t head[] = {0x82, 18, 0xd2, 0x84, 0x55, 0xa2, 0x01, 0x27, 0x04, 0x50};
	const struct object_draft draft = draft_of(OBJECT_HEAD, (struct span){0});
	struct bytes wire = {0};
	struct hash id;
	make(&wire, &id, &draft);
	cr_assert_arr_eq(wire.data, head, sizeof head);
	cr_assert_arr_eq(wire.data + 10, signer_id.bytes, KEY_ID_BYTES);
	static const uint8_t middle[] = {0xa0, 0x44, 0x83, 0x01, 0x02, 0x03, 0x58, 64};
	cr_assert_arr_eq(wire.data + 26, middle, sizeof middle);
	cr_assert_eq(wire.len, 26 + sizeof middle + 64);
	bytes_wipe(&wire);
}

/* The law: whatever is flipped, parsing, the signature, or the attachment's hash refuses. */
Test(object, any_flipped_bit_is_refused)
{
	const struct object_draft draft = draft_of(OBJECT_REPORT, span_from_text("sealed"));
	const struct hash named = hash_of(draft.attachment);
	struct bytes wire = {0};
	struct hash id;
	make(&wire, &id, &draft);
	for (size_t bit = 0; bit < 8 * wire.len; bit++) {
		wire.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		struct object object;
		const bool refused = object_parse(&object, bytes_span(&wire), NULL) != STATUS_OK ||
		                     !key_id_equals(&object.signer, &signer_id) ||
		                     object_verify(&object, &signer_public, &project, NULL) != STATUS_OK ||
		                     object_check_attachment(&object, &named, NULL) != STATUS_OK;
		cr_assert(refused, "bit %zu", bit);
		wire.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	bytes_wipe(&wire);
}

Test(object, any_cut_is_refused)
{
	const struct object_draft draft = draft_of(OBJECT_REPORT, span_from_text("sealed"));
	struct bytes wire = {0};
	struct hash id;
	struct object object = {.type = OBJECT_CLOCK};
	make(&wire, &id, &draft);
	for (size_t len = 0; len < wire.len; len++)
		cr_assert_eq(object_parse(&object, (struct span){wire.data, len}, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(object.type, OBJECT_CLOCK);
	bytes_wipe(&wire);
}

Test(object, of_another_type_project_or_key_is_refused)
{
	const struct object_draft draft = draft_of(OBJECT_REPORT, (struct span){0});
	struct bytes wire = {0};
	struct hash id;
	struct object object;
	make(&wire, &id, &draft);
	cr_assert_eq(object_parse(&object, bytes_span(&wire), NULL), STATUS_OK);
	struct error err = {0};
	const struct key_id other_project = {{'q'}};
	cr_assert_eq(object_verify(&object, &signer_public, &other_project, &err), STATUS_TAMPERED);
	cr_assert_not_null(strstr(err.message, "(signature)"));
	struct object other_type = object;
	other_type.type = OBJECT_AMEND;
	cr_assert_eq(object_verify(&other_type, &signer_public, &project, NULL), STATUS_TAMPERED);
	struct key_public other_key = signer_public;
	other_key.bytes[0] ^= 1;
	cr_assert_eq(object_verify(&object, &other_key, &project, NULL), STATUS_TAMPERED);
	bytes_wipe(&wire);
}

Test(object, its_attachment_is_the_named_one_or_none)
{
	const struct hash named = hash_of(span_from_text("sealed"));
	const struct object without = {0};
	const struct object with = {.attachment = span_from_text("sealed")};
	const struct object with_other = {.attachment = span_from_text("sealad")};
	cr_assert_eq(object_check_attachment(&with, &named, NULL), STATUS_OK);
	cr_assert_eq(object_check_attachment(&without, NULL, NULL), STATUS_OK);
	cr_assert_eq(object_check_attachment(&with_other, &named, NULL), STATUS_TAMPERED);
	cr_assert_eq(object_check_attachment(&without, &named, NULL), STATUS_TAMPERED);
	cr_assert_eq(object_check_attachment(&with, NULL, NULL), STATUS_TAMPERED);
}

Test(object, is_appended_and_a_failure_leaves_what_was_there)
{
	static const uint8_t big[OBJECT_ATTACHMENT_MAX_BYTES + 1];
	struct bytes wire = {0};
	struct hash id = {{77}};
	struct error err = {0};
	cr_assert_eq(bytes_append(&wire, span_from_text("before"), NULL), STATUS_OK);
	struct object_draft draft = draft_of(OBJECT_PACKAGE, (struct span){big, sizeof big});
	cr_assert_eq(object_make(&wire, &id, &draft, signer, &project, &err), STATUS_BAD_INPUT);
	cr_assert_not_null(strstr(err.message, "(object_too_long)"));
	draft = draft_of(OBJECT_REPORT, (struct span){big, OBJECT_EVENT_MAX_BYTES});
	cr_assert_eq(object_make(&wire, &id, &draft, signer, &project, &err), STATUS_BAD_INPUT);
	draft = draft_of(OBJECT_HEAD, (struct span){0});
	draft.payload = (struct span){big, 2};
	cr_assert_eq(object_make(&wire, &id, &draft, signer, &project, &err), STATUS_BAD_INPUT);
	cr_assert_not_null(strstr(err.message, "(trailing_bytes)"));
	cr_assert(span_equals(bytes_span(&wire), span_from_text("before")));
	cr_assert_eq(id.bytes[0], 77);
	draft = draft_of(OBJECT_PACKAGE, (struct span){big, OBJECT_ATTACHMENT_MAX_BYTES});
	make(&wire, &id, &draft);
	struct object object;
	cr_assert_eq(object_parse(&object, (struct span){wire.data + 6, wire.len - 6}, NULL), STATUS_OK);
	bytes_wipe(&wire);
}

Test(object, any_failing_allocation_leaves_what_was_there)
{
	const struct object_draft draft = draft_of(OBJECT_REPORT, span_from_text("sealed"));
	size_t failures = 0;
	for (size_t n = 1;; n++) {
		struct bytes wire = {0};
		struct hash id = {{77}};
		failing_malloc_at(n);
		const enum status status = object_make(&wire, &id, &draft, signer, &project, NULL);
		const bool failed = failing_malloc_ended();
		cr_assert_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
		cr_assert_eq(wire.len == 0, failed);
		cr_assert_eq(id.bytes[0] == 77, failed);
		bytes_wipe(&wire);
		if (!failed)
			break;
		failures++;
	}
	cr_assert_geq(failures, 3);
}

Test(object, verifying_without_memory_says_so)
{
	const struct object_draft draft = draft_of(OBJECT_REPORT, (struct span){0});
	struct bytes wire = {0};
	struct hash id;
	struct object object;
	make(&wire, &id, &draft);
	cr_assert_eq(object_parse(&object, bytes_span(&wire), NULL), STATUS_OK);
	failing_malloc_at(1);
	cr_assert_eq(object_verify(&object, &signer_public, &project, NULL), STATUS_NO_MEMORY);
	cr_assert(failing_malloc_ended());
	bytes_wipe(&wire);
}

Test(object, types_are_kept_as_their_range_says)
{
	static const uint8_t not_logged[] = {0, 18, 48, 49, 50, 63, 64, 66, 80, 127};
	for (unsigned number = 0; number <= OBJECT_TYPE_MAX; number++) {
		bool expected = number < 80;
		for (size_t i = 0; i < sizeof not_logged; i++)
			expected = expected && number != not_logged[i] && !(number >= 48 && number <= 63);
		cr_assert_eq(object_type_is_logged((enum object_type)number), expected, "%u", number);
		cr_assert_eq(object_type_is_event((enum object_type)number), number >= 1 && number <= 15, "%u", number);
	}
}

Test(object, types_have_names)
{
	char buffer[12];
	cr_assert_str_eq(object_type_name(OBJECT_REPORT, buffer), "report");
	cr_assert_str_eq(object_type_name(OBJECT_PULL_REQUEST, buffer), "pull request");
	cr_assert_str_eq(object_type_name((enum object_type)77, buffer), "type 77");
	cr_assert_str_eq(object_type_name((enum object_type)7, buffer), "type 7");
	cr_assert_str_eq(object_type_name((enum object_type)127, buffer), "type 127");
}
