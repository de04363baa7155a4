#include "crypto/bytes.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST_CAPACITY = 64 };

struct span bytes_span(const struct bytes *bytes)
{
	return (struct span){bytes->data, bytes->len};
}

struct span span_from_text(const char *text)
{
	return (struct span){(const uint8_t *)text, strlen(text)};
}

bool span_equals(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

enum status bytes_reserve(struct bytes *bytes, size_t more, struct error *err)
{
	if (more > SIZE_MAX / 4 - bytes->len) /* doubled it stays below PTRDIFF_MAX */
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	const size_t needed = bytes->len + more;
	if (needed <= bytes->capacity)
		return STATUS_OK;
	size_t capacity = bytes->capacity < SMALLEST_CAPACITY ? SMALLEST_CAPACITY : bytes->capacity;
	while (capacity < needed)
		capacity *= 2;
	uint8_t *grown = malloc(capacity);
	if (grown == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	if (bytes->len > 0)
		memcpy(grown, bytes->data, bytes->len);
	if (bytes->data != NULL)
		sodium_memzero(bytes->data, bytes->capacity);
	free(bytes->data);
	bytes->data = grown;
	bytes->capacity = capacity;
	return STATUS_OK;
}

enum status bytes_append(struct bytes *bytes, struct span tail, struct error *err)
{
	if (tail.len == 0)
		return STATUS_OK;
	const enum status status = bytes_reserve(bytes, tail.len, err);
	if (status != STATUS_OK)
		return status;
	memcpy(bytes->data + bytes->len, tail.data, tail.len);
	bytes->len += tail.len;
	return STATUS_OK;
}

void bytes_clear(struct bytes *bytes)
{
	if (bytes->data != NULL)
		sodium_memzero(bytes->data, bytes->len);
	bytes->len = 0;
}

void bytes_wipe(struct bytes *bytes)
{
	bytes_clear(bytes);
	free(bytes->data);
	*bytes = (struct bytes){0};
}
