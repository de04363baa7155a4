/* The client's rounds: a device pushes what the relay has not receipted; HQ pulls.
 *
 * A round is one request. Nothing is deleted before a receipt; progress counts
 * receipts, never bytes. Round size starts near 8 KiB, doubles on success to 128 KiB, halves on
 * failure.
 */
#ifndef SIJIL_SYNC_ROUND_H
#define SIJIL_SYNC_ROUND_H

#include "schema/outbox.h"
#include "sync/bundle.h"
#include "sync/protocol.h"
#include "sync/transport.h"

#define ROUND_FIRST_BYTES 8192
#define ROUND_MOST_BYTES 131072

/* The exchange that a round uses: transport_post, or a test's own. */
struct round_exchange {
	void *context;
	/* As transport_post. What came of an answer that broke off may stand in *answer: it is taken. */
	enum status (*post)(void *context, const char *path, struct span body, size_t max, struct bytes *answer,
	                    struct error *err);
	/* Whether any of the last post that failed may have gone out; NULL: it may. */
	bool (*reached)(void *context);
	/* Waits between attempts; NULL: sleeps. */
	void (*wait)(void *context, uint32_t wait_ms);
};

struct round_progress {
	uint64_t saved, relay, hq;  /* as in outbox_status */
	uint64_t sent_bytes, got_bytes, rounds;
	uint64_t refused;           /* objects that the relay named as refused in this sync */
	struct refusal last_refusal;
	bool descriptor_is_new;
};

/* Pushes until nothing is left, or a round changes nothing, or one fails. The first round sends at once; one after a
 * failure asks first. `report` (may be NULL) is called after each round. OFFLINE and others come out after everything
 * received so far was kept; *progress is always filled. `attempts`: rounds in a row that may fail with OFFLINE before
 * it gives up; waits with jitter between them. Objects that the relay refused are not sent again and give OK with
 * progress->refused; a refusal of the request as a whole gives REFUSED. */
MUST_CHECK enum status round_push(struct outbox *outbox, const struct round_exchange *exchange, unsigned attempts,
                                  void (*report)(void *context, const struct round_progress *progress), void *report_context,
                                  struct round_progress *progress, struct error *err);

/* HQ's side. What the puller keeps is behind this small interface (schema's ledger gives it). */
struct round_puller {
	void *context;
	struct key_id project, log, appointment;
	const struct signing_key *key; /* of the appointment */
	uint64_t descriptor;           /* newest number held */
	int64_t (*now_s)(void);        /* the clock; NULL: the system's */
	/* A pulled object with its position in the relay's log (0: not logged), the relay's clock too. Statuses BAD_INPUT,
	 * UNTRUSTED, TAMPERED, REFUSED are quarantine: the pull goes on. A clock is believed if this gives OK. */
	enum status (*take)(void *context, struct span wire, uint64_t position, struct error *err);
	/* After each answer: everything up to `cursor` may be made durable. */
	enum status (*commit)(void *context, uint64_t cursor, struct error *err);
};

struct pull_progress {
	uint64_t objects, quarantined, got_bytes, rounds, cursor;
};

/* Pulls the log after `cursor` to its end. A wrong clock is corrected once by the relay's signed time. REFUSED: the relay
 * does not grant it, with its reason. What a broken answer brought is kept, and progress->cursor goes on from there. */
MUST_CHECK enum status round_pull(const struct round_puller *puller, const struct round_exchange *exchange, uint64_t cursor,
                                  struct pull_progress *progress, struct error *err);

/* Pushes a bundle of HQ's own objects (descriptors, acknowledgements, revocations), in one request or as many as its
 * size needs. `take` is given each object of the answers; its BAD_INPUT, UNTRUSTED, TAMPERED and REFUSED are passed over. */
MUST_CHECK enum status round_push_bundle(const struct round_exchange *exchange, const struct preface *preface,
                                         struct span bundle, bundle_object_function *take, void *take_context,
                                         struct round_progress *progress, struct error *err);

#endif
