#include "sync/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "schema/text.h"
#include "sync/protocol.h"

enum {
	CONNECTIONS_DEFAULT = 1000,
	/* One address must not take them all; but behind Tor or a proxy many have the same. */
	ADDRESS_SHARE = 4,
	TIMEOUT_DEFAULT_S = 60,
	/* After an answer is settled so much more is read and dropped, so that the client gets to read it. */
	DROPPED_MAX_BYTES = PROTOCOL_REQUEST_MAX_BYTES,
	BACKLOG = 512,
	HOST_BYTES = 256,
	CONNECTION_MEMORY_BYTES = 24 << 10,
	GRACE_STEP_MS = 20,
};

struct http_server {
	struct MHD_Daemon *daemon;
	struct relay *relay;
	int socket;
	unsigned port;
	atomic_uint exchanges; /* under way */
	void (*trouble)(void *context, const struct error *why);
	void *context;
};

/* One request under way. A push is fed as it arrives; a pull is small and gathered first. */
struct exchange {
	struct relay_push *push;
	bool is_pull, is_known, failed;
	struct error why; /* what failed first */
	struct bytes request; /* of a pull */
	size_t dropped_bytes;
};

enum { PULL_REQUEST_MAX_BYTES = 8192 };

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned http, const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback(strlen(text), strdup(text), free);
	if (response == NULL)
		return MHD_NO;
	(void)MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
	const enum MHD_Result result = MHD_queue_response(connection, http, response);
	MHD_destroy_response(response);
	return result;
}

/* Hands the bytes over to the response, which frees them. */
static enum MHD_Result answer_bytes(struct MHD_Connection *connection, struct bytes *answer)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer_with_free_callback(answer->len, answer->data != NULL ? answer->data : malloc(1), free);
	if (response == NULL) {
		bytes_wipe(answer);
		return MHD_NO;
	}
	*answer = (struct bytes){0};
	(void)MHD_add_response_header(response, "Content-Type", PROTOCOL_CONTENT_TYPE);
	(void)MHD_add_response_header(response, "Cache-Control", "no-store");
	const enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

static unsigned http_of(enum status status)
{
	switch (status) {
	case STATUS_OK: return MHD_HTTP_OK;
	case STATUS_BAD_INPUT: return MHD_HTTP_BAD_REQUEST;
	case STATUS_TAMPERED:
	case STATUS_UNTRUSTED: return MHD_HTTP_FORBIDDEN;
	case STATUS_NOT_FOUND: return MHD_HTTP_NOT_FOUND;
	case STATUS_REFUSED: return MHD_HTTP_CONTENT_TOO_LARGE;
	case STATUS_LOCKED:
	case STATUS_OFFLINE:
	case STATUS_BUSY:
	case STATUS_IO:
	case STATUS_CORRUPT:
	case STATUS_NO_MEMORY:
	case STATUS_BUG: return MHD_HTTP_SERVICE_UNAVAILABLE;
	}
	return MHD_HTTP_SERVICE_UNAVAILABLE;
}

/* The first cause says more than what followed from it. */
static void tell(struct http_server *server, struct exchange *exchange, enum status status, const struct error *why)
{
	if (exchange->why.status == STATUS_OK)
		exchange->why = *why;
	if (server->trouble != NULL && http_of(status) == MHD_HTTP_SERVICE_UNAVAILABLE)
		server->trouble(server->context, &exchange->why);
}

static void exchange_free(struct exchange *exchange)
{
	if (exchange == NULL)
		return;
	relay_push_free(exchange->push);
	bytes_wipe(&exchange->request);
	free(exchange);
}

static enum MHD_Result begin(struct http_server *server, const char *url, const char *method, struct exchange **exchange)
{
	struct exchange *begun = calloc(1, sizeof *begun);
	if (begun == NULL)
		return MHD_NO;
	const bool post = strcmp(method, "POST") == 0;
	const bool push = post && strcmp(url, PROTOCOL_PUSH_PATH) == 0;
	begun->is_pull = post && strcmp(url, PROTOCOL_PULL_PATH) == 0;
	begun->is_known = push || begun->is_pull;
	if (push && relay_push_begin(&begun->push, server->relay, NULL) != STATUS_OK) {
		exchange_free(begun);
		return MHD_NO;
	}
	atomic_fetch_add(&server->exchanges, 1);
	*exchange = begun;
	return MHD_YES;
}

/* MHD_NO, which ends the connection, when a body goes on though its answer is settled. */
static enum MHD_Result feed(struct exchange *exchange, struct span piece)
{
	enum status status = STATUS_OK;
	if (exchange->failed || !exchange->is_known) {
		exchange->dropped_bytes += piece.len;
		return exchange->dropped_bytes <= DROPPED_MAX_BYTES ? MHD_YES : MHD_NO;
	}
	if (exchange->push != NULL)
		status = relay_push_feed(exchange->push, piece, &exchange->why);
	else if (exchange->request.len + piece.len > PULL_REQUEST_MAX_BYTES)
		status = STATUS_REFUSED;
	else
		status = bytes_append(&exchange->request, piece, NULL);
	exchange->failed = status != STATUS_OK;
	return MHD_YES;
}

/* A push that was stopped half-way still gets its answer: why, and receipts for what was taken. */
static enum MHD_Result finish(struct http_server *server, struct MHD_Connection *connection, struct exchange *exchange)
{
	struct bytes answer = {0};
	struct error why = {0};
	enum status status;
	if (!exchange->is_known)
		return answer_text(connection, MHD_HTTP_NOT_FOUND, "sijil relay: nothing is here\n");
	if (exchange->push != NULL) {
		status = relay_push_end(exchange->push, &answer, &why);
		relay_push_free(exchange->push);
		exchange->push = NULL;
	} else if (exchange->failed) {
		status = STATUS_REFUSED;
	} else {
		status = relay_pull(server->relay, bytes_span(&exchange->request), &answer, &why);
	}
	if (status == STATUS_OK)
		return answer_bytes(connection, &answer);
	bytes_wipe(&answer);
	tell(server, exchange, status, &why);
	return answer_text(connection, http_of(status), "refused\n");
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *len, void **state)
{
	struct http_server *server = context;
	(void)version;
	if (*state == NULL) {
		struct exchange *exchange = NULL;
		const enum MHD_Result result = begin(server, url, method, &exchange);
		*state = exchange;
		return result;
	}
	struct exchange *exchange = *state;
	if (*len > 0) {
		const struct span piece = {(const uint8_t *)data, *len};
		*len = 0;
		return feed(exchange, piece);
	}
	return finish(server, connection, exchange);
}

/* Also when the request broke: what arrived whole is made durable. */
static void completed(void *context, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode why)
{
	struct http_server *server = context;
	struct exchange *exchange = *state;
	(void)connection;
	(void)why;
	if (exchange == NULL)
		return;
	struct error lost = {0};
	const enum status status = exchange->push != NULL ? relay_push_end(exchange->push, NULL, &lost) : STATUS_OK;
	if (status != STATUS_OK)
		tell(server, exchange, status, &lost);
	exchange_free(exchange);
	*state = NULL;
	atomic_fetch_sub(&server->exchanges, 1);
}

/* getaddrinfo takes 65536 for 0. */
static bool is_port(const char *text)
{
	uint32_t port;
	const char *at = text;
	return text_read_number(&at, UINT32_MAX, &port) && *at == '\0' && port <= UINT16_MAX;
}

/* "host:port" or "[v6]:port" into its parts. */
static enum status split_address(const char *listen, char host[HOST_BYTES], const char **port, struct error *err)
{
	const char *colon = strrchr(listen, ':');
	size_t len = colon == NULL ? 0 : (size_t)(colon - listen);
	if (colon == NULL || !is_port(colon + 1) || len >= HOST_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "an address to listen at is written like 127.0.0.1:8443, not '%s'", listen);
	const bool bracketed = len >= 2 && listen[0] == '[' && listen[len - 1] == ']';
	const size_t skip = bracketed ? 1 : 0;
	len -= 2 * skip;
	memcpy(host, listen + skip, len);
	host[len] = '\0';
	*port = colon + 1;
	return STATUS_OK;
}

static int open_socket(const struct addrinfo *address)
{
	const int one = 1;
	const int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	/* GnuTLS writes its flight in two pieces; Nagle would hold the second for a round trip. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	const int code = errno;
	(void)close(fd);
	errno = code;
	return -1;
}

static enum status listen_at(struct http_server *server, const char *listen, struct error *err)
{
	char host[HOST_BYTES];
	const char *port = NULL;
	const enum status status = split_address(listen, host, &port, err);
	if (status != STATUS_OK)
		return status;
	const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *address = NULL;
	if (getaddrinfo(host[0] != '\0' ? host : NULL, port, &wanted, &address) != 0)
		return error_set(err, STATUS_BAD_INPUT, "'%s' is no address to listen at", listen);
	server->socket = open_socket(address);
	const int code = errno;
	freeaddrinfo(address);
	if (server->socket < 0)
		return error_set(err, STATUS_IO, "cannot listen at '%s': %s", listen, strerror(code));
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} bound = {0};
	socklen_t len = sizeof bound;
	if (getsockname(server->socket, &bound.any, &len) != 0)
		return error_set(err, STATUS_IO, "cannot listen at '%s': %s", listen, strerror(errno));
	server->port = ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
	return STATUS_OK;
}

static enum status start_daemon(struct http_server *server, const struct http_server_options *options, struct error *err)
{
	const unsigned connections = options->connections_max != 0 ? options->connections_max : CONNECTIONS_DEFAULT;
	const unsigned timeout_s = options->timeout_s != 0 ? options->timeout_s : TIMEOUT_DEFAULT_S;
	server->daemon = MHD_start_daemon(
		MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC | MHD_USE_TLS, 0,
		NULL, NULL, handle, server, MHD_OPTION_LISTEN_SOCKET, server->socket, MHD_OPTION_NOTIFY_COMPLETED, completed, server,
		MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(connections + ADDRESS_SHARE - 1) / ADDRESS_SHARE, MHD_OPTION_CONNECTION_TIMEOUT, timeout_s,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_HTTPS_MEM_CERT,
		options->certificate, MHD_OPTION_HTTPS_MEM_KEY, (const char *)options->key->data, MHD_OPTION_HTTPS_PRIORITIES,
		"NORMAL:-VERS-ALL:+VERS-TLS1.3", MHD_OPTION_END);
	if (server->daemon != NULL)
		return STATUS_OK;
	return error_set(err, STATUS_IO, "the relay's web server does not start: is its key the certificate's?");
}

enum status http_server_start(struct http_server **server, struct relay *relay,
                              const struct http_server_options *options, struct error *err)
{
	struct http_server *started = calloc(1, sizeof *started);
	if (started == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	started->relay = relay;
	started->socket = -1;
	started->trouble = options->trouble;
	started->context = options->context;
	enum status status = listen_at(started, options->listen, err);
	if (status == STATUS_OK)
		status = start_daemon(started, options, err);
	if (status == STATUS_OK) {
		*server = started;
		return STATUS_OK;
	}
	if (started->socket >= 0)
		(void)close(started->socket);
	free(started);
	return status;
}

unsigned http_server_port(const struct http_server *server)
{
	return server->port;
}

void http_server_stop(struct http_server *server, unsigned grace_s)
{
	if (server == NULL)
		return;
	const struct timespec step = {.tv_nsec = GRACE_STEP_MS * 1000000L};
	const MHD_socket listening = MHD_quiesce_daemon(server->daemon);
	/* Connections that are merely open are not waited for. */
	for (unsigned waited_ms = 0; waited_ms < grace_s * 1000 && atomic_load(&server->exchanges) > 0;
	     waited_ms += GRACE_STEP_MS)
		(void)nanosleep(&step, NULL);
	MHD_stop_daemon(server->daemon);
	if (listening != MHD_INVALID_SOCKET)
		(void)close(listening);
	free(server);
}
