#include "app/dialogue.h"
#include "app/dialogue_say.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "schema/text.h"
#include "schema/vocabulary.h"

enum { JUNE_21 = 17703, NARROW = 40, INDENT = 2 };

static struct error err;

/* --- the questions --- */

static void expect_narrow(const char *text, size_t indent)
{
	for (const char *line = text; *line != '\0';) {
		const size_t len = strcspn(line, "\n");
		cr_expect_leq(text_width((struct span){(const uint8_t *)line, len}) + indent, (size_t)NARROW, "%.*s", (int)len, line);
		line += len + (line[len] == '\n');
	}
}

Test(dialogue, has_a_question_for_each_step_of_each_kind_of_report)
{
	for (uint8_t kind = 0; kind <= vocabulary_kind.len; kind++) {
		for (uint8_t step = 1; step <= DIALOGUE_STEPS; step++) {
			const struct dialogue_question *const question = dialogue_question_at(step, kind);
			cr_assert_not_null(question, "kind %u, step %u", kind, step);
			for (size_t i = 0; i < DIALOGUE_FIELDS && question->fields[i] != NULL; i++)
				cr_expect_not_null(report_field_find(question->fields[i]), "%s", question->fields[i]);
			cr_expect_leq(strlen("8 of 8. ") + strlen(question->ask), (size_t)NARROW, "%s", question->ask);
			expect_narrow(question->expects, INDENT);
			expect_narrow(question->help, 0);
		}
	}
	cr_expect_null(dialogue_question_at(DIALOGUE_STEPS + 1, 0));
}

Test(dialogue, asks_where_to_of_those_who_leave)
{
	cr_expect_str_eq(dialogue_question_at(DIALOGUE_STEP_FROM_WHERE, 2)->fields[0], "origin");
	cr_expect_str_eq(dialogue_question_at(DIALOGUE_STEP_FROM_WHERE, 3)->fields[0], "destination");
	cr_expect(dialogue_question_fills(3, report_field_find("destination")));
	cr_expect_not(dialogue_question_fills(3, report_field_find("origin")));
	cr_expect_not(dialogue_question_fills(2, report_field_find("needs")));
}

Test(dialogue, can_ask_for_every_field)
{
	for (size_t i = 0; i < report_fields_len; i++) {
		struct dialogue_question question;
		dialogue_question_of(&question, &report_fields[i]);
		cr_expect_str_eq(question.fields[0], report_fields[i].name);
		expect_narrow(question.expects, INDENT);
	}
}

/* --- what is said back --- */

struct said {
	uint8_t step;
	const char *field, *value, *said;
};

static const struct said sayings[] = {
	{DIALOGUE_STEP_KIND, "kind", "arrival", "Arrival"},
	{DIALOGUE_STEP_WHERE, "place", "C5999", "C5999"},
	{DIALOGUE_STEP_WHERE, "place", "Farm (near SY1200)", "\"Farm\" as spoken near SY1200"},
	{DIALOGUE_STEP_WHERE, "place", "C5999 Nasib", "C5999 Nasib"},
	{DIALOGUE_STEP_FROM_WHERE, "origin", "C6116:60; Hrak", "C6116 60 %, \"Hrak\" as spoken"},
	{DIALOGUE_STEP_HOW_MANY, "households", "250-400", "250 to 400 families"},
	{DIALOGUE_STEP_HOW_MANY, "households", ">=250", "at least 250 families"},
	{DIALOGUE_STEP_HOW_MANY, "individuals", "up to 400", "at most 400 people"},
	{DIALOGUE_STEP_HOW_MANY, "individuals", "300 (250-400)", "300 people: 250 to 400"},
	{DIALOGUE_STEP_HOW_MANY, "households", "unknown", "Not known"},
	{DIALOGUE_STEP_WHEN, "observed_on", "2018-06-21", "told Thu 2018-06-21"},
	{DIALOGUE_STEP_WHEN, "from", "2018-06-19", "since Tue 2018-06-19"},
	{DIALOGUE_STEP_WHEN, "to", "2018-06-19", "until Tue 2018-06-19"},
	{DIALOGUE_STEP_WHY, "reason", "airstrike_shelling; insecurity", "Air strikes or shelling, Insecurity"},
	{DIALOGUE_STEP_WHY, "reason", "refused", "Refused to say"},
	{DIALOGUE_STEP_SOURCE, "sources", "driver C #=1f2e3d4c5b6a7988; B", "Driver C (tagged), Somebody B"},
	{DIALOGUE_STEP_ELSE, "note", "المدرسة مكتظة", "المدرسة مكتظة"},
};

Test(dialogue, says_in_full_what_was_understood)
{
	const struct report_reading reading = {.today = JUNE_21};
	for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++) {
		struct report report;
		char text[REPORT_TEXT_BYTES];
		report_init(&report);
		const struct report_field *const field = report_field_find(sayings[i].field);
		cr_assert_eq(report_set(&report, field, sayings[i].value, &reading, &err), STATUS_OK, "%s", err.message);
		dialogue_say(&report, dialogue_question_at(sayings[i].step, report.kind), text);
		cr_expect_str_eq(text, sayings[i].said);
	}
}

/* --- a whole one, typed into a pipe --- */

static struct dialogue dialogue;
static size_t kept;
static bool can_keep;

static enum status keep(void *context, const struct dialogue *of, struct error *why)
{
	(void)context;
	(void)of;
	kept++;
	return can_keep ? STATUS_OK : error_set(why, STATUS_IO, "the disk is full");
}

static enum status check(void *context, struct dialogue *of, struct error *why)
{
	const struct report_clock clock = {1529582400, false};
	(void)context;
	return report_validate(&of->report, &clock, why);
}

static void start(void)
{
	dialogue = (struct dialogue){.reading = {.today = JUNE_21}, .steps = DIALOGUE_ALL_STEPS, .keep = keep, .check = check};
	report_init(&dialogue.report);
	report_init(&dialogue.base);
	report_init(&dialogue.usual);
	dialogue.usual.kind = VOCABULARY_KIND_ARRIVAL;
	kept = 0;
	can_keep = true;
}

static enum status run(const char *typed)
{
	int pipes[2];
	cr_assert_eq(pipe(pipes), 0);
	cr_assert_eq(write(pipes[1], typed, strlen(typed)), (ssize_t)strlen(typed));
	(void)close(pipes[1]);
	cr_assert_eq(dup2(pipes[0], STDIN_FILENO), STDIN_FILENO);
	(void)close(pipes[0]);
	cr_assert_eq(line_new(&dialogue.line, &err), STATUS_OK);
	const enum status status = dialogue_run(&dialogue, &err);
	line_free(dialogue.line);
	return status;
}

static void expect(const char *field, const char *value)
{
	char text[REPORT_TEXT_BYTES];
	report_format(&dialogue.report, report_field_find(field), text);
	cr_expect_str_eq(text, value, "%s", field);
}

Test(dialogue, takes_what_is_usual_by_enter, .init = start)
{
	cr_assert_eq(run("\nC5999\n\n300 f\n\n\n\n\n\n"), STATUS_OK, "%s", err.message);
	expect("kind", "arrival");
	expect("from", "2018-06-21");
	expect("households", "300");
	cr_expect_eq(kept, 8u, "each answer");
}

Test(dialogue, goes_back_and_on_where_it_was, .init = start)
{
	cr_assert_eq(run("\nC5999\nC6116\n<\n<\nC7777\n300\n<\n300\nx\np\n\n\n\n\n\n"), STATUS_OK, "%s", err.message);
	expect("place", "C7777");
	expect("origin", "C6116");
	expect("individuals", "300");
}

Test(dialogue, insists_on_what_is_needed, .init = start)
{
	cr_assert_eq(run("\n\n-\nC5999\n\n\nmany\n300 f\n\n.\n\n"), STATUS_OK, "%s", err.message);
	expect("households", "300");
}

Test(dialogue, mends_in_the_summary_by_number_word_and_name, .init = start)
{
	cr_assert_eq(run("\nC5999\n\n300 f\n\n.\n2\nC1111\nwhy\nsiege\nneeds=food\nmore\n22\nphone\n\n\n"), STATUS_OK, "%s", err.message);
	expect("place", "C1111");
	expect("reason", "siege_end");
	expect("needs", "food");
	expect("mode", "phone");
}

Test(dialogue, does_not_save_what_is_not_sound, .init = start)
{
	cr_assert_eq(run("\nC5999\n.\n\nyes\n"), STATUS_NOT_FOUND, "the input ends first");
	cr_expect_eq(kept, 3u);
}

Test(dialogue, stops_and_drops_by_a_word, .init = start)
{
	cr_expect_eq(run("\nq\n"), STATUS_NOT_FOUND);
	cr_expect_eq(run("C5999\n.\ndrop\n"), STATUS_REFUSED);
}

Test(dialogue, goes_on_where_no_draft_can_be_kept, .init = start)
{
	can_keep = false;
	cr_assert_eq(run("\nC5999\n\n300 f\n\n.\n\n"), STATUS_OK, "%s", err.message);
	cr_expect_gt(kept, 4u);
}

Test(dialogue, asks_a_day_where_the_clock_is_not_set, .init = start)
{
	dialogue.reading.today = INT32_MIN;
	dialogue.clock_is_unset = true;
	cr_assert_eq(run("\nC5999\n\n300 f\n\nyesterday\n20/6/2018\n.\n\n"), STATUS_OK, "%s", err.message);
	expect("from", "2018-06-20");
	expect("observed_on", "");
}
