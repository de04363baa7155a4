/* note: a report captured while the register is locked. It asks for no passphrase, and so can neither sign nor read: what
 * is typed is sealed to the inbox key, and waits. */
#include "app/print.h"
#include "app/prompt.h"
#include "app/sijil/sijil_talk.h"
#include "crypto/file.h"
#include "crypto/inbox.h"
#include "schema/date.h"
#include "schema/note.h"

#include <string.h>
#include <time.h>

enum { TEXT_MAX_BYTES = 65536 };

/* A report as it is captured. */
struct capture {
	struct sijil_session session; /* located, never opened */
	struct key_public recipient;
	struct report_reading reading;
	struct note note;
};

/* What must be right before anybody begins to type. */
static enum status prepare(struct capture *capture, const struct cli *cli, struct error *err)
{
	struct home *const home = &capture->session.home;
	struct inbox_state inbox;
	enum body_clock clock;
	int64_t now_s;
	enum status status = sijil_open_locked(&capture->session, &capture->recipient, cli, err);
	if (status == STATUS_OK)
		status = inbox_look(&inbox, home->inbox_path, err);
	if (status != STATUS_OK)
		return status;
	if (inbox.records >= INBOX_RECORDS_MAX) {
		(void)error_set(err, STATUS_REFUSED, "%d notes wait already, and no more fit", INBOX_RECORDS_MAX);
		error_hint(err, "unlock and take them in: sijil notes");
		return STATUS_REFUSED;
	}
	sijil_clock(&capture->session, &now_s, &clock);
	note_init(&capture->note, now_s, clock);
	capture->reading = (struct report_reading){.today = date_of_time(now_s), .tag = note_tag, .tag_context = &capture->note};
	return STATUS_OK;
}

static enum status take_word(struct capture *capture, const char *word, struct error *err)
{
	const struct report_field *field;
	return sijil_set_word(&capture->note.body.report, word, &capture->reading, &field, err);
}

/* Each line is field=value; empty ones are passed over. The text is cut into lines in place. */
static enum status take_lines(struct capture *capture, struct secret *text, struct error *err)
{
	char *line = (char *)text->data;
	size_t number = 1;
	if (memchr(line, '\0', text->len) != NULL) {
		(void)error_set(err, STATUS_BAD_INPUT, "that is no text: it holds a zero byte");
		error_hint(err, "nothing was kept; save the file as plain UTF-8 text, a field=value a line");
		return STATUS_BAD_INPUT;
	}
	line[text->len] = '\0';
	for (char *next; line != NULL; line = next, number++) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		const size_t len = strlen(line);
		if (len > 0 && line[len - 1] == '\r')
			line[len - 1] = '\0';
		if (line[strspn(line, " \t")] == '\0')
			continue;
		const enum status status = take_word(capture, line, err);
		if (status != STATUS_OK)
			return error_wrap(err, status, "line %zu", number);
	}
	return STATUS_OK;
}

static enum status take_text(struct capture *capture, const char *path, struct error *err)
{
	struct secret *text = NULL;
	enum status status = file_read_secret(&text, path, TEXT_MAX_BYTES, err);
	if (status == STATUS_OK)
		status = take_lines(capture, text, err);
	secret_free(text);
	return status;
}

/* What is missing is asked for; no draft can be kept of it. */
static enum status ask(struct capture *capture, struct error *err)
{
	struct sijil_talk talk;
	struct body *const body = &capture->note.body;
	enum status status = sijil_talk_begin(&talk, &capture->session, body, &capture->reading, err);
	talk.dialogue.report = body->report;
	if (status == STATUS_OK)
		status = sijil_talk_run(&talk, err);
	if (status == STATUS_OK)
		body->report = talk.dialogue.report;
	sijil_talk_free(&talk);
	return status;
}

static enum status fill(struct capture *capture, const struct cli *cli, struct error *err)
{
	struct body *const body = &capture->note.body;
	const struct report_clock clock = {body->created_s, body->clock == BODY_CLOCK_UNSET};
	const char *from = cli_value(cli, "from");
	enum status status = from != NULL ? take_text(capture, from, err) : STATUS_OK;
	for (size_t i = 0; i < cli->words_len && status == STATUS_OK; i++)
		status = take_word(capture, cli->words[i], err);
	if (status != STATUS_OK)
		return status;
	status = sijil_finish_report(&body->report, &capture->session, &clock, err);
	if (status == STATUS_OK && !cli_flag(cli, "as-it-is"))
		status = sijil_question_note(&body->report, err);
	return status == STATUS_OK || from != NULL || !prompt_can_ask() ? status : ask(capture, err);
}

static enum status keep(struct capture *capture, struct inbox_state *inbox, struct error *err)
{
	struct bytes encoded = {0};
	if (!file_exists(capture->session.home.key_path))
		return error_set(err, STATUS_NOT_FOUND, "the register was wiped meanwhile; nothing was kept");
	enum status status = note_encode(&encoded, &capture->note, err);
	if (status == STATUS_OK)
		status = inbox_append(capture->session.home.inbox_path, bytes_span(&encoded), &capture->recipient, inbox, err);
	bytes_wipe(&encoded);
	return status;
}

static enum status say_kept(const struct cli *cli, const struct inbox_state *inbox, struct error *err)
{
	if (inbox->torn_bytes > 0)
		print_note("note: an earlier note was cut short while it was written, and is lost; the others are whole.\n");
	if (cli->json) {
		struct print_json *json = print_json_new();
		print_json_open(json, NULL, '{');
		print_json_number(json, "waiting", (int64_t)inbox->records);
		print_json_number(json, "room_for", INBOX_RECORDS_MAX - (int64_t)inbox->records);
		print_json_close(json, '}');
		return print_json_end(json, err);
	}
	print_out("kept, sealed and NOT SIGNED: note %zu of at most %d. It is no report yet:\n"
	          "unlock when it is safe, and confirm it: sijil notes\n",
	          inbox->records, INBOX_RECORDS_MAX);
	return STATUS_OK;
}

enum status sijil_note(struct cli *cli, struct error *err)
{
	struct capture capture = {0};
	struct inbox_state inbox = {0};
	enum status status = prepare(&capture, cli, err);
	if (status == STATUS_OK)
		status = fill(&capture, cli, err);
	if (status == STATUS_OK)
		status = keep(&capture, &inbox, err);
	if (status == STATUS_OK)
		cli->done = "the note is kept";
	if (status == STATUS_OK)
		status = say_kept(cli, &inbox, err);
	if (status == STATUS_BAD_INPUT && err != NULL && err->hint[0] == '\0')
		error_hint(err, "nothing was kept; correct it, or run sijil note in a terminal and be asked");
	note_wipe(&capture.note);
	sijil_close(&capture.session);
	return status;
}
