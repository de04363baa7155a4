#include "schema/salvage.h"

#include <stdlib.h>
#include <string.h>

#include "schema/event.h"
#include "schema/salvage_rows.h"

/* What a column may hold. A length of 0: any. */
enum { ANY_LENGTH = 0 };
struct shape_column {
	char kind; /* 'n' NULL, 'i' integer, 't' text, 'b' blob; upper case: or NULL */
	size_t len;
};

/* Rows are told apart by their shape: a page no longer says whose it is when those above it are gone. No two tables
 * have one shape; the two indexes that do are told apart by what they point at. */
static const struct {
	bool has_rowid;
	size_t len;
	struct shape_column columns[SALVAGE_COLUMNS];
} shapes[SALVAGE_TABLES] = {
	[SALVAGE_SCHEMA] = {true, 5, {{'t', 0}, {'t', 0}, {'t', 0}, {'i', 0}, {'T', 0}}},
	[SALVAGE_REGISTER] = {true, 5, {{'n', 0}, {'b', 32}, {'t', 0}, {'b', 56}, {'b', 32}}},
	[SALVAGE_IDENTITY] = {true, 5, {{'n', 0}, {'b', 16}, {'b', 32}, {'B', 72}, {'I', 0}}},
	[SALVAGE_OBJECT] = {true, SALVAGE_OBJECT_COLUMNS, {{'n', 0}, {'b', 32}, {'i', 0}, {'B', 16}, {'i', 0}, {'B', 32}, {'b', 0}}},
	[SALVAGE_NEWEST] = {false, 6, {{'i', 0}, {'b', 16}, {'b', 16}, {'i', 0}, {'b', 32}, {'b', 0}}},
	[SALVAGE_OWN] = {true, 4, {{'n', 0}, {'i', 0}, {'B', 32}, {'B', 0}}},
	[SALVAGE_SIGNER] = {false, 7, {{'b', 16}, {'i', 0}, {'b', 32}, {'i', 0}, {'i', 0}, {'b', 16}, {'b', 32}}},
	[SALVAGE_CHAIN] = {false, 6, {{'b', 16}, {'i', 0}, {'b', 32}, {'i', 0}, {'i', 0}, {'i', 0}}},
	[SALVAGE_LOG] = {true, 3, {{'n', 0}, {'i', 0}, {'b', 0}}},
	[SALVAGE_COVERED] = {false, 4, {{'b', 16}, {'i', 0}, {'i', 0}, {'i', 0}}},
	[SALVAGE_CHECKPOINT] = {true, 5, {{'n', 0}, {'b', 16}, {'i', 0}, {'b', 32}, {'i', 0}}},
	[SALVAGE_LOST] = {true, 4, {{'b', 16}, {'i', 0}, {'i', 0}, {'i', 0}}},
	[SALVAGE_NOTE] = {false, 2, {{'b', 32}, {'B', 32}}},
	[SALVAGE_DRAFT] = {true, 4, {{'n', 0}, {'b', OUTBOX_MARK_BYTES}, {'i', 0}, {'b', 0}}},
	[SALVAGE_WITHHELD] = {true, 5, {{'n', 0}, {'b', 32}, {'b', 16}, {'i', 0}, {'b', 32}}},
	[SALVAGE_PROJECT] = {true, 4, {{'n', 0}, {'b', 32}, {'b', 16}, {'i', 0}}},
	[SALVAGE_SECRET] = {false, 3, {{'t', 0}, {'i', 0}, {'b', 72}}},
	[SALVAGE_INVITE] = {false, 4, {{'b', 16}, {'t', 0}, {'i', 0}, {'i', 0}}},
	[SALVAGE_ARRIVAL] = {false, 3, {{'b', 32}, {'i', 0}, {'i', 0}}},
	[SALVAGE_SIGNED] = {false, 3, {{'i', 0}, {'i', 0}, {'b', 32}}},
	[SALVAGE_QUARANTINE] = {false, 7, {{'b', 32}, {'i', 0}, {'b', 16}, {'i', 0}, {'t', 0}, {'i', 0}, {'b', 0}}},
	[SALVAGE_LINK] = {false, 3, {{'b', 16}, {'i', 0}, {'i', 0}}},
	[SALVAGE_ID] = {false, 2, {{'b', 32}, {'i', 0}}},
};

static bool fits(const struct shape_column *column, const struct salvage_value *value)
{
	const char kind = (char)(column->kind | 0x20);
	if (value->type == SALVAGE_NULL)
		return kind == 'n' || kind != column->kind;
	if (value->type == SALVAGE_INTEGER)
		return kind == 'i';
	return ((value->type == SALVAGE_TEXT && kind == 't') || (value->type == SALVAGE_BLOB && kind == 'b')) &&
	       (column->len == ANY_LENGTH || value->bytes.len == column->len);
}

static bool has_shape(const struct salvage_row *row, size_t table)
{
	if (row->has_rowid != shapes[table].has_rowid || row->len != shapes[table].len)
		return false;
	for (size_t i = 0; i < row->len; i++)
		if (!fits(&shapes[table].columns[i], &row->values[i]))
			return false;
	return true;
}

/* An object is what its bytes say, never what the row says of it. */
static bool is_object(struct span wire, struct span id, int64_t type)
{
	struct object object;
	return object_parse(&object, wire, NULL) == STATUS_OK && span_equals(id, hash_span(&object.id)) &&
	       type == (int64_t)object.type;
}

/* ---- keeping rows ---- */

static enum status make_room(struct salvage_rows *rows, struct error *err)
{
	if (rows->len < rows->capacity)
		return STATUS_OK;
	const size_t capacity = rows->capacity == 0 ? 16 : 2 * rows->capacity;
	struct salvage_kept *const grown = realloc(rows->rows, capacity * sizeof *grown);
	if (grown == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	rows->rows = grown;
	rows->capacity = capacity;
	return STATUS_OK;
}

/* A NUL behind each, so that text can be printed. */
static enum status copy_values(struct salvage_kept *kept, const struct salvage_row *row, struct error *err)
{
	const struct span end = {(const uint8_t *)"", 1};
	size_t len = 0, at = 0;
	for (size_t i = 0; i < row->len; i++)
		len += row->values[i].bytes.len + end.len;
	enum status status = bytes_reserve(&kept->payload, len, err);
	for (size_t i = 0; i < row->len && status == STATUS_OK; i++) {
		status = bytes_append(&kept->payload, row->values[i].bytes, err);
		if (status == STATUS_OK)
			status = bytes_append(&kept->payload, end, err);
		kept->values[i] = row->values[i];
		kept->values[i].bytes.data = kept->payload.data + at;
		at = kept->payload.len;
	}
	return status;
}

enum status salvage_keep(struct salvage *salvage, enum salvage_table table, const struct salvage_row *row, struct error *err)
{
	struct salvage_rows *const rows = &salvage->tables[table];
	struct salvage_kept kept = {.rowid = row->rowid, .len = row->len};
	enum status status = make_room(rows, err);
	if (status == STATUS_OK)
		status = copy_values(&kept, row, err);
	if (status == STATUS_OK)
		rows->rows[rows->len++] = kept;
	else
		bytes_wipe(&kept.payload);
	return status;
}

static enum status sort_in(void *context, const struct salvage_row *row, struct error *err)
{
	struct salvage *const salvage = context;
	for (size_t table = 0; table < SALVAGE_TABLES; table++) {
		if (!has_shape(row, table))
			continue;
		if (table == SALVAGE_OBJECT && !is_object(row->values[6].bytes, row->values[1].bytes, row->values[2].number))
			continue;
		if (table == SALVAGE_NEWEST && !is_object(row->values[5].bytes, row->values[4].bytes, row->values[0].number))
			continue;
		return salvage_keep(salvage, (enum salvage_table)table, row, err);
	}
	return STATUS_OK;
}

static int compare_rowids(const void *a, const void *b)
{
	const struct salvage_kept *const one = a, *const other = b;
	return (one->rowid > other->rowid) - (one->rowid < other->rowid);
}

void salvage_sort(struct salvage *salvage)
{
	for (size_t table = 0; table < SALVAGE_TABLES; table++)
		if (salvage->tables[table].len > 0 && shapes[table].has_rowid)
			qsort(salvage->tables[table].rows, salvage->tables[table].len, sizeof(struct salvage_kept), compare_rowids);
}

enum status salvage_read(struct salvage **out, struct vault_survey *survey, struct error *err)
{
	struct salvage *const salvage = calloc(1, sizeof *salvage);
	if (salvage == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = salvage_page_each(survey, sort_in, salvage, err);
	salvage_sort(salvage);
	if (status == STATUS_OK)
		status = salvage_withheld_note(salvage, err);
	if (status != STATUS_OK) {
		salvage_free(salvage);
		return status;
	}
	*out = salvage;
	return STATUS_OK;
}

void salvage_free(struct salvage *salvage)
{
	if (salvage == NULL)
		return;
	for (size_t table = 0; table < SALVAGE_TABLES; table++) {
		for (size_t i = 0; i < salvage->tables[table].len; i++)
			bytes_wipe(&salvage->tables[table].rows[i].payload);
		free(salvage->tables[table].rows);
	}
	free(salvage->withheld);
	free(salvage);
}

/* ---- finding rows ---- */

const struct salvage_kept *salvage_row_of(const struct salvage *salvage, enum salvage_table table, int64_t rowid)
{
	const struct salvage_kept key = {.rowid = rowid};
	const struct salvage_rows *const rows = &salvage->tables[table];
	return rows->len == 0 ? NULL : bsearch(&key, rows->rows, rows->len, sizeof key, compare_rowids);
}

const struct salvage_kept *salvage_first(const struct salvage *salvage, enum salvage_table table)
{
	return salvage->tables[table].len == 0 ? NULL : &salvage->tables[table].rows[0];
}

static const struct salvage_kept *find_value(const struct salvage *salvage, enum salvage_table table, size_t column,
                                             struct span value)
{
	const struct salvage_rows *const rows = &salvage->tables[table];
	for (size_t i = 0; i < rows->len; i++)
		if (span_equals(rows->rows[i].values[column].bytes, value))
			return &rows->rows[i];
	return NULL;
}

const struct salvage_kept *salvage_identity_of(const struct salvage *salvage, struct span device)
{
	return find_value(salvage, SALVAGE_IDENTITY, 1, device);
}

const struct salvage_kept *salvage_object_of(const struct salvage *salvage, struct span id)
{
	return find_value(salvage, SALVAGE_OBJECT, 1, id);
}

struct key_id salvage_key_id(struct span value)
{
	struct key_id id = {0};
	if (value.len == KEY_ID_BYTES)
		memcpy(id.bytes, value.data, KEY_ID_BYTES);
	return id;
}

struct hash salvage_hash(struct span value)
{
	struct hash hash = {0};
	if (value.len == HASH_BYTES)
		memcpy(hash.bytes, value.data, HASH_BYTES);
	return hash;
}

const char *salvage_root_name(const struct salvage *salvage, uint64_t root_page)
{
	const struct salvage_rows *const rows = &salvage->tables[SALVAGE_SCHEMA];
	if (root_page == 1)
		return "sqlite_schema";
	for (size_t i = 0; i < rows->len; i++) {
		const struct salvage_value *const name = &rows->rows[i].values[1];
		if (rows->rows[i].values[3].number == (int64_t)root_page && root_page > 0)
			return (const char *)name->bytes.data;
	}
	return "";
}

/* ---- objects from elsewhere, and out ---- */

bool salvage_root(const struct salvage *salvage, struct key_public *root)
{
	const struct salvage_kept *const device = salvage_first(salvage, SALVAGE_REGISTER);
	const struct salvage_kept *const self = device != NULL ? device : salvage_first(salvage, SALVAGE_PROJECT);
	const struct salvage_rows *const objects = &salvage->tables[SALVAGE_OBJECT];
	struct descriptor *const descriptor = malloc(sizeof *descriptor);
	struct object object;
	bool found = descriptor != NULL && self != NULL;

	if (found)
		memcpy(root->bytes, self->values[1].bytes.data, KEY_PUBLIC_BYTES);
	/* The register took none but its own project's. */
	for (size_t i = 0; descriptor != NULL && !found && i < objects->len - salvage->added_len; i++) {
		if (objects->rows[i].values[2].number != OBJECT_DESCRIPTOR ||
		    object_parse(&object, objects->rows[i].values[6].bytes, NULL) != STATUS_OK ||
		    descriptor_decode(descriptor, object.payload, NULL) != STATUS_OK)
			continue;
		*root = descriptor->root;
		found = true;
	}
	free(descriptor);
	return found;
}

/* An event counts only when it is really that device's: its number is taken for granted later. */
static bool is_signed_event(const struct salvage *salvage, const struct object *object, uint64_t *number)
{
	struct key_public root, key;
	struct event event;
	const struct salvage_kept *const signer = find_value(salvage, SALVAGE_SIGNER, 0, key_id_span(&object->signer));

	if (signer == NULL || !salvage_root(salvage, &root) || event_decode(&event, object->payload, NULL) != STATUS_OK ||
	    object_check_attachment(object, &event.sealed, NULL) != STATUS_OK)
		return false;
	const struct key_id project = key_id_of_project(&root);
	memcpy(key.bytes, signer->values[2].bytes.data, KEY_PUBLIC_BYTES);
	*number = event.number;
	return object_verify(object, &key, &project, NULL) == STATUS_OK;
}

enum status salvage_add(struct salvage *salvage, struct span wire, struct error *err)
{
	struct object object;
	uint64_t number = 0;

	enum status status = object_parse(&object, wire, err);
	if (status != STATUS_OK)
		return status;
	if (!object_type_is_logged(object.type) || salvage_object_of(salvage, hash_span(&object.id)) != NULL)
		return STATUS_OK;
	const bool is_event = object_type_is_event(object.type);
	if (is_event && !is_signed_event(salvage, &object, &number))
		return STATUS_OK;
	const struct salvage_row row = {
		.has_rowid = true,
		.rowid = INT64_MAX,
		.len = shapes[SALVAGE_OBJECT].len,
		.values = {
			[1] = {SALVAGE_BLOB, 0, hash_span(&object.id)},
			[2] = {SALVAGE_INTEGER, (int64_t)object.type, {0}},
			[3] = {is_event ? SALVAGE_BLOB : SALVAGE_NULL, 0, is_event ? key_id_span(&object.signer) : (struct span){0}},
			[4] = {SALVAGE_INTEGER, (int64_t)number, {0}},
			[6] = {SALVAGE_BLOB, 0, wire},
		},
	};
	status = salvage_keep(salvage, SALVAGE_OBJECT, &row, err);
	if (status == STATUS_OK)
		salvage->added_len++;
	return status;
}

enum status salvage_export(const struct salvage *salvage, struct bytes *bundle, uint64_t *objects, struct error *err)
{
	const struct salvage_rows *const logged = &salvage->tables[SALVAGE_OBJECT];
	const struct salvage_rows *const newest = &salvage->tables[SALVAGE_NEWEST];
	const size_t before = bundle->len, found = logged->len - salvage->added_len;
	size_t headers = 0;
	enum status status = STATUS_OK;

	for (size_t i = 0; i < found && status == STATUS_OK; i++) {
		/* Of a withheld event the header stays here: its withholding goes in its place. */
		if (salvage_is_header(&logged->rows[i]))
			headers++;
		else
			status = bytes_append(bundle, logged->rows[i].values[6].bytes, err);
	}
	for (size_t i = 0; i < newest->len && status == STATUS_OK; i++)
		status = bytes_append(bundle, newest->rows[i].values[5].bytes, err);
	if (status == STATUS_OK)
		*objects = found - headers + newest->len;
	else
		bundle->len = before;
	return status;
}
