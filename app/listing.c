#include "app/listing.h"

#include "schema/csv.h"

#include <string.h>

enum status listing_choose(enum listing_format *format, struct cli *cli, struct error *err)
{
	static const char *const words[] = {"table", "csv", "json"};
	const char *given = cli_value(cli, "format");
	*format = cli->json ? LISTING_JSON : LISTING_TABLE;
	if (given == NULL)
		return STATUS_OK;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(given, words[i]) == 0) {
			*format = (enum listing_format)i;
			return STATUS_OK;
		}
	}
	return cli_usage(cli, err, "--format knows table, csv and json, not '%s'", given);
}

static enum status csv_heading(struct listing *listing, const struct listing_headings *headings, struct error *err)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; status == STATUS_OK && i < headings->csv_len; i++)
		status = csv_write_cell(&listing->csv, headings->csv[i], i == 0, err);
	for (size_t i = 0; status == STATUS_OK && i < report_fields_len; i++)
		status = csv_write_cell(&listing->csv, report_fields[i].name, false, err);
	return status == STATUS_OK ? csv_write_end_of_row(&listing->csv, err) : status;
}

enum status listing_begin(struct listing *listing, const struct listing_headings *headings, struct error *err)
{
	if (listing->format == LISTING_CSV)
		return csv_heading(listing, headings, err);
	if (listing->format == LISTING_TABLE) {
		listing->table = print_table_new(headings->table, headings->table_len);
		return STATUS_OK;
	}
	listing->json = print_json_new();
	print_json_open(listing->json, NULL, '[');
	return STATUS_OK;
}

enum status listing_csv_cell(struct listing *listing, const char *text, bool first, struct error *err)
{
	return csv_write_cell(&listing->csv, text, first, err);
}

enum status listing_csv_report(struct listing *listing, const struct report *report, struct error *err)
{
	char text[REPORT_TEXT_BYTES];
	enum status status = STATUS_OK;
	for (size_t i = 0; status == STATUS_OK && i < report_fields_len; i++) {
		report_format(report, &report_fields[i], text);
		status = csv_write_cell(&listing->csv, text, false, err);
	}
	return status == STATUS_OK ? csv_write_end_of_row(&listing->csv, err) : status;
}

enum status listing_end(struct listing *listing, enum status status, struct error *err)
{
	struct error *const why = status == STATUS_OK ? err : NULL;
	enum status printed = STATUS_OK;
	switch (listing->format) {
	case LISTING_TABLE:
		printed = print_table_end(listing->table, why);
		break;
	case LISTING_JSON:
		print_json_close(listing->json, ']');
		printed = print_json_end(listing->json, why);
		break;
	case LISTING_CSV:
		if (status == STATUS_OK)
			printed = print_raw(bytes_span(&listing->csv), why);
		break;
	}
	listing->table = NULL;
	listing->json = NULL;
	listing_wipe(listing);
	return status != STATUS_OK ? status : printed;
}

void listing_wipe(struct listing *listing)
{
	bytes_wipe(&listing->csv);
}
