/* A draft: what a dialogue has learned so far, and where it stands. It is no report yet, so no rule across fields holds for it,
 * and it is kept as people would type it: a number of each field and its text. It is signed by nobody and never leaves the
 * device. REPORT.md has the CDDL.
 */
#ifndef SIJIL_SCHEMA_DRAFT_H
#define SIJIL_SCHEMA_DRAFT_H

#include "crypto/object.h"
#include "schema/report.h"

struct draft {
	enum object_type type; /* what it is to become: report, amend or corroborate */
	struct hash parent;    /* amend: whose; corroborate: whose; else zero */
	int64_t begun_s;       /* UTC seconds */
	uint8_t at;            /* how many questions were passed */
	struct report report;
};

/* Appends the encoding: the fields that differ from `base`, which is an empty report or the one that is amended. */
MUST_CHECK enum status draft_encode(struct bytes *out, const struct draft *draft, const struct report *base, struct error *err);

/* What stands before the fields, all that is needed to know the base. BAD_INPUT names the rule; REFUSED: a newer sijil's. */
MUST_CHECK enum status draft_decode_head(struct draft *draft, struct span in, struct error *err);
/* Strict; the fields are laid over `base`. */
MUST_CHECK enum status draft_decode(struct draft *draft, struct span in, const struct report *base, struct error *err);

#endif
