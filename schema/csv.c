#include "schema/csv.h"

#include <string.h>

enum { QUOTE = '"', GUARD = '\'' };

void csv_begin(struct csv_reader *reader, struct span in)
{
	static const uint8_t bom[] = {0xEF, 0xBB, 0xBF};
	*reader = (struct csv_reader){.in = in, .separator = ','};
	if (in.len >= sizeof bom && memcmp(in.data, bom, sizeof bom) == 0)
		reader->at = sizeof bom;
	size_t seen[3] = {0};
	bool quoted = false;
	for (size_t i = reader->at; i < in.len && (quoted || (in.data[i] != '\n' && in.data[i] != '\r')); i++) {
		const uint8_t c = in.data[i];
		if (c == QUOTE)
			quoted = !quoted;
		if (!quoted)
			seen[c == ',' ? 0 : c == ';' ? 1 : 2] += c == ',' || c == ';' || c == '\t';
	}
	if (seen[1] > seen[0] && seen[1] >= seen[2])
		reader->separator = ';';
	else if (seen[2] > seen[0])
		reader->separator = '\t';
}

void csv_end(struct csv_reader *reader)
{
	bytes_wipe(&reader->row);
	*reader = (struct csv_reader){0};
}

const char *csv_cell(const struct csv_reader *reader, size_t column)
{
	return column < reader->cells_len ? (const char *)reader->row.data + reader->cells[column] : "";
}

static size_t ends_line(struct span in, size_t at)
{
	if (in.data[at] == '\n')
		return 1;
	if (in.data[at] != '\r')
		return 0;
	return at + 1 < in.len && in.data[at + 1] == '\n' ? 2 : 1;
}

static enum status refuse(const struct csv_reader *reader, const char *what, struct error *err)
{
	return error_set(err, STATUS_BAD_INPUT, "line %zu of the CSV file %s", reader->line, what);
}

static enum status append_char(struct csv_reader *reader, uint8_t c, struct error *err)
{
	if (c == '\0') {
		(void)refuse(reader, "holds a zero byte: it is no CSV in UTF-8", err);
		error_hint(err, "save the sheet as \"CSV UTF-8\" and try again");
		return STATUS_BAD_INPUT;
	}
	if (reader->row.len >= CSV_ROW_MAX_BYTES)
		return refuse(reader, "is longer than 64 KiB", err);
	return bytes_append(&reader->row, (struct span){&c, 1}, err);
}

/* Copies what stands between the quotes; the cursor ends behind the closing one. */
static enum status read_quoted(struct csv_reader *reader, size_t *lines, struct error *err)
{
	const struct span in = reader->in;
	for (reader->at++; reader->at < in.len; reader->at++) {
		const uint8_t c = in.data[reader->at];
		if (c == QUOTE) {
			if (reader->at + 1 >= in.len || in.data[reader->at + 1] != QUOTE)
				break;
			reader->at++;
		}
		*lines += c == '\n' || (c == '\r' && ends_line(in, reader->at) == 1);
		const enum status status = append_char(reader, c, err);
		if (status != STATUS_OK)
			return status;
	}
	if (reader->at >= in.len)
		return refuse(reader, "opens a quote that is never closed", err);
	reader->at++;
	if (reader->at < in.len && in.data[reader->at] != (uint8_t)reader->separator && ends_line(in, reader->at) == 0)
		return refuse(reader, "has text behind a closing quote", err);
	return STATUS_OK;
}

static enum status read_plain(struct csv_reader *reader, struct error *err)
{
	for (; reader->at < reader->in.len; reader->at++) {
		const uint8_t c = reader->in.data[reader->at];
		if (c == (uint8_t)reader->separator || ends_line(reader->in, reader->at) > 0)
			break;
		const enum status status = append_char(reader, c, err);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static bool looks_like_formula(const char *text)
{
	return text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
}

/* Whether a spreadsheet would read a formula once the apostrophes before it are gone. */
static bool is_guarded(const char *text)
{
	return text[0] == GUARD && looks_like_formula(text + strspn(text, "'"));
}

static enum status read_cell(struct csv_reader *reader, size_t *lines, struct error *err)
{
	const bool quoted = reader->at < reader->in.len && reader->in.data[reader->at] == QUOTE;
	const size_t start = reader->row.len;
	if (reader->cells_len == CSV_CELLS_MAX)
		return refuse(reader, "has more than 256 cells", err);
	enum status status = quoted ? read_quoted(reader, lines, err) : read_plain(reader, err);
	if (status != STATUS_OK)
		return status;
	status = bytes_append(&reader->row, (struct span){(const uint8_t *)"", 1}, err);
	if (status != STATUS_OK)
		return status;
	const bool guarded = is_guarded((const char *)reader->row.data + start);
	reader->cells[reader->cells_len++] = start + (guarded ? 1 : 0);
	return STATUS_OK;
}

/* Past empty lines, counting them. */
static void skip_empty_lines(struct csv_reader *reader)
{
	while (reader->at < reader->in.len) {
		const size_t end = ends_line(reader->in, reader->at);
		if (end == 0)
			return;
		reader->at += end;
		reader->next_line++;
	}
}

enum status csv_next(struct csv_reader *reader, struct error *err)
{
	skip_empty_lines(reader);
	bytes_clear(&reader->row);
	reader->cells_len = 0;
	reader->line = reader->next_line + 1;
	if (reader->at >= reader->in.len)
		return error_set(err, STATUS_NOT_FOUND, "the CSV file has no more rows");
	for (;;) {
		const enum status status = read_cell(reader, &reader->next_line, err);
		if (status != STATUS_OK)
			return status;
		if (reader->at >= reader->in.len)
			return STATUS_OK;
		const size_t end = ends_line(reader->in, reader->at);
		if (end > 0) {
			reader->at += end;
			reader->next_line++;
			return STATUS_OK;
		}
		reader->at++;
	}
}

static bool is_plain_number(const char *text)
{
	const char *p = text + (text[0] == '-' || text[0] == '+');
	const size_t whole = strspn(p, "0123456789");
	if (whole == 0)
		return false;
	if (p[whole] == '\0')
		return true;
	const size_t part = p[whole] == '.' ? strspn(p + whole + 1, "0123456789") : 0;
	return part > 0 && p[whole + 1 + part] == '\0';
}

static enum status append_text(struct bytes *out, const char *text, size_t len, struct error *err)
{
	return bytes_append(out, (struct span){(const uint8_t *)text, len}, err);
}

/* The cell in quotes, quotes within doubled. */
static enum status append_quoted(struct bytes *out, const char *text, bool guard, struct error *err)
{
	enum status status = append_text(out, "\"'", guard ? 2 : 1, err);
	while (status == STATUS_OK && *text != '\0') {
		const size_t run = strcspn(text, "\"");
		const bool quote = text[run] == QUOTE;
		status = append_text(out, text, run + quote, err);
		if (status == STATUS_OK && quote)
			status = append_text(out, "\"", 1, err);
		text += run + quote;
	}
	return status == STATUS_OK ? append_text(out, "\"", 1, err) : status;
}

enum status csv_write_cell(struct bytes *out, const char *text, bool first, struct error *err)
{
	const bool guard = (looks_like_formula(text) && !is_plain_number(text)) || is_guarded(text);
	const size_t len = strlen(text);
	enum status status = STATUS_OK;
	if (!first)
		status = append_text(out, ",", 1, err);
	if (status != STATUS_OK)
		return status;
	/* Quoted too: a separator of another land, which a sniffing reader could take for ours, and what would pass
	 * for a byte order mark at the start of the file. */
	if (strpbrk(text, "\",;\t\r\n") != NULL || text[0] == ' ' || strncmp(text, "\xEF\xBB\xBF", 3) == 0 || (len > 0 && text[len - 1] == ' '))
		return append_quoted(out, text, guard, err);
	if (guard)
		status = append_text(out, "'", 1, err);
	return status == STATUS_OK ? append_text(out, text, len, err) : status;
}

enum status csv_write_end_of_row(struct bytes *out, struct error *err)
{
	return append_text(out, "\r\n", 2, err);
}
