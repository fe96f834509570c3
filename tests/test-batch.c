/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Sending and receiving several messages at once: how many go, in what order, and what is said when
 * none does. */

#include "config.h"

#include "poly-test-async.h"

#define N 8

/* An error: the batch call says -1 and the error, and moves nothing. */
static void
assert_failed (gssize   n,
               GError **error,
               int      code)
{
  g_assert_cmpint (n, ==, -1);
  poly_test_assert_io_error (error, code);
}

static void
test_partial_send (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GError) error = NULL;
  gpointer out[N];
  int messages[N] = { 0 };

  g_test_summary ("As many are sent as there is room for, from the first on; the others remain "
                  "the caller's");

  poly_socket_endpoint_new_pair_with_free_func (3, poly_test_count_free, &self, &peer);
  for (guint i = 0; i < N; i++)
    out[i] = &messages[i];

  g_assert_cmpint (poly_socket_endpoint_send_many (self, out, 2, 0, NULL, &error), ==, 2);
  g_assert_cmpint (poly_socket_endpoint_send_many (self, out + 2, N - 2, 0, NULL, &error), ==, 1);
  g_assert_no_error (error);
  assert_failed (poly_socket_endpoint_send_many (self, out + 3, N - 3, 0, NULL, &error), &error,
                 G_IO_ERROR_WOULD_BLOCK);
  assert_failed (
    poly_socket_endpoint_send_many (self, out + 3, N - 3, POLY_TEST_SHORT, NULL, &error), &error,
    G_IO_ERROR_TIMED_OUT);
  for (guint i = 0; i < 3; i++)
    g_assert_true (poly_socket_endpoint_receive (peer, 0, NULL, NULL) == &messages[i]);
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (peer), ==, 0);

  g_clear_object (&self);
  g_clear_object (&peer);
  for (guint i = 0; i < N; i++)
    g_assert_cmpint (messages[i], ==, 0);
}

static void
test_partial_receive (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GError) error = NULL;
  gpointer in[N];
  int messages[5] = { 0 };

  g_test_summary ("As many are received as there are, in their order; the rest of the array is "
                  "left alone");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, N, &self, &peer);
  for (guint i = 0; i < N; i++)
    in[i] = &error;
  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    g_assert_true (poly_socket_endpoint_send (peer, &messages[i], 0, NULL, NULL));

  g_assert_cmpint (poly_socket_endpoint_receive_many (self, in, 2, -1, NULL, &error), ==, 2);
  g_assert_cmpint (poly_socket_endpoint_receive_many (self, in + 2, N - 2, -1, NULL, &error),
                   ==, 3);
  g_assert_no_error (error);
  for (guint i = 0; i < N; i++)
    g_assert_true (in[i] == (i < 5 ? (gpointer) &messages[i] : &error));

  assert_failed (poly_socket_endpoint_receive_many (self, in, N, 0, NULL, &error), &error,
                 G_IO_ERROR_WOULD_BLOCK);
  assert_failed (poly_socket_endpoint_receive_many (self, in, N, POLY_TEST_SHORT, NULL, &error),
                 &error, G_IO_ERROR_TIMED_OUT);
}

static void
test_end (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GError) error = NULL;
  gpointer in[N];
  int messages[3] = { 0 };

  g_test_summary ("0 is received only at the end of the stream, and there every time, however "
                  "one waits");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, N, &self, &peer);
  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    g_assert_true (poly_socket_endpoint_send (peer, &messages[i], 0, NULL, NULL));
  poly_socket_endpoint_shutdown (peer, FALSE, TRUE);

  g_assert_cmpint (poly_socket_endpoint_receive_many (self, in, 2, 0, NULL, &error), ==, 2);
  g_assert_cmpint (poly_socket_endpoint_receive_many (self, in, 2, 0, NULL, &error), ==, 1);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpint (poly_socket_endpoint_receive_many (self, in, N, 0, NULL, &error), ==, 0);
      g_assert_cmpint (poly_socket_endpoint_receive_many (self, in, 1, -1, NULL, &error), ==, 0);
    }
  g_assert_no_error (error);
}

static void
test_reason (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GError) reason = poly_test_reason_new ();
  gpointer messages[N] = { &self, &peer };

  g_test_summary ("When the peer has closed with an error both calls fail with that, receiving "
                  "only after what was sent before");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, N, &self, &peer);
  g_assert_cmpint (poly_socket_endpoint_send_many (peer, messages, 2, 0, NULL, NULL), ==, 2);
  poly_socket_endpoint_close_with_error (peer, reason);

  g_assert_cmpint (poly_socket_endpoint_receive_many (self, messages, N, 0, NULL, NULL), ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) receive_error = NULL;
      g_autoptr (GError) send_error = NULL;

      g_assert_cmpint (
        poly_socket_endpoint_receive_many (self, messages, N, -1, NULL, &receive_error), ==, -1);
      g_assert_cmpint (poly_test_outcome (FALSE, receive_error), ==, OUTCOME_REASON);
      g_assert_cmpint (
        poly_socket_endpoint_send_many (self, messages, 2, -1, NULL, &send_error), ==, -1);
      g_assert_cmpint (poly_test_outcome (FALSE, send_error), ==, OUTCOME_REASON);
    }
}

/* What happened to the connection, and the errors that both calls fail with; 0 for those that do
 * not. */
typedef struct
{
  const char *name;
  void (*happen) (PolySocketEndpoint *self,
                  PolySocketEndpoint *peer);
  int send;
  int receive;
} Failure;

static void
close_self (PolySocketEndpoint *self,
            PolySocketEndpoint *peer)
{
  poly_socket_endpoint_close (self);
}

static void
shut_own_send (PolySocketEndpoint *self,
               PolySocketEndpoint *peer)
{
  poly_socket_endpoint_shutdown (self, FALSE, TRUE);
}

static void
shut_own_receive (PolySocketEndpoint *self,
                  PolySocketEndpoint *peer)
{
  poly_socket_endpoint_shutdown (self, TRUE, FALSE);
}

static void
shut_peer_receive (PolySocketEndpoint *self,
                   PolySocketEndpoint *peer)
{
  poly_socket_endpoint_shutdown (peer, TRUE, FALSE);
}

static const Failure failures[] = {
  { "own-close", close_self, G_IO_ERROR_CLOSED, G_IO_ERROR_CLOSED },
  { "own-send-shut", shut_own_send, G_IO_ERROR_CLOSED, 0 },
  { "own-receive-shut", shut_own_receive, 0, G_IO_ERROR_CLOSED },
  { "peer-receive-shut", shut_peer_receive, G_IO_ERROR_CONNECTION_CLOSED, 0 },
};

static void
test_failure (gconstpointer data)
{
  const Failure *failure = data;
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GCancellable) cancelled = poly_test_cancelled_new ();
  g_autoptr (GError) error = NULL;
  gpointer messages[] = { &self, &peer };
  gssize n;

  g_test_summary ("Batches fail as single messages do, being cancelled coming first");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, N, &self, &peer);
  g_assert_true (poly_socket_endpoint_send (peer, messages[0], 0, NULL, NULL));
  failure->happen (self, peer);

  assert_failed (poly_socket_endpoint_send_many (self, messages, 2, -1, cancelled, &error), &error,
                 G_IO_ERROR_CANCELLED);
  assert_failed (poly_socket_endpoint_receive_many (self, messages, 2, -1, cancelled, &error),
                 &error, G_IO_ERROR_CANCELLED);
  n = poly_socket_endpoint_send_many (self, messages, 2, -1, NULL, &error);
  if (failure->send != 0)
    assert_failed (n, &error, failure->send);
  else
    g_assert_cmpint (n, ==, 2);
  n = poly_socket_endpoint_receive_many (self, messages, 2, -1, NULL, &error);
  if (failure->receive != 0)
    assert_failed (n, &error, failure->receive);
  else
    g_assert_cmpint (n, ==, 1);
}

static void
test_refused (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 2);
  g_autoptr (PolySocketEndpoint) early = NULL;
  g_autoptr (GError) error = NULL;
  gpointer messages[] = { &server, &client, &early };
  gpointer in[3];

  g_test_summary ("A batch sent early comes back when the server refuses");

  g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
  early = poly_socket_client_get_endpoint (client, NULL);
  g_assert_cmpint (poly_socket_endpoint_send_many (early, messages, 3, -1, NULL, NULL), ==, 2);
  poly_socket_server_refuse (server, NULL);

  assert_failed (poly_socket_endpoint_send_many (early, messages, 3, -1, NULL, &error), &error,
                 G_IO_ERROR_CONNECTION_REFUSED);
  assert_failed (poly_socket_endpoint_receive_many (early, in, 3, -1, NULL, &error), &error,
                 G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_true (poly_socket_endpoint_reclaim (early) == &server);
  g_assert_true (poly_socket_endpoint_reclaim (early) == &client);
  g_assert_null (poly_socket_endpoint_reclaim (early));
}

static void
test_mistakes (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (PolySocketEndpoint) numbers = NULL;
  g_autoptr (PolySocketEndpoint) numbers_peer = NULL;
  gpointer messages[] = { &self, NULL, &peer };
  const GValue value = G_VALUE_INIT;

  g_test_summary ("No messages at all, NULL among them, and pointers where there are none, are "
                  "programmer errors; nothing is sent");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, N, &self, &peer);
  poly_socket_endpoint_new_pair (G_TYPE_INT, N, &numbers, &numbers_peer);
  poly_test_assert_critical (g_assert_cmpint (
    poly_socket_endpoint_send_many (self, messages, 0, 0, NULL, NULL), ==, -1));
  poly_test_assert_critical (
    g_assert_cmpint (poly_socket_endpoint_send_many (self, NULL, 1, 0, NULL, NULL), ==, -1));
  poly_test_assert_critical (g_assert_cmpint (
    poly_socket_endpoint_send_many (self, messages, 3, 0, NULL, NULL), ==, -1));
  poly_test_assert_critical (g_assert_cmpint (
    poly_socket_endpoint_send_many (numbers, messages, 1, 0, NULL, NULL), ==, -1));
  poly_test_assert_critical (g_assert_cmpint (
    poly_socket_endpoint_receive_many (self, messages, 0, 0, NULL, NULL), ==, -1));
  poly_test_assert_critical (
    g_assert_cmpint (poly_socket_endpoint_receive_many (self, NULL, 1, 0, NULL, NULL), ==, -1));
  poly_test_assert_critical (g_assert_cmpint (
    poly_socket_endpoint_receive_many (numbers, messages, 1, 0, NULL, NULL), ==, -1));
  poly_test_assert_critical (g_assert_cmpint (
    poly_socket_endpoint_send_many_values (self, &value, 0, 0, NULL, NULL), ==, -1));
  poly_test_assert_critical (g_assert_cmpint (
    poly_socket_endpoint_send_many_values (self, NULL, 1, 0, NULL, NULL), ==, -1));
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (peer), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/batch/partial-send", test_partial_send);
  g_test_add_func ("/batch/partial-receive", test_partial_receive);
  g_test_add_func ("/batch/end", test_end);
  g_test_add_func ("/batch/reason", test_reason);
  for (guint i = 0; i < G_N_ELEMENTS (failures); i++)
    {
      g_autofree char *path = g_strconcat ("/batch/failure/", failures[i].name, NULL);

      g_test_add_data_func (path, &failures[i], test_failure);
    }
  g_test_add_func ("/batch/refused", test_refused);
  g_test_add_func ("/batch/mistakes", test_mistakes);

  return g_test_run ();
}
