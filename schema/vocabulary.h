/* Code lists: number on the wire, word in options and files, label for people.
 * Numbers are never reused. schema/REPORT.md prints them.
 */
#ifndef SIJIL_SCHEMA_VOCABULARY_H
#define SIJIL_SCHEMA_VOCABULARY_H

#include <stddef.h>
#include <stdint.h>

struct vocabulary_entry {
	uint8_t code; /* 1.. */
	const char *word;
	const char *label;
};

struct vocabulary {
	const char *name;
	const struct vocabulary_entry *entries;
	size_t len;
};

/* The codes that rules speak of. */
enum {
	VOCABULARY_KIND_STOCK = 1,
	VOCABULARY_KIND_ARRIVAL = 2,
	VOCABULARY_KIND_INTENTION = 6,
	VOCABULARY_LINK_COUNTED_BOTH = 1,
	VOCABULARY_ACCESS_FULL = 1,
};

/* The code of a word, a label (any case) or a number as text; 0 if there is none. A beginning that only one entry's
 * word or label has counts. */
uint8_t vocabulary_code(const struct vocabulary *vocabulary, const char *text);
/* The word of a code; NULL if there is none. */
const char *vocabulary_word(const struct vocabulary *vocabulary, uint8_t code);
const char *vocabulary_label(const struct vocabulary *vocabulary, uint8_t code);

extern const struct vocabulary vocabulary_kind, vocabulary_group, vocabulary_method, vocabulary_reason, vocabulary_site,
	vocabulary_need, vocabulary_access, vocabulary_access_reason, vocabulary_source, vocabulary_mode,
	vocabulary_sensitivity, vocabulary_times, vocabulary_precision, vocabulary_household_link, vocabulary_sadd_scope,
	vocabulary_vulnerable, vocabulary_absent, vocabulary_retraction, vocabulary_clock, vocabulary_verdict;

#endif
