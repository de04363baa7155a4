/* How the name of a place sounds, so that one name is found however it is spelled.
 *
 * A name in Latin or Arabic letters becomes words of one small alphabet, a letter a sound: articles,
 * apostrophes, tatweel and marks are gone, "sh", "ch" and SHEEN are one letter, ALEF and its variants another.
 * From it come the consonant key, the trigrams that the index holds, and the distance between two names.
 * PLACES.md has the tables.
 */
#ifndef SIJIL_SCHEMA_PLACE_NAME_H
#define SIJIL_SCHEMA_PLACE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/status.h"

#define PLACE_NAME_LETTERS_MAX 160 /* of a name, once decomposed */
#define PLACE_NAME_SOUND_BYTES 256
#define PLACE_NAME_GRAMS_BYTES (2 * PLACE_NAME_SOUND_BYTES + 8)
#define PLACE_NAME_GRAMS_MAX 48 /* of one query */
#define PLACE_NAME_PARTS_MAX 4
#define PLACE_NAME_ALIKE 1000 /* two names that sound the same */

/* What an administrative word ("district", NAHIYA) before or behind a name says of the level that is meant. */
enum place_name_wish {
	PLACE_NAME_ANY = 0,
	PLACE_NAME_ADMIN = 1, /* some administrative area */
	PLACE_NAME_ADMIN1, PLACE_NAME_ADMIN2, PLACE_NAME_ADMIN3,
	PLACE_NAME_SETTLEMENT,
};

struct place_name {
	char sound[PLACE_NAME_SOUND_BYTES]; /* words, a blank between */
	enum place_name_wish wish;
};

/* How `text` sounds. BAD_INPUT: not UTF-8, longer than PLACE_NAME_LETTERS_MAX, or no letter or digit in it. */
MUST_CHECK enum status place_name_hear(struct place_name *name, struct span text, struct error *err);

/* The names that one text holds: "A (B)", "A - B", "A_B" and "A / B" are the whole and its parts. Gives their number, at
 * least 1; the first is the whole. Borrowed from `text`. */
size_t place_name_parts(struct span parts[PLACE_NAME_PARTS_MAX], struct span text);

/* The consonants alone, without blanks: what stays when vowels are spelled differently or not at all. */
void place_name_key(char key[PLACE_NAME_SOUND_BYTES], const char *sound);

/* What the index holds of a sound: its key and the whole, each between marks; and the trigrams of that, by which a query
 * looks for it: the key's first, each once. Gives their number. */
void place_name_grams(char grams[PLACE_NAME_GRAMS_BYTES], const char *sound);
size_t place_name_trigrams(char trigrams[PLACE_NAME_GRAMS_MAX][4], const char *sound);

/* How alike two sounds are, blanks aside: 0 to PLACE_NAME_ALIKE. Vowels weigh little, consonants that are taken for each other
 * less than others. */
unsigned place_name_likeness(const char *a, const char *b);

#endif
