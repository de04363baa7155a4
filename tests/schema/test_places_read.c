#include "schema/places_read.h"

#include <criterion/criterion.h>
#include <string.h>

#include "schema/date.h"
#include "tests/schema/places_samples.h"

static struct places_stage stage;
static struct error err;

static void begin(void)
{
	places_stage_begin(&stage);
}

static void end(void)
{
	places_stage_end(&stage);
}

TestSuite(places_read, .init = begin, .fini = end);

static struct places_import take(const char *text)
{
	struct places_import import;
	cr_assert_eq(places_stage_take(&stage, "list", span_from_text(text), &import, &err), STATUS_OK, "%s", err.message);
	return import;
}

static struct places_found get(const char *code)
{
	struct places_found found;
	cr_assert_eq(places_get(stage.places, code, &found, &err), STATUS_OK, "%s: %s", code, err.message);
	return found;
}

static void expect_day(int32_t day, const char *text)
{
	char written[DATE_TEXT_BYTES] = "";
	if (day != PLACES_DAY_UNKNOWN)
		date_format(day, written);
	cr_expect_str_eq(written, text);
}

Test(places_read, cod_ab_of_the_older_columns)
{
	const struct places_import import = take(places_sample_cod_old);
	cr_expect_str_eq(import.list.format, "COD");
	cr_expect_eq(import.list.places, 5); /* two sub-districts, their district, governorate and country */
	cr_expect_eq(import.rows_skipped, 2);
	cr_expect_not_null(strstr(import.first_skipped, "line 5"), "%s", import.first_skipped);
	cr_expect_eq(import.points_missing, 1);
	expect_day(import.list.valid_on, "2020-12-17");
	const struct places_found wadi = get("XY010100"), tall = get("XY010101"), sahl = get("XY01");
	cr_expect_str_eq(wadi.latin, "Wadi Nur");
	cr_expect_str_eq(wadi.arabic, "وادي نور");
	cr_expect_eq(wadi.level, PLACES_ADMIN3);
	cr_expect_eq(wadi.latitude, 3250000);
	cr_expect_eq(wadi.longitude, 3625000);
	expect_day(wadi.valid_from, "2017-06-01");
	expect_day(tall.valid_to, "2021-01-31");
	cr_expect_str_eq(tall.latin, "Tall, Green");
	cr_expect_not(tall.has_point);
	cr_expect_str_eq(wadi.in[PLACES_ADMIN2].latin, "Nur");
	cr_expect_str_eq(wadi.in[PLACES_ADMIN1].code, "XY01");
	cr_expect_str_eq(wadi.in[PLACES_COUNTRY].latin, "Xyland");
	cr_expect_eq(sahl.level, PLACES_ADMIN1);
	cr_expect_str_eq(sahl.in[PLACES_COUNTRY].code, "XY");
}

Test(places_read, cod_ab_of_the_newer_columns)
{
	const struct places_import import = take(places_sample_cod_new);
	cr_expect_eq(import.list.places, 4);
	cr_expect_str_eq(import.list.version, "v03");
	expect_day(import.list.valid_on, "2025-03-05");
	const struct places_found bir = get("XY0102");
	cr_expect_str_eq(bir.latin, "Upper Bir");
	cr_expect_str_eq(bir.arabic, "بير فوقاني");
	cr_expect_eq(bir.latitude, 3270000);
	cr_expect_str_eq(bir.in[PLACES_ADMIN1].arabic, "سهل");
}

Test(places_read, days_of_a_spreadsheet_are_dates)
{
	const struct places_import import = take(places_sample_cod_serial);
	expect_day(import.list.valid_on, "2021-11-17");
	const struct places_found ghazgay = get("AF91");
	expect_day(ghazgay.valid_from, "2017-12-12");
	cr_expect_str_eq(ghazgay.arabic, "غزګی");
	cr_expect_eq(import.points_missing, 0); /* the file promises none */
}

Test(places_read, cod_populated_places_go_by_their_plain_names)
{
	const struct places_import import = take(places_sample_populated);
	cr_expect_eq(import.rows_skipped, 0);
	const struct places_found tiba = get("C9001");
	cr_expect_str_eq(tiba.latin, "Tiba");
	cr_expect_eq(tiba.level, PLACES_SETTLEMENT);
	cr_expect_eq(tiba.latitude, 3256372);
	cr_expect_str_eq(tiba.in[PLACES_ADMIN3].latin, "Wadi Nur");
	cr_expect_str_eq(tiba.in[PLACES_ADMIN4].code, "");
}

Test(places_read, names_that_became_question_marks_are_left_out)
{
	const struct places_import import = take(places_sample_lost);
	cr_expect_gt(import.names_lost, 3);
	cr_expect_eq(import.rows_skipped, 1);
	const struct places_found kutayba = get("C9007");
	cr_expect_str_eq(kutayba.latin, "Kutayba");
	cr_expect_str_eq(kutayba.arabic, "");
	cr_expect_eq(kutayba.longitude, 3619788);
}

Test(places_read, file_of_nothing_but_question_marks_is_refused)
{
	struct places_import import;
	const char text[] = "ADM1_PCODE,ADM1_AR\nXY01,????\nXY02,?? ???\n";
	cr_expect_eq(places_stage_take(&stage, "list", span_from_text(text), &import, &err), STATUS_BAD_INPUT);
	cr_expect_not_null(strstr(err.message, "question marks"), "%s", err.message);
}

Test(places_read, global_pcodes_of_hdx)
{
	const struct places_import import = take(places_sample_pcodes);
	cr_expect_str_eq(import.list.format, "HDX global P-codes");
	cr_expect_eq(import.list.places, 2);
	cr_expect_eq(import.rows_skipped, 1);
	expect_day(import.list.valid_on, "2020-01-01");
	const struct places_found nur = get("XY0101");
	cr_expect_eq(nur.level, PLACES_ADMIN2);
	cr_expect_str_eq(nur.in[PLACES_ADMIN1].latin, "Sahl");
	cr_expect_str_eq(nur.in[PLACES_COUNTRY].code, "");
}

Test(places_read, choices_of_a_form)
{
	const struct places_import import = take(places_sample_choices);
	cr_expect_str_eq(import.list.format, "XLSForm external_choices");
	cr_expect_eq(import.list.places, 5);
	cr_expect_eq(import.rows_skipped, 1);
	cr_expect_not_null(strstr(import.first_skipped, "line 7"), "%s", import.first_skipped);
	cr_expect_eq(get("XY01").level, PLACES_ADMIN1);
	cr_expect_eq(get("XY0101").level, PLACES_ADMIN2);
	cr_expect_eq(get("XY010100").level, PLACES_ADMIN3);
	const struct places_found hrak = get("C9003");
	cr_expect_eq(hrak.level, PLACES_SETTLEMENT);
	cr_expect_str_eq(hrak.arabic, "الحراك");
	cr_expect_str_eq(hrak.in[PLACES_ADMIN3].code, "XY010100");
	cr_expect_str_eq(hrak.in[PLACES_ADMIN1].arabic, "السهل");
}

Test(places_read, dump_of_geonames)
{
	const struct places_import import = take(places_sample_geonames);
	cr_expect_str_eq(import.list.format, "GeoNames");
	cr_expect_eq(import.list.places, 2);
	cr_expect_eq(import.rows_skipped, 2);
	const struct places_found hirak = get("geonames:172379");
	cr_expect_str_eq(hirak.latin, "Al Ḩirāk");
	cr_expect_str_eq(hirak.arabic, "الحراك");
	cr_expect_eq(hirak.level, PLACES_SETTLEMENT);
	cr_expect_eq(get("geonames:172381").level, PLACES_ADMIN1);
}

Test(places_read, json_of_open_syria)
{
	const struct places_import import = take(places_sample_opensyria);
	cr_expect_str_eq(import.list.format, "Open-Syria JSON");
	cr_expect_eq(import.list.places, 2);
	cr_expect_eq(import.rows_skipped, 1);
	const struct places_found nur = get("XY0101"), jabal = get("os:xy-jabal");
	cr_expect_eq(nur.level, PLACES_ADMIN2);
	cr_expect_eq(nur.latitude, 3255000);
	cr_expect_eq(jabal.level, PLACES_ADMIN1);
	cr_expect_not(jabal.has_point);
}

Test(places_read, utf16_with_a_mark_is_read_either_way_round)
{
	const char text[] = "ADM1_PCODE\tADM1_EN\nXY01\tSahl\n";
	for (size_t big = 0; big < 2; big++) {
		uint8_t wide[2 * sizeof text];
		struct places_import import;
		wide[big] = 0xFF;
		wide[1 - big] = 0xFE;
		for (size_t i = 0; i + 1 < sizeof text; i++) {
			wide[2 + 2 * i + big] = (uint8_t)text[i];
			wide[3 + 2 * i - big] = 0;
		}
		cr_assert_eq(places_stage_take(&stage, "list", (struct span){wide, 2 * sizeof text}, &import, &err), STATUS_OK, "%s", err.message);
		cr_expect(import.was_utf16);
		cr_expect_str_eq(get("XY01").latin, "Sahl");
		cr_expect_eq(places_stage_take(&stage, "list", (struct span){wide, 2 * sizeof text - 1}, &import, &err), STATUS_BAD_INPUT);
	}
}

Test(places_read, latin1_is_read_and_other_code_pages_are_refused)
{
	struct places_import import;
	/* Sao Jose in Latin-1; then Arabic in code page 1256; then a byte that Latin-1 leaves free. */
	const char latin1[] = "ADM1_PCODE,ADM1_PT\nXY01,S\xE3o Jos\xE9\n";
	const char arabic[] = "ADM1_PCODE,ADM1_AR\nXY01,\xC7\xE1\xCD\xD1\xC7\xDF\n";
	const char neither[] = "ADM1_PCODE,ADM1_EN\nXY01,Sahl \x81 b\n";
	cr_assert_eq(places_stage_take(&stage, "list", span_from_text(latin1), &import, &err), STATUS_OK, "%s", err.message);
	cr_expect(import.was_latin1);
	cr_expect_str_eq(get("XY01").latin, "São José");
	cr_expect_eq(places_stage_take(&stage, "list", span_from_text(arabic), &import, &err), STATUS_BAD_INPUT);
	cr_expect_not_null(strstr(err.message, "code page"), "%s", err.message);
	cr_expect_eq(places_stage_take(&stage, "list", span_from_text(neither), &import, &err), STATUS_BAD_INPUT);
	cr_expect_str_eq(get("XY01").latin, "São José", "the list that was there stays");
}

Test(places_read, heading_may_stand_below_other_rows_and_between_rows_of_tags)
{
	const struct places_import import = take("Junk;Junk;\n\n#a;#b;\nADM1_PCODE;ADM1_EN;\n#adm1+code;#adm1+name;\nXY01;Sahl;\n#x;#y;\nXY02;\"Jabal;\";\n");
	cr_expect_eq(import.list.places, 2);
	cr_expect_eq(import.rows_skipped, 0);
	cr_expect_str_eq(get("XY02").latin, "Jabal;");
	char deep[2 * PLACES_HEADER_ROWS_MAX + 64] = "";
	for (size_t i = 0; i < PLACES_HEADER_ROWS_MAX; i++)
		memcpy(deep + 2 * i, "j\n", 3);
	memcpy(deep + 2 * PLACES_HEADER_ROWS_MAX, "ADM1_PCODE,ADM1_EN\nXY01,Sahl\n", 30);
	struct places_import none;
	cr_expect_eq(places_stage_take(&stage, "deep", span_from_text(deep), &none, &err), STATUS_BAD_INPUT);
}

Test(places_read, what_is_no_list_of_places_is_refused)
{
	static const char zero[] = "ADM1_PCODE,ADM1_EN\nXY01,Sa\0hl\n";
	const struct span files[] = {
		{NULL, 0}, span_from_text(""), span_from_text("kind,place\nstock,C5999\n"), span_from_text("[1, 2"), span_from_text("[]"),
		span_from_text("{\"a\": 1}"), span_from_text("ADM1_PCODE,ADM1_EN\n"), span_from_text("ADM1_PCODE,ADM1_EN\nXY01,\"open\n"),
		{(const uint8_t *)zero, sizeof zero - 1}, span_from_text("\xFF\xFE"), span_from_text("#adm1,#adm2\n#a,#b\n"),
	};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct places_import import;
		err = (struct error){0};
		cr_expect_eq(places_stage_take(&stage, "list", files[i], &import, &err), STATUS_BAD_INPUT, "file %zu", i);
		cr_expect_str_neq(err.message, "");
	}
	bool empty = false;
	cr_assert_eq(places_is_empty(stage.places, &empty, NULL), STATUS_OK);
	cr_expect(empty);
}

Test(places_read, days_are_understood_and_others_are_unknown)
{
	static const struct {
		const char *cell;
		const char *day;
	} rows[] = {
		{"2017-12-12", "2017-12-12"}, {"2017-12-12T00:00:00", "2017-12-12"}, {"12/12/2017", "2017-12-12"}, {"43081", "2017-12-12"},
		{"43081.0", "2017-12-12"},    {"", ""},                               {"yesterday", ""},            {"2017-13-12", ""},
		{"12", ""},                   {"99999999999", ""},                    {"2017-12-12x", ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		expect_day(places_row_day(rows[i].cell), rows[i].day);
}

Test(places_read, positions_are_both_there_or_not_at_all)
{
	static const struct {
		const char *latitude, *longitude;
		bool has_point;
		int32_t north, east;
	} rows[] = {
		{"32.563721", "36.24353", true, 3256372, 3624353}, {"-90", "180", true, -9000000, 18000000}, {"90.00001", "0", false, 0, 0},
		{"32,5", "36", true, 3250000, 3600000},            {"0", "0", false, 0, 0},                  {"32.5", "", false, 0, 0},
		{"32.5N", "36", false, 0, 0},                      {"1e3", "36", false, 0, 0},               {" 32.5 ", "+36", true, 3250000, 3600000},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct places_row row;
		places_row_begin(&row);
		places_row_point(&row, rows[i].latitude, rows[i].longitude);
		cr_assert_eq(row.has_point, rows[i].has_point, "row %zu", i);
		cr_expect(!row.has_point || (row.latitude == rows[i].north && row.longitude == rows[i].east), "row %zu", i);
	}
}

Test(places_read, codes_are_capital_letters_and_digits)
{
	char code[PLACES_CODE_BYTES] = "before";
	const char *const wrong[] = {"", " ", "sy01", "Other_com", "ABC", "SY01-2", "SY010203040506070", "SÉ01"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_expect_not(places_row_code(code, wrong[i]), "%s", wrong[i]);
	cr_expect_str_eq(code, "before");
	cr_expect(places_row_code(code, " C5999 "));
	cr_expect_str_eq(code, "C5999");
}
