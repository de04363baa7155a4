/* What the parts of `doctor` share: a register that was looked at.
 */
#ifndef SIJIL_APP_SIJIL_SIJIL_DOCTOR_H
#define SIJIL_APP_SIJIL_SIJIL_DOCTOR_H

#include "app/sijil/sijil.h"
#include "app/surroundings.h"
#include "crypto/vault_survey.h"
#include "schema/salvage.h"
#include "schema/salvage_page.h"

/* A block that does not authenticate, and what stood there. */
struct sijil_damage {
	uint64_t block;
	struct salvage_page_use use;
};

struct sijil_examination {
	struct home home;
	int lock; /* of its folder, or -1 */
	char path[HOME_PATH_BYTES]; /* of the database looked at */
	bool is_copy;               /* in which the journal of a command cut short was played back */
	uint64_t blocks, pages;     /* in the file; and by its header, 0 if that cannot be read */
	uint64_t journal_bytes;
	struct sijil_damage *damage;
	size_t damage_len;
	struct vault_survey *survey; /* open only while nobody else may write */
	struct salvage *salvage;
	struct salvage_findings findings;
	struct surroundings surroundings;
	struct error fault; /* what SQLite or the walk along the chain found; OK: nothing */

	/* What was done, for the answer. */
	uint64_t exported;
	bool was_exported, was_cleared, was_replayed;
	char kept_as[HOME_PATH_BYTES]; /* the damaged database, set aside; "" */
};

/* Whether rows are affected, or only blocks that hold nothing, or nothing at all. */
bool sijil_doctor_is_damaged(const struct sijil_examination *found);
bool sijil_doctor_has_empty_damage(const struct sijil_examination *found);

/* Surveys, reads all rows and judges them, in place of what was found before; the survey stays open. `from`: a bundle that
 * may stand in for what is lost, or NULL. */
MUST_CHECK enum status sijil_doctor_read(struct sijil_examination *found, const char *from, struct error *err);
void sijil_doctor_forget(struct sijil_examination *found);

/* Clears damaged blocks that hold nothing, or makes a new register of what can be read and sets the old one aside. */
MUST_CHECK enum status sijil_doctor_repair(struct sijil_examination *found, const char *from, struct error *err);

/* The next step, behind a message that is set: damage was found, or a repair refused. */
void sijil_doctor_hint(const struct sijil_examination *found, struct error *err);

/* The answer, as text or JSON. */
MUST_CHECK enum status sijil_doctor_say(const struct cli *cli, const struct sijil_examination *found, struct error *err);

#endif
