/* The grow-only set of verified objects: the same tables in the device's vault,
 * HQ's and the relay's store (schema/sql/set.sql).
 *
 * Order does not matter and repeats are harmless: an object is named by its hash,
 * merging is set union. Logged types get a position (1.. in order of arrival, the leaf
 * number + 1 of the Merkle tree); of heads, receipts and acknowledgements only the
 * newest per device is kept. All functions work inside the caller's transaction.
 */
#ifndef SIJIL_SCHEMA_SET_H
#define SIJIL_SCHEMA_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/merkle.h"
#include "crypto/object.h"
#include "schema/admission.h"
#include "schema/db.h"
#include "schema/statement.h"

struct set; /* an open set over a database that the caller keeps */

/* The set's DDL and DML are parts of a store's db_schema: see schema/set_sql.h.
 *
 * `root`: the project's root key, known to the caller. Loads the tree's frontier. */
MUST_CHECK enum status set_open(struct set **set, struct db *db, const struct key_public *root, struct error *err);
void set_close(struct set *set);

const struct key_public *set_root(const struct set *set);
struct key_id set_project(const struct set *set);

enum set_outcome { SET_NEW, SET_HAD, SET_SUPERSEDED /* an older head, receipt or acknowledgement */ };

/* Parses, checks (admission_check) and puts one wire object. The statuses of both come out and nothing is
 * stored then; IO and its like ask for a rollback. *admission tells what it was (with SET_HAD without its
 * signers); *outcome what became of it. */
MUST_CHECK enum status set_put(struct set *set, struct span wire, struct admission *admission, enum set_outcome *outcome,
                               struct error *err);

/* Puts an object that this program has just signed with a key of its own: `object` parsed from its wire form,
 * `admission` as admission_check would give it. No signature is checked. BUG if it is held already. */
MUST_CHECK enum status set_put_own(struct set *set, const struct object *object, const struct admission *admission,
                                   struct error *err);

/* After a rollback by the caller: forget what was counted in memory. */
MUST_CHECK enum status set_reload(struct set *set, struct error *err);

MUST_CHECK enum status set_has(struct set *set, const struct hash *id, bool *has, struct error *err);
/* Appends the wire object. NOT_FOUND. */
MUST_CHECK enum status set_get(struct set *set, const struct hash *id, struct bytes *wire, struct error *err);
/* The same for an event of a chain; where it is not held, the withholding that stands for it. */
MUST_CHECK enum status set_get_link(struct set *set, const struct hash *id, struct bytes *wire, struct error *err);

/* For admission_check and for readers. */
struct signer_source set_signers(struct set *set);

/* Calls `each` for logged objects with position > `after`, ascending, until it returns
 * other than OK (which is then returned; NOT_FOUND means "enough" and gives OK). */
typedef enum status set_each_function(void *context, uint64_t position, const struct hash *id, struct span wire,
                                      struct error *err);
MUST_CHECK enum status set_each_after(struct set *set, uint64_t after, set_each_function *each, void *context,
                                      struct error *err);
/* The same over the kept newest statements of `type`; with `device`, of that device only. */
MUST_CHECK enum status set_each_newest(struct set *set, enum object_type type, const struct key_id *device,
                                       set_each_function *each, void *context, struct error *err);
/* The same over logged objects of one type, ascending by position. */
MUST_CHECK enum status set_each_of_type(struct set *set, enum object_type type, set_each_function *each, void *context,
                                        struct error *err);
/* The events of a device with number in [first, last], by number then id. */
MUST_CHECK enum status set_each_link(struct set *set, const struct key_id *device, struct gap numbers,
                                     set_each_function *each, void *context, struct error *err);

/* How far a device's chain is whole. */
struct chain {
	struct head whole;  /* 0..whole.number are held without a gap, on the branch chosen */
	uint64_t highest;   /* greatest number known of: held, or named by a head */
	uint64_t held;      /* events held, forks counted */
	bool forked;        /* two events with one number */
	size_t missing_len; /* numbers above whole.number of which no event is held, ascending, the first 16 runs */
	struct gap missing[STATEMENT_GAPS];
};

/* With a fork the branch that `tip` lies on is chosen when it is held and whole, else the one kept first.
 * NOT_FOUND: no such device. Cost: by a stored cursor O(new events), and beyond the first gap or fork O(events after it). */
MUST_CHECK enum status set_chain(struct set *set, const struct key_id *device, const struct head *tip,
                                 struct chain *chain, struct error *err);

/* The same for whoever answers strangers: beyond a fork or a gap it walks along `links_max` links at most. A tip further from
 * the fork counts as not held, the branch of one is followed no further, and of what is missing the first part is named. */
MUST_CHECK enum status set_chain_within(struct set *set, const struct key_id *device, const struct head *tip, uint64_t links_max,
                                        struct chain *chain, struct error *err);

/* Calls `each` for every device (enrolment or succession), ascending by position. */
MUST_CHECK enum status set_each_device(struct set *set, set_each_function *each, void *context, struct error *err);

/* Size and root of the log over all logged objects; `root` NULL where only the size is asked. */
void set_log(const struct set *set, uint64_t *size, struct hash *root);

/* The canonical dump: appends every object held, by ascending id. Two sets are equal when their dumps are. */
MUST_CHECK enum status set_dump(struct set *set, struct bytes *out, struct error *err);

/* Whether the log's tree is that over the objects held. CORRUPT otherwise. */
MUST_CHECK enum status set_check(struct set *set, struct error *err);

#endif
