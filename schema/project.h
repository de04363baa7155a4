/* What headquarters signs: the project's keys and the statements made with them.
 *
 * Tables (schema/sql/project.sql): the set, and HQ's secrets: root, sealing keys by descriptor number, the
 * own appointment's key, each wrapped once more (crypto/wrap.h); labels of invites. One function, one transaction.
 */
#ifndef SIJIL_SCHEMA_PROJECT_H
#define SIJIL_SCHEMA_PROJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/descriptor.h"
#include "schema/enrolment.h"
#include "schema/set.h"

struct project;

struct project_plan {
	const char *name; /* of the project, 1 to 80 characters */
	bool training;
	enum descriptor_retention retention;
	int64_t now_s;
};

/* Creates the database with new root, sealing and HQ keys, the first descriptor and HQ's own appointment
 * (all roles, ten years). REFUSED if it exists. */
MUST_CHECK enum status project_create(struct project **project, const char *path, const struct vault *vault,
                                      const struct secret *data_key, const struct project_plan *plan, struct error *err);
MUST_CHECK enum status project_open(struct project **project, const char *path, const struct vault *vault,
                                    const struct secret *data_key, struct error *err);
/* Whether the tables hold together and the log of objects is whole. CORRUPT says the first fault. */
MUST_CHECK enum status project_check_whole(struct project *project, struct error *err);
void project_close(struct project *project);

struct set *project_set(struct project *project);
struct db *project_db(struct project *project);
struct key_id project_id(const struct project *project);
const struct descriptor *project_descriptor(const struct project *project);
struct key_id project_appointment(const struct project *project);
const struct signing_key *project_appointment_key(const struct project *project);
/* The sealing key that the descriptor `number` named, borrowed. NOT_FOUND. */
MUST_CHECK enum status project_sealing_key(struct project *project, uint64_t number, const struct sealing_key **key,
                                           struct error *err);

/* Of a database laid out from a backup: descriptors may have been signed since, and a second one of the same number would
 * leave devices behind for good. Until it was pulled, those that sign descriptors give REFUSED. */
MUST_CHECK enum status project_set_behind(struct project *project, bool behind, struct error *err);

/* Signs the next descriptor with the relay's card in it (replacing one with the same receipt key). */
MUST_CHECK enum status project_relay_add(struct project *project, const struct relay_card *card, int64_t now_s,
                                         struct error *err);
/* Signs the next descriptor with these policies in place of what it says. */
struct project_policies {
	enum descriptor_retention retention;
	uint32_t point_metres;
	bool duress;
};
MUST_CHECK enum status project_policy_set(struct project *project, const struct project_policies *policies, int64_t now_s,
                                          struct error *err);

/* A one-time invite; the caller formats and wipes `file`. */
MUST_CHECK enum status project_invite(struct project *project, const char *label, int64_t expires_s,
                                      struct invite_file *file, struct error *err);

/* Revokes a device with what is known good: the chain as HQ holds it up to `good` (NULL: all of it) and the newest
 * checkpoint. NOT_FOUND. */
MUST_CHECK enum status project_revoke_device(struct project *project, const struct key_id *device, const uint64_t *good,
                                             enum revocation_reason reason, int64_t now_s, struct error *err);
MUST_CHECK enum status project_confirm_device(struct project *project, const struct key_id *device, int64_t now_s,
                                              struct error *err);

/* HQ's own objects (root-signed and acknowledgements), for the relay and for devices, appended as a bundle. */
MUST_CHECK enum status project_export(struct project *project, struct bytes *bundle, uint64_t *objects, struct error *err);

/* The whole of headquarters' database again in a new file at `path`, over `vault`, its own secrets under `data_key`: opened and
 * checked when this returns OK. Nobody else may write meanwhile. REFUSED if there is such a file; a failure leaves none. */
MUST_CHECK enum status project_copy(struct project *project, const char *path, const struct vault *vault,
                                    const struct secret *data_key, struct error *err);

#endif
