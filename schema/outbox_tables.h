/* What the parts of schema/outbox share.
 */
#ifndef SIJIL_SCHEMA_OUTBOX_TABLES_H
#define SIJIL_SCHEMA_OUTBOX_TABLES_H

#include "schema/outbox.h"
#include "schema/set_sql.h"

#define OUTBOX_SEED_WORD "signing seed"
#define OUTBOX_TAG_KEY_WORD "informant tag key"

enum outbox_statement {
	OUTBOX_REGISTER_PUT = SET_STATEMENTS,
	OUTBOX_REGISTER_GET,
	OUTBOX_TAG_KEY_WRAP,
	OUTBOX_DESCRIPTOR_MOVE,
	OUTBOX_IDENTITY_PUT,
	OUTBOX_IDENTITY_END,
	OUTBOX_IDENTITY_WRAP,
	OUTBOX_IDENTITIES,
	OUTBOX_GENERATION,
	OUTBOX_TIP,
	OUTBOX_OWN_PUT,
	OUTBOX_READ_BACK,
	OUTBOX_OWN_TYPE,
	OUTBOX_OWN_LINK,
	OUTBOX_OWN_ALL,
	OUTBOX_OWN_BY_ID,
	OUTBOX_OWN_BY_NUMBER,
	OUTBOX_OWN_COUNT,
	OUTBOX_CHILD,
	OUTBOX_WALK,
	OUTBOX_PURGE,
	OUTBOX_COVER,
	OUTBOX_UNCOVER,
	OUTBOX_COVERED,
	OUTBOX_CHECKPOINT_PUT,
	OUTBOX_CHECKPOINT_GET,
	OUTBOX_CHECKPOINT_TOLD,
	OUTBOX_HELD,
	OUTBOX_HEIRS,
	OUTBOX_OTHERS,
	OUTBOX_LOST_PUT,
	OUTBOX_LOST,
	OUTBOX_LOST_HAS,
	OUTBOX_IDENTITY_COPY,
	OUTBOX_CHECKPOINT_COPY,
	OUTBOX_RECOVERIES,
	OUTBOX_HANDED_PUT,
	OUTBOX_HANDED_GET,
	OUTBOX_HANDED_BACK,
	OUTBOX_WIRE_GET,
	OUTBOX_AMENDMENTS,
	OUTBOX_WIRE_CUT,
	OUTBOX_BODY_DROP,
	OUTBOX_NOTE_GET,
	OUTBOX_NOTE_PUT,
	OUTBOX_DRAFT_PUT,
	OUTBOX_DRAFT_GET,
	OUTBOX_DRAFT_DROP,
	OUTBOX_DRAFT_CLEAR,
	OUTBOX_LINEAGE,
	OUTBOX_CARRIED_BY_ID,
	OUTBOX_STATEMENTS,
};

/* Whose word covers a chain; numbers as in the table. */
enum outbox_by { OUTBOX_BY_RELAY = 1, OUTBOX_BY_HUB = 2, OUTBOX_BY_HQ = 3 };

/* A row of the table identity, and how far its chain is known elsewhere. */
struct outbox_identity {
	int64_t generation;
	struct key_id device;
	struct hash introduced;
	struct head tip; /* its last own event; of an ended one only the number counts */
	bool ended;
	bool known[OUTBOX_BY_HQ + 1];    /* [by]: covered at all, if only its introduction */
	uint64_t covered[OUTBOX_BY_HQ + 1];
	int64_t time_s[OUTBOX_BY_HQ + 1];
};

struct outbox {
	struct db *db;
	struct set *set;
	struct secret *data_key, *tag_key;
	struct signing_key *key;
	struct outbox_identity *identities; /* ascending; the last one signs */
	size_t identities_len;
	struct hash descriptor_id;
	struct descriptor descriptor;
	bool grouping;       /* between outbox_group_begin and outbox_group_end... */
	enum status spoiled; /* ...and whether that can still be committed */
	struct hash descriptor_before, tip_before; /* as the transaction began */
	int64_t floor_s;
	char label[ENROLMENT_LABEL_BYTES];
};

/* Tables and statements of every register. */
const struct db_schema *outbox_schema(void);
/* The identity that signs. */
struct outbox_identity *outbox_self(const struct outbox *outbox);
/* The identity of that name, or NULL. */
struct outbox_identity *outbox_identity_of(const struct outbox *outbox, const struct key_id *device);

/* Reads identities, their tips and what covers them from the database. */
MUST_CHECK enum status outbox_refresh(struct outbox *outbox, struct error *err);
/* BEGIN IMMEDIATE and outbox_refresh. BUSY if another program has given the device a new key since. In a group:
 * nothing, but a spoiled one fails. */
MUST_CHECK enum status outbox_begin(struct outbox *outbox, struct error *err);
/* COMMIT if `status` is OK; else, or if that fails, ROLLBACK, and memory is as the database again. A commit that failed
 * only at its end is in the register: then the message says so. In a group: keeps the failure for its end. */
MUST_CHECK enum status outbox_end(struct outbox *outbox, enum status status, struct error *err);
/* What was stored cannot be read: damage of the register, whatever the reader of bytes calls it. Other failures stay. */
enum status outbox_stored(enum status status, struct error *err);
/* A new identity row; the seed is wrapped. */
MUST_CHECK enum status outbox_identity_put(struct outbox *outbox, const struct key_id *device,
                                           const struct hash *introduced, const struct signing_key *key,
                                           struct error *err);
/* Decodes the descriptor that descriptor_id names. */
MUST_CHECK enum status outbox_load_descriptor(struct outbox *outbox, struct error *err);
/* Walks from the current descriptor to the newest chained one that the set holds. */
MUST_CHECK enum status outbox_follow_descriptors(struct outbox *outbox, struct error *err);
/* Whether (number, last) is a link of an own chain; 0 is its introduction. */
MUST_CHECK enum status outbox_is_own(struct outbox *outbox, const struct outbox_identity *identity,
                                     const struct head *head, bool *own, struct error *err);
/* Drops the readable copies that the policy no longer lets stay. */
MUST_CHECK enum status outbox_purge(struct outbox *outbox, const struct outbox_identity *identity, struct gap numbers,
                                    struct error *err);
/* Whether this number of an own chain was lost to damage; 0 is its introduction. */
MUST_CHECK enum status outbox_lost_has(struct outbox *outbox, const struct key_id *device, uint64_t number, bool *lost,
                                       struct error *err);
/* How many numbers in [1, `upto`] of an own chain were. */
MUST_CHECK enum status outbox_lost_count(struct outbox *outbox, const struct key_id *device, uint64_t upto,
                                         uint64_t *lost, struct error *err);
/* Whether the event's body was withheld here. */
MUST_CHECK enum status outbox_is_withheld(struct outbox *outbox, const struct hash *id, bool *withheld, struct error *err);
/* Within a transaction: the current chain may have left up to `number`. */
MUST_CHECK enum status outbox_note_handed(struct outbox *outbox, uint64_t number, struct error *err);
/* Signs where the current chain ends and puts that head into the set; the wire object is appended. */
MUST_CHECK enum status outbox_sign_head(struct outbox *outbox, struct bytes *wire, struct error *err);

#endif
