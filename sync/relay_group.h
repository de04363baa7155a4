/* Group commit: pushes that wait for the disk at the same time share one batch. Only for sync/relay*.c.
 *
 * Whoever comes first leads: it does the work of all that queued up while the one before was at the disk, and
 * commits once for them all. A single push pays nothing for it.
 */
#ifndef SIJIL_SYNC_RELAY_GROUP_H
#define SIJIL_SYNC_RELAY_GROUP_H

#include <pthread.h>

#include "sync/store.h"

/* Done within a batch, by any thread, while its owner waits. */
typedef enum status relay_group_work(void *context, struct error *err);

struct relay_group_job;

struct relay_group {
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	struct relay_group_job *first, *last; /* who waits, in order of arrival */
	size_t waiting;
	bool is_led;
};

MUST_CHECK enum status relay_group_init(struct relay_group *group, struct error *err);
void relay_group_wipe(struct relay_group *group);
/* OK: the work is done and durable. Otherwise none of the group's is; each member gets the failure. `store_lock` is held
 * around the store. */
MUST_CHECK enum status relay_group_run(struct relay_group *group, struct store *store, pthread_mutex_t *store_lock,
                                       struct relay_group_job *job, struct error *err);
/* How many wait for whoever leads. */
size_t relay_group_waiting(struct relay_group *group);

/* The caller fills the first part, and keeps it in place until relay_group_run returns. */
struct relay_group_job {
	struct key_id project;
	relay_group_work *work;
	void *context;
	/* The group's own: */
	enum status status;
	struct error err;
	bool is_done;
	struct relay_group_job *next;
};

#endif
