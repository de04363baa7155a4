/* init, project, fingerprint, backup, restore: the project itself. */
#include "app/backup.h"
#include "app/hq/hq.h"
#include "app/print.h"
#include "crypto/file.h"
#include "schema/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

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
	if (status == STATUS_CORRUPT)
		error_hint(err, "keep the files as they are; sijil-hq doctor tells what is damaged and what can be saved");
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

static enum status print_json_project(const struct project *project, struct error *err)
{
	char fingerprint[KEY_PROQUINT_BYTES], time[DATE_TIME_TEXT_BYTES];
	const struct key_id id = project_id(project);
	const struct descriptor *descriptor = project_descriptor(project);
	key_id_format(&id, fingerprint);
	date_time_format(descriptor->issued_s, time);
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_text(json, "project", descriptor->name);
	print_json_text(json, "fingerprint", fingerprint);
	print_json_bool(json, "training", descriptor->training);
	print_json_number(json, "descriptor", (int64_t)descriptor->number);
	print_json_text(json, "issued", time);
	print_json_text(json, "retention", retention_word(descriptor->retention));
	print_json_number(json, "point_metres", (int64_t)descriptor->point_metres);
	print_json_bool(json, "duress", descriptor->duress);
	print_json_open(json, "relay", '[');
	for (size_t i = 0; i < descriptor->relays_len; i++)
		for (size_t k = 0; k < descriptor->relays[i].addresses_len; k++)
			print_json_text(json, NULL, descriptor->relays[i].addresses[k]);
	print_json_close(json, ']');
	print_json_close(json, '}');
	return print_json_end(json, err);
}

static void print_plain_project(const struct project *project)
{
	char fingerprint[KEY_PROQUINT_BYTES], time[DATE_TIME_TEXT_BYTES];
	const struct key_id id = project_id(project);
	const struct descriptor *descriptor = project_descriptor(project);
	key_id_format(&id, fingerprint);
	date_time_format(descriptor->issued_s, time);
	print_out("project      %s%s\nfingerprint  %s\n", descriptor->training ? "TRAINING " : "", descriptor->name, fingerprint);
	print_out("descriptor   %llu, issued %s\n", (unsigned long long)descriptor->number, time);
	print_out("policies     retention=%s point_metres=%u duress=%s\n", retention_word(descriptor->retention),
	          (unsigned)descriptor->point_metres, descriptor->duress ? "allowed" : "no");
	if (descriptor->relays_len == 0)
		print_out("relay        none yet: sijil-hq relay add CARD\n");
	for (size_t i = 0; i < descriptor->relays_len; i++)
		for (size_t k = 0; k < descriptor->relays[i].addresses_len; k++)
			print_out("relay        %s\n", descriptor->relays[i].addresses[k]);
}

enum status hq_print_project(const struct cli *cli, const struct project *project, struct error *err)
{
	if (cli->json)
		return print_json_project(project, err);
	print_plain_project(project);
	return STATUS_OK;
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
	if (status == STATUS_OK)
		status = hq_print_project(cli, session.project, err);
	if (status == STATUS_OK)
		print_note("Next: sijil-hq backup -o FILE, kept apart: whoever loses this machine loses the project's keys.\n"
		           "Then: sijil-hq relay add CARD; sijil-hq invite LABEL -o FILE\n");
out:
	hq_close(&session);
	return status;
}

enum status hq_project_show(struct cli *cli, struct error *err)
{
	struct hq_session session;
	enum status status = hq_open(&session, cli, err);
	if (status == STATUS_OK)
		status = hq_print_project(cli, session.project, err);
	hq_close(&session);
	return status;
}

static enum status take_policy(struct project_policies *wanted, const char *word, struct cli *cli, struct error *err)
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
	if (strcmp(word, "duress=allowed") == 0 || strcmp(word, "duress=no") == 0) {
		wanted->duress = strcmp(word, "duress=allowed") == 0;
		return STATUS_OK;
	}
	(void)cli_usage(cli, err, "there is no policy '%s'", word);
	error_hint(err, "retention=keep|until_receipt|never, point_metres=N, duress=allowed|no");
	return STATUS_BAD_INPUT;
}

/* Neither reaches a device before its next sync, and what stands there stays. */
static void say_what_duress_means(bool is_allowed)
{
	if (is_allowed)
		print_note("note: a worker may now set a passphrase that destroys what is not sent. It hides nothing from an expert, and to\n"
		           "be seen destroying may be worse than what is found. Read sijil-custody(7), and tell them, before they use it.\n"
		           "A device with an older sijil does not understand this setting and keeps the settings that it has.\n");
	else
		print_note("note: passphrases that were set stay until the worker takes them away: sijil slots duress --remove\n");
}

enum status hq_project_policy(struct cli *cli, struct error *err)
{
	struct hq_session session;
	enum status status = hq_open(&session, cli, err);
	if (status != STATUS_OK)
		goto out;
	const struct descriptor *const now = project_descriptor(session.project);
	const bool was_allowed = now->duress;
	struct project_policies wanted = {now->retention, now->point_metres, now->duress};
	for (size_t i = 0; status == STATUS_OK && i < cli->words_len; i++)
		status = take_policy(&wanted, cli->words[i], cli, err);
	if (status == STATUS_OK && cli->words_len > 0)
		status = project_policy_set(session.project, &wanted, (int64_t)time(NULL), err);
	if (status == STATUS_OK)
		status = hq_print_project(cli, session.project, err);
	if (status == STATUS_OK && cli->words_len > 0)
		print_note("Next: sijil-hq pull, which tells the relay; a device hears of it with its next sync or carried bundle\n");
	if (status == STATUS_OK && wanted.duress != was_allowed)
		say_what_duress_means(wanted.duress);
out:
	hq_close(&session);
	return status;
}

enum status hq_fingerprint(struct cli *cli, struct error *err)
{
	struct hq_session session;
	enum status status = hq_open(&session, cli, err);
	if (status == STATUS_OK && cli->json)
		status = print_json_project(session.project, err);
	else if (status == STATUS_OK) {
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
		status = project_set_behind(session.project, !cli_flag(cli, "as-is"), err);
	if (status == STATUS_OK)
		status = hq_print_project(cli, session.project, err);
	project_close(session.project);
	session.project = NULL;
	if (status == STATUS_OK)
		status = home_finish(&session.home, err);
	if (status == STATUS_OK)
		print_note("restored; sijil-hq pull brings what came since%s\n",
		           cli_flag(cli, "as-is") ? "" : ", and until then no settings are signed");
	hq_close(&session);
	return status;
}
