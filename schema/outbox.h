/* The field device's register: who it is, its own chain, and what it carries for others.
 *
 * Tables: the set (schema/set.h), the device's identity with its wrapped keys, the worker's readable
 * copies, receipts. One function, one transaction. An event is signed and sealed the moment it is saved,
 * read back from the database and checked again before COMMIT.
 */
#ifndef SIJIL_SCHEMA_OUTBOX_H
#define SIJIL_SCHEMA_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/secret.h"
#include "schema/body.h"
#include "schema/descriptor.h"
#include "schema/enrolment.h"
#include "schema/set.h"

/* No clock that works is earlier: the release is later than this (2025-01-01, UTC seconds). */
#ifndef OUTBOX_RELEASE_S
#define OUTBOX_RELEASE_S INT64_C(1735689600)
#endif

struct outbox;

/* Creates the register in a new database at `path` over `vault`: a device key, the enrolment from the
 * invite, the descriptor. UNTRUSTED: the invite is not what it says. REFUSED: expired by this device's
 * clock (`now_s` 0, or before the release: clock unset, not judged). What fails leaves no file. */
MUST_CHECK enum status outbox_create(struct outbox **outbox, const char *path, const struct vault *vault,
                                     const struct secret *data_key, const struct invite_file *invite, int64_t now_s,
                                     struct error *err);
/* As outbox_create, of a project that is made for it and that nobody else ever hears of: to learn the program by, and what
 * stands beside each register (crypto/FORMAT.md, section 11). What it seals nobody can open. */
MUST_CHECK enum status outbox_create_practice(struct outbox **outbox, const char *path, const struct vault *vault,
                                              const struct secret *data_key, int64_t now_s, struct error *err);
bool outbox_is_practice(const struct outbox *outbox);
MUST_CHECK enum status outbox_open(struct outbox **outbox, const char *path, const struct vault *vault,
                                   const struct secret *data_key, struct error *err);
void outbox_close(struct outbox *outbox);

struct set *outbox_set(struct outbox *outbox);
struct db *outbox_db(struct outbox *outbox);
struct key_id outbox_project(const struct outbox *outbox);
struct key_id outbox_device(const struct outbox *outbox);
/* The end of the own chain; number 0 is the introduction of this device. */
struct head outbox_tip(const struct outbox *outbox);
const char *outbox_label(const struct outbox *outbox);
/* As headquarters names this device, or an own earlier key of it: the label, or a successor's name. */
void outbox_name(const struct outbox *outbox, const struct key_id *device, char name[ENROLMENT_NAME_BYTES]);
const struct descriptor *outbox_descriptor(const struct outbox *outbox);
/* The floor below which no made event's time lies: build date, last event, last receipt. A clock
 * behind it is unset. */
int64_t outbox_time_floor(const struct outbox *outbox);
/* report_reading.tag for nicknames: 8 bytes of Argon2id keyed by a random key of the device. About 0.15 s. */
MUST_CHECK enum status outbox_tag(void *outbox, const char *nickname, uint8_t tag[REPORT_TAG_BYTES], struct error *err);

/* Many outbox_put and outbox_take in one transaction, which costs one sync of the disk: begin, those, end. A
 * taken object that is refused does no harm. A put that fails, or a take that could not be stored, spoils the group: end
 * then returns that status and nothing of the group was saved. No other function that writes, and no
 * outbox_status, between the two. */
MUST_CHECK enum status outbox_group_begin(struct outbox *outbox, struct error *err);
MUST_CHECK enum status outbox_group_end(struct outbox *outbox, struct error *err);

/* Saves `n` bodies as the next links, all or none, in one transaction. ids[i] names the i-th. Each is re-read and
 * re-checked; the signature verified for single saves and for the last of a batch. REFUSED: the
 * parent of an amend or retract is no own report or amendment. BAD_INPUT, BUSY, CORRUPT: nothing was saved;
 * IO: nothing, unless the message says that it stands. Of a recovery no readable copy is kept, whatever the policy. */
MUST_CHECK enum status outbox_put(struct outbox *outbox, const struct body *bodies, size_t n, struct hash *ids,
                                  struct error *err);

/* Notes captured while the register was locked (schema/note.h), by the names of their records (crypto/inbox.h). One that was
 * taken in or dropped is known for good, so that it never counts twice, whenever it comes again. */
enum outbox_note_fate { OUTBOX_NOTE_UNKNOWN, OUTBOX_NOTE_ACCEPTED, OUTBOX_NOTE_DROPPED };
struct outbox_note {
	enum outbox_note_fate fate;
	struct hash event; /* accepted: the report it became */
};
MUST_CHECK enum status outbox_note_find(struct outbox *outbox, const struct hash *name, struct outbox_note *note,
                                        struct error *err);
/* Saves the body as outbox_put does and remembers the note, in one transaction. *before: what was known; where that is
 * not UNKNOWN nothing was saved. */
MUST_CHECK enum status outbox_note_accept(struct outbox *outbox, const struct hash *name, const struct body *body,
                                          struct outbox_note *before, struct error *err);
/* Remembers that it is not wanted. */
MUST_CHECK enum status outbox_note_drop(struct outbox *outbox, const struct hash *name, struct outbox_note *before,
                                        struct error *err);

/* What is being typed and is no report yet (schema/draft.h encodes it): one at a time. The register is its only place, and it
 * is gone in the transaction that saves the report. */
#define OUTBOX_MARK_BYTES 8
struct outbox_draft {
	uint8_t mark[OUTBOX_MARK_BYTES]; /* random: of the dialogue that writes it */
	int64_t saved_s;
	struct bytes content;
};
/* Whether the project lets this device keep something readable. */
bool outbox_keeps_drafts(const struct outbox *outbox);
/* Replaces what was there. REFUSED: no drafts are kept. */
MUST_CHECK enum status outbox_draft_put(struct outbox *outbox, const struct outbox_draft *draft, struct error *err);
/* NOT_FOUND: none. The caller wipes the content. */
MUST_CHECK enum status outbox_draft_get(struct outbox *outbox, struct outbox_draft *draft, struct error *err);
/* If it is still that dialogue's. */
MUST_CHECK enum status outbox_draft_drop(struct outbox *outbox, const uint8_t mark[OUTBOX_MARK_BYTES], struct error *err);
/* outbox_put of one body and outbox_draft_drop, both or neither. */
MUST_CHECK enum status outbox_put_drafted(struct outbox *outbox, const struct body *body,
                                          const uint8_t mark[OUTBOX_MARK_BYTES], struct hash *id, struct error *err);

/* One own event as the worker may see it. */
struct outbox_entry {
	struct hash id;
	struct key_id device; /* the own key whose chain it is in */
	uint32_t number;
	enum object_type type;
	bool readable;   /* false: the policy dropped the readable copy, or there never was one */
	bool withheld;   /* its body was dropped here before it was sent: nobody has it */
	struct body body;
	bool relay_has;  /* a receipt covers it */
	bool hq_has;     /* an acknowledgement covers it */
	struct hash amended_by, retracted_by; /* zero if none; the newest */
};

typedef enum status outbox_each_function(void *context, const struct outbox_entry *entry, struct error *err);
/* Own events, ascending by number. */
MUST_CHECK enum status outbox_each(struct outbox *outbox, outbox_each_function *each, void *context, struct error *err);
/* By own number (of the current key's chain), by a chain's name and the number in it ("Team Nasib/3"), by full id, or
 * by unique prefix of the hex id (4 digits or more); digits alone are a number where there is such an event. NOT_FOUND;
 * BAD_INPUT: several. */
MUST_CHECK enum status outbox_find(struct outbox *outbox, const char *name, struct outbox_entry *entry, struct error *err);
/* All events of one report: it, what amends it, and what amends that, retractions too, in the order they were saved; of whichever of
 * them `id` names. Nothing for an event that has no lineage. */
MUST_CHECK enum status outbox_each_lineage(struct outbox *outbox, const struct hash *id, outbox_each_function *each,
                                           void *context, struct error *err);
/* Another's report, to be corroborated: by its full id, whether or not this device carries it, or by a unique prefix of 4 digits
 * or more of one that it carries. REFUSED: it is an own event. NOT_FOUND; BAD_INPUT: several. */
MUST_CHECK enum status outbox_find_carried(struct outbox *outbox, const char *name, struct hash *id, struct error *err);
/* The report as it stands after its amendments: those that led to the entry, then the newest of each. A corroboration
 * or retraction gives what its own body holds. NOT_FOUND: no such event, or its readable copy was dropped. */
MUST_CHECK enum status outbox_current(struct outbox *outbox, const struct hash *id, struct report *report, struct error *err);

struct outbox_status {
	uint64_t saved;   /* own reports and corrections: all own events but recovery codes */
	uint64_t relay;   /* of them, covered by a believed receipt of a relay (not a hub) */
	uint64_t hq;      /* of them, covered by an acknowledgement */
	uint64_t carried; /* events of other devices held here */
	int64_t receipt_s, acknowledgement_s; /* times they state; 0 if none */
	uint64_t lost;    /* own events that damage took; not among those above */
	bool revoked;     /* a revocation names this device, or a key it goes on from */
	bool succeeded;   /* this identity was succeeded by another key that is not here */
	bool surpassed;   /* others hold events signed with this device's key that were not made here: a copy of it is
	                   * in use, or this is a restored one. outbox_succeed is the way on */
	bool recovery_made, recovery_held; /* there is a recovery code, and a relay's receipt or HQ's acknowledgement
	                                    * covers the newest */
};
MUST_CHECK enum status outbox_status(struct outbox *outbox, struct outbox_status *status, struct error *err);

/* What the next round must send: enrolment (until receipted), the head, fresh, own unreceipted events oldest
 * first, then others' carried objects without receipt. Stops before `budget_bytes` is passed (at least one object
 * beside the head). *left: more remains. *sent_to: the own number reached. Empty when all is receipted. */
MUST_CHECK enum status outbox_batch(struct outbox *outbox, size_t budget_bytes, struct bytes *bundle, uint64_t *sent_to,
                                    bool *left, struct error *err);
/* Everything for a courier: as above without budget; `all` gives the whole set, what is receipted and what came
 * down from headquarters and the relay included. */
MUST_CHECK enum status outbox_export(struct outbox *outbox, bool all, struct bytes *bundle, uint64_t *objects,
                                     struct error *err);

/* Takes one object from outside, in a transaction of its own: own receipts are believed only if they name an own
 * event of that number and id; a descriptor counts only when newer and chained. A hub's receipt never counts as the
 * relay's. Statuses of set_put. */
MUST_CHECK enum status outbox_take(struct outbox *outbox, struct span wire, struct admission *admission,
                                   enum set_outcome *outcome, struct error *err);

/* Before own events up to `number` are sent: what may have left can be withheld no more. outbox_take_back undoes it where it
 * is known that nothing went out, unless it was said again meanwhile. A carried file notes itself. */
struct outbox_handing {
	uint64_t before, times;
};
MUST_CHECK enum status outbox_hand_over(struct outbox *outbox, uint64_t number, struct outbox_handing *handing,
                                        struct error *err);
MUST_CHECK enum status outbox_take_back(struct outbox *outbox, const struct outbox_handing *handing, struct error *err);

/* Drops the bodies of an own report and of its amendments, the sealed ones too, before they were sent. What is left is the
 * signed header of each, in a withholding that travels in its place. `retraction`, which says why, is saved with it; NULL
 * where the report was retracted before. REFUSED: it may have left this device already, or is no report of the current key.
 * NOT_FOUND. */
MUST_CHECK enum status outbox_withhold(struct outbox *outbox, const struct hash *id, const struct body *retraction,
                                       struct error *err);

/* A new key goes on where this register ends (restore, fork, rotation). */
MUST_CHECK enum status outbox_succeed(struct outbox *outbox, enum succession_reason reason, struct error *err);

/* The relay does not know `device`, though it gave a receipt for it: it lost what it held, or is another one. All that is
 * own is to be sent again. *forgot is false, and nothing happens, where there was no such receipt. */
MUST_CHECK enum status outbox_forget_receipts(struct outbox *outbox, const struct key_id *device, bool *forgot,
                                              struct error *err);

/* The newest link of the own chain that a relay's receipt covers, for the key file's floor; and whether `head` is a link of an
 * own chain: a register that does not hold the floor is a restored one. */
MUST_CHECK enum status outbox_receipted(struct outbox *outbox, struct head *head, struct error *err);
MUST_CHECK enum status outbox_holds(struct outbox *outbox, const struct head *head, bool *holds, struct error *err);

/* Own events that damage of the disk took and that a repair went on without (schema/salvage.h), by chain, ascending. */
enum outbox_fate {
	OUTBOX_FATE_LOST = 0,      /* nobody is known to have them */
	OUTBOX_FATE_RECEIPTED = 1, /* a relay had receipted them */
	OUTBOX_FATE_AGAIN = 2,     /* recorded again, from their readable copies, under the key that goes on */
};
struct outbox_loss {
	struct key_id device;
	uint64_t first, last; /* 0: what introduced the key */
	enum outbox_fate fate;
};
typedef enum status outbox_loss_function(void *context, const struct outbox_loss *loss, struct error *err);
MUST_CHECK enum status outbox_lost_each(struct outbox *outbox, outbox_loss_function *each, void *context,
                                        struct error *err);

/* Walks the own chain from the enrolment: every link, id and hash, but what is known to be lost. CORRUPT names the first
 * fault. */
MUST_CHECK enum status outbox_check(struct outbox *outbox, struct error *err);
/* The same once the tables hold together (db_check). */
MUST_CHECK enum status outbox_check_whole(struct outbox *outbox, struct error *err);

/* The whole register again in a new file at `path`, over `vault`, its own secrets under `data_key`: opened, walked and found in
 * order when this returns OK. Nobody else may write meanwhile. REFUSED if there is such a file; a failure leaves none. */
MUST_CHECK enum status outbox_copy(struct outbox *outbox, const char *path, const struct vault *vault,
                                   const struct secret *data_key, struct error *err);

#endif
