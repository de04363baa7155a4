#include "schema/report_place.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "schema/report_typed.h"
#include "schema/text.h"

static const char capitals_and_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool report_place_code_is_valid(const char *text)
{
	const size_t len = strlen(text);
	return len > 0 && len < REPORT_PCODE_BYTES && strspn(text, capitals_and_digits) == len;
}

/* Whether a word is meant as a P-code although nothing says so: up to three letters, then at
 * least two digits, letters and digits from there; or at least four digits. */
static bool looks_like_pcode(const char *word)
{
	static const char digits[] = "0123456789";
	const size_t letters = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	const size_t figures = strspn(word + letters, digits);
	if (!report_place_code_is_valid(word))
		return false;
	return letters == 0 ? figures >= 4 && word[figures] == '\0' : letters <= 3 && figures >= 2;
}

struct code_word {
	char pcode[REPORT_PCODE_BYTES];
	uint8_t gazetteer;
};

/* Reads "C5999", "c5999@1", "=LSA" of `len` bytes. `sure`: the context says that a P-code is meant. */
static bool read_code(struct code_word *code, const char *text, size_t len, bool sure)
{
	enum { WORD_BYTES = 64 };
	char word[WORD_BYTES];
	uint32_t gazetteer = 0;
	if (text_fold_digits(word, sizeof word, (struct span){(const uint8_t *)text, len}, NULL) != STATUS_OK)
		return false;
	char *mark = strchr(word, '@');
	if (mark != NULL) {
		const char *p = mark + 1;
		if (!text_read_number(&p, UINT8_MAX, &gazetteer) || *p != '\0')
			return false;
		*mark = '\0';
	}
	char *start = word + (word[0] == '=');
	if (sure && report_place_code_is_valid(start))
		goto found;
	for (char *p = start; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	if (!looks_like_pcode(start) && !(start != word && report_place_code_is_valid(start)))
		return false;
found:
	memset(code, 0, sizeof *code);
	memcpy(code->pcode, start, strlen(start));
	code->gazetteer = (uint8_t)gazetteer;
	return true;
}

bool report_place_is_code(const char *word, size_t len)
{
	struct code_word code;
	return read_code(&code, word, len, false);
}

/* Finds "near SY1200" or "(near SY1200)" at the end of `text`; *len becomes the length of what stands before it. */
static bool read_near(struct code_word *code, const char *text, size_t *len)
{
	const char *open = report_typed_last(text, '(');
	const size_t all = strlen(text);
	if (open != NULL && text[all - 1] == ')' && strncasecmp(open, "(near ", 6) == 0 &&
	    read_code(code, open + 6, (size_t)(text + all - 1 - open) - 6, true)) {
		*len = (size_t)(open - text);
		return true;
	}
	const char *blank = report_typed_last(text, ' ');
	if (blank == NULL || !read_code(code, blank + 1, strlen(blank + 1), false))
		return false;
	const size_t before = (size_t)(blank - text);
	if (before < 4 || strncasecmp(blank - 4, "near", 4) != 0 || (before > 4 && blank[-5] != ' '))
		return false;
	*len = before - 4;
	return true;
}

static enum status read_name(struct place *place, const char *text, size_t len, struct error *err)
{
	char name[REPORT_TEXT_BYTES];
	char bare[REPORT_TEXT_BYTES];
	while (len > 0 && text[len - 1] == ' ')
		len--;
	memcpy(name, text, len);
	name[len] = '\0';
	const char *said = report_typed_unquote(bare, name) ? bare : name;
	return text_normalise(place->name, sizeof place->name, span_from_text(said), REPORT_NAME_CHARS, err);
}

/* As of a list that somebody looks at. A place that is called so stands in quotes. */
static bool is_number_alone(const char *text)
{
	char folded[REPORT_TEXT_BYTES];
	return text_fold_digits(folded, sizeof folded, span_from_text(text), NULL) == STATUS_OK && folded[0] != '\0' &&
	       folded[strspn(folded, "0123456789")] == '\0';
}

enum status report_place_parse(struct place *place, const char *text, struct error *err)
{
	struct place found;
	struct code_word code;
	memset(&found, 0, sizeof found);
	if (strlen(text) >= REPORT_TEXT_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "the place is longer than %d characters", REPORT_NAME_CHARS);
	const size_t word = strcspn(text, " (");
	if (read_code(&code, text, word, false)) {
		memcpy(found.pcode, code.pcode, sizeof found.pcode);
		found.gazetteer = code.gazetteer;
		text += word;
		text += strspn(text, " ");
	} else if (text[0] == '=') {
		return error_set(err, STATUS_BAD_INPUT, "\"%.60s\" is no P-code: 1 to 16 letters and digits stand behind '='", text);
	}
	if (found.pcode[0] == '\0' && is_number_alone(text))
		return error_set(err, STATUS_BAD_INPUT, "\"%.60s\" is a number; write a P-code (C5999) or the name of a place", text);
	size_t len = strlen(text);
	if (read_near(&code, text, &len)) {
		if (code.gazetteer != 0 && found.pcode[0] != '\0' && code.gazetteer != found.gazetteer)
			return error_set(err, STATUS_BAD_INPUT, "\"%.60s\" names two gazetteers", text);
		memcpy(found.near, code.pcode, sizeof found.near);
		found.gazetteer = found.pcode[0] != '\0' ? found.gazetteer : code.gazetteer;
	}
	const enum status status = read_name(&found, text, len, err);
	if (status != STATUS_OK)
		return status;
	if (found.pcode[0] == '\0' && found.name[0] == '\0')
		return error_set(err, STATUS_BAD_INPUT, "\"%.60s\" names no place; write a P-code (C5999) or the name as spoken",
		                 text);
	*place = found;
	return STATUS_OK;
}

/* Whether a name reads back as itself without quotes, wherever it stands. */
static bool name_is_plain(const char *name)
{
	struct code_word code;
	if (name[0] == '\'' || name[0] == '=' || strpbrk(name, "\";,:@()%") != NULL || strcasestr(name, "near") != NULL)
		return false;
	if (strstr(name, "\xD8\x9B") != NULL || strstr(name, "\xD8\x8C") != NULL || strstr(name, "\xD9\xAA") != NULL)
		return false;
	/* A quote could open behind a blank. */
	if (strstr(name, " '") != NULL || report_typed_absent(name) != 0)
		return false;
	/* Behind a P-code a number is a share. */
	char folded[REPORT_NAME_BYTES];
	if (text_fold_digits(folded, sizeof folded, span_from_text(name), NULL) != STATUS_OK ||
	    (name[0] != '\0' && folded[strspn(folded, "0123456789")] == '\0'))
		return false;
	return !read_code(&code, name, strcspn(name, " "), false);
}

void report_place_format(const struct place *place, char text[REPORT_PLACE_TEXT_BYTES])
{
	char name[2 * REPORT_NAME_BYTES + 3] = "";
	char mark[8] = "";
	char near[REPORT_PCODE_BYTES + 16] = "";
	if (place->gazetteer != 0)
		(void)snprintf(mark, sizeof mark, "@%u", place->gazetteer);
	if (name_is_plain(place->name))
		memcpy(name, place->name, strlen(place->name) + 1);
	else
		report_typed_quote(name, place->name);
	if (place->near[0] != '\0')
		(void)snprintf(near, sizeof near, "(near %.16s%s)", place->near, place->pcode[0] == '\0' ? mark : "");
	(void)snprintf(text, REPORT_PLACE_TEXT_BYTES, "%s%.16s%s%s%.400s%s%s",
	               place->pcode[0] == '\0' || looks_like_pcode(place->pcode) ? "" : "=", place->pcode,
	               place->pcode[0] == '\0' ? "" : mark, place->pcode[0] != '\0' && name[0] != '\0' ? " " : "", name,
	               near[0] != '\0' && (name[0] != '\0' || place->pcode[0] != '\0') ? " " : "", near);
}
