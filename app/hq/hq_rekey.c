/* rekey: headquarters' database under a new key. */
#include "app/hq/hq.h"
#include "app/rekey.h"

static enum status copy(void *context, const char *path, const struct vault *vault, const struct secret *data_key,
                        struct error *err)
{
	struct hq_session *const session = context;
	return project_copy(session->project, path, vault, data_key, err);
}

static void close_project(void *context)
{
	struct hq_session *const session = context;
	project_close(session->project);
	session->project = NULL;
}

enum status hq_rekey(struct cli *cli, struct error *err)
{
	struct hq_session session = {0};
	const struct rekey_content content = {.context = &session, .copy = copy, .close = close_project};
	enum status status = rekey_open(&session.home, cli, err);
	if (status == STATUS_OK)
		status = project_open(&session.project, session.home.database_path, session.home.vault,
		                      home_data_key(&session.home), err);
	if (status == STATUS_OK)
		status = rekey_run(&session.home, cli, &content, err);
	hq_close(&session);
	return status;
}
