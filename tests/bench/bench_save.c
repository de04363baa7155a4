/* Saving: one report durably, against the same commit in plain SQLite; and many,
 * against what sealing and signing them costs alone. */
#include <string.h>

#include "tests/bench/plain_register.h"
#include "tests/bench/rounds.h"
#include "tests/bench/sodium_calls.h"

enum { ADD_ROUNDS = 201, ADDS_A_ROUND = 2, BATCH = 1000, IMPORTED = 20000, IMPORTED_LONG = 100000 };

struct saving {
	struct scene *scene;
	struct plain_register *plain;
	struct author author;
	struct sodium_calls calls;
	unsigned saved;
	struct hash ids[BATCH];
};

/* --- one at a time --- */

static void add(void *context, struct watch *watch)
{
	struct saving *const saving = context;
	struct body *const bodies = scene_reports(saving->saved, ADDS_A_ROUND);
	watch_start(watch);
	for (unsigned i = 0; i < ADDS_A_ROUND; i++)
		MUST(outbox_put(saving->scene->outbox, &bodies[i], 1, saving->ids, err));
	watch_stop(watch);
	saving->saved += ADDS_A_ROUND;
	free(bodies);
}

static void make_row(struct author *author, const struct body *body, struct plain_row *row)
{
	row->previous = author->previous;
	author_make(author, body, &row->wire, &row->id);
	row->number = author->number;
	bytes_clear(&row->body);
	MUST(body_encode(&row->body, body, err));
}

static void commit(void *context, struct watch *watch)
{
	struct saving *const saving = context;
	struct body *const bodies = scene_reports(saving->author.number, ADDS_A_ROUND);
	struct plain_row row = {0};
	for (unsigned i = 0; i < ADDS_A_ROUND; i++) {
		make_row(&saving->author, &bodies[i], &row);
		watch_start(watch);
		plain_register_put(saving->plain, &row, 1);
		watch_stop(watch);
	}
	bytes_wipe(&row.wire);
	bytes_wipe(&row.body);
	free(bodies);
}

static void measure_adds(struct saving *saving)
{
	char path[SCENE_PATH_BYTES];
	const struct rounds rounds = {
		.what = "one durable add / the same commit, plain SQLite",
		.rounds = ADD_ROUNDS,
		.operations = ADDS_A_ROUND,
		.most = 1.25,
		.ours = add,
		.bare = commit,
	};
	scene_path(saving->scene, "plain.db", path);
	saving->plain = plain_register_create(path, NULL);
	rounds_run(&rounds, saving);
	plain_register_close(saving->plain);
}

/* --- many --- */

static void import(void *context, struct watch *watch)
{
	struct saving *const saving = context;
	struct body *const bodies = scene_reports(saving->saved, BATCH);
	watch_start(watch);
	MUST(outbox_put(saving->scene->outbox, bodies, BATCH, saving->ids, err));
	watch_stop(watch);
	saving->saved += BATCH;
	free(bodies);
}

static void call_sodium(void *context, struct watch *watch)
{
	struct saving *const saving = context;
	watch_start(watch);
	for (unsigned i = 0; i < BATCH; i++)
		sodium_calls_run(&saving->calls);
	watch_stop(watch);
}

static void measure_import(struct saving *saving)
{
	const unsigned n = scene_size(IMPORTED, IMPORTED_LONG);
	char what[64];
	struct body body;
	struct bytes encoded = {0}, wire = {0};
	struct object object;
	struct hash id;

	scene_report(&body, 0);
	MUST(body_encode(&encoded, &body, err));
	author_make(&saving->author, &body, &wire, &id);
	MUST(object_parse(&object, bytes_span(&wire), err));
	sodium_calls_init(&saving->calls, &object, encoded.len);
	(void)snprintf(what, sizeof what, "importing %u / sealing, signing alone", n);
	const struct rounds rounds = {
		.what = what,
		.figure = ROUNDS_TOTAL,
		.rounds = n / BATCH,
		.operations = BATCH,
		.most = 2,
		.ours = import,
		.bare = call_sodium,
	};
	rounds_run(&rounds, saving);
	bytes_wipe(&encoded);
	bytes_wipe(&wire);
}

int main(int argc, char **argv)
{
	static struct saving saving;
	struct scene scene;

	if (argc != 2)
		return 2;
	scene_open(&scene, argv[1]);
	saving.scene = &scene;
	author_init(&saving.author, &scene);
	measure_adds(&saving);
	measure_import(&saving);
	author_wipe(&saving.author);
	scene_close(&scene);
	return 0;
}
