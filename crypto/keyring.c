#include "crypto/keyring.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	NAME_BYTES = 16,
	TIMEOUT_MAX_S = 86400,
};

/* What the user's processes may do with the key, whether or not they possess it
 * (man 7 keyrings): a login of its own does not. The kernel exports no names. */
static const unsigned long permissions = 0x3f000000ul /* possessor: all */ | 0x002f0000ul /* user: all but link */;

/* The user's other sessions see both; the session keyring dies with its session. */
static const int32_t places[] = {KEY_SPEC_USER_SESSION_KEYRING, KEY_SPEC_USER_KEYRING};
enum { PLACES = sizeof places / sizeof places[0] };

static const char key_type[] = "user";

struct description {
	char text[sizeof "sijil:" + 2 * (size_t)NAME_BYTES];
};

static enum status describe(struct description *description, struct span name, struct error *err)
{
	static const char prefix[] = "sijil:";
	if (name.len != NAME_BYTES)
		return error_set(err, STATUS_BUG, "a key is kept under a name of %d bytes", NAME_BYTES);
	memcpy(description->text, prefix, sizeof prefix);
	(void)sodium_bin2hex(description->text + sizeof prefix - 1, sizeof description->text - sizeof prefix + 1,
	                     name.data, name.len);
	return STATUS_OK;
}

static long find_key(int32_t place, const struct description *description)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, place, key_type, description->text, 0);
}

static long read_key(long key, void *content, size_t capacity)
{
	return syscall(SYS_keyctl, KEYCTL_READ, key, content, capacity);
}

static int revoke_key(long key)
{
	return (int)syscall(SYS_keyctl, KEYCTL_REVOKE, key);
}

/* Whether a process of another session of this user can read a key of `len`
 * bytes; asked in a child that leaves our session. It learns the length alone. */
static bool is_found_by_others(int32_t place, const struct description *description, size_t len)
{
	const pid_t child = fork();
	if (child < 0)
		return false;
	if (child == 0) {
		const bool has_left = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0;
		const long key = find_key(place, description);
		_exit(has_left && key >= 0 && read_key(key, NULL, 0) == (long)len ? 0 : 1);
	}
	int how = 0;
	while (waitpid(child, &how, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

/* Keeps the key in one keyring; false, with nothing kept, if that does not work. */
static bool put_in(int32_t place, const struct description *description, const struct secret *key, uint32_t timeout_s)
{
	const long id = syscall(SYS_add_key, key_type, description->text, key->data, key->len, place);
	if (id < 0)
		return false;
	if (syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, id, timeout_s) == 0 &&
	    syscall(SYS_keyctl, KEYCTL_SETPERM, id, permissions) == 0 &&
	    is_found_by_others(place, description, key->len))
		return true;
	(void)revoke_key(id);
	return false;
}

static enum status revoke_all(const struct description *description, bool *was_kept, struct error *err)
{
	bool is_found = false;
	for (size_t i = 0; i < PLACES; i++) {
		const long id = find_key(places[i], description);
		if (id < 0)
			continue;
		if (revoke_key(id) != 0 && errno != EKEYREVOKED && errno != EKEYEXPIRED)
			return error_set(err, STATUS_IO, "the key cannot be taken out of the system's keyring: %s", strerror(errno));
		is_found = true;
	}
	*was_kept = is_found;
	return STATUS_OK;
}

enum status keyring_put(struct span name, const struct secret *key, uint32_t timeout_s, struct error *err)
{
	struct description description;
	bool was_kept = false;

	enum status status = describe(&description, name, err);
	if (status != STATUS_OK)
		return status;
	if (timeout_s == 0 || timeout_s > TIMEOUT_MAX_S)
		return error_set(err, STATUS_BAD_INPUT, "a key is kept for 1 to %d seconds, not %u", TIMEOUT_MAX_S, timeout_s);
	if (key->len == 0 || key->len > KEYRING_KEY_MAX_BYTES)
		return error_set(err, STATUS_BUG, "a key of %zu bytes cannot be kept", key->len);
	/* A key left in the second place would be found when the first has expired. */
	status = revoke_all(&description, &was_kept, err);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < PLACES; i++) {
		if (put_in(places[i], &description, key, timeout_s))
			return STATUS_OK;
	}
	(void)error_set(err, STATUS_REFUSED, "this system has no keyring that keeps a key between commands");
	error_hint(err, "Each command will ask for the passphrase.");
	return STATUS_REFUSED;
}

static enum status not_kept(struct error *err)
{
	return error_set(err, STATUS_NOT_FOUND, "no key is kept in the system's keyring");
}

enum status keyring_get(struct span name, struct secret **key, struct error *err)
{
	struct description description;
	struct secret *found = NULL;

	enum status status = describe(&description, name, err);
	if (status == STATUS_OK)
		status = secret_new(&found, KEYRING_KEY_MAX_BYTES, err);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < PLACES; i++) {
		const long id = find_key(places[i], &description);
		const long len = id < 0 ? -1 : read_key(id, found->data, found->capacity);
		if (len <= 0 || (size_t)len > found->capacity)
			continue;
		found->len = (size_t)len;
		*key = found;
		return STATUS_OK;
	}
	secret_free(found);
	return not_kept(err);
}

/* One that expired or was revoked has no description any more. */
static bool is_ours(int32_t key)
{
	static const char type[] = "user;", name[] = ";sijil:";
	char text[256] = {0};
	const long len = syscall(SYS_keyctl, KEYCTL_DESCRIBE, key, text, sizeof text - 1);
	return len > 0 && (size_t)len < sizeof text && strncmp(text, type, sizeof type - 1) == 0 && strstr(text, name) != NULL;
}

static size_t count_in(int32_t place)
{
	size_t count = 0;
	const long bytes = read_key(place, NULL, 0);
	int32_t *const keys = bytes > 0 ? calloc(1, (size_t)bytes) : NULL;
	const long len = keys == NULL ? 0 : read_key(place, keys, (size_t)bytes);
	/* More than there was room for: another process adds keys just now, and none was handed out. */
	for (size_t i = 0; len > 0 && len <= bytes && i < (size_t)len / sizeof *keys; i++)
		count += is_ours(keys[i]);
	free(keys);
	return count;
}

size_t keyring_count(void)
{
	size_t count = 0;
	for (size_t i = 0; i < PLACES; i++)
		count += count_in(places[i]);
	return count;
}

enum status keyring_drop(struct span name, struct error *err)
{
	struct description description;
	bool was_kept = false;

	enum status status = describe(&description, name, err);
	if (status == STATUS_OK)
		status = revoke_all(&description, &was_kept, err);
	if (status != STATUS_OK)
		return status;
	return was_kept ? STATUS_OK : not_kept(err);
}
