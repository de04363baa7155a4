/* From passphrase to first read, against Argon2id alone. At the least costs that
 * are allowed, where everything else weighs most. */
#include <sodium.h>
#include <string.h>

#include "crypto/keyfile.h"
#include "tests/bench/rounds.h"
#include "tests/bench/scene.h"

enum { ROUNDS = 25, SAVED = 1000 };

struct unlocking {
	char keys[SCENE_PATH_BYTES], register_path[SCENE_PATH_BYTES];
	struct secret *passphrase;
};

static void unlock(void *context, struct watch *watch)
{
	const struct unlocking *const unlocking = context;
	struct keyfile *file = NULL;
	struct vault *vault = NULL;
	struct outbox *outbox = NULL;
	static struct outbox_entry entry;

	watch_start(watch);
	MUST(keyfile_load(&file, unlocking->keys, err));
	MUST(keyfile_unlock(file, unlocking->passphrase, err));
	MUST(vault_register(&vault, keyfile_data_key(file), NULL, err));
	MUST(outbox_open(&outbox, unlocking->register_path, vault, keyfile_data_key(file), err));
	MUST(outbox_find(outbox, "1", &entry, err));
	watch_stop(watch);
	outbox_close(outbox);
	vault_unregister(vault);
	keyfile_free(file);
}

static void call_argon2id(void *context, struct watch *watch)
{
	const struct stretch_costs costs = stretch_costs_minimum();
	const uint8_t salt[crypto_pwhash_SALTBYTES] = {1};
	uint8_t key[STRETCH_KEY_BYTES];
	(void)context;

	watch_start(watch);
	if (crypto_pwhash(key, sizeof key, SCENE_PASSPHRASE, strlen(SCENE_PASSPHRASE), salt, costs.passes, (size_t)costs.memory_bytes,
	                  crypto_pwhash_ALG_ARGON2ID13) != 0)
		abort();
	watch_stop(watch);
}

/* With the key at hand: the first of them reads from the disk what the others find in memory. */
static double open_ms(const struct scene *scene, const struct unlocking *unlocking)
{
	struct watch watch = {0};
	struct outbox *outbox = NULL;
	static struct outbox_entry entry;

	watch_start(&watch);
	MUST(outbox_open(&outbox, unlocking->register_path, scene->vault, scene->data_key, err));
	MUST(outbox_find(outbox, "1", &entry, err));
	watch_stop(&watch);
	outbox_close(outbox);
	return watch.wall_s * 1e3;
}

static double least_open_ms(const struct scene *scene, const struct unlocking *unlocking)
{
	double least = open_ms(scene, unlocking);
	for (unsigned i = 1; i < ROUNDS; i++) {
		const double next = open_ms(scene, unlocking);
		if (next < least)
			least = next;
	}
	return least;
}

int main(int argc, char **argv)
{
	static struct hash ids[SAVED];
	struct scene scene;
	struct unlocking unlocking;

	if (argc != 2)
		return 2;
	scene_open(&scene, argv[1]);
	scene_path(&scene, "keys", unlocking.keys);
	scene_path(&scene, "register.db", unlocking.register_path);
	MUST(secret_new_copy(&unlocking.passphrase, span_from_text(SCENE_PASSPHRASE), err));
	struct body *const bodies = scene_reports(0, SAVED);
	MUST(outbox_put(scene.outbox, bodies, SAVED, ids, err));
	free(bodies);
	outbox_close(scene.outbox);
	scene.outbox = NULL;

	const struct rounds rounds = {
		.what = "passphrase to first read / Argon2id",
		.rounds = ROUNDS,
		.operations = 1,
		.most = 1.15,
		.ours = unlock,
		.bare = call_argon2id,
	};
	rounds_run(&rounds, &unlocking);
	rounds_print_value("  after unlock to first read, the least", least_open_ms(&scene, &unlocking), 5, "ms");
	secret_free(unlocking.passphrase);
	scene_close(&scene);
	return 0;
}
