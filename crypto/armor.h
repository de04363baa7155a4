/* Bytes as one line of text: a prefix that says what it is, then base64url
 * without padding (RFC 4648, section 5). So that an invite or a card can be
 * pasted into a message.
 */
#ifndef SIJIL_CRYPTO_ARMOR_H
#define SIJIL_CRYPTO_ARMOR_H

#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "crypto/status.h"

/* The longest text that is read. */
#define ARMOR_MAX_BYTES 65536

/* Appends the line, without newline, to `text`. */
MUST_CHECK enum status armor_encode(struct bytes *text, const char *prefix, struct span content, struct error *err);

/* The same into guarded memory. The caller frees it. */
MUST_CHECK enum status armor_encode_secret(struct secret **text, const char *prefix, struct span content,
                                           struct error *err);

/* Appends what the line holds to `content`. White space around the line is passed
 * over. BAD_INPUT: another prefix, a character outside the alphabet, bits left over. */
MUST_CHECK enum status armor_decode(struct bytes *content, const char *prefix, struct span text, struct error *err);

/* The same into guarded memory. The caller frees it. */
MUST_CHECK enum status armor_decode_secret(struct secret **content, const char *prefix, struct span text,
                                           struct error *err);

/* Appends plain base64 with padding (RFC 4648, section 4): for certificates and pins. */
MUST_CHECK enum status armor_base64(struct bytes *text, struct span content, struct error *err);

#endif
