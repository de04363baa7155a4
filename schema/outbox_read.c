#include <stdlib.h>
#include <string.h>

#include "schema/outbox_tables.h"

enum { HEX_DIGITS_MIN = 4, LINEAGE_MAX = 4096 };

/* --- one row of the register as an entry --- */

static enum status newest_child(struct outbox *outbox, const struct hash *parent, enum object_type type,
                                struct hash *child, struct error *err)
{
	bool row = false;

	*child = (struct hash){{0}};
	struct query *const query = db_query(outbox->db, OUTBOX_CHILD);
	query_bind_bytes(query, 1, hash_span(parent));
	query_bind_int(query, 2, type);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row)
		status = query_exact(query, 0, child->bytes, HASH_BYTES, err);
	query_end(query);
	return status;
}

/* Columns: id, type, device, number, parent, body. */
static enum status read_entry(struct outbox *outbox, const struct query *query, struct outbox_entry *entry,
                              struct error *err)
{
	entry->type = (enum object_type)query_int(query, 1);
	entry->number = (uint32_t)query_int(query, 3);
	entry->readable = !query_is_null(query, 5);
	body_init(&entry->body, entry->type);
	enum status status = query_exact(query, 0, entry->id.bytes, HASH_BYTES, err);
	if (status == STATUS_OK)
		status = query_exact(query, 2, entry->device.bytes, KEY_ID_BYTES, err);
	if (status == STATUS_OK && entry->readable)
		status = outbox_stored(body_decode(&entry->body, entry->type, query_bytes(query, 5), err), err);
	if (status != STATUS_OK)
		return status;
	const struct outbox_identity *const identity = outbox_identity_of(outbox, &entry->device);
	entry->relay_has = identity != NULL && identity->covered[OUTBOX_BY_RELAY] >= entry->number;
	entry->hq_has = identity != NULL && identity->covered[OUTBOX_BY_HQ] >= entry->number;
	status = outbox_is_withheld(outbox, &entry->id, &entry->withheld, err);
	if (status != STATUS_OK)
		return status;
	status = newest_child(outbox, &entry->id, OBJECT_AMEND, &entry->amended_by, err);
	return status != STATUS_OK ? status : newest_child(outbox, &entry->id, OBJECT_RETRACT, &entry->retracted_by, err);
}

/* Ends the query. */
static enum status each_row(struct outbox *outbox, struct query *query, outbox_each_function *each, void *context,
                            struct error *err)
{
	bool row = false;
	struct outbox_entry *const entry = malloc(sizeof *entry);
	enum status status = entry == NULL ? error_set(err, STATUS_NO_MEMORY, "out of memory") : query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = read_entry(outbox, query, entry, err);
		if (status == STATUS_OK)
			status = each(context, entry, err);
		if (status == STATUS_NOT_FOUND) {
			status = STATUS_OK;
			break;
		}
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	if (entry != NULL)
		body_init(&entry->body, OBJECT_REPORT);
	free(entry);
	return status;
}

enum status outbox_each(struct outbox *outbox, outbox_each_function *each, void *context, struct error *err)
{
	return each_row(outbox, db_query(outbox->db, OUTBOX_OWN_ALL), each, context, err);
}

enum status outbox_each_lineage(struct outbox *outbox, const struct hash *id, outbox_each_function *each, void *context,
                                struct error *err)
{
	struct query *const query = db_query(outbox->db, OUTBOX_LINEAGE);
	query_bind_bytes(query, 1, hash_span(id));
	return each_row(outbox, query, each, context, err);
}

/* --- finding --- */

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* The least and the greatest id that begin with these digits. */
static bool parse_prefix(const char *name, struct hash *low, struct hash *high)
{
	const size_t len = strnlen(name, 2 * HASH_BYTES + 1);

	if (len < HEX_DIGITS_MIN || len > 2 * HASH_BYTES)
		return false;
	memset(low, 0x00, sizeof *low);
	memset(high, 0xff, sizeof *high);
	for (size_t i = 0; i < len; i++) {
		const int value = hex_value(name[i]);
		if (value < 0)
			return false;
		const unsigned shift = i % 2 == 0 ? 4 : 0;
		const unsigned mask = 0xfu << shift;
		low->bytes[i / 2] = (uint8_t)(low->bytes[i / 2] | ((unsigned)value << shift));
		high->bytes[i / 2] = (uint8_t)((high->bytes[i / 2] & ~mask) | ((unsigned)value << shift));
	}
	return true;
}

static bool parse_number(const char *name, int64_t *number)
{
	int64_t value = 0;

	for (const char *at = name; *at != '\0'; at++) {
		if (*at < '0' || *at > '9' || value > UINT32_MAX)
			return false;
		value = value * 10 + (*at - '0');
	}
	*number = value;
	return name[0] != '\0' && value <= UINT32_MAX;
}

/* Takes the one row that the query gives; *rows tells how many there were (0, 1 or 2). */
static enum status take_one(struct outbox *outbox, struct query *query, struct outbox_entry *entry, int *rows,
                            struct error *err)
{
	bool row = false;

	*rows = 0;
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row) {
		*rows = 1;
		status = read_entry(outbox, query, entry, err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
		if (status == STATUS_OK && row)
			*rows = 2;
	}
	query_end(query);
	return status;
}

/* "NAME/12", or "12" of the current key. */
static bool parse_place(const struct outbox *outbox, const char *name, struct key_id *device, int64_t *number)
{
	const char *const slash = strrchr(name, '/');
	*device = outbox_self(outbox)->device;
	if (slash == NULL)
		return parse_number(name, number);
	for (size_t i = 0; i < outbox->identities_len; i++) {
		char known[ENROLMENT_NAME_BYTES];
		outbox_name(outbox, &outbox->identities[i].device, known);
		if (strlen(known) != (size_t)(slash - name) || strncmp(known, name, strlen(known)) != 0)
			continue;
		*device = outbox->identities[i].device;
		return parse_number(slash + 1, number);
	}
	return false;
}

static enum status find(struct outbox *outbox, const char *name, struct outbox_entry *entry, int *rows,
                        struct error *err)
{
	struct hash low, high;
	struct key_id device;
	int64_t number = 0;
	enum status status = STATUS_OK;

	*rows = 0;
	if (parse_place(outbox, name, &device, &number)) {
		struct query *const query = db_query(outbox->db, OUTBOX_OWN_BY_NUMBER);
		query_bind_bytes(query, 1, key_id_span(&device));
		query_bind_int(query, 2, number);
		status = take_one(outbox, query, entry, rows, err);
	}
	if (status == STATUS_OK && *rows == 0 && parse_prefix(name, &low, &high)) {
		struct query *const query = db_query(outbox->db, OUTBOX_OWN_BY_ID);
		query_bind_bytes(query, 1, hash_span(&low));
		query_bind_bytes(query, 2, hash_span(&high));
		status = take_one(outbox, query, entry, rows, err);
	}
	return status;
}

enum status outbox_find(struct outbox *outbox, const char *name, struct outbox_entry *out, struct error *err)
{
	int rows = 0;

	struct outbox_entry *const entry = malloc(sizeof *entry);
	if (entry == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = find(outbox, name, entry, &rows, err);
	if (status == STATUS_OK && rows == 0) {
		status = error_set(err, STATUS_NOT_FOUND, "no report on this device is called \"%.64s\"", name);
		error_hint(err, "sijil list shows the reports and their numbers");
	}
	if (status == STATUS_OK && rows > 1) {
		(void)error_set(err, STATUS_BAD_INPUT, "several reports begin with \"%.64s\"", name);
		error_hint(err, "Give more digits.");
		status = STATUS_BAD_INPUT;
	}
	if (status == STATUS_OK)
		*out = *entry;
	body_init(&entry->body, OBJECT_REPORT);
	free(entry);
	return status;
}

static enum status find_carried(struct outbox *outbox, const char *name, struct hash *id, int *rows, struct error *err)
{
	struct hash low, high;
	bool row = false;
	*rows = 0;
	if (!parse_prefix(name, &low, &high))
		return STATUS_OK;
	struct query *const query = db_query(outbox->db, OUTBOX_CARRIED_BY_ID);
	query_bind_bytes(query, 1, hash_span(&low));
	query_bind_bytes(query, 2, hash_span(&high));
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && row) {
		status = query_exact(query, 0, id->bytes, HASH_BYTES, err);
		*rows = 1;
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
		*rows += status == STATUS_OK && row;
	}
	query_end(query);
	if (*rows == 0 && hash_equals(&low, &high)) {
		*id = low;
		*rows = 1;
	}
	return status;
}

enum status outbox_find_carried(struct outbox *outbox, const char *name, struct hash *id, struct error *err)
{
	struct outbox_entry entry;
	struct hash found;
	int rows = 0;
	if (outbox_find(outbox, name, &entry, NULL) == STATUS_OK) {
		body_init(&entry.body, OBJECT_REPORT);
		(void)error_set(err, STATUS_REFUSED, "\"%.64s\" is of this device: nobody confirms his own report", name);
		error_hint(err, "to correct it: sijil amend %.64s", name);
		return STATUS_REFUSED;
	}
	const enum status status = find_carried(outbox, name, &found, &rows, err);
	if (status != STATUS_OK)
		return status;
	if (rows == 0) {
		(void)error_set(err, STATUS_NOT_FOUND, "no report of another device here is called \"%.64s\"", name);
		error_hint(err, "give all 64 digits of its id, as headquarters or its author reads it; a few are enough for one that is carried here");
		return STATUS_NOT_FOUND;
	}
	if (rows > 1) {
		(void)error_set(err, STATUS_BAD_INPUT, "several reports begin with \"%.64s\"", name);
		error_hint(err, "Give more digits.");
		return STATUS_BAD_INPUT;
	}
	*id = found;
	return STATUS_OK;
}

/* --- the report as it stands --- */

static enum status get_entry(struct outbox *outbox, const struct hash *id, struct outbox_entry *entry, struct error *err)
{
	int rows = 0;

	struct query *const query = db_query(outbox->db, OUTBOX_OWN_BY_ID);
	query_bind_bytes(query, 1, hash_span(id));
	query_bind_bytes(query, 2, hash_span(id));
	const enum status status = take_one(outbox, query, entry, &rows, err);
	if (status == STATUS_OK && rows == 0) {
		(void)error_set(err, STATUS_NOT_FOUND, "there is no such report on this device");
		error_hint(err, "sijil list shows the reports and their numbers");
		return STATUS_NOT_FOUND;
	}
	if (status == STATUS_OK && entry->withheld) {
		(void)error_set(err, STATUS_NOT_FOUND, "this report was withheld: its content is nowhere any more");
		error_hint(err, "what else is kept: sijil list --all");
		return STATUS_NOT_FOUND;
	}
	if (status == STATUS_OK && !entry->readable) {
		(void)error_set(err, STATUS_NOT_FOUND, "the project's policy has dropped the readable copy of this report");
		error_hint(err, "headquarters has it; ask there");
		return STATUS_NOT_FOUND;
	}
	return status;
}

/* From `id` up to what it amends; each parent was saved before its amendment, so this ends. */
static enum status climb(struct outbox *outbox, const struct hash *id, struct outbox_entry *entry, struct bytes *path,
                         struct error *err)
{
	enum status status = get_entry(outbox, id, entry, err);
	while (status == STATUS_OK) {
		status = bytes_append(path, hash_span(&entry->id), err);
		if (status != STATUS_OK || entry->type != OBJECT_AMEND)
			return status;
		if (path->len >= (size_t)LINEAGE_MAX * HASH_BYTES)
			return error_set(err, STATUS_CORRUPT, "a report has more than %d amendments", LINEAGE_MAX);
		const struct hash parent = entry->body.parent;
		status = get_entry(outbox, &parent, entry, err);
	}
	return status;
}

/* Down the path again, then on through the newest amendment of each. */
static enum status descend(struct outbox *outbox, const struct bytes *path, struct outbox_entry *entry,
                           struct report *report, struct error *err)
{
	enum status status = STATUS_OK;
	struct hash next;

	for (size_t at = path->len - HASH_BYTES; at > 0 && status == STATUS_OK;) {
		at -= HASH_BYTES;
		memcpy(next.bytes, path->data + at, HASH_BYTES);
		status = get_entry(outbox, &next, entry, err);
		if (status == STATUS_OK)
			body_apply(report, &entry->body);
	}
	for (int steps = 0; status == STATUS_OK && !hash_is_zero(&entry->amended_by); steps++) {
		if (steps >= LINEAGE_MAX)
			return error_set(err, STATUS_CORRUPT, "a report has more than %d amendments", LINEAGE_MAX);
		next = entry->amended_by;
		status = get_entry(outbox, &next, entry, err);
		if (status == STATUS_OK)
			body_apply(report, &entry->body);
	}
	return status;
}

enum status outbox_current(struct outbox *outbox, const struct hash *id, struct report *report, struct error *err)
{
	struct bytes path = {0};

	struct report *const current = malloc(sizeof *current);
	struct outbox_entry *const entry = malloc(sizeof *entry);
	enum status status = STATUS_OK;
	if (current == NULL || entry == NULL)
		status = error_set(err, STATUS_NO_MEMORY, "out of memory");
	if (status == STATUS_OK)
		status = climb(outbox, id, entry, &path, err);
	if (status == STATUS_OK) {
		*current = entry->body.report;
		status = descend(outbox, &path, entry, current, err);
	}
	if (status == STATUS_OK)
		*report = *current;
	bytes_wipe(&path);
	if (entry != NULL)
		body_init(&entry->body, OBJECT_REPORT);
	if (current != NULL)
		report_init(current);
	free(entry);
	free(current);
	return status;
}

/* --- the floor --- */

enum status outbox_receipted(struct outbox *outbox, struct head *head, struct error *err)
{
	const struct outbox_identity *const self = outbox_self(outbox);
	struct head found = {self->covered[OUTBOX_BY_RELAY], self->introduced};
	bool row = false;
	enum status status = STATUS_OK;

	if (found.number > 0) {
		struct query *const query = db_query(outbox->db, OUTBOX_OWN_BY_NUMBER);
		query_bind_bytes(query, 1, key_id_span(&self->device));
		query_bind_int(query, 2, (int64_t)found.number);
		status = query_step(query, &row, err);
		if (status == STATUS_OK && !row)
			status = error_set(err, STATUS_CORRUPT, "the register is damaged: a receipted report is missing");
		if (status == STATUS_OK)
			status = query_exact(query, 0, found.last.bytes, HASH_BYTES, err);
		query_end(query);
	}
	if (status == STATUS_OK)
		*head = found;
	return status;
}

enum status outbox_holds(struct outbox *outbox, const struct head *head, bool *holds, struct error *err)
{
	bool own = false;
	enum status status = STATUS_OK;

	for (size_t i = 0; i < outbox->identities_len && status == STATUS_OK && !own; i++)
		status = outbox_is_own(outbox, &outbox->identities[i], head, &own, err);
	if (status == STATUS_OK)
		*holds = own;
	return status;
}
