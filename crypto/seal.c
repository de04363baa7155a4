#include "crypto/seal.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum {
	NUMBER_BYTES = 8,
	/* salt and the longest body, padded by 1 to SEAL_BLOCK_BYTES */
	PLAIN_MAX_BYTES = (SEAL_SALT_BYTES + SEAL_BODY_MAX_BYTES) / SEAL_BLOCK_BYTES * SEAL_BLOCK_BYTES + SEAL_BLOCK_BYTES,
};

static_assert(SEAL_OVERHEAD_BYTES == crypto_box_SEALBYTES, "a sealed box adds an ephemeral key and a tag");

struct hash seal_commitment(const struct seal_place *place, const struct seal_salt *salt, struct span body)
{
	uint8_t number[NUMBER_BYTES];
	for (size_t i = 0; i < NUMBER_BYTES; i++)
		number[i] = (uint8_t)(place->number >> (8 * (NUMBER_BYTES - 1 - i)));
	const struct span parts[] = {
		key_id_span(&place->project),
		key_id_span(&place->signer),
		{number, sizeof number},
		{salt->bytes, sizeof salt->bytes},
		body,
	};
	return hash_with_domain("commitment", parts, sizeof parts / sizeof *parts);
}

size_t seal_length(size_t body_len)
{
	const size_t blocks = (SEAL_SALT_BYTES + body_len) / SEAL_BLOCK_BYTES + 1;
	return SEAL_OVERHEAD_BYTES + blocks * SEAL_BLOCK_BYTES;
}

enum status seal_close(struct bytes *sealed, struct seal_salt *salt, struct span body,
                       const struct key_public *recipient, struct error *err)
{
	if (body.len > SEAL_BODY_MAX_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "the text to seal is %zu bytes long, at most %d fit", body.len,
		                 SEAL_BODY_MAX_BYTES);
	const size_t length = seal_length(body.len);
	enum status status = bytes_reserve(sealed, length, err);
	if (status != STATUS_OK)
		return status;
	uint8_t plain[PLAIN_MAX_BYTES];
	struct seal_salt drawn;
	size_t padded = 0;
	randombytes_buf(drawn.bytes, sizeof drawn.bytes);
	memcpy(plain, drawn.bytes, SEAL_SALT_BYTES);
	if (body.len > 0)
		memcpy(plain + SEAL_SALT_BYTES, body.data, body.len);
	if (sodium_pad(&padded, plain, SEAL_SALT_BYTES + body.len, SEAL_BLOCK_BYTES, sizeof plain) != 0 ||
	    crypto_box_seal(sealed->data + sealed->len, plain, padded, recipient->bytes) != 0) {
		status = error_set(err, STATUS_UNTRUSTED, "nothing can be sealed to headquarters' key: it is not a sound key");
		goto out;
	}
	sealed->len += length;
	*salt = drawn;
out:
	sodium_memzero(plain, sizeof plain);
	return status;
}

static enum status refuse(const char *rule, struct error *err)
{
	return error_set(err, STATUS_TAMPERED, "what is sealed is damaged or was sealed to another key (%s)", rule);
}

enum status seal_open(struct bytes *body, struct seal_salt *salt, struct span sealed,
                      const struct sealing_key *recipient, struct error *err)
{
	if (sealed.len < seal_length(0) || sealed.len > seal_length(SEAL_BODY_MAX_BYTES) ||
	    (sealed.len - SEAL_OVERHEAD_BYTES) % SEAL_BLOCK_BYTES != 0)
		return refuse("sealed_length", err);
	const struct key_public public = sealing_key_public(recipient);
	uint8_t plain[PLAIN_MAX_BYTES];
	size_t used = 0;
	enum status status = STATUS_OK;
	if (crypto_box_seal_open(plain, sealed.data, sealed.len, public.bytes, sealing_key_secret(recipient).data) != 0) {
		status = refuse("box", err);
		goto out;
	}
	if (sodium_unpad(&used, plain, sealed.len - SEAL_OVERHEAD_BYTES, SEAL_BLOCK_BYTES) != 0 || used < SEAL_SALT_BYTES) {
		status = refuse("padding", err);
		goto out;
	}
	status = bytes_append(body, (struct span){plain + SEAL_SALT_BYTES, used - SEAL_SALT_BYTES}, err);
	if (status == STATUS_OK)
		memcpy(salt->bytes, plain, SEAL_SALT_BYTES);
out:
	sodium_memzero(plain, sizeof plain);
	return status;
}
