/* Rows read straight from the pages of a database, where its tables may no longer hold together.
 *
 * SQLite's file format (sqlite.org/fileformat2.html) as far as it needs: pages of tables and of WITHOUT ROWID tables,
 * cells, records, overflow chains. No page needs another one, but for the overflow of its own rows: so a damaged page
 * costs the rows on it and no others. What is on a page of no table in use was zeroed (secure_delete), so no row comes
 * back from the dead.
 */
#ifndef SIJIL_SCHEMA_SALVAGE_PAGE_H
#define SIJIL_SCHEMA_SALVAGE_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/vault_survey.h"

#define SALVAGE_COLUMNS 8
/* Longer rows are passed over: the longest we keep is an object with its columns. */
#define SALVAGE_ROW_MAX_BYTES (128 * 1024)

enum salvage_type { SALVAGE_NULL, SALVAGE_INTEGER, SALVAGE_TEXT, SALVAGE_BLOB, SALVAGE_REAL };

struct salvage_value {
	enum salvage_type type;
	int64_t number;     /* of an integer */
	struct span bytes;  /* of text or blob */
};

/* One row; all spans point into the reader's buffers and last until the function returns. */
struct salvage_row {
	uint64_t page;   /* 1.. */
	bool has_rowid;  /* false: of a WITHOUT ROWID table or an index */
	int64_t rowid;
	size_t len;
	struct salvage_value values[SALVAGE_COLUMNS];
};

typedef enum status salvage_row_function(void *context, const struct salvage_row *row, struct error *err);

/* Every row that can be read, page by page; rows that are no records of at most SALVAGE_COLUMNS values, or whose overflow is
 * damaged, are passed over. Ends with the first status of `each` other than OK. */
MUST_CHECK enum status salvage_page_each(struct vault_survey *survey, salvage_row_function *each, void *context,
                                         struct error *err);

/* What a page is for, as far as the file still says. */
struct salvage_page_use {
	bool is_behind; /* behind the end that the header names: holds nothing */
	bool is_free;   /* in the list of free pages: holds nothing */
	bool is_map;    /* says where pages hang; holds no row */
	uint64_t root;  /* of the table or index that it belongs to; 0: not known */
};
/* How many pages the header says the database has; 0: its first page is damaged. */
MUST_CHECK enum status salvage_page_count(struct vault_survey *survey, uint64_t *pages, struct error *err);
MUST_CHECK enum status salvage_page_use(struct vault_survey *survey, uint64_t page, struct salvage_page_use *use,
                                        struct error *err);

#endif
