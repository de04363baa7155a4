/* HQ's side of a round: pulling the log, pushing a bundle. Declared in sync/round.h. */
#include <time.h>

#include "sync/round.h"
#include "sync/round_answer.h"

/* --- pull --- */

struct pull {
	const struct round_puller *puller;
	const struct round_exchange *exchange;
	struct pull_progress *progress;
	int64_t offset_s; /* of the relay's clock before ours */
	bool has_clock;   /* one came in the last answer, and was believed */
	struct relay_clock clock;
};

static int64_t now_s(const struct round_puller *puller)
{
	return puller->now_s != NULL ? puller->now_s() : (int64_t)time(NULL);
}

static enum status take_pulled(void *context, struct span wire, struct error *err)
{
	struct pull *const pull = context;
	struct object object;
	const bool is_object = object_parse(&object, wire, NULL) == STATUS_OK;
	const bool is_logged = is_object && object_type_is_logged(object.type);
	if (is_logged)
		pull->progress->cursor++;
	pull->progress->objects++;
	const enum status status = pull->puller->take(pull->puller->context, wire, is_logged ? pull->progress->cursor : 0, err);
	if (status == STATUS_OK && is_object && object.type == OBJECT_CLOCK &&
	    relay_clock_decode(&pull->clock, object.payload, NULL) == STATUS_OK)
		pull->has_clock = true;
	if (!status_blames_input(status))
		return status;
	pull->progress->quarantined++;
	return STATUS_OK;
}

static enum status write_request(const struct pull *pull, struct bytes *body, struct error *err)
{
	const struct round_puller *const puller = pull->puller;
	const struct preface preface = {.project = puller->project, .descriptor = puller->descriptor};
	const struct pull_request request = {
		.log = puller->log,
		.cursor = pull->progress->cursor,
		.time_s = now_s(puller) + pull->offset_s,
	};
	struct bytes payload = {0};
	struct hash id;
	enum status status = protocol_write_preface(body, &preface, err);
	if (status == STATUS_OK)
		status = pull_request_encode(&payload, &request, err);
	const struct object_draft draft = {
		.type = OBJECT_PULL_REQUEST,
		.signer = puller->appointment,
		.payload = bytes_span(&payload),
	};
	if (status == STATUS_OK)
		status = object_make(body, &id, &draft, puller->key, &puller->project, err);
	bytes_wipe(&payload);
	return status;
}

/* The cursor that an answer ends with must be the one its objects led to: a relay that miscounts would make us
 * miss some. */
static enum status check_cursor(const struct pull *pull, const struct round_answer *answer, uint64_t before,
                                struct error *err)
{
	if (answer->pull_end.cursor != pull->progress->cursor)
		return error_set(err, STATUS_BAD_INPUT, "the relay's answer does not hold together: it says %llu and gives %llu",
		                 (unsigned long long)answer->pull_end.cursor, (unsigned long long)pull->progress->cursor);
	if (answer->pull_end.more && pull->progress->cursor == before)
		return error_set(err, STATUS_BAD_INPUT, "the relay says there is more and gives nothing");
	return STATUS_OK;
}

static enum status pull_once(struct pull *pull, struct round_answer *answer, struct error *err)
{
	const struct round_exchange *const exchange = pull->exchange;
	const struct round_reader reader = {.take = take_pulled, .context = pull};
	const uint64_t before = pull->progress->cursor;
	struct bytes body = {0}, came = {0};
	pull->has_clock = false;
	pull->progress->rounds++;
	enum status status = write_request(pull, &body, err);
	const enum status posted = status != STATUS_OK ? status
	                                               : exchange->post(exchange->context, PROTOCOL_PULL_PATH, bytes_span(&body),
	                                                                PROTOCOL_ANSWER_MAX_BYTES, &came, err);
	pull->progress->got_bytes += came.len;
	status = round_answer_read(answer, bytes_span(&came), &reader, posted == STATUS_OK ? err : NULL);
	if (status == STATUS_OK && pull->progress->cursor > before)
		status = pull->puller->commit(pull->puller->context, pull->progress->cursor, posted == STATUS_OK ? err : NULL);
	if (posted != STATUS_OK)
		status = posted;
	else if (status == STATUS_OK && answer->ended && !answer->is_refused)
		status = check_cursor(pull, answer, before, err);
	bytes_wipe(&came);
	bytes_wipe(&body);
	return status;
}

enum status round_pull(const struct round_puller *puller, const struct round_exchange *exchange, uint64_t cursor,
                       struct pull_progress *progress, struct error *err)
{
	*progress = (struct pull_progress){.cursor = cursor};
	struct pull pull = {.puller = puller, .exchange = exchange, .progress = progress};
	bool corrected = false;
	for (;;) {
		struct round_answer answer = {0};
		enum status status = pull_once(&pull, &answer, err);
		if (status != STATUS_OK)
			return status;
		if (answer.ended && answer.is_refused && answer.whole.reason == PROTOCOL_WRONG_TIME && pull.has_clock && !corrected) {
			pull.offset_s = pull.clock.time_s - now_s(puller);
			corrected = true;
			continue;
		}
		status = round_answer_check(&answer, err);
		if (status != STATUS_OK || !answer.pull_end.more)
			return status;
	}
}

/* --- pushing a bundle --- */

struct parcel {
	const struct round_exchange *exchange;
	const struct preface *preface;
	bundle_object_function *take;
	void *take_context;
	struct round_progress *progress;
	struct bytes body;
	size_t empty_len; /* of a body with the preface alone */
};

static enum status take_returned(void *context, struct span wire, struct error *err)
{
	const struct parcel *const parcel = context;
	const enum status status = parcel->take == NULL ? STATUS_OK : parcel->take(parcel->take_context, wire, err);
	return status_blames_input(status) ? STATUS_OK : status;
}

static enum status note_refusal(void *context, const struct refusal *refusal, struct error *err)
{
	(void)err;
	struct parcel *const parcel = context;
	parcel->progress->refused++;
	parcel->progress->last_refusal = *refusal;
	return STATUS_OK;
}

static enum status begin_parcel(struct parcel *parcel, struct error *err)
{
	bytes_clear(&parcel->body);
	const enum status status = protocol_write_preface(&parcel->body, parcel->preface, err);
	parcel->empty_len = parcel->body.len;
	return status;
}

static enum status post_parcel(struct parcel *parcel, struct error *err)
{
	const struct round_exchange *const exchange = parcel->exchange;
	const struct round_reader reader = {.take = take_returned, .refused = note_refusal, .context = parcel};
	struct bytes came = {0};
	struct round_answer answer = {0};
	parcel->progress->rounds++;
	parcel->progress->sent_bytes += parcel->body.len;
	enum status status = exchange->post(exchange->context, PROTOCOL_PUSH_PATH, bytes_span(&parcel->body),
	                                    PROTOCOL_ANSWER_MAX_BYTES, &came, err);
	parcel->progress->got_bytes += came.len;
	if (status == STATUS_OK)
		status = round_answer_read(&answer, bytes_span(&came), &reader, err);
	if (status == STATUS_OK)
		status = round_answer_check(&answer, err);
	bytes_wipe(&came);
	return status;
}

static enum status add_to_parcel(void *context, struct span wire, struct error *err)
{
	struct parcel *const parcel = context;
	enum status status = STATUS_OK;
	if (parcel->body.len + wire.len > PROTOCOL_REQUEST_MAX_BYTES && parcel->body.len > parcel->empty_len) {
		status = post_parcel(parcel, err);
		if (status == STATUS_OK)
			status = begin_parcel(parcel, err);
	}
	return status == STATUS_OK ? bytes_append(&parcel->body, wire, err) : status;
}

enum status round_push_bundle(const struct round_exchange *exchange, const struct preface *preface, struct span bundle,
                              bundle_object_function *take, void *take_context, struct round_progress *progress,
                              struct error *err)
{
	*progress = (struct round_progress){0};
	struct parcel parcel = {
		.exchange = exchange,
		.preface = preface,
		.take = take,
		.take_context = take_context,
		.progress = progress,
	};
	struct bundle_reader reader = {0};
	enum status status = begin_parcel(&parcel, err);
	if (status == STATUS_OK)
		status = bundle_feed(&reader, bundle, add_to_parcel, &parcel, err);
	if (status == STATUS_OK)
		status = bundle_end(&reader, err);
	if (status == STATUS_OK)
		status = post_parcel(&parcel, err);
	bundle_wipe(&reader);
	bytes_wipe(&parcel.body);
	return status;
}
