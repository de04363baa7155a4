#include "crypto/cbor.h"

#include <assert.h>
#include <string.h>

/* Major types, the upper three bits of an item's first byte. */
enum major {
	MAJOR_UINT,
	MAJOR_NEGATIVE,
	MAJOR_BYTES,
	MAJOR_TEXT,
	MAJOR_ARRAY,
	MAJOR_MAP,
	MAJOR_TAG,
	MAJOR_FLOAT_OR_SIMPLE,
};

static_assert((int)CBOR_TAG == (int)MAJOR_TAG, "cbor_type counts as the major types do");

/* No input of ours is near it, and sums of six such counts stay far below 2^64. */
#define LENGTH_LIMIT (UINT64_C(1) << 32)

/* Told apart by address: it alone means that more bytes may mend it. */
static const char RULE_TRUNCATED[] = "truncated";

/* --- writing --- */

void cbor_write_begin(struct cbor_writer *writer, struct bytes *out)
{
	*writer = (struct cbor_writer){.out = out, .status = STATUS_OK};
}

void cbor_write_encoded(struct cbor_writer *writer, struct span item)
{
	if (writer->status == STATUS_OK)
		writer->status = bytes_append(writer->out, item, NULL);
}

static void write_head(struct cbor_writer *writer, enum cbor_type type, uint64_t argument)
{
	uint8_t head[CBOR_HEAD_BYTES];
	const uint8_t first = (uint8_t)((unsigned)type << 5);
	if (argument < 24) {
		head[0] = (uint8_t)(first | argument);
		cbor_write_encoded(writer, (struct span){head, 1});
		return;
	}
	const unsigned power = argument <= UINT8_MAX ? 0 : argument <= UINT16_MAX ? 1 : argument <= UINT32_MAX ? 2 : 3;
	const size_t width = (size_t)1 << power;
	head[0] = (uint8_t)(first | (24 + power));
	for (size_t i = 0; i < width; i++)
		head[1 + i] = (uint8_t)(argument >> (8 * (width - 1 - i)));
	cbor_write_encoded(writer, (struct span){head, 1 + width});
}

void cbor_write_uint(struct cbor_writer *writer, uint64_t value)
{
	write_head(writer, CBOR_UINT, value);
}

void cbor_write_int(struct cbor_writer *writer, int64_t value)
{
	if (value >= 0)
		write_head(writer, CBOR_UINT, (uint64_t)value);
	else
		write_head(writer, CBOR_NEGATIVE, ~(uint64_t)value);
}

void cbor_write_bytes(struct cbor_writer *writer, struct span value)
{
	write_head(writer, CBOR_BYTES, value.len);
	cbor_write_encoded(writer, value);
}

void cbor_write_text(struct cbor_writer *writer, struct span utf8)
{
	write_head(writer, CBOR_TEXT, utf8.len);
	cbor_write_encoded(writer, utf8);
}

void cbor_write_array(struct cbor_writer *writer, size_t n)
{
	write_head(writer, CBOR_ARRAY, n);
}

void cbor_write_map(struct cbor_writer *writer, size_t n)
{
	write_head(writer, CBOR_MAP, n);
}

void cbor_write_tag(struct cbor_writer *writer, uint64_t tag)
{
	write_head(writer, CBOR_TAG, tag);
}

enum status cbor_write_end(struct cbor_writer *writer, struct error *err)
{
	if (writer->status != STATUS_OK)
		return error_set(err, writer->status, "out of memory");
	return STATUS_OK;
}

/* --- the walk that checks --- */

struct head {
	enum major major;
	uint64_t argument;
	size_t len; /* of the head itself */
};

/* Reads the head at `at`; NULL or the rule it breaks. RULE_TRUNCATED sets len to
 * what the head needs. */
static const char *decode_head(struct head *head, struct span in, size_t at)
{
	head->len = 1;
	if (at >= in.len)
		return RULE_TRUNCATED;
	const unsigned first = in.data[at];
	const unsigned info = first & 31;
	head->major = (enum major)(first >> 5);
	head->argument = info;
	if (head->major == MAJOR_FLOAT_OR_SIMPLE)
		return "float_or_simple";
	if (info < 24)
		return NULL;
	if (info == 31)
		return "indefinite_length";
	if (info > 27)
		return "reserved_length";
	const size_t width = (size_t)1 << (info - 24);
	head->len = 1 + width;
	if (in.len - at < head->len)
		return RULE_TRUNCATED;
	uint64_t argument = 0;
	for (size_t i = 0; i < width; i++)
		argument = argument << 8 | in.data[at + 1 + i];
	head->argument = argument;
	const uint64_t least = width == 1 ? 24 : UINT64_C(1) << (4 * width);
	return argument < least ? "not_shortest" : NULL;
}

/* The length of the well-formed UTF-8 sequence at the start of `text` (RFC 3629,
 * table 3-7 of Unicode): 1 to 4, or 0. The second byte's range is what keeps out
 * longer forms, surrogates and code points beyond U+10FFFF. */
static size_t utf8_sequence_length(const uint8_t *text, size_t left)
{
	const uint8_t first = text[0];
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	const size_t len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (left < len)
		return 0;
	const uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	const uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

static bool utf8_is_well_formed(struct span text)
{
	for (size_t at = 0; at < text.len;) {
		const size_t len = utf8_sequence_length(text.data + at, text.len - at);
		if (len == 0)
			return false;
		at += len;
	}
	return true;
}

/* An open array, map or tag. */
struct frame {
	uint64_t left; /* items still to come, keys and values counted alike */
	bool is_map;
	size_t key_at;        /* where the key being read began */
	struct span last_key; /* of a map: the encoded key before */
};

struct walk {
	struct span in;
	size_t at;
	bool deep; /* contents too: text and the order of keys; otherwise heads alone */
	size_t depth;
	struct frame frames[CBOR_MAX_DEPTH];
};

static int compare_keys(struct span a, struct span b)
{
	const size_t shorter = a.len < b.len ? a.len : b.len;
	const int order = memcmp(a.data, b.data, shorter);
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* An item is complete; so may be what it stands in, and what that stands in. */
static const char *complete_item(struct walk *walk)
{
	while (walk->depth > 0) {
		struct frame *frame = &walk->frames[walk->depth - 1];
		frame->left--;
		if (walk->deep && frame->is_map && frame->left % 2 == 1) {
			const struct span key = {walk->in.data + frame->key_at, walk->at - frame->key_at};
			if (frame->last_key.len > 0 && compare_keys(frame->last_key, key) >= 0)
				return "keys_not_ascending";
			frame->last_key = key;
		}
		frame->key_at = walk->at;
		if (frame->left > 0)
			return NULL;
		walk->depth--;
	}
	return NULL;
}

static const char *enter_items(struct walk *walk, const struct head *head)
{
	if (head->major == MAJOR_TAG && head->argument != CBOR_TAG_COSE_SIGN1)
		return "tag";
	if (walk->depth == CBOR_MAX_DEPTH)
		return "too_deep";
	const bool is_map = head->major == MAJOR_MAP;
	const uint64_t items = head->major == MAJOR_TAG ? 1 : is_map ? 2 * head->argument : head->argument;
	if (items == 0)
		return complete_item(walk);
	walk->frames[walk->depth++] = (struct frame){.left = items, .is_map = is_map, .key_at = walk->at};
	return NULL;
}

static const char *pass_string(struct walk *walk, const struct head *head, size_t *missing)
{
	if (head->argument > walk->in.len - walk->at) {
		*missing = (size_t)(head->argument - (walk->in.len - walk->at));
		return RULE_TRUNCATED;
	}
	const struct span content = {walk->in.data + walk->at, (size_t)head->argument};
	if (walk->deep && head->major == MAJOR_TEXT && !utf8_is_well_formed(content))
		return "bad_utf8";
	walk->at += content.len;
	return complete_item(walk);
}

/* One head and, of a string, its content. RULE_TRUNCATED sets *missing. */
static const char *walk_step(struct walk *walk, size_t *missing)
{
	struct head head;
	const char *fault = decode_head(&head, walk->in, walk->at);
	if (fault != NULL) {
		*missing = head.len - (walk->in.len - walk->at < head.len ? walk->in.len - walk->at : head.len);
		return fault;
	}
	const bool is_number = head.major == MAJOR_UINT || head.major == MAJOR_NEGATIVE;
	if (!is_number && head.major != MAJOR_TAG && head.argument >= LENGTH_LIMIT)
		return "too_long";
	walk->at += head.len;
	if (is_number)
		return complete_item(walk);
	if (head.major == MAJOR_BYTES || head.major == MAJOR_TEXT)
		return pass_string(walk, &head, missing);
	return enter_items(walk, &head);
}

/* One whole item. NULL or the rule it breaks; *missing as walk_step. */
static const char *walk_item(struct walk *walk, size_t *missing)
{
	do {
		const char *fault = walk_step(walk, missing);
		if (fault != NULL)
			return fault;
	} while (walk->depth > 0);
	return NULL;
}

static enum status refuse(const char *what, const char *rule, struct error *err)
{
	return error_set(err, STATUS_BAD_INPUT, "%s is damaged or hostile (%s)", what, rule);
}

enum status cbor_item_length(struct span in, size_t *len, size_t *need, struct error *err)
{
	struct walk walk = {.in = in};
	size_t missing = 0;
	const char *fault = walk_item(&walk, &missing);
	if (fault == NULL) {
		*len = walk.at;
		return STATUS_OK;
	}
	if (fault != RULE_TRUNCATED)
		return refuse("the data", fault, err);
	uint64_t least = (uint64_t)in.len + missing;
	for (size_t i = 0; i < walk.depth; i++)
		least += walk.frames[i].left - 1;
	*need = least < SIZE_MAX ? (size_t)least : SIZE_MAX;
	return error_set(err, STATUS_NOT_FOUND, "the data ends too early (%s)", fault);
}

enum status cbor_read_begin(struct cbor_reader *reader, struct span in, struct error *err)
{
	struct walk walk = {.in = in, .deep = true};
	size_t missing = 0;
	const char *fault = walk_item(&walk, &missing);
	if (fault == NULL && walk.at < in.len)
		fault = "trailing_bytes";
	*reader = (struct cbor_reader){.in = in, .fault = fault};
	return fault == NULL ? STATUS_OK : refuse("the data", fault, err);
}

/* --- reading --- */

bool cbor_read_ok(const struct cbor_reader *reader)
{
	return reader->fault == NULL;
}

void cbor_read_fail(struct cbor_reader *reader, const char *rule)
{
	if (reader->fault == NULL)
		reader->fault = rule;
}

bool cbor_read_more(const struct cbor_reader *reader)
{
	return reader->fault == NULL && reader->at < reader->in.len;
}

/* The head at the cursor, not passed. Zero after a fault, which it may set. */
static struct head peek_head(struct cbor_reader *reader)
{
	struct head head = {0};
	if (reader->fault != NULL)
		return head;
	const char *fault = reader->at < reader->in.len ? decode_head(&head, reader->in, reader->at) : "missing_field";
	if (fault == NULL)
		return head;
	cbor_read_fail(reader, fault);
	return (struct head){0};
}

enum cbor_type cbor_peek(struct cbor_reader *reader)
{
	return (enum cbor_type)peek_head(reader).major;
}

/* Passes a head of this type and returns its argument; 0 with a fault otherwise. */
static uint64_t read_argument(struct cbor_reader *reader, enum major major)
{
	const struct head head = peek_head(reader);
	if (reader->fault == NULL && head.major != major)
		cbor_read_fail(reader, "wrong_type");
	if (reader->fault != NULL)
		return 0;
	reader->at += head.len;
	return head.argument;
}

uint64_t cbor_read_uint(struct cbor_reader *reader)
{
	return read_argument(reader, MAJOR_UINT);
}

uint64_t cbor_read_uint_max(struct cbor_reader *reader, uint64_t max)
{
	const uint64_t value = cbor_read_uint(reader);
	if (value <= max)
		return value;
	cbor_read_fail(reader, "out_of_range");
	return 0;
}

int64_t cbor_read_int(struct cbor_reader *reader)
{
	const bool negative = peek_head(reader).major == MAJOR_NEGATIVE;
	const uint64_t argument = read_argument(reader, negative ? MAJOR_NEGATIVE : MAJOR_UINT);
	if (argument <= INT64_MAX)
		return negative ? -1 - (int64_t)argument : (int64_t)argument;
	cbor_read_fail(reader, "out_of_range");
	return 0;
}

static struct span read_string(struct cbor_reader *reader, enum major major)
{
	const uint64_t len = read_argument(reader, major);
	if (reader->fault == NULL && len > reader->in.len - reader->at)
		cbor_read_fail(reader, RULE_TRUNCATED);
	if (reader->fault != NULL)
		return (struct span){0};
	const struct span content = {reader->in.data + reader->at, (size_t)len};
	reader->at += content.len;
	return content;
}

struct span cbor_read_bytes(struct cbor_reader *reader)
{
	return read_string(reader, MAJOR_BYTES);
}

void cbor_read_bytes_exact(struct cbor_reader *reader, uint8_t *out, size_t len)
{
	const struct span content = cbor_read_bytes(reader);
	if (reader->fault == NULL && content.len != len)
		cbor_read_fail(reader, "out_of_range");
	if (reader->fault == NULL && len > 0)
		memcpy(out, content.data, len);
}

struct span cbor_read_text(struct cbor_reader *reader)
{
	return read_string(reader, MAJOR_TEXT);
}

size_t cbor_read_array(struct cbor_reader *reader)
{
	return (size_t)read_argument(reader, MAJOR_ARRAY);
}

void cbor_read_array_exact(struct cbor_reader *reader, size_t n)
{
	const size_t items = cbor_read_array(reader);
	if (items != n)
		cbor_read_fail(reader, items < n ? "missing_field" : "unknown_field");
}

struct cbor_map cbor_read_map(struct cbor_reader *reader)
{
	return (struct cbor_map){.left = (size_t)read_argument(reader, MAJOR_MAP)};
}

bool cbor_map_next(struct cbor_reader *reader, struct cbor_map *map, uint64_t *key)
{
	if (reader->fault != NULL || map->left == 0)
		return false;
	const uint64_t next = cbor_read_uint(reader);
	if (reader->fault != NULL)
		return false;
	map->left--;
	*key = next;
	return true;
}

uint64_t cbor_read_tag(struct cbor_reader *reader)
{
	return read_argument(reader, MAJOR_TAG);
}

struct span cbor_read_encoded(struct cbor_reader *reader)
{
	if (!cbor_read_more(reader)) {
		cbor_read_fail(reader, "missing_field");
		return (struct span){0};
	}
	struct walk walk = {.in = reader->in, .at = reader->at};
	size_t missing = 0;
	const char *fault = walk_item(&walk, &missing);
	if (fault != NULL) {
		cbor_read_fail(reader, fault);
		return (struct span){0};
	}
	const struct span item = {reader->in.data + reader->at, walk.at - reader->at};
	reader->at = walk.at;
	return item;
}

enum status cbor_read_end(const struct cbor_reader *reader, const char *what, struct error *err)
{
	const char *fault = reader->fault;
	if (fault == NULL && reader->at < reader->in.len)
		fault = "trailing_bytes";
	return fault == NULL ? STATUS_OK : refuse(what, fault, err);
}
