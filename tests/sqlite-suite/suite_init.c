/* What SQLite's test programs are built with as SQLITE_EXTRA_INIT: the documented
 * entry point (crypto/vault_default.h), with a key that every process of the suite
 * knows, since none of them can be asked for one.
 */
#include <sodium.h>
#include <sqlite3.h>
#include <stdint.h>
#include <string.h>

#include "crypto/vault_default.h"

int suite_init(const char *unused);

static int use_known_key(void)
{
	static const uint8_t known[32] = "the key of SQLite's test-suite!";
	struct secret *key = NULL;

	/* Not secret_process_init: its umask would change what the suite looks at. */
	if (sodium_init() < 0 || secret_new_copy(&key, (struct span){known, sizeof known}, NULL) != STATUS_OK)
		return SQLITE_NOMEM;
	const enum status status = vault_default_use(key, NULL);
	secret_free(key);
	return status == STATUS_OK ? SQLITE_OK : SQLITE_ERROR;
}

int suite_init(const char *unused)
{
	static int is_in_use;

	if (is_in_use)
		return vault_default_init(unused);
	const int rc = use_known_key();
	is_in_use = rc == SQLITE_OK;
	return rc;
}
