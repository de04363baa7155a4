/* The rules a report must keep, each with the name under which REPORT.md lists it.
 * Inside schema/ only; report_validate is the way in.
 */
#ifndef SIJIL_SCHEMA_REPORT_RULES_H
#define SIJIL_SCHEMA_REPORT_RULES_H

#include "schema/report.h"

struct report_rule {
	const char *name;
	bool whole; /* only whole reports: says what must be given */
	enum status (*check)(const struct report *report, const struct report_clock *clock, struct error *err);
};

extern const struct report_rule report_rules[];
extern const size_t report_rules_len;

/* The first rule that is broken, named in *rule, with its sentence in *err; OK if none is. */
MUST_CHECK enum status report_rules_check(const struct report *report, const struct report_clock *clock, bool whole,
                                          const char **rule, struct error *err);

#endif
