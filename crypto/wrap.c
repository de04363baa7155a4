#include "crypto/wrap.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define PREFIX "sijil/1 "

enum { ROW_SUBKEY = 1 };
static const char row_context[crypto_kdf_CONTEXTBYTES] = {'s', 'i', 'j', 'i', 'l', 'r', 'o', 'w'};

static_assert(WRAP_OVERHEAD_BYTES == NONCE_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES, "nonce and tag");

struct purpose {
	char text[sizeof PREFIX + WRAP_WORD_MAX_BYTES]; /* its NUL is part of the associated data */
	size_t len;
};

/* The subkey for rows and the associated data of this use. */
static enum status prepare(struct secret **row_key, struct purpose *purpose, const char *word,
                           const struct secret *data_key, struct error *err)
{
	if (data_key->len != crypto_kdf_KEYBYTES || strlen(word) > WRAP_WORD_MAX_BYTES)
		return error_set(err, STATUS_BUG, "a key cannot be wrapped as \"%s\"", word);
	const enum status status = secret_new(row_key, KEY_BYTES, err);
	if (status != STATUS_OK)
		return status;
	(*row_key)->len = KEY_BYTES;
	(void)crypto_kdf_derive_from_key((*row_key)->data, KEY_BYTES, ROW_SUBKEY, row_context, data_key->data);
	purpose->len = (size_t)snprintf(purpose->text, sizeof purpose->text, PREFIX "%s", word) + 1;
	return STATUS_OK;
}

enum status wrap_close(struct bytes *wrapped, const struct secret *secret, const char *word,
                       const struct secret *data_key, struct error *err)
{
	struct secret *row_key = NULL;
	struct purpose purpose;

	if (secret->len > WRAP_SECRET_MAX_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "a secret of %zu bytes is too long to wrap", secret->len);
	enum status status = prepare(&row_key, &purpose, word, data_key, err);
	if (status != STATUS_OK)
		return status;
	status = bytes_reserve(wrapped, secret->len + WRAP_OVERHEAD_BYTES, err);
	if (status != STATUS_OK)
		goto out;
	uint8_t *const nonce = wrapped->data + wrapped->len;
	randombytes_buf(nonce, NONCE_BYTES);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_BYTES, NULL, secret->data, secret->len,
	                                                 (const uint8_t *)purpose.text, purpose.len, NULL, nonce,
	                                                 row_key->data);
	wrapped->len += secret->len + WRAP_OVERHEAD_BYTES;
out:
	secret_free(row_key);
	return status;
}

enum status wrap_open(struct secret **secret, struct span wrapped, const char *word, const struct secret *data_key,
                      struct error *err)
{
	struct secret *row_key = NULL;
	struct secret *opened = NULL;
	struct purpose purpose;

	if (wrapped.len < WRAP_OVERHEAD_BYTES || wrapped.len > WRAP_SECRET_MAX_BYTES + WRAP_OVERHEAD_BYTES)
		return error_set(err, STATUS_TAMPERED, "the stored \"%s\" was altered: it has a wrong length", word);
	enum status status = prepare(&row_key, &purpose, word, data_key, err);
	if (status != STATUS_OK)
		return status;
	status = secret_new(&opened, wrapped.len - WRAP_OVERHEAD_BYTES, err);
	if (status != STATUS_OK)
		goto out;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(opened->data, NULL, NULL, wrapped.data + NONCE_BYTES,
	                                               wrapped.len - NONCE_BYTES, (const uint8_t *)purpose.text,
	                                               purpose.len, wrapped.data, row_key->data) != 0) {
		status = error_set(err, STATUS_TAMPERED, "the stored \"%s\" was altered or belongs to another key", word);
		goto out;
	}
	opened->len = opened->capacity;
	*secret = opened;
	opened = NULL;
out:
	secret_free(opened);
	secret_free(row_key);
	return status;
}
