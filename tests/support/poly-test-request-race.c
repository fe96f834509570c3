/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-request-race.h"

void
race_set_up_unconnected (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  *race = (PolyTestRequestRace) {
    .server = poly_socket_server_new (G_TYPE_POINTER),
    .client = poly_socket_client_new (G_TYPE_POINTER, 2),
  };
}

void
race_set_up_started (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  race_set_up_unconnected (race);
  poly_socket_server_start (race->server);
}

void
race_set_up_connecting (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;
  g_autoptr (GError) error = NULL;

  race_set_up_unconnected (race);
  g_assert_true (poly_socket_client_connect_to_server (race->client, race->server, &error));
  g_assert_no_error (error);
}

/* The worker is about to accept when the race begins. */
void
race_set_up_accepting (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  race_set_up_connecting (race);
  poly_socket_server_start (race->server);
}

void
race_clear (PolyTestRequestRace *race)
{
  g_clear_object (&race->left);
  g_clear_object (&race->right);
  g_clear_object (&race->client);
  g_clear_object (&race->server);
  g_clear_error (&race->left_error);
  g_clear_error (&race->right_error);
}

void
race_connect_left (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  poly_socket_client_connect_to_server (race->client, race->server, &race->left_error);
}

void
race_connect_right (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  poly_socket_client_connect_to_server (race->client, race->server, &race->right_error);
}

void
race_accept_left (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  race->left = poly_socket_server_accept (race->server, 0, NULL, &race->left_error);
}

void
race_accept_right (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  race->right = poly_socket_server_accept (race->server, 0, NULL, &race->right_error);
}

void
race_wait_left (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  race->left =
      poly_socket_client_wait_endpoint (race->client, POLY_TEST_LONG, NULL, &race->left_error);
}

void
race_wait_right (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  race->right =
      poly_socket_client_wait_endpoint (race->client, POLY_TEST_LONG, NULL, &race->right_error);
}

void
race_close_server (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  poly_socket_server_close (race->server);
}

void
race_refuse (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  race->n_refused = poly_socket_server_refuse (race->server, NULL);
}

void
race_close_client (gpointer user_data)
{
  PolyTestRequestRace *race = user_data;

  poly_socket_client_close (race->client);
}

void
race_assert_one_of (GError *error,
                    int     one,
                    int     other)
{
  if (g_error_matches (error, G_IO_ERROR, one))
    poly_test_assert_error (error, G_IO_ERROR, one);
  else
    poly_test_assert_error (error, G_IO_ERROR, other);
}

void
race_assert_answer (PolyTestRequestRace *race,
                    gboolean             is_accepted)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  endpoint = poly_socket_client_wait_endpoint (race->client, POLY_TEST_LONG, NULL, &error);
  if (is_accepted)
    {
      g_assert_no_error (error);
      g_assert_cmpint (poly_socket_client_get_state (race->client), ==,
                       POLY_SOCKET_CLIENT_STATE_CONNECTED);
    }
  else
    {
      poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
      g_assert_cmpint (poly_socket_client_get_state (race->client), ==,
                       POLY_SOCKET_CLIENT_STATE_REFUSED);
    }
}
