#include "app/reader_options.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "schema/date.h"
#include "schema/vocabulary.h"

static enum status read_date(int32_t *day, struct cli *cli, const char *option, struct error *err)
{
	const char *given = cli_value(cli, option);
	if (given == NULL || date_parse(day, given, date_of_time((int64_t)time(NULL)), err) == STATUS_OK)
		return STATUS_OK;
	(void)error_wrap(err, STATUS_BAD_INPUT, "--%s", option);
	return cli_wrong(cli);
}

static enum status read_code(uint8_t *code, struct cli *cli, const char *option, const struct vocabulary *words,
                             struct error *err)
{
	const char *given = cli_value(cli, option);
	if (given == NULL)
		return STATUS_OK;
	*code = vocabulary_code(words, given);
	return *code != 0 ? STATUS_OK : cli_usage(cli, err, "--%s knows no '%s'", option, given);
}

enum status reader_options_filter(struct report_filter *filter, struct cli *cli, struct error *err)
{
	const char *area = cli_value(cli, "area");
	struct report_filter found = {0};
	enum status status = read_date(&found.since, cli, "since", err);
	if (status == STATUS_OK)
		status = read_date(&found.until, cli, "until", err);
	if (status == STATUS_OK)
		status = read_code(&found.kind, cli, "kind", &vocabulary_kind, err);
	if (status == STATUS_OK)
		status = read_code(&found.group, cli, "group", &vocabulary_group, err);
	if (status == STATUS_OK && area != NULL && strlen(area) >= sizeof found.area)
		status = cli_usage(cli, err, "--area: '%s' is no P-code", area);
	if (status != STATUS_OK)
		return status;
	if (area != NULL)
		(void)snprintf(found.area, sizeof found.area, "%s", area);
	*filter = found;
	return STATUS_OK;
}
