/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

/* Who keeps whom alive, and what goes with whom. */

static PolySocketClient *
connect_new (PolySocketServer *server)
{
  PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 4);
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_client_connect_to_server (client, server, &error));
  g_assert_no_error (error);
  return client;
}

static PolySocketEndpoint *
wait_endpoint (PolySocketClient *client)
{
  g_autoptr (GError) error = NULL;
  PolySocketEndpoint *endpoint;

  endpoint = poly_socket_client_wait_endpoint (client, POLY_TEST_LONG, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (POLY_SOCKET_IS_ENDPOINT (endpoint));
  return endpoint;
}

static void
assert_reads_end (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_endpoint_receive (endpoint, POLY_TEST_LONG, NULL, &error));
  g_assert_no_error (error);
}

static void
assert_exchanges (PolySocketEndpoint *one,
                  PolySocketEndpoint *other)
{
  g_autoptr (GError) error = NULL;
  int message;

  g_assert_true (poly_socket_endpoint_send (one, &message, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (poly_socket_endpoint_receive (other, 0, NULL, &error) == &message);
  g_assert_no_error (error);
  g_assert_true (poly_socket_endpoint_send (other, &message, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (poly_socket_endpoint_receive (one, 0, NULL, &error) == &message);
  g_assert_no_error (error);
}

static void
test_fresh (void)
{
  PolySocketServer *server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 4);

  g_test_summary ("Objects that nobody used go with their last reference");

  g_assert_finalize_object (server);
  g_assert_finalize_object (client);
}

static void
test_server_not_kept_by_clients (void)
{
  PolySocketServer *server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) waiting = NULL;
  g_autoptr (PolySocketClient) connected = poly_socket_client_new (G_TYPE_POINTER, 4);
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (PolySocketEndpoint) client_side = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Clients do not keep a server alive: dropping it refuses those who wait, and "
                  "leaves those who are connected alone");

  poly_test_connect (server, connected, &server_side, &client_side);
  waiting = connect_new (server);
  g_assert_finalize_object (server);

  g_assert_null (poly_socket_client_wait_endpoint (waiting, -1, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpint (poly_socket_client_get_state (waiting), ==, POLY_SOCKET_CLIENT_STATE_REFUSED);
  g_assert_cmpint (poly_socket_client_get_state (connected), ==,
                   POLY_SOCKET_CLIENT_STATE_CONNECTED);
  assert_exchanges (server_side, client_side);
}

static void
test_server_not_kept_by_being_started (void)
{
  g_autoptr (PolySocketServer) used = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketServer *idle = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;

  g_test_summary ("Being started does not keep a server alive, whether it has accepted or not");

  poly_socket_server_start (idle);
  poly_test_drop (idle);

  poly_socket_server_start (used);
  client = connect_new (used);
  endpoint = wait_endpoint (client);
  poly_test_drop (g_steal_pointer (&used));
}

static void
test_connection_outlives_objects (void)
{
  PolySocketServer *server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 4);
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (PolySocketEndpoint) client_side = NULL;

  g_test_summary ("An accepted connection depends on neither server nor client");

  poly_test_connect (server, client, &server_side, &client_side);
  g_assert_finalize_object (client);
  assert_exchanges (server_side, client_side);
  g_assert_finalize_object (server);
  assert_exchanges (server_side, client_side);
}

static void
test_endpoint_closed_by_last_unref (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 4);
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  PolySocketEndpoint *client_side;
  g_autoptr (GError) error = NULL;

  g_test_summary ("An endpoint is closed by its last reference; a client that holds it has one");

  poly_test_connect (server, client, &server_side, &client_side);
  g_object_unref (client_side);
  g_assert_null (poly_socket_endpoint_receive (server_side, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
  g_assert_finalize_object (client);
  assert_reads_end (server_side);
}

static void
test_client_kept_by_nobody (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *waiting = connect_new (server);
  PolySocketClient *refused;

  g_test_summary ("Neither a request nor its answer keeps a client alive");

  g_assert_finalize_object (waiting);
  g_assert_false (poly_socket_server_has_pending (server));

  refused = connect_new (server);
  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 1);
  poly_test_drop (refused);
}

/* Nobody ever runs the context in the tests below. */

static void
test_undelivered_accepted (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PolySocketServer *server = poly_test_server_new_in_context (G_TYPE_POINTER, context);
  PolySocketClient *clients[3];
  PolySocketEndpoint *endpoints[3];

  g_test_summary ("Connections that were accepted for a server that goes before it could say so "
                  "are closed with it");

  poly_socket_server_start (server);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      clients[i] = connect_new (server);
      endpoints[i] = wait_endpoint (clients[i]);
    }
  poly_test_drop (server);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      assert_reads_end (endpoints[i]);
      g_assert_cmpint (poly_socket_client_get_state (clients[i]), ==,
                       POLY_SOCKET_CLIENT_STATE_CONNECTED);
      g_object_unref (endpoints[i]);
      g_object_unref (clients[i]);
    }
}

static void
test_undelivered_messages (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PolySocketServer *server;
  PolySocketClient *client;
  PolySocketEndpoint *endpoint;
  g_autoptr (GError) error = NULL;
  int n_freed = 0;

  g_test_summary ("A message to such a connection is freed once, when its sender closes at last");

  g_main_context_push_thread_default (context);
  server = poly_socket_server_new_with_free_func (poly_test_count_free);
  g_main_context_pop_thread_default (context);
  poly_socket_server_start (server);
  client = connect_new (server);
  endpoint = wait_endpoint (client);
  g_assert_true (poly_socket_endpoint_send (endpoint, &n_freed, 0, NULL, &error));
  g_assert_no_error (error);
  poly_test_drop (server);
  g_object_unref (endpoint);
  g_object_unref (client);
  g_assert_cmpint (n_freed, ==, 1);
}

static void
test_undelivered_connected (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *client = poly_test_client_new_in_context (G_TYPE_POINTER, 4, context);
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  PolySocketEndpoint *client_side;

  g_test_summary ("A client that could not yet say that it is connected is not kept alive by "
                  "that, nor is its endpoint");

  poly_test_connect (server, client, &server_side, &client_side);
  g_object_unref (client_side);
  poly_test_drop (client);
  assert_reads_end (server_side);
}

static void
test_undelivered_refused (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *client = poly_test_client_new_in_context (G_TYPE_POINTER, 4, context);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A client that could not yet say that it was refused is not kept alive by that");

  poly_socket_client_connect_to_server (client, server, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 1);
  poly_test_drop (client);
}

static void
test_undelivered_incoming (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PolySocketServer *server = poly_test_server_new_in_context (G_TYPE_POINTER, context);
  g_autoptr (PolySocketClient) client = connect_new (server);

  g_test_summary ("A server that could not yet say that somebody came is not kept alive by that");

  poly_test_drop (server);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_REFUSED);
}

static void
gone_cb (gpointer user_data)
{
  int *is_gone = user_data;

  g_atomic_int_set (is_gone, TRUE);
}

static gboolean
never_cb (gpointer user_data)
{
  g_assert_not_reached ();
}

/* A context that tells when it goes: that destroys the sources in it. */
static GMainContext *
context_new (int *is_gone)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, never_cb, is_gone, gone_cb);
  g_source_attach (source, context);
  return context;
}

static void
test_context (void)
{
  int is_gone = FALSE;
  GMainContext *context = context_new (&is_gone);
  PolySocketServer *server = poly_test_server_new_in_context (G_TYPE_POINTER, context);
  PolySocketClient *client = poly_test_client_new_in_context (G_TYPE_POINTER, 4, context);

  g_test_summary ("Server and client hold their context, and let go of it when they go");

  g_main_context_unref (context);
  g_assert_false (is_gone);
  g_object_unref (server);
  g_assert_false (is_gone);
  g_object_unref (client);
  g_assert_true (is_gone);
}

static void
test_context_with_undelivered (void)
{
  int is_gone = FALSE;
  GMainContext *context = context_new (&is_gone);
  PolySocketServer *started = poly_test_server_new_in_context (G_TYPE_POINTER, context);
  PolySocketServer *manual = poly_test_server_new_in_context (G_TYPE_POINTER, context);
  PolySocketClient *clients[3];
  PolySocketEndpoint *endpoint;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Everything undelivered goes with its context and its objects: there is no "
                  "cycle of them");

  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = poly_test_client_new_in_context (G_TYPE_POINTER, 4, context);
  g_main_context_unref (context);

  poly_socket_server_start (started);
  poly_socket_client_connect_to_server (clients[0], started, &error);
  g_assert_no_error (error);
  endpoint = wait_endpoint (clients[0]);
  poly_socket_client_connect_to_server (clients[1], manual, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (poly_socket_server_refuse (manual, NULL), ==, 1);
  poly_socket_server_resume (manual);
  poly_socket_client_connect_to_server (clients[2], manual, &error);
  g_assert_no_error (error);

  poly_test_drop (started);
  assert_reads_end (endpoint);
  g_object_unref (endpoint);
  poly_test_drop (manual);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_assert_false (is_gone);
      poly_test_drop (clients[i]);
    }
  poly_test_context_run_until (NULL, poly_test_is_set, &is_gone);
}

static void
test_no_handler (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PolySocketServer) server = poly_test_server_new_in_context (G_TYPE_POINTER, context);
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;

  g_test_summary ("A connection that is signalled to no handler is dropped, and so closed");

  poly_socket_server_start (server);
  client = connect_new (server);
  endpoint = wait_endpoint (client);
  poly_test_settle (context);
  assert_reads_end (endpoint);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/lifetimes/fresh", test_fresh);
  g_test_add_func ("/lifetimes/server/not-kept-by-clients", test_server_not_kept_by_clients);
  g_test_add_func ("/lifetimes/server/not-kept-by-being-started",
                   test_server_not_kept_by_being_started);
  g_test_add_func ("/lifetimes/connection/outlives-objects", test_connection_outlives_objects);
  g_test_add_func ("/lifetimes/endpoint/closed-by-last-unref",
                   test_endpoint_closed_by_last_unref);
  g_test_add_func ("/lifetimes/client/kept-by-nobody", test_client_kept_by_nobody);
  g_test_add_func ("/lifetimes/undelivered/accepted", test_undelivered_accepted);
  g_test_add_func ("/lifetimes/undelivered/messages", test_undelivered_messages);
  g_test_add_func ("/lifetimes/undelivered/connected", test_undelivered_connected);
  g_test_add_func ("/lifetimes/undelivered/refused", test_undelivered_refused);
  g_test_add_func ("/lifetimes/undelivered/incoming", test_undelivered_incoming);
  g_test_add_func ("/lifetimes/context/held", test_context);
  g_test_add_func ("/lifetimes/context/with-undelivered", test_context_with_undelivered);
  g_test_add_func ("/lifetimes/no-handler", test_no_handler);

  return g_test_run ();
}
