/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-request-race.h"

/* Races for a request under way, with accept, wait_endpoint and get_endpoint. Those with connect
 * are in test-connect-races.c. */

static void
drop_client (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  g_clear_object (&race->client);
}

static void
drop_server (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  g_clear_object (&race->server);
}

static void
check_accept_close (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  if (race->left == NULL)
    poly_test_assert_error (race->left_error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  race_assert_answer (race, race->left != NULL);
  race_clear (race);
}

static void
test_accept_close (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Accepting while the server is closed: either the connection is there on both "
                  "sides, or accept says CLOSED and the client is refused");

  poly_test_race (poly_test_rounds (2000, 50000),
                  race_set_up_connecting,
                  race_accept_left,
                  race_close_server,
                  check_accept_close,
                  &race);
}

static void
check_accept_refuse (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  if (race->left == NULL)
    poly_test_assert_error (race->left_error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_assert_cmpuint (race->n_refused, ==, race->left == NULL);
  race_assert_answer (race, race->left != NULL);
  race_clear (race);
}

static void
test_accept_refuse (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Accepting while the server refuses: one of the two gets the request, and the "
                  "client hears of that one");

  poly_test_race (poly_test_rounds (2000, 50000),
                  race_set_up_connecting,
                  race_accept_left,
                  race_refuse,
                  check_accept_refuse,
                  &race);
}

static void
check_accept_withdraw (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;
  g_autoptr (GError) error = NULL;

  if (race->left != NULL)
    {
      g_assert_null (poly_socket_endpoint_receive (race->left, 0, NULL, &error));
      g_assert_no_error (error);
    }
  else
    {
      poly_test_assert_error (race->left_error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    }
  if (race->client != NULL)
    g_assert_cmpint (poly_socket_client_get_state (race->client), ==,
                     POLY_SOCKET_CLIENT_STATE_CLOSED);
  g_assert_false (poly_socket_server_has_pending (race->server));
  race_clear (race);
}

static void
test_accept_withdraw (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Accepting while the client is closed: accept gets nothing, or an endpoint that "
                  "is at its end");

  poly_test_race (poly_test_rounds (2000, 50000),
                  race_set_up_connecting,
                  race_accept_left,
                  race_close_client,
                  check_accept_withdraw,
                  &race);
}

static void
test_accept_drop (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Accepting while the client is dropped: accept gets nothing, or an endpoint "
                  "that is at its end");

  poly_test_race (poly_test_rounds (2000, 50000),
                  race_set_up_connecting,
                  race_accept_left,
                  drop_client,
                  check_accept_withdraw,
                  &race);
}

static void
check_accept_accept (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  g_assert_true ((race->left == NULL) != (race->right == NULL));
  poly_test_assert_error (race->left == NULL ? race->left_error : race->right_error, G_IO_ERROR,
                          G_IO_ERROR_WOULD_BLOCK);
  race_assert_answer (race, TRUE);
  race_clear (race);
}

static void
test_accept_accept (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Two threads in accept and one request: one gets it");

  poly_test_race (poly_test_rounds (2000, 50000),
                  race_set_up_connecting,
                  race_accept_left,
                  race_accept_right,
                  check_accept_accept,
                  &race);
}

static void
check_same_endpoint (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  g_assert_no_error (race->left_error);
  g_assert_no_error (race->right_error);
  g_assert_nonnull (race->left);
  g_assert_true (race->left == race->right);
  race_clear (race);
}

static void
test_wait_wait (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Two threads in wait_endpoint, while the worker accepts: both get the one "
                  "endpoint");

  poly_test_race (poly_test_rounds (2000, 50000),
                  race_set_up_accepting,
                  race_wait_left,
                  race_wait_right,
                  check_same_endpoint,
                  &race);
}

static void
get_left (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  race->left = poly_socket_client_get_endpoint (race->client, &race->left_error);
}

static void
get_right (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  race->right = poly_socket_client_get_endpoint (race->client, &race->right_error);
}

static void
test_get_get (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Two threads in get_endpoint before the server answers: both get the one "
                  "endpoint");

  poly_test_race (poly_test_rounds (2000, 50000),
                  race_set_up_connecting,
                  get_left,
                  get_right,
                  check_same_endpoint,
                  &race);
}

static void
check_wait_close (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  if (race->left == NULL)
    race_assert_one_of (race->left_error, G_IO_ERROR_CLOSED, G_IO_ERROR_CLOSED);
  else
    g_assert_true (poly_socket_endpoint_is_closed (race->left));
  g_assert_cmpint (poly_socket_client_get_state (race->client), ==,
                   POLY_SOCKET_CLIENT_STATE_CLOSED);
  race_clear (race);
}

static void
test_wait_close_client (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Waiting for the endpoint while the client is closed and the worker accepts: "
                  "the wait ends CLOSED, or with an endpoint that is closed");

  poly_test_race (poly_test_rounds (2000, 50000),
                  race_set_up_accepting,
                  race_wait_left,
                  race_close_client,
                  check_wait_close,
                  &race);
}

static void
check_refused (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  poly_test_assert_error (race->left_error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  race_assert_answer (race, FALSE);
  race_clear (race);
}

static void
test_wait_drop_server (void)
{
  PolyTestRequestRace race;

  g_test_summary ("Waiting for the endpoint while the server is dropped: the wait ends refused");

  poly_test_race (poly_test_rounds (2000, 50000),
                  race_set_up_connecting,
                  race_wait_left,
                  drop_server,
                  check_refused,
                  &race);
}

/* Two threads blocked in accept; the wake-up of a request may go to the one that leaves. */
typedef struct
{
  PolySocketServer *server;
  PolySocketClient *client;
  GCancellable *cancellable;
  PolyTestThread *leaver;
  PolyTestThread *stayer;
} Leaving;

static gpointer
leaver_main (gpointer user_data)
{
  Leaving *self = user_data;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  endpoint = poly_socket_server_accept (self->server, -1, self->cancellable, &error);
  if (endpoint == NULL)
    poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  return GINT_TO_POINTER (endpoint != NULL);
}

static gpointer
stayer_main (gpointer user_data)
{
  Leaving *self = user_data;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  endpoint = poly_socket_server_accept (self->server, -1, NULL, &error);
  if (endpoint == NULL)
    poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  return GINT_TO_POINTER (endpoint != NULL);
}

static void
set_up_leaving (gpointer user_data)
{
  Leaving *self = user_data;

  *self = (Leaving) {
    .server = poly_socket_server_new (G_TYPE_POINTER),
    .client = poly_socket_client_new (G_TYPE_POINTER, 1),
    .cancellable = g_cancellable_new (),
  };
  /* Who came first is woken first. */
  self->leaver = poly_test_thread_new ("leaver", leaver_main, self);
  poly_test_thread_wait_blocked (self->leaver);
  self->stayer = poly_test_thread_new ("stayer", stayer_main, self);
  poly_test_thread_wait_blocked (self->stayer);
}

static void
connect_while_leaving (gpointer user_data)
{
  Leaving *self = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_client_connect_to_server (self->client, self->server, &error));
  g_assert_no_error (error);
}

static void
cancel_leaver (gpointer user_data)
{
  Leaving *self = user_data;

  g_cancellable_cancel (self->cancellable);
}

static void
check_left (gpointer user_data)
{
  Leaving *self = user_data;

  if (poly_test_thread_join (self->leaver))
    {
      poly_socket_server_close (self->server);
      g_assert_false (poly_test_thread_join (self->stayer));
    }
  else
    {
      g_assert_true (poly_test_thread_join (self->stayer));
    }
  g_assert_cmpint (poly_socket_client_get_state (self->client), ==,
                   POLY_SOCKET_CLIENT_STATE_CONNECTED);
  g_object_unref (self->client);
  g_object_unref (self->server);
  g_object_unref (self->cancellable);
}

static void
test_connect_cancel (void)
{
  Leaving leaving;

  g_test_summary ("Connecting while one of two blocked accepts is cancelled: one of them gets the "
                  "request, it never lies there while the other sleeps");

  poly_test_race (poly_test_rounds (500, 20000),
                  set_up_leaving,
                  connect_while_leaving,
                  cancel_leaver,
                  check_left,
                  &leaving);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/races/accept/accept", test_accept_accept);
  g_test_add_func ("/races/accept/close-server", test_accept_close);
  g_test_add_func ("/races/accept/connect-cancel", test_connect_cancel);
  g_test_add_func ("/races/accept/refuse", test_accept_refuse);
  g_test_add_func ("/races/accept/close-client", test_accept_withdraw);
  g_test_add_func ("/races/accept/drop-client", test_accept_drop);
  g_test_add_func ("/races/wait-endpoint/wait-endpoint", test_wait_wait);
  g_test_add_func ("/races/wait-endpoint/close-client", test_wait_close_client);
  g_test_add_func ("/races/wait-endpoint/drop-server", test_wait_drop_server);
  g_test_add_func ("/races/get-endpoint/get-endpoint", test_get_get);

  return g_test_run ();
}
