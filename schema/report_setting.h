/* One field being read from text: what the readers of all types share, and the
 * readers of lists. Inside schema/ only; report_set is the way in.
 */
#ifndef SIJIL_SCHEMA_REPORT_SETTING_H
#define SIJIL_SCHEMA_REPORT_SETTING_H

#include "schema/report.h"
#include "schema/vocabulary.h"

struct report_setting {
	struct report *report; /* a fresh copy: left half-set where reading fails */
	const struct report_field *field;
	const char *text;   /* normal, shorter than REPORT_TEXT_BYTES */
	const char *folded; /* the same with ASCII digits */
	const struct report_reading *reading;
	struct error *err;
};

/* Where the field's value goes. */
void *report_setting_value(const struct report_setting *set);
/* BAD_INPUT, always: what was not understood and what is expected; or too many entries. */
MUST_CHECK enum status report_setting_refuse(const struct report_setting *set, const char *what, const char *expected);
MUST_CHECK enum status report_setting_too_many(const struct report_setting *set, int32_t max);
/* One code by its word; a list of codes, each once, at most as many as the field takes. */
MUST_CHECK enum status report_setting_code(const struct report_setting *set, const struct vocabulary *codes,
                                           const char *word, uint8_t *code);
MUST_CHECK enum status report_setting_codes(const struct report_setting *set, const struct vocabulary *codes,
                                            const char *list, struct codes *out);

/* A place as it is typed, looked up if it is not in quotes. */
MUST_CHECK enum status report_setting_place(const struct report_setting *set, struct place *place, const char *text);

MUST_CHECK enum status report_set_origins(const struct report_setting *set);
MUST_CHECK enum status report_set_sadd(const struct report_setting *set);
MUST_CHECK enum status report_set_counts(const struct report_setting *set);
MUST_CHECK enum status report_set_access(const struct report_setting *set);
MUST_CHECK enum status report_set_sources(const struct report_setting *set);
MUST_CHECK enum status report_set_links(const struct report_setting *set);

#endif
