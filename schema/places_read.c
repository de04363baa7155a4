#include "schema/places_read.h"

#include <stdio.h>
#include <string.h>

#include "schema/date.h"
#include "schema/report_place.h"
#include "schema/text.h"

enum { SPREADSHEET_EPOCH = -25569, SPREADSHEET_DAY_MIN = 20000, SPREADSHEET_DAY_MAX = 80000, NAME_CHARACTERS = 80 };

static const struct places_reader *const readers[] = {
	&places_read_geonames, &places_read_opensyria, &places_read_pcodes, &places_read_xlsform, &places_read_cod,
};

void places_columns_init(struct places_columns *columns)
{
	*columns = (struct places_columns){.latitude = -1, .longitude = -1, .date = -1, .valid_on = -1, .valid_to = -1,
	                                   .version = -1, .level = -1, .country = -1, .parent = -1, .list = -1};
	for (size_t i = 0; i < PLACES_LEVELS; i++)
		columns->code[i] = -1;
}

/* --- rows --- */

void places_row_begin(struct places_row *row)
{
	row->code[0] = row->parent[0] = row->latin[0] = row->arabic[0] = '\0';
	row->others_len = row->others_bytes = 0;
	row->has_point = false;
	row->valid_from = row->valid_to = PLACES_DAY_UNKNOWN;
}

bool places_row_code(char out[PLACES_CODE_BYTES], const char *cell)
{
	const size_t blanks = strspn(cell, " ");
	size_t len = strlen(cell + blanks);
	while (len > 0 && cell[blanks + len - 1] == ' ')
		len--;
	if (len == 0 || len >= PLACES_CODE_BYTES)
		return false;
	char code[PLACES_CODE_BYTES];
	memcpy(code, cell + blanks, len);
	code[len] = '\0';
	if (!report_place_code_is_valid(code) || strpbrk(code, "0123456789") == NULL)
		return false;
	memcpy(out, code, len + 1);
	return true;
}

/* What a wrong code page leaves of Arabic: question marks, with no letter between them. */
static bool is_lost(const char *name)
{
	size_t marks = 0, letters = 0;
	for (const char *p = name; *p != '\0'; p++) {
		marks += *p == '?';
		letters += (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (unsigned char)*p >= 0x80;
	}
	return strstr(name, "\xEF\xBF\xBD") != NULL || (marks > 0 && letters == 0) || strstr(name, "??") != NULL;
}

/* The cell as a name that may be kept; false: it is none. */
static bool read_name(struct places_reading *reading, char name[PLACES_NAME_BYTES], const char *cell)
{
	if (text_normalise(name, PLACES_NAME_BYTES, span_from_text(cell), NAME_CHARACTERS, NULL) != STATUS_OK || name[0] == '\0')
		return false;
	if (!is_lost(name))
		return true;
	reading->import->names_lost++;
	return false;
}

static bool is_arabic(const char *name)
{
	/* U+0600 to U+077F begin with these bytes. */
	for (const char *p = name; *p != '\0'; p++)
		if ((unsigned char)*p >= 0xD8 && (unsigned char)*p <= 0xDD)
			return true;
	return false;
}

static void keep_other(struct places_row *row, const char *name)
{
	const size_t len = strlen(name) + 1;
	if (row->others_len >= PLACES_OTHER_NAMES_MAX || row->others_bytes + len > sizeof row->others)
		return;
	memcpy(row->others + row->others_bytes, name, len);
	row->others_bytes += len;
	row->others_len++;
}

void places_row_name(struct places_reading *reading, const char *cell)
{
	char name[PLACES_NAME_BYTES];
	if (!read_name(reading, name, cell))
		return;
	char *const own = is_arabic(name) ? reading->row.arabic : reading->row.latin;
	if (own[0] == '\0')
		memcpy(own, name, strlen(name) + 1);
	else if (strcmp(own, name) != 0)
		keep_other(&reading->row, name);
}

void places_row_other(struct places_reading *reading, const char *cell)
{
	char name[PLACES_NAME_BYTES];
	if (read_name(reading, name, cell))
		keep_other(&reading->row, name);
}

/* "-36.226" in units of 1e-5, rounded, at most `limit` degrees either way. */
static bool read_degrees(const char *p, uint32_t limit, int32_t *units)
{
	enum { UNITS = 100000, DIGITS = 5 };
	uint32_t whole = 0, part = 0;
	p += strspn(p, " ");
	const bool negative = *p == '-';
	p += negative || *p == '+';
	if (!text_read_number(&p, limit, &whole))
		return false;
	if (*p == '.' || *p == ',') {
		const size_t digits = strspn(++p, "0123456789");
		for (size_t i = 0; i < DIGITS; i++)
			part = part * 10 + (i < digits ? (uint32_t)(p[i] - '0') : 0);
		part += digits > DIGITS && p[DIGITS] >= '5';
		p += digits;
	}
	p += strspn(p, " ");
	const uint32_t sum = whole * UNITS + part;
	if (*p != '\0' || sum > limit * UNITS)
		return false;
	*units = negative ? -(int32_t)sum : (int32_t)sum;
	return true;
}

void places_row_point(struct places_row *row, const char *latitude, const char *longitude)
{
	int32_t north = 0, east = 0;
	if (!read_degrees(latitude, 90, &north) || !read_degrees(longitude, 180, &east))
		return;
	/* Zero, zero is in the sea and stands for "not known". */
	row->has_point = north != 0 || east != 0;
	row->latitude = north;
	row->longitude = east;
}

int32_t places_row_day(const char *cell)
{
	char date[32];
	const char *p = cell;
	uint32_t number = 0;
	int32_t day = 0;
	if (text_read_number(&p, SPREADSHEET_DAY_MAX, &number) && (*p == '\0' || strcmp(p, ".0") == 0))
		return number >= SPREADSHEET_DAY_MIN ? (int32_t)number + SPREADSHEET_EPOCH : PLACES_DAY_UNKNOWN;
	const size_t len = strcspn(cell, " T");
	if (len < 8 || len >= sizeof date || cell[0] < '0' || cell[0] > '9')
		return PLACES_DAY_UNKNOWN;
	memcpy(date, cell, len);
	date[len] = '\0';
	return date_parse(&day, date, DATE_DAY_MAX, NULL) == STATUS_OK ? day : PLACES_DAY_UNKNOWN;
}

void places_row_skip(struct places_reading *reading, size_t line, const char *why)
{
	struct places_import *const import = reading->import;
	if (import->rows_skipped++ > 0)
		return;
	if (line > 0)
		(void)snprintf(import->first_skipped, sizeof import->first_skipped, "line %zu: %s", line, why);
	else
		(void)snprintf(import->first_skipped, sizeof import->first_skipped, "%s", why);
}

enum status places_row_end(struct places_reading *reading, size_t line, struct error *err)
{
	const struct places_row *const row = &reading->row;
	if (row->latin[0] == '\0' && row->arabic[0] == '\0') {
		places_row_skip(reading, line, "a place without a name");
		return STATUS_OK;
	}
	return reading->take(reading->context, row, err);
}

void places_read_version(struct places_reading *reading, const char *cell)
{
	char version[PLACES_VERSION_BYTES];
	if (text_normalise(version, sizeof version, span_from_text(cell), sizeof version - 1, NULL) == STATUS_OK && version[0] != '\0')
		memcpy(reading->version, version, sizeof version);
}

void places_read_valid_on(struct places_reading *reading, int32_t day)
{
	if (day > reading->valid_on)
		reading->valid_on = day;
}

/* --- files --- */

/* The next row; *more is false at the end. Rows of HXL tags say nothing to us. */
static enum status next_row(struct csv_reader *csv, bool *more, struct error *err)
{
	for (;;) {
		const enum status status = csv_next(csv, err);
		*more = status == STATUS_OK;
		if (status != STATUS_OK)
			return status == STATUS_NOT_FOUND ? STATUS_OK : status;
		bool tags = false, others = false;
		for (size_t i = 0; i < csv->cells_len; i++) {
			const char *const cell = csv_cell(csv, i);
			tags = tags || cell[0] == '#';
			others = others || (cell[0] != '\0' && cell[0] != '#');
		}
		if (!tags || others)
			return STATUS_OK;
	}
}

/* Steps to the heading of one of the readers. *reader stays NULL where there is none. */
static enum status find_heading(const struct places_reader **reader, struct places_columns *columns, struct csv_reader *csv,
                                struct error *err)
{
	for (size_t rows = 0; rows < PLACES_HEADER_ROWS_MAX; rows++) {
		bool more = false;
		const enum status status = next_row(csv, &more, err);
		if (status != STATUS_OK || !more)
			return status;
		for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
			places_columns_init(columns);
			if (readers[i]->heading != NULL && readers[i]->heading(csv, columns)) {
				*reader = readers[i];
				return STATUS_OK;
			}
		}
	}
	return STATUS_OK;
}

static enum status not_known(struct error *err)
{
	(void)error_set(err, STATUS_BAD_INPUT, "the file is no list of places in a format that is known here");
	error_hint(err, "known are COD-AB and COD populated places (CSV), HDX global P-codes, XLSForm external_choices (CSV), GeoNames "
	                "and Open-Syria JSON; nothing was imported");
	return STATUS_BAD_INPUT;
}

enum status places_read_find(const struct places_reader **reader, struct places_columns *columns, struct span text,
                             struct error *err)
{
	*reader = NULL;
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
		if (readers[i]->recognise != NULL && readers[i]->recognise(text)) {
			*reader = readers[i];
			return STATUS_OK;
		}
	}
	struct csv_reader csv;
	struct error why = {0};
	csv_begin(&csv, text);
	const enum status status = find_heading(reader, columns, &csv, &why);
	csv_end(&csv);
	if (status == STATUS_NO_MEMORY)
		return error_set(err, status, "%s", why.message);
	return *reader != NULL ? STATUS_OK : not_known(err);
}

enum status places_read(struct places_reading *reading, const struct places_reader *reader, struct error *err)
{
	struct csv_reader csv;
	struct places_columns columns;
	const struct places_reader *found = NULL;
	if (reader->read != NULL)
		return reader->read(reading, err);
	csv_begin(&csv, reading->text);
	enum status status = find_heading(&found, &columns, &csv, err);
	bool more = status == STATUS_OK && found == reader;
	while (more) {
		status = next_row(&csv, &more, err);
		if (status == STATUS_OK && more)
			status = reader->row(reading, &csv, &columns, err);
		more = more && status == STATUS_OK;
	}
	csv_end(&csv);
	return status;
}
