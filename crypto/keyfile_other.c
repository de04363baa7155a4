#include "crypto/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "crypto/keyfile_inside.h"

static enum status refuse_locked(struct error *err)
{
	return error_set(err, STATUS_LOCKED, "the key file is locked");
}

enum status keyfile_other_make(struct keyfile *file, struct error *err)
{
	if (file->private_part == NULL)
		return refuse_locked(err);
	struct private_part *const part = keyfile_private(file);
	if (!sodium_is_zero(part->other_key, sizeof part->other_key))
		return STATUS_OK;
	randombytes_buf(part->other_key, sizeof part->other_key);
	keyfile_seal_private(file);
	return STATUS_OK;
}

enum status keyfile_other_key(const struct keyfile *file, struct secret **key, struct error *err)
{
	if (file->private_part == NULL)
		return refuse_locked(err);
	const struct private_part *const part = keyfile_private(file);
	if (sodium_is_zero(part->other_key, sizeof part->other_key))
		return error_set(err, STATUS_NOT_FOUND, "the key file knows of no other database");
	return secret_new_copy(key, (struct span){part->other_key, sizeof part->other_key}, err);
}

/* Registers made before had no slot apart, and may use it. */
static enum status check_slot_apart(const struct keyfile *file, struct error *err)
{
	if (file->private_part == NULL)
		return refuse_locked(err);
	if (!keyfile_slot_in_use(file, KEYFILE_SLOT_APART))
		return STATUS_OK;
	(void)error_set(err, STATUS_REFUSED, "slot %d is in use; nothing was changed", KEYFILE_SLOT_APART);
	error_hint(err, "slots list shows it; slots remove %d makes room, and slots add puts it elsewhere", KEYFILE_SLOT_APART);
	return STATUS_REFUSED;
}

static enum status check_opens_nothing(const struct keyfile *file, const struct secret *slot_key, struct error *err)
{
	struct secret *content = NULL;
	unsigned slot;
	const enum status status = secret_new(&content, sizeof(struct slot_content), err);
	if (status != STATUS_OK)
		return status;
	const bool opens = keyfile_slot_find(content, &slot, &file->image, slot_key) && slot != KEYFILE_SLOT_APART;
	secret_free(content);
	if (!opens)
		return STATUS_OK;
	(void)error_set(err, STATUS_REFUSED, "this passphrase opens the register already; nothing was changed");
	error_hint(err, "choose another one, that nobody takes for it and you do not type by mistake");
	return STATUS_REFUSED;
}

enum status keyfile_other_set(struct keyfile *file, const struct secret *passphrase, struct error *err)
{
	struct secret *slot_key = NULL;
	enum status status = check_slot_apart(file, err);
	if (status == STATUS_OK)
		status = keyfile_other_make(file, err);
	if (status == STATUS_OK)
		status = keyfile_slot_key(&slot_key, &file->image, passphrase, err);
	if (status == STATUS_OK)
		status = check_opens_nothing(file, slot_key, err);
	if (status == STATUS_OK)
		status = keyfile_slot_close_other(file, slot_key, err);
	secret_free(slot_key);
	return status;
}

enum status keyfile_other_clear(struct keyfile *file, struct error *err)
{
	const enum status status = check_slot_apart(file, err);
	if (status != STATUS_OK)
		return status;
	randombytes_buf(&file->image.slots[KEYFILE_SLOT_APART], sizeof file->image.slots[KEYFILE_SLOT_APART]);
	keyfile_seal_private(file);
	return STATUS_OK;
}

/* Salt and costs stay, so that the passphrase is stretched once, as for any other. All else is new. */
enum status keyfile_become_other(struct keyfile *file, const struct slot_opened *opened, struct error *err)
{
	const struct slot_content *const content = (const struct slot_content *)(const void *)opened->content->data;
	const struct span data_key = {content->data_key, sizeof content->data_key};
	struct keyfile *other = NULL;
	enum status status = keyfile_make(&other, keyfile_costs(&file->image), data_key, err);
	if (status != STATUS_OK)
		return status;
	memcpy(other->image.generation, file->image.generation, sizeof other->image.generation);
	memcpy(other->image.salt, file->image.salt, sizeof other->image.salt);
	keyfile_private(other)->taking_over = 1;
	status = keyfile_slot_close(other, 0, KEYFILE_SLOT_PASSPHRASE, opened->slot_key, err);
	if (status == STATUS_OK) {
		other->opened = 0;
		other->opened_kind = KEYFILE_SLOT_PASSPHRASE;
		other->replaces = true;
		const struct keyfile before = *file;
		*file = *other;
		*other = before;
	}
	keyfile_free(other);
	return status;
}

bool keyfile_replaces(const struct keyfile *file)
{
	return file->replaces;
}

bool keyfile_is_taking_over(const struct keyfile *file)
{
	return file->private_part != NULL && keyfile_private(file)->taking_over != 0;
}

void keyfile_took_over(struct keyfile *file)
{
	assert(file->private_part != NULL);
	keyfile_private(file)->taking_over = 0;
	keyfile_seal_private(file);
}

enum status keyfile_write_over(const struct keyfile *file, const char *path, struct error *err)
{
	if (file->private_part == NULL)
		return refuse_locked(err);
	const int old = open(path, O_WRONLY | O_CLOEXEC);
	const bool is_written = old >= 0 &&
	                        pwrite(old, &file->image, sizeof file->image, 0) == (ssize_t)sizeof file->image && fsync(old) == 0;
	const int cause = errno;
	if (old >= 0)
		(void)close(old);
	return is_written ? STATUS_OK : error_set(err, STATUS_IO, "'%s' cannot be written: %s", path, strerror(cause));
}
