#include "sync/relay_group.h"

enum status relay_group_init(struct relay_group *group, struct error *err)
{
	*group = (struct relay_group){0};
	if (pthread_mutex_init(&group->lock, NULL) != 0)
		return error_set(err, STATUS_NO_MEMORY, "the relay cannot make a lock");
	if (pthread_cond_init(&group->changed, NULL) == 0)
		return STATUS_OK;
	(void)pthread_mutex_destroy(&group->lock);
	return error_set(err, STATUS_NO_MEMORY, "the relay cannot make a lock");
}

void relay_group_wipe(struct relay_group *group)
{
	(void)pthread_cond_destroy(&group->changed);
	(void)pthread_mutex_destroy(&group->lock);
}

/* The first that waits and all behind it of the same project, up to the first of another. */
static struct relay_group_job *take_group(struct relay_group *group)
{
	struct relay_group_job *const first = group->first;
	struct relay_group_job *last = first;
	group->waiting--;
	while (last->next != NULL && key_id_equals(&last->next->project, &first->project)) {
		last = last->next;
		group->waiting--;
	}
	group->first = last->next;
	if (group->first == NULL)
		group->last = NULL;
	last->next = NULL;
	return first;
}

static enum status work_all(struct relay_group_job *first, struct store *store, struct error *err)
{
	enum status status = store->methods->begin(store, &first->project, err);
	if (status != STATUS_OK)
		return status;
	for (const struct relay_group_job *job = first; job != NULL && status == STATUS_OK; job = job->next)
		status = job->work(job->context, err);
	if (status == STATUS_OK)
		return store->methods->commit(store, err);
	store->methods->rollback(store);
	return status;
}

static void lead(struct relay_group_job *first, struct store *store, pthread_mutex_t *store_lock)
{
	struct error err = {0};
	(void)pthread_mutex_lock(store_lock);
	const enum status status = work_all(first, store, &err);
	(void)pthread_mutex_unlock(store_lock);
	for (struct relay_group_job *job = first; job != NULL; job = job->next) {
		job->status = status;
		job->err = err;
	}
}

/* With the group's lock held, which it lets go while it works. */
static void lead_group(struct relay_group *group, struct store *store, pthread_mutex_t *store_lock)
{
	struct relay_group_job *const first = take_group(group);
	group->is_led = true;
	(void)pthread_mutex_unlock(&group->lock);
	lead(first, store, store_lock);
	(void)pthread_mutex_lock(&group->lock);
	group->is_led = false;
	/* A job lives on its owner's stack: past is_done it may be gone. */
	for (struct relay_group_job *job = first, *next; job != NULL; job = next) {
		next = job->next;
		job->is_done = true;
	}
	(void)pthread_cond_broadcast(&group->changed);
}

enum status relay_group_run(struct relay_group *group, struct store *store, pthread_mutex_t *store_lock,
                            struct relay_group_job *job, struct error *err)
{
	job->is_done = false;
	job->next = NULL;
	(void)pthread_mutex_lock(&group->lock);
	if (group->last != NULL)
		group->last->next = job;
	else
		group->first = job;
	group->last = job;
	group->waiting++;
	while (!job->is_done) {
		if (group->is_led)
			(void)pthread_cond_wait(&group->changed, &group->lock);
		else
			lead_group(group, store, store_lock);
	}
	(void)pthread_mutex_unlock(&group->lock);
	if (job->status != STATUS_OK && err != NULL)
		*err = job->err;
	return job->status;
}

size_t relay_group_waiting(struct relay_group *group)
{
	(void)pthread_mutex_lock(&group->lock);
	const size_t waiting = group->waiting;
	(void)pthread_mutex_unlock(&group->lock);
	return waiting;
}
