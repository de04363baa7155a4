#include "app/print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct print_json {
	struct bytes out;
	enum status status;
	bool needs_comma;
};

struct print_json *print_json_new(void)
{
	return calloc(1, sizeof(struct print_json));
}

static void append(struct print_json *json, const char *text, size_t len)
{
	if (json->status == STATUS_OK)
		json->status = bytes_append(&json->out, (struct span){(const uint8_t *)text, len}, NULL);
}

/* RFC 8259: quotes, backslash and controls escaped; DEL and the C1 range too, for terminals. */
static void append_string(struct print_json *json, const char *text)
{
	append(json, "\"", 1);
	for (const char *p = text; *p != '\0'; p++) {
		const unsigned char c = (unsigned char)*p;
		if (c == '"' || c == '\\') {
			const char escaped[2] = {'\\', *p};
			append(json, escaped, 2);
		} else if (c == 0xc2 && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xa0) {
			char escaped[8];
			p++;
			const int len = snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned char)*p);
			append(json, escaped, (size_t)len);
		} else if (c < 0x20 || c == 0x7f) {
			char escaped[8];
			const int len = snprintf(escaped, sizeof escaped, "\\u%04x", c);
			append(json, escaped, (size_t)len);
		} else {
			append(json, p, 1);
		}
	}
	append(json, "\"", 1);
}

static void begin_value(struct print_json *json, const char *key)
{
	if (json->needs_comma)
		append(json, ",", 1);
	json->needs_comma = true;
	if (key == NULL)
		return;
	append_string(json, key);
	append(json, ":", 1);
}

void print_json_open(struct print_json *json, const char *key, char bracket)
{
	if (json == NULL)
		return;
	begin_value(json, key);
	append(json, &bracket, 1);
	json->needs_comma = false;
}

void print_json_close(struct print_json *json, char bracket)
{
	if (json == NULL)
		return;
	append(json, &bracket, 1);
	json->needs_comma = true;
}

void print_json_text(struct print_json *json, const char *key, const char *text)
{
	if (json == NULL)
		return;
	begin_value(json, key);
	append_string(json, text);
}

void print_json_number(struct print_json *json, const char *key, int64_t number)
{
	if (json == NULL)
		return;
	char text[24];
	const int len = snprintf(text, sizeof text, "%" PRId64, number);
	begin_value(json, key);
	append(json, text, (size_t)len);
}

void print_json_bool(struct print_json *json, const char *key, bool value)
{
	if (json == NULL)
		return;
	begin_value(json, key);
	append(json, value ? "true" : "false", value ? 4 : 5);
}

enum status print_json_end(struct print_json *json, struct error *err)
{
	if (json == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	append(json, "\n", 1);
	enum status status = json->status;
	if (status != STATUS_OK)
		(void)error_set(err, status, "out of memory");
	else
		status = print_raw(bytes_span(&json->out), err);
	bytes_wipe(&json->out);
	free(json);
	return status;
}
