/* Failure injection: the n-th allocation of our own code fails.
 *
 * The test programs are linked with --wrap for malloc, calloc and realloc, so it
 * reaches every object of ours and no shared library; it works under ASan too.
 */
#ifndef SIJIL_TESTS_SUPPORT_FAILING_MALLOC_H
#define SIJIL_TESTS_SUPPORT_FAILING_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* The n-th allocation from now on gives NULL (1: the next), and only that one.
 * 0: none does. */
void failing_malloc_at(size_t n);

/* Whether it has failed since; and none will fail any more. A loop over n ends
 * when this is false: then nothing was left to fail. */
bool failing_malloc_ended(void);

#endif
