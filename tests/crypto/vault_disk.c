#include "tests/crypto/vault_disk.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

struct disk_file {
	sqlite3_file base;
	struct vault_disk_node *node;
	struct disk_file *next; /* all that are open */
	int lock;
	bool is_temporary;
};

static struct {
	sqlite3_vfs vfs;
	struct vault_disk_node files[VAULT_DISK_FILES];
	struct disk_file *open;
	struct vault_disk_tape tape;
	unsigned inodes;
	unsigned fail_at;
	bool is_failure_lasting, are_failures_short;
	struct vault_disk_counts counts;
	char word[64];
	bool saw_word;
} disk;

static struct vault_disk_node *find(const char *name)
{
	for (size_t i = 0; i < VAULT_DISK_FILES; i++)
		if (strcmp(disk.files[i].name, name) == 0)
			return &disk.files[i];
	return NULL;
}

static void erase(struct vault_disk_node *node)
{
	bytes_wipe(&node->content);
	*node = (struct vault_disk_node){0};
}

static bool call_fails(void)
{
	disk.counts.calls++;
	if (disk.fail_at == 0 || disk.counts.calls < disk.fail_at)
		return false;
	disk.counts.failures++;
	if (!disk.is_failure_lasting)
		disk.fail_at = 0;
	return true;
}

static void record(const struct disk_file *file, enum vault_disk_change change, size_t at, struct span data)
{
	if (!file->is_temporary)
		vault_disk_tape_add(&disk.tape, (struct vault_disk_op){change, file->node->inode, at, {0}}, data);
}

/* ---- the file ---- */

static struct disk_file *file_of(sqlite3_file *base)
{
	return (struct disk_file *)base;
}

static int disk_close(sqlite3_file *base)
{
	struct disk_file *const file = file_of(base);
	struct disk_file **link = &disk.open;

	while (*link != file)
		link = &(*link)->next;
	*link = file->next;
	if (file->is_temporary)
		erase(file->node);
	return SQLITE_OK;
}

static int disk_read(sqlite3_file *base, void *data, int len, sqlite3_int64 at)
{
	const struct bytes *const now = &file_of(base)->node->content;
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
	struct disk_file *const file = file_of(base);
	struct span bytes = {data, (size_t)len};

	const bool is_short = call_fails();
	if (is_short && !disk.are_failures_short)
		return SQLITE_IOERR_WRITE;
	bytes.len /= is_short ? 2 : 1;
	if (disk.word[0] != '\0' && memmem(data, bytes.len, disk.word, strlen(disk.word)) != NULL)
		disk.saw_word = true;
	record(file, VAULT_DISK_WRITE, (size_t)at, bytes);
	vault_disk_put(&file->node->content, (size_t)at, bytes);
	return is_short ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static int disk_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	struct disk_file *const file = file_of(base);

	if (call_fails())
		return SQLITE_IOERR_TRUNCATE;
	record(file, VAULT_DISK_TRUNCATE, (size_t)size, (struct span){0});
	vault_disk_resize(&file->node->content, (size_t)size);
	return SQLITE_OK;
}

static int disk_sync(sqlite3_file *base, int flags)
{
	(void)flags;
	if (call_fails())
		return SQLITE_IOERR_FSYNC;
	record(file_of(base), VAULT_DISK_SYNC, 0, (struct span){0});
	return SQLITE_OK;
}

static int disk_size(sqlite3_file *base, sqlite3_int64 *size)
{
	if (call_fails())
		return SQLITE_IOERR_FSTAT;
	*size = (sqlite3_int64)file_of(base)->node->content.len;
	return SQLITE_OK;
}

/* The highest lock that another handle has on the same file. */
static int lock_of_others(const struct disk_file *file)
{
	int highest = SQLITE_LOCK_NONE;
	for (const struct disk_file *other = disk.open; other != NULL; other = other->next)
		if (other != file && other->node == file->node && other->lock > highest)
			highest = other->lock;
	return highest;
}

static int disk_lock(sqlite3_file *base, int level)
{
	struct disk_file *const file = file_of(base);
	const int others = lock_of_others(file);

	if (call_fails())
		return SQLITE_IOERR_LOCK;
	if (level <= file->lock)
		return SQLITE_OK;
	if (others >= (level == SQLITE_LOCK_SHARED ? SQLITE_LOCK_PENDING : SQLITE_LOCK_RESERVED))
		return SQLITE_BUSY;
	if (level == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_SHARED) {
		file->lock = SQLITE_LOCK_PENDING;
		return SQLITE_BUSY;
	}
	file->lock = level;
	return SQLITE_OK;
}

static int disk_unlock(sqlite3_file *base, int level)
{
	file_of(base)->lock = level;
	return SQLITE_OK;
}

static int disk_check_reserved(sqlite3_file *base, int *is_reserved)
{
	const struct disk_file *const file = file_of(base);

	*is_reserved = file->lock >= SQLITE_LOCK_RESERVED || lock_of_others(file) >= SQLITE_LOCK_RESERVED ? 1 : 0;
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
	return VAULT_DISK_SECTOR_BYTES;
}

static int disk_characteristics(sqlite3_file *base)
{
	(void)base;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_ATOMIC |
	       SQLITE_IOCAP_ATOMIC4K | SQLITE_IOCAP_BATCH_ATOMIC;
}

/* ---- the folder ---- */

/* A new file, or the one of that name. */
static struct vault_disk_node *node_to_open(const char *name, bool may_create, bool *is_new)
{
	struct vault_disk_node *node = find(name);

	if (node != NULL || !may_create)
		return node;
	node = find("");
	vault_disk_must(node != NULL && strlen(name) < sizeof node->name);
	node->inode = ++disk.inodes;
	(void)snprintf(node->name, sizeof node->name, "%s", name);
	*is_new = true;
	return node;
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *flags_out)
{
	static const sqlite3_io_methods methods = {
		1,         disk_close,  disk_read,   disk_write,          disk_truncate, disk_sync,        disk_size,
		disk_lock, disk_unlock, disk_check_reserved, disk_control, disk_sector_size, disk_characteristics,
		NULL,      NULL,        NULL,        NULL,                NULL,          NULL,
	};
	struct disk_file *const file = file_of(base);
	char temporary[VAULT_DISK_NAME_BYTES];
	bool is_new = false;

	(void)vfs;
	*file = (struct disk_file){0};
	if (call_fails())
		return SQLITE_CANTOPEN;
	if (name == NULL)
		(void)snprintf(temporary, sizeof temporary, "temporary-%u", disk.counts.temporaries++);
	file->is_temporary = name == NULL || (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
	file->node = node_to_open(name != NULL ? name : temporary, (flags & SQLITE_OPEN_CREATE) != 0, &is_new);
	if (file->node == NULL)
		return SQLITE_CANTOPEN;
	if (is_new)
		record(file, VAULT_DISK_CREATE, 0,
		       (struct span){(const uint8_t *)file->node->name, strlen(file->node->name) + 1});
	file->next = disk.open;
	disk.open = file;
	file->base.pMethods = &methods;
	if (flags_out != NULL)
		*flags_out = flags;
	return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int is_folder_synced)
{
	struct vault_disk_node *const node = find(name);

	(void)vfs;
	if (call_fails())
		return SQLITE_IOERR_DELETE;
	if (node == NULL)
		return SQLITE_IOERR_DELETE_NOENT;
	record(&(struct disk_file){.node = node},
	       is_folder_synced != 0 ? VAULT_DISK_DELETE_AND_SYNC : VAULT_DISK_DELETE, 0, (struct span){0});
	struct disk_file *open = disk.open;
	while (open != NULL && open->node != node)
		open = open->next;
	if (open == NULL) {
		erase(node);
		return SQLITE_OK;
	}
	/* It lives on without a name until it is closed. */
	open->is_temporary = true;
	(void)snprintf(node->name, sizeof node->name, "deleted-%u", node->inode);
	return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *answer)
{
	(void)vfs, (void)flags;
	if (call_fails())
		return SQLITE_IOERR_ACCESS;
	*answer = find(name) != NULL ? 1 : 0;
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
		bytes[i] = (char)vault_disk_random(&state);
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
		.mxPathname = VAULT_DISK_NAME_BYTES,
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
	vault_disk_must(sqlite3_vfs_register(&disk.vfs, 0) == SQLITE_OK);
}

void vault_disk_end(void)
{
	vault_disk_erase();
	vault_disk_must(sqlite3_vfs_unregister(&disk.vfs) == SQLITE_OK);
}

void vault_disk_erase(void)
{
	for (size_t i = 0; i < VAULT_DISK_FILES; i++)
		erase(&disk.files[i]);
	vault_disk_tape_wipe(&disk.tape);
	disk.fail_at = 0;
}

void vault_disk_take_tape(struct vault_disk_tape *tape)
{
	*tape = disk.tape;
	vault_disk_tape_begin(&disk.tape, disk.files);
}

size_t vault_disk_tape_len(void)
{
	return disk.tape.len;
}

void vault_disk_cut(const struct vault_disk_tape *tape, size_t n, struct vault_disk_fate fate)
{
	vault_disk_must(disk.open == NULL);
	vault_disk_tape_cut(tape, n, fate, disk.files);
	vault_disk_tape_wipe(&disk.tape);
	vault_disk_tape_begin(&disk.tape, disk.files);
}

void vault_disk_fail_at(unsigned n, bool is_lasting)
{
	disk.fail_at = n == 0 ? 0 : disk.counts.calls + n;
	disk.is_failure_lasting = is_lasting;
}

void vault_disk_fail_short(bool are_short)
{
	disk.are_failures_short = are_short;
}

struct vault_disk_counts vault_disk_counts(void)
{
	return disk.counts;
}

struct bytes *vault_disk_file(const char *name)
{
	struct vault_disk_node *const node = find(name);
	return node != NULL ? &node->content : NULL;
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
