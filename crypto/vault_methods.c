#include "crypto/vault_methods.h"

#include "crypto/vault_block.h"

static struct vault_file *vault_file_of(sqlite3_file *base)
{
	return (struct vault_file *)base;
}

static sqlite3_file *below_of(sqlite3_file *base)
{
	return vault_file_of(base)->below;
}

static int method_close(sqlite3_file *base)
{
	return vault_file_close(vault_file_of(base));
}

static int method_read(sqlite3_file *base, void *data, int len, sqlite3_int64 at)
{
	return vault_block_told(vault_file_of(base), vault_file_read(vault_file_of(base), data, len, at));
}

static int method_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 at)
{
	return vault_block_told(vault_file_of(base), vault_file_write(vault_file_of(base), data, len, at));
}

static int method_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	return vault_block_told(vault_file_of(base), vault_file_truncate(vault_file_of(base), size));
}

static int method_size(sqlite3_file *base, sqlite3_int64 *size)
{
	return vault_block_told(vault_file_of(base), vault_file_size(vault_file_of(base), size));
}

static int method_sync(sqlite3_file *base, int flags)
{
	return vault_block_told(vault_file_of(base), vault_file_sync(vault_file_of(base), flags));
}

static int method_lock(sqlite3_file *base, int level)
{
	struct vault_file *const file = vault_file_of(base);
	const int rc = file->below->pMethods->xLock(file->below, level);
	if (rc != SQLITE_OK)
		return rc;
	/* Every other way to EXCLUSIVE leads over RESERVED. */
	if (level == SQLITE_LOCK_EXCLUSIVE && file->lock == SQLITE_LOCK_SHARED)
		file->is_recovering = true;
	if (level > file->lock)
		file->lock = level;
	return SQLITE_OK;
}

static int method_unlock(sqlite3_file *base, int level)
{
	struct vault_file *const file = vault_file_of(base);
	file->is_recovering = false;
	file->lock = level;
	vault_block_forget(file);
	return file->below->pMethods->xUnlock(file->below, level);
}

static int method_check_reserved_lock(sqlite3_file *base, int *is_reserved)
{
	return below_of(base)->pMethods->xCheckReservedLock(below_of(base), is_reserved);
}

static int control_below(sqlite3_file *base, int control, void *argument)
{
	return below_of(base)->pMethods->xFileControl(below_of(base), control, argument);
}

static int control_vfs_name(sqlite3_file *base, char **name)
{
	const int rc = control_below(base, SQLITE_FCNTL_VFSNAME, name);
	if (rc != SQLITE_OK || *name == NULL)
		return rc;
	char *const whole = sqlite3_mprintf("%s/%z", VAULT_VFS_NAME, *name);
	*name = whole;
	return whole != NULL ? SQLITE_OK : SQLITE_NOMEM;
}

static int method_control(sqlite3_file *base, int control, void *argument)
{
	switch (control) {
	case SQLITE_FCNTL_SIZE_HINT:
	case SQLITE_FCNTL_CHUNK_SIZE:
		/* Below they would make holes and sizes that are no slots. */
		return SQLITE_OK;
	case SQLITE_FCNTL_MMAP_SIZE:
		*(sqlite3_int64 *)argument = 0;
		return SQLITE_OK;
	case SQLITE_FCNTL_POWERSAFE_OVERWRITE:
		*(int *)argument = 0;
		return SQLITE_OK;
	case SQLITE_FCNTL_VFSNAME:
		return control_vfs_name(base, argument);
	case SQLITE_FCNTL_LOCKSTATE:
	case SQLITE_FCNTL_LAST_ERRNO:
	case SQLITE_FCNTL_SYNC:
	case SQLITE_FCNTL_COMMIT_PHASETWO:
	case SQLITE_FCNTL_OVERWRITE:
	case SQLITE_FCNTL_PERSIST_WAL:
	case SQLITE_FCNTL_PRAGMA:
	case SQLITE_FCNTL_BUSYHANDLER:
	case SQLITE_FCNTL_TEMPFILENAME:
	case SQLITE_FCNTL_HAS_MOVED:
	case SQLITE_FCNTL_WAL_BLOCK:
	case SQLITE_FCNTL_LOCK_TIMEOUT:
	case SQLITE_FCNTL_EXTERNAL_READER:
		return control_below(base, control, argument);
	default:
		/* Atomic writes among them, and whatever is invented later. */
		return SQLITE_NOTFOUND;
	}
}

static int method_sector_size(sqlite3_file *base)
{
	(void)base;
	return VAULT_BLOCK_BYTES;
}

/* A write of one byte rewrites a block, so none of the promises about neighbours,
 * appends and atomic writes holds, whatever the file below says. Without
 * UNDELETABLE_WHEN_OPEN SQLite closes a journal when it unlocks the database, so
 * that what stands in an open one is this connection's. */
static int method_device_characteristics(sqlite3_file *base)
{
	const int kept = SQLITE_IOCAP_IMMUTABLE | SQLITE_IOCAP_SEQUENTIAL;
	return below_of(base)->pMethods->xDeviceCharacteristics(below_of(base)) & kept;
}

static int method_shm_map(sqlite3_file *base, int region, int size, int may_extend, void volatile **map)
{
	return below_of(base)->pMethods->xShmMap(below_of(base), region, size, may_extend, map);
}

static int method_shm_lock(sqlite3_file *base, int first, int n, int flags)
{
	return below_of(base)->pMethods->xShmLock(below_of(base), first, n, flags);
}

static void method_shm_barrier(sqlite3_file *base)
{
	below_of(base)->pMethods->xShmBarrier(below_of(base));
}

static int method_shm_unmap(sqlite3_file *base, int is_delete)
{
	return below_of(base)->pMethods->xShmUnmap(below_of(base), is_delete);
}

#define METHODS_OF_VERSION_1                                                                                           \
	.xClose = method_close, .xRead = method_read, .xWrite = method_write, .xTruncate = method_truncate,            \
	.xSync = method_sync, .xFileSize = method_size, .xLock = method_lock, .xUnlock = method_unlock,                \
	.xCheckReservedLock = method_check_reserved_lock, .xFileControl = method_control,                              \
	.xSectorSize = method_sector_size, .xDeviceCharacteristics = method_device_characteristics

const sqlite3_io_methods *vault_methods_over(int below_version)
{
	static const sqlite3_io_methods plain = {.iVersion = 1, METHODS_OF_VERSION_1};
	static const sqlite3_io_methods with_shared_memory = {
		.iVersion = 2,
		METHODS_OF_VERSION_1,
		.xShmMap = method_shm_map,
		.xShmLock = method_shm_lock,
		.xShmBarrier = method_shm_barrier,
		.xShmUnmap = method_shm_unmap,
	};
	return below_version >= 2 ? &with_shared_memory : &plain;
}
