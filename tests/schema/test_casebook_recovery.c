#include "schema/project_sql.h"
#include "tests/schema/casebook_stage.h"

TestSuite(casebook_recovery, .init = stage_begin, .fini = stage_end);

struct read_out {
	size_t len;
	uint8_t first[STAGE_WIRES]; /* byte of each code */
	bool superseded[STAGE_WIRES];
	char label[STAGE_WIRES][ENROLMENT_NAME_BYTES];
};

static enum status keep(void *context, const struct casebook_recovery *recovery, struct error *err)
{
	struct read_out *codes = context;
	(void)err;
	cr_assert_eq(evidence_body(recovery->evidence)->type, OBJECT_RECOVERY);
	codes->first[codes->len] = evidence_body(recovery->evidence)->recovery[0];
	codes->superseded[codes->len] = recovery->superseded;
	memcpy(codes->label[codes->len++], recovery->label, ENROLMENT_NAME_BYTES);
	return STATUS_OK;
}

static struct read_out codes_of(const struct key_id *device)
{
	struct read_out codes = {0};
	MUST(casebook_each_recovery(hq.casebook, device, keep, &codes, &failure));
	return codes;
}

static struct hash takes_code(struct writer *writer, uint8_t first)
{
	struct bytes wire = {0};
	struct body body;
	body_init(&body, OBJECT_RECOVERY);
	body.created_s = SAMPLES_CREATED_S;
	memset(body.recovery, 0x5a, sizeof body.recovery);
	body.recovery[0] = first;
	const struct hash id = writer_write(&hq, writer, &body, &wire);
	hq_takes(&hq, &wire, 0);
	bytes_wipe(&wire);
	return id;
}

Test(casebook_recovery, reads_out_the_newest_code_first)
{
	takes_device(&nasib);
	cr_assert_eq(casebook_each_recovery(hq.casebook, &nasib.device.id, keep, NULL, &failure), STATUS_NOT_FOUND);
	(void)takes_code(&nasib, 1);
	(void)takes_report(&nasib, 1300);
	(void)takes_code(&nasib, 2);
	const struct read_out codes = codes_of(&nasib.device.id);
	cr_assert_eq(codes.len, 2);
	cr_assert(codes.first[0] == 2 && !codes.superseded[0]);
	cr_assert(codes.first[1] == 1 && codes.superseded[1]);
	cr_assert_str_eq(codes.label[0], "Team Nasib");
}

Test(casebook_recovery, follows_the_line_of_keys_no_further_than_it_goes_on)
{
	struct writer again;
	takes_device(&nasib);
	(void)takes_code(&nasib, 1);
	writer_succeed(&hq, &again, &nasib);
	takes_device(&again);
	/* The key before goes on elsewhere: the lost device turned up. */
	(void)takes_code(&nasib, 2);
	const struct read_out restored = codes_of(&again.device.id), lost = codes_of(&nasib.device.id);
	cr_assert_eq(restored.len, 1);
	cr_assert_eq(restored.first[0], 1);
	cr_assert_eq(lost.len, 2);
	cr_assert_eq(lost.first[0], 2);
	(void)takes_code(&again, 3);
	const struct read_out renewed = codes_of(&again.device.id);
	cr_assert_eq(renewed.len, 2);
	cr_assert(renewed.first[0] == 3 && renewed.first[1] == 1);
	writer_end(&again);
}

Test(casebook_recovery, is_in_no_list_no_evidence_and_no_dump)
{
	struct bytes out = {0};
	takes_device(&nasib);
	const struct hash id = takes_code(&nasib, 0x5a);
	cr_assert_eq(shown_with(&(struct casebook_filter){0})->len, 0);
	cr_assert_eq(casebook_evidence(hq.casebook, &id, &out, &failure), STATUS_REFUSED);
	cr_assert_eq(out.len, 0);
	MUST(casebook_dump(hq.casebook, &out, &failure));
	uint8_t code[BODY_RECOVERY_CODE_BYTES];
	memset(code, 0x5a, sizeof code);
	cr_assert_not_null(memmem(out.data, out.len, id.bytes, sizeof id.bytes));
	cr_assert_null(memmem(out.data, out.len, code, sizeof code));
	bytes_wipe(&out);
}

Test(casebook_recovery, reads_out_nothing_that_was_altered)
{
	static const char *const statements[] = {"UPDATE opened SET body = CAST(x'a2011a5b2fb8f80750' || zeroblob(16) AS BLOB) WHERE type = 5"};
	struct db_schema schema = project_sql_schema;
	struct read_out codes = {0};
	struct db *db = NULL;
	schema.statements = statements;
	schema.statements_len = 1;
	takes_device(&nasib);
	(void)takes_code(&nasib, 1);
	MUST(db_open(&db, cast_path(&hq.cast, "hq.db"), hq.cast.vault, DB_OPEN, &schema, &failure));
	MUST(query_run(db_query(db, 0), &failure));
	db_close(db);
	cr_assert_eq(casebook_each_recovery(hq.casebook, &nasib.device.id, keep, &codes, &failure), STATUS_TAMPERED);
	cr_assert_eq(codes.len, 0);
}
