/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* Waiting for the endpoint. */

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
test_same_endpoint (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = connect_new (server);
  g_autoptr (PolySocketEndpoint) early = NULL;
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (PolySocketEndpoint) waited = NULL;
  g_autoptr (PolySocketEndpoint) got = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Every call returns the same endpoint, before and after the server accepted");

  early = poly_socket_client_get_endpoint (client, &error);
  g_assert_no_error (error);
  server_side = poly_socket_server_accept (server, 0, NULL, &error);
  g_assert_no_error (error);
  waited = poly_socket_client_wait_endpoint (client, -1, NULL, &error);
  g_assert_no_error (error);
  got = poly_socket_client_get_endpoint (client, &error);
  g_assert_no_error (error);
  g_assert_true (early == waited);
  g_assert_true (early == got);
  g_assert_true (early != server_side);
}

/* What may happen to a server or client while someone waits for the endpoint, and what the wait
 * then says; 0 stands for success. */
typedef struct
{
  const char *name;
  void (*happens) (PolySocketServer *server,
                   PolySocketClient *client,
                   GCancellable     *cancellable);
  int code;
  PolySocketClientState state;
} Event;

static void
accepted (PolySocketServer *server,
          PolySocketClient *client,
          GCancellable     *cancellable)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  endpoint = poly_socket_server_accept (server, 0, NULL, &error);
  g_assert_no_error (error);
}

static void
server_started (PolySocketServer *server,
                PolySocketClient *client,
                GCancellable     *cancellable)
{
  poly_socket_server_start (server);
}

static void
server_refuses (PolySocketServer *server,
                PolySocketClient *client,
                GCancellable     *cancellable)
{
  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 1);
}

static void
server_closed (PolySocketServer *server,
               PolySocketClient *client,
               GCancellable     *cancellable)
{
  poly_socket_server_close (server);
}

static void
client_closed (PolySocketServer *server,
               PolySocketClient *client,
               GCancellable     *cancellable)
{
  poly_socket_client_close (client);
}

static void
wait_cancelled (PolySocketServer *server,
                PolySocketClient *client,
                GCancellable     *cancellable)
{
  g_cancellable_cancel (cancellable);
}

static const Event events[] = {
  { "accepted", accepted, 0, POLY_SOCKET_CLIENT_STATE_CONNECTED },
  { "server-started", server_started, 0, POLY_SOCKET_CLIENT_STATE_CONNECTED },
  { "server-refuses", server_refuses, G_IO_ERROR_CONNECTION_REFUSED,
    POLY_SOCKET_CLIENT_STATE_REFUSED },
  { "server-closed", server_closed, G_IO_ERROR_CONNECTION_REFUSED,
    POLY_SOCKET_CLIENT_STATE_REFUSED },
  { "client-closed", client_closed, G_IO_ERROR_CLOSED, POLY_SOCKET_CLIENT_STATE_CLOSED },
  { "cancelled", wait_cancelled, G_IO_ERROR_CANCELLED, POLY_SOCKET_CLIENT_STATE_CONNECTING },
};

typedef struct
{
  PolySocketClient *client;
  GCancellable *cancellable;
  gint64 timeout;
  GError *error;
} Waiter;

static gpointer
wait_main (gpointer user_data)
{
  Waiter *self = user_data;

  return poly_socket_client_wait_endpoint (self->client, self->timeout, self->cancellable,
                                           &self->error);
}

static void
test_blocked_wait (gconstpointer user_data)
{
  const Event *event = user_data;
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = connect_new (server);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Waiter waiters[3];
  PolyTestThread *threads[3];
  PolySocketEndpoint *endpoints[3];

  g_test_summary ("Whatever ends the request, or the wait, wakes every thread that waits for the "
                  "endpoint, for ever or with a timeout");

  for (gsize i = 0; i < G_N_ELEMENTS (waiters); i++)
    {
      waiters[i] = (Waiter) { client, cancellable, i == 0 ? -1 : POLY_TEST_LONG, NULL };
      threads[i] = poly_test_thread_new ("waiter", wait_main, &waiters[i]);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (waiters); i++)
    poly_test_thread_wait_blocked (threads[i]);

  event->happens (server, client, cancellable);

  for (gsize i = 0; i < G_N_ELEMENTS (waiters); i++)
    {
      endpoints[i] = poly_test_thread_join (threads[i]);
      if (event->code == 0)
        {
          g_assert_no_error (waiters[i].error);
          g_assert_true (POLY_SOCKET_IS_ENDPOINT (endpoints[i]));
          g_assert_true (endpoints[i] == endpoints[0]);
        }
      else
        {
          poly_test_assert_io_error (&waiters[i].error, event->code);
          g_assert_null (endpoints[i]);
        }
    }
  g_assert_cmpint (poly_socket_client_get_state (client), ==, event->state);
  for (gsize i = 0; i < G_N_ELEMENTS (waiters); i++)
    g_clear_object (&endpoints[i]);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/same-endpoint", test_same_endpoint);
  for (gsize i = 0; i < G_N_ELEMENTS (events); i++)
    {
      g_autofree char *path = g_strdup_printf ("/client/wait/blocked/%s", events[i].name);

      g_test_add_data_func (path, &events[i], test_blocked_wait);
    }

  return g_test_run ();
}
