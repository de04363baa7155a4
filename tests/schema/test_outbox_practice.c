#include "schema/outbox.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "tests/schema/cast.h"
#include "tests/support/failing_malloc.h"

enum { CREATED = 1760000000 };

static struct cast cast;
static struct error err;

#define MUST(expression) cr_assert_eq((expression), STATUS_OK, #expression ": %s", err.message)

static void start(void)
{
	cast_begin(&cast, DESCRIPTOR_KEEP);
}

static void end(void)
{
	cast_end(&cast);
}

TestSuite(outbox_practice, .init = start, .fini = end);

static struct outbox *made(const char *name, int64_t now_s)
{
	struct outbox *outbox = NULL;
	MUST(outbox_create_practice(&outbox, cast_path(&cast, name), cast.vault, cast.data_key, now_s, &err));
	return outbox;
}

static void add(struct outbox *outbox)
{
	static const struct {
		const char *name, *text;
	} fields[] = {{"kind", "stock"}, {"place", "C5999"}, {"observed_on", "2025-10-09"}, {"individuals", "40"}};
	const struct report_reading reading = {.today = 20372};
	struct body body;
	struct hash id;
	body_init(&body, OBJECT_REPORT);
	body.created_s = CREATED;
	body.clock = BODY_CLOCK_MANUAL;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		MUST(report_set(&body.report, report_field_find(fields[i].name), fields[i].text, &reading, &err));
	MUST(outbox_put(outbox, &body, 1, &id, &err));
}

Test(outbox_practice, is_a_register_like_any_other_but_marked)
{
	struct outbox *outbox = made("practice.db", CREATED);
	struct outbox_status state;
	add(outbox);
	outbox_close(outbox);
	MUST(outbox_open(&outbox, cast_path(&cast, "practice.db"), cast.vault, cast.data_key, &err));
	cr_assert(outbox_is_practice(outbox));
	cr_assert(outbox_descriptor(outbox)->training);
	cr_assert_eq(outbox_descriptor(outbox)->relays_len, 0);
	cr_assert_not(outbox_descriptor(outbox)->duress);
	MUST(outbox_status(outbox, &state, &err));
	cr_assert_eq(state.saved, 1);
	MUST(outbox_check(outbox, &err));
	MUST(outbox_succeed(outbox, SUCCESSION_RESTORE, &err));
	outbox_close(outbox);
}

Test(outbox_practice, two_have_nothing_in_common_with_each_other_nor_with_a_project)
{
	struct invite_file invite;
	struct outbox *const a = made("a.db", CREATED), *const b = made("b.db", CREATED);
	struct outbox *real = NULL;
	cast_invite(&cast, "Team Nasib", &invite);
	MUST(outbox_create(&real, cast_path(&cast, "real.db"), cast.vault, cast.data_key, &invite, CREATED, &err));
	const struct key_id project_a = outbox_project(a), project_b = outbox_project(b), project = outbox_project(real);
	const struct key_id device_a = outbox_device(a), device_b = outbox_device(b);
	cr_assert_not(key_id_equals(&project_a, &project_b));
	cr_assert_not(key_id_equals(&project_a, &project));
	cr_assert_not(key_id_equals(&device_a, &device_b));
	cr_assert_not(outbox_is_practice(real));
	invite_file_wipe(&invite);
	outbox_close(a);
	outbox_close(b);
	outbox_close(real);
}

/* The known answer: SHA-256 of "sijil/1 nobody" and a zero byte. */
Test(outbox_practice, seals_to_nobody)
{
	static const uint8_t expected[] = {
		0x25, 0x30, 0xfb, 0x33, 0xa2, 0x21, 0xa0, 0xba, 0x2b, 0x3f, 0xed, 0x97, 0x1b, 0xa6, 0x4a, 0xcf,
		0x8f, 0x5c, 0xb2, 0xe0, 0xc2, 0xea, 0x47, 0x62, 0x13, 0x39, 0xe4, 0x48, 0x81, 0xfc, 0x24, 0xb5,
	};
	struct outbox *const outbox = made("practice.db", CREATED);
	cr_assert_eq(memcmp(outbox_descriptor(outbox)->sealing.bytes, expected, sizeof expected), 0);
	outbox_close(outbox);
}

Test(outbox_practice, needs_no_clock)
{
	outbox_close(made("unset.db", 0));
	outbox_close(made("before.db", -5));
	outbox_close(made("late.db", INT64_C(4000000000)));
}

/* Up to where the database begins, whose own failures are outbox_create's. */
/* Not every allocation is needed: without its own the vault opens the journal anew each time. */
Test(outbox_practice, without_memory_leaves_no_file)
{
	bool failed = true;
	size_t refused = 0;
	for (size_t n = 1; failed; n++) {
		struct outbox *outbox = NULL;
		failing_malloc_at(n);
		const enum status status =
			outbox_create_practice(&outbox, cast_path(&cast, "none.db"), cast.vault, cast.data_key, CREATED, NULL);
		failed = failing_malloc_ended();
		refused += status != STATUS_OK;
		cr_assert_eq(access(cast_path(&cast, "none.db"), F_OK) == 0, status == STATUS_OK, "allocation %zu", n);
		outbox_close(outbox);
		(void)unlink(cast_path(&cast, "none.db"));
		(void)unlink(cast_path(&cast, "none.db-journal"));
	}
	cr_assert_gt(refused, 25);
}
