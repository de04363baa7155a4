#include <string.h>

#include "schema/place_name.h"
#include "schema/places_read.h"
#include "schema/places_tables.h"
#include "schema/text.h"

/* One list on its way into the tables. */
struct taking {
	struct db *db;
	struct places_import *import;
	int64_t list;
	uint32_t places;
};

static enum status put_name(struct taking *taking, int64_t place, enum places_name_kind kind, struct span text, struct error *err)
{
	struct place_name name;
	/* What has no letter of a script that is heard here cannot be searched for. */
	if (place_name_hear(&name, text, NULL) != STATUS_OK)
		return STATUS_OK;
	struct query *const query = db_query(taking->db, PLACES_NAME_PUT);
	query_bind_int(query, 1, place);
	query_bind_int(query, 2, (int64_t)kind);
	query_bind_text(query, 3, name.sound);
	const enum status status = query_run(query, err);
	if (status == STATUS_OK && db_changes(taking->db) > 0)
		taking->import->names++;
	return status;
}

/* A name and the names that it is made of. */
static enum status put_names(struct taking *taking, int64_t place, enum places_name_kind kind, const char *text, struct error *err)
{
	struct span parts[PLACE_NAME_PARTS_MAX];
	enum status status = STATUS_OK;
	const size_t len = text[0] == '\0' ? 0 : place_name_parts(parts, span_from_text(text));
	for (size_t i = 0; i < len && status == STATUS_OK; i++)
		status = put_name(taking, place, i == 0 ? kind : PLACES_NAME_PART, parts[i], err);
	return status;
}

static void bind_day(struct query *query, int at, int32_t day)
{
	if (day == PLACES_DAY_UNKNOWN)
		query_bind_null(query, at);
	else
		query_bind_int(query, at, day);
}

static enum status put_place(struct taking *taking, const struct places_row *row, bool *fresh, struct error *err)
{
	struct query *const query = db_query(taking->db, PLACES_PUT);
	query_bind_int(query, 1, taking->list);
	query_bind_text(query, 2, row->code);
	query_bind_int(query, 3, (int64_t)row->level);
	query_bind_text(query, 4, row->parent);
	query_bind_text(query, 5, row->latin);
	query_bind_text(query, 6, row->arabic);
	if (row->has_point) {
		query_bind_int(query, 7, row->latitude);
		query_bind_int(query, 8, row->longitude);
	} else {
		query_bind_null(query, 7);
		query_bind_null(query, 8);
	}
	bind_day(query, 9, row->valid_from);
	bind_day(query, 10, row->valid_to);
	const enum status status = query_run(query, err);
	*fresh = status == STATUS_OK && db_changes(taking->db) > 0;
	return status;
}

static enum status take_place(void *context, const struct places_row *row, struct error *err)
{
	struct taking *const taking = context;
	bool fresh = false;
	if (taking->places >= PLACES_MAX)
		return error_set(err, STATUS_BAD_INPUT, "the file lists more than %d places; nothing was imported", PLACES_MAX);
	enum status status = put_place(taking, row, &fresh, err);
	if (status != STATUS_OK || !fresh)
		return status;
	taking->places++;
	const int64_t place = db_last_row(taking->db);
	status = put_names(taking, place, PLACES_NAME_OWN, row->latin, err);
	if (status == STATUS_OK)
		status = put_names(taking, place, PLACES_NAME_OWN, row->arabic, err);
	const char *other = row->others;
	for (size_t i = 0; i < row->others_len && status == STATUS_OK; i++, other += strlen(other) + 1)
		status = put_names(taking, place, PLACES_NAME_OTHER, other, err);
	return status;
}

/* The index is made anew as a whole: so it is compact, and never differs from the names. */
static enum status index_names(struct db *db, struct error *err)
{
	bool row = false;
	enum status status = query_run(db_query(db, PLACES_GRAMS_CLEAR), err);
	struct query *const names = db_query(db, PLACES_NAMES);
	if (status == STATUS_OK)
		status = query_step(names, &row, err);
	while (status == STATUS_OK && row) {
		char grams[PLACE_NAME_GRAMS_BYTES];
		place_name_grams(grams, query_text(names, 1));
		struct query *const put = db_query(db, PLACES_GRAMS_PUT);
		query_bind_int(put, 1, query_int(names, 0));
		query_bind_text(put, 2, grams);
		status = query_run(put, err);
		if (status == STATUS_OK)
			status = query_step(names, &row, err);
	}
	query_end(names);
	return status == STATUS_OK ? query_run(db_query(db, PLACES_GRAMS_OPTIMIZE), err) : status;
}

static enum status begin_list(struct taking *taking, const char *format, struct span file, struct error *err)
{
	struct places_list *const list = &taking->import->list;
	list->digest = hash_of(file);
	list->imported_s = taking->import->now_s;
	memcpy(list->format, format, strlen(format) + 1);
	struct query *const drop = db_query(taking->db, PLACES_LIST_DROP);
	query_bind_text(drop, 1, list->name);
	enum status status = query_run(drop, err);
	if (status != STATUS_OK)
		return status;
	struct query *const put = db_query(taking->db, PLACES_LIST_PUT);
	query_bind_text(put, 1, list->name);
	query_bind_text(put, 2, list->format);
	query_bind_int(put, 3, list->imported_s);
	query_bind_bytes(put, 4, hash_span(&list->digest));
	status = query_run(put, err);
	taking->list = db_last_row(taking->db);
	return status;
}

static enum status settle_list(struct taking *taking, const struct places_reading *reading, struct error *err)
{
	struct places_list *const list = &taking->import->list;
	memcpy(list->version, reading->version, sizeof list->version);
	list->valid_on = reading->valid_on != PLACES_DAY_UNKNOWN ? reading->valid_on : taking->import->valid_on;
	list->places = taking->places;
	struct query *const settle = db_query(taking->db, PLACES_LIST_SETTLE);
	query_bind_int(settle, 1, taking->list);
	query_bind_text(settle, 2, list->version);
	bind_day(settle, 3, list->valid_on);
	return query_run(settle, err);
}

/* Nothing is worth keeping of a file without a place, or whose names are all lost. */
static enum status judge(const struct taking *taking, struct error *err)
{
	const struct places_import *const import = taking->import;
	if (taking->places > 0)
		return STATUS_OK;
	if (import->names_lost == 0)
		return error_set(err, STATUS_BAD_INPUT, "there is no place in the file (%u rows were passed over%s%.150s); nothing was imported",
		                 import->rows_skipped, import->first_skipped[0] != '\0' ? ", the first: " : "", import->first_skipped);
	(void)error_set(err, STATUS_BAD_INPUT, "all names in the file are question marks: it went through a wrong code page; nothing was imported");
	error_hint(err, "get it again in UTF-8, from where it was published");
	return STATUS_BAD_INPUT;
}

static enum status take_list(struct taking *taking, struct span file, struct span text, struct error *err)
{
	const struct places_reader *reader = NULL;
	struct places_columns columns;
	struct places_reading reading = {.text = text, .db = taking->db, .take = take_place, .context = taking,
	                                 .import = taking->import, .valid_on = PLACES_DAY_UNKNOWN};
	enum status status = places_read_find(&reader, &columns, text, err);
	if (status == STATUS_OK)
		status = begin_list(taking, reader->format, file, err);
	if (status == STATUS_OK)
		status = places_read(&reading, reader, err);
	if (status == STATUS_OK)
		status = judge(taking, err);
	if (status == STATUS_OK)
		status = settle_list(taking, &reading, err);
	return status == STATUS_OK ? index_names(taking->db, err) : status;
}

enum status places_take(struct places *places, struct span file, struct places_import *import, struct error *err)
{
	struct taking taking = {.db = places->db, .import = import};
	struct bytes room = {0};
	struct span text = {0};
	enum status status = text_normalise(import->list.name, sizeof import->list.name, span_from_text(import->name),
	                                    sizeof import->list.name - 1, err);
	if (status == STATUS_OK && import->list.name[0] == '\0')
		status = error_set(err, STATUS_BAD_INPUT, "a list of places needs a name");
	if (status == STATUS_OK && file.len > PLACES_FILE_MAX_BYTES)
		status = error_set(err, STATUS_BAD_INPUT, "the file is longer than %d MiB; nothing was imported", PLACES_FILE_MAX_BYTES >> 20);
	if (status == STATUS_OK)
		status = places_read_text(&text, &room, file, import, err);
	if (status == STATUS_OK)
		status = db_begin(places->db, err);
	if (status == STATUS_OK)
		status = take_list(&taking, file, text, err);
	if (status == STATUS_OK)
		status = db_commit(places->db, err);
	db_rollback(places->db);
	bytes_wipe(&room);
	return status;
}

enum status places_remove(struct places *places, const char *list, struct error *err)
{
	enum status status = db_begin(places->db, err);
	if (status != STATUS_OK)
		return status;
	struct query *const drop = db_query(places->db, PLACES_LIST_DROP);
	query_bind_text(drop, 1, list);
	status = query_run(drop, err);
	if (status == STATUS_OK && db_changes(places->db) == 0)
		status = error_set(err, STATUS_NOT_FOUND, "there is no list of places \"%.80s\"", list);
	if (status == STATUS_OK)
		status = index_names(places->db, err);
	if (status == STATUS_OK)
		status = db_commit(places->db, err);
	db_rollback(places->db);
	return status;
}
