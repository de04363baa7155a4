#include <stdlib.h>
#include <string.h>

#include "crypto/wrap.h"
#include "schema/evidence_file.h"
#include "schema/outbox_tables.h"
#include "schema/salvage_rows.h"
#include "schema/withholding.h"

static int compare_ids(const void *a, const void *b)
{
	const struct salvage_withheld *const one = a, *const other = b;
	return memcmp(one->id.bytes, other->id.bytes, HASH_BYTES);
}

static struct salvage_withheld *find(const struct salvage *salvage, struct span id)
{
	const struct salvage_withheld key = {.id = salvage_hash(id)};
	return salvage->withheld_len == 0 ? NULL : bsearch(&key, salvage->withheld, salvage->withheld_len, sizeof key, compare_ids);
}

bool salvage_is_withheld(const struct salvage *salvage, struct span id)
{
	return find(salvage, id) != NULL;
}

bool salvage_is_header(const struct salvage_kept *object)
{
	struct object parsed;
	return object->values[2].number <= OBJECT_EVENT_LAST &&
	       object_parse(&parsed, object->values[6].bytes, NULL) == STATUS_OK && parsed.attachment.len == 0;
}

bool salvage_is_link(const struct salvage *salvage, const struct salvage_kept *object)
{
	const struct salvage_withheld *const withheld = find(salvage, object->values[1].bytes);
	const struct salvage_kept *const identity = salvage_identity_of(salvage, object->values[3].bytes);
	return withheld == NULL || withheld->is_vouched || (identity != NULL && identity->values[3].type == SALVAGE_BLOB);
}

/* ---- what says that an event was withheld ---- */

static void add(struct salvage *salvage, struct span id, bool is_vouched)
{
	salvage->withheld[salvage->withheld_len++] = (struct salvage_withheld){salvage_hash(id), is_vouched};
}

static bool read_withholding(struct withheld *withheld, const struct salvage_kept *object)
{
	struct object parsed;
	return object->values[2].number == OBJECT_WITHHOLDING &&
	       object_parse(&parsed, object->values[6].bytes, NULL) == STATUS_OK &&
	       withholding_read(withheld, &parsed, NULL) == STATUS_OK;
}

/* Of several words on one event those of its withholding count. */
static void merge(struct salvage *salvage)
{
	size_t kept = 0;

	if (salvage->withheld_len > 0)
		qsort(salvage->withheld, salvage->withheld_len, sizeof *salvage->withheld, compare_ids);
	for (size_t i = 0; i < salvage->withheld_len; i++) {
		const struct salvage_withheld *const next = &salvage->withheld[i];
		if (kept > 0 && hash_equals(&salvage->withheld[kept - 1].id, &next->id))
			salvage->withheld[kept - 1].is_vouched |= next->is_vouched;
		else
			salvage->withheld[kept++] = *next;
	}
	salvage->withheld_len = kept;
}

/* ---- headers ---- */

static enum status put_header(struct salvage *salvage, const struct withheld *withheld, const struct salvage_kept *withholding,
                              struct error *err)
{
	struct bytes wire = {0};
	const struct span id = hash_span(&withheld->id);
	struct salvage_row row = {
		.has_rowid = true,
		.rowid = salvage_position_of_id(salvage, id),
		.len = SALVAGE_OBJECT_COLUMNS,
		.values = {
			[1] = {SALVAGE_BLOB, 0, id},
			[2] = {SALVAGE_INTEGER, (int64_t)withheld->type, {0}},
			[3] = withholding->values[3],
			[4] = {SALVAGE_INTEGER, withheld->event.number, {0}},
			[5] = {SALVAGE_BLOB, 0, hash_span(&withheld->event.previous)},
		},
	};

	enum status status = evidence_file_link(&wire, withholding->values[6].bytes, err);
	row.values[6] = (struct salvage_value){SALVAGE_BLOB, 0, bytes_span(&wire)};
	if (status == STATUS_OK)
		status = salvage_keep(salvage, SALVAGE_OBJECT, &row, err);
	bytes_wipe(&wire);
	return status;
}

enum status salvage_withheld_note(struct salvage *salvage, struct error *err)
{
	const struct salvage_rows *const objects = &salvage->tables[SALVAGE_OBJECT], *const list = &salvage->tables[SALVAGE_WITHHELD];
	const size_t found = objects->len;
	struct withheld withheld;
	enum status status = STATUS_OK;

	salvage->withheld = calloc(found + list->len + 1, sizeof *salvage->withheld);
	if (salvage->withheld == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < list->len; i++)
		add(salvage, list->rows[i].values[1].bytes, false);
	for (size_t i = 0; i < found && status == STATUS_OK; i++) {
		if (salvage_is_header(&objects->rows[i]))
			add(salvage, objects->rows[i].values[1].bytes, false);
		if (!read_withholding(&withheld, &objects->rows[i]))
			continue;
		add(salvage, hash_span(&withheld.id), true);
		if (salvage_identity_of(salvage, objects->rows[i].values[3].bytes) != NULL &&
		    salvage_object_of(salvage, hash_span(&withheld.id)) == NULL)
			status = put_header(salvage, &withheld, &objects->rows[i], err);
	}
	merge(salvage);
	salvage_sort(salvage);
	return status;
}

enum status salvage_withhold_again(struct bytes *wire, const struct salvage *salvage, const struct salvage_kept *object,
                                   const struct secret *data_key, struct error *err)
{
	const struct salvage_kept *const identity = salvage_identity_of(salvage, object->values[3].bytes);
	struct secret *seed = NULL;
	struct signing_key *key = NULL;
	struct key_public root;
	struct object event;

	if (identity == NULL || identity->values[3].type != SALVAGE_BLOB || !salvage_root(salvage, &root))
		return error_set(err, STATUS_BUG, "a withholding is signed without its key");
	const struct key_id project = key_id_of_project(&root);
	enum status status = object_parse(&event, object->values[6].bytes, err);
	if (status == STATUS_OK)
		status = wrap_open(&seed, identity->values[3].bytes, OUTBOX_SEED_WORD, data_key, err);
	if (status == STATUS_OK)
		status = signing_key_from_seed(&key, secret_span(seed), err);
	if (status == STATUS_OK)
		status = withholding_make(wire, &event, key, &project, err);
	secret_free(seed);
	signing_key_free(key);
	return status;
}
