#include "sync/transport.h"

#include "crypto/cbor.h"
#include "sync/frame.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOW_SPEED_DEFAULT_S = 60 };

struct transport {
	int socket;
	pid_t pid;
	struct bytes frame; /* reused */
	bool reached;
};

/* The helper gets one socket as its standard input, our standard error, and nothing else: no
 * environment (so no proxy or certificate from it), no other descriptor. */
static enum status spawn(pid_t *pid, const char *helper, int socket, struct error *err)
{
	char *const argv[] = {strdup("sijil-https"), NULL}, *const no_environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	int code = argv[0] == NULL ? ENOMEM : posix_spawn_file_actions_init(&actions);
	if (code != 0) {
		free(argv[0]);
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	}
	code = posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
	if (code == 0)
		code = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", 1, 0);
	if (code == 0)
		code = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	if (code == 0)
		code = posix_spawn(pid, helper, &actions, NULL, argv, no_environment);
	(void)posix_spawn_file_actions_destroy(&actions);
	free(argv[0]);
	if (code != 0)
		return error_set(err, STATUS_IO, "'%s' cannot be started: %s", helper, strerror(code));
	return STATUS_OK;
}

static enum status send_setup(struct transport *transport, const struct transport_options *options, struct error *err)
{
	struct cbor_writer writer;
	bytes_clear(&transport->frame);
	cbor_write_begin(&writer, &transport->frame);
	cbor_write_array(&writer, 6);
	cbor_write_uint(&writer, FRAME_VERSION);
	cbor_write_text(&writer, span_from_text(options->url));
	cbor_write_text(&writer, span_from_text(options->proxy != NULL ? options->proxy : ""));
	cbor_write_bytes(&writer, (struct span){options->card->certificate, options->card->certificate_len});
	cbor_write_bytes(&writer, hash_span(&options->card->pin));
	cbor_write_uint(&writer, options->low_speed_s != 0 ? options->low_speed_s : LOW_SPEED_DEFAULT_S);
	const enum status status = cbor_write_end(&writer, err);
	return status == STATUS_OK ? frame_send(transport->socket, bytes_span(&transport->frame), err) : status;
}

enum status transport_open(struct transport **transport, const struct transport_options *options, struct error *err)
{
	int pair[2];
	struct transport *opened = calloc(1, sizeof *opened);
	if (opened == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		free(opened);
		return error_set(err, STATUS_IO, "no socket to be had: %s", strerror(errno));
	}
	opened->socket = pair[0];
	enum status status = spawn(&opened->pid, options->helper, pair[1], err);
	(void)close(pair[1]);
	if (status == STATUS_OK)
		status = send_setup(opened, options, err);
	if (status != STATUS_OK)
		transport_close(opened);
	else
		*transport = opened;
	return status;
}

/* An outcome of the helper as a status of ours. */
static enum status status_of(uint64_t outcome)
{
	switch (outcome) {
	case FRAME_ANSWERED: return STATUS_OK;
	case FRAME_UNTRUSTED: return STATUS_UNTRUSTED;
	case FRAME_REFUSED: return STATUS_REFUSED;
	case FRAME_TOO_LONG: return STATUS_BAD_INPUT;
	default: return STATUS_OFFLINE;
	}
}

static enum status read_answer(struct transport *transport, struct bytes *answer, struct error *err)
{
	const struct span frame = bytes_span(&transport->frame);
	struct cbor_reader reader;
	enum status status = cbor_read_begin(&reader, frame, err);
	if (status != STATUS_OK)
		return status;
	cbor_read_array_exact(&reader, 3);
	const uint64_t outcome = cbor_read_uint(&reader);
	const struct span message = cbor_read_text(&reader);
	const struct span body = cbor_read_bytes(&reader);
	status = cbor_read_end(&reader, "the connection program's answer", err);
	if (status != STATUS_OK)
		return status;
	/* The request follows a handshake with the right key. */
	transport->reached = outcome != FRAME_UNREACHED && outcome != FRAME_UNTRUSTED;
	status = bytes_append(answer, body, err);
	if (status != STATUS_OK || outcome == FRAME_ANSWERED)
		return status;
	return error_set(err, status_of(outcome), "%.*s", (int)message.len, (const char *)message.data);
}

enum status transport_post(struct transport *transport, const char *path, struct span body, size_t max,
                           struct bytes *answer, struct error *err)
{
	struct cbor_writer writer;
	transport->reached = true;
	bytes_clear(&transport->frame);
	cbor_write_begin(&writer, &transport->frame);
	cbor_write_array(&writer, 3);
	cbor_write_text(&writer, span_from_text(path));
	cbor_write_bytes(&writer, body);
	cbor_write_uint(&writer, max);
	enum status status = cbor_write_end(&writer, err);
	if (status == STATUS_OK)
		status = frame_send(transport->socket, bytes_span(&transport->frame), err);
	if (status == STATUS_OK)
		status = frame_receive(transport->socket, &transport->frame, err);
	if (status == STATUS_NOT_FOUND)
		status = error_set(err, STATUS_OFFLINE, "the connection program ended");
	return status == STATUS_OK ? read_answer(transport, answer, err) : status;
}

bool transport_reached(const struct transport *transport)
{
	return transport->reached;
}

void transport_close(struct transport *transport)
{
	if (transport == NULL)
		return;
	(void)close(transport->socket);
	if (transport->pid > 0)
		while (waitpid(transport->pid, NULL, 0) < 0 && errno == EINTR)
			;
	bytes_wipe(&transport->frame);
	free(transport);
}
