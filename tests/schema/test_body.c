#include "schema/body.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/file.h"
#include "schema/date.h"
#include "tests/schema/samples.h"
#include "tests/support/failing_malloc.h"

#define VECTORS "tests/vectors/report"

enum { REFERENCE_MAX_BYTES = 159 };

/* --- vectors --- */

struct vector {
	char *text; /* the whole file, NUL-terminated */
	enum object_type type;
	struct bytes body;
};

static void vector_close(struct vector *vector)
{
	free(vector->text);
	bytes_wipe(&vector->body);
}

/* Appends one token, "0a1b" or "ab*9". */
static void append_token(struct bytes *out, const char *token, size_t len)
{
	uint8_t bytes[REPORT_BODY_MAX_BYTES];
	size_t bytes_len = 0;
	const char *star = memchr(token, '*', len);
	const size_t digits = star != NULL ? (size_t)(star - token) : len;
	const unsigned long times = star != NULL ? strtoul(star + 1, NULL, 10) : 1;
	cr_assert_eq(sodium_hex2bin(bytes, sizeof bytes, token, digits, NULL, &bytes_len, NULL), 0);
	for (unsigned long i = 0; i < times; i++)
		cr_assert_eq(bytes_append(out, (struct span){bytes, bytes_len}, NULL), STATUS_OK);
}

static void read_line(struct vector *vector, const char *line)
{
	if (strncmp(line, "type ", 5) == 0)
		vector->type = (enum object_type)strtoul(line + 5, NULL, 10);
	if (strncmp(line, "hex ", 4) != 0)
		return;
	for (const char *token = line + 4; *token != '\n'; token += strspn(token, " ")) {
		append_token(&vector->body, token, strcspn(token, " \n"));
		token += strcspn(token, " \n");
	}
}

static struct vector vector_open(const char *name)
{
	char path[512];
	struct bytes file = {0};
	struct vector vector = {0};
	struct error err = {0};
	(void)snprintf(path, sizeof path, VECTORS "/%s", name);
	cr_assert_eq(file_read(&file, path, 65536, &err), STATUS_OK, "%s", err.message);
	vector.text = strndup((const char *)file.data, file.len);
	cr_assert_not_null(vector.text);
	for (const char *line = vector.text; *line != '\0'; line += strcspn(line, "\n") + 1)
		read_line(&vector, line);
	bytes_wipe(&file);
	cr_assert(vector.type != 0 && vector.body.len > 0, "%s", name);
	return vector;
}

/* Calls `check` for each vector whose name begins so; at least one must. */
static size_t each_vector(const char *beginning, void (*check)(const char *name))
{
	size_t n = 0;
	DIR *folder = opendir(VECTORS);
	cr_assert_not_null(folder);
	for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
		if (strncmp(entry->d_name, beginning, strlen(beginning)) != 0)
			continue;
		check(entry->d_name);
		n++;
	}
	(void)closedir(folder);
	return n;
}

static void expect_shown(const struct report *report, const char *line, size_t len)
{
	char shown[REPORT_TEXT_BYTES];
	char name[32] = "";
	const char *mark = memchr(line, '=', len);
	cr_assert_not_null(mark);
	memcpy(name, line, (size_t)(mark - line));
	const struct report_field *field = report_field_find(name);
	cr_assert_not_null(field, "%s", name);
	report_format(report, field, shown);
	cr_expect(strlen(shown) == len - strlen(name) - 1 && memcmp(shown, mark + 1, strlen(shown)) == 0, "%s: %s", name, shown);
}

static void check_good(const char *name)
{
	struct vector vector = vector_open(name);
	struct body body;
	struct bytes again = {0};
	struct error err = {0};
	cr_assert_eq(body_decode(&body, vector.type, bytes_span(&vector.body), &err), STATUS_OK, "%s: %s", name, err.message);
	cr_assert_eq(body_encode(&again, &body, &err), STATUS_OK, "%s: %s", name, err.message);
	cr_expect(span_equals(bytes_span(&again), bytes_span(&vector.body)), "%s", name);
	for (const char *line = vector.text; *line != '\0'; line += strcspn(line, "\n") + 1)
		if (*line != '#' && strncmp(line, "type ", 5) != 0 && strncmp(line, "hex ", 4) != 0)
			expect_shown(&body.report, line, strcspn(line, "\n"));
	bytes_wipe(&again);
	vector_close(&vector);
}

Test(body, good_vectors_are_read_and_written_again)
{
	cr_expect_geq(each_vector("good_", check_good), 12);
}

static void check_fail(const char *name)
{
	char rule[64] = "";
	struct vector vector = vector_open(name);
	struct body body;
	struct body before;
	struct error err = {0};
	memset(&body, 0x5A, sizeof body);
	memset(&before, 0x5A, sizeof before);
	memcpy(rule, name + 5, strcspn(name + 5, "-."));
	const bool newer = strcmp(rule, "newer_version") == 0;
	cr_expect_eq(body_decode(&body, vector.type, bytes_span(&vector.body), &err),
	             newer ? STATUS_REFUSED : STATUS_BAD_INPUT, "%s: %s", name, err.message);
	cr_expect_not_null(strstr(err.message, newer ? "newer sijil" : rule), "%s: %s", name, err.message);
	cr_expect_eq(memcmp(&body, &before, sizeof body), 0, "%s", name);
	vector_close(&vector);
}

Test(body, fail_vectors_are_refused_by_their_rule)
{
	cr_expect_geq(each_vector("fail_", check_fail), 80);
}

/* --- the reference report --- */

Test(body, the_reference_report_is_small)
{
	struct body body;
	struct bytes out = {0};
	struct error err = {0};
	struct vector vector = vector_open("good_reference.txt");
	samples_reference(&body);
	cr_assert_eq(body_encode(&out, &body, &err), STATUS_OK, "%s", err.message);
	cr_expect_leq(out.len, REFERENCE_MAX_BYTES);
	cr_expect(span_equals(bytes_span(&out), bytes_span(&vector.body)));
	bytes_wipe(&out);
	vector_close(&vector);
}

/* --- laws --- */

static void expect_same(const struct body *a, const struct body *b)
{
	const struct report_field *field = samples_difference(&a->report, &b->report);
	cr_assert_null(field, "%s", field->name);
	cr_assert_eq(a->type, b->type);
	cr_assert_eq(a->created_s, b->created_s);
	cr_assert_eq(a->clock, b->clock);
	cr_assert_eq(a->captured_locked, b->captured_locked);
	cr_assert(hash_equals(&a->parent, &b->parent));
	cr_assert_eq(a->reason, b->reason);
	cr_assert_eq(a->set, b->set);
	cr_assert_eq(a->cleared, b->cleared);
	cr_assert_eq(memcmp(a->recovery, b->recovery, sizeof a->recovery), 0);
}

/* A body of any type, in the form that decoding gives. */
static void random_body(struct body *body, uint64_t *state)
{
	body_init(body, (enum object_type)(OBJECT_REPORT + samples_random(state, 6)));
	body->created_s = SAMPLES_CREATED_S;
	body->clock = (enum body_clock)(1 + samples_random(state, 4));
	body->captured_locked = samples_random(state, 2) == 0 && body->type != OBJECT_RECOVERY;
	if (body->type == OBJECT_REPORT || body->type == OBJECT_INTAKE)
		samples_report(&body->report, state, samples_random(state, 60));
	if (body->type == OBJECT_RETRACT)
		body->reason = (uint8_t)(1 + samples_random(state, 5));
	if (body->type == OBJECT_RECOVERY)
		memset(body->recovery, (int)samples_random(state, 256), sizeof body->recovery);
	if (body->type == OBJECT_AMEND || body->type == OBJECT_CORROBORATE || body->type == OBJECT_RETRACT)
		memset(body->parent.bytes, (int)samples_random(state, 256), sizeof body->parent.bytes);
	for (size_t i = 0; i < report_fields_len && (body->type == OBJECT_AMEND || body->type == OBJECT_CORROBORATE); i++) {
		const struct report_field *field = &report_fields[i];
		const uint32_t what = samples_random(state, 8);
		if (what == 0 && field->type != REPORT_DAY && field->type != REPORT_SADD && field->usual == 0) {
			samples_field(&body->report, field, state);
			body->set |= UINT64_C(1) << i;
		} else if ((what == 1 || (i == 0 && body->set == 0)) && body->type == OBJECT_AMEND) {
			body->cleared |= UINT64_C(1) << i;
		} else if (what == 2 && field->type == REPORT_FIGURE) {
			report_set_absent(&body->report, field, 1);
			body->set |= UINT64_C(1) << i;
		}
	}
}

Test(body, what_was_encoded_is_what_is_decoded)
{
	uint64_t state = 42;
	size_t types[8] = {0};
	for (size_t round = 0; round < 4000; round++) {
		struct body body;
		struct body back;
		struct bytes out = {0};
		struct error err = {0};
		random_body(&body, &state);
		if (body_encode(&out, &body, &err) != STATUS_OK) {
			cr_assert_not_null(strstr(err.message, "at most 4096 fit"), "%s", err.message);
			continue;
		}
		cr_assert_eq(body_decode(&back, body.type, bytes_span(&out), &err), STATUS_OK, "%s", err.message);
		expect_same(&body, &back);
		types[body.type]++;
		bytes_wipe(&out);
	}
	for (size_t type = OBJECT_REPORT; type <= OBJECT_INTAKE; type++)
		cr_expect_gt(types[type], 300);
}

/* Whatever is accepted is the one encoding of what it says. */
static void expect_canonical(enum object_type type, struct span in)
{
	struct body body;
	struct bytes again = {0};
	struct error err = {0};
	if (body_decode(&body, type, in, &err) != STATUS_OK)
		return;
	cr_assert_eq(body_encode(&again, &body, &err), STATUS_OK, "%s", err.message);
	cr_assert(span_equals(bytes_span(&again), in));
	bytes_wipe(&again);
}

static void flip_every_bit(const char *name)
{
	struct vector vector = vector_open(name);
	for (size_t i = 0; i < vector.body.len * 8; i++) {
		vector.body.data[i / 8] ^= (uint8_t)(1U << i % 8);
		for (int type = OBJECT_REPORT; type <= OBJECT_INTAKE; type++)
			expect_canonical((enum object_type)type, bytes_span(&vector.body));
		vector.body.data[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	vector_close(&vector);
}

Test(body, what_is_accepted_has_no_second_encoding)
{
	cr_expect_geq(each_vector("good_", flip_every_bit), 12);
}

static void cut_everywhere(const char *name)
{
	struct vector vector = vector_open(name);
	for (size_t len = 0; len < vector.body.len; len++) {
		struct body body;
		cr_assert_eq(body_decode(&body, vector.type, (struct span){vector.body.data, len}, NULL), STATUS_BAD_INPUT);
	}
	vector_close(&vector);
}

Test(body, no_beginning_of_a_body_is_a_body)
{
	cr_expect_geq(each_vector("good_", cut_everywhere), 12);
}

/* --- amendments --- */

static void amend_to(struct body *amend, const char *name, const char *text)
{
	samples_set(&amend->report, name, text);
	amend->set |= UINT64_C(1) << (report_field_find(name) - report_fields);
}

static void send(struct body *body)
{
	struct bytes out = {0};
	struct error err = {0};
	const enum object_type type = body->type;
	cr_assert_eq(body_encode(&out, body, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(body_decode(body, type, bytes_span(&out), &err), STATUS_OK, "%s", err.message);
	bytes_wipe(&out);
}

Test(body, an_amendment_replaces_and_clears_whole_fields)
{
	struct body report;
	struct body amend;
	struct report wanted;
	samples_reference(&report);
	samples_set(&report.report, "group", "refugee");
	samples_set(&report.report, "note", "by night");
	wanted = report.report;
	body_init(&amend, OBJECT_AMEND);
	amend.created_s = SAMPLES_CREATED_S;
	amend_to(&amend, "households", ">500");
	amend_to(&amend, "individuals", "unknown");
	amend_to(&amend, "group", "idp"); /* back to the usual code */
	amend_to(&amend, "note", "");
	send(&amend);
	body_apply(&report.report, &amend);
	samples_set(&wanted, "households", ">=500");
	samples_set(&wanted, "individuals", "unknown");
	samples_set(&wanted, "group", "idp");
	samples_set(&wanted, "note", "");
	const struct report_field *field = samples_difference(&wanted, &report.report);
	cr_expect_null(field, "%s", field->name);
}

Test(body, a_part_is_not_asked_for_the_whole)
{
	struct body amend;
	body_init(&amend, OBJECT_AMEND);
	amend.created_s = SAMPLES_CREATED_S;
	amend_to(&amend, "from", "2018-06-20");
	send(&amend);
	cr_expect_eq(amend.set, UINT64_C(1) << 3);
}

Test(body, encoding_refuses_what_decoding_would)
{
	struct body body;
	struct bytes out = {0};
	struct error err = {0};
	samples_reference(&body);
	report_clear(&body.report, report_field_find("place"));
	cr_expect_eq(body_encode(&out, &body, &err), STATUS_BAD_INPUT);
	samples_reference(&body);
	body.created_s = -1;
	cr_expect_eq(body_encode(&out, &body, &err), STATUS_BAD_INPUT);
	body_init(&body, OBJECT_AMEND);
	cr_expect_eq(body_encode(&out, &body, &err), STATUS_BAD_INPUT);
	body.set = UINT64_C(1) << 40;
	cr_expect_eq(body_encode(&out, &body, &err), STATUS_BAD_INPUT);
	body_init(&body, OBJECT_HEAD);
	cr_expect_eq(body_encode(&out, &body, &err), STATUS_BUG);
	cr_expect_eq(out.len, 0);
	cr_expect_eq(body_decode(&body, OBJECT_EVENT_LAST, (struct span){(const uint8_t *)"\xa0", 1}, &err), STATUS_REFUSED);
	cr_expect_not_null(strstr(err.message, "newer sijil"));
	bytes_wipe(&out);
}

static void fill(char *text, size_t chars)
{
	for (size_t i = 0; i < chars; i++)
		memcpy(text + 4 * i, "\xF0\x9F\x8F\x95", 5);
}

Test(body, what_does_not_fit_is_refused_with_a_hint)
{
	struct body body;
	struct bytes out = {0};
	struct error err = {0};
	samples_reference(&body);
	fill(body.report.note, 500);
	fill(body.report.place.name, 80);
	fill(body.report.destination.name, 80);
	for (size_t i = 0; i < REPORT_ORIGINS; i++)
		fill(body.report.origins[i].place.name, 80);
	cr_assert_eq(body_encode(&out, &body, &err), STATUS_OK, "%s", err.message);
	bytes_clear(&out);
	body.report.origins_len = REPORT_ORIGINS;
	for (size_t i = 2; i < REPORT_ORIGINS; i++)
		body.report.origins[i].share = 0;
	cr_expect_eq(body_encode(&out, &body, &err), STATUS_BAD_INPUT);
	cr_expect_not_null(strstr(err.hint, "note"));
	cr_expect_eq(out.len, 0);
	bytes_wipe(&out);
}

Test(body, lack_of_memory_is_said_and_nothing_is_appended)
{
	struct body body;
	struct bytes out = {0};
	enum status status = STATUS_BUG;
	size_t failures = 0;
	samples_reference(&body);
	for (size_t n = 1;; n++) {
		bytes_wipe(&out);
		failing_malloc_at(n);
		status = body_encode(&out, &body, NULL);
		if (!failing_malloc_ended())
			break;
		cr_expect_eq(status, STATUS_NO_MEMORY);
		cr_expect_eq(out.len, 0);
		failures++;
	}
	cr_expect_eq(status, STATUS_OK);
	cr_expect_gt(failures, 0);
	bytes_wipe(&out);
}

Test(body, decoding_takes_no_memory)
{
	struct vector vector = vector_open("good_everything.txt");
	struct body body;
	failing_malloc_at(1);
	cr_expect_eq(body_decode(&body, vector.type, bytes_span(&vector.body), NULL), STATUS_OK);
	cr_expect_not(failing_malloc_ended());
	vector_close(&vector);
}
