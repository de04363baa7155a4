/* The stage of the casebook's tests: one headquarters, one device that writes, and what is seen of them.
 * Everything that fails here fails the test.
 */
#ifndef SIJIL_TESTS_SCHEMA_CASEBOOK_STAGE_H
#define SIJIL_TESTS_SCHEMA_CASEBOOK_STAGE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/schema/headquarters.h"
#include "tests/schema/samples.h"

#define MUST(expression) cr_assert_eq((expression), STATUS_OK, #expression ": %s", failure.message)

enum { DAY_S = 86400, STAGE_WIRES = 40, STAGE_DEVICES = 8 };
#define FAR_S INT64_C(4000000000)
#define SEEN_S (SAMPLES_CREATED_S + 3600)

extern struct headquarters hq;
extern struct writer nasib; /* "Team Nasib" */
extern struct error failure;

void stage_begin(void);
void stage_end(void);

struct shown {
	size_t len;
	struct casebook_entry entry[STAGE_WIRES]; /* evidence is not kept */
	int32_t best[STAGE_WIRES];                /* as the report itself says */
	bool has_evidence[STAGE_WIRES];
};

/* Valid until the next call of the same kind. */
struct shown *shown_with(const struct casebook_filter *filter);
struct shown *all_shown(void);
const struct casebook_entry *shown_one(const struct hash *id);

struct set_aside {
	size_t len;
	struct quarantined quarantined[STAGE_WIRES];
};

struct set_aside *all_set_aside(void);

struct listed {
	size_t len;
	struct casebook_device device[STAGE_DEVICES];
};

struct listed *all_listed(void);

/* What headquarters has acknowledged of nasib; zero if nothing. */
struct acknowledgement acknowledged(void);

void takes_device(const struct writer *writer);
/* Writes a report and takes it. */
struct hash takes_report(struct writer *writer, uint32_t individuals);
/* The same through the relay's log, without pulling it. */
struct hash logs_report(struct writer *writer, uint32_t individuals);
void amendment_of(struct body *body, const struct hash *parent, uint32_t individuals);
struct hash takes_amendment(struct writer *writer, const struct hash *parent, uint32_t individuals);
struct hash takes_retraction(struct writer *writer, const struct hash *parent);

#endif
