#include "sync/relay.h"

#include <criterion/criterion.h>
#include <string.h>

#include "crypto/cbor.h"

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

TestSuite(relay_withheld, .init = start, .fini = end);

/* Its enrolment, two events of which the last one is withheld, and no head. */
static struct bytes bundle_of(struct walker *walker, struct bytes *whole)
{
	struct bytes bundle = {0};
	cr_assert_eq(bytes_append(&bundle, bytes_span(&walker->device.wire), NULL), STATUS_OK);
	walker_step(&world, walker, "the first", &bundle);
	walker_step(&world, walker, "the second", whole);
	(void)cast_withhold(&world.cast, &walker->device, bytes_span(whole), &bundle);
	return bundle;
}

Test(relay_withheld, gives_a_receipt_that_names_the_withheld_event)
{
	struct walker walker;
	struct bytes whole = {0};
	struct answer answer;
	walker_begin(&world, &walker);
	struct bytes bundle = bundle_of(&walker, &whole);
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	cr_assert_eq(answer.push_end.accepted, 3);
	const struct receipt receipt = answer_receipt(&world, &answer, &walker.device.id);
	cr_assert_eq(receipt.number, 2);
	cr_assert(hash_equals(&receipt.last, &walker.at.last));
	cr_assert_eq(receipt.missing_len, 0);
	answer_wipe(&answer);
	/* Then the body comes after all. */
	world_push_of(&world, &walker.device.id, bytes_span(&whole), &answer);
	cr_assert_eq(answer.push_end.accepted, 1);
	const struct receipt again = answer_receipt(&world, &answer, &walker.device.id);
	cr_assert_eq(again.number, 2);
	cr_assert(hash_equals(&again.last, &walker.at.last));
	answer_wipe(&answer);
	bytes_wipe(&bundle);
	bytes_wipe(&whole);
	walker_end(&walker);
}

Test(relay_withheld, takes_no_event_whose_body_was_cut_off_on_its_way)
{
	struct walker walker;
	struct bytes whole = {0}, cut = {0};
	struct object object;
	struct answer answer;
	struct cbor_writer writer;
	walker_begin(&world, &walker);
	cr_assert_eq(bytes_append(&cut, bytes_span(&walker.device.wire), NULL), STATUS_OK);
	walker_step(&world, &walker, "the first", &whole);
	cr_assert_eq(object_parse(&object, bytes_span(&whole), NULL), STATUS_OK);
	cbor_write_begin(&writer, &cut);
	cbor_write_array(&writer, 2);
	cbor_write_uint(&writer, OBJECT_REPORT);
	cbor_write_encoded(&writer, object.cose);
	cr_assert_eq(cbor_write_end(&writer, NULL), STATUS_OK);
	world_push_of(&world, &walker.device.id, bytes_span(&cut), &answer);
	cr_assert_eq(answer.push_end.accepted, 1);
	cr_assert_eq(answer.push_end.refused, 1);
	cr_assert_eq(answer.refusals[0].reason, PROTOCOL_BAD_SIGNATURE);
	cr_assert_eq(answer_receipt(&world, &answer, &walker.device.id).number, 0);
	answer_wipe(&answer);
	bytes_wipe(&cut);
	bytes_wipe(&whole);
	walker_end(&walker);
}

/* What a device signs counts as its own bytes, of whatever type. */
Test(relay_withheld, counts_withholdings_against_the_devices_room)
{
	struct walker walker;
	struct bytes whole = {0};
	struct answer answer;
	uint64_t charged = 0;
	struct signer signer;
	walker_begin(&world, &walker);
	struct bytes bundle = bundle_of(&walker, &whole);
	world_push_of(&world, &walker.device.id, bytes_span(&bundle), &answer);
	cr_assert_eq(world.store->methods->signer(world.store, &world.cast.project, &walker.device.id, &signer, NULL), STATUS_OK);
	cr_assert_eq(world.store->methods->charged(world.store, &world.cast.project, &signer.parent, &charged, NULL), STATUS_OK);
	cr_assert_eq(charged, bundle.len);
	answer_wipe(&answer);
	bytes_wipe(&bundle);
	bytes_wipe(&whole);
	walker_end(&walker);
}
