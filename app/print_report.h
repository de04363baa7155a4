/* A report for people and for programs: every field that says something.
 */
#ifndef SIJIL_APP_PRINT_REPORT_H
#define SIJIL_APP_PRINT_REPORT_H

#include "app/print.h"
#include "schema/body.h"

/* The words for a body that was taken in from a note; NULL for any other. Whoever shows a report shows them. */
const char *print_captured(const struct body *body);
/* A line a field, indented. */
void print_report(const struct report *report);
/* What a correction says: the fields that an amendment or a corroboration gives or clears, the note of a retraction. */
void print_changes(const struct body *body);
/* As print_report, as members of the JSON object that is open. */
void print_report_json(struct print_json *json, const struct report *report);

#endif
