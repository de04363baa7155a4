#include "crypto/vault_file.h"

#include <sodium.h>
#include <string.h>

#include "crypto/vault_block.h"
#include "crypto/vault_damage.h"
#include "crypto/vault_page.h"
#include "crypto/vault_pairs.h"

enum {
	/* A reader of a WAL can meet a slot while its writer appends to it. */
	WAL_READ_ATTEMPTS = 20,
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void forget_held(struct vault_file *file)
{
	file->held_len = 0;
	file->is_held_failed = false;
}

int vault_file_flush(struct vault_file *file)
{
	if (file->held_len == 0)
		return SQLITE_OK;
	const int rc = vault_block_put(file, file->held_block, file->plain, file->held_len);
	if (rc == SQLITE_OK)
		forget_held(file);
	return rc;
}

/* A block that is held because it failed may stand anywhere. */
static int current_size(struct vault_file *file, uint64_t *size)
{
	int rc = file->is_held_failed ? vault_file_flush(file) : SQLITE_OK;
	if (rc == SQLITE_OK && file->held_len == 0)
		return vault_block_file_size(file, size);
	if (rc == SQLITE_OK)
		*size = file->held_block * VAULT_BLOCK_BYTES + file->held_len;
	return rc;
}

int vault_file_size(struct vault_file *file, sqlite3_int64 *size)
{
	uint64_t plain = 0;
	const int rc = current_size(file, &plain);
	if (rc == SQLITE_OK)
		*size = (sqlite3_int64)plain;
	return rc;
}

/* ---- reading ---- */

/* As get_block, for reading pages of a WAL while another process appends to the
 * block they end in: what is torn by an append is whole a moment later. */
static int get_settled_block(struct vault_file *file, uint64_t block, uint8_t *plain, struct vault_block_found *found)
{
	int rc = vault_block_get(file, block, plain, found);
	for (int i = 1; i < WAL_READ_ATTEMPTS && rc == SQLITE_OK && found->is_damaged; i++) {
		(void)sqlite3_sleep(1);
		rc = vault_block_get(file, block, plain, found);
	}
	return rc;
}

static int read_blocks(struct vault_file *file, uint8_t *data, int len, sqlite3_int64 at, bool *is_damaged)
{
	const bool is_wal_page = file->kind == VAULT_KIND_WAL && vault_page_is_length(len);
	uint8_t *to = data;
	size_t left = (size_t)len;
	uint64_t pos = (uint64_t)at;

	while (left > 0) {
		const uint64_t block = pos / VAULT_BLOCK_BYTES;
		const size_t in = (size_t)(pos % VAULT_BLOCK_BYTES);
		const size_t n = smaller(left, VAULT_BLOCK_BYTES - in);
		uint8_t *const plain = n == VAULT_BLOCK_BYTES ? to : file->plain;
		struct vault_block_found found;
		const int rc = is_wal_page ? get_settled_block(file, block, plain, &found) : vault_block_get(file, block, plain, &found);
		if (rc != SQLITE_OK)
			return rc;
		*is_damaged |= found.is_damaged;
		if (plain != to)
			memcpy(to, plain + in, n);
		if (in + n > found.size) {
			const size_t have = (size_t)(pos - (uint64_t)at) + (found.size > in ? found.size - in : 0);
			*is_damaged |= file->kind == VAULT_KIND_DATABASE && vault_page_is_cut(data, len, have, at);
			return SQLITE_IOERR_SHORT_READ;
		}
		to += n;
		left -= n;
		pos += n;
	}
	return SQLITE_OK;
}

/* Whether the bytes lie in the known first block of a journal. */
static bool is_in_header(const struct vault_file *file, size_t len, uint64_t at)
{
	return at < file->header_len && len <= file->header_len - at;
}

/* The name of a super-journal in a journal ends with a magic of its own: through another handle SQLite looks whether it is
 * there, while it rolls back the other databases of the transaction, and deletes the super-journal if not. Without that
 * this journal counts as committed, so it must have no name that the other handle has not seen. */
static bool is_name_end(const struct vault_file *file, int len)
{
	return file->is_main_journal && len == VAULT_JOURNAL_MAGIC_BYTES;
}

/* Headers have that length of magic too, but never as the last bytes of a file. */
static int is_name_unseen(struct vault_file *file, int len, sqlite3_int64 at, bool *is_unseen)
{
	uint64_t size = 0;
	if (!file->is_header_lost || !is_name_end(file, len))
		return SQLITE_OK;
	const int rc = vault_block_file_size(file, &size);
	*is_unseen = rc == SQLITE_OK && (uint64_t)at + (uint64_t)len == size;
	return rc;
}

int vault_file_read(struct vault_file *file, void *data, int len, sqlite3_int64 at)
{
	bool is_damaged = false, is_unseen = false;
	int rc = vault_file_flush(file);
	if (rc != SQLITE_OK)
		return rc;
	if (is_in_header(file, (size_t)len, (uint64_t)at)) {
		memcpy(data, file->header + at, (size_t)len);
		return SQLITE_OK;
	}
	rc = vault_block_recall(file, data, len, at);
	if (rc != SQLITE_NOTFOUND)
		return rc;
	memset(data, 0, (size_t)len);
	rc = is_name_unseen(file, len, at, &is_unseen);
	if (rc != SQLITE_OK || is_unseen)
		return rc;
	rc = read_blocks(file, data, len, at, &is_damaged);
	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		return rc;
	/* A record's checksum behind zeros for its page would pass where all bytes that it looks at are zero. */
	if (file->is_torn && at >= file->torn_at)
		memset(data, 0, (size_t)len);
	if (is_damaged) {
		memset(data, 0, (size_t)len);
		const int verdict = vault_damage_judge(file, len, at);
		return verdict != SQLITE_OK ? verdict : rc;
	}
	if (rc == SQLITE_OK)
		vault_damage_note_recovery(file, data, len, at);
	return rc;
}

/* ---- writing ---- */

/* Whether a write from `in` on may overwrite the rest of a damaged block too. */
static bool may_replace_damage(const struct vault_file *file, size_t in)
{
	switch (file->kind) {
	case VAULT_KIND_DATABASE: return file->is_recovering;
	case VAULT_KIND_JOURNAL: return true;
	case VAULT_KIND_WAL: return in == 0;
	case VAULT_KIND_TEMPORARY: break;
	}
	return false;
}

/* Writes a part of a block; what it held beside that part stays. A journal's is
 * held when that fails: the rollback that follows needs its other records. */
static int merge_into_block(struct vault_file *file, uint64_t block, size_t in, const uint8_t *data, size_t n)
{
	struct vault_block_found found;
	const int rc = vault_block_get(file, block, file->plain, &found);
	if (rc != SQLITE_OK)
		return rc;
	if (found.is_damaged && !may_replace_damage(file, in))
		return SQLITE_IOERR_DATA;
	memcpy(file->plain + in, data, n);
	const size_t len = in + n > found.size ? in + n : found.size;
	const int written = vault_block_put(file, block, file->plain, len);
	if (written != SQLITE_OK && file->is_main_journal) {
		file->held_block = block;
		file->held_len = len;
		file->is_held_failed = true;
	}
	return written;
}

/* Whole missing blocks are written as zeros; a short last block stays as it is,
 * for it may hold synced journal records that a torn rewrite would lose. */
static int fill_gap(struct vault_file *file, uint64_t size, uint64_t first_block)
{
	const uint64_t blocks = (size + VAULT_BLOCK_BYTES - 1) / VAULT_BLOCK_BYTES;
	int rc = SQLITE_OK;

	if (first_block > blocks)
		memset(file->plain, 0, VAULT_BLOCK_BYTES);
	for (uint64_t block = blocks; block < first_block && rc == SQLITE_OK; block++)
		rc = vault_block_put(file, block, file->plain, VAULT_BLOCK_BYTES);
	return rc;
}

/* Into a file of `size` bytes. */
static int write_through(struct vault_file *file, uint64_t size, struct span data, uint64_t at)
{
	int rc = fill_gap(file, size, at / VAULT_BLOCK_BYTES);
	while (data.len > 0 && rc == SQLITE_OK) {
		const uint64_t block = at / VAULT_BLOCK_BYTES;
		const size_t in = (size_t)(at % VAULT_BLOCK_BYTES);
		const size_t n = smaller(data.len, VAULT_BLOCK_BYTES - in);
		if (in == 0 && n >= vault_block_size(size, block))
			rc = vault_block_put(file, block, data.data, n);
		else
			rc = merge_into_block(file, block, in, data.data, n);
		data.data += n;
		data.len -= n;
		at += n;
	}
	return rc;
}

/* Makes the block that an append begins in the held one. */
static int hold_block(struct vault_file *file, uint64_t block, size_t in)
{
	struct vault_block_found found;

	if (file->held_len > 0)
		return SQLITE_OK;
	file->held_block = block;
	if (in == 0)
		return SQLITE_OK;
	const int rc = vault_block_get(file, block, file->plain, &found);
	if (rc == SQLITE_OK && found.is_damaged && !may_replace_damage(file, in))
		return SQLITE_IOERR_DATA;
	return rc;
}

static int append(struct vault_file *file, struct span data, uint64_t at)
{
	/* A whole one is held only where writing it has failed before. */
	if (file->held_len == VAULT_BLOCK_BYTES) {
		const int rc = vault_file_flush(file);
		if (rc != SQLITE_OK)
			return rc;
	}
	while (data.len > 0) {
		const uint64_t block = at / VAULT_BLOCK_BYTES;
		const size_t in = (size_t)(at % VAULT_BLOCK_BYTES);
		const size_t n = smaller(data.len, VAULT_BLOCK_BYTES - in);
		int rc;
		if (n == VAULT_BLOCK_BYTES) {
			rc = vault_block_put(file, block, data.data, n);
		} else {
			rc = hold_block(file, block, in);
			if (rc != SQLITE_OK)
				return rc;
			memcpy(file->plain + in, data.data, n);
			file->held_len = in + n;
			rc = file->held_len == VAULT_BLOCK_BYTES ? vault_file_flush(file) : SQLITE_OK;
		}
		if (rc != SQLITE_OK)
			return rc;
		data.data += n;
		data.len -= n;
		at += n;
	}
	return SQLITE_OK;
}

/* SQLite appends a journal record in three small writes; only the finished block
 * is encrypted. What is held reaches the disk before the database does. */
static bool may_hold(const struct vault_file *file)
{
	return file->kind == VAULT_KIND_TEMPORARY || (file->is_main_journal && file->database != NULL);
}

static int write_in_header(struct vault_file *file, struct span data, uint64_t at)
{
	const int rc = vault_file_flush(file);
	if (rc != SQLITE_OK)
		return rc;
	memcpy(file->header + at, data.data, data.len);
	return vault_block_put(file, 0, file->header, file->header_len);
}

static int sync_below(struct vault_file *file, int flags)
{
	const int rc = file->below->pMethods->xSync(file->below, flags);
	if (rc == SQLITE_OK)
		file->owed_sync = 0;
	file->rest = rc == SQLITE_OK && file->rest == VAULT_EMPTIED ? VAULT_AT_REST : VAULT_IN_USE;
	return rc;
}

/* Before the database changes, its journal is whole, and on disk if SQLite asked for that. */
static int settle_journal(struct vault_file *file)
{
	struct vault_file *const journal = file->journal;
	if (journal == NULL)
		return SQLITE_OK;
	int rc = vault_file_flush(journal);
	if (rc == SQLITE_OK && journal->owed_sync != 0)
		rc = sync_below(journal, journal->owed_sync);
	/* SQLite hears of it as the database's. */
	return vault_block_told(journal, rc);
}

int vault_file_sync(struct vault_file *file, int flags)
{
	int rc = settle_journal(file);
	if (rc == SQLITE_OK)
		rc = vault_file_flush(file);
	if (rc != SQLITE_OK)
		return rc;
	file->is_recovering = false;
	if (!file->is_under_way || file->database == NULL)
		return sync_below(file, flags);
	if (file->owed_sync == 0)
		file->owed_sync = flags;
	return SQLITE_OK;
}

/* SQLite lays a whole sector, zeros at first, later magic and count over it, and where a journal stays, zeros again.
 * Only what begins empty may wait for its sync: elsewhere old records stand behind the new header, whole blocks that
 * authenticate, and SQLite's own checksum looks at every 200th byte. */
static int note_header(struct vault_file *journal, struct span header)
{
	uint64_t size = journal->header_len;
	int rc = SQLITE_OK;

	journal->is_torn = false;
	if (header.len >= VAULT_PAGE_SMALLEST_BYTES) {
		journal->wrote_header = true;
		if (size == 0)
			rc = current_size(journal, &size);
		journal->is_under_way = rc == SQLITE_OK && size == 0;
	} else if (header.data[0] == 0) {
		journal->is_under_way = false;
	}
	return rc;
}

static int write_bytes(struct vault_file *file, struct span bytes, uint64_t at)
{
	uint64_t size = 0;

	if (is_in_header(file, bytes.len, at))
		return write_in_header(file, bytes, at);
	int rc = current_size(file, &size);
	if (rc != SQLITE_OK)
		return rc;
	if (may_hold(file) && at == size)
		return append(file, bytes, at);
	rc = vault_file_flush(file);
	if (rc != SQLITE_OK)
		return rc;
	return write_through(file, size, bytes, at);
}

/* It does not wait with the held block, nor come with it later when it was refused. */
static int write_name_end(struct vault_file *journal, struct span magic, uint64_t at)
{
	int rc = write_bytes(journal, magic, at);
	if (rc == SQLITE_OK)
		rc = vault_file_flush(journal);
	const uint64_t held_at = journal->held_block * VAULT_BLOCK_BYTES;
	for (uint64_t i = at; rc != SQLITE_OK && i < at + magic.len; i++)
		if (i >= held_at && i - held_at < journal->held_len)
			journal->plain[i - held_at] = 0;
	return rc;
}

int vault_file_write(struct vault_file *file, const void *data, int len, sqlite3_int64 at)
{
	const struct span bytes = {data, (size_t)len};

	int rc = settle_journal(file);
	if (rc != SQLITE_OK)
		return rc;
	if (file->is_main_journal && at == 0)
		rc = note_header(file, bytes);
	if (rc != SQLITE_OK)
		return rc;
	if (is_name_end(file, len))
		return write_name_end(file, bytes, (uint64_t)at);
	return write_bytes(file, bytes, (uint64_t)at);
}

/* ---- cutting ---- */

/* The part of the last block that stays is encrypted anew, shorter. Not in a
 * database: SQLite cuts it after its journal is gone, so that nothing would mend
 * a torn rewrite of pages that stay. There the whole block stays. */
static int cut_block(struct vault_file *file, uint64_t block, size_t len)
{
	struct vault_block_found found;

	if (file->kind == VAULT_KIND_DATABASE) {
		sqlite3_int64 stored = 0;
		const int rc = file->below->pMethods->xFileSize(file->below, &stored);
		if (rc != SQLITE_OK || stored <= vault_block_at(block + 1))
			return rc;
		return file->below->pMethods->xTruncate(file->below, vault_block_at(block + 1));
	}
	int rc = vault_block_get(file, block, file->plain, &found);
	if (rc == SQLITE_OK && !found.is_damaged)
		rc = vault_block_put(file, block, file->plain, len);
	if (rc != SQLITE_OK)
		return rc;
	return file->below->pMethods->xTruncate(file->below,
	                                        vault_block_at(block) + VAULT_SLOT_HEAD_BYTES + (sqlite3_int64)len);
}

static int change_size(struct vault_file *file, uint64_t current, uint64_t size)
{
	static const uint8_t zero = 0;
	const uint64_t block = size / VAULT_BLOCK_BYTES;
	const size_t rest = (size_t)(size % VAULT_BLOCK_BYTES);

	if (size > current)
		return write_through(file, current, (struct span){&zero, 1}, size - 1);
	if (rest > 0)
		return cut_block(file, block, rest);
	return file->below->pMethods->xTruncate(file->below, vault_block_at(block));
}

int vault_file_truncate(struct vault_file *file, sqlite3_int64 size)
{
	uint64_t current = 0;

	int rc = settle_journal(file);
	file->is_torn = false;
	if (size == 0) {
		forget_held(file);
		file->is_under_way = false;
		file->wrote_header = false;
		file->is_epoch_known = false;
	}
	if (rc == SQLITE_OK)
		rc = vault_file_flush(file);
	if (rc == SQLITE_OK)
		rc = vault_block_file_size(file, &current);
	if (rc == SQLITE_OK)
		rc = change_size(file, current, (uint64_t)size);
	file->rest = rc == SQLITE_OK && size == 0 ? VAULT_EMPTIED : VAULT_IN_USE;
	file->header_len = 0;
	file->is_size_known = false;
	return rc;
}

int vault_file_close(struct vault_file *file)
{
	const int flushed = vault_file_flush(file);
	const int closed = vault_kept_close(file);

	vault_pairs_part(file);
	secret_free(file->own_key);
	sodium_memzero(file, sizeof *file);
	return flushed != SQLITE_OK ? flushed : closed;
}
