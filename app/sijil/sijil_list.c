/* list, show: what is on this device, as its worker may see it. */
#include "app/listing.h"
#include "app/print_report.h"
#include "app/reader_options.h"
#include "app/sijil/sijil.h"
#include "schema/date.h"
#include "schema/vocabulary.h"

#include <stdio.h>

struct own_listing {
	struct outbox *outbox;
	struct key_id device; /* the current key */
	bool all;
	struct report_filter filter;
	struct listing out;
};

static const char *state_word(const struct outbox_entry *entry)
{
	return entry->hq_has ? "HQ" : entry->relay_has ? "relay" : "here";
}

static void figure_text(const struct report *report, const char *field, char text[REPORT_TEXT_BYTES])
{
	report_format(report, report_field_find(field), text);
}

static const char *standing(const struct outbox_entry *entry)
{
	return entry->withheld ? "withheld" : !hash_is_zero(&entry->retracted_by) ? "retracted" : !hash_is_zero(&entry->amended_by) ? "amended" : "";
}

static void table_row(struct own_listing *listing, const struct outbox_entry *entry, const struct report *report)
{
	char text[REPORT_TEXT_BYTES], id[9], buffer[12];
	print_short_id(&entry->id, id);
	/* A number alone names an event of the current key; those of earlier keys go by their ids. */
	if (key_id_equals(&entry->device, &listing->device))
		print_table_cell_number(listing->out.table, entry->number);
	else
		print_table_cell(listing->out.table, "");
	print_table_cell(listing->out.table, id);
	print_table_cell(listing->out.table, state_word(entry));
	print_table_cell(listing->out.table, standing(entry));
	if (!entry->readable) {
		print_table_cell(listing->out.table, entry->withheld ? "" : "sealed");
		for (int i = 0; i < 4; i++)
			print_table_cell(listing->out.table, "");
		return;
	}
	const char *kind = vocabulary_word(&vocabulary_kind, report->kind);
	print_table_cell(listing->out.table, kind != NULL ? kind : object_type_name(entry->type, buffer));
	static const char *const columns[] = {"place", "households", "individuals", "observed_on"};
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		figure_text(report, columns[i], text);
		print_table_cell(listing->out.table, text);
	}
}

static enum status csv_row(struct listing *out, const struct outbox_entry *entry, const struct report *report,
                           struct error *err)
{
	char id[65], number[16], buffer[12];
	print_long_id(&entry->id, id);
	(void)snprintf(number, sizeof number, "%u", (unsigned)entry->number);
	enum status status = listing_csv_cell(out, id, true, err);
	if (status == STATUS_OK)
		status = listing_csv_cell(out, number, false, err);
	if (status == STATUS_OK)
		status = listing_csv_cell(out, object_type_name(entry->type, buffer), false, err);
	if (status == STATUS_OK)
		status = listing_csv_cell(out, state_word(entry), false, err);
	if (status == STATUS_OK)
		status = listing_csv_cell(out, standing(entry), false, err);
	return status == STATUS_OK ? listing_csv_report(out, report, err) : status;
}

/* Members of the object that is open. */
static void json_members(struct print_json *json, const struct outbox_entry *entry, const struct report *report)
{
	char id[65], time[DATE_TIME_TEXT_BYTES], buffer[12];
	print_long_id(&entry->id, id);
	print_json_text(json, "id", id);
	print_json_number(json, "number", entry->number);
	print_json_text(json, "type", object_type_name(entry->type, buffer));
	print_json_text(json, "state", state_word(entry));
	print_json_bool(json, "readable", entry->readable);
	if (entry->withheld)
		print_json_bool(json, "withheld", true);
	if (entry->readable) {
		date_time_format(entry->body.created_s, time);
		print_json_text(json, "created", time);
		print_json_text(json, "standing", standing(entry));
		print_json_bool(json, "captured_locked", entry->body.captured_locked);
		print_report_json(json, report);
	}
}

static void json_entry(struct print_json *json, const struct outbox_entry *entry, const struct report *report)
{
	print_json_open(json, NULL, '{');
	json_members(json, entry, report);
	print_json_close(json, '}');
}

/* A correction is listed where the report that it corrects is; a corroboration says neither kind nor place. */
static enum status is_wanted(struct own_listing *listing, const struct outbox_entry *entry, const struct report *report,
                             bool *wanted, struct error *err)
{
	struct report whole = *report;
	enum status status = STATUS_OK;
	*wanted = !report_filter_is_set(&listing->filter);
	if (*wanted || !entry->readable || entry->type == OBJECT_CORROBORATE)
		return STATUS_OK;
	if (entry->type == OBJECT_AMEND || entry->type == OBJECT_RETRACT)
		status = outbox_current(listing->outbox, &entry->body.parent, &whole, err);
	*wanted = status == STATUS_OK && report_filter_passes(&listing->filter, &whole);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status each(void *context, const struct outbox_entry *entry, struct error *err)
{
	struct own_listing *listing = context;
	bool wanted = false;
	if (!listing->all && entry->type != OBJECT_REPORT)
		return STATUS_OK;
	struct report report = entry->body.report;
	enum status status = STATUS_OK;
	if (entry->readable && entry->type == OBJECT_REPORT)
		status = outbox_current(listing->outbox, &entry->id, &report, err);
	if (status == STATUS_OK)
		status = is_wanted(listing, entry, &report, &wanted, err);
	if (status != STATUS_OK || !wanted)
		return status;
	if (listing->out.format == LISTING_CSV)
		return csv_row(&listing->out, entry, &report, err);
	if (listing->out.format == LISTING_JSON)
		json_entry(listing->out.json, entry, &report);
	else
		table_row(listing, entry, &report);
	return STATUS_OK;
}

enum status sijil_list(struct cli *cli, struct error *err)
{
	static const char *const table[] = {"no", "id", "at", "", "kind", "place", "households", "individuals", "observed"};
	static const char *const csv[] = {"id", "number", "type", "state", "standing"};
	static const struct listing_headings headings = {table, sizeof table / sizeof *table, csv, sizeof csv / sizeof *csv};
	struct sijil_session session = {0};
	struct own_listing listing = {.all = cli_flag(cli, "all")};
	enum status status = listing_choose(&listing.out.format, cli, err);
	if (status == STATUS_OK)
		status = reader_options_filter(&listing.filter, cli, err);
	if (status == STATUS_OK)
		status = sijil_open(&session, cli, err);
	if (status != STATUS_OK)
		goto out;
	listing.outbox = session.outbox;
	listing.device = outbox_device(session.outbox);
	status = listing_begin(&listing.out, &headings, err);
	if (status == STATUS_OK)
		status = outbox_each(session.outbox, each, &listing, err);
	status = listing_end(&listing.out, status, err);
out:
	sijil_close(&session);
	return status;
}

static void print_entry(const struct outbox_entry *entry, const struct report *report, const char *name)
{
	char id[65], time[DATE_TIME_TEXT_BYTES], buffer[12];
	print_long_id(&entry->id, id);
	print_out("%s %s/%u%s%s\n  id               %s\n", object_type_name(entry->type, buffer), name,
	          (unsigned)entry->number, standing(entry)[0] != '\0' ? " " : "", standing(entry), id);
	print_out("  known to         %s\n", entry->hq_has ? "headquarters has opened it"
	                                     : entry->relay_has ? "the relay holds it" : "this device only");
	if (entry->withheld) {
		print_out("  content          none: it was dropped before it was sent\n");
		return;
	}
	if (!entry->readable) {
		print_out("  content          %s; this device keeps no readable copy\n",
		          entry->type == OBJECT_RECOVERY ? "a recovery code of this register, sealed to headquarters"
		                                         : "sealed to headquarters");
		return;
	}
	date_time_format(entry->body.created_s, time);
	print_out("  recorded         %s%s\n", time, entry->body.clock == BODY_CLOCK_UNSET ? " (the clock was not set)" : "");
	if (print_captured(&entry->body) != NULL)
		print_out("  %s\n", print_captured(&entry->body));
	if (entry->type == OBJECT_AMEND || entry->type == OBJECT_RETRACT || entry->type == OBJECT_CORROBORATE) {
		print_long_id(&entry->body.parent, id);
		print_out("  of               %s\n", id);
	}
	const char *reason = entry->type == OBJECT_RETRACT ? vocabulary_label(&vocabulary_retraction, entry->body.reason) : NULL;
	if (reason != NULL)
		print_out("  reason           %s\n", reason);
	if (entry->type == OBJECT_REPORT)
		print_report(report);
	else
		print_changes(&entry->body);
}

/* --- lineage --- */

struct lineage {
	const struct outbox *outbox;
	const struct hash *shown;
	struct print_json *json; /* NULL: lines */
	size_t len;
};

static enum status print_link(void *context, const struct outbox_entry *entry, struct error *err)
{
	struct lineage *const lineage = context;
	char id[65], time[DATE_TIME_TEXT_BYTES] = "", buffer[12], name[ENROLMENT_NAME_BYTES];
	(void)err;
	lineage->len++;
	print_long_id(&entry->id, id);
	outbox_name(lineage->outbox, &entry->device, name);
	if (entry->readable)
		date_time_format(entry->body.created_s, time);
	print_out("  %-10s %.8s %s/%u %s%s\n", object_type_name(entry->type, buffer), id, name, (unsigned)entry->number, time,
	          hash_equals(&entry->id, lineage->shown) ? " (this)" : "");
	if (entry->readable && entry->type != OBJECT_REPORT) {
		print_long_id(&entry->body.parent, id);
		print_out("  %-10s %.8s\n", "  of", id);
		print_changes(&entry->body);
	}
	return STATUS_OK;
}

static enum status json_link(void *context, const struct outbox_entry *entry, struct error *err)
{
	struct lineage *const lineage = context;
	char text[65], buffer[12];
	(void)err;
	print_json_open(lineage->json, NULL, '{');
	print_long_id(&entry->id, text);
	print_json_text(lineage->json, "id", text);
	print_json_number(lineage->json, "number", entry->number);
	print_json_text(lineage->json, "type", object_type_name(entry->type, buffer));
	if (entry->readable && !hash_is_zero(&entry->body.parent)) {
		print_long_id(&entry->body.parent, text);
		print_json_text(lineage->json, "parent", text);
	}
	print_json_close(lineage->json, '}');
	return STATUS_OK;
}

static enum status count_link(void *context, const struct outbox_entry *entry, struct error *err)
{
	struct lineage *const lineage = context;
	(void)entry;
	(void)err;
	lineage->len++;
	return STATUS_OK;
}

static enum status json_with_lineage(const struct sijil_session *session, const struct outbox_entry *entry,
                                     const struct report *report, struct error *err)
{
	struct lineage lineage = {.json = print_json_new()};
	print_json_open(lineage.json, NULL, '{');
	json_members(lineage.json, entry, report);
	print_json_open(lineage.json, "lineage", '[');
	const enum status status = outbox_each_lineage(session->outbox, &entry->id, json_link, &lineage, err);
	print_json_close(lineage.json, ']');
	print_json_close(lineage.json, '}');
	const enum status printed = print_json_end(lineage.json, status == STATUS_OK ? err : NULL);
	return status != STATUS_OK ? status : printed;
}

/* Of a report that nothing has touched there is none to tell. */
static enum status print_lineage(const struct sijil_session *session, const struct outbox_entry *entry, struct error *err)
{
	struct lineage lineage = {.outbox = session->outbox, .shown = &entry->id};
	const enum status status = outbox_each_lineage(session->outbox, &entry->id, count_link, &lineage, err);
	if (status != STATUS_OK || lineage.len < 2)
		return status;
	print_out("lineage\n");
	return outbox_each_lineage(session->outbox, &entry->id, print_link, &lineage, err);
}

enum status sijil_show(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	struct outbox_entry entry;
	enum status status = sijil_open(&session, cli, err);
	if (status == STATUS_OK)
		status = sijil_find(&session, cli->words[0], &entry, err);
	if (status != STATUS_OK)
		goto out;
	struct report report = entry.body.report;
	if (entry.readable && entry.type == OBJECT_REPORT)
		status = outbox_current(session.outbox, &entry.id, &report, err);
	if (status == STATUS_OK && cli->json) {
		status = json_with_lineage(&session, &entry, &report, err);
	} else if (status == STATUS_OK) {
		char name[ENROLMENT_NAME_BYTES];
		outbox_name(session.outbox, &entry.device, name);
		print_entry(&entry, &report, name);
		status = print_lineage(&session, &entry, err);
	}
out:
	sijil_close(&session);
	return status;
}
