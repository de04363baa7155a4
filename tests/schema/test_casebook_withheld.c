#include "schema/evidence_file.h"
#include "schema/project_sql.h"
#include "tests/schema/casebook_stage.h"

TestSuite(casebook_withheld, .init = stage_begin, .fini = stage_end);

static struct casebook_withheld told[STAGE_WIRES];
static size_t told_len;

static enum status keep(void *context, const struct casebook_withheld *withheld, struct error *err)
{
	(void)context;
	(void)err;
	told[told_len++] = *withheld;
	return STATUS_OK;
}

static size_t all_withheld(const struct key_id *device)
{
	told_len = 0;
	MUST(casebook_each_withheld(hq.casebook, device, keep, NULL, &failure));
	return told_len;
}

/* Writes a report whose body stays away; the whole event comes out in `wire`. */
static struct hash takes_withheld(struct writer *writer, uint32_t individuals, struct bytes *wire)
{
	struct bytes withholding = {0};
	const struct hash id = writer_report(&hq, writer, individuals, wire);
	(void)cast_withhold(&hq.cast, &writer->device, bytes_span(wire), &withholding);
	hq_takes(&hq, &withholding, 0);
	bytes_wipe(&withholding);
	return id;
}

Test(casebook_withheld, fills_the_chain_and_is_no_report)
{
	struct bytes wire = {0};
	uint64_t made = 0;
	takes_device(&nasib);
	(void)takes_report(&nasib, 1300);
	const struct hash id = takes_withheld(&nasib, 1301, &wire);
	(void)takes_report(&nasib, 1302);
	cr_assert_eq(all_shown()->len, 2);
	cr_assert_eq(all_withheld(NULL), 1);
	cr_assert(hash_equals(&told[0].id, &id));
	cr_assert_eq(told[0].number, 2);
	cr_assert_eq(told[0].type, OBJECT_REPORT);
	cr_assert_eq(told[0].reason, 0);
	cr_assert_str_eq(told[0].label, "Team Nasib");
	cr_assert_eq(all_listed()->device[0].chain.whole.number, 3);
	cr_assert_eq(all_listed()->device[0].chain.missing_len, 0);
	MUST(casebook_acknowledge(hq.casebook, SEEN_S, &made, &failure));
	cr_assert_eq(acknowledged().number, 3, "there is nothing to open in it");
	cr_assert_eq(all_withheld(&nasib.device.id), 1);
	cr_assert_eq(all_withheld(&hq.cast.project), 0);
	bytes_wipe(&wire);
}

Test(casebook_withheld, says_why_in_its_authors_own_words)
{
	struct bytes wire = {0};
	takes_device(&nasib);
	const struct hash id = takes_withheld(&nasib, 1301, &wire);
	const struct hash retraction = takes_retraction(&nasib, &id);
	cr_assert_eq(all_withheld(NULL), 1);
	cr_assert(hash_equals(&told[0].retraction, &retraction));
	cr_assert_neq(told[0].reason, 0);
	bytes_wipe(&wire);
}

/* From an older copy of the register: then it was sent, whatever its author wished, and his retraction takes it back. */
Test(casebook_withheld, is_a_report_once_its_body_came)
{
	struct bytes wire = {0};
	takes_device(&nasib);
	const struct hash id = takes_withheld(&nasib, 1301, &wire);
	(void)takes_retraction(&nasib, &id);
	hq_takes(&hq, &wire, 0);
	cr_assert_eq(all_withheld(NULL), 0);
	const struct casebook_entry *const entry = shown_one(&id);
	cr_assert_not_null(entry);
	cr_assert(entry->verdict.linked && !entry->verdict.forked);
	cr_assert_not(hash_is_zero(&entry->retracted_by));
	cr_assert_eq(all_listed()->device[0].chain.held, 2);
	bytes_wipe(&wire);
}

Test(casebook_withheld, can_be_the_last_that_a_revocation_leaves)
{
	struct bytes wire = {0};
	const uint64_t good = 1;
	takes_device(&nasib);
	(void)takes_report(&nasib, 1300);
	(void)takes_withheld(&nasib, 1301, &wire);
	const struct hash after = takes_report(&nasib, 1302);
	MUST(project_revoke_device(hq.project, &nasib.device.id, &good, REVOKE_SEIZED, SEEN_S, &failure));
	cr_assert_eq(shown_one(&after)->verdict.standing, STANDING_CONTESTED);
	bytes_wipe(&wire);
}

Test(casebook_withheld, that_was_altered_is_not_believed)
{
	static const char *const statements[] = {"UPDATE object SET wire = CAST(substr(wire, 1, length(wire) - 2) || x'0000' AS BLOB) "
	                                         "WHERE type = 19"};
	struct db_schema schema = project_sql_schema;
	struct casebook_audit audit = {0};
	struct bytes wire = {0};
	struct db *db = NULL;
	schema.statements = statements;
	schema.statements_len = 1;
	takes_device(&nasib);
	(void)takes_withheld(&nasib, 1301, &wire);
	MUST(casebook_audit(hq.casebook, &audit, &failure));
	cr_assert_eq(audit.bad, 0);
	MUST(db_open(&db, cast_path(&hq.cast, "hq.db"), hq.cast.vault, DB_OPEN, &schema, &failure));
	MUST(query_run(db_query(db, 0), &failure));
	db_close(db);
	cr_assert_eq(casebook_each_withheld(hq.casebook, NULL, keep, NULL, &failure), STATUS_TAMPERED);
	MUST(casebook_audit(hq.casebook, &audit, &failure));
	cr_assert_eq(audit.bad, 1);
	bytes_wipe(&wire);
}

/* The report is acknowledged through a link of which there is only the header. */
Test(casebook_withheld, leads_to_what_is_said_of_a_report_before_it)
{
	struct bytes wire = {0}, file = {0};
	struct evidence_file_result result = {0};
	const struct key_id project = project_id(hq.project);
	uint64_t made = 0;
	takes_device(&nasib);
	const struct hash id = takes_report(&nasib, 1300);
	(void)takes_withheld(&nasib, 1301, &wire);
	(void)takes_report(&nasib, 1302);
	MUST(casebook_acknowledge(hq.casebook, SEEN_S, &made, &failure));
	cr_assert_eq(acknowledged().number, 3);
	MUST(casebook_evidence(hq.casebook, &id, &file, &failure));
	MUST(evidence_file_check(&result, bytes_span(&file), &project, &failure));
	cr_assert(result.is_acknowledged);
	cr_assert_not(result.is_contested);
	cr_assert_eq(evidence_body(result.report)->report.individuals.best, 1300);
	evidence_file_result_wipe(&result);
	bytes_wipe(&file);
	bytes_wipe(&wire);
}
