#include "tests/schema/casebook_stage.h"

TestSuite(casebook, .init = stage_begin, .fini = stage_end);

/* --- the relay's log --- */

Test(casebook, believes_a_relay_whose_log_is_what_it_sent)
{
	struct relay_clock clock;
	cr_assert_eq(casebook_log_check(hq.casebook, &clock, &failure), STATUS_NOT_FOUND);
	(void)relay_keeps(&hq, &nasib.device.wire);
	(void)logs_report(&nasib, 1300);
	hq_pulls(&hq, SEEN_S);
	MUST(casebook_log_check(hq.casebook, &clock, &failure));
	cr_assert_eq(clock.seen.size, 2);
	cr_assert_eq(clock.time_s, SEEN_S);
	headquarters_reopen(&hq, "hq.db");
	(void)logs_report(&nasib, 1301);
	hq_pulls(&hq, SEEN_S + 1);
	MUST(casebook_log_check(hq.casebook, &clock, &failure));
	cr_assert_eq(clock.seen.size, 3);
}

/* What a relay does to the five objects of its log. */
static const size_t sent[][5] = {
	{0, 1, 2, 3, 4}, /* nothing */
	{0, 1, 3, 4, 4}, /* drops one */
	{0, 2, 1, 3, 4}, /* changes the order */
	{0, 1, 2, 3, 3}, /* gives one twice for another */
};

static enum status log_after(size_t deed, bool clock_first)
{
	struct relay_clock newest;
	struct bytes clock = {0};
	enum set_outcome outcome;
	(void)relay_keeps(&hq, &nasib.device.wire);
	for (uint32_t i = 0; i < 4; i++)
		(void)logs_report(&nasib, 1300 + i);
	relay_says(&hq, SEEN_S, &clock);
	MUST(casebook_begin(hq.casebook, &failure));
	if (clock_first)
		MUST(casebook_take(hq.casebook, bytes_span(&clock), 0, &outcome, &failure));
	for (size_t i = 0; i < 5; i++)
		(void)!casebook_take(hq.casebook, bytes_span(&hq.log[sent[deed][i]]), i + 1, &outcome, &failure);
	if (!clock_first)
		MUST(casebook_take(hq.casebook, bytes_span(&clock), 0, &outcome, &failure));
	MUST(casebook_commit(hq.casebook, NULL, &failure));
	bytes_wipe(&clock);
	headquarters_reopen(&hq, "hq.db");
	return casebook_log_check(hq.casebook, &newest, &failure);
}

Test(casebook, catches_a_relay_that_drops_an_object)
{
	cr_assert_eq(log_after(1, false), STATUS_TAMPERED);
	cr_assert_not_null(strstr(failure.message, "does not match what it sent"));
}

Test(casebook, catches_a_relay_that_changes_the_order)
{
	cr_assert_eq(log_after(2, false), STATUS_TAMPERED);
}

Test(casebook, catches_a_relay_that_sends_one_object_for_another)
{
	cr_assert_eq(log_after(3, true), STATUS_TAMPERED);
}

Test(casebook, has_no_fault_to_find_in_an_honest_log_signed_before_it_was_sent)
{
	cr_assert_eq(log_after(0, true), STATUS_OK, "%s", failure.message);
}

Test(casebook, catches_a_relay_that_tells_another_story_of_the_past)
{
	struct relay_clock newest;
	(void)relay_keeps(&hq, &nasib.device.wire);
	(void)logs_report(&nasib, 1300);
	(void)logs_report(&nasib, 1301);
	hq_pulls(&hq, SEEN_S);
	MUST(casebook_log_check(hq.casebook, &newest, &failure));
	struct receipt receipt = cast_receipt_for(&hq.cast, &nasib.device.id, (struct head){1, nasib.head.last});
	receipt.seen.size = 2;
	struct bytes wire = {0};
	(void)cast_receipt(&hq.cast, &receipt, &wire);
	hq_takes(&hq, &wire, 0);
	cr_assert_eq(casebook_log_check(hq.casebook, &newest, &failure), STATUS_TAMPERED);
	bytes_wipe(&wire);
}

Test(casebook, notices_a_log_that_shrank)
{
	struct relay_clock newest;
	struct bytes wire = {0};
	struct merkle tree = {0};
	struct object object;
	(void)relay_keeps(&hq, &nasib.device.wire);
	(void)logs_report(&nasib, 1300);
	hq_pulls(&hq, SEEN_S);
	MUST(object_parse(&object, bytes_span(&nasib.device.wire), &failure));
	merkle_append(&tree, &object.id);
	const struct checkpoint seen = {.log = hq.cast.log, .size = 1, .root = merkle_root(&tree)};
	relay_says_of(&hq, &seen, SEEN_S - 60, &wire);
	hq_takes(&hq, &wire, 0);
	MUST(casebook_log_check(hq.casebook, &newest, &failure));
	bytes_clear(&wire);
	relay_says_of(&hq, &seen, SEEN_S + 60, &wire);
	hq_takes(&hq, &wire, 0);
	cr_assert_eq(casebook_log_check(hq.casebook, &newest, &failure), STATUS_TAMPERED);
	cr_assert_not_null(strstr(failure.message, "shrank"));
	bytes_wipe(&wire);
}

/* The relay gave a device a receipt over its log, and tells headquarters of a shorter one. */
Test(casebook, notices_a_log_whose_end_is_kept_back)
{
	struct relay_clock newest;
	struct bytes wire = {0};
	(void)relay_keeps(&hq, &nasib.device.wire);
	(void)logs_report(&nasib, 1300);
	hq_pulls(&hq, SEEN_S);
	struct receipt receipt = cast_receipt_for(&hq.cast, &nasib.device.id, nasib.head);
	receipt.seen.size = 9;
	receipt.time_s = SEEN_S + 60;
	(void)cast_receipt(&hq.cast, &receipt, &wire);
	hq_takes(&hq, &wire, 0);
	MUST(casebook_log_check(hq.casebook, &newest, &failure));
	cr_assert_eq(newest.seen.size, 9);
	hq_pulls(&hq, SEEN_S + 60);
	MUST(casebook_log_check(hq.casebook, &newest, &failure));
	hq_pulls(&hq, SEEN_S + 61);
	cr_assert_eq(casebook_log_check(hq.casebook, &newest, &failure), STATUS_TAMPERED);
	cr_assert_not_null(strstr(failure.message, "it held 9 objects, and says now that it holds 2"), "%s", failure.message);
	bytes_wipe(&wire);
}

Test(casebook, takes_in_its_own_objects_as_part_of_the_relays_log)
{
	struct relay_clock newest;
	struct bytes own = {0};
	const struct hash descriptor = hq.cast.descriptor_id;
	MUST(set_get(project_set(hq.project), &descriptor, &own, &failure));
	(void)relay_keeps(&hq, &own);
	(void)relay_keeps(&hq, &nasib.device.wire);
	hq_pulls(&hq, SEEN_S);
	MUST(casebook_log_check(hq.casebook, &newest, &failure));
	cr_assert_eq(newest.seen.size, 2);
	bytes_wipe(&own);
}

Test(casebook, believes_no_clock_that_the_relay_did_not_sign)
{
	struct relay_clock newest;
	struct bytes wire = {0};
	const struct checkpoint seen = {.log = hq.cast.log, .size = 9, .root = hq.cast.descriptor_id};
	const struct checkpoint others = {.log = hq.cast.hub_log, .size = 9, .root = hq.cast.descriptor_id};
	relay_says_of(&hq, &seen, SEEN_S, &wire);
	wire.data[wire.len - 1] ^= 1;
	cr_assert_eq(hq_take(&hq, &wire, 0, &failure), STATUS_TAMPERED);
	bytes_clear(&wire);
	relay_says_of(&hq, &others, SEEN_S, &wire);
	cr_assert_eq(hq_take(&hq, &wire, 0, &failure), STATUS_BAD_INPUT);
	cr_assert_eq(casebook_log_check(hq.casebook, &newest, &failure), STATUS_NOT_FOUND);
	cr_assert_eq(all_set_aside()->len, 2);
	bytes_wipe(&wire);
}

Test(casebook, holds_the_relay_to_its_receipts_too)
{
	struct relay_clock newest;
	struct bytes wire = {0};
	(void)relay_keeps(&hq, &nasib.device.wire);
	(void)logs_report(&nasib, 1300);
	struct receipt receipt = cast_receipt_for(&hq.cast, &nasib.device.id, nasib.head);
	receipt.seen = (struct checkpoint){.log = hq.cast.log, .size = 2, .root = merkle_root(&hq.tree)};
	receipt.time_s = SEEN_S - 3600;
	(void)cast_receipt(&hq.cast, &receipt, &wire);
	hq_pulls(&hq, SEEN_S);
	hq_takes(&hq, &wire, 0);
	MUST(casebook_log_check(hq.casebook, &newest, &failure));
	cr_assert_eq(all_shown()->entry[0].verdict.seen_by_s, SEEN_S - 3600);
	bytes_wipe(&wire);
}

Test(casebook, refuses_a_cursor_that_its_objects_do_not_reach)
{
	enum set_outcome outcome;
	const uint64_t cursor = 2;
	uint64_t reached = 9;
	MUST(casebook_begin(hq.casebook, &failure));
	MUST(casebook_take(hq.casebook, bytes_span(&nasib.device.wire), 1, &outcome, &failure));
	cr_assert_eq(casebook_commit(hq.casebook, &cursor, &failure), STATUS_BUG);
	MUST(casebook_cursor(hq.casebook, &reached, &failure));
	cr_assert_eq(reached, 0);
	cr_assert_eq(all_listed()->len, 0);
	cr_assert_eq(casebook_take(hq.casebook, bytes_span(&nasib.device.wire), 0, &outcome, &failure), STATUS_BUG);
	cr_assert_eq(casebook_commit(hq.casebook, NULL, &failure), STATUS_BUG);
}

Test(casebook, locks_nobody_out_before_it_has_taken_something)
{
	struct project *other = NULL;
	MUST(project_open(&other, cast_path(&hq.cast, "hq.db"), hq.cast.vault, hq.cast.data_key, &failure));
	MUST(casebook_begin(hq.casebook, &failure));
	MUST(project_policy_set(other, &(struct project_policies){DESCRIPTOR_NEVER, 100, false}, SEEN_S, &failure));
	MUST(casebook_commit(hq.casebook, NULL, &failure));
	project_close(other);
}
