/* rekey: the register again under a new data key, after somebody may have had the old one.
 *
 * The next generation is built whole beside the living one: a new key file in memory, the data copied into
 * register-N.db.unfinished. The rename of the key file decides. Cut short before it, the old generation lives and the
 * next start removes what was built; cut short after it, the next start finishes: app/home_generation.h.
 */
#ifndef SIJIL_APP_REKEY_H
#define SIJIL_APP_REKEY_H

#include "app/cli.h"
#include "app/home.h"

/* The database of one program. */
struct rekey_content {
	void *context;
	/* All of it again at `path`, over `vault`, under `data_key`, and checked. */
	enum status (*copy)(void *context, const char *path, const struct vault *vault, const struct secret *data_key,
	                    struct error *err);
	void (*close)(void *context);
	/* Before the copy: slots of the new key file that nobody is asked for. NULL: none. */
	enum status (*add_slots)(void *context, struct keyfile *next, struct error *err);
};

/* Opens a home for rekey_run: alone, by passphrase. REFUSED while notes wait in its inbox or a damaged database stands set
 * aside, for the new key would not open them. */
MUST_CHECK enum status rekey_open(struct home *home, const struct cli *cli, struct error *err);

/* Asks for the other passphrases that are to stay, builds, decides, removes the old generation. Afterwards the home is to be
 * closed. A failure before it was decided leaves everything as it was. */
MUST_CHECK enum status rekey_run(struct home *home, struct cli *cli, const struct rekey_content *content,
                                 struct error *err);

#endif
