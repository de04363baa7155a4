#include "sync/relay.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

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

TestSuite(relay, .init = start, .fini = end);

static void append(struct bytes *bundle, struct span wire)
{
	cr_assert_eq(bytes_append(bundle, wire, NULL), STATUS_OK);
}

static bool store_has(const struct hash *id)
{
	bool has = false;
	cr_assert_eq(world.store->methods->has(world.store, &world.cast.project, id, &has, NULL), STATUS_OK);
	return has;
}

Test(relay, receipts_what_it_took_and_says_where_its_log_stands)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 3);
	struct answer answer;
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	cr_assert_eq(answer.push_end.accepted, 5);
	cr_assert_eq(answer.push_end.had, 0);
	cr_assert_eq(answer.push_end.refused, 0);
	const struct receipt receipt = answer_receipt(&world, &answer, &walker.device.id);
	cr_assert_eq(receipt.number, 3);
	cr_assert(hash_equals(&receipt.last, &walker.at.last));
	cr_assert_eq(receipt.missing_len, 0);
	cr_assert_eq(receipt.time_s, WORLD_NOW_S);
	cr_assert_eq(receipt.seen.size, 6, "descriptor, appointment, enrolment, three events");
	cr_assert_eq(world_log_size(&world), 6, "heads and receipts are not logged");
	cr_assert_not(receipt.hub);
	answer_wipe(&answer);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

Test(relay, a_second_push_changes_nothing_and_is_answered_with_the_same_receipt)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 3);
	struct answer answer;
	struct bytes first = {0}, second = {0};
	const struct preface preface = world_preface(&world, &walker.device.id, 1);
	world_push(&world, &preface, bytes_span(&bundle), &answer, NULL);
	answer_wipe(&answer);
	const uint64_t size = world_log_size(&world);
	world_set_clock(WORLD_NOW_S + 50);
	world_push(&world, &preface, bytes_span(&bundle), &answer, &first);
	cr_assert_eq(answer.push_end.accepted, 0);
	cr_assert_eq(answer.push_end.had, 5);
	const struct receipt receipt = answer_receipt(&world, &answer, &walker.device.id);
	cr_assert_eq(receipt.time_s, WORLD_NOW_S);
	answer_wipe(&answer);
	world_set_clock(WORLD_NOW_S + 99);
	world_push(&world, &preface, bytes_span(&bundle), &answer, &second);
	cr_assert(span_equals(bytes_span(&first), bytes_span(&second)), "the answer is a function of set and request");
	cr_assert_eq(world_log_size(&world), size);
	answer_wipe(&answer);
	bytes_wipe(&first);
	bytes_wipe(&second);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

Test(relay, a_push_cut_after_any_byte_leaves_exactly_the_complete_objects)
{
	enum { OBJECTS = 3 };
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes body = {0};
	size_t ends[OBJECTS];
	struct hash ids[OBJECTS];
	const struct preface preface = world_preface(&world, &walker.device.id, 1);
	cr_assert_eq(protocol_write_preface(&body, &preface, NULL), STATUS_OK);
	append(&body, bytes_span(&walker.device.wire));
	ids[0] = walker.device.introduced;
	ends[0] = body.len;
	for (size_t i = 1; i < OBJECTS; i++) {
		walker_step(&world, &walker, "sealed words", &body);
		ids[i] = walker.at.last;
		ends[i] = body.len;
	}
	for (size_t cut = 0; cut <= body.len; cut++) {
		/* From the cut on nothing arrives; each cut finds what the ones before left. */
		struct relay_push *push = NULL;
		cr_assert_eq(relay_push_begin(&push, world.relay, NULL), STATUS_OK);
		const size_t half = cut / 2;
		cr_assert_eq(relay_push_feed(push, (struct span){body.data, half}, NULL), STATUS_OK);
		cr_assert_eq(relay_push_feed(push, (struct span){body.data + half, cut - half}, NULL), STATUS_OK);
		cr_assert_eq(relay_push_end(push, NULL, NULL), STATUS_OK);
		relay_push_free(push);
		uint64_t complete = 0;
		for (size_t i = 0; i < OBJECTS; i++) {
			cr_assert_eq(store_has(&ids[i]), ends[i] <= cut, "object %zu at cut %zu", i, cut);
			complete += ends[i] <= cut;
		}
		cr_assert_eq(world_log_size(&world), 2 + complete);
	}
	bytes_wipe(&body);
	walker_end(&walker);
}

Test(relay, keeps_what_it_took_across_a_restart)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 4);
	struct answer answer;
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	const struct receipt before = answer_receipt(&world, &answer, &walker.device.id);
	answer_wipe(&answer);
	world_restart(&world);
	world_push_of(&world, &walker.device.id, (struct span){0}, &answer);
	const struct receipt after = answer_receipt(&world, &answer, &walker.device.id);
	cr_assert_eq(after.number, 4);
	cr_assert(hash_equals(&after.seen.root, &before.seen.root));
	answer_wipe(&answer);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

Test(relay, a_bad_object_first_in_the_middle_or_last_blocks_no_other)
{
	for (size_t bad = 0; bad < 3; bad++) {
		struct walker walker;
		walker_begin(&world, &walker);
		struct answer answer;
		world_push_of(&world, &walker.device.id, bytes_span(&walker.device.wire), &answer);
		answer_wipe(&answer);
		struct bytes bundle = {0};
		struct hash name = {{0}};
		for (size_t i = 0; i < 3; i++) {
			const size_t from = bundle.len;
			walker_step(&world, &walker, "sealed words", &bundle);
			if (i != bad)
				continue;
			/* In the signature: the 64 bytes before the attachment's head and its 12 bytes. */
			bundle.data[bundle.len - 20] ^= 1;
			name = hash_of((struct span){bundle.data + from, bundle.len - from});
		}
		world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
		cr_assert_eq(answer.push_end.accepted, 2);
		cr_assert_eq(answer.push_end.refused, 1);
		cr_assert_eq(answer.refusals_len, 1);
		cr_assert_eq(answer.refusals[0].reason, PROTOCOL_BAD_SIGNATURE);
		cr_assert(hash_equals(&answer.refusals[0].wire, &name));
		const struct receipt receipt = answer_receipt(&world, &answer, &walker.device.id);
		cr_assert_eq(receipt.number, bad);
		cr_assert_eq(receipt.missing_len, bad < 2 ? 1 : 0);
		answer_wipe(&answer);
		bytes_wipe(&bundle);
		walker_end(&walker);
	}
}

Test(relay, refuses_an_altered_attachment_as_tampered)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 0), event = {0};
	struct answer answer;
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	answer_wipe(&answer);
	walker_step(&world, &walker, "sealed words", &event);
	event.data[event.len - 1] ^= 1;
	for (size_t i = 0; i < 2; i++) {
		world_push_of(&world, &walker.device.id, bytes_span(&event), &answer);
		cr_assert_eq(answer.refusals_len, 1);
		cr_assert_eq(answer.refusals[0].reason, PROTOCOL_BAD_SIGNATURE);
		answer_wipe(&answer);
		/* Once more when the true one is held. */
		event.data[event.len - 1] ^= 1;
		world_push_of(&world, &walker.device.id, bytes_span(&event), &answer);
		cr_assert_eq(answer.push_end.refused, 0);
		answer_wipe(&answer);
		event.data[event.len - 1] ^= 1;
	}
	bytes_wipe(&event);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

Test(relay, refuses_a_stranger_before_its_enrolment_and_takes_it_after)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes events = {0};
	struct answer answer;
	walker_step(&world, &walker, "sealed words", &events);
	world_push_of(&world, &walker.device.id, bytes_span(&events), &answer);
	cr_assert_eq(answer.refusals_len, 1);
	cr_assert_eq(answer.refusals[0].reason, PROTOCOL_UNKNOWN_SIGNER);
	cr_assert_eq(answer_count(&answer, OBJECT_RECEIPT), 0);
	answer_wipe(&answer);
	struct bytes bundle = {0};
	append(&bundle, bytes_span(&walker.device.wire));
	append(&bundle, bytes_span(&events));
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	cr_assert_eq(answer.push_end.accepted, 2);
	answer_wipe(&answer);
	bytes_wipe(&bundle);
	bytes_wipe(&events);
	walker_end(&walker);
}

Test(relay, names_an_unknown_project_and_takes_nothing)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct preface preface = world_preface(&world, NULL, 0);
	preface.project.bytes[0] ^= 1;
	struct answer answer;
	world_push(&world, &preface, bytes_span(&walker.device.wire), &answer, NULL);
	cr_assert_eq(answer.refusals_len, 1);
	cr_assert_eq(answer.refusals[0].reason, PROTOCOL_UNKNOWN_PROJECT);
	cr_assert(hash_is_zero(&answer.refusals[0].wire));
	cr_assert_eq(answer.objects_len, 0);
	cr_assert_eq(answer.push_end.accepted, 0);
	cr_assert_not(store_has(&walker.device.introduced));
	answer_wipe(&answer);
	walker_end(&walker);
}

Test(relay, refuses_an_object_of_another_project)
{
	struct cast other;
	cast_begin(&other, DESCRIPTOR_KEEP);
	struct cast_device device;
	cast_enrol(&other, &device);
	struct bytes bundle = {0};
	append(&bundle, bytes_span(&device.wire));
	append(&bundle, bytes_span(&other.descriptor_wire));
	struct answer answer;
	world_push_of(&world, &device.id, bytes_span(&bundle), &answer);
	cr_assert_eq(answer.push_end.accepted, 0);
	cr_assert_eq(answer.push_end.refused, 2);
	answer_wipe(&answer);
	bytes_wipe(&bundle);
	cast_device_free(&device);
	cast_end(&other);
}

/* A relay that does not say why leaves the field worker with nothing to do. */
static void expect_whole_refusal(struct span body, enum protocol_reason reason)
{
	struct relay_push *push = NULL;
	struct bytes came = {0};
	struct answer answer;
	cr_assert_eq(relay_push_begin(&push, world.relay, NULL), STATUS_OK);
	(void)(relay_push_feed(push, body, NULL) == STATUS_OK);
	cr_assert_eq(relay_push_end(push, &came, NULL), STATUS_OK);
	relay_push_free(push);
	answer_read(&answer, bytes_span(&came));
	cr_assert_eq(answer.refusals_len, 1);
	cr_assert_eq(answer.refusals[0].reason, reason);
	cr_assert(hash_is_zero(&answer.refusals[0].wire));
	answer_wipe(&answer);
	bytes_wipe(&came);
}

Test(relay, says_what_is_wrong_with_a_request_that_cannot_be_read)
{
	struct bytes body = {0};
	expect_whole_refusal((struct span){0}, PROTOCOL_MALFORMED);
	expect_whole_refusal(span_from_text("GET / HTTP/1.1\r\n"), PROTOCOL_MALFORMED);
	expect_whole_refusal(bytes_span(&world.cast.appointment_wire), PROTOCOL_MALFORMED);
	const struct preface preface = world_preface(&world, NULL, 0);
	cr_assert_eq(protocol_write_preface(&body, &preface, NULL), STATUS_OK);
	append(&body, (struct span){world.cast.appointment_wire.data, 40});
	expect_whole_refusal(bytes_span(&body), PROTOCOL_MALFORMED);
	bytes_wipe(&body);
}

Test(relay, stops_at_the_request_limit_and_keeps_what_came_before)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 1);
	while (bundle.len <= PROTOCOL_REQUEST_MAX_BYTES)
		append(&bundle, bytes_span(&world.cast.appointment_wire));
	struct answer answer;
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	cr_assert_eq(answer.push_end.accepted, 3);
	cr_assert_eq(answer.refusals_len, 1);
	cr_assert_eq(answer.refusals[0].reason, PROTOCOL_OVER_LIMIT);
	cr_assert_eq(answer_receipt(&world, &answer, &walker.device.id).number, 1);
	answer_wipe(&answer);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

Test(relay, gives_up_after_too_many_refusals_and_names_each)
{
	struct walker stranger, walker;
	walker_begin(&world, &stranger);
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 1);
	for (size_t i = 0; i < PROTOCOL_REFUSALS_MAX + 5; i++)
		walker_step(&world, &stranger, "sealed words", &bundle);
	struct answer answer;
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	cr_assert_eq(answer.push_end.accepted, 3);
	cr_assert_eq(answer.refusals_len, PROTOCOL_REFUSALS_MAX + 1);
	cr_assert_eq(answer.refusals[0].reason, PROTOCOL_UNKNOWN_SIGNER);
	cr_assert_eq(answer.refusals[PROTOCOL_REFUSALS_MAX].reason, PROTOCOL_OVER_LIMIT);
	cr_assert_eq(answer_receipt(&world, &answer, &walker.device.id).number, 1);
	answer_wipe(&answer);
	bytes_wipe(&bundle);
	walker_end(&walker);
	walker_end(&stranger);
}

Test(relay, never_keeps_a_pull_request_or_a_clock)
{
	struct bytes body = {0};
	world_pull_request(&world, 0, WORLD_NOW_S, &body);
	struct answer answer;
	expect_whole_refusal((struct span){body.data, 1}, PROTOCOL_MALFORMED);
	/* Its own preface is a note in a bundle, and passed over. */
	world_push_of(&world, &world.cast.project, bytes_span(&body), &answer);
	cr_assert_eq(answer.push_end.accepted, 0);
	cr_assert_eq(answer.refusals_len, 1);
	cr_assert_eq(answer.refusals[0].reason, PROTOCOL_NOT_ENTITLED);
	answer_wipe(&answer);
	bytes_wipe(&body);
}

/* --- room --- */

Test(relay, holds_a_device_and_its_successors_to_their_room)
{
	world_end(&world);
	world_begin(&world, 2000);
	struct walker walker, next;
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 20);
	struct answer answer;
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	cr_assert_gt(answer.push_end.accepted, 4);
	cr_assert_gt(answer.refusals_len, 4);
	for (size_t i = 0; i < answer.refusals_len; i++)
		cr_assert_eq(answer.refusals[i].reason, PROTOCOL_OVER_LIMIT);
	const uint64_t kept = answer_receipt(&world, &answer, &walker.device.id).number;
	cr_assert_eq(kept + answer.refusals_len, 20);
	answer_wipe(&answer);
	/* What is held is not refused for it. */
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	cr_assert_eq(answer.push_end.accepted, 0);
	cr_assert_eq(answer.push_end.had, kept + 2);
	answer_wipe(&answer);
	struct bytes more = {0};
	walker_succeed(&world, &walker, &next, &more);
	world_push_of(&world, &next.device.id, bytes_span(&more), &answer);
	cr_assert_eq(answer.refusals_len, 1);
	cr_assert_eq(answer.refusals[0].reason, PROTOCOL_OVER_LIMIT);
	answer_wipe(&answer);
	/* Others are not touched by it. */
	struct walker other;
	walker_begin(&world, &other);
	struct bytes others = walker_bundle(&world, &other, 1);
	world_push_of(&world, &other.device.id, bytes_span(&others), &answer);
	cr_assert_eq(answer.push_end.refused, 0);
	answer_wipe(&answer);
	bytes_wipe(&others);
	bytes_wipe(&more);
	bytes_wipe(&bundle);
	walker_end(&other);
	walker_end(&next);
	walker_end(&walker);
}

Test(relay, holds_a_device_to_its_room_with_types_to_come_too)
{
	world_end(&world);
	world_begin(&world, 2000);
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 1);
	for (uint8_t i = 0; i < 20; i++) {
		const uint8_t payload[] = {0x18, (uint8_t)(100 + i)};
		static const uint8_t attached[300];
		const struct object_draft draft = {
			(enum object_type)25, walker.device.id, {payload, sizeof payload}, {attached, sizeof attached}};
		(void)cast_sign(&world.cast, &draft, walker.device.key, &bundle);
	}
	struct answer answer;
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	cr_assert_gt(answer.push_end.accepted, 3);
	cr_assert_lt(answer.push_end.accepted, 10);
	cr_assert_gt(answer.refusals_len, 10);
	for (size_t i = 0; i < answer.refusals_len; i++)
		cr_assert_eq(answer.refusals[i].reason, PROTOCOL_OVER_LIMIT);
	answer_wipe(&answer);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

/* Small enrolments would make room for a crowd that headquarters cannot look through. */
Test(relay, lets_only_so_many_keys_join_by_one_invite)
{
	enum { ROOM = 5 << 20, EACH = ROOM / RELAY_JOINS_MAX };
	world_end(&world);
	world_begin(&world, ROOM);
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 0);
	struct answer answer;
	struct signer signer;
	uint64_t charged = 0;
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	cr_assert_eq(answer.push_end.refused, 0);
	cr_assert_lt(walker.device.wire.len, EACH);
	cr_assert_eq(world.store->methods->signer(world.store, &world.cast.project, &walker.device.id, &signer, NULL), STATUS_OK);
	cr_assert_eq(world.store->methods->charged(world.store, &world.cast.project, &signer.parent, &charged, NULL), STATUS_OK);
	cr_assert_eq(charged, EACH);
	answer_wipe(&answer);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

/* Whoever stole an invite enrols as often as he likes. */
Test(relay, holds_all_who_came_by_one_invite_to_one_room)
{
	enum { ENROLMENTS = 60 };
	world_end(&world);
	world_begin(&world, 10000);
	struct invite_file invite;
	cast_invite(&world.cast, "Team Nasib", &invite);
	uint64_t kept = 0;
	bool full = false;
	for (int i = 0; i < ENROLMENTS; i++) {
		struct cast_device device;
		struct answer answer;
		cast_enrol_by(&device, &invite);
		world_push_of(&world, &device.id, bytes_span(&device.wire), &answer);
		kept += answer.push_end.accepted;
		full = full || (answer.refusals_len == 1 && answer.refusals[0].reason == PROTOCOL_OVER_LIMIT);
		answer_wipe(&answer);
		cast_device_free(&device);
	}
	cr_assert_gt(kept, 2);
	cr_assert_lt(kept, 40);
	cr_assert(full);
	invite_file_wipe(&invite);
}

/* --- many at once --- */

enum { THREADS = 4, LINKS_EACH = 20 };

static void *push_bundle(void *context)
{
	const struct bytes *const body = context;
	struct relay_push *push = NULL;
	struct bytes came = {0};
	enum status status = relay_push_begin(&push, world.relay, NULL);
	for (size_t at = 0; at < body->len && status == STATUS_OK; at += 1000) {
		const size_t left = body->len - at;
		status = relay_push_feed(push, (struct span){body->data + at, left < 1000 ? left : 1000}, NULL);
	}
	if (status == STATUS_OK)
		status = relay_push_end(push, &came, NULL);
	relay_push_free(push);
	bytes_wipe(&came);
	return status == STATUS_OK ? context : NULL;
}

Test(relay, takes_pushes_from_many_threads_at_once)
{
	struct walker walkers[THREADS];
	struct bytes bodies[THREADS] = {{0}};
	pthread_t threads[THREADS];
	for (size_t i = 0; i < THREADS; i++) {
		walker_begin(&world, &walkers[i]);
		const struct preface preface = world_preface(&world, &walkers[i].device.id, 1);
		cr_assert_eq(protocol_write_preface(&bodies[i], &preface, NULL), STATUS_OK);
		struct bytes bundle = walker_bundle(&world, &walkers[i], LINKS_EACH);
		append(&bodies[i], bytes_span(&bundle));
		bytes_wipe(&bundle);
	}
	for (size_t i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, push_bundle, &bodies[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *result = NULL;
		cr_assert_eq(pthread_join(threads[i], &result), 0);
		cr_assert_not_null(result);
	}
	cr_assert_eq(world_log_size(&world), 2 + THREADS * (LINKS_EACH + 1));
	for (size_t i = 0; i < THREADS; i++) {
		struct answer answer;
		world_push_of(&world, &walkers[i].device.id, (struct span){0}, &answer);
		cr_assert_eq(answer_receipt(&world, &answer, &walkers[i].device.id).number, LINKS_EACH);
		answer_wipe(&answer);
		bytes_wipe(&bodies[i]);
		walker_end(&walkers[i]);
	}
}
