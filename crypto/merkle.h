/* The Merkle tree of RFC 9162 section 2.1 over SHA-256, as the relay's log.
 *
 * A leaf is SHA-256(0x00 || entry) with entry = the object id (32 bytes); a node
 * is SHA-256(0x01 || left || right); the empty tree is SHA-256 of nothing. A
 * growing tree needs only its frontier: the roots of the perfect subtrees that
 * its size's binary digits name, at most 64.
 */
#ifndef SIJIL_CRYPTO_MERKLE_H
#define SIJIL_CRYPTO_MERKLE_H

#include "crypto/hash.h"
#include "crypto/status.h"

#define MERKLE_MAX_LEVELS 64
/* A frontier as bytes: size (8, big-endian), then one hash a set bit of size,
 * largest subtree first. */
#define MERKLE_FRONTIER_MAX_BYTES (8 + MERKLE_MAX_LEVELS * HASH_BYTES)

struct merkle {
	uint64_t size; /* leaves */
	struct hash roots[MERKLE_MAX_LEVELS]; /* roots[k]: the subtree of 2^k leaves, where bit k of size is set */
};

/* Start with {0}. Adds one entry at position `size`. */
void merkle_append(struct merkle *tree, const struct hash *entry);
/* The root over all entries (MTH in the RFC). */
struct hash merkle_root(const struct merkle *tree);
/* Writes the frontier; returns its length. */
size_t merkle_encode(const struct merkle *tree, uint8_t out[MERKLE_FRONTIER_MAX_BYTES]);
/* CORRUPT if the length does not fit the size. */
MUST_CHECK enum status merkle_decode(struct merkle *tree, struct span frontier, struct error *err);

#endif
