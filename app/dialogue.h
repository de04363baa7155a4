/* The dialogue: short questions one after another, what was understood said back, and a summary before anything is saved.
 *
 * At each question Enter takes what stands in brackets, ? explains, < goes back, - empties it, . goes to the summary, q stops. It
 * prints lines and moves no cursor, so that a screen reader and a narrow screen get all of it.
 */
#ifndef SIJIL_APP_DIALOGUE_H
#define SIJIL_APP_DIALOGUE_H

#include "app/dialogue_questions.h"
#include "app/line.h"

#define DIALOGUE_ALL_STEPS ((1u << (DIALOGUE_STEPS + 1)) - 2) /* bit n: step n */

struct dialogue {
	struct line *line;
	struct report report; /* what was learned */
	struct report base;   /* what that is compared with: of an amendment, the report as it stood; else empty */
	struct report usual;  /* what Enter takes where nothing is in `report` yet: kind, place */
	struct report_reading reading;
	unsigned steps;   /* those to be asked */
	uint8_t at;       /* how many steps were passed */
	bool asks_all;    /* also what is answered: the answer then stands in brackets */
	bool corrects;    /* the summary says what was */
	/* Called after each answer: keeps what was learned. Its failure is told once and stops nothing. */
	enum status (*keep)(void *context, const struct dialogue *dialogue, struct error *err);
	/* The rules of the whole: BAD_INPUT says what is missing. */
	enum status (*check)(void *context, struct dialogue *dialogue, struct error *err);
	void *context;
	bool clock_is_unset; /* then no day is usual */
	bool told; /* that keeping failed */
};

/* OK: it is sound, and to be saved. NOT_FOUND: stopped, by q, Ctrl-C or the end of the input. REFUSED: the worker dropped it. */
MUST_CHECK enum status dialogue_run(struct dialogue *dialogue, struct error *err);

/* One code by number or word; ? lists again. NOT_FOUND: stopped. */
MUST_CHECK enum status dialogue_choose(struct line *line, const char *ask, const struct vocabulary *choices, uint8_t *code,
                                       struct error *err);

/* A short answer: Enter, "y" and "yes" give 'y', "n" and "no" give 'n', else its first letter. NOT_FOUND: stopped. */
MUST_CHECK enum status dialogue_letter(struct line *line, const char *prompt, char *letter, struct error *err);

#endif
