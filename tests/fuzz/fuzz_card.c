/* A relay's card as text, and what its base64 may hold: only what the receipt key
 * signed is read, within the bounds of its struct.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/armor.h"
#include "schema/descriptor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_text(struct span text)
{
	static struct relay_card card;
	if (descriptor_card_parse(&card, text, NULL) != STATUS_OK)
		return;
	if (card.addresses_len == 0 || card.addresses_len > DESCRIPTOR_ADDRESSES || card.certificate_len == 0 ||
	    card.certificate_len > DESCRIPTOR_CERTIFICATE_BYTES)
		abort();
	for (size_t i = 0; i < card.addresses_len; i++)
		if (strnlen(card.addresses[i], DESCRIPTOR_ADDRESS_BYTES) == DESCRIPTOR_ADDRESS_BYTES)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = {0};
	if (secret_process_init(NULL) != STATUS_OK)
		abort();
	try_text((struct span){data, size});
	if (armor_encode(&text, DESCRIPTOR_CARD_PREFIX, (struct span){data, size}, NULL) == STATUS_OK)
		try_text(bytes_span(&text));
	bytes_wipe(&text);
	return 0;
}
