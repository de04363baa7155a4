/* Sealing a body to HQ so that a stranger can check it later.
 *
 *   commitment = SHA-256("sijil/1 commitment" 0x00 || project (16) || signer (16)
 *                        || number (8, big-endian) || salt (32) || body)
 *   sealed     = crypto_box_seal(sodium_pad(salt || body, 64), HQ's sealing key)
 *
 * The signed header carries the commitment and SHA-256 of the sealed bytes. The
 * relay checks the hash and reads nothing; HQ opens and recomputes the
 * commitment; a court is given salt and body and needs no key of HQ's.
 */
#ifndef SIJIL_CRYPTO_SEAL_H
#define SIJIL_CRYPTO_SEAL_H

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/status.h"

#define SEAL_SALT_BYTES 32
#define SEAL_BLOCK_BYTES 64
/* Added by the sealed box: ephemeral key and tag. */
#define SEAL_OVERHEAD_BYTES 48
#define SEAL_BODY_MAX_BYTES 4096

struct seal_salt {
	uint8_t bytes[SEAL_SALT_BYTES];
};

/* Where a sealed body belongs; part of the commitment. */
struct seal_place {
	struct key_id project;
	struct key_id signer;
	uint64_t number; /* the event's number; 0 for bodies outside a chain */
};

struct hash seal_commitment(const struct seal_place *place, const struct seal_salt *salt, struct span body);

/* Draws a salt, seals salt and body to `recipient`, appends the sealed bytes to
 * `sealed`. Length: 48 + 32 + body + 1, rounded up to 48 + a multiple of 64.
 * BAD_INPUT if the body is longer than SEAL_BODY_MAX_BYTES. */
MUST_CHECK enum status seal_close(struct bytes *sealed, struct seal_salt *salt, struct span body,
                                  const struct key_public *recipient, struct error *err);

/* Opens what seal_close made: salt out, body appended to `body`. TAMPERED if it
 * was not sealed to this key or is damaged. The caller compares commitments. */
MUST_CHECK enum status seal_open(struct bytes *body, struct seal_salt *salt, struct span sealed,
                                 const struct sealing_key *recipient, struct error *err);

/* The sealed length of a body of `body_len` bytes. */
size_t seal_length(size_t body_len);

#endif
