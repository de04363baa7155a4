/* The withholding: a device's word that it dropped the body of an own event before it was sent. It carries the
 * event's signed header and stands for its link, so that the chain stays whole without the body (FORMAT.md 5, type 19).
 *
 * Only the event's own signer can make one: whoever cuts the body off an event on its way has nothing that anybody keeps.
 */
#ifndef SIJIL_SCHEMA_WITHHOLDING_H
#define SIJIL_SCHEMA_WITHHOLDING_H

#include "crypto/object.h"
#include "schema/event.h"

struct withholding {
	enum object_type type; /* of the event */
	struct span event;     /* its COSE_Sign1, borrowed */
};

MUST_CHECK enum status withholding_encode(struct bytes *out, const struct withholding *withholding, struct error *err);
MUST_CHECK enum status withholding_decode(struct withholding *withholding, struct span payload, struct error *err);

/* Signs and appends one: `event` is the object, whole or a header alone, and the key its signer's. The same key's word of the
 * same event is always the same object. */
MUST_CHECK enum status withholding_make(struct bytes *wire, const struct object *event, const struct signing_key *key,
                                        const struct key_id *project, struct error *err);

/* The link that a withholding stands for. */
struct withheld {
	enum object_type type;
	struct hash id;
	struct event event;
};

/* From a withholding that was verified before. BAD_INPUT names the rule. */
MUST_CHECK enum status withholding_read(struct withheld *withheld, const struct object *object, struct error *err);
/* The same once its own signature holds: the event is signed by the same key, which is `key`. UNTRUSTED: by another;
 * TAMPERED: its signature does not verify. */
MUST_CHECK enum status withholding_check(struct withheld *withheld, const struct object *object, const struct key_public *key,
                                         const struct key_id *project, struct error *err);

#endif
