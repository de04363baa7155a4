/* Secrets in guarded memory, and a process that leaks none.
 *
 * A key, passphrase or derived key lives only in memory from sodium_malloc:
 * locked where the system allows, fenced by guard pages, wiped when freed. It is
 * read with read(2) straight into it, never through stdio, argv or environment.
 */
#ifndef SIJIL_CRYPTO_SECRET_H
#define SIJIL_CRYPTO_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/status.h"

/* A secret of a fixed capacity. `len` <= `capacity` bytes of `data` are in use. */
struct secret {
	uint8_t *data; /* guarded memory */
	size_t len;
	size_t capacity;
};

/* Once at the start of every program, before any secret exists: initialises
 * libsodium, forbids core dumps, makes the process not dumpable (ptrace,
 * /proc/PID/mem), keeps its memory out of swap where no limit forbids it, sets umask 077. BUG if libsodium does not start. */
MUST_CHECK enum status secret_process_init(struct error *err);

/* Guarded memory of `capacity` bytes, zeroed, len 0. The caller frees it. */
MUST_CHECK enum status secret_new(struct secret **secret, size_t capacity, struct error *err);

/* As secret_new, filled with `len` random bytes. */
MUST_CHECK enum status secret_new_random(struct secret **secret, size_t len, struct error *err);

/* As secret_new, holding a copy of `from` (which the caller wipes if it must). */
MUST_CHECK enum status secret_new_copy(struct secret **secret, struct span from, struct error *err);

/* Reads from `fd` until a newline, end of file or a full buffer straight into
 * guarded memory; the newline (and a CR before it) is not kept.
 * NOT_FOUND if none comes, which a prompt may take for an answer; BAD_INPUT if more than `capacity` bytes do. */
MUST_CHECK enum status secret_read_line(struct secret **secret, int fd, size_t capacity, struct error *err);

/* The bytes in use, borrowed. */
struct span secret_span(const struct secret *secret);

/* Wipes and frees; NULL is fine. */
void secret_free(struct secret *secret);

#endif
