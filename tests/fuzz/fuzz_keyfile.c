/* The key file: as it stands nothing made up opens; made anew under the right data key it opens whatever it holds. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keyfile.h"

enum { AT_CHECK = 64, AT_PRIVATE = 3840, NONCE_BYTES = 24, PRIVATE_CONTENT_BYTES = 216 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct secret *data_key;

static void prepare(void)
{
	static const uint8_t fixed[KEYFILE_DATA_KEY_BYTES] = "a data key that guards nothing";
	if (data_key == NULL && (sodium_init() < 0 || secret_new_copy(&data_key, (struct span){fixed, sizeof fixed}, NULL)))
		abort();
}

/* Whatever stood there for the inbox, afterwards there is a key, and it stays. */
static void use_inbox(struct keyfile *file)
{
	struct sealing_key *key = NULL, *again = NULL;
	if (keyfile_inbox_make(file, NULL) != STATUS_OK || keyfile_inbox_secret(file, &key, NULL) != STATUS_OK)
		abort();
	if (keyfile_inbox_make(file, NULL) != STATUS_OK || keyfile_inbox_secret(file, &again, NULL) != STATUS_OK ||
	    !span_equals(sealing_key_seed(key), sealing_key_seed(again)))
		abort();
	sealing_key_free(key);
	sealing_key_free(again);
}

static void use_next_generation(const struct keyfile *file)
{
	struct keyfile *next = NULL;
	const enum status status = keyfile_new_generation(&next, file, stretch_costs_minimum(), NULL);
	if (status != (keyfile_generation(file) == UINT64_MAX ? STATUS_REFUSED : STATUS_OK))
		abort();
	if (next != NULL && (keyfile_generation(next) != keyfile_generation(file) + 1 ||
	                     keyfile_floor_get(next).number != keyfile_floor_get(file).number))
		abort();
	keyfile_free(next);
}

/* Every slot but the last in use can be cleared, and an open file stays open. */
static void use(struct keyfile *file)
{
	unsigned in_use = 0, cleared = 0;
	const struct keyfile_floor floor = keyfile_floor_get(file);
	keyfile_floor_set(file, &floor);
	use_inbox(file);
	use_next_generation(file);
	for (unsigned i = 0; i < KEYFILE_SLOTS; i++)
		in_use += keyfile_slot_in_use(file, i);
	for (unsigned i = 0; i < KEYFILE_SLOTS; i++)
		cleared += keyfile_slot_clear(file, i, NULL) == STATUS_OK;
	if (cleared != (in_use > 0 ? in_use - 1 : 0))
		abort();
	if (keyfile_unlock_with_key(file, data_key, NULL) != STATUS_OK || keyfile_floor_get(file).number != floor.number)
		abort();
}

static void open_as_it_stands(struct span content)
{
	struct keyfile *file = NULL;
	if (keyfile_parse(&file, content, NULL) != STATUS_OK)
		return;
	if (keyfile_unlock_with_key(file, data_key, NULL) == STATUS_OK || keyfile_data_key(file) != NULL)
		abort();
	keyfile_free(file);
}

static void open_made_anew(struct span content)
{
	uint8_t image[KEYFILE_BYTES], key[32];
	struct keyfile *file = NULL;

	memcpy(image, content.data, sizeof image);
	(void)crypto_kdf_derive_from_key(image + AT_CHECK, 16, 2, "sijilkey", data_key->data);
	(void)crypto_kdf_derive_from_key(key, sizeof key, 1, "sijilkey", data_key->data);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(image + AT_PRIVATE + NONCE_BYTES, NULL,
	                                                 content.data + AT_PRIVATE + NONCE_BYTES, PRIVATE_CONTENT_BYTES,
	                                                 image, AT_PRIVATE, NULL, image + AT_PRIVATE, key);
	if (keyfile_parse(&file, (struct span){image, sizeof image}, NULL) != STATUS_OK)
		return;
	if (keyfile_unlock_with_key(file, data_key, NULL) != STATUS_OK)
		abort();
	use(file);
	keyfile_free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	prepare();
	open_as_it_stands((struct span){data, size});
	if (size == KEYFILE_BYTES)
		open_made_anew((struct span){data, size});
	return 0;
}
