/* amend, retract: an own report is corrected or taken back by a new signed event; nothing is changed in place. */
#include "app/print_report.h"
#include "app/prompt.h"
#include "app/sijil/sijil_talk.h"
#include "schema/vocabulary.h"

#include <string.h>

static enum status find_own_report(struct sijil_session *session, const char *name, struct outbox_entry *entry,
                                   struct error *err)
{
	const enum status status = sijil_find(session, name, entry, err);
	if (status != STATUS_OK)
		return status;
	if (entry->type == OBJECT_RECOVERY) {
		(void)error_set(err, STATUS_REFUSED, "'%s' is this register's recovery code, not a report", name);
		error_hint(err, "sijil list shows the reports and their numbers; nothing was changed");
		return STATUS_REFUSED;
	}
	if (entry->type != OBJECT_REPORT) {
		(void)error_set(err, STATUS_REFUSED, "'%s' is not a report; name the report itself", name);
		error_hint(err, "sijil list shows the reports and their numbers; nothing was changed");
		return STATUS_REFUSED;
	}
	if (entry->withheld) {
		(void)error_set(err, STATUS_REFUSED, "'%s' was withheld; record a new report instead", name);
		error_hint(err, "sijil add; nothing was changed");
		return STATUS_REFUSED;
	}
	if (!hash_is_zero(&entry->retracted_by)) {
		(void)error_set(err, STATUS_REFUSED, "'%s' was retracted already; record a new report instead", name);
		error_hint(err, "sijil add; nothing was changed");
		return STATUS_REFUSED;
	}
	return STATUS_OK;
}

enum status sijil_newest(struct sijil_session *session, const struct hash *id, struct hash *newest, struct error *err)
{
	struct outbox_entry entry = {.amended_by = *id};
	enum status status = STATUS_OK;
	while (status == STATUS_OK && !hash_is_zero(&entry.amended_by)) {
		char name[65];
		print_long_id(&entry.amended_by, name);
		status = outbox_find(session->outbox, name, &entry, err);
	}
	if (status == STATUS_OK)
		*newest = entry.id;
	return status;
}

/* "field=value" replaces; "field=" sets to nothing, which clears. */
static enum status take_words(struct body *body, const struct cli *cli, struct sijil_session *session, struct error *err)
{
	const struct report_reading reading = sijil_reading(session);
	for (size_t i = 1; i < cli->words_len; i++) {
		const struct report_field *field;
		const enum status status = sijil_set_word(&body->report, cli->words[i], &reading, &field, err);
		if (status != STATUS_OK)
			return status;
		body->set |= UINT64_C(1) << (field - report_fields);
	}
	report_round_point(&body->report.point, outbox_descriptor(session->outbox)->point_metres);
	return STATUS_OK;
}

/* The corrected report must itself be a sound one. */
static enum status check_result(const struct body *amend, struct sijil_session *session, const struct hash *id,
                                struct error *err)
{
	struct report report;
	const enum status status = outbox_current(session->outbox, id, &report, err);
	if (status != STATUS_OK)
		return status;
	body_apply(&report, amend);
	const struct report_clock clock = {amend->created_s, amend->clock == BODY_CLOCK_UNSET};
	return report_validate(&report, &clock, err);
}

static enum status say_done(const struct cli *cli, const struct outbox_entry *entry, const struct hash *id,
                            const char *what, struct error *err)
{
	char event[65], report[65];
	print_long_id(id, event);
	print_long_id(&entry->id, report);
	if (!cli->json) {
		print_out("saved %.8s: report %.8s is %s\n", event, report, what);
		return STATUS_OK;
	}
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_text(json, "id", event);
	print_json_text(json, "parent", report);
	print_json_close(json, '}');
	return print_json_end(json, err);
}

/* Each old value stands in brackets; what differs in the end is written. */
static enum status talk(struct body *body, struct cli *cli, struct sijil_session *session, const struct hash *report,
                        struct error *err)
{
	struct sijil_talk talk;
	const struct report_reading reading = sijil_reading(session);
	enum status status = sijil_talk_begin(&talk, session, body, &reading, err);
	if (status == STATUS_OK)
		status = outbox_current(session->outbox, report, &talk.dialogue.base, err);
	talk.dialogue.report = talk.dialogue.base;
	if (status == STATUS_OK)
		status = sijil_talk(&talk, cli, body, err);
	sijil_talk_free(&talk);
	return status;
}

static enum status amend_by_words(struct body *body, struct cli *cli, struct sijil_session *session,
                                  const struct outbox_entry *entry, struct error *err)
{
	struct hash id;
	enum status status = take_words(body, cli, session, err);
	if (status == STATUS_OK && entry->readable)
		status = check_result(body, session, &entry->id, err);
	if (status == STATUS_OK)
		status = outbox_put(session->outbox, body, 1, &id, err);
	if (status != STATUS_OK)
		return status;
	cli->done = "the amendment is saved";
	return say_done(cli, entry, &id, "amended", err);
}

enum status sijil_amend(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	struct outbox_entry entry;
	struct body body;
	if (cli->words_len == 1 && !prompt_can_ask()) {
		(void)cli_usage(cli, err, "what of it is to be corrected?");
		error_hint(err, "sijil amend ID field=value ...; in a terminal sijil amend ID asks");
		return STATUS_BAD_INPUT;
	}
	enum status status = sijil_open(&session, cli, err);
	if (status == STATUS_OK)
		status = find_own_report(&session, cli->words[0], &entry, err);
	if (status != STATUS_OK)
		goto out;
	body_init(&body, OBJECT_AMEND);
	sijil_clock(&session, &body.created_s, &body.clock);
	status = sijil_newest(&session, &entry.id, &body.parent, err);
	if (status == STATUS_OK)
		status = cli->words_len == 1 ? talk(&body, cli, &session, &entry.id, err)
		                             : amend_by_words(&body, cli, &session, &entry, err);
	explicit_bzero(&body, sizeof body);
out:
	sijil_close(&session);
	return status;
}

/* Without one, a terminal is asked at. */
static enum status take_reason(struct body *body, struct cli *cli, struct error *err)
{
	const char *reason = cli_value(cli, "reason");
	body->reason = reason != NULL ? vocabulary_code(&vocabulary_retraction, reason) : 0;
	if (body->reason != 0 || (reason == NULL && prompt_can_ask()))
		return STATUS_OK;
	(void)(reason == NULL ? cli_usage(cli, err, "retract needs a reason")
	                      : cli_usage(cli, err, "--reason knows no '%s'", reason));
	error_hint(err, "sijil retract ID --reason mistake, duplicate, disproved, unsafe or other");
	return STATUS_BAD_INPUT;
}

/* What is taken back is shown, then why is asked. */
static enum status ask_reason(struct body *body, struct sijil_session *session, const struct outbox_entry *entry,
                              struct error *err)
{
	struct line *line = NULL;
	struct report report;
	const struct report_reading reading = sijil_reading(session);
	if (entry->readable && outbox_current(session->outbox, &entry->id, &report, NULL) == STATUS_OK)
		print_report(&report);
	enum status status = line_new(&line, err);
	if (status == STATUS_OK)
		status = dialogue_choose(line, "Why is it taken back? q: it is not", &vocabulary_retraction, &body->reason, err);
	while (status == STATUS_OK) {
		char note[REPORT_TEXT_BYTES];
		struct error why = {0};
		status = line_read(line, "In a sentence, Enter: none > ", NULL, note, sizeof note, &why);
		if (status == STATUS_OK && report_set(&body->report, report_field_find("note"), note, &reading, &why) == STATUS_OK)
			break;
		if (status == STATUS_OK || status == STATUS_BAD_INPUT)
			print_out("  %s\n", why.message);
		status = status == STATUS_BAD_INPUT ? STATUS_OK : status;
	}
	line_free(line);
	return status == STATUS_NOT_FOUND ? error_set(err, STATUS_REFUSED, "stopped; nothing was taken back") : status;
}

static enum status take_note(struct body *body, const struct cli *cli, struct sijil_session *session, struct error *err)
{
	const char *note = cli_value(cli, "note");
	if (note == NULL)
		return STATUS_OK;
	const struct report_reading reading = sijil_reading(session);
	return report_set(&body->report, report_field_find("note"), note, &reading, err);
}

enum status sijil_retract(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	struct outbox_entry entry;
	struct body body;
	struct hash id;
	body_init(&body, OBJECT_RETRACT);
	enum status status = take_reason(&body, cli, err);
	if (status == STATUS_OK)
		status = sijil_open(&session, cli, err);
	if (status == STATUS_OK)
		status = find_own_report(&session, cli->words[0], &entry, err);
	if (status != STATUS_OK)
		goto out;
	body.parent = entry.id;
	if (body.reason == 0)
		status = ask_reason(&body, &session, &entry, err);
	if (status != STATUS_OK)
		goto out;
	sijil_clock(&session, &body.created_s, &body.clock);
	status = take_note(&body, cli, &session, err);
	if (status == STATUS_OK)
		status = outbox_put(session.outbox, &body, 1, &id, err);
	if (status == STATUS_OK)
		cli->done = "the retraction is saved";
	if (status == STATUS_OK)
		status = say_done(cli, &entry, &id, "retracted; it stays in the register as a retracted one", err);
out:
	sijil_close(&session);
	return status;
}
