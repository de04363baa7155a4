/* How a device joins: the invite, the enrolment it signs, the succession that
 * lets a new key go on. FORMAT.md 5 (33, 16, 17) and 7. All checks are pure functions.
 */
#ifndef SIJIL_SCHEMA_ENROLMENT_H
#define SIJIL_SCHEMA_ENROLMENT_H

#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/key.h"
#include "crypto/object.h"
#include "crypto/status.h"

#define ENROLMENT_LABEL_CHARACTERS 40
#define ENROLMENT_LABEL_BYTES 161 /* 40 characters and NUL */
#define ENROLMENT_PLATFORM_BYTES 161
/* A successor's name adds "+" and four digits of its id to the label. */
#define ENROLMENT_NAME_BYTES (ENROLMENT_LABEL_BYTES + 5)
#define ENROLMENT_INVITE_PREFIX "sijil-invite:"

struct invite {
	struct key_public key;
	int64_t expires_s;
};

MUST_CHECK enum status invite_encode(struct bytes *out, const struct invite *invite, struct error *err);
MUST_CHECK enum status invite_decode(struct invite *invite, struct span payload, struct error *err);

/* What an invite file holds. The caller wipes it. */
struct invite_file {
	struct secret *seed;     /* of the invite's signing key */
	struct bytes invite;     /* COSE_Sign1 */
	struct bytes descriptor; /* COSE_Sign1 */
	char label[ENROLMENT_LABEL_BYTES];
};

/* To text in guarded memory, one line without newline; and back. BAD_INPUT: not an invite. */
MUST_CHECK enum status invite_file_format(struct secret **text, const struct invite_file *file, struct error *err);
MUST_CHECK enum status invite_file_parse(struct invite_file *file, struct span text, struct error *err);
void invite_file_wipe(struct invite_file *file);

struct enrolment {
	struct span invite; /* COSE_Sign1, borrowed from the payload */
	struct key_public key;
	struct key_signature proof;
	uint64_t descriptor;
	struct hash commitment;
	struct hash sealed;
};

/* Makes the enrolment's wire object: proof by `device_key`, label and platform sealed to the
 * descriptor's sealing key, signed by the invite's key. *id names it; the device id is its first 16 bytes. */
MUST_CHECK enum status enrolment_make(struct bytes *wire, struct hash *id, const struct invite_file *file,
                                      const struct signing_key *device_key, const char *platform, struct error *err);
MUST_CHECK enum status enrolment_decode(struct enrolment *enrolment, struct span payload, struct error *err);

/* The whole check of FORMAT.md 5 but `key_twice`: embedded invite under the root, object under
 * the invite, valid point, proof, attachment. Returns what it brought. */
MUST_CHECK enum status enrolment_check(struct enrolment *enrolment, struct invite *invite, const struct object *object,
                                       const struct key_public *root, struct error *err);

/* Label and platform, opened with HQ's sealing key. Buffers of the sizes above. */
MUST_CHECK enum status enrolment_open(char label[ENROLMENT_LABEL_BYTES], char platform[ENROLMENT_PLATFORM_BYTES],
                                      const struct object *object, const struct key_id *project,
                                      const struct sealing_key *sealing, struct error *err);

enum succession_reason { SUCCESSION_RESTORE = 1, SUCCESSION_FORK = 2, SUCCESSION_ROTATION = 3 };

struct succession {
	struct key_public key;
	struct key_signature proof;
	uint64_t number;  /* of the last known link of the old chain; 0: its enrolment */
	struct hash last; /* its object id */
	enum succession_reason reason;
};

MUST_CHECK enum status succession_make(struct bytes *wire, struct hash *id, struct succession *succession,
                                       const struct key_id *old_device, const struct signing_key *old_key,
                                       const struct signing_key *new_key, const struct key_id *project, struct error *err);
MUST_CHECK enum status succession_decode(struct succession *succession, struct span payload, struct error *err);

/* What a verified succession must show besides: a valid point, and the proof. */
MUST_CHECK enum status succession_check(struct succession *succession, const struct object *object,
                                        const struct key_id *project, struct error *err);

/* What people call a successor, so that "Team Nasib/1" and "Team Nasib+7a91/1" stay two reports. */
void succession_name(char name[ENROLMENT_NAME_BYTES], const char *label, const struct key_id *device);

#endif
