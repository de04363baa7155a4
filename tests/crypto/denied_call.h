/* Failure injection below the C library: the kernel itself refuses a system call
 * to this process and its children, for good (seccomp(2)).
 */
#ifndef SIJIL_TESTS_CRYPTO_DENIED_CALL_H
#define SIJIL_TESTS_CRYPTO_DENIED_CALL_H

#include <stdbool.h>
#include <stdint.h>

/* From now on system call `number` fails with `error` (an errno) where argument
 * `argument` (0 to 5, its low 32 bits) equals `value`. False where the system
 * does not allow that. */
bool denied_call(long number, int error, unsigned argument, uint32_t value);

/* As above, whatever the arguments. */
bool denied_call_always(long number, int error);

#endif
