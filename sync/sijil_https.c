/* sijil-https: bytes in, bytes out over one pinned HTTPS connection. Holds no key and knows no report.
 *
 * A program of its own, because linking libcurl would cost every start of the others
 * 36 shared libraries. sync/transport.c starts it with a socket as standard input.
 */
#include "crypto/cbor.h"
#include "crypto/secret.h"
#include "sync/transport_curl.h"

#include <string.h>
#include <unistd.h>

enum { TEXT_BYTES = 512, FRAME_OVERHEAD_BYTES = 2048, EXIT_BAD_PEER = 2 };

/* A text item as a C string; a fault if it does not fit. */
static void read_string(struct cbor_reader *reader, char out[TEXT_BYTES])
{
	const struct span text = cbor_read_text(reader);
	if (text.len >= TEXT_BYTES || (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)) {
		cbor_read_fail(reader, "out_of_range");
		return;
	}
	if (text.len > 0)
		memcpy(out, text.data, text.len);
	out[text.len] = '\0';
}

static enum status set_up(struct transport_curl **curl, struct span frame)
{
	struct cbor_reader reader;
	char url[TEXT_BYTES] = "", proxy[TEXT_BYTES] = "";
	struct transport_curl_options options = {.url = url, .proxy = proxy};
	enum status status = cbor_read_begin(&reader, frame, NULL);
	if (status != STATUS_OK)
		return status;
	cbor_read_array_exact(&reader, 6);
	if (cbor_read_uint(&reader) != FRAME_VERSION)
		cbor_read_fail(&reader, "version");
	read_string(&reader, url);
	read_string(&reader, proxy);
	options.certificate_der = cbor_read_bytes(&reader);
	cbor_read_bytes_exact(&reader, options.pin.bytes, HASH_BYTES);
	options.low_speed_s = (uint32_t)cbor_read_uint_max(&reader, 3600);
	status = cbor_read_end(&reader, "the request", NULL);
	return status == STATUS_OK ? transport_curl_new(curl, &options, NULL) : status;
}

static enum status answer_one(struct transport_curl *curl, struct bytes *frame, struct bytes *answer)
{
	struct cbor_reader reader;
	struct cbor_writer writer;
	char path[TEXT_BYTES] = "";
	enum status status = cbor_read_begin(&reader, bytes_span(frame), NULL);
	if (status != STATUS_OK)
		return status;
	cbor_read_array_exact(&reader, 3);
	read_string(&reader, path);
	const struct span body = cbor_read_bytes(&reader);
	const uint64_t max = cbor_read_uint_max(&reader, FRAME_MAX_BYTES - FRAME_OVERHEAD_BYTES);
	status = cbor_read_end(&reader, "the request", NULL);
	if (status != STATUS_OK)
		return status;
	const enum frame_outcome outcome = transport_curl_post(curl, path, body, (size_t)max, answer);
	bytes_clear(frame);
	cbor_write_begin(&writer, frame);
	cbor_write_array(&writer, 3);
	cbor_write_uint(&writer, outcome);
	cbor_write_text(&writer, span_from_text(transport_curl_message(curl)));
	cbor_write_bytes(&writer, bytes_span(answer));
	status = cbor_write_end(&writer, NULL);
	return status == STATUS_OK ? frame_send(STDIN_FILENO, bytes_span(frame), NULL) : status;
}

int main(void)
{
	struct transport_curl *curl = NULL;
	struct bytes frame = {0}, answer = {0};
	enum status status = secret_process_init(NULL);
	if (status == STATUS_OK)
		status = frame_receive(STDIN_FILENO, &frame, NULL);
	if (status == STATUS_OK)
		status = set_up(&curl, bytes_span(&frame));
	while (status == STATUS_OK) {
		status = frame_receive(STDIN_FILENO, &frame, NULL);
		if (status == STATUS_OK)
			status = answer_one(curl, &frame, &answer);
	}
	transport_curl_free(curl);
	bytes_wipe(&frame);
	bytes_wipe(&answer);
	return status == STATUS_NOT_FOUND ? 0 : EXIT_BAD_PEER;
}
