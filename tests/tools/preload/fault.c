/* Loaded before the C library (LD_PRELOAD), it makes the n-th system call on the files of one folder go wrong.
 *
 *   FAULT_UNDER=FOLDER    only calls on files below it count; unset: nothing happens
 *   FAULT_CALLS=w,s,t,n,o,r   which: writes, syncs, truncations, names (rename, link, unlink, mkdir), opens, reads
 *   FAULT_AT=N            the N-th of them from 1; 0: none, only count
 *   FAULT_DOES=WORD       kill, killed-after, half-killed; short (half of it, as the kernel may);
 *                         full (half of it, then ENOSPC for ever); or EIO, ENOSPC, EDQUOT, EROFS, EACCES, EMFILE
 *   FAULT_LASTS=1         and each later one too
 *   FAULT_LOG=FILE        a line when it fires: what was called and on which file
 *
 * What a call would have done is undone by nothing: a failing sync has not synced, a failing write has not written.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum does { FAILS, KILLS, KILLS_AFTER, KILLS_HALF, SHORT, FULL };

static struct {
	const char *under, *calls, *log;
	long at;
	enum does does;
	int errnum;
	bool lasts;
} fault;
static atomic_long counted;

static const struct {
	const char *word;
	enum does does;
	int errnum;
} words[] = {
	{"kill", KILLS, 0},      {"killed-after", KILLS_AFTER, 0}, {"half-killed", KILLS_HALF, 0}, {"short", SHORT, 0},
	{"full", FULL, ENOSPC},  {"EIO", FAILS, EIO},              {"ENOSPC", FAILS, ENOSPC},      {"EDQUOT", FAILS, EDQUOT},
	{"EROFS", FAILS, EROFS}, {"EACCES", FAILS, EACCES},        {"EMFILE", FAILS, EMFILE},
};

__attribute__((constructor)) static void begin(void)
{
	const char *const does = getenv("FAULT_DOES"), *const at = getenv("FAULT_AT"), *const lasts = getenv("FAULT_LASTS");
	fault.under = getenv("FAULT_UNDER");
	fault.calls = getenv("FAULT_CALLS");
	fault.log = getenv("FAULT_LOG");
	fault.at = at != NULL ? strtol(at, NULL, 10) : 0;
	fault.lasts = lasts != NULL && lasts[0] == '1';
	for (size_t i = 0; does != NULL && i < sizeof words / sizeof words[0]; i++)
		if (strcmp(does, words[i].word) == 0) {
			fault.does = words[i].does;
			fault.errnum = words[i].errnum;
		}
	if (fault.calls == NULL)
		fault.under = NULL;
}

static void tell(const char *call, const char *path)
{
	char line[PATH_MAX + 64];
	const int len = snprintf(line, sizeof line, "%s %s\n", call, path);
	const long fd = fault.log == NULL ? -1 : syscall(SYS_openat, AT_FDCWD, fault.log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0)
		return;
	(void)syscall(SYS_write, fd, line, (size_t)len);
	(void)syscall(SYS_close, fd);
}

static _Noreturn void die(void)
{
	for (;;)
		(void)syscall(SYS_kill, getpid(), SIGKILL);
}

static bool is_below(const char *path)
{
	const size_t len = strlen(fault.under);
	return strncmp(path, fault.under, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

static bool path_of(int fd, char path[PATH_MAX])
{
	char name[40];
	(void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	const long len = syscall(SYS_readlinkat, AT_FDCWD, name, path, (size_t)PATH_MAX - 1);
	path[len > 0 ? len : 0] = '\0';
	return len > 0;
}

/* Whether this call is the one. */
static bool hits(char kind, const char *call, const char *path)
{
	if (fault.under == NULL || strchr(fault.calls, kind) == NULL || !is_below(path))
		return false;
	const long n = atomic_fetch_add(&counted, 1) + 1;
	if (fault.at == 0 || n < fault.at || (n > fault.at && !fault.lasts && fault.does != FULL))
		return false;
	if (n == fault.at)
		tell(call, path);
	return true;
}

static bool hits_fd(char kind, const char *call, int fd)
{
	char path[PATH_MAX];
	const int kept = errno;
	const bool is = fault.under != NULL && path_of(fd, path) && hits(kind, call, path);
	errno = kept;
	return is;
}

static bool hits_name(char kind, const char *call, int folder, const char *name)
{
	char path[2 * PATH_MAX], base[PATH_MAX] = "";
	if (fault.under == NULL)
		return false;
	const int kept = errno;
	if (name[0] != '/' && folder != AT_FDCWD)
		(void)path_of(folder, base);
	else if (name[0] != '/' && getcwd(base, sizeof base) == NULL)
		base[0] = '\0';
	(void)snprintf(path, sizeof path, "%s%s%s", base, base[0] != '\0' ? "/" : "", name);
	errno = kept;
	return hits(kind, call, path);
}

static int refuse(void)
{
	errno = fault.errnum;
	return -1;
}

/* A call that does all or nothing. */
#define WHOLE(is_hit, result)                                                                                          \
	do {                                                                                                           \
		const bool hit = (is_hit);                                                                             \
		if (hit && (fault.does == KILLS || fault.does == KILLS_HALF))                                          \
			die();                                                                                         \
		if (hit && (fault.does == FAILS || fault.does == FULL))                                                \
			return refuse();                                                                               \
		const __typeof__(result) value = (result);                                                             \
		if (hit && fault.does == KILLS_AFTER)                                                                  \
			die();                                                                                         \
		return value;                                                                                          \
	} while (0)

/* A write, of which half may be done. */
static ssize_t write_or_fail(int fd, const void *data, size_t len, off_t at)
{
	const bool hit = hits_fd('w', at < 0 ? "write" : "pwrite", fd);
	if (hit && fault.does == KILLS)
		die();
	const bool is_later = fault.does == FULL && atomic_load(&counted) > fault.at;
	if (hit && (fault.does == FAILS || is_later))
		return refuse();
	if (hit && fault.does != KILLS_AFTER)
		len = len / 2;
	if (hit && fault.does == FULL && len == 0)
		return refuse();
	const long done = at < 0 ? syscall(SYS_write, fd, data, len) : syscall(SYS_pwrite64, fd, data, len, at);
	if (hit && (fault.does == KILLS_AFTER || fault.does == KILLS_HALF))
		die();
	return done;
}

ssize_t write(int fd, const void *data, size_t len)
{
	return write_or_fail(fd, data, len, -1);
}
ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	return write_or_fail(fd, data, len, at);
}
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	return write_or_fail(fd, data, len, at);
}

static ssize_t read_or_fail(int fd, void *data, size_t len, off_t at)
{
	const bool hit = hits_fd('r', at < 0 ? "read" : "pread", fd);
	if (hit && (fault.does == KILLS || fault.does == KILLS_AFTER || fault.does == KILLS_HALF))
		die();
	if (hit && (fault.does == FAILS || fault.does == FULL))
		return refuse();
	if (hit && fault.does == SHORT && len > 1)
		len = len / 2;
	return at < 0 ? syscall(SYS_read, fd, data, len) : syscall(SYS_pread64, fd, data, len, at);
}

ssize_t read(int fd, void *data, size_t len)
{
	return read_or_fail(fd, data, len, -1);
}
ssize_t pread(int fd, void *data, size_t len, off_t at)
{
	return read_or_fail(fd, data, len, at);
}
ssize_t pread64(int fd, void *data, size_t len, off64_t at)
{
	return read_or_fail(fd, data, len, at);
}

int fsync(int fd)
{
	WHOLE(hits_fd('s', "fsync", fd), (int)syscall(SYS_fsync, fd));
}
int fdatasync(int fd)
{
	WHOLE(hits_fd('s', "fdatasync", fd), (int)syscall(SYS_fdatasync, fd));
}
int ftruncate(int fd, off_t size)
{
	WHOLE(hits_fd('t', "ftruncate", fd), (int)syscall(SYS_ftruncate, fd, size));
}
int ftruncate64(int fd, off64_t size)
{
	WHOLE(hits_fd('t', "ftruncate", fd), (int)syscall(SYS_ftruncate, fd, size));
}
int rename(const char *from, const char *to)
{
	WHOLE(hits_name('n', "rename", AT_FDCWD, to), (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
int renameat(int from_folder, const char *from, int folder, const char *to)
{
	WHOLE(hits_name('n', "rename", folder, to), (int)syscall(SYS_renameat2, from_folder, from, folder, to, 0));
}
int renameat2(int from_folder, const char *from, int folder, const char *to, unsigned flags)
{
	WHOLE(hits_name('n', "rename", folder, to), (int)syscall(SYS_renameat2, from_folder, from, folder, to, flags));
}
int link(const char *from, const char *to)
{
	WHOLE(hits_name('n', "link", AT_FDCWD, to), (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0));
}
int linkat(int from_folder, const char *from, int folder, const char *to, int flags)
{
	WHOLE(hits_name('n', "link", folder, to), (int)syscall(SYS_linkat, from_folder, from, folder, to, flags));
}
int unlink(const char *path)
{
	WHOLE(hits_name('n', "unlink", AT_FDCWD, path), (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}
int unlinkat(int folder, const char *path, int flags)
{
	WHOLE(hits_name('n', "unlink", folder, path), (int)syscall(SYS_unlinkat, folder, path, flags));
}
int mkdir(const char *path, mode_t mode)
{
	WHOLE(hits_name('n', "mkdir", AT_FDCWD, path), (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

static int open_or_fail(int folder, const char *path, int flags, mode_t mode)
{
	WHOLE(hits_name('o', "open", folder, path), (int)syscall(SYS_openat, folder, path, flags, mode));
}

/* The mode is there when the flags ask for it. */
#define OPEN(folder, path, flags)                                                                                      \
	do {                                                                                                           \
		va_list args;                                                                                          \
		va_start(args, flags);                                                                                 \
		const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;                   \
		va_end(args);                                                                                          \
		return open_or_fail(folder, path, flags, mode);                                                        \
	} while (0)

int open(const char *path, int flags, ...)
{
	OPEN(AT_FDCWD, path, flags);
}
int open64(const char *path, int flags, ...)
{
	OPEN(AT_FDCWD, path, flags);
}
int openat(int folder, const char *path, int flags, ...)
{
	OPEN(folder, path, flags);
}
int openat64(int folder, const char *path, int flags, ...)
{
	OPEN(folder, path, flags);
}
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	return open_or_fail(AT_FDCWD, path, flags, 0);
}
int __open64_2(const char *path, int flags);
int __open64_2(const char *path, int flags)
{
	return open_or_fail(AT_FDCWD, path, flags, 0);
}
int __openat_2(int folder, const char *path, int flags);
int __openat_2(int folder, const char *path, int flags)
{
	return open_or_fail(folder, path, flags, 0);
}
