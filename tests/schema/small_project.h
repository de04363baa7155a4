/* A project of one relay, one appointee and one device, made anew for each test. */
#ifndef SIJIL_TESTS_SCHEMA_SMALL_PROJECT_H
#define SIJIL_TESTS_SCHEMA_SMALL_PROJECT_H

#include "schema/admission.h"
#include "schema/descriptor.h"
#include "schema/enrolment.h"
#include "schema/event.h"
#include "schema/statement.h"

#define SMALL_PROJECT_SIGNERS 32

struct small_project {
	struct signing_key *root_key, *receipt_key, *appointed_key, *device_key;
	struct sealing_key *sealing_key;
	struct key_public root;
	struct key_id id, log, invite, appointed, device;
	struct hash enrolment_id;
	struct descriptor descriptor;
	struct invite_file file;
	struct bytes descriptor_wire, invite_wire, enrolment_wire, appointment_wire;
	/* All that were introduced so far, and the objects that did. */
	size_t signers_len;
	struct signer signers[SMALL_PROJECT_SIGNERS];
};

/* Everything admitted: descriptor, appointment (all roles), enrolment. */
void small_project_init(struct small_project *project);
void small_project_wipe(struct small_project *project);

/* A looked-up signer is what was introduced so far. */
struct signer_source small_project_source(struct small_project *project);

/* Signs as whoever the type's range asks for. The caller wipes the wire object. */
struct bytes small_project_sign(const struct small_project *project, unsigned type, struct span payload,
                                struct span attachment, struct hash *id);

/* Parses and checks; remembers whom it introduced. */
enum status small_project_admit(struct small_project *project, struct admission *admission, struct span wire,
                                struct error *err);

/* A card with one address and certificate, for the fixture's receipt key. */
struct relay_card small_project_card(const struct small_project *project);

/* Whether the message ends by naming this rule. */
bool names_rule(const struct error *err, const char *rule);

#endif
