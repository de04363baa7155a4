/* What somebody with the passphrase finds on the disk, below SQLite: every block of every file of a register, decrypted,
 * free pages, freed ends and journals included.
 *
 *   bare HOME OUT     the passphrase comes from standard input; OUT is a folder that exists
 *
 * Writes OUT/NAME for each file of HOME but the key file, and prints how many blocks opened and how many did not. Exit 0;
 * 2: could not look.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/file.h"
#include "crypto/keyfile.h"
#include "crypto/vault_slot.h"

enum { PATH_BYTES = 4096, FILE_MAX = 1 << 30 };

static struct secret *first, *other; /* subkeys of both databases */
static unsigned long long opened, closed;

static void demand(enum status status, const struct error *err)
{
	if (status == STATUS_OK)
		return;
	fprintf(stderr, "bare: %s\n", err->message);
	exit(2);
}

static void unlock(const char *home)
{
	struct error err = {0};
	char path[PATH_BYTES];
	struct secret *passphrase = NULL, *key = NULL;
	struct keyfile *keyfile = NULL;
	(void)snprintf(path, sizeof path, "%s/register.key", home);
	demand(secret_read_line(&passphrase, 0, KEYFILE_PASSPHRASE_MAX_BYTES, &err), &err);
	demand(keyfile_load(&keyfile, path, &err), &err);
	demand(keyfile_unlock(keyfile, passphrase, &err), &err);
	demand(vault_slot_subkeys(&first, keyfile_data_key(keyfile), &err), &err);
	if (keyfile_other_key(keyfile, &key, NULL) == STATUS_OK)
		demand(vault_slot_subkeys(&other, key, &err), &err);
	secret_free(key);
	secret_free(passphrase);
	keyfile_free(keyfile);
}

/* As whichever kind of file it opens; `at` has its block and all subkeys. `epoch` is that of the file's first block. */
static bool open_slot(uint8_t *plain, const struct vault_place *at, const uint8_t *epoch, const uint8_t *slot, size_t available)
{
	for (int kind = VAULT_KIND_DATABASE; kind <= VAULT_KIND_WAL; kind++) {
		struct vault_place place = {
			.key = at->key + (kind - 1) * VAULT_KEY_BYTES, .kind = (enum vault_kind)kind, .block = at->block};
		if (kind == VAULT_KIND_JOURNAL && place.block > 0)
			memcpy(place.epoch, epoch, sizeof place.epoch);
		if (vault_slot_open(plain, &place, slot, available))
			return true;
	}
	return false;
}

static void strip(const char *from, const char *to)
{
	const bool is_other = other != NULL && strstr(from, ".db.other") != NULL;
	struct error err = {0};
	struct bytes in = {0}, out = {0};
	uint8_t plain[VAULT_BLOCK_BYTES], epoch[VAULT_EPOCH_BYTES] = {0};
	demand(file_read(&in, from, FILE_MAX, &err), &err);
	for (size_t at = 0; at + VAULT_SLOT_HEAD_BYTES < in.len; at += VAULT_SLOT_BYTES) {
		const struct vault_place place = {.key = is_other ? other->data : first->data, .block = at / VAULT_SLOT_BYTES};
		if (!open_slot(plain, &place, epoch, in.data + at, in.len - at - VAULT_SLOT_HEAD_BYTES)) {
			closed++;
			continue;
		}
		opened++;
		if (at == 0)
			memcpy(epoch, plain + VAULT_EPOCH_AT, sizeof epoch);
		demand(bytes_append(&out, (struct span){plain, sizeof plain}, &err), &err);
	}
	demand(file_write(to, bytes_span(&out), true, &err), &err);
	bytes_wipe(&in);
	bytes_wipe(&out);
}

int main(int argc, char **argv)
{
	struct error err = {0};
	char from[PATH_BYTES], to[PATH_BYTES];
	if (argc != 3) {
		fprintf(stderr, "usage: bare HOME OUT\n");
		return 2;
	}
	demand(secret_process_init(&err), &err);
	unlock(argv[1]);
	DIR *home = opendir(argv[1]);
	if (home == NULL) {
		perror(argv[1]);
		return 2;
	}
	for (const struct dirent *entry = readdir(home); entry != NULL; entry = readdir(home)) {
		if (entry->d_type != DT_REG || strcmp(entry->d_name, "register.key") == 0)
			continue;
		if (snprintf(from, sizeof from, "%s/%s", argv[1], entry->d_name) >= (int)sizeof from ||
		    snprintf(to, sizeof to, "%s/%s", argv[2], entry->d_name) >= (int)sizeof to)
			return 2;
		strip(from, to);
	}
	(void)closedir(home);
	secret_free(first);
	secret_free(other);
	printf("%llu blocks opened, %llu did not\n", opened, closed);
	return opened > 0 ? 0 : 2;
}
