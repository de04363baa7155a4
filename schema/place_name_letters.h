/* The letters of two scripts as sounds. Inside schema/place_name*.c only; PLACES.md prints the tables.
 *
 *   b t d j h r z s f k l m n q   as they look         x  kh      g  gh and g    S  sh, ch
 *   T  th    D  dh    Z  Arabic ZAH                     w y  long vowels too
 *   a i u    short vowels, e and o among them           e  TEH MARBUTA, and -at, -et before another word
 */
#ifndef SIJIL_SCHEMA_PLACE_NAME_LETTERS_H
#define SIJIL_SCHEMA_PLACE_NAME_LETTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACE_NAME_WORD_MAX 64 /* letters; what is longer is cut */

/* What a code point is in a name. */
enum place_name_class { PLACE_NAME_GAP, PLACE_NAME_NOTHING, PLACE_NAME_LATIN, PLACE_NAME_ARABIC };
enum place_name_class place_name_classify(int32_t letter);

/* One word of one script, NUL-terminated (of Latin: a-z and digits), as sounds; `last`: no word follows. At most two sounds a
 * letter. Articles before it are gone. */
void place_name_hear_latin(char *out, const char *word, bool last);
void place_name_hear_arabic(char *out, const int32_t *word, size_t len);

/* Latin letters beyond a-z that no mark explains (dotless I and its like), or 0. */
char place_name_plain(int32_t letter);

#endif
