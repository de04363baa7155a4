/* How a round reaches a relay: one POST out, one answer back.
 *
 * The real one runs the helper program libexec/sijil/sijil-https (which alone links libcurl) for the whole sync
 * and talks to it over pipes; it holds no key. Certificate and pin come from the descriptor.
 */
#ifndef SIJIL_SYNC_TRANSPORT_H
#define SIJIL_SYNC_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "schema/descriptor.h"

struct transport;

struct transport_options {
	const char *helper;            /* path of sijil-https */
	const char *proxy;             /* "socks5h://..." or NULL; nothing is taken from the environment */
	const char *url;               /* "https://host:port" */
	const struct relay_card *card; /* certificate and pin */
	uint32_t low_speed_s;          /* give up after so many seconds below 1 byte/s; 0: 60 */
};

/* Starts the helper; connects with the first POST. */
MUST_CHECK enum status transport_open(struct transport **transport, const struct transport_options *options,
                                      struct error *err);
/* POSTs `body` to `path`, appends the answer (at most `max` bytes) to `answer`. OFFLINE: no connection, broken (what
 * came of the answer is appended all the same), too slow, or the relay is busy (5xx).
 * UNTRUSTED: wrong pin or certificate. REFUSED: another HTTP answer. BAD_INPUT: the answer is too long. */
MUST_CHECK enum status transport_post(struct transport *transport, const char *path, struct span body, size_t max,
                                      struct bytes *answer, struct error *err);
/* Whether any of the last POST may have gone out: false only where it is known that no connection came about, or that
 * whoever answered had another key. */
bool transport_reached(const struct transport *transport);
void transport_close(struct transport *transport);

#endif
