/* What the parts of schema/set share.
 */
#ifndef SIJIL_SCHEMA_SET_TABLES_H
#define SIJIL_SCHEMA_SET_TABLES_H

#include "schema/set.h"
#include "schema/set_sql.h"

struct set {
	struct db *db; /* the caller's */
	struct key_public root;
	struct key_id project;
	struct merkle tree; /* as the table log says */
};

/* A row of the table chain. */
struct set_chain_row {
	struct key_id device;
	struct head whole;
	uint64_t held, highest;
	uint64_t forked_at; /* 0: no fork */
};

/* NOT_FOUND: no such device. */
MUST_CHECK enum status set_chain_row_get(struct set *set, const struct key_id *device, struct set_chain_row *row,
                                         struct error *err);
/* An event was put: counts it and moves the cursor as far as links are held. */
MUST_CHECK enum status set_chain_grow(struct set *set, const struct admission *admission, const struct hash *id,
                                      struct error *err);

#endif
