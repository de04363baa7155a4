/* The inbox: as it stands nothing made up opens; sealed anew, a record gives whatever it holds, and a note that is taken
 * from it encodes to the same bytes. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/inbox.h"
#include "schema/note.h"

enum { PLAIN_BYTES = INBOX_RECORD_BYTES - crypto_box_SEALBYTES };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sealing_key *key;

static void prepare(void)
{
	static const uint8_t seed[KEY_SEED_BYTES] = "a key that guards nothing";
	if (key == NULL && (sodium_init() < 0 || sealing_key_from_seed(&key, (struct span){seed, sizeof seed}, NULL)))
		abort();
}

static enum status own_tag(void *context, const char *nickname, uint8_t tag[REPORT_TAG_BYTES], struct error *err)
{
	(void)context;
	(void)err;
	memset(tag, nickname[0], REPORT_TAG_BYTES);
	return STATUS_OK;
}

static void demand_note(struct span in)
{
	static const struct report_reading reading = {.tag = own_tag};
	static struct note note;
	struct bytes out = {0};
	if (note_decode(&note, in, NULL) != STATUS_OK)
		return;
	if (note_encode(&out, &note, NULL) != STATUS_OK || !span_equals(bytes_span(&out), in))
		abort();
	bytes_clear(&out);
	if (!note.body.captured_locked || note_settle(&note, &reading, NULL) != STATUS_OK ||
	    body_encode(&out, &note.body, NULL) != STATUS_OK)
		abort();
	bytes_wipe(&out);
}

static void demand_record(struct span record)
{
	struct secret *content = NULL;
	struct hash name;
	if (inbox_open(&content, &name, record, key, NULL) != STATUS_OK)
		return;
	if (content->len > INBOX_CONTENT_MAX_BYTES)
		abort();
	demand_note(secret_span(content));
	secret_free(content);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t plain[PLAIN_BYTES], record[INBOX_RECORD_BYTES];
	prepare();
	demand_note((struct span){data, size});
	demand_record((struct span){data, size});
	/* What it begins with, to be sealed: zeros behind it, as in a record. */
	const struct key_public public = sealing_key_public(key);
	memset(plain, 0, sizeof plain);
	if (size > 0)
		memcpy(plain, data, size < sizeof plain ? size : sizeof plain);
	if (crypto_box_seal(record, plain, sizeof plain, public.bytes) != 0)
		abort();
	demand_record((struct span){record, sizeof record});
	return 0;
}
