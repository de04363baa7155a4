#include "schema/places.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/schema/places_samples.h"

static struct places_stage stage;
static struct error err;
static struct places_found found[PLACES_FOUND_MAX];
static size_t len;

static void begin(void)
{
	places_stage_begin(&stage);
	places_stage_demand(&stage, "old", places_sample_cod_old);
	places_stage_demand(&stage, "populated", places_sample_populated);
	places_stage_demand(&stage, "choices", places_sample_choices);
}

static void end(void)
{
	places_stage_end(&stage);
}

TestSuite(places_search, .init = begin, .fini = end);

static void search(const char *text, const char *last)
{
	const struct places_query query = {text, last, PLACES_FOUND_MAX};
	cr_assert_eq(places_search(stage.places, &query, found, &len, &err), STATUS_OK, "%s: %s", text, err.message);
}

static void expect_first(const char *text, const char *code)
{
	search(text, NULL);
	cr_assert_gt(len, 0, "%s", text);
	cr_expect_str_eq(found[0].code, code, "%s finds %s", text, found[0].code);
}

Test(places_search, any_spelling_finds_the_place)
{
	const char *const hrak[] = {"Hrak", "al-Herak", "Hirak", "Harak", "الحراك", "حراك", "el  hrak", "Alhirak", "AL-HIRĀK", "الحـراك"};
	for (size_t i = 0; i < sizeof hrak / sizeof *hrak; i++)
		expect_first(hrak[i], "C9003");
	const char *const bisr[] = {"Bisr Elharir", "Busra al-Harir", "Busr al-Harir", "busralharir", "بصرالحرير", "بصر الحرير"};
	for (size_t i = 0; i < sizeof bisr / sizeof *bisr; i++)
		expect_first(bisr[i], "C9004");
	const char *const busra[] = {"Busra Esh-Sham", "Bosra ech Cham", "بصرى الشام", "بصري الشام"};
	for (size_t i = 0; i < sizeof busra / sizeof *busra; i++)
		expect_first(busra[i], "C9005");
}

Test(places_search, first_is_sure_where_no_other_fits)
{
	search("al-Herak", NULL);
	cr_expect(places_is_sure(found, len));
	search("Tiba", NULL);
	cr_expect_geq(len, 2);
	cr_expect_not(places_is_sure(found, len));
	cr_expect_not(places_is_sure(found, 0));
}

Test(places_search, area_behind_the_name_tells_places_of_one_name_apart)
{
	expect_first("Tiba, Wadi Nur", "C9001");
	cr_expect(places_is_sure(found, len));
	expect_first("Tiba, Tall Green", "C9002");
	expect_first("Tiba Tall Green", "C9002");
	expect_first("Tiba (Nur)", "C9001");
	expect_first("Tiba, ---", "C9001");
}

Test(places_search, nearer_one_of_the_same_name_comes_first)
{
	search("Tiba", "C9003");
	cr_expect_str_eq(found[0].code, "C9001");
	cr_expect(found[0].distance_m > 20000 && found[0].distance_m < 22500, "%u", found[0].distance_m);
	cr_expect_not(places_is_sure(found, len), "distance alone never decides");
	search("Tiba", "C9002");
	cr_expect_str_eq(found[0].code, "C9002");
	cr_expect_eq(found[0].distance_m, 0);
	search("Tiba", "C0000");
	cr_expect_eq(found[0].distance_m, PLACES_FAR_M);
}

Test(places_search, town_goes_before_the_area_that_bears_its_name_and_district_says_otherwise)
{
	expect_first("Wadi Nur", "C9006");
	cr_expect(places_is_sure(found, len));
	expect_first("ناحية وادي نور", "XY010100");
	expect_first("Nur district", "XY0101");
}

Test(places_search, areas_come_with_what_is_found)
{
	expect_first("Hrak", "C9003");
	cr_expect_str_eq(found[0].in[PLACES_ADMIN3].latin, "Wadi Nur");
	cr_expect_str_eq(found[0].in[PLACES_ADMIN3].arabic, "وادي نور");
	cr_expect_str_eq(found[0].in[PLACES_ADMIN1].latin, "Sahl");
}

Test(places_search, code_finds_its_place)
{
	expect_first("C9003", "C9003");
	cr_expect_eq(len, 1);
	cr_expect(places_is_sure(found, len));
}

Test(places_search, what_is_nowhere_is_not_found)
{
	search("Qzwtpf Xgb", NULL);
	cr_expect_not(places_is_sure(found, len));
	const struct places_query nothing = {"...", NULL, 5};
	cr_expect_eq(places_search(stage.places, &nothing, found, &len, &err), STATUS_BAD_INPUT);
}

Test(places_search, no_more_than_asked_for)
{
	const struct places_query query = {"Tiba", NULL, 1};
	cr_assert_eq(places_search(stage.places, &query, found, &len, &err), STATUS_OK);
	cr_expect_eq(len, 1);
}

Test(places_search, names_of_a_list_without_codes_find_the_place_that_has_one)
{
	places_stage_demand(&stage, "geonames", places_sample_geonames);
	places_stage_demand(&stage, "more",
	                    "9\tAl Hirak\tAl Hirak\tOld Philadelphia\t32.755\t36.3\tP\tPPL\tSY\t\t06\t\t\t\t0\t\t1\tx\t2013-09-05\n"
	                    "8\tFar Away\tFar Away\tPetropolis\t33.755\t36.3\tP\tPPL\tSY\t\t06\t\t\t\t0\t\t1\tx\t2013-09-05\n");
	expect_first("al-Herak", "C9003");
	cr_expect(places_is_sure(found, len), "and is no second one");
	for (size_t i = 1; i < len; i++)
		cr_expect_neq(found[i].code[0], 'g', "%s", found[i].code);
	expect_first("Philadelphia", "C9003");
	expect_first("Petropolis", "geonames:8");
}

/* No trigram of theirs tells them apart. */
Test(places_search, name_that_thousands_bear_is_found)
{
	enum { MANY = 4100 };
	struct bytes text = {0};
	cr_assert_eq(bytes_append(&text, span_from_text("ADM1_PCODE,ADM1_EN\n"), NULL), STATUS_OK);
	for (int i = 0; i < MANY; i++) {
		char row[32];
		(void)snprintf(row, sizeof row, "XZ%05d,Tell Qasr\n", i);
		cr_assert_eq(bytes_append(&text, span_from_text(row), NULL), STATUS_OK);
	}
	struct places_import import;
	cr_assert_eq(places_stage_take(&stage, "many", bytes_span(&text), &import, &err), STATUS_OK, "%s", err.message);
	bytes_wipe(&text);
	search("Tall Kasr", NULL);
	cr_assert_eq(len, PLACES_FOUND_MAX);
	cr_expect_str_eq(found[0].latin, "Tell Qasr");
	cr_expect_not(places_is_sure(found, len));
}

Test(places_search, long_and_strange_texts_are_answered)
{
	static const char *const texts[] = {"a b c d e f g h i j k l m n o p q r s t u v w x y z", "\"^hr\" OR \"hrk\"", "hrak*", "NEAR(a b)",
	                                    "الالالالالالالال", "0 0 0 0 0"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		search(texts[i], "C9003");
		cr_expect_leq(len, PLACES_FOUND_MAX);
	}
}
