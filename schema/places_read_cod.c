/* COD-AB tables and COD populated places of OCHA, both generations of column names:
 * ADM1_PCODE, ADM1_EN, ADM1_AR (or admin1Pcode, admin1Name_en) and adm1_pcode, adm1_name, adm1_name1. */
#include <stdio.h>
#include <string.h>

#include "schema/places_read.h"

enum { COLUMN_BYTES = 40, PP = PLACES_SETTLEMENT };

/* Small letters and digits alone: "ADM1_PCODE" is "adm1pcode". */
static void tidy(char out[COLUMN_BYTES], const char *name)
{
	size_t len = 0;
	for (; *name != '\0' && len + 1 < COLUMN_BYTES; name++) {
		const char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[len++] = c;
	}
	out[len] = '\0';
}

static void add_name(struct places_columns *columns, int level, int column)
{
	if (columns->names_len[level] < PLACES_NAME_COLUMNS_MAX)
		columns->names[level][columns->names_len[level]++] = column;
}

static void add_other(struct places_columns *columns, int level, int column)
{
	if (columns->others_len == PLACES_NAME_COLUMNS_MAX)
		return;
	columns->others_level[columns->others_len] = level;
	columns->others[columns->others_len++] = column;
}

/* What stands behind "adm1" or "pp": pcode, a name in some language, another name. */
static void take_level_column(struct places_columns *columns, int level, const char *rest, int column)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	const size_t len = strlen(rest);
	const bool is_language = (len == 2 || len == 3) && strspn(rest, letters) == len && strcmp(rest, "ref") != 0;
	if (strcmp(rest, "pcode") == 0)
		columns->code[level] = column;
	else if (strncmp(rest, "alt", 3) == 0 || strncmp(rest, "ref", 3) == 0)
		add_other(columns, level, column);
	else if (is_language || (strncmp(rest, "name", 4) == 0 && len <= 7))
		add_name(columns, level, column);
}

static void take_plain_column(struct places_columns *columns, const char *name, int column)
{
	const struct {
		const char *name;
		int *column;
	} plain[] = {
		{"latitude", &columns->latitude},   {"lat", &columns->latitude},       {"centerlat", &columns->latitude}, {"cy", &columns->latitude},
		{"longitude", &columns->longitude}, {"lon", &columns->longitude},      {"long", &columns->longitude},     {"centerlon", &columns->longitude},
		{"cx", &columns->longitude},        {"date", &columns->date},          {"validon", &columns->valid_on},   {"validto", &columns->valid_to},
		{"version", &columns->version},
	};
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (strcmp(name, plain[i].name) == 0)
			*plain[i].column = column;
}

static bool heading(const struct csv_reader *csv, struct places_columns *columns)
{
	for (size_t i = 0; i < csv->cells_len; i++) {
		char name[COLUMN_BYTES] = "";
		tidy(name, csv_cell(csv, i));
		const size_t word = strncmp(name, "admin", 5) == 0 ? 5 : strncmp(name, "adm", 3) == 0 ? 3 : 0;
		if (word > 0 && name[word] >= '0' && name[word] <= '4')
			take_level_column(columns, name[word] - '0', name + word + 1, (int)i);
		else if (strncmp(name, "pp", 2) == 0)
			take_level_column(columns, PP, name + 2, (int)i);
		else
			take_plain_column(columns, name, (int)i);
	}
	const bool populated = columns->names_len[PP] > 0;
	if (populated && columns->code[PP] < 0)
		columns->code[PP] = columns->code[PLACES_ADMIN4];
	for (int level = PLACES_COUNTRY; level < PLACES_LEVELS; level++)
		if (columns->code[level] >= 0 && (columns->names_len[level] > 0))
			columns->lowest = (enum places_level)level;
	return columns->lowest > PLACES_COUNTRY || (columns->code[PLACES_COUNTRY] >= 0 && columns->names_len[PLACES_COUNTRY] > 0);
}

static const char *cell_of(const struct csv_reader *csv, int column)
{
	return column < 0 ? "" : csv_cell(csv, (size_t)column);
}

static void take_names(struct places_reading *reading, const struct csv_reader *csv, const struct places_columns *columns,
                       enum places_level level)
{
	for (int i = 0; i < columns->names_len[level]; i++)
		places_row_name(reading, cell_of(csv, columns->names[level][i]));
}

/* The code of the nearest area above `level` that the row names. */
static void take_parent(struct places_row *row, const struct csv_reader *csv, const struct places_columns *columns,
                        enum places_level level)
{
	row->parent[0] = '\0';
	for (int above = (int)level - 1; above >= 0; above--)
		if (places_row_code(row->parent, cell_of(csv, columns->code[above])) && strcmp(row->parent, row->code) != 0)
			return;
		else
			row->parent[0] = '\0';
	/* A country's code has no digit. */
	const char *const country = cell_of(csv, columns->code[PLACES_COUNTRY]);
	if (level > PLACES_COUNTRY && strlen(country) == 2)
		memcpy(row->parent, country, 3);
}

/* The areas above, each when it first comes. */
static enum status take_above(struct places_reading *reading, const struct csv_reader *csv, const struct places_columns *columns,
                              const char *own, struct error *err)
{
	enum status status = STATUS_OK;
	for (enum places_level level = PLACES_COUNTRY; level < columns->lowest && status == STATUS_OK; level++) {
		struct places_row *const row = &reading->row;
		places_row_begin(row);
		row->level = level;
		const char *const cell = cell_of(csv, columns->code[level]);
		const bool is_country = level == PLACES_COUNTRY && strlen(cell) == 2;
		if (is_country)
			memcpy(row->code, cell, 3);
		else if (!places_row_code(row->code, cell))
			continue;
		if (strcmp(row->code, own) == 0 || strcmp(row->code, reading->above[level]) == 0)
			continue;
		memcpy(reading->above[level], row->code, sizeof row->code);
		take_parent(row, csv, columns, level);
		take_names(reading, csv, columns, level);
		if (row->latin[0] != '\0' || row->arabic[0] != '\0')
			status = places_row_end(reading, csv->line, err);
	}
	return status;
}

static void take_dates(struct places_reading *reading, const struct csv_reader *csv, const struct places_columns *columns)
{
	reading->row.valid_from = places_row_day(cell_of(csv, columns->date));
	reading->row.valid_to = places_row_day(cell_of(csv, columns->valid_to));
	places_read_valid_on(reading, places_row_day(cell_of(csv, columns->valid_on)));
	places_read_version(reading, cell_of(csv, columns->version));
}

static enum status take_row(struct places_reading *reading, const struct csv_reader *csv, const struct places_columns *columns,
                            struct error *err)
{
	char code[PLACES_CODE_BYTES];
	if (!places_row_code(code, cell_of(csv, columns->code[columns->lowest]))) {
		places_row_skip(reading, csv->line, "its P-code is missing, or not capital letters and digits");
		return STATUS_OK;
	}
	const enum status status = take_above(reading, csv, columns, code, err);
	if (status != STATUS_OK)
		return status;
	struct places_row *const row = &reading->row;
	places_row_begin(row);
	memcpy(row->code, code, sizeof row->code);
	row->level = columns->lowest;
	take_parent(row, csv, columns, columns->lowest);
	/* Where a populated place is its own lowest area, that has the plain name and this the one made unique: "Tiba (Dar'a)". */
	if (columns->lowest == PLACES_SETTLEMENT && strcmp(cell_of(csv, columns->code[PLACES_ADMIN4]), code) == 0)
		take_names(reading, csv, columns, PLACES_ADMIN4);
	take_names(reading, csv, columns, columns->lowest);
	for (int i = 0; i < columns->others_len; i++)
		if (columns->others_level[i] == (int)columns->lowest)
			places_row_other(reading, cell_of(csv, columns->others[i]));
	places_row_point(row, cell_of(csv, columns->latitude), cell_of(csv, columns->longitude));
	if (columns->latitude >= 0 && !row->has_point)
		reading->import->points_missing++;
	take_dates(reading, csv, columns);
	return places_row_end(reading, csv->line, err);
}

const struct places_reader places_read_cod = {.format = "COD", .heading = heading, .row = take_row};
