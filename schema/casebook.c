#include "schema/casebook.h"

#include <stdlib.h>

#include "schema/casebook_inside.h"

enum status casebook_open(struct casebook **out, struct project *project, struct error *err)
{
	struct casebook *const casebook = calloc(1, sizeof *casebook);
	if (casebook == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	casebook->project = project;
	casebook->db = project->db;
	casebook->set = project->set;
	const enum status status = casebook_log_load(casebook, err);
	if (status == STATUS_OK)
		*out = casebook;
	else
		casebook_close(casebook);
	return status;
}

void casebook_close(struct casebook *casebook)
{
	if (casebook == NULL)
		return;
	casebook_rollback(casebook);
	free(casebook);
}

enum status casebook_begin(struct casebook *casebook, struct error *err)
{
	if (casebook->in_batch)
		return error_set(err, STATUS_BUG, "a batch was begun within a batch");
	casebook->in_batch = true;
	casebook->introduced = false;
	return STATUS_OK;
}

enum status casebook_write(struct casebook *casebook, struct error *err)
{
	if (!casebook->in_batch)
		return error_set(err, STATUS_BUG, "an object was taken outside a batch");
	if (casebook->writing)
		return STATUS_OK;
	enum status status = db_begin(casebook->db, err);
	if (status != STATUS_OK)
		return status;
	casebook->writing = true;
	/* Another process may have pulled meanwhile. */
	status = casebook_log_load(casebook, err);
	if (status != STATUS_OK)
		casebook_rollback(casebook);
	return status;
}

void casebook_rollback(struct casebook *casebook)
{
	casebook->in_batch = false;
	if (!casebook->writing)
		return;
	casebook->writing = false;
	db_rollback(casebook->db);
	(void)!set_reload(casebook->set, NULL);
	(void)!project_reload(casebook->project, NULL);
	(void)!casebook_log_load(casebook, NULL);
}

enum status casebook_cursor(struct casebook *casebook, uint64_t *cursor, struct error *err)
{
	const enum status status = casebook->writing ? STATUS_OK : casebook_log_load(casebook, err);
	if (status == STATUS_OK)
		*cursor = casebook->pulled.size;
	return status;
}
