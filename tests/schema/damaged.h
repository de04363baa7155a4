/* Registers for the tests of schema/salvage*: made, damaged, read. Everything that fails here fails the test.
 */
#ifndef SIJIL_TESTS_SCHEMA_DAMAGED_H
#define SIJIL_TESTS_SCHEMA_DAMAGED_H

#include <criterion/criterion.h>

#include "schema/outbox.h"
#include "schema/salvage.h"
#include "tests/schema/cast.h"

#define MUST(expression) cr_assert_eq((expression), STATUS_OK, #expression ": %s", err.message)

enum { CREATED = 1760000000, MANY = 300, FEW = 40, RECEIPTED = 20, PIECE = 64 };

extern struct cast cast;
extern struct error err;

void damaged_begin(void);
void damaged_end(void);

/* A register at cast_path(name), new or again. */
struct outbox *created(const char *name);
struct outbox *reopened(const char *name);
void fill_report(struct body *body, unsigned individuals);
void put_amend(struct outbox *outbox, const struct hash *parent);
/* Takes the object and wipes it. */
void take(struct outbox *outbox, struct bytes *wire);
void take_receipt(struct outbox *outbox, struct head head);
enum status withhold(struct outbox *outbox, const struct hash *id);
/* `n` reports with 1 to n individuals, the first RECEIPTED receipted or none; an amendment of the last; others' events. */
void make_register(const char *name, unsigned n, bool receipted);

struct bytes content_of(const char *name);
/* The file `name` again, with one byte of a block changed. */
void damage(const char *name, struct bytes *content, uint64_t block);
struct vault_survey *surveyed(const char *name);
struct salvage *salvaged(const char *name);
struct salvage_findings judged(const struct salvage *salvage);

struct objects {
	size_t len;
	struct object object[2 * MANY];
	struct bytes wires; /* they point into it */
};


void take_apart(struct objects *objects);
void export_all(const char *name, struct objects *objects);
bool holds(const struct objects *objects, const struct hash *id);
struct span wire_of(const struct objects *objects, const struct hash *id);
/* The `n`-th own event. */
const struct object *own_event(const struct objects *objects, const struct key_id *device, size_t n);
struct hash tip_of(const char *name);
/* The last block on which these bytes stand. */
uint64_t block_of(const char *name, struct span content);

#endif
