#include <sodium.h>

#include "crypto/vault.h"

#define BESIDE_CONTEXT "sijilplc"

enum status vault_key_beside(struct secret **key, const struct secret *data_key, struct error *err)
{
	if (data_key->len != VAULT_KEY_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "a vault's key has \"%d\" bytes, this one \"%zu\"", VAULT_KEY_BYTES,
		                 data_key->len);
	struct secret *fresh = NULL;
	const enum status status = secret_new(&fresh, VAULT_KEY_BYTES, err);
	if (status != STATUS_OK)
		return status;
	(void)crypto_kdf_derive_from_key(fresh->data, VAULT_KEY_BYTES, 1, BESIDE_CONTEXT, data_key->data);
	fresh->len = VAULT_KEY_BYTES;
	*key = fresh;
	return STATUS_OK;
}
