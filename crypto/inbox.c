#include "crypto/inbox.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto/file.h"

#define PLAIN_BYTES (INBOX_RECORD_BYTES - crypto_box_SEALBYTES)

enum {
	DOMAIN_BYTES = 14,
	SERIAL_BYTES = 16,
	LENGTH_AT = DOMAIN_BYTES + SERIAL_BYTES,
	HEAD_BYTES = LENGTH_AT + 2,
	LOCK_TRIES = 100,
	LOCK_PAUSE_NS = 50 * 1000 * 1000,
};

static const uint8_t domain[DOMAIN_BYTES] = "sijil/1 inbox";

static_assert(INBOX_CONTENT_MAX_BYTES == PLAIN_BYTES - HEAD_BYTES, "the header says what fits");
static_assert(INBOX_CONTENT_MAX_BYTES <= UINT16_MAX, "its length has two bytes");
static_assert(crypto_box_PUBLICKEYBYTES == KEY_PUBLIC_BYTES, "X25519");

/* --- one record --- */

static enum status close_record(struct bytes *record, struct span content, const struct key_public *recipient,
                                struct error *err)
{
	struct secret *plain = NULL;
	if (content.len > INBOX_CONTENT_MAX_BYTES) {
		(void)error_set(err, STATUS_BAD_INPUT, "the note takes %zu bytes, at most %d fit", content.len,
		                INBOX_CONTENT_MAX_BYTES);
		error_hint(err, "shorten its text or the names of places");
		return STATUS_BAD_INPUT;
	}
	enum status status = secret_new(&plain, PLAIN_BYTES, err);
	if (status == STATUS_OK)
		status = bytes_reserve(record, INBOX_RECORD_BYTES, err);
	if (status != STATUS_OK)
		goto out;
	memcpy(plain->data, domain, DOMAIN_BYTES);
	randombytes_buf(plain->data + DOMAIN_BYTES, SERIAL_BYTES);
	plain->data[LENGTH_AT] = (uint8_t)content.len;
	plain->data[LENGTH_AT + 1] = (uint8_t)(content.len >> 8);
	if (content.len > 0)
		memcpy(plain->data + HEAD_BYTES, content.data, content.len);
	if (crypto_box_seal(record->data + record->len, plain->data, PLAIN_BYTES, recipient->bytes) != 0) {
		status = error_set(err, STATUS_TAMPERED, "nothing can be sealed to the key file's inbox key: it is not a sound key");
		goto out;
	}
	record->len += INBOX_RECORD_BYTES;
out:
	secret_free(plain);
	return status;
}

static enum status refuse(const char *rule, struct error *err)
{
	return error_set(err, STATUS_TAMPERED, "the note is damaged, or was not sealed on this device (%s)", rule);
}

/* What a record says, once it is open. */
static enum status take_content(struct secret **content, const struct secret *plain, struct error *err)
{
	if (memcmp(plain->data, domain, DOMAIN_BYTES) != 0)
		return refuse("inbox_domain", err);
	const size_t len = (size_t)plain->data[LENGTH_AT] | (size_t)plain->data[LENGTH_AT + 1] << 8;
	if (len > INBOX_CONTENT_MAX_BYTES)
		return refuse("inbox_content", err);
	if (sodium_is_zero(plain->data + HEAD_BYTES + len, INBOX_CONTENT_MAX_BYTES - len) != 1)
		return refuse("inbox_padding", err);
	return secret_new_copy(content, (struct span){plain->data + HEAD_BYTES, len}, err);
}

enum status inbox_open(struct secret **content, struct hash *name, struct span record,
                       const struct sealing_key *recipient, struct error *err)
{
	const struct key_public public = sealing_key_public(recipient);
	struct secret *plain = NULL;
	if (record.len != INBOX_RECORD_BYTES)
		return refuse("inbox_length", err);
	enum status status = secret_new(&plain, PLAIN_BYTES, err);
	if (status != STATUS_OK)
		return status;
	if (crypto_box_seal_open(plain->data, record.data, record.len, public.bytes, sealing_key_secret(recipient).data) != 0)
		status = refuse("inbox_box", err);
	else
		status = take_content(content, plain, err);
	if (status == STATUS_OK) {
		const struct span whole = {plain->data, PLAIN_BYTES};
		*name = hash_with_domain("inbox", &whole, 1);
	}
	secret_free(plain);
	return status;
}

/* --- the file --- */

static enum status refuse_kind(const char *path, struct error *err)
{
	(void)error_set(err, STATUS_REFUSED, "\"%s\" is not a plain file of this user", path);
	error_hint(err, "Nothing was changed. Move it away; sijil makes its own.");
	return STATUS_REFUSED;
}

static enum status system_error(const char *what, const char *path, struct error *err)
{
	const int cause = errno;
	(void)error_set(err, STATUS_IO, "cannot %s \"%s\": %s", what, path, strerror(cause));
	if (cause == ENOSPC || cause == EDQUOT)
		error_hint(err, "The disk is full. What was saved before is untouched; make room and try again.");
	return STATUS_IO;
}

/* A file with more records than fit was not made by us; what is beyond them is left alone. */
static struct inbox_state state_of(const struct stat *found)
{
	const size_t size = found->st_size > 0 ? (size_t)found->st_size : 0;
	const size_t records = size / INBOX_RECORD_BYTES;
	if (records >= INBOX_RECORDS_MAX)
		return (struct inbox_state){INBOX_RECORDS_MAX, 0};
	return (struct inbox_state){records, size % INBOX_RECORD_BYTES};
}

enum status inbox_look(struct inbox_state *state, const char *path, struct error *err)
{
	struct stat found;
	*state = (struct inbox_state){0};
	if (lstat(path, &found) != 0)
		return errno == ENOENT ? STATUS_OK : system_error("look at", path, err);
	if (!S_ISREG(found.st_mode))
		return refuse_kind(path, err);
	*state = state_of(&found);
	return STATUS_OK;
}

static enum status lock(int fd, const char *path, struct error *err)
{
	const struct timespec pause = {0, LOCK_PAUSE_NS};
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return STATUS_OK;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return system_error("lock", path, err);
		(void)nanosleep(&pause, NULL);
	}
	return error_set(err, STATUS_BUSY, "another program is using \"%s\"; nothing was changed, try again", path);
}

/* The file, open and locked: by its name, and not one that was replaced while we waited. NOT_FOUND without O_CREAT. */
static enum status open_locked(int *fd, struct stat *found, const char *path, int flags, struct error *err)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		struct stat named;
		*fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | flags, 0600);
		if (*fd < 0 && errno == ENOENT)
			return error_set(err, STATUS_NOT_FOUND, "there is no \"%s\"", path);
		if (*fd < 0)
			return errno == ELOOP || errno == EISDIR ? refuse_kind(path, err) : system_error("open", path, err);
		enum status status = lock(*fd, path, err);
		if (status == STATUS_OK && fstat(*fd, found) != 0)
			status = system_error("look at", path, err);
		if (status == STATUS_OK && !S_ISREG(found->st_mode))
			status = refuse_kind(path, err);
		if (status == STATUS_OK && lstat(path, &named) == 0 && named.st_ino == found->st_ino && named.st_dev == found->st_dev)
			return STATUS_OK;
		(void)close(*fd);
		*fd = -1;
		if (status != STATUS_OK)
			return status;
	}
	return error_set(err, STATUS_BUSY, "\"%s\" keeps changing; nothing was changed, try again", path);
}

static enum status write_at(int fd, struct span content, off_t at, const char *path, struct error *err)
{
	size_t done = 0;
	while (done < content.len) {
		const ssize_t n = pwrite(fd, content.data + done, content.len - done, at + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return system_error("write", path, err);
		done += (size_t)n;
	}
	return STATUS_OK;
}

/* A tail that was cut short goes first, so that none of it can pass for the end of the new record. */
static enum status add_record(int fd, struct span record, const struct inbox_state *state, const char *path,
                              struct error *err)
{
	const off_t end = (off_t)(state->records * INBOX_RECORD_BYTES);
	if (state->torn_bytes > 0 && (ftruncate(fd, end) != 0 || fsync(fd) != 0))
		return system_error("mend", path, err);
	enum status status = write_at(fd, record, end, path, err);
	if (status == STATUS_OK && fsync(fd) != 0)
		status = system_error("save", path, err);
	if (status == STATUS_OK)
		status = file_sync_folder(path, err);
	if (status != STATUS_OK && ftruncate(fd, end) == 0)
		(void)fsync(fd);
	return status;
}

enum status inbox_append(const char *path, struct span content, const struct key_public *recipient,
                         struct inbox_state *state, struct error *err)
{
	struct bytes record = {0};
	struct stat found;
	int fd = -1;
	enum status status = close_record(&record, content, recipient, err);
	if (status == STATUS_OK)
		status = open_locked(&fd, &found, path, O_CREAT, err);
	if (status != STATUS_OK)
		goto out;
	struct inbox_state now = state_of(&found);
	if (now.records >= INBOX_RECORDS_MAX) {
		status = error_set(err, STATUS_REFUSED, "%d notes wait already, and no more fit; this one was not kept",
		                   INBOX_RECORDS_MAX);
		error_hint(err, "Unlock and take them in: sijil notes");
		goto out;
	}
	status = add_record(fd, bytes_span(&record), &now, path, err);
	if (status != STATUS_OK)
		goto out;
	now.records++;
	*state = now;
out:
	if (fd >= 0)
		(void)close(fd);
	bytes_wipe(&record);
	return status;
}

/* The whole records of an open file. */
static enum status read_records(struct bytes *records, int fd, const struct stat *found, const char *path,
                                struct error *err)
{
	const size_t len = state_of(found).records * INBOX_RECORD_BYTES;
	const enum status status = bytes_reserve(records, len, err);
	if (status != STATUS_OK)
		return status;
	while (records->len < len) {
		const ssize_t n = pread(fd, records->data + records->len, len - records->len, (off_t)records->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return system_error("read", path, err);
		records->len += (size_t)n;
	}
	return STATUS_OK;
}

enum status inbox_read(struct bytes *records, const char *path, struct error *err)
{
	struct bytes whole = {0};
	struct stat found;
	int fd = -1;
	enum status status = open_locked(&fd, &found, path, 0, err);
	if (status == STATUS_OK)
		status = read_records(&whole, fd, &found, path, err);
	if (status == STATUS_NOT_FOUND)
		status = STATUS_OK;
	if (fd >= 0)
		(void)close(fd);
	if (status == STATUS_OK) {
		bytes_wipe(records);
		*records = whole;
		return STATUS_OK;
	}
	bytes_wipe(&whole);
	return status;
}

static bool is_named(struct span record, const struct hash *names, size_t names_len)
{
	const struct hash name = hash_of(record);
	for (size_t i = 0; i < names_len; i++)
		if (hash_equals(&names[i], &name))
			return true;
	return false;
}

static enum status remove_file(const char *path, struct error *err)
{
	return unlink(path) == 0 ? file_sync_folder(path, err) : system_error("remove", path, err);
}

/* Moves the records that stay to the front; the number of bytes they take. */
static size_t keep_others(struct bytes *records, const struct hash *names, size_t names_len)
{
	size_t kept = 0;
	for (size_t at = 0; at + INBOX_RECORD_BYTES <= records->len; at += INBOX_RECORD_BYTES) {
		if (is_named((struct span){records->data + at, INBOX_RECORD_BYTES}, names, names_len))
			continue;
		memmove(records->data + kept, records->data + at, INBOX_RECORD_BYTES);
		kept += INBOX_RECORD_BYTES;
	}
	return kept;
}

enum status inbox_remove(const char *path, const struct hash *names, size_t names_len, struct error *err)
{
	struct bytes records = {0};
	struct stat found;
	int fd = -1;
	enum status status = open_locked(&fd, &found, path, 0, err);
	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (status == STATUS_OK)
		status = read_records(&records, fd, &found, path, err);
	if (status != STATUS_OK)
		goto out;
	const size_t kept = keep_others(&records, names, names_len);
	if (kept == records.len && state_of(&found).torn_bytes == 0)
		goto out;
	records.len = kept;
	status = kept == 0 ? remove_file(path, err) : file_write(path, bytes_span(&records), true, err);
out:
	if (fd >= 0)
		(void)close(fd);
	bytes_wipe(&records);
	return status;
}
