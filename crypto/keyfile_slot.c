#include "crypto/keyfile.h"

#include <string.h>

#include "crypto/keyfile_inside.h"

#define KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES

static const uint8_t file_domain[crypto_generichash_blake2b_PERSONALBYTES] = {'s', 'i', 'j', 'i', 'l', '/', '1', ' ',
                                                                             'k', 'e', 'y', ' ', 'f', 'i', 'l', 'e'};

static_assert(STRETCH_KEY_BYTES == KEY_BYTES, "a stretched passphrase is a slot key");
static_assert(KEY_BYTES <= crypto_generichash_blake2b_KEYBYTES_MAX, "and can be the key of a hash");

struct slot_label {
	uint8_t word[13]; /* "sijil/1 slot" and its NUL */
	uint8_t slot;
	uint8_t name[KEYFILE_NAME_BYTES];
};

static enum status check_key_file(const struct secret *key_file, struct error *err)
{
	if (key_file == NULL || (key_file->len > 0 && key_file->len <= KEYFILE_CONTENT_MAX_BYTES))
		return STATUS_OK;
	return error_set(err, STATUS_BAD_INPUT, "a file that opens together with a passphrase has 1 to %d bytes, not %zu",
	                 KEYFILE_CONTENT_MAX_BYTES, key_file->len);
}

enum status keyfile_slot_key(struct secret **slot_key, const struct image *image, const struct secret *passphrase,
                             struct error *err)
{
	const struct stretch_costs costs = keyfile_costs(image);
	return stretch_key(slot_key, secret_span(passphrase), image->salt, &costs, err);
}

/* The key that wants both, out of what the passphrase alone gives. */
static enum status mix_in(struct secret **mixed, const struct secret *stretched, const struct secret *key_file,
                          struct error *err)
{
	const enum status status = secret_new(mixed, KEY_BYTES, err);
	if (status != STATUS_OK)
		return status;
	(void)crypto_generichash_blake2b_salt_personal((*mixed)->data, KEY_BYTES, key_file->data, key_file->len,
	                                               stretched->data, stretched->len, NULL, file_domain);
	(*mixed)->len = KEY_BYTES;
	return STATUS_OK;
}

static struct slot_label label_of(const struct image *image, unsigned slot)
{
	struct slot_label label = {.word = "sijil/1 slot", .slot = (uint8_t)slot};
	memcpy(label.name, image->name, sizeof label.name);
	return label;
}

static enum status seal(struct image *image, unsigned slot, enum keyfile_slot_kind kind, const uint8_t *data_key,
                        const struct secret *slot_key, struct error *err)
{
	const struct slot_label label = label_of(image, slot);
	struct slot *const at = &image->slots[slot];
	struct secret *open = NULL;

	const enum status status = secret_new(&open, sizeof(struct slot_content), err);
	if (status != STATUS_OK)
		return status;
	struct slot_content *const content = (struct slot_content *)(void *)open->data;
	memcpy(content->data_key, data_key, sizeof content->data_key);
	content->kind = (uint8_t)kind;
	randombytes_buf(at->nonce, sizeof at->nonce);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(at->sealed, NULL, open->data, sizeof *content,
	                                                 (const uint8_t *)&label, sizeof label, NULL, at->nonce,
	                                                 slot_key->data);
	secret_free(open);
	return STATUS_OK;
}

enum status keyfile_slot_close(struct keyfile *file, unsigned slot, enum keyfile_slot_kind kind,
                               const struct secret *slot_key, struct error *err)
{
	const enum status status = seal(&file->image, slot, kind, file->data_key->data, slot_key, err);
	if (status != STATUS_OK)
		return status;
	keyfile_private(file)->kinds[slot] = (uint8_t)kind;
	keyfile_seal_private(file);
	return STATUS_OK;
}

enum status keyfile_slot_close_other(struct keyfile *file, const struct secret *slot_key, struct error *err)
{
	const enum status status = seal(&file->image, KEYFILE_SLOT_APART, KEYFILE_SLOT_OTHER_DATABASE,
	                                keyfile_private(file)->other_key, slot_key, err);
	if (status == STATUS_OK)
		keyfile_seal_private(file);
	return status;
}

bool keyfile_slot_find(struct secret *content, unsigned *slot, const struct image *image, const struct secret *slot_key)
{
	for (unsigned i = 0; i < KEYFILE_SLOTS; i++) {
		const struct slot_label label = label_of(image, i);
		const struct slot *const at = &image->slots[i];
		if (crypto_aead_xchacha20poly1305_ietf_decrypt(content->data, NULL, NULL, at->sealed, sizeof at->sealed,
		                                               (const uint8_t *)&label, sizeof label, at->nonce,
		                                               slot_key->data) != 0)
			continue;
		content->len = content->capacity;
		*slot = i;
		return true;
	}
	return false;
}

static bool is_plain(uint8_t kind)
{
	return kind == KEYFILE_SLOT_PASSPHRASE || kind == KEYFILE_SLOT_RECOVERY;
}

static enum status check_kind(const struct slot_opened *opened, bool with_file, struct error *err)
{
	const uint8_t kind = ((const struct slot_content *)(const void *)opened->content->data)->kind;
	const bool is_apart = opened->slot == KEYFILE_SLOT_APART && kind == KEYFILE_SLOT_OTHER_DATABASE;
	const bool is_known = with_file ? kind == KEYFILE_SLOT_PASSPHRASE_AND_FILE : is_apart || is_plain(kind);
	return is_known ? STATUS_OK : keyfile_refuse_newer(err, "keyfile_kind");
}

static enum status wrong_passphrase(struct error *err)
{
	(void)error_set(err, STATUS_LOCKED, "wrong passphrase");
	error_hint(err, "Nothing was changed. Check keyboard layout and capital letters, and try again.");
	return STATUS_LOCKED;
}

/* With the file first: a passphrase that goes with one is never taken for the same without it. */
enum status keyfile_slot_open(struct slot_opened *opened, const struct image *image, const struct secret *passphrase,
                              const struct secret *key_file, struct error *err)
{
	struct slot_opened fresh = {0};
	struct secret *mixed = NULL;

	enum status status = check_key_file(key_file, err);
	if (status == STATUS_OK)
		status = keyfile_slot_key(&fresh.slot_key, image, passphrase, err);
	if (status == STATUS_OK && key_file != NULL)
		status = mix_in(&mixed, fresh.slot_key, key_file, err);
	if (status == STATUS_OK)
		status = secret_new(&fresh.content, sizeof(struct slot_content), err);
	if (status != STATUS_OK)
		goto out;
	if (mixed != NULL && keyfile_slot_find(fresh.content, &fresh.slot, image, mixed))
		status = check_kind(&fresh, true, err);
	else if (keyfile_slot_find(fresh.content, &fresh.slot, image, fresh.slot_key))
		status = check_kind(&fresh, false, err);
	else
		status = wrong_passphrase(err);
	if (status == STATUS_OK) {
		*opened = fresh;
		fresh = (struct slot_opened){0};
	}
out:
	secret_free(mixed);
	secret_free(fresh.slot_key);
	secret_free(fresh.content);
	return status;
}

static enum status check_slot_change(const struct keyfile *file, unsigned slot, struct error *err)
{
	if (file->private_part == NULL)
		return error_set(err, STATUS_LOCKED, "the key file is locked");
	if (slot >= KEYFILE_SLOTS)
		return error_set(err, STATUS_BAD_INPUT, "there is no slot %u: slots are 0 to %d", slot, KEYFILE_SLOTS - 1);
	return STATUS_OK;
}

/* One passphrase cannot open both databases: the first slot that it opens would decide. */
static enum status check_not_other(const struct keyfile *file, unsigned slot, const struct secret *slot_key,
                                   struct error *err)
{
	struct secret *content = NULL;
	unsigned found;
	const enum status status = secret_new(&content, sizeof(struct slot_content), err);
	if (status != STATUS_OK)
		return status;
	const bool is_other = slot != KEYFILE_SLOT_APART && keyfile_slot_find(content, &found, &file->image, slot_key) &&
	                      found == KEYFILE_SLOT_APART && !keyfile_slot_in_use(file, found);
	secret_free(content);
	if (!is_other)
		return STATUS_OK;
	(void)error_set(err, STATUS_REFUSED, "this passphrase is set for something else already; nothing was changed");
	error_hint(err, "choose another one");
	return STATUS_REFUSED;
}

enum status keyfile_slot_set(struct keyfile *file, unsigned slot, enum keyfile_slot_kind kind,
                             const struct secret *passphrase, struct error *err)
{
	struct secret *slot_key = NULL;
	enum status status = check_slot_change(file, slot, err);
	if (status == STATUS_OK && kind != KEYFILE_SLOT_PASSPHRASE && kind != KEYFILE_SLOT_RECOVERY)
		status = error_set(err, STATUS_BUG, "a passphrase alone makes no slot of kind %d", (int)kind);
	if (status == STATUS_OK)
		status = keyfile_slot_key(&slot_key, &file->image, passphrase, err);
	if (status == STATUS_OK)
		status = check_not_other(file, slot, slot_key, err);
	if (status == STATUS_OK)
		status = keyfile_slot_close(file, slot, kind, slot_key, err);
	secret_free(slot_key);
	return status;
}

enum status keyfile_slot_set_with_file(struct keyfile *file, unsigned slot, const struct secret *passphrase,
                                       const struct secret *key_file, struct error *err)
{
	struct secret *stretched = NULL, *mixed = NULL;
	enum status status = check_slot_change(file, slot, err);
	if (status == STATUS_OK)
		status = check_key_file(key_file, err);
	if (status == STATUS_OK)
		status = keyfile_slot_key(&stretched, &file->image, passphrase, err);
	if (status == STATUS_OK)
		status = check_not_other(file, slot, stretched, err);
	if (status == STATUS_OK)
		status = mix_in(&mixed, stretched, key_file, err);
	if (status == STATUS_OK)
		status = keyfile_slot_close(file, slot, KEYFILE_SLOT_PASSPHRASE_AND_FILE, mixed, err);
	secret_free(stretched);
	secret_free(mixed);
	return status;
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
	keyfile_private(file)->kinds[slot] = KEYFILE_SLOT_EMPTY;
	keyfile_seal_private(file);
	return STATUS_OK;
}

bool keyfile_slot_in_use(const struct keyfile *file, unsigned slot)
{
	return keyfile_slot_kind(file, slot) != KEYFILE_SLOT_EMPTY;
}

enum keyfile_slot_kind keyfile_slot_kind(const struct keyfile *file, unsigned slot)
{
	if (file->private_part == NULL || slot >= KEYFILE_SLOTS)
		return KEYFILE_SLOT_EMPTY;
	return (enum keyfile_slot_kind)keyfile_private(file)->kinds[slot];
}
