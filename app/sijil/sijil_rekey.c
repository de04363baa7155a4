/* rekey: the register under a new key, with a new recovery code. */
#include "app/print.h"
#include "app/prompt.h"
#include "app/rekey.h"
#include "app/sijil/sijil.h"
#include "app/strength.h"

struct renewal {
	struct sijil_session session;
	const struct cli *cli;
	struct secret *code; /* NULL in a practice register */
};

/* Nothing tells whether there was one: whoever wants it gives it again. */
static enum status ask_duress(const struct cli *cli, struct keyfile *next, struct error *err)
{
	struct secret *passphrase = NULL;
	enum status status = prompt_another_passphrase(cli, "Duress passphrase (Enter: none from now on): ", &passphrase, err);
	if (status == STATUS_OK && passphrase != NULL)
		status = strength_check(passphrase, err);
	if (status == STATUS_OK && passphrase != NULL)
		status = keyfile_other_set(next, passphrase, err);
	secret_free(passphrase);
	return status;
}

static enum status add_slots(void *context, struct keyfile *next, struct error *err)
{
	struct renewal *const renewal = context;
	const struct outbox *const outbox = renewal->session.outbox;
	unsigned slot;
	enum status status = keyfile_other_make(next, err);
	if (status == STATUS_OK && !outbox_is_practice(outbox))
		status = sijil_code_make(&renewal->code, &slot, next, err);
	if (status == STATUS_OK && outbox_descriptor(outbox)->duress)
		status = ask_duress(renewal->cli, next, err);
	return status;
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
	if (status == STATUS_OK && renewal->code != NULL)
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
	struct renewal renewal = {.cli = cli};
	struct sijil_session *const session = &renewal.session;
	const struct rekey_content content = {.context = &renewal, .copy = copy, .close = close_outbox, .add_slots = add_slots};
	enum status status = rekey_open(&session->home, cli, err);
	if (status == STATUS_OK)
		status = outbox_open(&session->outbox, session->home.database_path, session->home.vault,
		                     home_data_key(&session->home), err);
	if (status == STATUS_OK)
		status = rekey_run(&session->home, cli, &content, err);
	if (status == STATUS_OK && renewal.code != NULL)
		print_out("A new recovery code was made and sealed to headquarters; it reaches them with the next sync.\n");
	secret_free(renewal.code);
	sijil_close(session);
	return status;
}
