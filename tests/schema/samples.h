/* Reports to test with: the reference report, random ones, and equality.
 */
#ifndef SIJIL_TESTS_SCHEMA_SAMPLES_H
#define SIJIL_TESTS_SCHEMA_SAMPLES_H

#include "schema/body.h"

/* 2018-06-24T15:30:00Z */
#define SAMPLES_CREATED_S INT64_C(1529854200)

/* The reference report (schema/REPORT.md), from text. */
void samples_reference(struct body *body);

/* A number below `n` from a stream that `state` (not 0) continues. */
uint32_t samples_random(uint64_t *state, uint32_t n);
/* A report that keeps all rules, with about `percent` of its fields given or absent for a reason. */
void samples_report(struct report *report, uint64_t *state, uint32_t percent);
/* A random value in one field, for a report made at SAMPLES_CREATED_S. */
void samples_field(struct report *report, const struct report_field *field, uint64_t *state);

/* The first field that differs, or NULL. Reasons for absence are compared too. */
const struct report_field *samples_difference(const struct report *a, const struct report *b);

/* Sets a field from text; the test fails where that is refused. */
void samples_set(struct report *report, const char *name, const char *text);

#endif
