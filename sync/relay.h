/* The relay's answers: pure functions of the set and the request. Knows no HTTP.
 *
 * A push takes each complete object as its bytes arrive, verifies it, puts it;
 * what arrived stays when the request breaks. A pull gives the log after a cursor
 * to an appointed key. No session, no memory between requests. All functions may
 * be called from many threads; one push belongs to one thread at a time.
 */
#ifndef SIJIL_SYNC_RELAY_H
#define SIJIL_SYNC_RELAY_H

#include <stdint.h>

#include "crypto/key.h"
#include "sync/protocol.h"
#include "sync/store.h"

/* Devices that one push may concern, named or brought. */
#define RELAY_DEVICES_MAX 256
/* Objects wait in memory up to so many bytes before they are put and committed together. */
#define RELAY_BATCH_BYTES (256u << 10)
/* Keys that may join by one invite: each takes at least this part of its room, because headquarters looks at all of
 * them in each command. */
#define RELAY_JOINS_MAX 1024

struct relay;

struct relay_options {
	struct store *store;                   /* taken: closed by relay_close */
	const struct signing_key *receipt_key; /* borrowed */
	bool hub;                              /* its receipts say so */
	uint64_t device_bytes_max;             /* verified bytes that all who came by one invite may keep; 0: no limit */
	int64_t (*now_s)(void);                /* the clock; tests bring their own */
};

MUST_CHECK enum status relay_open(struct relay **relay, const struct relay_options *options, struct error *err);
void relay_close(struct relay *relay);

/* One push, fed as it arrives. Its objects become durable in groups, at the latest at relay_push_end. */
struct relay_push;
MUST_CHECK enum status relay_push_begin(struct relay_push **push, struct relay *relay, struct error *err);
/* Takes the next bytes. BAD_INPUT, REFUSED: the stream is beyond reading or over a limit; what was taken stays, nothing
 * more is, and relay_push_end still answers. BUSY, IO and the like: the relay's own trouble, there is no answer. */
MUST_CHECK enum status relay_push_feed(struct relay_push *push, struct span piece, struct error *err);
/* Commits, and appends the answer to `answer` when not NULL: refusals, newer descriptors, receipts of every device seen or
 * named, their acknowledgements, revocations, messages, the end note. With NULL the request broke: commit only. */
MUST_CHECK enum status relay_push_end(struct relay_push *push, struct bytes *answer, struct error *err);
/* What of the request was counted so far, for the server's own log. */
struct push_end relay_push_counts(const struct relay_push *push);
void relay_push_free(struct relay_push *push);

/* Answers one whole pull request body. BAD_INPUT: not a preface and one object. A request that may not be granted (unknown
 * project, no appointed key with ROLE_PULL, revoked, wrong time) gives OK with a refusal in the answer, for the wrong time a
 * clock too. The answer holds at most about PROTOCOL_ANSWER_MAX_BYTES / 2 of objects: the log after the cursor, at its
 * end the newest heads, receipts and acknowledgements, the clock with the log, the pull end. */
MUST_CHECK enum status relay_pull(struct relay *relay, struct span request, struct bytes *answer, struct error *err);

#endif
