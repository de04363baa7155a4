/* Which reports a reader asks for: by area, time, kind and group. The same for the device's own list and for headquarters'.
 */
#ifndef SIJIL_SCHEMA_REPORT_FILTER_H
#define SIJIL_SCHEMA_REPORT_FILTER_H

#include "schema/report.h"

struct report_filter { /* zero-initialise: everything */
	int32_t since, until;          /* observed_on or from; 0: open */
	char area[REPORT_PCODE_BYTES]; /* exact P-code or prefix of an admin P-code */
	uint8_t kind, group;
};

/* Whether it asks for less than everything. */
bool report_filter_is_set(const struct report_filter *filter);
bool report_filter_passes(const struct report_filter *filter, const struct report *report);

#endif
