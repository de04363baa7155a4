#include "crypto/vault_damage.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "crypto/vault_block.h"
#include "crypto/vault_page.h"

enum { WAL_HEADER_BYTES = 32 };

/* Whether the first block of the database that this WAL belongs to is there and
 * does not authenticate either. */
static int database_is_damaged_too(struct vault_file *wal, bool *is_damaged)
{
	struct vault_block_found found = {0};
	if (wal->database == NULL)
		return SQLITE_OK;
	const int rc = vault_block_get(wal->database, 0, wal->database->plain, &found);
	if (rc == SQLITE_OK)
		*is_damaged = found.is_damaged;
	return rc;
}

/* In a journal of this connection's own damage is only what an earlier one left and it has not yet written over: SQLite
 * looks whether an old header stands behind its records. */
static bool is_own_journal(const struct vault_file *file)
{
	return file->is_main_journal && file->wrote_header;
}

static void note_torn_journal(struct vault_file *file, sqlite3_int64 at)
{
	if (!file->is_main_journal)
		return;
	if (!file->is_torn || at < file->torn_at)
		file->torn_at = at;
	file->is_torn = true;
}

int vault_damage_judge(struct vault_file *file, int len, sqlite3_int64 at)
{
	bool is_key_wrong = false;

	switch (file->kind) {
	case VAULT_KIND_DATABASE:
		/* Opening must get as far as the hot journal that mends a torn page 1. */
		return len < VAULT_PAGE_SMALLEST_BYTES ? SQLITE_IOERR_SHORT_READ : SQLITE_IOERR_DATA;
	case VAULT_KIND_TEMPORARY:
		return SQLITE_IOERR_DATA;
	case VAULT_KIND_WAL:
		if (vault_page_is_length(len))
			return SQLITE_IOERR_DATA;
		if (at == 0) {
			/* No crash tears both: it is the wrong key. SQLite would take
			 * this WAL for an empty one and delete it when it closes. */
			const int rc = database_is_damaged_too(file, &is_key_wrong);
			if (rc != SQLITE_OK || is_key_wrong)
				return rc != SQLITE_OK ? rc : SQLITE_NOTADB;
		}
		break;
	case VAULT_KIND_JOURNAL:
		if (is_own_journal(file))
			return SQLITE_OK;
		note_torn_journal(file, at);
		break;
	}
	atomic_store(file->saw_recovery, true);
	return SQLITE_OK;
}

void vault_damage_note_recovery(struct vault_file *file, const uint8_t *data, int len, sqlite3_int64 at)
{
	if (at != 0 || data[0] == 0)
		return;
	const bool is_replay = file->is_main_journal && len >= VAULT_JOURNAL_MAGIC_BYTES && !file->wrote_header;
	const bool is_wal_recovery = file->kind == VAULT_KIND_WAL && len == WAL_HEADER_BYTES;
	if (is_replay || is_wal_recovery)
		atomic_store(file->saw_recovery, true);
}
