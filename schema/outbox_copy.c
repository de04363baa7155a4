#include "crypto/wrap.h"
#include "schema/outbox_tables.h"

static enum status wrap_tag_key(struct outbox *outbox, const struct secret *data_key, struct error *err)
{
	struct bytes wrapped = {0};
	enum status status = wrap_close(&wrapped, outbox->tag_key, OUTBOX_TAG_KEY_WORD, data_key, err);
	if (status == STATUS_OK) {
		struct query *const query = db_query(outbox->db, OUTBOX_TAG_KEY_WRAP);
		query_bind_bytes(query, 1, bytes_span(&wrapped));
		status = query_run(query, err);
	}
	bytes_wipe(&wrapped);
	return status;
}

/* Those that were succeeded have none. */
static enum status wrap_seed(struct outbox *outbox, const struct secret *data_key, struct error *err)
{
	struct secret *seed = NULL;
	struct bytes wrapped = {0};
	enum status status = secret_new_copy(&seed, signing_key_seed(outbox->key), err);
	if (status == STATUS_OK)
		status = wrap_close(&wrapped, seed, OUTBOX_SEED_WORD, data_key, err);
	if (status == STATUS_OK) {
		struct query *const query = db_query(outbox->db, OUTBOX_IDENTITY_WRAP);
		query_bind_int(query, 1, outbox_self(outbox)->generation);
		query_bind_bytes(query, 2, bytes_span(&wrapped));
		status = query_run(query, err);
	}
	bytes_wipe(&wrapped);
	secret_free(seed);
	return status;
}

/* Its rows are still wrapped under the old data key. */
static enum status wrap_anew(const char *path, const struct vault *vault, const struct secret *old,
                             const struct secret *data_key, struct error *err)
{
	struct outbox *copy = NULL;
	enum status status = outbox_open(&copy, path, vault, old, err);
	if (status != STATUS_OK)
		return status;
	status = outbox_begin(copy, err);
	if (status == STATUS_OK) {
		status = wrap_tag_key(copy, data_key, err);
		if (status == STATUS_OK)
			status = wrap_seed(copy, data_key, err);
		status = outbox_end(copy, status, err);
	}
	outbox_close(copy);
	return status;
}

static enum status look_through(const char *path, const struct vault *vault, const struct secret *data_key,
                                struct error *err)
{
	struct outbox *copy = NULL;
	enum status status = outbox_open(&copy, path, vault, data_key, err);
	if (status == STATUS_OK)
		status = db_check(copy->db, err);
	if (status == STATUS_OK)
		status = outbox_check(copy, err);
	outbox_close(copy);
	return status;
}

enum status outbox_copy(struct outbox *outbox, const char *path, const struct vault *vault,
                        const struct secret *data_key, struct error *err)
{
	enum status status = db_copy(outbox->db, path, vault, err);
	if (status != STATUS_OK)
		return status;
	status = wrap_anew(path, vault, outbox->data_key, data_key, err);
	if (status == STATUS_OK)
		status = look_through(path, vault, data_key, err);
	if (status != STATUS_OK)
		db_remove(path);
	return status;
}
