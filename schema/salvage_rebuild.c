#include <stdlib.h>
#include <string.h>

#include "crypto/wrap.h"
#include "crypto/stretch.h"
#include "schema/evidence_file.h"
#include "schema/event.h"
#include "schema/outbox_tables.h"
#include "schema/salvage_rows.h"

/* A new register being filled. */
struct rebuild {
	const struct salvage *salvage;
	const struct salvage_findings *findings;
	const struct secret *data_key;
	struct db *db;
	struct set *set;
	struct hash descriptor; /* the newest that was put */
	uint64_t descriptor_number;
	int64_t floor_s;
	struct body *body;      /* room to decode into */
};

void salvage_bind(struct query *query, int at, const struct salvage_value *value)
{
	switch (value->type) {
	case SALVAGE_INTEGER: query_bind_int(query, at, value->number); break;
	case SALVAGE_BLOB: query_bind_bytes(query, at, value->bytes); break;
	case SALVAGE_TEXT: query_bind_text(query, at, (const char *)value->bytes.data); break;
	case SALVAGE_NULL:
	case SALVAGE_REAL: query_bind_null(query, at); break;
	}
}

/* ---- what is not derived ---- */

enum status salvage_put_signers(const struct salvage *salvage, struct db *db, struct error *err)
{
	const struct salvage_rows *const signers = &salvage->tables[SALVAGE_SIGNER];
	enum status status = STATUS_OK;

	for (size_t i = 0; i < signers->len && status == STATUS_OK; i++) {
		const struct salvage_value *const values = signers->rows[i].values;
		if (salvage_object_of(salvage, values[6].bytes) != NULL)
			continue;
		struct query *const query = db_query(db, SET_SIGNER_PUT);
		for (int column = 0; column < 7; column++)
			salvage_bind(query, column + 1, &values[column]);
		status = query_run(query, err);
		if (status != STATUS_OK || values[1].number != SIGNER_DEVICE)
			continue;
		struct query *const chain = db_query(db, SET_CHAIN_PUT);
		salvage_bind(chain, 1, &values[0]);
		salvage_bind(chain, 2, &values[6]);
		status = query_run(chain, err);
	}
	return status;
}

static enum status put_identities(struct rebuild *rebuild, struct error *err)
{
	const struct salvage_rows *const identities = &rebuild->salvage->tables[SALVAGE_IDENTITY];
	enum status status = STATUS_OK;

	for (size_t i = 0; i < identities->len && status == STATUS_OK; i++) {
		struct query *const query = db_query(rebuild->db, OUTBOX_IDENTITY_COPY);
		query_bind_int(query, 1, identities->rows[i].rowid);
		for (int column = 1; column < 5; column++)
			salvage_bind(query, column + 1, &identities->rows[i].values[column]);
		status = query_run(query, err);
	}
	return status;
}

static enum status put_losses(struct rebuild *rebuild, struct error *err)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < rebuild->findings->losses_len && status == STATUS_OK; i++) {
		const struct salvage_loss *const loss = &rebuild->findings->losses[i];
		struct query *const query = db_query(rebuild->db, OUTBOX_LOST_PUT);
		query_bind_bytes(query, 1, key_id_span(&loss->device));
		query_bind_int(query, 2, (int64_t)loss->first);
		query_bind_int(query, 3, (int64_t)loss->last);
		query_bind_int(query, 4, loss->fate);
		status = query_run(query, err);
	}
	return status;
}

/* A note that was taken in or dropped must not come again. */
static enum status put_notes(struct rebuild *rebuild, struct error *err)
{
	const struct salvage_rows *const notes = &rebuild->salvage->tables[SALVAGE_NOTE];
	enum status status = STATUS_OK;
	for (size_t i = 0; i < notes->len && status == STATUS_OK; i++) {
		struct query *const query = db_query(rebuild->db, OUTBOX_NOTE_PUT);
		for (int column = 0; column < 2; column++)
			salvage_bind(query, column + 1, &notes->rows[i].values[column]);
		status = query_run(query, err);
	}
	return status;
}

/* What was being typed. */
static enum status put_draft(struct rebuild *rebuild, struct error *err)
{
	const struct salvage_kept *const draft = salvage_first(rebuild->salvage, SALVAGE_DRAFT);
	if (draft == NULL)
		return STATUS_OK;
	struct query *const query = db_query(rebuild->db, OUTBOX_DRAFT_PUT);
	for (int column = 1; column < 4; column++)
		salvage_bind(query, column, &draft->values[column]);
	return query_run(query, err);
}

static enum status put_standing(struct rebuild *rebuild, struct error *err)
{
	const struct salvage_rows *const covered = &rebuild->salvage->tables[SALVAGE_COVERED];
	const struct salvage_kept *const seen = salvage_first(rebuild->salvage, SALVAGE_CHECKPOINT);
	enum status status = STATUS_OK;

	for (size_t i = 0; i < covered->len && status == STATUS_OK; i++) {
		struct query *const query = db_query(rebuild->db, OUTBOX_COVER);
		for (int column = 0; column < 4; column++)
			salvage_bind(query, column + 1, &covered->rows[i].values[column]);
		status = query_run(query, err);
	}
	if (status != STATUS_OK || seen == NULL)
		return status;
	struct query *const query = db_query(rebuild->db, OUTBOX_CHECKPOINT_COPY);
	for (int column = 1; column < 5; column++)
		salvage_bind(query, column, &seen->values[column]);
	return query_run(query, err);
}

/* A lost tag key is made anew: the tags of nicknames change with it. */
static enum status put_register(struct rebuild *rebuild, struct error *err)
{
	const struct salvage_kept *const self = salvage_first(rebuild->salvage, SALVAGE_REGISTER);
	struct secret *tag_key = NULL;
	struct bytes wrapped = {0};
	enum status status = STATUS_OK;

	if (self == NULL)
		status = secret_new_random(&tag_key, STRETCH_SALT_BYTES, err);
	if (status == STATUS_OK && self == NULL)
		status = wrap_close(&wrapped, tag_key, OUTBOX_TAG_KEY_WORD, rebuild->data_key, err);
	if (status == STATUS_OK) {
		struct query *const query = db_query(rebuild->db, OUTBOX_REGISTER_PUT);
		query_bind_bytes(query, 1, key_public_span(set_root(rebuild->set)));
		query_bind_text(query, 2, self != NULL ? (const char *)self->values[2].bytes.data : "this device");
		query_bind_bytes(query, 3, self != NULL ? self->values[3].bytes : bytes_span(&wrapped));
		query_bind_bytes(query, 4, hash_span(&rebuild->descriptor));
		status = query_run(query, err);
	}
	bytes_wipe(&wrapped);
	secret_free(tag_key);
	return status;
}

/* ---- the objects ---- */

static int64_t generation_of(const struct salvage *salvage, const struct salvage_kept *object)
{
	if (object->values[2].number > OBJECT_EVENT_LAST)
		return 0;
	const struct salvage_kept *const identity = salvage_identity_of(salvage, object->values[3].bytes);
	return identity != NULL ? identity->rowid : 0;
}

/* An object, and where it belongs: those from elsewhere that are no own events first, for others may hang on them; own
 * events last, each chain by number, for the last of them is the tip. */
struct spot {
	const struct salvage_kept *object;
	int64_t generation, rank;
};

static int compare_spots(const void *a, const void *b)
{
	const struct spot *const one = a, *const other = b;
	if (one->generation != other->generation)
		return (one->generation > other->generation) - (one->generation < other->generation);
	return (one->rank > other->rank) - (one->rank < other->rank);
}

static struct spot *in_order(const struct salvage *salvage, struct error *err)
{
	const struct salvage_rows *const objects = &salvage->tables[SALVAGE_OBJECT];
	struct spot *const spots = calloc(objects->len + 1, sizeof *spots);
	if (spots == NULL) {
		(void)error_set(err, STATUS_NO_MEMORY, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < objects->len; i++) {
		const struct salvage_kept *const object = &objects->rows[i];
		const int64_t generation = generation_of(salvage, object);
		const bool was_added = i >= objects->len - salvage->added_len;
		const int64_t rank = was_added ? (int64_t)i - (int64_t)objects->len : object->rowid;
		spots[i] = (struct spot){object, generation, generation == 0 ? rank : object->values[4].number};
	}
	qsort(spots, objects->len, sizeof *spots, compare_spots);
	return spots;
}

static enum status note_descriptor(struct rebuild *rebuild, const struct salvage_kept *object, struct error *err)
{
	struct object parsed;
	enum status status = STATUS_OK;

	struct descriptor *const descriptor = malloc(sizeof *descriptor);
	if (descriptor == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	status = object_parse(&parsed, object->values[6].bytes, err);
	if (status == STATUS_OK)
		status = descriptor_decode(descriptor, parsed.payload, err);
	if (status == STATUS_OK && descriptor->number > rebuild->descriptor_number) {
		rebuild->descriptor_number = descriptor->number;
		rebuild->descriptor = parsed.id;
	}
	free(descriptor);
	return status;
}

/* Nothing is known any more of what may have left: all of it, then. */
static enum status note_handed(struct rebuild *rebuild, const struct salvage_kept *object, struct error *err)
{
	struct query *const query = db_query(rebuild->db, OUTBOX_HANDED_PUT);
	query_bind_bytes(query, 1, object->values[3].bytes);
	query_bind_int(query, 2, object->values[4].number);
	return query_run(query, err);
}

/* The readable copy goes with it where it was kept and still decodes. */
static enum status put_own(struct rebuild *rebuild, const struct salvage_kept *object, uint64_t position,
                           struct error *err)
{
	const struct salvage_kept *const own =
		object->rowid == INT64_MAX ? NULL : salvage_row_of(rebuild->salvage, SALVAGE_OWN, object->rowid);
	const struct salvage_value *const body = own != NULL ? &own->values[3] : NULL;
	const bool readable = body != NULL && body->type == SALVAGE_BLOB &&
	                      body_decode(rebuild->body, (enum object_type)object->values[2].number, body->bytes, NULL) == STATUS_OK;

	if (own != NULL && own->values[1].number > rebuild->floor_s)
		rebuild->floor_s = own->values[1].number;
	struct query *const query = db_query(rebuild->db, OUTBOX_OWN_PUT);
	query_bind_int(query, 1, (int64_t)position);
	query_bind_int(query, 2, rebuild->floor_s);
	if (own != NULL)
		salvage_bind(query, 3, &own->values[2]);
	if (readable)
		query_bind_bytes(query, 4, body->bytes);
	const enum status status = query_run(query, err);
	return status == STATUS_OK ? note_handed(rebuild, object, err) : status;
}

static enum status is_withheld(struct rebuild *rebuild, const struct hash *id, bool *withheld, struct error *err)
{
	struct query *const query = db_query(rebuild->db, SET_WITHHELD_HAS);
	query_bind_bytes(query, 1, hash_span(id));
	const enum status status = query_step(query, withheld, err);
	query_end(query);
	return status;
}

/* Without its body, wherever that was found again. */
static enum status put_header(struct rebuild *rebuild, const struct salvage_kept *kept, struct error *err)
{
	struct bytes wire = {0};
	struct object object;
	struct event event;
	uint64_t position = 0;

	enum status status = evidence_file_link(&wire, kept->values[6].bytes, err);
	if (status == STATUS_OK)
		status = object_parse(&object, bytes_span(&wire), err);
	if (status == STATUS_OK)
		status = event_decode(&event, object.payload, err);
	if (status == STATUS_OK) {
		const struct admission admission = {.type = object.type,
		                                    .device = object.signer,
		                                    .number = event.number,
		                                    .previous = event.previous,
		                                    .known_type = true};
		status = set_put_own(rebuild->set, &object, &admission, err);
		set_log(rebuild->set, &position, NULL);
	}
	if (status == STATUS_OK)
		status = put_own(rebuild, kept, position, err);
	bytes_wipe(&wire);
	return status;
}

static enum status withhold_again(struct rebuild *rebuild, const struct salvage_kept *kept, struct error *err)
{
	struct bytes wire = {0};
	struct admission admission;
	enum set_outcome outcome;

	enum status status = salvage_withhold_again(&wire, rebuild->salvage, kept, rebuild->data_key, err);
	if (status == STATUS_OK)
		status = set_put(rebuild->set, bytes_span(&wire), &admission, &outcome, err);
	bytes_wipe(&wire);
	return status;
}

/* An own event whose body was withheld: its withholding, which came first, vouches for the header. */
static enum status put_withheld(struct rebuild *rebuild, const struct salvage_kept *kept, struct error *err)
{
	const struct hash id = salvage_hash(kept->values[1].bytes);
	bool vouched = false;

	if (!salvage_is_link(rebuild->salvage, kept))
		return STATUS_OK;
	enum status status = is_withheld(rebuild, &id, &vouched, err);
	if (status == STATUS_OK && !vouched)
		status = withhold_again(rebuild, kept, err);
	return status == STATUS_OK ? put_header(rebuild, kept, err) : status;
}

static enum status put_object(struct rebuild *rebuild, const struct spot *spot, struct error *err)
{
	const struct salvage_kept *const object = spot->object;
	struct admission admission;
	enum set_outcome outcome = SET_HAD;
	uint64_t position = 0;
	struct error why = {0};

	if (spot->generation != 0 && salvage_is_withheld(rebuild->salvage, object->values[1].bytes))
		return put_withheld(rebuild, object, err);
	enum status status = set_put(rebuild->set, object->values[6].bytes, &admission, &outcome, &why);
	if (status_blames_input(status) && spot->generation == 0)
		return STATUS_OK; /* what nobody vouches for any more stays in the old file, and in an export of it */
	if (status != STATUS_OK) {
		if (err != NULL)
			*err = why;
		return status;
	}
	if (outcome != SET_NEW)
		return STATUS_OK;
	if (admission.type == OBJECT_DESCRIPTOR)
		return note_descriptor(rebuild, object, err);
	if (spot->generation == 0)
		return STATUS_OK;
	set_log(rebuild->set, &position, NULL);
	return put_own(rebuild, object, position, err);
}

static enum status put_objects(struct rebuild *rebuild, struct error *err)
{
	const size_t len = rebuild->salvage->tables[SALVAGE_OBJECT].len;
	enum status status = STATUS_OK;

	struct spot *const spots = in_order(rebuild->salvage, err);
	if (spots == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < len && status == STATUS_OK; i++)
		status = put_object(rebuild, &spots[i], err);
	free(spots);
	return status;
}

/* ---- the register ---- */

static enum status fill(struct rebuild *rebuild, struct error *err)
{
	enum status status = db_begin(rebuild->db, err);
	if (status == STATUS_OK)
		status = salvage_put_signers(rebuild->salvage, rebuild->db, err);
	if (status == STATUS_OK)
		status = put_identities(rebuild, err);
	if (status == STATUS_OK)
		status = put_objects(rebuild, err);
	if (status == STATUS_OK && rebuild->descriptor_number == 0)
		status = error_set(err, STATUS_REFUSED, "the project's descriptor is lost");
	if (status == STATUS_OK)
		status = put_losses(rebuild, err);
	if (status == STATUS_OK)
		status = put_standing(rebuild, err);
	if (status == STATUS_OK)
		status = put_notes(rebuild, err);
	if (status == STATUS_OK)
		status = put_draft(rebuild, err);
	if (status == STATUS_OK)
		status = put_register(rebuild, err);
	if (status == STATUS_OK)
		status = db_commit(rebuild->db, err);
	db_rollback(rebuild->db);
	return status;
}

/* Heads, receipts and acknowledgements: what they mean here is worked out anew. */
static enum status take_newest(struct outbox *outbox, const struct salvage *salvage, struct error *err)
{
	const struct salvage_rows *const newest = &salvage->tables[SALVAGE_NEWEST];
	struct admission admission;
	enum set_outcome outcome;

	enum status status = outbox_group_begin(outbox, err);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < newest->len && (status == STATUS_OK || status_blames_input(status)); i++)
		status = outbox_take(outbox, newest->rows[i].values[5].bytes, &admission, &outcome, NULL);
	return outbox_group_end(outbox, err);
}

static enum status go_on(const char *path, const struct vault *vault, const struct rebuild *rebuild, struct error *err)
{
	struct outbox *outbox = NULL;
	struct outbox_handing handing;

	enum status status = outbox_open(&outbox, path, vault, rebuild->data_key, err);
	if (status == STATUS_OK)
		status = take_newest(outbox, rebuild->salvage, err);
	if (status == STATUS_OK && rebuild->findings->must_succeed)
		status = outbox_succeed(outbox, SUCCESSION_RESTORE, err);
	if (status == STATUS_OK)
		status = salvage_again(rebuild->salvage, rebuild->findings, outbox, err);
	/* What was recorded again may have left as what was lost. */
	if (status == STATUS_OK)
		status = outbox_hand_over(outbox, outbox_tip(outbox).number, &handing, err);
	if (status == STATUS_OK)
		status = outbox_check_whole(outbox, err);
	outbox_close(outbox);
	return status;
}

static enum status refuse(const struct salvage_findings *findings, struct error *err)
{
	if (!findings->has_seed) {
		(void)error_set(err, STATUS_REFUSED, "this device's signing key is among what is lost: nothing new can be signed");
		error_hint(err, "restore a backup, or ask headquarters for a new invite; doctor --export saves what can still be carried");
		return STATUS_REFUSED;
	}
	(void)error_set(err, STATUS_REFUSED, "the project's descriptor is among what is lost");
	error_hint(err, "give doctor a bundle that holds it: --from FILE; headquarters exports one: sijil-hq bundle export -o FILE");
	return STATUS_REFUSED;
}

enum status salvage_rebuild(const struct salvage *salvage, const struct salvage_findings *findings, const char *path,
                            const struct vault *vault, const struct secret *data_key, struct error *err)
{
	struct rebuild rebuild = {.salvage = salvage, .findings = findings, .data_key = data_key};
	struct key_public root;
	bool made = false;

	if (!findings->has_seed || !findings->has_descriptor || !salvage_root(salvage, &root))
		return refuse(findings, err);
	rebuild.body = calloc(1, sizeof *rebuild.body);
	if (rebuild.body == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = db_open(&rebuild.db, path, vault, DB_CREATE, outbox_schema(), err);
	made = status == STATUS_OK;
	if (status == STATUS_OK)
		status = set_open(&rebuild.set, rebuild.db, &root, err);
	if (status == STATUS_OK)
		status = fill(&rebuild, err);
	set_close(rebuild.set);
	db_close(rebuild.db);
	if (status == STATUS_OK)
		status = go_on(path, vault, &rebuild, err);
	body_init(rebuild.body, OBJECT_REPORT);
	free(rebuild.body);
	if (status != STATUS_OK && made)
		db_remove(path);
	return status;
}
