#include "app/dialogue_questions.h"

#include <string.h>

#include "schema/vocabulary.h"

/* Bits of vocabulary_kind. */
enum {
	STOCK = 1 << 1,
	ARRIVAL = 1 << 2,
	DEPARTURE = 1 << 3,
	RETURN = 1 << 4,
	TRANSIT = 1 << 5,
	INTENTION = 1 << 6,
	LEAVING = DEPARTURE | INTENTION,
	COMING = STOCK | ARRIVAL | RETURN | TRANSIT,
};

#define A_PLACE "P-code, or the name as people say it"
#define HELP_PLACE                                                                 \
	"C5999 is a P-code. A name is looked for\n"                                \
	"in the lists here: Sura, Izra. One that\n"                                \
	"none has is kept as spoken; if you know\n"                                \
	"the area, add its code:\n"                                               \
	"Farm east of Nasib (near SY1200)"
#define HELP_WHEN                                                                  \
	"today, yesterday, 3 days ago, Tuesday,\n"                                 \
	"20/6, 2018-06-20, since Tuesday,\n"                                       \
	"until 20/6, 18/6 - 20/6"

/* "where" takes what is typed as a P-code or as spoken: a list of candidates would be offered where it is read. */
static const struct dialogue_question questions[] = {
	{DIALOGUE_STEP_KIND, 0, DIALOGUE_FIELD, true, "what", "What happened?", "",
	 "People present is a count of who is\n"
	 "there now. All others count who moved.\n"
	 "The two are never added up.",
	 {"kind"}, &vocabulary_kind},

	{DIALOGUE_STEP_WHERE, ARRIVAL, DIALOGUE_FIELD, true, "where", "Where did they arrive?", A_PLACE, HELP_PLACE, {"place"}, NULL},
	{DIALOGUE_STEP_WHERE, STOCK, DIALOGUE_FIELD, true, "where", "Where are they?", A_PLACE, HELP_PLACE, {"place"}, NULL},
	{DIALOGUE_STEP_WHERE, DEPARTURE, DIALOGUE_FIELD, true, "where", "Which place did they leave?", A_PLACE, HELP_PLACE, {"place"}, NULL},
	{DIALOGUE_STEP_WHERE, RETURN, DIALOGUE_FIELD, true, "where", "Where did they return to?", A_PLACE, HELP_PLACE, {"place"}, NULL},
	{DIALOGUE_STEP_WHERE, TRANSIT, DIALOGUE_FIELD, true, "where", "Where do they pass through?", A_PLACE, HELP_PLACE, {"place"}, NULL},
	{DIALOGUE_STEP_WHERE, INTENTION, DIALOGUE_FIELD, true, "where", "Which place would they leave?", A_PLACE, HELP_PLACE, {"place"}, NULL},

	{DIALOGUE_STEP_FROM_WHERE, COMING, DIALOGUE_FIELD, false, "from", "Where did they come from?",
	 "as before; several: C6116 60; C6105 40",
	 "Up to five places with ; between them.\n"
	 "A share in percent may stand behind\n"
	 "each: C6116 60; Hrak 40.\n"
	 "What the shares lack was not said.",
	 {"origin"}, NULL},
	{DIALOGUE_STEP_FROM_WHERE, LEAVING, DIALOGUE_FIELD, false, "to", "Where to?", A_PLACE, HELP_PLACE, {"destination"}, NULL},

	{DIALOGUE_STEP_HOW_MANY, 0, DIALOGUE_HOW_MANY, true, "count", "How many?", "300 families, ~300 f, 250-400 people",
	 "f is families, p is people; both may\n"
	 "stand: 300 f, 1500 p. Do not work one\n"
	 "out from the other.\n"
	 "~300 about    250-400 between\n"
	 ">300 at least  up to 400 at most\n"
	 "300 (250-400) best guess and limits\n"
	 "unknown, if nobody could say",
	 {"households", "individuals"}, NULL},

	{DIALOGUE_STEP_WHEN, STOCK, DIALOGUE_WHEN, true, "when", "When were they seen there?", "today, yesterday, Tuesday, 20/6", HELP_WHEN,
	 {"from", "to", "observed_on"}, NULL},
	{DIALOGUE_STEP_WHEN, INTENTION, DIALOGUE_WHEN, true, "when", "When would they go?", "a day, or from a day: since 20/6/2018", HELP_WHEN,
	 {"from", "to", "observed_on"}, NULL},
	{DIALOGUE_STEP_WHEN, 0, DIALOGUE_WHEN, true, "when", "When did they move?", "today, yesterday, since Tuesday, 20/6", HELP_WHEN,
	 {"from", "to", "observed_on"}, NULL},

	{DIALOGUE_STEP_WHY, 0, DIALOGUE_FIELD, false, "why", "Why did they move?", "up to three, the main one first: 1; 7",
	 "Numbers or words, with ; between them.\n"
	 "unknown, not_asked, refused and unsafe\n"
	 "say why there is no answer.",
	 {"reason"}, &vocabulary_reason},

	{DIALOGUE_STEP_SOURCE, 0, DIALOGUE_FIELD, false, "source", "How do you know?", "how reliable, A to F: 2 B; 6 C #uncle",
	 "Who told you, and how reliable he is:\n"
	 "A always right, B mostly, C often,\n"
	 "D seldom, E never, F cannot be said.\n"
	 "Never a name. A nickname that only you\n"
	 "understand may follow #: a tag is kept\n"
	 "in its place, the same one each time.",
	 {"sources"}, &vocabulary_source},

	{DIALOGUE_STEP_ELSE, 0, DIALOGUE_FIELD, false, "note", "Anything else?", "a note, no names; more: other fields",
	 "Up to 500 characters. No names, phone\n"
	 "or identity numbers: others read it.\n"
	 "more shows needs, access, who they are,\n"
	 "how they were counted, and the rest.",
	 {"note"}, NULL},
};

enum { QUESTIONS = sizeof questions / sizeof *questions };

const struct dialogue_question *dialogue_question_at(uint8_t step, uint8_t kind)
{
	const struct dialogue_question *found = NULL;
	for (size_t i = 0; i < QUESTIONS; i++) {
		const bool fits = kind == 0 || questions[i].kinds == 0 || (questions[i].kinds >> kind & 1) != 0;
		if (questions[i].step == step && fits && found == NULL)
			found = &questions[i];
	}
	return found;
}

static bool has_words(const struct report_field *field)
{
	return field->codes != NULL && (field->type == REPORT_CODE || field->type == REPORT_CODES_LIST);
}

/* How the types that are not plain are written. */
static const char *written(const struct report_field *field)
{
	switch (field->type) {
	case REPORT_PLACE: return A_PLACE;
	case REPORT_ORIGIN_LIST: return "C6116 60; C6105 40";
	case REPORT_POINT: return "32.55133, 36.18689 1000m";
	case REPORT_DAY: return "today, yesterday, Tuesday, 20/6";
	case REPORT_FIGURE: return "300, ~300, 250-400, >300, up to 400";
	case REPORT_HOUSEHOLD_LINK: return "counted_both, or ind_from_hh 5.5";
	case REPORT_SADD: return "f0-4=12; m60+=3; scope=sample";
	case REPORT_COUNTS_LIST: return "disability=4; older_alone=2";
	case REPORT_ACCESS: return "full, none, or partial: roadblock";
	case REPORT_SOURCE_LIST: return "2 B; 6 C #uncle";
	case REPORT_NUMBER: return "a number from 1 to 6";
	case REPORT_LINK_LIST: return "whole ids of 64 digits";
	case REPORT_CODES_LIST: return "several: with ; between them";
	case REPORT_CODE:
	case REPORT_TEXT: return "";
	}
	return "";
}

void dialogue_question_of(struct dialogue_question *question, const struct report_field *field)
{
	*question = (struct dialogue_question){
		.reader = DIALOGUE_FIELD,
		.word = field->name,
		.ask = field->help,
		.expects = written(field),
		.help = "unknown, not_asked, refused and unsafe\nsay why there is no answer.",
		.fields = {field->name},
		.choices = has_words(field) ? field->codes : NULL,
	};
}

bool dialogue_question_fills(uint8_t kind, const struct report_field *field)
{
	for (uint8_t step = 1; step <= DIALOGUE_STEPS; step++) {
		const struct dialogue_question *question = dialogue_question_at(step, kind);
		for (size_t i = 0; i < DIALOGUE_FIELDS && question->fields[i] != NULL; i++)
			if (strcmp(question->fields[i], field->name) == 0)
				return true;
	}
	return false;
}
