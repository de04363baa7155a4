/* The kernel's user-session keyring as a place for a data key between commands
 * (keyrings(7)): the key leaves no trace on disk and expires by itself. Where that
 * does not work, the user keyring is tried.
 *
 * Whether it works is decided by the probe that counts: a process of another
 * session of the same user can read the key. Direct system calls; nothing is
 * linked.
 */
#ifndef SIJIL_CRYPTO_KEYRING_H
#define SIJIL_CRYPTO_KEYRING_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/secret.h"
#include "crypto/status.h"

#define KEYRING_KEY_MAX_BYTES 64

/* Keeps `key` (1 to KEYRING_KEY_MAX_BYTES) under `name` (16 bytes) for `timeout_s`
 * seconds (1 to 86,400, else BAD_INPUT), replacing one of the same name. REFUSED,
 * with nothing kept, where the system has no usable keyring. Forks. */
MUST_CHECK enum status keyring_put(struct span name, const struct secret *key, uint32_t timeout_s, struct error *err);

/* Fetches it into guarded memory. NOT_FOUND if absent, expired or revoked, and
 * where there is no keyring. */
MUST_CHECK enum status keyring_get(struct span name, struct secret **key, struct error *err);

/* Revokes it; NOT_FOUND if there was none. */
MUST_CHECK enum status keyring_drop(struct span name, struct error *err);

/* How many keys of whatever name are kept, as far as the system tells. */
size_t keyring_count(void);

#endif
