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

enum status sijil_init(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	struct invite_file invite = {0};
	const char *path = cli_value(cli, "invite");
	if (path == NULL) {
		(void)cli_usage(cli, err, "init needs an invite");
		error_hint(err, "ask headquarters for one, then: sijil init --invite FILE");
		return STATUS_BAD_INPUT;
	}
	enum status status = read_invite(&invite, path, err);
	if (status == STATUS_OK)
		status = home_create(&session.home, cli, err);
	if (status == STATUS_OK)
		status = outbox_create(&session.outbox, session.home.database_path, session.home.vault,
		                       home_data_key(&session.home), &invite, (int64_t)time(NULL), err);
	if (status == STATUS_OK)
		status = keyfile_inbox_make(session.home.keyfile, err);
	if (status == STATUS_OK)
		status = keyfile_save(session.home.keyfile, session.home.key_path, false, err);
	if (status == STATUS_OK)
		status = sijil_renew_code(&session, NULL, err);
	if (status == STATUS_OK)
		status = home_finish(&session.home, err);
	if (status == STATUS_OK)
		cli->done = "the register is set up";
	if (status == STATUS_OK)
		say_welcome(session.outbox);
	invite_file_wipe(&invite);
	sijil_close(&session);
	return status;
}
