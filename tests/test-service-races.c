/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* Two threads that race for a name. */

#define NAME "kitchen"

typedef struct
{
  PolySocketServer *server;
  PolySocketServer *other;
  PolySocketClient *client;
  gboolean left_done;
  gboolean right_done;
  GError *left_error;
  GError *right_error;
} Race;

static void
set_up (gpointer user_data)
{
  Race *race = user_data;

  *race = (Race) {
    .server = poly_socket_server_new (G_TYPE_POINTER),
    .other = poly_socket_server_new (G_TYPE_POINTER),
    .client = poly_socket_client_new (G_TYPE_POINTER, 2),
  };
}

static void
set_up_published (gpointer user_data)
{
  Race *race = user_data;

  set_up (race);
  g_assert_true (poly_socket_server_publish (race->server, NAME, NULL));
}

static void
set_up_waiting (gpointer user_data)
{
  Race *race = user_data;

  set_up (race);
  g_assert_true (
      poly_socket_client_connect_to_service_when_available (race->client, NAME, NULL));
}

static void
publish_left (gpointer user_data)
{
  Race *race = user_data;

  race->left_done = poly_socket_server_publish (race->server, NAME, &race->left_error);
}

static void
publish_other (gpointer user_data)
{
  Race *race = user_data;

  race->right_done = poly_socket_server_publish (race->other, NAME, &race->right_error);
}

static void
publish_other_name (gpointer user_data)
{
  Race *race = user_data;

  race->right_done = poly_socket_server_publish (race->server, "cellar", &race->right_error);
}

static void
unpublish (gpointer user_data)
{
  poly_socket_server_unpublish (((Race *) user_data)->server);
}

static void
close_server (gpointer user_data)
{
  poly_socket_server_close (((Race *) user_data)->server);
}

static void
drop_server (gpointer user_data)
{
  g_clear_object (&((Race *) user_data)->server);
}

static void
close_client (gpointer user_data)
{
  poly_socket_client_close (((Race *) user_data)->client);
}

static void
drop_client (gpointer user_data)
{
  g_clear_object (&((Race *) user_data)->client);
}

static void
connect_client (gpointer user_data)
{
  Race *race = user_data;

  race->left_done = poly_socket_client_connect_to_service (race->client, NAME, &race->left_error);
}

static void
ask (gpointer user_data)
{
  Race *race = user_data;

  race->left_done = poly_socket_client_connect_to_service_when_available (race->client, NAME,
                                                                          &race->left_error);
}

/* Every round ends with all names free again. */
static void
clear (Race *race)
{
  g_auto (GStrv) services = NULL;

  g_clear_object (&race->client);
  g_clear_object (&race->server);
  g_clear_object (&race->other);
  g_clear_error (&race->left_error);
  g_clear_error (&race->right_error);
  services = poly_socket_list_services ();
  g_assert_cmpuint (g_strv_length (services), ==, 0);
}

static void
assert_name (PolySocketServer *server,
             const char       *name)
{
  g_autofree char *service_name = poly_socket_server_dup_service_name (server);

  g_assert_cmpstr (service_name, ==, name);
}

static void
race (PolyTestRaceFunc race_set_up,
      PolyTestRaceFunc left,
      PolyTestRaceFunc right,
      PolyTestRaceFunc check)
{
  Race data;

  poly_test_race (poly_test_rounds (2000, 50000), race_set_up, left, right, check, &data);
}

static void
check_one_has_it (gpointer user_data)
{
  Race *self = user_data;

  g_assert_true (self->left_done != self->right_done);
  poly_test_assert_error (self->left_done ? self->right_error : self->left_error, G_IO_ERROR,
                          G_IO_ERROR_ADDRESS_IN_USE);
  assert_name (self->server, self->left_done ? NAME : NULL);
  assert_name (self->other, self->right_done ? NAME : NULL);
  clear (self);
}

static void
test_publish_publish (void)
{
  g_test_summary ("Of two servers that publish one name at the same time one gets it");

  race (set_up, publish_left, publish_other, check_one_has_it);
}

static void
check_one_name (gpointer user_data)
{
  Race *self = user_data;

  g_assert_true (self->left_done != self->right_done);
  poly_test_assert_error (self->left_done ? self->right_error : self->left_error, G_IO_ERROR,
                          G_IO_ERROR_EXISTS);
  assert_name (self->server, self->left_done ? NAME : "cellar");
  clear (self);
}

static void
test_publish_two_names (void)
{
  g_test_summary ("Of two names that one server publishes at the same time it gets one");

  race (set_up, publish_left, publish_other_name, check_one_name);
}

static void
check_closed (gpointer user_data)
{
  Race *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!self->left_done)
    poly_test_assert_error (self->left_error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  assert_name (self->server, NULL);
  g_assert_true (poly_socket_server_publish (self->other, NAME, &error));
  g_assert_no_error (error);
  clear (self);
}

static void
test_publish_close (void)
{
  g_test_summary ("Publishing while the server is closed: the name is free in the end");

  race (set_up, publish_left, close_server, check_closed);
}

static void
check_handed_over (gpointer user_data)
{
  Race *self = user_data;

  if (!self->right_done)
    {
      poly_test_assert_error (self->right_error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
      g_assert_true (poly_socket_server_publish (self->other, NAME, NULL));
    }
  assert_name (self->other, NAME);
  clear (self);
}

static void
test_free_publish (gconstpointer user_data)
{
  g_test_summary ("Publishing while another server gives up the name: taken or got, and never "
                  "lost");

  race (set_up_published, (PolyTestRaceFunc) user_data, publish_other, check_handed_over);
}

static void
check_connected (gpointer user_data)
{
  Race *self = user_data;

  if (self->left_done)
    {
      g_autoptr (PolySocketEndpoint) endpoint = NULL;

      endpoint = poly_socket_server_accept (self->server, 0, NULL, NULL);
      g_assert_nonnull (endpoint);
    }
  else
    {
      poly_test_assert_error (self->left_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      g_assert_cmpint (poly_socket_client_get_state (self->client), ==,
                       POLY_SOCKET_CLIENT_STATE_UNCONNECTED);
    }
  clear (self);
}

static void
test_connect_unpublish (void)
{
  g_test_summary ("Connecting while the name is given up: not found, or it waits at the server");

  race (set_up_published, connect_client, unpublish, check_connected);
}

static void
check_refused (gpointer user_data)
{
  Race *self = user_data;
  g_autoptr (GError) error = NULL;

  if (self->left_done)
    {
      g_assert_null (
          poly_socket_client_wait_endpoint (self->client, POLY_TEST_LONG, NULL, &error));
      poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
    }
  else if (!g_error_matches (self->left_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    {
      poly_test_assert_error (self->left_error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
      g_assert_cmpint (poly_socket_client_get_state (self->client), ==,
                       POLY_SOCKET_CLIENT_STATE_REFUSED);
    }
  clear (self);
}

static void
test_connect_end (gconstpointer user_data)
{
  g_test_summary ("Connecting while the server closes or dies: not found or refused, now or later");

  race (set_up_published, connect_client, (PolyTestRaceFunc) user_data, check_refused);
}

static void
check_waits_at_server (gpointer user_data)
{
  Race *self = user_data;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;

  g_assert_no_error (self->left_error);
  g_assert_no_error (self->right_error);
  endpoint = poly_socket_server_accept (self->other, 0, NULL, NULL);
  g_assert_nonnull (endpoint);
  g_assert_cmpint (poly_socket_client_get_state (self->client), ==,
                   POLY_SOCKET_CLIENT_STATE_CONNECTED);
  clear (self);
}

static void
test_ask_publish (void)
{
  g_test_summary ("A client that asks for a name just as it appears waits at the server, in any "
                  "case");

  race (set_up, ask, publish_other, check_waits_at_server);
}

static void
check_asked_unpublish (gpointer user_data)
{
  Race *self = user_data;

  g_assert_no_error (self->left_error);
  g_assert_cmpint (poly_socket_client_get_state (self->client), ==,
                   POLY_SOCKET_CLIENT_STATE_CONNECTING);
  if (!poly_socket_server_has_pending (self->server))
    g_assert_true (poly_socket_server_publish (self->other, NAME, NULL));
  g_assert_true (poly_socket_server_has_pending (self->server) !=
                 poly_socket_server_has_pending (self->other));
  clear (self);
}

static void
test_ask_unpublish (void)
{
  g_test_summary ("A client that asks just as the name is given up waits at the server or for the "
                  "next one");

  race (set_up_published, ask, unpublish, check_asked_unpublish);
}

static void
check_asked_end (gpointer user_data)
{
  Race *self = user_data;

  if (self->left_done &&
      poly_socket_client_get_state (self->client) == POLY_SOCKET_CLIENT_STATE_CONNECTING)
    {
      g_assert_true (poly_socket_server_publish (self->other, NAME, NULL));
      g_assert_true (poly_socket_server_has_pending (self->other));
    }
  else
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (poly_socket_client_wait_endpoint (self->client, 0, NULL, &error));
      poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
    }
  clear (self);
}

static void
test_ask_end (gconstpointer user_data)
{
  g_test_summary ("A client that asks just as the server closes or dies is refused by it, or waits "
                  "for the next one");

  race (set_up_published, ask, (PolyTestRaceFunc) user_data, check_asked_end);
}

static void
check_left (gpointer user_data)
{
  Race *self = user_data;

  g_assert_no_error (self->right_error);
  if (self->client != NULL)
    g_assert_cmpint (poly_socket_client_get_state (self->client), ==,
                     POLY_SOCKET_CLIENT_STATE_CLOSED);
  g_assert_false (poly_socket_server_has_pending (self->other));
  clear (self);
}

static void
test_leave_publish (gconstpointer user_data)
{
  g_test_summary ("A client that closes or dies just as the name appears is not pending "
                  "afterwards");

  race (set_up_waiting, (PolyTestRaceFunc) user_data, publish_other, check_left);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/races/publish-publish", test_publish_publish);
  g_test_add_func ("/service/races/publish-two-names", test_publish_two_names);
  g_test_add_func ("/service/races/publish-close", test_publish_close);
  g_test_add_data_func ("/service/races/unpublish-publish", unpublish, test_free_publish);
  g_test_add_data_func ("/service/races/close-publish", close_server, test_free_publish);
  g_test_add_data_func ("/service/races/drop-publish", drop_server, test_free_publish);
  g_test_add_func ("/service/races/connect-unpublish", test_connect_unpublish);
  g_test_add_data_func ("/service/races/connect-close", close_server, test_connect_end);
  g_test_add_data_func ("/service/races/connect-drop", drop_server, test_connect_end);
  g_test_add_func ("/service/races/ask-publish", test_ask_publish);
  g_test_add_func ("/service/races/ask-unpublish", test_ask_unpublish);
  g_test_add_data_func ("/service/races/ask-close", close_server, test_ask_end);
  g_test_add_data_func ("/service/races/ask-drop", drop_server, test_ask_end);
  g_test_add_data_func ("/service/races/close-client-publish", close_client, test_leave_publish);
  g_test_add_data_func ("/service/races/drop-client-publish", drop_client, test_leave_publish);

  return g_test_run ();
}
