#include "schema/set.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/set_sql.h"
#include "schema/sql.h"
#include "tests/schema/cast.h"

enum { LINKS = 12, SPOIL = SET_STATEMENTS, STATEMENTS };

static const char *const statements[STATEMENTS] = {
	SET_STATEMENT_TABLE,
	[SPOIL] = "UPDATE object SET id = zeroblob(32) WHERE position = 3",
};
static const char *const migrations[] = {sql_set};
static const struct db_schema schema = {
	.application_id = 0x53657430,
	.migrations = migrations,
	.migrations_len = 1,
	.statements = statements,
	.statements_len = STATEMENTS,
	.what = "the set under test",
};

static struct cast cast;
static struct cast_device device;
static struct error err;

struct opened {
	struct db *db;
	struct set *set;
};

/* A chain of a device: link 0 is its enrolment. */
struct links {
	struct head head[LINKS + 1];
	struct bytes wire[LINKS + 1];
};

static void start(void)
{
	cast_begin(&cast, DESCRIPTOR_KEEP);
	cast_enrol(&cast, &device);
}

static void end(void)
{
	cast_device_free(&device);
	cast_end(&cast);
}

TestSuite(set, .init = start, .fini = end);

static struct opened opened(const char *name)
{
	struct opened it = {0};
	cr_assert_eq(db_open(&it.db, cast_path(&cast, name), cast.vault, DB_OPEN_OR_CREATE, &schema, &err), STATUS_OK, "%s",
	             err.message);
	cr_assert_eq(set_open(&it.set, it.db, &cast.root_public, &err), STATUS_OK, "%s", err.message);
	return it;
}

static void closed(struct opened it)
{
	set_close(it.set);
	db_close(it.db);
}

static enum status try_put(struct opened it, const struct bytes *wire, enum set_outcome *outcome)
{
	struct admission admission;
	cr_assert_eq(db_begin(it.db, &err), STATUS_OK, "%s", err.message);
	const enum status status = set_put(it.set, bytes_span(wire), &admission, outcome, &err);
	if (status == STATUS_OK) {
		cr_assert_eq(db_commit(it.db, &err), STATUS_OK, "%s", err.message);
	} else {
		db_rollback(it.db);
		cr_assert_eq(set_reload(it.set, &err), STATUS_OK);
	}
	return status;
}

static enum set_outcome put(struct opened it, const struct bytes *wire)
{
	enum set_outcome outcome = SET_HAD;
	const enum status status = try_put(it, wire, &outcome);
	cr_assert_eq(status, STATUS_OK, "%s", err.message);
	return outcome;
}

static void make_links(struct links *links, const struct cast_device *of)
{
	*links = (struct links){0};
	links->head[0] = (struct head){0, of->introduced};
	cr_assert_eq(bytes_append(&links->wire[0], bytes_span(&of->wire), &err), STATUS_OK);
	for (size_t i = 1; i <= LINKS; i++) {
		char words[16];
		(void)snprintf(words, sizeof words, "event %zu", i);
		links->head[i].number = i;
		links->head[i].last = cast_event(&cast, of, links->head[i - 1], words, &links->wire[i]);
	}
}

static void free_links(struct links *links)
{
	for (size_t i = 0; i <= LINKS; i++)
		bytes_wipe(&links->wire[i]);
}

static struct chain chain_of(struct opened it, const struct head *tip)
{
	struct chain chain;
	cr_assert_eq(set_chain(it.set, &device.id, tip, &chain, &err), STATUS_OK, "%s", err.message);
	return chain;
}

static uint64_t log_size(struct opened it, struct hash *root)
{
	uint64_t size = 0;
	set_log(it.set, &size, root);
	return size;
}

Test(set, push_twice_is_push_once)
{
	struct hash before, after;
	struct links links;
	make_links(&links, &device);
	const struct opened it = opened("a");
	cr_assert_eq(put(it, &cast.descriptor_wire), SET_NEW);
	cr_assert_eq(put(it, &links.wire[0]), SET_NEW);
	cr_assert_eq(put(it, &links.wire[1]), SET_NEW);
	cr_assert_eq(log_size(it, &before), 3);
	cr_assert_eq(put(it, &links.wire[1]), SET_HAD);
	cr_assert_eq(put(it, &links.wire[0]), SET_HAD);
	cr_assert_eq(put(it, &cast.descriptor_wire), SET_HAD);
	cr_assert_eq(log_size(it, &after), 3);
	cr_assert(hash_equals(&before, &after));
	closed(it);
	free_links(&links);
}

Test(set, had_object_is_told_like_a_new_one)
{
	struct admission first, second;
	enum set_outcome outcome;
	struct links links;
	make_links(&links, &device);
	const struct opened it = opened("a");
	(void)put(it, &links.wire[0]);
	cr_assert_eq(set_put(it.set, bytes_span(&links.wire[1]), &first, &outcome, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(set_put(it.set, bytes_span(&links.wire[1]), &second, &outcome, &err), STATUS_OK);
	cr_assert_eq(outcome, SET_HAD);
	cr_assert_eq(first.type, second.type);
	cr_assert_eq(first.number, second.number);
	cr_assert_eq(first.known_type, second.known_type);
	cr_assert(key_id_equals(&first.device, &second.device));
	cr_assert(hash_equals(&first.previous, &second.previous));
	closed(it);
	free_links(&links);
}

Test(set, what_was_put_is_there_after_reopening)
{
	struct hash before, after;
	struct bytes wire = {0};
	bool has = false;
	struct links links;
	make_links(&links, &device);
	struct opened it = opened("a");
	(void)put(it, &links.wire[0]);
	(void)put(it, &links.wire[1]);
	cr_assert_eq(log_size(it, &before), 2);
	closed(it);
	it = opened("a");
	cr_assert_eq(log_size(it, &after), 2);
	cr_assert(hash_equals(&before, &after));
	cr_assert_eq(set_has(it.set, &links.head[1].last, &has, &err), STATUS_OK);
	cr_assert(has);
	cr_assert_eq(set_has(it.set, &links.head[2].last, &has, &err), STATUS_OK);
	cr_assert_not(has);
	cr_assert_eq(set_get(it.set, &links.head[1].last, &wire, &err), STATUS_OK);
	cr_assert(span_equals(bytes_span(&wire), bytes_span(&links.wire[1])));
	cr_assert_eq(set_get(it.set, &links.head[2].last, &wire, &err), STATUS_NOT_FOUND);
	cr_assert_eq(chain_of(it, NULL).whole.number, 1);
	bytes_wipe(&wire);
	closed(it);
	free_links(&links);
}

Test(set, refused_object_leaves_nothing)
{
	enum set_outcome outcome;
	struct hash root;
	struct links links;
	make_links(&links, &device);
	const struct opened it = opened("a");
	cr_assert_eq(try_put(it, &links.wire[1], &outcome), STATUS_UNTRUSTED);
	(void)put(it, &links.wire[0]);
	links.wire[1].data[links.wire[1].len - 1] ^= 1;
	cr_assert_eq(try_put(it, &links.wire[1], &outcome), STATUS_TAMPERED);
	cr_assert_eq(log_size(it, &root), 1);
	closed(it);
	free_links(&links);
}

/* The id does not cover the attachment: the same signed part with another body is no repeat. */
Test(set, known_object_with_another_body_is_not_had)
{
	enum set_outcome outcome;
	struct links links;
	make_links(&links, &device);
	const struct opened it = opened("a");
	(void)put(it, &links.wire[0]);
	(void)put(it, &links.wire[1]);
	links.wire[1].data[links.wire[1].len - 1] ^= 1;
	cr_assert_eq(try_put(it, &links.wire[1], &outcome), STATUS_TAMPERED);
	closed(it);
	free_links(&links);
}

/* Nothing binds what is attached to an object of a type to come: whoever signed or carries it can attach anything. */
Test(set, known_object_of_a_type_to_come_with_another_attachment_is_refused)
{
	static const char words[] = "abc";
	enum set_outcome outcome;
	struct hash root;
	struct bytes wire[3] = {{0}};
	const struct opened it = opened("a");
	(void)put(it, &device.wire);
	for (size_t i = 0; i < 3; i++) {
		const struct object_draft draft = {(enum object_type)25, device.id, span_from_text("\x01"),
		                                   {(const uint8_t *)words, i}};
		(void)cast_sign(&cast, &draft, device.key, &wire[i]);
	}
	(void)put(it, &wire[1]);
	const uint64_t size = log_size(it, &root);
	cr_assert_eq(try_put(it, &wire[0], &outcome), STATUS_TAMPERED, "%s", err.message);
	cr_assert_eq(try_put(it, &wire[2], &outcome), STATUS_TAMPERED, "%s", err.message);
	cr_assert_eq(log_size(it, &root), size);
	closed(it);
	for (size_t i = 0; i < 3; i++)
		bytes_wipe(&wire[i]);
}

/* Delivers all in an order drawn from `seed`, again and again until nothing is refused any more. */
static void deliver(struct opened it, struct bytes *const *objects, size_t n, unsigned seed)
{
	size_t order[64];
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t i = n; i > 1; i--) {
		seed = seed * 1103515245u + 12345u;
		const size_t other = (seed >> 16) % i, kept = order[i - 1];
		order[i - 1] = order[other];
		order[other] = kept;
	}
	for (size_t round = 0, refused = 1; refused > 0; round++) {
		cr_assert_lt(round, 8);
		refused = 0;
		for (size_t i = 0; i < n; i++) {
			enum set_outcome outcome;
			if (try_put(it, objects[order[i]], &outcome) != STATUS_OK)
				refused++;
		}
	}
}

Test(set, any_order_of_delivery_gives_the_same_set)
{
	struct links links;
	struct bytes more[8] = {{0}}, first = {0}, dump = {0};
	struct bytes *objects[64];
	size_t n = 0;

	make_links(&links, &device);
	for (size_t i = 0; i <= LINKS; i++)
		objects[n++] = &links.wire[i];
	objects[n++] = &cast.descriptor_wire;
	objects[n++] = &cast.appointment_wire;
	(void)cast_head(&cast, &device, links.head[3], &more[0]);
	(void)cast_head(&cast, &device, links.head[LINKS], &more[1]);
	struct receipt receipt = cast_receipt_for(&cast, &device.id, links.head[4]);
	(void)cast_receipt(&cast, &receipt, &more[2]);
	receipt.time_s++;
	(void)cast_receipt(&cast, &receipt, &more[3]);
	receipt.hub = true;
	(void)cast_receipt(&cast, &receipt, &more[4]);
	(void)cast_acknowledge(&cast, &device.id, links.head[2], &more[5]);
	(void)cast_acknowledge(&cast, &device.id, links.head[5], &more[6]);
	(void)cast_event(&cast, &device, links.head[6], "the other seventh", &more[7]);
	for (size_t i = 0; i < 8; i++)
		objects[n++] = &more[i];

	for (unsigned seed = 0; seed < 12; seed++) {
		char name[16];
		(void)snprintf(name, sizeof name, "set-%u", seed);
		const struct opened it = opened(name);
		deliver(it, objects, n, seed);
		bytes_clear(&dump);
		cr_assert_eq(set_dump(it.set, &dump, &err), STATUS_OK);
		if (seed == 0)
			cr_assert_eq(bytes_append(&first, bytes_span(&dump), &err), STATUS_OK);
		cr_assert(span_equals(bytes_span(&first), bytes_span(&dump)), "seed %u", seed);
		const struct chain chain = chain_of(it, &links.head[LINKS]);
		cr_assert_eq(chain.whole.number, LINKS, "seed %u", seed);
		cr_assert_eq(chain.held, LINKS + 1);
		cr_assert(chain.forked);
		cr_assert_eq(set_check(it.set, &err), STATUS_OK, "%s", err.message);
		closed(it);
	}
	cr_assert_gt(first.len, 0);
	for (size_t i = 0; i < 8; i++)
		bytes_wipe(&more[i]);
	bytes_wipe(&first);
	bytes_wipe(&dump);
	free_links(&links);
}

Test(set, gaps_are_named_and_close)
{
	static const size_t arrivals[] = {1, 2, 4, 7, 8, 11};
	struct links links;
	make_links(&links, &device);
	const struct opened it = opened("a");
	(void)put(it, &links.wire[0]);
	cr_assert_eq(chain_of(it, NULL).missing_len, 0);
	for (size_t i = 0; i < sizeof arrivals / sizeof arrivals[0]; i++)
		(void)put(it, &links.wire[arrivals[i]]);
	struct chain chain = chain_of(it, NULL);
	cr_assert_eq(chain.whole.number, 2);
	cr_assert_eq(chain.highest, 11);
	cr_assert_eq(chain.held, 6);
	cr_assert_not(chain.forked);
	static const struct gap expected[] = {{3, 3}, {5, 6}, {9, 10}};
	cr_assert_eq(chain.missing_len, 3);
	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(chain.missing[i].first, expected[i].first);
		cr_assert_eq(chain.missing[i].last, expected[i].last);
	}
	(void)put(it, &links.wire[3]);
	cr_assert_eq(chain_of(it, NULL).whole.number, 4);
	for (size_t i = 1; i <= LINKS; i++)
		(void)put(it, &links.wire[i]);
	chain = chain_of(it, NULL);
	cr_assert_eq(chain.whole.number, LINKS);
	cr_assert(hash_equals(&chain.whole.last, &links.head[LINKS].last));
	cr_assert_eq(chain.missing_len, 0);
	closed(it);
	free_links(&links);
}

Test(set, more_gaps_than_a_receipt_holds_are_cut)
{
	struct head head = {0, device.introduced};
	const struct opened it = opened("a");
	(void)put(it, &device.wire);
	for (size_t i = 1; i <= 40; i++) {
		struct bytes wire = {0};
		head = (struct head){i, cast_event(&cast, &device, head, "words", &wire)};
		if (i % 2 == 0)
			(void)put(it, &wire);
		bytes_wipe(&wire);
	}
	const struct chain chain = chain_of(it, NULL);
	cr_assert_eq(chain.missing_len, STATEMENT_GAPS);
	cr_assert_eq(chain.missing[STATEMENT_GAPS - 1].last, 31);
	closed(it);
}

Test(set, head_reveals_a_dropped_tail)
{
	struct bytes head = {0};
	struct links links;
	make_links(&links, &device);
	const struct opened it = opened("a");
	for (size_t i = 0; i <= 3; i++)
		(void)put(it, &links.wire[i]);
	(void)cast_head(&cast, &device, links.head[LINKS], &head);
	cr_assert_eq(put(it, &head), SET_NEW);
	const struct chain chain = chain_of(it, NULL);
	cr_assert_eq(chain.whole.number, 3);
	cr_assert_eq(chain.highest, LINKS);
	cr_assert_eq(chain.missing_len, 1);
	cr_assert_eq(chain.missing[0].first, 4);
	cr_assert_eq(chain.missing[0].last, LINKS);
	bytes_wipe(&head);
	closed(it);
	free_links(&links);
}

Test(set, both_branches_of_a_fork_are_kept_and_either_may_be_asked)
{
	struct head other[4];
	struct bytes wire[4] = {{0}};
	struct links links;
	make_links(&links, &device);
	const struct opened it = opened("a");
	for (size_t i = 0; i <= 6; i++)
		(void)put(it, &links.wire[i]);
	other[0] = links.head[4];
	for (size_t i = 1; i < 4; i++)
		other[i] = (struct head){4 + i, cast_event(&cast, &device, other[i - 1], "a twin", &wire[i])};
	(void)put(it, &wire[1]);
	(void)put(it, &wire[3]);
	struct chain chain = chain_of(it, NULL);
	cr_assert(chain.forked);
	cr_assert_eq(chain.held, 8);
	cr_assert_eq(chain.whole.number, 6);
	cr_assert(hash_equals(&chain.whole.last, &links.head[6].last), "the branch kept first is not the one chosen");
	chain = chain_of(it, &other[1]);
	cr_assert_eq(chain.whole.number, 5);
	cr_assert(hash_equals(&chain.whole.last, &other[1].last));
	chain = chain_of(it, &other[3]);
	cr_assert_eq(chain.whole.number, 6, "a branch with a hole is not whole");
	(void)put(it, &wire[2]);
	chain = chain_of(it, &other[1]);
	cr_assert_eq(chain.whole.number, 7, "the branch goes on from the tip");
	cr_assert(hash_equals(&chain.whole.last, &other[3].last));
	chain = chain_of(it, &links.head[2]);
	cr_assert(hash_equals(&chain.whole.last, &links.head[6].last), "a tip below the fork lies on every branch");
	for (size_t i = 1; i < 4; i++)
		bytes_wipe(&wire[i]);
	closed(it);
	free_links(&links);
}

Test(set, walk_beyond_a_fork_or_a_gap_can_be_bounded)
{
	struct head other[4];
	struct bytes wire[4] = {{0}};
	struct links links;
	struct chain chain;
	make_links(&links, &device);
	const struct opened it = opened("a");
	for (size_t i = 0; i <= 6; i++)
		(void)put(it, &links.wire[i]);
	other[0] = links.head[3];
	for (size_t i = 1; i < 4; i++) {
		other[i] = (struct head){3 + i, cast_event(&cast, &device, other[i - 1], "a twin", &wire[i])};
		(void)put(it, &wire[i]);
	}
	cr_assert_eq(set_chain_within(it.set, &device.id, &other[3], 3, &chain, &err), STATUS_OK);
	cr_assert(hash_equals(&chain.whole.last, &other[3].last), "three links beyond the fork are walked");
	cr_assert_eq(set_chain_within(it.set, &device.id, &other[3], 2, &chain, &err), STATUS_OK);
	cr_assert(hash_equals(&chain.whole.last, &links.head[6].last), "a tip further away is not looked for");
	cr_assert_eq(set_chain_within(it.set, &device.id, &other[1], 1, &chain, &err), STATUS_OK);
	cr_assert(hash_equals(&chain.whole.last, &other[2].last), "its branch is followed no further");
	for (size_t i = 1; i < 4; i++)
		bytes_wipe(&wire[i]);
	closed(it);
	free_links(&links);
}

Test(set, what_is_missing_is_named_as_far_as_the_walk_goes)
{
	struct links links;
	struct chain chain;
	make_links(&links, &device);
	const struct opened it = opened("a");
	static const size_t held[] = {0, 1, 3, 5, 6};
	for (size_t i = 0; i < sizeof held / sizeof *held; i++)
		(void)put(it, &links.wire[held[i]]);
	cr_assert_eq(chain_of(it, NULL).missing_len, 2);
	cr_assert_eq(set_chain_within(it.set, &device.id, NULL, 1, &chain, &err), STATUS_OK);
	cr_assert_eq(chain.missing_len, 1);
	cr_assert_eq(chain.missing[0].first, 2);
	cr_assert_eq(chain.missing[0].last, 2);
	cr_assert_eq(chain.highest, 6);
	closed(it);
	free_links(&links);
}

Test(set, fork_in_the_first_link_hangs_on_what_introduced_the_device)
{
	struct bytes twin = {0}, stray = {0};
	struct links links;
	make_links(&links, &device);
	const struct opened it = opened("a");
	for (size_t i = 0; i <= 2; i++)
		(void)put(it, &links.wire[i]);
	const struct head other = {1, cast_event(&cast, &device, links.head[0], "a twin", &twin)};
	struct head nowhere = links.head[0];
	nowhere.last.bytes[HASH_BYTES - 1] ^= 1;
	const struct head loose = {1, cast_event(&cast, &device, nowhere, "hangs on nothing", &stray)};
	(void)put(it, &twin);
	(void)put(it, &stray);
	struct chain chain = chain_of(it, &other);
	cr_assert_eq(chain.whole.number, 1);
	cr_assert(hash_equals(&chain.whole.last, &other.last));
	chain = chain_of(it, &loose);
	cr_assert_eq(chain.whole.number, 2);
	cr_assert(hash_equals(&chain.whole.last, &links.head[2].last));
	bytes_wipe(&twin);
	bytes_wipe(&stray);
	closed(it);
	free_links(&links);
}

Test(set, event_that_does_not_link_ends_the_whole_part)
{
	struct bytes wire = {0};
	struct links links;
	make_links(&links, &device);
	const struct opened it = opened("a");
	for (size_t i = 0; i <= 3; i++)
		(void)put(it, &links.wire[i]);
	const struct head wrong = {3, hash_of(span_from_text("another third"))};
	(void)cast_event(&cast, &device, wrong, "hangs on another third", &wire);
	(void)put(it, &wire);
	const struct chain chain = chain_of(it, NULL);
	cr_assert_eq(chain.whole.number, 3);
	cr_assert_eq(chain.highest, 4);
	cr_assert_eq(chain.missing_len, 0);
	bytes_wipe(&wire);
	closed(it);
	free_links(&links);
}

Test(set, chain_of_a_stranger_is_not_found)
{
	struct chain chain = {.held = 7};
	const struct opened it = opened("a");
	cr_assert_eq(set_chain(it.set, &device.id, NULL, &chain, &err), STATUS_NOT_FOUND);
	cr_assert_eq(chain.held, 7);
	closed(it);
}

Test(set, only_the_newest_statement_of_a_device_is_kept)
{
	struct bytes first = {0}, second = {0}, dump = {0};
	struct hash root;
	bool has = true;
	struct links links;
	make_links(&links, &device);
	const struct opened it = opened("a");
	(void)put(it, &links.wire[0]);
	const struct hash old = cast_head(&cast, &device, links.head[2], &first);
	(void)cast_head(&cast, &device, links.head[3], &second);
	cr_assert_eq(put(it, &first), SET_NEW);
	cr_assert_eq(put(it, &second), SET_NEW);
	cr_assert_eq(put(it, &first), SET_SUPERSEDED);
	cr_assert_eq(put(it, &second), SET_HAD);
	cr_assert_eq(set_has(it.set, &old, &has, &err), STATUS_OK);
	cr_assert_not(has);
	cr_assert_eq(log_size(it, &root), 1);
	cr_assert_eq(set_dump(it.set, &dump, &err), STATUS_OK);
	cr_assert_eq(dump.len, links.wire[0].len + second.len);
	bytes_wipe(&first);
	bytes_wipe(&second);
	bytes_wipe(&dump);
	closed(it);
	free_links(&links);
}

Test(set, never_kept_and_foreign_objects_are_refused)
{
	enum set_outcome outcome;
	struct bytes wire = {0}, payload = {0};
	struct cast other;
	const struct opened it = opened("a");
	(void)put(it, &cast.descriptor_wire);
	const struct relay_clock now = {.time_s = 1};
	cr_assert_eq(relay_clock_encode(&payload, &now, &err), STATUS_OK);
	const struct object_draft draft = {.type = OBJECT_CLOCK, .signer = cast.log, .payload = bytes_span(&payload)};
	(void)cast_sign(&cast, &draft, cast.relay, &wire);
	cr_assert_eq(try_put(it, &wire, &outcome), STATUS_REFUSED);
	cast_begin(&other, DESCRIPTOR_KEEP);
	cr_assert_eq(try_put(it, &other.descriptor_wire, &outcome), STATUS_UNTRUSTED);
	cast_end(&other);
	bytes_wipe(&wire);
	bytes_wipe(&payload);
	closed(it);
}

struct seen {
	size_t n;
	uint64_t last;
	size_t stop_after;
};

static enum status look(void *context, uint64_t position, const struct hash *id, struct span wire, struct error *error)
{
	struct seen *const seen = context;
	struct object object;
	cr_assert_eq(object_parse(&object, wire, error), STATUS_OK);
	cr_assert(hash_equals(&object.id, id));
	cr_assert(position == 0 || position > seen->last);
	seen->last = position;
	seen->n++;
	return seen->n == seen->stop_after ? STATUS_NOT_FOUND : STATUS_OK;
}

Test(set, each_gives_what_was_asked_in_order)
{
	struct bytes head = {0};
	struct links links;
	make_links(&links, &device);
	const struct opened it = opened("a");
	(void)put(it, &cast.descriptor_wire);
	for (size_t i = 0; i <= LINKS; i++)
		(void)put(it, &links.wire[i]);
	(void)cast_head(&cast, &device, links.head[1], &head);
	(void)put(it, &head);

	struct seen seen = {0};
	cr_assert_eq(set_each_after(it.set, 0, look, &seen, &err), STATUS_OK);
	cr_assert_eq(seen.n, LINKS + 2);
	seen = (struct seen){0};
	cr_assert_eq(set_each_after(it.set, 4, look, &seen, &err), STATUS_OK);
	cr_assert_eq(seen.n, LINKS - 2);
	seen = (struct seen){.stop_after = 3};
	cr_assert_eq(set_each_after(it.set, 0, look, &seen, &err), STATUS_OK);
	cr_assert_eq(seen.n, 3);
	seen = (struct seen){0};
	cr_assert_eq(set_each_after(it.set, UINT64_MAX, look, &seen, &err), STATUS_OK);
	cr_assert_eq(seen.n, 0);
	cr_assert_eq(set_each_of_type(it.set, OBJECT_REPORT, look, &seen, &err), STATUS_OK);
	cr_assert_eq(seen.n, LINKS);
	seen = (struct seen){0};
	cr_assert_eq(set_each_of_type(it.set, OBJECT_DESCRIPTOR, look, &seen, &err), STATUS_OK);
	cr_assert_eq(seen.n, 1);
	seen = (struct seen){0};
	cr_assert_eq(set_each_device(it.set, look, &seen, &err), STATUS_OK);
	cr_assert_eq(seen.n, 1);
	seen = (struct seen){0};
	cr_assert_eq(set_each_link(it.set, &device.id, (struct gap){3, 5}, look, &seen, &err), STATUS_OK);
	cr_assert_eq(seen.n, 3);
	seen = (struct seen){0};
	cr_assert_eq(set_each_newest(it.set, OBJECT_HEAD, NULL, look, &seen, &err), STATUS_OK);
	cr_assert_eq(set_each_newest(it.set, OBJECT_HEAD, &device.id, look, &seen, &err), STATUS_OK);
	cr_assert_eq(set_each_newest(it.set, OBJECT_HEAD, &cast.project, look, &seen, &err), STATUS_OK);
	cr_assert_eq(seen.n, 2);
	bytes_wipe(&head);
	closed(it);
	free_links(&links);
}

Test(set, signers_are_those_that_objects_introduced)
{
	struct signer signer;
	struct bytes taken = {0};
	const struct opened it = opened("a");
	const struct signer_source source = set_signers(it.set);
	cr_assert_eq(source.find(source.context, &device.id, &signer, &err), STATUS_NOT_FOUND);
	(void)put(it, &cast.descriptor_wire);
	(void)put(it, &cast.appointment_wire);
	(void)put(it, &device.wire);
	cr_assert_eq(source.find(source.context, &device.id, &signer, &err), STATUS_OK);
	cr_assert_eq(signer.kind, SIGNER_DEVICE);
	const struct key_public key = signing_key_public(device.key);
	cr_assert(span_equals(key_public_span(&signer.key), key_public_span(&key)));
	cr_assert_eq(source.find(source.context, &cast.log, &signer, &err), STATUS_OK);
	cr_assert_eq(signer.kind, SIGNER_LOG);
	cr_assert_eq(source.find(source.context, &cast.appointment, &signer, &err), STATUS_OK);
	cr_assert_eq(signer.roles, ROLE_ALL);
	bool is_taken = false;
	cr_assert_eq(source.key_is_taken(source.context, &key, &cast.descriptor_id, &is_taken, &err), STATUS_OK);
	cr_assert(is_taken);
	cr_assert_eq(source.key_is_taken(source.context, &key, &device.introduced, &is_taken, &err), STATUS_OK);
	cr_assert_not(is_taken);
	bytes_wipe(&taken);
	closed(it);
}

Test(set, rolled_back_put_can_be_put_again)
{
	struct admission admission;
	enum set_outcome outcome;
	struct hash root;
	const struct opened it = opened("a");
	(void)put(it, &cast.descriptor_wire);
	cr_assert_eq(db_begin(it.db, &err), STATUS_OK);
	cr_assert_eq(set_put(it.set, bytes_span(&device.wire), &admission, &outcome, &err), STATUS_OK);
	db_rollback(it.db);
	cr_assert_eq(set_reload(it.set, &err), STATUS_OK);
	cr_assert_eq(log_size(it, &root), 1);
	cr_assert_eq(put(it, &device.wire), SET_NEW);
	cr_assert_eq(set_check(it.set, &err), STATUS_OK, "%s", err.message);
	closed(it);
}

Test(set, two_processes_continue_one_log)
{
	struct hash root;
	struct links links;
	make_links(&links, &device);
	const struct opened one = opened("a"), two = opened("a");
	(void)put(one, &links.wire[0]);
	(void)put(two, &links.wire[1]);
	(void)put(one, &links.wire[2]);
	cr_assert_eq(log_size(one, &root), 3);
	cr_assert_eq(set_check(one.set, &err), STATUS_OK, "%s", err.message);
	closed(two);
	closed(one);
	free_links(&links);
}

Test(set, changed_row_is_found_by_the_check)
{
	struct links links;
	make_links(&links, &device);
	const struct opened it = opened("a");
	for (size_t i = 0; i <= 4; i++)
		(void)put(it, &links.wire[i]);
	cr_assert_eq(set_check(it.set, &err), STATUS_OK);
	cr_assert_eq(query_run(db_query(it.db, SPOIL), &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(set_check(it.set, &err), STATUS_CORRUPT);
	closed(it);
	free_links(&links);
}
