#include "schema/text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { REPLACEMENT = 0xFFFD };

/* What must not be kept or shown: controls, bidirectional controls, line and paragraph separators,
 * the byte order mark, interlinear annotation, tag characters, noncharacters. The joiners
 * U+200C and U+200D stay: Persian needs them. */
static bool is_unsafe(utf8proc_int32_t c)
{
	return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F ||
	       (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
	       (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F) || (c >= 0xFDD0 && c <= 0xFDEF) ||
	       (c & 0xFFFE) == 0xFFFE;
}

static bool is_white(utf8proc_int32_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || utf8proc_category(c) == UTF8PROC_CATEGORY_ZS;
}

/* The next code point; -1 where the bytes are not UTF-8. */
static utf8proc_int32_t next_char(struct span in, size_t *at)
{
	utf8proc_int32_t c = -1;
	const utf8proc_ssize_t len = utf8proc_iterate(in.data + *at, (utf8proc_ssize_t)(in.len - *at), &c);
	if (len <= 0)
		return -1;
	*at += (size_t)len;
	return c;
}

/* Room to work on one text: its bytes tidied, and its code points decomposed. Canonical decomposition
 * makes at most three code points of two bytes. */
struct work {
	uint8_t *bytes;
	utf8proc_int32_t *chars;
	size_t capacity; /* of bytes; chars has room for twice that and one more */
};

/* Copies `in` to work->bytes, outer white space gone and inner runs one blank. */
static enum status fold_white(const struct work *work, size_t *len, struct span in, struct error *err)
{
	bool gap = false;
	*len = 0;
	for (size_t at = 0; at < in.len;) {
		const size_t start = at;
		const utf8proc_int32_t c = next_char(in, &at);
		if (c < 0)
			return error_set(err, STATUS_BAD_INPUT, "the text is not UTF-8 (byte %zu)", at + 1);
		if (is_white(c)) {
			gap = *len > 0;
			continue;
		}
		if (is_unsafe(c))
			return error_set(err, STATUS_BAD_INPUT, "the text holds the invisible control character U+%04X",
			                 (unsigned)c);
		if (gap)
			work->bytes[(*len)++] = ' ';
		gap = false;
		memcpy(work->bytes + *len, in.data + start, at - start);
		*len += at - start;
	}
	return STATUS_OK;
}

/* Brings the `len` bytes to NFC; the result stands where the code points stood. Gives its bytes and code points. */
static enum status compose(const struct work *work, size_t *len, size_t *count, struct error *err)
{
	const utf8proc_option_t nfc = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
	const utf8proc_ssize_t room = (utf8proc_ssize_t)(work->capacity * 2);
	const utf8proc_ssize_t n = utf8proc_decompose(work->bytes, (utf8proc_ssize_t)*len, work->chars, room, nfc);
	if (n < 0 || n > room)
		return error_set(err, STATUS_BAD_INPUT, "the text is not UTF-8");
	const utf8proc_ssize_t composed = utf8proc_normalize_utf32(work->chars, n, nfc);
	const utf8proc_ssize_t bytes = utf8proc_reencode(work->chars, composed, nfc);
	if (bytes < 0)
		return error_set(err, STATUS_BAD_INPUT, "the text is not UTF-8");
	*count = (size_t)composed;
	*len = (size_t)bytes;
	return STATUS_OK;
}

/* What is no longer than SHORT_BYTES needs no memory from the heap. */
enum { SHORT_BYTES = TEXT_NORMAL_MAX_BYTES, TEXT_IN_MAX = 1 << 20 };

/* Printable ASCII without a blank too many: already what text_normalise gives. */
static bool is_plain_ascii(struct span in)
{
	for (size_t i = 0; i < in.len; i++) {
		if (in.data[i] < 0x20 || in.data[i] > 0x7E)
			return false;
		if (in.data[i] == ' ' && (i == 0 || i + 1 == in.len || in.data[i - 1] == ' '))
			return false;
	}
	return true;
}

static enum status normalise(char *out, size_t size, struct span in, size_t max_chars, const struct work *work,
                             struct error *err)
{
	size_t len = 0;
	size_t count = 0;
	enum status status = fold_white(work, &len, in, err);
	if (status == STATUS_OK)
		status = compose(work, &len, &count, err);
	if (status == STATUS_OK && (count > max_chars || len >= size))
		status = error_set(err, STATUS_BAD_INPUT, "the text has %zu characters, at most %zu fit", count, max_chars);
	if (status == STATUS_OK) {
		memcpy(out, work->chars, len);
		out[len] = '\0';
	}
	explicit_bzero(work->bytes, in.len);
	explicit_bzero(work->chars, (in.len * 2 + 1) * sizeof *work->chars);
	return status;
}

static enum status normalise_short(char *out, size_t size, struct span in, size_t max_chars, struct error *err)
{
	uint8_t bytes[SHORT_BYTES];
	utf8proc_int32_t chars[SHORT_BYTES * 2 + 1];
	const struct work work = {bytes, chars, in.len};
	return normalise(out, size, in, max_chars, &work, err);
}

static enum status normalise_long(char *out, size_t size, struct span in, size_t max_chars, struct error *err)
{
	enum status status = STATUS_NO_MEMORY;
	struct work work = {malloc(in.len), malloc((in.len * 2 + 1) * sizeof(utf8proc_int32_t)), in.len};
	if (work.bytes != NULL && work.chars != NULL)
		status = normalise(out, size, in, max_chars, &work, err);
	else
		(void)error_set(err, status, "out of memory");
	free(work.bytes);
	free(work.chars);
	return status;
}

enum status text_normalise(char *out, size_t size, struct span in, size_t max_chars, struct error *err)
{
	if (in.len > TEXT_IN_MAX)
		return error_set(err, STATUS_BAD_INPUT, "the text is longer than %zu characters", max_chars);
	if (in.len <= max_chars && in.len < size && is_plain_ascii(in)) {
		if (in.len > 0)
			memcpy(out, in.data, in.len);
		out[in.len] = '\0';
		return STATUS_OK;
	}
	return in.len <= SHORT_BYTES ? normalise_short(out, size, in, max_chars, err)
	                             : normalise_long(out, size, in, max_chars, err);
}

bool text_is_normal(struct span in)
{
	char copy[TEXT_NORMAL_MAX_BYTES + 1];
	if (is_plain_ascii(in))
		return true;
	if (in.len > TEXT_NORMAL_MAX_BYTES)
		return false;
	const bool normal = text_normalise(copy, sizeof copy, in, in.len, NULL) == STATUS_OK && strlen(copy) == in.len &&
	                    memcmp(copy, in.data, in.len) == 0;
	explicit_bzero(copy, in.len);
	return normal;
}

/* The zeros of the scripts whose digits a worker's phone may type: each block holds 0 to 9 in order. */
static const utf8proc_int32_t digit_zeros[] = {0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66,
                                               0x0E50, 0x1040, 0x17E0, 0xFF10};

static utf8proc_int32_t fold_char(utf8proc_int32_t c)
{
	for (size_t i = 0; i < sizeof digit_zeros / sizeof *digit_zeros; i++)
		if (c >= digit_zeros[i] && c <= digit_zeros[i] + 9)
			return '0' + c - digit_zeros[i];
	switch (c) {
	case 0x066B: return '.';
	case 0x066C: return ',';
	case 0x066A: return '%';
	case 0x2012:
	case 0x2013:
	case 0x2212: return '-';
	default: return c;
	}
}

enum status text_fold_digits(char *out, size_t size, struct span in, struct error *err)
{
	size_t len = 0;
	/* Folding never lengthens, so nothing is written unless all fits. */
	if (in.len >= size)
		return error_set(err, STATUS_BAD_INPUT, "the text is longer than %zu bytes", size - 1);
	for (size_t at = 0; at < in.len;)
		if (next_char(in, &at) < 0)
			return error_set(err, STATUS_BAD_INPUT, "the text is not UTF-8 (byte %zu)", at + 1);
	for (size_t at = 0; at < in.len;)
		len += (size_t)utf8proc_encode_char(fold_char(next_char(in, &at)), (utf8proc_uint8_t *)out + len);
	out[len] = '\0';
	return STATUS_OK;
}

enum status text_letters(int32_t *out, size_t max, size_t *len, struct span in, struct error *err)
{
	const utf8proc_option_t form = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
	                               UTF8PROC_STRIPMARK | UTF8PROC_IGNORE;
	const utf8proc_ssize_t n = utf8proc_decompose(in.data, (utf8proc_ssize_t)in.len, out, (utf8proc_ssize_t)max, form);
	if (n == UTF8PROC_ERROR_INVALIDUTF8)
		return error_set(err, STATUS_BAD_INPUT, "the text is not UTF-8");
	if (n < 0 || (size_t)n > max)
		return error_set(err, STATUS_BAD_INPUT, "the name is longer than %zu letters", max);
	*len = (size_t)n;
	return STATUS_OK;
}

enum status text_for_terminal(struct bytes *out, struct span in, bool lines, struct error *err)
{
	for (size_t at = 0; at < in.len;) {
		utf8proc_int32_t c = next_char(in, &at);
		if (c < 0)
			at++;
		if (c < 0 || (is_unsafe(c) && !(c == '\n' && lines)))
			c = REPLACEMENT;
		uint8_t utf8[4];
		const utf8proc_ssize_t len = utf8proc_encode_char(c, utf8);
		const enum status status = bytes_append(out, (struct span){utf8, (size_t)len}, err);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

size_t text_width(struct span utf8)
{
	size_t width = 0;
	for (size_t at = 0; at < utf8.len;) {
		const utf8proc_int32_t c = next_char(utf8, &at);
		if (c < 0)
			at++;
		width += c < 0 ? 1 : (size_t)utf8proc_charwidth(c);
	}
	return width;
}

/* The decomposition of `in` in guarded memory, as 32-bit code points. */
static enum status decompose_secret(struct secret **chars, utf8proc_ssize_t *count, const struct secret *in,
                                    utf8proc_option_t form, struct error *err)
{
	const utf8proc_ssize_t n = utf8proc_decompose(in->data, (utf8proc_ssize_t)in->len, NULL, 0, form);
	if (n < 0)
		return error_set(err, STATUS_BAD_INPUT, "the passphrase is not UTF-8");
	const enum status status = secret_new(chars, ((size_t)n + 1) * sizeof(utf8proc_int32_t), err);
	if (status != STATUS_OK)
		return status;
	*count = utf8proc_decompose(in->data, (utf8proc_ssize_t)in->len, (utf8proc_int32_t *)(void *)(*chars)->data, n, form);
	return STATUS_OK;
}

enum status text_normalise_secret(struct secret **out, const struct secret *in, struct error *err)
{
	const utf8proc_option_t form = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT;
	struct secret *chars = NULL;
	utf8proc_ssize_t count = 0;
	enum status status = decompose_secret(&chars, &count, in, form, err);
	if (status != STATUS_OK)
		return status;
	const utf8proc_ssize_t len = utf8proc_reencode((utf8proc_int32_t *)(void *)chars->data, count, form);
	if (len < 0)
		status = error_set(err, STATUS_BAD_INPUT, "the passphrase is not UTF-8");
	else
		status = secret_new_copy(out, (struct span){chars->data, (size_t)len}, err);
	secret_free(chars);
	return status;
}

bool text_read_number(const char **at, uint32_t max, uint32_t *value)
{
	uint32_t sum = 0;
	const char *p = *at;
	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		const uint32_t digit = (uint32_t)(*p - '0');
		if (sum > (max - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*value = sum;
	*at = p;
	return true;
}
