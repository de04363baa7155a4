/* A relay's answer taken apart. Only for sync/round*.c.
 */
#ifndef SIJIL_SYNC_ROUND_ANSWER_H
#define SIJIL_SYNC_ROUND_ANSWER_H

#include "sync/round.h"

/* What an answer said beside its objects. */
struct round_answer {
	bool ended; /* its last note came: it is whole */
	struct push_end push_end;
	struct pull_end pull_end;
	bool is_refused; /* the request as a whole */
	struct refusal whole;
};

struct round_reader {
	bundle_object_function *take;
	enum status (*refused)(void *context, const struct refusal *refusal, struct error *err); /* one object; may be NULL */
	void *context;
};

/* Reads what came: BAD_INPUT if it is no answer; the reader's own failures. One that broke off is OK, and not ended. */
MUST_CHECK enum status round_answer_read(struct round_answer *answer, struct span came, const struct round_reader *reader,
                                         struct error *err);
/* One request: OK only if the answer was whole. REFUSED or OFFLINE when the relay refused the request itself. */
MUST_CHECK enum status round_answer_check(const struct round_answer *answer, struct error *err);
#endif
