/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* Threads that are blocked while a name that is waited for appears, or never does. */

#define NAME "kitchen"
#define N_CLIENTS 3

typedef struct
{
  PolySocketClient *client;
  PolySocketServer *server;
  GCancellable *cancellable;
  PolyTestThread *thread;
  PolySocketEndpoint *endpoint;
  GError *error;
} Waiter;

static gpointer
wait_main (gpointer user_data)
{
  Waiter *self = user_data;

  self->endpoint = poly_socket_client_wait_endpoint (self->client, POLY_TEST_LONG,
                                                     self->cancellable, &self->error);
  return NULL;
}

static gpointer
accept_main (gpointer user_data)
{
  Waiter *self = user_data;

  self->endpoint =
      poly_socket_server_accept (self->server, POLY_TEST_LONG, self->cancellable, &self->error);
  return NULL;
}

static void
start_client (Waiter *self)
{
  g_autoptr (GError) error = NULL;

  *self = (Waiter) {
    .client = poly_socket_client_new (G_TYPE_POINTER, 2),
    .cancellable = g_cancellable_new (),
  };
  g_assert_true (
      poly_socket_client_connect_to_service_when_available (self->client, NAME, &error));
  g_assert_no_error (error);
  self->thread = poly_test_thread_new ("client", wait_main, self);
}

static void
start_acceptor (Waiter           *self,
                PolySocketServer *server)
{
  *self = (Waiter) {
    .server = server,
    .cancellable = g_cancellable_new (),
  };
  self->thread = poly_test_thread_new ("acceptor", accept_main, self);
}

static void
join (Waiter *self,
      int     code)
{
  poly_test_thread_join (self->thread);
  if (code >= 0)
    poly_test_assert_error (self->error, G_IO_ERROR, code);
  else
    g_assert_no_error (self->error);
  g_assert_true ((self->endpoint != NULL) == (code < 0));
  g_clear_object (&self->endpoint);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->client);
  g_clear_error (&self->error);
}

static void
test_blocked_on_both_sides (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  Waiter clients[N_CLIENTS];
  Waiter acceptors[N_CLIENTS];

  g_test_summary ("Publishing wakes as many blocked accepts as clients waited, and so their "
                  "clients");

  for (gsize i = 0; i < N_CLIENTS; i++)
    {
      start_client (&clients[i]);
      start_acceptor (&acceptors[i], server);
    }
  for (gsize i = 0; i < N_CLIENTS; i++)
    {
      poly_test_thread_wait_blocked (clients[i].thread);
      poly_test_thread_wait_blocked (acceptors[i].thread);
    }
  g_assert_true (poly_socket_server_publish (server, NAME, NULL));
  for (gsize i = 0; i < N_CLIENTS; i++)
    {
      join (&acceptors[i], -1);
      join (&clients[i], -1);
    }
}

static void
test_close_client (void)
{
  Waiter waiter;

  g_test_summary ("Closing a client that waits for a name wakes who waits for its endpoint");

  start_client (&waiter);
  poly_test_thread_wait_blocked (waiter.thread);
  poly_socket_client_close (waiter.client);
  join (&waiter, G_IO_ERROR_CLOSED);
}

static void
test_cancel (void)
{
  Waiter waiter;
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = NULL;

  g_test_summary ("Cancelling a wait for the endpoint does not take the request back");

  start_client (&waiter);
  client = g_object_ref (waiter.client);
  poly_test_thread_wait_blocked (waiter.thread);
  g_cancellable_cancel (waiter.cancellable);
  join (&waiter, G_IO_ERROR_CANCELLED);
  g_assert_true (poly_socket_server_publish (server, NAME, NULL));
  g_assert_true (poly_socket_server_has_pending (server));
}

static void
test_refused (void)
{
  Waiter waiter;
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);

  g_test_summary ("A server that cannot take the client wakes who waits for its endpoint");

  start_client (&waiter);
  poly_test_thread_wait_blocked (waiter.thread);
  g_assert_true (poly_socket_server_publish (server, NAME, NULL));
  join (&waiter, G_IO_ERROR_INVALID_ARGUMENT);
}

typedef struct
{
  PolySocketEndpoint *endpoint;
  gpointer message;
  GError *error;
} Receiver;

static gpointer
receive_main (gpointer user_data)
{
  Receiver *self = user_data;

  self->message =
      poly_socket_endpoint_receive (self->endpoint, POLY_TEST_LONG, NULL, &self->error);
  return NULL;
}

static void
test_early_receive (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 2);
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  Receiver receiver = { NULL };
  PolyTestThread *thread;

  g_test_summary ("A thread may be blocked in receive on the early endpoint before the service "
                  "exists");

  g_assert_true (poly_socket_client_connect_to_service_when_available (client, NAME, NULL));
  receiver.endpoint = poly_socket_client_get_endpoint (client, NULL);
  thread = poly_test_thread_new ("receiver", receive_main, &receiver);
  poly_test_thread_wait_blocked (thread);

  g_assert_true (poly_socket_server_publish (server, NAME, NULL));
  server_side = poly_socket_server_accept (server, 0, NULL, NULL);
  g_assert_true (poly_socket_endpoint_send (server_side, GINT_TO_POINTER (4), 0, NULL, NULL));
  poly_test_thread_join (thread);
  g_assert_no_error (receiver.error);
  g_assert_cmpint (GPOINTER_TO_INT (receiver.message), ==, 4);
  g_clear_object (&receiver.endpoint);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/awaited-threads/both-sides", test_blocked_on_both_sides);
  g_test_add_func ("/service/awaited-threads/close-client", test_close_client);
  g_test_add_func ("/service/awaited-threads/cancel", test_cancel);
  g_test_add_func ("/service/awaited-threads/refused", test_refused);
  g_test_add_func ("/service/awaited-threads/early-receive", test_early_receive);

  return g_test_run ();
}
