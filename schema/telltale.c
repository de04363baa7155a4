#include "schema/telltale.h"

#include <string.h>

enum {
	PHONE_DIGITS_MIN = 7,
	PHONE_DIGITS_MAX = 15,
	NUMBER_DIGITS_MIN = 10,
	DEGREE_DECIMALS_MIN = 4,
	DATE_DIGITS = 8,
};

/* --- numbers --- */

/* The value of the digit at `text`, ASCII, Arabic-Indic or Persian, and how many bytes it has; -1: none. */
static int digit_at(const char *text, size_t *len)
{
	const unsigned char *const at = (const unsigned char *)text;
	*len = 1;
	if (at[0] >= '0' && at[0] <= '9')
		return at[0] - '0';
	*len = 2;
	if (at[0] == 0xD9 && at[1] >= 0xA0 && at[1] <= 0xA9) /* U+0660.. */
		return at[1] - 0xA0;
	if (at[0] == 0xDB && at[1] >= 0xB0 && at[1] <= 0xB9) /* U+06F0.. */
		return at[1] - 0xB0;
	return -1;
}

static bool is_decimal_mark(const char *text, size_t *len)
{
	*len = strncmp(text, "\xD9\xAB", 2) == 0 ? 2 : 1; /* U+066B */
	return *len == 2 || *text == '.';
}

/* Digits, and what stands between those of one number. */
struct run {
	size_t len; /* bytes, from its first digit or + to its last digit */
	unsigned digits;
	unsigned longest;     /* run of digits with nothing between */
	unsigned decimals;    /* digits behind the last decimal mark */
	unsigned marks;       /* decimal marks */
	unsigned dashes;      /* - and / */
	bool has_plus, begins_with_0;
};

static void take_digit(struct run *run, unsigned *unbroken, int value)
{
	if (run->digits == 0)
		run->begins_with_0 = value == 0;
	run->digits++;
	(*unbroken)++;
	if (*unbroken > run->longest)
		run->longest = *unbroken;
	if (run->marks > 0)
		run->decimals++;
}

/* One separator may stand between two digits; a bracket beside another. */
static size_t separator(struct run *run, const char *text)
{
	size_t len;
	if (is_decimal_mark(text, &len)) {
		run->marks++;
		run->decimals = 0;
		return len;
	}
	if (*text == '-' || *text == '/') {
		run->dashes++;
		return 1;
	}
	return *text == ' ' || *text == '(' || *text == ')' ? 1 : 0;
}

static struct run read_run(const char *text)
{
	struct run run = {.has_plus = *text == '+'};
	struct run kept = run;
	size_t at = run.has_plus ? 1 : 0;
	unsigned unbroken = 0, between = 0;

	while (between <= 2) {
		size_t len;
		const int value = digit_at(text + at, &len);
		if (value >= 0) {
			take_digit(&run, &unbroken, value);
			between = 0;
			at += len;
			run.len = at;
			kept = run;
			continue;
		}
		len = separator(&run, text + at);
		if (len == 0)
			break;
		at += len;
		between++;
		unbroken = 0;
	}
	return kept;
}

/* 2018-06-20, 20/6/2018, 20.6.2018: two of a mark, and no more digits than a day has. */
static bool is_date(const struct run *run)
{
	return !run->has_plus && run->dashes + run->marks == 2 && run->digits <= DATE_DIGITS && run->longest <= 4;
}

static bool judge_run(const struct run *run, enum telltale_kind *kind)
{
	if (run->marks == 1 && run->decimals >= DEGREE_DECIMALS_MIN && run->digits - run->decimals <= 3) {
		*kind = TELLTALE_POSITION;
		return true;
	}
	if (is_date(run) || run->digits < PHONE_DIGITS_MIN)
		return false;
	const bool begins_like_phone = run->has_plus || run->begins_with_0;
	*kind = run->digits <= PHONE_DIGITS_MAX && (begins_like_phone || run->digits < NUMBER_DIGITS_MIN) ? TELLTALE_PHONE
	                                                                                                 : TELLTALE_NUMBER;
	/* Counts in words' company, "300 400 200 families", have no number of such length in one. */
	return begins_like_phone || run->longest >= PHONE_DIGITS_MIN || run->dashes + run->marks > 0;
}

/* --- words --- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static size_t word_len(const char *text)
{
	size_t len = 0;
	while (is_letter(text[len]) || (len > 0 && text[len] == '\''))
		len++;
	return len;
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool word_is(const char *text, size_t len, const char *word)
{
	if (strlen(word) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (lower(text[i]) != word[i])
			return false;
	return true;
}

/* What stands before a person's name. */
static bool is_before_name(const char *text, size_t len)
{
	static const char *const words[] = {
		"mr",    "mrs",   "ms",     "dr",    "sheikh", "sheik",  "shaykh", "hajj",  "hajji",  "ustaz",     "ustadh",
		"abu",   "abou",  "umm",    "um",    "named",  "called", "سيد",    "السيد", "السيدة", "الشيخ",     "الحاج",
		"الحجة", "الدكتور", "الأستاذ", "أبو",   "ابو",    "أم",     "ام",     "اسمه",  "اسمها",  "المدعو",    "المدعوة",
		"يدعى",  "تدعى",  "واسمه",  "واسمها", "m",      "mme",    "nommé",  "nommée",
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (word_is(text, len, words[i]))
			return true;
	return false;
}

/* "Um Elmayathen" and "أم المياذن" are villages: behind those stands an article. */
static bool has_article(const char *text, size_t len)
{
	static const char *const articles[] = {"el", "al", "ال"};
	for (size_t i = 0; i < sizeof articles / sizeof *articles; i++) {
		const size_t n = strlen(articles[i]);
		if (len >= n && word_is(text, n, articles[i]))
			return true;
	}
	return false;
}

/* A name is a capitalised word, or one of a script without capitals. */
static size_t name_behind(const char *text, size_t len)
{
	size_t at = len;
	while (text[at] == '.' || text[at] == ' ' || text[at] == ':')
		at++;
	const size_t name = word_len(text + at);
	if (at == len || name < 2 || is_lower(text[at]) || has_article(text + at, name))
		return 0;
	return at + name;
}

/* --- addresses --- */

static bool is_address_char(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '+';
}

static bool find_address(const char *text, size_t from, struct telltale *found)
{
	for (const char *sign = strchr(text + from, '@'); sign != NULL; sign = strchr(sign + 1, '@')) {
		size_t at = (size_t)(sign - text), end = at + 1;
		while (at > from && is_address_char(text[at - 1]))
			at--;
		while (is_address_char(text[end]))
			end++;
		*found = (struct telltale){TELLTALE_ADDRESS, at, end - at};
		if (text + end - sign >= 3)
			return true;
	}
	return false;
}

/* --- all of them --- */

static bool is_number_begin(const char *text)
{
	size_t len;
	return *text == '+' || digit_at(text, &len) >= 0;
}

/* Looks at the word or number that begins at `text`; its bytes go to found->len, at least 1, whatever it is. */
static bool judge(const char *text, struct telltale *found)
{
	if (is_number_begin(text)) {
		const struct run run = read_run(text);
		found->len = run.digits > 0 ? run.len : 1;
		return judge_run(&run, &found->kind);
	}
	const size_t word = word_len(text);
	const size_t name = is_before_name(text, word) ? name_behind(text, word) : 0;
	found->kind = TELLTALE_NAME;
	found->len = name > 0 ? name : word > 0 ? word : 1;
	return name > 0;
}

/* "C6116": digits that hang on a word belong to it. */
static size_t digits_behind(const char *text)
{
	size_t at = 0, len;
	while (digit_at(text + at, &len) >= 0)
		at += len;
	return at;
}

bool telltale_find(const char *text, size_t from, struct telltale *found)
{
	struct telltale address, here = {.at = from};
	const bool has_address = find_address(text, from, &address);

	while (text[here.at] != '\0' && !(has_address && here.at >= address.at)) {
		if (judge(text + here.at, &here)) {
			*found = here;
			return true;
		}
		const bool was_word = is_letter(text[here.at]);
		here.at += here.len;
		if (was_word)
			here.at += digits_behind(text + here.at);
	}
	if (has_address)
		*found = address;
	return has_address;
}

const char *telltale_kind_words(enum telltale_kind kind)
{
	switch (kind) {
	case TELLTALE_PHONE: return "a phone number";
	case TELLTALE_NUMBER: return "an identity number";
	case TELLTALE_POSITION: return "an exact position";
	case TELLTALE_ADDRESS: return "an address";
	case TELLTALE_NAME: return "a person's name";
	}
	return "something personal";
}
