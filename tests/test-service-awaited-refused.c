/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

/* Clients that waited for a name, and the server that appears does not take them. */

#define NAME "kitchen"

static PolySocketClient *
ask_new (GType type)
{
  PolySocketClient *client = poly_socket_client_new (type, 8);
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_client_connect_to_service_when_available (client, NAME, &error));
  g_assert_no_error (error);
  return client;
}

static void
publish (PolySocketServer *server)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_server_publish (server, NAME, &error));
  g_assert_no_error (error);
}

static void
assert_refused (PolySocketClient *client,
                GQuark            domain,
                int               code)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_REFUSED);
  g_assert_null (poly_socket_client_wait_endpoint (client, -1, NULL, &error));
  poly_test_assert_error (error, domain, code);
  g_clear_error (&error);
  g_assert_null (poly_socket_client_get_endpoint (client, &error));
  poly_test_assert_error (error, domain, code);
}

static void
test_types_differ (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = ask_new (G_TYPE_POINTER);
  g_autoptr (PolySocketEndpoint) early = poly_socket_client_get_endpoint (client, NULL);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server of another message type refuses with INVALID_ARGUMENT; what was sent "
                  "already can be reclaimed in its order");

  g_assert_true (poly_socket_endpoint_send (early, GINT_TO_POINTER (1), 0, NULL, NULL));
  g_assert_true (poly_socket_endpoint_send (early, GINT_TO_POINTER (2), 0, NULL, NULL));
  publish (server);
  assert_refused (client, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_false (poly_socket_server_has_pending (server));

  g_assert_false (poly_socket_endpoint_send (early, GINT_TO_POINTER (3), 0, NULL, &error));
  g_assert_nonnull (strstr (error->message, g_type_name (G_TYPE_POINTER)));
  g_assert_nonnull (strstr (error->message, g_type_name (G_TYPE_STRING)));
  poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_null (poly_socket_endpoint_receive (early, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (GPOINTER_TO_INT (poly_socket_endpoint_reclaim (early)), ==, 1);
  g_assert_cmpint (GPOINTER_TO_INT (poly_socket_endpoint_reclaim (early)), ==, 2);
  g_assert_null (poly_socket_endpoint_reclaim (early));
}

static void
test_mixed_types (void)
{
  const GType types[] = { G_TYPE_STRING, G_TYPE_INT, G_TYPE_STRING, G_TYPE_VALUE, G_TYPE_STRING };
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  PolySocketClient *clients[G_N_ELEMENTS (types)];

  g_test_summary ("Only those of another type are refused; the others keep their order");

  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = ask_new (types[i]);
  publish (server);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      if (types[i] == G_TYPE_STRING)
        {
          g_autoptr (PolySocketEndpoint) server_side = NULL;

          server_side = poly_socket_server_accept (server, 0, NULL, NULL);
          g_assert_nonnull (server_side);
          g_assert_cmpint (poly_socket_client_get_state (clients[i]), ==,
                           POLY_SOCKET_CLIENT_STATE_CONNECTED);
        }
      else
        assert_refused (clients[i], G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
  g_assert_false (poly_socket_server_has_pending (server));
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    g_object_unref (clients[i]);
}

static void
test_backlog (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *clients[5];
  const guint limit = 2;

  g_test_summary ("A server with a limited backlog takes the first who asked and refuses the rest");

  poly_socket_server_set_backlog (server, limit);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = ask_new (G_TYPE_POINTER);
  publish (server);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      if (i < limit)
        g_assert_cmpint (poly_socket_client_get_state (clients[i]), ==,
                         POLY_SOCKET_CLIENT_STATE_CONNECTING);
      else
        assert_refused (clients[i], G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
      g_object_unref (clients[i]);
    }
}

static void
test_backlog_withdrawn (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) leaver = ask_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = ask_new (G_TYPE_POINTER);
  g_autoptr (PolySocketEndpoint) server_side = NULL;

  g_test_summary ("A client that has left takes no place in the backlog");

  poly_socket_server_set_backlog (server, 1);
  poly_socket_client_close (leaver);
  publish (server);
  server_side = poly_socket_server_accept (server, 0, NULL, NULL);
  g_assert_nonnull (server_side);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTED);
}

static void
test_refusing (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = ask_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) later = NULL;
  g_autoptr (GError) reason = poly_test_reason_new ();

  g_test_summary ("A server that refuses gives its reason to those who waited; once it resumes, it "
                  "takes who asks");

  poly_socket_server_refuse (server, reason);
  publish (server);
  assert_refused (client, POLY_TEST_REASON, POLY_TEST_REASON_CODE);
  poly_socket_server_resume (server);
  later = ask_new (G_TYPE_POINTER);
  g_assert_true (poly_socket_server_has_pending (server));
}

static void
test_refuse_later (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = ask_new (G_TYPE_POINTER);
  g_autoptr (GError) reason = poly_test_reason_new ();

  g_test_summary ("Refuse and its count include those who had waited for the name");

  publish (server);
  g_assert_cmpuint (poly_socket_server_refuse (server, reason), ==, 1);
  assert_refused (client, POLY_TEST_REASON, POLY_TEST_REASON_CODE);
}

typedef void (*EndFunc) (PolySocketServer **server);

static void
end_close (PolySocketServer **server)
{
  poly_socket_server_close (*server);
}

static void
end_drop (PolySocketServer **server)
{
  poly_test_drop (g_steal_pointer (server));
}

static void
test_end (gconstpointer user_data)
{
  EndFunc end = user_data;
  PolySocketServer *server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = ask_new (G_TYPE_POINTER);

  g_test_summary ("Closing or dropping the server that took the client refuses it");

  publish (server);
  end (&server);
  assert_refused (client, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_clear_object (&server);
}

static void
test_at_once (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) wrong = poly_socket_client_new (G_TYPE_STRING, 1);
  g_autoptr (PolySocketClient) refused = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (PolySocketClient) full = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (PolySocketClient) filler = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("If the service exists, what speaks against the connection is said at once, as "
                  "by connect_to_service");

  publish (server);
  g_assert_false (poly_socket_client_connect_to_service_when_available (wrong, NAME, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (poly_socket_client_get_state (wrong), ==, POLY_SOCKET_CLIENT_STATE_UNCONNECTED);

  poly_socket_server_set_backlog (server, 1);
  filler = ask_new (G_TYPE_POINTER);
  g_assert_false (poly_socket_client_connect_to_service_when_available (full, NAME, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpint (poly_socket_client_get_state (full), ==, POLY_SOCKET_CLIENT_STATE_REFUSED);

  poly_socket_server_refuse (server, NULL);
  g_assert_false (poly_socket_client_connect_to_service_when_available (refused, NAME, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpint (poly_socket_client_get_state (refused), ==, POLY_SOCKET_CLIENT_STATE_REFUSED);
}

static void
test_signal (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr (PolySocketServer) server = poly_test_server_new_in_context (G_TYPE_STRING, context);
  g_autoptr (PolySocketClient) client =
      poly_test_client_new_in_context (G_TYPE_POINTER, 2, context);
  PolyTestServerLog server_log;
  PolyTestClientLog client_log;

  g_test_summary ("What the server that appears says against the client is an answer that came "
                  "later: refused is emitted with it, and the server hears nothing");

  poly_test_server_log_init (&server_log, server);
  poly_test_client_log_init (&client_log, client);
  g_assert_true (poly_socket_client_connect_to_service_when_available (client, NAME, NULL));
  publish (server);
  poly_test_settle (context);
  g_assert_cmpuint (client_log.n_refused, ==, 1);
  g_assert_cmpuint (client_log.n_connected, ==, 0);
  poly_test_assert_error (client_log.error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpuint (server_log.n_incoming, ==, 0);

  g_clear_object (&client);
  g_clear_object (&server);
  poly_test_client_log_clear (&client_log);
  poly_test_server_log_clear (&server_log);
  g_main_context_unref (context);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/awaited-refused/types-differ", test_types_differ);
  g_test_add_func ("/service/awaited-refused/mixed-types", test_mixed_types);
  g_test_add_func ("/service/awaited-refused/backlog", test_backlog);
  g_test_add_func ("/service/awaited-refused/backlog-withdrawn", test_backlog_withdrawn);
  g_test_add_func ("/service/awaited-refused/refusing", test_refusing);
  g_test_add_func ("/service/awaited-refused/refuse-later", test_refuse_later);
  g_test_add_data_func ("/service/awaited-refused/end/close", end_close, test_end);
  g_test_add_data_func ("/service/awaited-refused/end/drop", end_drop, test_end);
  g_test_add_func ("/service/awaited-refused/at-once", test_at_once);
  g_test_add_func ("/service/awaited-refused/signal", test_signal);

  return g_test_run ();
}
