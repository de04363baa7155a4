#include <pthread.h>
#include <string.h>

#include "schema/place_name.h"

/* Costs in hundredths of a consonant. */
enum { VOWEL = 12, WEAK = 25, BREATH = 45, LIQUID = 70, NASAL = 90, CONSONANT = 100, DIGIT = 200 };

static bool is_vowel(char c)
{
	return c == 'a' || c == 'i' || c == 'u' || c == 'e';
}

static bool is_weak(char c)
{
	return c == 'w' || c == 'y';
}

static unsigned weight(char c)
{
	if (is_vowel(c))
		return VOWEL;
	if (is_weak(c))
		return WEAK;
	if (c >= '0' && c <= '9')
		return DIGIT;
	return c == 'h' ? BREATH : c == 'l' ? LIQUID : c == 'n' ? NASAL : CONSONANT;
}

/* What is heard or written one for the other. */
static const struct {
	char pair[3];
	uint8_t cost;
} swaps[] = {
	{"ae", 0},  {"ie", 6},  {"ue", 12}, {"iy", 3},  {"uw", 3},  {"ay", 15}, {"aw", 20}, {"uy", 30}, {"iw", 30}, {"ey", 15},
	{"te", 15}, {"qk", 5},  {"qg", 25}, {"kg", 30}, {"qj", 60}, {"kx", 35}, {"gx", 40}, {"gj", 35}, {"hx", 25}, {"sS", 40},
	{"sz", 35}, {"jS", 45}, {"tT", 5},  {"sT", 35}, {"dD", 5},  {"zD", 10}, {"zZ", 5},  {"dZ", 15}, {"DZ", 5},  {"dz", 55},
	{"td", 40}, {"TD", 30}, {"tD", 40}, {"bf", 55}, {"fw", 45}, {"bm", 70}, {"mn", 50}, {"rl", 60}, {"nl", 60}, {"bw", 60},
	{"jy", 50}, {"zj", 50}, {"wy", 40},
};

static unsigned swap(char a, char b)
{
	for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++)
		if ((swaps[i].pair[0] == a && swaps[i].pair[1] == b) || (swaps[i].pair[0] == b && swaps[i].pair[1] == a))
			return swaps[i].cost;
	if (is_vowel(a) && is_vowel(b))
		return VOWEL;
	const unsigned both = weight(a) + weight(b);
	return both < CONSONANT ? both : both / 2 < CONSONANT ? CONSONANT : both / 2;
}

/* The same by table: a search compares thousands of names. */
enum { SOUNDS = 128 };
static uint8_t weights[SOUNDS], swapped_costs[SOUNDS][SOUNDS];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void fill_tables(void)
{
	for (int a = 0; a < SOUNDS; a++) {
		weights[a] = (uint8_t)weight((char)a);
		for (int b = 0; b < SOUNDS; b++)
			swapped_costs[a][b] = (uint8_t)(a == b ? 0 : swap((char)a, (char)b));
	}
}

/* Blanks gone, as `len` sounds. */
static size_t squeeze(char out[PLACE_NAME_SOUND_BYTES], const char *sound)
{
	size_t len = 0;
	for (; *sound != '\0' && len + 1 < PLACE_NAME_SOUND_BYTES; sound++)
		if (*sound != ' ' && (len == 0 || out[len - 1] != *sound))
			out[len++] = *sound;
	out[len] = '\0';
	return len;
}

static unsigned weight_of(const char *sound, size_t len)
{
	unsigned sum = 0;
	for (size_t i = 0; i < len; i++)
		sum += weights[sound[i] & (SOUNDS - 1)];
	return sum;
}

/* The cheapest way from a to b by leaving out, putting in and taking one for another. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned row[PLACE_NAME_SOUND_BYTES];
	row[0] = 0;
	for (size_t j = 0; j < b_len; j++)
		row[j + 1] = row[j] + weights[b[j] & (SOUNDS - 1)];
	for (size_t i = 0; i < a_len; i++) {
		const uint8_t *const costs = swapped_costs[a[i] & (SOUNDS - 1)];
		const unsigned out = weights[a[i] & (SOUNDS - 1)];
		unsigned diagonal = row[0];
		row[0] += out;
		for (size_t j = 0; j < b_len; j++) {
			const int c = b[j] & (SOUNDS - 1);
			const unsigned taken = diagonal + costs[c];
			const unsigned left_out = row[j + 1] + out;
			const unsigned put_in = row[j] + weights[c];
			const unsigned other = left_out < put_in ? left_out : put_in;
			diagonal = row[j + 1];
			row[j + 1] = taken < other ? taken : other;
		}
	}
	return row[b_len];
}

unsigned place_name_likeness(const char *a, const char *b)
{
	char left[PLACE_NAME_SOUND_BYTES], right[PLACE_NAME_SOUND_BYTES];
	(void)pthread_once(&tables_once, fill_tables);
	const size_t left_len = squeeze(left, a);
	const size_t right_len = squeeze(right, b);
	const unsigned both = weight_of(left, left_len) + weight_of(right, right_len);
	const unsigned cost = 2 * distance(left, left_len, right, right_len);
	return cost >= both ? 0 : PLACE_NAME_ALIKE - cost * PLACE_NAME_ALIKE / both;
}

void place_name_key(char key[PLACE_NAME_SOUND_BYTES], const char *sound)
{
	static const char from[] = "qTDZx", to[] = "ktdzh";
	size_t len = 0;
	for (; *sound != '\0' && len + 1 < PLACE_NAME_SOUND_BYTES; sound++) {
		const char *const found = strchr(from, *sound);
		const char c = found != NULL ? to[found - from] : *sound;
		if (c != ' ' && !is_vowel(c) && !is_weak(c) && (len == 0 || key[len - 1] != c))
			key[len++] = c;
	}
	key[len] = '\0';
}

/* "^hrk$" */
static size_t between_marks(char *out, const char *text)
{
	const size_t len = strlen(text);
	out[0] = '^';
	memcpy(out + 1, text, len);
	out[len + 1] = '$';
	out[len + 2] = '\0';
	return len + 2;
}

void place_name_grams(char grams[PLACE_NAME_GRAMS_BYTES], const char *sound)
{
	char text[PLACE_NAME_SOUND_BYTES];
	place_name_key(text, sound);
	const size_t len = between_marks(grams, text);
	(void)squeeze(text, sound);
	grams[len] = ' ';
	(void)between_marks(grams + len + 1, text);
}

static size_t add_trigrams(char trigrams[PLACE_NAME_GRAMS_MAX][4], size_t n, const char *text)
{
	char marked[PLACE_NAME_SOUND_BYTES + 3];
	const size_t len = between_marks(marked, text);
	for (size_t i = 0; i + 3 <= len && n < PLACE_NAME_GRAMS_MAX; i++) {
		bool known = false;
		for (size_t j = 0; j < n; j++)
			known = known || memcmp(trigrams[j], marked + i, 3) == 0;
		if (known)
			continue;
		memcpy(trigrams[n], marked + i, 3);
		trigrams[n++][3] = '\0';
	}
	return n;
}

size_t place_name_trigrams(char trigrams[PLACE_NAME_GRAMS_MAX][4], const char *sound)
{
	char text[PLACE_NAME_SOUND_BYTES];
	place_name_key(text, sound);
	const size_t n = add_trigrams(trigrams, 0, text);
	(void)squeeze(text, sound);
	return add_trigrams(trigrams, n, text);
}
