#include "crypto/wrap.h"

#include <criterion/criterion.h>
#include <string.h>

static struct secret *data_key;
static struct secret *seed;

static void start(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	cr_assert_eq(secret_new_random(&data_key, 32, NULL), STATUS_OK);
	cr_assert_eq(secret_new_random(&seed, 32, NULL), STATUS_OK);
}

static void stop(void)
{
	secret_free(data_key);
	secret_free(seed);
}

TestSuite(wrap, .init = start, .fini = stop);

Test(wrap, opens_to_what_was_closed_at_each_length)
{
	for (size_t len = 0; len <= WRAP_SECRET_MAX_BYTES; len = len * 3 + 1) {
		struct bytes wrapped = {0};
		struct secret *secret = NULL, *opened = NULL;
		cr_assert_eq(secret_new_random(&secret, len, NULL), STATUS_OK);
		cr_assert_eq(wrap_close(&wrapped, secret, "tag key", data_key, NULL), STATUS_OK);
		cr_assert_eq(wrapped.len, len + WRAP_OVERHEAD_BYTES);
		cr_assert_eq(wrap_open(&opened, bytes_span(&wrapped), "tag key", data_key, NULL), STATUS_OK);
		cr_assert(span_equals(secret_span(secret), secret_span(opened)));
		secret_free(secret);
		secret_free(opened);
		bytes_wipe(&wrapped);
	}
}

Test(wrap, appends_and_never_twice_the_same)
{
	struct bytes wrapped = {0};
	const size_t one = seed->len + WRAP_OVERHEAD_BYTES;
	cr_assert_eq(bytes_append(&wrapped, span_from_text("before"), NULL), STATUS_OK);
	cr_assert_eq(wrap_close(&wrapped, seed, "signing seed", data_key, NULL), STATUS_OK);
	cr_assert_eq(wrap_close(&wrapped, seed, "signing seed", data_key, NULL), STATUS_OK);
	cr_assert_eq(wrapped.len, 6 + 2 * one);
	cr_assert(memcmp(wrapped.data, "before", 6) == 0);
	cr_assert(memcmp(wrapped.data + 6, wrapped.data + 6 + one, one) != 0);
	bytes_wipe(&wrapped);
}

Test(wrap, refuses_each_flipped_bit_and_each_truncation)
{
	struct bytes wrapped = {0};
	struct secret *opened = NULL;
	cr_assert_eq(wrap_close(&wrapped, seed, "signing seed", data_key, NULL), STATUS_OK);
	for (size_t bit = 0; bit < wrapped.len * 8; bit++) {
		wrapped.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		cr_assert_eq(wrap_open(&opened, bytes_span(&wrapped), "signing seed", data_key, NULL), STATUS_TAMPERED);
		wrapped.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t len = 0; len < wrapped.len; len++) {
		const struct span part = {wrapped.data, len};
		cr_assert_eq(wrap_open(&opened, part, "signing seed", data_key, NULL), STATUS_TAMPERED);
	}
	cr_assert_null(opened);
	cr_assert_eq(wrap_open(&opened, bytes_span(&wrapped), "signing seed", data_key, NULL), STATUS_OK);
	secret_free(opened);
	bytes_wipe(&wrapped);
}

Test(wrap, refuses_another_use_and_another_data_key)
{
	struct bytes wrapped = {0};
	struct secret *opened = NULL, *other = NULL;
	struct error err = {0};
	cr_assert_eq(secret_new_random(&other, 32, NULL), STATUS_OK);
	cr_assert_eq(wrap_close(&wrapped, seed, "signing seed", data_key, NULL), STATUS_OK);
	cr_assert_eq(wrap_open(&opened, bytes_span(&wrapped), "tag key", data_key, &err), STATUS_TAMPERED);
	cr_assert_not_null(strstr(err.message, "\"tag key\""));
	cr_assert_eq(wrap_open(&opened, bytes_span(&wrapped), "signing see", data_key, NULL), STATUS_TAMPERED);
	cr_assert_eq(wrap_open(&opened, bytes_span(&wrapped), "signing seed", other, NULL), STATUS_TAMPERED);
	cr_assert_null(opened);
	secret_free(other);
	bytes_wipe(&wrapped);
}

Test(wrap, refuses_secrets_and_words_too_long_and_short_data_keys)
{
	struct bytes wrapped = {0};
	struct secret *big = NULL, *small = NULL, *opened = NULL;
	const uint8_t *const none = (const uint8_t *)"";
	cr_assert_eq(secret_new_random(&big, WRAP_SECRET_MAX_BYTES + 1, NULL), STATUS_OK);
	cr_assert_eq(secret_new_random(&small, 31, NULL), STATUS_OK);
	cr_assert_eq(wrap_close(&wrapped, big, "tag key", data_key, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(wrap_close(&wrapped, seed, "tag key", small, NULL), STATUS_BUG);
	cr_assert_eq(wrap_close(&wrapped, seed, "a word of more than the forty bytes it may have", data_key, NULL),
	             STATUS_BUG);
	cr_assert_eq(wrapped.len, 0);
	const struct span too_long = {none, WRAP_SECRET_MAX_BYTES + WRAP_OVERHEAD_BYTES + 1};
	cr_assert_eq(wrap_open(&opened, too_long, "tag key", data_key, NULL), STATUS_TAMPERED);
	secret_free(big);
	secret_free(small);
	bytes_wipe(&wrapped);
}
