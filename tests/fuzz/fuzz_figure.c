/* Typed values: figures, dates, and every field of a report; what is read prints as
 * text that reads back the same. The first byte chooses the field.
 */
#include <stdlib.h>
#include <string.h>

#include "schema/date.h"
#include "schema/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TYPED_MAX = 3000, TODAY = 17706 };

static void try_figure(const char *text)
{
	struct figure figure;
	struct figure back;
	char shown[FIGURE_TEXT_BYTES];
	if (figure_parse(&figure, text, NULL) != STATUS_OK)
		return;
	figure_format(&figure, shown);
	if (figure_parse(&back, shown, NULL) != STATUS_OK || memcmp(&figure, &back, sizeof figure) != 0)
		abort();
}

static void try_date(const char *text)
{
	int32_t day = 0;
	int32_t back = 0;
	char shown[DATE_TEXT_BYTES];
	if (date_parse(&day, text, TODAY, NULL) != STATUS_OK)
		return;
	date_format(day, shown);
	if (date_parse(&back, shown, 0, NULL) != STATUS_OK || back != day)
		abort();
}

static enum status tag_of(void *context, const char *nickname, uint8_t tag[REPORT_TAG_BYTES], struct error *err)
{
	(void)context;
	(void)err;
	memset(tag, nickname[0], REPORT_TAG_BYTES);
	return STATUS_OK;
}

static void try_field(const struct report_field *field, const char *text)
{
	static const struct report_reading reading = {.today = TODAY, .tag = tag_of};
	static const struct report_reading bare = {0};
	struct report report;
	struct report back;
	char shown[REPORT_TEXT_BYTES];
	char again[REPORT_TEXT_BYTES];
	report_init(&report);
	report_init(&back);
	if (report_set(&report, field, text, &reading, NULL) != STATUS_OK)
		return;
	report_format(&report, field, shown);
	if (report_set(&back, field, shown, &bare, NULL) != STATUS_OK)
		abort();
	report_format(&back, field, again);
	if (strcmp(shown, again) != 0 || report_has(&report, field) != report_has(&back, field))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > TYPED_MAX)
		return 0;
	char *text = strndup((const char *)data + 1, size - 1);
	if (text == NULL)
		abort();
	try_figure(text);
	try_date(text);
	try_field(&report_fields[data[0] % report_fields_len], text);
	free(text);
	return 0;
}
