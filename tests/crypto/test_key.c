#include "crypto/key.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

#include "tests/support/failing_malloc.h"

static void start(void)
{
	cr_assert_geq(sodium_init(), 0);
}

TestSuite(key, .init = start);

static void fill(uint8_t *out, size_t len, const char *hex)
{
	size_t made = 0;
	cr_assert_eq(sodium_hex2bin(out, len, hex, strlen(hex), NULL, &made, NULL), 0);
	cr_assert_eq(made, len);
}

static struct signing_key *signing_key_of(uint8_t byte)
{
	uint8_t seed[KEY_SEED_BYTES];
	memset(seed, byte, sizeof seed);
	struct signing_key *key = NULL;
	cr_assert_eq(signing_key_from_seed(&key, (struct span){seed, sizeof seed}, NULL), STATUS_OK);
	return key;
}

Test(key, signs_as_rfc_8032_test_2)
{
	uint8_t seed[KEY_SEED_BYTES];
	struct key_public public;
	struct key_signature expected;
	fill(seed, sizeof seed, "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
	fill(public.bytes, sizeof public.bytes, "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
	fill(expected.bytes, sizeof expected.bytes,
	     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
	struct signing_key *key = NULL;
	cr_assert_eq(signing_key_from_seed(&key, (struct span){seed, sizeof seed}, NULL), STATUS_OK);
	const struct span message = span_from_text("r");
	const struct key_signature signature = signing_key_sign(key, message);
	const struct key_public made = signing_key_public(key);
	cr_assert(span_equals(key_public_span(&made), key_public_span(&public)));
	cr_assert_arr_eq(signature.bytes, expected.bytes, sizeof expected.bytes);
	cr_assert(signing_public_verifies(&public, message, &signature));
	cr_assert(span_equals(signing_key_seed(key), (struct span){seed, sizeof seed}));
	signing_key_free(key);
}

Test(key, any_flipped_bit_of_a_signature_is_refused)
{
	struct signing_key *key = signing_key_of(7);
	const struct key_public public = signing_key_public(key);
	const struct span message = span_from_text("message");
	const struct key_signature good = signing_key_sign(key, message);
	for (size_t bit = 0; bit < 8 * sizeof good.bytes; bit++) {
		struct key_signature bad = good;
		bad.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		cr_assert_not(signing_public_verifies(&public, message, &bad));
	}
	cr_assert_not(signing_public_verifies(&public, span_from_text("massage"), &good));
	signing_key_free(key);
}

Test(key, refuses_a_seed_of_another_length)
{
	struct signing_key *signing = NULL;
	struct sealing_key *sealing = NULL;
	const struct span seed = span_from_text("too short");
	struct error err = {0};
	cr_assert_eq(signing_key_from_seed(&signing, seed, &err), STATUS_BAD_INPUT);
	cr_assert_eq(sealing_key_from_seed(&sealing, seed, &err), STATUS_BAD_INPUT);
	cr_assert_null(signing);
	cr_assert_null(sealing);
}

Test(key, new_keys_differ_and_their_seeds_make_them_again)
{
	struct signing_key *one = NULL;
	struct signing_key *other = NULL;
	struct signing_key *again = NULL;
	cr_assert_eq(signing_key_new(&one, NULL), STATUS_OK);
	cr_assert_eq(signing_key_new(&other, NULL), STATUS_OK);
	cr_assert_eq(signing_key_from_seed(&again, signing_key_seed(one), NULL), STATUS_OK);
	const struct key_public a = signing_key_public(one);
	const struct key_public b = signing_key_public(other);
	const struct key_public c = signing_key_public(again);
	cr_assert_not(span_equals(key_public_span(&a), key_public_span(&b)));
	cr_assert(span_equals(key_public_span(&a), key_public_span(&c)));
	cr_assert_eq(signing_public_check(&a, NULL), STATUS_OK);
	signing_key_free(one);
	signing_key_free(other);
	signing_key_free(again);
	signing_key_free(NULL);
}

Test(key, any_failing_allocation_makes_no_key_and_leaks_nothing)
{
	for (size_t n = 1;; n++) {
		struct signing_key *signing = NULL;
		failing_malloc_at(n);
		const enum status status = signing_key_new(&signing, NULL);
		const bool failed = failing_malloc_ended();
		cr_assert_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
		cr_assert_eq(signing == NULL, failed);
		signing_key_free(signing);
		if (!failed)
			break;
		cr_assert_lt(n, 10);
	}
	for (size_t n = 1;; n++) {
		struct sealing_key *sealing = NULL;
		failing_malloc_at(n);
		const enum status status = sealing_key_new(&sealing, NULL);
		const bool failed = failing_malloc_ended();
		cr_assert_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
		cr_assert_eq(sealing == NULL, failed);
		sealing_key_free(sealing);
		if (!failed)
			break;
		cr_assert_lt(n, 10);
	}
}

Test(key, refuses_points_that_libraries_disagree_on)
{
	static const char rows[][65] = {
		"0000000000000000000000000000000000000000000000000000000000000000", /* order 4 */
		"0100000000000000000000000000000000000000000000000000000000000000", /* the neutral point */
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", /* order 8 */
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* order 2 */
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p + 1, not canonical */
		"cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d", /* of mixed order */
		"0200000000000000000000000000000000000000000000000000000000000000", /* not on the curve */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct key_public public;
		fill(public.bytes, sizeof public.bytes, rows[i]);
		struct error err = {0};
		cr_assert_eq(signing_public_check(&public, &err), STATUS_UNTRUSTED, "%s", rows[i]);
	}
}

Test(key, a_sealing_key_is_libsodiums_of_the_same_seed)
{
	uint8_t seed[KEY_SEED_BYTES];
	uint8_t public[crypto_box_PUBLICKEYBYTES];
	uint8_t secret[crypto_box_SECRETKEYBYTES];
	memset(seed, 9, sizeof seed);
	(void)crypto_box_seed_keypair(public, secret, seed);
	struct sealing_key *key = NULL;
	cr_assert_eq(sealing_key_from_seed(&key, (struct span){seed, sizeof seed}, NULL), STATUS_OK);
	const struct key_public made = sealing_key_public(key);
	cr_assert_arr_eq(made.bytes, public, sizeof public);
	cr_assert(span_equals(sealing_key_secret(key), (struct span){secret, sizeof secret}));
	cr_assert(span_equals(sealing_key_seed(key), (struct span){seed, sizeof seed}));
	sealing_key_free(key);
	sealing_key_free(NULL);
	struct sealing_key *random = NULL;
	cr_assert_eq(sealing_key_new(&random, NULL), STATUS_OK);
	const struct key_public other = sealing_key_public(random);
	cr_assert_not(span_equals(key_public_span(&made), key_public_span(&other)));
	sealing_key_free(random);
}

Test(key, a_proof_holds_for_its_own_project_introducer_and_key_alone)
{
	struct signing_key *key = signing_key_of(1);
	struct signing_key *stranger = signing_key_of(2);
	const struct key_public public = signing_key_public(key);
	const struct key_public other_key = signing_key_public(stranger);
	const struct key_id project = {{3}};
	const struct key_id other_project = {{4}};
	const struct hash introducer = {{5}};
	const struct hash other_introducer = {{6}};
	const struct key_signature proof = key_prove_possession(key, &project, &introducer);
	cr_assert(key_proof_holds(&public, &project, &introducer, &proof));
	cr_assert_not(key_proof_holds(&public, &other_project, &introducer, &proof));
	cr_assert_not(key_proof_holds(&public, &project, &other_introducer, &proof));
	cr_assert_not(key_proof_holds(&other_key, &project, &introducer, &proof));
	signing_key_free(key);
	signing_key_free(stranger);
}

Test(key, ids_of_project_and_log_are_heads_of_their_hashes)
{
	const struct key_public public = {{1, 2, 3}};
	const struct key_id project = key_id_of_project(&public);
	const struct key_id log = key_id_of_log(&project, &public);
	const struct span parts[] = {key_id_span(&project), key_public_span(&public)};
	const struct hash of_log = hash_with_domain("log", parts, 2);
	const struct hash of_project = hash_with_domain("project", parts + 1, 1);
	cr_assert_arr_eq(log.bytes, of_log.bytes, KEY_ID_BYTES);
	cr_assert_arr_eq(project.bytes, of_project.bytes, KEY_ID_BYTES);
	cr_assert_not(key_id_equals(&log, &project));
	cr_assert(key_id_equals(&log, &log));
}

/* The examples of arXiv:0901.4016: 127.0.0.1 and 63.84.220.193 and others. */
Test(key, reads_and_writes_the_proquints_of_the_paper)
{
	static const char paper[] = "lusab-babad-gutih-tugad-gutuk-bisog-mudof-sakat";
	static const uint8_t bytes[] = {127, 0, 0, 1, 63, 84, 220, 193, 63, 118, 7, 35, 140, 98, 193, 141};
	struct key_id id;
	memcpy(id.bytes, bytes, sizeof bytes);
	char text[KEY_PROQUINT_BYTES];
	key_id_format(&id, text);
	cr_assert_str_eq(text, paper);
	struct key_id parsed = {{0}};
	cr_assert_eq(key_id_parse(&parsed, paper, NULL), STATUS_OK);
	cr_assert(key_id_equals(&id, &parsed));
}

Test(key, parsing_takes_any_case_and_blanks)
{
	struct key_id plain;
	struct key_id loose;
	cr_assert_eq(key_id_parse(&plain, "lusab-babad-gutih-tugad-gutuk-bisog-mudof-sakat", NULL), STATUS_OK);
	cr_assert_eq(key_id_parse(&loose, "  LUSAB babad - Gutih tugad  gutuk-bisog mudof sakaT ", NULL), STATUS_OK);
	cr_assert(key_id_equals(&plain, &loose));
}

Test(key, every_word_is_parsed_as_it_was_formatted)
{
	for (unsigned n = 0; n < 1u << 16; n += 7) {
		struct key_id id;
		for (size_t i = 0; i < KEY_ID_BYTES; i++)
			id.bytes[i] = (uint8_t)(i % 2 == 0 ? n >> 8 : n + i / 2);
		char text[KEY_PROQUINT_BYTES];
		key_id_format(&id, text);
		struct key_id parsed = {{0}};
		cr_assert_eq(key_id_parse(&parsed, text, NULL), STATUS_OK);
		cr_assert(key_id_equals(&id, &parsed), "%s", text);
	}
}

Test(key, refuses_what_is_not_eight_proquints)
{
	static const char rows[][64] = {
		"",
		"lusab",
		"lusab-babad-gutih-tugad-gutuk-bisog-mudof",
		"lusab-babad-gutih-tugad-gutuk-bisog-mudof-",
		"lusab-babad-gutih-tugad-gutuk-bisog-mudof-saka",
		"lusab-babad-gutih-tugad-gutuk-bisog-mudof-sakat-lusab",
		"lusab-babad-gutih-tugad-gutuk-bisog-mudof-sakata",
		"lusabbabadgutihtugadgutukbisogmudofsakat",
		"lusab_babad_gutih_tugad_gutuk_bisog_mudof_sakat",
		"lusab-babad-gutih-tugad-gutuk-bisog-mudof-sakac",
		"lusab-babad-gutih-tugad-gutuk-bisog-mudof-seket",
		"-lusab-babad-gutih-tugad-gutuk-bisog-mudof-sakat",
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct key_id id = {{42}};
		struct error err = {0};
		cr_assert_eq(key_id_parse(&id, rows[i], &err), STATUS_BAD_INPUT, "%s", rows[i]);
		cr_assert_eq(id.bytes[0], 42);
	}
}
