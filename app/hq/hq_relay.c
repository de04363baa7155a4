/* relay, invite: who joins the project. */
#include "app/hq/hq.h"
#include "app/print.h"
#include "crypto/file.h"
#include "schema/date.h"

#include <time.h>

enum { CARD_MAX_BYTES = 16384, INVITE_DEFAULT_S = 14 * DATE_SECONDS_A_DAY };

enum status hq_relay_add(struct cli *cli, struct error *err)
{
	struct hq_session session = {0};
	struct relay_card card;
	struct bytes text = {0};
	enum status status = file_read(&text, cli->words[0], CARD_MAX_BYTES, err);
	if (status == STATUS_OK)
		status = descriptor_card_parse(&card, bytes_span(&text), err);
	if (status == STATUS_OK)
		status = hq_open(&session, cli, err);
	if (status == STATUS_OK)
		status = project_relay_add(session.project, &card, (int64_t)time(NULL), err);
	if (status == STATUS_OK)
		status = hq_print_project(cli, session.project, err);
	if (status == STATUS_OK)
		print_note("Next: sijil-hq bundle export -o FILE here, then sijild grant FILE there.\n");
	bytes_wipe(&text);
	hq_close(&session);
	return status;
}

static void name_relay(const struct project *project, const struct relay_card *card, char log[33], char pin[65])
{
	const struct key_id id = project_id(project);
	const struct key_id log_id = key_id_of_log(&id, &card->receipt_key);
	print_key_id(&log_id, log);
	print_long_id(&card->pin, pin);
}

static enum status list_relays(const struct project *project, struct error *err)
{
	static const char *const headings[] = {"log", "address", "pin"};
	struct print_table *table = print_table_new(headings, sizeof headings / sizeof *headings);
	const struct descriptor *descriptor = project_descriptor(project);
	for (size_t i = 0; i < descriptor->relays_len; i++) {
		char log[33], pin[65];
		name_relay(project, &descriptor->relays[i], log, pin);
		for (size_t k = 0; k < descriptor->relays[i].addresses_len; k++) {
			print_table_cell(table, log);
			print_table_cell(table, descriptor->relays[i].addresses[k]);
			print_table_cell(table, pin);
		}
	}
	return print_table_end(table, err);
}

static enum status list_relays_json(const struct project *project, struct error *err)
{
	const struct descriptor *descriptor = project_descriptor(project);
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '[');
	for (size_t i = 0; i < descriptor->relays_len; i++) {
		char log[33], pin[65];
		name_relay(project, &descriptor->relays[i], log, pin);
		print_json_open(json, NULL, '{');
		print_json_text(json, "log", log);
		print_json_text(json, "pin", pin);
		print_json_open(json, "addresses", '[');
		for (size_t k = 0; k < descriptor->relays[i].addresses_len; k++)
			print_json_text(json, NULL, descriptor->relays[i].addresses[k]);
		print_json_close(json, ']');
		print_json_close(json, '}');
	}
	print_json_close(json, ']');
	return print_json_end(json, err);
}

enum status hq_relay_list(struct cli *cli, struct error *err)
{
	struct hq_session session;
	enum status status = hq_open(&session, cli, err);
	if (status == STATUS_OK)
		status = cli->json ? list_relays_json(session.project, err) : list_relays(session.project, err);
	hq_close(&session);
	return status;
}

/* The file holds the invite's key: mode 0600, never overwritten, never on a screen. */
static enum status write_invite(const struct invite_file *invite, const char *path, struct error *err)
{
	struct secret *text = NULL;
	enum status status = invite_file_format(&text, invite, err);
	if (status == STATUS_OK)
		status = file_write(path, secret_span(text), false, err);
	secret_free(text);
	return status;
}

enum status hq_invite(struct cli *cli, struct error *err)
{
	struct hq_session session = {0};
	struct invite_file invite = {0};
	long long expires_in = INVITE_DEFAULT_S;
	const char *out = cli_value(cli, "out"), *expires = cli_value(cli, "expires");
	if (out == NULL) {
		(void)cli_usage(cli, err, "invite needs a label and -o FILE");
		error_hint(err, "sijil-hq invite \"Team Nasib\" -o nasib.invite");
		return STATUS_BAD_INPUT;
	}
	if (expires != NULL && cli_duration(&expires_in, expires, err) != STATUS_OK)
		return cli_wrong(cli);
	enum status status = STATUS_OK;
	if (file_exists(out)) {
		status = error_set(err, STATUS_REFUSED, "'%s' exists already; no invite was made", out);
		error_hint(err, "give a name that is not there yet with -o");
	}
	if (status == STATUS_OK)
		status = hq_open(&session, cli, err);
	if (status == STATUS_OK)
		status = project_invite(session.project, cli->words[0], (int64_t)time(NULL) + expires_in, &invite, err);
	if (status == STATUS_OK)
		status = write_invite(&invite, out, err);
	if (status == STATUS_OK)
		print_note("invite for '%s' in '%s': whoever has it first can join once, until it expires.\n"
		           "Give it to the worker alone; there: sijil init --invite FILE\n", cli->words[0], out);
	invite_file_wipe(&invite);
	hq_close(&session);
	return status;
}
