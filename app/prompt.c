#include "app/prompt.h"

#include "app/print.h"
#include "app/strength.h"
#include "crypto/key.h"
#include "crypto/stretch.h"
#include "schema/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum {
	GENERATED_WORDS = 5, /* proquints of 16 bits: 80 bits */
	GENERATED_BYTES = 6 * GENERATED_WORDS - 1,
};

bool prompt_can_ask(void)
{
	return isatty(STDIN_FILENO) == 1;
}

static enum status tty_open(int *fd, struct error *err)
{
	*fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (*fd >= 0)
		return STATUS_OK;
	(void)error_set(err, STATUS_LOCKED, "a passphrase is needed and there is no terminal to ask at");
	error_hint(err, "run it in a terminal, or give --passphrase-fd N");
	return STATUS_LOCKED;
}

static void tty_say(int fd, const char *text, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, text, len);
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

/* The terminal whose echo is off just now, for whoever is interrupted meanwhile. */
static struct {
	int fd;
	struct termios before;
} silenced;

static const int endings[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { ENDINGS = sizeof endings / sizeof *endings };

/* SA_RESETHAND: the signal, raised again, ends the program as it would have. */
static void restore_and_end(int signal)
{
	(void)tcsetattr(silenced.fd, TCSANOW, &silenced.before);
	(void)raise(signal);
}

/* What is ignored stays ignored. */
static void watch_endings(struct sigaction former[ENDINGS])
{
	struct sigaction restoring = {.sa_handler = restore_and_end, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
	(void)sigemptyset(&restoring.sa_mask);
	for (size_t i = 0; i < ENDINGS; i++)
		if (sigaction(endings[i], NULL, &former[i]) == 0 && former[i].sa_handler != SIG_IGN)
			(void)sigaction(endings[i], &restoring, NULL);
}

static void unwatch_endings(const struct sigaction former[ENDINGS])
{
	for (size_t i = 0; i < ENDINGS; i++)
		(void)sigaction(endings[i], &former[i], NULL);
}

/* A terminal that a program left in bracketed-paste mode marks what is pasted. */
static void strip_paste_marks(struct secret *line)
{
	static const char *const marks[] = {"\033[200~", "\033[201~"};
	const size_t mark_len = strlen(marks[0]);
	for (size_t at = 0; at + mark_len <= line->len;) {
		if (memcmp(line->data + at, marks[0], mark_len) != 0 && memcmp(line->data + at, marks[1], mark_len) != 0) {
			at++;
			continue;
		}
		memmove(line->data + at, line->data + at + mark_len, line->len - at - mark_len);
		line->len -= mark_len;
	}
}

/* One line without echo, straight into guarded memory. The terminal is restored whatever happens. */
static enum status tty_read_secret(int fd, const char *question, struct secret **answer, struct error *err)
{
	struct termios silent;
	struct sigaction former[ENDINGS];
	if (tcgetattr(fd, &silenced.before) != 0) {
		(void)error_set(err, STATUS_IO, "the terminal does not answer: %s", strerror(errno));
		error_hint(err, "nothing was changed; run it in another terminal, or give --passphrase-fd N");
		return STATUS_IO;
	}
	silenced.fd = fd;
	silent = silenced.before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	/* Stopped here, the program would leave a silent terminal to the shell. */
	silent.c_cc[VSUSP] = _POSIX_VDISABLE;
	tty_say(fd, question, strlen(question));
	watch_endings(former);
	(void)tcsetattr(fd, TCSAFLUSH, &silent);
	const enum status status = secret_read_line(answer, fd, STRETCH_TEXT_MAX_BYTES, err);
	if (status == STATUS_OK)
		strip_paste_marks(*answer);
	(void)tcsetattr(fd, TCSAFLUSH, &silenced.before);
	unwatch_endings(former);
	tty_say(fd, "\n", 1);
	return status;
}

static enum status normalise(struct secret **passphrase, struct secret *raw, struct error *err)
{
	const enum status status = text_normalise_secret(passphrase, raw, err);
	secret_free(raw);
	return status;
}

/* More came than a passphrase may have, or the terminal went. It is not taken for a bare Enter. */
static enum status not_taken(enum status status, struct error *err)
{
	error_hint(err, status == STATUS_BAD_INPUT ? "nothing was changed; was something else pasted? Try again with the passphrase alone"
	                                           : "nothing was changed; try again");
	return status;
}

/* An existing secret, by the descriptor or asked for with `question`. */
static enum status ask_secret(const struct cli *cli, const char *question, struct secret **passphrase, struct error *err)
{
	struct secret *raw = NULL;
	if (cli->passphrase_fd >= 0) {
		const enum status status = secret_read_line(&raw, cli->passphrase_fd, STRETCH_TEXT_MAX_BYTES, err);
		if (status == STATUS_OK)
			return normalise(passphrase, raw, err);
		error_hint(err, "the register was not touched; write the passphrase to the descriptor that --passphrase-fd names");
		return status == STATUS_NO_MEMORY ? status : STATUS_LOCKED;
	}
	int fd;
	enum status status = tty_open(&fd, err);
	if (status != STATUS_OK)
		return status;
	status = tty_read_secret(fd, question, &raw, err);
	(void)close(fd);
	return status == STATUS_OK ? normalise(passphrase, raw, err) : not_taken(status, err);
}

enum status prompt_passphrase(const struct cli *cli, const char *what, struct secret **passphrase, struct error *err)
{
	char question[128];
	(void)snprintf(question, sizeof question, "Passphrase of %s: ", what);
	return ask_secret(cli, question, passphrase, err);
}

enum status prompt_code(const struct cli *cli, struct secret **code, struct error *err)
{
	return ask_secret(cli, "Recovery code, as headquarters reads it out: ", code, err);
}

enum status prompt_another_passphrase(const struct cli *cli, const char *question, struct secret **passphrase,
                                      struct error *err)
{
	struct secret *raw = NULL;
	int fd = cli->passphrase_fd;
	enum status status = fd >= 0 ? STATUS_OK : tty_open(&fd, err);
	if (status != STATUS_OK)
		return status;
	status = cli->passphrase_fd >= 0 ? secret_read_line(&raw, fd, STRETCH_TEXT_MAX_BYTES, err)
	                                 : tty_read_secret(fd, question, &raw, err);
	if (cli->passphrase_fd < 0)
		(void)close(fd);
	if (status == STATUS_OK)
		return normalise(passphrase, raw, err);
	if (status == STATUS_NOT_FOUND) {
		*passphrase = NULL;
		return STATUS_OK;
	}
	return not_taken(status, err);
}

static enum status generate(struct secret **passphrase, struct error *err)
{
	struct secret *random = NULL, *words = NULL;
	enum status status = secret_new_random(&random, KEY_ID_BYTES, err);
	if (status == STATUS_OK)
		status = secret_new(&words, KEY_PROQUINT_BYTES, err);
	if (status == STATUS_OK) {
		key_id_format((const struct key_id *)(const void *)random->data, (char *)words->data);
		words->len = GENERATED_BYTES;
		*passphrase = words;
		words = NULL;
	}
	secret_free(random);
	secret_free(words);
	return status;
}

/* Shows a generated one and makes sure that it was written down. */
static enum status tty_generate(int fd, struct secret **passphrase, struct error *err)
{
	enum status status = generate(passphrase, err);
	if (status != STATUS_OK)
		return status;
	static const char before[] = "Your passphrase, shown only now:\n\n    ";
	static const char after[] = "\n\nLearn it or keep it apart from the device. Type it once: ";
	tty_say(fd, before, sizeof before - 1);
	tty_say(fd, (const char *)(*passphrase)->data, (*passphrase)->len);
	struct secret *again = NULL;
	status = tty_read_secret(fd, after, &again, err);
	if (status == STATUS_OK && !span_equals(secret_span(again), secret_span(*passphrase))) {
		status = error_set(err, STATUS_REFUSED, "that was not the passphrase shown; nothing was made");
		error_hint(err, "try again: another one is made and shown");
	}
	secret_free(again);
	return status;
}

static void tty_say_strength(int fd, const struct secret *passphrase)
{
	char sentence[STRENGTH_SENTENCE_BYTES], line[STRENGTH_SENTENCE_BYTES + 64];
	strength_sentence(sentence, strength_bits(passphrase));
	const int len = snprintf(line, sizeof line, "To guess it, whoever copies the disk needs %s.\n", sentence);
	tty_say(fd, line, (size_t)len);
}

/* Takes `first`. */
static enum status tty_type_twice(int fd, struct secret *first, struct secret **passphrase, struct error *err)
{
	struct secret *second = NULL, *normal = NULL;
	enum status status = text_normalise_secret(&normal, first, err);
	if (status == STATUS_OK)
		status = strength_check(normal, err);
	if (status == STATUS_OK) {
		tty_say_strength(fd, normal);
		status = tty_read_secret(fd, "Once more: ", &second, err);
	}
	if (status == STATUS_OK && !span_equals(secret_span(first), secret_span(second))) {
		status = error_set(err, STATUS_REFUSED, "the two passphrases differ; nothing was made");
		error_hint(err, "try again, and type the same twice");
	}
	secret_free(first);
	secret_free(second);
	if (status == STATUS_OK)
		*passphrase = normal;
	else
		secret_free(normal);
	return status;
}

enum status prompt_new_passphrase(const struct cli *cli, const char *what, struct secret **passphrase,
                                  struct error *err)
{
	struct secret *raw = NULL;
	if (cli->passphrase_fd >= 0) {
		enum status status = prompt_passphrase(cli, what, &raw, err);
		if (status == STATUS_OK)
			status = strength_check(raw, err);
		if (status != STATUS_OK) {
			secret_free(raw);
			return status;
		}
		*passphrase = raw;
		return STATUS_OK;
	}
	int fd;
	enum status status = tty_open(&fd, err);
	if (status != STATUS_OK)
		return status;
	char question[160];
	(void)snprintf(question, sizeof question, "New passphrase of %s (Enter: make one for me): ", what);
	status = tty_read_secret(fd, question, &raw, err);
	if (status == STATUS_NOT_FOUND)
		status = tty_generate(fd, passphrase, err);
	else if (status == STATUS_OK)
		status = tty_type_twice(fd, raw, passphrase, err);
	else
		status = not_taken(status, err);
	(void)close(fd);
	return status;
}

/* What was typed and not asked for yet: in guarded memory, and never in stdio's. */
static struct {
	struct secret *bytes;
	size_t at;
} typed;

/* The next byte of standard input; false at its end. */
static enum status next_byte(char *byte, bool *ended, struct error *err)
{
	enum { READ_AHEAD_BYTES = 4096 };
	*ended = false;
	if (typed.bytes == NULL) {
		const enum status status = secret_new(&typed.bytes, READ_AHEAD_BYTES, err);
		if (status != STATUS_OK)
			return status;
	}
	if (typed.at == typed.bytes->len) {
		ssize_t n;
		do
			n = read(STDIN_FILENO, typed.bytes->data, typed.bytes->capacity);
		while (n < 0 && errno == EINTR);
		typed.at = 0;
		typed.bytes->len = n > 0 ? (size_t)n : 0;
		*ended = n <= 0;
		if (*ended)
			return STATUS_OK;
	}
	uint8_t *const at = &typed.bytes->data[typed.at++];
	*byte = (char)*at;
	*at = 0;
	return STATUS_OK;
}

/* Up to the newline, or the end. What does not fit is read away, so that it cannot pass for the next answer. */
static enum status read_typed_line(char *answer, size_t size, size_t *len, struct error *err)
{
	bool ended;
	char byte;
	*len = 0;
	for (;;) {
		const enum status status = next_byte(&byte, &ended, err);
		if (status != STATUS_OK)
			return status;
		if (ended && *len == 0)
			return error_set(err, STATUS_NOT_FOUND, "the input ended; nothing was saved");
		if (ended || byte == '\n')
			break;
		if (*len + 2 < size)
			answer[*len] = byte;
		++*len;
	}
	if (*len + 2 <= size)
		return STATUS_OK;
	explicit_bzero(answer, size);
	return error_set(err, STATUS_BAD_INPUT, "the line is too long, at most %zu bytes fit", size - 2);
}

enum status prompt_line(const char *question, char *answer, size_t size, struct error *err)
{
	size_t end;
	print_out("%s", question);
	(void)fflush(stdout);
	const enum status status = read_typed_line(answer, size, &end, err);
	if (status != STATUS_OK)
		return status;
	answer[end] = '\0';
	end = strlen(answer);
	while (end > 0 && isspace((unsigned char)answer[end - 1]))
		end--;
	answer[end] = '\0';
	size_t start = 0;
	while (isspace((unsigned char)answer[start]))
		start++;
	memmove(answer, answer + start, end - start + 1);
	return STATUS_OK;
}
