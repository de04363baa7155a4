#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "crypto/file.h"
#include "schema/db_handle.h"

/* Both ends are handles of ours over their vaults, so no plaintext passes any file. */
static int copy_pages(struct db *db, sqlite3 *target)
{
	int code = sqlite3_extended_result_codes(target, 1);
	if (code == SQLITE_OK)
		code = sqlite3_exec(target, "PRAGMA page_size = 4096; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY", NULL,
		                    NULL, NULL);
	if (code != SQLITE_OK)
		return code;
	sqlite3_backup *const backup = sqlite3_backup_init(target, "main", db->handle, "main");
	if (backup == NULL)
		return sqlite3_extended_errcode(target);
	(void)sqlite3_backup_step(backup, -1);
	return sqlite3_backup_finish(backup);
}

static enum status cannot_make(const char *path, struct error *err)
{
	const int cause = errno;
	const enum status status = cause == EEXIST ? STATUS_REFUSED : STATUS_IO;
	(void)error_set(err, status, "\"%s\" cannot be made: %s", path, strerror(cause));
	error_hint(err, cause == ENOSPC || cause == EDQUOT ? "Make room and try again." : "Check who may write to its folder.");
	return status;
}

enum status db_copy(struct db *db, const char *path, const struct vault *vault, struct error *err)
{
	sqlite3 *target = NULL;

	if (file_exists(path)) {
		(void)error_set(err, STATUS_REFUSED, "\"%s\" exists already", path);
		error_hint(err, "Nothing was changed. Choose another name, or move the file away.");
		return STATUS_REFUSED;
	}
	if (strncmp(path, "file:", 5) == 0 || path[0] == '\0' || path[0] == ':')
		return error_set(err, STATUS_BAD_INPUT, "\"%s\" cannot name a copy", path);
	const int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file < 0)
		return cannot_make(path, err);
	(void)close(file);
	int code = sqlite3_open_v2(path, &target, SQLITE_OPEN_READWRITE,
	                           vault == NULL ? NULL : vault_vfs_name(vault));
	if (code == SQLITE_OK)
		code = copy_pages(db, target);
	const enum status status = db_status_of(target, code, "the copy", err);
	(void)sqlite3_close(target);
	if (status != STATUS_OK)
		db_remove(path);
	return status;
}
