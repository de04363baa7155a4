/* The other database, which stands beside each register (crypto/FORMAT.md, section 11): a practice register that a duress
 * passphrase opens in the first one's place.
 *
 *   register.db.other           the other database; register-2.db.other and so on
 *   register.db.other.making    being made
 */
#ifndef SIJIL_APP_HOME_OTHER_H
#define SIJIL_APP_HOME_OTHER_H

#include "app/home.h"

/* Of an unlocked home, or one that is being made: sees to it that there is another database, and that the key file has its
 * key. Costs nothing where both are there. */
MUST_CHECK enum status home_other_make(struct home *home, struct error *err);

/* Of a home whose key file became the other database's when the passphrase opened it: forgets what the kernel keeps, and puts
 * the key file in the old one's place. After that nothing opens the first database. LOCKED, as of a wrong passphrase: it could
 * not be written. */
MUST_CHECK enum status home_other_replace(struct home *home, struct error *err);

/* The rest, then or at the next opening: the other database takes the first one's place, and the key file gets the key of
 * another, which home_other_make makes. The home's vault is registered. */
MUST_CHECK enum status home_other_settle(struct home *home, struct error *err);

#endif
