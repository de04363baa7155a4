#include "crypto/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A message that was cut to fit may end in half a character, which no terminal
 * and no JSON reader takes. */
static void drop_half_character(char *text)
{
	const size_t len = strlen(text);
	size_t lead = len;
	while (lead > 0 && len - lead < 3 && ((unsigned char)text[lead - 1] & 0xC0) == 0x80)
		lead--;
	if (lead == 0)
		return;
	const unsigned char first = (unsigned char)text[lead - 1];
	const size_t wanted = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
	if (wanted > len - lead + 1)
		text[lead - 1] = '\0';
}

enum status error_set(struct error *err, enum status status, const char *format, ...)
{
	if (err == NULL)
		return status;
	va_list args;
	va_start(args, format);
	err->status = status;
	err->hint[0] = '\0';
	(void)vsnprintf(err->message, sizeof err->message, format, args);
	va_end(args);
	drop_half_character(err->message);
	return status;
}

void error_hint(struct error *err, const char *format, ...)
{
	if (err == NULL)
		return;
	va_list args;
	va_start(args, format);
	(void)vsnprintf(err->hint, sizeof err->hint, format, args);
	va_end(args);
	drop_half_character(err->hint);
}

enum status error_wrap(struct error *err, enum status status, const char *format, ...)
{
	if (err == NULL)
		return status;
	char cause[ERROR_MESSAGE_BYTES];
	memcpy(cause, err->message, sizeof cause);
	va_list args;
	va_start(args, format);
	const int len = vsnprintf(err->message, sizeof err->message, format, args);
	va_end(args);
	if (len >= 0 && (size_t)len < sizeof err->message)
		(void)snprintf(err->message + len, sizeof err->message - (size_t)len, ": %s", cause);
	drop_half_character(err->message);
	err->status = status;
	return status;
}

bool status_blames_input(enum status status)
{
	return status == STATUS_BAD_INPUT || status == STATUS_UNTRUSTED || status == STATUS_TAMPERED ||
	       status == STATUS_REFUSED;
}

const char *status_word(enum status status)
{
	switch (status) {
	case STATUS_OK: return "ok";
	case STATUS_BAD_INPUT: return "bad_input";
	case STATUS_NOT_FOUND: return "not_found";
	case STATUS_LOCKED: return "locked";
	case STATUS_TAMPERED: return "tampered";
	case STATUS_UNTRUSTED: return "untrusted";
	case STATUS_REFUSED: return "refused";
	case STATUS_OFFLINE: return "offline";
	case STATUS_BUSY: return "busy";
	case STATUS_IO: return "io";
	case STATUS_CORRUPT: return "corrupt";
	case STATUS_NO_MEMORY: return "no_memory";
	case STATUS_BUG: return "bug";
	}
	return "bug";
}
