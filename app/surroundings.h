/* What a register stands on: its folder, its disk, and where memory may be written to.
 *
 * Facts only; each finding is a sentence with the step to take. The encrypted file cannot mend these.
 */
#ifndef SIJIL_APP_SURROUNDINGS_H
#define SIJIL_APP_SURROUNDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/home.h"

#define SURROUNDINGS_FINDINGS 16
#define SURROUNDINGS_TEXT_BYTES 512

struct surroundings {
	uint64_t free_bytes; /* of the disk, for this user */
	size_t findings_len;
	char findings[SURROUNDINGS_FINDINGS][SURROUNDINGS_TEXT_BYTES];
};

/* Looks at modes and owners, kind and room of the disk, and at swap. `root`: where proc and sys are looked for, "" but in
 * tests. */
void surroundings_look(struct surroundings *found, const struct home *home, const char *root);

/* Whether the disk is about to be full, and how much is left; false where that cannot be told. */
bool surroundings_room_is_little(const struct home *home, uint64_t *free_bytes);

/* Parts of it. What kind of trouble a file system (statfs f_type) is, as words that follow "the register stands on", or
 * NULL. */
const char *surroundings_disk(unsigned long type);
/* Adds a finding for each swap area that is neither encrypted nor compressed memory. */
void surroundings_swap(struct surroundings *found, const char *root);

#endif
