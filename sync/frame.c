#include "sync/frame.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { LENGTH_BYTES = 4 };

static enum status send_all(int socket, struct span content, struct error *err)
{
	for (size_t done = 0; done < content.len;) {
		const ssize_t n = send(socket, content.data + done, content.len - done, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_set(err, STATUS_OFFLINE, "the connection program ended: %s", strerror(errno));
		done += (size_t)n;
	}
	return STATUS_OK;
}

enum status frame_send(int socket, struct span content, struct error *err)
{
	if (content.len > FRAME_MAX_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "%zu bytes are too many for one request", content.len);
	const uint8_t length[LENGTH_BYTES] = {
		(uint8_t)(content.len >> 24), (uint8_t)(content.len >> 16), (uint8_t)(content.len >> 8), (uint8_t)content.len};
	const enum status status = send_all(socket, (struct span){length, sizeof length}, err);
	return status == STATUS_OK ? send_all(socket, content, err) : status;
}

/* Reads exactly `len` bytes. NOT_FOUND: the stream ended before the first. */
static enum status receive_all(int socket, uint8_t *out, size_t len, struct error *err)
{
	for (size_t done = 0; done < len;) {
		const ssize_t n = recv(socket, out + done, len - done, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 && done == 0)
			return error_set(err, STATUS_NOT_FOUND, "the connection program ended");
		if (n <= 0)
			return error_set(err, STATUS_OFFLINE, "the connection program broke off");
		done += (size_t)n;
	}
	return STATUS_OK;
}

enum status frame_receive(int socket, struct bytes *content, struct error *err)
{
	uint8_t length[LENGTH_BYTES];
	bytes_clear(content);
	enum status status = receive_all(socket, length, sizeof length, err);
	if (status != STATUS_OK)
		return status;
	const size_t len = (size_t)length[0] << 24 | (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3];
	if (len > FRAME_MAX_BYTES)
		return error_set(err, STATUS_BAD_INPUT, "a frame of %zu bytes is too long", len);
	status = bytes_reserve(content, len, err);
	if (status == STATUS_OK && len > 0)
		status = receive_all(socket, content->data, len, err);
	if (status == STATUS_OK)
		content->len = len;
	return status == STATUS_NOT_FOUND ? STATUS_OFFLINE : status;
}
