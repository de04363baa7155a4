/* Hostile wire objects, alone and with what opens them. */
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/object.h"
#include "crypto/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static bool lies_within(struct span part, struct span whole)
{
	return part.len == 0 || (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

static struct sealing_key *recipient(void)
{
	static struct sealing_key *key;
	static const uint8_t seed[KEY_SEED_BYTES] = {16};
	if (key == NULL)
		demand(sodium_init() >= 0 && sealing_key_from_seed(&key, (struct span){seed, sizeof seed}, NULL) == STATUS_OK);
	return key;
}

static void check_parsed(const struct object *object, struct span wire)
{
	demand(lies_within(object->cose, wire) && lies_within(object->header, object->cose));
	demand(lies_within(object->payload, object->cose) && lies_within(object->attachment, wire));
	const struct hash id = hash_of(object->cose);
	demand(hash_equals(&id, &object->id));
	struct object bare;
	demand(object_parse_cose(&bare, object->type, object->cose, NULL) == STATUS_OK);
	demand(hash_equals(&bare.id, &object->id) && key_id_equals(&bare.signer, &object->signer));
	char buffer[12];
	demand(strlen(object_type_name(object->type, buffer)) > 0);
	const struct key_public key = {{1}};
	const struct key_id project = {{0}};
	demand(object_verify(object, &key, &project, NULL) == STATUS_TAMPERED);
	struct bytes body = {0};
	struct seal_salt salt;
	demand(seal_open(&body, &salt, object->attachment, recipient(), NULL) == STATUS_TAMPERED || body.len <= SEAL_BODY_MAX_BYTES);
	bytes_wipe(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span wire = {data, size};
	struct object object;
	if (object_parse(&object, wire, NULL) == STATUS_OK)
		check_parsed(&object, wire);
	struct object bare;
	if (object_parse_cose(&bare, OBJECT_INVITE, wire, NULL) == STATUS_OK)
		demand(bare.cose.len == size && bare.wire.len == 0);
	return 0;
}
