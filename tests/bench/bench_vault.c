/* The vault against a plain file: the register's tables, rows and settings on both
 * sides, and nothing of ours but the encryption. */
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/bench/plain_register.h"
#include "tests/bench/rounds.h"

enum {
	ROWS = 20000,
	ROWS_LONG = 100000,
	BATCH = 1000,
	WIRE_BYTES = 444,
	BODY_BYTES = 126,
	READS = 5000,
	READ_ROUNDS = 21,
	SCAN_ROUNDS = 11,
	ONE_ROUNDS = 41,
	ONES_A_ROUND = 10,
};

/* One side: a file, what lies below it, and how far its rows are made. */
struct side {
	char path[SCENE_PATH_BYTES];
	const struct vault *vault;
	struct plain_register *open;
	uint32_t made;
};

struct sides {
	struct side ours, plain;
	uint32_t rows; /* to read from */
};

static void random_from(uint32_t seed, void *out, size_t len)
{
	uint8_t bytes[randombytes_SEEDBYTES] = {0};
	memcpy(bytes, &seed, sizeof seed);
	randombytes_buf_deterministic(out, len, bytes);
}

/* Row `i` is the same on both sides, and random as sealed bytes and hashes are. */
static void make_row(uint32_t i, struct plain_row *row)
{
	uint8_t bytes[HASH_BYTES + WIRE_BYTES + BODY_BYTES];
	random_from(i, bytes, sizeof bytes);
	row->previous = row->id;
	memcpy(row->id.bytes, bytes, HASH_BYTES);
	row->number = i + 1;
	bytes_clear(&row->wire);
	bytes_clear(&row->body);
	MUST(bytes_append(&row->wire, (struct span){bytes + HASH_BYTES, WIRE_BYTES}, err));
	MUST(bytes_append(&row->body, (struct span){bytes + HASH_BYTES + WIRE_BYTES, BODY_BYTES}, err));
}

static void insert(struct side *side, size_t n, struct watch *watch)
{
	struct plain_row *const rows = calloc(n, sizeof *rows);
	if (rows == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		make_row(side->made + (uint32_t)i, &rows[i]);
	watch_start(watch);
	plain_register_put(side->open, rows, n);
	watch_stop(watch);
	side->made += (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		bytes_wipe(&rows[i].wire);
		bytes_wipe(&rows[i].body);
	}
	free(rows);
}

static void insert_many(struct side *side, struct watch *watch)
{
	insert(side, BATCH, watch);
}

static void insert_ones(struct side *side, struct watch *watch)
{
	for (unsigned i = 0; i < ONES_A_ROUND; i++)
		insert(side, 1, watch);
}

static void read_points(struct side *side, uint32_t rows, bool together, struct watch *watch)
{
	static struct hash ids[READS];
	size_t bytes = 0;
	for (uint32_t i = 0; i < READS; i++)
		random_from((uint32_t)(((uint64_t)i * 2654435761u) % rows), ids[i].bytes, HASH_BYTES);
	watch_start(watch);
	if (together)
		plain_register_begin(side->open);
	for (uint32_t i = 0; i < READS; i++)
		bytes += plain_register_find(side->open, &ids[i]);
	if (together)
		plain_register_end(side->open);
	watch_stop(watch);
	if (bytes != (size_t)READS * WIRE_BYTES)
		abort();
}

/* Cold for SQLite; the system still has the file in memory. */
static void scan(struct side *side, struct watch *watch)
{
	plain_register_close(side->open);
	side->open = plain_register_open(side->path, side->vault);
	watch_start(watch);
	const uint64_t rows = plain_register_scan(side->open);
	watch_stop(watch);
	if (rows != side->made)
		abort();
}

#define BOTH_SIDES(name, call_ours, call_plain)                    \
	static void name##_ours(void *context, struct watch *watch)  \
	{                                                            \
		struct sides *const sides = context;                 \
		call_ours;                                           \
	}                                                            \
	static void name##_plain(void *context, struct watch *watch) \
	{                                                            \
		struct sides *const sides = context;                 \
		call_plain;                                          \
	}
BOTH_SIDES(many, insert_many(&sides->ours, watch), insert_many(&sides->plain, watch))
BOTH_SIDES(ones, insert_ones(&sides->ours, watch), insert_ones(&sides->plain, watch))
BOTH_SIDES(points, read_points(&sides->ours, sides->rows, true, watch),
           read_points(&sides->plain, sides->rows, true, watch))
BOTH_SIDES(alone, read_points(&sides->ours, sides->rows, false, watch),
           read_points(&sides->plain, sides->rows, false, watch))
BOTH_SIDES(scan, scan(&sides->ours, watch), scan(&sides->plain, watch))
#undef BOTH_SIDES

static double size_of(const struct side *side)
{
	struct stat found;
	if (stat(side->path, &found) != 0)
		abort();
	return (double)found.st_size;
}

static void measure(struct sides *sides, uint32_t rows)
{
	char what[64];
	const struct rounds bulk = {what, ROUNDS_TOTAL, rows / BATCH, BATCH, 1.5, many_ours, many_plain};
	const struct rounds reads = {"  warm point read", ROUNDS_MEDIAN, READ_ROUNDS, READS, 1.1, points_ours, points_plain};
	const struct rounds alone = {"  the same, a transaction each", ROUNDS_MEDIAN, READ_ROUNDS, READS, 1.1, alone_ours,
	                             alone_plain};
	const struct rounds scans = {"  cold scan, a row", ROUNDS_MEDIAN, SCAN_ROUNDS, rows, 3, scan_ours, scan_plain};
	const struct rounds one = {"  one durable row", ROUNDS_MEDIAN, ONE_ROUNDS, ONES_A_ROUND, 1.25, ones_ours, ones_plain};

	(void)snprintf(what, sizeof what, "  vault / plain file: insert of %u in 1000s", rows);
	rounds_run(&bulk, sides);
	sides->rows = rows;
	rounds_print_value("  file size, times the plain file's", size_of(&sides->ours) / size_of(&sides->plain), 1.05, "");
	rounds_run(&reads, sides);
	rounds_run(&alone, sides);
	rounds_run(&scans, sides);
	rounds_run(&one, sides);
}

int main(int argc, char **argv)
{
	struct scene scene;
	struct sides sides = {0};

	if (argc != 2)
		return 2;
	scene_open(&scene, argv[1]);
	sides.ours.vault = scene.vault;
	scene_path(&scene, "ours.db", sides.ours.path);
	scene_path(&scene, "plain.db", sides.plain.path);
	sides.ours.open = plain_register_create(sides.ours.path, sides.ours.vault);
	sides.plain.open = plain_register_create(sides.plain.path, NULL);
	measure(&sides, scene_size(ROWS, ROWS_LONG));
	plain_register_close(sides.ours.open);
	plain_register_close(sides.plain.open);
	scene_close(&scene);
	return 0;
}
