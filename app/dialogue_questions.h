/* What the dialogue asks, as data: at most eight questions a report, each with its wording, its choices and what it explains.
 *
 * Lines are of 40 columns, for the narrowest screen; all wording of the questions stands here, so that it can be translated in one
 * place.
 */
#ifndef SIJIL_APP_DIALOGUE_QUESTIONS_H
#define SIJIL_APP_DIALOGUE_QUESTIONS_H

#include "schema/report.h"

#define DIALOGUE_STEPS 8
#define DIALOGUE_FIELDS 3

enum dialogue_reader {
	DIALOGUE_FIELD,    /* one field, by report_set */
	DIALOGUE_HOW_MANY, /* report_set_how_many */
	DIALOGUE_WHEN,     /* report_set_when */
};

enum dialogue_step {
	DIALOGUE_STEP_KIND = 1,
	DIALOGUE_STEP_WHERE,
	DIALOGUE_STEP_FROM_WHERE,
	DIALOGUE_STEP_HOW_MANY,
	DIALOGUE_STEP_WHEN,
	DIALOGUE_STEP_WHY,
	DIALOGUE_STEP_SOURCE,
	DIALOGUE_STEP_ELSE,
};

struct dialogue_question {
	uint8_t step;    /* 1..DIALOGUE_STEPS; 0: one of the other fields */
	unsigned kinds;  /* bit k: asked of kind k; 0: of all */
	enum dialogue_reader reader;
	bool needed;
	const char *word;    /* what the summary calls it */
	const char *ask;
	const char *expects; /* a line; "" where the choices say it */
	const char *help;    /* lines */
	const char *fields[DIALOGUE_FIELDS]; /* what it fills; a single one by report_set */
	const struct vocabulary *choices;    /* NULL: none */
};

/* The question that stands at a step where the report is of this kind (0: not said). */
const struct dialogue_question *dialogue_question_at(uint8_t step, uint8_t kind);

/* A question after any field of the table. */
void dialogue_question_of(struct dialogue_question *question, const struct report_field *field);

/* Whether a question of that kind of report fills the field. */
bool dialogue_question_fills(uint8_t kind, const struct report_field *field);

#endif
