/* Reads the files of tests/vectors/ (tests/crypto/check_vectors.py explains them). */
#ifndef SIJIL_TESTS_CRYPTO_VECTOR_FILE_H
#define SIJIL_TESTS_CRYPTO_VECTOR_FILE_H

#include "crypto/bytes.h"

#define VECTOR_WORD_BYTES 64

struct vector {
	char verdict[VECTOR_WORD_BYTES]; /* "good", or "fail_" and a rule */
	char label[VECTOR_WORD_BYTES];
	struct bytes bytes;
};

/* Calls `see` for each line of tests/vectors/NAME; a bad line fails the test.
 * Returns how many there were. */
size_t vector_file_each(const char *name, void (*see)(const struct vector *vector));

/* The rule a verdict names: "good" stands for none. */
const char *vector_rule(const struct vector *vector);

/* Decodes hex with blanks and "ab*9" repetitions, as in the files; appends. */
void vector_decode_hex(struct bytes *out, const char *text);

/* "good" or the rule by which cbor_read_begin refuses it; static text. */
const char *vector_judge_cbor(struct span in);

/* The value of NAME in tests/vectors/names.txt; the caller frees it. */
char *vector_name_text(const char *name);
struct bytes vector_name_bytes(const char *name);

#endif
