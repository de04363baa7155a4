/* CBOR, a strict subset of RFC 8949, our own because it is a trust boundary.
 *
 * Accepted and written: unsigned and negative integers, byte strings, UTF-8 text
 * strings, arrays, maps with strictly ascending keys (bytewise order of the
 * encoded key, RFC 8949 4.2.1), and tag 18 where a COSE_Sign1 begins. Always
 * definite, always the shortest length. Refused: everything else (floats, simple
 * values, other tags, indefinite lengths, longer forms, duplicate or unsorted
 * keys, nesting deeper than CBOR_MAX_DEPTH, trailing bytes). So each value has
 * exactly one encoding. FORMAT.md lists the MUST-reject rules by name.
 */
#ifndef SIJIL_CRYPTO_CBOR_H
#define SIJIL_CRYPTO_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/status.h"

#define CBOR_MAX_DEPTH 6
#define CBOR_TAG_COSE_SIGN1 18
/* The longest head of an item: initial byte and a 64-bit argument. */
#define CBOR_HEAD_BYTES 9

enum cbor_type {
	CBOR_UINT,
	CBOR_NEGATIVE,
	CBOR_BYTES,
	CBOR_TEXT,
	CBOR_ARRAY,
	CBOR_MAP,
	CBOR_TAG,
};

/* --- Writing: appends to a struct bytes. Errors stick: after the first failure
 * every call does nothing and cbor_write_end reports it. --- */

struct cbor_writer {
	struct bytes *out; /* borrowed */
	enum status status;
};

void cbor_write_begin(struct cbor_writer *writer, struct bytes *out);
void cbor_write_uint(struct cbor_writer *writer, uint64_t value);
void cbor_write_int(struct cbor_writer *writer, int64_t value);
void cbor_write_bytes(struct cbor_writer *writer, struct span value);
void cbor_write_text(struct cbor_writer *writer, struct span utf8);
/* `n` items follow. */
void cbor_write_array(struct cbor_writer *writer, size_t n);
/* `n` key-value pairs follow; the caller writes keys in ascending order. */
void cbor_write_map(struct cbor_writer *writer, size_t n);
void cbor_write_tag(struct cbor_writer *writer, uint64_t tag);
/* Appends bytes that are already one encoded item. */
void cbor_write_encoded(struct cbor_writer *writer, struct span item);
/* NO_MEMORY if any call failed. */
MUST_CHECK enum status cbor_write_end(struct cbor_writer *writer, struct error *err);

/* --- Reading: a cursor over one buffer. Errors stick: after the first failure
 * reads return 0 or empty, cbor_read_ok is false, and cbor_read_end reports it.
 * Nothing is allocated; spans point into the input. --- */

struct cbor_reader {
	struct span in;
	size_t at;
	const char *fault; /* NULL while well: static text, the rule's name in FORMAT.md */
};

/* A map being read; that its keys ascend was checked by cbor_read_begin. */
struct cbor_map {
	size_t left; /* pairs not yet read */
};

/* Checks the whole of `in`, one item, against the subset first (one walk, no
 * recursion): afterwards only wrong types and missing items can fail. BAD_INPUT
 * names the rule, and so does reader->fault; reads then give nothing. */
MUST_CHECK enum status cbor_read_begin(struct cbor_reader *reader, struct span in, struct error *err);

/* The length in bytes of the first item of `in`, from its heads alone: text and
 * the order of keys are left to cbor_read_begin. OK: *len is set. NOT_FOUND: well
 * so far, more bytes needed (*need > in.len is a lower bound on the whole length;
 * who waits for it walks little twice). BAD_INPUT: never valid. For reading a
 * sequence from a stream (RFC 8742). */
MUST_CHECK enum status cbor_item_length(struct span in, size_t *len, size_t *need, struct error *err);

bool cbor_read_ok(const struct cbor_reader *reader);
/* Whether another item stands at the cursor. */
bool cbor_read_more(const struct cbor_reader *reader);
/* The type of the next item; a fault where there is none. */
enum cbor_type cbor_peek(struct cbor_reader *reader);
uint64_t cbor_read_uint(struct cbor_reader *reader);
/* As above, a fault ("out_of_range") above `max`. */
uint64_t cbor_read_uint_max(struct cbor_reader *reader, uint64_t max);
/* Either sign, within int64_t; a fault beyond it. */
int64_t cbor_read_int(struct cbor_reader *reader);
struct span cbor_read_bytes(struct cbor_reader *reader);
/* Bytes of exactly `len` copied to `out`; a fault on another length. */
void cbor_read_bytes_exact(struct cbor_reader *reader, uint8_t *out, size_t len);
/* Text; well-formed UTF-8 was checked by cbor_read_begin. */
struct span cbor_read_text(struct cbor_reader *reader);
/* The number of items that follow; they fit the input, each has a byte at least. */
size_t cbor_read_array(struct cbor_reader *reader);
/* An array of exactly `n`, else a fault (missing_field, unknown_field). */
void cbor_read_array_exact(struct cbor_reader *reader, size_t n);
struct cbor_map cbor_read_map(struct cbor_reader *reader);
/* The next key of a map with unsigned keys. False at its end or after a fault. */
bool cbor_map_next(struct cbor_reader *reader, struct cbor_map *map, uint64_t *key);
uint64_t cbor_read_tag(struct cbor_reader *reader);
/* The whole next item, encoded, skipped over. */
struct span cbor_read_encoded(struct cbor_reader *reader);
/* The caller found the content wrong: sticks like any fault. `rule` is static. */
void cbor_read_fail(struct cbor_reader *reader, const char *rule);
/* OK when all was read and well; BAD_INPUT naming the rule ("trailing_bytes", ...). */
MUST_CHECK enum status cbor_read_end(const struct cbor_reader *reader, const char *what, struct error *err);

#endif
