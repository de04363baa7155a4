/* What the parts of app/dialogue share.
 */
#ifndef SIJIL_APP_DIALOGUE_INSIDE_H
#define SIJIL_APP_DIALOGUE_INSIDE_H

#include "app/dialogue.h"

#define DIALOGUE_WORDS 48 /* that the tab key offers, at most */

/* What an answer led to. */
enum dialogue_move {
	DIALOGUE_NEXT,
	DIALOGUE_BACK,
	DIALOGUE_MORE,
	DIALOGUE_REVIEW,
	DIALOGUE_SAVE,
};

/* BAD_INPUT: the line was too long, which was told; ask again. */
MUST_CHECK enum status dialogue_read_line(struct dialogue *dialogue, const char *prompt, const struct line_words *words,
                                          char answer[REPORT_TEXT_BYTES], struct error *err);
/* One question, until it is answered or left. */
MUST_CHECK enum status dialogue_ask(struct dialogue *dialogue, const struct dialogue_question *question,
                                    enum dialogue_move *move, struct error *err);
/* Whether the report says something to it, a reason for absence included. */
bool dialogue_is_answered(const struct report *report, const struct dialogue_question *question);
void dialogue_keep(struct dialogue *dialogue);
/* NOT_FOUND, always. */
MUST_CHECK enum status dialogue_stopped(struct error *err);

/* The fields that no question fills, one after another as they are called. */
MUST_CHECK enum status dialogue_ask_more(struct dialogue *dialogue, struct error *err);
/* The summary, until it is saved or left; *move is then DIALOGUE_SAVE or DIALOGUE_BACK. */
MUST_CHECK enum status dialogue_review(struct dialogue *dialogue, enum dialogue_move *move, struct error *err);

#endif
