/* Pulls: who may, and what is given. */
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

TestSuite(relay_pull, .init = start, .fini = end);

static void append(struct bytes *bundle, struct span wire)
{
	cr_assert_eq(bytes_append(bundle, wire, NULL), STATUS_OK);
}

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

Test(relay_pull, gives_hq_the_log_after_its_cursor_then_the_newest_statements)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 3);
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

Test(relay_pull, gives_a_long_log_in_answers_of_bounded_size)
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

Test(relay_pull, answers_a_wrong_time_with_its_own_signed)
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

Test(relay_pull, grants_a_pull_to_appointed_keys_alone)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct bytes bundle = walker_bundle(&world, &walker, 1), payload = {0};
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

Test(relay_pull, refuses_a_pull_body_of_any_other_shape)
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
