/* The bare limit of sealing and signing one event: libsodium's own calls over as
 * many bytes as the real ones get, and nothing else.
 */
#ifndef SIJIL_TESTS_BENCH_SODIUM_CALLS_H
#define SIJIL_TESTS_BENCH_SODIUM_CALLS_H

#include "crypto/object.h"

struct sodium_calls {
	uint8_t sign_public[32], sign_secret[64], box_public[32], box_secret[32];
	size_t commitment_len, padded_len, signed_len;
};

/* For objects like `object`, whose body encodes to `body_len` bytes. */
void sodium_calls_init(struct sodium_calls *calls, const struct object *object, size_t body_len);
/* SHA-256 of what is committed to, sealed box, SHA-256 of the sealed, signature. */
void sodium_calls_run(struct sodium_calls *calls);

/* What an event's signature covers (FORMAT.md 3), appended to `out`. */
void sodium_calls_signed_bytes(struct bytes *out, const struct object *object, const struct key_id *project);

#endif
