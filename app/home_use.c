#include "app/home_generation.h"
#include "crypto/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A backup holds the folder as long as it takes to copy; a change of the key file is worth waiting for. */
enum { USE_WAIT_MS = 2000, CHANGE_WAIT_MS = 30000, BRIEFLY_MS = 300, STEP_MS = 50 };

/* Locks go with the process. */
static bool lock_within(int file, int how, int wait_ms)
{
	static const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
	for (int waited_ms = 0; flock(file, how | LOCK_NB) != 0; waited_ms += STEP_MS) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || waited_ms >= wait_ms)
			return false;
		(void)nanosleep(&step, NULL);
	}
	return true;
}

static enum status open_folder(int *folder, const struct home *home, struct error *err)
{
	*folder = open(home->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*folder >= 0)
		return STATUS_OK;
	(void)error_set(err, STATUS_IO, "the folder '%s' cannot be opened: %s", home->folder, strerror(errno));
	error_hint(err, "check who may read and write there, or give another folder with --home DIR");
	return STATUS_IO;
}

static enum status refuse_held(const struct home *home, struct error *err)
{
	(void)error_set(err, STATUS_BUSY, "another program sets up or backs up the register in '%s'", home->folder);
	error_hint(err, "nothing was changed; try again when it is done");
	return STATUS_BUSY;
}

enum status home_lock(int *lock, const struct home *home, struct error *err)
{
	int folder;
	const enum status status = open_folder(&folder, home, err);
	if (status != STATUS_OK)
		return status;
	if (flock(folder, LOCK_EX | LOCK_NB) == 0) {
		*lock = folder;
		return STATUS_OK;
	}
	(void)close(folder);
	return refuse_held(home, err);
}

int home_lock_briefly(const struct home *home)
{
	static const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
	int lock = -1;
	for (int waited_ms = 0; waited_ms < BRIEFLY_MS && home_lock(&lock, home, NULL) != STATUS_OK; waited_ms += STEP_MS)
		(void)nanosleep(&step, NULL);
	return lock;
}

static enum status refuse_use(const struct home *home, struct error *err)
{
	if (home->alone) {
		(void)error_set(err, STATUS_BUSY, "another program has the register in '%s' open", home->folder);
		error_hint(err, "nothing was changed; end what runs (a sync, a report half written), then try again");
	} else {
		(void)error_set(err, STATUS_BUSY, "another program is giving the register in '%s' a new key", home->folder);
		error_hint(err, "nothing was changed; try again when it is done");
	}
	return STATUS_BUSY;
}

static enum status check_plain(const char *path, struct error *err)
{
	struct stat there;
	if (stat(path, &there) != 0 || S_ISREG(there.st_mode))
		return STATUS_OK;
	(void)error_set(err, STATUS_REFUSED, "'%s' is not a plain file, as sijil makes it: it was put in its place", path);
	error_hint(err, "nothing was changed; move it away, look who else uses this device, then try again");
	return STATUS_REFUSED;
}

enum status home_check_database(const struct home *home, struct error *err)
{
	char journal[HOME_PATH_BYTES + sizeof "-journal"];
	(void)snprintf(journal, sizeof journal, "%s-journal", home->database_path);
	const enum status status = check_plain(home->database_path, err);
	return status == STATUS_OK ? check_plain(journal, err) : status;
}

enum status home_use(struct home *home, struct error *err)
{
	char path[HOME_PATH_BYTES + sizeof "/.lock"];
	(void)snprintf(path, sizeof path, "%s/.lock", home->folder);
	const enum status status = check_plain(path, err);
	if (status != STATUS_OK)
		return status;
	int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (file < 0)
		file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (file >= 0 && lock_within(file, home->alone ? LOCK_EX : LOCK_SH, USE_WAIT_MS)) {
		home->in_use = true;
		home->use = file;
		return STATUS_OK;
	}
	const int cause = errno;
	if (file >= 0)
		(void)close(file);
	if (file >= 0 && cause == EWOULDBLOCK)
		return refuse_use(home, err);
	/* Where nothing can be written, or nothing locked, nobody gives it a new generation. */
	if (!home->alone)
		return STATUS_OK;
	(void)error_set(err, STATUS_IO, "the register in '%s' cannot be locked: %s", home->folder, strerror(cause));
	error_hint(err, cause == ENOSPC || cause == EDQUOT ? "nothing was changed; make room and try again"
	                                                   : "nothing was changed; check who may read and write there");
	return STATUS_IO;
}

enum status home_change_begin(struct home *home, struct error *err)
{
	int folder;
	if (home->unfinished)
		return STATUS_OK;
	enum status status = open_folder(&folder, home, err);
	if (status != STATUS_OK)
		return status;
	status = lock_within(folder, LOCK_EX, CHANGE_WAIT_MS) ? keyfile_reload(home->keyfile, home->key_path, err)
	                                                      : refuse_held(home, err);
	if (status != STATUS_OK) {
		(void)close(folder);
		return status;
	}
	home->changing = true;
	home->lock = folder;
	home_generation_erase_torn(home);
	return STATUS_OK;
}

/* Wiped, moved or replaced while the change was made: it must not come back. */
static enum status check_still_there(const struct home *home, struct error *err)
{
	struct keyfile *there = NULL;
	enum status status = keyfile_load(&there, home->key_path, NULL);
	const bool is_gone = status == STATUS_NOT_FOUND;
	if (status == STATUS_OK)
		status = keyfile_unlock_with_key(there, home_data_key(home), NULL);
	keyfile_free(there);
	if (status == STATUS_OK)
		return STATUS_OK;
	(void)error_set(err, is_gone ? STATUS_NOT_FOUND : STATUS_BUSY, "the key file in '%s' is %s meanwhile", home->folder,
	                is_gone ? "gone: it was wiped or moved" : "another: it was replaced");
	error_hint(err, "nothing was saved, and nothing was brought back");
	return is_gone ? STATUS_NOT_FOUND : STATUS_BUSY;
}

enum status home_change_end(struct home *home, enum status status, struct error *err)
{
	if (home->unfinished)
		return status == STATUS_OK ? keyfile_save(home->keyfile, home->key_path, false, err) : status;
	if (status == STATUS_OK)
		status = check_still_there(home, err);
	if (status == STATUS_OK)
		status = keyfile_save(home->keyfile, home->key_path, false, err);
	(void)close(home->lock);
	home->changing = false;
	return status;
}
