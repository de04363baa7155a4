#include "app/link.h"
#include "app/print.h"
#include "app/sijil/sijil.h"

#include <unistd.h>

enum { ATTEMPTS = 3 };

static void show_progress(void *context, const struct round_progress *progress)
{
	(void)context;
	print_progress("relay holds %llu of %llu, %llu bytes sent", (unsigned long long)progress->relay,
	           (unsigned long long)progress->saved, (unsigned long long)progress->sent_bytes);
}

static enum status print_result(const struct cli *cli, const struct round_progress *progress, struct error *err)
{
	if (!cli->json) {
		print_out("saved %llu, relay holds %llu, HQ has opened %llu", (unsigned long long)progress->saved,
		          (unsigned long long)progress->relay, (unsigned long long)progress->hq);
		/* Without an answer nobody knows how much of it went out. */
		if (progress->got_bytes > 0)
			print_out(" (%llu bytes sent, %llu received)", (unsigned long long)progress->sent_bytes,
			          (unsigned long long)progress->got_bytes);
		print_out("\n");
		if (progress->descriptor_is_new)
			print_out("headquarters changed the project's settings; they hold from now on\n");
		return STATUS_OK;
	}
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_number(json, "saved", (int64_t)progress->saved);
	print_json_number(json, "relay", (int64_t)progress->relay);
	print_json_number(json, "hq", (int64_t)progress->hq);
	print_json_number(json, "sent_bytes", (int64_t)progress->sent_bytes);
	print_json_number(json, "got_bytes", (int64_t)progress->got_bytes);
	print_json_number(json, "rounds", (int64_t)progress->rounds);
	print_json_number(json, "refused", (int64_t)progress->refused);
	print_json_close(json, '}');
	return print_json_end(json, err);
}

static enum status warn_of_copy(struct sijil_session *session, struct error *err)
{
	struct outbox_status state;
	const enum status status = outbox_status(session->outbox, &state, err);
	if (status == STATUS_OK && state.surpassed)
		print_out("A COPY of this register is in use elsewhere: others hold events signed with its key that were not made\n"
		          "here. Both are kept. If this is the one that goes on: sijil device rotate. Tell headquarters.\n");
	return status;
}

static enum status run(const struct cli *cli, struct sijil_session *session, struct error *err)
{
	struct link link = {0};
	struct round_progress progress = {0};
	enum status status = link_open(&link, outbox_descriptor(session->outbox), cli_value(cli, "relay"),
	                               cli_value(cli, "proxy"), err);
	if (status != STATUS_OK)
		return status;
	const bool live = isatty(STDERR_FILENO) == 1 && !cli->json;
	const struct round_exchange exchange = link_exchange(&link);
	status = round_push(session->outbox, &exchange, ATTEMPTS, live ? show_progress : NULL, NULL, &progress, err);
	link_close(&link);
	const enum status raised = sijil_raise_floor(session, status == STATUS_OK ? err : NULL);
	if (live)
		print_note("\n");
	const enum status printed = print_result(cli, &progress, status == STATUS_OK ? err : NULL);
	if (status == STATUS_OFFLINE)
		error_hint(err, "nothing is lost; run sijil sync again when there is a link, or sijil bundle export");
	else if (status == STATUS_UNTRUSTED || status == STATUS_REFUSED)
		error_hint(err, "nothing is lost; tell headquarters, and carry reports by file: sijil bundle export -o FILE");
	if (status == STATUS_OK && progress.refused > 0) {
		status = error_set(err, STATUS_REFUSED, "the relay refused %llu objects: %s",
		                   (unsigned long long)progress.refused, progress.last_refusal.text);
		error_hint(err, "they are kept here; tell headquarters");
	}
	return status != STATUS_OK ? status : raised != STATUS_OK ? raised : printed;
}

enum status sijil_sync(struct cli *cli, struct error *err)
{
	struct sijil_session session;
	enum status status = sijil_open(&session, cli, err);
	if (status == STATUS_OK)
		status = sijil_check_project(&session, err);
	if (status == STATUS_OK)
		status = run(cli, &session, err);
	if (status == STATUS_OK && !cli->json)
		status = warn_of_copy(&session, err);
	sijil_close(&session);
	return status;
}
