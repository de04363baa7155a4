#include "schema/csv.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/failing_malloc.h"

static void expect_row(struct csv_reader *reader, size_t line, size_t n, const char *const cells[])
{
	struct error err = {0};
	cr_assert_eq(csv_next(reader, &err), STATUS_OK, "%s", err.message);
	cr_expect_eq(reader->line, line);
	cr_assert_eq(reader->cells_len, n);
	for (size_t i = 0; i < n; i++)
		cr_expect_str_eq(csv_cell(reader, i), cells[i]);
	cr_expect_str_eq(csv_cell(reader, n), "");
}

Test(csv, reads_quotes_line_breaks_and_any_line_end)
{
	struct csv_reader reader;
	csv_begin(&reader, span_from_text("\xEF\xBB\xBFkind,place\r\n\r\narrival,\"a \"\"b\"\",\nc\"\nstock,\"\"\rx,y"));
	expect_row(&reader, 1, 2, (const char *[]){"kind", "place"});
	expect_row(&reader, 3, 2, (const char *[]){"arrival", "a \"b\",\nc"});
	expect_row(&reader, 5, 2, (const char *[]){"stock", ""});
	expect_row(&reader, 6, 2, (const char *[]){"x", "y"});
	cr_expect_eq(csv_next(&reader, NULL), STATUS_NOT_FOUND);
	csv_end(&reader);
}

Test(csv, finds_the_separator)
{
	const char *const files[] = {"a,b;c\"", "a;b;c,d", "a\tb\tc,d", "\"a,b,c\";d"};
	const char separators[] = {',', ';', '\t', ';'};
	for (size_t i = 0; i < 4; i++) {
		struct csv_reader reader;
		csv_begin(&reader, span_from_text(files[i]));
		cr_expect_eq(reader.separator, separators[i], "%s", files[i]);
		csv_end(&reader);
	}
}

static void expect_refused(struct span in, const char *line)
{
	struct csv_reader reader;
	struct error err = {0};
	csv_begin(&reader, in);
	cr_expect_eq(csv_next(&reader, NULL), STATUS_OK);
	cr_expect_eq(csv_next(&reader, &err), STATUS_BAD_INPUT);
	cr_expect_not_null(strstr(err.message, line), "%s", err.message);
	csv_end(&reader);
}

Test(csv, refuses_and_names_the_line)
{
	expect_refused(span_from_text("a,b\n\"open,\nx\n"), "line 2");
	expect_refused(span_from_text("a,b\n\n\"x\"y\n"), "line 3");
	expect_refused((struct span){(const uint8_t *)"a\nb\0c", 5}, "line 2");
}

Test(csv, rows_are_bounded)
{
	const size_t size = CSV_ROW_MAX_BYTES + 8;
	uint8_t *big = malloc(size);
	cr_assert_not_null(big);
	memset(big, 'x', size);
	memcpy(big, "a\n", 2);
	expect_refused((struct span){big, size}, "64 KiB");
	memset(big, ',', size);
	memcpy(big, "a\n", 2);
	expect_refused((struct span){big, CSV_CELLS_MAX + 3}, "256 cells");
	free(big);
}

static void write_row(struct bytes *out, size_t n, const char *const cells[])
{
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(csv_write_cell(out, cells[i], i == 0, NULL), STATUS_OK);
	cr_assert_eq(csv_write_end_of_row(out, NULL), STATUS_OK);
}

Test(csv, formulas_are_guarded_and_numbers_are_not)
{
	struct bytes out = {0};
	write_row(&out, 8, (const char *[]){"=1+1", "-5", "+3.25", "-5-3", "@x", "\tx", "a=b", "'=x"});
	cr_expect(span_equals(bytes_span(&out), span_from_text("'=1+1,-5,+3.25,'-5-3,'@x,\"'\tx\",a=b,''=x\r\n")));
	bytes_wipe(&out);
}

Test(csv, what_was_written_is_what_is_read)
{
	const char *const cells[] = {"kind",  "=SUM(A1)", "-5",  "a,b", "a;b", "say \"x\"", "two\nlines", "",
	                             "'=x",   "''",       "'-5", " x ", "\r",  "\xD9\x86", "+",          "'quoted'", "\xEF\xBB\xBFx"};
	const size_t n = sizeof cells / sizeof *cells;
	struct bytes out = {0};
	struct csv_reader reader;
	write_row(&out, n, cells);
	write_row(&out, n, cells);
	csv_begin(&reader, bytes_span(&out));
	expect_row(&reader, 1, n, cells);
	cr_assert_eq(csv_next(&reader, NULL), STATUS_OK);
	for (size_t i = 0; i < n; i++)
		cr_expect_str_eq(csv_cell(&reader, i), cells[i]);
	cr_expect_eq(csv_next(&reader, NULL), STATUS_NOT_FOUND);
	csv_end(&reader);
	bytes_wipe(&out);
}

Test(csv, lack_of_memory_is_said)
{
	struct csv_reader reader;
	struct bytes out = {0};
	csv_begin(&reader, span_from_text("a,b\n"));
	failing_malloc_at(1);
	cr_expect_eq(csv_next(&reader, NULL), STATUS_NO_MEMORY);
	failing_malloc_at(1);
	cr_expect_eq(csv_write_cell(&out, "a", true, NULL), STATUS_NO_MEMORY);
	cr_expect(failing_malloc_ended());
	csv_end(&reader);
	bytes_wipe(&out);
}
