/* The reader of CSV: what it reads, writing and reading again gives the same cells.
 */
#include <stdlib.h>
#include <string.h>

#include "schema/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_row(struct bytes *out, const struct csv_reader *reader)
{
	for (size_t i = 0; i < reader->cells_len; i++)
		if (csv_write_cell(out, csv_cell(reader, i), i == 0, NULL) != STATUS_OK)
			abort();
	if (csv_write_end_of_row(out, NULL) != STATUS_OK)
		abort();
}

static void demand_same(const struct csv_reader *a, const struct csv_reader *b)
{
	if (a->cells_len != b->cells_len)
		abort();
	for (size_t i = 0; i < a->cells_len; i++)
		if (strcmp(csv_cell(a, i), csv_cell(b, i)) != 0)
			abort();
}

/* An empty row of one cell is an empty line, and a row that quotes made longer than the limit is none. */
static void demand_reads_back(const struct csv_reader *row)
{
	struct bytes out = {0};
	struct csv_reader again;
	write_row(&out, row);
	csv_begin(&again, bytes_span(&out));
	again.separator = ','; /* one row alone does not always show it */
	if (out.len > 2 && out.len <= CSV_ROW_MAX_BYTES) {
		if (csv_next(&again, NULL) != STATUS_OK)
			abort();
		demand_same(row, &again);
	}
	csv_end(&again);
	bytes_wipe(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csv_reader reader;
	csv_begin(&reader, (struct span){data, size});
	while (csv_next(&reader, NULL) == STATUS_OK)
		demand_reads_back(&reader);
	csv_end(&reader);
	return 0;
}
