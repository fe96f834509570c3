/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

/* Clients that ask for a service before it exists. What a server that is not glad to have them does
 * to them is in test-service-awaited-refused.c. */

#define NAME "kitchen"

static PolySocketClient *
ask_new (void)
{
  PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 8);
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_client_connect_to_service_when_available (client, NAME, &error));
  g_assert_no_error (error);
  return client;
}

static PolySocketEndpoint *
get_endpoint (PolySocketClient *client)
{
  g_autoptr (GError) error = NULL;
  PolySocketEndpoint *endpoint = poly_socket_client_get_endpoint (client, &error);

  g_assert_no_error (error);
  g_assert_nonnull (endpoint);
  return endpoint;
}

static void
publish (PolySocketServer *server)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_server_publish (server, NAME, &error));
  g_assert_no_error (error);
}

static void
send_number (PolySocketEndpoint *endpoint,
             int                 number)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (
      poly_socket_endpoint_send (endpoint, GINT_TO_POINTER (number), 0, NULL, &error));
  g_assert_no_error (error);
}

/* 0 is the end of the stream. */
static void
assert_receives (PolySocketEndpoint *endpoint,
                 int                 number)
{
  g_autoptr (GError) error = NULL;
  gpointer message = poly_socket_endpoint_receive (endpoint, 0, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (GPOINTER_TO_INT (message), ==, number);
}

static PolySocketEndpoint *
accept_now (PolySocketServer *server)
{
  g_autoptr (GError) error = NULL;
  PolySocketEndpoint *endpoint = poly_socket_server_accept (server, 0, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (endpoint);
  return endpoint;
}

static void
test_waits (void)
{
  g_autoptr (PolySocketClient) client = ask_new ();
  g_autoptr (GCancellable) cancelled = poly_test_cancelled_new ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("A client that asks for an unknown name is connecting, and a wait that ends "
                  "early does not change that");

  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTING);
  g_assert_null (poly_socket_client_wait_endpoint (client, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
  g_assert_null (poly_socket_client_wait_endpoint (client, POLY_TEST_SHORT, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);
  g_assert_null (poly_socket_client_wait_endpoint (client, -1, cancelled, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (
      poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (client), G_IO_IN), ==, 0);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTING);
}

static void
test_early_endpoint (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = ask_new ();
  g_autoptr (PolySocketEndpoint) client_side = get_endpoint (client);
  g_autoptr (PolySocketEndpoint) later = NULL;
  g_autoptr (PolySocketEndpoint) server_side = NULL;

  g_test_summary ("The endpoint can be used before the service exists: what is sent is received in "
                  "order by the server that appears");

  for (int i = 1; i <= 8; i++)
    send_number (client_side, i);
  g_assert_cmpuint (poly_socket_endpoint_get_n_writable (client_side), ==, 0);
  poly_socket_endpoint_shutdown (client_side, FALSE, TRUE);

  publish (server);
  g_assert_true (poly_socket_server_has_pending (server));
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTING);
  server_side = accept_now (server);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTED);
  for (int i = 1; i <= 8; i++)
    assert_receives (server_side, i);
  assert_receives (server_side, 0);
  send_number (server_side, 9);
  assert_receives (client_side, 9);

  later = get_endpoint (client);
  g_assert_true (later == client_side);
}

static void
test_order (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *clients[8];

  g_test_summary ("Clients are passed on in the order in which they asked, before those that ask "
                  "when the service exists");

  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autoptr (PolySocketEndpoint) client_side = NULL;

      if (i == G_N_ELEMENTS (clients) / 2)
        publish (server);
      clients[i] = ask_new ();
      client_side = get_endpoint (clients[i]);
      send_number (client_side, (int) i + 1);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autoptr (PolySocketEndpoint) server_side = accept_now (server);

      assert_receives (server_side, (int) i + 1);
      g_object_unref (clients[i]);
    }
  g_assert_false (poly_socket_server_has_pending (server));
}

static void
test_other_names (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  G_GNUC_UNUSED g_autoptr (PolySocketServer) nameless = poly_socket_server_new (G_TYPE_POINTER);
  G_GNUC_UNUSED g_autoptr (PolySocketClient) client = ask_new ();

  g_test_summary ("A client waits for one name; others do not concern it");

  g_assert_true (poly_socket_server_publish (server, "cellar", NULL));
  g_assert_false (poly_socket_server_has_pending (server));
  poly_socket_server_unpublish (server);
  publish (server);
  g_assert_true (poly_socket_server_has_pending (server));
}

static void
test_stays (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketServer) next = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) first = ask_new ();
  g_autoptr (PolySocketClient) second = NULL;
  g_autoptr (PolySocketEndpoint) server_side = NULL;

  g_test_summary ("Passed on once, a client stays with that server even if the name goes to "
                  "another; who asks while nobody has it waits for the next");

  publish (server);
  poly_socket_server_unpublish (server);
  second = ask_new ();
  g_assert_cmpint (poly_socket_client_get_state (second), ==, POLY_SOCKET_CLIENT_STATE_CONNECTING);
  publish (next);
  server_side = accept_now (server);
  g_assert_cmpint (poly_socket_client_get_state (first), ==, POLY_SOCKET_CLIENT_STATE_CONNECTED);
  g_assert_false (poly_socket_server_has_pending (server));
  g_assert_true (poly_socket_server_has_pending (next));
}

static void
test_closed_server (void)
{
  g_autoptr (PolySocketServer) closed = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = ask_new ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("A closed server cannot have the name, so the client goes on waiting for one "
                  "that can");

  poly_socket_server_close (closed);
  g_assert_false (poly_socket_server_publish (closed, NAME, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTING);
  publish (server);
  g_assert_true (poly_socket_server_has_pending (server));
}

typedef void (*LeaveFunc) (PolySocketClient **client);

static void
leave_by_close (PolySocketClient **client)
{
  poly_socket_client_close (*client);
}

static void
leave_by_drop (PolySocketClient **client)
{
  poly_test_drop (g_steal_pointer (client));
}

static void
test_leave (gconstpointer user_data)
{
  LeaveFunc leave = user_data;
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *leaver = ask_new ();
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketEndpoint) client_side = NULL;
  g_autoptr (PolySocketEndpoint) server_side = NULL;

  g_test_summary ("A client that was closed or dropped while it waited is never accepted");

  client = ask_new ();
  leave (&leaver);
  client_side = get_endpoint (client);
  send_number (client_side, 5);
  publish (server);
  server_side = accept_now (server);
  assert_receives (server_side, 5);
  g_assert_false (poly_socket_server_has_pending (server));
  g_clear_object (&leaver);
}

static void
test_leave_all (gconstpointer user_data)
{
  LeaveFunc leave = user_data;
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);

  g_test_summary ("When all have lost patience the server that appears has nothing to accept");

  for (guint i = 0; i < 3; i++)
    {
      PolySocketClient *leaver = ask_new ();

      leave (&leaver);
      g_clear_object (&leaver);
    }
  publish (server);
  g_assert_false (poly_socket_server_has_pending (server));
  g_assert_cmpint (
      poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (server), G_IO_IN), ==, 0);
}

static void
test_endpoint_held (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = ask_new ();
  g_autoptr (PolySocketEndpoint) client_side = get_endpoint (client);
  g_autoptr (PolySocketEndpoint) server_side = NULL;

  g_test_summary ("A client that was dropped still waits while somebody holds its endpoint, also "
                  "one that was half or wholly closed");

  send_number (client_side, 3);
  poly_test_drop (g_steal_pointer (&client));
  poly_socket_endpoint_close (client_side);
  publish (server);
  server_side = accept_now (server);
  assert_receives (server_side, 3);
  assert_receives (server_side, 0);
}

static void
test_states (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = ask_new ();
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (GError) error = NULL;
  const struct
  {
    PolySocketClientState state;
    int code;
  } rows[] = {
    { POLY_SOCKET_CLIENT_STATE_CONNECTING, G_IO_ERROR_PENDING },
    { POLY_SOCKET_CLIENT_STATE_CONNECTED, G_IO_ERROR_EXISTS },
    { POLY_SOCKET_CLIENT_STATE_CLOSED, G_IO_ERROR_CLOSED },
  };

  g_test_summary ("A client asks once: connecting in any way while it waits gives PENDING, later "
                  "EXISTS, or CLOSED");

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      if (rows[i].state == POLY_SOCKET_CLIENT_STATE_CONNECTED)
        {
          publish (server);
          server_side = accept_now (server);
        }
      else if (rows[i].state == POLY_SOCKET_CLIENT_STATE_CLOSED)
        poly_socket_client_close (client);

      g_assert_cmpint (poly_socket_client_get_state (client), ==, rows[i].state);
      g_assert_false (poly_socket_client_connect_to_server (client, server, &error));
      poly_test_assert_io_error (&error, rows[i].code);
      g_assert_false (poly_socket_client_connect_to_service (client, NAME, &error));
      poly_test_assert_io_error (&error, rows[i].code);
      g_assert_false (
          poly_socket_client_connect_to_service_when_available (client, NAME, &error));
      poly_test_assert_io_error (&error, rows[i].code);
      g_assert_false (
          poly_socket_client_connect_to_service_when_available (client, "cellar", &error));
      poly_test_assert_io_error (&error, rows[i].code);
    }
}

static gboolean
is_connected (gpointer user_data)
{
  return ((PolyTestClientLog *) user_data)->n_connected > 0;
}

static void
test_signals (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr (PolySocketServer) server = poly_test_server_new_in_context (G_TYPE_POINTER, context);
  g_autoptr (PolySocketClient) client =
      poly_test_client_new_in_context (G_TYPE_POINTER, 2, context);
  PolySocketClientState states[] = {
    POLY_SOCKET_CLIENT_STATE_CONNECTING,
    POLY_SOCKET_CLIENT_STATE_CONNECTED,
  };
  PolyTestServerLog server_log;
  PolyTestClientLog client_log;
  g_autoptr (PolySocketEndpoint) server_side = NULL;

  g_test_summary ("The state is notified when the client asks and when it is accepted; the server "
                  "says incoming when it gets the client, the client connected when it is "
                  "accepted");

  poly_test_server_log_init (&server_log, server);
  poly_test_client_log_init (&client_log, client);
  g_assert_true (poly_socket_client_connect_to_service_when_available (client, NAME, NULL));
  poly_test_settle (context);
  poly_test_client_log_assert_states (&client_log, states, 1);
  g_assert_cmpuint (client_log.n_connected, ==, 0);

  publish (server);
  poly_test_settle (context);
  g_assert_cmpuint (server_log.n_incoming, ==, 1);
  g_assert_cmpuint (client_log.n_connected, ==, 0);

  server_side = accept_now (server);
  poly_test_context_run_until (context, is_connected, &client_log);
  poly_test_client_log_assert_states (&client_log, states, 2);
  poly_test_settle (context);
  g_assert_cmpuint (server_log.n_incoming, ==, 1);
  g_assert_cmpuint (client_log.n_connected, ==, 1);
  g_assert_cmpuint (client_log.n_refused, ==, 0);

  g_clear_object (&client);
  g_clear_object (&server);
  poly_test_client_log_clear (&client_log);
  poly_test_server_log_clear (&server_log);
  g_main_context_unref (context);
}

static void
echo_all (PolySocketServer   *server,
          PolySocketEndpoint *endpoint,
          gpointer            user_data)
{
  gpointer message;

  while ((message = poly_socket_endpoint_receive (endpoint, -1, NULL, NULL)) != NULL)
    g_assert_true (poly_socket_endpoint_send (endpoint, message, -1, NULL, NULL));
}

typedef void (*BeginFunc) (PolySocketServer *server);

static void
begin_start (PolySocketServer *server)
{
  poly_socket_server_start (server);
}

static void
begin_serve (PolySocketServer *server)
{
  poly_socket_server_serve (server, 2, echo_all, NULL, NULL);
}

static void
test_active_server (gconstpointer user_data)
{
  BeginFunc begin = user_data;
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *clients[4];

  g_test_summary ("A server that accepts by itself accepts those who waited for its name");

  begin (server);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = ask_new ();
  publish (server);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autoptr (PolySocketEndpoint) endpoint = NULL;
      g_autoptr (GError) error = NULL;

      endpoint = poly_socket_client_wait_endpoint (clients[i], POLY_TEST_LONG, NULL, &error);
      g_assert_no_error (error);
      poly_socket_endpoint_shutdown (endpoint, FALSE, TRUE);
      g_object_unref (clients[i]);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/awaited/waits", test_waits);
  g_test_add_func ("/service/awaited/early-endpoint", test_early_endpoint);
  g_test_add_func ("/service/awaited/order", test_order);
  g_test_add_func ("/service/awaited/other-names", test_other_names);
  g_test_add_func ("/service/awaited/stays", test_stays);
  g_test_add_func ("/service/awaited/closed-server", test_closed_server);
  g_test_add_data_func ("/service/awaited/leave/close", leave_by_close, test_leave);
  g_test_add_data_func ("/service/awaited/leave/drop", leave_by_drop, test_leave);
  g_test_add_data_func ("/service/awaited/leave-all/close", leave_by_close, test_leave_all);
  g_test_add_data_func ("/service/awaited/leave-all/drop", leave_by_drop, test_leave_all);
  g_test_add_func ("/service/awaited/endpoint-held", test_endpoint_held);
  g_test_add_func ("/service/awaited/states", test_states);
  g_test_add_func ("/service/awaited/signals", test_signals);
  g_test_add_data_func ("/service/awaited/active/started", begin_start, test_active_server);
  g_test_add_data_func ("/service/awaited/active/serving", begin_serve, test_active_server);

  return g_test_run ();
}
