/* rekey: the register under a new key. */
#include "app/rekey.h"
#include "app/sijil/sijil.h"

static enum status copy(void *context, const char *path, const struct vault *vault, const struct secret *data_key,
                        struct error *err)
{
	struct sijil_session *const session = context;
	return outbox_copy(session->outbox, path, vault, data_key, err);
}

static void close_outbox(void *context)
{
	struct sijil_session *const session = context;
	outbox_close(session->outbox);
	session->outbox = NULL;
}

enum status sijil_rekey(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	const struct rekey_content content = {.context = &session, .copy = copy, .close = close_outbox};
	enum status status = rekey_open(&session.home, cli, err);
	if (status == STATUS_OK)
		status = outbox_open(&session.outbox, session.home.database_path, session.home.vault,
		                     home_data_key(&session.home), err);
	if (status == STATUS_OK)
		status = rekey_run(&session.home, cli, &content, err);
	sijil_close(&session);
	return status;
}
