/* The relay's request path over a real store: pushes and pulls of any bytes, in pieces of any size.
 *
 * Input: one byte of choices, then the request. Bit 0: pull; bit 1: the right preface is put in front; the
 * rest: the size of the pieces. The store's commits are rolled back, so that each input meets the same state:
 * a project made from fixed seeds, so that kept inputs stay meaningful.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "schema/descriptor.h"
#include "sync/bundle.h"
#include "sync/protocol.h"
#include "sync/relay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_S INT64_C(1529800000)
#define MUST(expression)                          \
	do {                                      \
		if ((expression) != STATUS_OK)    \
			abort();                  \
	} while (0)

static struct relay *relay;
static struct store *store;
static struct store_methods forgetful;
static struct signing_key *root_key, *relay_key, *hq_key;
static struct key_id project;
static char folder[] = "/tmp/sijil-fuzz-XXXXXX";

static int64_t now_s(void)
{
	return NOW_S;
}

static struct signing_key *key_of(uint8_t byte)
{
	uint8_t seed[KEY_SEED_BYTES];
	struct signing_key *key = NULL;
	memset(seed, byte, sizeof seed);
	MUST(signing_key_from_seed(&key, (struct span){seed, sizeof seed}, NULL));
	return key;
}

static void make_descriptor(struct bytes *wire, struct hash *id)
{
	struct bytes payload = {0};
	struct descriptor descriptor = {
		.number = 1,
		.root = signing_key_public(root_key),
		.issued_s = NOW_S,
		.name = "fuzz",
		.retention = DESCRIPTOR_KEEP,
		.point_metres = 1000,
		.code_lists = 1,
		.relays_len = 1,
	};
	memset(descriptor.sealing.bytes, 9, KEY_PUBLIC_BYTES);
	struct relay_card *const card = &descriptor.relays[0];
	card->addresses_len = 1;
	(void)snprintf(card->addresses[0], sizeof card->addresses[0], "https://127.0.0.1:1");
	card->receipt_key = signing_key_public(relay_key);
	card->certificate_len = 1;
	MUST(descriptor_encode(&payload, &descriptor, NULL));
	const struct object_draft draft = {.type = OBJECT_DESCRIPTOR, .signer = project, .payload = bytes_span(&payload)};
	MUST(object_make(wire, id, &draft, root_key, &project, NULL));
	bytes_wipe(&payload);
}

static void make_appointment(struct bytes *wire, struct hash *id)
{
	struct bytes payload = {0};
	const struct appointment appointment = {
		.key = signing_key_public(hq_key), .roles = ROLE_ALL, .until_s = 4000000000, .label = "HQ"};
	MUST(appointment_encode(&payload, &appointment, NULL));
	const struct object_draft draft = {.type = OBJECT_APPOINTMENT, .signer = project, .payload = bytes_span(&payload)};
	MUST(object_make(wire, id, &draft, root_key, &project, NULL));
	bytes_wipe(&payload);
}

static void remove_folder(void)
{
	char command[64];
	(void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
	if (system(command) != 0)
		fprintf(stderr, "'%s' was left behind\n", folder);
}

static enum status forget(struct store *of, struct error *err)
{
	(void)err;
	of->methods->rollback(of);
	return STATUS_OK;
}

static void put(const struct bytes *wire)
{
	struct admission admission;
	enum set_outcome outcome;
	MUST(store->methods->begin(store, &project, NULL));
	MUST(store->methods->put(store, bytes_span(wire), &admission, &outcome, NULL));
	MUST(store->methods->commit(store, NULL));
}

static void set_up(void)
{
	MUST(secret_process_init(NULL));
	root_key = key_of(1);
	relay_key = key_of(2);
	hq_key = key_of(3);
	const struct key_public root = signing_key_public(root_key);
	project = key_id_of_project(&root);
	if (mkdtemp(folder) == NULL || atexit(remove_folder) != 0)
		abort();
	struct bytes descriptor = {0}, appointment = {0};
	struct hash id;
	make_descriptor(&descriptor, &id);
	make_appointment(&appointment, &id);
	MUST(store_sqlite_open(&store, folder, false, NULL));
	MUST(store->methods->project_add(store, &root, bytes_span(&descriptor), NULL));
	put(&appointment);
	forgetful = *store->methods;
	forgetful.commit = forget;
	store->methods = &forgetful;
	const struct relay_options options = {
		.store = store, .receipt_key = relay_key, .device_bytes_max = 20000, .now_s = now_s};
	MUST(relay_open(&relay, &options, NULL));
	bytes_wipe(&descriptor);
	bytes_wipe(&appointment);
}

static enum status count(void *context, struct span encoded, struct error *err)
{
	struct protocol_item item;
	++*(size_t *)context;
	return protocol_read_item(&item, encoded, err);
}

/* Whatever came in, what goes out can be read. */
static void check_answer(const struct bytes *answer)
{
	struct bundle_reader reader = {0};
	size_t items = 0;
	MUST(bundle_feed(&reader, bytes_span(answer), count, &items, NULL));
	MUST(bundle_end(&reader, NULL));
	if (items == 0 || answer->len > PROTOCOL_ANSWER_MAX_BYTES)
		abort();
	bundle_wipe(&reader);
}

static void push(struct span body, size_t step)
{
	struct relay_push *begun = NULL;
	struct bytes answer = {0};
	MUST(relay_push_begin(&begun, relay, NULL));
	enum status status = STATUS_OK;
	for (size_t at = 0; at < body.len && status == STATUS_OK; at += step) {
		const size_t left = body.len - at;
		status = relay_push_feed(begun, (struct span){body.data + at, left < step ? left : step}, NULL);
	}
	if (status != STATUS_OK && status != STATUS_BAD_INPUT && status != STATUS_REFUSED)
		abort();
	MUST(relay_push_end(begun, &answer, NULL));
	relay_push_free(begun);
	check_answer(&answer);
	bytes_wipe(&answer);
}

static void pull(struct span body)
{
	struct bytes answer = {0};
	const enum status status = relay_pull(relay, body, &answer, NULL);
	if (status == STATUS_OK)
		check_answer(&answer);
	else if (status != STATUS_BAD_INPUT)
		abort();
	bytes_wipe(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (relay == NULL)
		set_up();
	if (size == 0)
		return 0;
	struct bytes body = {0};
	const struct preface preface = {.project = project, .descriptor = 0};
	if ((data[0] & 2) != 0)
		MUST(protocol_write_preface(&body, &preface, NULL));
	MUST(bytes_append(&body, (struct span){data + 1, size - 1}, NULL));
	if ((data[0] & 1) != 0)
		pull(bytes_span(&body));
	else
		push(bytes_span(&body), 1 + (size_t)(data[0] >> 2) * 17);
	bytes_wipe(&body);
	return 0;
}
