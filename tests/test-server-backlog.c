/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* How many may wait. */

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
assert_refused_at_once (PolySocketServer *server)
{
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 4);
  g_autoptr (GError) error = NULL;

  g_assert_false (poly_socket_client_connect_to_server (client, server, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_REFUSED);
}

static void
test_backlog_notify (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_OBJECT);
  guint backlog, n_notified = 0;

  g_test_summary ("The backlog can be changed both ways, and is notified only when it changes");

  g_signal_connect (server, "notify::backlog", G_CALLBACK (count_notify_cb), &n_notified);
  poly_socket_server_set_backlog (server, 7);
  g_assert_cmpuint (n_notified, ==, 1);
  poly_socket_server_set_backlog (server, 7);
  g_assert_cmpuint (n_notified, ==, 1);
  g_object_get (server, "backlog", &backlog, NULL);
  g_assert_cmpuint (backlog, ==, 7);

  g_object_set (server, "backlog", 3, NULL);
  g_assert_cmpuint (n_notified, ==, 2);
  g_object_set (server, "backlog", 3, NULL);
  g_assert_cmpuint (n_notified, ==, 2);
  g_assert_cmpuint (poly_socket_server_get_backlog (server), ==, 3);
}

static void
test_backlog_full (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) first = NULL;
  g_autoptr (PolySocketClient) second = NULL;
  g_autoptr (PolySocketClient) third = NULL;

  g_test_summary ("A backlog at its limit refuses the newcomer and keeps those who wait; "
                  "accepting makes room");

  poly_socket_server_set_backlog (server, 2);
  first = connect_new (server);
  second = connect_new (server);
  assert_refused_at_once (server);
  assert_refused_at_once (server);

  assert_accepts (server, first);
  third = connect_new (server);
  assert_refused_at_once (server);
  assert_accepts (server, second);
  assert_accepts (server, third);
  assert_nothing_pending (server);
}

static void
test_backlog_withdrawn (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) closed = NULL;
  PolySocketClient *dropped;
  g_autoptr (PolySocketClient) third = NULL;
  g_autoptr (PolySocketClient) fourth = NULL;

  g_test_summary ("A withdrawn request frees its place in a limited backlog");

  poly_socket_server_set_backlog (server, 2);
  closed = connect_new (server);
  dropped = connect_new (server);
  assert_refused_at_once (server);

  poly_socket_client_close (closed);
  third = connect_new (server);
  assert_refused_at_once (server);

  g_object_unref (dropped);
  fourth = connect_new (server);
  assert_refused_at_once (server);

  assert_accepts (server, third);
  assert_accepts (server, fourth);
  assert_nothing_pending (server);
}

static void
test_backlog_changed (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *clients[4];

  g_test_summary ("A backlog made smaller than what is pending keeps what is pending; made "
                  "larger, or unlimited, it takes more at once");

  for (gsize i = 0; i < 3; i++)
    clients[i] = connect_new (server);
  poly_socket_server_set_backlog (server, 1);
  assert_refused_at_once (server);
  assert_accepts (server, clients[0]);
  assert_refused_at_once (server);
  poly_socket_server_set_backlog (server, 3);
  clients[3] = connect_new (server);
  assert_refused_at_once (server);
  for (gsize i = 1; i < 4; i++)
    assert_accepts (server, clients[i]);
  for (gsize i = 0; i < 4; i++)
    g_object_unref (clients[i]);

  poly_socket_server_set_backlog (server, 1);
  clients[0] = connect_new (server);
  assert_refused_at_once (server);
  poly_socket_server_set_backlog (server, 0);
  clients[1] = connect_new (server);
  clients[2] = connect_new (server);
  for (gsize i = 0; i < 3; i++)
    {
      assert_accepts (server, clients[i]);
      g_object_unref (clients[i]);
    }
  assert_nothing_pending (server);
}

static void
test_backlog_at_construction (void)
{
  g_autoptr (PolySocketServer) server = NULL;
  g_autoptr (PolySocketClient) client = NULL;

  g_test_summary ("A backlog given to the constructor is a limit from the beginning");

  server = g_object_new (POLY_SOCKET_TYPE_SERVER,
                         "message-type", G_TYPE_POINTER,
                         "backlog", 1,
                         NULL);
  client = connect_new (server);
  assert_refused_at_once (server);
  assert_accepts (server, client);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/backlog/notify", test_backlog_notify);
  g_test_add_func ("/server/backlog/full", test_backlog_full);
  g_test_add_func ("/server/backlog/withdrawn", test_backlog_withdrawn);
  g_test_add_func ("/server/backlog/changed", test_backlog_changed);
  g_test_add_func ("/server/backlog/at-construction", test_backlog_at_construction);

  return g_test_run ();
}
