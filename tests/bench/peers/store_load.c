/* One side of a comparison: the same rows through one encrypted or plain SQLite, figures for ratio.py.
 *
 *   store_load FOLDER plain|vault|sqlcipher truncate|wal register|flat ROWS
 *
 * `register` are the tables and settings of a device's register, `flat` one table of 300-byte rows. Built once
 * against SQLite with the vault and once against SQLCipher, whose SQLite is too old for STRICT and upserts: so
 * all sides do without.
 */
#include <sodium.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "schema/sql.h"

#ifndef PEER_IS_SQLCIPHER
#include "crypto/vault.h"
#endif

enum { BATCH = 1000, READS = 20000, ONES = 100, ID_BYTES = 32, WIRE_BYTES = 444, SQL_BYTES = 8192 };

struct load {
	sqlite3 *db;
	sqlite3_stmt *put, *find, *scan;
	sqlite3_stmt *log, *chain; /* of a register */
	char path[512];
	const char *vfs, *mode;
	int is_register, is_sqlcipher;
	uint32_t rows; /* put so far */
};

static void check(const struct load *load, int code, int wanted)
{
	if (code == wanted)
		return;
	(void)fprintf(stderr, "SQLite: %s\n", sqlite3_errmsg(load->db));
	exit(1);
}

static void run(const struct load *load, const char *sql)
{
	check(load, sqlite3_exec(load->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static double now_s(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void figure(const char *name, double value, const char *unit)
{
	(void)printf("figure %s %.4f %s\n", name, value, unit);
}

/* `text` without each `word`. */
static void without(char out[SQL_BYTES], const char *text, const char *word)
{
	size_t len = 0;
	while (*text != '\0' && len + 1 < SQL_BYTES) {
		if (strncmp(text, word, strlen(word)) == 0)
			text += strlen(word);
		else
			out[len++] = *text++;
	}
	out[len] = '\0';
}

static void make_tables(const struct load *load)
{
	char sql[SQL_BYTES], plain[SQL_BYTES];
	if (!load->is_register) {
		run(load, "CREATE TABLE object(position INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, at INTEGER NOT NULL, wire BLOB NOT NULL)");
		return;
	}
	without(sql, sql_set, "STRICT, ");
	without(plain, sql, "STRICT");
	run(load, plain);
	run(load, "INSERT INTO chain VALUES (zeroblob(16), 0, zeroblob(32), 0, 0, 0)");
}

static void prepare(const struct load *load, sqlite3_stmt **statement, const char *sql)
{
	check(load, sqlite3_prepare_v2(load->db, sql, -1, statement, NULL), SQLITE_OK);
}

static void connect(struct load *load, int is_new)
{
	char mode[64];
	(void)snprintf(mode, sizeof mode, "PRAGMA journal_mode = %s", load->mode);
	check(load, sqlite3_open_v2(load->path, &load->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, load->vfs), SQLITE_OK);
	if (load->is_sqlcipher)
		run(load, "PRAGMA key = \"x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'\";"
		          "PRAGMA cipher_page_size = 4096");
	run(load, "PRAGMA page_size = 4096; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA secure_delete = ON;"
	          "PRAGMA cache_size = -65536; PRAGMA auto_vacuum = FULL");
	run(load, mode);
	run(load, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
	if (is_new)
		make_tables(load);
	if (load->is_register) {
		prepare(load, &load->put, "INSERT INTO object VALUES (?1, ?2, 1, zeroblob(16), ?1, ?3, ?4)");
		prepare(load, &load->log, "INSERT OR REPLACE INTO log VALUES (1, ?1, ?2)");
		prepare(load, &load->chain, "UPDATE chain SET number = ?1, last = ?2, held = ?1, highest = ?1 WHERE device = zeroblob(16)");
	} else {
		prepare(load, &load->put, "INSERT INTO object VALUES (?1, ?2, ?1 + 1700000000, ?4)");
	}
	prepare(load, &load->find, "SELECT wire FROM object WHERE id = ?1");
	prepare(load, &load->scan, "SELECT id, wire FROM object ORDER BY position");
}

static void disconnect(struct load *load)
{
	sqlite3_stmt *const all[] = {load->put, load->find, load->scan, load->log, load->chain};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		(void)sqlite3_finalize(all[i]);
	load->log = load->chain = NULL;
	check(load, sqlite3_close(load->db), SQLITE_OK);
}

static void random_from(uint32_t seed, void *out, size_t len)
{
	uint8_t bytes[randombytes_SEEDBYTES] = {0};
	memcpy(bytes, &seed, sizeof seed);
	randombytes_buf_deterministic(out, len, bytes);
}

static void step(const struct load *load, sqlite3_stmt *statement, int wanted)
{
	check(load, sqlite3_step(statement), wanted);
}

static void put_one(struct load *load)
{
	uint8_t bytes[ID_BYTES + WIRE_BYTES];
	const int wire = load->is_register ? WIRE_BYTES : 300;
	random_from(load->rows, bytes, sizeof bytes);
	load->rows++;
	(void)sqlite3_bind_int64(load->put, 1, load->rows);
	(void)sqlite3_bind_blob(load->put, 2, bytes, ID_BYTES, SQLITE_STATIC);
	if (load->is_register)
		(void)sqlite3_bind_blob(load->put, 3, bytes + ID_BYTES, ID_BYTES, SQLITE_STATIC);
	(void)sqlite3_bind_blob(load->put, 4, bytes + ID_BYTES, wire, SQLITE_STATIC);
	step(load, load->put, SQLITE_DONE);
	(void)sqlite3_reset(load->put);
	if (!load->is_register)
		return;
	(void)sqlite3_bind_int64(load->log, 1, load->rows);
	(void)sqlite3_bind_blob(load->log, 2, bytes, 8 + 8 * ID_BYTES, SQLITE_STATIC);
	step(load, load->log, SQLITE_DONE);
	(void)sqlite3_reset(load->log);
	(void)sqlite3_bind_int64(load->chain, 1, load->rows);
	(void)sqlite3_bind_blob(load->chain, 2, bytes, ID_BYTES, SQLITE_STATIC);
	step(load, load->chain, SQLITE_DONE);
	(void)sqlite3_reset(load->chain);
}

static void put_many(struct load *load, uint32_t rows)
{
	const double from = now_s();
	for (uint32_t i = 0; i < rows; i += BATCH) {
		run(load, "BEGIN IMMEDIATE");
		for (uint32_t j = 0; j < BATCH; j++)
			put_one(load);
		run(load, "COMMIT");
	}
	figure("bulk_row", (now_s() - from) * 1e6 / rows, "us");
}

static void put_ones(struct load *load)
{
	const double from = now_s();
	for (int i = 0; i < ONES; i++) {
		run(load, "BEGIN IMMEDIATE");
		put_one(load);
		run(load, "COMMIT");
	}
	figure("one_durable_row", (now_s() - from) * 1e6 / ONES, "us");
}

static void read_points(struct load *load, uint32_t rows)
{
	double best = 0;
	/* The first time warms the cache. */
	for (int pass = 0; pass < 2; pass++) {
		const double from = now_s();
		for (uint32_t i = 0; i < READS; i++) {
			uint8_t id[ID_BYTES];
			random_from((uint32_t)(((uint64_t)i * 2654435761u) % rows), id, sizeof id);
			(void)sqlite3_bind_blob(load->find, 1, id, sizeof id, SQLITE_STATIC);
			step(load, load->find, SQLITE_ROW);
			(void)sqlite3_reset(load->find);
		}
		best = now_s() - from;
	}
	figure("warm_point_read", best * 1e6 / READS, "us");
}

static void scan_all(struct load *load)
{
	disconnect(load);
	connect(load, 0);
	uint32_t rows = 0;
	const double from = now_s();
	int code = sqlite3_step(load->scan);
	for (; code == SQLITE_ROW; code = sqlite3_step(load->scan))
		rows += sqlite3_column_blob(load->scan, 1) != NULL;
	check(load, code, SQLITE_DONE);
	figure("cold_scan_row", (now_s() - from) * 1e6 / rows, "us");
	(void)sqlite3_reset(load->scan);
	if (rows != load->rows)
		exit(1);
}

static void print_size(const struct load *load)
{
	struct stat found;
	if (stat(load->path, &found) != 0)
		exit(1);
	figure("file_size", (double)found.st_size / 1e6, "MB");
}

static void measure(struct load *load, uint32_t rows)
{
	connect(load, 1);
	put_many(load, rows);
	scan_all(load);
	read_points(load, rows);
	put_ones(load);
	disconnect(load);
	print_size(load);
}

#ifdef PEER_IS_SQLCIPHER
static void run_side(struct load *load, const char *side, uint32_t rows)
{
	load->is_sqlcipher = strcmp(side, "sqlcipher") == 0;
	measure(load, rows);
}
#else
static void run_side(struct load *load, const char *side, uint32_t rows)
{
	struct error err = {0};
	struct secret *key = NULL;
	struct vault *vault = NULL;
	if (strcmp(side, "vault") == 0) {
		if (secret_new_random(&key, VAULT_KEY_BYTES, &err) != STATUS_OK ||
		    vault_register(&vault, key, NULL, &err) != STATUS_OK)
			exit(1);
		load->vfs = vault_vfs_name(vault);
	}
	measure(load, rows);
	vault_unregister(vault);
	secret_free(key);
}
#endif

int main(int argc, char **argv)
{
	struct load load = {0};
	if (argc != 6 || sodium_init() < 0)
		return 2;
	(void)snprintf(load.path, sizeof load.path, "%s/%s-%s-%s.db", argv[1], argv[2], argv[3], argv[4]);
	(void)unlink(load.path);
	load.mode = argv[3];
	load.is_register = strcmp(argv[4], "register") == 0;
	run_side(&load, argv[2], (uint32_t)strtoul(argv[5], NULL, 10));
	(void)unlink(load.path);
	return 0;
}
