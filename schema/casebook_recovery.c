/* Recovery codes: which of them opens a device's register. */
#include <stdlib.h>
#include <string.h>

#include "schema/casebook_inside.h"

struct recovering {
	struct casebook_reading reading;
	enum status (*each)(void *, const struct casebook_recovery *, struct error *);
	void *context;
	uint64_t found;
};

static enum status tell(struct recovering *recovering, const struct casebook_row *row, struct error *err)
{
	struct casebook_member *const member = casebook_roster_find(&recovering->reading.roster, &row->device);
	struct evidence *evidence = NULL;
	enum status status = casebook_member_load(recovering->reading.casebook, member, err);
	if (status == STATUS_OK)
		status = casebook_row_confirm(&recovering->reading, row, &evidence, err);
	if (status == STATUS_OK && evidence == NULL)
		status = error_set(err, STATUS_TAMPERED,
		                   "headquarters' register was altered: a recovery code of this device no longer verifies");
	if (status == STATUS_OK) {
		struct casebook_recovery recovery = {
			.evidence = evidence,
			.verdict = casebook_row_judge(&recovering->reading, member, row, evidence),
			.superseded = recovering->found++ > 0,
		};
		memcpy(recovery.label, member->label, sizeof recovery.label);
		status = recovering->each(recovering->context, &recovery, err);
	}
	evidence_free(evidence);
	return status;
}

/* Those of one key, up to number `last` of its chain. */
static enum status tell_of_key(struct recovering *recovering, const struct key_id *device, uint64_t last, struct error *err)
{
	struct casebook_row found;
	bool row = false;
	struct query *const query = db_query(recovering->reading.casebook->db, CASEBOOK_OPENED_RECOVERIES);
	query_bind_bytes(query, 1, key_id_span(device));
	query_bind_int(query, 2, last > INT64_MAX ? INT64_MAX : (int64_t)last);
	enum status status = query_step(query, &row, err);
	while (status == STATUS_OK && row) {
		status = casebook_row_read(&found, query, err);
		if (status == STATUS_OK)
			status = tell(recovering, &found, err);
		if (status == STATUS_OK)
			status = query_step(query, &row, err);
	}
	query_end(query);
	return status;
}

/* The number at which a successor goes on from the key before it. */
static enum status goes_on_at(struct casebook *casebook, const struct casebook_member *member, uint64_t *number,
                              struct error *err)
{
	struct bytes wire = {0};
	struct object object;
	struct succession succession = {0};
	enum status status = set_get(casebook->set, &member->introduced, &wire, err);
	if (status == STATUS_OK)
		status = object_parse(&object, bytes_span(&wire), err);
	if (status == STATUS_OK)
		status = succession_decode(&succession, object.payload, err);
	bytes_wipe(&wire);
	if (status == STATUS_OK)
		*number = succession.number;
	return status;
}

/* What the key before made later it made for another copy of the register. */
static enum status tell_of_line(struct recovering *recovering, const struct casebook_member *member, struct error *err)
{
	const struct casebook_roster *const roster = &recovering->reading.roster;
	uint64_t last = UINT64_MAX;
	enum status status = tell_of_key(recovering, &member->id, last, err);
	while (status == STATUS_OK && member->parent != CASEBOOK_NOBODY) {
		status = goes_on_at(recovering->reading.casebook, member, &last, err);
		member = &roster->members[member->parent];
		if (status == STATUS_OK)
			status = tell_of_key(recovering, &member->id, last, err);
	}
	return status;
}

enum status casebook_each_recovery(struct casebook *casebook, const struct key_id *device,
                                   enum status (*each)(void *, const struct casebook_recovery *, struct error *),
                                   void *context, struct error *err)
{
	struct recovering recovering = {.each = each, .context = context};
	enum status status = casebook_reading_begin(&recovering.reading, casebook, err);
	const struct casebook_member *const member =
		status == STATUS_OK ? casebook_roster_find(&recovering.reading.roster, device) : NULL;
	if (status == STATUS_OK && member == NULL)
		status = error_set(err, STATUS_NOT_FOUND, "headquarters knows no such device");
	if (status == STATUS_OK)
		status = tell_of_line(&recovering, member, err);
	if (status == STATUS_OK && recovering.found == 0) {
		status = error_set(err, STATUS_NOT_FOUND, "no recovery code of this device has reached headquarters");
		error_hint(err, "pull, or import what the device carried out; without it nobody opens the device but by its passphrase");
	}
	casebook_reading_end(&recovering.reading);
	return status;
}
