/* A note: a report captured while the register was locked, as it waits to be taken in.
 *
 * It is a report's body, marked as captured while locked, with what only the open register can
 * settle still open: a nickname of an informant stands beside the body as it was typed, and the
 * body's tag for it is made up. Sealed in crypto/inbox; a claim until its worker confirms it. REPORT.md has the CDDL.
 */
#ifndef SIJIL_SCHEMA_NOTE_H
#define SIJIL_SCHEMA_NOTE_H

#include "schema/body.h"

/* Tried in one dialogue; at most REPORT_SOURCES of them are kept. */
#define NOTE_NICKNAMES_MAX 32

struct note_nickname {
	uint8_t tag[REPORT_TAG_BYTES]; /* stands for it in the body until the note is taken in */
	char name[REPORT_NICKNAME_BYTES];
};

struct note {
	struct body body;
	struct note_nickname nicknames[NOTE_NICKNAMES_MAX];
	size_t nicknames_len;
};

/* An empty report, captured while locked. */
void note_init(struct note *note, int64_t created_s, enum body_clock clock);
/* report_reading.tag while the register is locked: keeps the nickname and makes a tag up. */
MUST_CHECK enum status note_tag(void *note, const char *nickname, uint8_t tag[REPORT_TAG_BYTES], struct error *err);

/* Appends the encoding; nicknames that no source uses are left out. BAD_INPUT as body_encode. */
MUST_CHECK enum status note_encode(struct bytes *out, const struct note *note, struct error *err);
/* Strict: encode(decode(y)) = y. BAD_INPUT names the rule; REFUSED: a newer sijil's. */
MUST_CHECK enum status note_decode(struct note *note, struct span in, struct error *err);
/* Nicknames become the device's own tags, by `reading`. The note is then ready to be saved, and no longer to be encoded. */
MUST_CHECK enum status note_settle(struct note *note, const struct report_reading *reading, struct error *err);

void note_wipe(struct note *note);

#endif
