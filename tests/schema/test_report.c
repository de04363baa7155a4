#include "schema/report.h"

#include <criterion/criterion.h>
#include <string.h>

#include "schema/date.h"
#include "schema/report_rules.h"
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
	const struct report_reading reading = {date_of_time(SAMPLES_CREATED_S), tag_of, &base};
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
	{"origin", "Hrak; \"a;b\":5", "Hrak; \"a;b\":5"},
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
	{"place", "=C-1", "=C-1"},
	{"place", "a\x01" "b", "control"},
	{"place", "C5999@1 (near SY1200@2)", "gazetteers"},
	{"origin", "C6116:0", "1 to 100"},
	{"origin", "C6116:101", "1 to 100"},
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

/* --- the rules --- */

static void minimal(struct report *report)
{
	report_init(report);
	samples_set(report, "kind", "arrival");
	samples_set(report, "place", "C5999");
	samples_set(report, "observed_on", "2018-06-24");
	samples_set(report, "households", "300");
}

static void expect_broken(const struct report *report, const char *rule)
{
	const char *named = NULL;
	struct error err = {0};
	cr_expect_eq(report_rules_check(report, &clock_now, true, &named, &err), STATUS_BAD_INPUT, "%s", rule);
	cr_expect_str_eq(named, rule, "%s", err.message);
	cr_expect(err.message[0] != '\0');
}

Test(report, the_least_report_is_accepted)
{
	struct report report;
	struct error err = {0};
	minimal(&report);
	cr_expect_eq(report_validate(&report, &clock_now, &err), STATUS_OK, "%s", err.message);
	samples_set(&report, "observed_on", "");
	samples_set(&report, "from", "2018-06-20");
	cr_expect_eq(report_validate(&report, &clock_now, &err), STATUS_OK, "%s", err.message);
}

Test(report, what_must_be_given_is_named)
{
	const char *const required[] = {"kind", "place", "observed_on"};
	for (size_t i = 0; i < 3; i++) {
		struct report report;
		struct error err = {0};
		minimal(&report);
		report_clear(&report, report_field_find(required[i]));
		expect_broken(&report, "required_field");
		cr_expect_eq(report_validate(&report, &clock_now, &err), STATUS_BAD_INPUT);
		cr_expect_not_null(strstr(err.message, required[i]));
		cr_expect_eq(report_validate_part(&report, &clock_now, &err), STATUS_OK);
	}
	struct report report;
	minimal(&report);
	samples_set(&report, "households", "unknown");
	expect_broken(&report, "count_missing");
}

struct broken {
	char rule[20];
	char field[20], text[70];
	char field2[20], text2[70];
};

static const struct broken broken[] = {
	{"share_sum", "origin", "C6116:60; C6105:41", "", ""},
	{"day_order", "from", "2018-06-21", "to", "2018-06-20"},
	{"day_in_future", "observed_on", "2018-06-26", "", ""},
	{"day_in_future", "to", "2018-06-26", "", ""},
	{"sadd_sum", "sadd", "f0-4=200; m0-4=201", "individuals", "up to 400"},
	{"access_reasons", "access", "full: mines", "", ""},
	{"day_in_future", "kind", "intention", "from", "2019-07-01"},
	{"usual_missing", "sensitivity", "refused", "", ""},
};

Test(report, rules_across_fields_hold)
{
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		struct report report;
		minimal(&report);
		samples_set(&report, broken[i].field, broken[i].text);
		if (broken[i].field2[0] != '\0')
			samples_set(&report, broken[i].field2, broken[i].text2);
		expect_broken(&report, broken[i].rule);
	}
}

static void spoil(struct report *report, size_t which)
{
	minimal(report);
	switch (which) {
	case 0: report->kind = 7; break;
	case 1: report->households.min = 301; break;
	case 2: report->reason = (struct codes){2, {3, 3}}; break;
	case 3: report->reason = (struct codes){4, {1, 2, 3, 4}}; break;
	case 4: memcpy(report->note, " x", 3); break;
	case 5: memcpy(report->place.pcode, "c5999", 6); break;
	case 6: memset(report->place.pcode, 'A', sizeof report->place.pcode); break;
	case 7: report->place.gazetteer = 1; report->place.pcode[0] = '\0'; memcpy(report->place.name, "x", 2); break;
	case 8: report->credibility = 7; break;
	case 9: report->point = (struct point){true, 9000001, 0, 1}; break;
	case 10: report->point = (struct point){true, 0, 0, 0}; break;
	case 11: report->from = DATE_DAY_MIN - 1; break;
	case 12: report->household_factor = 50; break;
	case 13: report->household_link = 2; break;
	case 14: report->household_link = 1; report->household_factor = 9; break;
	case 15: report->sadd_scope = 1; break;
	case 16: report->vulnerable_len = 2; report->vulnerable[0].code = 2; report->vulnerable[1].code = 1; break;
	case 17: report->sources_len = 1; break;
	case 18: report->sources_len = 1; report->sources[0].reliability = 7; break;
	case 19: report->group = 0; break;
	case 20: report_set_absent(report, report_field_find("note"), 9); break;
	case 21: report_set_absent(report, report_field_find("site_type"), 1); break;
	case 22: report_set_absent(report, report_field_find("note"), 1); memcpy(report->note, "x", 2); break;
	case 23: report->sadd[3] = FIGURE_MAX + 1; break;
	case 24: report->moved_from.len = 2; break;
	case 25: report->origins_len = 6; break;
	default: report->access_reasons = (struct codes){1, {9}}; report->access = 2; break;
	}
}

Test(report, structures_of_another_hand_are_judged_too)
{
	static const char rules[][20] = {"unknown_code",    "figure_order",  "named_twice",      "list_length",   "text_not_normal",
	                                 "place_shape",     "place_shape",   "place_shape",      "number_range",  "point_range",
	                                 "point_range",     "day_range",     "household_factor", "household_factor", "household_factor",
	                                 "sadd_sum",        "vulnerable_order", "source_empty",  "source_empty",  "usual_missing",
	                                 "absent_reason",   "absent_reason", "absent_reason",    "sadd_sum",      "named_twice",
	                                 "list_length",     "unknown_code"};
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		struct report report;
		spoil(&report, i);
		expect_broken(&report, rules[i]);
	}
}

Test(report, a_dead_clock_waives_what_needs_it)
{
	const struct report_clock dead = {0, true};
	struct report report;
	struct error err = {0};
	minimal(&report);
	samples_set(&report, "observed_on", "2030-01-01");
	cr_expect_eq(report_validate(&report, &dead, &err), STATUS_OK, "%s", err.message);
	samples_set(&report, "from", "2018-06-21");
	samples_set(&report, "to", "2018-06-20");
	cr_expect_eq(report_validate(&report, &dead, &err), STATUS_BAD_INPUT);
}

Test(report, a_day_ahead_is_a_time_zone_and_an_intention_lies_ahead)
{
	struct report report;
	struct error err = {0};
	minimal(&report);
	samples_set(&report, "observed_on", "2018-06-25");
	cr_expect_eq(report_validate(&report, &clock_now, &err), STATUS_OK, "%s", err.message);
	samples_set(&report, "kind", "intention");
	samples_set(&report, "from", "2018-09-01");
	cr_expect_eq(report_validate(&report, &clock_now, &err), STATUS_OK, "%s", err.message);
}

/* --- points --- */

Test(report, rounding_hides_a_position_and_settles)
{
	uint64_t state = 99;
	for (size_t i = 0; i < 2000; i++) {
		struct point point = {true, (int32_t)samples_random(&state, 16000001) - 8000000,
		                      (int32_t)samples_random(&state, 36000001) - 18000000, 10};
		const struct point before = point;
		report_round_point(&point, 1000);
		const struct point once = point;
		report_round_point(&point, 1000);
		cr_assert_eq(point.latitude, once.latitude);
		cr_assert_eq(point.longitude, once.longitude);
		cr_assert_eq(point.precision_m, 1000);
		cr_assert_leq(abs(point.latitude - before.latitude), 450);
		cr_assert_leq(abs(point.longitude - before.longitude), 450 * 6);
	}
}

Test(report, rounding_leaves_no_point_and_no_grid_alone)
{
	struct point point = {false, 0, 0, 0};
	report_round_point(&point, 1000);
	cr_expect_eq(point.precision_m, 0);
	point = (struct point){true, 3255133, 3618689, 10};
	report_round_point(&point, 0);
	cr_expect_eq(point.latitude, 3255133);
	cr_expect_eq(point.precision_m, 10);
}
