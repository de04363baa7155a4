/* An encrypted database looked at below SQLite: block by block, whatever its tables say.
 *
 * For finding out what is damaged and for saving what is not. The file is locked as
 * a reader locks it, so that nobody writes meanwhile; nothing is written but by
 * vault_survey_clear. FORMAT.md, The vault.
 */
#ifndef SIJIL_CRYPTO_VAULT_SURVEY_H
#define SIJIL_CRYPTO_VAULT_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/vault.h"

struct vault_survey; /* one database file, open and locked */

/* Reads every block once. BUSY if somebody still writes after 5 s, NOT_FOUND if there is no file, IO. */
MUST_CHECK enum status vault_survey_open(struct vault_survey **survey, const char *path, const struct secret *data_key,
                                         struct error *err);

/* Blocks that the file has room for; a last one that is cut off counts. */
uint64_t vault_survey_blocks(const struct vault_survey *survey);

/* Those that do not authenticate, ascending; borrowed. */
size_t vault_survey_damaged(const struct vault_survey *survey, const uint64_t **blocks);
/* Also true of what lies behind the file's end. */
bool vault_survey_is_damaged(const struct vault_survey *survey, uint64_t block);

/* Bytes of the rollback journal beside it. Nobody writes, so more than 0 means that a command was cut short, and that
 * the next one to open the database undoes what that had begun. */
uint64_t vault_survey_journal_bytes(const struct vault_survey *survey);

/* One block into `plain` (VAULT_BLOCK_BYTES). CORRUPT if it does not authenticate or is not there: then `plain` is zeros. */
MUST_CHECK enum status vault_survey_read(struct vault_survey *survey, uint64_t block, uint8_t *plain, struct error *err);

/* Makes damaged blocks that hold nothing sound again: below `keep` each of `blocks` is written as zeros, encrypted; what
 * stands from block `keep` on is cut off. REFUSED if a block is not damaged; BUSY while others read. */
MUST_CHECK enum status vault_survey_clear(struct vault_survey *survey, const uint64_t *blocks, size_t len, uint64_t keep,
                                          struct error *err);

/* Unlocks, wipes, frees; NULL is fine. */
void vault_survey_close(struct vault_survey *survey);

#endif
