/* rekey: the register under a new key, with a new recovery code. */
#include "app/print.h"
#include "app/prompt.h"
#include "app/rekey.h"
#include "app/sijil/sijil_gazetteer.h"

#include <string.h>

struct renewal {
	struct sijil_session session;
	const struct cli *cli;
	struct secret *code; /* NULL in a practice register */
	const char *duress;  /* what became of it; NULL: nobody was asked */
};

/* One that was set stays; what never was one does not become one by a slip. */
static enum status keep_duress(const struct home *home, struct keyfile *next, const struct secret *passphrase,
                               struct error *err)
{
	struct keyfile *probe = NULL;
	enum status status = keyfile_load(&probe, home->key_path, err);
	if (status == STATUS_OK)
		status = keyfile_unlock(probe, passphrase, err);
	if (status == STATUS_LOCKED || (status == STATUS_OK && !keyfile_replaces(probe))) {
		status = error_set(err, STATUS_LOCKED, "that is not the duress passphrase of this register; nothing was changed");
		error_hint(err, "Enter alone keeps none; slots duress sets one afterwards");
	}
	keyfile_free(probe);
	return status == STATUS_OK ? keyfile_other_set(next, passphrase, err) : status;
}

/* Nothing tells whether there is one. */
static enum status ask_duress(struct renewal *renewal, struct keyfile *next, struct error *err)
{
	static const char question[] = "Duress passphrase (Enter: if there is one, it shall open nothing any more): ";
	struct secret *passphrase = NULL;
	enum status status = prompt_another_passphrase(renewal->cli, question, &passphrase, err);
	if (status == STATUS_OK && passphrase != NULL)
		status = keep_duress(&renewal->session.home, next, passphrase, err);
	renewal->duress = passphrase == NULL ? "No duress passphrase is set under the new key.\n" : "The duress passphrase is kept.\n";
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
		status = ask_duress(renewal, next, err);
	return status;
}

/* Under the name that it will have: before the change is decided nobody looks there, and after it only what lives stays. */
static enum status copy_places(struct renewal *renewal, const struct secret *data_key, struct error *err)
{
	struct home next;
	memcpy(next.folder, renewal->session.home.folder, sizeof next.folder);
	const enum status status = home_set_generation(&next, keyfile_generation(renewal->session.home.keyfile) + 1, err);
	return status == STATUS_OK ? sijil_gazetteer_copy(&renewal->session, next.database_path, data_key, err) : status;
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
	return status == STATUS_OK ? copy_places(renewal, data_key, err) : status;
}

static void close_outbox(void *context)
{
	struct renewal *const renewal = context;
	places_close(renewal->session.places);
	renewal->session.places = NULL;
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
	if (status == STATUS_OK && renewal.duress != NULL)
		print_out("%s", renewal.duress);
	secret_free(renewal.code);
	sijil_close(session);
	return status;
}
