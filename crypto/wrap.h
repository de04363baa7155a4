/* One secret wrapped under another: for rows of the vault that hold keys, so
 * that a page that escapes SQLite's cache still shows none.
 *
 *   wrapped = nonce (24) || XChaCha20-Poly1305-IETF(secret; aad = domain word)
 *   under crypto_kdf subkey KDF_ROW ("sijilrow") of the data key
 */
#ifndef SIJIL_CRYPTO_WRAP_H
#define SIJIL_CRYPTO_WRAP_H

#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "crypto/status.h"

#define WRAP_OVERHEAD_BYTES 40

/* Appends the wrapped secret. `word` names the use ("signing seed") and must be
 * the same when unwrapping. */
MUST_CHECK enum status wrap_close(struct bytes *wrapped, const struct secret *secret, const char *word,
                                  const struct secret *data_key, struct error *err);

/* Unwraps into guarded memory. TAMPERED if it is damaged or of another use. */
MUST_CHECK enum status wrap_open(struct secret **secret, struct span wrapped, const char *word,
                                 const struct secret *data_key, struct error *err);

#endif
