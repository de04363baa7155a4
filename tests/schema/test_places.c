#include "schema/places.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "crypto/file.h"
#include "tests/schema/places_samples.h"
#include "tests/support/failing_malloc.h"

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

TestSuite(places, .init = begin, .fini = end);

struct lists {
	size_t len;
	struct places_list list[4];
};

static enum status keep(void *context, const struct places_list *list, struct error *error)
{
	struct lists *const lists = context;
	(void)error;
	lists->list[lists->len++] = *list;
	return STATUS_OK;
}

static struct lists all_lists(void)
{
	struct lists lists = {0};
	cr_assert_eq(places_each_list(stage.places, keep, &lists, &err), STATUS_OK, "%s", err.message);
	return lists;
}

Test(places, lists_are_kept_with_their_versions_the_newest_first)
{
	places_stage_demand(&stage, "old", places_sample_cod_old);
	places_stage_demand(&stage, "new", places_sample_cod_new);
	places_stage_demand(&stage, "undated", places_sample_choices);
	const struct lists lists = all_lists();
	cr_assert_eq(lists.len, 3);
	cr_expect_str_eq(lists.list[0].name, "new");
	cr_expect_str_eq(lists.list[0].version, "v03");
	cr_expect_str_eq(lists.list[1].name, "old");
	cr_expect_str_eq(lists.list[2].name, "undated");
	cr_expect_eq(lists.list[2].valid_on, PLACES_DAY_UNKNOWN);
	cr_expect_eq(lists.list[2].imported_s, 1750000000);
	const struct hash digest = hash_of(span_from_text(places_sample_choices));
	cr_expect(hash_equals(&lists.list[2].digest, &digest));
}

Test(places, newest_list_describes_a_code_and_others_fill_what_it_lacks)
{
	struct places_found found;
	places_stage_demand(&stage, "old", places_sample_cod_old);
	places_stage_demand(&stage, "new", places_sample_cod_new);
	places_stage_demand(&stage, "populated", places_sample_populated);
	places_stage_demand(&stage, "choices", places_sample_choices);
	cr_assert_eq(places_get(stage.places, "XY0101", &found, &err), STATUS_OK);
	cr_expect_str_eq(found.latin, "Nur Wadi");
	cr_expect_str_eq(found.list, "new");
	cr_assert_eq(places_get(stage.places, "C9003", &found, &err), STATUS_OK);
	cr_expect_str_eq(found.arabic, "الحراك", "one list has no Arabic, another has");
	cr_expect(found.has_point);
}

Test(places, list_taken_again_replaces_itself)
{
	struct places_found found;
	places_stage_demand(&stage, "list", places_sample_cod_old);
	places_stage_demand(&stage, "list", places_sample_cod_new);
	cr_expect_eq(all_lists().len, 1);
	cr_expect_eq(places_get(stage.places, "XY010100", &found, NULL), STATUS_NOT_FOUND);
	cr_expect_eq(places_get(stage.places, "XY0102", &found, NULL), STATUS_OK);
}

Test(places, list_removed_is_found_no_more)
{
	struct places_found found[PLACES_FOUND_MAX];
	size_t len = 7;
	bool empty = false;
	places_stage_demand(&stage, "populated", places_sample_populated);
	cr_expect_eq(places_remove(stage.places, "another", &err), STATUS_NOT_FOUND);
	cr_assert_eq(places_remove(stage.places, "populated", &err), STATUS_OK);
	cr_assert_eq(places_is_empty(stage.places, &empty, NULL), STATUS_OK);
	cr_expect(empty);
	cr_assert_eq(places_search(stage.places, &(struct places_query){"Hrak", NULL, 5}, found, &len, &err), STATUS_OK);
	cr_expect_eq(len, 0);
}

Test(places, file_shows_no_name_and_opens_with_its_key_alone)
{
	struct bytes content = {0};
	struct secret *other = NULL;
	struct places *opened = NULL;
	places_stage_demand(&stage, "populated", places_sample_populated);
	places_close(stage.places);
	stage.places = NULL;
	cr_assert_eq(file_read(&content, stage.path, 1 << 20, NULL), STATUS_OK);
	cr_expect_null(memmem(content.data, content.len, "Elharir", 7));
	cr_expect_null(memmem(content.data, content.len, "C9003", 5));
	cr_expect_null(memmem(content.data, content.len, "SQLite", 6));
	bytes_wipe(&content);
	cr_assert_eq(secret_new_random(&other, 32, NULL), STATUS_OK);
	cr_expect_eq(places_open(&opened, stage.path, other, &err), STATUS_CORRUPT, "%s", err.message);
	cr_expect_not_null(strstr(err.hint, "import"), "%s", err.hint);
	secret_free(other);
}

Test(places, copy_opens_under_the_new_key)
{
	char path[128];
	struct secret *other = NULL;
	struct places *copy = NULL;
	struct places_found found;
	places_stage_demand(&stage, "populated", places_sample_populated);
	(void)snprintf(path, sizeof path, "%s/copy", stage.folder);
	cr_assert_eq(secret_new_random(&other, 32, NULL), STATUS_OK);
	cr_assert_eq(places_copy(stage.places, path, other, &err), STATUS_OK, "%s", err.message);
	cr_assert_eq(places_open(&copy, path, other, &err), STATUS_OK, "%s", err.message);
	cr_expect_eq(places_get(copy, "C9003", &found, NULL), STATUS_OK);
	places_close(copy);
	cr_expect_eq(places_copy(stage.places, path, other, &err), STATUS_REFUSED);
	secret_free(other);
}

Test(places, parents_that_go_in_a_circle_end)
{
	struct places_found found;
	places_stage_demand(&stage, "circle",
	                    "Location,Admin Level,P-Code,Name,Parent P-Code\nXYZ,1,XY01,A,XY0101\nXYZ,2,XY0101,B,XY01\nXYZ,2,XY0102,C,XY0102\n");
	cr_expect_eq(places_get(stage.places, "XY01", &found, NULL), STATUS_OK);
	cr_expect_eq(places_get(stage.places, "XY0101", &found, NULL), STATUS_OK);
	cr_expect_str_eq(found.in[PLACES_ADMIN1].code, "XY01");
	cr_expect_eq(places_get(stage.places, "XY0102", &found, NULL), STATUS_OK);
}

Test(places, distances_are_about_right_and_never_overflow)
{
	/* Dar'a to Busra: 36.6 km; the poles; the date line. */
	const uint32_t daraa = places_distance_m(3262408, 3610492, 3251810, 3648170);
	cr_expect(daraa > 36900 && daraa < 37300, "%u", daraa);
	cr_expect_eq(places_distance_m(3262408, 3610492, 3262408, 3610492), 0);
	const uint32_t line = places_distance_m(0, 17999000, 0, -17999000);
	cr_expect(line > 2200 && line < 2260, "%u", line);
	cr_expect_lt(places_distance_m(9000000, 0, 9000000, 18000000), 300000);
	cr_expect_gt(places_distance_m(9000000, -18000000, -9000000, 0), 19000000);
}

Test(places, nearest_area_is_that_of_the_nearest_place)
{
	struct places_area area;
	places_stage_demand(&stage, "populated", places_sample_populated);
	cr_assert_eq(places_nearest_area(stage.places, 3290000, 3689000, &area, &err), STATUS_OK, "%s", err.message);
	cr_expect_str_eq(area.code, "XY010101");
	cr_expect_eq(places_nearest_area(stage.places, 0, 0, &area, &err), STATUS_NOT_FOUND);
	cr_expect_eq(places_nearest_area(stage.places, 9000000, 18000000, &area, &err), STATUS_NOT_FOUND);
}

Test(places, each_allocation_that_fails_is_told_and_leaves_what_was)
{
	places_stage_demand(&stage, "list", places_sample_choices);
	for (size_t n = 1;; n++) {
		struct places_import import;
		failing_malloc_at(n);
		const enum status status = places_stage_take(&stage, "list", span_from_text(places_sample_populated), &import, &err);
		if (!failing_malloc_ended())
			break;
		cr_expect_eq(status, STATUS_NO_MEMORY, "allocation %zu: %s", n, err.message);
		cr_assert_eq(all_lists().list[0].places, 5);
	}
	for (size_t n = 1;; n++) {
		struct places_found found[PLACES_FOUND_MAX];
		size_t len = 0;
		failing_malloc_at(n);
		const enum status status = places_search(stage.places, &(struct places_query){"Hirak", NULL, 5}, found, &len, &err);
		if (!failing_malloc_ended())
			break;
		cr_expect_eq(status, STATUS_NO_MEMORY, "allocation %zu: %s", n, err.message);
	}
}
