/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* Properties, types and closing. Waiting for the endpoint is in test-client-wait.c, the endpoint
 * that is got before the server accepts in test-client-early.c, every state with every call in
 * test-connect-matrix.c. */

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
test_properties (void)
{
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_OBJECT, 3);
  g_autoptr (PolySocketClient) plain = g_object_new (POLY_SOCKET_TYPE_CLIENT, NULL);
  GType message_type;
  guint capacity;
  PolySocketClientState state;

  g_test_summary ("The properties of a new client, their defaults, and that the getters say the "
                  "same");

  g_object_get (client,
                "message-type", &message_type,
                "capacity", &capacity,
                "state", &state,
                NULL);
  g_assert_true (message_type == G_TYPE_OBJECT);
  g_assert_cmpuint (capacity, ==, 3);
  g_assert_cmpint (state, ==, POLY_SOCKET_CLIENT_STATE_UNCONNECTED);
  g_assert_true (poly_socket_client_get_message_type (client) == G_TYPE_OBJECT);
  g_assert_cmpuint (poly_socket_client_get_capacity (client), ==, 3);
  g_assert_cmpint (poly_socket_client_get_state (client), ==,
                   POLY_SOCKET_CLIENT_STATE_UNCONNECTED);
  g_assert_true (POLY_SOCKET_IS_POLLABLE (client));

  g_assert_true (poly_socket_client_get_message_type (plain) == G_TYPE_VALUE);
  g_assert_cmpuint (poly_socket_client_get_capacity (plain), ==, 16);
}

static void
test_main_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainContext) other = g_main_context_new ();
  g_autoptr (GMainContext) read = NULL;
  g_autoptr (PolySocketClient) at_construction = NULL;
  g_autoptr (PolySocketClient) given = NULL;

  g_test_summary ("The context is the one given, else the thread-default one at construction");

  g_main_context_push_thread_default (context);
  at_construction = poly_socket_client_new (G_TYPE_OBJECT, 1);
  given = g_object_new (POLY_SOCKET_TYPE_CLIENT, "main-context", other, NULL);
  g_main_context_pop_thread_default (context);

  g_assert_true (poly_socket_client_get_main_context (at_construction) == context);
  g_assert_true (poly_socket_client_get_main_context (given) == other);
  g_object_get (given, "main-context", &read, NULL);
  g_assert_true (read == other);
}

static void
test_capacity (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  const guint capacities[] = { 1, 2, 16, 1000 };

  g_test_summary ("The capacity counts in each direction of the connection");

  for (gsize i = 0; i < G_N_ELEMENTS (capacities); i++)
    {
      g_autoptr (PolySocketClient) client =
          poly_socket_client_new (G_TYPE_POINTER, capacities[i]);
      g_autoptr (PolySocketEndpoint) server_side = NULL;
      g_autoptr (PolySocketEndpoint) client_side = NULL;

      poly_test_connect (server, client, &server_side, &client_side);
      g_assert_cmpuint (poly_socket_endpoint_get_capacity (server_side), ==, capacities[i]);
      g_assert_cmpuint (poly_socket_endpoint_get_capacity (client_side), ==, capacities[i]);
      g_assert_cmpuint (poly_socket_endpoint_get_n_writable (server_side), ==, capacities[i]);
      g_assert_cmpuint (poly_socket_endpoint_get_n_writable (client_side), ==, capacities[i]);
    }
}

static void
assert_names (const GError *error,
              GType         type)
{
  g_autofree char *of_type = g_strconcat ("of type ", g_type_name (type), NULL);

  g_assert_nonnull (strstr (error->message, of_type));
}

static void
test_types_differ (void)
{
  /* Equal, not derived: what one side may send the other must expect. */
  const struct
  {
    GType server;
    GType client;
  } types[] = {
    { G_TYPE_OBJECT, G_TYPE_CANCELLABLE },
    { G_TYPE_CANCELLABLE, G_TYPE_OBJECT },
    { G_TYPE_STRING, G_TYPE_NONE },
    { G_TYPE_NONE, G_TYPE_STRING },
    { G_TYPE_POINTER, G_TYPE_NONE },
    { G_TYPE_INT, G_TYPE_UINT },
  };

  g_test_summary ("Message types must be equal: else INVALID_ARGUMENT, naming both, and the client "
                  "can still connect elsewhere");

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (PolySocketServer) server = poly_socket_server_new (types[i].server);
      g_autoptr (PolySocketServer) other = poly_socket_server_new (types[i].client);
      g_autoptr (PolySocketClient) client = poly_socket_client_new (types[i].client, 1);
      g_autoptr (GError) error = NULL;

      g_assert_false (poly_socket_client_connect_to_server (client, server, &error));
      assert_names (error, poly_socket_client_get_message_type (client));
      assert_names (error, poly_socket_server_get_message_type (server));
      poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_cmpint (poly_socket_client_get_state (client), ==,
                       POLY_SOCKET_CLIENT_STATE_UNCONNECTED);
      g_assert_false (poly_socket_server_has_pending (server));
      g_assert_true (poly_socket_client_connect_to_server (client, other, &error));
      g_assert_no_error (error);
    }
}

static void
test_order_of_checks (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketServer) other_type = poly_socket_server_new (G_TYPE_OBJECT);
  g_autoptr (PolySocketClient) connecting = connect_new (server);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Connect checks the client's state, then the types, then the server");

  poly_socket_server_close (other_type);
  g_assert_false (poly_socket_client_connect_to_server (connecting, other_type, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_PENDING);
  g_assert_false (poly_socket_client_connect_to_server (client, other_type, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (poly_socket_client_get_state (client), ==,
                   POLY_SOCKET_CLIENT_STATE_UNCONNECTED);

  poly_socket_server_close (server);
  g_assert_false (poly_socket_client_connect_to_server (client, server, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_REFUSED);
}

static void
test_close_closes_endpoint (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (PolySocketEndpoint) client_side = NULL;
  g_autoptr (GError) error = NULL;
  int message;

  g_test_summary ("Closing the client closes its endpoint, whoever else holds it");

  poly_test_connect (server, client, &server_side, &client_side);
  poly_socket_client_close (client);
  poly_socket_client_close (client);
  g_assert_true (poly_socket_endpoint_is_closed (client_side));
  g_assert_false (poly_socket_endpoint_send (client_side, &message, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_null (poly_socket_endpoint_receive (server_side, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (poly_socket_endpoint_send (server_side, &message, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_CLOSED);
}

static void
test_endpoint_closed (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (PolySocketEndpoint) client_side = NULL;
  g_autoptr (PolySocketEndpoint) again = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Closing the endpoint, on either side, does not change the client's state");

  poly_test_connect (server, client, &server_side, &client_side);
  poly_socket_endpoint_close (server_side);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTED);
  poly_socket_endpoint_close (client_side);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTED);
  again = poly_socket_client_get_endpoint (client, &error);
  g_assert_no_error (error);
  g_assert_true (again == client_side);
  g_assert_false (poly_socket_client_connect_to_server (client, server, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_EXISTS);
}

static void
test_programmer_errors (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (GError) error = NULL;

  g_test_summary ("NULL and a capacity of 0 are programmer errors, and harm nothing");

  poly_test_assert_critical (g_assert_null (poly_socket_client_new (G_TYPE_POINTER, 0)));
  poly_test_assert_critical (
      g_assert_false (poly_socket_client_connect_to_server (NULL, server, &error)));
  poly_test_assert_critical (g_assert_null (poly_socket_client_get_endpoint (NULL, &error)));
  poly_test_assert_critical (
      g_assert_null (poly_socket_client_wait_endpoint (NULL, -1, NULL, &error)));
  poly_test_assert_critical (poly_socket_client_close (NULL));
  poly_test_assert_critical (poly_socket_client_get_state (NULL));
  poly_test_assert_critical (poly_socket_client_get_message_type (NULL));
  poly_test_assert_critical (poly_socket_client_get_capacity (NULL));
  poly_test_assert_critical (g_assert_null (poly_socket_client_get_main_context (NULL)));

  g_assert_no_error (error);
  g_assert_false (poly_socket_server_has_pending (server));
}

static void
count_complaint (const char    *log_domain,
                 GLogLevelFlags log_level,
                 const char    *message,
                 gpointer       user_data)
{
  guint *n_complaints = user_data;

  ++*n_complaints;
}

static void
test_capacity_property_0 (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_NONE);
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (PolySocketEndpoint) client_side = NULL;
  const GLogLevelFlags levels = G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING;
  GLogLevelFlags fatal;
  guint handler_id, n_complaints = 0;

  g_test_summary ("A capacity of 0 given as a property is complained about, and harms nothing");

  /* Whether GObject warns or calls it critical depends on its version. */
  fatal = g_log_set_always_fatal (G_LOG_LEVEL_ERROR);
  handler_id = g_log_set_handler ("GLib-GObject", levels, count_complaint, &n_complaints);
  client = g_object_new (POLY_SOCKET_TYPE_CLIENT, "capacity", 0, NULL);
  g_log_remove_handler ("GLib-GObject", handler_id);
  g_log_set_always_fatal (fatal);
  g_assert_cmpuint (n_complaints, ==, 1);

  g_assert_cmpuint (poly_socket_client_get_capacity (client), >, 0);
  poly_test_connect (server, client, &server_side, &client_side);
  g_assert_cmpuint (poly_socket_endpoint_get_n_writable (client_side), >, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/properties", test_properties);
  g_test_add_func ("/client/main-context", test_main_context);
  g_test_add_func ("/client/capacity", test_capacity);
  g_test_add_func ("/client/types-differ", test_types_differ);
  g_test_add_func ("/client/order-of-checks", test_order_of_checks);
  g_test_add_func ("/client/close/closes-endpoint", test_close_closes_endpoint);
  g_test_add_func ("/client/endpoint-closed", test_endpoint_closed);
  g_test_add_func ("/client/capacity/property-0", test_capacity_property_0);
  g_test_add_func ("/client/programmer-errors", test_programmer_errors);

  return g_test_run ();
}
