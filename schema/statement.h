/* The small signed statements: head, receipt, acknowledgement, clock, pull
 * request, confirmation, appointment, revocation, review, message, package.
 * FORMAT.md 5. Each has an encode that writes the payload and a strict decode.
 */
#ifndef SIJIL_SCHEMA_STATEMENT_H
#define SIJIL_SCHEMA_STATEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/key.h"
#include "crypto/status.h"
#include "schema/event.h"

#define STATEMENT_GAPS 16
#define STATEMENT_LABEL_BYTES 321
#define STATEMENT_PULL_WINDOW_S 600
#define STATEMENT_MESSAGE_BYTES 1001
#define STATEMENT_MESSAGE_DEVICES 64
#define STATEMENT_NAME_BYTES 81

struct head {
	uint64_t number;
	struct hash last;
};

struct gap {
	uint64_t first, last;
};

struct receipt {
	struct key_id device;
	uint64_t number;  /* 0..number are held, on the branch that ends in `last` */
	struct hash last;
	size_t missing_len;
	struct gap missing[STATEMENT_GAPS]; /* ascending; the first 16 */
	struct checkpoint seen;
	int64_t time_s;
	bool hub; /* never permits a purge */
};

struct acknowledgement {
	struct key_id device;
	uint64_t number;
	struct hash last;
	int64_t time_s;
};

struct relay_clock {
	int64_t time_s;
	bool has_seen;
	struct checkpoint seen;
};

struct pull_request {
	struct key_id log;
	uint64_t cursor;
	int64_t time_s;
};

struct confirmation {
	struct hash enrolment;
	int64_t time_s;
};

enum { ROLE_PULL = 1, ROLE_REVIEW = 2, ROLE_ACKNOWLEDGE = 4, ROLE_ADMINISTER = 8, ROLE_ALL = 15 };

struct appointment {
	struct key_public key;
	unsigned roles;
	int64_t until_s;
	char label[STATEMENT_LABEL_BYTES];
};

enum revocation_kind { REVOKE_DEVICE = 1, REVOKE_APPOINTMENT = 2, REVOKE_INVITE = 3 };
enum revocation_reason { REVOKE_LOST = 1, REVOKE_SEIZED = 2, REVOKE_LEFT = 3, REVOKE_OTHER = 4 };

struct revocation {
	enum revocation_kind kind;
	struct key_id who;
	int64_t time_s;
	bool has_good;
	struct head good; /* the last link of the chain that still counts */
	bool has_seen;
	struct checkpoint seen;
	unsigned reason; /* 0: not said */
};

struct review {
	uint64_t descriptor;
	struct hash commitment; /* its signer is the appointment, its number is time_s */
	struct hash sealed;
	int64_t time_s;
};

struct message {
	int64_t time_s;
	char text[STATEMENT_MESSAGE_BYTES];
	size_t devices_len; /* 0: to all */
	struct key_id devices[STATEMENT_MESSAGE_DEVICES];
};

enum package_kind { PACKAGE_GAZETTEER = 1, PACKAGE_CODE_LIST = 2 };

/* One part of a package; the attachment is the part. */
struct package {
	char name[STATEMENT_NAME_BYTES];
	char version[STATEMENT_NAME_BYTES];
	enum package_kind kind;
	uint64_t part, parts; /* 1..parts */
	struct hash part_hash, whole_hash;
	uint64_t whole_size; /* bytes */
};

#define STATEMENT_CODEC(name)                                                                                            \
	MUST_CHECK enum status name##_encode(struct bytes *out, const struct name *name, struct error *err);             \
	MUST_CHECK enum status name##_decode(struct name *name, struct span payload, struct error *err)
STATEMENT_CODEC(head);
STATEMENT_CODEC(receipt);
STATEMENT_CODEC(acknowledgement);
STATEMENT_CODEC(relay_clock);
STATEMENT_CODEC(pull_request);
STATEMENT_CODEC(confirmation);
STATEMENT_CODEC(appointment);
STATEMENT_CODEC(revocation);
STATEMENT_CODEC(review);
STATEMENT_CODEC(message);
STATEMENT_CODEC(package);
#undef STATEMENT_CODEC

#endif
