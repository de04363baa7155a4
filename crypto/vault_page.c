#include "crypto/vault_page.h"

#include "crypto/vault.h"

enum {
	LARGEST_PAGE_BYTES = 65536,
	/* In a database's header: two bytes, big-endian, 1 for the largest. */
	PAGE_SIZE_AT = 16,
};

bool vault_page_is_length(int len)
{
	return len >= VAULT_PAGE_SMALLEST_BYTES && (len & (len - 1)) == 0;
}

/* Of a database that was made since it was opened SQLite guesses the page size,
 * reads that much, and then goes by the header. */
static bool is_page_1_whole(const uint8_t *data, size_t have)
{
	if (have < PAGE_SIZE_AT + 2)
		return false;
	const size_t stored = (size_t)data[PAGE_SIZE_AT] << 8 | data[PAGE_SIZE_AT + 1];
	const size_t page = stored == 1 ? LARGEST_PAGE_BYTES : stored;
	return page >= VAULT_PAGE_SMALLEST_BYTES && page <= have;
}

bool vault_page_is_cut(const uint8_t *data, int len, size_t have, int64_t at)
{
	if (len <= VAULT_BLOCK_BYTES || have == 0)
		return false;
	return at != 0 || !is_page_1_whole(data, have);
}
