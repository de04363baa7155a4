#include "sync/protocol.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static struct preface sample_preface(size_t devices)
{
	struct preface preface = {.descriptor = 3, .devices_len = devices};
	memset(preface.project.bytes, 7, KEY_ID_BYTES);
	for (size_t i = 0; i < devices; i++)
		memset(preface.devices[i].bytes, (int)i, KEY_ID_BYTES);
	return preface;
}

Test(protocol, reads_back_a_preface_with_none_and_with_all_devices)
{
	const size_t counts[] = {0, 1, 23, 24, PROTOCOL_DEVICES_MAX};
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		const struct preface preface = sample_preface(counts[i]);
		struct bytes out = {0};
		cr_assert_eq(protocol_write_preface(&out, &preface, NULL), STATUS_OK);
		struct protocol_item item;
		cr_assert_eq(protocol_read_item(&item, bytes_span(&out), NULL), STATUS_OK);
		cr_assert(!item.is_object && item.note == PROTOCOL_PREFACE);
		cr_assert_eq(item.preface.descriptor, 3);
		cr_assert_eq(item.preface.devices_len, counts[i]);
		cr_assert(key_id_equals(&item.preface.project, &preface.project));
		for (size_t k = 0; k < counts[i]; k++)
			cr_assert(key_id_equals(&item.preface.devices[k], &preface.devices[k]));
		bytes_wipe(&out);
	}
}

Test(protocol, reads_back_every_other_note)
{
	struct refusal refusal = {.reason = PROTOCOL_BAD_SIGNATURE};
	memset(refusal.wire.bytes, 0xab, HASH_BYTES);
	protocol_refusal_text(&refusal, "altered");
	const struct push_end push_end = {UINT64_MAX, 2, 3};
	const struct pull_end pull_end = {77, true};
	struct bytes out[3] = {{0}};
	cr_assert_eq(protocol_write_refusal(&out[0], &refusal, NULL), STATUS_OK);
	cr_assert_eq(protocol_write_push_end(&out[1], &push_end, NULL), STATUS_OK);
	cr_assert_eq(protocol_write_pull_end(&out[2], &pull_end, NULL), STATUS_OK);
	struct protocol_item item;
	cr_assert_eq(protocol_read_item(&item, bytes_span(&out[0]), NULL), STATUS_OK);
	cr_assert_eq(item.note, PROTOCOL_REFUSAL);
	cr_assert(hash_equals(&item.refusal.wire, &refusal.wire));
	cr_assert_eq(item.refusal.reason, PROTOCOL_BAD_SIGNATURE);
	cr_assert_str_eq(item.refusal.text, "altered");
	cr_assert_eq(protocol_read_item(&item, bytes_span(&out[1]), NULL), STATUS_OK);
	cr_assert_eq(item.note, PROTOCOL_PUSH_END);
	cr_assert_eq(item.push_end.accepted, UINT64_MAX);
	cr_assert_eq(item.push_end.had, 2);
	cr_assert_eq(item.push_end.refused, 3);
	cr_assert_eq(protocol_read_item(&item, bytes_span(&out[2]), NULL), STATUS_OK);
	cr_assert_eq(item.note, PROTOCOL_PULL_END);
	cr_assert_eq(item.pull_end.cursor, 77);
	cr_assert(item.pull_end.more);
	for (size_t i = 0; i < 3; i++)
		bytes_wipe(&out[i]);
}

Test(protocol, cuts_a_long_text_between_characters)
{
	char text[2 * PROTOCOL_REASON_TEXT_BYTES] = "x";
	for (size_t at = 1; at + 2 < sizeof text; at += 2)
		memcpy(text + at, "\xd8\xad", 3);
	struct refusal refusal = {.reason = PROTOCOL_MALFORMED};
	protocol_refusal_text(&refusal, text);
	cr_assert_eq(strlen(refusal.text), PROTOCOL_REASON_TEXT_BYTES - 1);
	protocol_refusal_text(&refusal, text + 1);
	cr_assert_eq(strlen(refusal.text), PROTOCOL_REASON_TEXT_BYTES - 2);
	struct bytes out = {0};
	cr_assert_eq(protocol_write_refusal(&out, &refusal, NULL), STATUS_OK);
	struct protocol_item item;
	cr_assert_eq(protocol_read_item(&item, bytes_span(&out), NULL), STATUS_OK);
	cr_assert_str_eq(item.refusal.text, refusal.text);
	bytes_wipe(&out);
}

struct vector {
	const char *name, *hex;
	enum status status;
	bool is_object;
	unsigned note;
};

#define ZEROS_16 "00000000000000000000000000000000"
#define ZEROS_32 ZEROS_16 ZEROS_16
#define LETTERS_16 "61616161616161616161616161616161"
#define LETTERS_64 LETTERS_16 LETTERS_16 LETTERS_16 LETTERS_16

/* PROTOCOL.md lists these under the same names. */
static const struct vector vectors[] = {
	{"good_preface", "850001" "50" ZEROS_16 "0080", STATUS_OK, false, 1},
	{"good_preface_one_device", "850001" "50" ZEROS_16 "1903e881" "50" ZEROS_16, STATUS_OK, false, 1},
	{"good_refusal", "850002" "5820" ZEROS_32 "03" "6161", STATUS_OK, false, 2},
	{"good_refusal_reason_to_come", "850002" "5820" ZEROS_32 "18c8" "60", STATUS_OK, false, 2},
	{"good_push_end", "850003010203", STATUS_OK, false, 3},
	{"good_pull_end", "8400040500", STATUS_OK, false, 4},
	{"good_note_to_come", "840018634101a10102", STATUS_OK, false, 99},
	{"good_object_is_left_to_its_parser", "8201d2", STATUS_OK, true, 0},
	{"fail_not_an_array", "00", STATUS_BAD_INPUT, false, 0},
	{"fail_empty_array", "80", STATUS_BAD_INPUT, false, 0},
	{"fail_note_missing", "8100", STATUS_BAD_INPUT, false, 0},
	{"fail_note_zero", "820000", STATUS_BAD_INPUT, false, 0},
	{"fail_note_too_great", "82001a00010000", STATUS_BAD_INPUT, false, 0},
	{"fail_missing_field", "8400030102", STATUS_BAD_INPUT, false, 0},
	{"fail_unknown_field", "86000301020304", STATUS_BAD_INPUT, false, 0},
	{"fail_trailing_bytes", "85000301020300", STATUS_BAD_INPUT, false, 0},
	{"fail_not_shortest", "8500031801" "0203", STATUS_BAD_INPUT, false, 0},
	{"fail_more_not_0_or_1", "8400040502", STATUS_BAD_INPUT, false, 0},
	{"fail_reason_zero", "850002" "5820" ZEROS_32 "00" "60", STATUS_BAD_INPUT, false, 0},
	{"fail_reason_too_great", "850002" "5820" ZEROS_32 "190100" "60", STATUS_BAD_INPUT, false, 0},
	{"fail_text_with_nul", "850002" "5820" ZEROS_32 "03" "6100", STATUS_BAD_INPUT, false, 0},
	{"fail_text_too_long", "850002" "5820" ZEROS_32 "03" "7880" LETTERS_64 LETTERS_64, STATUS_BAD_INPUT, false, 0},
	{"fail_project_too_short", "850001" "4f" "000000000000000000000000000000" "0080", STATUS_BAD_INPUT, false, 0},
	{"fail_device_too_short", "850001" "50" ZEROS_16 "00814100", STATUS_BAD_INPUT, false, 0},
};

Test(protocol, judges_every_vector_as_listed)
{
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		uint8_t bytes[256];
		size_t len = 0;
		const char *const hex = vectors[i].hex;
		cr_assert_eq(sodium_hex2bin(bytes, sizeof bytes, hex, strlen(hex), NULL, &len, NULL), 0);
		struct protocol_item item = {0};
		const enum status status = protocol_read_item(&item, (struct span){bytes, len}, NULL);
		cr_assert_eq(status, vectors[i].status, "%s", vectors[i].name);
		if (status != STATUS_OK)
			continue;
		cr_assert_eq(item.is_object, vectors[i].is_object, "%s", vectors[i].name);
		cr_assert_eq((unsigned)item.note, vectors[i].note, "%s", vectors[i].name);
	}
}

Test(protocol, refuses_a_preface_of_too_many_devices)
{
	struct preface preface = sample_preface(PROTOCOL_DEVICES_MAX);
	struct bytes out = {0};
	cr_assert_eq(protocol_write_preface(&out, &preface, NULL), STATUS_OK);
	/* 0x98 0x40, the array's head, stands after 3 + 17 + 1 bytes. */
	cr_assert_eq(out.data[22], PROTOCOL_DEVICES_MAX);
	out.data[22]++;
	uint8_t one[1 + KEY_ID_BYTES] = {0x50};
	cr_assert_eq(bytes_append(&out, (struct span){one, sizeof one}, NULL), STATUS_OK);
	struct protocol_item item;
	cr_assert_eq(protocol_read_item(&item, bytes_span(&out), NULL), STATUS_BAD_INPUT);
	preface.devices_len++;
	cr_assert_eq(protocol_write_preface(&out, &preface, NULL), STATUS_BUG);
	bytes_wipe(&out);
}

Test(protocol, refuses_a_note_cut_anywhere)
{
	const struct preface preface = sample_preface(2);
	struct bytes out = {0};
	cr_assert_eq(protocol_write_preface(&out, &preface, NULL), STATUS_OK);
	struct protocol_item item;
	for (size_t len = 0; len < out.len; len++)
		cr_assert_eq(protocol_read_item(&item, (struct span){out.data, len}, NULL), STATUS_BAD_INPUT);
	bytes_wipe(&out);
}
