#include "app/line.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* No terminal here, so lines come as they are; editing is looked at in tests/scenarios/56-a-report-in-a-minute.sh. */
static struct line *line;
static int input;
static struct error err;

static void start(void)
{
	int pipes[2];
	cr_assert_eq(pipe(pipes), 0);
	cr_assert_eq(dup2(pipes[0], STDIN_FILENO), STDIN_FILENO);
	(void)close(pipes[0]);
	input = pipes[1];
	cr_assert_eq(line_new(&line, &err), STATUS_OK);
}

static void end(void)
{
	line_free(line);
}

TestSuite(line, .init = start, .fini = end);

static void type(const char *text)
{
	cr_assert_eq(write(input, text, strlen(text)), (ssize_t)strlen(text));
}

static enum status read_line(char *answer, size_t size)
{
	return line_read(line, "", NULL, answer, size, &err);
}

Test(line, comes_without_the_blanks_around_it)
{
	char answer[32];
	type("  300 families \r\n\n");
	cr_assert_eq(read_line(answer, sizeof answer), STATUS_OK);
	cr_expect_str_eq(answer, "300 families");
	cr_assert_eq(read_line(answer, sizeof answer), STATUS_OK);
	cr_expect_str_eq(answer, "");
}

Test(line, that_is_too_long_is_refused_whole)
{
	char answer[8];
	type("0123456789\nnext\n");
	cr_assert_eq(read_line(answer, sizeof answer), STATUS_BAD_INPUT);
	cr_assert_eq(read_line(answer, sizeof answer), STATUS_OK);
	cr_expect_str_eq(answer, "next");
}

Test(line, takes_no_byte_of_the_next_one)
{
	char answer[8], rest[8] = "";
	type("one\ntwo\n");
	cr_assert_eq(read_line(answer, sizeof answer), STATUS_OK);
	cr_assert_eq(read(STDIN_FILENO, rest, sizeof rest), 4);
	cr_expect_eq(memcmp(rest, "two\n", 4), 0);
}

Test(line, ends_with_the_input)
{
	char answer[8];
	type("last");
	(void)close(input);
	cr_assert_eq(read_line(answer, sizeof answer), STATUS_OK);
	cr_expect_str_eq(answer, "last");
	cr_expect_eq(read_line(answer, sizeof answer), STATUS_NOT_FOUND);
}

Test(line, ends_when_the_program_is_told_to)
{
	char answer[8];
	type("half");
	cr_assert_eq(raise(SIGTERM), 0, "it is held until somebody is waited for");
	cr_expect_eq(read_line(answer, sizeof answer), STATUS_NOT_FOUND);
}

static volatile sig_atomic_t heard;

static void hear(int signal)
{
	heard = signal;
}

Test(line, gives_the_signals_back)
{
	line_free(line);
	struct sigaction hearing = {.sa_handler = hear};
	cr_assert_eq(sigaction(SIGINT, &hearing, NULL), 0);
	cr_assert_eq(line_new(&line, &err), STATUS_OK);
	line_free(line);
	line = NULL;
	cr_assert_eq(raise(SIGINT), 0);
	cr_expect_eq(heard, SIGINT);
}
