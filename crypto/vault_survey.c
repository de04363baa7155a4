#include "crypto/vault_survey.h"

#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/vault_slot.h"

enum { WAIT_MS = 5000, STEP_MS = 20 };

/* The file is opened through SQLite's own layer: its locks are those of every other user, and closing one descriptor of a
 * file would drop the locks of all others that a process holds on it. */
struct vault_survey {
	sqlite3_vfs *vfs;
	sqlite3_file *file;
	sqlite3_filename name;
	struct secret *subkeys;
	uint64_t stored; /* bytes of the file */
	uint64_t journal_bytes;
	uint64_t *damaged;
	size_t damaged_len, damaged_capacity;
	uint8_t slot[VAULT_SLOT_BYTES];
};

static struct vault_place place_of(const struct vault_survey *survey, uint64_t block)
{
	return (struct vault_place){
		.key = survey->subkeys->data + (VAULT_KIND_DATABASE - 1) * VAULT_KEY_BYTES,
		.kind = VAULT_KIND_DATABASE,
		.block = block,
	};
}

static sqlite3_int64 slot_at(uint64_t block)
{
	return (sqlite3_int64)(block * VAULT_SLOT_BYTES);
}

static enum status cannot(const struct vault_survey *survey, const char *what, struct error *err)
{
	(void)error_set(err, STATUS_IO, "'%s' cannot be %s", survey->name, what);
	error_hint(err, "Try again; if it fails again, copy the folder to another disk and look there.");
	return STATUS_IO;
}

uint64_t vault_survey_blocks(const struct vault_survey *survey)
{
	return (survey->stored + VAULT_SLOT_BYTES - 1) / VAULT_SLOT_BYTES;
}

size_t vault_survey_damaged(const struct vault_survey *survey, const uint64_t **blocks)
{
	*blocks = survey->damaged;
	return survey->damaged_len;
}

bool vault_survey_is_damaged(const struct vault_survey *survey, uint64_t block)
{
	for (size_t i = 0; i < survey->damaged_len; i++)
		if (survey->damaged[i] == block)
			return true;
	return block >= vault_survey_blocks(survey);
}

uint64_t vault_survey_journal_bytes(const struct vault_survey *survey)
{
	return survey->journal_bytes;
}

/* ---- opening ---- */

static enum status wait_a_step(int waited_ms, struct error *err)
{
	if (waited_ms < WAIT_MS) {
		(void)sqlite3_sleep(STEP_MS);
		return STATUS_OK;
	}
	(void)error_set(err, STATUS_BUSY, "the register is in use by another program");
	error_hint(err, "Wait for it to finish and try again; nothing was lost.");
	return STATUS_BUSY;
}

static enum status lock(struct vault_survey *survey, int level, struct error *err)
{
	for (int waited_ms = 0;; waited_ms += STEP_MS) {
		const int rc = survey->file->pMethods->xLock(survey->file, level);
		if (rc == SQLITE_OK)
			return STATUS_OK;
		if (rc != SQLITE_BUSY)
			return cannot(survey, "locked", err);
		const enum status status = wait_a_step(waited_ms, err);
		if (status != STATUS_OK)
			return status;
	}
}

static enum status size_of_journal(struct vault_survey *survey, struct error *err)
{
	sqlite3_file *const journal = calloc(1, (size_t)survey->vfs->szOsFile);
	sqlite3_int64 bytes = 0;
	int exists = 0;

	if (journal == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	const char *const name = sqlite3_filename_journal(survey->name);
	int rc = survey->vfs->xAccess(survey->vfs, name, SQLITE_ACCESS_EXISTS, &exists);
	if (rc == SQLITE_OK && exists != 0) {
		rc = survey->vfs->xOpen(survey->vfs, name, journal, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_JOURNAL, NULL);
		if (rc == SQLITE_OK)
			rc = journal->pMethods->xFileSize(journal, &bytes);
		if (journal->pMethods != NULL)
			(void)journal->pMethods->xClose(journal);
	}
	free(journal);
	survey->journal_bytes = (uint64_t)bytes;
	return rc == SQLITE_OK ? STATUS_OK : cannot(survey, "read: nor its journal", err);
}

/* A journal is a crash's when nobody holds the lock of its writer. */
static enum status settle(struct vault_survey *survey, struct error *err)
{
	for (int waited_ms = 0;; waited_ms += STEP_MS) {
		int is_reserved = 0;
		if (survey->file->pMethods->xCheckReservedLock(survey->file, &is_reserved) != SQLITE_OK)
			return cannot(survey, "locked", err);
		if (is_reserved == 0)
			return size_of_journal(survey, err);
		const enum status status = wait_a_step(waited_ms, err);
		if (status != STATUS_OK)
			return status;
	}
}

static enum status open_file(struct vault_survey *survey, const char *path, struct error *err)
{
	int exists = 0;
	char journal[4096 + sizeof "-journal"];

	survey->vfs = sqlite3_vfs_find(NULL);
	if (strlen(path) >= 4096)
		return error_set(err, STATUS_BAD_INPUT, "the path of the register is too long");
	(void)sqlite3_snprintf((int)sizeof journal, journal, "%s-journal", path);
	survey->name = sqlite3_create_filename(path, journal, "", 0, NULL);
	survey->file = survey->vfs == NULL ? NULL : calloc(1, (size_t)survey->vfs->szOsFile);
	if (survey->name == NULL || survey->file == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	if (survey->vfs->xAccess(survey->vfs, path, SQLITE_ACCESS_EXISTS, &exists) == SQLITE_OK && exists == 0)
		return error_set(err, STATUS_NOT_FOUND, "there is no '%s'", path);
	if (survey->vfs->xOpen(survey->vfs, survey->name, survey->file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB,
	                       NULL) != SQLITE_OK)
		return cannot(survey, "opened", err);
	return STATUS_OK;
}

static enum status note_damage(struct vault_survey *survey, uint64_t block, struct error *err)
{
	if (survey->damaged_len == survey->damaged_capacity) {
		const size_t capacity = survey->damaged_capacity == 0 ? 16 : 2 * survey->damaged_capacity;
		uint64_t *const grown = realloc(survey->damaged, capacity * sizeof *grown);
		if (grown == NULL)
			return error_set(err, STATUS_NO_MEMORY, "out of memory");
		survey->damaged = grown;
		survey->damaged_capacity = capacity;
	}
	survey->damaged[survey->damaged_len++] = block;
	return STATUS_OK;
}

static enum status read_all(struct vault_survey *survey, struct error *err)
{
	uint8_t plain[VAULT_BLOCK_BYTES];
	enum status status = STATUS_OK;

	for (uint64_t block = 0; block < vault_survey_blocks(survey) && status == STATUS_OK; block++) {
		status = vault_survey_read(survey, block, plain, err);
		if (status == STATUS_CORRUPT)
			status = note_damage(survey, block, err);
	}
	sodium_memzero(plain, sizeof plain);
	return status;
}

enum status vault_survey_open(struct vault_survey **out, const char *path, const struct secret *data_key,
                              struct error *err)
{
	sqlite3_int64 stored = 0;

	struct vault_survey *const survey = calloc(1, sizeof *survey);
	if (survey == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = vault_slot_subkeys(&survey->subkeys, data_key, err);
	if (status == STATUS_OK)
		status = open_file(survey, path, err);
	if (status == STATUS_OK)
		status = lock(survey, SQLITE_LOCK_SHARED, err);
	if (status == STATUS_OK)
		status = settle(survey, err);
	if (status == STATUS_OK && survey->file->pMethods->xFileSize(survey->file, &stored) != SQLITE_OK)
		status = cannot(survey, "read", err);
	survey->stored = (uint64_t)stored;
	if (status == STATUS_OK)
		status = read_all(survey, err);
	if (status != STATUS_OK) {
		vault_survey_close(survey);
		return status;
	}
	*out = survey;
	return STATUS_OK;
}

void vault_survey_close(struct vault_survey *survey)
{
	if (survey == NULL)
		return;
	if (survey->file != NULL && survey->file->pMethods != NULL) {
		(void)survey->file->pMethods->xUnlock(survey->file, SQLITE_LOCK_NONE);
		(void)survey->file->pMethods->xClose(survey->file);
	}
	free(survey->file);
	sqlite3_free_filename(survey->name);
	secret_free(survey->subkeys);
	free(survey->damaged);
	free(survey);
}

/* ---- blocks ---- */

enum status vault_survey_read(struct vault_survey *survey, uint64_t block, uint8_t *plain, struct error *err)
{
	const struct vault_place place = place_of(survey, block);
	const uint64_t start = block * VAULT_SLOT_BYTES;
	size_t there = 0;

	memset(plain, 0, VAULT_BLOCK_BYTES);
	if (block < vault_survey_blocks(survey))
		there = survey->stored - start < VAULT_SLOT_BYTES ? (size_t)(survey->stored - start) : VAULT_SLOT_BYTES;
	if (there <= VAULT_SLOT_HEAD_BYTES)
		return error_set(err, STATUS_CORRUPT, "block %llu of '%s' is cut off", (unsigned long long)block, survey->name);
	if (survey->file->pMethods->xRead(survey->file, survey->slot, (int)there, slot_at(block)) != SQLITE_OK)
		return cannot(survey, "read", err);
	if (!vault_slot_open(plain, &place, survey->slot, there - VAULT_SLOT_HEAD_BYTES))
		return error_set(err, STATUS_CORRUPT, "block %llu of '%s' is damaged", (unsigned long long)block, survey->name);
	return STATUS_OK;
}

static enum status clear_locked(struct vault_survey *survey, const uint64_t *blocks, size_t len, uint64_t keep,
                                struct error *err)
{
	static const uint8_t zeros[VAULT_BLOCK_BYTES];
	sqlite3_file *const file = survey->file;
	int rc = SQLITE_OK;

	for (size_t i = 0; i < len && rc == SQLITE_OK; i++) {
		const struct vault_place place = place_of(survey, blocks[i]);
		if (blocks[i] >= keep)
			continue;
		vault_slot_seal(survey->slot, &place, zeros, sizeof zeros);
		rc = file->pMethods->xWrite(file, survey->slot, VAULT_SLOT_BYTES, slot_at(blocks[i]));
	}
	if (rc == SQLITE_OK && keep < vault_survey_blocks(survey))
		rc = file->pMethods->xTruncate(file, slot_at(keep));
	if (rc == SQLITE_OK)
		rc = file->pMethods->xSync(file, SQLITE_SYNC_FULL);
	return rc == SQLITE_OK ? STATUS_OK : cannot(survey, "written", err);
}

enum status vault_survey_clear(struct vault_survey *survey, const uint64_t *blocks, size_t len, uint64_t keep,
                               struct error *err)
{
	sqlite3_int64 stored = 0;

	for (size_t i = 0; i < len; i++)
		if (!vault_survey_is_damaged(survey, blocks[i]))
			return error_set(err, STATUS_REFUSED, "block %llu is not damaged", (unsigned long long)blocks[i]);
	enum status status = lock(survey, SQLITE_LOCK_RESERVED, err);
	if (status == STATUS_OK)
		status = lock(survey, SQLITE_LOCK_EXCLUSIVE, err);
	if (status == STATUS_OK)
		status = clear_locked(survey, blocks, len, keep, err);
	(void)survey->file->pMethods->xUnlock(survey->file, SQLITE_LOCK_SHARED);
	if (status != STATUS_OK)
		return status;
	if (survey->file->pMethods->xFileSize(survey->file, &stored) != SQLITE_OK)
		return cannot(survey, "read", err);
	survey->stored = (uint64_t)stored;
	survey->damaged_len = 0;
	return read_all(survey, err);
}
