#include "schema/note.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/schema/samples.h"
#include "tests/support/failing_malloc.h"

static void start(void)
{
	cr_assert_geq(sodium_init(), 0);
}

TestSuite(note, .init = start);

static void set(struct note *note, const char *name, const char *text)
{
	struct error err = {0};
	const struct report_reading reading = {.today = 17707, .tag = note_tag, .tag_context = note};
	const struct report_field *const field = report_field_find(name);
	cr_assert_eq(report_set(&note->body.report, field, text, &reading, &err), STATUS_OK, "%s", err.message);
}

static struct note *made(void)
{
	struct note *const note = malloc(sizeof *note);
	note_init(note, SAMPLES_CREATED_S, BODY_CLOCK_MANUAL);
	set(note, "kind", "arrival");
	set(note, "place", "C5999");
	set(note, "observed_on", "2018-06-24");
	set(note, "households", "300");
	return note;
}

static struct note *again(const struct note *note)
{
	struct bytes encoded = {0};
	struct error err = {0};
	struct note *const found = malloc(sizeof *found);
	cr_assert_eq(note_encode(&encoded, note, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(note_decode(found, bytes_span(&encoded), &err), STATUS_OK, "%s", err.message);
	bytes_wipe(&encoded);
	return found;
}

Test(note, says_that_it_was_captured_while_locked)
{
	struct note *const note = made(), *const found = again(note);
	cr_assert(note->body.captured_locked);
	cr_assert(found->body.captured_locked);
	cr_assert_eq(found->body.created_s, SAMPLES_CREATED_S);
	cr_assert_null(samples_difference(&found->body.report, &note->body.report));
	free(note);
	free(found);
}

Test(note, random_reports_come_back)
{
	uint64_t state = 7;
	for (int i = 0; i < 300; i++) {
		struct note *const note = malloc(sizeof *note);
		note_init(note, SAMPLES_CREATED_S, BODY_CLOCK_MANUAL);
		samples_report(&note->body.report, &state, (uint32_t)(i % 100));
		struct note *const found = again(note);
		cr_assert_null(samples_difference(&found->body.report, &note->body.report));
		free(note);
		free(found);
	}
}

/* A device's own tag, as easily told as can be. */
static enum status own_tag(void *context, const char *nickname, uint8_t tag[REPORT_TAG_BYTES], struct error *err)
{
	size_t *const asked = context;
	(void)err;
	++*asked;
	memset(tag, 0, REPORT_TAG_BYTES);
	memcpy(tag, nickname, strnlen(nickname, REPORT_TAG_BYTES));
	return STATUS_OK;
}

Test(note, nicknames_become_the_devices_tags_when_it_is_taken_in)
{
	size_t asked = 0;
	const struct report_reading reading = {.today = 17707, .tag = own_tag, .tag_context = &asked};
	struct note *const note = made();
	set(note, "sources", "driver C #omar; community_leader B #=1f2e3d4c5b6a7988; medical; displaced_person #omar; other #ali");
	cr_assert_eq(note->nicknames_len, 2);
	cr_assert_eq(memcmp(note->body.report.sources[0].tag, note->body.report.sources[3].tag, REPORT_TAG_BYTES), 0);
	cr_assert_neq(memcmp(note->body.report.sources[0].tag, note->body.report.sources[4].tag, REPORT_TAG_BYTES), 0);
	struct note *const found = again(note);
	cr_assert_eq(note_settle(found, &reading, NULL), STATUS_OK);
	const struct source *const sources = found->body.report.sources;
	cr_assert_eq(memcmp(sources[0].tag, "omar\0\0\0\0", REPORT_TAG_BYTES), 0);
	cr_assert_eq(memcmp(sources[1].tag, "\x1f\x2e\x3d\x4c\x5b\x6a\x79\x88", REPORT_TAG_BYTES), 0, "a tag given is left");
	cr_assert_not(sources[2].tagged);
	cr_assert_eq(memcmp(sources[3].tag, "omar\0\0\0\0", REPORT_TAG_BYTES), 0);
	cr_assert_eq(memcmp(sources[4].tag, "ali\0\0\0\0\0", REPORT_TAG_BYTES), 0);
	cr_assert_eq(asked, 3);
	free(note);
	free(found);
}

static enum status no_tag(void *context, const char *nickname, uint8_t tag[REPORT_TAG_BYTES], struct error *err)
{
	(void)context;
	(void)nickname;
	(void)tag;
	return error_set(err, STATUS_NO_MEMORY, "no room to stretch it");
}

Test(note, a_nickname_that_cannot_be_settled_leaves_the_note_as_it_was)
{
	const struct report_reading reading = {.today = 17707, .tag = no_tag};
	struct note *const note = made();
	set(note, "sources", "driver C #omar");
	const struct report before = note->body.report;
	cr_assert_eq(note_settle(note, &reading, NULL), STATUS_NO_MEMORY);
	cr_assert_null(samples_difference(&before, &note->body.report));
	cr_assert_eq(note->nicknames_len, 1);
	free(note);
}

Test(note, what_was_tried_and_given_up_is_not_kept)
{
	struct bytes encoded = {0};
	struct note *const note = made();
	set(note, "sources", "driver C #tried-and-dropped");
	set(note, "sources", "driver C #omar");
	cr_assert_eq(note_encode(&encoded, note, NULL), STATUS_OK);
	cr_assert_null(memmem(encoded.data, encoded.len, "tried", 5));
	cr_assert_not_null(memmem(encoded.data, encoded.len, "omar", 4));
	bytes_wipe(&encoded);
	free(note);
}

Test(note, too_many_nicknames_are_refused_and_harm_nothing)
{
	char text[64];
	struct error err = {0};
	struct note *const note = made();
	const struct report_reading reading = {.today = 17707, .tag = note_tag, .tag_context = note};
	for (int i = 0; i < NOTE_NICKNAMES_MAX; i++) {
		(void)snprintf(text, sizeof text, "driver C #n%d", i);
		set(note, "sources", text);
	}
	const struct report before = note->body.report;
	cr_assert_eq(report_set(&note->body.report, report_field_find("sources"), "driver C #more", &reading, &err),
	             STATUS_BAD_INPUT);
	cr_assert_null(samples_difference(&before, &note->body.report));
	set(note, "sources", "driver C #n3");
	free(note);
}

Test(note, wiped_it_holds_nothing)
{
	static const struct note zero;
	struct note *const note = made();
	set(note, "sources", "driver C #omar");
	note_wipe(note);
	cr_assert_eq(memcmp(note, &zero, sizeof zero), 0);
	free(note);
}

/* --- vectors --- */

static void check_vector(const char *verdict, const char *label, struct span in)
{
	struct bytes out = {0};
	struct error err = {0};
	struct note *const note = calloc(1, sizeof *note);
	const enum status status = note_decode(note, in, &err);
	if (strcmp(verdict, "good") == 0) {
		cr_assert_eq(status, STATUS_OK, "%s: %s", label, err.message);
		cr_assert_eq(note_encode(&out, note, &err), STATUS_OK, "%s: %s", label, err.message);
		cr_assert(span_equals(bytes_span(&out), in), "%s", label);
	} else if (strcmp(verdict, "fail_newer_version") == 0) {
		cr_assert_eq(status, STATUS_REFUSED, "%s", label);
		cr_assert_not_null(strstr(err.message, "newer sijil"), "%s: %s", label, err.message);
	} else {
		cr_assert_eq(status, STATUS_BAD_INPUT, "%s", label);
		cr_assert_not_null(strstr(err.message, verdict + 5), "%s: %s", label, err.message);
	}
	bytes_wipe(&out);
	free(note);
}

Test(note, agrees_with_the_vectors)
{
	char *line = NULL;
	size_t capacity = 0, vectors = 0;
	FILE *const file = fopen("tests/vectors/note.txt", "re");
	cr_assert_not_null(file, "run the tests in the project's folder");
	while (getline(&line, &capacity, file) >= 0) {
		char verdict[64], label[64];
		uint8_t bytes[4096];
		size_t len = 0;
		int at = 0;
		if (line[0] == '#' || sscanf(line, "%63s %63s %n", verdict, label, &at) != 2)
			continue;
		line[strcspn(line, "\n")] = '\0';
		cr_assert_eq(sodium_hex2bin(bytes, sizeof bytes, line + at, strlen(line + at), NULL, &len, NULL), 0);
		check_vector(verdict, label, (struct span){bytes, len});
		vectors++;
	}
	cr_assert_geq(vectors, 20);
	free(line);
	(void)fclose(file);
}

Test(note, survives_each_failing_allocation)
{
	struct note *const note = made();
	set(note, "sources", "driver C #omar");
	for (size_t n = 1;; n++) {
		struct bytes encoded = {0};
		failing_malloc_at(n);
		const enum status status = note_encode(&encoded, note, NULL);
		const bool failed = failing_malloc_ended();
		cr_assert_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
		bytes_wipe(&encoded);
		if (!failed)
			break;
	}
	free(note);
}
