#include "crypto/vault_page.h"

#include <criterion/criterion.h>

#include "crypto/vault.h"

Test(vault_page, lengths_of_pages_are_powers_of_two_from_512_on)
{
	cr_assert(vault_page_is_length(512) && vault_page_is_length(4096) && vault_page_is_length(65536));
	cr_assert(!vault_page_is_length(24) && !vault_page_is_length(256) && !vault_page_is_length(4096 + 24));
}

Test(vault_page, a_part_of_a_page_is_cut)
{
	static uint8_t data[65536];
	const size_t block = VAULT_BLOCK_BYTES;
	const int64_t later = 65536;

	cr_assert(vault_page_is_cut(data, 65536, block, later));
	cr_assert(vault_page_is_cut(data, 65536, 65535, later));
	cr_assert(!vault_page_is_cut(data, 65536, 0, later), "a page behind the end of the file");
	cr_assert(!vault_page_is_cut(data, VAULT_BLOCK_BYTES, 100, later), "a short last block is zeros on");
	cr_assert(vault_page_is_cut(data, 65536, block, 0), "no page size in the header");
	data[17] = 1; /* 1: 65536 */
	cr_assert(vault_page_is_cut(data, 65536, 65535, 0));
	data[17] = 0, data[16] = VAULT_BLOCK_BYTES >> 8;
	cr_assert(!vault_page_is_cut(data, 65536, block, 0));
	cr_assert(vault_page_is_cut(data, 65536, block - 1, 0));
	cr_assert(vault_page_is_cut(data, 65536, 17, 0), "half a header");
	cr_assert(vault_page_is_cut(data, 65536, block, later), "only page 1 has a header");
}
