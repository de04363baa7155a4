#include "schema/telltale.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

static void expect(const char *text, enum telltale_kind kind, const char *what)
{
	struct telltale found;
	cr_assert(telltale_find(text, 0, &found), "%s", text);
	cr_assert_eq(found.kind, kind, "%s: %s", text, telltale_kind_words(found.kind));
	cr_assert_eq(found.len, strlen(what), "%s: %.*s", text, (int)found.len, text + found.at);
	cr_assert_arr_eq(text + found.at, what, found.len, "%s: %.*s", text, (int)found.len, text + found.at);
}

static void expect_none(const char *text)
{
	struct telltale found;
	cr_assert_not(telltale_find(text, 0, &found), "%s: %s, %.*s", text, telltale_kind_words(found.kind), (int)found.len,
	              text + found.at);
}

Test(telltale, finds_phones_as_people_write_them)
{
	expect("call 0933123456 for water", TELLTALE_PHONE, "0933123456");
	expect("+963 933 123 456", TELLTALE_PHONE, "+963 933 123 456");
	expect("tel. (015) 123-4567", TELLTALE_PHONE, "015) 123-4567");
	expect("واتساب ٠٩٣٣١٢٣٤٥٦", TELLTALE_PHONE, "٠٩٣٣١٢٣٤٥٦");
	expect("۰۹۳۳ ۱۲۳ ۴۵۶", TELLTALE_PHONE, "۰۹۳۳ ۱۲۳ ۴۵۶");
	expect("7654321 is the guard", TELLTALE_PHONE, "7654321");
}

Test(telltale, finds_identity_numbers)
{
	expect("card 12345678901", TELLTALE_NUMBER, "12345678901");
	expect("رقم وطني ١٢٣٤٥٦٧٨٩٠١", TELLTALE_NUMBER, "١٢٣٤٥٦٧٨٩٠١");
}

Test(telltale, finds_exact_positions)
{
	expect("tents at 32.62512, 36.10344", TELLTALE_POSITION, "32.62512");
	expect("٣٢٫٦٢٥١", TELLTALE_POSITION, "٣٢٫٦٢٥١");
	expect_none("about 2.5 km east");
}

Test(telltale, finds_names_behind_what_stands_before_them)
{
	expect("ask Abu Khaled at the mosque", TELLTALE_NAME, "Abu Khaled");
	expect("Mr. Haddad has the list", TELLTALE_NAME, "Mr. Haddad");
	expect("a man named Samir", TELLTALE_NAME, "named Samir");
	expect("عند أبو خالد", TELLTALE_NAME, "أبو خالد");
	expect("طفل اسمه سامر", TELLTALE_NAME, "اسمه سامر");
	expect("Umm Ahmad hosts two families", TELLTALE_NAME, "Umm Ahmad");
}

Test(telltale, finds_addresses)
{
	expect("write to samir.h@example.org", TELLTALE_ADDRESS, "samir.h@example.org");
	expect("his channel @daraa_news", TELLTALE_ADDRESS, "@daraa_news");
	expect_none("5 @ the gate");
}

/* The story's own words, and figures as they come. */
Test(telltale, leaves_counts_days_and_villages_alone)
{
	static const char *const harmless[] = {
		"", "300 families from al-Herak, 250-400 persons", "since 2018-06-20 about 12000", "20/06/2018", "20.6.2018",
		"water for 1,200 only", "300 400 200 families", "C6116 and C6105, SY120300", "Um Elmayathen school is full",
		"في أم المياذن ٣٠٠ عائلة", "the camp is called off", "a dr was asked", "between 08:00 and 17:30", "1.5-2 litres a day",
		"50 000 people by the border", "+", "2018", "the number 12 bus",
	};
	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
		expect_none(harmless[i]);
}

Test(telltale, goes_on_behind_the_first)
{
	static const char text[] = "Abu Khaled, 0933123456, or Abu Omar";
	static const enum telltale_kind kinds[] = {TELLTALE_NAME, TELLTALE_PHONE, TELLTALE_NAME};
	struct telltale found = {0};
	size_t from = 0, n = 0;
	for (; telltale_find(text, from, &found); from = found.at + found.len, n++) {
		cr_assert_lt(n, 3);
		cr_assert_eq(found.kind, kinds[n]);
		cr_assert_geq(found.at, from);
		cr_assert_gt(found.len, 0);
	}
	cr_assert_eq(n, 3);
}

/* Whatever bytes come, it ends, within them. */
Test(telltale, stays_within_any_text)
{
	static const char letters[] = "+0123 @.-/(aA\xD9\xA0\xDB\xB0\xD8\xA3'";
	char text[64];
	uint32_t seed = 1;
	for (unsigned round = 0; round < 20000; round++) {
		size_t len = 0;
		for (; len < round % (sizeof text - 1); len++) {
			seed = seed * 1664525 + 1013904223;
			text[len] = letters[(seed >> 16) % (sizeof letters - 1)];
		}
		text[len] = '\0';
		struct telltale found = {0};
		for (size_t from = 0; telltale_find(text, from, &found); from = found.at + found.len) {
			cr_assert_gt(found.len, 0);
			cr_assert_leq(found.at + found.len, len, "%u", round);
		}
	}
}
