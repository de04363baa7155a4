#include "crypto/hash.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

static void expect_hex(const struct hash *hash, const char *hex)
{
	char text[2 * HASH_BYTES + 1];
	sodium_bin2hex(text, sizeof text, hash->bytes, HASH_BYTES);
	cr_assert_str_eq(text, hex);
}

Test(hash, of_abc_is_the_answer_of_fips_180_4)
{
	const struct hash hash = hash_of(span_from_text("abc"));
	expect_hex(&hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

Test(hash, of_nothing_is_the_answer_of_fips_180_4)
{
	const struct hash hash = hash_of((struct span){0});
	expect_hex(&hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

Test(hash, with_domain_is_the_hash_of_prefix_word_zero_and_parts)
{
	static const char whole[] = "sijil/1 test\0onetwo";
	const struct span parts[] = {span_from_text("one"), span_from_text("two")};
	const struct hash joined = hash_of((struct span){(const uint8_t *)whole, sizeof whole - 1});
	const struct hash hash = hash_with_domain("test", parts, 2);
	cr_assert(hash_equals(&hash, &joined));
}

Test(hash, of_one_part_differs_between_words)
{
	const struct span part = span_from_text("part");
	const struct hash one = hash_with_domain("log", &part, 1);
	const struct hash other = hash_with_domain("project", &part, 1);
	cr_assert_not(hash_equals(&one, &other));
}

Test(hash, is_zero_only_when_every_byte_is)
{
	struct hash hash = {0};
	cr_assert(hash_is_zero(&hash));
	for (size_t i = 0; i < HASH_BYTES; i++) {
		hash = (struct hash){0};
		hash.bytes[i] = 1;
		cr_assert_not(hash_is_zero(&hash));
	}
}

Test(hash, equals_looks_at_every_byte)
{
	const struct hash hash = hash_of(span_from_text("abc"));
	for (size_t i = 0; i < HASH_BYTES; i++) {
		struct hash other = hash;
		other.bytes[i] ^= 0x80;
		cr_assert_not(hash_equals(&hash, &other));
	}
	cr_assert(hash_equals(&hash, &hash));
	cr_assert_eq(hash_span(&hash).len, HASH_BYTES);
}
