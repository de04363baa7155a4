/* Bytes that are owned, and bytes that are borrowed.
 *
 * struct bytes owns heap memory and wipes it when freed, so that a plaintext
 * report does not outlive its use. struct span borrows and never outlives what
 * it points into. Long-lived keys belong in crypto/secret.h instead.
 */
#ifndef SIJIL_CRYPTO_BYTES_H
#define SIJIL_CRYPTO_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/status.h"

/* Borrowed: `data` may be NULL only when `len` is 0. */
struct span {
	const uint8_t *data;
	size_t len;
};

/* Owned: grows by append. Start with {0}; bytes_wipe is safe on {0}. */
struct bytes {
	uint8_t *data;
	size_t len;
	size_t capacity;
};

/* The whole of `bytes`, borrowed until it next changes. */
struct span bytes_span(const struct bytes *bytes);

/* The text without its NUL, borrowed. */
struct span span_from_text(const char *text);

/* Whether both have the same length and bytes. Not constant time: for public
 * values only. */
bool span_equals(struct span a, struct span b);

/* Makes room for `more` bytes beyond len. A buffer that moves is wiped at its
 * old place. NO_MEMORY leaves `bytes` as it was. */
MUST_CHECK enum status bytes_reserve(struct bytes *bytes, size_t more, struct error *err);

/* Appends a copy of `tail`, which must not point into `bytes`. */
MUST_CHECK enum status bytes_append(struct bytes *bytes, struct span tail, struct error *err);

/* Forgets the content (wiped) and keeps the memory. */
void bytes_clear(struct bytes *bytes);

/* Wipes, frees, and leaves {0}. */
void bytes_wipe(struct bytes *bytes);

#endif
