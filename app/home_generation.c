#include "app/home_generation.h"

#include "crypto/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNFINISHED ".unfinished"

enum status home_set_generation(struct home *home, uint64_t generation, struct error *err)
{
	char name[48] = "/register.db";
	if (generation != 1)
		(void)snprintf(name, sizeof name, "/register-%llu.db", (unsigned long long)generation);
	return home_path(home->database_path, home->folder, name, err);
}

enum status home_generation_building(char path[HOME_PATH_BYTES], const struct home *home, uint64_t generation,
                                     struct error *err)
{
	struct home next;
	memcpy(next.folder, home->folder, sizeof next.folder);
	const enum status status = home_set_generation(&next, generation, err);
	return status == STATUS_OK ? home_path(path, next.database_path, UNFINISHED, err) : status;
}

/* Which generation a file of the folder is of, and what stands behind its name: "", "-journal", ".copy" and so on. */
static bool parse_name(uint64_t *generation, const char **rest, const char *name)
{
	static const char start[] = "register";
	if (strncmp(name, start, sizeof start - 1) != 0)
		return false;
	name += sizeof start - 1;
	*generation = 1;
	if (*name == '-') {
		char *end;
		if (name[1] < '1' || name[1] > '9')
			return false;
		errno = 0;
		*generation = strtoull(name + 1, &end, 10);
		if (errno != 0 || *generation == 1)
			return false;
		name = end;
	}
	if (strncmp(name, ".db", 3) != 0 || (name[3] != '\0' && name[3] != '-' && name[3] != '.'))
		return false;
	*rest = name + 3;
	return true;
}

bool home_generation_is_file(const char *name)
{
	uint64_t generation;
	const char *rest;
	return parse_name(&generation, &rest, name);
}

/* The first file in the folder, of any generation, whose name goes on so: all of it, or what it begins with. */
static bool find_file(char path[HOME_PATH_BYTES], const char *folder, const char *end, bool whole)
{
	DIR *const names = opendir(folder);
	const struct dirent *entry;
	uint64_t generation;
	const char *rest;
	bool found = false;
	if (names == NULL)
		return false;
	while (!found && (entry = readdir(names)) != NULL)
		found = parse_name(&generation, &rest, entry->d_name) && strncmp(rest, end, strlen(end) + whole) == 0 &&
		        snprintf(path, HOME_PATH_BYTES, "%s/%s", folder, entry->d_name) < HOME_PATH_BYTES;
	(void)closedir(names);
	return found;
}

bool home_generation_any(const char *folder)
{
	char path[HOME_PATH_BYTES];
	return find_file(path, folder, "", true);
}

bool home_generation_set_aside(char path[HOME_PATH_BYTES], const struct home *home)
{
	return find_file(path, home->folder, ".damaged-", false);
}

bool home_generation_exists(const struct home *home)
{
	char unfinished[HOME_PATH_BYTES];
	return file_exists(home->database_path) ||
	       (home_path(unfinished, home->database_path, UNFINISHED, NULL) == STATUS_OK && file_exists(unfinished));
}

void home_generation_overwrite(int file)
{
	static uint8_t zeros[65536];
	struct stat there;
	if (fstat(file, &there) != 0 || !S_ISREG(there.st_mode))
		return;
	for (off_t left = there.st_size; left > 0;) {
		const ssize_t n = write(file, zeros, left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros);
		if (n <= 0)
			break;
		left -= n;
	}
	(void)fsync(file);
}

void home_generation_erase(const char *path)
{
	const int file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (file >= 0) {
		home_generation_overwrite(file);
		(void)close(file);
	}
	(void)unlink(path);
}

void home_remove_database(const char *database)
{
	char journal[HOME_PATH_BYTES + sizeof "-journal"];
	(void)snprintf(journal, sizeof journal, "%s-journal", database);
	(void)unlink(database);
	(void)unlink(journal);
}

bool home_generation_is_torn(const char *name)
{
	const size_t len = 16;
	return name[0] == '.' && strspn(name + 1, "0123456789abcdef") == len && strcmp(name + 1 + len, ".tmp") == 0;
}

static bool holds_keys(const char *path)
{
	char start[16] = {0};
	const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (file < 0)
		return false;
	const bool is_read = pread(file, start, sizeof start - 1, 0) > 0;
	(void)close(file);
	return is_read && (strncmp(start, "sijilkey", 8) == 0 || strncmp(start, "sijil-backup", 12) == 0);
}

void home_generation_erase_torn(const struct home *home)
{
	DIR *const names = opendir(home->folder);
	const struct dirent *entry;
	if (names == NULL)
		return;
	while ((entry = readdir(names)) != NULL) {
		char path[HOME_PATH_BYTES + sizeof entry->d_name];
		(void)snprintf(path, sizeof path, "%s/%s", home->folder, entry->d_name);
		if (home_generation_is_torn(entry->d_name) && holds_keys(path))
			home_generation_erase(path);
	}
	(void)closedir(names);
}

enum fate { STAYS, GOES, IS_ERASED };

static enum fate fate_of(const char *name, uint64_t living)
{
	uint64_t generation;
	const char *rest;
	if (!parse_name(&generation, &rest, name))
		return STAYS;
	if (generation < living)
		return IS_ERASED;
	return generation >= living && strncmp(rest, UNFINISHED, sizeof UNFINISHED - 1) == 0 ? GOES : STAYS;
}

static void remove_others(const struct home *home, uint64_t living)
{
	DIR *const names = opendir(home->folder);
	const struct dirent *entry;
	if (names == NULL)
		return;
	while ((entry = readdir(names)) != NULL) {
		const enum fate fate = fate_of(entry->d_name, living);
		char path[HOME_PATH_BYTES + sizeof entry->d_name];
		if (fate == STAYS)
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", home->folder, entry->d_name);
		if (fate == IS_ERASED)
			home_generation_erase(path);
		else
			(void)unlink(path);
	}
	(void)closedir(names);
}

static enum status cannot(const char *path, const char *what, struct error *err)
{
	(void)error_set(err, STATUS_IO, "'%s' cannot be %s: %s", path, what, strerror(errno));
	error_hint(err, "nothing is lost; try again, or copy the folder to another disk");
	return STATUS_IO;
}

/* Of a database that was set aside, and kept with it there (app/home_swap.h): it must not be played into the one that waits
 * for the name. Under the folder's lock, for whoever was faster may have a journal of his own by now. */
static enum status drop_journal(const struct home *home, const char *unfinished, struct error *err)
{
	char journal[HOME_PATH_BYTES];
	int lock;
	enum status status = home_path(journal, home->database_path, "-journal", err);
	if (status != STATUS_OK || !file_exists(journal) || !file_exists(unfinished))
		return status;
	status = home_lock(&lock, home, err);
	if (status != STATUS_OK)
		return status;
	if (!file_exists(home->database_path) && unlink(journal) != 0 && errno != ENOENT)
		status = cannot(journal, "removed", err);
	else if (fsync(lock) != 0)
		status = cannot(home->folder, "saved", err);
	(void)close(lock);
	return status;
}

static enum status settle(const struct home *home, uint64_t generation, struct error *err)
{
	char unfinished[HOME_PATH_BYTES];
	enum status status = home_path(unfinished, home->database_path, UNFINISHED, err);
	if (status == STATUS_OK && !file_exists(home->database_path)) {
		status = drop_journal(home, unfinished, err);
		/* Another program that opens it at the same time may have been faster. */
		if (status == STATUS_OK && rename(unfinished, home->database_path) != 0 && !file_exists(home->database_path))
			status = cannot(home->database_path, "put into place", err);
	}
	if (status == STATUS_OK)
		remove_others(home, generation);
	return status;
}

enum status home_generation_settle(const struct home *home, struct error *err)
{
	return settle(home, keyfile_generation(home->keyfile), err);
}

enum status home_generation_take(struct home *home, uint64_t generation, struct error *err)
{
	const enum status status = home_set_generation(home, generation, err);
	return status == STATUS_OK ? settle(home, generation, err) : status;
}

static bool is_kept(const char *name, const char *kept)
{
	const size_t len = strlen(kept);
	return len > 0 && strncmp(name, kept, len) == 0 && (name[len] == '\0' || strcmp(name + len, "-journal") == 0);
}

static void remove_all_but(const struct home *home, const char *kept)
{
	DIR *const names = opendir(home->folder);
	const struct dirent *entry;
	uint64_t generation;
	const char *rest;
	if (names == NULL)
		return;
	while ((entry = readdir(names)) != NULL) {
		char path[HOME_PATH_BYTES + sizeof entry->d_name];
		if (!parse_name(&generation, &rest, entry->d_name) || is_kept(entry->d_name, kept))
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", home->folder, entry->d_name);
		(void)unlink(path);
	}
	(void)closedir(names);
}

void home_generation_remove_all(const struct home *home)
{
	remove_all_but(home, "");
}

void home_generation_remove_all_but_one(const struct home *home)
{
	remove_all_but(home, strrchr(home->database_path, '/') + 1);
}
