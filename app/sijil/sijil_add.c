#include "app/print.h"
#include "app/prompt.h"
#include "app/sijil/sijil_talk.h"

#include <string.h>

/* What another report said, but for what is new each time: when, what else, and which people it counts. */
static enum status take_like(struct report *report, struct sijil_session *session, const char *name, struct error *err)
{
	static const char *const fresh[] = {"from", "to", "observed_on", "note", "same_people_as", "moved_from"};
	struct outbox_entry entry;
	enum status status = sijil_find(session, name, &entry, err);
	if (status == STATUS_OK && entry.type != OBJECT_REPORT) {
		(void)error_set(err, STATUS_REFUSED, "'%s' is not a report", name);
		error_hint(err, "sijil list shows the reports and their numbers; nothing was saved");
		status = STATUS_REFUSED;
	}
	if (status == STATUS_OK)
		status = outbox_current(session->outbox, &entry.id, report, err);
	for (size_t i = 0; i < sizeof fresh / sizeof *fresh && status == STATUS_OK; i++)
		report_clear(report, report_field_find(fresh[i]));
	explicit_bzero(&entry, sizeof entry);
	return status;
}

/* What the command says. */
static enum status fill(struct body *body, const struct cli *cli, struct sijil_session *session, struct error *err)
{
	const struct report_reading reading = sijil_reading(session);
	const char *like = cli_value(cli, "like");
	enum status status = like != NULL ? take_like(&body->report, session, like, err) : STATUS_OK;
	for (size_t i = 0; i < cli->words_len && status == STATUS_OK; i++) {
		const struct report_field *field;
		status = sijil_set_word(&body->report, cli->words[i], &reading, &field, err);
	}
	return status;
}

/* The rest is asked for. */
static enum status talk(struct body *body, struct cli *cli, struct sijil_session *session, struct error *err)
{
	struct sijil_talk talk;
	const struct report_reading reading = sijil_reading(session);
	enum status status = sijil_talk_begin(&talk, session, body, &reading, err);
	talk.dialogue.report = body->report;
	talk.dialogue.asks_all = cli_value(cli, "like") != NULL;
	if (status == STATUS_OK)
		status = sijil_talk(&talk, cli, body, err);
	sijil_talk_free(&talk);
	return status;
}

static enum status save(struct body *body, struct cli *cli, struct sijil_session *session, struct error *err)
{
	struct hash id;
	const struct report_clock clock = {body->created_s, body->clock == BODY_CLOCK_UNSET};
	enum status status = sijil_finish_report(&body->report, session, &clock, err);
	if (status == STATUS_OK && !cli_flag(cli, "as-it-is"))
		status = sijil_question_note(&body->report, err);
	if (status != STATUS_OK)
		return prompt_can_ask() ? talk(body, cli, session, err) : status;
	status = outbox_put(session->outbox, body, 1, &id, err);
	if (status != STATUS_OK)
		return status;
	cli->done = "the report is saved";
	return sijil_say_saved(cli, session, body, &id, err);
}

enum status sijil_say_saved(const struct cli *cli, const struct sijil_session *session, const struct body *body,
                            const struct hash *id, struct error *err)
{
	char text[65], parent[65], name[ENROLMENT_NAME_BYTES];
	const struct head tip = outbox_tip(session->outbox);
	const struct key_id device = outbox_device(session->outbox);
	const bool is_report = body->type == OBJECT_REPORT;
	print_long_id(id, text);
	print_long_id(&body->parent, parent);
	outbox_name(session->outbox, &device, name);
	if (!cli->json) {
		print_out("saved %.8s as %s/%llu: signed, sealed and on this device\n", text, name, (unsigned long long)tip.number);
		if (!is_report)
			print_out("it %s %.8s\n", body->type == OBJECT_AMEND ? "corrects" : "stands beside", parent);
		return STATUS_OK;
	}
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_text(json, "id", text);
	print_json_number(json, "number", (int64_t)tip.number);
	if (!is_report)
		print_json_text(json, "parent", parent);
	print_json_close(json, '}');
	return print_json_end(json, err);
}

enum status sijil_add(struct cli *cli, struct error *err)
{
	struct sijil_session session;
	struct body body;
	const char *from = cli_value(cli, "from");
	if (from != NULL && cli_value(cli, "like") != NULL)
		return cli_usage(cli, err, "with --from the reports come from the file alone, not from --like");
	if (from != NULL && cli->words_len > 0)
		return cli_usage(cli, err, "with --from the reports come from the file alone, not from '%s'", cli->words[0]);
	if (from == NULL && cli_flag(cli, "keep-good"))
		return cli_usage(cli, err, "--keep-good belongs to --from FILE");
	enum status status = sijil_open(&session, cli, err);
	if (status != STATUS_OK)
		goto out;
	if (from != NULL) {
		status = sijil_add_file(cli, &session, from, err);
		goto out;
	}
	body_init(&body, OBJECT_REPORT);
	sijil_clock(&session, &body.created_s, &body.clock);
	status = fill(&body, cli, &session, err);
	if (status == STATUS_OK)
		status = save(&body, cli, &session, err);
	if (status == STATUS_BAD_INPUT && err != NULL && err->hint[0] == '\0')
		error_hint(err, "nothing was saved; correct it, or run sijil add in a terminal and be asked");
out:
	explicit_bzero(&body, sizeof body);
	sijil_close(&session);
	return status;
}
