/* The objects that need not be sent again in this sync, by the hash of their wire form. Only for sync/round*.c.
 */
#ifndef SIJIL_SYNC_ROUND_SKIP_H
#define SIJIL_SYNC_ROUND_SKIP_H

#include "crypto/hash.h"
#include "crypto/status.h"

/* Start with {0}. */
struct round_skip {
	struct hash *slots; /* open addressing; all zeros: free */
	size_t len, capacity;
};

bool round_skip_has(const struct round_skip *skip, const struct hash *wire);
/* Harmless when it is there. */
MUST_CHECK enum status round_skip_add(struct round_skip *skip, const struct hash *wire, struct error *err);
void round_skip_wipe(struct round_skip *skip);

#endif
