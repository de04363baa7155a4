#include "schema/event.h"

#include "crypto/cbor.h"
#include "schema/payload.h"

enum { ITEMS_WITHOUT_SEEN = 5, ITEMS_WITH_SEEN = 6 };

enum status event_encode(struct bytes *out, const struct event *event, struct error *err)
{
	if (event->number == 0 || event->descriptor > PAYLOAD_UINT_MAX)
		return error_set(err, STATUS_BAD_INPUT, "an event cannot say that (out_of_range)");
	const size_t before = out->len;
	struct cbor_writer writer;
	cbor_write_begin(&writer, out);
	cbor_write_array(&writer, event->has_seen ? ITEMS_WITH_SEEN : ITEMS_WITHOUT_SEEN);
	cbor_write_uint(&writer, event->number);
	cbor_write_bytes(&writer, hash_span(&event->previous));
	cbor_write_uint(&writer, event->descriptor);
	cbor_write_bytes(&writer, hash_span(&event->commitment));
	cbor_write_bytes(&writer, hash_span(&event->sealed));
	if (event->has_seen)
		payload_write_checkpoint(&writer, &event->seen);
	if (writer.status == STATUS_OK)
		return STATUS_OK;
	out->len = before;
	if (writer.status == STATUS_BAD_INPUT)
		return error_set(err, STATUS_BAD_INPUT, "an event cannot say that (out_of_range)");
	return cbor_write_end(&writer, err);
}

enum status event_decode(struct event *event, struct span payload, struct error *err)
{
	struct cbor_reader reader;
	const enum status status = cbor_read_begin(&reader, payload, err);
	if (status != STATUS_OK)
		return error_wrap(err, status, "an event");
	struct event fresh = {0};
	const size_t items = cbor_read_array(&reader);
	if (items < ITEMS_WITHOUT_SEEN)
		cbor_read_fail(&reader, "missing_field");
	if (items > ITEMS_WITH_SEEN)
		cbor_read_fail(&reader, "unknown_field");
	fresh.number = (uint32_t)cbor_read_uint_max(&reader, UINT32_MAX);
	if (cbor_read_ok(&reader) && fresh.number == 0)
		cbor_read_fail(&reader, "out_of_range");
	cbor_read_bytes_exact(&reader, fresh.previous.bytes, HASH_BYTES);
	fresh.descriptor = cbor_read_uint_max(&reader, PAYLOAD_UINT_MAX);
	cbor_read_bytes_exact(&reader, fresh.commitment.bytes, HASH_BYTES);
	cbor_read_bytes_exact(&reader, fresh.sealed.bytes, HASH_BYTES);
	fresh.has_seen = items == ITEMS_WITH_SEEN;
	if (fresh.has_seen)
		payload_read_checkpoint(&reader, &fresh.seen);
	const enum status end = payload_end(&reader, "an event", err);
	if (end == STATUS_OK)
		*event = fresh;
	return end;
}
