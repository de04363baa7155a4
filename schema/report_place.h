/* How places are typed: the grammar of REPORT.md that report_set and
 * report_format share. Inside schema/ only.
 */
#ifndef SIJIL_SCHEMA_REPORT_PLACE_H
#define SIJIL_SCHEMA_REPORT_PLACE_H

#include "schema/report.h"

/* A name with every quote doubled, quotes around it, two P-codes and what stands between. */
#define REPORT_PLACE_TEXT_BYTES (REPORT_NAME_BYTES + 160)
/* The most characters of a place's name. */
#define REPORT_NAME_CHARS 80

/* 1 to 16 capital letters and digits. */
bool report_place_code_is_valid(const char *text);

/* Whether a word of `len` bytes is typed as a P-code: "C5999", "c5999@1", "=LSA". */
bool report_place_is_code(const char *word, size_t len);

/* Reads "C5999", "C5999@1 Nasib", "Farm east of Nasib (near SY1200)". BAD_INPUT leaves *place. */
MUST_CHECK enum status report_place_parse(struct place *place, const char *text, struct error *err);
void report_place_format(const struct place *place, char text[REPORT_PLACE_TEXT_BYTES]);

#endif
