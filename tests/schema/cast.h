/* A project's people for tests: root, HQ, a relay and devices, each with real keys, and what they sign.
 * Everything that fails here fails the test.
 */
#ifndef SIJIL_TESTS_SCHEMA_CAST_H
#define SIJIL_TESTS_SCHEMA_CAST_H

#include "crypto/object.h"
#include "crypto/vault.h"
#include "schema/descriptor.h"
#include "schema/enrolment.h"
#include "schema/statement.h"

struct cast {
	struct signing_key *root, *relay, *hub, *hq;
	struct sealing_key *sealing;
	struct key_public root_public;
	struct key_id project, log, hub_log, appointment;
	struct descriptor descriptor; /* the newest signed */
	struct hash descriptor_id;
	struct bytes descriptor_wire, appointment_wire;
	/* A folder of its own, and a vault over it with a random data key: no Argon2id. */
	char folder[64];
	struct secret *data_key;
	struct vault *vault;
};

struct cast_device {
	struct signing_key *key;
	struct key_id id;
	struct hash introduced; /* the enrolment's or succession's object id */
	struct bytes wire;      /* that object */
};

void cast_begin(struct cast *cast, enum descriptor_retention retention);
void cast_end(struct cast *cast);
/* "<folder>/<name>"; valid until the next call. */
const char *cast_path(const struct cast *cast, const char *name);

/* Signs the next descriptor, with whatever the test has changed in cast->descriptor. */
void cast_describe(struct cast *cast);
void cast_invite(const struct cast *cast, const char *label, struct invite_file *file);
void cast_enrol(const struct cast *cast, struct cast_device *device);
void cast_enrol_by(struct cast_device *device, const struct invite_file *file);
void cast_device_free(struct cast_device *device);

/* Each appends one wire object to `wire`; the returned id names it. */
struct hash cast_sign(const struct cast *cast, const struct object_draft *draft, const struct signing_key *key,
                      struct bytes *wire);
/* A link whose attachment is no sealed body but `words`: nobody below HQ can tell. */
struct hash cast_event(const struct cast *cast, const struct cast_device *device, struct head after, const char *words,
                       struct bytes *wire);
/* The device's word that it withholds this event of its own. */
struct hash cast_withhold(const struct cast *cast, const struct cast_device *device, struct span event, struct bytes *wire);
struct hash cast_head(const struct cast *cast, const struct cast_device *device, struct head head, struct bytes *wire);
struct receipt cast_receipt_for(const struct cast *cast, const struct key_id *device, struct head head);
struct hash cast_receipt(const struct cast *cast, const struct receipt *receipt, struct bytes *wire);
struct hash cast_acknowledge(const struct cast *cast, const struct key_id *device, struct head head, struct bytes *wire);
struct hash cast_revoke(const struct cast *cast, const struct key_id *device, struct bytes *wire);

#endif
