/* Headquarters verifies all stored reports again, from the database to the verdicts
 * and without opening one, against a bare loop of signature checks. */
#include <sodium.h>
#include <string.h>

#include "schema/event.h"
#include "tests/bench/rounds.h"
#include "tests/bench/scene.h"
#include "tests/bench/sodium_calls.h"

enum { REPORTS = 10000, BATCH = 1000, ROUNDS = 11 };

/* What the bare loop works on: the same messages, signatures and key. */
struct signed_bytes {
	size_t from, len; /* in `messages` */
	struct key_signature signature;
};

struct verifying {
	struct scene *scene;
	struct bytes messages;
	struct signed_bytes parts[REPORTS];
	struct key_public key;
	size_t reports;
};

/* --- the real path --- */

static enum status verify_one(void *context, uint64_t position, const struct hash *id, struct span wire,
                              struct error *err)
{
	struct verifying *const verifying = context;
	struct set *const set = project_set(verifying->scene->project);
	const struct signer_source signers = set_signers(set);
	const struct key_id project = set_project(set);
	struct object object;
	struct event event;
	struct signer signer;
	(void)position;

	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = signers.find(signers.context, &object.signer, &signer, err);
	if (status == STATUS_OK)
		status = object_verify(&object, &signer.key, &project, err);
	if (status == STATUS_OK)
		status = event_decode(&event, object.payload, err);
	if (status == STATUS_OK)
		status = object_check_attachment(&object, &event.sealed, err);
	if (status != STATUS_OK)
		return status;
	verifying->reports += hash_equals(&object.id, id);
	return STATUS_OK;
}

/* The database is opened anew, so that nothing of it is in SQLite's memory. */
static void verify(void *context, struct watch *watch)
{
	struct verifying *const verifying = context;
	struct scene *const scene = verifying->scene;
	char path[SCENE_PATH_BYTES];

	scene_path(scene, "project.db", path);
	project_close(scene->project);
	MUST(project_open(&scene->project, path, scene->vault, scene->data_key, err));
	verifying->reports = 0;
	watch_start(watch);
	MUST(set_each_of_type(project_set(scene->project), OBJECT_REPORT, verify_one, verifying, err));
	watch_stop(watch);
	if (verifying->reports != REPORTS)
		abort();
}

/* --- the bare loop --- */

static void verify_bare(void *context, struct watch *watch)
{
	const struct verifying *const verifying = context;
	size_t good = 0;

	watch_start(watch);
	for (size_t i = 0; i < REPORTS; i++) {
		const struct signed_bytes *const part = &verifying->parts[i];
		good += crypto_sign_verify_detached(part->signature.bytes, verifying->messages.data + part->from, part->len,
		                                    verifying->key.bytes) == 0;
	}
	watch_stop(watch);
	if (good != REPORTS)
		abort();
}

/* --- what is verified --- */

static enum status take(void *context, uint64_t position, const struct hash *id, struct span wire, struct error *err)
{
	struct verifying *const verifying = context;
	struct set *const set = project_set(verifying->scene->project);
	const struct key_id project = set_project(set);
	struct admission admission;
	enum set_outcome outcome;
	struct object object;
	(void)position;
	(void)id;

	enum status status = set_put(set, wire, &admission, &outcome, err);
	if (status == STATUS_OK)
		status = object_parse(&object, wire, err);
	if (status != STATUS_OK || object.type != OBJECT_REPORT)
		return status;
	struct signed_bytes *const part = &verifying->parts[verifying->reports++];
	part->from = verifying->messages.len;
	sodium_calls_signed_bytes(&verifying->messages, &object, &project);
	part->len = verifying->messages.len - part->from;
	part->signature = object.signature;
	return STATUS_OK;
}

static void save(struct outbox *outbox)
{
	static struct hash ids[BATCH];
	for (unsigned saved = 0; saved < REPORTS; saved += BATCH) {
		struct body *const bodies = scene_reports(saved, BATCH);
		MUST(outbox_put(outbox, bodies, BATCH, ids, err));
		free(bodies);
	}
}

static void fill(struct verifying *verifying)
{
	struct scene *const scene = verifying->scene;
	struct db *const db = project_db(scene->project);
	const struct signer_source signers = set_signers(project_set(scene->project));
	const struct key_id device = outbox_device(scene->outbox);
	struct signer signer;

	save(scene->outbox);
	MUST(db_begin(db, err));
	MUST(set_each_after(outbox_set(scene->outbox), 0, take, verifying, err));
	MUST(db_commit(db, err));
	MUST(signers.find(signers.context, &device, &signer, err));
	verifying->key = signer.key;
	if (verifying->reports != REPORTS)
		abort();
}

int main(int argc, char **argv)
{
	static struct verifying verifying;
	struct scene scene;
	const struct rounds rounds = {
		.what = "HQ verifies 10000 / bare verify loop, a report",
		.rounds = ROUNDS,
		.operations = REPORTS,
		.most = 1.3,
		.ours = verify,
		.bare = verify_bare,
	};

	if (argc != 2)
		return 2;
	scene_open(&scene, argv[1]);
	verifying.scene = &scene;
	fill(&verifying);
	rounds_run(&rounds, &verifying);
	bytes_wipe(&verifying.messages);
	scene_close(&scene);
	return 0;
}
