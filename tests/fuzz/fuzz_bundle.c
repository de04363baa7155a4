/* The bundle reader: whatever the bytes, feeding them whole, by one and by odd pieces gives the same objects. */
#include <stdlib.h>
#include <string.h>

#include "sync/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	size_t objects, bytes;
	uint64_t sum;
};

static enum status look(void *context, struct span wire, struct error *err)
{
	(void)err;
	struct seen *const seen = context;
	if (wire.len == 0 || wire.len > OBJECT_MAX_BYTES)
		abort();
	seen->objects++;
	seen->bytes += wire.len;
	for (size_t i = 0; i < wire.len; i++)
		seen->sum = seen->sum * 31 + wire.data[i];
	return STATUS_OK;
}

static struct seen feed(struct span in, size_t step)
{
	struct bundle_reader reader = {0};
	struct seen seen = {0};
	enum status status = STATUS_OK;
	for (size_t at = 0; at < in.len && status == STATUS_OK; at += step) {
		const size_t left = in.len - at;
		status = bundle_feed(&reader, (struct span){in.data + at, left < step ? left : step}, look, &seen, NULL);
		if (reader.pending.len > OBJECT_MAX_BYTES)
			abort();
	}
	if (status == STATUS_OK && bundle_end(&reader, NULL) == STATUS_OK && seen.bytes != in.len)
		abort();
	bundle_wipe(&reader);
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span in = {data, size};
	const struct seen whole = feed(in, size > 0 ? size : 1);
	const struct seen single = feed(in, 1);
	const struct seen odd = feed(in, 7);
	if (memcmp(&whole, &single, sizeof whole) != 0 || memcmp(&whole, &odd, sizeof whole) != 0)
		abort();
	return 0;
}
