/* A VFS that stands above a vault and passes everything on, as SQLite's shims do.
 * Each of its handles begins with more guard bytes than a vault's handle has, so
 * that a vault that takes it for its own is found out.
 */
#ifndef SIJIL_TESTS_CRYPTO_VAULT_ABOVE_H
#define SIJIL_TESTS_CRYPTO_VAULT_ABOVE_H

#define VAULT_ABOVE_NAME "vault-above"

void vault_above_begin(const char *below);

/* The number of handles that were closed with all guard bytes intact; each other
 * one fails the test when it is closed. */
int vault_above_end(void);

#endif
