/* slots duress: a passphrase that destroys what the others open, and opens something harmless. crypto/FORMAT.md, section 11. */
#include "app/print.h"
#include "app/prompt.h"
#include "app/sijil/sijil.h"
#include "crypto/keyring.h"

static enum status check_allowed(const struct sijil_session *session, struct error *err)
{
	if (outbox_descriptor(session->outbox)->duress)
		return STATUS_OK;
	(void)error_set(err, STATUS_REFUSED, "this project lets no device have a duress passphrase; nothing was changed");
	error_hint(err, "headquarters decides (sijil-hq project policy); what it decides holds here after the next sync");
	return STATUS_REFUSED;
}

/* As long as something is unlocked nobody is asked for a passphrase. */
static enum status save(struct home *home, enum status status, struct error *err)
{
	status = home_change_end(home, status, err);
	if (status != STATUS_OK)
		return status;
	status = keyring_drop(keyfile_name(home->keyfile), err);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Who forgot the file once would destroy the register. Of another slot's passphrase nothing can be told without its file. */
static enum status check_goes_with_no_file(const struct home *home, const struct secret *passphrase, struct error *err)
{
	if (home->key_file == NULL || !span_equals(secret_span(home->passphrase), secret_span(passphrase)))
		return STATUS_OK;
	(void)error_set(err, STATUS_REFUSED, "this passphrase opens the register with its file; nothing was changed");
	error_hint(err, "given without --key-file it would destroy the register: choose another one");
	return STATUS_REFUSED;
}

static enum status set(struct sijil_session *session, struct cli *cli, struct error *err)
{
	struct home *const home = &session->home;
	struct secret *passphrase = NULL;
	enum status status = check_allowed(session, err);
	if (status == STATUS_OK && prompt_can_ask())
		print_out("Typed where the passphrase is asked for, it destroys this register: what was not sent is gone, for you too.\n"
		          "It hides nothing from somebody who knows sijil. Read sijil-field(7) before you rely on it.\n");
	if (status == STATUS_OK)
		status = prompt_new_passphrase(cli, "this register under duress", &passphrase, err);
	if (status == STATUS_OK)
		status = check_goes_with_no_file(home, passphrase, err);
	if (status == STATUS_OK)
		status = home_change_begin(home, err);
	if (status == STATUS_OK)
		status = save(home, keyfile_other_set(home->keyfile, passphrase, err), err);
	secret_free(passphrase);
	if (status != STATUS_OK)
		return status;
	cli->done = "the duress passphrase is set";
	print_out("set: typed where the passphrase is asked for, it destroys this register at once and without a question\n"
	          "No list shows that it is set. Clear the terminal, and the line that called this from the shell's history.\n"
	          "Copies of the key file made from now on hold it too; those made before, backups too, know nothing of it.\n");
	return STATUS_OK;
}

static enum status take_away(struct home *home, struct cli *cli, struct error *err)
{
	enum status status = home_change_begin(home, err);
	if (status == STATUS_OK)
		status = save(home, keyfile_other_clear(home->keyfile, err), err);
	if (status != STATUS_OK)
		return status;
	cli->done = "no duress passphrase is set";
	print_out("removed: if there was a duress passphrase, it opens nothing and destroys nothing any more\n");
	return STATUS_OK;
}

enum status sijil_duress(struct cli *cli, struct error *err)
{
	struct sijil_session session = {.home.by_passphrase = true};
	enum status status = home_open(&session.home, cli, err);
	if (status == STATUS_OK)
		status = sijil_open_unlocked(&session, err);
	if (status == STATUS_OK)
		status = cli_flag(cli, "remove") ? take_away(&session.home, cli, err) : set(&session, cli, err);
	sijil_close(&session);
	return status;
}
