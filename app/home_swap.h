/* A database made anew in the place of a damaged one, which is kept beside it as register.db.damaged-1 and so on.
 *
 * At any moment the old one is there with its journal, or the new one is, whole: where it is cut short in between, the new
 * one has the unfinished name that home_generation_settle puts into place.
 */
#ifndef SIJIL_APP_HOME_SWAP_H
#define SIJIL_APP_HOME_SWAP_H

#include "app/home.h"

/* Copies a file to a name below that of the database, so that whatever clears the home finds it. Replaces it. IO, NOT_FOUND. */
MUST_CHECK enum status home_swap_copy(const char *to, const char *from, struct error *err);

/* Where the new database is built. BAD_INPUT: the path is too long. */
MUST_CHECK enum status home_swap_building(char path[HOME_PATH_BYTES], const struct home *home, struct error *err);

/* Removes what a repair that was cut short left: copies, half-made databases and key files. The caller holds the folder's lock. */
void home_swap_clean(const struct home *home);

/* Puts `made`, closed, under the database's name. `aside` names where the old one is kept. The caller has the home alone. */
MUST_CHECK enum status home_swap(const struct home *home, const char *made, char aside[HOME_PATH_BYTES], struct error *err);

#endif
