#include "schema/report.h"

#include <criterion/criterion.h>
#include <string.h>

#include "schema/date.h"
#include "schema/vocabulary.h"
#include "tests/schema/samples.h"

static const struct report_clock clock_now = {SAMPLES_CREATED_S, false};

static enum status tag_of(void *context, const char *nickname, uint8_t tag[REPORT_TAG_BYTES], struct error *err)
{
	if (strcmp(nickname, "forbidden") == 0)
		return error_set(err, STATUS_REFUSED, "no");
	memset(tag, *(const int *)context + nickname[0], REPORT_TAG_BYTES);
	return STATUS_OK;
}

static enum status try_set(struct report *report, const char *name, const char *text, struct error *err)
{
	int base = 0;
	const struct report_reading reading = {.today = date_of_time(SAMPLES_CREATED_S), .tag = tag_of, .tag_context = &base};
	const struct report_field *field = report_field_find(name);
	cr_assert_not_null(field, "%s", name);
	return report_set(report, field, text, &reading, err);
}

static const char *formatted(const struct report *report, const char *name)
{
	static char text[REPORT_TEXT_BYTES];
	report_format(report, report_field_find(name), text);
	return text;
}

/* --- the table --- */

Test(report, table_rows_ascend_and_do_not_overlap)
{
	for (size_t i = 0; i < report_fields_len; i++) {
		const struct report_field *field = &report_fields[i];
		cr_expect_eq(field->number, report_fields[0].number + i);
		cr_expect_eq(report_field_numbered(field->number), field);
		cr_expect_eq(report_field_find(field->name), field);
		cr_expect_leq(field->offset + field->size, offsetof(struct report, absent));
		for (size_t j = 0; j < i; j++)
			cr_expect(field->offset >= report_fields[j].offset + report_fields[j].size ||
			              report_fields[j].offset >= field->offset + field->size,
			          "%s and %s", field->name, report_fields[j].name);
	}
	cr_expect_null(report_field_find("nothing"));
	cr_expect_null(report_field_numbered(7));
	cr_expect_null(report_field_numbered(36));
	cr_expect_null(report_field_numbered(UINT64_MAX));
}

Test(report, an_empty_report_has_only_the_usual_codes)
{
	struct report report;
	report_init(&report);
	for (size_t i = 0; i < report_fields_len; i++) {
		cr_expect_eq(report_has(&report, &report_fields[i]), report_fields[i].usual != 0, "%s", report_fields[i].name);
		cr_expect_eq(report_absent(&report, &report_fields[i]), 0);
	}
}

Test(report, absence_is_kept_per_field)
{
	struct report report;
	report_init(&report);
	for (size_t i = 0; i < report_fields_len; i++)
		report_set_absent(&report, &report_fields[i], (uint8_t)(1 + i % 4));
	for (size_t i = 0; i < report_fields_len; i++) {
		cr_expect_eq(report_absent(&report, &report_fields[i]), 1 + i % 4);
		cr_expect_not(report_has(&report, &report_fields[i]));
	}
	report_clear(&report, &report_fields[16]);
	cr_expect_eq(report_absent(&report, &report_fields[15]), 4);
	cr_expect_eq(report_absent(&report, &report_fields[16]), 0);
	cr_expect_eq(report_absent(&report, &report_fields[17]), 2);
}

/* --- reading --- */

struct typed {
	char field[20];
	char text[100];
	char shown[110];
};

static const struct typed understood[] = {
	{"kind", "arrival", "arrival"},
	{"kind", " ARR ", "arrival"},
	{"kind", "\xD9\xA2", "arrival"},
	{"group", "", "idp"},
	{"group", "unknown", "unknown"},
	{"times_displaced", "unknown", "unknown"},
	{"times_displaced", "4", "4_or_more"},
	{"place", "C5999", "C5999"},
	{"place", "c5999", "C5999"},
	{"place", "C5999@1", "C5999@1"},
	{"place", "C5999 Nasib", "C5999 Nasib"},
	{"place", "C5999 'Nasib'", "C5999 Nasib"},
	{"place", "Dar'a", "Dar'a"},
	{"place", "'Atman", "\"'Atman\""},
	{"place", "Farm east of Nasib (near SY1200)", "Farm east of Nasib (near SY1200)"},
	{"place", "Farm near sy120302", "Farm (near SY120302)"},
	{"place", "Farm (near SY1200@2)", "Farm (near SY1200@2)"},
	{"place", "Farm near Nasib", "\"Farm near Nasib\""},
	{"place", "Km 5", "Km 5"},
	{"place", "=LSA", "=LSA"},
	{"place", "\"C5999\"", "\"C5999\""},
	{"place", "\"unknown\"", "\"unknown\""},
	{"place", "\xD9\x86\xD8\xB5\xD9\x8A\xD8\xA8", "\xD9\x86\xD8\xB5\xD9\x8A\xD8\xA8"},
	{"place", "C\xD9\xA5\xD9\xA9\xD9\xA9\xD9\xA9", "C5999"},
	{"place", "unsafe", "unsafe"},
	{"origin", "C6116:60; C6105:40", "C6116:60; C6105:40"},
	{"origin", "C6116 60%, C6105 \xD9\xA4\xD9\xA0\xD9\xAA", "C6116:60; C6105:40"},
	{"origin", "C6116 60; C6105 \xD9\xA4\xD9\xA0", "C6116:60; C6105:40"},
	{"origin", "C6116 \"60\"; Camp 12", "C6116 \"60\"; Camp 12"},
	{"origin", "Hrak; \"a;b\":5", "Hrak; \"a;b\":5"},
	{"origin", "\"Farm: east\"", "\"Farm: east\""},
	{"origin", "C6116\xD8\x9B C6105;;", "C6116; C6105"},
	{"from", "21/6", "2018-06-21"},
	{"to", "yesterday", "2018-06-23"},
	{"households", "~300", "300"},
	{"individuals", "\xD9\xA2\xD9\xA5\xD9\xA0-\xD9\xA4\xD9\xA0\xD9\xA0", "250-400"},
	{"household_link", "hh_from_ind 5.5", "hh_from_ind 5.5"},
	{"household_link", "ind", "ind_from_hh 5.0"},
	{"household_link", "counted_both", "counted_both"},
	{"household_link", "hh_from_ind \xD9\xA6\xD9\xAB\xD9\xA2", "hh_from_ind 6.2"},
	{"reason", "ground; airstrike_shelling", "ground_fighting; airstrike_shelling"},
	{"needs", "shelter, water, 6", "shelter; water; health"},
	{"sources", "community_leader B; Driver c #=00112233445566ff", "community_leader B; driver C #=00112233445566ff"},
	{"sources", "own F #Abu Ali", "own_observation F #=4141414141414141"},
	{"sources", "B; #=00112233445566FF; media", "B; #=00112233445566ff; media"},
	{"credibility", "\xDB\xB2", "2"},
	{"note", "unknown", "unknown"},
	{"note", "\"unknown\"", "\"unknown\""},
	{"note", "  they   left\nby night ", "they left by night"},
	{"note", "\"quoted\" and not", "\"\"\"quoted\"\" and not\""},
	{"point", "32.55133, 36.18689", "32.55133, 36.18689 1000m"},
	{"point", "-32.5,-36 +-50 m", "-32.50000, -36.00000 50m"},
	{"point", "32.551335 36.186894 \xC2\xB1" "20m", "32.55134, 36.18689 20m"},
	{"sadd", "F0-4=12; m60+ = 3; scope: sample", "f0-4=12; m60+=3; scope=sample"},
	{"vulnerable", "older_alone=2; disability=4", "disability=4; older_alone=2"},
	{"access", "partial: roadblock, fighting", "partial: roadblock, fighting"},
	{"access", "none", "none"},
	{"observed_on", "not_asked", "not_asked"},
};

Test(report, reads_what_people_type)
{
	for (size_t i = 0; i < sizeof understood / sizeof *understood; i++) {
		struct report report;
		struct error err = {0};
		report_init(&report);
		cr_expect_eq(try_set(&report, understood[i].field, understood[i].text, &err), STATUS_OK, "%s", err.message);
		cr_expect_str_eq(formatted(&report, understood[i].field), understood[i].shown);
	}
}

static const struct typed refused[] = {
	{"kind", "arrivals", "arrival"},
	{"kind", "re turn", "stock"},
	{"group", "returnee", "returnee_abroad"},
	{"place", "(near SY1200)", "names no place"},
	{"place", "2", "is a number"},
	{"place", "٢", "is a number"},
	{"place", "=C-1", "=C-1"},
	{"place", "a\x01" "b", "control"},
	{"place", "C5999@1 (near SY1200@2)", "gazetteers"},
	{"origin", "C6116:0", "1 to 100"},
	{"origin", "C6116:101", "1 to 100"},
	{"origin", "C6116:-1", "1 to 100"},
	{"origin", "C6116:", "1 to 100"},
	{"origin", "C6116:1e1", "1 to 100"},
	{"origin", "C6116:99999999999999999999", "1 to 100"},
	{"origin", "C6116 400%", "1 to 100"},
	{"origin", "a;b;c;d;e;f", "more than 5"},
	{"from", "yesteryear", "yesteryear"},
	{"households", "many", "many"},
	{"household_link", "hh_from_ind 25", "1.0 to 20.0"},
	{"household_link", "hh_from_ind 0", "1.0 to 20.0"},
	{"household_link", "5.5", "counted_both"},
	{"reason", "disaster; disaster", "twice"},
	{"reason", "disaster; eviction; expulsion; other", "more than 3"},
	{"sources", "cousin B", "own_observation"},
	{"sources", "driver G", "own_observation"},
	{"sources", "driver #=0011", "16 hexadecimal"},
	{"sources", "driver #", "nickname"},
	{"sources", "a;b;c;d;e;f", "more than 5"},
	{"credibility", "7", "1 to 6"},
	{"credibility", "0", "1 to 6"},
	{"credibility", "B", "1 to 6"},
	{"point", "32.55133", "latitude"},
	{"point", "91, 36", "latitude"},
	{"point", "90.00001, 36", "latitude"},
	{"point", "32, 181", "latitude"},
	{"point", "32, 36 0m", "latitude"},
	{"point", "32, 36 100001m", "latitude"},
	{"point", "32, 36 5km", "latitude"},
	{"sadd", "f0-5=1", "f0-4"},
	{"sadd", "f0-4=1; f0-4=2", "each once"},
	{"sadd", "f0-4=2000001", "f0-4"},
	{"sadd", "f0-4", "f0-4=12"},
	{"vulnerable", "disability", "disability=4"},
	{"vulnerable", "disability=-1", "disability=4"},
	{"vulnerable", "disability=1; disability=2", "twice"},
	{"access", "partly", "partial"},
	{"access", "partial: snow", "roadblock"},
	{"same_people_as", "12ab", "64 hexadecimal"},
};

Test(report, refuses_and_names_field_value_and_expectation)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct report report;
		struct report before;
		struct error err = {0};
		report_init(&report);
		report_init(&before);
		cr_expect_eq(try_set(&report, refused[i].field, refused[i].text, &err), STATUS_BAD_INPUT, "%s=%s", refused[i].field,
		             refused[i].text);
		cr_expect_eq(strncmp(err.message, refused[i].field, strlen(refused[i].field)), 0, "%s", err.message);
		cr_expect_not_null(strstr(err.message, refused[i].shown), "%s", err.message);
		cr_expect_eq(memcmp(&report, &before, sizeof report), 0, "%s changed", refused[i].field);
	}
}

Test(report, nicknames_go_through_the_tag_and_nowhere_else)
{
	struct report report;
	struct error err = {0};
	report_init(&report);
	cr_expect_eq(try_set(&report, "sources", "driver #forbidden", &err), STATUS_REFUSED);
	cr_expect_eq(report.sources_len, 0);
	cr_expect_eq(report_set(&report, report_field_find("sources"), "driver #Ali", NULL, &err), STATUS_BAD_INPUT);
	cr_expect_eq(try_set(&report, "sources", "driver #Ali", &err), STATUS_OK);
	cr_expect_eq(report.sources[0].tag[0], 'A');
}

static enum status look_up(void *context, struct place *place, struct error *err)
{
	++*(int *)context;
	if (strcmp(place->name, "Several") == 0)
		return error_set(err, STATUS_BAD_INPUT, "which?");
	if (strcmp(place->name, "Known") == 0)
		memcpy(place->pcode, "C5999", 6);
	return STATUS_OK;
}

Test(report, places_are_looked_up_unless_they_stand_in_quotes)
{
	struct report report;
	struct error err = {0};
	int asked = 0;
	const struct report_reading reading = {.place = look_up, .place_context = &asked};
	report_init(&report);
	const struct report_field *const place = report_field_find("place"), *const origin = report_field_find("origin");
	cr_assert_eq(report_set(&report, place, "Known", &reading, &err), STATUS_OK);
	cr_expect_str_eq(report.place.pcode, "C5999");
	cr_expect_eq(report_set(&report, place, "Several", &reading, &err), STATUS_BAD_INPUT);
	cr_expect_str_eq(err.message, "place: which?");
	cr_expect_str_eq(report.place.pcode, "C5999", "what stood there stays");
	cr_assert_eq(report_set(&report, place, "\"Known\"", &reading, &err), STATUS_OK);
	cr_expect_str_eq(report.place.pcode, "");
	cr_expect_str_eq(report.place.name, "Known");
	cr_expect_eq(asked, 2);
	cr_assert_eq(report_set(&report, origin, "Known:60; 'Ayn:40", &reading, &err), STATUS_OK, "%s", err.message);
	cr_expect_str_eq(report.origins[0].place.pcode, "C5999");
	cr_expect_eq(asked, 4);
}

Test(report, links_are_whole_ids_each_once)
{
	char text[200];
	struct report report;
	struct error err = {0};
	report_init(&report);
	memset(text, 'a', 64);
	memcpy(text + 64, "; ", 2);
	memset(text + 66, 'B', 64);
	text[130] = '\0';
	cr_assert_eq(try_set(&report, "moved_from", text, &err), STATUS_OK, "%s", err.message);
	cr_expect_eq(report.moved_from.len, 2);
	cr_expect_eq(report.moved_from.id[1].bytes[31], 0xBB);
	memset(text + 66, 'a', 64);
	cr_expect_eq(try_set(&report, "moved_from", text, &err), STATUS_BAD_INPUT);
	cr_expect_eq(report.moved_from.len, 2);
}

Test(report, an_empty_text_clears)
{
	struct report report;
	struct error err = {0};
	report_init(&report);
	cr_assert_eq(try_set(&report, "households", "300", &err), STATUS_OK);
	cr_assert_eq(try_set(&report, "households", " ", &err), STATUS_OK);
	cr_expect_not(figure_is_given(&report.households));
	cr_assert_eq(try_set(&report, "households", "refused", &err), STATUS_OK);
	cr_expect_eq(report_absent(&report, report_field_find("households")), 3);
	cr_assert_eq(try_set(&report, "households", "12", &err), STATUS_OK);
	cr_expect_eq(report_absent(&report, report_field_find("households")), 0);
}

Test(report, notes_are_bounded_by_characters)
{
	char text[REPORT_TEXT_BYTES] = "";
	struct report report;
	struct error err = {0};
	report_init(&report);
	for (size_t i = 0; i < 501; i++)
		memcpy(text + 2 * i, "\xD9\x86", 3);
	cr_expect_eq(try_set(&report, "note", text, &err), STATUS_BAD_INPUT);
	text[1000] = '\0';
	cr_expect_eq(try_set(&report, "note", text, &err), STATUS_OK, "%s", err.message);
	cr_expect_eq(strlen(report.note), 1000);
	for (size_t i = 0; i < 500; i++)
		memcpy(text + 4 * i, "\xF0\x9F\x8F\x95", 5);
	cr_expect_eq(try_set(&report, "note", text, &err), STATUS_OK, "%s", err.message);
	cr_expect_str_eq(formatted(&report, "note"), text);
}

/* --- the law --- */

static void expect_reads_back(const struct report *report, const struct report_field *field)
{
	char text[REPORT_TEXT_BYTES];
	struct report back;
	struct error err = {0};
	report_init(&back);
	report_format(report, field, text);
	cr_assert_eq(try_set(&back, field->name, text, &err), STATUS_OK, "%s", err.message);
	report_copy_field(&back, &back, field);
	struct report wanted;
	report_init(&wanted);
	report_copy_field(&wanted, report, field);
	cr_assert_null(samples_difference(&wanted, &back), "%s: %s", field->name, text);
}

Test(report, every_value_reads_back_from_its_text)
{
	uint64_t state = 20180621;
	for (size_t round = 0; round < 3000; round++) {
		struct report report;
		report_init(&report);
		for (size_t i = 0; i < report_fields_len; i++) {
			samples_field(&report, &report_fields[i], &state);
			expect_reads_back(&report, &report_fields[i]);
		}
	}
}

Test(report, random_reports_keep_the_rules_and_read_back)
{
	uint64_t state = 7;
	for (size_t round = 0; round < 1000; round++) {
		struct report report;
		struct error err = {0};
		samples_report(&report, &state, 40);
		cr_assert_eq(report_validate(&report, &clock_now, &err), STATUS_OK, "%s", err.message);
		for (size_t i = 0; i < report_fields_len; i++)
			expect_reads_back(&report, &report_fields[i]);
	}
}
