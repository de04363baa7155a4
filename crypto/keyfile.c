#include "crypto/keyfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/file.h"
#include "crypto/keyfile_inside.h"

#define KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define CONTENT_MAX_BYTES 65536 /* room for a newer sijil's, so that it can be named */

enum {
	VERSION = 1,
	PRIVATE_SUBKEY = 1,
	CHECK_SUBKEY = 2,
	LOAD_TRIES = 5,
};

static const uint8_t magic[8] = {'s', 'i', 'j', 'i', 'l', 'k', 'e', 'y'};
static const char context[crypto_kdf_CONTEXTBYTES] = {'s', 'i', 'j', 'i', 'l', 'k', 'e', 'y'};

static_assert(KEYFILE_DATA_KEY_BYTES == crypto_kdf_KEYBYTES, "the data key makes subkeys");

static void put_little_endian(uint8_t *at, size_t len, uint64_t value)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_little_endian(const uint8_t *at, size_t len)
{
	uint64_t value = 0;
	for (size_t i = len; i > 0; i--)
		value = value << 8 | at[i - 1];
	return value;
}

struct private_part *keyfile_private(const struct keyfile *file)
{
	return (struct private_part *)(void *)file->private_part->data;
}

struct stretch_costs keyfile_costs(const struct image *image)
{
	return (struct stretch_costs){
		.memory_bytes = get_little_endian(image->memory, sizeof image->memory),
		.passes = (uint32_t)get_little_endian(image->passes, sizeof image->passes),
	};
}

static void derive_check(uint8_t check[KEYFILE_CHECK_BYTES], const struct secret *data_key)
{
	(void)crypto_kdf_derive_from_key(check, KEYFILE_CHECK_BYTES, CHECK_SUBKEY, context, data_key->data);
}

void keyfile_seal_private(struct keyfile *file)
{
	struct image *const image = &file->image;
	randombytes_buf(image->private_nonce, sizeof image->private_nonce);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
		image->private_sealed, NULL, file->private_part->data, sizeof(struct private_part), (const uint8_t *)image,
		offsetof(struct image, private_nonce), NULL, image->private_nonce, file->private_key->data);
}

static bool open_private(const struct image *image, const struct secret *key, struct secret *part)
{
	return crypto_aead_xchacha20poly1305_ietf_decrypt(
		       part->data, NULL, NULL, image->private_sealed, sizeof image->private_sealed,
		       (const uint8_t *)image, offsetof(struct image, private_nonce), image->private_nonce, key->data) == 0;
}

static void forget_keys(struct keyfile *file)
{
	secret_free(file->data_key);
	secret_free(file->private_key);
	secret_free(file->private_part);
	file->data_key = file->private_key = file->private_part = NULL;
}

/* The three secrets of an unlocked file; the private part still empty. */
static enum status prepare_keys(struct keyfile *keys, struct span data_key, struct error *err)
{
	enum status status = secret_new_copy(&keys->data_key, data_key, err);
	if (status == STATUS_OK)
		status = secret_new(&keys->private_key, KEY_BYTES, err);
	if (status == STATUS_OK)
		status = secret_new(&keys->private_part, sizeof(struct private_part), err);
	if (status != STATUS_OK) {
		forget_keys(keys);
		return status;
	}
	(void)crypto_kdf_derive_from_key(keys->private_key->data, KEY_BYTES, PRIVATE_SUBKEY, context, keys->data_key->data);
	return STATUS_OK;
}

static void take_keys(struct keyfile *file, struct keyfile *keys)
{
	forget_keys(file);
	file->data_key = keys->data_key;
	file->private_key = keys->private_key;
	file->private_part = keys->private_part;
	file->opened = KEYFILE_SLOTS;
	file->opened_kind = KEYFILE_SLOT_EMPTY;
	file->replaces = false;
	keys->data_key = keys->private_key = keys->private_part = NULL;
}

/* Unlocks with what is known to be the data key; TAMPERED if the rest does not fit it. */
static enum status adopt(struct keyfile *file, struct span data_key, struct error *err)
{
	struct keyfile keys = {0};
	const enum status status = prepare_keys(&keys, data_key, err);
	if (status != STATUS_OK)
		return status;
	assert(keys.private_key != NULL && keys.private_part != NULL);
	if (!open_private(&file->image, keys.private_key, keys.private_part)) {
		forget_keys(&keys);
		(void)error_set(err, STATUS_TAMPERED, "the key file was altered after it was saved (keyfile_tag)");
		error_hint(err, "Put back the key file from a backup, and tell headquarters.");
		return STATUS_TAMPERED;
	}
	take_keys(file, &keys);
	return STATUS_OK;
}

static void fill_public_part(struct image *image, struct stretch_costs costs)
{
	randombytes_buf(image, sizeof *image);
	memcpy(image->magic, magic, sizeof image->magic);
	put_little_endian(image->version, sizeof image->version, VERSION);
	put_little_endian(image->passes, sizeof image->passes, costs.passes);
	put_little_endian(image->memory, sizeof image->memory, costs.memory_bytes);
	put_little_endian(image->generation, sizeof image->generation, 1);
	memset(image->inbox, 0, sizeof image->inbox);
	memset(image->later, 0, sizeof image->later);
}

enum status keyfile_make(struct keyfile **file, struct stretch_costs costs, struct span data_key, struct error *err)
{
	if (!stretch_costs_are_allowed(&costs))
		return error_set(err, STATUS_BAD_INPUT, "passphrase costs are out of bounds");
	struct keyfile *fresh = calloc(1, sizeof *fresh);
	if (fresh == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	fill_public_part(&fresh->image, costs);
	const enum status status = prepare_keys(fresh, data_key, err);
	if (status != STATUS_OK) {
		keyfile_free(fresh);
		return status;
	}
	derive_check(fresh->image.check, fresh->data_key);
	keyfile_seal_private(fresh);
	fresh->opened = KEYFILE_SLOTS;
	*file = fresh;
	return STATUS_OK;
}

/* With a new data key. */
static enum status make(struct keyfile **file, struct stretch_costs costs, struct error *err)
{
	struct secret *data_key = NULL;
	enum status status = secret_new_random(&data_key, KEYFILE_DATA_KEY_BYTES, err);
	if (status == STATUS_OK)
		status = keyfile_make(file, costs, secret_span(data_key), err);
	secret_free(data_key);
	return status;
}

enum status keyfile_new(struct keyfile **file, const struct secret *passphrase, struct stretch_costs costs,
                        struct error *err)
{
	struct keyfile *fresh = NULL;
	enum status status = make(&fresh, costs, err);
	if (status == STATUS_OK)
		status = keyfile_slot_set(fresh, 0, KEYFILE_SLOT_PASSPHRASE, passphrase, err);
	if (status != STATUS_OK) {
		keyfile_free(fresh);
		return status;
	}
	fresh->opened = 0;
	fresh->opened_kind = KEYFILE_SLOT_PASSPHRASE;
	*file = fresh;
	return STATUS_OK;
}

enum status keyfile_new_generation(struct keyfile **next, const struct keyfile *file, struct stretch_costs costs,
                                   struct error *err)
{
	struct keyfile *fresh = NULL;
	if (file->private_part == NULL)
		return error_set(err, STATUS_LOCKED, "the key file is locked");
	const uint64_t generation = keyfile_generation(file);
	if (generation == UINT64_MAX)
		return error_set(err, STATUS_REFUSED, "there is no generation after the last");
	const enum status status = make(&fresh, costs, err);
	if (status != STATUS_OK)
		return status;
	put_little_endian(fresh->image.generation, sizeof fresh->image.generation, generation + 1);
	memcpy(fresh->image.later, file->image.later, sizeof fresh->image.later);
	const struct private_part *const from = keyfile_private(file);
	struct private_part *const to = keyfile_private(fresh);
	memcpy(to->floor_number, from->floor_number, sizeof to->floor_number);
	memcpy(to->floor_id, from->floor_id, sizeof to->floor_id);
	memcpy(to->later, from->later, sizeof to->later);
	keyfile_seal_private(fresh);
	*next = fresh;
	return STATUS_OK;
}

enum status keyfile_refuse_newer(struct error *err, const char *rule)
{
	(void)error_set(err, STATUS_REFUSED, "the key file was made by a newer sijil (%s)", rule);
	error_hint(err, "Nothing was changed. Install the newer sijil to open it.");
	return STATUS_REFUSED;
}

static enum status refuse_damaged(struct error *err, const char *what, const char *rule)
{
	(void)error_set(err, STATUS_CORRUPT, "the key file is damaged: %s (%s)", what, rule);
	error_hint(err, "Put back the key file from a backup.");
	return STATUS_CORRUPT;
}

enum status keyfile_parse(struct keyfile **file, struct span content, struct error *err)
{
	struct image image;

	if (content.len < offsetof(struct image, passes) || memcmp(content.data, magic, sizeof magic) != 0)
		return refuse_damaged(err, "it does not start as a key file does", "keyfile_start");
	const uint64_t version = get_little_endian(content.data + offsetof(struct image, version), sizeof image.version);
	if (version > VERSION)
		return keyfile_refuse_newer(err, "keyfile_newer");
	if (version != VERSION)
		return refuse_damaged(err, "it has no version", "keyfile_version");
	if (content.len != sizeof image)
		return refuse_damaged(err, "it has a wrong length", "keyfile_length");
	memcpy(&image, content.data, sizeof image);
	const struct stretch_costs costs = keyfile_costs(&image);
	if (!stretch_costs_are_allowed(&costs))
		return refuse_damaged(err, "its passphrase costs are out of bounds", "keyfile_costs");
	if (get_little_endian(image.generation, sizeof image.generation) == 0)
		return refuse_damaged(err, "it has no generation", "keyfile_generation");
	struct keyfile *fresh = calloc(1, sizeof *fresh);
	if (fresh == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	fresh->image = image;
	fresh->opened = KEYFILE_SLOTS;
	*file = fresh;
	return STATUS_OK;
}

static enum status load(struct keyfile **file, const char *path, struct error *err)
{
	struct bytes content = {0};
	enum status status = file_read(&content, path, CONTENT_MAX_BYTES, err);
	if (status == STATUS_BAD_INPUT)
		status = refuse_damaged(err, "it has a wrong length", "keyfile_length");
	if (status == STATUS_OK)
		status = keyfile_parse(file, bytes_span(&content), err);
	bytes_wipe(&content);
	return status;
}

/* One that was replaced while it was read may have been overwritten by then: the new one is read. */
enum status keyfile_load(struct keyfile **file, const char *path, struct error *err)
{
	struct stat before, after;
	for (int tries = 0;; tries++) {
		const bool is_there = stat(path, &before) == 0;
		/* Opening a pipe would wait for ever. */
		if (is_there && !S_ISREG(before.st_mode))
			return refuse_damaged(err, "it is not a plain file", "keyfile_start");
		struct keyfile *fresh = NULL;
		const enum status status = load(&fresh, path, err);
		if (!is_there || tries == LOAD_TRIES || stat(path, &after) != 0 || after.st_ino == before.st_ino) {
			if (status == STATUS_OK)
				*file = fresh;
			return status;
		}
		keyfile_free(fresh);
	}
}

static enum status unlock(struct keyfile *file, const struct secret *passphrase, const struct secret *key_file,
                          struct error *err)
{
	struct slot_opened opened = {0};

	enum status status = keyfile_slot_open(&opened, &file->image, passphrase, key_file, err);
	if (status != STATUS_OK)
		return status;
	const struct slot_content *const content = (const struct slot_content *)(const void *)opened.content->data;
	if (content->kind == KEYFILE_SLOT_OTHER_DATABASE) {
		status = keyfile_become_other(file, &opened, err);
	} else {
		status = adopt(file, (struct span){content->data_key, sizeof content->data_key}, err);
		if (status == STATUS_OK) {
			file->opened = opened.slot;
			file->opened_kind = (enum keyfile_slot_kind)content->kind;
		}
	}
	secret_free(opened.content);
	secret_free(opened.slot_key);
	return status;
}

enum status keyfile_unlock(struct keyfile *file, const struct secret *passphrase, struct error *err)
{
	return unlock(file, passphrase, NULL, err);
}

enum status keyfile_unlock_with_file(struct keyfile *file, const struct secret *passphrase,
                                     const struct secret *key_file, struct error *err)
{
	return unlock(file, passphrase, key_file, err);
}

enum status keyfile_unlock_with_key(struct keyfile *file, const struct secret *data_key, struct error *err)
{
	uint8_t check[KEYFILE_CHECK_BYTES];
	if (data_key->len == KEYFILE_DATA_KEY_BYTES) {
		derive_check(check, data_key);
		if (sodium_memcmp(check, file->image.check, sizeof check) == 0)
			return adopt(file, secret_span(data_key), err);
	}
	(void)error_set(err, STATUS_LOCKED, "the key kept by \"unlock\" is not this key file's");
	error_hint(err, "Unlock again with the passphrase.");
	return STATUS_LOCKED;
}

enum status keyfile_reload(struct keyfile *file, const char *path, struct error *err)
{
	struct keyfile *fresh = NULL;
	if (file->private_part == NULL)
		return error_set(err, STATUS_LOCKED, "the key file is locked");
	enum status status = keyfile_load(&fresh, path, err);
	if (status == STATUS_OK)
		status = keyfile_unlock_with_key(fresh, file->data_key, err);
	if (status == STATUS_OK) {
		file->image = fresh->image;
		memcpy(file->private_part->data, fresh->private_part->data, sizeof(struct private_part));
	}
	keyfile_free(fresh);
	return status;
}

const struct secret *keyfile_data_key(const struct keyfile *file)
{
	return file->data_key;
}

struct span keyfile_name(const struct keyfile *file)
{
	return (struct span){file->image.name, sizeof file->image.name};
}

unsigned keyfile_opened_slot(const struct keyfile *file)
{
	return file->opened;
}

enum keyfile_slot_kind keyfile_opened_kind(const struct keyfile *file)
{
	return file->opened_kind;
}

uint64_t keyfile_generation(const struct keyfile *file)
{
	return get_little_endian(file->image.generation, sizeof file->image.generation);
}

struct keyfile_floor keyfile_floor_get(const struct keyfile *file)
{
	struct keyfile_floor floor = {0};
	if (file->private_part == NULL)
		return floor;
	const struct private_part *const part = keyfile_private(file);
	floor.number = get_little_endian(part->floor_number, sizeof part->floor_number);
	memcpy(floor.id.bytes, part->floor_id, sizeof part->floor_id);
	return floor;
}

void keyfile_floor_set(struct keyfile *file, const struct keyfile_floor *floor)
{
	assert(file->private_part != NULL);
	struct private_part *const part = keyfile_private(file);
	put_little_endian(part->floor_number, sizeof part->floor_number, floor->number);
	memcpy(part->floor_id, floor->id.bytes, sizeof part->floor_id);
	keyfile_seal_private(file);
}

/* Of no use any more, but on the disk it would open as it did. What has another name yet is somebody's copy. */
static void overwrite_replaced(int old)
{
	static const uint8_t zeros[sizeof(struct image)];
	struct stat there;
	if (fstat(old, &there) == 0 && there.st_nlink == 0 && S_ISREG(there.st_mode) &&
	    pwrite(old, zeros, sizeof zeros, 0) == (ssize_t)sizeof zeros)
		(void)fsync(old);
}

enum status keyfile_save(const struct keyfile *file, const char *path, bool create, struct error *err)
{
	if (file->private_part == NULL)
		return error_set(err, STATUS_LOCKED, "the key file is locked and cannot be saved");
	if (sodium_is_zero(keyfile_private(file)->kinds, KEYFILE_SLOTS))
		return error_set(err, STATUS_BUG, "a key file without a slot would open no more");
	const struct span content = {(const uint8_t *)&file->image, sizeof file->image};
	const int old = create ? -1 : open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const enum status status = file_write(path, content, !create, err);
	if (status == STATUS_OK && old >= 0)
		overwrite_replaced(old);
	if (old >= 0)
		(void)close(old);
	return status;
}

void keyfile_free(struct keyfile *file)
{
	if (file == NULL)
		return;
	forget_keys(file);
	free(file);
}
