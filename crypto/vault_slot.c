#include "crypto/vault_slot.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* "sijil/1 vault" 0x00 | kind (1) | length (4, LE) | block (8, LE); of a journal's blocks behind the first: | epoch (4) */
#define DOMAIN "sijil/1 vault"
#define SUBKEY_CONTEXT "sijilvlt"

enum {
	NONCE_AT = 4,
	TAG_AT = 28,
	KIND_AT = sizeof DOMAIN,
	LENGTH_AT = KIND_AT + 1,
	BLOCK_AT = LENGTH_AT + 4,
	EPOCH_AT = BLOCK_AT + 8,
	BOUND_BYTES = EPOCH_AT + VAULT_EPOCH_BYTES,
};

static_assert(VAULT_BLOCK_BYTES >= 512 && VAULT_BLOCK_BYTES <= 4096, "blocks have 512 to 4096 bytes");
static_assert((VAULT_BLOCK_BYTES & (VAULT_BLOCK_BYTES - 1)) == 0, "pages and sectors are powers of two");
static_assert(TAG_AT - NONCE_AT == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce of 24 bytes");
static_assert(VAULT_SLOT_HEAD_BYTES - TAG_AT == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag of 16 bytes");
static_assert(VAULT_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "AEAD key");
static_assert(VAULT_KEY_BYTES == crypto_kdf_KEYBYTES, "KDF key");
static_assert(sizeof SUBKEY_CONTEXT == crypto_kdf_CONTEXTBYTES + 1, "KDF context of 8 bytes");

static void put_le(uint8_t *to, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

/* How many bytes of `bound` count. */
static size_t bind_place(uint8_t bound[BOUND_BYTES], const struct vault_place *place, uint32_t len)
{
	memcpy(bound, DOMAIN, sizeof DOMAIN);
	bound[KIND_AT] = (uint8_t)place->kind;
	put_le(bound + LENGTH_AT, len, 4);
	put_le(bound + BLOCK_AT, place->block, 8);
	if (place->kind != VAULT_KIND_JOURNAL || place->block == 0)
		return EPOCH_AT;
	memcpy(bound + EPOCH_AT, place->epoch, sizeof place->epoch);
	return BOUND_BYTES;
}

enum status vault_slot_subkeys(struct secret **subkeys, const struct secret *data_key, struct error *err)
{
	if (data_key->len != VAULT_KEY_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "a vault's key has \"%d\" bytes, this one \"%zu\"", VAULT_KEY_BYTES,
		                 data_key->len);
	struct secret *fresh = NULL;
	const enum status status = secret_new(&fresh, VAULT_KIND_WAL * VAULT_KEY_BYTES, err);
	if (status != STATUS_OK)
		return status;
	for (uint64_t kind = VAULT_KIND_DATABASE; kind <= VAULT_KIND_WAL; kind++)
		(void)crypto_kdf_derive_from_key(fresh->data + (kind - 1) * VAULT_KEY_BYTES, VAULT_KEY_BYTES, kind,
		                                 SUBKEY_CONTEXT, data_key->data);
	fresh->len = fresh->capacity;
	*subkeys = fresh;
	return STATUS_OK;
}

void vault_slot_seal(uint8_t *slot, const struct vault_place *place, const uint8_t *plain, size_t len)
{
	assert(len >= 1 && len <= VAULT_BLOCK_BYTES);
	uint8_t bound[BOUND_BYTES];

	put_le(slot, len, 4);
	randombytes_buf(slot + NONCE_AT, TAG_AT - NONCE_AT);
	const size_t bound_len = bind_place(bound, place, (uint32_t)len);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt_detached(slot + VAULT_SLOT_HEAD_BYTES, slot + TAG_AT, NULL, plain,
	                                                          len, bound, bound_len, NULL, slot + NONCE_AT,
	                                                          place->key);
}

uint32_t vault_slot_length(const uint8_t *slot)
{
	return (uint32_t)slot[0] | (uint32_t)slot[1] << 8 | (uint32_t)slot[2] << 16 | (uint32_t)slot[3] << 24;
}

bool vault_slot_open(uint8_t *plain, const struct vault_place *place, const uint8_t *slot, size_t available)
{
	const uint32_t len = vault_slot_length(slot);
	uint8_t bound[BOUND_BYTES];

	if (len < 1 || len > VAULT_BLOCK_BYTES || len > available)
		goto damaged;
	const size_t bound_len = bind_place(bound, place, len);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt_detached(plain, NULL, slot + VAULT_SLOT_HEAD_BYTES, len,
	                                                        slot + TAG_AT, bound, bound_len, slot + NONCE_AT,
	                                                        place->key) != 0)
		goto damaged;
	memset(plain + len, 0, VAULT_BLOCK_BYTES - len);
	return true;
damaged:
	memset(plain, 0, VAULT_BLOCK_BYTES);
	return false;
}
