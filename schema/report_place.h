/* How places, quoted text and lists are typed: the grammar of REPORT.md that
 * report_set and report_format share. Inside schema/ only.
 */
#ifndef SIJIL_SCHEMA_REPORT_PLACE_H
#define SIJIL_SCHEMA_REPORT_PLACE_H

#include "schema/report.h"

/* A name with every quote doubled, quotes around it, two P-codes and what stands between. */
#define REPORT_PLACE_TEXT_BYTES (REPORT_NAME_BYTES + 160)
/* The most characters of a place's name. */
#define REPORT_NAME_CHARS 80

/* 1 to 16 capital letters and digits. */
bool report_pcode_is_valid(const char *text);

/* The next entry of a list at *at, without the blanks around it, and *at behind
 * its separator: ';' or ',' (Arabic ones too) outside quotes. Empty entries are skipped; false at the end.
 * `text` is shorter than REPORT_TEXT_BYTES. */
bool report_next_entry(const char **at, char entry[REPORT_TEXT_BYTES]);

/* The last `mark` of `text` that stands outside quotes, or NULL. */
const char *report_last_unquoted(const char *text, char mark);

/* If `text` is one quoted whole, writes what it quotes (never longer than `text`) and says so. */
bool report_unquote(char *out, const char *text);
/* `text` in double quotes, those within doubled; `out` has room for twice the text and three bytes. */
void report_quote(char *out, const char *text);

/* Reads "C5999", "C5999@1 Nasib", "Farm east of Nasib (near SY1200)". BAD_INPUT leaves *place. */
MUST_CHECK enum status report_place_parse(struct place *place, const char *text, struct error *err);
void report_place_format(const struct place *place, char text[REPORT_PLACE_TEXT_BYTES]);

/* Whether the whole text is one of the words for "absent". */
uint8_t report_absent_code(const char *text);

#endif
