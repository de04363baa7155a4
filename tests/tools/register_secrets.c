/* What only the holder of the passphrase may know of a register, for tests that look for it where it must not be.
 *
 *   register_secrets HOME < PASSPHRASE     prints one "hex:..." a line: data key, signing seed, the key of informants' tags,
 *                                          the seed of the inbox key, the keys of the vault's files
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/keyfile.h"
#include "schema/outbox_tables.h"

static void demand(enum status status, const struct error *err)
{
	if (status == STATUS_OK)
		return;
	fprintf(stderr, "register_secrets: %s\n", err->message);
	exit(2);
}

static void print_hex(struct span secret)
{
	printf("hex:");
	for (size_t i = 0; i < secret.len; i++)
		printf("%02x", secret.data[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	char key_path[4096], database_path[4096];
	struct error err = {0};
	struct secret *passphrase = NULL;
	struct keyfile *keyfile = NULL;
	struct vault *vault = NULL;
	struct outbox *outbox = NULL;
	struct sealing_key *inbox = NULL;
	if (argc != 2 || sodium_init() < 0)
		return 2;
	(void)snprintf(key_path, sizeof key_path, "%s/register.key", argv[1]);
	(void)snprintf(database_path, sizeof database_path, "%s/register.db", argv[1]);
	demand(secret_read_line(&passphrase, STDIN_FILENO, KEYFILE_PASSPHRASE_MAX_BYTES, &err), &err);
	demand(keyfile_load(&keyfile, key_path, &err), &err);
	demand(keyfile_unlock(keyfile, passphrase, &err), &err);
	demand(vault_register(&vault, keyfile_data_key(keyfile), NULL, &err), &err);
	demand(outbox_open(&outbox, database_path, vault, keyfile_data_key(keyfile), &err), &err);
	demand(keyfile_inbox_secret(keyfile, &inbox, &err), &err);
	print_hex(secret_span(keyfile_data_key(keyfile)));
	print_hex(signing_key_seed(outbox->key));
	print_hex(secret_span(outbox->tag_key));
	print_hex(sealing_key_seed(inbox));
	for (uint64_t i = 1; i <= 3; i++) {
		uint8_t file_key[32];
		(void)crypto_kdf_derive_from_key(file_key, sizeof file_key, i, "sijilvlt", keyfile_data_key(keyfile)->data);
		print_hex((struct span){file_key, sizeof file_key});
	}
	sealing_key_free(inbox);
	outbox_close(outbox);
	vault_unregister(vault);
	keyfile_free(keyfile);
	secret_free(passphrase);
	return 0;
}
