/* What can still be had of a damaged register, a device's or headquarters', and a new one made of it.
 *
 * Rows are read page by page (schema/salvage_page.h), so that only what stood on damaged pages is missing. Sealed
 * objects authenticate themselves and are verified again on their way into the new register; what is derived from them
 * is made anew. Nothing here writes to the damaged one.
 */
#ifndef SIJIL_SCHEMA_SALVAGE_H
#define SIJIL_SCHEMA_SALVAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/vault_survey.h"
#include "schema/enrolment.h"
#include "schema/outbox.h"

struct salvage; /* rows read, in memory */

/* Reads all rows of a device's register, or of headquarters' database. */
MUST_CHECK enum status salvage_read(struct salvage **salvage, struct vault_survey *survey, struct error *err);
/* Wipes and frees; NULL is fine. */
void salvage_free(struct salvage *salvage);

/* An object from elsewhere, such as the project's bundle or a carried one, that may stand in for a lost one. What is held
 * already is passed over, and an event that no known device signed. BAD_INPUT: no object. */
MUST_CHECK enum status salvage_add(struct salvage *salvage, struct span wire, struct error *err);

/* Appends every sealed object that can be read as a bundle: logged ones in the order in which they came, then the newest
 * heads, receipts and acknowledgements. */
MUST_CHECK enum status salvage_export(const struct salvage *salvage, struct bytes *bundle, uint64_t *objects,
                                      struct error *err);

/* The name of the table or index that a page belongs to, or "". Borrowed. */
const char *salvage_root_name(const struct salvage *salvage, uint64_t root_page);

/* Numbers of an own chain that are not there. */
struct salvage_loss {
	struct key_id device;
	uint64_t first, last; /* 0: what introduced the key */
	enum outbox_fate fate; /* what a rebuild makes or has made of them */
	bool is_known;         /* of an earlier repair */
	char name[ENROLMENT_NAME_BYTES]; /* of the chain, as headquarters names it */
};

/* What the rows say of the whole. */
struct salvage_findings {
	uint64_t objects;        /* sealed objects that can be read */
	uint64_t objects_lost;   /* logged ones that were there and cannot; what is known of them */
	uint64_t own;            /* own events among those that can be read */
	uint64_t own_readable;   /* of these with a readable copy */
	uint64_t withheld;       /* and of these withheld: a header alone, which is one of `objects` and leaves in no export */
	bool tip_is_certain;     /* the end of the own chain is known */
	bool has_register, has_seed, has_descriptor;
	bool must_succeed;       /* events of the key in use are lost: it may sign no more but for its successor */
	size_t losses_len;
	struct salvage_loss *losses; /* by chain, then ascending */
};
/* `floor`: the newest own event known receipted, from the key file; number 0: none. */
MUST_CHECK enum status salvage_judge(const struct salvage *salvage, const struct head *floor,
                                     struct salvage_findings *findings, struct error *err);
void salvage_findings_wipe(struct salvage_findings *findings);

/* Makes a new register at `path` of what was read. Where own events of the key in use are lost, a new key goes on, so that
 * one key keeps one chain. REFUSED, with what is missing: the signing key, or the project's descriptor. What fails
 * leaves no file. */
MUST_CHECK enum status salvage_rebuild(const struct salvage *salvage, const struct salvage_findings *findings,
                                       const char *path, const struct vault *vault, const struct secret *data_key,
                                       struct error *err);

/* The same for headquarters' database: `has_seed` says that all of the project's keys are there. */
MUST_CHECK enum status salvage_project_judge(const struct salvage *salvage, const struct head *floor,
                                             struct salvage_findings *findings, struct error *err);
/* Makes a new database of headquarters of what was read: keys and invites as they were, every object verified and opened
 * again. Until the next pull, which fetches the relay's log from its beginning, it signs no settings. REFUSED, with what is
 * missing: the project's keys, or its descriptor. What fails leaves no file. */
MUST_CHECK enum status salvage_project_rebuild(const struct salvage *salvage, const struct salvage_findings *findings,
                                               const char *path, const struct vault *vault, const struct secret *data_key,
                                               struct error *err);

#endif
