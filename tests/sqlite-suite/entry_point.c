/* A program of somebody else, built with SQLITE_EXTRA_INIT=vault_default_init: it
 * opens no file before the vault has its key, and no plain one afterwards. Prints
 * what went wrong; 0 when nothing did.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/vault.h"
#include "crypto/vault_default.h"

static int fail(const char *what)
{
	(void)printf("entry point: %s\n", what);
	return 1;
}

static int refuses_without_a_key(void)
{
	for (int i = 0; i < 3; i++) {
		sqlite3 *db = NULL;
		const int rc = sqlite3_open("entry.db", &db);
		(void)sqlite3_close(db);
		if (rc == SQLITE_OK)
			return fail("a database was opened without a key");
	}
	return access("entry.db", F_OK) == 0 ? fail("a file was made without a key") : 0;
}

static int writes_and_reads(void)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open("entry.db", &db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "CREATE TABLE IF NOT EXISTS t(x); INSERT INTO t VALUES('in clear')", NULL, NULL, NULL);
	(void)sqlite3_close(db);
	return rc == SQLITE_OK ? 0 : fail("a database could not be written with a key");
}

static int is_not_plain(void)
{
	char head[16] = {0};
	FILE *const file = fopen("entry.db", "rb");
	const size_t n = file != NULL ? fread(head, 1, sizeof head, file) : 0;
	if (file != NULL)
		(void)fclose(file);
	return n == sizeof head && memcmp(head, "SQLite format 3", sizeof head) != 0 ? 0 : fail("the file is plain");
}

int main(void)
{
	struct error err = {0};
	struct secret *key = NULL;

	if (secret_process_init(&err) != STATUS_OK || refuses_without_a_key() != 0)
		return 1;
	if (secret_new_random(&key, VAULT_KEY_BYTES, &err) != STATUS_OK || vault_default_use(key, &err) != STATUS_OK)
		return fail(err.message);
	secret_free(key);
	if (writes_and_reads() != 0 || is_not_plain() != 0)
		return 1;
	if (sqlite3_shutdown() != SQLITE_OK)
		return fail("SQLite does not shut down");
	return writes_and_reads() != 0 || is_not_plain() != 0;
}
