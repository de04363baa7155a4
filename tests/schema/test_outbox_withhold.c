#include "schema/outbox.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/schema/cast.h"
#include "tests/schema/samples.h"

static struct cast cast;
static struct outbox *outbox;
static struct error err;

#define MUST(expression) cr_assert_eq((expression), STATUS_OK, #expression ": %s", err.message)

static struct outbox *created(const char *name)
{
	struct outbox *made = NULL;
	struct invite_file invite;
	cast_invite(&cast, "Team Nasib", &invite);
	MUST(outbox_create(&made, cast_path(&cast, name), cast.vault, cast.data_key, &invite, SAMPLES_CREATED_S, &err));
	invite_file_wipe(&invite);
	return made;
}

static void start(void)
{
	cast_begin(&cast, DESCRIPTOR_KEEP);
	outbox = created("register.db");
}

static void end(void)
{
	outbox_close(outbox);
	cast_end(&cast);
}

TestSuite(outbox_withhold, .init = start, .fini = end);

static struct hash put(const struct body *body)
{
	struct hash id;
	MUST(outbox_put(outbox, body, 1, &id, &err));
	return id;
}

static struct hash put_report(void)
{
	static struct body body;
	samples_reference(&body);
	return put(&body);
}

static struct hash put_amend(const struct hash *parent)
{
	static struct body body;
	samples_reference(&body);
	body.type = OBJECT_AMEND;
	body.parent = *parent;
	body.set = UINT64_C(1) << (report_field_find("individuals") - report_fields);
	return put(&body);
}

static struct body retraction_of(const struct hash *parent)
{
	struct body body;
	body_init(&body, OBJECT_RETRACT);
	body.created_s = SAMPLES_CREATED_S;
	body.parent = *parent;
	body.reason = 4;
	return body;
}

static enum status withhold(const struct hash *id)
{
	const struct body retraction = retraction_of(id);
	return outbox_withhold(outbox, id, &retraction, &err);
}

static struct outbox_entry entry_of(const char *name)
{
	struct outbox_entry entry;
	MUST(outbox_find(outbox, name, &entry, &err));
	return entry;
}

static void take(struct bytes *wire)
{
	struct admission admission;
	enum set_outcome outcome;
	MUST(outbox_take(outbox, bytes_span(wire), &admission, &outcome, &err));
	bytes_wipe(wire);
}

/* What a bundle holds: how many objects of a type; and those of events without their bodies. */
static size_t count(struct span bundle, enum object_type type, size_t *bodiless)
{
	size_t found = 0;
	*bodiless = 0;
	while (bundle.len > 0) {
		struct object object;
		size_t len = 1;
		while (object_parse(&object, (struct span){bundle.data, len}, NULL) != STATUS_OK)
			cr_assert_leq(++len, bundle.len);
		found += object.type == type;
		*bodiless += object_type_is_event(object.type) && object.attachment.len == 0;
		bundle = (struct span){bundle.data + len, bundle.len - len};
	}
	return found;
}

Test(outbox_withhold, drops_the_bodies_of_a_report_and_of_what_amends_it)
{
	const struct hash first = put_report(), id = put_report(), amended = put_amend(&id), again = put_amend(&amended);
	const struct hash other = put_report();
	MUST(withhold(&id));
	for (int i = 2; i <= 4; i++) {
		const struct outbox_entry entry = entry_of(i == 2 ? "2" : i == 3 ? "3" : "4");
		cr_assert(entry.withheld && !entry.readable, "event %d", i);
	}
	cr_assert(entry_of("1").readable && entry_of("5").readable);
	const struct outbox_entry retraction = entry_of("6");
	cr_assert_eq(retraction.type, OBJECT_RETRACT);
	cr_assert(hash_equals(&retraction.body.parent, &id));
	struct report report;
	cr_assert_eq(outbox_current(outbox, &id, &report, &err), STATUS_NOT_FOUND);
	MUST(outbox_current(outbox, &other, &report, &err));
	MUST(outbox_check(outbox, &err));
	(void)first;
	(void)again;
}

Test(outbox_withhold, sends_the_withholdings_and_no_rest)
{
	struct bytes bundle = {0};
	uint64_t sent_to = 0, objects = 0;
	bool left = true;
	size_t bodiless = 0;
	(void)put_report();
	const struct hash id = put_report();
	(void)put_amend(&id);
	MUST(withhold(&id));
	MUST(outbox_batch(outbox, 1 << 20, &bundle, &sent_to, &left, &err));
	cr_assert_eq(sent_to, 4);
	cr_assert_not(left);
	cr_assert_eq(count(bytes_span(&bundle), OBJECT_WITHHOLDING, &bodiless), 2);
	cr_assert_eq(bodiless, 0);
	cr_assert_eq(count(bytes_span(&bundle), OBJECT_REPORT, &bodiless), 1);
	bytes_clear(&bundle);
	MUST(outbox_export(outbox, true, &bundle, &objects, &err));
	cr_assert_eq(count(bytes_span(&bundle), OBJECT_WITHHOLDING, &bodiless), 2);
	cr_assert_eq(bodiless, 0);
	bytes_wipe(&bundle);
}

Test(outbox_withhold, sends_the_withholdings_of_an_earlier_key_too)
{
	struct bytes bundle = {0};
	uint64_t sent_to = 0;
	bool left = true;
	size_t bodiless = 0;
	const struct hash id = put_report();
	MUST(withhold(&id));
	MUST(outbox_succeed(outbox, SUCCESSION_ROTATION, &err));
	MUST(outbox_batch(outbox, 1 << 20, &bundle, &sent_to, &left, &err));
	cr_assert_eq(count(bytes_span(&bundle), OBJECT_WITHHOLDING, &bodiless), 1);
	cr_assert_eq(bodiless, 0);
	bytes_wipe(&bundle);
}

Test(outbox_withhold, refuses_what_may_have_left)
{
	struct outbox_handing handing = {0}, later = {0};
	const struct hash id = put_report();
	MUST(outbox_hand_over(outbox, 1, &handing, &err));
	cr_assert_eq(withhold(&id), STATUS_REFUSED);
	MUST(outbox_take_back(outbox, &handing, &err));
	const struct hash second = put_report();
	MUST(outbox_hand_over(outbox, 1, &handing, &err));
	MUST(outbox_hand_over(outbox, 2, &later, &err));
	MUST(outbox_take_back(outbox, &handing, &err));
	cr_assert_eq(withhold(&second), STATUS_REFUSED, "said again meanwhile");
	MUST(outbox_take_back(outbox, &later, &err));
	cr_assert_eq(withhold(&id), STATUS_REFUSED, "the first may have left before");
	MUST(withhold(&second));
}

Test(outbox_withhold, refuses_what_went_into_a_file)
{
	struct bytes bundle = {0};
	uint64_t objects = 0;
	const struct hash id = put_report();
	MUST(outbox_export(outbox, false, &bundle, &objects, &err));
	cr_assert_eq(withhold(&id), STATUS_REFUSED);
	const struct hash next = put_report();
	MUST(withhold(&next));
	bytes_wipe(&bundle);
}

Test(outbox_withhold, refuses_what_anybody_gave_a_receipt_for)
{
	struct bytes wire = {0};
	const struct key_id device = outbox_device(outbox);
	const struct hash id = put_report();
	struct receipt receipt = cast_receipt_for(&cast, &device, (struct head){1, id});
	receipt.hub = true;
	(void)cast_receipt(&cast, &receipt, &wire);
	take(&wire);
	cr_assert_eq(withhold(&id), STATUS_REFUSED);
}

Test(outbox_withhold, refuses_what_is_no_report_of_this_key)
{
	const struct hash id = put_report(), amended = put_amend(&id);
	const struct hash nobody = {{1}};
	cr_assert_eq(withhold(&amended), STATUS_REFUSED);
	cr_assert_eq(withhold(&nobody), STATUS_NOT_FOUND);
	MUST(outbox_succeed(outbox, SUCCESSION_RESTORE, &err));
	cr_assert_eq(withhold(&id), STATUS_REFUSED);
	cr_assert_eq(outbox_tip(outbox).number, 0);
	cr_assert(entry_of("Team Nasib/1").readable);
}

Test(outbox_withhold, changes_nothing_when_its_retraction_cannot_be_saved)
{
	const struct hash id = put_report();
	struct body retraction = retraction_of(&id);
	retraction.reason = 99;
	cr_assert_eq(outbox_withhold(outbox, &id, &retraction, &err), STATUS_BAD_INPUT);
	cr_assert(entry_of("1").readable && !entry_of("1").withheld);
	cr_assert_eq(outbox_tip(outbox).number, 1);
	MUST(withhold(&id));
	cr_assert_eq(withhold(&id), STATUS_REFUSED, "once");
	MUST(outbox_check(outbox, &err));
}

Test(outbox_withhold, needs_no_second_retraction)
{
	const struct hash id = put_report();
	const struct body retraction = retraction_of(&id);
	(void)put(&retraction);
	MUST(outbox_withhold(outbox, &id, NULL, &err));
	cr_assert_eq(outbox_tip(outbox).number, 2);
	cr_assert(entry_of("1").withheld);
}

Test(outbox_withhold, takes_its_own_event_back_from_nobody)
{
	struct bytes whole = {0};
	struct admission admission;
	enum set_outcome outcome = SET_NEW;
	const struct hash id = put_report();
	MUST(set_get(outbox_set(outbox), &id, &whole, &err));
	MUST(withhold(&id));
	MUST(outbox_take(outbox, bytes_span(&whole), &admission, &outcome, &err));
	cr_assert_eq(outcome, SET_HAD);
	cr_assert(entry_of("1").withheld);
	struct bytes held = {0};
	MUST(set_get(outbox_set(outbox), &id, &held, &err));
	cr_assert_lt(held.len, whole.len);
	MUST(outbox_check(outbox, &err));
	bytes_wipe(&whole);
	bytes_wipe(&held);
}

Test(outbox_withhold, leaves_a_chain_that_others_find_whole)
{
	struct bytes bundle = {0};
	struct chain chain;
	uint64_t objects = 0;
	const struct key_id device = outbox_device(outbox);
	const struct hash id = put_report();
	(void)put_report();
	MUST(withhold(&id));
	MUST(outbox_export(outbox, false, &bundle, &objects, &err));
	struct outbox *const courier = created("courier.db");
	struct span left = bytes_span(&bundle);
	while (left.len > 0) {
		struct admission admission;
		enum set_outcome outcome;
		struct object object;
		size_t len = 1;
		while (object_parse(&object, (struct span){left.data, len}, NULL) != STATUS_OK)
			cr_assert_leq(++len, left.len);
		MUST(outbox_take(courier, (struct span){left.data, len}, &admission, &outcome, &err));
		left = (struct span){left.data + len, left.len - len};
	}
	MUST(set_chain(outbox_set(courier), &device, NULL, &chain, &err));
	cr_assert_eq(chain.whole.number, 3);
	cr_assert_eq(chain.missing_len, 0);
	/* And it passes on what it carries. */
	bytes_clear(&bundle);
	size_t bodiless = 0;
	MUST(outbox_export(courier, false, &bundle, &objects, &err));
	cr_assert_eq(count(bytes_span(&bundle), OBJECT_WITHHOLDING, &bodiless), 1);
	outbox_close(courier);
	bytes_wipe(&bundle);
}
