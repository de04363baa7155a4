#include "schema/body.h"

#include <string.h>

#include "schema/date.h"
#include "schema/report_codec.h"
#include "schema/report_rules.h"
#include "schema/vocabulary.h"

enum { BODY_VERSION = 1 };

/* Keys of the map below the fields' numbers. */
enum {
	KEY_VERSION = 0,
	KEY_CREATED = 1,
	KEY_CLOCK = 2,
	KEY_PARENT = 3,
	KEY_CLEARED = 4,
	KEY_REASON = 5,
	KEY_LOCKED = 6,
	KEY_RECOVERY = 7,
};

/* The row of the note, the one field a retraction has. */
enum { NOTE_ROW = 15 };

/* Which keys a type has, bit i for key i; and which fields, bit i for row i. */
struct shape {
	uint8_t allowed, required;
	bool whole; /* the rules for whole reports hold */
	uint64_t fields;
};

#define KEY(name) (1U << KEY_##name)
#define ALL_FIELDS UINT64_MAX
#define ALWAYS (KEY(CREATED) | KEY(CLOCK) | KEY(LOCKED))

/* The shape of a type; NULL for one whose body this program does not know. */
static const struct shape *shape_of(enum object_type type)
{
	static const struct shape report = {ALWAYS, KEY(CREATED), true, ALL_FIELDS};
	static const struct shape amend = {ALWAYS | KEY(PARENT) | KEY(CLEARED), KEY(CREATED) | KEY(PARENT), false, ALL_FIELDS};
	static const struct shape corroborate = {ALWAYS | KEY(PARENT), KEY(CREATED) | KEY(PARENT), false, ALL_FIELDS};
	static const struct shape retract = {ALWAYS | KEY(PARENT) | KEY(REASON), KEY(CREATED) | KEY(PARENT) | KEY(REASON), false,
	                                     UINT64_C(1) << NOTE_ROW};
	/* Whoever makes a code has the key: it is never captured locked. */
	static const struct shape recovery = {KEY(CREATED) | KEY(CLOCK) | KEY(RECOVERY), KEY(CREATED) | KEY(RECOVERY), false, 0};
	const unsigned number = type;
	switch (number) {
	case OBJECT_REPORT:
	case OBJECT_INTAKE: return &report;
	case OBJECT_AMEND: return &amend;
	case OBJECT_CORROBORATE: return &corroborate;
	case OBJECT_RETRACT: return &retract;
	case OBJECT_RECOVERY: return &recovery;
	default: return NULL;
	}
}

void body_init(struct body *body, enum object_type type)
{
	memset(body, 0, sizeof *body);
	body->type = type;
	body->clock = BODY_CLOCK_MANUAL;
	report_init(&body->report);
}

static uint64_t bit(size_t row)
{
	return UINT64_C(1) << row;
}

static bool is_partial(enum object_type type)
{
	return type == OBJECT_AMEND || type == OBJECT_CORROBORATE;
}

/* The rows that may be written: those said to be set, where the type speaks of parts. */
static uint64_t rows_of(const struct body *body, const struct shape *shape)
{
	return is_partial(body->type) ? body->set : shape->fields;
}

/* The rows an amendment clears: also those set to nothing, or to their usual code. */
static uint64_t cleared_of(const struct body *body)
{
	uint64_t cleared = body->type == OBJECT_AMEND ? body->cleared : 0;
	for (size_t i = 0; i < report_fields_len && body->type == OBJECT_AMEND; i++)
		if ((body->set & bit(i)) != 0 && !report_is_written(&body->report, &report_fields[i]) &&
		    report_absent(&body->report, &report_fields[i]) == 0)
			cleared |= bit(i);
	return cleared;
}

static enum status refuse(const char *rule, const char *what, struct error *err)
{
	return error_set(err, STATUS_BAD_INPUT, "%s: %s", rule, what);
}

/* What only a body has: times, reasons, numbers of fields. */
static enum status check_frame(const struct body *body, struct error *err)
{
	const int64_t created_max = ((int64_t)DATE_DAY_MAX + 1) * DATE_SECONDS_A_DAY - 1;
	const uint64_t all = bit(report_fields_len) - 1;
	const uint64_t cleared = cleared_of(body);
	if (body->created_s < 0 || body->created_s > created_max)
		return refuse("out_of_range", "the time it was made lies outside the years 1970 to 2199", err);
	if (vocabulary_word(&vocabulary_clock, (uint8_t)body->clock) == NULL)
		return refuse("unknown_code", "the quality of the clock is in no list", err);
	if (body->type == OBJECT_RETRACT && vocabulary_word(&vocabulary_retraction, body->reason) == NULL)
		return refuse("unknown_code", "the reason of the retraction is in no list", err);
	if (body->type == OBJECT_RECOVERY && body->captured_locked)
		return refuse("unknown_field", "a recovery code is not captured while the device is locked", err);
	if (body->type == OBJECT_AMEND && body->set == 0 && cleared == 0)
		return refuse("amend_empty", "the amendment changes nothing", err);
	if (is_partial(body->type) && (((body->set | body->cleared) & ~all) != 0 || (body->set & body->cleared) != 0))
		return refuse("cleared_and_set", "a field is both set and cleared, or there is no such field", err);
	return STATUS_OK;
}

static enum status check(const struct body *body, const struct shape *shape, const char **rule, struct error *err)
{
	const struct report_clock clock = {body->created_s, body->clock == BODY_CLOCK_UNSET};
	*rule = NULL;
	const enum status status = check_frame(body, err);
	if (status != STATUS_OK)
		return status;
	return report_rules_check(&body->report, &clock, shape->whole, rule, err);
}

/* --- encoding --- */

static void encode_rows(struct cbor_writer *writer, uint64_t rows)
{
	size_t len = 0;
	for (size_t i = 0; i < report_fields_len; i++)
		len += (rows & bit(i)) != 0;
	cbor_write_array(writer, len);
	for (size_t i = 0; i < report_fields_len; i++)
		if ((rows & bit(i)) != 0)
			cbor_write_uint(writer, report_fields[i].number);
}

/* The keys below the fields'; `keys` says which of them. */
static void encode_frame(struct cbor_writer *writer, const struct body *body, unsigned keys)
{
	for (unsigned key = KEY_CREATED; key <= KEY_RECOVERY; key++) {
		if ((keys & 1U << key) == 0)
			continue;
		cbor_write_uint(writer, key);
		switch (key) {
		case KEY_CREATED: cbor_write_uint(writer, (uint64_t)body->created_s); break;
		case KEY_CLOCK: cbor_write_uint(writer, body->clock); break;
		case KEY_PARENT: cbor_write_bytes(writer, hash_span(&body->parent)); break;
		case KEY_CLEARED: encode_rows(writer, cleared_of(body)); break;
		case KEY_REASON: cbor_write_uint(writer, body->reason); break;
		case KEY_LOCKED: cbor_write_uint(writer, 1); break;
		default: cbor_write_bytes(writer, (struct span){body->recovery, sizeof body->recovery}); break;
		}
	}
}

/* The keys below the fields' that this body has. */
static unsigned keys_of(const struct body *body, const struct shape *shape)
{
	unsigned keys = shape->required;
	if (body->clock != BODY_CLOCK_MANUAL)
		keys |= KEY(CLOCK);
	if (body->captured_locked)
		keys |= KEY(LOCKED);
	if (cleared_of(body) != 0)
		keys |= KEY(CLEARED);
	return keys;
}

static size_t count_keys(unsigned keys)
{
	size_t count = 0;
	for (; keys != 0; keys &= keys - 1)
		count++;
	return count;
}

static void encode_map(struct cbor_writer *writer, const struct body *body, const struct shape *shape)
{
	const unsigned keys = keys_of(body, shape);
	const uint64_t rows = rows_of(body, shape);
	const bool absent = report_absent_count(&body->report, rows) > 0;
	size_t written = 0;
	for (size_t i = 0; i < report_fields_len; i++)
		written += (rows & bit(i)) != 0 && report_is_written(&body->report, &report_fields[i]);
	cbor_write_map(writer, count_keys(keys) + written + absent);
	encode_frame(writer, body, keys);
	for (size_t i = 0; i < report_fields_len; i++) {
		if ((rows & bit(i)) == 0 || !report_is_written(&body->report, &report_fields[i]))
			continue;
		cbor_write_uint(writer, report_fields[i].number);
		report_encode_field(writer, &body->report, &report_fields[i]);
	}
	if (absent) {
		cbor_write_uint(writer, REPORT_ABSENT_KEY);
		report_encode_absent(writer, &body->report, rows);
	}
}

enum status body_encode(struct bytes *out, const struct body *body, struct error *err)
{
	const struct shape *shape = shape_of(body->type);
	const char *rule = NULL;
	struct bytes encoded = {0};
	struct cbor_writer writer;
	if (shape == NULL)
		return error_set(err, STATUS_BUG, "type %d has no body", (int)body->type);
	enum status status = check(body, shape, &rule, err);
	if (status != STATUS_OK)
		return status;
	cbor_write_begin(&writer, &encoded);
	encode_map(&writer, body, shape);
	status = cbor_write_end(&writer, err);
	if (status == STATUS_OK && encoded.len > REPORT_BODY_MAX_BYTES) {
		status = error_set(err, STATUS_BAD_INPUT, "the report takes %zu bytes, at most %d fit", encoded.len,
		                   REPORT_BODY_MAX_BYTES);
		error_hint(err, "shorten the note or the names of places");
	}
	if (status == STATUS_OK)
		status = bytes_append(out, bytes_span(&encoded), err);
	bytes_wipe(&encoded);
	return status;
}

/* --- decoding --- */

static void decode_cleared(struct cbor_reader *reader, struct body *body)
{
	const size_t len = cbor_read_array(reader);
	uint64_t last = 0;
	if (len == 0)
		cbor_read_fail(reader, "empty_value");
	for (size_t i = 0; i < len && cbor_read_ok(reader); i++) {
		const uint64_t number = cbor_read_uint(reader);
		const struct report_field *field = report_field_numbered(number);
		if (field == NULL)
			cbor_read_fail(reader, "unknown_field");
		else if (number <= last)
			cbor_read_fail(reader, "cleared_order");
		else
			body->cleared |= bit((size_t)(field - report_fields));
		last = number;
	}
}

static void decode_clock(struct cbor_reader *reader, struct body *body)
{
	const uint64_t clock = cbor_read_uint_max(reader, UINT8_MAX);
	if (clock == BODY_CLOCK_MANUAL)
		cbor_read_fail(reader, "default_present");
	if (vocabulary_word(&vocabulary_clock, (uint8_t)clock) == NULL)
		cbor_read_fail(reader, "unknown_code");
	body->clock = (enum body_clock)clock;
}

static void decode_locked(struct cbor_reader *reader, struct body *body)
{
	if (cbor_read_uint_max(reader, 1) == 0)
		cbor_read_fail(reader, "default_present");
	body->captured_locked = true;
}

static void decode_frame_key(struct cbor_reader *reader, struct body *body, uint64_t key)
{
	switch (key) {
	case KEY_CREATED: body->created_s = (int64_t)cbor_read_uint_max(reader, INT64_MAX); break;
	case KEY_CLOCK: decode_clock(reader, body); break;
	case KEY_PARENT: cbor_read_bytes_exact(reader, body->parent.bytes, sizeof body->parent.bytes); break;
	case KEY_CLEARED: decode_cleared(reader, body); break;
	case KEY_REASON: body->reason = (uint8_t)cbor_read_uint_max(reader, UINT8_MAX); break;
	case KEY_LOCKED: decode_locked(reader, body); break;
	default: cbor_read_bytes_exact(reader, body->recovery, sizeof body->recovery); break;
	}
}

/* One key of the map: below the fields', a field's, or the reasons'. */
static void decode_key(struct cbor_reader *reader, struct body *body, const struct shape *shape, uint64_t key)
{
	const struct report_field *field = report_field_numbered(key);
	uint64_t rows = 0;
	if (key <= KEY_RECOVERY && (shape->allowed >> key & 1) != 0) {
		decode_frame_key(reader, body, key);
	} else if (field != NULL && (shape->fields & bit((size_t)(field - report_fields))) != 0) {
		report_decode_field(reader, &body->report, field);
		rows = bit((size_t)(field - report_fields));
	} else if (key == REPORT_ABSENT_KEY && shape->fields == ALL_FIELDS) {
		report_decode_absent(reader, &body->report, &rows);
	} else {
		cbor_read_fail(reader, "unknown_field");
	}
	if (is_partial(body->type))
		body->set |= rows;
}

/* Whether the map begins with a version above this program's. */
static bool is_newer(struct cbor_reader reader)
{
	uint64_t key = 0;
	struct cbor_map map = cbor_read_map(&reader);
	return cbor_map_next(&reader, &map, &key) && key == KEY_VERSION && cbor_read_uint(&reader) > BODY_VERSION &&
	       cbor_read_ok(&reader);
}

static enum status decode_map(struct cbor_reader *reader, struct body *body, const struct shape *shape, struct error *err)
{
	struct cbor_map map = cbor_read_map(reader);
	uint64_t key = 0;
	unsigned seen = 0;
	while (cbor_map_next(reader, &map, &key)) {
		if (key == KEY_VERSION)
			cbor_read_fail(reader, "default_present");
		seen |= key <= KEY_RECOVERY ? 1U << key : 0;
		decode_key(reader, body, shape, key);
	}
	if ((shape->required & ~seen) != 0)
		cbor_read_fail(reader, "missing_field");
	return cbor_read_end(reader, "the report's body", err);
}

enum status body_decode(struct body *body, enum object_type type, struct span in, struct error *err)
{
	const struct shape *shape = shape_of(type);
	const char *rule = NULL;
	struct cbor_reader reader;
	struct body found;
	if (shape == NULL)
		return error_set(err, STATUS_REFUSED, "a record of type %d needs a newer sijil", (int)type);
	if (in.len > REPORT_BODY_MAX_BYTES)
		return refuse("body_too_long", "the report's body is longer than 4096 bytes", err);
	body_init(&found, type);
	enum status status = cbor_read_begin(&reader, in, err);
	if (status != STATUS_OK)
		return status;
	if (is_newer(reader))
		return error_set(err, STATUS_REFUSED, "the report was written by a newer sijil; this one cannot read it");
	status = decode_map(&reader, &found, shape, err);
	if (status != STATUS_OK)
		return status;
	status = check(&found, shape, &rule, err);
	if (status != STATUS_OK)
		return rule != NULL ? error_wrap(err, status, "%s", rule) : status;
	*body = found;
	return STATUS_OK;
}

void body_apply(struct report *report, const struct body *amend)
{
	for (size_t i = 0; i < report_fields_len; i++) {
		if ((amend->cleared & bit(i)) != 0)
			report_clear(report, &report_fields[i]);
		else if ((amend->set & bit(i)) != 0)
			report_copy_field(report, &amend->report, &report_fields[i]);
	}
}

void body_set_changes(struct body *body, const struct report *base, const struct report *report)
{
	body->set = body->cleared = 0;
	report_init(&body->report);
	for (size_t i = 0; i < report_fields_len; i++) {
		if (report_field_is_same(base, report, &report_fields[i]))
			continue;
		body->set |= bit(i);
		report_copy_field(&body->report, report, &report_fields[i]);
	}
}
