/* The decoder of bodies: what it takes, encoding gives back byte for byte, and each
 * field's text reads back. The first byte is the type.
 */
#include <stdlib.h>
#include <string.h>

#include "schema/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand_text_reads_back(const struct report *report, const struct report_field *field)
{
	static const struct report_reading reading = {0};
	char text[REPORT_TEXT_BYTES];
	char again[REPORT_TEXT_BYTES];
	struct report back;
	report_init(&back);
	report_format(report, field, text);
	if (report_set(&back, field, text, &reading, NULL) != STATUS_OK)
		abort();
	report_format(&back, field, again);
	if (strcmp(text, again) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct body body;
	struct bytes out = {0};
	if (size == 0)
		return 0;
	const struct span in = {data + 1, size - 1};
	if (body_decode(&body, (enum object_type)(data[0] % 8), in, NULL) != STATUS_OK)
		return 0;
	if (body_encode(&out, &body, NULL) != STATUS_OK || !span_equals(bytes_span(&out), in))
		abort();
	for (size_t i = 0; i < report_fields_len; i++)
		demand_text_reads_back(&body.report, &report_fields[i]);
	bytes_wipe(&out);
	return 0;
}
