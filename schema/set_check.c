#include "schema/set_tables.h"

static enum status add_leaf(void *context, uint64_t position, const struct hash *id, struct span wire,
                            struct error *err)
{
	struct merkle *const tree = context;
	(void)wire;
	if (position != tree->size + 1)
		return error_set(err, STATUS_CORRUPT, "the log lacks position %llu", (unsigned long long)tree->size + 1);
	merkle_append(tree, id);
	return STATUS_OK;
}

enum status set_check(struct set *set, struct error *err)
{
	struct merkle tree = {0};

	const enum status status = set_each_after(set, 0, add_leaf, &tree, err);
	if (status != STATUS_OK)
		return status;
	const struct hash held = merkle_root(&tree), said = merkle_root(&set->tree);
	if (tree.size != set->tree.size || !hash_equals(&held, &said))
		return error_set(err, STATUS_CORRUPT, "the log's tree is not that of the %llu objects held",
		                 (unsigned long long)tree.size);
	return STATUS_OK;
}
