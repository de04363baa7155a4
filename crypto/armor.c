#include "crypto/armor.h"

#include <sodium.h>
#include <string.h>

enum { VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

/* Without the NUL that libsodium counts. */
static size_t encoded_length(size_t content_len)
{
	return sodium_base64_ENCODED_LEN(content_len, VARIANT) - 1;
}

/* `out` has room for prefix, text and a NUL. */
static void write_line(uint8_t *out, const char *prefix, struct span content)
{
	const size_t prefix_len = strlen(prefix);
	memcpy(out, prefix, prefix_len);
	(void)sodium_bin2base64((char *)out + prefix_len, encoded_length(content.len) + 1, content.data, content.len, VARIANT);
}

static enum status check_length(struct span content, struct error *err)
{
	if (content.len > ARMOR_MAX_BYTES / 2)
		return error_set(err, STATUS_BAD_INPUT, "%zu bytes are too many for one line of text", content.len);
	return STATUS_OK;
}

enum status armor_encode(struct bytes *text, const char *prefix, struct span content, struct error *err)
{
	enum status status = check_length(content, err);
	if (status != STATUS_OK)
		return status;
	const size_t len = strlen(prefix) + encoded_length(content.len);
	status = bytes_reserve(text, len + 1, err);
	if (status != STATUS_OK)
		return status;
	write_line(text->data + text->len, prefix, content);
	text->len += len;
	return STATUS_OK;
}

enum status armor_encode_secret(struct secret **text, const char *prefix, struct span content, struct error *err)
{
	enum status status = check_length(content, err);
	if (status != STATUS_OK)
		return status;
	const size_t len = strlen(prefix) + encoded_length(content.len);
	struct secret *line = NULL;
	status = secret_new(&line, len + 1, err);
	if (status != STATUS_OK)
		return status;
	write_line(line->data, prefix, content);
	line->len = len;
	*text = line;
	return STATUS_OK;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The base64 alone, borrowed from `text`. */
static enum status find_content(struct span *found, const char *prefix, struct span text, struct error *err)
{
	struct span rest = text;
	while (rest.len > 0 && is_blank(rest.data[0])) {
		rest.data++;
		rest.len--;
	}
	while (rest.len > 0 && is_blank(rest.data[rest.len - 1]))
		rest.len--;
	const size_t prefix_len = strlen(prefix);
	if (rest.len > ARMOR_MAX_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "a text of %zu bytes is longer than \"%s\" ever is (too_long)", rest.len,
		                 prefix);
	if (rest.len < prefix_len || memcmp(rest.data, prefix, prefix_len) != 0)
		return error_set(err, STATUS_BAD_INPUT, "the text does not begin with \"%s\" (prefix)", prefix);
	*found = (struct span){rest.data + prefix_len, rest.len - prefix_len};
	return STATUS_OK;
}

/* `out` has room for as many bytes as there are characters. */
static enum status read_content(uint8_t *out, size_t *out_len, struct span base64, struct error *err)
{
	const char *end = NULL;
	const int failed = sodium_base642bin(out, base64.len, (const char *)base64.data, base64.len, NULL, out_len, &end,
	                                     VARIANT);
	if (failed != 0 || end != (const char *)base64.data + base64.len)
		return error_set(err, STATUS_BAD_INPUT, "the text was cut or changed on its way (base64)");
	return STATUS_OK;
}

enum status armor_decode(struct bytes *content, const char *prefix, struct span text, struct error *err)
{
	struct span base64;
	enum status status = find_content(&base64, prefix, text, err);
	if (status != STATUS_OK)
		return status;
	status = bytes_reserve(content, base64.len + 1, err);
	if (status != STATUS_OK)
		return status;
	size_t len = 0;
	status = read_content(content->data + content->len, &len, base64, err);
	if (status == STATUS_OK)
		content->len += len;
	return status;
}

enum status armor_decode_secret(struct secret **content, const char *prefix, struct span text, struct error *err)
{
	struct span base64;
	enum status status = find_content(&base64, prefix, text, err);
	if (status != STATUS_OK)
		return status;
	struct secret *fresh = NULL;
	status = secret_new(&fresh, base64.len + 1, err);
	if (status != STATUS_OK)
		return status;
	size_t len = 0;
	status = read_content(fresh->data, &len, base64, err);
	if (status != STATUS_OK) {
		secret_free(fresh);
		return status;
	}
	fresh->len = len;
	*content = fresh;
	return STATUS_OK;
}

enum status armor_base64(struct bytes *text, struct span content, struct error *err)
{
	if (content.len > ARMOR_MAX_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "%zu bytes are too many to write as text", content.len);
	const size_t size = sodium_base64_ENCODED_LEN(content.len, sodium_base64_VARIANT_ORIGINAL);
	const enum status status = bytes_reserve(text, size, err);
	if (status != STATUS_OK)
		return status;
	(void)sodium_bin2base64((char *)text->data + text->len, size, content.data, content.len,
	                        sodium_base64_VARIANT_ORIGINAL);
	text->len += size - 1;
	return STATUS_OK;
}
