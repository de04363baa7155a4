#include "sync/relay_answer.h"

#include <stdlib.h>
#include <string.h>

#include "schema/descriptor.h"

/* Room kept for the notes at an answer's end. */
#define NOTES_BYTES 1024
/* A device's chain of successions is followed so far back. */
#define ANCESTORS_MAX 16
#define MESSAGES_MAX 16

static const struct store_methods *methods_of(const struct relay_audience *audience)
{
	return audience->relay->options.store->methods;
}

static struct store *store_of(const struct relay_audience *audience)
{
	return audience->relay->options.store;
}

static enum status add_object(struct bytes *out, struct span wire, struct error *err)
{
	if (out->len + wire.len > PROTOCOL_ANSWER_MAX_BYTES - NOTES_BYTES)
		return STATUS_OK;
	return bytes_append(out, wire, err);
}

/* --- receipts --- */

static struct key_id log_id(const struct relay_audience *audience)
{
	const struct key_public key = signing_key_public(audience->relay->options.receipt_key);
	return key_id_of_log(&audience->project, &key);
}

static enum status sign(const struct relay_audience *audience, enum object_type type, const struct bytes *payload,
                        struct bytes *wire, struct error *err)
{
	const struct object_draft draft = {.type = type, .signer = log_id(audience), .payload = bytes_span(payload)};
	struct hash id;
	return object_make(wire, &id, &draft, audience->relay->options.receipt_key, &audience->project, err);
}

static enum status checkpoint_now(const struct relay_audience *audience, struct checkpoint *seen, struct error *err)
{
	seen->log = log_id(audience);
	return methods_of(audience)->log(store_of(audience), &audience->project, &seen->size, &seen->root, err);
}

/* The receipt of this log that is kept for a device. */
struct kept_receipt {
	struct key_id log;
	bool found;
	struct receipt receipt;
	struct bytes wire;
};

static enum status take_kept(void *context, uint64_t position, const struct hash *id, struct span wire,
                             struct error *err)
{
	(void)position, (void)id;
	struct kept_receipt *const kept = context;
	struct object object;
	if (object_parse(&object, wire, NULL) != STATUS_OK || !key_id_equals(&object.signer, &kept->log))
		return STATUS_OK;
	if (receipt_decode(&kept->receipt, object.payload, NULL) != STATUS_OK)
		return STATUS_OK;
	kept->found = true;
	bytes_clear(&kept->wire);
	return bytes_append(&kept->wire, wire, err);
}

static bool covers_the_same(const struct receipt *a, const struct receipt *b)
{
	if (a->number != b->number || !hash_equals(&a->last, &b->last) || a->hub != b->hub || a->missing_len != b->missing_len)
		return false;
	for (size_t i = 0; i < a->missing_len; i++)
		if (a->missing[i].first != b->missing[i].first || a->missing[i].last != b->missing[i].last)
			return false;
	return true;
}

/* The branch that the sender is on: its head where that is held, else the last link that came. */
static enum status choose_tip(const struct relay_audience *audience, const struct relay_device *device,
                              const struct head **tip, struct error *err)
{
	bool has = false;
	*tip = device->has_link ? &device->link : NULL;
	if (!device->has_head)
		return STATUS_OK;
	const enum status status =
		methods_of(audience)->has(store_of(audience), &audience->project, &device->head.last, &has, err);
	if (status == STATUS_OK && has)
		*tip = &device->head;
	return status;
}

static enum status draft_receipt(const struct relay_audience *audience, const struct relay_device *device,
                                 struct receipt *receipt, struct error *err)
{
	const struct head *tip = NULL;
	struct chain chain = {0};
	enum status status = choose_tip(audience, device, &tip, err);
	if (status == STATUS_OK)
		status = methods_of(audience)->chain(store_of(audience), &audience->project, &device->id, tip, &chain, err);
	if (status != STATUS_OK)
		return status;
	*receipt = (struct receipt){
		.device = device->id,
		.number = chain.whole.number,
		.last = chain.whole.last,
		.missing_len = chain.missing_len,
		.time_s = audience->relay->options.now_s(),
		.hub = audience->relay->options.hub,
	};
	memcpy(receipt->missing, chain.missing, sizeof receipt->missing);
	return checkpoint_now(audience, &receipt->seen, err);
}

/* What is kept is the first receipt that said so: HQ learns from it since when the relay has held the chain. A log
 * that does not know this relay yet keeps none, and the receipt is given all the same. */
static enum status keep_receipt(const struct relay_audience *audience, struct span wire, struct error *err)
{
	struct admission admission;
	enum set_outcome outcome = SET_HAD;
	const enum status status = methods_of(audience)->put(store_of(audience), wire, &admission, &outcome, err);
	const bool is_judged = status == STATUS_UNTRUSTED || status == STATUS_TAMPERED || status == STATUS_REFUSED;
	return is_judged ? STATUS_OK : status;
}

static enum status issue_receipt(const struct relay_audience *audience, const struct receipt *receipt, bool keep,
                                 struct bytes *out, struct error *err)
{
	struct bytes payload = {0}, wire = {0};
	enum status status = receipt_encode(&payload, receipt, err);
	if (status == STATUS_OK)
		status = sign(audience, OBJECT_RECEIPT, &payload, &wire, err);
	if (status == STATUS_OK && keep)
		status = keep_receipt(audience, bytes_span(&wire), err);
	if (status == STATUS_OK)
		status = add_object(out, bytes_span(&wire), err);
	bytes_wipe(&wire);
	bytes_wipe(&payload);
	return status;
}

static enum status answer_receipt(const struct relay_audience *audience, const struct relay_device *device,
                                  struct bytes *out, struct error *err)
{
	struct receipt receipt;
	struct kept_receipt kept = {.log = log_id(audience)};
	enum status status = draft_receipt(audience, device, &receipt, err);
	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (status == STATUS_OK)
		status = methods_of(audience)->each_newest(store_of(audience), &audience->project, OBJECT_RECEIPT, &device->id,
		                                           take_kept, &kept, err);
	if (status == STATUS_OK) {
		const bool same = kept.found && covers_the_same(&kept.receipt, &receipt);
		if (same && kept.receipt.seen.size == receipt.seen.size)
			status = add_object(out, bytes_span(&kept.wire), err);
		else
			status = issue_receipt(audience, &receipt, !same, out, err);
	}
	bytes_wipe(&kept.wire);
	return status;
}

enum status relay_answer_receipts(const struct relay_audience *audience, struct bytes *out, struct error *err)
{
	for (size_t i = 0; i < audience->devices_len; i++) {
		const enum status status = answer_receipt(audience, &audience->devices[i], out, err);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/* --- descriptors --- */

struct numbered {
	uint64_t number;
	struct bytes wire;
};

struct descriptors {
	uint64_t known;
	struct numbered *items;
	size_t len, capacity;
};

static enum status collect_descriptor(void *context, uint64_t position, const struct hash *id, struct span wire,
                                      struct error *err)
{
	(void)position, (void)id;
	struct descriptors *const all = context;
	struct object object;
	struct descriptor descriptor;
	if (object_parse(&object, wire, NULL) != STATUS_OK ||
	    descriptor_decode(&descriptor, object.payload, NULL) != STATUS_OK || descriptor.number <= all->known)
		return STATUS_OK;
	if (all->len == all->capacity) {
		const size_t capacity = all->capacity == 0 ? 8 : 2 * all->capacity;
		struct numbered *const grown = realloc(all->items, capacity * sizeof *grown);
		if (grown == NULL)
			return error_set(err, STATUS_NO_MEMORY, "out of memory");
		all->items = grown;
		all->capacity = capacity;
	}
	struct numbered *const item = &all->items[all->len];
	*item = (struct numbered){.number = descriptor.number};
	const enum status status = bytes_append(&item->wire, wire, err);
	if (status == STATUS_OK)
		all->len++;
	return status;
}

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t left = ((const struct numbered *)a)->number, right = ((const struct numbered *)b)->number;
	return (left > right) - (left < right);
}

enum status relay_answer_descriptors(const struct relay_audience *audience, uint64_t known, struct bytes *out,
                                     struct error *err)
{
	struct descriptors all = {.known = known};
	enum status status = methods_of(audience)->each_of_type(store_of(audience), &audience->project, OBJECT_DESCRIPTOR,
	                                                        collect_descriptor, &all, err);
	if (all.len > 1)
		qsort(all.items, all.len, sizeof all.items[0], compare_numbers);
	for (size_t i = 0; i < all.len; i++) {
		if (status == STATUS_OK)
			status = add_object(out, bytes_span(&all.items[i].wire), err);
		bytes_wipe(&all.items[i].wire);
	}
	free(all.items);
	return status;
}

/* --- acknowledgements --- */

struct collected {
	struct bytes wires;
	struct key_id signers[PROTOCOL_DEVICES_MAX]; /* appointments, each once */
	size_t signers_len;
};

static enum status collect_acknowledgement(void *context, uint64_t position, const struct hash *id, struct span wire,
                                           struct error *err)
{
	(void)position, (void)id;
	struct collected *const all = context;
	struct object object;
	const enum status status = object_parse(&object, wire, err);
	if (status != STATUS_OK)
		return status;
	bool known = false;
	for (size_t i = 0; i < all->signers_len && !known; i++)
		known = key_id_equals(&all->signers[i], &object.signer);
	if (!known && all->signers_len < PROTOCOL_DEVICES_MAX)
		all->signers[all->signers_len++] = object.signer;
	return bytes_append(&all->wires, wire, err);
}

struct appointments {
	const struct collected *wanted;
	struct bytes *out;
};

static enum status give_appointment(void *context, uint64_t position, const struct hash *id, struct span wire,
                                    struct error *err)
{
	(void)position;
	const struct appointments *const appointments = context;
	const struct key_id name = key_id_of_object(id);
	for (size_t i = 0; i < appointments->wanted->signers_len; i++)
		if (key_id_equals(&appointments->wanted->signers[i], &name))
			return add_object(appointments->out, wire, err);
	return STATUS_OK;
}

enum status relay_answer_acknowledgements(const struct relay_audience *audience, struct bytes *out, struct error *err)
{
	struct collected all = {0};
	enum status status = STATUS_OK;
	for (size_t i = 0; i < audience->devices_len && status == STATUS_OK; i++)
		status = methods_of(audience)->each_newest(store_of(audience), &audience->project, OBJECT_ACKNOWLEDGEMENT,
		                                           &audience->devices[i].id, collect_acknowledgement, &all, err);
	struct appointments appointments = {.wanted = &all, .out = out};
	if (status == STATUS_OK && all.signers_len > 0)
		status = methods_of(audience)->each_of_type(store_of(audience), &audience->project, OBJECT_APPOINTMENT,
		                                            give_appointment, &appointments, err);
	if (status == STATUS_OK)
		status = add_object(out, bytes_span(&all.wires), err);
	bytes_wipe(&all.wires);
	return status;
}

/* --- revocations --- */

struct concerned {
	const struct relay_audience *audience;
	struct bytes *out;
	struct key_id *names; /* the devices, whom they succeed, their invites */
	size_t names_len, capacity;
};

static bool is_concerned(const struct concerned *concerned, const struct key_id *who)
{
	for (size_t i = 0; i < concerned->names_len; i++)
		if (key_id_equals(&concerned->names[i], who))
			return true;
	return false;
}

static enum status add_ancestry(struct concerned *concerned, const struct key_id *device, struct error *err)
{
	struct key_id name = *device;
	for (size_t depth = 0; depth < ANCESTORS_MAX; depth++) {
		if (concerned->names_len < concerned->capacity)
			concerned->names[concerned->names_len++] = name;
		struct signer signer;
		const enum status status = methods_of(concerned->audience)
		                                   ->signer(store_of(concerned->audience), &concerned->audience->project, &name,
		                                            &signer, err);
		if (status == STATUS_NOT_FOUND || (status == STATUS_OK && signer.kind != SIGNER_DEVICE))
			return STATUS_OK;
		if (status != STATUS_OK)
			return status;
		name = signer.parent;
	}
	return STATUS_OK;
}

static enum status give_revocation(void *context, uint64_t position, const struct hash *id, struct span wire,
                                   struct error *err)
{
	(void)position, (void)id;
	const struct concerned *const concerned = context;
	struct object object;
	struct revocation revocation;
	if (object_parse(&object, wire, NULL) != STATUS_OK ||
	    revocation_decode(&revocation, object.payload, NULL) != STATUS_OK)
		return STATUS_OK;
	if (revocation.kind != REVOKE_APPOINTMENT && !is_concerned(concerned, &revocation.who))
		return STATUS_OK;
	return add_object(concerned->out, wire, err);
}

enum status relay_answer_revocations(const struct relay_audience *audience, struct bytes *out, struct error *err)
{
	struct concerned concerned = {.audience = audience, .out = out, .capacity = audience->devices_len * ANCESTORS_MAX};
	enum status status = STATUS_OK;
	if (concerned.capacity > 0) {
		concerned.names = calloc(concerned.capacity, sizeof concerned.names[0]);
		if (concerned.names == NULL)
			return error_set(err, STATUS_NO_MEMORY, "out of memory");
	}
	for (size_t i = 0; i < audience->devices_len && status == STATUS_OK; i++)
		status = add_ancestry(&concerned, &audience->devices[i].id, err);
	if (status == STATUS_OK)
		status = methods_of(audience)->each_of_type(store_of(audience), &audience->project, OBJECT_REVOCATION,
		                                            give_revocation, &concerned, err);
	free(concerned.names);
	return status;
}

/* --- messages --- */

struct messages {
	const struct relay_audience *audience;
	struct bytes *out; /* NULL: count only */
	size_t found, skip;
};

static bool audience_has(const struct relay_audience *audience, const struct key_id *id)
{
	for (size_t i = 0; i < audience->devices_len; i++)
		if (key_id_equals(&audience->devices[i].id, id))
			return true;
	return false;
}

static bool message_is_for(const struct relay_audience *audience, const struct message *message)
{
	for (size_t i = 0; i < message->devices_len; i++)
		if (audience_has(audience, &message->devices[i]))
			return true;
	return message->devices_len == 0;
}

static enum status give_message(void *context, uint64_t position, const struct hash *id, struct span wire,
                                struct error *err)
{
	(void)position, (void)id;
	struct messages *const messages = context;
	struct object object;
	struct message message;
	if (object_parse(&object, wire, NULL) != STATUS_OK || message_decode(&message, object.payload, NULL) != STATUS_OK ||
	    !message_is_for(messages->audience, &message))
		return STATUS_OK;
	messages->found++;
	if (messages->out == NULL || messages->found <= messages->skip)
		return STATUS_OK;
	return add_object(messages->out, wire, err);
}

enum status relay_answer_messages(const struct relay_audience *audience, struct bytes *out, struct error *err)
{
	struct messages messages = {.audience = audience};
	enum status status = methods_of(audience)->each_of_type(store_of(audience), &audience->project, OBJECT_MESSAGE,
	                                                        give_message, &messages, err);
	if (status != STATUS_OK || messages.found == 0)
		return status;
	messages.skip = messages.found > MESSAGES_MAX ? messages.found - MESSAGES_MAX : 0;
	messages.found = 0;
	messages.out = out;
	return methods_of(audience)->each_of_type(store_of(audience), &audience->project, OBJECT_MESSAGE, give_message,
	                                          &messages, err);
}

/* --- for a pull --- */

static enum status give_any(void *context, uint64_t position, const struct hash *id, struct span wire, struct error *err)
{
	(void)position, (void)id;
	return add_object(context, wire, err);
}

enum status relay_answer_newest(const struct relay_audience *audience, enum object_type type, struct bytes *out,
                                struct error *err)
{
	return methods_of(audience)->each_newest(store_of(audience), &audience->project, type, NULL, give_any, out, err);
}

enum status relay_answer_clock(const struct relay_audience *audience, bool with_log, struct bytes *out,
                               struct error *err)
{
	struct relay_clock clock = {.time_s = audience->relay->options.now_s(), .has_seen = with_log};
	enum status status = with_log ? checkpoint_now(audience, &clock.seen, err) : STATUS_OK;
	struct bytes payload = {0};
	if (status == STATUS_OK)
		status = relay_clock_encode(&payload, &clock, err);
	if (status == STATUS_OK)
		status = sign(audience, OBJECT_CLOCK, &payload, out, err);
	bytes_wipe(&payload);
	return status;
}

enum status relay_answer_refuse(enum protocol_reason reason, const char *text, struct bytes *out, struct error *err)
{
	struct refusal refusal = {.reason = reason};
	protocol_refusal_text(&refusal, text);
	return protocol_write_refusal(out, &refusal, err);
}
