/* The global table of P-codes that HDX publishes: Location, Admin Level, P-Code, Name, Parent P-Code, Valid from date. */
#include <string.h>
#include <strings.h>

#include "schema/places_read.h"

static bool heading(const struct csv_reader *csv, struct places_columns *columns)
{
	const struct {
		const char *name;
		int *column;
	} known[] = {
		{"Location", &columns->country},       {"Admin Level", &columns->level},      {"P-Code", &columns->code[PLACES_COUNTRY]},
		{"Parent P-Code", &columns->parent}, {"Valid from date", &columns->valid_on}, {"Name", &columns->names[0][0]},
	};
	columns->names[0][0] = -1;
	for (size_t i = 0; i < csv->cells_len; i++)
		for (size_t j = 0; j < sizeof known / sizeof *known; j++)
			if (strcasecmp(csv_cell(csv, i), known[j].name) == 0)
				*known[j].column = (int)i;
	return columns->level >= 0 && columns->code[PLACES_COUNTRY] >= 0 && columns->names[0][0] >= 0;
}

/* The parent of an admin 1 is the country's ISO code, which has no digit. */
static void take_parent(struct places_row *row, const char *cell)
{
	const size_t len = strlen(cell);
	if (!places_row_code(row->parent, cell) && len <= 3 && strspn(cell, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len)
		memcpy(row->parent, cell, len + 1);
}

static enum status take_row(struct places_reading *reading, const struct csv_reader *csv, const struct places_columns *columns,
                            struct error *err)
{
	struct places_row *const row = &reading->row;
	const char *const level = csv_cell(csv, (size_t)columns->level);
	places_row_begin(row);
	if (level[0] < '1' || level[0] > '4' || level[1] != '\0') {
		places_row_skip(reading, csv->line, "an admin level that is not 1 to 4");
		return STATUS_OK;
	}
	row->level = (enum places_level)(level[0] - '0');
	if (!places_row_code(row->code, csv_cell(csv, (size_t)columns->code[PLACES_COUNTRY]))) {
		places_row_skip(reading, csv->line, "its P-code is missing, or not capital letters and digits");
		return STATUS_OK;
	}
	if (columns->parent >= 0)
		take_parent(row, csv_cell(csv, (size_t)columns->parent));
	places_row_name(reading, csv_cell(csv, (size_t)columns->names[0][0]));
	if (columns->valid_on >= 0) {
		row->valid_from = places_row_day(csv_cell(csv, (size_t)columns->valid_on));
		places_read_valid_on(reading, row->valid_from);
	}
	return places_row_end(reading, csv->line, err);
}

const struct places_reader places_read_pcodes = {.format = "HDX global P-codes", .heading = heading, .row = take_row};
