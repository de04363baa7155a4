/* recover: the code that opens a device whose passphrase is lost, read out to its worker. */
#include "app/hq/hq.h"
#include "app/print.h"
#include "schema/date.h"

#include <assert.h>
#include <string.h>

static_assert(BODY_RECOVERY_CODE_BYTES == KEY_ID_BYTES, "a code is read out as a fingerprint is");

struct reading_out {
	bool all;
	struct print_json *json; /* NULL: plain */
	uint64_t codes;
};

static void print_code(const struct casebook_recovery *recovery, const char *code, const char *made)
{
	const struct body *body = evidence_body(recovery->evidence);
	print_out("%s\n", code);
	print_out("  of               %s/%u\n  made             %s%s\n", recovery->label,
	          (unsigned)evidence_event(recovery->evidence)->number, made,
	          body->clock == BODY_CLOCK_UNSET ? " (the device's clock was not set)" : "");
	print_out("  standing         %s\n", recovery->superseded ? "SUPERSEDED: a newer code took its place"
	                                                          : "the newest that reached headquarters");
	hq_print_verdict(&(struct casebook_entry){.verdict = recovery->verdict});
}

static void print_code_json(struct print_json *json, const struct casebook_recovery *recovery, const char *code,
                            const char *made)
{
	print_json_open(json, NULL, '{');
	print_json_text(json, "code", code);
	print_json_text(json, "device", recovery->label);
	print_json_number(json, "number", evidence_event(recovery->evidence)->number);
	print_json_text(json, "made", made);
	print_json_bool(json, "superseded", recovery->superseded);
	print_json_bool(json, "contested", recovery->verdict.standing == STANDING_CONTESTED);
	print_json_close(json, '}');
}

static enum status read_out(void *context, const struct casebook_recovery *recovery, struct error *err)
{
	struct reading_out *reading = context;
	char code[KEY_PROQUINT_BYTES], made[DATE_TIME_TEXT_BYTES];
	struct key_id bytes;
	(void)err;
	reading->codes++;
	if (recovery->superseded && !reading->all)
		return STATUS_OK;
	const struct body *body = evidence_body(recovery->evidence);
	memcpy(bytes.bytes, body->recovery, sizeof bytes.bytes);
	key_id_format(&bytes, code);
	date_time_format(body->created_s, made);
	if (reading->json != NULL)
		print_code_json(reading->json, recovery, code, made);
	else
		print_code(recovery, code, made);
	explicit_bzero(&bytes, sizeof bytes);
	explicit_bzero(code, sizeof code);
	return STATUS_OK;
}

static void say_what_next(const struct reading_out *reading)
{
	if (reading->codes > 1 && !reading->all)
		print_note("%llu older codes were superseded; --all shows them, should the newest not open the device.\n",
		           (unsigned long long)(reading->codes - 1));
	print_note("Whoever has this code and the device reads what it holds: be sure whom you read it out to.\n"
	           "On the device: sijil recover. It takes a new passphrase, and this code opens nothing more.\n");
}

/* A seized device is revoked, and whoever seized it may well call. */
struct search {
	struct key_id id;
	bool revoked;
};

static enum status look(void *context, const struct casebook_device *device, struct error *err)
{
	struct search *search = context;
	(void)err;
	if (key_id_equals(&device->id, &search->id))
		search->revoked = device->revoked;
	return STATUS_OK;
}

static enum status find(struct hq_session *session, struct cli *cli, struct key_id *id, struct error *err)
{
	struct search search = {0};
	enum status status = casebook_find_device(session->casebook, cli->words[0], &search.id, err);
	if (status == STATUS_OK)
		status = casebook_each_device(session->casebook, look, &search, err);
	if (status != STATUS_OK)
		return status;
	*id = search.id;
	if (!search.revoked || cli_flag(cli, "even-revoked"))
		return STATUS_OK;
	(void)error_set(err, STATUS_REFUSED, "'%s' is REVOKED: its code was not read out", cli->words[0]);
	error_hint(err, "whoever asks may be who took it; if you are sure of him: --even-revoked");
	return STATUS_REFUSED;
}

enum status hq_recover(struct cli *cli, struct error *err)
{
	struct hq_session session = {0};
	struct reading_out reading = {.all = cli_flag(cli, "all")};
	struct key_id id;
	enum status status = hq_open(&session, cli, err), printed = STATUS_OK;
	if (status == STATUS_OK)
		status = find(&session, cli, &id, err);
	if (status != STATUS_OK)
		goto out;
	if (cli->json) {
		reading.json = print_json_new();
		print_json_open(reading.json, NULL, '[');
	}
	status = casebook_each_recovery(session.casebook, &id, read_out, &reading, err);
	if (cli->json) {
		print_json_close(reading.json, ']');
		printed = print_json_end(reading.json, status == STATUS_OK ? err : NULL);
	} else if (status == STATUS_OK) {
		say_what_next(&reading);
	}
out:
	hq_close(&session);
	return status != STATUS_OK ? status : printed;
}
