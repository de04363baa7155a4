/* The kept vectors: every good_ accepted, every fail_ refused by its own rule, and
 * no rule of FORMAT.md without one. */
#include "tests/crypto/vector_file.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cbor.h"
#include "crypto/key.h"
#include "crypto/merkle.h"
#include "crypto/object.h"
#include "crypto/seal.h"

/* The rule named in the brackets that end a message. */
static const char *rule_of(const struct error *err)
{
	static char rule[VECTOR_WORD_BYTES];
	const char *bracket = strrchr(err->message, '(');
	cr_assert_not_null(bracket, "'%s' names no rule", err->message);
	cr_assert_eq(sscanf(bracket, "(%63[a-z0-9_])", rule), 1, "'%s' names no rule", err->message);
	return rule;
}

static void expect_rule(const struct vector *vector, const char *found)
{
	cr_expect_str_eq(found, vector_rule(vector), "%s %s: %s", vector->verdict, vector->label, found);
}

/* --- cbor.txt --- */

/* {1: uint, 2: hash} */
static void read_head_payload(struct cbor_reader *reader)
{
	struct cbor_map map = cbor_read_map(reader);
	uint64_t key = 0;
	unsigned seen = 0;
	uint8_t last[HASH_BYTES];
	while (cbor_map_next(reader, &map, &key)) {
		if (key == 1)
			(void)cbor_read_uint(reader);
		else if (key == 2)
			cbor_read_bytes_exact(reader, last, sizeof last);
		else
			cbor_read_fail(reader, "unknown_field");
		seen |= 1u << (key & 7);
	}
	if (seen != 6)
		cbor_read_fail(reader, "missing_field");
}

static void see_cbor(const struct vector *vector)
{
	struct cbor_reader reader;
	struct error err = {0};
	enum status status = cbor_read_begin(&reader, bytes_span(&vector->bytes), &err);
	if (status == STATUS_OK && strncmp(vector->label, "head/", 5) == 0) {
		read_head_payload(&reader);
		status = cbor_read_end(&reader, "the head", &err);
	}
	expect_rule(vector, status == STATUS_OK ? "good" : rule_of(&err));
}

Test(vectors, cbor_is_accepted_or_refused_by_the_rule_named)
{
	cr_assert_gt(vector_file_each("cbor.txt", see_cbor), 100);
}

/* What item_length may not know (text, the order of keys, what follows) it leaves. */
static void see_cbor_length(const struct vector *vector)
{
	size_t len = 0;
	size_t need = 0;
	struct error err = {0};
	const enum status status = cbor_item_length(bytes_span(&vector->bytes), &len, &need, &err);
	const char *rule = vector_rule(vector);
	const bool left_to_reader = strncmp(vector->label, "head/", 5) == 0 || strcmp(rule, "bad_utf8") == 0 ||
	                            strcmp(rule, "keys_not_ascending") == 0 || strcmp(rule, "trailing_bytes") == 0;
	if (strcmp(rule, "truncated") == 0)
		cr_expect(status == STATUS_NOT_FOUND && need > vector->bytes.len, "%s", vector->label);
	else if (strcmp(rule, "good") == 0 || left_to_reader)
		cr_expect(status == STATUS_OK && len <= vector->bytes.len, "%s %s", vector->verdict, vector->label);
	else
		cr_expect(status == STATUS_BAD_INPUT && strcmp(rule_of(&err), rule) == 0, "%s", vector->label);
}

Test(vectors, a_streams_items_are_measured_by_the_same_rules)
{
	cr_assert_gt(vector_file_each("cbor.txt", see_cbor_length), 100);
}

/* --- keys.txt --- */

static void see_key(const struct vector *vector)
{
	struct key_public key;
	struct error err = {0};
	cr_assert_eq(vector->bytes.len, sizeof key.bytes);
	memcpy(key.bytes, vector->bytes.data, sizeof key.bytes);
	expect_rule(vector, signing_public_check(&key, &err) == STATUS_OK ? "good" : rule_of(&err));
}

Test(vectors, public_keys_are_sound_or_refused)
{
	cr_assert_gt(vector_file_each("keys.txt", see_key), 5);
}

/* --- names.txt --- */

static void expect_name(const char *name, struct span found)
{
	struct bytes expected = vector_name_bytes(name);
	cr_expect(span_equals(bytes_span(&expected), found), "%s", name);
	bytes_wipe(&expected);
}

static struct signing_key *signing_key_named(const char *name)
{
	struct bytes seed = vector_name_bytes(name);
	struct signing_key *key = NULL;
	cr_assert_eq(signing_key_from_seed(&key, bytes_span(&seed), NULL), STATUS_OK);
	bytes_wipe(&seed);
	return key;
}

static struct sealing_key *sealing_key_named(const char *name)
{
	struct bytes seed = vector_name_bytes(name);
	struct sealing_key *key = NULL;
	cr_assert_eq(sealing_key_from_seed(&key, bytes_span(&seed), NULL), STATUS_OK);
	bytes_wipe(&seed);
	return key;
}

static struct key_id id_named(const char *name)
{
	struct bytes bytes = vector_name_bytes(name);
	struct key_id id;
	cr_assert_eq(bytes.len, sizeof id.bytes);
	memcpy(id.bytes, bytes.data, sizeof id.bytes);
	bytes_wipe(&bytes);
	return id;
}

static struct hash hash_named(const char *name)
{
	struct bytes bytes = vector_name_bytes(name);
	struct hash hash;
	cr_assert_eq(bytes.len, sizeof hash.bytes);
	memcpy(hash.bytes, bytes.data, sizeof hash.bytes);
	bytes_wipe(&bytes);
	return hash;
}

static struct key_public public_named(const char *seed_name)
{
	struct signing_key *key = signing_key_named(seed_name);
	const struct key_public public = signing_key_public(key);
	signing_key_free(key);
	return public;
}

Test(vectors, ids_and_fingerprints_come_from_their_keys)
{
	const struct key_public root = public_named("root-seed");
	const struct key_public receipt = public_named("receipt-seed");
	const struct key_id project = key_id_of_project(&root);
	const struct key_id log = key_id_of_log(&project, &receipt);
	expect_name("root-public-key", key_public_span(&root));
	expect_name("project-id", key_id_span(&project));
	expect_name("log-id", key_id_span(&log));
	char fingerprint[KEY_PROQUINT_BYTES];
	key_id_format(&project, fingerprint);
	char *expected = vector_name_text("project-fingerprint");
	cr_expect_str_eq(fingerprint, expected);
	free(expected);
}

Test(vectors, the_proof_is_made_again_and_holds)
{
	const struct key_id project = id_named("project-id");
	const struct hash introducer = hash_named("introducer");
	struct signing_key *device = signing_key_named("device-seed");
	const struct key_public public = signing_key_public(device);
	const struct key_signature proof = key_prove_possession(device, &project, &introducer);
	expect_name("proof", (struct span){proof.bytes, sizeof proof.bytes});
	cr_expect(key_proof_holds(&public, &project, &introducer, &proof));
	signing_key_free(device);
}

Test(vectors, the_sealed_body_opens_to_salt_body_and_commitment)
{
	const struct seal_place place = {.project = id_named("project-id"), .signer = id_named("device-id"), .number = 1};
	struct sealing_key *recipient = sealing_key_named("sealing-seed");
	const struct key_public public = sealing_key_public(recipient);
	struct bytes sealed = vector_name_bytes("sealed");
	struct bytes body = {0};
	struct seal_salt salt;
	expect_name("sealing-public-key", key_public_span(&public));
	cr_assert_eq(seal_open(&body, &salt, bytes_span(&sealed), recipient, NULL), STATUS_OK);
	expect_name("body", bytes_span(&body));
	expect_name("salt", (struct span){salt.bytes, sizeof salt.bytes});
	const struct hash commitment = seal_commitment(&place, &salt, bytes_span(&body));
	expect_name("commitment", hash_span(&commitment));
	bytes_wipe(&sealed);
	bytes_wipe(&body);
	sealing_key_free(recipient);
}

Test(vectors, the_whole_report_is_signed_again_byte_for_byte)
{
	const struct key_id project = id_named("project-id");
	struct signing_key *device = signing_key_named("device-seed");
	struct bytes payload = vector_name_bytes("report-payload");
	struct bytes sealed = vector_name_bytes("sealed");
	const struct object_draft draft = {.type = OBJECT_REPORT,
	                                   .signer = id_named("device-id"),
	                                   .payload = bytes_span(&payload),
	                                   .attachment = bytes_span(&sealed)};
	struct bytes wire = {0};
	struct hash id;
	cr_assert_eq(object_make(&wire, &id, &draft, device, &project, NULL), STATUS_OK);
	expect_name("report-wire", bytes_span(&wire));
	expect_name("report-id", hash_span(&id));
	bytes_wipe(&wire);
	bytes_wipe(&payload);
	bytes_wipe(&sealed);
	signing_key_free(device);
}

/* Entry n of the tree is SHA-256 of n as four bytes. */
Test(vectors, tree_roots_are_those_of_the_recursive_definition)
{
	static const uint64_t sizes[] = {0, 1, 2, 3, 4, 5, 7, 8, 100, 1000};
	struct merkle tree = {0};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		while (tree.size < sizes[i]) {
			const uint8_t number[] = {0, 0, (uint8_t)(tree.size >> 8), (uint8_t)tree.size};
			const struct hash entry = hash_of((struct span){number, sizeof number});
			merkle_append(&tree, &entry);
		}
		char name[32];
		(void)snprintf(name, sizeof name, "tree-root-%u", (unsigned)sizes[i]);
		const struct hash root = merkle_root(&tree);
		expect_name(name, hash_span(&root));
	}
}

/* --- object.txt --- */

/* Everybody the project of the vectors knows. */
static bool find_signer(struct key_public *key, const struct key_id *id)
{
	static const char known[][2][24] = {
		{"project-id", "root-seed"},           {"device-id", "device-seed"}, {"other-device-id", "other-device-seed"},
		{"invite-id", "invite-seed"},          {"log-id", "receipt-seed"},   {"other-invite-id", "other-invite-seed"},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		const struct key_id candidate = id_named(known[i][0]);
		if (!key_id_equals(&candidate, id))
			continue;
		*key = public_named(known[i][1]);
		return true;
	}
	return false;
}

struct event_payload {
	uint64_t number;
	struct hash commitment;
	struct hash attachment;
};

static struct event_payload read_event(struct span payload)
{
	struct event_payload event = {0};
	struct cbor_reader reader;
	cr_assert_eq(cbor_read_begin(&reader, payload, NULL), STATUS_OK);
	(void)cbor_read_array(&reader);
	event.number = cbor_read_uint(&reader);
	(void)cbor_read_bytes(&reader);
	(void)cbor_read_uint(&reader);
	cbor_read_bytes_exact(&reader, event.commitment.bytes, HASH_BYTES);
	cbor_read_bytes_exact(&reader, event.attachment.bytes, HASH_BYTES);
	cr_assert(cbor_read_ok(&reader));
	return event;
}

static const char *judge_sealed(const struct object *object, const struct event_payload *event)
{
	const struct seal_place place = {id_named("project-id"), object->signer, event->number};
	struct sealing_key *recipient = sealing_key_named("sealing-seed");
	struct bytes body = {0};
	struct seal_salt salt;
	struct error err = {0};
	const char *verdict = "good";
	if (seal_open(&body, &salt, object->attachment, recipient, &err) != STATUS_OK) {
		verdict = rule_of(&err);
	} else {
		const struct hash found = seal_commitment(&place, &salt, bytes_span(&body));
		verdict = hash_equals(&found, &event->commitment) ? "good" : "commitment";
	}
	bytes_wipe(&body);
	sealing_key_free(recipient);
	return verdict;
}

/* The order of FORMAT.md, sections 3 and 4. */
static const char *judge_object(struct span wire)
{
	struct object object;
	struct key_public key;
	struct error err = {0};
	const struct key_id project = id_named("project-id");
	if (object_parse(&object, wire, &err) != STATUS_OK)
		return rule_of(&err);
	if (!find_signer(&key, &object.signer))
		return "unknown_signer";
	if (object_verify(&object, &key, &project, &err) != STATUS_OK)
		return rule_of(&err);
	if (object.type == OBJECT_ENROLMENT)
		return "good";
	if (!object_type_is_event(object.type))
		return object_check_attachment(&object, NULL, &err) == STATUS_OK ? "good" : rule_of(&err);
	const struct event_payload event = read_event(object.payload);
	if (object_check_attachment(&object, &event.attachment, &err) != STATUS_OK)
		return rule_of(&err);
	return judge_sealed(&object, &event);
}

static void see_object(const struct vector *vector)
{
	expect_rule(vector, judge_object(bytes_span(&vector->bytes)));
}

Test(vectors, objects_are_accepted_or_refused_by_the_rule_named)
{
	cr_assert_gt(vector_file_each("object.txt", see_object), 70);
}

/* --- FORMAT.md --- */

static char rules_with_vectors[256][VECTOR_WORD_BYTES];
static size_t rules_with_vectors_len;

static void collect_rule(const struct vector *vector)
{
	cr_assert_lt(rules_with_vectors_len, sizeof rules_with_vectors / sizeof *rules_with_vectors);
	(void)snprintf(rules_with_vectors[rules_with_vectors_len++], VECTOR_WORD_BYTES, "%s", vector_rule(vector));
}

static bool has_vector(const char *rule)
{
	for (size_t i = 0; i < rules_with_vectors_len; i++)
		if (strcmp(rules_with_vectors[i], rule) == 0)
			return true;
	return false;
}

/* The words in backquotes in the first cell of a table's row. */
static size_t expect_vectors_of_row(const char *row)
{
	size_t count = 0;
	const char *end = strchr(row + 1, '|');
	for (const char *quote = strchr(row, '`'); quote != NULL && quote < end; quote = strchr(quote, '`')) {
		char rule[VECTOR_WORD_BYTES];
		int used = 0;
		cr_assert_eq(sscanf(quote + 1, "%63[a-z0-9_]%n", rule, &used), 1, "%s", row);
		cr_expect(has_vector(rule), "FORMAT.md's rule '%s' has no vector", rule);
		quote += used + 2;
		count++;
	}
	return count;
}

Test(vectors, every_rule_of_sections_1_to_4_has_one)
{
	vector_file_each("cbor.txt", collect_rule);
	vector_file_each("keys.txt", collect_rule);
	vector_file_each("object.txt", collect_rule);
	FILE *file = fopen("crypto/FORMAT.md", "r");
	cr_assert_not_null(file);
	char *line = NULL;
	size_t capacity = 0;
	size_t count = 0;
	while (getline(&line, &capacity, file) >= 0 && strncmp(line, "## 5.", 5) != 0)
		if (strncmp(line, "| `", 3) == 0)
			count += expect_vectors_of_row(line);
	cr_assert_geq(count, 30, "only %zu rules were found in FORMAT.md", count);
	free(line);
	(void)fclose(file);
}

static void start(void)
{
	cr_assert_geq(sodium_init(), 0);
}

TestSuite(vectors, .init = start);
