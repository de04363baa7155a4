#include "schema/report_rules.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "schema/date.h"
#include "tests/schema/samples.h"

static const struct report_clock clock_now = {SAMPLES_CREATED_S, false};

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

Test(report_rules, the_least_report_is_accepted)
{
	struct report report;
	struct error err = {0};
	minimal(&report);
	cr_expect_eq(report_validate(&report, &clock_now, &err), STATUS_OK, "%s", err.message);
	samples_set(&report, "observed_on", "");
	samples_set(&report, "from", "2018-06-20");
	cr_expect_eq(report_validate(&report, &clock_now, &err), STATUS_OK, "%s", err.message);
}

Test(report_rules, what_must_be_given_is_named)
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

Test(report_rules, rules_across_fields_hold)
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

Test(report_rules, structures_of_another_hand_are_judged_too)
{
	static const char rules[][20] = {"unknown_code",    "figure_order",  "named_twice",      "list_length",   "text_not_normal",
	                                 "place_shape",     "place_shape",   "place_shape",      "number_range",  "point_range",
	                                 "point_range",     "day_range",     "household_factor", "household_factor", "household_factor",
	                                 "sadd_sum",        "named_twice", "source_empty",  "source_empty",  "usual_missing",
	                                 "absent_reason",   "absent_reason", "absent_reason",    "sadd_sum",      "named_twice",
	                                 "list_length",     "unknown_code"};
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		struct report report;
		spoil(&report, i);
		expect_broken(&report, rules[i]);
	}
}

Test(report_rules, a_dead_clock_waives_what_needs_it)
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

Test(report_rules, a_day_ahead_is_a_time_zone_and_an_intention_lies_ahead)
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

Test(report_rules, rounding_hides_a_position_and_settles)
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

Test(report_rules, rounding_leaves_no_point_and_no_grid_alone)
{
	struct point point = {false, 0, 0, 0};
	report_round_point(&point, 1000);
	cr_expect_eq(point.precision_m, 0);
	point = (struct point){true, 3255133, 3618689, 10};
	report_round_point(&point, 0);
	cr_expect_eq(point.latitude, 3255133);
	cr_expect_eq(point.precision_m, 10);
}
