#include "crypto/keyring.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/keyctl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/crypto/denied_call.h"

static uint8_t name_bytes[16];
static const struct span name = {name_bytes, sizeof name_bytes};
static struct secret *key;

static void start(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	randombytes_buf(name_bytes, sizeof name_bytes);
	cr_assert_eq(secret_new_random(&key, 32, NULL), STATUS_OK);
}

static void stop(void)
{
	(void)!keyring_drop(name, NULL);
	secret_free(key);
}

TestSuite(keyring, .init = start, .fini = stop);

/* Tests of what a keyring does need one: containers often have none. */
static void put_or_skip(uint32_t timeout_s)
{
	struct error err = {0};
	const enum status status = keyring_put(name, key, timeout_s, &err);
	if (status == STATUS_REFUSED)
		cr_skip_test("this system has no usable keyring");
	cr_assert_eq(status, STATUS_OK, "%s", err.message);
}

static bool is_kept(void)
{
	struct secret *found = NULL;
	const enum status status = keyring_get(name, &found, NULL);
	const bool is_same = status == STATUS_OK && span_equals(secret_span(found), secret_span(key));
	cr_assert(is_same || status == STATUS_NOT_FOUND);
	cr_assert_eq(found == NULL, status != STATUS_OK);
	secret_free(found);
	return is_same;
}

/* Asks is_kept in a process of a session of its own, as user `uid`. */
static bool is_kept_for(uid_t uid)
{
	const pid_t child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		struct secret *found = NULL;
		if (setsid() < 0 || setresuid(uid, uid, uid) != 0 ||
		    syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
			_exit(9);
		const enum status status = keyring_get(name, &found, NULL);
		_exit(status == STATUS_OK && span_equals(secret_span(found), secret_span(key)) ? 1 : 0);
	}
	int how = 0;
	cr_assert_eq(waitpid(child, &how, 0), child);
	cr_assert(WIFEXITED(how) && WEXITSTATUS(how) <= 1);
	return WEXITSTATUS(how) == 1;
}

Test(keyring, another_session_of_the_user_fetches_the_key)
{
	put_or_skip(60);
	cr_assert(is_kept());
	cr_assert(is_kept_for(getuid()));
}

Test(keyring, another_user_does_not)
{
	if (getuid() != 0)
		cr_skip_test("needs root to become another user");
	put_or_skip(60);
	cr_assert_not(is_kept_for(65534));
}

Test(keyring, another_session_can_drop_it)
{
	put_or_skip(60);
	const pid_t child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
			_exit(255);
		_exit((int)keyring_drop(name, NULL));
	}
	int how = 0;
	cr_assert_eq(waitpid(child, &how, 0), child);
	cr_assert(WIFEXITED(how));
	cr_assert_eq(WEXITSTATUS(how), STATUS_OK);
	cr_assert_not(is_kept());
}

Test(keyring, a_dropped_key_is_gone)
{
	struct error err = {0};
	put_or_skip(60);
	cr_assert_eq(keyring_drop(name, NULL), STATUS_OK);
	cr_assert_not(is_kept());
	cr_assert_eq(keyring_drop(name, &err), STATUS_NOT_FOUND);
	cr_assert_str_not_empty(err.message);
}

Test(keyring, what_is_kept_is_counted_whatever_its_name)
{
	put_or_skip(60);
	cr_assert_geq(keyring_count(), 1, "other programs may keep more");
}

Test(keyring, a_key_put_again_replaces_the_first)
{
	put_or_skip(60);
	randombytes_buf(key->data, key->len);
	cr_assert_not(is_kept_for(getuid()));
	cr_assert_eq(keyring_put(name, key, 60, NULL), STATUS_OK);
	cr_assert(is_kept());
	cr_assert_eq(keyring_drop(name, NULL), STATUS_OK);
	cr_assert_not(is_kept());
}

Test(keyring, a_key_expires)
{
	put_or_skip(2); /* the kernel counts whole seconds: this lives 1 to 2 */
	const struct timespec step = {0, 100000000};
	struct secret *found = NULL;
	for (int i = 0; i < 100 && keyring_get(name, &found, NULL) == STATUS_OK; i++) {
		secret_free(found);
		found = NULL;
		(void)nanosleep(&step, NULL);
	}
	cr_assert_null(found);
	cr_assert_eq(keyring_drop(name, NULL), STATUS_NOT_FOUND);
	cr_assert_eq(keyring_put(name, key, 60, NULL), STATUS_OK);
}

Test(keyring, an_unknown_name_is_not_found)
{
	cr_assert_not(is_kept());
	cr_assert_eq(keyring_drop(name, NULL), STATUS_NOT_FOUND);
}

Test(keyring, times_names_and_keys_out_of_bounds_are_refused)
{
	struct secret *big = NULL, *empty = NULL, *found = NULL;
	const struct span half = {name_bytes, 8};
	cr_assert_eq(secret_new_random(&big, KEYRING_KEY_MAX_BYTES + 1, NULL), STATUS_OK);
	cr_assert_eq(secret_new(&empty, 1, NULL), STATUS_OK);
	cr_assert_eq(keyring_put(name, key, 0, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(keyring_put(name, key, 86401, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(keyring_put(name, big, 60, NULL), STATUS_BUG);
	cr_assert_eq(keyring_put(name, empty, 60, NULL), STATUS_BUG);
	cr_assert_eq(keyring_put(half, key, 60, NULL), STATUS_BUG);
	cr_assert_eq(keyring_get(half, &found, NULL), STATUS_BUG);
	cr_assert_eq(keyring_drop(half, NULL), STATUS_BUG);
	cr_assert_not(is_kept());
	secret_free(big);
	secret_free(empty);
}

Test(keyring, a_system_without_one_is_named_and_asks_each_time)
{
	struct error err = {0};
	if (!denied_call_always(SYS_add_key, ENOSYS) || !denied_call_always(SYS_keyctl, ENOSYS))
		cr_skip_test("this system does not let a test forbid a system call");
	cr_assert_eq(keyring_put(name, key, 60, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "no keyring"));
	cr_assert_not_null(strstr(err.hint, "passphrase"));
	cr_assert_not(is_kept());
	cr_assert_eq(keyring_drop(name, NULL), STATUS_NOT_FOUND);
}

/* One refused step of putting: nothing may stay behind, least of all untimed. */
static void expect_nothing_kept_without(uint32_t operation)
{
	put_or_skip(60);
	if (!denied_call(SYS_keyctl, EPERM, 0, operation))
		cr_skip_test("this system does not let a test forbid a system call");
	cr_assert_eq(keyring_put(name, key, 60, NULL), STATUS_REFUSED);
	cr_assert_not(is_kept());
}

Test(keyring, nothing_is_kept_that_would_not_expire)
{
	expect_nothing_kept_without(KEYCTL_SET_TIMEOUT);
}

Test(keyring, nothing_is_kept_without_its_permissions)
{
	expect_nothing_kept_without(KEYCTL_SETPERM);
}

Test(keyring, nothing_is_kept_that_others_cannot_read)
{
	expect_nothing_kept_without(KEYCTL_READ);
}

Test(keyring, nothing_is_kept_if_the_probe_cannot_leave_our_session)
{
	expect_nothing_kept_without(KEYCTL_JOIN_SESSION_KEYRING);
}

Test(keyring, the_user_keyring_serves_where_the_first_place_does_not)
{
	put_or_skip(60);
	if (!denied_call(SYS_add_key, EACCES, 4, (uint32_t)KEY_SPEC_USER_SESSION_KEYRING))
		cr_skip_test("this system does not let a test forbid a system call");
	cr_assert_eq(keyring_put(name, key, 60, NULL), STATUS_OK);
	cr_assert(is_kept());
	cr_assert(is_kept_for(getuid()));
	cr_assert_eq(keyring_drop(name, NULL), STATUS_OK);
	cr_assert_not(is_kept());
}

Test(keyring, a_drop_that_the_system_refuses_is_not_called_done)
{
	struct error err = {0};
	put_or_skip(2);
	if (!denied_call(SYS_keyctl, EPERM, 0, KEYCTL_REVOKE))
		cr_skip_test("this system does not let a test forbid a system call");
	cr_assert_eq(keyring_drop(name, &err), STATUS_IO);
	cr_assert_str_not_empty(err.message);
}
