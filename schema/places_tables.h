/* What the parts of schema/places share: the database and its statements.
 */
#ifndef SIJIL_SCHEMA_PLACES_TABLES_H
#define SIJIL_SCHEMA_PLACES_TABLES_H

#include "crypto/vault.h"
#include "schema/db.h"
#include "schema/places.h"

enum places_statement {
	PLACES_LIST_PUT,
	PLACES_LIST_SETTLE,
	PLACES_LIST_DROP,
	PLACES_LISTS,
	PLACES_ANY,
	PLACES_PUT,
	PLACES_COUNT,
	PLACES_NAME_PUT,
	PLACES_NAMES,
	PLACES_SOUNDS,
	PLACES_GRAMS_CLEAR,
	PLACES_GRAMS_PUT,
	PLACES_GRAMS_OPTIMIZE,
	PLACES_GRAM,
	PLACES_LAST_NAME,
	PLACES_CANDIDATE,
	PLACES_BY_CODE,
	PLACES_NEAR,
	PLACES_JSON_VALID,
	PLACES_JSON_PLACES,
	PLACES_JSON_ALIASES,
	PLACES_STATEMENTS,
};

enum places_name_kind { PLACES_NAME_OWN = 0, PLACES_NAME_OTHER = 1, PLACES_NAME_PART = 2 };

struct places {
	struct vault *vault;
	struct db *db;
	struct places_tally *tally; /* room for places_gather, once it was needed */
};

/* The names that share most trigrams with a sound, rare ones counting more: at most `max` ids into `names`, the best first. */
MUST_CHECK enum status places_gather(struct places *places, const char *sound, uint32_t *names, size_t *len, size_t max,
                                     struct error *err);

/* Whether two names, in whatever script, are one, spelling aside. */
bool places_are_called_alike(const char *a, const char *b);
/* The code of the place with a P-code that lies within 2 km of this one and is called alike; "" if there is none. */
MUST_CHECK enum status places_coded_twin(struct places *places, const struct places_found *found, char code[PLACES_CODE_BYTES],
                                         struct error *err);

/* An optional integer of a row, or `none`. */
int32_t places_day(const struct query *query, int column);
/* Text of a row into a buffer; CORRUPT if it does not fit. */
MUST_CHECK enum status places_text(char *out, size_t size, const struct query *query, int column, struct error *err);

#endif
