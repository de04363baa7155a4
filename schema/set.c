#include "schema/set.h"

#include <stdlib.h>
#include <string.h>

#include "schema/set_tables.h"

static const struct key_id no_id;

enum status set_reload(struct set *set, struct error *err)
{
	bool row = false;
	struct merkle tree = {0};

	struct query *const query = db_query(set->db, SET_LOG_GET);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row)
		status = merkle_decode(&tree, query_bytes(query, 1), err);
	if (status == STATUS_OK && row && tree.size != (uint64_t)query_int(query, 0))
		status = error_set(err, STATUS_CORRUPT, "the log's size does not fit its tree");
	query_end(query);
	/* A size that no log has makes the next put read again. */
	if (status != STATUS_OK)
		tree.size = UINT64_MAX;
	set->tree = tree;
	return status;
}

enum status set_open(struct set **out, struct db *db, const struct key_public *root, struct error *err)
{
	struct set *const set = calloc(1, sizeof *set);
	if (set == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	set->db = db;
	set->root = *root;
	set->project = key_id_of_project(root);
	const enum status status = set_reload(set, err);
	if (status != STATUS_OK) {
		set_close(set);
		return status;
	}
	*out = set;
	return STATUS_OK;
}

void set_close(struct set *set)
{
	free(set);
}

const struct key_public *set_root(const struct set *set)
{
	return &set->root;
}

struct key_id set_project(const struct set *set)
{
	return set->project;
}

void set_log(const struct set *set, uint64_t *size, struct hash *root)
{
	*size = set->tree.size;
	if (root != NULL)
		*root = merkle_root(&set->tree);
}

/* --- signers --- */

static enum status signer_read(const struct query *query, struct signer *signer, struct error *err)
{
	signer->kind = (enum signer_kind)query_int(query, 0);
	signer->roles = (unsigned)query_int(query, 2);
	signer->until_s = query_int(query, 3);
	const enum status status = query_exact(query, 1, signer->key.bytes, KEY_PUBLIC_BYTES, err);
	return status != STATUS_OK ? status : query_exact(query, 4, signer->parent.bytes, KEY_ID_BYTES, err);
}

static enum status signer_find(void *context, const struct key_id *id, struct signer *signer, struct error *err)
{
	const struct set *const set = context;
	struct signer found = {.id = *id};
	bool row = false;

	struct query *const query = db_query(set->db, SET_SIGNER_GET);
	query_bind_bytes(query, 1, key_id_span(id));
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row)
		status = signer_read(query, &found, err);
	else if (status == STATUS_OK)
		status = error_set(err, STATUS_NOT_FOUND, "the signer is unknown here");
	query_end(query);
	if (status == STATUS_OK)
		*signer = found;
	return status;
}

static enum status signer_key_is_taken(void *context, const struct key_public *key, const struct hash *but, bool *taken,
                                       struct error *err)
{
	const struct set *const set = context;
	struct query *const query = db_query(set->db, SET_KEY_TAKEN);
	query_bind_bytes(query, 1, key_public_span(key));
	query_bind_bytes(query, 2, hash_span(but));
	const enum status status = query_step(query, taken, err);
	query_end(query);
	return status;
}

struct signer_source set_signers(struct set *set)
{
	return (struct signer_source){.context = set, .find = signer_find, .key_is_taken = signer_key_is_taken};
}

static enum status signer_put(struct set *set, const struct signer *signer, const struct hash *by, struct error *err)
{
	struct query *const query = db_query(set->db, SET_SIGNER_PUT);
	query_bind_bytes(query, 1, key_id_span(&signer->id));
	query_bind_int(query, 2, signer->kind);
	query_bind_bytes(query, 3, key_public_span(&signer->key));
	query_bind_int(query, 4, signer->roles);
	query_bind_int(query, 5, signer->until_s);
	query_bind_bytes(query, 6, key_id_span(&signer->parent));
	query_bind_bytes(query, 7, hash_span(by));
	enum status status = query_run(query, err);
	if (status != STATUS_OK || signer->kind != SIGNER_DEVICE)
		return status;
	struct query *const chain = db_query(set->db, SET_CHAIN_PUT);
	query_bind_bytes(chain, 1, key_id_span(&signer->id));
	query_bind_bytes(chain, 2, hash_span(by));
	return query_run(chain, err);
}

/* --- putting --- */

/* Another process may have put objects since: positions go on from what the database says. */
static enum status refresh(struct set *set, struct error *err)
{
	bool row = false;
	uint64_t size = 0;

	struct query *const query = db_query(set->db, SET_LOG_SIZE);
	const enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row)
		size = (uint64_t)query_int(query, 0);
	query_end(query);
	return status == STATUS_OK && size != set->tree.size ? set_reload(set, err) : status;
}

static enum status log_append(struct set *set, struct merkle *tree, const struct hash *id, struct error *err)
{
	uint8_t frontier[MERKLE_FRONTIER_MAX_BYTES];

	*tree = set->tree;
	merkle_append(tree, id);
	const size_t len = merkle_encode(tree, frontier);
	struct query *const query = db_query(set->db, SET_LOG_PUT);
	query_bind_int(query, 1, (int64_t)tree->size);
	query_bind_bytes(query, 2, (struct span){frontier, len});
	return query_run(query, err);
}

static enum status object_put(struct set *set, const struct object *object, const struct admission *admission,
                              uint64_t position, struct error *err)
{
	struct query *const query = db_query(set->db, SET_PUT);
	query_bind_int(query, 1, (int64_t)position);
	query_bind_bytes(query, 2, hash_span(&object->id));
	query_bind_int(query, 3, object->type);
	if (!key_id_equals(&admission->device, &no_id))
		query_bind_bytes(query, 4, key_id_span(&admission->device));
	query_bind_int(query, 5, (int64_t)admission->number);
	if (object_type_is_event(object->type))
		query_bind_bytes(query, 6, hash_span(&admission->previous));
	query_bind_bytes(query, 7, object->wire);
	return query_run(query, err);
}

static enum status withheld_put(struct set *set, const struct admission *admission, uint64_t position, struct error *err)
{
	struct query *const query = db_query(set->db, SET_WITHHELD_PUT);
	query_bind_int(query, 1, (int64_t)position);
	query_bind_bytes(query, 2, hash_span(&admission->link));
	query_bind_bytes(query, 3, key_id_span(&admission->device));
	query_bind_int(query, 4, (int64_t)admission->number);
	query_bind_bytes(query, 5, hash_span(&admission->previous));
	return query_run(query, err);
}

static enum status is_held(struct set *set, enum set_statement statement, const struct hash *id, bool *held, struct error *err)
{
	struct query *const query = db_query(set->db, statement);
	query_bind_bytes(query, 1, hash_span(id));
	const enum status status = query_step(query, held, err);
	query_end(query);
	return status;
}

/* The link that an object brings counts once, whether it comes as the event, as its withholding, or as both. */
static enum status put_link(struct set *set, const struct object *object, const struct admission *admission,
                            uint64_t position, struct error *err)
{
	const bool is_event = object_type_is_event(object->type);
	const struct hash *const link = is_event ? &object->id : &admission->link;
	bool held = false;
	if (!is_event && object->type != OBJECT_WITHHOLDING)
		return STATUS_OK;
	enum status status = is_held(set, SET_WITHHELD_HAS, link, &held, err);
	if (status == STATUS_OK && !is_event && !held)
		status = is_held(set, SET_GET, link, &held, err);
	if (status == STATUS_OK && !is_event)
		status = withheld_put(set, admission, position, err);
	return status == STATUS_OK && !held ? set_chain_grow(set, admission, link, err) : status;
}

static enum status put_logged(struct set *set, const struct object *object, const struct admission *admission,
                              struct error *err)
{
	struct merkle tree;

	enum status status = refresh(set, err);
	if (status == STATUS_OK)
		status = log_append(set, &tree, &object->id, err);
	if (status == STATUS_OK)
		status = object_put(set, object, admission, tree.size, err);
	for (size_t i = 0; status == STATUS_OK && i < admission->signers_len; i++)
		status = signer_put(set, &admission->signers[i], &object->id, err);
	if (status == STATUS_OK)
		status = put_link(set, object, admission, tree.size, err);
	if (status == STATUS_OK)
		set->tree = tree;
	return status;
}

static enum status put_newest(struct set *set, const struct object *object, const struct admission *admission,
                              enum set_outcome *outcome, struct error *err)
{
	struct query *const query = db_query(set->db, SET_PUT_NEWEST);
	query_bind_int(query, 1, object->type);
	query_bind_bytes(query, 2, key_id_span(&admission->device));
	query_bind_bytes(query, 3, key_id_span(object->type == OBJECT_RECEIPT ? &object->signer : &no_id));
	query_bind_int(query, 4, (int64_t)admission->number);
	query_bind_bytes(query, 5, hash_span(&object->id));
	query_bind_bytes(query, 6, object->wire);
	const enum status status = query_run(query, err);
	if (status == STATUS_OK)
		*outcome = db_changes(set->db) > 0 ? SET_NEW : SET_SUPERSEDED;
	return status;
}

/* Only the very same bytes are "had": an id covers neither type nor attachment. *known: the id is held, with whatever
 * bytes. */
static enum status find(struct set *set, const struct object *object, struct admission *admission, bool *known, bool *had,
                        struct error *err)
{
	bool row = false;
	char buffer[12];

	struct query *const query = db_query(set->db, SET_FIND);
	query_bind_bytes(query, 1, hash_span(&object->id));
	query_bind_bytes(query, 2, object->wire);
	enum status status = query_step(query, &row, err);
	*known = status == STATUS_OK && row;
	*had = *known && query_int(query, 4) == 1;
	if (*had) {
		*admission = (struct admission){.type = object->type, .number = (uint64_t)query_int(query, 2)};
		admission->known_type = object_type_name(object->type, buffer) != buffer;
		if (!query_is_null(query, 1))
			status = query_exact(query, 1, admission->device.bytes, KEY_ID_BYTES, err);
		if (status == STATUS_OK && !query_is_null(query, 3))
			status = query_exact(query, 3, admission->previous.bytes, HASH_BYTES, err);
	}
	query_end(query);
	return status;
}

enum status set_put(struct set *set, struct span wire, struct admission *admission, enum set_outcome *outcome,
                    struct error *err)
{
	struct object object;
	struct admission found = {0};
	bool known = false, had = false;

	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = find(set, &object, &found, &known, &had, err);
	if (status != STATUS_OK)
		return status;
	enum set_outcome result = SET_HAD;
	if (!had) {
		const struct signer_source source = set_signers(set);
		status = admission_check(&found, &object, &set->root, &source, err);
		/* Of a type to come it is not known what may be attached; what was first is kept. An own event that was withheld
		 * here comes back from an older copy of the register: its body stays away. */
		if (status == STATUS_OK && known && object_type_is_event(object.type))
			status = is_held(set, SET_WITHHELD_HAS, &object.id, &had, err);
		if (status == STATUS_OK && known && !had)
			status = error_set(err, STATUS_TAMPERED, "it is held with something else attached (attachment_hash)");
		if (status == STATUS_OK && found.number > INT64_MAX)
			status = error_set(err, STATUS_BAD_INPUT, "out_of_range: the number in the object is too large");
		if (status != STATUS_OK)
			return status;
	}
	if (!known) {
		result = SET_NEW;
		status = object_type_is_logged(object.type) ? put_logged(set, &object, &found, err)
		                                            : put_newest(set, &object, &found, &result, err);
	}
	if (status != STATUS_OK)
		return status;
	*admission = found;
	*outcome = result;
	return STATUS_OK;
}

enum status set_put_own(struct set *set, const struct object *object, const struct admission *admission,
                        struct error *err)
{
	enum set_outcome outcome;
	return object_type_is_logged(object->type) ? put_logged(set, object, admission, err)
	                                           : put_newest(set, object, admission, &outcome, err);
}

enum status set_has(struct set *set, const struct hash *id, bool *has, struct error *err)
{
	struct query *const query = db_query(set->db, SET_GET);
	query_bind_bytes(query, 1, hash_span(id));
	const enum status status = query_step(query, has, err);
	query_end(query);
	return status;
}

static enum status get_by(struct set *set, enum set_statement statement, const struct hash *id, struct bytes *wire, struct error *err)
{
	bool row = false;

	struct query *const query = db_query(set->db, statement);
	query_bind_bytes(query, 1, hash_span(id));
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && !row) {
		status = error_set(err, STATUS_NOT_FOUND, "there is no such object here");
		error_hint(err, "it never came, or the register is an older copy: sync or pull, or import what was carried, then try again");
	}
	if (status == STATUS_OK)
		status = bytes_append(wire, query_bytes(query, 0), err);
	query_end(query);
	return status;
}

enum status set_get(struct set *set, const struct hash *id, struct bytes *wire, struct error *err)
{
	return get_by(set, SET_GET, id, wire, err);
}

enum status set_get_link(struct set *set, const struct hash *id, struct bytes *wire, struct error *err)
{
	const enum status status = get_by(set, SET_GET, id, wire, err);
	return status == STATUS_NOT_FOUND ? get_by(set, SET_WITHHELD_GET, id, wire, err) : status;
}
