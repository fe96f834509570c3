/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* Refusing and what ends it; started and what stops it. */

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
assert_accepts (PolySocketServer *server)
{
  g_autoptr (PolySocketClient) client = connect_new (server);
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTING);
  server_side = poly_socket_server_accept (server, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (server_side);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTED);
}

static void
assert_refused (PolySocketClient *client,
                GQuark            domain,
                int               code)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  endpoint = poly_socket_client_wait_endpoint (client, POLY_TEST_LONG, NULL, &error);
  poly_test_assert_error (error, domain, code);
  if (domain == POLY_TEST_REASON)
    g_assert_cmpstr (error->message, ==, POLY_TEST_REASON_MESSAGE);
  g_assert_null (endpoint);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_REFUSED);
}

static void
assert_refuses_at_once (PolySocketServer *server,
                        GQuark            domain,
                        int               code)
{
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 4);
  g_autoptr (GError) error = NULL;

  g_assert_false (poly_socket_client_connect_to_server (client, server, &error));
  poly_test_assert_error (error, domain, code);
  assert_refused (client, domain, code);
  g_assert_false (poly_socket_server_has_pending (server));
}

static void
test_refuse_pending (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) first = connect_new (server);
  g_autoptr (PolySocketClient) withdrawn = connect_new (server);
  g_autoptr (PolySocketClient) second = connect_new (server);

  g_test_summary ("Refuse refuses all that is pending, and returns how many that were");

  poly_socket_client_close (withdrawn);
  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 2);
  assert_refused (first, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  assert_refused (second, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpint (poly_socket_client_get_state (withdrawn), ==, POLY_SOCKET_CLIENT_STATE_CLOSED);
  g_assert_false (poly_socket_server_has_pending (server));
  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 0);
}

static void
test_refuse_reason (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) pending = connect_new (server);
  g_autoptr (GError) reason = poly_test_reason_new ();

  g_test_summary ("The reason given passes through unchanged, to those pending and to those who "
                  "come later; the one given last counts");

  g_assert_cmpuint (poly_socket_server_refuse (server, reason), ==, 1);
  /* The library must have kept its own copy. */
  g_clear_error (&reason);
  assert_refused (pending, POLY_TEST_REASON, POLY_TEST_REASON_CODE);
  assert_refuses_at_once (server, POLY_TEST_REASON, POLY_TEST_REASON_CODE);

  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 0);
  assert_refuses_at_once (server, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  assert_refused (pending, POLY_TEST_REASON, POLY_TEST_REASON_CODE);
}

static void
accept_at_once (PolySocketServer *server)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_server_accept (server, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
}

static void
accept_for_a_while (PolySocketServer *server)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_server_accept (server, POLY_TEST_SHORT, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);
}

static void
accept_cancelled (PolySocketServer *server)
{
  g_autoptr (GCancellable) cancellable = poly_test_cancelled_new ();
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_server_accept (server, POLY_TEST_LONG, cancellable, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
}

static void
start_and_stop (PolySocketServer *server)
{
  poly_socket_server_start (server);
  poly_socket_server_stop (server);
}

static void
test_refusing_ends (gconstpointer user_data)
{
  void (*end) (PolySocketServer *server) = user_data;
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) refused = connect_new (server);
  g_autoptr (GError) reason = poly_test_reason_new ();

  g_test_summary ("Refusing lasts until the next accept, whatever that returns, until start or "
                  "until resume; those refused stay refused");

  poly_socket_server_refuse (server, reason);
  assert_refuses_at_once (server, POLY_TEST_REASON, POLY_TEST_REASON_CODE);
  end (server);
  assert_accepts (server);
  assert_refused (refused, POLY_TEST_REASON, POLY_TEST_REASON_CODE);
}

static void
test_refusing_lasts (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);

  g_test_summary ("Refusing is not ended by calls that say nothing about it");

  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 0);
  poly_socket_server_stop (server);
  poly_socket_server_set_backlog (server, 5);
  poly_socket_server_has_pending (server);
  poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (server), G_IO_IN);
  for (guint i = 0; i < 10; i++)
    assert_refuses_at_once (server, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

static void
test_resume_without_refuse (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Resume on a server that does not refuse changes nothing, started or not");

  poly_socket_server_resume (server);
  g_assert_false (poly_socket_server_is_active (server));
  assert_accepts (server);

  poly_socket_server_start (server);
  poly_socket_server_resume (server);
  g_assert_true (poly_socket_server_is_active (server));
  g_assert_null (poly_socket_server_accept (server, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_BUSY);
}

static void
test_refuse_after_accept (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 4);
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (PolySocketEndpoint) client_side = NULL;
  g_autoptr (GError) error = NULL;
  int message;

  g_test_summary ("A client accepted stays accepted, and its connection works, whatever the "
                  "server refuses later");

  poly_test_connect (server, client, &server_side, &client_side);
  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 0);
  poly_socket_server_close (server);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTED);
  g_assert_true (poly_socket_endpoint_send (client_side, &message, 0, NULL, &error));
  g_assert_true (poly_socket_endpoint_receive (server_side, 0, NULL, &error) == &message);
  g_assert_no_error (error);
}

static void
count_notify_cb (GObject    *object,
                 GParamSpec *pspec,
                 gpointer    user_data)
{
  guint *n_notified = user_data;

  ++*n_notified;
}

static void
test_start_and_stop (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (GError) error = NULL;
  guint n_notified = 0;
  gboolean active;

  g_test_summary ("Start and stop turn active on and off, once each; accept is BUSY in between");

  g_signal_connect (server, "notify::active", G_CALLBACK (count_notify_cb), &n_notified);
  poly_socket_server_stop (server);
  g_assert_cmpuint (n_notified, ==, 0);
  poly_socket_server_start (server);
  poly_socket_server_start (server);
  g_assert_cmpuint (n_notified, ==, 1);
  g_assert_true (poly_socket_server_is_active (server));
  g_object_get (server, "active", &active, NULL);
  g_assert_true (active);
  g_assert_null (poly_socket_server_accept (server, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_BUSY);
  g_assert_null (poly_socket_server_accept (server, POLY_TEST_LONG, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_BUSY);
  g_assert_null (poly_socket_server_accept (server, -1, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_BUSY);

  poly_socket_server_stop (server);
  poly_socket_server_stop (server);
  g_assert_cmpuint (n_notified, ==, 2);
  g_assert_false (poly_socket_server_is_active (server));
  assert_accepts (server);
}

static void
test_start_accepts_pending (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *clients[5];
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server that is started accepts those who wait already, and those who come, "
                  "without a main loop");

  for (gsize i = 0; i < 3; i++)
    clients[i] = connect_new (server);
  poly_socket_server_start (server);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autoptr (PolySocketEndpoint) endpoint = NULL;

      if (i >= 3)
        clients[i] = connect_new (server);
      endpoint = poly_socket_client_wait_endpoint (clients[i], POLY_TEST_LONG, NULL, &error);
      g_assert_no_error (error);
      g_assert_nonnull (endpoint);
      g_object_unref (clients[i]);
    }
  g_assert_false (poly_socket_server_has_pending (server));
}

static void
test_stop_leaves_pending (void)
{
  guint n_rounds = poly_test_rounds (200, 5000);

  g_test_summary ("Stopping at once after starting: each request is either accepted or still "
                  "pending, and what is pending can be accepted");

  for (guint round = 0; round < n_rounds; round++)
    {
      g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
      g_autoptr (PolySocketEndpoint) accepted = NULL;
      PolySocketClient *clients[3];
      g_autoptr (GError) error = NULL;
      guint n_accepted = 0;

      for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
        clients[i] = connect_new (server);
      poly_socket_server_start (server);
      poly_socket_server_stop (server);
      while ((accepted = poly_socket_server_accept (server, 0, NULL, &error)) != NULL)
        {
          n_accepted++;
          g_clear_object (&accepted);
        }
      poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
      g_assert_cmpuint (n_accepted, <=, G_N_ELEMENTS (clients));
      for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
        {
          g_autoptr (PolySocketEndpoint) endpoint = NULL;

          endpoint = poly_socket_client_wait_endpoint (clients[i], POLY_TEST_LONG, NULL, &error);
          g_assert_no_error (error);
          g_assert_nonnull (endpoint);
          g_object_unref (clients[i]);
        }
    }
}

static void
test_refuse_stops (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (GError) reason = poly_test_reason_new ();
  guint n_notified = 0;

  g_test_summary ("Refuse also stops a started server, which then refuses; start ends that");

  g_signal_connect (server, "notify::active", G_CALLBACK (count_notify_cb), &n_notified);
  poly_socket_server_start (server);
  poly_socket_server_refuse (server, reason);
  g_assert_false (poly_socket_server_is_active (server));
  g_assert_cmpuint (n_notified, ==, 2);
  assert_refuses_at_once (server, POLY_TEST_REASON, POLY_TEST_REASON_CODE);
  poly_socket_server_stop (server);
  assert_refuses_at_once (server, POLY_TEST_REASON, POLY_TEST_REASON_CODE);

  poly_socket_server_start (server);
  g_assert_true (poly_socket_server_is_active (server));
  g_assert_cmpuint (n_notified, ==, 3);
  poly_socket_server_stop (server);
  assert_accepts (server);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/refuse/pending", test_refuse_pending);
  g_test_add_func ("/server/refuse/reason", test_refuse_reason);
  g_test_add_data_func ("/server/refuse/ends/accept-at-once", accept_at_once, test_refusing_ends);
  g_test_add_data_func ("/server/refuse/ends/accept-timed-out", accept_for_a_while,
                        test_refusing_ends);
  g_test_add_data_func ("/server/refuse/ends/accept-cancelled", accept_cancelled,
                        test_refusing_ends);
  g_test_add_data_func ("/server/refuse/ends/start", start_and_stop, test_refusing_ends);
  g_test_add_data_func ("/server/refuse/ends/resume", poly_socket_server_resume,
                        test_refusing_ends);
  g_test_add_func ("/server/refuse/lasts", test_refusing_lasts);
  g_test_add_func ("/server/refuse/after-accept", test_refuse_after_accept);
  g_test_add_func ("/server/refuse/stops", test_refuse_stops);
  g_test_add_func ("/server/resume/without-refuse", test_resume_without_refuse);
  g_test_add_func ("/server/start-and-stop", test_start_and_stop);
  g_test_add_func ("/server/start/accepts-pending", test_start_accepts_pending);
  g_test_add_func ("/server/stop/leaves-pending", test_stop_leaves_pending);

  return g_test_run ();
}
