#include "app/print_report.h"

void print_report(const struct report *report)
{
	char text[REPORT_TEXT_BYTES];
	for (size_t i = 0; i < report_fields_len; i++) {
		report_format(report, &report_fields[i], text);
		if (text[0] != '\0')
			print_out("  %-16s %s\n", report_fields[i].name, text);
	}
}

void print_report_json(struct print_json *json, const struct report *report)
{
	char text[REPORT_TEXT_BYTES];
	for (size_t i = 0; i < report_fields_len; i++) {
		report_format(report, &report_fields[i], text);
		if (text[0] != '\0')
			print_json_text(json, report_fields[i].name, text);
	}
}
