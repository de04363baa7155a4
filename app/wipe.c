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
#include <time.h>
#include <unistd.h>

enum { LOCK_TRIES = 6, LOCK_STEP_MS = 50 };

/* A key file, one that is being made, one that was being written. */
static bool may_hold_keys(const char *name)
{
	return strcmp(name, "register.key") == 0 || strcmp(name, "register.key.unfinished") == 0 || home_generation_is_torn(name);
}

static bool is_beside(const char *name)
{
	return strncmp(name, "register.inbox", strlen("register.inbox")) == 0 || strcmp(name, ".lock") == 0;
}

/* Calls `act` for each file of the register in the folder; how many there were. */
static size_t each_file(const char *folder, bool (*which)(const char *name), void (*act)(const char *path))
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
		act(path);
	}
	(void)closedir(names);
	return count;
}

static void leave(const char *path)
{
	(void)path;
}

/* A link is followed to a key file alone. */
static void overwrite(const char *path)
{
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

static void remove_file(const char *path)
{
	(void)unlink(path);
}

/* The key file's name is that of its keyring entry. What cannot be read has none. */
static void drop_from_keyring(const struct home *home)
{
	struct keyfile *file = NULL;
	struct error why = {0};
	enum status status = keyfile_load(&file, home->key_path, &why);
	if (status == STATUS_OK) {
		status = keyring_drop(keyfile_name(file), &why);
		if (status != STATUS_OK && status != STATUS_NOT_FOUND)
			print_note("note: %s; it goes when this device is switched off\n", why.message);
	}
	keyfile_free(file);
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

/* So that nobody who is just saving the key file brings it back; but nobody can hold this up. */
static int lock_briefly(const struct home *home)
{
	static const struct timespec step = {.tv_nsec = LOCK_STEP_MS * 1000000L};
	int lock = -1;
	for (int i = 0; i < LOCK_TRIES && home_lock(&lock, home, NULL) != STATUS_OK; i++)
		(void)nanosleep(&step, NULL);
	return lock;
}

static enum status check_gone(const struct home *home, struct error *err)
{
	if (each_file(home->folder, may_hold_keys, leave) == 0)
		return STATUS_OK;
	(void)error_set(err, STATUS_IO, "the key file in '%s' could not be removed: %s", home->folder, strerror(errno));
	error_hint(err, "who may write there? Try again as that user, or destroy the storage");
	return STATUS_IO;
}

static enum status destroy(const struct home *home, struct error *err)
{
	const int lock = lock_briefly(home);
	drop_from_keyring(home);
	(void)each_file(home->folder, may_hold_keys, overwrite);
	(void)each_file(home->folder, may_hold_keys, remove_file);
	const enum status status = check_gone(home, err);
	home_generation_remove_all(home);
	(void)each_file(home->folder, is_beside, remove_file);
	if (lock >= 0) {
		(void)fsync(lock);
		(void)close(lock);
	}
	return status;
}

enum status wipe(struct cli *cli, struct error *err)
{
	struct home home = {0};
	enum status status = home_locate(&home, cli, err);
	if (status == STATUS_OK && !home_generation_any(home.folder) && each_file(home.folder, may_hold_keys, leave) == 0)
		status = error_set(err, STATUS_NOT_FOUND, "there is no register in '%s'", home.folder);
	if (status == STATUS_OK)
		status = agree(cli, &home, err);
	if (status == STATUS_OK)
		status = destroy(&home, err);
	if (status == STATUS_OK)
		print_out("wiped: no passphrase and no code opens this register any more, on this device\n"
		          "What may be left: flash storage (cards, sticks, SSDs) and some file systems keep old blocks for a while. Whoever\n"
		          "takes the storage apart and has the passphrase may still find the old key file. Copies and backups elsewhere,\n"
		          "and what was sent, are as they were. That there was a register here may show. To be sure, destroy the storage.\n");
	return status;
}
