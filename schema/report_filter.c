#include "schema/report_filter.h"

#include <ctype.h>
#include <string.h>

bool report_filter_is_set(const struct report_filter *filter)
{
	return filter->since != 0 || filter->until != 0 || filter->area[0] != '\0' || filter->kind != 0 || filter->group != 0;
}

/* A community's code does not nest in its area's, so only codes that begin with a country's letters are prefixes. */
static bool is_in_area(const char *pcode, const char *area)
{
	if (strcmp(pcode, area) == 0)
		return true;
	return isalpha((unsigned char)area[0]) && isalpha((unsigned char)area[1]) && strncmp(pcode, area, strlen(area)) == 0;
}

static bool is_within(const struct report *report, const struct report_filter *filter)
{
	const int32_t day = report->observed_on != REPORT_DAY_ABSENT ? report->observed_on : report->from;
	if ((filter->since != 0 || filter->until != 0) && day == REPORT_DAY_ABSENT)
		return false;
	return (filter->since == 0 || day >= filter->since) && (filter->until == 0 || day <= filter->until);
}

bool report_filter_passes(const struct report_filter *filter, const struct report *report)
{
	if ((filter->kind != 0 && report->kind != filter->kind) || (filter->group != 0 && report->group != filter->group))
		return false;
	if (filter->area[0] != '\0' && !is_in_area(report->place.pcode, filter->area) &&
	    !is_in_area(report->place.near, filter->area))
		return false;
	return is_within(report, filter);
}
