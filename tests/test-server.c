/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* Properties, types and what accept returns. What a started or refusing server does is in
 * test-server-modes.c, every state with every call in test-accept-matrix.c. */

static void
count_notify_cb (GObject    *object,
                 GParamSpec *pspec,
                 gpointer    user_data)
{
  guint *n_notified = user_data;

  ++*n_notified;
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
assert_accepts (PolySocketServer *server,
                PolySocketClient *client)
{
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (PolySocketEndpoint) client_side = NULL;
  g_autoptr (GError) error = NULL;
  int message;

  server_side = poly_socket_server_accept (server, 0, NULL, &error);
  g_assert_no_error (error);
  client_side = poly_socket_client_wait_endpoint (client, 0, NULL, &error);
  g_assert_no_error (error);

  g_assert_true (poly_socket_endpoint_send (client_side, &message, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (poly_socket_endpoint_receive (server_side, 0, NULL, &error) == &message);
  g_assert_no_error (error);
}

static void
assert_nothing_pending (PolySocketServer *server)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (poly_socket_server_has_pending (server));
  g_assert_null (poly_socket_server_accept (server, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
}

static void
test_properties (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_OBJECT);
  GType message_type;
  guint backlog;
  gboolean active, closed;

  g_test_summary ("The properties of a new server, and that the getters say the same");

  g_object_get (server,
                "message-type", &message_type,
                "backlog", &backlog,
                "active", &active,
                "closed", &closed,
                NULL);
  g_assert_true (message_type == G_TYPE_OBJECT);
  g_assert_cmpuint (backlog, ==, 0);
  g_assert_false (active);
  g_assert_false (closed);

  g_assert_true (poly_socket_server_get_message_type (server) == G_TYPE_OBJECT);
  g_assert_cmpuint (poly_socket_server_get_backlog (server), ==, 0);
  g_assert_false (poly_socket_server_is_active (server));
  g_assert_false (poly_socket_server_is_closed (server));
  g_assert_false (poly_socket_server_has_pending (server));
  g_assert_true (POLY_SOCKET_IS_POLLABLE (server));
}

static void
test_main_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainContext) other = g_main_context_new ();
  g_autoptr (GMainContext) read = NULL;
  g_autoptr (PolySocketServer) at_construction = NULL;
  g_autoptr (PolySocketServer) given = NULL;

  g_test_summary ("The context is the one given, else the thread-default one at construction");

  g_main_context_push_thread_default (context);
  at_construction = poly_socket_server_new (G_TYPE_OBJECT);
  given = g_object_new (POLY_SOCKET_TYPE_SERVER, "main-context", other, NULL);
  g_main_context_pop_thread_default (context);

  g_assert_true (poly_socket_server_get_main_context (at_construction) == context);
  g_assert_true (poly_socket_server_get_main_context (given) == other);
  g_object_get (given, "main-context", &read, NULL);
  g_assert_true (read == other);
}

static void
test_untyped (void)
{
  const GType untyped[] = { G_TYPE_NONE, G_TYPE_INVALID, G_TYPE_VALUE };

  g_test_summary ("NONE, INVALID and VALUE all mean untyped, read back as VALUE, and connect");

  for (gsize i = 0; i < G_N_ELEMENTS (untyped); i++)
    {
      g_autoptr (PolySocketServer) server = poly_socket_server_new (untyped[i]);

      g_assert_true (poly_socket_server_get_message_type (server) == G_TYPE_VALUE);
      for (gsize j = 0; j < G_N_ELEMENTS (untyped); j++)
        {
          g_autoptr (PolySocketClient) client = poly_socket_client_new (untyped[j], 1);
          g_autoptr (PolySocketEndpoint) server_side = NULL;
          g_autoptr (PolySocketEndpoint) client_side = NULL;

          g_assert_true (poly_socket_client_get_message_type (client) == G_TYPE_VALUE);
          poly_test_connect (server, client, &server_side, &client_side);
          g_assert_true (poly_socket_endpoint_get_message_type (server_side) == G_TYPE_VALUE);
          g_assert_true (poly_socket_endpoint_get_message_type (client_side) == G_TYPE_VALUE);
        }
    }
}

static void
test_free_func (void)
{
  g_autoptr (PolySocketServer) server =
      poly_socket_server_new_with_free_func (poly_test_count_free);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 4);
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (PolySocketEndpoint) client_side = NULL;
  g_autoptr (GError) error = NULL;
  int n_freed[4] = { 0 };

  g_test_summary ("The server's free function frees what is undelivered, both ways, exactly once");

  g_assert_true (poly_socket_server_get_message_type (server) == G_TYPE_POINTER);
  poly_test_connect (server, client, &server_side, &client_side);
  for (gsize i = 0; i < 2; i++)
    {
      poly_socket_endpoint_send (client_side, &n_freed[i], 0, NULL, &error);
      g_assert_no_error (error);
      poly_socket_endpoint_send (server_side, &n_freed[2 + i], 0, NULL, &error);
      g_assert_no_error (error);
    }
  /* One each way is delivered, and so left to whoever received it. */
  g_assert_true (poly_socket_endpoint_receive (server_side, 0, NULL, &error) == &n_freed[0]);
  g_assert_true (poly_socket_endpoint_receive (client_side, 0, NULL, &error) == &n_freed[2]);

  g_clear_object (&server);
  g_clear_object (&client);
  g_clear_object (&server_side);
  g_clear_object (&client_side);
  g_assert_cmpint (n_freed[0], ==, 0);
  g_assert_cmpint (n_freed[1], ==, 1);
  g_assert_cmpint (n_freed[2], ==, 0);
  g_assert_cmpint (n_freed[3], ==, 1);
}

static void
test_accept_oldest (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);

  g_test_summary ("Accept returns the requests in the order they came");

  for (guint i = 0; i < 10; i++)
    g_ptr_array_add (clients, connect_new (server));
  for (guint i = 0; i < 10; i++)
    {
      g_assert_true (poly_socket_server_has_pending (server));
      assert_accepts (server, g_ptr_array_index (clients, i));
    }
  assert_nothing_pending (server);
}

static void
test_accept_oldest_wanted (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *clients[5];

  g_test_summary ("Accept passes over withdrawn requests, wherever they stand and however they "
                  "were withdrawn");

  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = connect_new (server);
  poly_socket_client_close (clients[0]);
  g_clear_object (&clients[2]);
  poly_socket_client_close (clients[4]);

  assert_accepts (server, clients[1]);
  g_assert_true (poly_socket_server_has_pending (server));
  assert_accepts (server, clients[3]);
  assert_nothing_pending (server);

  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    g_clear_object (&clients[i]);
}

static void
test_has_pending_counts_wanted (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = connect_new (server);

  g_test_summary ("A withdrawn request is not pending, whether closed or dropped");

  g_assert_true (poly_socket_server_has_pending (server));
  poly_socket_client_close (client);
  assert_nothing_pending (server);

  g_clear_object (&client);
  client = connect_new (server);
  g_assert_true (poly_socket_server_has_pending (server));
  g_clear_object (&client);
  assert_nothing_pending (server);
}

static void
test_closed_notify (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  guint n_closed = 0, n_active = 0;
  gboolean closed;

  g_test_summary ("Closing is notified once, however often it is done, and says that a server "
                  "that was active is so no more");

  g_signal_connect (server, "notify::closed", G_CALLBACK (count_notify_cb), &n_closed);
  g_signal_connect (server, "notify::active", G_CALLBACK (count_notify_cb), &n_active);
  poly_socket_server_start (server);
  g_assert_cmpuint (n_active, ==, 1);
  poly_socket_server_close (server);
  poly_socket_server_close (server);
  g_assert_cmpuint (n_closed, ==, 1);
  g_assert_cmpuint (n_active, ==, 2);
  g_object_get (server, "closed", &closed, NULL);
  g_assert_true (closed);
  g_assert_false (poly_socket_server_is_active (server));

  poly_socket_server_start (server);
  poly_socket_server_stop (server);
  poly_socket_server_resume (server);
  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 0);
  g_assert_cmpuint (n_closed, ==, 1);
  g_assert_cmpuint (n_active, ==, 2);
}

static void
test_programmer_errors (void)
{
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A NULL server is a programmer error in every call, and harms nothing");

  poly_test_assert_critical (g_assert_null (poly_socket_server_accept (NULL, 0, NULL, &error)));
  poly_test_assert_critical (g_assert_cmpuint (poly_socket_server_refuse (NULL, NULL), ==, 0));
  poly_test_assert_critical (poly_socket_server_resume (NULL));
  poly_test_assert_critical (g_assert_false (poly_socket_server_has_pending (NULL)));
  poly_test_assert_critical (poly_socket_server_start (NULL));
  poly_test_assert_critical (poly_socket_server_stop (NULL));
  poly_test_assert_critical (poly_socket_server_close (NULL));
  poly_test_assert_critical (g_assert_cmpuint (poly_socket_server_get_backlog (NULL), ==, 0));
  poly_test_assert_critical (poly_socket_server_set_backlog (NULL, 1));
  poly_test_assert_critical (g_assert_null (poly_socket_server_get_main_context (NULL)));
  poly_test_assert_critical (g_assert_false (poly_socket_server_is_active (NULL)));
  poly_test_assert_critical (poly_socket_server_is_closed (NULL));
  poly_test_assert_critical (poly_socket_server_get_message_type (NULL));
  poly_test_assert_critical (
      g_assert_false (poly_socket_client_connect_to_server (client, NULL, &error)));

  g_assert_no_error (error);
  g_assert_cmpint (poly_socket_client_get_state (client), ==,
                   POLY_SOCKET_CLIENT_STATE_UNCONNECTED);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/properties", test_properties);
  g_test_add_func ("/server/main-context", test_main_context);
  g_test_add_func ("/server/untyped", test_untyped);
  g_test_add_func ("/server/free-func", test_free_func);
  g_test_add_func ("/server/accept/oldest", test_accept_oldest);
  g_test_add_func ("/server/accept/oldest-wanted", test_accept_oldest_wanted);
  g_test_add_func ("/server/has-pending/counts-wanted", test_has_pending_counts_wanted);
  g_test_add_func ("/server/closed-notify", test_closed_notify);
  g_test_add_func ("/server/programmer-errors", test_programmer_errors);

  return g_test_run ();
}
