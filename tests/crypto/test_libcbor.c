/* crypto/cbor.h and cbor.h both have an enum cbor_type: ours stays behind
 * vector_judge_cbor here.
 *
 * Everything we accept is CBOR to an implementation that is not ours, and means
 * the same: libcbor reads it and writes the same bytes. (The reverse does not
 * hold: libcbor accepts longer forms and unsorted keys.) */
#include "tests/crypto/vector_file.h"

#include <cbor.h>
#include <criterion/criterion.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_18 = 0xd2 };

/* Whether the first item, once read, is written as the bytes it was read from.
 * libcbor 0.8 refuses to read tags 6 to 20: the item behind such a tag is taken. */
static bool libcbor_writes_back(struct span in)
{
	struct cbor_load_result result;
	cbor_item_t *item = cbor_load(in.data, in.len, &result);
	const bool whole = item != NULL;
	while (item == NULL && result.error.position < in.len && in.data[result.error.position] == TAG_18) {
		in.data += result.error.position + 1;
		in.len -= result.error.position + 1;
		item = cbor_load(in.data, in.len, &result);
	}
	if (item == NULL)
		return false;
	unsigned char *written = NULL;
	size_t capacity = 0;
	const size_t len = cbor_serialize_alloc(item, &written, &capacity);
	const bool same = (!whole || result.read == in.len) &&
	                  span_equals((struct span){written, len}, (struct span){in.data, result.read});
	free(written);
	cbor_decref(&item);
	return same;
}

static void see_cbor(const struct vector *vector)
{
	if (strcmp(vector->verdict, "good") == 0)
		cr_expect(libcbor_writes_back(bytes_span(&vector->bytes)), "%s", vector->label);
}

Test(libcbor, writes_our_vectors_back_the_same)
{
	cr_assert_gt(vector_file_each("cbor.txt", see_cbor), 100);
	cr_assert_gt(vector_file_each("object.txt", see_cbor), 70);
}

/* Random bytes are seldom CBOR: one of our items with one byte changed is often. */
Test(libcbor, agrees_on_whatever_we_accept_among_changed_items)
{
	static const char seed_item[] = "83 a2 01 3901f3 1818 68d8afd8b1d8b9d8a7 d281 19ffff 4761626364656667";
	struct bytes item = {0};
	vector_decode_hex(&item, seed_item);
	size_t accepted = 0;
	for (size_t i = 0; i < item.len; i++) {
		const uint8_t kept = item.data[i];
		for (unsigned value = 0; value < 256; value++) {
			item.data[i] = (uint8_t)value;
			if (strcmp(vector_judge_cbor(bytes_span(&item)), "good") != 0)
				continue;
			cr_expect(libcbor_writes_back(bytes_span(&item)), "byte %zu = %u", i, value);
			accepted++;
		}
		item.data[i] = kept;
	}
	cr_assert_gt(accepted, 1000);
	bytes_wipe(&item);
}

Test(libcbor, what_it_builds_we_accept)
{
	cbor_item_t *array = cbor_new_definite_array(3);
	cbor_item_t *map = cbor_new_definite_map(1);
	cr_assert(cbor_map_add(map, (struct cbor_pair){cbor_move(cbor_build_uint8(1)), cbor_move(cbor_build_negint16(499))}));
	cr_assert(cbor_array_push(array, cbor_move(map)));
	cr_assert(cbor_array_push(array, cbor_move(cbor_build_string("\xd9\x86\xd8\xb5\xd9\x8a\xd8\xa8"))));
	cr_assert(cbor_array_push(array, cbor_move(cbor_build_bytestring((cbor_data)"abc", 3))));
	unsigned char *written = NULL;
	size_t capacity = 0;
	const size_t len = cbor_serialize_alloc(array, &written, &capacity);
	struct bytes expected = {0};
	vector_decode_hex(&expected, "83 a1 01 3901f3 68d986d8b5d98ad8a8 43616263");
	cr_assert(span_equals((struct span){written, len}, bytes_span(&expected)));
	cr_assert_str_eq(vector_judge_cbor((struct span){written, len}), "good");
	bytes_wipe(&expected);
	free(written);
	cbor_decref(&array);
}
