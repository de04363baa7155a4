#include "app/sijil/sijil_talk.h"

#include "app/dialogue_say.h"
#include "app/print.h"
#include "crypto/secret.h"
#include "schema/date.h"
#include "schema/vocabulary.h"

#include <stdio.h>
#include <string.h>

/* What is asked of one who adds his word to another's report. */
enum {
	CORROBORATE_STEPS = 1u << DIALOGUE_STEP_HOW_MANY | 1u << DIALOGUE_STEP_SOURCE | 1u << DIALOGUE_STEP_ELSE,
};

/* --- the draft --- */

static enum status keep(void *context, const struct dialogue *dialogue, struct error *err)
{
	struct sijil_talk *const talk = context;
	struct outbox_draft kept = {0};
	enum body_clock clock;
	struct draft draft = {talk->type, talk->parent, talk->begun_s, dialogue->at, dialogue->report};
	memcpy(kept.mark, talk->mark, sizeof kept.mark);
	sijil_clock(talk->session, &kept.saved_s, &clock);
	enum status status = draft_encode(&kept.content, &draft, &dialogue->base, err);
	if (status == STATUS_OK)
		status = outbox_draft_put(talk->session->outbox, &kept, err);
	talk->kept = talk->kept || status == STATUS_OK;
	bytes_wipe(&kept.content);
	explicit_bzero(&draft, sizeof draft);
	return status;
}

static enum status check(void *context, struct dialogue *dialogue, struct error *err)
{
	struct sijil_talk *const talk = context;
	if (talk->type == OBJECT_CORROBORATE)
		return report_validate_part(&dialogue->report, &talk->clock, err);
	return sijil_finish_report(&dialogue->report, talk->session, &talk->clock, err);
}

/* What the worker said last is likely where he still is. */
static void learn_usual(struct sijil_talk *talk)
{
	enum { LOOK_BACK = 16 };
	static const char *const fields[] = {"kind", "place"};
	struct outbox *const outbox = talk->session->outbox;
	struct outbox_entry entry;
	const uint64_t tip = outbox == NULL ? 0 : outbox_tip(outbox).number;
	for (uint64_t i = 0; i < LOOK_BACK && i < tip; i++) {
		char name[24];
		(void)snprintf(name, sizeof name, "%llu", (unsigned long long)(tip - i));
		if (outbox_find(outbox, name, &entry, NULL) != STATUS_OK || entry.type != OBJECT_REPORT || !entry.readable)
			continue;
		for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
			report_copy_field(&talk->dialogue.usual, &entry.body.report, report_field_find(fields[k]));
		break;
	}
	if (talk->dialogue.usual.kind == 0)
		talk->dialogue.usual.kind = VOCABULARY_KIND_ARRIVAL;
	explicit_bzero(&entry, sizeof entry);
}

static enum status make_mark(struct sijil_talk *talk, struct error *err)
{
	struct secret *random = NULL;
	const enum status status = secret_new_random(&random, sizeof talk->mark, err);
	if (status == STATUS_OK)
		memcpy(talk->mark, random->data, sizeof talk->mark);
	secret_free(random);
	return status;
}

enum status sijil_talk_begin(struct sijil_talk *talk, struct sijil_session *session, const struct body *body,
                             const struct report_reading *reading, struct error *err)
{
	*talk = (struct sijil_talk){
		.session = session,
		.type = body->type,
		.parent = body->parent,
		.clock = {body->created_s, body->clock == BODY_CLOCK_UNSET},
		.begun_s = body->created_s,
		.is_locked = session->outbox == NULL,
	};
	struct dialogue *const dialogue = &talk->dialogue;
	dialogue->reading = *reading;
	dialogue->clock_is_unset = talk->clock.unset;
	if (talk->clock.unset)
		dialogue->reading.today = INT32_MIN;
	dialogue->steps = body->type == OBJECT_CORROBORATE ? CORROBORATE_STEPS : DIALOGUE_ALL_STEPS;
	dialogue->asks_all = body->type == OBJECT_AMEND;
	dialogue->corrects = body->type == OBJECT_AMEND;
	dialogue->context = talk;
	dialogue->check = check;
	dialogue->keep = talk->is_locked || !outbox_keeps_drafts(session->outbox) ? NULL : keep;
	report_init(&dialogue->report);
	report_init(&dialogue->base);
	report_init(&dialogue->usual);
	if (body->type == OBJECT_REPORT)
		learn_usual(talk);
	const enum status status = make_mark(talk, err);
	return status == STATUS_OK ? line_new(&dialogue->line, err) : status;
}

void sijil_talk_free(struct sijil_talk *talk)
{
	line_free(talk->dialogue.line);
	explicit_bzero(talk, sizeof *talk);
}

/* --- going on with a draft --- */

/* The report as it stands now, and its newest amendment: what an amendment that was begun goes on from. */
static enum status find_base(struct sijil_talk *talk, struct draft *draft, struct report *base, struct error *err)
{
	report_init(base);
	if (draft->type != OBJECT_AMEND)
		return STATUS_OK;
	const enum status status = sijil_newest(talk->session, &draft->parent, &draft->parent, err);
	return status == STATUS_OK ? outbox_current(talk->session->outbox, &draft->parent, base, err) : status;
}

static enum status decode(struct sijil_talk *talk, const struct outbox_draft *kept, struct draft *draft, struct report *base,
                          struct error *err)
{
	enum status status = draft_decode_head(draft, bytes_span(&kept->content), err);
	if (status == STATUS_OK)
		status = find_base(talk, draft, base, err);
	const struct hash parent = draft->parent;
	if (status == STATUS_OK)
		status = draft_decode(draft, bytes_span(&kept->content), base, err);
	draft->parent = parent;
	return status;
}

/* "Arrival, C5999, 300 families". */
static void print_gist(const struct draft *draft, int64_t saved_s)
{
	static const uint8_t steps[] = {DIALOGUE_STEP_KIND, DIALOGUE_STEP_WHERE, DIALOGUE_STEP_HOW_MANY};
	char text[REPORT_TEXT_BYTES], time[DATE_TIME_TEXT_BYTES];
	const char *what = draft->type == OBJECT_AMEND ? "correction" : draft->type == OBJECT_CORROBORATE ? "word" : "report";
	date_time_format(saved_s, time);
	print_out("An unfinished %s waits, of\n%s:\n", what, time);
	for (size_t i = 0; i < sizeof steps; i++) {
		dialogue_say(&draft->report, dialogue_question_at(steps[i], draft->report.kind), text);
		if (text[0] != '\0')
			print_out("  %s\n", text);
	}
	explicit_bzero(text, sizeof text);
}

/* 'y': go on with it; 'd': drop it. */
static enum status ask_what_to_do(struct sijil_talk *talk, bool readable, char *letter, struct error *err)
{
	*letter = 0;
	for (;;) {
		const enum status status =
			dialogue_letter(talk->dialogue.line, readable ? "Enter goes on, d drops it, q leaves > " : "d drops it, q leaves > ",
		                        letter, err);
		if (status != STATUS_OK && status != STATUS_NOT_FOUND)
			return status;
		if (status == STATUS_NOT_FOUND || *letter == 'q') {
			(void)error_set(err, STATUS_REFUSED, "the draft is kept, and nothing new was begun");
			error_hint(err, "sijil add offers it again; a report of field=value words alone goes past it");
			return STATUS_REFUSED;
		}
		if (*letter == 'd' || (*letter == 'y' && readable))
			return STATUS_OK;
	}
}

static void take_up(struct sijil_talk *talk, const struct draft *draft, const struct report *base,
                    const struct outbox_draft *kept)
{
	struct dialogue *const dialogue = &talk->dialogue;
	talk->type = draft->type;
	talk->parent = draft->parent;
	talk->begun_s = draft->begun_s;
	talk->kept = true;
	memcpy(talk->mark, kept->mark, sizeof talk->mark);
	dialogue->report = draft->report;
	dialogue->base = *base;
	dialogue->at = draft->at;
	dialogue->asks_all = dialogue->corrects = draft->type == OBJECT_AMEND;
	dialogue->steps = draft->type == OBJECT_CORROBORATE ? CORROBORATE_STEPS : DIALOGUE_ALL_STEPS;
}

enum status sijil_talk_resume(struct sijil_talk *talk, bool *resumed, struct error *err)
{
	struct outbox_draft kept = {0};
	struct draft draft = {0};
	struct report base;
	struct error why = {0};
	char letter = 0;
	*resumed = false;
	if (talk->dialogue.keep == NULL)
		return STATUS_OK;
	enum status status = outbox_draft_get(talk->session->outbox, &kept, err);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	const enum status read = decode(talk, &kept, &draft, &base, &why);
	if (read == STATUS_OK)
		print_gist(&draft, kept.saved_s);
	else
		print_out("An unfinished report waits, but:\n%s.\n", why.message);
	status = ask_what_to_do(talk, read == STATUS_OK, &letter, err);
	if (status == STATUS_OK && letter == 'd')
		status = outbox_draft_drop(talk->session->outbox, kept.mark, err);
	else if (status == STATUS_OK)
		take_up(talk, &draft, &base, &kept);
	*resumed = status == STATUS_OK && letter != 'd';
	bytes_wipe(&kept.content);
	explicit_bzero(&draft, sizeof draft);
	explicit_bzero(&base, sizeof base);
	return status;
}

/* --- asking, saving --- */

static void print_manners(const struct sijil_talk *talk)
{
	print_out("Enter takes what is in [ ]. ? explains,\n< goes back, . goes to the end.\n%s\n",
	          talk->is_locked ? "Ctrl-C gives up." : talk->dialogue.keep != NULL ? "Ctrl-C stops and keeps a draft."
	                                                                             : "No draft is kept in this project.");
}

/* The worker left. What was kept is said, and how to go on. */
static enum status say_left(struct sijil_talk *talk, enum status status, struct error *err)
{
	if (status == STATUS_REFUSED) {
		const enum status dropped = talk->kept ? outbox_draft_drop(talk->session->outbox, talk->mark, err) : STATUS_OK;
		return dropped == STATUS_OK ? status : dropped;
	}
	if (!talk->kept) {
		(void)error_set(err, STATUS_REFUSED, "stopped; nothing was saved");
		error_hint(err, talk->is_locked ? "sijil note begins again" : "sijil add begins again");
	} else {
		(void)error_set(err, STATUS_REFUSED, "stopped; what you said is kept as a draft, encrypted in the register");
		error_hint(err, "sijil add goes on with it");
	}
	return STATUS_REFUSED;
}

enum status sijil_talk_run(struct sijil_talk *talk, struct error *err)
{
	print_manners(talk);
	const enum status status = dialogue_run(&talk->dialogue, err);
	return status == STATUS_NOT_FOUND || status == STATUS_REFUSED ? say_left(talk, status, err) : status;
}

enum status sijil_talk_save(struct sijil_talk *talk, struct body *body, struct hash *id, struct error *err)
{
	body->type = talk->type;
	body->parent = talk->parent;
	if (talk->type == OBJECT_REPORT)
		body->report = talk->dialogue.report;
	else
		body_set_changes(body, &talk->dialogue.base, &talk->dialogue.report);
	return outbox_put_drafted(talk->session->outbox, body, talk->mark, id, err);
}

enum status sijil_talk(struct sijil_talk *talk, struct cli *cli, struct body *body, struct error *err)
{
	struct hash id;
	bool resumed = false;
	enum status status = sijil_talk_resume(talk, &resumed, err);
	if (status == STATUS_OK && resumed && cli->words_len > 0)
		print_note("note: going on with the draft; what this command was given is left aside\n");
	if (status == STATUS_OK)
		status = sijil_talk_run(talk, err);
	if (status == STATUS_OK)
		status = sijil_talk_save(talk, body, &id, err);
	if (status != STATUS_OK)
		return status;
	cli->done = "the report is saved";
	return sijil_say_saved(cli, talk->session, body, &id, err);
}
