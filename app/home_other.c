#include "app/home_other.h"

#include "app/home_generation.h"
#include "crypto/file.h"
#include "crypto/keyring.h"
#include "schema/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { REPLACE_TRIES = 3 };

#define OTHER ".other"

static enum status move(const char *from, const char *to, struct error *err)
{
	return rename(from, to) == 0 ? STATUS_OK
	                             : error_set(err, STATUS_IO, "'%s' cannot be put into place: %s", to, strerror(errno));
}

/* --- making one --- */

/* Whole under a name of its own, then at `made`, in place of what is there. */
static enum status build(const struct home *home, const char *made, const struct secret *key, struct error *err)
{
	char making[HOME_PATH_BYTES], journal[HOME_PATH_BYTES + sizeof "-journal"];
	struct vault *vault = NULL;
	struct outbox *outbox = NULL;
	enum status status = home_path(making, home->database_path, OTHER ".making", err);
	if (status == STATUS_OK)
		status = vault_register(&vault, key, NULL, err);
	if (status != STATUS_OK)
		return status;
	home_remove_database(making);
	status = outbox_create_practice(&outbox, making, vault, key, (int64_t)time(NULL), err);
	outbox_close(outbox);
	vault_unregister(vault);
	/* Its journal first: nobody looks for it once the database has its name. */
	(void)snprintf(journal, sizeof journal, "%s-journal", making);
	(void)unlink(journal);
	if (status == STATUS_OK)
		status = move(making, made, err);
	if (status != STATUS_OK)
		home_remove_database(making);
	return status;
}

/* The key first: what was made under one that was not saved would never open. */
static enum status make_key(struct home *home, struct error *err)
{
	const enum status status = home_change_begin(home, err);
	return status == STATUS_OK ? home_change_end(home, keyfile_other_make(home->keyfile, err), err) : status;
}

static enum status make_database(const struct home *home, const char *made, const struct secret *key, struct error *err)
{
	int lock = -1;
	enum status status = home->unfinished ? STATUS_OK : home_lock(&lock, home, err);
	if (status != STATUS_OK)
		return status;
	status = build(home, made, key, err);
	if (lock >= 0)
		(void)close(lock);
	return status;
}

enum status home_other_make(struct home *home, struct error *err)
{
	char made[HOME_PATH_BYTES];
	struct secret *key = NULL;
	enum status status = home_path(made, home->database_path, OTHER, err);
	if (status != STATUS_OK)
		return status;
	if (keyfile_other_key(home->keyfile, &key, NULL) != STATUS_OK) {
		status = make_key(home, err);
		if (status == STATUS_OK)
			status = keyfile_other_key(home->keyfile, &key, err);
	}
	if (status == STATUS_OK && !file_exists(made))
		status = make_database(home, made, key, err);
	secret_free(key);
	return status;
}

/* --- the key file --- */

/* By the name of the file that is still there. */
static void forget_kept_key(const struct home *home)
{
	struct keyfile *old = NULL;
	if (keyfile_load(&old, home->key_path, NULL) != STATUS_OK)
		return;
	/* Where that fails there was none, or it ends by itself: what follows is worth more than to complain. */
	const enum status dropped = keyring_drop(keyfile_name(old), NULL);
	(void)dropped;
	keyfile_free(old);
}

/* Whoever was just saving the old one may be faster than we are. */
static bool is_in_place(const struct home *home)
{
	struct keyfile *there = NULL;
	const bool is_ours = keyfile_load(&there, home->key_path, NULL) == STATUS_OK &&
	                     keyfile_unlock_with_key(there, home_data_key(home), NULL) == STATUS_OK;
	keyfile_free(there);
	return is_ours;
}

/* Its blocks are overwritten once the new one has its name; where it cannot get it, at once. */
static void put_in_place(const struct home *home)
{
	const int old = open(home->key_path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
	enum status status = keyfile_save(home->keyfile, home->key_path, false, NULL);
	if (status == STATUS_OK && old >= 0)
		home_generation_overwrite(old);
	if (status != STATUS_OK)
		status = keyfile_write_over(home->keyfile, home->key_path, NULL);
	(void)status; /* what is there then tells more */
	if (old >= 0)
		(void)close(old);
}

enum status home_other_replace(struct home *home, struct error *err)
{
	const int lock = home->unfinished ? -1 : home_lock_briefly(home);
	forget_kept_key(home);
	if (!home->unfinished)
		home_generation_erase_torn(home);
	bool is_done = false;
	if (keyfile_inbox_make(home->keyfile, err) == STATUS_OK) {
		for (int i = 0; i < REPLACE_TRIES && !is_done; i++) {
			put_in_place(home);
			is_done = is_in_place(home);
		}
	}
	if (lock >= 0)
		(void)close(lock);
	if (is_done)
		return STATUS_OK;
	(void)error_set(err, STATUS_LOCKED, "wrong passphrase");
	error_hint(err, "Nothing was changed. Check keyboard layout and capital letters, and try again.");
	return STATUS_LOCKED;
}

/* --- the database --- */

static enum status opens(const struct home *home, const char *path, struct error *err)
{
	struct outbox *outbox = NULL;
	const enum status status = outbox_open(&outbox, path, home->vault, home_data_key(home), err);
	outbox_close(outbox);
	return status;
}

/* The first one's is not the other's; an empty one is what a register has that was closed. */
static void empty_journal(const struct home *home)
{
	char journal[HOME_PATH_BYTES + sizeof "-journal"];
	(void)snprintf(journal, sizeof journal, "%s-journal", home->database_path);
	if (truncate(journal, 0) != 0)
		(void)unlink(journal);
}

/* As long as the other one stands beside it, the first is the first: it is not even looked at. */
static enum status put_database_in_place(const struct home *home, struct error *err)
{
	char other[HOME_PATH_BYTES];
	enum status status = home_path(other, home->database_path, OTHER, err);
	if (status != STATUS_OK)
		return status;
	const bool is_there = opens(home, other, NULL) == STATUS_OK;
	if (!is_there && opens(home, home->database_path, NULL) == STATUS_OK)
		return STATUS_OK;
	empty_journal(home);
	status = is_there ? move(other, home->database_path, err) : build(home, home->database_path, home_data_key(home), err);
	if (status == STATUS_OK && fsync(home->lock) != 0)
		status = error_set(err, STATUS_IO, "the folder '%s' cannot be saved: %s", home->folder, strerror(errno));
	return status;
}

static enum status settle(struct home *home, struct error *err)
{
	/* Another program may have done it while this one waited. */
	if (!keyfile_is_taking_over(home->keyfile))
		return STATUS_OK;
	(void)unlink(home->inbox_path);
	const enum status status = put_database_in_place(home, err);
	if (status != STATUS_OK)
		return status;
	home_generation_remove_all_but_one(home);
	keyfile_took_over(home->keyfile);
	return keyfile_other_make(home->keyfile, err);
}

/* Who was just saving the old key file may have brought it back: he is done once the folder's lock is ours. */
static enum status begin(struct home *home, struct error *err)
{
	enum status status = home_change_begin(home, err);
	for (int i = 0; i < REPLACE_TRIES && status == STATUS_LOCKED && keyfile_replaces(home->keyfile); i++) {
		status = home_other_replace(home, err);
		if (status == STATUS_OK)
			status = home_change_begin(home, err);
	}
	return status;
}

enum status home_other_settle(struct home *home, struct error *err)
{
	const enum status status = begin(home, err);
	return status == STATUS_OK ? home_change_end(home, settle(home, err), err) : status;
}
