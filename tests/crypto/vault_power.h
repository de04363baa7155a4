/* A database at work in a vault on the disk of tests/crypto/vault_disk.h, the power
 * cut at many moments of it, and what is found afterwards.
 *
 * The work is done once and taped; each cut then is one of the tape, and often a
 * second one in the middle of mending the first. What must be found: a database
 * that opens, is whole, and holds the acknowledged transactions, or with them the
 * one that was in flight.
 */
#ifndef SIJIL_TESTS_CRYPTO_VAULT_POWER_H
#define SIJIL_TESTS_CRYPTO_VAULT_POWER_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/crypto/vault_disk.h"

enum vault_power_how {
	VAULT_POWER_EXCLUSIVE = 1, /* locking_mode; always in WAL mode, for the disk has no shared memory */
	VAULT_POWER_UNSYNCED = 2,  /* synchronous=OFF: only the process dies, never the machine */
	VAULT_POWER_PAIR = 4,      /* each transaction spans two databases, by a super-journal */
	VAULT_POWER_LIMITED = 8,   /* journal_size_limit: a persistent journal is cut in mid-block after each */
};

struct vault_power_setting {
	char mode[12]; /* journal_mode */
	int page_size;
	int cache_pages;
	unsigned how;
};

enum vault_power_verdict {
	VAULT_POWER_WHOLE,
	VAULT_POWER_UNREADABLE, /* it does not open, or a query fails */
	VAULT_POWER_LOST,       /* an acknowledged transaction is gone, or there is one too many */
	VAULT_POWER_MIXED,      /* the rows are not those after so many transactions */
	VAULT_POWER_CORRUPT,    /* integrity_check says so */
	VAULT_POWER_UNSEEN,     /* a replay that vault_saw_recovery does not tell */
	VAULT_POWER_STUCK,      /* the next transaction fails or goes wrong */
	VAULT_POWER_VERDICTS,
};

struct vault_power_tally {
	unsigned cuts, cuts_while_mending;
	unsigned verdicts[VAULT_POWER_VERDICTS];
	char first_loss[300]; /* how to find it again */
};

/* Of the vault that these functions work through. */
int vault_power_block_bytes(void);

/* Before and after all runs of a test. */
void vault_power_begin(void);
void vault_power_end(void);

/* Adds `cuts` cuts to the tally. `layer` names the VFS to work through, given the
 * vault's; NULL: the vault itself. */
void vault_power_run(struct vault_power_tally *tally, const struct vault_power_setting *setting, unsigned cuts,
                     const char *(*layer)(const char *vault));

unsigned vault_power_losses(const struct vault_power_tally *tally);

/* `cuts` cuts in all of the settings together, twenty times as many with
 * SIJIL_LONG. Prints what fired, and demands that nothing was lost, and that each
 * kind of fault fired that is in `kinds` (enum vault_disk_may). */
void vault_power_demand_no_loss(const struct vault_power_setting *settings, size_t len, unsigned cuts, unsigned kinds);

#endif
