/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

#include <poll.h>

/* What a connection promises, line by line; each line is a test named after it. Other files look
 * closer at most of them: here they stand together, so that none is forgotten. */

#define N_THREADS 4

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
assert_state (PolySocketClient     *client,
              PolySocketClientState state)
{
  g_assert_cmpint (poly_socket_client_get_state (client), ==, state);
}

static void
assert_nothing_to_accept (PolySocketServer *server)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (poly_socket_server_has_pending (server));
  g_assert_null (poly_socket_server_accept (server, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
}

/* A blocked call, on a server or a client; what it returned, or why not. */
typedef struct
{
  gpointer object;
  PolyTestThread *thread;
  PolySocketEndpoint *endpoint;
  GError *error;
} Blocked;

static gpointer
blocked_main (gpointer user_data)
{
  Blocked *self = user_data;

  if (POLY_SOCKET_IS_SERVER (self->object))
    self->endpoint = poly_socket_server_accept (self->object, POLY_TEST_LONG, NULL, &self->error);
  else
    self->endpoint =
        poly_socket_client_wait_endpoint (self->object, POLY_TEST_LONG, NULL, &self->error);
  return NULL;
}

static void
block (Blocked *blocked,
       gpointer object)
{
  for (gsize i = 0; i < N_THREADS; i++)
    {
      blocked[i] = (Blocked) { .object = object };
      blocked[i].thread = poly_test_thread_new ("blocked", blocked_main, &blocked[i]);
    }
  for (gsize i = 0; i < N_THREADS; i++)
    poly_test_thread_wait_blocked (blocked[i].thread);
}

static void
assert_woken_with_endpoint (Blocked *blocked)
{
  for (gsize i = 0; i < N_THREADS; i++)
    {
      poly_test_thread_join (blocked[i].thread);
      g_assert_no_error (blocked[i].error);
      g_clear_object (&blocked[i].endpoint);
    }
}

static void
assert_woken_with_error (Blocked *blocked,
                         int      code)
{
  for (gsize i = 0; i < N_THREADS; i++)
    {
      poly_test_thread_join (blocked[i].thread);
      poly_test_assert_io_error (&blocked[i].error, code);
      g_assert_null (blocked[i].endpoint);
    }
}

static void
test_blocked_accepts_are_woken (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *clients[N_THREADS];
  Blocked blocked[N_THREADS];

  g_test_summary ("Several threads blocked in accept: every one that can go on is woken");

  block (blocked, server);
  for (gsize i = 0; i < N_THREADS; i++)
    clients[i] = connect_new (server);
  assert_woken_with_endpoint (blocked);
  for (gsize i = 0; i < N_THREADS; i++)
    {
      assert_state (clients[i], POLY_SOCKET_CLIENT_STATE_CONNECTED);
      g_object_unref (clients[i]);
    }
}

static void
test_blocked_waits_are_woken (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = connect_new (server);
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (GError) error = NULL;
  Blocked blocked[N_THREADS];

  g_test_summary ("Several threads blocked in wait_endpoint: every one that can go on is woken");

  block (blocked, client);
  server_side = poly_socket_server_accept (server, 0, NULL, &error);
  g_assert_no_error (error);
  assert_woken_with_endpoint (blocked);
}

static void
test_server_close_wakes_accepts (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  Blocked blocked[N_THREADS];

  g_test_summary ("Closing the server wakes blocked accepts with CLOSED");

  block (blocked, server);
  poly_socket_server_close (server);
  assert_woken_with_error (blocked, G_IO_ERROR_CLOSED);
}

static void
test_server_close_wakes_clients (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *clients[2];
  Blocked blocked[2][N_THREADS];

  g_test_summary ("Closing the server wakes every waiting client with CONNECTION_REFUSED");

  for (gsize i = 0; i < 2; i++)
    {
      clients[i] = connect_new (server);
      block (blocked[i], clients[i]);
    }
  poly_socket_server_close (server);
  for (gsize i = 0; i < 2; i++)
    {
      assert_woken_with_error (blocked[i], G_IO_ERROR_CONNECTION_REFUSED);
      assert_state (clients[i], POLY_SOCKET_CLIENT_STATE_REFUSED);
      g_object_unref (clients[i]);
    }
}

static void
test_client_close_wakes_its_waiters (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = connect_new (server);
  Blocked blocked[N_THREADS];

  g_test_summary ("Closing a client wakes its own waiters with CLOSED");

  block (blocked, client);
  poly_socket_client_close (client);
  assert_woken_with_error (blocked, G_IO_ERROR_CLOSED);
}

static gpointer
close_main (gpointer user_data)
{
  for (guint i = 0; i < 3; i++)
    {
      if (POLY_SOCKET_IS_SERVER (user_data))
        poly_socket_server_close (user_data);
      else
        poly_socket_client_close (user_data);
    }
  return NULL;
}

static void
test_close (gconstpointer user_data)
{
  gboolean with_descriptors = GPOINTER_TO_INT (user_data);
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = connect_new (server);
  gpointer objects[] = { client, server };
  g_autoptr (GError) error = NULL;

  g_test_summary ("Close is idempotent, never raises, works with and without descriptors, and may "
                  "come from any thread, and from several at once");

  for (gsize i = 0; i < G_N_ELEMENTS (objects); i++)
    {
      PolySocketPollable *pollable = objects[i];
      struct pollfd fd = { .fd = -1, .events = POLLIN };
      GThread *threads[N_THREADS];

      if (with_descriptors)
        {
          fd.fd = poly_socket_pollable_get_fd (pollable, G_IO_IN, &error);
          g_assert_no_error (error);
          g_assert_cmpint (fd.fd, >=, 0);
        }
      for (gsize j = 0; j < N_THREADS; j++)
        threads[j] = g_thread_new ("closer", close_main, pollable);
      close_main (pollable);
      for (gsize j = 0; j < N_THREADS; j++)
        g_thread_join (threads[j]);
      g_assert_cmpint (poly_socket_pollable_condition_check (pollable, G_IO_IN), ==,
                       G_IO_IN | G_IO_HUP);
      g_assert_cmpint (poll (&fd, 1, 0), ==, with_descriptors);
    }
  g_assert_true (poly_socket_server_is_closed (server));
  assert_state (client, POLY_SOCKET_CLIENT_STATE_CLOSED);
}

static void
test_accepted_stays_accepted (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = connect_new (server);
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (PolySocketEndpoint) client_side = NULL;
  g_autoptr (GError) error = NULL;
  int message;

  g_test_summary ("A client accepted stays accepted, whatever the server refuses later, also when "
                  "it did not look in between");

  server_side = poly_socket_server_accept (server, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 0);
  poly_socket_server_close (server);
  client_side = poly_socket_client_wait_endpoint (client, 0, NULL, &error);
  g_assert_no_error (error);
  assert_state (client, POLY_SOCKET_CLIENT_STATE_CONNECTED);
  g_assert_true (poly_socket_endpoint_send (client_side, &message, 0, NULL, &error));
  g_assert_true (poly_socket_endpoint_receive (server_side, 0, NULL, &error) == &message);
  g_assert_no_error (error);
}

static void
test_refused_stays_refused (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = connect_new (server);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A client refused stays refused, though the server accepts again");

  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 1);
  assert_nothing_to_accept (server);
  g_assert_false (poly_socket_client_connect_to_server (client, server, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_REFUSED);
  assert_nothing_to_accept (server);
  assert_state (client, POLY_SOCKET_CLIENT_STATE_REFUSED);
}

static void
test_refused_at_once (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);

  g_test_summary ("While refusing, from refuse to the next accept or start, new requests are "
                  "refused at once");

  poly_socket_server_refuse (server, NULL);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 4);
      g_autoptr (GError) error = NULL;

      g_assert_false (poly_socket_client_connect_to_server (client, server, &error));
      poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_REFUSED);
      assert_state (client, POLY_SOCKET_CLIENT_STATE_REFUSED);
    }
}

static void
test_closed_client_is_not_pending (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = connect_new (server);

  g_test_summary ("A client that was closed no longer counts as pending and is never accepted");

  poly_socket_client_close (client);
  assert_nothing_to_accept (server);
  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 0);
  assert_state (client, POLY_SOCKET_CLIENT_STATE_CLOSED);
}

static void
test_dropped_client_is_not_pending (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *client = connect_new (server);

  g_test_summary ("A client that was dropped no longer counts as pending and is never accepted");

  g_assert_finalize_object (client);
  assert_nothing_to_accept (server);
  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 0);
}

static void
test_closed_server_refuses (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 4);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Connecting to a closed server: CONNECTION_REFUSED, and the client is in state "
                  "refused");

  poly_socket_server_close (server);
  g_assert_false (poly_socket_client_connect_to_server (client, server, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_REFUSED);
  assert_state (client, POLY_SOCKET_CLIENT_STATE_REFUSED);
}

static void
test_close_unconnected (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 4);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Closing an unconnected client closes it");

  poly_socket_client_close (client);
  assert_state (client, POLY_SOCKET_CLIENT_STATE_CLOSED);
  g_assert_false (poly_socket_client_connect_to_server (client, server, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CLOSED);
}

static void
test_close_refused (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = connect_new (server);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Closing a refused client closes it");

  poly_socket_server_refuse (server, NULL);
  poly_socket_client_close (client);
  assert_state (client, POLY_SOCKET_CLIENT_STATE_CLOSED);
  g_assert_null (poly_socket_client_get_endpoint (client, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CLOSED);
}

static void
test_every_wait_ends (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketServer) idle = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = connect_new (server);
  g_autoptr (GCancellable) cancellable = poly_test_cancelled_new ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("Cancelling and timeouts exist on every wait");

  g_assert_null (poly_socket_server_accept (idle, POLY_TEST_SHORT, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);
  g_assert_null (poly_socket_server_accept (idle, -1, cancellable, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_null (poly_socket_client_wait_endpoint (client, POLY_TEST_SHORT, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);
  g_assert_null (poly_socket_client_wait_endpoint (client, -1, cancellable, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/promises/blocked-accepts-are-woken", test_blocked_accepts_are_woken);
  g_test_add_func ("/promises/blocked-waits-are-woken", test_blocked_waits_are_woken);
  g_test_add_func ("/promises/server-close-wakes-accepts", test_server_close_wakes_accepts);
  g_test_add_func ("/promises/server-close-wakes-clients", test_server_close_wakes_clients);
  g_test_add_func ("/promises/client-close-wakes-its-waiters",
                   test_client_close_wakes_its_waiters);
  g_test_add_data_func ("/promises/close/without-descriptors", GINT_TO_POINTER (FALSE),
                        test_close);
  g_test_add_data_func ("/promises/close/with-descriptors", GINT_TO_POINTER (TRUE), test_close);
  g_test_add_func ("/promises/accepted-stays-accepted", test_accepted_stays_accepted);
  g_test_add_func ("/promises/refused-stays-refused", test_refused_stays_refused);
  g_test_add_func ("/promises/refused-at-once", test_refused_at_once);
  g_test_add_func ("/promises/closed-client-is-not-pending", test_closed_client_is_not_pending);
  g_test_add_func ("/promises/dropped-client-is-not-pending", test_dropped_client_is_not_pending);
  g_test_add_func ("/promises/closed-server-refuses", test_closed_server_refuses);
  g_test_add_func ("/promises/close-unconnected", test_close_unconnected);
  g_test_add_func ("/promises/close-refused", test_close_refused);
  g_test_add_func ("/promises/every-wait-ends", test_every_wait_ends);

  return g_test_run ();
}
