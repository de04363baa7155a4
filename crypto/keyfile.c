#include "crypto/keyfile.h"

#include <assert.h>
#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/file.h"

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define CONTENT_MAX_BYTES 65536 /* room for a newer sijil's, so that it can be named */

enum {
	VERSION = 1,
	NAME_BYTES = 16,
	CHECK_BYTES = 16,
	PRIVATE_SUBKEY = 1,
	CHECK_SUBKEY = 2,
	KIND_EMPTY = 0,
	KIND_PASSPHRASE = 1,
};

static const uint8_t magic[8] = {'s', 'i', 'j', 'i', 'l', 'k', 'e', 'y'};
static const char context[crypto_kdf_CONTEXTBYTES] = {'s', 'i', 'j', 'i', 'l', 'k', 'e', 'y'};

/* What a slot and the private part hold when open; only ever in guarded memory. */
struct slot_content {
	uint8_t data_key[KEYFILE_DATA_KEY_BYTES];
	uint8_t kind;
	uint8_t later[55];
};

struct private_part {
	uint8_t floor_number[8];
	uint8_t floor_id[HASH_BYTES];
	uint8_t kinds[KEYFILE_SLOTS];
	uint8_t inbox_secret[32];
	uint8_t later[136];
};

struct slot {
	uint8_t nonce[NONCE_BYTES];
	uint8_t sealed[sizeof(struct slot_content) + TAG_BYTES];
};

struct image {
	uint8_t magic[8];
	uint8_t version[4];
	uint8_t passes[4];
	uint8_t memory[8];
	uint8_t generation[8];
	uint8_t name[NAME_BYTES];
	uint8_t salt[STRETCH_SALT_BYTES];
	uint8_t check[CHECK_BYTES];
	uint8_t inbox[32];
	uint8_t later[16];
	struct slot slots[KEYFILE_SLOTS];
	uint8_t fill[2688];
	uint8_t private_nonce[NONCE_BYTES];
	uint8_t private_sealed[sizeof(struct private_part) + TAG_BYTES];
};

static_assert(sizeof(struct slot) == 128, "FORMAT.md draws slots of 128 bytes");
static_assert(offsetof(struct image, slots) == 128, "FORMAT.md draws slots from 128");
static_assert(offsetof(struct image, private_nonce) == 3840, "FORMAT.md draws the private part from 3840");
static_assert(sizeof(struct image) == KEYFILE_BYTES, "the whole is one block");
static_assert(KEYFILE_DATA_KEY_BYTES == crypto_kdf_KEYBYTES, "the data key makes subkeys");
static_assert(STRETCH_KEY_BYTES == KEY_BYTES, "a stretched passphrase is a slot key");

struct slot_label {
	uint8_t word[13]; /* "sijil/1 slot" and its NUL */
	uint8_t slot;
	uint8_t name[NAME_BYTES];
};

struct keyfile {
	struct image image;
	struct secret *data_key;    /* these three NULL while locked */
	struct secret *private_key; /* seals the private part and authenticates the rest */
	struct secret *private_part;
};

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

static struct private_part *private_of(const struct keyfile *file)
{
	return (struct private_part *)(void *)file->private_part->data;
}

static struct stretch_costs costs_of(const struct image *image)
{
	return (struct stretch_costs){
		.memory_bytes = get_little_endian(image->memory, sizeof image->memory),
		.passes = (uint32_t)get_little_endian(image->passes, sizeof image->passes),
	};
}

/* The slot key of a passphrase under the file's own salt and costs. */
static enum status derive_slot_key(struct secret **slot_key, const struct image *image, const struct secret *passphrase,
                                   struct error *err)
{
	const struct stretch_costs costs = costs_of(image);
	return stretch_key(slot_key, secret_span(passphrase), image->salt, &costs, err);
}

static struct slot_label label_of(const struct image *image, unsigned slot)
{
	struct slot_label label = {.word = "sijil/1 slot", .slot = (uint8_t)slot};
	memcpy(label.name, image->name, sizeof label.name);
	return label;
}

static enum status close_slot(struct image *image, unsigned slot, const struct secret *slot_key,
                              const struct secret *data_key, struct error *err)
{
	const struct slot_label label = label_of(image, slot);
	struct slot *const at = &image->slots[slot];
	struct secret *open = NULL;

	const enum status status = secret_new(&open, sizeof(struct slot_content), err);
	if (status != STATUS_OK)
		return status;
	struct slot_content *const content = (struct slot_content *)(void *)open->data;
	memcpy(content->data_key, data_key->data, sizeof content->data_key);
	content->kind = KIND_PASSPHRASE;
	randombytes_buf(at->nonce, sizeof at->nonce);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(at->sealed, NULL, open->data, sizeof *content,
	                                                 (const uint8_t *)&label, sizeof label, NULL, at->nonce,
	                                                 slot_key->data);
	secret_free(open);
	return STATUS_OK;
}

/* The content of the first slot that opens; LOCKED if none does. */
static enum status open_any_slot(struct secret **content, const struct image *image, const struct secret *slot_key,
                                 struct error *err)
{
	struct secret *open = NULL;
	const enum status status = secret_new(&open, sizeof(struct slot_content), err);
	if (status != STATUS_OK)
		return status;
	for (unsigned i = 0; i < KEYFILE_SLOTS; i++) {
		const struct slot_label label = label_of(image, i);
		const struct slot *const at = &image->slots[i];
		if (crypto_aead_xchacha20poly1305_ietf_decrypt(open->data, NULL, NULL, at->sealed, sizeof at->sealed,
		                                               (const uint8_t *)&label, sizeof label, at->nonce,
		                                               slot_key->data) != 0)
			continue;
		open->len = open->capacity;
		*content = open;
		return STATUS_OK;
	}
	secret_free(open);
	(void)error_set(err, STATUS_LOCKED, "wrong passphrase");
	error_hint(err, "Nothing was changed. Check keyboard layout and capital letters, and try again.");
	return STATUS_LOCKED;
}

static void derive_check(uint8_t check[CHECK_BYTES], const struct secret *data_key)
{
	(void)crypto_kdf_derive_from_key(check, CHECK_BYTES, CHECK_SUBKEY, context, data_key->data);
}

/* After each change, so that the image can be saved or unlocked again any time. */
static void seal_private(struct keyfile *file)
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
	keys->data_key = keys->private_key = keys->private_part = NULL;
}

/* Unlocks with what is known to be the data key; TAMPERED if the rest does not fit it. */
static enum status adopt(struct keyfile *file, struct span data_key, struct error *err)
{
	struct keyfile keys = {0};
	const enum status status = prepare_keys(&keys, data_key, err);
	if (status != STATUS_OK)
		return status;
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

enum status keyfile_new(struct keyfile **file, const struct secret *passphrase, struct stretch_costs costs,
                        struct error *err)
{
	struct secret *data_key = NULL;
	struct keyfile *fresh = NULL;

	if (!stretch_costs_are_allowed(&costs))
		return error_set(err, STATUS_BAD_INPUT, "passphrase costs are out of bounds");
	enum status status = secret_new_random(&data_key, KEYFILE_DATA_KEY_BYTES, err);
	if (status != STATUS_OK)
		return status;
	fresh = calloc(1, sizeof *fresh);
	if (fresh == NULL) {
		status = error_set(err, STATUS_NO_MEMORY, "out of memory");
		goto out;
	}
	fill_public_part(&fresh->image, costs);
	derive_check(fresh->image.check, data_key);
	status = prepare_keys(fresh, secret_span(data_key), err);
	if (status != STATUS_OK)
		goto out;
	status = keyfile_slot_set(fresh, 0, passphrase, err);
	if (status != STATUS_OK)
		goto out;
	*file = fresh;
	fresh = NULL;
out:
	keyfile_free(fresh);
	secret_free(data_key);
	return status;
}

static enum status refuse_newer(struct error *err, const char *rule)
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
		return refuse_newer(err, "keyfile_newer");
	if (version != VERSION)
		return refuse_damaged(err, "it has no version", "keyfile_version");
	if (content.len != sizeof image)
		return refuse_damaged(err, "it has a wrong length", "keyfile_length");
	memcpy(&image, content.data, sizeof image);
	const struct stretch_costs costs = costs_of(&image);
	if (!stretch_costs_are_allowed(&costs))
		return refuse_damaged(err, "its passphrase costs are out of bounds", "keyfile_costs");
	if (get_little_endian(image.generation, sizeof image.generation) == 0)
		return refuse_damaged(err, "it has no generation", "keyfile_generation");
	struct keyfile *fresh = calloc(1, sizeof *fresh);
	if (fresh == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	fresh->image = image;
	*file = fresh;
	return STATUS_OK;
}

enum status keyfile_load(struct keyfile **file, const char *path, struct error *err)
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

enum status keyfile_unlock(struct keyfile *file, const struct secret *passphrase, struct error *err)
{
	struct secret *slot_key = NULL;
	struct secret *open = NULL;

	enum status status = derive_slot_key(&slot_key, &file->image, passphrase, err);
	if (status != STATUS_OK)
		return status;
	status = open_any_slot(&open, &file->image, slot_key, err);
	if (status != STATUS_OK)
		goto out;
	const struct slot_content *const content = (const struct slot_content *)(const void *)open->data;
	if (content->kind != KIND_PASSPHRASE) {
		status = refuse_newer(err, "keyfile_kind");
		goto out;
	}
	status = adopt(file, (struct span){content->data_key, sizeof content->data_key}, err);
out:
	secret_free(open);
	secret_free(slot_key);
	return status;
}

enum status keyfile_unlock_with_key(struct keyfile *file, const struct secret *data_key, struct error *err)
{
	uint8_t check[CHECK_BYTES];
	if (data_key->len == KEYFILE_DATA_KEY_BYTES) {
		derive_check(check, data_key);
		if (sodium_memcmp(check, file->image.check, sizeof check) == 0)
			return adopt(file, secret_span(data_key), err);
	}
	(void)error_set(err, STATUS_LOCKED, "the key kept by \"unlock\" is not this key file's");
	error_hint(err, "Unlock again with the passphrase.");
	return STATUS_LOCKED;
}

const struct secret *keyfile_data_key(const struct keyfile *file)
{
	return file->data_key;
}

struct span keyfile_name(const struct keyfile *file)
{
	return (struct span){file->image.name, sizeof file->image.name};
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
	const struct private_part *const part = private_of(file);
	floor.number = get_little_endian(part->floor_number, sizeof part->floor_number);
	memcpy(floor.id.bytes, part->floor_id, sizeof part->floor_id);
	return floor;
}

void keyfile_floor_set(struct keyfile *file, const struct keyfile_floor *floor)
{
	assert(file->private_part != NULL);
	struct private_part *const part = private_of(file);
	put_little_endian(part->floor_number, sizeof part->floor_number, floor->number);
	memcpy(part->floor_id, floor->id.bytes, sizeof part->floor_id);
	seal_private(file);
}

static enum status check_slot_change(const struct keyfile *file, unsigned slot, struct error *err)
{
	if (file->private_part == NULL)
		return error_set(err, STATUS_LOCKED, "the key file is locked");
	if (slot >= KEYFILE_SLOTS)
		return error_set(err, STATUS_BAD_INPUT, "there is no slot %u: slots are 0 to %d", slot, KEYFILE_SLOTS - 1);
	return STATUS_OK;
}

enum status keyfile_slot_set(struct keyfile *file, unsigned slot, const struct secret *passphrase, struct error *err)
{
	struct secret *slot_key = NULL;
	enum status status = check_slot_change(file, slot, err);
	if (status != STATUS_OK)
		return status;
	status = derive_slot_key(&slot_key, &file->image, passphrase, err);
	if (status != STATUS_OK)
		return status;
	status = close_slot(&file->image, slot, slot_key, file->data_key, err);
	secret_free(slot_key);
	if (status != STATUS_OK)
		return status;
	private_of(file)->kinds[slot] = KIND_PASSPHRASE;
	seal_private(file);
	return STATUS_OK;
}

enum status keyfile_slot_clear(struct keyfile *file, unsigned slot, struct error *err)
{
	const enum status status = check_slot_change(file, slot, err);
	if (status != STATUS_OK)
		return status;
	if (!keyfile_slot_in_use(file, slot))
		return error_set(err, STATUS_NOT_FOUND, "slot %u is empty", slot);
	unsigned in_use = 0;
	for (unsigned i = 0; i < KEYFILE_SLOTS; i++)
		in_use += keyfile_slot_in_use(file, i);
	if (in_use == 1)
		return error_set(err, STATUS_REFUSED, "slot %u is the last: without it nothing opens the data", slot);
	randombytes_buf(&file->image.slots[slot], sizeof file->image.slots[slot]);
	private_of(file)->kinds[slot] = KIND_EMPTY;
	seal_private(file);
	return STATUS_OK;
}

bool keyfile_slot_in_use(const struct keyfile *file, unsigned slot)
{
	return file->private_part != NULL && slot < KEYFILE_SLOTS && private_of(file)->kinds[slot] != KIND_EMPTY;
}

enum status keyfile_save(const struct keyfile *file, const char *path, bool create, struct error *err)
{
	if (file->private_part == NULL)
		return error_set(err, STATUS_LOCKED, "the key file is locked and cannot be saved");
	const struct span content = {(const uint8_t *)&file->image, sizeof file->image};
	return file_write(path, content, !create, err);
}

void keyfile_free(struct keyfile *file)
{
	if (file == NULL)
		return;
	forget_keys(file);
	free(file);
}
