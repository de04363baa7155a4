/* Searches a gazetteer made of the files given, for measuring how well spellings are understood.
 *
 *   places_try FOLDER FILE... < LINES     LINES: spelling TAB right codes, commas between TAB code of the last place or nothing
 *
 * Prints for each: the rank of the first right one (0: not among twenty), whether the first was taken for sure, code and name of
 * the first, TAB between; and at the end on standard error how long an answer took, in microseconds: median and all but the slowest
 * hundredth, by the wall clock and on the processor.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/file.h"
#include "schema/places.h"

enum { LINE_BYTES = 4096, TIMES_MAX = 1 << 20 };

static void demand(enum status status, const struct error *err)
{
	if (status == STATUS_OK)
		return;
	fprintf(stderr, "places_try: %s\n", err->message);
	exit(2);
}

static void import(struct places *places, const char *path)
{
	struct bytes content = {0};
	struct error err = {0};
	const char *const slash = strrchr(path, '/');
	struct places_import import = {.name = slash != NULL ? slash + 1 : path, .valid_on = PLACES_DAY_UNKNOWN, .now_s = time(NULL)};
	demand(file_read(&content, path, PLACES_FILE_MAX_BYTES, &err), &err);
	demand(places_take(places, bytes_span(&content), &import, &err), &err);
	fprintf(stderr, "%s: %s, %u places, %u names, %u rows skipped (%s), %u names lost, %u without a point\n", import.list.name,
	        import.list.format, import.list.places, import.names, import.rows_skipped, import.first_skipped, import.names_lost,
	        import.points_missing);
	bytes_wipe(&content);
}

static bool is_right(const char *codes, const char *code)
{
	const size_t len = strlen(code);
	for (const char *at = codes; (at = strstr(at, code)) != NULL; at += len)
		if ((at == codes || at[-1] == ',') && (at[len] == ',' || at[len] == '\0'))
			return true;
	return false;
}

static double now_us(clockid_t clock)
{
	struct timespec t;
	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Microseconds by the wall clock, and on the processor. */
struct took {
	double wall, processor;
};

static struct took answer(struct places *places, char *line)
{
	static struct places_found found[PLACES_FOUND_MAX];
	char *const codes = strchr(line, '\t');
	size_t len = 0, rank = 0;
	if (codes == NULL)
		exit(2);
	char *const last = strchr(codes + 1, '\t');
	*codes = '\0';
	if (last != NULL) {
		*last = '\0';
		last[1 + strcspn(last + 1, "\t")] = '\0';
	}
	const struct places_query query = {line, last != NULL && last[1] != '\0' ? last + 1 : NULL, PLACES_FOUND_MAX};
	const struct took start = {now_us(CLOCK_MONOTONIC), now_us(CLOCK_PROCESS_CPUTIME_ID)};
	if (places_search(places, &query, found, &len, NULL) != STATUS_OK)
		len = 0;
	const struct took took = {now_us(CLOCK_MONOTONIC) - start.wall, now_us(CLOCK_PROCESS_CPUTIME_ID) - start.processor};
	for (size_t i = len; i > 0; i--)
		if (is_right(codes + 1, found[i - 1].code))
			rank = i;
	printf("%zu\t%d\t%s\t%s\t%u\n", rank, places_is_sure(found, len), len > 0 ? found[0].code : "", len > 0 ? found[0].latin : "",
	       len > 0 ? found[0].likeness : 0);
	return took;
}

int main(int argc, char **argv)
{
	static double walls[TIMES_MAX], processors[TIMES_MAX];
	char path[4096], line[LINE_BYTES];
	struct error err = {0};
	struct secret *key = NULL;
	struct places *places = NULL;
	size_t len = 0;
	if (argc < 3 || sodium_init() < 0)
		return 2;
	(void)snprintf(path, sizeof path, "%s/places.db", argv[1]);
	demand(secret_new_random(&key, 32, &err), &err);
	demand(places_open(&places, path, key, &err), &err);
	for (int i = 2; i < argc; i++)
		import(places, argv[i]);
	while (len < TIMES_MAX && fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		const struct took took = answer(places, line);
		walls[len] = took.wall;
		processors[len++] = took.processor;
	}
	if (len > 0) {
		qsort(walls, len, sizeof walls[0], by_value);
		qsort(processors, len, sizeof processors[0], by_value);
		fprintf(stderr, "answers: %zu, median %.0f us, 99 of 100 within %.0f us, on the processor %.0f and %.0f us\n", len, walls[len / 2],
		        walls[len * 99 / 100], processors[len / 2], processors[len * 99 / 100]);
	}
	places_close(places);
	secret_free(key);
	return 0;
}
