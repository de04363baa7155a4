/* What a push is answered with: receipts for the sender's branch, and what goes down to devices. */
#include <criterion/criterion.h>
#include <string.h>

#include "sync/relay.h"
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

TestSuite(relay_answer, .init = start, .fini = end);

static void append(struct bytes *bundle, struct span wire)
{
	cr_assert_eq(bytes_append(bundle, wire, NULL), STATUS_OK);
}

static bool receipt_ends_at(const struct answer *answer, const struct key_id *device, const struct head *head)
{
	const struct receipt receipt = answer_receipt(&world, answer, device);
	return receipt.number == head->number && hash_equals(&receipt.last, &head->last);
}

Test(relay_answer, receipts_each_branch_of_a_clone_to_the_one_who_sent_it)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 2), left = {0}, right = {0};
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

Test(relay_answer, names_what_a_head_says_is_missing)
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

Test(relay_answer, gives_down_descriptors_acknowledgements_revocations_and_messages)
{
	struct walker walker, other;
	walker_begin(&world, &walker);
	walker_begin(&world, &other);
	struct bytes bundle = walker_bundle(&world, &walker, 2), others = walker_bundle(&world, &other, 1), hq = {0}, payload = {0};
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

Test(relay_answer, a_revoked_devices_objects_are_stored_and_its_successor_hears_of_it)
{
	struct walker walker, next;
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 1), hq = {0}, later = {0};
	struct answer answer;
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	answer_wipe(&answer);
	(void)cast_revoke(&world.cast, &walker.device.id, &hq);
	const struct preface preface = world_preface(&world, NULL, 0);
	world_push(&world, &preface, bytes_span(&hq), &answer, NULL);
	answer_wipe(&answer);
	walker_step(&world, &walker, "later", &later);
	walker_succeed(&world, &walker, &next, &later);
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
