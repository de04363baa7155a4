/* What in a free text may tell who somebody is: a phone, an identity number, a name, an address, an exact position.
 *
 * Reports are of groups of people; a note is the one place where a person can slip in, and a sealed note is still read by
 * everybody at headquarters. These are questions to put before saving, not rules: a village can be called Abu Kamal.
 */
#ifndef SIJIL_SCHEMA_TELLTALE_H
#define SIJIL_SCHEMA_TELLTALE_H

#include <stdbool.h>
#include <stddef.h>

enum telltale_kind {
	TELLTALE_PHONE,    /* 7 to 15 digits (ITU-T E.164), with or without +, blanks, dots, dashes */
	TELLTALE_NUMBER,   /* 10 digits and more that no phone number begins like: an identity card's, a passport's */
	TELLTALE_POSITION, /* degrees with 4 decimals or more: 11 metres */
	TELLTALE_ADDRESS,  /* name@place, or a name with a leading @ */
	TELLTALE_NAME,     /* behind what stands before names: Mr, Abu, Umm, named; also in Arabic */
};

struct telltale {
	enum telltale_kind kind;
	size_t at, len; /* bytes of the text */
};

/* The first one at or behind byte `from` of the UTF-8 text; false: there is none. Dates and counts are none. */
bool telltale_find(const char *text, size_t from, struct telltale *found);

/* "a phone number", for a sentence. */
const char *telltale_kind_words(enum telltale_kind kind);

#endif
