/* One answer that fills several fields: how many, and when. The dialogue asks so, for people do not think in
 * households and individuals, from, to and observed_on.
 */
#ifndef SIJIL_SCHEMA_REPORT_SPOKEN_H
#define SIJIL_SCHEMA_REPORT_SPOKEN_H

#include "schema/report.h"

/* Sets households and individuals from "300 families, 1500 people", "~300 f" or either. A number that does not say what it
 * counts is of `unit`; with FIGURE_UNIT_NONE that is NOT_FOUND, and the report unchanged: ask, and try again. "" clears both,
 * a reason for absence stands for households. BAD_INPUT as figure_parse, or one of them said twice. */
MUST_CHECK enum status report_set_how_many(struct report *report, const char *text, enum figure_unit unit,
                                           struct error *err);

/* Sets from, to and observed_on from one span (date_span_parse). People present (kind stock) were seen that day; all else
 * happened in that time and is told today, where the reading knows today. "" clears all three. BAD_INPUT as date_span_parse. */
MUST_CHECK enum status report_set_when(struct report *report, const char *text, const struct report_reading *reading,
                                       struct error *err);

#endif
