/* schema/REPORT.md and the code say the same.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/file.h"
#include "schema/date.h"
#include "schema/report_rules.h"
#include "schema/vocabulary.h"

enum { LINE_BYTES = 512, SPEC_MAX_BYTES = 1 << 20 };

static char *read_spec(const char *path)
{
	struct bytes file = {0};
	struct error err = {0};
	cr_assert_eq(file_read(&file, path, SPEC_MAX_BYTES, &err), STATUS_OK, "%s", err.message);
	char *text = strndup((const char *)file.data, file.len);
	cr_assert_not_null(text);
	bytes_wipe(&file);
	return text;
}

/* The part of the text between two headings; the caller frees it. */
static char *section_of(const char *text, const char *from, const char *to)
{
	const char *start = strstr(text, from);
	cr_assert_not_null(start, "%s", from);
	const char *end = strstr(start, to);
	cr_assert_not_null(end, "%s", to);
	return strndup(start, (size_t)(end - start));
}

static size_t rows_of(const char *section)
{
	size_t rows = 0;
	for (const char *line = section; *line != '\0'; line += strcspn(line, "\n") + 1)
		rows += line[0] == '|';
	return rows - 2; /* without the heading and the rule below it */
}

static void expect_row(const char *section, const char *row)
{
	char line[LINE_BYTES + 2];
	(void)snprintf(line, sizeof line, "\n%s\n", row);
	cr_expect_not_null(strstr(section, line), "not in REPORT.md: %s", row);
}

static const char *type_name(enum report_type type)
{
	static const char *const names[] = {"code",    "codes",   "place",          "origins", "point",
	                                    "date",    "figure",  "household link", "sadd",    "counts",
	                                    "access",  "sources", "number",         "links",   "text"};
	cr_assert_lt(type, sizeof names / sizeof *names);
	return names[type];
}

static void limits_of(const struct report_field *field, char text[64])
{
	char min[DATE_TEXT_BYTES];
	char max[DATE_TEXT_BYTES];
	text[0] = '\0';
	switch (field->type) {
	case REPORT_CODE: break;
	case REPORT_CODES_LIST:
	case REPORT_ORIGIN_LIST:
	case REPORT_COUNTS_LIST:
	case REPORT_ACCESS:
	case REPORT_SOURCE_LIST:
	case REPORT_LINK_LIST: (void)snprintf(text, 64, "at most %d", field->max); break;
	case REPORT_PLACE:
	case REPORT_TEXT: (void)snprintf(text, 64, "at most %d characters", field->max); break;
	case REPORT_DAY:
		date_format(field->min, min);
		date_format(field->max, max);
		(void)snprintf(text, 64, "%s to %s", min, max);
		break;
	case REPORT_FIGURE:
	case REPORT_SADD:
	case REPORT_NUMBER: (void)snprintf(text, 64, "%d to %d", field->min, field->max); break;
	case REPORT_POINT: (void)snprintf(text, 64, "%d to %d m", field->min, field->max); break;
	case REPORT_HOUSEHOLD_LINK:
		(void)snprintf(text, 64, "%d.%d to %d.%d", field->min / 10, field->min % 10, field->max / 10, field->max % 10);
		break;
	}
}

Test(report_spec, lists_every_field_as_the_table_has_it)
{
	char *text = read_spec("schema/REPORT.md");
	char *section = section_of(text, "## 2. Fields", "## 3. Code lists");
	for (size_t i = 0; i < report_fields_len; i++) {
		const struct report_field *f = &report_fields[i];
		char limits[64];
		char row[LINE_BYTES];
		limits_of(f, limits);
		(void)snprintf(row, sizeof row, "| %u | `%s` | %s | %s | %s | %s | %s | `%s` | %s |", f->number, f->name,
		               type_name(f->type), f->required ? "yes" : "", limits, f->codes != NULL ? f->codes->name : "",
		               f->usual != 0 ? vocabulary_word(f->codes, f->usual) : "", f->hxl, f->help);
		expect_row(section, row);
	}
	cr_expect_eq(rows_of(section), report_fields_len);
	free(section);
	free(text);
}

static const struct vocabulary *const lists[] = {
	&vocabulary_kind,          &vocabulary_group,     &vocabulary_method,      &vocabulary_reason,
	&vocabulary_site,          &vocabulary_need,      &vocabulary_access,      &vocabulary_access_reason,
	&vocabulary_source,        &vocabulary_mode,      &vocabulary_sensitivity, &vocabulary_times,
	&vocabulary_precision,     &vocabulary_household_link, &vocabulary_sadd_scope, &vocabulary_vulnerable,
	&vocabulary_absent,        &vocabulary_retraction, &vocabulary_clock,      &vocabulary_verdict,
};

Test(report_spec, lists_every_code)
{
	char *text = read_spec("schema/REPORT.md");
	char *section = section_of(text, "## 3. Code lists", "## 4. Encoding");
	for (size_t v = 0; v < sizeof lists / sizeof *lists; v++) {
		char row[LINE_BYTES];
		size_t len = (size_t)snprintf(row, sizeof row, "| %s |", lists[v]->name);
		for (size_t i = 0; i < lists[v]->len; i++)
			len += (size_t)snprintf(row + len, sizeof row - len, "%s %u %s", i == 0 ? "" : ",", lists[v]->entries[i].code,
			                        lists[v]->entries[i].word);
		(void)snprintf(row + len, sizeof row - len, " |");
		expect_row(section, row);
	}
	cr_expect_eq(rows_of(section), sizeof lists / sizeof *lists);
	free(section);
	free(text);
}

/* Whether a file fail_RULE.txt or fail_RULE-MORE.txt is there. */
static bool has_vector(const char *rule, size_t len)
{
	bool found = false;
	DIR *folder = opendir("tests/vectors/report");
	cr_assert_not_null(folder);
	for (struct dirent *entry = readdir(folder); entry != NULL && !found; entry = readdir(folder)) {
		const char *name = entry->d_name;
		found = strncmp(name, "fail_", 5) == 0 && strcspn(name + 5, "-.") == len && strncmp(name + 5, rule, len) == 0;
	}
	(void)closedir(folder);
	return found;
}

Test(report_spec, each_rule_has_a_vector)
{
	char *text = read_spec("schema/REPORT.md");
	char *section = section_of(text, "## 6. MUST reject", "## 7. The reference report");
	size_t rules = 0;
	for (const char *row = strstr(section, "\n| `"); row != NULL; row = strstr(row + 1, "\n| `")) {
		const size_t len = strcspn(row + 4, "`");
		cr_expect(has_vector(row + 4, len), "no vector for %.*s", (int)len, row + 4);
		rules++;
	}
	cr_expect_geq(rules, 30);
	free(section);
	free(text);
}

static void expect_rule(const char *spec, const char *rule, size_t len)
{
	char row[LINE_BYTES];
	(void)snprintf(row, sizeof row, "\n| `%.*s` |", (int)len, rule);
	cr_expect_not_null(strstr(spec, row), "%.*s stands in no list of rules", (int)len, rule);
}

Test(report_spec, names_every_rule_of_the_code_and_of_the_vectors)
{
	char *text = read_spec("schema/REPORT.md");
	char *format = read_spec("crypto/FORMAT.md");
	char *section = section_of(text, "## 6. MUST reject", "## 7. The reference report");
	for (size_t i = 0; i < report_rules_len; i++)
		expect_rule(section, report_rules[i].name, strlen(report_rules[i].name));
	DIR *folder = opendir("tests/vectors/report");
	cr_assert_not_null(folder);
	for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
		const char *rule = entry->d_name + 5;
		const size_t len = strncmp(entry->d_name, "fail_", 5) == 0 ? strcspn(rule, "-.") : 0;
		char in_format[64];
		(void)snprintf(in_format, sizeof in_format, "`%.*s`", (int)len, rule);
		if (len > 0 && strstr(format, in_format) == NULL)
			expect_rule(section, rule, len);
	}
	(void)closedir(folder);
	free(section);
	free(format);
	free(text);
}

Test(report_spec, prints_the_reference_report)
{
	char *text = read_spec("schema/REPORT.md");
	char *vector = read_spec("tests/vectors/report/good_reference.txt");
	const char *hex = strstr(vector, "hex ") + 4;
	const char *said = strstr(text, "## 7. The reference report");
	cr_assert_not_null(said);
	said = strstr(said, "```\n");
	cr_assert_not_null(said);
	for (said += 4; *hex != '\n'; hex++) {
		said += *said == '\n';
		cr_assert_eq(*said, *hex);
		said++;
	}
	cr_expect_eq(strncmp(said, "\n```", 4), 0);
	free(vector);
	free(text);
}
