/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

/* What a handler may do: everything. */

typedef struct
{
  GMainContext *context;
  PolySocketServer *server;
  PolySocketClient *client;
  guint n_emitted;
  guint n_depth;
  guint n_max_depth;
  int is_disposed;
} Fixture;

static void
set_up (Fixture      *f,
        gconstpointer user_data)
{
  f->context = g_main_context_new ();
  f->server = poly_test_server_new_in_context (G_TYPE_POINTER, f->context);
  f->client = poly_test_client_new_in_context (G_TYPE_POINTER, 4, f->context);
}

static void
tear_down (Fixture      *f,
           gconstpointer user_data)
{
  g_clear_object (&f->client);
  g_clear_object (&f->server);
  g_main_context_unref (f->context);
}

static void
connect_to_server (PolySocketClient *client,
                   PolySocketServer *server)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_client_connect_to_server (client, server, &error));
  g_assert_no_error (error);
}

static PolySocketClient *
connect_new (Fixture *f)
{
  PolySocketClient *client = poly_test_client_new_in_context (G_TYPE_POINTER, 4, f->context);

  connect_to_server (client, f->server);
  return client;
}

static PolySocketEndpoint *
wait_endpoint (PolySocketClient *client)
{
  g_autoptr (GError) error = NULL;
  PolySocketEndpoint *endpoint;

  endpoint = poly_socket_client_wait_endpoint (client, POLY_TEST_LONG, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (endpoint);
  return endpoint;
}

static void
assert_reads_end (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_endpoint_receive (endpoint, POLY_TEST_LONG, NULL, &error));
  g_assert_no_error (error);
}

static gboolean
three_emitted (gpointer user_data)
{
  Fixture *f = user_data;

  return f->n_emitted == 3;
}

static void
nested_accepted_cb (PolySocketServer   *server,
                    PolySocketEndpoint *endpoint,
                    gpointer            user_data)
{
  Fixture *f = user_data;

  f->n_emitted++;
  f->n_depth++;
  f->n_max_depth = MAX (f->n_max_depth, f->n_depth);
  poly_test_context_run_until (f->context, three_emitted, f);
  f->n_depth--;
}

static void
test_nested_loop_accepted (Fixture      *f,
                           gconstpointer user_data)
{
  PolySocketClient *clients[3];

  g_test_summary ("A handler of accepted runs the main loop until more connections have come to "
                  "the same server");

  g_signal_connect (f->server, "accepted", G_CALLBACK (nested_accepted_cb), f);
  poly_socket_server_start (f->server);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = connect_new (f);
  poly_test_context_run_until (f->context, three_emitted, f);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->n_emitted, ==, 3);
  g_assert_cmpuint (f->n_depth, ==, 0);
  g_assert_cmpuint (f->n_max_depth, ==, 3);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    g_object_unref (clients[i]);
}

static void
nested_connected_cb (PolySocketClient   *client,
                     PolySocketEndpoint *endpoint,
                     gpointer            user_data)
{
  Fixture *f = user_data;

  f->n_emitted++;
  if (f->n_emitted < 3)
    {
      g_autoptr (PolySocketClient) next = connect_new (f);

      g_signal_connect (next, "connected", G_CALLBACK (nested_connected_cb), f);
      poly_test_context_run_until (f->context, three_emitted, f);
    }
}

static void
test_nested_loop_connected (Fixture      *f,
                            gconstpointer user_data)
{
  g_test_summary ("A handler of connected connects another client and runs the main loop until "
                  "that is connected, which does the same");

  g_signal_connect (f->client, "connected", G_CALLBACK (nested_connected_cb), f);
  poly_socket_server_start (f->server);
  connect_to_server (f->client, f->server);
  poly_test_context_run_until (f->context, three_emitted, f);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->n_emitted, ==, 3);
}

static void
closing_accepted_cb (PolySocketServer   *server,
                     PolySocketEndpoint *endpoint,
                     gpointer            user_data)
{
  Fixture *f = user_data;

  f->n_emitted++;
  poly_socket_server_close (server);
}

static void
test_close_server (Fixture      *f,
                   gconstpointer user_data)
{
  PolySocketClient *clients[3];

  g_test_summary ("A handler closes its server; what was accepted is signalled all the same");

  g_signal_connect (f->server, "accepted", G_CALLBACK (closing_accepted_cb), f);
  poly_socket_server_start (f->server);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      clients[i] = connect_new (f);
      g_object_unref (wait_endpoint (clients[i]));
    }
  poly_test_settle (f->context);
  g_assert_cmpuint (f->n_emitted, ==, 3);
  g_assert_true (poly_socket_server_is_closed (f->server));
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    g_object_unref (clients[i]);
}

static void
disposed_cb (gpointer user_data,
             GObject *where_the_object_was)
{
  int *is_disposed = user_data;

  *is_disposed = TRUE;
}

static void
dropping_accepted_cb (PolySocketServer   *server,
                      PolySocketEndpoint *endpoint,
                      gpointer            user_data)
{
  Fixture *f = user_data;

  f->n_emitted++;
  g_object_weak_ref (G_OBJECT (server), disposed_cb, &f->is_disposed);
  g_clear_object (&f->server);
  /* The emission holds it. */
  g_assert_false (f->is_disposed);
  g_assert_false (poly_socket_server_is_closed (server));
}

static void
test_drop_server (Fixture      *f,
                  gconstpointer user_data)
{
  PolySocketClient *clients[3];
  PolySocketEndpoint *endpoints[3];

  g_test_summary ("A handler drops the last reference to its server: the emission holds it, then "
                  "it goes, and what was not signalled yet is closed");

  g_signal_connect (f->server, "accepted", G_CALLBACK (dropping_accepted_cb), f);
  poly_socket_server_start (f->server);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      clients[i] = connect_new (f);
      endpoints[i] = wait_endpoint (clients[i]);
    }
  poly_test_settle (f->context);
  g_assert_cmpuint (f->n_emitted, ==, 1);
  g_assert_true (f->is_disposed);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      assert_reads_end (endpoints[i]);
      g_object_unref (endpoints[i]);
      g_object_unref (clients[i]);
    }
}

static void
dropping_connected_cb (PolySocketClient   *client,
                       PolySocketEndpoint *endpoint,
                       gpointer            user_data)
{
  Fixture *f = user_data;

  f->n_emitted++;
  g_object_weak_ref (G_OBJECT (client), disposed_cb, &f->is_disposed);
  g_clear_object (&f->client);
  g_assert_false (f->is_disposed);
  g_assert_false (poly_socket_endpoint_is_closed (endpoint));
}

static void
test_drop_client (Fixture      *f,
                  gconstpointer user_data)
{
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A handler drops the last reference to its client: the emission holds it, then "
                  "it goes with its endpoint");

  g_signal_connect (f->client, "connected", G_CALLBACK (dropping_connected_cb), f);
  connect_to_server (f->client, f->server);
  server_side = poly_socket_server_accept (f->server, 0, NULL, &error);
  g_assert_no_error (error);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->n_emitted, ==, 1);
  g_assert_true (f->is_disposed);
  assert_reads_end (server_side);
}

static void
dropping_refused_cb (PolySocketClient *client,
                     const GError     *error,
                     gpointer          user_data)
{
  Fixture *f = user_data;

  f->n_emitted++;
  g_clear_object (&f->client);
  /* The emission holds the reason, too. */
  poly_test_assert_error (error, POLY_TEST_REASON, POLY_TEST_REASON_CODE);
  g_assert_cmpstr (error->message, ==, POLY_TEST_REASON_MESSAGE);
}

static void
test_drop_refused_client (Fixture      *f,
                          gconstpointer user_data)
{
  g_autoptr (GError) reason = poly_test_reason_new ();

  g_test_summary ("A handler of refused drops the last reference to its client and reads the "
                  "reason after that");

  g_signal_connect (f->client, "refused", G_CALLBACK (dropping_refused_cb), f);
  connect_to_server (f->client, f->server);
  poly_socket_server_refuse (f->server, reason);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->n_emitted, ==, 1);
  g_assert_null (f->client);
}

static void
closing_notify_cb (PolySocketClient *client,
                   GParamSpec       *pspec,
                   gpointer          user_data)
{
  if (poly_socket_client_get_state (client) != POLY_SOCKET_CLIENT_STATE_CONNECTING)
    poly_socket_client_close (client);
}

static void
not_reached_cb (PolySocketClient *client,
                gpointer          data,
                gpointer          user_data)
{
  g_assert_not_reached ();
}

static void
test_close_client_when_notified (Fixture      *f,
                                 gconstpointer user_data)
{
  gboolean is_accepted = GPOINTER_TO_INT (user_data);

  g_test_summary ("A handler of notify::state closes its client: connected and refused, which "
                  "would come next, are not delivered any more");

  g_signal_connect (f->client, "notify::state", G_CALLBACK (closing_notify_cb), NULL);
  g_signal_connect (f->client, "connected", G_CALLBACK (not_reached_cb), NULL);
  g_signal_connect (f->client, "refused", G_CALLBACK (not_reached_cb), NULL);
  connect_to_server (f->client, f->server);
  if (is_accepted)
    {
      g_autoptr (PolySocketEndpoint) server_side = NULL;

      server_side = poly_socket_server_accept (f->server, 0, NULL, NULL);
      g_assert_nonnull (server_side);
      poly_test_settle (f->context);
      assert_reads_end (server_side);
    }
  else
    {
      g_assert_cmpuint (poly_socket_server_refuse (f->server, NULL), ==, 1);
      poly_test_settle (f->context);
    }
  g_assert_cmpint (poly_socket_client_get_state (f->client), ==, POLY_SOCKET_CLIENT_STATE_CLOSED);
}

#define N_CHAIN 50

static void
chaining_accepted_cb (PolySocketServer   *server,
                      PolySocketEndpoint *endpoint,
                      gpointer            user_data)
{
  Fixture *f = user_data;

  f->n_emitted++;
  if (f->n_emitted < N_CHAIN)
    {
      g_clear_object (&f->client);
      f->client = connect_new (f);
    }
}

static gboolean
chain_has_ended (gpointer user_data)
{
  Fixture *f = user_data;

  return f->n_emitted == N_CHAIN;
}

static void
test_connect_again (Fixture      *f,
                    gconstpointer user_data)
{
  g_test_summary ("A handler of accepted connects a new client to the same server, again and "
                  "again");

  g_signal_connect (f->server, "accepted", G_CALLBACK (chaining_accepted_cb), f);
  poly_socket_server_start (f->server);
  connect_to_server (f->client, f->server);
  poly_test_context_run_until (f->context, chain_has_ended, f);
}

static void
accepting_incoming_cb (PolySocketServer *server,
                       gpointer          user_data)
{
  Fixture *f = user_data;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  while ((endpoint = poly_socket_server_accept (server, 0, NULL, &error)) != NULL)
    {
      f->n_emitted++;
      g_clear_object (&endpoint);
    }
  poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  if (f->n_emitted < N_CHAIN)
    {
      g_clear_object (&f->client);
      f->client = connect_new (f);
    }
}

static void
test_accept_when_incoming (Fixture      *f,
                           gconstpointer user_data)
{
  g_test_summary ("A handler of incoming accepts all there are, then connects a new client, which "
                  "is incoming again");

  g_signal_connect (f->server, "incoming", G_CALLBACK (accepting_incoming_cb), f);
  connect_to_server (f->client, f->server);
  poly_test_context_run_until (f->context, chain_has_ended, f);
}

static void
add (const char *path,
     gconstpointer user_data,
     void (*test) (Fixture *f, gconstpointer user_data))
{
  g_test_add (path, Fixture, user_data, set_up, test, tear_down);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add ("/signals/handlers/nested-loop/accepted", NULL, test_nested_loop_accepted);
  add ("/signals/handlers/nested-loop/connected", NULL, test_nested_loop_connected);
  add ("/signals/handlers/close-server", NULL, test_close_server);
  add ("/signals/handlers/close-client/connected", GINT_TO_POINTER (TRUE),
       test_close_client_when_notified);
  add ("/signals/handlers/close-client/refused", GINT_TO_POINTER (FALSE),
       test_close_client_when_notified);
  add ("/signals/handlers/drop-server", NULL, test_drop_server);
  add ("/signals/handlers/drop-client/connected", NULL, test_drop_client);
  add ("/signals/handlers/drop-client/refused", NULL, test_drop_refused_client);
  add ("/signals/handlers/connect-again", NULL, test_connect_again);
  add ("/signals/handlers/accept-when-incoming", NULL, test_accept_when_incoming);

  return g_test_run ();
}
