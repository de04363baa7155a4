/* The folder of one register, and how it is opened: key file, unlock, vault.
 *
 *   HOME/register.key   the key file (crypto/keyfile.h)
 *   HOME/register.db    the encrypted database
 *
 * HOME is --home, else the program's environment variable, else $XDG_DATA_HOME/NAME, else
 * ~/.local/share/NAME; with --project P a folder P below it.
 */
#ifndef SIJIL_APP_HOME_H
#define SIJIL_APP_HOME_H

#include "app/cli.h"
#include "crypto/keyfile.h"
#include "crypto/vault.h"

#define HOME_PATH_BYTES 4096

struct home {
	char folder[HOME_PATH_BYTES];
	char key_path[HOME_PATH_BYTES];
	char database_path[HOME_PATH_BYTES];
	struct keyfile *keyfile;
	struct vault *vault;
	bool unfinished; /* it is being made */
	int lock;        /* then: its folder, open and locked */
};

/* Fills the paths; touches nothing. */
MUST_CHECK enum status home_locate(struct home *home, const struct cli *cli, struct error *err);
bool home_exists(const struct home *home);

/* Makes the folder and those above it that are missing, 0700 each. */
MUST_CHECK enum status home_make_path(const char *folder, struct error *err);

/* One program at a time for what may not happen twice at once in a folder; the caller closes *lock. BUSY: another has it. */
MUST_CHECK enum status home_lock(int *lock, const struct home *home, struct error *err);

/* A database and its journal, if they are there. */
void home_remove_database(const char *database);

/* Begins a register: locates, makes the folder 0700, locks it, removes what a set-up that was cut short left. Until
 * home_finish the key file's path ends in ".unfinished", and home_close removes what was made. REFUSED if there is a
 * register already; BUSY if another program is making one. */
MUST_CHECK enum status home_begin(struct home *home, const struct cli *cli, struct error *err);

/* The register is whole: gives the key file its name, by which the register exists from now on. */
MUST_CHECK enum status home_finish(struct home *home, struct error *err);

/* A home begun: a new passphrase asked, key file made (costs measured, or the floor with the command's option
 * --unlock-cost minimum) and saved, vault registered. REFUSED if there is one. */
MUST_CHECK enum status home_create(struct home *home, struct cli *cli, struct error *err);

/* Unlocks by the kernel keyring if `unlock` left a key there, else by passphrase; registers the vault.
 * NOT_FOUND with the next step if there is no register. */
MUST_CHECK enum status home_open(struct home *home, const struct cli *cli, struct error *err);

/* The same for a home whose paths are set already. */
MUST_CHECK enum status home_unlock(struct home *home, const struct cli *cli, struct error *err);

/* The data key, borrowed. */
const struct secret *home_data_key(const struct home *home);

/* Unregisters and frees, and removes what was not finished; safe on {0}. */
void home_close(struct home *home);

#endif
