/* What is written while the register is locked: sealed records in a file beside it.
 *
 *   record  = crypto_box_seal(plain, inbox public key), INBOX_RECORD_BYTES each
 *   plain   = "sijil/1 inbox" 0x00 || serial (16, random) || length of content (2, little-endian)
 *             || content || zeros
 *
 * Whoever has the key file can add a record and read none; the inbox secret key stands in the
 * key file's private part, under the data key. The file is records and nothing else, at most
 * INBOX_RECORDS_MAX, mode 0600. A record counts once it is whole and synced: bytes behind the last
 * whole one are a write that was cut short, and the next record takes their place.
 */
#ifndef SIJIL_CRYPTO_INBOX_H
#define SIJIL_CRYPTO_INBOX_H

#include <stddef.h>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/secret.h"
#include "crypto/status.h"

#define INBOX_RECORD_BYTES 5120
#define INBOX_RECORDS_MAX 64
/* The record without the sealed box's overhead (48), the domain word (14), serial and length. */
#define INBOX_CONTENT_MAX_BYTES (INBOX_RECORD_BYTES - 80)

struct inbox_state {
	size_t records;
	size_t torn_bytes; /* behind the last whole record */
};

/* How many records the file holds; none where there is no file. REFUSED if it is no plain file. */
MUST_CHECK enum status inbox_look(struct inbox_state *state, const char *path, struct error *err);

/* Seals the content and appends it, durably: when this returns OK a power cut loses nothing. *state is as
 * afterwards, but torn_bytes as found. REFUSED: full, or no plain file. BAD_INPUT: too long. BUSY, IO: nothing was added,
 * and nothing earlier was touched. */
MUST_CHECK enum status inbox_append(const char *path, struct span content, const struct key_public *recipient,
                                    struct inbox_state *state, struct error *err);

/* All whole records, in the order they came, in place of what `records` held. */
MUST_CHECK enum status inbox_read(struct bytes *records, const char *path, struct error *err);

/* Opens one record into guarded memory. *name is what it is known by, SHA-256 of the plain record under a domain word: only
 * who can open it can tell. TAMPERED: damaged, or sealed to another key. */
MUST_CHECK enum status inbox_open(struct secret **content, struct hash *name, struct span record,
                                  const struct sealing_key *recipient, struct error *err);

/* Takes the named records (SHA-256 of the sealed record) out of the file, all in one replacement of it; the
 * last one takes the file with it. What was cut short goes too. Names that are not there do no harm. */
MUST_CHECK enum status inbox_remove(const char *path, const struct hash *names, size_t names_len, struct error *err);

#endif
