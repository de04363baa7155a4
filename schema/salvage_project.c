#include <string.h>

#include "schema/casebook.h"
#include "schema/project_inside.h"
#include "schema/project_sql.h"
#include "schema/salvage_rows.h"

/* ---- what there is ---- */

static bool has_secret(const struct salvage *salvage, const char *use)
{
	const struct salvage_rows *const secrets = &salvage->tables[SALVAGE_SECRET];
	for (size_t i = 0; i < secrets->len; i++)
		if (strcmp((const char *)secrets->rows[i].values[0].bytes.data, use) == 0)
			return true;
	return false;
}

enum status salvage_project_judge(const struct salvage *salvage, const struct head *floor, struct salvage_findings *out,
                                  struct error *err)
{
	struct salvage_findings findings;
	const enum status status = salvage_judge(salvage, floor, &findings, err);
	if (status != STATUS_OK)
		return status;
	findings.has_register = salvage_first(salvage, SALVAGE_PROJECT) != NULL;
	findings.has_seed = findings.has_register && has_secret(salvage, "root") && has_secret(salvage, "appointment") &&
	                    has_secret(salvage, "sealing");
	findings.tip_is_certain = true;
	*out = findings;
	return STATUS_OK;
}

/* ---- the tables that nothing is derived from ---- */

/* A row's columns stand as its primary key has them; `parameter` says which of the statement's each is. */
struct kept_table {
	enum salvage_table table;
	size_t statement;
	int parameter[SALVAGE_COLUMNS];
};

static const struct kept_table kept[] = {
	{SALVAGE_SECRET, PROJECT_SECRET_PUT, {1, 2, 3}},
	{SALVAGE_INVITE, PROJECT_INVITE_PUT, {1, 2, 3, 4}},
	{SALVAGE_SIGNED, CASEBOOK_CHECKPOINT_PUT, {1, 3, 2}},
};

static enum status put_rows(const struct salvage *salvage, struct db *db, const struct kept_table *table, struct error *err)
{
	const struct salvage_rows *const rows = &salvage->tables[table->table];
	enum status status = STATUS_OK;
	for (size_t i = 0; i < rows->len && status == STATUS_OK; i++) {
		struct query *const query = db_query(db, table->statement);
		for (size_t column = 0; column < rows->rows[i].len; column++)
			salvage_bind(query, table->parameter[column], &rows->rows[i].values[column]);
		status = query_run(query, err);
	}
	return status;
}

static enum status put_project(const struct salvage *salvage, struct db *db, struct error *err)
{
	const struct salvage_kept *const project = salvage_first(salvage, SALVAGE_PROJECT);
	struct query *query = db_query(db, PROJECT_PUT);
	salvage_bind(query, 1, &project->values[1]);
	salvage_bind(query, 2, &project->values[2]);
	enum status status = query_run(query, err);
	if (status != STATUS_OK)
		return status;
	/* A descriptor of its own may be among what is lost: it signs none that would be a second one of its number. */
	query = db_query(db, PROJECT_BEHIND_SET);
	query_bind_int(query, 1, 1);
	return query_run(query, err);
}

/* Where each object stood in the relay's log comes with the next pull. */
static enum status put_arrivals(const struct salvage *salvage, struct db *db, struct error *err)
{
	const struct salvage_rows *const arrivals = &salvage->tables[SALVAGE_ARRIVAL];
	enum status status = STATUS_OK;
	for (size_t i = 0; i < arrivals->len && status == STATUS_OK; i++) {
		const struct salvage_value *const values = arrivals->rows[i].values;
		if (salvage_object_of(salvage, values[0].bytes) == NULL)
			continue;
		struct query *const query = db_query(db, CASEBOOK_ARRIVAL_PUT);
		salvage_bind(query, 1, &values[0]);
		query_bind_int(query, 2, 0);
		salvage_bind(query, 3, &values[2]);
		status = query_run(query, err);
	}
	return status;
}

/* What opening the database needs: the rest is taken as if it came in. */
static enum status put_descriptors(const struct salvage *salvage, struct set *set, struct error *err)
{
	const struct salvage_rows *const objects = &salvage->tables[SALVAGE_OBJECT];
	struct admission admission;
	enum set_outcome outcome;
	enum status status = STATUS_OK;
	for (size_t i = 0; i < objects->len && (status == STATUS_OK || status_blames_input(status)); i++)
		if (objects->rows[i].values[2].number == OBJECT_DESCRIPTOR)
			status = set_put(set, objects->rows[i].values[6].bytes, &admission, &outcome, err);
	return status_blames_input(status) ? STATUS_OK : status;
}

static enum status fill(const struct salvage *salvage, struct db *db, struct error *err)
{
	struct key_public root;
	struct set *set = NULL;
	if (!salvage_root(salvage, &root))
		return error_set(err, STATUS_REFUSED, "which project it is is among what is lost");
	enum status status = set_open(&set, db, &root, err);
	if (status == STATUS_OK)
		status = db_begin(db, err);
	if (status == STATUS_OK)
		status = put_project(salvage, db, err);
	for (size_t i = 0; i < sizeof kept / sizeof *kept && status == STATUS_OK; i++)
		status = put_rows(salvage, db, &kept[i], err);
	if (status == STATUS_OK)
		status = salvage_put_signers(salvage, db, err);
	if (status == STATUS_OK)
		status = put_arrivals(salvage, db, err);
	if (status == STATUS_OK)
		status = put_descriptors(salvage, set, err);
	if (status == STATUS_OK)
		status = db_commit(db, err);
	db_rollback(db);
	set_close(set);
	return status;
}

/* ---- objects ---- */

/* What does not verify or open is set aside by whoever takes it. */
static enum status take_all(const struct salvage *salvage, struct casebook *casebook, enum salvage_table table, size_t column,
                            struct error *err)
{
	const struct salvage_rows *const rows = &salvage->tables[table];
	enum status status = STATUS_OK;
	enum set_outcome outcome;
	for (size_t i = 0; i < rows->len && (status == STATUS_OK || status_blames_input(status)); i++)
		status = casebook_take(casebook, rows->rows[i].values[column].bytes, 0, &outcome, err);
	return status_blames_input(status) ? STATUS_OK : status;
}

static enum status take(const struct salvage *salvage, struct project *project, struct error *err)
{
	struct casebook *casebook = NULL;
	enum status status = casebook_open(&casebook, project, err);
	if (status == STATUS_OK)
		status = casebook_begin(casebook, err);
	if (status == STATUS_OK)
		status = take_all(salvage, casebook, SALVAGE_OBJECT, 6, err);
	if (status == STATUS_OK)
		status = take_all(salvage, casebook, SALVAGE_NEWEST, 5, err);
	if (status == STATUS_OK)
		status = take_all(salvage, casebook, SALVAGE_QUARANTINE, 6, err);
	if (status == STATUS_OK)
		status = casebook_commit(casebook, NULL, err);
	casebook_close(casebook);
	return status;
}

static enum status go_on(const struct salvage *salvage, const char *path, const struct vault *vault,
                         const struct secret *data_key, struct error *err)
{
	struct project *project = NULL;
	enum status status = project_open(&project, path, vault, data_key, err);
	if (status == STATUS_OK)
		status = take(salvage, project, err);
	if (status == STATUS_OK)
		status = project_check_whole(project, err);
	project_close(project);
	return status;
}

enum status salvage_project_rebuild(const struct salvage *salvage, const struct salvage_findings *findings, const char *path,
                                    const struct vault *vault, const struct secret *data_key, struct error *err)
{
	struct db *db = NULL;
	if (!findings->has_seed)
		return error_set(err, STATUS_REFUSED, "the project's keys are among what is lost: nothing can be opened or signed");
	if (!findings->has_descriptor)
		return error_set(err, STATUS_REFUSED, "the project's descriptor is among what is lost");
	enum status status = db_open(&db, path, vault, DB_CREATE, &project_sql_schema, err);
	const bool made = status == STATUS_OK;
	if (status == STATUS_OK)
		status = fill(salvage, db, err);
	db_close(db);
	if (status == STATUS_OK)
		status = go_on(salvage, path, vault, data_key, err);
	if (status != STATUS_OK && made)
		db_remove(path);
	return status;
}
