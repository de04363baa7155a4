/* HQ's side of the rounds: pulling the log, pushing a bundle. Declared in sync/round.h. */
#include <criterion/criterion.h>
#include <string.h>

#include "sync/round.h"
#include "tests/sync/world.h"

static struct world world;

static void start(void)
{
	world_begin(&world, 0);
}

static void end(void)
{
	world_end(&world);
}

TestSuite(round_hq, .init = start, .fini = end);

struct road {
	size_t posts, cut_answers, cut;
	int64_t cursor_off; /* added to the pull's end: a relay that miscounts */
	bool says_more;     /* and gives nothing */
	size_t largest_push;
};

/* Writes the pull's end anew. */
static void miscount(const struct road *road, struct bytes *answer)
{
	struct answer parsed;
	answer_read(&parsed, bytes_span(answer));
	bytes_clear(answer);
	const struct pull_end end = {
		.cursor = parsed.pull_end.cursor + (uint64_t)road->cursor_off, .more = road->says_more || parsed.pull_end.more};
	if (!road->says_more)
		cr_assert_eq(bytes_append(answer, bytes_span(&parsed.objects), NULL), STATUS_OK);
	cr_assert_eq(protocol_write_pull_end(answer, &end, NULL), STATUS_OK);
	answer_wipe(&parsed);
}

static enum status road_post(void *context, const char *path, struct span body, size_t max, struct bytes *answer,
                             struct error *err)
{
	struct road *const road = context;
	(void)max;
	road->posts++;
	if (strcmp(path, PROTOCOL_PUSH_PATH) == 0) {
		struct relay_push *push = NULL;
		road->largest_push = body.len > road->largest_push ? body.len : road->largest_push;
		cr_assert_eq(relay_push_begin(&push, world.relay, NULL), STATUS_OK);
		(void)(relay_push_feed(push, body, NULL) == STATUS_OK);
		const enum status status = relay_push_end(push, answer, err);
		relay_push_free(push);
		return status;
	}
	struct bytes whole = {0};
	const enum status status = relay_pull(world.relay, body, &whole, err);
	cr_assert_eq(status, STATUS_OK);
	if (road->cursor_off != 0 || road->says_more)
		miscount(road, &whole);
	const bool cut = road->cut_answers > 0 && road->cut < whole.len;
	cr_assert_eq(bytes_append(answer, (struct span){whole.data, cut ? road->cut : whole.len}, NULL), STATUS_OK);
	bytes_wipe(&whole);
	if (!cut)
		return STATUS_OK;
	road->cut_answers--;
	return error_set(err, STATUS_OFFLINE, "the link broke");
}

/* What HQ keeps: the ids of the log, in order. */
struct desk {
	uint64_t positions, committed, commits, statements, clocks;
	struct merkle tree;
	enum object_type quarantine; /* a type it does not believe */
	enum status broken;          /* HQ's own trouble, at the first event */
};

static enum status desk_take(void *context, struct span wire, uint64_t position, struct error *err)
{
	struct desk *const desk = context;
	struct object object;
	cr_assert_eq(object_parse(&object, wire, NULL), STATUS_OK);
	if (desk->broken != STATUS_OK && object_type_is_event(object.type))
		return error_set(err, desk->broken, "the disk is full");
	if (position > 0) {
		cr_assert_eq(position, desk->positions + 1);
		desk->positions = position;
		merkle_append(&desk->tree, &object.id);
	} else {
		desk->statements++;
		desk->clocks += object.type == OBJECT_CLOCK;
	}
	return object.type == desk->quarantine ? error_set(err, STATUS_TAMPERED, "it does not fit") : STATUS_OK;
}

static enum status desk_commit(void *context, uint64_t cursor, struct error *err)
{
	struct desk *const desk = context;
	(void)err;
	cr_assert_eq(cursor, desk->positions);
	desk->committed = cursor;
	desk->commits++;
	return STATUS_OK;
}

static int64_t right_clock(void)
{
	return WORLD_NOW_S + 100;
}

static int64_t dead_clock(void)
{
	return 3600;
}

static struct round_puller puller_of(struct desk *desk)
{
	return (struct round_puller){
		.context = desk,
		.project = world.cast.project,
		.log = world.cast.log,
		.appointment = world.cast.appointment,
		.key = world.cast.hq,
		.descriptor = 1,
		.now_s = right_clock,
		.take = desk_take,
		.commit = desk_commit,
	};
}

static struct round_exchange exchange_of(struct road *road)
{
	return (struct round_exchange){.context = road, .post = road_post};
}

/* A device with `links` events of `size` bytes on the relay; the log is two objects longer than that and its enrolment. */
static void fill(unsigned links, size_t size)
{
	static char words[7001];
	struct walker walker;
	struct answer answer;
	struct bytes bundle = {0};
	memset(words, 'x', size);
	words[size] = '\0';
	walker_begin(&world, &walker);
	cr_assert_eq(bytes_append(&bundle, bytes_span(&walker.device.wire), NULL), STATUS_OK);
	for (unsigned i = 0; i < links; i++) {
		walker_step(&world, &walker, words, &bundle);
		if (bundle.len < PROTOCOL_REQUEST_MAX_BYTES / 2)
			continue;
		world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
		answer_wipe(&answer);
		bytes_clear(&bundle);
	}
	(void)cast_head(&world.cast, &walker.device, walker.at, &bundle);
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	cr_assert_eq(answer_receipt(&world, &answer, &walker.device.id).number, links);
	answer_wipe(&answer);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

static bool root_fits(const struct desk *desk)
{
	uint64_t size = 0;
	struct hash root;
	cr_assert_eq(world.store->methods->log(world.store, &world.cast.project, &size, &root, NULL), STATUS_OK);
	const struct hash own = merkle_root(&desk->tree);
	return size == desk->tree.size && hash_equals(&own, &root);
}

Test(round_hq, pulls_the_whole_log_and_then_only_what_is_new)
{
	fill(5, 300);
	struct desk desk = {0};
	struct road road = {0};
	struct pull_progress progress;
	const struct round_puller puller = puller_of(&desk);
	const struct round_exchange exchange = exchange_of(&road);
	cr_assert_eq(round_pull(&puller, &exchange, 0, &progress, NULL), STATUS_OK);
	cr_assert_eq(progress.cursor, 8);
	cr_assert_eq(progress.rounds, 1);
	cr_assert_eq(desk.committed, 8);
	cr_assert_eq(desk.statements, 3);
	cr_assert_eq(desk.clocks, 1);
	cr_assert(root_fits(&desk));
	fill(1, 300);
	cr_assert_eq(round_pull(&puller, &exchange, progress.cursor, &progress, NULL), STATUS_OK);
	cr_assert_eq(progress.objects, 2 + 5);
	cr_assert_eq(progress.cursor, 10);
	cr_assert(root_fits(&desk));
	const uint64_t commits = desk.commits;
	cr_assert_eq(round_pull(&puller, &exchange, progress.cursor, &progress, NULL), STATUS_OK);
	cr_assert_eq(progress.objects, 5);
	cr_assert_eq(desk.commits, commits);
}

Test(round_hq, pulls_a_long_log_in_several_answers)
{
	fill(700, 7000);
	struct desk desk = {0};
	struct road road = {0};
	struct pull_progress progress;
	const struct round_puller puller = puller_of(&desk);
	const struct round_exchange exchange = exchange_of(&road);
	cr_assert_eq(round_pull(&puller, &exchange, 0, &progress, NULL), STATUS_OK);
	cr_assert_eq(progress.rounds, 2);
	cr_assert_eq(desk.committed, 703);
	cr_assert_eq(desk.clocks, 1);
	cr_assert(root_fits(&desk));
}

Test(round_hq, a_wrong_clock_is_set_right_once_by_the_relays)
{
	fill(1, 300);
	struct desk desk = {0};
	struct road road = {0};
	struct pull_progress progress;
	struct round_puller puller = puller_of(&desk);
	puller.now_s = dead_clock;
	const struct round_exchange exchange = exchange_of(&road);
	cr_assert_eq(round_pull(&puller, &exchange, 0, &progress, NULL), STATUS_OK);
	cr_assert_eq(progress.rounds, 2);
	cr_assert_eq(progress.cursor, 4);
	/* A clock that HQ does not believe sets nothing. */
	struct desk wary = {.quarantine = OBJECT_CLOCK};
	puller.context = &wary;
	cr_assert_eq(round_pull(&puller, &exchange, 0, &progress, NULL), STATUS_REFUSED);
	cr_assert_eq(progress.rounds, 1);
	cr_assert_eq(progress.cursor, 0);
}

Test(round_hq, quarantine_does_not_stop_a_pull_and_own_trouble_does)
{
	fill(3, 300);
	struct desk desk = {.quarantine = OBJECT_REPORT};
	struct road road = {0};
	struct pull_progress progress;
	struct round_puller puller = puller_of(&desk);
	const struct round_exchange exchange = exchange_of(&road);
	cr_assert_eq(round_pull(&puller, &exchange, 0, &progress, NULL), STATUS_OK);
	cr_assert_eq(progress.quarantined, 3);
	cr_assert_eq(progress.cursor, 6);
	struct desk full = {.broken = STATUS_IO};
	puller.context = &full;
	cr_assert_eq(round_pull(&puller, &exchange, 0, &progress, NULL), STATUS_IO);
	cr_assert_eq(full.committed, 0);
}

Test(round_hq, goes_on_where_an_answer_was_cut)
{
	fill(6, 300);
	struct pull_progress progress;
	for (size_t cut = 0; cut < 4000; cut += 101) {
		struct desk desk = {0};
		struct road road = {.cut_answers = 1, .cut = cut};
		const struct round_puller puller = puller_of(&desk);
		const struct round_exchange exchange = exchange_of(&road);
		const enum status first = round_pull(&puller, &exchange, 0, &progress, NULL);
		cr_assert(first == STATUS_OFFLINE || first == STATUS_OK);
		cr_assert_eq(desk.committed, progress.cursor);
		cr_assert_eq(round_pull(&puller, &exchange, progress.cursor, &progress, NULL), STATUS_OK);
		cr_assert_eq(desk.committed, 9);
		cr_assert(root_fits(&desk));
	}
}

Test(round_hq, a_relay_that_miscounts_is_found_out)
{
	fill(2, 300);
	static const struct road roads[] = {{.cursor_off = 1}, {.cursor_off = -1}, {.says_more = true}};
	for (size_t i = 0; i < sizeof roads / sizeof roads[0]; i++) {
		struct desk desk = {0};
		struct road road = roads[i];
		struct pull_progress progress;
		struct error err = {0};
		const struct round_puller puller = puller_of(&desk);
		const struct round_exchange exchange = exchange_of(&road);
		cr_assert_eq(round_pull(&puller, &exchange, 0, &progress, &err), STATUS_BAD_INPUT);
		cr_assert_eq(progress.rounds, 1);
	}
}

Test(round_hq, says_why_a_pull_is_not_granted)
{
	struct desk desk = {0};
	struct road road = {0};
	struct pull_progress progress;
	struct error err = {0};
	struct round_puller puller = puller_of(&desk);
	const struct round_exchange exchange = exchange_of(&road);
	puller.appointment.bytes[0] ^= 1;
	cr_assert_eq(round_pull(&puller, &exchange, 0, &progress, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "no such appointment"));
	puller = puller_of(&desk);
	puller.project.bytes[0] ^= 1;
	cr_assert_eq(round_pull(&puller, &exchange, 0, &progress, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "does not serve"));
	cr_assert_eq(desk.positions, 0);
}

static enum status count_type(void *context, struct span wire, struct error *err)
{
	size_t *const counts = context;
	struct object object;
	cr_assert_eq(object_parse(&object, wire, NULL), STATUS_OK);
	counts[object.type]++;
	return error_set(err, STATUS_UNTRUSTED, "the taker's doubts are its own");
}

Test(round_hq, pushes_a_bundle_and_hands_on_what_is_answered)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = {0};
	cr_assert_eq(bytes_append(&bundle, bytes_span(&walker.device.wire), NULL), STATUS_OK);
	walker_step(&world, &walker, "words", &bundle);
	(void)cast_acknowledge(&world.cast, &walker.device.id, walker.at, &bundle);
	const size_t whole = bundle.len;
	walker_step(&world, &walker, "words", &bundle);
	bundle.data[bundle.len - 1] ^= 1;
	size_t counts[OBJECT_TYPE_MAX + 1] = {0};
	struct road road = {0};
	struct round_progress progress;
	const struct round_exchange exchange = exchange_of(&road);
	const struct preface preface = world_preface(&world, &walker.device.id, 1);
	cr_assert_eq(round_push_bundle(&exchange, &preface, bytes_span(&bundle), count_type, counts, &progress, NULL), STATUS_OK);
	cr_assert_eq(progress.rounds, 1);
	cr_assert_eq(progress.refused, 1);
	cr_assert_eq(progress.last_refusal.reason, PROTOCOL_BAD_SIGNATURE);
	cr_assert_eq(counts[OBJECT_RECEIPT], 1);
	cr_assert_eq(counts[OBJECT_ACKNOWLEDGEMENT], 1);
	/* A bundle that ends inside an object is not sent on as if it were whole. */
	cr_assert_eq(round_push_bundle(&exchange, &preface, (struct span){bundle.data, whole - 1}, NULL, NULL, &progress, NULL),
	             STATUS_BAD_INPUT);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

Test(round_hq, pushes_a_large_bundle_in_several_requests)
{
	static char words[7001];
	memset(words, 'x', sizeof words - 1);
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = {0};
	cr_assert_eq(bytes_append(&bundle, bytes_span(&walker.device.wire), NULL), STATUS_OK);
	for (size_t i = 0; i < 650; i++)
		walker_step(&world, &walker, words, &bundle);
	cr_assert_gt(bundle.len, PROTOCOL_REQUEST_MAX_BYTES);
	struct road road = {0};
	struct round_progress progress;
	const struct round_exchange exchange = exchange_of(&road);
	const struct preface preface = world_preface(&world, NULL, 0);
	cr_assert_eq(round_push_bundle(&exchange, &preface, bytes_span(&bundle), NULL, NULL, &progress, NULL), STATUS_OK);
	cr_assert_eq(road.posts, 2);
	cr_assert_leq(road.largest_push, PROTOCOL_REQUEST_MAX_BYTES);
	cr_assert_eq(progress.refused, 0);
	cr_assert_eq(world_log_size(&world), 2 + 651);
	bytes_wipe(&bundle);
	walker_end(&walker);
}
