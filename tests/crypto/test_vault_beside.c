#include "crypto/vault.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/crypto/vault_fixture.h"

static void begin(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
}

TestSuite(vault_beside, .init = begin);

/* Made with hashlib.blake2b of nothing: key 00 01 .. 1f, salt 1, personalisation "sijilplc". */
Test(vault_beside, makes_the_key_that_another_program_makes)
{
	static const uint8_t expected[VAULT_KEY_BYTES] = {
		0x5f, 0x76, 0xa6, 0xe8, 0xe0, 0xe6, 0xbb, 0x9b, 0xae, 0x4d, 0xfd, 0xa5, 0xd7, 0xc0, 0x29, 0x1f,
		0x12, 0xd3, 0x48, 0xa4, 0x71, 0xcf, 0x9a, 0x3a, 0x27, 0xfe, 0xb9, 0xcb, 0xc2, 0x42, 0x47, 0x2d,
	};
	struct secret *const data_key = vault_fixture_key(0);
	struct secret *key = NULL;
	cr_assert_eq(vault_key_beside(&key, data_key, NULL), STATUS_OK);
	cr_assert_eq(key->len, sizeof expected);
	cr_expect_eq(memcmp(key->data, expected, sizeof expected), 0);
	secret_free(key);
	secret_free(data_key);
}

Test(vault_beside, takes_keys_of_32_bytes_only)
{
	struct secret *short_key = NULL, *key = NULL;
	cr_assert_eq(secret_new_random(&short_key, VAULT_KEY_BYTES - 1, NULL), STATUS_OK);
	cr_expect_eq(vault_key_beside(&key, short_key, NULL), STATUS_BAD_INPUT);
	cr_expect_null(key);
	secret_free(short_key);
}
