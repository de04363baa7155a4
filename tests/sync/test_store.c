/* What every store must do, whichever engine is behind it: each test runs once for each row of `makers`. */
#include "sync/store.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/schema/cast.h"

struct maker {
	const char *name;
	enum status (*open)(struct store **store, const char *folder, bool create, struct error *err);
};

static const struct maker makers[] = {
	{"sqlite", store_sqlite_open},
};

/* One store under test, with a project served. */
struct bench {
	struct cast cast;
	const struct maker *maker;
	struct store *store;
	struct cast_device device;
};

#define call(bench, method, ...) (bench)->store->methods->method((bench)->store, __VA_ARGS__)

static void bench_open(struct bench *bench)
{
	cr_assert_eq(bench->maker->open(&bench->store, cast_path(&bench->cast, "store"), true, NULL), STATUS_OK);
}

static void bench_begin(struct bench *bench, size_t maker)
{
	*bench = (struct bench){.maker = &makers[maker]};
	cast_begin(&bench->cast, DESCRIPTOR_KEEP);
	bench_open(bench);
	cr_assert_eq(call(bench, project_add, &bench->cast.root_public, bytes_span(&bench->cast.descriptor_wire), NULL),
	             STATUS_OK);
	cast_enrol(&bench->cast, &bench->device);
}

static void bench_end(struct bench *bench)
{
	bench->store->methods->close(bench->store);
	cast_device_free(&bench->device);
	cast_end(&bench->cast);
}

#define EACH_STORE(name, sentence)                                              \
	ParameterizedTestParameters(name, sentence)                             \
	{                                                                       \
		static size_t rows[sizeof makers / sizeof makers[0]];           \
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)       \
			rows[i] = i;                                            \
		return cr_make_param_array(size_t, rows, sizeof rows / sizeof rows[0]); \
	}                                                                       \
	ParameterizedTest(size_t *maker, name, sentence)

static enum status put(struct bench *bench, struct span wire, enum set_outcome *outcome)
{
	struct admission admission;
	return call(bench, put, wire, &admission, outcome, NULL);
}

static void put_new(struct bench *bench, const struct bytes *wire)
{
	enum set_outcome outcome = SET_HAD;
	cr_assert_eq(put(bench, bytes_span(wire), &outcome), STATUS_OK);
	cr_assert_eq(outcome, SET_NEW);
}

static uint64_t log_size(struct bench *bench, struct hash *root)
{
	uint64_t size = 0;
	cr_assert_eq(call(bench, log, &bench->cast.project, &size, root, NULL), STATUS_OK);
	return size;
}

static bool has(struct bench *bench, const struct hash *id)
{
	bool found = false;
	cr_assert_eq(call(bench, has, &bench->cast.project, id, &found, NULL), STATUS_OK);
	return found;
}

/* What an each-function gave. */
struct seen {
	size_t objects;
	uint64_t last_position;
	struct hash last;
	size_t stop_after; /* 0: never */
	enum status end;
};

static enum status see(void *context, uint64_t position, const struct hash *id, struct span wire, struct error *err)
{
	struct seen *const seen = context;
	struct object object;
	cr_assert_eq(object_parse(&object, wire, err), STATUS_OK);
	cr_assert(hash_equals(&object.id, id));
	cr_assert(position == 0 || position > seen->last_position);
	seen->objects++;
	seen->last_position = position;
	seen->last = *id;
	return seen->objects == seen->stop_after ? seen->end : STATUS_OK;
}

EACH_STORE(store, serves_a_project_whose_descriptor_its_root_signed)
{
	struct bench bench;
	bench_begin(&bench, *maker);
	struct key_public root;
	cr_assert_eq(call(&bench, project_root, &bench.cast.project, &root, NULL), STATUS_OK);
	cr_assert(span_equals(key_public_span(&root), key_public_span(&bench.cast.root_public)));
	struct hash log_root;
	cr_assert_eq(log_size(&bench, &log_root), 1);
	cr_assert(has(&bench, &bench.cast.descriptor_id));
	/* Twice is harmless. */
	cr_assert_eq(call(&bench, project_add, &bench.cast.root_public, bytes_span(&bench.cast.descriptor_wire), NULL),
	             STATUS_OK);
	cr_assert_eq(log_size(&bench, &log_root), 1);
	bench_end(&bench);
}

static enum status count_project(void *context, const struct key_id *project, struct error *err)
{
	(void)project, (void)err;
	++*(size_t *)context;
	return STATUS_OK;
}

EACH_STORE(store, keeps_projects_apart)
{
	struct bench bench;
	struct cast other;
	bench_begin(&bench, *maker);
	cast_begin(&other, DESCRIPTOR_KEEP);
	struct key_public root;
	struct hash log_root;
	size_t projects = 0;
	cr_assert_eq(call(&bench, project_root, &other.project, &root, NULL), STATUS_NOT_FOUND);
	cr_assert_eq(call(&bench, begin, &other.project, NULL), STATUS_NOT_FOUND);
	/* Another's descriptor serves nobody, and leaves no trace. */
	cr_assert_eq(call(&bench, project_add, &other.root_public, bytes_span(&bench.cast.descriptor_wire), NULL),
	             STATUS_UNTRUSTED);
	cr_assert_eq(call(&bench, project_add, &other.root_public, bytes_span(&other.appointment_wire), NULL),
	             STATUS_BAD_INPUT);
	cr_assert_eq(call(&bench, project_each, count_project, &projects, NULL), STATUS_OK);
	cr_assert_eq(projects, 1);
	cr_assert_eq(call(&bench, project_add, &other.root_public, bytes_span(&other.descriptor_wire), NULL), STATUS_OK);
	projects = 0;
	cr_assert_eq(call(&bench, project_each, count_project, &projects, NULL), STATUS_OK);
	cr_assert_eq(projects, 2);
	cr_assert_eq(call(&bench, begin, &other.project, NULL), STATUS_OK);
	enum set_outcome outcome = SET_HAD;
	cr_assert_neq(put(&bench, bytes_span(&bench.device.wire), &outcome), STATUS_OK);
	put_new(&bench, &other.appointment_wire);
	cr_assert_eq(call(&bench, commit, NULL), STATUS_OK);
	cr_assert_eq(log_size(&bench, &log_root), 1);
	cast_end(&other);
	bench_end(&bench);
}

EACH_STORE(store, a_batch_is_durable_as_a_whole)
{
	struct bench bench;
	bench_begin(&bench, *maker);
	struct bytes event = {0};
	struct hash before, after;
	const struct hash id =
		cast_event(&bench.cast, &bench.device, (struct head){.last = bench.device.introduced}, "words", &event);
	cr_assert_eq(call(&bench, begin, &bench.cast.project, NULL), STATUS_OK);
	put_new(&bench, &bench.device.wire);
	put_new(&bench, &event);
	cr_assert(has(&bench, &id), "a batch sees what it put");
	cr_assert_eq(call(&bench, commit, NULL), STATUS_OK);
	cr_assert_eq(log_size(&bench, &before), 3);
	bench.store->methods->close(bench.store);
	bench_open(&bench);
	cr_assert_eq(log_size(&bench, &after), 3);
	cr_assert(hash_equals(&before, &after));
	cr_assert(has(&bench, &id));
	bytes_wipe(&event);
	bench_end(&bench);
}

EACH_STORE(store, a_rollback_leaves_nothing_and_the_log_as_it_was)
{
	struct bench bench;
	bench_begin(&bench, *maker);
	struct hash before, after;
	cr_assert_eq(log_size(&bench, &before), 1);
	cr_assert_eq(call(&bench, begin, &bench.cast.project, NULL), STATUS_OK);
	put_new(&bench, &bench.device.wire);
	cr_assert_eq(call(&bench, charge, &bench.device.id, 77, NULL), STATUS_OK);
	bench.store->methods->rollback(bench.store);
	cr_assert_eq(log_size(&bench, &after), 1);
	cr_assert(hash_equals(&before, &after));
	cr_assert_not(has(&bench, &bench.device.introduced));
	uint64_t charged = 1;
	cr_assert_eq(call(&bench, charged, &bench.cast.project, &bench.device.id, &charged, NULL), STATUS_OK);
	cr_assert_eq(charged, 0);
	/* And the next batch goes on from there. */
	cr_assert_eq(call(&bench, begin, &bench.cast.project, NULL), STATUS_OK);
	put_new(&bench, &bench.device.wire);
	cr_assert_eq(call(&bench, commit, NULL), STATUS_OK);
	cr_assert_eq(log_size(&bench, &after), 2);
	bench_end(&bench);
}

EACH_STORE(store, an_unfinished_batch_is_gone_after_closing)
{
	struct bench bench;
	bench_begin(&bench, *maker);
	struct hash root;
	cr_assert_eq(call(&bench, begin, &bench.cast.project, NULL), STATUS_OK);
	put_new(&bench, &bench.device.wire);
	bench.store->methods->close(bench.store);
	bench_open(&bench);
	cr_assert_eq(log_size(&bench, &root), 1);
	bench_end(&bench);
}

EACH_STORE(store, a_refused_object_does_not_spoil_its_batch)
{
	struct bench bench;
	bench_begin(&bench, *maker);
	struct bytes event = {0};
	enum set_outcome outcome = SET_HAD;
	(void)cast_event(&bench.cast, &bench.device, (struct head){.last = bench.device.introduced}, "words", &event);
	cr_assert_eq(call(&bench, begin, &bench.cast.project, NULL), STATUS_OK);
	cr_assert_eq(put(&bench, bytes_span(&event), &outcome), STATUS_UNTRUSTED);
	cr_assert_eq(put(&bench, (struct span){event.data, event.len - 1}, &outcome), STATUS_BAD_INPUT);
	put_new(&bench, &bench.device.wire);
	event.data[event.len - 1] ^= 1;
	cr_assert_eq(put(&bench, bytes_span(&event), &outcome), STATUS_TAMPERED);
	event.data[event.len - 1] ^= 1;
	put_new(&bench, &event);
	cr_assert_eq(call(&bench, commit, NULL), STATUS_OK);
	struct hash root;
	cr_assert_eq(log_size(&bench, &root), 3);
	bytes_wipe(&event);
	bench_end(&bench);
}

EACH_STORE(store, putting_twice_is_putting_once)
{
	struct bench bench;
	bench_begin(&bench, *maker);
	struct hash once, twice;
	enum set_outcome outcome = SET_NEW;
	cr_assert_eq(call(&bench, begin, &bench.cast.project, NULL), STATUS_OK);
	put_new(&bench, &bench.device.wire);
	cr_assert_eq(put(&bench, bytes_span(&bench.device.wire), &outcome), STATUS_OK);
	cr_assert_eq(outcome, SET_HAD);
	cr_assert_eq(call(&bench, commit, NULL), STATUS_OK);
	cr_assert_eq(log_size(&bench, &once), 2);
	cr_assert_eq(call(&bench, begin, &bench.cast.project, NULL), STATUS_OK);
	cr_assert_eq(put(&bench, bytes_span(&bench.device.wire), &outcome), STATUS_OK);
	cr_assert_eq(outcome, SET_HAD);
	cr_assert_eq(call(&bench, commit, NULL), STATUS_OK);
	cr_assert_eq(log_size(&bench, &twice), 2);
	cr_assert(hash_equals(&once, &twice));
	bench_end(&bench);
}

EACH_STORE(store, has_one_batch_at_a_time)
{
	struct bench bench;
	bench_begin(&bench, *maker);
	enum set_outcome outcome = SET_HAD;
	cr_assert_eq(put(&bench, bytes_span(&bench.device.wire), &outcome), STATUS_BUG);
	cr_assert_eq(call(&bench, commit, NULL), STATUS_BUG);
	cr_assert_eq(call(&bench, begin, &bench.cast.project, NULL), STATUS_OK);
	cr_assert_eq(call(&bench, begin, &bench.cast.project, NULL), STATUS_BUG);
	bench.store->methods->rollback(bench.store);
	bench.store->methods->rollback(bench.store);
	cr_assert_eq(call(&bench, begin, &bench.cast.project, NULL), STATUS_OK);
	cr_assert_eq(call(&bench, commit, NULL), STATUS_OK);
	bench_end(&bench);
}

/* Enrolment, appointment and `links` events, committed. */
static struct head fill(struct bench *bench, unsigned links)
{
	struct head at = {.last = bench->device.introduced};
	cr_assert_eq(call(bench, begin, &bench->cast.project, NULL), STATUS_OK);
	put_new(bench, &bench->device.wire);
	put_new(bench, &bench->cast.appointment_wire);
	for (unsigned i = 0; i < links; i++) {
		struct bytes event = {0};
		const struct hash id = cast_event(&bench->cast, &bench->device, at, "words", &event);
		at = (struct head){at.number + 1, id};
		put_new(bench, &event);
		bytes_wipe(&event);
	}
	cr_assert_eq(call(bench, commit, NULL), STATUS_OK);
	return at;
}

EACH_STORE(store, gives_the_log_in_order_after_any_position)
{
	struct bench bench;
	bench_begin(&bench, *maker);
	const struct head head = fill(&bench, 5);
	for (uint64_t after = 0; after <= 9; after++) {
		struct seen seen = {0};
		cr_assert_eq(call(&bench, each_after, &bench.cast.project, after, see, &seen, NULL), STATUS_OK);
		cr_assert_eq(seen.objects, after < 8 ? 8 - after : 0);
		cr_assert_eq(seen.last_position, after < 8 ? 8 : 0);
		cr_assert(after >= 8 || hash_equals(&seen.last, &head.last));
	}
	struct seen enough = {.stop_after = 3, .end = STATUS_NOT_FOUND};
	cr_assert_eq(call(&bench, each_after, &bench.cast.project, 0, see, &enough, NULL), STATUS_OK);
	cr_assert_eq(enough.objects, 3);
	struct seen failing = {.stop_after = 3, .end = STATUS_IO};
	cr_assert_eq(call(&bench, each_after, &bench.cast.project, 0, see, &failing, NULL), STATUS_IO);
	struct seen reports = {0}, roots = {0};
	cr_assert_eq(call(&bench, each_of_type, &bench.cast.project, OBJECT_REPORT, see, &reports, NULL), STATUS_OK);
	cr_assert_eq(reports.objects, 5);
	cr_assert_eq(call(&bench, each_of_type, &bench.cast.project, OBJECT_DESCRIPTOR, see, &roots, NULL), STATUS_OK);
	cr_assert_eq(roots.objects, 1);
	bench_end(&bench);
}

EACH_STORE(store, keeps_the_newest_statement_of_each_device)
{
	struct bench bench;
	bench_begin(&bench, *maker);
	const struct head head = fill(&bench, 3);
	struct bytes wires[3] = {{0}};
	struct hash newest = {{0}};
	static const uint64_t numbers[3] = {1, 3, 2};
	cr_assert_eq(call(&bench, begin, &bench.cast.project, NULL), STATUS_OK);
	for (size_t i = 0; i < 3; i++) {
		enum set_outcome outcome = SET_HAD;
		const struct head at = {.number = numbers[i], .last = head.last};
		const struct hash id = cast_head(&bench.cast, &bench.device, at, &wires[i]);
		cr_assert_eq(put(&bench, bytes_span(&wires[i]), &outcome), STATUS_OK);
		cr_assert_eq(outcome, numbers[i] == 2 ? SET_SUPERSEDED : SET_NEW);
		if (numbers[i] == 3)
			newest = id;
	}
	cr_assert_eq(call(&bench, commit, NULL), STATUS_OK);
	struct seen seen = {0}, all = {0}, none = {0};
	cr_assert_eq(call(&bench, each_newest, &bench.cast.project, OBJECT_HEAD, &bench.device.id, see, &seen, NULL), STATUS_OK);
	cr_assert_eq(seen.objects, 1);
	cr_assert(hash_equals(&seen.last, &newest));
	cr_assert_eq(call(&bench, each_newest, &bench.cast.project, OBJECT_HEAD, NULL, see, &all, NULL), STATUS_OK);
	cr_assert_eq(all.objects, 1);
	cr_assert_eq(call(&bench, each_newest, &bench.cast.project, OBJECT_HEAD, &bench.cast.log, see, &none, NULL), STATUS_OK);
	cr_assert_eq(none.objects, 0);
	struct hash root;
	cr_assert_eq(log_size(&bench, &root), 6, "heads have no place in the log");
	for (size_t i = 0; i < 3; i++)
		bytes_wipe(&wires[i]);
	bench_end(&bench);
}

EACH_STORE(store, knows_signers_and_chains)
{
	struct bench bench;
	bench_begin(&bench, *maker);
	const struct head head = fill(&bench, 4);
	struct signer signer;
	cr_assert_eq(call(&bench, signer, &bench.cast.project, &bench.device.id, &signer, NULL), STATUS_OK);
	cr_assert_eq(signer.kind, SIGNER_DEVICE);
	cr_assert_eq(call(&bench, signer, &bench.cast.project, &bench.cast.appointment, &signer, NULL), STATUS_OK);
	cr_assert_eq(signer.kind, SIGNER_APPOINTED);
	cr_assert_eq(signer.roles, ROLE_ALL);
	cr_assert_eq(call(&bench, signer, &bench.cast.project, &bench.cast.project, &signer, NULL), STATUS_NOT_FOUND);
	struct chain chain;
	cr_assert_eq(call(&bench, chain, &bench.cast.project, &bench.device.id, NULL, &chain, NULL), STATUS_OK);
	cr_assert_eq(chain.whole.number, 4);
	cr_assert(hash_equals(&chain.whole.last, &head.last));
	cr_assert_eq(call(&bench, chain, &bench.cast.project, &bench.cast.log, NULL, &chain, NULL), STATUS_NOT_FOUND);
	bench_end(&bench);
}

EACH_STORE(store, adds_up_what_is_charged)
{
	struct bench bench;
	bench_begin(&bench, *maker);
	uint64_t charged = 1;
	cr_assert_eq(call(&bench, charge, &bench.device.id, 5, NULL), STATUS_BUG, "only within a batch");
	cr_assert_eq(call(&bench, charged, &bench.cast.project, &bench.device.id, &charged, NULL), STATUS_OK);
	cr_assert_eq(charged, 0);
	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(call(&bench, begin, &bench.cast.project, NULL), STATUS_OK);
		cr_assert_eq(call(&bench, charge, &bench.device.id, 1000, NULL), STATUS_OK);
		cr_assert_eq(call(&bench, commit, NULL), STATUS_OK);
	}
	cr_assert_eq(call(&bench, charged, &bench.cast.project, &bench.device.id, &charged, NULL), STATUS_OK);
	cr_assert_eq(charged, 3000);
	cr_assert_eq(call(&bench, charged, &bench.cast.project, &bench.cast.log, &charged, NULL), STATUS_OK);
	cr_assert_eq(charged, 0);
	bench_end(&bench);
}

EACH_STORE(store, a_second_handle_sees_and_continues_the_log)
{
	struct bench bench;
	bench_begin(&bench, *maker);
	struct bench second = bench;
	bench_open(&second);
	struct hash first_root, second_root;
	cr_assert_eq(log_size(&second, &second_root), 1);
	const struct head head = fill(&bench, 2);
	struct bytes event = {0};
	(void)cast_event(&bench.cast, &bench.device, head, "words", &event);
	cr_assert_eq(call(&second, begin, &bench.cast.project, NULL), STATUS_OK);
	put_new(&second, &event);
	cr_assert_eq(call(&second, commit, NULL), STATUS_OK);
	cr_assert_eq(log_size(&second, &second_root), 6);
	cr_assert_eq(call(&bench, begin, &bench.cast.project, NULL), STATUS_OK);
	cr_assert_eq(call(&bench, commit, NULL), STATUS_OK);
	cr_assert_eq(log_size(&bench, &first_root), 6);
	cr_assert(hash_equals(&first_root, &second_root));
	second.store->methods->close(second.store);
	bytes_wipe(&event);
	bench_end(&bench);
}

/* --- of the folder alone --- */

Test(store, sqlite_says_what_is_wrong_with_its_folder)
{
	struct cast cast;
	struct store *store = NULL;
	cast_begin(&cast, DESCRIPTOR_KEEP);
	cr_assert_eq(store_sqlite_open(&store, cast_path(&cast, "nowhere"), false, NULL), STATUS_NOT_FOUND);
	cr_assert_eq(store_sqlite_open(&store, cast_path(&cast, "a/b"), true, NULL), STATUS_IO);
	FILE *const file = fopen(cast_path(&cast, "file"), "w");
	cr_assert_not_null(file);
	cr_assert_eq(fclose(file), 0);
	cr_assert_eq(store_sqlite_open(&store, cast_path(&cast, "file"), true, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(store_sqlite_open(&store, cast_path(&cast, "new"), true, NULL), STATUS_OK);
	struct stat made;
	cr_assert_eq(stat(cast_path(&cast, "new"), &made), 0);
	cr_assert_eq(made.st_mode & 0777, 0700);
	store->methods->close(store);
	cast_end(&cast);
}
