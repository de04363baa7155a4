#include "app/link.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Beside the program: bin/sijil, libexec/sijil/sijil-https. */
static enum status find_helper(char *path, size_t size, struct error *err)
{
	static const char below[] = "/libexec/sijil/sijil-https";
	const ssize_t len = readlink("/proc/self/exe", path, size - 1);
	if (len > 0 && (size_t)len < size - 1) {
		path[len] = '\0';
		char *slash = strrchr(path, '/');
		if (slash != NULL)
			*slash = '\0';
		slash = strrchr(path, '/');
		if (slash != NULL && (size_t)(slash - path) + sizeof below <= size) {
			memcpy(slash, below, sizeof below);
			if (access(path, X_OK) == 0)
				return STATUS_OK;
		}
	}
	(void)error_set(err, STATUS_NOT_FOUND, "sijil-https, which speaks to the relay, is not where it should be");
	error_hint(err, "install sijil anew; reports are safe, and bundle export needs no network");
	return STATUS_NOT_FOUND;
}

/* What the person gave, before it is tried. Only proxies that look names up themselves: else the network learns them. */
static enum status check_addresses(const char *only, const char *proxy, struct error *err)
{
	if (only != NULL && strncmp(only, "https://", 8) != 0)
		return error_set(err, STATUS_BAD_INPUT, "the relay's address is written like https://host:port, not '%s'", only);
	if (proxy != NULL && strncmp(proxy, "socks5h://", 10) != 0 && strncmp(proxy, "http://", 7) != 0)
		return error_set(err, STATUS_BAD_INPUT, "a proxy is written like socks5h://host:port, not '%s'", proxy);
	return STATUS_OK;
}

enum status link_open(struct link *link, const struct descriptor *descriptor, const char *only, const char *proxy,
                      struct error *err)
{
	*link = (struct link){.only = only, .proxy = proxy};
	const enum status status = check_addresses(only, proxy, err);
	if (status != STATUS_OK)
		return status;
	if (descriptor->relays_len == 0) {
		(void)error_set(err, STATUS_NOT_FOUND, "this project has no relay yet");
		error_hint(err, "carry reports by file: sijil bundle export -o FILE");
		return STATUS_NOT_FOUND;
	}
	link->card = &descriptor->relays[0];
	return find_helper(link->helper, sizeof link->helper, err);
}

const char *link_address(const struct link *link)
{
	return link->only != NULL ? link->only : link->card->addresses[link->at];
}

static size_t addresses_len(const struct link *link)
{
	return link->only != NULL ? 1 : link->card->addresses_len;
}

static enum status post_once(struct link *link, const char *path, struct span body, size_t max, struct bytes *answer,
                             struct error *err)
{
	const struct transport_options options = {
		.helper = link->helper,
		.proxy = link->proxy,
		.url = link_address(link),
		.card = link->card,
	};
	enum status status = STATUS_OK;
	if (link->transport == NULL)
		status = transport_open(&link->transport, &options, err);
	if (status == STATUS_OK) {
		status = transport_post(link->transport, path, body, max, answer, err);
		link->reached = link->reached || transport_reached(link->transport);
	}
	return status;
}

static bool reached(void *context)
{
	const struct link *link = context;
	return link->reached;
}

static enum status post(void *context, const char *path, struct span body, size_t max, struct bytes *answer,
                        struct error *err)
{
	struct link *link = context;
	const size_t start = answer->len;
	enum status status = STATUS_OFFLINE;
	link->reached = false;
	for (size_t tries = 0; tries < addresses_len(link); tries++) {
		status = post_once(link, path, body, max, answer, err);
		if (status != STATUS_OFFLINE)
			return status;
		transport_close(link->transport);
		link->transport = NULL;
		/* What came of an answer counts, and whoever asked goes on from there, at this address. */
		if (answer->len > start)
			return status;
		link->at = (link->at + 1) % addresses_len(link);
	}
	return status;
}

struct round_exchange link_exchange(struct link *link)
{
	return (struct round_exchange){.context = link, .post = post, .reached = reached};
}

void link_close(struct link *link)
{
	transport_close(link->transport);
	link->transport = NULL;
}
