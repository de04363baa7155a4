/* Open-Syria's JSON: an array of objects {id, name {en, ar}, aliases [{value}], centroid, externalIds {ochaPcode}}. SQLite takes it
 * apart: it is in the program already, bounds depth and size, and never runs what it reads. */
#include <stdio.h>
#include <string.h>

#include "schema/places_read.h"
#include "schema/places_tables.h"

enum { JSON_MAX_BYTES = 15 << 20 };

static bool recognise(struct span text)
{
	size_t at = 0;
	while (at < text.len && memchr(" \t\r\n", text.data[at], 4) != NULL)
		at++;
	return at < text.len && text.data[at] == '[';
}

static enum status check(struct places_reading *reading, struct error *err)
{
	bool row = false, valid = false;
	if (reading->text.len > JSON_MAX_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "the JSON is longer than %d MiB; nothing was imported", JSON_MAX_BYTES >> 20);
	struct query *const query = db_query(reading->db, PLACES_JSON_VALID);
	query_bind_bytes(query, 1, reading->text);
	const enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row)
		valid = query_int(query, 0) == 1;
	query_end(query);
	if (status == STATUS_OK && !valid)
		return error_set(err, STATUS_BAD_INPUT, "the file begins as JSON but is not well formed, or breaks off; nothing was imported");
	return status;
}

static enum status take_aliases(struct places_reading *reading, const struct query *place, struct error *err)
{
	bool row = false;
	struct query *const query = db_query(reading->db, PLACES_JSON_ALIASES);
	query_bind_text(query, 1, query_text(place, 8));
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		places_row_other(reading, query_text(query, 0));
		status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

static enum status take_place(struct places_reading *reading, const struct query *query, struct error *err)
{
	struct places_row *const row = &reading->row;
	const char *const id = query_text(query, 0);
	places_row_begin(row);
	/* Areas are told apart by what they say they lie in. */
	row->level = !query_is_null(query, 3) ? PLACES_SETTLEMENT : !query_is_null(query, 2) ? PLACES_ADMIN2 : PLACES_ADMIN1;
	if (!places_row_code(row->code, query_text(query, 1))) {
		if (id[0] == '\0' || strlen(id) + sizeof "os:" > sizeof row->code ||
		    strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-_") != strlen(id)) {
			places_row_skip(reading, 0, "a place with neither an OCHA P-code nor a short id");
			return STATUS_OK;
		}
		(void)snprintf(row->code, sizeof row->code, "os:%s", id);
	}
	places_row_name(reading, query_text(query, 4));
	places_row_name(reading, query_text(query, 5));
	places_row_point(row, query_text(query, 6), query_text(query, 7));
	reading->import->points_missing += !row->has_point;
	const enum status status = take_aliases(reading, query, err);
	return status == STATUS_OK ? places_row_end(reading, 0, err) : status;
}

static enum status read_places(struct places_reading *reading, struct error *err)
{
	bool row = false;
	enum status status = check(reading, err);
	if (status != STATUS_OK)
		return status;
	struct query *const query = db_query(reading->db, PLACES_JSON_PLACES);
	query_bind_bytes(query, 1, reading->text);
	status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = take_place(reading, query, err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

const struct places_reader places_read_opensyria = {.format = "Open-Syria JSON", .recognise = recognise, .read = read_places};
