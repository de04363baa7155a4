/* One report: its bytes on the wire, and what encoding, sealing and signing it cost. */
#include <string.h>

#include "tests/bench/rounds.h"
#include "tests/bench/scene.h"
#include "tests/bench/sodium_calls.h"

enum { ROUNDS = 301, REPORTS_A_ROUND = 20 };

struct making {
	struct author author;
	struct body body;
	struct bytes wire;
	struct sodium_calls calls;
};

static void make(void *context, struct watch *watch)
{
	struct making *const making = context;
	struct hash id;
	watch_start(watch);
	for (unsigned i = 0; i < REPORTS_A_ROUND; i++)
		author_make(&making->author, &making->body, &making->wire, &id);
	watch_stop(watch);
}

static void call_sodium(void *context, struct watch *watch)
{
	struct making *const making = context;
	watch_start(watch);
	for (unsigned i = 0; i < REPORTS_A_ROUND; i++)
		sodium_calls_run(&making->calls);
	watch_stop(watch);
}

/* The size of a report that a device saved, as it lies in its register. */
static size_t saved_size(struct scene *scene, const struct body *body)
{
	struct bytes wire = {0};
	struct hash id;
	MUST(outbox_put(scene->outbox, body, 1, &id, err));
	MUST(set_get(outbox_set(scene->outbox), &id, &wire, err));
	const size_t len = wire.len;
	bytes_wipe(&wire);
	return len;
}

/* The longest that the same report can get: at the chain's last number, with a checkpoint in it. */
static size_t longest_size(const struct author *author, const struct body *body)
{
	struct bytes wire = {0};
	struct hash id;
	const struct checkpoint seen = {.size = INT64_MAX};
	const struct evidence_link link = {.number = UINT32_MAX, .seen = &seen};
	MUST(evidence_make(&wire, &id, body, &author->evidence, &link, err));
	const size_t len = wire.len;
	bytes_wipe(&wire);
	return len;
}

int main(int argc, char **argv)
{
	struct scene scene;
	struct making making = {0};
	struct bytes encoded = {0};
	struct hash id;
	struct object object;

	if (argc != 2)
		return 2;
	scene_open(&scene, argv[1]);
	author_init(&making.author, &scene);
	scene_report(&making.body, 0);
	rounds_print_value("reference report on the wire", (double)saved_size(&scene, &making.body), 512, "bytes");
	rounds_print_value("  at the chain's end, with a checkpoint", (double)longest_size(&making.author, &making.body), 0,
	                   "bytes");

	author_make(&making.author, &making.body, &making.wire, &id);
	MUST(object_parse(&object, bytes_span(&making.wire), err));
	MUST(body_encode(&encoded, &making.body, err));
	sodium_calls_init(&making.calls, &object, encoded.len);
	const struct rounds rounds = {
		.what = "encode, seal, sign one / libsodium's calls",
		.rounds = ROUNDS,
		.operations = REPORTS_A_ROUND,
		.most = 1.25,
		.ours = make,
		.bare = call_sodium,
	};
	rounds_run(&rounds, &making);
	bytes_wipe(&encoded);
	bytes_wipe(&making.wire);
	author_wipe(&making.author);
	scene_close(&scene);
	return 0;
}
