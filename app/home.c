#include "app/home.h"

#include "app/home_generation.h"
#include "app/home_other.h"
#include "app/prompt.h"
#include "crypto/file.h"
#include "crypto/keyring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Joins into a path; false if it does not fit. */
static bool join(char path[HOME_PATH_BYTES], const char *folder, const char *name)
{
	const int len = snprintf(path, HOME_PATH_BYTES, "%s/%s", folder, name);
	return len > 0 && len < HOME_PATH_BYTES;
}

enum status home_path(char path[HOME_PATH_BYTES], const char *start, const char *end, struct error *err)
{
	const int len = snprintf(path, HOME_PATH_BYTES, "%s%s", start, end);
	if (len > 0 && len < HOME_PATH_BYTES)
		return STATUS_OK;
	(void)error_set(err, STATUS_BAD_INPUT, "the path of the register is too long");
	error_hint(err, "give a shorter one with --home DIR");
	return STATUS_BAD_INPUT;
}

static bool base_folder(char folder[HOME_PATH_BYTES], const struct cli *cli)
{
	const char *given = cli->home != NULL ? cli->home : getenv(cli->program->home_environment);
	if (given != NULL && given[0] != '\0')
		return snprintf(folder, HOME_PATH_BYTES, "%s", given) < HOME_PATH_BYTES;
	const char *data = getenv("XDG_DATA_HOME");
	if (data != NULL && data[0] == '/')
		return join(folder, data, cli->program->home_default);
	const char *user = getenv("HOME");
	if (user == NULL || user[0] != '/')
		return false;
	char share[HOME_PATH_BYTES];
	return join(share, user, ".local/share") && join(folder, share, cli->program->home_default);
}

enum status home_locate(struct home *home, const struct cli *cli, struct error *err)
{
	bool fits = base_folder(home->folder, cli);
	if (fits && cli->project != NULL) {
		char base[HOME_PATH_BYTES];
		if (cli->project[0] == '\0' || cli->project[0] == '.' || strchr(cli->project, '/') != NULL) {
			(void)error_set(err, STATUS_BAD_INPUT, "--project wants a plain name, not '%s'", cli->project);
			error_hint(err, "one word without /, as in --project south");
			return STATUS_BAD_INPUT;
		}
		memcpy(base, home->folder, sizeof base);
		fits = join(home->folder, base, cli->project);
	}
	fits = fits && join(home->key_path, home->folder, "register.key") &&
	       join(home->inbox_path, home->folder, "register.inbox");
	if (fits)
		return home_set_generation(home, 1, err);
	(void)error_set(err, STATUS_BAD_INPUT, "no folder for the register: HOME is not set, or the path is too long");
	error_hint(err, "give --home DIR");
	return STATUS_BAD_INPUT;
}

#define UNFINISHED ".unfinished"

/* Where the key file stands until the register is whole; false if the path is too long. */
static enum status unfinished_path(char path[HOME_PATH_BYTES], const struct home *home, struct error *err)
{
	return home_path(path, home->key_path, UNFINISHED, err);
}

/* A database whose key file never got its name is of a set-up that was cut short. */
bool home_exists(const struct home *home)
{
	char unfinished[HOME_PATH_BYTES];
	if (file_exists(home->key_path))
		return true;
	return home_generation_any(home->folder) && !(unfinished_path(unfinished, home, NULL) == STATUS_OK && file_exists(unfinished));
}

/* The cause is in errno. */
static enum status folder_fails(const char *folder, const char *what, struct error *err)
{
	const int cause = errno;
	(void)error_set(err, STATUS_IO, "the folder '%s' cannot be %s: %s", folder, what, strerror(cause));
	error_hint(err, cause == ENOSPC || cause == EDQUOT ? "make room and try again"
	                                                   : "check who may write there, or give another folder with --home DIR");
	return STATUS_IO;
}

/* mkdir -p, all new folders 0700. */
enum status home_make_path(const char *folder, struct error *err)
{
	char path[HOME_PATH_BYTES];
	(void)snprintf(path, sizeof path, "%s", folder);
	for (char *p = path + 1; ; p++) {
		if (*p != '/' && *p != '\0')
			continue;
		const char kept = *p;
		*p = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return folder_fails(path, "made", err);
		if (kept == '\0')
			return STATUS_OK;
		*p = kept;
	}
}

/* The key file last: as long as it stands, the rest is known to be unfinished, of whatever generation. */
static void remove_unfinished(const struct home *home, const char *key)
{
	if (!file_exists(key))
		return;
	home_generation_remove_all(home);
	(void)unlink(key);
}

static enum status refuse_another(const struct home *home, struct error *err)
{
	(void)error_set(err, STATUS_REFUSED, "there is a register already in '%s'; it was left as it is", home->folder);
	error_hint(err, "use --home DIR or --project NAME for another one");
	return STATUS_REFUSED;
}

enum status home_begin(struct home *home, const struct cli *cli, struct error *err)
{
	char key[HOME_PATH_BYTES];
	enum status status = home_locate(home, cli, err);
	if (status == STATUS_OK)
		status = unfinished_path(key, home, err);
	if (status != STATUS_OK)
		return status;
	if (home_exists(home))
		return refuse_another(home, err);
	int lock = -1;
	status = home_make_path(home->folder, err);
	if (status == STATUS_OK)
		status = home_lock(&lock, home, err);
	if (status != STATUS_OK)
		return status;
	/* The one that held the lock may have finished meanwhile. */
	if (home_exists(home)) {
		(void)close(lock);
		return refuse_another(home, err);
	}
	remove_unfinished(home, key);
	memcpy(home->key_path, key, sizeof key);
	home->lock = lock;
	home->unfinished = true;
	return STATUS_OK;
}

static enum status not_in_place(const char *path, struct error *err)
{
	(void)error_set(err, STATUS_IO, "'%s' cannot be put into place: %s", path, strerror(errno));
	error_hint(err, "there is no register; try again, or on another disk");
	return STATUS_IO;
}

enum status home_finish(struct home *home, struct error *err)
{
	char settled[HOME_PATH_BYTES];
	memcpy(settled, home->key_path, sizeof settled);
	settled[strlen(settled) - (sizeof UNFINISHED - 1)] = '\0';
	if (rename(home->key_path, settled) != 0)
		return not_in_place(settled, err);
	/* From here on home_close would remove it under this name. */
	memcpy(home->key_path, settled, sizeof settled);
	if (fsync(home->lock) != 0)
		return not_in_place(settled, err);
	(void)close(home->lock);
	home->unfinished = false;
	return STATUS_OK;
}

enum status home_choose_costs(struct stretch_costs *costs, struct cli *cli, struct error *err)
{
	const char *given = cli_value(cli, "unlock-cost");
	if (given == NULL)
		return stretch_costs_measure(costs, err);
	if (strcmp(given, "minimum") != 0)
		return cli_usage(cli, err, "--unlock-cost knows only 'minimum', not '%s'", given);
	*costs = stretch_costs_minimum();
	return STATUS_OK;
}

enum status home_create(struct home *home, struct cli *cli, struct error *err)
{
	struct stretch_costs costs = {0};
	struct secret *passphrase = NULL;
	if (cli->key_file != NULL) {
		(void)cli_usage(cli, err, "a new register opens with a passphrase alone");
		error_hint(err, "then: %s slots add --key-file FILE", cli->program->name);
		return STATUS_BAD_INPUT;
	}
	enum status status = home_choose_costs(&costs, cli, err);
	if (status == STATUS_OK)
		status = home_begin(home, cli, err);
	if (status == STATUS_OK)
		status = prompt_new_passphrase(cli, "the new register", &passphrase, err);
	if (status == STATUS_OK)
		status = keyfile_new(&home->keyfile, passphrase, costs, err);
	secret_free(passphrase);
	if (status == STATUS_OK)
		status = keyfile_save(home->keyfile, home->key_path, true, err);
	if (status == STATUS_OK)
		status = vault_register(&home->vault, keyfile_data_key(home->keyfile), NULL, err);
	return status;
}

/* By the key that `unlock` left in the kernel, if it is there and fits. */
static bool unlock_by_keyring(struct home *home)
{
	struct secret *key = NULL;
	if (keyring_get(keyfile_name(home->keyfile), &key, NULL) != STATUS_OK)
		return false;
	const bool fits = keyfile_unlock_with_key(home->keyfile, key, NULL) == STATUS_OK;
	secret_free(key);
	return fits;
}

static enum status unlock_by_passphrase(struct home *home, const struct cli *cli, struct error *err)
{
	struct secret *passphrase = NULL, *key_file = NULL;
	enum status status = cli->key_file == NULL ? STATUS_OK
	                                           : file_read_secret(&key_file, cli->key_file, KEYFILE_CONTENT_MAX_BYTES, err);
	if (status == STATUS_OK)
		status = prompt_passphrase(cli, home->folder, &passphrase, err);
	if (status == STATUS_OK)
		status = key_file == NULL ? keyfile_unlock(home->keyfile, passphrase, err)
		                          : keyfile_unlock_with_file(home->keyfile, passphrase, key_file, err);
	if (status == STATUS_OK && keyfile_replaces(home->keyfile))
		status = home_other_replace(home, err);
	/* A code is used once: whoever opens by it sets a new passphrase, and gets a new code. */
	if (status == STATUS_OK && keyfile_opened_kind(home->keyfile) == KEYFILE_SLOT_RECOVERY) {
		secret_free(passphrase);
		secret_free(key_file);
		(void)error_set(err, STATUS_LOCKED, "that is the recovery code, not the passphrase");
		error_hint(err, "%s recover takes it, and a new passphrase", cli->program->name);
		return STATUS_LOCKED;
	}
	if (status == STATUS_OK && home->by_passphrase) {
		home->passphrase = passphrase;
		home->key_file = key_file;
		return STATUS_OK;
	}
	if (status == STATUS_LOCKED && passphrase != NULL && key_file == NULL)
		error_hint(err, "Nothing was changed. Check keyboard layout and capital letters, and whether a --key-file belongs to it.");
	secret_free(passphrase);
	secret_free(key_file);
	return status;
}

static enum status unlock(struct home *home, const struct cli *cli, struct error *err)
{
	if (!home->by_passphrase && cli->passphrase_fd < 0 && unlock_by_keyring(home))
		return STATUS_OK;
	return unlock_by_passphrase(home, cli, err);
}

enum status home_find(struct home *home, const struct cli *cli, struct error *err)
{
	enum status status = home_locate(home, cli, err);
	if (status != STATUS_OK)
		return status;
	if (!home_exists(home)) {
		(void)error_set(err, STATUS_NOT_FOUND, "there is no register in '%s'", home->folder);
		error_hint(err, "%s init; %s help init tells what it needs", cli->program->name, cli->program->name);
		return STATUS_NOT_FOUND;
	}
	status = home_use(home, err);
	if (status == STATUS_OK)
		status = keyfile_load(&home->keyfile, home->key_path, err);
	if (status == STATUS_OK)
		status = home_set_generation(home, keyfile_generation(home->keyfile), err);
	if (status == STATUS_OK)
		status = home_check_database(home, err);
	if (status != STATUS_OK || home_generation_exists(home))
		return status;
	(void)error_set(err, STATUS_NOT_FOUND, "'%s' is gone; its key file is still here", home->database_path);
	error_hint(err, "put it back, or bring back a backup: %s --home DIR restore FILE", cli->program->name);
	return STATUS_NOT_FOUND;
}

enum status home_open(struct home *home, const struct cli *cli, struct error *err)
{
	const enum status status = home_find(home, cli, err);
	return status == STATUS_OK ? home_unlock(home, cli, err) : status;
}

enum status home_unlock(struct home *home, const struct cli *cli, struct error *err)
{
	enum status status = home->keyfile != NULL ? STATUS_OK : keyfile_load(&home->keyfile, home->key_path, err);
	if (status == STATUS_OK)
		status = unlock(home, cli, err);
	/* Only now it is known that the generation is the key file's own word. */
	if (status == STATUS_OK && !home->unfinished)
		status = home_generation_settle(home, err);
	if (status == STATUS_OK)
		status = vault_register(&home->vault, keyfile_data_key(home->keyfile), NULL, err);
	if (status == STATUS_OK && keyfile_is_taking_over(home->keyfile))
		status = home_other_settle(home, err);
	return status;
}

enum status home_unlock_by_code(struct home *home, const struct secret *code, struct error *err)
{
	enum status status = keyfile_unlock(home->keyfile, code, err);
	if (status == STATUS_LOCKED || (status == STATUS_OK && keyfile_opened_kind(home->keyfile) != KEYFILE_SLOT_RECOVERY)) {
		status = error_set(err, STATUS_LOCKED, "the code does not open this register; nothing was changed");
		error_hint(err, "was a newer one made since? Headquarters reads out the newest: sijil-hq recover DEVICE");
	}
	if (status == STATUS_OK)
		status = home_generation_settle(home, err);
	return status == STATUS_OK ? vault_register(&home->vault, keyfile_data_key(home->keyfile), NULL, err) : status;
}

const struct secret *home_data_key(const struct home *home)
{
	return keyfile_data_key(home->keyfile);
}

void home_close(struct home *home)
{
	vault_unregister(home->vault);
	keyfile_free(home->keyfile);
	secret_free(home->passphrase);
	secret_free(home->key_file);
	if (home->unfinished)
		remove_unfinished(home, home->key_path);
	if (home->unfinished || home->changing)
		(void)close(home->lock);
	if (home->in_use)
		(void)close(home->use);
	*home = (struct home){0};
}
