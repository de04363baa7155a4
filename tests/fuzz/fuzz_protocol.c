/* The notes of the exchange: what is read writes back to the same bytes. */
#include <stdlib.h>

#include "sync/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum status write_back(struct bytes *out, const struct protocol_item *item)
{
	switch (item->note) {
	case PROTOCOL_PREFACE:
		return protocol_write_preface(out, &item->preface, NULL);
	case PROTOCOL_REFUSAL:
		return protocol_write_refusal(out, &item->refusal, NULL);
	case PROTOCOL_PUSH_END:
		return protocol_write_push_end(out, &item->push_end, NULL);
	case PROTOCOL_PULL_END:
		return protocol_write_pull_end(out, &item->pull_end, NULL);
	}
	return STATUS_NOT_FOUND;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span in = {data, size};
	struct protocol_item item;
	if (protocol_read_item(&item, in, NULL) != STATUS_OK || item.is_object)
		return 0;
	struct bytes out = {0};
	if (write_back(&out, &item) == STATUS_OK && !span_equals(bytes_span(&out), in))
		abort();
	bytes_wipe(&out);
	return 0;
}
