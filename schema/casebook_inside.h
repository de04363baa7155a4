/* What the parts of schema/casebook share. Rows of `opened` are written by casebook_take.c alone. */
#ifndef SIJIL_SCHEMA_CASEBOOK_INSIDE_H
#define SIJIL_SCHEMA_CASEBOOK_INSIDE_H

#include "schema/casebook.h"
#include "schema/project_inside.h"

#define CASEBOOK_FAULT_BYTES 256
#define CASEBOOK_NOBODY SIZE_MAX

struct casebook {
	struct project *project;
	struct db *db;   /* both the project's */
	struct set *set;
	bool in_batch;
	bool writing;    /* the batch has taken something: the database is ours until it ends */
	bool introduced; /* in this batch somebody became known: what waits is tried again */
	struct merkle pulled; /* over the relay's log, as table pull says */
	char fault[CASEBOOK_FAULT_BYTES];
};

/* Within a batch, before the first write. */
MUST_CHECK enum status casebook_write(struct casebook *casebook, struct error *err);

/* --- the relay's log (casebook_log.c) --- */

MUST_CHECK enum status casebook_log_load(struct casebook *casebook, struct error *err);
MUST_CHECK enum status casebook_log_save(struct casebook *casebook, struct error *err);
/* The object at `position` of the relay's log has this id. */
MUST_CHECK enum status casebook_log_extend(struct casebook *casebook, uint64_t position, const struct hash *id,
                                           struct error *err);
/* The relay signed this; of another log it is passed over. */
MUST_CHECK enum status casebook_log_note(struct casebook *casebook, const struct checkpoint *seen, int64_t time_s,
                                         struct error *err);
/* The same of its clock: as it then stood, its log cannot be shorter than before. */
MUST_CHECK enum status casebook_log_note_clock(struct casebook *casebook, const struct relay_clock *clock,
                                               struct error *err);
/* Whether what was pulled is, up to that size, the log of this checkpoint. */
MUST_CHECK enum status casebook_log_holds(struct casebook *casebook, const struct checkpoint *seen, bool *holds,
                                          struct error *err);
/* The project's one log; false where no relay is known yet. */
bool casebook_log_id(const struct casebook *casebook, struct key_id *log);

/* When the log had which size, as the relay signed it. Ascending by size. */
struct casebook_time {
	uint64_t size;
	int64_t earliest_s; /* a log of this size or a larger one was signed */
	int64_t latest_s;   /* a log of this size or a smaller one was signed */
};

struct casebook_times {
	size_t len;
	struct casebook_time *at;
};

MUST_CHECK enum status casebook_times_load(struct casebook *casebook, struct casebook_times *times, struct error *err);
void casebook_times_wipe(struct casebook_times *times);
/* The first time at which the log is known to have held `position`; 0: none. */
int64_t casebook_times_held_s(const struct casebook_times *times, uint64_t position);
/* The last time at which the log is known to have had at most `size` objects; 0: none. */
int64_t casebook_times_until_s(const struct casebook_times *times, uint64_t size);

/* --- devices (casebook_roster.c) --- */

/* One event as the set has it. */
struct casebook_link {
	struct hash id, previous;
	uint64_t number;
	bool passes; /* opened, or of a type that this program does not open */
};

/* What one revocation leaves of a device's events. */
struct casebook_limit {
	struct head good; /* {0} if nothing of the chain */
	uint64_t seen;    /* what stands in the log up to here is good */
	struct hash *branch; /* once its links are loaded: the ids of 0..good.number */
};

struct casebook_member {
	struct key_id id, invite, predecessor;
	struct hash introduced; /* the enrolment's or succession's object */
	size_t parent;          /* place in the roster, or CASEBOOK_NOBODY */
	struct key_public key;
	int64_t expires_s, taken_s;
	uint64_t position; /* of the enrolment in the relay's log; 0: not seen there */
	enum verdict_enrolment enrolment;
	bool confirmed, succeeded, duplicate_key;
	char label[ENROLMENT_NAME_BYTES], platform[ENROLMENT_PLATFORM_BYTES];
	size_t limits_len; /* revocations of it, of those it goes on from, or of its invite */
	struct casebook_limit *limits;
	/* From here on only once casebook_member_load was called. */
	bool loaded;
	struct chain chain;
	size_t links_len;
	struct casebook_link *links; /* by number, then id */
	struct hash *branch;         /* ids of 0..chain.whole.number */
};

struct casebook_roster {
	size_t len, capacity;
	struct casebook_member *members; /* in order of arrival, each after whom it goes on from */
};

MUST_CHECK enum status casebook_roster_load(struct casebook *casebook, const struct casebook_times *times,
                                            struct casebook_roster *roster, struct error *err);
void casebook_roster_wipe(struct casebook_roster *roster);
/* NULL: no such device. */
struct casebook_member *casebook_roster_find(const struct casebook_roster *roster, const struct key_id *device);
/* Whether `later` is `member`, or goes on from it. */
bool casebook_roster_goes_on(const struct casebook_roster *roster, const struct casebook_member *later,
                             const struct casebook_member *member);

/* --- a device's chain (casebook_chain.c) --- */

/* Of a forked chain the branch that the device's newest head names, so that acknowledgements are for whoever writes on. */
MUST_CHECK enum status casebook_chain(struct casebook *casebook, const struct key_id *device, struct chain *chain,
                                      struct error *err);
MUST_CHECK enum status casebook_member_load(struct casebook *casebook, struct casebook_member *member, struct error *err);
void casebook_member_wipe(struct casebook_member *member);
/* Claims about an event of a loaded member. */
bool casebook_member_has_linked(const struct casebook_member *member, uint64_t number, const struct hash *id);
bool casebook_member_has_forked(const struct casebook_member *member, uint64_t number);
enum verdict_standing casebook_member_standing(const struct casebook_member *member, uint64_t number,
                                               const struct hash *id, uint64_t position);
/* The greatest link up to which everything on the whole branch is opened; number 0 if none. */
struct head casebook_member_opened(const struct casebook_member *member);

/* --- reading (casebook_each.c) --- */

/* What one call reads with. */
struct casebook_reading {
	struct casebook *casebook;
	struct casebook_times times;
	struct casebook_roster roster;
};

MUST_CHECK enum status casebook_reading_begin(struct casebook_reading *reading, struct casebook *casebook,
                                              struct error *err);
void casebook_reading_end(struct casebook_reading *reading);

/* A row of `opened` beside its object; spans until the query's next step. */
struct casebook_row {
	struct hash id;
	struct key_id device;
	uint64_t number;
	enum object_type type;
	struct seal_salt salt;
	struct span body, wire;
	uint64_t position;
};

struct verdict casebook_row_judge(const struct casebook_reading *reading, const struct casebook_member *member,
                                  const struct casebook_row *row, const struct evidence *evidence);
MUST_CHECK enum status casebook_row_read(struct casebook_row *row, const struct query *query, struct error *err);
/* Verifies the row from its bytes. *evidence is NULL where it no longer does; other statuses are the system's. */
MUST_CHECK enum status casebook_row_confirm(const struct casebook_reading *reading, const struct casebook_row *row,
                                            struct evidence **evidence, struct error *err);

#endif
