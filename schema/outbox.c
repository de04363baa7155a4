#include "schema/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cbor.h"
#include "crypto/stretch.h"
#include "crypto/wrap.h"
#include "schema/outbox_tables.h"
#include "schema/text.h"

struct set *outbox_set(struct outbox *outbox)
{
	return outbox->set;
}

struct db *outbox_db(struct outbox *outbox)
{
	return outbox->db;
}

struct outbox_identity *outbox_self(const struct outbox *outbox)
{
	return &outbox->identities[outbox->identities_len - 1];
}

struct outbox_identity *outbox_identity_of(const struct outbox *outbox, const struct key_id *device)
{
	for (size_t i = 0; i < outbox->identities_len; i++)
		if (key_id_equals(&outbox->identities[i].device, device))
			return &outbox->identities[i];
	return NULL;
}

struct key_id outbox_project(const struct outbox *outbox)
{
	return set_project(outbox->set);
}

struct key_id outbox_device(const struct outbox *outbox)
{
	return outbox_self(outbox)->device;
}

struct head outbox_tip(const struct outbox *outbox)
{
	return outbox_self(outbox)->tip;
}

const char *outbox_label(const struct outbox *outbox)
{
	return outbox->label;
}

void outbox_name(const struct outbox *outbox, const struct key_id *device, char name[ENROLMENT_NAME_BYTES])
{
	if (key_id_equals(device, &outbox->identities[0].device))
		memcpy(name, outbox->label, sizeof outbox->label);
	else
		succession_name(name, outbox->label, device);
}

const struct descriptor *outbox_descriptor(const struct outbox *outbox)
{
	return &outbox->descriptor;
}

int64_t outbox_time_floor(const struct outbox *outbox)
{
	int64_t floor_s = outbox->floor_s > OUTBOX_RELEASE_S ? outbox->floor_s : OUTBOX_RELEASE_S;
	for (size_t i = 0; i < outbox->identities_len; i++)
		for (int by = OUTBOX_BY_RELAY; by <= OUTBOX_BY_HQ; by++)
			if (outbox->identities[i].time_s[by] > floor_s)
				floor_s = outbox->identities[i].time_s[by];
	return floor_s;
}

/* The tag key is the salt: 16 random bytes that never leave the device, so that nobody else can try names. */
enum status outbox_tag(void *context, const char *nickname, uint8_t tag[REPORT_TAG_BYTES], struct error *err)
{
	const struct outbox *const outbox = context;
	const struct stretch_costs costs = stretch_costs_minimum();
	char name[REPORT_NICKNAME_BYTES];
	struct secret *key = NULL;

	enum status status = text_normalise(name, sizeof name, span_from_text(nickname), REPORT_NICKNAME_CHARACTERS, err);
	if (status == STATUS_OK)
		status = stretch_key(&key, span_from_text(name), outbox->tag_key->data, &costs, err);
	if (status == STATUS_OK)
		memcpy(tag, key->data, REPORT_TAG_BYTES);
	secret_free(key);
	return status;
}

/* --- what the database says --- */

static enum status read_tip(struct outbox *outbox, struct error *err)
{
	struct outbox_identity *const self = outbox_self(outbox);
	struct head tip = {0, self->introduced};
	struct key_id device;
	bool row = false;

	struct query *const query = db_query(outbox->db, OUTBOX_TIP);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row)
		status = query_exact(query, 0, device.bytes, KEY_ID_BYTES, err);
	if (status == STATUS_OK && row && key_id_equals(&device, &self->device)) {
		tip.number = (uint64_t)query_int(query, 1);
		status = query_exact(query, 2, tip.last.bytes, HASH_BYTES, err);
	}
	if (status == STATUS_OK && row)
		outbox->floor_s = query_int(query, 3);
	query_end(query);
	if (status == STATUS_OK)
		self->tip = tip;
	return status;
}

static enum status read_covered(struct outbox *outbox, struct error *err)
{
	bool row = false;
	struct key_id device;

	struct query *const query = db_query(outbox->db, OUTBOX_COVERED);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = query_exact(query, 0, device.bytes, KEY_ID_BYTES, err);
		struct outbox_identity *const identity = status == STATUS_OK ? outbox_identity_of(outbox, &device) : NULL;
		const int64_t by = query_int(query, 1);
		if (identity != NULL && by >= OUTBOX_BY_RELAY && by <= OUTBOX_BY_HQ) {
			identity->known[by] = true;
			identity->covered[by] = (uint64_t)query_int(query, 2);
			identity->time_s[by] = query_int(query, 3);
		}
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

static enum status read_identity(const struct query *query, struct outbox_identity *identity, struct error *err)
{
	*identity = (struct outbox_identity){.generation = query_int(query, 0), .ended = !query_is_null(query, 3)};
	identity->tip.number = (uint64_t)query_int(query, 3);
	const enum status status = query_exact(query, 1, identity->device.bytes, KEY_ID_BYTES, err);
	return status != STATUS_OK ? status : query_exact(query, 2, identity->introduced.bytes, HASH_BYTES, err);
}

enum status outbox_refresh(struct outbox *outbox, struct error *err)
{
	struct outbox_identity *identities = NULL;
	size_t n = 0;
	bool row = false;

	struct query *const query = db_query(outbox->db, OUTBOX_IDENTITIES);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		struct outbox_identity *const grown = realloc(identities, (n + 1) * sizeof *identities);
		if (grown == NULL) {
			status = error_set(err, STATUS_NO_MEMORY, "out of memory");
			break;
		}
		identities = grown;
		status = read_identity(query, &identities[n++], err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	if (status == STATUS_OK && n == 0)
		status = error_set(err, STATUS_CORRUPT, "the register is empty: setting it up was not finished");
	if (status != STATUS_OK) {
		free(identities);
		return status;
	}
	free(outbox->identities);
	outbox->identities = identities;
	outbox->identities_len = n;
	status = read_tip(outbox, err);
	return status != STATUS_OK ? status : read_covered(outbox, err);
}

enum status outbox_stored(enum status status, struct error *err)
{
	if (!status_blames_input(status))
		return status;
	(void)error_wrap(err, STATUS_CORRUPT, "the register is damaged");
	error_hint(err, "Keep the files as they are and restore a backup beside them.");
	return STATUS_CORRUPT;
}

static enum status group_is_spoiled(enum status status, struct error *err)
{
	return error_set(err, status, "an earlier one could not be saved; nothing of these was");
}

enum status outbox_begin(struct outbox *outbox, struct error *err)
{
	if (outbox->grouping)
		return outbox->spoiled == STATUS_OK ? STATUS_OK : group_is_spoiled(outbox->spoiled, err);
	enum status status = db_begin(outbox->db, err);
	if (status != STATUS_OK)
		return status;
	const int64_t generation = outbox_self(outbox)->generation;
	outbox->descriptor_before = outbox->descriptor_id;
	status = outbox_refresh(outbox, err);
	if (status == STATUS_OK && outbox_self(outbox)->generation != generation)
		status = error_set(err, STATUS_BUSY, "another program has just given this device a new key; try again");
	outbox->tip_before = outbox_self(outbox)->tip.last;
	if (status != STATUS_OK)
		db_rollback(outbox->db);
	return status;
}

/* The first failure is the one to tell. Should reading fail too, the next begin reads again. */
static enum status undo(struct outbox *outbox, enum status status)
{
	db_rollback(outbox->db);
	if (set_reload(outbox->set, NULL) != STATUS_OK || outbox_refresh(outbox, NULL) != STATUS_OK)
		return status;
	if (hash_equals(&outbox->descriptor_before, &outbox->descriptor_id))
		return status;
	outbox->descriptor_id = outbox->descriptor_before;
	return outbox_load_descriptor(outbox, NULL) == STATUS_OK ? status : STATUS_CORRUPT;
}

/* A commit that failed at its last step may have been made: whoever then saves again would have it twice. */
static enum status say_what_stands(struct outbox *outbox, const struct hash *made, enum status status, struct error *err)
{
	const bool reads = outbox_refresh(outbox, NULL) == STATUS_OK;
	if (status != STATUS_IO || hash_equals(made, &outbox->tip_before))
		return status;
	if (reads && !hash_equals(made, &outbox_self(outbox)->tip.last))
		return status;
	(void)error_set(err, status, reads ? "the disk failed at the end of saving: it stands in the register, but the disk may lose it"
	                                   : "the disk failed while saving, and the register cannot be read to see whether it was saved");
	error_hint(err, "Look with 'sijil list' before you add it again, and take a backup to another disk.");
	return status;
}

/* Read before COMMIT, so that after it nothing can fail any more and be told as a failure. */
enum status outbox_end(struct outbox *outbox, enum status status, struct error *err)
{
	if (status == STATUS_OK)
		status = outbox_refresh(outbox, err);
	if (outbox->grouping) {
		outbox->spoiled = status;
		return status;
	}
	if (status != STATUS_OK)
		return undo(outbox, status);
	const struct hash made = outbox_self(outbox)->tip.last;
	status = db_commit(outbox->db, err);
	return status == STATUS_OK ? STATUS_OK : say_what_stands(outbox, &made, undo(outbox, status), err);
}

enum status outbox_group_begin(struct outbox *outbox, struct error *err)
{
	const enum status status = outbox_begin(outbox, err);
	outbox->grouping = status == STATUS_OK;
	outbox->spoiled = STATUS_OK;
	return status;
}

enum status outbox_group_end(struct outbox *outbox, struct error *err)
{
	const enum status spoiled = outbox->spoiled;
	outbox->grouping = false;
	outbox->spoiled = STATUS_OK;
	return outbox_end(outbox, spoiled == STATUS_OK ? STATUS_OK : group_is_spoiled(spoiled, err), err);
}

enum status outbox_is_own(struct outbox *outbox, const struct outbox_identity *identity, const struct head *head,
                          bool *own, struct error *err)
{
	if (head->number == 0 || head->number > INT64_MAX) {
		*own = head->number == 0 && hash_equals(&head->last, &identity->introduced);
		return STATUS_OK;
	}
	struct query *const query = db_query(outbox->db, OUTBOX_OWN_LINK);
	query_bind_bytes(query, 1, key_id_span(&identity->device));
	query_bind_int(query, 2, (int64_t)head->number);
	query_bind_bytes(query, 3, hash_span(&head->last));
	const enum status status = query_step(query, own, err);
	query_end(query);
	return status;
}

enum status outbox_purge(struct outbox *outbox, const struct outbox_identity *identity, struct gap numbers,
                         struct error *err)
{
	if (outbox->descriptor.retention == DESCRIPTOR_KEEP || numbers.first > numbers.last)
		return STATUS_OK;
	struct query *const query = db_query(outbox->db, OUTBOX_PURGE);
	query_bind_bytes(query, 1, key_id_span(&identity->device));
	query_bind_int(query, 2, (int64_t)numbers.first);
	query_bind_int(query, 3, numbers.last > INT64_MAX ? INT64_MAX : (int64_t)numbers.last);
	return query_run(query, err);
}

enum status outbox_identity_put(struct outbox *outbox, const struct key_id *device, const struct hash *introduced,
                                const struct signing_key *key, struct error *err)
{
	struct secret *seed = NULL;
	struct bytes wrapped = {0};

	enum status status = secret_new_copy(&seed, signing_key_seed(key), err);
	if (status == STATUS_OK)
		status = wrap_close(&wrapped, seed, OUTBOX_SEED_WORD, outbox->data_key, err);
	if (status == STATUS_OK) {
		struct query *const query = db_query(outbox->db, OUTBOX_IDENTITY_PUT);
		query_bind_bytes(query, 1, key_id_span(device));
		query_bind_bytes(query, 2, hash_span(introduced));
		query_bind_bytes(query, 3, bytes_span(&wrapped));
		status = query_run(query, err);
	}
	bytes_wipe(&wrapped);
	secret_free(seed);
	return status;
}

enum status outbox_sign_head(struct outbox *outbox, struct bytes *wire, struct error *err)
{
	const struct outbox_identity *const self = outbox_self(outbox);
	const struct key_id project = outbox_project(outbox);
	struct bytes payload = {0}, made = {0};
	struct object object;
	struct hash id;
	bool has = false;

	enum status status = head_encode(&payload, &self->tip, err);
	const struct object_draft draft = {.type = OBJECT_HEAD, .signer = self->device, .payload = bytes_span(&payload)};
	if (status == STATUS_OK)
		status = object_make(&made, &id, &draft, outbox->key, &project, err);
	if (status == STATUS_OK)
		status = object_parse(&object, bytes_span(&made), err);
	if (status == STATUS_OK)
		status = set_has(outbox->set, &id, &has, err);
	if (status == STATUS_OK && !has) {
		const struct admission admission = {
			.type = OBJECT_HEAD, .device = self->device, .number = self->tip.number, .known_type = true};
		status = set_put_own(outbox->set, &object, &admission, err);
	}
	if (status == STATUS_OK)
		status = bytes_append(wire, bytes_span(&made), err);
	bytes_wipe(&made);
	bytes_wipe(&payload);
	return status;
}
