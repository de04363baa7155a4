/* The project as its root describes it: sealing key, relays, policies; and the
 * relay's public card. FORMAT.md 5 (type 32) and 7.
 */
#ifndef SIJIL_SCHEMA_DESCRIPTOR_H
#define SIJIL_SCHEMA_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/key.h"
#include "crypto/status.h"

#define DESCRIPTOR_RELAYS 4
#define DESCRIPTOR_ADDRESSES 8
#define DESCRIPTOR_ADDRESS_BYTES 257
#define DESCRIPTOR_CERTIFICATE_BYTES 2048
#define DESCRIPTOR_NAME_BYTES 81
#define DESCRIPTOR_GAZETTEERS 8
#define DESCRIPTOR_POINT_METRES 1000 /* unless the project says otherwise */
#define DESCRIPTOR_CARD_PREFIX "sijil-card:"

enum descriptor_retention { DESCRIPTOR_KEEP = 1, DESCRIPTOR_UNTIL_ACKNOWLEDGED = 2, DESCRIPTOR_NEVER = 3 };

struct relay_card {
	size_t addresses_len;
	char addresses[DESCRIPTOR_ADDRESSES][DESCRIPTOR_ADDRESS_BYTES]; /* "https://host:port" */
	struct key_public receipt_key;
	size_t certificate_len;
	uint8_t certificate[DESCRIPTOR_CERTIFICATE_BYTES]; /* DER */
	struct hash pin;                                   /* SHA-256 of its SubjectPublicKeyInfo */
};

struct gazetteer_version {
	char name[DESCRIPTOR_NAME_BYTES];
	char version[DESCRIPTOR_NAME_BYTES];
};

struct descriptor {
	uint64_t number;      /* 1.. */
	struct hash previous; /* zero in the first */
	struct key_public root;
	struct key_public sealing;
	int64_t issued_s;
	char name[DESCRIPTOR_NAME_BYTES];
	size_t relays_len;
	struct relay_card relays[DESCRIPTOR_RELAYS];
	enum descriptor_retention retention;
	uint32_t point_metres; /* positions are rounded to this */
	bool training;
	bool duress; /* a worker may set a passphrase that destroys: FORMAT.md 11 */
	size_t gazetteers_len;
	struct gazetteer_version gazetteers[DESCRIPTOR_GAZETTEERS];
	uint64_t code_lists; /* version of the code lists, 1 */
};

MUST_CHECK enum status descriptor_encode(struct bytes *out, const struct descriptor *descriptor, struct error *err);
MUST_CHECK enum status descriptor_decode(struct descriptor *descriptor, struct span payload, struct error *err);

/* A descriptor from its bare COSE_Sign1: parsed, its root checked against nothing
 * but itself, the signature verified under that root, decoded. *project is the id
 * that the root gives; the caller compares it with the one it trusts. *id names the object. */
MUST_CHECK enum status descriptor_open(struct descriptor *descriptor, struct key_id *project, struct hash *id,
                                       struct span cose, struct error *err);

/* The relay card as one line of text (no newline), signed by the receipt key; and back. */
MUST_CHECK enum status descriptor_card_format(struct bytes *text, const struct relay_card *card,
                                              const struct signing_key *receipt_key, struct error *err);
MUST_CHECK enum status descriptor_card_parse(struct relay_card *card, struct span text, struct error *err);

#endif
