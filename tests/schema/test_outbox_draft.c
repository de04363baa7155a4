#include <criterion/criterion.h>
#include <string.h>

#include "schema/outbox.h"
#include "tests/schema/cast.h"

enum { CREATED = 1760000000 };

static struct cast cast;
static struct error err;
static struct outbox *outbox;
static struct body body;
static const uint8_t mine[OUTBOX_MARK_BYTES] = {1}, others[OUTBOX_MARK_BYTES] = {2};

static void make(enum descriptor_retention retention)
{
	static const struct report_reading reading = {.today = 20372};
	static const char *const fields[][2] = {
		{"kind", "arrival"}, {"place", "C5999"}, {"observed_on", "2025-10-09"}, {"individuals", "300"}};
	struct invite_file invite;
	cast_begin(&cast, retention);
	cast_invite(&cast, "Team Nasib", &invite);
	cr_assert_eq(outbox_create(&outbox, cast_path(&cast, "a"), cast.vault, cast.data_key, &invite, CREATED, &err),
	             STATUS_OK, "%s", err.message);
	invite_file_wipe(&invite);
	body_init(&body, OBJECT_REPORT);
	body.created_s = CREATED;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		cr_assert_eq(report_set(&body.report, report_field_find(fields[i][0]), fields[i][1], &reading, &err), STATUS_OK);
}

static void end(void)
{
	outbox_close(outbox);
	cast_end(&cast);
}

TestSuite(outbox_draft, .fini = end);

static enum status put(const uint8_t mark[OUTBOX_MARK_BYTES], const char *text)
{
	struct outbox_draft draft = {.saved_s = CREATED};
	memcpy(draft.mark, mark, sizeof draft.mark);
	cr_assert_eq(bytes_append(&draft.content, span_from_text(text), &err), STATUS_OK);
	const enum status status = outbox_draft_put(outbox, &draft, &err);
	bytes_wipe(&draft.content);
	return status;
}

static bool waits(const char *text)
{
	struct outbox_draft draft;
	const enum status status = outbox_draft_get(outbox, &draft, &err);
	if (status == STATUS_NOT_FOUND)
		return false;
	cr_assert_eq(status, STATUS_OK, "%s", err.message);
	const bool same = span_equals(bytes_span(&draft.content), span_from_text(text));
	bytes_wipe(&draft.content);
	return same;
}

static void reopen(void)
{
	outbox_close(outbox);
	outbox = NULL;
	cr_assert_eq(outbox_open(&outbox, cast_path(&cast, "a"), cast.vault, cast.data_key, &err), STATUS_OK, "%s", err.message);
}

Test(outbox_draft, is_there_after_each_answer_and_replaces_the_one_before)
{
	make(DESCRIPTOR_KEEP);
	cr_expect_not(waits("x"));
	cr_assert_eq(put(mine, "one"), STATUS_OK);
	cr_assert_eq(put(mine, "two"), STATUS_OK);
	reopen();
	cr_expect(waits("two"));
}

Test(outbox_draft, goes_with_the_report_it_became)
{
	struct hash id;
	make(DESCRIPTOR_KEEP);
	const uint64_t before = outbox_tip(outbox).number;
	cr_assert_eq(put(mine, "one"), STATUS_OK);
	cr_assert_eq(outbox_put_drafted(outbox, &body, mine, &id, &err), STATUS_OK, "%s", err.message);
	cr_expect_eq(outbox_tip(outbox).number, before + 1);
	cr_expect_not(waits("one"));
	reopen();
	cr_expect_not(waits("one"));
}

Test(outbox_draft, of_another_dialogue_stays)
{
	struct hash id;
	make(DESCRIPTOR_KEEP);
	cr_assert_eq(put(others, "theirs"), STATUS_OK);
	cr_assert_eq(outbox_put_drafted(outbox, &body, mine, &id, &err), STATUS_OK);
	cr_expect(waits("theirs"));
	cr_assert_eq(outbox_draft_drop(outbox, mine, &err), STATUS_OK);
	cr_expect(waits("theirs"));
	cr_assert_eq(outbox_draft_drop(outbox, others, &err), STATUS_OK);
	cr_expect_not(waits("theirs"));
}

Test(outbox_draft, stays_when_the_report_is_refused)
{
	struct hash id;
	make(DESCRIPTOR_KEEP);
	const uint64_t before = outbox_tip(outbox).number;
	cr_assert_eq(put(mine, "one"), STATUS_OK);
	report_clear(&body.report, report_field_find("place"));
	cr_expect_eq(outbox_put_drafted(outbox, &body, mine, &id, &err), STATUS_BAD_INPUT);
	cr_expect(waits("one"));
	cr_expect_eq(outbox_tip(outbox).number, before);
}

Test(outbox_draft, goes_along_into_a_copy_under_another_key)
{
	struct vault *vault = NULL;
	struct secret *key = NULL;
	make(DESCRIPTOR_KEEP);
	cr_assert_eq(put(mine, "one"), STATUS_OK);
	cr_assert_eq(secret_new_random(&key, VAULT_KEY_BYTES, &err), STATUS_OK);
	cr_assert_eq(vault_register(&vault, key, NULL, &err), STATUS_OK);
	cr_assert_eq(outbox_copy(outbox, cast_path(&cast, "b"), vault, key, &err), STATUS_OK, "%s", err.message);
	outbox_close(outbox);
	cr_assert_eq(outbox_open(&outbox, cast_path(&cast, "b"), vault, key, &err), STATUS_OK, "%s", err.message);
	cr_expect(waits("one"));
	outbox_close(outbox);
	outbox = NULL;
	vault_unregister(vault);
	secret_free(key);
}

Test(outbox_draft, is_not_kept_where_nothing_readable_may_be)
{
	make(DESCRIPTOR_NEVER);
	cr_expect_not(outbox_keeps_drafts(outbox));
	cr_expect_eq(put(mine, "one"), STATUS_REFUSED);
	cr_expect_not(waits("one"));
}

Test(outbox_draft, goes_when_a_stricter_policy_arrives)
{
	struct admission admission;
	enum set_outcome outcome;
	make(DESCRIPTOR_KEEP);
	cr_assert_eq(put(mine, "one"), STATUS_OK);
	cast.descriptor.retention = DESCRIPTOR_NEVER;
	cast_describe(&cast);
	cr_assert_eq(outbox_take(outbox, bytes_span(&cast.descriptor_wire), &admission, &outcome, &err), STATUS_OK, "%s",
	             err.message);
	cr_expect_not(outbox_keeps_drafts(outbox));
	cr_expect_not(waits("one"));
}
