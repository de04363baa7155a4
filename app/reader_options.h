/* The options of whoever lists reports: which ones.
 */
#ifndef SIJIL_APP_READER_OPTIONS_H
#define SIJIL_APP_READER_OPTIONS_H

#include "app/cli.h"
#include "schema/report_filter.h"

/* Rows of a command's option table. */
#define READER_OPTIONS \
	{"area", 0, "P", "a P-code, or the beginning of one"}, {"since", 0, "DATE", "observed on or after"}, \
	{"until", 0, "DATE", "observed on or before"}, {"kind", 0, "K", "stock, arrival, departure, ..."}, \
	{"group", 0, "G", "idp, refugee, ..."}

/* What they ask for. A value that is none is a usage error. */
MUST_CHECK enum status reader_options_filter(struct report_filter *filter, struct cli *cli, struct error *err);

#endif
