#include "crypto/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
	err->status = status;
	return status;
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
