/* The parts of a relay's answers, and the relay's own state. Only for sync/relay*.c.
 *
 * Every function here reads the store and must be called with the relay's lock
 * held. Objects beyond PROTOCOL_ANSWER_MAX_BYTES are left out: the next round
 * brings them.
 */
#ifndef SIJIL_SYNC_RELAY_ANSWER_H
#define SIJIL_SYNC_RELAY_ANSWER_H

#include <pthread.h>

#include "sync/relay.h"
#include "sync/relay_device.h"
#include "sync/relay_group.h"

struct relay {
	struct relay_options options;
	pthread_mutex_t lock;     /* around every call of the store */
	struct relay_group group; /* of those that put */
};

/* Whom an answer is for. */
struct relay_audience {
	struct relay *relay;
	struct key_id project;
	const struct relay_device *devices;
	size_t devices_len;
};

/* Signs receipts, for each device known here, and puts those that say something new: call within a batch. */
MUST_CHECK enum status relay_answer_receipts(const struct relay_audience *audience, struct bytes *out, struct error *err);
/* All descriptors with a greater number than `known`, ascending. */
MUST_CHECK enum status relay_answer_descriptors(const struct relay_audience *audience, uint64_t known, struct bytes *out,
                                                struct error *err);
/* The devices' newest acknowledgements, and before them the appointments that signed them. */
MUST_CHECK enum status relay_answer_acknowledgements(const struct relay_audience *audience, struct bytes *out,
                                                     struct error *err);
/* Revocations of appointments, and those that bear on a device: its own, its predecessors', its invite's. */
MUST_CHECK enum status relay_answer_revocations(const struct relay_audience *audience, struct bytes *out,
                                                struct error *err);
/* The newest messages to all or to one of the devices, oldest first. */
MUST_CHECK enum status relay_answer_messages(const struct relay_audience *audience, struct bytes *out, struct error *err);
/* All newest statements of a type. */
MUST_CHECK enum status relay_answer_newest(const struct relay_audience *audience, enum object_type type,
                                           struct bytes *out, struct error *err);
/* The relay's time, and the log as it stands when `with_log`. */
MUST_CHECK enum status relay_answer_clock(const struct relay_audience *audience, bool with_log, struct bytes *out,
                                          struct error *err);
/* A refusal of the request as a whole: it names 32 zero bytes. */
MUST_CHECK enum status relay_answer_refuse(enum protocol_reason reason, const char *text, struct bytes *out,
                                           struct error *err);

#endif
