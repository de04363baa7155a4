#include "crypto/stretch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const uint8_t salt[STRETCH_SALT_BYTES] = "0123456789abcdef";

static void start(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
}

TestSuite(stretch, .init = start);

static struct secret *stretched(const char *text, const uint8_t *with, struct stretch_costs costs)
{
	struct secret *key = NULL;
	cr_assert_eq(stretch_key(&key, span_from_text(text), with, &costs, NULL), STATUS_OK);
	cr_assert_eq(key->len, STRETCH_KEY_BYTES);
	return key;
}

Test(stretch, same_text_salt_and_costs_give_the_same_key_and_nothing_else_does)
{
	const struct stretch_costs costs = stretch_costs_minimum();
	const struct stretch_costs more_passes = {costs.memory_bytes, costs.passes + 1};
	const struct stretch_costs more_memory = {costs.memory_bytes + 1024, costs.passes};
	struct secret *const keys[] = {
		stretched("open", salt, costs),       stretched("open", salt, costs),
		stretched("opem", salt, costs),       stretched("open", (const uint8_t *)"1123456789abcdef", costs),
		stretched("open", salt, more_passes), stretched("open", salt, more_memory),
	};
	cr_assert(span_equals(secret_span(keys[0]), secret_span(keys[1])));
	for (size_t i = 2; i < sizeof keys / sizeof keys[0]; i++)
		cr_assert_not(span_equals(secret_span(keys[0]), secret_span(keys[i])), "key %zu", i);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		secret_free(keys[i]);
}

Test(stretch, text_of_no_or_too_many_bytes_is_bad_input)
{
	static const uint8_t text[STRETCH_TEXT_MAX_BYTES + 1] = {1};
	const struct stretch_costs costs = stretch_costs_minimum();
	struct secret *key = NULL;
	cr_assert_eq(stretch_key(&key, (struct span){NULL, 0}, salt, &costs, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(stretch_key(&key, (struct span){text, sizeof text}, salt, &costs, NULL), STATUS_BAD_INPUT);
	cr_assert_null(key);
	cr_assert_eq(stretch_key(&key, (struct span){text, sizeof text - 1}, salt, &costs, NULL), STATUS_OK);
	secret_free(key);
}

Test(stretch, costs_out_of_bounds_are_bad_input)
{
	static const struct stretch_costs cases[] = {
		{64ull << 20, 2},           {64ull << 20, 17},           {(64ull << 20) - 1024, 3},
		{(64ull << 20) + 512, 3},   {(256ull << 20) + 1024, 3},  {0, 0},
	};
	struct secret *key = NULL;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		cr_assert_not(stretch_costs_are_allowed(&cases[i]));
		cr_assert_eq(stretch_key(&key, span_from_text("open"), salt, &cases[i], NULL), STATUS_BAD_INPUT);
	}
	cr_assert_null(key);
}

Test(stretch, measured_costs_are_within_the_bounds)
{
	struct stretch_costs costs = {0};
	cr_assert_eq(stretch_costs_measure(&costs, NULL), STATUS_OK);
	cr_assert(stretch_costs_are_allowed(&costs));
	cr_assert_eq(costs.memory_bytes % (1 << 20), 0);
}

#ifndef __SANITIZE_ADDRESS__
Test(stretch, a_machine_without_the_memory_says_how_much_is_needed)
{
	unsigned long pages = 0;
	FILE *const usage = fopen("/proc/self/statm", "re");
	cr_assert_not_null(usage);
	cr_assert_eq(fscanf(usage, "%lu", &pages), 1);
	(void)fclose(usage);
	const rlim_t most = pages * (rlim_t)sysconf(_SC_PAGESIZE) + (32u << 20);
	const struct rlimit little = {most, most};
	const struct stretch_costs costs = stretch_costs_minimum();
	struct secret *key = NULL;
	struct error err = {0};
	cr_assert_eq(setrlimit(RLIMIT_AS, &little), 0);
	cr_assert_eq(stretch_key(&key, span_from_text("open"), salt, &costs, &err), STATUS_NO_MEMORY);
	cr_assert_not_null(strstr(err.message, "64 MiB"));
	cr_assert_null(key);
}
#endif

struct limit_case {
	uint64_t machine_mib, available_mib, expected_mib;
};

Test(stretch, leaves_memory_to_the_rest_of_the_machine_but_never_goes_below_the_floor)
{
	static const struct limit_case cases[] = {
		{8192, 4096, 256}, {8192, 511, 255}, {8192, 300, 150}, {8192, 100, 64}, {8192, 0, 64},
		{512, 400, 128},   {128, 100, 64},   {0, 4096, 64},    {900, 4096, 225},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		cr_assert_eq(stretch_memory_limit(cases[i].machine_mib << 20, cases[i].available_mib << 20),
		             cases[i].expected_mib << 20, "case %zu", i);
	cr_assert_eq(stretch_memory_limit(UINT64_MAX, UINT64_MAX), STRETCH_MEMORY_MAX_BYTES);
}
