/* What the dialogue says back: an answer in full words, as it was understood.
 */
#ifndef SIJIL_APP_DIALOGUE_SAY_H
#define SIJIL_APP_DIALOGUE_SAY_H

#include "app/dialogue_questions.h"

/* What the report says to a question: "250 to 400 families", "since Tue 2018-06-19, told Thu 2018-06-21"; "" if nothing. */
void dialogue_say(const struct report *report, const struct dialogue_question *question, char text[REPORT_TEXT_BYTES]);

/* `lead`, then the text in lines as wide as the screen, each begun where the text began. */
void dialogue_say_wrapped(const char *lead, const char *text);

/* The choices, numbered, in as many columns as the screen has room for. */
void dialogue_say_choices(const struct vocabulary *choices);

#endif
