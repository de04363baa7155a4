#include "sync/round_skip.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST_CAPACITY = 64 };

/* Where the hash is, or would be. There is always a free slot. */
static struct hash *slot_of(const struct round_skip *skip, const struct hash *wire)
{
	uint64_t start = 0;
	memcpy(&start, wire->bytes, sizeof start);
	for (size_t i = (size_t)start & (skip->capacity - 1);; i = (i + 1) & (skip->capacity - 1))
		if (hash_is_zero(&skip->slots[i]) || hash_equals(&skip->slots[i], wire))
			return &skip->slots[i];
}

bool round_skip_has(const struct round_skip *skip, const struct hash *wire)
{
	return skip->capacity > 0 && !hash_is_zero(slot_of(skip, wire));
}

static enum status grow(struct round_skip *skip, struct error *err)
{
	struct round_skip grown = {.capacity = skip->capacity == 0 ? SMALLEST_CAPACITY : 2 * skip->capacity};
	grown.slots = calloc(grown.capacity, sizeof grown.slots[0]);
	if (grown.slots == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < skip->capacity; i++) {
		if (hash_is_zero(&skip->slots[i]))
			continue;
		*slot_of(&grown, &skip->slots[i]) = skip->slots[i];
		grown.len++;
	}
	free(skip->slots);
	*skip = grown;
	return STATUS_OK;
}

enum status round_skip_add(struct round_skip *skip, const struct hash *wire, struct error *err)
{
	if (hash_is_zero(wire) || round_skip_has(skip, wire))
		return STATUS_OK;
	if (4 * skip->len >= 3 * skip->capacity) {
		const enum status status = grow(skip, err);
		if (status != STATUS_OK)
			return status;
	}
	*slot_of(skip, wire) = *wire;
	skip->len++;
	return STATUS_OK;
}

void round_skip_wipe(struct round_skip *skip)
{
	free(skip->slots);
	*skip = (struct round_skip){0};
}
