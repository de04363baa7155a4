#include "tests/schema/casebook_stage.h"

struct headquarters hq;
struct writer nasib;
struct error failure;

void stage_begin(void)
{
	headquarters_begin(&hq);
	writer_begin(&hq, &nasib, "Team Nasib", FAR_S);
}

void stage_end(void)
{
	writer_end(&nasib);
	headquarters_end(&hq);
}

static enum status show(void *context, const struct casebook_entry *entry, struct error *unused)
{
	struct shown *const shown = context;
	(void)unused;
	cr_assert_lt(shown->len, STAGE_WIRES);
	shown->entry[shown->len] = *entry;
	shown->has_evidence[shown->len] = entry->evidence != NULL;
	shown->best[shown->len] = entry->evidence == NULL ? 0 : evidence_body(entry->evidence)->report.individuals.best;
	shown->len++;
	return STATUS_OK;
}

struct shown *shown_with(const struct casebook_filter *filter)
{
	static struct shown shown;
	shown.len = 0;
	MUST(casebook_each(hq.casebook, filter, show, &shown, &failure));
	return &shown;
}

struct shown *all_shown(void)
{
	static const struct casebook_filter all = {.all_events = true};
	return shown_with(&all);
}

const struct casebook_entry *shown_one(const struct hash *id)
{
	static struct shown shown;
	shown.len = 0;
	MUST(casebook_get(hq.casebook, id, show, &shown, &failure));
	cr_assert_eq(shown.len, 1);
	return &shown.entry[0];
}

static enum status note_set_aside(void *context, const struct quarantined *quarantined, struct error *unused)
{
	struct set_aside *const aside = context;
	(void)unused;
	cr_assert_lt(aside->len, STAGE_WIRES);
	aside->quarantined[aside->len++] = *quarantined;
	return STATUS_OK;
}

struct set_aside *all_set_aside(void)
{
	static struct set_aside aside;
	aside.len = 0;
	MUST(casebook_each_quarantined(hq.casebook, note_set_aside, &aside, &failure));
	return &aside;
}

static enum status list(void *context, const struct casebook_device *device, struct error *unused)
{
	struct listed *const listed = context;
	(void)unused;
	cr_assert_lt(listed->len, STAGE_DEVICES);
	listed->device[listed->len++] = *device;
	return STATUS_OK;
}

struct listed *all_listed(void)
{
	static struct listed listed;
	listed.len = 0;
	MUST(casebook_each_device(hq.casebook, list, &listed, &failure));
	return &listed;
}

static enum status read_acknowledgement(void *context, uint64_t position, const struct hash *id, struct span wire,
                                        struct error *unused)
{
	struct object object;
	(void)position;
	(void)id;
	(void)unused;
	MUST(object_parse(&object, wire, &failure));
	return acknowledgement_decode(context, object.payload, &failure);
}

void takes_device(const struct writer *writer)
{
	hq_takes(&hq, &writer->device.wire, 0);
}

struct hash takes_report(struct writer *writer, uint32_t individuals)
{
	struct bytes wire = {0};
	const struct hash id = writer_report(&hq, writer, individuals, &wire);
	hq_takes(&hq, &wire, 0);
	bytes_wipe(&wire);
	return id;
}

struct hash logs_report(struct writer *writer, uint32_t individuals)
{
	struct bytes wire = {0};
	const struct hash id = writer_report(&hq, writer, individuals, &wire);
	(void)relay_keeps(&hq, &wire);
	bytes_wipe(&wire);
	return id;
}

void amendment_of(struct body *body, const struct hash *parent, uint32_t individuals)
{
	body_init(body, OBJECT_AMEND);
	const struct report_field *const field = report_field_find("individuals");
	body->created_s = SAMPLES_CREATED_S + 60;
	body->parent = *parent;
	body->set = UINT64_C(1) << (field - report_fields);
	body->report.individuals = (struct figure){(int32_t)individuals, FIGURE_ABSENT, FIGURE_ABSENT};
}

struct hash takes_amendment(struct writer *writer, const struct hash *parent, uint32_t individuals)
{
	struct body body;
	struct bytes wire = {0};
	amendment_of(&body, parent, individuals);
	const struct hash id = writer_write(&hq, writer, &body, &wire);
	hq_takes(&hq, &wire, 0);
	bytes_wipe(&wire);
	return id;
}

struct hash takes_retraction(struct writer *writer, const struct hash *parent)
{
	struct body body;
	struct bytes wire = {0};
	body_init(&body, OBJECT_RETRACT);
	body.created_s = SAMPLES_CREATED_S + 120;
	body.parent = *parent;
	body.reason = 1;
	const struct hash id = writer_write(&hq, writer, &body, &wire);
	hq_takes(&hq, &wire, 0);
	bytes_wipe(&wire);
	return id;
}

struct acknowledgement acknowledged(void)
{
	struct acknowledgement said = {0};
	MUST(set_each_newest(project_set(hq.project), OBJECT_ACKNOWLEDGEMENT, &nasib.device.id, read_acknowledgement, &said,
	                     &failure));
	return said;
}
