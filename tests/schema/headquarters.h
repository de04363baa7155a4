/* A headquarters for tests: a real project and its casebook, with the cast signing as its people, a relay's
 * log, and devices that write sealed reports. Everything that fails here fails the test.
 */
#ifndef SIJIL_TESTS_SCHEMA_HEADQUARTERS_H
#define SIJIL_TESTS_SCHEMA_HEADQUARTERS_H

#include "crypto/merkle.h"
#include "schema/casebook.h"
#include "tests/schema/cast.h"

#define HEADQUARTERS_LOG_MAX 64

struct headquarters {
	struct cast cast; /* its keys are the project's */
	struct project *project;
	struct casebook *casebook;
	/* The relay's log. */
	struct merkle tree;
	size_t log_len;
	struct bytes log[HEADQUARTERS_LOG_MAX];
};

/* A device that writes: its newest link, and its invite's expiry. */
struct writer {
	struct cast_device device;
	struct head head;
};

void headquarters_begin(struct headquarters *hq);
void headquarters_end(struct headquarters *hq);
/* Closes project and casebook and opens another copy of what they were at the beginning; and that of a name. */
void headquarters_afresh(struct headquarters *hq, const char *name);
void headquarters_reopen(struct headquarters *hq, const char *name);

void writer_begin(struct headquarters *hq, struct writer *writer, const char *label, int64_t expires_s);
/* Goes on from another's newest link with a new key. */
void writer_succeed(const struct headquarters *hq, struct writer *writer, const struct writer *before);
void writer_end(struct writer *writer);

/* The reference report with this best figure of individuals. */
void report_of(struct body *body, uint32_t individuals);
/* Signs and seals the next link; the wire object is appended. */
struct hash writer_write(const struct headquarters *hq, struct writer *writer, const struct body *body, struct bytes *wire);
struct hash writer_report(const struct headquarters *hq, struct writer *writer, uint32_t individuals, struct bytes *wire);

/* A copy of the wire object goes to the end of the relay's log; its position. */
uint64_t relay_keeps(struct headquarters *hq, const struct bytes *wire);
/* The relay's clock with the log as it stands. */
void relay_says(const struct headquarters *hq, int64_t time_s, struct bytes *wire);
void relay_says_of(const struct headquarters *hq, const struct checkpoint *seen, int64_t time_s, struct bytes *wire);

/* One object in a batch of its own. */
enum status hq_take(struct headquarters *hq, const struct bytes *wire, uint64_t position, struct error *err);
void hq_takes(struct headquarters *hq, const struct bytes *wire, uint64_t position);
/* All of the relay's log after the cursor, then its clock. */
void hq_pulls(struct headquarters *hq, int64_t time_s);

#endif
