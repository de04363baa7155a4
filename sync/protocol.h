/* What goes over HTTPS beside the objects: PROTOCOL.md.
 *
 * A push is POST /1/push: a preface, then a bundle. A pull is POST /1/pull: a
 * preface, then one pull request object. Both answers are CBOR sequences whose
 * items are wire objects or notes; a note is an array that starts with 0, which
 * no object type is.
 *
 *   preface = [0, 1, project id, descriptor number known, receipts-of: [* device id]]
 *   refusal = [0, 2, SHA-256 of the refused wire object, reason, text]
 *   end     = [0, 3, accepted, had, refused]          ; last item of a push's answer
 *   more    = [0, 4, cursor, more]                    ; last item of a pull's answer; more 0 or 1
 */
#ifndef SIJIL_SYNC_PROTOCOL_H
#define SIJIL_SYNC_PROTOCOL_H

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/status.h"

#define PROTOCOL_VERSION 1
#define PROTOCOL_PUSH_PATH "/1/push"
#define PROTOCOL_PULL_PATH "/1/pull"
#define PROTOCOL_CONTENT_TYPE "application/cbor-seq"
#define PROTOCOL_DEVICES_MAX 64
/* Limits of one request and one answer. */
#define PROTOCOL_REQUEST_MAX_BYTES (4u << 20)
#define PROTOCOL_ANSWER_MAX_BYTES (8u << 20)
#define PROTOCOL_REQUEST_MAX_OBJECTS 16384u
/* Each refused object is named; after so many a relay reads no further. */
#define PROTOCOL_REFUSALS_MAX 64
#define PROTOCOL_REASON_TEXT_BYTES 128

enum protocol_note { PROTOCOL_PREFACE = 1, PROTOCOL_REFUSAL = 2, PROTOCOL_PUSH_END = 3, PROTOCOL_PULL_END = 4 };

enum protocol_reason { /* why an object was refused */
	PROTOCOL_MALFORMED = 1,
	PROTOCOL_UNKNOWN_SIGNER = 2,
	PROTOCOL_BAD_SIGNATURE = 3,
	PROTOCOL_NOT_ENTITLED = 4,
	PROTOCOL_OVER_LIMIT = 5,
	PROTOCOL_UNKNOWN_PROJECT = 6,
	PROTOCOL_WRONG_TIME = 7, /* of a pull request; a clock object stands in the answer */
	PROTOCOL_TRY_LATER = 8,
	PROTOCOL_REVOKED = 9,
};

struct preface {
	struct key_id project;
	uint64_t descriptor; /* newest number the asker holds; 0: none */
	size_t devices_len;
	struct key_id devices[PROTOCOL_DEVICES_MAX]; /* whose receipts and acknowledgements are wanted */
};

struct refusal {
	struct hash wire;
	enum protocol_reason reason;
	char text[PROTOCOL_REASON_TEXT_BYTES];
};

struct push_end {
	uint64_t accepted, had, refused;
};

struct pull_end {
	uint64_t cursor; /* ask on from here */
	bool more;
};

/* One item of an answer, taken apart. */
struct protocol_item {
	bool is_object;   /* else a note: */
	enum protocol_note note;
	union {
		struct preface preface;
		struct refusal refusal;
		struct push_end push_end;
		struct pull_end pull_end;
	};
};

MUST_CHECK enum status protocol_write_preface(struct bytes *out, const struct preface *preface, struct error *err);
MUST_CHECK enum status protocol_write_refusal(struct bytes *out, const struct refusal *refusal, struct error *err);
MUST_CHECK enum status protocol_write_push_end(struct bytes *out, const struct push_end *end, struct error *err);
MUST_CHECK enum status protocol_write_pull_end(struct bytes *out, const struct pull_end *end, struct error *err);
/* Copies as much of `text` as fits, in whole characters. */
void protocol_refusal_text(struct refusal *refusal, const char *text);
/* Strict, but for objects, which object_parse reads. An unknown note is skipped: is_object false and note as read. */
MUST_CHECK enum status protocol_read_item(struct protocol_item *item, struct span encoded, struct error *err);

#endif
