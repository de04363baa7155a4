#include "sync/http_server.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "tests/sync/served.h"

enum { LINKS = 3000 };

static struct served served;

static void start(void)
{
	served_begin(&served);
}

static void end(void)
{
	served_end(&served);
}

TestSuite(http_server, .init = start, .fini = end);

static enum status start_at(const char *address, const struct secret *key, struct error *err)
{
	struct http_server *server = NULL;
	const struct http_server_options options = {
		.listen = address, .certificate = (const char *)served.certificate.data, .key = key};
	const enum status status = http_server_start(&server, served.world.relay, &options, err);
	http_server_stop(server, 0);
	return status;
}

Test(http_server, listens_at_either_family)
{
	struct error err = {0};
	cr_assert_eq(start_at("127.0.0.1:0", served.key, &err), STATUS_OK, "%s", err.message);
	const enum status six = start_at("[::1]:0", served.key, &err);
	cr_assert(six == STATUS_OK || six == STATUS_IO, "IO where the machine has no IPv6: %s", err.message);
}

Test(http_server, refuses_what_is_no_address_and_names_it)
{
	static const char *const wrong[] = {"", "8443", "127.0.0.1:", "127.0.0.1:http", "relay.example:8443", "[::1:8443",
	                                    "127.0.0.1:8443x", "127.0.0.1:65536"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct error err = {0};
		cr_assert_eq(start_at(wrong[i], served.key, &err), STATUS_BAD_INPUT, "'%s'", wrong[i]);
		cr_assert_not_null(strstr(err.message, wrong[i]));
	}
}

Test(http_server, says_when_the_port_is_taken)
{
	struct error err = {0};
	char taken[32];
	(void)snprintf(taken, sizeof taken, "127.0.0.1:%u", http_server_port(served.server));
	cr_assert_eq(start_at(taken, served.key, &err), STATUS_IO);
	cr_assert_not_null(strstr(err.message, taken));
}

Test(http_server, does_not_start_with_a_key_that_is_none)
{
	struct error err = {0};
	struct secret *noise = NULL;
	cr_assert_eq(secret_new(&noise, 8, NULL), STATUS_OK);
	memcpy(noise->data, "no key\n", 8);
	cr_assert_eq(start_at("127.0.0.1:0", noise, &err), STATUS_IO);
	secret_free(noise);
}

static enum status post(const char *path, const struct bytes *body, struct error *err)
{
	struct bytes came = {0};
	struct transport *transport = served_reach(&served, served.url, &served.card);
	const enum status status = transport_post(transport, path, bytes_span(body), PROTOCOL_ANSWER_MAX_BYTES, &came, err);
	transport_close(transport);
	bytes_wipe(&came);
	return status;
}

Test(http_server, answers_what_it_cannot_read_with_the_code_that_the_protocol_names)
{
	struct error err = {0};
	struct bytes body = {0};
	cr_assert_eq(post("/", &body, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "404"), "%s", err.message);
	cr_assert_eq(bytes_append(&body, span_from_text("noise"), NULL), STATUS_OK);
	cr_assert_eq(post(PROTOCOL_PULL_PATH, &body, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "400"), "%s", err.message);
	while (body.len < 20000)
		cr_assert_eq(bytes_append(&body, span_from_text("noise, and more of it than any pull takes"), NULL), STATUS_OK);
	cr_assert_eq(post(PROTOCOL_PULL_PATH, &body, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "413"), "%s", err.message);
	bytes_wipe(&body);
}

/* --- stopping --- */

struct pushing {
	const char *url;
	struct bytes body, came;
	enum status status;
	struct error err;
};

static void *push(void *context)
{
	struct pushing *const pushing = context;
	struct transport *transport = served_reach(&served, pushing->url, &served.card);
	pushing->status = transport_post(transport, PROTOCOL_PUSH_PATH, bytes_span(&pushing->body), PROTOCOL_ANSWER_MAX_BYTES,
	                                 &pushing->came, &pushing->err);
	transport_close(transport);
	return NULL;
}

static void *stop(void *context)
{
	http_server_stop(context, 30);
	return NULL;
}

Test(http_server, finishes_a_request_under_way_when_it_is_stopped)
{
	struct walker walker;
	struct answer answer;
	pthread_t pusher, stopper;
	walker_begin(&served.world, &walker);
	struct bytes bundle = walker_bundle(&served.world, &walker, LINKS);
	const uint64_t before = world_log_size(&served.world);
	const struct preface preface = world_preface(&served.world, &walker.device.id, 1);
	struct pushing pushing = {0};
	cr_assert_eq(protocol_write_preface(&pushing.body, &preface, NULL), STATUS_OK);
	cr_assert_eq(bytes_append(&pushing.body, bytes_span(&bundle), NULL), STATUS_OK);
	struct road road = ROAD_WHOLE;
	cr_assert_gt(pushing.body.len, 2 * RELAY_BATCH_BYTES);
	road.hold_after = pushing.body.len - RELAY_BATCH_BYTES / 2;
	road_begin(&road, &served);
	pushing.url = road.url;
	cr_assert_eq(pthread_create(&pusher, NULL, push, &pushing), 0);
	road_wait_until_held(&road);
	/* The first batch is durable: the request is under way for certain. */
	while (world_log_size(&served.world) == before)
		sched_yield();
	cr_assert_eq(pthread_create(&stopper, NULL, stop, served.server), 0);
	road_release(&road);
	cr_assert_eq(pthread_join(pusher, NULL), 0);
	cr_assert_eq(pthread_join(stopper, NULL), 0);
	served.server = NULL;
	road_end(&road);
	cr_assert_eq(pushing.status, STATUS_OK, "%s", pushing.err.message);
	answer_read(&answer, bytes_span(&pushing.came));
	cr_assert_eq(answer.push_end.accepted, LINKS + 2);
	answer_wipe(&answer);
	bytes_wipe(&pushing.body);
	bytes_wipe(&pushing.came);
	bytes_wipe(&bundle);
	walker_end(&walker);
}
