/* Typed lists and quotes: the grammar of REPORT.md that report_set and
 * report_format share. Inside schema/ only.
 */
#ifndef SIJIL_SCHEMA_REPORT_TYPED_H
#define SIJIL_SCHEMA_REPORT_TYPED_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/report.h"

/* The next entry of a list at *at, without the blanks around it, and *at behind
 * its separator: ';' or ',' (Arabic ones too) outside quotes. Empty entries are skipped; false at the end.
 * `text` is shorter than REPORT_TEXT_BYTES. */
bool report_typed_next(const char **at, char entry[REPORT_TEXT_BYTES]);

/* The last `mark` of `text` that stands outside quotes, or NULL. */
const char *report_typed_last(const char *text, char mark);

/* If `text` is one quoted whole, writes what it quotes (never longer than `text`) and says so. */
bool report_typed_unquote(char *out, const char *text);
/* `text` in double quotes, those within doubled; `out` has room for twice the text and three bytes. */
void report_typed_quote(char *out, const char *text);

/* The reason for absence that the whole text is the word of, or 0. */
uint8_t report_typed_absent(const char *text);

#endif
