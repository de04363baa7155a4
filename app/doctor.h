/* `doctor`: what is damaged in a register, what can be read, what to do; for a device's and for headquarters'.
 *
 * What the two have in common is here: blocks, sealed objects, a journal of a command cut short, the repair and its swap.
 * What differs is a struct doctor_patient.
 */
#ifndef SIJIL_APP_DOCTOR_H
#define SIJIL_APP_DOCTOR_H

#include "app/cli.h"
#include "app/print.h"
#include "app/surroundings.h"
#include "crypto/vault_survey.h"
#include "schema/salvage.h"
#include "schema/salvage_page.h"

/* A block that does not authenticate, and what stood there. */
struct doctor_damage {
	uint64_t block;
	struct salvage_page_use use;
};

struct doctor_examination;

/* One kind of register. */
struct doctor_patient {
	/* Opens it, which plays back the journal of a command cut short; if it is to be `whole`, checks tables and chains too. */
	enum status (*open)(const struct doctor_examination *found, const char *path, bool whole, struct error *err);
	enum status (*judge)(const struct salvage *salvage, const struct head *floor, struct salvage_findings *findings,
	                     struct error *err);
	enum status (*rebuild)(const struct doctor_examination *found, const char *path, struct error *err);
	/* After a new one is in place; NULL: nothing. */
	enum status (*settle)(struct doctor_examination *found, struct error *err);
	/* The next step, where what cannot be made again is lost. */
	const char *without_keys, *without_descriptor;
	const char *whole; /* what is said of a sound one */
	/* What is its own of the answer; all but the first may be NULL. */
	void (*say)(const struct doctor_examination *found);
	void (*say_json)(const struct doctor_examination *found, struct print_json *json);
	void (*say_repaired)(const struct doctor_examination *found);
};

struct doctor_examination {
	const struct doctor_patient *patient;
	const char *program;
	struct home home;
	int lock; /* of its folder, or -1 */
	char path[HOME_PATH_BYTES]; /* of the database looked at */
	bool is_copy;               /* in which the journal of a command cut short was played back */
	uint64_t blocks, pages;     /* in the file; and by its header, 0 if that cannot be read */
	uint64_t journal_bytes;
	struct doctor_damage *damage;
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

/* Its options. */
#define DOCTOR_OPTIONS \
	{"repair", 0, NULL, "make a sound register of what can be read; the old one is kept"}, \
	{"from", 0, "FILE", "a bundle whose objects may stand in for what is lost"}, \
	{"export", 0, "FILE", "all sealed objects that can be read, into a file that somebody carries"}

/* The command. */
MUST_CHECK enum status doctor(const struct doctor_patient *patient, struct cli *cli, struct error *err);

/* Whether rows are affected, or only blocks that hold nothing, or nothing at all. */
bool doctor_is_damaged(const struct doctor_examination *found);
bool doctor_has_empty_damage(const struct doctor_examination *found);

/* Surveys, reads all rows and judges them, in place of what was found before; the survey stays open. `from`: a bundle that
 * may stand in for what is lost, or NULL. */
MUST_CHECK enum status doctor_read(struct doctor_examination *found, const char *from, struct error *err);
void doctor_forget(struct doctor_examination *found);

/* Clears damaged blocks that hold nothing, or makes a new register of what can be read and sets the old one aside. */
MUST_CHECK enum status doctor_repair(struct doctor_examination *found, const char *from, struct error *err);

/* The next step, behind a message that is set: damage was found, or a repair refused. */
void doctor_hint(const struct doctor_examination *found, struct error *err);

/* The answer, as text or JSON. */
MUST_CHECK enum status doctor_say(const struct cli *cli, const struct doctor_examination *found, struct error *err);

#endif
