#include "schema/place_name.h"

#include <string.h>

#include "schema/place_name_letters.h"
#include "schema/text.h"

enum { WORDS_MAX = 24 };

/* A name on its way from letters to sounds. */
struct hearing {
	struct place_name *name;
	char words[WORDS_MAX][2 * PLACE_NAME_WORD_MAX + 1]; /* sounds */
	size_t words_len;
	char moved[2 * PLACE_NAME_WORD_MAX + 1]; /* "eastern", to stand behind as in Arabic */
	int32_t word[PLACE_NAME_WORD_MAX];
	size_t word_len;
	bool is_arabic;
};

static bool is_article(const char *word)
{
	static const char *const articles[] = {"al", "el", "ul", "il",  "l",   "ad",  "ed",  "ar",   "er",  "as", "es",
	                                       "at", "et", "an", "en",  "az",  "ez",  "ash", "esh",  "ach", "ech", "ath",
	                                       "eth", "adh", "edh"};
	for (size_t i = 0; i < sizeof articles / sizeof *articles; i++)
		if (strcmp(word, articles[i]) == 0)
			return true;
	return false;
}

/* What English lists put before a name and Arabic behind it. */
static const char *translation(const char *word)
{
	static const struct {
		const char *english, *sound;
	} words[] = {
		{"eastern", "Srqy"}, {"east", "Srqy"},    {"western", "grby"}, {"west", "grby"},   {"northern", "Smaly"}, {"north", "Smaly"},
		{"southern", "jnwby"}, {"south", "jnwby"}, {"upper", "fwqany"}, {"lower", "thtany"}, {"little", "sgyr"},  {"small", "sgyr"},
		{"great", "kbyr"},   {"greater", "kbyr"}, {"big", "kbyr"},     {"large", "kbyr"},  {"new", "jdyd"},       {"old", "qdym"},
		{"middle", "wstany"},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i].english) == 0)
			return words[i].sound;
	return NULL;
}

/* The administrative words, as sounds of either script. */
static bool is_administrative(const char *sound, enum place_name_wish *wish)
{
	static const struct {
		const char *sound;
		enum place_name_wish wish;
	} words[] = {
		{"guwirnurati", PLACE_NAME_ADMIN1}, {"brubins", PLACE_NAME_ADMIN1},   {"bruwinsi", PLACE_NAME_ADMIN1},
		{"muhafaza", PLACE_NAME_ADMIN1},    {"muhafazat", PLACE_NAME_ADMIN1}, {"muhafaze", PLACE_NAME_ADMIN1},
		{"muhafiza", PLACE_NAME_ADMIN1},    {"mhafZe", PLACE_NAME_ADMIN1},    {"mhafzt", PLACE_NAME_ADMIN1},
		{"distrikt", PLACE_NAME_ADMIN2},    {"mantiqa", PLACE_NAME_ADMIN2},   {"mantiqat", PLACE_NAME_ADMIN2},
		{"mintaqa", PLACE_NAME_ADMIN2},     {"mintaqat", PLACE_NAME_ADMIN2},  {"mintaqe", PLACE_NAME_ADMIN2},
		{"mntqe", PLACE_NAME_ADMIN2},       {"mntqt", PLACE_NAME_ADMIN2},     {"qde", PLACE_NAME_ADMIN2},
		{"qada", PLACE_NAME_ADMIN2},        {"subdistrikt", PLACE_NAME_ADMIN3}, {"nahya", PLACE_NAME_ADMIN3},
		{"nahiya", PLACE_NAME_ADMIN3},      {"nahyat", PLACE_NAME_ADMIN3},    {"nahye", PLACE_NAME_ADMIN3},
		{"nahyt", PLACE_NAME_ADMIN3},       {"mrkz", PLACE_NAME_ADMIN},       {"markaz", PLACE_NAME_ADMIN},
		{"siti", PLACE_NAME_SETTLEMENT},    {"sity", PLACE_NAME_SETTLEMENT},  {"mdyne", PLACE_NAME_SETTLEMENT},
		{"mdynt", PLACE_NAME_SETTLEMENT},   {"madinat", PLACE_NAME_SETTLEMENT}, {"madine", PLACE_NAME_SETTLEMENT},
		{"tuwn", PLACE_NAME_SETTLEMENT},    {"twn", PLACE_NAME_SETTLEMENT},   {"wilagi", PLACE_NAME_SETTLEMENT},
		{"qrye", PLACE_NAME_SETTLEMENT},    {"bldt", PLACE_NAME_SETTLEMENT},  {"blde", PLACE_NAME_SETTLEMENT},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(sound, words[i].sound) == 0) {
			*wish = words[i].wish;
			return true;
		}
	}
	return false;
}

static void hear_latin(struct hearing *hearing, bool last)
{
	char word[PLACE_NAME_WORD_MAX + 1];
	char *const out = hearing->words[hearing->words_len];
	for (size_t i = 0; i < hearing->word_len; i++) {
		const char plain = place_name_plain(hearing->word[i]);
		word[i] = plain != '\0' ? plain : (char)hearing->word[i];
	}
	word[hearing->word_len] = '\0';
	const char *const translated = translation(word);
	if (is_article(word) && !last)
		return;
	if (translated != NULL && !last && hearing->moved[0] == '\0') {
		memcpy(hearing->moved, translated, strlen(translated) + 1);
		return;
	}
	if (translated != NULL)
		memcpy(out, translated, strlen(translated) + 1);
	else
		place_name_hear_latin(out, word, last);
	hearing->words_len += out[0] != '\0';
}

/* The word is complete. */
static void end_word(struct hearing *hearing, bool last)
{
	if (hearing->word_len > 0 && hearing->words_len < WORDS_MAX) {
		char *const out = hearing->words[hearing->words_len];
		if (hearing->is_arabic) {
			place_name_hear_arabic(out, hearing->word, hearing->word_len);
			hearing->words_len += out[0] != '\0';
		} else {
			hear_latin(hearing, last);
		}
	}
	hearing->word_len = 0;
}

static void take_letter(struct hearing *hearing, int32_t letter, enum place_name_class class)
{
	const bool is_arabic = class == PLACE_NAME_ARABIC;
	if (hearing->word_len > 0 && is_arabic != hearing->is_arabic)
		end_word(hearing, false);
	hearing->is_arabic = is_arabic;
	if (hearing->word_len < PLACE_NAME_WORD_MAX)
		hearing->word[hearing->word_len++] = letter;
}

/* Administrative words go, as long as a name is left. */
static void take_wish(struct hearing *hearing)
{
	for (size_t i = 0; i < hearing->words_len && hearing->words_len > 1;) {
		enum place_name_wish wish;
		if (!is_administrative(hearing->words[i], &wish)) {
			i++;
			continue;
		}
		/* "sub-district" may come as two words. */
		const bool below = wish == PLACE_NAME_ADMIN2 && i > 0 && strcmp(hearing->words[i - 1], "sub") == 0 && hearing->words_len > 2;
		hearing->name->wish = below ? PLACE_NAME_ADMIN3 : wish;
		const size_t first = below ? i - 1 : i;
		memmove(hearing->words[first], hearing->words[i + 1], (hearing->words_len - i - 1) * sizeof hearing->words[0]);
		hearing->words_len -= i - first + 1;
		i = first;
	}
}

static bool join(struct hearing *hearing)
{
	char *const sound = hearing->name->sound;
	size_t len = 0;
	if (hearing->moved[0] != '\0' && hearing->words_len < WORDS_MAX)
		memcpy(hearing->words[hearing->words_len++], hearing->moved, sizeof hearing->moved);
	for (size_t i = 0; i < hearing->words_len; i++) {
		const size_t more = strlen(hearing->words[i]);
		if (len + more + 2 > PLACE_NAME_SOUND_BYTES)
			break;
		if (len > 0)
			sound[len++] = ' ';
		memcpy(sound + len, hearing->words[i], more);
		len += more;
	}
	sound[len] = '\0';
	return len > 0;
}

enum status place_name_hear(struct place_name *name, struct span text, struct error *err)
{
	struct place_name heard = {.wish = PLACE_NAME_ANY};
	struct hearing hearing = {.name = &heard};
	int32_t letters[PLACE_NAME_LETTERS_MAX];
	size_t len = 0;
	const enum status status = text_letters(letters, PLACE_NAME_LETTERS_MAX, &len, text, err);
	if (status != STATUS_OK)
		return status;
	while (len > 0 && place_name_classify(letters[len - 1]) < PLACE_NAME_LATIN)
		len--;
	for (size_t i = 0; i < len; i++) {
		const enum place_name_class class = place_name_classify(letters[i]);
		if (class == PLACE_NAME_GAP)
			end_word(&hearing, false);
		else if (class != PLACE_NAME_NOTHING)
			take_letter(&hearing, letters[i], class);
	}
	end_word(&hearing, true);
	take_wish(&hearing);
	if (!join(&hearing))
		return error_set(err, STATUS_BAD_INPUT, "\"%.*s\" has no Latin or Arabic letter in it",
		                 (int)(text.len < 60 ? text.len : 60), (const char *)text.data);
	*name = heard;
	return STATUS_OK;
}

/* Where a separator between two names begins at `at`, and its length, or 0. A hyphen separates only between blanks. */
static size_t separator(struct span text, size_t at)
{
	const uint8_t c = text.data[at];
	if (c == '(' || c == ')' || c == '_' || c == '/')
		return 1;
	return c == '-' && at > 0 && at + 1 < text.len && (text.data[at - 1] == ' ' || text.data[at + 1] == ' ') ? 1 : 0;
}

size_t place_name_parts(struct span parts[PLACE_NAME_PARTS_MAX], struct span text)
{
	size_t len = 1;
	size_t start = 0;
	parts[0] = text;
	for (size_t at = 0; at <= text.len; at++) {
		if (at < text.len && separator(text, at) == 0)
			continue;
		const struct span part = {text.data + start, at - start};
		start = at + 1;
		size_t letters = 0;
		for (size_t i = 0; i < part.len; i++)
			letters += part.data[i] != ' ';
		if (letters > 1 && part.len < text.len && len < PLACE_NAME_PARTS_MAX)
			parts[len++] = part;
	}
	return len;
}
