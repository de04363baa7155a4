#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "crypto/cbor.h"
#include "crypto/stretch.h"
#include "crypto/wrap.h"
#include "schema/outbox_tables.h"
#include "schema/sql.h"
#include "schema/text.h"

static const char *const migrations[] = {sql_set, sql_outbox, sql_outbox_lost, sql_outbox_note, sql_outbox_draft};

static const char *const statements[OUTBOX_STATEMENTS] = {
	SET_STATEMENT_TABLE,
	[OUTBOX_REGISTER_PUT] = "INSERT INTO register (one, root, label, tag_key, descriptor) VALUES (1, ?1, ?2, ?3, ?4)",
	[OUTBOX_REGISTER_GET] = "SELECT root, label, tag_key, descriptor FROM register",
	[OUTBOX_TAG_KEY_WRAP] = "UPDATE register SET tag_key = ?1",
	[OUTBOX_DESCRIPTOR_MOVE] = "UPDATE register SET descriptor = ?1",
	[OUTBOX_IDENTITY_PUT] = "INSERT INTO identity (device, introduced, seed) VALUES (?1, ?2, ?3)",
	[OUTBOX_IDENTITY_END] = "UPDATE identity SET seed = NULL, ended = ?2 WHERE generation = ?1",
	[OUTBOX_IDENTITY_WRAP] = "UPDATE identity SET seed = ?2 WHERE generation = ?1",
	[OUTBOX_IDENTITIES] = "SELECT generation, device, introduced, ended, seed FROM identity ORDER BY generation",
	[OUTBOX_TIP] = "SELECT device, number, id, floor FROM own JOIN object USING (position) ORDER BY own.position DESC LIMIT 1",
	[OUTBOX_OWN_PUT] = "INSERT INTO own (position, floor, parent, body) VALUES (?1, ?2, ?3, ?4)",
	[OUTBOX_READ_BACK] = "SELECT id, wire, body FROM object JOIN own USING (position) WHERE object.position = ?1",
	[OUTBOX_OWN_TYPE] = "SELECT type FROM object JOIN own USING (position) WHERE id = ?1",
	[OUTBOX_OWN_LINK] = "SELECT 1 FROM object JOIN own USING (position) "
			    "WHERE device = ?1 AND number = ?2 AND id = ?3 AND type < 16",
	[OUTBOX_OWN_ALL] = "SELECT id, type, device, number, parent, body FROM own JOIN object USING (position) "
			   "ORDER BY own.position",
	[OUTBOX_OWN_BY_ID] = "SELECT id, type, device, number, parent, body FROM object JOIN own USING (position) "
			     "WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 2",
	[OUTBOX_OWN_BY_NUMBER] = "SELECT id, type, device, number, parent, body FROM object JOIN own USING (position) "
				 "WHERE device = ?1 AND number = ?2 AND type < 16",
	[OUTBOX_OWN_COUNT] = "SELECT count(*) FROM own",
	[OUTBOX_CHILD] = "SELECT id FROM own JOIN object USING (position) "
			 "WHERE parent = ?1 AND parent IS NOT NULL AND type = ?2 ORDER BY own.position DESC LIMIT 1",
	[OUTBOX_WALK] = "SELECT number, id, previous, wire, body, type FROM object JOIN own USING (position) "
			"WHERE device = ?1 AND type < 16 ORDER BY number",
	[OUTBOX_PURGE] = "UPDATE own SET body = NULL WHERE body IS NOT NULL AND position IN "
			 "(SELECT position FROM object WHERE device = ?1 AND number BETWEEN ?2 AND ?3 AND type < 16)",
	[OUTBOX_COVER] = "INSERT INTO covered (device, by, number, time) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (device, by) "
			 "DO UPDATE SET number = CASE WHEN by = 1 AND excluded.time > time THEN excluded.number "
			 "ELSE max(number, excluded.number) END, time = max(time, excluded.time)",
	[OUTBOX_UNCOVER] = "DELETE FROM covered WHERE by = 1",
	[OUTBOX_COVERED] = "SELECT device, by, number, time FROM covered",
	[OUTBOX_CHECKPOINT_PUT] = "INSERT INTO checkpoint (one, log, size, root, told) VALUES (1, ?1, ?2, ?3, 0) "
				  "ON CONFLICT (one) DO UPDATE SET log = excluded.log, size = excluded.size, "
				  "root = excluded.root, told = 0 WHERE excluded.size > size OR excluded.log <> log",
	[OUTBOX_CHECKPOINT_GET] = "SELECT log, size, root FROM checkpoint WHERE told = 0",
	[OUTBOX_CHECKPOINT_TOLD] = "UPDATE checkpoint SET told = 1",
	[OUTBOX_HELD] = "SELECT device, held FROM chain",
	[OUTBOX_HEIRS] = "SELECT 1 FROM signer WHERE kind = 2 AND parent = ?1 AND id NOT IN (SELECT device FROM identity)",
	[OUTBOX_OTHERS] = "SELECT device, wire FROM object WHERE type IN (16, 17) AND type > 15 "
			  "AND device NOT IN (SELECT device FROM identity) ORDER BY position",
	[OUTBOX_LOST_PUT] = "INSERT INTO lost (device, first, last, fate) VALUES (?1, ?2, ?3, ?4)",
	[OUTBOX_LOST] = "SELECT device, first, last, fate FROM lost ORDER BY rowid",
	[OUTBOX_LOST_HAS] = "SELECT 1 FROM lost WHERE device = ?1 AND ?2 BETWEEN first AND last",
	[OUTBOX_IDENTITY_COPY] = "INSERT INTO identity (generation, device, introduced, seed, ended) VALUES (?1, ?2, ?3, ?4, ?5)",
	[OUTBOX_CHECKPOINT_COPY] = "INSERT INTO checkpoint (one, log, size, root, told) VALUES (1, ?1, ?2, ?3, ?4)",
	[OUTBOX_RECOVERIES] = "SELECT device, number FROM object JOIN own USING (position) WHERE type = 5 ORDER BY own.position",
	[OUTBOX_HANDED_PUT] = "INSERT INTO handed (device, number, times) VALUES (?1, ?2, 1) ON CONFLICT (device) "
			      "DO UPDATE SET number = max(number, excluded.number), times = times + 1",
	[OUTBOX_HANDED_GET] = "SELECT number, times FROM handed WHERE device = ?1",
	[OUTBOX_HANDED_BACK] = "UPDATE handed SET number = ?2 WHERE device = ?1 AND times = ?3",
	[OUTBOX_WIRE_GET] = "SELECT object.position, wire FROM object JOIN own USING (position) WHERE id = ?1",
	[OUTBOX_AMENDMENTS] = "SELECT id FROM own JOIN object USING (position) "
			      "WHERE parent = ?1 AND parent IS NOT NULL AND type = 2 ORDER BY own.position",
	[OUTBOX_WIRE_CUT] = "UPDATE object SET wire = ?2 WHERE position = ?1",
	[OUTBOX_BODY_DROP] = "UPDATE own SET body = NULL WHERE position = ?1",
	[OUTBOX_NOTE_GET] = "SELECT event FROM note WHERE name = ?1",
	[OUTBOX_NOTE_PUT] = "INSERT INTO note (name, event) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING",
	[OUTBOX_DRAFT_PUT] = "INSERT INTO draft (one, mark, saved, content) VALUES (1, ?1, ?2, ?3) ON CONFLICT (one) "
			     "DO UPDATE SET mark = excluded.mark, saved = excluded.saved, content = excluded.content",
	[OUTBOX_DRAFT_GET] = "SELECT mark, saved, content FROM draft",
	[OUTBOX_DRAFT_DROP] = "DELETE FROM draft WHERE mark = ?1",
	[OUTBOX_DRAFT_CLEAR] = "DELETE FROM draft",
	/* Up to what is not amended itself, then down to all that grew from it. */
	[OUTBOX_LINEAGE] = "WITH RECURSIVE up (id, parent) AS (SELECT id, parent FROM object JOIN own USING (position) WHERE id = ?1 "
			   "UNION SELECT object.id, own.parent FROM up JOIN object ON object.id = up.parent JOIN own USING (position)), "
			   "down (id) AS (SELECT id FROM up WHERE parent IS NULL OR parent NOT IN (SELECT id FROM up) "
			   "UNION SELECT object.id FROM down JOIN own ON own.parent = down.id JOIN object USING (position)) "
			   "SELECT id, type, device, number, parent, body FROM down JOIN object USING (id) JOIN own USING (position) "
			   "ORDER BY own.position",
	[OUTBOX_CARRIED_BY_ID] = "SELECT id FROM object WHERE id BETWEEN ?1 AND ?2 AND type IN (1, 6) "
				 "AND position NOT IN (SELECT position FROM own) ORDER BY id LIMIT 2",
};

static const struct db_schema schema = {
	.application_id = 0x53696a6f, /* "Sijo" */
	.migrations = migrations,
	.migrations_len = sizeof migrations / sizeof migrations[0],
	.statements = statements,
	.statements_len = OUTBOX_STATEMENTS,
	.what = "the register",
};

const struct db_schema *outbox_schema(void)
{
	return &schema;
}

static struct outbox *outbox_new(const struct secret *data_key, struct error *err)
{
	struct outbox *const outbox = calloc(1, sizeof *outbox);
	if (outbox == NULL) {
		(void)error_set(err, STATUS_NO_MEMORY, "out of memory");
		return NULL;
	}
	if (secret_new_copy(&outbox->data_key, secret_span(data_key), err) != STATUS_OK) {
		free(outbox);
		return NULL;
	}
	return outbox;
}

void outbox_close(struct outbox *outbox)
{
	if (outbox == NULL)
		return;
	set_close(outbox->set);
	db_close(outbox->db);
	signing_key_free(outbox->key);
	secret_free(outbox->tag_key);
	secret_free(outbox->data_key);
	free(outbox->identities);
	free(outbox);
}

/* --- opening --- */

static enum status read_register(struct outbox *outbox, struct key_public *root, struct error *err)
{
	bool row = false;

	struct query *const query = db_query(outbox->db, OUTBOX_REGISTER_GET);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && !row)
		status = error_set(err, STATUS_CORRUPT, "the register is empty: setting it up was not finished");
	if (status == STATUS_OK)
		status = query_exact(query, 0, root->bytes, KEY_PUBLIC_BYTES, err);
	if (status == STATUS_OK)
		status = query_exact(query, 3, outbox->descriptor_id.bytes, HASH_BYTES, err);
	if (status == STATUS_OK) {
		(void)snprintf(outbox->label, sizeof outbox->label, "%s", query_text(query, 1));
		status = wrap_open(&outbox->tag_key, query_bytes(query, 2), OUTBOX_TAG_KEY_WORD, outbox->data_key, err);
	}
	if (status == STATUS_OK && outbox->tag_key->len != STRETCH_SALT_BYTES)
		status = error_set(err, STATUS_CORRUPT, "the register's tag key has another length");
	query_end(query);
	return status;
}

static enum status read_key(struct outbox *outbox, struct error *err)
{
	struct secret *seed = NULL;
	bool row = false;

	enum status status = outbox_refresh(outbox, err);
	if (status != STATUS_OK)
		return status;
	struct query *const query = db_query(outbox->db, OUTBOX_IDENTITIES);
	for (size_t i = 0; i < outbox->identities_len && status == STATUS_OK; i++)
		status = query_step(query, &row, err);
	if (status == STATUS_OK)
		status = wrap_open(&seed, query_bytes(query, 4), OUTBOX_SEED_WORD, outbox->data_key, err);
	query_end(query);
	if (status == STATUS_OK)
		status = signing_key_from_seed(&outbox->key, secret_span(seed), err);
	secret_free(seed);
	return status;
}

static enum status read_all(struct outbox *outbox, struct error *err)
{
	struct key_public root;

	enum status status = read_register(outbox, &root, err);
	if (status == STATUS_OK)
		status = set_open(&outbox->set, outbox->db, &root, err);
	if (status == STATUS_OK)
		status = outbox_load_descriptor(outbox, err);
	return status == STATUS_OK ? read_key(outbox, err) : status;
}

enum status outbox_open(struct outbox **out, const char *path, const struct vault *vault, const struct secret *data_key,
                        struct error *err)
{
	struct outbox *const outbox = outbox_new(data_key, err);
	if (outbox == NULL)
		return STATUS_NO_MEMORY;
	enum status status = db_open(&outbox->db, path, vault, DB_OPEN, &schema, err);
	if (status == STATUS_OK) {
		status = db_begin_read(outbox->db, err);
		if (status == STATUS_OK)
			status = read_all(outbox, err);
		db_rollback(outbox->db);
	}
	if (status == STATUS_OK && db_was_recovered(outbox->db))
		status = outbox_check(outbox, err);
	if (status != STATUS_OK) {
		outbox_close(outbox);
		return status;
	}
	*out = outbox;
	return STATUS_OK;
}

/* --- creating --- */

static enum status check_invite(const struct outbox *outbox, const struct invite_file *file, int64_t now_s,
                                struct error *err)
{
	const struct key_id project = key_id_of_project(&outbox->descriptor.root);
	struct object object;
	struct invite invite;

	enum status status = object_parse_cose(&object, OBJECT_INVITE, bytes_span(&file->invite), err);
	if (status == STATUS_OK)
		status = object_verify(&object, &outbox->descriptor.root, &project, err);
	if (status == STATUS_OK)
		status = invite_decode(&invite, object.payload, err);
	if (status == STATUS_OK && now_s >= OUTBOX_RELEASE_S && now_s > invite.expires_s) {
		status = error_set(err, STATUS_REFUSED, "the invite has expired");
		error_hint(err, "Ask headquarters for a new one.");
	}
	return status;
}

static enum status put_descriptor(struct outbox *outbox, struct span cose, struct error *err)
{
	struct bytes wire = {0};
	struct cbor_writer writer;
	struct admission admission;
	enum set_outcome outcome;

	cbor_write_begin(&writer, &wire);
	cbor_write_array(&writer, 2);
	cbor_write_uint(&writer, OBJECT_DESCRIPTOR);
	cbor_write_encoded(&writer, cose);
	enum status status = cbor_write_end(&writer, err);
	if (status == STATUS_OK)
		status = set_put(outbox->set, bytes_span(&wire), &admission, &outcome, err);
	bytes_wipe(&wire);
	return status;
}

static enum status enrol(struct outbox *outbox, const struct invite_file *file, struct error *err)
{
	struct bytes wire = {0};
	struct hash id;
	struct admission admission;
	enum set_outcome outcome;
	struct utsname machine;
	char platform[ENROLMENT_PLATFORM_BYTES] = "";

	if (uname(&machine) == 0)
		(void)snprintf(platform, sizeof platform, "%.19s %.20s", machine.sysname, machine.machine);
	enum status status = signing_key_new(&outbox->key, err);
	if (status == STATUS_OK)
		status = enrolment_make(&wire, &id, file, outbox->key, platform, err);
	if (status == STATUS_OK)
		status = set_put(outbox->set, bytes_span(&wire), &admission, &outcome, err);
	if (status == STATUS_OK)
		status = outbox_identity_put(outbox, &admission.device, &id, outbox->key, err);
	bytes_wipe(&wire);
	return status;
}

static enum status put_register(struct outbox *outbox, const char *label, struct error *err)
{
	struct bytes wrapped = {0};

	enum status status = text_normalise(outbox->label, sizeof outbox->label, span_from_text(label),
	                                    ENROLMENT_LABEL_CHARACTERS, err);
	if (status == STATUS_OK)
		status = secret_new_random(&outbox->tag_key, STRETCH_SALT_BYTES, err);
	if (status == STATUS_OK)
		status = wrap_close(&wrapped, outbox->tag_key, OUTBOX_TAG_KEY_WORD, outbox->data_key, err);
	if (status == STATUS_OK) {
		struct query *const query = db_query(outbox->db, OUTBOX_REGISTER_PUT);
		query_bind_bytes(query, 1, key_public_span(&outbox->descriptor.root));
		query_bind_text(query, 2, outbox->label);
		query_bind_bytes(query, 3, bytes_span(&wrapped));
		query_bind_bytes(query, 4, hash_span(&outbox->descriptor_id));
		status = query_run(query, err);
	}
	bytes_wipe(&wrapped);
	return status;
}

static enum status fill(struct outbox *outbox, const struct invite_file *file, struct error *err)
{
	enum status status = set_open(&outbox->set, outbox->db, &outbox->descriptor.root, err);
	if (status == STATUS_OK)
		status = db_begin(outbox->db, err);
	if (status == STATUS_OK)
		status = put_descriptor(outbox, bytes_span(&file->descriptor), err);
	if (status == STATUS_OK)
		status = put_register(outbox, file->label, err);
	if (status == STATUS_OK)
		status = enrol(outbox, file, err);
	if (status == STATUS_OK)
		status = db_commit(outbox->db, err);
	db_rollback(outbox->db);
	return status == STATUS_OK ? outbox_refresh(outbox, err) : status;
}

enum status outbox_create(struct outbox **out, const char *path, const struct vault *vault,
                          const struct secret *data_key, const struct invite_file *invite, int64_t now_s,
                          struct error *err)
{
	struct key_id project;
	bool made = false;

	struct outbox *const outbox = outbox_new(data_key, err);
	if (outbox == NULL)
		return STATUS_NO_MEMORY;
	enum status status = descriptor_open(&outbox->descriptor, &project, &outbox->descriptor_id,
	                                     bytes_span(&invite->descriptor), err);
	if (status == STATUS_OK)
		status = check_invite(outbox, invite, now_s, err);
	if (status == STATUS_OK)
		status = db_open(&outbox->db, path, vault, DB_CREATE, &schema, err);
	made = status == STATUS_OK;
	if (status == STATUS_OK)
		status = fill(outbox, invite, err);
	if (status == STATUS_OK) {
		*out = outbox;
		return STATUS_OK;
	}
	outbox_close(outbox);
	if (made)
		db_remove(path);
	return status;
}
