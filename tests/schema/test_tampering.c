/* The register's files altered in every way that somebody without the key can: what comes back is what was written, or
 * the damage is named; never a crash, never other data. With SIJIL_LONG set each byte of the database is flipped. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/file.h"
#include "crypto/hash.h"
#include "crypto/vault_slot.h"
#include "schema/outbox.h"
#include "tests/schema/cast.h"
#include "tests/schema/samples.h"

enum { REPORTS = 24, CREATED = 1760000000, FILE_MAX_BYTES = 1 << 24, SAMPLES = 300 };

#define DATABASE "register.db"
#define JOURNAL DATABASE "-journal"

static struct cast cast;
static sqlite3 *raw;
static struct bytes original; /* the database as it was closed */
static struct hash written;   /* what it holds */
static uint64_t random_state = 0x5eed;

static int remember(sqlite3 *handle, const char **message, const void *routines)
{
	(void)message, (void)routines;
	raw = handle;
	return SQLITE_OK;
}

/* ---- files ---- */

static struct bytes content_of(const char *name)
{
	struct bytes content = {0};
	cr_assert_eq(file_read(&content, cast_path(&cast, name), FILE_MAX_BYTES, NULL), STATUS_OK, "%s", name);
	return content;
}

/* Without the syncs of file_write. */
static void put_file(const char *name, struct span content)
{
	const int fd = open(cast_path(&cast, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, content.data, content.len), (ssize_t)content.len);
	cr_assert_eq(close(fd), 0);
}

static void flip(int fd, size_t at, uint8_t bits)
{
	uint8_t byte;
	cr_assert_eq(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= bits;
	cr_assert_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
}

/* ---- a register and what it says ---- */

static void add_reports(struct outbox *outbox, int n, const char *individuals)
{
	struct body body;
	struct hash id;
	for (int i = 0; i < n; i++) {
		body_init(&body, OBJECT_REPORT);
		body.created_s = CREATED + i;
		body.clock = BODY_CLOCK_MANUAL;
		samples_set(&body.report, "kind", "arrival");
		samples_set(&body.report, "place", "C5999");
		samples_set(&body.report, "observed_on", "2018-06-21");
		samples_set(&body.report, "individuals", individuals);
		cr_assert_eq(outbox_put(outbox, &body, 1, &id, NULL), STATUS_OK);
	}
}

static struct outbox *create(const char *name, struct vault *vault, struct secret *key)
{
	struct outbox *outbox = NULL;
	struct invite_file invite;
	cast_invite(&cast, "Team Nasib", &invite);
	cr_assert_eq(outbox_create(&outbox, cast_path(&cast, name), vault, key, &invite, CREATED, NULL), STATUS_OK);
	invite_file_wipe(&invite);
	return outbox;
}

static enum status note_entry(void *context, const struct outbox_entry *entry, struct error *err)
{
	struct bytes *const all = context;
	enum status status = bytes_append(all, hash_span(&entry->id), err);
	if (status == STATUS_OK)
		status = bytes_append(all, (struct span){(const uint8_t *)&entry->number, sizeof entry->number}, err);
	if (status == STATUS_OK)
		status = body_encode(all, &entry->body, err);
	return status;
}

/* Everything that the register has to say, as one hash. */
static enum status read_all(struct outbox *outbox, struct hash *said, struct error *err)
{
	struct bytes all = {0};
	enum status status = outbox_each(outbox, note_entry, &all, err);
	if (status == STATUS_OK)
		status = set_dump(outbox_set(outbox), &all, err);
	if (status == STATUS_OK)
		*said = hash_of(bytes_span(&all));
	bytes_wipe(&all);
	return status;
}

/* As a new process would: a vault of its own. `checked`: the whole chain and all tables, as after a crash. */
static enum status read_register(const struct secret *key, bool checked, struct hash *said, struct error *err)
{
	struct vault *vault = NULL;
	struct outbox *outbox = NULL;
	cr_assert_eq(vault_register(&vault, key, NULL, NULL), STATUS_OK);
	enum status status = outbox_open(&outbox, cast_path(&cast, DATABASE), vault, key, err);
	if (status == STATUS_OK && checked)
		status = db_check(outbox_db(outbox), err);
	if (status == STATUS_OK && checked)
		status = outbox_check(outbox, err);
	if (status == STATUS_OK)
		status = read_all(outbox, said, err);
	outbox_close(outbox);
	vault_unregister(vault);
	return status;
}

static void start(void)
{
	cr_assert_eq(sqlite3_auto_extension((void (*)(void))remember), SQLITE_OK);
	cast_begin(&cast, DESCRIPTOR_KEEP);
	struct outbox *const outbox = create(DATABASE, cast.vault, cast.data_key);
	add_reports(outbox, REPORTS, "300");
	outbox_close(outbox);
	original = content_of(DATABASE);
	cr_assert_eq(read_register(cast.data_key, true, &written, NULL), STATUS_OK);
	cr_assert_geq(original.len / VAULT_SLOT_BYTES, 12);
}

static void end(void)
{
	bytes_wipe(&original);
	cast_end(&cast);
}

TestSuite(tampering, .init = start, .fini = end);

/* The register as it is now: true if it was refused and named, false if it says what was written; else the test fails. */
static bool is_named(const char *what, size_t at)
{
	struct error err = {0};
	struct hash said;
	const enum status status = read_register(cast.data_key, false, &said, &err);
	if (status == STATUS_OK)
		cr_assert(hash_equals(&said, &written), "%s at %zu gives other data", what, at);
	else
		cr_assert(status == STATUS_CORRUPT || status == STATUS_TAMPERED, "%s at %zu: %s: %s", what, at, status_word(status),
		          err.message);
	cr_assert(status == STATUS_OK || strstr(err.message, "damaged") != NULL || strstr(err.message, "is empty") != NULL,
	          "%s at %zu: %s", what, at, err.message);
	return status != STATUS_OK;
}

static void put_back(void)
{
	put_file(DATABASE, bytes_span(&original));
	(void)unlink(cast_path(&cast, JOURNAL));
}

/* Whether it says that others hold events of its key that it did not make. */
static bool is_a_copy(void)
{
	struct outbox *outbox = NULL;
	struct outbox_status status;
	cr_assert_eq(outbox_open(&outbox, cast_path(&cast, DATABASE), cast.vault, cast.data_key, NULL), STATUS_OK);
	cr_assert_eq(outbox_status(outbox, &status, NULL), STATUS_OK);
	outbox_close(outbox);
	return status.surpassed;
}

/* ---- the database ---- */

static size_t flips_named(size_t step_of_random)
{
	static const size_t fields[] = {0, 1, 2, 3, 4, 27, 28, 43, 44, 45, 144, 144 + 2048, VAULT_SLOT_BYTES - 1};
	const int fd = open(cast_path(&cast, DATABASE), O_RDWR);
	size_t named = 0;
	cr_assert_geq(fd, 0);
	for (size_t slot = 0; slot < original.len; slot += VAULT_SLOT_BYTES)
		for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
			const uint8_t bits = (uint8_t)(1u << samples_random(&random_state, 8));
			flip(fd, slot + fields[i], bits);
			named += is_named("a flipped bit", slot + fields[i]);
			flip(fd, slot + fields[i], bits);
		}
	for (size_t at = 0; at < original.len; at += 1 + (step_of_random > 1 ? samples_random(&random_state, (uint32_t)step_of_random) : 0)) {
		flip(fd, at, 0x40);
		named += is_named("a flipped bit", at);
		flip(fd, at, 0x40);
	}
	cr_assert_eq(close(fd), 0);
	return named;
}

Test(tampering, one_flipped_bit_of_the_database_is_named_or_not_read)
{
	const size_t named = flips_named(getenv("SIJIL_LONG") != NULL ? 1 : 2 * original.len / SAMPLES);
	printf("%zu flips named\n", named);
	cr_assert_gt(named, 100);
	cr_assert_not(is_named("nothing", 0));
}

Test(tampering, blocks_swapped_in_the_database_are_named)
{
	const size_t slots = original.len / VAULT_SLOT_BYTES;
	size_t named = 0;
	for (size_t i = 0; i < slots; i++) {
		const size_t j = (i + 1 + samples_random(&random_state, (uint32_t)slots - 1)) % slots;
		put_back();
		const int fd = open(cast_path(&cast, DATABASE), O_RDWR);
		cr_assert_eq(pwrite(fd, original.data + i * VAULT_SLOT_BYTES, VAULT_SLOT_BYTES, (off_t)(j * VAULT_SLOT_BYTES)),
		             VAULT_SLOT_BYTES);
		cr_assert_eq(pwrite(fd, original.data + j * VAULT_SLOT_BYTES, VAULT_SLOT_BYTES, (off_t)(i * VAULT_SLOT_BYTES)),
		             VAULT_SLOT_BYTES);
		cr_assert_eq(close(fd), 0);
		named += is_named("swapped blocks", i);
	}
	cr_assert_gt(named, slots / 2);
}

Test(tampering, a_database_cut_anywhere_is_named)
{
	for (size_t slot = 0; slot < original.len; slot += VAULT_SLOT_BYTES) {
		static const size_t cuts[] = {0, 1, 43, 44, 45, 2000, VAULT_SLOT_BYTES - 1};
		for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
			put_file(DATABASE, (struct span){original.data, slot + cuts[i]});
			cr_assert(is_named("a cut", slot + cuts[i]));
		}
	}
	put_back();
	cr_assert_not(is_named("nothing", 0));
}

/* Bytes behind the end are a block too many, which SQLite never asks for. */
Test(tampering, zeroed_blocks_and_bytes_behind_the_end_do_no_harm_unseen)
{
	static const uint8_t zeros[VAULT_SLOT_BYTES];
	static const size_t more[] = {1, 44, 45, VAULT_SLOT_BYTES, 3 * VAULT_SLOT_BYTES};
	struct bytes longer = {0};
	size_t named = 0;
	for (size_t at = 0; at < original.len; at += VAULT_SLOT_BYTES) {
		put_back();
		const int fd = open(cast_path(&cast, DATABASE), O_RDWR);
		cr_assert_eq(pwrite(fd, zeros, sizeof zeros, (off_t)at), VAULT_SLOT_BYTES);
		cr_assert_eq(close(fd), 0);
		named += is_named("a zeroed block", at);
	}
	cr_assert_gt(named, original.len / VAULT_SLOT_BYTES / 2);
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
		bytes_clear(&longer);
		cr_assert_eq(bytes_append(&longer, bytes_span(&original), NULL), STATUS_OK);
		for (size_t n = 0; n < more[i]; n += VAULT_SLOT_BYTES)
			cr_assert_eq(bytes_append(&longer, (struct span){original.data, more[i] - n < VAULT_SLOT_BYTES ? more[i] - n : VAULT_SLOT_BYTES},
			                          NULL), STATUS_OK);
		put_file(DATABASE, bytes_span(&longer));
		(void)is_named("more bytes", more[i]);
	}
	bytes_wipe(&longer);
}

/* The vault cannot see an older block of the same place: it is a page that this register once wrote. What is read is then
 * the one state or the other, or the check of tables and chain finds that they do not fit, or the register is told to be
 * a copy behind the one that made its events. */
Test(tampering, an_older_block_or_database_is_an_older_state_or_found_by_the_check)
{
	struct outbox *outbox = NULL;
	struct error err = {0};
	struct hash newer, said;
	size_t seen = 0, silent = 0;
	cr_assert_eq(outbox_open(&outbox, cast_path(&cast, DATABASE), cast.vault, cast.data_key, NULL), STATUS_OK);
	add_reports(outbox, 12, "77");
	outbox_close(outbox);
	struct bytes now = content_of(DATABASE);
	cr_assert_eq(read_register(cast.data_key, true, &newer, NULL), STATUS_OK);
	for (size_t at = 0; at < original.len; at += VAULT_SLOT_BYTES) {
		if (memcmp(now.data + at, original.data + at, VAULT_SLOT_BYTES) == 0)
			continue;
		put_file(DATABASE, bytes_span(&now));
		const int fd = open(cast_path(&cast, DATABASE), O_RDWR);
		cr_assert_eq(pwrite(fd, original.data + at, VAULT_SLOT_BYTES, (off_t)at), VAULT_SLOT_BYTES);
		cr_assert_eq(close(fd), 0);
		const enum status status = read_register(cast.data_key, true, &said, &err);
		cr_assert(status == STATUS_OK || status == STATUS_CORRUPT || status == STATUS_TAMPERED, "%zu: %s", at, err.message);
		seen += status != STATUS_OK;
		silent += status == STATUS_OK && !hash_equals(&said, &newer) && !hash_equals(&said, &written) && !is_a_copy();
	}
	cr_assert_eq(silent, 0);
	cr_assert_gt(seen, 3);
	put_back();
	cr_assert_not(is_named("the whole older file", 0), "it is a whole register");
	bytes_wipe(&now);
}

/* ---- another register ---- */

Test(tampering, blocks_and_files_of_another_register_are_named)
{
	struct vault *vault = NULL;
	struct secret *key = NULL;
	struct hash said;
	struct error err = {0};
	cr_assert_eq(secret_new_random(&key, VAULT_KEY_BYTES, NULL), STATUS_OK);
	cr_assert_eq(vault_register(&vault, key, NULL, NULL), STATUS_OK);
	struct outbox *const outbox = create("other.db", vault, key);
	add_reports(outbox, REPORTS, "12");
	outbox_close(outbox);
	vault_unregister(vault);
	struct bytes other = content_of("other.db");
	size_t named = 0, slots = 0;
	for (size_t at = 0; at + VAULT_SLOT_BYTES <= other.len && at + VAULT_SLOT_BYTES <= original.len; at += VAULT_SLOT_BYTES) {
		put_back();
		const int fd = open(cast_path(&cast, DATABASE), O_RDWR);
		cr_assert_eq(pwrite(fd, other.data + at, VAULT_SLOT_BYTES, (off_t)at), VAULT_SLOT_BYTES);
		cr_assert_eq(close(fd), 0);
		named += is_named("another register's block", at);
		slots++;
	}
	cr_assert_gt(named, slots / 2);
	put_file(DATABASE, bytes_span(&other));
	cr_assert(is_named("another register's database", 0));
	put_back();
	cr_assert_eq(read_register(key, false, &said, &err), STATUS_CORRUPT, "another register's key: %s", err.message);
	cr_assert_not(is_named("and none of it", 0));
	bytes_wipe(&other);
	secret_free(key);
}

/* ---- the journal that a crash left ---- */

struct crash {
	struct bytes database, journal;
};

/* In the middle of a transaction that has written pages already. */
static void crash(struct crash *crash)
{
	struct outbox *outbox = NULL;
	cr_assert_eq(outbox_open(&outbox, cast_path(&cast, DATABASE), cast.vault, cast.data_key, NULL), STATUS_OK);
	cr_assert_eq(sqlite3_set_authorizer(raw, NULL, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(raw, "PRAGMA cache_size = 2; BEGIN IMMEDIATE; UPDATE own SET body = randomblob(900);"
	                               "UPDATE object SET wire = randomblob(1500)", NULL, NULL, NULL), SQLITE_OK);
	crash->database = content_of(DATABASE);
	crash->journal = content_of(JOURNAL);
	cr_assert_eq(sqlite3_exec(raw, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	outbox_close(outbox);
	cr_assert_gt(crash->journal.len, 4 * VAULT_SLOT_BYTES);
	cr_assert_not(span_equals(bytes_span(&crash->database), bytes_span(&original)));
}

static bool is_named_beside(const struct crash *crash, struct span journal, const char *what, size_t at)
{
	put_file(DATABASE, bytes_span(&crash->database));
	put_file(JOURNAL, journal);
	return is_named(what, at);
}

Test(tampering, a_journal_altered_cut_or_zeroed_is_rolled_back_or_named)
{
	static const uint8_t zeros[VAULT_SLOT_BYTES];
	struct crash left = {0};
	size_t named = 0, mended = 0;
	crash(&left);
	cr_assert_not(is_named_beside(&left, bytes_span(&left.journal), "nothing", 0), "it is rolled back");
	const size_t step = getenv("SIJIL_LONG") != NULL ? 97 : left.journal.len / 60;
	for (size_t at = 0; at < left.journal.len; at += 1 + samples_random(&random_state, (uint32_t)(2 * step))) {
		left.journal.data[at] ^= 0x10;
		const bool is = is_named_beside(&left, bytes_span(&left.journal), "a flipped bit of the journal", at);
		left.journal.data[at] ^= 0x10;
		named += is;
		mended += !is;
	}
	for (size_t at = 0; at < left.journal.len; at += VAULT_SLOT_BYTES) {
		named += is_named_beside(&left, (struct span){left.journal.data, at}, "a cut journal", at);
		named += is_named_beside(&left, (struct span){left.journal.data, at + 1000 < left.journal.len ? at + 1000 : at},
		                         "a cut journal", at + 1000);
		uint8_t kept[VAULT_SLOT_BYTES];
		const size_t n = left.journal.len - at < VAULT_SLOT_BYTES ? left.journal.len - at : VAULT_SLOT_BYTES;
		memcpy(kept, left.journal.data + at, n);
		memcpy(left.journal.data + at, zeros, n);
		named += is_named_beside(&left, bytes_span(&left.journal), "a zeroed block of the journal", at);
		memcpy(left.journal.data + at, kept, n);
	}
	printf("%zu named, %zu rolled back all the same\n", named, mended);
	cr_assert_gt(named, 20);
	bytes_wipe(&left.database);
	bytes_wipe(&left.journal);
}

/* A journal that was kept from an earlier crash holds valid blocks: it brings pages back that do not fit the others. */
Test(tampering, a_journal_of_an_earlier_crash_is_named_or_gives_a_state_that_was)
{
	struct crash left = {0};
	struct outbox *outbox = NULL;
	struct error err = {0};
	struct hash newer, said;
	crash(&left);
	cr_assert_eq(outbox_open(&outbox, cast_path(&cast, DATABASE), cast.vault, cast.data_key, NULL), STATUS_OK);
	add_reports(outbox, 12, "77");
	outbox_close(outbox);
	cr_assert_eq(read_register(cast.data_key, true, &newer, NULL), STATUS_OK);
	put_file(JOURNAL, bytes_span(&left.journal));
	const enum status status = read_register(cast.data_key, false, &said, &err);
	cr_assert(status == STATUS_CORRUPT || (status == STATUS_OK && (hash_equals(&said, &newer) || hash_equals(&said, &written))),
	          "%s: %s", status_word(status), err.message);
	bytes_wipe(&left.database);
	bytes_wipe(&left.journal);
}
