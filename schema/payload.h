/* Payloads that are CBOR maps with small numbers for keys, each described by a
 * table: a row a field. Writing, reading and the checks of range walk the same
 * rows, so that what is written is what is read. FORMAT.md, section 5.
 */
#ifndef SIJIL_SCHEMA_PAYLOAD_H
#define SIJIL_SCHEMA_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/cbor.h"
#include "crypto/status.h"

/* The greatest number of bytes, sizes and positions in a payload: what SQL keeps. */
#define PAYLOAD_UINT_MAX ((uint64_t)INT64_MAX)
/* The last second of the year 9999. */
#define PAYLOAD_SECONDS_MAX INT64_C(253402300799)

enum payload_kind {
	PAYLOAD_UINT,       /* uint64_t in min..max */
	PAYLOAD_SECONDS,    /* int64_t in 0..PAYLOAD_SECONDS_MAX */
	PAYLOAD_CODE,       /* unsigned, uint32_t or an enum, in min..max */
	PAYLOAD_FLAG,       /* bool: 1 where true, left out where false */
	PAYLOAD_FIXED,      /* uint8_t[size]: an id, hash, key or proof */
	PAYLOAD_ITEM,       /* struct span, borrowed from the input: a bstr of min..max bytes */
	PAYLOAD_TEXT,       /* char[size]: normal text (schema/text.h) of min..max characters */
	PAYLOAD_CHECKPOINT, /* struct checkpoint */
	PAYLOAD_LINK,       /* struct head: [number, last] */
	PAYLOAD_OWN,        /* by the row's own functions, which are given the whole record */
};

struct payload_field {
	uint8_t key; /* 1..63 */
	enum payload_kind kind;
	/* May be left out. Absence is the zero value, unless `has` gives the place of a bool that says
	 * so (never 0: such a bool is no record's first member). */
	bool optional;
	size_t offset, has;
	uint64_t min, max;
	size_t size;
	void (*write)(struct cbor_writer *writer, const void *record);
	void (*read)(struct cbor_reader *reader, void *record);
};

/* Where a row's value lies: offset and size of a member. */
#define PAYLOAD_MEMBER(record, member) .offset = offsetof(struct record, member), .size = sizeof((struct record *)0)->member

struct payload_shape {
	const char *what; /* "a receipt" */
	const struct payload_field *fields; /* by ascending key */
	size_t fields_len;
};

/* One map, as part of something larger. A value out of its range makes the writer's status
 * BAD_INPUT, or is the reader's fault. `record` was zeroed before it is read into. */
void payload_write(struct cbor_writer *writer, const struct payload_shape *shape, const void *record);
void payload_read(struct cbor_reader *reader, const struct payload_shape *shape, void *record);

/* Appends the whole payload to `out`, which is unchanged on failure. */
MUST_CHECK enum status payload_encode(struct bytes *out, const struct payload_shape *shape, const void *record,
                                      struct error *err);

/* Reads the whole payload into a zeroed record. BAD_INPUT names the rule; after it the record is
 * worthless. */
MUST_CHECK enum status payload_decode(void *record, const struct payload_shape *shape, struct span in, struct error *err);

/* Ends a reading as cbor_read_end does, with advice where the input comes from a newer sijil. */
MUST_CHECK enum status payload_end(const struct cbor_reader *reader, const char *what, struct error *err);

/* One text of min..max characters into `out`, NUL added; a fault otherwise. */
void payload_read_text(struct cbor_reader *reader, char *out, size_t size, uint64_t min, uint64_t max);
/* The same of text to be written: whether it may be. */
bool payload_text_fits(const char *text, size_t size, uint64_t min, uint64_t max);

struct checkpoint;
void payload_write_checkpoint(struct cbor_writer *writer, const struct checkpoint *checkpoint);
void payload_read_checkpoint(struct cbor_reader *reader, struct checkpoint *checkpoint);

#endif
