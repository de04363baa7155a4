/* The kept objects: every good_ one admitted, in its order, every fail_ one refused by
 * its own rule. */
#include "tests/crypto/vector_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "schema/evidence_file.h"
#include "tests/schema/small_project.h"

/* Only the list of signers is used: the keys are those of the vectors. */
static struct small_project project;
static size_t good, refused;

static void see_good(const struct vector *vector)
{
	struct admission admission;
	struct error err = {0};
	if (strcmp(vector->verdict, "good") != 0)
		return;
	const enum status status = small_project_admit(&project, &admission, bytes_span(&vector->bytes), &err);
	cr_expect_eq(status, STATUS_OK, "%s: %s", vector->label, err.message);
	const bool is_to_come = strstr(vector->label, "type") != NULL;
	cr_expect_eq(admission.known_type, !is_to_come, "%s", vector->label);
	good++;
}

static void see_refused(const struct vector *vector)
{
	struct admission admission;
	struct error err = {0};
	if (strcmp(vector->verdict, "good") == 0)
		return;
	cr_expect_neq(small_project_admit(&project, &admission, bytes_span(&vector->bytes), &err), STATUS_OK, "%s %s",
	              vector->verdict, vector->label);
	cr_expect(names_rule(&err, vector_rule(vector)), "%s %s: '%s'", vector->verdict, vector->label, err.message);
	refused++;
}

static void read_root(void)
{
	struct bytes root = vector_name_bytes("root-public-key");
	cr_assert_eq(root.len, sizeof project.root.bytes);
	memcpy(project.root.bytes, root.data, root.len);
	bytes_wipe(&root);
}

Test(object_vectors, are_admitted_and_refused_as_they_say)
{
	read_root();
	const size_t all = vector_file_each("objects/admission.txt", see_good);
	cr_assert_eq(vector_file_each("objects/admission.txt", see_refused), all);
	cr_assert_eq(good + refused, all);
	cr_assert_gt(good, 20);
	cr_assert_gt(refused, 100);
}

static void see_evidence(const struct vector *vector)
{
	struct evidence_file_result result;
	struct error err = {0};
	const struct key_id fingerprint = key_id_of_project(&project.root);
	const enum status status = evidence_file_check(&result, bytes_span(&vector->bytes), &fingerprint, &err);
	if (strcmp(vector->verdict, "good") != 0) {
		cr_expect_neq(status, STATUS_OK, "%s %s", vector->verdict, vector->label);
		cr_expect(names_rule(&err, vector_rule(vector)), "%s %s: '%s'", vector->verdict, vector->label, err.message);
		return;
	}
	cr_assert_eq(status, STATUS_OK, "%s: %s", vector->label, err.message);
	const bool is_alone = strcmp(vector->label, "nothing-else-known") == 0;
	cr_expect_eq(result.later_len, is_alone ? 0 : 1);
	cr_expect_eq(result.is_confirmed, !is_alone);
	cr_expect_str_eq(evidence_body(result.report)->report.place.pcode, "C5999");
	evidence_file_result_wipe(&result);
}

Test(object_vectors, of_evidence_are_believed_and_refused_as_they_say)
{
	read_root();
	cr_assert_gt(vector_file_each("objects/evidence.txt", see_evidence), 15);
}
