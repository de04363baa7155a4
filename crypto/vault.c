#include "crypto/vault.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/vault_file.h"
#include "crypto/vault_methods.h"
#include "crypto/vault_pairs.h"

struct vault {
	sqlite3_vfs vfs; /* pAppData is the vault */
	sqlite3_vfs *below;
	struct secret *subkeys;
	struct vault_pairs pairs;
	atomic_bool saw_recovery;
	atomic_int last_errno;
	char name[sizeof VAULT_VFS_NAME + 16];
};

/* SQLite aligns a file handle to 8 bytes; the handle below stands behind ours. */
static_assert(alignof(struct vault_file) <= 8 && sizeof(struct vault_file) % 8 == 0, "handles are aligned to 8 bytes");

static struct vault *vault_of(sqlite3_vfs *vfs)
{
	return vfs->pAppData;
}

static sqlite3_vfs *below_of(sqlite3_vfs *vfs)
{
	return vault_of(vfs)->below;
}

/* 0 for a file that SQLite does not say the kind of: it is not opened. */
static int kind_of(int flags)
{
	static const int kinds = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL |
	                         SQLITE_OPEN_WAL | SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TRANSIENT_DB |
	                         SQLITE_OPEN_TEMP_JOURNAL | SQLITE_OPEN_SUBJOURNAL;
	switch (flags & kinds) {
	case SQLITE_OPEN_MAIN_DB: return VAULT_KIND_DATABASE;
	case SQLITE_OPEN_MAIN_JOURNAL:
	case SQLITE_OPEN_SUPER_JOURNAL: return VAULT_KIND_JOURNAL;
	case SQLITE_OPEN_WAL: return VAULT_KIND_WAL;
	case SQLITE_OPEN_TEMP_DB:
	case SQLITE_OPEN_TRANSIENT_DB:
	case SQLITE_OPEN_TEMP_JOURNAL:
	case SQLITE_OPEN_SUBJOURNAL: return VAULT_KIND_TEMPORARY;
	default: return 0;
	}
}

static int choose_key(struct vault_file *file, const struct vault *vault)
{
	if (file->kind != VAULT_KIND_TEMPORARY) {
		file->key = vault->subkeys->data + (size_t)(file->kind - 1) * VAULT_KEY_BYTES;
		return SQLITE_OK;
	}
	if (secret_new_random(&file->own_key, VAULT_KEY_BYTES, NULL) != STATUS_OK)
		return SQLITE_NOMEM;
	file->key = file->own_key->data;
	return SQLITE_OK;
}

/* To open a pipe may wait for ever, to open a device may do anything. */
static bool is_no_file(const char *name)
{
	struct stat there;
	return name != NULL && stat(name, &there) == 0 && !S_ISREG(there.st_mode);
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *flags_out)
{
	struct vault *const vault = vault_of(vfs);
	struct vault_file *const file = (struct vault_file *)base;
	const int kind = kind_of(flags);

	*file = (struct vault_file){.below = (sqlite3_file *)(file + 1), .saw_recovery = &vault->saw_recovery,
	                           .last_errno = &vault->last_errno};
	if (kind == 0)
		return SQLITE_CANTOPEN;
	if (is_no_file(name)) {
		atomic_store(&vault->last_errno, ENXIO);
		return SQLITE_CANTOPEN;
	}
	file->kind = (enum vault_kind)kind;
	int rc = choose_key(file, vault);
	if (rc != SQLITE_OK)
		return rc;
	file->is_main_journal = (flags & SQLITE_OPEN_MAIN_JOURNAL) != 0;
	vault_pairs_meet(&vault->pairs, file, name);
	rc = vault_kept_open(file, vault->below, name, flags, flags_out);
	if (rc != SQLITE_OK) {
		atomic_store(&vault->last_errno, errno);
		vault_pairs_part(file);
		(void)vault_kept_close(file);
		secret_free(file->own_key);
		file->own_key = NULL;
		return rc;
	}
	file->base.pMethods = vault_methods_over(file->below->pMethods->iVersion);
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
	return below_of(vfs)->xDelete(below_of(vfs), name, sync_folder);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *answer)
{
	return below_of(vfs)->xAccess(below_of(vfs), name, flags, answer);
}

static int vfs_full_pathname(sqlite3_vfs *vfs, const char *name, int len, char *full)
{
	return below_of(vfs)->xFullPathname(below_of(vfs), name, len, full);
}

/* No code is loaded by way of a vault. */
static void *vfs_load(sqlite3_vfs *vfs, const char *name)
{
	(void)vfs, (void)name;
	return NULL;
}

static void vfs_load_error(sqlite3_vfs *vfs, int len, char *message)
{
	(void)vfs;
	(void)sqlite3_snprintf(len, message, "extensions are not loaded here");
}

static int vfs_randomness(sqlite3_vfs *vfs, int len, char *bytes)
{
	return below_of(vfs)->xRandomness(below_of(vfs), len, bytes);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
	return below_of(vfs)->xSleep(below_of(vfs), microseconds);
}

static int vfs_current_time(sqlite3_vfs *vfs, double *julian_day)
{
	return below_of(vfs)->xCurrentTime(below_of(vfs), julian_day);
}

static int vfs_current_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *julian_ms)
{
	return below_of(vfs)->xCurrentTimeInt64(below_of(vfs), julian_ms);
}

/* SQLite asks when it has cleaned up, which may have changed errno. */
static int vfs_last_error(sqlite3_vfs *vfs, int len, char *message)
{
	const int kept = atomic_load(&vault_of(vfs)->last_errno);
	if (kept != 0)
		return kept;
	return below_of(vfs)->xGetLastError(below_of(vfs), len, message);
}

static bool vfs_fits(const sqlite3_vfs *below)
{
	return below->szOsFile >= 0 && below->szOsFile <= INT_MAX - (int)sizeof(struct vault_file);
}

static void fill_vfs(struct vault *vault)
{
	const sqlite3_vfs *const below = vault->below;
	const bool has_ms = below->iVersion >= 2 && below->xCurrentTimeInt64 != NULL;

	vault->vfs = (sqlite3_vfs){
		.iVersion = 2,
		.szOsFile = (int)sizeof(struct vault_file) + below->szOsFile,
		.mxPathname = below->mxPathname,
		.zName = vault->name,
		.pAppData = vault,
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_pathname,
		.xDlOpen = vfs_load,
		.xDlError = vfs_load_error,
		.xRandomness = vfs_randomness,
		.xSleep = vfs_sleep,
		.xCurrentTime = vfs_current_time,
		.xGetLastError = vfs_last_error,
		.xCurrentTimeInt64 = has_ms ? vfs_current_time_ms : NULL,
	};
}

enum status vault_register(struct vault **vault, const struct secret *data_key, const char *below, struct error *err)
{
	static atomic_uint registered;
	sqlite3_vfs *const below_vfs = sqlite3_vfs_find(below);
	if (below_vfs == NULL || !vfs_fits(below_vfs))
		return error_set(err, STATUS_NOT_FOUND, "SQLite has no file system layer named \"%s\"",
		                 below != NULL ? below : "default");
	struct vault *fresh = calloc(1, sizeof *fresh);
	if (fresh == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	fresh->below = below_vfs;
	const enum status status = vault_slot_subkeys(&fresh->subkeys, data_key, err);
	if (status != STATUS_OK) {
		free(fresh);
		return status;
	}
	(void)snprintf(fresh->name, sizeof fresh->name, "%s-%u", VAULT_VFS_NAME, atomic_fetch_add(&registered, 1));
	vault_pairs_init(&fresh->pairs);
	fill_vfs(fresh);
	if (sqlite3_vfs_register(&fresh->vfs, 0) != SQLITE_OK) {
		vault_pairs_wipe(&fresh->pairs);
		secret_free(fresh->subkeys);
		free(fresh);
		return error_set(err, STATUS_NO_MEMORY, "SQLite does not take the encrypted file layer");
	}
	*vault = fresh;
	return STATUS_OK;
}

const char *vault_vfs_name(const struct vault *vault)
{
	return vault->name;
}

int vault_saw_recovery(const struct vault *vault)
{
	return atomic_load(&vault->saw_recovery) ? 1 : 0;
}

void vault_unregister(struct vault *vault)
{
	if (vault == NULL)
		return;
	(void)sqlite3_vfs_unregister(&vault->vfs);
	vault_pairs_wipe(&vault->pairs);
	secret_free(vault->subkeys);
	free(vault);
}
