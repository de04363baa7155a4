#include "crypto/stretch.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static_assert(STRETCH_SALT_BYTES == crypto_pwhash_argon2id_SALTBYTES, "RFC 9106 recommends 16");

static const uint64_t aimed_ms = 1000;

struct stretch_costs stretch_costs_minimum(void)
{
	return (struct stretch_costs){STRETCH_MEMORY_MIN_BYTES, STRETCH_PASSES_MIN};
}

bool stretch_costs_are_allowed(const struct stretch_costs *costs)
{
	return costs->memory_bytes >= STRETCH_MEMORY_MIN_BYTES && costs->memory_bytes <= STRETCH_MEMORY_MAX_BYTES &&
	       costs->memory_bytes % 1024 == 0 && costs->passes >= STRETCH_PASSES_MIN &&
	       costs->passes <= STRETCH_PASSES_MAX;
}

static uint64_t clamp(uint64_t value, uint64_t least, uint64_t most)
{
	return value < least ? least : value > most ? most : value;
}

static uint64_t machine_bytes(void)
{
	const long pages = sysconf(_SC_PHYS_PAGES);
	const long page_bytes = sysconf(_SC_PAGESIZE);
	return pages > 0 && page_bytes > 0 ? (uint64_t)pages * (uint64_t)page_bytes : 0;
}

/* What other programs leave, as Linux counts it: caches can be given up. UINT64_MAX: it does not say. */
static uint64_t available_bytes(void)
{
	static const char name[] = "MemAvailable:";
	char line[128];
	uint64_t kib = UINT64_MAX / 1024;
	FILE *const meminfo = fopen("/proc/meminfo", "re");
	if (meminfo == NULL)
		return UINT64_MAX;
	while (fgets(line, sizeof line, meminfo) != NULL)
		if (strncmp(line, name, sizeof name - 1) == 0)
			kib = strtoull(line + sizeof name - 1, NULL, 10);
	(void)fclose(meminfo);
	return kib < UINT64_MAX / 1024 ? kib * 1024 : UINT64_MAX;
}

uint64_t stretch_memory_limit(uint64_t machine, uint64_t available)
{
	const uint64_t most = machine / 4 < available / 2 ? machine / 4 : available / 2;
	const uint64_t limit = clamp(most, STRETCH_MEMORY_MIN_BYTES, STRETCH_MEMORY_MAX_BYTES);
	return limit - limit % (1 << 20);
}

/* Of the processor, so that a machine that is busy just now gets no weaker check. */
static enum status measure_ms(uint64_t *ms, const struct stretch_costs *costs, struct error *err)
{
	static const uint8_t salt[STRETCH_SALT_BYTES] = {0};
	struct timespec before, after;
	struct secret *key = NULL;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
	const enum status status = stretch_key(&key, span_from_text("measured"), salt, costs, err);
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
	secret_free(key);
	if (status != STATUS_OK)
		return status;
	const int64_t passed = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
	*ms = passed > 0 ? (uint64_t)passed : 1;
	return STATUS_OK;
}

enum status stretch_costs_measure(struct stretch_costs *costs, struct error *err)
{
	const uint64_t most = stretch_memory_limit(machine_bytes(), available_bytes());
	struct stretch_costs measured = stretch_costs_minimum();
	uint64_t ms = 0;

	/* Memory first: it is what an attacker's hardware is short of. */
	enum status status = measure_ms(&ms, &measured, err);
	if (status != STATUS_OK)
		return status;
	const uint64_t memory = clamp(measured.memory_bytes * aimed_ms / ms, STRETCH_MEMORY_MIN_BYTES, most);
	measured.memory_bytes = memory - memory % (1 << 20);
	status = measure_ms(&ms, &measured, err);
	if (status != STATUS_OK)
		return status;
	measured.passes = (uint32_t)clamp(measured.passes * aimed_ms / ms, STRETCH_PASSES_MIN, STRETCH_PASSES_MAX);
	*costs = measured;
	return STATUS_OK;
}

enum status stretch_key(struct secret **key, struct span text, const uint8_t *salt, const struct stretch_costs *costs,
                        struct error *err)
{
	struct secret *fresh = NULL;

	if (text.len == 0 || text.len > STRETCH_TEXT_MAX_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "a passphrase has 1 to %d bytes, not %zu", STRETCH_TEXT_MAX_BYTES,
		                 text.len);
	if (!stretch_costs_are_allowed(costs))
		return error_set(err, STATUS_BAD_INPUT, "passphrase costs of %llu bytes and %u passes are out of bounds",
		                 (unsigned long long)costs->memory_bytes, costs->passes);
	const enum status status = secret_new(&fresh, STRETCH_KEY_BYTES, err);
	if (status != STATUS_OK)
		return status;
	if (crypto_pwhash(fresh->data, STRETCH_KEY_BYTES, (const char *)text.data, text.len, salt, costs->passes,
	                  (size_t)costs->memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
		secret_free(fresh);
		(void)error_set(err, STATUS_NO_MEMORY, "there is not enough memory for the passphrase: %llu MiB are needed",
		                (unsigned long long)(costs->memory_bytes >> 20));
		error_hint(err, "Close other programs and try again.");
		return STATUS_NO_MEMORY;
	}
	fresh->len = STRETCH_KEY_BYTES;
	*key = fresh;
	return STATUS_OK;
}
