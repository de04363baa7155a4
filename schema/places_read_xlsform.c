/* external_choices of an XLSForm as CSV: list_name, name, one label a language, and the cascade: a column for each
 * level above, from the widest to the narrowest. What its languages are called differs from form to form. */
#include <string.h>
#include <strings.h>

#include "schema/places_read.h"

static bool is_one_of(const char *name, const char *const words[], size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strcasecmp(name, words[i]) == 0)
			return true;
	return false;
}

static bool heading(const struct csv_reader *csv, struct places_columns *columns)
{
	static const char *const ignored[] = {"order", "image", "audio", "video", "filter", "geometry", "big-image", ""};
	int name = -1, levels = 0;
	for (size_t i = 0; i < csv->cells_len; i++) {
		const char *const cell = csv_cell(csv, i);
		if (strcasecmp(cell, "list_name") == 0 || strcasecmp(cell, "list name") == 0)
			columns->list = (int)i;
		else if (strcasecmp(cell, "name") == 0 && name < 0)
			name = (int)i;
		else if (strncasecmp(cell, "label", 5) == 0 && (cell[5] == '\0' || cell[5] == ':')) {
			if (columns->names_len[0] < PLACES_NAME_COLUMNS_MAX)
				columns->names[0][columns->names_len[0]++] = (int)i;
		} else if (!is_one_of(cell, ignored, sizeof ignored / sizeof *ignored) && strncasecmp(cell, "media", 5) != 0 &&
		           levels < PLACES_ADMIN4)
			columns->code[++levels] = (int)i;
	}
	columns->code[PLACES_COUNTRY] = name;
	columns->lowest = (enum places_level)levels;
	return columns->list >= 0 && name >= 0 && columns->names_len[0] > 0;
}

static enum status take_row(struct places_reading *reading, const struct csv_reader *csv, const struct places_columns *columns,
                            struct error *err)
{
	struct places_row *const row = &reading->row;
	places_row_begin(row);
	if (!places_row_code(row->code, csv_cell(csv, (size_t)columns->code[PLACES_COUNTRY]))) {
		places_row_skip(reading, csv->line, "a choice that is no P-code");
		return STATUS_OK;
	}
	int depth = 0;
	for (int level = PLACES_ADMIN1; level <= (int)columns->lowest; level++)
		if (places_row_code(row->parent, csv_cell(csv, (size_t)columns->code[level])))
			depth = level;
	row->level = depth == (int)columns->lowest && depth > 0 ? PLACES_SETTLEMENT : (enum places_level)(depth + 1);
	for (int i = 0; i < columns->names_len[0]; i++)
		places_row_name(reading, csv_cell(csv, (size_t)columns->names[0][i]));
	return places_row_end(reading, csv->line, err);
}

const struct places_reader places_read_xlsform = {.format = "XLSForm external_choices", .heading = heading, .row = take_row};
