/* unlock, lock: the data key in the kernel's keyring between commands.
 */
#ifndef SIJIL_APP_UNLOCK_H
#define SIJIL_APP_UNLOCK_H

#include "app/cli.h"

/* Keeps the data key of the home for --for TIME (default 30m, at most 24h). */
enum status unlock_for(struct cli *cli, struct error *err);
/* Forgets it; harmless where there is none. */
enum status unlock_end(struct cli *cli, struct error *err);

#endif
