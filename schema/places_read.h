/* Files that list places, a place at a time. Inside schema/places*.c and their tests only.
 *
 * One table of readers; each says by the first rows whether a file is its own. A reader hands on what the file says and
 * judges nothing but shape: codes, names, positions, dates. PLACES.md lists the formats and their quirks.
 */
#ifndef SIJIL_SCHEMA_PLACES_READ_H
#define SIJIL_SCHEMA_PLACES_READ_H

#include "schema/csv.h"
#include "schema/db.h"
#include "schema/places.h"

#define PLACES_OTHER_NAMES_MAX 80   /* of one place; further ones are left out */
#define PLACES_HEADER_ROWS_MAX 25   /* the heading stands within so many rows */
#define PLACES_ALIAS_BYTES 12288    /* all other names of a place, each NUL-terminated */

struct places_row {
	char code[PLACES_CODE_BYTES];
	enum places_level level;
	char parent[PLACES_CODE_BYTES];
	char latin[PLACES_NAME_BYTES], arabic[PLACES_NAME_BYTES];
	size_t others_len, others_bytes;
	char others[PLACES_ALIAS_BYTES];
	bool has_point;
	int32_t latitude, longitude;
	int32_t valid_from, valid_to;
};

typedef enum status places_row_function(void *context, const struct places_row *row, struct error *err);

/* One file being read. */
struct places_reading {
	struct span text;              /* UTF-8 without a mark at its start */
	struct db *db;                 /* for JSON; the gazetteer's */
	places_row_function *take;
	void *context;
	struct places_import *import;  /* counts what was skipped, lost, missing */
	char version[PLACES_VERSION_BYTES];
	int32_t valid_on;              /* the latest that the file says, or PLACES_DAY_UNKNOWN */
	struct places_row row;         /* room for the one being read */
	char above[PLACES_LEVELS][PLACES_CODE_BYTES]; /* the areas that the last row lay in, handed on already */
};

/* The rows' columns, by what they hold; -1: there is none. */
#define PLACES_NAME_COLUMNS_MAX 12
struct places_columns {
	int code[PLACES_LEVELS];
	int names[PLACES_LEVELS][PLACES_NAME_COLUMNS_MAX], names_len[PLACES_LEVELS];
	int others[PLACES_NAME_COLUMNS_MAX], others_level[PLACES_NAME_COLUMNS_MAX], others_len;
	int latitude, longitude, date, valid_on, valid_to, version;
	int level, country, parent, list; /* of formats that say these in cells */
	enum places_level lowest;         /* the level that a row is of */
};

struct places_reader {
	const char *format; /* "COD-AB" */
	/* CSV: whether the row is this format's heading. */
	bool (*heading)(const struct csv_reader *csv, struct places_columns *columns);
	enum status (*row)(struct places_reading *reading, const struct csv_reader *csv, const struct places_columns *columns,
	                   struct error *err);
	/* Other shapes: whether the text is this format's, and all of it. */
	bool (*recognise)(struct span text);
	enum status (*read)(struct places_reading *reading, struct error *err);
};

extern const struct places_reader places_read_cod, places_read_pcodes, places_read_xlsform, places_read_geonames,
	places_read_opensyria;

/* `file` as UTF-8 without a mark: itself, or in `room` when it was UTF-16 with a mark or Latin-1. BAD_INPUT: neither, a code page
 * that cannot be told; says how to save it. */
MUST_CHECK enum status places_read_text(struct span *text, struct bytes *room, struct span file,
                                        struct places_import *import, struct error *err);
/* The reader that recognises it. BAD_INPUT: none; lists those there are. */
MUST_CHECK enum status places_read_find(const struct places_reader **reader, struct places_columns *columns,
                                        struct span text, struct error *err);
MUST_CHECK enum status places_read(struct places_reading *reading, const struct places_reader *reader,
                                   struct error *err);

/* --- for the readers --- */

void places_columns_init(struct places_columns *columns);

/* A row of nothing. */
void places_row_begin(struct places_row *row);
/* False if it is no P-code: 1 to 16 capital letters and digits, a digit among them. */
bool places_row_code(char out[PLACES_CODE_BYTES], const char *cell);
/* Takes a name as the Latin, the Arabic or another one of the place; counts what is lost, leaves out what is no name. */
void places_row_name(struct places_reading *reading, const char *cell);
void places_row_other(struct places_reading *reading, const char *cell);
/* Degrees as decimals, both or nothing. */
void places_row_point(struct places_row *row, const char *latitude, const char *longitude);
/* "2017-12-12", "12/12/2017", a time behind it, or a spreadsheet's day number; else PLACES_DAY_UNKNOWN. */
int32_t places_row_day(const char *cell);
/* Hands the row on, or counts it as skipped. `line` 0: not known. */
MUST_CHECK enum status places_row_end(struct places_reading *reading, size_t line, struct error *err);
void places_row_skip(struct places_reading *reading, size_t line, const char *why);
/* Keeps what the file says of itself. */
void places_read_version(struct places_reading *reading, const char *cell);
void places_read_valid_on(struct places_reading *reading, int32_t day);

#endif
