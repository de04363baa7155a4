#include "app/print.h"

#include "crypto/secret.h"
#include "schema/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BUFFER_BYTES = 8192 };

static bool notes_off;

enum status print_begin(struct error *err)
{
	static struct secret *buffer;
	if (buffer != NULL)
		return STATUS_OK;
	const enum status status = secret_new(&buffer, BUFFER_BYTES, err);
	if (status == STATUS_OK)
		(void)setvbuf(stdout, (char *)buffer->data, print_is_terminal() ? _IOLBF : _IOFBF, BUFFER_BYTES);
	return status;
}

void print_quiet(bool quiet)
{
	notes_off = quiet;
}

/* Formats, neutralises, writes. Printing to a person is best effort; what must arrive uses print_raw. */
__attribute__((format(printf, 2, 0))) static void print_to(FILE *stream, const char *format, va_list args)
{
	char *text = NULL;
	const int len = vasprintf(&text, format, args);
	if (len < 0)
		return;
	struct bytes safe = {0};
	if (text_for_terminal(&safe, (struct span){(const uint8_t *)text, (size_t)len}, true, NULL) == STATUS_OK &&
	    safe.len > 0)
		(void)fwrite(safe.data, 1, safe.len, stream);
	bytes_wipe(&safe);
	explicit_bzero(text, (size_t)len);
	free(text);
}

void print_out(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	print_to(stdout, format, args);
	va_end(args);
}

void print_note(const char *format, ...)
{
	if (notes_off)
		return;
	(void)fflush(stdout);
	va_list args;
	va_start(args, format);
	print_to(stderr, format, args);
	va_end(args);
}

void print_progress(const char *format, ...)
{
	(void)fputs("\r", stderr);
	va_list args;
	va_start(args, format);
	print_to(stderr, format, args);
	va_end(args);
	(void)fputs("\033[K", stderr);
}

static void print_to_stderr(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void print_to_stderr(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	print_to(stderr, format, args);
	va_end(args);
}

/* One line, whatever stands in it: a relay's words may be in it, and must not look like ours. */
static void print_error_line(const char *before, const char *between, const char *text)
{
	struct bytes line = {0};
	if (text_for_terminal(&line, span_from_text(text), false, NULL) == STATUS_OK)
		print_to_stderr("%s%s%.*s\n", before, between, (int)line.len, (const char *)line.data);
	bytes_wipe(&line);
}

void print_error(const char *program, const struct error *err)
{
	(void)fflush(stdout);
	print_error_line(program, ": ", err->message[0] != '\0' ? err->message : status_word(err->status));
	if (err->hint[0] != '\0')
		print_error_line("  next", ": ", err->hint);
}

enum status print_raw(struct span content, struct error *err)
{
	if (content.len == 0 || fwrite(content.data, 1, content.len, stdout) == content.len)
		return STATUS_OK;
	(void)error_set(err, STATUS_IO, "the output could not be written: %s", strerror(errno));
	error_hint(err, "is the disk full, or did the program that reads it end? Try again");
	return STATUS_IO;
}

bool print_is_terminal(void)
{
	return isatty(STDOUT_FILENO) == 1;
}

size_t print_columns(void)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

void print_short_id(const struct hash *id, char text[9])
{
	for (size_t i = 0; i < 4; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", id->bytes[i]);
}

void print_long_id(const struct hash *id, char text[65])
{
	for (size_t i = 0; i < HASH_BYTES; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", id->bytes[i]);
}

void print_key_id(const struct key_id *id, char text[33])
{
	for (size_t i = 0; i < KEY_ID_BYTES; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", id->bytes[i]);
}
