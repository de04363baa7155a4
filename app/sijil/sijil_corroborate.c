/* corroborate: a word of this device's beside another's report, which only headquarters can read. To agree is to say so and no
 * more; to differ is to give own figures. */
#include "app/print.h"
#include "app/prompt.h"
#include "app/sijil/sijil_talk.h"

#include <string.h>

static bool has_figures(const struct report *report)
{
	return figure_is_given(&report->households) || figure_is_given(&report->individuals);
}

/* "field=value" words behind the id. */
static enum status take_words(struct report *report, const struct cli *cli, const struct report_reading *reading,
                              struct error *err)
{
	enum status status = STATUS_OK;
	for (size_t i = 1; i < cli->words_len && status == STATUS_OK; i++) {
		const struct report_field *field;
		status = sijil_set_word(report, cli->words[i], reading, &field, err);
	}
	return status;
}

/* What was asked for and what was given must say the same. */
static enum status check_word(struct cli *cli, const struct report *report, struct error *err)
{
	const bool agrees = cli_flag(cli, "agree"), differs = cli_flag(cli, "differ");
	if (agrees && differs)
		return cli_usage(cli, err, "one either agrees or differs");
	if (agrees && has_figures(report))
		return cli_usage(cli, err, "to agree is to give no figure of one's own; to give one: --differ");
	return STATUS_OK;
}

/* Figures are asked of whoever differs. */
static enum status ask_word(struct sijil_talk *talk, bool differs, bool is_known, struct error *err)
{
	char letter = differs ? 'n' : 'y';
	enum status status = STATUS_OK;
	if (!is_known) {
		print_out("You cannot read it here; headquarters can.\n");
		do
			status = dialogue_letter(talk->dialogue.line, "Is it as it says? Enter yes, n no > ", &letter, err);
		while (status == STATUS_OK && letter != 'y' && letter != 'n' && letter != 'q');
	}
	if (status == STATUS_NOT_FOUND || letter == 'q')
		return error_set(err, STATUS_REFUSED, "stopped; nothing was saved");
	if (letter == 'y')
		talk->dialogue.steps &= ~(1u << DIALOGUE_STEP_HOW_MANY);
	return status;
}

static enum status talk(struct cli *cli, struct sijil_session *session, struct body *body, const struct report *said,
                        struct error *err)
{
	struct sijil_talk talk;
	const struct report_reading reading = sijil_reading(session);
	const bool differs = cli_flag(cli, "differ") || has_figures(said);
	enum status status = sijil_talk_begin(&talk, session, body, &reading, err);
	talk.dialogue.report = *said;
	if (status == STATUS_OK)
		status = ask_word(&talk, differs, differs || cli_flag(cli, "agree"), err);
	if (status == STATUS_OK)
		status = sijil_talk(&talk, cli, body, err);
	sijil_talk_free(&talk);
	return status;
}

static enum status save(struct cli *cli, struct sijil_session *session, struct body *body, const struct report *said,
                        struct error *err)
{
	struct hash id;
	struct report empty;
	report_init(&empty);
	body_set_changes(body, &empty, said);
	report_round_point(&body->report.point, outbox_descriptor(session->outbox)->point_metres);
	const enum status status = outbox_put(session->outbox, body, 1, &id, err);
	if (status != STATUS_OK)
		return status;
	cli->done = "the corroboration is saved";
	return sijil_say_saved(cli, session, body, &id, err);
}

enum status sijil_corroborate(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	struct body body;
	struct report said;
	body_init(&body, OBJECT_CORROBORATE);
	report_init(&said);
	enum status status = sijil_open(&session, cli, err);
	if (status != STATUS_OK)
		goto out;
	const struct report_reading reading = sijil_reading(&session);
	status = outbox_find_carried(session.outbox, cli->words[0], &body.parent, err);
	if (status == STATUS_OK)
		status = take_words(&said, cli, &reading, err);
	if (status == STATUS_OK)
		status = check_word(cli, &said, err);
	if (status != STATUS_OK)
		goto out;
	sijil_clock(&session, &body.created_s, &body.clock);
	const bool is_said = cli_flag(cli, "agree") || has_figures(&said);
	if (is_said || !prompt_can_ask())
		status = is_said ? save(cli, &session, &body, &said, err)
		                 : cli_usage(cli, err, "does it agree? --agree, or --differ and a figure");
	else
		status = talk(cli, &session, &body, &said, err);
out:
	explicit_bzero(&body, sizeof body);
	explicit_bzero(&said, sizeof said);
	sijil_close(&session);
	return status;
}
