#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sync/frame.h"

Test(frame, arrives_as_it_was_sent)
{
	int pair[2];
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	struct bytes got = {0};
	cr_assert_eq(frame_send(pair[0], span_from_text("first"), NULL), STATUS_OK);
	cr_assert_eq(frame_send(pair[0], (struct span){NULL, 0}, NULL), STATUS_OK);
	cr_assert_eq(frame_receive(pair[1], &got, NULL), STATUS_OK);
	cr_assert(span_equals(bytes_span(&got), span_from_text("first")));
	cr_assert_eq(frame_receive(pair[1], &got, NULL), STATUS_OK);
	cr_assert_eq(got.len, 0);
	bytes_wipe(&got);
}

Test(frame, says_where_the_stream_ends)
{
	int pair[2];
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	struct bytes got = {0};
	cr_assert_eq(write(pair[0], "\0\0\0\5abc", 7), 7);
	close(pair[0]);
	cr_assert_eq(frame_receive(pair[1], &got, NULL), STATUS_OFFLINE);
	cr_assert_eq(frame_receive(pair[1], &got, NULL), STATUS_NOT_FOUND);
	bytes_wipe(&got);
}

Test(frame, refuses_a_length_beyond_the_limit)
{
	int pair[2];
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	struct bytes got = {0};
	cr_assert_eq(write(pair[0], "\xff\xff\xff\xff", 4), 4);
	cr_assert_eq(frame_receive(pair[1], &got, NULL), STATUS_BAD_INPUT);
	bytes_wipe(&got);
}

Test(frame, reports_a_peer_that_is_gone_without_a_signal)
{
	int pair[2];
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	close(pair[1]);
	cr_assert_eq(frame_send(pair[0], span_from_text("x"), NULL), STATUS_OFFLINE);
}
