#include "schema/salvage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/file.h"
#include "schema/outbox_tables.h"
#include "tests/schema/damaged.h"

TestSuite(salvage, .init = damaged_begin, .fini = damaged_end);

/* Whether no other object has the piece too, as two events of one chain may. */
static bool is_only(const struct objects *objects, const uint8_t *piece)
{
	const struct span all = bytes_span(&objects->wires);
	const uint8_t *const first = memmem(all.data, all.len, piece, PIECE);
	return first != NULL && memmem(first + 1, all.len - (size_t)(first + 1 - all.data), piece, PIECE) == NULL;
}

static bool stands_on(const struct objects *objects, const struct object *object, const uint8_t *plain)
{
	for (size_t at = 0; at + PIECE <= object->wire.len; at += PIECE / 2)
		if (memmem(plain, VAULT_BLOCK_BYTES, object->wire.data + at, PIECE) != NULL &&
		    is_only(objects, object->wire.data + at))
			return true;
	return false;
}

static struct objects all, found;

Test(salvage, a_damaged_block_costs_the_objects_on_it_and_no_others)
{
	uint8_t plain[VAULT_BLOCK_BYTES];
	size_t costly = 0;
	make_register("a", MANY, true);
	export_all("a", &all);
	struct bytes content = content_of("a");
	struct vault_survey *const sound = surveyed("a");
	const uint64_t blocks = vault_survey_blocks(sound);
	cr_assert_gt(blocks, 60);
	for (uint64_t block = 0; block < blocks; block++) {
		MUST(vault_survey_read(sound, block, plain, &err));
		damage("damaged", &content, block);
		const struct salvage *const salvage = salvaged("damaged");
		uint64_t n = 0, lost = 0;
		bytes_clear(&found.wires);
		MUST(salvage_export(salvage, &found.wires, &n, &err));
		take_apart(&found);
		cr_assert_eq(found.len, n);
		for (size_t i = 0; i < all.len; i++) {
			const bool readable = holds(&found, &all.object[i].id);
			cr_assert_eq(readable, !stands_on(&all, &all.object[i], plain), "object %zu of block %llu", i, (unsigned long long)block);
			lost += !readable;
		}
		cr_assert_eq(found.len + lost, all.len);
		costly += lost > 0;
		salvage_free((struct salvage *)(uintptr_t)salvage);
	}
	cr_assert_gt(costly, 30);
	cr_assert_lt(costly, blocks);
	vault_survey_close(sound);
	bytes_wipe(&content);
	bytes_wipe(&all.wires);
	bytes_wipe(&found.wires);
}

/* --- a register made again --- */

struct census {
	unsigned reports, events, readable;
	unsigned seen[MANY + 1]; /* how often a number of individuals was reported */
};

static enum status count_entry(void *context, const struct outbox_entry *entry, struct error *error)
{
	struct census *const census = context;
	(void)error;
	census->events++;
	if (entry->type != OBJECT_REPORT)
		return STATUS_OK;
	census->reports++;
	if (!entry->readable)
		return STATUS_OK;
	census->readable++;
	cr_assert_leq(entry->body.report.individuals.best, MANY);
	census->seen[entry->body.report.individuals.best]++;
	return STATUS_OK;
}

static struct census census_of(struct outbox *outbox)
{
	struct census census = {0};
	MUST(outbox_each(outbox, count_entry, &census, &err));
	return census;
}

static uint64_t count_losses(const struct salvage_findings *findings, enum outbox_fate fate)
{
	uint64_t n = 0;
	for (size_t i = 0; i < findings->losses_len; i++) {
		const struct salvage_loss *const loss = &findings->losses[i];
		if (loss->fate == fate)
			n += loss->last - (loss->first == 0 ? 1 : loss->first) + 1;
	}
	return n;
}

static enum status sum_loss(void *context, const struct outbox_loss *loss, struct error *error)
{
	uint64_t *const sum = context;
	(void)error;
	*sum += loss->last - (loss->first == 0 ? 1 : loss->first) + 1;
	return STATUS_OK;
}

/* Whatever the damage: each report is there once, or named with what became of it. */
static void check_made_again(struct outbox *outbox, const struct salvage_findings *findings, unsigned n)
{
	uint64_t recorded = 0;
	const struct census census = census_of(outbox);
	const uint64_t gone = count_losses(findings, OUTBOX_FATE_LOST) + count_losses(findings, OUTBOX_FATE_RECEIPTED);
	struct outbox_status status;
	cr_assert_eq(census.events + gone, n + 1);
	for (unsigned i = 1; i <= n; i++)
		cr_assert_leq(census.seen[i], 1);
	MUST(outbox_lost_each(outbox, sum_loss, &recorded, &err));
	cr_assert_eq(recorded, gone + count_losses(findings, OUTBOX_FATE_AGAIN));
	MUST(outbox_status(outbox, &status, &err));
	cr_assert_eq(status.saved, census.events);
	cr_assert_eq(status.lost, recorded);
	cr_assert_not(status.surpassed);
	MUST(outbox_check(outbox, &err));
}

static bool is_own(struct outbox *outbox, const struct object *object)
{
	const struct key_id device = outbox_device(outbox);
	return key_id_equals(&device, &object->signer);
}

/* What it would send is taken by whoever knows nothing yet, but for events of others whose introduction was lost. */
static void check_it_can_be_sent(struct outbox *outbox)
{
	struct bytes bundle = {0};
	struct outbox *const other = created("other");
	struct admission admission;
	enum set_outcome outcome;
	uint64_t n = 0;
	MUST(outbox_export(outbox, true, &bundle, &n, &err));
	bytes_clear(&found.wires);
	MUST(bytes_append(&found.wires, bytes_span(&bundle), &err));
	take_apart(&found);
	MUST(outbox_group_begin(other, &err));
	for (size_t i = 0; i < found.len; i++) {
		const enum status status = outbox_take(other, found.object[i].wire, &admission, &outcome, &err);
		cr_assert(status == STATUS_OK || (status == STATUS_UNTRUSTED && !is_own(outbox, &found.object[i])), "%s", err.message);
	}
	MUST(outbox_group_end(other, &err));
	outbox_close(other);
	db_remove(cast_path(&cast, "other"));
	bytes_wipe(&bundle);
}

static void rebuild_one(uint64_t block, unsigned n, const struct key_id *device, unsigned *refused)
{
	struct salvage *const salvage = salvaged("damaged");
	MUST(salvage_add(salvage, bytes_span(&cast.descriptor_wire), &err));
	struct salvage_findings findings = judged(salvage);
	const enum status status = salvage_rebuild(salvage, &findings, cast_path(&cast, "again"), cast.vault, cast.data_key, &err);
	if (!findings.has_seed) {
		cr_assert_eq(status, STATUS_REFUSED);
		cr_assert_not(file_exists(cast_path(&cast, "again")));
		(*refused)++;
	} else {
		cr_assert_eq(status, STATUS_OK, "block %llu: %s", (unsigned long long)block, err.message);
		struct outbox *const outbox = reopened("again");
		const struct key_id now = outbox_device(outbox);
		check_made_again(outbox, &findings, n);
		cr_assert_eq(key_id_equals(&now, device), !findings.must_succeed);
		cr_assert_eq(findings.must_succeed,
		             count_losses(&findings, OUTBOX_FATE_LOST) + count_losses(&findings, OUTBOX_FATE_RECEIPTED) +
		                     count_losses(&findings, OUTBOX_FATE_AGAIN) > 0);
		if (findings.losses_len == 0 || findings.losses[0].first > 0)
			check_it_can_be_sent(outbox);
		outbox_close(outbox);
		db_remove(cast_path(&cast, "again"));
	}
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
}

/* In full size, and every block, with the long tests. */
static void rebuild_each(bool receipted, uint64_t step)
{
	const bool is_long = getenv("SIJIL_LONG") != NULL;
	const unsigned n = is_long ? MANY : FEW;
	unsigned refused = 0;
	make_register("a", n, receipted);
	struct outbox *const outbox = reopened("a");
	const struct key_id device = outbox_device(outbox);
	outbox_close(outbox);
	struct bytes content = content_of("a");
	for (uint64_t block = 0; block < content.len / VAULT_SLOT_BYTES; block += is_long ? 1 : step) {
		damage("damaged", &content, block);
		rebuild_one(block, n, &device, &refused);
	}
	/* Only the page with the signing key stops it. */
	cr_assert_eq(refused, step == 1 || is_long ? 1 : refused);
	bytes_wipe(&content);
	bytes_wipe(&found.wires);
}

Test(salvage, makes_a_register_whatever_block_is_damaged)
{
	rebuild_each(false, 4);
}

Test(salvage, makes_a_register_whatever_block_is_damaged_of_one_that_was_synced)
{
	rebuild_each(true, 1);
}

/* --- single matters --- */

static void damage_block_of(const char *name, const struct hash *id)
{
	struct bytes content = content_of(name);
	export_all(name, &all);
	damage("damaged", &content, block_of(name, (struct span){wire_of(&all, id).data + 100, PIECE}));
	bytes_wipe(&content);
}

Test(salvage, a_lost_tail_is_named_and_recorded_again_under_a_new_key)
{
	make_register("a", FEW, false);
	const struct hash tip = tip_of("a");
	damage_block_of("a", &tip);
	struct salvage *const salvage = salvaged("damaged");
	struct salvage_findings findings = judged(salvage);
	cr_assert_eq(findings.losses_len, 1);
	cr_assert_eq(findings.losses[0].last, FEW + 1);
	cr_assert_eq(findings.losses[0].fate, OUTBOX_FATE_AGAIN);
	cr_assert_str_eq(findings.losses[0].name, "Team Nasib");
	cr_assert(findings.must_succeed);
	MUST(salvage_rebuild(salvage, &findings, cast_path(&cast, "again"), cast.vault, cast.data_key, &err));
	struct outbox *const outbox = reopened("again");
	const struct census census = census_of(outbox);
	cr_assert_eq(census.readable, FEW);
	for (unsigned i = 1; i <= FEW; i++)
		cr_assert_eq(census.seen[i], 1, "%u", i);
	/* The amendment was lost, perhaps with what it amends; it goes with it under its id of now. */
	struct report *const current = malloc(sizeof *current);
	const struct head end_of_chain = outbox_tip(outbox);
	MUST(outbox_current(outbox, &end_of_chain.last, current, &err));
	cr_assert_eq(current->individuals.best, 77);
	free(current);
	outbox_close(outbox);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	bytes_wipe(&all.wires);
}

/* --- withheld reports --- */

struct again {
	struct key_id self;
	struct hash ids[FEW];
	size_t len;
};

static enum status note_again(void *context, const struct outbox_entry *entry, struct error *why)
{
	struct again *const again = context;
	(void)why;
	if (entry->type == OBJECT_REPORT && key_id_equals(&entry->device, &again->self))
		again->ids[again->len++] = entry->id;
	return STATUS_OK;
}

Test(salvage, what_is_recorded_again_may_have_left_and_is_not_withheld)
{
	make_register("a", FEW, false);
	struct outbox *outbox = reopened("a");
	const struct key_id device = outbox_device(outbox);
	outbox_close(outbox);
	export_all("a", &all);
	const struct hash id = own_event(&all, &device, FEW)->id;
	bytes_clear(&all.wires);
	damage_block_of("a", &id);
	struct salvage *const salvage = salvaged("damaged");
	struct salvage_findings findings = judged(salvage);
	MUST(salvage_rebuild(salvage, &findings, cast_path(&cast, "again"), cast.vault, cast.data_key, &err));
	outbox = reopened("again");
	struct again again = {.self = outbox_device(outbox)};
	MUST(outbox_each(outbox, note_again, &again, &err));
	cr_assert_gt(again.len, 0);
	for (size_t i = 0; i < again.len; i++)
		cr_assert_eq(withhold(outbox, &again.ids[i]), STATUS_REFUSED);
	outbox_close(outbox);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	bytes_wipe(&all.wires);
}

static size_t events_to_send(struct outbox *outbox, const struct key_id *device)
{
	bool left = false;
	uint64_t sent_to = 0;
	size_t n = 0;
	bytes_clear(&found.wires);
	MUST(outbox_batch(outbox, SIZE_MAX / 4, &found.wires, &sent_to, &left, &err));
	take_apart(&found);
	for (size_t i = 0; i < found.len; i++)
		n += object_type_is_event(found.object[i].type) && key_id_equals(&found.object[i].signer, device);
	return n;
}

static void take_receipt_at(struct outbox *outbox, struct receipt receipt, int64_t time_s)
{
	struct bytes wire = {0};
	receipt.time_s = time_s;
	(void)cast_receipt(&cast, &receipt, &wire);
	take(outbox, &wire);
}

Test(salvage, a_relay_that_misses_only_what_is_lost_has_all_there_is)
{
	make_register("a", FEW, false);
	struct outbox *outbox = reopened("a");
	const struct key_id old = outbox_device(outbox);
	outbox_close(outbox);
	export_all("a", &all);
	const struct hash twentieth = own_event(&all, &old, 20)->id;
	bytes_clear(&all.wires);
	damage_block_of("a", &twentieth);
	struct salvage *const salvage = salvaged("damaged");
	MUST(salvage_add(salvage, bytes_span(&cast.descriptor_wire), &err));
	struct salvage_findings findings = judged(salvage);
	cr_assert_eq(findings.losses_len, 1);
	const struct gap gap = {findings.losses[0].first, findings.losses[0].last};
	cr_assert(gap.first > 1 && gap.first <= 20 && gap.last >= 20 && gap.last < FEW);
	MUST(salvage_rebuild(salvage, &findings, cast_path(&cast, "again"), cast.vault, cast.data_key, &err));
	outbox = reopened("again");
	cr_assert_eq(events_to_send(outbox, &old), FEW + 1 - (gap.last - gap.first + 1));

	struct receipt receipt = cast_receipt_for(&cast, &old, (struct head){gap.first - 1, own_event(&all, &old, gap.first - 1)->id});
	receipt.missing_len = 1;
	receipt.missing[0] = gap;
	take_receipt_at(outbox, receipt, CREATED + 100);
	cr_assert_eq(events_to_send(outbox, &old), FEW + 1 - gap.last, "it may not have seen how far the chain went");
	const struct key_id now = outbox_device(outbox);
	const struct head introduction = {0, outbox_self(outbox)->introduced};
	take_receipt_at(outbox, cast_receipt_for(&cast, &now, introduction), CREATED + 200);
	take_receipt_at(outbox, receipt, CREATED + 150);
	cr_assert_eq(events_to_send(outbox, &old), FEW + 1 - gap.last, "a receipt older than that says nothing new");
	receipt.missing[0].last++;
	take_receipt_at(outbox, receipt, CREATED + 300);
	cr_assert_eq(events_to_send(outbox, &old), FEW + 1 - gap.last, "it misses one that is here");
	receipt.missing[0].last--;
	take_receipt_at(outbox, receipt, CREATED + 400);
	cr_assert_eq(events_to_send(outbox, &old), 0);
	outbox_close(outbox);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	bytes_wipe(&all.wires);
	bytes_wipe(&found.wires);
}

Test(salvage, a_carried_bundle_stands_in_for_what_is_lost)
{
	make_register("a", FEW, false);
	const struct hash tip = tip_of("a");
	damage_block_of("a", &tip);
	struct salvage *const salvage = salvaged("damaged");
	for (size_t i = 0; i < all.len; i++)
		MUST(salvage_add(salvage, all.object[i].wire, &err));
	struct salvage_findings findings = judged(salvage);
	cr_assert_eq(findings.losses_len, 0);
	cr_assert_not(findings.must_succeed);
	MUST(salvage_rebuild(salvage, &findings, cast_path(&cast, "again"), cast.vault, cast.data_key, &err));
	const struct hash same = tip_of("again");
	cr_assert(hash_equals(&tip, &same));
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	bytes_wipe(&all.wires);
}

Test(salvage, an_event_that_its_device_did_not_sign_stands_in_for_nothing)
{
	make_register("a", FEW, false);
	const struct hash tip = tip_of("a");
	damage_block_of("a", &tip);
	struct salvage *const salvage = salvaged("damaged");
	struct bytes forged = {0};
	MUST(bytes_append(&forged, wire_of(&all, &tip), &err));
	forged.data[forged.len / 4] ^= 1;
	const enum status status = salvage_add(salvage, bytes_span(&forged), &err);
	cr_assert(status == STATUS_OK || status == STATUS_BAD_INPUT);
	struct salvage_findings findings = judged(salvage);
	cr_assert_eq(findings.losses_len, 1);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	bytes_wipe(&forged);
	bytes_wipe(&all.wires);
}

Test(salvage, the_key_files_floor_shows_a_tail_that_nothing_else_does)
{
	const struct head floor = {FEW + 9, {{7}}};
	struct salvage_findings findings;
	make_register("a", FEW, false);
	struct salvage *const salvage = salvaged("a");
	MUST(salvage_judge(salvage, &floor, &findings, &err));
	cr_assert_eq(findings.losses_len, 1);
	cr_assert_eq(findings.losses[0].first, FEW + 2);
	cr_assert_eq(findings.losses[0].last, FEW + 9);
	cr_assert_eq(findings.losses[0].fate, OUTBOX_FATE_RECEIPTED);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
}

Test(salvage, what_another_with_this_key_made_is_no_loss)
{
	struct bytes head = {0};
	make_register("a", FEW, false);
	struct outbox *const outbox = reopened("a");
	/* As a thief would sign it: further on than this register ever was. */
	struct cast_device thief = {.id = outbox_device(outbox)};
	MUST(signing_key_from_seed(&thief.key, signing_key_seed(outbox->key), &err));
	(void)cast_head(&cast, &thief, (struct head){FEW + 30, {{5}}}, &head);
	take(outbox, &head);
	outbox_close(outbox);
	struct salvage *const salvage = salvaged("a");
	struct salvage_findings findings = judged(salvage);
	cr_assert_eq(findings.losses_len, 0);
	cr_assert_not(findings.must_succeed);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	signing_key_free(thief.key);
}

Test(salvage, a_floor_of_an_earlier_key_is_no_loss_of_the_one_in_use)
{
	struct salvage_findings findings;
	make_register("a", FEW, true);
	const struct head floor = {FEW + 1, tip_of("a")}, gone = {RECEIPTED, {{9}}};
	struct outbox *const outbox = reopened("a");
	MUST(outbox_succeed(outbox, SUCCESSION_ROTATION, &err));
	outbox_close(outbox);
	struct salvage *const salvage = salvaged("a");
	MUST(salvage_judge(salvage, &floor, &findings, &err));
	cr_assert_eq(findings.losses_len, 0);
	salvage_findings_wipe(&findings);
	MUST(salvage_judge(salvage, &gone, &findings, &err));
	cr_assert_eq(findings.losses_len, 0);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
}

Test(salvage, a_sound_register_made_again_holds_the_same)
{
	struct bytes before = {0}, after = {0};
	make_register("a", FEW, true);
	struct salvage *const salvage = salvaged("a");
	struct salvage_findings findings = judged(salvage);
	cr_assert_eq(findings.losses_len, 0);
	cr_assert_eq(findings.objects_lost, 0);
	cr_assert_eq(findings.own, FEW + 1);
	cr_assert_eq(findings.own_readable, FEW + 1);
	MUST(salvage_rebuild(salvage, &findings, cast_path(&cast, "again"), cast.vault, cast.data_key, &err));
	struct outbox *one = reopened("a"), *other = reopened("again");
	MUST(set_dump(outbox_set(one), &before, &err));
	MUST(set_dump(outbox_set(other), &after, &err));
	cr_assert(span_equals(bytes_span(&before), bytes_span(&after)));
	struct outbox_status first, second;
	MUST(outbox_status(one, &first, &err));
	MUST(outbox_status(other, &second, &err));
	cr_assert_eq(first.relay, RECEIPTED);
	cr_assert_eq(second.relay, RECEIPTED);
	cr_assert_eq(first.carried, second.carried);
	cr_assert_eq(outbox_time_floor(one), outbox_time_floor(other));
	outbox_close(one);
	outbox_close(other);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	bytes_wipe(&before);
	bytes_wipe(&after);
}

Test(salvage, notes_that_were_taken_in_or_dropped_do_not_come_again_and_a_draft_does)
{
	static const struct hash taken = {{1}}, dropped = {{2}}, unknown = {{3}};
	static struct body body;
	struct outbox_note note;
	make_register("a", FEW, false);
	struct outbox *outbox = reopened("a");
	fill_report(&body, 7);
	MUST(outbox_note_accept(outbox, &taken, &body, &note, &err));
	MUST(outbox_note_drop(outbox, &dropped, &note, &err));
	struct outbox_draft draft = {.mark = {9}, .saved_s = CREATED};
	MUST(bytes_append(&draft.content, span_from_text("half a report"), &err));
	MUST(outbox_draft_put(outbox, &draft, &err));
	bytes_wipe(&draft.content);
	outbox_close(outbox);
	struct salvage *const salvage = salvaged("a");
	struct salvage_findings findings = judged(salvage);
	MUST(salvage_rebuild(salvage, &findings, cast_path(&cast, "again"), cast.vault, cast.data_key, &err));
	outbox = reopened("again");
	MUST(outbox_note_find(outbox, &taken, &note, &err));
	cr_assert_eq(note.fate, OUTBOX_NOTE_ACCEPTED);
	MUST(outbox_note_find(outbox, &dropped, &note, &err));
	cr_assert_eq(note.fate, OUTBOX_NOTE_DROPPED);
	MUST(outbox_note_find(outbox, &unknown, &note, &err));
	cr_assert_eq(note.fate, OUTBOX_NOTE_UNKNOWN);
	MUST(outbox_draft_get(outbox, &draft, &err));
	cr_assert(span_equals(bytes_span(&draft.content), span_from_text("half a report")));
	bytes_wipe(&draft.content);
	outbox_close(outbox);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
}

Test(salvage, who_has_the_old_file_open_cannot_save_into_it)
{
	static struct body body;
	struct hash id;
	char path[128];
	make_register("a", 3, false);
	(void)snprintf(path, sizeof path, "%s", cast_path(&cast, "a"));
	struct outbox *const outbox = reopened("a");
	struct bytes content = content_of("a");
	MUST(file_write(cast_path(&cast, "again"), bytes_span(&content), true, &err));
	cr_assert_eq(rename(cast_path(&cast, "again"), path), 0);
	fill_report(&body, 4);
	cr_assert_eq(outbox_put(outbox, &body, 1, &id, &err), STATUS_IO, "a report saved where nobody looks is lost");
	outbox_close(outbox);
	bytes_wipe(&content);
}

Test(salvage, a_repair_leaves_an_existing_file_alone)
{
	make_register("a", 3, false);
	struct salvage *const salvage = salvaged("a");
	struct salvage_findings findings = judged(salvage);
	struct bytes before = content_of("a");
	cr_assert_eq(salvage_rebuild(salvage, &findings, cast_path(&cast, "a"), cast.vault, cast.data_key, &err), STATUS_REFUSED);
	struct bytes after = content_of("a");
	cr_assert(span_equals(bytes_span(&before), bytes_span(&after)));
	bytes_wipe(&before);
	bytes_wipe(&after);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
}

Test(salvage, losses_of_one_repair_are_known_to_the_next)
{
	make_register("a", FEW, true);
	struct salvage *salvage = salvaged("a");
	struct salvage_findings findings = judged(salvage);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	/* Of the receipted ones. */
	export_all("a", &all);
	struct hash fifth = {{0}};
	for (size_t i = 0, events = 0; i < all.len && events < 5; i++)
		if (object_type_is_event(all.object[i].type) && ++events == 5)
			fifth = all.object[i].id;
	bytes_clear(&all.wires);
	damage_block_of("a", &fifth);
	salvage = salvaged("damaged");
	MUST(salvage_add(salvage, bytes_span(&cast.descriptor_wire), &err));
	findings = judged(salvage);
	const uint64_t receipted = count_losses(&findings, OUTBOX_FATE_RECEIPTED);
	cr_assert_gt(receipted, 0);
	MUST(salvage_rebuild(salvage, &findings, cast_path(&cast, "again"), cast.vault, cast.data_key, &err));
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	salvage = salvaged("again");
	findings = judged(salvage);
	cr_assert_eq(count_losses(&findings, OUTBOX_FATE_RECEIPTED), receipted);
	cr_assert_not(findings.must_succeed);
	MUST(salvage_rebuild(salvage, &findings, cast_path(&cast, "third"), cast.vault, cast.data_key, &err));
	const struct hash one = tip_of("again"), other = tip_of("third");
	cr_assert(hash_equals(&one, &other));
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	bytes_wipe(&all.wires);
}
