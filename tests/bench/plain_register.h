/* The register's own tables in SQLite with none of our code above it: a plain file,
 * or one over the vault. The same schema, settings, rows and bytes as a device's.
 */
#ifndef SIJIL_TESTS_BENCH_PLAIN_REGISTER_H
#define SIJIL_TESTS_BENCH_PLAIN_REGISTER_H

#include "crypto/merkle.h"
#include "tests/bench/scene.h"

/* What saving one event writes. */
struct plain_row {
	struct hash id, previous;
	uint64_t number;
	struct bytes wire, body;
};

struct plain_register;

/* A new database at `path`; `vault` NULL: a plain file. */
struct plain_register *plain_register_create(const char *path, const struct vault *vault);
/* The same again, its cache empty. */
struct plain_register *plain_register_open(const char *path, const struct vault *vault);
void plain_register_close(struct plain_register *plain);

/* `n` rows as the next links, in one transaction. */
void plain_register_put(struct plain_register *plain, const struct plain_row *rows, size_t n);
/* What is read between is read of one state, and the file is not asked each time whether it changed. */
void plain_register_begin(struct plain_register *plain);
void plain_register_end(struct plain_register *plain);
/* Reads the row of that id; returns how many bytes it has. */
size_t plain_register_find(struct plain_register *plain, const struct hash *id);
/* Reads all rows; returns how many there are. */
uint64_t plain_register_scan(struct plain_register *plain);

#endif
