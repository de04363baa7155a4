/* The signed header of an event: a link of a device's chain (FORMAT.md 5).
 */
#ifndef SIJIL_SCHEMA_EVENT_H
#define SIJIL_SCHEMA_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/status.h"

/* A position of a relay's log: what it held, and the tree's root over it. */
struct checkpoint {
	struct key_id log;
	uint64_t size;
	struct hash root;
};

struct event {
	uint32_t number; /* 1.. */
	struct hash previous;
	uint64_t descriptor;
	struct hash commitment;
	struct hash sealed;
	bool has_seen;
	struct checkpoint seen;
};

MUST_CHECK enum status event_encode(struct bytes *out, const struct event *event, struct error *err);
MUST_CHECK enum status event_decode(struct event *event, struct span payload, struct error *err);

#endif
