#include "crypto/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	READ_CHUNK_BYTES = 65536,
	/* "." 16 hexadecimal digits ".tmp" and NUL: short on purpose, so that any
	 * name the file system allows can be replaced. */
	TEMPORARY_NAME_BYTES = 1 + 16 + 4 + 1,
};

static enum status system_error(struct error *err, const char *what, const char *path)
{
	const int cause = errno;
	const bool absent = cause == ENOENT || cause == ENOTDIR;

	(void)error_set(err, absent ? STATUS_NOT_FOUND : STATUS_IO, "cannot %s \"%s\": %s", what, path, strerror(cause));
	if (cause == ENOSPC || cause == EDQUOT)
		error_hint(err, "The disk is full. Make room and try again.");
	else if (absent)
		error_hint(err, "Check the name, and the folder that it is in.");
	else
		error_hint(err, "Try again; if it fails again, use another disk.");
	if (cause == EROFS || cause == EACCES || cause == EPERM)
		error_hint(err, "Check who may read and write there, or choose another folder.");
	return absent ? STATUS_NOT_FOUND : STATUS_IO;
}

static enum status read_all(struct bytes *content, int fd, size_t max, const char *name, struct error *err)
{
	for (;;) {
		const enum status status = bytes_reserve(content, READ_CHUNK_BYTES, err);
		if (status != STATUS_OK)
			return status;
		size_t room = content->capacity - content->len;
		if (room > max - content->len)
			room = max - content->len + 1; /* one more shows that it is too long */
		const ssize_t n = read(fd, content->data + content->len, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return system_error(err, "read", name);
		if (n == 0)
			return STATUS_OK;
		content->len += (size_t)n;
		if (content->len > max)
			return error_set(err, STATUS_BAD_INPUT, "\"%s\" is longer than %zu bytes", name, max);
	}
}

enum status file_read(struct bytes *content, const char *path, size_t max, struct error *err)
{
	const bool is_standard_input = strcmp(path, "-") == 0;
	const char *name = is_standard_input ? "standard input" : path;
	struct bytes whole = {0};
	enum status status = STATUS_OK;
	const int fd = is_standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return system_error(err, "open", name);
	status = read_all(&whole, fd, max, name, err);
	if (status != STATUS_OK)
		goto out;
	bytes_wipe(content);
	*content = whole;
	whole = (struct bytes){0};
out:
	bytes_wipe(&whole);
	if (!is_standard_input)
		(void)close(fd);
	return status;
}

/* `content` has room for max + 1 bytes. */
static enum status read_all_secret(struct secret *content, int fd, size_t max, const char *name, struct error *err)
{
	for (;;) {
		const ssize_t n = read(fd, content->data + content->len, content->capacity - content->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return system_error(err, "read", name);
		if (n == 0)
			return STATUS_OK;
		content->len += (size_t)n;
		if (content->len > max)
			return error_set(err, STATUS_BAD_INPUT, "\"%s\" is longer than %zu bytes", name, max);
	}
}

enum status file_read_secret(struct secret **content, const char *path, size_t max, struct error *err)
{
	const bool is_standard_input = strcmp(path, "-") == 0;
	const char *name = is_standard_input ? "standard input" : path;
	const int fd = is_standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct secret *whole = NULL;
	if (fd < 0)
		return system_error(err, "open", name);
	enum status status = secret_new(&whole, max + 1, err);
	if (status == STATUS_OK)
		status = read_all_secret(whole, fd, max, name, err);
	if (status == STATUS_OK)
		*content = whole;
	else
		secret_free(whole);
	if (!is_standard_input)
		(void)close(fd);
	return status;
}

/* The folder of `path`, open, and the name within it. */
static enum status open_folder(int *folder, const char **name, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	*name = slash == NULL ? path : slash + 1;
	if (**name == '\0' || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0)
		return error_set(err, STATUS_BAD_INPUT, "\"%s\" is not the name of a file", path);

	struct bytes text = {0};
	struct span parent = {(const uint8_t *)".", 1};
	if (slash != NULL)
		parent = (struct span){(const uint8_t *)path, slash == path ? 1 : (size_t)(slash - path)};
	enum status status = bytes_append(&text, parent, err);
	if (status == STATUS_OK)
		status = bytes_append(&text, (struct span){(const uint8_t *)"", 1}, err);
	if (status != STATUS_OK)
		goto out;
	*folder = open((const char *)text.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*folder < 0)
		status = system_error(err, "open the folder", (const char *)text.data);
out:
	bytes_wipe(&text);
	return status;
}

static enum status refuse_existing(struct error *err, const char *path)
{
	(void)error_set(err, STATUS_REFUSED, "\"%s\" exists already", path);
	error_hint(err, "Nothing was changed. Choose another name, or move the file away.");
	return STATUS_REFUSED;
}

/* A rename would silently swap a link or a device for a file. */
static enum status check_target(int folder, const char *name, const char *path, bool replace, struct error *err)
{
	struct stat there;
	if (fstatat(folder, name, &there, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? STATUS_OK : system_error(err, "look at", path);
	if (!replace)
		return refuse_existing(err, path);
	if (!S_ISREG(there.st_mode))
		return error_set(err, STATUS_REFUSED, "\"%s\" is a link, folder or device, not a plain file", path);
	return STATUS_OK;
}

static enum status write_all(int fd, struct span content, const char *path, struct error *err)
{
	size_t done = 0;
	while (done < content.len) {
		const ssize_t n = write(fd, content.data + done, content.len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return system_error(err, "write", path);
		done += (size_t)n;
	}
	return STATUS_OK;
}

static enum status write_temporary(int folder, const char *temporary, struct span content, const char *path,
                                   struct error *err)
{
	const int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return system_error(err, "write beside", path);
	enum status status = write_all(fd, content, path, err);
	if (status == STATUS_OK && fsync(fd) != 0)
		status = system_error(err, "save", path);
	if (close(fd) != 0 && status == STATUS_OK)
		status = system_error(err, "save", path);
	if (status != STATUS_OK)
		(void)unlinkat(folder, temporary, 0);
	return status;
}

/* Where a file system cannot rename without replacing, the name is first taken
 * with an empty file: at worst a power cut leaves that. */
static int take_name(int folder, const char *temporary, const char *name)
{
	if (renameat2(folder, temporary, folder, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
		return -1;
	const int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	(void)close(fd);
	if (renameat(folder, temporary, folder, name) == 0)
		return 0;
	const int cause = errno;
	(void)unlinkat(folder, name, 0);
	errno = cause;
	return -1;
}

/* Some network file systems cannot sync a folder and say EINVAL. */
static int sync_folder(int folder)
{
	return fsync(folder) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : -1;
}

enum status file_write(const char *path, struct span content, bool replace, struct error *err)
{
	int folder = -1;
	const char *name = NULL;
	char temporary[TEMPORARY_NAME_BYTES];
	uint32_t random[2];

	enum status status = open_folder(&folder, &name, path, err);
	if (status != STATUS_OK)
		return status;
	status = check_target(folder, name, path, replace, err);
	if (status != STATUS_OK)
		goto out;
	randombytes_buf(random, sizeof random);
	(void)snprintf(temporary, sizeof temporary, ".%08x%08x.tmp", random[0], random[1]);
	status = write_temporary(folder, temporary, content, path, err);
	if (status != STATUS_OK)
		goto out;
	if ((replace ? renameat(folder, temporary, folder, name) : take_name(folder, temporary, name)) != 0) {
		status = errno == EEXIST ? refuse_existing(err, path) : system_error(err, "save", path);
		(void)unlinkat(folder, temporary, 0);
		goto out;
	}
	if (sync_folder(folder) != 0) {
		status = system_error(err, "save for good", path);
		/* What was not saved does not stand in the way of the next try. */
		if (!replace)
			(void)unlinkat(folder, name, 0);
	}
out:
	(void)close(folder);
	return status;
}

enum status file_sync_folder(const char *path, struct error *err)
{
	int folder = -1;
	const char *name = NULL;
	enum status status = open_folder(&folder, &name, path, err);
	if (status != STATUS_OK)
		return status;
	if (sync_folder(folder) != 0)
		status = system_error(err, "save for good", path);
	(void)close(folder);
	return status;
}

bool file_exists(const char *path)
{
	struct stat there;
	return lstat(path, &there) == 0;
}
