/* The fields of a report, as help and a shell's completion show them; and what a note is asked. */
#include "app/completion.h"
#include "app/print.h"
#include "app/sijil/sijil.h"
#include "schema/telltale.h"
#include "schema/vocabulary.h"

#include <stdio.h>
#include <string.h>

static bool has_words(const struct report_field *field)
{
	return field->codes != NULL && (field->type == REPORT_CODE || field->type == REPORT_CODES_LIST);
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

enum status sijil_question_note(const struct report *report, struct error *err)
{
	struct telltale found;
	if (!telltale_find(report->note, 0, &found))
		return STATUS_OK;
	(void)error_set(err, STATUS_BAD_INPUT, "the note seems to hold %s: '%.*s'", telltale_kind_words(found.kind), (int)found.len,
	                report->note + found.at);
	error_hint(err, "nothing was saved; all of headquarters reads notes: take it out, or say --as-it-is");
	return STATUS_BAD_INPUT;
}
