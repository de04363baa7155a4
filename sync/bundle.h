/* A bundle: a CBOR sequence (RFC 8742) of wire objects.
 *
 * The same bytes go over HTTPS, into a file, onto a USB stick. Any prefix of
 * complete objects is a valid bundle, so a broken transfer keeps what arrived.
 * The reader is fed pieces of any size and hands out each complete object as
 * soon as its last byte is there; it holds at most one object, and its work is
 * linear in the bytes fed, whatever they say.
 */
#ifndef SIJIL_SYNC_BUNDLE_H
#define SIJIL_SYNC_BUNDLE_H

#include "crypto/bytes.h"
#include "crypto/object.h"
#include "crypto/status.h"

/* Start with {0}. */
struct bundle_reader {
	struct bytes pending; /* an incomplete object, at most OBJECT_MAX_BYTES */
	size_t need;          /* the least that its whole length can be */
	uint64_t offset;      /* of `pending` in the stream, for messages */
	bool broken;          /* lost step: nothing after this point can be read */
};

typedef enum status bundle_object_function(void *context, struct span wire, struct error *err);

/* Feeds `piece`. Calls `each` for every object completed by it; each's own failures stop the feed for good and are
 * returned. BAD_INPUT: not CBOR, or an object too long; what was complete before was handed out. */
MUST_CHECK enum status bundle_feed(struct bundle_reader *reader, struct span piece, bundle_object_function *each,
                                   void *context, struct error *err);
/* At the end of the stream. BAD_INPUT if it ends inside an object (what was complete is taken). */
MUST_CHECK enum status bundle_end(struct bundle_reader *reader, struct error *err);
void bundle_wipe(struct bundle_reader *reader);

#endif
