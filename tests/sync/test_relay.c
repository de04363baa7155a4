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

/* Enrolment, `links` events, the head. */
static struct bytes whole_bundle(struct walker *walker, unsigned links)
{
	struct bytes bundle = {0};
	append(&bundle, bytes_span(&walker->device.wire));
	for (unsigned i = 0; i < links; i++)
		walker_step(&world, walker, "sealed words", &bundle);
	(void)cast_head(&world.cast, &walker->device, walker->at, &bundle);
	return bundle;
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
	struct bytes bundle = whole_bundle(&walker, 3);
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
	struct bytes bundle = whole_bundle(&walker, 3);
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
	struct bytes bundle = whole_bundle(&walker, 4);
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
	struct bytes bundle = whole_bundle(&walker, 0), event = {0};
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
	struct bytes bundle = whole_bundle(&walker, 1);
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
	struct bytes bundle = whole_bundle(&walker, 1);
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

static bool receipt_ends_at(const struct answer *answer, const struct key_id *device, const struct head *head)
{
	const struct receipt receipt = answer_receipt(&world, answer, device);
	return receipt.number == head->number && hash_equals(&receipt.last, &head->last);
}

Test(relay, receipts_each_branch_of_a_clone_to_the_one_who_sent_it)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = whole_bundle(&walker, 2), left = {0}, right = {0};
	struct answer answer;
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	answer_wipe(&answer);
	struct walker clone = walker;
	walker_step(&world, &walker, "left 3", &left);
	walker_step(&world, &walker, "left 4", &left);
	(void)cast_head(&world.cast, &walker.device, walker.at, &left);
	walker_step(&world, &clone, "right 3", &right);
	struct bytes rest = {0};
	struct head right_3 = clone.at;
	walker_step(&world, &clone, "right 4", &rest);
	walker_step(&world, &clone, "right 5", &rest);
	(void)cast_head(&world.cast, &clone.device, clone.at, &right);
	world_push_of(&world, &walker.device.id, bytes_span(&left), &answer);
	cr_assert(receipt_ends_at(&answer, &walker.device.id, &walker.at));
	answer_wipe(&answer);
	/* Its head is not here yet: the link that came says which branch it is on. */
	world_push_of(&world, &walker.device.id, bytes_span(&right), &answer);
	const struct receipt part = answer_receipt(&world, &answer, &walker.device.id);
	cr_assert_eq(part.number, 3);
	cr_assert(hash_equals(&part.last, &right_3.last));
	answer_wipe(&answer);
	(void)cast_head(&world.cast, &clone.device, clone.at, &rest);
	world_push_of(&world, &walker.device.id, bytes_span(&rest), &answer);
	const struct receipt whole = answer_receipt(&world, &answer, &walker.device.id);
	cr_assert_eq(whole.number, 5);
	cr_assert(hash_equals(&whole.last, &clone.at.last));
	answer_wipe(&answer);
	world_push_of(&world, &walker.device.id, bytes_span(&left), &answer);
	cr_assert(receipt_ends_at(&answer, &walker.device.id, &walker.at));
	answer_wipe(&answer);
	bytes_wipe(&rest);
	bytes_wipe(&right);
	bytes_wipe(&left);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

Test(relay, names_what_a_head_says_is_missing)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = {0}, lost = {0};
	append(&bundle, bytes_span(&walker.device.wire));
	walker_step(&world, &walker, "1", &bundle);
	walker_step(&world, &walker, "2", &lost);
	walker_step(&world, &walker, "3", &bundle);
	walker_step(&world, &walker, "4", &lost);
	walker_step(&world, &walker, "5", &lost);
	(void)cast_head(&world.cast, &walker.device, walker.at, &bundle);
	struct answer answer;
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	const struct receipt receipt = answer_receipt(&world, &answer, &walker.device.id);
	cr_assert_eq(receipt.number, 1);
	cr_assert_eq(receipt.missing_len, 2);
	cr_assert_eq(receipt.missing[0].first, 2);
	cr_assert_eq(receipt.missing[0].last, 2);
	cr_assert_eq(receipt.missing[1].first, 4);
	cr_assert_eq(receipt.missing[1].last, 5);
	answer_wipe(&answer);
	bytes_wipe(&lost);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

Test(relay, gives_down_descriptors_acknowledgements_revocations_and_messages)
{
	struct walker walker, other;
	walker_begin(&world, &walker);
	walker_begin(&world, &other);
	struct bytes bundle = whole_bundle(&walker, 2), others = whole_bundle(&other, 1), hq = {0}, payload = {0};
	struct answer answer;
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	answer_wipe(&answer);
	world_push_of(&world, &other.device.id, bytes_span(&others), &answer);
	answer_wipe(&answer);
	/* The later descriptor comes first: they are given in their own order all the same. */
	struct bytes second = {0};
	cast_describe(&world.cast);
	append(&second, bytes_span(&world.cast.descriptor_wire));
	cast_describe(&world.cast);
	append(&hq, bytes_span(&world.cast.descriptor_wire));
	append(&hq, bytes_span(&second));
	(void)cast_acknowledge(&world.cast, &walker.device.id, walker.at, &hq);
	(void)cast_revoke(&world.cast, &walker.device.id, &hq);
	struct message message = {.time_s = WORLD_NOW_S, .text = "Go by the southern road.", .devices_len = 1};
	message.devices[0] = other.device.id;
	cr_assert_eq(message_encode(&payload, &message, NULL), STATUS_OK);
	const struct object_draft draft = {
		.type = OBJECT_MESSAGE, .signer = world.cast.project, .payload = bytes_span(&payload)};
	(void)cast_sign(&world.cast, &draft, world.cast.root, &hq);
	world_push(&world, &(struct preface){.project = world.cast.project, .descriptor = 3}, bytes_span(&hq), &answer, NULL);
	cr_assert_eq(answer.push_end.accepted, 5);
	answer_wipe(&answer);

	world_push_of(&world, &walker.device.id, (struct span){0}, &answer);
	cr_assert_eq(answer_count(&answer, OBJECT_DESCRIPTOR), 2);
	struct object object;
	struct descriptor descriptor;
	for (size_t i = 0; i < 2; i++) {
		cr_assert(answer_object(&answer, OBJECT_DESCRIPTOR, i, &object));
		cr_assert_eq(descriptor_decode(&descriptor, object.payload, NULL), STATUS_OK);
		cr_assert_eq(descriptor.number, i + 2);
	}
	cr_assert_eq(answer_count(&answer, OBJECT_ACKNOWLEDGEMENT), 1);
	cr_assert_eq(answer_count(&answer, OBJECT_APPOINTMENT), 1, "else nobody could check the acknowledgement");
	cr_assert_eq(answer_count(&answer, OBJECT_REVOCATION), 1);
	cr_assert_eq(answer_count(&answer, OBJECT_MESSAGE), 0);
	answer_wipe(&answer);

	world_push(&world, &(struct preface){.project = world.cast.project, .descriptor = 3, .devices_len = 1,
	                                     .devices = {other.device.id}}, (struct span){0}, &answer, NULL);
	cr_assert_eq(answer_count(&answer, OBJECT_DESCRIPTOR), 0);
	cr_assert_eq(answer_count(&answer, OBJECT_ACKNOWLEDGEMENT), 0);
	cr_assert_eq(answer_count(&answer, OBJECT_REVOCATION), 0);
	cr_assert_eq(answer_count(&answer, OBJECT_MESSAGE), 1);
	answer_wipe(&answer);
	bytes_wipe(&payload);
	bytes_wipe(&second);
	bytes_wipe(&hq);
	bytes_wipe(&others);
	bytes_wipe(&bundle);
	walker_end(&other);
	walker_end(&walker);
}

static void succeed(const struct walker *old, struct walker *next, struct bytes *wire)
{
	*next = (struct walker){0};
	struct succession succession = {.number = old->at.number, .last = old->at.last, .reason = SUCCESSION_ROTATION};
	cr_assert_eq(signing_key_new(&next->device.key, NULL), STATUS_OK);
	cr_assert_eq(succession_make(wire, &next->device.introduced, &succession, &old->device.id, old->device.key,
	                             next->device.key, &world.cast.project, NULL), STATUS_OK);
	next->device.id = key_id_of_object(&next->device.introduced);
	next->at = (struct head){.number = 0, .last = next->device.introduced};
}

Test(relay, a_revoked_devices_objects_are_stored_and_its_successor_hears_of_it)
{
	struct walker walker, next;
	walker_begin(&world, &walker);
	struct bytes bundle = whole_bundle(&walker, 1), hq = {0}, later = {0};
	struct answer answer;
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	answer_wipe(&answer);
	(void)cast_revoke(&world.cast, &walker.device.id, &hq);
	const struct preface preface = world_preface(&world, NULL, 0);
	world_push(&world, &preface, bytes_span(&hq), &answer, NULL);
	answer_wipe(&answer);
	walker_step(&world, &walker, "later", &later);
	succeed(&walker, &next, &later);
	walker_step(&world, &next, "of the successor", &later);
	world_push(&world, &preface, bytes_span(&later), &answer, NULL);
	cr_assert_eq(answer.push_end.accepted, 3);
	cr_assert_eq(answer_receipt(&world, &answer, &next.device.id).number, 1);
	answer_wipe(&answer);
	world_push_of(&world, &next.device.id, (struct span){0}, &answer);
	cr_assert_eq(answer_count(&answer, OBJECT_REVOCATION), 1);
	answer_wipe(&answer);
	bytes_wipe(&later);
	bytes_wipe(&hq);
	bytes_wipe(&bundle);
	walker_end(&next);
	walker_end(&walker);
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
	struct bytes bundle = whole_bundle(&walker, 20);
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
	succeed(&walker, &next, &more);
	world_push_of(&world, &next.device.id, bytes_span(&more), &answer);
	cr_assert_eq(answer.refusals_len, 1);
	cr_assert_eq(answer.refusals[0].reason, PROTOCOL_OVER_LIMIT);
	answer_wipe(&answer);
	/* Others are not touched by it. */
	struct walker other;
	walker_begin(&world, &other);
	struct bytes others = whole_bundle(&other, 1);
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

/* --- pulls --- */

static enum status pull(uint64_t cursor, int64_t time_s, struct answer *answer)
{
	struct bytes body = {0}, came = {0};
	world_pull_request(&world, cursor, time_s, &body);
	const enum status status = relay_pull(world.relay, bytes_span(&body), &came, NULL);
	answer_read(answer, bytes_span(&came));
	bytes_wipe(&came);
	bytes_wipe(&body);
	return status;
}

Test(relay, gives_hq_the_log_after_its_cursor_then_the_newest_statements)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = whole_bundle(&walker, 3);
	struct answer answer;
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	answer_wipe(&answer);
	for (uint64_t cursor = 0; cursor <= 6; cursor++) {
		cr_assert_eq(pull(cursor, WORLD_NOW_S, &answer), STATUS_OK);
		cr_assert_eq(answer.objects_len, 6 - cursor + 3, "and a head, a receipt, the clock");
		cr_assert_eq(answer.pull_end.cursor, 6);
		cr_assert_not(answer.pull_end.more);
		cr_assert_eq(answer_count(&answer, OBJECT_HEAD), 1);
		cr_assert_eq(answer_receipt(&world, &answer, &walker.device.id).number, 3);
		struct object object;
		struct relay_clock clock;
		cr_assert(answer_object(&answer, OBJECT_CLOCK, 0, &object));
		cr_assert_eq(relay_clock_decode(&clock, object.payload, NULL), STATUS_OK);
		cr_assert(clock.has_seen);
		cr_assert_eq(clock.seen.size, 6);
		cr_assert(key_id_equals(&clock.seen.log, &world.cast.log));
		answer_wipe(&answer);
	}
	cr_assert_eq(pull(99, WORLD_NOW_S, &answer), STATUS_OK);
	cr_assert_eq(answer.pull_end.cursor, 99, "a log that shrank is for HQ to see, in the clock");
	answer_wipe(&answer);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

Test(relay, gives_a_long_log_in_answers_of_bounded_size)
{
	enum { EVENTS = 700 };
	static char words[7000];
	memset(words, 'x', sizeof words - 1);
	struct walker walker;
	walker_begin(&world, &walker);
	struct answer answer;
	struct bytes bundle = {0};
	append(&bundle, bytes_span(&walker.device.wire));
	for (unsigned i = 0; i < EVENTS; i++) {
		walker_step(&world, &walker, words, &bundle);
		if (i % 350 == 349) {
			world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
			cr_assert_eq(answer.push_end.refused, 0);
			answer_wipe(&answer);
			bytes_clear(&bundle);
		}
	}
	uint64_t cursor = 0, logged = 0;
	size_t rounds = 0;
	for (bool more = true; more; rounds++) {
		cr_assert_eq(pull(cursor, WORLD_NOW_S, &answer), STATUS_OK);
		cr_assert_leq(answer.objects.len, PROTOCOL_ANSWER_MAX_BYTES / 2 + 4096);
		cursor = answer.pull_end.cursor;
		more = answer.pull_end.more;
		logged += answer.objects_len;
		cr_assert_eq(answer_count(&answer, OBJECT_CLOCK), more ? 0 : 1);
		answer_wipe(&answer);
	}
	cr_assert_eq(rounds, 2);
	cr_assert_eq(cursor, EVENTS + 3);
	cr_assert_eq(logged, EVENTS + 3 + 2, "and a receipt, the clock");
	bytes_wipe(&bundle);
	walker_end(&walker);
}

Test(relay, answers_a_wrong_time_with_its_own_signed)
{
	static const int64_t offs[] = {-601, 601, -1530000000 + 1};
	struct answer answer;
	for (size_t i = 0; i < sizeof offs / sizeof offs[0]; i++) {
		const int64_t time_s = WORLD_NOW_S + offs[i] < 0 ? 0 : WORLD_NOW_S + offs[i];
		cr_assert_eq(pull(0, time_s, &answer), STATUS_OK);
		cr_assert_eq(answer.refusals_len, 1);
		cr_assert_eq(answer.refusals[0].reason, PROTOCOL_WRONG_TIME);
		cr_assert_eq(answer.objects_len, 1);
		struct object object;
		struct relay_clock clock;
		const struct key_public key = signing_key_public(world.cast.relay);
		cr_assert(answer_object(&answer, OBJECT_CLOCK, 0, &object));
		cr_assert_eq(object_verify(&object, &key, &world.cast.project, NULL), STATUS_OK);
		cr_assert_eq(relay_clock_decode(&clock, object.payload, NULL), STATUS_OK);
		cr_assert_eq(clock.time_s, WORLD_NOW_S);
		cr_assert_not(clock.has_seen, "who could not ask learns nothing of the log");
		answer_wipe(&answer);
	}
	cr_assert_eq(pull(0, WORLD_NOW_S - 600, &answer), STATUS_OK);
	cr_assert_eq(answer.refusals_len, 0);
	answer_wipe(&answer);
}

/* Replaces the request's signer, key or log and pulls. */
static enum protocol_reason refused_for(const struct key_id *signer, const struct signing_key *key,
                                        const struct key_id *log)
{
	const struct preface preface = world_preface(&world, NULL, 0);
	const struct pull_request request = {.log = *log, .time_s = WORLD_NOW_S};
	struct bytes body = {0}, payload = {0}, came = {0};
	struct answer answer;
	cr_assert_eq(protocol_write_preface(&body, &preface, NULL), STATUS_OK);
	cr_assert_eq(pull_request_encode(&payload, &request, NULL), STATUS_OK);
	const struct object_draft draft = {
		.type = OBJECT_PULL_REQUEST, .signer = *signer, .payload = bytes_span(&payload)};
	(void)cast_sign(&world.cast, &draft, key, &body);
	cr_assert_eq(relay_pull(world.relay, bytes_span(&body), &came, NULL), STATUS_OK);
	answer_read(&answer, bytes_span(&came));
	cr_assert_eq(answer.refusals_len, 1);
	cr_assert_eq(answer.objects_len, 0);
	const enum protocol_reason reason = answer.refusals[0].reason;
	answer_wipe(&answer);
	bytes_wipe(&came);
	bytes_wipe(&payload);
	bytes_wipe(&body);
	return reason;
}

static struct key_id appoint(unsigned roles, int64_t until_s, struct bytes *wire)
{
	struct bytes payload = {0};
	const struct appointment appointment = {
		.key = signing_key_public(world.cast.hq), .roles = roles, .until_s = until_s, .label = "Analyst"};
	cr_assert_eq(appointment_encode(&payload, &appointment, NULL), STATUS_OK);
	const struct object_draft draft = {
		.type = OBJECT_APPOINTMENT, .signer = world.cast.project, .payload = bytes_span(&payload)};
	const struct hash id = cast_sign(&world.cast, &draft, world.cast.root, wire);
	bytes_wipe(&payload);
	return key_id_of_object(&id);
}

Test(relay, grants_a_pull_to_appointed_keys_alone)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = whole_bundle(&walker, 1), payload = {0};
	const struct key_id reviewer = appoint(ROLE_REVIEW, 4000000000, &bundle);
	const struct key_id ended = appoint(ROLE_PULL, WORLD_NOW_S - 1, &bundle);
	const struct key_id dismissed = appoint(ROLE_PULL, 4000000000, &bundle);
	const struct revocation revocation = {.kind = REVOKE_APPOINTMENT, .who = dismissed, .time_s = WORLD_NOW_S};
	cr_assert_eq(revocation_encode(&payload, &revocation, NULL), STATUS_OK);
	const struct object_draft draft = {
		.type = OBJECT_REVOCATION, .signer = world.cast.project, .payload = bytes_span(&payload)};
	(void)cast_sign(&world.cast, &draft, world.cast.root, &bundle);
	struct answer answer;
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	cr_assert_eq(answer.push_end.refused, 0);
	answer_wipe(&answer);
	const struct key_id *const log = &world.cast.log;
	cr_assert_eq(refused_for(&walker.device.id, walker.device.key, log), PROTOCOL_NOT_ENTITLED);
	cr_assert_eq(refused_for(&world.cast.appointment, walker.device.key, log), PROTOCOL_BAD_SIGNATURE);
	cr_assert_eq(refused_for(&reviewer, world.cast.hq, log), PROTOCOL_NOT_ENTITLED);
	cr_assert_eq(refused_for(&ended, world.cast.hq, log), PROTOCOL_NOT_ENTITLED);
	cr_assert_eq(refused_for(&dismissed, world.cast.hq, log), PROTOCOL_REVOKED);
	cr_assert_eq(refused_for(&world.cast.appointment, world.cast.hq, &world.cast.hub_log), PROTOCOL_NOT_ENTITLED);
	cr_assert_eq(refused_for(&world.cast.hub_log, world.cast.hub, log), PROTOCOL_NOT_ENTITLED);
	struct key_id stranger = *log;
	stranger.bytes[3] ^= 1;
	cr_assert_eq(refused_for(&stranger, world.cast.hq, log), PROTOCOL_UNKNOWN_SIGNER);
	bytes_wipe(&payload);
	bytes_wipe(&bundle);
	walker_end(&walker);
}

Test(relay, refuses_a_pull_body_of_any_other_shape)
{
	struct bytes body = {0}, came = {0};
	world_pull_request(&world, 0, WORLD_NOW_S, &body);
	const struct span whole = bytes_span(&body);
	for (size_t cut = 0; cut < whole.len; cut++)
		cr_assert_eq(relay_pull(world.relay, (struct span){whole.data, cut}, &came, NULL), STATUS_BAD_INPUT);
	append(&body, bytes_span(&world.cast.appointment_wire));
	cr_assert_eq(relay_pull(world.relay, bytes_span(&body), &came, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(relay_pull(world.relay, bytes_span(&world.cast.appointment_wire), &came, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(came.len, 0);
	bytes_wipe(&came);
	bytes_wipe(&body);
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
		struct bytes bundle = whole_bundle(&walkers[i], LINKS_EACH);
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
