#include "schema/places.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/file.h"
#include "schema/places_tables.h"
#include "schema/sql.h"

static const char *const migrations[] = {sql_places};

static const char *const statements[PLACES_STATEMENTS] = {
	[PLACES_LIST_PUT] = "INSERT INTO list (name, format, version, valid_on, imported, places, digest) "
			    "VALUES (?1, ?2, '', NULL, ?3, 0, ?4)",
	[PLACES_LIST_SETTLE] = "UPDATE list SET version = ?2, valid_on = ?3, places = (SELECT count(*) FROM place WHERE list = ?1) "
			       "WHERE id = ?1",
	[PLACES_LIST_DROP] = "DELETE FROM list WHERE name = ?1",
	[PLACES_LISTS] = "SELECT name, format, version, valid_on, imported, places, digest FROM list "
			 "ORDER BY valid_on DESC NULLS LAST, id DESC",
	[PLACES_ANY] = "SELECT 1 FROM place LIMIT 1",
	[PLACES_PUT] = "INSERT INTO place (list, code, level, parent, latin, arabic, latitude, longitude, valid_from, valid_to) "
		       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (list, code) DO NOTHING",
	[PLACES_COUNT] = "SELECT count(*) FROM place WHERE list = ?1",
	[PLACES_NAME_PUT] = "INSERT INTO name (place, kind, sound) VALUES (?1, ?2, ?3) ON CONFLICT (place, sound) DO NOTHING",
	[PLACES_NAMES] = "SELECT id, sound FROM name ORDER BY id",
	[PLACES_SOUNDS] = "SELECT sound FROM name JOIN place ON place.id = name.place WHERE code = ?1 AND kind < 2",
	[PLACES_GRAMS_CLEAR] = "INSERT INTO name_gram (name_gram) VALUES ('delete-all')",
	[PLACES_GRAMS_PUT] = "INSERT INTO name_gram (rowid, grams) VALUES (?1, ?2)",
	[PLACES_GRAMS_OPTIMIZE] = "INSERT INTO name_gram (name_gram) VALUES ('optimize')",
	[PLACES_GRAM] = "SELECT doc FROM name_vocab WHERE term = ?1",
	[PLACES_LAST_NAME] = "SELECT max(id) FROM name",
	[PLACES_CANDIDATE] = "SELECT name.kind, name.sound, place.code, place.level FROM name JOIN place ON place.id = name.place "
			     "WHERE name.id = ?1",
	[PLACES_BY_CODE] = "SELECT code, level, parent, latin, arabic, latitude, longitude, valid_from, valid_to, list.name "
			   "FROM place JOIN list ON list.id = place.list WHERE code = ?1 "
			   "ORDER BY list.valid_on DESC NULLS LAST, list.id DESC",
	[PLACES_NEAR] = "SELECT code, level, parent, latitude, longitude FROM place "
			"WHERE latitude BETWEEN ?1 AND ?2 AND longitude BETWEEN ?3 AND ?4",
	[PLACES_JSON_VALID] = "SELECT CASE WHEN json_valid(CAST(?1 AS TEXT)) THEN json_type(CAST(?1 AS TEXT)) = 'array' ELSE 0 END",
	[PLACES_JSON_PLACES] = "SELECT json_extract(value, '$.id'), json_extract(value, '$.externalIds.ochaPcode'), "
			       "json_extract(value, '$.governorateId'), json_extract(value, '$.districtId'), "
			       "json_extract(value, '$.name.en'), json_extract(value, '$.name.ar'), "
			       "json_extract(value, '$.centroid.latitude'), json_extract(value, '$.centroid.longitude'), value "
			       "FROM json_each(CAST(?1 AS TEXT)) WHERE type = 'object'",
	[PLACES_JSON_ALIASES] = "SELECT json_extract(value, '$.value') FROM json_each(?1, '$.aliases') WHERE type = 'object' LIMIT 100",
};

static const struct db_schema schema = {
	.application_id = 0x53696a70, /* "Sijp" */
	.migrations = migrations,
	.migrations_len = sizeof migrations / sizeof migrations[0],
	.statements = statements,
	.statements_len = PLACES_STATEMENTS,
	.what = "the list of places",
};

static enum status register_vault(struct vault **vault, const struct secret *data_key, struct error *err)
{
	struct secret *key = NULL;
	enum status status = vault_key_beside(&key, data_key, err);
	if (status == STATUS_OK)
		status = vault_register(vault, key, NULL, err);
	secret_free(key);
	return status;
}

enum status places_open(struct places **out, const char *path, const struct secret *data_key, struct error *err)
{
	struct places *const places = calloc(1, sizeof *places);
	if (places == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = register_vault(&places->vault, data_key, err);
	if (status == STATUS_OK)
		status = db_open(&places->db, path, places->vault, DB_OPEN_OR_CREATE, &schema, err);
	if (status == STATUS_OK) {
		*out = places;
		return STATUS_OK;
	}
	if (status == STATUS_CORRUPT)
		error_hint(err, "no report is in it: remove \"%.200s\" and import the lists again", path);
	places_close(places);
	return status;
}

void places_close(struct places *places)
{
	if (places == NULL)
		return;
	free(places->tally);
	db_close(places->db);
	vault_unregister(places->vault);
	free(places);
}

enum status places_copy(struct places *places, const char *path, const struct secret *data_key, struct error *err)
{
	struct vault *vault = NULL;
	enum status status = register_vault(&vault, data_key, err);
	if (status == STATUS_OK)
		status = db_copy(places->db, path, vault, err);
	vault_unregister(vault);
	return status;
}

int32_t places_day(const struct query *query, int column)
{
	const int64_t day = query_int(query, column);
	return query_is_null(query, column) || day <= PLACES_DAY_UNKNOWN || day > INT32_MAX ? PLACES_DAY_UNKNOWN : (int32_t)day;
}

enum status places_text(char *out, size_t size, const struct query *query, int column, struct error *err)
{
	const char *const text = query_text(query, column);
	const size_t len = strlen(text);
	if (len >= size)
		return error_set(err, STATUS_CORRUPT, "%s holds a name of %zu bytes where %zu fit", schema.what, len, size - 1);
	memcpy(out, text, len + 1);
	return STATUS_OK;
}

static enum status read_list(struct places_list *list, const struct query *query, struct error *err)
{
	enum status status = places_text(list->name, sizeof list->name, query, 0, err);
	if (status == STATUS_OK)
		status = places_text(list->format, sizeof list->format, query, 1, err);
	if (status == STATUS_OK)
		status = places_text(list->version, sizeof list->version, query, 2, err);
	list->valid_on = places_day(query, 3);
	list->imported_s = query_int(query, 4);
	list->places = (uint32_t)query_int(query, 5);
	return status == STATUS_OK ? query_exact(query, 6, list->digest.bytes, HASH_BYTES, err) : status;
}

enum status places_each_list(struct places *places, places_list_function *each, void *context, struct error *err)
{
	bool row = false;
	struct query *const query = db_query(places->db, PLACES_LISTS);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		struct places_list list = {0};
		status = read_list(&list, query, err);
		if (status == STATUS_OK)
			status = each(context, &list, err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

enum status places_is_empty(struct places *places, bool *empty, struct error *err)
{
	bool row = false;
	struct query *const query = db_query(places->db, PLACES_ANY);
	const enum status status = query_step(query, &row, err);
	query_end(query);
	if (status == STATUS_OK)
		*empty = !row;
	return status;
}
