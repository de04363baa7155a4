/* What an enrolled device that lies could make, as a bundle for others to refuse.
 *
 *   malice copy INVITE VICTIM OUT    an event of its own with the sealed body and commitment of the first event in VICTIM
 *   malice key INVITE VICTIM OUT     an enrolment of the key that VICTIM's first enrolment brought, with that one's proof
 */
#include "crypto/file.h"
#include "crypto/secret.h"
#include "schema/descriptor.h"
#include "schema/enrolment.h"
#include "schema/event.h"
#include "sync/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

struct victim {
	struct bytes event, enrolment; /* the first of each, wire */
};

static void demand(enum status status, const struct error *err)
{
	if (status == STATUS_OK)
		return;
	fprintf(stderr, "malice: %s\n", err->message);
	exit(1);
}

static enum status find(void *context, struct span wire, struct error *err)
{
	struct victim *victim = context;
	struct object object;
	const enum status status = object_parse(&object, wire, err);
	if (status != STATUS_OK)
		return status;
	if (object.type == OBJECT_REPORT && victim->event.len == 0)
		return bytes_append(&victim->event, wire, err);
	if (object.type == OBJECT_ENROLMENT && victim->enrolment.len == 0)
		return bytes_append(&victim->enrolment, wire, err);
	return STATUS_OK;
}

static void read_victim(struct victim *victim, const char *path)
{
	struct error err = {0};
	struct bytes file = {0};
	struct bundle_reader reader = {0};
	demand(file_read(&file, path, FILE_MAX, &err), &err);
	demand(bundle_feed(&reader, bytes_span(&file), find, victim, &err), &err);
	demand(bundle_end(&reader, &err), &err);
	bundle_wipe(&reader);
	bytes_wipe(&file);
	if (victim->event.len > 0 && victim->enrolment.len > 0)
		return;
	fprintf(stderr, "malice: no report or no enrolment in '%s'\n", path);
	exit(1);
}

static void read_invite(struct invite_file *invite, struct key_id *project, const char *path)
{
	struct error err = {0};
	struct secret *text = NULL;
	struct descriptor descriptor;
	struct hash id;
	demand(file_read_secret(&text, path, FILE_MAX, &err), &err);
	demand(invite_file_parse(invite, secret_span(text), &err), &err);
	demand(descriptor_open(&descriptor, project, &id, bytes_span(&invite->descriptor), &err), &err);
	secret_free(text);
}

/* Its own enrolment is honest; event 1 says what the victim's first report says. */
static void make_copy(struct bytes *out, const struct invite_file *invite, const struct key_id *project,
                      const struct victim *victim)
{
	struct error err = {0};
	struct signing_key *key = NULL;
	struct object object;
	struct event event;
	struct hash enrolment, id;
	struct bytes payload = {0};
	demand(signing_key_new(&key, &err), &err);
	demand(enrolment_make(out, &enrolment, invite, key, "malice", &err), &err);
	demand(object_parse(&object, bytes_span(&victim->event), &err), &err);
	demand(event_decode(&event, object.payload, &err), &err);
	event.number = 1;
	event.previous = enrolment;
	event.has_seen = false;
	demand(event_encode(&payload, &event, &err), &err);
	const struct object_draft draft = {
		.type = object.type,
		.signer = key_id_of_object(&enrolment),
		.payload = bytes_span(&payload),
		.attachment = object.attachment,
	};
	demand(object_make(out, &id, &draft, key, project, &err), &err);
	bytes_wipe(&payload);
	signing_key_free(key);
}

static void replace(struct bytes *content, const void *old, const void *new, size_t len)
{
	uint8_t *at = memmem(content->data, content->len, old, len);
	if (at == NULL)
		abort();
	memcpy(at, new, len);
}

static void make_key(struct bytes *out, const struct invite_file *invite, const struct key_id *project,
                     const struct victim *victim)
{
	struct error err = {0};
	struct signing_key *key = NULL, *invite_key = NULL;
	struct object honest, stolen;
	struct enrolment own, theirs;
	struct hash id;
	struct bytes wire = {0}, payload = {0};
	demand(signing_key_new(&key, &err), &err);
	demand(signing_key_from_seed(&invite_key, secret_span(invite->seed), &err), &err);
	demand(enrolment_make(&wire, &id, invite, key, "malice", &err), &err);
	demand(object_parse(&honest, bytes_span(&wire), &err), &err);
	demand(enrolment_decode(&own, honest.payload, &err), &err);
	demand(object_parse(&stolen, bytes_span(&victim->enrolment), &err), &err);
	demand(enrolment_decode(&theirs, stolen.payload, &err), &err);
	demand(bytes_append(&payload, honest.payload, &err), &err);
	replace(&payload, own.key.bytes, theirs.key.bytes, KEY_PUBLIC_BYTES);
	replace(&payload, own.proof.bytes, theirs.proof.bytes, KEY_SIGNATURE_BYTES);
	const struct object_draft draft = {
		.type = OBJECT_ENROLMENT,
		.signer = honest.signer,
		.payload = bytes_span(&payload),
		.attachment = honest.attachment,
	};
	demand(object_make(out, &id, &draft, invite_key, project, &err), &err);
	bytes_wipe(&payload);
	bytes_wipe(&wire);
	signing_key_free(key);
	signing_key_free(invite_key);
}

int main(int argc, char **argv)
{
	struct error err = {0};
	struct victim victim = {0};
	struct invite_file invite = {0};
	struct key_id project;
	struct bytes out = {0};
	demand(secret_process_init(&err), &err);
	if (argc != 5 || (strcmp(argv[1], "copy") != 0 && strcmp(argv[1], "key") != 0)) {
		fprintf(stderr, "usage: malice copy|key INVITE VICTIM OUT\n");
		return 2;
	}
	read_victim(&victim, argv[3]);
	read_invite(&invite, &project, argv[2]);
	(argv[1][0] == 'c' ? make_copy : make_key)(&out, &invite, &project, &victim);
	demand(file_write(argv[4], bytes_span(&out), true, &err), &err);
	invite_file_wipe(&invite);
	bytes_wipe(&out);
	bytes_wipe(&victim.event);
	bytes_wipe(&victim.enrolment);
	return 0;
}
