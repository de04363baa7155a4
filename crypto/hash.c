#include "crypto/hash.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(HASH_BYTES == crypto_hash_sha256_BYTES, "a hash is a SHA-256 digest");

static const char DOMAIN_PREFIX[] = "sijil/1 ";

struct hash hash_of(struct span data)
{
	struct hash hash;
	crypto_hash_sha256(hash.bytes, data.data, data.len);
	return hash;
}

struct hash hash_with_domain(const char *word, const struct span *parts, size_t parts_len)
{
	struct hash hash;
	crypto_hash_sha256_state state;
	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const uint8_t *)DOMAIN_PREFIX, sizeof DOMAIN_PREFIX - 1);
	crypto_hash_sha256_update(&state, (const uint8_t *)word, strlen(word) + 1);
	for (size_t i = 0; i < parts_len; i++)
		crypto_hash_sha256_update(&state, parts[i].data, parts[i].len);
	crypto_hash_sha256_final(&state, hash.bytes);
	return hash;
}

bool hash_equals(const struct hash *a, const struct hash *b)
{
	return memcmp(a->bytes, b->bytes, HASH_BYTES) == 0;
}

bool hash_is_zero(const struct hash *hash)
{
	return sodium_is_zero(hash->bytes, HASH_BYTES) == 1;
}

struct span hash_span(const struct hash *hash)
{
	return (struct span){hash->bytes, HASH_BYTES};
}
