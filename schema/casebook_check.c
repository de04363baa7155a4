/* Everything held, once more; and the canonical dump. */
#include <stdlib.h>
#include <string.h>

#include "schema/casebook_inside.h"

enum { KEYS = 256 };

/* Signers seen lately, by the last byte of their id. */
struct auditing {
	struct casebook *casebook;
	struct casebook_audit audit;
	struct signer keys[KEYS];
};

static enum status find_signer(struct auditing *auditing, const struct key_id *id, const struct signer **signer,
                               struct error *err)
{
	const struct signer_source signers = set_signers(auditing->casebook->set);
	struct signer *const kept = &auditing->keys[id->bytes[KEY_ID_BYTES - 1]];
	enum status status = STATUS_OK;
	if (kept->kind == 0 || !key_id_equals(&kept->id, id))
		status = signers.find(signers.context, id, kept, err);
	*signer = kept;
	return status == STATUS_NOT_FOUND ? STATUS_UNTRUSTED : status;
}

static enum status check_event(struct auditing *auditing, const struct object *object, struct error *err)
{
	const struct signer *signer = NULL;
	struct event event;
	enum status status = find_signer(auditing, &object->signer, &signer, err);
	if (status == STATUS_OK && signer->kind != SIGNER_DEVICE)
		status = STATUS_UNTRUSTED;
	if (status == STATUS_OK)
		status = object_verify(object, &signer->key, &auditing->casebook->project->id, err);
	if (status == STATUS_OK)
		status = event_decode(&event, object->payload, err);
	return status == STATUS_OK ? object_check_attachment(object, &event.sealed, err) : status;
}

static enum status check_other(const struct auditing *auditing, const struct object *object, struct error *err)
{
	const struct signer_source signers = set_signers(auditing->casebook->set);
	struct admission admission;
	return admission_check(&admission, object, set_root(auditing->casebook->set), &signers, err);
}

static enum status audit_one(void *context, uint64_t position, const struct hash *id, struct span wire, struct error *err)
{
	struct auditing *const auditing = context;
	struct object object;
	(void)position;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK && !hash_equals(&object.id, id))
		status = STATUS_TAMPERED;
	if (status == STATUS_OK)
		status = object_type_is_event(object.type) ? check_event(auditing, &object, err)
		                                           : check_other(auditing, &object, err);
	auditing->audit.objects++;
	if (!status_blames_input(status))
		return status;
	auditing->audit.bad++;
	return STATUS_OK;
}

enum status casebook_audit(struct casebook *casebook, struct casebook_audit *audit, struct error *err)
{
	static const enum object_type newest[] = {OBJECT_HEAD, OBJECT_RECEIPT, OBJECT_ACKNOWLEDGEMENT};
	struct auditing *const auditing = calloc(1, sizeof *auditing);
	if (auditing == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	auditing->casebook = casebook;
	enum status status = set_each_after(casebook->set, 0, audit_one, auditing, err);
	for (size_t i = 0; status == STATUS_OK && i < sizeof newest / sizeof *newest; i++)
		status = set_each_newest(casebook->set, newest[i], NULL, audit_one, auditing, err);
	if (status == STATUS_OK)
		*audit = auditing->audit;
	free(auditing);
	return status;
}

/* --- the canonical dump --- */

/* Appends `columns` columns of each row. */
static enum status dump_rows(struct casebook *casebook, size_t statement, int columns, struct bytes *out, struct error *err)
{
	bool row = false;
	struct query *const query = db_query(casebook->db, statement);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		for (int i = 0; status == STATUS_OK && i < columns; i++)
			status = bytes_append(out, query_bytes(query, i), err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

/* id, salt and body of all that was opened, then the ids of events that were not: each CBOR body and each id tells its
 * own length. */
enum status casebook_dump(struct casebook *casebook, struct bytes *out, struct error *err)
{
	const size_t before = out->len;
	enum status status = dump_rows(casebook, CASEBOOK_OPENED_DUMP, 3, out, err);
	if (status == STATUS_OK)
		status = dump_rows(casebook, CASEBOOK_SEALED_DUMP, 1, out, err);
	if (status != STATUS_OK)
		out->len = before;
	return status;
}
