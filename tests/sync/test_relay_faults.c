/* The relay in trouble of its own: what is not durable is not receipted, and nothing is half-stored. */
#include <criterion/criterion.h>
#include <string.h>

#include "sync/relay.h"
#include "tests/support/failing_malloc.h"
#include "tests/sync/world.h"

static struct world world;
static struct store_methods faulty;
static const struct store_methods *sound;
static size_t puts_left; /* until one fails */

static void start(void)
{
	world_begin(&world, 0);
	sound = world.store->methods;
	faulty = *sound;
	puts_left = SIZE_MAX;
}

static void end(void)
{
	world_end(&world);
}

TestSuite(relay_faults, .init = start, .fini = end);

static enum status fail_to_commit(struct store *store, struct error *err)
{
	store->methods->rollback(store);
	return error_set(err, STATUS_IO, "the disk is full");
}

static enum status fail_to_put(struct store *store, struct span wire, struct admission *admission,
                               enum set_outcome *outcome, struct error *err)
{
	if (puts_left-- == 0)
		return error_set(err, STATUS_IO, "the disk is full");
	return sound->put(store, wire, admission, outcome, err);
}

/* OK: an answer came. */
static enum status push(const struct key_id *device, struct span bundle, struct bytes *came)
{
	struct relay_push *begun = NULL;
	struct bytes head = {0};
	const struct preface preface = world_preface(&world, device, 1);
	enum status status = protocol_write_preface(&head, &preface, NULL);
	if (status == STATUS_OK)
		status = relay_push_begin(&begun, world.relay, NULL);
	if (status == STATUS_OK)
		status = relay_push_feed(begun, bytes_span(&head), NULL);
	if (status == STATUS_OK)
		status = relay_push_feed(begun, bundle, NULL);
	if (begun != NULL)
		status = relay_push_end(begun, came, NULL);
	relay_push_free(begun);
	bytes_wipe(&head);
	return status;
}

static void expect_whole(const struct walker *walker, struct span bundle, uint64_t links)
{
	struct answer answer;
	world_push_of(&world, &walker->device.id, bundle, &answer);
	cr_assert_eq(answer.push_end.refused, 0);
	cr_assert_eq(answer_receipt(&world, &answer, &walker->device.id).number, links);
	cr_assert_eq(world_log_size(&world), 2 + 1 + links);
	answer_wipe(&answer);
}

Test(relay_faults, gives_no_receipt_for_what_could_not_be_committed)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 3), came = {0};
	faulty.commit = fail_to_commit;
	world.store->methods = &faulty;
	cr_assert_eq(push(&walker.device.id, bytes_span(&bundle), &came), STATUS_IO);
	cr_assert_eq(came.len, 0);
	world.store->methods = sound;
	cr_assert_eq(world_log_size(&world), 2);
	expect_whole(&walker, bytes_span(&bundle), 3);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

Test(relay_faults, stores_nothing_of_a_batch_whose_nth_put_failed)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 3), came = {0};
	faulty.put = fail_to_put;
	/* Five objects, and the receipt is the sixth put. */
	for (size_t n = 0; n < 6; n++) {
		puts_left = n;
		world.store->methods = &faulty;
		cr_assert_eq(push(&walker.device.id, bytes_span(&bundle), &came), STATUS_IO, "put %zu", n);
		cr_assert_eq(came.len, 0);
		world.store->methods = sound;
		cr_assert_eq(world_log_size(&world), 2);
	}
	expect_whole(&walker, bytes_span(&bundle), 3);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

Test(relay_faults, nothing_more_is_taken_after_a_failure)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = {0};
	const struct preface preface = world_preface(&world, &walker.device.id, 1);
	cr_assert_eq(protocol_write_preface(&bundle, &preface, NULL), STATUS_OK);
	while (bundle.len <= RELAY_BATCH_BYTES)
		cr_assert_eq(bytes_append(&bundle, bytes_span(&walker.device.wire), NULL), STATUS_OK);
	struct relay_push *begun = NULL;
	struct bytes came = {0};
	faulty.commit = fail_to_commit;
	world.store->methods = &faulty;
	cr_assert_eq(relay_push_begin(&begun, world.relay, NULL), STATUS_OK);
	cr_assert_eq(relay_push_feed(begun, bytes_span(&bundle), NULL), STATUS_IO);
	world.store->methods = sound;
	cr_assert_eq(relay_push_feed(begun, bytes_span(&walker.device.wire), NULL), STATUS_IO);
	cr_assert_eq(relay_push_end(begun, &came, NULL), STATUS_IO);
	cr_assert_eq(came.len, 0);
	cr_assert_eq(world_log_size(&world), 2);
	relay_push_free(begun);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

Test(relay_faults, the_nth_allocation_of_a_push_fails_and_nothing_is_half_stored)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 2);
	bool failed = true;
	size_t n = 0;
	while (failed) {
		struct bytes came = {0};
		failing_malloc_at(++n);
		const enum status status = push(&walker.device.id, bytes_span(&bundle), &came);
		failed = failing_malloc_ended();
		cr_assert(failed || status == STATUS_OK);
		/* All three objects or none; and an answer only when they are there. */
		const uint64_t stored = world_log_size(&world) - 2;
		cr_assert(stored == 0 || stored == 3);
		cr_assert(came.len == 0 || (status == STATUS_OK && stored == 3));
		bytes_wipe(&came);
	}
	cr_assert_gt(n, 10);
	expect_whole(&walker, bytes_span(&bundle), 2);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

Test(relay_faults, the_nth_allocation_of_a_pull_fails_and_no_part_of_an_answer_is_given)
{
	struct bytes body = {0};
	bool failed = true;
	size_t n = 0;
	world_pull_request(&world, 0, WORLD_NOW_S, &body);
	while (failed) {
		struct bytes came = {0};
		failing_malloc_at(++n);
		const enum status status = relay_pull(world.relay, bytes_span(&body), &came, NULL);
		failed = failing_malloc_ended();
		cr_assert_eq(status == STATUS_OK, came.len > 0);
		cr_assert(failed || status == STATUS_OK);
		bytes_wipe(&came);
	}
	cr_assert_gt(n, 5);
	bytes_wipe(&body);
}
