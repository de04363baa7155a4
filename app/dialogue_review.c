#include "app/dialogue_inside.h"
#include "app/dialogue_say.h"
#include "app/print.h"
#include "schema/telltale.h"
#include "schema/text.h"

#include <stdio.h>
#include <string.h>

static bool is_one_of(const char *answer, const char *short_word, const char *word)
{
	return strcmp(answer, short_word) == 0 || strcmp(answer, word) == 0;
}

/* --- the other fields --- */

/* The n-th, from 1, of those that no question fills; NULL: no more. */
static const struct report_field *other_field(const struct dialogue *dialogue, size_t n)
{
	for (size_t i = 0; i < report_fields_len; i++)
		if (!dialogue_question_fills(dialogue->report.kind, &report_fields[i]) && --n == 0)
			return &report_fields[i];
	return NULL;
}

static void print_others(const struct dialogue *dialogue)
{
	const int columns = print_columns() >= 60 ? 3 : 2;
	const struct report_field *field;
	print_out("\nThe other fields:\n");
	for (int i = 1; (field = other_field(dialogue, (size_t)i)) != NULL; i++)
		print_out("%3d %-15s%s", DIALOGUE_STEPS + i, field->name, i % columns == 0 ? "\n" : "");
	print_out("\n");
}

static bool read_number(const char *answer, uint32_t *number)
{
	char folded[16];
	const char *at = folded;
	return text_fold_digits(folded, sizeof folded, span_from_text(answer), NULL) == STATUS_OK &&
	       text_read_number(&at, 1000, number) && *at == '\0';
}

/* By its number in the list, or its name. */
static const struct report_field *find_other(const struct dialogue *dialogue, const char *answer)
{
	uint32_t number = 0;
	if (read_number(answer, &number))
		return number > DIALOGUE_STEPS ? other_field(dialogue, number - DIALOGUE_STEPS) : NULL;
	return report_field_find(answer);
}

enum status dialogue_ask_more(struct dialogue *dialogue, struct error *err)
{
	char answer[REPORT_TEXT_BYTES];
	const char *words[DIALOGUE_WORDS];
	size_t len = 0;
	for (size_t i = 0; i < report_fields_len && len < DIALOGUE_WORDS; i++)
		words[len++] = report_fields[i].name;
	print_others(dialogue);
	for (;;) {
		enum dialogue_move move;
		struct dialogue_question question;
		enum status status = dialogue_read_line(dialogue, "Which one? Enter: no more > ", &(struct line_words){words, len}, answer, err);
		if (status == STATUS_BAD_INPUT)
			continue;
		if (status != STATUS_OK || answer[0] == '\0' || is_one_of(answer, "<", "."))
			return status;
		if (strcmp(answer, "q") == 0)
			return dialogue_stopped(err);
		const struct report_field *const field = find_other(dialogue, answer);
		if (field == NULL) {
			print_others(dialogue);
			continue;
		}
		dialogue_question_of(&question, field);
		status = dialogue_ask(dialogue, &question, &move, err);
		if (status != STATUS_OK)
			return status;
		dialogue_keep(dialogue);
	}
}

/* --- the summary --- */

static void print_line(const struct dialogue *dialogue, uint32_t number, const struct dialogue_question *question)
{
	char now[REPORT_TEXT_BYTES], was[REPORT_TEXT_BYTES];
	dialogue_say(&dialogue->report, question, now);
	dialogue_say(&dialogue->base, question, was);
	const bool changed = dialogue->corrects && strcmp(now, was) != 0;
	char lead[48];
	(void)snprintf(lead, sizeof lead, "%2u %-6s ", number, question->word);
	if (now[0] != '\0' || changed || question->step != 0)
		dialogue_say_wrapped(lead, now[0] != '\0' ? now : "-");
	if (changed)
		dialogue_say_wrapped("   was    ", was[0] != '\0' ? was : "-");
	explicit_bzero(now, sizeof now);
	explicit_bzero(was, sizeof was);
}

static void print_summary(const struct dialogue *dialogue)
{
	const struct report_field *field;
	struct report empty;
	report_init(&empty);
	print_out("\nPlease check:\n");
	for (uint8_t step = 1; step <= DIALOGUE_STEPS; step++)
		if ((dialogue->steps >> step & 1) != 0)
			print_line(dialogue, step, dialogue_question_at(step, dialogue->report.kind));
	for (uint32_t i = 1; (field = other_field(dialogue, i)) != NULL; i++) {
		struct dialogue_question question;
		dialogue_question_of(&question, field);
		if (!report_field_is_same(&dialogue->report, &empty, field) || !report_field_is_same(&dialogue->base, &empty, field))
			print_line(dialogue, DIALOGUE_STEPS + i, &question);
	}
}

/* A question, not a rule: Enter saves it all the same. */
static void print_telltales(const struct dialogue *dialogue)
{
	const char *const note = dialogue->report.note;
	struct telltale found;
	for (size_t from = 0; telltale_find(note, from, &found); from = found.at + found.len) {
		char lead[64], text[REPORT_NOTE_BYTES];
		(void)snprintf(lead, sizeof lead, "Is that %s: ", telltale_kind_words(found.kind));
		(void)snprintf(text, sizeof text, "%.*s? All of headquarters reads notes.", (int)found.len, note + found.at);
		dialogue_say_wrapped(lead, text);
		explicit_bzero(text, sizeof text);
	}
}

/* "field=value". False: that is not what stands there. */
static bool take_word(struct dialogue *dialogue, const char *answer)
{
	char name[32];
	struct error why = {0};
	const size_t len = strcspn(answer, "=");
	if (answer[len] == '\0' || len >= sizeof name)
		return false;
	memcpy(name, answer, len);
	name[len] = '\0';
	const struct report_field *const field = report_field_find(name);
	if (field == NULL)
		return false;
	if (report_set(&dialogue->report, field, answer + len + 1, &dialogue->reading, &why) != STATUS_OK)
		dialogue_say_wrapped("  ", why.message);
	else
		dialogue_keep(dialogue);
	return true;
}

/* The question that a number or a word of the summary calls. */
static enum status ask_again(struct dialogue *dialogue, const char *answer, bool *found, struct error *err)
{
	enum dialogue_move move = DIALOGUE_NEXT;
	struct dialogue_question other;
	const struct dialogue_question *question = NULL;
	uint32_t number = 0;
	const bool is_number = read_number(answer, &number);
	for (uint8_t step = 1; step <= DIALOGUE_STEPS && question == NULL; step++) {
		const struct dialogue_question *const at = dialogue_question_at(step, dialogue->report.kind);
		if ((is_number ? number == step : strcmp(answer, at->word) == 0) && (dialogue->steps >> step & 1) != 0)
			question = at;
	}
	const struct report_field *const field = question == NULL ? find_other(dialogue, answer) : NULL;
	if (field != NULL) {
		dialogue_question_of(&other, field);
		question = &other;
	}
	*found = question != NULL;
	if (question == NULL)
		return STATUS_OK;
	enum status status = dialogue_ask(dialogue, question, &move, err);
	if (status == STATUS_OK)
		dialogue_keep(dialogue);
	return status == STATUS_OK && move == DIALOGUE_MORE ? dialogue_ask_more(dialogue, err) : status;
}

/* One answer to the summary; *move is DIALOGUE_REVIEW unless it settled the matter. */
static enum status take_word_of_review(struct dialogue *dialogue, const char *answer, bool is_sound, enum dialogue_move *move,
                                       struct error *err)
{
	bool found = true;
	enum status status = STATUS_OK;
	*move = DIALOGUE_REVIEW;
	if (answer[0] == '\0' || is_one_of(answer, "y", "yes")) {
		*move = is_sound ? DIALOGUE_SAVE : DIALOGUE_REVIEW;
	} else if (strcmp(answer, "<") == 0) {
		*move = DIALOGUE_BACK;
	} else if (is_one_of(answer, "q", "n") || strcmp(answer, "no") == 0) {
		status = dialogue_stopped(err);
	} else if (strcmp(answer, "drop") == 0) {
		status = error_set(err, STATUS_REFUSED, "dropped, as you said; nothing was saved");
	} else if (strcmp(answer, "more") == 0) {
		status = dialogue_ask_more(dialogue, err);
	} else if (strcmp(answer, "?") != 0 && !take_word(dialogue, answer)) {
		status = ask_again(dialogue, answer, &found, err);
	}
	if (strcmp(answer, "?") == 0 || !found)
		print_out("\nA number changes that line; so does\nfield=value. more: the other fields.\n"
		          "Enter saves. q stops and keeps what you\nsaid. drop throws it away.\n");
	return status;
}

/* Why it cannot be saved: what is needed and was left open goes first, by its number. */
static void print_lack(const struct dialogue *dialogue, const struct error *why)
{
	for (uint8_t step = 1; step <= DIALOGUE_STEPS; step++) {
		const struct dialogue_question *const question = dialogue_question_at(step, dialogue->report.kind);
		if ((dialogue->steps >> step & 1) == 0 || !question->needed || dialogue_is_answered(&dialogue->report, question))
			continue;
		print_out("Not yet: %u, %s, is open.\n", step, question->word);
		return;
	}
	dialogue_say_wrapped("Not yet: ", why->message);
}

enum status dialogue_review(struct dialogue *dialogue, enum dialogue_move *move, struct error *err)
{
	char answer[REPORT_TEXT_BYTES] = "";
	*move = DIALOGUE_REVIEW;
	while (*move == DIALOGUE_REVIEW) {
		struct error why = {0};
		const bool is_sound = dialogue->check(dialogue->context, dialogue, &why) == STATUS_OK;
		/* What was just explained stays on the screen. */
		if (strcmp(answer, "?") != 0) {
			print_summary(dialogue);
			print_telltales(dialogue);
		}
		if (!is_sound)
			print_lack(dialogue, &why);
		enum status status = dialogue_read_line(dialogue, is_sound ? "Enter saves, a number changes, ? > " : "A number mends it, q stops, ? > ",
		                               NULL, answer, err);
		if (status == STATUS_OK)
			status = take_word_of_review(dialogue, answer, is_sound, move, err);
		if (status != STATUS_OK && status != STATUS_BAD_INPUT)
			return status;
	}
	explicit_bzero(answer, sizeof answer);
	return STATUS_OK;
}
