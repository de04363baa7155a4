#include "app/print.h"

#include "schema/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 12, CELL_MAX_BYTES = 1024, GAP = 2 };

/* Cells row by row, the heading first, each NUL-terminated and already safe for a terminal. */
struct print_table {
	size_t columns, cells_len, cells_capacity;
	char **cells;
	bool failed;
};

static void add_cell(struct print_table *table, const char *text)
{
	if (table->failed)
		return;
	if (table->cells_len == table->cells_capacity) {
		const size_t capacity = table->cells_capacity == 0 ? 64 : 2 * table->cells_capacity;
		char **grown = realloc(table->cells, capacity * sizeof *grown);
		if (grown == NULL) {
			table->failed = true;
			return;
		}
		table->cells = grown;
		table->cells_capacity = capacity;
	}
	struct bytes safe = {0};
	const struct span in = {(const uint8_t *)text, strnlen(text, CELL_MAX_BYTES)};
	if (text_for_terminal(&safe, in, false, NULL) != STATUS_OK)
		table->failed = true;
	else
		table->cells[table->cells_len] = strndup(safe.len > 0 ? (const char *)safe.data : "", safe.len);
	bytes_wipe(&safe);
	if (table->failed || table->cells[table->cells_len] == NULL)
		table->failed = true;
	else
		table->cells_len++;
}

struct print_table *print_table_new(const char *const *headings, size_t columns)
{
	struct print_table *table = calloc(1, sizeof *table);
	if (table == NULL || columns == 0 || columns > COLUMNS_MAX) {
		free(table);
		return NULL;
	}
	table->columns = columns;
	for (size_t i = 0; i < columns; i++)
		add_cell(table, headings[i]);
	return table;
}

void print_table_cell(struct print_table *table, const char *text)
{
	if (table != NULL)
		add_cell(table, text);
}

void print_table_cell_number(struct print_table *table, int64_t number)
{
	char text[24];
	(void)snprintf(text, sizeof text, "%" PRId64, number);
	print_table_cell(table, text);
}

static size_t cell_width(const char *cell)
{
	return text_width(span_from_text(cell));
}

/* Bytes of `cell` that fit into `columns`, whole characters only. */
static size_t cell_cut(const char *cell, size_t columns)
{
	size_t len = strlen(cell);
	while (len > 0 && text_width((struct span){(const uint8_t *)cell, len}) > columns) {
		len--;
		while (len > 0 && ((unsigned char)cell[len] & 0xc0) == 0x80)
			len--;
	}
	return len;
}

/* Columns up to the last one in which the row says something. */
static size_t columns_used(const struct print_table *table, char *const *row)
{
	size_t used = table->columns;
	while (used > 0 && row[used - 1][0] == '\0')
		used--;
	return used;
}

/* False when something had to be cut at the terminal's edge. */
static bool print_row(const struct print_table *table, const size_t *widths, char *const *row)
{
	size_t left = print_is_terminal() ? print_columns() : SIZE_MAX;
	const size_t used = columns_used(table, row);
	bool is_whole = true;
	for (size_t i = 0; i < used; i++) {
		const char *cell = row[i];
		const size_t len = cell_cut(cell, left);
		is_whole = is_whole && cell[len] == '\0';
		(void)fwrite(cell, 1, len, stdout);
		if (i + 1 == used)
			break;
		const size_t pad = widths[i] + GAP - cell_width(cell);
		left = left > widths[i] + GAP ? left - widths[i] - GAP : 0;
		for (size_t k = 0; k < pad && left > 0; k++)
			(void)fputc(' ', stdout);
	}
	(void)fputc('\n', stdout);
	return is_whole;
}

enum status print_table_end(struct print_table *table, struct error *err)
{
	if (table == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	const bool failed = table->failed;
	size_t widths[COLUMNS_MAX] = {0};
	const size_t rows = table->cells_len / table->columns;
	for (size_t i = 0; !failed && i < rows * table->columns; i++) {
		const size_t width = cell_width(table->cells[i]);
		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
	bool is_whole = true;
	for (size_t row = 0; !failed && row < rows; row++)
		is_whole = print_row(table, widths, table->cells + row * table->columns) && is_whole;
	if (!is_whole)
		print_note("wider than this screen: --json gives the rest\n");
	for (size_t i = 0; i < table->cells_len; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
	return failed ? error_set(err, STATUS_NO_MEMORY, "out of memory") : STATUS_OK;
}
