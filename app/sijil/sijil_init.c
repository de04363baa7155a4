#include "app/home_other.h"
#include "app/print.h"
#include "app/sijil/sijil.h"
#include "crypto/file.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

enum { INVITE_MAX_BYTES = 65536 };

static enum status read_invite(struct invite_file *invite, const char *path, struct error *err)
{
	struct secret *text = NULL;
	enum status status = file_read_secret(&text, path, INVITE_MAX_BYTES, err);
	if (status == STATUS_OK)
		status = invite_file_parse(invite, secret_span(text), err);
	secret_free(text);
	return status;
}

static void say_welcome(const struct outbox *outbox)
{
	char device[KEY_PROQUINT_BYTES], project[KEY_PROQUINT_BYTES];
	const struct key_id device_id = outbox_device(outbox), project_id = outbox_project(outbox);
	key_id_format(&device_id, device);
	key_id_format(&project_id, project);
	print_out("%s%s: this device is '%s'.\n", outbox_descriptor(outbox)->training ? "TRAINING " : "",
	          outbox_descriptor(outbox)->name, outbox_label(outbox));
	print_out("  device   %s\n  project  %s\n", device, project);
	print_out("Read both aloud to headquarters when you can. The invite is used up: delete it.\n"
	          "Number 1 of this device is its recovery code, sealed to headquarters; reports begin with number 2.\n"
	          "It helps with a lost passphrase once it has arrived there.\n"
	          "Next: sijil add\n");
}

/* With a recovery code, where there is somebody to hold it. */
static enum status make(struct sijil_session *session, const struct invite_file *invite, struct error *err)
{
	struct home *const home = &session->home;
	const int64_t now_s = (int64_t)time(NULL);
	enum status status =
		invite != NULL
			? outbox_create(&session->outbox, home->database_path, home->vault, home_data_key(home), invite, now_s, err)
			: outbox_create_practice(&session->outbox, home->database_path, home->vault, home_data_key(home), now_s, err);
	if (status == STATUS_OK)
		status = keyfile_inbox_make(home->keyfile, err);
	if (status == STATUS_OK)
		status = home_other_make(home, err);
	if (status == STATUS_OK)
		status = keyfile_save(home->keyfile, home->key_path, false, err);
	if (status == STATUS_OK && invite != NULL)
		status = sijil_renew_code(session, NULL, err);
	return status == STATUS_OK ? home_finish(home, err) : status;
}

static enum status check_call(struct cli *cli, struct error *err)
{
	const bool has_invite = cli_value(cli, "invite") != NULL, is_practice = cli_flag(cli, "practice");
	if (has_invite != is_practice)
		return STATUS_OK;
	(void)cli_usage(cli, err, has_invite ? "a practice register needs no invite" : "init needs an invite");
	error_hint(err, has_invite ? "give --invite FILE or --practice" : "ask headquarters for one, then: sijil init --invite FILE");
	return STATUS_BAD_INPUT;
}

enum status sijil_init(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	struct invite_file invite = {0};
	const char *const path = cli_value(cli, "invite");
	enum status status = check_call(cli, err);
	if (status == STATUS_OK && path != NULL)
		status = read_invite(&invite, path, err);
	if (status == STATUS_OK)
		status = home_create(&session.home, cli, err);
	if (status == STATUS_OK)
		status = make(&session, path != NULL ? &invite : NULL, err);
	if (status == STATUS_OK)
		cli->done = "the register is set up";
	if (status == STATUS_OK && path != NULL)
		say_welcome(session.outbox);
	else if (status == STATUS_OK)
		print_out("TRAINING Practice: a register to learn by. It belongs to no project; nothing in it is sent to anybody.\n"
		          "Next: sijil add\n");
	invite_file_wipe(&invite);
	sijil_close(&session);
	return status;
}
