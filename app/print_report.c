#include "app/print_report.h"

const char *print_captured(const struct body *body)
{
	return body->captured_locked ? "captured while the device was locked" : NULL;
}

void print_report(const struct report *report)
{
	char text[REPORT_TEXT_BYTES];
	for (size_t i = 0; i < report_fields_len; i++) {
		report_format(report, &report_fields[i], text);
		if (text[0] != '\0')
			print_out("  %-16s %s\n", report_fields[i].name, text);
	}
}

void print_changes(const struct body *body)
{
	char text[REPORT_TEXT_BYTES];
	for (size_t i = 0; i < report_fields_len; i++) {
		const uint64_t bit = UINT64_C(1) << i;
		const bool is_note = body->type == OBJECT_RETRACT && &report_fields[i] == report_field_find("note");
		report_format(&body->report, &report_fields[i], text);
		if ((body->cleared & bit) != 0)
			print_out("  %-16s (cleared)\n", report_fields[i].name);
		else if ((is_note || (body->set & bit) != 0) && text[0] != '\0')
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
