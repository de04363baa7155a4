#include "app/print.h"
#include "app/sijild/sijild.h"
#include "crypto/file.h"
#include "schema/descriptor.h"
#include "sync/tls.h"

#include <stdio.h>
#include <string.h>

static bool join(char path[HOME_PATH_BYTES], const char *folder, const char *name)
{
	return snprintf(path, HOME_PATH_BYTES, "%s/%s", folder, name) < HOME_PATH_BYTES;
}

enum status sijild_locate(struct sijild_home *home, const struct cli *cli, struct error *err)
{
	struct home base;
	const enum status status = home_locate(&base, cli, err);
	if (status != STATUS_OK)
		return status;
	memcpy(home->folder, base.folder, sizeof home->folder);
	if (join(home->receipt_key, base.folder, "receipt.key") && join(home->tls_key, base.folder, "tls.key") &&
	    join(home->certificate, base.folder, "tls.crt") && join(home->store, base.folder, "store"))
		return STATUS_OK;
	(void)error_set(err, STATUS_BAD_INPUT, "the path of the relay's folder is too long");
	error_hint(err, "give a shorter one with --home DIR");
	return STATUS_BAD_INPUT;
}

enum status sijild_receipt_key(const struct sijild_home *home, struct signing_key **key, struct error *err)
{
	struct secret *seed = NULL;
	enum status status = file_read_secret(&seed, home->receipt_key, KEY_SEED_BYTES, err);
	if (status == STATUS_NOT_FOUND)
		error_hint(err, "sijild init --address URL -o CARD makes it");
	if (status == STATUS_OK)
		status = signing_key_from_seed(key, secret_span(seed), err);
	secret_free(seed);
	return status;
}

/* "https://a:1,https://b:2" into the card. */
static enum status take_addresses(struct relay_card *card, const char *text, struct cli *cli, struct error *err)
{
	do {
		const size_t len = strcspn(text, ",");
		if (card->addresses_len == DESCRIPTOR_ADDRESSES)
			return cli_usage(cli, err, "--address takes at most %d addresses", DESCRIPTOR_ADDRESSES);
		if (len < 9 || len >= DESCRIPTOR_ADDRESS_BYTES || strncmp(text, "https://", 8) != 0)
			return cli_usage(cli, err, "an address is written like https://host:port, not '%.*s'", (int)len, text);
		memcpy(card->addresses[card->addresses_len], text, len);
		card->addresses[card->addresses_len++][len] = '\0';
		text += len + (text[len] == ',');
	} while (*text != '\0');
	return STATUS_OK;
}

/* What init wrote last, or what only a relay that serves has. */
static bool is_relay(const struct sijild_home *home)
{
	return file_exists(home->certificate) || file_exists(home->store);
}

static enum status make_certificate(struct secret **key, struct bytes *pem, struct relay_card *card, struct error *err)
{
	struct bytes der = {0};
	enum status status = tls_certificate_new(key, pem, &der, err);
	if (status == STATUS_OK && der.len > sizeof card->certificate)
		status = error_set(err, STATUS_BUG, "the certificate is longer than a card holds");
	if (status == STATUS_OK) {
		memcpy(card->certificate, der.data, der.len);
		card->certificate_len = der.len;
		status = tls_pin(&card->pin, bytes_span(&der), err);
	}
	bytes_wipe(&der);
	return status;
}

static enum status write_card(const char *path, const struct relay_card *card, const struct signing_key *receipt_key,
                              struct error *err)
{
	struct bytes text = {0};
	enum status status = descriptor_card_format(&text, card, receipt_key, err);
	if (status == STATUS_OK)
		status = bytes_append(&text, span_from_text("\n"), err);
	if (status == STATUS_OK)
		status = strcmp(path, "-") == 0 ? print_raw(bytes_span(&text), err) : file_write(path, bytes_span(&text), false, err);
	bytes_wipe(&text);
	return status;
}

/* Keys, card, and the certificate last: a relay without its card could serve nobody, so until then there is none, and
 * init may be run again. */
static enum status make_relay(const struct sijild_home *home, struct relay_card *card, const char *card_path,
                              struct error *err)
{
	struct signing_key *receipt_key = NULL;
	struct secret *tls_key = NULL;
	struct bytes pem = {0};
	enum status status = signing_key_new(&receipt_key, err);
	if (status != STATUS_OK)
		return status;
	card->receipt_key = signing_key_public(receipt_key);
	status = make_certificate(&tls_key, &pem, card, err);
	if (status == STATUS_OK)
		status = file_write(home->receipt_key, signing_key_seed(receipt_key), true, err);
	if (status == STATUS_OK)
		status = file_write(home->tls_key, (struct span){tls_key->data, tls_key->len - 1}, true, err);
	if (status == STATUS_OK)
		status = write_card(card_path, card, receipt_key, err);
	if (status == STATUS_OK)
		status = file_write(home->certificate, bytes_span(&pem), false, err);
	signing_key_free(receipt_key);
	secret_free(tls_key);
	bytes_wipe(&pem);
	return status;
}

enum status sijild_init(struct cli *cli, struct error *err)
{
	struct sijild_home home;
	struct relay_card card = {0};
	const char *address = cli_value(cli, "address"), *out = cli_value(cli, "out");
	if (address == NULL || out == NULL) {
		(void)cli_usage(cli, err, "init needs --address and -o");
		error_hint(err, "sijild init --address https://relay.example.org:8443 -o relay.card");
		return STATUS_BAD_INPUT;
	}
	enum status status = sijild_locate(&home, cli, err);
	if (status == STATUS_OK)
		status = take_addresses(&card, address, cli, err);
	if (status == STATUS_OK && is_relay(&home)) {
		status = error_set(err, STATUS_REFUSED, "there is a relay already in '%s'; it was left as it is", home.folder);
		error_hint(err, "use --home DIR for another one");
	}
	if (status == STATUS_OK)
		status = home_make_path(home.folder, err);
	if (status == STATUS_OK)
		status = make_relay(&home, &card, out, err);
	if (status == STATUS_OK)
		print_note("The relay's keys stay in %s (not encrypted: protect this machine).\n"
		           "Next: give the card to headquarters: sijil-hq relay add CARD\n", home.folder);
	return status;
}
