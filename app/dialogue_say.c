#include "app/dialogue_say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/print.h"
#include "schema/date.h"
#include "schema/text.h"
#include "schema/vocabulary.h"

/* Text being put together, cut where it would not fit. */
struct saying {
	char *text;
	size_t len;
};

static void put(struct saying *saying, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct saying *saying, const char *format, ...)
{
	const size_t room = REPORT_TEXT_BYTES - saying->len;
	va_list args;
	va_start(args, format);
	const int len = vsnprintf(saying->text + saying->len, room, format, args);
	va_end(args);
	if (len > 0)
		saying->len += (size_t)len < room ? (size_t)len : room - 1;
}

static const char *between(const struct saying *saying)
{
	return saying->len > 0 ? ", " : "";
}

static void say_label(struct saying *saying, const struct vocabulary *codes, uint8_t code)
{
	const char *label = vocabulary_label(codes, code);
	put(saying, "%s%s", between(saying), label != NULL ? label : "?");
}

static void say_labels(struct saying *saying, const struct vocabulary *codes, const struct codes *list)
{
	for (size_t i = 0; i < list->len && i < REPORT_CODES; i++)
		say_label(saying, codes, list->code[i]);
}

static void say_place(struct saying *saying, const struct place *place)
{
	put(saying, "%s", between(saying));
	if (place->pcode[0] != '\0')
		put(saying, "%s%s%s", place->pcode, place->name[0] != '\0' ? " " : "", place->name);
	else
		put(saying, "\"%s\" as spoken", place->name);
	if (place->near[0] != '\0')
		put(saying, " near %s", place->near);
}

static void say_origins(struct saying *saying, const struct report *report)
{
	for (size_t i = 0; i < report->origins_len && i < REPORT_ORIGINS; i++) {
		say_place(saying, &report->origins[i].place);
		if (report->origins[i].share != 0)
			put(saying, " %u %%", report->origins[i].share);
	}
}

static void say_figure(struct saying *saying, const struct figure *figure, const char *what)
{
	const bool has_min = figure->min != FIGURE_ABSENT, has_max = figure->max != FIGURE_ABSENT;
	if (!figure_is_given(figure))
		return;
	put(saying, "%s", between(saying));
	if (figure->best != FIGURE_ABSENT)
		put(saying, "%d %s%s", figure->best, what, has_min || has_max ? ": " : "");
	if (has_min && has_max)
		put(saying, "%d to %d", figure->min, figure->max);
	else if (has_min)
		put(saying, "at least %d", figure->min);
	else if (has_max)
		put(saying, "at most %d", figure->max);
	if (figure->best == FIGURE_ABSENT)
		put(saying, " %s", what);
}

static void say_day(struct saying *saying, const char *word, int32_t day)
{
	char text[DATE_TEXT_BYTES];
	if (day == REPORT_DAY_ABSENT)
		return;
	date_format(day, text);
	put(saying, "%s%s %s", word, date_weekday(day), text);
}

static void say_when(struct saying *saying, const struct report *report)
{
	const bool stock = report->kind == VOCABULARY_KIND_STOCK;
	if (report->from != REPORT_DAY_ABSENT && report->from == report->to) {
		say_day(saying, "on ", report->from);
	} else if (report->from != REPORT_DAY_ABSENT || report->to != REPORT_DAY_ABSENT) {
		say_day(saying, report->to == REPORT_DAY_ABSENT ? "since " : "from ", report->from);
		say_day(saying, report->from == REPORT_DAY_ABSENT ? "until " : " to ", report->to);
	}
	say_day(saying, saying->len > 0 ? (stock ? ", seen " : ", told ") : stock ? "seen " : "told ", report->observed_on);
}

static void say_sources(struct saying *saying, const struct report *report)
{
	for (size_t i = 0; i < report->sources_len && i < REPORT_SOURCES; i++) {
		const struct source *const source = &report->sources[i];
		if (source->kind != 0)
			say_label(saying, &vocabulary_source, source->kind);
		else
			put(saying, "%sSomebody", between(saying));
		if (source->reliability != 0)
			put(saying, " %c", 'A' + source->reliability - 1);
		if (source->tagged)
			put(saying, " (tagged)");
	}
}

static void say_field(struct saying *saying, const struct report *report, const struct report_field *field)
{
	const uint8_t *const value = (const uint8_t *)report + field->offset;
	const uint8_t reason = report_absent(report, field);
	if (!report_has(report, field)) {
		if (reason != 0)
			say_label(saying, &vocabulary_absent, reason);
		return;
	}
	switch (field->type) {
	case REPORT_CODE: say_label(saying, field->codes, *value); break;
	case REPORT_CODES_LIST: say_labels(saying, field->codes, (const struct codes *)(const void *)value); break;
	case REPORT_PLACE: say_place(saying, (const struct place *)(const void *)value); break;
	case REPORT_ORIGIN_LIST: say_origins(saying, report); break;
	case REPORT_SOURCE_LIST: say_sources(saying, report); break;
	case REPORT_TEXT: put(saying, "%s", (const char *)value); break;
	case REPORT_POINT:
	case REPORT_DAY:
	case REPORT_FIGURE:
	case REPORT_HOUSEHOLD_LINK:
	case REPORT_SADD:
	case REPORT_COUNTS_LIST:
	case REPORT_ACCESS:
	case REPORT_NUMBER:
	case REPORT_LINK_LIST: report_format(report, field, saying->text); break;
	}
}

void dialogue_say(const struct report *report, const struct dialogue_question *question, char text[REPORT_TEXT_BYTES])
{
	struct saying saying = {text, 0};
	text[0] = '\0';
	switch (question->reader) {
	case DIALOGUE_HOW_MANY:
		say_figure(&saying, &report->households, "families");
		say_figure(&saying, &report->individuals, "people");
		if (saying.len == 0)
			say_field(&saying, report, report_field_find("households"));
		break;
	case DIALOGUE_WHEN: say_when(&saying, report); break;
	case DIALOGUE_FIELD: say_field(&saying, report, report_field_find(question->fields[0])); break;
	}
}

/* How many bytes of the text fit the columns: up to a blank, or where there is none up to a character. */
static size_t line_of(const char *text, size_t columns)
{
	size_t fits = 0, blank = 0;
	for (size_t len = 1; len <= strlen(text); len++) {
		if (((unsigned char)text[len] & 0xc0) == 0x80)
			continue;
		if (text_width((struct span){(const uint8_t *)text, len}) > columns)
			return blank > 0 ? blank : fits > 0 ? fits : len;
		fits = len;
		if (text[len] == ' ' || text[len] == '\0')
			blank = len;
	}
	return fits;
}

void dialogue_say_wrapped(const char *lead, const char *text)
{
	enum { NARROWEST = 20 };
	const size_t indent = text_width(span_from_text(lead));
	const size_t columns = print_columns() > indent + NARROWEST ? print_columns() - indent : NARROWEST;
	print_out("%s", lead);
	while (strlen(text) > 0) {
		const size_t len = line_of(text, columns);
		print_out("%.*s\n", (int)len, text);
		text += len + strspn(text + len, " ");
		if (*text == '\0')
			return;
		print_out("%*s", (int)indent, "");
	}
	print_out("\n");
}

void dialogue_say_choices(const struct vocabulary *choices)
{
	enum { GAP = 2, NUMBER = 4, COLUMNS_MAX = 3 };
	size_t widest = 0;
	for (size_t i = 0; i < choices->len; i++) {
		const size_t len = strlen(choices->entries[i].label);
		widest = len > widest ? len : widest;
	}
	const size_t fit = print_columns() / (widest + NUMBER + GAP);
	const size_t columns = fit < 1 ? 1 : fit > COLUMNS_MAX ? COLUMNS_MAX : fit;
	const size_t rows = (choices->len + columns - 1) / columns;
	for (size_t row = 0; row < rows; row++) {
		for (size_t i = row; i < choices->len; i += rows) {
			const struct vocabulary_entry *const entry = &choices->entries[i];
			const bool last = i + rows >= choices->len;
			print_out("%3u %-*s", entry->code, last ? 0 : (int)(widest + GAP), entry->label);
		}
		print_out("\n");
	}
}
