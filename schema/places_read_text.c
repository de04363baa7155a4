#include <string.h>

#include "schema/places_read.h"
#include "schema/text.h"

/* Latin-1 as Windows writes it: 0x80 to 0x9F. 0: not in use. */
static const uint16_t windows[32] = {
	0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
	0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
};

static enum status put_char(struct bytes *out, uint32_t c, struct error *err)
{
	const uint8_t four[4] = {(uint8_t)(0xF0 | c >> 18), (uint8_t)(0x80 | (c >> 12 & 0x3F)), (uint8_t)(0x80 | (c >> 6 & 0x3F)),
	                         (uint8_t)(0x80 | (c & 0x3F))};
	const uint8_t three[3] = {(uint8_t)(0xE0 | c >> 12), four[2], four[3]};
	const uint8_t two[2] = {(uint8_t)(0xC0 | c >> 6), four[3]};
	const uint8_t one = (uint8_t)c;
	const struct span utf8 = c < 0x80      ? (struct span){&one, 1}
	                         : c < 0x800   ? (struct span){two, 2}
	                         : c < 0x10000 ? (struct span){three, 3}
	                                       : (struct span){four, 4};
	return bytes_append(out, utf8, err);
}

static enum status refuse(const char *what, struct error *err)
{
	(void)error_set(err, STATUS_BAD_INPUT, "the file is %s", what);
	error_hint(err, "save the sheet as \"CSV UTF-8\" and try again; nothing was imported");
	return STATUS_BAD_INPUT;
}

static enum status from_utf16(struct bytes *out, struct span in, bool big, struct error *err)
{
	enum status status = in.len % 2 == 0 ? STATUS_OK : refuse("UTF-16 that breaks off", err);
	for (size_t at = 0; status == STATUS_OK && at < in.len; at += 2) {
		uint32_t c = (uint32_t)(in.data[at + (big ? 0 : 1)] << 8 | in.data[at + (big ? 1 : 0)]);
		if (c >= 0xD800 && c < 0xDC00 && at + 3 < in.len) {
			const uint32_t low = (uint32_t)(in.data[at + (big ? 2 : 3)] << 8 | in.data[at + (big ? 3 : 2)]);
			c = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00) : c;
			at += c >= 0x10000 ? 2 : 0;
		}
		status = c >= 0xD800 && c < 0xE000 ? refuse("UTF-16 with half a character in it", err) : put_char(out, c, err);
	}
	return status;
}

/* In Western text letters beyond ASCII stand one by one among others; a page for another script read as if it were
 * Western shows them in rows. */
static bool looks_latin1(struct span in)
{
	size_t alone = 0, together = 0;
	for (size_t i = 0; i < in.len; i++) {
		if (in.data[i] < 0x80)
			continue;
		if (in.data[i] < 0xA0 && windows[in.data[i] - 0x80] == 0)
			return false;
		const bool neighbour = (i > 0 && in.data[i - 1] >= 0x80) || (i + 1 < in.len && in.data[i + 1] >= 0x80);
		together += neighbour;
		alone += !neighbour;
	}
	return together <= alone / 4;
}

static enum status from_latin1(struct bytes *out, struct span in, struct error *err)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; status == STATUS_OK && i < in.len; i++) {
		const uint8_t c = in.data[i];
		status = put_char(out, c >= 0x80 && c < 0xA0 ? windows[c - 0x80] : c, err);
	}
	return status;
}

static bool is_utf8(struct span in)
{
	for (size_t at = 0; at < in.len;) {
		const uint8_t c = in.data[at];
		const size_t len = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : (c & 0xF0) == 0xE0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
		if (len == 0 || in.len - at < len)
			return false;
		for (size_t i = 1; i < len; i++)
			if ((in.data[at + i] & 0xC0) != 0x80)
				return false;
		if ((c == 0xE0 && in.data[at + 1] < 0xA0) || (c == 0xED && in.data[at + 1] > 0x9F) ||
		    (c == 0xF0 && in.data[at + 1] < 0x90) || (c == 0xF4 && in.data[at + 1] > 0x8F))
			return false;
		at += len;
	}
	return true;
}

enum status places_read_text(struct span *text, struct bytes *room, struct span file, struct places_import *import,
                             struct error *err)
{
	const bool little = file.len >= 2 && file.data[0] == 0xFF && file.data[1] == 0xFE;
	const bool big = file.len >= 2 && file.data[0] == 0xFE && file.data[1] == 0xFF;
	enum status status = STATUS_OK;
	*text = file;
	if (file.len == 0)
		return STATUS_OK;
	if (little || big) {
		import->was_utf16 = true;
		status = from_utf16(room, (struct span){file.data + 2, file.len - 2}, big, err);
	} else if (is_utf8(file)) {
		const size_t mark = file.len >= 3 && memcmp(file.data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
		*text = (struct span){file.data + mark, file.len - mark};
	} else if (looks_latin1(file)) {
		import->was_latin1 = true;
		status = from_latin1(room, file, err);
	} else {
		status = refuse("neither UTF-8 nor Latin-1: in which code page its names stand cannot be told", err);
	}
	if (status == STATUS_OK && (little || big || import->was_latin1))
		*text = bytes_span(room);
	if (status == STATUS_OK && text->len > 0 && memchr(text->data, '\0', text->len) != NULL)
		return refuse("no text: it holds zero bytes", err);
	return status;
}
