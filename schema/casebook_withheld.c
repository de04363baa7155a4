/* What its author withheld: a place in a chain, and nothing to open. */
#include <string.h>

#include "schema/casebook_inside.h"
#include "schema/withholding.h"

struct telling {
	struct casebook_reading reading;
	const struct key_id *device; /* NULL: all */
	enum status (*each)(void *, const struct casebook_withheld *, struct error *);
	void *context;
};

static enum status altered(struct error *err)
{
	return error_set(err, STATUS_TAMPERED, "headquarters' register was altered: a withholding no longer verifies (signature)");
}

/* Both signatures, the withholding's and that of the header in it. */
static enum status confirm(const struct telling *telling, const struct casebook_member *member, struct span wire,
                           struct withheld *withheld, struct error *err)
{
	const struct key_id *const project = &telling->reading.casebook->project->id;
	struct object object;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = object_verify(&object, &member->key, project, err);
	if (status == STATUS_OK)
		status = withholding_check(withheld, &object, &member->key, project, err);
	return status_blames_input(status) ? altered(err) : status;
}

static enum status read_reason(const struct telling *telling, struct casebook_withheld *told, struct error *err)
{
	struct evidence *evidence = NULL;
	struct casebook_row retraction;
	bool row = false;
	struct query *const query = db_query(telling->reading.casebook->db, CASEBOOK_OPENED_GET);
	query_bind_bytes(query, 1, hash_span(&told->retraction));
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row)
		status = casebook_row_read(&retraction, query, err);
	if (status == STATUS_OK && row)
		status = casebook_row_confirm(&telling->reading, &retraction, &evidence, err);
	if (status == STATUS_OK && evidence != NULL)
		told->reason = evidence_body(evidence)->reason;
	evidence_free(evidence);
	query_end(query);
	return status;
}

/* Columns: id, device, wire of the withholding, id of the retraction. */
static enum status tell(const struct telling *telling, const struct query *query, struct error *err)
{
	struct casebook_withheld told = {0};
	struct withheld withheld = {0};
	enum status status = query_exact(query, 1, told.device.bytes, KEY_ID_BYTES, err);
	if (status != STATUS_OK || (telling->device != NULL && !key_id_equals(telling->device, &told.device)))
		return status;
	const struct casebook_member *const member = casebook_roster_find(&telling->reading.roster, &told.device);
	status = member != NULL ? confirm(telling, member, query_bytes(query, 2), &withheld, err) : altered(err);
	if (status == STATUS_OK && !span_equals(query_bytes(query, 0), hash_span(&withheld.id)))
		status = altered(err);
	if (status == STATUS_OK && !query_is_null(query, 3))
		status = query_exact(query, 3, told.retraction.bytes, HASH_BYTES, err);
	if (status == STATUS_OK && !hash_is_zero(&told.retraction))
		status = read_reason(telling, &told, err);
	if (status != STATUS_OK)
		return status;
	told.id = withheld.id;
	told.number = withheld.event.number;
	told.type = withheld.type;
	memcpy(told.label, member->label, sizeof told.label);
	return telling->each(telling->context, &told, err);
}

enum status casebook_each_withheld(struct casebook *casebook, const struct key_id *device,
                                   enum status (*each)(void *, const struct casebook_withheld *, struct error *),
                                   void *context, struct error *err)
{
	struct telling telling = {.device = device, .each = each, .context = context};
	bool row = false;
	enum status status = casebook_reading_begin(&telling.reading, casebook, err);
	if (status != STATUS_OK)
		goto out;
	struct query *const query = db_query(casebook->db, CASEBOOK_WITHHELD);
	status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = tell(&telling, query, err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
out:
	casebook_reading_end(&telling.reading);
	return status;
}
