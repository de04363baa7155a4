/* The way from a device to a relay as it really is: sijil-https, TLS, libmicrohttpd. */
#include "sync/transport.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/sync/served.h"

enum { LINKS = 400 };

static struct served served;

static void start(void)
{
	served_begin(&served);
}

static void end(void)
{
	served_end(&served);
}

TestSuite(transport, .init = start, .fini = end);

/* A push of one device's chain of `links` events. */
static struct bytes push_body(struct walker *walker, unsigned links)
{
	struct bytes body = {0}, bundle;
	walker_begin(&served.world, walker);
	bundle = walker_bundle(&served.world, walker, links);
	const struct preface preface = world_preface(&served.world, &walker->device.id, 1);
	cr_assert_eq(protocol_write_preface(&body, &preface, NULL), STATUS_OK);
	cr_assert_eq(bytes_append(&body, bytes_span(&bundle), NULL), STATUS_OK);
	bytes_wipe(&bundle);
	return body;
}

static enum status post(struct transport *transport, const char *path, const struct bytes *body, struct bytes *came,
                        struct error *err)
{
	return transport_post(transport, path, bytes_span(body), PROTOCOL_ANSWER_MAX_BYTES, came, err);
}

/* The relay holds a chain of LINKS events; the pull request that asks for all, and its whole answer. */
static void fill_and_pull(struct bytes *request, struct bytes *whole)
{
	struct walker walker;
	struct bytes body = push_body(&walker, LINKS), came = {0};
	struct transport *transport = served_reach(&served, served.url, &served.card);
	cr_assert_eq(post(transport, PROTOCOL_PUSH_PATH, &body, &came, NULL), STATUS_OK);
	world_pull_request(&served.world, 0, WORLD_NOW_S, request);
	cr_assert_eq(post(transport, PROTOCOL_PULL_PATH, request, whole, NULL), STATUS_OK);
	transport_close(transport);
	bytes_wipe(&came);
	bytes_wipe(&body);
	walker_end(&walker);
}

Test(transport, carries_a_push_and_a_pull_over_one_connection)
{
	struct walker walker;
	struct answer answer;
	struct bytes body = push_body(&walker, 3), request = {0}, came = {0};
	struct transport *transport = served_reach(&served, served.url, &served.card);
	struct error err = {0};
	cr_assert_eq(post(transport, PROTOCOL_PUSH_PATH, &body, &came, &err), STATUS_OK, "%s", err.message);
	answer_read(&answer, bytes_span(&came));
	cr_assert_eq(answer.push_end.accepted, 5);
	cr_assert_eq(answer_receipt(&served.world, &answer, &walker.device.id).number, 3);
	answer_wipe(&answer);
	bytes_clear(&came);
	world_pull_request(&served.world, 0, WORLD_NOW_S, &request);
	cr_assert_eq(post(transport, PROTOCOL_PULL_PATH, &request, &came, &err), STATUS_OK, "%s", err.message);
	answer_read(&answer, bytes_span(&came));
	cr_assert_eq(answer.pull_end.cursor, world_log_size(&served.world));
	cr_assert_eq(answer_count(&answer, OBJECT_REPORT), 3);
	answer_wipe(&answer);
	transport_close(transport);
	bytes_wipe(&came);
	bytes_wipe(&request);
	bytes_wipe(&body);
	walker_end(&walker);
}

Test(transport, sends_nothing_to_whoever_has_another_key)
{
	struct walker walker;
	struct bytes body = push_body(&walker, 3), came = {0};
	struct relay_card other = served.card;
	struct error err = {0};
	const uint64_t before = world_log_size(&served.world);
	other.pin.bytes[0] ^= 1;
	struct transport *transport = served_reach(&served, served.url, &other);
	cr_assert_eq(post(transport, PROTOCOL_PUSH_PATH, &body, &came, &err), STATUS_UNTRUSTED);
	cr_assert_not_null(strstr(err.message, "not the project's relay"));
	cr_assert_eq(came.len, 0);
	transport_close(transport);
	cr_assert_eq(world_log_size(&served.world), before);
	bytes_wipe(&body);
	walker_end(&walker);
}

Test(transport, is_offline_where_nobody_listens)
{
	struct bytes body = {0}, came = {0};
	struct error err = {0};
	http_server_stop(served.server, 0);
	served.server = NULL;
	struct transport *transport = served_reach(&served, served.url, &served.card);
	cr_assert_eq(post(transport, PROTOCOL_PUSH_PATH, &body, &came, &err), STATUS_OFFLINE);
	cr_assert_not_null(strstr(err.message, served.url), "the address is named");
	transport_close(transport);
}

Test(transport, ends_an_answer_that_is_longer_than_it_may_be)
{
	struct bytes request = {0}, whole = {0}, came = {0};
	fill_and_pull(&request, &whole);
	struct transport *transport = served_reach(&served, served.url, &served.card);
	cr_assert_eq(transport_post(transport, PROTOCOL_PULL_PATH, bytes_span(&request), whole.len - 1, &came, NULL),
	             STATUS_BAD_INPUT);
	cr_assert_eq(came.len, 0);
	bytes_clear(&came);
	cr_assert_eq(transport_post(transport, PROTOCOL_PULL_PATH, bytes_span(&request), whole.len, &came, NULL), STATUS_OK);
	cr_assert_eq(came.len, whole.len);
	transport_close(transport);
	bytes_wipe(&request);
	bytes_wipe(&whole);
	bytes_wipe(&came);
}

Test(transport, gives_what_came_of_an_answer_that_broke_off)
{
	struct bytes request = {0}, whole = {0}, came = {0};
	struct error err = {0};
	fill_and_pull(&request, &whole);
	struct road road = ROAD_WHOLE;
	road.down_max = whole.len / 2;
	road_begin(&road, &served);
	struct transport *transport = served_reach(&served, road.url, &served.card);
	cr_assert_eq(post(transport, PROTOCOL_PULL_PATH, &request, &came, &err), STATUS_OFFLINE);
	cr_assert_gt(came.len, 0, "%s", err.message);
	cr_assert_lt(came.len, whole.len);
	cr_assert(span_equals(bytes_span(&came), (struct span){whole.data, came.len}));
	transport_close(transport);
	road_end(&road);
	bytes_wipe(&request);
	bytes_wipe(&whole);
	bytes_wipe(&came);
}

Test(transport, loses_no_whole_object_of_a_request_that_broke_off)
{
	struct walker walker;
	struct bytes body = push_body(&walker, LINKS), came = {0};
	const uint64_t before = world_log_size(&served.world);
	struct road road = ROAD_WHOLE;
	road.up_max = body.len / 2;
	road_begin(&road, &served);
	struct transport *transport = served_reach(&served, road.url, &served.card);
	cr_assert_eq(post(transport, PROTOCOL_PUSH_PATH, &body, &came, NULL), STATUS_OFFLINE);
	transport_close(transport);
	road_end(&road);
	http_server_stop(served.server, 10);
	served.server = NULL;
	const uint64_t kept = world_log_size(&served.world) - before;
	cr_assert_gt(kept, LINKS / 4, "kept %llu", (unsigned long long)kept);
	cr_assert_lt(kept, LINKS);
	bytes_wipe(&came);
	bytes_wipe(&body);
	walker_end(&walker);
}

Test(transport, tells_a_relay_that_does_not_take_the_request)
{
	struct bytes body = {0}, came = {0};
	struct error err = {0};
	struct transport *transport = served_reach(&served, served.url, &served.card);
	cr_assert_eq(post(transport, "/1/nothing", &body, &came, &err), STATUS_REFUSED);
	cr_assert_not_null(strstr(err.message, "404"));
	cr_assert_eq(came.len, 0, "what a refusal says is no answer");
	transport_close(transport);
}

Test(transport, ends_when_its_helper_is_no_helper)
{
	struct transport *transport = NULL;
	struct bytes body = {0}, came = {0};
	const struct transport_options options = {.helper = "/bin/true", .url = served.url, .card = &served.card};
	const enum status opened = transport_open(&transport, &options, NULL);
	if (opened == STATUS_OK)
		cr_assert_eq(post(transport, PROTOCOL_PUSH_PATH, &body, &came, NULL), STATUS_OFFLINE);
	else
		cr_assert_eq(opened, STATUS_OFFLINE, "it may be gone before the first byte is sent");
	if (opened == STATUS_OK)
		transport_close(transport);
}

Test(transport, says_that_its_helper_is_not_there)
{
	struct transport *transport = NULL;
	struct error err = {0};
	const struct transport_options options = {.helper = "/nonexistent/sijil-https", .url = served.url, .card = &served.card};
	cr_assert_eq(transport_open(&transport, &options, &err), STATUS_IO);
	cr_assert_not_null(strstr(err.message, "/nonexistent/sijil-https"));
	cr_assert_null(transport);
}
