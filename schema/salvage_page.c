#include "schema/salvage_page.h"

#include <stdlib.h>
#include <string.h>

enum {
	PAGE_BYTES = VAULT_BLOCK_BYTES,
	HEADER_BYTES = 100, /* of the file, on page 1 */
	INDEX_INTERIOR = 2,
	TABLE_LEAF = 13,
	INDEX_LEAF = 10,
	/* A cell's local part, file format 1.6 */
	MOST_LOCAL_TABLE = PAGE_BYTES - 35,
	MOST_LOCAL_INDEX = (PAGE_BYTES - 12) * 64 / 255 - 23,
	LEAST_LOCAL = (PAGE_BYTES - 12) * 32 / 255 - 23,
	OVERFLOW_BYTES = PAGE_BYTES - 4,
	MAP_ENTRIES = PAGE_BYTES / 5, /* of a pointer map page, 5 bytes each */
	MAP_ROOT = 1,
	MAP_FREE = 2,
	MAP_STEPS = 64, /* no tree of ours is so deep, nor an overflow chain so long */
};

struct reader {
	struct vault_survey *survey;
	uint8_t page[PAGE_BYTES], overflow[PAGE_BYTES];
	struct bytes payload; /* of a cell that overflows */
};

static uint64_t get_be(const uint8_t *from, size_t bytes)
{
	uint64_t value = 0;
	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | from[i];
	return value;
}

/* SQLite's varint: false if it does not end in the span. Takes it off the front. */
static bool take_varint(struct span *from, uint64_t *value)
{
	uint64_t read = 0;
	for (size_t i = 0; i < 9 && i < from->len; i++) {
		const uint8_t byte = from->data[i];
		read = i == 8 ? read << 8 | byte : read << 7 | (byte & 0x7f);
		if (i == 8 || (byte & 0x80) == 0) {
			*value = read;
			from->data += i + 1;
			from->len -= i + 1;
			return true;
		}
	}
	return false;
}

/* ---- records ---- */

static const uint8_t *nothing(void)
{
	static const uint8_t none;
	return &none;
}

/* Takes one value of a serial type off the front of the record's body. */
static bool take_value(struct span *body, uint64_t serial, struct salvage_value *value)
{
	static const uint8_t lengths[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
	*value = (struct salvage_value){.bytes = {nothing(), 0}};
	if (serial == 10 || serial == 11)
		return false;
	const uint64_t len = serial < 12 ? lengths[serial] : (serial - 12) / 2;
	if (len > body->len)
		return false;
	if (serial >= 12) {
		value->type = serial % 2 == 0 ? SALVAGE_BLOB : SALVAGE_TEXT;
		value->bytes = (struct span){body->data, (size_t)len};
	} else if (serial == 7) {
		value->type = SALVAGE_REAL;
	} else if (serial != 0) {
		value->type = SALVAGE_INTEGER;
		value->number = serial >= 8 ? (int64_t)(serial - 8) : (int64_t)get_be(body->data, (size_t)len);
		if (len > 0 && len < 8 && (body->data[0] & 0x80) != 0)
			value->number -= INT64_C(1) << (8 * len);
	}
	body->data += len;
	body->len -= (size_t)len;
	return true;
}

static bool parse_record(struct salvage_row *row, struct span record)
{
	uint64_t header_len = 0, serial = 0;
	struct span header = record;

	row->len = 0;
	if (!take_varint(&header, &header_len) || header_len > record.len ||
	    header_len < (uint64_t)(header.data - record.data))
		return false;
	header.len = (size_t)header_len - (size_t)(header.data - record.data);
	struct span body = {record.data + header_len, record.len - (size_t)header_len};
	while (header.len > 0) {
		if (row->len == SALVAGE_COLUMNS || !take_varint(&header, &serial) ||
		    !take_value(&body, serial, &row->values[row->len]))
			return false;
		row->len++;
	}
	return row->len > 0;
}

/* ---- cells ---- */

/* How much of a payload stands in the cell itself. */
static size_t local_len(size_t payload, size_t most)
{
	if (payload <= most)
		return payload;
	const size_t rest = LEAST_LOCAL + (payload - LEAST_LOCAL) % OVERFLOW_BYTES;
	return rest <= most ? rest : LEAST_LOCAL;
}

/* Appends the rest of a payload from its overflow pages; *whole is false if one cannot be read. */
static enum status follow_overflow(struct reader *reader, uint64_t page, size_t left, bool *whole, struct error *err)
{
	*whole = true;
	while (left > 0 && *whole) {
		enum status status = page < 2 ? STATUS_CORRUPT : vault_survey_read(reader->survey, page - 1, reader->overflow, err);
		if (status == STATUS_CORRUPT) {
			*whole = false;
			return STATUS_OK;
		}
		const size_t n = left < OVERFLOW_BYTES ? left : OVERFLOW_BYTES;
		if (status == STATUS_OK)
			status = bytes_append(&reader->payload, (struct span){reader->overflow + 4, n}, err);
		if (status != STATUS_OK)
			return status;
		left -= n;
		page = get_be(reader->overflow, 4);
	}
	return STATUS_OK;
}

static bool take_cell_head(struct span *cell, uint8_t kind, struct salvage_row *row, uint64_t *payload)
{
	uint64_t rowid = 0;
	if (kind == INDEX_INTERIOR) {
		if (cell->len < 4)
			return false;
		cell->data += 4;
		cell->len -= 4;
	}
	if (!take_varint(cell, payload) || *payload == 0 || *payload > SALVAGE_ROW_MAX_BYTES)
		return false;
	row->has_rowid = kind == TABLE_LEAF;
	if (row->has_rowid && !take_varint(cell, &rowid))
		return false;
	row->rowid = (int64_t)rowid;
	return true;
}

/* A cell found on the reader's page, and its record once read. */
struct cell {
	size_t at;
	uint8_t kind; /* of its page */
	struct span record;
	bool is_whole; /* false: there is no record here that can be read */
};

static enum status read_cell(struct reader *reader, struct cell *cell, struct salvage_row *row, struct error *err)
{
	struct span rest = {reader->page + cell->at, PAGE_BYTES - cell->at};
	uint64_t payload = 0;

	cell->is_whole = take_cell_head(&rest, cell->kind, row, &payload);
	if (!cell->is_whole)
		return STATUS_OK;
	const size_t local = local_len((size_t)payload, cell->kind == TABLE_LEAF ? MOST_LOCAL_TABLE : MOST_LOCAL_INDEX);
	const bool overflows = local < payload;
	cell->is_whole = local + (overflows ? 4 : 0) <= rest.len;
	cell->record = (struct span){rest.data, local};
	if (!cell->is_whole || !overflows)
		return STATUS_OK;
	bytes_clear(&reader->payload);
	enum status status = bytes_append(&reader->payload, cell->record, err);
	if (status == STATUS_OK)
		status = follow_overflow(reader, get_be(rest.data + local, 4), (size_t)payload - local, &cell->is_whole, err);
	cell->record = bytes_span(&reader->payload);
	return status;
}

static enum status read_page(struct reader *reader, uint64_t number, salvage_row_function *each, void *context,
                             struct error *err)
{
	const size_t start = number == 1 ? HEADER_BYTES : 0;
	const uint8_t kind = reader->page[start];
	enum status status = STATUS_OK;

	if (kind != TABLE_LEAF && kind != INDEX_LEAF && kind != INDEX_INTERIOR)
		return STATUS_OK;
	const size_t pointers = start + (kind == INDEX_INTERIOR ? 12 : 8);
	const size_t cells = (size_t)get_be(reader->page + start + 3, 2);
	for (size_t i = 0; i < cells && pointers + 2 * i + 2 <= PAGE_BYTES && status == STATUS_OK; i++) {
		struct cell cell = {.at = (size_t)get_be(reader->page + pointers + 2 * i, 2), .kind = kind};
		struct salvage_row row = {.page = number};
		if (cell.at < pointers + 2 * cells || cell.at >= PAGE_BYTES)
			continue;
		status = read_cell(reader, &cell, &row, err);
		if (status == STATUS_OK && cell.is_whole && parse_record(&row, cell.record))
			status = each(context, &row, err);
	}
	return status;
}

static struct reader *reader_new(struct vault_survey *survey, struct error *err)
{
	struct reader *const reader = calloc(1, sizeof *reader);
	if (reader == NULL)
		(void)error_set(err, STATUS_NO_MEMORY, "out of memory");
	else
		reader->survey = survey;
	return reader;
}

/* Pages hold what a worker wrote. */
static void reader_free(struct reader *reader)
{
	bytes_wipe(&reader->payload);
	struct bytes pages[] = {
		{.data = reader->page, .len = PAGE_BYTES},
		{.data = reader->overflow, .len = PAGE_BYTES},
	};
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
		bytes_clear(&pages[i]);
	free(reader);
}

enum status salvage_page_each(struct vault_survey *survey, salvage_row_function *each, void *context, struct error *err)
{
	enum status status = STATUS_OK;
	uint64_t pages = 0;

	struct reader *const reader = reader_new(survey, err);
	if (reader == NULL)
		return STATUS_NO_MEMORY;
	status = salvage_page_count(survey, &pages, err);
	if (pages == 0 || pages > vault_survey_blocks(survey))
		pages = vault_survey_blocks(survey);
	for (uint64_t number = 1; number <= pages && status == STATUS_OK; number++) {
		if (vault_survey_is_damaged(survey, number - 1))
			continue;
		status = vault_survey_read(survey, number - 1, reader->page, err);
		if (status == STATUS_OK)
			status = read_page(reader, number, each, context, err);
	}
	reader_free(reader);
	return status;
}

/* ---- what a page is for ---- */

/* The header's size counts when it was written by who changed the file last (file format 1.3.8). */
enum status salvage_page_count(struct vault_survey *survey, uint64_t *pages, struct error *err)
{
	uint8_t page[PAGE_BYTES];
	const uint64_t blocks = vault_survey_blocks(survey);

	*pages = 0;
	if (blocks == 0 || vault_survey_is_damaged(survey, 0))
		return STATUS_OK;
	const enum status status = vault_survey_read(survey, 0, page, err);
	if (status != STATUS_OK)
		return status;
	const uint64_t named = get_be(page + 28, 4);
	const bool counts = named > 0 && memcmp(page + 24, page + 92, 4) == 0;
	*pages = counts ? named : blocks;
	return STATUS_OK;
}

/* A page's entry in the pointer map; type 0 where the map's page is damaged or is the page itself. */
static enum status read_map(struct reader *reader, uint64_t number, uint8_t *type, uint64_t *parent, struct error *err)
{
	const uint64_t map = (number - 2) / (MAP_ENTRIES + 1) * (MAP_ENTRIES + 1) + 2;

	*type = 0;
	if (number <= map)
		return STATUS_OK;
	const enum status status = vault_survey_read(reader->survey, map - 1, reader->page, err);
	if (status != STATUS_OK)
		return status == STATUS_CORRUPT ? STATUS_OK : status;
	const uint8_t *const entry = reader->page + 5 * (number - map - 1);
	*type = entry[0];
	*parent = get_be(entry + 1, 4);
	return STATUS_OK;
}

static enum status find_use(struct reader *reader, uint64_t number, struct salvage_page_use *use, struct error *err)
{
	uint64_t pages = 0, parent = 0;
	uint8_t type = 0;

	enum status status = salvage_page_count(reader->survey, &pages, err);
	if (status != STATUS_OK || pages == 0)
		return status;
	use->is_behind = number > pages;
	use->is_map = number >= 2 && (number - 2) % (MAP_ENTRIES + 1) == 0;
	if (number == 1)
		use->root = 1;
	if (number == 1 || use->is_behind || use->is_map)
		return STATUS_OK;
	for (int i = 0; i < MAP_STEPS && number >= 3; i++) {
		status = read_map(reader, number, &type, &parent, err);
		if (status != STATUS_OK || type == 0)
			return status;
		if (type == MAP_ROOT)
			use->root = number;
		use->is_free = type == MAP_FREE;
		if (type == MAP_ROOT || type == MAP_FREE)
			return STATUS_OK;
		number = parent;
	}
	if (number == 1)
		use->root = 1;
	return STATUS_OK;
}

enum status salvage_page_use(struct vault_survey *survey, uint64_t page, struct salvage_page_use *out, struct error *err)
{
	struct salvage_page_use use = {0};

	struct reader *const reader = reader_new(survey, err);
	if (reader == NULL)
		return STATUS_NO_MEMORY;
	const enum status status = find_use(reader, page, &use, err);
	reader_free(reader);
	if (status == STATUS_OK)
		*out = use;
	return status;
}
