/* In which order a transaction reaches the disk, as a VFS between the vault and the disk sees it. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

#include "crypto/vault.h"
#include "tests/crypto/vault_disk.h"
#include "tests/crypto/vault_fixture.h"

#define WITNESS_NAME "vault-test-witness"

enum { SEEN_BYTES = 4096 };

/* A letter a call: of the journal w(rite), s(ync), t(runcate), of the database W, S, T; runs of one letter once. */
static char seen[SEEN_BYTES];
static int journal_sync_answer;
static struct vault_fixture fixture;
static sqlite3_vfs witness;

struct witness_file {
	sqlite3_file base;
	sqlite3_file *below;
	bool is_journal;
};

static sqlite3_file *below_of(sqlite3_file *base)
{
	return ((struct witness_file *)base)->below;
}

static void note(sqlite3_file *base, char letter)
{
	const size_t len = strlen(seen);
	const char written = ((struct witness_file *)base)->is_journal ? letter : (char)(letter - 'a' + 'A');
	if (len + 1 < sizeof seen && (len == 0 || seen[len - 1] != written))
		seen[len] = written;
}

static int witness_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 at)
{
	note(base, 'w');
	return below_of(base)->pMethods->xWrite(below_of(base), data, len, at);
}

static int witness_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	note(base, 't');
	return below_of(base)->pMethods->xTruncate(below_of(base), size);
}

static int witness_sync(sqlite3_file *base, int flags)
{
	note(base, 's');
	if (((struct witness_file *)base)->is_journal && journal_sync_answer != SQLITE_OK)
		return journal_sync_answer;
	return below_of(base)->pMethods->xSync(below_of(base), flags);
}

static int witness_close(sqlite3_file *base)
{
	return below_of(base)->pMethods->xClose(below_of(base));
}

static int witness_read(sqlite3_file *base, void *data, int len, sqlite3_int64 at)
{
	return below_of(base)->pMethods->xRead(below_of(base), data, len, at);
}

static int witness_size(sqlite3_file *base, sqlite3_int64 *size)
{
	return below_of(base)->pMethods->xFileSize(below_of(base), size);
}

static int witness_lock(sqlite3_file *base, int level)
{
	return below_of(base)->pMethods->xLock(below_of(base), level);
}

static int witness_unlock(sqlite3_file *base, int level)
{
	return below_of(base)->pMethods->xUnlock(below_of(base), level);
}

static int witness_check_reserved(sqlite3_file *base, int *is_reserved)
{
	return below_of(base)->pMethods->xCheckReservedLock(below_of(base), is_reserved);
}

static int witness_control(sqlite3_file *base, int control, void *argument)
{
	return below_of(base)->pMethods->xFileControl(below_of(base), control, argument);
}

static int witness_sector_size(sqlite3_file *base)
{
	return below_of(base)->pMethods->xSectorSize(below_of(base));
}

static int witness_characteristics(sqlite3_file *base)
{
	return below_of(base)->pMethods->xDeviceCharacteristics(below_of(base));
}

static int witness_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *flags_out)
{
	static const sqlite3_io_methods methods = {
		1,           witness_close,    witness_read,    witness_write,   witness_truncate,    witness_sync,
		witness_size, witness_lock,    witness_unlock,  witness_check_reserved, witness_control, witness_sector_size,
		witness_characteristics, NULL, NULL, NULL, NULL, NULL, NULL,
	};
	sqlite3_vfs *const below = vfs->pAppData;
	struct witness_file *const file = (struct witness_file *)base;
	*file = (struct witness_file){.below = (sqlite3_file *)(file + 1), .is_journal = (flags & SQLITE_OPEN_MAIN_JOURNAL) != 0};
	const int rc = below->xOpen(below, name, file->below, flags, flags_out);
	if (rc == SQLITE_OK)
		file->base.pMethods = &methods;
	return rc;
}

static void begin(void)
{
	vault_disk_begin();
	sqlite3_vfs *const disk = sqlite3_vfs_find(VAULT_DISK_NAME);
	witness = *disk;
	witness.szOsFile = (int)sizeof(struct witness_file) + disk->szOsFile;
	witness.zName = WITNESS_NAME;
	witness.pAppData = disk;
	witness.pNext = NULL;
	witness.xOpen = witness_open;
	cr_assert_eq(sqlite3_vfs_register(&witness, 0), SQLITE_OK);
	vault_fixture_begin(&fixture, WITNESS_NAME);
	journal_sync_answer = SQLITE_OK;
}

static void end(void)
{
	vault_fixture_end(&fixture);
	(void)sqlite3_vfs_unregister(&witness);
	vault_disk_end();
}

TestSuite(vault_order, .init = begin, .fini = end);

/* A database with some pages, in `journal_mode`; nothing seen of it. */
static sqlite3 *database(const char *journal_mode)
{
	sqlite3 *const db = vault_fixture_open("f.db", vault_vfs_name(fixture.vault));
	vault_fixture_run(db, "PRAGMA page_size=4096; PRAGMA synchronous=FULL");
	vault_fixture_run(db, journal_mode);
	vault_fixture_run(db, "CREATE TABLE t(n INTEGER PRIMARY KEY, b); WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL "
	                      "SELECT n+1 FROM k WHERE n<60) INSERT INTO t SELECT n, zeroblob(900) FROM k");
	memset(seen, 0, sizeof seen);
	return db;
}

static void close_database(sqlite3 *db)
{
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

Test(vault_order, a_journal_is_synced_once_before_its_database_and_when_it_is_cut)
{
	sqlite3 *const db = database("PRAGMA journal_mode=TRUNCATE");
	vault_fixture_run(db, "UPDATE t SET b = randomblob(900) WHERE n % 20 = 0");
	cr_assert_str_eq(seen, "wsWSts");
	close_database(db);
}

/* Behind its new header stand old records, until the new ones are there for certain. */
Test(vault_order, a_journal_that_stays_is_synced_before_its_count_is_written_too)
{
	static const char *const modes[] = {"PRAGMA journal_mode=PERSIST",
	                                    "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE"};
	for (size_t i = 0; i < 2; i++) {
		sqlite3 *const db = database(modes[i]);
		vault_fixture_run(db, "UPDATE t SET b = randomblob(900) WHERE n % 20 = 0");
		cr_assert_str_eq(seen, "wswsWSws");
		memset(seen, 0, sizeof seen);
		vault_fixture_run(db, "UPDATE t SET b = randomblob(900) WHERE n % 20 = 1");
		cr_assert_str_eq(seen, "wswsWSws");
		close_database(db);
		vault_disk_erase();
	}
}

Test(vault_order, each_part_of_a_long_transaction_is_synced_once_before_it_is_written)
{
	sqlite3 *const db = database("PRAGMA journal_mode=TRUNCATE");
	vault_fixture_run(db, "PRAGMA cache_size=5; BEGIN; UPDATE t SET b = randomblob(900); "
	                      "INSERT INTO t SELECT n+100, randomblob(2000) FROM t; DELETE FROM t WHERE n % 3 = 0; COMMIT");
	cr_assert(strncmp(seen, "wsWw", 4) == 0 && strstr(seen, "wsWwWws") != NULL, "it spilled: %s", seen);
	cr_assert_eq(strstr(seen, "wsws"), NULL, "%s", seen);
	close_database(db);
}

/* A transaction's last change may be one of its journal alone: the name of a super-journal. */
Test(vault_order, a_database_is_not_synced_before_its_journal)
{
	sqlite3 *const db = database("PRAGMA journal_mode=TRUNCATE");
	sqlite3_file *journal = NULL, *file = NULL;
	vault_fixture_run(db, "BEGIN; UPDATE t SET b = randomblob(900)");
	cr_assert_eq(sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal), SQLITE_OK);
	cr_assert_eq(sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file), SQLITE_OK);
	memset(seen, 0, sizeof seen);
	cr_assert_eq(journal->pMethods->xSync(journal, SQLITE_SYNC_NORMAL), SQLITE_OK);
	cr_assert_eq(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_OK);
	cr_assert_str_eq(seen, "wsS");
	vault_fixture_run(db, "ROLLBACK");
	close_database(db);
}

Test(vault_order, without_synchronous_nothing_is_synced)
{
	sqlite3 *const db = database("PRAGMA journal_mode=TRUNCATE");
	vault_fixture_run(db, "PRAGMA synchronous=OFF; UPDATE t SET b = randomblob(900)");
	cr_assert_eq(strpbrk(seen, "sS"), NULL, "%s", seen);
	close_database(db);
}

Test(vault_order, a_journal_that_cannot_be_synced_leaves_the_database_alone)
{
	sqlite3 *const db = database("PRAGMA journal_mode=TRUNCATE");
	journal_sync_answer = SQLITE_IOERR_FSYNC;
	cr_assert_eq(sqlite3_exec(db, "UPDATE t SET b = randomblob(900)", NULL, NULL, NULL), SQLITE_IOERR);
	cr_assert_eq(strchr(seen, 'W'), NULL, "%s", seen);
	journal_sync_answer = SQLITE_OK;
	cr_assert_eq(vault_fixture_number(db, "SELECT count(*) FROM t WHERE b = zeroblob(900)"), 60);
	close_database(db);
}
