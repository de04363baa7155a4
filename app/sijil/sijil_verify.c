/* verify: one evidence file, one fingerprint, no register and no key. */
#include "app/print.h"
#include "app/print_report.h"
#include "app/sijil/sijil.h"
#include "crypto/file.h"
#include "schema/date.h"
#include "schema/evidence_file.h"
#include "schema/vocabulary.h"

static void print_time(const char *text, int64_t seconds)
{
	char time[DATE_TIME_TEXT_BYTES];
	date_time_format(seconds, time);
	print_out("%s%s\n", text, time);
}

static void print_reported(const struct evidence *report)
{
	char id[65];
	const struct body *body = evidence_body(report);
	print_long_id(evidence_id(report), id);
	print_out("REPORT %s\n", id);
	print_time("  recorded by the device's clock at ", body->created_s);
	if (print_captured(body) != NULL)
		print_out("  %s: whoever held it could write this; the holder of its key confirmed it\n", print_captured(body));
	print_report(&body->report);
}

static bool counts(const struct evidence_file_result *result, size_t later)
{
	return result->later_is_own[later] && !result->later_is_contested[later];
}

static void print_later(const struct body *body, bool own)
{
	const char *reason = vocabulary_label(&vocabulary_retraction, body->reason);
	if (body->type == OBJECT_RETRACT)
		print_time(own ? "  RETRACTED by a later event at " : "    would have it retracted, at ", body->created_s);
	else if (body->type == OBJECT_AMEND)
		print_time(own ? "  AMENDED by a later event at " : "    would have it amended, at ", body->created_s);
	else
		print_time(own ? "  Corroborated at " : "    corroborates it, at ", body->created_s);
	if (body->type == OBJECT_RETRACT && reason != NULL)
		print_out("  %-16s %s\n", "reason", reason);
	print_changes(body);
}

static void print_proven(const struct evidence_file_result *result)
{
	char device[KEY_PROQUINT_BYTES], project[KEY_PROQUINT_BYTES];
	key_id_format(evidence_device(result->report), device);
	key_id_format(&result->project, project);
	print_out("\nPROVEN\n");
	print_out("  The report is, to the last character, what device %s\n"
	          "  signed as number %u of its chain.\n",
	          device, (unsigned)evidence_event(result->report)->number);
	print_out("  The device was enrolled with an invite of the project %s", project);
	print_out(result->path_len > 1 ? ",\n  and its key was succeeded %zu times, each time signed by the key before.\n" : ".\n",
	          result->path_len - 1);
	if (result->is_confirmed)
		print_time("  Headquarters confirmed the device at ", result->confirmation.time_s);
	if (result->is_received)
		print_time("  A relay of the project signed that it held the report at ", result->receipt.time_s);
	if (result->is_acknowledged)
		print_time("  Headquarters signed that it had opened the report at ", result->acknowledgement.time_s);
	for (size_t i = 0; i < result->later_len; i++)
		if (counts(result, i))
			print_later(evidence_body(result->later[i]), true);
}

/* Anybody enrolled may speak of a report; it is not theirs to change. */
static void print_others(const struct evidence_file_result *result)
{
	bool first = true;
	for (size_t i = 0; i < result->later_len; i++) {
		if (result->later_is_own[i])
			continue;
		if (first)
			print_out("\nSAID BY OTHERS: they cannot change the report, which stands as it is\n");
		first = false;
		char device[KEY_PROQUINT_BYTES];
		key_id_format(evidence_device(result->later[i]), device);
		print_out("  Device %s\n", device);
		print_later(evidence_body(result->later[i]), false);
	}
}

/* Whoever took the device could sign it: it may be the author's own word, and it may be the thief's. */
static void print_contested(const struct evidence_file_result *result)
{
	bool first = true;
	for (size_t i = 0; i < result->later_len; i++) {
		if (!result->later_is_contested[i])
			continue;
		if (first)
			print_out("\nCONTESTED: signed under a key of the author's that was revoked, and not within what still counts\n");
		first = false;
		print_later(evidence_body(result->later[i]), false);
	}
}

static void print_limits(const struct evidence_file_result *result)
{
	static const struct {
		enum evidence_file_unproven bit;
		const char *text;
	} limits[] = {
		{EVIDENCE_FILE_NOTHING_ELSE, "that nothing else exists: no other report, amendment or revocation (not shown to be complete)"},
		{EVIDENCE_FILE_CLOCK, "that the device's clock was right"},
		{EVIDENCE_FILE_PERSON, "who held the device: headquarters has not confirmed it"},
		{EVIDENCE_FILE_RECEIVED, "when a relay received it"},
		{EVIDENCE_FILE_OPENED, "that headquarters opened it"},
	};
	print_out("\nDEPENDS ON\n  the fingerprint you gave: take it from a source you trust, not from this file's bearer\n");
	print_out("  Ed25519 and SHA-256\n\nNOT PROVEN\n  that what was reported is true\n");
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if ((result->unproven & (unsigned)limits[i].bit) != 0)
			print_out("  %s\n", limits[i].text);
}

static size_t count_own(const struct evidence_file_result *result)
{
	size_t own = 0;
	for (size_t i = 0; i < result->later_len; i++)
		own += counts(result, i);
	return own;
}

static size_t count_contested(const struct evidence_file_result *result)
{
	size_t contested = 0;
	for (size_t i = 0; i < result->later_len; i++)
		contested += result->later_is_contested[i];
	return contested;
}

static bool has_own(const struct evidence_file_result *result, enum object_type type)
{
	for (size_t i = 0; i < result->later_len; i++)
		if (counts(result, i) && evidence_body(result->later[i])->type == type)
			return true;
	return false;
}

static enum status print_as_json(const struct evidence_file_result *result, struct error *err)
{
	char id[65], device[33];
	struct print_json *json = print_json_new();
	print_long_id(evidence_id(result->report), id);
	print_key_id(evidence_device(result->report), device);
	print_json_open(json, NULL, '{');
	print_json_text(json, "verdict", result->is_contested ? "contested" : "genuine");
	print_json_text(json, "id", id);
	print_json_text(json, "device", device);
	print_json_number(json, "number", evidence_event(result->report)->number);
	print_json_bool(json, "received", result->is_received);
	print_json_bool(json, "acknowledged", result->is_acknowledged);
	print_json_bool(json, "amended", has_own(result, OBJECT_AMEND));
	print_json_bool(json, "retracted", has_own(result, OBJECT_RETRACT));
	print_json_bool(json, "captured_locked", evidence_body(result->report)->captured_locked);
	print_json_number(json, "later_events", (int64_t)count_own(result));
	print_json_number(json, "contested_later_events", (int64_t)count_contested(result));
	print_json_number(json, "said_by_others", (int64_t)(result->later_len - count_own(result) - count_contested(result)));
	print_json_number(json, "revocations", (int64_t)result->revocations_len);
	print_report_json(json, &evidence_body(result->report)->report);
	print_json_close(json, '}');
	return print_json_end(json, err);
}

/* The author's last word on it, for who reads one line only. */
static const char *later_word(const struct evidence_file_result *result)
{
	if (has_own(result, OBJECT_RETRACT))
		return ", and later RETRACTED by its author";
	return has_own(result, OBJECT_AMEND) ? ", and later AMENDED by its author" : "";
}

static void print_verdict(const struct evidence_file_result *result)
{
	print_out("\nVERDICT: genuine%s%s%s.\n", later_word(result),
	          count_contested(result) > 0 ? ", with later events that are CONTESTED" : "",
	          result->is_contested
	                  ? ", but CONTESTED: the device was revoked, and this is not within what still counts" : "");
}

enum status sijil_verify(struct cli *cli, struct error *err)
{
	struct bytes file = {0};
	struct key_id fingerprint;
	struct evidence_file_result result = {0};
	const char *given = cli_value(cli, "project");
	if (given == NULL) {
		(void)cli_usage(cli, err, "verify needs a file and the project's fingerprint");
		error_hint(err, "sijil verify FILE --project FINGERPRINT; headquarters publishes the fingerprint");
		return STATUS_BAD_INPUT;
	}
	if (key_id_parse(&fingerprint, given, err) != STATUS_OK)
		return cli_wrong(cli);
	enum status status = file_read(&file, cli->words[0], EVIDENCE_FILE_MAX_BYTES, err);
	if (status == STATUS_OK)
		status = evidence_file_check(&result, bytes_span(&file), &fingerprint, err);
	if (status != STATUS_OK)
		goto out;
	if (cli->json) {
		status = print_as_json(&result, err);
	} else {
		print_reported(result.report);
		print_proven(&result);
		print_contested(&result);
		print_others(&result);
		print_limits(&result);
		print_verdict(&result);
	}
	if (result.is_contested)
		cli->exit_code = EXIT_FORGED;
out:
	evidence_file_result_wipe(&result);
	bytes_wipe(&file);
	return status;
}
