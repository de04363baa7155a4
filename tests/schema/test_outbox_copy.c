#include "schema/outbox.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "tests/schema/cast.h"

enum { CREATED = 1760000000 };

static struct cast cast;
static struct error err;
static struct outbox *outbox;
static struct secret *next_key;
static struct vault *next_vault;

#define MUST(expression) cr_assert_eq((expression), STATUS_OK, #expression ": %s", err.message)

static void start(void)
{
	struct invite_file invite;
	cast_begin(&cast, DESCRIPTOR_KEEP);
	cast_invite(&cast, "Team Nasib", &invite);
	MUST(outbox_create(&outbox, cast_path(&cast, "one.db"), cast.vault, cast.data_key, &invite, CREATED, &err));
	invite_file_wipe(&invite);
	MUST(secret_new_random(&next_key, VAULT_KEY_BYTES, &err));
	MUST(vault_register(&next_vault, next_key, NULL, &err));
}

static void end(void)
{
	outbox_close(outbox);
	vault_unregister(next_vault);
	secret_free(next_key);
	cast_end(&cast);
}

TestSuite(outbox_copy, .init = start, .fini = end);

static void add(struct outbox *to, const char *individuals)
{
	static const struct {
		const char *name, *text;
	} fields[] = {{"kind", "stock"}, {"place", "C5999"}, {"observed_on", "2025-10-09"}};
	const struct report_reading reading = {.today = 20372};
	struct body body;
	struct hash id;
	body_init(&body, OBJECT_REPORT);
	body.created_s = CREATED;
	body.clock = BODY_CLOCK_MANUAL;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		MUST(report_set(&body.report, report_field_find(fields[i].name), fields[i].text, &reading, &err));
	MUST(report_set(&body.report, report_field_find("individuals"), individuals, &reading, &err));
	MUST(outbox_put(to, &body, 1, &id, &err));
}

static void copy(const char *name)
{
	MUST(outbox_copy(outbox, cast_path(&cast, name), next_vault, next_key, &err));
}

static struct outbox *opened(const char *name)
{
	struct outbox *other = NULL;
	MUST(outbox_open(&other, cast_path(&cast, name), next_vault, next_key, &err));
	return other;
}

Test(outbox_copy, goes_on_where_the_register_was_with_the_same_keys)
{
	struct outbox_status before, after;
	uint8_t tag_before[REPORT_TAG_BYTES], tag_after[REPORT_TAG_BYTES];
	add(outbox, "1");
	add(outbox, "2");
	MUST(outbox_status(outbox, &before, &err));
	MUST(outbox_tag(outbox, "the baker", tag_before, &err));
	copy("two.db");
	struct outbox *const other = opened("two.db");
	MUST(outbox_status(other, &after, &err));
	MUST(outbox_tag(other, "the baker", tag_after, &err));
	cr_assert_eq(memcmp(&before, &after, sizeof before), 0);
	cr_assert_eq(memcmp(tag_before, tag_after, sizeof tag_before), 0, "an informant is another one now");
	const struct key_id device = outbox_device(outbox), same = outbox_device(other);
	cr_assert(key_id_equals(&device, &same));
	add(other, "3");
	MUST(outbox_check(other, &err));
	MUST(outbox_status(other, &after, &err));
	cr_assert_eq(after.saved, before.saved + 1);
	outbox_close(other);
	struct outbox *const again = opened("two.db");
	MUST(outbox_check(again, &err));
	outbox_close(again);
}

Test(outbox_copy, holds_nothing_under_the_old_data_key)
{
	struct outbox *other = NULL;
	copy("two.db");
	cr_assert_neq(outbox_open(&other, cast_path(&cast, "two.db"), cast.vault, cast.data_key, &err), STATUS_OK);
	cr_assert_eq(outbox_open(&other, cast_path(&cast, "two.db"), next_vault, cast.data_key, &err), STATUS_TAMPERED,
	             "its own keys are still wrapped under the old one");
	cr_assert_null(other);
}

Test(outbox_copy, of_a_succeeded_key_goes_on_with_the_one_that_signs)
{
	add(outbox, "1");
	MUST(outbox_succeed(outbox, SUCCESSION_RESTORE, &err));
	add(outbox, "2");
	copy("two.db");
	struct outbox *const other = opened("two.db");
	add(other, "3");
	MUST(outbox_check(other, &err));
	outbox_close(other);
}

Test(outbox_copy, never_writes_over_a_file_and_leaves_none_that_failed)
{
	struct outbox_status status;
	copy("two.db");
	cr_assert_eq(outbox_copy(outbox, cast_path(&cast, "two.db"), next_vault, next_key, &err), STATUS_REFUSED);
	outbox_close(opened("two.db"));
	struct secret *wrong = NULL;
	MUST(secret_new_random(&wrong, VAULT_KEY_BYTES - 1, &err));
	cr_assert_neq(outbox_copy(outbox, cast_path(&cast, "three.db"), next_vault, wrong, &err), STATUS_OK);
	cr_assert_neq(access(cast_path(&cast, "three.db"), F_OK), 0, "half a copy stayed");
	MUST(outbox_status(outbox, &status, &err));
	secret_free(wrong);
}
