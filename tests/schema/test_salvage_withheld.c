#include "schema/salvage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "crypto/file.h"
#include "schema/outbox_tables.h"
#include "tests/schema/damaged.h"

/* The withholding comes to stand on another page than the report. */
enum { REPORTS = 60, WITHHELD = 30, BETWEEN = 20 };
#define NOTHING UINT64_MAX

TestSuite(salvage_withheld, .init = damaged_begin, .fini = damaged_end);

static struct objects all, found;

/* Of the withheld report in "a". */
struct subject {
	struct hash id, withholding;
	struct bytes whole; /* as it was before */
	struct bytes wire;  /* of the withholding */
	uint8_t row[HASH_BYTES + KEY_ID_BYTES]; /* as its row begins: type 1 takes no byte between the two */
};

static struct subject subject;

static const struct object *find_withholding(const struct objects *objects)
{
	for (size_t i = 0; i < objects->len; i++)
		if (objects->object[i].type == OBJECT_WITHHOLDING)
			return &objects->object[i];
	return NULL;
}

/* With `succeeded` under an earlier key. */
static void make_withheld(bool succeeded)
{
	static struct outbox_entry entry;
	make_register("a", REPORTS, false);
	struct outbox *const outbox = reopened("a");
	MUST(outbox_find(outbox, "30", &entry, &err));
	subject.id = entry.id;
	bytes_clear(&subject.whole);
	MUST(set_get(outbox_set(outbox), &entry.id, &subject.whole, &err));
	MUST(withhold(outbox, &entry.id));
	if (succeeded)
		MUST(outbox_succeed(outbox, SUCCESSION_ROTATION, &err));
	outbox_close(outbox);
	memcpy(subject.row, entry.id.bytes, HASH_BYTES);
	memcpy(subject.row + HASH_BYTES, entry.device.bytes, KEY_ID_BYTES);
	bytes_clear(&all.wires);
	export_all("a", &all);
	const struct object *const withholding = find_withholding(&all);
	cr_assert_not_null(withholding);
	subject.withholding = withholding->id;
	bytes_clear(&subject.wire);
	MUST(bytes_append(&subject.wire, withholding->wire, &err));
}

static void forget_withheld(void)
{
	bytes_wipe(&subject.whole);
	bytes_wipe(&subject.wire);
	bytes_wipe(&all.wires);
	bytes_wipe(&found.wires);
}

/* The register again, with a byte of these blocks changed. */
static void damage_blocks(uint64_t one, uint64_t other)
{
	const uint64_t blocks[] = {one, other};
	struct bytes content = content_of("a");
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
		if (blocks[i] != NOTHING)
			content.data[blocks[i] * VAULT_SLOT_BYTES + 1000] ^= 1;
	MUST(file_write(cast_path(&cast, "damaged"), bytes_span(&content), true, &err));
	bytes_wipe(&content);
}

static uint64_t block_of_header(void)
{
	return block_of("a", (struct span){subject.row, sizeof subject.row});
}

static uint64_t block_of_withholding(void)
{
	return block_of("a", (struct span){subject.wire.data + 100, PIECE});
}

static bool is_lost(const struct salvage_findings *findings, uint64_t number)
{
	for (size_t i = 0; i < findings->losses_len; i++)
		if (findings->losses[i].first <= number && number <= findings->losses[i].last)
			return true;
	return false;
}

static void rebuild(const struct salvage *salvage, const struct salvage_findings *findings)
{
	const enum status status = salvage_rebuild(salvage, findings, cast_path(&cast, "again"), cast.vault, cast.data_key, &err);
	cr_assert_eq(status, STATUS_OK, "%s", err.message);
	bytes_clear(&found.wires);
	export_all("again", &found);
	for (size_t i = 0; i < found.len; i++)
		cr_assert(!hash_equals(&found.object[i].id, &subject.id), "a withheld report leaves this device");
}

static const char *name_of(const struct hash *id)
{
	static char name[2 * HASH_BYTES + 1];
	for (size_t i = 0; i < HASH_BYTES; i++)
		(void)snprintf(name + 2 * i, 3, "%02x", id->bytes[i]);
	return name;
}

/* Its number is there, its content nowhere, and its author's word stands for it. */
static void check_still_withheld(void)
{
	static struct outbox_entry entry;
	struct outbox *const outbox = reopened("again");
	MUST(outbox_find(outbox, name_of(&subject.id), &entry, &err));
	cr_assert_eq(entry.number, WITHHELD);
	cr_assert(entry.withheld);
	cr_assert_not(entry.readable);
	MUST(outbox_check(outbox, &err));
	outbox_close(outbox);
	cr_assert(holds(&found, &subject.withholding), "the same word of the same key is the same object");
}


Test(salvage_withheld, a_lost_withholding_is_signed_again)
{
	make_withheld(false);
	damage_blocks(NOTHING, block_of_withholding());
	struct salvage *const salvage = salvaged("damaged");
	MUST(salvage_add(salvage, bytes_span(&cast.descriptor_wire), &err));
	struct salvage_findings findings = judged(salvage);
	cr_assert_gt(findings.objects_lost, 0);
	cr_assert_not(is_lost(&findings, WITHHELD));
	rebuild(salvage, &findings);
	check_still_withheld();
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	forget_withheld();
}

Test(salvage_withheld, without_its_key_a_header_alone_is_lost_and_the_rest_is_saved)
{
	make_withheld(true);
	damage_blocks(NOTHING, block_of_withholding());
	struct salvage *const salvage = salvaged("damaged");
	MUST(salvage_add(salvage, bytes_span(&cast.descriptor_wire), &err));
	struct salvage_findings findings = judged(salvage);
	cr_assert(is_lost(&findings, WITHHELD));
	cr_assert_not(is_lost(&findings, WITHHELD - 1));
	cr_assert_not(is_lost(&findings, WITHHELD + 1));
	rebuild(salvage, &findings);
	struct outbox *const outbox = reopened("again");
	struct outbox_status status;
	MUST(outbox_status(outbox, &status, &err));
	cr_assert_geq(status.saved, REPORTS - 1);
	outbox_close(outbox);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	forget_withheld();
}

Test(salvage_withheld, a_lost_header_is_taken_from_its_withholding)
{
	make_withheld(false);
	const uint64_t block = block_of_header();
	cr_assert_neq(block, block_of_withholding());
	damage_blocks(block, NOTHING);
	struct salvage *const salvage = salvaged("damaged");
	MUST(salvage_add(salvage, bytes_span(&cast.descriptor_wire), &err));
	struct salvage_findings findings = judged(salvage);
	uint64_t there = 0;
	for (uint64_t number = 1; number <= REPORTS + 2; number++)
		there += !is_lost(&findings, number);
	cr_assert_not(is_lost(&findings, WITHHELD));
	cr_assert_lt(there, REPORTS, "others on its page are lost");
	cr_assert_eq(findings.objects_lost, REPORTS + 2 - there, "as many objects as numbers");
	rebuild(salvage, &findings);
	check_still_withheld();
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	forget_withheld();
}

Test(salvage_withheld, what_is_exported_is_what_can_be_read_but_for_headers_alone)
{
	uint64_t exported = 0;
	const bool lose[][2] = {{false, false}, {true, false}, {false, true}, {true, true}};
	make_withheld(false);
	const uint64_t header = block_of_header(), withholding = block_of_withholding();
	for (size_t i = 0; i < sizeof lose / sizeof *lose; i++) {
		damage_blocks(lose[i][0] ? header : NOTHING, lose[i][1] ? withholding : NOTHING);
		struct salvage *const salvage = salvaged("damaged");
		struct salvage_findings findings = judged(salvage);
		bytes_clear(&found.wires);
		MUST(salvage_export(salvage, &found.wires, &exported, &err));
		take_apart(&found);
		cr_assert_eq(found.len, exported);
		cr_assert_eq(findings.withheld, !(lose[i][0] && lose[i][1]), "%zu", i);
		cr_assert_eq(exported, findings.objects - findings.withheld, "%zu", i);
		cr_assert_eq(holds(&found, &subject.withholding), !lose[i][1]);
		salvage_findings_wipe(&findings);
		salvage_free(salvage);
	}
	forget_withheld();
}

static void carry_back(bool header, bool withholding)
{
	make_withheld(false);
	const uint64_t one = block_of_header(), other = block_of_withholding();
	damage_blocks(header ? one : NOTHING, withholding ? other : NOTHING);
	struct salvage *const salvage = salvaged("damaged");
	MUST(salvage_add(salvage, bytes_span(&cast.descriptor_wire), &err));
	MUST(salvage_add(salvage, bytes_span(&subject.whole), &err));
	struct salvage_findings findings = judged(salvage);
	cr_assert_not(is_lost(&findings, WITHHELD));
	rebuild(salvage, &findings);
	check_still_withheld();
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	forget_withheld();
}

Test(salvage_withheld, a_withheld_body_does_not_come_back_by_a_carried_file)
{
	carry_back(true, false);
}

Test(salvage_withheld, nor_without_its_withholding)
{
	carry_back(false, true);
}

Test(salvage_withheld, nor_where_only_the_list_of_what_is_withheld_names_it)
{
	carry_back(true, true);
}

/* Two more indexes name a withheld event: by the place of its withholding. */
Test(salvage_withheld, a_header_taken_from_its_withholding_is_still_an_amendment)
{
	static struct outbox_entry entry;
	make_register("a", REPORTS, false);
	struct outbox *outbox = reopened("a");
	MUST(outbox_find(outbox, "61", &entry, &err));
	const struct hash amendment = entry.id;
	const struct key_id device = entry.device;
	MUST(outbox_find(outbox, "60", &entry, &err));
	subject.id = entry.id;
	static struct body more[BETWEEN];
	struct hash ids[BETWEEN];
	for (unsigned i = 0; i < BETWEEN; i++)
		fill_report(&more[i], REPORTS + i);
	MUST(outbox_put(outbox, more, BETWEEN, ids, &err));
	MUST(withhold(outbox, &entry.id));
	outbox_close(outbox);
	uint8_t row[HASH_BYTES + 1 + KEY_ID_BYTES] = {[HASH_BYTES] = OBJECT_AMEND};
	memcpy(row, amendment.bytes, HASH_BYTES);
	memcpy(row + HASH_BYTES + 1, device.bytes, KEY_ID_BYTES);
	damage_blocks(block_of("a", (struct span){row, sizeof row}), NOTHING);
	struct salvage *const salvage = salvaged("damaged");
	struct salvage_findings findings = judged(salvage);
	cr_assert_gt(findings.objects_lost, 0);
	cr_assert_not(is_lost(&findings, REPORTS + 1));
	rebuild(salvage, &findings);
	outbox = reopened("again");
	MUST(outbox_find(outbox, name_of(&subject.id), &entry, &err));
	cr_assert(hash_equals(&entry.amended_by, &amendment));
	outbox_close(outbox);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	forget_withheld();
}
