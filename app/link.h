/* The way to a project's relay: its addresses in turn, through sijil-https.
 */
#ifndef SIJIL_APP_LINK_H
#define SIJIL_APP_LINK_H

#include "schema/descriptor.h"
#include "sync/round.h"
#include "sync/transport.h"

struct link {
	const struct relay_card *card; /* borrowed */
	const char *proxy;
	const char *only; /* one address instead of the card's, or NULL */
	size_t at;        /* index of the address in use */
	struct transport *transport;
	bool reached; /* any of the last post may have gone out */
	char helper[4096];
};

/* Prepares; connects with the first exchange. NOT_FOUND: the descriptor names no relay. */
MUST_CHECK enum status link_open(struct link *link, const struct descriptor *descriptor, const char *only,
                                 const char *proxy, struct error *err);

/* Posts over the address that worked last, else over the others in turn; OFFLINE when all failed. */
struct round_exchange link_exchange(struct link *link);
/* The address in use. */
const char *link_address(const struct link *link);
void link_close(struct link *link);

#endif
