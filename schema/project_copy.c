#include "schema/project_inside.h"

static enum status wrap_seed(struct project *project, struct project_seed seed, const struct secret *data_key, struct error *err)
{
	return project_put_seed(project, PROJECT_SECRET_WRAP, &seed, data_key, err);
}

static enum status wrap_all(struct project *project, const struct secret *data_key, struct error *err)
{
	enum status status = wrap_seed(project, (struct project_seed){"root", 0, signing_key_seed(project->root)}, data_key, err);
	if (status == STATUS_OK)
		status = wrap_seed(project, (struct project_seed){"appointment", 0, signing_key_seed(project->appointment_key)}, data_key, err);
	for (size_t i = 0; i < project->sealing_len && status == STATUS_OK; i++) {
		const struct project_sealing *const sealing = &project->sealing[i];
		status = wrap_seed(project, (struct project_seed){"sealing", sealing->since, sealing_key_seed(sealing->key)}, data_key, err);
	}
	return status;
}

/* Its rows are still wrapped under the old data key. */
static enum status wrap_anew(const char *path, const struct vault *vault, const struct secret *old,
                             const struct secret *data_key, struct error *err)
{
	struct project *copy = NULL;
	enum status status = project_open(&copy, path, vault, old, err);
	if (status == STATUS_OK)
		status = db_begin(copy->db, err);
	if (status == STATUS_OK)
		status = project_end(copy, wrap_all(copy, data_key, err), err);
	project_close(copy);
	return status;
}

static enum status look_through(const char *path, const struct vault *vault, const struct secret *data_key,
                                struct error *err)
{
	struct project *copy = NULL;
	enum status status = project_open(&copy, path, vault, data_key, err);
	if (status == STATUS_OK)
		status = project_check_whole(copy, err);
	project_close(copy);
	return status;
}

enum status project_copy(struct project *project, const char *path, const struct vault *vault,
                         const struct secret *data_key, struct error *err)
{
	enum status status = db_copy(project->db, path, vault, err);
	if (status != STATUS_OK)
		return status;
	status = wrap_anew(path, vault, project->data_key, data_key, err);
	if (status == STATUS_OK)
		status = look_through(path, vault, data_key, err);
	if (status != STATUS_OK)
		db_remove(path);
	return status;
}
