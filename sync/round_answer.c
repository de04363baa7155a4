#include "sync/round_answer.h"

struct reading {
	struct round_answer *answer;
	const struct round_reader *reader;
};

static enum status take_refusal(const struct reading *reading, const struct refusal *refusal, struct error *err)
{
	if (hash_is_zero(&refusal->wire)) {
		reading->answer->is_refused = true;
		reading->answer->whole = *refusal;
		return STATUS_OK;
	}
	return reading->reader->refused == NULL ? STATUS_OK : reading->reader->refused(reading->reader->context, refusal, err);
}

static enum status take_item(void *context, struct span encoded, struct error *err)
{
	const struct reading *const reading = context;
	struct protocol_item item;
	const enum status status = protocol_read_item(&item, encoded, err);
	if (status != STATUS_OK)
		return status;
	if (reading->answer->ended)
		return error_set(err, STATUS_BAD_INPUT, "the relay's answer goes on after its end");
	if (item.is_object)
		return reading->reader->take(reading->reader->context, encoded, err);
	switch (item.note) {
	case PROTOCOL_REFUSAL:
		return take_refusal(reading, &item.refusal, err);
	case PROTOCOL_PUSH_END:
		reading->answer->ended = true;
		reading->answer->push_end = item.push_end;
		return STATUS_OK;
	case PROTOCOL_PULL_END:
		reading->answer->ended = true;
		reading->answer->pull_end = item.pull_end;
		return STATUS_OK;
	case PROTOCOL_PREFACE:
		break;
	}
	return STATUS_OK;
}

enum status round_answer_read(struct round_answer *answer, struct span came, const struct round_reader *reader,
                              struct error *err)
{
	*answer = (struct round_answer){0};
	struct reading reading = {.answer = answer, .reader = reader};
	struct bundle_reader bundle = {0};
	const enum status status = bundle_feed(&bundle, came, take_item, &reading, err);
	bundle_wipe(&bundle);
	return status == STATUS_BAD_INPUT ? error_wrap(err, status, "the relay's answer cannot be read") : status;
}

enum status round_answer_check(const struct round_answer *answer, struct error *err)
{
	if (!answer->ended) {
		error_set(err, STATUS_OFFLINE, "the relay's answer broke off");
		error_hint(err, "Nothing is lost; try again.");
		return STATUS_OFFLINE;
	}
	if (!answer->is_refused)
		return STATUS_OK;
	if (answer->whole.reason == PROTOCOL_TRY_LATER)
		return error_set(err, STATUS_OFFLINE, "the relay asks to try later: %s", answer->whole.text);
	return error_set(err, STATUS_REFUSED, "the relay refused: %s", answer->whole.text);
}
