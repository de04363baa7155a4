/* A key out of what a person can remember: Argon2id 1.3 (RFC 9106), one lane,
 * so that each guess costs an attacker what it costs us.
 *
 * Costs are bounded both ways: too little protects nobody, and too much, read
 * from a file somebody else wrote, would hang or kill the program.
 */
#ifndef SIJIL_CRYPTO_STRETCH_H
#define SIJIL_CRYPTO_STRETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/secret.h"
#include "crypto/status.h"

#define STRETCH_SALT_BYTES 16
#define STRETCH_KEY_BYTES 32
#define STRETCH_TEXT_MAX_BYTES 1024
#define STRETCH_MEMORY_MIN_BYTES (64ull << 20)
#define STRETCH_MEMORY_MAX_BYTES (256ull << 20)
#define STRETCH_PASSES_MIN 3
#define STRETCH_PASSES_MAX 16

struct stretch_costs {
	uint64_t memory_bytes; /* a multiple of 1024 */
	uint32_t passes;
};

/* The floor: 64 MiB and 3 passes. */
struct stretch_costs stretch_costs_minimum(void);

/* The most that one check may take on a machine with that much memory, of which
 * that much is available: a quarter of the one, half of the other, and within the
 * bounds in any case. Whole MiB. */
uint64_t stretch_memory_limit(uint64_t machine_bytes, uint64_t available_bytes);

/* Costs of about one second on this machine as it is now, within the bounds and
 * stretch_memory_limit. Runs Argon2id twice. */
MUST_CHECK enum status stretch_costs_measure(struct stretch_costs *costs, struct error *err);

bool stretch_costs_are_allowed(const struct stretch_costs *costs);

/* STRETCH_KEY_BYTES in guarded memory, from `text` (1 to STRETCH_TEXT_MAX_BYTES,
 * already normalised by app/) and STRETCH_SALT_BYTES of salt. BAD_INPUT if the
 * text's length or the costs are out of bounds; NO_MEMORY if the machine has not
 * that much. */
MUST_CHECK enum status stretch_key(struct secret **key, struct span text, const uint8_t *salt,
                                   const struct stretch_costs *costs, struct error *err);

#endif
