#include "app/home_swap.h"

#include "app/home_generation.h"
#include "crypto/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SET_ASIDE_MAX = 1000, CHUNK_BYTES = 65536 };

/* The cause is in errno. */
static enum status cannot(const char *path, const char *what, struct error *err)
{
	const int cause = errno;
	(void)error_set(err, STATUS_IO, "'%s' cannot be %s: %s", path, what, strerror(cause));
	error_hint(err, cause == ENOSPC || cause == EDQUOT ? "nothing is lost; make room and try again"
	                                                   : "nothing is lost; try again, or copy the folder to another disk");
	return STATUS_IO;
}

/* ---- a copy ---- */

static bool write_all(int file, const uint8_t *data, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(file, data, len);
		if (n < 0 && errno != EINTR)
			return false;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

static enum status copy_content(int to, int from, const char *path, struct error *err)
{
	static uint8_t chunk[CHUNK_BYTES];
	for (;;) {
		const ssize_t n = read(from, chunk, sizeof chunk);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cannot(path, "copied", err);
		if (n == 0)
			break;
		if (!write_all(to, chunk, (size_t)n))
			return cannot(path, "copied", err);
	}
	return fsync(to) == 0 ? STATUS_OK : cannot(path, "copied", err);
}

enum status home_swap_copy(const char *to, const char *from, struct error *err)
{
	(void)unlink(to);
	const int source = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (source < 0 && errno == ENOENT)
		return error_set(err, STATUS_NOT_FOUND, "there is no '%s'", from);
	if (source < 0)
		return cannot(from, "copied", err);
	const int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	const enum status status = target < 0 ? cannot(from, "copied", err) : copy_content(target, source, from, err);
	if (target >= 0)
		(void)close(target);
	if (target >= 0 && status != STATUS_OK)
		(void)unlink(to);
	(void)close(source);
	return status;
}

/* ---- what is left over ---- */

/* Where the n-th that is set aside goes, and its journal. */
static enum status name_aside(char name[HOME_PATH_BYTES], char journal[HOME_PATH_BYTES], const char *database, int n,
                              struct error *err)
{
	char end[32];
	(void)snprintf(end, sizeof end, ".damaged-%d", n);
	const enum status status = home_path(name, database, end, err);
	return status == STATUS_OK ? home_path(journal, name, "-journal", err) : status;
}

/* A journal was copied aside, and its database was not moved after it. */
static void clean_aside(const struct home *home)
{
	for (int n = 1; n < SET_ASIDE_MAX; n++) {
		char aside[HOME_PATH_BYTES], journal[HOME_PATH_BYTES];
		if (name_aside(aside, journal, home->database_path, n, NULL) != STATUS_OK)
			return;
		if (!file_exists(aside))
			(void)unlink(journal);
	}
}

void home_swap_clean(const struct home *home)
{
	static const char *const ends[] = {".copy", ".repaired"};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		char path[HOME_PATH_BYTES];
		if (home_path(path, home->database_path, ends[i], NULL) == STATUS_OK)
			home_remove_database(path);
	}
	clean_aside(home);
	home_generation_erase_torn(home);
}

/* ---- the swap ---- */

enum status home_swap_building(char path[HOME_PATH_BYTES], const struct home *home, struct error *err)
{
	return home_path(path, home->database_path, ".repaired", err);
}

/* The first name that is free. */
static enum status choose_name(char name[HOME_PATH_BYTES], char journal[HOME_PATH_BYTES], const char *database, struct error *err)
{
	for (int n = 1; n < SET_ASIDE_MAX; n++) {
		const enum status status = name_aside(name, journal, database, n, err);
		if (status != STATUS_OK || !file_exists(name))
			return status;
	}
	(void)error_set(err, STATUS_REFUSED, "no name is free to set the damaged register aside under");
	error_hint(err, "move those away that were set aside before, or remove them");
	return STATUS_REFUSED;
}

static enum status move(const char *from, const char *to, struct error *err)
{
	return rename(from, to) == 0 ? STATUS_OK : cannot(to, "put into place", err);
}

/* The old journal, of which there is a copy aside, would be played into the new database. */
static enum status put_in_place(const char *unfinished, const char *database, const char *journal, struct error *err)
{
	if (unlink(journal) != 0 && errno != ENOENT)
		return cannot(journal, "removed", err);
	enum status status = file_sync_folder(database, err);
	if (status == STATUS_OK)
		status = move(unfinished, database, err);
	return status == STATUS_OK ? file_sync_folder(database, err) : status;
}

/* What is cut short before the old one is moved leaves the old one; after it home_generation_settle does the rest. */
enum status home_swap(const struct home *home, const char *made, char aside[HOME_PATH_BYTES], struct error *err)
{
	const char *const database = home->database_path;
	char unfinished[HOME_PATH_BYTES], journal[HOME_PATH_BYTES], name[HOME_PATH_BYTES], beside[HOME_PATH_BYTES];
	enum status status = home_generation_building(unfinished, home, keyfile_generation(home->keyfile), err);
	if (status == STATUS_OK)
		status = choose_name(name, beside, database, err);
	if (status == STATUS_OK)
		status = home_path(journal, database, "-journal", err);
	if (status == STATUS_OK)
		status = home_swap_copy(beside, journal, err);
	if (status == STATUS_NOT_FOUND)
		status = STATUS_OK;
	if (status == STATUS_OK)
		status = move(made, unfinished, err);
	if (status == STATUS_OK)
		status = file_sync_folder(database, err);
	if (status == STATUS_OK)
		status = move(database, name, err);
	if (status == STATUS_OK)
		status = file_sync_folder(database, err);
	if (status == STATUS_OK)
		status = put_in_place(unfinished, database, journal, err);
	if (status == STATUS_OK)
		memcpy(aside, name, sizeof name);
	return status;
}
