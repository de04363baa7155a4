/* init, project, fingerprint, backup, restore, relay, invite: what headquarters sets up and signs. */
#include "app/backup.h"
#include "app/hq/hq.h"
#include "app/print.h"
#include "crypto/file.h"
#include "schema/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { CARD_MAX_BYTES = 16384, INVITE_DEFAULT_S = 14 * DATE_SECONDS_A_DAY };

enum status hq_open(struct hq_session *session, const struct cli *cli, struct error *err)
{
	*session = (struct hq_session){0};
	enum status status = home_open(&session->home, cli, err);
	if (status == STATUS_NOT_FOUND)
		error_hint(err, "sijil-hq init NAME creates a project; sijil-hq restore FILE brings one back");
	if (status == STATUS_OK)
		status = project_open(&session->project, session->home.database_path, session->home.vault,
		                      home_data_key(&session->home), err);
	if (status == STATUS_OK)
		status = casebook_open(&session->casebook, session->project, err);
	return status;
}

void hq_close(struct hq_session *session)
{
	casebook_close(session->casebook);
	project_close(session->project);
	home_close(&session->home);
	*session = (struct hq_session){0};
}

enum status hq_write(struct cli *cli, const char *path, struct span content, bool is_text, struct error *err)
{
	if (path != NULL && strcmp(path, "-") != 0)
		return file_write(path, content, false, err);
	if (path == NULL && !is_text && print_is_terminal()) {
		(void)cli_usage(cli, err, "this is no text for a terminal");
		error_hint(err, "give -o FILE");
		return STATUS_BAD_INPUT;
	}
	return print_raw(content, err);
}

static const struct {
	const char *word;
	enum descriptor_retention retention;
} retentions[] = {
	{"keep", DESCRIPTOR_KEEP}, {"until_receipt", DESCRIPTOR_UNTIL_ACKNOWLEDGED}, {"never", DESCRIPTOR_NEVER}};

static enum status parse_retention(enum descriptor_retention *retention, const char *word, struct cli *cli,
                                   struct error *err)
{
	for (size_t i = 0; i < sizeof retentions / sizeof *retentions; i++) {
		if (strcmp(retentions[i].word, word) == 0) {
			*retention = retentions[i].retention;
			return STATUS_OK;
		}
	}
	return cli_usage(cli, err, "retention knows keep, until_receipt and never, not '%s'", word);
}

static const char *retention_word(enum descriptor_retention retention)
{
	for (size_t i = 0; i < sizeof retentions / sizeof *retentions; i++)
		if (retentions[i].retention == retention)
			return retentions[i].word;
	return "?";
}

static void print_project(const struct project *project)
{
	char fingerprint[KEY_PROQUINT_BYTES], time[DATE_TIME_TEXT_BYTES];
	const struct key_id id = project_id(project);
	const struct descriptor *descriptor = project_descriptor(project);
	key_id_format(&id, fingerprint);
	date_time_format(descriptor->issued_s, time);
	print_out("project      %s%s\nfingerprint  %s\n", descriptor->training ? "TRAINING " : "", descriptor->name, fingerprint);
	print_out("descriptor   %llu, issued %s\n", (unsigned long long)descriptor->number, time);
	print_out("policies     retention=%s point_metres=%u\n", retention_word(descriptor->retention),
	          (unsigned)descriptor->point_metres);
	if (descriptor->relays_len == 0)
		print_out("relay        none yet: sijil-hq relay add CARD\n");
	for (size_t i = 0; i < descriptor->relays_len; i++)
		for (size_t k = 0; k < descriptor->relays[i].addresses_len; k++)
			print_out("relay        %s\n", descriptor->relays[i].addresses[k]);
}

enum status hq_init(struct cli *cli, struct error *err)
{
	struct hq_session session = {0};
	struct project_plan plan = {.training = cli_flag(cli, "training"), .retention = DESCRIPTOR_KEEP, .now_s = (int64_t)time(NULL)};
	const char *retention = cli_value(cli, "retention");
	plan.name = cli->words[0];
	enum status status = retention != NULL ? parse_retention(&plan.retention, retention, cli, err) : STATUS_OK;
	if (status != STATUS_OK)
		return status;
	status = home_create(&session.home, cli, err);
	if (status != STATUS_OK)
		goto out;
	status = project_create(&session.project, session.home.database_path, session.home.vault,
	                        home_data_key(&session.home), &plan, err);
	if (status == STATUS_OK)
		status = home_finish(&session.home, err);
	if (status == STATUS_OK) {
		print_project(session.project);
		print_note("Next: sijil-hq backup -o FILE, kept apart: whoever loses this machine loses the project's keys.\n"
		           "Then: sijil-hq relay add CARD; sijil-hq invite LABEL -o FILE\n");
	}
out:
	hq_close(&session);
	return status;
}

enum status hq_project_show(struct cli *cli, struct error *err)
{
	struct hq_session session;
	const enum status status = hq_open(&session, cli, err);
	if (status == STATUS_OK)
		print_project(session.project);
	hq_close(&session);
	return status;
}

static enum status take_policy(struct descriptor *wanted, const char *word, struct cli *cli, struct error *err)
{
	if (strncmp(word, "retention=", 10) == 0)
		return parse_retention(&wanted->retention, word + 10, cli, err);
	if (strncmp(word, "point_metres=", 13) == 0) {
		long long metres;
		if (cli_number(&metres, word + 13, 1, 100000, "point_metres", err) != STATUS_OK)
			return cli_wrong(cli);
		wanted->point_metres = (uint32_t)metres;
		return STATUS_OK;
	}
	return cli_usage(cli, err, "there is no policy '%s'", word);
}

enum status hq_project_policy(struct cli *cli, struct error *err)
{
	struct hq_session session;
	enum status status = hq_open(&session, cli, err);
	if (status != STATUS_OK)
		goto out;
	struct descriptor wanted = *project_descriptor(session.project);
	for (size_t i = 0; status == STATUS_OK && i < cli->words_len; i++)
		status = take_policy(&wanted, cli->words[i], cli, err);
	if (status == STATUS_OK && cli->words_len > 0)
		status = project_policy_set(session.project, wanted.retention, wanted.point_metres, (int64_t)time(NULL), err);
	if (status == STATUS_OK)
		print_project(session.project);
out:
	hq_close(&session);
	return status;
}

enum status hq_fingerprint(struct cli *cli, struct error *err)
{
	struct hq_session session;
	const enum status status = hq_open(&session, cli, err);
	if (status == STATUS_OK) {
		char text[KEY_PROQUINT_BYTES];
		const struct key_id id = project_id(session.project);
		key_id_format(&id, text);
		print_out("%s\n", text);
	}
	hq_close(&session);
	return status;
}

enum status hq_backup(struct cli *cli, struct error *err)
{
	struct hq_session session = {0};
	const char *out = cli_value(cli, "out");
	if (out == NULL)
		return cli_usage(cli, err, "backup needs -o FILE");
	enum status status = hq_open(&session, cli, err);
	if (status == STATUS_OK)
		status = backup_write(&session.home, project_db(session.project), out, err);
	if (status == STATUS_OK)
		print_out("backed up to '%s', encrypted under the same passphrase; keep both apart from this machine\n", out);
	hq_close(&session);
	return status;
}

enum status hq_restore(struct cli *cli, struct error *err)
{
	struct hq_session session = {0};
	enum status status = backup_lay_out(&session.home, cli, cli->words[0], err);
	if (status == STATUS_OK)
		status = home_unlock(&session.home, cli, err);
	if (status == STATUS_OK)
		status = project_open(&session.project, session.home.database_path, session.home.vault,
		                      home_data_key(&session.home), err);
	if (status == STATUS_OK)
		print_project(session.project);
	project_close(session.project);
	session.project = NULL;
	if (status == STATUS_OK)
		status = home_finish(&session.home, err);
	if (status == STATUS_OK)
		print_note("restored; sijil-hq pull brings what came since\n");
	hq_close(&session);
	return status;
}

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
	if (status == STATUS_OK) {
		print_project(session.project);
		print_note("Next: sijil-hq bundle export -o FILE here, then sijild grant FILE there.\n");
	}
	bytes_wipe(&text);
	hq_close(&session);
	return status;
}

enum status hq_relay_list(struct cli *cli, struct error *err)
{
	static const char *const headings[] = {"log", "address", "pin"};
	struct hq_session session;
	enum status status = hq_open(&session, cli, err);
	if (status != STATUS_OK)
		goto out;
	struct print_table *table = print_table_new(headings, sizeof headings / sizeof *headings);
	const struct descriptor *descriptor = project_descriptor(session.project);
	const struct key_id project = project_id(session.project);
	for (size_t i = 0; i < descriptor->relays_len; i++) {
		char log[33], pin[65];
		const struct key_id id = key_id_of_log(&project, &descriptor->relays[i].receipt_key);
		print_key_id(&id, log);
		print_long_id(&descriptor->relays[i].pin, pin);
		print_table_cell(table, log);
		print_table_cell(table, descriptor->relays[i].addresses[0]);
		print_table_cell(table, pin);
	}
	status = print_table_end(table, err);
out:
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
	if (file_exists(out))
		status = error_set(err, STATUS_REFUSED, "'%s' exists already; no invite was made", out);
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
