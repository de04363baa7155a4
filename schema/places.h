/* The gazetteer: lists of places that a worker imported, and the search among them as a person types.
 *
 * It is a second encrypted file beside the register (PLACES.md says why), under keys of its own from the same
 * data key. Lists are kept side by side with their versions and dates; a code that stands in several is one place
 * with all their names, described by the newest. Parents are what a list says, never derived from a code.
 */
#ifndef SIJIL_SCHEMA_PLACES_H
#define SIJIL_SCHEMA_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "crypto/status.h"

#define PLACES_FILE_MAX_BYTES (64 << 20)
#define PLACES_MAX 200000          /* of one list */
#define PLACES_CODE_BYTES 33       /* a P-code has at most 16 characters; "geonames:172379" is none */
#define PLACES_NAME_BYTES 321      /* 80 characters and NUL */
#define PLACES_LIST_NAME_BYTES 81
#define PLACES_VERSION_BYTES 41
#define PLACES_FOUND_MAX 20
#define PLACES_FAR_M UINT32_MAX    /* a distance that is not known */
#define PLACES_DAY_UNKNOWN INT32_MIN

enum places_level { /* as COD-AB counts them; what people live in comes last */
	PLACES_COUNTRY, PLACES_ADMIN1, PLACES_ADMIN2, PLACES_ADMIN3, PLACES_ADMIN4, PLACES_SETTLEMENT, PLACES_LEVELS,
};

struct places;

/* Opens, or makes, the gazetteer at `path`; the keys are of `data_key`, which is not kept. CORRUPT: it is damaged, and may
 * be removed and imported again, for nothing in it is anybody's report. BUSY, IO. */
MUST_CHECK enum status places_open(struct places **places, const char *path, const struct secret *data_key,
                                   struct error *err);
void places_close(struct places *places);
/* The whole again at `path` under another data key, for a rekey. REFUSED if there is such a file. */
MUST_CHECK enum status places_copy(struct places *places, const char *path, const struct secret *data_key,
                                   struct error *err);

/* --- lists --- */

struct places_list {
	char name[PLACES_LIST_NAME_BYTES];
	char format[PLACES_LIST_NAME_BYTES]; /* what it was read as: "COD-AB" */
	char version[PLACES_VERSION_BYTES];  /* as the file says; "" */
	int32_t valid_on;                    /* days since 1970, or PLACES_DAY_UNKNOWN */
	int64_t imported_s;
	uint32_t places;
	struct hash digest; /* SHA-256 of the file */
};

/* What an import found that a person should know. */
struct places_import {
	const char *name; /* in: of the list, 1 to 80 characters; one of that name is replaced */
	int32_t valid_on; /* in: where the file does not say, or PLACES_DAY_UNKNOWN */
	int64_t now_s;    /* in */
	struct places_list list; /* out, as are all below */
	uint32_t names;
	uint32_t rows_skipped;   /* no code, no name, or not a place */
	uint32_t points_missing; /* places without a position that makes sense */
	uint32_t names_lost;     /* were nothing but question marks, and left out */
	bool was_latin1, was_utf16;
	char first_skipped[160]; /* why, with its line; "" */
};

/* Recognises the file by itself and takes all of its places, or none. BAD_INPUT: no format that is known, text of an
 * unknown code page, nothing in it, or more than PLACES_MAX. */
MUST_CHECK enum status places_take(struct places *places, struct span file, struct places_import *import,
                                   struct error *err);
/* NOT_FOUND: no list of that name. */
MUST_CHECK enum status places_remove(struct places *places, const char *list, struct error *err);

typedef enum status places_list_function(void *context, const struct places_list *list, struct error *err);
/* The newest first. */
MUST_CHECK enum status places_each_list(struct places *places, places_list_function *each, void *context,
                                        struct error *err);

/* --- search --- */

struct places_area { /* one of the areas that a place lies in */
	char code[PLACES_CODE_BYTES];
	char latin[PLACES_NAME_BYTES], arabic[PLACES_NAME_BYTES];
};

struct places_found {
	char code[PLACES_CODE_BYTES];
	enum places_level level;
	char latin[PLACES_NAME_BYTES], arabic[PLACES_NAME_BYTES]; /* "" where no list has one */
	struct places_area in[PLACES_SETTLEMENT]; /* by level; code "" where none is known */
	bool has_point;
	int32_t latitude, longitude; /* 1e-5 degree */
	uint32_t distance_m;         /* from the last place, or PLACES_FAR_M */
	int32_t valid_from, valid_to; /* as the list says, or PLACES_DAY_UNKNOWN */
	char list[PLACES_LIST_NAME_BYTES]; /* the newest that has it */
	unsigned likeness;           /* 0 to 1000: how well the words fit */
};

struct places_query {
	const char *text;  /* as typed; "NAME, AREA" looks for NAME in AREA */
	const char *last;  /* code of the last place used, or NULL: of places that fit equally the nearer come first */
	size_t limit;      /* 1 to PLACES_FOUND_MAX */
};

/* The best first; *len is 0 where nothing fits. A whole P-code finds its place. BAD_INPUT: the text is no name. */
MUST_CHECK enum status places_search(struct places *places, const struct places_query *query,
                                     struct places_found found[], size_t *len, struct error *err);
/* Whether the first of what was found is meant and no other: it fits well, and others clearly less, but for the areas that it
 * lies in and shares its name with. */
bool places_is_sure(const struct places_found found[], size_t len);

/* The place of a code, exactly. NOT_FOUND. */
MUST_CHECK enum status places_get(struct places *places, const char *code, struct places_found *found,
                                  struct error *err);
/* The lowest administrative area known at a position: that of the nearest place within 50 km. NOT_FOUND. */
MUST_CHECK enum status places_nearest_area(struct places *places, int32_t latitude, int32_t longitude,
                                           struct places_area *area, struct error *err);
/* Whether there is any place at all. */
MUST_CHECK enum status places_is_empty(struct places *places, bool *empty, struct error *err);

/* Metres between two points in 1e-5 degree; within half a percent for a few hundred km, and never overflowing. */
uint32_t places_distance_m(int32_t latitude_a, int32_t longitude_a, int32_t latitude_b, int32_t longitude_b);

#endif
