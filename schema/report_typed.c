#include "schema/report_typed.h"

#include <string.h>
#include <strings.h>

#include "schema/vocabulary.h"

uint8_t report_typed_absent(const char *text)
{
	for (size_t i = 0; i < vocabulary_absent.len; i++)
		if (strcasecmp(vocabulary_absent.entries[i].word, text) == 0)
			return vocabulary_absent.entries[i].code;
	return 0;
}

/* The length of a list separator at `p`: ';' ',' and the Arabic U+061B and U+060C. */
static size_t separator_len(const char *p)
{
	if (*p == ';' || *p == ',')
		return 1;
	return strncmp(p, "\xD8\x9B", 2) == 0 || strncmp(p, "\xD8\x8C", 2) == 0 ? 2 : 0;
}

/* Behind the closing quote of what opens at `p`; NULL where nothing is quoted. A quote
 * closes only before an end, so that the apostrophes of 'Atman and Dar'a stay letters. */
static const char *quoted_end(const char *p)
{
	const char quote = *p;
	if (quote != '"' && quote != '\'')
		return NULL;
	for (p++; *p != '\0'; p++) {
		if (*p != quote)
			continue;
		if (p[1] == quote) {
			p++;
			continue;
		}
		return p[1] == '\0' || strchr(" :(", p[1]) != NULL || separator_len(p + 1) > 0 ? p + 1 : NULL;
	}
	return NULL;
}

/* One step through typed text: over a quoted part whole, else one byte. `start` says whether a quote may open here. */
static const char *step(const char *p, bool start)
{
	const char *end = start ? quoted_end(p) : NULL;
	return end != NULL ? end : p + 1;
}

bool report_typed_next(const char **at, char entry[REPORT_TEXT_BYTES])
{
	const char *p = *at;
	while (*p == ' ' || separator_len(p) > 0)
		p += *p == ' ' ? 1 : separator_len(p);
	if (*p == '\0')
		return false;
	const char *start = p;
	while (*p != '\0' && separator_len(p) == 0)
		p = step(p, p == start || p[-1] == ' ');
	size_t len = (size_t)(p - start);
	*at = p;
	while (len > 0 && start[len - 1] == ' ')
		len--;
	memcpy(entry, start, len);
	entry[len] = '\0';
	return true;
}

const char *report_typed_last(const char *text, char mark)
{
	const char *found = NULL;
	for (const char *p = text; *p != '\0'; p = step(p, p == text || p[-1] == ' '))
		if (*p == mark)
			found = p;
	return found;
}

bool report_typed_unquote(char *out, const char *text)
{
	const char *end = quoted_end(text);
	if (end == NULL || *end != '\0')
		return false;
	for (const char *p = text + 1; p + 1 < end; p++) {
		*out++ = *p;
		if (*p == *text)
			p++;
	}
	*out = '\0';
	return true;
}

void report_typed_quote(char *out, const char *text)
{
	*out++ = '"';
	for (; *text != '\0'; text++) {
		*out++ = *text;
		if (*text == '"')
			*out++ = '"';
	}
	*out++ = '"';
	*out = '\0';
}
