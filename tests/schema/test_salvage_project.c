#include "schema/salvage.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/file.h"
#include "schema/project_inside.h"
#include "tests/schema/casebook_stage.h"

enum { REPORTS = 40, FILE_MAX = 1 << 24, STEP = 6 };

TestSuite(salvage_project, .init = stage_begin, .fini = stage_end);

static const struct head no_floor;

static struct bytes dump_of(void)
{
	struct bytes dump = {0};
	MUST(casebook_dump(hq.casebook, &dump, &failure));
	return dump;
}

/* Headquarters that has pulled; its file as "whole". */
static void make_headquarters(struct bytes *content, struct bytes *dump)
{
	(void)relay_keeps(&hq, &nasib.device.wire);
	for (uint32_t i = 0; i < REPORTS; i++)
		(void)logs_report(&nasib, 1000 + i);
	hq_pulls(&hq, SEEN_S);
	*dump = dump_of();
	MUST(file_read(content, cast_path(&hq.cast, "hq.db"), FILE_MAX, &failure));
}

static struct salvage *salvage_with(struct bytes *content, uint64_t block)
{
	struct salvage *salvage = NULL;
	struct vault_survey *survey = NULL;
	uint8_t *const byte = content->data + block * VAULT_SLOT_BYTES + 1000;
	*byte ^= 1;
	MUST(file_write(cast_path(&hq.cast, "damaged.db"), bytes_span(content), true, &failure));
	*byte ^= 1;
	MUST(vault_survey_open(&survey, cast_path(&hq.cast, "damaged.db"), hq.cast.data_key, &failure));
	MUST(salvage_read(&salvage, survey, &failure));
	vault_survey_close(survey);
	return salvage;
}

/* All there was is there again, by what was read and by what the relay's log still has. */
static void check_made_again(const struct bytes *dump)
{
	struct relay_clock newest;
	struct casebook_audit audit;
	headquarters_reopen(&hq, "again.db");
	cr_assert_eq(project_policy_set(hq.project, &(struct project_policies){DESCRIPTOR_KEEP, 5000, false}, SEEN_S, &failure), STATUS_REFUSED,
	             "settings are signed before a pull");
	MUST(casebook_audit(hq.casebook, &audit, &failure));
	cr_assert_eq(audit.bad, 0);
	hq_pulls(&hq, SEEN_S + 60);
	MUST(casebook_log_check(hq.casebook, &newest, &failure));
	MUST(project_check_whole(hq.project, &failure));
	const struct set_aside *const aside = all_set_aside();
	cr_assert_eq(aside->len, 0, "type %d: %s", (int)aside->quarantined[0].type, aside->quarantined[0].reason);
	struct bytes now = dump_of();
	cr_assert(span_equals(bytes_span(dump), bytes_span(&now)));
	bytes_wipe(&now);
}

Test(salvage_project, makes_headquarters_again_whatever_block_is_damaged)
{
	const bool is_long = getenv("SIJIL_LONG") != NULL;
	struct bytes content = {0}, dump = {0}, descriptor = {0};
	unsigned refused = 0, lossy = 0;
	make_headquarters(&content, &dump);
	MUST(set_get(project_set(hq.project), &hq.project->descriptor_id, &descriptor, &failure));
	const uint64_t blocks = content.len / VAULT_SLOT_BYTES;
	cr_assert_gt(blocks, 20);
	for (uint64_t block = 0; block < blocks; block += is_long ? 1 : STEP) {
		struct salvage *const salvage = salvage_with(&content, block);
		struct salvage_findings findings;
		struct bytes bundle = {0};
		uint64_t exported = 0;
		MUST(salvage_project_judge(salvage, &no_floor, &findings, &failure));
		MUST(salvage_export(salvage, &bundle, &exported, &failure));
		cr_assert_eq(exported, findings.objects);
		lossy += findings.objects_lost > 0;
		salvage_findings_wipe(&findings);
		MUST(salvage_add(salvage, bytes_span(&descriptor), &failure));
		MUST(salvage_project_judge(salvage, &no_floor, &findings, &failure));
		const enum status status = salvage_project_rebuild(salvage, &findings, cast_path(&hq.cast, "again.db"), hq.cast.vault,
		                                                   hq.cast.data_key, &failure);
		cr_assert_eq(status, findings.has_seed ? STATUS_OK : STATUS_REFUSED, "block %llu: %s", (unsigned long long)block,
		             failure.message);
		cr_assert_eq(file_exists(cast_path(&hq.cast, "again.db")), status == STATUS_OK);
		if (status == STATUS_OK) {
			check_made_again(&dump);
			headquarters_reopen(&hq, "hq.db");
			db_remove(cast_path(&hq.cast, "again.db"));
		}
		refused += status != STATUS_OK;
		salvage_findings_wipe(&findings);
		salvage_free(salvage);
		bytes_wipe(&bundle);
	}
	cr_assert_gt(lossy, 0);
	/* Its row and its keys: what only a backup has. */
	cr_assert_leq(refused, 2);
	bytes_wipe(&content);
	bytes_wipe(&descriptor);
	bytes_wipe(&dump);
}

Test(salvage_project, keeps_keys_invites_and_what_the_relay_signed)
{
	struct bytes content = {0}, dump = {0}, after = {0};
	make_headquarters(&content, &dump);
	struct salvage *salvage = NULL;
	struct salvage_findings findings;
	struct vault_survey *survey = NULL;
	struct relay_clock newest;
	MUST(vault_survey_open(&survey, cast_path(&hq.cast, "hq.db"), hq.cast.data_key, &failure));
	MUST(salvage_read(&salvage, survey, &failure));
	vault_survey_close(survey);
	MUST(salvage_project_judge(salvage, &no_floor, &findings, &failure));
	cr_assert(findings.has_seed && findings.has_register && findings.has_descriptor);
	cr_assert_eq(findings.objects_lost, 0);
	MUST(salvage_project_rebuild(salvage, &findings, cast_path(&hq.cast, "again.db"), hq.cast.vault, hq.cast.data_key, &failure));
	headquarters_reopen(&hq, "again.db");
	after = dump_of();
	cr_assert(span_equals(bytes_span(&dump), bytes_span(&after)));
	/* The relay cannot take back what it signed before: another log than that is found out. */
	(void)logs_report(&nasib, 2000);
	bytes_wipe(&hq.log[1]);
	MUST(bytes_append(&hq.log[1], bytes_span(&hq.log[hq.log_len - 1]), &failure));
	hq.log_len--;
	hq_pulls(&hq, SEEN_S + 60);
	cr_assert_eq(casebook_log_check(hq.casebook, &newest, &failure), STATUS_TAMPERED);
	salvage_findings_wipe(&findings);
	salvage_free(salvage);
	bytes_wipe(&content);
	bytes_wipe(&dump);
	bytes_wipe(&after);
}
