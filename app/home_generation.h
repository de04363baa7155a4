/* The database files of one home: one generation lives, named by the key file; what others left is removed.
 *
 *   register.db, register-2.db, register-3.db ...   of generation 1, 2, 3 ...
 *   register-2.db.unfinished                        being built, or whole and not yet named
 *
 * A new generation is built whole under the unfinished name. The key file that names it, renamed into place, decides: before
 * that the unfinished file is rubbish, after it the old one is.
 */
#ifndef SIJIL_APP_HOME_GENERATION_H
#define SIJIL_APP_HOME_GENERATION_H

#include "app/home.h"

/* Whether the name is of a database of any generation, or of what stands beside one. */
bool home_generation_is_file(const char *name);

/* Whether the folder holds a database of any generation. */
bool home_generation_any(const char *folder);

/* Whether the home's database is there, under its name or the unfinished one. */
bool home_generation_exists(const struct home *home);

/* A damaged database of this home that was set aside (`sijil doctor --repair`), its path in `path`; false: there is none. */
bool home_generation_set_aside(char path[HOME_PATH_BYTES], const struct home *home);

/* Where the database of `generation` is built. BAD_INPUT: the path is too long. */
MUST_CHECK enum status home_generation_building(char path[HOME_PATH_BYTES], const struct home *home, uint64_t generation,
                                                struct error *err);

/* Of an unlocked home: finishes a change of generation that was cut short after it was decided, and removes what one left that was
 * cut short before, or what lives no more: older generations, overwritten. A newer generation stays: an old key file may
 * have been put back beside it. */
MUST_CHECK enum status home_generation_settle(const struct home *home, struct error *err);

/* The same after the key file of `generation` was put into place; the home's path is that generation's then. */
MUST_CHECK enum status home_generation_take(struct home *home, uint64_t generation, struct error *err);

/* As crypto/file.h names what it writes before it has its name. */
bool home_generation_is_torn(const char *name);

/* Key files and backups that a command which was ended half-way left in the folder: each opens with what opened the key file
 * then. The caller holds the folder's lock or has the home alone. */
void home_generation_erase_torn(const struct home *home);

/* Removes all of every generation; or all but the home's database itself and its journal. */
void home_generation_remove_all(const struct home *home);
void home_generation_remove_all_but_one(const struct home *home);

/* Writes zeros over a plain file, durably, as far as the storage below lets that count; and removes it. */
void home_generation_overwrite(int file);
void home_generation_erase(const char *path);

#endif
