/* A dialogue of the field worker's, from its first question to the saved event; what is said in it waits as a draft meanwhile.
 */
#ifndef SIJIL_APP_SIJIL_TALK_H
#define SIJIL_APP_SIJIL_TALK_H

#include "app/dialogue.h"
#include "app/sijil/sijil.h"
#include "schema/draft.h"

struct sijil_talk {
	struct sijil_session *session;
	struct dialogue dialogue;
	enum object_type type; /* what it is to become: report, amend or corroborate */
	struct hash parent;
	struct report_clock clock;
	int64_t begun_s;
	bool is_locked;        /* a note: no draft can be kept */
	bool kept;             /* one was */
	uint8_t mark[OUTBOX_MARK_BYTES];
};

/* A talk of this type, about nothing yet: the caller fills in dialogue.report and what else it knows. Free it in any case. */
MUST_CHECK enum status sijil_talk_begin(struct sijil_talk *talk, struct sijil_session *session, const struct body *body,
                                        const struct report_reading *reading, struct error *err);
/* If a draft waits, offers it. *resumed: the talk is about that one now, whatever it was. REFUSED: the worker leaves it. */
MUST_CHECK enum status sijil_talk_resume(struct sijil_talk *talk, bool *resumed, struct error *err);
/* Asks until it is sound and to be saved. REFUSED: stopped or dropped, and said so. */
MUST_CHECK enum status sijil_talk_run(struct sijil_talk *talk, struct error *err);
/* Saves what was said as an event, and the draft is gone. */
MUST_CHECK enum status sijil_talk_save(struct sijil_talk *talk, struct body *body, struct hash *id, struct error *err);
void sijil_talk_free(struct sijil_talk *talk);

/* All of it: resume, run, save, and say so. */
MUST_CHECK enum status sijil_talk(struct sijil_talk *talk, struct cli *cli, struct body *body, struct error *err);

#endif
