#include "schema/place_name_letters.h"

#include <string.h>

enum { TATWEEL = 0x0640, HAMZA = 0x0621, AIN = 0x0639, ALEF = 0x0627, LAM = 0x0644, HEH = 0x0647, ARABIC_ZERO = 0x0660, PERSIAN_ZERO = 0x06F0 };

/* Arabic, and what Persian, Pashto and Kurdish add; '\0' where a letter has no sound of its own. */
static const struct {
	int32_t letter;
	char sound;
} arabic[] = {
	{0x0627, 'a'}, {0x0628, 'b'}, {0x0629, 'e'}, {0x062A, 't'}, {0x062B, 'T'}, {0x062C, 'j'}, {0x062D, 'h'}, {0x062E, 'x'},
	{0x062F, 'd'}, {0x0630, 'D'}, {0x0631, 'r'}, {0x0632, 'z'}, {0x0633, 's'}, {0x0634, 'S'}, {0x0635, 's'}, {0x0636, 'd'},
	{0x0637, 't'}, {0x0638, 'Z'}, {0x063A, 'g'}, {0x0641, 'f'}, {0x0642, 'q'}, {0x0643, 'k'}, {0x0644, 'l'}, {0x0645, 'm'},
	{0x0646, 'n'}, {0x0647, 'h'}, {0x0648, 'w'}, {0x0649, 'y'}, {0x064A, 'y'}, {0x0671, 'a'}, {0x067C, 't'}, {0x067E, 'b'},
	{0x0681, 'z'}, {0x0685, 's'}, {0x0686, 'S'}, {0x0689, 'd'}, {0x0693, 'r'}, {0x0695, 'r'}, {0x0696, 'g'}, {0x0698, 'j'},
	{0x069A, 'x'}, {0x06A4, 'w'}, {0x06A9, 'k'}, {0x06AB, 'g'}, {0x06AF, 'g'}, {0x06B5, 'l'}, {0x06BC, 'n'}, {0x06BE, 'h'},
	{0x06C1, 'h'}, {0x06C3, 'e'}, {0x06C6, 'w'}, {0x06C7, 'w'}, {0x06CC, 'y'}, {0x06CD, 'y'}, {0x06CE, 'y'}, {0x06D0, 'y'},
	{0x06D2, 'y'}, {0x06D5, 'e'}, {AIN, '\0'},    {HAMZA, '\0'},
};

static bool find_arabic(int32_t letter, char *sound)
{
	for (size_t i = 0; i < sizeof arabic / sizeof *arabic; i++) {
		if (arabic[i].letter == letter) {
			*sound = arabic[i].sound;
			return true;
		}
	}
	const int32_t digit = letter >= PERSIAN_ZERO ? letter - PERSIAN_ZERO : letter - ARABIC_ZERO;
	*sound = (char)('0' + digit);
	return digit >= 0 && digit <= 9;
}

char place_name_plain(int32_t letter)
{
	static const struct {
		int32_t letter;
		char plain;
	} others[] = {{0xE6, 'e'}, {0xF0, 'd'}, {0xF8, 'o'}, {0x111, 'd'}, {0x127, 'h'}, {0x131, 'i'}, {0x142, 'l'}, {0x153, 'e'}, {0x259, 'e'}};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (others[i].letter == letter)
			return others[i].plain;
	return '\0';
}

/* Apostrophes, the signs that stand for AIN and HAMZA, joiners, TATWEEL. */
static bool is_nothing(int32_t letter)
{
	static const int32_t marks[] = {'\'', '`',    0x2018, 0x2019, 0x201B, 0x2032, 0x02B9, 0x02BB, 0x02BC, 0x02BE,
	                                0x02BF, 0x02C8, 0x200C, 0x200D, 0xA78C, TATWEEL};
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (marks[i] == letter)
			return true;
	return false;
}

enum place_name_class place_name_classify(int32_t letter)
{
	char sound;
	if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || place_name_plain(letter) != '\0')
		return PLACE_NAME_LATIN;
	if (is_nothing(letter))
		return PLACE_NAME_NOTHING;
	return find_arabic(letter, &sound) ? PLACE_NAME_ARABIC : PLACE_NAME_GAP;
}

static bool is_vowel(char c)
{
	return c != '\0' && strchr("aeiou", c) != NULL;
}

/* The longest first. */
static const struct {
	const char *letters;
	const char *sounds;
} spellings[] = {
	{"dsch", "j"}, {"tsch", "S"}, {"tch", "S"}, {"sch", "S"}, {"kh", "x"}, {"gh", "g"}, {"sh", "S"}, {"ch", "S"}, {"th", "T"},
	{"dh", "D"},   {"ph", "f"},   {"rh", "g"},  {"dj", "j"},  {"zh", "j"},  {"ck", "k"}, {"ou", "u"}, {"oo", "u"}, {"ee", "i"}, {"ei", "y"},
	{"ai", "y"},   {"ay", "y"},   {"ey", "y"},  {"iy", "y"},  {"au", "w"}, {"aw", "w"}, {"ow", "w"}, {"uw", "w"}, {"ce", "si"},
	{"ci", "si"},
};

/* The sounds at the start of `word`; how many letters they are. */
static size_t hear_letters(const char **sounds, const char *word)
{
	static const char *const single[] = {"a", "b", "k", "d", "i", "f", "g", "h", "i", "j", "k", "l", "m",
	                                     "n", "u", "b", "q", "r", "s", "t", "u", "w", "w", "ks", "y", "z"};
	static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		const size_t len = strlen(spellings[i].letters);
		if (strncmp(word, spellings[i].letters, len) == 0) {
			*sounds = spellings[i].sounds;
			return len;
		}
	}
	*sounds = word[0] >= 'a' && word[0] <= 'z' ? single[word[0] - 'a'] : digits[(word[0] - '0') % 10];
	return 1;
}

/* An article written together with its word: "elharir", "assafira", "eshsham". Gives how much of the word it is. */
static size_t article(const char *word, size_t len)
{
	if (len < 5 || (word[0] != 'a' && word[0] != 'e'))
		return 0;
	if (word[1] == 'l' && !(is_vowel(word[2]) && len < 6))
		return 2;
	if (strncmp(word + 1, "shsh", 4) == 0)
		return 3;
	return word[1] == word[2] && strchr("tdrzsn", word[1]) != NULL ? 2 : 0;
}

static void append(char **out, const char *start, char sound)
{
	/* What is doubled is one sound. */
	if (*out == start || (*out)[-1] != sound)
		*(*out)++ = sound;
}

void place_name_hear_latin(char *out, const char *word, bool last)
{
	const char *const start = out;
	size_t len = strlen(word);
	word += article(word, len);
	len = strlen(word);
	const bool breath = len > 2 && word[len - 1] == 'h' && is_vowel(word[len - 2]);
	const bool bound = !last && len >= 5 && word[len - 1] == 't' && (word[len - 2] == 'a' || word[len - 2] == 'e');
	const char *const end = word + len - (breath ? 1 : bound ? 2 : 0);
	while (word < end) {
		const char *sounds;
		word += hear_letters(&sounds, word);
		for (; *sounds != '\0'; sounds++)
			append(&out, start, *sounds);
	}
	if (bound)
		append(&out, start, 'e');
	*out = '\0';
}

void place_name_hear_arabic(char *out, const int32_t *word, size_t len)
{
	const char *const start = out;
	const size_t skip = len >= 4 && word[0] == ALEF && word[1] == LAM ? 2 : 0;
	for (size_t i = skip; i < len; i++) {
		char sound;
		/* HEH at the end is TEH MARBUTA typed without its dots. */
		if (word[i] == HEH && i + 1 == len && len - skip > 2)
			append(&out, start, 'e');
		else if (find_arabic(word[i], &sound) && sound != '\0')
			append(&out, start, sound);
	}
	*out = '\0';
}
