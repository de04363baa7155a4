/* A relay for tests: the cast of a project (tests/schema/cast.h), a store in its folder, a clock in our hands.
 * Everything that fails here fails the test.
 */
#ifndef SIJIL_TESTS_SYNC_WORLD_H
#define SIJIL_TESTS_SYNC_WORLD_H

#include "sync/protocol.h"
#include "sync/relay.h"
#include "tests/schema/cast.h"

#define WORLD_NOW_S INT64_C(1529800000)

struct world {
	struct cast cast;
	struct relay *relay;
	struct store *store; /* the relay's */
};

/* The relay serves the cast's project; HQ's appointment is in its log. `device_bytes_max` as relay_options. */
void world_begin(struct world *world, uint64_t device_bytes_max);
void world_end(struct world *world);
/* Closes the relay and opens it again over the same folder. */
void world_restart(struct world *world);
/* The relay lost all that it held, and serves the project anew with its old keys. */
void world_lose(struct world *world);
/* What the relay's clock says from now on. */
void world_set_clock(int64_t now_s);

/* An answer taken apart. */
struct answer {
	size_t objects_len, refusals_len;
	struct bytes objects;  /* one after another */
	struct refusal refusals[PROTOCOL_REFUSALS_MAX + 1];
	bool ended;
	struct push_end push_end;
	struct pull_end pull_end;
};
void answer_read(struct answer *answer, struct span came);
void answer_wipe(struct answer *answer);
/* The n-th object of a type, from 0; false if there are fewer. */
bool answer_object(const struct answer *answer, enum object_type type, size_t n, struct object *object);
size_t answer_count(const struct answer *answer, enum object_type type);
/* The receipt for a device, verified under the relay's key. */
struct receipt answer_receipt(const struct world *world, const struct answer *answer, const struct key_id *device);

/* A preface that knows descriptor 1 and names `devices`. */
struct preface world_preface(const struct world *world, const struct key_id *devices, size_t devices_len);
/* Preface and bundle pushed whole; *raw (may be NULL) gets the answer's bytes. */
void world_push(const struct world *world, const struct preface *preface, struct span bundle, struct answer *answer,
                struct bytes *raw);
/* The same, for one device and no more ado. */
void world_push_of(const struct world *world, const struct key_id *device, struct span bundle, struct answer *answer);

/* A device that keeps a chain of its own. */
struct walker {
	struct cast_device device;
	struct head at;
};
void walker_begin(const struct world *world, struct walker *walker);
/* Appends the next link to `wire`. */
void walker_step(const struct world *world, struct walker *walker, const char *words, struct bytes *wire);
/* Its enrolment, `links` events, its head. */
struct bytes walker_bundle(const struct world *world, struct walker *walker, unsigned links);
/* A new key goes on from where the old one is; its succession is appended to `wire`. */
void walker_succeed(const struct world *world, const struct walker *old, struct walker *next, struct bytes *wire);
void walker_end(struct walker *walker);

/* A pull request body by HQ; its time and cursor as given. */
void world_pull_request(const struct world *world, uint64_t cursor, int64_t time_s, struct bytes *body);
uint64_t world_log_size(const struct world *world);

#endif
