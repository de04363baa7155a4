/* `add --from FILE`: many reports from CSV, all of them or, when asked, the good ones. */
#include "app/print.h"
#include "app/sijil/sijil.h"
#include "crypto/file.h"
#include "schema/csv.h"

#include <stdlib.h>

enum { FILE_MAX_BYTES = 512 << 20, BATCH = 1000, COMPLAINTS_MAX = 20 };

struct import {
	struct sijil_session *session;
	struct report_reading reading;
	struct csv_reader csv;
	const struct report_field *columns[CSV_CELLS_MAX]; /* NULL: ignored */
	size_t columns_len;
	int64_t now_s;
	enum body_clock clock;
	bool takes_notes_as_they_are;
	struct body *bodies; /* BATCH of them */
	struct hash *ids;
	size_t batch_len;
	uint64_t good, bad;
};

/* The first row names fields; a column that is none is refused, so that nothing is dropped unseen. */
static enum status read_columns(struct import *import, struct error *err)
{
	enum status status = csv_next(&import->csv, err);
	if (status == STATUS_NOT_FOUND) {
		(void)error_set(err, STATUS_BAD_INPUT, "the file is empty");
		error_hint(err, "its first line names the columns, as in: kind,place,observed_on,individuals; sijil help add lists the fields");
		return STATUS_BAD_INPUT;
	}
	if (status != STATUS_OK)
		return status;
	import->columns_len = import->csv.cells_len;
	for (size_t i = 0; i < import->columns_len; i++) {
		const char *name = csv_cell(&import->csv, i);
		import->columns[i] = report_field_find(name);
		if (import->columns[i] == NULL) {
			(void)error_set(err, STATUS_BAD_INPUT, "column %zu, '%s', is no field of a report", i + 1, name);
			error_hint(err, "name the columns as schema/REPORT.md names the fields, or remove this one");
			return STATUS_BAD_INPUT;
		}
	}
	return STATUS_OK;
}

/* One row to a body. A bad row's message names line, column and value. */
static enum status read_row(struct import *import, struct body *body, struct error *err)
{
	body_init(body, OBJECT_REPORT);
	body->created_s = import->now_s;
	body->clock = import->clock;
	if (import->csv.cells_len > import->columns_len)
		return error_set(err, STATUS_BAD_INPUT, "line %zu has %zu cells, the heading %zu", import->csv.line,
		                 import->csv.cells_len, import->columns_len);
	for (size_t i = 0; i < import->columns_len; i++) {
		const char *cell = csv_cell(&import->csv, i);
		if (cell[0] == '\0')
			continue;
		const enum status status = report_set(&body->report, import->columns[i], cell, &import->reading, err);
		if (status != STATUS_OK)
			return error_wrap(err, status, "line %zu, column %s", import->csv.line, import->columns[i]->name);
	}
	const struct report_clock clock = {body->created_s, body->clock == BODY_CLOCK_UNSET};
	enum status status = sijil_finish_report(&body->report, import->session, &clock, err);
	if (status == STATUS_OK && !import->takes_notes_as_they_are)
		status = sijil_question_note(&body->report, err);
	return status == STATUS_OK ? status : error_wrap(err, status, "line %zu", import->csv.line);
}

/* Walks all rows; with `save`, good ones are saved in batches. */
static enum status walk(struct import *import, struct span text, bool save, struct error *err)
{
	csv_begin(&import->csv, text);
	import->good = import->bad = import->batch_len = 0;
	enum status status = read_columns(import, err);
	while (status == STATUS_OK) {
		status = csv_next(&import->csv, err);
		if (status == STATUS_NOT_FOUND) {
			status = STATUS_OK;
			break;
		}
		if (status != STATUS_OK)
			break;
		struct error why = {0};
		if (read_row(import, &import->bodies[import->batch_len], &why) != STATUS_OK) {
			if (!save && import->bad < COMPLAINTS_MAX)
				print_note("%s\n", why.message);
			import->bad++;
			continue;
		}
		import->good++;
		if (save && ++import->batch_len == BATCH) {
			status = outbox_put(import->session->outbox, import->bodies, import->batch_len, import->ids, err);
			import->batch_len = 0;
		}
	}
	if (status == STATUS_OK && import->batch_len > 0)
		status = outbox_put(import->session->outbox, import->bodies, import->batch_len, import->ids, err);
	csv_end(&import->csv);
	return status;
}

/* One transaction: all or none. */
static enum status save_all(struct import *import, struct span text, struct error *err)
{
	enum status status = outbox_group_begin(import->session->outbox, err);
	if (status != STATUS_OK)
		return status;
	status = walk(import, text, true, err);
	const enum status ended = outbox_group_end(import->session->outbox, status == STATUS_OK ? err : NULL);
	return status != STATUS_OK ? status : ended;
}

static enum status judge(const struct cli *cli, const struct import *import, struct error *err)
{
	if (import->bad > COMPLAINTS_MAX)
		print_note("... and %llu more\n", (unsigned long long)(import->bad - COMPLAINTS_MAX));
	if (import->bad == 0 || cli_flag(cli, "keep-good"))
		return STATUS_OK;
	(void)error_set(err, STATUS_BAD_INPUT, "%llu of %llu rows cannot be taken; nothing was saved",
	                (unsigned long long)import->bad, (unsigned long long)(import->bad + import->good));
	error_hint(err, "mend them, or add --keep-good to take the good rows only");
	return STATUS_BAD_INPUT;
}

static enum status say_saved(const struct cli *cli, const struct import *import, struct error *err)
{
	if (!cli->json) {
		print_out("saved %llu report%s%s\n", (unsigned long long)import->good, import->good == 1 ? "" : "s",
		          import->bad > 0 ? "; the bad rows were left out" : "");
		return STATUS_OK;
	}
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_number(json, "saved", (int64_t)import->good);
	print_json_number(json, "left_out", (int64_t)import->bad);
	print_json_close(json, '}');
	return print_json_end(json, err);
}

enum status sijil_add_file(struct cli *cli, struct sijil_session *session, const char *path, struct error *err)
{
	struct import import = {.session = session, .reading = sijil_reading(session),
	                        .takes_notes_as_they_are = cli_flag(cli, "as-it-is")};
	struct bytes text = {0};
	session->many = true;
	sijil_clock(session, &import.now_s, &import.clock);
	import.bodies = calloc(BATCH, sizeof *import.bodies);
	import.ids = calloc(BATCH, sizeof *import.ids);
	enum status status = STATUS_NO_MEMORY;
	if (import.bodies == NULL || import.ids == NULL)
		(void)error_set(err, status, "out of memory");
	else
		status = file_read(&text, path, FILE_MAX_BYTES, err);
	if (status == STATUS_OK)
		status = walk(&import, bytes_span(&text), false, err);
	if (status == STATUS_OK)
		status = judge(cli, &import, err);
	if (status == STATUS_OK)
		status = save_all(&import, bytes_span(&text), err);
	if (status == STATUS_OK)
		cli->done = import.bad == 0 ? "the reports of the file are saved" : "the good rows of the file are saved";
	if (status == STATUS_OK)
		status = say_saved(cli, &import, err);
	bytes_wipe(&text);
	free(import.bodies);
	free(import.ids);
	return status;
}
