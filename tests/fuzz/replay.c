/* Gives a fuzz target the files of its kept corpus, without libFuzzer.
 *
 * Linked with one fuzz target; `make test` runs it over tests/fuzz/corpus/<name>.
 * A finding aborts, as it does under the fuzzer.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_INPUT_BYTES (1U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Heap memory of exactly the input's size, so that a read past its end shows. */
static void replay_bytes(const uint8_t *data, size_t size)
{
	uint8_t *const copy = malloc(size > 0 ? size : 1);
	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int replay_file(const char *folder, const char *name)
{
	static uint8_t buffer[MAX_INPUT_BYTES];
	char path[4096];
	const int len = snprintf(path, sizeof path, "%s/%s", folder, name);
	if (len < 0 || (size_t)len >= sizeof path)
		return -1;
	FILE *const file = fopen(path, "rb");
	if (file == NULL)
		return -1;
	const size_t size = fread(buffer, 1, sizeof buffer, file);
	const int broken = ferror(file);
	(void)fclose(file);
	if (broken != 0)
		return -1;
	replay_bytes(buffer, size);
	replay_bytes(buffer, size / 2);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	replay_bytes((const uint8_t *)"", 0);
	DIR *const folder = opendir(argv[1]);
	if (folder == NULL) {
		printf("not ok %s has a corpus in '%s'\n", argv[0], argv[1]);
		return 1;
	}
	unsigned count = 0;
	for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
		if (entry->d_name[0] == '.')
			continue;
		if (replay_file(argv[1], entry->d_name) != 0) {
			printf("not ok '%s' could be read\n", entry->d_name);
			(void)closedir(folder);
			return 1;
		}
		count++;
	}
	(void)closedir(folder);
	printf("%s %u corpus files replayed\n", count > 0 ? "ok" : "not ok", count);
	return count > 0 ? 0 : 1;
}
