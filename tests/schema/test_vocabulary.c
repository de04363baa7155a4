#include "schema/vocabulary.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct vocabulary *const all[] = {
	&vocabulary_kind,          &vocabulary_group,     &vocabulary_method,      &vocabulary_reason,
	&vocabulary_site,          &vocabulary_need,      &vocabulary_access,      &vocabulary_access_reason,
	&vocabulary_source,        &vocabulary_mode,      &vocabulary_sensitivity, &vocabulary_times,
	&vocabulary_precision,     &vocabulary_household_link, &vocabulary_sadd_scope, &vocabulary_vulnerable,
	&vocabulary_absent,        &vocabulary_retraction, &vocabulary_clock,      &vocabulary_verdict,
};
enum { ALL = sizeof all / sizeof *all };

Test(vocabulary, every_word_and_label_finds_its_code)
{
	for (size_t v = 0; v < ALL; v++)
		for (size_t i = 0; i < all[v]->len; i++) {
			const struct vocabulary_entry *e = &all[v]->entries[i];
			cr_expect_eq(vocabulary_code(all[v], e->word), e->code, "%s", e->word);
			cr_expect_eq(vocabulary_code(all[v], e->label), e->code, "%s", e->label);
			cr_expect_str_eq(vocabulary_word(all[v], e->code), e->word);
			cr_expect_str_eq(vocabulary_label(all[v], e->code), e->label);
		}
}

Test(vocabulary, codes_and_words_occur_once)
{
	for (size_t v = 0; v < ALL; v++)
		for (size_t i = 0; i < all[v]->len; i++) {
			cr_expect_neq(all[v]->entries[i].code, 0);
			for (size_t j = 0; j < i; j++) {
				cr_expect_neq(all[v]->entries[i].code, all[v]->entries[j].code);
				cr_expect_str_neq(all[v]->entries[i].word, all[v]->entries[j].word);
			}
		}
}

Test(vocabulary, numbers_beginnings_and_spelling_are_understood)
{
	cr_expect_eq(vocabulary_code(&vocabulary_kind, "2"), 2);
	cr_expect_eq(vocabulary_code(&vocabulary_kind, "\xD9\xA2"), 2);
	cr_expect_eq(vocabulary_code(&vocabulary_kind, "ARR"), 2);
	cr_expect_eq(vocabulary_code(&vocabulary_group, "returnee IDP"), 2);
	cr_expect_eq(vocabulary_code(&vocabulary_group, "returnee-abroad"), 3);
	cr_expect_eq(vocabulary_code(&vocabulary_times, "4"), 4);
}

Test(vocabulary, what_is_ambiguous_or_unknown_is_none)
{
	cr_expect_eq(vocabulary_code(&vocabulary_group, "returnee"), 0);
	cr_expect_eq(vocabulary_code(&vocabulary_kind, ""), 0);
	cr_expect_eq(vocabulary_code(&vocabulary_kind, "0"), 0);
	cr_expect_eq(vocabulary_code(&vocabulary_kind, "7"), 0);
	cr_expect_eq(vocabulary_code(&vocabulary_kind, "258"), 0);
	cr_expect_eq(vocabulary_code(&vocabulary_kind, "arrivals"), 0);
	cr_expect_eq(vocabulary_code(&vocabulary_times, "5"), 0);
	cr_expect_null(vocabulary_word(&vocabulary_kind, 0));
	cr_expect_null(vocabulary_label(&vocabulary_kind, 200));
}

Test(vocabulary, a_beginning_of_a_label_is_enough)
{
	cr_expect_eq(vocabulary_code(&vocabulary_source, "seen"), 1);
	cr_expect_eq(vocabulary_code(&vocabulary_reason, "air"), 1);
	cr_expect_eq(vocabulary_code(&vocabulary_reason, "going h"), 10);
	cr_expect_eq(vocabulary_code(&vocabulary_need, "w"), 0, "water or winter");
}
