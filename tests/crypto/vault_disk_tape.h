/* What happened on the disk of tests/crypto/vault_disk.h, change by change, and
 * what a loss of power at any moment of it may leave.
 *
 * A tape begins with a state that is wholly on the disk. A change is unsynced until
 * its file is synced, the name of a file until the file or its folder is; in
 * whatever is unsynced a loss of power does as it likes, within a fate.
 */
#ifndef SIJIL_TESTS_CRYPTO_VAULT_DISK_TAPE_H
#define SIJIL_TESTS_CRYPTO_VAULT_DISK_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"

enum { VAULT_DISK_FILES = 32, VAULT_DISK_NAME_BYTES = 128, VAULT_DISK_SECTOR_BYTES = 512 };

struct vault_disk_node {
	unsigned inode; /* 0: none. A file that is made anew under an old name has a new one */
	char name[VAULT_DISK_NAME_BYTES];
	struct bytes content;
};

enum vault_disk_change {
	VAULT_DISK_CREATE,
	VAULT_DISK_WRITE,
	VAULT_DISK_TRUNCATE,
	VAULT_DISK_SYNC,
	VAULT_DISK_DELETE,
	VAULT_DISK_DELETE_AND_SYNC, /* with its folder */
};

struct vault_disk_op {
	enum vault_disk_change change;
	unsigned inode;
	size_t at;         /* of a write; the new size of a truncation */
	struct bytes data; /* of a write; the name of a new file */
};

struct vault_disk_tape {
	struct vault_disk_node base[VAULT_DISK_FILES];
	struct vault_disk_op *ops;
	size_t len, capacity;
};

/* What may become of unsynced changes; 0: all survive, for the process died and
 * not the machine. */
enum vault_disk_may {
	VAULT_DISK_MAY_DROP = 1,    /* whole writes are lost */
	VAULT_DISK_MAY_TEAR = 2,    /* single sectors of writes are lost */
	VAULT_DISK_MAY_REORDER = 4, /* a file's changes reach the disk in any order */
	VAULT_DISK_MAY_SPOIL = 8,   /* a file grew, but not what was written there came: garbage or zeros */
	VAULT_DISK_MAY_UNDO = 16,   /* truncations, deletions and new names are lost */
	VAULT_DISK_MAY_ALL = 31,
};

struct vault_disk_fate {
	unsigned may;
	uint32_t seed; /* makes all choices repeatable */
};

/* What fates did, since the program began. */
struct vault_disk_faults {
	unsigned dropped, torn, reordered, garbage, zeros;
	unsigned truncations_undone, deletions_undone, creations_undone;
};
struct vault_disk_faults vault_disk_faults(void);

/* The tape of an empty disk is all zeros. The copy of `files` is the tape's. */
void vault_disk_tape_begin(struct vault_disk_tape *tape, const struct vault_disk_node files[VAULT_DISK_FILES]);
void vault_disk_tape_add(struct vault_disk_tape *tape, struct vault_disk_op op, struct span data);
void vault_disk_tape_wipe(struct vault_disk_tape *tape);

/* The disk after its power went during change number `n`, counted from 1, of which
 * nothing may have happened, or after all of them with n = len + 1. `files` is
 * overwritten. */
void vault_disk_tape_cut(const struct vault_disk_tape *tape, size_t n, struct vault_disk_fate fate,
                         struct vault_disk_node files[VAULT_DISK_FILES]);

/* For bytes that stand for a file: grows with zeros. */
void vault_disk_resize(struct bytes *content, size_t len);
void vault_disk_put(struct bytes *content, size_t at, struct span data);
uint32_t vault_disk_random(uint32_t *state);
void vault_disk_must(bool is_fine);

#endif
