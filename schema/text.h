/* Text from people: UTF-8, NFC, no control or bidirectional-override characters.
 *
 * The one home of libutf8proc. Everything a report keeps passes text_normalise;
 * everything from outside that reaches a terminal passes text_for_terminal.
 */
#ifndef SIJIL_SCHEMA_TEXT_H
#define SIJIL_SCHEMA_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "crypto/status.h"

#define TEXT_NORMAL_MAX_BYTES 4096

/* Trims outer white space, folds inner runs to one blank, brings to NFC and
 * writes at most `size` - 1 bytes and a NUL to `out`. BAD_INPUT: not UTF-8, a control or bidi
 * control character, or more than `max_chars` code points. */
MUST_CHECK enum status text_normalise(char *out, size_t size, struct span in, size_t max_chars, struct error *err);

/* Whether `in` is what text_normalise would give back unchanged. Takes no memory, so it
 * cannot fail; text beyond ASCII of more than TEXT_NORMAL_MAX_BYTES is never called normal. */
bool text_is_normal(struct span in);

/* The letters of `in` as code points, for comparing: compatibility forms undone, cases folded, marks and what is
 * ignorable dropped, so that an E with an accent is an e and ALEF WITH HAMZA an ALEF. BAD_INPUT: not UTF-8, or
 * more than `max`. */
MUST_CHECK enum status text_letters(int32_t *out, size_t max, size_t *len, struct span in, struct error *err);

/* Replaces Arabic-Indic (U+0660..), Persian (U+06F0..) and other scripts' digits, Arabic decimal,
 * thousands and percent marks by ASCII and dashes (U+2012, U+2013, U+2212) by '-'; the rest
 * stays. Output as above; `out` may not be `in`. BAD_INPUT: not UTF-8, or too long. */
MUST_CHECK enum status text_fold_digits(char *out, size_t size, struct span in, struct error *err);

/* Appends `in` so that a terminal shows and never obeys it: control, bidi control, and ill-formed
 * bytes become U+FFFD; newline only where `lines` is true. */
MUST_CHECK enum status text_for_terminal(struct bytes *out, struct span in, bool lines, struct error *err);

/* Reads a run of ASCII digits at *at and moves *at behind it. False, and nothing
 * changed, where there is none or it is above `max` (which is at least 9). */
bool text_read_number(const char **at, uint32_t max, uint32_t *value);

/* Columns on a terminal (wide characters 2, combining marks 0). */
size_t text_width(struct span utf8);

/* A passphrase in NFKC, from guarded memory into guarded memory. */
MUST_CHECK enum status text_normalise_secret(struct secret **out, const struct secret *in, struct error *err);

#endif
