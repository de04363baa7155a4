#include "app/strength.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Tenths of a bit. */
enum {
	COST_RUN = 5,        /* goes on as it began: aaaa, 1234, zyxw */
	COST_WORD = 20,      /* a letter in a word */
	COST_LETTER = 47,    /* a letter that is in none */
	COST_CASE = 10,      /* and a capital inside */
	COST_DIGIT = 33,
	COST_LATER_DIGIT = 25,
	COST_BLANK = 10,     /* what stands between words */
	COST_SIGN = 45,
	COST_FAVOURITE = 40, /* all of it */
	COST_AGAIN = 20,     /* a word that was there before, all of it */
};

enum { WORD_LETTERS_MIN = 3 };

static const char *const favourites[] = {"password", "passphrase", "passwort", "qwertyuiop", "qwerty", "asdfghjkl", "asdfgh",
                                         "zxcvbnm", "letmein", "welcome", "iloveyou", "admin", "secret", "sijil", "syria",
                                         "damascus", "allah", "bismillah", "abcdef", "azerty", "monkey", "dragon"};

/* The text as it is walked: bytes of one character count as one. */
struct walk {
	const uint8_t *text;
	size_t len;
	size_t at;
};

static bool is_lead(uint8_t byte)
{
	return (byte & 0xC0) != 0x80;
}

static bool is_upper(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z';
}

static uint8_t lower(uint8_t byte)
{
	return is_upper(byte) ? (uint8_t)(byte - 'A' + 'a') : byte;
}

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

/* Every character beyond ASCII is taken for a letter: the scripts that people write words in. */
static bool is_letter(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || is_upper(byte) || byte >= 0x80;
}

static size_t characters(const uint8_t *text, size_t len)
{
	size_t count = 0;
	for (size_t i = 0; i < len; i++)
		count += is_lead(text[i]);
	return count;
}

/* How many bytes from `at` are one favourite; 0: none. */
static size_t favourite_at(const struct walk *walk)
{
	for (size_t i = 0; i < sizeof favourites / sizeof *favourites; i++) {
		const size_t len = strlen(favourites[i]);
		size_t same = 0;
		while (same < len && walk->at + same < walk->len && lower(walk->text[walk->at + same]) == (uint8_t)favourites[i][same])
			same++;
		if (same == len)
			return len;
	}
	return 0;
}

/* Same, next or previous, as between the two before. */
static bool goes_on(const uint8_t *text, size_t at)
{
	if (at < 2)
		return false;
	const int step = lower(text[at]) - lower(text[at - 1]);
	return step >= -1 && step <= 1 && step == lower(text[at - 1]) - lower(text[at - 2]);
}

static size_t letters_from(const struct walk *walk)
{
	size_t len = 0;
	while (walk->at + len < walk->len && is_letter(walk->text[walk->at + len]) && (len == 0 || favourite_at(&(struct walk){
	                                                                                   walk->text, walk->len, walk->at + len}) == 0))
		len++;
	return len;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '-' || c == '.' || c == ',' || c == '_';
}

static bool stands_alone(const struct walk *walk, size_t len)
{
	const size_t end = walk->at + len;
	return (walk->at == 0 || is_blank(walk->text[walk->at - 1])) && (end == walk->len || is_blank(walk->text[end]));
}

/* Letters that no language puts together so: a capital inside, no vowel, or one or two among digits and signs. */
static bool is_no_word(const struct walk *walk, size_t len)
{
	const uint8_t *const word = walk->text + walk->at;
	bool vowel = false, capital_inside = false, all_capitals = true;
	for (size_t i = 0; i < len; i++) {
		vowel = vowel || word[i] >= 0x80 || strchr("aeiouy", lower(word[i])) != NULL;
		capital_inside = capital_inside || (i > 0 && is_upper(word[i]));
		all_capitals = all_capitals && is_upper(word[i]);
	}
	return !vowel || (capital_inside && !all_capitals) ||
	       (characters(word, len) < WORD_LETTERS_MIN && !stands_alone(walk, len));
}

static bool was_before(const struct walk *walk, size_t len)
{
	for (size_t from = 0; len >= WORD_LETTERS_MIN && from + len <= walk->at; from++)
		if (memcmp(walk->text + from, walk->text + walk->at, len) == 0)
			return true;
	return false;
}

static unsigned cost_of_letters(const struct walk *walk, size_t len)
{
	const uint8_t *const word = walk->text + walk->at;
	const bool no_word = is_no_word(walk, len);
	unsigned cost = 0;
	if (was_before(walk, len))
		return COST_AGAIN;
	for (size_t i = 0; i < len; i++) {
		if (!is_lead(word[i]))
			continue;
		if (goes_on(walk->text, walk->at + i))
			cost += COST_RUN;
		else
			cost += no_word ? (unsigned)COST_LETTER + (is_upper(word[i]) ? (unsigned)COST_CASE : 0) : (unsigned)COST_WORD;
	}
	return cost;
}

static unsigned cost_of_other(const struct walk *walk)
{
	const uint8_t c = walk->text[walk->at];
	if (goes_on(walk->text, walk->at))
		return COST_RUN;
	if (is_digit(c))
		return walk->at > 0 && is_digit(walk->text[walk->at - 1]) ? COST_LATER_DIGIT : COST_DIGIT;
	return is_blank(c) ? COST_BLANK : COST_SIGN;
}

unsigned strength_bits(const struct secret *text)
{
	struct walk walk = {text->data, text->len, 0};
	unsigned tenths = 0;
	while (walk.at < walk.len) {
		size_t len = favourite_at(&walk);
		if (len > 0) {
			tenths += COST_FAVOURITE;
		} else if ((len = letters_from(&walk)) > 0) {
			tenths += cost_of_letters(&walk, len);
		} else {
			tenths += cost_of_other(&walk);
			len = 1;
		}
		walk.at += len;
	}
	return tenths / 10;
}

enum status strength_check(const struct secret *text, struct error *err)
{
	bool only_digits = true;
	for (size_t i = 0; i < text->len; i++) {
		only_digits = only_digits && is_digit(text->data[i]);
		if (text->data[i] < 0x20 || text->data[i] == 0x7F) {
			(void)error_set(err, STATUS_BAD_INPUT, "a key was pressed that is no character, perhaps an arrow; nothing was changed");
			error_hint(err, "try again; what was typed wrong is taken back with the backspace key");
			return STATUS_BAD_INPUT;
		}
	}
	if (only_digits) {
		(void)error_set(err, STATUS_REFUSED, "digits alone are refused: whoever copies the disk tries them all, and nothing counts his tries");
		error_hint(err, "take six words that do not belong together, or press Enter and have one made");
		return STATUS_REFUSED;
	}
	if (characters(text->data, text->len) < STRENGTH_CHARACTERS_MIN) {
		(void)error_set(err, STATUS_REFUSED, "a passphrase needs at least %d characters", STRENGTH_CHARACTERS_MIN);
		error_hint(err, "nothing was changed; take six words that do not belong together, or press Enter and have one made");
		return STATUS_REFUSED;
	}
	const unsigned bits = strength_bits(text);
	if (bits >= STRENGTH_BITS_MIN)
		return STATUS_OK;
	char sentence[STRENGTH_SENTENCE_BYTES];
	strength_sentence(sentence, bits);
	(void)error_set(err, STATUS_REFUSED, "that is too easy to guess: whoever copies the disk needs %s", sentence);
	error_hint(err, "take six words that do not belong together, or press Enter and have one made");
	return STATUS_REFUSED;
}

/* 12,345 */
static void format_count(char *text, size_t size, unsigned long long count)
{
	char digits[32];
	const int len = snprintf(digits, sizeof digits, "%llu", count);
	size_t at = 0;
	for (int i = 0; i < len && at + 2 < size; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = digits[i];
	}
	text[at] = '\0';
}

void strength_sentence(char sentence[STRENGTH_SENTENCE_BYTES], unsigned bits)
{
	static const struct {
		unsigned long long seconds;
		const char *word;
	} units[] = {{31557600, "years"}, {86400, "days"}, {3600, "hours"}, {60, "minutes"}};
	/* Half of all tries, ten a second on each of a thousand computers. */
	if (bits > 64) {
		(void)snprintf(sentence, STRENGTH_SENTENCE_BYTES, "longer than anybody will wait, with a million computers");
		return;
	}
	unsigned long long seconds = bits > 1 ? (1ull << (bits - 1)) / 10000 : 0;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		char count[48];
		if (seconds < 2 * units[i].seconds)
			continue;
		unsigned long long rounded = seconds / units[i].seconds, scale = 1;
		while (rounded / scale >= 100)
			scale *= 10;
		format_count(count, sizeof count, rounded / scale * scale);
		(void)snprintf(sentence, STRENGTH_SENTENCE_BYTES, "about %s %s, with a thousand computers", count, units[i].word);
		return;
	}
	(void)snprintf(sentence, STRENGTH_SENTENCE_BYTES, "less than two minutes, with a thousand computers");
}
