#include "app/slots.h"

#include "app/home.h"
#include "app/print.h"
#include "app/prompt.h"
#include "crypto/file.h"
#include "crypto/keyring.h"

enum { KEY_FILE_MADE_BYTES = 64 };

const char *slots_kind_word(enum keyfile_slot_kind kind)
{
	switch (kind) {
	case KEYFILE_SLOT_EMPTY: return "empty";
	case KEYFILE_SLOT_PASSPHRASE: return "passphrase";
	case KEYFILE_SLOT_RECOVERY: return "recovery code";
	case KEYFILE_SLOT_PASSPHRASE_AND_FILE: return "passphrase and file";
	case KEYFILE_SLOT_OTHER_DATABASE: break;
	}
	return "of a newer sijil";
}

/* What opens it may be known to somebody who should not have it: nothing stays open by itself. */
static enum status save_change(struct home *home, enum status status, struct error *err)
{
	status = home_change_end(home, status, err);
	if (status != STATUS_OK)
		return status;
	status = keyring_drop(keyfile_name(home->keyfile), err);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status open_by_passphrase(struct home *home, const struct cli *cli, struct error *err)
{
	home->by_passphrase = true;
	return home_open(home, cli, err);
}

/* Another program may have changed the slot since it opened. */
static enum status check_same(const struct home *home, unsigned slot, enum keyfile_slot_kind kind, struct error *err)
{
	if (keyfile_slot_kind(home->keyfile, slot) == kind)
		return STATUS_OK;
	(void)error_set(err, STATUS_BUSY, "slot %u was changed by another program meanwhile; nothing was changed", slot);
	error_hint(err, "slots list shows how it stands now; then try again");
	return STATUS_BUSY;
}

enum status slots_passphrase(struct cli *cli, struct error *err)
{
	struct home home = {0};
	struct secret *passphrase = NULL;
	enum status status = open_by_passphrase(&home, cli, err);
	if (status == STATUS_OK)
		status = prompt_new_passphrase(cli, "the register", &passphrase, err);
	if (status != STATUS_OK)
		goto out;
	const unsigned slot = keyfile_opened_slot(home.keyfile);
	const enum keyfile_slot_kind kind = keyfile_opened_kind(home.keyfile);
	status = home_change_begin(&home, err);
	if (status != STATUS_OK)
		goto out;
	status = check_same(&home, slot, kind, err);
	if (status == STATUS_OK)
		status = kind == KEYFILE_SLOT_PASSPHRASE_AND_FILE
		                 ? keyfile_slot_set_with_file(home.keyfile, slot, passphrase, home.key_file, err)
		                 : keyfile_slot_set(home.keyfile, slot, KEYFILE_SLOT_PASSPHRASE, passphrase, err);
	status = save_change(&home, status, err);
	if (status == STATUS_OK)
		cli->done = "the passphrase is changed";
	if (status == STATUS_OK)
		print_out("changed: the register opens with the new passphrase%s\n"
		          "Copies of the key file made before, backups too, still open with the old one. If somebody knows it:\n"
		          "%s rekey\n",
		          kind == KEYFILE_SLOT_PASSPHRASE_AND_FILE ? " and the same file" : "", cli->program->name);
out:
	secret_free(passphrase);
	home_close(&home);
	return status;
}

static enum status print_slots(const struct home *home, struct error *err)
{
	static const char *const headings[] = {"slot", "opens with", ""};
	struct print_table *const table = print_table_new(headings, sizeof headings / sizeof *headings);
	for (unsigned i = 0; i < KEYFILE_SLOTS; i++) {
		if (!keyfile_slot_in_use(home->keyfile, i))
			continue;
		print_table_cell_number(table, i);
		print_table_cell(table, slots_kind_word(keyfile_slot_kind(home->keyfile, i)));
		print_table_cell(table, i == keyfile_opened_slot(home->keyfile) ? "opened it now" : "");
	}
	return print_table_end(table, err);
}

static enum status print_slots_json(const struct home *home, struct error *err)
{
	struct print_json *const json = print_json_new();
	print_json_open(json, NULL, '[');
	for (unsigned i = 0; i < KEYFILE_SLOTS; i++) {
		if (!keyfile_slot_in_use(home->keyfile, i))
			continue;
		print_json_open(json, NULL, '{');
		print_json_number(json, "slot", i);
		print_json_text(json, "kind", slots_kind_word(keyfile_slot_kind(home->keyfile, i)));
		print_json_bool(json, "opened", i == keyfile_opened_slot(home->keyfile));
		print_json_close(json, '}');
	}
	print_json_close(json, ']');
	return print_json_end(json, err);
}

enum status slots_list(struct cli *cli, struct error *err)
{
	struct home home = {0};
	enum status status = home_open(&home, cli, err);
	if (status == STATUS_OK)
		status = cli->json ? print_slots_json(&home, err) : print_slots(&home, err);
	home_close(&home);
	return status;
}

/* The first empty one, if another is left beside it; the slot apart is none of them. */
static enum status find_room(const struct keyfile *file, unsigned *slot, struct error *err)
{
	unsigned empty = 0;
	for (unsigned i = KEYFILE_SLOT_APART; i > 0; i--) {
		if (keyfile_slot_in_use(file, i - 1))
			continue;
		*slot = i - 1;
		empty++;
	}
	if (empty > 1)
		return STATUS_OK;
	(void)error_set(err, STATUS_REFUSED, "there is no room for another slot: one stays free for a new recovery code");
	error_hint(err, "nothing was changed; slots list shows them, slots remove N makes room");
	return STATUS_REFUSED;
}

/* Never over a file that is there; made only when the rest is settled. */
static enum status read_or_make(struct secret **content, const char *path, bool *made, struct error *err)
{
	if (file_exists(path))
		return file_read_secret(content, path, KEYFILE_CONTENT_MAX_BYTES, err);
	enum status status = secret_new_random(content, KEY_FILE_MADE_BYTES, err);
	if (status == STATUS_OK)
		status = file_write(path, secret_span(*content), false, err);
	*made = status == STATUS_OK;
	return status;
}

static enum status put_another(struct home *home, const struct secret *passphrase, const struct secret *content,
                               unsigned *slot, struct error *err)
{
	enum status status = home_change_begin(home, err);
	if (status != STATUS_OK)
		return status;
	status = find_room(home->keyfile, slot, err);
	if (status == STATUS_OK)
		status = content == NULL ? keyfile_slot_set(home->keyfile, *slot, KEYFILE_SLOT_PASSPHRASE, passphrase, err)
		                         : keyfile_slot_set_with_file(home->keyfile, *slot, passphrase, content, err);
	return save_change(home, status, err);
}

enum status slots_add(struct cli *cli, struct error *err)
{
	struct home home = {0};
	struct secret *passphrase = NULL, *content = NULL;
	const char *const path = cli_value(cli, "key-file");
	unsigned slot = 0;
	bool made = false;
	enum status status = open_by_passphrase(&home, cli, err);
	if (status == STATUS_OK)
		status = find_room(home.keyfile, &slot, err);
	if (status == STATUS_OK)
		status = prompt_new_passphrase(cli, "the new slot", &passphrase, err);
	if (status == STATUS_OK && path != NULL)
		status = read_or_make(&content, path, &made, err);
	if (status == STATUS_OK)
		status = put_another(&home, passphrase, content, &slot, err);
	if (status == STATUS_OK)
		cli->done = "the slot is added";
	if (status == STATUS_OK)
		print_out("added: slot %u opens the register with %s\n", slot,
		          path == NULL ? "the new passphrase" : "the new passphrase and the file together");
	if (status == STATUS_OK && made)
		print_out("'%s' was made for it: keep it apart from this device, and a copy of it; without it the slot is lost.\n", path);
	secret_free(passphrase);
	secret_free(content);
	home_close(&home);
	return status;
}

static enum status check_removal(const struct home *home, const struct cli *cli, unsigned slot, struct error *err)
{
	const enum keyfile_slot_kind kind = keyfile_slot_kind(home->keyfile, slot);
	unsigned others = 0;
	for (unsigned i = 0; i < KEYFILE_SLOTS; i++)
		others += i != slot && keyfile_slot_in_use(home->keyfile, i) &&
		          keyfile_slot_kind(home->keyfile, i) != KEYFILE_SLOT_RECOVERY;
	if (kind == KEYFILE_SLOT_RECOVERY && !cli_flag(cli, "even-recovery")) {
		(void)error_set(err, STATUS_REFUSED, "slot %u holds the recovery code: it stays, nothing was changed", slot);
		error_hint(err, "without it nobody can help with a lost passphrase; --even-recovery removes it all the same");
		return STATUS_REFUSED;
	}
	if (others > 0 || kind == KEYFILE_SLOT_EMPTY)
		return STATUS_OK;
	(void)error_set(err, STATUS_REFUSED, "slot %u is the last with a passphrase: it stays, nothing was changed", slot);
	error_hint(err, "%s passphrase changes it; slots add makes another", cli->program->name);
	return STATUS_REFUSED;
}

enum status slots_remove(struct cli *cli, struct error *err)
{
	struct home home = {0};
	long long slot;
	if (cli_number(&slot, cli->words[0], 0, KEYFILE_SLOTS - 1, "slots remove", err) != STATUS_OK) {
		error_hint(err, "%s slots list shows the slots that are in use", cli->program->name);
		return cli_wrong(cli);
	}
	enum status status = open_by_passphrase(&home, cli, err);
	if (status == STATUS_OK)
		status = home_change_begin(&home, err);
	if (status == STATUS_OK) {
		status = check_removal(&home, cli, (unsigned)slot, err);
		if (status == STATUS_OK)
			status = keyfile_slot_clear(home.keyfile, (unsigned)slot, err);
		status = save_change(&home, status, err);
	}
	if (status == STATUS_OK)
		cli->done = "the slot is removed";
	if (status == STATUS_OK)
		print_out("removed: slot %lld opens nothing any more\n"
		          "Copies of the key file made before, backups too, still have it. If somebody else could open it: %s rekey\n",
		          slot, cli->program->name);
	home_close(&home);
	return status;
}
