#include "app/rekey.h"

#include "app/home_generation.h"
#include "app/print.h"
#include "app/prompt.h"
#include "app/slots.h"
#include "crypto/file.h"
#include "crypto/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One in the making. */
struct rekey {
	struct home *home;
	struct keyfile *next;
	struct vault *vault;
	char building[HOME_PATH_BYTES];
	bool kept[KEYFILE_SLOTS];
};

/* What was noted while locked is sealed to a key that the next generation does not have. */
static enum status check_inbox(const struct home *home, struct error *err)
{
	char path[HOME_PATH_BYTES + sizeof "/register.inbox"];
	struct stat there;
	(void)snprintf(path, sizeof path, "%s/register.inbox", home->folder);
	if (lstat(path, &there) != 0 || there.st_size == 0)
		return STATUS_OK;
	(void)error_set(err, STATUS_REFUSED, "notes taken while locked are waiting: nothing was changed");
	error_hint(err, "sijil notes shows them; confirm or drop each, then try again");
	return STATUS_REFUSED;
}

/* It opens with the old key alone, which is to open nothing: but it was kept for a reason. */
static enum status check_set_aside(const struct home *home, struct error *err)
{
	char path[HOME_PATH_BYTES];
	if (!home_generation_set_aside(path, home))
		return STATUS_OK;
	(void)error_set(err, STATUS_REFUSED, "'%s', a damaged register that was set aside, would be lost: nothing was changed", path);
	error_hint(err, "it opens with the old key alone: move it away if it is still needed, else remove it; then try again");
	return STATUS_REFUSED;
}

enum status rekey_open(struct home *home, const struct cli *cli, struct error *err)
{
	home->alone = true;
	home->by_passphrase = true;
	enum status status = home_open(home, cli, err);
	if (status == STATUS_OK)
		status = check_inbox(home, err);
	return status == STATUS_OK ? check_set_aside(home, err) : status;
}

/* --- the new key file --- */

static enum status set_slot(struct rekey *rekey, unsigned slot, enum keyfile_slot_kind kind,
                            const struct secret *passphrase, struct error *err)
{
	const enum status status =
		kind == KEYFILE_SLOT_PASSPHRASE_AND_FILE
			? keyfile_slot_set_with_file(rekey->next, slot, passphrase, rekey->home->key_file, err)
			: keyfile_slot_set(rekey->next, slot, kind, passphrase, err);
	rekey->kept[slot] = status == STATUS_OK;
	return status;
}

/* Keeps whichever slot the passphrase opens in the old key file. */
static enum status keep(struct rekey *rekey, const struct secret *passphrase, struct error *err)
{
	struct keyfile *probe = NULL;
	enum status status = keyfile_load(&probe, rekey->home->key_path, err);
	if (status == STATUS_OK)
		status = rekey->home->key_file == NULL
		                 ? keyfile_unlock(probe, passphrase, err)
		                 : keyfile_unlock_with_file(probe, passphrase, rekey->home->key_file, err);
	if (status == STATUS_OK && keyfile_replaces(probe))
		status = error_set(err, STATUS_LOCKED, "wrong passphrase");
	if (status == STATUS_OK && keyfile_opened_kind(probe) == KEYFILE_SLOT_RECOVERY)
		status = error_set(err, STATUS_REFUSED, "that is the recovery code: it is made anew, never kept; nothing was changed");
	if (status == STATUS_OK)
		status = set_slot(rekey, keyfile_opened_slot(probe), keyfile_opened_kind(probe), passphrase, err);
	keyfile_free(probe);
	return status;
}

static bool can_be_kept(const struct rekey *rekey, unsigned slot)
{
	const enum keyfile_slot_kind kind = keyfile_slot_kind(rekey->home->keyfile, slot);
	return !rekey->kept[slot] && (kind == KEYFILE_SLOT_PASSPHRASE ||
	                              (kind == KEYFILE_SLOT_PASSPHRASE_AND_FILE && rekey->home->key_file != NULL));
}

static enum status keep_others(struct rekey *rekey, const struct cli *cli, struct error *err)
{
	for (unsigned i = 0; i < KEYFILE_SLOTS; i++) {
		struct secret *passphrase = NULL;
		char question[96];
		if (!can_be_kept(rekey, i))
			continue;
		(void)snprintf(question, sizeof question, "Passphrase of slot %u (Enter: it shall open nothing any more): ", i);
		enum status status = prompt_another_passphrase(cli, question, &passphrase, err);
		if (status == STATUS_OK && passphrase != NULL)
			status = keep(rekey, passphrase, err);
		secret_free(passphrase);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static enum status make_keys(struct rekey *rekey, struct cli *cli, struct error *err)
{
	struct home *const home = rekey->home;
	struct stretch_costs costs = {0};
	enum status status = home_choose_costs(&costs, cli, err);
	if (status == STATUS_OK)
		status = keyfile_new_generation(&rekey->next, home->keyfile, costs, err);
	if (status == STATUS_OK)
		status = set_slot(rekey, keyfile_opened_slot(home->keyfile), keyfile_opened_kind(home->keyfile), home->passphrase, err);
	if (status == STATUS_OK)
		status = keep_others(rekey, cli, err);
	const struct key_public inbox = keyfile_inbox_public(home->keyfile), none = {{0}};
	if (status == STATUS_OK && memcmp(&inbox, &none, sizeof none) != 0)
		status = keyfile_inbox_make(rekey->next, err);
	return status;
}

/* --- the new database --- */

/* A newer generation's would be overwritten: an older key file was put back beside it. */
static enum status check_room(const struct home *home, uint64_t generation, struct error *err)
{
	struct home next;
	memcpy(next.folder, home->folder, sizeof next.folder);
	const enum status status = home_set_generation(&next, generation, err);
	if (status != STATUS_OK || !file_exists(next.database_path))
		return status;
	(void)error_set(err, STATUS_REFUSED, "'%s' is there already, and not this key file's; nothing was changed",
	                next.database_path);
	error_hint(err, "an older key file was put back: put back the newer one, or move that file away");
	return STATUS_REFUSED;
}

static enum status sync_folder(const char *path, struct error *err)
{
	const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const bool synced = folder >= 0 && (fsync(folder) == 0 || errno == EINVAL || errno == ENOTSUP);
	if (!synced)
		(void)error_set(err, STATUS_IO, "the folder '%s' cannot be saved: %s", path, strerror(errno));
	if (folder >= 0)
		(void)close(folder);
	return synced ? STATUS_OK : STATUS_IO;
}

static enum status build(struct rekey *rekey, const struct rekey_content *content, struct error *err)
{
	const uint64_t generation = keyfile_generation(rekey->next);
	enum status status = check_room(rekey->home, generation, err);
	if (status == STATUS_OK)
		status = home_generation_building(rekey->building, rekey->home, generation, err);
	if (status != STATUS_OK)
		return status;
	home_remove_database(rekey->building);
	status = vault_register(&rekey->vault, keyfile_data_key(rekey->next), NULL, err);
	if (status == STATUS_OK)
		status = content->copy(content->context, rekey->building, rekey->vault, keyfile_data_key(rekey->next), err);
	return status == STATUS_OK ? sync_folder(rekey->home->folder, err) : status;
}

/* --- the change --- */

/* The old key file's blocks are overwritten after the new one has its name: by then they open nothing that lives. */
static enum status decide(struct rekey *rekey, struct error *err)
{
	const char *const path = rekey->home->key_path;
	const int old = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (old < 0)
		return error_set(err, STATUS_IO, "'%s' cannot be written: %s", path, strerror(errno));
	const enum status status = keyfile_save(rekey->next, path, false, err);
	if (status == STATUS_OK)
		home_generation_overwrite(old);
	(void)close(old);
	return status;
}

static void say_what_is_kept(const struct rekey *rekey, const struct cli *cli)
{
	print_out("rekeyed: this is generation %llu of the register, under a new key; the old one was removed\n",
	          (unsigned long long)keyfile_generation(rekey->next));
	for (unsigned i = 0; i < KEYFILE_SLOTS; i++)
		if (keyfile_slot_in_use(rekey->home->keyfile, i))
			print_out("  slot %u  %-20s %s\n", i, slots_kind_word(keyfile_slot_kind(rekey->home->keyfile, i)),
			          rekey->kept[i] ? "kept" : "opens nothing any more");
	print_out("Backups made before open with the old key: make a new one, and destroy them.\n"
	          "Flash storage may hold old blocks for a while. Next: %s backup -o FILE\n",
	          cli->program->name);
}

enum status rekey_run(struct home *home, struct cli *cli, const struct rekey_content *content, struct error *err)
{
	struct rekey rekey = {.home = home};
	enum status status = make_keys(&rekey, cli, err);
	if (status == STATUS_OK && content->add_slots != NULL)
		status = content->add_slots(content->context, rekey.next, err);
	if (status == STATUS_OK)
		status = build(&rekey, content, err);
	content->close(content->context);
	if (status != STATUS_OK && rekey.building[0] != '\0')
		home_remove_database(rekey.building);
	if (status == STATUS_OK)
		status = decide(&rekey, err);
	if (status != STATUS_OK)
		goto out;
	cli->done = "the register is under a new key";
	home_generation_erase_torn(home);
	struct error nothing = {0};
	status = keyring_drop(keyfile_name(home->keyfile), &nothing);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		print_note("note: %s; it opens nothing any more\n", nothing.message);
	status = home_generation_take(home, keyfile_generation(rekey.next), err);
	if (status == STATUS_OK)
		say_what_is_kept(&rekey, cli);
out:
	vault_unregister(rekey.vault);
	keyfile_free(rekey.next);
	return status;
}
