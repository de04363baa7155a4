/* The world's relay behind real TLS on loopback, and a road to it that can be cut or held in the middle.
 * Everything that fails here fails the test.
 */
#ifndef SIJIL_TESTS_SYNC_SERVED_H
#define SIJIL_TESTS_SYNC_SERVED_H

#include <pthread.h>
#include <stdatomic.h>

#include "sync/http_server.h"
#include "sync/transport.h"
#include "tests/sync/world.h"

struct served {
	struct world world;
	struct secret *key;
	struct bytes certificate; /* PEM and a NUL */
	struct relay_card card;
	struct http_server *server; /* NULL once a test has stopped it */
	char url[64];
	char helper[4096]; /* the sijil-https of this build */
};

void served_begin(struct served *served);
void served_end(struct served *served);

/* A transport to `url`, to whom the relay's card (or another) is known. */
struct transport *served_reach(const struct served *served, const char *url, const struct relay_card *card);

/* Passes bytes on between one client and the relay. */
struct road {
	unsigned relay_port;
	int listening;
	char url[64];
	size_t up_max, down_max;     /* after so many bytes either way it breaks; SIZE_MAX: never */
	size_t hold_after;           /* after so many bytes up it waits for road_release */
	atomic_bool is_held, is_released;
	pthread_t thread;
};
#define ROAD_WHOLE {.up_max = SIZE_MAX, .down_max = SIZE_MAX, .hold_after = SIZE_MAX}
void road_begin(struct road *road, const struct served *served);
void road_wait_until_held(struct road *road);
void road_release(struct road *road);
/* When the client has gone. */
void road_end(struct road *road);

#endif
