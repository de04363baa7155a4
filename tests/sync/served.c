#include "tests/sync/served.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sync/tls.h"

enum { PIECE_BYTES = 4096, HELD_STEP_MS = 5 };

#define MUST(expression)                                                                     \
	do {                                                                                 \
		struct error must_err = {0};                                                 \
		struct error *const err = &must_err;                                         \
		cr_assert_eq((expression), STATUS_OK, #expression ": %s", must_err.message); \
	} while (0)

/* build/KIND/tests/sync/test_x and build/KIND/libexec/sijil/sijil-https. */
static void find_helper(char *path, size_t size)
{
	static const char below[] = "/libexec/sijil/sijil-https";
	const ssize_t len = readlink("/proc/self/exe", path, size - sizeof below);
	cr_assert_gt(len, 0);
	path[len] = '\0';
	for (int i = 0; i < 3; i++)
		*strrchr(path, '/') = '\0';
	memcpy(path + strlen(path), below, sizeof below);
	cr_assert_eq(access(path, X_OK), 0, "%s is not built", path);
}

void served_begin(struct served *served)
{
	struct bytes der = {0};
	*served = (struct served){0};
	world_begin(&served->world, 0);
	find_helper(served->helper, sizeof served->helper);
	MUST(tls_certificate_new(&served->key, &served->certificate, &der, err));
	MUST(bytes_append(&served->certificate, (struct span){(const uint8_t *)"", 1}, err));
	cr_assert_leq(der.len, sizeof served->card.certificate);
	memcpy(served->card.certificate, der.data, der.len);
	served->card.certificate_len = der.len;
	MUST(tls_pin(&served->card.pin, bytes_span(&der), err));
	bytes_wipe(&der);
	const struct http_server_options options = {
		.listen = "127.0.0.1:0",
		.certificate = (const char *)served->certificate.data,
		.key = served->key,
	};
	MUST(http_server_start(&served->server, served->world.relay, &options, err));
	(void)snprintf(served->url, sizeof served->url, "https://127.0.0.1:%u", http_server_port(served->server));
}

void served_end(struct served *served)
{
	http_server_stop(served->server, 0);
	secret_free(served->key);
	bytes_wipe(&served->certificate);
	world_end(&served->world);
}

struct transport *served_reach(const struct served *served, const char *url, const struct relay_card *card)
{
	struct transport *transport = NULL;
	const struct transport_options options = {.helper = served->helper, .url = url, .card = card};
	MUST(transport_open(&transport, &options, err));
	return transport;
}

/* --- the road --- */

static int loopback(unsigned port, bool listens)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_geq(fd, 0);
	if (listens) {
		cr_assert_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
		cr_assert_eq(listen(fd, 1), 0);
	} else {
		cr_assert_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
	}
	return fd;
}

static void nap(void)
{
	(void)nanosleep(&(struct timespec){.tv_nsec = HELD_STEP_MS * 1000000L}, NULL);
}

/* One piece from one end to the other, of at most `left` bytes; false when an end is gone. */
static bool pass(int from, int to, size_t *left)
{
	uint8_t piece[PIECE_BYTES];
	const ssize_t n = recv(from, piece, *left < sizeof piece ? *left : sizeof piece, 0);
	if (n <= 0 || send(to, piece, (size_t)n, MSG_NOSIGNAL) != n)
		return false;
	if (*left != SIZE_MAX)
		*left -= (size_t)n;
	return true;
}

static void hold(struct road *road)
{
	atomic_store(&road->is_held, true);
	while (!atomic_load(&road->is_released))
		nap();
}

/* With unread bytes a close would reset the connection, and the relay's kernel forget what it has not handed over yet. */
static void end_gently(int fd)
{
	uint8_t piece[PIECE_BYTES];
	(void)shutdown(fd, SHUT_WR);
	while (recv(fd, piece, sizeof piece, 0) > 0)
		;
	(void)close(fd);
}

static void *carry(void *context)
{
	struct road *const road = context;
	const int client = accept(road->listening, NULL, NULL);
	if (client < 0)
		return NULL;
	const int relay = loopback(road->relay_port, false);
	size_t up = road->hold_after < road->up_max ? road->hold_after : road->up_max, down = road->down_max;
	struct pollfd ends[] = {{.fd = client, .events = POLLIN}, {.fd = relay, .events = POLLIN}};
	bool goes_on = true;
	while (goes_on && down > 0) {
		(void)poll(ends, 2, -1);
		if (ends[0].revents != 0)
			goes_on = pass(client, relay, &up);
		if (goes_on && ends[1].revents != 0)
			goes_on = pass(relay, client, &down);
		if (up > 0)
			continue;
		if (road->hold_after == SIZE_MAX)
			break;
		hold(road);
		up = SIZE_MAX;
	}
	(void)close(client);
	end_gently(relay);
	return NULL;
}

void road_begin(struct road *road, const struct served *served)
{
	struct sockaddr_in address;
	socklen_t len = sizeof address;
	road->relay_port = http_server_port(served->server);
	road->listening = loopback(0, true);
	cr_assert_eq(getsockname(road->listening, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(road->url, sizeof road->url, "https://127.0.0.1:%u", ntohs(address.sin_port));
	cr_assert_eq(pthread_create(&road->thread, NULL, carry, road), 0);
}

void road_wait_until_held(struct road *road)
{
	while (!atomic_load(&road->is_held))
		nap();
}

void road_release(struct road *road)
{
	atomic_store(&road->is_released, true);
}

void road_end(struct road *road)
{
	(void)shutdown(road->listening, SHUT_RDWR);
	cr_assert_eq(pthread_join(road->thread, NULL), 0);
	(void)close(road->listening);
}
