/* The embedded store: a folder with one plain WAL database a project, named by the project's id in hex. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "schema/set_sql.h"
#include "schema/sql.h"
#include "sync/store.h"

#define APPLICATION_ID 0x736a6c52u /* "sjlR" */
#define FILE_SUFFIX ".db"

enum {
	FOLDER_MAX_BYTES = 3072,
	NAME_BYTES = 2 * KEY_ID_BYTES + sizeof FILE_SUFFIX,
	PATH_BYTES = FOLDER_MAX_BYTES + NAME_BYTES + 1,
	/* Whoever forked his chain on purpose holds nobody else up for long: some hundredths of a second. */
	LINKS_WALKED_MAX = 16384,
};

enum statement {
	PROJECT_GET = SET_STATEMENTS,
	PROJECT_PUT,
	ACCOUNT_ADD,
	ACCOUNT_GET,
	STATEMENTS,
};

static const char *const statements[STATEMENTS] = {
	SET_STATEMENT_TABLE,
	[PROJECT_GET] = "SELECT root FROM relay_project WHERE one = 1",
	[PROJECT_PUT] = "INSERT INTO relay_project (one, root) VALUES (1, ?1)",
	[ACCOUNT_ADD] = ("INSERT INTO relay_account (account, bytes) VALUES (?1, ?2) "
	                 "ON CONFLICT (account) DO UPDATE SET bytes = bytes + ?2"),
	[ACCOUNT_GET] = "SELECT bytes FROM relay_account WHERE account = ?1",
};

static const char *const migrations[] = {sql_set, sql_relay};

static const struct db_schema schema = {
	.application_id = APPLICATION_ID,
	.migrations = migrations,
	.migrations_len = sizeof migrations / sizeof migrations[0],
	.statements = statements,
	.statements_len = STATEMENTS,
	.what = "the relay's store",
};

/* One project's open database. */
struct project {
	struct project *next;
	struct key_id id;
	struct db *db;
	struct set *set; /* NULL until the root is known */
};

struct store_sqlite {
	struct store store;
	char folder[FOLDER_MAX_BYTES];
	struct project *projects;
	struct project *batch; /* where a batch is open */
};

static struct store_sqlite *self_of(struct store *store)
{
	return (struct store_sqlite *)store;
}

static void database_path(const struct store_sqlite *self, const struct key_id *id, char path[PATH_BYTES])
{
	char name[2 * KEY_ID_BYTES + 1];
	for (size_t i = 0; i < KEY_ID_BYTES; i++)
		(void)snprintf(name + 2 * i, 3, "%02x", id->bytes[i]);
	(void)snprintf(path, PATH_BYTES, "%s/%s%s", self->folder, name, FILE_SUFFIX);
}

static void project_free(struct project *project)
{
	if (project == NULL)
		return;
	set_close(project->set);
	db_close(project->db);
	free(project);
}

/* After a rollback. A set that cannot be read again is not used again: the next call opens the database anew. */
static void project_recover(struct project *project)
{
	if (project->set == NULL || set_reload(project->set, NULL) == STATUS_OK)
		return;
	set_close(project->set);
	project->set = NULL;
}

/* NOT_FOUND: no root is written there yet. */
static enum status read_root(struct db *db, struct key_public *root, struct error *err)
{
	struct query *const query = db_query(db, PROJECT_GET);
	bool row = false;
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && !row)
		status = error_set(err, STATUS_NOT_FOUND, "this relay does not serve that project");
	if (status == STATUS_OK)
		status = query_exact(query, 0, root->bytes, KEY_PUBLIC_BYTES, err);
	query_end(query);
	return status;
}

static enum status open_set(struct project *project, struct error *err)
{
	struct key_public root;
	const enum status status = read_root(project->db, &root, err);
	if (status != STATUS_OK)
		return status;
	const struct key_id id = key_id_of_project(&root);
	if (!key_id_equals(&id, &project->id))
		return error_set(err, STATUS_CORRUPT, "a project's database has another project's name");
	return set_open(&project->set, project->db, &root, err);
}

static enum status open_project(struct store_sqlite *self, const struct key_id *id, enum db_mode mode,
                                struct project **opened, struct error *err)
{
	struct project *project = calloc(1, sizeof *project);
	if (project == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	char path[PATH_BYTES];
	database_path(self, id, path);
	project->id = *id;
	enum status status = db_open(&project->db, path, NULL, mode, &schema, err);
	if (status == STATUS_OK) {
		status = open_set(project, err);
		if (status == STATUS_NOT_FOUND && mode == DB_OPEN_OR_CREATE)
			status = STATUS_OK;
	}
	if (status != STATUS_OK) {
		project_free(project);
		return status;
	}
	project->next = self->projects;
	self->projects = project;
	*opened = project;
	return STATUS_OK;
}

static enum status find_project(struct store_sqlite *self, const struct key_id *id, struct project **found,
                                struct error *err)
{
	for (struct project *project = self->projects; project != NULL; project = project->next) {
		if (key_id_equals(&project->id, id) && project->set != NULL) {
			*found = project;
			return STATUS_OK;
		}
	}
	const enum status status = open_project(self, id, DB_OPEN, found, err);
	if (status == STATUS_NOT_FOUND)
		(void)error_set(err, status, "this relay does not serve that project");
	return status;
}

/* --- projects --- */

static enum status sqlite_project_root(struct store *store, const struct key_id *id, struct key_public *root,
                                       struct error *err)
{
	struct project *project = NULL;
	const enum status status = find_project(self_of(store), id, &project, err);
	if (status == STATUS_OK)
		*root = *set_root(project->set);
	return status;
}

/* Checked before a file is made for it. */
static enum status check_descriptor(const struct key_public *root, const struct key_id *id, struct span descriptor,
                                    struct error *err)
{
	struct object object;
	enum status status = object_parse(&object, descriptor, err);
	if (status != STATUS_OK)
		return status;
	if (object.type != OBJECT_DESCRIPTOR)
		return error_set(err, STATUS_BAD_INPUT, "that is not a project's descriptor");
	status = signing_public_check(root, err);
	if (status == STATUS_OK)
		status = object_verify(&object, root, id, err);
	if (status == STATUS_TAMPERED)
		status = error_set(err, STATUS_UNTRUSTED, "the descriptor is not signed by this project's root");
	return status;
}

/* Root and descriptor in one transaction: a project is served whole or not at all. */
static enum status write_project(struct project *project, const struct key_public *root, struct span descriptor,
                                 struct error *err)
{
	enum status status = db_begin(project->db, err);
	if (status != STATUS_OK)
		return status;
	const bool is_new = project->set == NULL;
	if (is_new) {
		struct query *const query = db_query(project->db, PROJECT_PUT);
		query_bind_bytes(query, 1, key_public_span(root));
		status = query_run(query, err);
		if (status == STATUS_OK)
			status = set_open(&project->set, project->db, root, err);
	} else {
		status = set_reload(project->set, err);
	}
	struct admission admission;
	enum set_outcome outcome = SET_HAD;
	if (status == STATUS_OK)
		status = set_put(project->set, descriptor, &admission, &outcome, err);
	if (status == STATUS_OK)
		status = db_commit(project->db, err);
	if (status == STATUS_OK)
		return status;
	db_rollback(project->db);
	if (is_new) {
		set_close(project->set);
		project->set = NULL;
	} else {
		project_recover(project);
	}
	return status;
}

static enum status sqlite_project_add(struct store *store, const struct key_public *root, struct span descriptor,
                                      struct error *err)
{
	struct store_sqlite *const self = self_of(store);
	const struct key_id id = key_id_of_project(root);
	enum status status = check_descriptor(root, &id, descriptor, err);
	if (status != STATUS_OK)
		return status;
	struct project *project = NULL;
	status = find_project(self, &id, &project, NULL);
	if (status == STATUS_NOT_FOUND)
		status = open_project(self, &id, DB_OPEN_OR_CREATE, &project, err);
	if (status != STATUS_OK)
		return status;
	return write_project(project, root, descriptor, err);
}

static bool name_is_project(const char *name, struct key_id *id)
{
	if (strlen(name) != NAME_BYTES - 1 || strcmp(name + 2 * KEY_ID_BYTES, FILE_SUFFIX) != 0)
		return false;
	for (size_t i = 0; i < 2 * KEY_ID_BYTES; i++) {
		const char *const digits = "0123456789abcdef";
		const char *const digit = strchr(digits, name[i]);
		if (digit == NULL)
			return false;
		id->bytes[i / 2] = (uint8_t)(id->bytes[i / 2] << 4 | (digit - digits));
	}
	return true;
}

static enum status sqlite_project_each(struct store *store,
                                       enum status (*each)(void *, const struct key_id *, struct error *), void *context,
                                       struct error *err)
{
	struct store_sqlite *const self = self_of(store);
	DIR *const folder = opendir(self->folder);
	if (folder == NULL)
		return error_set(err, STATUS_IO, "the relay's folder '%s' cannot be read: %s", self->folder, strerror(errno));
	enum status status = STATUS_OK;
	for (const struct dirent *entry = readdir(folder); entry != NULL && status == STATUS_OK; entry = readdir(folder)) {
		struct key_id id = {{0}};
		if (name_is_project(entry->d_name, &id))
			status = each(context, &id, err);
	}
	(void)closedir(folder);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* --- batches --- */

static enum status sqlite_begin(struct store *store, const struct key_id *id, struct error *err)
{
	struct store_sqlite *const self = self_of(store);
	if (self->batch != NULL)
		return error_set(err, STATUS_BUG, "a batch is open already");
	struct project *project = NULL;
	enum status status = find_project(self, id, &project, err);
	if (status == STATUS_OK)
		status = db_begin(project->db, err);
	if (status != STATUS_OK)
		return status;
	/* Another process may have put objects since. */
	status = set_reload(project->set, err);
	if (status != STATUS_OK) {
		db_rollback(project->db);
		return status;
	}
	self->batch = project;
	return STATUS_OK;
}

static void sqlite_rollback(struct store *store)
{
	struct store_sqlite *const self = self_of(store);
	if (self->batch == NULL)
		return;
	db_rollback(self->batch->db);
	project_recover(self->batch);
	self->batch = NULL;
}

static enum status sqlite_commit(struct store *store, struct error *err)
{
	struct store_sqlite *const self = self_of(store);
	if (self->batch == NULL)
		return error_set(err, STATUS_BUG, "no batch is open");
	const enum status status = db_commit(self->batch->db, err);
	if (status != STATUS_OK)
		sqlite_rollback(store);
	self->batch = NULL;
	return status;
}

static enum status sqlite_put(struct store *store, struct span wire, struct admission *admission,
                              enum set_outcome *outcome, struct error *err)
{
	struct store_sqlite *const self = self_of(store);
	if (self->batch == NULL)
		return error_set(err, STATUS_BUG, "no batch is open");
	return set_put(self->batch->set, wire, admission, outcome, err);
}

static enum status sqlite_charge(struct store *store, const struct key_id *account, uint64_t bytes, struct error *err)
{
	struct store_sqlite *const self = self_of(store);
	if (self->batch == NULL || bytes > INT64_MAX)
		return error_set(err, STATUS_BUG, "no batch is open, or too much is charged");
	struct query *const query = db_query(self->batch->db, ACCOUNT_ADD);
	query_bind_bytes(query, 1, key_id_span(account));
	query_bind_int(query, 2, (int64_t)bytes);
	return query_run(query, err);
}

/* --- reading --- */

static enum status sqlite_has(struct store *store, const struct key_id *id, const struct hash *object, bool *has,
                              struct error *err)
{
	struct project *project = NULL;
	const enum status status = find_project(self_of(store), id, &project, err);
	return status == STATUS_OK ? set_has(project->set, object, has, err) : status;
}

static enum status sqlite_each_after(struct store *store, const struct key_id *id, uint64_t after,
                                     set_each_function *each, void *context, struct error *err)
{
	struct project *project = NULL;
	const enum status status = find_project(self_of(store), id, &project, err);
	return status == STATUS_OK ? set_each_after(project->set, after, each, context, err) : status;
}

static enum status sqlite_each_newest(struct store *store, const struct key_id *id, enum object_type type,
                                      const struct key_id *device, set_each_function *each, void *context,
                                      struct error *err)
{
	struct project *project = NULL;
	const enum status status = find_project(self_of(store), id, &project, err);
	return status == STATUS_OK ? set_each_newest(project->set, type, device, each, context, err) : status;
}

static enum status sqlite_each_of_type(struct store *store, const struct key_id *id, enum object_type type,
                                       set_each_function *each, void *context, struct error *err)
{
	struct project *project = NULL;
	const enum status status = find_project(self_of(store), id, &project, err);
	return status == STATUS_OK ? set_each_of_type(project->set, type, each, context, err) : status;
}

static enum status sqlite_signer(struct store *store, const struct key_id *id, const struct key_id *who,
                                 struct signer *signer, struct error *err)
{
	struct project *project = NULL;
	const enum status status = find_project(self_of(store), id, &project, err);
	if (status != STATUS_OK)
		return status;
	const struct signer_source source = set_signers(project->set);
	return source.find(source.context, who, signer, err);
}

static enum status sqlite_chain(struct store *store, const struct key_id *id, const struct key_id *device,
                                const struct head *tip, struct chain *chain, struct error *err)
{
	struct project *project = NULL;
	const enum status status = find_project(self_of(store), id, &project, err);
	return status == STATUS_OK ? set_chain_within(project->set, device, tip, LINKS_WALKED_MAX, chain, err) : status;
}

static enum status sqlite_log(struct store *store, const struct key_id *id, uint64_t *size, struct hash *root,
                              struct error *err)
{
	struct project *project = NULL;
	const enum status status = find_project(self_of(store), id, &project, err);
	if (status == STATUS_OK)
		set_log(project->set, size, root);
	return status;
}

static enum status sqlite_charged(struct store *store, const struct key_id *id, const struct key_id *account,
                                  uint64_t *bytes, struct error *err)
{
	struct project *project = NULL;
	enum status status = find_project(self_of(store), id, &project, err);
	if (status != STATUS_OK)
		return status;
	struct query *const query = db_query(project->db, ACCOUNT_GET);
	query_bind_bytes(query, 1, key_id_span(account));
	bool row = false;
	status = query_step(query, &row, err);
	if (status == STATUS_OK)
		*bytes = row ? (uint64_t)query_int(query, 0) : 0;
	query_end(query);
	return status;
}

/* --- the whole --- */

static void sqlite_close(struct store *store)
{
	struct store_sqlite *const self = self_of(store);
	if (self == NULL)
		return;
	sqlite_rollback(store);
	while (self->projects != NULL) {
		struct project *const project = self->projects;
		self->projects = project->next;
		project_free(project);
	}
	free(self);
}

static const struct store_methods sqlite_methods = {
	.project_root = sqlite_project_root,
	.project_add = sqlite_project_add,
	.project_each = sqlite_project_each,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.put = sqlite_put,
	.has = sqlite_has,
	.each_after = sqlite_each_after,
	.each_newest = sqlite_each_newest,
	.each_of_type = sqlite_each_of_type,
	.signer = sqlite_signer,
	.chain = sqlite_chain,
	.log = sqlite_log,
	.charge = sqlite_charge,
	.charged = sqlite_charged,
	.close = sqlite_close,
};

/* The cause is in errno. */
static enum status folder_fails(const char *folder, const char *what, struct error *err)
{
	const enum status status = errno == ENOENT && strcmp(what, "made") != 0 ? STATUS_NOT_FOUND : STATUS_IO;
	(void)error_set(err, status, "the relay's folder '%s' cannot be %s: %s", folder, what, strerror(errno));
	error_hint(err, "Check that the disk has room and who may read and write there.");
	return status;
}

static enum status check_folder(const char *folder, bool create, struct error *err)
{
	struct stat found;
	if (strlen(folder) >= FOLDER_MAX_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "the path of the relay's folder is too long");
	if (create && mkdir(folder, 0700) != 0 && errno != EEXIST)
		return folder_fails(folder, "made", err);
	if (stat(folder, &found) != 0)
		return folder_fails(folder, "opened", err);
	if (!S_ISDIR(found.st_mode))
		return error_set(err, STATUS_BAD_INPUT, "'%s' is not a folder", folder);
	return STATUS_OK;
}

enum status store_sqlite_open(struct store **store, const char *folder, bool create, struct error *err)
{
	const enum status status = check_folder(folder, create, err);
	if (status != STATUS_OK)
		return status;
	struct store_sqlite *self = calloc(1, sizeof *self);
	if (self == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	self->store.methods = &sqlite_methods;
	(void)snprintf(self->folder, sizeof self->folder, "%s", folder);
	*store = &self->store;
	return STATUS_OK;
}
