/* rekey: the register under a new key, with a new recovery code. */
#include "app/print.h"
#include "app/rekey.h"
#include "app/sijil/sijil.h"

struct renewal {
	struct sijil_session session;
	struct secret *code;
};

static enum status add_code(void *context, struct keyfile *next, struct error *err)
{
	struct renewal *const renewal = context;
	unsigned slot;
	return sijil_code_make(&renewal->code, &slot, next, err);
}

/* The event stands in the copy alone: cut short before it takes over, nobody was told a code that opens nothing. */
static enum status copy(void *context, const char *path, const struct vault *vault, const struct secret *data_key,
                        struct error *err)
{
	struct renewal *const renewal = context;
	struct outbox *made = NULL;
	enum status status = outbox_copy(renewal->session.outbox, path, vault, data_key, err);
	if (status == STATUS_OK)
		status = outbox_open(&made, path, vault, data_key, err);
	if (status == STATUS_OK)
		status = sijil_code_seal(made, renewal->code, err);
	outbox_close(made);
	return status;
}

static void close_outbox(void *context)
{
	struct renewal *const renewal = context;
	outbox_close(renewal->session.outbox);
	renewal->session.outbox = NULL;
}

enum status sijil_rekey(struct cli *cli, struct error *err)
{
	struct renewal renewal = {0};
	struct sijil_session *const session = &renewal.session;
	const struct rekey_content content = {.context = &renewal, .copy = copy, .close = close_outbox, .add_slots = add_code};
	enum status status = rekey_open(&session->home, cli, err);
	if (status == STATUS_OK)
		status = outbox_open(&session->outbox, session->home.database_path, session->home.vault,
		                     home_data_key(&session->home), err);
	if (status == STATUS_OK)
		status = rekey_run(&session->home, cli, &content, err);
	if (status == STATUS_OK)
		print_out("A new recovery code was made and sealed to headquarters; it reaches them with the next sync.\n");
	secret_free(renewal.code);
	sijil_close(session);
	return status;
}
