#include "tests/schema/damaged.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cbor.h"
#include "crypto/file.h"
#include "schema/outbox_tables.h"

enum { OTHERS = 4, FILE_MAX = 1 << 24 };

struct cast cast;
struct error err;

static const struct head no_floor;

void damaged_begin(void)
{
	cast_begin(&cast, DESCRIPTOR_KEEP);
}

void damaged_end(void)
{
	cast_end(&cast);
}

/* --- a register and what is in it --- */

static void set_field(struct report *report, const char *name, const char *text)
{
	static const struct report_reading reading = {.today = 20372};
	MUST(report_set(report, report_field_find(name), text, &reading, &err));
}

void fill_report(struct body *body, unsigned individuals)
{
	char text[16];
	body_init(body, OBJECT_REPORT);
	body->created_s = CREATED;
	body->clock = BODY_CLOCK_MANUAL;
	(void)snprintf(text, sizeof text, "%u", individuals);
	set_field(&body->report, "kind", "arrival");
	set_field(&body->report, "place", "C5999");
	set_field(&body->report, "observed_on", "2018-06-21");
	set_field(&body->report, "individuals", text);
	set_field(&body->report, "note", "the school is overcrowded");
}

void put_amend(struct outbox *outbox, const struct hash *parent)
{
	static struct body body;
	struct hash id;
	body_init(&body, OBJECT_AMEND);
	body.created_s = CREATED + 60;
	body.clock = BODY_CLOCK_MANUAL;
	body.parent = *parent;
	set_field(&body.report, "individuals", "77");
	body.set = UINT64_C(1) << (report_field_find("individuals") - report_fields);
	MUST(outbox_put(outbox, &body, 1, &id, &err));
}

struct outbox *created(const char *name)
{
	struct outbox *outbox = NULL;
	struct invite_file invite;
	cast_invite(&cast, "Team Nasib", &invite);
	MUST(outbox_create(&outbox, cast_path(&cast, name), cast.vault, cast.data_key, &invite, CREATED, &err));
	invite_file_wipe(&invite);
	return outbox;
}

struct outbox *reopened(const char *name)
{
	struct outbox *outbox = NULL;
	MUST(outbox_open(&outbox, cast_path(&cast, name), cast.vault, cast.data_key, &err));
	return outbox;
}

void take(struct outbox *outbox, struct bytes *wire)
{
	struct admission admission;
	enum set_outcome outcome;
	MUST(outbox_take(outbox, bytes_span(wire), &admission, &outcome, &err));
	bytes_wipe(wire);
}

static void carry_others(struct outbox *outbox)
{
	struct cast_device other;
	cast_enrol(&cast, &other);
	struct head tip = {0, other.introduced};
	take(outbox, &other.wire);
	for (int i = 0; i < OTHERS; i++) {
		struct bytes wire = {0};
		const struct hash id = cast_event(&cast, &other, tip, "sealed by another", &wire);
		tip = (struct head){tip.number + 1, id};
		take(outbox, &wire);
	}
	cast_device_free(&other);
}

void take_receipt(struct outbox *outbox, struct head head)
{
	struct bytes wire = {0};
	const struct key_id device = outbox_device(outbox);
	const struct receipt receipt = cast_receipt_for(&cast, &device, head);
	(void)cast_receipt(&cast, &receipt, &wire);
	take(outbox, &wire);
}

void make_register(const char *name, unsigned n, bool receipted)
{
	struct outbox *const outbox = created(name);
	struct body *const bodies = calloc(n, sizeof *bodies);
	struct hash *const ids = calloc(n, sizeof *ids);
	for (unsigned i = 0; i < n; i++)
		fill_report(&bodies[i], i + 1);
	MUST(outbox_put(outbox, bodies, n, ids, &err));
	if (receipted)
		take_receipt(outbox, (struct head){RECEIPTED, ids[RECEIPTED - 1]});
	carry_others(outbox);
	put_amend(outbox, &ids[n - 1]);
	free(bodies);
	free(ids);
	outbox_close(outbox);
}

/* --- its file, and damage to it --- */

struct bytes content_of(const char *name)
{
	struct bytes content = {0};
	MUST(file_read(&content, cast_path(&cast, name), FILE_MAX, &err));
	return content;
}

void damage(const char *name, struct bytes *content, uint64_t block)
{
	uint8_t *const byte = content->data + block * VAULT_SLOT_BYTES + 1000;
	*byte ^= 1;
	MUST(file_write(cast_path(&cast, name), bytes_span(content), true, &err));
	*byte ^= 1;
}

struct vault_survey *surveyed(const char *name)
{
	struct vault_survey *survey = NULL;
	MUST(vault_survey_open(&survey, cast_path(&cast, name), cast.data_key, &err));
	return survey;
}

struct salvage *salvaged(const char *name)
{
	struct salvage *salvage = NULL;
	struct vault_survey *const survey = surveyed(name);
	MUST(salvage_read(&salvage, survey, &err));
	vault_survey_close(survey);
	return salvage;
}

struct salvage_findings judged(const struct salvage *salvage)
{
	struct salvage_findings findings;
	MUST(salvage_judge(salvage, &no_floor, &findings, &err));
	return findings;
}

/* --- which objects stand on which blocks, found without any knowledge of SQLite's format --- */

void take_apart(struct objects *objects)
{
	struct span rest = bytes_span(&objects->wires);
	objects->len = 0;
	while (rest.len > 0) {
		size_t len = 0, need = 0;
		MUST(cbor_item_length(rest, &len, &need, &err));
		cr_assert_lt(objects->len, sizeof objects->object / sizeof objects->object[0]);
		MUST(object_parse(&objects->object[objects->len++], (struct span){rest.data, len}, &err));
		rest = (struct span){rest.data + len, rest.len - len};
	}
}

void export_all(const char *name, struct objects *objects)
{
	struct outbox *const outbox = reopened(name);
	uint64_t n = 0;
	MUST(outbox_export(outbox, true, &objects->wires, &n, &err));
	outbox_close(outbox);
	take_apart(objects);
	cr_assert_eq(objects->len, n);
}

bool holds(const struct objects *objects, const struct hash *id)
{
	for (size_t i = 0; i < objects->len; i++)
		if (hash_equals(&objects->object[i].id, id))
			return true;
	return false;
}

uint64_t block_of(const char *name, struct span content)
{
	uint8_t plain[VAULT_BLOCK_BYTES];
	uint64_t found_at = UINT64_MAX;
	struct vault_survey *const survey = surveyed(name);
	for (uint64_t block = 0; block < vault_survey_blocks(survey); block++) {
		MUST(vault_survey_read(survey, block, plain, &err));
		if (memmem(plain, sizeof plain, content.data, content.len) != NULL)
			found_at = block;
	}
	vault_survey_close(survey);
	cr_assert_neq(found_at, UINT64_MAX);
	return found_at;
}

struct span wire_of(const struct objects *objects, const struct hash *id)
{
	for (size_t i = 0; i < objects->len; i++)
		if (hash_equals(&objects->object[i].id, id))
			return objects->object[i].wire;
	cr_assert_fail("there is no such object");
	return (struct span){0};
}

struct hash tip_of(const char *name)
{
	struct outbox *const outbox = reopened(name);
	const struct head tip = outbox_tip(outbox);
	outbox_close(outbox);
	return tip.last;
}

const struct object *own_event(const struct objects *objects, const struct key_id *device, size_t n)
{
	for (size_t i = 0; i < objects->len; i++)
		if (object_type_is_event(objects->object[i].type) && key_id_equals(&objects->object[i].signer, device) && --n == 0)
			return &objects->object[i];
	cr_assert_fail("there is no such event");
	return NULL;
}

enum status withhold(struct outbox *outbox, const struct hash *id)
{
	struct body *const retraction = malloc(sizeof *retraction);
	body_init(retraction, OBJECT_RETRACT);
	retraction->created_s = INT64_C(1767225600);
	retraction->parent = *id;
	retraction->reason = 4;
	const enum status status = outbox_withhold(outbox, id, retraction, &err);
	free(retraction);
	return status;
}
