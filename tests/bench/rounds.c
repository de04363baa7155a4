#include "tests/bench/rounds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TIME_BYTES = 24, SPAN_BYTES = 48 };

static double seconds(clockid_t clock)
{
	struct timespec now;
	if (clock_gettime(clock, &now) != 0)
		abort();
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void watch_start(struct watch *watch)
{
	watch->cpu_from_s = seconds(CLOCK_THREAD_CPUTIME_ID);
	watch->wall_from_s = seconds(CLOCK_MONOTONIC);
}

void watch_stop(struct watch *watch)
{
	watch->wall_s += seconds(CLOCK_MONOTONIC) - watch->wall_from_s;
	watch->cpu_s += seconds(CLOCK_THREAD_CPUTIME_ID) - watch->cpu_from_s;
}

static int ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Sorts. `part` 0.5 is the median; between two values, what lies between. */
static double quantile(double *values, size_t n, double part)
{
	qsort(values, n, sizeof *values, ascending);
	const double at = part * (double)(n - 1);
	const size_t below = (size_t)at;
	const size_t above = below + 1 < n ? below + 1 : below;
	return values[below] + (values[above] - values[below]) * (at - (double)below);
}

static void format_time(char text[TIME_BYTES], double time_s)
{
	static const struct {
		double scale;
		const char *unit;
	} units[] = {{1e6, "us"}, {1e3, "ms"}, {1, "s"}};
	size_t i = 0;
	while (i < 2 && time_s * units[i].scale >= 1000)
		i++;
	(void)snprintf(text, TIME_BYTES, "%.1f %s", time_s * units[i].scale, units[i].unit);
}

static const char *judge(double value, double most)
{
	return most <= 0 ? "" : value <= most ? "met" : "MISSED";
}

static void format_bar(char text[TIME_BYTES], double most)
{
	if (most > 0)
		(void)snprintf(text, TIME_BYTES, "<= %g", most);
	else
		text[0] = '\0';
}

void rounds_print_value(const char *what, double value, double most, const char *unit)
{
	char shown[TIME_BYTES], bar[TIME_BYTES];
	(void)snprintf(shown, sizeof shown, "%g %s", value, unit);
	format_bar(bar, most);
	(void)printf("%-50s %10s %10s %7s %-17s %7s %-8s %s\n", what, shown, "", "", "", "", bar, judge(value, most));
	(void)fflush(stdout);
}

/* What was measured, a value for each round. */
struct series {
	size_t n;
	double *ours, *bare, *ratios, *cpu_ratios;
	struct watch total_ours, total_bare;
};

static void add(struct watch *total, const struct watch *one)
{
	total->wall_s += one->wall_s;
	total->cpu_s += one->cpu_s;
}

static void print_row(const struct rounds *rounds, struct series *series)
{
	char ours[TIME_BYTES], bare[TIME_BYTES], span[SPAN_BYTES], bar[TIME_BYTES];
	const size_t n = series->n;
	double ratio = quantile(series->ratios, n, 0.5), cpu = quantile(series->cpu_ratios, n, 0.5);
	double ours_s = quantile(series->ours, n, 0.5), bare_s = quantile(series->bare, n, 0.5);

	if (rounds->figure == ROUNDS_TOTAL) {
		ratio = series->total_ours.wall_s / series->total_bare.wall_s;
		cpu = series->total_ours.cpu_s / series->total_bare.cpu_s;
		ours_s = series->total_ours.wall_s / (double)n;
		bare_s = series->total_bare.wall_s / (double)n;
	}
	format_time(ours, ours_s / rounds->operations);
	format_time(bare, bare_s / rounds->operations);
	format_bar(bar, rounds->most);
	(void)snprintf(span, sizeof span, "[%.3f .. %.3f]", quantile(series->ratios, n, 0.25),
	               quantile(series->ratios, n, 0.75));
	(void)printf("%-50s %10s %10s %7.3f %-17s %7.3f %-8s %s\n", rounds->what, ours, bare, ratio, span, cpu, bar,
	             judge(ratio, rounds->most));
	(void)fflush(stdout);
}

static void run_round(const struct rounds *rounds, void *context, unsigned round, struct series *series)
{
	struct watch ours = {0}, bare = {0};
	const size_t i = series->n++;

	if (round % 2 == 0)
		rounds->ours(context, &ours);
	rounds->bare(context, &bare);
	if (round % 2 != 0)
		rounds->ours(context, &ours);
	series->ours[i] = ours.wall_s;
	series->bare[i] = bare.wall_s;
	series->ratios[i] = ours.wall_s / bare.wall_s;
	series->cpu_ratios[i] = ours.cpu_s / bare.cpu_s;
	add(&series->total_ours, &ours);
	add(&series->total_bare, &bare);
}

void rounds_run(const struct rounds *rounds, void *context)
{
	double *const values = calloc(4 * (size_t)rounds->rounds, sizeof *values);
	if (values == NULL)
		abort();
	struct series series = {
		.ours = values,
		.bare = values + rounds->rounds,
		.ratios = values + 2 * (size_t)rounds->rounds,
		.cpu_ratios = values + 3 * (size_t)rounds->rounds,
	};
	if (rounds->figure == ROUNDS_MEDIAN) {
		struct watch uncounted = {0};
		rounds->ours(context, &uncounted);
		rounds->bare(context, &uncounted);
	}
	for (unsigned round = 0; round < rounds->rounds; round++)
		run_round(rounds, context, round, &series);
	print_row(rounds, &series);
	free(values);
}
