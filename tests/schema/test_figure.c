#include "schema/figure.h"

#include <criterion/criterion.h>
#include <string.h>

enum { NO = FIGURE_ABSENT };

struct reading {
	char text[48];
	int32_t best, min, max;
};

static const struct reading readings[] = {
	{"300", 300, NO, NO},
	{"~300", 300, NO, NO},
	{"about 300", 300, NO, NO},
	{"0", 0, NO, NO},
	{"2000000", 2000000, NO, NO},
	{">300", NO, 300, NO},
	{">=300", NO, 300, NO},
	{"300+", NO, 300, NO},
	{"at least 300", NO, 300, NO},
	{"up to 59000", NO, NO, 59000},
	{"Up To 59,000", NO, NO, 59000},
	{"<59 000", NO, NO, 59000},
	{"300 +- 50", 300, 250, 350},
	{"250 - 400", NO, 250, 400},
	{"<=59.000", NO, NO, 59000},
	{"250-400", NO, 250, 400},
	{"250 - 400", NO, 250, 400},
	{"250 to 400", NO, 250, 400},
	{"~250\xE2\x80\x93" "400", NO, 250, 400},
	{"300+-50", 300, 250, 350},
	{"300 \xC2\xB1 50", 300, 250, 350},
	{"300+/-50", 300, 250, 350},
	{"300 (250-400)", 300, 250, 400},
	{"300 (>=250)", 300, 250, NO},
	{"300 (<=400)", 300, NO, 400},
	{"1,234,567", 1234567, NO, NO},
	{"\xD9\xA2\xD9\xA5\xD9\xA0-\xD9\xA4\xD9\xA0\xD9\xA0", NO, 250, 400},
	{"\xDB\xB5\xDB\xB9\xD9\xAC\xDB\xB0\xDB\xB0\xDB\xB0", 59000, NO, NO},
	{"\xE2\x89\x88 300", 300, NO, NO},
};

Test(figure, reads_what_people_say)
{
	for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
		struct figure figure = {7, 7, 7};
		struct error err = {0};
		cr_expect_eq(figure_parse(&figure, readings[i].text, &err), STATUS_OK, "%s: %s", readings[i].text, err.message);
		cr_expect(figure.best == readings[i].best && figure.min == readings[i].min && figure.max == readings[i].max,
		          "%s: %d %d %d", readings[i].text, figure.best, figure.min, figure.max);
	}
}

Test(figure, refuses_what_it_does_not_understand)
{
	const char *const bad[] = {"",        "many",     "-5",     "400-250",   "300 (310-400)", "300 (100-200)", "2000001",
	                           "1,2345",  "12,34",    "5.5",    "300+-400",  "250-400-500",   "300 (250-400",  ">",
	                           "~",       "3 families", "0x10", "1e3",       ">300-400",      "99999999999999999999",
	                           "300()",   "2000000+-1", "1000,000", "1,000.000", "12 34 x",       "5 5",
	                           "250 40",  "1000 000", "12 34"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct figure figure = {7, 7, 7};
		struct error err = {0};
		cr_expect_eq(figure_parse(&figure, bad[i], &err), STATUS_BAD_INPUT, "%s", bad[i]);
		cr_expect_eq(figure.best, 7);
		cr_expect_not_null(strstr(err.message, bad[i]));
	}
}

struct counted {
	char text[48];
	enum figure_unit unit;
	int32_t best, min, max;
};

static const struct counted counted[] = {
	{"300 families", FIGURE_UNIT_HOUSEHOLDS, 300, NO, NO},
	{"~300f", FIGURE_UNIT_HOUSEHOLDS, 300, NO, NO},
	{"250-400 HH ", FIGURE_UNIT_HOUSEHOLDS, NO, 250, 400},
	{"300 (250-400) people", FIGURE_UNIT_INDIVIDUALS, 300, 250, 400},
	{"300+ persons", FIGURE_UNIT_INDIVIDUALS, NO, 300, NO},
	{"up to 1,200 p", FIGURE_UNIT_INDIVIDUALS, NO, NO, 1200},
	{"٣٠٠ عائلة", FIGURE_UNIT_HOUSEHOLDS, 300, NO, NO},
	{"٣٠٠ شخص", FIGURE_UNIT_INDIVIDUALS, 300, NO, NO},
	{"٣٠٠", FIGURE_UNIT_NONE, 300, NO, NO},
};

Test(figure, reads_what_is_counted)
{
	for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
		struct figure figure = {7, 7, 7};
		enum figure_unit unit = FIGURE_UNIT_NONE;
		struct error err = {0};
		cr_expect_eq(figure_parse_counted(&figure, &unit, counted[i].text, &err), STATUS_OK, "%s: %s", counted[i].text,
		             err.message);
		cr_expect_eq(unit, counted[i].unit, "%s", counted[i].text);
		cr_expect(figure.best == counted[i].best && figure.min == counted[i].min && figure.max == counted[i].max,
		          "%s: %d %d %d", counted[i].text, figure.best, figure.min, figure.max);
	}
}

Test(figure, refuses_to_count_what_it_does_not_know)
{
	const char *const bad[] = {"300 goats", "families", "300 families 5", "", "300 f p", "عائلة"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct figure figure = {7, 7, 7};
		enum figure_unit unit = FIGURE_UNIT_INDIVIDUALS;
		cr_expect_eq(figure_parse_counted(&figure, &unit, bad[i], NULL), STATUS_BAD_INPUT, "%s", bad[i]);
		cr_expect(figure.best == 7 && unit == FIGURE_UNIT_INDIVIDUALS);
	}
}

static void expect_reads_back(struct figure figure)
{
	struct figure back = {7, 7, 7};
	char text[FIGURE_TEXT_BYTES];
	figure_format(&figure, text);
	cr_assert_eq(figure_parse(&back, text, NULL), STATUS_OK, "%s", text);
	cr_assert(back.best == figure.best && back.min == figure.min && back.max == figure.max, "%s", text);
}

Test(figure, every_figure_reads_back)
{
	const int32_t values[] = {NO, 0, 1, 12, 999, 1000, 59000, 1999999, FIGURE_MAX};
	const size_t n = sizeof values / sizeof *values;
	size_t seen = 0;
	for (size_t i = 0; i < n * n * n; i++) {
		const struct figure figure = {values[i % n], values[i / n % n], values[i / n / n]};
		if (!figure_is_given(&figure) || !figure_is_ordered(&figure))
			continue;
		expect_reads_back(figure);
		seen++;
	}
	cr_expect_gt(seen, 150);
}

Test(figure, nothing_prints_as_nothing)
{
	char text[FIGURE_TEXT_BYTES] = "x";
	const struct figure none = figure_none();
	figure_format(&none, text);
	cr_expect_str_eq(text, "");
	cr_expect_not(figure_is_given(&none));
}

Test(figure, order_is_judged_on_what_is_given)
{
	cr_expect(figure_is_ordered(&(struct figure){300, NO, 300}));
	cr_expect_not(figure_is_ordered(&(struct figure){300, 301, NO}));
	cr_expect_not(figure_is_ordered(&(struct figure){300, NO, 299}));
	cr_expect_not(figure_is_ordered(&(struct figure){NO, 2, 1}));
	cr_expect_not(figure_is_ordered(&(struct figure){NO, NO, FIGURE_MAX + 1}));
	cr_expect_not(figure_is_ordered(&(struct figure){-2, NO, NO}));
}
