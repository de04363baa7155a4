#include "tests/crypto/vault_above.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdint.h>
#include <string.h>

#include "crypto/vault_file.h"

enum { GUARD = 0x5a };

struct above_file {
	sqlite3_file base;
	uint8_t guard[sizeof(struct vault_file)];
	sqlite3_file *below; /* behind this struct */
};

static sqlite3_vfs *below_vfs;
static sqlite3_vfs above_vfs;
static int intact;

static sqlite3_file *below_of(sqlite3_file *base)
{
	return ((struct above_file *)base)->below;
}

static int above_close(sqlite3_file *base)
{
	const struct above_file *const file = (struct above_file *)base;
	for (size_t i = 0; i < sizeof file->guard; i++)
		cr_assert_eq(file->guard[i], GUARD, "byte %zu of a handle that is not the vault's", i);
	intact++;
	return below_of(base)->pMethods->xClose(below_of(base));
}

static int above_read(sqlite3_file *base, void *data, int len, sqlite3_int64 at)
{
	return below_of(base)->pMethods->xRead(below_of(base), data, len, at);
}

static int above_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 at)
{
	return below_of(base)->pMethods->xWrite(below_of(base), data, len, at);
}

static int above_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	return below_of(base)->pMethods->xTruncate(below_of(base), size);
}

static int above_sync(sqlite3_file *base, int flags)
{
	return below_of(base)->pMethods->xSync(below_of(base), flags);
}

static int above_size(sqlite3_file *base, sqlite3_int64 *size)
{
	return below_of(base)->pMethods->xFileSize(below_of(base), size);
}

static int above_lock(sqlite3_file *base, int level)
{
	return below_of(base)->pMethods->xLock(below_of(base), level);
}

static int above_unlock(sqlite3_file *base, int level)
{
	return below_of(base)->pMethods->xUnlock(below_of(base), level);
}

static int above_check_reserved(sqlite3_file *base, int *is_reserved)
{
	return below_of(base)->pMethods->xCheckReservedLock(below_of(base), is_reserved);
}

static int above_control(sqlite3_file *base, int control, void *argument)
{
	return below_of(base)->pMethods->xFileControl(below_of(base), control, argument);
}

static int above_sector_size(sqlite3_file *base)
{
	return below_of(base)->pMethods->xSectorSize(below_of(base));
}

static int above_characteristics(sqlite3_file *base)
{
	return below_of(base)->pMethods->xDeviceCharacteristics(below_of(base));
}

static int above_shm_map(sqlite3_file *base, int region, int size, int may_extend, void volatile **map)
{
	return below_of(base)->pMethods->xShmMap(below_of(base), region, size, may_extend, map);
}

static int above_shm_lock(sqlite3_file *base, int first, int n, int flags)
{
	return below_of(base)->pMethods->xShmLock(below_of(base), first, n, flags);
}

static void above_shm_barrier(sqlite3_file *base)
{
	below_of(base)->pMethods->xShmBarrier(below_of(base));
}

static int above_shm_unmap(sqlite3_file *base, int is_delete)
{
	return below_of(base)->pMethods->xShmUnmap(below_of(base), is_delete);
}

static const sqlite3_io_methods above_methods = {
	.iVersion = 2,
	.xClose = above_close,
	.xRead = above_read,
	.xWrite = above_write,
	.xTruncate = above_truncate,
	.xSync = above_sync,
	.xFileSize = above_size,
	.xLock = above_lock,
	.xUnlock = above_unlock,
	.xCheckReservedLock = above_check_reserved,
	.xFileControl = above_control,
	.xSectorSize = above_sector_size,
	.xDeviceCharacteristics = above_characteristics,
	.xShmMap = above_shm_map,
	.xShmLock = above_shm_lock,
	.xShmBarrier = above_shm_barrier,
	.xShmUnmap = above_shm_unmap,
};

static int above_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *flags_out)
{
	struct above_file *const file = (struct above_file *)base;

	(void)vfs;
	file->base.pMethods = NULL;
	memset(file->guard, GUARD, sizeof file->guard);
	file->below = (sqlite3_file *)(file + 1);
	const int rc = below_vfs->xOpen(below_vfs, name, file->below, flags, flags_out);
	if (rc == SQLITE_OK)
		file->base.pMethods = &above_methods;
	return rc;
}

void vault_above_begin(const char *below)
{
	below_vfs = sqlite3_vfs_find(below);
	cr_assert_not_null(below_vfs);
	/* The methods of the vault's VFS know it by what is passed as its pAppData. */
	above_vfs = *below_vfs;
	above_vfs.pNext = NULL;
	above_vfs.zName = VAULT_ABOVE_NAME;
	above_vfs.szOsFile = (int)sizeof(struct above_file) + below_vfs->szOsFile;
	above_vfs.xOpen = above_open;
	intact = 0;
	cr_assert_eq(sqlite3_vfs_register(&above_vfs, 0), SQLITE_OK);
}

int vault_above_end(void)
{
	(void)sqlite3_vfs_unregister(&above_vfs);
	return intact;
}
