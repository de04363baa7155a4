/* The laws that each payload of a map keeps: it comes back as it went, and every
 * edit that the format forbids is refused by its rule.
 */
#ifndef SIJIL_TESTS_SCHEMA_PAYLOAD_EDITS_H
#define SIJIL_TESTS_SCHEMA_PAYLOAD_EDITS_H

#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/status.h"

struct payload_case {
	const char *name;
	struct bytes good; /* the encoding of a sample with every field */
	uint64_t optional; /* bit k: key k may be left out */
	/* Decodes `in` and appends what encoding gives. */
	enum status (*again)(struct bytes *out, struct span in, struct error *err);
};

/* Wipes `good` at the end. */
void payload_edits_check(struct payload_case *one);

/* The payload with the value of `key` replaced by these encoded bytes. */
struct bytes payload_with(struct span payload, uint64_t key, const char *value, size_t value_len);
#define PAYLOAD_WITH(payload, key, literal) payload_with((payload), (key), (literal), sizeof(literal) - 1)

#endif
