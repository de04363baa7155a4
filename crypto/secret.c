#include "crypto/secret.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* How much of an overlong line is read away, so that a terminal does not hand
 * the rest of a passphrase to the shell. A terminal's line is never longer. */
enum { DRAINED_MAX_BYTES = 4096 };

/* Best effort. Everything is locked only where no limit stands in the way: with one, what is allocated later would fail, and
 * sodium_malloc locks each secret by itself. */
static void lock_memory(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY)
		(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

enum status secret_process_init(struct error *err)
{
	const struct rlimit none = {0, 0};

	(void)umask(077);
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return error_set(err, STATUS_IO, "the system does not let us forbid core dumps: %s", strerror(errno));
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return error_set(err, STATUS_IO, "the system does not let us hide our memory from other programs: %s",
		                 strerror(errno));
	lock_memory();
	if (sodium_init() < 0)
		return error_set(err, STATUS_BUG, "the cryptographic library does not start");
	return STATUS_OK;
}

enum status secret_new(struct secret **secret, size_t capacity, struct error *err)
{
	struct secret *fresh = calloc(1, sizeof *fresh);
	if (fresh == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	fresh->data = sodium_malloc(capacity);
	if (fresh->data == NULL) {
		free(fresh);
		return error_set(err, STATUS_NO_MEMORY, "out of guarded memory");
	}
	if (capacity > 0)
		memset(fresh->data, 0, capacity);
	fresh->capacity = capacity;
	*secret = fresh;
	return STATUS_OK;
}

enum status secret_new_random(struct secret **secret, size_t len, struct error *err)
{
	struct secret *fresh = NULL;
	const enum status status = secret_new(&fresh, len, err);
	if (status != STATUS_OK)
		return status;
	randombytes_buf(fresh->data, len);
	fresh->len = len;
	*secret = fresh;
	return STATUS_OK;
}

enum status secret_new_copy(struct secret **secret, struct span from, struct error *err)
{
	struct secret *fresh = NULL;
	const enum status status = secret_new(&fresh, from.len, err);
	if (status != STATUS_OK)
		return status;
	if (from.len > 0)
		memcpy(fresh->data, from.data, from.len);
	fresh->len = from.len;
	*secret = fresh;
	return STATUS_OK;
}

/* 1 with a byte in *byte, 0 at the end, -1 with errno. One byte a call: what
 * follows the line in a pipe is for somebody else. */
static ssize_t read_byte(int fd, uint8_t *byte)
{
	ssize_t n;
	do
		n = read(fd, byte, 1);
	while (n < 0 && errno == EINTR);
	return n;
}

/* `line` has room for `max` bytes, the CR before the newline, and one byte that
 * the rest of an overlong line passes through. */
static enum status read_into(struct secret *line, int fd, size_t max, struct error *err)
{
	bool is_too_long = false;

	for (size_t i = 0; i < max + DRAINED_MAX_BYTES; i++) {
		uint8_t *const at = line->data + line->len;
		const ssize_t n = read_byte(fd, at);
		if (n < 0)
			return error_set(err, STATUS_IO, "the passphrase or key cannot be read: %s", strerror(errno));
		if (n == 0)
			break;
		if (*at == '\n') {
			if (at > line->data && at[-1] == '\r')
				line->len--;
			break;
		}
		if (line->len <= max)
			line->len++;
		else
			is_too_long = true;
	}
	if (is_too_long || line->len > max)
		return error_set(err, STATUS_BAD_INPUT, "the passphrase or key is longer than %zu bytes", max);
	if (line->len == 0)
		return error_set(err, STATUS_NOT_FOUND, "no passphrase or key was given");
	sodium_memzero(line->data + line->len, line->capacity - line->len);
	return STATUS_OK;
}

enum status secret_read_line(struct secret **secret, int fd, size_t capacity, struct error *err)
{
	if (capacity >= SIZE_MAX / 2)
		return error_set(err, STATUS_BAD_INPUT, "a line of %zu bytes is more than can be read", capacity);
	struct secret *line = NULL;
	enum status status = secret_new(&line, capacity + 2, err);
	if (status != STATUS_OK)
		return status;
	status = read_into(line, fd, capacity, err);
	if (status != STATUS_OK) {
		secret_free(line);
		return status;
	}
	line->capacity = capacity;
	*secret = line;
	return STATUS_OK;
}

struct span secret_span(const struct secret *secret)
{
	return (struct span){secret->data, secret->len};
}

void secret_free(struct secret *secret)
{
	if (secret == NULL)
		return;
	sodium_free(secret->data);
	free(secret);
}
