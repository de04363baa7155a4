/* A layer above the vault that breaks one of its rules (FORMAT.md, The vault), to
 * show that a harness notices.
 *
 * A file is opened by the vault; then single methods of it are exchanged, so that
 * SQLite's handle still is the vault's own.
 */
#ifndef SIJIL_TESTS_CRYPTO_VAULT_MUTANT_H
#define SIJIL_TESTS_CRYPTO_VAULT_MUTANT_H

enum vault_mutant {
	VAULT_MUTANT_NONE,
	VAULT_MUTANT_POWERSAFE,    /* 1: promises powersafe overwrite */
	VAULT_MUTANT_SECTOR,       /* 1: says that sectors have 512 bytes */
	VAULT_MUTANT_HEADER,       /* 2: a short read of a damaged database is an error */
	VAULT_MUTANT_TORN_JOURNAL, /* 3: damage in a rollback journal is an error */
	VAULT_MUTANT_TORN_LOG,     /* 3: damage in a log is an error */
	VAULT_MUTANT_RECOVERY,     /* 3: recovery may not write over a part of a damaged block */
	VAULT_MUTANT_EXTEND,       /* 4: a write behind the end rewrites the short last block */
	VAULT_MUTANT_CUT,          /* 4: a database that is cut in mid-block has it encrypted anew */
	VAULT_MUTANT_HELD_ORDER,   /* 7: what is held of a journal is not written before the database */
	VAULT_MUTANTS,
};

/* Which one the layer is from now on. */
void vault_mutant_choose(enum vault_mutant mutant);

/* Lays it above the registered vault of that name; the VFS name to open files with. */
const char *vault_mutant_layer(const char *vault);

/* Takes it away. */
void vault_mutant_end(void);

#endif
