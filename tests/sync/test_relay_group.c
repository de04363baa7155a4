#include "sync/relay_group.h"

#include <criterion/criterion.h>
#include <time.h>

#include "tests/sync/world.h"

enum { THREADS = 6 };

static struct world world;
static struct store_methods slow;
static const struct store_methods *sound;
static struct relay_group group;
static pthread_mutex_t store_lock = PTHREAD_MUTEX_INITIALIZER;
static size_t commits;

static void start(void)
{
	world_begin(&world, 0);
	sound = world.store->methods;
	slow = *sound;
	commits = 0;
	cr_assert_eq(relay_group_init(&group, NULL), STATUS_OK);
}

static void end(void)
{
	relay_group_wipe(&group);
	world_end(&world);
}

TestSuite(relay_group, .init = start, .fini = end);

/* The first commit takes until everybody else waits. */
static enum status commit_slowly(struct store *store, struct error *err)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	for (size_t i = 0; commits == 0 && i < 10000 && relay_group_waiting(&group) < THREADS - 1; i++)
		(void)nanosleep(&pause, NULL);
	commits++;
	return sound->commit(store, err);
}

static enum status put_own(void *context, struct error *err)
{
	struct admission admission;
	enum set_outcome outcome;
	const struct walker *const walker = context;
	return world.store->methods->put(world.store, bytes_span(&walker->device.wire), &admission, &outcome, err);
}

static enum status fail_always(void *context, struct error *err)
{
	(void)context;
	return error_set(err, STATUS_IO, "the disk is full");
}

struct member {
	struct walker walker;
	relay_group_work *work;
	enum status status;
	pthread_t thread;
};

static void *join_group(void *context)
{
	struct member *const member = context;
	struct relay_group_job job = {
		.project = world.cast.project, .work = member->work, .context = &member->walker};
	member->status = relay_group_run(&group, world.store, &store_lock, &job, NULL);
	return NULL;
}

static void run_all(struct member members[THREADS])
{
	for (size_t i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&members[i].thread, NULL, join_group, &members[i]), 0);
	for (size_t i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_join(members[i].thread, NULL), 0);
}

static void begin_all(struct member members[THREADS])
{
	for (size_t i = 0; i < THREADS; i++) {
		members[i] = (struct member){.work = put_own};
		walker_begin(&world, &members[i].walker);
	}
}

static void end_all(struct member members[THREADS])
{
	for (size_t i = 0; i < THREADS; i++)
		walker_end(&members[i].walker);
}

Test(relay_group, those_who_wait_share_one_commit)
{
	struct member members[THREADS];
	begin_all(members);
	slow.commit = commit_slowly;
	world.store->methods = &slow;
	run_all(members);
	world.store->methods = sound;
	for (size_t i = 0; i < THREADS; i++)
		cr_assert_eq(members[i].status, STATUS_OK);
	cr_assert_eq(commits, 2, "the first, and all who waited for it");
	cr_assert_eq(world_log_size(&world), 2 + THREADS);
	cr_assert_eq(relay_group_waiting(&group), 0);
	end_all(members);
}

Test(relay_group, a_failure_leaves_nothing_of_its_group_and_all_hear_of_it)
{
	struct member members[THREADS];
	begin_all(members);
	for (size_t i = 0; i < THREADS; i++)
		members[i].work = fail_always;
	run_all(members);
	for (size_t i = 0; i < THREADS; i++)
		cr_assert_eq(members[i].status, STATUS_IO);
	cr_assert_eq(world_log_size(&world), 2);
	/* And the next go on. */
	for (size_t i = 0; i < THREADS; i++)
		members[i].work = put_own;
	run_all(members);
	cr_assert_eq(world_log_size(&world), 2 + THREADS);
	end_all(members);
}

Test(relay_group, an_unknown_project_fails_alone)
{
	struct walker walker;
	walker_begin(&world, &walker);
	struct relay_group_job job = {.project = world.cast.project, .work = put_own, .context = &walker};
	job.project.bytes[0] ^= 1;
	struct error err = {0};
	cr_assert_eq(relay_group_run(&group, world.store, &store_lock, &job, &err), STATUS_NOT_FOUND);
	cr_assert_neq(err.message[0], '\0');
	job.project = world.cast.project;
	cr_assert_eq(relay_group_run(&group, world.store, &store_lock, &job, NULL), STATUS_OK);
	cr_assert_eq(world_log_size(&world), 3);
	walker_end(&walker);
}
