/* An invite as text, and what its base64 may hold: what is read is written again
 * the same, and enrolling by it never crashes.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/armor.h"
#include "schema/enrolment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void enrol(const struct invite_file *file)
{
	static const uint8_t seed[KEY_SEED_BYTES] = {2};
	struct signing_key *device = NULL;
	struct bytes wire = {0};
	struct hash id;
	if (signing_key_from_seed(&device, (struct span){seed, sizeof seed}, NULL) != STATUS_OK)
		abort();
	(void)(enrolment_make(&wire, &id, file, device, "fuzz", NULL) == STATUS_OK);
	bytes_wipe(&wire);
	signing_key_free(device);
}

static void try_text(struct span text)
{
	struct invite_file file = {0}, again = {0};
	struct secret *written = NULL;
	if (invite_file_parse(&file, text, NULL) != STATUS_OK)
		return;
	if (invite_file_format(&written, &file, NULL) != STATUS_OK ||
	    invite_file_parse(&again, secret_span(written), NULL) != STATUS_OK ||
	    !span_equals(secret_span(file.seed), secret_span(again.seed)) ||
	    !span_equals(bytes_span(&file.invite), bytes_span(&again.invite)) ||
	    !span_equals(bytes_span(&file.descriptor), bytes_span(&again.descriptor)) || strcmp(file.label, again.label) != 0)
		abort();
	enrol(&file);
	secret_free(written);
	invite_file_wipe(&file);
	invite_file_wipe(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = {0};
	if (secret_process_init(NULL) != STATUS_OK)
		abort();
	try_text((struct span){data, size});
	if (armor_encode(&text, ENROLMENT_INVITE_PREFIX, (struct span){data, size}, NULL) == STATUS_OK)
		try_text(bytes_span(&text));
	bytes_wipe(&text);
	return 0;
}
