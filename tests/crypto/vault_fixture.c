#include "tests/crypto/vault_fixture.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct secret *vault_fixture_key(uint8_t first)
{
	struct secret *key = NULL;
	cr_assert_eq(secret_new(&key, VAULT_KEY_BYTES, NULL), STATUS_OK);
	for (size_t i = 0; i < VAULT_KEY_BYTES; i++)
		key->data[i] = (uint8_t)(first + i);
	key->len = VAULT_KEY_BYTES;
	return key;
}

void vault_fixture_begin(struct vault_fixture *fixture, const char *below)
{
	struct error err = {0};
	const char *const temporary = getenv("TMPDIR");

	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	(void)snprintf(fixture->folder, sizeof fixture->folder, "%s/vault-XXXXXX", temporary != NULL ? temporary : "/tmp");
	cr_assert_not_null(mkdtemp(fixture->folder));
	(void)snprintf(fixture->path, sizeof fixture->path, "%s/test.db", fixture->folder);
	struct secret *const key = vault_fixture_key(0);
	cr_assert_eq(vault_register(&fixture->vault, key, below, &err), STATUS_OK, "%s", err.message);
	secret_free(key);
}

void vault_fixture_end(struct vault_fixture *fixture)
{
	DIR *const folder = opendir(fixture->folder);
	char path[512];

	vault_unregister(fixture->vault);
	cr_assert_not_null(folder);
	for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
		(void)snprintf(path, sizeof path, "%s/%s", fixture->folder, entry->d_name);
		(void)unlink(path);
	}
	(void)closedir(folder);
	(void)rmdir(fixture->folder);
}

sqlite3 *vault_fixture_open(const char *path, const char *vfs)
{
	sqlite3 *db = NULL;
	cr_assert_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs), SQLITE_OK, "%s",
	             sqlite3_errmsg(db));
	return db;
}

void vault_fixture_run(sqlite3 *db, const char *sql)
{
	const int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	cr_assert_eq(rc, SQLITE_OK, "%s: %s (%d)", sql, sqlite3_errmsg(db), sqlite3_extended_errcode(db));
}

sqlite3_int64 vault_fixture_number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	sqlite3_int64 number = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return number;
}

void vault_fixture_text(sqlite3 *db, const char *sql, char *text, size_t text_len)
{
	sqlite3_stmt *statement = NULL;

	text[0] = '\0';
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		(void)snprintf(text, text_len, "%s", (const char *)sqlite3_column_text(statement, 0));
	(void)sqlite3_finalize(statement);
}

struct bytes vault_fixture_load(const struct vault_fixture *fixture, const char *suffix)
{
	struct bytes content = {0};
	uint8_t chunk[4096];
	char path[256];

	(void)snprintf(path, sizeof path, "%s%s", fixture->path, suffix);
	FILE *const file = fopen(path, "rb");
	if (file == NULL)
		return content;
	for (size_t n = fread(chunk, 1, sizeof chunk, file); n > 0; n = fread(chunk, 1, sizeof chunk, file))
		cr_assert_eq(bytes_append(&content, (struct span){chunk, n}, NULL), STATUS_OK);
	(void)fclose(file);
	return content;
}

void vault_fixture_save(const struct vault_fixture *fixture, const char *suffix, struct span content)
{
	char path[256];

	(void)snprintf(path, sizeof path, "%s%s", fixture->path, suffix);
	FILE *const file = fopen(path, "wb");
	cr_assert_not_null(file);
	cr_assert_eq(fwrite(content.data, 1, content.len, file), content.len);
	cr_assert_eq(fclose(file), 0);
}

/* The name that SQLite handed out stands behind the handle until it is closed. */
struct raw {
	const char *name;
};

struct sqlite3_file *vault_fixture_raw_open(const char *vfs, const char *path, int flags)
{
	sqlite3_vfs *const found = sqlite3_vfs_find(vfs);
	cr_assert_not_null(found);
	uint8_t *const memory = calloc(1, sizeof(struct raw) + (size_t)found->szOsFile);
	cr_assert_not_null(memory);
	struct raw *const raw = (struct raw *)(void *)memory;
	sqlite3_file *const file = (sqlite3_file *)(void *)(memory + sizeof(struct raw));
	raw->name = path == NULL ? NULL : sqlite3_create_filename(path, "", "", 0, NULL);
	const int all = flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	cr_assert_eq(found->xOpen(found, raw->name, file, all, NULL), SQLITE_OK);
	return file;
}

void vault_fixture_raw_close(struct sqlite3_file *file)
{
	struct raw *const raw = (struct raw *)(void *)((uint8_t *)file - sizeof(struct raw));
	cr_assert_eq(file->pMethods->xClose(file), SQLITE_OK);
	if (raw->name != NULL)
		sqlite3_free_filename((char *)(uintptr_t)raw->name);
	free(raw);
}
