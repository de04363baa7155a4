#include "schema/set.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "schema/set_sql.h"
#include "schema/sql.h"
#include "tests/schema/cast.h"

enum { LINKS = 4 };

static const char *const statements[SET_STATEMENTS] = {SET_STATEMENT_TABLE};
static const char *const migrations[] = {sql_set};
static const struct db_schema schema = {
	.application_id = 0x53657431,
	.migrations = migrations,
	.migrations_len = 1,
	.statements = statements,
	.statements_len = SET_STATEMENTS,
	.what = "the set under test",
};

static struct cast cast;
static struct cast_device device;
static struct head head[LINKS + 1];
static struct bytes wire[LINKS + 1]; /* [0]: the enrolment */
static struct db *db;
static struct set *set;
static struct error err;

#define MUST(expression) cr_assert_eq((expression), STATUS_OK, #expression ": %s", err.message)

static void open_set(const char *name)
{
	MUST(db_open(&db, cast_path(&cast, name), cast.vault, DB_CREATE, &schema, &err));
	MUST(set_open(&set, db, &cast.root_public, &err));
	MUST(db_begin(db, &err));
}

static void close_set(void)
{
	set_close(set);
	db_close(db);
}

static void start(void)
{
	cast_begin(&cast, DESCRIPTOR_KEEP);
	cast_enrol(&cast, &device);
	head[0] = (struct head){0, device.introduced};
	MUST(bytes_append(&wire[0], bytes_span(&device.wire), &err));
	for (uint64_t i = 1; i <= LINKS; i++) {
		char words[16];
		(void)snprintf(words, sizeof words, "event %llu", (unsigned long long)i);
		head[i] = (struct head){i, cast_event(&cast, &device, head[i - 1], words, &wire[i])};
	}
	open_set("set.db");
}

static void end(void)
{
	close_set();
	for (size_t i = 0; i <= LINKS; i++)
		bytes_wipe(&wire[i]);
	cast_device_free(&device);
	cast_end(&cast);
}

TestSuite(set_withheld, .init = start, .fini = end);

/* Within the one transaction of the set that is open. */
static enum set_outcome put(const struct bytes *object)
{
	struct admission admission;
	enum set_outcome outcome = SET_HAD;
	MUST(set_put(set, bytes_span(object), &admission, &outcome, &err));
	return outcome;
}

static struct chain chain(const struct head *tip)
{
	struct chain chain;
	MUST(set_chain(set, &device.id, tip, &chain, &err));
	return chain;
}

Test(set_withheld, stands_for_its_link)
{
	struct bytes withheld = {0};
	(void)cast_withhold(&cast, &device, bytes_span(&wire[2]), &withheld);
	for (size_t i = 0; i <= LINKS; i++)
		cr_assert_eq(put(i == 2 ? &withheld : &wire[i]), SET_NEW);
	const struct chain found = chain(NULL);
	cr_assert_eq(found.whole.number, LINKS);
	cr_assert(hash_equals(&found.whole.last, &head[LINKS].last));
	cr_assert_eq(found.held, LINKS);
	cr_assert_eq(found.missing_len, 0);
	cr_assert_not(found.forked);
	cr_assert_eq(put(&withheld), SET_HAD);
	MUST(set_check(set, &err));
	bytes_wipe(&withheld);
}

Test(set_withheld, ends_a_chain_under_the_id_of_the_event)
{
	struct bytes withheld = {0};
	(void)cast_withhold(&cast, &device, bytes_span(&wire[1]), &withheld);
	(void)put(&wire[0]);
	(void)put(&withheld);
	const struct chain found = chain(NULL);
	cr_assert_eq(found.whole.number, 1);
	cr_assert(hash_equals(&found.whole.last, &head[1].last), "what a receipt names");
	bytes_wipe(&withheld);
}

static size_t links_seen, withheld_seen;

static enum status see(void *context, uint64_t position, const struct hash *id, struct span bytes, struct error *error)
{
	struct object object;
	(void)context;
	(void)position;
	(void)id;
	MUST(object_parse(&object, bytes, &err));
	(void)error;
	links_seen++;
	withheld_seen += object.type == OBJECT_WITHHOLDING;
	return STATUS_OK;
}

/* All orders of five objects, the event itself and its withholding among them. */
Test(set_withheld, is_counted_once_beside_its_event_in_any_order)
{
	struct bytes withheld = {0}, expected = {0};
	(void)cast_withhold(&cast, &device, bytes_span(&wire[2]), &withheld);
	const struct bytes *const objects[] = {&wire[1], &wire[2], &withheld, &wire[3]};
	for (unsigned order = 0; order < 24; order++) {
		size_t taken[4] = {0, 1, 2, 3};
		db_rollback(db);
		MUST(set_reload(set, &err));
		MUST(db_begin(db, &err));
		(void)put(&wire[0]);
		for (unsigned left = 4, rest = order; left > 0; left--) {
			const unsigned pick = rest % left;
			rest /= left;
			cr_assert_eq(put(objects[taken[pick]]), SET_NEW);
			memmove(&taken[pick], &taken[pick + 1], (left - pick - 1) * sizeof *taken);
		}
		const struct chain found = chain(NULL);
		cr_assert_eq(found.whole.number, 3, "order %u", order);
		cr_assert_eq(found.held, 3);
		cr_assert_not(found.forked);
		struct bytes dump = {0};
		MUST(set_dump(set, &dump, &err));
		if (order == 0)
			MUST(bytes_append(&expected, bytes_span(&dump), &err));
		cr_assert(span_equals(bytes_span(&dump), bytes_span(&expected)));
		bytes_wipe(&dump);
	}
	links_seen = withheld_seen = 0;
	MUST(set_each_link(set, &device.id, (struct gap){2, 2}, see, NULL, &err));
	cr_assert_eq(links_seen, 2);
	cr_assert_eq(withheld_seen, 1);
	bytes_wipe(&withheld);
	bytes_wipe(&expected);
}

Test(set_withheld, of_another_event_of_its_number_is_a_fork)
{
	struct bytes other = {0}, withheld = {0};
	const struct head twin = {2, cast_event(&cast, &device, head[1], "the other second", &other)};
	(void)cast_withhold(&cast, &device, bytes_span(&other), &withheld);
	for (size_t i = 0; i <= LINKS; i++)
		(void)put(&wire[i]);
	(void)put(&withheld);
	cr_assert(chain(NULL).forked);
	cr_assert_eq(chain(NULL).whole.number, LINKS);
	const struct chain other_branch = chain(&twin);
	cr_assert_eq(other_branch.whole.number, 2);
	cr_assert(hash_equals(&other_branch.whole.last, &twin.last));
	bytes_wipe(&other);
	bytes_wipe(&withheld);
}

Test(set_withheld, leaves_a_gap_where_another_event_is_missing)
{
	struct bytes withheld = {0};
	(void)cast_withhold(&cast, &device, bytes_span(&wire[3]), &withheld);
	(void)put(&wire[0]);
	(void)put(&wire[1]);
	(void)put(&withheld);
	const struct chain found = chain(NULL);
	cr_assert_eq(found.whole.number, 1);
	cr_assert_eq(found.highest, 3);
	cr_assert_eq(found.missing_len, 1);
	cr_assert_eq(found.missing[0].first, 2);
	cr_assert_eq(found.missing[0].last, 2);
	(void)put(&wire[2]);
	cr_assert_eq(chain(NULL).whole.number, 3);
	bytes_wipe(&withheld);
}
