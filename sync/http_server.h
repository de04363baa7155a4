/* The relay over HTTPS: libmicrohttpd in front of sync/relay. The one home of microhttpd.h in sync/.
 *
 * Threads with poll, never epoll (0.9.75 spins through slow handshakes); a listening socket
 * of our own with TCP_NODELAY. Each piece of a request's body goes to relay_push_feed as it arrives.
 */
#ifndef SIJIL_SYNC_HTTP_SERVER_H
#define SIJIL_SYNC_HTTP_SERVER_H

#include "crypto/secret.h"
#include "sync/relay.h"

struct http_server;

struct http_server_options {
	const char *listen;         /* "127.0.0.1:0", "[::]:8443" */
	const char *certificate;    /* PEM */
	const struct secret *key;   /* PEM, NUL-terminated, in guarded memory */
	unsigned connections_max;   /* 0: 1000 */
	unsigned timeout_s;         /* idle; 0: 60 */
	/* Called, from any thread, for a request that failed by this machine's own fault (503), with what is known of it: never
	 * an address, nor what an object holds. NULL: nobody is told. */
	void (*trouble)(void *context, const struct error *why);
	void *context;              /* for `trouble` */
};

/* Listens and serves in its own threads until http_server_stop. */
MUST_CHECK enum status http_server_start(struct http_server **server, struct relay *relay,
                                         const struct http_server_options *options, struct error *err);
unsigned http_server_port(const struct http_server *server);
/* Finishes requests under way (bounded by `grace_s`), then closes. */
void http_server_stop(struct http_server *server, unsigned grace_s);

#endif
