/* The one home of libedit: a line that is edited.
 *
 * libedit 3.1 keeps what is typed in the line, in two images of the screen, in a kill buffer, and in a history buffer even where no
 * history is set; it wipes none of them, and writes no file unless told. So nothing here kills into its buffer, moves through a
 * history or searches in one; the line is overwritten after each answer, as far as it ever reached, and so are the images.
 */
#ifndef SIJIL_APP_LINE_EDIT_H
#define SIJIL_APP_LINE_EDIT_H

#include "app/line.h"

struct line_edit;

/* NULL: the terminal is none, or not enough of one. */
struct line_edit *line_edit_new(void);
void line_edit_free(struct line_edit *edit);
/* As line_read, blanks kept. */
MUST_CHECK enum status line_edit_read(struct line_edit *edit, const char *prompt, const struct line_words *words,
                                      char *answer, size_t size, struct error *err);

#endif
