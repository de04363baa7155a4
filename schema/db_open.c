#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/db_handle.h"

enum {
	WAIT_MS = 5000,
	SQL_MAX_BYTES = 1 << 18,
	VALUE_MAX_BYTES = 1 << 24,
	NUMBER_TEXT_BYTES = 24,
	PRAGMA_BYTES = 64,
};

/* ATTACH covers VACUUM too, in place and INTO: both attach a file. */
static int authorize(void *context, int action, const char *one, const char *two, const char *three, const char *four)
{
	const struct db *const db = context;
	(void)three;
	(void)four;
	if (action == SQLITE_ATTACH || action == SQLITE_DETACH)
		return SQLITE_DENY;
	/* The full-text index asks for the data version, which changes nothing and tells nothing. */
	if (action == SQLITE_PRAGMA && !db->maintenance && (two != NULL || one == NULL || strcmp(one, "data_version") != 0))
		return SQLITE_DENY;
	if (action == SQLITE_FUNCTION && two != NULL && sqlite3_stricmp(two, "load_extension") == 0)
		return SQLITE_DENY;
	return SQLITE_OK;
}

static int harden(struct db *db)
{
	static const struct {
		int option, value;
	} options[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},  {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
		{SQLITE_DBCONFIG_DQS_DML, 0},    {SQLITE_DBCONFIG_DQS_DDL, 0},        {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
		{SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
	};
	static const struct {
		int limit, value;
	} limits[] = {
		{SQLITE_LIMIT_ATTACHED, 0},          {SQLITE_LIMIT_LENGTH, VALUE_MAX_BYTES}, {SQLITE_LIMIT_SQL_LENGTH, SQL_MAX_BYTES},
		{SQLITE_LIMIT_WORKER_THREADS, 0},    {SQLITE_LIMIT_TRIGGER_DEPTH, 8},        {SQLITE_LIMIT_VARIABLE_NUMBER, 64},
		{SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
	};
	int code = sqlite3_extended_result_codes(db->handle, 1);
	for (size_t i = 0; code == SQLITE_OK && i < sizeof options / sizeof options[0]; i++)
		code = sqlite3_db_config(db->handle, options[i].option, options[i].value, (int *)NULL);
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
		(void)sqlite3_limit(db->handle, limits[i].limit, limits[i].value);
	if (code == SQLITE_OK)
		code = sqlite3_busy_timeout(db->handle, WAIT_MS);
	if (code == SQLITE_OK)
		code = sqlite3_set_authorizer(db->handle, authorize, db);
	return code;
}

/* The pragmas of design section 10, each a constant; page size and auto_vacuum count only in an empty file. */
static enum status configure(struct db *db, bool encrypted, struct error *err)
{
	static const char both[] = "PRAGMA page_size = 4096; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;"
				   "PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON; PRAGMA cache_size = -65536;";
	char mode[NUMBER_TEXT_BYTES];

	enum status status = db_execute(db, both, err);
	if (status == STATUS_OK)
		status = db_ask(db, "PRAGMA page_count", mode, sizeof mode, err);
	/* Said to a file that has it already, it is a write with all its syncs. */
	if (status == STATUS_OK && encrypted && strcmp(mode, "0") == 0)
		status = db_execute(db, "PRAGMA auto_vacuum = FULL", err);
	if (status == STATUS_OK)
		status = db_ask(db, encrypted ? "PRAGMA journal_mode = TRUNCATE" : "PRAGMA journal_mode = WAL", mode, sizeof mode,
		                err);
	if (status != STATUS_OK)
		return status;
	if (strcmp(mode, encrypted ? "truncate" : "wal") != 0)
		return error_set(err, STATUS_IO, "%s cannot keep its journal: the mode stays \"%s\"", db->schema->what, mode);
	/* After the journal mode, which in some builds lowers it. */
	return db_execute(db, "PRAGMA synchronous = FULL", err);
}

static enum status ask_number(struct db *db, const char *sql, uint64_t *number, struct error *err)
{
	char text[NUMBER_TEXT_BYTES];
	char *end = NULL;

	const enum status status = db_ask(db, sql, text, sizeof text, err);
	if (status != STATUS_OK)
		return status;
	errno = 0;
	const long long value = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0)
		return error_set(err, STATUS_CORRUPT, "%s is damaged: its header says \"%s\"", db->schema->what, text);
	/* The file keeps 32 bits and SQLite shows them signed. */
	*number = (uint64_t)(uint32_t)value;
	return STATUS_OK;
}

/* A PRAGMA takes no bound parameter: the one place where SQL is put together, from a number of ours. */
static enum status set_number(struct db *db, const char *pragma, uint32_t number, struct error *err)
{
	char sql[PRAGMA_BYTES];
	(void)snprintf(sql, sizeof sql, "PRAGMA %s = %ld", pragma, (long)(int32_t)number);
	return db_execute(db, sql, err);
}

static enum status apply(struct db *db, size_t index, struct error *err)
{
	uint64_t version = 0;

	enum status status = db_begin(db, err);
	if (status != STATUS_OK)
		return status;
	status = ask_number(db, "PRAGMA user_version", &version, err);
	if (status == STATUS_OK && version == index) {
		status = db_execute(db, db->schema->migrations[index], err);
		if (status == STATUS_OK)
			status = set_number(db, "application_id", db->schema->application_id, err);
		if (status == STATUS_OK)
			status = set_number(db, "user_version", (uint32_t)index + 1, err);
	}
	if (status == STATUS_OK)
		status = db_commit(db, err);
	db_rollback(db);
	return status;
}

static enum status migrate(struct db *db, enum db_mode mode, struct error *err)
{
	uint64_t version = 0, application = 0, tables = 0;

	enum status status = ask_number(db, "PRAGMA user_version", &version, err);
	if (status == STATUS_OK)
		status = ask_number(db, "PRAGMA application_id", &application, err);
	if (status == STATUS_OK)
		status = ask_number(db, "SELECT count(*) FROM sqlite_schema", &tables, err);
	if (status != STATUS_OK)
		return status;
	const bool fresh = version == 0 && application == 0 && tables == 0;
	if (fresh && mode == DB_OPEN)
		return error_set(err, STATUS_CORRUPT, "%s is empty: setting it up was not finished", db->schema->what);
	if (!fresh && application != db->schema->application_id) {
		(void)error_set(err, STATUS_REFUSED, "the file is not %s", db->schema->what);
		error_hint(err, "Nothing was changed. Check the folder: --home DIR.");
		return STATUS_REFUSED;
	}
	if (version > db->schema->migrations_len) {
		(void)error_set(err, STATUS_REFUSED, "%s was made by a newer sijil (format %lu, this one knows %zu)",
		                db->schema->what, (unsigned long)version, db->schema->migrations_len);
		error_hint(err, "Install the newer sijil; nothing was changed.");
		return STATUS_REFUSED;
	}
	for (size_t i = (size_t)version; i < db->schema->migrations_len && status == STATUS_OK; i++)
		status = apply(db, i, err);
	return status;
}

/* An empty file of our own making: so the name is taken by us alone, and mode and folder entry are right from
 * the first byte. *made: there was nothing before. */
static enum status make_file(const char *path, const char *what, bool *made, struct error *err)
{
	struct stat found;
	char folder[DB_PATH_MAX_BYTES];

	const int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file < 0 && errno == EEXIST && lstat(path, &found) == 0 && S_ISREG(found.st_mode) && found.st_size == 0)
		return STATUS_OK;
	if (file < 0 && errno == EEXIST) {
		(void)error_set(err, STATUS_REFUSED, "\"%s\" exists already", path);
		error_hint(err, "Nothing was changed. Choose another name, or move the file away.");
		return STATUS_REFUSED;
	}
	if (file < 0) {
		const enum status status = errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
		(void)error_set(err, status, "%s cannot be made at \"%s\": %s", what, path, strerror(errno));
		error_hint(err, "Check that there is room, and who may write there.");
		return status;
	}
	(void)close(file);
	*made = true;
	const char *const slash = strrchr(path, '/');
	const int len = slash == NULL ? 1 : (int)(slash - path) + 1;
	(void)snprintf(folder, sizeof folder, "%.*s", len, slash == NULL ? "." : path);
	const int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int failed = directory < 0 || fsync(directory) != 0;
	const int cause = errno;
	if (directory >= 0)
		(void)close(directory);
	if (!failed)
		return STATUS_OK;
	(void)error_set(err, STATUS_IO, "the folder \"%s\" cannot be written: %s", folder, strerror(cause));
	error_hint(err, "Check that there is room, and who may write there.");
	return STATUS_IO;
}

static enum status prepare_file(const char *path, enum db_mode mode, const char *what, bool *made, struct error *err)
{
	struct stat found;

	/* Debian's SQLite takes URI names by default, and one could name another VFS. */
	if (strncmp(path, "file:", 5) == 0 || path[0] == '\0' || path[0] == ':' || strlen(path) >= DB_PATH_MAX_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "\"%s\" cannot name %s", path, what);
	const bool exists = lstat(path, &found) == 0;
	if (mode == DB_OPEN && !exists)
		return error_set(err, STATUS_NOT_FOUND, "there is no \"%s\"", path);
	if (mode == DB_OPEN || (mode == DB_OPEN_OR_CREATE && exists))
		return STATUS_OK;
	return make_file(path, what, made, err);
}

static bool has_log(const char *path)
{
	char name[DB_PATH_MAX_BYTES + 8];
	struct stat found;

	(void)snprintf(name, sizeof name, "%s-wal", path);
	if (stat(name, &found) == 0 && found.st_size > 0)
		return true;
	(void)snprintf(name, sizeof name, "%s-journal", path);
	return stat(name, &found) == 0 && found.st_size > 0;
}

static enum status connect(struct db *db, const char *path, const struct vault *vault, enum db_mode mode,
                           struct error *err)
{
	const char *const below = vault == NULL ? NULL : vault_vfs_name(vault);
	const bool log_before = vault == NULL && has_log(path);

	int code = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE, below);
	if (code == SQLITE_OK)
		code = harden(db);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v3(db->handle, "ROLLBACK", -1, SQLITE_PREPARE_PERSISTENT, &db->rollback, NULL);
	if (code != SQLITE_OK)
		return db_status_of(db->handle, code, db->schema->what, err);
	db->maintenance = true;
	enum status status = configure(db, vault != NULL, err);
	char text[NUMBER_TEXT_BYTES];
	/* The first read is what replays a hot journal. */
	if (status == STATUS_OK)
		status = db_ask(db, "SELECT count(*) FROM sqlite_schema", text, sizeof text, err);
	if (status != STATUS_OK)
		return status;
	db->recovered = vault == NULL ? log_before : vault_saw_recovery(vault) != 0;
	if (db->recovered)
		status = db_check(db, err);
	if (status == STATUS_OK)
		status = migrate(db, mode, err);
	db->maintenance = false;
	return status;
}

enum status db_open(struct db **out, const char *path, const struct vault *vault, enum db_mode mode,
                    const struct db_schema *schema, struct error *err)
{
	bool made = false;

	struct db *const db = calloc(1, sizeof *db);
	if (db == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	db->schema = schema;
	enum status status = STATUS_OK;
	db->queries = calloc(schema->statements_len + 1, sizeof(struct query *));
	if (db->queries == NULL)
		status = error_set(err, STATUS_NO_MEMORY, "out of memory");
	if (status == STATUS_OK)
		status = prepare_file(path, mode, schema->what, &made, err);
	if (status == STATUS_OK)
		status = connect(db, path, vault, mode, err);
	if (status == STATUS_OK) {
		*out = db;
		return STATUS_OK;
	}
	db_close(db);
	if (made)
		db_remove(path);
	return status;
}
