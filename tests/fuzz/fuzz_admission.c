/* The gate of the set. First the bytes as a wire object from a stranger; then, as
 * a hostile insider would, type, payload and attachment under a good signature.
 *
 *   insider = type (1) || length of the payload (1 = 16 bytes) || payload || attachment
 */
#include <stdlib.h>
#include <string.h>

#include "schema/admission.h"
#include "schema/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct signing_key *key;
static struct key_public public_key;
static struct key_id project;

/* One key is everybody: any id is found, as the kind its first byte names. */
static enum status find(void *context, const struct key_id *id, struct signer *signer, struct error *err)
{
	(void)context;
	if (id->bytes[0] == 0)
		return error_set(err, STATUS_NOT_FOUND, "no such signer");
	*signer = (struct signer){
		.kind = (enum signer_kind)(1 + id->bytes[0] % 4),
		.id = *id,
		.key = public_key,
		.roles = ROLE_ALL,
	};
	return STATUS_OK;
}

static enum status key_is_taken(void *context, const struct key_public *taken, const struct hash *but, bool *is_taken,
                                struct error *err)
{
	(void)context;
	(void)but;
	(void)err;
	*is_taken = taken->bytes[0] == 0xff;
	return STATUS_OK;
}

static void start(void)
{
	static const uint8_t seed[KEY_SEED_BYTES] = {1};
	if (key != NULL)
		return;
	if (secret_process_init(NULL) != STATUS_OK ||
	    signing_key_from_seed(&key, (struct span){seed, sizeof seed}, NULL) != STATUS_OK)
		abort();
	public_key = signing_key_public(key);
	project = key_id_of_project(&public_key);
}

static void admit(struct span wire)
{
	const struct signer_source source = {NULL, find, key_is_taken};
	struct object object;
	struct admission admission;
	if (object_parse(&object, wire, NULL) != STATUS_OK)
		return;
	if (admission_check(&admission, &object, &public_key, &source, NULL) != STATUS_OK)
		return;
	if (admission.introduces != (admission.signers_len > 0) || admission.signers_len > 4)
		abort();
}

static struct key_id signer_for(unsigned type)
{
	if (type >= 32 && type < 48)
		return project;
	struct key_id id = {{0}};
	/* The first bytes that `find` takes for a device, a log and an appointee. */
	id.bytes[0] = type < 32 ? 1 : type < 64 ? 3 : 2;
	return id;
}

static void admit_insider(struct span in)
{
	const size_t wanted = (size_t)in.data[1] * 16;
	const struct span rest = {in.data + 2, in.len - 2};
	const size_t payload_len = wanted < rest.len ? wanted : rest.len;
	const struct object_draft draft = {
		.type = (enum object_type)in.data[0],
		.signer = signer_for(in.data[0]),
		.payload = {rest.data, payload_len},
		.attachment = {rest.data + payload_len, rest.len - payload_len},
	};
	struct bytes wire = {0};
	struct hash id;
	if (object_make(&wire, &id, &draft, key, &project, NULL) == STATUS_OK)
		admit(bytes_span(&wire));
	bytes_wipe(&wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	start();
	admit((struct span){data, size});
	if (size > 2)
		admit_insider((struct span){data, size});
	return 0;
}
