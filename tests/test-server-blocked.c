/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* Threads that are blocked in accept while something happens to the server. */

#define N_ACCEPTORS 3

typedef struct
{
  PolySocketServer *server;
  GCancellable *cancellable;
  gint64 timeout;
  PolyTestThread *thread;
  PolySocketEndpoint *endpoint;
  GError *error;
} Acceptor;

static gpointer
accept_main (gpointer user_data)
{
  Acceptor *self = user_data;

  self->endpoint =
      poly_socket_server_accept (self->server, self->timeout, self->cancellable, &self->error);
  return NULL;
}

static void
acceptor_start (Acceptor         *self,
                PolySocketServer *server)
{
  *self = (Acceptor) {
    .server = server,
    .cancellable = g_cancellable_new (),
    .timeout = POLY_TEST_LONG,
  };
  self->thread = poly_test_thread_new ("acceptor", accept_main, self);
}

static void
acceptor_join (Acceptor *self)
{
  poly_test_thread_join (self->thread);
  g_assert_true ((self->endpoint == NULL) == (self->error != NULL));
}

static void
acceptor_clear (Acceptor *self)
{
  g_clear_object (&self->endpoint);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->error);
}

static void
start_blocked (Acceptor         *acceptors,
               gsize             n_acceptors,
               PolySocketServer *server)
{
  for (gsize i = 0; i < n_acceptors; i++)
    acceptor_start (&acceptors[i], server);
  for (gsize i = 0; i < n_acceptors; i++)
    poly_test_thread_wait_blocked (acceptors[i].thread);
}

static void
join_all_with (Acceptor *acceptors,
               gsize     n_acceptors,
               int       code)
{
  for (gsize i = 0; i < n_acceptors; i++)
    {
      acceptor_join (&acceptors[i]);
      poly_test_assert_error (acceptors[i].error, G_IO_ERROR, code);
      acceptor_clear (&acceptors[i]);
    }
}

static PolySocketClient *
connect_new (PolySocketServer *server)
{
  PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 4);
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_client_connect_to_server (client, server, &error));
  g_assert_no_error (error);
  return client;
}

static void
test_connect (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  Acceptor acceptors[N_ACCEPTORS];
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;
  guint n_endpoints = 0;

  g_test_summary ("One connect wakes one of several blocked accepts; the others go on waiting, "
                  "until they are closed");

  start_blocked (acceptors, N_ACCEPTORS, server);
  client = connect_new (server);
  endpoint = poly_socket_client_wait_endpoint (client, POLY_TEST_LONG, NULL, &error);
  g_assert_no_error (error);
  poly_socket_server_close (server);
  for (gsize i = 0; i < N_ACCEPTORS; i++)
    {
      acceptor_join (&acceptors[i]);
      if (acceptors[i].endpoint != NULL)
        n_endpoints++;
      else
        poly_test_assert_error (acceptors[i].error, G_IO_ERROR, G_IO_ERROR_CLOSED);
      acceptor_clear (&acceptors[i]);
    }
  g_assert_cmpuint (n_endpoints, ==, 1);
}

static void
test_close (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  Acceptor acceptors[N_ACCEPTORS];

  g_test_summary ("Closing the server wakes every blocked accept with CLOSED");

  start_blocked (acceptors, N_ACCEPTORS, server);
  poly_socket_server_close (server);
  join_all_with (acceptors, N_ACCEPTORS, G_IO_ERROR_CLOSED);
}

static void
test_start (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  Acceptor acceptors[N_ACCEPTORS];

  g_test_summary ("Starting the server wakes every blocked accept with BUSY");

  start_blocked (acceptors, N_ACCEPTORS, server);
  poly_socket_server_start (server);
  join_all_with (acceptors, N_ACCEPTORS, G_IO_ERROR_BUSY);
}

static void
test_refuse (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (GError) error = NULL;
  gint64 deadline = g_get_monotonic_time () + POLY_TEST_PATIENCE;
  Acceptor acceptor;

  g_test_summary ("An accept that waits already ends refusing, too: refuse leaves it waiting, and "
                  "the next request is its own");

  start_blocked (&acceptor, 1, server);
  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 0);
  /* If the thread was late, its accept ends refusing only when it comes. */
  while (!poly_socket_client_connect_to_server (client, server, &error))
    {
      poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_REFUSED);
      if (g_get_monotonic_time () > deadline)
        g_error ("The accept that waits does not end refusing");
      g_object_unref (client);
      client = poly_socket_client_new (G_TYPE_POINTER, 1);
      g_thread_yield ();
    }
  acceptor_join (&acceptor);
  g_assert_no_error (acceptor.error);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTED);
  acceptor_clear (&acceptor);
}

static void
test_cancel (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = NULL;
  Acceptor acceptors[2];

  g_test_summary ("Cancelling wakes the accept with that cancellable and no other, and loses no "
                  "request");

  start_blocked (acceptors, 2, server);
  g_cancellable_cancel (acceptors[0].cancellable);
  acceptor_join (&acceptors[0]);
  poly_test_assert_error (acceptors[0].error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  client = connect_new (server);
  acceptor_join (&acceptors[1]);
  g_assert_no_error (acceptors[1].error);
  acceptor_clear (&acceptors[0]);
  acceptor_clear (&acceptors[1]);
}

static void
test_shared_cancellable (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Acceptor acceptors[N_ACCEPTORS];

  g_test_summary ("One cancellable ends all accepts that were given it");

  for (gsize i = 0; i < N_ACCEPTORS; i++)
    {
      acceptors[i] = (Acceptor) {
        .server = server,
        .cancellable = g_object_ref (cancellable),
        .timeout = -1,
      };
      acceptors[i].thread = poly_test_thread_new ("acceptor", accept_main, &acceptors[i]);
    }
  for (gsize i = 0; i < N_ACCEPTORS; i++)
    poly_test_thread_wait_blocked (acceptors[i].thread);
  g_cancellable_cancel (cancellable);
  join_all_with (acceptors, N_ACCEPTORS, G_IO_ERROR_CANCELLED);
}

static void
test_withdrawn (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) withdrawn = connect_new (server);
  g_autoptr (PolySocketClient) client = NULL;
  Acceptor acceptor;

  g_test_summary ("A withdrawn request is not what a blocked accept wakes up with");

  poly_socket_client_close (withdrawn);
  start_blocked (&acceptor, 1, server);
  client = connect_new (server);
  acceptor_join (&acceptor);
  g_assert_no_error (acceptor.error);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTED);
  acceptor_clear (&acceptor);
}

static void
test_stop (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = NULL;
  Acceptor acceptor;

  g_test_summary ("Stop, resume and another backlog leave a blocked accept alone");

  start_blocked (&acceptor, 1, server);
  poly_socket_server_stop (server);
  poly_socket_server_resume (server);
  poly_socket_server_set_backlog (server, 1);
  client = connect_new (server);
  acceptor_join (&acceptor);
  g_assert_no_error (acceptor.error);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTED);
  acceptor_clear (&acceptor);
}

static void
test_dropped_cancellable (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (PolySocketClient) client = connect_new (server);
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("After the call nothing listens to its cancellable any more");

  endpoint = poly_socket_server_accept (server, POLY_TEST_LONG, cancellable, &error);
  g_assert_no_error (error);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTED);
  g_assert_null (poly_socket_server_accept (server, POLY_TEST_SHORT, cancellable, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);
  g_clear_object (&server);
  g_cancellable_cancel (cancellable);
  g_assert_finalize_object (g_steal_pointer (&cancellable));
}

typedef struct
{
  PolySocketServer *server;
  PolyTestBarrier barrier;
  guint n_rounds;
  GCancellable *cancellable;
} Rounds;

static gpointer
accept_rounds_main (gpointer user_data)
{
  Rounds *self = user_data;

  for (guint round = 0; round < self->n_rounds; round++)
    {
      g_autoptr (PolySocketEndpoint) endpoint = NULL;
      g_autoptr (GError) error = NULL;

      poly_test_barrier_wait (&self->barrier);
      endpoint =
          poly_socket_server_accept (self->server, POLY_TEST_LONG, self->cancellable, &error);
      g_assert_no_error (error);
      g_assert_nonnull (endpoint);
      poly_test_barrier_wait (&self->barrier);
    }
  return NULL;
}

static void
test_two_and_two (gconstpointer user_data)
{
  Rounds rounds = { 0 };
  PolyTestThread *threads[2];
  gboolean with_cancellable = GPOINTER_TO_INT (user_data);

  g_test_summary ("Two blocked accepts and two connects, a thousand times, blocked on a plain "
                  "wait and on one with a cancellable: no accept stays");

  rounds.server = poly_socket_server_new (G_TYPE_POINTER);
  rounds.n_rounds = poly_test_rounds (1000, 20000);
  rounds.cancellable = with_cancellable ? g_cancellable_new () : NULL;
  poly_test_barrier_init (&rounds.barrier, 3);
  for (gsize i = 0; i < 2; i++)
    threads[i] = poly_test_thread_new ("acceptor", accept_rounds_main, &rounds);

  for (guint round = 0; round < rounds.n_rounds; round++)
    {
      g_autoptr (PolySocketClient) first = NULL;
      g_autoptr (PolySocketClient) second = NULL;

      poly_test_barrier_wait (&rounds.barrier);
      /* Every other round the connects meet accepts that are only just coming. */
      for (gsize i = 0; i < 2 && round % 2 == 0; i++)
        poly_test_thread_wait_blocked (threads[i]);
      first = connect_new (rounds.server);
      second = connect_new (rounds.server);
      poly_test_barrier_wait (&rounds.barrier);
      g_assert_cmpint (poly_socket_client_get_state (first), ==,
                       POLY_SOCKET_CLIENT_STATE_CONNECTED);
      g_assert_cmpint (poly_socket_client_get_state (second), ==,
                       POLY_SOCKET_CLIENT_STATE_CONNECTED);
    }

  for (gsize i = 0; i < 2; i++)
    poly_test_thread_join (threads[i]);
  poly_test_barrier_clear (&rounds.barrier);
  g_clear_object (&rounds.cancellable);
  g_object_unref (rounds.server);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/accept/blocked/connect", test_connect);
  g_test_add_func ("/server/accept/blocked/close", test_close);
  g_test_add_func ("/server/accept/blocked/start", test_start);
  g_test_add_func ("/server/accept/blocked/stop", test_stop);
  g_test_add_func ("/server/accept/blocked/refuse", test_refuse);
  g_test_add_func ("/server/accept/blocked/cancel", test_cancel);
  g_test_add_func ("/server/accept/blocked/shared-cancellable", test_shared_cancellable);
  g_test_add_func ("/server/accept/blocked/dropped-cancellable", test_dropped_cancellable);
  g_test_add_func ("/server/accept/blocked/withdrawn", test_withdrawn);
  g_test_add_data_func ("/server/accept/blocked/two-and-two", GINT_TO_POINTER (FALSE),
                        test_two_and_two);
  g_test_add_data_func ("/server/accept/blocked/two-and-two-with-cancellable",
                        GINT_TO_POINTER (TRUE), test_two_and_two);

  return g_test_run ();
}
