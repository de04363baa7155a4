#include "schema/outbox.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/schema/cast.h"
#include "tests/schema/samples.h"

static struct cast cast;
static struct outbox *outbox;
static struct error err;

#define MUST(expression) cr_assert_eq((expression), STATUS_OK, #expression ": %s", err.message)

static void start(void)
{
	struct invite_file invite;
	cast_begin(&cast, DESCRIPTOR_KEEP);
	cast_invite(&cast, "Team Nasib", &invite);
	MUST(outbox_create(&outbox, cast_path(&cast, "register.db"), cast.vault, cast.data_key, &invite, SAMPLES_CREATED_S, &err));
	invite_file_wipe(&invite);
}

static void end(void)
{
	outbox_close(outbox);
	cast_end(&cast);
}

TestSuite(outbox_recovery, .init = start, .fini = end);

static struct hash put_code(uint8_t first)
{
	static struct body body;
	struct hash id;
	body_init(&body, OBJECT_RECOVERY);
	body.created_s = SAMPLES_CREATED_S;
	for (size_t i = 0; i < sizeof body.recovery; i++)
		body.recovery[i] = (uint8_t)(first + i);
	MUST(outbox_put(outbox, &body, 1, &id, &err));
	return id;
}

static struct hash put_report(void)
{
	static struct body body;
	struct hash id;
	uint64_t state = 7;
	body_init(&body, OBJECT_REPORT);
	body.created_s = SAMPLES_CREATED_S;
	samples_report(&body.report, &state, 10);
	MUST(outbox_put(outbox, &body, 1, &id, &err));
	return id;
}

static struct outbox_status standing(void)
{
	struct outbox_status status;
	MUST(outbox_status(outbox, &status, &err));
	return status;
}

static void take(struct bytes *wire)
{
	struct admission admission;
	enum set_outcome outcome;
	MUST(outbox_take(outbox, bytes_span(wire), &admission, &outcome, &err));
	bytes_wipe(wire);
}

static void take_receipt(struct head head)
{
	struct bytes wire = {0};
	const struct key_id device = outbox_device(outbox);
	const struct receipt receipt = cast_receipt_for(&cast, &device, head);
	(void)cast_receipt(&cast, &receipt, &wire);
	take(&wire);
}

Test(outbox_recovery, keeps_no_readable_copy_of_a_code)
{
	struct outbox_entry entry;
	const struct hash id = put_code(1);
	MUST(outbox_find(outbox, "1", &entry, &err));
	cr_assert(hash_equals(&entry.id, &id));
	cr_assert_eq(entry.type, OBJECT_RECOVERY);
	cr_assert_not(entry.readable);
	const uint8_t zero[BODY_RECOVERY_CODE_BYTES] = {0};
	cr_assert_arr_eq(entry.body.recovery, zero, sizeof zero);
	MUST(outbox_check(outbox, &err));
}

Test(outbox_recovery, counts_reports_and_not_codes)
{
	cr_assert_not(standing().recovery_made);
	const struct hash code = put_code(1);
	cr_assert_eq(standing().saved, 0);
	cr_assert(standing().recovery_made);
	cr_assert_not(standing().recovery_held);
	const struct hash report = put_report();
	cr_assert_eq(standing().saved, 1);
	take_receipt((struct head){1, code});
	cr_assert_eq(standing().relay, 0);
	cr_assert(standing().recovery_held);
	take_receipt((struct head){2, report});
	cr_assert_eq(standing().relay, 1);
	cr_assert_eq(outbox_tip(outbox).number, 2);
}

Test(outbox_recovery, judges_the_newest_code_by_its_own_receipt)
{
	const struct hash first = put_code(1);
	take_receipt((struct head){1, first});
	cr_assert(standing().recovery_held);
	const struct hash second = put_code(2);
	cr_assert_not(standing().recovery_held);
	take_receipt((struct head){2, second});
	cr_assert(standing().recovery_held);
	cr_assert_eq(standing().saved, 0);
}

Test(outbox_recovery, holds_over_a_new_key)
{
	const struct hash code = put_code(1);
	MUST(outbox_succeed(outbox, SUCCESSION_ROTATION, &err));
	cr_assert(standing().recovery_made);
	cr_assert_not(standing().recovery_held);
	(void)put_report();
	cr_assert_eq(standing().saved, 1);
	(void)code;
}

Test(outbox_recovery, refuses_a_code_captured_while_locked)
{
	struct body body;
	struct hash id;
	body_init(&body, OBJECT_RECOVERY);
	body.created_s = SAMPLES_CREATED_S;
	body.captured_locked = true;
	cr_assert_eq(outbox_put(outbox, &body, 1, &id, &err), STATUS_BAD_INPUT);
	cr_assert_not(standing().recovery_made);
}
