#include "crypto/keyfile.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/file.h"

/* Offsets as FORMAT.md draws them, apart from the code under test. */
enum {
	AT_VERSION = 8,
	AT_PASSES = 12,
	AT_MEMORY = 16,
	AT_GENERATION = 24,
	AT_NAME = 32,
	AT_SALT = 48,
	AT_CHECK = 64,
	AT_SLOTS = 128,
	SLOT_BYTES = 128,
	AT_PRIVATE = 3840,
	NONCE_BYTES = 24,
	SLOT_CONTENT_BYTES = 88,
	PRIVATE_CONTENT_BYTES = 216,
};

static char folder[] = "/tmp/sijil-test-keyfile-XXXXXX";
static struct secret *passphrase;
static struct secret *wrong;
static struct keyfile *made; /* new, passphrase in slot 0 */

static struct secret *secret_of(const char *text)
{
	struct secret *secret = NULL;
	cr_assert_eq(secret_new_copy(&secret, span_from_text(text), NULL), STATUS_OK);
	return secret;
}

static void start(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
	passphrase = secret_of("lusab-babad-gutih-tugad");
	wrong = secret_of("lusab-babad-gutih-tugas");
	cr_assert_eq(keyfile_new(&made, passphrase, stretch_costs_minimum(), NULL), STATUS_OK);
}

static void stop(void)
{
	secret_free(passphrase);
	secret_free(wrong);
	keyfile_free(made);
	(void)unlink("key");
	cr_assert_eq(chdir("/"), 0);
	(void)rmdir(folder);
}

TestSuite(keyfile, .init = start, .fini = stop);

static void image_of(const struct keyfile *file, uint8_t image[KEYFILE_BYTES])
{
	struct bytes content = {0};
	cr_assert_eq(keyfile_save(file, "key", false, NULL), STATUS_OK);
	cr_assert_eq(file_read(&content, "key", KEYFILE_BYTES, NULL), STATUS_OK);
	cr_assert_eq(content.len, KEYFILE_BYTES);
	memcpy(image, content.data, KEYFILE_BYTES);
	bytes_wipe(&content);
}

static struct keyfile *parsed(const uint8_t image[KEYFILE_BYTES])
{
	struct keyfile *file = NULL;
	cr_assert_eq(keyfile_parse(&file, (struct span){image, KEYFILE_BYTES}, NULL), STATUS_OK);
	return file;
}

static enum status parse_status(const uint8_t *image, size_t len, struct error *err)
{
	struct keyfile *file = NULL;
	const enum status status = keyfile_parse(&file, (struct span){image, len}, err);
	cr_assert(status == STATUS_OK || file == NULL);
	keyfile_free(file);
	return status;
}

static bool holds(const uint8_t image[KEYFILE_BYTES], struct span what)
{
	return memmem(image, KEYFILE_BYTES, what.data, what.len) != NULL;
}

Test(keyfile, saved_and_loaded_opens_with_its_passphrase_to_the_same_data_key)
{
	struct keyfile *file = NULL;
	cr_assert_eq(keyfile_save(made, "key", true, NULL), STATUS_OK);
	cr_assert_eq(keyfile_load(&file, "key", NULL), STATUS_OK);
	cr_assert_null(keyfile_data_key(file));
	cr_assert_eq(keyfile_generation(file), 1);
	cr_assert_eq(keyfile_name(file).len, 16);
	cr_assert(span_equals(keyfile_name(file), keyfile_name(made)));
	cr_assert_eq(keyfile_unlock(file, passphrase, NULL), STATUS_OK);
	cr_assert_eq(keyfile_data_key(file)->len, KEYFILE_DATA_KEY_BYTES);
	cr_assert(span_equals(secret_span(keyfile_data_key(file)), secret_span(keyfile_data_key(made))));
	keyfile_free(file);
}

Test(keyfile, a_wrong_passphrase_says_so_and_changes_nothing)
{
	uint8_t image[KEYFILE_BYTES];
	struct error err = {0};
	image_of(made, image);
	struct keyfile *const file = parsed(image);
	cr_assert_eq(keyfile_unlock(file, wrong, &err), STATUS_LOCKED);
	cr_assert_str_eq(err.message, "wrong passphrase");
	cr_assert_str_not_empty(err.hint);
	cr_assert_null(keyfile_data_key(file));
	cr_assert_eq(keyfile_unlock(made, wrong, NULL), STATUS_LOCKED);
	cr_assert_not_null(keyfile_data_key(made), "a wrong passphrase locked an open file");
	keyfile_free(file);
}

Test(keyfile, two_new_ones_share_nothing)
{
	struct keyfile *other = NULL;
	uint8_t image[KEYFILE_BYTES];
	cr_assert_eq(keyfile_new(&other, passphrase, stretch_costs_minimum(), NULL), STATUS_OK);
	image_of(made, image);
	cr_assert_not(span_equals(keyfile_name(made), keyfile_name(other)));
	cr_assert_not(span_equals(secret_span(keyfile_data_key(made)), secret_span(keyfile_data_key(other))));
	struct keyfile *const file = parsed(image);
	cr_assert_eq(keyfile_unlock_with_key(file, keyfile_data_key(other), NULL), STATUS_LOCKED);
	keyfile_free(other);
	keyfile_free(file);
}

/* Opens slot and private part with bare libsodium, as FORMAT.md says. */
Test(keyfile, bytes_are_as_the_format_draws_them)
{
	uint8_t image[KEYFILE_BYTES], slot_key[32], content[SLOT_CONTENT_BYTES], subkey[32], check[16];
	uint8_t part[PRIVATE_CONTENT_BYTES], label[13 + 1 + 16] = "sijil/1 slot";
	const struct keyfile_floor floor = {0x0102030405060708, {{9, 8, 7}}};
	keyfile_floor_set(made, &floor);
	image_of(made, image);

	cr_assert_eq(memcmp(image, "sijilkey\x01\0\0\0\x03\0\0\0\0\0\0\x04\0\0\0\0\x01\0\0\0\0\0\0\0", 32), 0);
	cr_assert_eq(crypto_pwhash(slot_key, 32, (const char *)passphrase->data, passphrase->len, image + AT_SALT, 3,
	                           64u << 20, crypto_pwhash_ALG_ARGON2ID13), 0);
	memcpy(label + 14, image + AT_NAME, 16);
	cr_assert_eq(crypto_aead_xchacha20poly1305_ietf_decrypt(content, NULL, NULL, image + AT_SLOTS + NONCE_BYTES,
	                                                        SLOT_BYTES - NONCE_BYTES, label, sizeof label,
	                                                        image + AT_SLOTS, slot_key), 0);
	cr_assert_eq(memcmp(content, keyfile_data_key(made)->data, 32), 0);
	cr_assert_eq(content[32], 1);
	cr_assert(sodium_is_zero(content + 33, 55));

	(void)crypto_kdf_derive_from_key(check, 16, 2, "sijilkey", content);
	cr_assert_eq(memcmp(check, image + AT_CHECK, 16), 0);
	(void)crypto_kdf_derive_from_key(subkey, 32, 1, "sijilkey", content);
	cr_assert_eq(crypto_aead_xchacha20poly1305_ietf_decrypt(part, NULL, NULL, image + AT_PRIVATE + NONCE_BYTES, 232,
	                                                        image, AT_PRIVATE, image + AT_PRIVATE, subkey), 0);
	cr_assert_eq(memcmp(part, "\x08\x07\x06\x05\x04\x03\x02\x01\x09\x08\x07", 11), 0);
	cr_assert_eq(memcmp(part + 40, "\x01\0\0\0\0\0\0\0", 8), 0);
	cr_assert(sodium_is_zero(part + 48, sizeof part - 48));
}

Test(keyfile, each_flipped_byte_is_found)
{
	uint8_t image[KEYFILE_BYTES];
	image_of(made, image);
	for (size_t i = 0; i < sizeof image; i++) {
		const uint8_t flip = (uint8_t)(1u << i % 8);
		struct keyfile *file = NULL;
		image[i] ^= flip;
		enum status status = keyfile_parse(&file, (struct span){image, sizeof image}, NULL);
		if (status == STATUS_OK)
			status = keyfile_unlock_with_key(file, keyfile_data_key(made), NULL);
		cr_assert_neq(status, STATUS_OK, "byte %zu", i);
		if (i >= AT_SLOTS || (i >= AT_NAME && i < AT_CHECK))
			cr_assert_eq(status, STATUS_TAMPERED, "byte %zu", i);
		cr_assert(file == NULL || keyfile_data_key(file) == NULL, "byte %zu", i);
		keyfile_free(file);
		image[i] ^= flip;
	}
	struct keyfile *const whole = parsed(image);
	cr_assert_eq(keyfile_unlock_with_key(whole, keyfile_data_key(made), NULL), STATUS_OK);
	keyfile_free(whole);
}

Test(keyfile, each_other_length_is_corrupt)
{
	static uint8_t image[KEYFILE_BYTES * 2];
	image_of(made, image);
	for (size_t len = 0; len < KEYFILE_BYTES; len++)
		cr_assert_eq(parse_status(image, len, NULL), STATUS_CORRUPT, "length %zu", len);
	cr_assert_eq(parse_status(image, KEYFILE_BYTES, NULL), STATUS_OK);
	cr_assert_eq(parse_status(image, KEYFILE_BYTES + 1, NULL), STATUS_CORRUPT);
	cr_assert_eq(parse_status(image, sizeof image, NULL), STATUS_CORRUPT);
}

Test(keyfile, a_newer_version_is_named_whatever_its_length)
{
	static uint8_t image[KEYFILE_BYTES * 2];
	const size_t lengths[] = {AT_PASSES, 100, KEYFILE_BYTES, sizeof image};
	image_of(made, image);
	image[AT_VERSION] = 2;
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct error err = {0};
		cr_assert_eq(parse_status(image, lengths[i], &err), STATUS_REFUSED);
		cr_assert_not_null(strstr(err.message, "newer sijil"));
	}
	image[AT_VERSION] = 0;
	cr_assert_eq(parse_status(image, KEYFILE_BYTES, NULL), STATUS_CORRUPT);
}

struct cost_case {
	uint32_t passes;
	uint64_t memory;
	enum status expected;
};

Test(keyfile, costs_are_bounded_before_they_are_paid)
{
	static const struct cost_case cases[] = {
		{3, 64ull << 20, STATUS_OK},
		{16, 256ull << 20, STATUS_OK},
		{2, 64ull << 20, STATUS_CORRUPT},
		{0, 64ull << 20, STATUS_CORRUPT},
		{17, 64ull << 20, STATUS_CORRUPT},
		{UINT32_MAX, 64ull << 20, STATUS_CORRUPT},
		{3, (64ull << 20) - 1024, STATUS_CORRUPT},
		{3, (64ull << 20) + 1, STATUS_CORRUPT},
		{3, (256ull << 20) + 1024, STATUS_CORRUPT},
		{3, 0, STATUS_CORRUPT},
		{3, UINT64_MAX, STATUS_CORRUPT},
		{3, (1ull << 32) + (64ull << 20), STATUS_CORRUPT},
	};
	uint8_t image[KEYFILE_BYTES];
	image_of(made, image);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		for (unsigned b = 0; b < 4; b++)
			image[AT_PASSES + b] = (uint8_t)(cases[i].passes >> 8 * b);
		for (unsigned b = 0; b < 8; b++)
			image[AT_MEMORY + b] = (uint8_t)(cases[i].memory >> 8 * b);
		cr_assert_eq(parse_status(image, sizeof image, NULL), cases[i].expected, "case %zu", i);
	}
}

Test(keyfile, generation_zero_is_corrupt)
{
	uint8_t image[KEYFILE_BYTES];
	image_of(made, image);
	memset(image + AT_GENERATION, 0, 8);
	cr_assert_eq(parse_status(image, sizeof image, NULL), STATUS_CORRUPT);
}

Test(keyfile, tampering_elsewhere_is_named_to_who_has_the_passphrase)
{
	uint8_t image[KEYFILE_BYTES];
	struct error err = {0};
	image_of(made, image);
	image[AT_SLOTS + 5 * SLOT_BYTES] ^= 1;
	struct keyfile *const file = parsed(image);
	cr_assert_eq(keyfile_unlock(file, passphrase, &err), STATUS_TAMPERED);
	cr_assert_not_null(strstr(err.message, "altered"));
	cr_assert_str_not_empty(err.hint);
	cr_assert_null(keyfile_data_key(file));
	keyfile_free(file);
}

Test(keyfile, a_slot_moved_to_another_place_does_not_open)
{
	uint8_t image[KEYFILE_BYTES];
	image_of(made, image);
	memcpy(image + AT_SLOTS + SLOT_BYTES, image + AT_SLOTS, SLOT_BYTES);
	memset(image + AT_SLOTS, 0, SLOT_BYTES);
	struct keyfile *const file = parsed(image);
	cr_assert_eq(keyfile_unlock(file, passphrase, NULL), STATUS_LOCKED);
	keyfile_free(file);
}

Test(keyfile, a_slot_of_a_kind_to_come_is_refused)
{
	uint8_t image[KEYFILE_BYTES], content[SLOT_CONTENT_BYTES] = {0}, label[30] = "sijil/1 slot";
	const struct stretch_costs costs = stretch_costs_minimum();
	struct secret *slot_key = NULL;
	struct error err = {0};
	image_of(made, image);
	cr_assert_eq(stretch_key(&slot_key, secret_span(passphrase), image + AT_SALT, &costs, NULL), STATUS_OK);
	content[32] = 4;
	memcpy(label + 14, image + AT_NAME, 16);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(image + AT_SLOTS + NONCE_BYTES, NULL, content, sizeof content,
	                                                 label, sizeof label, NULL, image + AT_SLOTS, slot_key->data);
	struct keyfile *const file = parsed(image);
	cr_assert_eq(keyfile_unlock(file, passphrase, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "newer sijil"));
	cr_assert_null(keyfile_data_key(file));
	secret_free(slot_key);
	keyfile_free(file);
}

Test(keyfile, another_passphrase_opens_it_and_a_cleared_one_no_more)
{
	uint8_t image[KEYFILE_BYTES];
	cr_assert_eq(keyfile_slot_set(made, 7, KEYFILE_SLOT_PASSPHRASE, wrong, NULL), STATUS_OK);
	cr_assert(keyfile_slot_in_use(made, 0));
	cr_assert(keyfile_slot_in_use(made, 7));
	cr_assert_not(keyfile_slot_in_use(made, 3));
	image_of(made, image);
	struct keyfile *file = parsed(image);
	cr_assert_not(keyfile_slot_in_use(file, 7), "a locked file shows its slots");
	cr_assert_eq(keyfile_unlock(file, wrong, NULL), STATUS_OK);
	cr_assert(span_equals(secret_span(keyfile_data_key(file)), secret_span(keyfile_data_key(made))));
	cr_assert(keyfile_slot_in_use(file, 7));
	cr_assert_eq(keyfile_slot_clear(file, 0, NULL), STATUS_OK);
	image_of(file, image);
	keyfile_free(file);
	file = parsed(image);
	cr_assert_eq(keyfile_unlock(file, passphrase, NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_unlock(file, wrong, NULL), STATUS_OK);
	cr_assert_not(keyfile_slot_in_use(file, 0));
	keyfile_free(file);
}

Test(keyfile, a_slot_set_anew_forgets_the_old_passphrase)
{
	cr_assert_eq(keyfile_slot_set(made, 0, KEYFILE_SLOT_PASSPHRASE, wrong, NULL), STATUS_OK);
	cr_assert_eq(keyfile_unlock(made, passphrase, NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_unlock(made, wrong, NULL), STATUS_OK);
}

Test(keyfile, slots_that_cannot_be_changed_are_refused)
{
	uint8_t image[KEYFILE_BYTES];
	struct secret *empty = NULL, *endless = NULL;
	cr_assert_eq(secret_new(&empty, 1, NULL), STATUS_OK);
	cr_assert_eq(secret_new_random(&endless, STRETCH_TEXT_MAX_BYTES + 1, NULL), STATUS_OK);
	cr_assert_eq(keyfile_slot_clear(made, 0, NULL), STATUS_REFUSED);
	cr_assert_eq(keyfile_slot_clear(made, 1, NULL), STATUS_NOT_FOUND);
	cr_assert_eq(keyfile_slot_clear(made, KEYFILE_SLOTS, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(keyfile_slot_set(made, KEYFILE_SLOTS, KEYFILE_SLOT_PASSPHRASE, wrong, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(keyfile_slot_set(made, 1, KEYFILE_SLOT_PASSPHRASE, empty, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(keyfile_slot_set(made, 1, KEYFILE_SLOT_PASSPHRASE, endless, NULL), STATUS_BAD_INPUT);
	cr_assert_not(keyfile_slot_in_use(made, 1));
	image_of(made, image);
	struct keyfile *const locked = parsed(image);
	cr_assert_eq(keyfile_slot_set(locked, 1, KEYFILE_SLOT_PASSPHRASE, wrong, NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_slot_clear(locked, 0, NULL), STATUS_LOCKED);
	keyfile_free(locked);
	secret_free(empty);
	secret_free(endless);
}

Test(keyfile, shows_neither_key_nor_floor_nor_which_slots_are_used)
{
	uint8_t image[KEYFILE_BYTES];
	struct keyfile_floor floor = {41, {{0}}};
	memset(floor.id.bytes, 0xAB, sizeof floor.id.bytes);
	keyfile_floor_set(made, &floor);
	image_of(made, image);
	cr_assert_not(holds(image, secret_span(keyfile_data_key(made))));
	cr_assert_not(holds(image, secret_span(passphrase)));
	cr_assert_not(holds(image, hash_span(&floor.id)));
	for (size_t at = AT_SLOTS; at < sizeof image; at += 32)
		cr_assert_not(sodium_is_zero(image + at, 32), "32 bytes at %zu are empty", at);
}

Test(keyfile, floor_survives_and_is_zero_while_locked)
{
	uint8_t image[KEYFILE_BYTES];
	const struct keyfile_floor floor = {4294967295, {{1, 2, 3}}};
	cr_assert_eq(keyfile_floor_get(made).number, 0);
	cr_assert(hash_is_zero(&(struct hash){{0}}));
	keyfile_floor_set(made, &floor);
	image_of(made, image);
	struct keyfile *const file = parsed(image);
	cr_assert_eq(keyfile_floor_get(file).number, 0);
	cr_assert_eq(keyfile_unlock_with_key(file, keyfile_data_key(made), NULL), STATUS_OK);
	const struct keyfile_floor found = keyfile_floor_get(file);
	cr_assert_eq(found.number, 4294967295);
	cr_assert(hash_equals(&found.id, &floor.id));
	cr_assert(keyfile_slot_in_use(file, 0));
	keyfile_free(file);
}

Test(keyfile, no_two_saves_after_a_change_share_a_nonce)
{
	uint8_t before[KEYFILE_BYTES], after[KEYFILE_BYTES];
	const struct keyfile_floor floor = {1, {{1}}};
	image_of(made, before);
	keyfile_floor_set(made, &floor);
	image_of(made, after);
	cr_assert_neq(memcmp(before + AT_PRIVATE, after + AT_PRIVATE, NONCE_BYTES), 0);
	cr_assert_eq(memcmp(before, after, AT_PRIVATE), 0);
}

Test(keyfile, what_a_later_program_put_into_the_room_is_kept)
{
	uint8_t image[KEYFILE_BYTES], again[KEYFILE_BYTES];
	uint8_t subkey[32], part[PRIVATE_CONTENT_BYTES];
	image_of(made, image);
	(void)crypto_kdf_derive_from_key(subkey, 32, 1, "sijilkey", keyfile_data_key(made)->data);
	cr_assert_eq(crypto_aead_xchacha20poly1305_ietf_decrypt(part, NULL, NULL, image + AT_PRIVATE + NONCE_BYTES, 232,
	                                                        image, AT_PRIVATE, image + AT_PRIVATE, subkey), 0);
	memset(part + 48, 7, sizeof part - 48);
	memset(image + 80, 7, 48);
	memset(image + 1152, 7, 2688);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(image + AT_PRIVATE + NONCE_BYTES, NULL, part, sizeof part, image,
	                                                 AT_PRIVATE, NULL, image + AT_PRIVATE, subkey);
	struct keyfile *const file = parsed(image);
	cr_assert_eq(keyfile_unlock_with_key(file, keyfile_data_key(made), NULL), STATUS_OK);
	const struct keyfile_floor floor = {5, {{5}}};
	keyfile_floor_set(file, &floor);
	image_of(file, again);
	cr_assert_eq(memcmp(image, again, AT_PRIVATE), 0);
	cr_assert_eq(crypto_aead_xchacha20poly1305_ietf_decrypt(part, NULL, NULL, again + AT_PRIVATE + NONCE_BYTES, 232,
	                                                        again, AT_PRIVATE, again + AT_PRIVATE, subkey), 0);
	for (size_t i = 48; i < sizeof part; i++)
		cr_assert_eq(part[i], 7);
	keyfile_free(file);
}

Test(keyfile, saving_needs_it_open_and_creating_needs_the_name_free)
{
	uint8_t image[KEYFILE_BYTES];
	struct error err = {0};
	image_of(made, image);
	struct keyfile *const locked = parsed(image);
	cr_assert_eq(keyfile_save(locked, "key", false, NULL), STATUS_LOCKED);
	cr_assert_eq(keyfile_save(made, "key", true, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "\"key\""));
	keyfile_free(locked);
}

Test(keyfile, loading_says_what_is_wrong_with_the_file)
{
	static const uint8_t endless[KEYFILE_BYTES * 16 + 1] = "sijilkey";
	struct keyfile *file = NULL;
	struct error err = {0};
	cr_assert_eq(keyfile_load(&file, "absent", &err), STATUS_NOT_FOUND);
	cr_assert_not_null(strstr(err.message, "\"absent\""));
	cr_assert_eq(file_write("key", (struct span){NULL, 0}, true, NULL), STATUS_OK);
	cr_assert_eq(keyfile_load(&file, "key", &err), STATUS_CORRUPT);
	cr_assert_str_not_empty(err.hint);
	cr_assert_eq(file_write("key", (struct span){endless, sizeof endless}, true, NULL), STATUS_OK);
	cr_assert_eq(keyfile_load(&file, "key", NULL), STATUS_CORRUPT);
	cr_assert_null(file);
}

Test(keyfile, a_key_of_another_length_is_not_its_key)
{
	uint8_t image[KEYFILE_BYTES];
	struct secret *none = NULL;
	struct error err = {0};
	image_of(made, image);
	struct keyfile *const file = parsed(image);
	cr_assert_eq(secret_new(&none, 32, NULL), STATUS_OK);
	cr_assert_eq(keyfile_unlock_with_key(file, none, &err), STATUS_LOCKED);
	cr_assert_str_not_empty(err.message);
	cr_assert_eq(keyfile_unlock_with_key(file, wrong, NULL), STATUS_LOCKED);
	secret_free(none);
	keyfile_free(file);
}

Test(keyfile, a_new_one_with_bad_costs_or_no_passphrase_is_bad_input)
{
	struct keyfile *file = NULL;
	struct secret *empty = NULL;
	cr_assert_eq(secret_new(&empty, 1, NULL), STATUS_OK);
	cr_assert_eq(keyfile_new(&file, passphrase, (struct stretch_costs){1024, 3}, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(keyfile_new(&file, passphrase, (struct stretch_costs){64ull << 20, 2}, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(keyfile_new(&file, empty, stretch_costs_minimum(), NULL), STATUS_BAD_INPUT);
	cr_assert_null(file);
	secret_free(empty);
	keyfile_free(NULL);
}

static bool is_blank(int file)
{
	uint8_t there[KEYFILE_BYTES];
	cr_assert_eq(pread(file, there, sizeof there, 0), (ssize_t)sizeof there);
	return sodium_is_zero(there, sizeof there);
}

Test(keyfile, one_that_was_replaced_is_overwritten)
{
	struct keyfile *file = NULL;
	cr_assert_eq(keyfile_save(made, "key", true, NULL), STATUS_OK);
	const int old = open("key", O_RDONLY | O_CLOEXEC);
	cr_assert_geq(old, 0);
	cr_assert_not(is_blank(old));
	cr_assert_eq(keyfile_save(made, "key", false, NULL), STATUS_OK);
	cr_assert(is_blank(old), "what it was on the disk would open as it did");
	cr_assert_eq(keyfile_load(&file, "key", NULL), STATUS_OK);
	cr_assert_eq(keyfile_unlock(file, passphrase, NULL), STATUS_OK);
	keyfile_free(file);
	(void)close(old);
}

Test(keyfile, a_copy_by_another_name_stays)
{
	struct keyfile *file = NULL;
	cr_assert_eq(keyfile_save(made, "key", true, NULL), STATUS_OK);
	cr_assert_eq(link("key", "copy"), 0);
	cr_assert_eq(keyfile_save(made, "key", false, NULL), STATUS_OK);
	cr_assert_eq(keyfile_load(&file, "copy", NULL), STATUS_OK);
	keyfile_free(file);
	cr_assert_eq(unlink("copy"), 0);
}
