#include "app/print.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(print);

static char printed[65536];

/* What was printed since the stream was redirected. */
static const char *take(FILE *stream)
{
	(void)fflush(stdout);
	(void)fflush(stderr);
	printed[fread(printed, 1, sizeof printed - 1, stream)] = '\0';
	return printed;
}

Test(print, neutralises_what_a_terminal_would_obey)
{
	cr_redirect_stdout();
	print_out("%s\n", "a\033[2Jb\rc\ad\xe2\x80\xaeright to left\xc2\x9b" "31m");
	cr_assert_str_eq(take(cr_get_redirected_stdout()),
	                 "a\uFFFD[2Jb\uFFFDc\uFFFDd\uFFFDright to left\uFFFD31m\n");
}

Test(print, keeps_lines_and_other_scripts)
{
	cr_redirect_stdout();
	print_out("المدرسة\nمكتظة\n");
	cr_assert_str_eq(take(cr_get_redirected_stdout()), "المدرسة\nمكتظة\n");
}

Test(print, replaces_bytes_that_are_no_text)
{
	cr_redirect_stdout();
	print_out("%s\n", "a\xff\xc3(");
	cr_assert_str_eq(take(cr_get_redirected_stdout()), "a\uFFFD\uFFFD(\n");
}

Test(print, is_quiet_when_asked_but_never_about_errors)
{
	const struct error err = {.status = STATUS_IO, .message = "the disk is full", .hint = "make room"};
	cr_redirect_stderr();
	print_quiet(true);
	print_note("a note\n");
	print_error("prog", &err);
	cr_assert_str_eq(take(cr_get_redirected_stderr()), "prog: the disk is full\n  next: make room\n");
}

Test(print, keeps_an_error_to_one_line)
{
	const struct error err = {.status = STATUS_REFUSED, .message = "the relay refused: no\nprog: all is well", .hint = "a\nb"};
	cr_redirect_stderr();
	print_error("prog", &err);
	cr_assert_str_eq(take(cr_get_redirected_stderr()),
	                 "prog: the relay refused: no\uFFFDprog: all is well\n  next: a\uFFFDb\n");
}

Test(print, names_an_error_that_has_no_sentence)
{
	const struct error err = {.status = STATUS_NO_MEMORY};
	cr_redirect_stderr();
	print_error("prog", &err);
	cr_assert_str_eq(take(cr_get_redirected_stderr()), "prog: no_memory\n");
}

Test(print, writes_a_progress_line_over_the_last)
{
	cr_redirect_stderr();
	print_progress("%d of 2", 1);
	print_progress("%d of 2", 2);
	cr_assert_str_eq(take(cr_get_redirected_stderr()), "\r1 of 2\033[K\r2 of 2\033[K");
}

/* --- tables --- */

static void print_two_rows(void)
{
	static const char *const headings[] = {"no", "place", ""};
	struct error err = {0};
	struct print_table *table = print_table_new(headings, 3);
	cr_assert_not_null(table);
	print_table_cell_number(table, 1);
	print_table_cell(table, "نصيب");
	print_table_cell(table, "amended");
	print_table_cell_number(table, 10);
	print_table_cell(table, "C5999\033[1m\n");
	print_table_cell(table, "");
	cr_assert_eq(print_table_end(table, &err), STATUS_OK, "%s", err.message);
}

Test(print, aligns_columns_by_what_is_seen_and_ends_rows_without_blanks)
{
	cr_redirect_stdout();
	print_two_rows();
	cr_assert_str_eq(take(cr_get_redirected_stdout()),
	                 "no  place\n"
	                 "1   نصيب        amended\n"
	                 "10  C5999\uFFFD[1m\uFFFD\n");
}

Test(print, refuses_a_table_of_too_many_columns)
{
	static const char *const headings[13] = {"a"};
	cr_assert_null(print_table_new(headings, 13));
	cr_assert_null(print_table_new(headings, 0));
	cr_assert_eq(print_table_end(NULL, NULL), STATUS_NO_MEMORY);
	print_table_cell(NULL, "harmless");
}

/* Standard output becomes a terminal of so many columns; returns its other end. */
static int on_terminal(unsigned short columns)
{
	const struct winsize size = {.ws_row = 24, .ws_col = columns};
	int ours, theirs;
	cr_assert_eq(openpty(&ours, &theirs, NULL, NULL, &size), 0);
	cr_assert_geq(dup2(theirs, STDOUT_FILENO), 0);
	(void)close(theirs);
	return ours;
}

/* A terminal hands lines over as it pleases: reads until `lines` have come. */
static const char *take_terminal(int ours, size_t lines)
{
	size_t len = 0;
	(void)fflush(stdout);
	while (lines > 0 && len < sizeof printed - 1) {
		const ssize_t n = read(ours, printed + len, 1);
		if (n <= 0)
			break;
		lines -= printed[len++] == '\n';
	}
	printed[len] = '\0';
	return printed;
}

Test(print, cuts_a_row_at_the_terminals_edge_between_characters_and_says_so)
{
	cr_redirect_stderr();
	const int ours = on_terminal(6);
	print_two_rows();
	cr_assert_str_eq(take_terminal(ours, 3), "no  pl\r\n1   نص\r\n10  C5\r\n");
	cr_assert_not_null(strstr(take(cr_get_redirected_stderr()), "wider than this screen"));
	(void)close(ours);
}

Test(print, says_nothing_of_a_table_that_fits)
{
	cr_redirect_stderr();
	const int ours = on_terminal(80);
	print_two_rows();
	cr_assert_not_null(strstr(take_terminal(ours, 3), "amended"));
	cr_assert_str_eq(take(cr_get_redirected_stderr()), "");
	(void)close(ours);
}

/* --- JSON --- */

Test(print, writes_json_with_commas_where_they_belong)
{
	struct error err = {0};
	cr_redirect_stdout();
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_number(json, "n", INT64_MIN);
	print_json_open(json, "list", '[');
	print_json_text(json, NULL, "a");
	print_json_open(json, NULL, '{');
	print_json_close(json, '}');
	print_json_bool(json, NULL, false);
	print_json_close(json, ']');
	print_json_bool(json, "yes", true);
	print_json_close(json, '}');
	cr_assert_eq(print_json_end(json, &err), STATUS_OK);
	cr_assert_str_eq(take(cr_get_redirected_stdout()),
	                 "{\"n\":-9223372036854775808,\"list\":[\"a\",{},false],\"yes\":true}\n");
}

Test(print, escapes_in_json_what_is_no_plain_character)
{
	cr_redirect_stdout();
	struct print_json *json = print_json_new();
	print_json_open(json, NULL, '{');
	print_json_text(json, "k\"", "\"\\\n\t\x01\x7f\xc2\x9b\xc2\xa0é");
	print_json_close(json, '}');
	cr_assert_eq(print_json_end(json, NULL), STATUS_OK);
	cr_assert_str_eq(take(cr_get_redirected_stdout()),
	                 "{\"k\\\"\":\"\\\"\\\\\\u000a\\u0009\\u0001\\u007f\\u009b\xc2\xa0é\"}\n");
}

Test(print, reports_json_that_had_no_memory)
{
	print_json_text(NULL, "k", "v");
	cr_assert_eq(print_json_end(NULL, NULL), STATUS_NO_MEMORY);
}

Test(print, reports_bytes_that_could_not_be_written)
{
	static uint8_t many[1 << 16];
	struct error err = {0};
	cr_assert_not_null(freopen("/dev/full", "w", stdout));
	cr_assert_eq(print_raw((struct span){many, sizeof many}, &err), STATUS_IO);
	cr_assert_not_null(strstr(err.message, "could not be written"));
}

Test(print, gives_ids_in_their_lengths)
{
	struct hash id;
	struct key_id key;
	char short_id[9], long_id[65], key_text[33];
	for (size_t i = 0; i < HASH_BYTES; i++)
		id.bytes[i] = (uint8_t)(0xf0 + i);
	memcpy(key.bytes, id.bytes, sizeof key.bytes);
	print_short_id(&id, short_id);
	print_long_id(&id, long_id);
	print_key_id(&key, key_text);
	cr_assert_str_eq(short_id, "f0f1f2f3");
	cr_assert_eq(strlen(long_id), 64);
	cr_assert_eq(strlen(key_text), 32);
	cr_assert_eq(strncmp(long_id, key_text, 32), 0);
}
