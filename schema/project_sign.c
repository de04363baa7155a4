/* What headquarters signs: descriptors, invites, confirmations, revocations. */
#include "schema/project.h"

#include "schema/project_inside.h"
#include "schema/text.h"
#include "schema/withholding.h"

#include <time.h>

/* Signs and puts one object; inside a transaction. */
static enum status sign(struct project *project, const struct object_draft *draft, const struct signing_key *key,
                        struct hash *id, struct error *err)
{
	struct bytes wire = {0};
	struct admission admission;
	enum set_outcome outcome;
	enum status status = object_make(&wire, id, draft, key, &project->id, err);
	if (status == STATUS_OK)
		status = set_put(project->set, bytes_span(&wire), &admission, &outcome, err);
	bytes_wipe(&wire);
	return status;
}

enum status project_sign(struct project *project, enum object_type type, const struct bytes *payload, struct hash *id,
                         struct error *err)
{
	const struct object_draft draft = {.type = type, .signer = project->id, .payload = bytes_span(payload)};
	return sign(project, &draft, project->root, id, err);
}

enum status project_put_descriptor(struct project *project, const struct descriptor *next, struct error *err)
{
	struct bytes payload = {0};
	struct hash id;
	enum status status = descriptor_encode(&payload, next, err);
	if (status == STATUS_OK)
		status = project_sign(project, OBJECT_DESCRIPTOR, &payload, &id, err);
	if (status == STATUS_OK) {
		project->descriptor = *next;
		project->descriptor_id = id;
	}
	bytes_wipe(&payload);
	return status;
}

enum status project_end(struct project *project, enum status status, struct error *err)
{
	if (status == STATUS_OK)
		status = db_commit(project->db, err);
	if (status == STATUS_OK)
		return status;
	db_rollback(project->db);
	(void)!set_reload(project->set, NULL);
	(void)!project_reload(project, NULL);
	return status;
}

/* --- what the root says --- */

enum status project_set_behind(struct project *project, bool behind, struct error *err)
{
	enum status status = db_begin(project->db, err);
	if (status != STATUS_OK)
		return status;
	struct query *const query = db_query(project->db, PROJECT_BEHIND_SET);
	query_bind_int(query, 1, behind);
	status = query_run(query, err);
	return project_end(project, status, err);
}

static enum status check_not_behind(struct project *project, struct error *err)
{
	bool row = false, behind = false;
	struct query *const query = db_query(project->db, PROJECT_BEHIND_GET);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK)
		behind = !row || query_int(query, 0) != 0;
	query_end(query);
	if (status != STATUS_OK || !behind)
		return status;
	(void)error_set(err, STATUS_REFUSED, "this register came from a backup and has not been pulled since: what headquarters signed "
	                                     "after it may be missing here");
	error_hint(err, "run sijil-hq pull, then do this again; where no relay can be asked: sijil-hq restore --as-is");
	return STATUS_REFUSED;
}

/* Begins a transaction with the descriptor after the newest, to be changed: another process may have signed one
 * meanwhile, and numbers never come twice. */
static enum status begin_next(struct project *project, struct descriptor *next, int64_t now_s, struct error *err)
{
	enum status status = db_begin(project->db, err);
	if (status != STATUS_OK)
		return status;
	status = check_not_behind(project, err);
	if (status == STATUS_OK)
		status = project_reload(project, err);
	if (status != STATUS_OK) {
		db_rollback(project->db);
		return status;
	}
	*next = project->descriptor;
	next->number++;
	next->previous = project->descriptor_id;
	next->issued_s = now_s;
	return STATUS_OK;
}

enum status project_relay_add(struct project *project, const struct relay_card *card, int64_t now_s, struct error *err)
{
	struct descriptor next;
	enum status status = begin_next(project, &next, now_s, err);
	if (status != STATUS_OK)
		return status;
	/* One project, one relay log: a second relay would be a second history. */
	if (next.relays_len > 0 &&
	    !span_equals(key_public_span(&next.relays[0].receipt_key), key_public_span(&card->receipt_key))) {
		status = error_set(err, STATUS_REFUSED, "this project has a relay already, and one project keeps one log");
		error_hint(err, "sijil-hq relay list shows it; nothing was changed");
	}
	next.relays[0] = *card;
	next.relays_len = 1;
	return project_end(project, status == STATUS_OK ? project_put_descriptor(project, &next, err) : status, err);
}

enum status project_policy_set(struct project *project, const struct project_policies *policies, int64_t now_s,
                               struct error *err)
{
	struct descriptor next;
	const enum status status = begin_next(project, &next, now_s, err);
	if (status != STATUS_OK)
		return status;
	next.retention = policies->retention;
	next.point_metres = policies->point_metres;
	next.duress = policies->duress;
	return project_end(project, project_put_descriptor(project, &next, err), err);
}

static enum status put_invite(struct project *project, const struct hash *id, const char *label, int64_t expires_s,
                              struct error *err)
{
	const struct key_id invite = key_id_of_object(id);
	struct query *query = db_query(project->db, PROJECT_INVITE_PUT);
	query_bind_bytes(query, 1, key_id_span(&invite));
	query_bind_text(query, 2, label);
	query_bind_int(query, 3, expires_s);
	query_bind_int(query, 4, (int64_t)time(NULL));
	return query_run(query, err);
}

/* The newest descriptor's COSE_Sign1, appended. */
static enum status append_descriptor(struct project *project, struct bytes *out, struct error *err)
{
	struct bytes wire = {0};
	struct object object;
	enum status status = set_get(project->set, &project->descriptor_id, &wire, err);
	if (status == STATUS_OK)
		status = object_parse(&object, bytes_span(&wire), err);
	if (status == STATUS_OK)
		status = bytes_append(out, object.cose, err);
	bytes_wipe(&wire);
	return status;
}

/* Signs the invite and fills the file. It is no object of the set: it travels in its file, and later in the enrolment. */
static enum status fill_invite(struct project *project, const struct signing_key *key, int64_t expires_s,
                               struct invite_file *file, struct hash *id, struct error *err)
{
	const struct invite invite = {.key = signing_key_public(key), .expires_s = expires_s};
	struct bytes payload = {0}, wire = {0};
	struct object object;
	enum status status = invite_encode(&payload, &invite, err);
	const struct object_draft draft = {.type = OBJECT_INVITE, .signer = project->id, .payload = bytes_span(&payload)};
	if (status == STATUS_OK)
		status = object_make(&wire, id, &draft, project->root, &project->id, err);
	if (status == STATUS_OK)
		status = object_parse(&object, bytes_span(&wire), err);
	if (status == STATUS_OK)
		status = bytes_append(&file->invite, object.cose, err);
	if (status == STATUS_OK)
		status = append_descriptor(project, &file->descriptor, err);
	if (status == STATUS_OK)
		status = secret_new_copy(&file->seed, signing_key_seed(key), err);
	bytes_wipe(&payload);
	bytes_wipe(&wire);
	return status;
}

enum status project_invite(struct project *project, const char *label, int64_t expires_s, struct invite_file *file,
                           struct error *err)
{
	struct signing_key *key = NULL;
	struct invite_file filled = {0};
	struct hash id;
	enum status status = text_normalise(filled.label, sizeof filled.label, span_from_text(label),
	                                    ENROLMENT_LABEL_CHARACTERS, err);
	if (status == STATUS_OK && filled.label[0] == '\0') {
		status = error_set(err, STATUS_BAD_INPUT, "an invite needs a label, for example \"Team Nasib\"");
		error_hint(err, "sijil-hq invite LABEL -o FILE");
	}
	if (status == STATUS_OK)
		status = signing_key_new(&key, err);
	if (status == STATUS_OK)
		status = fill_invite(project, key, expires_s, &filled, &id, err);
	if (status == STATUS_OK)
		status = db_begin(project->db, err);
	if (status == STATUS_OK)
		status = project_end(project, put_invite(project, &id, filled.label, expires_s, err), err);
	signing_key_free(key);
	if (status == STATUS_OK)
		*file = filled;
	else
		invite_file_wipe(&filled);
	return status;
}

/* --- devices --- */

/* The relay's log as far as it was pulled. What the relay signed may be longer: of that nothing was seen here. */
static enum status pulled_log(struct project *project, struct checkpoint *seen, bool *has, struct error *err)
{
	struct merkle pulled = {0};
	struct query *query = db_query(project->db, CASEBOOK_PULL_GET);
	enum status status = query_step(query, has, err);
	if (status == STATUS_OK && *has)
		status = merkle_decode(&pulled, query_bytes(query, 0), err);
	query_end(query);
	*has = *has && pulled.size > 0 && project->descriptor.relays_len > 0;
	if (status == STATUS_OK && *has)
		*seen = (struct checkpoint){
			.log = key_id_of_log(&project->id, &project->descriptor.relays[0].receipt_key),
			.size = pulled.size,
			.root = merkle_root(&pulled),
		};
	return status;
}

/* The id of link `number` on the whole branch that ends in `last`. */
struct branch_walk {
	struct head at;
	uint64_t wanted;
};

static enum status step_back(void *context, uint64_t position, const struct hash *id, struct span wire,
                             struct error *err)
{
	struct branch_walk *walk = context;
	struct object object;
	struct withheld withheld = {0};
	(void)position;
	if (!hash_equals(id, &walk->at.last))
		return STATUS_OK;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = object.type == OBJECT_WITHHOLDING ? withholding_read(&withheld, &object, err)
		                                           : event_decode(&withheld.event, object.payload, err);
	if (status == STATUS_OK)
		walk->at = (struct head){withheld.event.number - 1, withheld.event.previous};
	return status;
}

static enum status find_good(struct project *project, const struct key_id *device, const uint64_t *good,
                             struct head *head, struct error *err)
{
	struct chain chain;
	enum status status = set_chain(project->set, device, NULL, &chain, err);
	if (status != STATUS_OK)
		return status;
	struct branch_walk walk = {.at = chain.whole, .wanted = good != NULL ? *good : chain.whole.number};
	if (walk.wanted > chain.whole.number) {
		(void)error_set(err, STATUS_BAD_INPUT, "headquarters holds this device's chain only up to %llu",
		                 (unsigned long long)chain.whole.number);
		error_hint(err, "pull first, or give a smaller number with --after; nothing was changed");
		return STATUS_BAD_INPUT;
	}
	while (status == STATUS_OK && walk.at.number > walk.wanted) {
		const uint64_t before = walk.at.number;
		status = set_each_link(project->set, device, (struct gap){before, before}, step_back, &walk, err);
		if (status == STATUS_OK && walk.at.number == before)
			status = error_set(err, STATUS_CORRUPT, "link %llu of the device is missing", (unsigned long long)before);
	}
	*head = walk.at;
	return status;
}

enum status project_revoke_device(struct project *project, const struct key_id *device, const uint64_t *good,
                                  enum revocation_reason reason, int64_t now_s, struct error *err)
{
	struct revocation revocation = {.kind = REVOKE_DEVICE, .who = *device, .time_s = now_s, .has_good = true, .reason = reason};
	struct bytes payload = {0};
	struct hash id;
	enum status status = find_good(project, device, good, &revocation.good, err);
	if (status == STATUS_OK && good == NULL)
		status = pulled_log(project, &revocation.seen, &revocation.has_seen, err);
	if (status == STATUS_OK)
		status = revocation_encode(&payload, &revocation, err);
	if (status == STATUS_OK)
		status = db_begin(project->db, err);
	if (status == STATUS_OK)
		status = project_end(project, project_sign(project, OBJECT_REVOCATION, &payload, &id, err), err);
	bytes_wipe(&payload);
	return status;
}

struct introduction {
	struct key_id device;
	struct hash id;
	bool found;
};

static enum status match_introduction(void *context, uint64_t position, const struct hash *id, struct span wire,
                                      struct error *err)
{
	struct introduction *introduction = context;
	const struct key_id device = key_id_of_object(id);
	(void)position;
	(void)wire;
	(void)err;
	if (key_id_equals(&device, &introduction->device)) {
		introduction->id = *id;
		introduction->found = true;
	}
	return STATUS_OK;
}

enum status project_confirm_device(struct project *project, const struct key_id *device, int64_t now_s,
                                   struct error *err)
{
	struct introduction introduction = {.device = *device};
	struct bytes payload = {0};
	struct hash id;
	enum status status = set_each_device(project->set, match_introduction, &introduction, err);
	if (status == STATUS_OK && !introduction.found) {
		status = error_set(err, STATUS_NOT_FOUND, "there is no such device");
		error_hint(err, "sijil-hq device list shows them");
	}
	const struct confirmation confirmation = {.enrolment = introduction.id, .time_s = now_s};
	if (status == STATUS_OK)
		status = confirmation_encode(&payload, &confirmation, err);
	if (status == STATUS_OK)
		status = db_begin(project->db, err);
	if (status == STATUS_OK)
		status = project_end(project, project_sign(project, OBJECT_CONFIRMATION, &payload, &id, err), err);
	bytes_wipe(&payload);
	return status;
}

/* --- what goes out --- */

struct exporting {
	struct bytes *bundle;
	uint64_t objects;
};

static enum status append_own(void *context, uint64_t position, const struct hash *id, struct span wire,
                              struct error *err)
{
	struct exporting *exporting = context;
	(void)position;
	(void)id;
	exporting->objects++;
	return bytes_append(exporting->bundle, wire, err);
}

enum status project_export(struct project *project, struct bytes *bundle, uint64_t *objects, struct error *err)
{
	/* Introducers before what they introduce. */
	static const enum object_type types[] = {OBJECT_DESCRIPTOR,   OBJECT_APPOINTMENT, OBJECT_CONFIRMATION,
	                                         OBJECT_REVOCATION,   OBJECT_MESSAGE,     OBJECT_PACKAGE,
	                                         OBJECT_REVIEW};
	struct exporting exporting = {.bundle = bundle};
	enum status status = STATUS_OK;
	for (size_t i = 0; status == STATUS_OK && i < sizeof types / sizeof *types; i++)
		status = set_each_of_type(project->set, types[i], append_own, &exporting, err);
	if (status == STATUS_OK)
		status = set_each_newest(project->set, OBJECT_ACKNOWLEDGEMENT, NULL, append_own, &exporting, err);
	if (status == STATUS_OK)
		*objects = exporting.objects;
	return status;
}
