/* Every payload's decoder: what it takes, encoding gives back byte for byte. The
 * first byte chooses the decoder.
 */
#include <stdlib.h>
#include <string.h>

#include "schema/descriptor.h"
#include "schema/enrolment.h"
#include "schema/event.h"
#include "schema/statement.h"
#include "schema/withholding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand_same(struct bytes *out, struct span in)
{
	if (!span_equals(bytes_span(out), in))
		abort();
	bytes_wipe(out);
}

#define TARGET(type)                                                                 \
	static void try_##type(struct span in)                                       \
	{                                                                            \
		static struct type value;                                            \
		struct bytes out = {0};                                              \
		if (type##_decode(&value, in, NULL) != STATUS_OK)                    \
			return;                                                      \
		if (type##_encode(&out, &value, NULL) != STATUS_OK)                  \
			abort();                                                     \
		demand_same(&out, in);                                               \
	}
TARGET(event)
TARGET(head)
TARGET(descriptor)
TARGET(invite)
TARGET(confirmation)
TARGET(appointment)
TARGET(revocation)
TARGET(message)
TARGET(package)
TARGET(receipt)
TARGET(relay_clock)
TARGET(acknowledgement)
TARGET(review)
TARGET(pull_request)
TARGET(withholding)

static void try_enrolment(struct span in)
{
	struct enrolment value;
	(void)(enrolment_decode(&value, in, NULL) == STATUS_OK);
}

static void try_succession(struct span in)
{
	struct succession value;
	(void)(succession_decode(&value, in, NULL) == STATUS_OK);
}

static void (*const targets[])(struct span in) = {
	try_event,       try_head,       try_descriptor, try_invite,      try_confirmation,     try_appointment,
	try_revocation,  try_message,    try_package,    try_receipt,     try_relay_clock,      try_acknowledgement,
	try_review,      try_pull_request, try_enrolment, try_succession,
	try_withholding,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	targets[data[0] % (sizeof targets / sizeof *targets)]((struct span){data + 1, size - 1});
	return 0;
}
