/* bundle export, import: the same objects as over HTTPS, by file. */
#include "app/print.h"
#include "app/sijil/sijil.h"
#include "crypto/file.h"
#include "sync/bundle.h"

#include <string.h>

enum { BUNDLE_MAX_BYTES = 1 << 30 };

enum status sijil_bundle_export(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	struct bytes bundle = {0};
	uint64_t objects = 0;
	const char *out = cli_value(cli, "out");
	if (out == NULL && print_is_terminal()) {
		(void)cli_usage(cli, err, "a bundle is no text for a terminal");
		error_hint(err, "sijil bundle export -o FILE");
		return STATUS_BAD_INPUT;
	}
	enum status status = sijil_open(&session, cli, err);
	if (status == STATUS_OK)
		status = sijil_check_project(&session, err);
	if (status == STATUS_OK)
		status = outbox_export(session.outbox, cli_flag(cli, "all"), &bundle, &objects, err);
	if (status == STATUS_OK)
		status = out == NULL || strcmp(out, "-") == 0 ? print_raw(bytes_span(&bundle), err)
		                                             : file_write(out, bytes_span(&bundle), false, err);
	if (status == STATUS_OK)
		print_note("%llu sealed objects, %zu bytes. Whoever carries it can read none of them;\n"
		           "it shows device ids, sizes and the relay's addresses.\n",
		           (unsigned long long)objects, bundle.len);
	bytes_wipe(&bundle);
	sijil_close(&session);
	return status;
}

struct importing {
	struct outbox *outbox;
	uint64_t taken, had, refused;
	struct error first_refusal;
};

static enum status take(void *context, struct span wire, struct error *err)
{
	struct importing *importing = context;
	struct admission admission;
	enum set_outcome outcome;
	struct error why = {0};
	const enum status status = outbox_take(importing->outbox, wire, &admission, &outcome, &why);
	if (status == STATUS_OK) {
		importing->taken += outcome == SET_NEW;
		importing->had += outcome != SET_NEW;
		return STATUS_OK;
	}
	if (status_blames_input(status)) {
		if (importing->refused++ == 0 || (status == STATUS_TAMPERED && importing->first_refusal.status != STATUS_TAMPERED))
			importing->first_refusal = why;
		return STATUS_OK;
	}
	if (err != NULL)
		*err = why;
	return status;
}

static enum status print_counts(const struct cli *cli, const struct importing *importing, struct error *err)
{
	if (!cli->json) {
		print_out("%llu new, %llu known already, %llu refused\n", (unsigned long long)importing->taken,
		          (unsigned long long)importing->had, (unsigned long long)importing->refused);
		return STATUS_OK;
	}
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_number(json, "new", (int64_t)importing->taken);
	print_json_number(json, "known", (int64_t)importing->had);
	print_json_number(json, "refused", (int64_t)importing->refused);
	print_json_close(json, '}');
	return print_json_end(json, err);
}

static enum status judge(struct cli *cli, const struct importing *importing, struct error *err)
{
	const enum status printed = print_counts(cli, importing, err);
	if (printed != STATUS_OK || importing->refused == 0)
		return printed;
	cli->exit_code = importing->first_refusal.status == STATUS_TAMPERED ? EXIT_FORGED : EXIT_REFUSED;
	if (err != NULL)
		*err = importing->first_refusal;
	error_hint(err, "the others were taken; nothing of yours was touched");
	return importing->first_refusal.status;
}

enum status sijil_bundle_import(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	struct bytes content = {0};
	struct bundle_reader reader = {0};
	enum status status = sijil_open(&session, cli, err);
	if (status == STATUS_OK)
		status = file_read(&content, cli->words[0], BUNDLE_MAX_BYTES, err);
	if (status != STATUS_OK)
		goto out;
	struct importing importing = {.outbox = session.outbox};
	status = outbox_group_begin(session.outbox, err);
	if (status != STATUS_OK)
		goto out;
	status = bundle_feed(&reader, bytes_span(&content), take, &importing, err);
	if (status == STATUS_OK)
		status = bundle_end(&reader, err);
	/* Damage later in the file does not take back what was whole before it. */
	const enum status ended = outbox_group_end(session.outbox, status == STATUS_OK ? err : NULL);
	status = status == STATUS_OK ? ended : status;
	if (status == STATUS_OK)
		status = judge(cli, &importing, err);
	else if (status_blames_input(status))
		print_note("%llu new before the damage\n", (unsigned long long)importing.taken);
	if (status == STATUS_BAD_INPUT && importing.refused == 0)
		error_hint(err, "what was whole before it is kept; ask for the file again");
out:
	bundle_wipe(&reader);
	bytes_wipe(&content);
	sijil_close(&session);
	return status;
}
