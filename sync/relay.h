/* The relay's answers: pure functions of the set and the request. Knows no HTTP.
 *
 * A push takes each complete object as its bytes arrive, verifies it, puts it;
 * what arrived stays when the request breaks. A pull gives the log after a cursor
 * to an appointed key. No session, no memory between requests.
 */
#ifndef SIJIL_SYNC_RELAY_H
#define SIJIL_SYNC_RELAY_H

#include <stdint.h>

#include "crypto/key.h"
#include "sync/store.h"

struct relay;

struct relay_options {
	struct store *store;                   /* taken: closed by relay_close */
	const struct signing_key *receipt_key; /* borrowed */
	bool hub;                              /* its receipts say so */
	uint64_t device_bytes_max;             /* verified bytes a device may keep; 0: no limit */
	int64_t (*now_s)(void);                /* the clock; tests bring their own */
};

MUST_CHECK enum status relay_open(struct relay **relay, const struct relay_options *options, struct error *err);
void relay_close(struct relay *relay);

/* One push, fed as it arrives. Its objects become durable in groups, at the latest at relay_push_end. */
struct relay_push;
MUST_CHECK enum status relay_push_begin(struct relay_push **push, struct relay *relay, struct error *err);
/* Takes the next bytes. BAD_INPUT, REFUSED: the stream is beyond reading or over a limit; what was taken stays. */
MUST_CHECK enum status relay_push_feed(struct relay_push *push, struct span piece, struct error *err);
/* Commits, and appends the answer to `answer` when not NULL: refusals, receipts of every device seen or
 * named, their acknowledgements, newer descriptors, revocations, messages, the end note. With NULL the request broke: commit only. */
MUST_CHECK enum status relay_push_end(struct relay_push *push, struct bytes *answer, struct error *err);
void relay_push_free(struct relay_push *push);

/* Answers one whole pull request body. UNTRUSTED: not an appointed key with ROLE_PULL. A wrong time gives OK
 * with a refusal and a clock in the answer. The answer holds at most about PROTOCOL_ANSWER_MAX_BYTES / 2 of objects: the
 * log after the cursor, at its end the newest heads and receipts, the clock with the log, the pull end. */
MUST_CHECK enum status relay_pull(struct relay *relay, struct span request, struct bytes *answer, struct error *err);

#endif
