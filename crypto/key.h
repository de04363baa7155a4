/* Keys: Ed25519 to sign (RFC 8032), X25519 to seal to (libsodium sealed boxes),
 * and the 16-byte names under which they are known.
 *
 * A public key enters the system only through signing_public_check, which
 * refuses points that are not canonical or of small order
 * (crypto_core_ed25519_is_valid_point): libraries disagree on the rest.
 */
#ifndef SIJIL_CRYPTO_KEY_H
#define SIJIL_CRYPTO_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/hash.h"
#include "crypto/secret.h"
#include "crypto/status.h"

#define KEY_ID_BYTES 16
#define KEY_SEED_BYTES 32
#define KEY_PUBLIC_BYTES 32
#define KEY_SIGNATURE_BYTES 64
/* 16 bytes as proquints: eight words of five letters and seven dashes, NUL. */
#define KEY_PROQUINT_BYTES 48

/* A project, device, invite, appointee or log: the first 16 bytes of the hash
 * that introduced it (FORMAT.md, Names). Which of them, the context says. */
struct key_id {
	uint8_t bytes[KEY_ID_BYTES];
};

struct key_public {
	uint8_t bytes[KEY_PUBLIC_BYTES];
};

struct key_signature {
	uint8_t bytes[KEY_SIGNATURE_BYTES];
};

/* An Ed25519 key pair; the secret half in guarded memory. */
struct signing_key;

/* An X25519 key pair; the secret half in guarded memory. */
struct sealing_key;

/* New random signing key. The caller frees it. */
MUST_CHECK enum status signing_key_new(struct signing_key **key, struct error *err);

/* The signing key of a 32-byte seed (RFC 8032 private key). BAD_INPUT on another length. */
MUST_CHECK enum status signing_key_from_seed(struct signing_key **key, struct span seed, struct error *err);

/* The seed, borrowed from guarded memory, KEY_SEED_BYTES long: only to be
 * wrapped (crypto/wrap.h) or written into an invite. */
struct span signing_key_seed(const struct signing_key *key);
struct key_public signing_key_public(const struct signing_key *key);

/* Signs `message` (RFC 8032, pure Ed25519). Deterministic. Cannot fail. */
struct key_signature signing_key_sign(const struct signing_key *key, struct span message);
void signing_key_free(struct signing_key *key);

/* UNTRUSTED unless `key` is a canonical point of the prime-order group. */
MUST_CHECK enum status signing_public_check(const struct key_public *key, struct error *err);

/* Whether crypto_sign_verify_detached accepts it. */
bool signing_public_verifies(const struct key_public *key, struct span message, const struct key_signature *signature);

/* Sealing key pairs, as signing keys above; the seed is what is stored. */
MUST_CHECK enum status sealing_key_new(struct sealing_key **key, struct error *err);
MUST_CHECK enum status sealing_key_from_seed(struct sealing_key **key, struct span seed, struct error *err);
struct span sealing_key_seed(const struct sealing_key *key);
struct key_public sealing_key_public(const struct sealing_key *key);
/* The secret scalar, borrowed from guarded memory, 32 bytes (crypto_box secret key). */
struct span sealing_key_secret(const struct sealing_key *key);
void sealing_key_free(struct sealing_key *key);

/* Names. */
struct key_id key_id_of_project(const struct key_public *root);
/* The relay's log in one project: it signs receipts under this id. */
struct key_id key_id_of_log(const struct key_id *project, const struct key_public *receipt_key);
/* Whoever an object introduced: the first 16 bytes of its object id. */
struct key_id key_id_of_object(const struct hash *object_id);
bool key_id_equals(const struct key_id *a, const struct key_id *b);
struct span key_id_span(const struct key_id *id);
struct span key_public_span(const struct key_public *key);

/* Proof that the holder of a new key wants it used so: a signature by the new
 * key over "sijil/1 proof" 0x00 || project (16) || introducer (32: SHA-256 id of
 * the invite's object, or the last event's id) || public key (32). */
struct key_signature key_prove_possession(const struct signing_key *key, const struct key_id *project,
                                          const struct hash *introducer);
bool key_proof_holds(const struct key_public *key, const struct key_id *project, const struct hash *introducer,
                     const struct key_signature *proof);

/* Reads aloud: eight proquints (Wilkerson 2009), most significant 16 bits first,
 * joined by dashes, lower case. Parsing ignores case and takes blanks for dashes;
 * BAD_INPUT otherwise. */
void key_id_format(const struct key_id *id, char text[KEY_PROQUINT_BYTES]);
MUST_CHECK enum status key_id_parse(struct key_id *id, const char *text, struct error *err);

#endif
