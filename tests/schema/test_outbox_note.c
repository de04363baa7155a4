#include <criterion/criterion.h>
#include <string.h>

#include "schema/outbox.h"
#include "tests/schema/cast.h"

enum { CREATED = 1760000000 };

static struct cast cast;
static struct error err;
static struct outbox *outbox;
static struct body body;
static uint64_t base; /* where its chain ended when it was made */
static const struct hash one = {{1}}, two = {{2}};

static void set_field(const char *name, const char *text)
{
	static const struct report_reading reading = {.today = 20372};
	cr_assert_eq(report_set(&body.report, report_field_find(name), text, &reading, &err), STATUS_OK, "%s", err.message);
}

static void start(void)
{
	struct invite_file invite;
	cast_begin(&cast, DESCRIPTOR_KEEP);
	cast_invite(&cast, "Team Nasib", &invite);
	cr_assert_eq(outbox_create(&outbox, cast_path(&cast, "a"), cast.vault, cast.data_key, &invite, CREATED, &err),
	             STATUS_OK, "%s", err.message);
	invite_file_wipe(&invite);
	base = outbox_tip(outbox).number;
	body_init(&body, OBJECT_REPORT);
	body.created_s = CREATED;
	body.captured_locked = true;
	set_field("kind", "arrival");
	set_field("place", "C5999");
	set_field("observed_on", "2018-06-21");
	set_field("individuals", "300");
}

static void end(void)
{
	outbox_close(outbox);
	cast_end(&cast);
}

TestSuite(outbox_note, .init = start, .fini = end);

static struct outbox_note accept(const struct hash *name)
{
	struct outbox_note before = {.fate = 9};
	cr_assert_eq(outbox_note_accept(outbox, name, &body, &before, &err), STATUS_OK, "%s", err.message);
	return before;
}

static struct outbox_note find(const struct hash *name)
{
	struct outbox_note note;
	cr_assert_eq(outbox_note_find(outbox, name, &note, &err), STATUS_OK, "%s", err.message);
	return note;
}

static enum status is_marked(void *context, const struct outbox_entry *entry, struct error *error)
{
	(void)context;
	(void)error;
	cr_assert(entry->type != OBJECT_REPORT || entry->body.captured_locked);
	return STATUS_OK;
}

Test(outbox_note, becomes_a_report_that_says_how_it_came)
{
	static struct report report;
	cr_assert_eq(find(&one).fate, OUTBOX_NOTE_UNKNOWN);
	cr_assert_eq(accept(&one).fate, OUTBOX_NOTE_UNKNOWN);
	cr_assert_eq(outbox_tip(outbox).number, base + 1);
	cr_assert_eq(find(&one).fate, OUTBOX_NOTE_ACCEPTED);
	const struct hash event = find(&one).event, last = outbox_tip(outbox).last;
	cr_assert(hash_equals(&event, &last));
	cr_assert_eq(outbox_current(outbox, &event, &report, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(outbox_each(outbox, is_marked, NULL, &err), STATUS_OK, "%s", err.message);
}

Test(outbox_note, accepted_again_saves_nothing)
{
	(void)accept(&one);
	const struct outbox_note before = accept(&one);
	cr_assert_eq(before.fate, OUTBOX_NOTE_ACCEPTED);
	cr_assert_eq(outbox_tip(outbox).number, base + 1);
	cr_assert_eq(accept(&two).fate, OUTBOX_NOTE_UNKNOWN);
	cr_assert_eq(outbox_tip(outbox).number, base + 2);
	cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "%s", err.message);
}

Test(outbox_note, dropped_it_cannot_be_accepted_any_more)
{
	struct outbox_note before;
	cr_assert_eq(outbox_note_drop(outbox, &one, &before, &err), STATUS_OK);
	cr_assert_eq(before.fate, OUTBOX_NOTE_UNKNOWN);
	cr_assert_eq(accept(&one).fate, OUTBOX_NOTE_DROPPED);
	cr_assert_eq(outbox_tip(outbox).number, base + 0);
	cr_assert_eq(outbox_note_drop(outbox, &one, &before, &err), STATUS_OK);
	cr_assert_eq(before.fate, OUTBOX_NOTE_DROPPED);
}

Test(outbox_note, that_cannot_be_saved_stays_unknown)
{
	struct outbox_note before;
	report_clear(&body.report, report_field_find("place"));
	cr_assert_eq(outbox_note_accept(outbox, &one, &body, &before, &err), STATUS_BAD_INPUT);
	cr_assert_eq(find(&one).fate, OUTBOX_NOTE_UNKNOWN);
	cr_assert_eq(outbox_tip(outbox).number, base + 0);
	set_field("place", "C5999");
	cr_assert_eq(accept(&one).fate, OUTBOX_NOTE_UNKNOWN);
}

Test(outbox_note, is_known_in_the_register_when_it_is_opened_again)
{
	(void)accept(&one);
	outbox_close(outbox);
	outbox = NULL;
	cr_assert_eq(outbox_open(&outbox, cast_path(&cast, "a"), cast.vault, cast.data_key, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(find(&one).fate, OUTBOX_NOTE_ACCEPTED);
}
