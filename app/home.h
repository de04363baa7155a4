/* The folder of one register, and how it is opened: key file, unlock, vault.
 *
 *   HOME/register.key   the key file (crypto/keyfile.h)
 *   HOME/register.db    the encrypted database; register-2.db and so on after a rekey: the key file names the generation
 *   HOME/.lock          empty; locked by whoever has the register open
 *   HOME/register.inbox notes captured while locked, sealed (crypto/inbox.h)
 *   HOME/register.db.other  another database, beside each: app/home_other.h
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
	char inbox_path[HOME_PATH_BYTES];
	struct keyfile *keyfile;
	struct vault *vault;
	bool unfinished; /* it is being made */
	bool changing;   /* its key file is */
	int lock;        /* in both cases: its folder, open and locked */
	bool in_use;
	int use; /* then: the file .lock, locked */
	/* For whoever sets up slots, set before opening: asks for the passphrase whatever `unlock` left, and keeps what opened
	 * until home_close; and, for the second, uses the home alone. */
	bool by_passphrase, alone;
	struct secret *passphrase, *key_file; /* then; key_file NULL: none was given */
};

/* Fills the paths, the database's as of the first generation; touches nothing. */
MUST_CHECK enum status home_locate(struct home *home, const struct cli *cli, struct error *err);
bool home_exists(const struct home *home);

/* `start` and behind it `end`. BAD_INPUT with the next step if that is too long. */
MUST_CHECK enum status home_path(char path[HOME_PATH_BYTES], const char *start, const char *end, struct error *err);

/* The database's path as of this generation. */
MUST_CHECK enum status home_set_generation(struct home *home, uint64_t generation, struct error *err);

/* Makes the folder and those above it that are missing, 0700 each. */
MUST_CHECK enum status home_make_path(const char *folder, struct error *err);

/* One program at a time for what may not happen twice at once in a folder; the caller closes *lock. BUSY: another has it. */
MUST_CHECK enum status home_lock(int *lock, const struct home *home, struct error *err);

/* The same for what must not be held up: after 300 ms without it, and `lock` is -1. */
int home_lock_briefly(const struct home *home);

/* Says that this program uses what it is about to read from the home, key file and all, until home_close: nobody gives it a new
 * generation meanwhile. If it is to be `alone`, nobody else uses it. BUSY if that cannot be had within two seconds; REFUSED: its file is no plain one. */
MUST_CHECK enum status home_use(struct home *home, struct error *err);

/* REFUSED: in place of the database or its journal stands a pipe, a folder or a device, at which one may wait for ever. */
MUST_CHECK enum status home_check_database(const struct home *home, struct error *err);

/* Whoever changes the key file of an open home does it between these: one program at a time, and from what is on disk now,
 * for another may have changed it since. home_change_end saves it if `status` is OK, and returns what came of it. A register
 * that is being made is nobody else's, and its folder is locked already: of that it is only saved. */
MUST_CHECK enum status home_change_begin(struct home *home, struct error *err);
MUST_CHECK enum status home_change_end(struct home *home, enum status status, struct error *err);

/* A database and its journal, if they are there. */
void home_remove_database(const char *database);

/* Begins a register: locates, makes the folder 0700, locks it, removes what a set-up that was cut short left. Until
 * home_finish the key file's path ends in ".unfinished", and home_close removes what was made. REFUSED if there is a
 * register already; BUSY if another program is making one. */
MUST_CHECK enum status home_begin(struct home *home, const struct cli *cli, struct error *err);

/* The register is whole: gives the key file its name, by which the register exists from now on. */
MUST_CHECK enum status home_finish(struct home *home, struct error *err);

/* What a passphrase check is to cost: measured on this machine or, with the command's option --unlock-cost minimum, the floor. */
MUST_CHECK enum status home_choose_costs(struct stretch_costs *costs, struct cli *cli, struct error *err);

/* A home begun: a new passphrase asked, key file made (costs measured, or the floor with the command's option
 * --unlock-cost minimum) and saved, vault registered. REFUSED if there is one. */
MUST_CHECK enum status home_create(struct home *home, struct cli *cli, struct error *err);

/* Unlocks by the kernel keyring if `unlock` left a key there, else by passphrase; registers the vault. A duress passphrase
 * has done its work when this returns, and the home is the other register's.
 * NOT_FOUND with the next step if there is no register. */
MUST_CHECK enum status home_open(struct home *home, const struct cli *cli, struct error *err);

/* The first half of it: paths, whether there is a register, its key file, still locked. */
MUST_CHECK enum status home_find(struct home *home, const struct cli *cli, struct error *err);

/* The second half, for a home that is begun too. */
MUST_CHECK enum status home_unlock(struct home *home, const struct cli *cli, struct error *err);

/* The second half by a recovery code. LOCKED: it does not open this register. */
MUST_CHECK enum status home_unlock_by_code(struct home *home, const struct secret *code, struct error *err);

/* The data key, borrowed. */
const struct secret *home_data_key(const struct home *home);

/* Unregisters and frees, and removes what was not finished; safe on {0}. */
void home_close(struct home *home);

#endif
