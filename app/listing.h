/* Reports one after another: a table for people, CSV for spreadsheets, JSON for programs, as --format and --json ask.
 */
#ifndef SIJIL_APP_LISTING_H
#define SIJIL_APP_LISTING_H

#include "app/cli.h"
#include "app/print.h"
#include "schema/report.h"

enum listing_format { LISTING_TABLE, LISTING_CSV, LISTING_JSON };

/* What stands above the columns. In CSV the fields of a report follow those named here. */
struct listing_headings {
	const char *const *table;
	size_t table_len;
	const char *const *csv;
	size_t csv_len;
};

/* One of the three is in use. */
struct listing {
	enum listing_format format;
	struct print_table *table;
	struct print_json *json;
	struct bytes csv;
};

/* By the options; a form that is none is a usage error. */
MUST_CHECK enum status listing_choose(enum listing_format *format, struct cli *cli, struct error *err);

/* Begins in listing->format, with the heading. End it in any case. */
MUST_CHECK enum status listing_begin(struct listing *listing, const struct listing_headings *headings, struct error *err);

/* A CSV row: the caller's own cells, then the report's fields. */
MUST_CHECK enum status listing_csv_cell(struct listing *listing, const char *text, bool first, struct error *err);
MUST_CHECK enum status listing_csv_report(struct listing *listing, const struct report *report, struct error *err);

/* Prints what was gathered, unless it is CSV and `status` is a failure; gives `status`, else the printing's own. */
MUST_CHECK enum status listing_end(struct listing *listing, enum status status, struct error *err);
/* Without printing; safe on {0} and after listing_end. */
void listing_wipe(struct listing *listing);

#endif
