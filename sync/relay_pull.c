/* Pulls: the log after a cursor, for an appointed key. Declared in sync/relay.h. */
#include "sync/bundle.h"
#include "sync/relay.h"
#include "sync/relay_answer.h"

/* Of one answer, for objects of the log; the rest is the newest statements'. */
#define LOG_BYTES (PROTOCOL_ANSWER_MAX_BYTES / 2)

/* A pull request's two items, copied out of the body. */
struct asked {
	size_t items;
	struct preface preface;
	struct bytes wire;
	struct object object; /* spans point into wire */
	struct pull_request request;
};

static enum status take_item(void *context, struct span encoded, struct error *err)
{
	struct asked *const asked = context;
	struct protocol_item item;
	const enum status status = protocol_read_item(&item, encoded, err);
	if (status != STATUS_OK)
		return status;
	asked->items++;
	if (asked->items == 1 && !item.is_object && item.note == PROTOCOL_PREFACE) {
		asked->preface = item.preface;
		return STATUS_OK;
	}
	if (asked->items == 2 && item.is_object)
		return bytes_append(&asked->wire, encoded, err);
	return error_set(err, STATUS_BAD_INPUT, "a pull is a preface and one object");
}

static enum status read_asked(struct asked *asked, struct span request, struct error *err)
{
	struct bundle_reader reader = {0};
	enum status status = bundle_feed(&reader, request, take_item, asked, err);
	if (status == STATUS_OK)
		status = bundle_end(&reader, err);
	bundle_wipe(&reader);
	if (status == STATUS_OK && asked->items != 2)
		status = error_set(err, STATUS_BAD_INPUT, "a pull is a preface and one object");
	if (status == STATUS_OK)
		status = object_parse(&asked->object, bytes_span(&asked->wire), err);
	if (status == STATUS_OK && asked->object.type != OBJECT_PULL_REQUEST)
		status = error_set(err, STATUS_BAD_INPUT, "a pull needs a pull request");
	if (status == STATUS_OK)
		status = pull_request_decode(&asked->request, asked->object.payload, err);
	return status;
}

/* --- who may --- */

struct search {
	const struct key_id *who;
	bool found;
};

static enum status look_for_revocation(void *context, uint64_t position, const struct hash *id, struct span wire,
                                       struct error *err)
{
	(void)position, (void)id, (void)err;
	struct search *const search = context;
	struct object object;
	struct revocation revocation;
	if (object_parse(&object, wire, NULL) == STATUS_OK &&
	    revocation_decode(&revocation, object.payload, NULL) == STATUS_OK && revocation.kind == REVOKE_APPOINTMENT &&
	    key_id_equals(&revocation.who, search->who))
		search->found = true;
	return STATUS_OK;
}

/* A reason of 0 grants. The signature is looked at before anything else that costs. */
static enum status judge(const struct relay_audience *audience, const struct asked *asked, enum protocol_reason *reason,
                         const char **text, struct error *err)
{
	const struct relay_options *const options = &audience->relay->options;
	const struct key_public key = signing_key_public(options->receipt_key);
	const struct key_id log = key_id_of_log(&audience->project, &key);
	struct signer signer;
	enum status status =
		options->store->methods->signer(options->store, &audience->project, &asked->object.signer, &signer, err);
	if (status == STATUS_NOT_FOUND) {
		*reason = PROTOCOL_UNKNOWN_SIGNER;
		*text = "no such appointment is known here";
		return STATUS_OK;
	}
	if (status != STATUS_OK)
		return status;
	*reason = PROTOCOL_NOT_ENTITLED;
	*text = "this key is not appointed to pull";
	if (signer.kind != SIGNER_APPOINTED || (signer.roles & ROLE_PULL) == 0)
		return STATUS_OK;
	*reason = PROTOCOL_BAD_SIGNATURE;
	*text = "the pull request's signature does not fit";
	if (object_verify(&asked->object, &signer.key, &audience->project, NULL) != STATUS_OK)
		return STATUS_OK;
	*reason = PROTOCOL_NOT_ENTITLED;
	*text = "the pull request is for another relay's log";
	if (!key_id_equals(&asked->request.log, &log))
		return STATUS_OK;
	struct search search = {.who = &asked->object.signer};
	status = options->store->methods->each_of_type(options->store, &audience->project, OBJECT_REVOCATION,
	                                               look_for_revocation, &search, err);
	if (status != STATUS_OK)
		return status;
	*reason = PROTOCOL_REVOKED;
	*text = "this appointment was revoked";
	if (search.found)
		return STATUS_OK;
	const int64_t now_s = options->now_s();
	const int64_t off_s = now_s > asked->request.time_s ? now_s - asked->request.time_s : asked->request.time_s - now_s;
	*reason = PROTOCOL_WRONG_TIME;
	*text = "the pull request's time is more than ten minutes off";
	if (off_s > STATEMENT_PULL_WINDOW_S)
		return STATUS_OK;
	*reason = PROTOCOL_NOT_ENTITLED;
	*text = "this appointment has ended";
	if (signer.until_s < now_s)
		return STATUS_OK;
	*reason = 0;
	return STATUS_OK;
}

/* --- what is given --- */

struct given {
	struct bytes *out;
	size_t most; /* of out */
	struct pull_end end;
};

static enum status give_logged(void *context, uint64_t position, const struct hash *id, struct span wire,
                               struct error *err)
{
	(void)id;
	struct given *const given = context;
	if (given->out->len + wire.len > given->most) {
		given->end.more = true;
		return STATUS_NOT_FOUND;
	}
	given->end.cursor = position;
	return bytes_append(given->out, wire, err);
}

static enum status give_tail(const struct relay_audience *audience, struct bytes *out, struct error *err)
{
	static const enum object_type types[] = {OBJECT_HEAD, OBJECT_RECEIPT, OBJECT_ACKNOWLEDGEMENT};
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		const enum status status = relay_answer_newest(audience, types[i], out, err);
		if (status != STATUS_OK)
			return status;
	}
	return relay_answer_clock(audience, true, out, err);
}

static enum status give_log(const struct relay_audience *audience, uint64_t cursor, struct bytes *out, struct error *err)
{
	const struct relay_options *const options = &audience->relay->options;
	struct given given = {.out = out, .most = LOG_BYTES, .end = {.cursor = cursor}};
	enum status status = options->store->methods->each_after(options->store, &audience->project, cursor, give_logged,
	                                                         &given, err);
	if (status == STATUS_OK && !given.end.more)
		status = give_tail(audience, out, err);
	if (status == STATUS_OK)
		status = protocol_write_pull_end(out, &given.end, err);
	return status;
}

static enum status give_refusal(const struct relay_audience *audience, const struct asked *asked,
                                enum protocol_reason reason, const char *text, struct bytes *out, struct error *err)
{
	enum status status = relay_answer_refuse(reason, text, out, err);
	if (status == STATUS_OK && reason == PROTOCOL_WRONG_TIME)
		status = relay_answer_clock(audience, false, out, err);
	const struct pull_end end = {.cursor = asked->request.cursor};
	if (status == STATUS_OK)
		status = protocol_write_pull_end(out, &end, err);
	return status;
}

/* With the lock held. */
static enum status answer(struct relay *relay, const struct asked *asked, struct bytes *out, struct error *err)
{
	const struct relay_audience audience = {.relay = relay, .project = asked->preface.project};
	struct key_public root;
	enum status status = relay->options.store->methods->project_root(relay->options.store, &audience.project, &root, err);
	if (status == STATUS_NOT_FOUND)
		return give_refusal(&audience, asked, PROTOCOL_UNKNOWN_PROJECT, "this relay does not serve that project", out, err);
	enum protocol_reason reason = 0;
	const char *text = NULL;
	if (status == STATUS_OK)
		status = judge(&audience, asked, &reason, &text, err);
	if (status != STATUS_OK)
		return status;
	if (reason != 0)
		return give_refusal(&audience, asked, reason, text, out, err);
	return give_log(&audience, asked->request.cursor, out, err);
}

enum status relay_pull(struct relay *relay, struct span request, struct bytes *answer_out, struct error *err)
{
	struct asked asked = {0};
	struct bytes out = {0};
	enum status status = read_asked(&asked, request, err);
	if (status == STATUS_OK) {
		(void)pthread_mutex_lock(&relay->lock);
		status = answer(relay, &asked, &out, err);
		(void)pthread_mutex_unlock(&relay->lock);
	}
	if (status == STATUS_OK)
		status = bytes_append(answer_out, bytes_span(&out), err);
	bytes_wipe(&out);
	bytes_wipe(&asked.wire);
	return status;
}
