/* What a report is: one struct, and one table that everything loops over.
 *
 * report_fields[] has a row a field: number on the wire, name, type, where it
 * lies in struct report, limits or vocabulary, help. Options, dialogue, checks,
 * encoding, decoding, printing, CSV columns and the manual all walk it, so adding
 * a field is one struct member, one row and a version. schema/REPORT.md is the
 * specification.
 */
#ifndef SIJIL_SCHEMA_REPORT_H
#define SIJIL_SCHEMA_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/status.h"
#include "schema/figure.h"

#define REPORT_PCODE_BYTES 17      /* 16 characters and NUL */
#define REPORT_NAME_BYTES 321      /* 80 characters and NUL */
#define REPORT_NOTE_BYTES 2001     /* 500 characters and NUL */
#define REPORT_ORIGINS 5
#define REPORT_SOURCES 5
#define REPORT_CODES 8             /* longest list of codes */
#define REPORT_LINKS 8
#define REPORT_SADD_CELLS 10
#define REPORT_TAG_BYTES 8
#define REPORT_NICKNAME_CHARACTERS 80 /* of an informant; only its tag is kept */
#define REPORT_NICKNAME_BYTES (4 * REPORT_NICKNAME_CHARACTERS + 1)
#define REPORT_DAY_ABSENT INT32_MIN
#define REPORT_TEXT_BYTES 2560     /* any field as text, and NUL */
#define REPORT_BODY_MAX_BYTES 4096

/* Where: a P-code with its gazetteer's index in the descriptor (0: the first), or
 * the name as spoken with the nearest known admin area, or both. Empty strings: absent. */
struct place {
	char pcode[REPORT_PCODE_BYTES];
	uint8_t gazetteer;
	char name[REPORT_NAME_BYTES];
	char near[REPORT_PCODE_BYTES];
};

struct origin {
	struct place place;
	uint8_t share; /* percent 1..100; 0: not said */
};

struct point {
	bool given;
	int32_t latitude, longitude; /* 1e-5 degree */
	uint32_t precision_m;
};

struct source {
	uint8_t kind;        /* code; 0: not said */
	uint8_t reliability; /* 1..6 for A..F; 0: not said */
	bool tagged;
	uint8_t tag[REPORT_TAG_BYTES];
};

/* An ordered list of codes, each at most once. */
struct codes {
	uint8_t len;
	uint8_t code[REPORT_CODES];
};

/* Reports by their ids, each at most once. */
struct links {
	uint8_t len;
	struct hash id[REPORT_LINKS];
};

struct coded_count {
	uint8_t code;
	uint32_t count;
};

/* One report. Codes are 0 where nothing was said; where a field has a usual code
 * (group, date_precision, sensitivity) an empty report holds that. Start with report_init. The
 * members of one field stand side by side, in the order of their use. */
struct report {
	uint8_t kind, group;
	struct place place, destination;
	uint8_t origins_len;
	struct origin origins[REPORT_ORIGINS];
	struct point point;
	int32_t from, to, observed_on; /* days since 1970, or REPORT_DAY_ABSENT */
	uint8_t date_precision;
	struct figure households, individuals;
	uint8_t household_link;
	uint16_t household_factor; /* persons per household x10, 10..200; 0: not said */
	uint8_t count_method;
	int32_t sadd[REPORT_SADD_CELLS]; /* FIGURE_ABSENT where not said; female 0-4, 5-11, 12-17, 18-59, 60+, then male */
	uint8_t sadd_scope;
	uint8_t vulnerable_len;
	struct coded_count vulnerable[REPORT_CODES]; /* ascending codes */
	struct codes reason;
	uint8_t times_displaced, site_type;
	struct codes needs;
	uint8_t access;
	struct codes access_reasons;
	uint8_t sources_len;
	struct source sources[REPORT_SOURCES];
	uint8_t credibility; /* 1..6 */
	uint8_t mode;
	struct links same_people_as, moved_from;
	uint8_t sensitivity;
	char note[REPORT_NOTE_BYTES];
	uint64_t absent[4]; /* why a field is empty: 4 bits a field row: 0 not said, 1 unknown, 2 not_asked, 3 refused, 4 unsafe */
};

enum report_type { /* how a field is written, encoded and checked */
	REPORT_CODE,
	REPORT_CODES_LIST,
	REPORT_PLACE,
	REPORT_ORIGIN_LIST,
	REPORT_POINT,
	REPORT_DAY,
	REPORT_FIGURE,
	REPORT_HOUSEHOLD_LINK, /* code and factor */
	REPORT_SADD,           /* cells and scope */
	REPORT_COUNTS_LIST,
	REPORT_ACCESS,         /* code and reasons */
	REPORT_SOURCE_LIST,
	REPORT_NUMBER,
	REPORT_LINK_LIST,
	REPORT_TEXT,
};

struct vocabulary; /* schema/vocabulary.h */

struct report_field {
	uint8_t number;                 /* key on the wire, never reused */
	const char *name;               /* option, CSV column */
	enum report_type type;
	size_t offset, size;            /* of its members in struct report */
	bool required;
	int32_t min, max;               /* numbers: range; lists: at most `max` entries; text: characters */
	const struct vocabulary *codes; /* NULL where there are none */
	uint8_t usual;                  /* the code left out on the wire; 0: none */
	const char *hxl;                /* HXL tag, or NULL */
	const char *help;               /* one line */
};

extern const struct report_field report_fields[];
extern const size_t report_fields_len;

void report_init(struct report *report);
/* Empties one field (its usual code, where it has one) and its reason for absence. */
void report_clear(struct report *report, const struct report_field *field);
/* Why a field is empty: vocabulary_absent, or 0. */
uint8_t report_absent(const struct report *report, const struct report_field *field);
/* Empties the field and keeps the reason. */
void report_set_absent(struct report *report, const struct report_field *field, uint8_t reason);

/* The row of a name ("place"), or NULL. */
const struct report_field *report_field_find(const char *name);
const struct report_field *report_field_numbered(uint64_t number);

/* What a value typed by a person is read against. */
struct report_reading {
	int32_t today; /* for dates without a year, "yesterday" */
	/* Tag of an informant's nickname (design.md section 4); NULL: nicknames are refused. */
	enum status (*tag)(void *context, const char *nickname, uint8_t tag[REPORT_TAG_BYTES], struct error *err);
	void *tag_context;
	/* Looks up a place that was given without quotes: fills in the P-code of a name, or leaves the name as spoken. What it
	 * refuses the field refuses. NULL: names stay as spoken. */
	enum status (*place)(void *context, struct place *place, struct error *err);
	void *place_context;
};

/* Sets one field from text as a person or a CSV cell gives it (UTF-8); "" clears it; "unknown", "not_asked",
 * "refused", "unsafe" say why it is absent. Lists are separated by ';' (or ','). The syntax of each type stands in REPORT.md.
 * BAD_INPUT names field, value and what is expected; the report is then unchanged. */
MUST_CHECK enum status report_set(struct report *report, const struct report_field *field, const char *text,
                                  const struct report_reading *reading, struct error *err);

/* The field as text that report_set reads back to the same value; "" if absent and
 * no reason given. Writes at most REPORT_TEXT_BYTES. */
void report_format(const struct report *report, const struct report_field *field, char text[REPORT_TEXT_BYTES]);

bool report_has(const struct report *report, const struct report_field *field);
/* Whether the field says the same in both, its reason for absence included. */
bool report_field_is_same(const struct report *one, const struct report *other, const struct report_field *field);

/* Copies one field of `from` into `to`, whole, with its reason for absence (for amendments). */
void report_copy_field(struct report *to, const struct report *from, const struct report_field *field);

/* What dates are judged against. */
struct report_clock {
	int64_t created_s;
	bool unset; /* a dead clock: rules that need it are waived */
};

/* The rules across fields: required ones, date order, shares, sadd sums, kinds. BAD_INPUT with a
 * sentence. A decoded report of another's hand passes it too. */
MUST_CHECK enum status report_validate(const struct report *report, const struct report_clock *clock, struct error *err);

/* The same without the rules that something must be given: for parts of a report
 * (amendments, corroborations). */
MUST_CHECK enum status report_validate_part(const struct report *report, const struct report_clock *clock,
                                            struct error *err);

/* Moves a point to the nearest corner of a grid of `metres`, and widens its precision to
 * that: people fear that a position becomes a target. Nothing happens for 0 or no point. */
void report_round_point(struct point *point, uint32_t metres);

#endif
