/* The evidence of one report as one file, for somebody who trusts nobody: no key
 * and no database are needed to check it, only the project's fingerprint.
 * FORMAT.md, section 7.
 */
#ifndef SIJIL_SCHEMA_EVIDENCE_FILE_H
#define SIJIL_SCHEMA_EVIDENCE_FILE_H

#include "schema/evidence.h"
#include "schema/statement.h"

#define EVIDENCE_FILE_MAX_BYTES (4U << 20)
#define EVIDENCE_FILE_AUTHORITY 16 /* the enrolment and at most 15 successions */
#define EVIDENCE_FILE_LATER 64
#define EVIDENCE_FILE_STATEMENTS 64
#define EVIDENCE_FILE_REVOCATIONS 8
#define EVIDENCE_FILE_LINKS 8192

/* --- writing --- */

/* An opened event and the COSE_Sign1 it was opened from. */
struct evidence_file_event {
	const struct evidence *evidence;
	struct span cose;
};

struct evidence_file_parts {
	struct key_public root;
	struct evidence_file_event report;
	/* Wire objects: the enrolment, then the successions that lead to the report's signer. */
	const struct span *authority;
	size_t authority_len;
	/* What became of it: amends, retracts, corroborates, each after what it speaks of. */
	const struct evidence_file_event *later;
	size_t later_len;
	/* Wire objects, each after the one that introduces its signer. */
	const struct span *statements;
	size_t statements_len;
	/* Encoded by evidence_file_link, one after the other: what follows the report in its chain, without a gap. */
	struct span links;
	size_t links_len;
};

/* Appends an event as the chain shows it: type and COSE_Sign1, without what is sealed. Of a withholding the event in it. */
MUST_CHECK enum status evidence_file_link(struct bytes *out, struct span wire, struct error *err);

/* Appends the file. BAD_INPUT: more than fits; nothing is verified here, so check what was written. */
MUST_CHECK enum status evidence_file_encode(struct bytes *out, const struct evidence_file_parts *parts, struct error *err);

/* --- checking --- */

/* What the file does not show, as a sum of bits. The first two no file ever shows. */
enum evidence_file_unproven {
	EVIDENCE_FILE_NOTHING_ELSE = 1, /* that no other report, amendment or revocation exists */
	EVIDENCE_FILE_CLOCK = 2,        /* that the device's own clock was right */
	EVIDENCE_FILE_PERSON = 4,       /* no confirmation: that the device is the one HQ meant */
	EVIDENCE_FILE_RECEIVED = 8,     /* no relay says when it held the report */
	EVIDENCE_FILE_OPENED = 16,      /* HQ does not say that it opened the report */
};

/* All of it is verified under the root. Wipe it after use. */
struct evidence_file_result {
	struct key_id project;
	struct evidence *report;
	struct hash enrolment;  /* the object that brought the first device of the path */
	struct key_id invite;   /* and the invite it used */
	size_t path_len;        /* devices from the enrolment to the report's signer */
	struct key_id path[EVIDENCE_FILE_AUTHORITY];
	size_t later_len;
	struct evidence *later[EVIDENCE_FILE_LATER];
	bool later_is_own[EVIDENCE_FILE_LATER]; /* by the report's own device or who goes on from it; others change nothing */
	bool later_is_contested[EVIDENCE_FILE_LATER]; /* own, but under a key that is revoked, and not within what is still good */
	bool is_confirmed;
	struct confirmation confirmation;
	bool is_acknowledged; /* by an appointee within his term, up to the report or a link that the chain shows */
	struct acknowledgement acknowledgement;
	bool is_received; /* by a relay of the project, up to the report or a link that the chain shows */
	struct receipt receipt;
	size_t revocations_len; /* of devices of the path, or of the invite */
	struct revocation revocations[EVIDENCE_FILE_REVOCATIONS];
	bool is_contested; /* a device of the path is revoked, and the report is not within what is still good */
	unsigned unproven; /* enum evidence_file_unproven */
};

/* Verifies everything in the file: every signature, the path from root to signer, every commitment.
 * UNTRUSTED: another project than `fingerprint`, or an unknown signer. TAMPERED: something was
 * altered. BAD_INPUT: no evidence file, or one that contradicts itself. *result is set on success alone. */
MUST_CHECK enum status evidence_file_check(struct evidence_file_result *result, struct span file,
                                           const struct key_id *fingerprint, struct error *err);
void evidence_file_result_wipe(struct evidence_file_result *result);

/* --- the file taken apart, not verified; spans point into it --- */

struct evidence_file_opened {
	enum object_type type;
	struct span cose;
	struct seal_salt salt;
	struct span body;
};

struct evidence_file {
	struct key_public root;
	struct evidence_file_opened report;
	size_t authority_len, later_len, statements_len;
	struct span authority[EVIDENCE_FILE_AUTHORITY];
	struct evidence_file_opened later[EVIDENCE_FILE_LATER];
	struct span statements[EVIDENCE_FILE_STATEMENTS];
	struct span chain; /* the encoded array of links */
};

/* BAD_INPUT names the rule. */
MUST_CHECK enum status evidence_file_parse(struct evidence_file *file, struct span in, struct error *err);

#endif
