#include "tests/bench/sodium_calls.h"

#include <sodium.h>
#include <string.h>

#include "crypto/cbor.h"
#include "crypto/seal.h"
#include "tests/bench/scene.h"

static uint8_t input[OBJECT_EVENT_MAX_BYTES];

void sodium_calls_signed_bytes(struct bytes *out, const struct object *object, const struct key_id *project)
{
	static const char word[] = "sijil/1 object"; /* its zero byte is part of what is signed */
	uint8_t external[sizeof word + 1 + KEY_ID_BYTES];
	struct cbor_writer writer;

	memcpy(external, word, sizeof word);
	external[sizeof word] = (uint8_t)object->type;
	memcpy(external + sizeof word + 1, project->bytes, KEY_ID_BYTES);
	cbor_write_begin(&writer, out);
	cbor_write_array(&writer, 4);
	cbor_write_text(&writer, span_from_text("Signature1"));
	cbor_write_bytes(&writer, object->header);
	cbor_write_bytes(&writer, (struct span){external, sizeof external});
	cbor_write_bytes(&writer, object->payload);
	MUST(cbor_write_end(&writer, err));
}

void sodium_calls_init(struct sodium_calls *calls, const struct object *object, size_t body_len)
{
	static const struct key_id any;
	struct bytes covered = {0};

	sodium_calls_signed_bytes(&covered, object, &any);
	*calls = (struct sodium_calls){
		.commitment_len = sizeof "sijil/1 commitment" + KEY_ID_BYTES + KEY_ID_BYTES + 8 + SEAL_SALT_BYTES + body_len,
		.padded_len = object->attachment.len - crypto_box_SEALBYTES,
		.signed_len = covered.len,
	};
	bytes_wipe(&covered);
	if (crypto_sign_keypair(calls->sign_public, calls->sign_secret) != 0 ||
	    crypto_box_keypair(calls->box_public, calls->box_secret) != 0)
		abort();
	randombytes_buf(input, sizeof input);
}

void sodium_calls_run(struct sodium_calls *calls)
{
	uint8_t hash[crypto_hash_sha256_BYTES], signature[crypto_sign_BYTES];
	uint8_t sealed[crypto_box_SEALBYTES + SEAL_SALT_BYTES + SEAL_BODY_MAX_BYTES + SEAL_BLOCK_BYTES];

	if (crypto_hash_sha256(hash, input, calls->commitment_len) != 0 ||
	    crypto_box_seal(sealed, input, calls->padded_len, calls->box_public) != 0 ||
	    crypto_hash_sha256(hash, sealed, calls->padded_len + crypto_box_SEALBYTES) != 0 ||
	    crypto_sign_detached(signature, NULL, input, calls->signed_len, calls->sign_secret) != 0)
		abort();
}
