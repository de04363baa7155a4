#include "crypto/vault_default.h"

#include <sqlite3.h>
#include <stddef.h>

#include "crypto/vault.h"

/* Set before there is a second thread, and never again. */
static struct vault *default_vault;
/* While vault_default_use runs: SQLite calls the init function without it. */
static const struct secret *offered_key;
static struct error *offered_err;

/* Were SQLite left started, its next call would go on with plain files. */
static int refuse(int rc)
{
	(void)sqlite3_shutdown();
	return rc;
}

int vault_default_init(const char *unused)
{
	(void)unused;
	if (default_vault == NULL && offered_key == NULL)
		return refuse(SQLITE_AUTH);
	if (default_vault == NULL && vault_register(&default_vault, offered_key, NULL, offered_err) != STATUS_OK)
		return refuse(SQLITE_ERROR);
	const int rc = sqlite3_vfs_register(sqlite3_vfs_find(vault_vfs_name(default_vault)), 1);
	return rc == SQLITE_OK ? rc : refuse(rc);
}

enum status vault_default_use(const struct secret *data_key, struct error *err)
{
	struct error cause = {0};

	if (default_vault != NULL)
		return error_set(err, STATUS_REFUSED, "this program's files are encrypted with another key already");
	offered_key = data_key;
	offered_err = &cause;
	int rc = sqlite3_initialize();
	if (rc == SQLITE_OK)
		rc = vault_default_init(NULL);
	offered_key = NULL;
	offered_err = NULL;
	if (rc == SQLITE_OK)
		return STATUS_OK;
	if (cause.status != STATUS_OK)
		return error_set(err, cause.status, "%s", cause.message);
	return error_set(err, STATUS_IO, "SQLite does not start with encrypted files (code \"%d\")", rc);
}
