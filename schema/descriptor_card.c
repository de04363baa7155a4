#include "schema/descriptor.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/armor.h"
#include "schema/descriptor_shape.h"

#define CARD_WORD "sijil-card"
enum { CARD_ITEMS = 4, CARD_VERSION = 1 };

/* A card belongs to no project yet. */
static const struct key_id no_project;

/* What the receipt key signs: every byte that the card says of the relay. */
static struct hash hash_relay(struct span relay)
{
	return hash_with_domain("card", &relay, 1);
}

static enum status write_card(struct bytes *out, struct span relay, const struct key_signature *proof, struct error *err)
{
	struct cbor_writer writer;
	cbor_write_begin(&writer, out);
	cbor_write_array(&writer, CARD_ITEMS);
	cbor_write_text(&writer, span_from_text(CARD_WORD));
	cbor_write_uint(&writer, CARD_VERSION);
	cbor_write_encoded(&writer, relay);
	cbor_write_bytes(&writer, (struct span){proof->bytes, sizeof proof->bytes});
	return cbor_write_end(&writer, err);
}

enum status descriptor_card_format(struct bytes *text, const struct relay_card *card,
                                   const struct signing_key *receipt_key, struct error *err)
{
	const struct key_public public = signing_key_public(receipt_key);
	if (!span_equals(key_public_span(&public), key_public_span(&card->receipt_key)))
		return error_set(err, STATUS_BAD_INPUT, "the card names another receipt key than the one that signs it");
	struct bytes relay = {0}, content = {0};
	enum status status = payload_encode(&relay, &descriptor_relay_shape, card, err);
	if (status == STATUS_OK) {
		const struct hash said = hash_relay(bytes_span(&relay));
		const struct key_signature proof = key_prove_possession(receipt_key, &no_project, &said);
		status = write_card(&content, bytes_span(&relay), &proof, err);
	}
	if (status == STATUS_OK)
		status = armor_encode(text, DESCRIPTOR_CARD_PREFIX, bytes_span(&content), err);
	bytes_wipe(&relay);
	bytes_wipe(&content);
	return status;
}

static enum status read_card(struct relay_card *card, struct span content, struct error *err)
{
	struct cbor_reader reader;
	enum status status = cbor_read_begin(&reader, content, err);
	if (status != STATUS_OK)
		return error_wrap(err, status, "the relay's card");
	cbor_read_array_exact(&reader, CARD_ITEMS);
	const struct span word = cbor_read_text(&reader);
	const uint64_t version = cbor_read_uint(&reader);
	if (cbor_read_ok(&reader) && !span_equals(word, span_from_text(CARD_WORD)))
		cbor_read_fail(&reader, "wrong_type");
	if (cbor_read_ok(&reader) && version != CARD_VERSION)
		cbor_read_fail(&reader, "unknown_field");
	const size_t relay_at = reader.at;
	payload_read(&reader, &descriptor_relay_shape, card);
	const struct span relay = {content.data + relay_at, reader.at - relay_at};
	struct key_signature proof = {{0}};
	cbor_read_bytes_exact(&reader, proof.bytes, sizeof proof.bytes);
	status = payload_end(&reader, "the relay's card", err);
	if (status != STATUS_OK)
		return status;
	status = signing_public_check(&card->receipt_key, err);
	if (status != STATUS_OK)
		return status;
	const struct hash said = hash_relay(relay);
	if (!key_proof_holds(&card->receipt_key, &no_project, &said, &proof))
		return error_set(err, STATUS_TAMPERED, "the relay's card was changed: its own key did not sign it (proof)");
	return STATUS_OK;
}

enum status descriptor_card_parse(struct relay_card *card, struct span text, struct error *err)
{
	struct bytes content = {0};
	struct relay_card *fresh = calloc(1, sizeof *fresh);
	if (fresh == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = armor_decode(&content, DESCRIPTOR_CARD_PREFIX, text, err);
	if (status == STATUS_OK)
		status = read_card(fresh, bytes_span(&content), err);
	if (status == STATUS_OK)
		*card = *fresh;
	bytes_wipe(&content);
	free(fresh);
	return status;
}
