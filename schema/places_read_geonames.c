/* A country's dump of GeoNames: 19 columns between TABs, no heading, no quotes. It has no P-codes: its places are found by name,
 * and a report keeps them as spoken. */
#include <stdio.h>
#include <string.h>

#include "schema/places_read.h"
#include "schema/text.h"

enum { COLUMNS = 19, CELL_BYTES = 16384, ID = 0, NAME = 1, PLAIN = 2, OTHERS = 3, LATITUDE = 4, LONGITUDE = 5, CLASS = 6, FEATURE = 7 };

struct line {
	struct span cells[COLUMNS];
};

static size_t line_length(struct span text, size_t at)
{
	const uint8_t *const end = memchr(text.data + at, '\n', text.len - at);
	return end == NULL ? text.len - at : (size_t)(end - text.data) - at;
}

/* Cuts a line at its TABs; false unless there are 18. */
static bool cut(struct line *line, struct span text)
{
	size_t n = 0, start = 0;
	if (text.len > 0 && text.data[text.len - 1] == '\r')
		text.len--;
	for (size_t at = 0; at <= text.len; at++) {
		if (at < text.len && text.data[at] != '\t')
			continue;
		if (n == COLUMNS)
			return false;
		line->cells[n++] = (struct span){text.data + start, at - start};
		start = at + 1;
	}
	return n == COLUMNS;
}

static void copy(char *out, size_t size, struct span cell)
{
	const size_t len = cell.len < size ? cell.len : size - 1;
	if (len > 0)
		memcpy(out, cell.data, len);
	out[len] = '\0';
}

static bool is_id(struct span cell)
{
	for (size_t i = 0; i < cell.len; i++)
		if (cell.data[i] < '0' || cell.data[i] > '9')
			return false;
	return cell.len > 0 && cell.len <= 10;
}

static bool recognise(struct span text)
{
	struct line line;
	return text.len > 0 && cut(&line, (struct span){text.data, line_length(text, 0)}) && is_id(line.cells[ID]) &&
	       line.cells[CLASS].len == 1 && line.cells[8].len == 2;
}

/* PLACES_LEVELS: nothing that people live in or that is administered. */
static enum places_level level_of(const struct line *line)
{
	char feature[8] = "";
	copy(feature, sizeof feature, line->cells[FEATURE]);
	if (line->cells[CLASS].len == 1 && line->cells[CLASS].data[0] == 'P')
		return PLACES_SETTLEMENT;
	if (strncmp(feature, "ADM", 3) == 0 && feature[3] >= '1' && feature[3] <= '4' && feature[4] == '\0')
		return (enum places_level)(feature[3] - '0');
	return PLACES_LEVELS;
}

static void take_others(struct places_reading *reading, struct span cell)
{
	for (size_t start = 0, at = 0; at <= cell.len; at++) {
		char name[PLACES_NAME_BYTES];
		if (at < cell.len && cell.data[at] != ',')
			continue;
		if (at > start && at - start < sizeof name) {
			copy(name, sizeof name, (struct span){cell.data + start, at - start});
			places_row_name(reading, name);
		}
		start = at + 1;
	}
}

static enum status take_line(struct places_reading *reading, struct span text, size_t number, struct error *err)
{
	struct places_row *const row = &reading->row;
	struct line line;
	char name[PLACES_NAME_BYTES], latitude[24], longitude[24], id[16];
	if (!cut(&line, text) || !is_id(line.cells[ID])) {
		places_row_skip(reading, number, "not the 19 columns of GeoNames");
		return STATUS_OK;
	}
	places_row_begin(row);
	row->level = level_of(&line);
	if (row->level == PLACES_LEVELS) {
		places_row_skip(reading, number, "neither a populated place nor an administrative area");
		return STATUS_OK;
	}
	copy(id, sizeof id, line.cells[ID]);
	(void)snprintf(row->code, sizeof row->code, "geonames:%s", id);
	copy(name, sizeof name, line.cells[NAME]);
	places_row_name(reading, name);
	copy(name, sizeof name, line.cells[PLAIN]);
	places_row_name(reading, name);
	take_others(reading, line.cells[OTHERS]);
	copy(latitude, sizeof latitude, line.cells[LATITUDE]);
	copy(longitude, sizeof longitude, line.cells[LONGITUDE]);
	places_row_point(row, latitude, longitude);
	reading->import->points_missing += !row->has_point;
	return places_row_end(reading, number, err);
}

static enum status read_lines(struct places_reading *reading, struct error *err)
{
	enum status status = STATUS_OK;
	size_t number = 1;
	for (size_t at = 0; at < reading->text.len && status == STATUS_OK; number++) {
		const size_t len = line_length(reading->text, at);
		if (len > 0 && !(len == 1 && reading->text.data[at] == '\r'))
			status = take_line(reading, (struct span){reading->text.data + at, len}, number, err);
		at += len + 1;
	}
	return status;
}

const struct places_reader places_read_geonames = {.format = "GeoNames", .recognise = recognise, .read = read_lines};
