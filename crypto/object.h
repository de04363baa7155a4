/* The signed object: the one shape in which everything moves.
 *
 *   wire = [type, 18([protected, {}, payload, signature]), ? attachment]
 *
 * A COSE_Sign1 (RFC 9052) with Ed25519, and beside it, where the type has one, an
 * attachment whose SHA-256 stands in the signed payload: a sealed body, or public
 * bytes. The object's name (id) is SHA-256 of the whole COSE_Sign1, tag included.
 * The additional authenticated data binds type and project, so no object passes
 * for another type's or another project's. A reader knows type and signer,
 * verifies the raw bytes, then decodes.
 */
#ifndef SIJIL_CRYPTO_OBJECT_H
#define SIJIL_CRYPTO_OBJECT_H

#include <stdbool.h>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/status.h"

/* The largest wire object, and the largest event (types 1 to 15). */
#define OBJECT_MAX_BYTES 65536
#define OBJECT_EVENT_MAX_BYTES 8192
#define OBJECT_ATTACHMENT_MAX_BYTES 61440

/* All types of the first version (FORMAT.md has the CDDL). The number's range
 * says who signs and how a program that does not know the type treats it. */
enum object_type {
	/* 1..15: events, links of a device's chain, sealed to HQ */
	OBJECT_REPORT = 1,
	OBJECT_AMEND = 2,
	OBJECT_RETRACT = 3,
	OBJECT_CORROBORATE = 4,
	OBJECT_RECOVERY = 5,
	OBJECT_INTAKE = 6,
	OBJECT_EVENT_LAST = 15,
	/* 16..31: about a device */
	OBJECT_ENROLMENT = 16,
	OBJECT_SUCCESSION = 17,
	OBJECT_HEAD = 18,
	OBJECT_WITHHOLDING = 19,
	/* 32..47: signed by the project's root */
	OBJECT_DESCRIPTOR = 32,
	OBJECT_INVITE = 33,
	OBJECT_CONFIRMATION = 34,
	OBJECT_APPOINTMENT = 35,
	OBJECT_REVOCATION = 36,
	OBJECT_MESSAGE = 37,
	OBJECT_PACKAGE = 38,
	/* 48..63: signed by the relay's receipt key */
	OBJECT_RECEIPT = 48,
	OBJECT_CLOCK = 49,
	/* 64..79: signed by an appointed key */
	OBJECT_ACKNOWLEDGEMENT = 64,
	OBJECT_REVIEW = 65,
	OBJECT_PULL_REQUEST = 66,
	OBJECT_TYPE_MAX = 127,
};

/* A wire object taken apart, not yet verified. All spans point into the input. */
struct object {
	enum object_type type; /* 1..79; may be one this program does not know */
	struct key_id signer;
	struct hash id;
	struct key_signature signature;
	struct span wire;       /* the whole */
	struct span cose;       /* tag 18 and all that follows it */
	struct span header;     /* content of the protected header's byte string */
	struct span payload;    /* content of the payload's byte string */
	struct span attachment; /* empty where there is none */
};

/* Takes one wire object apart. Checks size, strict CBOR, shape, algorithm (-8 or
 * -19 read), header, type range; verifies nothing. BAD_INPUT names the rule. */
MUST_CHECK enum status object_parse(struct object *object, struct span wire, struct error *err);

/* Takes a bare COSE_Sign1 apart (as embedded in enrolments and evidence files);
 * wire and attachment stay empty. */
MUST_CHECK enum status object_parse_cose(struct object *object, enum object_type type, struct span cose,
                                         struct error *err);

/* TAMPERED unless `key` signed these very bytes as this type in this project. */
MUST_CHECK enum status object_verify(const struct object *object, const struct key_public *key,
                                     const struct key_id *project, struct error *err);

/* TAMPERED (attachment_hash) unless the attachment is the one whose hash the
 * payload names, or there is none where it names none (`named` NULL). */
MUST_CHECK enum status object_check_attachment(const struct object *object, const struct hash *named,
                                               struct error *err);

/* What is signed under which name. */
struct object_draft {
	enum object_type type;
	struct key_id signer;
	struct span payload;    /* encoded CBOR */
	struct span attachment; /* empty for none; its hash is in the payload already */
};

/* Signs and appends one wire object to `wire`; *id names it. BAD_INPUT, and
 * `wire` as it was, if object_parse would refuse it (too long, bad payload). */
MUST_CHECK enum status object_make(struct bytes *wire, struct hash *id, const struct object_draft *draft,
                                   const struct signing_key *key, const struct key_id *project, struct error *err);

/* Claims about a type number. */
bool object_type_is_event(enum object_type type);
/* Whether the type is kept for ever in the set and counted in the log. Heads,
 * receipts and acknowledgements are not: only the newest per device is kept.
 * Clocks and pull requests are never kept. */
bool object_type_is_logged(enum object_type type);
/* "report", "amend", ..., or "type 77" for an unknown one; static or in `buffer`. */
const char *object_type_name(enum object_type type, char buffer[12]);

#endif
