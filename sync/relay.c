#include "sync/relay.h"

#include <stdlib.h>
#include <string.h>

#include "sync/bundle.h"
#include "sync/relay_answer.h"
#include "sync/relay_device.h"

struct relay_push {
	struct relay *relay;
	struct bundle_reader reader;
	bool has_preface;
	struct preface preface;
	struct bytes batch; /* whole objects that wait to be put */
	uint64_t bytes, objects;
	struct push_end counts;
	size_t refusals_len;
	struct refusal refusals[PROTOCOL_REFUSALS_MAX + 1]; /* objects, and the request itself */
	bool gave_up; /* too many refusals: some objects were not looked at */
	struct relay_devices devices;
	enum status stopped; /* why nothing more is taken; OK: go on */
	bool failed;         /* by the relay's own trouble: no answer */
};

static const struct store_methods *methods_of(const struct relay_push *push)
{
	return push->relay->options.store->methods;
}

static struct store *store_of(const struct relay_push *push)
{
	return push->relay->options.store;
}

static struct relay_audience audience_of(const struct relay_push *push)
{
	return (struct relay_audience){
		.relay = push->relay,
		.project = push->preface.project,
		.devices = push->devices.items,
		.devices_len = push->devices.len,
	};
}

/* --- the relay --- */

enum status relay_open(struct relay **relay, const struct relay_options *options, struct error *err)
{
	struct relay *opened = calloc(1, sizeof *opened);
	if (opened == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	opened->options = *options;
	enum status status = relay_group_init(&opened->group, err);
	if (status == STATUS_OK && pthread_mutex_init(&opened->lock, NULL) != 0) {
		relay_group_wipe(&opened->group);
		status = error_set(err, STATUS_NO_MEMORY, "the relay cannot make a lock");
	}
	if (status != STATUS_OK) {
		free(opened);
		return status;
	}
	*relay = opened;
	return STATUS_OK;
}

void relay_close(struct relay *relay)
{
	if (relay == NULL)
		return;
	relay->options.store->methods->close(relay->options.store);
	(void)pthread_mutex_destroy(&relay->lock);
	relay_group_wipe(&relay->group);
	free(relay);
}

/* --- what is refused --- */

static void refuse(struct relay_push *push, const struct hash *wire, enum protocol_reason reason, const char *text)
{
	push->counts.refused++;
	struct refusal *const refusal = &push->refusals[push->refusals_len++];
	*refusal = (struct refusal){.wire = *wire, .reason = reason};
	protocol_refusal_text(refusal, text);
}

/* At most PROTOCOL_REFUSALS_MAX times, which take_object sees to. */
static void refuse_object(struct relay_push *push, struct span wire, enum protocol_reason reason, const char *text)
{
	const struct hash name = hash_of(wire);
	refuse(push, &name, reason, text);
}

/* The whole request: nothing more of it is taken. Once at most. */
static enum status stop(struct relay_push *push, enum status status, enum protocol_reason reason, const char *text,
                        struct error *err)
{
	const struct hash whole = {{0}};
	if (push->stopped == STATUS_OK)
		refuse(push, &whole, reason, text);
	push->stopped = status;
	return error_set(err, status, "%s", text);
}

static bool is_own_trouble(enum status status)
{
	return status != STATUS_OK && status != STATUS_NOT_FOUND && !status_blames_input(status);
}

/* --- taking objects --- */

static enum status refuse_sender(struct relay_push *push, const struct object *object, enum protocol_reason reason,
                                 const char *text)
{
	refuse_object(push, object->wire, reason, text);
	return STATUS_REFUSED;
}

/* Finds the entry of the device that signed; of an enrolment, of the one it makes. REFUSED: said so already. */
static enum status find_sender(struct relay_push *push, const struct object *object, struct relay_device **found,
                               struct error *err)
{
	const bool enrols = object->type == OBJECT_ENROLMENT;
	const struct key_id id = enrols ? key_id_of_object(&object->id) : object->signer;
	struct relay_device *const device = relay_device_entry(&push->devices, &id);
	if (device == NULL)
		return refuse_sender(push, object, PROTOCOL_TRY_LATER, "too many devices in one request: it belongs in the next");
	*found = device;
	if (device->account_known)
		return STATUS_OK;
	if (enrols)
		return relay_device_set_account(device, store_of(push), &push->preface.project, &object->signer, err);
	const enum status status = relay_device_find_account(device, store_of(push), &push->preface.project, err);
	if (status == STATUS_NOT_FOUND)
		return refuse_sender(push, object, PROTOCOL_UNKNOWN_SIGNER, "its signer is not known here: its enrolment comes first");
	if (status == STATUS_REFUSED)
		return refuse_sender(push, object, PROTOCOL_OVER_LIMIT, "too many successions lead to its signer");
	return status;
}

static uint64_t room_of(const struct relay_push *push, const struct object *object)
{
	const uint64_t least = push->relay->options.device_bytes_max / RELAY_JOINS_MAX;
	const bool joins = object->type == OBJECT_ENROLMENT || object->type == OBJECT_SUCCESSION;
	return joins && object->wire.len < least ? least : object->wire.len;
}

/* What is held already takes no more room. */
static enum status check_room(struct relay_push *push, const struct object *object, const struct relay_device *device,
                              struct error *err)
{
	const uint64_t most = push->relay->options.device_bytes_max;
	const bool counts = most > 0 && device->account_known && object->type != OBJECT_HEAD;
	if (!counts || device->charged + device->to_charge + room_of(push, object) <= most)
		return STATUS_OK;
	bool has = false;
	const enum status status =
		methods_of(push)->has(store_of(push), &push->preface.project, &object->id, &has, err);
	if (status != STATUS_OK || has)
		return status;
	return refuse_sender(push, object, PROTOCOL_OVER_LIMIT, "what came by this device's invite has used up its room on this relay");
}

/* The checks that come before a signature is looked at. REFUSED: said so already. */
static enum status check_sender(struct relay_push *push, const struct object *object, struct relay_device **found,
                                struct error *err)
{
	*found = NULL;
	/* Below the root's are all that devices sign, types to come included. */
	if (object->type >= OBJECT_DESCRIPTOR)
		return STATUS_OK;
	const enum status status = find_sender(push, object, found, err);
	return status == STATUS_OK ? check_room(push, object, *found, err) : status;
}

static enum protocol_reason reason_of(enum status status, struct relay_push *push, const struct object *object)
{
	struct signer known;
	if (status == STATUS_BAD_INPUT)
		return PROTOCOL_MALFORMED;
	if (status == STATUS_TAMPERED)
		return PROTOCOL_BAD_SIGNATURE;
	if (status != STATUS_UNTRUSTED || object->type == OBJECT_ENROLMENT)
		return PROTOCOL_NOT_ENTITLED;
	const enum status found =
		methods_of(push)->signer(store_of(push), &push->preface.project, &object->signer, &known, NULL);
	return found == STATUS_NOT_FOUND ? PROTOCOL_UNKNOWN_SIGNER : PROTOCOL_NOT_ENTITLED;
}

static enum status put_object(struct relay_push *push, const struct object *object, struct relay_device *device,
                              struct error *err)
{
	struct admission admission;
	enum set_outcome outcome = SET_HAD;
	struct error why = {0};
	const enum status status = methods_of(push)->put(store_of(push), object->wire, &admission, &outcome, &why);
	if (is_own_trouble(status)) {
		if (err != NULL)
			*err = why;
		return status;
	}
	if (status != STATUS_OK) {
		refuse_object(push, object->wire, reason_of(status, push, object), why.message);
		return STATUS_OK;
	}
	if (outcome == SET_NEW)
		push->counts.accepted++;
	else
		push->counts.had++;
	if (device == NULL)
		return STATUS_OK;
	relay_device_note_tip(device, object);
	if (object->type == OBJECT_SUCCESSION) {
		const struct key_id successor = key_id_of_object(&object->id);
		(void)relay_device_entry(&push->devices, &successor);
	}
	if (outcome == SET_NEW && object->type != OBJECT_HEAD && device->account_known)
		device->to_charge += room_of(push, object);
	return STATUS_OK;
}

/* The cheapest first: shape, known signer and room; then, in the store, have it already; one signature last. */
static enum status take_object(void *context, struct span wire, struct error *err)
{
	struct relay_push *const push = context;
	if (push->refusals_len >= PROTOCOL_REFUSALS_MAX) {
		push->gave_up = true;
		return STATUS_NOT_FOUND;
	}
	struct object object;
	struct error why = {0};
	enum status status = object_parse(&object, wire, &why);
	if (status != STATUS_OK) {
		refuse_object(push, wire, PROTOCOL_MALFORMED, why.message);
		return STATUS_OK;
	}
	struct relay_device *device = NULL;
	status = check_sender(push, &object, &device, err);
	if (status == STATUS_OK)
		status = put_object(push, &object, device, err);
	return status == STATUS_REFUSED ? STATUS_OK : status;
}

/* Puts what waits. Within a batch of the store. */
static enum status put_batch(struct relay_push *push, struct error *err)
{
	relay_device_forget_accounts(&push->devices);
	struct bundle_reader reader = {0};
	enum status status = bundle_feed(&reader, bytes_span(&push->batch), take_object, push, err);
	bundle_wipe(&reader);
	bytes_clear(&push->batch);
	if (status == STATUS_NOT_FOUND)
		status = STATUS_OK;
	return status == STATUS_OK ? relay_device_charge(&push->devices, store_of(push), err) : status;
}

/* What is done while a batch is open. */
struct putting {
	struct relay_push *push;
	struct bytes *receipts; /* NULL: none are asked for */
};

static enum status put_and_receipt(void *context, struct error *err)
{
	const struct putting *const putting = context;
	struct relay_push *const push = putting->push;
	const enum status status = put_batch(push, err);
	if (status != STATUS_OK || putting->receipts == NULL)
		return status;
	const struct relay_audience audience = audience_of(push);
	return relay_answer_receipts(&audience, putting->receipts, err);
}

/* OK: durable. */
static enum status put_waiting(struct relay_push *push, struct bytes *receipts, struct error *err)
{
	struct putting putting = {.push = push, .receipts = receipts};
	struct relay_group_job job = {
		.project = push->preface.project, .work = put_and_receipt, .context = &putting};
	return relay_group_run(&push->relay->group, store_of(push), &push->relay->lock, &job, err);
}

static enum status flush(struct relay_push *push, struct error *err)
{
	if (push->batch.len == 0)
		return STATUS_OK;
	const enum status status = put_waiting(push, NULL, err);
	if (status != STATUS_OK) {
		push->failed = true;
		push->stopped = status;
		return status;
	}
	if (push->gave_up)
		return stop(push, STATUS_REFUSED, PROTOCOL_OVER_LIMIT, "too many objects of one request were refused", err);
	return STATUS_OK;
}

static enum status take_preface(struct relay_push *push, struct span encoded, struct error *err)
{
	struct protocol_item item;
	const enum status read = protocol_read_item(&item, encoded, NULL);
	if (read != STATUS_OK || item.is_object || item.note != PROTOCOL_PREFACE)
		return stop(push, STATUS_BAD_INPUT, PROTOCOL_MALFORMED, "the request does not begin with a preface", err);
	struct key_public root;
	(void)pthread_mutex_lock(&push->relay->lock);
	const enum status status = methods_of(push)->project_root(store_of(push), &item.preface.project, &root, err);
	(void)pthread_mutex_unlock(&push->relay->lock);
	if (status == STATUS_NOT_FOUND)
		return stop(push, STATUS_REFUSED, PROTOCOL_UNKNOWN_PROJECT, "this relay does not serve that project", err);
	if (status != STATUS_OK) {
		push->failed = true;
		push->stopped = status;
		return status;
	}
	push->preface = item.preface;
	push->has_preface = true;
	for (size_t i = 0; i < push->preface.devices_len; i++)
		(void)relay_device_entry(&push->devices, &push->preface.devices[i]);
	return STATUS_OK;
}

static enum status take_item(void *context, struct span encoded, struct error *err)
{
	struct relay_push *const push = context;
	if (!push->has_preface)
		return take_preface(push, encoded, err);
	if (++push->objects > PROTOCOL_REQUEST_MAX_OBJECTS)
		return stop(push, STATUS_REFUSED, PROTOCOL_OVER_LIMIT, "too many objects in one request", err);
	/* A note among the objects is of a protocol to come. */
	struct protocol_item item;
	if (protocol_read_item(&item, encoded, NULL) == STATUS_OK && !item.is_object)
		return STATUS_OK;
	const enum status status = bytes_append(&push->batch, encoded, err);
	if (status != STATUS_OK)
		return status;
	return push->batch.len >= RELAY_BATCH_BYTES ? flush(push, err) : STATUS_OK;
}

/* --- a push --- */

enum status relay_push_begin(struct relay_push **push, struct relay *relay, struct error *err)
{
	struct relay_push *begun = calloc(1, sizeof *begun);
	if (begun == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	begun->relay = relay;
	*push = begun;
	return STATUS_OK;
}

enum status relay_push_feed(struct relay_push *push, struct span piece, struct error *err)
{
	if (push->stopped != STATUS_OK)
		return error_set(err, push->stopped, "nothing more of this request is taken");
	const uint64_t room = PROTOCOL_REQUEST_MAX_BYTES - push->bytes;
	const bool too_long = piece.len > room;
	if (too_long)
		piece.len = (size_t)room;
	push->bytes += piece.len;
	const enum status status = bundle_feed(&push->reader, piece, take_item, push, err);
	if (status == STATUS_OK && too_long)
		return stop(push, STATUS_REFUSED, PROTOCOL_OVER_LIMIT, "the request is too long", err);
	if (status == STATUS_OK || push->stopped != STATUS_OK)
		return status;
	if (status == STATUS_BAD_INPUT)
		return stop(push, status, PROTOCOL_MALFORMED, "the request is not a sequence of objects", err);
	push->failed = true;
	push->stopped = status;
	return status;
}

/* What needs no transaction of its own. */
static enum status answer_rest(const struct relay_audience *audience, struct bytes *out, struct error *err)
{
	enum status status = relay_answer_acknowledgements(audience, out, err);
	if (status == STATUS_OK)
		status = relay_answer_revocations(audience, out, err);
	if (status == STATUS_OK)
		status = relay_answer_messages(audience, out, err);
	return status;
}

static enum status answer_refusals(const struct relay_push *push, struct bytes *out, struct error *err)
{
	for (size_t i = 0; i < push->refusals_len; i++) {
		const enum status status = protocol_write_refusal(out, &push->refusals[i], err);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/* A descriptor comes before the receipts: it may bring the key that signed them. */
static enum status answer_durable(struct relay_push *push, const struct bytes *receipts, struct bytes *out,
                                  struct error *err)
{
	const struct relay_audience audience = audience_of(push);
	enum status status = answer_refusals(push, out, err);
	if (status == STATUS_OK)
		status = relay_answer_descriptors(&audience, push->preface.descriptor, out, err);
	if (status == STATUS_OK)
		status = bytes_append(out, bytes_span(receipts), err);
	return status == STATUS_OK ? answer_rest(&audience, out, err) : status;
}

static enum status answer_known_project(struct relay_push *push, struct bytes *out, struct error *err)
{
	struct bytes receipts = {0};
	enum status status = put_waiting(push, &receipts, err);
	if (push->gave_up)
		(void)stop(push, STATUS_REFUSED, PROTOCOL_OVER_LIMIT, "too many objects of one request were refused", NULL);
	if (status == STATUS_OK) {
		(void)pthread_mutex_lock(&push->relay->lock);
		status = answer_durable(push, &receipts, out, err);
		(void)pthread_mutex_unlock(&push->relay->lock);
	}
	bytes_wipe(&receipts);
	return status;
}

static enum status end_stream(struct relay_push *push)
{
	if (push->stopped != STATUS_OK)
		return STATUS_OK;
	if (bundle_end(&push->reader, NULL) != STATUS_OK)
		return stop(push, STATUS_BAD_INPUT, PROTOCOL_MALFORMED, "the request ends inside an object", NULL);
	if (!push->has_preface)
		return stop(push, STATUS_BAD_INPUT, PROTOCOL_MALFORMED, "the request does not begin with a preface", NULL);
	return STATUS_OK;
}

enum status relay_push_end(struct relay_push *push, struct bytes *answer, struct error *err)
{
	if (push->failed)
		return error_set(err, push->stopped, "the relay could not keep what came");
	if (answer == NULL)
		return flush(push, err);
	(void)end_stream(push);
	struct bytes out = {0};
	enum status status = push->has_preface ? answer_known_project(push, &out, err) : answer_refusals(push, &out, err);
	if (status == STATUS_OK)
		status = protocol_write_push_end(&out, &push->counts, err);
	if (status == STATUS_OK)
		status = bytes_append(answer, bytes_span(&out), err);
	bytes_wipe(&out);
	return status;
}

struct push_end relay_push_counts(const struct relay_push *push)
{
	return push->counts;
}

void relay_push_free(struct relay_push *push)
{
	if (push == NULL)
		return;
	bundle_wipe(&push->reader);
	bytes_wipe(&push->batch);
	free(push);
}
