/* What can go wrong, and how a function says so.
 *
 * Every function that can fail returns enum status and takes struct error *
 * last. The status says what the caller can do about it; the message, set once
 * where the cause is known, says it in the user's words. Only app/ prints it.
 */
#ifndef SIJIL_CRYPTO_STATUS_H
#define SIJIL_CRYPTO_STATUS_H

#include <stdbool.h>

#define ERROR_MESSAGE_BYTES 512

enum status {
	STATUS_OK = 0,
	STATUS_BAD_INPUT, /* what was given is malformed or out of range; mend it */
	STATUS_NOT_FOUND, /* no such thing here */
	STATUS_LOCKED,    /* wrong passphrase, or locked */
	STATUS_TAMPERED,  /* bytes were altered: a signature, tag or hash does not fit */
	STATUS_UNTRUSTED, /* valid in itself, but nobody we trust vouches for it */
	STATUS_REFUSED,   /* understood, and not allowed */
	STATUS_OFFLINE,   /* no connection, or it broke; nothing lost, try again */
	STATUS_BUSY,      /* another process holds it; try again */
	STATUS_IO,        /* the system refused a read, write or sync; full disk */
	STATUS_CORRUPT,   /* stored data does not hold together */
	STATUS_NO_MEMORY,
	STATUS_BUG,       /* cannot happen; please report */
};

/* A message for a person: at most ERROR_MESSAGE_BYTES - 1 bytes of UTF-8, never
 * a secret. `hint` says what to do next, or is empty. Start with {0}. */
struct error {
	enum status status;
	char message[ERROR_MESSAGE_BYTES];
	char hint[ERROR_MESSAGE_BYTES];
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* Sets the message (printf form, truncated to fit), clears the hint, and returns
 * `status`, so that a caller can write `return error_set(err, STATUS_IO, ...)`.
 * `err` may be NULL. */
enum status error_set(struct error *err, enum status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds the next step to a message already set. `err` may be NULL. */
void error_hint(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before the message already set, and returns err->status
 * unchanged as `status` gives it. `err` may be NULL. */
enum status error_wrap(struct error *err, enum status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether it speaks of what was given (malformed, altered, of a stranger, not allowed) and not of this machine's
 * trouble: then the rest of what was given can go on. */
bool status_blames_input(enum status status);

/* The status as one stable lower-case word ("bad_input"); static text. */
const char *status_word(enum status status);

#endif
