#include "app/print.h"
#include "app/prompt.h"
#include "app/sijil/sijil.h"

#include <string.h>

static enum status fill(struct body *body, const struct cli *cli, struct sijil_session *session, struct error *err)
{
	const struct report_reading reading = sijil_reading(session);
	for (size_t i = 0; i < cli->words_len; i++) {
		const struct report_field *field;
		const enum status status = sijil_set_word(&body->report, cli->words[i], &reading, &field, err);
		if (status != STATUS_OK)
			return status;
	}
	const struct report_clock clock = {body->created_s, body->clock == BODY_CLOCK_UNSET};
	enum status status = sijil_finish_report(&body->report, session, &clock, err);
	if (status == STATUS_OK || !prompt_can_ask())
		return status;
	status = sijil_ask(&body->report, &reading, !clock.unset, err);
	return status == STATUS_OK ? sijil_agree(&body->report, session, &clock, &reading, err) : status;
}

static enum status say_saved(const struct cli *cli, const struct sijil_session *session, const struct hash *id,
                             struct error *err)
{
	char text[65], name[ENROLMENT_NAME_BYTES];
	const struct head tip = outbox_tip(session->outbox);
	print_long_id(id, text);
	const struct key_id device = outbox_device(session->outbox);
	outbox_name(session->outbox, &device, name);
	if (!cli->json) {
		print_out("saved %.8s as %s/%llu: signed, sealed and on this device\n", text, name,
		          (unsigned long long)tip.number);
		return STATUS_OK;
	}
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_text(json, "id", text);
	print_json_number(json, "number", (int64_t)tip.number);
	print_json_close(json, '}');
	return print_json_end(json, err);
}

enum status sijil_add(struct cli *cli, struct error *err)
{
	struct sijil_session session;
	struct body body;
	struct hash id;
	const char *from = cli_value(cli, "from");
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
		status = outbox_put(session.outbox, &body, 1, &id, err);
	if (status == STATUS_OK)
		cli->done = "the report is saved";
	if (status == STATUS_OK)
		status = say_saved(cli, &session, &id, err);
	if (status == STATUS_BAD_INPUT && err != NULL && err->hint[0] == '\0')
		error_hint(err, "nothing was saved; correct it, or run sijil add in a terminal and be asked");
out:
	explicit_bzero(&body, sizeof body);
	sijil_close(&session);
	return status;
}
