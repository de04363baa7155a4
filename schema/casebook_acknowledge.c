/* What headquarters tells the devices: opened and verified up to here. */
#include "schema/casebook_inside.h"

static enum status keep_said(void *context, uint64_t position, const struct hash *id, struct span wire, struct error *err)
{
	struct head *const said = context;
	struct object object;
	struct acknowledgement acknowledgement = {0};
	(void)position;
	(void)id;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = acknowledgement_decode(&acknowledgement, object.payload, err);
	if (status == STATUS_OK)
		*said = (struct head){acknowledgement.number, acknowledgement.last};
	return status;
}

static enum status sign_acknowledgement(struct casebook *casebook, const struct acknowledgement *acknowledgement,
                                        struct error *err)
{
	struct bytes payload = {0}, wire = {0};
	struct hash id;
	struct admission admission;
	enum set_outcome outcome;
	enum status status = acknowledgement_encode(&payload, acknowledgement, err);
	const struct object_draft draft = {
		.type = OBJECT_ACKNOWLEDGEMENT,
		.signer = casebook->project->appointment,
		.payload = bytes_span(&payload),
	};
	if (status == STATUS_OK)
		status = object_make(&wire, &id, &draft, casebook->project->appointment_key, &casebook->project->id, err);
	if (status == STATUS_OK)
		status = set_put(casebook->set, bytes_span(&wire), &admission, &outcome, err);
	bytes_wipe(&payload);
	bytes_wipe(&wire);
	return status;
}

static enum status acknowledge_member(struct casebook *casebook, struct casebook_member *member, int64_t now_s,
                                      uint64_t *made, struct error *err)
{
	struct head said = {0};
	enum status status = casebook_member_load(casebook, member, err);
	if (status == STATUS_OK)
		status = set_each_newest(casebook->set, OBJECT_ACKNOWLEDGEMENT, &member->id, keep_said, &said, err);
	if (status != STATUS_OK)
		return status;
	const struct head opened = casebook_member_opened(member);
	if (opened.number <= said.number)
		return STATUS_OK;
	++*made;
	const struct acknowledgement acknowledgement = {
		.device = member->id, .number = opened.number, .last = opened.last, .time_s = now_s};
	return sign_acknowledgement(casebook, &acknowledgement, err);
}

enum status casebook_acknowledge(struct casebook *casebook, int64_t now_s, uint64_t *made, struct error *err)
{
	struct casebook_reading reading;
	uint64_t count = 0;
	enum status status = db_begin(casebook->db, err);
	if (status != STATUS_OK)
		return status;
	status = casebook_reading_begin(&reading, casebook, err);
	for (size_t i = 0; status == STATUS_OK && i < reading.roster.len; i++)
		status = acknowledge_member(casebook, &reading.roster.members[i], now_s, &count, err);
	casebook_reading_end(&reading);
	status = project_end(casebook->project, status, err);
	if (status == STATUS_OK)
		*made = count;
	return status;
}
