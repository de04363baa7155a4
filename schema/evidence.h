/* The heart: a report becomes a signed, sealed event, and a signed, sealed event becomes evidence.
 *
 * Two mirror functions. evidence_make encodes, commits, seals, signs; evidence_open
 * checks, opens, decodes. A struct evidence is opaque and made only by the second
 * (and by its twin for a court, who is handed salt and body): it is the
 * only thing HQ's commands can show or export.
 */
#ifndef SIJIL_SCHEMA_EVIDENCE_H
#define SIJIL_SCHEMA_EVIDENCE_H

#include "crypto/object.h"
#include "crypto/seal.h"
#include "schema/body.h"
#include "schema/event.h"

/* Who signs, and to whom it is sealed. */
struct evidence_author {
	const struct signing_key *key;
	struct key_id device;
	struct key_id project;
	uint64_t descriptor;         /* the number of the descriptor that names... */
	struct key_public recipient; /* ...this sealing key */
};

/* Where in the chain it goes. */
struct evidence_link {
	uint32_t number;
	struct hash previous;
	const struct checkpoint *seen; /* NULL if none is newly learned */
};

/* A body to a wire object; *id names it. */
MUST_CHECK enum status evidence_make(struct bytes *wire, struct hash *id, const struct body *body,
                                     const struct evidence_author *author, const struct evidence_link *link,
                                     struct error *err);

struct evidence; /* a verified, opened event */

/* From a sealed wire object. `signer` must be the known device key of object->signer. TAMPERED:
 * signature, attachment, seal or commitment does not fit (a copied sealed body ends here). BAD_INPUT: the
 * signer himself wrote nonsense. */
MUST_CHECK enum status evidence_open(struct evidence **evidence, const struct object *object,
                                     const struct key_public *signer, const struct key_id *project,
                                     const struct sealing_key *sealing, struct error *err);

/* The same for one who is handed salt and body (a court, or HQ from its casebook): no sealing key needed; `object` may be a bare COSE_Sign1. */
MUST_CHECK enum status evidence_confirm(struct evidence **evidence, const struct object *object,
                                        const struct key_public *signer, const struct key_id *project,
                                        const struct seal_salt *salt, struct span body, struct error *err);

void evidence_free(struct evidence *evidence);

const struct hash *evidence_id(const struct evidence *evidence);
const struct key_id *evidence_device(const struct evidence *evidence);
const struct event *evidence_event(const struct evidence *evidence);
const struct body *evidence_body(const struct evidence *evidence);
const struct seal_salt *evidence_salt(const struct evidence *evidence);
struct span evidence_body_bytes(const struct evidence *evidence);

#endif
