/* The relay's commands, and the folder its keys and stores live in.
 *
 *   HOME/receipt.key   Ed25519 seed, 32 bytes, mode 0600
 *   HOME/tls.key       PEM, mode 0600
 *   HOME/tls.crt       PEM
 *   HOME/store/        one database a project
 */
#ifndef SIJIL_APP_SIJILD_SIJILD_H
#define SIJIL_APP_SIJILD_SIJILD_H

#include "app/cli.h"
#include "app/home.h"
#include "crypto/key.h"
#include "sync/store.h"

struct sijild_home {
	char folder[HOME_PATH_BYTES];
	char receipt_key[HOME_PATH_BYTES], tls_key[HOME_PATH_BYTES], certificate[HOME_PATH_BYTES], store[HOME_PATH_BYTES];
};

MUST_CHECK enum status sijild_locate(struct sijild_home *home, const struct cli *cli, struct error *err);
/* The receipt key; NOT_FOUND with the next step if `init` has not run. The caller frees it. */
MUST_CHECK enum status sijild_receipt_key(const struct sijild_home *home, struct signing_key **key, struct error *err);

enum status sijild_init(struct cli *cli, struct error *err);
enum status sijild_grant(struct cli *cli, struct error *err);
enum status sijild_serve(struct cli *cli, struct error *err);
enum status sijild_status(struct cli *cli, struct error *err);

#endif
