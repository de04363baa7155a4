/* A person's line, one at a time: edited by libedit where the terminal can, else as the terminal gives it.
 *
 * It is edited where standard input and output are a terminal and TERM is neither empty nor "dumb"; a screen reader wants
 * TERM=dumb. There is no history, in memory or in a file. From line_new to line_free a signal that would end the program ends the
 * input instead, so that what was said is kept; it counts only while somebody is waited for.
 */
#ifndef SIJIL_APP_LINE_H
#define SIJIL_APP_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/status.h"

struct line;

/* What the tab key completes. */
struct line_words {
	const char *const *words;
	size_t len;
};

MUST_CHECK enum status line_new(struct line **line, struct error *err);
/* Wipes, and gives the signals back. NULL is fine. */
void line_free(struct line *line);

/* One line without the blanks around it; "" if only Enter. `words` may be NULL. NOT_FOUND: the input ended, Ctrl-C was pressed or
 * the program told to end. BAD_INPUT: it was too long, and is gone. */
MUST_CHECK enum status line_read(struct line *line, const char *prompt, const struct line_words *words, char *answer,
                                 size_t size, struct error *err);

/* For what reads bytes for it: the next byte of standard input. False: there is none, or the program is to end. */
bool line_next_byte(unsigned char *byte);
/* Whether the terminal has another size since this was asked last. */
bool line_is_resized(void);

#endif
