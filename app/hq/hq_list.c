/* list, show, export: reports with their verdicts, verified again as they are read. */
#include "app/hq/hq.h"
#include "app/listing.h"
#include "app/print_report.h"
#include "app/reader_options.h"
#include "schema/date.h"
#include "schema/vocabulary.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct case_listing {
	struct listing out;
	uint64_t rows, forged;
};

const char *hq_verdict_word(const struct casebook_entry *entry)
{
	if (!entry->verdict.signature)
		return "FORGED";
	if (entry->verdict.standing == STANDING_CONTESTED)
		return "contested";
	if (!hash_is_zero(&entry->retracted_by))
		return "retracted";
	return entry->verdict.linked ? "good" : "unlinked";
}

/* The readers' options. `device` is where a named device's id is kept. */
static enum status read_filter(struct casebook_filter *filter, struct key_id *device, struct casebook *casebook,
                               struct cli *cli, struct error *err)
{
	const char *name = cli_value(cli, "device");
	const enum status status = reader_options_filter(&filter->report, cli, err);
	if (status != STATUS_OK || name == NULL)
		return status;
	filter->device = device;
	return casebook_find_device(casebook, name, device, err);
}

static void entry_name(const struct casebook_entry *entry, char *text, size_t size)
{
	(void)snprintf(text, size, "%s/%u", entry->label,
	               entry->evidence != NULL ? (unsigned)evidence_event(entry->evidence)->number : 0);
}

static void table_row(struct print_table *table, const struct casebook_entry *entry)
{
	static const char *const fields[] = {"kind", "place", "origin", "households", "individuals", "observed_on"};
	char text[REPORT_TEXT_BYTES], id[9];
	entry_name(entry, text, sizeof text);
	print_table_cell(table, text);
	if (entry->evidence != NULL)
		print_short_id(evidence_id(entry->evidence), id);
	print_table_cell(table, entry->evidence != NULL ? id : "-");
	print_table_cell(table, hq_verdict_word(entry));
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		text[0] = '\0';
		if (entry->evidence != NULL)
			report_format(&entry->current, report_field_find(fields[i]), text);
		print_table_cell(table, text);
	}
}

static void json_entry(struct print_json *json, const struct casebook_entry *entry)
{
	char text[65], time[DATE_TIME_TEXT_BYTES], buffer[12];
	print_json_open(json, NULL, '{');
	print_json_text(json, "verdict", hq_verdict_word(entry));
	print_json_text(json, "device", entry->label);
	if (entry->evidence != NULL) {
		const struct body *body = evidence_body(entry->evidence);
		print_long_id(evidence_id(entry->evidence), text);
		print_json_text(json, "id", text);
		print_json_number(json, "number", evidence_event(entry->evidence)->number);
		print_json_text(json, "type", object_type_name(body->type, buffer));
		date_time_format(body->created_s, time);
		print_json_text(json, "created", time);
		print_json_bool(json, "captured_locked", body->captured_locked);
		print_json_bool(json, "linked", entry->verdict.linked);
		print_json_bool(json, "amended", !hash_is_zero(&entry->amended_by));
		print_json_number(json, "log_position", (int64_t)entry->verdict.log_position);
		print_report_json(json, &entry->current);
	}
	print_json_close(json, '}');
}

static const char *const provenance[] = {"report_id",  "device",        "number",       "verdict",    "enrolment",
                                         "in_log_at",  "created_utc",   "clock_is_set", "captured_locked", "amended_by", "retracted_by"};

static void provenance_cell(const struct casebook_entry *entry, size_t column, char text[REPORT_TEXT_BYTES])
{
	const struct body *body = evidence_body(entry->evidence);
	const struct hash *const ids[] = {evidence_id(entry->evidence), &entry->amended_by, &entry->retracted_by};
	text[0] = '\0';
	switch (column) {
	case 0: print_long_id(ids[0], text); return;
	case 1: (void)snprintf(text, REPORT_TEXT_BYTES, "%s", entry->label); return;
	case 2: (void)snprintf(text, REPORT_TEXT_BYTES, "%u", (unsigned)evidence_event(entry->evidence)->number); return;
	case 3: (void)snprintf(text, REPORT_TEXT_BYTES, "%s", hq_verdict_word(entry)); return;
	case 4: (void)snprintf(text, REPORT_TEXT_BYTES, "%s", entry->verdict.enrolment == ENROLMENT_CONFIRMED ? "confirmed"
	                       : entry->verdict.enrolment == ENROLMENT_VALID ? "enrolled" : "unconfirmed"); return;
	case 5: (void)snprintf(text, REPORT_TEXT_BYTES, "%llu", (unsigned long long)entry->verdict.log_position); return;
	case 6: date_time_format(body->created_s, text); return;
	case 7: (void)snprintf(text, REPORT_TEXT_BYTES, "%s", body->clock == BODY_CLOCK_UNSET ? "no" : "yes"); return;
	case 8: (void)snprintf(text, REPORT_TEXT_BYTES, "%s", body->captured_locked ? "yes" : "no"); return;
	default:
		if (!hash_is_zero(ids[column - 8]))
			print_long_id(ids[column - 8], text);
	}
}

/* A row that no longer verifies is never put out: it is counted and named. */
static enum status csv_row(struct listing *out, const struct casebook_entry *entry, struct error *err)
{
	char text[REPORT_TEXT_BYTES];
	enum status status = STATUS_OK;
	for (size_t i = 0; status == STATUS_OK && i < sizeof provenance / sizeof *provenance; i++) {
		provenance_cell(entry, i, text);
		status = listing_csv_cell(out, text, i == 0, err);
	}
	return status == STATUS_OK ? listing_csv_report(out, &entry->current, err) : status;
}

static enum status each(void *context, const struct casebook_entry *entry, struct error *err)
{
	struct case_listing *listing = context;
	listing->rows++;
	listing->forged += !entry->verdict.signature;
	if (listing->out.format == LISTING_TABLE)
		table_row(listing->out.table, entry);
	else if (listing->out.format == LISTING_JSON)
		json_entry(listing->out.json, entry);
	else if (entry->evidence != NULL)
		return csv_row(&listing->out, entry, err);
	return STATUS_OK;
}

/* All that the options ask for, in the listing's form; still to be printed. */
static enum status gather(struct cli *cli, struct hq_session *session, struct case_listing *listing, struct error *err)
{
	static const char *const table[] = {"report", "id", "verdict", "kind", "place", "from", "households", "individuals", "observed"};
	static const struct listing_headings headings = {
		table, sizeof table / sizeof *table, provenance, sizeof provenance / sizeof *provenance};
	struct casebook_filter filter = {0};
	struct key_id device;
	enum status status = read_filter(&filter, &device, session->casebook, cli, err);
	if (status == STATUS_OK)
		status = listing_begin(&listing->out, &headings, err);
	return status == STATUS_OK ? casebook_each(session->casebook, &filter, each, listing, err) : status;
}

/* Says what is wrong with what was listed; the listing itself stands. */
static enum status judge(const struct case_listing *listing, struct error *err)
{
	if (listing->forged == 0)
		return STATUS_OK;
	(void)error_set(err, STATUS_TAMPERED, "%llu of %llu stored reports no longer verify: this register was altered",
	                (unsigned long long)listing->forged, (unsigned long long)listing->rows);
	error_hint(err, "sijil-hq verify names them; restore the register from a backup and pull");
	return STATUS_TAMPERED;
}

enum status hq_list(struct cli *cli, struct error *err)
{
	struct hq_session session = {0};
	struct case_listing listing = {0};
	enum status status = listing_choose(&listing.out.format, cli, err);
	if (status == STATUS_OK)
		status = hq_open(&session, cli, err);
	if (status != STATUS_OK)
		goto out;
	status = gather(cli, &session, &listing, err);
	status = listing_end(&listing.out, status, err);
	if (status == STATUS_OK)
		status = judge(&listing, err);
out:
	hq_close(&session);
	return status;
}

enum status hq_export(struct cli *cli, struct error *err)
{
	struct hq_session session = {0};
	struct case_listing listing = {.out = {.format = LISTING_CSV}};
	const char *format = cli_value(cli, "format");
	if (!cli_flag(cli, "record-level") || (format != NULL && strcmp(format, "csv") != 0)) {
		(void)cli_usage(cli, err, "export gives one row a report as CSV, and wants to be told so");
		error_hint(err, "sijil-hq export --record-level --format csv -o FILE");
		return STATUS_BAD_INPUT;
	}
	enum status status = hq_open(&session, cli, err);
	if (status == STATUS_OK)
		status = gather(cli, &session, &listing, err);
	if (status == STATUS_OK)
		status = judge(&listing, err);
	if (status == STATUS_OK)
		status = hq_write(cli, cli_value(cli, "out"), bytes_span(&listing.out.csv), true, err);
	if (status == STATUS_OK)
		print_note("%llu reports, one row each, readable by anybody: small groups can be recognised in it.\n"
		           "Not for publication.\n", (unsigned long long)listing.rows);
	listing_wipe(&listing.out);
	hq_close(&session);
	return status;
}

static enum status show_entry(void *context, const struct casebook_entry *entry, struct error *err)
{
	struct cli *cli = context;
	char text[65], time[DATE_TIME_TEXT_BYTES], buffer[12];
	if (cli->json) {
		struct print_json *json = print_json_new();
		json_entry(json, entry);
		return print_json_end(json, err);
	}
	if (entry->evidence == NULL) {
		hq_print_verdict(entry);
		(void)error_set(err, STATUS_TAMPERED, "this stored report no longer verifies; its content is not shown");
		error_hint(err, "sijil-hq verify names what was altered; restore the register from a backup and pull");
		return STATUS_TAMPERED;
	}
	const struct body *body = evidence_body(entry->evidence);
	print_long_id(evidence_id(entry->evidence), text);
	print_out("%s %s/%u\n  id               %s\n", object_type_name(body->type, buffer), entry->label,
	          (unsigned)evidence_event(entry->evidence)->number, text);
	date_time_format(body->created_s, time);
	print_out("  recorded         %s%s\n", time, body->clock == BODY_CLOCK_UNSET ? " (the device's clock was not set)" : "");
	if (print_captured(body) != NULL)
		print_out("  %s\n", print_captured(body));
	if (!hash_is_zero(&body->parent)) {
		print_long_id(&body->parent, text);
		print_out("  of               %s\n", text);
	}
	if (!hash_is_zero(&entry->amended_by)) {
		print_long_id(&entry->amended_by, text);
		print_out("  amended by       %s\n", text);
	}
	if (!hash_is_zero(&entry->retracted_by)) {
		print_long_id(&entry->retracted_by, text);
		print_out("  retracted by     %s\n", text);
	}
	if (body->type == OBJECT_RECOVERY)
		print_out("  content          the device's recovery code; sijil-hq recover reads it out\n");
	print_report(&entry->current);
	print_out("verdict\n");
	hq_print_verdict(entry);
	return STATUS_OK;
}

/* Whether the word is the beginning of its id, four digits or more, or LABEL/NUMBER. */
static bool is_called(const struct casebook_withheld *withheld, const char *word)
{
	char id[65], name[ENROLMENT_NAME_BYTES + 12];
	print_long_id(&withheld->id, id);
	(void)snprintf(name, sizeof name, "%s/%u", withheld->label, (unsigned)withheld->number);
	return strcmp(word, name) == 0 || (strlen(word) >= 4 && strncasecmp(word, id, strlen(word)) == 0);
}

struct search {
	const struct cli *cli;
	bool found;
};

static enum status show_withheld(void *context, const struct casebook_withheld *withheld, struct error *err)
{
	struct search *search = context;
	char id[65], buffer[12];
	const char *reason = vocabulary_label(&vocabulary_retraction, withheld->reason);
	if (search->found || !is_called(withheld, search->cli->words[0]))
		return STATUS_OK;
	search->found = true;
	print_long_id(&withheld->id, id);
	if (!search->cli->json) {
		print_out("%s %s/%u WITHHELD\n  id               %s\n", object_type_name(withheld->type, buffer), withheld->label,
		          (unsigned)withheld->number, id);
		print_out("  content          none: its author withheld it before it was sent\n");
		if (reason != NULL)
			print_out("  reason           %s\n", reason);
		print_out("verdict\n  both signatures are the device's; its place in the chain is filled\n");
		return STATUS_OK;
	}
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_text(json, "verdict", "withheld");
	print_json_text(json, "device", withheld->label);
	print_json_text(json, "id", id);
	print_json_number(json, "number", (int64_t)withheld->number);
	print_json_text(json, "type", object_type_name(withheld->type, buffer));
	print_json_close(json, '}');
	return print_json_end(json, err);
}

enum status hq_show(struct cli *cli, struct error *err)
{
	struct hq_session session = {0};
	struct search search = {.cli = cli};
	struct hash id;
	enum status status = hq_open(&session, cli, err);
	if (status != STATUS_OK)
		goto out;
	status = casebook_find(session.casebook, cli->words[0], &id, err);
	if (status == STATUS_OK) {
		status = casebook_get(session.casebook, &id, show_entry, cli, err);
	} else if (status == STATUS_NOT_FOUND) {
		const enum status looked = casebook_each_withheld(session.casebook, NULL, show_withheld, &search, NULL);
		status = search.found ? looked : status;
	}
out:
	hq_close(&session);
	return status;
}
