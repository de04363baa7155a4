/* device list, show, confirm, revoke; gaps. */
#include "app/hq/hq.h"
#include "app/print.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *enrolment_word(enum verdict_enrolment enrolment)
{
	switch (enrolment) {
	case ENROLMENT_VALID: return "enrolled";
	case ENROLMENT_CONFIRMED: return "confirmed";
	case ENROLMENT_LATE: return "LATE: unconfirmed";
	case ENROLMENT_DOUBLE: return "DOUBLE: unconfirmed";
	}
	return "?";
}

/* "12, 30-31", and dots where there are more gaps than are named. */
static void format_gaps(const struct chain *chain, char *text, size_t size)
{
	size_t at = 0;
	text[0] = '\0';
	for (size_t i = 0; i < chain->missing_len && at < size; i++) {
		const struct gap gap = chain->missing[i];
		const int n = gap.first == gap.last
		                      ? snprintf(text + at, size - at, "%s%llu", i > 0 ? ", " : "", (unsigned long long)gap.first)
		                      : snprintf(text + at, size - at, "%s%llu-%llu", i > 0 ? ", " : "",
		                                 (unsigned long long)gap.first, (unsigned long long)gap.last);
		at += n > 0 ? (size_t)n : 0;
	}
	if (chain->missing_len == STATEMENT_GAPS && at < size)
		(void)snprintf(text + at, size - at, ", ...");
}

static const char *standing_word(const struct casebook_device *device)
{
	return device->revoked ? "REVOKED" : device->succeeded ? "succeeded" : device->chain.forked ? "FORKED" : "";
}

static enum status list_device(void *context, const struct casebook_device *device, struct error *err)
{
	struct print_table *table = context;
	char id[33], held[48], gaps[512];
	(void)err;
	print_key_id(&device->id, id);
	id[8] = '\0';
	(void)snprintf(held, sizeof held, "%llu of %llu", (unsigned long long)device->chain.held,
	               (unsigned long long)device->chain.highest);
	format_gaps(&device->chain, gaps, sizeof gaps);
	print_table_cell(table, device->label);
	print_table_cell(table, id);
	print_table_cell(table, enrolment_word(device->enrolment));
	print_table_cell(table, held);
	print_table_cell(table, gaps);
	print_table_cell_number(table, (int64_t)device->opened);
	print_table_cell(table, standing_word(device));
	return STATUS_OK;
}

static enum status json_device(void *context, const struct casebook_device *device, struct error *err)
{
	struct print_json *json = context;
	char id[33], fingerprint[KEY_PROQUINT_BYTES], gaps[512];
	(void)err;
	print_key_id(&device->id, id);
	key_id_format(&device->id, fingerprint);
	format_gaps(&device->chain, gaps, sizeof gaps);
	print_json_open(json, NULL, '{');
	print_json_text(json, "label", device->label);
	print_json_text(json, "id", id);
	print_json_text(json, "fingerprint", fingerprint);
	print_json_text(json, "platform", device->platform);
	print_json_text(json, "enrolment", enrolment_word(device->enrolment));
	print_json_number(json, "held", (int64_t)device->chain.held);
	print_json_number(json, "highest", (int64_t)device->chain.highest);
	print_json_number(json, "whole", (int64_t)device->chain.whole.number);
	print_json_text(json, "missing", gaps);
	print_json_number(json, "opened", (int64_t)device->opened);
	print_json_bool(json, "forked", device->chain.forked);
	print_json_bool(json, "revoked", device->revoked);
	print_json_bool(json, "succeeded", device->succeeded);
	print_json_close(json, '}');
	return STATUS_OK;
}

enum status hq_device_list(struct cli *cli, struct error *err)
{
	static const char *const headings[] = {"label", "id", "enrolment", "held", "missing", "opened", ""};
	struct hq_session session;
	enum status status = hq_open(&session, cli, err), printed = STATUS_OK;
	if (status != STATUS_OK)
		goto out;
	if (cli->json) {
		struct print_json *json = print_json_new();
		print_json_open(json, NULL, '[');
		status = casebook_each_device(session.casebook, json_device, json, err);
		print_json_close(json, ']');
		printed = print_json_end(json, err);
	} else {
		struct print_table *table = print_table_new(headings, sizeof headings / sizeof *headings);
		status = casebook_each_device(session.casebook, list_device, table, err);
		printed = print_table_end(table, err);
	}
out:
	hq_close(&session);
	return status != STATUS_OK ? status : printed;
}

struct showing {
	struct key_id id;
	bool json;
};

static enum status show_device(void *context, const struct casebook_device *device, struct error *err)
{
	const struct showing *showing = context;
	char id[33], fingerprint[KEY_PROQUINT_BYTES], gaps[512];
	if (!key_id_equals(&device->id, &showing->id))
		return STATUS_OK;
	if (showing->json) {
		struct print_json *json = print_json_new();
		const enum status status = json_device(json, device, err);
		const enum status printed = print_json_end(json, err);
		return status != STATUS_OK ? status : printed;
	}
	print_key_id(&device->id, id);
	key_id_format(&device->id, fingerprint);
	format_gaps(&device->chain, gaps, sizeof gaps);
	print_out("label        %s\nid           %s\nfingerprint  %s\nplatform     %s\n", device->label, id, fingerprint,
	          device->platform);
	print_out("enrolment    %s%s%s\n", enrolment_word(device->enrolment), standing_word(device)[0] != '\0' ? ", " : "",
	          standing_word(device));
	print_out("chain        %llu held of %llu, whole up to %llu%s%s\n", (unsigned long long)device->chain.held,
	          (unsigned long long)device->chain.highest, (unsigned long long)device->chain.whole.number,
	          gaps[0] != '\0' ? ", missing " : "", gaps);
	print_out("opened       %llu\n", (unsigned long long)device->opened);
	return STATUS_OK;
}

/* Opens the register and finds the device that the one word names. */
static enum status open_for_device(struct hq_session *session, struct cli *cli, struct key_id *id, struct error *err)
{
	*session = (struct hq_session){0};
	const enum status status = hq_open(session, cli, err);
	return status == STATUS_OK ? casebook_find_device(session->casebook, cli->words[0], id, err) : status;
}

enum status hq_device_show(struct cli *cli, struct error *err)
{
	struct hq_session session;
	struct showing showing = {.json = cli->json};
	enum status status = open_for_device(&session, cli, &showing.id, err);
	if (status == STATUS_OK)
		status = casebook_each_device(session.casebook, show_device, &showing, err);
	hq_close(&session);
	return status;
}

enum status hq_device_confirm(struct cli *cli, struct error *err)
{
	struct hq_session session;
	struct key_id id;
	enum status status = open_for_device(&session, cli, &id, err);
	if (status == STATUS_OK)
		status = project_confirm_device(session.project, &id, (int64_t)time(NULL), err);
	if (status == STATUS_OK)
		print_out("confirmed; sijil-hq pull sends it to the relay\n");
	hq_close(&session);
	return status;
}

static enum status parse_revocation(struct cli *cli, uint64_t *after, bool *has_after, enum revocation_reason *reason,
                                    struct error *err)
{
	static const char *const reasons[] = {"lost", "seized", "left", "other"};
	const char *number = cli_value(cli, "after"), *why = cli_value(cli, "reason");
	long long value = 0;
	if (number != NULL && cli_number(&value, number, 0, UINT32_MAX, "--after", err) != STATUS_OK)
		return cli_wrong(cli);
	*has_after = number != NULL;
	*after = (uint64_t)value;
	*reason = REVOKE_OTHER;
	for (size_t i = 0; why != NULL; i++) {
		if (i == sizeof reasons / sizeof *reasons)
			return cli_usage(cli, err, "--reason knows lost, seized, left and other, not '%s'", why);
		if (strcmp(reasons[i], why) == 0) {
			*reason = (enum revocation_reason)(i + 1);
			break;
		}
	}
	return STATUS_OK;
}

enum status hq_device_revoke(struct cli *cli, struct error *err)
{
	struct hq_session session = {0};
	struct key_id id;
	uint64_t after = 0;
	bool has_after = false;
	enum revocation_reason reason = REVOKE_OTHER;
	enum status status = parse_revocation(cli, &after, &has_after, &reason, err);
	if (status == STATUS_OK)
		status = open_for_device(&session, cli, &id, err);
	if (status == STATUS_OK)
		status = project_revoke_device(session.project, &id, has_after ? &after : NULL, reason, (int64_t)time(NULL), err);
	if (status == STATUS_OK)
		print_out("revoked: what it signed %s stays good, all else is contested whatever its clock says.\n"
		          "Next: sijil-hq pull, which tells the relay\n", has_after ? "up to that number" : "and headquarters holds");
	hq_close(&session);
	return status;
}

struct gap_listing {
	struct print_json *json; /* NULL: plain */
	uint64_t devices, gaps;
};

static enum status list_gaps(void *context, const struct casebook_device *device, struct error *err)
{
	struct gap_listing *listing = context;
	char gaps[512];
	listing->devices++;
	if (device->chain.missing_len == 0)
		return STATUS_OK;
	listing->gaps++;
	if (listing->json != NULL)
		return json_device(listing->json, device, err);
	format_gaps(&device->chain, gaps, sizeof gaps);
	print_out("%s: %llu of %llu, missing %s\n", device->label, (unsigned long long)device->chain.held,
	          (unsigned long long)device->chain.highest, gaps);
	return STATUS_OK;
}

static enum status print_gaps(struct gap_listing *listing, const struct cli *cli, struct casebook *casebook,
                              struct error *err)
{
	if (!cli->json) {
		const enum status status = casebook_each_device(casebook, list_gaps, listing, err);
		if (status == STATUS_OK && listing->gaps == 0)
			print_out("no gaps: %llu device%s, all that each says it made is here\n", (unsigned long long)listing->devices,
			          listing->devices == 1 ? "" : "s");
		return status;
	}
	listing->json = print_json_new();
	if (listing->json == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	print_json_open(listing->json, NULL, '[');
	const enum status status = casebook_each_device(casebook, list_gaps, listing, err);
	print_json_close(listing->json, ']');
	const enum status printed = print_json_end(listing->json, status == STATUS_OK ? err : NULL);
	return status != STATUS_OK ? status : printed;
}

enum status hq_gaps(struct cli *cli, struct error *err)
{
	struct hq_session session;
	struct gap_listing listing = {0};
	enum status status = hq_open(&session, cli, err);
	if (status == STATUS_OK)
		status = print_gaps(&listing, cli, session.casebook, err);
	if (status == STATUS_OK && listing.gaps > 0)
		cli->exit_code = EXIT_INCOMPLETE;
	hq_close(&session);
	return status;
}
