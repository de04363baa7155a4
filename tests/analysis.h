/* Included first by `make analyze` only: tells the analyzers, which look at one
 * source at a time, that error_set and error_wrap return the status they get.
 */
#ifndef SIJIL_TESTS_ANALYSIS_H
#define SIJIL_TESTS_ANALYSIS_H

#include "crypto/status.h"

#define error_set(err, status, ...) ((void)(error_set)((err), (status), __VA_ARGS__), (status))
#define error_wrap(err, status, ...) ((void)(error_wrap)((err), (status), __VA_ARGS__), (status))

#endif
