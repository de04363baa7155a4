/* What headquarters knows: every object taken in, every event opened, and a verdict for each.
 *
 * Opened rows are written only from struct evidence, and each row that is shown or exported is verified again from its
 * bytes. What does not open or verify is set aside in a bounded quarantine with its reason. The casebook is a projection:
 * any order of arrival gives the same canonical dump.
 */
#ifndef SIJIL_SCHEMA_CASEBOOK_H
#define SIJIL_SCHEMA_CASEBOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/evidence.h"
#include "schema/project.h"
#include "schema/report_filter.h"

#define CASEBOOK_QUARANTINE_MAX 1000
#define CASEBOOK_REASON_BYTES 160

struct casebook;

MUST_CHECK enum status casebook_open(struct casebook **casebook, struct project *project, struct error *err);
void casebook_close(struct casebook *casebook);

/* Takes one object within a batch (casebook_begin .. casebook_commit), which becomes durable as a whole. The database is
 * locked from the first object to the commit, so that nobody waits for a batch that waits for the network. `position`: its
 * place in the relay's log, 0 if it came otherwise. Events are opened at once. A failed one goes to the quarantine and its
 * status comes out (BAD_INPUT, UNTRUSTED, TAMPERED, REFUSED; the batch goes on); an event of an unknown signer waits there
 * and is tried again when somebody new became known. Any other status asks for a rollback. */
MUST_CHECK enum status casebook_begin(struct casebook *casebook, struct error *err);
MUST_CHECK enum status casebook_take(struct casebook *casebook, struct span wire, uint64_t position,
                                     enum set_outcome *outcome, struct error *err);
/* `cursor`: NULL, or the relay's log cursor reached (BUG: not by the objects taken). The relay's clock and receipts, taken
 * like any other object, are compared with the own tree over its log. A commit that fails has undone the batch. */
MUST_CHECK enum status casebook_commit(struct casebook *casebook, const uint64_t *cursor, struct error *err);
void casebook_rollback(struct casebook *casebook);
MUST_CHECK enum status casebook_cursor(struct casebook *casebook, uint64_t *cursor, struct error *err);

/* A relay's log that is another than the one pulled before (casebook_log_check: TAMPERED) is followed apart from it: the tree
 * over what was taken of it, empty if nothing was. Kept within a batch. */
MUST_CHECK enum status casebook_other_log(struct casebook *casebook, struct merkle *tree, struct error *err);
MUST_CHECK enum status casebook_other_log_keep(struct casebook *casebook, const struct merkle *tree, struct error *err);

/* Whether the relay's signed tree matches what was pulled: OK, NOT_FOUND (no log seen yet), or TAMPERED with a sentence. */
MUST_CHECK enum status casebook_log_check(struct casebook *casebook, struct relay_clock *newest, struct error *err);

/* A statement, not a yes. */
enum verdict_enrolment { ENROLMENT_VALID = 1, ENROLMENT_CONFIRMED, ENROLMENT_LATE, ENROLMENT_DOUBLE };
enum verdict_standing { STANDING_GOOD = 1, STANDING_CONTESTED };

struct verdict {
	bool signature;                 /* always true for a row that is shown; false: it no longer verifies */
	bool opened;                    /* commitment recomputed, body decoded */
	enum verdict_enrolment enrolment;
	struct key_id invite;
	uint64_t chain_whole;           /* the device's chain is complete up to here */
	bool linked;                    /* this event lies on that complete part */
	bool forked;                    /* another event has its number */
	uint64_t log_position;          /* 0: not seen in the relay's log */
	int64_t seen_by_s;              /* the relay signed a log that holds it at this time; 0: none */
	bool revoked;                   /* its device is revoked... */
	enum verdict_standing standing; /* ...and whether this event still counts */
	bool time_plausible;            /* created not after it was seen, not before the checkpoint it carries */
	bool duplicate_key;
};

struct casebook_entry {
	struct hash id; /* these four as the database has them, */
	struct key_id device;
	uint64_t number;
	enum object_type type;
	const struct evidence *evidence; /* and this verified again just now; borrowed during the call */
	struct verdict verdict;
	char label[ENROLMENT_NAME_BYTES]; /* the device's label, or a successor's name */
	struct hash amended_by, retracted_by; /* zero if none; the newest valid one by its own author */
	struct report current; /* a report after its amendments; of other events what they say themselves */
};

struct casebook_filter { /* zero-initialise: everything */
	const struct key_id *device;
	struct report_filter report;
	bool all_events;       /* also amend, retract, corroborate, recovery; else reports only */
};

typedef enum status casebook_each_function(void *context, const struct casebook_entry *entry, struct error *err);
/* Opened events, by device position then number then id. A row that no longer verifies gives an entry with
 * verdict.signature false and evidence NULL, whatever the filter. `filter` NULL: all reports. */
MUST_CHECK enum status casebook_each(struct casebook *casebook, const struct casebook_filter *filter,
                                     casebook_each_function *each, void *context, struct error *err);
/* By hex id prefix (4 or more digits), or "LABEL/NUMBER". NOT_FOUND; BAD_INPUT: several. */
MUST_CHECK enum status casebook_find(struct casebook *casebook, const char *name, struct hash *id, struct error *err);
MUST_CHECK enum status casebook_get(struct casebook *casebook, const struct hash *id, casebook_each_function *each,
                                    void *context, struct error *err);

struct casebook_device {
	struct key_id id, invite, predecessor; /* predecessor: zero unless a succession brought it */
	char label[ENROLMENT_NAME_BYTES], platform[ENROLMENT_PLATFORM_BYTES];
	enum verdict_enrolment enrolment;
	bool revoked, succeeded;
	struct chain chain;
	uint64_t opened;
};
MUST_CHECK enum status casebook_each_device(struct casebook *casebook,
                                            enum status (*each)(void *, const struct casebook_device *, struct error *),
                                            void *context, struct error *err);
/* By hex id prefix, proquint fingerprint or label. NOT_FOUND; BAD_INPUT: several. */
MUST_CHECK enum status casebook_find_device(struct casebook *casebook, const char *name, struct key_id *id,
                                            struct error *err);

/* A code that opens, or once opened, a device's register. Its event is in no list and no evidence file. */
struct casebook_recovery {
	const struct evidence *evidence; /* verified again just now; its body holds the code; borrowed during the call */
	char label[ENROLMENT_NAME_BYTES]; /* the key of the device that sealed it */
	struct verdict verdict;
	bool superseded; /* a newer one replaced it */
};
/* The codes of the register that `device` signs from, the newest first: its own, then those of the keys it goes on from, as
 * far as it goes on from them. NOT_FOUND: there is none. TAMPERED: one no longer verifies. */
MUST_CHECK enum status casebook_each_recovery(struct casebook *casebook, const struct key_id *device,
                                              enum status (*each)(void *, const struct casebook_recovery *, struct error *),
                                              void *context, struct error *err);

/* An event of which nobody has the body: its author withheld it before it was sent, and its header stands in the chain. */
struct casebook_withheld {
	struct hash id;
	struct key_id device;
	uint64_t number;
	enum object_type type;
	char label[ENROLMENT_NAME_BYTES];
	struct hash retraction; /* its author's, that says why; zero: not here */
	uint8_t reason;         /* vocabulary_retraction; 0: not here */
};
/* By device then number; with `device`, of that device only. Each is verified again; TAMPERED: one no longer does. One that
 * came with its body, from an older copy of a register, is among the reports instead. */
MUST_CHECK enum status casebook_each_withheld(struct casebook *casebook, const struct key_id *device,
                                              enum status (*each)(void *, const struct casebook_withheld *, struct error *),
                                              void *context, struct error *err);

struct quarantined {
	struct hash wire_hash;
	enum object_type type;
	struct key_id signer;
	enum status status;
	char reason[CASEBOOK_REASON_BYTES];
	int64_t first_s;
};
MUST_CHECK enum status casebook_each_quarantined(struct casebook *casebook,
                                                 enum status (*each)(void *, const struct quarantined *, struct error *),
                                                 void *context, struct error *err);

/* Signs acknowledgements for all devices whose opened, whole chain grew. */
MUST_CHECK enum status casebook_acknowledge(struct casebook *casebook, int64_t now_s, uint64_t *made, struct error *err);

/* Verifies all stored objects again, from bytes to signatures, without opening: for `verify` and the bench. */
struct casebook_audit { uint64_t objects, bad; };
MUST_CHECK enum status casebook_audit(struct casebook *casebook, struct casebook_audit *audit, struct error *err);

/* The evidence file of one report (FORMAT.md 7). REFUSED: a recovery code is nobody else's. */
MUST_CHECK enum status casebook_evidence(struct casebook *casebook, const struct hash *id, struct bytes *file,
                                         struct error *err);
/* The canonical dump: opened events and verdict-free facts, ordered by id; of recovery codes the ids alone. */
MUST_CHECK enum status casebook_dump(struct casebook *casebook, struct bytes *out, struct error *err);

#endif
