#include "crypto/vault_block.h"

#include <sodium.h>
#include <string.h>

sqlite3_int64 vault_block_at(uint64_t block)
{
	return (sqlite3_int64)(block * VAULT_SLOT_BYTES);
}

/* That a disk cannot read is no damage of ours, which SQLite would make of it. */
int vault_block_told(struct vault_file *file, int rc)
{
	int cause = 0;
	if ((rc & 0xff) != SQLITE_IOERR || rc == SQLITE_IOERR_SHORT_READ || rc == SQLITE_IOERR_DATA)
		return rc;
	if (file->below->pMethods->xFileControl(file->below, SQLITE_FCNTL_LAST_ERRNO, &cause) == SQLITE_OK && cause != 0)
		atomic_store(file->last_errno, cause);
	return rc == SQLITE_IOERR_CORRUPTFS ? SQLITE_IOERR_READ : rc;
}

/* Plain bytes in a file of `stored` bytes. A head without ciphertext is no block. */
static uint64_t plain_size(uint64_t stored)
{
	const uint64_t rest = stored % VAULT_SLOT_BYTES;
	const uint64_t tail = rest > VAULT_SLOT_HEAD_BYTES ? rest - VAULT_SLOT_HEAD_BYTES : 0;
	return stored / VAULT_SLOT_BYTES * VAULT_BLOCK_BYTES + tail;
}

/* Who holds RESERVED is the one writer of a database and its rollback journal. */
static bool is_only_writer(const struct vault_file *file)
{
	const struct vault_file *const database = file->is_main_journal ? file->database : file;
	return database != NULL && database->kind == VAULT_KIND_DATABASE && database->lock >= SQLITE_LOCK_RESERVED;
}

int vault_block_file_size(struct vault_file *file, uint64_t *size)
{
	sqlite3_int64 stored = 0;

	if (!file->is_size_known) {
		const int rc = file->below->pMethods->xFileSize(file->below, &stored);
		if (rc != SQLITE_OK)
			return rc;
		file->known_size = plain_size((uint64_t)stored);
		/* A head alone, or less: SQLite would take a database without a byte for a new one, and write over it. */
		if (file->known_size == 0 && stored > 0 && file->kind == VAULT_KIND_DATABASE)
			file->known_size = 1;
		file->is_size_known = is_only_writer(file);
	}
	*size = file->known_size;
	return SQLITE_OK;
}

void vault_block_forget(struct vault_file *file)
{
	file->is_size_known = false;
	if (file->journal == NULL)
		return;
	file->journal->is_size_known = false;
	file->journal->header_len = 0;
	file->journal->is_epoch_known = false;
}

size_t vault_block_size(uint64_t file_size, uint64_t block)
{
	const uint64_t start = block * VAULT_BLOCK_BYTES;
	if (file_size <= start)
		return 0;
	return file_size - start < VAULT_BLOCK_BYTES ? (size_t)(file_size - start) : VAULT_BLOCK_BYTES;
}

static bool is_header_block(const struct vault_file *file, uint64_t block)
{
	return file->kind == VAULT_KIND_DATABASE && block == 0;
}

/* `file->slot` is what stands on disk, whole, and holds `plain`. */
static void remember_first(struct vault_file *file, const uint8_t *plain)
{
	memcpy(file->first_slot, file->slot, sizeof file->first_slot);
	memcpy(file->first, plain, sizeof file->first);
	file->is_first_known = true;
}

int vault_block_recall(struct vault_file *file, void *data, int len, sqlite3_int64 at)
{
	if (!file->is_first_known || at > VAULT_FIRST_BYTES || len > VAULT_FIRST_BYTES - at)
		return SQLITE_NOTFOUND;
	const int rc = file->below->pMethods->xRead(file->below, file->slot, VAULT_SLOT_BYTES, vault_block_at(0));
	if (rc != SQLITE_OK)
		return rc == SQLITE_IOERR_SHORT_READ ? SQLITE_NOTFOUND : rc;
	if (memcmp(file->slot, file->first_slot, sizeof file->first_slot) != 0)
		return SQLITE_NOTFOUND;
	memcpy(data, file->first + at, (size_t)len);
	return SQLITE_OK;
}

static void note_epoch(struct vault_file *file, const uint8_t *plain, size_t len)
{
	memset(file->epoch, 0, sizeof file->epoch);
	if (len >= VAULT_EPOCH_AT + VAULT_EPOCH_BYTES)
		memcpy(file->epoch, plain + VAULT_EPOCH_AT, sizeof file->epoch);
	file->is_epoch_known = true;
}

static int read_slot(struct vault_file *file, const struct vault_place *place, uint8_t *plain,
                     struct vault_block_found *found)
{
	uint64_t size = 0;

	int rc = file->below->pMethods->xRead(file->below, file->slot, VAULT_SLOT_BYTES, vault_block_at(place->block));
	if (rc == SQLITE_OK) {
		found->size = VAULT_BLOCK_BYTES;
	} else {
		if (rc != SQLITE_IOERR_SHORT_READ)
			return rc;
		rc = vault_block_file_size(file, &size);
		if (rc != SQLITE_OK)
			return rc;
		found->size = vault_block_size(size, place->block);
	}
	found->is_damaged = false;
	if (found->size == 0)
		memset(plain, 0, VAULT_BLOCK_BYTES);
	else
		found->is_damaged = !vault_slot_open(plain, place, file->slot, found->size);
	if (file->kind == VAULT_KIND_JOURNAL && place->block == 0)
		note_epoch(file, plain, VAULT_BLOCK_BYTES);
	return SQLITE_OK;
}

static int find_place(struct vault_file *file, uint64_t block, struct vault_place *place)
{
	int rc = SQLITE_OK;

	*place = (struct vault_place){.key = file->key, .kind = file->kind, .block = block};
	if (file->kind != VAULT_KIND_JOURNAL || block == 0)
		return SQLITE_OK;
	if (!file->is_epoch_known) {
		const struct vault_place first = {.key = file->key, .kind = file->kind};
		struct vault_block_found found;
		uint8_t plain[VAULT_BLOCK_BYTES];
		rc = read_slot(file, &first, plain, &found);
		sodium_memzero(plain, sizeof plain);
	}
	memcpy(place->epoch, file->epoch, sizeof place->epoch);
	return rc;
}

int vault_block_get(struct vault_file *file, uint64_t block, uint8_t *plain, struct vault_block_found *found)
{
	struct vault_place place;

	int rc = find_place(file, block, &place);
	if (rc == SQLITE_OK)
		rc = read_slot(file, &place, plain, found);
	if (rc != SQLITE_OK)
		return rc;
	if (is_header_block(file, block) && found->size == VAULT_BLOCK_BYTES && !found->is_damaged)
		remember_first(file, plain);
	return SQLITE_OK;
}

int vault_block_put(struct vault_file *file, uint64_t block, const uint8_t *plain, size_t len)
{
	struct vault_place place;

	int rc = find_place(file, block, &place);
	if (rc != SQLITE_OK)
		return rc;
	vault_slot_seal(file->slot, &place, plain, len);
	file->rest = VAULT_IN_USE;
	rc = file->below->pMethods->xWrite(file->below, file->slot, (int)(VAULT_SLOT_HEAD_BYTES + len), vault_block_at(block));
	if (file->kind == VAULT_KIND_JOURNAL && block == 0)
		note_epoch(file, plain, len);
	if (file->is_main_journal && block == 0) {
		/* Also where that failed: the block may be torn, and a rollback asks it how large the database was. */
		memmove(file->header, plain, len);
		file->header_len = len;
		file->is_header_lost = rc != SQLITE_OK;
	}
	if (is_header_block(file, block)) {
		file->is_first_known = false;
		if (rc == SQLITE_OK && len == VAULT_BLOCK_BYTES)
			remember_first(file, plain);
	}
	if (rc != SQLITE_OK)
		file->is_size_known = false;
	else if (file->known_size < block * VAULT_BLOCK_BYTES + len)
		file->known_size = block * VAULT_BLOCK_BYTES + len;
	return rc;
}
