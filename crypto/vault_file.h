/* One open encrypted file: SQLite's plain bytes above, slots below.
 *
 * Here are the rules about damage, short blocks and order of FORMAT.md, The
 * vault. Results are SQLite's own codes, since SQLite is the only caller. Nothing
 * is allocated between open and close: the buffers stand in the handle.
 */
#ifndef SIJIL_CRYPTO_VAULT_FILE_H
#define SIJIL_CRYPTO_VAULT_FILE_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "crypto/vault_kept.h"
#include "crypto/vault_slot.h"

/* SQLite's database header has 100 bytes. */
#define VAULT_FIRST_BYTES 100

/* Whether a file was cut to nothing, and that is on disk too. */
enum vault_rest { VAULT_IN_USE, VAULT_EMPTIED, VAULT_AT_REST };

struct vault_file {
	sqlite3_file base;   /* first: SQLite sees only this */
	sqlite3_file *below; /* behind this struct, in the same allocation, or in: */
	struct vault_kept *kept; /* of a rollback journal; a database has the one it will get next */
	enum vault_rest rest;
	const uint8_t *key;  /* borrowed from the vault, or from own_key */
	struct secret *own_key; /* of a temporary file */
	enum vault_kind kind;
	atomic_bool *saw_recovery; /* the vault's */
	atomic_int *last_errno;    /* likewise: what the system said when a call below failed last */

	bool is_main_journal;
	bool wrote_header;  /* this journal's beginning was written through this handle, so it is not a crash's */
	int lock;           /* SQLITE_LOCK_* held on a database */
	bool is_recovering; /* a hot journal is being played back into this database */
	/* A database and its rollback journal know each other while both are open, and
	 * a log its database (crypto/vault_pairs.h). */
	struct vault_file *database;
	struct vault_file *journal;
	struct vault_pairs *pairs; /* a database's place there: */
	const char *name;
	struct vault_file *next_database;

	bool is_under_way; /* of a rollback journal: its transaction still needs it, and it began empty */
	int owed_sync; /* flags of the sync that this journal gets before its database is written; 0: none */

	/* Damage was read in a rollback journal that a crash left: from there on all of it reads as zeros. */
	bool is_torn;
	sqlite3_int64 torn_at;

	/* The last block of a journal or temporary file while SQLite appends to it
	 * in small pieces, or any block of a journal that could not be written;
	 * held_len 0: none. It is not yet written. */
	uint64_t held_block;
	size_t held_len;
	bool is_held_failed;

	/* What this handle knows of a file that nobody else may write now, so that a
	 * commit need not look: a file that was looked at gets a new time of access or change with the
	 * next write, which the sync after it then has to write as well. */
	bool is_size_known;
	uint64_t known_size; /* plain bytes below, without the held block */
	/* A main journal's first block as written last, be it in vain; header_len 0: not known. SQLite
	 * writes into it between its two syncs of a journal, and reads it when it rolls back. */
	size_t header_len;
	uint8_t header[VAULT_BLOCK_BYTES];
	bool is_header_lost; /* writing it failed: for any other handle this journal may be empty */

	/* What a journal's first block says of the others (crypto/vault_slot.h). */
	bool is_epoch_known;
	uint8_t epoch[VAULT_EPOCH_BYTES];

	/* A database's first slot as read or written last, and what it begins with in plain: SQLite's header. */
	bool is_first_known;
	uint8_t first_slot[VAULT_SLOT_BYTES];
	uint8_t first[VAULT_FIRST_BYTES];

	uint8_t plain[VAULT_BLOCK_BYTES]; /* the held block, else scratch */
	uint8_t slot[VAULT_SLOT_BYTES];
};

/* As the xRead, xWrite, xTruncate, xFileSize of sqlite3_io_methods. */
int vault_file_read(struct vault_file *file, void *data, int len, sqlite3_int64 at);
int vault_file_write(struct vault_file *file, const void *data, int len, sqlite3_int64 at);
int vault_file_truncate(struct vault_file *file, sqlite3_int64 size);
int vault_file_size(struct vault_file *file, sqlite3_int64 *size);

/* Writes the held block, if any. */
int vault_file_flush(struct vault_file *file);

/* As xSync. That of a journal under way waits until its database is written, cut or synced: SQLite asks for two, so that
 * the count of records is not on disk before them, and of a record that is not all there authentication tells. */
int vault_file_sync(struct vault_file *file, int flags);

/* Flushes, closes the file below, and wipes keys and buffers. */
int vault_file_close(struct vault_file *file);

#endif
