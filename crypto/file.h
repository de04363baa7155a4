/* Files that must not be lost or half-written: read whole, replace whole.
 *
 * A write goes to a temporary name in the same folder, mode 0600, is synced,
 * renamed, and the folder synced, so that a power cut leaves the old file or the
 * new one. Messages name the path.
 */
#ifndef SIJIL_CRYPTO_FILE_H
#define SIJIL_CRYPTO_FILE_H

#include <stdbool.h>

#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "crypto/status.h"

/* Reads the whole file ("-" is standard input), at most `max` bytes, in place of
 * what `content` held. NOT_FOUND, IO, or BAD_INPUT if it is longer. */
MUST_CHECK enum status file_read(struct bytes *content, const char *path, size_t max, struct error *err);

/* The same straight into guarded memory, for keys and invites; the caller frees it. */
MUST_CHECK enum status file_read_secret(struct secret **content, const char *path, size_t max, struct error *err);

/* Writes it as above. With `replace` false anything of that name is REFUSED and
 * left; with true, anything but a plain file: links are never followed. NOT_FOUND
 * if there is no such folder. */
MUST_CHECK enum status file_write(const char *path, struct span content, bool replace, struct error *err);

/* Syncs the folder that `path` is in: after it a power cut cannot take the name away. */
MUST_CHECK enum status file_sync_folder(const char *path, struct error *err);

/* Whether the name is taken, by a link that leads nowhere too. */
bool file_exists(const char *path);

#endif
