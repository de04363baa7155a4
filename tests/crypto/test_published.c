/* Test vectors that others published, read from ../shared/data when it is there.
 * The tables are kept here: what we accept must be the same on every machine. */
#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/key.h"
#include "tests/crypto/vector_file.h"

enum {
	APPENDIX_A_CASES = 82,
	SPECCHECK_CASES = 12,
	FILE_MAX_BYTES = 65536,
};

static void start(void)
{
	cr_assert_geq(sodium_init(), 0);
}

TestSuite(published, .init = start);

/* The whole file as text; NULL, and a line that is counted, where there is none. */
static char *read_shared(const char *name)
{
	char path[128];
	(void)snprintf(path, sizeof path, "../shared/data/%s", name);
	FILE *file = fopen(path, "r");
	if (file == NULL) {
		printf("SKIP %s: %s is not here\n", name, path);
		(void)fflush(stdout);
		return NULL;
	}
	char *text = calloc(1, FILE_MAX_BYTES);
	cr_assert_not_null(text);
	cr_assert_lt(fread(text, 1, FILE_MAX_BYTES, file), FILE_MAX_BYTES);
	(void)fclose(file);
	return text;
}

/* The next "NAME": "HEX" at or after *at, decoded; *at moves behind it. */
static bool next_hex(const char **at, const char *name, uint8_t *out, size_t capacity, size_t *len)
{
	char quoted[32];
	(void)snprintf(quoted, sizeof quoted, "\"%s\":", name);
	const char *found = strstr(*at, quoted);
	if (found == NULL)
		return false;
	found += strlen(quoted);
	found += strspn(found, " \"");
	cr_assert_eq(sodium_hex2bin(out, capacity, found, strcspn(found, "\""), NULL, len, at), 0);
	return true;
}

/* RFC 8949, appendix A, in its order: what this subset says to each. */
static const char appendix_a[APPENDIX_A_CASES][2][64] = {
	{"good", "00"},
	{"good", "01"},
	{"good", "0a"},
	{"good", "17"},
	{"good", "1818"},
	{"good", "1819"},
	{"good", "1864"},
	{"good", "1903e8"},
	{"good", "1a000f4240"},
	{"good", "1b000000e8d4a51000"},
	{"good", "1bffffffffffffffff"},
	{"tag", "c249010000000000000000"},
	{"good", "3bffffffffffffffff"},
	{"tag", "c349010000000000000000"},
	{"good", "20"},
	{"good", "29"},
	{"good", "3863"},
	{"good", "3903e7"},
	{"float_or_simple", "f90000"},
	{"float_or_simple", "f98000"},
	{"float_or_simple", "f93c00"},
	{"float_or_simple", "fb3ff199999999999a"},
	{"float_or_simple", "f93e00"},
	{"float_or_simple", "f97bff"},
	{"float_or_simple", "fa47c35000"},
	{"float_or_simple", "fa7f7fffff"},
	{"float_or_simple", "fb7e37e43c8800759c"},
	{"float_or_simple", "f90001"},
	{"float_or_simple", "f90400"},
	{"float_or_simple", "f9c400"},
	{"float_or_simple", "fbc010666666666666"},
	{"float_or_simple", "f97c00"},
	{"float_or_simple", "f97e00"},
	{"float_or_simple", "f9fc00"},
	{"float_or_simple", "fa7f800000"},
	{"float_or_simple", "fa7fc00000"},
	{"float_or_simple", "faff800000"},
	{"float_or_simple", "fb7ff0000000000000"},
	{"float_or_simple", "fb7ff8000000000000"},
	{"float_or_simple", "fbfff0000000000000"},
	{"float_or_simple", "f4"},
	{"float_or_simple", "f5"},
	{"float_or_simple", "f6"},
	{"float_or_simple", "f7"},
	{"float_or_simple", "f0"},
	{"float_or_simple", "f818"},
	{"float_or_simple", "f8ff"},
	{"tag", "c074323031332d30332d32315432303a30343a30305a"},
	{"tag", "c11a514b67b0"},
	{"tag", "c1fb41d452d9ec200000"},
	{"tag", "d74401020304"},
	{"tag", "d818456449455446"},
	{"tag", "d82076687474703a2f2f7777772e6578616d706c652e636f6d"},
	{"good", "40"},
	{"good", "4401020304"},
	{"good", "60"},
	{"good", "6161"},
	{"good", "6449455446"},
	{"good", "62225c"},
	{"good", "62c3bc"},
	{"good", "63e6b0b4"},
	{"good", "64f0908591"},
	{"good", "80"},
	{"good", "83010203"},
	{"good", "8301820203820405"},
	{"good", "98190102030405060708090a0b0c0d0e0f101112131415161718181819"},
	{"good", "a0"},
	{"good", "a201020304"},
	{"good", "a26161016162820203"},
	{"good", "826161a161626163"},
	{"good", "a56161614161626142616361436164614461656145"},
	{"indefinite_length", "5f42010243030405ff"},
	{"indefinite_length", "7f657374726561646d696e67ff"},
	{"indefinite_length", "9fff"},
	{"indefinite_length", "9f018202039f0405ffff"},
	{"indefinite_length", "9f01820203820405ff"},
	{"indefinite_length", "83018202039f0405ff"},
	{"indefinite_length", "83019f0203ff820405"},
	{"indefinite_length", "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff"},
	{"indefinite_length", "bf61610161629f0203ffff"},
	{"indefinite_length", "826161bf61626163ff"},
	{"indefinite_length", "bf6346756ef563416d7421ff"},
};

Test(published, the_kept_table_of_appendix_a_is_what_we_say)
{
	for (size_t i = 0; i < APPENDIX_A_CASES; i++) {
		uint8_t data[64];
		size_t len = 0;
		const char *hex = appendix_a[i][1];
		cr_assert_eq(sodium_hex2bin(data, sizeof data, hex, strlen(hex), NULL, &len, NULL), 0);
		cr_expect_str_eq(vector_judge_cbor((struct span){data, len}), appendix_a[i][0], "%s", hex);
	}
}

Test(published, appendix_a_itself_has_the_cases_of_the_kept_table)
{
	char *text = read_shared("cbor-appendix-a/appendix_a.json");
	if (text == NULL)
		return;
	const char *at = text;
	uint8_t data[64];
	size_t len = 0;
	size_t count = 0;
	for (; next_hex(&at, "hex", data, sizeof data, &len); count++) {
		cr_assert_lt(count, APPENDIX_A_CASES);
		cr_expect_str_eq(vector_judge_cbor((struct span){data, len}), appendix_a[count][0], "case %zu", count);
	}
	cr_assert_eq(count, APPENDIX_A_CASES);
	free(text);
}

/* "Taming the many EdDSAs": whether the key may enter, and whether libsodium
 * verifies. Only both together make a signature of ours: none of the twelve. */
static const struct {
	bool key_is_sound;
	bool verifies;
} speccheck[SPECCHECK_CASES] = {
	{false, false}, /* 0: key and R of small order, S = 0 */
	{false, false}, /* 1: key of small order */
	{false, false}, /* 2: R of small order, key of small order */
	{false, true},  /* 3: key of mixed order, both equations hold */
	{false, false}, /* 4: key of mixed order, only the cofactored equation holds */
	{false, false}, /* 5: as 4, and 8k is reduced first */
	{true, false},  /* 6: S not below the group's order */
	{true, false},  /* 7: S far above it */
	{false, false}, /* 8: R not canonical */
	{false, false}, /* 9: R not canonical, hashed as sent */
	{false, false}, /* 10: key not canonical */
	{false, false}, /* 11: key not canonical, hashed as sent */
};

Test(published, the_edge_cases_of_ed25519_are_all_refused)
{
	char *text = read_shared("ed25519-speccheck/cases.json");
	if (text == NULL)
		return;
	const char *at = text;
	uint8_t message[64];
	struct key_public key;
	struct key_signature signature;
	size_t message_len = 0;
	size_t len = 0;
	size_t count = 0;
	for (; next_hex(&at, "message", message, sizeof message, &message_len); count++) {
		cr_assert_lt(count, SPECCHECK_CASES);
		cr_assert(next_hex(&at, "pub_key", key.bytes, sizeof key.bytes, &len) && len == sizeof key.bytes);
		cr_assert(next_hex(&at, "signature", signature.bytes, sizeof signature.bytes, &len) && len == sizeof signature.bytes);
		const bool sound = signing_public_check(&key, NULL) == STATUS_OK;
		const bool verifies = signing_public_verifies(&key, (struct span){message, message_len}, &signature);
		cr_expect_eq(sound, speccheck[count].key_is_sound, "key of case %zu", count);
		cr_expect_eq(verifies, speccheck[count].verifies, "signature of case %zu", count);
		cr_expect_not(sound && verifies, "case %zu", count);
	}
	cr_assert_eq(count, SPECCHECK_CASES);
	free(text);
}
