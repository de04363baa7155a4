#include "sync/round.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/schema/samples.h"
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

TestSuite(round, .init = start, .fini = end);

/* --- the road between outbox and relay --- */

enum fault { NO_FAULT, DROP, DROP_OBJECTS, CUT_REQUEST, CUT_ANSWER };
enum { ROUNDS_SEEN = 64 };

struct road {
	enum fault fault;
	size_t cut;    /* bytes that pass */
	size_t faults; /* rounds that suffer it */
	bool twice;    /* each request arrives twice */
	struct bytes forged; /* instead of the relay's answer, when not empty */
	size_t rounds, waits;
	size_t sizes[ROUNDS_SEEN], objects[ROUNDS_SEEN];
	uint32_t wait_ms[ROUNDS_SEEN];
	size_t last_answer;
};

static enum status count_object(void *context, struct span encoded, struct error *err)
{
	struct protocol_item item;
	const enum status status = protocol_read_item(&item, encoded, err);
	*(size_t *)context += status == STATUS_OK && item.is_object;
	return status;
}

static void note_request(struct road *road, struct span body)
{
	struct bundle_reader reader = {0};
	size_t objects = 0;
	cr_assert_eq(bundle_feed(&reader, body, count_object, &objects, NULL), STATUS_OK);
	cr_assert_eq(bundle_end(&reader, NULL), STATUS_OK);
	bundle_wipe(&reader);
	cr_assert_lt(road->rounds, ROUNDS_SEEN);
	road->sizes[road->rounds] = body.len;
	road->objects[road->rounds] = objects;
	road->rounds++;
}

static enum status arrive(const char *path, struct span body, struct bytes *answer, struct error *err)
{
	if (strcmp(path, PROTOCOL_PULL_PATH) == 0)
		return relay_pull(world.relay, body, answer, err);
	struct relay_push *push = NULL;
	cr_assert_eq(relay_push_begin(&push, world.relay, NULL), STATUS_OK);
	(void)(relay_push_feed(push, body, NULL) == STATUS_OK);
	const enum status status = relay_push_end(push, answer, err);
	relay_push_free(push);
	return status;
}

static void arrive_cut(struct span body)
{
	struct relay_push *push = NULL;
	cr_assert_eq(relay_push_begin(&push, world.relay, NULL), STATUS_OK);
	(void)(relay_push_feed(push, body, NULL) == STATUS_OK);
	cr_assert_eq(relay_push_end(push, NULL, NULL), STATUS_OK);
	relay_push_free(push);
}

static enum status road_post(void *context, const char *path, struct span body, size_t max, struct bytes *answer,
                             struct error *err)
{
	struct road *const road = context;
	struct bytes whole = {0};
	note_request(road, body);
	if (road->forged.len > 0)
		return bytes_append(answer, bytes_span(&road->forged), err);
	const enum fault fault = road->faults > 0 ? road->fault : NO_FAULT;
	if (road->faults > 0)
		road->faults--;
	if (fault == CUT_REQUEST)
		arrive_cut((struct span){body.data, road->cut < body.len ? road->cut : body.len});
	const bool carries = road->objects[road->rounds - 1] > 0;
	if (fault == DROP || fault == CUT_REQUEST || (fault == DROP_OBJECTS && carries))
		return error_set(err, STATUS_OFFLINE, "the link broke");
	if (road->twice) {
		cr_assert_eq(arrive(path, body, &whole, err), STATUS_OK);
		bytes_clear(&whole);
	}
	enum status status = arrive(path, body, &whole, err);
	cr_assert_leq(whole.len, max);
	road->last_answer = whole.len;
	const bool cut = fault == CUT_ANSWER && road->cut < whole.len;
	if (status == STATUS_OK)
		status = bytes_append(answer, (struct span){whole.data, cut ? road->cut : whole.len}, err);
	bytes_wipe(&whole);
	return status == STATUS_OK && cut ? error_set(err, STATUS_OFFLINE, "the link broke") : status;
}

static void road_wait(void *context, uint32_t wait_ms)
{
	struct road *const road = context;
	road->wait_ms[road->waits++] = wait_ms;
}

/* --- devices --- */

static struct outbox *outbox_new(const char *name)
{
	struct invite_file file;
	struct outbox *outbox = NULL;
	struct error err = {0};
	cast_invite(&world.cast, name, &file);
	cr_assert_eq(outbox_create(&outbox, cast_path(&world.cast, name), world.cast.vault, world.cast.data_key, &file, 0, &err),
	             STATUS_OK, "%s", err.message);
	invite_file_wipe(&file);
	return outbox;
}

static void record(struct outbox *outbox, size_t n)
{
	struct body *const bodies = calloc(n, sizeof *bodies);
	struct hash *const ids = calloc(n, sizeof *ids);
	struct error err = {0};
	cr_assert(bodies != NULL && ids != NULL);
	for (size_t i = 0; i < n; i++)
		samples_reference(&bodies[i]);
	cr_assert_eq(outbox_put(outbox, bodies, n, ids, &err), STATUS_OK, "%s", err.message);
	free(bodies);
	free(ids);
}

static enum status sync_over(struct outbox *outbox, struct road *road, unsigned attempts, struct round_progress *progress)
{
	const struct round_exchange exchange = {.context = road, .post = road_post, .wait = road_wait};
	return round_push(outbox, &exchange, attempts, NULL, NULL, progress, NULL);
}

static void sync_whole(struct outbox *outbox)
{
	struct road road = {0};
	struct round_progress progress;
	cr_assert_eq(sync_over(outbox, &road, 1, &progress), STATUS_OK);
	cr_assert_eq(progress.relay, progress.saved);
	cr_assert_eq(progress.refused, 0);
}

/* --- pushing --- */

Test(round, a_second_sync_sends_nothing)
{
	struct outbox *outbox = outbox_new("a");
	record(outbox, 5);
	struct road first = {0}, second = {0};
	struct round_progress progress;
	cr_assert_eq(sync_over(outbox, &first, 1, &progress), STATUS_OK);
	cr_assert_eq(progress.saved, 5);
	cr_assert_eq(progress.relay, 5);
	cr_assert_eq(progress.rounds, 1);
	cr_assert_eq(first.objects[0], 7, "enrolment, head, five events");
	const uint64_t size = world_log_size(&world);
	cr_assert_eq(sync_over(outbox, &second, 1, &progress), STATUS_OK);
	cr_assert_eq(progress.rounds, 1);
	cr_assert_eq(second.objects[0], 0);
	cr_assert_lt(progress.sent_bytes, 100);
	cr_assert_lt(progress.got_bytes, 400, "one receipt");
	cr_assert_eq(world_log_size(&world), size);
	outbox_close(outbox);
}

Test(round, tells_a_device_with_nothing_recorded_that_it_is_known)
{
	struct outbox *outbox = outbox_new("a");
	struct road road = {0};
	struct round_progress progress;
	cr_assert_eq(sync_over(outbox, &road, 1, &progress), STATUS_OK);
	cr_assert_eq(road.objects[0], 2);
	struct road again = {0};
	cr_assert_eq(sync_over(outbox, &again, 1, &progress), STATUS_OK);
	cr_assert_eq(again.objects[0], 0);
	outbox_close(outbox);
}

Test(round, starts_small_and_doubles)
{
	struct outbox *outbox = outbox_new("a");
	record(outbox, 120);
	struct road road = {0};
	struct round_progress progress;
	cr_assert_eq(sync_over(outbox, &road, 1, &progress), STATUS_OK);
	cr_assert_eq(progress.relay, 120);
	cr_assert_eq(progress.rounds, 3);
	cr_assert(road.sizes[0] > ROUND_FIRST_BYTES / 2 && road.sizes[0] < ROUND_FIRST_BYTES + 1024);
	cr_assert(road.sizes[1] > ROUND_FIRST_BYTES && road.sizes[1] < 2 * ROUND_FIRST_BYTES + 1024);
	outbox_close(outbox);
}

/* A fault at every seventh byte of a request or an answer, each with a new report at stake. */
static void suffer(enum fault fault)
{
	struct outbox *outbox = outbox_new("a");
	sync_whole(outbox);
	uint64_t saved = 0;
	const uint64_t before = world_log_size(&world);
	for (size_t cut = 0, most = 1; cut <= most; cut += 7) {
		record(outbox, 1);
		saved++;
		struct road road = {.fault = fault, .cut = cut, .faults = 1};
		struct round_progress progress;
		cr_assert_eq(sync_over(outbox, &road, 2, &progress), STATUS_OK, "cut at %zu", cut);
		cr_assert_eq(progress.saved, saved);
		cr_assert_eq(progress.relay, saved, "cut at %zu", cut);
		cr_assert_eq(progress.refused, 0);
		cr_assert_eq(world_log_size(&world), before + saved, "nothing is doubled: cut at %zu", cut);
		most = fault == CUT_REQUEST ? road.sizes[0] : road.last_answer;
		if (road.rounds > 1)
			cr_assert_eq(road.objects[1], 0, "after a failure it asks first");
	}
	cr_assert_gt(saved, 30);
	outbox_close(outbox);
}

Test(round, a_request_cut_anywhere_loses_and_doubles_nothing)
{
	suffer(CUT_REQUEST);
}

Test(round, an_answer_cut_anywhere_loses_and_doubles_nothing)
{
	suffer(CUT_ANSWER);
}

Test(round, a_request_that_arrives_twice_changes_nothing)
{
	struct outbox *outbox = outbox_new("a");
	record(outbox, 5);
	struct road road = {.twice = true};
	struct round_progress progress;
	cr_assert_eq(sync_over(outbox, &road, 1, &progress), STATUS_OK);
	cr_assert_eq(progress.relay, 5);
	cr_assert_eq(world_log_size(&world), 2 + 6);
	outbox_close(outbox);
}

Test(round, gives_up_offline_after_as_many_failures_as_it_may_have)
{
	struct outbox *outbox = outbox_new("a");
	record(outbox, 2);
	struct road road = {.fault = DROP, .faults = 100};
	struct round_progress progress;
	cr_assert_eq(sync_over(outbox, &road, 5, &progress), STATUS_OFFLINE);
	cr_assert_eq(progress.saved, 2);
	cr_assert_eq(progress.relay, 0);
	cr_assert_eq(progress.rounds, 5);
	cr_assert_eq(road.waits, 4);
	for (size_t i = 0; i < road.waits; i++)
		cr_assert(road.wait_ms[i] >= 1000u << i && road.wait_ms[i] < (1000u << i) * 3 / 2);
	/* Nothing is lost by it. */
	sync_whole(outbox);
	outbox_close(outbox);
}

/* A relay whose disk is full answers what it holds and takes nothing. */
Test(round, gives_up_on_a_relay_that_answers_and_stores_nothing)
{
	struct outbox *outbox = outbox_new("a");
	record(outbox, 2);
	struct road road = {.fault = DROP_OBJECTS, .faults = 100};
	struct round_progress progress;
	cr_assert_eq(sync_over(outbox, &road, 3, &progress), STATUS_OFFLINE);
	cr_assert_eq(progress.relay, 0);
	cr_assert_eq(road.waits, 2);
	sync_whole(outbox);
	outbox_close(outbox);
}

Test(round, failures_are_counted_in_a_row)
{
	struct outbox *outbox = outbox_new("a");
	record(outbox, 120);
	/* It may fail twice in a row: every second round of the first six. */
	struct road road = {.fault = DROP, .faults = 2};
	struct round_progress progress;
	cr_assert_eq(sync_over(outbox, &road, 3, &progress), STATUS_OK);
	cr_assert_eq(progress.relay, 120);
	cr_assert_lt(road.sizes[3], ROUND_FIRST_BYTES / 4 + 1024, "what it sends after failures is smaller");
	outbox_close(outbox);
}

Test(round, says_that_the_relay_does_not_serve_the_project)
{
	struct outbox *outbox = outbox_new("a");
	struct world own = world;
	world_begin(&world, 0);
	struct road road = {0};
	struct round_progress progress;
	struct error err = {0};
	const struct round_exchange exchange = {.context = &road, .post = road_post};
	cr_assert_eq(round_push(outbox, &exchange, 3, NULL, NULL, &progress, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "does not serve that project"));
	cr_assert_eq(road.rounds, 1);
	world_end(&world);
	world = own;
	outbox_close(outbox);
}

static enum status take_into(void *context, struct span wire, struct error *err)
{
	struct admission admission;
	enum set_outcome outcome;
	return outbox_take(context, wire, &admission, &outcome, err);
}

static void carry(struct outbox *from, struct outbox *to)
{
	struct bytes bundle = {0};
	struct bundle_reader reader = {0};
	uint64_t objects = 0;
	struct error err = {0};
	cr_assert_eq(outbox_export(from, false, &bundle, &objects, NULL), STATUS_OK);
	cr_assert_eq(bundle_feed(&reader, bytes_span(&bundle), take_into, to, &err), STATUS_OK, "%s", err.message);
	bundle_wipe(&reader);
	bytes_wipe(&bundle);
}

Test(round, one_device_brings_anothers_records)
{
	struct outbox *courier = outbox_new("courier"), *other = outbox_new("other");
	record(courier, 2);
	record(other, 3);
	carry(other, courier);
	sync_whole(courier);
	cr_assert_eq(world_log_size(&world), 2 + 2 + 5);
	/* Whoever brought them, the next sync of their author learns of it, and doubles nothing. */
	struct road road = {0};
	struct round_progress progress;
	cr_assert_eq(sync_over(other, &road, 1, &progress), STATUS_OK);
	cr_assert_eq(progress.relay, 3);
	cr_assert_eq(world_log_size(&world), 2 + 2 + 5);
	/* And the courier does not bring them again. */
	struct road again = {0};
	cr_assert_eq(sync_over(courier, &again, 1, &progress), STATUS_OK);
	cr_assert_eq(again.objects[0], 0);
	outbox_close(other);
	outbox_close(courier);
}

Test(round, a_refused_object_is_sent_once_and_blocks_no_other)
{
	world_end(&world);
	/* Room for the enrolment and some forty reports. */
	world_begin(&world, 20000);
	struct outbox *courier = outbox_new("courier"), *other = outbox_new("other");
	record(courier, 100);
	record(other, 3);
	carry(other, courier);
	struct road road = {0};
	struct round_progress progress;
	cr_assert_eq(sync_over(courier, &road, 1, &progress), STATUS_OK);
	cr_assert_gt(progress.refused, 20);
	cr_assert_eq(progress.refused + progress.relay, 100);
	cr_assert_eq(progress.last_refusal.reason, PROTOCOL_OVER_LIMIT);
	size_t sent = 0;
	for (size_t i = 0; i < road.rounds; i++)
		sent += road.objects[i];
	cr_assert_leq(sent, 100 + 2 + 5 + 2 * road.rounds, "each once, and heads");
	sync_whole(other);
	outbox_close(other);
	outbox_close(courier);
}

Test(round, a_relay_that_lost_everything_gets_everything_again)
{
	struct outbox *outbox = outbox_new("a");
	record(outbox, 200);
	sync_whole(outbox);
	const uint64_t size = world_log_size(&world);
	record(outbox, 100);
	world_lose(&world);
	world_set_clock(WORLD_NOW_S + 10);
	sync_whole(outbox);
	cr_assert_eq(world_log_size(&world), size + 100);
	struct road again = {0};
	struct round_progress progress;
	cr_assert_eq(sync_over(outbox, &again, 1, &progress), STATUS_OK);
	cr_assert_eq(again.objects[0], 0);
	outbox_close(outbox);
}

Test(round, a_relay_put_back_from_a_backup_gets_what_it_lost)
{
	struct outbox *outbox = outbox_new("a");
	struct bytes early = {0};
	uint64_t objects;
	record(outbox, 3);
	cr_assert_eq(outbox_export(outbox, true, &early, &objects, NULL), STATUS_OK);
	record(outbox, 3);
	sync_whole(outbox);
	world_lose(&world);
	world_set_clock(WORLD_NOW_S + 10);
	struct answer answer;
	const struct key_id device = outbox_device(outbox);
	world_push_of(&world, &device, bytes_span(&early), &answer);
	answer_wipe(&answer);
	record(outbox, 2);
	sync_whole(outbox);
	bytes_wipe(&early);
	outbox_close(outbox);
}

Test(round, receipts_that_are_forged_or_of_another_branch_change_nothing)
{
	struct outbox *outbox = outbox_new("a");
	record(outbox, 3);
	const struct key_id device = outbox_device(outbox);
	struct road road = {0};
	/* By a key that no descriptor names; then by the relay, for an event that is not ours. */
	struct receipt receipt = cast_receipt_for(&world.cast, &device, outbox_tip(outbox));
	struct signing_key *const relay = world.cast.relay;
	world.cast.relay = world.cast.root;
	(void)cast_receipt(&world.cast, &receipt, &road.forged);
	world.cast.relay = relay;
	receipt.last.bytes[0] ^= 1;
	(void)cast_receipt(&world.cast, &receipt, &road.forged);
	receipt.number = 99;
	(void)cast_receipt(&world.cast, &receipt, &road.forged);
	const struct push_end push_end = {0};
	cr_assert_eq(protocol_write_push_end(&road.forged, &push_end, NULL), STATUS_OK);
	struct round_progress progress;
	cr_assert_eq(sync_over(outbox, &road, 1, &progress), STATUS_OK);
	cr_assert_eq(progress.relay, 0);
	cr_assert_eq(progress.rounds, 1);
	bytes_wipe(&road.forged);
	/* What was not receipted goes again in the next sync. */
	sync_whole(outbox);
	outbox_close(outbox);
}

Test(round, an_answer_that_is_none_is_refused_and_nothing_is_lost)
{
	static const char *const answers[] = {"<html>Log in to the network</html>", "\xff\xff"};
	struct outbox *outbox = outbox_new("a");
	record(outbox, 1);
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		struct road road = {0};
		struct round_progress progress;
		cr_assert_eq(bytes_append(&road.forged, span_from_text(answers[i]), NULL), STATUS_OK);
		cr_assert_eq(sync_over(outbox, &road, 1, &progress), STATUS_BAD_INPUT);
		cr_assert_eq(progress.relay, 0);
		bytes_wipe(&road.forged);
	}
	sync_whole(outbox);
	outbox_close(outbox);
}

static void copy_file(const char *from, const char *to)
{
	char command[512];
	char source[160];
	(void)snprintf(source, sizeof source, "%s", cast_path(&world.cast, from));
	(void)snprintf(command, sizeof command, "cp '%s' '%s'", source, cast_path(&world.cast, to));
	cr_assert_eq(system(command), 0);
}

Test(round, both_of_two_clones_get_receipts_for_their_own_branch)
{
	struct outbox *one = outbox_new("one"), *two = NULL;
	record(one, 2);
	sync_whole(one);
	outbox_close(one);
	copy_file("one", "two");
	cr_assert_eq(outbox_open(&one, cast_path(&world.cast, "one"), world.cast.vault, world.cast.data_key, NULL), STATUS_OK);
	cr_assert_eq(outbox_open(&two, cast_path(&world.cast, "two"), world.cast.vault, world.cast.data_key, NULL), STATUS_OK);
	record(one, 1);
	sync_whole(one);
	record(two, 40);
	sync_whole(two);
	sync_whole(one);
	cr_assert_eq(world_log_size(&world), 2 + 3 + 1 + 40);
	outbox_close(two);
	outbox_close(one);
}

Test(round, brings_down_a_new_descriptor)
{
	struct outbox *outbox = outbox_new("a");
	record(outbox, 1);
	cast_describe(&world.cast);
	struct answer answer;
	const struct preface preface = world_preface(&world, NULL, 0);
	world_push(&world, &preface, bytes_span(&world.cast.descriptor_wire), &answer, NULL);
	answer_wipe(&answer);
	struct road road = {0};
	struct round_progress progress;
	cr_assert_eq(sync_over(outbox, &road, 1, &progress), STATUS_OK);
	cr_assert(progress.descriptor_is_new);
	cr_assert_eq(outbox_descriptor(outbox)->number, 2);
	cr_assert_eq(sync_over(outbox, &road, 1, &progress), STATUS_OK);
	cr_assert_not(progress.descriptor_is_new);
	outbox_close(outbox);
}

Test(round, learns_what_hq_has_opened_and_that_it_was_revoked)
{
	struct outbox *outbox = outbox_new("a");
	record(outbox, 3);
	sync_whole(outbox);
	const struct key_id device = outbox_device(outbox);
	struct bytes hq = {0};
	(void)cast_acknowledge(&world.cast, &device, outbox_tip(outbox), &hq);
	(void)cast_revoke(&world.cast, &device, &hq);
	struct answer answer;
	const struct preface preface = world_preface(&world, NULL, 0);
	world_push(&world, &preface, bytes_span(&hq), &answer, NULL);
	answer_wipe(&answer);
	bytes_wipe(&hq);
	struct road road = {0};
	struct round_progress progress;
	cr_assert_eq(sync_over(outbox, &road, 1, &progress), STATUS_OK);
	cr_assert_eq(progress.hq, 3);
	struct outbox_status status;
	cr_assert_eq(outbox_status(outbox, &status, NULL), STATUS_OK);
	cr_assert(status.revoked);
	outbox_close(outbox);
}
