#include "schema/db_handle.h"

#include <errno.h>
#include <string.h>

static enum status disk_is_full(struct error *err)
{
	(void)error_set(err, STATUS_IO, "the disk is full; nothing was saved of this");
	error_hint(err, "Make room and try again.");
	return STATUS_IO;
}

static enum status may_not(const char *what, struct error *err)
{
	(void)error_set(err, STATUS_IO, "%s may not be read or written here", what);
	error_hint(err, "Check who may read and write its folder, and that the disk is not write-protected.");
	return STATUS_IO;
}

static enum status input_output(sqlite3 *handle, int code, const char *what, struct error *err)
{
	const int cause = handle != NULL ? sqlite3_system_errno(handle) : 0;

	if (code == SQLITE_IOERR_NOMEM)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	if (code == SQLITE_IOERR_DATA || code == SQLITE_IOERR_CORRUPTFS) {
		(void)error_set(err, STATUS_CORRUPT, "a block of %s is damaged", what);
		error_hint(err, "Keep the files as they are: doctor tells what can be saved of a register; or restore a backup beside them.");
		return STATUS_CORRUPT;
	}
	if (cause == ENOSPC || cause == EDQUOT)
		return disk_is_full(err);
	/* EBADF: SQLite could open it for reading only. */
	if (cause == EACCES || cause == EPERM || cause == EROFS || cause == EBADF)
		return may_not(what, err);
	(void)error_set(err, STATUS_IO, "%s could not be read or written: %s", what,
	                cause != 0 ? strerror(cause) : "the disk reports an error");
	error_hint(err, "What was saved before is kept. Try again; if it fails again, take a backup to another disk.");
	return STATUS_IO;
}

static enum status damaged(const char *what, const char *how, struct error *err)
{
	(void)error_set(err, STATUS_CORRUPT, "%s is damaged: %s", what, how);
	error_hint(err, "Keep the files as they are: doctor tells what can be saved of a register; or restore a backup beside them.");
	return STATUS_CORRUPT;
}

enum status db_status_of(sqlite3 *handle, int code, const char *what, struct error *err)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE: return STATUS_OK;
	case SQLITE_NOMEM: return error_set(err, STATUS_NO_MEMORY, "out of memory");
	case SQLITE_IOERR: return input_output(handle, code, what, err);
	case SQLITE_CORRUPT: return damaged(what, "its tables do not hold together", err);
	case SQLITE_NOTADB: return damaged(what, "it is not a database", err);
	case SQLITE_FORMAT: return damaged(what, "its format is unknown", err);
	case SQLITE_FULL: return disk_is_full(err);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		(void)error_set(err, STATUS_BUSY, "%s is in use by another program", what);
		error_hint(err, "Wait for it to finish and try again; nothing was lost.");
		return STATUS_BUSY;
	case SQLITE_READONLY:
	case SQLITE_PERM: return may_not(what, err);
	case SQLITE_CANTOPEN: return input_output(handle, code, what, err);
	case SQLITE_AUTH: return error_set(err, STATUS_REFUSED, "%s does not allow this statement", what);
	case SQLITE_TOOBIG: return error_set(err, STATUS_BAD_INPUT, "a value is too long for %s", what);
	case SQLITE_INTERRUPT:
	case SQLITE_ABORT: return error_set(err, STATUS_IO, "work on %s was interrupted; nothing was saved of this", what);
	default:
		return error_set(err, STATUS_BUG, "%s: %s", what,
		                 handle != NULL ? sqlite3_errmsg(handle) : sqlite3_errstr(code));
	}
}
