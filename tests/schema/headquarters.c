#include "tests/schema/headquarters.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "schema/evidence.h"
#include "schema/project_inside.h"
#include "tests/schema/samples.h"

#define MUST(expression)                                                                \
	do {                                                                            \
		struct error must_err = {0};                                            \
		struct error *const err = &must_err;                                    \
		cr_assert_eq((expression), STATUS_OK, #expression ": %s", must_err.message); \
	} while (0)

enum { NOW_S = 1530000000 };

static void open_named(struct headquarters *hq, const char *name)
{
	MUST(project_open(&hq->project, cast_path(&hq->cast, name), hq->cast.vault, hq->cast.data_key, err));
	MUST(casebook_open(&hq->casebook, hq->project, err));
}

static void close_open(struct headquarters *hq)
{
	casebook_close(hq->casebook);
	project_close(hq->project);
	hq->casebook = NULL;
	hq->project = NULL;
}

static void copy_as(struct headquarters *hq, const char *name)
{
	MUST(db_copy(project_db(hq->project), cast_path(&hq->cast, name), hq->cast.vault, err));
}

/* The cast signs with the project's own keys from here on. */
static void adopt_keys(struct headquarters *hq)
{
	struct cast *const cast = &hq->cast;
	signing_key_free(cast->root);
	signing_key_free(cast->hq);
	sealing_key_free(cast->sealing);
	MUST(signing_key_from_seed(&cast->root, signing_key_seed(hq->project->root), err));
	MUST(signing_key_from_seed(&cast->hq, signing_key_seed(hq->project->appointment_key), err));
	MUST(sealing_key_from_seed(&cast->sealing, sealing_key_seed(hq->project->sealing[0].key), err));
	cast->root_public = signing_key_public(cast->root);
	cast->project = project_id(hq->project);
	cast->appointment = project_appointment(hq->project);
	const struct key_public relay = signing_key_public(cast->relay);
	cast->log = key_id_of_log(&cast->project, &relay);
	cast->descriptor = *project_descriptor(hq->project);
	cast->descriptor_id = hq->project->descriptor_id;
}

void headquarters_begin(struct headquarters *hq)
{
	memset(hq, 0, sizeof *hq);
	cast_begin(&hq->cast, DESCRIPTOR_KEEP);
	const struct project_plan plan = {.name = "Dar'a", .retention = DESCRIPTOR_KEEP, .now_s = NOW_S};
	MUST(project_create(&hq->project, cast_path(&hq->cast, "hq.db"), hq->cast.vault, hq->cast.data_key, &plan, err));
	const struct relay_card card = hq->cast.descriptor.relays[0];
	MUST(project_relay_add(hq->project, &card, NOW_S, err));
	adopt_keys(hq);
	copy_as(hq, "beginning.db");
	MUST(casebook_open(&hq->casebook, hq->project, err));
}

void headquarters_end(struct headquarters *hq)
{
	close_open(hq);
	for (size_t i = 0; i < hq->log_len; i++)
		bytes_wipe(&hq->log[i]);
	cast_end(&hq->cast);
}

void headquarters_reopen(struct headquarters *hq, const char *name)
{
	close_open(hq);
	open_named(hq, name);
}

void headquarters_afresh(struct headquarters *hq, const char *name)
{
	headquarters_reopen(hq, "beginning.db");
	copy_as(hq, name);
	headquarters_reopen(hq, name);
}

/* --- devices --- */

void writer_begin(struct headquarters *hq, struct writer *writer, const char *label, int64_t expires_s)
{
	struct invite_file file = {0};
	*writer = (struct writer){0};
	MUST(project_invite(hq->project, label, expires_s, &file, err));
	MUST(signing_key_new(&writer->device.key, err));
	MUST(enrolment_make(&writer->device.wire, &writer->device.introduced, &file, writer->device.key, "test", err));
	writer->device.id = key_id_of_object(&writer->device.introduced);
	writer->head.last = writer->device.introduced;
	invite_file_wipe(&file);
}

void writer_succeed(const struct headquarters *hq, struct writer *writer, const struct writer *before)
{
	struct succession succession = {
		.number = before->head.number, .last = before->head.last, .reason = SUCCESSION_RESTORE};
	*writer = (struct writer){0};
	MUST(signing_key_new(&writer->device.key, err));
	MUST(succession_make(&writer->device.wire, &writer->device.introduced, &succession, &before->device.id,
	                     before->device.key, writer->device.key, &hq->cast.project, err));
	writer->device.id = key_id_of_object(&writer->device.introduced);
	writer->head.last = writer->device.introduced;
}

void writer_end(struct writer *writer)
{
	cast_device_free(&writer->device);
}

void report_of(struct body *body, uint32_t individuals)
{
	samples_reference(body);
	body->report.individuals = (struct figure){.best = (int32_t)individuals, .min = FIGURE_ABSENT, .max = FIGURE_ABSENT};
	body->report.sadd_scope = 0;
}

struct hash writer_write(const struct headquarters *hq, struct writer *writer, const struct body *body, struct bytes *wire)
{
	const struct evidence_author author = {
		.key = writer->device.key,
		.device = writer->device.id,
		.project = hq->cast.project,
		.descriptor = hq->cast.descriptor.number,
		.recipient = sealing_key_public(hq->cast.sealing),
	};
	const struct evidence_link link = {.number = (uint32_t)writer->head.number + 1, .previous = writer->head.last};
	struct hash id;
	MUST(evidence_make(wire, &id, body, &author, &link, err));
	writer->head = (struct head){link.number, id};
	return id;
}

struct hash writer_report(const struct headquarters *hq, struct writer *writer, uint32_t individuals, struct bytes *wire)
{
	struct body body;
	report_of(&body, individuals);
	return writer_write(hq, writer, &body, wire);
}

/* --- the relay --- */

uint64_t relay_keeps(struct headquarters *hq, const struct bytes *wire)
{
	struct object object;
	cr_assert_lt(hq->log_len, HEADQUARTERS_LOG_MAX);
	MUST(object_parse(&object, bytes_span(wire), err));
	merkle_append(&hq->tree, &object.id);
	MUST(bytes_append(&hq->log[hq->log_len++], bytes_span(wire), err));
	return hq->tree.size;
}

void relay_says_of(const struct headquarters *hq, const struct checkpoint *seen, int64_t time_s, struct bytes *wire)
{
	struct bytes payload = {0};
	const struct relay_clock clock = {.time_s = time_s, .has_seen = true, .seen = *seen};
	MUST(relay_clock_encode(&payload, &clock, err));
	const struct object_draft draft = {.type = OBJECT_CLOCK, .signer = hq->cast.log, .payload = bytes_span(&payload)};
	(void)cast_sign(&hq->cast, &draft, hq->cast.relay, wire);
	bytes_wipe(&payload);
}

void relay_says(const struct headquarters *hq, int64_t time_s, struct bytes *wire)
{
	const struct checkpoint seen = {.log = hq->cast.log, .size = hq->tree.size, .root = merkle_root(&hq->tree)};
	relay_says_of(hq, &seen, time_s, wire);
}

/* --- taking --- */

enum status hq_take(struct headquarters *hq, const struct bytes *wire, uint64_t position, struct error *fault)
{
	enum set_outcome outcome;
	MUST(casebook_begin(hq->casebook, err));
	const enum status status = casebook_take(hq->casebook, bytes_span(wire), position, &outcome, fault);
	MUST(casebook_commit(hq->casebook, NULL, err));
	return status;
}

void hq_takes(struct headquarters *hq, const struct bytes *wire, uint64_t position)
{
	MUST(hq_take(hq, wire, position, err));
}

void hq_pulls(struct headquarters *hq, int64_t time_s)
{
	struct bytes clock = {0};
	enum set_outcome outcome;
	uint64_t cursor = 0;
	MUST(casebook_begin(hq->casebook, err));
	MUST(casebook_cursor(hq->casebook, &cursor, err));
	for (; cursor < hq->log_len; cursor++)
		MUST(casebook_take(hq->casebook, bytes_span(&hq->log[cursor]), cursor + 1, &outcome, err));
	relay_says(hq, time_s, &clock);
	MUST(casebook_take(hq->casebook, bytes_span(&clock), 0, &outcome, err));
	MUST(casebook_commit(hq->casebook, &cursor, err));
	bytes_wipe(&clock);
}
