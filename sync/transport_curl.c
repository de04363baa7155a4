#include "sync/transport_curl.h"

#include "crypto/armor.h"
#include "sync/protocol.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { URL_BYTES = 512, PEM_LINE = 64, CONNECT_TIMEOUT_S = 60, KEEPALIVE_S = 30, MESSAGE_BYTES = 768, HTTP_OK = 200 };

struct transport_curl {
	CURL *handle;
	struct curl_slist *headers;
	struct bytes pem;
	char url[URL_BYTES];
	uint32_t low_speed_s;
	/* of the request under way: */
	char message[MESSAGE_BYTES];
	struct bytes *answer;
	size_t max;
	bool too_long, stalled;
	curl_off_t moved;     /* bytes up and down when last they grew */
	time_t moved_at;
};

static size_t take_answer(char *data, size_t size, size_t count, void *context)
{
	struct transport_curl *curl = context;
	const size_t len = size * count;
	if (len > curl->max - curl->answer->len) {
		curl->too_long = true;
		return 0;
	}
	return bytes_append(curl->answer, (struct span){(const uint8_t *)data, len}, NULL) == STATUS_OK ? len : 0;
}

/* libcurl's low-speed limit looks only while a transfer moves; this one never sleeps. */
static int watch(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
	struct transport_curl *curl = context;
	(void)down_total;
	(void)up_total;
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (down + up != curl->moved) {
		curl->moved = down + up;
		curl->moved_at = now.tv_sec;
	}
	curl->stalled = now.tv_sec - curl->moved_at > 2 * (time_t)curl->low_speed_s;
	return curl->stalled ? 1 : 0;
}

/* PEM (RFC 7468), the one form in which libcurl takes a certificate from memory. */
static enum status make_pem(struct bytes *pem, struct span der, struct error *err)
{
	struct bytes text = {0};
	enum status status = armor_base64(&text, der, err);
	if (status == STATUS_OK)
		status = bytes_append(pem, span_from_text("-----BEGIN CERTIFICATE-----\n"), err);
	for (size_t at = 0; status == STATUS_OK && at < text.len; at += PEM_LINE) {
		const size_t len = text.len - at < PEM_LINE ? text.len - at : PEM_LINE;
		status = bytes_append(pem, (struct span){text.data + at, len}, err);
		if (status == STATUS_OK)
			status = bytes_append(pem, span_from_text("\n"), err);
	}
	if (status == STATUS_OK)
		status = bytes_append(pem, span_from_text("-----END CERTIFICATE-----\n"), err);
	bytes_wipe(&text);
	return status;
}

static CURLcode set_trust(struct transport_curl *curl, const char *pin)
{
	struct curl_blob blob = {.data = curl->pem.data, .len = curl->pem.len, .flags = CURL_BLOB_NOCOPY};
	CURLcode code = curl_easy_setopt(curl->handle, CURLOPT_PROTOCOLS_STR, "https");
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl->handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl->handle, CURLOPT_CAINFO_BLOB, &blob);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl->handle, CURLOPT_CAPATH, NULL);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl->handle, CURLOPT_SSL_VERIFYPEER, 1L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl->handle, CURLOPT_SSL_VERIFYHOST, 0L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl->handle, CURLOPT_PINNEDPUBLICKEY, pin);
	return code;
}

static CURLcode set_manners(struct transport_curl *curl, const char *proxy)
{
	CURL *const h = curl->handle;
	const struct {
		CURLoption option;
		long value;
	} numbers[] = {
		{CURLOPT_NOSIGNAL, 1}, {CURLOPT_FOLLOWLOCATION, 0}, {CURLOPT_POST, 1},
		{CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S}, {CURLOPT_LOW_SPEED_LIMIT, 1},
		{CURLOPT_LOW_SPEED_TIME, (long)curl->low_speed_s}, {CURLOPT_TCP_KEEPALIVE, 1},
		{CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S}, {CURLOPT_TCP_KEEPINTVL, KEEPALIVE_S}, {CURLOPT_NOPROGRESS, 0},
		{CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
	};
	CURLcode code = CURLE_OK;
	for (size_t i = 0; code == CURLE_OK && i < sizeof numbers / sizeof *numbers; i++)
		code = curl_easy_setopt(h, numbers[i].option, numbers[i].value);
	/* "" switches off what the environment says. */
	if (code == CURLE_OK)
		code = curl_easy_setopt(h, CURLOPT_PROXY, proxy);
	if (code == CURLE_OK)
		code = curl_easy_setopt(h, CURLOPT_HTTPHEADER, curl->headers);
	if (code == CURLE_OK)
		code = curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_answer);
	if (code == CURLE_OK)
		code = curl_easy_setopt(h, CURLOPT_WRITEDATA, curl);
	if (code == CURLE_OK)
		code = curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, watch);
	if (code == CURLE_OK)
		code = curl_easy_setopt(h, CURLOPT_XFERINFODATA, curl);
	return code;
}

static enum status set_up(struct transport_curl *curl, const struct transport_curl_options *options, struct error *err)
{
	if (strlen(options->url) >= sizeof curl->url || strncmp(options->url, "https://", 8) != 0)
		return error_set(err, STATUS_BAD_INPUT, "'%s' is no https address", options->url);
	(void)snprintf(curl->url, sizeof curl->url, "%s", options->url);
	curl->low_speed_s = options->low_speed_s;
	struct bytes pin = {0};
	enum status status = bytes_append(&pin, span_from_text("sha256//"), err);
	if (status == STATUS_OK)
		status = armor_base64(&pin, hash_span(&options->pin), err);
	if (status == STATUS_OK)
		status = bytes_append(&pin, (struct span){(const uint8_t *)"", 1}, err);
	if (status == STATUS_OK)
		status = make_pem(&curl->pem, options->certificate_der, err);
	if (status != STATUS_OK)
		goto out;
	curl->headers = curl_slist_append(NULL, "Expect:");
	if (curl->headers == NULL || curl_slist_append(curl->headers, "Content-Type: " PROTOCOL_CONTENT_TYPE) == NULL) {
		status = error_set(err, STATUS_NO_MEMORY, "out of memory");
		goto out;
	}
	CURLcode code = set_trust(curl, (const char *)pin.data);
	if (code == CURLE_OK)
		code = set_manners(curl, options->proxy);
	if (code != CURLE_OK)
		status = error_set(err, STATUS_BUG, "libcurl will not be set up: %s", curl_easy_strerror(code));
out:
	bytes_wipe(&pin);
	return status;
}

enum status transport_curl_new(struct transport_curl **curl, const struct transport_curl_options *options,
                               struct error *err)
{
	struct transport_curl *made = calloc(1, sizeof *made);
	if (made == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	enum status status = STATUS_OK;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (made->handle = curl_easy_init()) == NULL)
		status = error_set(err, STATUS_NO_MEMORY, "libcurl does not start");
	if (status == STATUS_OK)
		status = set_up(made, options, err);
	if (status == STATUS_OK)
		*curl = made;
	else
		transport_curl_free(made);
	return status;
}

static enum frame_outcome say(struct transport_curl *curl, enum frame_outcome outcome, const char *text,
                              const char *detail)
{
	(void)snprintf(curl->message, sizeof curl->message, "%s%s%s", text, detail[0] != '\0' ? ": " : "", detail);
	return outcome;
}

static enum frame_outcome judge_code(struct transport_curl *curl, CURLcode code)
{
	if (curl->too_long)
		return say(curl, FRAME_TOO_LONG, "the relay's answer was longer than it may be", "");
	if (curl->stalled || code == CURLE_OPERATION_TIMEDOUT)
		return say(curl, FRAME_OFFLINE, "the connection to the relay stands still", curl->url);
	if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH || code == CURLE_PEER_FAILED_VERIFICATION)
		return say(curl, FRAME_UNTRUSTED,
		           "whoever answers at this address is not the project's relay (its key is another one); nothing was sent",
		           curl->url);
	if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY)
		return say(curl, FRAME_UNREACHED, "the relay cannot be reached", curl->url);
	return say(curl, FRAME_OFFLINE, "the connection to the relay broke", curl_easy_strerror(code));
}

static enum frame_outcome judge_answer(struct transport_curl *curl, long http)
{
	char detail[64];
	(void)snprintf(detail, sizeof detail, "HTTP %ld", http);
	if (http == HTTP_OK)
		return say(curl, FRAME_ANSWERED, "", "");
	if (http >= 500 || http == 429)
		return say(curl, FRAME_OFFLINE, "the relay cannot answer now", detail);
	return say(curl, FRAME_REFUSED, "the relay does not take this request", detail);
}

enum frame_outcome transport_curl_post(struct transport_curl *curl, const char *path, struct span body, size_t max,
                                       struct bytes *answer)
{
	char url[URL_BYTES + 64];
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)snprintf(url, sizeof url, "%s%s", curl->url, path);
	bytes_clear(answer);
	curl->answer = answer;
	curl->max = max;
	curl->too_long = curl->stalled = false;
	curl->moved = 0;
	curl->moved_at = now.tv_sec;
	if (curl_easy_setopt(curl->handle, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(curl->handle, CURLOPT_POSTFIELDS, body.len > 0 ? (const void *)body.data : "") != CURLE_OK ||
	    curl_easy_setopt(curl->handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len) != CURLE_OK)
		return say(curl, FRAME_OFFLINE, "libcurl will not be set up", "");
	const CURLcode code = curl_easy_perform(curl->handle);
	long http = 0;
	(void)curl_easy_getinfo(curl->handle, CURLINFO_RESPONSE_CODE, &http);
	if (http != HTTP_OK || curl->too_long)
		bytes_clear(answer);
	return code == CURLE_OK ? judge_answer(curl, http) : judge_code(curl, code);
}

const char *transport_curl_message(const struct transport_curl *curl)
{
	return curl->message;
}

void transport_curl_free(struct transport_curl *curl)
{
	if (curl == NULL)
		return;
	curl_easy_cleanup(curl->handle);
	curl_slist_free_all(curl->headers);
	bytes_wipe(&curl->pem);
	free(curl);
}
