#include "schema/place_name.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_sound(const char *text, const char *sound)
{
	struct place_name name;
	struct error err = {0};
	cr_assert_eq(place_name_hear(&name, span_from_text(text), &err), STATUS_OK, "%s: %s", text, err.message);
	cr_expect_str_eq(name.sound, sound, "%s sounds %s, not %s", text, name.sound, sound);
}

static unsigned likeness(const char *a, const char *b)
{
	struct place_name left, right;
	cr_assert_eq(place_name_hear(&left, span_from_text(a), NULL), STATUS_OK, "%s", a);
	cr_assert_eq(place_name_hear(&right, span_from_text(b), NULL), STATUS_OK, "%s", b);
	const unsigned alike = place_name_likeness(left.sound, right.sound);
	cr_expect_eq(alike, place_name_likeness(right.sound, left.sound), "%s and %s, either way", a, b);
	return alike;
}

Test(place_name, articles_fall_away_however_they_are_written)
{
	const char *const spellings[] = {"Harir", "al-Harir", "el Harir", "Elharir", "AL HARIR", "al-Ḥarīr"};
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
		expect_sound(spellings[i], "harir");
	const char *const sun[] = {"Sham", "ash-Sham", "Esh-Sham", "esh sham", "ech Cham", "Ashsham"};
	for (size_t i = 0; i < sizeof sun / sizeof *sun; i++)
		expect_sound(sun[i], "Sam");
	expect_sound("الحراك", "hrak");
	expect_sound("El", "il");
}

Test(place_name, apostrophes_tatweel_marks_and_joiners_say_nothing)
{
	expect_sound("Dar'a", "dara");
	expect_sound("Dar’a", "dara");
	expect_sound("Darʿa", "dara");
	expect_sound("درعا", "dra");
	expect_sound("درعـــا", "dra");
	expect_sound("دَرْعا", "dra");
	expect_sound("Ṭafas", "tafas");
}

Test(place_name, variants_of_alef_yeh_kaf_and_teh_marbuta_sound_the_same)
{
	expect_sound("أبطع", "abt");
	expect_sound("ابطع", "abt");
	expect_sound("إبطع", "abt");
	expect_sound("آبطع", "abt");
	expect_sound("بصرى", "bsry");
	expect_sound("بصري", "bsry");
	expect_sound("بصری", "bsry");
	expect_sound("کرک", "krk");
	expect_sound("خربة", "xrbe");
	expect_sound("خربه", "xrbe");
}

Test(place_name, spellings_of_several_lands_sound_the_same)
{
	expect_sound("Khirbet Ghazaleh", "xirbe gazali");
	expect_sound("Rhabarheb", "gabagib");
	expect_sound("Chahba", "Sahba");
	expect_sound("Shahba", "Sahba");
	expect_sound("Soûrâne", "surani");
	expect_sound("Deir", "dyr");
	expect_sound("دير", "dyr");
}

Test(place_name, english_qualifiers_stand_where_arabic_has_them)
{
	expect_sound("Eastern Ghariyeh", "garyi Srqy");
	expect_sound("غارية شرقي", "garye Srqy");
	expect_sound("Lower Shateha", "Satiha thtany");
	expect_sound("Eastern", "Srqy");
}

Test(place_name, administrative_words_are_a_wish_and_no_name)
{
	static const struct {
		const char *text, *sound;
		enum place_name_wish wish;
	} rows[] = {
		{"Izra District", "izra", PLACE_NAME_ADMIN2},          {"منطقة ازرع", "azr", PLACE_NAME_ADMIN2},
		{"Homs Governorate", "hums", PLACE_NAME_ADMIN1},       {"محافظة حمص", "hms", PLACE_NAME_ADMIN1},
		{"Nahiya Hrak", "hrak", PLACE_NAME_ADMIN3},            {"Hrak sub-district", "hrak", PLACE_NAME_ADMIN3},
		{"مركز درعا", "dra", PLACE_NAME_ADMIN},                {"Homs City", "hums", PLACE_NAME_SETTLEMENT},
		{"Homs", "hums", PLACE_NAME_ANY},                      {"District", "distrikt", PLACE_NAME_ANY},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct place_name name;
		cr_assert_eq(place_name_hear(&name, span_from_text(rows[i].text), NULL), STATUS_OK);
		cr_expect_str_eq(name.sound, rows[i].sound, "%s sounds %s", rows[i].text, name.sound);
		cr_expect_eq(name.wish, rows[i].wish, "%s", rows[i].text);
	}
}

Test(place_name, what_is_no_name_is_refused)
{
	struct place_name name = {.sound = "as before"};
	char long_name[2 * PLACE_NAME_LETTERS_MAX];
	memset(long_name, 'b', sizeof long_name);
	cr_expect_eq(place_name_hear(&name, span_from_text(""), NULL), STATUS_BAD_INPUT);
	cr_expect_eq(place_name_hear(&name, span_from_text("-- ' --"), NULL), STATUS_BAD_INPUT);
	cr_expect_eq(place_name_hear(&name, span_from_text("Дар"), NULL), STATUS_BAD_INPUT);
	cr_expect_eq(place_name_hear(&name, span_from_text("\xC3("), NULL), STATUS_BAD_INPUT);
	cr_expect_eq(place_name_hear(&name, (struct span){(const uint8_t *)long_name, sizeof long_name}, NULL), STATUS_BAD_INPUT);
	cr_expect_str_eq(name.sound, "as before");
}

Test(place_name, very_many_words_still_fit)
{
	char text[PLACE_NAME_LETTERS_MAX + 1];
	struct place_name name;
	for (size_t i = 0; i < PLACE_NAME_LETTERS_MAX; i++)
		text[i] = i % 2 == 0 ? 'x' : ' ';
	text[PLACE_NAME_LETTERS_MAX] = '\0';
	cr_expect_eq(place_name_hear(&name, span_from_text(text), NULL), STATUS_OK);
	cr_expect_lt(strlen(name.sound), PLACE_NAME_SOUND_BYTES);
}

Test(place_name, one_text_may_hold_several_names)
{
	static const struct {
		const char *text;
		size_t len;
		const char *second, *third;
	} rows[] = {
		{"Tiba", 1, NULL, NULL},        {"Tiba (Dar'a)", 3, "Tiba ", "Dar'a"}, {"A'zaz_Kilis", 3, "A'zaz", "Kilis"},
		{"Sayah - Thahr", 3, "Sayah ", " Thahr"}, {"Tell al-Lahm", 1, NULL, NULL}, {"Basel / Yabsa", 3, "Basel ", " Yabsa"},
		{"", 1, NULL, NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct span parts[PLACE_NAME_PARTS_MAX];
		cr_assert_eq(place_name_parts(parts, span_from_text(rows[i].text)), rows[i].len, "%s", rows[i].text);
		cr_expect(span_equals(parts[0], span_from_text(rows[i].text)));
		if (rows[i].len == 3) {
			cr_expect(span_equals(parts[1], span_from_text(rows[i].second)), "%s", rows[i].text);
			cr_expect(span_equals(parts[2], span_from_text(rows[i].third)), "%s", rows[i].text);
		}
	}
}

Test(place_name, key_keeps_consonants_alone)
{
	char key[PLACE_NAME_SOUND_BYTES];
	place_name_key(key, "xirbe gazali");
	cr_expect_str_eq(key, "hrbgzl");
	place_name_key(key, "qabba Dahr");
	cr_expect_str_eq(key, "kbdhr");
	place_name_key(key, "aiwy");
	cr_expect_str_eq(key, "");
}

Test(place_name, trigrams_of_a_query_are_among_those_of_the_name)
{
	char grams[PLACE_NAME_GRAMS_BYTES], trigrams[PLACE_NAME_GRAMS_MAX][4];
	place_name_grams(grams, "hrak");
	cr_expect_str_eq(grams, "^hrk$ ^hrak$");
	const size_t len = place_name_trigrams(trigrams, "hrak");
	cr_assert_eq(len, 6);
	cr_expect_str_eq(trigrams[0], "^hr");
	for (size_t i = 0; i < len; i++)
		cr_expect_not_null(strstr(grams, trigrams[i]), "%s", trigrams[i]);
}

Test(place_name, likeness_is_whole_for_one_name_and_small_for_others)
{
	cr_expect_eq(likeness("Hrak", "hrak"), PLACE_NAME_ALIKE);
	cr_expect_eq(likeness("Tell Abyad", "Tellabyad"), PLACE_NAME_ALIKE);
	cr_expect_gt(likeness("Hirak", "الحراك"), 900);
	cr_expect_gt(likeness("Harak", "Hrak"), 900);
	cr_expect_gt(likeness("Kherbet Ghazala", "خربة غزالة"), 900);
	cr_expect_gt(likeness("Ath-Thawrah", "الثورة"), 900);
	cr_expect_gt(likeness("Sawra", "الثورة"), 750);
	cr_expect_gt(likeness("Busra al-Harir", "Bisr Elharir"), 900);
	cr_expect_lt(likeness("Busra al-Harir", "Busra Esh-Sham"), 700);
	cr_expect_lt(likeness("Hrak", "Nawa"), 400);
	cr_expect_eq(place_name_likeness("", ""), 0);
}
