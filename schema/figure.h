/* A count as people give it: best, least, most, each optional.
 *
 * "300" and "~300" are best alone, ">300" is min alone, "up to 59000" and
 * "<59000" max alone, "250-400" min and max, "300+-50" and "300 (250-400)" all three. Digits of
 * any script, thousands marks allowed. Nothing is invented: what was not said is
 * absent, and absent is not zero.
 */
#ifndef SIJIL_SCHEMA_FIGURE_H
#define SIJIL_SCHEMA_FIGURE_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/status.h"

#define FIGURE_ABSENT (-1)
#define FIGURE_MAX 2000000
#define FIGURE_TEXT_BYTES 40

struct figure {
	int32_t best, min, max; /* 0..FIGURE_MAX, or FIGURE_ABSENT */
};

struct figure figure_none(void);
bool figure_is_given(const struct figure *figure);
/* Whether what is given lies within 0..FIGURE_MAX and min <= best <= max. */
bool figure_is_ordered(const struct figure *figure);
/* BAD_INPUT: not understood, over FIGURE_MAX, or not min <= best <= max. */
MUST_CHECK enum status figure_parse(struct figure *figure, const char *text, struct error *err);

/* What a number counts, as its last word says: "300 families", "~300 people", "300 f"; English and Arabic. */
enum figure_unit { FIGURE_UNIT_NONE, FIGURE_UNIT_HOUSEHOLDS, FIGURE_UNIT_INDIVIDUALS };
/* figure_parse of what stands before that word. BAD_INPUT also where the word is none of those. */
MUST_CHECK enum status figure_parse_counted(struct figure *figure, enum figure_unit *unit, const char *text,
                                            struct error *err);
/* The same in one canonical form that figure_parse reads back: "300", ">=300", "<=59000", "250-400",
 * "300 (250-400)", "300 (>=250)", "300 (<=400)"; "" if none. */
void figure_format(const struct figure *figure, char text[FIGURE_TEXT_BYTES]);

#endif
