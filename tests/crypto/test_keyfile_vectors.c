/* The kept key files, made by other people's code: each good one opens as it says,
 * each fail_ one is refused by its own rule, and no rule of FORMAT.md has none. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keyfile.h"
#include "tests/crypto/vector_file.h"

static struct secret *passphrase;
static struct secret *key_file;
static char rules[64][VECTOR_WORD_BYTES];
static size_t rules_len;
static bool is_seen;

static void start(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	cr_assert_eq(secret_new_copy(&passphrase, span_from_text("lusab-babad-gutih-tugad"), NULL), STATUS_OK);
	cr_assert_eq(secret_new_copy(&key_file, span_from_text("a picture of a harbour\n"), NULL), STATUS_OK);
}

static void stop(void)
{
	secret_free(passphrase);
	secret_free(key_file);
}

TestSuite(keyfile_vectors, .init = start, .fini = stop);

static void expect_content(const struct keyfile *file)
{
	uint8_t expected[KEYFILE_DATA_KEY_BYTES];
	const struct keyfile_floor floor = keyfile_floor_get(file);
	memset(expected, 0xda, sizeof expected);
	cr_expect(span_equals(secret_span(keyfile_data_key(file)), (struct span){expected, sizeof expected}));
	cr_expect_eq(floor.number, 41);
	memset(expected, 0xf1, sizeof expected);
	cr_expect(span_equals(hash_span(&floor.id), (struct span){expected, sizeof expected}));
}

/* Nothing of the file that was there: it is to be replaced. */
static void expect_other(const struct keyfile *file)
{
	uint8_t expected[KEYFILE_DATA_KEY_BYTES];
	memset(expected, 0xdb, sizeof expected);
	cr_expect(span_equals(secret_span(keyfile_data_key(file)), (struct span){expected, sizeof expected}));
	cr_expect_eq(keyfile_floor_get(file).number, 0);
	cr_expect(keyfile_replaces(file));
}

/* The status that goes with a rule; the message names the rule itself. */
static enum status status_of_rule(const char *rule)
{
	if (strcmp(rule, "keyfile_locked") == 0)
		return STATUS_LOCKED;
	if (strcmp(rule, "keyfile_tag") == 0)
		return STATUS_TAMPERED;
	if (strcmp(rule, "keyfile_newer") == 0 || strcmp(rule, "keyfile_kind") == 0)
		return STATUS_REFUSED;
	return STATUS_CORRUPT;
}

static void see(const struct vector *vector)
{
	struct keyfile *file = NULL;
	struct error err = {0};
	enum status status = keyfile_parse(&file, bytes_span(&vector->bytes), &err);
	if (status == STATUS_OK && strstr(vector->label, "a-file") != NULL) {
		cr_expect_eq(keyfile_unlock(file, passphrase, NULL), STATUS_LOCKED, "%s needs no file", vector->label);
		status = keyfile_unlock_with_file(file, passphrase, key_file, &err);
	} else if (status == STATUS_OK) {
		status = keyfile_unlock(file, passphrase, &err);
	}
	if (strcmp(vector->verdict, "good") == 0) {
		cr_expect_eq(status, STATUS_OK, "%s: %s", vector->label, err.message);
		const bool is_other = strcmp(vector->label, "another-database's") == 0;
		if (status == STATUS_OK && is_other)
			expect_other(file);
		else if (status == STATUS_OK)
			expect_content(file);
		cr_expect(status != STATUS_OK || keyfile_replaces(file) == is_other, "%s", vector->label);
	} else {
		const char *const rule = vector_rule(vector);
		cr_expect_eq(status, status_of_rule(rule), "%s: %s", vector->label, err.message);
		cr_expect(status == STATUS_LOCKED || strstr(err.message, rule) != NULL, "%s: %s", vector->label, err.message);
		cr_expect(file == NULL || keyfile_data_key(file) == NULL, "%s is open", vector->label);
	}
	keyfile_free(file);
}

Test(keyfile_vectors, good_ones_open_and_others_fail_by_their_rule)
{
	cr_assert_geq(vector_file_each("keyfile.txt", see), 30);
}

static void see_slots(const struct vector *vector)
{
	struct keyfile *file = NULL;
	unsigned in_use = 0;
	if (strcmp(vector->label, "two-slots-and-generation-9") != 0)
		return;
	if (keyfile_parse(&file, bytes_span(&vector->bytes), NULL) == STATUS_OK &&
	    keyfile_unlock(file, passphrase, NULL) == STATUS_OK) {
		for (unsigned i = 0; i < KEYFILE_SLOTS; i++)
			in_use |= (unsigned)keyfile_slot_in_use(file, i) << i;
		is_seen = keyfile_generation(file) == 9 && in_use == 9;
	}
	keyfile_free(file);
}

Test(keyfile_vectors, slots_and_generation_are_as_written)
{
	(void)vector_file_each("keyfile.txt", see_slots);
	cr_assert(is_seen, "no vector, or other slots than 0 and 3, or another generation than 9");
}

static void collect(const struct vector *vector)
{
	cr_assert_lt(rules_len, sizeof rules / sizeof rules[0]);
	(void)snprintf(rules[rules_len++], VECTOR_WORD_BYTES, "%s", vector_rule(vector));
}

static bool has_vector(const char *rule)
{
	for (size_t i = 0; i < rules_len; i++) {
		if (strcmp(rules[i], rule) == 0)
			return true;
	}
	return false;
}

Test(keyfile_vectors, every_rule_of_section_8_has_one)
{
	size_t count = 0, capacity = 0;
	char *line = NULL;
	FILE *const format = fopen("crypto/FORMAT.md", "re");
	cr_assert_not_null(format, "run the tests in the project's folder");
	(void)vector_file_each("keyfile.txt", collect);
	while (getline(&line, &capacity, format) >= 0) {
		if (strncmp(line, "| `", 3) != 0)
			continue;
		for (const char *at = strstr(line, "`keyfile_"); at != NULL; at = strstr(at + 1, "`keyfile_")) {
			char rule[VECTOR_WORD_BYTES];
			cr_assert_eq(sscanf(at + 1, "%63[a-z_]", rule), 1);
			cr_expect(has_vector(rule), "FORMAT.md's rule '%s' has no vector", rule);
			count++;
		}
	}
	cr_assert_eq(count, 9, "%zu rules were found in FORMAT.md", count);
	free(line);
	(void)fclose(format);
}
