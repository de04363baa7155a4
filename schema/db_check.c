#include "schema/db_handle.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { FINDING_BYTES = 200 };

/* That a page could not be read is a finding too; where the disk or the memory failed, and not the page, it is none. */
static int failure_in(const char *finding)
{
	static const char word[] = "error code=";
	const char *const at = strstr(finding, word);
	const long code = at != NULL ? strtol(at + sizeof word - 1, NULL, 10) : 0;
	const bool is_failure = (code & 0xff) == SQLITE_NOMEM || ((code & 0xff) == SQLITE_IOERR && code != SQLITE_IOERR_DATA);
	return is_failure && code <= INT_MAX ? (int)code : SQLITE_OK;
}

static enum status examine(struct db *db, struct error *err)
{
	char finding[FINDING_BYTES];

	enum status status = db_ask(db, "PRAGMA integrity_check(1)", finding, sizeof finding, err);
	if (status != STATUS_OK)
		return status;
	const int failure = failure_in(finding);
	if (failure != SQLITE_OK)
		return db_status_of(db->handle, failure, db->schema->what, err);
	if (strcmp(finding, "ok") != 0)
		return error_set(err, STATUS_CORRUPT, "%s is damaged: %s", db->schema->what, finding);
	status = db_ask(db, "SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1", finding, sizeof finding, err);
	if (status == STATUS_OK && finding[0] != '\0')
		return error_set(err, STATUS_CORRUPT, "%s is damaged: a row of \"%s\" refers to nothing", db->schema->what,
		                 finding);
	return status;
}

enum status db_check(struct db *db, struct error *err)
{
	const bool before = db->maintenance;
	db->maintenance = true;
	const enum status status = examine(db, err);
	db->maintenance = before;
	return status;
}
