/* The sealed body of an event: when it was made, by which clock, and its content
 * by type. One codec for all types; REPORT.md has the CDDL.
 *
 * A report holds a whole report. An amend names its parent and holds whole
 * fields that replace the parent's, and numbers of fields that are cleared. A
 * retract names its parent and a reason. A corroborate names another's report and
 * may hold own figures, sources and note (fields as in a report, none required).
 * A recovery holds the code that opens the device's register, for headquarters
 * alone: a body of that type is kept in guarded memory, and in no readable copy.
 */
#ifndef SIJIL_SCHEMA_BODY_H
#define SIJIL_SCHEMA_BODY_H

#include "crypto/object.h"
#include "schema/report.h"

#define BODY_RECOVERY_CODE_BYTES 16

enum body_clock { BODY_CLOCK_GPS = 1, BODY_CLOCK_NETWORK = 2, BODY_CLOCK_MANUAL = 3, BODY_CLOCK_UNSET = 4 };

struct body {
	enum object_type type; /* OBJECT_REPORT .. OBJECT_INTAKE */
	int64_t created_s;
	enum body_clock clock; /* manual is left out on the wire */
	bool captured_locked;  /* taken while the device was locked */
	struct hash parent;    /* amend, retract, corroborate */
	uint8_t reason;        /* retract: vocabulary_retraction */
	uint64_t set;          /* amend, corroborate: bit i = row i of report_fields holds a value */
	uint64_t cleared;      /* amend: bit i = row i is cleared */
	struct report report;  /* report, amend, corroborate; retract: only its note */
	uint8_t recovery[BODY_RECOVERY_CODE_BYTES]; /* recovery */
};

void body_init(struct body *body, enum object_type type);
/* Appends the canonical encoding. BAD_INPUT if a rule is broken or it would be longer than
 * REPORT_BODY_MAX_BYTES. A field of an amendment that is set to nothing, or to its usual code, is
 * written as cleared; in a corroboration it is left out. */
MUST_CHECK enum status body_encode(struct bytes *out, const struct body *body, struct error *err);
/* Strict: decode(encode(x)) = x (but for the two cases above) and encode(decode(y)) = y. BAD_INPUT names the rule; a
 * body of a newer version is REFUSED ("needs a newer sijil"). Checks report_validate too. */
MUST_CHECK enum status body_decode(struct body *body, enum object_type type, struct span in, struct error *err);

/* Makes the amendment, or what a corroboration says of its own, of all fields in which `report` differs from `base`. */
void body_set_changes(struct body *body, const struct report *base, const struct report *report);
/* Applies the amendment to the parent's report. The caller validates the result. */
void body_apply(struct report *report, const struct body *amend);

#endif
