#include "schema/figure.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "schema/text.h"

enum { TYPED_BYTES = 96 };

struct figure figure_none(void)
{
	return (struct figure){FIGURE_ABSENT, FIGURE_ABSENT, FIGURE_ABSENT};
}

bool figure_is_given(const struct figure *figure)
{
	return figure->best != FIGURE_ABSENT || figure->min != FIGURE_ABSENT || figure->max != FIGURE_ABSENT;
}

bool figure_is_ordered(const struct figure *figure)
{
	const int32_t least = figure->min == FIGURE_ABSENT ? 0 : figure->min;
	const int32_t most = figure->max == FIGURE_ABSENT ? FIGURE_MAX : figure->max;
	const int32_t best = figure->best == FIGURE_ABSENT ? least : figure->best;
	return least >= 0 && most <= FIGURE_MAX && least <= best && best <= most;
}

/* A sign and what it means, so that the grammar below is plain ASCII. */
struct wording {
	const char *typed;
	const char *meant;
};

static const struct wording wordings[] = {
	{"\xC2\xB1", "+-"},     {"+/-", "+-"},          {"\xE2\x89\x88", "~"},  {"\xE2\x89\xA5", ">="},
	{"\xE2\x89\xA4", "<="}, {"at least ", ">="},    {"more than ", ">="},   {"over ", ">="},
	{"up to ", "<="},       {"at most ", "<="},     {"less than ", "<="},   {"about ", "~"},
	{"around ", "~"},       {"\xD8\x8C", ","},      {"\xC2\xA0", ""},       {"\xE2\x80\xAF", ""},
	{" to ", "-"},          {" ", ""},
};

static const struct wording *wording_at(const char *text)
{
	for (size_t i = 0; i < sizeof wordings / sizeof *wordings; i++)
		if (strncasecmp(text, wordings[i].typed, strlen(wordings[i].typed)) == 0)
			return &wordings[i];
	return NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits ASCII, signs one way, no blanks; one inside a number becomes the mark before three digits, so that "5 5" is
 * not 55. False: too long, or not UTF-8. */
static bool tidy(char out[TYPED_BYTES], const char *text)
{
	char folded[TYPED_BYTES];
	if (text_fold_digits(folded, sizeof folded, span_from_text(text), NULL) != STATUS_OK)
		return false;
	size_t len = 0;
	for (const char *p = folded; *p != '\0' && len + 2 < TYPED_BYTES;) {
		const struct wording *wording = wording_at(p);
		if (wording == NULL) {
			out[len++] = *p++;
			continue;
		}
		memcpy(out + len, wording->meant, strlen(wording->meant));
		len += strlen(wording->meant);
		p += strlen(wording->typed);
		if (wording->meant[0] == '\0' && len > 0 && is_digit(out[len - 1]) && is_digit(*p))
			out[len++] = '\'';
	}
	out[len] = '\0';
	return len + 2 < TYPED_BYTES;
}

/* "59000", "59,000", "59.000", "59'000": a mark stands before each three digits or there is none. */
static bool read_count(const char **at, int32_t *count)
{
	uint32_t sum = 0;
	const char *p = *at;
	const size_t head = strspn(p, "0123456789");
	if (!text_read_number(&p, FIGURE_MAX, &sum))
		return false;
	const char mark = *p;
	if (head <= 3 && mark != '\0' && strchr(",.'", mark) != NULL) {
		while (*p == mark) {
			uint32_t group = 0;
			p++;
			if (strspn(p, "0123456789") != 3 || !text_read_number(&p, 999, &group))
				return false;
			if (sum > (FIGURE_MAX - group) / 1000)
				return false;
			sum = sum * 1000 + group;
		}
	}
	*at = p;
	*count = (int32_t)sum;
	return true;
}

static bool skip(const char **at, const char *sign)
{
	if (strncmp(*at, sign, strlen(sign)) != 0)
		return false;
	*at += strlen(sign);
	return true;
}

/* ">=250", ">250", "<=400", "<400". */
static bool read_limit(const char **at, struct figure *figure)
{
	if (skip(at, ">=") || skip(at, ">"))
		return read_count(at, &figure->min);
	if (skip(at, "<=") || skip(at, "<"))
		return read_count(at, &figure->max);
	return false;
}

/* What may stand in brackets behind the best: "250-400" or a limit. */
static bool read_bounds(const char **at, struct figure *figure)
{
	if (**at == '<' || **at == '>')
		return read_limit(at, figure);
	return read_count(at, &figure->min) && skip(at, "-") && read_count(at, &figure->max);
}

/* What follows the first number, which stands in `first`. */
static bool read_rest(const char **at, int32_t first, struct figure *figure)
{
	int32_t second = 0;
	if (skip(at, "+-")) {
		if (!read_count(at, &second) || second > first || second > FIGURE_MAX - first)
			return false;
		*figure = (struct figure){first, first - second, first + second};
		return true;
	}
	if (skip(at, "-")) {
		figure->min = first;
		return read_count(at, &figure->max);
	}
	if (skip(at, "+")) {
		figure->min = first;
		return true;
	}
	figure->best = first;
	if (skip(at, "("))
		return read_bounds(at, figure) && skip(at, ")");
	return true;
}

static bool read_figure(const char *typed, struct figure *figure)
{
	int32_t first = 0;
	const char *p = typed;
	if (*p == '<' || *p == '>')
		return read_limit(&p, figure) && *p == '\0';
	(void)skip(&p, "~");
	return read_count(&p, &first) && read_rest(&p, first, figure) && *p == '\0';
}

enum status figure_parse(struct figure *figure, const char *text, struct error *err)
{
	char typed[TYPED_BYTES];
	struct figure found = figure_none();
	if (!tidy(typed, text) || !read_figure(typed, &found))
		return error_set(err, STATUS_BAD_INPUT,
		                 "\"%.60s\" is not a count up to 2,000,000; write 300, ~300, >300, \"up to 400\", 250-400, "
		                 "300+-50 or \"300 (250-400)\"",
		                 text);
	if (!figure_is_ordered(&found))
		return error_set(err, STATUS_BAD_INPUT, "\"%.60s\" is out of order: least, best, most must not go down", text);
	*figure = found;
	return STATUS_OK;
}

/* --- with the word for what is counted --- */

struct unit_word {
	const char *word;
	enum figure_unit unit;
};

static const struct unit_word unit_words[] = {
	{"f", FIGURE_UNIT_HOUSEHOLDS},          {"fam", FIGURE_UNIT_HOUSEHOLDS},
	{"family", FIGURE_UNIT_HOUSEHOLDS},     {"families", FIGURE_UNIT_HOUSEHOLDS},
	{"h", FIGURE_UNIT_HOUSEHOLDS},          {"hh", FIGURE_UNIT_HOUSEHOLDS},
	{"household", FIGURE_UNIT_HOUSEHOLDS},  {"households", FIGURE_UNIT_HOUSEHOLDS},
	{"عائلة", FIGURE_UNIT_HOUSEHOLDS},      {"عائلات", FIGURE_UNIT_HOUSEHOLDS},
	{"عوائل", FIGURE_UNIT_HOUSEHOLDS},      {"عيلة", FIGURE_UNIT_HOUSEHOLDS},
	{"أسرة", FIGURE_UNIT_HOUSEHOLDS},       {"اسرة", FIGURE_UNIT_HOUSEHOLDS},
	{"أسر", FIGURE_UNIT_HOUSEHOLDS},        {"p", FIGURE_UNIT_INDIVIDUALS},
	{"ind", FIGURE_UNIT_INDIVIDUALS},       {"individual", FIGURE_UNIT_INDIVIDUALS},
	{"individuals", FIGURE_UNIT_INDIVIDUALS}, {"people", FIGURE_UNIT_INDIVIDUALS},
	{"person", FIGURE_UNIT_INDIVIDUALS},    {"persons", FIGURE_UNIT_INDIVIDUALS},
	{"pax", FIGURE_UNIT_INDIVIDUALS},       {"شخص", FIGURE_UNIT_INDIVIDUALS},
	{"شخصا", FIGURE_UNIT_INDIVIDUALS},      {"أشخاص", FIGURE_UNIT_INDIVIDUALS},
	{"اشخاص", FIGURE_UNIT_INDIVIDUALS},     {"نسمة", FIGURE_UNIT_INDIVIDUALS},
	{"فرد", FIGURE_UNIT_INDIVIDUALS},       {"أفراد", FIGURE_UNIT_INDIVIDUALS},
};

static enum figure_unit unit_of(const char *word)
{
	for (size_t i = 0; i < sizeof unit_words / sizeof *unit_words; i++)
		if (strcasecmp(unit_words[i].word, word) == 0)
			return unit_words[i].unit;
	return FIGURE_UNIT_NONE;
}

/* Where the number ends: behind the last digit, or the sign or bracket that closes it. */
static size_t number_len(const char *folded)
{
	size_t len = strlen(folded);
	while (len > 0 && !is_digit(folded[len - 1]) && folded[len - 1] != ')' && folded[len - 1] != '+')
		len--;
	return len;
}

enum status figure_parse_counted(struct figure *figure, enum figure_unit *unit, const char *text, struct error *err)
{
	char folded[TYPED_BYTES];
	if (text_fold_digits(folded, sizeof folded, span_from_text(text), NULL) != STATUS_OK)
		return figure_parse(figure, text, err);
	const size_t len = number_len(folded);
	char word[TYPED_BYTES] = "";
	if (len > 0) {
		const char *start = folded + len + strspn(folded + len, " ");
		memcpy(word, start, strlen(start) + 1);
		folded[len] = '\0';
	}
	for (size_t end = strlen(word); end > 0 && word[end - 1] == ' '; end--)
		word[end - 1] = '\0';
	const enum figure_unit found = unit_of(word);
	if (word[0] != '\0' && found == FIGURE_UNIT_NONE)
		return error_set(err, STATUS_BAD_INPUT, "\"%.60s\": what stands behind a number is families or people", text);
	const enum status status = figure_parse(figure, folded, err);
	if (status == STATUS_OK)
		*unit = found;
	return status;
}

static void format_bounds(const struct figure *figure, char text[FIGURE_TEXT_BYTES])
{
	if (figure->min != FIGURE_ABSENT && figure->max != FIGURE_ABSENT)
		(void)snprintf(text, FIGURE_TEXT_BYTES, "%d-%d", figure->min, figure->max);
	else if (figure->min != FIGURE_ABSENT)
		(void)snprintf(text, FIGURE_TEXT_BYTES, ">=%d", figure->min);
	else if (figure->max != FIGURE_ABSENT)
		(void)snprintf(text, FIGURE_TEXT_BYTES, "<=%d", figure->max);
	else
		text[0] = '\0';
}

void figure_format(const struct figure *figure, char text[FIGURE_TEXT_BYTES])
{
	char bounds[FIGURE_TEXT_BYTES];
	format_bounds(figure, bounds);
	if (figure->best == FIGURE_ABSENT)
		memcpy(text, bounds, sizeof bounds);
	else if (bounds[0] == '\0')
		(void)snprintf(text, FIGURE_TEXT_BYTES, "%d", figure->best);
	else
		(void)snprintf(text, FIGURE_TEXT_BYTES, "%d (%.*s)", figure->best, FIGURE_TEXT_BYTES - 16, bounds);
}
