/* Asking a person at the terminal (/dev/tty), and passphrases.
 *
 * A passphrase comes from the terminal without echo or from --passphrase-fd,
 * nothing else; it is read straight into guarded memory and brought to NFKC. What is pasted is taken as typed.
 */
#ifndef SIJIL_APP_PROMPT_H
#define SIJIL_APP_PROMPT_H

#include <stdbool.h>

#include "app/cli.h"
#include "crypto/secret.h"

/* Whether there is a terminal to ask at (standard input is one). */
bool prompt_can_ask(void);

/* An existing passphrase. LOCKED if there is neither terminal nor descriptor. */
MUST_CHECK enum status prompt_passphrase(const struct cli *cli, const char *what, struct secret **passphrase, struct error *err);

/* A recovery code, as typed: from the descriptor, or from the terminal without echo. */
MUST_CHECK enum status prompt_code(const struct cli *cli, struct secret **code, struct error *err);

/* One that may be missing: *passphrase is NULL if Enter alone was pressed, or the descriptor has no more lines. */
MUST_CHECK enum status prompt_another_passphrase(const struct cli *cli, const char *question, struct secret **passphrase,
                                                 struct error *err);

/* A new one: from the descriptor as it is, or at the terminal: Enter takes a generated one (five proquints of 16 bits: 80 bits,
 * shown once), or typed twice and measured. What is easy to guess is refused with the reason (app/strength.h). */
MUST_CHECK enum status prompt_new_passphrase(const struct cli *cli, const char *what, struct secret **passphrase,
                                             struct error *err);

/* One line of text, trimmed; "" if only Enter. NOT_FOUND at end of input; BAD_INPUT: the line was too long, and is gone. */
MUST_CHECK enum status prompt_line(const char *question, char *answer, size_t size, struct error *err);

#endif
