#include "tests/sync/world.h"

#include <criterion/criterion.h>
#include <string.h>

#include "sync/bundle.h"

#define MUST(expression)                                                                     \
	do {                                                                                 \
		struct error must_err = {0};                                                 \
		struct error *const err = &must_err;                                         \
		cr_assert_eq((expression), STATUS_OK, #expression ": %s", must_err.message); \
	} while (0)

static int64_t clock_s = WORLD_NOW_S;

static int64_t read_clock(void)
{
	return clock_s;
}

void world_set_clock(int64_t now_s)
{
	clock_s = now_s;
}

static void open_relay(struct world *world, const char *folder, uint64_t device_bytes_max)
{
	MUST(store_sqlite_open(&world->store, cast_path(&world->cast, folder), true, err));
	const struct relay_options options = {
		.store = world->store,
		.receipt_key = world->cast.relay,
		.device_bytes_max = device_bytes_max,
		.now_s = read_clock,
	};
	MUST(relay_open(&world->relay, &options, err));
}

static void serve_project(struct world *world)
{
	MUST(world->store->methods->project_add(world->store, &world->cast.root_public,
	                                        bytes_span(&world->cast.descriptor_wire), err));
	struct answer answer = {0};
	const struct preface preface = world_preface(world, NULL, 0);
	world_push(world, &preface, bytes_span(&world->cast.appointment_wire), &answer, NULL);
	cr_assert_eq(answer.push_end.accepted, 1);
	answer_wipe(&answer);
}

void world_begin(struct world *world, uint64_t device_bytes_max)
{
	*world = (struct world){0};
	world_set_clock(WORLD_NOW_S);
	cast_begin(&world->cast, DESCRIPTOR_KEEP);
	open_relay(world, "relay", device_bytes_max);
	serve_project(world);
}

void world_lose(struct world *world)
{
	relay_close(world->relay);
	open_relay(world, "relay anew", 0);
	serve_project(world);
}

void world_end(struct world *world)
{
	relay_close(world->relay);
	cast_end(&world->cast);
}

void world_restart(struct world *world)
{
	relay_close(world->relay);
	open_relay(world, "relay", 0);
}

/* --- answers --- */

static enum status take_item(void *context, struct span encoded, struct error *err)
{
	struct answer *const answer = context;
	struct protocol_item item;
	const enum status status = protocol_read_item(&item, encoded, err);
	if (status != STATUS_OK)
		return status;
	cr_assert(!answer->ended, "an answer ends with its last note");
	if (item.is_object) {
		answer->objects_len++;
		return bytes_append(&answer->objects, encoded, err);
	}
	if (item.note == PROTOCOL_REFUSAL) {
		cr_assert_lt(answer->refusals_len, sizeof answer->refusals / sizeof answer->refusals[0]);
		answer->refusals[answer->refusals_len++] = item.refusal;
		return STATUS_OK;
	}
	answer->ended = true;
	if (item.note == PROTOCOL_PUSH_END)
		answer->push_end = item.push_end;
	else
		answer->pull_end = item.pull_end;
	return STATUS_OK;
}

void answer_read(struct answer *answer, struct span came)
{
	*answer = (struct answer){0};
	struct bundle_reader reader = {0};
	MUST(bundle_feed(&reader, came, take_item, answer, err));
	MUST(bundle_end(&reader, err));
	bundle_wipe(&reader);
}

void answer_wipe(struct answer *answer)
{
	bytes_wipe(&answer->objects);
	*answer = (struct answer){0};
}

struct search {
	enum object_type type;
	size_t skip, found;
	struct object object;
};

static enum status look(void *context, struct span wire, struct error *err)
{
	struct search *const search = context;
	struct object object;
	const enum status status = object_parse(&object, wire, err);
	if (status != STATUS_OK || object.type != search->type)
		return status;
	if (search->found++ == search->skip)
		search->object = object;
	return STATUS_OK;
}

static struct search search_all(const struct answer *answer, enum object_type type, size_t n)
{
	struct search search = {.type = type, .skip = n};
	struct bundle_reader reader = {0};
	MUST(bundle_feed(&reader, bytes_span(&answer->objects), look, &search, err));
	bundle_wipe(&reader);
	return search;
}

bool answer_object(const struct answer *answer, enum object_type type, size_t n, struct object *object)
{
	const struct search search = search_all(answer, type, n);
	*object = search.object;
	return search.found > n;
}

size_t answer_count(const struct answer *answer, enum object_type type)
{
	return search_all(answer, type, 0).found;
}

struct receipt answer_receipt(const struct world *world, const struct answer *answer, const struct key_id *device)
{
	const struct key_public key = signing_key_public(world->cast.relay);
	struct object object;
	for (size_t i = 0; answer_object(answer, OBJECT_RECEIPT, i, &object); i++) {
		struct receipt receipt;
		MUST(object_verify(&object, &key, &world->cast.project, err));
		MUST(receipt_decode(&receipt, object.payload, err));
		if (key_id_equals(&receipt.device, device))
			return receipt;
	}
	cr_assert_fail("there is no receipt for that device");
	return (struct receipt){0};
}

/* --- requests --- */

struct preface world_preface(const struct world *world, const struct key_id *devices, size_t devices_len)
{
	struct preface preface = {.project = world->cast.project, .descriptor = 1, .devices_len = devices_len};
	for (size_t i = 0; i < devices_len; i++)
		preface.devices[i] = devices[i];
	return preface;
}

void world_push(const struct world *world, const struct preface *preface, struct span bundle, struct answer *answer,
                struct bytes *raw)
{
	struct relay_push *push = NULL;
	struct bytes head = {0}, came = {0};
	MUST(protocol_write_preface(&head, preface, err));
	MUST(relay_push_begin(&push, world->relay, err));
	/* A refusal of the stream comes out of the answer too. */
	if (relay_push_feed(push, bytes_span(&head), NULL) == STATUS_OK)
		(void)(relay_push_feed(push, bundle, NULL) == STATUS_OK);
	MUST(relay_push_end(push, &came, err));
	relay_push_free(push);
	answer_read(answer, bytes_span(&came));
	cr_assert(answer->ended);
	if (raw != NULL)
		MUST(bytes_append(raw, bytes_span(&came), err));
	bytes_wipe(&came);
	bytes_wipe(&head);
}

void world_push_of(const struct world *world, const struct key_id *device, struct span bundle, struct answer *answer)
{
	const struct preface preface = world_preface(world, device, 1);
	world_push(world, &preface, bundle, answer, NULL);
}

void world_pull_request(const struct world *world, uint64_t cursor, int64_t time_s, struct bytes *body)
{
	const struct preface preface = world_preface(world, NULL, 0);
	const struct pull_request request = {.log = world->cast.log, .cursor = cursor, .time_s = time_s};
	struct bytes payload = {0};
	MUST(protocol_write_preface(body, &preface, err));
	MUST(pull_request_encode(&payload, &request, err));
	const struct object_draft draft = {
		.type = OBJECT_PULL_REQUEST, .signer = world->cast.appointment, .payload = bytes_span(&payload)};
	(void)cast_sign(&world->cast, &draft, world->cast.hq, body);
	bytes_wipe(&payload);
}

uint64_t world_log_size(const struct world *world)
{
	uint64_t size = 0;
	struct hash root;
	MUST(world->store->methods->log(world->store, &world->cast.project, &size, &root, err));
	return size;
}

/* --- devices --- */

void walker_begin(const struct world *world, struct walker *walker)
{
	cast_enrol(&world->cast, &walker->device);
	walker->at = (struct head){.number = 0, .last = walker->device.introduced};
}

void walker_step(const struct world *world, struct walker *walker, const char *words, struct bytes *wire)
{
	const struct hash id = cast_event(&world->cast, &walker->device, walker->at, words, wire);
	walker->at = (struct head){.number = walker->at.number + 1, .last = id};
}

struct bytes walker_bundle(const struct world *world, struct walker *walker, unsigned links)
{
	struct bytes bundle = {0};
	MUST(bytes_append(&bundle, bytes_span(&walker->device.wire), err));
	for (unsigned i = 0; i < links; i++)
		walker_step(world, walker, "sealed words", &bundle);
	(void)cast_head(&world->cast, &walker->device, walker->at, &bundle);
	return bundle;
}

void walker_succeed(const struct world *world, const struct walker *old, struct walker *next, struct bytes *wire)
{
	*next = (struct walker){0};
	struct succession succession = {.number = old->at.number, .last = old->at.last, .reason = SUCCESSION_ROTATION};
	MUST(signing_key_new(&next->device.key, err));
	MUST(succession_make(wire, &next->device.introduced, &succession, &old->device.id, old->device.key,
	                     next->device.key, &world->cast.project, err));
	next->device.id = key_id_of_object(&next->device.introduced);
	next->at = (struct head){.number = 0, .last = next->device.introduced};
}

void walker_end(struct walker *walker)
{
	cast_device_free(&walker->device);
}
