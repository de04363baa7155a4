/* Which open database a rollback journal or write-ahead log belongs to.
 *
 * A connection has one allocation with the names of its database, journal and
 * log, so where the names stand tells two connections to one database apart.
 * sqlite3_database_file_object is not asked: where another VFS stands above the
 * vault, the file that it answers is that one's.
 */
#ifndef SIJIL_CRYPTO_VAULT_PAIRS_H
#define SIJIL_CRYPTO_VAULT_PAIRS_H

#include <pthread.h>

struct vault_file;

/* The open databases of one vault, the newest first. */
struct vault_pairs {
	pthread_mutex_t lock; /* of what follows, and of each file's place in it */
	struct vault_file *databases;
};

void vault_pairs_init(struct vault_pairs *pairs);

/* Of a file just opened as `name` (as xOpen got it): a database waits for its
 * journal and log, these find their database, others are left alone. */
void vault_pairs_meet(struct vault_pairs *pairs, struct vault_file *file, const char *name);

/* Of a file about to close: nobody knows it afterwards. */
void vault_pairs_part(struct vault_file *file);

void vault_pairs_wipe(struct vault_pairs *pairs);

#endif
