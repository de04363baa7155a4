#include "schema/salvage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/file.h"
#include "schema/outbox_tables.h"
#include "tests/schema/damaged.h"
#include "tests/support/failing_malloc.h"

/* Any register, with any of its blocks damaged, comes out whole but for what is named: a sample of them, by SEED; with
 * SIJIL_LONG each block alone, and many together. */
enum { REPORTS = 40, LATER = 12, SAMPLE = 10, TOGETHER = 8, TOGETHER_LONG = 80, BLOCKS_MAX = 6, CHAINS = 3, NUMBERS = 128,
       FAILURES = 20 };

TestSuite(salvage_rebuild, .init = damaged_begin, .fini = damaged_end);

static struct objects before, after;

static const struct hash noted = {{1}}, confirmed = {{2}}, unwanted = {{3}};

static void put_code(struct outbox *outbox)
{
	static struct body body;
	struct hash id;
	body_init(&body, OBJECT_RECOVERY);
	body.created_s = CREATED;
	memset(body.recovery, 7, sizeof body.recovery);
	MUST(outbox_put(outbox, &body, 1, &id, &err));
}

static void put_reports(struct outbox *outbox, unsigned n, unsigned individuals)
{
	static struct body bodies[REPORTS];
	static struct hash ids[REPORTS];
	for (unsigned i = 0; i < n; i++)
		fill_report(&bodies[i], individuals + i);
	MUST(outbox_put(outbox, bodies, n, ids, &err));
}

static void put_notes(struct outbox *outbox)
{
	static struct body body;
	struct outbox_note note;
	fill_report(&body, 7);
	MUST(outbox_note_accept(outbox, &noted, &body, &note, &err));
	MUST(outbox_note_accept(outbox, &confirmed, &body, &note, &err));
	MUST(outbox_note_drop(outbox, &unwanted, &note, &err));
}

static void withhold_number(struct outbox *outbox, const char *number)
{
	static struct outbox_entry entry;
	MUST(outbox_find(outbox, number, &entry, &err));
	MUST(withhold(outbox, &entry.id));
}

/* One that has seen everything: two keys, codes, notes, withheld reports of both. */
static void make_rich(const char *name)
{
	make_register(name, REPORTS, true);
	struct outbox *const outbox = reopened(name);
	put_code(outbox);
	put_notes(outbox);
	withhold_number(outbox, "30");
	MUST(outbox_succeed(outbox, SUCCESSION_ROTATION, &err));
	put_code(outbox);
	put_reports(outbox, LATER, 200);
	withhold_number(outbox, "5");
	put_reports(outbox, LATER, 300);
	outbox_close(outbox);
}

/* --- what a register says of its chains --- */

struct shape {
	struct key_id device[CHAINS];
	uint64_t last[CHAINS];
	bool there[CHAINS][NUMBERS], withheld[CHAINS][NUMBERS];
	size_t chains, codes, events;
};

static size_t chain_of(struct shape *shape, const struct key_id *device)
{
	for (size_t i = 0; i < shape->chains; i++)
		if (key_id_equals(&shape->device[i], device))
			return i;
	cr_assert_lt(shape->chains, CHAINS);
	shape->device[shape->chains] = *device;
	return shape->chains++;
}

static enum status note_entry(void *context, const struct outbox_entry *entry, struct error *why)
{
	struct shape *const shape = context;
	const size_t chain = chain_of(shape, &entry->device);
	(void)why;
	cr_assert_lt(entry->number, NUMBERS);
	cr_assert_not(shape->there[chain][entry->number]);
	shape->there[chain][entry->number] = true;
	shape->withheld[chain][entry->number] = entry->withheld;
	if (entry->number > shape->last[chain])
		shape->last[chain] = entry->number;
	shape->codes += entry->type == OBJECT_RECOVERY;
	shape->events++;
	return STATUS_OK;
}

static struct shape shape_of(struct outbox *outbox)
{
	struct shape shape = {0};
	MUST(outbox_each(outbox, note_entry, &shape, &err));
	return shape;
}

static bool is_named(const struct salvage_findings *findings, const struct key_id *device, uint64_t number)
{
	for (size_t i = 0; i < findings->losses_len; i++) {
		const struct salvage_loss *const loss = &findings->losses[i];
		if (key_id_equals(&loss->device, device) && loss->first <= number && number <= loss->last)
			return true;
	}
	return false;
}

/* Each number is there, and withheld if it was, or named. */
static void check_numbers(struct outbox *outbox, const struct shape *was, const struct salvage_findings *findings, const char *which)
{
	struct shape now = {.chains = was->chains};
	memcpy(now.device, was->device, sizeof now.device);
	MUST(outbox_each(outbox, note_entry, &now, &err));
	for (size_t i = 0; i < was->chains; i++)
		for (uint64_t number = 1; number <= was->last[i]; number++) {
			const bool named = is_named(findings, &was->device[i], number);
			/* Nothing may be left that tells how far the chain in use went. */
			if (!now.there[i][number] && number > now.last[i] && i == was->chains - 1 && !findings->tip_is_certain)
				continue;
			cr_assert_neq(now.there[i][number], named, "blocks%s: number %llu of chain %zu is %s", which, (unsigned long long)number, i, named ? "named and there" : "neither there nor named");
			if (now.there[i][number])
				cr_assert_eq(now.withheld[i][number], was->withheld[i][number]);
		}
}

/* The new register is sound, and knows of no loss but those of its making. */
static void check_sound(const char *name)
{
	struct vault_survey *const survey = surveyed(name);
	const uint64_t *blocks = NULL;
	cr_assert_eq(vault_survey_damaged(survey, &blocks), 0);
	vault_survey_close(survey);
	struct salvage *const salvage = salvaged(name);
	struct salvage_findings findings = judged(salvage);
	cr_assert_eq(findings.objects_lost, 0);
	cr_assert_not(findings.must_succeed);
	for (size_t i = 0; i < findings.losses_len; i++)
		cr_assert(findings.losses[i].is_known);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
}

/* --- one damaged file --- */

static void damage_these(const struct bytes *content, const uint64_t *blocks, size_t n)
{
	struct bytes copy = {0};
	MUST(bytes_append(&copy, bytes_span(content), &err));
	for (size_t i = 0; i < n; i++)
		copy.data[blocks[i] * VAULT_SLOT_BYTES + 1000] ^= 1;
	MUST(file_write(cast_path(&cast, "damaged"), bytes_span(&copy), true, &err));
	bytes_wipe(&copy);
}

/* All that can be read leaves but for headers alone. */
static void check_export(const struct salvage *salvage, const struct salvage_findings *findings)
{
	uint64_t exported = 0;
	bytes_clear(&after.wires);
	MUST(salvage_export(salvage, &after.wires, &exported, &err));
	take_apart(&after);
	cr_assert_eq(after.len, exported);
	cr_assert_eq(exported + findings->withheld, findings->objects);
	for (size_t i = 0; i < after.len; i++)
		cr_assert(holds(&before, &after.object[i].id), "an object out of nowhere");
}

/* Returns whether a register could be made again. */
static bool rebuild_one(const struct shape *was, const char *which)
{
	struct salvage *const salvage = salvaged("damaged");
	struct salvage_findings findings = judged(salvage);
	check_export(salvage, &findings);
	salvage_findings_wipe(&findings);
	MUST(salvage_add(salvage, bytes_span(&cast.descriptor_wire), &err));
	findings = judged(salvage);
	const enum status status = salvage_rebuild(salvage, &findings, cast_path(&cast, "again"), cast.vault, cast.data_key, &err);
	cr_assert_eq(status, findings.has_seed ? STATUS_OK : STATUS_REFUSED, "blocks%s: %s", which, err.message);
	if (status == STATUS_OK) {
		struct outbox *const outbox = reopened("again");
		check_numbers(outbox, was, &findings, which);
		outbox_close(outbox);
		check_sound("again");
		db_remove(cast_path(&cast, "again"));
	}
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	return status == STATUS_OK;
}

static uint64_t seed(void)
{
	const char *const given = getenv("SEED");
	return given != NULL ? strtoull(given, NULL, 10) : 1;
}

/* SplitMix64. */
static uint64_t draw(uint64_t *state, uint64_t below)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % below;
}

static void rebuild_with(const struct bytes *content, const struct shape *was, const uint64_t *blocks, size_t n)
{
	char which[128] = "";
	size_t len = 0;
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(which + len, sizeof which - len, " %llu", (unsigned long long)blocks[i]);
	damage_these(content, blocks, n);
	(void)rebuild_one(was, which);
}

Test(salvage_rebuild, a_register_that_has_seen_everything_comes_out_whole_but_for_what_is_named)
{
	const bool is_long = getenv("SIJIL_LONG") != NULL;
	uint64_t state = seed(), blocks[BLOCKS_MAX] = {0};
	make_rich("a");
	export_all("a", &before);
	struct outbox *const outbox = reopened("a");
	const struct shape was = shape_of(outbox);
	outbox_close(outbox);
	cr_assert_eq(was.codes, 2);
	struct bytes content = content_of("a");
	const uint64_t total = content.len / VAULT_SLOT_BYTES;
	rebuild_with(&content, &was, blocks, 0);
	for (uint64_t i = 0; i < (is_long ? total : SAMPLE); i++) {
		blocks[0] = is_long ? i : draw(&state, total);
		rebuild_with(&content, &was, blocks, 1);
	}
	for (int i = 0; i < (is_long ? TOGETHER_LONG : TOGETHER); i++) {
		const size_t n = 2 + draw(&state, BLOCKS_MAX - 1);
		for (size_t k = 0; k < n; k++)
			blocks[k] = draw(&state, total);
		rebuild_with(&content, &was, blocks, n);
	}
	bytes_wipe(&content);
	bytes_wipe(&before.wires);
	bytes_wipe(&after.wires);
}

/* --- memory that runs out --- */

static enum status read_and_rebuild(struct vault_survey *survey)
{
	struct salvage *salvage = NULL;
	struct salvage_findings findings = {0};
	enum status status = salvage_read(&salvage, survey, &err);
	if (status == STATUS_OK)
		status = salvage_add(salvage, bytes_span(&cast.descriptor_wire), &err);
	if (status == STATUS_OK)
		status = salvage_judge(salvage, &(struct head){0}, &findings, &err);
	if (status == STATUS_OK)
		status = salvage_rebuild(salvage, &findings, cast_path(&cast, "again"), cast.vault, cast.data_key, &err);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	return status;
}

Test(salvage_rebuild, leaves_no_half_register_where_memory_runs_out)
{
	const bool is_long = getenv("SIJIL_LONG") != NULL;
	uint64_t state = seed();
	size_t failed = 0;
	make_rich("a");
	struct bytes content = content_of("a");
	const uint64_t block = content.len / VAULT_SLOT_BYTES / 2;
	damage_these(&content, &block, 1);
	bytes_wipe(&content);
	struct vault_survey *const survey = surveyed("damaged");
	for (size_t n = 1;; n += is_long ? 1 + n / 50 : 1 + n / 20 + draw(&state, 1 + n / 20)) {
		failing_malloc_at(n);
		const enum status status = read_and_rebuild(survey);
		if (!failing_malloc_ended()) {
			cr_assert_eq(status, STATUS_OK, "%s", err.message);
			break;
		}
		/* Where less will do it goes on: what it made is whole. */
		cr_assert(status == STATUS_NO_MEMORY || status == STATUS_OK, "allocation %zu: %s", n, err.message);
		cr_assert_eq(file_exists(cast_path(&cast, "again")), status == STATUS_OK);
		if (status == STATUS_OK)
			check_sound("again");
		db_remove(cast_path(&cast, "again"));
		failed++;
	}
	cr_assert_gt(failed, FAILURES);
	vault_survey_close(survey);
}
