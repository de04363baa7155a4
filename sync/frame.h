/* Frames between a program and sijil-https: length (4, big-endian), then so many
 * bytes. Both ends are ours and on one machine; lengths are bounded all the same.
 *
 *   to sijil-https    first  [1, url, proxy or "", certificate DER, pin (32), low speed seconds]
 *                     then   [path, body, answer's limit], again and again
 *   from sijil-https  [outcome, message, answer] for each request; with OFFLINE, what came of an answer that broke off
 */
#ifndef SIJIL_SYNC_FRAME_H
#define SIJIL_SYNC_FRAME_H

#include "crypto/bytes.h"
#include "crypto/status.h"

#define FRAME_MAX_BYTES (16u << 20)
#define FRAME_VERSION 1

enum frame_outcome {
	FRAME_ANSWERED = 0, /* HTTP 200 */
	FRAME_OFFLINE = 1,  /* no connection, broken, too slow, 5xx, 429 */
	FRAME_UNTRUSTED = 2,/* wrong pin or certificate */
	FRAME_REFUSED = 3,  /* another HTTP answer */
	FRAME_TOO_LONG = 4,
	FRAME_UNREACHED = 5,/* as OFFLINE, and no connection came about: nothing was sent */
};

/* Sends one frame on a stream socket. OFFLINE if the other end is gone. */
MUST_CHECK enum status frame_send(int socket, struct span content, struct error *err);
/* Receives one frame in place of what `content` held. NOT_FOUND at the stream's end. */
MUST_CHECK enum status frame_receive(int socket, struct bytes *content, struct error *err);

#endif
