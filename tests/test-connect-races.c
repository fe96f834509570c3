/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-request-race.h"

/* Two threads that race, one of them in connect, many times. Who wins is not asked, only that it is
 * one of them, and that both are told the same. Those with accept are in test-accept-races.c. */

static void
start_and_stop (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  poly_socket_server_start (race->server);
  poly_socket_server_stop (race->server);
}

static void
check_one_connected (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;
  GError *loser = race->left_error != NULL ? race->left_error : race->right_error;
  g_autoptr (PolySocketEndpoint) only = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true ((race->left_error == NULL) != (race->right_error == NULL));
  race_assert_one_of (loser, G_IO_ERROR_PENDING, G_IO_ERROR_EXISTS);
  if (!poly_socket_server_is_active (race->server))
    {
      only = poly_socket_server_accept (race->server, 0, NULL, &error);
      g_assert_no_error (error);
      g_assert_null (poly_socket_server_accept (race->server, 0, NULL, &error));
      poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
    }
  race_assert_answer (race, TRUE);
  race_clear (race);
}

static void
test_connect_connect (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Two threads in connect on one client: one connects, the other gets PENDING, "
                  "and there is one request");

  poly_test_race (poly_test_rounds (2000, 50000),
                  race_set_up_unconnected,
                  race_connect_left,
                  race_connect_right,
                  check_one_connected,
                  &race);
}

static void
test_connect_connect_started (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Two threads in connect on one client, to a server that accepts by itself: one "
                  "connects, the other gets PENDING or EXISTS");

  poly_test_race (poly_test_rounds (2000, 50000),
                  race_set_up_started,
                  race_connect_left,
                  race_connect_right,
                  check_one_connected,
                  &race);
}

typedef struct
{
  PolyTestRequestRace race;
  int n_notified; /* (atomic) */
} NotifiedRace;

static void
count_notify_cb (PolySocketClient *client,
                 GParamSpec       *pspec,
                 gpointer          user_data)
{
  g_atomic_int_inc ((int *) user_data);
}

static void
set_up_notified (gpointer user_data)
{
  NotifiedRace *notified = user_data;

  race_set_up_unconnected (&notified->race);
  notified->n_notified = 0;
  g_signal_connect (notified->race.client, "notify::state", G_CALLBACK (count_notify_cb),
                    &notified->n_notified);
}

static void
check_one_notified (gpointer user_data)
{
  NotifiedRace *notified = user_data;

  g_assert_cmpint (notified->n_notified, ==, 1);
  check_one_connected (&notified->race);
}

static void
test_connect_connect_notify (void)
{
  NotifiedRace race;

  g_test_summary ("Two threads in connect on one client: the state is notified once, by the one "
                  "that changed it");

  poly_test_race (poly_test_rounds (10000, 50000),
                  set_up_notified,
                  race_connect_left,
                  race_connect_right,
                  check_one_notified,
                  &race);
}

static void
check_refused (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  if (race->left_error != NULL)
    poly_test_assert_error (race->left_error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  if (race->server != NULL)
    g_assert_false (poly_socket_server_has_pending (race->server));
  race_assert_answer (race, FALSE);
  race_clear (race);
}

static void
test_connect_close (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Connecting while the server is closed: the client is refused, then or later, "
                  "and never left waiting");

  poly_test_race (poly_test_rounds (2000, 50000),
                  race_set_up_unconnected,
                  race_connect_left,
                  race_close_server,
                  check_refused,
                  &race);
}

static void
test_connect_refuse (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Connecting while the server refuses: the client is refused, then or later, and "
                  "never left waiting");

  poly_test_race (poly_test_rounds (2000, 50000),
                  race_set_up_unconnected,
                  race_connect_left,
                  race_refuse,
                  check_refused,
                  &race);
}

static void
check_accepted_later (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;

  g_assert_no_error (race->left_error);
  /* If it was stopped too early, the request is still there. */
  endpoint = poly_socket_server_accept (race->server, 0, NULL, NULL);
  race_assert_answer (race, TRUE);
  race_clear (race);
}

static void
test_connect_stop (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Connecting while the server is started and stopped: the worker accepts the "
                  "request, or leaves it pending, but does not lose it");

  poly_test_race (poly_test_rounds (2000, 50000),
                  race_set_up_unconnected,
                  race_connect_left,
                  start_and_stop,
                  check_accepted_later,
                  &race);
}

/* The moment between a request being in the backlog and connect returning belongs to the server. */
static void
accept_and_close_client (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  while (!poly_socket_server_has_pending (race->server))
    g_thread_yield ();
  race->right = poly_socket_server_accept (race->server, 0, NULL, &race->right_error);
  poly_socket_client_close (race->client);
}

static void
check_both_ends_closed (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_no_error (race->left_error);
  g_assert_no_error (race->right_error);
  g_assert_cmpint (poly_socket_client_get_state (race->client), ==,
                   POLY_SOCKET_CLIENT_STATE_CLOSED);
  g_assert_null (poly_socket_endpoint_receive (race->right, 0, NULL, &error));
  g_assert_no_error (error);
  race_clear (race);
}

static void
test_connect_accept_close (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Connecting while another thread accepts that request and closes the client: "
                  "the endpoint is closed with the client, so the server reads the end");

  poly_test_race (poly_test_rounds (5000, 50000),
                  race_set_up_unconnected,
                  race_connect_left,
                  accept_and_close_client,
                  check_both_ends_closed,
                  &race);
}

static void
check_connect_close_client (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;
  g_autoptr (GError) error = NULL;

  if (race->left_error != NULL)
    poly_test_assert_error (race->left_error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_cmpint (poly_socket_client_get_state (race->client), ==,
                   POLY_SOCKET_CLIENT_STATE_CLOSED);
  g_assert_null (poly_socket_server_accept (race->server, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
  race_clear (race);
}

static void
test_connect_close_client (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Connecting while the client is closed: nothing stays in the backlog");

  poly_test_race (poly_test_rounds (2000, 50000),
                  race_set_up_unconnected,
                  race_connect_left,
                  race_close_client,
                  check_connect_close_client,
                  &race);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/races/connect/connect", test_connect_connect);
  g_test_add_func ("/races/connect/connect-notify", test_connect_connect_notify);
  g_test_add_func ("/races/connect/connect-started", test_connect_connect_started);
  g_test_add_func ("/races/connect/close-server", test_connect_close);
  g_test_add_func ("/races/connect/close-client", test_connect_close_client);
  g_test_add_func ("/races/connect/accept-and-close-client", test_connect_accept_close);
  g_test_add_func ("/races/connect/refuse", test_connect_refuse);
  g_test_add_func ("/races/connect/start-stop", test_connect_stop);

  return g_test_run ();
}
