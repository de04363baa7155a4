/* wipe: the keys of a register destroyed, in less than a second and without the passphrase.
 */
#ifndef SIJIL_APP_WIPE_H
#define SIJIL_APP_WIPE_H

#include "app/cli.h"

/* Overwrites the key file where it stands, forgets what `unlock` left, removes all files of the register, and says what
 * storage may still hold. Asks once, a word at the terminal, unless --yes. NOT_FOUND: nothing of a register is there. */
enum status wipe(struct cli *cli, struct error *err);

#endif
