/* SHA-256 (FIPS 180-4) with a domain word in front of everything.
 *
 * No two uses hash the same bytes: each starts with "sijil/1 " WORD and a zero
 * byte, then parts whose lengths are fixed by the use (FORMAT.md lists them).
 */
#ifndef SIJIL_CRYPTO_HASH_H
#define SIJIL_CRYPTO_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/bytes.h"

#define HASH_BYTES 32

struct hash {
	uint8_t bytes[HASH_BYTES];
};

/* SHA-256 of `data` alone, no domain word: object ids and sealed-body hashes,
 * which any tool can recompute. Cannot fail. */
struct hash hash_of(struct span data);

/* SHA-256("sijil/1 " || word || 0x00 || part[0] || ... || part[n-1]). All parts
 * but the last must have lengths fixed by `word`. Cannot fail. */
struct hash hash_with_domain(const char *word, const struct span *parts, size_t parts_len);

bool hash_equals(const struct hash *a, const struct hash *b);
bool hash_is_zero(const struct hash *hash);
struct span hash_span(const struct hash *hash);

#endif
