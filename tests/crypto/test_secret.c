#include "crypto/secret.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int pipe_holding(const char *text, size_t len)
{
	int ends[2];
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], text, len), (ssize_t)len);
	(void)close(ends[1]);
	return ends[0];
}

static void start(void)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
}

TestSuite(secret, .init = start);

Test(secret, process_leaves_no_core_and_is_not_dumpable)
{
	struct rlimit limit;
	cr_assert_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	cr_assert_eq(limit.rlim_cur, 0);
	cr_assert_eq(limit.rlim_max, 0);
	cr_assert_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	cr_assert_eq(umask(077), 077);
}

/* Locked kibibytes of this process, by the kernel's word. */
static long locked_kib(void)
{
	char line[256];
	long found = -1;
	FILE *const status = fopen("/proc/self/status", "re");
	while (status != NULL && fgets(line, sizeof line, status) != NULL)
		(void)sscanf(line, "VmLck: %ld", &found);
	if (status != NULL)
		(void)fclose(status);
	return found;
}

Test(secret, process_locks_all_its_memory_only_where_no_limit_would_then_starve_it)
{
	const struct rlimit limited = {1 << 20, 1 << 20}, unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	if (setrlimit(RLIMIT_MEMLOCK, &unlimited) == 0) {
		cr_assert_eq(secret_process_init(NULL), STATUS_OK);
		void *const large = malloc(8 << 20);
		cr_assert_not_null(large);
#ifdef __SANITIZE_ADDRESS__ /* it does not pass the call on */
		const long expected_kib = 0;
#else
		const long expected_kib = 8 << 10;
#endif
		cr_assert_geq(locked_kib(), expected_kib, "what is allocated later is locked too");
		free(large);
		cr_assert_eq(munlockall(), 0);
	}
	cr_assert_eq(setrlimit(RLIMIT_MEMLOCK, &limited), 0);
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
	void *const large = malloc(64 << 20);
	cr_assert_not_null(large, "a limit on locked memory starves nothing");
	free(large);
}

Test(secret, process_can_be_prepared_twice)
{
	cr_assert_eq(secret_process_init(NULL), STATUS_OK);
}

Test(secret, new_one_is_zeroed_and_empty)
{
	struct secret *secret = NULL;
	cr_assert_eq(secret_new(&secret, 100, NULL), STATUS_OK);
	cr_assert_eq(secret->len, 0);
	cr_assert_eq(secret->capacity, 100);
	cr_assert(sodium_is_zero(secret->data, 100));
	secret_free(secret);
}

Test(secret, of_no_bytes_is_allowed)
{
	struct secret *secret = NULL;
	cr_assert_eq(secret_new_copy(&secret, (struct span){NULL, 0}, NULL), STATUS_OK);
	cr_assert_eq(secret_span(secret).len, 0);
	secret_free(secret);
}

Test(secret, of_impossible_size_is_no_memory_and_leaves_the_output)
{
	struct secret *secret = NULL;
	struct error err = {0};
	cr_assert_eq(secret_new(&secret, SIZE_MAX - 100000, &err), STATUS_NO_MEMORY);
	cr_assert_null(secret);
	cr_assert_str_not_empty(err.message);
}

Test(secret, random_ones_differ)
{
	struct secret *a = NULL, *b = NULL;
	cr_assert_eq(secret_new_random(&a, 32, NULL), STATUS_OK);
	cr_assert_eq(secret_new_random(&b, 32, NULL), STATUS_OK);
	cr_assert_eq(a->len, 32);
	cr_assert_not(span_equals(secret_span(a), secret_span(b)));
	secret_free(a);
	secret_free(b);
}

Test(secret, copy_holds_the_same_bytes_elsewhere)
{
	const struct span from = span_from_text("a river of horses");
	struct secret *secret = NULL;
	cr_assert_eq(secret_new_copy(&secret, from, NULL), STATUS_OK);
	cr_assert(span_equals(secret_span(secret), from));
	cr_assert_neq(secret->data, from.data);
	secret_free(secret);
}

Test(secret, one_byte_beyond_the_end_kills_the_process, .signal = SIGSEGV)
{
	struct secret *secret = NULL;
	cr_assert_eq(secret_new(&secret, 32, NULL), STATUS_OK);
	*(volatile uint8_t *)(secret->data + 32) = 1;
}

Test(secret, freeing_nothing_is_fine)
{
	secret_free(NULL);
}

struct line_case {
	char input[40];
	size_t len;
	char expected[16];
};

Test(secret, line_ends_at_newline_or_end_and_loses_its_carriage_return)
{
	static const struct line_case cases[] = {
		{"hello\n", 6, "hello"},         {"hello", 5, "hello"},         {"hello\r\n", 7, "hello"},
		{"12345678\n", 9, "12345678"},   {"12345678", 8, "12345678"},   {"12345678\r\n", 10, "12345678"},
		{"a\rb\n", 4, "a\rb"},           {" a \n", 4, " a "},           {"\xd9\x85\xd8\xb1\n", 5, "\xd9\x85\xd8\xb1"},
		{"hello\nworld\n", 12, "hello"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const int fd = pipe_holding(cases[i].input, cases[i].len);
		struct secret *secret = NULL;
		cr_assert_eq(secret_read_line(&secret, fd, 8, NULL), STATUS_OK, "case %zu", i);
		cr_assert(span_equals(secret_span(secret), span_from_text(cases[i].expected)), "case %zu", i);
		cr_assert_eq(secret->capacity, 8);
		secret_free(secret);
		(void)close(fd);
	}
}

Test(secret, no_line_is_not_found_which_a_line_too_long_never_is)
{
	static const struct line_case cases[] = {{"", 0, ""}, {"\n", 1, ""}, {"\r\n", 2, ""}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const int fd = pipe_holding(cases[i].input, cases[i].len);
		struct secret *secret = NULL;
		struct error err = {0};
		cr_assert_eq(secret_read_line(&secret, fd, 8, &err), STATUS_NOT_FOUND, "case %zu", i);
		cr_assert_null(secret);
		cr_assert_str_not_empty(err.message);
		(void)close(fd);
	}
}

Test(secret, line_too_long_is_bad_input)
{
	static const struct line_case cases[] = {
		{"123456789\n", 10, ""}, {"123456789", 9, ""},    {"123456789\r\n", 11, ""},
		{"12345678\r9\n", 11, ""}, {"12345678\r\r\n", 11, ""}, {"1234567890123456789\r\n", 21, ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const int fd = pipe_holding(cases[i].input, cases[i].len);
		struct secret *secret = NULL;
		struct error err = {0};
		cr_assert_eq(secret_read_line(&secret, fd, 8, &err), STATUS_BAD_INPUT, "case %zu", i);
		cr_assert_null(secret);
		cr_assert_null(strstr(err.message, "1234"), "a message shows the secret");
		(void)close(fd);
	}
}

Test(secret, what_follows_the_line_stays_in_the_pipe)
{
	char rest[8] = {0};
	struct secret *secret = NULL;
	const int fd = pipe_holding("hello\nworld", 11);
	cr_assert_eq(secret_read_line(&secret, fd, 100, NULL), STATUS_OK);
	cr_assert_eq(read(fd, rest, sizeof rest), 5);
	cr_assert_str_eq(rest, "world");
	secret_free(secret);
	(void)close(fd);
}

Test(secret, rest_of_a_line_too_long_is_not_left_for_others)
{
	char rest[8] = {0};
	struct secret *secret = NULL;
	const int fd = pipe_holding("hello world\nnext", 16);
	cr_assert_eq(secret_read_line(&secret, fd, 4, NULL), STATUS_BAD_INPUT);
	cr_assert_eq(read(fd, rest, sizeof rest), 4);
	cr_assert_str_eq(rest, "next");
	(void)close(fd);
}

Test(secret, endless_input_is_refused)
{
	struct secret *secret = NULL;
	const int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	cr_assert_eq(secret_read_line(&secret, fd, 64, NULL), STATUS_BAD_INPUT);
	cr_assert_null(secret);
	(void)close(fd);
}

Test(secret, closed_descriptor_is_an_io_error)
{
	struct secret *secret = NULL;
	struct error err = {0};
	const int fd = pipe_holding("x\n", 2);
	(void)close(fd);
	cr_assert_eq(secret_read_line(&secret, fd, 64, &err), STATUS_IO);
	cr_assert_null(secret);
	cr_assert_str_not_empty(err.message);
}

Test(secret, absurd_capacity_is_refused)
{
	struct secret *secret = NULL;
	cr_assert_eq(secret_read_line(&secret, 0, SIZE_MAX - 1, NULL), STATUS_BAD_INPUT);
	cr_assert_null(secret);
}
