#include <string.h>

#include "schema/place_name.h"
#include "schema/places_tables.h"
#include "schema/report_place.h"

enum { DEGREE = 100000, NEAR_M = 50000, NEAR_UNITS = 45000, TWIN_M = 2000, TWIN_UNITS = 1800, ALIKE = 850 };

/* 1e-5 degree of latitude is 1.1132 m. */
static int64_t metres(int64_t units)
{
	return units * 11132 / 10000;
}

/* cos of an angle in 1e-5 degree, times 10,000: 1 - x^2/2 + x^4/24 - x^6/720, of the angle in radians times 10,000. */
static int64_t cosine(int64_t angle)
{
	const int64_t x = (angle < 0 ? -angle : angle) * 17453 / (DEGREE * 100);
	const int64_t square = x * x / 10000;
	return 10000 - square / 2 + square * square / 10000 / 24 - square * square / 10000 * square / 10000 / 720 +
	       square * square / 10000 * square / 10000 * square / 10000 / 40320;
}

static uint32_t square_root(uint64_t square)
{
	uint64_t root = 0;
	for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1)
		if ((root | bit) * (root | bit) <= square)
			root |= bit;
	return (uint32_t)root;
}

uint32_t places_distance_m(int32_t latitude_a, int32_t longitude_a, int32_t latitude_b, int32_t longitude_b)
{
	int64_t across = (int64_t)longitude_a - longitude_b;
	across = across < 0 ? -across : across;
	if (across > INT64_C(180) * DEGREE)
		across = INT64_C(360) * DEGREE - across;
	const int64_t middle = ((int64_t)latitude_a + latitude_b) / 2;
	const int64_t north = metres((int64_t)latitude_a - latitude_b);
	const int64_t east = metres(across) * cosine(middle) / 10000;
	return square_root((uint64_t)(north * north + east * east));
}

/* One list's word on a place: fills what newer lists left open. */
static enum status fill(struct places_found *found, char parent[PLACES_CODE_BYTES], const struct query *query, bool first,
                        struct error *err)
{
	enum status status = STATUS_OK;
	if (first) {
		found->level = query_int(query, 1) < PLACES_LEVELS ? (enum places_level)query_int(query, 1) : PLACES_SETTLEMENT;
		found->valid_from = places_day(query, 7);
		found->valid_to = places_day(query, 8);
		status = places_text(found->list, sizeof found->list, query, 9, err);
	}
	if (status == STATUS_OK && parent[0] == '\0')
		status = places_text(parent, PLACES_CODE_BYTES, query, 2, err);
	if (status == STATUS_OK && found->latin[0] == '\0')
		status = places_text(found->latin, sizeof found->latin, query, 3, err);
	if (status == STATUS_OK && found->arabic[0] == '\0')
		status = places_text(found->arabic, sizeof found->arabic, query, 4, err);
	if (!found->has_point && !query_is_null(query, 5)) {
		found->has_point = true;
		found->latitude = (int32_t)query_int(query, 5);
		found->longitude = (int32_t)query_int(query, 6);
	}
	return status;
}

/* What the lists say of a code, the newest first, and its parent. NOT_FOUND. */
static enum status look_up(struct places *places, const char *code, struct places_found *found,
                           char parent[PLACES_CODE_BYTES], struct error *err)
{
	bool row = false, first = true;
	*found = (struct places_found){.distance_m = PLACES_FAR_M};
	parent[0] = '\0';
	struct query *const query = db_query(places->db, PLACES_BY_CODE);
	query_bind_text(query, 1, code);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && !row)
		status = error_set(err, STATUS_NOT_FOUND, "no list of places here has \"%.32s\"", code);
	while (status == STATUS_OK && row) {
		status = first ? places_text(found->code, sizeof found->code, query, 0, err) : STATUS_OK;
		if (status == STATUS_OK)
			status = fill(found, parent, query, first, err);
		first = false;
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

/* The areas above, as far as the lists know them; each stands at its own level, and levels only go up. */
static enum status climb(struct places *places, struct places_found *found, char parent[PLACES_CODE_BYTES], struct error *err)
{
	enum places_level below = found->level;
	while (parent[0] != '\0' && below > PLACES_COUNTRY) {
		struct places_found area;
		char code[PLACES_CODE_BYTES];
		memcpy(code, parent, sizeof code);
		const enum status status = look_up(places, code, &area, parent, err);
		if (status == STATUS_NOT_FOUND)
			return STATUS_OK;
		if (status != STATUS_OK)
			return status;
		if (area.level >= below)
			return STATUS_OK;
		struct places_area *const in = &found->in[area.level];
		memcpy(in->code, area.code, sizeof in->code);
		memcpy(in->latin, area.latin, sizeof in->latin);
		memcpy(in->arabic, area.arabic, sizeof in->arabic);
		below = area.level;
	}
	return STATUS_OK;
}

enum status places_get(struct places *places, const char *code, struct places_found *found, struct error *err)
{
	struct places_found fresh;
	char parent[PLACES_CODE_BYTES];
	struct error why = {0};
	enum status status = look_up(places, code, &fresh, parent, err);
	if (status == STATUS_OK)
		status = climb(places, &fresh, parent, &why);
	if (status != STATUS_OK && why.status == status && err != NULL)
		*err = why;
	if (status != STATUS_OK)
		return status;
	fresh.likeness = 1000;
	*found = fresh;
	return STATUS_OK;
}

/* What lies within so many units to the north and south, and as far to the east and west. */
static struct query *ask_near(struct places *places, int32_t latitude, int32_t longitude, int64_t units)
{
	/* The farther from the equator, the more degrees a kilometre takes. */
	const int64_t narrow = cosine(latitude) < 1000 ? 1000 : cosine(latitude);
	const int64_t wide = units * 10000 / narrow;
	struct query *const query = db_query(places->db, PLACES_NEAR);
	query_bind_int(query, 1, latitude - units);
	query_bind_int(query, 2, latitude + units);
	query_bind_int(query, 3, longitude - wide);
	query_bind_int(query, 4, longitude + wide);
	return query;
}

/* The code of the nearest place within NEAR_M, "" if there is none. */
static enum status nearest(struct places *places, int32_t latitude, int32_t longitude, char code[PLACES_CODE_BYTES],
                           struct error *err)
{
	uint32_t least = NEAR_M;
	bool row = false;
	struct query *const query = ask_near(places, latitude, longitude, NEAR_UNITS);
	code[0] = '\0';
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		const uint32_t far = places_distance_m(latitude, longitude, (int32_t)query_int(query, 3), (int32_t)query_int(query, 4));
		/* What has no parent of ours leads to no area. */
		const bool leads = query_int(query, 1) < PLACES_SETTLEMENT || query_text(query, 2)[0] != '\0';
		if (far < least && leads) {
			least = far;
			status = places_text(code, PLACES_CODE_BYTES, query, 0, err);
		}
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

bool places_are_called_alike(const char *a, const char *b)
{
	struct place_name left, right;
	return place_name_hear(&left, span_from_text(a), NULL) == STATUS_OK &&
	       place_name_hear(&right, span_from_text(b), NULL) == STATUS_OK &&
	       place_name_likeness(left.sound, right.sound) >= ALIKE;
}

/* Whether a place of that code has a name that sounds like this. */
static enum status is_heard(struct places *places, const char *code, const char *sound, bool *heard, struct error *err)
{
	bool row = false;
	struct query *const query = db_query(places->db, PLACES_SOUNDS);
	query_bind_text(query, 1, code);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row && !*heard) {
		*heard = place_name_likeness(query_text(query, 0), sound) >= ALIKE;
		status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

/* Whether any name of the one is a name of the other. */
static enum status is_twin(struct places *places, const char *code, const char *other, bool *twin, struct error *err)
{
	bool row = false;
	struct query *const query = db_query(places->db, PLACES_SOUNDS);
	query_bind_text(query, 1, other);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row && !*twin) {
		status = is_heard(places, code, query_text(query, 0), twin, err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

enum status places_coded_twin(struct places *places, const struct places_found *found, char code[PLACES_CODE_BYTES],
                              struct error *err)
{
	uint32_t least = TWIN_M;
	bool row = false;
	struct query *const query = ask_near(places, found->latitude, found->longitude, TWIN_UNITS);
	code[0] = '\0';
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		const uint32_t far = places_distance_m(found->latitude, found->longitude, (int32_t)query_int(query, 3), (int32_t)query_int(query, 4));
		bool twin = false;
		if (far < least && report_place_code_is_valid(query_text(query, 0)) && query_int(query, 1) == PLACES_SETTLEMENT)
			status = is_twin(places, found->code, query_text(query, 0), &twin, err);
		if (status == STATUS_OK && twin) {
			least = far;
			status = places_text(code, PLACES_CODE_BYTES, query, 0, err);
		}
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

enum status places_nearest_area(struct places *places, int32_t latitude, int32_t longitude, struct places_area *area,
                                struct error *err)
{
	char code[PLACES_CODE_BYTES];
	struct places_found found;
	enum status status = nearest(places, latitude, longitude, code, err);
	if (status == STATUS_OK && code[0] == '\0')
		status = error_set(err, STATUS_NOT_FOUND, "no list of places here has a place within %d km of that position", NEAR_M / 1000);
	if (status == STATUS_OK)
		status = places_get(places, code, &found, err);
	if (status != STATUS_OK)
		return status;
	if (found.level < PLACES_SETTLEMENT) {
		memcpy(area->code, found.code, sizeof area->code);
		memcpy(area->latin, found.latin, sizeof area->latin);
		memcpy(area->arabic, found.arabic, sizeof area->arabic);
		return STATUS_OK;
	}
	for (int level = PLACES_ADMIN4; level > PLACES_COUNTRY; level--) {
		if (found.in[level].code[0] != '\0') {
			*area = found.in[level];
			return STATUS_OK;
		}
	}
	return error_set(err, STATUS_NOT_FOUND, "no list of places here says in which area \"%.32s\" lies", code);
}
