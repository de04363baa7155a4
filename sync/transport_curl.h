/* One pinned HTTPS connection: the one home of curl.h, linked into sijil-https alone.
 *
 * https only, TLS 1.3, the project's own certificate as only authority and its key pinned, no
 * redirects, no Expect wait, no proxy but the one asked for. The host's name is not checked: hubs, onion
 * and moved hosts have no stable one; the pin is what binds.
 */
#ifndef SIJIL_SYNC_TRANSPORT_CURL_H
#define SIJIL_SYNC_TRANSPORT_CURL_H

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "sync/frame.h"

struct transport_curl;

struct transport_curl_options {
	const char *url, *proxy; /* proxy "" for none */
	struct span certificate_der;
	struct hash pin;
	uint32_t low_speed_s;
};

MUST_CHECK enum status transport_curl_new(struct transport_curl **curl, const struct transport_curl_options *options,
                                          struct error *err);
/* POSTs; the answer (at most `max` bytes) replaces what `answer` held. Of one that broke off, what came stands there. */
enum frame_outcome transport_curl_post(struct transport_curl *curl, const char *path, struct span body, size_t max,
                                       struct bytes *answer);
/* Why the last one failed, in the user's words; "" if it did not. */
const char *transport_curl_message(const struct transport_curl *curl);
void transport_curl_free(struct transport_curl *curl);

#endif
