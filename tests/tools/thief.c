/* What a thief would do with a copy of the disk: look for words in every file.
 *
 *   thief WORDS PATH...     WORDS: one word a line, or hex:BYTES for a CBOR form
 *
 * Each word is looked for in UTF-8 composed and decomposed and in UTF-16 of both
 * byte orders, at any offset. Prints FILE: WORD (FORM) for each find and how much was searched;
 * exit 0: nothing found, 1: found, 2: could not look.
 */
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <utf8proc.h>

enum { NEEDLES_MAX = 512, NEEDLE_BYTES = 1024, LINE_BYTES = 1024, OPEN_FOLDERS = 16, SHORTEST = 4 };

struct needle {
	char word[LINE_BYTES];
	const char *form;
	uint8_t bytes[NEEDLE_BYTES];
	size_t len;
};

static struct needle needles[NEEDLES_MAX];
static size_t needles_len, files, found;
static unsigned long long searched;
static bool failed;

static void add(const char *word, const char *form, const void *bytes, size_t len)
{
	/* Shorter ones stand in random bytes by chance. */
	if (len < SHORTEST || len > NEEDLE_BYTES || needles_len == NEEDLES_MAX)
		return;
	struct needle *needle = &needles[needles_len++];
	(void)snprintf(needle->word, sizeof needle->word, "%s", word);
	needle->form = form;
	memcpy(needle->bytes, bytes, len);
	needle->len = len;
}

static void add_utf16(const char *word, const utf8proc_uint8_t *utf8, bool big)
{
	uint8_t out[NEEDLE_BYTES];
	size_t len = 0;
	for (const utf8proc_uint8_t *p = utf8; *p != '\0' && len + 4 <= sizeof out;) {
		utf8proc_int32_t point;
		const utf8proc_ssize_t step = utf8proc_iterate(p, -1, &point);
		if (step <= 0 || point > 0xffff)
			return;
		p += step;
		out[len++] = (uint8_t)(big ? point >> 8 : point);
		out[len++] = (uint8_t)(big ? point : point >> 8);
	}
	add(word, big ? "UTF-16BE" : "UTF-16LE", out, len);
}

static void add_word(const char *word)
{
	utf8proc_uint8_t *composed = utf8proc_NFC((const utf8proc_uint8_t *)word);
	utf8proc_uint8_t *decomposed = utf8proc_NFD((const utf8proc_uint8_t *)word);
	if (composed == NULL || decomposed == NULL) {
		failed = true;
		goto out;
	}
	add(word, "UTF-8", composed, strlen((const char *)composed));
	if (strcmp((const char *)composed, (const char *)decomposed) != 0)
		add(word, "UTF-8 decomposed", decomposed, strlen((const char *)decomposed));
	add_utf16(word, composed, false);
	add_utf16(word, composed, true);
out:
	free(composed);
	free(decomposed);
}

static void add_hex(const char *line)
{
	uint8_t out[NEEDLE_BYTES];
	size_t len = 0;
	unsigned byte;
	for (const char *p = line + 4; len < sizeof out && sscanf(p, "%2x", &byte) == 1; p += 2)
		out[len++] = (uint8_t)byte;
	add(line, "CBOR", out, len);
}

static void read_words(const char *path)
{
	char line[LINE_BYTES];
	FILE *file = fopen(path, "r");
	if (file == NULL) {
		perror(path);
		exit(2);
	}
	while (fgets(line, sizeof line, file) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (strncmp(line, "hex:", 4) == 0)
			add_hex(line);
		else
			add_word(line);
	}
	(void)fclose(file);
}

static void search(const char *path, const uint8_t *content, size_t len)
{
	for (size_t i = 0; i < needles_len; i++) {
		if (memmem(content, len, needles[i].bytes, needles[i].len) == NULL)
			continue;
		printf("%s: %s (%s)\n", path, needles[i].word, needles[i].form);
		found++;
	}
}

/* A file may vanish or shrink between listing and reading: journals do. */
static int look(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
	(void)ftw;
	if (kind != FTW_F || !S_ISREG(status->st_mode) || status->st_size == 0)
		return 0;
	FILE *file = fopen(path, "rb");
	uint8_t *content = malloc((size_t)status->st_size);
	if (file != NULL && content != NULL) {
		const size_t len = fread(content, 1, (size_t)status->st_size, file);
		search(path, content, len);
		searched += len;
		files++;
	}
	if (file != NULL)
		(void)fclose(file);
	free(content);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: thief WORDS PATH...\n");
		return 2;
	}
	read_words(argv[1]);
	if (failed || needles_len == 0) {
		fprintf(stderr, "thief: no word to look for\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		if (nftw(argv[i], look, OPEN_FOLDERS, FTW_PHYS) != 0)
			return 2;
	printf("searched %zu files, %llu bytes, for %zu forms: %zu found\n", files, searched, needles_len, found);
	return found > 0 ? 1 : 0;
}
