#include "tests/crypto/vault_disk.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 32, NAME_BYTES = 128, SECTOR_BYTES = 512 };

struct change {
	bool is_truncate; /* to `at` bytes; otherwise `data` is written at `at` */
	size_t at;
	struct bytes data;
};

struct stored {
	char name[NAME_BYTES]; /* empty: free */
	bool exists;
	bool is_durable; /* its name survives */
	struct bytes now;
	struct bytes synced;
	struct change *changes;
	size_t changes_len;
};

struct disk_file {
	sqlite3_file base;
	struct stored *stored;
	bool is_deleted_on_close;
};

static struct {
	sqlite3_vfs vfs;
	struct stored files[FILES_MAX];
	bool is_off;
	unsigned cut_at, fail_at;
	bool is_failure_lasting;
	struct vault_disk_counts counts;
	unsigned temporaries;
	char word[64];
	bool saw_word;
} disk;

static void must(bool is_fine)
{
	if (!is_fine)
		abort();
}

/* ---- content ---- */

static void resize(struct bytes *bytes, size_t len)
{
	if (len > bytes->len) {
		must(bytes_reserve(bytes, len - bytes->len, NULL) == STATUS_OK);
		memset(bytes->data + bytes->len, 0, len - bytes->len);
	}
	bytes->len = len;
}

static void put(struct bytes *bytes, size_t at, struct span data)
{
	if (bytes->len < at + data.len)
		resize(bytes, at + data.len);
	memcpy(bytes->data + at, data.data, data.len);
}

static void copy(struct bytes *to, const struct bytes *from)
{
	bytes_clear(to);
	must(bytes_append(to, bytes_span(from), NULL) == STATUS_OK);
}

static void forget_changes(struct stored *stored)
{
	for (size_t i = 0; i < stored->changes_len; i++)
		bytes_wipe(&stored->changes[i].data);
	free(stored->changes);
	stored->changes = NULL;
	stored->changes_len = 0;
}

static void erase(struct stored *stored)
{
	forget_changes(stored);
	bytes_wipe(&stored->now);
	bytes_wipe(&stored->synced);
	*stored = (struct stored){0};
}

static struct change *new_change(struct stored *stored)
{
	struct change *const grown = realloc(stored->changes, (stored->changes_len + 1) * sizeof *grown);
	must(grown != NULL);
	stored->changes = grown;
	grown[stored->changes_len] = (struct change){0};
	return &grown[stored->changes_len++];
}

static struct stored *find(const char *name)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (strcmp(disk.files[i].name, name) == 0)
			return &disk.files[i];
	return NULL;
}

/* ---- faults ---- */

static bool call_fails(void)
{
	disk.counts.calls++;
	if (disk.is_off)
		return true;
	if (disk.fail_at == 0 || disk.counts.calls < disk.fail_at)
		return false;
	disk.counts.faults++;
	if (!disk.is_failure_lasting)
		disk.fail_at = 0;
	return true;
}

/* Whether the power goes at this change, which then is the last, and unsynced. */
static bool power_goes(void)
{
	disk.counts.changes++;
	if (disk.cut_at == 0 || disk.counts.changes < disk.cut_at)
		return false;
	disk.is_off = true;
	disk.counts.faults++;
	return true;
}

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Sectors are of the disk, not of the write: the first and last may be shared. */
static void apply_torn(struct bytes *to, const struct change *change, uint32_t *random)
{
	size_t done = 0;
	bool is_whole = true;
	while (done < change->data.len) {
		const size_t at = change->at + done;
		size_t n = SECTOR_BYTES - at % SECTOR_BYTES;
		if (n > change->data.len - done)
			n = change->data.len - done;
		if (next_random(random) % 2 == 0)
			put(to, at, (struct span){change->data.data + done, n});
		else
			is_whole = false;
		done += n;
	}
	disk.counts.torn += is_whole ? 0 : 1;
}

static void settle(struct stored *stored, enum vault_disk_fate fate, uint32_t *random)
{
	for (size_t i = 0; i < stored->changes_len; i++) {
		const struct change *const change = &stored->changes[i];
		const bool is_kept = fate == VAULT_DISK_KEEPS || (fate != VAULT_DISK_DROPS && next_random(random) % 2 == 0);
		if (change->is_truncate && is_kept)
			resize(&stored->synced, change->at);
		else if (!change->is_truncate && fate == VAULT_DISK_TEARS)
			apply_torn(&stored->synced, change, random);
		else if (!change->is_truncate && is_kept)
			put(&stored->synced, change->at, bytes_span(&change->data));
		else
			disk.counts.torn++;
	}
	forget_changes(stored);
	copy(&stored->now, &stored->synced);
	/* A name whose folder was not synced, new or deleted, may be there or not. */
	if (stored->exists != stored->is_durable && fate != VAULT_DISK_KEEPS)
		stored->exists = fate == VAULT_DISK_DROPS ? stored->is_durable : next_random(random) % 2 == 0;
	stored->is_durable = stored->exists;
	if (!stored->exists)
		erase(stored);
}

/* ---- the file ---- */

static struct stored *stored_of(sqlite3_file *base)
{
	return ((struct disk_file *)base)->stored;
}

static int disk_close(sqlite3_file *base)
{
	struct disk_file *const file = (struct disk_file *)base;
	if (file->is_deleted_on_close)
		erase(file->stored);
	return SQLITE_OK;
}

static int disk_read(sqlite3_file *base, void *data, int len, sqlite3_int64 at)
{
	const struct bytes *const now = &stored_of(base)->now;
	const size_t from = (size_t)at, n = (size_t)len;

	if (call_fails())
		return SQLITE_IOERR_READ;
	memset(data, 0, n);
	if (from >= now->len)
		return SQLITE_IOERR_SHORT_READ;
	const size_t there = now->len - from < n ? now->len - from : n;
	memcpy(data, now->data + from, there);
	return there == n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int disk_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 at)
{
	struct stored *const stored = stored_of(base);
	const struct span bytes = {data, (size_t)len};

	if (call_fails())
		return SQLITE_IOERR_WRITE;
	if (disk.word[0] != '\0' && memmem(data, bytes.len, disk.word, strlen(disk.word)) != NULL)
		disk.saw_word = true;
	const bool is_last = power_goes();
	struct change *const change = new_change(stored);
	change->at = (size_t)at;
	must(bytes_append(&change->data, bytes, NULL) == STATUS_OK);
	put(&stored->now, (size_t)at, bytes);
	return is_last ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static int disk_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	struct stored *const stored = stored_of(base);

	if (call_fails())
		return SQLITE_IOERR_TRUNCATE;
	const bool is_last = power_goes();
	struct change *const change = new_change(stored);
	change->is_truncate = true;
	change->at = (size_t)size;
	resize(&stored->now, (size_t)size);
	return is_last ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
}

static int disk_sync(sqlite3_file *base, int flags)
{
	struct stored *const stored = stored_of(base);

	(void)flags;
	if (call_fails() || power_goes())
		return SQLITE_IOERR_FSYNC;
	copy(&stored->synced, &stored->now);
	forget_changes(stored);
	stored->is_durable = true;
	return SQLITE_OK;
}

static int disk_size(sqlite3_file *base, sqlite3_int64 *size)
{
	if (call_fails())
		return SQLITE_IOERR_FSTAT;
	*size = (sqlite3_int64)stored_of(base)->now.len;
	return SQLITE_OK;
}

static int disk_lock(sqlite3_file *base, int level)
{
	(void)base, (void)level;
	return call_fails() ? SQLITE_IOERR_LOCK : SQLITE_OK;
}

static int disk_unlock(sqlite3_file *base, int level)
{
	(void)base, (void)level;
	return SQLITE_OK;
}

static int disk_check_reserved(sqlite3_file *base, int *is_reserved)
{
	(void)base;
	*is_reserved = 0;
	return call_fails() ? SQLITE_IOERR_CHECKRESERVEDLOCK : SQLITE_OK;
}

static int disk_control(sqlite3_file *base, int control, void *argument)
{
	(void)base, (void)argument;
	if (control == SQLITE_FCNTL_SIZE_HINT || control == SQLITE_FCNTL_CHUNK_SIZE)
		disk.counts.hints++;
	if (control == SQLITE_FCNTL_BEGIN_ATOMIC_WRITE || control == SQLITE_FCNTL_COMMIT_ATOMIC_WRITE)
		return SQLITE_OK;
	return SQLITE_NOTFOUND;
}

static int disk_sector_size(sqlite3_file *base)
{
	(void)base;
	return SECTOR_BYTES;
}

static int disk_characteristics(sqlite3_file *base)
{
	(void)base;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_ATOMIC |
	       SQLITE_IOCAP_ATOMIC4K | SQLITE_IOCAP_BATCH_ATOMIC;
}

/* ---- the folder ---- */

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *flags_out)
{
	static const sqlite3_io_methods methods = {
		1,         disk_close,  disk_read,   disk_write,          disk_truncate, disk_sync,        disk_size,
		disk_lock, disk_unlock, disk_check_reserved, disk_control, disk_sector_size, disk_characteristics,
		NULL,      NULL,        NULL,        NULL,                NULL,          NULL,
	};
	struct disk_file *const file = (struct disk_file *)base;
	char temporary[NAME_BYTES];

	(void)vfs;
	*file = (struct disk_file){0};
	if (call_fails())
		return SQLITE_CANTOPEN;
	(void)snprintf(temporary, sizeof temporary, "temporary-%u", disk.temporaries);
	if (name == NULL) {
		name = temporary;
		disk.temporaries++;
	}
	struct stored *stored = find(name);
	if ((stored == NULL || !stored->exists) && (flags & SQLITE_OPEN_CREATE) == 0)
		return SQLITE_CANTOPEN;
	if (stored == NULL)
		stored = find("");
	must(stored != NULL && strlen(name) < NAME_BYTES);
	if (!stored->exists) {
		erase(stored);
		(void)snprintf(stored->name, sizeof stored->name, "%s", name);
		stored->exists = true;
	}
	file->stored = stored;
	file->is_deleted_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
	file->base.pMethods = &methods;
	if (flags_out != NULL)
		*flags_out = flags;
	return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int is_folder_synced)
{
	struct stored *const stored = find(name);

	(void)vfs;
	if (call_fails() || power_goes())
		return SQLITE_IOERR_DELETE;
	if (stored == NULL || !stored->exists)
		return SQLITE_IOERR_DELETE_NOENT;
	stored->exists = false;
	if (is_folder_synced != 0)
		erase(stored);
	return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *answer)
{
	const struct stored *const stored = find(name);

	(void)vfs, (void)flags;
	if (call_fails())
		return SQLITE_IOERR_ACCESS;
	*answer = stored != NULL && stored->exists ? 1 : 0;
	return SQLITE_OK;
}

static int disk_full_pathname(sqlite3_vfs *vfs, const char *name, int len, char *full)
{
	(void)vfs;
	(void)sqlite3_snprintf(len, full, "%s", name);
	return SQLITE_OK;
}

static int disk_randomness(sqlite3_vfs *vfs, int len, char *bytes)
{
	static uint32_t state = 2463534242u;
	(void)vfs;
	for (int i = 0; i < len; i++)
		bytes[i] = (char)next_random(&state);
	return len;
}

static int disk_sleep(sqlite3_vfs *vfs, int microseconds)
{
	(void)vfs;
	return microseconds;
}

static int disk_time(sqlite3_vfs *vfs, double *julian_day)
{
	(void)vfs;
	*julian_day = 2458290.5; /* June 2018 */
	return SQLITE_OK;
}

static int disk_last_error(sqlite3_vfs *vfs, int len, char *message)
{
	(void)vfs, (void)len, (void)message;
	return 0;
}

/* ---- for the tests ---- */

void vault_disk_begin(void)
{
	disk.vfs = (sqlite3_vfs){
		.iVersion = 1,
		.szOsFile = (int)sizeof(struct disk_file),
		.mxPathname = NAME_BYTES,
		.zName = VAULT_DISK_NAME,
		.xOpen = disk_open,
		.xDelete = disk_delete,
		.xAccess = disk_access,
		.xFullPathname = disk_full_pathname,
		.xRandomness = disk_randomness,
		.xSleep = disk_sleep,
		.xCurrentTime = disk_time,
		.xGetLastError = disk_last_error,
	};
	must(sqlite3_vfs_register(&disk.vfs, 0) == SQLITE_OK);
}

void vault_disk_end(void)
{
	vault_disk_erase();
	must(sqlite3_vfs_unregister(&disk.vfs) == SQLITE_OK);
}

void vault_disk_erase(void)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		erase(&disk.files[i]);
	disk.is_off = false;
	disk.cut_at = disk.fail_at = 0;
}

void vault_disk_cut_at(unsigned n)
{
	disk.cut_at = n == 0 ? 0 : disk.counts.changes + n;
}

void vault_disk_power_on(enum vault_disk_fate fate, uint32_t seed)
{
	uint32_t random = seed * 2654435761u + 1;

	for (unsigned i = 0; i < 8; i++)
		(void)next_random(&random);
	for (size_t i = 0; i < FILES_MAX; i++)
		if (disk.files[i].name[0] != '\0')
			settle(&disk.files[i], fate, &random);
	disk.is_off = false;
	disk.cut_at = 0;
}

void vault_disk_fail_at(unsigned n, bool is_lasting)
{
	disk.fail_at = n == 0 ? 0 : disk.counts.calls + n;
	disk.is_failure_lasting = is_lasting;
}

struct vault_disk_counts vault_disk_counts(void)
{
	return disk.counts;
}

struct bytes *vault_disk_file(const char *name)
{
	struct stored *const stored = find(name);
	return stored != NULL && stored->exists ? &stored->now : NULL;
}

void vault_disk_watch_for(const char *word)
{
	(void)snprintf(disk.word, sizeof disk.word, "%s", word);
	disk.saw_word = false;
}

bool vault_disk_saw_word(void)
{
	return disk.saw_word;
}
