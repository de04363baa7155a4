#include "crypto/vault_default.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <string.h>

#include "tests/crypto/vault_fixture.h"

/* Each test is a process of its own; the vault stays to its end. The fixture's own
 * vault has the same key under another name. */
static struct vault_fixture fixture;

static void begin(void)
{
	vault_fixture_begin(&fixture, NULL);
}

static void end(void)
{
	vault_fixture_end(&fixture);
}

TestSuite(vault_default, .init = begin, .fini = end);

static void use(void)
{
	struct secret *const key = vault_fixture_key(0);
	struct error err = {0};
	cr_assert_eq(vault_default_use(key, &err), STATUS_OK, "%s", err.message);
	secret_free(key);
}

Test(vault_default, a_connection_that_names_no_vfs_is_encrypted)
{
	use();
	sqlite3 *db = vault_fixture_open(fixture.path, NULL);
	vault_fixture_run(db, "CREATE TABLE t(x); INSERT INTO t VALUES('in clear')");
	(void)sqlite3_close(db);

	struct bytes stored = vault_fixture_load(&fixture, "");
	cr_assert_gt(stored.len, 4096);
	cr_assert_null(memmem(stored.data, stored.len, "SQLite format 3", 15));
	cr_assert_null(memmem(stored.data, stored.len, "in clear", 8));
	bytes_wipe(&stored);
	db = vault_fixture_open(fixture.path, vault_vfs_name(fixture.vault));
	cr_assert_eq(vault_fixture_number(db, "SELECT x='in clear' FROM t"), 1, "the key is the one that was given");
	(void)sqlite3_close(db);
}

Test(vault_default, sqlite_does_not_stay_started_without_a_key)
{
	sqlite3 *db = NULL;

	for (int i = 0; i < 3; i++) {
		cr_assert_eq(sqlite3_initialize(), SQLITE_OK);
		cr_assert_eq(vault_default_init(NULL), SQLITE_AUTH);
		/* Only while SQLite is shut down does it take this. */
		cr_assert_eq(sqlite3_config(SQLITE_CONFIG_SERIALIZED), SQLITE_OK);
	}
	use();
	cr_assert_eq(sqlite3_config(SQLITE_CONFIG_SERIALIZED), SQLITE_MISUSE);
	db = vault_fixture_open(fixture.path, NULL);
	(void)sqlite3_close(db);
}

Test(vault_default, it_is_the_default_again_after_a_new_start)
{
	use();
	const sqlite3_vfs *const vault = sqlite3_vfs_find(NULL);
	cr_assert_eq(strncmp(vault->zName, VAULT_VFS_NAME, strlen(VAULT_VFS_NAME)), 0);
	cr_assert_eq(sqlite3_shutdown(), SQLITE_OK);
	cr_assert_eq(sqlite3_initialize(), SQLITE_OK);
	cr_assert_neq(sqlite3_vfs_find(NULL), vault, "SQLite puts its own first");
	cr_assert_eq(vault_default_init(NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_vfs_find(NULL), vault);
}

Test(vault_default, a_second_key_is_refused)
{
	use();
	struct secret *const other = vault_fixture_key(1);
	struct error err = {0};
	cr_assert_eq(vault_default_use(other, &err), STATUS_REFUSED);
	secret_free(other);
}

Test(vault_default, a_key_of_another_length_is_refused_and_sqlite_stopped)
{
	struct secret *key = NULL;
	struct error err = {0};

	cr_assert_eq(secret_new_random(&key, VAULT_KEY_BYTES - 1, NULL), STATUS_OK);
	cr_assert_eq(vault_default_use(key, &err), STATUS_BAD_INPUT);
	cr_assert_not_null(strstr(err.message, "31"), "%s", err.message);
	cr_assert_eq(sqlite3_config(SQLITE_CONFIG_SERIALIZED), SQLITE_OK);
	secret_free(key);
	use();
}
