#include "crypto/merkle.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

enum { MOST_LEAVES = 70 };

static struct hash entry_of(uint64_t n)
{
	struct hash entry = {{0}};
	for (size_t i = 0; i < 8; i++)
		entry.bytes[i] = (uint8_t)(n >> (8 * i));
	return entry;
}

/* MTH as RFC 9162, 2.1.1 writes it down: split at the largest power of two below n. */
static struct hash naive_root(uint64_t first, uint64_t n)
{
	if (n == 0)
		return hash_of((struct span){0});
	uint8_t input[1 + 2 * HASH_BYTES];
	if (n == 1) {
		const struct hash entry = entry_of(first);
		input[0] = 0;
		memcpy(input + 1, entry.bytes, HASH_BYTES);
		return hash_of((struct span){input, 1 + HASH_BYTES});
	}
	uint64_t split = 1;
	while (split * 2 < n)
		split *= 2;
	const struct hash left = naive_root(first, split);
	const struct hash right = naive_root(first + split, n - split);
	input[0] = 1;
	memcpy(input + 1, left.bytes, HASH_BYTES);
	memcpy(input + 1 + HASH_BYTES, right.bytes, HASH_BYTES);
	return hash_of((struct span){input, sizeof input});
}

static void grow(struct merkle *tree, uint64_t size)
{
	while (tree->size < size) {
		const struct hash entry = entry_of(tree->size);
		merkle_append(tree, &entry);
	}
}

Test(merkle, an_empty_tree_is_the_hash_of_nothing)
{
	const struct merkle tree = {0};
	const struct hash root = merkle_root(&tree);
	char text[2 * HASH_BYTES + 1];
	sodium_bin2hex(text, sizeof text, root.bytes, HASH_BYTES);
	cr_assert_str_eq(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

Test(merkle, every_root_is_that_of_the_rfcs_own_recursion)
{
	struct merkle tree = {0};
	for (uint64_t size = 0; size <= MOST_LEAVES; size++) {
		grow(&tree, size);
		const struct hash root = merkle_root(&tree);
		const struct hash expected = naive_root(0, size);
		cr_assert(hash_equals(&root, &expected), "size %lu", (unsigned long)size);
	}
}

Test(merkle, a_tree_goes_on_from_its_encoded_frontier)
{
	for (uint64_t size = 0; size <= MOST_LEAVES; size++) {
		struct merkle tree = {0};
		grow(&tree, size);
		uint8_t frontier[MERKLE_FRONTIER_MAX_BYTES];
		const size_t len = merkle_encode(&tree, frontier);
		struct merkle decoded = {0};
		cr_assert_eq(merkle_decode(&decoded, (struct span){frontier, len}, NULL), STATUS_OK);
		grow(&decoded, MOST_LEAVES + 1);
		const struct hash root = merkle_root(&decoded);
		const struct hash expected = naive_root(0, MOST_LEAVES + 1);
		cr_assert(hash_equals(&root, &expected), "from size %lu", (unsigned long)size);
	}
}

Test(merkle, the_largest_frontier_fits)
{
	struct merkle tree = {.size = UINT64_MAX};
	uint8_t frontier[MERKLE_FRONTIER_MAX_BYTES];
	cr_assert_eq(merkle_encode(&tree, frontier), sizeof frontier);
	struct merkle decoded = {0};
	cr_assert_eq(merkle_decode(&decoded, (struct span){frontier, sizeof frontier}, NULL), STATUS_OK);
	cr_assert_eq(decoded.size, UINT64_MAX);
}

Test(merkle, a_frontier_of_any_other_length_is_corrupt)
{
	struct merkle tree = {0};
	grow(&tree, 11);
	uint8_t frontier[MERKLE_FRONTIER_MAX_BYTES] = {0};
	const size_t len = merkle_encode(&tree, frontier);
	for (size_t wrong = 0; wrong <= sizeof frontier; wrong++) {
		if (wrong == len)
			continue;
		struct merkle decoded = {.size = 7};
		struct error err = {0};
		cr_assert_eq(merkle_decode(&decoded, (struct span){frontier, wrong}, &err), STATUS_CORRUPT, "%zu", wrong);
		cr_assert_eq(decoded.size, 7);
	}
}
