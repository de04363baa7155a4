/* The relay's store: one interface, SQLite and PostgreSQL behind it, one set of conformance tests for both.
 *
 * A store holds the grow-only set of one or many projects, hands out log positions
 * under one lock, and makes a batch durable as a whole. The relay above it verifies;
 * the store never sees an unverified object.
 */
#ifndef SIJIL_SYNC_STORE_H
#define SIJIL_SYNC_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/admission.h"
#include "schema/set.h"

struct store;

struct store_methods {
	/* The root key of a project; NOT_FOUND if it is not served here. */
	enum status (*project_root)(struct store *store, const struct key_id *project, struct key_public *root,
	                            struct error *err);
	/* Serves a project from now on and puts this descriptor's wire object, which must be signed by that root: the first
	 * of its log. Harmless when known. UNTRUSTED: signed by another. */
	enum status (*project_add)(struct store *store, const struct key_public *root, struct span descriptor,
	                           struct error *err);
	enum status (*project_each)(struct store *store, enum status (*each)(void *, const struct key_id *, struct error *),
	                            void *context, struct error *err);
	/* A batch: objects put between begin and commit become durable together, or not at all after
	 * rollback. One at a time for each store handle. */
	enum status (*begin)(struct store *store, const struct key_id *project, struct error *err);
	enum status (*commit)(struct store *store, struct error *err);
	void (*rollback)(struct store *store);
	/* Verifies and puts, within a batch. Statuses of set_put. A failed object does not spoil the batch. */
	enum status (*put)(struct store *store, struct span wire, struct admission *admission, enum set_outcome *outcome,
	                   struct error *err);
	/* Reading; each call sees one state at least as new as the last commit of this handle, and within a batch what was
	 * put in it. NOT_FOUND for a project that is not served here. */
	enum status (*has)(struct store *store, const struct key_id *project, const struct hash *id, bool *has,
	                   struct error *err);
	enum status (*each_after)(struct store *store, const struct key_id *project, uint64_t after,
	                          set_each_function *each, void *context, struct error *err);
	enum status (*each_newest)(struct store *store, const struct key_id *project, enum object_type type,
	                           const struct key_id *device, set_each_function *each, void *context, struct error *err);
	enum status (*each_of_type)(struct store *store, const struct key_id *project, enum object_type type,
	                            set_each_function *each, void *context, struct error *err);
	enum status (*signer)(struct store *store, const struct key_id *project, const struct key_id *id,
	                      struct signer *signer, struct error *err);
	enum status (*chain)(struct store *store, const struct key_id *project, const struct key_id *device,
	                     const struct head *tip, struct chain *chain, struct error *err);
	enum status (*log)(struct store *store, const struct key_id *project, uint64_t *size, struct hash *root,
	                   struct error *err);
	/* What a device and those it succeeds have had kept, in bytes: counted by whoever puts, so that a limit can be
	 * held. `charge` adds within a batch; `charged` gives 0 for an account never charged. */
	enum status (*charge)(struct store *store, const struct key_id *account, uint64_t bytes, struct error *err);
	enum status (*charged)(struct store *store, const struct key_id *project, const struct key_id *account,
	                       uint64_t *bytes, struct error *err);
	void (*close)(struct store *store);
};

/* Embedded at the start of each implementation's own struct. */
struct store {
	const struct store_methods *methods;
};

/* The embedded default: a folder with one WAL database a project, group commit, one writer (sync/store_sqlite.c).
 * `create` makes the folder if it is missing. */
MUST_CHECK enum status store_sqlite_open(struct store **store, const char *folder, bool create, struct error *err);

#endif
