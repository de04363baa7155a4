#include "sync/bundle.h"

#include "crypto/cbor.h"

static enum status lose_step(struct bundle_reader *reader, const char *what, struct error *err)
{
	reader->broken = true;
	return error_set(err, STATUS_BAD_INPUT, "the bundle cannot be read beyond byte %llu: %s",
	                 (unsigned long long)reader->offset, what);
}

/* The length of the object that `in` starts with; NOT_FOUND when more bytes must come. */
static enum status measure(struct bundle_reader *reader, struct span in, size_t *len, struct error *err)
{
	size_t need = 0;
	struct error why = {0};
	const enum status status = cbor_item_length(in, len, &need, &why);
	if (status == STATUS_OK && *len <= OBJECT_MAX_BYTES)
		return STATUS_OK;
	if (status == STATUS_OK || (status == STATUS_NOT_FOUND && need > OBJECT_MAX_BYTES))
		return lose_step(reader, "an object there is too long", err);
	if (status != STATUS_NOT_FOUND)
		return lose_step(reader, why.message, err);
	reader->need = need;
	return STATUS_NOT_FOUND;
}

static enum status hand_out(struct bundle_reader *reader, struct span wire, bundle_object_function *each, void *context,
                            struct error *err)
{
	reader->offset += wire.len;
	const enum status status = each(context, wire, err);
	if (status != STATUS_OK)
		reader->broken = true;
	return status;
}

/* Hands out what stands whole in the piece, without copying it; keeps the rest. */
static enum status feed_whole(struct bundle_reader *reader, struct span *piece, bundle_object_function *each,
                              void *context, struct error *err)
{
	size_t len = 0;
	enum status status = measure(reader, *piece, &len, err);
	if (status == STATUS_NOT_FOUND) {
		status = bytes_append(&reader->pending, *piece, err);
		if (status == STATUS_OK)
			*piece = (struct span){0};
		return status;
	}
	if (status != STATUS_OK)
		return status;
	const struct span wire = {piece->data, len};
	*piece = (struct span){piece->data + len, piece->len - len};
	return hand_out(reader, wire, each, context, err);
}

/* Adds to the pending object what it is known to need, never more: so one that is complete ends with the buffer. */
static enum status feed_pending(struct bundle_reader *reader, struct span *piece, bundle_object_function *each,
                                void *context, struct error *err)
{
	const size_t missing = reader->need - reader->pending.len;
	const size_t taken = piece->len < missing ? piece->len : missing;
	enum status status = bytes_append(&reader->pending, (struct span){piece->data, taken}, err);
	if (status != STATUS_OK)
		return status;
	*piece = (struct span){piece->data + taken, piece->len - taken};
	if (taken < missing)
		return STATUS_OK;
	size_t len = 0;
	status = measure(reader, bytes_span(&reader->pending), &len, err);
	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (status != STATUS_OK)
		return status;
	status = hand_out(reader, bytes_span(&reader->pending), each, context, err);
	bytes_clear(&reader->pending);
	return status;
}

enum status bundle_feed(struct bundle_reader *reader, struct span piece, bundle_object_function *each, void *context,
                        struct error *err)
{
	if (reader->broken)
		return error_set(err, STATUS_BAD_INPUT, "the bundle was given up at byte %llu",
		                 (unsigned long long)reader->offset);
	while (piece.len > 0) {
		const enum status status = reader->pending.len > 0 ? feed_pending(reader, &piece, each, context, err)
		                                                   : feed_whole(reader, &piece, each, context, err);
		if (status != STATUS_OK) {
			reader->broken = true;
			return status;
		}
	}
	return STATUS_OK;
}

enum status bundle_end(struct bundle_reader *reader, struct error *err)
{
	if (reader->broken || reader->pending.len == 0)
		return STATUS_OK;
	const size_t held = reader->pending.len;
	reader->broken = true;
	return error_set(err, STATUS_BAD_INPUT, "the bundle ends inside an object: %zu of at least %zu bytes are there", held,
	                 reader->need);
}

void bundle_wipe(struct bundle_reader *reader)
{
	bytes_wipe(&reader->pending);
	*reader = (struct bundle_reader){0};
}
