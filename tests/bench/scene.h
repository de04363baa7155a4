/* What the benchmarks measure on: a real project, a device that joined it, and the
 * reference report, all in one folder. Whatever fails here ends the program.
 */
#ifndef SIJIL_TESTS_BENCH_SCENE_H
#define SIJIL_TESTS_BENCH_SCENE_H

#include <stdio.h>
#include <stdlib.h>

#include "crypto/keyfile.h"
#include "schema/evidence.h"
#include "schema/outbox.h"
#include "schema/project.h"

/* The expression sees `err`. */
#define MUST(expression)                                                                                                 \
	do {                                                                                                             \
		struct error must_err = {0};                                                                             \
		struct error *const err = &must_err;                                                                     \
		if ((expression) != STATUS_OK) {                                                                         \
			(void)fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #expression, must_err.message);     \
			exit(1);                                                                                         \
		}                                                                                                        \
	} while (0)

/* The reference report's time, 2018-06-24T15:30:00Z. */
#define SCENE_CREATED_S INT64_C(1529854200)
/* A clock for those who judge clocks: 2026-01-01. */
#define SCENE_NOW_S INT64_C(1767225600)

#define SCENE_PASSPHRASE "vapiv-pahig-luton-malid-rivip"
#define SCENE_FOLDER_BYTES 1024
#define SCENE_PATH_BYTES (SCENE_FOLDER_BYTES + 32)

struct scene {
	char folder[SCENE_FOLDER_BYTES];
	struct keyfile *keys; /* "keys", under SCENE_PASSPHRASE at the least costs allowed */
	const struct secret *data_key; /* of `keys` */
	struct vault *vault;
	struct project *project; /* "project.db" */
	struct outbox *outbox;   /* "register.db" */
};

/* Files go below `folder`, which exists and is the caller's to remove. */
void scene_open(struct scene *scene, const char *folder);
void scene_close(struct scene *scene);
/* "<folder>/<name>" */
void scene_path(const struct scene *scene, const char *name, char path[SCENE_PATH_BYTES]);

/* The reference report of schema/REPORT.md; with `i` above 0 other days and figures in it. */
void scene_report(struct body *body, unsigned i);
/* `n` of them, from the `first`-th on; the caller frees. */
struct body *scene_reports(unsigned first, size_t n);

/* An author with a key of his own, outside any register. */
struct author {
	struct signing_key *key;
	struct evidence_author evidence;
	struct hash previous;
	uint32_t number; /* of the last link */
};
void author_init(struct author *author, const struct scene *scene);
void author_wipe(struct author *author);
/* The next link of his chain. */
void author_make(struct author *author, const struct body *body, struct bytes *wire, struct hash *id);

/* BENCH_LONG asks for the figure's full size, which takes minutes. */
unsigned scene_size(unsigned usual, unsigned full);

#endif
