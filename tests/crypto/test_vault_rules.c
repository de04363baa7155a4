/* The numbered rules of FORMAT.md, The vault, one by one, at the file's methods. */
#include <criterion/criterion.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/vault_file.h"
#include "tests/crypto/vault_disk.h"
#include "tests/crypto/vault_fixture.h"

static struct vault_fixture fixture;

static void begin(void)
{
	vault_disk_begin();
	vault_fixture_begin(&fixture, VAULT_DISK_NAME);
}

static void end(void)
{
	vault_fixture_end(&fixture);
	vault_disk_end();
}

TestSuite(vault_rules, .init = begin, .fini = end);

#define B VAULT_BLOCK_BYTES

static sqlite3_file *open_raw(const char *name, int flags)
{
	return vault_fixture_raw_open(vault_vfs_name(fixture.vault), name, flags);
}

static void write_at(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
	cr_assert_eq(file->pMethods->xWrite(file, data, len, at), SQLITE_OK);
}

static void write_blocks(sqlite3_file *file, int n)
{
	uint8_t block[B];
	for (int i = 0; i < n; i++) {
		memset(block, 'a' + i, sizeof block);
		write_at(file, block, B, (sqlite3_int64)i * B);
	}
}

static int read_at(sqlite3_file *file, void *data, int len, sqlite3_int64 at)
{
	memset(data, 0x55, (size_t)len);
	return file->pMethods->xRead(file, data, len, at);
}

static bool is_filled_with(const uint8_t *data, size_t len, uint8_t byte)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] != byte)
			return false;
	return true;
}

static sqlite3_int64 size_of(sqlite3_file *file)
{
	sqlite3_int64 size = -1;
	cr_assert_eq(file->pMethods->xFileSize(file, &size), SQLITE_OK);
	return size;
}

static uint8_t *slot_of(const char *name, size_t block)
{
	return vault_disk_file(name)->data + block * VAULT_SLOT_BYTES;
}

/* ---- rule 1 ---- */

Test(vault_rules, promises_nothing_that_the_disk_below_promises)
{
	sqlite3_file *const file = open_raw("f", SQLITE_OPEN_MAIN_DB);
	int is_powersafe = -1;

	cr_assert_eq(file->pMethods->xDeviceCharacteristics(file) &
	                     (SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_ATOMIC |
	                      SQLITE_IOCAP_ATOMIC4K | SQLITE_IOCAP_BATCH_ATOMIC),
	             0);
	cr_assert_eq(file->pMethods->xSectorSize(file), B);
	cr_assert_eq(file->pMethods->xFileControl(file, SQLITE_FCNTL_POWERSAFE_OVERWRITE, &is_powersafe), SQLITE_OK);
	cr_assert_eq(is_powersafe, 0);
	vault_fixture_raw_close(file);
}

/* ---- rules 2 and 3 ---- */

Test(vault_rules, damage_in_a_database_is_an_error_for_a_page_and_zeros_for_a_header)
{
	sqlite3_file *const file = open_raw("f", SQLITE_OPEN_MAIN_DB);
	uint8_t data[B];

	write_blocks(file, 2);
	slot_of("f", 0)[100] ^= 1;
	cr_assert_eq(read_at(file, data, 100, 0), SQLITE_IOERR_SHORT_READ);
	cr_assert(is_filled_with(data, 100, 0));
	cr_assert_eq(read_at(file, data, 16, 24), SQLITE_IOERR_SHORT_READ);
	cr_assert(is_filled_with(data, 16, 0));
	cr_assert_eq(read_at(file, data, 512, 0), SQLITE_IOERR_DATA);
	cr_assert_eq(read_at(file, data, B, 0), SQLITE_IOERR_DATA);
	cr_assert_eq(read_at(file, data, B, B), SQLITE_OK);
	cr_assert(is_filled_with(data, B, 'b'));
	vault_fixture_raw_close(file);
}

Test(vault_rules, a_header_read_again_is_what_stands_on_disk_now)
{
	sqlite3_file *const file = open_raw("f", SQLITE_OPEN_MAIN_DB), *const other = open_raw("f", SQLITE_OPEN_MAIN_DB);
	uint8_t data[16], block[B];

	write_blocks(file, 2);
	cr_assert_eq(read_at(file, data, 16, 24), SQLITE_OK);
	cr_assert(is_filled_with(data, 16, 'a'));
	memset(block, 'z', sizeof block);
	write_at(other, block, B, 0);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(read_at(file, data, 16, 24), SQLITE_OK);
		cr_assert(is_filled_with(data, 16, 'z'), "another handle's write is seen");
	}
	cr_assert_eq(read_at(file, data, 16, 84), SQLITE_OK);
	cr_assert(is_filled_with(data, 16, 'z'));
	for (size_t i = 0; i < VAULT_SLOT_BYTES; i++) {
		slot_of("f", 0)[i] ^= 1;
		cr_assert_eq(read_at(file, data, 16, 24), SQLITE_IOERR_SHORT_READ, "byte %zu", i);
		slot_of("f", 0)[i] ^= 1;
	}
	cr_assert_eq(read_at(file, data, 16, 24), SQLITE_OK);
	vault_disk_fail_at(1, false);
	cr_assert_neq(read_at(file, data, 16, 24), SQLITE_OK, "an error of the disk is told, though the next try would do");
	vault_disk_fail_at(0, false);
	vault_fixture_raw_close(other);
	vault_fixture_raw_close(file);
}

Test(vault_rules, damage_in_a_journal_reads_as_zeros_and_is_remembered)
{
	sqlite3_file *const file = open_raw("f", SQLITE_OPEN_SUPER_JOURNAL);
	uint8_t data[2 * B];

	write_blocks(file, 3);
	cr_assert_eq(read_at(file, data, B, B), SQLITE_OK);
	cr_assert_not(vault_saw_recovery(fixture.vault));
	slot_of("f", 1)[100] ^= 1;
	cr_assert_eq(read_at(file, data, 2 * B, B / 2), SQLITE_OK);
	cr_assert(is_filled_with(data, 2 * B, 0), "a record is torn as a whole");
	cr_assert_eq(read_at(file, data, B, 2 * B), SQLITE_OK);
	cr_assert(is_filled_with(data, B, 'c'));
	cr_assert(vault_saw_recovery(fixture.vault));
	vault_fixture_raw_close(file);
}

/* A WAL's handle is only to be had from a connection. */
static sqlite3_file *wal_of(sqlite3 *db)
{
	sqlite3_file *wal = NULL;
	vault_fixture_run(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA page_size=4096; PRAGMA journal_mode=WAL;"
	                      "CREATE TABLE t(a); INSERT INTO t VALUES(zeroblob(20000))");
	cr_assert_eq(sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal), SQLITE_OK);
	return wal;
}

Test(vault_rules, damage_in_a_log_is_an_error_for_a_page_and_zeros_for_all_else)
{
	sqlite3 *const db = vault_fixture_open("test.db", vault_vfs_name(fixture.vault));
	sqlite3_file *const wal = wal_of(db);
	uint8_t data[4096 + 24];

	cr_assert_gt(size_of(wal), 5 * 4096);
	cr_assert_eq(read_at(wal, data, 4096, 56), SQLITE_OK);
	cr_assert_not(vault_saw_recovery(fixture.vault));
	slot_of("test.db-wal", 0)[60] ^= 1;
	cr_assert_eq(read_at(wal, data, 4096, 56), SQLITE_IOERR_DATA);
	cr_assert_eq(read_at(wal, data, 24, 32), SQLITE_OK);
	cr_assert(is_filled_with(data, 24, 0));
	cr_assert(vault_saw_recovery(fixture.vault));
	cr_assert_eq(read_at(wal, data, 4096 + 24, 32), SQLITE_OK);
	cr_assert(is_filled_with(data, sizeof data, 0), "a frame is torn as a whole");
	slot_of("test.db-wal", 0)[60] ^= 1;
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

Test(vault_rules, damage_in_the_middle_of_a_log_block_is_not_written_over)
{
	sqlite3 *const db = vault_fixture_open("test.db", vault_vfs_name(fixture.vault));
	sqlite3_file *const wal = wal_of(db);
	const uint8_t header[24] = {1};
	uint8_t data[B];

	slot_of("test.db-wal", 1)[60] ^= 1;
	cr_assert_eq(wal->pMethods->xWrite(wal, header, 24, B + 100), SQLITE_IOERR_DATA);
	write_at(wal, header, 24, B);
	cr_assert_eq(read_at(wal, data, 24, B), SQLITE_OK);
	cr_assert_arr_eq(data, header, 24);
	(void)sqlite3_close(db);
}

Test(vault_rules, damage_in_a_database_is_not_written_over_in_part_but_in_recovery)
{
	sqlite3_file *const file = open_raw("f", SQLITE_OPEN_MAIN_DB);
	uint8_t data[B];

	write_blocks(file, 2);
	slot_of("f", 1)[60] ^= 1;
	memset(data, 'x', sizeof data);
	cr_assert_eq(file->pMethods->xWrite(file, data, B / 2, B), SQLITE_IOERR_DATA);
	cr_assert_eq(file->pMethods->xLock(file, SQLITE_LOCK_SHARED), SQLITE_OK);
	cr_assert_eq(file->pMethods->xLock(file, SQLITE_LOCK_RESERVED), SQLITE_OK);
	cr_assert_eq(file->pMethods->xLock(file, SQLITE_LOCK_EXCLUSIVE), SQLITE_OK);
	cr_assert_eq(file->pMethods->xWrite(file, data, B / 2, B), SQLITE_IOERR_DATA, "a transaction is no recovery");
	cr_assert_eq(file->pMethods->xUnlock(file, SQLITE_LOCK_SHARED), SQLITE_OK);
	cr_assert_eq(file->pMethods->xLock(file, SQLITE_LOCK_EXCLUSIVE), SQLITE_OK);
	write_at(file, data, B / 2, B + B / 2);
	cr_assert_eq(read_at(file, data, B, B), SQLITE_OK);
	cr_assert(is_filled_with(data, B / 2, 0));
	cr_assert(is_filled_with(data + B / 2, B / 2, 'x'));
	slot_of("f", 1)[60] ^= 1;
	cr_assert_eq(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_OK);
	cr_assert_eq(file->pMethods->xWrite(file, data, B / 2, B), SQLITE_IOERR_DATA, "recovery ends with its sync");
	write_at(file, data, B, B);
	vault_fixture_raw_close(file);
}

Test(vault_rules, damage_in_a_temporary_file_is_an_error)
{
	sqlite3_file *const file = open_raw(NULL, SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_DELETEONCLOSE);
	uint8_t data[B];

	write_blocks(file, 2);
	slot_of("temporary-0", 1)[4] ^= 1;
	cr_assert_eq(read_at(file, data, B, 0), SQLITE_OK);
	cr_assert_eq(read_at(file, data, B, B), SQLITE_IOERR_DATA);
	cr_assert_eq(read_at(file, data, 10, B), SQLITE_IOERR_DATA);
	vault_fixture_raw_close(file);
	cr_assert_null(vault_disk_file("temporary-0"));
}

/* ---- rule 4 ---- */

Test(vault_rules, writing_past_the_end_fills_whole_blocks_and_leaves_the_short_one)
{
	static const int flags[] = {SQLITE_OPEN_SUPER_JOURNAL, SQLITE_OPEN_MAIN_DB};
	for (size_t i = 0; i < 2; i++) {
		sqlite3_file *const file = open_raw("f", flags[i]);
		uint8_t data[B], before[VAULT_SLOT_HEAD_BYTES + 100];
		memset(data, 'x', sizeof data);
		write_at(file, data, 100, 0);
		memcpy(before, slot_of("f", 0), sizeof before);
		write_at(file, data, 10, 3 * B + 5);
		cr_assert_arr_eq(slot_of("f", 0), before, sizeof before, "the short block was written again");
		cr_assert_eq(size_of(file), 3 * B + 15);
		cr_assert_eq(read_at(file, data, B, 0), SQLITE_OK);
		cr_assert(is_filled_with(data, 100, 'x'));
		cr_assert(is_filled_with(data + 100, B - 100, 0));
		for (int block = 1; block < 3; block++) {
			cr_assert_eq(vault_slot_length(slot_of("f", (size_t)block)), B);
			cr_assert_eq(read_at(file, data, B, (sqlite3_int64)block * B), SQLITE_OK);
			cr_assert(is_filled_with(data, B, 0));
		}
		cr_assert_eq(read_at(file, data, 15, 3 * B), SQLITE_OK);
		cr_assert(is_filled_with(data, 5, 0));
		cr_assert(is_filled_with(data + 5, 10, 'x'));
		vault_fixture_raw_close(file);
		vault_disk_erase();
	}
}

Test(vault_rules, reading_past_the_end_is_short_and_zero_filled)
{
	sqlite3_file *const file = open_raw("f", SQLITE_OPEN_SUPER_JOURNAL);
	uint8_t data[3 * B];

	cr_assert_eq(read_at(file, data, 16, 0), SQLITE_IOERR_SHORT_READ);
	cr_assert(is_filled_with(data, 16, 0));
	write_blocks(file, 1);
	memset(data, 'z', 10);
	write_at(file, data, 10, B);
	cr_assert_eq(size_of(file), B + 10);
	cr_assert_eq(read_at(file, data, 3 * B, 0), SQLITE_IOERR_SHORT_READ);
	cr_assert(is_filled_with(data, B, 'a'));
	cr_assert(is_filled_with(data + B, 10, 'z'));
	cr_assert(is_filled_with(data + B + 10, 2 * B - 10, 0));
	cr_assert_eq(read_at(file, data, 10, B), SQLITE_OK);
	cr_assert_eq(read_at(file, data, 11, B), SQLITE_IOERR_SHORT_READ);
	cr_assert_eq(read_at(file, data, 1, 100 * B), SQLITE_IOERR_SHORT_READ);
	vault_fixture_raw_close(file);
}

Test(vault_rules, a_large_page_that_is_there_in_part_is_damage)
{
	sqlite3_file *const file = open_raw("f", SQLITE_OPEN_MAIN_DB);
	uint8_t data[4 * B];

	write_blocks(file, 3);
	cr_assert_eq(read_at(file, data, 2 * B, 0), SQLITE_OK);
	cr_assert_eq(read_at(file, data, 2 * B, 2 * B), SQLITE_IOERR_DATA);
	cr_assert_eq(read_at(file, data, 4 * B, 0), SQLITE_IOERR_DATA);
	cr_assert_eq(read_at(file, data, 2 * B, 4 * B), SQLITE_IOERR_SHORT_READ, "a page to come");
	vault_fixture_raw_close(file);
}

/* ---- rule 5 ---- */

Test(vault_rules, a_hole_is_damage)
{
	sqlite3_file *const file = open_raw("f", SQLITE_OPEN_MAIN_DB);
	uint8_t data[B];

	write_blocks(file, 3);
	memset(slot_of("f", 1), 0, VAULT_SLOT_BYTES);
	cr_assert_eq(read_at(file, data, B, B), SQLITE_IOERR_DATA);
	memset(slot_of("f", 2), 0, VAULT_SLOT_BYTES);
	cr_assert_eq(read_at(file, data, B, 2 * B), SQLITE_IOERR_DATA);
	vault_fixture_raw_close(file);
}

Test(vault_rules, hints_about_size_make_no_holes)
{
	sqlite3_file *const file = open_raw("f", SQLITE_OPEN_MAIN_DB);
	sqlite3_int64 hint = 100 * B;
	int chunk = 64 * B;

	write_blocks(file, 1);
	cr_assert_eq(file->pMethods->xFileControl(file, SQLITE_FCNTL_SIZE_HINT, &hint), SQLITE_OK);
	cr_assert_eq(file->pMethods->xFileControl(file, SQLITE_FCNTL_CHUNK_SIZE, &chunk), SQLITE_OK);
	write_blocks(file, 2);
	cr_assert_eq(vault_disk_counts().hints, 0);
	cr_assert_eq(size_of(file), 2 * B);
	cr_assert_eq(vault_disk_file("f")->len, 2 * VAULT_SLOT_BYTES);
	vault_fixture_raw_close(file);
}

/* ---- rule 6 ---- */

Test(vault_rules, offers_shared_memory_and_never_a_mapping)
{
	struct vault_fixture real;
	sqlite3_int64 mapped = 1 << 20;
	vault_fixture_begin(&real, NULL);
	sqlite3_file *file = vault_fixture_raw_open(vault_vfs_name(real.vault), real.path, SQLITE_OPEN_MAIN_DB);
	cr_assert_eq(file->pMethods->iVersion, 2);
	cr_assert_not_null(file->pMethods->xShmMap);
	cr_assert_null(file->pMethods->xFetch);
	cr_assert_eq(file->pMethods->xFileControl(file, SQLITE_FCNTL_MMAP_SIZE, &mapped), SQLITE_OK);
	cr_assert_eq(mapped, 0);
	vault_fixture_raw_close(file);
	vault_fixture_end(&real);

	file = open_raw("f", SQLITE_OPEN_MAIN_DB);
	cr_assert_eq(file->pMethods->iVersion, 1, "the disk below has no shared memory");
	vault_fixture_raw_close(file);
}

Test(vault_rules, refuses_atomic_writes_and_unknown_controls)
{
	static const int controls[] = {SQLITE_FCNTL_BEGIN_ATOMIC_WRITE, SQLITE_FCNTL_COMMIT_ATOMIC_WRITE,
	                               SQLITE_FCNTL_ROLLBACK_ATOMIC_WRITE, 9999};
	sqlite3_file *const file = open_raw("f", SQLITE_OPEN_MAIN_DB);
	for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++)
		cr_assert_eq(file->pMethods->xFileControl(file, controls[i], NULL), SQLITE_NOTFOUND);
	vault_fixture_raw_close(file);
}

Test(vault_rules, opens_no_file_of_unknown_kind)
{
	sqlite3_vfs *const vfs = sqlite3_vfs_find(vault_vfs_name(fixture.vault));
	sqlite3_file *const file = calloc(1, (size_t)vfs->szOsFile);
	cr_assert_eq(vfs->xOpen(vfs, "f", file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), SQLITE_CANTOPEN);
	cr_assert_null(file->pMethods);
	cr_assert_null(vault_disk_file("f"));
	free(file);
}

/* ---- rule 7 ---- */

Test(vault_rules, errors_of_the_disk_are_passed_on)
{
	sqlite3_file *const file = open_raw("f", SQLITE_OPEN_MAIN_DB);
	uint8_t data[B] = {0};
	sqlite3_int64 size = 0;

	write_blocks(file, 2);
	vault_disk_fail_at(1, true);
	cr_assert_eq(file->pMethods->xRead(file, data, B, 0), SQLITE_IOERR_READ);
	cr_assert_eq(file->pMethods->xWrite(file, data, B, 0), SQLITE_IOERR_FSTAT);
	cr_assert_eq(file->pMethods->xTruncate(file, 0), SQLITE_IOERR_FSTAT);
	cr_assert_eq(file->pMethods->xSync(file, SQLITE_SYNC_FULL), SQLITE_IOERR_FSYNC);
	cr_assert_eq(file->pMethods->xFileSize(file, &size), SQLITE_IOERR_FSTAT);
	cr_assert_eq(file->pMethods->xLock(file, SQLITE_LOCK_SHARED), SQLITE_IOERR_LOCK);
	/* The second call below: the write itself, the truncation itself. */
	vault_disk_fail_at(2, true);
	cr_assert_eq(file->pMethods->xWrite(file, data, B, 0), SQLITE_IOERR_WRITE);
	vault_disk_fail_at(2, true);
	cr_assert_eq(file->pMethods->xWrite(file, data, 1, 1), SQLITE_IOERR_READ);
	vault_disk_fail_at(3, true);
	cr_assert_eq(file->pMethods->xWrite(file, data, 1, 1), SQLITE_IOERR_WRITE);
	vault_disk_fail_at(2, true);
	cr_assert_eq(file->pMethods->xTruncate(file, 0), SQLITE_IOERR_TRUNCATE);
	vault_disk_fail_at(0, false);
	vault_fixture_raw_close(file);
}

Test(vault_rules, closing_wipes_what_was_read_and_every_key)
{
	sqlite3_vfs *const vfs = sqlite3_vfs_find(vault_vfs_name(fixture.vault));
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_DELETEONCLOSE;
	struct vault_file *const file = calloc(1, (size_t)vfs->szOsFile);
	cr_assert_eq(vfs->xOpen(vfs, NULL, &file->base, flags, NULL), SQLITE_OK);
	write_blocks(&file->base, 1);
	write_at(&file->base, "Busra al-Harir", 14, 100);
	cr_assert_not_null(memmem(file->plain, sizeof file->plain, "Busra al-Harir", 14));
	cr_assert_not_null(file->own_key);
	cr_assert_eq(file->base.pMethods->xClose(&file->base), SQLITE_OK);
	cr_assert(sodium_is_zero((const uint8_t *)file, sizeof *file));
	free(file);
}

/* Small appends to a journal wait for their block, but for nothing else. */
Test(vault_rules, the_end_of_a_journal_is_held_until_it_is_synced_read_or_left)
{
	sqlite3 *const db = vault_fixture_open("test.db", vault_vfs_name(fixture.vault));
	sqlite3_file *journal = NULL;
	uint8_t data[B];
	vault_fixture_run(db, "PRAGMA journal_mode=TRUNCATE; CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES(1)");
	cr_assert_eq(sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal), SQLITE_OK);
	const struct bytes *const stored = vault_disk_file("test.db-journal");

	cr_assert_eq(journal->pMethods->xSync(journal, SQLITE_SYNC_NORMAL), SQLITE_OK);
	const size_t synced = stored->len;
	const sqlite3_int64 end = size_of(journal);
	write_at(journal, "Nasib", 5, end);
	write_at(journal, "Tiba", 4, end + 5);
	cr_assert_eq(stored->len, synced, "it was written at once");
	cr_assert_eq(size_of(journal), end + 9);
	cr_assert_eq(journal->pMethods->xSync(journal, SQLITE_SYNC_NORMAL), SQLITE_OK);
	cr_assert_eq(stored->len, synced + 9);

	write_at(journal, "Tafas", 5, end + 9);
	cr_assert_eq(read_at(journal, data, 14, end), SQLITE_OK);
	cr_assert_arr_eq(data, "NasibTibaTafas", 14);
	cr_assert_eq(stored->len, synced + 14);

	write_at(journal, "Hrak", 4, end + 14);
	write_at(journal, "-", 1, 0);
	cr_assert_eq(stored->len, synced + 18, "a write elsewhere overtook it");
	cr_assert_eq(read_at(journal, data, 18, end), SQLITE_OK);
	cr_assert_arr_eq(data, "NasibTibaTafasHrak", 18);
	write_at(journal, "", 1, 0);
	(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	(void)sqlite3_close(db);
}

/* ---- cutting ---- */

Test(vault_rules, a_journal_cut_in_mid_block_has_its_last_block_encrypted_anew)
{
	sqlite3_file *const file = open_raw("f", SQLITE_OPEN_SUPER_JOURNAL);
	uint8_t data[B], nonce[24];

	write_blocks(file, 3);
	memcpy(nonce, slot_of("f", 1) + 4, sizeof nonce);
	cr_assert_eq(file->pMethods->xTruncate(file, B + 200), SQLITE_OK);
	cr_assert_eq(size_of(file), B + 200);
	cr_assert_eq(vault_disk_file("f")->len, VAULT_SLOT_BYTES + VAULT_SLOT_HEAD_BYTES + 200);
	cr_assert_eq(vault_slot_length(slot_of("f", 1)), 200);
	cr_assert_arr_neq(slot_of("f", 1) + 4, nonce, sizeof nonce);
	cr_assert_eq(read_at(file, data, B, B), SQLITE_IOERR_SHORT_READ);
	cr_assert(is_filled_with(data, 200, 'b'));
	cr_assert(is_filled_with(data + 200, B - 200, 0));
	cr_assert_eq(file->pMethods->xTruncate(file, B), SQLITE_OK);
	cr_assert_eq(vault_disk_file("f")->len, VAULT_SLOT_BYTES);
	vault_fixture_raw_close(file);
}

Test(vault_rules, a_database_cut_in_mid_block_keeps_that_block_as_it_is)
{
	sqlite3_file *const file = open_raw("f", SQLITE_OPEN_MAIN_DB);
	uint8_t before[VAULT_SLOT_BYTES];

	write_blocks(file, 3);
	memcpy(before, slot_of("f", 1), sizeof before);
	cr_assert_eq(file->pMethods->xTruncate(file, B + B / 2), SQLITE_OK);
	cr_assert_eq(vault_disk_file("f")->len, 2 * VAULT_SLOT_BYTES);
	cr_assert_arr_eq(slot_of("f", 1), before, sizeof before);
	cr_assert_eq(size_of(file), 2 * B);
	vault_fixture_raw_close(file);
}

Test(vault_rules, cutting_beyond_the_end_extends_without_a_hole)
{
	sqlite3_file *const file = open_raw("f", SQLITE_OPEN_MAIN_DB);
	uint8_t data[B];

	write_blocks(file, 1);
	cr_assert_eq(file->pMethods->xTruncate(file, 3 * B), SQLITE_OK);
	cr_assert_eq(size_of(file), 3 * B);
	for (int block = 1; block < 3; block++) {
		cr_assert_eq(read_at(file, data, B, (sqlite3_int64)block * B), SQLITE_OK);
		cr_assert(is_filled_with(data, B, 0));
	}
	vault_fixture_raw_close(file);
}
