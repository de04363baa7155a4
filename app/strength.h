/* How hard a typed passphrase is to guess for whoever has a copy of the disk, told as a person would.
 *
 * An estimate that leans to the weak side: letters in words count two bits each, for words are guessed as words; runs,
 * repetitions and known favourites count next to nothing. It never says that something is strong for being long.
 */
#ifndef SIJIL_APP_STRENGTH_H
#define SIJIL_APP_STRENGTH_H

#include "crypto/secret.h"
#include "crypto/status.h"

#define STRENGTH_CHARACTERS_MIN 12
#define STRENGTH_BITS_MIN 40
#define STRENGTH_SENTENCE_BYTES 192

/* Bits, about. The text is UTF-8, as normalised. */
unsigned strength_bits(const struct secret *text);

/* REFUSED, with the reason, if it is one that a copy of the disk would give up: digits alone, fewer than
 * STRENGTH_CHARACTERS_MIN characters, fewer than STRENGTH_BITS_MIN bits; BAD_INPUT if it holds what is no character, like
 * an arrow key. */
MUST_CHECK enum status strength_check(const struct secret *text, struct error *err);

/* "about 14,000 years for a thousand computers": what that many bits mean where one try takes a tenth of a second. */
void strength_sentence(char sentence[STRENGTH_SENTENCE_BYTES], unsigned bits);

#endif
