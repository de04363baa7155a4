#include "crypto/file.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/crypto/denied_call.h"

static char folder[] = "/tmp/sijil-test-file-XXXXXX";

static void start(void)
{
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

static size_t files_in(const char *path)
{
	size_t n = 0;
	DIR *const dir = opendir(path);
	cr_assert_not_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	(void)closedir(dir);
	return n;
}

static void stop(void)
{
	DIR *const dir = opendir(folder);
	for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
		(void)unlinkat(dirfd(dir), entry->d_name, entry->d_type == DT_DIR ? AT_REMOVEDIR : 0);
	(void)closedir(dir);
	cr_assert_eq(chdir("/"), 0);
	(void)rmdir(folder);
}

TestSuite(file, .init = start, .fini = stop);

static void expect_content(const char *path, const char *text)
{
	struct bytes content = {0};
	cr_assert_eq(file_read(&content, path, 1000, NULL), STATUS_OK);
	cr_assert(span_equals(bytes_span(&content), span_from_text(text)), "%s holds something else", path);
	bytes_wipe(&content);
}

static enum status write_text(const char *path, const char *text, bool replace, struct error *err)
{
	return file_write(path, span_from_text(text), replace, err);
}

Test(file, reads_back_what_was_written_with_mode_0600)
{
	struct stat there;
	(void)umask(0);
	cr_assert_eq(write_text("a", "one", false, NULL), STATUS_OK);
	expect_content("a", "one");
	cr_assert_eq(stat("a", &there), 0);
	cr_assert_eq(there.st_mode & 07777, 0600);
	cr_assert_eq(files_in("."), 1);
}

Test(file, replaces_whole_and_leaves_nothing_beside)
{
	cr_assert_eq(write_text("a", "a longer first content", true, NULL), STATUS_OK);
	cr_assert_eq(write_text("./a", "two", true, NULL), STATUS_OK);
	expect_content("a", "two");
	cr_assert_eq(files_in("."), 1);
}

Test(file, replacing_gives_a_file_readable_by_all_mode_0600_again)
{
	struct stat there;
	cr_assert_eq(write_text("a", "one", false, NULL), STATUS_OK);
	cr_assert_eq(chmod("a", 0644), 0);
	cr_assert_eq(write_text("a", "two", true, NULL), STATUS_OK);
	cr_assert_eq(stat("a", &there), 0);
	cr_assert_eq(there.st_mode & 07777, 0600);
}

Test(file, an_existing_one_is_refused_and_left)
{
	struct error err = {0};
	cr_assert_eq(write_text("a", "one", false, NULL), STATUS_OK);
	cr_assert_eq(write_text("a", "two", false, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "\"a\""));
	cr_assert_str_not_empty(err.hint);
	expect_content("a", "one");
	cr_assert_eq(files_in("."), 1);
}

Test(file, writes_nothing_and_large_content)
{
	struct bytes content = {0};
	static uint8_t large[300000];
	memset(large, 'x', sizeof large);
	cr_assert_eq(file_write("empty", (struct span){NULL, 0}, false, NULL), STATUS_OK);
	cr_assert_eq(file_write("large", (struct span){large, sizeof large}, false, NULL), STATUS_OK);
	cr_assert_eq(file_read(&content, "empty", 0, NULL), STATUS_OK);
	cr_assert_eq(content.len, 0);
	cr_assert_eq(file_read(&content, "large", SIZE_MAX / 4, NULL), STATUS_OK);
	cr_assert(span_equals(bytes_span(&content), (struct span){large, sizeof large}));
	bytes_wipe(&content);
}

Test(file, reading_replaces_the_content_and_failing_leaves_it)
{
	struct bytes content = {0};
	struct error err = {0};
	cr_assert_eq(bytes_append(&content, span_from_text("before"), NULL), STATUS_OK);
	cr_assert_eq(file_read(&content, "absent", 10, &err), STATUS_NOT_FOUND);
	cr_assert_not_null(strstr(err.message, "\"absent\""));
	cr_assert(span_equals(bytes_span(&content), span_from_text("before")));
	cr_assert_eq(write_text("a", "12345", false, NULL), STATUS_OK);
	cr_assert_eq(file_read(&content, "a", 4, &err), STATUS_BAD_INPUT);
	cr_assert(span_equals(bytes_span(&content), span_from_text("before")));
	cr_assert_eq(file_read(&content, "a", 5, NULL), STATUS_OK);
	cr_assert(span_equals(bytes_span(&content), span_from_text("12345")));
	bytes_wipe(&content);
}

Test(file, an_endless_one_is_refused)
{
	struct bytes content = {0};
	cr_assert_eq(file_read(&content, "/dev/zero", 100000, NULL), STATUS_BAD_INPUT);
	cr_assert_null(content.data);
}

Test(file, a_folder_cannot_be_read_or_written_over)
{
	struct bytes content = {0};
	cr_assert_eq(mkdir("d", 0700), 0);
	cr_assert_eq(file_read(&content, "d", 100, NULL), STATUS_IO);
	cr_assert_eq(write_text("d", "x", true, NULL), STATUS_REFUSED);
	cr_assert_eq(write_text("d", "x", false, NULL), STATUS_REFUSED);
	cr_assert_eq(write_text("d/", "x", true, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(write_text("d/..", "x", true, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(write_text("", "x", true, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(files_in("."), 1);
}

Test(file, in_a_folder_that_is_not_there_is_not_found)
{
	struct error err = {0};
	cr_assert_eq(write_text("no/a", "x", true, &err), STATUS_NOT_FOUND);
	cr_assert_not_null(strstr(err.message, "\"no\""));
	cr_assert_eq(files_in("."), 0);
}

Test(file, absolute_paths_and_longest_names_work)
{
	char path[PATH_MAX];
	char name[NAME_MAX + 1];
	memset(name, 'n', NAME_MAX);
	name[NAME_MAX] = '\0';
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	cr_assert_eq(write_text(path, "one", false, NULL), STATUS_OK);
	cr_assert_eq(write_text(path, "two", true, NULL), STATUS_OK);
	expect_content(name, "two");
}

Test(file, links_are_never_followed_when_writing)
{
	struct stat there;
	cr_assert_eq(write_text("target", "kept", false, NULL), STATUS_OK);
	cr_assert_eq(symlink("target", "link"), 0);
	cr_assert_eq(symlink("nowhere", "dangling"), 0);
	for (int replace = 0; replace < 2; replace++) {
		cr_assert_eq(write_text("link", "x", replace, NULL), STATUS_REFUSED);
		cr_assert_eq(write_text("dangling", "x", replace, NULL), STATUS_REFUSED);
	}
	expect_content("target", "kept");
	cr_assert_eq(lstat("link", &there), 0);
	cr_assert(S_ISLNK(there.st_mode));
	cr_assert_eq(access("nowhere", F_OK), -1);
	cr_assert_eq(files_in("."), 3);
}

Test(file, devices_and_pipes_are_not_replaced)
{
	struct stat there;
	cr_assert_eq(mkfifo("pipe", 0600), 0);
	cr_assert_eq(write_text("pipe", "x", true, NULL), STATUS_REFUSED);
	cr_assert_eq(lstat("pipe", &there), 0);
	cr_assert(S_ISFIFO(there.st_mode));
}

Test(file, exists_says_whether_the_name_is_taken)
{
	cr_assert_eq(write_text("a", "", false, NULL), STATUS_OK);
	cr_assert_eq(symlink("nowhere", "dangling"), 0);
	cr_assert(file_exists("a"));
	cr_assert(file_exists("dangling"));
	cr_assert(file_exists("/"));
	cr_assert_not(file_exists("b"));
}

Test(file, standard_input_is_read_and_stays_open)
{
	int ends[2];
	struct bytes content = {0};
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], "piped", 5), 5);
	(void)close(ends[1]);
	cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	cr_assert_eq(file_read(&content, "-", 100, NULL), STATUS_OK);
	cr_assert(span_equals(bytes_span(&content), span_from_text("piped")));
	cr_assert_neq(fcntl(STDIN_FILENO, F_GETFD), -1);
	bytes_wipe(&content);
}

Test(file, a_write_cut_short_keeps_the_old_content_and_no_rest)
{
	static uint8_t large[100000];
	struct error err = {0};
	const struct rlimit small = {4096, 4096};
	cr_assert_eq(write_text("a", "old", false, NULL), STATUS_OK);
	(void)signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	cr_assert_eq(file_write("a", (struct span){large, sizeof large}, true, &err), STATUS_IO);
	cr_assert_eq(file_write("b", (struct span){large, sizeof large}, false, NULL), STATUS_IO);
	cr_assert_not_null(strstr(err.message, "\"a\""));
	expect_content("a", "old");
	cr_assert_eq(files_in("."), 1);
}

Test(file, a_full_disk_says_so_and_keeps_the_old_content)
{
	static uint8_t large[100000];
	struct error err = {0};
	if (geteuid() != 0 || mount("sijil-test", folder, "tmpfs", 0, "size=65536") != 0)
		cr_skip_test("needs root to mount a small file system");
	cr_assert_eq(chdir(folder), 0);
	cr_assert_eq(write_text("a", "old", false, NULL), STATUS_OK);
	const enum status status = file_write("a", (struct span){large, sizeof large}, true, &err);
	struct bytes content = {0};
	const enum status read_status = file_read(&content, "a", 100, NULL);
	const size_t count = files_in(".");
	cr_assert_eq(chdir("/"), 0);
	cr_assert_eq(umount(folder), 0);
	cr_assert_eq(status, STATUS_IO);
	cr_assert_not_null(strstr(err.hint, "disk is full"));
	cr_assert_eq(read_status, STATUS_OK);
	cr_assert(span_equals(bytes_span(&content), span_from_text("old")));
	cr_assert_eq(count, 1);
	bytes_wipe(&content);
}

static void deny_or_skip(long number, int error)
{
	if (!denied_call_always(number, error))
		cr_skip_test("this system does not let a test forbid a system call");
}

Test(file, is_created_only_once_where_the_system_cannot_rename_without_replacing)
{
	if (!denied_call(SYS_renameat2, EINVAL, 4, RENAME_NOREPLACE))
		cr_skip_test("this system does not let a test forbid a system call");
	cr_assert_eq(write_text("a", "one", false, NULL), STATUS_OK);
	cr_assert_eq(write_text("a", "two", false, NULL), STATUS_REFUSED);
	expect_content("a", "one");
	cr_assert_eq(files_in("."), 1);
}

Test(file, a_failing_sync_keeps_the_old_content)
{
	struct error err = {0};
	cr_assert_eq(write_text("a", "old", false, NULL), STATUS_OK);
	deny_or_skip(SYS_fsync, EIO);
	cr_assert_eq(write_text("a", "new", true, &err), STATUS_IO);
	cr_assert_not_null(strstr(err.message, "\"a\""));
	cr_assert_eq(write_text("b", "new", false, NULL), STATUS_IO);
	expect_content("a", "old");
	cr_assert_eq(files_in("."), 1);
}

/* The file itself is synced, its name is not: it must not be in the way of the next try. */
Test(file, a_new_name_that_cannot_be_synced_is_taken_back)
{
	const int folder_fd = open(".", O_RDONLY);
	struct error err = {0};
	cr_assert_geq(folder_fd, 0);
	(void)close(folder_fd);
	if (!denied_call(SYS_fsync, EIO, 0, (uint32_t)folder_fd))
		cr_skip_test("this system does not let a test forbid a system call");
	cr_assert_eq(write_text("a", "new", false, &err), STATUS_IO);
	cr_assert_not_null(strstr(err.message, "for good"), "%s", err.message);
	cr_assert_eq(files_in("."), 0);
}

Test(file, a_failing_write_keeps_the_old_content)
{
	cr_assert_eq(write_text("a", "old", false, NULL), STATUS_OK);
	if (!denied_call(SYS_write, ENOSPC, 2, 12345))
		cr_skip_test("this system does not let a test forbid a system call");
	static uint8_t content[12345];
	struct error err = {0};
	cr_assert_eq(file_write("a", (struct span){content, sizeof content}, true, &err), STATUS_IO);
	cr_assert_not_null(strstr(err.hint, "disk is full"));
	expect_content("a", "old");
	cr_assert_eq(files_in("."), 1);
}

Test(file, a_failing_read_leaves_the_output)
{
	struct bytes content = {0};
	const size_t asked = 65536;
	cr_assert_eq(write_text("a", "one", false, NULL), STATUS_OK);
	if (!denied_call(SYS_read, EIO, 2, (uint32_t)asked))
		cr_skip_test("this system does not let a test forbid a system call");
	cr_assert_eq(file_read(&content, "a", 1000000, NULL), STATUS_IO);
	cr_assert_null(content.data);
}

/* What a process without root's powers gets when it writes into the folder. */
static enum status written_by_a_user(const char *path)
{
	const pid_t child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(255);
		_exit((int)write_text(path, "x", true, NULL));
	}
	int how = 0;
	cr_assert_eq(waitpid(child, &how, 0), child);
	cr_assert(WIFEXITED(how));
	return (enum status)WEXITSTATUS(how);
}

Test(file, in_a_folder_one_may_not_write_is_an_io_error)
{
	cr_assert_eq(mkdir("d", 0755), 0);
	cr_assert_eq(chmod(folder, 0755), 0);
	cr_assert_eq(chmod("d", 0555), 0);
	cr_assert_eq(written_by_a_user("d/a"), STATUS_IO);
	cr_assert_eq(files_in("d"), 0);
	cr_assert_eq(chmod("d", 0777), 0);
	cr_assert_eq(written_by_a_user("d/a"), STATUS_OK);
	cr_assert_eq(unlink("d/a"), 0);
}

Test(file, of_many_creators_of_one_name_one_wins_and_its_content_is_whole)
{
	enum { CREATORS = 8 };
	pid_t children[CREATORS];
	int winners = 0;
	char text[] = "creator 0";

	for (int i = 0; i < CREATORS; i++) {
		children[i] = fork();
		cr_assert_geq(children[i], 0);
		if (children[i] == 0) {
			text[sizeof text - 2] = (char)('0' + i);
			_exit((int)write_text("a", text, false, NULL));
		}
	}
	int winner = -1;
	for (int i = 0; i < CREATORS; i++) {
		int how = 0;
		cr_assert_eq(waitpid(children[i], &how, 0), children[i]);
		cr_assert(WIFEXITED(how));
		cr_assert(WEXITSTATUS(how) == STATUS_OK || WEXITSTATUS(how) == STATUS_REFUSED);
		if (WEXITSTATUS(how) == STATUS_OK) {
			winner = i;
			winners++;
		}
	}
	cr_assert_eq(winners, 1);
	text[sizeof text - 2] = (char)('0' + winner);
	expect_content("a", text);
	cr_assert_eq(files_in("."), 1);
}
