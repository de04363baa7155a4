#include "app/line.h"

#include "app/line_edit.h"
#include "app/print.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP};
enum { WATCHED = sizeof watched / sizeof *watched };

struct line {
	struct line_edit *edit; /* NULL: plain */
	struct sigaction former[WATCHED];
	sigset_t mask; /* as it was */
};

static volatile sig_atomic_t told_to_end, resized;
/* What is let through while somebody is waited for. */
static sigset_t waiting_mask;

static void note_signal(int signal)
{
	if (signal == SIGWINCH)
		resized = 1;
	else
		told_to_end = 1;
}

/* They wait outside of ppoll, so none is missed between a look and a wait, and none cuts a save. What is ignored stays ignored.
 * Stopped here, the program would leave a terminal in disorder to the shell. */
static void watch(struct line *line)
{
	sigset_t held;
	struct sigaction noting = {.sa_handler = note_signal};
	struct sigaction ignoring = {.sa_handler = SIG_IGN};
	(void)sigemptyset(&noting.sa_mask);
	(void)sigemptyset(&ignoring.sa_mask);
	(void)sigemptyset(&held);
	told_to_end = 0;
	for (size_t i = 0; i < WATCHED; i++) {
		(void)sigaddset(&held, watched[i]);
		(void)sigaction(watched[i], NULL, &line->former[i]);
		if (line->former[i].sa_handler != SIG_IGN)
			(void)sigaction(watched[i], watched[i] == SIGTSTP ? &ignoring : &noting, NULL);
	}
	(void)sigprocmask(SIG_BLOCK, &held, &line->mask);
	waiting_mask = line->mask;
}

static void unwatch(const struct line *line)
{
	for (size_t i = 0; i < WATCHED; i++)
		(void)sigaction(watched[i], &line->former[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &line->mask, NULL);
}

enum status line_new(struct line **out, struct error *err)
{
	struct line *const line = calloc(1, sizeof *line);
	if (line == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	watch(line);
	line->edit = line_edit_new();
	*out = line;
	return STATUS_OK;
}

void line_free(struct line *line)
{
	if (line == NULL)
		return;
	line_edit_free(line->edit);
	unwatch(line);
	free(line);
}

bool line_is_resized(void)
{
	const bool was = resized != 0;
	resized = 0;
	return was;
}

bool line_next_byte(unsigned char *byte)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	while (told_to_end == 0) {
		if (ppoll(&input, 1, NULL, &waiting_mask) < 0) {
			if (errno != EINTR || resized != 0)
				return false;
			continue;
		}
		const ssize_t n = read(STDIN_FILENO, byte, 1);
		if (n != 1 && !(n < 0 && errno == EINTR))
			return false;
		if (n == 1)
			return true;
	}
	return false;
}

/* Byte by byte, so that none that belongs to the next question waits in a buffer here. What does not fit is read away, so that it
 * cannot pass for the next answer. */
static enum status read_plain(const char *prompt, char *answer, size_t size, struct error *err)
{
	unsigned char byte = 0;
	size_t len = 0;
	print_out("%s", prompt);
	(void)fflush(stdout);
	for (;;) {
		const bool more = line_next_byte(&byte);
		if (!more && line_is_resized())
			continue;
		if (!more && (len == 0 || told_to_end != 0)) {
			print_out("\n");
			return error_set(err, STATUS_NOT_FOUND, "the input ended");
		}
		if (!more || byte == '\n')
			break;
		if (len + 2 < size)
			answer[len] = (char)byte;
		len++;
	}
	if (len + 2 <= size) {
		answer[len] = '\0';
		return STATUS_OK;
	}
	explicit_bzero(answer, size);
	return error_set(err, STATUS_BAD_INPUT, "the line is too long, at most %zu bytes fit", size - 2);
}

/* In place. */
static void trim(char *answer)
{
	size_t end = strlen(answer), start = 0;
	while (end > 0 && isspace((unsigned char)answer[end - 1]))
		end--;
	answer[end] = '\0';
	while (isspace((unsigned char)answer[start]))
		start++;
	memmove(answer, answer + start, end - start + 1);
}

enum status line_read(struct line *line, const char *prompt, const struct line_words *words, char *answer, size_t size,
                      struct error *err)
{
	enum status status = STATUS_OK;
	if (line->edit != NULL)
		status = line_edit_read(line->edit, prompt, words, answer, size, err);
	else
		status = read_plain(prompt, answer, size, err);
	if (status == STATUS_OK)
		trim(answer);
	return status;
}
