/* The dialogue of `add`: what is missing is asked for, and nothing that was typed is lost before it is saved or
 * given up. */
#include "app/completion.h"
#include "app/print.h"
#include "app/print_report.h"
#include "app/prompt.h"
#include "app/sijil/sijil.h"
#include "schema/vocabulary.h"

#include <stdio.h>
#include <string.h>

static bool has_words(const struct report_field *field)
{
	return field->codes != NULL && (field->type == REPORT_CODE || field->type == REPORT_CODES_LIST);
}

/* What the field wants: its codes, else its help. */
static void print_wanted(const struct report_field *field)
{
	for (size_t i = 0; has_words(field) && i < field->codes->len; i++)
		print_out("%s%s", i > 0 ? ", " : "", field->codes->entries[i].word);
	print_out("%s\n", has_words(field) ? "" : field->help);
}

void sijil_print_fields(void)
{
	for (size_t i = 0; i < report_fields_len; i++)
		print_out("  %-16s %s\n", report_fields[i].name, report_fields[i].help);
}

static void offer_codes(const struct report_field *field, const char *typed)
{
	for (size_t i = 0; i < field->codes->len; i++) {
		char answer[64];
		(void)snprintf(answer, sizeof answer, "%s=%s", field->name, field->codes->entries[i].word);
		completion_offer(typed, answer, field->codes->entries[i].label);
	}
}

void sijil_offer_fields(const char *typed)
{
	const char *const equals = strchr(typed, '=');
	for (size_t i = 0; i < report_fields_len; i++) {
		const struct report_field *const field = &report_fields[i];
		char answer[64];
		const int len = snprintf(answer, sizeof answer, "%s=", field->name);
		if (equals == NULL)
			completion_offer(typed, answer, field->help);
		else if (has_words(field) && strncmp(typed, answer, (size_t)len) == 0)
			offer_codes(field, typed);
	}
}

/* A line, asked for again when it is too long. NOT_FOUND at the end of input. */
static enum status ask_line(const char *question, char answer[REPORT_TEXT_BYTES], struct error *err)
{
	for (;;) {
		struct error why = {0};
		const enum status status = prompt_line(question, answer, REPORT_TEXT_BYTES, &why);
		if (status != STATUS_BAD_INPUT) {
			if (status != STATUS_OK && err != NULL)
				*err = why;
			return status;
		}
		print_out("  %s\n", why.message);
	}
}

/* Asks for one field until the answer is understood. Enter leaves an optional one empty, or takes `usual`; ? explains. */
static enum status ask_field(struct report *report, const struct report_field *field, const char *usual,
                             const struct report_reading *reading, struct error *err)
{
	char answer[REPORT_TEXT_BYTES];
	print_out("%s: ", field->name);
	print_wanted(field);
	for (;;) {
		const char *prompt = usual != NULL ? "(Enter: today) > " : field->required ? "> " : "(Enter to skip) > ";
		enum status status = ask_line(prompt, answer, err);
		if (status != STATUS_OK)
			return status;
		if (answer[0] == '\0' && usual != NULL)
			(void)snprintf(answer, sizeof answer, "%s", usual);
		if (answer[0] == '\0' && !field->required)
			return STATUS_OK;
		if (strcmp(answer, "?") == 0) {
			print_out("  %s\n", field->help);
			continue;
		}
		struct error why = {0};
		status = report_set(report, field, answer, reading, &why);
		if (status == STATUS_OK && answer[0] != '\0')
			return STATUS_OK;
		print_out("  %s\n", status == STATUS_OK ? "this one is needed" : why.message);
	}
}

enum status sijil_ask(struct report *report, const struct report_reading *reading, bool clock_is_set, struct error *err)
{
	static const char *const asked[] = {"kind",   "place",       "origin", "households",   "individuals", "from",
	                                    "to",     "observed_on", "reason", "count_method", "sources",     "note"};
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		const struct report_field *field = report_field_find(asked[i]);
		if (field == NULL || report_has(report, field))
			continue;
		const bool needs_day = clock_is_set && field->required && field->type == REPORT_DAY;
		const enum status status = ask_field(report, field, needs_day ? "today" : NULL, reading, err);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static bool is_one_of(const char *answer, const char *short_word, const char *word)
{
	return strcmp(answer, short_word) == 0 || strcmp(answer, word) == 0;
}

/* One answer to "save it?": true when it settles the matter, with *status. */
static bool take_answer(struct report *report, const char *answer, bool is_sound, const struct report_reading *reading,
                        enum status *status)
{
	const struct report_field *field;
	struct error why = {0};
	*status = is_one_of(answer, "n", "no") ? STATUS_REFUSED : STATUS_OK;
	if (*status == STATUS_REFUSED)
		return true;
	if (answer[0] == '\0' || is_one_of(answer, "y", "yes"))
		return is_sound;
	if (strcmp(answer, "?") == 0)
		sijil_print_fields();
	else if (sijil_set_word(report, answer, reading, &field, &why) != STATUS_OK)
		print_out("  %s\n", why.message);
	return false;
}

enum status sijil_agree(struct report *report, const struct sijil_session *session, const struct report_clock *clock,
                        const struct report_reading *reading, struct error *err)
{
	char answer[REPORT_TEXT_BYTES];
	for (;;) {
		struct error why = {0};
		const bool is_sound = sijil_finish_report(report, session, clock, &why) == STATUS_OK;
		print_report(report);
		if (!is_sound)
			print_out("Not yet: %s\n", why.message);
		enum status status = ask_line(is_sound ? "Enter saves it; field=value changes it; n: no > "
		                                       : "field=value mends it; ? lists the fields; n gives up > ",
		                              answer, err);
		if (status != STATUS_OK)
			return status;
		if (take_answer(report, answer, is_sound, reading, &status))
			return status == STATUS_OK ? status : error_set(err, status, "not saved, as you said");
	}
}
