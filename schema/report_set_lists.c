#include "schema/report_setting.h"

#include <string.h>
#include <strings.h>

#include "schema/report_place.h"
#include "schema/report_typed.h"
#include "schema/text.h"
#include "schema/vocabulary.h"

/* The percent in "60", "60%", " 60 %"; false if that is not what stands there. A "%" is needed where `sign` says so. */
static bool read_share(const char *text, bool sign, uint32_t *percent)
{
	char folded[REPORT_TEXT_BYTES];
	if (text_fold_digits(folded, sizeof folded, span_from_text(text), NULL) != STATUS_OK)
		return false;
	const char *p = folded + strspn(folded, " ");
	if (!text_read_number(&p, 100000, percent))
		return false;
	p += strspn(p, " ");
	return strcmp(p, "%") == 0 || (!sign && *p == '\0');
}

/* Cuts ":60", ":60%" or " 60%" off the end of an origin; " 60" too where nothing but a P-code stands before it. False: what stands behind the colon is no share. */
static bool cut_share(char entry[REPORT_TEXT_BYTES], uint8_t *share)
{
	const char *colon = report_typed_last(entry, ':');
	const char *mark = colon != NULL ? colon : report_typed_last(entry, ' ');
	uint32_t percent = 0;
	const bool behind_code = mark != NULL && report_place_is_code(entry, (size_t)(mark - entry));
	if (mark == NULL || !read_share(mark + 1, colon == NULL && !behind_code, &percent))
		return colon == NULL;
	if (percent < 1 || percent > 100)
		return false;
	size_t len = (size_t)(mark - entry);
	while (len > 0 && entry[len - 1] == ' ')
		len--;
	entry[len] = '\0';
	*share = (uint8_t)percent;
	return true;
}

enum status report_set_origins(const struct report_setting *set)
{
	char entry[REPORT_TEXT_BYTES];
	const char *at = set->text;
	struct report *report = set->report;
	while (report_typed_next(&at, entry)) {
		if (report->origins_len == REPORT_ORIGINS)
			return report_setting_too_many(set, REPORT_ORIGINS);
		struct origin *origin = &report->origins[report->origins_len++];
		if (!cut_share(entry, &origin->share)) {
			(void)error_set(set->err, STATUS_BAD_INPUT, "the share of \"%.60s\" is not from 1 to 100 percent", entry);
			error_hint(set->err, "a name with a colon stands in quotes");
			return STATUS_BAD_INPUT;
		}
		const enum status status = report_setting_place(set, &origin->place, entry);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/* Splits "key=value" (or "key: value") in place. */
static bool split_pair(char *entry, char **value)
{
	char *mark = strpbrk(entry, "=:");
	if (mark == NULL)
		return false;
	*value = mark + 1 + strspn(mark + 1, " ");
	while (mark > entry && mark[-1] == ' ')
		mark--;
	*mark = '\0';
	return true;
}

static bool read_whole(const char *p, uint32_t *count)
{
	return text_read_number(&p, FIGURE_MAX, count) && *p == '\0';
}

static bool set_sadd_cell(struct report *report, const char *cell, const char *value)
{
	static const char *const ages[] = {"0-4", "5-11", "12-17", "18-59", "60+"};
	enum { AGES = sizeof ages / sizeof *ages };
	uint32_t count = 0;
	const bool male = cell[0] == 'm' || cell[0] == 'M';
	if (!male && cell[0] != 'f' && cell[0] != 'F')
		return false;
	for (size_t i = 0; i < AGES; i++) {
		int32_t *slot = &report->sadd[male ? AGES + i : i];
		if (strcmp(cell + 1, ages[i]) != 0)
			continue;
		if (*slot != FIGURE_ABSENT || !read_whole(value, &count))
			return false;
		*slot = (int32_t)count;
		return true;
	}
	return false;
}

enum status report_set_sadd(const struct report_setting *set)
{
	char entry[REPORT_TEXT_BYTES];
	const char *at = set->folded;
	while (report_typed_next(&at, entry)) {
		char *value = NULL;
		enum status status = STATUS_OK;
		if (!split_pair(entry, &value))
			return report_setting_refuse(set, entry, "write cells as f0-4=12; m60+=3; scope=sample");
		if (strcasecmp(entry, "scope") == 0)
			status = report_setting_code(set, set->field->codes, value, &set->report->sadd_scope);
		else if (!set_sadd_cell(set->report, entry, value))
			status = report_setting_refuse(set, entry, "cells are f or m and 0-4, 5-11, 12-17, 18-59, 60+, each once, as f0-4=12");
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/* Keeps the codes ascending. False: the code is there already. */
static bool insert_count(struct report *report, uint8_t code, uint32_t count)
{
	size_t at = report->vulnerable_len;
	for (size_t i = 0; i < report->vulnerable_len; i++)
		if (report->vulnerable[i].code == code)
			return false;
	while (at > 0 && report->vulnerable[at - 1].code > code) {
		report->vulnerable[at].code = report->vulnerable[at - 1].code;
		report->vulnerable[at].count = report->vulnerable[at - 1].count;
		at--;
	}
	report->vulnerable[at].code = code;
	report->vulnerable[at].count = count;
	report->vulnerable_len++;
	return true;
}

enum status report_set_counts(const struct report_setting *set)
{
	char entry[REPORT_TEXT_BYTES];
	const char *at = set->folded;
	while (report_typed_next(&at, entry)) {
		char *value = NULL;
		uint8_t code = 0;
		uint32_t count = 0;
		if (!split_pair(entry, &value) || !read_whole(value, &count))
			return report_setting_refuse(set, entry, "write a word and a count: disability=4; older_alone=2");
		const enum status status = report_setting_code(set, set->field->codes, entry, &code);
		if (status != STATUS_OK)
			return status;
		if (set->report->vulnerable_len == REPORT_CODES)
			return report_setting_too_many(set, REPORT_CODES);
		if (!insert_count(set->report, code, count))
			return error_set(set->err, STATUS_BAD_INPUT, "\"%.40s\" stands there twice", entry);
	}
	return STATUS_OK;
}

enum status report_set_access(const struct report_setting *set)
{
	char word[REPORT_TEXT_BYTES];
	const char *colon = strchr(set->folded, ':');
	const size_t len = colon != NULL ? (size_t)(colon - set->folded) : strlen(set->folded);
	memcpy(word, set->folded, len);
	word[len] = '\0';
	const enum status status = report_setting_code(set, set->field->codes, word, &set->report->access);
	if (status != STATUS_OK || colon == NULL)
		return status;
	return report_setting_codes(set, &vocabulary_access_reason, colon + 1, &set->report->access_reasons);
}

static bool read_hex(uint8_t *out, size_t len, const char *hex)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	if (strlen(hex) != 2 * len)
		return false;
	for (size_t i = 0; i < 2 * len; i++) {
		const char *digit = strchr(digits, hex[i]);
		if (digit == NULL)
			return false;
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | ((digit - digits) & 15));
	}
	return true;
}

/* "#nickname" or "#=0123456789abcdef", without the '#'. */
static enum status read_tag(const struct report_setting *set, const char *tag, struct source *source)
{
	if (tag[0] == '=' && read_hex(source->tag, sizeof source->tag, tag + 1)) {
		source->tagged = true;
		return STATUS_OK;
	}
	if (tag[0] == '=' || tag[0] == '\0')
		return report_setting_refuse(set, tag, "write #nickname, or #= and 16 hexadecimal digits");
	if (set->reading->tag == NULL)
		return report_setting_refuse(set, tag, "a nickname can only be used on the device that gave it; write #= and 16 hexadecimal digits");
	const enum status status = set->reading->tag(set->reading->tag_context, tag, source->tag, set->err);
	source->tagged = status == STATUS_OK;
	return status;
}

/* The last word of `entry` if it is one letter of A to F; cut off. */
static uint8_t cut_reliability(char *entry)
{
	size_t len = strlen(entry);
	if (len == 0 || (len > 1 && entry[len - 2] != ' '))
		return 0;
	const char letter = (char)(entry[len - 1] & ~0x20);
	if (letter < 'A' || letter > 'F' || entry[len - 1] < 'A')
		return 0;
	len -= len > 1 ? 2 : 1;
	entry[len] = '\0';
	return (uint8_t)(letter - 'A' + 1);
}

static enum status read_source(const struct report_setting *set, char *entry, struct source *source)
{
	enum status status = STATUS_OK;
	char *tag = strchr(entry, '#');
	if (tag != NULL) {
		status = read_tag(set, tag + 1 + strspn(tag + 1, " "), source);
		if (status != STATUS_OK)
			return status;
		while (tag > entry && tag[-1] == ' ')
			tag--;
		*tag = '\0';
	}
	source->reliability = cut_reliability(entry);
	if (entry[0] != '\0')
		status = report_setting_code(set, set->field->codes, entry, &source->kind);
	return status;
}

enum status report_set_sources(const struct report_setting *set)
{
	char entry[REPORT_TEXT_BYTES];
	const char *at = set->folded;
	while (report_typed_next(&at, entry)) {
		if (set->report->sources_len == REPORT_SOURCES)
			return report_setting_too_many(set, REPORT_SOURCES);
		const enum status status = read_source(set, entry, &set->report->sources[set->report->sources_len++]);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

enum status report_set_links(const struct report_setting *set)
{
	char entry[REPORT_TEXT_BYTES];
	const char *at = set->folded;
	struct links *links = report_setting_value(set);
	while (report_typed_next(&at, entry)) {
		if (links->len == REPORT_LINKS)
			return report_setting_too_many(set, REPORT_LINKS);
		struct hash *id = &links->id[links->len];
		if (!read_hex(id->bytes, sizeof id->bytes, entry))
			return report_setting_refuse(set, entry, "a report is named by its 64 hexadecimal digits");
		for (size_t i = 0; i < links->len; i++)
			if (hash_equals(&links->id[i], id))
				return error_set(set->err, STATUS_BAD_INPUT, "\"%.64s\" stands there twice", entry);
		links->len++;
	}
	return STATUS_OK;
}
