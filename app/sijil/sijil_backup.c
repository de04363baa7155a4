/* backup, restore: the register in one encrypted file, and back, under a new key. */
#include "app/backup.h"
#include "app/print.h"
#include "app/sijil/sijil_gazetteer.h"
#include "crypto/file.h"
#include "crypto/inbox.h"

/* Lists of places can be had again and are far larger than the register. */
static void say_what_is_left_out(const struct sijil_session *session)
{
	char path[HOME_PATH_BYTES];
	if (sijil_gazetteer_path(path, session->home.database_path, NULL) == STATUS_OK && file_exists(path))
		print_note("note: the lists of places are not in it: import them again after a restore\n");
}

enum status sijil_backup(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	struct inbox_state inbox;
	const char *out = cli_value(cli, "out");
	if (out == NULL)
		return cli_usage(cli, err, "backup needs -o FILE");
	enum status status = sijil_open(&session, cli, err);
	if (status == STATUS_OK)
		status = backup_write(&session.home, outbox_db(session.outbox), out, err);
	if (status == STATUS_OK)
		cli->done = "the backup is written";
	if (status == STATUS_OK)
		print_out("backed up to '%s', encrypted under the same passphrase\n", out);
	if (status == STATUS_OK && inbox_look(&inbox, session.home.inbox_path, NULL) == STATUS_OK && inbox.records > 0)
		print_note("note: %zu captured while locked and not confirmed are NOT in it: sijil notes, then back up again\n",
		           inbox.records);
	if (status == STATUS_OK)
		say_what_is_left_out(&session);
	sijil_close(&session);
	return status;
}

/* One key, one chain: whoever restores cannot know what the lost device signed since, so a new key goes on. */
enum status sijil_restore(struct cli *cli, struct error *err)
{
	struct sijil_session session = {0};
	struct outbox_status state;
	enum status status = backup_lay_out(&session.home, cli, cli->words[0], err);
	if (status == STATUS_OK)
		status = home_unlock(&session.home, cli, err);
	if (status == STATUS_OK)
		status = outbox_open(&session.outbox, session.home.database_path, session.home.vault,
		                     home_data_key(&session.home), err);
	if (status == STATUS_OK)
		status = outbox_succeed(session.outbox, SUCCESSION_RESTORE, err);
	if (status == STATUS_OK)
		status = outbox_status(session.outbox, &state, err);
	outbox_close(session.outbox);
	session.outbox = NULL;
	if (status == STATUS_OK)
		status = home_finish(&session.home, err);
	if (status == STATUS_OK)
		cli->done = "the register is restored";
	if (status == STATUS_OK)
		print_out("restored, with %llu reports and corrections that no relay has receipted; they are sent with the next sync\n"
		          "This device goes on under a new key, which the old one signed for: if the lost one turns up, nothing is counted\n"
		          "twice. Tell headquarters.\n",
		          (unsigned long long)(state.saved - state.relay));
	sijil_close(&session);
	return status;
}
