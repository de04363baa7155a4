/* A disk in memory whose power can be cut, as a SQLite VFS for the vault to stand
 * on. Each file has what was synced and a list of what was not. When the power
 * goes, each unsynced write is kept, dropped, or torn by sectors of 512 bytes.
 *
 * It lies about itself on purpose: it claims every promise of SQLite's device
 * characteristics, so that whoever passes them on loses data here.
 */
#ifndef SIJIL_TESTS_CRYPTO_VAULT_DISK_H
#define SIJIL_TESTS_CRYPTO_VAULT_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/bytes.h"

#define VAULT_DISK_NAME "vault-test-disk"

/* Registers the one disk, empty. */
void vault_disk_begin(void);
void vault_disk_end(void);

/* Forgets all files. */
void vault_disk_erase(void);

/* What became of unsynced writes when the power went. */
enum vault_disk_fate {
	VAULT_DISK_KEEPS,  /* all of them: the process died, not the machine */
	VAULT_DISK_DROPS,  /* all lost */
	VAULT_DISK_MIXES,  /* each write kept or dropped */
	VAULT_DISK_TEARS,  /* each sector of each write kept or dropped */
	VAULT_DISK_FATES,
};

/* Turns the power off at the n-th change from now (write, truncate, sync, delete),
 * counted from 1; 0: never. From then on every call fails. */
void vault_disk_cut_at(unsigned n);

/* Decides about unsynced writes and turns the power on again. All files must have
 * been closed. `seed` makes the choice repeatable. */
void vault_disk_power_on(enum vault_disk_fate fate, uint32_t seed);

/* The n-th call of any kind from now fails with an I/O error, and those after it
 * too when `is_lasting`; 0: none. */
void vault_disk_fail_at(unsigned n, bool is_lasting);

/* Since vault_disk_begin. */
struct vault_disk_counts {
	unsigned changes; /* writes, truncations, syncs, deletions */
	unsigned calls;   /* of any kind */
	unsigned faults;  /* cuts and failures that happened */
	unsigned torn;    /* unsynced changes that did not survive whole */
	unsigned hints;   /* size hints and chunk sizes that came through */
};
struct vault_disk_counts vault_disk_counts(void);

/* The content of a file as it is, to look at or to alter; NULL when there is none. */
struct bytes *vault_disk_file(const char *name);

/* Whether any file, temporary ones included, ever was written these bytes. */
void vault_disk_watch_for(const char *word);
bool vault_disk_saw_word(void);

#endif
