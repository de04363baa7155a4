/* Two ways to one end, run in turns: a ratio holds on a machine whose speed
 * changes from minute to minute, a time does not.
 *
 * Every round runs both ways, and the order turns with each round. Within a round
 * ours is divided by the bare limit, and the median of these ratios is the figure,
 * printed as one row with the middle half of them. A bar missed is shown and fails
 * nothing: a benchmark judges no build.
 */
#ifndef SIJIL_TESTS_BENCH_ROUNDS_H
#define SIJIL_TESTS_BENCH_ROUNDS_H

#include <stddef.h>

/* Time spent between start and stop, added up: of the clock on the wall, and of
 * this thread on a processor. */
struct watch {
	double wall_s, cpu_s;
	double wall_from_s, cpu_from_s;
};
void watch_start(struct watch *watch);
void watch_stop(struct watch *watch);

/* Does its work once; what is not to be counted stands outside start and stop. */
typedef void rounds_function(void *context, struct watch *watch);

enum rounds_figure {
	ROUNDS_MEDIAN, /* of the ratios */
	ROUNDS_TOTAL,  /* time of all rounds by time of all rounds: for work that slows down as it goes on */
};

struct rounds {
	const char *what;
	enum rounds_figure figure;
	unsigned rounds;
	double operations; /* in one round: the times shown are of one */
	double most;       /* the bar; 0: there is none */
	rounds_function *ours, *bare;
};

/* Runs both once uncounted unless the figure is a total, then the rounds; prints the row. */
void rounds_run(const struct rounds *rounds, void *context);

/* A row of a figure that is no ratio: `value` is at most `most`, or `most` is 0. */
void rounds_print_value(const char *what, double value, double most, const char *unit);

#endif
