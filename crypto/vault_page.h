/* What SQLite means by the lengths that it reads: pages, and pages cut short. */
#ifndef SIJIL_CRYPTO_VAULT_PAGE_H
#define SIJIL_CRYPTO_VAULT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SQLite's smallest page; shorter reads look at headers. */
#define VAULT_PAGE_SMALLEST_BYTES 512

/* A rollback journal's headers begin with its magic; the name of a super-journal in one ends with it. */
#define VAULT_JOURNAL_MAGIC_BYTES 8

/* SQLite reads whole pages alone; headers and frames have other lengths. */
bool vault_page_is_length(int len);

/* Whether reading `len` bytes at `at` of a database, of which only the first `have`
 * are there, met a part of a page: SQLite would take the rest for zeros. `data` is
 * what was read. */
bool vault_page_is_cut(const uint8_t *data, int len, size_t have, int64_t at);

#endif
