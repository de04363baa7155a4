#include "crypto/vault_pairs.h"

#include <stddef.h>

#include "crypto/vault_file.h"

void vault_pairs_init(struct vault_pairs *pairs)
{
	*pairs = (struct vault_pairs){.lock = PTHREAD_MUTEX_INITIALIZER};
}

void vault_pairs_wipe(struct vault_pairs *pairs)
{
	(void)pthread_mutex_destroy(&pairs->lock);
}

/* `name` is only compared: whoever passed it may have freed it since. */
static struct vault_file *find_database(struct vault_pairs *pairs, const char *name)
{
	(void)pthread_mutex_lock(&pairs->lock);
	struct vault_file *database = pairs->databases;
	while (database != NULL && database->name != name)
		database = database->next_database;
	(void)pthread_mutex_unlock(&pairs->lock);
	return database;
}

static void add_database(struct vault_pairs *pairs, struct vault_file *file, const char *name)
{
	(void)pthread_mutex_lock(&pairs->lock);
	file->pairs = pairs;
	file->name = name;
	file->next_database = pairs->databases;
	pairs->databases = file;
	(void)pthread_mutex_unlock(&pairs->lock);
}

static void remove_database(struct vault_file *file)
{
	struct vault_pairs *const pairs = file->pairs;

	if (pairs == NULL)
		return;
	(void)pthread_mutex_lock(&pairs->lock);
	struct vault_file **link = &pairs->databases;
	while (*link != NULL && *link != file)
		link = &(*link)->next_database;
	if (*link != NULL)
		*link = file->next_database;
	(void)pthread_mutex_unlock(&pairs->lock);
}

void vault_pairs_meet(struct vault_pairs *pairs, struct vault_file *file, const char *name)
{
	if (name == NULL)
		return;
	if (file->kind == VAULT_KIND_DATABASE) {
		add_database(pairs, file, name);
		return;
	}
	if (!file->is_main_journal && file->kind != VAULT_KIND_WAL)
		return;
	file->database = find_database(pairs, sqlite3_filename_database(name));
	if (file->is_main_journal && file->database != NULL)
		file->database->journal = file;
}

void vault_pairs_part(struct vault_file *file)
{
	if (file->database != NULL && file->database->journal == file)
		file->database->journal = NULL;
	if (file->journal != NULL)
		file->journal->database = NULL;
	remove_database(file);
}
