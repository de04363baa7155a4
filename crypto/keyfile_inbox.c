#include "crypto/keyfile.h"

#include <string.h>

#include "crypto/keyfile_inside.h"

enum status keyfile_inbox_make(struct keyfile *file, struct error *err)
{
	struct sealing_key *key = NULL;
	if (file->private_part == NULL)
		return error_set(err, STATUS_LOCKED, "the key file is locked");
	struct private_part *const part = keyfile_private(file);
	if (!sodium_is_zero(part->inbox_seed, sizeof part->inbox_seed))
		return STATUS_OK;
	const enum status status = sealing_key_new(&key, err);
	if (status != STATUS_OK)
		return status;
	memcpy(part->inbox_seed, sealing_key_seed(key).data, sizeof part->inbox_seed);
	memcpy(file->image.inbox, sealing_key_public(key).bytes, sizeof file->image.inbox);
	sealing_key_free(key);
	keyfile_seal_private(file);
	return STATUS_OK;
}

struct key_public keyfile_inbox_public(const struct keyfile *file)
{
	struct key_public key;
	memcpy(key.bytes, file->image.inbox, sizeof key.bytes);
	return key;
}

enum status keyfile_inbox_secret(const struct keyfile *file, struct sealing_key **key, struct error *err)
{
	if (file->private_part == NULL)
		return error_set(err, STATUS_LOCKED, "the key file is locked");
	const struct private_part *const part = keyfile_private(file);
	if (sodium_is_zero(part->inbox_seed, sizeof part->inbox_seed))
		return error_set(err, STATUS_NOT_FOUND, "the key file has no inbox key");
	return sealing_key_from_seed(key, (struct span){part->inbox_seed, sizeof part->inbox_seed}, err);
}
