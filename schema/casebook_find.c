/* What a person types, to what it names. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "schema/casebook_inside.h"

enum { HEX_DIGITS_MIN = 4 };

/* --- hexadecimal prefixes --- */

struct prefix {
	size_t digits;
	uint8_t bytes[HASH_BYTES]; /* padded with zeros */
};

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *const found = c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));
	return found == NULL ? -1 : (int)(found - digits);
}

/* Whether `name` is 4 to 2 * `bytes` hexadecimal digits. */
static bool prefix_parse(struct prefix *prefix, const char *name, size_t bytes)
{
	*prefix = (struct prefix){0};
	for (; name[prefix->digits] != '\0'; prefix->digits++) {
		const int digit = hex_digit(name[prefix->digits]);
		if (digit < 0 || prefix->digits == 2 * bytes)
			return false;
		prefix->bytes[prefix->digits / 2] |= (uint8_t)(prefix->digits % 2 == 0 ? digit << 4 : digit);
	}
	return prefix->digits >= HEX_DIGITS_MIN;
}

static bool prefix_matches(const struct prefix *prefix, const uint8_t *bytes)
{
	const size_t whole = prefix->digits / 2;
	if (memcmp(prefix->bytes, bytes, whole) != 0)
		return false;
	return prefix->digits % 2 == 0 || prefix->bytes[whole] >> 4 == bytes[whole] >> 4;
}

/* --- reports --- */

static enum status several(const char *what, const char *name, const char *hint, struct error *err)
{
	(void)error_set(err, STATUS_BAD_INPUT, "\"%s\" names more than one %s", name, what);
	error_hint(err, "%s", hint);
	return STATUS_BAD_INPUT;
}

static enum status several_reports(const char *name, struct error *err)
{
	return several("report", name, "give more digits of its id", err);
}

static enum status no_report(const char *name, struct error *err)
{
	(void)error_set(err, STATUS_NOT_FOUND, "headquarters has no report \"%s\"", name);
	error_hint(err, "give at least %d digits of its id, or the device's label and the number, as in \"Team Nasib/12\"",
	           HEX_DIGITS_MIN);
	return STATUS_NOT_FOUND;
}

static enum status find_by_prefix(struct casebook *casebook, const char *name, const struct prefix *prefix,
                                  struct hash *id, struct error *err)
{
	struct hash next, found;
	size_t matches = 0;
	bool row = false;
	struct query *const query = db_query(casebook->db, CASEBOOK_OPENED_FROM);
	query_bind_bytes(query, 1, (struct span){prefix->bytes, sizeof prefix->bytes});
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = query_exact(query, 0, next.bytes, sizeof next.bytes, err);
		if (status == STATUS_OK && prefix_matches(prefix, next.bytes) && matches++ == 0)
			found = next;
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	if (status != STATUS_OK)
		return status;
	if (matches > 1)
		return several_reports(name, err);
	if (matches == 0)
		return no_report(name, err);
	*id = found;
	return STATUS_OK;
}

/* The number behind the last '/', and how long the label before it is. */
static bool split_name(const char *name, size_t *label_len, uint64_t *number)
{
	const char *const slash = strrchr(name, '/');
	if (slash == NULL || slash == name || slash[1] == '\0')
		return false;
	*number = 0;
	for (const char *c = slash + 1; *c != '\0'; c++) {
		if (!isdigit((unsigned char)*c) || *number > UINT32_MAX)
			return false;
		*number = *number * 10 + (uint64_t)(*c - '0');
	}
	*label_len = (size_t)(slash - name);
	return true;
}

/* The events of one number of a device, counted; the first is kept. */
static enum status find_numbered(struct casebook *casebook, const struct key_id *device, uint64_t number, struct hash *id,
                                 size_t *matches, struct error *err)
{
	bool row = false;
	struct query *const query = db_query(casebook->db, CASEBOOK_OPENED_NUMBERED);
	query_bind_bytes(query, 1, key_id_span(device));
	query_bind_int(query, 2, (int64_t)number);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		if (*matches == 0)
			status = query_exact(query, 0, id->bytes, sizeof id->bytes, err);
		++*matches;
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

static enum status find_by_label(struct casebook *casebook, const char *name, size_t label_len, uint64_t number,
                                 struct hash *id, struct error *err)
{
	struct casebook_reading reading;
	struct hash found;
	size_t matches = 0;
	enum status status = casebook_reading_begin(&reading, casebook, err);
	for (size_t i = 0; status == STATUS_OK && i < reading.roster.len; i++) {
		const struct casebook_member *const member = &reading.roster.members[i];
		if (strlen(member->label) == label_len && memcmp(member->label, name, label_len) == 0)
			status = find_numbered(casebook, &member->id, number, &found, &matches, err);
	}
	casebook_reading_end(&reading);
	if (status != STATUS_OK)
		return status;
	if (matches > 1)
		return several_reports(name, err);
	if (matches == 0)
		return no_report(name, err);
	*id = found;
	return STATUS_OK;
}

enum status casebook_find(struct casebook *casebook, const char *name, struct hash *id, struct error *err)
{
	struct prefix prefix;
	size_t label_len;
	uint64_t number;
	if (prefix_parse(&prefix, name, HASH_BYTES))
		return find_by_prefix(casebook, name, &prefix, id, err);
	if (split_name(name, &label_len, &number))
		return find_by_label(casebook, name, label_len, number, id, err);
	return no_report(name, err);
}

/* --- devices --- */

static bool is_named(const struct casebook_member *member, const char *name)
{
	struct prefix prefix;
	struct key_id id;
	if (strcmp(member->label, name) == 0)
		return true;
	if (prefix_parse(&prefix, name, KEY_ID_BYTES))
		return prefix_matches(&prefix, member->id.bytes);
	return key_id_parse(&id, name, NULL) == STATUS_OK && key_id_equals(&id, &member->id);
}

static enum status no_device(const char *name, struct error *err)
{
	(void)error_set(err, STATUS_NOT_FOUND, "headquarters knows no device \"%s\"", name);
	error_hint(err, "`sijil-hq device list` shows those it knows; a new one is known after a pull, or when its file was imported");
	return STATUS_NOT_FOUND;
}

enum status casebook_find_device(struct casebook *casebook, const char *name, struct key_id *id, struct error *err)
{
	struct casebook_reading reading;
	const struct casebook_member *found = NULL;
	size_t matches = 0;
	enum status status = casebook_reading_begin(&reading, casebook, err);
	for (size_t i = 0; status == STATUS_OK && name[0] != '\0' && i < reading.roster.len; i++)
		if (is_named(&reading.roster.members[i], name) && matches++ == 0)
			found = &reading.roster.members[i];
	if (status == STATUS_OK && matches > 1)
		status = several("device", name, "give its fingerprint, or at least 4 digits of its id: `sijil-hq device list`", err);
	else if (status == STATUS_OK && found == NULL)
		status = no_device(name, err);
	else if (status == STATUS_OK)
		*id = found->id;
	casebook_reading_end(&reading);
	return status;
}
