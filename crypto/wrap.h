/* One secret wrapped under another: for rows of the vault that hold keys, so
 * that a page that escapes SQLite's cache still shows none.
 *
 *   wrapped = nonce (24) || XChaCha20-Poly1305-IETF(secret)
 *   key     = crypto_kdf subkey 1, context "sijilrow", of the data key
 *   aad     = "sijil/1 " || word || 0x00
 */
#ifndef SIJIL_CRYPTO_WRAP_H
#define SIJIL_CRYPTO_WRAP_H

#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "crypto/status.h"

#define WRAP_OVERHEAD_BYTES 40
#define WRAP_SECRET_MAX_BYTES 4096
#define WRAP_WORD_MAX_BYTES 40

/* Appends the wrapped secret. `word` names the use ("signing seed") and must be
 * the same when unwrapping. BAD_INPUT if the secret is longer than
 * WRAP_SECRET_MAX_BYTES; BUG if the word is, or the data key is not 32 bytes. */
MUST_CHECK enum status wrap_close(struct bytes *wrapped, const struct secret *secret, const char *word,
                                  const struct secret *data_key, struct error *err);

/* Unwraps into guarded memory. TAMPERED if it is damaged, too short or long, of
 * another use or under another data key. */
MUST_CHECK enum status wrap_open(struct secret **secret, struct span wrapped, const char *word,
                                 const struct secret *data_key, struct error *err);

#endif
