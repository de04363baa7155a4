#include "app/backup.h"

#include "crypto/file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAGIC "sijil-backup 1\n"

enum { MAGIC_BYTES = sizeof MAGIC - 1, DATABASE_MAX_BYTES = 1 << 30 };

/* Both parts are ciphertext on disk already; nothing here is readable. */
static enum status gather(struct bytes *out, const char *key_path, const char *database_path, struct error *err)
{
	struct bytes part = {0};
	enum status status = bytes_append(out, span_from_text(MAGIC), err);
	if (status == STATUS_OK)
		status = file_read(&part, key_path, KEYFILE_BYTES, err);
	if (status == STATUS_OK)
		status = bytes_append(out, bytes_span(&part), err);
	bytes_wipe(&part);
	if (status == STATUS_OK)
		status = file_read(&part, database_path, DATABASE_MAX_BYTES, err);
	if (status == STATUS_OK)
		status = bytes_append(out, bytes_span(&part), err);
	bytes_wipe(&part);
	return status;
}

enum status backup_write(const struct home *home, struct db *db, const char *path, struct error *err)
{
	char copy[HOME_PATH_BYTES];
	struct bytes content = {0};
	if (file_exists(path)) {
		(void)error_set(err, STATUS_REFUSED, "'%s' exists already; it was left as it is", path);
		error_hint(err, "no backup was made; give a name that is not there yet");
		return STATUS_REFUSED;
	}
	int lock;
	enum status status = home_path(copy, home->database_path, ".copy", err);
	if (status == STATUS_OK)
		status = home_lock(&lock, home, err);
	if (status != STATUS_OK)
		return status;
	/* A backup that was cut short left its copy. */
	home_remove_database(copy);
	status = db_copy(db, copy, home->vault, err);
	if (status == STATUS_OK)
		status = gather(&content, home->key_path, copy, err);
	if (status == STATUS_OK)
		status = file_write(path, bytes_span(&content), false, err);
	home_remove_database(copy);
	(void)close(lock);
	bytes_wipe(&content);
	return status;
}

/* Its database lies where this generation's does. */
static enum status take_generation(struct home *home, struct span keys, struct error *err)
{
	struct keyfile *file = NULL;
	enum status status = keyfile_parse(&file, keys, err);
	if (status == STATUS_OK)
		status = home_set_generation(home, keyfile_generation(file), err);
	keyfile_free(file);
	return status;
}

enum status backup_lay_out(struct home *home, const struct cli *cli, const char *path, struct error *err)
{
	struct bytes content = {0};
	enum status status = file_read(&content, path, MAGIC_BYTES + KEYFILE_BYTES + (size_t)DATABASE_MAX_BYTES, err);
	if (status != STATUS_OK)
		return status;
	if (content.len <= MAGIC_BYTES + KEYFILE_BYTES || memcmp(content.data, MAGIC, MAGIC_BYTES) != 0) {
		status = error_set(err, STATUS_BAD_INPUT, "'%s' is no backup of a register", path);
		error_hint(err, "nothing was changed; a backup is what '%s backup -o FILE' made", cli->program->name);
		goto out;
	}
	const struct span keys = {content.data + MAGIC_BYTES, KEYFILE_BYTES};
	const struct span database = {keys.data + KEYFILE_BYTES, content.len - MAGIC_BYTES - KEYFILE_BYTES};
	status = home_begin(home, cli, err);
	if (status == STATUS_OK)
		status = take_generation(home, keys, err);
	if (status == STATUS_OK)
		status = file_write(home->key_path, keys, false, err);
	if (status == STATUS_OK)
		status = file_write(home->database_path, database, false, err);
out:
	bytes_wipe(&content);
	return status;
}
