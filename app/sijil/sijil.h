/* The commands of the field worker's program, and what most of them begin with:
 * a register that is open.
 */
#ifndef SIJIL_APP_SIJIL_SIJIL_H
#define SIJIL_APP_SIJIL_SIJIL_H

#include "app/cli.h"
#include "app/home.h"
#include "schema/outbox.h"

struct places; /* schema/places.h */

struct sijil_session {
	struct home home;
	struct outbox *outbox; /* NULL: locked */
	struct places *places; /* NULL: not opened, or there is none (sijil_gazetteer.h) */
	bool places_fail;      /* it cannot be read, and that was said */
	bool many;             /* many reports at once: places are not said back one by one */
};

/* Finds, unlocks and opens the register; at a terminal it says when notes wait. Close it in any case. */
MUST_CHECK enum status sijil_open(struct sijil_session *session, const struct cli *cli, struct error *err);
/* Finds the register and the key that notes are sealed to, and unlocks nothing. NOT_FOUND if it has no such key yet. */
MUST_CHECK enum status sijil_open_locked(struct sijil_session *session, struct key_public *inbox, const struct cli *cli,
                                         struct error *err);
void sijil_close(struct sijil_session *session);

/* REFUSED where nobody could open what is sent: a practice register. */
MUST_CHECK enum status sijil_check_project(const struct sijil_session *session, struct error *err);

/* After a sync: what is receipted now becomes the lower bound in the key file, which shows a database put back. */
MUST_CHECK enum status sijil_raise_floor(struct sijil_session *session, struct error *err);

/* The same of a home that is unlocked already. */
MUST_CHECK enum status sijil_open_unlocked(struct sijil_session *session, struct error *err);

/* A new recovery code in a slot of its own, sealed to headquarters in an event of its own; then the older codes are dropped.
 * With a `passphrase`, which may be NULL, a slot for it is set in the same change of the key file: the lost one's, or another
 * where several are in use. Cut short, it leaves one code more, never one fewer. REFUSED: no slot is free. */
MUST_CHECK enum status sijil_renew_code(struct sijil_session *session, const struct secret *passphrase, struct error *err);
/* Its two halves, for a key file and a register that are being built: a code that opens a free slot of the key file, which
 * is still to be saved; and the event that holds it. */
MUST_CHECK enum status sijil_code_make(struct secret **code, unsigned *slot, struct keyfile *keyfile, struct error *err);
MUST_CHECK enum status sijil_code_seal(struct outbox *outbox, const struct secret *code, struct error *err);

/* Whether a lost passphrase could be helped. */
enum sijil_code_standing {
	SIJIL_CODE_NONE,   /* there is no code */
	SIJIL_CODE_DOUBLE, /* a renewal was cut short: two open the register */
	SIJIL_CODE_HERE,   /* sealed, and not known to have arrived anywhere */
	SIJIL_CODE_HELD,   /* the relay or headquarters has it */
};
enum sijil_code_standing sijil_code_standing(const struct sijil_session *session, const struct outbox_status *state);

/* Now, and how far the device's clock can be believed: `unset` before the register's time floor; while locked, before the
 * release. */
void sijil_clock(struct sijil_session *session, int64_t *now_s, enum body_clock *clock);

/* What values are read against: today, nicknames that become tags, places that are looked up. */
struct report_reading sijil_reading(struct sijil_session *session);

/* outbox_find; where there is nothing so called, says where names stand. */
MUST_CHECK enum status sijil_find(struct sijil_session *session, const char *name, struct outbox_entry *entry,
                                  struct error *err);

/* Applies one "field=value" word to the report; *field is the row. BAD_INPUT names the word. */
MUST_CHECK enum status sijil_set_word(struct report *report, const char *word, const struct report_reading *reading,
                                      const struct report_field **field, struct error *err);

/* The newest amendment of an own event, or it itself: a correction names what it corrects, so that two that correct the same
 * thing show as a fork. */
MUST_CHECK enum status sijil_newest(struct sijil_session *session, const struct hash *id, struct hash *newest,
                                    struct error *err);

/* Says that the body was saved as event `id`, the newest of the chain. */
MUST_CHECK enum status sijil_say_saved(const struct cli *cli, const struct sijil_session *session, const struct body *body,
                                       const struct hash *id, struct error *err);

/* The fields of a report, a line each. */
void sijil_print_fields(void);
/* Offers a shell the fields that begin with `typed`, or behind "kind=" its codes. */
void sijil_offer_fields(const char *typed);

/* The last step before a report is saved: its position rounded as the project says (while locked, as it does unless told),
 * and the rules across fields. */
MUST_CHECK enum status sijil_finish_report(struct report *report, const struct sijil_session *session,
                                           const struct report_clock *clock, struct error *err);

/* BAD_INPUT where the note holds what may tell who somebody is (schema/telltale.h); the message quotes it. */
MUST_CHECK enum status sijil_question_note(const struct report *report, struct error *err);

/* The commands. */
enum status sijil_init(struct cli *cli, struct error *err);
enum status sijil_add(struct cli *cli, struct error *err);
enum status sijil_add_file(struct cli *cli, struct sijil_session *session, const char *path, struct error *err);
enum status sijil_note(struct cli *cli, struct error *err);
enum status sijil_notes(struct cli *cli, struct error *err);
enum status sijil_list(struct cli *cli, struct error *err);
enum status sijil_places_import(struct cli *cli, struct error *err);
enum status sijil_places_find(struct cli *cli, struct error *err);
enum status sijil_places_list(struct cli *cli, struct error *err);
enum status sijil_places_remove(struct cli *cli, struct error *err);
enum status sijil_show(struct cli *cli, struct error *err);
enum status sijil_amend(struct cli *cli, struct error *err);
enum status sijil_corroborate(struct cli *cli, struct error *err);
enum status sijil_retract(struct cli *cli, struct error *err);
enum status sijil_withhold(struct cli *cli, struct error *err);
enum status sijil_status(struct cli *cli, struct error *err);
enum status sijil_sync(struct cli *cli, struct error *err);
enum status sijil_bundle_export(struct cli *cli, struct error *err);
enum status sijil_bundle_import(struct cli *cli, struct error *err);
enum status sijil_verify(struct cli *cli, struct error *err);
enum status sijil_backup(struct cli *cli, struct error *err);
enum status sijil_restore(struct cli *cli, struct error *err);
enum status sijil_rekey(struct cli *cli, struct error *err);
enum status sijil_duress(struct cli *cli, struct error *err);
enum status sijil_doctor(struct cli *cli, struct error *err);
enum status sijil_recover(struct cli *cli, struct error *err);
enum status sijil_device_show(struct cli *cli, struct error *err);
enum status sijil_device_rotate(struct cli *cli, struct error *err);

#endif
