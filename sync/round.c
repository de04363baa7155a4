#include "sync/round.h"

#include <time.h>

#include "sync/round_answer.h"
#include "sync/round_skip.h"

enum {
	LEAST_BYTES = 1024,
	WAIT_FIRST_MS = 1000,
	WAIT_MOST_MS = 60000,
};

/* One sync under way. */
struct sync {
	struct outbox *outbox;
	const struct round_exchange *exchange;
	struct round_progress *progress;
	size_t budget;
	struct round_skip settled; /* taken or refused: not to be sent again, receipt or not */
	struct round_skip later;   /* what the relay asked to send later, in this round */
	size_t settled_bytes;      /* of the last batch */
	uint64_t sent_to;          /* the own number that it reaches */
	bool was_sent;             /* of `last` */
	struct hash last;          /* what the round before sent, to see that nothing changes */
	struct bytes body, kept;   /* the request; the objects in it */
	bool begins_again;         /* the relay lost what it had receipted; once in a sync */
};

/* --- a relay that lost what it held --- */

struct losing {
	struct sync *sync;
	struct hash refused;
};

static enum status forget_if_own(void *context, struct span wire, struct error *err)
{
	struct losing *const losing = context;
	const struct hash name = hash_of(wire);
	struct object object;
	if (!hash_equals(&name, &losing->refused))
		return STATUS_OK;
	const enum status status = object_parse(&object, wire, err);
	return status != STATUS_OK
	               ? status
	               : outbox_forget_receipts(losing->sync->outbox, &object.signer, &losing->sync->begins_again, err);
}

/* An own object is refused because nobody there knows its signer, whose enrolment was receipted. */
static enum status take_loss(struct sync *sync, const struct refusal *refusal, struct error *err)
{
	struct losing losing = {sync, refusal->wire};
	struct bundle_reader reader = {0};
	const enum status status = bundle_feed(&reader, bytes_span(&sync->kept), forget_if_own, &losing, err);
	bundle_wipe(&reader);
	return status;
}

/* --- what need not go again --- */

static enum status take_refusal(void *context, const struct refusal *refusal, struct error *err)
{
	struct sync *const sync = context;
	sync->progress->last_refusal = *refusal;
	if (refusal->reason == PROTOCOL_TRY_LATER)
		return round_skip_add(&sync->later, &refusal->wire, err);
	if (refusal->reason == PROTOCOL_UNKNOWN_SIGNER && !sync->begins_again) {
		const enum status status = take_loss(sync, refusal, err);
		if (status != STATUS_OK)
			return status;
	}
	if (!round_skip_has(&sync->settled, &refusal->wire))
		sync->progress->refused++;
	return round_skip_add(&sync->settled, &refusal->wire, err);
}

struct settling {
	struct sync *sync;
	uint64_t named; /* of what was sent, as refused */
	bool counting;
};

static enum status settle(void *context, struct span wire, struct error *err)
{
	struct settling *const settling = context;
	struct sync *const sync = settling->sync;
	const struct hash name = hash_of(wire);
	const bool is_named = round_skip_has(&sync->later, &name) || round_skip_has(&sync->settled, &name);
	if (settling->counting)
		settling->named += is_named;
	return settling->counting || is_named ? STATUS_OK : round_skip_add(&sync->settled, &name, err);
}

/* A relay that answered to the end holds what it did not refuse: behind a gap no receipt says so, and still it must
 * not hold up what comes after. Unless it refused something that was not sent so: then it is not known what. */
static enum status settle_kept(struct sync *sync, uint64_t refused, struct error *err)
{
	struct settling settling = {.sync = sync, .counting = true};
	enum status status = STATUS_OK;
	for (size_t pass = 0; pass < 2 && status == STATUS_OK; pass++) {
		struct bundle_reader reader = {0};
		status = bundle_feed(&reader, bytes_span(&sync->kept), settle, &settling, err);
		bundle_wipe(&reader);
		if (settling.named != refused)
			break;
		settling.counting = false;
	}
	return status;
}

/* --- what is sent --- */

struct filter {
	struct sync *sync;
	size_t settled_bytes;
	bool has_more_than_heads;
};

static enum status keep_unsettled(void *context, struct span wire, struct error *err)
{
	struct filter *const filter = context;
	const struct hash name = hash_of(wire);
	if (round_skip_has(&filter->sync->settled, &name)) {
		filter->settled_bytes += wire.len;
		return STATUS_OK;
	}
	struct object object;
	const enum status status = object_parse(&object, wire, err);
	if (status != STATUS_OK)
		return status;
	if (object.type != OBJECT_HEAD)
		filter->has_more_than_heads = true;
	return bytes_append(&filter->sync->kept, wire, err);
}

/* *more: what is settled took the room of something that is not. */
static enum status fill_once(struct sync *sync, bool *more, struct error *err)
{
	struct bytes bundle = {0};
	struct filter filter = {.sync = sync};
	struct bundle_reader reader = {0};
	bool left = false;
	bytes_clear(&sync->kept);
	enum status status = outbox_batch(sync->outbox, sync->budget + sync->settled_bytes, &bundle, &sync->sent_to,
	                                  &left, err);
	if (status == STATUS_OK)
		status = bundle_feed(&reader, bytes_span(&bundle), keep_unsettled, &filter, err);
	if (status == STATUS_OK)
		status = bundle_end(&reader, err);
	*more = left && filter.settled_bytes > sync->settled_bytes;
	sync->settled_bytes = filter.settled_bytes;
	/* A head alone says nothing that its chain's receipt did not. */
	if (status != STATUS_OK || !filter.has_more_than_heads)
		bytes_clear(&sync->kept);
	bundle_wipe(&reader);
	bytes_wipe(&bundle);
	return status;
}

/* Fills sync->kept with the next objects; empty when there is nothing to say. */
static enum status fill_batch(struct sync *sync, struct error *err)
{
	bool more = true;
	enum status status = STATUS_OK;
	while (status == STATUS_OK && more)
		status = fill_once(sync, &more, err);
	return status;
}

static enum status name_device(void *context, uint64_t position, const struct hash *id, struct span wire,
                               struct error *err)
{
	(void)position, (void)wire, (void)err;
	struct preface *const preface = context;
	if (preface->devices_len == PROTOCOL_DEVICES_MAX)
		return STATUS_NOT_FOUND;
	const struct key_id device = key_id_of_object(id);
	if (!key_id_equals(&device, &preface->devices[0]))
		preface->devices[preface->devices_len++] = device;
	return STATUS_OK;
}

static enum status write_preface(struct sync *sync, struct error *err)
{
	struct preface preface = {
		.project = outbox_project(sync->outbox),
		.descriptor = outbox_descriptor(sync->outbox)->number,
		.devices_len = 1,
		.devices = {outbox_device(sync->outbox)},
	};
	const enum status status = set_each_device(outbox_set(sync->outbox), name_device, &preface, err);
	return status == STATUS_OK ? protocol_write_preface(&sync->body, &preface, err) : status;
}

/* --- one round --- */

static enum status take_answered(void *context, struct span wire, struct error *err)
{
	struct sync *const sync = context;
	struct admission admission;
	enum set_outcome outcome = SET_HAD;
	const enum status status = outbox_take(sync->outbox, wire, &admission, &outcome, err);
	return status_blames_input(status) ? STATUS_OK : status;
}

/* Nothing is settled any more, and what was refused goes again behind the enrolment. */
static void begin_again(struct sync *sync)
{
	round_skip_wipe(&sync->settled);
	sync->settled_bytes = 0;
	sync->progress->refused = 0;
}

/* It is written down that own events leave before they do; where nothing went out, that is taken back. */
static enum status post_once(struct sync *sync, struct bytes *came, struct error *err)
{
	const struct round_exchange *const exchange = sync->exchange;
	struct outbox_handing handing = {0};
	const bool hands_over = sync->kept.len > 0 && sync->sent_to > 0;
	enum status status = hands_over ? outbox_hand_over(sync->outbox, sync->sent_to, &handing, err) : STATUS_OK;
	if (status != STATUS_OK)
		return status;
	status = exchange->post(exchange->context, PROTOCOL_PUSH_PATH, bytes_span(&sync->body), PROTOCOL_ANSWER_MAX_BYTES, came,
	                        err);
	if (status == STATUS_OK || !hands_over || exchange->reached == NULL || exchange->reached(exchange->context))
		return status;
	/* That it could not be taken back is the lesser trouble. */
	(void)!outbox_take_back(sync->outbox, &handing, NULL);
	return status;
}

static enum status exchange_once(struct sync *sync, struct error *err)
{
	const bool began_again = sync->begins_again;
	struct bytes came = {0};
	struct round_answer answer = {0};
	const struct round_reader reader = {.take = take_answered, .refused = take_refusal, .context = sync};
	round_skip_wipe(&sync->later);
	sync->progress->rounds++;
	sync->progress->sent_bytes += sync->body.len;
	enum status status = post_once(sync, &came, err);
	sync->progress->got_bytes += came.len;
	const enum status posted = status;
	status = round_answer_read(&answer, bytes_span(&came), &reader, posted == STATUS_OK ? err : NULL);
	bytes_wipe(&came);
	if (posted != STATUS_OK)
		return posted;
	if (status == STATUS_OK)
		status = round_answer_check(&answer, err);
	if (sync->begins_again && !began_again)
		begin_again(sync);
	else if (status == STATUS_OK)
		status = settle_kept(sync, answer.push_end.refused, err);
	/* Over a limit, what was looked at counts, and the next round sends less. */
	return status == STATUS_REFUSED && answer.whole.reason == PROTOCOL_OVER_LIMIT ? STATUS_OK : status;
}

static enum status note_progress(struct sync *sync, struct error *err)
{
	struct outbox_status now;
	const enum status status = outbox_status(sync->outbox, &now, err);
	if (status != STATUS_OK)
		return status;
	sync->progress->saved = now.saved;
	sync->progress->relay = now.relay;
	sync->progress->hq = now.hq;
	return STATUS_OK;
}

static enum status send_round(struct sync *sync, bool ask_only, bool *done, struct error *err)
{
	bytes_clear(&sync->body);
	bytes_clear(&sync->kept);
	enum status status = ask_only ? STATUS_OK : fill_batch(sync, err);
	if (status != STATUS_OK)
		return status;
	const struct hash name = hash_of(bytes_span(&sync->kept));
	*done = !ask_only && sync->progress->rounds > 0 &&
	        (sync->kept.len == 0 || (sync->was_sent && hash_equals(&name, &sync->last)));
	if (*done)
		return STATUS_OK;
	status = write_preface(sync, err);
	if (status == STATUS_OK)
		status = bytes_append(&sync->body, bytes_span(&sync->kept), err);
	if (status == STATUS_OK)
		status = exchange_once(sync, err);
	sync->was_sent = status == STATUS_OK && !ask_only;
	sync->last = name;
	return status;
}

/* --- the whole sync --- */

static void sleep_ms(uint32_t wait_ms)
{
	struct timespec left = {.tv_sec = wait_ms / 1000, .tv_nsec = (long)(wait_ms % 1000) * 1000000};
	while (nanosleep(&left, &left) != 0) {
	}
}

/* Twice as long after each failure, and half of it again by chance, so that many devices do not come back at once. */
static void wait_before_retry(const struct round_exchange *exchange, unsigned failures)
{
	uint32_t wait_ms = WAIT_FIRST_MS;
	for (unsigned i = 1; i < failures && wait_ms < WAIT_MOST_MS; i++)
		wait_ms *= 2;
	if (wait_ms > WAIT_MOST_MS)
		wait_ms = WAIT_MOST_MS;
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	wait_ms += (uint32_t)((uint64_t)now.tv_nsec / 1000 % (wait_ms / 2));
	if (exchange->wait != NULL)
		exchange->wait(exchange->context, wait_ms);
	else
		sleep_ms(wait_ms);
}

static enum status push_all(struct sync *sync, unsigned attempts,
                            void (*report)(void *context, const struct round_progress *progress), void *report_context,
                            struct error *err)
{
	unsigned failures = 0;
	bool done = false, asks = false;
	for (;;) {
		const uint64_t held = sync->progress->relay;
		enum status status = send_round(sync, asks, &done, err);
		if (done)
			return STATUS_OK;
		const enum status noted = note_progress(sync, status == STATUS_OK ? err : NULL);
		if (report != NULL)
			report(report_context, sync->progress);
		if (status == STATUS_OK)
			status = noted;
		if (status == STATUS_OFFLINE && ++failures < attempts) {
			sync->budget = sync->budget / 2 < LEAST_BYTES ? LEAST_BYTES : sync->budget / 2;
			wait_before_retry(sync->exchange, failures);
			asks = true;
			continue;
		}
		if (status != STATUS_OK)
			return status;
		if (failures == 0)
			sync->budget = 2 * sync->budget > ROUND_MOST_BYTES ? ROUND_MOST_BYTES : 2 * sync->budget;
		/* That it answers is no success yet: a relay that cannot store would be sent the same for ever. */
		if (!asks || sync->progress->relay > held)
			failures = 0;
		asks = false;
	}
}

enum status round_push(struct outbox *outbox, const struct round_exchange *exchange, unsigned attempts,
                       void (*report)(void *context, const struct round_progress *progress), void *report_context,
                       struct round_progress *progress, struct error *err)
{
	*progress = (struct round_progress){0};
	struct sync sync = {.outbox = outbox, .exchange = exchange, .progress = progress, .budget = ROUND_FIRST_BYTES};
	const uint64_t descriptor = outbox_descriptor(outbox)->number;
	enum status status = note_progress(&sync, err);
	if (status == STATUS_OK)
		status = push_all(&sync, attempts, report, report_context, err);
	progress->descriptor_is_new = outbox_descriptor(outbox)->number != descriptor;
	round_skip_wipe(&sync.settled);
	round_skip_wipe(&sync.later);
	bytes_wipe(&sync.body);
	bytes_wipe(&sync.kept);
	return status;
}
