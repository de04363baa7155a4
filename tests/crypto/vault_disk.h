/* A disk in memory whose power can be cut, as a SQLite VFS for the vault to stand
 * on. All changes go onto a tape (tests/crypto/vault_disk_tape.h), which is cut
 * anywhere, as often as one likes, after the work is done.
 *
 * It lies about itself on purpose: it claims every promise of SQLite's device
 * characteristics, so that whoever passes them on loses data here. Its locks are
 * real, among the connections of the process; it has no shared memory.
 */
#ifndef SIJIL_TESTS_CRYPTO_VAULT_DISK_H
#define SIJIL_TESTS_CRYPTO_VAULT_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "tests/crypto/vault_disk_tape.h"

#define VAULT_DISK_NAME "vault-test-disk"

/* Registers the one disk, empty. */
void vault_disk_begin(void);
void vault_disk_end(void);

/* Forgets all files. */
void vault_disk_erase(void);

/* Takes the tape out, with all since the last take, cut or erasing; what is on the
 * disk now counts as wholly there. The caller wipes it. Temporary files are not on it. */
void vault_disk_take_tape(struct vault_disk_tape *tape);

/* How many changes are on the tape that runs. */
size_t vault_disk_tape_len(void);

/* Makes the disk one that a tape's cut leaves (see vault_disk_tape_cut). All files
 * must have been closed. */
void vault_disk_cut(const struct vault_disk_tape *tape, size_t n, struct vault_disk_fate fate);

/* The n-th call of any kind from now fails with an I/O error, and those after it
 * too when `is_lasting`; 0: none. */
void vault_disk_fail_at(unsigned n, bool is_lasting);

/* Whether a write that fails so has written its first half, as on a full disk. */
void vault_disk_fail_short(bool are_short);

/* Since vault_disk_begin. */
struct vault_disk_counts {
	unsigned calls;       /* of any kind */
	unsigned failures;    /* of those, such as failed on demand */
	unsigned hints;       /* size hints and chunk sizes that came through */
	unsigned temporaries; /* files without a name */
};
struct vault_disk_counts vault_disk_counts(void);

/* The content of a file as it is, to look at or to alter; NULL when there is none. */
struct bytes *vault_disk_file(const char *name);

/* Whether any file, temporary ones included, ever was written these bytes. */
void vault_disk_watch_for(const char *word);
bool vault_disk_saw_word(void);

#endif
