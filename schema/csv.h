/* CSV after RFC 4180, in and out, a row at a time in constant memory.
 *
 * Reading: comma, semicolon or TAB (sniffed from the first line), quotes, line breaks in cells, CRLF
 * or LF, a BOM, bounded rows. Writing: quotes where needed; a cell that a
 * spreadsheet would take for a formula (= + - @ TAB CR first) gets a leading
 * apostrophe, unless it is a plain number. Reading takes that apostrophe off again, so
 * that what was written is what is read.
 */
#ifndef SIJIL_SCHEMA_CSV_H
#define SIJIL_SCHEMA_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/bytes.h"
#include "crypto/status.h"

#define CSV_ROW_MAX_BYTES 65536
#define CSV_CELLS_MAX 256

struct csv_reader {
	struct span in; /* the whole file, borrowed */
	size_t at;
	size_t line;      /* of the row last read, from 1 */
	size_t next_line; /* line ends passed so far */
	char separator;
	struct bytes row; /* unquoted cells, each NUL-terminated */
	size_t cells_len;
	size_t cells[CSV_CELLS_MAX]; /* offsets into row */
};

/* Starts at the first row; skips a BOM. */
void csv_begin(struct csv_reader *reader, struct span in);
/* Next row into `cells`, replacing the last one; empty lines are skipped. NOT_FOUND at the end; BAD_INPUT names the line. */
MUST_CHECK enum status csv_next(struct csv_reader *reader, struct error *err);
const char *csv_cell(const struct csv_reader *reader, size_t column); /* "" beyond the row's end */
void csv_end(struct csv_reader *reader);

/* Appends one cell (and the comma before it unless `first`). */
MUST_CHECK enum status csv_write_cell(struct bytes *out, const char *text, bool first, struct error *err);
MUST_CHECK enum status csv_write_end_of_row(struct bytes *out, struct error *err);

#endif
