#include "crypto/seal.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

#include "tests/support/failing_malloc.h"

static struct sealing_key *recipient;
static struct key_public recipient_public;

static void start(void)
{
	cr_assert_geq(sodium_init(), 0);
	uint8_t seed[KEY_SEED_BYTES];
	memset(seed, 3, sizeof seed);
	cr_assert_eq(sealing_key_from_seed(&recipient, (struct span){seed, sizeof seed}, NULL), STATUS_OK);
	recipient_public = sealing_key_public(recipient);
}

static void stop(void)
{
	sealing_key_free(recipient);
}

TestSuite(seal, .init = start, .fini = stop);

static const uint8_t zeros[SEAL_BODY_MAX_BYTES + 1];

static void expect_refused(struct span sealed, const char *rule)
{
	struct bytes body = {0};
	struct seal_salt salt = {{77}};
	struct error err = {0};
	cr_assert_eq(seal_open(&body, &salt, sealed, recipient, &err), STATUS_TAMPERED);
	cr_assert_not_null(strstr(err.message, rule), "%s", err.message);
	cr_assert_eq(body.len, 0);
	cr_assert_eq(salt.bytes[0], 77);
	bytes_wipe(&body);
}

Test(seal, opens_what_it_closed_at_every_length_around_the_blocks)
{
	static const size_t lengths[] = {0, 1, 30, 31, 32, 33, 94, 95, 96, 159, 160, SEAL_BODY_MAX_BYTES - 1, SEAL_BODY_MAX_BYTES};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct bytes sealed = {0};
		struct bytes body = {0};
		struct seal_salt salt;
		struct seal_salt found;
		const struct span plain = {zeros, lengths[i]};
		cr_assert_eq(seal_close(&sealed, &salt, plain, &recipient_public, NULL), STATUS_OK);
		cr_assert_eq(sealed.len, seal_length(lengths[i]));
		cr_assert_eq((sealed.len - SEAL_OVERHEAD_BYTES) % SEAL_BLOCK_BYTES, 0);
		cr_assert_eq(seal_open(&body, &found, bytes_span(&sealed), recipient, NULL), STATUS_OK);
		cr_assert(span_equals(bytes_span(&body), plain));
		cr_assert_arr_eq(found.bytes, salt.bytes, sizeof salt.bytes);
		bytes_wipe(&sealed);
		bytes_wipe(&body);
	}
}

Test(seal, appends_to_what_is_there)
{
	struct bytes sealed = {0};
	struct bytes body = {0};
	struct seal_salt salt;
	cr_assert_eq(bytes_append(&sealed, span_from_text("head"), NULL), STATUS_OK);
	cr_assert_eq(bytes_append(&body, span_from_text("a"), NULL), STATUS_OK);
	cr_assert_eq(seal_close(&sealed, &salt, span_from_text("bc"), &recipient_public, NULL), STATUS_OK);
	cr_assert_eq(seal_open(&body, &salt, (struct span){sealed.data + 4, sealed.len - 4}, recipient, NULL), STATUS_OK);
	cr_assert(span_equals(bytes_span(&body), span_from_text("abc")));
	bytes_wipe(&sealed);
	bytes_wipe(&body);
}

Test(seal, the_same_body_never_looks_the_same_twice)
{
	struct bytes one = {0};
	struct bytes other = {0};
	struct seal_salt salt_of_one;
	struct seal_salt salt_of_other;
	const struct span body = span_from_text("body");
	cr_assert_eq(seal_close(&one, &salt_of_one, body, &recipient_public, NULL), STATUS_OK);
	cr_assert_eq(seal_close(&other, &salt_of_other, body, &recipient_public, NULL), STATUS_OK);
	cr_assert_not(span_equals(bytes_span(&one), bytes_span(&other)));
	cr_assert_neq(memcmp(salt_of_one.bytes, salt_of_other.bytes, sizeof salt_of_one.bytes), 0);
	bytes_wipe(&one);
	bytes_wipe(&other);
}

Test(seal, refuses_a_body_too_long_and_leaves_the_output_alone)
{
	struct bytes sealed = {0};
	struct seal_salt salt = {{77}};
	struct error err = {0};
	const struct span body = {zeros, sizeof zeros};
	cr_assert_eq(seal_close(&sealed, &salt, body, &recipient_public, &err), STATUS_BAD_INPUT);
	cr_assert_eq(sealed.len, 0);
	cr_assert_eq(salt.bytes[0], 77);
}

Test(seal, refuses_to_seal_to_a_point_of_small_order)
{
	struct bytes sealed = {0};
	struct seal_salt salt;
	struct error err = {0};
	const struct key_public weak = {{1}};
	cr_assert_eq(seal_close(&sealed, &salt, span_from_text("body"), &weak, &err), STATUS_UNTRUSTED);
	cr_assert_eq(sealed.len, 0);
	bytes_wipe(&sealed);
}

Test(seal, any_flipped_bit_is_refused)
{
	struct bytes sealed = {0};
	struct seal_salt salt;
	cr_assert_eq(seal_close(&sealed, &salt, span_from_text("body"), &recipient_public, NULL), STATUS_OK);
	for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
		sealed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		expect_refused(bytes_span(&sealed), "(box)");
		sealed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	bytes_wipe(&sealed);
}

Test(seal, any_other_length_is_refused)
{
	struct bytes sealed = {0};
	struct seal_salt salt;
	cr_assert_eq(seal_close(&sealed, &salt, span_from_text("body"), &recipient_public, NULL), STATUS_OK);
	for (size_t len = 0; len < sealed.len; len++)
		expect_refused((struct span){sealed.data, len}, "(sealed_length)");
	bytes_wipe(&sealed);
	static const uint8_t long_one[SEAL_OVERHEAD_BYTES + 66 * SEAL_BLOCK_BYTES];
	expect_refused((struct span){long_one, sizeof long_one}, "(sealed_length)");
}

static void expect_plain_refused(const uint8_t *plain, size_t len)
{
	uint8_t sealed[SEAL_OVERHEAD_BYTES + 2 * SEAL_BLOCK_BYTES];
	cr_assert_leq(SEAL_OVERHEAD_BYTES + len, sizeof sealed);
	cr_assert_eq(crypto_box_seal(sealed, plain, len, recipient_public.bytes), 0);
	expect_refused((struct span){sealed, SEAL_OVERHEAD_BYTES + len}, "(padding)");
}

Test(seal, a_box_with_wrong_padding_is_refused)
{
	uint8_t plain[2 * SEAL_BLOCK_BYTES] = {0};
	expect_plain_refused(plain, SEAL_BLOCK_BYTES);     /* no mark at all */
	plain[10] = 0x80;
	expect_plain_refused(plain, SEAL_BLOCK_BYTES);     /* the mark inside the salt */
	plain[10] = 0;
	plain[40] = 0x80;
	expect_plain_refused(plain, 2 * SEAL_BLOCK_BYTES); /* the mark a block too early */
	plain[100] = 0x80;
	plain[120] = 1;
	expect_plain_refused(plain, 2 * SEAL_BLOCK_BYTES); /* not zero after the mark */
}

Test(seal, a_failing_allocation_leaves_the_outputs_alone)
{
	struct bytes sealed = {0};
	struct bytes body = {0};
	struct seal_salt salt = {{77}};
	failing_malloc_at(1);
	cr_assert_eq(seal_close(&sealed, &salt, span_from_text("body"), &recipient_public, NULL), STATUS_NO_MEMORY);
	cr_assert(failing_malloc_ended() && sealed.len == 0 && salt.bytes[0] == 77);
	cr_assert_eq(seal_close(&sealed, &salt, span_from_text("body"), &recipient_public, NULL), STATUS_OK);
	struct seal_salt found = {{77}};
	failing_malloc_at(1);
	cr_assert_eq(seal_open(&body, &found, bytes_span(&sealed), recipient, NULL), STATUS_NO_MEMORY);
	cr_assert(failing_malloc_ended() && body.len == 0 && found.bytes[0] == 77);
	bytes_wipe(&sealed);
	bytes_wipe(&body);
}

Test(seal, nobody_else_opens_it)
{
	struct sealing_key *stranger = NULL;
	struct bytes sealed = {0};
	struct bytes body = {0};
	struct seal_salt salt;
	cr_assert_eq(sealing_key_new(&stranger, NULL), STATUS_OK);
	cr_assert_eq(seal_close(&sealed, &salt, span_from_text("body"), &recipient_public, NULL), STATUS_OK);
	cr_assert_eq(seal_open(&body, &salt, bytes_span(&sealed), stranger, NULL), STATUS_TAMPERED);
	bytes_wipe(&sealed);
	sealing_key_free(stranger);
}

Test(seal, a_commitment_binds_project_signer_number_salt_and_body)
{
	const struct seal_place place = {.project = {{1}}, .signer = {{2}}, .number = 3};
	const struct seal_salt salt = {{4}};
	const struct hash good = seal_commitment(&place, &salt, span_from_text("body"));
	struct seal_place other = place;
	other.project.bytes[0] = 9;
	struct hash bad = seal_commitment(&other, &salt, span_from_text("body"));
	cr_assert_not(hash_equals(&good, &bad));
	other = place;
	other.signer.bytes[0] = 9;
	bad = seal_commitment(&other, &salt, span_from_text("body"));
	cr_assert_not(hash_equals(&good, &bad));
	other = place;
	other.number = UINT64_C(3) << 32;
	bad = seal_commitment(&other, &salt, span_from_text("body"));
	cr_assert_not(hash_equals(&good, &bad));
	const struct seal_salt other_salt = {{9}};
	bad = seal_commitment(&place, &other_salt, span_from_text("body"));
	cr_assert_not(hash_equals(&good, &bad));
	bad = seal_commitment(&place, &salt, span_from_text("bodz"));
	cr_assert_not(hash_equals(&good, &bad));
}
