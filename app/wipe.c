#include "app/wipe.h"

#include "app/home.h"
#include "app/home_generation.h"
#include "app/print.h"
#include "app/prompt.h"
#include "crypto/file.h"
#include "crypto/keyring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A key file, one that is being made, one that was being written. */
static bool may_hold_keys(const char *name)
{
	return strcmp(name, "register.key") == 0 || strcmp(name, "register.key.unfinished") == 0 || home_generation_is_torn(name);
}

static bool is_beside(const char *name)
{
	return home_generation_is_file(name) || strncmp(name, "register.inbox", strlen("register.inbox")) == 0 ||
	       strcmp(name, ".lock") == 0;
}

/* What could not be removed. */
struct rest {
	size_t files;
	char first[HOME_PATH_BYTES];
	int cause;
};

/* Calls `act` for each file of the register in the folder; how many there were. */
static size_t each_file(const char *folder, bool (*which)(const char *name), void (*act)(const char *path, void *context),
                        void *context)
{
	DIR *const names = opendir(folder);
	const struct dirent *entry;
	size_t count = 0;
	if (names == NULL)
		return 0;
	while ((entry = readdir(names)) != NULL) {
		char path[HOME_PATH_BYTES + sizeof entry->d_name];
		if (!which(entry->d_name))
			continue;
		count++;
		(void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		act(path, context);
	}
	(void)closedir(names);
	return count;
}

static void leave(const char *path, void *context)
{
	(void)path, (void)context;
}

/* A link is followed to a key file alone. */
static void overwrite(const char *path, void *context)
{
	(void)context;
	static const char magic[] = {'s', 'i', 'j', 'i', 'l', 'k', 'e', 'y'};
	char start[sizeof magic] = {0};
	struct stat there;
	const int file = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (file < 0)
		return;
	const bool is_link = lstat(path, &there) != 0 || S_ISLNK(there.st_mode);
	if (!is_link || (pread(file, start, sizeof start, 0) == (ssize_t)sizeof start && memcmp(start, magic, sizeof magic) == 0))
		home_generation_overwrite(file);
	(void)close(file);
}

static void remove_file(const char *path, void *context)
{
	struct rest *const rest = context;
	/* Not unlink: an empty folder may have been put there. */
	if (remove(path) == 0 || errno == ENOENT)
		return;
	if (rest->files++ > 0)
		return;
	rest->cause = errno;
	(void)snprintf(rest->first, sizeof rest->first, "%s", path);
}

/* A key file's name is that of its keyring entry: it may stand there although the rest is damaged. */
static void drop_key(const char *path, void *context)
{
	uint8_t name[KEYFILE_NAME_BYTES];
	size_t *const dropped = context;
	struct error why = {0};
	if (!keyfile_name_read(name, path))
		return;
	const enum status status = keyring_drop((struct span){name, sizeof name}, &why);
	*dropped += status == STATUS_OK;
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		print_note("note: %s; it goes when this device is switched off\n", why.message);
}

static void drop_from_keyring(const struct home *home)
{
	size_t dropped = 0;
	(void)each_file(home->folder, may_hold_keys, drop_key, &dropped);
	const size_t left = dropped > 0 ? 0 : keyring_count();
	if (left > 0)
		print_note("note: unlock left the keys of %zu registers in the system's keyring, and none is under the name that this key file\n"
		           "has now. If this register was unlocked, its key is one of them: it goes when its time is over, after at\n"
		           "most 24 hours, or at once when this device is switched off.\n", left);
}

static enum status agree(struct cli *cli, const struct home *home, struct error *err)
{
	char answer[32];
	if (cli_flag(cli, "yes"))
		return STATUS_OK;
	if (!prompt_can_ask()) {
		(void)error_set(err, STATUS_REFUSED, "nothing was wiped: there is no terminal to ask at");
		error_hint(err, "%s wipe --yes does not ask", cli->program->name);
		return STATUS_REFUSED;
	}
	print_out("This destroys the keys of the register in '%s'. What was not sent is lost.\n", home->folder);
	const enum status status = prompt_line("Type wipe to do it: ", answer, sizeof answer, err);
	if (status == STATUS_OK && strcmp(answer, "wipe") != 0)
		return error_set(err, STATUS_REFUSED, "nothing was wiped");
	return status == STATUS_OK ? status : error_set(err, STATUS_REFUSED, "nothing was wiped");
}

static enum status keys_left(const struct home *home, const struct rest *keys, struct error *err)
{
	(void)error_set(err, STATUS_IO, "the key file in '%s' could not be removed: %s", home->folder,
	                strerror(keys->cause != 0 ? keys->cause : EACCES));
	error_hint(err, "who may write there? Try again as that user, or destroy the storage");
	return STATUS_IO;
}

static enum status others_left(const struct rest *others, struct error *err)
{
	(void)error_set(err, STATUS_IO, "the keys are destroyed, but %zu files could not be removed, '%s' first: %s", others->files,
	                others->first, strerror(others->cause));
	error_hint(err, "no key to them is left here; look what they are, and remove them by hand");
	return STATUS_IO;
}

/* Goes on past whatever cannot be removed; *keys and *others tell. */
static bool destroy(const struct home *home, struct rest *keys, struct rest *others)
{
	/* So that nobody who is just saving the key file brings it back; but nobody can hold this up. */
	const int lock = home_lock_briefly(home);
	drop_from_keyring(home);
	(void)each_file(home->folder, may_hold_keys, overwrite, NULL);
	(void)each_file(home->folder, may_hold_keys, remove_file, keys);
	const bool gone = each_file(home->folder, may_hold_keys, leave, NULL) == 0;
	(void)each_file(home->folder, is_beside, remove_file, others);
	if (lock >= 0) {
		(void)fsync(lock);
		(void)close(lock);
	}
	return gone;
}

static void say_wiped(void)
{
	print_out("wiped: no passphrase and no code opens this register any more, on this device\n"
	          "What may be left: flash storage (cards, sticks, SSDs) and some file systems keep old blocks for a while. Whoever\n"
	          "takes the storage apart and has the passphrase may still find the old key file. Copies and backups elsewhere,\n"
	          "and what was sent, are as they were. That there was a register here may show. To be sure, destroy the storage.\n");
}

enum status wipe(struct cli *cli, struct error *err)
{
	struct home home = {0};
	struct rest keys = {0}, others = {0};
	enum status status = home_locate(&home, cli, err);
	if (status == STATUS_OK && !home_generation_any(home.folder) &&
	    each_file(home.folder, may_hold_keys, leave, NULL) == 0) {
		status = error_set(err, STATUS_NOT_FOUND, "there is no register in '%s'", home.folder);
		error_hint(err, "is it in another folder? --home DIR or --project NAME says which");
	}
	if (status == STATUS_OK)
		status = agree(cli, &home, err);
	if (status != STATUS_OK)
		return status;
	if (!destroy(&home, &keys, &others))
		return keys_left(&home, &keys, err);
	say_wiped();
	return others.files == 0 ? STATUS_OK : others_left(&others, err);
}
