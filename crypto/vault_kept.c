#include "crypto/vault_kept.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "crypto/vault_file.h"

struct vault_kept {
	sqlite3_file *below; /* behind this struct, in the same allocation */
	dev_t device;
	ino_t inode; /* 0: it is not known, so it is never used again */
};

static_assert(sizeof(struct vault_kept) % 8 == 0, "SQLite aligns a file handle to 8 bytes");

static void note_place(struct vault_kept *kept, const char *name)
{
	struct stat found;
	const bool is_there = name != NULL && stat(name, &found) == 0;
	kept->device = is_there ? found.st_dev : 0;
	kept->inode = is_there ? found.st_ino : 0;
}

/* As long as it is open its number is nobody else's. */
static bool stands_under(const struct vault_kept *kept, const char *name)
{
	struct stat found;
	return stat(name, &found) == 0 && found.st_dev == kept->device && found.st_ino == kept->inode;
}

static int close_below(sqlite3_file *below)
{
	return below->pMethods != NULL ? below->pMethods->xClose(below) : SQLITE_OK;
}

static int drop(struct vault_kept *kept)
{
	const int rc = close_below(kept->below);
	free(kept);
	return rc;
}

/* NULL: nothing can be kept. That is no error, so it is not SQLite's memory, a lack of which SQLite must hear of. */
static struct vault_kept *make(const sqlite3_vfs *below)
{
	struct vault_kept *const kept = malloc(sizeof *kept + (size_t)below->szOsFile);
	if (kept == NULL)
		return NULL;
	*kept = (struct vault_kept){.below = (sqlite3_file *)(kept + 1)};
	kept->below->pMethods = NULL;
	return kept;
}

/* The journal that the database keeps, if that is the one meant; any other is closed. */
static struct vault_kept *take(struct vault_file *database, const char *name)
{
	struct vault_kept *const kept = database->kept;
	database->kept = NULL;
	if (kept == NULL || stands_under(kept, name))
		return kept;
	(void)drop(kept);
	return NULL;
}

int vault_kept_open(struct vault_file *file, sqlite3_vfs *below, const char *name, int flags, int *flags_out)
{
	const bool may_keep = file->is_main_journal && file->database != NULL && (flags & SQLITE_OPEN_CREATE) != 0;
	file->kept = may_keep ? take(file->database, name) : NULL;
	const bool is_open = file->kept != NULL;
	if (may_keep && !is_open)
		file->kept = make(below);
	if (file->kept != NULL)
		file->below = file->kept->below;
	if (is_open) {
		if (flags_out != NULL)
			*flags_out = flags;
		return SQLITE_OK;
	}
	file->below->pMethods = NULL;
	const int rc = below->xOpen(below, name, file->below, flags, flags_out);
	if (file->kept != NULL)
		note_place(file->kept, rc == SQLITE_OK ? name : NULL);
	return rc;
}

static bool is_worth_keeping(const struct vault_file *journal)
{
	return journal->database != NULL && journal->database->kept == NULL && journal->rest == VAULT_AT_REST &&
	       journal->kept->inode != 0;
}

static int close_journal(struct vault_file *journal)
{
	struct vault_kept *const kept = journal->kept;
	const bool is_worth = is_worth_keeping(journal);

	journal->kept = NULL;
	if (!is_worth)
		return drop(kept);
	journal->database->kept = kept;
	return SQLITE_OK;
}

int vault_kept_close(struct vault_file *file)
{
	if (file->kept != NULL && file->is_main_journal)
		return close_journal(file);
	if (file->kept != NULL)
		(void)drop(file->kept);
	file->kept = NULL;
	return close_below(file->below);
}
