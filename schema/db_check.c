#include "schema/db_handle.h"

#include <string.h>

enum { FINDING_BYTES = 200 };

static enum status examine(struct db *db, struct error *err)
{
	char finding[FINDING_BYTES];

	enum status status = db_ask(db, "PRAGMA integrity_check(1)", finding, sizeof finding, err);
	if (status != STATUS_OK)
		return status;
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
