#include "crypto/merkle.h"

#include <string.h>

enum {
	PREFIX_LEAF = 0x00,
	PREFIX_NODE = 0x01,
	SIZE_BYTES = 8,
};

static struct hash hash_leaf(const struct hash *entry)
{
	uint8_t input[1 + HASH_BYTES] = {PREFIX_LEAF};
	memcpy(input + 1, entry->bytes, HASH_BYTES);
	return hash_of((struct span){input, sizeof input});
}

static struct hash hash_node(const struct hash *left, const struct hash *right)
{
	uint8_t input[1 + 2 * HASH_BYTES] = {PREFIX_NODE};
	memcpy(input + 1, left->bytes, HASH_BYTES);
	memcpy(input + 1 + HASH_BYTES, right->bytes, HASH_BYTES);
	return hash_of((struct span){input, sizeof input});
}

void merkle_append(struct merkle *tree, const struct hash *entry)
{
	struct hash carry = hash_leaf(entry);
	size_t level = 0;
	for (; tree->size >> level & 1; level++)
		carry = hash_node(&tree->roots[level], &carry);
	tree->roots[level] = carry;
	tree->size++;
}

struct hash merkle_root(const struct merkle *tree)
{
	if (tree->size == 0)
		return hash_of((struct span){0});
	struct hash root = {0};
	bool begun = false;
	for (size_t level = 0; level < MERKLE_MAX_LEVELS; level++) {
		if ((tree->size >> level & 1) == 0)
			continue;
		root = begun ? hash_node(&tree->roots[level], &root) : tree->roots[level];
		begun = true;
	}
	return root;
}

size_t merkle_encode(const struct merkle *tree, uint8_t out[MERKLE_FRONTIER_MAX_BYTES])
{
	size_t len = 0;
	for (; len < SIZE_BYTES; len++)
		out[len] = (uint8_t)(tree->size >> (8 * (SIZE_BYTES - 1 - len)));
	for (size_t level = MERKLE_MAX_LEVELS; level-- > 0;) {
		if ((tree->size >> level & 1) == 0)
			continue;
		memcpy(out + len, tree->roots[level].bytes, HASH_BYTES);
		len += HASH_BYTES;
	}
	return len;
}

enum status merkle_decode(struct merkle *tree, struct span frontier, struct error *err)
{
	struct merkle decoded = {0};
	size_t at = 0;
	for (; at < SIZE_BYTES && at < frontier.len; at++)
		decoded.size = decoded.size << 8 | frontier.data[at];
	for (size_t level = MERKLE_MAX_LEVELS; level-- > 0;) {
		if ((decoded.size >> level & 1) == 0)
			continue;
		if (frontier.len - at < HASH_BYTES)
			goto bad;
		memcpy(decoded.roots[level].bytes, frontier.data + at, HASH_BYTES);
		at += HASH_BYTES;
	}
	if (at < SIZE_BYTES || at != frontier.len)
		goto bad;
	*tree = decoded;
	return STATUS_OK;
bad:
	return error_set(err, STATUS_CORRUPT, "the log's tree is damaged: its %zu bytes do not fit its size", frontier.len);
}
