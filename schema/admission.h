/* Whether an object may enter the set: the one gate for device, relay and HQ.
 *
 * Cheapest checks first: shape (object_parse, before), range, known signer of the
 * right kind, then one signature, then what the type demands (attachment hash,
 * enrolment's inner proofs). Pure but for looking up signers. Nobody's clock
 * decides, and revocation and contest are judged by readers, not here: a
 * verified object is never refused for what else is known.
 */
#ifndef SIJIL_SCHEMA_ADMISSION_H
#define SIJIL_SCHEMA_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/object.h"
#include "crypto/status.h"

/* Who a signer id stands for. */
enum signer_kind { SIGNER_ROOT = 1, SIGNER_DEVICE = 2, SIGNER_APPOINTED = 3, SIGNER_LOG = 4 };

struct signer {
	enum signer_kind kind;
	struct key_id id;
	struct key_public key;
	unsigned roles;        /* appointed: ROLE_* */
	int64_t until_s;       /* appointed */
	struct key_id parent;  /* device: the invite's id, or the device it succeeds */
};

/* Where signers are looked up: the set. NOT_FOUND for a stranger. The root need not be in it. */
struct signer_source {
	void *context;
	enum status (*find)(void *context, const struct key_id *id, struct signer *signer, struct error *err);
	/* Whether some enrolment or succession other than `but` brought this key already. */
	enum status (*key_is_taken)(void *context, const struct key_public *key, const struct hash *but, bool *taken,
	                            struct error *err);
};

/* What a keeper must know of a verified object in order to keep and find it. */
struct admission {
	enum object_type type;
	struct key_id device;    /* whom it is about: device of an event, head, receipt, ..., the new one of an
	                          * enrolment or succession, the revoked or confirmed one; zero if none */
	uint64_t number;         /* place in the chain, or the number it speaks of */
	struct hash previous;    /* events: the link before; successions: the last of the chain they go on from */
	struct hash link;        /* withholdings: the event whose link they stand for; number and previous are that event's */
	bool introduces;         /* brings new signers: */
	size_t signers_len;
	struct signer signers[4];
	bool known_type;         /* false: verified, kept and passed on, not understood */
};

/* The first half of the gate, for objects that are looked at and never kept (pull request, clock)
 * as for all others: range, known signer of the right kind, signature. An enrolment carries its signer
 * with it and is BUG here. Statuses as below. */
MUST_CHECK enum status admission_check_signer(struct signer *signer, const struct object *object,
                                              const struct key_public *root, const struct signer_source *source,
                                              struct error *err);

/* OK: admit. BAD_INPUT: malformed (rule named). UNTRUSTED: unknown signer, or one not entitled.
 * TAMPERED: signature, attachment or proof does not fit. REFUSED: types never kept (pull request,
 * clock). */
MUST_CHECK enum status admission_check(struct admission *admission, const struct object *object,
                                       const struct key_public *root, const struct signer_source *source,
                                       struct error *err);

#endif
