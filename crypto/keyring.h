/* The kernel's user-session keyring as a place for a data key between commands
 * (keyrings(7)): the key leaves no trace on disk and expires by itself.
 *
 * Whether it works is decided by the probe that counts: another process can
 * fetch the key. Direct system calls; nothing is linked.
 */
#ifndef SIJIL_CRYPTO_KEYRING_H
#define SIJIL_CRYPTO_KEYRING_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/secret.h"
#include "crypto/status.h"

/* Keeps `key` under `name` (16 bytes) for `timeout_s` seconds (1 to 86,400),
 * replacing one of the same name. REFUSED where the system has no usable keyring. */
MUST_CHECK enum status keyring_put(struct span name, const struct secret *key, uint32_t timeout_s, struct error *err);

/* Fetches it into guarded memory. NOT_FOUND if absent, expired or revoked. */
MUST_CHECK enum status keyring_get(struct span name, struct secret **key, struct error *err);

/* Revokes it; NOT_FOUND if there was none. */
MUST_CHECK enum status keyring_drop(struct span name, struct error *err);

#endif
