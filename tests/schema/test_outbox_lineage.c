#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "schema/outbox.h"
#include "tests/schema/cast.h"

enum { CREATED = 1760000000, MOST = 8 };

static struct cast cast;
static struct error err;
static struct outbox *outbox;

#define MUST(expression) cr_assert_eq((expression), STATUS_OK, #expression ": %s", err.message)

static void start(void)
{
	struct invite_file invite;
	cast_begin(&cast, DESCRIPTOR_KEEP);
	cast_invite(&cast, "Team Nasib", &invite);
	MUST(outbox_create(&outbox, cast_path(&cast, "a"), cast.vault, cast.data_key, &invite, CREATED, &err));
	invite_file_wipe(&invite);
}

static void end(void)
{
	outbox_close(outbox);
	cast_end(&cast);
}

TestSuite(outbox_lineage, .init = start, .fini = end);

static void set(struct body *body, const char *name, const char *text)
{
	const struct report_reading reading = {.today = 20372};
	MUST(report_set(&body->report, report_field_find(name), text, &reading, &err));
	body->set |= UINT64_C(1) << (report_field_find(name) - report_fields);
}

static struct hash put(struct body *body)
{
	struct hash id;
	body->created_s = CREATED;
	MUST(outbox_put(outbox, body, 1, &id, &err));
	return id;
}

static struct hash report(void)
{
	struct body body;
	body_init(&body, OBJECT_REPORT);
	set(&body, "kind", "stock");
	set(&body, "place", "C5999");
	set(&body, "observed_on", "2025-10-09");
	set(&body, "individuals", "300");
	return put(&body);
}

static struct hash child(enum object_type type, const struct hash *parent, const char *individuals)
{
	struct body body;
	body_init(&body, type);
	body.parent = *parent;
	body.reason = type == OBJECT_RETRACT ? 1 : 0;
	if (type == OBJECT_AMEND)
		set(&body, "individuals", individuals);
	return put(&body);
}

struct line_of_events {
	size_t len;
	struct hash ids[MOST];
};

static enum status gather(void *context, const struct outbox_entry *entry, struct error *why)
{
	struct line_of_events *events = context;
	(void)why;
	cr_assert_lt(events->len, MOST);
	events->ids[events->len++] = entry->id;
	return STATUS_OK;
}

static struct line_of_events lineage(const struct hash *id)
{
	struct line_of_events events = {0};
	MUST(outbox_each_lineage(outbox, id, gather, &events, &err));
	return events;
}

Test(outbox_lineage, is_the_same_whichever_of_its_events_is_named)
{
	const struct hash first = report(), other = report();
	const struct hash one = child(OBJECT_AMEND, &first, "310");
	const struct hash two = child(OBJECT_AMEND, &one, "320");
	const struct hash fork = child(OBJECT_AMEND, &one, "330");
	const struct hash end_of_it = child(OBJECT_RETRACT, &two, NULL);
	const struct hash expected[] = {first, one, two, fork, end_of_it};
	for (size_t i = 0; i < 5; i++) {
		const struct line_of_events events = lineage(&expected[i]);
		cr_assert_eq(events.len, 5);
		for (size_t k = 0; k < 5; k++)
			cr_expect(hash_equals(&events.ids[k], &expected[k]), "%zu, %zu", i, k);
	}
	cr_expect_eq(lineage(&other).len, 1);
	cr_expect_eq(lineage(&(struct hash){{7}}).len, 0);
}

Test(outbox_lineage, of_another_is_found_by_what_is_carried_or_by_the_whole_id)
{
	struct admission admission;
	enum set_outcome outcome;
	struct bytes wire = {0};
	struct cast_device other;
	struct hash found;
	char name[65];
	cast_enrol(&cast, &other);
	MUST(outbox_take(outbox, bytes_span(&other.wire), &admission, &outcome, &err));
	const struct hash theirs = cast_event(&cast, &other, (struct head){0, other.introduced}, "words", &wire);
	for (size_t i = 0; i < HASH_BYTES; i++)
		(void)snprintf(name + 2 * i, 3, "%02x", theirs.bytes[i]);
	MUST(outbox_find_carried(outbox, name, &found, &err));
	cr_expect(hash_equals(&found, &theirs), "the whole id needs nothing");
	name[6] = '\0';
	cr_expect_eq(outbox_find_carried(outbox, name, &found, &err), STATUS_NOT_FOUND);
	MUST(outbox_take(outbox, bytes_span(&wire), &admission, &outcome, &err));
	MUST(outbox_find_carried(outbox, name, &found, &err));
	cr_expect(hash_equals(&found, &theirs));
	cr_expect_eq(outbox_find_carried(outbox, "zz", &found, &err), STATUS_NOT_FOUND);
	bytes_wipe(&wire);
	cast_device_free(&other);
}

Test(outbox_lineage, nobody_confirms_his_own)
{
	struct hash found;
	const struct hash mine = report();
	char name[65];
	for (size_t i = 0; i < HASH_BYTES; i++)
		(void)snprintf(name + 2 * i, 3, "%02x", mine.bytes[i]);
	cr_expect_eq(outbox_find_carried(outbox, name, &found, &err), STATUS_REFUSED);
	name[8] = '\0';
	cr_expect_eq(outbox_find_carried(outbox, name, &found, &err), STATUS_REFUSED);
}
