#include "app/dialogue.h"

#include "app/dialogue_inside.h"
#include "app/dialogue_say.h"
#include "app/print.h"
#include "schema/report_spoken.h"
#include "schema/text.h"
#include "schema/vocabulary.h"

#include <stdio.h>
#include <string.h>

enum { PROMPT_BYTES = 110 };

/* NOT_FOUND at the end. A line that is too long is told, and asked for again by whoever asks. */
enum status dialogue_read_line(struct dialogue *dialogue, const char *prompt, const struct line_words *words,
                             char answer[REPORT_TEXT_BYTES], struct error *err)
{
	struct error why = {0};
	const enum status status = line_read(dialogue->line, prompt, words, answer, REPORT_TEXT_BYTES, &why);
	if (status == STATUS_BAD_INPUT)
		dialogue_say_wrapped("  ", why.message);
	else if (status != STATUS_OK && err != NULL)
		*err = why;
	return status;
}

enum status dialogue_stopped(struct error *err)
{
	return error_set(err, STATUS_NOT_FOUND, "stopped, as you said");
}

/* --- one question --- */

bool dialogue_is_answered(const struct report *report, const struct dialogue_question *question)
{
	for (size_t i = 0; i < DIALOGUE_FIELDS && question->fields[i] != NULL; i++) {
		const struct report_field *const field = report_field_find(question->fields[i]);
		if (report_has(report, field) || report_absent(report, field) != 0)
			return true;
	}
	return false;
}

static void clear(struct report *report, const struct dialogue_question *question)
{
	for (size_t i = 0; i < DIALOGUE_FIELDS && question->fields[i] != NULL; i++)
		report_clear(report, report_field_find(question->fields[i]));
}

/* What Enter takes: what is there, what is usual, today. */
static void offered(const struct dialogue *dialogue, const struct dialogue_question *question, char text[REPORT_TEXT_BYTES])
{
	text[0] = '\0';
	if (dialogue_is_answered(&dialogue->report, question))
		dialogue_say(&dialogue->report, question, text);
	else if (question->reader == DIALOGUE_WHEN && !dialogue->clock_is_unset)
		(void)snprintf(text, REPORT_TEXT_BYTES, "today");
	else
		dialogue_say(&dialogue->usual, question, text);
}

/* Cut to the screen, whole characters only. */
static void make_prompt(char prompt[PROMPT_BYTES], const char *offer)
{
	enum { BRACKETS = 6, SHORTEST = 12, AN_ANSWER = 12 };
	const size_t columns = print_columns();
	const size_t most = columns > SHORTEST + BRACKETS + AN_ANSWER ? columns - BRACKETS - AN_ANSWER : SHORTEST;
	struct span shown = span_from_text(offer);
	while (shown.len > 0 && (text_width(shown) > most || shown.len > PROMPT_BYTES - 12 || (offer[shown.len] & 0xc0) == 0x80))
		shown.len--;
	if (offer[0] == '\0')
		(void)snprintf(prompt, PROMPT_BYTES, "> ");
	else
		(void)snprintf(prompt, PROMPT_BYTES, "[%.*s%s] > ", (int)shown.len, offer, offer[shown.len] != '\0' ? ".." : "");
}

static void print_question(const struct dialogue_question *question)
{
	if (question->step != 0)
		print_out("\n%u of %u. %s\n", question->step, DIALOGUE_STEPS, question->ask);
	else
		print_out("\n%s:\n", question->word);
	if (question->step == 0)
		dialogue_say_wrapped("", question->ask);
	if (question->choices != NULL)
		dialogue_say_choices(question->choices);
	if (question->expects[0] != '\0')
		print_out("  %s\n", question->expects);
}

static void print_help(const struct dialogue_question *question)
{
	print_out("%s\n\nEnter takes what is in [ ], or nothing.\n< goes back   - empties it   . ends it\n"
	          "q stops and keeps what you said.\n",
	          question->help);
	if (question->choices != NULL)
		dialogue_say_choices(question->choices);
}

/* What the tab key offers: the words of the choices. */
static struct line_words words_of(const struct dialogue_question *question, const char *words[DIALOGUE_WORDS])
{
	size_t len = 0;
	if (question->choices != NULL)
		for (size_t i = 0; i < question->choices->len && len < DIALOGUE_WORDS; i++)
			words[len++] = question->choices->entries[i].word;
	return (struct line_words){words, len};
}

static enum status read_how_many(struct dialogue *dialogue, const char *answer, struct error *why, struct error *err)
{
	enum status status = report_set_how_many(&dialogue->report, answer, FIGURE_UNIT_NONE, why);
	while (status == STATUS_NOT_FOUND) {
		char letter = 0;
		status = dialogue_letter(dialogue->line, "Families or people? f or p > ", &letter, err);
		if (status != STATUS_OK || letter == 'q')
			return STATUS_NOT_FOUND;
		if (letter == '<')
			return error_set(why, STATUS_BAD_INPUT, "Not taken; how many?");
		status = STATUS_NOT_FOUND;
		if (letter == 'f' || letter == 'p')
			status = report_set_how_many(&dialogue->report, answer,
			                             letter == 'f' ? FIGURE_UNIT_HOUSEHOLDS : FIGURE_UNIT_INDIVIDUALS, why);
	}
	return status;
}

/* NOT_FOUND: stopped. BAD_INPUT: `why` says so. */
static enum status take_value(struct dialogue *dialogue, const struct dialogue_question *question, const char *answer,
                              struct error *why, struct error *err)
{
	switch (question->reader) {
	case DIALOGUE_HOW_MANY: return read_how_many(dialogue, answer, why, err);
	case DIALOGUE_WHEN: return report_set_when(&dialogue->report, answer, &dialogue->reading, why);
	case DIALOGUE_FIELD: break;
	}
	return report_set(&dialogue->report, report_field_find(question->fields[0]), answer, &dialogue->reading, why);
}

static void echo(const struct dialogue *dialogue, const struct dialogue_question *question)
{
	char text[REPORT_TEXT_BYTES];
	dialogue_say(&dialogue->report, question, text);
	dialogue_say_wrapped("  = ", text[0] != '\0' ? text : "nothing said");
	explicit_bzero(text, sizeof text);
}

void dialogue_keep(struct dialogue *dialogue)
{
	struct error why = {0};
	if (dialogue->keep == NULL || dialogue->keep(dialogue->context, dialogue, &why) == STATUS_OK || dialogue->told)
		return;
	dialogue->told = true;
	dialogue_say_wrapped("  No draft can be kept, so finish in one\n  go: ", why.message);
}

/* Enter alone. False: something is needed. */
static bool take_offer(struct dialogue *dialogue, const struct dialogue_question *question)
{
	char offer[REPORT_TEXT_BYTES];
	struct error why = {0};
	if (dialogue_is_answered(&dialogue->report, question))
		return true;
	offered(dialogue, question, offer);
	if (offer[0] == '\0')
		return !question->needed;
	if (question->reader == DIALOGUE_WHEN)
		return report_set_when(&dialogue->report, "today", &dialogue->reading, &why) == STATUS_OK;
	for (size_t i = 0; i < DIALOGUE_FIELDS && question->fields[i] != NULL; i++)
		report_copy_field(&dialogue->report, &dialogue->usual, report_field_find(question->fields[i]));
	return true;
}

/* The answers that are none: true where one was given, with *move and *done. */
static bool take_key(struct dialogue *dialogue, const struct dialogue_question *question, const char *answer,
                     enum dialogue_move *move, bool *done)
{
	*done = true;
	if (strcmp(answer, "<") == 0) {
		*move = DIALOGUE_BACK;
	} else if (strcmp(answer, ".") == 0) {
		*move = DIALOGUE_REVIEW;
	} else if (strcmp(answer, "more") == 0) {
		*move = DIALOGUE_MORE;
	} else if (strcmp(answer, "?") == 0) {
		print_help(question);
		*done = false;
	} else if (strcmp(answer, "-") == 0) {
		clear(&dialogue->report, question);
		echo(dialogue, question);
		*done = !question->needed;
	} else {
		return false;
	}
	return true;
}

/* One answer: *done where the question is settled. */
static enum status take_answer(struct dialogue *dialogue, const struct dialogue_question *question, const char *answer,
                               enum dialogue_move *move, bool *done, struct error *err)
{
	struct error why = {0};
	*move = DIALOGUE_NEXT;
	*done = true;
	if (answer[0] == '\0') {
		*done = take_offer(dialogue, question);
		if (!*done)
			print_out("  This one is needed; ? explains.\n");
		return STATUS_OK;
	}
	if (strcmp(answer, "q") == 0)
		return dialogue_stopped(err);
	if (take_key(dialogue, question, answer, move, done))
		return STATUS_OK;
	const enum status status = take_value(dialogue, question, answer, &why, err);
	*done = status == STATUS_OK;
	if (status == STATUS_OK)
		echo(dialogue, question);
	else if (status_blames_input(status) && status != STATUS_NOT_FOUND)
		dialogue_say_wrapped("  ", why.message);
	else
		return status == STATUS_NOT_FOUND ? dialogue_stopped(err) : status;
	return STATUS_OK;
}

/* Until it is answered or left. */
enum status dialogue_ask(struct dialogue *dialogue, const struct dialogue_question *question, enum dialogue_move *move,
                       struct error *err)
{
	char answer[REPORT_TEXT_BYTES], offer[REPORT_TEXT_BYTES], prompt[PROMPT_BYTES];
	const char *words[DIALOGUE_WORDS];
	const struct line_words offers = words_of(question, words);
	enum status status = STATUS_OK;
	bool done = false;
	print_question(question);
	while (status == STATUS_OK && !done) {
		offered(dialogue, question, offer);
		make_prompt(prompt, offer);
		status = dialogue_read_line(dialogue, prompt, &offers, answer, err);
		if (status == STATUS_BAD_INPUT)
			status = STATUS_OK;
		else if (status == STATUS_OK)
			status = take_answer(dialogue, question, answer, move, &done, err);
	}
	explicit_bzero(answer, sizeof answer);
	explicit_bzero(offer, sizeof offer);
	explicit_bzero(prompt, sizeof prompt);
	return status;
}

/* --- all of it --- */

/* The next step at or behind `step` that is to be asked; beyond the last: the summary. */
static uint8_t next_step(const struct dialogue *dialogue, uint8_t step, bool again)
{
	for (; step <= DIALOGUE_STEPS; step++) {
		const struct dialogue_question *const question = dialogue_question_at(step, dialogue->report.kind);
		if ((dialogue->steps >> step & 1) == 0)
			continue;
		if (again || dialogue->asks_all || !dialogue_is_answered(&dialogue->report, question))
			break;
	}
	return step;
}

/* The one before; the first where there is none. */
static uint8_t step_before(const struct dialogue *dialogue, uint8_t step)
{
	for (uint8_t at = (uint8_t)(step - 1); at >= 1; at--)
		if ((dialogue->steps >> at & 1) != 0)
			return at;
	return step > DIALOGUE_STEPS ? next_step(dialogue, 1, true) : step;
}

/* Where to go on. Whoever went back to mend goes on where he was; the other fields were the last question's, or it is asked again. */
static uint8_t step_after(struct dialogue *dialogue, uint8_t step, enum dialogue_move move)
{
	if (move == DIALOGUE_BACK)
		return step_before(dialogue, step);
	if (move == DIALOGUE_MORE && step < DIALOGUE_STEPS)
		return step;
	if (move == DIALOGUE_NEXT && step > dialogue->at && step <= DIALOGUE_STEPS)
		dialogue->at = step;
	return move == DIALOGUE_NEXT ? next_step(dialogue, (uint8_t)(dialogue->at + 1), false) : DIALOGUE_STEPS + 1;
}

enum status dialogue_run(struct dialogue *dialogue, struct error *err)
{
	enum dialogue_move move = DIALOGUE_NEXT;
	uint8_t step = next_step(dialogue, (uint8_t)(dialogue->at + 1), false);
	while (move != DIALOGUE_SAVE) {
		const bool at_end = step > DIALOGUE_STEPS;
		enum status status = at_end ? dialogue_review(dialogue, &move, err)
		                            : dialogue_ask(dialogue, dialogue_question_at(step, dialogue->report.kind), &move, err);
		if (status == STATUS_OK && move == DIALOGUE_MORE)
			status = dialogue_ask_more(dialogue, err);
		if (status != STATUS_OK)
			return status;
		step = step_after(dialogue, step, move);
		if (!at_end)
			dialogue_keep(dialogue);
	}
	return STATUS_OK;
}

enum status dialogue_letter(struct line *line, const char *prompt, char *letter, struct error *err)
{
	char answer[64];
	enum status status;
	do
		status = line_read(line, prompt, NULL, answer, sizeof answer, err);
	while (status == STATUS_BAD_INPUT);
	if (status == STATUS_OK)
		*letter = answer[0] == '\0' ? 'y' : (char)(answer[0] >= 'A' && answer[0] <= 'Z' ? answer[0] + ('a' - 'A') : answer[0]);
	return status;
}

enum status dialogue_choose(struct line *line, const char *ask, const struct vocabulary *choices, uint8_t *code,
                            struct error *err)
{
	char answer[64];
	for (;;) {
		print_out("\n%s\n", ask);
		dialogue_say_choices(choices);
		const enum status status = line_read(line, "> ", NULL, answer, sizeof answer, err);
		if (status != STATUS_OK && status != STATUS_BAD_INPUT)
			return status;
		if (status == STATUS_OK && strcmp(answer, "q") == 0)
			return dialogue_stopped(err);
		*code = status == STATUS_OK ? vocabulary_code(choices, answer) : 0;
		if (*code != 0)
			return STATUS_OK;
	}
}
