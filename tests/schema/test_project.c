#include "schema/project.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/file.h"
#include "schema/project_inside.h"
#include "schema/project_sql.h"
#include "schema/statement.h"
#include "tests/schema/headquarters.h"

enum { NOW_S = 1530000000 };
#define FAR_S INT64_C(4000000000)

static struct headquarters hq;
static struct writer nasib;
static struct error err;

static void start(void)
{
	headquarters_begin(&hq);
	writer_begin(&hq, &nasib, "Team Nasib", FAR_S);
}

static void end(void)
{
	writer_end(&nasib);
	headquarters_end(&hq);
}

TestSuite(project, .init = start, .fini = end);

#define MUST(expression) cr_assert_eq((expression), STATUS_OK, #expression ": %s", err.message)

static enum status create(struct project **project, const char *file, const char *name)
{
	const struct project_plan plan = {.name = name, .training = true, .retention = DESCRIPTOR_NEVER, .now_s = NOW_S};
	return project_create(project, cast_path(&hq.cast, file), hq.cast.vault, hq.cast.data_key, &plan, &err);
}

static enum status open_project(struct project **project, const char *file)
{
	return project_open(project, cast_path(&hq.cast, file), hq.cast.vault, hq.cast.data_key, &err);
}

/* Runs one statement on a register behind the project's back. */
static void spoil(const char *file, const char *statement)
{
	const char *const statements[] = {statement};
	struct db_schema schema = project_sql_schema;
	struct db *db = NULL;
	schema.statements = statements;
	schema.statements_len = 1;
	MUST(db_open(&db, cast_path(&hq.cast, file), hq.cast.vault, DB_OPEN, &schema, &err));
	MUST(query_run(db_query(db, 0), &err));
	db_close(db);
}

/* --- life cycle --- */

Test(project, opens_as_what_was_created)
{
	struct project *made = NULL, *opened = NULL;
	MUST(create(&made, "new.db", "  Dar'a \t 2018 "));
	cr_assert_str_eq(project_descriptor(made)->name, "Dar'a 2018");
	const struct key_id id = project_id(made), appointment = project_appointment(made);
	const struct key_public key = signing_key_public(project_appointment_key(made));
	const struct key_public sealing = project_descriptor(made)->sealing;
	project_close(made);
	MUST(open_project(&opened, "new.db"));
	const struct key_id id_again = project_id(opened), appointment_again = project_appointment(opened);
	const struct key_public key_again = signing_key_public(project_appointment_key(opened));
	const struct descriptor *const descriptor = project_descriptor(opened);
	cr_assert(key_id_equals(&id, &id_again) && key_id_equals(&appointment, &appointment_again));
	cr_assert(span_equals(key_public_span(&key), key_public_span(&key_again)));
	cr_assert_eq(descriptor->number, 1);
	cr_assert(descriptor->training);
	cr_assert_eq(descriptor->retention, DESCRIPTOR_NEVER);
	cr_assert_eq(descriptor->point_metres, 1000);
	const struct sealing_key *found = NULL;
	MUST(project_sealing_key(opened, 1, &found, &err));
	const struct key_public found_public = sealing_key_public(found);
	cr_assert(span_equals(key_public_span(&found_public), key_public_span(&sealing)));
	project_close(opened);
}

Test(project, appoints_itself_for_everything)
{
	const struct key_id id = project_appointment(hq.project);
	const struct signer_source signers = set_signers(project_set(hq.project));
	struct signer signer;
	MUST(signers.find(signers.context, &id, &signer, &err));
	cr_assert_eq(signer.kind, SIGNER_APPOINTED);
	cr_assert_eq(signer.roles, ROLE_ALL);
	cr_assert_gt(signer.until_s, NOW_S + INT64_C(300000000));
}

Test(project, is_not_created_where_one_is_and_not_opened_where_none_is)
{
	struct project *project = NULL;
	cr_assert_eq(create(&project, "hq.db", "Another"), STATUS_REFUSED);
	cr_assert_eq(open_project(&project, "none.db"), STATUS_NOT_FOUND);
	cr_assert_null(project);
}

Test(project, leaves_no_file_when_its_name_is_refused)
{
	static const char *const names[] = {"", " ", "a\x1b[2J",
	                                    "123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 x"};
	struct project *project = NULL;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		cr_assert_eq(create(&project, "named.db", names[i]), STATUS_BAD_INPUT, "%zu", i);
		cr_assert_neq(access(cast_path(&hq.cast, "named.db"), F_OK), 0, "%zu", i);
	}
	MUST(create(&project, "named.db", "Right"));
	project_close(project);
}

Test(project, says_when_its_register_was_tampered_with)
{
	static const struct {
		const char file[8], deed[96];
		enum status status;
	} deeds[] = {
		{"a.db", "UPDATE secret SET wrapped = zeroblob(72) WHERE use = 'root'", STATUS_TAMPERED},
		{"b.db", "DELETE FROM secret WHERE use = 'appointment'", STATUS_CORRUPT},
		{"c.db", "DELETE FROM project", STATUS_CORRUPT},
		{"d.db", "UPDATE project SET root = zeroblob(32)", STATUS_CORRUPT},
		{"e.db", "DELETE FROM object WHERE type > 15 AND type = 32", STATUS_CORRUPT},
	};
	for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
		struct project *project = NULL;
		MUST(create(&project, deeds[i].file, "Spoilt"));
		project_close(project);
		spoil(deeds[i].file, deeds[i].deed);
		project = NULL;
		cr_assert_eq(open_project(&project, deeds[i].file), deeds[i].status, "%zu: %s", i, err.message);
		cr_assert_null(project);
	}
}

Test(project, keeps_its_seeds_wrapped_even_where_the_file_is_plain)
{
	const struct project_plan plan = {.name = "Plain", .retention = DESCRIPTOR_KEEP, .now_s = NOW_S};
	const char *const path = cast_path(&hq.cast, "plain.db");
	struct project *project = NULL;
	struct bytes content = {0};
	MUST(project_create(&project, path, NULL, hq.cast.data_key, &plan, &err));
	MUST(db_copy(project_db(project), cast_path(&hq.cast, "plain-copy.db"), NULL, &err));
	MUST(file_read(&content, cast_path(&hq.cast, "plain-copy.db"), 1 << 22, &err));
	const struct span seeds[] = {signing_key_seed(project->root), signing_key_seed(project->appointment_key),
	                             sealing_key_seed(project->sealing[0].key)};
	for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
		cr_assert_null(memmem(content.data, content.len, seeds[i].data, seeds[i].len), "%zu", i);
	/* What is there is found: the search works. */
	const struct key_public sealing = project_descriptor(project)->sealing;
	cr_assert_not_null(memmem(content.data, content.len, sealing.bytes, sizeof sealing.bytes));
	bytes_wipe(&content);
	project_close(project);
}

/* --- descriptors --- */

Test(project, describes_itself_anew_and_never_goes_back)
{
	const struct hash before = hq.project->descriptor_id;
	MUST(project_policy_set(hq.project, &(struct project_policies){DESCRIPTOR_UNTIL_ACKNOWLEDGED, 500, false}, NOW_S + 1, &err));
	const struct descriptor *const descriptor = project_descriptor(hq.project);
	cr_assert_eq(descriptor->number, 3);
	cr_assert(hash_equals(&descriptor->previous, &before));
	cr_assert_eq(descriptor->retention, DESCRIPTOR_UNTIL_ACKNOWLEDGED);
	cr_assert_eq(descriptor->point_metres, 500);
	cr_assert_eq(descriptor->relays_len, 1);
	headquarters_reopen(&hq, "hq.db");
	cr_assert_eq(project_descriptor(hq.project)->number, 3);
	cr_assert_eq(project_descriptor(hq.project)->point_metres, 500);
}

Test(project, keeps_one_relay_and_lets_it_move)
{
	struct relay_card card = hq.cast.descriptor.relays[0];
	(void)snprintf(card.addresses[0], sizeof card.addresses[0], "https://relay.example:443");
	MUST(project_relay_add(hq.project, &card, NOW_S + 1, &err));
	cr_assert_eq(project_descriptor(hq.project)->relays_len, 1);
	cr_assert_str_eq(project_descriptor(hq.project)->relays[0].addresses[0], "https://relay.example:443");
	card.receipt_key = signing_key_public(hq.cast.hub);
	cr_assert_eq(project_relay_add(hq.project, &card, NOW_S + 2, &err), STATUS_REFUSED);
	cr_assert_eq(project_descriptor(hq.project)->number, 3);
	MUST(project_policy_set(hq.project, &(struct project_policies){DESCRIPTOR_KEEP, 1000, false}, NOW_S + 3, &err));
	cr_assert_eq(project_descriptor(hq.project)->number, 4);
}

Test(project, gives_no_number_twice_when_two_processes_sign)
{
	struct project *other = NULL;
	MUST(open_project(&other, "hq.db"));
	MUST(project_policy_set(hq.project, &(struct project_policies){DESCRIPTOR_KEEP, 100, false}, NOW_S + 1, &err));
	const struct hash third = hq.project->descriptor_id;
	MUST(project_policy_set(other, &(struct project_policies){DESCRIPTOR_NEVER, 100, false}, NOW_S + 2, &err));
	cr_assert_eq(project_descriptor(other)->number, 4);
	cr_assert(hash_equals(&project_descriptor(other)->previous, &third));
	MUST(project_policy_set(hq.project, &(struct project_policies){DESCRIPTOR_KEEP, 200, false}, NOW_S + 3, &err));
	cr_assert_eq(project_descriptor(hq.project)->number, 5);
	MUST(set_check(project_set(hq.project), &err));
	project_close(other);
}

Test(project, opens_what_was_sealed_under_any_of_its_descriptors_and_no_other)
{
	const struct sealing_key *one = NULL, *two = NULL, *none = NULL;
	MUST(project_sealing_key(hq.project, 1, &one, &err));
	MUST(project_sealing_key(hq.project, 2, &two, &err));
	cr_assert_eq(one, two);
	cr_assert_eq(project_sealing_key(hq.project, 0, &none, &err), STATUS_NOT_FOUND);
	cr_assert_eq(project_sealing_key(hq.project, 3, &none, &err), STATUS_NOT_FOUND);
	cr_assert_null(none);
}

/* --- invites --- */

Test(project, invites_a_device_that_its_set_then_takes)
{
	struct invite_file file = {0};
	struct descriptor descriptor;
	struct key_id id;
	struct hash descriptor_id;
	MUST(project_invite(hq.project, "  Team \t Tafas ", FAR_S, &file, &err));
	cr_assert_str_eq(file.label, "Team Tafas");
	MUST(descriptor_open(&descriptor, &id, &descriptor_id, bytes_span(&file.descriptor), &err));
	cr_assert(key_id_equals(&id, &hq.cast.project));
	cr_assert_eq(descriptor.number, 2);
	invite_file_wipe(&file);
	hq_takes(&hq, &nasib.device.wire, 0);
}

Test(project, gives_no_invite_without_a_label)
{
	static const char *const labels[] = {"", "  ", "a\nb\x07", "12345678901234567890123456789012345678901"};
	struct invite_file file = {0};
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
		cr_assert_eq(project_invite(hq.project, labels[i], FAR_S, &file, &err), STATUS_BAD_INPUT, "%zu", i);
		cr_assert_null(file.seed);
	}
}

/* --- revoking and confirming --- */

static enum status keep_revocation(void *context, uint64_t position, const struct hash *id, struct span wire,
                                   struct error *unused)
{
	struct object object;
	(void)position;
	(void)id;
	(void)unused;
	MUST(object_parse(&object, wire, &err));
	return revocation_decode(context, object.payload, &err);
}

static struct revocation newest_revocation(void)
{
	struct revocation revocation = {0};
	MUST(set_each_of_type(project_set(hq.project), OBJECT_REVOCATION, keep_revocation, &revocation, &err));
	cr_assert_neq(revocation.kind, 0);
	return revocation;
}

Test(project, revokes_a_device_with_all_that_is_known_good)
{
	struct bytes one = {0}, two = {0};
	(void)writer_report(&hq, &nasib, 1300, &one);
	const struct hash last = writer_report(&hq, &nasib, 1301, &two);
	(void)relay_keeps(&hq, &nasib.device.wire);
	(void)relay_keeps(&hq, &one);
	(void)relay_keeps(&hq, &two);
	hq_pulls(&hq, NOW_S + 5);
	MUST(project_revoke_device(hq.project, &nasib.device.id, NULL, REVOKE_LOST, NOW_S + 9, &err));
	const struct revocation revocation = newest_revocation();
	const struct hash root = merkle_root(&hq.tree);
	cr_assert(key_id_equals(&revocation.who, &nasib.device.id));
	cr_assert_eq(revocation.time_s, NOW_S + 9);
	cr_assert_eq(revocation.reason, REVOKE_LOST);
	cr_assert(revocation.has_good && revocation.has_seen);
	cr_assert_eq(revocation.good.number, 2);
	cr_assert(hash_equals(&revocation.good.last, &last));
	cr_assert(key_id_equals(&revocation.seen.log, &hq.cast.log));
	cr_assert_eq(revocation.seen.size, 3);
	cr_assert(hash_equals(&revocation.seen.root, &root));
	bytes_wipe(&one);
	bytes_wipe(&two);
}

Test(project, revokes_a_device_after_an_earlier_link_and_then_the_log_does_not_count)
{
	struct bytes wires[4] = {{0}};
	struct hash ids[4];
	const uint64_t good = 1, none = 0, beyond = 5;
	(void)relay_keeps(&hq, &nasib.device.wire);
	for (size_t i = 0; i < 4; i++) {
		ids[i] = writer_report(&hq, &nasib, 1300 + (uint32_t)i, &wires[i]);
		(void)relay_keeps(&hq, &wires[i]);
		bytes_wipe(&wires[i]);
	}
	hq_pulls(&hq, NOW_S + 5);
	cr_assert_eq(project_revoke_device(hq.project, &nasib.device.id, &beyond, REVOKE_SEIZED, NOW_S, &err), STATUS_BAD_INPUT);
	MUST(project_revoke_device(hq.project, &nasib.device.id, &good, REVOKE_SEIZED, NOW_S + 9, &err));
	struct revocation revocation = newest_revocation();
	cr_assert_eq(revocation.good.number, 1);
	cr_assert(hash_equals(&revocation.good.last, &ids[0]));
	cr_assert_not(revocation.has_seen);
	MUST(project_revoke_device(hq.project, &nasib.device.id, &none, REVOKE_SEIZED, NOW_S + 10, &err));
	revocation = newest_revocation();
	cr_assert_eq(revocation.good.number, 0);
	cr_assert(hash_equals(&revocation.good.last, &nasib.device.introduced));
}

Test(project, neither_revokes_nor_confirms_a_device_it_does_not_know)
{
	cr_assert_eq(project_revoke_device(hq.project, &nasib.device.id, NULL, REVOKE_LOST, NOW_S, &err), STATUS_NOT_FOUND);
	cr_assert_eq(project_confirm_device(hq.project, &nasib.device.id, NOW_S, &err), STATUS_NOT_FOUND);
	hq_takes(&hq, &nasib.device.wire, 0);
	MUST(project_revoke_device(hq.project, &nasib.device.id, NULL, REVOKE_LOST, NOW_S, &err));
	MUST(project_confirm_device(hq.project, &nasib.device.id, NOW_S, &err));
}

/* --- what goes out --- */

/* The bundle's objects one after the other: each CBOR item ends where the next begins. */
static size_t take_bundle(const struct bytes *bundle)
{
	size_t objects = 0;
	for (size_t at = 0; at < bundle->len; objects++) {
		enum set_outcome outcome;
		size_t len = 1;
		struct object object;
		while (at + len <= bundle->len && object_parse(&object, (struct span){bundle->data + at, len}, NULL) != STATUS_OK)
			len++;
		cr_assert_leq(at + len, bundle->len);
		MUST(casebook_begin(hq.casebook, &err));
		MUST(casebook_take(hq.casebook, (struct span){bundle->data + at, len}, 0, &outcome, &err));
		MUST(casebook_commit(hq.casebook, NULL, &err));
		at += len;
	}
	return objects;
}

Test(project, exports_its_own_objects_each_after_whom_it_needs)
{
	struct bytes bundle = {0}, wire = {0};
	uint64_t objects = 0, made = 0;
	hq_takes(&hq, &nasib.device.wire, 0);
	(void)writer_report(&hq, &nasib, 1300, &wire);
	hq_takes(&hq, &wire, 0);
	MUST(casebook_acknowledge(hq.casebook, NOW_S, &made, &err));
	MUST(project_revoke_device(hq.project, &nasib.device.id, NULL, REVOKE_LEFT, NOW_S, &err));
	MUST(project_confirm_device(hq.project, &nasib.device.id, NOW_S, &err));
	MUST(project_export(hq.project, &bundle, &objects, &err));
	/* two descriptors, appointment, confirmation, revocation, acknowledgement */
	cr_assert_eq(objects, 6);
	headquarters_afresh(&hq, "elsewhere.db");
	cr_assert_eq(take_bundle(&bundle), 6);
	bytes_wipe(&bundle);
	bytes_wipe(&wire);
}

Test(project, learns_a_descriptor_that_it_signed_before_it_was_restored)
{
	struct bytes newer = {0}, wire = {0};
	const struct sealing_key *sealing = NULL;
	cast_describe(&hq.cast);
	MUST(bytes_append(&newer, bytes_span(&hq.cast.descriptor_wire), &err));
	hq_takes(&hq, &nasib.device.wire, 0);
	(void)writer_report(&hq, &nasib, 1300, &wire);
	cr_assert_eq(hq_take(&hq, &wire, 0, &err), STATUS_UNTRUSTED);
	cr_assert_eq(project_sealing_key(hq.project, 3, &sealing, &err), STATUS_NOT_FOUND);
	hq_takes(&hq, &newer, 0);
	cr_assert_eq(project_descriptor(hq.project)->number, 3);
	MUST(project_sealing_key(hq.project, 3, &sealing, &err));
	struct casebook_audit audit;
	MUST(casebook_audit(hq.casebook, &audit, &err));
	uint64_t made = 0;
	MUST(casebook_acknowledge(hq.casebook, NOW_S, &made, &err));
	cr_assert_eq(made, 1);
	MUST(project_policy_set(hq.project, &(struct project_policies){DESCRIPTOR_KEEP, 100, false}, NOW_S, &err));
	cr_assert_eq(project_descriptor(hq.project)->number, 4);
	bytes_wipe(&newer);
	bytes_wipe(&wire);
}

/* --- a copy under another data key --- */

Test(project, copied_under_another_key_holds_all_of_its_keys_and_none_under_the_old)
{
	struct project *made = NULL, *copy = NULL;
	struct secret *key = NULL;
	struct vault *vault = NULL;
	const struct sealing_key *sealing = NULL, *sealing_before = NULL;
	MUST(create(&made, "new.db", "Dar'a 2018"));
	MUST(secret_new_random(&key, VAULT_KEY_BYTES, &err));
	MUST(vault_register(&vault, key, NULL, &err));
	const char *const path = cast_path(&hq.cast, "copy.db");
	MUST(project_copy(made, path, vault, key, &err));
	cr_assert_eq(project_copy(made, path, vault, key, &err), STATUS_REFUSED, "it is never written over a file");
	cr_assert_neq(project_open(&copy, path, vault, hq.cast.data_key, &err), STATUS_OK);
	cr_assert_neq(project_open(&copy, path, hq.cast.vault, hq.cast.data_key, &err), STATUS_OK);
	MUST(project_open(&copy, path, vault, key, &err));
	const struct key_id id = project_id(made), same = project_id(copy);
	cr_assert(key_id_equals(&id, &same));
	const struct key_public signing = signing_key_public(project_appointment_key(made));
	const struct key_public signing_again = signing_key_public(project_appointment_key(copy));
	cr_assert(span_equals(key_public_span(&signing), key_public_span(&signing_again)));
	MUST(project_sealing_key(made, 1, &sealing_before, &err));
	MUST(project_sealing_key(copy, 1, &sealing, &err));
	cr_assert(span_equals(sealing_key_seed(sealing), sealing_key_seed(sealing_before)));
	project_close(copy);
	project_close(made);
	vault_unregister(vault);
	secret_free(key);
}
