/* Inside HQ's database: what project.c and casebook*.c share. */
#ifndef SIJIL_SCHEMA_PROJECT_INSIDE_H
#define SIJIL_SCHEMA_PROJECT_INSIDE_H

#include "schema/project.h"
#include "schema/set_sql.h"

#define PROJECT_SEALING_KEYS 64

enum project_statement {
	PROJECT_GET = SET_STATEMENTS,
	PROJECT_PUT,
	PROJECT_BEHIND_GET,
	PROJECT_BEHIND_SET,
	PROJECT_SECRET_GET,
	PROJECT_SECRET_PUT,
	PROJECT_SECRET_WRAP,
	PROJECT_SECRET_NUMBERS,
	PROJECT_INVITE_PUT,
	CASEBOOK_OPENED_PUT,
	CASEBOOK_OPENED_GET,
	CASEBOOK_OPENED_EACH,
	CASEBOOK_OPENED_HAS,
	CASEBOOK_OPENED_CHILDREN,
	CASEBOOK_OPENED_COUNT,
	CASEBOOK_OPENED_FROM,
	CASEBOOK_OPENED_NUMBERED,
	CASEBOOK_OPENED_RECOVERIES,
	CASEBOOK_WITHHELD,
	CASEBOOK_OPENED_DUMP,
	CASEBOOK_SEALED_DUMP,
	CASEBOOK_LINKS,
	CASEBOOK_ARRIVAL_PUT,
	CASEBOOK_ARRIVAL_GET,
	CASEBOOK_CHECKPOINT_PUT,
	CASEBOOK_CHECKPOINT_AT,
	CASEBOOK_CHECKPOINT_EACH,
	CASEBOOK_CHECKPOINT_NEWEST,
	CASEBOOK_PULLED_PUT,
	CASEBOOK_PULLED_GET,
	CASEBOOK_PULL_GET,
	CASEBOOK_PULL_PUT,
	CASEBOOK_OTHER_LOG_GET,
	CASEBOOK_OTHER_LOG_PUT,
	CASEBOOK_QUARANTINE_PUT,
	CASEBOOK_QUARANTINE_EACH,
	CASEBOOK_QUARANTINE_WAITING,
	CASEBOOK_QUARANTINE_TWICE,
	CASEBOOK_QUARANTINE_DROP,
	CASEBOOK_QUARANTINE_TRIM,
	PROJECT_STATEMENTS,
};

/* A sealing key in use since the descriptor of this number. */
struct project_sealing {
	uint64_t since;
	struct sealing_key *key;
};

struct project {
	struct db *db;
	struct set *set;
	const struct secret *data_key; /* borrowed from the home, which outlives us */
	struct signing_key *root, *appointment_key;
	struct key_id id, appointment;
	struct descriptor descriptor; /* the newest */
	struct hash descriptor_id;
	size_t sealing_len;
	struct project_sealing sealing[PROJECT_SEALING_KEYS];
};

/* The seed of a key, and what the key is for. */
struct project_seed {
	const char *use;
	uint64_t number; /* of a sealing key: the descriptor it is used since */
	struct span bytes;
};

/* Wraps it under `data_key` into a row of its own (PROJECT_SECRET_PUT), or of the one that is there (PROJECT_SECRET_WRAP). */
MUST_CHECK enum status project_put_seed(struct project *project, enum project_statement how, const struct project_seed *seed,
                                        const struct secret *data_key, struct error *err);

/* Signs as root and puts the object; inside a transaction. */
MUST_CHECK enum status project_sign(struct project *project, enum object_type type, const struct bytes *payload,
                                    struct hash *id, struct error *err);
/* Signs `next` as the newest descriptor; inside a transaction. */
MUST_CHECK enum status project_put_descriptor(struct project *project, const struct descriptor *next, struct error *err);
/* The newest descriptor of the set, after one was taken or a batch undone. */
MUST_CHECK enum status project_reload(struct project *project, struct error *err);
/* Ends a transaction either way, and returns `status` or what the commit gave. */
MUST_CHECK enum status project_end(struct project *project, enum status status, struct error *err);

#endif
