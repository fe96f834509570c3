/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-steps.h"

/* Connecting to a server by the name it has published. */

#define NAME "kitchen"

static void
publish (PolySocketServer *server)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_server_publish (server, NAME, &error));
  g_assert_no_error (error);
}

static void
test_connect (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 2);
  g_autoptr (PolySocketEndpoint) client_side = NULL;
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Connecting by name is like connecting to the server that has it");

  publish (server);
  g_assert_true (poly_socket_client_connect_to_service (client, NAME, &error));
  g_assert_no_error (error);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTING);
  server_side = poly_socket_server_accept (server, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTED);

  client_side = poly_socket_client_wait_endpoint (client, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (poly_socket_endpoint_send (client_side, GINT_TO_POINTER (7), 0, NULL, &error));
  g_assert_cmpint (
      GPOINTER_TO_INT (poly_socket_endpoint_receive (server_side, 0, NULL, &error)), ==, 7);
  g_assert_no_error (error);
}

static void
test_not_found (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 2);
  g_autoptr (GError) error = NULL;

  g_test_summary ("An unknown name leaves the client unconnected: it can try again");

  for (guint i = 0; i < 3; i++)
    {
      g_assert_false (poly_socket_client_connect_to_service (client, NAME, &error));
      poly_test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);
      g_assert_cmpint (poly_socket_client_get_state (client), ==,
                       POLY_SOCKET_CLIENT_STATE_UNCONNECTED);
      g_assert_null (poly_socket_client_get_endpoint (client, &error));
      poly_test_assert_io_error (&error, G_IO_ERROR_NOT_CONNECTED);
    }
  publish (server);
  g_assert_true (poly_socket_client_connect_to_service (client, NAME, &error));
  g_assert_no_error (error);
}

typedef struct
{
  const char *label;
  PolyTestStep steps[4];
  int says;
  PolySocketClientState state; /* of the client afterwards */
  gboolean blames_client;      /* it would say so whatever the name */
} Row;

/* The same as for connect_to_server, except that a closed server has no name. */
static const Row rows[] = {
  { "fresh", { NULL }, SAYS_OK, POLY_SOCKET_CLIENT_STATE_CONNECTING },
  { "started", { step_start, NULL }, SAYS_OK, POLY_SOCKET_CLIENT_STATE_CONNECTED },
  { "connecting", { step_request, NULL },
    G_IO_ERROR_PENDING, POLY_SOCKET_CLIENT_STATE_CONNECTING, TRUE },
  { "connected", { step_request, step_accept, NULL },
    G_IO_ERROR_EXISTS, POLY_SOCKET_CLIENT_STATE_CONNECTED, TRUE },
  { "closed", { step_close_client, NULL },
    G_IO_ERROR_CLOSED, POLY_SOCKET_CLIENT_STATE_CLOSED, TRUE },
  { "refused-before", { step_refuse_with_reason, step_be_refused, step_resume, NULL },
    SAYS_REASON, POLY_SOCKET_CLIENT_STATE_REFUSED, TRUE },
  { "refusing", { step_refuse, NULL },
    G_IO_ERROR_CONNECTION_REFUSED, POLY_SOCKET_CLIENT_STATE_REFUSED },
  { "refusing-with-reason", { step_refuse_with_reason, NULL },
    SAYS_REASON, POLY_SOCKET_CLIENT_STATE_REFUSED },
  { "resumed", { step_refuse, step_resume, NULL },
    SAYS_OK, POLY_SOCKET_CLIENT_STATE_CONNECTING },
  { "full", { step_fill_backlog, NULL },
    G_IO_ERROR_CONNECTION_REFUSED, POLY_SOCKET_CLIENT_STATE_REFUSED },
  { "closed-server", { step_close_server, NULL },
    G_IO_ERROR_NOT_FOUND, POLY_SOCKET_CLIENT_STATE_UNCONNECTED },
  { "dropped-server", { step_drop_server, NULL },
    G_IO_ERROR_NOT_FOUND, POLY_SOCKET_CLIENT_STATE_UNCONNECTED },
};

static void
test_row (gconstpointer user_data)
{
  const Row *row = user_data;
  const PolyTestStep no_steps[] = { NULL };
  PolyTestSteps steps;
  g_autoptr (GError) error = NULL;
  gboolean success;

  g_test_summary ("What connect_to_service says in each state of client and server");

  poly_test_steps_init (&steps, no_steps);
  publish (steps.server);
  for (gsize i = 0; row->steps[i] != NULL; i++)
    row->steps[i](&steps);
  success = poly_socket_client_connect_to_service (steps.client, NAME, &error);
  g_assert_true (success == (row->says == SAYS_OK));
  poly_test_check_said (&error, row->says);
  if (row->state == POLY_SOCKET_CLIENT_STATE_CONNECTED)
    step_wait (&steps);
  g_assert_cmpint (poly_socket_client_get_state (steps.client), ==, row->state);
  poly_test_steps_clear (&steps);
}

static void
test_row_unknown (gconstpointer user_data)
{
  const Row *row = user_data;
  PolyTestSteps steps;
  g_autoptr (GError) error = NULL;

  g_test_summary ("The state of the client is checked first, and the name after it");

  poly_test_steps_init (&steps, row->steps);
  g_assert_false (poly_socket_client_connect_to_service (steps.client, "nowhere", &error));
  poly_test_check_said (&error, row->blames_client ? row->says : G_IO_ERROR_NOT_FOUND);
  poly_test_steps_clear (&steps);
}

static void
test_types_differ (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_INT, 2);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Different message types fail with INVALID_ARGUMENT, also while the server "
                  "refuses, and leave the client unconnected");

  publish (server);
  poly_socket_server_refuse (server, NULL);
  g_assert_false (poly_socket_client_connect_to_service (client, NAME, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_UNCONNECTED);
}

static void
test_unpublish (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketServer) next = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) connected = poly_socket_client_new (G_TYPE_POINTER, 2);
  g_autoptr (PolySocketClient) waiting = poly_socket_client_new (G_TYPE_POINTER, 2);
  g_autoptr (PolySocketClient) newcomer = poly_socket_client_new (G_TYPE_POINTER, 2);
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;

  g_test_summary ("Who has connected by a name, or waits, stays with the server when the name goes "
                  "to another");

  publish (server);
  g_assert_true (poly_socket_client_connect_to_service (connected, NAME, NULL));
  first = poly_socket_server_accept (server, 0, NULL, NULL);
  g_assert_nonnull (first);
  g_assert_true (poly_socket_client_connect_to_service (waiting, NAME, NULL));

  poly_socket_server_unpublish (server);
  publish (next);
  g_assert_false (poly_socket_server_has_pending (next));
  g_assert_false (poly_socket_endpoint_is_at_end (first));
  second = poly_socket_server_accept (server, 0, NULL, NULL);
  g_assert_nonnull (second);

  g_assert_true (poly_socket_client_connect_to_service (newcomer, NAME, NULL));
  g_assert_true (poly_socket_server_has_pending (next));
}

static void
add_rows (const char   *where,
          GTestDataFunc func)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/service/connect/%s/%s", where, rows[i].label);

      g_test_add_data_func (path, &rows[i], func);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/connect/connect", test_connect);
  g_test_add_func ("/service/connect/not-found", test_not_found);
  add_rows ("known", test_row);
  add_rows ("unknown", test_row_unknown);
  g_test_add_func ("/service/connect/types-differ", test_types_differ);
  g_test_add_func ("/service/connect/unpublish", test_unpublish);

  return g_test_run ();
}
