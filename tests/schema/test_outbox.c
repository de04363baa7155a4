#include "schema/outbox.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/cbor.h"
#include "schema/evidence.h"
#include "tests/schema/cast.h"

enum { BATCH = 20, CREATED = 1760000000, BUNDLE_OBJECTS = 400 };

static struct cast cast;
static struct error err;

/* --- SQLite below us: its handle, and failures when they are asked for --- */

static sqlite3 *raw;
static sqlite3_mem_methods system_memory;
static long allocations_left = -1;

static void *scarce_malloc(int size)
{
	if (allocations_left == 0)
		return NULL;
	if (allocations_left > 0)
		allocations_left--;
	return system_memory.xMalloc(size);
}

static void *scarce_realloc(void *at, int size)
{
	if (allocations_left == 0)
		return NULL;
	if (allocations_left > 0)
		allocations_left--;
	return system_memory.xRealloc(at, size);
}

static int remember(sqlite3 *handle, const char **message, const void *routines)
{
	(void)message;
	(void)routines;
	raw = handle;
	return SQLITE_OK;
}

static void prepare_sqlite(void)
{
	cr_assert_eq(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_memory), SQLITE_OK);
	sqlite3_mem_methods scarce = system_memory;
	scarce.xMalloc = scarce_malloc;
	scarce.xRealloc = scarce_realloc;
	cr_assert_eq(sqlite3_config(SQLITE_CONFIG_MALLOC, &scarce), SQLITE_OK);
	cr_assert_eq(sqlite3_auto_extension((void (*)(void))remember), SQLITE_OK);
}

static void start(void)
{
	prepare_sqlite();
	cast_begin(&cast, DESCRIPTOR_KEEP);
}

static void end(void)
{
	cast_end(&cast);
}

TestSuite(outbox, .init = start, .fini = end);

/* --- a register and what is in it --- */

static struct outbox *created(const char *name)
{
	struct outbox *outbox = NULL;
	struct invite_file invite;
	cast_invite(&cast, "Team Nasib", &invite);
	const enum status status =
		outbox_create(&outbox, cast_path(&cast, name), cast.vault, cast.data_key, &invite, CREATED, &err);
	cr_assert_eq(status, STATUS_OK, "%s", err.message);
	invite_file_wipe(&invite);
	return outbox;
}

static struct outbox *reopened(const char *name)
{
	struct outbox *outbox = NULL;
	const enum status status = outbox_open(&outbox, cast_path(&cast, name), cast.vault, cast.data_key, &err);
	cr_assert_eq(status, STATUS_OK, "%s", err.message);
	return outbox;
}

static void set_field(struct report *report, const char *name, const char *text)
{
	static const struct report_reading reading = {.today = 20372};
	const struct report_field *const field = report_field_find(name);
	cr_assert_not_null(field, "%s", name);
	cr_assert_eq(report_set(report, field, text, &reading, &err), STATUS_OK, "%s: %s", name, err.message);
}

static void fill_report(struct body *body, const char *individuals)
{
	body_init(body, OBJECT_REPORT);
	body->created_s = CREATED;
	body->clock = BODY_CLOCK_MANUAL;
	set_field(&body->report, "kind", "arrival");
	set_field(&body->report, "place", "C5999");
	set_field(&body->report, "observed_on", "2018-06-21");
	set_field(&body->report, "individuals", individuals);
	set_field(&body->report, "count_method", "headcount");
}

static uint64_t row_bit(const char *name)
{
	return UINT64_C(1) << (report_field_find(name) - report_fields);
}

static void fill_amend(struct body *body, const struct hash *parent, const char *individuals)
{
	body_init(body, OBJECT_AMEND);
	body->created_s = CREATED + 60;
	body->clock = BODY_CLOCK_MANUAL;
	body->parent = *parent;
	set_field(&body->report, "individuals", individuals);
	body->set = row_bit("individuals");
}

static struct hash put_body(struct outbox *outbox, const struct body *body)
{
	struct hash id = {{0}};
	cr_assert_eq(outbox_put(outbox, body, 1, &id, &err), STATUS_OK, "%s", err.message);
	return id;
}

static struct hash put_report(struct outbox *outbox, const char *individuals)
{
	static struct body body;
	fill_report(&body, individuals);
	return put_body(outbox, &body);
}

static struct hash put_amend(struct outbox *outbox, const struct hash *parent, const char *individuals)
{
	static struct body body;
	fill_amend(&body, parent, individuals);
	return put_body(outbox, &body);
}

static void put_many(struct outbox *outbox, size_t n)
{
	struct body *const bodies = calloc(n, sizeof *bodies);
	struct hash *const ids = calloc(n, sizeof *ids);
	for (size_t i = 0; i < n; i++)
		fill_report(&bodies[i], "300");
	cr_assert_eq(outbox_put(outbox, bodies, n, ids, &err), STATUS_OK, "%s", err.message);
	free(bodies);
	free(ids);
}

static struct outbox_status status_of(struct outbox *outbox)
{
	struct outbox_status status;
	cr_assert_eq(outbox_status(outbox, &status, &err), STATUS_OK, "%s", err.message);
	return status;
}

static void take(struct outbox *outbox, struct bytes *wire)
{
	struct admission admission;
	enum set_outcome outcome;
	cr_assert_eq(outbox_take(outbox, bytes_span(wire), &admission, &outcome, &err), STATUS_OK, "%s", err.message);
	bytes_wipe(wire);
}

static void take_receipt(struct outbox *outbox, const struct key_id *device, struct head head, bool hub)
{
	struct bytes wire = {0};
	struct receipt receipt = cast_receipt_for(&cast, device, head);
	receipt.hub = hub;
	(void)cast_receipt(&cast, &receipt, &wire);
	take(outbox, &wire);
}

static void take_own_receipt(struct outbox *outbox, struct head head)
{
	const struct key_id device = outbox_device(outbox);
	take_receipt(outbox, &device, head, false);
}

static void take_own_acknowledgement(struct outbox *outbox, struct head head)
{
	struct bytes wire = {0}, appointment = {0};
	const struct key_id device = outbox_device(outbox);
	cr_assert_eq(bytes_append(&appointment, bytes_span(&cast.appointment_wire), &err), STATUS_OK);
	take(outbox, &appointment);
	(void)cast_acknowledge(&cast, &device, head, &wire);
	take(outbox, &wire);
}

/* What a bundle holds, taken apart. */
struct contents {
	size_t n;
	struct object object[BUNDLE_OBJECTS];
};

static size_t wire_length(struct span rest)
{
	size_t len = 0, need = 0;
	cr_assert_eq(cbor_item_length(rest, &len, &need, &err), STATUS_OK, "%s", err.message);
	return len;
}

static void read_bundle(struct contents *contents, struct span bundle)
{
	contents->n = 0;
	while (bundle.len > 0) {
		const size_t len = wire_length(bundle);
		cr_assert_lt(contents->n, BUNDLE_OBJECTS);
		cr_assert_eq(object_parse(&contents->object[contents->n++], (struct span){bundle.data, len}, &err), STATUS_OK);
		bundle = (struct span){bundle.data + len, bundle.len - len};
	}
}

static size_t count_type(const struct contents *contents, enum object_type type)
{
	size_t n = 0;
	for (size_t i = 0; i < contents->n; i++)
		n += contents->object[i].type == type ? 1 : 0;
	return n;
}

static void batch_of(struct outbox *outbox, size_t budget, struct bytes *bundle, struct contents *contents, bool *left)
{
	uint64_t sent_to = 0;
	bytes_clear(bundle);
	cr_assert_eq(outbox_batch(outbox, budget, bundle, &sent_to, left, &err), STATUS_OK, "%s", err.message);
	read_bundle(contents, bytes_span(bundle));
}

/* --- creating and opening --- */

Test(outbox, new_register_knows_its_project_and_itself)
{
	struct outbox *outbox = created("a");
	const struct key_id device = outbox_device(outbox), project = outbox_project(outbox);
	cr_assert(key_id_equals(&project, &cast.project));
	cr_assert_str_eq(outbox_label(outbox), "Team Nasib");
	cr_assert_str_eq(outbox_descriptor(outbox)->name, "Dar'a");
	cr_assert_eq(outbox_tip(outbox).number, 0);
	cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "%s", err.message);
	outbox_close(outbox);
	outbox = reopened("a");
	const struct key_id again = outbox_device(outbox);
	cr_assert(key_id_equals(&device, &again));
	cr_assert_str_eq(outbox_label(outbox), "Team Nasib");
	cr_assert_eq(status_of(outbox).saved, 0);
	outbox_close(outbox);
}

Test(outbox, name_that_is_taken_is_refused_and_left)
{
	struct outbox *outbox = NULL;
	struct invite_file invite;
	outbox_close(created("a"));
	cast_invite(&cast, "again", &invite);
	cr_assert_eq(outbox_create(&outbox, cast_path(&cast, "a"), cast.vault, cast.data_key, &invite, CREATED, &err),
	             STATUS_REFUSED);
	cr_assert_null(outbox);
	outbox_close(reopened("a"));
	invite_file_wipe(&invite);
}

Test(outbox, expired_or_foreign_invite_makes_no_register)
{
	struct outbox *outbox = NULL;
	struct invite_file invite, other_invite;
	struct cast other;
	const char *const path = cast_path(&cast, "a");

	cast_invite(&cast, "late", &invite);
	cr_assert_eq(outbox_create(&outbox, path, cast.vault, cast.data_key, &invite, 1900000001, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "expired"));
	cr_assert_neq(access(path, F_OK), 0);
	cast_begin(&other, DESCRIPTOR_KEEP);
	cast_invite(&other, "foreign", &other_invite);
	bytes_wipe(&invite.invite);
	invite.invite = other_invite.invite;
	other_invite.invite = (struct bytes){0};
	cr_assert_neq(outbox_create(&outbox, path, cast.vault, cast.data_key, &invite, CREATED, &err), STATUS_OK);
	cr_assert_null(outbox);
	cr_assert_neq(access(path, F_OK), 0);
	invite_file_wipe(&invite);
	invite_file_wipe(&other_invite);
	cast_end(&other);
}

Test(outbox, dead_clock_does_not_judge_the_invite)
{
	struct outbox *outbox = NULL;
	struct invite_file invite;
	cast_invite(&cast, "no clock", &invite);
	cr_assert_eq(outbox_create(&outbox, cast_path(&cast, "a"), cast.vault, cast.data_key, &invite, 0, &err), STATUS_OK);
	outbox_close(outbox);
	invite_file_wipe(&invite);
}

Test(outbox, another_data_key_opens_nothing)
{
	struct outbox *outbox = NULL;
	struct secret *other = NULL;
	outbox_close(created("a"));
	cr_assert_eq(secret_new_random(&other, VAULT_KEY_BYTES, &err), STATUS_OK);
	cr_assert_eq(outbox_open(&outbox, cast_path(&cast, "a"), cast.vault, other, &err), STATUS_TAMPERED);
	cr_assert_null(outbox);
	secret_free(other);
}

/* Pages that did not fit the cache were written in the middle of a transaction when the power went. */
Test(outbox, interrupted_write_is_undone_and_the_chain_walked_before_the_first_read)
{
	char command[500];
	struct vault *after = NULL;
	struct outbox *outbox = created("a");
	put_many(outbox, BATCH);
	cr_assert_eq(sqlite3_set_authorizer(raw, NULL, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(raw, "PRAGMA cache_size = 2; BEGIN IMMEDIATE; UPDATE own SET body = randomblob(1000);"
	                               "UPDATE object SET wire = randomblob(2000)", NULL, NULL, NULL), SQLITE_OK);
	(void)snprintf(command, sizeof command, "cd '%s' && cp a b && cp a-journal b-journal && test -s b-journal", cast.folder);
	cr_assert_eq(system(command), 0);
	cr_assert_eq(sqlite3_exec(raw, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	outbox_close(outbox);
	cr_assert_eq(vault_register(&after, cast.data_key, NULL, &err), STATUS_OK);
	cr_assert_eq(outbox_open(&outbox, cast_path(&cast, "b"), after, cast.data_key, &err), STATUS_OK, "%s", err.message);
	cr_assert(db_was_recovered(outbox_db(outbox)));
	cr_assert_eq(status_of(outbox).saved, BATCH);
	outbox_close(outbox);
	vault_unregister(after);
}

Test(outbox, opening_writes_nothing)
{
	char command[200];
	struct outbox *outbox = created("a");
	(void)put_report(outbox, "1");
	outbox_close(outbox);
	(void)snprintf(command, sizeof command, "cp '%s' '%s/before'", cast_path(&cast, "a"), cast.folder);
	cr_assert_eq(system(command), 0);
	outbox_close(reopened("a"));
	(void)snprintf(command, sizeof command, "cmp '%s' '%s/before'", cast_path(&cast, "a"), cast.folder);
	cr_assert_eq(system(command), 0);
}

/* --- saving --- */

Test(outbox, saved_report_is_a_link_that_headquarters_can_open)
{
	struct bytes wire = {0};
	struct object object;
	struct evidence *evidence = NULL;
	struct signer signer;
	struct outbox *const outbox = created("a");
	const struct hash first = put_report(outbox, "250-400");
	const struct hash second = put_report(outbox, "~300");
	cr_assert_eq(outbox_tip(outbox).number, 2);
	cr_assert_eq(set_get(outbox_set(outbox), &second, &wire, &err), STATUS_OK);
	cr_assert_eq(object_parse(&object, bytes_span(&wire), &err), STATUS_OK);
	const struct signer_source signers = set_signers(outbox_set(outbox));
	cr_assert_eq(signers.find(signers.context, &object.signer, &signer, &err), STATUS_OK);
	cr_assert_eq(evidence_open(&evidence, &object, &signer.key, &cast.project, cast.sealing, &err), STATUS_OK, "%s",
	             err.message);
	cr_assert_eq(evidence_event(evidence)->number, 2);
	cr_assert(hash_equals(&evidence_event(evidence)->previous, &first));
	cr_assert_eq(evidence_body(evidence)->report.individuals.best, 300);
	evidence_free(evidence);
	bytes_wipe(&wire);
	cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "%s", err.message);
	outbox_close(outbox);
}

Test(outbox, chain_goes_on_after_reopening)
{
	struct outbox *outbox = created("a");
	(void)put_report(outbox, "1");
	outbox_close(outbox);
	outbox = reopened("a");
	(void)put_report(outbox, "2");
	put_many(outbox, BATCH);
	cr_assert_eq(outbox_tip(outbox).number, BATCH + 2);
	cr_assert_eq(status_of(outbox).saved, BATCH + 2);
	cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "%s", err.message);
	outbox_close(outbox);
}

Test(outbox, two_programs_make_one_chain)
{
	struct outbox *const one = created("a");
	struct outbox *const two = reopened("a");
	(void)put_report(one, "1");
	(void)put_report(two, "2");
	(void)put_report(one, "3");
	cr_assert_eq(outbox_tip(one).number, 3);
	cr_assert_eq(outbox_check(two, &err), STATUS_OK, "%s", err.message);
	outbox_close(two);
	outbox_close(one);
}

Test(outbox, batch_is_saved_as_a_whole_or_not_at_all)
{
	struct body *const bodies = calloc(3, sizeof *bodies);
	struct hash ids[3] = {{{7}}};
	struct outbox *const outbox = created("a");
	for (size_t i = 0; i < 3; i++)
		fill_report(&bodies[i], "300");
	bodies[2].report.kind = 200;
	cr_assert_eq(outbox_put(outbox, bodies, 3, ids, &err), STATUS_BAD_INPUT);
	cr_assert_not_null(strstr(err.message, "report 3 of 3"), "%s", err.message);
	cr_assert_eq(ids[0].bytes[0], 7, "an output was touched");
	cr_assert_eq(status_of(outbox).saved, 0);
	(void)put_report(outbox, "300");
	cr_assert_eq(outbox_tip(outbox).number, 1);
	cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "%s", err.message);
	outbox_close(outbox);
	free(bodies);
}

/* Once: what is undone afterwards must go through. */
static int interrupt_at_zero(void *context)
{
	long *const left = context;
	return (*left)-- == 0;
}

/* Every so many steps of SQLite's own machine the work is cut: nothing of it may stay. */
Test(outbox, cut_at_any_step_saves_nothing)
{
	static struct body body;
	struct hash id;
	long cuts = 0;
	struct outbox *outbox = created("a");
	(void)put_report(outbox, "1");
	fill_report(&body, "2");
	for (long step = 0;; step += 5) {
		long left = step;
		sqlite3_progress_handler(raw, 1, interrupt_at_zero, &left);
		const enum status status = outbox_put(outbox, &body, 1, &id, &err);
		sqlite3_progress_handler(raw, 0, NULL, NULL);
		if (status == STATUS_OK)
			break;
		cr_assert_eq(status, STATUS_IO, "%s", err.message);
		cr_assert_eq(status_of(outbox).saved, 1, "step %ld", step);
		cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "step %ld: %s", step, err.message);
		cuts++;
	}
	cr_assert_gt(cuts, 10);
	cr_assert_eq(status_of(outbox).saved, 2);
	cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "%s", err.message);
	outbox_close(outbox);
}

Test(outbox, allocation_that_fails_saves_nothing)
{
	static struct body body;
	struct hash id;
	long cuts = 0;
	struct outbox *outbox = created("a");
	outbox_close(outbox);
	fill_report(&body, "2");
	for (long n = 0;; n += 17) {
		outbox = reopened("a");
		allocations_left = n;
		const enum status status = outbox_put(outbox, &body, 1, &id, &err);
		allocations_left = -1;
		if (status == STATUS_OK)
			break;
		cr_assert_eq(status, STATUS_NO_MEMORY, "%ld: %s", n, err.message);
		outbox_close(outbox);
		outbox = reopened("a");
		cr_assert_eq(status_of(outbox).saved, 0, "allocation %ld", n);
		cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "allocation %ld: %s", n, err.message);
		outbox_close(outbox);
		cuts++;
	}
	cr_assert_gt(cuts, 5);
	cr_assert_eq(status_of(outbox).saved, 1);
	cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "%s", err.message);
	outbox_close(outbox);
}

Test(outbox, only_own_reports_can_be_amended_or_retracted)
{
	static struct body body;
	struct hash id, foreign = hash_of(span_from_text("another's report"));
	struct outbox *const outbox = created("a");
	fill_amend(&body, &foreign, "7");
	cr_assert_eq(outbox_put(outbox, &body, 1, &id, &err), STATUS_REFUSED);
	cr_assert_str_not_empty(err.hint);

	struct cast_device other;
	struct bytes wire = {0};
	cast_enrol(&cast, &other);
	foreign = cast_event(&cast, &other, (struct head){0, other.introduced}, "words", &wire);
	take(outbox, &other.wire);
	take(outbox, &wire);
	fill_amend(&body, &foreign, "7");
	cr_assert_eq(outbox_put(outbox, &body, 1, &id, &err), STATUS_REFUSED);
	cr_assert_eq(status_of(outbox).saved, 0);
	cast_device_free(&other);
	outbox_close(outbox);
}

Test(outbox, retraction_itself_cannot_be_amended)
{
	static struct body body;
	struct hash id;
	struct outbox *const outbox = created("a");
	const struct hash report = put_report(outbox, "5");
	body_init(&body, OBJECT_RETRACT);
	body.created_s = CREATED;
	body.clock = BODY_CLOCK_MANUAL;
	body.parent = report;
	body.reason = 1;
	const struct hash retraction = put_body(outbox, &body);
	struct outbox_entry entry;
	cr_assert_eq(outbox_find(outbox, "1", &entry, &err), STATUS_OK);
	cr_assert(hash_equals(&entry.retracted_by, &retraction));
	fill_amend(&body, &retraction, "7");
	cr_assert_eq(outbox_put(outbox, &body, 1, &id, &err), STATUS_REFUSED);
	outbox_close(outbox);
}

/* --- reading --- */

static enum status count_entry(void *context, const struct outbox_entry *entry, struct error *error)
{
	size_t *const n = context;
	(void)error;
	(*n)++;
	cr_assert_eq(entry->number, *n);
	cr_assert(entry->readable);
	return STATUS_OK;
}

Test(outbox, entries_come_in_order_and_by_their_names)
{
	struct outbox_entry entry;
	char hex[2 * HASH_BYTES + 1];
	size_t n = 0;
	struct outbox *const outbox = created("a");
	const struct hash first = put_report(outbox, "11");
	(void)put_report(outbox, "22");
	cr_assert_eq(outbox_each(outbox, count_entry, &n, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(n, 2);
	for (size_t i = 0; i < HASH_BYTES; i++)
		(void)snprintf(hex + 2 * i, 3, i % 2 == 0 ? "%02x" : "%02X", first.bytes[i]);
	static const size_t lengths[] = {64, 33, 12};
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		hex[lengths[i]] = '\0';
		cr_assert_eq(outbox_find(outbox, hex, &entry, &err), STATUS_OK, "%s: %s", hex, err.message);
		cr_assert(hash_equals(&entry.id, &first));
	}
	cr_assert_eq(outbox_find(outbox, "2", &entry, &err), STATUS_OK);
	cr_assert_eq(entry.body.report.individuals.best, 22);
	static const char nobody[][70] = {"3", "0", "", "abc", "zzzz", "0000000000000", "99999999999999999999",
	                                  "00000000000000000000000000000000000000000000000000000000000000000"};
	for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++)
		cr_assert_eq(outbox_find(outbox, nobody[i], &entry, &err), STATUS_NOT_FOUND, "\"%s\"", nobody[i]);
	outbox_close(outbox);
}

Test(outbox, an_event_of_an_earlier_key_goes_by_its_chains_name)
{
	struct outbox_entry entry;
	char of_old[ENROLMENT_NAME_BYTES + 4], of_new[ENROLMENT_NAME_BYTES + 4], name[ENROLMENT_NAME_BYTES];
	struct outbox *const outbox = created("a");
	const struct key_id before = outbox_device(outbox);
	const struct hash old = put_report(outbox, "11");
	cr_assert_eq(outbox_succeed(outbox, SUCCESSION_ROTATION, &err), STATUS_OK, "%s", err.message);
	const struct key_id now = outbox_device(outbox);
	cr_assert_eq(outbox_find(outbox, "1", &entry, &err), STATUS_NOT_FOUND, "the number is the current key's");
	const struct hash new = put_report(outbox, "22");
	outbox_name(outbox, &before, name);
	cr_assert_str_eq(name, outbox_label(outbox));
	(void)snprintf(of_old, sizeof of_old, "%s/1", name);
	outbox_name(outbox, &now, name);
	cr_assert_str_neq(name, outbox_label(outbox));
	(void)snprintf(of_new, sizeof of_new, "%s/1", name);
	cr_assert_eq(outbox_find(outbox, of_old, &entry, &err), STATUS_OK, "%s", err.message);
	cr_assert(hash_equals(&entry.id, &old));
	cr_assert(key_id_equals(&entry.device, &before));
	cr_assert_eq(outbox_find(outbox, of_new, &entry, &err), STATUS_OK, "%s", err.message);
	cr_assert(hash_equals(&entry.id, &new));
	cr_assert_eq(outbox_find(outbox, "1", &entry, &err), STATUS_OK);
	cr_assert(hash_equals(&entry.id, &new));
	cr_assert_eq(outbox_find(outbox, "nobody/1", &entry, &err), STATUS_NOT_FOUND);
	cr_assert_eq(outbox_find(outbox, "/1", &entry, &err), STATUS_NOT_FOUND);
	outbox_close(outbox);
}

Test(outbox, prefix_of_several_is_ambiguous)
{
	struct outbox_entry entry;
	struct outbox *const outbox = created("a");
	/* Among 1,400 ids of 16 bits some begin alike (the chance of none is below 1 in 3 million). */
	put_many(outbox, 1400);
	int64_t twins = 0;
	for (unsigned prefix = 0; prefix < 0x10000 && twins == 0; prefix++) {
		char name[8];
		(void)snprintf(name, sizeof name, "%04x", prefix);
		if (strspn(name, "0123456789") == 4)
			continue;
		twins += outbox_find(outbox, name, &entry, &err) == STATUS_BAD_INPUT ? 1 : 0;
	}
	cr_assert_eq(twins, 1);
	cr_assert_not_null(strstr(err.message, "several"));
	outbox_close(outbox);
}

Test(outbox, current_report_follows_its_amendments)
{
	struct report report;
	struct outbox_entry entry;
	struct outbox *const outbox = created("a");
	const struct hash first = put_report(outbox, "100");
	const struct hash left = put_amend(outbox, &first, "110");
	const struct hash left_again = put_amend(outbox, &left, "120");
	cr_assert_eq(outbox_current(outbox, &first, &report, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(report.individuals.best, 120);
	cr_assert_str_eq(report.place.pcode, "C5999");
	const struct hash right = put_amend(outbox, &first, "200");
	cr_assert_eq(outbox_current(outbox, &first, &report, &err), STATUS_OK);
	cr_assert_eq(report.individuals.best, 200, "the newest amendment of the report itself counts");
	cr_assert_eq(outbox_current(outbox, &left, &report, &err), STATUS_OK);
	cr_assert_eq(report.individuals.best, 120, "the other lineage goes on by itself");
	cr_assert_eq(outbox_current(outbox, &left_again, &report, &err), STATUS_OK);
	cr_assert_eq(report.individuals.best, 120);
	cr_assert_eq(outbox_find(outbox, "1", &entry, &err), STATUS_OK);
	cr_assert(hash_equals(&entry.amended_by, &right));
	const struct hash nothing = hash_of(span_from_text("nothing"));
	cr_assert_eq(outbox_current(outbox, &nothing, &report, &err), STATUS_NOT_FOUND);
	outbox_close(outbox);
}

/* --- receipts, acknowledgements, policies --- */

Test(outbox, believed_receipt_covers_up_to_its_number)
{
	struct outbox_entry entry;
	struct outbox *outbox = created("a");
	const struct hash first = put_report(outbox, "1");
	(void)put_report(outbox, "2");
	take_own_receipt(outbox, (struct head){1, first});
	take_own_acknowledgement(outbox, (struct head){1, first});
	outbox_close(outbox);
	outbox = reopened("a");
	const struct outbox_status status = status_of(outbox);
	cr_assert_eq(status.saved, 2);
	cr_assert_eq(status.relay, 1);
	cr_assert_eq(status.hq, 1);
	cr_assert_eq(status.receipt_s, 1530000001);
	cr_assert_eq(status.acknowledgement_s, 1530000100);
	cr_assert_not(status.surpassed);
	cr_assert_eq(outbox_find(outbox, "1", &entry, &err), STATUS_OK);
	cr_assert(entry.relay_has && entry.hq_has);
	cr_assert_eq(outbox_find(outbox, "2", &entry, &err), STATUS_OK);
	cr_assert_not(entry.relay_has || entry.hq_has);
	outbox_close(outbox);
}

Test(outbox, receipt_that_names_another_event_is_not_believed)
{
	struct outbox *const outbox = created("a");
	const struct hash first = put_report(outbox, "1");
	const struct hash second = put_report(outbox, "2");
	const struct head wrong[] = {{1, second}, {2, first}, {9, first}, {0, first}};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		take_own_receipt(outbox, wrong[i]);
		take_own_acknowledgement(outbox, wrong[i]);
		cr_assert_eq(status_of(outbox).relay, 0, "case %zu", i);
		cr_assert_eq(status_of(outbox).hq, 0, "case %zu", i);
	}
	cr_assert(status_of(outbox).surpassed);
	outbox_close(outbox);
}

Test(outbox, receipted_link_is_the_floor_that_a_restored_copy_does_not_hold)
{
	struct head floor, again;
	bool holds = false;
	struct outbox *outbox = created("a");
	cr_assert_eq(db_copy(outbox_db(outbox), cast_path(&cast, "b"), cast.vault, &err), STATUS_OK);
	cr_assert_eq(outbox_receipted(outbox, &floor, &err), STATUS_OK);
	cr_assert_eq(floor.number, 0);
	const struct hash first = put_report(outbox, "1");
	(void)put_report(outbox, "2");
	take_own_receipt(outbox, (struct head){1, first});
	cr_assert_eq(outbox_receipted(outbox, &floor, &err), STATUS_OK);
	cr_assert_eq(floor.number, 1);
	cr_assert(hash_equals(&floor.last, &first));
	cr_assert_eq(outbox_holds(outbox, &floor, &holds, &err), STATUS_OK);
	cr_assert(holds);
	cr_assert_eq(outbox_succeed(outbox, SUCCESSION_ROTATION, &err), STATUS_OK);
	cr_assert_eq(outbox_holds(outbox, &floor, &holds, &err), STATUS_OK);
	cr_assert(holds, "it is a link of the chain before");
	cr_assert_eq(outbox_receipted(outbox, &again, &err), STATUS_OK);
	cr_assert_eq(again.number, 0);
	outbox_close(outbox);
	outbox = reopened("b");
	cr_assert_eq(outbox_holds(outbox, &floor, &holds, &err), STATUS_OK);
	cr_assert_not(holds);
	outbox_close(outbox);
}

Test(outbox, older_receipt_takes_nothing_back)
{
	struct outbox *const outbox = created("a");
	const struct hash first = put_report(outbox, "1");
	const struct hash second = put_report(outbox, "2");
	take_own_receipt(outbox, (struct head){2, second});
	take_own_receipt(outbox, (struct head){1, first});
	cr_assert_eq(status_of(outbox).relay, 2);
	outbox_close(outbox);
}

Test(outbox, hub_receipt_is_not_the_relays)
{
	struct bytes bundle = {0};
	static struct contents contents;
	bool left = true;
	struct outbox *const outbox = created("a");
	const struct key_id device = outbox_device(outbox);
	const struct hash first = put_report(outbox, "1");
	take_receipt(outbox, &device, (struct head){1, first}, true);
	cr_assert_eq(status_of(outbox).relay, 0);
	batch_of(outbox, 65536, &bundle, &contents, &left);
	cr_assert_eq(count_type(&contents, OBJECT_REPORT), 1);
	bytes_wipe(&bundle);
	outbox_close(outbox);
}

static bool event_tells(struct outbox *outbox, const struct hash *id, struct checkpoint *seen)
{
	struct bytes wire = {0};
	struct object object;
	struct event event;
	cr_assert_eq(set_get(outbox_set(outbox), id, &wire, &err), STATUS_OK);
	cr_assert_eq(object_parse(&object, bytes_span(&wire), &err), STATUS_OK);
	cr_assert_eq(event_decode(&event, object.payload, &err), STATUS_OK);
	bytes_wipe(&wire);
	*seen = event.seen;
	return event.has_seen;
}

Test(outbox, first_event_after_a_receipt_carries_the_checkpoint)
{
	struct checkpoint seen;
	struct outbox *const outbox = created("a");
	const struct hash first = put_report(outbox, "1");
	cr_assert_not(event_tells(outbox, &first, &seen));
	take_own_receipt(outbox, (struct head){1, first});
	const struct hash second = put_report(outbox, "2");
	cr_assert(event_tells(outbox, &second, &seen));
	cr_assert_eq(seen.size, 4);
	cr_assert(key_id_equals(&seen.log, &cast.log));
	const struct hash third = put_report(outbox, "3");
	cr_assert_not(event_tells(outbox, &third, &seen));
	take_own_receipt(outbox, (struct head){1, first});
	const struct hash fourth = put_report(outbox, "4");
	cr_assert_not(event_tells(outbox, &fourth, &seen), "nothing new was learned");
	outbox_close(outbox);
}

Test(outbox, acknowledgement_drops_readable_copies_where_the_policy_says_so)
{
	struct outbox_entry entry;
	struct report report;
	cast.descriptor.retention = DESCRIPTOR_UNTIL_ACKNOWLEDGED;
	cast_describe(&cast);
	struct outbox *const outbox = created("a");
	const struct hash first = put_report(outbox, "1");
	const struct hash second = put_report(outbox, "2");
	take_own_receipt(outbox, (struct head){2, second});
	cr_assert_eq(outbox_find(outbox, "1", &entry, &err), STATUS_OK);
	cr_assert(entry.readable);
	take_own_acknowledgement(outbox, (struct head){1, first});
	cr_assert_eq(outbox_find(outbox, "1", &entry, &err), STATUS_OK);
	cr_assert_not(entry.readable);
	cr_assert(entry.hq_has);
	cr_assert_eq(outbox_current(outbox, &first, &report, &err), STATUS_NOT_FOUND);
	cr_assert_eq(outbox_find(outbox, "2", &entry, &err), STATUS_OK);
	cr_assert(entry.readable);
	cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "%s", err.message);
	outbox_close(outbox);
}

Test(outbox, policy_never_keeps_no_readable_copy)
{
	struct outbox_entry entry;
	cast.descriptor.retention = DESCRIPTOR_NEVER;
	cast_describe(&cast);
	struct outbox *const outbox = created("a");
	const struct hash first = put_report(outbox, "1");
	cr_assert_eq(outbox_find(outbox, "1", &entry, &err), STATUS_OK);
	cr_assert_not(entry.readable);
	cr_assert(hash_equals(&entry.id, &first));
	cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "%s", err.message);
	outbox_close(outbox);
}

Test(outbox, many_are_taken_in_one_transaction_and_refusals_do_no_harm)
{
	struct admission admission;
	enum set_outcome outcome;
	struct bytes wire = {0};
	struct cast_device other;
	struct outbox *outbox = created("a");
	cast_enrol(&cast, &other);
	struct head head = {0, other.introduced};
	cr_assert_eq(outbox_group_begin(outbox, &err), STATUS_OK);
	cr_assert_eq(outbox_take(outbox, bytes_span(&other.wire), &admission, &outcome, &err), STATUS_OK);
	for (uint64_t i = 1; i <= 10; i++) {
		bytes_clear(&wire);
		head = (struct head){i, cast_event(&cast, &other, head, "words", &wire)};
		if (i == 5)
			wire.data[wire.len - 1] ^= 1;
		const enum status status = outbox_take(outbox, bytes_span(&wire), &admission, &outcome, &err);
		cr_assert_eq(status, i == 5 ? STATUS_TAMPERED : STATUS_OK);
	}
	cr_assert_eq(outbox_group_end(outbox, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(status_of(outbox).carried, 9);
	bytes_wipe(&wire);
	cast_device_free(&other);
	outbox_close(outbox);
	outbox = reopened("a");
	cr_assert_eq(status_of(outbox).carried, 9);
	cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "%s", err.message);
	outbox_close(outbox);
}

Test(outbox, many_are_saved_in_one_transaction_or_none)
{
	static struct body body;
	struct hash id;
	struct outbox *outbox = created("a");
	cr_assert_eq(outbox_group_begin(outbox, &err), STATUS_OK);
	for (int i = 0; i < 3; i++)
		(void)put_report(outbox, "300");
	cr_assert_eq(outbox_tip(outbox).number, 3);
	cr_assert_eq(outbox_group_end(outbox, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(outbox_group_begin(outbox, &err), STATUS_OK);
	(void)put_report(outbox, "300");
	fill_report(&body, "300");
	body.report.kind = 200;
	cr_assert_eq(outbox_put(outbox, &body, 1, &id, &err), STATUS_BAD_INPUT);
	fill_report(&body, "300");
	cr_assert_eq(outbox_put(outbox, &body, 1, &id, &err), STATUS_BAD_INPUT, "a spoiled group takes no more");
	cr_assert_eq(outbox_group_end(outbox, &err), STATUS_BAD_INPUT);
	cr_assert_eq(outbox_tip(outbox).number, 3);
	(void)put_report(outbox, "300");
	outbox_close(outbox);
	outbox = reopened("a");
	cr_assert_eq(status_of(outbox).saved, 4);
	cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "%s", err.message);
	outbox_close(outbox);
}

Test(outbox, taking_that_cannot_be_stored_takes_nothing)
{
	struct admission admission;
	enum set_outcome outcome;
	struct cast_device other;
	long left = 200;
	struct outbox *const outbox = created("a");
	cast_enrol(&cast, &other);
	cast.descriptor.retention = DESCRIPTOR_NEVER;
	cast_describe(&cast);
	cr_assert_eq(outbox_group_begin(outbox, &err), STATUS_OK);
	cr_assert_eq(outbox_take(outbox, bytes_span(&cast.descriptor_wire), &admission, &outcome, &err), STATUS_OK);
	cr_assert_eq(outbox_descriptor(outbox)->number, 2);
	sqlite3_progress_handler(raw, 1, interrupt_at_zero, &left);
	cr_assert_eq(outbox_take(outbox, bytes_span(&other.wire), &admission, &outcome, &err), STATUS_IO);
	sqlite3_progress_handler(raw, 0, NULL, NULL);
	cr_assert_eq(outbox_group_end(outbox, &err), STATUS_IO);
	cr_assert_str_not_empty(err.message);
	cr_assert_eq(outbox_descriptor(outbox)->number, 1);
	cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "%s", err.message);
	(void)put_report(outbox, "1");
	cast_device_free(&other);
	outbox_close(outbox);
}

/* --- descriptors --- */

Test(outbox, newer_chained_descriptor_counts_in_any_order)
{
	struct bytes second = {0}, third = {0};
	struct outbox_entry entry;
	struct outbox *outbox = created("a");
	(void)put_report(outbox, "1");
	cast_describe(&cast);
	cr_assert_eq(bytes_append(&second, bytes_span(&cast.descriptor_wire), &err), STATUS_OK);
	cast.descriptor.retention = DESCRIPTOR_NEVER;
	(void)snprintf(cast.descriptor.name, sizeof cast.descriptor.name, "Dar'a again");
	cast_describe(&cast);
	cr_assert_eq(bytes_append(&third, bytes_span(&cast.descriptor_wire), &err), STATUS_OK);
	take(outbox, &third);
	cr_assert_eq(outbox_descriptor(outbox)->number, 1, "it is not chained yet");
	take(outbox, &second);
	cr_assert_eq(outbox_descriptor(outbox)->number, 3);
	cr_assert_str_eq(outbox_descriptor(outbox)->name, "Dar'a again");
	cr_assert_eq(outbox_find(outbox, "1", &entry, &err), STATUS_OK);
	cr_assert_not(entry.readable, "the stricter policy holds for what was saved before");
	outbox_close(outbox);
	outbox = reopened("a");
	cr_assert_eq(outbox_descriptor(outbox)->number, 3);
	outbox_close(outbox);
}

Test(outbox, descriptor_that_does_not_chain_never_counts)
{
	struct bytes wire = {0};
	struct outbox *const outbox = created("a");
	cast.descriptor_id = hash_of(span_from_text("another past"));
	cast_describe(&cast);
	cr_assert_eq(bytes_append(&wire, bytes_span(&cast.descriptor_wire), &err), STATUS_OK);
	take(outbox, &wire);
	cr_assert_eq(outbox_descriptor(outbox)->number, 1);
	outbox_close(outbox);
}

/* --- batches --- */

Test(outbox, batch_starts_with_the_enrolment_and_a_fresh_head)
{
	static struct contents contents;
	struct bytes bundle = {0};
	struct head head;
	bool left = true;
	struct outbox *const outbox = created("a");
	(void)put_report(outbox, "1");
	const struct hash second = put_report(outbox, "2");
	batch_of(outbox, 65536, &bundle, &contents, &left);
	cr_assert_not(left);
	cr_assert_eq(contents.n, 4);
	cr_assert_eq(contents.object[0].type, OBJECT_ENROLMENT);
	cr_assert_eq(contents.object[1].type, OBJECT_HEAD);
	cr_assert_eq(head_decode(&head, contents.object[1].payload, &err), STATUS_OK);
	cr_assert_eq(head.number, 2);
	cr_assert(hash_equals(&head.last, &second));
	bytes_wipe(&bundle);
	outbox_close(outbox);
}

Test(outbox, small_batches_reach_the_end_by_receipts)
{
	static struct contents contents;
	struct bytes bundle = {0};
	bool left = true;
	size_t rounds = 0;
	struct outbox *const outbox = created("a");
	put_many(outbox, BATCH);
	for (; left; rounds++) {
		cr_assert_lt(rounds, 2 * BATCH);
		uint64_t sent_to = 0;
		bytes_clear(&bundle);
		cr_assert_eq(outbox_batch(outbox, 1500, &bundle, &sent_to, &left, &err), STATUS_OK);
		read_bundle(&contents, bytes_span(&bundle));
		cr_assert_geq(contents.n, 2);
		const struct object *const last = &contents.object[contents.n - 1];
		if (last->type == OBJECT_REPORT)
			take_own_receipt(outbox, (struct head){sent_to, last->id});
	}
	cr_assert_gt(rounds, 3);
	cr_assert_eq(status_of(outbox).relay, BATCH);
	batch_of(outbox, 1500, &bundle, &contents, &left);
	cr_assert_eq(contents.n, 0, "all is receipted, and something is sent");
	cr_assert_not(left);
	bytes_wipe(&bundle);
	outbox_close(outbox);
}

Test(outbox, budget_of_nothing_still_moves)
{
	static struct contents contents;
	struct bytes bundle = {0};
	bool left = false;
	struct outbox *const outbox = created("a");
	const struct hash first = put_report(outbox, "1");
	take_own_receipt(outbox, (struct head){1, first});
	put_many(outbox, 3);
	batch_of(outbox, 0, &bundle, &contents, &left);
	cr_assert(left);
	cr_assert_eq(count_type(&contents, OBJECT_REPORT), 1);
	cr_assert_eq(count_type(&contents, OBJECT_ENROLMENT), 0);
	bytes_wipe(&bundle);
	outbox_close(outbox);
}

Test(outbox, carried_objects_are_sent_until_receipted)
{
	static struct contents contents;
	struct bytes bundle = {0}, wire = {0};
	struct cast_device other;
	struct head head;
	bool left = true;
	struct outbox *const outbox = created("a");
	take_own_receipt(outbox, outbox_tip(outbox));
	cast_enrol(&cast, &other);
	const struct key_id device = other.id;
	head = (struct head){0, other.introduced};
	take(outbox, &other.wire);
	for (uint64_t i = 1; i <= 3; i++) {
		head = (struct head){i, cast_event(&cast, &other, head, "words", &wire)};
		take(outbox, &wire);
	}
	(void)cast_head(&cast, &other, head, &wire);
	take(outbox, &wire);
	cr_assert_eq(status_of(outbox).carried, 3);
	batch_of(outbox, 65536, &bundle, &contents, &left);
	cr_assert_eq(contents.n, 5);
	cr_assert_eq(contents.object[0].type, OBJECT_ENROLMENT);
	cr_assert_eq(count_type(&contents, OBJECT_HEAD), 1);
	take_receipt(outbox, &device, head, true);
	batch_of(outbox, 65536, &bundle, &contents, &left);
	cr_assert_eq(contents.n, 5, "a hub's receipt is not the relay's");
	take_receipt(outbox, &device, (struct head){3, hash_of(span_from_text("another branch"))}, false);
	batch_of(outbox, 65536, &bundle, &contents, &left);
	cr_assert_eq(count_type(&contents, OBJECT_REPORT), 3, "the relay holds another branch");
	cr_assert_eq(count_type(&contents, OBJECT_ENROLMENT), 0);
	take_receipt(outbox, &device, (struct head){9, hash_of(span_from_text("beyond what is carried"))}, false);
	batch_of(outbox, 65536, &bundle, &contents, &left);
	cr_assert_eq(contents.n, 0);
	bytes_wipe(&bundle);
	cast_device_free(&other);
	outbox_close(outbox);
}

Test(outbox, export_of_all_is_taken_whole_by_another_device)
{
	static struct contents contents;
	struct bytes bundle = {0}, ours = {0}, theirs = {0};
	uint64_t objects = 0;
	struct outbox *const one = created("a"), *const two = created("b");
	put_many(one, 5);
	take_own_receipt(one, (struct head){0, outbox_tip(one).last});
	cr_assert_eq(outbox_export(one, true, &bundle, &objects, &err), STATUS_OK);
	read_bundle(&contents, bytes_span(&bundle));
	cr_assert_eq(contents.n, objects);
	cr_assert_eq(count_type(&contents, OBJECT_DESCRIPTOR), 1);
	for (size_t i = 0; i < contents.n; i++) {
		struct bytes wire = {0};
		cr_assert_eq(bytes_append(&wire, contents.object[i].wire, &err), STATUS_OK);
		take(two, &wire);
	}
	cr_assert_eq(status_of(two).carried, 5);
	cr_assert_eq(status_of(two).saved, 0);
	bytes_clear(&bundle);
	cr_assert_eq(outbox_export(two, false, &bundle, &objects, &err), STATUS_OK);
	read_bundle(&contents, bytes_span(&bundle));
	cr_assert_eq(count_type(&contents, OBJECT_REPORT), 5);
	cr_assert_eq(set_dump(outbox_set(one), &ours, &err), STATUS_OK);
	cr_assert_eq(set_dump(outbox_set(two), &theirs, &err), STATUS_OK);
	cr_assert_gt(theirs.len, ours.len);
	bytes_wipe(&bundle);
	bytes_wipe(&ours);
	bytes_wipe(&theirs);
	outbox_close(two);
	outbox_close(one);
}

/* --- standing --- */

Test(outbox, revocation_of_this_device_shows)
{
	struct bytes wire = {0};
	struct cast_device other;
	struct outbox *const outbox = created("a");
	const struct key_id device = outbox_device(outbox);
	cast_enrol(&cast, &other);
	(void)cast_revoke(&cast, &other.id, &wire);
	take(outbox, &wire);
	cr_assert_not(status_of(outbox).revoked);
	(void)cast_revoke(&cast, &device, &wire);
	take(outbox, &wire);
	cr_assert(status_of(outbox).revoked);
	cast_device_free(&other);
	outbox_close(outbox);
}

Test(outbox, succession_goes_on_with_a_new_key_and_sends_both_chains)
{
	static struct contents contents;
	struct bytes bundle = {0};
	struct outbox_entry entry;
	bool left = true;
	struct outbox *outbox = created("a");
	const struct key_id old = outbox_device(outbox);
	const struct hash first = put_report(outbox, "1");
	(void)put_report(outbox, "2");
	take_own_receipt(outbox, (struct head){1, first});
	cr_assert_eq(outbox_succeed(outbox, SUCCESSION_ROTATION, &err), STATUS_OK, "%s", err.message);
	const struct key_id new = outbox_device(outbox);
	cr_assert_not(key_id_equals(&old, &new));
	cr_assert_eq(outbox_tip(outbox).number, 0);
	const struct hash third = put_report(outbox, "3");
	outbox_close(outbox);
	outbox = reopened("a");
	cr_assert_eq(outbox_tip(outbox).number, 1);
	cr_assert_eq(status_of(outbox).saved, 3);
	cr_assert_eq(status_of(outbox).relay, 1);
	cr_assert_not(status_of(outbox).succeeded);
	cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(outbox_find(outbox, "1", &entry, &err), STATUS_OK);
	cr_assert(hash_equals(&entry.id, &third), "numbers are those of the current key's chain");
	batch_of(outbox, 65536, &bundle, &contents, &left);
	cr_assert_eq(count_type(&contents, OBJECT_SUCCESSION), 1);
	cr_assert_eq(count_type(&contents, OBJECT_REPORT), 2);
	cr_assert_eq(count_type(&contents, OBJECT_HEAD), 2);
	/* An amendment reaches across: the report is this device's own under its earlier key. */
	(void)put_amend(outbox, &first, "10");
	bytes_wipe(&bundle);
	outbox_close(outbox);
}

/* A copy of the register is used beside it: both go on from one link. */
Test(outbox, copy_in_use_elsewhere_is_noticed)
{
	struct bytes bundle = {0}, copy_path = {0};
	static struct contents contents;
	uint64_t objects = 0;
	struct outbox *const outbox = created("a");
	(void)put_report(outbox, "1");
	cr_assert_eq(db_copy(outbox_db(outbox), cast_path(&cast, "b"), cast.vault, &err), STATUS_OK, "%s", err.message);
	struct outbox *const copy = reopened("b");
	(void)put_report(copy, "2");
	(void)put_report(outbox, "3");
	cr_assert_not(status_of(outbox).surpassed);
	cr_assert_eq(outbox_export(copy, false, &bundle, &objects, &err), STATUS_OK);
	read_bundle(&contents, bytes_span(&bundle));
	for (size_t i = 0; i < contents.n; i++) {
		struct bytes wire = {0};
		cr_assert_eq(bytes_append(&wire, contents.object[i].wire, &err), STATUS_OK);
		take(outbox, &wire);
	}
	cr_assert(status_of(outbox).surpassed);
	cr_assert_eq(outbox_succeed(outbox, SUCCESSION_FORK, &err), STATUS_OK, "%s", err.message);
	cr_assert_not(status_of(outbox).surpassed, "the new key is nobody else's");
	cr_assert_not(status_of(copy).succeeded);
	bytes_clear(&bundle);
	cr_assert_eq(outbox_export(outbox, true, &bundle, &objects, &err), STATUS_OK);
	read_bundle(&contents, bytes_span(&bundle));
	for (size_t i = 0; i < contents.n; i++) {
		struct bytes wire = {0};
		cr_assert_eq(bytes_append(&wire, contents.object[i].wire, &err), STATUS_OK);
		take(copy, &wire);
	}
	cr_assert(status_of(copy).succeeded);
	bytes_wipe(&bundle);
	bytes_wipe(&copy_path);
	outbox_close(copy);
	outbox_close(outbox);
}

Test(outbox, clock_floor_is_the_latest_time_known)
{
	static struct body body;
	struct bytes wire = {0};
	struct outbox *outbox = created("a");
	cr_assert_eq(outbox_time_floor(outbox), OUTBOX_RELEASE_S);
	(void)put_report(outbox, "1");
	cr_assert_eq(outbox_time_floor(outbox), CREATED);
	fill_report(&body, "2");
	body.created_s = CREATED - 1000000;
	const struct hash second = put_body(outbox, &body);
	cr_assert_eq(outbox_time_floor(outbox), CREATED);
	outbox_close(outbox);
	outbox = reopened("a");
	cr_assert_eq(outbox_time_floor(outbox), CREATED);
	const struct key_id device = outbox_device(outbox);
	struct receipt receipt = cast_receipt_for(&cast, &device, (struct head){2, second});
	receipt.time_s = CREATED + 500;
	(void)cast_receipt(&cast, &receipt, &wire);
	take(outbox, &wire);
	cr_assert_eq(outbox_time_floor(outbox), CREATED + 500);
	outbox_close(outbox);
}

Test(outbox, tag_is_the_same_for_one_name_and_one_device)
{
	uint8_t one[REPORT_TAG_BYTES], again[REPORT_TAG_BYTES], other[REPORT_TAG_BYTES], elsewhere[REPORT_TAG_BYTES];
	struct outbox *outbox = created("a");
	cr_assert_eq(outbox_tag(outbox, "the baker", one, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(outbox_tag(outbox, "the driver", other, &err), STATUS_OK);
	outbox_close(outbox);
	outbox = reopened("a");
	cr_assert_eq(outbox_tag(outbox, " the  baker ", again, &err), STATUS_OK);
	outbox_close(outbox);
	outbox = created("b");
	cr_assert_eq(outbox_tag(outbox, "the baker", elsewhere, &err), STATUS_OK);
	cr_assert_eq(outbox_tag(outbox, "", elsewhere, &err), STATUS_BAD_INPUT);
	outbox_close(outbox);
	cr_assert_eq(memcmp(one, again, sizeof one), 0);
	cr_assert_neq(memcmp(one, other, sizeof one), 0);
	cr_assert_neq(memcmp(one, elsewhere, sizeof one), 0);
}

/* --- damage --- */

struct damage {
	char sql[160];
	char says[40];
};

Test(outbox, changed_row_is_found_by_the_walk)
{
	static const struct damage cases[] = {
		{"UPDATE object SET previous = randomblob(32) WHERE number = 3 AND type < 16", "follow"},
		{"UPDATE object SET number = 9 WHERE number = 3 AND type < 16", "missing"},
		{"UPDATE object SET type = 2 WHERE number = 3 AND type < 16", "id"},
		{"UPDATE object SET wire = (SELECT wire FROM object WHERE number = 2 AND type < 16) WHERE number = 3 AND type < 16",
	         "number"},
		{"UPDATE object SET wire = CAST(substr(wire, 1, length(wire) - 1) || x'00' AS BLOB) WHERE number = 3 AND type < 16", "sealed"},
		{"UPDATE object SET id = randomblob(32) WHERE number = 3 AND type < 16", "log"},
		{"UPDATE own SET body = x'a0' WHERE position = 4", "readable"},
		{"DELETE FROM own WHERE position = 4", "missing"},
		{"UPDATE log SET frontier = zeroblob(length(frontier))", ""},
	};
	struct outbox *outbox = created("a");
	put_many(outbox, 5);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *message = NULL;
		cr_assert_eq(sqlite3_exec(raw, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
		cr_assert_eq(sqlite3_exec(raw, cases[i].sql, NULL, NULL, &message), SQLITE_OK, "%s: %s", cases[i].sql, message);
		cr_assert_gt(sqlite3_changes(raw), 0, "%s", cases[i].sql);
		cr_assert_eq(sqlite3_exec(raw, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
		cr_assert_eq(outbox_check(outbox, &err), STATUS_CORRUPT, "%s", cases[i].sql);
		cr_assert_not_null(strstr(err.message, cases[i].says), "%s: %s", cases[i].sql, err.message);
		outbox_close(outbox);
		db_remove(cast_path(&cast, "a"));
		outbox = created("a");
		put_many(outbox, 5);
	}
	cr_assert_eq(outbox_check(outbox, &err), STATUS_OK, "%s", err.message);
	outbox_close(outbox);
}
