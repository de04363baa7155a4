/* A backup: one file that holds the key file and an encrypted copy of the
 * database, taken while in use. It opens with the same passphrase.
 *
 *   "sijil-backup 1\n" (15 bytes) | key file (4096) | database file (the rest)
 */
#ifndef SIJIL_APP_BACKUP_H
#define SIJIL_APP_BACKUP_H

#include "app/home.h"
#include "schema/db.h"

/* Writes the backup of an open home. REFUSED if the file exists. */
MUST_CHECK enum status backup_write(const struct home *home, struct db *db, const char *path, struct error *err);

/* Lays a backup out as a register that is begun (home_begin); home_finish when what had to be done with it is done.
 * REFUSED if there is one already; BAD_INPUT: no backup. */
MUST_CHECK enum status backup_lay_out(struct home *home, const struct cli *cli, const char *path, struct error *err);

#endif
