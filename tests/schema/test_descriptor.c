#include "schema/descriptor.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/schema/payload_edits.h"
#include "tests/schema/small_project.h"
#include "tests/support/failing_malloc.h"

static struct small_project project;

static void start(void)
{
	small_project_init(&project);
}

static void stop(void)
{
	small_project_wipe(&project);
}

TestSuite(descriptor, .init = start, .fini = stop);

static enum status again(struct bytes *out, struct span in, struct error *err)
{
	struct descriptor back;
	const enum status status = descriptor_decode(&back, in, err);
	return status != STATUS_OK ? status : descriptor_encode(out, &back, err);
}

/* Every field, every list full. */
static struct descriptor full_descriptor(void)
{
	struct descriptor full = project.descriptor;
	full.number = 2;
	full.previous = (struct hash){{1}};
	full.retention = DESCRIPTOR_NEVER;
	full.point_metres = 5000;
	full.training = true;
	full.duress = true;
	full.relays_len = DESCRIPTOR_RELAYS;
	for (size_t i = 1; i < DESCRIPTOR_RELAYS; i++)
		full.relays[i] = full.relays[0];
	full.relays[3].addresses_len = DESCRIPTOR_ADDRESSES;
	for (size_t i = 0; i < DESCRIPTOR_ADDRESSES; i++)
		(void)snprintf(full.relays[3].addresses[i], DESCRIPTOR_ADDRESS_BYTES, "https://%0248zu", i);
	full.relays[2].certificate_len = DESCRIPTOR_CERTIFICATE_BYTES;
	full.gazetteers_len = DESCRIPTOR_GAZETTEERS;
	for (size_t i = 0; i < DESCRIPTOR_GAZETTEERS; i++) {
		(void)snprintf(full.gazetteers[i].name, DESCRIPTOR_NAME_BYTES, "دليل %zu", i);
		(void)snprintf(full.gazetteers[i].version, DESCRIPTOR_NAME_BYTES, "2018-%zu", i);
	}
	return full;
}

static struct payload_case full_case(void)
{
	struct error err = {0};
	struct payload_case one = {.name = "descriptor", .again = again};
	const struct descriptor full = full_descriptor();
	cr_assert_eq(descriptor_encode(&one.good, &full, &err), STATUS_OK, "%s", err.message);
	return one;
}

Test(descriptor, keeps_the_laws)
{
	struct payload_case one = full_case();
	const char *const rule = "previous";
	struct error err = {0};
	struct bytes out = {0};
	/* Absent in the first alone: the two fields are judged together. */
	struct bytes first = PAYLOAD_WITH(bytes_span(&one.good), 1, "\x01");
	cr_expect_eq(again(&out, bytes_span(&first), &err), STATUS_BAD_INPUT);
	cr_expect(names_rule(&err, rule), "%s", err.message);
	bytes_wipe(&first);
	bytes_wipe(&one.good);
	cr_assert_eq(descriptor_encode(&one.good, &project.descriptor, &err), STATUS_OK, "%s", err.message);
	struct bytes second = PAYLOAD_WITH(bytes_span(&one.good), 1, "\x02");
	cr_expect_eq(again(&out, bytes_span(&second), &err), STATUS_BAD_INPUT);
	cr_expect(names_rule(&err, rule), "%s", err.message);
	bytes_wipe(&second);
	payload_edits_check(&one);
}

Test(descriptor, comes_back_with_every_list_full)
{
	struct payload_case one = full_case();
	struct bytes out = {0};
	struct error err = {0};
	struct descriptor back;
	const struct descriptor full = full_descriptor();
	cr_assert_eq(again(&out, bytes_span(&one.good), &err), STATUS_OK, "%s", err.message);
	cr_assert(span_equals(bytes_span(&out), bytes_span(&one.good)));
	cr_assert_eq(descriptor_decode(&back, bytes_span(&out), NULL), STATUS_OK);
	cr_assert_eq(back.retention, DESCRIPTOR_NEVER);
	cr_assert_eq(back.point_metres, 5000);
	cr_assert(back.training);
	cr_assert(back.duress);
	cr_assert_eq(back.relays_len, DESCRIPTOR_RELAYS);
	cr_assert_str_eq(back.relays[3].addresses[7], full.relays[3].addresses[7]);
	cr_assert_eq(back.relays[2].certificate_len, DESCRIPTOR_CERTIFICATE_BYTES);
	cr_assert_str_eq(back.gazetteers[7].name, full.gazetteers[7].name);
	cr_assert_str_eq(back.gazetteers[7].version, full.gazetteers[7].version);
	bytes_wipe(&out);
	bytes_wipe(&one.good);
}

static void expect_refused(struct span payload, uint64_t key, const char *value, size_t value_len, const char *rule)
{
	struct bytes edited = payload_with(payload, key, value, value_len), out = {0};
	struct error err = {0};
	cr_expect_eq(again(&out, bytes_span(&edited), &err), STATUS_BAD_INPUT, "key %u", (unsigned)key);
	cr_expect(names_rule(&err, rule), "key %u: '%s' is not %s", (unsigned)key, err.message, rule);
	bytes_wipe(&edited);
}
#define EXPECT_REFUSED(key, literal, rule) \
	expect_refused(bytes_span(&one.good), (key), (literal), sizeof(literal) - 1, (rule))

Test(descriptor, refuses_lists_that_are_longer_or_stranger_than_the_format)
{
	struct payload_case one = full_case();
	EXPECT_REFUSED(7, "\x85\x01\x01\x01\x01\x01", "out_of_range");
	EXPECT_REFUSED(7, "\x81\xa0", "missing_field");
	EXPECT_REFUSED(7, "\x81\xa1\x01\x80", "out_of_range");
	EXPECT_REFUSED(7, "\x81\xa1\x01\x81\x60", "out_of_range");
	EXPECT_REFUSED(7, "\x81\xa1\x01\x81\x63\x61\x20\x62", "out_of_range");
	EXPECT_REFUSED(7, "\x81\xa1\x05\x01", "unknown_field");
	EXPECT_REFUSED(8, "\xa1\x01\x04", "out_of_range");
	EXPECT_REFUSED(8, "\xa1\x01\x01", "out_of_range"); /* the usual is left out */
	EXPECT_REFUSED(8, "\xa1\x02\x19\x03\xe8", "out_of_range");
	EXPECT_REFUSED(8, "\xa1\x02\x00", "out_of_range");
	EXPECT_REFUSED(8, "\xa1\x03\x02", "out_of_range");
	EXPECT_REFUSED(8, "\xa1\x04\x02", "out_of_range");
	EXPECT_REFUSED(8, "\xa1\x04\x00", "out_of_range");
	EXPECT_REFUSED(8, "\xa1\x05\x01", "unknown_field");
	EXPECT_REFUSED(9, "\x81\x81\x61\x61", "missing_field");
	EXPECT_REFUSED(9, "\x81\x82\x61\x61\x60", "out_of_range");
	EXPECT_REFUSED(9, "\x89\x01\x01\x01\x01\x01\x01\x01\x01\x01", "out_of_range");
	EXPECT_REFUSED(6, "\x60", "out_of_range");
	bytes_wipe(&one.good);
}

Test(descriptor, refuses_to_write_what_it_would_not_read)
{
	struct bytes out = {0};
	struct descriptor wrong = project.descriptor;
	wrong.relays_len = DESCRIPTOR_RELAYS + 1;
	cr_expect_eq(descriptor_encode(&out, &wrong, NULL), STATUS_BAD_INPUT);
	wrong = project.descriptor;
	wrong.relays[0].addresses_len = 0;
	cr_expect_eq(descriptor_encode(&out, &wrong, NULL), STATUS_BAD_INPUT);
	wrong = project.descriptor;
	wrong.relays[0].certificate_len = 0;
	cr_expect_eq(descriptor_encode(&out, &wrong, NULL), STATUS_BAD_INPUT);
	wrong = project.descriptor;
	wrong.retention = (enum descriptor_retention)4;
	cr_expect_eq(descriptor_encode(&out, &wrong, NULL), STATUS_BAD_INPUT);
	wrong = project.descriptor;
	wrong.name[0] = '\0';
	cr_expect_eq(descriptor_encode(&out, &wrong, NULL), STATUS_BAD_INPUT);
	wrong = project.descriptor;
	wrong.gazetteers_len = 1;
	cr_expect_eq(descriptor_encode(&out, &wrong, NULL), STATUS_BAD_INPUT);
	cr_expect_eq(out.len, 0);
	bytes_wipe(&out);
}

Test(descriptor, opens_under_the_root_that_it_names)
{
	struct descriptor opened;
	struct key_id id;
	struct hash name;
	struct error err = {0};
	cr_assert_eq(descriptor_open(&opened, &id, &name, bytes_span(&project.file.descriptor), &err), STATUS_OK, "%s",
	             err.message);
	cr_assert(key_id_equals(&id, &project.id));
	cr_assert_str_eq(opened.name, "Dar'a 2018");
	const struct hash cose = hash_of(bytes_span(&project.file.descriptor));
	cr_assert(hash_equals(&name, &cose));
}

Test(descriptor, refuses_one_flipped_bit)
{
	struct bytes *const cose = &project.file.descriptor;
	for (size_t i = 0; i < cose->len; i++)
		for (int bit = 0; bit < 8; bit++) {
			struct descriptor opened;
			struct key_id id;
			struct hash name;
			cose->data[i] ^= (uint8_t)(1 << bit);
			cr_expect_neq(descriptor_open(&opened, &id, &name, bytes_span(cose), NULL), STATUS_OK, "byte %zu", i);
			cose->data[i] ^= (uint8_t)(1 << bit);
		}
}

/* --- the card --- */

Test(descriptor, card_comes_back_as_it_went)
{
	const struct relay_card card = small_project_card(&project);
	struct relay_card back;
	struct bytes text = {0};
	struct error err = {0};
	cr_assert_eq(descriptor_card_format(&text, &card, project.receipt_key, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(memcmp(text.data, DESCRIPTOR_CARD_PREFIX, strlen(DESCRIPTOR_CARD_PREFIX)), 0);
	cr_assert_eq(descriptor_card_parse(&back, bytes_span(&text), &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(back.addresses_len, 1);
	cr_assert_str_eq(back.addresses[0], card.addresses[0]);
	cr_assert(span_equals(key_public_span(&back.receipt_key), key_public_span(&card.receipt_key)));
	cr_assert_eq(back.certificate_len, card.certificate_len);
	cr_assert_eq(memcmp(back.certificate, card.certificate, card.certificate_len), 0);
	cr_assert(hash_equals(&back.pin, &card.pin));
	bytes_wipe(&text);
}

Test(descriptor, card_refuses_each_changed_character)
{
	const struct relay_card card = small_project_card(&project);
	struct bytes text = {0};
	cr_assert_eq(descriptor_card_format(&text, &card, project.receipt_key, NULL), STATUS_OK);
	for (size_t i = 0; i < text.len; i++) {
		struct relay_card back = {.addresses_len = 77};
		const uint8_t was = text.data[i];
		text.data[i] = was == 'A' ? 'B' : 'A';
		cr_expect_neq(descriptor_card_parse(&back, bytes_span(&text), NULL), STATUS_OK, "character %zu", i);
		cr_expect_eq(back.addresses_len, 77);
		text.data[i] = was;
		cr_expect_neq(descriptor_card_parse(&back, (struct span){text.data, i}, NULL), STATUS_OK, "cut at %zu", i);
	}
	bytes_wipe(&text);
}

Test(descriptor, card_is_signed_by_the_key_that_it_names)
{
	const struct relay_card card = small_project_card(&project);
	struct bytes text = {0};
	cr_assert_eq(descriptor_card_format(&text, &card, project.root_key, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(text.len, 0);
}

Test(descriptor, any_failing_allocation_leaves_nothing_behind)
{
	const struct relay_card card = small_project_card(&project);
	bool failed = true;
	for (size_t n = 1; failed; n++) {
		struct descriptor opened = {.number = 77};
		struct key_id id;
		struct hash name;
		failing_malloc_at(n);
		const enum status status = descriptor_open(&opened, &id, &name, bytes_span(&project.file.descriptor), NULL);
		failed = failing_malloc_ended();
		cr_expect_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK, "allocation %zu", n);
		cr_expect_eq(opened.number, failed ? 77 : 1);
	}
	failed = true;
	for (size_t n = 1; failed; n++) {
		struct bytes text = {0};
		struct relay_card back = {.addresses_len = 77};
		failing_malloc_at(n);
		enum status status = descriptor_card_format(&text, &card, project.receipt_key, NULL);
		if (status == STATUS_OK)
			status = descriptor_card_parse(&back, bytes_span(&text), NULL);
		failed = failing_malloc_ended();
		cr_expect_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK, "allocation %zu", n);
		cr_expect_eq(back.addresses_len, failed ? 77 : 1);
		bytes_wipe(&text);
	}
}
