#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "crypto/object.h"
#include "schema/outbox_tables.h"

/* FORMAT.md, section 11: the hash of a sentence, of which nobody has the secret key. */
static struct key_public nobody(void)
{
	const struct hash hash = hash_with_domain("nobody", NULL, 0);
	struct key_public key;
	static_assert(sizeof key.bytes == sizeof hash.bytes, "a hash is as long as a key");
	memcpy(key.bytes, hash.bytes, sizeof key.bytes);
	return key;
}

bool outbox_is_practice(const struct outbox *outbox)
{
	const struct key_public key = nobody();
	return memcmp(outbox->descriptor.sealing.bytes, key.bytes, sizeof key.bytes) == 0;
}

/* The COSE_Sign1 of one object that the root signs. */
static enum status sign(struct bytes *cose, enum object_type type, const struct bytes *payload,
                        const struct signing_key *root, struct error *err)
{
	const struct key_public public = signing_key_public(root);
	const struct key_id project = key_id_of_project(&public);
	const struct object_draft draft = {.type = type, .signer = project, .payload = bytes_span(payload)};
	struct bytes wire = {0};
	struct object object;
	struct hash id;
	enum status status = object_make(&wire, &id, &draft, root, &project, err);
	if (status == STATUS_OK)
		status = object_parse(&object, bytes_span(&wire), err);
	if (status == STATUS_OK)
		status = bytes_append(cose, object.cose, err);
	bytes_wipe(&wire);
	return status;
}

static enum status describe(struct bytes *cose, const struct signing_key *root, int64_t now_s, struct error *err)
{
	const struct descriptor descriptor = {
		.number = 1,
		.root = signing_key_public(root),
		.sealing = nobody(),
		.issued_s = now_s,
		.name = "Practice",
		.retention = DESCRIPTOR_KEEP,
		.point_metres = DESCRIPTOR_POINT_METRES,
		.training = true,
		.code_lists = 1,
	};
	struct bytes payload = {0};
	enum status status = descriptor_encode(&payload, &descriptor, err);
	if (status == STATUS_OK)
		status = sign(cose, OBJECT_DESCRIPTOR, &payload, root, err);
	bytes_wipe(&payload);
	return status;
}

static enum status invite(struct invite_file *file, const struct signing_key *root, int64_t now_s, struct error *err)
{
	struct signing_key *key = NULL;
	struct bytes payload = {0};
	enum status status = signing_key_new(&key, err);
	if (status != STATUS_OK)
		return status;
	const struct invite invite = {.key = signing_key_public(key), .expires_s = now_s};
	status = invite_encode(&payload, &invite, err);
	if (status == STATUS_OK)
		status = sign(&file->invite, OBJECT_INVITE, &payload, root, err);
	if (status == STATUS_OK)
		status = secret_new_copy(&file->seed, signing_key_seed(key), err);
	if (status == STATUS_OK)
		(void)snprintf(file->label, sizeof file->label, "%s", "device");
	bytes_wipe(&payload);
	signing_key_free(key);
	return status;
}

/* The root's key is forgotten with this function: nobody joins, and nothing is changed any more. */
enum status outbox_create_practice(struct outbox **outbox, const char *path, const struct vault *vault,
                                   const struct secret *data_key, int64_t now_s, struct error *err)
{
	struct signing_key *root = NULL;
	struct invite_file file = {0};
	now_s = now_s < 0 ? 0 : now_s;
	enum status status = signing_key_new(&root, err);
	if (status == STATUS_OK)
		status = describe(&file.descriptor, root, now_s, err);
	if (status == STATUS_OK)
		status = invite(&file, root, now_s, err);
	if (status == STATUS_OK)
		status = outbox_create(outbox, path, vault, data_key, &file, now_s, err);
	invite_file_wipe(&file);
	signing_key_free(root);
	return status;
}
