/* Headquarters verifies all stored reports again, from the database to the verdicts
 * and without opening one, against a bare loop of signature checks. */
#include <sodium.h>
#include <string.h>

#include "schema/casebook.h"
#include "tests/bench/rounds.h"
#include "tests/bench/scene.h"
#include "tests/bench/sodium_calls.h"

enum { REPORTS = 10000, BATCH = 1000, ROUNDS = 11, JUDGED_ROUNDS = 5 };

/* What the bare loop works on: the same messages, signatures and key. */
struct signed_bytes {
	size_t from, len; /* in `messages` */
	struct key_signature signature;
};

struct verifying {
	struct scene *scene;
	struct casebook *casebook;
	struct bytes messages;
	struct signed_bytes parts[REPORTS];
	struct key_public key;
	size_t reports;
};

/* --- the real path --- */

/* The database is opened anew, so that nothing of it is in SQLite's memory. */
static void reopen(struct verifying *verifying)
{
	struct scene *const scene = verifying->scene;
	char path[SCENE_PATH_BYTES];

	scene_path(scene, "project.db", path);
	casebook_close(verifying->casebook);
	project_close(scene->project);
	MUST(project_open(&scene->project, path, scene->vault, scene->data_key, err));
	MUST(casebook_open(&verifying->casebook, scene->project, err));
}

static void audit(void *context, struct watch *watch)
{
	struct verifying *const verifying = context;
	struct casebook_audit audit;

	reopen(verifying);
	watch_start(watch);
	MUST(casebook_audit(verifying->casebook, &audit, err));
	watch_stop(watch);
	if (audit.bad != 0 || audit.objects < REPORTS)
		abort();
}

static enum status count(void *context, const struct casebook_entry *entry, struct error *err)
{
	size_t *const good = context;
	(void)err;
	*good += entry->verdict.signature && entry->verdict.opened && entry->verdict.linked;
	return STATUS_OK;
}

/* What `verify` and `list` do: each row from its bytes, its body against the commitment, and its verdict in words. */
static void judge(void *context, struct watch *watch)
{
	static const struct casebook_filter everything;
	struct verifying *const verifying = context;
	size_t good = 0;

	reopen(verifying);
	watch_start(watch);
	MUST(casebook_each(verifying->casebook, &everything, count, &good, err));
	watch_stop(watch);
	if (good != REPORTS)
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

static void remember(struct verifying *verifying, const struct object *object)
{
	const struct key_id project = project_id(verifying->scene->project);
	struct signed_bytes *const part = &verifying->parts[verifying->reports++];
	part->from = verifying->messages.len;
	sodium_calls_signed_bytes(&verifying->messages, object, &project);
	part->len = verifying->messages.len - part->from;
	part->signature = object->signature;
}

static enum status take(void *context, uint64_t position, const struct hash *id, struct span wire, struct error *err)
{
	struct verifying *const verifying = context;
	enum set_outcome outcome;
	struct object object;
	(void)position;
	(void)id;

	enum status status = casebook_take(verifying->casebook, wire, 0, &outcome, err);
	if (status == STATUS_OK)
		status = object_parse(&object, wire, err);
	if (status == STATUS_OK && object.type == OBJECT_REPORT)
		remember(verifying, &object);
	return status;
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
	const struct signer_source signers = set_signers(project_set(scene->project));
	const struct key_id device = outbox_device(scene->outbox);
	struct signer signer;

	save(scene->outbox);
	MUST(casebook_open(&verifying->casebook, scene->project, err));
	MUST(casebook_begin(verifying->casebook, err));
	MUST(set_each_after(outbox_set(scene->outbox), 0, take, verifying, err));
	MUST(casebook_commit(verifying->casebook, NULL, err));
	MUST(signers.find(signers.context, &device, &signer, err));
	verifying->key = signer.key;
	if (verifying->reports != REPORTS)
		abort();
}

int main(int argc, char **argv)
{
	static struct verifying verifying;
	struct scene scene;
	struct rounds rounds = {
		.what = "HQ verifies 10000 / bare verify loop, a report",
		.rounds = ROUNDS,
		.operations = REPORTS,
		.most = 1.3,
		.ours = audit,
		.bare = verify_bare,
	};

	if (argc != 2)
		return 2;
	scene_open(&scene, argv[1]);
	verifying.scene = &scene;
	fill(&verifying);
	rounds_run(&rounds, &verifying);
	rounds.what = "  with bodies and verdicts in full, as `verify`";
	rounds.rounds = JUDGED_ROUNDS;
	rounds.most = 0;
	rounds.ours = judge;
	rounds_run(&rounds, &verifying);
	bytes_wipe(&verifying.messages);
	casebook_close(verifying.casebook);
	scene_close(&scene);
	return 0;
}
