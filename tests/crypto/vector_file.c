#include "tests/crypto/vector_file.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cbor.h"

static FILE *open_vectors(const char *name)
{
	char path[128];
	(void)snprintf(path, sizeof path, "tests/vectors/%s", name);
	FILE *file = fopen(path, "r");
	cr_assert_not_null(file, "%s: run the tests in the project's folder", path);
	return file;
}

/* The next line that is no comment, without its newline; NULL at the end. */
static char *next_line(FILE *file, char **line, size_t *capacity)
{
	ssize_t len;
	while ((len = getline(line, capacity, file)) >= 0) {
		if (len > 0 && (*line)[len - 1] == '\n')
			(*line)[len - 1] = '\0';
		if ((*line)[0] != '#' && (*line)[0] != '\0')
			return *line;
	}
	return NULL;
}

static void append_token(struct bytes *out, const char *token)
{
	uint8_t decoded[8192];
	size_t len = 0;
	const char *end = NULL;
	cr_assert_eq(sodium_hex2bin(decoded, sizeof decoded, token, strlen(token), NULL, &len, &end), 0, "%s", token);
	unsigned long times = 1;
	char *after = NULL;
	if (*end == '*')
		times = strtoul(end + 1, &after, 10);
	cr_assert_eq(after == NULL ? *end : *after, '\0', "'%s' is not hex", token);
	for (unsigned long i = 0; i < times; i++)
		cr_assert_eq(bytes_append(out, (struct span){decoded, len}, NULL), STATUS_OK);
}

void vector_decode_hex(struct bytes *out, const char *text)
{
	char *copy = strdup(text);
	char *rest = NULL;
	cr_assert_not_null(copy);
	for (char *token = strtok_r(copy, " ", &rest); token != NULL; token = strtok_r(NULL, " ", &rest))
		append_token(out, token);
	free(copy);
}

size_t vector_file_each(const char *name, void (*see)(const struct vector *vector))
{
	FILE *file = open_vectors(name);
	char *line = NULL;
	size_t capacity = 0;
	size_t count = 0;
	while (next_line(file, &line, &capacity) != NULL) {
		struct vector vector = {0};
		int used = 0;
		cr_assert_eq(sscanf(line, "%63s %63s%n", vector.verdict, vector.label, &used), 2, "%s: '%.60s'", name, line);
		vector_decode_hex(&vector.bytes, line + used);
		see(&vector);
		bytes_wipe(&vector.bytes);
		count++;
	}
	free(line);
	(void)fclose(file);
	return count;
}

const char *vector_rule(const struct vector *vector)
{
	if (strcmp(vector->verdict, "good") == 0)
		return "good";
	cr_assert_eq(strncmp(vector->verdict, "fail_", 5), 0, "'%s' is no verdict", vector->verdict);
	return vector->verdict + 5;
}

const char *vector_judge_cbor(struct span in)
{
	struct cbor_reader reader;
	return cbor_read_begin(&reader, in, NULL) == STATUS_OK ? "good" : reader.fault;
}

char *vector_name_text(const char *name)
{
	FILE *file = open_vectors("names.txt");
	char *line = NULL;
	char *found = NULL;
	size_t capacity = 0;
	const size_t len = strlen(name);
	while (found == NULL && next_line(file, &line, &capacity) != NULL)
		if (strncmp(line, name, len) == 0 && line[len] == ' ')
			found = strdup(line + len + 1);
	free(line);
	(void)fclose(file);
	cr_assert_not_null(found, "names.txt has no '%s'", name);
	return found;
}

struct bytes vector_name_bytes(const char *name)
{
	char *text = vector_name_text(name);
	struct bytes bytes = {0};
	vector_decode_hex(&bytes, text);
	free(text);
	return bytes;
}
