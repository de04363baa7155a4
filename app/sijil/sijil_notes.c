/* notes: what was captured while the register was locked. Each note that its worker confirms becomes a signed report, marked
 * as captured while locked; until then it is nobody's word. */
#include "app/print.h"
#include "app/print_report.h"
#include "app/sijil/sijil.h"
#include "crypto/inbox.h"
#include "schema/date.h"
#include "schema/note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A record of the inbox, and what it turned out to be. */
struct waiting {
	struct hash record; /* names it in the file */
	struct hash name;   /* names it in the register; zero: it does not open */
	struct note note;
	char fault[ERROR_MESSAGE_BYTES]; /* why it is no note; "" if it is */
};

struct waiting_list {
	struct waiting *items;
	size_t len;
	size_t known; /* records of notes that were taken in or dropped before, or stand twice... */
	struct hash gone[INBOX_RECORDS_MAX]; /* ...are to go */
	bool torn;    /* one was cut short while it was written */
};

static bool is_listed(const struct waiting_list *list, const struct hash *name)
{
	for (size_t i = 0; i < list->len; i++)
		if (hash_equals(&list->items[i].name, name))
			return true;
	return false;
}

/* Opens, decodes and settles one record; what is wrong with it becomes its fault. Only our own trouble fails. */
static enum status read_record(struct waiting *waiting, struct sijil_session *session, struct span record,
                               const struct sealing_key *key, struct error *err)
{
	struct secret *content = NULL;
	struct error why = {0};
	const struct report_reading reading = sijil_reading(session);
	waiting->record = hash_of(record);
	enum status status = inbox_open(&content, &waiting->name, record, key, &why);
	if (status == STATUS_OK)
		status = note_decode(&waiting->note, secret_span(content), &why);
	if (status == STATUS_OK)
		status = note_settle(&waiting->note, &reading, &why);
	secret_free(content);
	if (status == STATUS_OK)
		return status;
	if (!status_blames_input(status)) {
		if (err != NULL)
			*err = why;
		return status;
	}
	(void)snprintf(waiting->fault, sizeof waiting->fault, "%s", why.message);
	return STATUS_OK;
}

/* Leaves out what is known already; its record is to go. */
static enum status sort_record(struct waiting_list *list, struct sijil_session *session, struct span record,
                               const struct sealing_key *key, struct error *err)
{
	struct waiting *const waiting = &list->items[list->len];
	struct outbox_note before = {0};
	bool twice = false;
	enum status status = read_record(waiting, session, record, key, err);
	if (status == STATUS_OK && !hash_is_zero(&waiting->name)) {
		twice = is_listed(list, &waiting->name);
		status = outbox_note_find(session->outbox, &waiting->name, &before, err);
	}
	if (status != STATUS_OK)
		return status;
	if (!twice && before.fate == OUTBOX_NOTE_UNKNOWN) {
		list->len++;
		return STATUS_OK;
	}
	list->gone[list->known++] = waiting->record;
	explicit_bzero(waiting, sizeof *waiting);
	return STATUS_OK;
}

/* All notes that wait. A record whose note is in the register already was left by a crash: it goes now. */
static enum status read_waiting(struct waiting_list *list, struct sijil_session *session, struct error *err)
{
	struct bytes records = {0};
	struct sealing_key *key = NULL;
	struct inbox_state state;
	enum status status = inbox_look(&state, session->home.inbox_path, err);
	if (status == STATUS_OK)
		status = inbox_read(&records, session->home.inbox_path, err);
	if (status == STATUS_OK)
		status = keyfile_inbox_secret(session->home.keyfile, &key, err);
	if (status != STATUS_OK)
		goto out;
	list->torn = state.torn_bytes > 0;
	list->items = calloc(INBOX_RECORDS_MAX, sizeof *list->items);
	if (list->items == NULL)
		status = error_set(err, STATUS_NO_MEMORY, "out of memory");
	for (size_t at = 0; at < records.len && status == STATUS_OK; at += INBOX_RECORD_BYTES)
		status = sort_record(list, session, (struct span){records.data + at, INBOX_RECORD_BYTES}, key, err);
	if (status == STATUS_OK && (list->known > 0 || list->torn))
		status = inbox_remove(session->home.inbox_path, list->gone, list->known, err);
out:
	sealing_key_free(key);
	bytes_wipe(&records);
	return status;
}

static void free_waiting(struct waiting_list *list)
{
	if (list->items != NULL)
		explicit_bzero(list->items, INBOX_RECORDS_MAX * sizeof *list->items);
	free(list->items);
	*list = (struct waiting_list){0};
}

/* --- listing --- */

static void print_waiting(size_t number, const struct waiting *waiting)
{
	char time[DATE_TIME_TEXT_BYTES], id[9];
	print_short_id(&waiting->record, id);
	if (waiting->fault[0] != '\0') {
		print_out("note %zu (%s)\n  cannot be taken  %s\n", number, id, waiting->fault);
		return;
	}
	date_time_format(waiting->note.body.created_s, time);
	print_out("note %zu (%s)\n  written          %s, it says%s\n", number, id, time,
	          waiting->note.body.clock == BODY_CLOCK_UNSET ? " (the clock was not set)" : "");
	print_report(&waiting->note.body.report);
}

static void json_waiting(struct print_json *json, size_t number, const struct waiting *waiting)
{
	char text[65];
	print_long_id(&waiting->record, text);
	print_json_open(json, NULL, '{');
	print_json_number(json, "note", (int64_t)number);
	print_json_text(json, "record", text);
	if (waiting->fault[0] != '\0') {
		print_json_text(json, "fault", waiting->fault);
	} else {
		date_time_format(waiting->note.body.created_s, text);
		print_json_text(json, "created", text);
		print_report_json(json, &waiting->note.body.report);
	}
	print_json_close(json, '}');
}

static enum status list_json(const struct waiting_list *list, struct error *err)
{
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '[');
	for (size_t i = 0; i < list->len; i++)
		json_waiting(json, i + 1, &list->items[i]);
	print_json_close(json, ']');
	return print_json_end(json, err);
}

static void list_plain(const struct waiting_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		print_waiting(i + 1, &list->items[i]);
	if (list->len == 0)
		print_out("no notes wait\n");
	else
		print_out("Anybody who held this device locked could write these. Accept only what you wrote yourself:\n"
		          "sijil notes accept N (or all), sijil notes drop N (or all)\n");
}

/* --- accepting and dropping --- */

/* Numbers as listed, or the beginning of the record's id as it stands behind them, which another program cannot shift. */
static bool is_meant(const struct waiting *waiting, size_t number, const char *word)
{
	char id[65], digits[24];
	print_long_id(&waiting->record, id);
	(void)snprintf(digits, sizeof digits, "%zu", number);
	return strcmp(word, "all") == 0 || strcmp(word, digits) == 0 || (strlen(word) >= 4 && strncmp(id, word, strlen(word)) == 0);
}

/* A time that has not come yet when the note is taken in shows that a clock is wrong: no date is judged by it. */
static void doubt_clock(struct body *body, struct sijil_session *session)
{
	enum body_clock clock;
	int64_t now_s;
	sijil_clock(session, &now_s, &clock);
	if (body->created_s > now_s)
		body->clock = BODY_CLOCK_UNSET;
}

static enum status accept(struct waiting *waiting, struct sijil_session *session, struct error *err)
{
	struct body *const body = &waiting->note.body;
	struct outbox_note before;
	doubt_clock(body, session);
	const struct report_clock clock = {body->created_s, body->clock == BODY_CLOCK_UNSET};
	const enum status status = sijil_finish_report(&body->report, session, &clock, err);
	return status == STATUS_OK ? outbox_note_accept(session->outbox, &waiting->name, body, &before, err) : status;
}

static enum status drop(const struct waiting *waiting, struct sijil_session *session, struct error *err)
{
	struct outbox_note before;
	/* What does not open has no name to be remembered by. */
	if (hash_is_zero(&waiting->name))
		return STATUS_OK;
	return outbox_note_drop(session->outbox, &waiting->name, &before, err);
}

static enum status settle_one(struct waiting *waiting, struct sijil_session *session, bool wanted, struct error *err)
{
	enum status status = STATUS_OK;
	if (wanted && waiting->fault[0] != '\0')
		status = error_set(err, STATUS_REFUSED, "%s", waiting->fault);
	else
		status = wanted ? accept(waiting, session, err) : drop(waiting, session, err);
	return status == STATUS_OK ? inbox_remove(session->home.inbox_path, &waiting->record, 1, err) : status;
}

struct settled {
	size_t done, meant;
};

/* Each is committed before its record goes: a crash between the two leaves a record that is known. With "all", one that cannot be
 * taken does not stop the others. */
static enum status settle(struct waiting_list *list, struct sijil_session *session, const struct cli *cli,
                          struct settled *settled, struct error *err)
{
	const bool wanted = strcmp(cli->words[0], "accept") == 0;
	enum status first = STATUS_OK;
	for (size_t i = 0; i < list->len; i++) {
		struct error why = {0};
		if (!is_meant(&list->items[i], i + 1, cli->words[1]))
			continue;
		settled->meant++;
		const enum status status = settle_one(&list->items[i], session, wanted, &why);
		settled->done += status == STATUS_OK;
		if (status == STATUS_OK || first != STATUS_OK)
			continue;
		first = status;
		if (err != NULL)
			*err = why;
		(void)error_wrap(err, status, "note %zu", i + 1);
		if (!status_blames_input(status))
			break;
	}
	return first;
}

static enum status say_settled(const struct waiting_list *list, const struct cli *cli, const struct settled *settled,
                               struct error *err)
{
	const bool wanted = strcmp(cli->words[0], "accept") == 0;
	const size_t left = list->len - settled->done;
	if (cli->json) {
		struct print_json *json = print_json_new();
		print_json_open(json, NULL, '{');
		print_json_number(json, wanted ? "accepted" : "dropped", (int64_t)settled->done);
		print_json_number(json, "waiting", (int64_t)left);
		print_json_close(json, '}');
		return print_json_end(json, err);
	}
	if (wanted)
		print_out("accepted %zu: signed, sealed and on this device, marked as captured while locked\n", settled->done);
	else
		print_out("dropped %zu\n", settled->done);
	if (left > 0)
		print_out("%zu still wait%s, numbered anew: sijil notes\n", left, left == 1 ? "s" : "");
	return STATUS_OK;
}

static enum status settle_and_say(struct waiting_list *list, struct sijil_session *session, const struct cli *cli,
                                  struct error *err)
{
	struct settled settled = {0};
	const enum status status = settle(list, session, cli, &settled, err);
	if (settled.meant == 0) {
		(void)error_set(err, STATUS_NOT_FOUND, "no note '%s' waits", cli->words[1]);
		error_hint(err, "sijil notes lists those that do");
		return STATUS_NOT_FOUND;
	}
	struct error none = {0};
	const enum status said = say_settled(list, cli, &settled, status == STATUS_OK ? err : &none);
	return status != STATUS_OK ? status : said;
}

static bool is_called_well(const struct cli *cli)
{
	const bool settles = cli->words_len == 2 && (strcmp(cli->words[0], "accept") == 0 || strcmp(cli->words[0], "drop") == 0);
	return cli->words_len == 0 || settles;
}

enum status sijil_notes(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	struct waiting_list list = {0};
	if (!is_called_well(cli)) {
		(void)cli_usage(cli, err, "notes lists them, or is told which to accept or to drop");
		error_hint(err, "sijil notes, sijil notes accept N|all, sijil notes drop N|all");
		return STATUS_BAD_INPUT;
	}
	enum status status = sijil_open(&session, cli, err);
	if (status == STATUS_OK)
		status = read_waiting(&list, &session, err);
	if (status != STATUS_OK)
		goto out;
	if (list.known > 0)
		print_note("note: %zu had been taken in or dropped before, and did not count again\n", list.known);
	if (list.torn)
		print_note("note: the last one was cut short while it was written, and is lost; the others are whole\n");
	if (cli->words_len == 2)
		status = settle_and_say(&list, &session, cli, err);
	else if (cli->json)
		status = list_json(&list, err);
	else
		list_plain(&list);
out:
	free_waiting(&list);
	sijil_close(&session);
	return status;
}
